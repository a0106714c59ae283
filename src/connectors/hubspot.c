/* hubspot.c - the `hubspot` connector, and how it writes. Threads: pure.
 *
 * New leads are upserted by our own unique property, so that a repeat can never make a
 * second contact; known ones are updated by their id. One bad row fails a whole batch
 * unless each row carries a trace id; where HubSpot does it all the same, the row at
 * fault is told from the message, or found by cutting the batch in halves. */
#include <string.h>

#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/follow.h"
#include "connectors/hubspot.h"

enum { UPSERT, UPDATE };

struct write_state {
	struct parts parts;
	int associating; /* the kind of association that is told now; 0: none yet */
	struct follow follow;
};

/* All values are strings on the wire; an empty one clears; lists are "a;b" (section 3). */
static void add_value(struct buf *buf, struct arena *arena, struct value value)
{
	const char **items;
	struct buf text;
	size_t count;

	if (value.type != VALUE_LIST) {
		buf_add_json(buf, value.text ? value.text : "");
		return;
	}
	count = value_items(arena, value, &items);
	buf_init(&text, arena, 1u << 20);
	for (size_t i = 0; i < count; i++)
		buf_addf(&text, "%s%s", i ? ";" : "", items[i]);
	buf_add_json(buf, buf_text(&text));
}

static void add_properties(struct buf *buf, struct arena *arena, const struct record *record)
{
	size_t count = 0;

	buf_add(buf, ",\"properties\":{");
	for (size_t i = 0; i < record->nfields; i++) {
		const struct field *field = &record->fields[i];

		if (field->value.type == VALUE_ABSENT || hubspot_is_association(field->name))
			continue;
		if (count++)
			buf_addc(buf, ',');
		buf_add_json(buf, field->name);
		buf_addc(buf, ':');
		add_value(buf, arena, field->value);
	}
	if (record->action == RECORD_CREATE &&
	    !field_find(record->fields, record->nfields, HUBSPOT_KEY)) {
		buf_add(buf, count ? ",\"" HUBSPOT_KEY "\":" : "\"" HUBSPOT_KEY "\":");
		buf_add_json(buf, record->key);
	}
	buf_addc(buf, '}');
}

static void add_input(struct buf *buf, struct arena *arena, const struct record *record)
{
	bool is_update = record->action == RECORD_UPDATE;

	buf_add(buf, is_update ? "{" : "{\"idProperty\":\"" HUBSPOT_KEY "\",");
	buf_add(buf, "\"id\":");
	buf_add_json(buf, is_update ? record->remote_id : record->key);
	buf_add(buf, ",\"objectWriteTraceId\":");
	buf_add_json(buf, record->key);
	add_properties(buf, arena, record);
	buf_addc(buf, '}');
}

#define BODY_MAX (16u << 20)

static enum turn send_next(struct exchange *x, struct parts *parts)
{
	struct part *part = parts_now(parts);
	const char *path, *body;
	struct buf buf;

	if (!part)
		return TURN_DONE;
	if (part->kind >= HUBSPOT_ASSOCIATE)
		return hubspot_send_associations(x, part);
	buf_init(&buf, x->arena, BODY_MAX);
	buf_add(&buf, "{\"inputs\":[");
	for (size_t i = 0; i < part->nrecords; i++) {
		if (i > 0)
			buf_addc(&buf, ',');
		add_input(&buf, x->arena, &x->records[part->records[i]]);
	}
	buf_add(&buf, "]}");
	if (buf_end(&buf, &body, NULL) < 0) {
		part_settle(x, part, OUTCOME_FIX_DATA, "the request would be too large");
		parts->at++;
		return send_next(x, parts);
	}
	path = hubspot_path(x, part->kind == UPSERT ? "/batch/upsert" : "/batch/update");
	part_sent(x, part);
	return exchange_send(x, "POST", path, body);
}

/* Whether nothing but associations is to be changed. */
static bool is_only_associated(const struct record *record)
{
	for (size_t i = 0; i < record->nfields; i++)
		if (!hubspot_is_association(record->fields[i].name))
			return false;
	return record->nfields > 0;
}

