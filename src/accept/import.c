/* import.c - a file of leads, taken piece by piece. Threads: the caller's reads and
 * prepares; answers come from the committer and meet it under the lock. */
#include "accept/import.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "accept/import_plan.h"
#include "base/clock.h"
#include "base/text.h"
#include "sources/encoding.h"

#define UNDER_WAY_MAX 8      /* packs; the committer is to be busy, no more */
#define ROW_KEPT_MAX (64u << 10) /* bytes of a refused row that are kept */

/* Rows that go together: one unit. */
struct pack {
	struct intake intake; /* first: its address comes back */
	struct import *import;
	struct pack *next;    /* in the order of the file, for import_on_row() */
	int64_t from, to;     /* rows (`from`, `to`] */
	int64_t bytes;        /* of the file, when it was sent */
	int64_t lines[INTAKE_UNIT_MAX];
	const char *texts[INTAKE_UNIT_MAX];
	size_t lens[INTAKE_UNIT_MAX];
	size_t count;
	bool is_answered;
};

struct import {
	struct import_config config;
	struct arena *arena;       /* as long as the import */
	struct csv_reader *reader;
	struct csv_columns columns;
	struct pack *open;         /* being filled, or NULL */
	int64_t row;               /* the last that was read */
	int64_t bytes;
	struct import_counts counts; /* of rows on disk */
	struct import_notice notices[2 * IMPORT_NOTICES];
	size_t nnotices, nkinds[2];
	struct import_plan *plan;
	void (*on_row)(void *context, int64_t line, const struct intake_item *item);
	void *on_row_context;

	pthread_mutex_t lock;
	pthread_cond_t answered;
	struct pack *first, **end; /* sent and not yet counted, in order; the caller's */
	int under_way;             /* under the lock */
	struct error failure;      /* under the lock */
};

/* ---- What became of rows ---- */

static bool is_refused(const struct intake_item *item)
{
	return !item->is_replayed &&
	       (item->result == RESULT_REJECTED || item->result == RESULT_IN_PROCESS);
}

static void count_item(struct import_counts *counts, const struct intake_item *item)
{
	if (item->is_replayed)
		counts->unchanged++;
	else if (is_refused(item))
		counts->failed++;
	else if (item->result == RESULT_CREATED)
		counts->created++;
	else if (item->result == RESULT_UPDATED)
		counts->updated++;
	else if (item->result == RESULT_IGNORED)
		counts->ignored++;
	else
		counts->unchanged++;
}

static struct problems in_process(void)
{
	struct problems problems = { 0 };

	problem_add(&problems, NULL, "duplicate_in_process",
		    "the lead is being worked on, and this source rejects those",
		    "send it again when that has ended");
	return problems;
}

/* Keeps how far it came, and the rows that were refused, with the rows' own effects. */
static int keep_progress(struct tx *tx, struct intake *intake, size_t first, size_t count,
			 struct error *err)
{
	struct pack *pack = (struct pack *)intake;
	struct import_error errors[INTAKE_UNIT_MAX];
	struct problems busy = in_process();
	struct import_step step = { .import = pack->import->config.id, .from = pack->from,
				    .to = pack->to, .bytes_done = pack->bytes,
				    .errors = errors };

	for (size_t i = first; i < first + count; i++) {
		const struct intake_item *item = &intake->items[i];

		count_item(&step.more, item);
		if (!is_refused(item))
			continue;
		errors[step.nerrors++] = (struct import_error){
			.line = pack->lines[i],
			.row_text = pack->texts[i],
			.row_len = pack->lens[i],
			.problems = item->result == RESULT_IN_PROCESS ? &busy :
							&item->submission->errors,
		};
	}
	return import_advance(tx, &intake->actor, &step, err);
}

static void note(struct import *import, int64_t line, const struct problem *p,
		 bool is_refusal)
{
	if (import->nkinds[is_refusal] == IMPORT_NOTICES)
		return;
	import->nkinds[is_refusal]++;
	import->notices[import->nnotices++] = (struct import_notice){
		.line = line,
		.field = p->field ? arena_strdup(import->arena, p->field) : NULL,
		.code = p->code,
		.message = arena_strdup(import->arena, p->message),
		.instruction = arena_strdup(import->arena, p->instruction),
		.is_refused = is_refusal,
	};
}

