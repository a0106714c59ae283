/* leadsquared_bulk.c - many leads in one call, and the API that answers before it acts (5).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/leadsquared.h"
#include "sandbox/oauth.h"

#define CREATE_MAX 50
#define UPSERT_MAX 25
#define UPDATE_MAX 50
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

/* Acts on a request as the user whose key it came with. */
static void act(struct sb_call *call, const json_t *doc)
{
	json_t *request = json_object_get(requests_of(call), json_string_of(doc, "id"));
	struct lsq_written written = { NULL, false, false };
	struct lsq_refusal refusal = { NULL, NULL };
	struct sb_record *record = NULL;
	struct lsq_write write;

	if (!request)
		return;
	call->token = sb_token_find(call->sandbox, call->vendor, json_string_of(doc, "key"));
	if (text_equal(json_string_of(doc, "what"), "activity"))
		record = lsq_add_activity(call, json_object_get(doc, "body"), &refusal);
	else if (lsq_read_write(call, json_object_get(doc, "body"), &write, &refusal))
		written = lsq_capture(call, &write, LSQ_UPDATE, &refusal);
	if (written.lead)
		record = written.lead;
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

void lsq_async_status(struct sb_call *call)
{
	const char *id = sb_query(call, "RequestId");
	json_t *request = id ? json_object_get(requests_of(call), id) : NULL;

	if (request)
		sb_reply_json(call, 200, json_deep_copy(request));
	else
		lsq_fail(call, lsq_gone, "Request not found");
}
