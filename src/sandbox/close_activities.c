/* close_activities.c - notes, calls, e-mails, messages, changes of status (6). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

#define NOTE_MAX (1 << 20)

static const struct sb_close_activity *type_of(struct sb_call *call)
{
	return sb_close_activity_of(call->route->tag);
}

/* Of the type of the path; NULL after 404. */
static struct sb_record *activity_of(struct sb_call *call, bool is_written)
{
	const char *id = sb_param(call, 0);
	struct sb_record *record = is_written ? sb_close_live(call, "activity", id) :
						sb_close_shown(call, "activity", id);

	if (!record || text_equal(sb_record_text_of(record, "_type", call->arena),
				  call->route->tag))
		return record;
	sb_close_not_found(call);
	return NULL;
}

void sb_close_get_activity(struct sb_call *call)
{
	const struct sb_record *record = activity_of(call, false);

	if (record)
		sb_close_reply(call, sb_close_json(call, record));
}

/* --- a note is plain text and HTML --- */

static const char *to_html(struct arena *arena, const char *text)
{
	struct buf buf;

	buf_init(&buf, arena, 6 * NOTE_MAX + 64);
	buf_add(&buf, "<body><p>");
	for (const char *at = text; *at; at++) {
		if (*at == '<')
			buf_add(&buf, "&lt;");
		else if (*at == '>')
			buf_add(&buf, "&gt;");
		else if (*at == '&')
			buf_add(&buf, "&amp;");
		else if (*at == '\n')
			buf_add(&buf, "<br>");
		else
			buf_addc(&buf, *at);
	}
	buf_add(&buf, "</p></body>");
	return buf_end(&buf, &text, NULL) < 0 ? "" : text;
}

static const char *to_text(struct arena *arena, const char *html)
{
	struct buf buf;
	bool is_tag = false;

	buf_init(&buf, arena, NOTE_MAX);
	for (const char *at = html; *at; at++) {
		if (*at == '<')
			is_tag = true;
		else if (*at == '>')
			is_tag = false;
		else if (!is_tag)
			buf_addc(&buf, *at);
	}
	return buf_end(&buf, &html, NULL) < 0 ? "" : html;
}

static void set_note(struct sb_call *call, json_t *values)
{
	const char *html = json_string_of(values, "note_html");
	const char *note = json_string_of(values, "note");

	if (html)
		json_object_set_new(values, "note", json_string(to_text(call->arena, html)));
	else if (note)
		json_object_set_new(values, "note_html", json_string(to_html(call->arena, note)));
}

/* --- writing --- */

static void check_status(const struct sb_close_activity *type, const json_t *values, bool is_new,
			 json_t *errors)
{
	const char *status = json_string_of(values, "status");

	if (!type->statuses)
		return;
	if (!status && type->needs_status && is_new)
		json_object_set_new(errors, "status", json_string("This field is required."));
	else if (status && !sb_has_word(type->statuses, status))
		json_object_set_new(errors, "status",
				    sb_json_printf("Value must be one of: %s.", type->statuses));
}

/* Of the fields of its own type, all that are needed must have a value, except in a draft. */
static void check_custom(struct sb_call *call, const struct sb_record *record,
			 const json_t *values, json_t *errors)
{
	const struct sb_object *object = sb_object_find(call->account, "activity");
	const char *type = json_string_of(values, "custom_activity_type_id");
	const char *status = json_string_of(values, "status");

	if (!type && record)
		type = sb_record_text_of(record, "custom_activity_type_id", call->arena);
	if (!status && record)
		status = sb_record_text_of(record, "status", call->arena);
	if (!type)
		json_object_set_new(errors, "custom_activity_type_id",
				    json_string("This field is required."));
	for (size_t i = 0; type && i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);
		const json_t *value = json_object_get(values, field->name);
		bool is_own = text_equal(sb_close_field_owner(field), type);

		if (!(field->flags & SB_CUSTOM) || field->flags & SB_ARCHIVED)
			continue;
		if (value && !is_own)
			json_object_set_new(errors, field->name,
					    json_string("This field is of another type."));
		if (is_own && sb_close_field_is_needed(field) && !text_equal(status, "draft") &&
		    (value ? json_is_null(value) :
			     !record || !sb_record_text(record, field, call->arena)))
			json_object_set_new(errors, field->name,
					    json_string("This field is required."));
	}
}

