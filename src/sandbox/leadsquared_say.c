/* leadsquared_say.c - how LeadSquared words refusals and renders leads (1, 4, 9). Threads:
 * under the sandbox's lock. */
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/leadsquared.h"

#define PAGE_MAX 10000000

const char lsq_mandatory[] = "MXMandatoryAttributeMissingException";
const char lsq_unknown_attribute[] = "MXUnknownAttributeException";
const char lsq_invalid[] = "MXInvalidInputException";
const char lsq_duplicate[] = "MXDuplicateEntryException";
const char lsq_gone[] = "MXInvalidEntityReferenceException";
const char lsq_duplicate_name[] = "MXDuplicateEntityNameException";
const char lsq_activity_fields[] = "MXInvalidActivityFieldsException";
const char lsq_script[] = "MXXSSException";

/* --- refusals (9) --- */

static void say(struct sb_call *call, int status, const char *type, const char *message)
{
	sb_reply_json(call, status, json_pack("{ss ss ss}", "Status", "Error", "ExceptionType",
					      type, "ExceptionMessage", message));
}

void lsq_wrong(struct sb_call *call, struct lsq_refusal *refusal, const char *type,
	       const char *format, ...)
{
	va_list args;

	if (refusal->type)
		return;
	va_start(args, format);
	refusal->type = type;
	refusal->message = arena_vprintf(call->arena, format, args);
	va_end(args);
}

/* Refusals of what was asked are 500 as a rule, so that no status tells them apart. */
void lsq_refuse(struct sb_call *call, const struct lsq_refusal *refusal)
{
	int64_t as = sb_switch(call->account, "errors_as");
	int status = as == 2				       ? 200 :
		     as == 1 && refusal->type == lsq_mandatory ? 400 :
								 500;

	say(call, status, refusal->type, refusal->message);
}

void lsq_fail(struct sb_call *call, const char *type, const char *format, ...)
{
	struct lsq_refusal refusal = { .type = type };
	va_list args;

	va_start(args, format);
	refusal.message = arena_vprintf(call->arena, format, args);
	va_end(args);
	lsq_refuse(call, &refusal);
}

/* The window that let nothing more through; without one, the plan's. */
static void say_limited(struct sb_call *call)
{
	static const char *const names[] = { "bulk", "calls", "day" };
	struct sb_window *window;

	if (!call->account) { /* of a path that is none */
		say(call, 429, "MXAPIRateLimitExceededException", "API calls exceeded the limit");
		return;
	}
	window = sb_window_find(call->account, "calls");

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct sb_window *one = sb_window_find(call->account, names[i]);
		bool counts = strcmp(names[i], "bulk") != 0 ||
			      (call->route && call->route->flags & LSQ_BULK);

		if (counts && one->max && !sb_window_remaining(one, call->now)) {
			window = one;
			break;
		}
	}
	say(call, 429, "MXAPIRateLimitExceededException",
	    arena_printf(call->arena, "API calls exceeded the limit of %lld in %lld second(s)",
			 (long long)window->max, (long long)window->length_ms / 1000));
}

void lsq_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	static const char broken[] = "{\"message\":\"Internal server error\"}";

	switch (problem) {
	case SB_PROBLEM_RATE:
		say_limited(call);
		break;
	case SB_PROBLEM_EXPIRED: /* keys do not expire: the user was deactivated */
	case SB_PROBLEM_REVOKED:
		say(call, 401, "MXInvalidAccessKeyException",
		    "Invalid Access Key or Secret Key");
		break;
	case SB_PROBLEM_FORBIDDEN:
		say(call, 500, "MXUnauthorizedAccessException",
		    "You do not have permission to perform this action");
		break;
	case SB_PROBLEM_BAD_JSON:
		say(call, 400, "MXInvalidInputException", "The request body is malformed");
		break;
	case SB_PROBLEM_LOCKED:
	case SB_PROBLEM_FULL:
		sb_reply_text(call, 503, "application/json", broken, sizeof(broken) - 1);
		break;
	case SB_PROBLEM_SERVER: /* without an MX body (9) */
		sb_reply_text(call, status, "application/json", broken, sizeof(broken) - 1);
		break;
	}
}

void lsq_success(struct sb_call *call, json_t *message)
{
	sb_reply_json(call, 200, json_pack("{ss so}", "Status", "Success", "Message", message));
}

json_t *lsq_body(struct sb_call *call)
{
	const char *type = sb_header(call, "Content-Type");

	if (type && strncasecmp(type, "application/json", 16) == 0)
		return sb_json(call);
	lsq_problem(call, SB_PROBLEM_BAD_JSON, 0);
	return NULL;
}

/* --- values (1, 4) --- */

const char *lsq_value_text(struct arena *arena, const json_t *value)
{
	if (json_is_boolean(value))
		return json_is_true(value) ? "1" : "0";
	if (json_is_number(value))
		return json_text(arena, value);
	return json_string_value(value);
}

