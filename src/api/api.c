/* api.c - from an HTTP request to its handler. Threads: the HTTP server's pool. */
#include "api/api.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/imports.h"
#include "api/internal.h"
#include "api/workers.h"
#include "base/clock.h"
#include "base/text.h"

int api_port(const struct api *api)
{
	return http_server_port(api->server);
}

/* "Bearer TOKEN" without its word, or NULL. */
static const char *bearer_of(const struct http_call *http)
{
	const char *value = http_header_find(&http->headers, "Authorization");

	if (!value || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	value += 7;
	while (*value == ' ')
		value++;
	return *value ? value : NULL;
}

static void unauthenticated(struct api_call *call)
{
	struct http_headers headers = { 0 };
	struct answer answer;

	http_header_add(&headers, "WWW-Authenticate", "Bearer error=\"invalid_token\"");
	http_header_add(&headers, "Content-Type", "application/problem+json");
	answer_problem(call->arena, 401, "unauthenticated",
		       "send a valid token: Authorization: Bearer flk_...", &answer);
	http_answer(call->http, 401, &headers, answer.body, strlen(answer.body));
}

int api_identify(struct api_call *call, const char *token, struct error *err)
{
	int known = token_cache_check(call->api->tokens, call->arena, token, call->now, &call->token,
			       err);

	if (known == 1)
		call->actor = (struct actor){ .workspace = call->token.workspace,
					      .kind = ACTOR_TOKEN,
					      .id = call->token.id,
					      .request = call->actor.request };
	return known;
}

/* Whether the caller may go on; otherwise it is answered. */
static bool authorise(struct api_call *call)
{
	const char *text = bearer_of(call->http);
	struct error err = { 0 };
	int known;

	if (call->endpoint->scope == 0)
		return true;
	known = text ? api_identify(call, text, &err) : 0;
	if (known < 0) {
		api_fail(call, &err);
		return false;
	}
	if (known == 0) {
		unauthenticated(call);
		return false;
	}
	if (!(call->token.scopes & call->endpoint->scope)) {
		api_problem(call, 403, "forbidden", "this token may not do that: it has %s",
			    scopes_text(call->token.scopes, call->arena));
		return false;
	}
	if (!rate_take(call->api->rates, call->token.id, call->api->config.token_per_s,
		       clock_mono_us())) {
		api_limited(call, 1);
		return false;
	}
	return true;
}

static void not_found(struct api_call *call, const char *allowed)
{
	if (!allowed) {
		api_problem(call, 404, "not_found", "there is nothing at this path");
		return;
	}
	struct http_headers headers = { 0 };
	struct answer answer;

	http_header_add(&headers, "Allow", allowed);
	http_header_add(&headers, "Content-Type", "application/problem+json");
	answer_problem(call->arena, 405, "method_not_allowed",
		       arena_printf(call->arena, "this path takes %s", allowed), &answer);
	http_answer(call->http, 405, &headers, answer.body, strlen(answer.body));
}

static enum http_verdict begin(struct http_call *http, void *context, size_t *body_max)
{
	struct api *api = context;
	struct api_call *call = arena_alloc(http->arena, sizeof(*call));
	const char *allowed = NULL;

	*call = (struct api_call){
		.http = http,
		.api = api,
		.store = api->config.store,
		.arena = http->arena,
		.now = clock_now(),
	};
	call->actor.request = id_next(store_ids(call->store), call->now);
	http->user = call;
	call->endpoint = api_route_find(call->arena, http->method, http->path, call->params,
				     &allowed);
	if (!call->endpoint) {
		not_found(call, allowed);
		return HTTP_REFUSE;
	}
	if (!authorise(call))
		return HTTP_REFUSE;
	if (http_header_find(&http->headers, "Content-Encoding")) {
		api_problem(call, 415, "content_encoding",
			    "compressed bodies are not taken; send it as it is");
		return HTTP_REFUSE;
	}
	*body_max = call->endpoint->body_max;
	return HTTP_TAKE;
}

static void handle(struct http_call *http, void *context)
{
	struct api_call *call = http->user;
	struct api *api = context;
	enum api_place place = call->endpoint->place;

	if (place == PLACE_SERVER)
		call->endpoint->handle(call);
	else if (!workers_submit(place == PLACE_CRM ? api->crm_workers : api->workers, call))
		api_problem(call, 503, "busy", "too many requests wait already; send it again");
}

static void problem(struct http_call *http, void *context, int status, const char *code,
		    const char *detail)
{
	struct http_headers headers = { 0 };
	struct answer answer;

	(void)context;
	http_header_add(&headers, "Content-Type", "application/problem+json");
	if (status == 503)
		http_header_add(&headers, "Retry-After", "1");
	answer_problem(http->arena, status, code, detail, &answer);
	http_answer(http, status, &headers, answer.body, strlen(answer.body));
}

#define WORKERS (API_WORKERS / 2) /* of a kind */

static void free_api(struct api *api)
{
	workers_free(api->workers);
	workers_free(api->crm_workers);
	token_cache_free(api->tokens);
	rates_free(api->rates);
	imports_free(api->imports);
	free(api);
}

struct api *api_start(const struct api_config *config, struct error *err)
{
	struct api *api = calloc(1, sizeof(*api));
	struct http_server_config server = {
		.address = config->address,
		.port = config->port,
		.threads = config->threads,
		.connections_max = config->connections_max,
		.idle_ms = config->idle_ms,
		.body_ms = config->body_ms,
		.headers_max = 32u << 10,
		.budget = config->budget,
		.begin = begin,
		.handle = handle,
		.problem = problem,
		.context = api,
	};

	if (!api)
		abort();
	api->config = *config;
	api->tokens = token_cache_new(config->store);
	api->rates = rates_new();
	api->imports = imports_new();
	api->workers = workers_new(WORKERS);
	api->crm_workers = workers_new(WORKERS);
	api->server = config->fd >= 0 ? http_server_start_on(config->fd, &server, err) :
					http_server_start(&server, err);
	if (api->server)
		return api;
	free_api(api);
	return NULL;
}

void api_stop(struct api *api, int wait_ms)
{
	http_server_quiesce(api->server);
	http_server_stop(api->server, wait_ms);
	free_api(api);
}
