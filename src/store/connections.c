/* connections.c - a connection at run time: circuit, budget, schema, secrets. Threads:
 * see store.h. */
#include <string.h>

#include "base/json.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/internal.h"

int connection_state_find(struct view *view, int64_t workspace, int64_t connection,
			  struct connection_state *state, struct error *err)
{
	struct db_rows *rows;
	int found;

	*state = (struct connection_state){ .connection = connection, .state = "active" };
	if (db_query(view->db,
		     "SELECT state, reason, failures, open_until, opened_at, probe_ms, budget "
		     "FROM connection_state WHERE workspace = $1 AND connection = $2",
		     DB_VALUES(db_int(workspace), db_int(connection)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1) {
		state->state = db_column_text(rows, 0, view->arena);
		state->reason = db_column_text(rows, 1, view->arena);
		state->failures = (int)db_column_int(rows, 2);
		state->open_until = db_column_int(rows, 3);
		state->opened_at = db_column_int(rows, 4);
		state->probe_ms = db_column_int(rows, 5);
		state->budget = db_column_text(rows, 6, view->arena);
	}
	db_done(rows);
	return found;
}

int connection_state_set(struct tx *tx, const struct actor *actor,
			 const struct connection_state *state, const char *action,
			 struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO connection_state (workspace, connection, state, reason, "
		     "failures, open_until, opened_at, probe_ms, budget, updated_at) "
		     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "
		     "ON CONFLICT (workspace, connection) DO UPDATE SET "
		     "state = excluded.state, reason = excluded.reason, "
		     "failures = excluded.failures, open_until = excluded.open_until, "
		     "opened_at = excluded.opened_at, probe_ms = excluded.probe_ms, "
		     "budget = excluded.budget, updated_at = excluded.updated_at",
		     DB_VALUES(db_int(actor->workspace), db_int(state->connection),
			       db_text(state->state), db_text(state->reason),
			       db_int(state->failures), db_int(state->open_until),
			       db_int(state->opened_at), db_int(state->probe_ms),
			       db_text(state->budget), db_int(tx_now(tx))),
		     err) < 0)
		return error_wrap(err, "connection state");
	if (!action)
		return 0; /* budgets move with every claim: not an event */
	tx_wake(tx, WAKE_DELIVERIES);
	return audit_add(tx, actor, action, "connection", state->connection,
			 arena_printf(tx_arena(tx), "{\"state\":\"%s\"}", state->state), NULL,
			 err);
}

/* What a sealed value is bound to: it opens nowhere else. */
const char *place_of_secret(struct arena *arena, int64_t workspace, int64_t owner,
			    const char *name, const char *origins)
{
	return arena_printf(arena, "%lld|secret|%lld|%s|%s", (long long)workspace,
			    (long long)owner, name, origins);
}

int secret_keep(struct tx *tx, const struct actor *actor, int64_t owner, const char *name,
		const char *text, const char *origins, struct error *err)
{
	const char *place = place_of_secret(tx_arena(tx), actor->workspace, owner, name,
					    origins);
	unsigned char *sealed;
	size_t len;

	sealed = seal(tx_arena(tx), tx_keyring(tx), place, text, strlen(text), &len);
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO secret (workspace, owner, name, sealed, origins, updated_at) "
		     "VALUES ($1, $2, $3, $4, $5, $6) "
		     "ON CONFLICT (workspace, owner, name) DO UPDATE SET "
		     "sealed = excluded.sealed, origins = excluded.origins, "
		     "updated_at = excluded.updated_at",
		     DB_VALUES(db_int(actor->workspace), db_int(owner), db_text(name),
			       db_bytes(sealed, len), db_text(origins), db_int(tx_now(tx))),
		     err) < 0)
		return error_wrap(err, "secret");
	return audit_add(tx, actor, "secret.kept", owner ? "connection" : "workspace", owner,
			 arena_printf(tx_arena(tx), "{\"name\":\"%s\"}", name), NULL, err);
}

int secret_open(struct view *view, int64_t workspace, int64_t owner, const char *name,
		struct secret *secret, const char **origins, struct error *err)
{
	const void *sealed = NULL;
	struct db_rows *rows;
	const char *place;
	size_t len = 0;
	int found;

	if (db_query(view->db,
		     "SELECT sealed, origins FROM secret WHERE workspace = $1 "
		     "AND owner = $2 AND name = $3",
		     DB_VALUES(db_int(workspace), db_int(owner), db_text(name)), &rows,
		     err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1) {
		sealed = db_column_bytes(rows, 0, view->arena, &len);
		*origins = db_column_text(rows, 1, view->arena);
	}
	db_done(rows);
	if (found != 1)
		return found;
	place = place_of_secret(view->arena, workspace, owner, name, *origins);
	if (seal_open(store_keyring(view->store), place, sealed, len, secret, err) < 0)
		return error_wrap(err, "secret");
	return 1;
}

int secret_drop(struct tx *tx, const struct actor *actor, int64_t owner, const char *name,
		struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "DELETE FROM secret WHERE workspace = $1 AND owner = $2 AND name = $3",
		     DB_VALUES(db_int(actor->workspace), db_int(owner), db_text(name)), err) <
	    0)
		return -1;
	return audit_add(tx, actor, "secret.dropped", "connection", owner,
			 arena_printf(tx_arena(tx), "{\"name\":\"%s\"}", name), NULL, err);
}

int secret_drop_other_origins(struct tx *tx, const struct actor *actor, int64_t owner,
			      const char *origins, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"DELETE FROM secret WHERE workspace = $1 AND owner = $2 "
			"AND origins <> $3",
			DB_VALUES(db_int(actor->workspace), db_int(owner), db_text(origins)),
			err);
}
