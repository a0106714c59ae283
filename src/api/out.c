/* out.c - an answer's JSON, written member by member. Threads: pure. */
#include "api/out.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/text.h"
#include "sources/encoding.h"

void out_init(struct out *out, struct arena *arena)
{
	buf_init(&out->buf, arena, OUT_MAX);
	out->needs_comma = false;
}

static void begin(struct out *out, const char *name)
{
	if (out->needs_comma)
		buf_addc(&out->buf, ',');
	out->needs_comma = true;
	if (!name)
		return;
	buf_add_json(&out->buf, name);
	buf_addc(&out->buf, ':');
}

void out_open(struct out *out, const char *name, char bracket)
{
	begin(out, name);
	buf_addc(&out->buf, bracket);
	out->needs_comma = false;
}

void out_close(struct out *out, char bracket)
{
	buf_addc(&out->buf, bracket);
	out->needs_comma = true;
}

void out_text(struct out *out, const char *name, const char *text)
{
	begin(out, name);
	buf_add_json(&out->buf, text);
}

void out_int(struct out *out, const char *name, int64_t number)
{
	begin(out, name);
	buf_add_int(&out->buf, number);
}

void out_bool(struct out *out, const char *name, bool is_true)
{
	begin(out, name);
	buf_add(&out->buf, is_true ? "true" : "false");
}

void out_id(struct out *out, const char *name, int64_t id)
{
	char text[ID_TEXT_SIZE];

	if (id)
		id_format(id, text);
	out_text(out, name, id ? text : NULL);
}

void out_time(struct out *out, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (ms)
		clock_format(ms, text);
	out_text(out, name, ms ? text : NULL);
}

void out_value(struct out *out, const char *name, struct value value)
{
	begin(out, name);
	buf_add_value(&out->buf, value);
}

void out_raw(struct out *out, const char *name, const char *json)
{
	begin(out, name);
	buf_add(&out->buf, text_is_empty(json) ? "null" : json);
}

void out_json(struct out *out, const char *name, const json_t *json)
{
	out_raw(out, name, json ? json_text(out->buf.arena, json) : NULL);
}

void out_bytes(struct out *out, const char *name, const char *bytes, size_t len)
{
	char *text;

	begin(out, name);
	if (!bytes) {
		buf_add(&out->buf, "null");
		return;
	}
	text = arena_strndup(out->buf.arena, bytes, len);
	encoding_make_valid(text, len);
	buf_add_jsonn(&out->buf, text, len);
}
