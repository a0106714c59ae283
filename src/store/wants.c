/* wants.c - what a change of a lead asks of its deliveries. Threads: the committer. */
#include "base/clock.h"
#include "base/text.h"
#include "store/delivery_rows.h"
#include "store/earlier.h"
#include "store/standing.h"

struct wanted_row {
	int64_t id, wanted, told, earlier, connection;
	enum delivery_state state;
	const char *code, *field;
};

static int find_row(struct tx *tx, const struct lead *lead, const struct mapping *mapping,
		    const struct connection *connection, struct wanted_row *row,
		    struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(tx_view(tx)->db,
		     "SELECT id, wanted, state, code, told, earlier, field FROM delivery "
		     "WHERE subject = $1 "
		     "AND connection = $2 AND object = $3 AND role = $4",
		     DB_VALUES(db_int(lead->id), db_int(connection->id),
			       db_text(mapping->object), db_text(mapping->name)),
		     &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		*row = (struct wanted_row){
			.id = db_column_int(rows, 0),
			.wanted = db_column_int(rows, 1),
			.connection = connection->id,
			.state = (enum delivery_state)db_column_int(rows, 2),
			.code = db_column_text(rows, 3, tx_arena(tx)),
			.told = db_column_int(rows, 4),
			.earlier = db_column_int(rows, 5),
			.field = db_column_text(rows, 6, tx_arena(tx)),
		};
	db_done(rows);
	return found;
}

bool delivery_is_mendable(const char *code)
{
	return !text_equal(code, "permanent") && !text_equal(code, "remote_taken");
}

/* The state that a row takes when a newer version is wanted. Unknown outcomes stay a
 * person's; what rests because it was deleted there is made again only for a new
 * enquiry; a dead letter that data could mend is tried with the new data. */
static enum delivery_state state_when_wanted(const struct wanted_row *row,
					     const struct want *want)
{
	switch (row->state) {
	case DELIVERY_DUE:
	case DELIVERY_WAITING:
	case DELIVERY_CLAIMED:
	case DELIVERY_PARKED:
		return row->state;
	case DELIVERY_DEAD:
		return delivery_is_mendable(row->code) ? DELIVERY_DUE : DELIVERY_DEAD;
	case DELIVERY_AT_REST:
		return text_equal(row->code, "gone") && !want->is_new_enquiry ?
			       DELIVERY_AT_REST :
			       DELIVERY_DUE;
	}
	return row->state;
}

/* What rests has nothing left to tell. */
static int keep_earlier(struct tx *tx, const struct mapping *mapping, const struct lead *lead,
			const struct wanted_row *row, const struct want *want,
			struct error *err)
{
	const struct overtaken overtaken = {
		.delivery = row->id,
		.told = row->told,
		.earlier = row->earlier,
		.state = row->state,
		.field = row->field,
	};

	if (!want->before || row->state == DELIVERY_AT_REST)
		return 0;
	return earlier_keep(tx, mapping, &overtaken, want->before, lead, err);
}

static int raise_row(struct tx *tx, const struct actor *actor, const struct mapping *mapping,
		     const struct lead *lead, const struct wanted_row *row,
		     const struct want *want, struct standing *after, struct error *err)
{
	enum delivery_state state = state_when_wanted(row, want);

	if (row->wanted >= lead->version)
		return 0;
	if (keep_earlier(tx, mapping, lead, row, want, err) < 0)
		return -1;
	standing_set(after, row->id, state);
	if (state == row->state)
		return db_write(tx_view(tx)->db,
				"UPDATE delivery SET wanted = $1 WHERE id = $2",
				DB_VALUES(db_int(lead->version), db_int(row->id)), err);
	tx_wake(tx, WAKE_DELIVERIES);
	if (db_write(tx_view(tx)->db,
		     "UPDATE delivery SET wanted = $1, state = $2, due_at = $3, since = $3, "
		     "tries = 0, setbacks = 0, lane = $4, code = NULL, field = NULL, reason = NULL, "
		     "instruction = NULL WHERE id = $5",
		     DB_VALUES(db_int(lead->version), db_int(state), db_int(tx_now(tx)),
			       db_int(want->lane), db_int(row->id)),
		     err) < 0)
		return -1;
	return row->state == DELIVERY_DEAD ?
		       alert_dead_letter(tx, actor, row->connection, row->code, -1, err) :
		       0;
}

/* A record that must be there first: its delivery, or 0. */
static int64_t parent_of(const struct mapping *mapping, const struct config *config,
			 const int64_t *ids)
{
	for (size_t i = 0; mapping->after && i < config->nmappings; i++)
		if (text_equal(config->mappings[i].name, mapping->after))
			return ids[i];
	return 0;
}

static int64_t due_at_of(const struct sync *sync, int64_t now)
{
	return sync->mode == SYNC_BATCH ? (now / CLOCK_HOUR + 1) * CLOCK_HOUR : now;
}

static int add_row(struct tx *tx, const struct lead *lead, const struct sync *sync,
		   const struct mapping *mapping, const struct connection *connection,
		   const struct want *want, int64_t parent, int64_t *id,
		   struct standing *after, struct error *err)
{
	enum delivery_state state = parent ? DELIVERY_WAITING : DELIVERY_DUE;

	if (sync->mode == SYNC_MANUAL || sync->mode == SYNC_SHADOW)
		state = DELIVERY_AT_REST;
	*id = tx_id(tx);
	standing_set(after, *id, state);
	tx_wake(tx, WAKE_DELIVERIES);
	return db_write(tx_view(tx)->db,
			"INSERT INTO delivery (id, workspace, subject, connection, object, "
			"role, mapping, lane, state, due_at, since, wanted, told, tries, "
			"setbacks, is_uncertain, is_forced, depends_on, fence, worker, lease_until, "
			"open_submissions) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
			"$11, $12, 0, 0, 0, 0, 0, $13, 0, 0, 0, $14)",
			DB_VALUES(db_int(*id), db_int(lead->workspace), db_int(lead->id),
				  db_int(connection->id), db_text(mapping->object),
				  db_text(mapping->name), db_int(mapping->id),
				  db_int(want->lane), db_int(state),
				  db_int(due_at_of(sync, tx_now(tx))), db_int(tx_now(tx)),
				  db_int(lead->version), db_int(parent),
				  db_int(want->is_new_lead && state != DELIVERY_AT_REST ?
						 want->submissions :
						 0)),
			err);
}

static size_t index_of_mapping(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->nmappings; i++)
		if (text_equal(config->mappings[i].name, name))
			return i;
	return config->nmappings;
}

