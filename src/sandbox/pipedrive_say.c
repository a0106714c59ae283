/* pipedrive_say.c - how Pipedrive words refusals and renders records (5, 6, 9). Threads:
 * under the sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/page.h"
#include "sandbox/pipedrive.h"

#define PAGE_MAX 500

/* --- refusals --- */

static json_t *envelope(const char *error, const char *info)
{
	return json_pack("{sb ss ss sn sn}", "success", 0, "error", error, "error_info",
			 info ? info : "Please check developers.pipedrive.com for more "
				       "information about Pipedrive API.",
			 "data", "additional_data");
}

void sb_pipedrive_fail(struct sb_call *call, int status, const char *info, const char *format,
		       ...)
{
	va_list args;
	char *error;

	va_start(args, format);
	error = arena_vprintf(call->arena, format, args);
	va_end(args);
	sb_reply_json(call, status, envelope(error, info));
}

void sb_pipedrive_not_found(struct sb_call *call)
{
	sb_pipedrive_fail(call, 404, "Object was not found.", "Entity was not found");
}

static void say_rate(struct sb_call *call)
{
	sb_reply_json(call, 429, json_pack("{sb ss si}", "success", 0, "error",
					   "request over limit", "errorCode", 429));
}

static void say_unauthorized(struct sb_call *call)
{
	char id[SB_UUID_SIZE];

	sb_rng_uuid(&call->rng, id);
	sb_reply_json(call, 401,
		      json_pack("{sb ss si ss}", "success", 0, "error", "unauthorized access",
				"errorCode", 401, "error_info",
				"Please check developers.pipedrive.com"));
	sb_reply_header(call, "x-401-by-gw", "true");
	sb_reply_header(call, "x-correlation-id", id);
}

static void say_status(struct sb_call *call, int status)
{
	if (status == 500)
		sb_reply_json(call, 500, json_pack("{sb ss ss}", "success", 0, "error",
						   "Internal Server Error", "code",
						   "ERR_UNKNOWN"));
	else if (status == 402)
		sb_pipedrive_fail(call, 402, NULL, "Company account is not open");
	else if (status == 410)
		sb_pipedrive_fail(call, 410, NULL, "Object is gone");
	else if (status == 415)
		sb_pipedrive_fail(call, 415, NULL, "This feature is not enabled");
	else
		sb_pipedrive_fail(call, status, NULL, "Service is unavailable");
}

void sb_pipedrive_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		say_rate(call);
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		say_unauthorized(call);
		break;
	case SB_PROBLEM_FORBIDDEN:
		sb_pipedrive_fail(call, 403, NULL, "Scope and URL mismatch");
		break;
	case SB_PROBLEM_BAD_JSON:
		sb_pipedrive_fail(call, 400, NULL, "Bad request: the body is not valid JSON");
		break;
	case SB_PROBLEM_LOCKED:
	case SB_PROBLEM_FULL:
		say_status(call, 503);
		break;
	case SB_PROBLEM_SERVER:
		say_status(call, status);
		break;
	}
}

/* --- answers --- */

void sb_pipedrive_data(struct sb_call *call, int status, json_t *data, json_t *more)
{
	json_t *json = json_pack("{sb so}", "success", 1, "data", data);

	if (more)
		json_object_set_new(json, "additional_data", more);
	sb_reply_json(call, status, json);
}

bool sb_pipedrive_offset(struct sb_call *call, int64_t *start, int64_t *limit)
{
	if (sb_page_number(sb_query(call, "start"), 0, 0, INT32_MAX, start) &&
	    sb_page_number(sb_query(call, "limit"), 100, 1, PAGE_MAX, limit))
		return true;
	sb_pipedrive_fail(call, 400, NULL, "Bad request: start is a number, limit is 1 to %d",
			  PAGE_MAX);
	return false;
}

json_t *sb_pipedrive_pagination(int64_t start, int64_t limit, size_t total)
{
	bool is_more = (size_t)(start + limit) < total;
	json_t *page = json_pack("{sI sI sb}", "start", (json_int_t)start, "limit",
				 (json_int_t)limit, "more_items_in_collection", is_more);

	if (is_more)
		json_object_set_new(page, "next_start", json_integer(start + limit));
	return json_pack("{so}", "pagination", page);
}

/* --- records --- */

json_t *sb_pipedrive_id(const struct sb_record *record)
{
	return sb_pipedrive_kind_of(record->object)->is_uuid ?
		       json_string(record->id) :
		       json_integer(sb_id_number(record->id));
}

/* "Jo North": all after the first blank is the last name. */
static void add_names(struct sb_call *call, const struct sb_record *record, json_t *json)
{
	const char *name = sb_record_text_of(record, "name", call->arena);
	size_t len = name ? strcspn(name, " ") : 0;

	json_object_set_new(json, "first_name", json_stringn(name ? name : "", len));
	json_object_set_new(json, "last_name",
			    name && name[len] ? json_string(name + len + 1) : json_null());
}

