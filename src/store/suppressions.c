/* suppressions.c - what people took back, by the keys that they are known by: it outlives the
 * lead, and counts whoever brings the keys. Threads: see store.h. */
#include "store/suppressions.h"

#include "base/text.h"
#include "store/audit.h"
#include "store/identities.h"
#include "store/internal.h"

static int audit_change(struct tx *tx, const struct actor *actor, const char *action,
			const struct lead *lead, const struct suppression *what,
			struct error *err)
{
	return audit_add(tx, actor, action, "lead", lead->id,
			 arena_printf(tx_arena(tx), "{\"channel\":\"%s\",\"purpose\":\"%s\"}",
				      what->channel, what->purpose),
			 NULL, err) < 0 ?
		       -1 :
		       1;
}

int suppression_add(struct tx *tx, const struct actor *actor, const struct lead *lead,
		    const struct suppression *what, struct error *err)
{
	bool is_new = false;

	for (size_t i = 0; i < lead->nidentities; i++) {
		int64_t at;
		int added = db_find_int(
			tx_view(tx)->db,
			"INSERT INTO suppression (workspace, hash, channel, purpose, reason, at) "
			"VALUES ($1, $2, $3, $4, $5, $6) "
			"ON CONFLICT (workspace, hash, channel, purpose) DO NOTHING RETURNING at",
			DB_VALUES(db_int(actor->workspace),
				  db_bytes(lead->identities[i].hash.bytes, HASH16_SIZE),
				  db_text(what->channel), db_text(what->purpose),
				  db_text(what->reason), db_int(what->at)),
			&at, err);

		if (added < 0)
			return error_wrap(err, "suppression");
		is_new |= added == 1;
	}
	if (!is_new)
		return 0;
	return audit_change(tx, actor, "suppression.added", lead, what, err);
}

int suppression_lift(struct tx *tx, const struct actor *actor, const struct lead *lead,
		     const struct suppression *what, struct error *err)
{
	bool is_lifted = false;

	for (size_t i = 0; i < lead->nidentities; i++) {
		int64_t at;
		int lifted = db_find_int(
			tx_view(tx)->db,
			"DELETE FROM suppression WHERE workspace = $1 AND hash = $2 "
			"AND channel = $3 AND purpose = $4 AND at <= $5 RETURNING at",
			DB_VALUES(db_int(actor->workspace),
				  db_bytes(lead->identities[i].hash.bytes, HASH16_SIZE),
				  db_text(what->channel), db_text(what->purpose),
				  db_int(what->at)),
			&at, err);

		if (lifted < 0)
			return error_wrap(err, "suppression");
		is_lifted |= lifted == 1;
	}
	if (!is_lifted)
		return 0;
	return audit_change(tx, actor, "suppression.lifted", lead, what, err);
}

static int of_key(struct view *view, const struct actor *actor, const struct hash16 *hash,
		  struct suppression *rows, size_t *count, struct error *err)
{
	struct db_rows *found;
	int more;

	*count = 0;
	if (db_query(view->db,
		     "SELECT channel, purpose, reason, at FROM suppression "
		     "WHERE workspace = $1 AND hash = $2 ORDER BY channel, purpose LIMIT $3",
		     DB_VALUES(db_int(actor->workspace), db_bytes(hash->bytes, HASH16_SIZE),
			       db_int(SUPPRESSIONS_OF_KEY)),
		     &found, err) < 0)
		return -1;
	while ((more = db_next(found, err)) == 1)
		rows[(*count)++] = (struct suppression){
			.channel = db_column_text(found, 0, view->arena),
			.purpose = db_column_text(found, 1, view->arena),
			.reason = db_column_text(found, 2, view->arena),
			.at = db_column_int(found, 3),
		};
	db_done(found);
	return more;
}

int suppression_of_key(struct view *view, const struct actor *actor, const struct hash16 *hash,
		       struct suppression **rows, size_t *count, struct error *err)
{
	*rows = arena_array(view->arena, SUPPRESSIONS_OF_KEY, sizeof(**rows));
	return of_key(view, actor, hash, *rows, count, err);
}

/* Whether other leads have the key too: a family's phone, an agent's address. */
static int is_shared(struct tx *tx, const struct actor *actor, const struct lead *lead,
		     const struct identity *key, struct error *err)
{
	int64_t leads[2]; /* of two one is another */
	size_t count;

	if (identity_leads(tx_view(tx), actor->workspace, &key->hash, leads, ARRAY_LEN(leads),
			   &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (leads[i] != lead->id)
			return 1;
	return 0;
}

/* Whether the lead itself took it back, and not another that has one of its keys. */
static int took_back(struct tx *tx, const struct actor *actor, const struct lead *lead,
		     const struct suppression *what, struct error *err)
{
	int64_t one;

	return db_find_int(tx_view(tx)->db,
			   "SELECT 1 FROM consent WHERE lead = $1 AND workspace = $2 "
			   "AND channel = $3 AND purpose = $4 AND is_granted = 0 LIMIT 1",
			   DB_VALUES(db_int(lead->id), db_int(actor->workspace),
				     db_text(what->channel), db_text(what->purpose)),
			   &one, err);
}

static int spread_of_key(struct tx *tx, const struct actor *actor, const struct lead *lead,
			 const struct identity *key, struct error *err)
{
	struct suppression rows[SUPPRESSIONS_OF_KEY];
	size_t count;
	int shared = 0, spread = 0;

	if (of_key(tx_view(tx), actor, &key->hash, rows, &count, err) < 0)
		return -1;
	if (count > 0)
		shared = is_shared(tx, actor, lead, key, err);
	for (size_t i = 0; shared >= 0 && i < count; i++) {
		int is_own = shared ? took_back(tx, actor, lead, &rows[i], err) : 1;
		int added = is_own == 1 ? suppression_add(tx, actor, lead, &rows[i], err) : is_own;

		if (added < 0)
			return -1;
		spread |= added;
	}
	return shared < 0 ? -1 : spread;
}

int suppression_spread(struct tx *tx, const struct actor *actor, const struct lead *lead,
		       struct error *err)
{
	int spread = 0;

	for (size_t i = 0; lead->nidentities > 1 && i < lead->nidentities; i++) {
		int of_one = spread_of_key(tx, actor, lead, &lead->identities[i], err);

		if (of_one < 0)
			return error_wrap(err, "suppression");
		spread |= of_one;
	}
	return spread;
}

static bool is_listed(const struct suppression *rows, size_t count,
		      const struct suppression *one)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(rows[i].channel, one->channel) &&
		    text_equal(rows[i].purpose, one->purpose))
			return true;
	return false;
}

int suppression_of_lead(struct view *view, const struct actor *actor, const struct lead *lead,
			struct suppression **rows, size_t *count, struct error *err)
{
	struct suppression of_one[SUPPRESSIONS_OF_KEY];

	*rows = arena_array(view->arena, lead->nidentities * SUPPRESSIONS_OF_KEY + 1,
			    sizeof(**rows));
	*count = 0;
	for (size_t i = 0; i < lead->nidentities; i++) {
		size_t n;

		if (of_key(view, actor, &lead->identities[i].hash, of_one, &n, err) < 0)
			return -1;
		for (size_t j = 0; j < n; j++)
			if (!is_listed(*rows, *count, &of_one[j]))
				(*rows)[(*count)++] = of_one[j];
	}
	return 0;
}
