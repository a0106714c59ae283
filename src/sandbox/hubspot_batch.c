/* hubspot_batch.c - up to a hundred records at a time (fact sheet 5). Threads: under the
 * sandbox's lock.
 *
 * Without objectWriteTraceId one bad input fails the whole batch and nothing is written;
 * with a trace id on every input each stands alone and the answer is 207. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"

#define BATCH_MAX 100

enum batch_verb { BATCH_CREATE, BATCH_READ, BATCH_UPDATE, BATCH_UPSERT, BATCH_ARCHIVE };

struct batch {
	struct sb_call *call;
	struct sb_object *object;
	enum batch_verb verb;
	const json_t *body, *inputs;
	bool is_traced;
	struct hubspot_shape shape; /* of a read */
	json_t *results, *errors;
	json_t *missing;            /* ids that a read or update did not find */
	bool is_new;                /* of the upsert done last */
	struct hubspot_refusal refusal;
};

/* --- the envelope --- */

static const char *id_property_of(const struct batch *batch, const json_t *input)
{
	const char *property = json_string_of(input, "idProperty");

	return property ? property : json_string_of(batch->body, "idProperty");
}

/* What must be unique in the batch: the id, or of a create the address. */
static const char *key_of(const struct batch *batch, const json_t *input)
{
	if (batch->verb == BATCH_CREATE)
		return json_string_of(json_object_get(input, "properties"), "email");
	return json_string_of(input, "id");
}

static bool has_repeated_key(struct batch *batch)
{
	json_t *seen = json_keep(batch->call->arena, json_object()), *input;
	size_t i;

	json_array_foreach((json_t *)batch->inputs, i, input) {
		const char *key = key_of(batch, input);
		const char *lower = key ? text_lower_ascii(batch->call->arena, key) : NULL;

		if (!lower || !*lower)
			continue;
		if (json_object_get(seen, lower)) {
			hubspot_fail(batch->call, 400, "VALIDATION_ERROR",
				     "Duplicate IDs found in batch input: [%s]. IDs must be "
				     "unique",
				     key);
			return true;
		}
		json_object_set_new(seen, lower, json_true());
	}
	return false;
}

/* Whether each input stands alone. */
static bool is_traced(const struct batch *batch)
{
	json_t *seen = json_keep(batch->call->arena, json_object()), *input;
	size_t i;

	if (batch->verb == BATCH_UPSERT && !sb_switch(batch->call->account, "upsert_traces"))
		return false;
	json_array_foreach((json_t *)batch->inputs, i, input) {
		const char *trace = json_string_of(input, "objectWriteTraceId");

		if (text_is_empty(trace) || json_object_get(seen, trace))
			return false;
		json_object_set_new(seen, trace, json_true());
	}
	return true;
}

static bool is_well_formed(struct batch *batch)
{
	bool has_id = batch->verb != BATCH_CREATE;
	bool has_properties = batch->verb != BATCH_READ && batch->verb != BATCH_ARCHIVE;
	size_t i;
	json_t *input;

	json_array_foreach((json_t *)batch->inputs, i, input) {
		const char *lacking =
			has_id && !json_string_of(input, "id") ? "id" :
			has_properties && !json_is_object(json_object_get(input, "properties")) ?
								 "properties" :
								 NULL;

		if (!lacking)
			continue;
		hubspot_fail(batch->call, 400, "VALIDATION_ERROR",
			     "Invalid input JSON: Some required fields were not set: "
			     "[inputs[%zu].%s]",
			     i, lacking);
		return false;
	}
	return true;
}

static bool batch_open(struct batch *batch, struct sb_call *call, enum batch_verb verb)
{
	bool reads = verb == BATCH_READ;

	*batch = (struct batch){ .call = call, .verb = verb };
	batch->object = hubspot_object_type(call, 0);
	if (!batch->object || !hubspot_may(call, batch->object, reads ? "read" : "write"))
		return false;
	batch->body = sb_json(call);
	if (!batch->body)
		return false;
	batch->inputs = json_object_get(batch->body, "inputs");
	if (!json_is_array(batch->inputs)) {
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "Invalid input JSON: Some required fields were not set: [inputs]");
		return false;
	}
	if (json_array_size(batch->inputs) > BATCH_MAX) {
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "The maximum number of inputs supported in a batch request for "
			     "property updates is %d but got %zu",
			     BATCH_MAX, json_array_size(batch->inputs));
		return false;
	}
	if (!is_well_formed(batch) || has_repeated_key(batch))
		return false;
	batch->is_traced = is_traced(batch);
	batch->results = json_array();
	batch->errors = json_keep(call->arena, json_array());
	batch->missing = json_keep(call->arena, json_array());
	return true;
}

static void add_missing_error(struct batch *batch)
{
	struct hubspot_refusal refusal = {
		.category = "OBJECT_NOT_FOUND",
		.message = arena_printf(batch->call->arena,
					"Could not get some %s objects, they may be deleted or "
					"not exist. Check that ids are valid.",
					hubspot_kind_of(batch->object)->noun),
		.context = json_keep(batch->call->arena,
				     json_pack("{sO}", "ids", batch->missing)),
	};

	if (json_array_size(batch->missing))
		json_array_append_new(batch->errors, hubspot_error_item(&refusal, NULL));
}

