/* alerts.c - messages to people: one per cause, not one per record. Threads: see
 * store.h. */
#include <string.h>

#include "base/clock.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/internal.h"

int alert_raise(struct tx *tx, const struct actor *actor, const char *cause,
		const char *kind, int64_t subject, const char *detail, int64_t send_at,
		struct error *err)
{
	/* A cause that was closed before begins anew; an open one only counts. */
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO alert (id, workspace, cause, kind, subject, count, detail, "
		     "state, first_at, last_at, send_at, tries) "
		     "VALUES ($1, $2, $3, $4, $5, 1, $6, 'waiting', $7, $7, $8, 0) "
		     "ON CONFLICT (workspace, cause) DO UPDATE SET "
		     "count = CASE WHEN alert.state = 'closed' THEN 1 ELSE alert.count + 1 END, "
		     "first_at = CASE WHEN alert.state = 'closed' THEN excluded.first_at "
		     "ELSE alert.first_at END, "
		     "send_at = CASE WHEN alert.state = 'closed' THEN excluded.send_at "
		     "ELSE alert.send_at END, "
		     "tries = CASE WHEN alert.state = 'closed' THEN 0 ELSE alert.tries END, "
		     "state = CASE WHEN alert.state = 'closed' THEN 'waiting' "
		     "ELSE alert.state END, "
		     "last_at = excluded.last_at, detail = excluded.detail",
		     DB_VALUES(db_int(tx_id(tx)), db_int(actor->workspace), db_text(cause),
			       db_text(kind), db_int(subject), db_text(detail),
			       db_int(tx_now(tx)), db_int(send_at)),
		     err) < 0)
		return error_wrap(err, "alert");
	tx_wake(tx, WAKE_ALERTS);
	return 0;
}

int alert_close(struct tx *tx, const struct actor *actor, const char *cause,
		struct error *err)
{
	return db_write(tx_view(tx)->db,
			"UPDATE alert SET state = 'closed', last_at = $1 WHERE workspace = $2 "
			"AND cause = $3 AND state <> 'closed'",
			DB_VALUES(db_int(tx_now(tx)), db_int(actor->workspace),
				  db_text(cause)),
			err);
}

int alert_close_removed(struct tx *tx, const struct actor *actor, int64_t connection,
			const char *name, struct error *err)
{
	const char *reason = arena_printf(tx_arena(tx), "the connection %s was removed; before: ",
					  name);

	return db_write(tx_view(tx)->db,
			"UPDATE alert SET state = 'closed', last_at = $1, "
			"detail = CAST($2 AS TEXT) || COALESCE(detail, '') "
			"WHERE workspace = $3 AND subject = $4 AND state <> 'closed'",
			DB_VALUES(db_int(tx_now(tx)), db_text(reason), db_int(actor->workspace),
				  db_int(connection)),
			err);
}

int alert_keep(struct tx *tx, const struct actor *actor, const char *cause, const char *kind,
	       int64_t subject, int64_t count, const char *detail, struct error *err)
{
	int64_t id;
	int found;

	if (count == 0)
		return alert_close(tx, actor, cause, err);
	found = db_find_int(tx_view(tx)->db,
			    "UPDATE alert SET count = $1, detail = $2, last_at = $3 "
			    "WHERE workspace = $4 AND cause = $5 AND state <> 'closed' "
			    "RETURNING id",
			    DB_VALUES(db_int(count), db_text(detail), db_int(tx_now(tx)),
				      db_int(actor->workspace), db_text(cause)),
			    &id, err);
	if (found != 0)
		return found < 0 ? -1 : 0;
	if (alert_raise(tx, actor, cause, kind, subject, detail, tx_now(tx), err) < 0)
		return -1;
	return db_write(tx_view(tx)->db,
			"UPDATE alert SET count = $1 WHERE workspace = $2 AND cause = $3",
			DB_VALUES(db_int(count), db_int(actor->workspace), db_text(cause)), err);
}

#define ALERT_COLUMNS                                                                   \
	"id, workspace, subject, count, first_at, last_at, send_at, cause, kind, detail, " \
	"state, tries"

static void alert_from_row(struct db_rows *rows, struct arena *arena, struct kept_alert *alert)
{
	*alert = (struct kept_alert){
		.id = db_column_int(rows, 0),
		.workspace = db_column_int(rows, 1),
		.subject = db_column_int(rows, 2),
		.count = db_column_int(rows, 3),
		.first_at = db_column_int(rows, 4),
		.last_at = db_column_int(rows, 5),
		.send_at = db_column_int(rows, 6),
		.cause = db_column_text(rows, 7, arena),
		.kind = db_column_text(rows, 8, arena),
		.detail = db_column_text(rows, 9, arena),
		.state = db_column_text(rows, 10, arena),
		.tries = (int)db_column_int(rows, 11),
	};
}

