/* leadsquared_bulk.c - many leads in one call, and the API that answers before it acts (5).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/leadsquared.h"
#include "sandbox/oauth.h"

#define CREATE_MAX 50
#define UPSERT_MAX 25
#define UPDATE_MAX 50
#define RETRIES 10             /* of the async API, after a system error */
#define RETRY_FIRST_MS (30 * CLOCK_SECOND)
#define RETRY_MAX_MS (3 * CLOCK_HOUR)
#define REQUESTS_MAX 10000 /* of the async API that are remembered */

/* --- rows --- */

static json_t *row_json(size_t number, const struct lsq_written *written,
			const struct lsq_refusal *refusal)
{
	json_t *row = json_pack("{si ss sb sb si}", "RowNumber", (int)number, "LeadId",
				written->lead ? written->lead->id : "", "LeadCreated",
				written->is_created, "LeadUpdated", written->is_updated,
				"AffectedRows", written->lead != NULL);

	if (!written->lead) {
		json_object_set_new(row, "ExceptionType", json_string(refusal->type));
		json_object_set_new(row, "ErrorMessage", json_string(refusal->message));
	}
	return row;
}

typedef struct lsq_written write_row(struct sb_call *call, struct lsq_write *write,
				     struct lsq_refusal *refusal);

/* Each row by itself: a bad one stops none of the others, and the answer is 200. */
static void each_row(struct sb_call *call, size_t max, write_row *write_one)
{
	const json_t *body = lsq_body(call);
	json_t *rows, *item;
	size_t i;

	if (!body)
		return;
	if (!json_is_array(body) || !json_array_size(body) || json_array_size(body) > max) {
		lsq_fail(call, lsq_invalid, "The body must be an array of 1 to %zu leads", max);
		return;
	}
	rows = json_array();
	json_array_foreach((json_t *)body, i, item) {
		struct lsq_written written = { NULL, false, false };
		struct lsq_refusal refusal;
		struct lsq_write write;
		bool is_good = lsq_read_write(call, item, &write, &refusal);

		if (sb_bad_record(call, i))
			lsq_wrong(call, &refusal, lsq_invalid, "The value of 'Phone' is invalid");
		else if (is_good)
			written = write_one(call, &write, &refusal);
		json_array_append_new(rows, row_json(i + 1, &written, &refusal));
	}
	sb_reply_json(call, 200, rows);
}

void lsq_bulk_create(struct sb_call *call)
{
	each_row(call, CREATE_MAX, lsq_create);
}

void lsq_bulk_create_or_update(struct sb_call *call)
{
	each_row(call, UPSERT_MAX, lsq_create_or_update);
}

/* One field of many leads; ids that are not there are passed over. */
void lsq_bulk_update(struct sb_call *call)
{
	const json_t *body = lsq_body(call), *ids = json_object_get(body, "LeadIds");
	const json_t *field = json_object_get(body, "LeadFields");
	struct lsq_refusal refusal;
	struct lsq_write write;
	json_t *id;
	int count = 0;
	size_t i;

	if (!body)
		return;
	if (!json_array_size(ids) || json_array_size(ids) > UPDATE_MAX ||
	    !json_is_object(field)) {
		lsq_fail(call, lsq_invalid, "LeadIds must be 1 to %d ids, LeadFields one field",
			 UPDATE_MAX);
		return;
	}
	lsq_read_write(call, json_keep(call->arena, json_pack("[O]", field)), &write, &refusal);
	json_array_foreach((json_t *)ids, i, id) {
		struct sb_record *lead =
			sb_live_find(call->account, "leads", json_string_value(id));

		if (lead && !refusal.type && !sb_bad_record(call, i))
			count += lsq_update(call, lead, &write, &refusal).lead != NULL;
	}
	if (refusal.type)
		lsq_refuse(call, &refusal);
	else
		lsq_success(call, json_pack("{si}", "AffectedRows", count));
}

/* --- the API that answers first (5) --- */

static json_t *requests_of(struct sb_call *call)
{
	return json_object_get(call->account->extra, "requests");
}