static int want_sync(struct tx *tx, const struct actor *actor, const struct config *config,
		     const struct lead *lead, const struct sync *sync, const struct want *want, int64_t *ids,
		     struct standing *after, struct error *err)
{
	size_t at = index_of_mapping(config, sync->mapping);
	const struct mapping *mapping = &config->mappings[at];
	const struct connection *connection;
	struct wanted_row row = { 0 };
	int found = 0;

	if (at == config->nmappings || sync->is_paused || sync->behaviour == BEHAVIOUR_NONE)
		return 0;
	connection = config_connection(config, mapping->connection);
	if (!connection)
		return 0;
	if (!want->is_new_lead)
		found = find_row(tx, lead, mapping, connection, &row, err);
	if (found < 0)
		return -1;
	if (found == 0)
		return add_row(tx, lead, sync, mapping, connection, want,
			       parent_of(mapping, config, ids), &ids[at], after, err);
	ids[at] = row.id;
	if (sync->mode == SYNC_MANUAL || sync->mode == SYNC_SHADOW)
		return 0;
	return raise_row(tx, actor, mapping, lead, &row, want, after, err);
}

int delivery_want(struct tx *tx, const struct actor *actor, const struct config *config,
		  const struct lead *lead, const struct want *want, struct error *err)
{
	struct standing before = { 0 }, after;
	int64_t *ids = arena_array(tx_arena(tx), config->nmappings + 1, sizeof(*ids));

	/* The decision that wants it is audited. */
	if (!want->is_new_lead &&
	    standing_load(tx, lead->workspace, lead->id, &before, err) < 0)
		return -1;
	after = before;
	for (size_t i = 0; i < config->nsyncs; i++)
		if (want_sync(tx, actor, config, lead, &config->syncs[i], want, ids, &after, err) < 0)
			return error_wrap(err, "delivery");
	if (want->is_new_lead) {
		standing_count_new(tx, lead->workspace, &after, want->submissions);
		return 0;
	}
	return standing_count(tx, lead->workspace, lead->id, &before, &after,
			      want->submissions, err);
}
