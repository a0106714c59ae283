/* case.c - loads what a decision needs to know. Threads: see store.h. */
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "base/text.h"
#include "store/identities.h"
#include "store/internal.h"
#include "store/leads.h"
#include "store/rows.h"
#include "store/suppressions.h"

static int read_earlier(struct db_rows *rows, struct arena *arena, int64_t now,
			struct earlier *earlier, struct error *err)
{
	const void *hash;
	size_t len;
	int found = db_next(rows, err);

	if (found != 1)
		return found;
	hash = db_column_bytes(rows, 0, arena, &len);
	earlier->lead = db_column_int(rows, 1);
	earlier->submission = db_column_int(rows, 2);
	earlier->answer.status = (int)db_column_int(rows, 3);
	earlier->answer.body = db_column_text(rows, 4, arena);
	earlier->is_erased = earlier->answer.body == NULL;
	if (len == sizeof(earlier->body_hash))
		memcpy(earlier->body_hash, hash, len);
	return db_column_is_null(rows, 5) || db_column_int(rows, 5) > now;
}

int idempotency_find(struct view *view, const struct actor *actor,
		     const struct submission *s, int64_t now, struct earlier *earlier,
		     struct error *err)
{
	struct db_rows *rows;
	int found;

	*earlier = (struct earlier){ 0 };
	if (!s->has_idempotency && !s->is_short_lived)
		return 0;
	if (db_query(view->db,
		     "SELECT body_hash, lead, submission, status, answer, expires_at "
		     "FROM idempotency WHERE workspace = $1 AND hash = $2",
		     DB_VALUES(db_int(actor->workspace),
			       db_bytes(s->idempotency.bytes, HASH16_SIZE)),
		     &rows, err) < 0)
		return -1;
	found = read_earlier(rows, view->arena, now, earlier, err);
	db_done(rows);
	/* Only who said it by a key is told of an erasure; the same words are a new person. */
	return found == 1 && s->is_short_lived && earlier->is_erased ? 0 : found;
}

/* ---- The same values again ---- */

#define LOOK_BACK 20 /* submissions of a lead in that time */

static const char *reason_of(struct arena *arena, const char *decision)
{
	json_t *record = decision ? json_parse(arena, decision, strlen(decision),
					       &json_limits_large, NULL) :
				    NULL;

	return json_string_of(json_object_get(record, "result"), "reason");
}

static bool is_same(struct db_rows *rows, struct arena *arena, const struct submission *s)
{
	size_t len;
	const void *hash = db_column_bytes(rows, 5, arena, &len);

	return db_column_int(rows, 1) == s->source && len == HASH16_SIZE &&
	       memcmp(hash, s->idempotency.bytes, len) == 0;
}

/* Goes through a lead's submissions, newest first. */
static int find_same(struct db_rows *rows, struct arena *arena, const struct submission *s,
		     int64_t now, struct repeated *repeated, struct error *err)
{
	int more;

	while ((more = db_next(rows, err)) == 1) {
		enum result result = (enum result)db_column_int(rows, 2);

		if (now - db_column_int(rows, 3) > REPEATED_MS)
			return 0;
		/* Decisions that only went on have no values of their own. */
		if (!db_column_int(rows, 6))
			continue;
		if (is_same(rows, arena, s)) {
			*repeated = (struct repeated){
				.submission = db_column_int(rows, 0),
				.enquiry = db_column_int(rows, 4),
				.result = result,
				.reason = reason_of(arena, db_column_text(rows, 7, arena)),
			};
			return 1;
		}
		if (result == RESULT_UPDATED)
			return 0;
	}
	return more;
}

int repeated_find(struct view *view, const struct actor *actor, const struct submission *s,
		  const struct case_file *file, int64_t now, struct repeated *repeated,
		  struct error *err)
{
	int found = 0;

	for (size_t i = 0; s->is_short_lived && found == 0 && i < file->ncandidates; i++) {
		int64_t lead = file->candidates[i].lead->id;
		struct db_rows *rows;

		/* By their ids, which grow with time, those of long ago are not read at all. */
		if (db_query(view->db,
			     "SELECT id, source, result, received_at, enquiry, values_hash, "
			     "CASE WHEN raw IS NULL THEN 0 ELSE 1 END, "
			     "decision FROM submission WHERE workspace = $1 AND lead = $2 "
			     "AND id >= $3 ORDER BY id DESC LIMIT $4",
			     DB_VALUES(db_int(actor->workspace), db_int(lead),
				       db_int(id_first(now - REPEATED_MS - ID_SKEW_MS)),
				       db_int(LOOK_BACK)),
			     &rows, err) < 0)
			return -1;
		found = find_same(rows, view->arena, s, now, repeated, err);
		db_done(rows);
		repeated->lead = lead;
	}
	return found;
}

