/* pipedrive_notes.c - notes, still of v1 (6). Threads: under the sandbox's lock. */
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/pipedrive.h"
#include "sandbox/query.h"

/* --- HTML --- */

/* The sheet says that HTML is sanitised and not how: what can run goes, the rest stays as it
 * came. */
static const char *const running[] = { "script", "style", "iframe", "object", "embed" };

static size_t word_len(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
}

/* Behind the element that begins at `at`, or NULL when that is none of those that run. */
static const char *after_running(const char *at)
{
	for (size_t i = 0; i < ARRAY_LEN(running); i++) {
		size_t len = strlen(running[i]);
		const char *end;

		if (word_len(at + 1) != len || strncasecmp(at + 1, running[i], len) != 0)
			continue;
		for (end = at + 1; *end; end++)
			if (*end == '<' && end[1] == '/' && word_len(end + 2) == len &&
			    strncasecmp(end + 2, running[i], len) == 0)
				break;
		end += strcspn(end, ">");
		return end + (*end == '>');
	}
	return NULL;
}

/* Behind an attribute with its value. */
static const char *after_attribute(const char *at)
{
	at += word_len(at);
	if (*at != '=')
		return at;
	at++;
	if (*at == '"' || *at == '\'') {
		char quote = *at++;

		at += strcspn(at, quote == '"' ? "\"" : "'");
		return at + (*at != '\0');
	}
	return at + strcspn(at, " \t\r\n>");
}

/* A tag up to its '>', without attributes like onclick. */
static const char *copy_tag(struct buf *buf, const char *at)
{
	while (*at && *at != '>') {
		if (strchr(" \t\r\n", *at) && strncasecmp(at + 1, "on", 2) == 0 &&
		    word_len(at + 1) > 2) {
			at = after_attribute(at + 1);
			continue;
		}
		buf_addc(buf, *at++);
	}
	return at;
}

static const char *sanitised(struct arena *arena, const char *html)
{
	struct buf buf;
	const char *at = html, *after;

	buf_init(&buf, arena, strlen(html) + 1);
	while (*at) {
		after = *at == '<' ? after_running(at) : NULL;
		if (after)
			at = after;
		else if (*at == '<' && word_len(at + 1))
			at = copy_tag(&buf, at);
		else
			buf_addc(&buf, *at++);
	}
	return buf_text(&buf);
}

/* --- one note --- */

static struct sb_record *note_of(struct sb_call *call)
{
	struct sb_record *note = sb_live_find(call->account, "notes", sb_param(call, 0));

	if (!note)
		sb_pipedrive_fail(call, 404, "Object was not found.", "Note not found");
	return note;
}

static bool is_attached(const json_t *values)
{
	static const char *const to[] = { "lead_id", "deal_id", "person_id", "org_id" };

	for (size_t i = 0; i < ARRAY_LEN(to); i++) {
		const json_t *id = json_object_get(values, to[i]);

		if (id && !json_is_null(id))
			return true;
	}
	return false;
}

/* "2026-02-03 09:00:03", in UTC: when it was written, for notes of the past. False after a
 * refusal. */
static bool read_time(struct sb_call *call, const json_t *body, int64_t *at)
{
	const json_t *time = json_object_get(body, "add_time");
	const char *text = json_string_value(time);

	*at = call->now;
	if (!time || json_is_null(time) ||
	    (text && strlen(text) == strlen("2026-02-03 09:00:03") &&
	     clock_parse(arena_printf(call->arena, "%sZ", text), at) && *at <= call->now))
		return true;
	sb_pipedrive_fail(call, 400, NULL, "add_time must be YYYY-MM-DD HH:MM:SS, in UTC");
	return false;
}

/* The values of a body, its content without what the vendor takes out. */
static json_t *values_of(struct sb_call *call, struct sb_object *notes, const json_t *body,
			 const struct sb_record *note)
{
	json_t *values = body ? sb_pipedrive_values(call, notes, body, note) : NULL;
	const char *content = json_string_of(values, "content");

	if (content)
		json_object_set_new(values, "content",
				    json_string(sanitised(call->arena, content)));
	return values;
}

void sb_pipedrive_add_note(struct sb_call *call)
{
	struct sb_object *notes = sb_object_find(call->account, "notes");
	const json_t *body = sb_json(call);
	json_t *values = values_of(call, notes, body, NULL);
	struct sb_record *note;
	int64_t at;

	if (!values || !read_time(call, body, &at))
		return;
	if (!is_attached(values)) {
		sb_pipedrive_fail(call, 400, NULL,
				  "Note must be attached to a lead, deal, person or organization");
		return;
	}
	note = sb_pipedrive_create(call, notes, values);
	if (!note)
		return;
	note->created_at = at;
	sb_pipedrive_data(call, 200, sb_pipedrive_json(call, note), NULL);
}

void sb_pipedrive_note(struct sb_call *call)
{
	const struct sb_record *note = note_of(call);

	if (note)
		sb_pipedrive_data(call, 200, sb_pipedrive_json(call, note), NULL);
}

void sb_pipedrive_edit_note(struct sb_call *call)
{
	struct sb_record *note = note_of(call);
	const json_t *body = note ? sb_json(call) : NULL;
	json_t *values = note ? values_of(call, note->object, body, note) : NULL;

	if (!values)
		return;
	sb_record_update(call, note, values);
	sb_pipedrive_data(call, 200, sb_pipedrive_json(call, note), NULL);
}

void sb_pipedrive_delete_note(struct sb_call *call)
{
	struct sb_record *note = note_of(call);

	if (!note)
		return;
	sb_record_delete(call, note);
	sb_pipedrive_data(call, 200, json_true(), NULL);
}

/* --- all of them --- */

static const struct sb_condition *note_conditions(struct sb_call *call,
						  const struct sb_object *notes)
{
	const struct sb_pipedrive_kind *kind = sb_pipedrive_kind_of(notes);
	const struct sb_condition **parts = arena_array(call->arena, 8, sizeof(*parts));
	size_t count = 0;

	for (size_t i = 0; kind->filters[i]; i++) {
		const char *text = sb_query(call, kind->filters[i]);

		if (text)
			parts[count++] = sb_where(call->arena, SB_EQ,
						  sb_field_find(notes, kind->filters[i]), text);
	}
	return count ? sb_where_all(call->arena, SB_AND, parts, count) : NULL;
}

void sb_pipedrive_notes(struct sb_call *call)
{
	struct sb_object *notes = sb_object_find(call->account, "notes");
	struct sb_query query = { .where = note_conditions(call, notes) };
	struct sb_record **found;
	int64_t start, limit;
	json_t *data;
	size_t total;

	if (!sb_pipedrive_offset(call, &start, &limit))
		return;
	total = sb_query_run(notes, &query, call->arena, &found);
	data = json_array();
	for (size_t i = (size_t)start; i < total && i < (size_t)(start + limit); i++)
		json_array_append_new(data, sb_pipedrive_json(call, found[i]));
	sb_pipedrive_data(call, 200, data, sb_pipedrive_pagination(start, limit, total));
}