int alert_list(struct view *view, const struct actor *actor, int64_t before, size_t max,
	       struct kept_alert **alerts, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*alerts = arena_array(view->arena, max, sizeof(**alerts));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " ALERT_COLUMNS " FROM alert WHERE workspace = $1 AND id < $2 "
		     "ORDER BY id DESC LIMIT $3",
		     DB_VALUES(db_int(actor->workspace), db_int(before ? before : INT64_MAX),
			       db_int((int64_t)max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		alert_from_row(rows, view->arena, &(*alerts)[(*count)++]);
	db_done(rows);
	return more;
}

int alert_due_any_workspace(struct view *view, int64_t now, size_t max,
			    struct kept_alert **alerts, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*alerts = arena_array(view->arena, max, sizeof(**alerts));
	*count = 0;
	/* One for each workspace, so that one with many does not crowd out the others. */
	if (db_query(view->db,
		     "SELECT " ALERT_COLUMNS " FROM alert AS a WHERE state = 'waiting' "
		     "AND send_at <= $1 AND NOT EXISTS (SELECT 1 FROM alert AS b "
		     "WHERE b.workspace = a.workspace AND b.state = 'waiting' "
		     "AND (b.send_at, b.id) < (a.send_at, a.id)) ORDER BY send_at, id LIMIT $2",
		     DB_VALUES(db_int(now), db_int((int64_t)max)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		alert_from_row(rows, view->arena, &(*alerts)[(*count)++]);
	db_done(rows);
	return more;
}

int alert_sent(struct tx *tx, const struct actor *actor, int64_t id, bool is_sent,
	       int64_t next_at, struct error *err)
{
	const char *state = is_sent ? "sent" : next_at ? "waiting" : "failed";

	if (db_write(tx_view(tx)->db,
		     "UPDATE alert SET state = $1, send_at = $2, tries = tries + 1 "
		     "WHERE id = $3 AND workspace = $4 AND state = 'waiting'",
		     DB_VALUES(db_text(state), db_int(next_at), db_int(id),
			       db_int(actor->workspace)),
		     err) < 0)
		return -1;
	return audit_add(tx, actor, is_sent ? "alert.sent" : "alert.failed", "alert", id, "{}",
			 NULL, err);
}

/* ---- Dead letters ---- */

/* How long an alert of them gathers before it is sent. */
#define GATHER_MS (10 * CLOCK_SECOND)
#define CAUSE "dead-"
#define DEAD_CAUSES_MAX 256 /* connections times codes */

static const char *cause_of(struct arena *arena, int64_t connection, const char *code)
{
	return arena_printf(arena, CAUSE "%lld-%s", (long long)connection,
			    code ? code : "unknown");
}

static int count_dead(struct tx *tx, const struct actor *actor, int64_t connection,
		      const char *code, int64_t *count, struct error *err)
{
	*count = 0;
	return db_find_int(tx_view(tx)->db,
			   "SELECT count(*) FROM delivery WHERE workspace = $1 "
			   "AND state IN (3, 4) AND connection = $2 "
			   "AND COALESCE(code, 'unknown') = $3",
			   DB_VALUES(db_int(actor->workspace), db_int(connection),
				     db_text(code)),
			   count, err);
}

static int set_count(struct tx *tx, const struct actor *actor, const char *cause,
		     int64_t count, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"UPDATE alert SET count = $1, last_at = $2, "
			"state = CASE WHEN CAST($1 AS BIGINT) = 0 THEN 'closed' ELSE state END "
			"WHERE workspace = $3 AND cause = $4 AND state <> 'closed'",
			DB_VALUES(db_int(count), db_int(tx_now(tx)), db_int(actor->workspace),
				  db_text(cause)),
			err);
}

/* One less; at the last of them all are counted, for there may be some from before there
 * was an alert. */
static int one_less(struct tx *tx, const struct actor *actor, int64_t connection,
		    const char *code, const char *cause, struct error *err)
{
	int64_t left;
	int found = db_find_int(tx_view(tx)->db,
				"UPDATE alert SET count = count - 1, last_at = $1 "
				"WHERE workspace = $2 AND cause = $3 AND state <> 'closed' "
				"RETURNING count",
				DB_VALUES(db_int(tx_now(tx)), db_int(actor->workspace),
					  db_text(cause)),
				&left, err);

	if (found != 1 || left > 0)
		return found < 0 ? -1 : 0;
	if (count_dead(tx, actor, connection, code, &left, err) < 0)
		return -1;
	return set_count(tx, actor, cause, left, err);
}

int alert_dead_letter(struct tx *tx, const struct actor *actor, int64_t connection,
		      const char *code, int change, struct error *err)
{
	const char *cause = cause_of(tx_arena(tx), connection, code);

	code = code ? code : "unknown";
	if (change < 0)
		return one_less(tx, actor, connection, code, cause, err);
	return alert_raise(tx, actor, cause, "dead_letters", connection,
			   arena_printf(tx_arena(tx), "deliveries that need a person: %s", code),
			   tx_now(tx) + GATHER_MS, err);
}

/* The code of such a cause. */
static const char *code_of(const char *cause)
{
	const char *dash = strchr(cause + strlen(CAUSE), '-');

	return dash ? dash + 1 : "";
}

int alert_count_dead_letters(struct tx *tx, const struct actor *actor, struct error *err)
{
	struct arena *arena = tx_arena(tx);
	struct kept_alert alerts[DEAD_CAUSES_MAX];
	struct db_rows *rows;
	size_t count = 0;
	int64_t left;
	int more;

	if (db_query(tx_view(tx)->db,
		     "SELECT " ALERT_COLUMNS " FROM alert WHERE workspace = $1 "
		     "AND kind = 'dead_letters' AND state <> 'closed' LIMIT $2",
		     DB_VALUES(db_int(actor->workspace), db_int(DEAD_CAUSES_MAX)), &rows,
		     err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		alert_from_row(rows, arena, &alerts[count++]);
	db_done(rows);
	for (size_t i = 0; more == 0 && i < count; i++)
		if (count_dead(tx, actor, alerts[i].subject, code_of(alerts[i].cause), &left,
			       err) < 0 ||
		    set_count(tx, actor, alerts[i].cause, left, err) < 0)
			return -1;
	return more;
}
