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
	size_t count = json_object_size(params), n = 0;
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

static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	const json_t *params = json_array_get(hook->events, 0);
	const char *name;
	json_t *value;
	struct buf buf;

	(void)now;
	(void)attempt;
	buf_init(&buf, arena, 1u << 20);
	json_object_foreach((json_t *)params, name, value) {
		if (buf.len)
			buf_addc(&buf, '&');
		add_encoded(&buf, name);
		buf_addc(&buf, '=');
		add_encoded(&buf, json_string_value(value));
	}
	request->body = buf_text(&buf);
	http_header_add(&request->headers, "X-Twilio-Signature",
			twilio_signature(arena, twilio_of(hook->account)->auth_token, hook->url,
					 params));
	/* The same for every attempt at one delivery. */
	http_header_add(&request->headers, "I-Twilio-Idempotency-Token",
			arena_printf(arena, "%08llx-0000-4000-8000-%012llx",
				     (unsigned long long)hook->account->remote_id,
				     (unsigned long long)hook->id));
}

/* What a call was told to do, in answer to our asking. */
static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	json_t *doc;

	if (!hook->extra)
		return;
	doc = json_incref(hook->extra); /* the hook may go while the call goes on */
	twilio_instructed(call, doc, status, body, body_len);
	json_decref(doc);
}

static const struct sb_hook_rules rules = {
	.content_type = "application/x-www-form-urlencoded; charset=UTF-8",
	.timeout_ms = 15000,
	.batch_max = 1,
	.sign = sign,
	.replied = replied,
};

void twilio_post(struct sb_call *call, const char *url, json_t *params, json_t *doc)
{
	sb_hook_queue(call, url, &rules, params, doc);
}
