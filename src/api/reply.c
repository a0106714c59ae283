/* reply.c - answers, and the small things every handler does. Threads: the handler's. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/text.h"

/* The one table from failures to statuses. */
static const int statuses[] = {
	[ERR_NONE] = 500,     [ERR_INVALID] = 422, [ERR_NOT_FOUND] = 404,
	[ERR_CONFLICT] = 409, [ERR_DENIED] = 403,  [ERR_LIMIT] = 413,
	[ERR_UNAVAILABLE] = 503, [ERR_INTERNAL] = 500,
};

int api_status_of(enum error_code code)
{
	return statuses[code];
}

void api_reply(struct api_call *call, int status, const char *json)
{
	http_answer(call->http, status, NULL, json, json ? strlen(json) : 0);
}

static void reply_problem(struct api_call *call, const struct answer *answer,
			  const char *retry_after)
{
	struct http_headers headers = { 0 };

	http_header_add(&headers, "Content-Type", "application/problem+json");
	if (retry_after)
		http_header_add(&headers, "Retry-After", retry_after);
	http_answer(call->http, answer->status, &headers, answer->body,
		    strlen(answer->body));
}

void api_problem(struct api_call *call, int status, const char *code, const char *format,
		 ...)
{
	struct answer answer;
	va_list args;
	char *detail;

	va_start(args, format);
	detail = arena_vprintf(call->arena, format, args);
	va_end(args);
	answer_problem(call->arena, status, code, detail, &answer);
	reply_problem(call, &answer, status == 503 ? "1" : NULL);
}

void api_limited(struct api_call *call, int after_s)
{
	struct answer answer;

	answer_problem(call->arena, 429, "rate_limited",
		       "too many requests; wait and send it again", &answer);
	reply_problem(call, &answer, arena_printf(call->arena, "%d", after_s));
}

void api_fail(struct api_call *call, const struct error *err)
{
	int status = api_status_of(err->code);

	if (status == 500) {
		/* Where it stops travelling: the text is for those who run it, not for callers. */
		log_error(NULL, "request.failed", LOG_WORD("operation", call->endpoint->id));
		api_problem(call, 500, "internal", "%s",
			    call->token.scopes & SCOPE_ADMIN ?
				    err->message :
				    "something went wrong on our side");
		return;
	}
	api_problem(call, status, error_code_name(err->code), "%s", err->message);
}

json_t *api_body(struct api_call *call)
{
	const char *type = http_header_find(&call->http->headers, "Content-Type");
	struct json_limits limits = json_limits_large;
	struct error err = { 0 };
	json_t *body;

	if (type && strncasecmp(type, "application/json", 16) != 0) {
		api_problem(call, 415, "content_type", "send application/json");
		return NULL;
	}
	limits.bytes = call->endpoint->body_max;
	body = json_parse(call->arena, call->http->body, call->http->body_len, &limits, &err);
	if (!body) {
		api_problem(call, 400, "malformed", "body: %s", err.message);
		return NULL;
	}
	if (!json_is_object(body)) {
		api_problem(call, 400, "malformed", "body: want a JSON object");
		return NULL;
	}
	return body;
}

bool api_id(struct api_call *call, int param, int64_t *id)
{
	if (id_parse(call->params[param], id))
		return true;
	api_problem(call, 404, "not_found", "no such id: ids have 13 letters");
	return false;
}

const char *api_query(struct api_call *call, const char *name)
{
	return url_query_find(call->arena, call->http->query, name);
}

bool api_page(struct api_call *call, size_t *limit, int64_t *before)
{
	const char *text = api_query(call, "limit"), *cursor = api_query(call, "cursor");
	int64_t number = 50;

	*before = 0;
	if (text && (!text_int(text, &number) || number < 1 || number > 1000)) {
		api_problem(call, 400, "bad_limit", "limit: want a number from 1 to 1000");
		return false;
	}
	if (cursor && !id_parse(cursor, before)) {
		api_problem(call, 400, "bad_cursor",
			    "cursor: want the next_cursor of an earlier answer");
		return false;
	}
	*limit = (size_t)number;
	return true;
}

void api_page_end(struct buf *buf, size_t limit, size_t count, int64_t last)
{
	buf_add(buf, "],");
	buf_add_id_member(buf, "next_cursor", count == limit ? last : 0);
	buf_addc(buf, '}');
}

struct view *api_view(struct api_call *call)
{
	struct error err = { 0 };
	struct view *view = view_open(call->store, call->arena, &err);

	if (!view)
		api_fail(call, &err);
	return view;
}

int api_write(struct api_call *call, api_run *run, void *context)
{
	struct error err = { 0 };
	int result = store_run(call->store, URGENCY_INTERACTIVE, call->actor.workspace, run,
			       context, &err);

	if (result < 0)
		api_fail(call, &err);
	return result;
}

void buf_add_text_member(struct buf *buf, const char *name, const char *text)
{
	buf_addc(buf, '"');
	buf_add(buf, name);
	buf_add(buf, "\":");
	buf_add_json(buf, text);
}

void buf_add_id_member(struct buf *buf, const char *name, int64_t id)
{
	char text[ID_TEXT_SIZE];

	if (id)
		id_format(id, text);
	buf_add_text_member(buf, name, id ? text : NULL);
}

void buf_add_time_member(struct buf *buf, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (ms)
		clock_format(ms, text);
	buf_add_text_member(buf, name, ms ? text : NULL);
}
