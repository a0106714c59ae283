/* dynamics_records.c - one row: create, read, upsert, delete, with conditions (fact sheet 5).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

/* --- conditions --- */

/* "null" is sent with every call and means nothing (1). */
static const char *none_match(const struct sb_call *call)
{
	const char *value = sb_header(call, "If-None-Match");

	return value && strcmp(value, "null") != 0 ? value : NULL;
}

static bool is_version(struct sb_call *call, const struct sb_record *record,
		       struct dynamics_refusal *refusal)
{
	const char *wanted = sb_header(call, "If-Match");

	if (!wanted || strcmp(wanted, "*") == 0 ||
	    strcmp(wanted, dynamics_etag(call->arena, record)) == 0)
		return true;
	return dynamics_refuse(call, refusal, 412, dynamics_sample_code(call, "0x80060882"),
			       "The version of the existing record doesn't match the RowVersion "
			       "property provided.");
}

/* --- answers --- */

static void say(struct sb_call *call, const struct dynamics_refusal *refusal)
{
	if (!call->status)
		dynamics_say(call, refusal);
}

static void reply_row(struct sb_call *call, int status, const struct sb_record *record,
		      const struct dynamics_query *query, const struct dynamics_prefer *prefer)
{
	json_t *json = json_object();

	json_object_set_new(json, "@odata.context", dynamics_context(call, query, "/$entity"));
	json_object_update_new(json, dynamics_row(call, record, query, prefer));
	sb_reply_json(call, status, json);
}

static void reply_written(struct sb_call *call, const struct sb_record *record, bool is_new,
			  const struct dynamics_query *query, const struct dynamics_prefer *prefer)
{
	const char *url = dynamics_row_url(call, record);

	if (prefer->wants_row) {
		reply_row(call, is_new ? 201 : 200, record, query, prefer);
		sb_reply_header(call, "Preference-Applied", "return=representation");
	} else {
		sb_reply_empty(call, 204);
		sb_reply_header(call, "OData-EntityId", url);
	}
	if (is_new)
		sb_reply_header(call, "Location", url);
}

/* --- operations --- */

void dynamics_create(struct sb_call *call, const struct dynamics_path *path)
{
	struct dynamics_write write = { .call = call, .object = path->object };
	struct dynamics_prefer prefer;
	struct dynamics_query query;

	write.input = sb_json(call);
	dynamics_prefer_read(call, &prefer);
	if (!write.input || !dynamics_query_read(call, path->object, &query))
		return;
	if (dynamics_write(&write))
		reply_written(call, write.record, true, &query, &prefer);
	else
		say(call, &write.refusal);
}

void dynamics_get(struct sb_call *call, const struct dynamics_path *path)
{
	struct dynamics_refusal refusal = { 0 };
	struct dynamics_prefer prefer;
	struct dynamics_query query;
	const struct sb_record *record;

	dynamics_prefer_read(call, &prefer);
	if (!dynamics_query_read(call, path->object, &query))
		return;
	record = dynamics_find(call, path->object, &path->at[0].key, &refusal);
	if (!record)
		dynamics_say(call, &refusal);
	else if (text_equal(none_match(call), dynamics_etag(call->arena, record)) &&
		 !query.nexpands && !prefer.annotations)
		sb_reply_empty(call, 304);
	else
		reply_row(call, 200, record, &query, &prefer);
}

/* What the address says of a row that is not there yet. */
static void take_key(struct dynamics_write *write, const struct dynamics_key *key)
{
	write->id = key->id;
	write->values = json_keep(write->call->arena, json_object());
	dynamics_key_values(write->object, key, write->values);
}

/* Whether the row that was found, or not, is what the conditions want. */
static bool may_upsert(struct sb_call *call, const struct sb_record *record,
		       struct dynamics_refusal *refusal)
{
	if (record && none_match(call))
		return dynamics_refuse(call, refusal, 412, "",
				       "A record with matching key values already exists.");
	if (record)
		return is_version(call, record, refusal);
	/* A key that is none is refused in any case. */
	return refusal->status == 404 && !sb_header(call, "If-Match");
}

void dynamics_upsert(struct sb_call *call, const struct dynamics_path *path)
{
	struct dynamics_write write = { .call = call, .object = path->object };
	struct dynamics_prefer prefer;
	struct dynamics_query query;
	bool is_new;

	write.input = sb_json(call);
	dynamics_prefer_read(call, &prefer);
	if (!write.input || !dynamics_query_read(call, path->object, &query))
		return;
	write.record = dynamics_find(call, path->object, &path->at[0].key, &write.refusal);
	is_new = !write.record;
	if (is_new)
		take_key(&write, &path->at[0].key);
	if (may_upsert(call, write.record, &write.refusal) && dynamics_write(&write))
		reply_written(call, write.record, is_new, &query, &prefer);
	else
		say(call, &write.refusal);
}

