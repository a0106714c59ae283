/* rest.c - the `rest` connector: writes to any CRM with an HTTP API. Threads: pure.
 *
 * Creates go by `batch` if there is one, else `upsert`, else `create`; updates by
 * `batch_update`, `update` or `upsert`: always by the same call, because an idempotency
 * key belongs to one form of a request. */
#include <string.h>

#include "base/attributes.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "connectors/answer.h"
#include "connectors/follow.h"
#include "connectors/rest.h"

struct rest_state {
	struct parts parts;
	struct follow follow;
};

static const enum rest_op_kind create_kinds[] = { REST_BATCH, REST_UPSERT, REST_CREATE };
static const enum rest_op_kind update_kinds[] = { REST_BATCH_UPDATE, REST_UPDATE,
						  REST_UPSERT };

static bool is_batch(int kind)
{
	return kind == REST_BATCH || kind == REST_BATCH_UPDATE;
}

/* Which call writes records of that action; -1 when the settings have none. */
static int kind_for(const struct exchange *x, enum record_action action)
{
	const enum rest_op_kind *kinds = action == RECORD_CREATE ? create_kinds : update_kinds;
	struct rest_op op;

	for (size_t i = 0; i < ARRAY_LEN(create_kinds); i++)
		if (rest_op_read(x->connection, kinds[i], &op))
			return (int)kinds[i];
	return -1;
}

static void plan_action(struct exchange *x, struct parts *parts, enum record_action action)
{
	int kind = kind_for(x, action);

	for (size_t i = 0; i < x->nrecords; i++) {
		struct record *record = &x->records[i];

		if (record->action != action)
			continue;
		if (kind >= 0) {
			parts_add(parts, kind, i, is_batch(kind) ? x->nrecords : 1);
			continue;
		}
		record->outcome = OUTCOME_PERMANENT;
		record->reason = action == RECORD_CREATE ?
					 "the settings have no call that adds a record" :
					 "the settings have no call that changes a record";
	}
}

/* A batch's own key: the same for the same records with the same keys. */
static const char *batch_key(struct exchange *x, const struct part *part)
{
	unsigned char digest[SHA256_SIZE];
	struct buf buf;

	buf_init(&buf, x->arena, 1u << 20);
	for (size_t i = 0; i < part->nrecords; i++) {
		buf_add(&buf, x->records[part->records[i]].idempotency_key);
		buf_addc(&buf, '\n');
	}
	sha256(buf.text, buf.len, digest);
	return hex_encode(x->arena, digest, 16);
}

static void add_idempotency(struct exchange *x, const struct part *part)
{
	const char *header = connection_setting(x->connection, "idempotency_header");
	const char *key = is_batch(part->kind) ?
				  batch_key(x, part) :
				  x->records[part->records[0]].idempotency_key;

	if (header && key)
		http_header_add(&x->request.headers, header, key);
}

static bool send_part(struct exchange *x, struct part *part)
{
	const char *member = connection_setting(x->connection, "idempotency_member");
	struct record *first = &x->records[part->records[0]];
	const char *missing;
	struct rest_op op;
	struct rest_values values = {
		.x = x,
		.has_key = first->action == RECORD_CREATE,
	};

	rest_op_read(x->connection, (enum rest_op_kind)part->kind, &op);
	if (is_batch(part->kind)) {
		values.part = part;
		values.item = op.item;
		values.idempotency_member = json_is_object(op.item) ? NULL : member;
	} else {
		values.record = first;
	}
	if (rest_send(x, &op, &values, &missing)) {
		add_idempotency(x, part);
		part_sent(x, part);
		return true;
	}
	part_settle(x, part, OUTCOME_FIX_DATA,
		    missing ? "the address of the call needs this field, and it is empty" :
			      "the request would be larger than 8 MiB");
	first->field = missing;
	return false;
}

/* Sends the part at hand, or the next that can be sent. */
static enum turn send_next(struct exchange *x, struct parts *parts)
{
	struct part *part;

	for (; (part = parts_now(parts)); parts->at++)
		if (send_part(x, part))
			return TURN_SEND;
	return TURN_DONE;
}

/* --- what came back ------------------------------------------------------------ */

static void settle_record(struct record *record, enum outcome outcome, const char *reason)
{
	record->outcome = outcome;
	record->reason = reason;
}

/* A delivered record needs the id from the answer; an update's is known, but an answer
 * that says nothing must be ruled a success or be empty by intent (204). */
static void settle_delivered(struct exchange *x, const struct rest_op *op,
			     struct record *record, const json_t *json, bool is_said)
{
	const char *id = json ? answer_id(x->arena, json_at(json, op->id)) : NULL;

