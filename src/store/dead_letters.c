/* dead_letters.c - what people do with deliveries that need them. Threads: the
 * committer. */
#include <string.h>

#include "base/text.h"
#include "store/audit.h"
#include "store/chains.h"
#include "store/delivery_rows.h"
#include "store/earlier.h"

/* Finds a delivery that a person may act on. */
static int find_dead(struct tx *tx, const struct actor *actor, int64_t id,
		     struct delivery *d, struct error *err)
{
	int found = delivery_find(tx_view(tx), actor, id, d, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such delivery");
	if (d->state != DELIVERY_DEAD && d->state != DELIVERY_PARKED)
		return error_set(err, ERR_CONFLICT, "this delivery is %s, not a dead letter",
				 delivery_state_name(d->state));
	return 0;
}

static int move(struct tx *tx, const struct actor *actor, const struct delivery *d,
		enum delivery_state state, const char *action, const char *detail,
		struct error *err)
{
	struct standing before, after;

	if (standing_load(tx, actor->workspace, d->subject, &before, err) < 0)
		return -1;
	/* The row has been written already: it stood where `d` says. */
	standing_set(&before, d->id, d->state);
	after = before;
	standing_set(&after, d->id, state);
	/* Who waits for a record that will not come must be told. */
	if (state == DELIVERY_AT_REST &&
	    chain_release(tx, d->subject, d->id, false, &after, err) < 0)
		return -1;
	if (standing_count(tx, actor->workspace, d->subject, &before, &after, 0, err) < 0 ||
	    alert_dead_letter(tx, actor, d->connection, d->code, -1, err) < 0)
		return -1;
	tx_wake(tx, WAKE_DELIVERIES);
	return audit_add(tx, actor, action, "lead", d->subject, detail, NULL, err);
}

static int make_due(struct tx *tx, const struct actor *actor, const struct delivery *d,
		    const char *edit_doc, bool is_forced, struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "UPDATE delivery SET state = 0, due_at = $1, since = $1, tries = 0, setbacks = 0, "
		     "is_forced = $2, is_uncertain = CASE WHEN CAST($2 AS BIGINT) = 1 THEN 0 "
		     "ELSE is_uncertain END, edit_doc = COALESCE($3, edit_doc), "
		     "code = NULL, field = NULL, reason = NULL, instruction = NULL "
		     "WHERE id = $4",
		     DB_VALUES(db_int(tx_now(tx)), db_int(is_forced), db_text(edit_doc),
			       db_int(d->id)),
		     err) < 0)
		return -1;
	return move(tx, actor, d, DELIVERY_DUE,
		    is_forced ? "delivery.sent_again" : "delivery.retried",
		    arena_printf(tx_arena(tx), "{\"delivery\":%lld,\"edited\":%s}",
				 (long long)d->id, edit_doc ? "true" : "false"),
		    err);
}

int delivery_retry(struct tx *tx, const struct actor *actor, int64_t id,
		   const char *edit_doc, bool is_forced, struct error *err)
{
	struct delivery d;

	if (find_dead(tx, actor, id, &d, err) < 0)
		return -1;
	return make_due(tx, actor, &d, edit_doc, is_forced, err);
}

/* The first value or fact is done with; what comes behind it is told all the same. */
static int finish_first(struct tx *tx, const struct actor *actor, const struct delivery *d,
			const char *action, const char *detail, struct error *err)
{
	enum delivery_state state = d->earlier < d->wanted ? DELIVERY_DUE : DELIVERY_AT_REST;

	if (earlier_drop(tx, d->id, d->earlier, err) < 0 ||
	    db_write(tx_view(tx)->db,
		     "UPDATE delivery SET told = $1, state = $4, due_at = $2, since = $2, "
		     "tries = 0, setbacks = 0, is_uncertain = 0, intent_doc = NULL, "
		     "edit_doc = NULL, code = NULL, field = NULL, reason = NULL, "
		     "instruction = NULL WHERE id = $3",
		     DB_VALUES(db_int(d->earlier), db_int(tx_now(tx)), db_int(d->id),
			       db_int(state)),
		     err) < 0)
		return -1;
	return move(tx, actor, d, state, action, detail, err);
}