void dynamics_remove(struct sb_call *call, const struct dynamics_path *path)
{
	struct dynamics_refusal refusal = { 0 };
	struct sb_record *record =
		dynamics_find(call, path->object, &path->at[0].key, &refusal);

	if (record && is_version(call, record, &refusal) &&
	    dynamics_delete(call, record, &refusal))
		sb_reply_empty(call, 204);
	else
		say(call, &refusal);
}

/* --- one property --- */

static struct sb_record *row_of_path(struct sb_call *call, const struct dynamics_path *path)
{
	struct dynamics_refusal refusal = { 0 };
	struct sb_record *record =
		dynamics_find(call, path->object, &path->at[0].key, &refusal);

	if (!record)
		dynamics_say(call, &refusal);
	return record;
}

/* The row at the end of a navigation property; NULL after a reply. */
static struct sb_record *linked(struct sb_call *call, const struct sb_record *record,
				const char *name)
{
	struct sb_object *target;
	const struct sb_field *field = dynamics_field_of_link(record->object, name, &target);
	struct sb_record *other;

	if (!field) {
		dynamics_no_segment(call, name);
		return NULL;
	}
	other = dynamics_target_row(field, sb_record_text(record, field, call->arena));
	if (!other || (target && other->object != target)) {
		sb_reply_empty(call, 204);
		return NULL;
	}
	return other;
}

static void get_linked(struct sb_call *call, const struct sb_record *record, const char *name)
{
	const struct sb_record *other = linked(call, record, name);
	struct dynamics_prefer prefer;
	struct dynamics_query query;

	dynamics_prefer_read(call, &prefer);
	if (other && dynamics_query_read(call, other->object, &query))
		reply_row(call, 200, other, &query, &prefer);
}

void dynamics_property_get(struct sb_call *call, const struct dynamics_path *path)
{
	const struct sb_record *record = row_of_path(call, path);
	const char *name = path->at[1].name;
	const struct sb_field *field;
	json_t *value;

	if (!record)
		return;
	field = dynamics_field_find(record->object, name);
	if (!field || field->refers_to) {
		get_linked(call, record, name);
		return;
	}
	value = json_keep(call->arena, dynamics_value(call, record, field));
	if (json_is_null(value))
		sb_reply_empty(call, 204);
	else
		sb_reply_json(call, 200,
			      json_pack("{so sO}", "@odata.context",
					sb_json_printf("%s/$metadata#%s(%s)/%s",
						       dynamics_base(call), path->at[0].name,
						       record->id, name),
					"value", value));
}

/* Writes one member, or one link, of the row in the path. */
static void write_one(struct sb_call *call, const struct dynamics_path *path, const char *member,
		      json_t *value)
{
	struct dynamics_write write = { .call = call, .object = path->object };

	write.input = json_keep(call->arena, json_pack("{sO}", member, value));
	write.record = row_of_path(call, path);
	if (!write.record)
		return;
	if (dynamics_write(&write))
		sb_reply_empty(call, 204);
	else
		say(call, &write.refusal);
}

static json_t *body_member(struct sb_call *call, const char *name)
{
	json_t *body = sb_json(call), *value = json_object_get(body, name);

	if (body && !value)
		dynamics_fail(call, 400, "0x80048d19",
			      "Error identified in Payload provided by the user: '%s' is missing.",
			      name);
	return value;
}

void dynamics_property_put(struct sb_call *call, const struct dynamics_path *path)
{
	json_t *value = body_member(call, "value");

	if (value)
		write_one(call, path, path->at[1].name, value);
}

void dynamics_property_clear(struct sb_call *call, const struct dynamics_path *path)
{
	write_one(call, path, path->at[1].name, json_keep(call->arena, json_null()));
}

void dynamics_ref_get(struct sb_call *call, const struct dynamics_path *path)
{
	const struct sb_record *record = row_of_path(call, path);
	const struct sb_record *other = record ? linked(call, record, path->at[1].name) : NULL;

	if (other)
		sb_reply_json(call, 200,
			      json_pack("{so ss}", "@odata.context",
					sb_json_printf("%s/$metadata#$ref", dynamics_base(call)),
					"@odata.id", dynamics_row_url(call, other)));
}

static const char *bind_of(struct sb_call *call, const struct dynamics_path *path)
{
	return arena_printf(call->arena, "%s@odata.bind", path->at[1].name);
}

void dynamics_ref_put(struct sb_call *call, const struct dynamics_path *path)
{
	json_t *address = body_member(call, "@odata.id");

	if (address)
		write_one(call, path, bind_of(call, path), address);
}

void dynamics_ref_clear(struct sb_call *call, const struct dynamics_path *path)
{
	write_one(call, path, bind_of(call, path), json_keep(call->arena, json_null()));
}
