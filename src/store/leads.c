/* leads.c - reads leads and writes what was decided about them. Threads: see store.h. */
#include "store/leads.h"

#include <string.h>

#include "base/text.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/gates.h"
#include "store/identities.h"
#include "store/lead_writes.h"
#include "store/rows.h"
#include "store/suppressions.h"

#define MERGES_FOLLOWED 8

/* The stored form has no hashes: they are made of the workspace's key. */
static int hash_identities(struct view *view, struct lead *lead, struct error *err)
{
	struct hash_key key;

	if (workspace_hash_key(view, lead->workspace, &key, err) < 0)
		return -1;
	lead_hash_identities(lead, &key);
	return 0;
}

int lead_find_unfollowed(struct view *view, const struct actor *actor, int64_t id,
			 struct lead *lead, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " LEAD_COLUMNS " FROM lead WHERE id = $1 AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1 && lead_from_row(rows, view->arena, lead, err) < 0)
		found = -1;
	db_done(rows);
	if (found == 1 && hash_identities(view, lead, err) < 0)
		return -1;
	return found;
}

int lead_find(struct view *view, const struct actor *actor, int64_t id, struct lead *lead,
	      struct error *err)
{
	for (int i = 0; i < MERGES_FOLLOWED; i++) {
		int found = lead_find_unfollowed(view, actor, id, lead, err);

		if (found != 1 || !lead->merged_into)
			return found;
		id = lead->merged_into;
	}
	return error_set(err, ERR_INTERNAL, "lead merged more than %d times over",
			 MERGES_FOLLOWED);
}

int lead_enquiries(struct view *view, const struct actor *actor, int64_t lead,
		   struct enquiry **enquiries, size_t *count, size_t max,
		   struct error *err)
{
	struct db_rows *rows;
	size_t room = 4;
	int more;

	*enquiries = arena_array(view->arena, room, sizeof(**enquiries));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " ENQUIRY_COLUMNS " FROM enquiry WHERE lead = $1 "
		     "AND workspace = $2 ORDER BY id DESC LIMIT $3",
		     DB_VALUES(db_int(lead), db_int(actor->workspace), db_int((int64_t)max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		if (*count == room) {
			struct enquiry *all = arena_array(view->arena, max, sizeof(*all));

			memcpy(all, *enquiries, room * sizeof(*all));
			*enquiries = all;
			room = max;
		}
		if (enquiry_from_row(rows, view->arena, &(*enquiries)[*count], err) < 0) {
			more = -1;
			break;
		}
		(*count)++;
	}
	db_done(rows);
	return more;
}

/* ---- Writing a decision ---- */

static int write_lead(struct tx *tx, const struct decision *decision, struct error *err)
{
	const struct lead *lead = decision->lead;
	struct db *db = tx_view(tx)->db;
	const char *doc = lead_doc(tx_arena(tx), lead);

	if (decision->is_new_lead)
		return db_write(db,
				"INSERT INTO lead (id, workspace, version, created_at, "
				"updated_at, merged_into, owner_rep, is_test, doc) "
				"VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8)",
				DB_VALUES(db_int(lead->id), db_int(lead->workspace),
					  db_int(lead->version), db_int(lead->created_at),
					  db_int(lead->updated_at), db_int(lead->owner_rep),
					  db_int(lead->is_test), db_text(doc)),
				err);
	return db_write(db,
			"UPDATE lead SET version = $1, updated_at = $2, owner_rep = $3, "
			"doc = $4 WHERE id = $5 AND workspace = $6",
			DB_VALUES(db_int(lead->version), db_int(lead->updated_at),
				  db_int(lead->owner_rep), db_text(doc), db_int(lead->id),
				  db_int(lead->workspace)),
			err);
}

static bool had_identity(const struct decision *decision, const struct identity *identity)
{
	const struct lead *before = decision->matched ? decision->matched->lead : NULL;

	for (size_t i = 0; before && i < before->nidentities; i++)
		if (memcmp(&before->identities[i].hash, &identity->hash,
			   sizeof(identity->hash)) == 0 &&
		    before->identities[i].state == identity->state)
			return true;
	return false;
}

static int write_identities(struct tx *tx, const struct decision *decision,
			    struct error *err)
{
	const struct lead *lead = decision->lead;

