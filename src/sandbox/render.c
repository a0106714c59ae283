/* render.c - records as JSON. Threads: under the sandbox's lock. */
#include "sandbox/render.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

json_t *sb_render_time(const struct sb_call *call, int64_t ms, enum sb_time_style style)
{
	char text[CLOCK_TEXT_SIZE];
	int seconds = 19; /* "2026-02-03T09:00:00" */

	clock_format(ms + (call->account ? call->account->skew_ms : 0), text);
	switch (style) {
	case SB_TIME_BLANK:
		text[10] = ' ';
		return sb_json_printf("%.*s", seconds, text);
	case SB_TIME_OFFSET:
		return sb_json_printf("%.*s+00:00", seconds, text);
	case SB_TIME_MICRO:
		return sb_json_printf("%.23s000+00:00", text);
	case SB_TIME_NAKED:
		return sb_json_printf("%.23s000", text);
	case SB_TIME_ZULU:
		break;
	}
	return sb_json_printf("%.*sZ", seconds, text);
}

void sb_render_fields(const struct sb_record *record, unsigned with, unsigned without,
		      unsigned lists, json_t *out)
{
	without |= SB_ARCHIVED | SB_HIDDEN;
	for (size_t i = 0; i < sb_object_nfields(record->object); i++) {
		const struct sb_field *field = sb_object_field(record->object, i);
		json_t *value;

		if ((field->flags & with) != with || field->flags & without)
			continue;
		value = sb_record_value(record, field);
		if (!value)
			value = field->flags & lists ? json_array() : json_null();
		json_object_set_new(out, field->name, value);
	}
}

struct sb_record *sb_record_add(struct sb_call *call, const char *object, json_t *values,
				const char *id)
{
	return sb_record_create(call, sb_object_find(call->account, object),
				json_keep(call->arena, values), id);
}

void sb_set_default(json_t *values, const char *name, json_t *value)
{
	if (json_object_get(values, name))
		json_decref(value);
	else
		json_object_set_new(values, name, value);
}

const char *sb_text(const struct sb_call *call, const struct sb_record *record,
		    const char *field)
{
	const char *text = sb_record_text_of(record, field, call->arena);

	return text ? arena_strdup(call->arena, text) : "";
}

struct sb_record *sb_live_find(const struct sb_account *account, const char *object,
			       const char *id)
{
	const struct sb_object *of = sb_object_find(account, object);
	struct sb_record *record = of && id ? sb_record_find(of, id) : NULL;

	return record && record->state == SB_LIVE ? record : NULL;
}

const char *sb_id_text(struct arena *arena, const json_t *value)
{
	if (json_is_integer(value))
		return arena_printf(arena, "%lld", (long long)json_integer_value(value));
	return json_string_value(value);
}

int64_t sb_id_number(const char *id)
{
	int64_t number;

	return text_int(id, &number) ? number : 0;
}

void sb_add_markup(struct buf *buf, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '<':
			buf_add(buf, "&lt;");
			break;
		case '>':
			buf_add(buf, "&gt;");
			break;
		case '&':
			buf_add(buf, "&amp;");
			break;
		case '"':
			buf_add(buf, "&quot;");
			break;
		default:
			if ((unsigned char)*text >= ' ' || strchr("\t\r\n", *text))
				buf_addc(buf, *text);
		}
	}
}
