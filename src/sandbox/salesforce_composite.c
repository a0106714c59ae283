/* salesforce_composite.c - several requests in one (fact sheet 5, 12). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

#define PARTS_MAX 25
#define TEXT_MAX (1u << 20)

struct composite {
	struct sb_call *call;
	json_t *bodies;  /* of the answers so far, by referenceId */
	json_t *results;
	bool has_failed;
};

/* --- @{ref.path} --- */

/* Replaces references in a text; NULL when one leads nowhere. */
static const char *resolve_text(struct composite *composite, const char *text)
{
	struct buf buf;
	const char *at;

	buf_init(&buf, composite->call->arena, TEXT_MAX);
	for (; (at = strstr(text, "@{")) && strchr(at, '}'); text = strchr(at, '}') + 1) {
		size_t len = (size_t)(strchr(at, '}') - at) - 2;
		const char *path = arena_strndup(composite->call->arena, at + 2, len);
		const json_t *value = json_at(composite->bodies, path);

		if (!json_is_string(value))
			return NULL;
		buf_addn(&buf, text, (size_t)(at - text));
		buf_add(&buf, json_string_value(value));
	}
	buf_add(&buf, text);
	return buf_text(&buf);
}

/* The same in every text of a body; false when one leads nowhere. */
static bool resolve_body(struct composite *composite, json_t *body)
{
	const char *name, *text;
	json_t *value;

	json_object_foreach(body, name, value) {
		if (json_is_object(value) && !resolve_body(composite, value))
			return false;
		if (!json_is_string(value) || !strstr(json_string_value(value), "@{"))
			continue;
		text = resolve_text(composite, json_string_value(value));
		if (!text)
			return false;
		json_object_set_new(body, name, json_string(text));
	}
	return true;
}

/* --- one part --- */

static const struct sf_refusal bad_reference = {
	.status = 400,
	.code = "PROCESSING_HALTED",
	.message = "Invalid reference specified. No value for this reference was found.",
};
static const struct sf_refusal halted = {
	.status = 400,
	.code = "PROCESSING_HALTED",
	.message = "The transaction was rolled back since another operation in the same "
		   "transaction failed.",
};

static json_t *error_body(const struct sf_refusal *refusal)
{
	return json_pack("[{ss ss}]", "errorCode", refusal->code, "message", refusal->message);
}

static json_t *body_of(struct sb_call *inner)
{
	size_t len;
	const char *text;

	if (inner->reply_json)
		return json_incref(inner->reply_json);
	text = sb_reply_body(inner, &len);
	return text && len ? json_loadb(text, len, JSON_DECODE_ANY, NULL) : json_null();
}

static void add_result(struct composite *composite, const char *id, json_t *body, int status,
		       const char *location)
{
	json_t *headers = json_object();

	if (location)
		json_object_set_new(headers, "Location", json_string(location));
	composite->has_failed |= status >= 300;
	if (status < 300)
		json_object_set(composite->bodies, id, body);
	json_array_append_new(composite->results,
			      json_pack("{so so si ss}", "body", body, "httpHeaders", headers,
					"httpStatusCode", status, "referenceId", id));
}

static const char *id_of(const json_t *part)
{
	const char *id = json_string_of(part, "referenceId");

	return id ? id : "";
}

static void run_part(struct composite *composite, const json_t *part)
{
	struct sb_call *call = composite->call, *inner;
	const char *url = json_string_of(part, "url"), *id = json_string_of(part, "referenceId");
	const char *method = json_string_of(part, "method");
	json_t *body = json_deep_copy(json_object_get(part, "body"));
	const char *text = NULL;

	body = body ? json_keep(call->arena, body) : NULL;
	url = url ? resolve_text(composite, url) : NULL;
	if (!url || !method || !id || (body && !resolve_body(composite, body))) {
		add_result(composite, id ? id : "", error_body(&bad_reference), 400, NULL);
		return;
	}
	if (body)
		text = json_text(call->arena, body);
	inner = sb_inner(call, method, url, NULL, text, text ? strlen(text) : 0);
	add_result(composite, id, body_of(inner), inner->status,
		   http_header_find(&inner->reply_headers, "Location"));
}