static void plan(struct exchange *x, struct parts *parts)
{
	for (size_t i = 0; i < x->nrecords; i++)
		if (x->records[i].action == RECORD_CREATE)
			parts_add(parts, UPSERT, i, HUBSPOT_BATCH);
	for (size_t i = 0; i < x->nrecords; i++) {
		struct record *record = &x->records[i];

		if (record->action != RECORD_UPDATE || !record->remote_id)
			continue;
		if (is_only_associated(record))
			record->outcome = OUTCOME_DELIVERED;
		else
			parts_add(parts, UPDATE, i, HUBSPOT_BATCH);
	}
}

/* --- what came back -------------------------------------------------------------- */

/* The record of the part that a row is about: by trace id, by our property, by the id
 * that was updated. The order of rows is not promised. */
static struct record *record_of_row(const struct exchange *x, const struct part *part,
				    const char *trace, const char *key, const char *id)
{
	for (size_t i = 0; i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];

		if (trace ? strcmp(trace, record->key) == 0 :
			    (key && strcmp(key, record->key) == 0) ||
				    (id && part->kind == UPDATE &&
				     strcmp(id, record->remote_id) == 0))
			return record;
	}
	return NULL;
}

/* One row for a record settles it; a second makes us doubt both. */
static bool is_first_word(struct exchange *x, const struct parts *parts,
			  struct record *record)
{
	if (record->outcome == OUTCOME_UNCERTAIN && !record->reason)
		return true;
	parts_doubt(parts, x, record, "the answer has several rows for this record");
	return false;
}

static void settle_results(struct exchange *x, const struct parts *parts,
			   const json_t *rows)
{
	const struct part *part = parts_now(parts);

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *id = answer_id(x->arena, json_object_get(row, "id"));
		struct record *record = record_of_row(x, part,
						      json_string_of(row, "objectWriteTraceId"),
						      hubspot_property(row, HUBSPOT_KEY), id);

		if (!record || !is_first_word(x, parts, record))
			continue;
		if (!id) {
			record->reason = "the answer has no id";
			continue;
		}
		record->outcome = OUTCOME_DELIVERED;
		record->remote_id = id; /* another one, when the contact was merged */
		record->version = answer_id(x->arena, json_object_get(row, "updatedAt"));
	}
}

/* The only record that nothing was said of, or NULL. */
static struct record *only_unsettled(const struct exchange *x, const struct part *part)
{
	struct record *only = NULL;

	for (size_t i = 0; i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];

		if (record->outcome != OUTCOME_UNCERTAIN)
			continue;
		if (only)
			return NULL;
		only = record;
	}
	return only;
}

/* A status for an error of a batch, whose own `status` is only "error". */
static int status_of_category(const json_t *error)
{
	static const struct { const char *category; int status; } known[] = {
		{ "CONFLICT", 409 },
		{ "OBJECT_NOT_FOUND", 404 },
		{ "RATE_LIMITS", 429 },
		{ "MISSING_SCOPES", 403 },
	};
	const char *category = json_string_of(error, "category");

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (text_equal(known[i].category, category))
			return known[i].status;
	return 400;
}

static void settle_errors(struct exchange *x, const struct parts *parts,
			  const json_t *errors)
{
	const struct part *part = parts_now(parts);

	for (size_t i = 0; i < json_array_size(errors); i++) {
		const json_t *json = json_array_get(errors, i);
		const char *trace = hubspot_error_trace(json), *id = hubspot_error_id(json);
		struct record *record = trace || id ? record_of_row(x, part, trace, id, id) : NULL;
		struct hubspot_error error;

		if (!record && json_array_size(errors) == 1)
			record = only_unsettled(x, part);
		if (!record || !is_first_word(x, parts, record) ||
		    !hubspot_error_read(x->arena, json, status_of_category(json),
					x->connection, &error))
			continue;
		hubspot_settle_error(record, &error);
		/* The call went through: a limit in a row is the row's. */
		if (record->outcome == OUTCOME_CONNECTION || record->outcome == OUTCOME_REAUTH)
			record->outcome = OUTCOME_RETRY;
		if (record->outcome == OUTCOME_GONE && part->kind == UPSERT)
			record->outcome = OUTCOME_FIX_DATA;
	}
}

static void settle_batch(struct exchange *x, const struct parts *parts, const json_t *json)
{
	const struct part *part = parts_now(parts);

	part_settle(x, part, OUTCOME_UNCERTAIN, NULL);
	settle_results(x, parts, json_object_get(json, "results"));
	settle_errors(x, parts, json_object_get(json, "errors"));
	for (size_t i = 0; i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];

		if (record->outcome == OUTCOME_UNCERTAIN && !record->reason)
			record->reason = "the answer has no row for this record";
	}
}