static void note_item(struct import *import, int64_t line, const struct intake_item *item)
{
	struct problems busy = in_process();

	if (item->is_replayed)
		return;
	if (item->result == RESULT_IN_PROCESS)
		note(import, line, &busy.items[0], true);
	for (size_t i = 0; i < item->submission->errors.count; i++)
		note(import, line, &item->submission->errors.items[i], true);
	for (size_t i = 0; is_refused(item) == false && i < item->submission->warnings.count; i++)
		note(import, line, &item->submission->warnings.items[i], false);
}

/* Counts a pack whose rows are on disk (or planned). */
static void count_pack(struct import *import, const struct pack *pack)
{
	for (size_t i = 0; i < pack->count; i++) {
		const struct intake_item *item = &pack->intake.items[i];

		count_item(&import->counts, item);
		note_item(import, pack->lines[i], item);
		if (import->on_row)
			import->on_row(import->on_row_context, pack->lines[i], item);
	}
}

/* ---- Packs on their way ---- */

static void answered(struct intake *intake, const struct error *err)
{
	struct pack *pack = (struct pack *)intake;
	struct import *import = pack->import;

	pthread_mutex_lock(&import->lock);
	if (err && !import->failure.code)
		import->failure = *err;
	pack->is_answered = true;
	import->under_way--;
	pthread_cond_signal(&import->answered);
	pthread_mutex_unlock(&import->lock);
}

/* Waits until at most `most` packs are under way, and counts those that came back. Packs
 * behind one that failed were refused by import_advance(). */
static int wait_for(struct import *import, int most, struct error *err)
{
	bool has_failed;

	pthread_mutex_lock(&import->lock);
	while (import->under_way > most)
		pthread_cond_wait(&import->answered, &import->lock);
	while (import->first && import->first->is_answered) {
		struct pack *pack = import->first;

		import->first = pack->next;
		if (!import->first)
			import->end = &import->first;
		if (!import->failure.code)
			count_pack(import, pack);
		arena_free(pack->intake.arena);
	}
	has_failed = import->failure.code != 0;
	if (has_failed && err)
		*err = import->failure;
	pthread_mutex_unlock(&import->lock);
	return has_failed ? -1 : 0;
}

static struct pack *pack_new(struct import *import)
{
	struct arena *arena = arena_new();
	struct pack *pack = arena_alloc(arena, sizeof(*pack));

	pack->import = import;
	pack->intake = (struct intake){
		.store = import->config.store,
		.actor = import->config.actor,
		.urgency = URGENCY_BULK,
		.arena = arena,
		.items = arena_array(arena, INTAKE_UNIT_MAX, sizeof(*pack->intake.items)),
		.answered = answered,
		.also = keep_progress,
	};
	return pack;
}

static int send_pack(struct import *import, int64_t to, struct error *err)
{
	struct pack *pack = import->open;

	if (!pack)
		return 0;
	import->open = NULL;
	pack->to = to;
	pack->bytes = import->bytes;
	pack->intake.nitems = pack->count;
	if (import->plan) {
		int rc = import_plan_decide(import->plan, pack->intake.arena,
					    pack->intake.items, pack->count, err);

		if (rc == 0)
			count_pack(import, pack);
		arena_free(pack->intake.arena);
		return rc;
	}
	pack->intake.snapshot = snapshot_hold(import->config.snapshot);
	*import->end = pack;
	import->end = &pack->next;
	pthread_mutex_lock(&import->lock);
	import->under_way++;
	pthread_mutex_unlock(&import->lock);
	intake_submit(&pack->intake);
	return wait_for(import, UNDER_WAY_MAX - 1, err);
}

/* ---- Rows ---- */

