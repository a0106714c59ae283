/* exotel_hooks.c - what Exotel posts of calls and messages, and asks for applets. Nothing of
 * it is signed. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"

#define BODY_MAX (256u << 10)
#define BOUNDARY "------------------------7c3b0e5d9a41f268"

/* --- bodies --- */

struct writing {
	struct buf buf;
	enum exotel_body body;
};

static void add_pair(struct writing *w, const char *name, const char *value)
{
	if (w->body == EXOTEL_MULTIPART) {
		buf_addf(&w->buf,
			 "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n",
			 name);
		buf_add(&w->buf, value);
		buf_add(&w->buf, "\r\n");
		return;
	}
	if (w->buf.len)
		buf_addc(&w->buf, '&');
	buf_add_url(&w->buf, name);
	buf_addc(&w->buf, '=');
	buf_add_url(&w->buf, value);
}

/* "Legs[0][Status]". */
static void add_value(struct writing *w, const char *name, const json_t *value)
{
	struct arena *arena = w->buf.arena;
	const char *member;
	const json_t *inside;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach((json_t *)value, i, inside)
			add_value(w, arena_printf(arena, "%s[%zu]", name, i), inside);
	} else if (json_is_object(value)) {
		json_object_foreach((json_t *)value, member, inside)
			add_value(w, arena_printf(arena, "%s[%s]", name, member), inside);
	} else if (json_is_integer(value)) {
		add_pair(w, name,
			 arena_printf(arena, "%lld", (long long)json_integer_value(value)));
	} else {
		add_pair(w, name, json_is_string(value) ? json_string_value(value) : "");
	}
}

static const char *pairs_of(struct arena *arena, const json_t *params, enum exotel_body body)
{
	struct writing w = { .body = body };
	const char *name;
	const json_t *value;

	buf_init(&w.buf, arena, BODY_MAX);
	json_object_foreach((json_t *)params, name, value)
		add_value(&w, name, value);
	if (body == EXOTEL_MULTIPART)
		buf_add(&w.buf, "--" BOUNDARY "--\r\n");
	return buf_text(&w.buf);
}

/* --- statuses --- */

static void sign_multipart(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
			   struct http_request *request)
{
	(void)now;
	(void)attempt;
	request->body = pairs_of(arena, json_array_get(hook->events, 0), EXOTEL_MULTIPART);
}

static void sign_form(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		      struct http_request *request)
{
	(void)now;
	(void)attempt;
	request->body = pairs_of(arena, json_array_get(hook->events, 0), EXOTEL_FORM);
}

/* Answered within 15 s, or tried twice more. */
static const int64_t waits_ms[] = { 30 * CLOCK_SECOND, 60 * CLOCK_SECOND, 0 };

static const struct sb_hook_rules posts[] = {
	[EXOTEL_MULTIPART] = { .content_type = "multipart/form-data; boundary=" BOUNDARY,
			       .timeout_ms = 15000,
			       .waits_ms = waits_ms,
			       .batch_max = 1,
			       .sign = sign_multipart },
	[EXOTEL_JSON] = { .content_type = "application/json",
			  .timeout_ms = 15000,
			  .waits_ms = waits_ms,
			  .batch_max = 1 },
	[EXOTEL_FORM] = { .content_type = "application/x-www-form-urlencoded",
			  .timeout_ms = 15000,
			  .waits_ms = waits_ms,
			  .batch_max = 1,
			  .sign = sign_form },
};

void exotel_post(struct sb_call *call, const char *url, enum exotel_body body, int copies,
		 json_t *params)
{
	for (int i = 0; i < copies; i++)
		sb_hook_queue(call, url, &posts[body], json_incref(params), NULL);
	json_decref(params);
}

/* --- events of legs (2.6) --- */

static void sign_event(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		       struct http_request *request)
{
	const json_t *event = json_array_get(hook->events, 0);
	const char *auth = json_string_of(hook->extra, "auth");

	(void)now;
	http_header_add(&request->headers, "X-Exotel-Event-Sid",
			arena_strdup(arena, json_string_of(event, "event_sid")));
	http_header_add(&request->headers, "X-Exotel-Request-Id",
			arena_printf(arena, "%llu-%d", (unsigned long long)hook->id, attempt));
	if (auth)
		http_header_add(&request->headers, "Authorization",
				arena_printf(arena, "Basic %s",
					     base64_encode(arena, auth, strlen(auth))));
}

/* Too slow, too many, broken: again. Anything else is for good. */
static enum sb_hook_verdict judge_event(const struct sb_hook *hook, int status, const char *body,
					size_t body_len)
{
	(void)hook;
	(void)body;
	(void)body_len;
	if (status / 100 == 2)
		return SB_HOOK_TAKEN;
	return !status || status == 408 || status == 429 || status >= 500 ? SB_HOOK_AGAIN :
									    SB_HOOK_REFUSED;
}

static const int64_t event_waits_ms[] = { 1 * CLOCK_SECOND, 2 * CLOCK_SECOND, 0 };

static const struct sb_hook_rules event_rules = {
	.content_type = "application/json",
	.timeout_ms = 1000,
	.waits_ms = event_waits_ms,
	.batch_max = 1,
	.sign = sign_event,
	.judge = judge_event,
};

void exotel_post_event(struct sb_call *call, const char *url, const char *auth, json_t *event)
{
	sb_hook_queue(call, url, &event_rules, event,
		      text_is_empty(auth) ? NULL : json_pack("{ss}", "auth", auth));
}

/* --- questions --- */

static void ask(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		struct http_request *request)
{
	const char *query = pairs_of(arena, json_array_get(hook->events, 0), EXOTEL_FORM);

	(void)now;
	(void)attempt;
	request->method = "GET";
	request->url = arena_printf(arena, "%s%s%s", hook->url, strchr(hook->url, '?') ? "&" : "?",
				    query);
	request->body = NULL;
	if (json_is_true(json_object_get(hook->extra, "programmable")))
		http_header_add(&request->headers, "Exotel-Version", "1.0");
}

static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	json_t *doc = json_incref(hook->extra); /* the hook may go while the flow goes on */

	exotel_told(call, doc, status, hook->reply_type, body, body_len);
	json_decref(doc);
}

static const struct sb_hook_rules question = {
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = ask,
	.judge = sb_hook_any_answer,
	.replied = replied,
};

void exotel_ask(struct sb_call *call, const char *url, bool is_programmable, json_t *params,
		json_t *doc)
{
	json_object_set_new(doc, "programmable", json_boolean(is_programmable));
	sb_hook_queue(call, url, &question, params, doc);
}
