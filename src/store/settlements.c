/* settlements.c - how claimed deliveries go on. Threads: the committer. */
#include <string.h>

#include "base/text.h"
#include "store/audit.h"
#include "store/chains.h"
#include "store/delivery_rows.h"
#include "store/earlier.h"
#include "store/links.h"

struct fenced {
	int64_t fence, wanted, earlier;
	enum delivery_state state;
};

static int load_fenced(struct tx *tx, const struct actor *actor, int64_t id,
		       struct fenced *row, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(tx_view(tx)->db,
		     "SELECT fence, state, wanted, earlier FROM delivery WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		*row = (struct fenced){
			.fence = db_column_int(rows, 0),
			.state = (enum delivery_state)db_column_int(rows, 1),
			.wanted = db_column_int(rows, 2),
			.earlier = db_column_int(rows, 3),
		};
	db_done(rows);
	return found;
}

static struct link link_of(const struct settlement *s)
{
	return (struct link){
		.object = s->link_object,
		.remote_id = s->link_id,
		.remote_version = s->link_version,
		.state = s->link_state,
		.is_ours = s->link_is_ours,
	};
}

static int write_attempt(struct tx *tx, const struct settlement *s,
			 const struct audit_salt *salt, struct error *err)
{
	const struct delivery *d = s->delivery;

	if (!s->outcome)
		return 0;
	return db_write(tx_view(tx)->db,
			"INSERT INTO attempt (id, workspace, delivery, call, version, outcome, "
			"action, field, reason, changed, edited, salt, at) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
			DB_VALUES(db_int(tx_id(tx)), db_int(d->workspace), db_int(d->id),
				  db_int(s->call), db_int(s->told ? s->told : d->wanted),
				  db_text(s->outcome),
				  db_text(s->action ? s->action : "none"),
				  db_text(s->field), db_text(s->reason),
				  db_text(s->changed), db_text(s->edited),
				  db_bytes(salt->bytes, sizeof(salt->bytes)),
				  db_int(tx_now(tx))),
			err);
}

static int write_state(struct tx *tx, const struct settlement *s, struct error *err)
{
	return db_write(
		tx_view(tx)->db,
		"UPDATE delivery SET state = $1, due_at = $2, "
		"told = CASE WHEN CAST($3 AS BIGINT) > 0 THEN $3 ELSE told END, tries = $4, setbacks = $15, "
		"is_uncertain = $5, is_forced = 0, code = $6, field = $7, reason = $8, "
		"instruction = $9, told_doc = COALESCE($10, told_doc), "
		"seen_doc = COALESCE($11, seen_doc), undo_doc = COALESCE(undo_doc, $12), "
		"held_doc = $13, "
		"intent_doc = CASE WHEN CAST($5 AS BIGINT) = 1 THEN intent_doc ELSE NULL END, "
		"edit_doc = CASE WHEN CAST($1 AS BIGINT) = 5 OR CAST($3 AS BIGINT) > 0 THEN NULL "
		"ELSE edit_doc END WHERE id = $14",
		DB_VALUES(db_int(s->state), db_int(s->due_at), db_int(s->told),
			  db_int(s->tries), db_int(s->is_uncertain), db_text(s->code),
			  db_text(s->field), db_text(s->reason), db_text(s->instruction),
			  db_text(s->told_doc), db_text(s->seen_doc), db_text(s->undo_doc),
			  db_text(s->held_doc), db_int(s->delivery->id), db_int(s->setbacks)),
		err);
}

static int audit_settlement(struct tx *tx, const struct actor *actor,
			    const struct settlement *s, const struct audit_salt *salt,
			    struct error *err)
{
	struct audit_content content = { s->told_doc, s->told_doc ? strlen(s->told_doc) : 0,
					 *salt };
	struct buf detail;

	if (!s->outcome)
		return 0;
	buf_init(&detail, tx_arena(tx), 64u << 10);
	buf_addf(&detail,
		 "{\"delivery\":%lld,\"connection\":%lld,\"call\":%lld,\"mapping\":%lld,"
		 "\"version\":%lld,\"outcome\":\"%s\",\"fields\":",
		 (long long)s->delivery->id, (long long)s->delivery->connection,
		 (long long)s->call, (long long)s->delivery->mapping,
		 (long long)(s->told ? s->told : s->delivery->wanted), s->outcome);
	buf_add(&detail, s->changed ? s->changed : "[]");
	buf_add(&detail, "}");
	return audit_add(tx, actor, "delivery.settled", "lead", s->delivery->subject,
			 buf_text(&detail), s->told_doc ? &content : NULL, err);
}

/* What was told waits no more, and what rests has nothing left to tell. */
static int drop_earlier(struct tx *tx, const struct settlement *s, int64_t earlier,
			struct error *err)
{
	int64_t until = s->state == DELIVERY_AT_REST ? INT64_MAX : s->told;
	bool waits_on = s->state == DELIVERY_AT_REST && s->code &&
			strcmp(s->code, PARENT_ABSENT) == 0;

	if (!earlier || until < earlier || waits_on)
		return 0;
	return earlier_drop(tx, s->delivery->id, until, err);
}