/* The keys that a query names in "custom_fields=a,b" (15 at most); NULL names all. */
static bool is_wanted(struct sb_call *call, const char *name)
{
	const char *at = sb_query(call, "custom_fields");

	if (!at)
		return true;
	while (*at) {
		size_t len = strcspn(at, ",");

		if (strlen(name) == len && strncmp(at, name, len) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

static json_t *label_of(const struct sb_field *field, json_int_t number)
{
	for (size_t i = 0; i < field->noptions; i++)
		if (field->options[i].number == number)
			return json_pack("{sI ss}", "id", number, "label",
					 field->options[i].label);
	return json_integer(number);
}

/* include_option_labels: an option's number becomes {id, label} (3). */
static json_t *with_labels(const struct sb_field *field, json_t *value)
{
	json_t *list, *item;
	size_t i;

	if (!field->noptions)
		return value;
	if (json_is_integer(value)) {
		list = label_of(field, json_integer_value(value));
	} else if (json_is_array(value)) {
		list = json_array();
		json_array_foreach(value, i, item)
			json_array_append_new(list, label_of(field, json_integer_value(item)));
	} else {
		return value;
	}
	json_decref(value);
	return list;
}

static json_t *custom_fields(struct sb_call *call, const struct sb_record *record)
{
	bool is_labelled = text_equal(sb_query(call, "include_option_labels"), "true");
	json_t *custom = json_object();

	for (size_t i = 0; i < sb_object_nfields(record->object); i++) {
		const struct sb_field *field = sb_object_field(record->object, i);
		json_t *value;

		if (!(field->flags & SB_CUSTOM) || field->flags & (SB_ARCHIVED | SB_HIDDEN) ||
		    !is_wanted(call, field->name))
			continue;
		value = sb_record_value(record, field);
		if (value && is_labelled)
			value = with_labels(field, value);
		json_object_set_new(custom, field->name, value ? value : json_null());
	}
	return custom;
}

static void add_times(struct sb_call *call, const struct sb_record *record,
		      enum sb_time_style style, json_t *json)
{
	json_object_set_new(json, "add_time", sb_render_time(call, record->created_at, style));
	json_object_set_new(json, "update_time", sb_render_time(call, record->updated_at, style));
}

static json_t *nested_json(struct sb_call *call, const struct sb_record *record)
{
	json_t *json = json_pack("{so}", "id", sb_pipedrive_id(record));

	sb_render_fields(record, 0, SB_CUSTOM, PIPEDRIVE_LIST, json);
	if (strcmp(sb_object_spec(record->object)->name, "persons") == 0)
		add_names(call, record, json);
	json_object_set_new(json, "is_deleted", json_boolean(record->state != SB_LIVE));
	add_times(call, record, SB_TIME_ZULU, json);
	if (sb_pipedrive_kind_of(record->object)->path)
		json_object_set_new(json, "custom_fields", custom_fields(call, record));
	return json;
}

static void drop_nulls(json_t *json)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe(json, next, name, value)
		if (json_is_null(value))
			json_object_del(json, name);
}

static void add_note_user(struct sb_call *call, const struct sb_record *record, json_t *json)
{
	const char *id = sb_record_text_of(record, "user_id", call->arena);
	const struct sb_record *user = sb_live_find(call->account, "users", id);

	if (user)
		json_object_set_new(
			json, "user",
			json_pack("{so so sb sn}", "email", sb_record_value_of(user, "email"), "name",
				  sb_record_value_of(user, "name"), "is_you",
				  text_equal(id, PIPEDRIVE_USER), "icon_url"));
}

/* Leads drop what has no value (7); notes say whose they are (12). */
static json_t *flat_json(struct sb_call *call, const struct sb_record *record)
{
	const char *name = sb_object_spec(record->object)->name;
	json_t *json = json_pack("{so}", "id", sb_pipedrive_id(record));

	sb_render_fields(record, 0, 0, PIPEDRIVE_LIST, json);
	add_times(call, record, SB_TIME_BLANK, json);
	if (strcmp(name, "leads") == 0) {
		json_object_set_new(json, "add_time", sb_json_time(record->created_at));
		json_object_set_new(json, "update_time", sb_json_time(record->updated_at));
		json_object_set_new(json, "cc_email",
				    sb_json_printf("%s+%llu+lead%.8s@pipedrivemail.com",
						   call->account->name,
						   (unsigned long long)call->account->remote_id,
						   record->id));
		if (!sb_switch(call->account, "lead_nulls"))
			drop_nulls(json);
	} else if (strcmp(name, "notes") == 0) {
		json_object_set_new(json, "active_flag", json_boolean(record->state == SB_LIVE));
		add_note_user(call, record, json);
	} else if (strcmp(name, "users") == 0) {
		json_object_set_new(json, "is_deleted", json_false());
		json_object_set_new(json, "is_you",
				    json_boolean(text_equal(record->id, PIPEDRIVE_USER)));
	}
	return json;
}

json_t *sb_pipedrive_json(struct sb_call *call, const struct sb_record *record)
{
	return sb_pipedrive_kind_of(record->object)->is_flat ? flat_json(call, record) :
								nested_json(call, record);
}
