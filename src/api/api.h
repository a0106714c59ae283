/* api.h - the HTTP API: one table of routes, one file per resource. Threads: a handler runs
 * where its route says, in the HTTP server's pool or in a worker of ours that may wait;
 * answers may come from the committer. */
#ifndef API_API_H
#define API_API_H

#include "accept/accept.h"
#include "api/out.h"
#include "api/page.h"
#include "base/http_message.h"
#include "http/server.h"
#include "store/configs.h"
#include "store/deliveries.h"
#include "store/store.h"

struct deliverer; /* deliver/deliver.h */

struct api_config {
	struct store *store;
	struct deliverer *deliverer;  /* NULL: nothing is delivered (tests) */
	const char *address;          /* "127.0.0.1" */
	int port;                     /* 0 picks one */
	int fd;                       /* a listening socket, or -1 */
	int threads;
	size_t budget;                /* bytes of bodies and waiting units; 128 MiB */
	int idle_ms, body_ms;
	int connections_max;
	double token_per_s, source_per_s, peer_per_s; /* requests a second; 0: no limit */
};

/* Threads that the API has beside the server's pool: each may hold a view. */
#define API_WORKERS 8

struct api;

/* Starts to answer. Errors: the address is taken. */
struct api *api_start(const struct api_config *config, struct error *err);
int api_port(const struct api *api);

/* Stops taking requests, answers what is under way, frees. */
void api_stop(struct api *api, int wait_ms);

/* ---- For the files of this folder ---- */

#define API_PARAMS_MAX 4

struct endpoint;

struct api_call {
	struct http_call *http;
	struct api *api;
	struct store *store;
	struct arena *arena;
	const struct endpoint *endpoint;
	struct actor actor;
	struct token token;           /* of the caller; zero for public routes */
	const char *params[API_PARAMS_MAX]; /* decoded {name} segments, in order */
	int64_t id;                   /* the first of them, by api_id() */
	int64_t now;
	struct page page;             /* of a list */
	struct snapshot *snapshot;    /* api_config()'s; given back with the arena */
	const struct http_headers *more; /* what problems carry beside their own; or NULL */
	struct api_call *next;        /* the workers' own */
};

typedef void api_handler(struct api_call *call);

/* Where a handler runs. */
enum api_place {
	PLACE_WORKER, /* it waits for the store */
	PLACE_CRM,    /* it waits for a CRM */
	PLACE_SERVER, /* it waits for nothing: a thread there has many connections */
};

struct endpoint {
	const char *method;
	const char *path;             /* "/v1/leads/{id}/why" */
	unsigned scope;               /* any of these; 0: nobody needs to be known */
	size_t body_max;              /* bytes; 0: no body */
	const char *id;               /* operationId in the OpenAPI document */
	const char *summary;
	api_handler *handle;
	enum api_place place;
};

/* The table; ends with a NULL method. */
extern const struct endpoint api_routes[];

/* The route of a request, with its parameters; NULL and *allowed (methods that the path
 * has, or NULL) when there is none. */
const struct endpoint *api_route_find(struct arena *arena, const char *method,
				   const char *path, const char *params[API_PARAMS_MAX],
				   const char **allowed);

/* Answers: JSON text of the arena or constant. api_reply_out() fails the call with 413
 * when the text did not fit. */
void api_reply(struct api_call *call, int status, const char *json);
void api_reply_out(struct api_call *call, int status, struct out *out);
/* A problem for a failure, or for one sentence of ours. */
void api_fail(struct api_call *call, const struct error *err);
void api_problem(struct api_call *call, int status, const char *code, const char *format,
		 ...) PRINTF_LIKE(4, 5);
/* 422 with every failing field. */
void api_problems(struct api_call *call, const struct problems *problems);
int api_status_of(enum error_code code);

/* The body as a JSON object; answers 400 or 415 and returns NULL when it is not. With
 * api_body_or_none() no body at all is an empty object. Members that are none of `known`
 * ("a b c") are answered 422 with "did you mean"; NULL: any may be there. */
