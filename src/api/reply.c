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

void api_reply_out(struct api_call *call, int status, struct out *out)
{
	struct error err = { 0 };
	const char *json;

	if (buf_end(&out->buf, &json, &err) < 0)
		api_problem(call, 413, "too_large", "the answer is too large: ask for less");
	else
		http_answer(call->http, status, NULL, json, out->buf.len);
}

/* Every problem names the request, so that its audit entries can be found. */
static const char *with_request(struct api_call *call, const char *problem)
{
	char id[ID_TEXT_SIZE];
	size_t len = strlen(problem);

	if (!call->actor.request || len < 2)
		return problem;
	id_format(call->actor.request, id);
	return arena_printf(call->arena, "%.*s,\"request_id\":\"%s\"}", (int)len - 1, problem,
			    id);
}

void api_answer_problem(struct api_call *call, const struct answer *answer,
			const char *retry_after)
{
	struct http_headers headers = { 0 };
	const char *body = with_request(call, answer->body);

	if (call->more)
		headers = *call->more;
	http_header_add(&headers, "Content-Type", "application/problem+json");
	if (retry_after)
		http_header_add(&headers, "Retry-After", retry_after);
	http_answer(call->http, answer->status, &headers, body, strlen(body));
}

void api_problems(struct api_call *call, const struct problems *problems)
{
	struct answer answer;

	answer_problems(call->arena, problems, &answer);
	api_answer_problem(call, &answer, NULL);
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
	api_answer_problem(call, &answer, status == 503 ? "1" : NULL);
}

void api_limited(struct api_call *call, int after_s)
{
	struct answer answer;

	answer_problem(call->arena, 429, "rate_limited",
		       "too many requests; wait and send it again", &answer);
	api_answer_problem(call, &answer, arena_printf(call->arena, "%d", after_s));
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

static json_t *parse_body(struct api_call *call)
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

#define MEMBERS_MAX 16

/* Whether every member is one of "a b c"; otherwise it is answered. */
static bool has_known_only(struct api_call *call, json_t *body, const char *known)
{
	char *words = arena_strdup(call->arena, known), *rest = words, *word;
	const char *names[MEMBERS_MAX], *name, *near;
	size_t count = 0, i;
	json_t *value;

	while (count < MEMBERS_MAX && (word = strsep(&rest, " ")))
		names[count++] = word;
	json_object_foreach(body, name, value) {
		for (i = 0; i < count && strcmp(names[i], name) != 0; i++)
			;
		if (i < count)
			continue;
		near = text_nearest(name, names, count);
		api_problem(call, 422, "unknown_field", "body: unknown field \"%s\"%s%s%s", name,
			    near ? "; did you mean \"" : "; it takes ", near ? near : known,
			    near ? "\"?" : "");
		return false;
	}
	return true;
}

json_t *api_body(struct api_call *call, const char *known)
{
	json_t *body = parse_body(call);

	return body && (!known || has_known_only(call, body, known)) ? body : NULL;
}

json_t *api_body_or_none(struct api_call *call, const char *known)
{
	if (call->http->body_len == 0)
		return json_keep(call->arena, json_object());
	return api_body(call, known);
}

bool api_id(struct api_call *call)
{
	if (id_parse(call->params[0], &call->id))
		return true;
	api_problem(call, 404, "not_found", "no such id: ids have 13 letters");
	return false;
}

const char *api_query(struct api_call *call, const char *name)
{
	return url_query_find(call->arena, call->http->query, name);
}

static bool read_page(struct api_call *call, struct page *page)
{
	struct error err = { 0 };
	const char *code;

	if (page_read(call->arena, call->http->query, page, &code, &err) == 0)
		return true;
	api_problem(call, 400, code, "%s", err.message);
	return false;
}

static void release_snapshot(void *snapshot)
{
	snapshot_release(snapshot);
}

const struct config *api_config(struct api_call *call)
{
	struct error err = { 0 };

	if (call->snapshot)
		return snapshot_config(call->snapshot);
	call->snapshot = snapshot_get(call->store, call->actor.workspace, &err);
	if (!call->snapshot) {
		api_fail(call, &err);
		return NULL;
	}
	arena_defer(call->arena, release_snapshot, call->snapshot);
	return snapshot_config(call->snapshot);
}

int api_connection_asked(struct api_call *call, int64_t *id, struct error *err)
{
	const char *name = api_query(call, "connection");
	const struct config *config = snapshot_config(call->snapshot);
	const struct connection *connection = name ? config_connection(config, name) : NULL;

	*id = connection ? connection->id : 0;
	if (connection || !name || id_parse(name, id))
		return 0;
	return error_set(err, ERR_NOT_FOUND, "connection: there is none named \"%s\"", name);
}

struct view *api_view(struct api_call *call)
{
	struct error err = { 0 };
	struct view *view = view_open(call->store, call->arena, &err);

	if (!view)
		api_fail(call, &err);
	return view;
}

void api_read(struct api_call *call, api_reader *read)
{
	struct view *view = api_view(call);
	struct error err = { 0 };
	struct out out;
	int rc;

	if (!view)
		return;
	out_init(&out, call->arena);
	rc = read(call, view, &out, &err);
	view_close(view);
	if (rc < 0)
		api_fail(call, &err);
	else
		api_reply_out(call, 200, &out);
}

#define LIST_BYTES (8u << 20) /* after which a list's answer takes no more rows */

bool api_row(struct api_call *call, struct out *out, int64_t id)
{
	struct page *page = &call->page;

	if (out->buf.len > LIST_BYTES) {
		page->is_cut = true;
		return false;
	}
	page->count++;
	page->last = id;
	return true;
}

void api_list_whole(struct api_call *call, api_reader *read)
{
	struct view *view = api_view(call);
	struct error err = { 0 };
	struct out out;
	int rc;

	if (!view)
		return;
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_open(&out, "items", '[');
	rc = read(call, view, &out, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return;
	}
	out_close(&out, ']');
	/* Of a list without pages all of call->page is 0. */
	out_id(&out, "next_cursor",
	       call->page.is_cut || call->page.count == call->page.limit ? call->page.last : 0);
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}

void api_list(struct api_call *call, api_reader *read)
{
	if (read_page(call, &call->page))
		api_list_whole(call, read);
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
