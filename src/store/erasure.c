/* erasure.c - makes a lead forgotten: every personal column, table by table. Threads: the
 * committer.
 *
 * Afterwards the lead's id, times and states are left, what it objected to, and an audit
 * chain whose hashes have lost their salts. */
#include "store/erasure.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/earlier.h"
#include "store/identities.h"
#include "store/lead_writes.h"
#include "store/mentions.h"
#include "store/standing.h"
#include "store/suppressions.h"

/* Runs a statement whose parameters are $1 the workspace and $2 the lead. */
static int of_lead(struct erasing *e, const char *sql, struct error *err)
{
	return db_write(tx_view(e->tx)->db, sql,
			DB_VALUES(db_int(e->actor->workspace), db_int(e->lead->id)), err);
}

/* The numbers that such a query gives, in the transaction's arena. */
static int list_of(struct erasing *e, const char *sql, int64_t other, int64_t **ids,
		   size_t *count, struct error *err)
{
	struct arena *arena = tx_arena(e->tx);
	struct db_rows *rows;
	size_t room = 16;
	int more;

	*ids = arena_array(arena, room, sizeof(**ids));
	*count = 0;
	if (db_query(tx_view(e->tx)->db, sql,
		     DB_VALUES(db_int(e->actor->workspace), db_int(other)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		if (*count == room) {
			int64_t *all = arena_array(arena, room * 2, sizeof(*all));

			memcpy(all, *ids, room * sizeof(*all));
			*ids = all;
			room *= 2;
		}
		(*ids)[(*count)++] = db_column_int(rows, 0);
	}
	db_done(rows);
	return more;
}

/* ---- What belongs to the lead ---- */

static int erase_identities(struct erasing *e, struct error *err)
{
	for (size_t i = 0; i < e->lead->nidentities; i++)
		if (identity_drop(e->tx, e->lead, &e->lead->identities[i], err) < 0)
			return -1;
	return 0;
}

static int erase_enquiries(struct erasing *e, struct error *err)
{
	return of_lead(e, "UPDATE enquiry SET doc = NULL, is_open = 0 WHERE workspace = $1 "
			  "AND lead = $2", err);
}

static int erase_idempotency(struct erasing *e, struct error *err)
{
	return db_write(tx_view(e->tx)->db,
			"UPDATE idempotency SET answer = NULL, body_hash = $1 "
			"WHERE workspace = $2 AND lead = $3",
			DB_VALUES(db_bytes("", 0), db_int(e->actor->workspace),
				  db_int(e->lead->id)),
			err);
}

static int erase_merges(struct erasing *e, struct error *err)
{
	return of_lead(e, "UPDATE merge SET snapshot = NULL WHERE workspace = $1 "
			  "AND (lead = $2 OR other = $2)", err);
}

static int erase_conflicts(struct erasing *e, struct error *err)
{
	return of_lead(e, "UPDATE conflict SET ours = NULL, theirs = NULL, "
			  "state = CASE WHEN state = 'open' THEN 'erased' ELSE state END "
			  "WHERE workspace = $1 AND lead = $2", err);
}

static int erase_consents(struct erasing *e, struct error *err)
{
	return of_lead(e, "UPDATE consent SET doc = NULL, salt = NULL WHERE workspace = $1 "
			  "AND lead = $2", err);
}

/* Nothing is sent of it any more. Its links stay: a record that is still there shall not be
 * taken for another lead's. */
static int erase_deliveries(struct erasing *e, struct error *err)
{
	if (of_lead(e, "UPDATE delivery SET state = 5, code = 'erased', field = NULL, "
		       "is_uncertain = 0, is_forced = 0, open_submissions = 0, reason = NULL, "
		       "instruction = NULL, intent_doc = NULL, told_doc = NULL, "
		       "seen_doc = NULL, undo_doc = NULL, held_doc = NULL, edit_doc = NULL "
		       "WHERE workspace = $1 AND subject = $2", err) < 0)
		return -1;
	return alert_count_dead_letters(e->tx, e->actor, err);
}

static int erase_earlier_values(struct erasing *e, struct error *err)
{
	return earlier_drop_all(e->tx, e->actor->workspace, e->lead->id,
				EARLIER_VALUES_AND_FACTS, err);
}

static int erase_attempts(struct erasing *e, struct error *err)
{
	return of_lead(e, "UPDATE attempt SET reason = NULL, changed = NULL, edited = NULL, salt = NULL "
			  "WHERE workspace = $1 AND delivery IN (SELECT id FROM delivery "
			  "WHERE workspace = $1 AND subject = $2)", err);
}

/* A call carries up to a batch of leads; all that was said in the conversation up to this
 * lead's outcome goes, for whoever it was. */
static int erase_calls(struct erasing *e, struct error *err)
{
	int64_t *calls;
	size_t count;

	if (list_of(e, "SELECT DISTINCT call FROM attempt WHERE workspace = $1 AND call > 0 "
		       "AND delivery IN (SELECT id FROM delivery WHERE workspace = $1 "
		       "AND subject = $2)",
		    e->lead->id, &calls, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (db_write(tx_view(e->tx)->db,
			     "UPDATE call SET url = '', request = NULL, answer = NULL "
			     "WHERE workspace = $1 AND connection = (SELECT connection FROM call "
			     "WHERE id = $2) AND id <= $2 AND id >= (SELECT CASE WHEN batch > 0 "
			     "THEN batch ELSE id END FROM call WHERE id = $2) "
			     "AND (id = $2 OR batch = (SELECT batch FROM call WHERE id = $2))",
			     DB_VALUES(db_int(e->actor->workspace), db_int(calls[i])), err) < 0)
			return -1;
	e->calls += (int64_t)count;
	return 0;
}

static int erase_timers(struct erasing *e, struct error *err)
{
	return of_lead(e, "DELETE FROM timer WHERE workspace = $1 AND (subject = $2 "
			  "OR subject IN (SELECT id FROM enquiry WHERE lead = $2))", err);
}

static int erase_lead(struct erasing *e, struct error *err)
{
	return db_write(tx_view(e->tx)->db,
			"UPDATE lead SET doc = NULL, erased_at = $1, updated_at = $1, "
			"owner_rep = 0, version = version + 1 WHERE workspace = $2 AND id = $3",
			DB_VALUES(db_int(tx_now(e->tx)), db_int(e->actor->workspace),
				  db_int(e->lead->id)),
			err);
}

/* ---- What only speaks of it ---- */

static int empty_submission(struct erasing *e, int64_t id, struct error *err)
{
	e->submissions++;
	return db_write(tx_view(e->tx)->db,
			"UPDATE submission SET raw = NULL, salt = NULL, values_hash = NULL, "
			"decision = NULL "
			"WHERE workspace = $1 AND id = $2",
			DB_VALUES(db_int(e->actor->workspace), db_int(id)), err);
}

#define STRAY_PAGE 200

/* Refused and ignored submissions belong to no lead: those that hold one of its keys, or
 * whose decision looked at it. They are few and kept for a short time. */
static int erase_strays(struct erasing *e, struct error *err)
{
	struct arena *arena = arena_new();
	int64_t before = 0;
	size_t count = STRAY_PAGE;
	int rc = 0;

	while (rc == 0 && count == STRAY_PAGE) {
		struct view view = *tx_view(e->tx);
		struct kept_submission *rows;
		struct arena_mark mark = arena_mark(arena);

		view.arena = arena;
		rc = submission_list(&view, e->actor, 0, before, STRAY_PAGE, &rows, &count, err);
		for (size_t i = 0; rc == 0 && i < count; i++) {
			const struct kept_submission *s = &rows[i];

			before = s->id;
			if (lead_is_mentioned(e->lead, s->raw, s->raw_len) ||
			    (s->decision && lead_is_mentioned(e->lead, s->decision,
							      strlen(s->decision))))
				rc = empty_submission(e, s->id, err);
		}
		arena_rewind(arena, mark);
	}
	arena_free(arena);
	return rc;
}

/* The record of another lead's decision without what it looked at: what was concluded
 * stays explained, but it cannot be made again. */
static int forget_case(struct erasing *e, const struct kept_submission *s, struct error *err)
{
	static const struct json_limits limits = { 4u << 20, 16, 400000 };
	struct arena *arena = tx_arena(e->tx);
	json_t *json = json_parse(arena, s->decision, strlen(s->decision), &limits, err);

	if (!json)
		return error_wrap(err, "stored decision");
	json_object_del(json, "case");
	json_object_set_new(json, "erased", json_true());
	return db_write(tx_view(e->tx)->db,
			"UPDATE submission SET decision = $1 WHERE workspace = $2 AND id = $3",
			DB_VALUES(db_text(json_text(arena, json)), db_int(e->actor->workspace),
				  db_int(s->id)),
			err);
}

#define OF_NEIGHBOUR_MAX 10000

static int erase_from_neighbour(struct erasing *e, int64_t neighbour, struct error *err)
{
	const char *candidate = arena_printf(tx_arena(e->tx), "{\"lead\":{\"id\":%lld,",
					     (long long)e->lead->id);
	struct kept_submission *rows;
	size_t count;

	if (submission_list(tx_view(e->tx), e->actor, neighbour, 0, OF_NEIGHBOUR_MAX, &rows,
			    &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (rows[i].decision && strstr(rows[i].decision, candidate) &&
		    forget_case(e, &rows[i], err) < 0)
			return -1;
	return 0;
}

/* A decision that looked at this lead and took another raised a possible duplicate. */
static int erase_from_neighbours(struct erasing *e, struct error *err)
{
	int64_t *neighbours;
	size_t count;

	if (list_of(e, "SELECT CASE WHEN lead = $2 THEN other ELSE lead END "
		       "FROM possible_duplicate WHERE workspace = $1 "
		       "AND (lead = $2 OR other = $2)",
		    e->lead->id, &neighbours, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct lead lead;
		int found = lead_find(tx_view(e->tx), e->actor, neighbours[i], &lead, err);

		if (found < 0 ||
		    (found == 1 && erase_from_neighbour(e, lead.id, err) < 0))
			return -1;
	}
	return 0;
}

static int erase_submissions(struct erasing *e, struct error *err)
{
	int64_t *ids;
	size_t count;

	if (list_of(e, "SELECT id FROM submission WHERE workspace = $1 AND lead = $2",
		    e->lead->id, &ids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (empty_submission(e, ids[i], err) < 0)
			return -1;
	return erase_strays(e, err) < 0 ? -1 : erase_from_neighbours(e, err);
}

/* Whether one of two texts of a row speaks of the lead. */
static bool row_mentions(struct erasing *e, struct db_rows *rows, int first, int second)
{
	size_t len[2];
	struct arena_mark mark = arena_mark(tx_arena(e->tx));
	const void *a = db_column_bytes(rows, first, tx_arena(e->tx), &len[0]);
	const void *b = db_column_bytes(rows, second, tx_arena(e->tx), &len[1]);
	bool is_found = lead_is_mentioned(e->lead, a, len[0]) ||
			lead_is_mentioned(e->lead, b, len[1]);

	arena_rewind(tx_arena(e->tx), mark);
	return is_found;
}

struct place {
	int64_t id, line;
};

/* Reads (id, line, text, text) rows and keeps the places of those that mention the lead. */
static int find_mentions(struct erasing *e, const char *sql, struct place **places,
			 size_t *count, struct error *err)
{
	struct arena *own = arena_new();
	struct place *found = NULL, *all;
	struct db_rows *rows;
	size_t room = 0;
	int more;

	*count = 0;
	if (db_query(tx_view(e->tx)->db, sql, DB_VALUES(db_int(e->actor->workspace)), &rows,
		     err) < 0) {
		arena_free(own);
		return -1;
	}
	while ((more = db_next(rows, err)) == 1) {
		if (!row_mentions(e, rows, 2, 3))
			continue;
		if (*count == room) {
			room = room ? room * 2 : 16;
			all = arena_array(own, room, sizeof(*all));
			if (*count)
				memcpy(all, found, *count * sizeof(*all));
			found = all;
		}
		found[(*count)++] = (struct place){ db_column_int(rows, 0),
						    db_column_int(rows, 1) };
	}
	db_done(rows);
	*places = arena_memdup(tx_arena(e->tx), found, *count * sizeof(*found));
	arena_free(own);
	return more;
}

static int erase_import_errors(struct erasing *e, struct error *err)
{
	struct place *places;
	size_t count;

	if (find_mentions(e, "SELECT import, line, row_text, problems FROM import_error "
			     "WHERE workspace = $1",
			  &places, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (db_write(tx_view(e->tx)->db,
			     "UPDATE import_error SET row_text = NULL, problems = NULL "
			     "WHERE workspace = $1 AND import = $2 AND line = $3",
			     DB_VALUES(db_int(e->actor->workspace), db_int(places[i].id),
				       db_int(places[i].line)),
			     err) < 0)
			return -1;
	return 0;
}

/* A plan that speaks of it cannot be applied any more. */
static int erase_plans(struct erasing *e, struct error *err)
{
	struct place *places;
	size_t count;

	if (find_mentions(e, "SELECT id, 0, doc, NULL FROM plan WHERE workspace = $1", &places,
			  &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (db_write(tx_view(e->tx)->db,
			     "DELETE FROM plan WHERE workspace = $1 AND id = $2",
			     DB_VALUES(db_int(e->actor->workspace), db_int(places[i].id)),
			     err) < 0)
			return -1;
	return 0;
}

/* In this order: what is found by a row comes before the row. */
const struct erasure store_erasures[] = {
	{ "submission", "raw salt values_hash decision", erase_submissions },
	{ "import_error", "row_text problems", erase_import_errors },
	{ "plan", "doc", erase_plans },
	{ "idempotency", "body_hash answer", erase_idempotency },
	{ "timer", "doc", erase_timers },
	{ "enquiry", "doc", erase_enquiries },
	{ "conflict", "ours theirs", erase_conflicts },
	{ "consent", "salt doc", erase_consents },
	{ "call", "url request answer", erase_calls },
	{ "attempt", "reason changed edited salt", erase_attempts },
	{ "earlier_value", "doc", erase_earlier_values },
	{ "delivery",
	  "reason instruction intent_doc told_doc seen_doc undo_doc held_doc edit_doc",
	  erase_deliveries },
	{ "identity", "hash", erase_identities },
	{ "identity_recent", "hash", erase_identities },
	{ "merge", "snapshot", erase_merges },
	{ "lead", "doc", erase_lead },
};
const size_t store_nerasures = ARRAY_LEN(store_erasures);

/* ---- The whole ---- */

/* What it withdrew stays withdrawn for its keys, whoever brings them back. */
static int keep_objections(struct erasing *e, const struct lead *with_consents,
			   struct error *err)
{
	struct kept_consent *rows;
	size_t count;

	if (consent_list(tx_view(e->tx), e->actor, with_consents->id, 0, 1000, &rows, &count,
			 err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!consent_is_objection(rows, count, i))
			continue;
		if (suppression_add(e->tx, e->actor, e->lead,
				    &(struct suppression){ rows[i].channel, rows[i].purpose,
							   "withdrawn", rows[i].at },
				    err) < 0)
			return -1;
	}
	return 0;
}

/* All its submissions count as erased from now on. What came behind a gate was not counted:
 * it is the rest of a decision. */
static int count_erased(struct tx *tx, const struct actor *actor, const struct lead *lead,
			struct error *err)
{
	struct standing standing;
	int64_t total = 0;

	if (db_find_int(tx_view(tx)->db,
			"SELECT count(*) FROM submission WHERE workspace = $1 AND lead = $2 "
			"AND NOT (content_type IS NULL AND raw IS NULL "
			"AND COALESCE(decision, '') LIKE '%\"passage\":{\"gate\"%')",
			DB_VALUES(db_int(actor->workspace), db_int(lead->id)), &total, err) < 0 ||
	    standing_load(tx, actor->workspace, lead->id, &standing, err) < 0)
		return -1;
	standing_count_erased(tx, actor->workspace, &standing, total);
	return 0;
}

static int erase_one(struct erasing *e, const struct lead *root, struct error *err)
{
	if (keep_objections(e, root, err) < 0)
		return -1;
	for (size_t i = 0; i < store_nerasures; i++)
		if (store_erasures[i].run(e, err) < 0)
			return error_wrap(err, "erase %s", store_erasures[i].table);
	return 0;
}

/* The leads that were merged into one, and into those, each before what it went into. */
static int family_add(struct tx *tx, const struct actor *actor, int64_t id,
		      struct lead **family, size_t *count, size_t max, struct error *err)
{
	struct erasing e = { .tx = tx, .actor = actor };
	int64_t *others;
	size_t nothers;

	if (list_of(&e, "SELECT other FROM merge WHERE workspace = $1 AND lead = $2 "
			"AND undone_at IS NULL",
		    id, &others, &nothers, err) < 0)
		return -1;
	for (size_t i = 0; i < nothers; i++) {
		struct lead *lead = arena_alloc(tx_arena(tx), sizeof(*lead));
		int found;

		if (family_add(tx, actor, others[i], family, count, max, err) < 0)
			return -1;
		found = lead_find_unfollowed(tx_view(tx), actor, others[i], lead, err);
		if (found < 0)
			return -1;
		if (found == 1 && *count == max)
			return error_set(err, ERR_LIMIT, "more than %zu leads were merged into "
					 "this one", max);
		if (found == 1)
			family[(*count)++] = lead;
	}
	return 0;
}

#define FAMILY_MAX 256

int lead_erase(struct tx *tx, const struct actor *actor, int64_t id, struct error *err)
{
	struct lead *family[FAMILY_MAX], *lead = arena_alloc(tx_arena(tx), sizeof(*lead));
	struct erasing e = { .tx = tx, .actor = actor };
	size_t count = 0;

	if (lead_get(tx_view(tx), actor, id, lead, err) < 0 ||
	    lead_get_still(tx, actor, lead, err) < 0 ||
	    family_add(tx, actor, lead->id, family, &count, FAMILY_MAX - 1, err) < 0 ||
	    count_erased(tx, actor, lead, err) < 0)
		return -1;
	family[count++] = lead;
	for (size_t i = 0; i < count; i++) {
		e.lead = family[i];
		if (erase_one(&e, lead, err) < 0)
			return -1;
	}
	return audit_add(tx, actor, "lead.erased", "lead", lead->id,
			 arena_printf(tx_arena(tx),
				      "{\"leads\":%zu,\"submissions\":%lld,\"calls\":%lld}", count,
				      (long long)e.submissions, (long long)e.calls),
			 NULL, err);
}