/* The order of results is not promised: a switch has the last come first. */
static void turn(struct batch *batch)
{
	json_t *turned = json_array();

	for (size_t i = json_array_size(batch->results); i-- > 0;)
		json_array_append(turned, json_array_get(batch->results, i));
	json_decref(batch->results);
	batch->results = turned;
}

static void batch_reply(struct batch *batch, int status)
{
	json_t *body = json_object();
	size_t nerrors;

	add_missing_error(batch);
	if (sb_switch(batch->call->account, "batch_turned"))
		turn(batch);
	nerrors = json_array_size(batch->errors);
	json_object_set_new(body, "status", json_string("COMPLETE"));
	json_object_set_new(body, "results", batch->results);
	if (nerrors) {
		json_object_set_new(body, "numErrors", json_integer((json_int_t)nerrors));
		json_object_set(body, "errors", batch->errors);
	}
	json_object_set_new(body, "startedAt", sb_json_time(batch->call->now));
	json_object_set_new(body, "completedAt", sb_json_time(batch->call->now));
	sb_reply_json(batch->call, nerrors ? 207 : status, body);
}

/* --- writing --- */

typedef struct sb_record *batch_step(struct batch *batch, const json_t *input);

static void refuse_bad_record(struct batch *batch, const json_t *input)
{
	static const char list[] = "[{\"isValid\":false,\"message\":\"refused by the sandbox\","
				   "\"error\":\"INVALID_OPTION\",\"name\":\"%s\","
				   "\"localizedErrorMessage\":\"refused by the sandbox\"}]";
	const json_t *properties = json_object_get(input, "properties");
	const char *name = json_object_iter_key(json_object_iter((json_t *)properties));

	batch->refusal = (struct hubspot_refusal){
		.status = 400,
		.category = "VALIDATION_ERROR",
		.message = arena_printf(batch->call->arena,
					arena_printf(batch->call->arena, "%s%s",
						     "Property values were not valid: ", list),
					name ? name : "email"),
	};
}

static json_t *result_json(struct batch *batch, const struct sb_record *record,
			   const json_t *input)
{
	struct hubspot_shape shape =
		hubspot_shape_of_written(batch->call, json_object_get(input, "properties"));
	const char *trace = json_string_of(input, "objectWriteTraceId");
	json_t *json = hubspot_object(batch->call, record, &shape);

	if (batch->verb == BATCH_UPSERT)
		json_object_set_new(json, "new", json_boolean(batch->is_new));
	if (trace)
		json_object_set_new(json, "objectWriteTraceId", json_string(trace));
	return json;
}

static bool do_input(struct batch *batch, size_t i, const json_t *input, batch_step *step)
{
	size_t missing = json_array_size(batch->missing);
	struct sb_record *record = NULL;

	batch->refusal = (struct hubspot_refusal){ 0 };
	if (sb_bad_record(batch->call, i))
		refuse_bad_record(batch, input);
	else
		record = step(batch, input);
	if (record) {
		json_array_append_new(batch->results, result_json(batch, record, input));
		return true;
	}
	if (json_array_size(batch->missing) > missing)
		return true;
	if (!batch->is_traced)
		return false;
	json_array_append_new(batch->errors,
			      hubspot_error_item(&batch->refusal,
						 json_string_of(input, "objectWriteTraceId")));
	return true;
}

static void batch_write(struct batch *batch, int status, batch_step *step)
{
	size_t i;
	json_t *input;

	sb_begin(batch->call);
	json_array_foreach((json_t *)batch->inputs, i, input) {
		if (do_input(batch, i, input, step))
			continue;
		sb_rollback(batch->call);
		json_decref(batch->results);
		hubspot_refuse(batch->call, &batch->refusal);
		return;
	}
	sb_commit(batch->call);
	batch_reply(batch, status);
}

static struct sb_record *create_one(struct batch *batch, const json_t *input)
{
	return hubspot_create(batch->call, batch->object, input, &batch->refusal);
}

static void refuse_id_property(struct batch *batch, const char *property)
{
	batch->refusal = (struct hubspot_refusal){
		.status = 400,
		.category = "VALIDATION_ERROR",
		.message = arena_printf(batch->call->arena,
					"Property '%s' is not a unique identifier property",
					property),
	};
}

static void refuse_missing(struct batch *batch, const char *id)
{
	if (!batch->is_traced && !sb_switch(batch->call->account, "batch_missing_fails")) {
		json_array_append_new(batch->missing, json_string(id));
		return;
	}
	batch->refusal = (struct hubspot_refusal){
		.status = 404,
		.category = "OBJECT_NOT_FOUND",
		.message = arena_printf(batch->call->arena,
					"Could not get some %s objects, they may be deleted or "
					"not exist. Check that ids are valid.",
					hubspot_kind_of(batch->object)->noun),
		.context = json_keep(batch->call->arena, json_pack("{s[s]}", "ids", id)),
	};
}