json_t *api_body(struct api_call *call, const char *known);
json_t *api_body_or_none(struct api_call *call, const char *known);

/* Reads the first parameter into call->id; answers 404 and returns false when it is no
 * id. */
bool api_id(struct api_call *call);

/* The configuration as it is now, held until the call ends; answers and returns NULL when
 * the store fails. */
const struct config *api_config(struct api_call *call);

/* A view for reading; answers 503 and returns NULL when the store fails. */
struct view *api_view(struct api_call *call);

/* Opens a view, has `read` write the answer, closes the view and answers 200; what `read`
 * fails with is answered as a problem. Everything it does must be done within a second. */
typedef int api_reader(struct api_call *call, struct view *view, struct out *out,
		       struct error *err);
void api_read(struct api_call *call, api_reader *read);

/* The same for a list: reads `limit` and `cursor` into call->page (400 when they are
 * wrong), and writes `{"items":[...],"next_cursor":...}` around what `read` writes: the
 * elements, each after api_row() said true for it. It says false when the answer has
 * become large enough: then the row waits for the next page. */
void api_list(struct api_call *call, api_reader *read);
bool api_row(struct api_call *call, struct out *out, int64_t id);

/* The same for a list that is short, and answered whole: no page is read of the query, and
 * next_cursor is null. */
void api_list_whole(struct api_call *call, api_reader *read);

/* Runs a unit and waits for it; answers the failure itself and returns -1. */
typedef int api_run(struct tx *tx, void *context, struct error *err);
int api_write(struct api_call *call, api_run *run, void *context);

/* The query's parameter, decoded, or NULL. */
const char *api_query(struct api_call *call, const char *name);

/* Checks a bearer token, from a short-lived cache: 1 known, 0 not, -1 the store fails. */
struct token_cache;
struct token_cache *token_cache_new(struct store *store);
void token_cache_free(struct token_cache *cache);
int token_cache_check(struct token_cache *cache, struct arena *arena, const char *text, int64_t now,
	       struct token *token, struct error *err);

/* Knows the caller by a token on a route that needs none: like token_cache_check(), and sets
 * the call's actor. */
int api_identify(struct api_call *call, const char *token, struct error *err);

/* The handlers, one file per resource. */
api_handler api_healthz, api_readyz, api_metrics, api_openapi, api_docs;
api_handler api_leads_add, api_leads_add_batch, api_in_post, api_in_options;
api_handler api_leads_list, api_leads_get, api_leads_why, api_leads_timeline,
	api_leads_export, api_leads_erase, api_leads_merge, api_leads_edit;
api_handler api_submissions_list, api_submissions_get;
api_handler api_duplicates_list, api_duplicates_decide, api_conflicts_list,
	api_conflicts_resolve, api_merges_list, api_merges_undo, api_enquiries_list,
	api_consents_list;
api_handler api_stats_queue;
api_handler api_apply, api_config_export;
api_handler api_tokens_list, api_tokens_add, api_tokens_revoke;
api_handler api_connections_list, api_connections_get,
	api_connections_test, api_connections_schema, api_connections_pause,
	api_connections_resume, api_connections_limits;
api_handler api_mappings_list, api_mappings_get, api_mappings_versions, api_mappings_diff,
	api_mappings_validate, api_mappings_plan;
api_handler api_plans_get, api_plans_apply, api_syncs_plan;
api_handler api_syncs_list, api_syncs_get, api_syncs_run, api_syncs_pause, api_syncs_resume;
api_handler api_deliveries_list, api_deliveries_get, api_calls_list, api_calls_get;
api_handler api_dead_letters_list, api_dead_letters_get, api_dead_letters_retry,
	api_dead_letters_send_again, api_dead_letters_discard, api_dead_letters_point,
	api_dead_letters_retry_all;
api_handler api_drift_list, api_drift_accept, api_suppressions_list;
api_handler api_alerts_list, api_audit_list, api_audit_verify, api_backup;
api_handler api_imports_add, api_imports_piece, api_imports_list, api_imports_get, api_imports_errors;

#endif
