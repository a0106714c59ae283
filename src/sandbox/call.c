/* call.c - reading a request and making its answer. Threads: under the sandbox's lock. */
#include "sandbox/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "sandbox/multipart.h"
#include "sandbox/state.h"

const char *sb_param(const struct sb_call *call, size_t i)
{
	return i < call->nparams ? call->params[i] : "";
}

const char *sb_query(const struct sb_call *call, const char *name)
{
	return call->query ? url_query_find(call->arena, call->query, name) : NULL;
}

static size_t multipart_all(const struct sb_call *call, const char *type, const char *name,
			    const char **values, size_t max)
{
	struct multipart multipart;
	struct multipart_part part;
	size_t count = 0;

	if (!multipart_begin(&multipart, call->arena, type, call->body, call->body_len))
		return 0;
	while (count < max && multipart_next(&multipart, call->arena, &part) > 0) {
		const char *about = http_header_find(&part.headers, "Content-Disposition");
		const char *is = about ? multipart_parameter(call->arena, about, "name") : NULL;

		if (is && strcmp(is, name) == 0 && text_is_utf8(part.body, part.len))
			values[count++] = arena_strndup(call->arena, part.body, part.len);
	}
	return count;
}

static size_t urlencoded_all(const struct sb_call *call, const char *name,
			     const char **values, size_t max)
{
	size_t count = 0;

	for (const char *at = call->body; *at && count < max;) {
		size_t pair = strcspn(at, "&"), len = strcspn(at, "=&");

		if (text_equal(url_decode(call->arena, at, len, true), name)) {
			len += len < pair;
			values[count] = url_decode(call->arena, at + len, pair - len, true);
			count += values[count] != NULL;
		}
		at += pair + (at[pair] == '&');
	}
	return count;
}

size_t sb_form_all(const struct sb_call *call, const char *name, const char **values,
		   size_t max)
{
	const char *type = sb_header(call, "Content-Type");

	if (type && strncasecmp(type, "multipart/form-data", 19) == 0)
		return multipart_all(call, type, name, values, max);
	if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0)
		return 0;
	return urlencoded_all(call, name, values, max);
}

const char *sb_form(const struct sb_call *call, const char *name)
{
	const char *value;

	return sb_form_all(call, name, &value, 1) ? value : NULL;
}

const char *sb_form_or_query(const struct sb_call *call, const char *name)
{
	const char *value = sb_form(call, name);

	return value ? value : sb_query(call, name);
}

const char *sb_header(const struct sb_call *call, const char *name)
{
	return http_header_find(call->headers, name);
}

void sb_read_json(struct sb_call *call)
{
	if (call->body_len && (call->body[0] == '{' || call->body[0] == '['))
		call->json = json_parse(call->arena, call->body, call->body_len,
					&sb_json_limits, NULL);
}

json_t *sb_json(struct sb_call *call)
{
	if (!call->json)
		call->json = json_parse(call->arena, call->body, call->body_len,
					&sb_json_limits, NULL);
	if (!call->json)
		call->vendor->problem(call, SB_PROBLEM_BAD_JSON, 0);
	return call->json;
}

const char *sb_base_url(const struct sb_call *call)
{
	const char *host = sb_header(call, "Host"), *scheme = sb_header(call, "X-Forwarded-Proto");

	return arena_printf(call->arena, "%s://%s%s",
			    scheme && strcmp(scheme, "https") == 0 ? "https" : "http",
			    host ? host : "127.0.0.1", call->prefix);
}

bool sb_bad_record(const struct sb_call *call, size_t index)
{
	return call->bad_record >= 0 && (size_t)call->bad_record == index;
}

void sb_touch(struct sb_call *call)
{
	call->sandbox->writes++;
}

void sb_reply_json(struct sb_call *call, int status, json_t *body)
{
	call->status = status;
	call->reply = NULL;
	call->reply_len = 0;
	call->reply_json = json_keep(call->arena, body);
}

void sb_reply_text(struct sb_call *call, int status, const char *type, const char *text,
		   size_t len)
{
	call->status = status;
	call->reply_json = NULL;
	call->reply = text;
	call->reply_len = len;
	sb_reply_header(call, "Content-Type", type);
}

void sb_reply_empty(struct sb_call *call, int status)
{
	call->status = status;
	call->reply_json = NULL;
	call->reply = NULL;
	call->reply_len = 0;
}

void sb_reply_header(struct sb_call *call, const char *name, const char *value)
{
	struct http_headers *headers = &call->reply_headers;

	value = arena_strdup(call->arena, value);
	for (size_t i = 0; i < headers->count; i++) {
		if (!text_equal_nocase(headers->items[i].name, name))
			continue;
		headers->items[i].value = value;
		return;
	}
	http_header_add(headers, arena_strdup(call->arena, name), value);
}

void sb_reply_header_int(struct sb_call *call, const char *name, int64_t value)
{
	sb_reply_header(call, name, arena_printf(call->arena, "%lld", (long long)value));
}

void sb_not_imitated(struct sb_call *call, const char *why)
{
	const char *vendor = call->vendor ? call->vendor->name : "?";

	log_warn(NULL, "sandbox.not_imitated", LOG_WORD("vendor", vendor),
		 LOG_WORD("method", call->method), LOG_WORD("path", call->path));
	sb_reply_json(call, 501,
		      json_pack("{ss ss so so}", "error", "not_imitated", "vendor", vendor,
				"message",
				sb_json_printf("the sandbox does not imitate %s %s of %s",
					       call->method, call->path, vendor),
				"reason", why ? json_string(why) : json_null()));
}

const char *sb_reply_body(struct sb_call *call, size_t *len)
{
	if (!call->reply && call->reply_json) {
		call->reply = json_text(call->arena, call->reply_json);
		call->reply_len = strlen(call->reply);
	}
	if (len)
		*len = call->reply_len;
	return call->reply ? call->reply : "";
}

json_t *sb_json_time(int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms, text);
	return json_string(text);
}

json_t *sb_json_vprintf(const char *format, va_list args)
{
	json_t *json = json_vsprintf(format, args);

	return json ? json : json_string("?"); /* not UTF-8 */
}

json_t *sb_json_printf(const char *format, ...)
{
	va_list args;
	json_t *json;

	va_start(args, format);
	json = sb_json_vprintf(format, args);
	va_end(args);
	return json;
}
