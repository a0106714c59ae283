/* merges.c - two leads become one. Threads: the committer; merge_list() any.
 *
 * The other lead's row stays as it was, pointing at the survivor: so its id answers, and
 * unmerge.c finds what it was. What a merge changed elsewhere stands in its snapshot:
 *   {"before": DOC, "after": DOC, "owner": REP, "enquiries": [ID..], "submissions": [ID..],
 *    "consents": [ID..], "added": [ID..], "links": [ID..], "resting_links": [[ID, STATE]..],
 *    "deliveries": [ID..], "resting": [ID..], "taught": [ID..]}
 * with the survivor's fields before and after, and the ids of the rows that moved ("added":
 * withdrawals that the merge wrote; "resting": the other's deliveries that went to rest;
 * "taught": the survivor's that learned what a moved link's record holds). */
#include <string.h>

#include "base/text.h"
#include "model/mapping.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/earlier.h"
#include "store/facts.h"
#include "store/identities.h"
#include "store/lead_writes.h"
#include "store/rows.h"
#include "store/standing.h"
#include "store/suppressions.h"

struct merging {
	struct tx *tx;
	const struct actor *actor;
	const struct config *config;
	struct lead *lead, *other; /* the survivor; the one that goes */
	struct buf snapshot;
};

/* ---- Values ---- */

/* Whether the other's value counts. What only a CRM or Fairlead says stays as it stands
 * in the lead that CRMs know longer. */
static bool other_wins(const struct lead_field *ours, const struct lead_field *theirs)
{
	if (!ours || value_is_empty(ours->value))
		return true;
	switch (policy_of_field(theirs->name)) {
	case POLICY_NEWEST:
		return theirs->at >= ours->at; /* of two at one time, what came in later */
	case POLICY_CRM:
	case POLICY_FAIRLEAD:
	case POLICY_FILL_IF_EMPTY:
	case POLICY_MANUAL:
		return false;
	}
	return false;
}

static int merge_fields(struct merging *m, struct error *err)
{
	for (size_t i = 0; i < m->other->nfields; i++) {
		const struct lead_field *theirs = &m->other->fields[i];

		if (other_wins(lead_field_find(m->lead, theirs->name), theirs))
			lead_put(tx_arena(m->tx), m->lead, theirs);
	}
	if (m->lead->nfields > LEAD_FIELDS_MAX)
		return error_set(err, ERR_LIMIT, "together these leads have over %d fields",
				 LEAD_FIELDS_MAX);
	if (!m->lead->owner_rep)
		m->lead->owner_rep = m->other->owner_rep;
	return 0;
}

/* A key is current when the lead's value is that of the lead it came from. */
static enum identity_state state_after(const struct merging *m, const struct lead *from,
				       const struct identity *identity)
{
	if (identity->state == IDENTITY_CURRENT &&
	    !value_equal(lead_value(m->lead, identity->kind), lead_value(from, identity->kind)))
		return IDENTITY_FORMER;
	return identity->state;
}

