/* smtp_desk.c - a step of an SMTP talk becomes a request to the vendor "smtp". Threads: any,
 * without the sandbox's lock. */
#include "sandbox/smtp_desk.h"

#include "base/text.h"
#include "sandbox/state.h"
#include "sandbox/webhooks_inside.h"

static void strike(const struct sb_fault *fault, struct smtp_answer *answer)
{
	static const struct { enum sb_fault_kind kind; enum smtp_trouble trouble; } as[] = {
		{ SB_FAULT_RESET, SMTP_RESET },		{ SB_FAULT_CLOSE, SMTP_CLOSE },
		{ SB_FAULT_HANG, SMTP_HANG },		{ SB_FAULT_SLOW, SMTP_SLOW },
		{ SB_FAULT_TRUNCATED, SMTP_TRUNCATED }, { SB_FAULT_DRIP, SMTP_DRIP },
	};

	for (size_t i = 0; fault && i < ARRAY_LEN(as); i++)
		if (as[i].kind == fault->kind) {
			answer->trouble = as[i].trouble;
			answer->ms = fault->ms;
		}
}

void smtp_desk_ask(void *context, struct arena *arena, const struct smtp_step *step,
		   struct smtp_answer *answer)
{
	struct sandbox *sandbox = context;
	struct sb_call *call = arena_alloc(arena, sizeof(*call));
	struct sb_outcome *outcome = arena_alloc(arena, sizeof(*outcome));
	struct http_headers *headers = arena_alloc(arena, sizeof(*headers));
	const char *type;

	if (step->authorization)
		http_header_add(headers, "Authorization", step->authorization);
	if (step->envelope)
		http_header_add(headers, "Smtp-Envelope", step->envelope);
	if (step->is_tls)
		http_header_add(headers, "Smtp-Tls", "1");
	call->arena = arena;
	call->method = step->method;
	call->target = step->target;
	call->headers = headers;
	call->body = step->body;
	call->body_len = step->body_len;
	pthread_mutex_lock(&sandbox->lock);
	sb_dispatch(sandbox, call, outcome);
	pthread_mutex_unlock(&sandbox->lock);
	sb_sender_wake(sandbox);
	type = http_header_find(&call->reply_headers, "Content-Type");
	answer->code = call->status;
	answer->text = sb_reply_body(call, NULL);
	answer->is_raw = type && text_starts(type, "text/html");
	strike(outcome->fault, answer);
}
