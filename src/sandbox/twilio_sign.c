/* twilio_sign.c - what Twilio posts to us, and how it is signed. Threads: under the sandbox's
 * lock. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "sandbox/twilio.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *twilio_signature(struct arena *arena, const char *token, const char *url,
			     const json_t *params)
{
	size_t count = json_object_size(params), n = 0; /* 0 of NULL */
	const char **names = arena_array(arena, count + 1, sizeof(*names)), *name;
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned int len;
	json_t *value;
	struct buf buf;

	json_object_foreach((json_t *)params, name, value)
		names[n++] = name;
	qsort(names, n, sizeof(*names), by_name);
	buf_init(&buf, arena, 1u << 20);
	buf_add(&buf, url);
	for (size_t i = 0; i < n; i++) {
		buf_add(&buf, names[i]);
		buf_add(&buf, json_string_value(json_object_get(params, names[i])));
	}
	HMAC(EVP_sha1(), token, (int)strlen(token), (const unsigned char *)buf_text(&buf),
	     buf.len, mac, &len);
	return base64_encode(arena, mac, len);
}

static void add_encoded(struct buf *buf, const char *text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";

	for (; *text; text++)
		if (strchr(plain, *text))
			buf_addc(buf, *text);
		else
			buf_addf(buf, "%%%02X", (unsigned char)*text);
}

static const char *form_of(struct arena *arena, const json_t *params)
{
	const char *name;
	json_t *value;
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	json_object_foreach((json_t *)params, name, value) {
		if (buf.len)
			buf_addc(&buf, '&');
		add_encoded(&buf, name);
		buf_addc(&buf, '=');
		add_encoded(&buf, json_string_value(value));
	}
	return buf_text(&buf);
}

static void add_headers(struct sb_hook *hook, struct arena *arena, const char *url,
			const json_t *params, struct http_request *request)
{
	http_header_add(&request->headers, "X-Twilio-Signature",
			twilio_signature(arena, twilio_of(hook->account)->auth_token, url,
					 params));
	/* The same for every attempt at one delivery. */
	http_header_add(&request->headers, "I-Twilio-Idempotency-Token",
			arena_printf(arena, "%08llx-0000-4000-8000-%012llx",
				     (unsigned long long)hook->account->remote_id,
				     (unsigned long long)hook->id));
}

static void sign_post(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		      struct http_request *request)
{
	const json_t *params = json_array_get(hook->events, 0);

	(void)now;
	(void)attempt;
	request->body = form_of(arena, params);
	add_headers(hook, arena, hook->url, params, request);
}

/* The parameters are in the address, and signed with it. */
static void sign_get(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		     struct http_request *request)
{
	(void)now;
	(void)attempt;
	request->method = "GET";
	request->url = arena_printf(arena, "%s%c%s", hook->url,
				    strchr(hook->url, '?') ? '&' : '?',
				    form_of(arena, json_array_get(hook->events, 0)));
	request->body = NULL;
	add_headers(hook, arena, request->url, NULL, request);
}

/* What a call or a message was answered with. */
static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	json_t *doc;

	if (!hook->extra)
		return;
	doc = json_incref(hook->extra); /* the hook may go while the call goes on */
	if (json_object_get(doc, "message"))
		twilio_answered(call, doc, status, body, body_len);
	else
		twilio_instructed(call, doc, status, body, body_len);
	json_decref(doc);
}

static const struct sb_hook_rules post = {
	.content_type = "application/x-www-form-urlencoded; charset=UTF-8",
	.timeout_ms = 15000,
	.batch_max = 1,
	.sign = sign_post,
	.replied = replied,
};

static const struct sb_hook_rules get = {
	.timeout_ms = 15000,
	.batch_max = 1,
	.sign = sign_get,
	.replied = replied,
};

void twilio_ask(struct sb_call *call, const char *method, const char *url, json_t *params,
		json_t *doc)
{
	sb_hook_queue(call, url, text_equal_nocase(method, "GET") ? &get : &post, params, doc);
}