	if (!id && !(record->action == RECORD_UPDATE && is_said && record->remote_id)) {
		settle_record(record, OUTCOME_UNCERTAIN,
			      json ? "the answer has no id" : "the answer is not JSON");
		return;
	}
	settle_record(record, OUTCOME_DELIVERED, NULL);
	if (id)
		record->remote_id = id;
	if (json && op->version)
		record->version = answer_id(x->arena, json_at(json, op->version));
}

/* What the CRM says of one record: in an answer of its own, or in its row. */
static void settle_said(struct exchange *x, const struct rest_op *op, struct record *record,
			const json_t *json, enum outcome outcome)
{
	const char *reason = rest_reason(x->arena, op, json);
	const char *id;

	settle_record(record, outcome, reason);
	record->field = rest_field(x->arena, op, json);
	if (outcome == OUTCOME_DUPLICATE && json) {
		id = answer_id(x->arena, json_at(json, op->duplicate ? op->duplicate : op->id));
		if (id)
			record->remote_id = id;
	}
	/* An address that is not there is no record that is gone. */
	if (outcome == OUTCOME_GONE && record->action == RECORD_CREATE)
		record->outcome = OUTCOME_FIX_DATA;
}

static void settle_single(struct exchange *x, const struct rest_op *op,
			  const struct part *part, const json_t *json, enum outcome outcome,
			  bool is_ruled)
{
	struct record *record = &x->records[part->records[0]];
	const struct http_reply *reply = x->reply;
	bool is_empty = reply->body_len == 0 && (reply->status == 204 || is_ruled);

	part_settle(x, part, outcome, answer_lost_reason(x->arena, reply));
	if (reply->failure != HTTP_REPLIED)
		return;
	if (outcome == OUTCOME_DELIVERED)
		settle_delivered(x, op, record, json, is_empty || (is_ruled && json));
	else if (json)
		settle_said(x, op, record, json, outcome);
}

/* --- batches ------------------------------------------------------------------- */

/* Which of the part's records a row is about; -1 when it does not say. */
static long row_place(const struct exchange *x, const struct rest_op *op,
		      const struct part *part, const json_t *row, size_t order)
{
	const json_t *at;
	const char *key;

	if (op->index) {
		at = json_at(row, op->index);
		return json_is_integer(at) && json_integer_value(at) >= 0 &&
				       json_integer_value(at) < (json_int_t)part->nrecords ?
			       (long)json_integer_value(at) : -1;
	}
	if (!op->key)
		return order < part->nrecords ? (long)order : -1;
	key = json_string_value(json_at(row, op->key));
	for (size_t i = 0; key && i < part->nrecords; i++) {
		const struct record *record = &x->records[part->records[i]];

		if (strcmp(key, record->key) == 0 ||
		    (record->idempotency_key && strcmp(key, record->idempotency_key) == 0))
			return (long)i;
	}
	return -1;
}

/* A row's outcome by its status. Limits and refusals of one row are that record's
 * matter: the call itself went through. */
static enum outcome row_outcome(const struct exchange *x, int status, const json_t *row,
				bool *is_ruled)
{
	const struct http_reply said = { .failure = HTTP_REPLIED, .status = status };
	enum outcome outcome;

	*is_ruled = rest_rule(x->connection, status, row, &outcome);
	if (*is_ruled)
		return outcome;
	if (status / 100 == 2)
		return OUTCOME_DELIVERED;
	outcome = outcome_of_reply(&said);
	if (outcome == OUTCOME_CONNECTION)
		return OUTCOME_RETRY;
	return outcome == OUTCOME_REAUTH ? OUTCOME_FIX_DATA : outcome;
}

static void settle_row(struct exchange *x, const struct rest_op *op, struct record *record,
		       const json_t *row)
{
	int status = (int)json_integer_value(json_at(row, op->status));
	enum outcome outcome;
	bool is_ruled;

	if (!status)
		status = op->error && answer_text(x->arena, json_at(row, op->error)) ? 422 : 200;
	outcome = row_outcome(x, status, row, &is_ruled);
	if (outcome == OUTCOME_DELIVERED)
		settle_delivered(x, op, record, row, true);
	else
		settle_said(x, op, record, row, outcome);
}

static void settle_rows(struct exchange *x, const struct rest_op *op,
			const struct parts *parts, const json_t *json)
{
	const struct part *part = parts_now(parts);
	const json_t *rows = json ? json_at(json, op->results) : NULL;
	bool *is_told = arena_array(x->arena, part->nrecords, sizeof(*is_told));
	bool is_in_order = !op->index && !op->key;

	part_settle(x, part, OUTCOME_UNCERTAIN,
		    json_is_array(rows) ? "the answer has no row for this record" :
					  "the answer is not a batch's");
	if (is_in_order && json_array_size(rows) != part->nrecords)
		return;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		long place = row_place(x, op, part, row, i);
		struct record *record = place < 0 ? NULL : &x->records[part->records[place]];

		if (!record)
			continue;
		if (is_told[place])
			parts_doubt(parts, x, record,
				    "the answer has several rows for this record");
		else
			settle_row(x, op, record, row);
		is_told[place] = true;
	}
}

