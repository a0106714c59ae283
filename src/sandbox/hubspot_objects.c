/* hubspot_objects.c - one record at a time (fact sheet 5). Threads: under the sandbox's
 * lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/page.h"

#define LIST_MAX 100

const struct hubspot_kind *hubspot_kind_of(const struct sb_object *object)
{
	const char *name = sb_object_spec(object)->name;

	for (size_t i = 0; i < hubspot_nkinds; i++)
		if (strcmp(hubspot_kinds[i].name, name) == 0)
			return &hubspot_kinds[i];
	return &hubspot_kinds[0];
}

static bool is_kind(const char *name)
{
	for (size_t i = 0; i < hubspot_nkinds; i++)
		if (strcmp(hubspot_kinds[i].name, name) == 0 ||
		    strcmp(hubspot_kinds[i].id, name) == 0 ||
		    text_equal_nocase(hubspot_kinds[i].noun, name))
			return true;
	return false;
}

/* What the vendor has and we do not imitate. */
static bool is_other_kind(const char *name)
{
	static const char *const names[] = { "products", "0-7", "line_items", "0-8", "quotes",
					     "0-14", "communications", "0-18", "postal_mail",
					     "0-116" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

struct sb_object *hubspot_object_type(struct sb_call *call, size_t param)
{
	const char *name = sb_param(call, param);

	if (is_kind(name)) {
		for (size_t i = 0; i < hubspot_nkinds; i++)
			if (text_equal_nocase(hubspot_kinds[i].noun, name))
				name = hubspot_kinds[i].name;
		return sb_object_find(call->account, name);
	}
	if (is_other_kind(name)) {
		sb_not_imitated(call, "products, line items, quotes, communications, postal mail");
		return NULL;
	}
	hubspot_fail(call, 400, "VALIDATION_ERROR",
		     "Unable to infer object type from: %s", name);
	return NULL;
}

static struct sb_record *survivor(struct sb_record *record)
{
	while (record && record->state == SB_MERGED && record->merged_into)
		record = record->merged_into;
	return record && record->state == SB_LIVE ? record : NULL;
}

struct sb_record *hubspot_object_find(struct sb_object *object, const char *id,
				      const char *id_property, bool *is_bad_property)
{
	const struct sb_field *field;

	*is_bad_property = false;
	if (text_is_empty(id_property) || strcmp(id_property, "hs_object_id") == 0)
		return survivor(sb_record_find(object, id));
	field = sb_field_find(object, id_property);
	*is_bad_property = !field || !(field->flags & SB_UNIQUE);
	return *is_bad_property ? NULL : sb_record_by(field, id);
}

/* The record of the path, by idProperty of the query. Replies and gives NULL otherwise. */
static struct sb_record *record_of_path(struct sb_call *call, struct sb_object *object)
{
	const char *property = sb_query(call, "idProperty");
	bool is_bad;
	struct sb_record *record =
		hubspot_object_find(object, sb_param(call, 1), property, &is_bad);

	if (is_bad)
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "Property '%s' is not a unique identifier property", property);
	else if (!record)
		hubspot_not_found(call);
	return record;
}

/* An archived record is read by id with archived=true only. */
static struct sb_record *archived_of_path(struct sb_call *call, struct sb_object *object)
{
	struct sb_record *record = sb_record_find(object, sb_param(call, 1));

	if (record && record->state == SB_DELETED)
		return record;
	hubspot_not_found(call);
	return NULL;
}

static bool wants_archived(struct sb_call *call)
{
	return text_equal(sb_query(call, "archived"), "true");
}

static json_t *full_object(struct sb_call *call, const struct sb_record *record,
			   const struct hubspot_shape *shape)
{
	const char *kinds = sb_query(call, "associations");
	json_t *json = hubspot_object(call, record, shape);
	json_t *associations = kinds ? hubspot_associations(call, record, kinds) : NULL;

	if (associations)
		json_object_set_new(json, "associations", associations);
	return json;
}

void hubspot_object_read(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	struct hubspot_shape shape;
	struct sb_record *record;

	if (!object || !hubspot_may(call, object, "read"))
		return;
	record = wants_archived(call) ? archived_of_path(call, object) :
					record_of_path(call, object);
	if (!record)
		return;
	shape = hubspot_shape_of_query(call);
	sb_reply_json(call, 200, full_object(call, record, &shape));
}

/* Pages by the id of the last record, so that nothing is passed over or repeated while
 * others write. */
void hubspot_list(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	enum sb_state state = wants_archived(call) ? SB_DELETED : SB_LIVE;
	struct hubspot_shape shape;
	struct sb_record *record;
	int64_t limit, after;
	json_t *results, *body;
	uint64_t last;

	if (!object || !hubspot_may(call, object, "read"))
		return;
	if (!sb_page_number(sb_query(call, "limit"), 10, 1, LIST_MAX, &limit) ||
	    !sb_page_number(sb_query(call, "after"), 0, 0, INT64_MAX, &after)) {
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "Invalid paging: limit is 1 to %d, after is from the last page",
			     LIST_MAX);
		return;
	}
	shape = hubspot_shape_of_query(call);
	results = json_array();
	last = (uint64_t)after;
	while ((record = sb_object_after(object, last)) &&
	       json_array_size(results) < (size_t)limit) {
		last = record->number;
		if (record->state == state)
			json_array_append_new(results, full_object(call, record, &shape));
	}
	while (record && record->state != state)
		record = sb_object_after(object, record->number);
	body = json_pack("{so}", "results", results);
	if (record)
		json_object_set_new(
			body, "paging",
			json_pack("{s{so so}}", "next", "after",
				  sb_json_printf("%llu", (unsigned long long)last), "link",
				  sb_json_printf("%s%s?limit=%lld&after=%llu",
						 sb_base_url(call), call->path, (long long)limit,
						 (unsigned long long)last)));
	sb_reply_json(call, 200, body);
}

