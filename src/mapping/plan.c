/* plan.c - what would be written, shown to people. Threads: pure. */
#include "mapping/plan.h"

#include <string.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/text.h"
#include "mapping/check.h"

static const char *action_name(enum record_action action)
{
	return action == RECORD_CREATE ? "create" : "update";
}

static const char *verdict_of(const struct applied_line *line)
{
	if (line->verdict == LINE_WRITE && line->wanted.type == VALUE_NULL)
		return "clear";
	return line_verdict_name(line->verdict);
}

static struct value wanted_of(const struct applied_line *line)
{
	return line->verdict == LINE_WRITE || line->verdict == LINE_SAME ? line->wanted :
									   line->seen;
}

size_t plan_rows(struct arena *arena, const struct applied *applied, struct plan_row **rows)
{
	size_t count = 0;

	*rows = arena_array(arena, applied->nlines, sizeof(**rows));
	for (size_t i = 0; i < applied->nlines; i++) {
		const struct applied_line *line = &applied->lines[i];
		const struct catalog_field *target = line->line->target;
		const struct mapping_field *field = line->line->field;

		if (!line->line->is_out)
			continue;
		(*rows)[count++] = (struct plan_row){
			.field = field->to,
			.label = target ? check_label(target) : field->to,
			.from = field->from ? field->from : "",
			.now = value_shown(arena, line->seen),
			.wanted = value_shown(arena, wanted_of(line)),
			.verdict = verdict_of(line),
			.code = line->code,
			.why = line->reason,
			.instruction = line->instruction,
			.is_change = line->verdict == LINE_WRITE,
			.is_default = line->is_default,
		};
	}
	return count;
}

static json_t *row_json(const struct applied_line *line)
{
	json_t *row = json_pack("{s:s, s:s*, s:s}", "field", line->line->field->to, "from",
				line->line->field->from, "verdict", verdict_of(line));

	json_object_set_new(row, "now", value_to_json(line->seen));
	json_object_set_new(row, "wanted", value_to_json(wanted_of(line)));
	if (line->line->target)
		json_object_set_new(row, "label",
				    json_string(check_label(line->line->target)));
	if (line->is_default)
		json_object_set_new(row, "default", json_true());
	if (line->code)
		json_object_set_new(row, "code", json_string(line->code));
	if (line->reason)
		json_object_set_new(row, "why", json_string(line->reason));
	if (line->instruction)
		json_object_set_new(row, "instruction", json_string(line->instruction));
	return row;
}

json_t *plan_json(struct arena *arena, const struct applied *applied)
{
	const struct mapping *mapping = applied->compiled->mapping;
	json_t *rows = json_array();

	for (size_t i = 0; i < applied->nlines; i++)
		if (applied->lines[i].line->is_out)
			json_array_append_new(rows, row_json(&applied->lines[i]));
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:o}", "action",
			 action_name(applied->action), "verdict",
			 applied_verdict_name(applied->verdict), "mapping", mapping->name,
			 "version", (json_int_t)mapping->version, "fingerprint",
			 plan_fingerprint(arena, applied), "rows", rows);
}

#define COLUMN_MAX 40 /* characters */

/* Control characters would move the cursor: they become blanks, also those of U+0080 to
 * U+009F, which terminals obey too. */
static const char *one_line(struct arena *arena, const char *text)
{
	char *copy = arena_strdup(arena, text), *to = copy;
	size_t count = 0;

	for (const unsigned char *p = (const unsigned char *)copy; *p; p++) {
		bool is_control = *p < 0x20 || *p == 0x7F;

		if (*p == 0xC2 && p[1] < 0xA0) {
			is_control = true;
			p++;
		}
		if ((*p & 0xC0) != 0x80 || is_control)
			count++;
		if (count > COLUMN_MAX)
			break;
		*to++ = is_control ? ' ' : (char)*p;
	}
	*to = '\0';
	return copy;
}

static void add_cell(struct buf *buf, const char *text, size_t width)
{
	buf_add(buf, text);
	for (size_t i = text_length(text); i < width + 2; i++)
		buf_addc(buf, ' ');
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

const char *plan_text(struct arena *arena, const struct applied *applied)
{
	size_t field = 5, now = 3, wanted = 6, count;
	struct plan_row *rows;
	struct buf buf;

	count = plan_rows(arena, applied, &rows);
	for (size_t i = 0; i < count; i++) {
		rows[i].field = one_line(arena, rows[i].field);
		rows[i].now = one_line(arena, rows[i].now);
		rows[i].wanted = one_line(arena, rows[i].wanted);
		field = larger(field, text_length(rows[i].field));
		now = larger(now, text_length(rows[i].now));
		wanted = larger(wanted, text_length(rows[i].wanted));
	}
	buf_init(&buf, arena, 1u << 20);
	add_cell(&buf, "field", field);
	add_cell(&buf, "now", now);
	add_cell(&buf, "wanted", wanted);
	buf_add(&buf, "what\n");
	for (size_t i = 0; i < count; i++) {
		add_cell(&buf, rows[i].field, field);
		add_cell(&buf, rows[i].now, now);
		add_cell(&buf, rows[i].wanted, wanted);
		buf_add(&buf, rows[i].verdict);
		if (rows[i].why)
			buf_addf(&buf, ": %s", rows[i].why);
		if (rows[i].instruction)
			buf_addf(&buf, "; %s", rows[i].instruction);
		buf_addc(&buf, '\n');
	}
	return buf_text(&buf);
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
