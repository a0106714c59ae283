/* close_say.c - how Close words refusals and cuts answers (1, 9). Threads: under the
 * sandbox's lock. */
#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

/* --- refusals (9) --- */

void sb_close_fail(struct sb_call *call, int status, const char *format, ...)
{
	va_list args;
	json_t *text;

	va_start(args, format);
	text = sb_json_vprintf(format, args);
	va_end(args);
	sb_reply_json(call, status, json_pack("{so}", "error", text));
}

void sb_close_not_found(struct sb_call *call)
{
	sb_close_fail(call, 404, "Not Found");
}

void sb_close_refuse(struct sb_call *call, const char *name, const char *format, ...)
{
	va_list args;
	json_t *text;

	va_start(args, format);
	text = sb_json_vprintf(format, args);
	va_end(args);
	sb_reply_json(call, 400, json_pack("{s[] s{so}}", "errors", "field-errors", name, text));
}

bool sb_close_refused(struct sb_call *call, const json_t *errors)
{
	if (!json_object_size(errors))
		return false;
	sb_reply_json(call, 400, json_pack("{s[] sO}", "errors", "field-errors", errors));
	return true;
}

static void say_status(struct sb_call *call, int status)
{
	static const struct {
		int status;
		const char *text;
	} texts[] = {
		{ 402, "Your plan's limit has been reached." },
		{ 405, "Method Not Allowed" },
		{ 415, "Unsupported Media Type" },
		{ 500, "Internal Server Error" },
		{ 502, "Bad Gateway" },
		{ 504, "Gateway Timeout" },
	};
	const char *text = "Service Unavailable";

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (texts[i].status == status)
			text = texts[i].text;
	sb_close_fail(call, status, "%s", text);
}

void sb_close_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE: /* the headers are those of every answer */
		sb_reply_json(call, 429,
			      json_pack("{s{ss}}", "error", "message",
					"API call count exceeded for this window"));
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		sb_close_fail(call, 401, "Unauthorized");
		break;
	case SB_PROBLEM_FORBIDDEN:
		sb_close_fail(call, 403, "You do not have permission to do this.");
		break;
	case SB_PROBLEM_BAD_JSON:
		sb_close_fail(call, 400, "The request contains invalid JSON.");
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

/* --- reading --- */

static bool is_long_filter(struct sb_call *call)
{
	const char *method = sb_header(call, "x-http-method-override");

	return method && strcasecmp(method, "GET") == 0 && call->body_len;
}

const char *sb_close_param(struct sb_call *call, const char *name)
{
	const char *text = sb_query(call, name);
	const json_t *params;

	if (text || !is_long_filter(call))
		return text;
	params = json_object_get(sb_json(call), "_params");
	return sb_id_text(call->arena, json_object_get(params, name));
}

const json_t *sb_close_body(struct sb_call *call)
{
	const char *type = sb_header(call, "Content-Type");
	const json_t *body;

	if (!type || strncasecmp(type, "application/json", 16) != 0) {
		say_status(call, 415);
		return NULL;
	}
	body = sb_json(call);
	if (!body || json_is_object(body))
		return body;
	sb_close_fail(call, 400, "The request body must be a JSON object.");
	return NULL;
}

/* --- replying --- */

static bool is_wanted(const char *fields, const char *name)
{
	while (*fields) {
		size_t len = strcspn(fields, ",");

		if (strlen(name) == len && strncmp(fields, name, len) == 0)
			return true;
		if (len == strlen("custom") && strncmp(fields, "custom", len) == 0 &&
		    text_starts(name, CLOSE_CUSTOM))
			return true;
		fields += len + (fields[len] == ',');
	}
	return false;
}

void sb_close_cut(struct sb_call *call, json_t *json)
{
	const char *fields = sb_close_param(call, "_fields"), *name;
	json_t *value;
	void *next;

	if (text_is_empty(fields) || is_wanted(fields, "_all"))
		return;
	json_object_foreach_safe(json, next, name, value)
		if (!is_wanted(fields, name))
			json_object_del(json, name);
}

void sb_close_reply(struct sb_call *call, json_t *json)
{
	sb_close_cut(call, json);
	sb_reply_json(call, 200, json);
}

void sb_close_reply_empty(struct sb_call *call)
{
	if (sb_switch(call->account, "delete_body"))
		sb_reply_empty(call, 200);
	else
		sb_reply_json(call, 200, json_object());
}
