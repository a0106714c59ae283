/* call.h - one request to a vendor and the answer being made. Threads: under the
 * sandbox's lock.
 *
 * Handlers read it with the functions below and reply once; the answer is sent when the
 * handler has returned and the lock is free. A later reply replaces an earlier one. */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/http_message.h"
#include "sandbox/rng.h"

struct sandbox;
struct sb_account;
struct sb_link_change;
struct sb_route;
struct sb_token;
struct sb_vendor;

#define SB_PARAMS_MAX 8

struct sb_call {
	struct sandbox *sandbox;
	struct arena *arena;          /* until the answer is sent */
	const struct sb_vendor *vendor;
	const struct sb_route *route;
	struct sb_account *account;   /* NULL on public routes until one is chosen */
	struct sb_token *token;       /* NULL on public routes */

	uint64_t id;                  /* number of the request, from 1 */
	int64_t now;                  /* ms, the sandbox's time */
	struct sb_rng rng;            /* this request's own */
	const char *key;              /* for the ledger: set it before writing, or NULL */

	const char *method;
	const char *target;           /* path and query as they came */
	const char *path;             /* the vendor's: without prefix and query, not decoded */
	const char *query;            /* not decoded; NULL if none */
	const char *prefix;           /* "/hubspot", or "" when the host chose the vendor */
	const struct http_headers *headers;
	const char *body;             /* NUL after body_len bytes; "" if none */
	size_t body_len;
	json_t *json;                 /* the body parsed, or NULL: see sb_json() */
	const char *params[SB_PARAMS_MAX];
	size_t nparams;

	int bad_record;               /* a fault wants this input of a batch (from 0)
					 refused, -1 for none */
	int depth;                    /* of sb_inner() */
	struct sb_link_change *linked; /* what it did to links: links.h */
	unsigned kinds;               /* the vendor's own, set in admit(): limits.h */

	int status;                   /* 0 until there is a reply */
	struct http_headers reply_headers;
	json_t *reply_json;           /* rendered when the lock is free */
	const char *reply;            /* else this */
	size_t reply_len;
};

/* --- reading --- */

/* The i-th "{name}" of the route, decoded; "" when there are fewer. */
const char *sb_param(const struct sb_call *call, size_t i);

/* A query parameter, decoded; NULL if absent. */
const char *sb_query(const struct sb_call *call, const char *name);

/* A field of an application/x-www-form-urlencoded or multipart/form-data body; NULL if
 * absent. */
const char *sb_form(const struct sb_call *call, const char *name);

/* Every value of a field that may come several times, in order, at most `max`; returns
 * how many. */
size_t sb_form_all(const struct sb_call *call, const char *name, const char **values,
		   size_t max);

/* A field of the form, else of the query: for token endpoints that take either. */
const char *sb_form_or_query(const struct sb_call *call, const char *name);

const char *sb_header(const struct sb_call *call, const char *name);

/* The body as JSON, or NULL after replying with SB_PROBLEM_BAD_JSON. An empty body is
 * bad JSON. */
json_t *sb_json(struct sb_call *call);

/* "http://127.0.0.1:8090/hubspot": what the caller reached us by, for absolute URLs in
 * answers (nextLink, instance_url). Without a slash at the end. */
const char *sb_base_url(const struct sb_call *call);

/* Whether a fault wants the input at `index` of this batch refused. Handlers of batches
 * ask for each input and refuse it in the vendor's words for a bad value. */
bool sb_bad_record(const struct sb_call *call, size_t index);

/* Says that the vendor's own state changed (account->extra, ->state): the journal must
 * keep this request. Records, tokens and fields say so themselves. */
void sb_touch(struct sb_call *call);

/* --- replying --- */

/* Takes the reference to `body`, which is rendered when the lock is free: what the account
 * keeps and may change goes in as a copy. */
void sb_reply_json(struct sb_call *call, int status, json_t *body);

/* `text` must be the call's arena's or constant. */
void sb_reply_text(struct sb_call *call, int status, const char *type, const char *text,
		   size_t len);
void sb_reply_empty(struct sb_call *call, int status);

/* Adds or replaces a header of the answer; both are copied. */
void sb_reply_header(struct sb_call *call, const char *name, const char *value);
void sb_reply_header_int(struct sb_call *call, const char *name, int64_t value);

/* 501 with a body that says so, and a line in the log. `why` may be NULL. */
void sb_not_imitated(struct sb_call *call, const char *why);

/* --- calls inside a call --- */

/* Runs one request of a composite or a multipart batch with the credentials of `call`:
 * route and handler, without authentication, limits and faults. `target` is the
 * vendor's path with query, without prefix. The result is the arena's and has a status;
 * its body is in `reply` (NUL-terminated) or reply_json. Deeper than 4 is 501. */
struct sb_call *sb_inner(struct sb_call *call, const char *method, const char *target,
			 const struct http_headers *headers, const char *body,
			 size_t body_len);

/* The text of the reply, rendered if it is not yet. */
const char *sb_reply_body(struct sb_call *call, size_t *len);

/* --- JSON helpers for answers --- */

/* "2026-02-03T10:00:00.050Z". */
json_t *sb_json_time(int64_t ms);
json_t *sb_json_printf(const char *format, ...) PRINTF_LIKE(1, 2);
json_t *sb_json_vprintf(const char *format, va_list args);

#endif