/* The body with its object "properties"; NULL after a reply. */
static const json_t *input_of(struct sb_call *call)
{
	const json_t *body = sb_json(call);

	if (!body || json_is_object(json_object_get(body, "properties")))
		return body;
	hubspot_fail(call, 400, "VALIDATION_ERROR",
		     "Invalid input JSON: Some required fields were not set: [properties]");
	return NULL;
}

void hubspot_post(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	struct hubspot_refusal refusal = { 0 };
	struct hubspot_shape shape;
	const struct sb_record *record;
	const json_t *body;

	if (!object || !hubspot_may(call, object, "write"))
		return;
	body = input_of(call);
	if (!body)
		return;
	record = hubspot_create(call, object, body, &refusal);
	if (!record) {
		hubspot_refuse(call, &refusal);
		return;
	}
	shape = hubspot_shape_of_written(call, json_object_get(body, "properties"));
	sb_reply_json(call, 201, hubspot_object(call, record, &shape));
}

void hubspot_patch(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	struct hubspot_refusal refusal = { 0 };
	struct hubspot_shape shape;
	struct sb_record *record;
	const json_t *body;

	if (!object || !hubspot_may(call, object, "write"))
		return;
	body = input_of(call);
	record = body ? record_of_path(call, object) : NULL;
	if (!record)
		return;
	if (!hubspot_update(call, record, json_object_get(body, "properties"), &refusal)) {
		hubspot_refuse(call, &refusal);
		return;
	}
	shape = hubspot_shape_of_written(call, json_object_get(body, "properties"));
	sb_reply_json(call, 200, hubspot_object(call, record, &shape));
}

/* Archiving what is not there is 204 too. */
void hubspot_archive(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	struct sb_record *record;

	if (!object || !hubspot_may(call, object, "write"))
		return;
	record = survivor(sb_record_find(object, sb_param(call, 1)));
	if (record) {
		call->key = record->id;
		sb_record_delete(call, record);
	}
	sb_reply_empty(call, 204);
}

/* --- merge --- */

#define IDENTITIES_MAX 250

static json_t *joined(const struct sb_record *a, const struct sb_record *b, const char *name,
		      const char *more, struct arena *arena)
{
	const char *x = sb_record_text_of(a, name, arena), *y = sb_record_text_of(b, name, arena);
	struct buf buf;
	const char *parts[] = { x, y, more };

	buf_init(&buf, arena, 65536);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		if (text_is_empty(parts[i]))
			continue;
		buf_add(&buf, buf.len ? ";" : "");
		buf_add(&buf, parts[i]);
	}
	return buf.len && !buf.is_over ? json_string(buf.text) : NULL;
}

/* The primary's values win; the other's fill what is empty. */
static json_t *merged_values(struct sb_call *call, const struct sb_record *primary,
			     const struct sb_record *other)
{
	json_t *values = json_keep(call->arena, json_object());

	for (size_t i = 0; i < sb_object_nfields(primary->object); i++) {
		const struct sb_field *field = sb_object_field(primary->object, i);
		json_t *theirs;

		if (field->flags & (SB_UNIQUE | SB_READ_ONLY | SB_ARCHIVED) ||
		    sb_record_text(primary, field, call->arena))
			continue;
		theirs = sb_record_value(other, field);
		if (theirs)
			json_object_set_new(values, field->name, theirs);
	}
	return values;
}

