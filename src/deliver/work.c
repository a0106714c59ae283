/* work.c - one delivery under way. Threads: pure. */
#include "deliver/work.h"

#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "deliver/work_inside.h"
#include "store/syncs.h"

/* `under` with `over` laid on it. */
static const char *doc_of_both(struct arena *arena, const struct field *under, size_t nunder,
			       const struct field *over, size_t nover)
{
	struct field *all = arena_array(arena, nunder + nover, sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < nunder; i++)
		if (!field_find(over, nover, under[i].name))
			all[n++] = under[i];
	if (nover)
		memcpy(&all[n], over, nover * sizeof(*all));
	return doc_of_fields(arena, all, n + nover);
}

/* ---- Ending ---- */

struct verdict_ground work_verdict_ground(const struct work *work,
					  const struct work_ground *ground)
{
	return (struct verdict_ground){
		.delivery = &work->claim->delivery,
		.connector = work->terms->connector,
		.connection = work->terms->connection,
		.version = work->claim->lead.version,
		.now = ground->now,
		.dice = ground->dice,
		.arena = ground->arena,
	};
}

void work_settle(struct work *work, enum delivery_state state, const char *code,
		 const char *reason)
{
	work->need = NEED_NOTHING;
	work->has_settlement = true;
	work->s.delivery = &work->claim->delivery;
	work->s.state = state;
	work->s.code = code;
	work->s.reason = reason;
	work->s.tries = 0;
	if (state == DELIVERY_AT_REST)
		work->s.told = work->claim->lead.version;
}

void work_settle_dead(struct work *work, const char *code, const char *field,
		      const char *reason, const char *instruction)
{
	work_settle(work, DELIVERY_DEAD, code, reason);
	work->s.field = field;
	work->s.instruction = instruction;
	work->s.outcome = outcome_name(OUTCOME_FIX_DATA);
	work->s.action = "check";
}

void work_settle_waiting(struct work *work, const char *code, const char *reason,
			 const char *instruction)
{
	const struct delivery *d = &work->claim->delivery;

	work_settle(work, DELIVERY_WAITING, code, reason);
	work->s.instruction = instruction;
	work->s.tries = d->tries;
	work->s.setbacks = d->setbacks;
	work->s.is_uncertain = d->is_uncertain;
	work->s.held_doc = d->held_doc;
}

/* ---- Computing ---- */

/* Whether a record that others made is to be marked with our key (see connector.h). */
static bool is_to_be_marked(const struct work *work)
{
	const struct connector *connector = work->terms->connector;
	const struct catalog_field *field =
		work->m->catalog && connector->remote_key ?
			catalog_find(work->m->catalog, connector->remote_key) :
			NULL;

	return work->action == RECORD_UPDATE && work->is_unmarked && connector->create_key &&
	       field && field->is_updatable;
}

static void mark(struct work *work, struct arena *arena)
{
	struct field *all = arena_array(arena, work->nfields + 1, sizeof(*all));

	if (work->nfields)
		memcpy(all, work->fields, work->nfields * sizeof(*all));
	all[work->nfields] = (struct field){
		.name = work->terms->connector->remote_key,
		.value = value_text(work->key),
	};
	work->fields = all;
	work->nfields++;
}

/* What a person changed for this write only. */
static void apply_edit(struct work *work, struct arena *arena)
{
	const struct field *edits;
	size_t n = doc_fields(arena, work->claim->delivery.edit_doc, &edits), total;
	struct field *all;

	if (n == 0)
		return;
	all = arena_array(arena, work->nfields + n, sizeof(*all));
	total = 0;
	for (size_t i = 0; i < work->nfields; i++)
		if (!field_find(edits, n, work->fields[i].name))
			all[total++] = work->fields[i];
	memcpy(&all[total], edits, n * sizeof(*all));
	work->fields = all;
	work->nfields = total + n;
}

static const char *held_doc(struct arena *arena, const struct applied *applied)
{
	struct buf buf;
	size_t n = 0;

	buf_init(&buf, arena, 256u << 10);
	buf_addc(&buf, '[');
	for (size_t i = 0; i < applied->nlines; i++) {
		const struct applied_line *line = &applied->lines[i];

		if (line->verdict != LINE_HELD && line->verdict != LINE_CONFLICT)
			continue;
		buf_add(&buf, n++ > 0 ? ",{\"field\":" : "{\"field\":");
		buf_add_json(&buf, line->line->field->to);
		buf_add(&buf, ",\"code\":");
		buf_add_json(&buf, line->code);
		buf_add(&buf, ",\"reason\":");
		buf_add_json(&buf, line->reason);
		buf_add(&buf, ",\"instruction\":");
		buf_add_json(&buf, line->instruction);
		buf_addc(&buf, '}');
	}
	buf_addc(&buf, ']');
	return n ? buf_text(&buf) : NULL;
}