/* --- a batch that was refused whole ------------------------------------------------ */

/* "Nope was not one of the allowed options: [NEW, OPEN]", "Email address jo@ is invalid":
 * whether the message is about that value, and does not only list it. */
static bool is_about(const char *message, const char *value)
{
	size_t len = strlen(value);

	if (len == 0)
		return false;
	if (strchr(value, '@'))
		return strstr(message, value) != NULL;
	return strncmp(message, value, len) == 0 && text_starts(message + len, " was not");
}

/* Whether the record is one that a refusal of the whole batch is about. */
static bool is_suspect(const struct record *record, const struct hubspot_error *error)
{
	const struct field *field = error->field ? field_find(record->fields, record->nfields,
							      error->field) : NULL;

	if (!field)
		return false;
	return error->is_schema ||
	       (!value_is_empty(field->value) && is_about(error->reason, field->value.text));
}

/* Settles the suspects and sends the others again, which were not written; false when
 * the message does not tell them apart. */
static bool part_suspects(struct exchange *x, struct parts *parts,
			  const struct hubspot_error *error)
{
	const struct part part = *parts_now(parts);
	size_t count = 0;

	for (size_t i = 0; i < part.nrecords; i++)
		count += is_suspect(&x->records[part.records[i]], error);
	if (count == 0)
		return false;
	parts_close(parts);
	for (size_t i = 0; i < part.nrecords; i++) {
		struct record *record = &x->records[part.records[i]];

		if (is_suspect(record, error)) {
			hubspot_settle_error(record, error);
			continue;
		}
		record->outcome = OUTCOME_CONNECTION;
		record->reason = "not sent";
		parts_add(parts, part.kind, part.records[i], HUBSPOT_BATCH);
	}
	parts_close(parts);
	return true;
}

/* Without our property nothing can be written until a person has created it. */
static bool lacks_key(const struct hubspot_error *error)
{
	return error->outcome == OUTCOME_FIX_DATA && strstr(error->reason, HUBSPOT_KEY) &&
	       (error->is_schema || strstr(error->reason, "not exist"));
}

/* Returns whether the conversation has to end. */
static bool settle_refusal(struct exchange *x, struct parts *parts)
{
	const struct part *part = parts_now(parts);
	struct hubspot_error error;

	hubspot_reply_error(x, &error);
	if (x->reply->failure == HTTP_REPLIED && x->reply->status / 100 == 2 &&
	    !answer_is_page(x->reply))
		error.reason = "the answer is not a batch's";
	if (error.outcome == OUTCOME_GONE && part->kind == UPSERT)
		error.outcome = OUTCOME_FIX_DATA;
	if (lacks_key(&error))
		error.outcome = OUTCOME_REAUTH;
	if (part->nrecords > 1 && x->reply->status / 100 == 4 &&
	    (error.outcome == OUTCOME_FIX_DATA || error.outcome == OUTCOME_DUPLICATE ||
	     error.outcome == OUTCOME_GONE)) {
		if (part_suspects(x, parts, &error) || parts_cut(parts, x))
			return false;
		error = (struct hubspot_error){ OUTCOME_RETRY, NULL,
						"refused together with others" };
	}
	return hubspot_part_failed(x, parts, &error);
}

/* The others wait as long as those of the part that failed. */
static enum turn stop(struct exchange *x, struct parts *parts)
{
	const struct record *failed = &x->records[parts_now(parts)->records[0]];

	follow_give_up(x);
	return parts_stop(parts, x, failed->outcome, failed->retry_after_ms);
}

/* The next kind of association that a record has; false when there is none left. */
static bool plan_next_association(struct exchange *x, struct write_state *state)
{
	int last = HUBSPOT_ASSOCIATE + HUBSPOT_ASSOCIATIONS_MAX;

	if (!state->associating)
		state->associating = HUBSPOT_ASSOCIATE;
	while (state->associating < last)
		if (hubspot_plan_associations(x, &state->parts, state->associating++))
			return true;
	return false;
}

