/* work_look.c - is it there, and what does it hold: what a delivery asks and is told.
 * Threads: pure. */
#include <string.h>

#include "base/text.h"
#include "deliver/work_inside.h"
#include "mapping/form.h"

static const struct connector_object *object_of(const struct work *work)
{
	const struct connector_object *object = work->terms->connector->objects;

	for (; object && object->name; object++)
		if (text_equal(object->name, work->m->mapping->object))
			return object;
	/* A CRM whose objects the connector does not name has one set of keys. */
	return work->terms->connector->objects && work->terms->connector->objects[0].name ?
		       work->terms->connector->objects :
		       NULL;
}

static const char *lead_text(const struct work *work, struct arena *arena, const char *name)
{
	const struct source *source = NULL;
	struct value value;

	if (work->claim->enquiry)
		source = config_source_by_id(work->terms->config, work->claim->enquiry->source);
	value = lead_view(arena, &work->claim->lead, work->claim->enquiry,
			  source ? source->label : NULL, name);
	return value_is_empty(value) || value.type == VALUE_LIST ? NULL : value.text;
}

#define KEYS_OF_RECORD 16

static void add_key(struct record *record, struct record_key *keys, const char *object,
		    const char *field, const char *value)
{
	if (value && record->nkeys < KEYS_OF_RECORD)
		keys[record->nkeys++] = (struct record_key){ object, field, value };
}

/* A record that no key of the lead can find: new as far as anybody can tell. But one that
 * may have been sent already is for a person. */
static void without_keys(struct work *work)
{
	if (!work->claim->delivery.is_uncertain) {
		work->look = LOOK_ABSENT;
		work->action = RECORD_CREATE;
		work->need = NEED_COMPUTE;
		return;
	}
	work_settle_dead(work, "uncertain", NULL,
			 "sent, and the answer was lost; the lead has no key that the CRM can be "
			 "searched by",
			 "look at the CRM: if it is there, give its id; if not, send again");
	work->s.state = DELIVERY_PARKED;
	work->s.is_uncertain = true;
}

void work_ask_find(struct work *work, const struct work_ground *ground)
{
	const struct connector *connector = work->terms->connector;
	const struct connector_object *object = object_of(work);
	const char *name = work->m->mapping->object;
	struct record_key *keys = arena_array(ground->arena, KEYS_OF_RECORD, sizeof(*keys));

	work->record = (struct record){ .key = work->key, .keys = keys };
	/* Ours can be there only if it was ever sent. */
	if (connector->remote_key && work->claim->delivery.is_uncertain)
		add_key(&work->record, keys, name, connector->remote_key, work->key);
	/* A lead's address finds the lead, not what happened to it. */
	if (work->m->mapping->activities)
		object = NULL;
	for (const struct record_key *k = object ? object->keys : NULL; k && k->object; k++)
		add_key(&work->record, keys, k->object, k->field,
			lead_text(work, ground->arena, k->value));
	if (work->record.nkeys == 0 || !connector->find)
		without_keys(work);
}

/* A value there that is the one we meant to write is ours, though no answer said so. */
static void claim_intent(struct work *work, struct arena *arena)
{
	struct field *told = arena_array(arena, work->ntold + work->nintent, sizeof(*told));
	size_t n = 0;

	for (size_t i = 0; i < work->nintent; i++) {
		const struct field *seen =
			field_find(work->seen, work->nseen, work->intent[i].name);

		if (seen && text_equal(value_shown(arena, seen->value),
				       value_shown(arena, work->intent[i].value)))
			told[n++] = work->intent[i];
	}
	for (size_t i = 0; i < work->ntold; i++)
		if (!field_find(told, n, work->told[i].name))
			told[n++] = work->told[i];
	work->told = told;
	work->ntold = n;
}

static void take_seen(struct work *work, struct arena *arena, const struct remote *there)
{
	work->seen = there->seen;
	work->nseen = there->nseen;
	work->has_seen = true;
	work->was_read = true;
	work->is_unmarked = text_is_empty(there->key);
	work->remote_version = there->version;
	/* Many CRMs' versions are times; others tell nothing. */
	if (!there->version || !form_time(there->version, &work->changed_at))
		work->changed_at = 0;
	if (work->nintent)
		claim_intent(work, arena);
	if (!work->is_ours && !work->claim->delivery.undo_doc) {
		work->undo = there->seen;
		work->nundo = there->nseen;
	}
}

/* Different records among those found; the same may be found by several keys. */
static size_t distinct(const struct record *record, const struct remote **only)
{
	size_t count = 0;

	*only = NULL;
	for (size_t i = 0; i < record->nfound; i++) {
		const struct remote *one = &record->found[i];

		if (*only && text_equal((*only)->id, one->id) &&
		    text_equal((*only)->object, one->object))
			continue;
		if (!*only)
			*only = one;
		count++;
	}
	return count;
}

/* Whose the record is there: what stands in the field that the lead's owner goes to. */
static const char *remote_owner_of(const struct work *work, struct arena *arena,
				   const struct remote *there)
{
	const struct mapping *mapping = work->m->mapping;
	const struct connection *connection = work->terms->connection;
	const struct field *seen = NULL;
	const char *owner;

	for (size_t i = 0; i < mapping->nfields && !seen; i++)
		if (text_equal(mapping->fields[i].from, "owner") && !mapping->fields[i].is_off)
			seen = field_find(there->seen, there->nseen, mapping->fields[i].to);
	if (!seen || value_is_empty(seen->value))
		return NULL;
	owner = value_shown(arena, seen->value);
	for (size_t i = 0; i < connection->nunset_owners; i++)
		if (text_equal(connection->unset_owners[i], owner))
			return NULL;
	return owner;
}

