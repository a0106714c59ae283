/* imports_open.c - files that are being received. Threads: shared, under its lock. */
#include "api/imports.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define OPEN_MAX 64            /* each holds up to 4 MiB */
#define PATIENCE (10 * CLOCK_MINUTE)

struct imports {
	pthread_mutex_t lock;
	struct open_import *first;
	size_t count;
};

struct imports *imports_new(void)
{
	struct imports *imports = calloc(1, sizeof(*imports));

	if (!imports)
		abort();
	pthread_mutex_init(&imports->lock, NULL);
	return imports;
}

static void open_free(struct open_import *open)
{
	import_free(open->import);
	free((char *)open->name);
	free((char *)open->source);
	free(open);
}

void imports_free(struct imports *imports)
{
	while (imports->first) {
		struct open_import *open = imports->first;

		imports->first = open->next;
		open_free(open);
	}
	pthread_mutex_destroy(&imports->lock);
	free(imports);
}

static bool is_same(const struct open_import *a, const struct open_import *b)
{
	return a->id == b->id && a->workspace == b->workspace;
}

static bool is_being_taken(const struct imports *imports, const struct open_import *open)
{
	for (const struct open_import *one = imports->first; one; one = one->next)
		if (one->is_taken && is_same(one, open))
			return true;
	return false;
}

/* Unlinks those that nobody asks for any more, and the one that is begun again; under the
 * lock. */
static struct open_import *cut_stale(struct imports *imports, const struct open_import *again,
				     int64_t now)
{
	struct open_import **at = &imports->first, *stale = NULL;

	while (*at) {
		struct open_import *open = *at;

		if (open->is_taken ||
		    (now - open->used_at < PATIENCE && !is_same(open, again))) {
			at = &open->next;
			continue;
		}
		*at = open->next;
		imports->count--;
		open->next = stale;
		stale = open;
	}
	return stale;
}

static char *copy(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

struct open_import *imports_add(struct imports *imports, const struct open_import *open,
				int64_t now, bool *is_busy)
{
	struct open_import *added = NULL, *stale;

	pthread_mutex_lock(&imports->lock);
	stale = cut_stale(imports, open, now);
	*is_busy = is_being_taken(imports, open);
	if (!*is_busy && imports->count < OPEN_MAX) {
		added = malloc(sizeof(*added));
		if (!added)
			abort();
		*added = *open;
		added->name = copy(open->name);
		added->source = copy(open->source);
		added->is_taken = true;
		added->used_at = now;
		added->next = imports->first;
		imports->first = added;
		imports->count++;
	}
	pthread_mutex_unlock(&imports->lock);
	while (stale) {
		struct open_import *next = stale->next;

		open_free(stale);
		stale = next;
	}
	return added;
}

struct open_import *imports_take(struct imports *imports, int64_t workspace, int64_t id,
				 bool *is_busy)
{
	struct open_import *open;

	pthread_mutex_lock(&imports->lock);
	for (open = imports->first; open; open = open->next)
		if (open->id == id && open->workspace == workspace)
			break;
	*is_busy = open && open->is_taken;
	if (*is_busy)
		open = NULL;
	if (open)
		open->is_taken = true;
	pthread_mutex_unlock(&imports->lock);
	return open;
}

void imports_give_back(struct imports *imports, struct open_import *open, int64_t now)
{
	pthread_mutex_lock(&imports->lock);
	open->is_taken = false;
	open->used_at = now;
	pthread_mutex_unlock(&imports->lock);
}

void imports_close(struct imports *imports, struct open_import *open)
{
	struct open_import **at = &imports->first;

	pthread_mutex_lock(&imports->lock);
	while (*at != open)
		at = &(*at)->next;
	*at = open->next;
	imports->count--;
	pthread_mutex_unlock(&imports->lock);
	open_free(open);
}
