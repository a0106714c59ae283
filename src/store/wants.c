/* wants.c - what a change of a lead asks of its deliveries. Threads: the committer. */
#include "base/clock.h"
#include "base/text.h"
#include "store/chains.h"
#include "store/delivery_rows.h"
#include "store/earlier.h"
#include "store/facts.h"
#include "store/syncs.h"

struct wanted_row {
	int64_t id, wanted, told, earlier, connection, depends_on;
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
		     "SELECT id, wanted, state, code, told, earlier, field, depends_on "
		     "FROM delivery "
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
			.depends_on = db_column_int(rows, 7),
		};
	db_done(rows);
	return found;
}

bool delivery_is_mendable(const char *code)
{
	return !text_equal(code, "permanent") && !text_equal(code, REMOTE_TAKEN);
}

/* The state that a row takes when a newer version is wanted. Unknown outcomes stay a
 * person's; what rests because it was deleted there is made again only for a new
 * enquiry; a dead letter that data could mend is tried with the new data. */
static enum delivery_state state_when_wanted(const struct wanted_row *row,
					     const struct want *want)
{
	switch (row->state) {
	case DELIVERY_DUE:
	case DELIVERY_CLAIMED:
	case DELIVERY_PARKED:
		return row->state;
	case DELIVERY_WAITING:
		return text_equal(row->code, SYNC_DRIFT_VALUE) ? DELIVERY_DUE : row->state;
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

/* What is wanted of all mappings together. */
struct wanting {
	struct tx *tx;
	const struct actor *actor;
	const struct config *config;
	const struct lead *lead;
	const struct want *want;
	struct standing after;
	int64_t *ids;  /* of each mapping's delivery; 0: none, or not looked for yet */
	bool *is_done; /* what is wanted of the mapping is written */
};

/* How a mapping's delivery waits for another's. */
struct parent {
	int64_t id;     /* of its delivery, or 0 */
	bool is_needed; /* neither its record nor ours is there */
};

/* The state of what could be due. Who waits for a record that is on its way waits; who waits
 * for one that does not come rests, until it does. */
static enum delivery_state state_behind(const struct wanting *w, const struct parent *parent,
					enum delivery_state state)
{
	if (!parent->is_needed || (state != DELIVERY_DUE && state != DELIVERY_WAITING))
		return state == DELIVERY_WAITING ? DELIVERY_DUE : state;
	for (size_t i = 0; i < w->after.count; i++)
		if (w->after.rows[i].id == parent->id)
			return w->after.rows[i].state == DELIVERY_AT_REST ? DELIVERY_AT_REST :
									    DELIVERY_WAITING;
	return DELIVERY_AT_REST;
}

static int write_raised(struct wanting *w, const struct wanted_row *row, int64_t wanted,
			enum delivery_state state, struct error *err)
{
	struct tx *tx = w->tx;
	bool is_absent = state == DELIVERY_AT_REST;

	tx_wake(tx, WAKE_DELIVERIES);
	if (db_write(tx_view(tx)->db,
		     "UPDATE delivery SET wanted = CASE WHEN CAST($1 AS BIGINT) > 0 "
		     "THEN $1 ELSE wanted END, state = $2, due_at = $3, since = $3, tries = 0, "
		     " setbacks = 0, lane = $4, code = $6, field = NULL, "
		     "reason = $7, instruction = NULL WHERE id = $5",
		     DB_VALUES(db_int(wanted), db_int(state), db_int(tx_now(tx)),
			       db_int(w->want->lane), db_int(row->id),
			       db_text(is_absent ? PARENT_ABSENT : NULL),
			       db_text(is_absent ? PARENT_ABSENT_REASON : NULL)),
		     err) < 0)
		return -1;
	return row->state == DELIVERY_DEAD ?
		       alert_dead_letter(tx, w->actor, row->connection, row->code, -1, err) :
		       0;
}

static int learn_parent(struct wanting *w, const struct mapping *mapping,
			const struct wanted_row *row, const struct parent *parent,
			struct error *err)
{
	if (!mapping->depends_on || row->depends_on == parent->id)
		return 0;
	return db_write(tx_view(w->tx)->db, "UPDATE delivery SET depends_on = $1 WHERE id = $2",
			DB_VALUES(db_int(parent->id), db_int(row->id)), err);
}

static int raise_row(struct wanting *w, const struct mapping *mapping,
		     const struct wanted_row *row, const struct parent *parent,
		     struct error *err)
{
	enum delivery_state state = state_when_wanted(row, w->want);

	if (row->wanted >= w->lead->version)
		return 0;
	if (keep_earlier(w->tx, mapping, w->lead, row, w->want, err) < 0)
		return -1;
	if (state != row->state || state == DELIVERY_WAITING)
		state = state_behind(w, parent, state);
	standing_set(&w->after, row->id, state);
	if (learn_parent(w, mapping, row, parent, err) < 0)
		return -1;
	if (state == row->state)
		return db_write(tx_view(w->tx)->db,
				"UPDATE delivery SET wanted = $1 WHERE id = $2",
				DB_VALUES(db_int(w->lead->version), db_int(row->id)), err);
	return write_raised(w, row, w->lead->version, state, err);
}

static int64_t due_at_of(const struct sync *sync, int64_t now)
{
	return sync->mode == SYNC_BATCH ? (now / CLOCK_HOUR + 1) * CLOCK_HOUR : now;
}

static int add_row(struct wanting *w, const struct sync *sync, const struct mapping *mapping,
		   const struct connection *connection, const struct parent *parent,
		   int64_t *id, struct error *err)
{
	bool waits_for_person = sync->mode == SYNC_MANUAL || sync->mode == SYNC_SHADOW;
	enum delivery_state state = waits_for_person ? DELIVERY_AT_REST :
						       state_behind(w, parent, DELIVERY_DUE);
	bool is_absent = state == DELIVERY_AT_REST && !waits_for_person;
	const struct lead *lead = w->lead;
	struct tx *tx = w->tx;

	*id = tx_id(tx);
	standing_set(&w->after, *id, state);
	tx_wake(tx, WAKE_DELIVERIES);
	return db_write(tx_view(tx)->db,
			"INSERT INTO delivery (id, workspace, subject, connection, object, "
			"role, mapping, lane, state, due_at, since, wanted, told, tries, "
			"setbacks, is_uncertain, is_forced, depends_on, fence, worker, "
			"lease_until, open_submissions, code, reason) VALUES ($1, $2, $3, $4, "
			"$5, $6, $7, $8, $9, $10, $11, $12, 0, 0, 0, 0, 0, $13, 0, 0, 0, $14, "
			"$15, $16)",
			DB_VALUES(db_int(*id), db_int(lead->workspace), db_int(lead->id),
				  db_int(connection->id), db_text(mapping->object),
				  db_text(mapping->name), db_int(mapping->id),
				  db_int(w->want->lane), db_int(state),
				  db_int(due_at_of(sync, tx_now(tx))), db_int(tx_now(tx)),
				  db_int(lead->version), db_int(parent->id),
				  db_int(w->want->is_new_lead && state != DELIVERY_AT_REST ?
						 w->want->submissions :
						 0),
				  db_text(is_absent ? PARENT_ABSENT : NULL),
				  db_text(is_absent ? PARENT_ABSENT_REASON : NULL)),
			err);
}

static size_t index_of_mapping(const struct config *config, const char *name)
{
	for (size_t i = 0; name && i < config->nmappings; i++)
		if (text_equal(config->mappings[i].name, name))
			return i;
	return config->nmappings;
}

static int want_mapping(struct wanting *w, size_t at, struct error *err);

/* What is wanted of the parent is written before: a lead's contact, then its deal. */
static int want_parent(struct wanting *w, const struct mapping *mapping,
		       const struct connection *connection, struct parent *parent,
		       struct error *err)
{
	size_t at = index_of_mapping(w->config, mapping->depends_on);
	struct wanted_row row;
	int found;

	*parent = (struct parent){ 0 };
	if (!mapping->depends_on)
		return 0;
	parent->is_needed = true;
	if (at < w->config->nmappings && want_mapping(w, at, err) < 0)
		return -1;
	parent->id = at < w->config->nmappings ? w->ids[at] : 0;
	if (w->want->is_new_lead)
		return 0;
	/* A mapping that rests for a while has its delivery all the same. */
	if (!parent->id && at < w->config->nmappings) {
		found = find_row(w->tx, w->lead, &w->config->mappings[at], connection, &row, err);
		if (found < 0)
			return -1;
		parent->id = found == 1 ? row.id : 0;
	}
	found = chain_is_open(w->tx, w->lead->id, connection->id, mapping->name,
			      mapping->depends_on, err);
	parent->is_needed = found == 0;
	return found < 0 ? -1 : 0;
}

static bool has_fact(const struct wanting *w, const struct mapping *mapping)
{
	for (size_t i = 0; i < w->want->nfacts; i++)
		if (mapping->activities & 1u << w->want->facts[i].kind)
			return true;
	return false;
}

/* A delivery of facts is due when there is one to tell, not when the lead changes. */
static int raise_facts(struct wanting *w, const struct mapping *mapping,
		       const struct wanted_row *row, const struct parent *parent,
		       struct error *err)
{
	enum delivery_state state = state_when_wanted(row, w->want);

	if (learn_parent(w, mapping, row, parent, err) < 0 ||
	    facts_add(w->tx, mapping, w->lead->workspace, row->id, row->wanted, w->want->facts,
		      w->want->nfacts, err) < 0)
		return -1;
	if (state != row->state || state == DELIVERY_WAITING)
		state = state_behind(w, parent, state);
	standing_set(&w->after, row->id, state);
	if (state == row->state)
		return 0;
	/* facts_add() has said what is wanted. */
	return write_raised(w, row, 0, state, err);
}

/* Whether a delivery of facts is asked anything. */
static bool has_to_tell(const struct wanting *w, const struct sync *sync,
			const struct mapping *mapping, const struct wanted_row *row)
{
	/* Nobody says later which of them are meant. */
	if (sync->mode == SYNC_MANUAL || sync->mode == SYNC_SHADOW)
		return false;
	return row->earlier > 0 || has_fact(w, mapping);
}

static int want_facts(struct wanting *w, const struct sync *sync,
		      const struct mapping *mapping, const struct connection *connection,
		      const struct parent *parent, struct wanted_row *row, bool is_there,
		      struct error *err)
{
	if (is_there)
		return raise_facts(w, mapping, row, parent, err);
	if (add_row(w, sync, mapping, connection, parent, &row->id, err) < 0)
		return -1;
	return facts_add(w->tx, mapping, w->lead->workspace, row->id, 0, w->want->facts,
			 w->want->nfacts, err);
}

static int want_mapping(struct wanting *w, size_t at, struct error *err)
{
	const struct mapping *mapping = &w->config->mappings[at];
	const struct sync *sync = config_sync(w->config, mapping->name);
	const struct connection *connection;
	struct wanted_row row = { 0 };
	struct parent parent;
	int found = 0;

	/* What a paused one wants waits until it goes on: see syncs.h. */
	if (w->is_done[at] || !sync || sync->behaviour == BEHAVIOUR_NONE)
		return 0;
	w->is_done[at] = true;
	connection = config_connection(w->config, mapping->connection);
	if (!connection)
		return 0;
	if (!w->want->is_new_lead)
		found = find_row(w->tx, w->lead, mapping, connection, &row, err);
	if (found < 0)
		return -1;
	if (mapping->activities && !has_to_tell(w, sync, mapping, &row))
		return 0;
	if (want_parent(w, mapping, connection, &parent, err) < 0)
		return -1;
	if (mapping->activities)
		return want_facts(w, sync, mapping, connection, &parent, &row, found == 1, err);
	if (found == 1 && facts_forget(w->tx, row.id, &row.wanted, &row.told, &row.earlier,
				       err) < 0)
		return -1;
	if (found == 0)
		return add_row(w, sync, mapping, connection, &parent, &w->ids[at], err);
	w->ids[at] = row.id;
	if (sync->mode == SYNC_MANUAL || sync->mode == SYNC_SHADOW)
		return 0;
	return raise_row(w, mapping, &row, &parent, err);
}

int delivery_want(struct tx *tx, const struct actor *actor, const struct config *config,
		  const struct lead *lead, const struct want *want, struct error *err)
{
	size_t room = config->nmappings + 1;
	struct standing before = { 0 };
	struct wanting w = {
		.tx = tx,
		.actor = actor,
		.config = config,
		.lead = lead,
		.want = want,
		.ids = arena_array(tx_arena(tx), room, sizeof(*w.ids)),
		.is_done = arena_array(tx_arena(tx), room, sizeof(*w.is_done)),
	};

	/* The decision that wants it is audited. */
	if (!want->is_new_lead &&
	    standing_load(tx, lead->workspace, lead->id, &before, err) < 0)
		return -1;
	w.after = before;
	for (size_t i = 0; i < config->nsyncs; i++) {
		size_t at = index_of_mapping(config, config->syncs[i].mapping);

		if (at < config->nmappings && want_mapping(&w, at, err) < 0)
			return error_wrap(err, "delivery");
	}
	if (want->is_new_lead) {
		standing_count_new(tx, lead->workspace, &w.after, want->submissions);
		return 0;
	}
	return standing_count(tx, lead->workspace, lead->id, &before, &w.after,
			      want->submissions, err);
}