static int merge_identities(struct merging *m, const struct lead *before, struct error *err)
{
	struct arena *arena = tx_arena(m->tx);

	for (size_t i = 0; i < m->lead->nidentities; i++)
		m->lead->identities[i].state =
			state_after(m, before, &m->lead->identities[i]);
	for (size_t i = 0; i < m->other->nidentities; i++) {
		struct identity identity = m->other->identities[i];
		const struct identity *known = lead_identity_find(m->lead, &identity);

		identity.state = state_after(m, m->other, &identity);
		if (!known || known->state == IDENTITY_FORMER ||
		    identity.state == IDENTITY_SHARED)
			lead_put_identity(arena, m->lead, &identity);
		if (identity_drop(m->tx, m->other, &identity, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < m->lead->nidentities; i++)
		if (identity_write(m->tx, m->lead, &m->lead->identities[i], err) < 0)
			return -1;
	return 0;
}

/* ---- Rows ---- */

/* Adds "name": [id..] of the rows that a query gives. */
static int note_ids(struct merging *m, const char *name, const char *sql,
		    const struct db_value *values, size_t nvalues, struct error *err)
{
	struct db_rows *rows;
	bool is_first = true;
	int more;

	buf_addf(&m->snapshot, ",\"%s\":[", name);
	if (db_query(tx_view(m->tx)->db, sql, values, nvalues, &rows, err) < 0)
		return -1;
	for (; (more = db_next(rows, err)) == 1; is_first = false)
		buf_addf(&m->snapshot, is_first ? "%lld" : ",%lld",
			 (long long)db_column_int(rows, 0));
	db_done(rows);
	buf_addc(&m->snapshot, ']');
	return more;
}

static int move_rows(struct merging *m, const char *name, const char *sql, struct error *err)
{
	return note_ids(m, name, sql,
			DB_VALUES(db_int(m->lead->id), db_int(m->other->id),
				  db_int(m->actor->workspace)),
			err);
}

/* ---- Consents: the most restrictive counts ---- */

static int withdraw(struct merging *m, const struct kept_consent *consent, int64_t *id,
		    struct error *err)
{
	*id = tx_id(m->tx);
	return db_write(tx_view(m->tx)->db,
			"INSERT INTO consent (id, workspace, lead, source, channel, purpose, "
			"is_granted, at, recorded_at, doc) "
			"VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $7, $8)",
			DB_VALUES(db_int(*id), db_int(m->actor->workspace), db_int(m->lead->id),
				  db_int(consent->source), db_text(consent->channel),
				  db_text(consent->purpose), db_int(tx_now(m->tx)),
				  db_text("{\"wording\":null,\"evidence\":\"withdrawn by one of "
					  "two leads that were merged\"}")),
			err);
}

#define CONSENTS_OF_LEAD_MAX 1000

/* A withdrawal of one is said again when the other's later consent would lift it. */
static int merge_consents(struct merging *m, struct error *err)
{
	struct kept_consent *ours, *theirs, *all;
	size_t nours, ntheirs, nall;
	bool is_first = true;

	if (consent_list(tx_view(m->tx), m->actor, m->lead->id, 0, CONSENTS_OF_LEAD_MAX, &ours,
			 &nours, err) < 0 ||
	    consent_list(tx_view(m->tx), m->actor, m->other->id, 0, CONSENTS_OF_LEAD_MAX,
			 &theirs, &ntheirs, err) < 0)
		return -1;
	nall = nours + ntheirs;
	all = arena_array(tx_arena(m->tx), nall + 1, sizeof(*all));
	if (nours)
		memcpy(all, ours, nours * sizeof(*all));
	if (ntheirs)
		memcpy(all + nours, theirs, ntheirs * sizeof(*all));
	buf_add(&m->snapshot, ",\"added\":[");
	for (size_t i = 0; i < nall; i++) {
		bool is_ours = i < nours;
		int64_t id;

		if (!consent_is_objection(is_ours ? ours : theirs, is_ours ? nours : ntheirs,
					  is_ours ? i : i - nours) ||
		    consent_is_objection(all, nall, i))
			continue;
		if (withdraw(m, &all[i], &id, err) < 0)
			return -1;
		buf_addf(&m->snapshot, is_first ? "%lld" : ",%lld", (long long)id);
		is_first = false;
	}
	buf_addc(&m->snapshot, ']');
	return 0;
}

/* ---- Links and deliveries ---- */

/* A link moves where the survivor has none. Else both records are there: the survivor's
 * counts, and the other rests as what it is, one that should be merged at the CRM too. */
static int merge_links(struct merging *m, struct error *err)
{
	if (move_rows(m, "links",
		      "UPDATE link SET subject = $1 WHERE subject = $2 AND workspace = $3 "
		      "AND NOT EXISTS (SELECT 1 FROM link l WHERE l.subject = $1 "
		      "AND l.connection = link.connection AND l.role = link.role) RETURNING id",
		      err) < 0)
		return -1;
	return note_ids(m, "resting_links",
			"UPDATE link SET state = 'merged' WHERE subject = $1 AND workspace = $2 "
			"AND state = 'live' RETURNING id",
			DB_VALUES(db_int(m->other->id), db_int(m->actor->workspace)), err);
}

/* What the survivor's delivery knows of a record is what the moved link's delivery knew. */
static int teach_deliveries(struct merging *m, struct error *err)
{
	return move_rows(
		m, "taught",
		"UPDATE delivery SET told = 0, told_doc = (SELECT d.told_doc FROM delivery d "
		"WHERE d.subject = $2 AND d.connection = delivery.connection "
		"AND d.object = delivery.object AND d.role = delivery.role), "
		"seen_doc = (SELECT d.seen_doc FROM delivery d WHERE d.subject = $2 "
		"AND d.connection = delivery.connection AND d.object = delivery.object "
		"AND d.role = delivery.role) "
		"WHERE subject = $1 AND workspace = $3 AND EXISTS (SELECT 1 FROM link l, "
		"delivery d WHERE l.subject = $2 AND l.connection = delivery.connection "
		"AND l.role = delivery.role AND d.subject = $2 "
		"AND d.connection = delivery.connection AND d.object = delivery.object "
		"AND d.role = delivery.role) AND NOT EXISTS (SELECT 1 FROM link l "
		"WHERE l.subject = $1 AND l.connection = delivery.connection "
		"AND l.role = delivery.role) RETURNING id",
		err);
}

static int merge_deliveries(struct merging *m, int64_t open, struct error *err)
{
	if (note_ids(m, "deliveries",
		     "UPDATE delivery SET subject = $1, wanted = 0, told = 0, open_submissions = $4 "
		     "WHERE subject = $2 AND workspace = $3 AND NOT EXISTS (SELECT 1 "
		     "FROM delivery d WHERE d.subject = $1 "
		     "AND d.connection = delivery.connection AND d.object = delivery.object "
		     "AND d.role = delivery.role) RETURNING id",
		     DB_VALUES(db_int(m->lead->id), db_int(m->other->id),
			       db_int(m->actor->workspace), db_int(open)),
		     err) < 0)
		return -1;
	/* What waits for one of the other's waits for the survivor's instead. */
	if (db_write(tx_view(m->tx)->db,
		     "UPDATE delivery SET depends_on = (SELECT s.id FROM delivery s, delivery o "
		     "WHERE o.id = delivery.depends_on AND s.subject = $1 "
		     "AND s.connection = o.connection AND s.object = o.object "
		     "AND s.role = o.role) "
		     "WHERE subject = $1 AND workspace = $3 AND depends_on IN "
		     "(SELECT id FROM delivery WHERE subject = $2)",
		     DB_VALUES(db_int(m->lead->id), db_int(m->other->id),
			       db_int(m->actor->workspace)),
		     err) < 0)
		return -1;
	if (note_ids(m, "resting",
		     "UPDATE delivery SET state = 5, code = 'merged', field = NULL, "
		     "reason = NULL, instruction = NULL, open_submissions = 0 "
		     "WHERE subject = $1 AND workspace = $2 RETURNING id",
		     DB_VALUES(db_int(m->other->id), db_int(m->actor->workspace)), err) < 0)
		return -1;
	return alert_count_dead_letters(m->tx, m->actor, err);
}

static int merge_ways(struct merging *m, struct error *err)
{
	int64_t workspace = m->actor->workspace;
	struct standing before, after, gone;

	/* What one of them was is not what the other was before. */
	if (earlier_drop_all(m->tx, workspace, m->lead->id, EARLIER_VALUES, err) < 0 ||
	    earlier_drop_all(m->tx, workspace, m->other->id, EARLIER_VALUES, err) < 0 ||
	    standing_load(m->tx, workspace, m->lead->id, &before, err) < 0 ||
	    standing_load(m->tx, workspace, m->other->id, &gone, err) < 0 ||
	    teach_deliveries(m, err) < 0 || merge_links(m, err) < 0 ||
	    merge_deliveries(m, before.open, err) < 0 ||
	    facts_move(m->tx, workspace, m->other->id, m->lead->id, err) < 0 ||
	    standing_load(m->tx, workspace, m->lead->id, &after, err) < 0)
		return -1;
	after.open = before.open;
	if (standing_count(m->tx, workspace, m->lead->id, &before, &after, 0, err) < 0 ||
	    delivery_want(m->tx, m->actor, m->config, m->lead,
			  &(struct want){ .lane = LANE_NORMAL }, err) < 0)
		return -1;
	return standing_join(m->tx, workspace, &gone, m->lead->id, err);
}

/* A lead waits at one gate: the survivor's counts, or the other's if it has none. */
static int merge_gates(struct merging *m, struct error *err)
{
	if (db_write(tx_view(m->tx)->db,
		     "UPDATE timer SET subject = $1 WHERE subject = $2 AND workspace = $3 "
		     "AND kind = 'gate' AND NOT EXISTS (SELECT 1 FROM timer t "
		     "WHERE t.subject = $1 AND t.kind = 'gate')",
		     DB_VALUES(db_int(m->lead->id), db_int(m->other->id),
			       db_int(m->actor->workspace)),
		     err) < 0)
		return -1;
	return db_write(tx_view(m->tx)->db,
			"DELETE FROM timer WHERE subject = $1 AND workspace = $2 "
			"AND kind = 'gate'",
			DB_VALUES(db_int(m->other->id), db_int(m->actor->workspace)), err);
}

/* ---- The whole ---- */

static int move_all(struct merging *m, struct error *err)
{
	if (merge_consents(m, err) < 0 || merge_gates(m, err) < 0 ||
	    move_rows(m, "enquiries",
		      "UPDATE enquiry SET lead = $1 WHERE lead = $2 AND workspace = $3 "
		      "RETURNING id", err) < 0 ||
	    move_rows(m, "submissions",
		      "UPDATE submission SET lead = $1 WHERE lead = $2 AND workspace = $3 "
		      "RETURNING id", err) < 0 ||
	    move_rows(m, "consents",
		      "UPDATE consent SET lead = $1 WHERE lead = $2 AND workspace = $3 "
		      "RETURNING id", err) < 0 ||
	    suppression_spread(m->tx, m->actor, m->lead, err) < 0)
		return -1;
	return merge_ways(m, err);
}

static int write_merge(struct merging *m, int64_t *id, struct error *err)
{
	const char *snapshot;

	buf_addc(&m->snapshot, '}');
	if (buf_end(&m->snapshot, &snapshot, err) < 0)
		return -1;
	*id = tx_id(m->tx);
	if (db_write(tx_view(m->tx)->db,
		     "INSERT INTO merge (id, workspace, lead, other, at, snapshot) "
		     "VALUES ($1, $2, $3, $4, $5, $6)",
		     DB_VALUES(db_int(*id), db_int(m->actor->workspace), db_int(m->lead->id),
			       db_int(m->other->id), db_int(tx_now(m->tx)), db_text(snapshot)),
		     err) < 0 ||
	    db_write(tx_view(m->tx)->db,
		     "UPDATE possible_duplicate SET state = 'merged', decided_at = $1 "
		     "WHERE workspace = $2 AND state = 'open' "
		     "AND ((lead = $3 AND other = $4) OR (lead = $4 AND other = $3))",
		     DB_VALUES(db_int(tx_now(m->tx)), db_int(m->actor->workspace),
			       db_int(m->lead->id), db_int(m->other->id)),
		     err) < 0)
		return -1;
	return audit_add(m->tx, m->actor, "lead.merged", "lead", m->lead->id,
			 arena_printf(tx_arena(m->tx),
				      "{\"merge\":%lld,\"other\":%lld,\"version\":%lld}",
				      (long long)*id, (long long)m->other->id,
				      (long long)m->lead->version),
			 NULL, err);
}

static int load_both(struct merging *m, int64_t lead, int64_t other, struct error *err)
{
	struct view *view = tx_view(m->tx);

	m->lead = arena_alloc(tx_arena(m->tx), sizeof(*m->lead));
	m->other = arena_alloc(tx_arena(m->tx), sizeof(*m->other));
	if (lead_get(view, m->actor, lead, m->lead, err) < 0 ||
	    lead_get(view, m->actor, other, m->other, err) < 0)
		return -1;
	if (m->lead->id == m->other->id)
		return error_set(err, ERR_CONFLICT, "these are one lead already");
	if (m->lead->id > m->other->id) {
		struct lead *younger = m->lead;

		m->lead = m->other;
		m->other = younger;
	}
	return lead_get_still(m->tx, m->actor, m->lead, err) < 0 ||
			       lead_get_still(m->tx, m->actor, m->other, err) < 0 ?
		       -1 :
		       0;
}

#define SNAPSHOT_MAX (4u << 20)

int lead_merge(struct tx *tx, const struct actor *actor, const struct config *config,
	       int64_t lead, int64_t other, int64_t *merge, struct error *err)
{
	struct merging m = { .tx = tx, .actor = actor, .config = config };
	struct lead before;

	if (load_both(&m, lead, other, err) < 0)
		return -1;
	buf_init(&m.snapshot, tx_arena(tx), SNAPSHOT_MAX);
	buf_addf(&m.snapshot, "{\"before\":%s,\"owner\":%lld", lead_doc(tx_arena(tx), m.lead),
		 (long long)m.lead->owner_rep);
	before = *m.lead;
	before.fields = arena_memdup(tx_arena(tx), before.fields,
				     before.nfields * sizeof(*before.fields));
	if (merge_fields(&m, err) < 0 || merge_identities(&m, &before, err) < 0)
		return -1;
	m.lead->version++;
	m.lead->updated_at = tx_now(tx);
	m.other->merged_into = m.lead->id;
	m.other->updated_at = tx_now(tx);
	buf_addf(&m.snapshot, ",\"after\":%s", lead_doc(tx_arena(tx), m.lead));
	if (lead_write(tx, m.lead, err) < 0 || lead_write(tx, m.other, err) < 0 ||
	    move_all(&m, err) < 0 || write_merge(&m, merge, err) < 0)
		return error_wrap(err, "merge");
	return 0;
}

int merge_list(struct view *view, const struct actor *actor, int64_t lead, int64_t before,
	       size_t max, struct kept_merge **rows, size_t *count, struct error *err)
{
	struct db_rows *found;
	int more;

	*rows = arena_array(view->arena, max, sizeof(**rows));
	*count = 0;
	if (db_query(view->db,
		     "SELECT id, lead, other, at, undone_at FROM merge WHERE workspace = $1 "
		     "AND (CAST($2 AS BIGINT) = 0 OR lead = $2) AND id < $3 "
		     "ORDER BY id DESC LIMIT $4",
		     DB_VALUES(db_int(actor->workspace), db_int(lead),
			       db_int(before ? before : INT64_MAX), db_int((int64_t)max)),
		     &found, err) < 0)
		return -1;
	while ((more = db_next(found, err)) == 1)
		(*rows)[(*count)++] = (struct kept_merge){
			.id = db_column_int(found, 0),
			.lead = db_column_int(found, 1),
			.other = db_column_int(found, 2),
			.at = db_column_int(found, 3),
			.undone_at = db_column_int(found, 4),
		};
	db_done(found);
	return more;
}