const char *lsq_shown_text(struct arena *arena, const json_t *value)
{
	return json_is_object(value) ? json_text(arena, value) : lsq_value_text(arena, value);
}

json_t *lsq_time(const struct sb_call *call, int64_t ms)
{
	return sb_render_time(call, ms, SB_TIME_BLANK);
}

bool lsq_time_parse(const char *text, int64_t *ms)
{
	char zoned[32];
	size_t len = strlen(text);

	if (len < 19 || len > 23 || text[10] != ' ')
		return false;
	snprintf(zoned, sizeof(zoned), "%sZ", text);
	return clock_parse(zoned, ms);
}

static const char *time_text(struct sb_call *call, int64_t ms)
{
	return json_string_value(json_keep(call->arena, lsq_time(call, ms)));
}

static const char *of_record(struct sb_call *call, const struct sb_record *record,
			     const char *name)
{
	if (strcmp(name, "ProspectID") == 0)
		return record->id;
	if (strcmp(name, "ProspectAutoId") == 0)
		return arena_printf(call->arena, "%llu", (unsigned long long)record->number);
	return time_text(call, strcmp(name, "CreatedOn") == 0 ? record->created_at :
								record->updated_at);
}

static const char *text_or(const char *text, const char *otherwise)
{
	return text ? text : otherwise;
}

const char *lsq_owner_text(struct sb_call *call, const char *id, const char *field)
{
	const struct sb_record *user = sb_live_find(call->account, "users", id);
	const char *first, *last;

	if (!user)
		return NULL;
	if (strcmp(field, "OwnerIdEmailAddress") == 0)
		return sb_record_text_of(user, "EmailAddress", call->arena);
	first = sb_record_text_of(user, "FirstName", call->arena);
	last = sb_record_text_of(user, "LastName", call->arena);
	return arena_printf(call->arena, "%s %s", text_or(first, ""), text_or(last, ""));
}

const char *lsq_text(struct sb_call *call, const struct sb_record *record,
		     const struct sb_field *field)
{
	if (field->flags & LSQ_OF_RECORD)
		return of_record(call, record, field->name);
	if (field->flags & LSQ_OF_USER)
		return lsq_owner_text(call, sb_record_text_of(record, "OwnerId", call->arena),
				      field->name);
	if (field->type == SB_JSON)
		return lsq_shown_text(call->arena,
				      json_keep(call->arena, sb_record_value(record, field)));
	return sb_record_text(record, field, call->arena);
}

static bool is_wanted(const struct sb_field *field, const json_t *columns)
{
	return !(field->flags & (SB_HIDDEN | SB_ARCHIVED)) &&
	       (!columns || json_object_get(columns, field->name));
}

json_t *lsq_flat(struct sb_call *call, const struct sb_record *record, const json_t *columns)
{
	json_t *flat = json_object();

	for (size_t i = 0; i < sb_object_nfields(record->object); i++) {
		const struct sb_field *field = sb_object_field(record->object, i);
		const char *text;

		if (!is_wanted(field, columns))
			continue;
		text = lsq_text(call, record, field);
		json_object_set_new(flat, field->name, text ? json_string(text) : json_null());
	}
	return flat;
}

json_t *lsq_properties(struct sb_call *call, const struct sb_record *record,
		       const json_t *columns)
{
	json_t *flat = json_keep(call->arena, lsq_flat(call, record, columns));
	json_t *list = json_array(), *value;
	const char *name;

	json_object_foreach(flat, name, value)
		json_array_append_new(list, json_pack("{ss sO}", "Attribute", name, "Value",
						      value));
	return json_pack("{so}", "LeadPropertyList", list);
}

/* --- pages --- */

/* A number, or a number as text: both are seen in examples (5). */
static int64_t number_of(const json_t *paging, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(paging, name);
	int64_t number;

	if (!value || json_is_null(value))
		return otherwise;
	if (json_is_integer(value))
		return json_integer_value(value);
	return json_is_string(value) && text_int(json_string_value(value), &number) ? number :
										      -1;
}

bool lsq_page_read(struct sb_call *call, int64_t size_max, struct lsq_page *page)
{
	const json_t *paging = json_object_get(call->json, "Paging");
	bool has_offset = json_object_get(paging, "Offset") != NULL;
	int64_t size = number_of(paging, has_offset ? "RowCount" : "PageSize", 100);
	int64_t index = number_of(paging, "PageIndex", 1), first;

	first = has_offset ? number_of(paging, "Offset", 0) : (index - 1) * size;
	if (size < 1 || size > size_max || index < 1 || index > PAGE_MAX || first < 0 ||
	    first > PAGE_MAX) {
		lsq_fail(call, lsq_invalid, "Paging is invalid: PageIndex starts at 1, PageSize is "
					    "at most %lld",
			 (long long)size_max);
		return false;
	}
	page->first = (size_t)first;
	page->size = (size_t)size;
	return true;
}
