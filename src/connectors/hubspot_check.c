/* hubspot_check.c - whether a HubSpot connection works, what it may still call, and what
 * fields there are (fact sheet, sections 3 and 8). Threads: pure. */
#include <string.h>

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/hubspot.h"

static const char *problem_of(struct exchange *x)
{
	struct hubspot_error error;

	hubspot_reply_error(x, &error);
	return error.reason;
}

static bool is_good(const struct exchange *x)
{
	return x->reply->failure == HTTP_REPLIED && x->reply->status == 200 &&
	       !answer_is_page(x->reply);
}

/* The account's details need no scope of ours: when they are refused the check goes on. */
static void read_account(struct exchange *x)
{
	const json_t *json = is_good(x) ? exchange_json(x) : NULL;

	x->report->account = answer_id(x->arena, json_object_get(json, "portalId"));
	x->report->account_name = answer_text(x->arena, json_object_get(json, "uiDomain"));
}

static enum turn read_key(struct exchange *x)
{
	const json_t *json = exchange_json(x);
	const char *name = json_string_of(json, "name");

	if (is_good(x) && text_equal(name, HUBSPOT_KEY)) {
		x->report->is_ok = true;
		x->report->has_remote_key =
			json_is_true(json_object_get(json, "hasUniqueValue"));
		if (!x->report->has_remote_key)
			x->report->problem = "the property " HUBSPOT_KEY " takes the same value "
					     "twice: delete it and create it again with "
					     "\"require unique values\"";
		return TURN_DONE;
	}
	if (x->reply->failure == HTTP_REPLIED && x->reply->status == 404 &&
	    json_string_of(json, "message")) {
		x->report->is_ok = true;
		x->report->problem = arena_printf(x->arena,
						  "the property " HUBSPOT_KEY " is missing: create "
						  "it on %s as single-line text with unique values",
						  x->object);
		return TURN_DONE;
	}
	x->report->problem = is_good(x) ? "the answer is not HubSpot's" : problem_of(x);
	return TURN_DONE;
}

static const char *key_path(struct exchange *x)
{
	struct buf buf;

	buf_init(&buf, x->arena, 4096);
	buf_add(&buf, HUBSPOT_PROPERTIES);
	buf_add_url(&buf, x->object);
	buf_add(&buf, "/" HUBSPOT_KEY);
	return buf_text(&buf);
}

enum turn hubspot_check(struct exchange *x)
{
	if (x->turn == 0)
		return exchange_send(x, "GET", HUBSPOT_ACCOUNT "details", NULL);
	if (x->turn > 1)
		return read_key(x);
	if (x->reply->failure != HTTP_REPLIED || x->reply->status == 401 ||
	    x->reply->status >= 500 || answer_is_page(x->reply)) {
		x->report->problem = problem_of(x);
		return TURN_DONE;
	}
	read_account(x);
	return exchange_send(x, "GET", key_path(x), NULL);
}

/* Unique from the start: it cannot be switched on later (section 3). */
static enum turn send_key(struct exchange *x, const char *group)
{
	struct buf path, body;

	buf_init(&path, x->arena, 4096);
	buf_add(&path, HUBSPOT_PROPERTIES);
	buf_add_url(&path, x->object);
	buf_init(&body, x->arena, 4096);
	buf_add(&body, "{\"name\":\"" HUBSPOT_KEY "\",\"label\":\"Fairlead lead id\","
		       "\"groupName\":");
	buf_add_json(&body, group);
	buf_add(&body, ",\"type\":\"string\",\"fieldType\":\"text\",\"hasUniqueValue\":true,"
		       "\"description\":\"Written by Fairlead: do not change\"}");
	return exchange_send(x, "POST", buf_text(&path), buf_text(&body));
}

/* Every property stands in a group, which other objects call otherwise. */
static enum turn ask_groups(struct exchange *x)
{
	struct buf path;

	buf_init(&path, x->arena, 4096);
	buf_add(&path, HUBSPOT_PROPERTIES);
	buf_add_url(&path, x->object);
	buf_add(&path, "/groups");
	return exchange_send(x, "GET", buf_text(&path), NULL);
}

enum turn hubspot_create_key(struct exchange *x)
{
	bool is_contacts = strcmp(x->object, "contacts") == 0;
	const char *group;

	if (x->turn == 0)
		return is_contacts ? send_key(x, "contactinformation") : ask_groups(x);
	if (x->turn == 1 && !is_contacts) {
		group = is_good(x) ? json_string_value(json_at(exchange_json(x),
							       "$.results[0].name")) :
				     NULL;
		if (group && strlen(group) < 200)
			return send_key(x, group);
		x->report->problem = is_good(x) ? "the object has no group of properties" :
						  problem_of(x);
		return TURN_DONE;
	}
	x->report->is_ok = x->report->has_remote_key =
		x->reply->failure == HTTP_REPLIED && x->reply->status == 201 &&
		!answer_is_page(x->reply);
	if (!x->report->is_ok)
		x->report->problem = problem_of(x);
	return TURN_DONE;
}

