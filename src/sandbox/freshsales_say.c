/* freshsales_say.c - how Freshsales words refusals and shows records (4, 5, 9). Threads:
 * under the sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"

/* --- refusals (9) --- */

void sb_fresh_fail(struct sb_call *call, int status, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = arena_vprintf(call->arena, format, args);
	va_end(args);
	sb_reply_json(call, status, json_pack("{s{si s[s]}}", "errors", "code", status,
					      "message", message));
}

/* With an empty body, or an HTML page where the switch says so. */
void sb_fresh_not_found(struct sb_call *call)
{
	static const char page[] = "<html><body>The page you were looking for doesn't "
				   "exist</body></html>";

	if (sb_switch(call->account, "html_404"))
		sb_reply_text(call, 404, "text/html", page, sizeof(page) - 1);
	else
		sb_reply_empty(call, 404);
}

/* Of public operations nobody is known: nothing was switched for them. */
static bool is_on(const struct sb_call *call, const char *name)
{
	return call->account && sb_switch(call->account, name);
}

static void say_limit(struct sb_call *call)
{
	static const char limited[] = "You have exceeded the limit of requests per hour";
	int64_t wait_ms;

	if (is_on(call, "limit_json"))
		sb_fresh_fail(call, 429, "%s", limited);
	else
		sb_reply_text(call, 429, "text/plain", limited, sizeof(limited) - 1);
	if (!is_on(call, "retry_after"))
		return;
	wait_ms = sb_window_wait(sb_window_find(call->account, "hour"), call->now, 1);
	sb_reply_header_int(call, "Retry-After", wait_ms ? (wait_ms + 999) / 1000 : 1);
}

void sb_fresh_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		say_limit(call);
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		sb_reply_json(call, 401, json_pack("{ss ss}", "login", "failed", "message",
						   "Incorrect username or password"));
		break;
	case SB_PROBLEM_FORBIDDEN:
		sb_reply_json(call, 403, json_pack("{s{si ss}}", "errors", "code", 403, "message",
						   "You are not authorized to perform this "
						   "action"));
		break;
	case SB_PROBLEM_BAD_JSON:
		sb_fresh_fail(call, is_on(call, "bad_json_422") ? 422 : 400,
			      "The request body is not valid JSON");
		break;
	case SB_PROBLEM_LOCKED:
	case SB_PROBLEM_FULL:
		sb_fresh_fail(call, 503, "Service unavailable");
		break;
	case SB_PROBLEM_SERVER:
		sb_fresh_fail(call, status, "Something went wrong");
		break;
	}
}

/* --- records (4) --- */

json_t *sb_fresh_emails(const struct sb_record *person)
{
	json_t *email = sb_record_value_of(person, "email");
	json_t *list = sb_record_value_of(person, "emails");

	/* The control API and its seeding write the first address alone. */
	if (email && !json_equal(json_object_get(json_array_get(list, 0), "value"), email)) {
		json_decref(list);
		list = json_pack("[{sI sO sb sn}]", "id", (json_int_t)person->number, "value",
				 email, "is_primary", 1, "label");
	}
	json_decref(email);
	return list ? list : json_array();
}

const char *sb_fresh_name(struct sb_call *call, const struct sb_record *record)
{
	const char *first, *last;

	if (!sb_fresh_is_person(record->object))
		return sb_text(call, record,
			       sb_field_find(record->object, "name") ? "name" : "title");
	first = sb_text(call, record, "first_name");
	last = sb_text(call, record, "last_name");
	return arena_printf(call->arena, "%s%s%s", first, *first && *last ? " " : "", last);
}

/* A stage shows the statuses that belong to it (3). */
static json_t *statuses_of(struct sb_call *call, const struct sb_record *stage)
{
	const struct sb_object *statuses = sb_object_find(call->account, "contact_statuses");
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(statuses); i++) {
		const struct sb_record *status = sb_object_record(statuses, i);

		if (status->state == SB_LIVE &&
		    text_equal(sb_record_text_of(status, "lifecycle_stage_id", call->arena),
			       stage->id))
			json_array_append_new(list, sb_fresh_json(call, status));
	}
	return list;
}

json_t *sb_fresh_json(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_fresh_kind *kind = sb_fresh_kind_of(record->object);
	json_t *json = json_pack("{sI}", "id", (json_int_t)sb_id_number(record->id)), *custom;

	sb_render_fields(record, 0, SB_CUSTOM, FRESH_LIST, json);
	if (strcmp(kind->name, "lifecycle_stages") == 0)
		json_object_set_new(json, "contact_statuses", statuses_of(call, record));
	if (!kind->one)
		return json;
	if (sb_fresh_is_person(record->object)) {
		json_object_set_new(json, "display_name",
				    json_string(sb_fresh_name(call, record)));
		json_object_set_new(json, "emails", sb_fresh_emails(record));
	}
	if (kind->model) {
		custom = json_object();
		sb_render_fields(record, SB_CUSTOM, 0, 0, custom);
		json_object_set_new(json, "custom_field", custom);
	}
	json_object_set_new(json, "created_at",
			    sb_render_time(call, record->created_at, SB_TIME_OFFSET));
	json_object_set_new(json, "updated_at",
			    sb_render_time(call, record->updated_at, SB_TIME_OFFSET));
	return json;
}