static void found_one(struct work *work, const struct work_ground *ground,
		      const struct remote *there)
{
	const char *object = there->survivor_object ? there->survivor_object : there->object;
	const char *id = there->survivor_id ? there->survivor_id : there->id;

	/* A fact that was told is not the person. */
	if (!work->m->mapping->activities) {
		work->look = LOOK_FOUND;
		work->remote_owner = remote_owner_of(work, ground->arena, there);
	}
	if (object && !text_equal(object, work->m->mapping->object)) {
		work_settle(work, DELIVERY_AT_REST, "elsewhere",
			    arena_printf(ground->arena, "this person is %s %s in the CRM", object,
					 id));
		work->s.link_object = object;
		work->s.link_id = id;
		work->s.outcome = outcome_name(OUTCOME_DELIVERED);
		work->s.action = "link";
		return;
	}
	work->remote_id = id;
	work->action = RECORD_UPDATE;
	work->is_ours = text_equal(there->key, work->key);
	take_seen(work, ground->arena, there);
	work->need = there->survivor_id ? NEED_READ : NEED_COMPUTE;
}

void work_found(struct work *work, const struct work_ground *ground)
{
	struct verdict_ground vg = work_verdict_ground(work, ground);
	const struct remote *there;
	size_t count;

	if (work->record.outcome != OUTCOME_DELIVERED) {
		work->need = NEED_NOTHING;
		work->has_settlement = true;
		verdict_of_look(&vg, &work->record, &work->s);
		return;
	}
	count = distinct(&work->record, &there);
	if (count == 0) {
		work->look = work->m->mapping->activities ? LOOK_NONE : LOOK_ABSENT;
		work->action = RECORD_CREATE;
		work->need = NEED_COMPUTE;
	} else if (count == 1) {
		found_one(work, ground, there);
	} else {
		work_settle_dead(work, "several_matches", NULL,
				 arena_printf(ground->arena,
					      "%zu records of the CRM have a key of this lead; none "
					      "was written",
					      count),
				 "merge them in the CRM, or give the id of the right one");
	}
}

void work_taken(struct work *work)
{
	work_settle_dead(work, REMOTE_TAKEN, NULL, REMOTE_TAKEN_REASON,
			 REMOTE_TAKEN_INSTRUCTION);
}

void work_ask_read(struct work *work, const struct work_ground *ground)
{
	(void)ground;
	work->record = (struct record){ .key = work->key, .remote_id = work->remote_id };
}

/* Whether the record that the CRM named has a key of ours, exactly. */
static bool is_confirmed(const struct work *work, const struct work_ground *ground,
			 const struct remote *there)
{
	const struct connector_object *object = object_of(work);

	if (text_equal(there->key, work->key))
		return true;
	for (const struct record_key *k = object ? object->keys : NULL; k && k->object; k++) {
		const struct field *seen = field_find(there->seen, there->nseen, k->field);
		const char *ours = lead_text(work, ground->arena, k->value);

		if (ours && seen && !value_is_empty(seen->value) &&
		    text_equal_nocase(seen->value.text, ours))
			return true;
	}
	return false;
}

void work_read(struct work *work, const struct work_ground *ground)
{
	struct verdict_ground vg = work_verdict_ground(work, ground);

	if (work->record.outcome != OUTCOME_DELIVERED || work->record.nfound == 0) {
		work->need = NEED_NOTHING;
		work->has_settlement = true;
		verdict_of_look(&vg, &work->record, &work->s);
		return;
	}
	if (work->is_unconfirmed && !is_confirmed(work, ground, &work->record.found[0])) {
		work_settle_dead(work, "possible_duplicate", NULL,
				 "the CRM says this person is there, but that record has no key in "
				 "common with the lead",
				 "look at both: give the record's id if they are one, or mend the "
				 "key in the CRM");
		work->s.link_object = work->m->mapping->object;
		work->s.link_id = work->remote_id;
		work->s.link_state = "gone";
		return;
	}
	take_seen(work, ground->arena, &work->record.found[0]);
	work->need = NEED_COMPUTE;
}

static bool is_write_only(const struct terms_mapping *m, const char *field)
{
	const struct catalog_field *known = m->catalog ? catalog_find(m->catalog, field) : NULL;

	return known && known->is_write_only;
}

const char **work_names(struct terms *terms, struct terms_mapping *m, struct arena *arena,
			size_t *count)
{
	const struct connector_object *object = terms->connector->objects;
	const char **names = arena_array(arena, m->mapping->nfields + KEYS_OF_RECORD + 2,
					 sizeof(*names));
	size_t n = 0;

	for (size_t i = 0; i < m->mapping->nfields; i++)
		if (!m->mapping->fields[i].is_off &&
		    !is_write_only(m, m->mapping->fields[i].to))
			names[n++] = m->mapping->fields[i].to;
	for (; object && object->name; object++) {
		if (!text_equal(object->name, m->mapping->object))
			continue;
		for (const struct record_key *k = object->keys; k && k->object; k++) {
			bool is_there = !text_equal(k->object, object->name);

			for (size_t i = 0; i < n && !is_there; i++)
				is_there = text_equal(names[i], k->field);
			if (!is_there && n < m->mapping->nfields + KEYS_OF_RECORD)
				names[n++] = k->field;
		}
	}
	if (terms->connector->remote_key)
		names[n++] = terms->connector->remote_key;
	*count = n;
	return names;
}