static const char *kept_text(struct arena *arena, const struct csv_record *record,
			     size_t *len)
{
	char *text;

	*len = record->text_len < ROW_KEPT_MAX ? record->text_len : ROW_KEPT_MAX;
	text = arena_strndup(arena, record->text, *len);
	*len = strlen(text);
	encoding_make_valid(text, *len);
	return text;
}

static int take_header(struct import *import, const struct csv_record *record,
		       struct error *err)
{
	return csv_columns_read(import->arena, import->config.source, record, &import->columns,
				err);
}

static int take_row(void *context, const struct csv_record *record, struct error *err)
{
	struct import *import = context;
	struct csv_lead lead = {
		.config = snapshot_config(import->config.snapshot),
		.columns = &import->columns,
		.record = record,
		.received_at = clock_now(),
	};
	struct submission *s;
	struct pack *pack;

	if (record->row == 0)
		return take_header(import, record, err);
	if (!import->open) {
		import->open = pack_new(import);
		import->open->from = import->row;
	}
	pack = import->open;
	s = arena_alloc(pack->intake.arena, sizeof(*s));
	csv_row_prepare(pack->intake.arena, &lead, s);
	s->workspace = import->config.actor.workspace;
	/* A row is itself by its place in the file: two rows that say the same are two. */
	s->is_short_lived = false;
	pack->intake.items[pack->count] =
		(struct intake_item){ .submission = s, .source = import->config.source };
	pack->lines[pack->count] = (int64_t)record->line;
	pack->texts[pack->count] =
		kept_text(pack->intake.arena, record, &pack->lens[pack->count]);
	pack->count++;
	import->row = (int64_t)record->row;
	return pack->count == INTAKE_UNIT_MAX ? send_pack(import, import->row, err) : 0;
}

/* ---- The import ---- */

struct import *import_new(const struct import_config *config)
{
	struct import *import = calloc(1, sizeof(*import));

	if (!import)
		abort();
	import->config = *config;
	import->config.snapshot = snapshot_hold(config->snapshot);
	import->arena = arena_new();
	import->counts = config->counts;
	import->row = config->rows_done;
	import->end = &import->first;
	import->reader = csv_reader_new(take_row, import, (uint64_t)config->rows_done);
	if (config->is_plan)
		import->plan = import_plan_new(config->store, config->snapshot, &config->actor);
	pthread_mutex_init(&import->lock, NULL);
	pthread_cond_init(&import->answered, NULL);
	return import;
}

void import_free(struct import *import)
{
	if (!import)
		return;
	wait_for(import, 0, NULL);
	if (import->open)
		arena_free(import->open->intake.arena);
	csv_reader_free(import->reader);
	import_plan_free(import->plan);
	snapshot_release(import->config.snapshot);
	pthread_cond_destroy(&import->answered);
	pthread_mutex_destroy(&import->lock);
	arena_free(import->arena);
	free(import);
}

void import_on_row(struct import *import,
		   void (*row)(void *context, int64_t line, const struct intake_item *item),
		   void *context)
{
	import->on_row = row;
	import->on_row_context = context;
}

int import_take(struct import *import, const char *bytes, size_t len, struct error *err)
{
	if (csv_reader_add(import->reader, bytes, len, err) < 0)
		return -1;
	import->bytes += (int64_t)len;
	if (send_pack(import, import->row, err) < 0)
		return -1;
	return wait_for(import, 0, err);
}

int import_finish(struct import *import, struct error *err)
{
	if (csv_reader_end(import->reader, err) < 0 ||
	    send_pack(import, import->row, err) < 0)
		return -1;
	return wait_for(import, 0, err);
}

struct import_progress import_progress(const struct import *import)
{
	bool has_header = import->columns.count > 0;

	return (struct import_progress){
		.counts = import->counts,
		.rows = import->row,
		.bytes = import->bytes,
		.columns = has_header ? &import->columns : NULL,
		.encoding = has_header ? encoding_name(csv_reader_encoding(import->reader)) : NULL,
		.delimiter = has_header ? csv_reader_delimiter(import->reader) : ',',
		.notices = import->notices,
		.nnotices = import->nnotices,
	};
}