	for (size_t i = 0; i < lead->nidentities; i++) {
		const struct identity *identity = &lead->identities[i];

		if (!had_identity(decision, identity) &&
		    identity_add(tx, lead, identity, err) < 0)
			return -1;
	}
	return 0;
}

static int write_enquiry(struct tx *tx, const struct decision *decision, struct error *err)
{
	const struct enquiry *enquiry = decision->enquiry;
	const char *doc;

	if (!decision->is_new_enquiry && !decision->has_new_message)
		return 0;
	doc = enquiry_doc(tx_arena(tx), enquiry);
	if (decision->is_new_enquiry)
		return db_write(tx_view(tx)->db,
				"INSERT INTO enquiry (id, workspace, lead, source, "
				"occurred_at, received_at, is_open, doc) "
				"VALUES ($1, $2, $3, $4, $5, $6, 1, $7)",
				DB_VALUES(db_int(enquiry->id),
					  db_int(decision->lead->workspace),
					  db_int(enquiry->lead), db_int(enquiry->source),
					  db_int(enquiry->occurred_at),
					  db_int(enquiry->received_at), db_text(doc)),
				err);
	return db_write(tx_view(tx)->db,
			"UPDATE enquiry SET doc = $1 WHERE id = $2 AND workspace = $3",
			DB_VALUES(db_text(doc), db_int(enquiry->id),
				  db_int(decision->lead->workspace)),
			err);
}

static int write_consents(struct tx *tx, const struct ground *ground,
			  const struct decision *decision, struct error *err)
{
	const struct submission *s = ground->submission;

	for (size_t i = 0; i < s->nconsents; i++) {
		const struct consent *consent = &s->consents[i];
		struct buf doc;

		buf_init(&doc, tx_arena(tx), 64u << 10);
		buf_add(&doc, "{\"wording\":");
		buf_add_json(&doc, consent->wording);
		buf_add(&doc, ",\"evidence\":");
		buf_add_json(&doc, consent->evidence);
		buf_add(&doc, "}");
		if (db_write(tx_view(tx)->db,
			     "INSERT INTO consent (id, workspace, lead, source, channel, "
			     "purpose, is_granted, at, recorded_at, doc) "
			     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
			     DB_VALUES(db_int(tx_id(tx)), db_int(s->workspace),
				       db_int(decision->lead->id), db_int(s->source),
				       db_text(consent->channel), db_text(consent->purpose),
				       db_int(consent->is_granted), db_int(consent->at),
				       db_int(tx_now(tx)), db_text(buf_text(&doc))),
			     err) < 0)
			return -1;
	}
	return 0;
}

/* Whoever may speak for the person may lift what they took back: no import and no public
 * source, which anybody can post to. */
static bool may_lift(const struct source *source)
{
	return source->trust == TRUST_TRUSTED && source->kind != SOURCE_FILE;
}

/* What was taken back counts for the person's keys from now on, and until they agree again. */
static int write_suppressions(struct tx *tx, const struct actor *actor,
			      const struct ground *ground, const struct decision *decision,
			      struct error *err)
{
	const struct submission *s = ground->submission;
	/* The keys of a new lead are the submission's, and the case says what stands against
	 * those; a known lead may have others. */
	bool may_stand = !decision->is_new_lead || ground->file->nobjections > 0;

