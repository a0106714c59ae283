/* rest_answer.c - what an answer means, as the settings say. Threads: pure. */
#include <string.h>

#include "base/json.h"
#include "connectors/answer.h"
#include "connectors/rest.h"

static bool is_status(const json_t *wanted, int status)
{
	const char *class = json_string_value(wanted);

	if (json_is_array(wanted)) {
		for (size_t i = 0; i < json_array_size(wanted); i++)
			if (is_status(json_array_get(wanted, i), status))
				return true;
		return false;
	}
	if (class)
		return status / 100 == class[0] - '0';
	return json_integer_value(wanted) == status;
}

static bool holds(const json_t *where, const json_t *json)
{
	const char *way;
	json_t *wanted;

	json_object_foreach((json_t *)where, way, wanted) {
		const json_t *there = json ? json_at(json, way) : NULL;

		if (json_is_null(wanted) ? there && !json_is_null(there) :
					   !there || !json_equal((json_t *)there, wanted))
			return false;
	}
	return true;
}

bool rest_rule(const struct connection *connection, int status, const json_t *json,
	       enum outcome *outcome)
{
	const json_t *rules = json_object_get(connection->settings, "outcomes");

	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *rule = json_array_get(rules, i);
		const json_t *wanted = json_object_get(rule, "status");
		const json_t *where = json_object_get(rule, "where");

		if (wanted && !is_status(wanted, status))
			continue;
		if (holds(where, json) && outcome_parse(json_string_of(rule, "outcome"), outcome))
			return true;
	}
	return false;
}

enum outcome rest_outcome(const struct exchange *x, const json_t *json, bool *is_ruled)
{
	enum outcome outcome;

	*is_ruled = x->reply->failure == HTTP_REPLIED &&
		    rest_rule(x->connection, x->reply->status, json, &outcome);
	if (*is_ruled)
		return outcome;
	if (x->reply->failure == HTTP_REPLIED && x->reply->status / 100 == 2)
		return OUTCOME_DELIVERED;
	outcome = answer_outcome(x->reply);
	/* Some APIs say 403 for a spent quota, and then until when; others when this record
	 * is not ours to change. Whether it is all of them, the connection's circuit sees. */
	if (outcome == OUTCOME_REAUTH && x->reply->status == 403)
		return http_retry_after(&x->reply->headers, x->now) ? OUTCOME_CONNECTION :
								      OUTCOME_RETRY;
	return outcome;
}

/* Where error messages usually stand, when the settings do not say. */
static const char *const usual_errors[] = { "$.message", "$.error.message", "$.error",
					    "$.detail", "$.errors[0].message", "$.title" };

const char *rest_reason(struct arena *arena, const struct rest_op *op, const json_t *json)
{
	const char *text = NULL;

	if (!json)
		return NULL;
	if (op->error)
		return answer_text(arena, json_at(json, op->error));
	for (size_t i = 0; !text && i < sizeof(usual_errors) / sizeof(*usual_errors); i++)
		text = answer_text(arena, json_at(json, usual_errors[i]));
	return text;
}

const char *rest_field(struct arena *arena, const struct rest_op *op, const json_t *json)
{
	return op->field && json ? answer_id(arena, json_at(json, op->field)) : NULL;
}

static void add_headers(struct exchange *x)
{
	const json_t *headers = json_object_get(x->connection->settings, "headers");
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)headers, name, value)
		http_header_add(&x->request.headers, name, json_string_value(value));
}

#define BODY_MAX (8u << 20)

bool rest_send(struct exchange *x, const struct rest_op *op,
	       const struct rest_values *values, const char **missing)
{
	const char *url, *body = NULL;
	struct buf buf;

	*missing = NULL;
	if (rest_path(x->arena, op->path, values, &url, missing) < 0)
		return false;
	if (op->has_body) {
		buf_init(&buf, x->arena, BODY_MAX);
		rest_body(&buf, op->body, values);
		if (buf_end(&buf, &body, NULL) < 0)
			return false;
	}
	exchange_send(x, op->method, url, body);
	add_headers(x);
	return true;
}
