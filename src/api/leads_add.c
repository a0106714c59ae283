/* leads_add.c - POST /v1/leads and /v1/leads/batch: leads in. Threads: the handler
 * prepares; the committer answers. */
#include <string.h>

#include "api/internal.h"
#include "base/text.h"
#include "sources/batch.h"
#include "sources/lead_json.h"

/* The source of the token, else the built-in "api". */
static const struct source *source_of_token(const struct api_call *call,
					    const struct config *config)
{
	return config_source(config, call->token.source ? call->token.source : "api");
}

/* A token that is bound to a source speaks for no other. */
static bool may_use(const struct api_call *call, const struct source *source)
{
	return !call->token.source || text_equal(call->token.source, source->name);
}

/* Fills an item from its text; 0 prepared, or an answer is set; -1 with `err`. */
static int read_item(struct api_call *call, const struct config *config,
		     const struct lead_json *lead, struct intake_item *item,
		     struct error *err)
{
	struct submission *submission = arena_alloc(call->arena, sizeof(*submission));

	if (lead_json_prepare(call->arena, call->arena, lead, submission, err) < 0)
		return -1;
	submission->workspace = call->actor.workspace;
	item->source = config_source_by_id(config, submission->source);
	if (!may_use(call, item->source)) {
		answer_problem(call->arena, 403, "forbidden",
			       "this token may send leads of its own source only",
			       &item->answer);
		return 0;
	}
	item->submission = submission;
	return 0;
}

static struct intake *intake_new(struct api_call *call, size_t nitems, enum urgency urgency)
{
	struct intake *intake = arena_alloc(call->arena, sizeof(*intake));
	struct error err = { 0 };
	struct snapshot *snapshot;

	if (!store_is_accepting(call->store)) {
		api_problem(call, 503, "not_accepting",
			    "the disk is full or the store is not keeping up; nothing was "
			    "taken, send it again later");
		return NULL;
	}
	snapshot = snapshot_get(call->store, call->actor.workspace, &err);
	if (!snapshot) {
		api_fail(call, &err);
		return NULL;
	}
	*intake = (struct intake){
		.store = call->store,
		.snapshot = snapshot,
		.actor = call->actor,
		.urgency = urgency,
		.is_awaited = true,
		.arena = call->arena,
		.items = arena_array(call->arena, nitems, sizeof(*intake->items)),
		.nitems = nitems,
		.context = call,
	};
	return intake;
}

static void reply_unkept(struct api_call *call)
{
	api_problem(call, 503, "not_kept",
		    "the store could not keep it; nothing was taken, send it again later");
}

static void reply_one(struct intake *intake, const struct error *err)
{
	struct api_call *call = intake->context;
	const struct intake_item *item = &intake->items[0];
	struct http_headers headers = { 0 };

	if (err) {
		reply_unkept(call);
		return;
	}
	if (item->is_replayed)
		http_header_add(&headers, "Idempotent-Replayed", "true");
	/* A 409 is bound to its key: it must be the same again, byte for byte. */
	if (item->answer.status >= 400 && item->answer.status != 409) {
		api_answer_problem(call, &item->answer, NULL);
		return;
	}
	if (item->answer.status == 409)
		http_header_add(&headers, "Content-Type", "application/problem+json");
	http_answer(call->http, item->answer.status, &headers, item->answer.body,
		    strlen(item->answer.body));
}

/* The Idempotency-Key, with one pair of quotes taken off; false when it is too long. */
static bool key_of(struct api_call *call, const char **key)
{
	const char *value = http_header_find(&call->http->headers, "Idempotency-Key");
	size_t len = value ? strlen(value) : 0;

	*key = value;
	if (len >= 2 && value[0] == '"' && value[len - 1] == '"')
		*key = arena_strndup(call->arena, value + 1, len - 2);
	if (value && (!**key || len > 255)) {
		api_problem(call, 400, "bad_idempotency_key",
			    "Idempotency-Key: want 1 to 255 characters");
		return false;
	}
	return true;
}

static bool is_json_type(struct api_call *call)
{
	const char *type = http_header_find(&call->http->headers, "Content-Type");

	if (!type || strncasecmp(type, "application/json", 16) == 0)
		return true;
	api_problem(call, 415, "content_type", "send application/json");
	return false;
}

void api_leads_add(struct api_call *call)
{
	struct lead_json lead = {
		.text = call->http->body,
		.len = call->http->body_len,
		.content_type = "application/json",
		.received_at = call->now,
	};
	struct error err = { 0 };
	struct intake *intake;

	if (!is_json_type(call) || !key_of(call, &lead.key))
		return;
	intake = intake_new(call, 1, URGENCY_INTERACTIVE);
	if (!intake)
		return;
	lead.config = snapshot_config(intake->snapshot);
	lead.source = source_of_token(call, lead.config);
	if (!lead.source) {
		snapshot_release(intake->snapshot);
		api_problem(call, 422, "unknown_source",
			    "the token's source is not configured any more");
		return;
	}
	if (read_item(call, lead.config, &lead, &intake->items[0], &err) < 0) {
		snapshot_release(intake->snapshot);
		api_problem(call, err.code == ERR_LIMIT ? 413 : 400,
			    err.code == ERR_LIMIT ? "too_large" : "malformed", "body: %s",
			    err.message);
		return;
	}
	if (!intake->items[0].submission) {
		snapshot_release(intake->snapshot);
		reply_one(intake, NULL);
		return;
	}
	intake->answered = reply_one;
	intake_submit(intake);
}