static struct sb_record *merge(struct sb_call *call, struct sb_record *primary,
			       struct sb_record *other)
{
	json_t *ids = joined(primary, other, "hs_merged_object_ids", other->id, call->arena);
	const char *email = sb_record_text_of(other, "email", call->arena);
	json_t *emails = sb_field_find(primary->object, "hs_additional_emails") ?
				 joined(primary, other, "hs_additional_emails", email,
					call->arena) :
				 NULL;

	sb_record_update(call, primary, merged_values(call, primary, other));
	sb_record_merge(call, primary, other);
	if (ids)
		sb_record_derive(call, primary, "hs_merged_object_ids", ids);
	if (emails)
		sb_record_derive(call, primary, "hs_additional_emails", emails);
	return primary;
}

/* The newer behaviour: a third record takes the place of both. */
static struct sb_record *merge_into_new(struct sb_call *call, struct sb_record *primary,
					struct sb_record *other)
{
	struct sb_record *fresh = sb_record_create(call, primary->object,
						   json_keep(call->arena, json_object()), NULL);
	json_t *values = json_keep(call->arena, json_object());

	if (!fresh)
		return NULL;
	for (size_t i = 0; i < sb_object_nfields(primary->object); i++) {
		const struct sb_field *field = sb_object_field(primary->object, i);
		json_t *value = sb_record_value(primary, field);

		if (value)
			json_object_set_new(values, field->name, value);
	}
	merge(call, primary, other);
	sb_record_merge(call, fresh, primary);
	sb_record_update(call, fresh, values);
	return fresh;
}

/* A record and those that were merged into it. */
static size_t identities(const struct sb_record *record, struct arena *arena)
{
	const char *ids = sb_record_text_of(record, "hs_merged_object_ids", arena);
	size_t count = 1;

	if (text_is_empty(ids))
		return count;
	for (count++; *ids; ids++)
		count += *ids == ';';
	return count;
}

void hubspot_merge(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	struct hubspot_shape shape = { .is_default = true };
	const json_t *body;
	const char *primary_id, *other_id;
	struct sb_record *primary, *other;
	bool is_bad;

	if (!object || !hubspot_may(call, object, "write"))
		return;
	body = sb_json(call);
	if (!body)
		return;
	primary_id = json_string_of(body, "primaryObjectId");
	other_id = json_string_of(body, "objectIdToMerge");
	if (!primary_id || !other_id || strcmp(primary_id, other_id) == 0) {
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "primaryObjectId and objectIdToMerge must be two different ids");
		return;
	}
	primary = hubspot_object_find(object, primary_id, NULL, &is_bad);
	other = hubspot_object_find(object, other_id, NULL, &is_bad);
	if (!primary || !other || primary == other) {
		hubspot_not_found(call);
		return;
	}
	if (identities(primary, call->arena) + identities(other, call->arena) > IDENTITIES_MAX) {
		hubspot_fail(call, 414, "MERGE_LIMIT",
			     "A record cannot be merged of more than %d others.", IDENTITIES_MAX);
		return;
	}
	call->key = primary->id;
	primary = sb_switch(call->account, "merge_new_id") ?
			  merge_into_new(call, primary, other) :
			  merge(call, primary, other);
	if (primary)
		sb_reply_json(call, 200, hubspot_object(call, primary, &shape));
	else
		hubspot_problem(call, SB_PROBLEM_FULL, 0);
}

/* --- deletion for privacy --- */

/* An unknown address goes on a blocklist and can then never be created (5). */
void hubspot_gdpr_delete(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	const json_t *body;
	const char *id;
	struct sb_record *record;
	bool is_bad;

	if (!object || !hubspot_may(call, object, "write"))
		return;
	body = sb_json(call);
	id = body ? json_string_of(body, "objectId") : NULL;
	if (body && !id)
		hubspot_fail(call, 400, "VALIDATION_ERROR", "objectId is required");
	if (!id)
		return;
	record = hubspot_object_find(object, id, json_string_of(body, "idProperty"), &is_bad);
	if (record)
		sb_record_purge(call, record);
	else
		json_object_set_new(json_object_get(call->account->extra, "blocked"),
				    text_lower_ascii(call->arena, id), json_true());
	sb_touch(call);
	sb_reply_empty(call, 204);
}
