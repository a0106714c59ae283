/* purge.c - what is kept only for a time is forgotten. Threads: one at a time; units run in
 * the committer.
 *
 * Each table is walked by id, which is by time, in strides of so many rows; a pass walks
 * all that is old enough, also what an earlier pass has emptied: bodies that an open dead
 * letter held have to be found when it is open no more, and an index for that would cost
 * every call. A pass of a million rows is a thousand short units, taken when nothing else
 * waits. */
#include "store/purge.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "store/audit.h"
#include "store/configs.h"
#include "store/internal.h"
#include "store/plans.h"

#define STRIDE 1000

enum keep { KEEP_RAW, KEEP_REJECTED, KEEP_BODY, KEEP_PLAN };

/* A table's rows between two ids of a workspace: $1 after, $2 up to, $3 workspace. */
struct rule {
	const char *what; /* in the audit entry */
	enum keep keep;
	const char *last;  /* the id at which a stride ends: $2 before, $4 limit */
	const char *count; /* what there is to forget */
	const char *forget;
	size_t at;         /* where struct purged counts it */
};

/* Of attempts and calls whose delivery waits for a person nothing goes. */
#define OPEN_LETTERS "SELECT id FROM delivery WHERE workspace = $3 AND state IN (3, 4)"
#define OPEN_CALLS                                                                        \
	"SELECT a.call FROM delivery d, attempt a WHERE d.workspace = $3"                  \
	" AND d.state IN (3, 4) AND a.delivery = d.id"

#define BETWEEN "id > $1 AND id <= $2 AND workspace = $3"
#define LAST_OF(table)                                                                      \
	"SELECT max(id) FROM (SELECT id FROM " table " WHERE id > $1 AND id < $2"            \
	" AND workspace = $3 ORDER BY id LIMIT $4) stride"
#define RULE(table, keep, condition, change, member)                                        \
	{                                                                                    \
		#member, keep, LAST_OF(table),                                               \
			"SELECT count(*) FROM " table " WHERE " BETWEEN " AND " condition,   \
			change " WHERE " BETWEEN " AND " condition,                          \
			offsetof(struct purged, member)                                      \
	}

#define RAW_IS_THERE "(raw IS NOT NULL OR decision IS NOT NULL)"
#define FORGET_RAW "UPDATE submission SET raw = NULL, salt = NULL, values_hash = NULL, decision = NULL"

static const struct rule rules[] = {
	RULE("submission", KEEP_REJECTED, "lead = 0 AND " RAW_IS_THERE, FORGET_RAW, submissions),
	RULE("submission", KEEP_RAW, "lead <> 0 AND " RAW_IS_THERE, FORGET_RAW, submissions),
	/* The address may hold what was searched for. */
	RULE("call", KEEP_BODY,
	     "url <> '' AND id NOT IN (" OPEN_CALLS ")",
	     "UPDATE call SET url = '', request = NULL, answer = NULL", calls),
	RULE("attempt", KEEP_BODY,
	     "(reason IS NOT NULL OR changed IS NOT NULL OR edited IS NOT NULL)"
	     " AND delivery NOT IN (" OPEN_LETTERS ")",
	     "UPDATE attempt SET reason = NULL, changed = NULL, edited = NULL, salt = NULL", attempts),
	RULE("plan", KEEP_PLAN, "id <> 0", "DELETE FROM plan", plans),
};

struct purge {
	struct store *store;
	int64_t *workspaces; /* of this pass; NULL: it has not begun */
	size_t nworkspaces, workspace;
	size_t rule;         /* of the rules, or what comes behind them */
	int64_t after;       /* id */
	unsigned char after_key[HASH16_SIZE];
	int64_t now;
	struct purged total;
};

struct purge *purge_new(struct store *store)
{
	struct purge *purge = calloc(1, sizeof(*purge));

	if (!purge)
		abort();
	purge->store = store;
	return purge;
}

void purge_free(struct purge *purge)
{
	if (!purge)
		return;
	free(purge->workspaces);
	free(purge);
}

struct purged purge_total(const struct purge *purge)
{
	return purge->total;
}

/* ---- One stride ---- */

struct stride {
	const struct rule *rule;
	int64_t workspace, after, before; /* ids */
	int64_t last, count;              /* out: 0 when no row was left */
};

