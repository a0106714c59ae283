/* salesforce_describe.c - what Salesforce says of itself: versions, objects, fields,
 * limits (fact sheet 1, 3, 8). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/salesforce.h"

void sf_versions(struct sb_call *call)
{
	static const char *const seasons[] = { "Spring", "Summer", "Winter" };
	json_t *list = json_array();

	/* Spring '26 is 66; three a year. */
	for (int version = 41; version <= 68; version++) {
		int year = 26 + (version - 66 - (version < 66 ? 2 : 0)) / 3;
		int season = (version - 66 + 300) % 3;

		json_array_append_new(
			list, json_pack("{so so so}", "label",
					sb_json_printf("%s '%d", seasons[season],
						       season == 2 ? year + 1 : year),
					"url", sb_json_printf("/services/data/v%d.0", version),
					"version", sb_json_printf("%d.0", version)));
	}
	sb_reply_json(call, 200, list);
}

void sf_retired(struct sb_call *call)
{
	sf_fail(call, 410, "UNSUPPORTED_API_VERSION",
		"The requested API version is retired. Use a later one.");
}

void sf_resources(struct sb_call *call)
{
	static const char *const names[] = { "sobjects", "query", "queryAll", "search",
					     "parameterizedSearch", "composite", "jobs",
					     "limits" };
	json_t *json = json_object();

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_object_set_new(json, names[i],
				    sb_json_printf("%s/%s", sf_base(call), names[i]));
	sb_reply_json(call, 200, json);
}

void sf_limits(struct sb_call *call)
{
	static const struct {
		const char *name, *window;
	} limits[] = { { "DailyApiRequests", "daily" },
		       { "DailyBulkApiBatches", "bulk_batches" },
		       { "DailyBulkV2QueryJobs", "bulk_queries" } };
	json_t *json = json_object();

	for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
		struct sb_window *window = sb_window_find(call->account, limits[i].window);

		json_object_set_new(json, limits[i].name,
				    json_pack("{sI sI}", "Max", (json_int_t)window->max,
					      "Remaining",
					      (json_int_t)sb_window_remaining(window, call->now)));
	}
	sb_reply_json(call, 200, json);
}

/* --- objects --- */

static json_t *object_json(const struct sb_call *call, const struct sb_object *object)
{
	const struct sb_object_spec *spec = sb_object_spec(object);
	const char *url = arena_printf(call->arena, "%s/sobjects/%s", sf_base(call), spec->name);
	bool is_writable = !sf_kind_of(object)->is_read_only;

	return json_pack("{ss ss ss sb sb sb sb sb sb s{ss so so}}", "name", spec->name, "label",
			 spec->label, "keyPrefix", spec->prefix, "createable", is_writable,
			 "updateable", is_writable, "deletable", is_writable, "queryable", 1,
			 "custom", 0, "searchable", sf_kind_of(object)->is_searched, "urls", "sobject", url, "describe",
			 sb_json_printf("%s/describe", url), "rowTemplate",
			 sb_json_printf("%s/{ID}", url));
}

void sf_sobjects(struct sb_call *call)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sf_nkinds; i++)
		json_array_append_new(
			list, object_json(call, sb_object_find(call->account, sf_kinds[i].name)));
	sb_reply_json(call, 200, json_pack("{ss si so}", "encoding", "UTF-8", "maxBatchSize", 200,
					   "sobjects", list));
}

void sf_sobject(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);

	if (object)
		sb_reply_json(call, 200, json_pack("{so s[]}", "objectDescribe",
						   object_json(call, object), "recentItems"));
}

/* --- fields --- */

static const char *type_of(const struct sb_field *field)
{
	static const char *const names[] = {
		[SB_TEXT] = "string",	    [SB_LONG_TEXT] = "textarea",
		[SB_EMAIL] = "email",	    [SB_PHONE] = "phone",
		[SB_URL] = "url",	    [SB_INTEGER] = "int",
		[SB_NUMBER] = "double",	    [SB_BOOLEAN] = "boolean",
		[SB_DATE] = "date",	    [SB_DATETIME] = "datetime",
		[SB_PICKLIST] = "picklist", [SB_MULTI] = "multipicklist",
		[SB_REFERENCE] = "reference", [SB_JSON] = "anyType",
	};

	return field->kind ? field->kind : names[field->type];
}