static int64_t header_number(const struct http_reply *reply, const char *name)
{
	const char *text = http_header_find(&reply->headers, name);
	int64_t number;

	return text && text_int(text, &number) && number >= 0 ? number : -1;
}

/* OAuth apps have no daily budget and are refused here: that is no problem. */
enum turn hubspot_limits(struct exchange *x)
{
	const json_t *usage;

	if (x->turn == 0)
		return exchange_send(x, "GET", HUBSPOT_ACCOUNT "api-usage/daily/private-apps",
				     NULL);
	x->report->calls_max = header_number(x->reply, "X-HubSpot-RateLimit-Daily");
	x->report->calls_left = header_number(x->reply, "X-HubSpot-RateLimit-Daily-Remaining");
	x->report->is_ok = x->reply->failure == HTTP_REPLIED && x->reply->status < 500 &&
			   x->reply->status != 401 && !answer_is_page(x->reply);
	if (!x->report->is_ok)
		x->report->problem = problem_of(x);
	usage = is_good(x) ? json_at(exchange_json(x), "$.results[0]") : NULL;
	if (json_int_of(usage, "usageLimit", -1) >= 0) {
		x->report->calls_max = json_int_of(usage, "usageLimit", -1);
		x->report->calls_left = x->report->calls_max -
					json_int_of(usage, "currentUsage", 0);
	}
	return TURN_DONE;
}

/* --- describe ----------------------------------------------------------------------- */

#define TEXT_LENGTH 65536

static const struct {
	const char *type, *field_type; /* field_type NULL: any */
	enum catalog_type is;
} types[] = {
	{ "string", "textarea", CATALOG_TEXTAREA },
	{ "string", "html", CATALOG_TEXTAREA },
	{ "string", "phonenumber", CATALOG_PHONE },
	{ "string", NULL, CATALOG_TEXT },
	{ "number", NULL, CATALOG_NUMBER },
	{ "date", NULL, CATALOG_DATE },
	{ "datetime", NULL, CATALOG_DATETIME },
	{ "enumeration", "checkbox", CATALOG_MULTI_PICKLIST },
	{ "enumeration", NULL, CATALOG_PICKLIST },
	{ "bool", NULL, CATALOG_BOOLEAN },
	{ "phone_number", NULL, CATALOG_PHONE },
};

static enum catalog_type type_of(const json_t *property)
{
	const char *type = json_string_of(property, "type");
	const char *field_type = json_string_of(property, "fieldType");

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (text_equal(types[i].type, type) &&
		    (!types[i].field_type || text_equal(types[i].field_type, field_type)))
			return types[i].is;
	return CATALOG_ANY;
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
			.is_hidden = json_is_true(json_object_get(item, "hidden")),
		};
	}
	field->options = options;
}

static bool is_true(const json_t *json, const char *name)
{
	return json_is_true(json_object_get(json, name));
}

static bool read_property(struct exchange *x, const json_t *json,
			  struct catalog_field *field)
{
	const json_t *rules = json_object_get(json, "modificationMetadata");
	bool is_email, is_read_only = is_true(rules, "readOnlyValue") || is_true(json, "calculated");

	field->name = json_string_of(json, "name");
	if (text_is_empty(field->name) || is_true(json, "archived"))
		return false;
	is_email = strcmp(field->name, "email") == 0;
	field->label = json_string_of(json, "label");
	field->type = is_email ? CATALOG_EMAIL : type_of(json);
	if (text_equal(json_string_of(json, "type"), "string"))
		field->length = TEXT_LENGTH;
	field->is_creatable = field->is_updatable = !is_read_only;
	field->is_unique = field->is_key = is_email || is_true(json, "hasUniqueValue");
	field->has_open_options = is_true(json, "externalOptions");
	if (!field->has_open_options)
		read_options(x, json_object_get(json, "options"), field);
	return true;
}

static enum turn read_properties(struct exchange *x)
{
	const json_t *list = is_good(x) ? json_object_get(exchange_json(x), "results") : NULL;
	size_t count = json_array_size(list), kept = 0;
	struct catalog_field *fields =
		arena_array(x->arena, count + HUBSPOT_ASSOCIATIONS_MAX, sizeof(*fields));

	for (size_t i = 0; i < count; i++) {
		fields[kept] = (struct catalog_field){ .name = NULL };
		kept += read_property(x, json_array_get(list, i), &fields[kept]);
	}
	if (kept)
		kept += hubspot_association_fields(x->object, &fields[kept]);
	*x->catalog = (struct catalog){
		.object = kept ? x->object : NULL,
		.fields = fields,
		.nfields = kept,
		.read_at = x->now,
	};
	return TURN_DONE;
}

enum turn hubspot_describe(struct exchange *x)
{
	struct buf buf;

	if (x->turn > 0) {
		if (!is_good(x) && x->report)
			x->report->problem = problem_of(x);
		return read_properties(x);
	}
	buf_init(&buf, x->arena, 4096);
	buf_add(&buf, HUBSPOT_PROPERTIES);
	buf_add_url(&buf, x->object);
	buf_add(&buf, "?archived=false&dataSensitivity=non_sensitive");
	return exchange_send(x, "GET", buf_text(&buf), NULL);
}
