/* plan.c - what would be written, shown to people. Threads: pure. */
#include "mapping/plan.h"

#include <string.h>

#include "base/encode.h"
#include "base/hash.h"
#include "mapping/check.h"

static const char *action_name(enum record_action action)
{
	return action == RECORD_CREATE ? "create" : "update";
}

static const char *state_of(const struct applied_line *line)
{
	if (line->verdict == LINE_WRITE && line->wanted.type == VALUE_NULL)
		return "clear";
	return line_verdict_name(line->verdict);
}

static json_t *row_json(const struct applied_line *line)
{
	json_t *row = json_pack("{s:s, s:s*, s:s, s:o, s:o, s:o}", "field",
				line->line->field->to, "from", line->line->field->from, "state",
				state_of(line), "given", value_to_json(line->given), "current",
				value_to_json(line->seen), "wanted",
				value_to_json(line->wanted));

	if (line->line->target)
		json_object_set_new(row, "label",
				    json_string(check_label(line->line->target)));
	if (line->is_default)
		json_object_set_new(row, "default", json_true());
	if (line->code)
		json_object_set_new(row, "code", json_string(line->code));
	if (line->reason)
		json_object_set_new(row, "reason", json_string(line->reason));
	if (line->instruction)
		json_object_set_new(row, "instruction", json_string(line->instruction));
	return row;
}

json_t *plan_rows_json(const struct applied *applied)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < applied->nlines; i++)
		if (applied->lines[i].line->is_out)
			json_array_append_new(rows, row_json(&applied->lines[i]));
	return rows;
}

static void add_value(struct buf *buf, struct value value)
{
	/* The type too: "5" and 5 are not the same request. */
	buf_addc(buf, (char)('0' + value.type));
	buf_add_json(buf, value.text);
}

static void add_digest(struct buf *buf, struct arena *arena, const struct applied_line *line)
{
	unsigned char digest[SHA256_SIZE];
	struct buf one;

	buf_init(&one, arena, 64u << 20);
	buf_add_json(&one, line->line->field->to);
	buf_addf(&one, " %s ", line_verdict_name(line->verdict));
	add_value(&one, line->wanted);
	add_value(&one, line->seen);
	sha256(buf_text(&one), one.len, digest);
	buf_addn(buf, digest, sizeof(digest));
}

const char *plan_fingerprint(struct arena *arena, const struct applied *applied)
{
	const struct mapping *mapping = applied->compiled->mapping;
	unsigned char digest[SHA256_SIZE];
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	buf_addf(&buf, "%lld %lld %s\n", (long long)mapping->id, (long long)mapping->version,
		 action_name(applied->action));
	for (size_t i = 0; i < applied->nlines; i++)
		add_digest(&buf, arena, &applied->lines[i]);
	sha256(buf_text(&buf), buf.len, digest);
	return hex_encode(arena, digest, sizeof(digest));
}