/* ---- Batches ---- */

static void add_result(struct buf *buf, size_t index, const struct intake_item *item,
		       enum batch_form form)
{
	const char *body = item->answer.body ? item->answer.body : "{}";

	if (form == BATCH_ARRAY && index > 0)
		buf_addc(buf, ',');
	buf_addf(buf, "{\"index\":%zu,\"status\":%d", index, item->answer.status);
	if (item->is_replayed)
		buf_add(buf, ",\"replayed\":true");
	/* A problem document has a status of its own; the item's is the same. */
	if (item->answer.status >= 400) {
		buf_add(buf, ",\"problem\":");
		buf_add(buf, body);
		buf_addc(buf, '}');
	} else {
		buf_addc(buf, ',');
		buf_add(buf, body + 1);
	}
	if (form == BATCH_NDJSON)
		buf_addc(buf, '\n');
}

#define BATCH_REPLY_MAX (16u << 20)

struct batch_context {
	struct api_call *call;
	enum batch_form form;
};

static void reply_batch(struct intake *intake, const struct error *err)
{
	struct batch_context *context = intake->context;
	struct api_call *call = context->call;
	struct http_headers headers = { 0 };
	struct buf buf;

	if (err) {
		/* Parts that were kept will be found again by their keys. */
		reply_unkept(call);
		return;
	}
	buf_init(&buf, call->arena, BATCH_REPLY_MAX);
	if (context->form == BATCH_ARRAY)
		buf_add(&buf, "{\"results\":[");
	for (size_t i = 0; i < intake->nitems; i++)
		add_result(&buf, i, &intake->items[i], context->form);
	if (context->form == BATCH_ARRAY)
		buf_add(&buf, "]}");
	if (context->form == BATCH_NDJSON)
		http_header_add(&headers, "Content-Type", "application/x-ndjson");
	http_answer(call->http, 200, &headers, buf_text(&buf), buf.len);
}

/* A bad line of NDJSON fails alone; a bad item means that the array is no JSON. */
static int read_items(struct api_call *call, struct intake *intake, const struct batch *batch,
		      enum batch_form form, const char *key, struct error *err)
{
	const struct config *config = snapshot_config(intake->snapshot);
	struct lead_json lead = {
		.config = config,
		.source = source_of_token(call, config),
		.content_type = "application/json",
		.received_at = call->now,
	};

	if (!lead.source)
		return error_set(err, ERR_INVALID,
				 "the token's source is not configured any more");
	for (size_t i = 0; i < batch->nitems; i++) {
		struct intake_item *item = &intake->items[i];

		lead.text = batch->items[i].text;
		lead.len = batch->items[i].len;
		lead.key = key ? arena_printf(call->arena, "%s/%zu", key, i) : NULL;
		if (read_item(call, config, &lead, item, err) == 0)
			continue;
		if (form == BATCH_ARRAY && err->code == ERR_INVALID)
			return error_wrap(err, "line %zu", batch->items[i].line);
		answer_problem(call->arena, err->code == ERR_LIMIT ? 413 : 400,
			       err->code == ERR_LIMIT ? "too_large" : "malformed",
			       err->message, &item->answer);
	}
	return 0;
}

static bool needs_store(const struct intake *intake)
{
	for (size_t i = 0; i < intake->nitems; i++)
		if (intake->items[i].submission)
			return true;
	return false;
}

void api_leads_add_batch(struct api_call *call)
{
	const char *type = http_header_find(&call->http->headers, "Content-Type"), *key;
	enum batch_form form = batch_form_of(type);
	struct batch_context *context = arena_alloc(call->arena, sizeof(*context));
	struct error err = { 0 };
	struct intake *intake;
	struct batch batch;

	if (form == BATCH_NONE) {
		api_problem(call, 415, "content_type",
			    "send application/json (an array) or application/x-ndjson");
		return;
	}
	if (!key_of(call, &key))
		return;
	if (batch_split(call->arena, form, call->http->body, call->http->body_len, &batch,
			&err) < 0) {
		api_problem(call, err.code == ERR_LIMIT ? 413 : 400,
			    err.code == ERR_LIMIT ? "too_large" : "malformed", "body: %s",
			    err.message);
		return;
	}
	intake = intake_new(call, batch.nitems, URGENCY_BULK);
	if (!intake)
		return;
	*context = (struct batch_context){ call, form };
	intake->context = context;
	intake->answered = reply_batch;
	if (read_items(call, intake, &batch, form, key, &err) < 0) {
		snapshot_release(intake->snapshot);
		api_problem(call, 400, "malformed", "body: %s", err.message);
		return;
	}
	if (needs_store(intake)) {
		intake_submit(intake);
		return;
	}
	snapshot_release(intake->snapshot);
	reply_batch(intake, NULL);
}