static struct sb_record *find_one(struct batch *batch, const json_t *input, bool *is_bad)
{
	const char *property = id_property_of(batch, input);
	struct sb_record *record = hubspot_object_find(
		batch->object, json_string_of(input, "id"), property, is_bad);

	if (*is_bad)
		refuse_id_property(batch, property);
	return record;
}

static struct sb_record *update_one(struct batch *batch, const json_t *input)
{
	bool is_bad;
	struct sb_record *record = find_one(batch, input, &is_bad);

	if (is_bad)
		return NULL;
	if (!record) {
		refuse_missing(batch, json_string_of(input, "id"));
		return NULL;
	}
	return hubspot_update(batch->call, record, json_object_get(input, "properties"),
			      &batch->refusal) ?
		       record :
		       NULL;
}

/* The other reading of the vendor's warning about partial upserts by e-mail: what is not
 * given is cleared. */
static const json_t *with_omitted_cleared(struct batch *batch, const struct sb_record *record,
					  const json_t *properties)
{
	json_t *all = json_keep(batch->call->arena, json_copy((json_t *)properties));

	for (size_t i = 0; i < sb_object_nfields(batch->object); i++) {
		const struct sb_field *field = sb_object_field(batch->object, i);

		if (!(field->flags & (SB_READ_ONLY | SB_CALCULATED | SB_UNIQUE | SB_ARCHIVED |
				      SB_HIDDEN)) &&
		    !json_object_get(all, field->name) &&
		    sb_record_text(record, field, batch->call->arena))
			json_object_set_new(all, field->name, json_null());
	}
	return all;
}

static struct sb_record *upsert_one(struct batch *batch, const json_t *input)
{
	const char *property = id_property_of(batch, input), *id = json_string_of(input, "id");
	const json_t *properties = json_object_get(input, "properties");
	json_t *whole;
	bool is_bad;
	struct sb_record *record = find_one(batch, input, &is_bad);

	if (is_bad)
		return NULL;
	batch->is_new = !record;
	if (record) {
		if (text_equal(property, "email") &&
		    sb_switch(batch->call->account, "upsert_email_clears"))
			properties = with_omitted_cleared(batch, record, properties);
		return hubspot_update(batch->call, record, properties, &batch->refusal) ? record :
											  NULL;
	}
	if (text_is_empty(property) || strcmp(property, "hs_object_id") == 0) {
		refuse_missing(batch, id);
		return NULL;
	}
	whole = json_keep(batch->call->arena, json_object());
	json_object_set_new(whole, "properties", json_copy((json_t *)properties));
	if (!json_object_get(properties, property))
		json_object_set_new(json_object_get(whole, "properties"), property,
				    json_string(id));
	return hubspot_create(batch->call, batch->object, whole, &batch->refusal);
}

void hubspot_batch_create(struct sb_call *call)
{
	struct batch batch;

	if (batch_open(&batch, call, BATCH_CREATE))
		batch_write(&batch, 201, create_one);
}

void hubspot_batch_update(struct sb_call *call)
{
	struct batch batch;

	if (batch_open(&batch, call, BATCH_UPDATE))
		batch_write(&batch, 200, update_one);
}

void hubspot_batch_upsert(struct sb_call *call)
{
	struct batch batch;

	if (batch_open(&batch, call, BATCH_UPSERT))
		batch_write(&batch, 200, upsert_one);
}

/* --- reading and archiving --- */

static bool read_one(struct batch *batch, const json_t *input, bool is_archived)
{
	struct sb_record *record;
	bool is_bad;

	if (is_archived) {
		record = sb_record_find(batch->object, json_string_of(input, "id"));
		if (record && record->state != SB_DELETED)
			record = NULL;
	} else {
		record = find_one(batch, input, &is_bad);
		if (is_bad)
			return false;
	}
	if (record)
		json_array_append_new(batch->results,
				      hubspot_object(batch->call, record, &batch->shape));
	else
		json_array_append(batch->missing, json_object_get(input, "id"));
	return true;
}

void hubspot_batch_read(struct sb_call *call)
{
	bool is_archived = text_equal(sb_query(call, "archived"), "true");
	struct batch batch;
	size_t i;
	json_t *input;

	if (!batch_open(&batch, call, BATCH_READ))
		return;
	batch.shape = hubspot_shape_of_body(call, batch.body);
	json_array_foreach((json_t *)batch.inputs, i, input) {
		if (read_one(&batch, input, is_archived))
			continue;
		json_decref(batch.results);
		hubspot_refuse(call, &batch.refusal);
		return;
	}
	batch_reply(&batch, 200);
}

void hubspot_batch_archive(struct sb_call *call)
{
	struct batch batch;
	size_t i;
	json_t *input;

	if (!batch_open(&batch, call, BATCH_ARCHIVE))
		return;
	json_array_foreach((json_t *)batch.inputs, i, input) {
		bool is_bad;
		struct sb_record *record = hubspot_object_find(
			batch.object, json_string_of(input, "id"), NULL, &is_bad);

		if (!record)
			continue;
		call->key = record->id;
		sb_record_delete(call, record);
	}
	json_decref(batch.results);
	sb_reply_empty(call, 204);
}