/* What a request asks for; NULL after a refusal. */
static const struct sb_record *do_it(struct sb_call *call, const char *what, const json_t *body,
				     struct lsq_refusal *refusal)
{
	struct lsq_write write;

	if (text_equal(what, "activity"))
		return lsq_add_activity(call, body, refusal);
	if (text_equal(what, "opportunity")) {
		struct lsq_opportunity one = lsq_add_opportunity(call, body, refusal);

		return one.made ? one.made : one.conflict;
	}
	return lsq_read_write(call, body, &write, refusal) ?
		       lsq_capture(call, &write, LSQ_UPDATE, refusal).lead :
		       NULL;
}

/* A system error, as many as the switch says; what the data are to blame for is not tried
 * again. True when this try failed so. */
static bool has_failed(struct sb_call *call, json_t *request, const json_t *doc, sb_step *again)
{
	int64_t tries = json_int_of(doc, "tries", 0);
	int64_t wait_ms = RETRY_FIRST_MS << tries;
	json_t *more;

	if (tries >= sb_switch(call->account, "async_system_errors"))
		return false;
	if (tries == RETRIES) {
		json_object_set_new(request, "Status", json_string("Error"));
		json_object_set_new(request, "ExceptionMessage", json_string("System error"));
		return true;
	}
	more = json_copy((json_t *)doc);
	json_object_set_new(more, "tries", json_integer(tries + 1));
	sb_later(call, wait_ms > RETRY_MAX_MS ? RETRY_MAX_MS : wait_ms, again, more);
	return true;
}

/* Acts on a request as the user whose key it came with. */
static void act(struct sb_call *call, const json_t *doc)
{
	json_t *request = json_object_get(requests_of(call), json_string_of(doc, "id"));
	struct lsq_refusal refusal = { NULL, NULL };
	const struct sb_record *record;

	if (!request || has_failed(call, request, doc, act))
		return;
	call->token = sb_token_find(call->sandbox, call->vendor, json_string_of(doc, "key"));
	record = do_it(call, json_string_of(doc, "what"), json_object_get(doc, "body"), &refusal);
	json_object_set_new(request, "Status", json_string(record ? "Success" : "Error"));
	if (record) {
		json_object_set_new(request, "Message", json_pack("{ss}", "Id", record->id));
		return;
	}
	json_object_set_new(request, "ExceptionType", json_string(refusal.type));
	json_object_set_new(request, "ExceptionMessage", json_string(refusal.message));
}

static void accept_request(struct sb_call *call, const char *what)
{
	const json_t *body = lsq_body(call);
	char id[SB_UUID_SIZE];

	if (!body)
		return;
	if (json_object_size(requests_of(call)) >= REQUESTS_MAX)
		json_object_clear(requests_of(call));
	sb_rng_uuid(&call->rng, id);
	json_object_set_new(requests_of(call), id,
			    json_pack("{ss ss}", "RequestID", id, "Status", "InProgress"));
	sb_touch(call);
	sb_later(call, sb_switch(call->account, "async_ms"), act,
		 json_pack("{ss ss ss sO}", "id", id, "what", what, "key", call->token->text,
			   "body", body));
	sb_reply_json(call, 200,
		      json_pack("{ss ss}", "Status",
				"Request accepted. Please use below request id to check the "
				"status",
				"RequestID", id));
}

void lsq_async_capture(struct sb_call *call)
{
	accept_request(call, "lead");
}

void lsq_async_activity(struct sb_call *call)
{
	accept_request(call, "activity");
}

void lsq_async_opportunity(struct sb_call *call)
{
	accept_request(call, "opportunity");
}

void lsq_async_status(struct sb_call *call)
{
	const char *id = sb_query(call, "RequestId");
	json_t *request = id ? json_object_get(requests_of(call), id) : NULL;

	if (request)
		sb_reply_json(call, 200, json_deep_copy(request));
	else
		lsq_fail(call, lsq_gone, "Request not found");
}