static void keep_docs(struct work *work, const struct work_ground *ground, bool is_written)
{
	struct arena *arena = ground->arena;
	const struct field *wrote = is_written ? work->fields : NULL;
	size_t nwrote = is_written ? work->nfields : 0;

	work->s.held_doc = held_doc(arena, &work->applied);
	/* What looking found out to be ours is told, though nothing is written now. */
	if (is_written || work->nintent)
		work->s.told_doc = doc_of_both(arena, work->told, work->ntold, wrote, nwrote);
	work->s.seen_doc = doc_of_both(arena, work->seen, work->nseen, wrote, nwrote);
	if (work->undo)
		work->s.undo_doc = doc_of_fields(arena, work->undo, work->nundo);
}

static void settle_unchanged(struct work *work, const struct work_ground *ground)
{
	if (!work->remote_id) {
		work_settle(work, DELIVERY_AT_REST, "empty", "the mapping has nothing to send");
		return;
	}
	work_settle(work, DELIVERY_AT_REST, NULL, NULL);
	work->s.outcome = outcome_name(OUTCOME_DELIVERED);
	work->s.action = "none";
	work->s.link_object = work->m->mapping->object;
	work->s.link_id = work->remote_id;
	work->s.link_version = work->remote_version;
	work->s.link_is_ours = work->is_ours;
	keep_docs(work, ground, false);
}

static bool is_refused_by_behaviour(struct work *work)
{
	enum behaviour behaviour = work->m->sync->behaviour;

	if (behaviour == BEHAVIOUR_CREATE_ONLY && work->action == RECORD_UPDATE) {
		work_settle(work, DELIVERY_AT_REST, "create_only",
			    "it is there already, and this sync only creates");
		work->s.link_object = work->m->mapping->object;
		work->s.link_id = work->remote_id;
		return true;
	}
	if (behaviour == BEHAVIOUR_UPDATE_ONLY && work->action == RECORD_CREATE) {
		work_settle(work, DELIVERY_AT_REST, "update_only",
			    "it is not there, and this sync only updates");
		return true;
	}
	return false;
}

/* An earlier version is written for the values that are told each. Without one of them
 * to write, what else has changed is told with a later version. */
static bool is_for_later(const struct work *work)
{
	const struct mapping *mapping = work->m->mapping;

	if (!work->claim->earlier || mapping->activities || work->action == RECORD_CREATE ||
	    work->claim->delivery.edit_doc)
		return false;
	for (size_t i = 0; i < work->applied.nlines; i++) {
		const struct applied_line *line = &work->applied.lines[i];
		const char *from = line->line->field->from;

		if (line->verdict == LINE_WRITE && from && mapping_keeps(mapping, from))
			return false;
	}
	return true;
}

/* A value that the CRM's field cannot take. While the field is not what it was, it is not the
 * lead's fault. */
static void settle_failed(struct work *work, const char *field)
{
	const struct applied_line *failed = work->applied.failed;

	if (!drift_has_field(work->m->drifts, work->m->ndrifts, field)) {
		work_settle_dead(work, "fix_data", field, failed->reason, failed->instruction);
		return;
	}
	work_settle_waiting(work, SYNC_DRIFT_VALUE, failed->reason, failed->instruction);
	work->s.field = field;
}

void work_compute(struct work *work, const struct work_ground *ground)
{
	struct lead_values values = {
		.lead = &work->claim->lead,
		.enquiry = work->claim->enquiry,
		.config = work->terms->config,
		.connection = work->terms->connection,
		.arena = ground->arena,
		.links = work->claim->links,
		.nlinks = work->claim->nlinks,
	};
	struct there there = {
		.seen = work->has_seen ? work->seen : NULL,
		.nseen = work->has_seen ? work->nseen : 0,
		.told = work->told,
		.ntold = work->ntold,
		.changed_at = work->changed_at,
	};

	if (is_refused_by_behaviour(work))
		return;
	mapping_apply(ground->arena, work->m->compiled, lead_values_get, &values, work->action,
		      work->action == RECORD_CREATE ? NULL : &there, &work->applied);
	switch (work->applied.verdict) {
	case APPLIED_UNREAD:
		if (work->terms->connector->read && !work->was_read) {
			work->need = NEED_READ;
			return;
		}
		/* It was read, or cannot be: what is not known is not overwritten. */
		break;
	case APPLIED_FAILED:
		settle_failed(work, work->applied.failed->line->field->to);
		work->s.held_doc = held_doc(ground->arena, &work->applied);
		return;
	case APPLIED_NOTHING:
		if (!work->claim->delivery.edit_doc && !is_to_be_marked(work)) {
			settle_unchanged(work, ground);
			return;
		}
		break;
	case APPLIED_WRITE:
		if (is_for_later(work)) {
			settle_unchanged(work, ground);
			return;
		}
		break;
	}
	if (work->applied.verdict == APPLIED_UNREAD && work->applied.nfields == 0 &&
	    !work->claim->delivery.edit_doc && !is_to_be_marked(work)) {
		settle_unchanged(work, ground);
		return;
	}
	work->fields = work->applied.fields;
	work->nfields = work->applied.nfields;
	if (work->terms->connector->is_full_write)
		work->nfields = applied_whole(ground->arena, &work->applied, &work->fields);
	apply_edit(work, ground->arena);
	if (is_to_be_marked(work))
		mark(work, ground->arena);
	work->need = NEED_WRITE;
}

