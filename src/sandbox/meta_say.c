/* meta_say.c - how Meta answers: Graph errors, fields of a node, pages; and what it is asked
 * with. Threads: under the sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/meta.h"

#define PAGE_SIZE 25
#define PAGE_MAX 500

/* --- errors (sources 1.6) --- */

static json_t *error_json(struct sb_call *call, json_t *message, int code, int subcode)
{
	bool is_oauth = code == 190 || code == 102 || code == 10 || (code >= 200 && code < 300);
	char trace[23] = "A";
	json_t *error;

	sb_rng_text(&call->rng, SB_LETTERS, trace + 1, 21);
	error = json_pack("{so ss si ss}", "message", message, "type",
			  is_oauth || code > 100000 ? "OAuthException" :
			  code == 100 ? "GraphMethodException" :
					"OAuthException",
			  "code", code, "fbtrace_id", trace);
	if (subcode)
		json_object_set_new(error, "error_subcode", json_integer(subcode));
	return error;
}

void meta_fail(struct sb_call *call, int status, int code, int subcode, const char *format, ...)
{
	va_list args;
	json_t *message;

	va_start(args, format);
	message = sb_json_vprintf(format, args);
	va_end(args);
	sb_reply_json(call, status,
		      json_pack("{so}", "error",
				error_json(call, message, code,
					   subcode)));
}

void meta_fail_details(struct sb_call *call, int status, int code, const char *title,
		       const char *format, ...)
{
	va_list args;
	json_t *details, *error;

	va_start(args, format);
	details = sb_json_vprintf(format, args);
	va_end(args);
	error = error_json(call, sb_json_printf("(#%d) %s", code, title), code, 0);
	json_object_set_new(error, "error_data",
			    json_pack("{ss so}", "messaging_product", "whatsapp", "details",
				      details));
	sb_reply_json(call, status, json_pack("{so}", "error", error));
}

static int limit_code(const char *tag)
{
	return text_equal(tag, "whatsapp") ? 130429 : text_equal(tag, "waba") ? 80007 : 80005;
}

void meta_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		meta_fail(call, 400, limit_code(call->route ? call->route->tag : NULL), 0, "There have been too many calls to this account. Wait a bit and try "
			     "again.");
		return;
	case SB_PROBLEM_EXPIRED:
		meta_fail(call, 400, 190, 463, "Error validating access token: Session has expired");
		return;
	case SB_PROBLEM_REVOKED:
		meta_fail(call, 400, 190, 460, "Error validating access token: The session has been "
					       "invalidated");
		return;
	case SB_PROBLEM_FORBIDDEN:
		meta_fail(call, 403, 200, 0, "(#200) Requires leads_retrieval permission");
		return;
	case SB_PROBLEM_LOCKED:
		meta_fail(call, 400, 4, 0, "(#4) Application request limit reached");
		return;
	case SB_PROBLEM_BAD_JSON:
		meta_fail(call, 400, 100, 0, "(#100) The parameter is not valid JSON");
		return;
	case SB_PROBLEM_SERVER:
	case SB_PROBLEM_FULL:
		meta_fail(call, status ? status : 500, 2, 0,
			  "Service temporarily unavailable");
		return;
	}
}

/* --- reading --- */

const char *meta_text(struct sb_call *call, const char *name)
{
	const char *text = sb_form_or_query(call, name);

	return text || !call->json ? text : json_string_of(call->json, name);
}

struct sb_record *meta_record(struct sb_call *call, const char *object)
{
	struct sb_record *record =
		sb_record_find(sb_object_find(call->account, object), sb_param(call, 0));

	return record && record->state == SB_LIVE ? record : NULL;
}

json_t *meta_time(int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms, text);
	return sb_json_printf("%.19s+0000", text);
}

/* --- answers --- */

json_t *meta_fields(struct sb_call *call, const json_t *all, const char *otherwise)
{
	const char *wanted = meta_text(call, "fields"), *at;
	json_t *some = json_object();

	at = wanted && *wanted ? wanted : otherwise;
	while (*at) {
		size_t len = strcspn(at, ",{"), end = strcspn(at, ",");
		char *name = arena_strndup(call->arena, at, len);
		json_t *value = json_object_get(all, name);

		if (value && !json_is_null(value))
			json_object_set(some, name, value);
		at += end + (at[end] == ',');
	}
	json_object_set(some, "id", json_object_get(all, "id"));
	return some;
}

static const char *next_url(struct sb_call *call, const char *after, int64_t limit)
{
	const char *kept = "";

	for (const char *at = call->query ? call->query : ""; *at;) {
		size_t len = strcspn(at, "&");

		if (!text_starts(at, "after=") && !text_starts(at, "limit="))
			kept = arena_printf(call->arena, "%s%.*s&", kept, (int)len, at);
		at += len + (at[len] == '&');
	}
	/* The token of the query is in it, as it is in Meta's. */
	return arena_printf(call->arena, "%s%s?%slimit=%lld&after=%s", sb_base_url(call),
			    call->path, kept, (long long)limit, after);
}

static char *cursor(struct sb_call *call, size_t at)
{
	const char *text = arena_printf(call->arena, "c%zu", at);

	return base64url_encode(call->arena, text, strlen(text));
}

static bool read_cursor(struct sb_call *call, const char *text, size_t *at)
{
	unsigned char *bytes;
	int64_t number;
	size_t len;

	if (base64url_decode(call->arena, text, &bytes, &len, NULL) < 0 || len < 2 ||
	    *bytes != 'c' || !text_int((char *)bytes + 1, &number) || number < 0)
		return false;
	*at = (size_t)number;
	return true;
}

void meta_page(struct sb_call *call, json_t *list)
{
	const char *limit_text = sb_query(call, "limit"), *after = sb_query(call, "after");
	int64_t limit = PAGE_SIZE;
	size_t first = 0, count = json_array_size(list);
	json_t *data = json_array(), *paging = NULL;

	json_keep(call->arena, list);
	if ((limit_text && (!text_int(limit_text, &limit) || limit < 1)) ||
	    (after && *after && !read_cursor(call, after, &first))) {
		json_decref(data);
		meta_fail(call, 400, 100, 0, "(#100) Invalid parameter: limit or cursor");
		return;
	}
	limit = limit > PAGE_MAX ? PAGE_MAX : limit;
	for (size_t i = first; i < count && json_array_size(data) < (size_t)limit; i++)
		json_array_append(data, json_array_get(list, i));
	if (json_array_size(data)) {
		size_t last = first + json_array_size(data);

		paging = json_pack("{s{ss ss}}", "cursors", "before", cursor(call, first),
				   "after", cursor(call, last));
		if (last < count)
			json_object_set_new(paging, "next",
					    json_string(next_url(call, cursor(call, last),
								 limit)));
	}
	sb_reply_json(call, 200, json_pack("{so so*}", "data", data, "paging", paging));
}