/* ---- The case ---- */

static bool is_loaded(const struct case_file *file, int64_t lead)
{
	for (size_t i = 0; i < file->ncandidates; i++)
		if (file->candidates[i].lead->id == lead)
			return true;
	return false;
}

static int load_candidate(struct view *view, const struct actor *actor, int64_t lead,
			  struct case_file *file, struct error *err)
{
	struct candidate *candidate = &file->candidates[file->ncandidates];
	int found;

	candidate->lead = arena_alloc(view->arena, sizeof(*candidate->lead));
	found = lead_find(view, actor, lead, candidate->lead, err);
	if (found != 1)
		return found;
	if (candidate->lead->is_erased || is_loaded(file, candidate->lead->id))
		return 0;
	if (lead_enquiries(view, actor, candidate->lead->id, &candidate->enquiries,
			   &candidate->nenquiries, ENQUIRIES_MAX, err) < 0)
		return -1;
	file->ncandidates++;
	return 0;
}

static int load_by_identity(struct view *view, const struct actor *actor,
			    const struct identity *identity, struct case_file *file,
			    struct error *err)
{
	int64_t leads[CANDIDATES_MAX];
	size_t count;

	if (identity_leads(view, actor->workspace, &identity->hash, leads, CANDIDATES_MAX,
			   &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!is_loaded(file, leads[i]) && file->ncandidates < CANDIDATES_MAX &&
		    load_candidate(view, actor, leads[i], file, err) < 0)
			return -1;
	return 0;
}

static int load_suppressions(struct view *view, const struct actor *actor,
			     const struct identity *identity, struct case_file *file,
			     struct error *err)
{
	struct suppression *rows;
	size_t count;

	if (suppression_of_key(view, actor, &identity->hash, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		file->objections[file->nobjections++] = (struct objection){
			.channel = rows[i].channel,
			.purpose = rows[i].purpose,
			.reason = rows[i].reason,
		};
	return 0;
}

int case_load(struct view *view, const struct actor *actor, const struct submission *s,
	      struct case_file *file, struct error *err)
{
	*file = (struct case_file){
		.candidates = arena_array(view->arena, CANDIDATES_MAX,
					  sizeof(*file->candidates)),
		.objections = arena_array(view->arena, s->nidentities * SUPPRESSIONS_OF_KEY,
					  sizeof(*file->objections)),
	};
	for (size_t i = 0; i < s->nidentities; i++)
		if (load_by_identity(view, actor, &s->identities[i], file, err) < 0 ||
		    load_suppressions(view, actor, &s->identities[i], file, err) < 0)
			return error_wrap(err, "case");
	return 0;
}

static void set_position(struct facts *facts, const char *pool, int64_t position)
{
	for (size_t i = 0; i < facts->npools; i++)
		if (text_equal(facts->pools[i].pool, pool))
			facts->pools[i].position = position;
}

int pool_positions_load(struct view *view, const struct actor *actor,
			const struct config *config, struct facts *facts,
			struct error *err)
{
	struct db_rows *rows;
	int more;

	facts->pools = arena_array(view->arena, config->npools, sizeof(*facts->pools));
	for (size_t i = 0; i < config->npools; i++)
		facts->pools[i].pool = config->pools[i].name;
	facts->npools = config->npools;
	if (config->npools == 0)
		return 0;
	if (db_query(view->db, "SELECT pool, position FROM pool_position WHERE workspace = $1",
		     DB_VALUES(db_int(actor->workspace)), &rows, err) < 0)
		return error_wrap(err, "pool positions");
	/* A pool that nobody was picked from has no row; one that is no more keeps its. */
	while ((more = db_next(rows, err)) == 1)
		set_position(facts, db_column_text(rows, 0, view->arena),
			     db_column_int(rows, 1));
	db_done(rows);
	return more < 0 ? error_wrap(err, "pool positions") : 0;
}