static json_t *options_json(const struct sb_field *field)
{
	json_t *list = json_array();

	for (size_t i = 0; i < field->noptions; i++)
		json_array_append_new(
			list, json_pack("{sb sb ss sn ss}", "active", !field->options[i].is_hidden,
					"defaultValue", 0, "label", field->options[i].label,
					"validFor", "value", field->options[i].value));
	return list;
}

static json_t *refers_json(const struct sb_field *field)
{
	json_t *list = json_array();
	const char *at = field->refers_to ? field->refers_to : "";

	while (*at) {
		size_t len = strcspn(at, "|");

		json_array_append_new(list, json_stringn(at, len));
		at += len + (at[len] == '|');
	}
	return list;
}

static json_t *field_json(const struct sb_field *field)
{
	bool is_writable = !(field->flags & (SB_READ_ONLY | SB_CALCULATED));
	bool is_number = field->type == SB_NUMBER, is_whole = field->type == SB_INTEGER;
	bool is_nillable = !(field->flags & (SB_REQUIRED | SF_COMPUTED)) &&
			   field->type != SB_BOOLEAN;
	json_t *json = json_pack(
		"{ss ss ss si si si si sb sb sb sb}", "name", field->name, "label", field->label,
		"type", type_of(field), "length", field->max_len, "precision", is_number ? 18 : 0,
		"scale", is_number ? 2 : 0, "digits", is_whole ? 8 : 0, "nillable", is_nillable,
		"createable", is_writable, "updateable", is_writable, "defaultedOnCreate",
		(field->flags & SB_DEFAULTED || field->type == SB_BOOLEAN) != 0);

	json_object_update_new(
		json,
		json_pack("{sb sb sb sb sb sb sb sb sb sb so so}", "custom",
			  (field->flags & SB_CUSTOM) != 0, "unique",
			  (field->flags & SB_UNIQUE) != 0, "externalId",
			  sf_field_is_external(field), "idLookup",
			  sf_field_identifies(field) || strcmp(field->name, "Id") == 0,
			  "restrictedPicklist",
			  field->type == SB_PICKLIST && !(field->flags & SB_OPEN), "calculated",
			  (field->flags & SB_CALCULATED) != 0, "nameField",
			  strcmp(field->name, "Name") == 0, "filterable",
			  field->type != SB_LONG_TEXT, "sortable", field->type != SB_LONG_TEXT,
			  "deprecatedAndHidden", 0, "picklistValues", options_json(field),
			  "referenceTo", refers_json(field)));
	return json;
}

/* Answers 304 when the fields are as they were at If-Modified-Since, in whole seconds. */
static bool is_unmodified(struct sb_call *call, const struct sb_object *object)
{
	const char *text = sb_header(call, "If-Modified-Since");
	int64_t since;

	if (!text || !http_date_parse(text, &since))
		return false;
	for (size_t i = 0; i < sb_object_nfields(object); i++)
		if (sb_object_field(object, i)->updated_at >= since + 1000)
			return false;
	sb_reply_empty(call, 304);
	return true;
}

void sf_describe(struct sb_call *call)
{
	struct sb_object *object = sf_object_of_path(call, 0);
	json_t *fields, *json;

	if (!object || is_unmodified(call, object))
		return;
	fields = json_array();
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (!(field->flags & (SB_HIDDEN | SB_ARCHIVED)))
			json_array_append_new(fields, field_json(field));
	}
	json = object_json(call, object);
	json_object_set_new(json, "fields", fields);
	json_object_set_new(json, "recordTypeInfos", json_array());
	json_object_set_new(json, "childRelationships", json_array());
	sb_reply_json(call, 200, json);
}
