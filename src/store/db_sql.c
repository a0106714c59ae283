/* db_sql.c - what both drivers do to the text of a statement. Threads: one at a time. */
#include "store/db_sql.h"

#include <assert.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* How far quoted text or a comment reaches from `at`; 0 when none starts there. */
static size_t untouched(const char *at)
{
	const char *end;

	if (*at == '\'' || *at == '"')
		end = strchr(at + 1, *at);
	else if (at[0] == '-' && at[1] == '-')
		end = strchr(at, '\n');
	else if (at[0] == '/' && at[1] == '*')
		end = (end = strstr(at + 2, "*/")) ? end + 1 : NULL;
	else
		return 0;
	return end ? (size_t)(end - at) + 1 : strlen(at);
}

static const struct db_word *find_word(const struct db_word *words, const char *name,
				       size_t len)
{
	for (; words->name; words++)
		if (strlen(words->name) == len && memcmp(words->name, name, len) == 0)
			return words;
	return NULL;
}

struct translation {
	FILE *out;
	const struct db_word *words;
	bool seen[DB_PARAMETERS_MAX + 1];
};

/* Copies what starts at `at` and returns how much of the text it was, 0 on failure. */
static size_t translate_one(struct translation *t, const char *at, struct error *err)
{
	const struct db_word *word;
	size_t len = untouched(at);
	char *end;
	long number;

	if (len > 0) {
		fwrite(at, 1, len, t->out);
		return len;
	}
	if (*at == '{') {
		len = strcspn(at, "}");
		word = find_word(t->words, at + 1, len - 1);
		if (!word || !at[len]) {
			error_set(err, ERR_INTERNAL, "sql: unknown word %.20s", at);
			return 0;
		}
		fputs(word->text, t->out);
		return len + 1;
	}
	if (*at == '$') {
		number = strtol(at + 1, &end, 10);
		if (!isdigit((unsigned char)at[1]) || number < 1 || number > DB_PARAMETERS_MAX ||
		    isalpha((unsigned char)*end)) {
			error_set(err, ERR_INTERNAL, "sql: no parameter: %.20s", at);
			return 0;
		}
		t->seen[number] = true;
		fwrite(at, 1, (size_t)(end - at), t->out);
		return (size_t)(end - at);
	}
	if (*at == '?' || (*at == ':' && at[1] == ':')) {
		error_set(err, ERR_INTERNAL, "sql: want $1 and CAST, not %.20s", at);
		return 0;
	}
	fputc(*at, t->out);
	return 1;
}

static int count_parameters(const bool *seen, const char *sql, int *parameters,
			    struct error *err)
{
	int count = 0;

	for (int i = 1; i <= DB_PARAMETERS_MAX; i++) {
		if (!seen[i])
			continue;
		if (i != count + 1)
			return error_set(err, ERR_INTERNAL, "sql: $%d is missing: %.60s",
					 count + 1, sql);
		count = i;
	}
	*parameters = count;
	return 0;
}

char *db_sql_translate(const char *sql, const struct db_word *words, int *parameters,
		       struct error *err)
{
	struct translation t = { .words = words };
	size_t size, step = 1;
	char *text = NULL;

	t.out = must(open_memstream(&text, &size));
	for (const char *at = sql; *at && step > 0; at += step)
		step = translate_one(&t, at, err);
	if (fclose(t.out) != 0)
		abort();
	if (step > 0 && count_parameters(t.seen, sql, parameters, err) == 0)
		return text;
	free(text);
	return NULL;
}

static size_t slot_of(const struct db_cache *cache, const char *sql)
{
	uint64_t hash = (uint64_t)(uintptr_t)sql * UINT64_C(0x9E3779B97F4A7C15);
	size_t at = (size_t)(hash >> 32) & (cache->room - 1);

	while (cache->slots[at].sql && cache->slots[at].sql != sql)
		at = (at + 1) & (cache->room - 1);
	return at;
}

void *db_cache_find(const struct db_cache *cache, const char *sql)
{
	const struct db_cached *slot;

	if (cache->room == 0)
		return NULL;
	slot = &cache->slots[slot_of(cache, sql)];
	assert(!slot->sql || strcmp(slot->copy, sql) == 0);
	return slot->statement;
}

static void grow(struct db_cache *cache)
{
	struct db_cache larger = { .room = cache->room ? cache->room * 2 : 64,
				   .count = cache->count };

	larger.slots = must(calloc(larger.room, sizeof(*larger.slots)));
	for (size_t i = 0; i < cache->room; i++)
		if (cache->slots[i].sql)
			larger.slots[slot_of(&larger, cache->slots[i].sql)] = cache->slots[i];
	free(cache->slots);
	*cache = larger;
}

void db_cache_add(struct db_cache *cache, const char *sql, void *statement)
{
	if (cache->count * 2 >= cache->room)
		grow(cache);
	cache->slots[slot_of(cache, sql)] =
		(struct db_cached){ sql, must(strdup(sql)), statement };
	cache->count++;
}

void db_cache_end(struct db_cache *cache, void (*free_it)(void *statement))
{
	for (size_t i = 0; i < cache->room; i++) {
		if (!cache->slots[i].sql)
			continue;
		free_it(cache->slots[i].statement);
		free(cache->slots[i].copy);
	}
	free(cache->slots);
	*cache = (struct db_cache){ 0 };
}