/* ---- Writing ---- */

/* The same bytes have the same key over retries and restarts; other bytes another. */
static const char *idempotency_key(const struct work *work, struct arena *arena)
{
	const char *doc = doc_of_fields(arena, work->fields, work->nfields);
	const char *text = arena_printf(arena, "%lld:%lld:%s",
					(long long)work->claim->delivery.id,
					(long long)work->claim->lead.version, doc);
	struct hash16 hash = hash16(&work->terms->config->hash_key, "delivery", text,
				    strlen(text));

	return hex_encode(arena, hash.bytes, sizeof(hash.bytes));
}

/* The record that was found and is not linked yet. What happened to a lead has no link. */
static const struct link *found_link(const struct work *work, struct arena *arena)
{
	struct link *link;

	if (work->is_linked || work->action != RECORD_UPDATE || !work->remote_id ||
	    work->m->mapping->activities)
		return NULL;
	link = arena_alloc(arena, sizeof(*link));
	*link = (struct link){
		.object = work->m->mapping->object,
		.remote_id = work->remote_id,
		.remote_version = work->remote_version,
		.is_ours = work->is_ours,
	};
	return link;
}

struct intent work_intent(const struct work *work, struct arena *arena)
{
	return (struct intent){
		.delivery = &work->claim->delivery,
		.link = found_link(work, arena),
		.doc = doc_of_fields(arena, work->fields, work->nfields),
		/* What looking found out to be ours must not be forgotten. */
		.told_doc = work->nintent ? doc_of_fields(arena, work->told, work->ntold) :
					    NULL,
	};
}

void work_ask_write(struct work *work, const struct work_ground *ground)
{
	work->record = (struct record){
		.key = work->key,
		.action = work->action,
		.remote_id = work->remote_id,
		.idempotency_key = idempotency_key(work, ground->arena),
		.fields = work->fields,
		.nfields = work->nfields,
	};
}

/* ["a","b"] */
static const char *names_of(struct arena *arena, const struct field *fields, size_t count)
{
	struct buf buf;

	buf_init(&buf, arena, 64u << 10);
	buf_addc(&buf, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(&buf, ',');
		buf_add_json(&buf, fields[i].name);
	}
	buf_addc(&buf, ']');
	return buf.is_over ? "[]" : buf_text(&buf);
}

/* What a person gave for this write only is marked with it. */
static const char *edited_names(const struct work *work, struct arena *arena)
{
	const struct field *edits;
	size_t n = doc_fields(arena, work->claim->delivery.edit_doc, &edits);

	return n ? names_of(arena, edits, n) : NULL;
}

void work_written(struct work *work, const struct work_ground *ground)
{
	struct verdict_ground vg = work_verdict_ground(work, ground);

	work->need = NEED_NOTHING;
	work->has_settlement = true;
	work->s = (struct settlement){ 0 };
	verdict_of_write(&vg, &work->record, &work->s);
	work->s.changed = names_of(ground->arena, work->fields, work->nfields);
	work->s.edited = edited_names(work, ground->arena);
	/* Found, and not written: it need not be looked for again. */
	if (!work->is_linked && work->remote_id && !work->s.link_id) {
		work->s.link_id = work->remote_id;
		work->s.link_object = work->m->mapping->object;
		work->s.link_state = "live";
		work->s.link_is_ours = work->is_ours;
	}
	if (work->record.outcome == OUTCOME_DELIVERED) {
		work->s.link_is_ours = work->is_ours || work->action == RECORD_CREATE;
		keep_docs(work, ground, true);
	}
}
