/* rest_find.c - looks for records as the settings say, and reads them. Threads: pure. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/rest.h"

struct find_state {
	struct parts parts; /* kind: the way; one record each */
};

struct usable {
	const struct exchange *x;
	const struct record *record;
	int key; /* the first of the record's keys that the way uses, -1: none yet */
	bool is_usable;
};

/* The word under which the record's own key stands among its keys. */
static const char *remote_key_name(const struct exchange *x)
{
	const char *name = connection_setting(x->connection, "remote_key");

	return name ? name : "key";
}

static bool use_name(void *context, const char *name)
{
	struct usable *use = context;

	if (strcmp(name, "object") == 0)
		return true;
	if (strcmp(name, "key") == 0)
		name = remote_key_name(use->x);
	for (size_t i = 0; i < use->record->nkeys; i++)
		if (strcmp(use->record->keys[i].field, name) == 0 &&
		    !text_is_empty(use->record->keys[i].value)) {
			use->key = use->key < 0 ? (int)i : use->key;
			return true;
		}
	return use->is_usable = false;
}

static void use_body(struct usable *use, const json_t *json)
{
	const char *name;
	json_t *member;

	if (json_is_string(json))
		rest_each_name(json_string_value(json), use_name, use);
	for (size_t i = 0; i < json_array_size(json); i++)
		use_body(use, json_array_get(json, i));
	json_object_foreach((json_t *)json, name, member)
		use_body(use, member);
}

/* Which of the record's keys the way looks by; -1 when it lacks one. */
static int key_of_way(const struct exchange *x, const struct record *record,
		      const struct rest_op *op)
{
	struct usable use = { .x = x, .record = record, .key = -1, .is_usable = true };

	rest_each_name(op->path, use_name, &use);
	use_body(&use, op->body);
	return use.is_usable ? use.key : -1;
}

/* Adds the first way from `way` on by which the record can be looked for. */
static bool plan_way(struct exchange *x, struct parts *parts, size_t index, size_t way)
{
	struct rest_op op;

	for (; rest_find_way(x->connection, way, &op); way++)
		if (key_of_way(x, &x->records[index], &op) >= 0) {
			parts_add(parts, (int)way, index, 1);
			return true;
		}
	return false;
}

static void plan_find(struct exchange *x, struct parts *parts)
{
	for (size_t i = 0; i < x->nrecords; i++) {
		x->records[i].found = NULL;
		x->records[i].nfound = 0;
		if (plan_way(x, parts, i, 0))
			continue;
		x->records[i].outcome = OUTCOME_UNCERTAIN;
		x->records[i].reason = "there is nothing to look by";
	}
}

static enum turn send_find(struct exchange *x, struct parts *parts)
{
	struct part *part;

	for (; (part = parts_now(parts)); parts->at++) {
		struct rest_values values = {
			.x = x,
			.record = &x->records[part->records[0]],
			.is_search = true,
		};
		const char *missing;
		struct rest_op op;

		rest_find_way(x->connection, (size_t)part->kind, &op);
		if (rest_send(x, &op, &values, &missing)) {
			part_sent(x, part);
			return TURN_SEND;
		}
		part_settle(x, part, OUTCOME_UNCERTAIN, "the value cannot be looked for");
	}
	return TURN_DONE;
}

/* Whether the item has the key's value where it shows that field at all: some APIs
 * answer a search that they do not understand with everything they have. */
static bool is_match(const struct record_key *key, const json_t *item, const json_t *fields)
{
	const json_t *seen = json_object_get(fields, key->field);

	if (!seen)
		seen = json_object_get(item, key->field);
	return !json_is_string(seen) ||
	       answer_same_value(key->value, json_string_value(seen));
}

static bool add_match(struct exchange *x, const struct rest_op *op, struct record *record,
		      int key, const json_t *item)
{
	const json_t *fields = json_at(item, op->fields);
	const char *id = answer_id(x->arena, json_at(item, op->id));
	struct remote *found;

	if (!id)
		return false;
	if (!is_match(&record->keys[key], item, fields))
		return true;
	found = answer_add_found(x->arena, record);
	if (!found)
		return true;
	found->object = x->object;
	found->id = id;
	found->matched_by = key;
	if (op->version)
		found->version = answer_id(x->arena, json_at(item, op->version));
	if (op->key)
		found->key = answer_id(x->arena, json_at(item, op->key));
	answer_fields(x->arena, fields, x->names, x->nnames, found);
	return true;
}

/* DELIVERED when the answer is a list whose items have ids. */
static enum outcome read_matches(struct exchange *x, const struct rest_op *op,
				 struct record *record, int key, const json_t *json)
{
	const json_t *items = json ? json_at(json, op->results) : NULL;

	if (json_is_object(items))
		return add_match(x, op, record, key, items) ? OUTCOME_DELIVERED :
							      OUTCOME_UNCERTAIN;
	if (!json_is_array(items))
		return OUTCOME_UNCERTAIN;
	for (size_t i = 0; i < json_array_size(items); i++)
		if (!add_match(x, op, record, key, json_array_get(items, i)))
			return OUTCOME_UNCERTAIN;
	return OUTCOME_DELIVERED;
}