/* What another type has is passed over like any unknown key. */
static json_t *values_of(struct sb_call *call, const struct sb_record *record, json_t *errors)
{
	const struct sb_close_activity *type = type_of(call);
	static const char common[] = "lead_id|contact_id|user_id|activity_at|custom";
	const json_t *body = sb_close_body(call);
	json_t *mine, *value, *values;
	const char *name;

	if (!body)
		return NULL;
	mine = json_keep(call->arena, json_object());
	json_object_foreach((json_t *)body, name, value)
		if (sb_has_word(common, name) || sb_has_word(type->fields, name) ||
		    text_starts(name, CLOSE_CUSTOM))
			json_object_set(mine, name, value);
	values = sb_close_values(call, sb_object_find(call->account, "activity"), mine, record,
				 errors);
	check_status(type, values, !record, errors);
	if (strcmp(type->type, "Custom") == 0)
		check_custom(call, record, values, errors);
	set_note(call, values);
	return values;
}

static json_t *first_word(const char *words)
{
	return json_stringn(words, strcspn(words, "|"));
}

static struct sb_record *create(struct sb_call *call, const char *type, json_t *values)
{
	json_object_set_new(values, "_type", json_string(type));
	sb_set_default(values, "user_id", json_string(sb_close_user(call->account)->id));
	sb_set_default(values, "activity_at", sb_render_time(call, call->now, SB_TIME_MICRO));
	return sb_close_create(call, sb_object_find(call->account, "activity"), values);
}

void sb_close_add_activity(struct sb_call *call)
{
	const struct sb_close_activity *type = type_of(call);
	json_t *errors = json_keep(call->arena, json_object());
	json_t *values = values_of(call, NULL, errors);
	const struct sb_record *record;

	if (!values || sb_close_refused(call, errors))
		return;
	if (type->statuses)
		sb_set_default(values, "status", first_word(type->statuses));
	if (sb_has_word(type->fields, "direction"))
		sb_set_default(values, "direction", json_string("outbound"));
	if (sb_has_word(type->fields, "source"))
		sb_set_default(values, "source", json_string("External"));
	if (sb_has_word(type->fields, "pinned"))
		sb_set_default(values, "pinned", json_false());
	record = create(call, type->type, values);
	if (record)
		sb_close_reply(call, sb_close_json(call, record));
}

void sb_close_edit_activity(struct sb_call *call)
{
	struct sb_record *record = activity_of(call, true);
	json_t *errors = json_keep(call->arena, json_object());
	json_t *values = record ? values_of(call, record, errors) : NULL;

	if (!values || sb_close_refused(call, errors))
		return;
	sb_record_update(call, record, values);
	sb_close_reply(call, sb_close_json(call, record));
}

void sb_close_delete_activity(struct sb_call *call)
{
	struct sb_record *record = activity_of(call, true);

	if (!record)
		return;
	sb_record_delete(call, record);
	sb_close_reply_empty(call);
}

/* --- changes of status --- */

static json_t *label_of(struct sb_call *call, const char *id)
{
	const struct sb_record *status =
		id ? sb_record_find(sb_object_find(call->account, "lead_status"), id) : NULL;
	const char *label = status ? sb_record_text_of(status, "label", call->arena) : NULL;

	return label ? json_string(label) : json_null();
}

void sb_close_note_status(struct sb_call *call, const struct sb_record *lead,
			  const char *old_status)
{
	const char *status = sb_record_text_of(lead, "status_id", call->arena);
	json_t *values = json_pack("{ss ss so ss? so}", "lead_id", lead->id, "old_status_id",
				   old_status, "old_status_label", label_of(call, old_status),
				   "new_status_id", status, "new_status_label",
				   label_of(call, status));

	create(call, "LeadStatusChange", json_keep(call->arena, values));
}