static int note(struct tx *tx, int64_t workspace, const char *what, int64_t count,
		struct error *err)
{
	struct actor actor = { .workspace = workspace, .kind = ACTOR_SYSTEM };

	if (count == 0)
		return 0;
	return audit_add(tx, &actor, "data.purged", "workspace", workspace,
			 arena_printf(tx_arena(tx), "{\"%s\":%lld}", what, (long long)count),
			 NULL, err);
}

static int stride_run(struct tx *tx, void *context, struct error *err)
{
	struct stride *s = context;
	struct db *db = tx_view(tx)->db;

	s->last = s->count = 0;
	if (db_find_int(db, s->rule->last,
			DB_VALUES(db_int(s->after), db_int(s->before), db_int(s->workspace),
				  db_int(STRIDE)),
			&s->last, err) < 0)
		return -1;
	if (s->last == 0)
		return 0;
	if (db_find_int(db, s->rule->count,
			DB_VALUES(db_int(s->after), db_int(s->last), db_int(s->workspace)),
			&s->count, err) < 0)
		return -1;
	if (s->count > 0 &&
	    db_write(db, s->rule->forget,
		     DB_VALUES(db_int(s->after), db_int(s->last), db_int(s->workspace)), err) < 0)
		return -1;
	return note(tx, s->workspace, s->rule->what, s->count, err);
}

/* ---- What has no id of its own ---- */

struct errors {
	int64_t workspace, before; /* id of an import */
	int64_t count;             /* out */
};

static int errors_run(struct tx *tx, void *context, struct error *err)
{
	struct errors *errors = context;
	struct db *db = tx_view(tx)->db;

	if (db_find_int(db,
			"SELECT count(*) FROM (SELECT 1 FROM import_error WHERE import < $1"
			" AND workspace = $2 LIMIT $3) stride",
			DB_VALUES(db_int(errors->before), db_int(errors->workspace),
				  db_int(STRIDE)),
			&errors->count, err) < 0)
		return -1;
	if (errors->count > 0 &&
	    db_write(db,
		     "DELETE FROM import_error WHERE (import, line) IN (SELECT import, line"
		     " FROM import_error WHERE import < $1 AND workspace = $2"
		     " ORDER BY import, line LIMIT $3)",
		     DB_VALUES(db_int(errors->before), db_int(errors->workspace),
			       db_int(STRIDE)),
		     err) < 0)
		return -1;
	return note(tx, errors->workspace, "import_errors", errors->count, err);
}

/* Keys are in the order of their hashes. */
struct keys {
	int64_t workspace, now;
	const unsigned char *after;
	unsigned char last[HASH16_SIZE]; /* out */
	bool is_end;                     /* out: there is no last one */
	int64_t count;                   /* out */
};

