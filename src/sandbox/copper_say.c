/* copper_say.c - how Copper words refusals and renders records (5, 9). Threads: under the
 * sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"

void sb_copper_fail(struct sb_call *call, int status, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = arena_vprintf(call->arena, format, args);
	va_end(args);
	sb_reply_json(call, status, json_pack("{sb si ss}", "success", 0, "status", status,
					      "message", message));
}

void sb_copper_not_found(struct sb_call *call)
{
	sb_copper_fail(call, 404, "Resource not found");
}

void sb_copper_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		sb_copper_fail(call, 429, "Too many requests");
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		sb_copper_fail(call, 401, "Unauthorized");
		break;
	case SB_PROBLEM_FORBIDDEN:
		sb_copper_fail(call, 403, "Forbidden");
		break;
	case SB_PROBLEM_BAD_JSON:
		sb_copper_fail(call, 400, "Invalid JSON");
		break;
	case SB_PROBLEM_LOCKED:
	case SB_PROBLEM_FULL:
		sb_copper_fail(call, 503, "Service unavailable");
		break;
	case SB_PROBLEM_SERVER:
		sb_copper_fail(call, status, "Internal server error");
		break;
	}
}

/* All that are defined come back, unset ones as null (3). */
static json_t *custom_json(const struct sb_record *record)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_nfields(record->object); i++) {
		const struct sb_field *field = sb_object_field(record->object, i);
		json_t *value;

		if (!(field->flags & SB_CUSTOM) || field->flags & (SB_ARCHIVED | SB_HIDDEN))
			continue;
		value = sb_record_value(record, field);
		json_array_append_new(list, json_pack("{sI so}", "custom_field_definition_id",
						      (json_int_t)sb_id_number(field->name),
						      "value", value ? value : json_null()));
	}
	return list;
}

static json_int_t seconds(const struct sb_call *call, int64_t ms)
{
	return (json_int_t)((ms + call->account->skew_ms) / 1000);
}

/* One word of a name, and where it stands. */
static const char *name_part(const char *word, bool is_first, bool is_last)
{
	static const char prefixes[] = "Mr.|Mrs.|Ms.|Dr.|Prof.|Mr|Mrs|Ms|Dr|Prof";
	static const char suffixes[] = "Jr.|Sr.|Jr|Sr|II|III|IV|PhD|MD";

	return is_first && sb_has_word(prefixes, word) ? "prefix" :
	       is_last && sb_has_word(suffixes, word)  ? "suffix" :
							 NULL;
}

static void add_part(struct sb_call *call, json_t *json, const char *part, const char *word)
{
	const char *have = json_string_of(json, part);

	json_object_set_new(json, part, sb_json_printf("%s%s%s", have ? arena_strdup(call->arena,
										      have) : "",
						       have ? " " : "", word));
}

/* "Dr. Ann M. Lee Jr.": the parts are read back from the name (4). */
static void add_names(struct sb_call *call, const struct sb_record *record, json_t *json)
{
	const char *name = sb_record_text_of(record, "name", call->arena);
	const char *words[32];
	size_t count = 0, first = 0, last;

	if (!json_object_get(json, "first_name") || !name)
		return;
	while (*name && count < ARRAY_LEN(words)) {
		size_t len;

		name += strspn(name, " ");
		len = strcspn(name, " ");
		if (len)
			words[count++] = arena_strndup(call->arena, name, len);
		name += len;
	}
	last = count;
	if (count > 1 && name_part(words[0], true, false))
		add_part(call, json, "prefix", words[first++]);
	if (last - first > 1 && name_part(words[last - 1], false, true))
		add_part(call, json, "suffix", words[--last]);
	for (size_t i = first; i < last; i++)
		add_part(call, json,
			 i == first	? "first_name" :
			 i == last - 1	? "last_name" :
					  "middle_name",
			 words[i]);
}

static void add_label(struct sb_call *call, const struct sb_record *record, json_t *json,
		      const char *id, const char *object, const char *label)
{
	const struct sb_record *to =
		sb_live_find(call->account, object, sb_record_text_of(record, id, call->arena));

	if (to)
		json_object_set_new(json, label, sb_record_value_of(to, "name"));
}

json_t *sb_copper_json(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_copper_kind *kind = sb_copper_kind_of(record->object);
	json_t *json = json_pack("{sI}", "id", (json_int_t)sb_id_number(record->id));

	if (record->state == SB_DELETED && text_equal(kind->type, "activity")) {
		sb_render_fields(record, SB_REQUIRED, 0, 0, json); /* a stub: parent and type */
		json_object_set_new(json, "is_deleted", json_true());
		return json;
	}
	sb_render_fields(record, 0, SB_CUSTOM, COPPER_LIST, json);
	if (!kind->type)
		return json;
	add_names(call, record, json);
	if (strcmp(kind->name, "leads") == 0)
		add_label(call, record, json, "status_id", "lead_statuses", "status");
	if (strcmp(kind->name, "people") == 0)
		add_label(call, record, json, "company_id", "companies", "company_name");
	if (strcmp(kind->name, "activities") != 0)
		json_object_set_new(json, "custom_fields", custom_json(record));
	json_object_set_new(json, "date_created", json_integer(seconds(call, record->created_at)));
	json_object_set_new(json, "date_modified",
			    json_integer(seconds(call, record->updated_at)));
	return json;
}
