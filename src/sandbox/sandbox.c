/* sandbox.c - starting, serving, stopping. Threads: the server's pool calls serve();
 * the lock makes each request one step. */
#include "sandbox/sandbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "sandbox/delays.h"
#include "sandbox/journal.h"
#include "sandbox/smtp_server.h"
#include "sandbox/state.h"
#include "sandbox/webhooks_inside.h"

#define BODY_MAX (64u << 20)
#define BUDGET (512u << 20)
#define RECORDS_MAX 2000000
#define LEDGER_MAX 4000000
#define STOP_MS 2000

const struct json_limits sb_json_limits = { .bytes = 32u << 20, .depth = 32,
					    .elements = 2000000 };

/* --- the server's side --- */

static enum http_verdict begin(struct http_call *call, void *context, size_t *body_max)
{
	(void)call;
	(void)context;
	*body_max = BODY_MAX;
	return HTTP_TAKE;
}

static void problem(struct http_call *call, void *context, int status, const char *code,
		    const char *detail)
{
	struct buf buf;

	(void)context;
	buf_init(&buf, call->arena, 1024);
	buf_add(&buf, "{\"error\":");
	buf_add_json(&buf, code);
	buf_add(&buf, ",\"message\":");
	buf_add_json(&buf, detail);
	buf_add(&buf, "}");
	http_answer(call, status, NULL, buf_text(&buf), buf.len);
}

static void send_struck(struct sandbox *sandbox, struct http_call *http, struct sb_call *call,
			const struct sb_fault *fault)
{
	size_t len;
	const char *body = sb_reply_body(call, &len);
	struct http_headers *headers = &call->reply_headers;

	switch (fault->kind) {
	case SB_FAULT_RESET:
		http_answer_break(http, HTTP_BREAK_RESET);
		return;
	case SB_FAULT_CLOSE:
		http_answer_break(http, HTTP_BREAK_CLOSE);
		return;
	case SB_FAULT_HANG:
		sb_delays_add(sandbox->delays, fault->ms, http, 0, NULL, NULL, 0);
		return;
	case SB_FAULT_SLOW:
		sb_delays_add(sandbox->delays, fault->ms, http, call->status, headers, body, len);
		return;
	case SB_FAULT_TRUNCATED:
		http_answer_partly(http, call->status, headers, body, len / 2,
				   len ? (int64_t)len : 1, 0);
		return;
	case SB_FAULT_DRIP:
		http_answer_partly(http, call->status, headers, body, len, (int64_t)len,
				   (int)fault->ms);
		return;
	case SB_FAULT_RATE:
	case SB_FAULT_STATUS:
	case SB_FAULT_HTML:
	case SB_FAULT_EXPIRED:
	case SB_FAULT_REVOKED:
	case SB_FAULT_FORBIDDEN:
	case SB_FAULT_LOCKED:
	case SB_FAULT_BAD_RECORD:
		break;
	}
	http_answer(http, call->status, headers, body, len);
}

/* The struct outlives this function: a delayed answer still points to its headers. */
static void serve(struct http_call *http, void *context)
{
	struct sandbox *sandbox = context;
	struct sb_call *call = arena_alloc(http->arena, sizeof(*call));
	struct sb_outcome *outcome = arena_alloc(http->arena, sizeof(*outcome));
	const char *body;
	size_t len;

	call->arena = http->arena;
	call->method = http->method;
	call->target = http->query ? arena_printf(http->arena, "%s?%s", http->path, http->query) :
				     http->path;
	call->headers = &http->headers;
	call->body = http->body;
	call->body_len = http->body_len;
	sb_read_json(call);
	pthread_mutex_lock(&sandbox->lock);
	sb_dispatch(sandbox, call, outcome);
	pthread_mutex_unlock(&sandbox->lock);
	sb_sender_wake(sandbox);
	if (outcome->fault) {
		send_struck(sandbox, http, call, outcome->fault);
		return;
	}
	body = sb_reply_body(call, &len);
	http_answer(http, call->status, &call->reply_headers, body, len);
}

static bool is_lost(const struct sb_fault *fault)
{
	return fault && fault->kind != SB_FAULT_SLOW && fault->kind != SB_FAULT_DRIP;
}