static int find_last_key(struct tx *tx, struct keys *keys, struct error *err)
{
	struct db_rows *rows;
	struct db_value last;
	int rc;

	if (db_query(tx_view(tx)->db,
		     "SELECT hash FROM idempotency WHERE workspace = $1 AND hash > $2"
		     " ORDER BY hash LIMIT 1 OFFSET $3",
		     DB_VALUES(db_int(keys->workspace), db_bytes(keys->after, HASH16_SIZE),
			       db_int(STRIDE - 1)),
		     &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1) {
		last = rows->db->driver->column(rows, 0);
		if (last.len == HASH16_SIZE)
			memcpy(keys->last, last.bytes, HASH16_SIZE);
	}
	db_done(rows);
	keys->is_end = rc == 0;
	if (keys->is_end)
		memset(keys->last, 0xff, HASH16_SIZE);
	return rc < 0 ? -1 : 0;
}

#define RAN_OUT "workspace = $1 AND hash > $2 AND hash <= $3 AND expires_at <= $4"

static int keys_run(struct tx *tx, void *context, struct error *err)
{
	struct keys *keys = context;
	struct db *db = tx_view(tx)->db;

	if (find_last_key(tx, keys, err) < 0 ||
	    db_find_int(db, "SELECT count(*) FROM idempotency WHERE " RAN_OUT,
			DB_VALUES(db_int(keys->workspace), db_bytes(keys->after, HASH16_SIZE),
				  db_bytes(keys->last, HASH16_SIZE), db_int(keys->now)),
			&keys->count, err) < 0)
		return -1;
	if (keys->count == 0)
		return 0;
	/* A key that ran out means nothing any more: no audit entry. */
	return db_write(db, "DELETE FROM idempotency WHERE " RAN_OUT,
			DB_VALUES(db_int(keys->workspace), db_bytes(keys->after, HASH16_SIZE),
				  db_bytes(keys->last, HASH16_SIZE), db_int(keys->now)),
			err);
}

/* ---- A pass ---- */

static int begin_pass(struct purge *purge, int64_t now, struct error *err)
{
	struct arena *arena = arena_new();
	struct view *view = view_open(purge->store, arena, err);
	int64_t *ids;
	size_t count;
	int rc = -1;

	if (view) {
		rc = workspace_list_any_workspace(view, &ids, &count, err);
		view_close(view);
	}
	if (rc >= 0) {
		purge->workspaces = calloc(count + 1, sizeof(*ids));
		if (!purge->workspaces)
			abort();
		for (size_t i = 0; i < count; i++)
			purge->workspaces[i] = ids[i];
		purge->nworkspaces = count;
		purge->workspace = purge->rule = 0;
		purge->after = 0;
		purge->now = now;
	}
	arena_free(arena);
	return rc < 0 ? -1 : 0;
}

static int end_pass(struct purge *purge)
{
	free(purge->workspaces);
	purge->workspaces = NULL;
	return 0;
}

/* The id before which the workspace keeps nothing of that kind. */
static int find_before(struct purge *purge, enum keep keep, int64_t *before, struct error *err)
{
	struct snapshot *snapshot = snapshot_get(purge->store,
						 purge->workspaces[purge->workspace], err);
	const struct settings *settings;
	int64_t days = 0;

	if (!snapshot)
		return -1;
	settings = &snapshot_config(snapshot)->settings;
	switch (keep) {
	case KEEP_RAW:
		days = settings->raw_days;
		break;
	case KEEP_REJECTED:
		days = settings->rejected_days;
		break;
	case KEEP_BODY:
		days = settings->body_days;
		break;
	case KEEP_PLAN:
		days = PLAN_LIVES_MS / CLOCK_DAY;
		break;
	}
	snapshot_release(snapshot);
	*before = id_first(purge->now - days * CLOCK_DAY);
	return 0;
}

static int step_rule(struct purge *purge, struct error *err)
{
	const struct rule *rule = &rules[purge->rule];
	struct stride stride = { .rule = rule, .workspace = purge->workspaces[purge->workspace],
				 .after = purge->after };

	if (find_before(purge, rule->keep, &stride.before, err) < 0 ||
	    store_run(purge->store, URGENCY_BULK, stride.workspace, stride_run, &stride, err) < 0)
		return -1;
	*(int64_t *)((char *)&purge->total + rule->at) += stride.count;
	purge->after = stride.last;
	if (stride.last == 0)
		purge->rule++;
	return 1;
}

static int step_errors(struct purge *purge, struct error *err)
{
	struct errors errors = { .workspace = purge->workspaces[purge->workspace] };

	if (find_before(purge, KEEP_REJECTED, &errors.before, err) < 0 ||
	    store_run(purge->store, URGENCY_BULK, errors.workspace, errors_run, &errors, err) < 0)
		return -1;
	purge->total.import_errors += errors.count;
	if (errors.count < STRIDE)
		purge->rule++;
	return 1;
}

static int step_keys(struct purge *purge, struct error *err)
{
	struct keys keys = { .workspace = purge->workspaces[purge->workspace],
			     .now = purge->now, .after = purge->after_key };

	if (store_run(purge->store, URGENCY_BULK, keys.workspace, keys_run, &keys, err) < 0)
		return -1;
	purge->total.keys += keys.count;
	memcpy(purge->after_key, keys.last, sizeof(keys.last));
	if (!keys.is_end)
		return 1;
	memset(purge->after_key, 0, sizeof(purge->after_key));
	purge->rule = 0;
	purge->workspace++;
	return 1;
}

/* The rules in their order, then these two. */
#define STEP_ERRORS ARRAY_LEN(rules)

int purge_step(struct purge *purge, int64_t now, struct error *err)
{
	if (!purge->workspaces && begin_pass(purge, now, err) < 0)
		return -1;
	if (purge->workspace == purge->nworkspaces)
		return end_pass(purge);
	if (purge->rule < STEP_ERRORS)
		return step_rule(purge, err);
	return purge->rule == STEP_ERRORS ? step_errors(purge, err) : step_keys(purge, err);
}
