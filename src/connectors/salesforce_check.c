/* salesforce_check.c - whether a Salesforce connection works, what it may still call, and
 * what fields there are (fact sheet, sections 3 and 8). Threads: pure. */
#include <string.h>

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/salesforce.h"

static const char *problem_of(struct exchange *x)
{
	struct salesforce_error error;

	salesforce_reply_error(x, &error);
	return error.reason;
}

static bool is_good(const struct exchange *x)
{
	return x->reply->failure == HTTP_REPLIED && x->reply->status == 200 &&
	       !answer_is_page(x->reply);
}

static const char *describe_path(struct exchange *x)
{
	struct buf buf;

	buf_init(&buf, x->arena, 4096);
	buf_add(&buf, "/sobjects/");
	buf_add_url(&buf, x->object);
	buf_add(&buf, "/describe");
	return salesforce_path(x, buf_text(&buf));
}

static bool is_true(const json_t *json, const char *name)
{
	return json_is_true(json_object_get(json, name));
}

/* "api-usage=18/100000" stands on every answer. */
static void read_usage(struct exchange *x)
{
	const char *text = http_header_find(&x->reply->headers, "Sforce-Limit-Info");
	long long used, max;

	if (!text || sscanf(text, "api-usage=%lld/%lld", &used, &max) != 2 || used < 0 || max < 0)
		return;
	x->report->calls_max = max;
	x->report->calls_left = max > used ? max - used : 0;
}

static void read_account(struct exchange *x)
{
	const json_t *row = is_good(x) ? json_at(exchange_json(x), "$.records[0]") : NULL;

	x->report->account = salesforce_id(x->arena, json_object_get(row, "Id"));
	x->report->account_name = answer_text(x->arena, json_object_get(row, "Name"));
}

static const json_t *field_named(const json_t *fields, const char *name)
{
	for (size_t i = 0; i < json_array_size(fields); i++)
		if (text_equal(json_string_of(json_array_get(fields, i), "name"), name))
			return json_array_get(fields, i);
	return NULL;
}

bool salesforce_holds_key(const char *object, const json_t *field)
{
	return is_true(field, "externalId") && is_true(field, "createable") &&
	       (is_true(field, "unique") || text_equal(object, SALESFORCE_TASK));
}

static enum turn read_key(struct exchange *x)
{
	const json_t *json = is_good(x) ? exchange_json(x) : NULL;
	const json_t *fields = json_object_get(json, "fields");
	const json_t *key = field_named(fields, SALESFORCE_KEY);

	if (!json_is_array(fields)) {
		x->report->problem = is_good(x) ? "the answer is not Salesforce's" : problem_of(x);
		return TURN_DONE;
	}
	x->report->is_ok = true;
	x->report->has_remote_key = salesforce_holds_key(x->object, key);
	if (!key)
		x->report->problem = "the field " SALESFORCE_KEY " is missing, or not shown to "
				     "this user: create it as text, external id, unique, and "
				     "grant it";
	else if (!x->report->has_remote_key)
		x->report->problem = "the field " SALESFORCE_KEY " must be an external id, "
				     "unique, and writable by this user";
	return TURN_DONE;
}

/* Whether going on after a refused account query makes sense: some users may not read
 * the organisation. */
static bool is_refused_politely(const struct exchange *x)
{
	return x->reply->failure == HTTP_REPLIED && !answer_is_page(x->reply) &&
	       (x->reply->status == 400 || x->reply->status == 404);
}

enum turn salesforce_check(struct exchange *x)
{
	if (x->turn == 0)
		return salesforce_send(x, "GET",
				       salesforce_path(x, "/query?q=SELECT+Id,Name+FROM+"
							  "Organization"), NULL);
	read_usage(x);
	if (x->turn > 1)
		return read_key(x);
	if (!is_good(x) && !is_refused_politely(x)) {
		x->report->problem = problem_of(x);
		return TURN_DONE;
	}
	read_account(x);
	return salesforce_send(x, "GET", describe_path(x), NULL);
}

/* Tasks and events share their custom fields, which are made on what they have in common. */
static const char *home_of_fields(const char *object)
{
	return text_equal(object, SALESFORCE_TASK) ? "Activity" : object;
}

/* Section 3: a fresh field is invisible until a person grants it. */
enum turn salesforce_create_key(struct exchange *x)
{
	struct buf buf;

	if (x->turn > 0) {
		x->report->is_ok = x->reply->failure == HTTP_REPLIED &&
				   x->reply->status == 201 && !answer_is_page(x->reply);
		x->report->problem = x->report->is_ok ?
					     "the field " SALESFORCE_KEY " was made: grant it to "
					     "the integration user, to read and to edit, and test "
					     "again" :
					     problem_of(x);
		return TURN_DONE;
	}
	buf_init(&buf, x->arena, 4096);
	buf_add(&buf, "{\"FullName\":");
	buf_add_json(&buf, arena_printf(x->arena, "%s." SALESFORCE_KEY,
					home_of_fields(x->object)));
	buf_add(&buf, ",\"Metadata\":{\"label\":\"Fairlead Id\",\"type\":\"Text\",\"length\":64,"
		      "\"externalId\":true,\"unique\":true,\"caseSensitive\":false}}");
	return salesforce_send(x, "POST",
			       salesforce_path(x, "/tooling/sobjects/CustomField"),
			       buf_text(&buf));
}