/* Deliveries that waited for this one may go: its record is there, or will not be. */
static int release_children(struct tx *tx, const struct settlement *s,
			    struct standing *after, struct error *err)
{
	bool has_record = s->link_id && *s->link_id &&
			  (!s->link_state || strcmp(s->link_state, "live") == 0);

	if (s->state != DELIVERY_AT_REST && !has_record)
		return 0;
	return chain_release(tx, s->delivery->subject, s->delivery->id, has_record, after, err);
}

/* A delivery that is older than what its mapping says now learns whom it waits for. */
static int learn_parent(struct tx *tx, const struct settlement *s, int64_t *parent,
			struct error *err)
{
	const struct delivery *d = s->delivery;
	int found = db_find_int(tx_view(tx)->db,
				"SELECT id FROM delivery WHERE subject = $1 AND connection = $2 "
				"AND role = $3 AND workspace = $4",
				DB_VALUES(db_int(d->subject), db_int(d->connection),
					  db_text(s->parent), db_int(d->workspace)),
				parent, err);

	if (found <= 0)
		return found;
	return db_write(tx_view(tx)->db, "UPDATE delivery SET depends_on = $1 WHERE id = $2",
			DB_VALUES(db_int(*parent), db_int(d->id)), err);
}

/* What it waits for may have come meanwhile, or will not. */
static int wait_or_go(struct tx *tx, struct settlement *s, struct error *err)
{
	int64_t parent = s->delivery->depends_on;
	int must_wait;

	/* Others wait for their sync, or the CRM's schema: see syncs.h. */
	if (s->state != DELIVERY_WAITING || !s->parent)
		return 0;
	if (!parent && learn_parent(tx, s, &parent, err) < 0)
		return -1;
	if (!parent) {
		s->state = DELIVERY_AT_REST;
		s->code = PARENT_ABSENT;
		s->reason = PARENT_ABSENT_REASON;
		return 0;
	}
	must_wait = chain_must_wait(tx, s->delivery->workspace, parent, err);
	if (must_wait == 0) {
		s->state = DELIVERY_DUE;
		s->due_at = tx_now(tx);
		tx_wake(tx, WAKE_DELIVERIES);
	}
	return must_wait < 0 ? -1 : 0;
}

static int settle_one(struct tx *tx, const struct actor *actor, struct settlement *s,
		      bool *refused, struct error *err)
{
	struct audit_salt salt = audit_salt_new();
	const struct link link = link_of(s);
	struct standing before, after;
	struct fenced row;
	int found = load_fenced(tx, actor, s->delivery->id, &row, err), taken = 0;

	*refused = found != 1 || row.fence != s->delivery->fence ||
		   row.state != DELIVERY_CLAIMED;
	if (found < 0 || *refused)
		return found < 0 ? -1 : 0;
	if (!text_is_empty(s->link_id))
		taken = link_is_taken(tx, s->delivery, &link, err);
	if (taken == 1) {
		s->state = DELIVERY_DEAD;
		s->code = REMOTE_TAKEN;
		s->reason = REMOTE_TAKEN_REASON;
		s->instruction = REMOTE_TAKEN_INSTRUCTION;
	} else if (taken == 0 && !text_is_empty(s->link_id)) {
		taken = link_write(tx, s->delivery, &link, err);
	}
	/* The lead moved on while this was on its way: there is more to tell, or to try. */
	if ((s->state == DELIVERY_AT_REST && s->told && row.wanted > s->told) ||
	    (s->state == DELIVERY_DEAD && delivery_is_mendable(s->code) &&
	     row.wanted > s->delivery->wanted)) {
		if (s->state == DELIVERY_DEAD)
			s->tries = s->setbacks = 0;
		s->state = DELIVERY_DUE;
		s->code = s->instruction = NULL;
		s->due_at = tx_now(tx);
		tx_wake(tx, WAKE_DELIVERIES);
	}
	if (taken < 0 || wait_or_go(tx, s, err) < 0 ||
	    standing_load(tx, actor->workspace, s->delivery->subject, &before, err) < 0)
		return -1;
	after = before;
	standing_set(&after, s->delivery->id, s->state);
	if ((s->state == DELIVERY_DEAD || s->state == DELIVERY_PARKED) &&
	    alert_dead_letter(tx, actor, s->delivery->connection, s->code, 1, err) < 0)
		return -1;
	if (write_state(tx, s, err) < 0 || drop_earlier(tx, s, row.earlier, err) < 0 ||
	    write_attempt(tx, s, &salt, err) < 0 ||
	    audit_settlement(tx, actor, s, &salt, err) < 0 ||
	    release_children(tx, s, &after, err) < 0)
		return -1;
	return standing_count(tx, actor->workspace, s->delivery->subject, &before, &after, 0,
			      err);
}

int delivery_settle(struct tx *tx, const struct actor *actor,
		    struct settlement *settlements, size_t count, bool *refused,
		    struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (settle_one(tx, actor, &settlements[i], &refused[i], err) < 0)
			return error_wrap(err, "settle");
	return 0;
}
