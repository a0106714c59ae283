/* hubspot_lookup.c - asks HubSpot for contacts and reads the rows. Threads: pure. */
#include "connectors/hubspot_lookup.h"

#include <string.h>

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"

#define SEARCH_PAGE 200

static const char *const id_properties[] = {
	[READ_EMAIL] = "email",
	[READ_KEY] = HUBSPOT_KEY,
};

/* Our own alone is on every object. */
static const char *const always[] = { HUBSPOT_KEY, "email", "hs_additional_emails",
				      "hs_merged_object_ids" };

static size_t count_always(const struct exchange *x)
{
	return strcmp(x->object, "contacts") == 0 ? ARRAY_LEN(always) : 1;
}

static void add_name(struct buf *buf, const char *name)
{
	buf_add(buf, buf->text[buf->len - 1] == '[' ? "" : ",");
	buf_add_json(buf, name);
}

static bool is_named(const struct exchange *x, const char *name)
{
	for (size_t i = 0; i < x->nnames; i++)
		if (strcmp(x->names[i], name) == 0)
			return true;
	for (size_t i = 0; i < count_always(x); i++)
		if (strcmp(always[i], name) == 0)
			return true;
	return false;
}

/* HubSpot brings next to nothing that is not listed; `seeker` adds the fields searched. */
static void add_names(struct buf *buf, const struct exchange *x, const struct record *record,
		      const struct seeker *seeker)
{
	buf_add(buf, ",\"properties\":[");
	for (size_t i = 0; i < count_always(x); i++)
		add_name(buf, always[i]);
	for (size_t i = 0; i < x->nnames; i++) {
		bool is_always = false;

		for (size_t j = 0; j < count_always(x); j++)
			is_always |= strcmp(always[j], x->names[i]) == 0;
		if (!is_always)
			add_name(buf, x->names[i]);
	}
	for (size_t i = seeker ? seeker->from : 0; seeker && i < seeker->to; i++)
		if (!is_named(x, record->keys[i].field))
			add_name(buf, record->keys[i].field);
	buf_addc(buf, ']');
}

/* What the record is asked for by in a batch read. */
static const char *input_of(const struct exchange *x, const struct find_state *state,
			    const struct part *part, size_t at)
{
	const struct record *record = &x->records[part->records[at]];

	if (part->kind == READ_ID)
		return record->remote_id;
	return record->keys[state->seekers[part->records[at]].from].value;
}

/* The same value twice in one call is refused. */
static bool is_repeated(const struct exchange *x, const struct find_state *state,
			const struct part *part, size_t at)
{
	const char *value = input_of(x, state, part, at);

	for (size_t i = 0; i < at; i++)
		if (text_equal_nocase(input_of(x, state, part, i), value))
			return true;
	return false;
}

static void batch_read_body(struct buf *buf, const struct exchange *x,
			    const struct find_state *state, const struct part *part)
{
	buf_add(buf, "{");
	if (part->kind != READ_ID)
		buf_addf(buf, "\"idProperty\":\"%s\",", id_properties[part->kind]);
	buf_add(buf, "\"inputs\":[");
	for (size_t i = 0; i < part->nrecords; i++) {
		if (is_repeated(x, state, part, i))
			continue;
		buf_add(buf, i ? ",{\"id\":" : "{\"id\":");
		buf_add_json(buf, input_of(x, state, part, i));
		buf_addc(buf, '}');
	}
	buf_addc(buf, ']');
	add_names(buf, x, NULL, NULL);
	buf_addc(buf, '}');
}

/* One group: whose key `k` is one of these records'. Groups are alternatives. */
static void add_group(struct buf *buf, const struct exchange *x, const struct find_state *state,
		      const struct part *part, size_t k, size_t from)
{
	const struct seeker *first = &state->seekers[part->records[0]];

	buf_add(buf, buf->text[buf->len - 1] == '[' ? "{\"filters\":[{\"propertyName\":" :
						      ",{\"filters\":[{\"propertyName\":");
	buf_add_json(buf, x->records[part->records[0]].keys[first->from + k].field);
	buf_add(buf, ",\"operator\":\"IN\",\"values\":[");
	for (size_t i = from; i < part->nrecords && i < from + SEARCH_VALUES; i++) {
		size_t index = part->records[i];

		buf_add(buf, i > from ? "," : "");
		buf_add_json(buf,
			     x->records[index].keys[state->seekers[index].from + k].value);
	}
	buf_add(buf, "]}]}");
}

static void search_body(struct buf *buf, const struct exchange *x,
			const struct find_state *state, const struct part *part)
{
	const struct record *first = &x->records[part->records[0]];
	const struct seeker *seeker = &state->seekers[part->records[0]];

	buf_add(buf, "{\"filterGroups\":[");
	for (size_t k = 0; k < seeker->to - seeker->from; k++)
		for (size_t from = 0; from < part->nrecords; from += SEARCH_VALUES)
			add_group(buf, x, state, part, k, from);
	buf_addf(buf, "],\"limit\":%d", SEARCH_PAGE);
	add_names(buf, x, first, seeker);
	if (state->after) {
		buf_add(buf, ",\"after\":");
		buf_add_json(buf, state->after);
	}
	buf_addc(buf, '}');
}

enum turn hubspot_send_lookup(struct exchange *x, struct find_state *state)
{
	struct part *part = parts_now(&state->parts);
	const char *body;
	struct buf buf;

	if (!part)
		return TURN_DONE;
	buf_init(&buf, x->arena, 4u << 20);
	if (part->kind == SEARCH) {
		search_body(&buf, x, state, part);
		x->bucket = "search";
	} else {
		batch_read_body(&buf, x, state, part);
	}
	if (buf_end(&buf, &body, NULL) < 0) {
		part_settle(x, part, OUTCOME_UNCERTAIN, "the request would be too large");
		state->parts.at++;
		return hubspot_send_lookup(x, state);
	}
	part_sent(x, part);
	return exchange_send(x, "POST",
			     hubspot_path(x, part->kind == SEARCH ? "/search" : "/batch/read"),
			     body);
}

bool hubspot_list_has(const char *list, const char *value)
{
	size_t len = strlen(value);

	for (const char *at = list; at && *at;) {
		size_t n = strcspn(at, ";");

		if (n == len && strncasecmp(at, value, n) == 0)
			return true;
		at += n + (at[n] == ';');
	}
	return false;
}

struct remote *hubspot_add_row(struct exchange *x, struct record *record, const json_t *row,
			      const char *id, int key)
{
	struct remote *found = answer_add_found(x->arena, record);

	if (!found)
		return NULL;
	found->object = x->object;
	found->id = id;
	found->matched_by = key;
	found->version = answer_id(x->arena, json_object_get(row, "updatedAt"));
	found->key = answer_id(x->arena,
			       json_object_get(json_object_get(row, "properties"), HUBSPOT_KEY));
	answer_fields(x->arena, json_object_get(row, "properties"), x->names, x->nnames, found);
	return found;
}

const char *hubspot_doubt(struct exchange *x, const json_t *json)
{
	const json_t *errors = json_object_get(json, "errors");

	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *error = json_array_get(errors, i);
		const char *reason;

		if (text_equal(json_string_of(error, "category"), "OBJECT_NOT_FOUND"))
			continue;
		reason = answer_text(x->arena, json_object_get(error, "message"));
		return reason ? reason : "the answer holds an error that we do not know";
	}
	return NULL;
}
