/* decision_ground.c - reads back what a decision was made from. Threads: pure. */
#include "model/decision.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Texts are the tree's, which lives in the same arena as what is read. */
static int fields_from_json(struct arena *arena, const json_t *json, struct field **fields,
			    size_t *count, struct error *err)
{
	const char *name;
	json_t *value;
	size_t n = 0;

	*fields = arena_array(arena, json_object_size(json), sizeof(**fields));
	json_object_foreach((json_t *)json, name, value) {
		(*fields)[n].name = name;
		if (value_from_json(arena, value, &(*fields)[n].value, err) < 0)
			return error_wrap(err, "%s", name);
		n++;
	}
	*count = n;
	return 0;
}

static void identities_from_json(struct arena *arena, const json_t *json,
				 const struct config *config, struct submission *s)
{
	size_t count = json_array_size(json);
	struct identity *items = arena_array(arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(json, i);

		items[i].kind = json_string_value(json_array_get(item, 0));
		items[i].key = json_string_value(json_array_get(item, 1));
		items[i].is_weak = json_is_true(json_array_get(item, 2));
		if (items[i].kind && items[i].key)
			items[i].hash = hash16(&config->hash_key, items[i].kind,
					       items[i].key, strlen(items[i].key));
	}
	s->identities = items;
	s->nidentities = count;
}

static void consents_from_json(struct arena *arena, const json_t *json, struct submission *s)
{
	size_t count = json_array_size(json);
	struct consent *items = arena_array(arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(json, i);

		items[i] = (struct consent){
			.channel = json_string_of(item, "channel"),
			.purpose = json_string_of(item, "purpose"),
			.is_granted = json_is_true(json_object_get(item, "granted")),
			.wording = json_string_of(item, "wording"),
			.evidence = json_string_of(item, "evidence"),
			.at = json_int_of(item, "at", 0),
		};
	}
	s->consents = items;
	s->nconsents = count;
}

static void problems_from_json(const json_t *json, struct problems *problems)
{
	for (size_t i = 0; i < json_array_size(json); i++) {
		const json_t *item = json_array_get(json, i);

		problem_add(problems, json_string_of(item, "field"),
			    json_string_of(item, "code"), json_string_of(item, "message"),
			    json_string_of(item, "instruction"));
	}
}

static int submission_from_json(struct arena *arena, const json_t *json,
				const struct config *config, struct submission *s,
				struct error *err)
{
	struct field *fields;

	*s = (struct submission){
		.id = json_int_of(json, "id", 0),
		.workspace = json_int_of(json, "workspace", 0),
		.source = json_int_of(json, "source", 0),
		.received_at = json_int_of(json, "received_at", 0),
		.occurred_at = json_int_of(json, "occurred_at", 0),
		.has_time = json_is_true(json_object_get(json, "has_time")),
		.is_test = json_is_true(json_object_get(json, "is_test")),
		.enquiry_id = json_string_of(json, "enquiry_id"),
		.message = json_string_of(json, "message"),
	};
	if (fields_from_json(arena, json_object_get(json, "fields"), &fields, &s->nfields,
			     err) < 0)
		return -1;
	s->fields = fields;
	identities_from_json(arena, json_object_get(json, "identities"), config, s);
	consents_from_json(arena, json_object_get(json, "consents"), s);
	problems_from_json(json_object_get(json, "errors"), &s->errors);
	problems_from_json(json_object_get(json, "warnings"), &s->warnings);
	return 0;
}

static int lead_from_json(struct arena *arena, const json_t *json, int64_t workspace,
			  struct lead *lead, struct error *err)
{
	*lead = (struct lead){
		.id = json_int_of(json, "id", 0),
		.workspace = workspace,
		.version = json_int_of(json, "version", 0),
		.created_at = json_int_of(json, "created_at", 0),
		.updated_at = json_int_of(json, "updated_at", 0),
		.owner_rep = json_int_of(json, "owner_rep", 0),
		.is_test = json_is_true(json_object_get(json, "is_test")),
	};
	return lead_fields_from_json(arena, json_object_get(json, "doc"), lead, err);
}

static int enquiry_from_json(struct arena *arena, const json_t *json,
			     struct enquiry *enquiry, struct error *err)
{
	struct field *fields;