enum turn salesforce_limits(struct exchange *x)
{
	const json_t *calls;

	if (x->turn == 0)
		return salesforce_send(x, "GET", salesforce_path(x, "/limits"), NULL);
	read_usage(x);
	calls = is_good(x) ? json_object_get(exchange_json(x), "DailyApiRequests") : NULL;
	x->report->is_ok = json_is_object(calls);
	if (!x->report->is_ok) {
		x->report->problem = is_good(x) ? "the answer is not Salesforce's" : problem_of(x);
		return TURN_DONE;
	}
	x->report->calls_max = json_int_of(calls, "Max", -1);
	x->report->calls_left = json_int_of(calls, "Remaining", -1);
	return TURN_DONE;
}

/* --- describe -------------------------------------------------------------------------- */

static const struct {
	const char *type;
	enum catalog_type is;
	bool has_length;
} types[] = {
	{ "string", CATALOG_TEXT, true },
	{ "encryptedstring", CATALOG_TEXT, true },
	{ "textarea", CATALOG_TEXTAREA, true },
	{ "email", CATALOG_EMAIL, true },
	{ "phone", CATALOG_PHONE, true },
	{ "url", CATALOG_URL, true },
	{ "picklist", CATALOG_PICKLIST, false },
	{ "combobox", CATALOG_PICKLIST, false },
	{ "multipicklist", CATALOG_MULTI_PICKLIST, false },
	{ "boolean", CATALOG_BOOLEAN, false },
	{ "int", CATALOG_INTEGER, false },
	{ "double", CATALOG_NUMBER, false },
	{ "currency", CATALOG_NUMBER, false },
	{ "percent", CATALOG_NUMBER, false },
	{ "date", CATALOG_DATE, false },
	{ "datetime", CATALOG_DATETIME, false },
	{ "time", CATALOG_TIME, false },
	{ "id", CATALOG_REFERENCE, false },
	{ "reference", CATALOG_REFERENCE, false },
};

static void read_type(const json_t *json, struct catalog_field *field)
{
	const char *type = json_string_of(json, "type");

	field->type = CATALOG_ANY;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (text_equal(types[i].type, type)) {
			field->type = types[i].is;
			if (types[i].has_length)
				field->length = (int)json_int_of(json, "length", 0);
		}
	field->precision = (int)json_int_of(json, "precision", 0);
	field->scale = (int)json_int_of(json, "scale", 0);
	if (field->type == CATALOG_INTEGER)
		field->precision = (int)json_int_of(json, "digits", 0);
}

static void read_options(struct exchange *x, const json_t *list, struct catalog_field *field)
{
	size_t count = json_array_size(list);
	struct catalog_option *options = arena_array(x->arena, count, sizeof(*options));

	for (size_t i = 0; i < count; i++) {
		const json_t *item = json_array_get(list, i);
		const char *value = json_string_of(item, "value");

		if (!value)
			continue;
		options[field->noptions++] = (struct catalog_option){
			.value = value,
			.label = json_string_of(item, "label"),
			.is_hidden = !is_true(item, "active"),
		};
	}
	field->options = options;
}

static bool read_field(struct exchange *x, const json_t *json, struct catalog_field *field)
{
	field->name = json_string_of(json, "name");
	if (text_is_empty(field->name) || is_true(json, "deprecatedAndHidden"))
		return false;
	field->label = json_string_of(json, "label");
	read_type(json, field);
	field->is_creatable = is_true(json, "createable");
	field->is_updatable = is_true(json, "updateable");
	field->is_required = field->is_creatable &&
			     json_is_false(json_object_get(json, "nillable")) &&
			     !is_true(json, "defaultedOnCreate") &&
			     field->type != CATALOG_BOOLEAN;
	field->is_unique = is_true(json, "unique") ||
			   (text_equal(field->name, SALESFORCE_KEY) &&
			    salesforce_holds_key(x->object, json));
	field->is_key = is_true(json, "externalId") || is_true(json, "idLookup");
	if (field->type == CATALOG_PICKLIST || field->type == CATALOG_MULTI_PICKLIST) {
		field->has_open_options = !is_true(json, "restrictedPicklist");
		read_options(x, json_object_get(json, "picklistValues"), field);
	}
	return true;
}

static enum turn read_fields(struct exchange *x)
{
	const json_t *list = is_good(x) ? json_object_get(exchange_json(x), "fields") : NULL;
	size_t count = json_array_size(list), kept = 0;
	struct catalog_field *fields = arena_array(x->arena, count, sizeof(*fields));

	for (size_t i = 0; i < count; i++) {
		fields[kept] = (struct catalog_field){ .name = NULL };
		kept += read_field(x, json_array_get(list, i), &fields[kept]);
	}
	*x->catalog = (struct catalog){
		.object = kept ? x->object : NULL,
		.fields = fields,
		.nfields = kept,
		.read_at = x->now,
	};
	return TURN_DONE;
}

enum turn salesforce_describe(struct exchange *x)
{
	if (x->turn == 0)
		return salesforce_send(x, "GET", describe_path(x), NULL);
	if (!is_good(x) && x->report)
		x->report->problem = problem_of(x);
	return read_fields(x);
}