/* A refused batch wrote nothing, unless the settings say so, and its records are
 * innocent but for one. */
static bool is_cut(const struct exchange *x, const struct rest_op *op, enum outcome outcome)
{
	return !op->is_partial && x->reply->status / 100 == 4 &&
	       (outcome == OUTCOME_FIX_DATA || outcome == OUTCOME_DUPLICATE ||
		outcome == OUTCOME_GONE || outcome == OUTCOME_PERMANENT);
}

static void settle_batch(struct exchange *x, const struct rest_op *op, struct parts *parts,
			 const json_t *json, enum outcome outcome)
{
	const struct part *part = parts_now(parts);

	if (outcome == OUTCOME_DELIVERED) {
		settle_rows(x, op, parts, json);
		return;
	}
	if (is_cut(x, op, outcome) && part->nrecords > 1) {
		if (!parts_cut(parts, x))
			part_settle(x, part, OUTCOME_RETRY, "refused together with others");
		return;
	}
	part_settle(x, part, outcome, answer_lost_reason(x->arena, x->reply));
	for (size_t i = 0; json && i < part->nrecords; i++)
		settle_said(x, op, &x->records[part->records[i]], json, outcome);
}

/* A rule may make a retry of what looks like a limit: only what the connection did
 * wrong ends the conversation. */
static bool is_over(const struct exchange *x, enum outcome outcome, bool is_ruled)
{
	if (is_ruled)
		return outcome == OUTCOME_REAUTH || outcome == OUTCOME_CONNECTION ||
		       x->reply->status == 429;
	return answer_stops(x->reply, outcome);
}

/* When all is written, what turned out to be gone is followed, if it can be read. */
static enum turn send_or_follow(struct exchange *x, struct rest_state *state)
{
	struct rest_op op;

	if (send_next(x, &state->parts) == TURN_SEND)
		return TURN_SEND;
	return follow_begin(&state->follow, x,
			    rest_op_read(x->connection, REST_READ, &op) ? rest_read : NULL);
}

/* Returns whether the conversation has to end. */
static bool settle_part(struct exchange *x, struct parts *parts, enum outcome *outcome)
{
	const struct part *part = parts_now(parts);
	const json_t *json = exchange_json(x);
	struct rest_op op;
	bool is_ruled;

	rest_op_read(x->connection, (enum rest_op_kind)part->kind, &op);
	*outcome = rest_outcome(x, json, &is_ruled);
	if (is_batch(part->kind))
		settle_batch(x, &op, parts, json, *outcome);
	else
		settle_single(x, &op, part, json, *outcome, is_ruled);
	x->wants_token = *outcome == OUTCOME_REAUTH && x->reply->status == 401;
	return is_over(x, *outcome, is_ruled);
}

enum turn rest_write(struct exchange *x)
{
	struct rest_state *state = x->state;
	enum outcome outcome;

	if (x->turn == 0) {
		state = x->state = arena_alloc(x->arena, sizeof(*state));
		parts_begin(&state->parts, x);
		plan_action(x, &state->parts, RECORD_CREATE);
		plan_action(x, &state->parts, RECORD_UPDATE);
		return send_next(x, &state->parts);
	}
	if (state->follow.is_on)
		return follow_go_on(&state->follow, x, rest_read);
	if (settle_part(x, &state->parts, &outcome)) {
		follow_give_up(x);
		return parts_stop(&state->parts, x, outcome,
				  http_retry_after(&x->reply->headers, x->now));
	}
	state->parts.at++;
	return send_or_follow(x, state);
}

static const enum auth rest_auths[] = { AUTH_BEARER, AUTH_BASIC, AUTH_HEADER, AUTH_HMAC,
					AUTH_OAUTH2, AUTH_CLIENT_CREDENTIALS, AUTH_NONE };

/* No budget of our own: the connection's limits say what the CRM takes. */
static const struct rate_rule rest_rates[] = { { NULL, 0, 0 } };

const struct connector connector_rest = {
	.name = "rest",
	.title = "Any REST CRM",
	.auths = rest_auths,
	.nauths = ARRAY_LEN(rest_auths),
	.settings = rest_settings,
	.rates = rest_rates,
	.concurrency = 4,
	.batch_max = 1,
	.find_max = 1,
	.read_max = 1,
	.index_lag_ms = 10000,
	.is_full_write = true,
	.adjust = rest_adjust,
	.validate = rest_validate,
	.write = rest_write,
	.find = rest_find,
	.read = rest_read,
	.check = rest_check,
	.describe = rest_describe,
};