/* --- composite --- */

static void halt_others(struct composite *composite)
{
	json_t *result;
	size_t i;

	json_array_foreach(composite->results, i, result) {
		if (json_int_of(result, "httpStatusCode", 0) >= 300)
			continue;
		json_object_set_new(result, "httpStatusCode", json_integer(400));
		json_object_set_new(result, "httpHeaders", json_object());
		json_object_set_new(result, "body", error_body(&halted));
	}
}

/* The parts of a body; NULL after a reply. */
static const json_t *parts_of(struct sb_call *call, const char *name)
{
	const json_t *body = sb_json(call), *parts = json_object_get(body, name);

	if (!body)
		return NULL;
	if (json_is_array(parts) && json_array_size(parts) <= PARTS_MAX)
		return parts;
	if (json_is_array(parts))
		sf_fail(call, 400, "LIMIT_EXCEEDED",
			"The number of subrequests exceeds the limit of %d", PARTS_MAX);
	else
		sf_problem(call, SB_PROBLEM_BAD_JSON, 0);
	return NULL;
}

void sf_composite(struct sb_call *call)
{
	struct composite composite = { .call = call };
	const json_t *parts = parts_of(call, "compositeRequest");
	bool is_all_or_none;

	if (!parts)
		return;
	is_all_or_none = json_is_true(json_object_get(sb_json(call), "allOrNone"));
	composite.bodies = json_keep(call->arena, json_object());
	composite.results = json_keep(call->arena, json_array());
	sb_begin(call);
	for (size_t i = 0; i < json_array_size(parts); i++) {
		if (is_all_or_none && composite.has_failed)
			add_result(&composite, id_of(json_array_get(parts, i)),
				   error_body(&halted), 400, NULL);
		else
			run_part(&composite, json_array_get(parts, i));
	}
	if (is_all_or_none && composite.has_failed) {
		sb_rollback(call);
		halt_others(&composite);
	} else {
		sb_commit(call);
	}
	sb_reply_json(call, 200,
		      json_pack("{sO}", "compositeResponse", composite.results));
}

/* --- batch: URLs begin at the version --- */

static json_t *batch_part(struct sb_call *call, const json_t *part)
{
	const char *url = json_string_of(part, "url"), *method = json_string_of(part, "method");
	const json_t *input = json_object_get(part, "richInput");
	const char *text = input ? json_text(call->arena, input) : NULL;
	struct sb_call *inner;

	if (!url || !method)
		return json_pack("{si so}", "statusCode", 400, "result",
				 error_body(&bad_reference));
	if (!text_starts(url, "/services/"))
		url = arena_printf(call->arena, "/services/data/%s", url + (*url == '/'));
	inner = sb_inner(call, method, url, NULL, text, text ? strlen(text) : 0);
	return json_pack("{si so}", "statusCode", inner->status, "result", body_of(inner));
}

void sf_batch(struct sb_call *call)
{
	const json_t *parts = parts_of(call, "batchRequests");
	bool has_errors = false, halts;
	json_t *results;

	if (!parts)
		return;
	halts = json_is_true(json_object_get(sb_json(call), "haltOnError"));
	results = json_array();
	for (size_t i = 0; i < json_array_size(parts); i++) {
		json_t *result = halts && has_errors ?
					 json_pack("{si s[{ss ss}]}", "statusCode", 412, "result",
						   "errorCode", "BATCH_PROCESSING_HALTED",
						   "message",
						   "Batch processing halted per request") :
					 batch_part(call, json_array_get(parts, i));

		has_errors |= json_int_of(result, "statusCode", 0) >= 300;
		json_array_append_new(results, result);
	}
	sb_reply_json(call, 200,
		      json_pack("{sb so}", "hasErrors", has_errors, "results", results));
}