	*enquiry = (struct enquiry){
		.id = json_int_of(json, "id", 0),
		.lead = json_int_of(json, "lead", 0),
		.source = json_int_of(json, "source", 0),
		.external_id = json_string_of(json, "external_id"),
		.message = json_string_of(json, "message"),
		.occurred_at = json_int_of(json, "occurred_at", 0),
		.received_at = json_int_of(json, "received_at", 0),
		.is_open = json_is_true(json_object_get(json, "is_open")),
	};
	if (fields_from_json(arena, json_object_get(json, "fields"), &fields,
			     &enquiry->nfields, err) < 0)
		return -1;
	enquiry->fields = fields;
	return 0;
}

static int candidate_from_json(struct arena *arena, const json_t *json, int64_t workspace,
			       struct candidate *candidate, struct error *err)
{
	const json_t *list = json_object_get(json, "enquiries");

	candidate->lead = arena_alloc(arena, sizeof(*candidate->lead));
	candidate->nenquiries = json_array_size(list);
	candidate->enquiries =
		arena_array(arena, candidate->nenquiries, sizeof(*candidate->enquiries));
	for (size_t i = 0; i < candidate->nenquiries; i++)
		if (enquiry_from_json(arena, json_array_get(list, i),
				      &candidate->enquiries[i], err) < 0)
			return -1;
	return lead_from_json(arena, json_object_get(json, "lead"), workspace,
			      candidate->lead, err);
}

static int case_from_json(struct arena *arena, const json_t *json, int64_t workspace,
			  struct case_file *file, struct error *err)
{
	const json_t *candidates = json_object_get(json, "candidates");
	const json_t *objections = json_object_get(json, "objections");

	file->ncandidates = json_array_size(candidates);
	file->candidates = arena_array(arena, file->ncandidates, sizeof(*file->candidates));
	for (size_t i = 0; i < file->ncandidates; i++)
		if (candidate_from_json(arena, json_array_get(candidates, i), workspace,
					&file->candidates[i], err) < 0)
			return -1;
	file->nobjections = json_array_size(objections);
	file->objections = arena_array(arena, file->nobjections, sizeof(*file->objections));
	for (size_t i = 0; i < file->nobjections; i++) {
		const json_t *item = json_array_get(objections, i);

		file->objections[i] = (struct objection){
			json_string_of(item, "channel"),
			json_string_of(item, "purpose"),
			json_string_of(item, "reason"),
		};
	}
	return 0;
}

static void facts_from_json(struct arena *arena, const json_t *json, struct facts *facts)
{
	json_t *pools = json_object_get(json, "pools"), *position;
	const json_t *passage = json_object_get(json, "passage");
	const char *name;

	facts->lead_id = json_int_of(json, "lead_id", 0);
	facts->enquiry_id = json_int_of(json, "enquiry_id", 0);
	facts->pools = arena_array(arena, json_object_size(pools), sizeof(*facts->pools));
	json_object_foreach(pools, name, position)
		facts->pools[facts->npools++] =
			(struct pool_fact){ name, json_integer_value(position) };
	gate_parse(json_string_of(passage, "gate"), &facts->passage.gate);
	facts->passage.answer = json_string_of(passage, "answer");
	facts->passage.connection = json_string_of(passage, "connection");
	facts->passage.remote_owner = json_string_of(passage, "remote_owner");
}

int ground_from_json(struct arena *arena, const json_t *record, const struct config *config,
		     struct ground *ground, struct error *err)
{
	struct submission *s = arena_alloc(arena, sizeof(*s));
	struct case_file *file = arena_alloc(arena, sizeof(*file));

	if (json_int_of(record, "engine", 0) != ENGINE_VERSION)
		return error_set(err, ERR_CONFLICT, "decided by engine %d, this is engine %d",
				 (int)json_int_of(record, "engine", 0), ENGINE_VERSION);
	if (json_int_of(record, "config", -1) != config->version)
		return error_set(err, ERR_INVALID, "decided under another configuration");
	*ground = (struct ground){
		.submission = s,
		.file = file,
		.config = config,
		.now = json_int_of(record, "now", 0),
		.arena = arena,
	};
	facts_from_json(arena, json_object_get(record, "facts"), &ground->facts);
	if (submission_from_json(arena, json_object_get(record, "submission"), config, s, err) <
	    0)
		return error_wrap(err, "submission");
	ground->source = config_source_by_id(config, s->source);
	if (!ground->source)
		return error_set(err, ERR_NOT_FOUND, "its source is not configured");
	return case_from_json(arena, json_object_get(record, "case"), s->workspace, file, err);
}
