/* exchange.c - a conversation with an outside API, as values. Threads: pure. */
#include "model/exchange.h"

#include <string.h>

#include "base/json.h"

enum turn exchange_send(struct exchange *x, const char *method, const char *url,
			const char *body)
{
	x->request = (struct http_request){
		.method = method,
		.url = url,
		.body = body,
		.body_len = body ? strlen(body) : 0,
	};
	http_header_add(&x->request.headers, "Accept", "application/json");
	if (body)
		http_header_add(&x->request.headers, "Content-Type", "application/json");
	return TURN_SEND;
}

enum turn exchange_done_all(struct exchange *x, enum outcome outcome, const char *reason)
{
	for (size_t i = 0; i < x->nrecords; i++) {
		x->records[i].outcome = outcome;
		x->records[i].reason = reason;
	}
	return TURN_DONE;
}

enum turn exchange_done_reply(struct exchange *x, const char *reason)
{
	int64_t wait = http_retry_after(&x->reply->headers, x->now);

	for (size_t i = 0; i < x->nrecords; i++)
		x->records[i].retry_after_ms = wait;
	return exchange_done_all(x, outcome_of_reply(x->reply), reason);
}

json_t *exchange_json(struct exchange *x)
{
	if (x->reply->failure != HTTP_REPLIED || x->reply->body_len == 0)
		return NULL;
	return json_parse(x->arena, x->reply->body, x->reply->body_len, &json_limits_large,
			  NULL);
}
