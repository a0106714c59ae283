/* case.c - loads what a decision needs to know. Threads: see store.h. */
#include <string.h>

#include "base/text.h"
#include "store/internal.h"
#include "store/leads.h"
#include "store/rows.h"

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

/* Whether something else that was said since has changed the lead: then the same words again
 * take it back, and are no repetition. Decisions that only went on have no `raw`. */
static int is_overtaken(struct view *view, const struct earlier *earlier, struct error *err)
{
	int64_t id;

	return db_find_int(view->db,
			   "SELECT id FROM submission WHERE lead = $1 AND id > $2 "
			   "AND result = $3 AND raw IS NOT NULL ORDER BY id LIMIT 1",
			   DB_VALUES(db_int(earlier->lead), db_int(earlier->submission),
				     db_int(RESULT_UPDATED)),
			   &id, err);
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
	if (found != 1 || !s->is_short_lived)
		return found;
	/* Only who said it by a key is told of an erasure; the same words are a new person. */
	found = earlier->is_erased ? 1 : is_overtaken(view, earlier, err);
	return found < 0 ? -1 : !found;
}

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
	struct db_rows *rows;
	size_t count = 0;
	int more;

	if (db_query(view->db,
		     "SELECT lead FROM identity WHERE workspace = $1 AND hash = $2 "
		     "ORDER BY lead LIMIT 16",
		     DB_VALUES(db_int(actor->workspace),
			       db_bytes(identity->hash.bytes, HASH16_SIZE)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		leads[count++] = db_column_int(rows, 0);
	db_done(rows);
	for (size_t i = 0; more == 0 && i < count; i++)
		if (!is_loaded(file, leads[i]) && file->ncandidates < CANDIDATES_MAX &&
		    load_candidate(view, actor, leads[i], file, err) < 0)
			return -1;
	return more;
}

static int load_suppressions(struct view *view, const struct actor *actor,
			     const struct identity *identity, struct case_file *file,
			     struct error *err)
{
	struct db_rows *rows;
	int more;

	if (db_query(view->db,
		     "SELECT channel, reason FROM suppression "
		     "WHERE workspace = $1 AND hash = $2 ORDER BY channel LIMIT 8",
		     DB_VALUES(db_int(actor->workspace),
			       db_bytes(identity->hash.bytes, HASH16_SIZE)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		file->objections[file->nobjections++] = (struct objection){
			.channel = db_column_text(rows, 0, view->arena),
			.purpose = "all",
			.reason = db_column_text(rows, 1, view->arena),
		};
	db_done(rows);
	return more;
}

#define OBJECTIONS_OF_ONE 8

int case_load(struct view *view, const struct actor *actor, const struct submission *s,
	      struct case_file *file, struct error *err)
{
	*file = (struct case_file){
		.candidates = arena_array(view->arena, CANDIDATES_MAX,
					  sizeof(*file->candidates)),
		.objections = arena_array(view->arena, s->nidentities * OBJECTIONS_OF_ONE,
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