struct http_reply *sandbox_handle(struct sandbox *sandbox, struct arena *arena,
				  const struct http_request *request)
{
	struct http_reply *reply = arena_alloc(arena, sizeof(*reply));
	struct sb_call *call = arena_alloc(arena, sizeof(*call));
	struct sb_outcome outcome = { 0 };

	call->arena = arena;
	call->method = request->method;
	call->target = request->url;
	call->headers = &request->headers;
	call->body = request->body ? request->body : "";
	call->body_len = request->body ? request->body_len : 0;
	sb_read_json(call);
	pthread_mutex_lock(&sandbox->lock);
	sb_dispatch(sandbox, call, &outcome);
	pthread_mutex_unlock(&sandbox->lock);
	sb_sender_wake(sandbox);
	reply->body = "";
	if (is_lost(outcome.fault)) {
		reply->failure = HTTP_LOST;
		reply->why = outcome.struck;
		return reply;
	}
	reply->status = call->status;
	reply->headers = call->reply_headers;
	reply->body = sb_reply_body(call, &reply->body_len);
	return reply;
}

/* --- starting and stopping --- */

static int listen_on(struct sandbox *sandbox, const struct sandbox_config *config,
		     struct error *err)
{
	struct http_server_config server = {
		.address = config->address,
		.port = config->port,
		.threads = config->threads ? config->threads : 4,
		.connections_max = 4096,
		.idle_ms = 120000,
		.body_ms = 60000,
		.headers_max = 64u << 10,
		.budget = BUDGET,
		.begin = begin,
		.handle = serve,
		.problem = problem,
		.context = sandbox,
	};

	sandbox->server = http_server_start(&server, err);
	return sandbox->server ? 0 : -1;
}

static int listen_for_mail(struct sandbox *sandbox, const struct sandbox_config *config,
			   struct error *err)
{
	const struct smtp_place plain = { config->smtp_address, config->smtp_port };
	const struct smtp_place tls = { config->smtps_address, config->smtps_port };

	if (!plain.address && !tls.address)
		return 0;
	sandbox->smtp = smtp_server_start(sandbox, &plain, &tls, &config->smtp_waits, err);
	return sandbox->smtp ? 0 : -1;
}

struct sandbox *sandbox_start(const struct sandbox_config *config, struct error *err)
{
	struct sandbox *sandbox = sb_alloc(sizeof(*sandbox));

	pthread_mutex_init(&sandbox->lock, NULL);
	sandbox->seed = config->seed ? config->seed : 1;
	sandbox->records_max = config->records_max ? config->records_max : RECORDS_MAX;
	sandbox->ledger.max = LEDGER_MAX;
	sandbox->arena = arena_new();
	sandbox->hooks_end = &sandbox->hooks;
	for (size_t i = 0; sb_vendors[i]; i++)
		sb_account_open(sandbox, sb_vendors[i], "default");
	if (config->journal && sb_journal_open(sandbox, config->journal, err) < 0) {
		sandbox_stop(sandbox);
		return NULL;
	}
	sandbox->delays = sb_delays_new();
	if (!config->is_mute)
		sandbox->sender = sb_sender_start(sandbox);
	/* Mail first: whoever asks the control by HTTP is told of it. */
	if (listen_for_mail(sandbox, config, err) < 0 ||
	    (config->address && listen_on(sandbox, config, err) < 0)) {
		sandbox_stop(sandbox);
		return NULL;
	}
	return sandbox;
}

int sandbox_port(const struct sandbox *sandbox)
{
	return sandbox->server ? http_server_port(sandbox->server) : 0;
}

int sandbox_smtp_port(const struct sandbox *sandbox, bool is_tls)
{
	return sandbox->smtp ? smtp_server_port(sandbox->smtp, is_tls) : 0;
}

static void sandbox_free(struct sandbox *sandbox)
{
	while (sandbox->accounts)
		sb_account_drop(sandbox->accounts);
	sb_faults_clear(sandbox, NULL, NULL);
	sb_hooks_free(sandbox);
	sb_prospects_free(sandbox);
	sb_seen_free(&sandbox->seen);
	sb_journal_close(sandbox);
	free(sandbox->ledger.entries);
	arena_free(sandbox->arena);
	pthread_mutex_destroy(&sandbox->lock);
	free(sandbox);
}

void sandbox_stop(struct sandbox *sandbox)
{
	if (sandbox->smtp)
		smtp_server_stop(sandbox->smtp);
	if (sandbox->server)
		http_server_quiesce(sandbox->server);
	if (sandbox->delays)
		sb_delays_end(sandbox->delays);
	if (sandbox->server)
		http_server_stop(sandbox->server, STOP_MS);
	if (sandbox->sender) /* requests under way wake it */
		sb_sender_stop(sandbox->sender);
	if (sandbox->smtp)
		smtp_server_free(sandbox->smtp);
	if (sandbox->delays)
		sb_delays_free(sandbox->delays);
	sandbox_free(sandbox);
}