int delivery_discard(struct tx *tx, const struct actor *actor, int64_t id,
		     const char *reason, struct error *err)
{
	struct delivery d;
	const char *detail;

	if (find_dead(tx, actor, id, &d, err) < 0)
		return -1;
	detail = arena_printf(tx_arena(tx), "{\"delivery\":%lld}", (long long)id);
	if (d.earlier && d.earlier < d.wanted)
		return finish_first(tx, actor, &d, "delivery.discarded", detail, err);
	if (db_write(tx_view(tx)->db,
		     "UPDATE delivery SET state = 5, code = 'discarded', reason = $1, "
		     "instruction = NULL WHERE id = $2",
		     DB_VALUES(db_text(reason), db_int(id)), err) < 0 ||
	    (d.earlier && earlier_drop(tx, id, INT64_MAX, err) < 0))
		return -1;
	return move(tx, actor, &d, DELIVERY_AT_REST, "delivery.discarded", detail, err);
}

int delivery_point(struct tx *tx, const struct actor *actor, int64_t id,
		   const char *remote_id, struct error *err)
{
	struct delivery d;
	int64_t other;
	int found;

	if (find_dead(tx, actor, id, &d, err) < 0)
		return -1;
	found = db_find_int(tx_view(tx)->db,
			    "SELECT subject FROM link WHERE connection = $1 "
			    "AND object = $2 AND remote_id = $3 AND subject <> $4",
			    DB_VALUES(db_int(d.connection), db_text(d.object),
				      db_text(remote_id), db_int(d.subject)),
			    &other, err);
	if (found < 0)
		return -1;
	if (found == 1)
		return error_set(err, ERR_CONFLICT,
				 "another lead is linked to this record of the CRM");
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO link (id, workspace, subject, connection, role, object, "
		     "remote_id, state, is_ours, created_at, updated_at) "
		     "VALUES ($1, $2, $3, $4, $5, $6, $7, 'live', 0, $8, $8) "
		     "ON CONFLICT (subject, connection, role) DO UPDATE SET "
		     "object = excluded.object, remote_id = excluded.remote_id, "
		     "state = 'live', updated_at = excluded.updated_at",
		     DB_VALUES(db_int(tx_id(tx)), db_int(d.workspace), db_int(d.subject),
			       db_int(d.connection), db_text(d.role), db_text(d.object),
			       db_text(remote_id), db_int(tx_now(tx))),
		     err) < 0)
		return -1;
	/* A fact that is there was told. */
	if (d.earlier > LEAD_VERSION_MAX)
		return finish_first(tx, actor, &d, "delivery.pointed",
				    arena_printf(tx_arena(tx), "{\"delivery\":%lld}",
						 (long long)id),
				    err);
	/* What is there is looked at before anything is written to it. */
	return make_due(tx, actor, &d, NULL, false, err);
}

int delivery_retry_all(struct tx *tx, const struct actor *actor,
		       const struct delivery_filter *filter, struct error *err)
{
	struct delivery_filter dead = *filter;
	struct delivery *rows;
	size_t count;

	dead.is_dead_only = true;
	if (delivery_list(tx_view(tx), actor, &dead, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (make_due(tx, actor, &rows[i], NULL, false, err) < 0)
			return -1;
	return (int)count;
}

int delivery_revive(struct tx *tx, const struct actor *actor, int64_t connection,
		    const char *field, struct error *err)
{
	struct delivery_filter filter = { .connection = connection, .is_dead_only = true,
					  .max = 1000 };
	struct delivery *rows;
	size_t count;
	int revived = 0;

	if (delivery_list(tx_view(tx), actor, &filter, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		/* An unknown outcome and a refusal for good stay a person's. */
		if (rows[i].state != DELIVERY_DEAD ||
		    (!text_equal(rows[i].code, "fix_data") &&
		     !text_equal(rows[i].code, "mapping")) ||
		    (field && (!rows[i].field || strcmp(rows[i].field, field) != 0)))
			continue;
		if (make_due(tx, actor, &rows[i], NULL, false, err) < 0)
			return -1;
		revived++;
	}
	return revived;
}