	for (size_t i = 0; i < s->nconsents; i++) {
		const struct consent *consent = &s->consents[i];
		const struct suppression what = { consent->channel, consent->purpose,
						  "withdrawn", consent->at };

		if (!consent->is_granted) {
			if (suppression_add(tx, actor, decision->lead, &what, err) < 0)
				return -1;
			may_stand = true;
		} else if (may_stand && may_lift(ground->source)) {
			if (suppression_lift(tx, actor, decision->lead, &what, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* Whether the lead has a key that it had not, and something may stand against the others. */
static bool has_gained_key(const struct ground *ground, const struct decision *decision)
{
	const struct lead *before = decision->matched ? decision->matched->lead : NULL;

	return before ? decision->lead->nidentities > before->nidentities :
			ground->file->nobjections > 0;
}

static int write_doubts(struct tx *tx, const struct decision *decision, struct error *err)
{
	const struct lead *lead = decision->lead;

	for (size_t i = 0; i < decision->ndoubts; i++)
		if (duplicate_raise(tx, lead->workspace, lead->id, decision->doubts[i].other,
				    decision->doubts[i].reason, err) < 0)
			return -1;
	return 0;
}

static const char *value_doc(struct arena *arena, struct value value)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	buf_add_value(&buf, value);
	return buf_text(&buf);
}

static int write_conflicts(struct tx *tx, const struct ground *ground,
			   const struct decision *decision, struct error *err)
{
	for (size_t i = 0; i < decision->nchanges; i++) {
		const struct change *change = &decision->changes[i];

		if (change->kind != CHANGE_CONFLICT)
			continue;
		if (db_write(tx_view(tx)->db,
			     "INSERT INTO conflict (id, workspace, lead, field, ours, theirs, "
			     "writer, writer_id, state, created_at) "
			     "VALUES ($1, $2, $3, $4, $5, $6, 'source', $7, 'open', $8)",
			     DB_VALUES(db_int(tx_id(tx)), db_int(decision->lead->workspace),
				       db_int(decision->lead->id), db_text(change->field),
				       db_text(value_doc(tx_arena(tx), change->before)),
				       db_text(value_doc(tx_arena(tx), change->after)),
				       db_int(ground->source->id), db_int(tx_now(tx))),
			     err) < 0)
			return -1;
	}
	return 0;
}

static int write_assignment(struct tx *tx, const struct decision *decision,
			    struct error *err)
{
	const struct lead *lead = decision->lead;

	if (!decision->owner)
		return 0;
	if (decision->pool &&
	    db_write(tx_view(tx)->db,
		     "INSERT INTO pool_position (workspace, pool, position) "
		     "VALUES ($1, $2, 1) ON CONFLICT (workspace, pool) "
		     "DO UPDATE SET position = pool_position.position + 1",
		     DB_VALUES(db_int(lead->workspace), db_text(decision->pool)), err) < 0)
		return -1;
	return db_write(tx_view(tx)->db,
			"INSERT INTO assignment (id, workspace, lead, rep, route, at) "
			"VALUES ($1, $2, $3, $4, $5, $6)",
			DB_VALUES(db_int(tx_id(tx)), db_int(lead->workspace),
				  db_int(lead->id), db_int(decision->owner->id),
				  db_text(decision->route), db_int(tx_now(tx))),
			err);
}

static int write_submission(struct tx *tx, const struct ground *ground,
			    const struct decision *decision,
			    const struct audit_salt *salt, struct error *err)
{
	const struct submission *s = ground->submission;
	struct buf record;
	/* Ignored and refused ones belong to no lead's story: they are listed apart. */
	bool has_lead = decision->lead && decision->result <= RESULT_UNCHANGED;

	buf_init(&record, tx_arena(tx), 4u << 20);
	buf_add_decision(&record, ground, decision);
	return db_write(tx_view(tx)->db,
			"INSERT INTO submission (id, workspace, source, lead, enquiry, "
			"result, received_at, content_type, raw, salt, values_hash, decision) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			DB_VALUES(db_int(s->id), db_int(s->workspace), db_int(s->source),
				  db_int(has_lead ? decision->lead->id : 0),
				  db_int(decision->enquiry ? decision->enquiry->id : 0),
				  db_int(decision->result), db_int(s->received_at),
				  db_text(s->content_type), db_bytes(s->raw, s->raw_len),
				  db_bytes(salt->bytes, sizeof(salt->bytes)),
				  s->is_short_lived ?
					  db_bytes(s->idempotency.bytes, HASH16_SIZE) :
					  db_null(),
				  db_text(buf_text(&record))),
			err);
}

/* Equal values are mostly met where their lead is; a key of theirs would be one more row
 * somewhere in the store for each lead. */
static bool has_key(const struct submission *s, const struct decision *decision)
{
	return s->has_idempotency ||
	       (s->is_short_lived &&
		(decision->result > RESULT_UNCHANGED || s->nidentities == 0));
}

static int write_key(struct tx *tx, const struct ground *ground,
		     const struct decision *decision, const struct answer *answer,
		     struct error *err)
{
	const struct submission *s = ground->submission;

	if (!has_key(s, decision) || !answer || decision->result == RESULT_REJECTED)
		return 0;
	return db_write(tx_view(tx)->db,
			"INSERT INTO idempotency (workspace, hash, body_hash, lead, "
			"submission, status, answer, expires_at) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
			"ON CONFLICT (workspace, hash) DO UPDATE SET "
			"body_hash = excluded.body_hash, lead = excluded.lead, "
			"submission = excluded.submission, status = excluded.status, "
			"answer = excluded.answer, expires_at = excluded.expires_at",
			DB_VALUES(db_int(s->workspace),
				  db_bytes(s->idempotency.bytes, HASH16_SIZE),
				  db_bytes(s->body_hash, SHA256_SIZE),
				  db_int(decision->lead ? decision->lead->id : 0),
				  db_int(s->id), db_int(answer->status),
				  db_text(answer->body),
				  s->is_short_lived ? db_int(tx_now(tx) + REPEATED_MS) :
						      db_null()),
			err);
}

static int write_audit(struct tx *tx, const struct actor *actor, const struct ground *ground,
		       const struct decision *decision, const struct audit_salt *salt,
		       struct error *err)
{
	const struct submission *s = ground->submission;
	struct audit_content content = { s->raw, s->raw_len, *salt };
	struct buf detail;
	bool is_first = true;

	buf_init(&detail, tx_arena(tx), 64u << 10);
	buf_addf(&detail, "{\"result\":\"%s\",\"submission\":%lld,\"config\":%lld,\"version\":%lld,"
			  "\"fields\":[",
		 result_name(decision->result), (long long)s->id,
		 (long long)ground->config->version,
		 decision->lead ? (long long)decision->lead->version : 0);
	for (size_t i = 0; i < decision->nchanges; i++) {
		if (decision->changes[i].kind > CHANGE_CLEARED)
			continue;
		if (!is_first)
			buf_addc(&detail, ',');
		buf_add_json(&detail, decision->changes[i].field);
		is_first = false;
	}
	buf_add(&detail, "]}");
	return audit_add(tx, actor, "lead.decided", "lead",
			 decision->lead ? decision->lead->id : 0, buf_text(&detail), &content,
			 err);
}

/* What comes behind a gate is the rest of a decision whose submission was counted. */
static bool is_resumed(const struct ground *ground)
{
	return ground->facts.passage.gate != GATE_NONE;
}

static bool is_told_of(const struct config *config)
{
	for (size_t i = 0; i < config->nmappings; i++)
		if (config->mappings[i].activities)
			return true;
	return false;
}

/* What happened to the lead by it, as far as it is told of by itself. */
static size_t facts_of(struct arena *arena, const struct ground *ground,
		       const struct decision *decision, struct fact *facts)
{
	const struct submission *s = ground->submission;
	size_t count = 0;

	if (!is_told_of(ground->config))
		return 0;
	if (decision->is_new_enquiry)
		count = facts_of_enquiry(arena, decision->enquiry, facts, count);
	if (!is_resumed(ground))
		count = facts_of_consents(arena, s->consents, s->nconsents, facts, count);
	return facts_of_change(arena, decision->matched ? decision->matched->lead : NULL,
			       decision->lead, ground->now, facts, count);
}

/* What a decision that made or changed a lead writes beside the submission. */
static int write_effects(struct tx *tx, const struct actor *actor,
			 const struct ground *ground, const struct decision *decision,
			 struct error *err)
{
	struct fact facts[FACTS_MAX];

	if ((decision->result != RESULT_UNCHANGED && write_lead(tx, decision, err) < 0) ||
	    write_identities(tx, decision, err) < 0 ||
	    (decision->result != RESULT_UNCHANGED && write_enquiry(tx, decision, err) < 0) ||
	    write_consents(tx, ground, decision, err) < 0 ||
	    write_suppressions(tx, actor, ground, decision, err) < 0 ||
	    (has_gained_key(ground, decision) &&
	     suppression_spread(tx, actor, decision->lead, err) < 0) ||
	    write_doubts(tx, decision, err) < 0 ||
	    write_conflicts(tx, ground, decision, err) < 0 ||
	    write_assignment(tx, decision, err) < 0 ||
	    (decision->gate && gate_open(tx, ground, decision, err) < 0))
		return -1;
	return delivery_want(tx, actor, ground->config, decision->lead,
			     &(struct want){
				     .lane = ground->source->lane,
				     .is_new_lead = decision->is_new_lead,
				     .is_new_enquiry = decision->is_new_enquiry,
				     .before = decision->matched ? decision->matched->lead : NULL,
				     .facts = facts,
				     .nfacts = facts_of(tx_arena(tx), ground, decision, facts),
				     .submissions = is_resumed(ground) ? 0 : 1,
			     },
			     err);
}

int decision_add(struct tx *tx, const struct actor *actor, const struct ground *ground,
		 const struct decision *decision, const struct answer *answer,
		 struct error *err)
{
	int64_t workspace = ground->submission->workspace;
	struct audit_salt salt = audit_salt_new();

	if (!is_resumed(ground))
		tx_count(tx, workspace, "queue.received", 1);
	if (decision->result > RESULT_UNCHANGED)
		tx_count(tx, workspace, "queue.rejected", 1);
	else if (write_effects(tx, actor, ground, decision, err) < 0)
		return error_wrap(err, "decision");
	if (write_submission(tx, ground, decision, &salt, err) < 0 ||
	    write_key(tx, ground, decision, answer, err) < 0 ||
	    write_audit(tx, actor, ground, decision, &salt, err) < 0)
		return error_wrap(err, "decision");
	return 0;
}