static enum outcome settle_find(struct exchange *x, const struct rest_op *op,
				const struct part *part)
{
	struct record *record = &x->records[part->records[0]];
	int key = key_of_way(x, record, op);
	const json_t *json = exchange_json(x);
	bool is_ruled;
	enum outcome outcome = rest_outcome(x, json, &is_ruled);

	part_settle(x, part, outcome, answer_lost_reason(x->arena, x->reply));
	if (x->reply->failure == HTTP_REPLIED && op->absent == x->reply->status &&
	    !answer_is_page(x->reply))
		outcome = OUTCOME_DELIVERED;
	else if (outcome == OUTCOME_DELIVERED)
		outcome = read_matches(x, op, record, key, json);
	else if (outcome == OUTCOME_GONE) /* an address that is not there finds nobody */
		return record->outcome = OUTCOME_FIX_DATA;
	else
		return outcome;
	record->outcome = outcome;
	record->reason = outcome == OUTCOME_DELIVERED ? NULL :
						       "the answer is not a list of records";
	return outcome;
}

enum turn rest_find(struct exchange *x)
{
	struct find_state *state = x->state;
	const struct part *part;
	enum outcome outcome;
	struct rest_op op;
	size_t index;

	if (x->turn == 0) {
		state = x->state = arena_alloc(x->arena, sizeof(*state));
		parts_begin(&state->parts, x);
		plan_find(x, &state->parts);
		return send_find(x, &state->parts);
	}
	part = parts_now(&state->parts);
	index = part->records[0];
	rest_find_way(x->connection, (size_t)part->kind, &op);
	outcome = settle_find(x, &op, part);
	x->wants_token = outcome == OUTCOME_REAUTH && x->reply->status == 401;
	if (outcome != OUTCOME_DELIVERED && answer_stops(x->reply, outcome))
		return parts_stop(&state->parts, x, outcome,
				  http_retry_after(&x->reply->headers, x->now));
	if (outcome == OUTCOME_DELIVERED && x->records[index].nfound == 0 &&
	    plan_way(x, &state->parts, index, (size_t)part->kind + 1))
		x->records[index].outcome = OUTCOME_CONNECTION;
	state->parts.at++;
	return send_find(x, &state->parts);
}

static enum turn send_read(struct exchange *x, struct parts *parts)
{
	struct part *part;

	for (; (part = parts_now(parts)); parts->at++) {
		struct rest_values values = {
			.x = x,
			.record = &x->records[part->records[0]],
		};
		const char *missing;
		struct rest_op op;

		if (!rest_op_read(x->connection, REST_READ, &op)) {
			part_settle(x, part, OUTCOME_UNCERTAIN, "the settings have no `read`");
			continue;
		}
		if (rest_send(x, &op, &values, &missing)) {
			part_sent(x, part);
			return TURN_SEND;
		}
		part_settle(x, part, OUTCOME_UNCERTAIN, "the record's id cannot be asked for");
	}
	return TURN_DONE;
}

static void settle_seen(struct exchange *x, const struct rest_op *op, struct record *record,
			const json_t *json)
{
	const char *id = json ? answer_id(x->arena, json_at(json, op->id)) : NULL;
	struct remote *found;

	record->reason = NULL;
	if (!id) {
		record->outcome = OUTCOME_UNCERTAIN;
		record->reason = json ? "the answer has no id" : "the answer is not JSON";
		return;
	}
	found = answer_add_found(x->arena, record);
	found->object = x->object;
	found->id = record->remote_id;
	found->matched_by = -1;
	if (op->version)
		found->version = answer_id(x->arena, json_at(json, op->version));
	if (op->key)
		found->key = answer_id(x->arena, json_at(json, op->key));
	answer_fields(x->arena, json_at(json, op->fields), x->names, x->nnames, found);
	if (strcmp(id, record->remote_id) == 0)
		return;
	record->outcome = OUTCOME_GONE;
	record->reason = "answered by another record: merged";
	found->survivor_object = x->object;
	found->survivor_id = id;
}

enum turn rest_read(struct exchange *x)
{
	struct find_state *state = x->state;
	struct record *record;
	const struct part *part;
	enum outcome outcome;
	const json_t *json;
	struct rest_op op;
	bool is_ruled;

	if (x->turn == 0) {
		state = x->state = arena_alloc(x->arena, sizeof(*state));
		parts_begin(&state->parts, x);
		for (size_t i = 0; i < x->nrecords; i++) {
			x->records[i].found = NULL;
			x->records[i].nfound = 0;
			parts_add(&state->parts, REST_READ, i, 1);
		}
		return send_read(x, &state->parts);
	}
	part = parts_now(&state->parts);
	record = &x->records[part->records[0]];
	rest_op_read(x->connection, REST_READ, &op);
	json = exchange_json(x);
	outcome = rest_outcome(x, json, &is_ruled);
	part_settle(x, part, outcome, answer_lost_reason(x->arena, x->reply));
	if (outcome == OUTCOME_DELIVERED)
		settle_seen(x, &op, record, json);
	else if (json && rest_reason(x->arena, &op, json))
		record->reason = rest_reason(x->arena, &op, json);
	x->wants_token = outcome == OUTCOME_REAUTH && x->reply->status == 401;
	if (outcome != OUTCOME_DELIVERED && answer_stops(x->reply, outcome))
		return parts_stop(&state->parts, x, outcome,
				  http_retry_after(&x->reply->headers, x->now));
	state->parts.at++;
	return send_read(x, &state->parts);
}
