/* exotel_say.c - how Exotel answers: JSON or XML, errors, times and numbers in its ways.
 * Threads: under the sandbox's lock. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"

#define IST_MS (5 * CLOCK_HOUR + 30 * CLOCK_MINUTE)
#define XML_MAX (1u << 20)

/* --- answers --- */

static void add_escaped(struct buf *buf, const char *text)
{
	for (; *text; text++)
		if (strchr("<>&\"", *text))
			buf_addf(buf, "&#%d;", *text);
		else
			buf_addc(buf, *text);
}

/* An element for each member; an array is the element once for each of its values. */
static void add_xml(struct buf *buf, const char *name, const json_t *value)
{
	const char *member;
	const json_t *inside;
	size_t i;

	if (json_is_array(value)) {
		json_array_foreach((json_t *)value, i, inside)
			add_xml(buf, name, inside);
		return;
	}
	if (json_is_null(value)) {
		buf_addf(buf, "<%s/>", name);
		return;
	}
	buf_addf(buf, "<%s>", name);
	if (json_is_string(value))
		add_escaped(buf, json_string_value(value));
	else if (json_is_integer(value))
		buf_add_int(buf, json_integer_value(value));
	else if (json_is_boolean(value))
		buf_add(buf, json_is_true(value) ? "true" : "false");
	else
		json_object_foreach((json_t *)value, member, inside)
			add_xml(buf, member, inside);
	buf_addf(buf, "</%s>", name);
}

void exotel_reply(struct sb_call *call, int status, json_t *body)
{
	struct buf buf;

	if (text_ends(call->path, ".json") || text_starts(call->path, "/v2/")) {
		sb_reply_json(call, status, body);
		return;
	}
	buf_init(&buf, call->arena, XML_MAX);
	buf_add(&buf, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	add_xml(&buf, "TwilioResponse", json_keep(call->arena, body));
	buf_addc(&buf, '\n');
	sb_reply_text(call, status, "application/xml", buf_text(&buf), buf.len);
}

static const char *word_of(int status)
{
	static const struct { int status; const char *word; } words[] = {
		{ 400, "BAD_REQUEST" },	       { 401, "UNAUTHORIZED" },
		{ 402, "PAYMENT_REQUIRED" },   { 403, "FORBIDDEN" },
		{ 404, "NOT_FOUND" },	       { 409, "CONFLICT" },
		{ 429, "TOO_MANY_REQUESTS" },  { 502, "BAD_GATEWAY" },
		{ 503, "SERVICE_UNAVAILABLE" },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].status == status)
			return words[i].word;
	return "INTERNAL_SERVER_ERROR";
}

void exotel_fail(struct sb_call *call, int status, const char *format, ...)
{
	bool is_number = call->account && sb_switch(call->account, "code_numbers");
	va_list args;
	json_t *message;

	va_start(args, format);
	message = sb_json_vprintf(format, args);
	va_end(args);
	exotel_reply(call, status,
		     json_pack("{s{si so so}}", "RestException", "Status", status, "Message",
			       message, "Code",
			       is_number ? json_integer(status) : json_string(word_of(status))));
}

/* --- times --- */

const char *exotel_time_text(const struct sb_call *call, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms + (sb_switch(call->account, "utc") ? 0 : IST_MS), text);
	text[10] = ' ';
	return arena_strndup(call->arena, text, 19);
}

bool exotel_time_parse(const struct sb_call *call, const char *text, int64_t *ms)
{
	char zoned[32];

	if (strlen(text) != 19)
		return false;
	snprintf(zoned, sizeof(zoned), "%sZ", text);
	if (!clock_parse(zoned, ms))
		return false;
	*ms -= sb_switch(call->account, "utc") ? 0 : IST_MS;
	return true;
}

json_t *exotel_time(const struct sb_call *call, int64_t ms)
{
	return ms ? json_string(exotel_time_text(call, ms)) : json_null();
}

/* --- fields --- */

int64_t exotel_int(const struct sb_record *record, const char *field)
{
	json_t *value = sb_record_value_of(record, field);
	int64_t number = json_integer_value(value);

	json_decref(value);
	return number;
}

void exotel_put(struct sb_call *call, struct sb_record *record, const char *field,
		const char *text)
{
	sb_record_derive(call, record, field, text ? json_string(text) : NULL);
}

void exotel_put_int(struct sb_call *call, struct sb_record *record, const char *field,
		    int64_t number)
{
	sb_record_derive(call, record, field, json_integer(number));
}

/* --- numbers --- */

const char *exotel_number(struct arena *arena, const char *text)
{
	const char *digits = text[0] == '+' ? text + 1 : text;
	size_t len = strspn(digits, "0123456789");

	if (digits[len] || len < 7 || len > 15)
		return NULL;
	if (text[0] == '+')
		return text[1] == '0' ? NULL : text;
	if (len == 11 && text[0] == '0' && text[1] != '0')
		return arena_printf(arena, "+91%s", text + 1);
	if (len == 10 && text[0] != '0')
		return arena_printf(arena, "+91%s", text);
	return len == 12 && text_starts(text, "91") ? arena_printf(arena, "+%s", text) : NULL;
}

const char *exotel_national(struct arena *arena, const char *number)
{
	return text_starts(number, "+91") ? arena_printf(arena, "0%s", number + 3) : number;
}