/* What is written is associated; in the end, what turned out to be gone is followed. */
static enum turn send_or_follow(struct exchange *x, struct write_state *state)
{
	do {
		if (send_next(x, &state->parts) == TURN_SEND)
			return TURN_SEND;
	} while (plan_next_association(x, state));
	return follow_begin(&state->follow, x, hubspot_read);
}

/* Returns whether the conversation has to end. */
static bool settle_part(struct exchange *x, struct parts *parts)
{
	const json_t *json = hubspot_batch(x);

	if (parts_now(parts)->kind >= HUBSPOT_ASSOCIATE)
		return hubspot_settle_associations(x, parts);
	if (!json)
		return settle_refusal(x, parts);
	settle_batch(x, parts, json);
	return false;
}

enum turn hubspot_write(struct exchange *x)
{
	struct write_state *state = x->state;

	if (x->turn == 0) {
		state = x->state = arena_alloc(x->arena, sizeof(*state));
		parts_begin(&state->parts, x);
		plan(x, &state->parts);
		return send_or_follow(x, state);
	}
	if (state->follow.is_on)
		return follow_go_on(&state->follow, x, hubspot_read);
	if (settle_part(x, &state->parts))
		return stop(x, &state->parts);
	state->parts.at++;
	return send_or_follow(x, state);
}

/* --- what it is ------------------------------------------------------------------- */

static const enum auth hubspot_auths[] = { AUTH_BEARER, AUTH_OAUTH2 };

static const struct setting hubspot_settings[] = {
	{ "base_url", "Address of the API", "only for a sandbox; HubSpot's own is used for "
	  "every account, EU ones too", SETTING_URL },
	{ NULL },
};

static const char *const hubspot_hosts[] = { ".hubapi.com", NULL };

static const struct rate_rule hubspot_rates[] = {
	{ "api", 100, 10000 }, /* what the smallest account may do */
	{ "search", 5, 1000 },
	{ NULL, 0, 0 },
};

/* Status and owner want HubSpot's own values: a mapping names them with a lookup. */
static const struct default_field contact_mapping[] = {
	{ "email", "email", NULL },
	{ "first_name", "firstname", NULL },
	{ "last_name", "lastname", NULL },
	{ "phone", "phone", NULL },
	{ "company", "company", NULL },
	{ "title", "jobtitle", NULL },
	{ NULL, NULL, NULL },
};

static const struct record_key contact_keys[] = {
	{ "contacts", "email", "email" },
	{ "contacts", "phone", "phone" },
	{ "contacts", "mobilephone", "phone" },
	{ NULL, NULL, NULL },
};

static const struct default_field deal_mapping[] = {
	{ "company", "dealname", NULL },
	{ NULL, NULL, NULL },
};

static const struct default_field note_mapping[] = {
	{ "message", "hs_note_body", NULL },
	{ "created_at", "hs_timestamp", NULL },
	{ NULL, NULL, NULL },
};

static const struct default_field task_mapping[] = {
	{ "message", "hs_task_body", NULL },
	{ "callback_at", "hs_timestamp", NULL },
	{ NULL, NULL, NULL },
};

/* Beside contacts nothing has a key of the lead's: they are looked for by our own. */
static const struct connector_object hubspot_objects[] = {
	{ "contacts", "Contact", NULL, contact_mapping, contact_keys },
	{ "deals", "Deal", NULL, deal_mapping, NULL },
	{ "notes", "Note", NULL, note_mapping, NULL },
	{ "tasks", "Task", NULL, task_mapping, NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

const struct connector connector_hubspot = {
	.name = "hubspot",
	.title = "HubSpot",
	.auths = hubspot_auths,
	.nauths = ARRAY_LEN(hubspot_auths),
	.settings = hubspot_settings,
	.hosts = hubspot_hosts,
	.base_url = "https://api.hubapi.com",
	.token_path = HUBSPOT_TOKEN,
	.rates = hubspot_rates,
	.concurrency = 4,
	.objects = hubspot_objects,
	.remote_key = HUBSPOT_KEY,
	.batch_max = HUBSPOT_BATCH,
	.find_max = 1000,
	.read_max = 1000,
	.index_lag_ms = 10000,
	.write = hubspot_write,
	.find = hubspot_find,
	.read = hubspot_read,
	.check = hubspot_check,
	.describe = hubspot_describe,
	.limits = hubspot_limits,
	.create_key = hubspot_create_key,
};
