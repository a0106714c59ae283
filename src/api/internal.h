/* internal.h - what api/'s own machinery shares. Private to api/. Threads: any. */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include "api/api.h"
#include "store/deliveries.h"
#include "store/leads.h"

struct imports;
struct rates;
struct workers;

struct api {
	struct api_config config;
	struct http_server *server;
	struct token_cache *tokens;
	struct rates *rates;
	struct imports *imports;
	struct workers *workers, *crm_workers;
	_Atomic bool is_copying; /* a backup is being made or fetched */
};

/* Token buckets, one per key (a token's id, a source's id, a peer's hash): `per_s` may
 * be taken each second and twice as many at once. Returns whether one was there; always
 * when per_s is 0. `now_us` is clock_mono_us(). Threads: any, under its lock. */
struct rates *rates_new(void);
void rates_free(struct rates *rates);
bool rate_take(struct rates *rates, int64_t key, double per_s, int64_t now_us);

/* A problem document as it is, with the request's id; retry_after may be NULL. */
void api_answer_problem(struct api_call *call, const struct answer *answer,
			const char *retry_after);

/* The connection that the query's `connection` names; 0 when it names none. Errors:
 * ERR_NOT_FOUND. After api_config(). */
int api_connection_asked(struct api_call *call, int64_t *id, struct error *err);

/* ---- Deliveries, as their list and the dead letters' share them ---- */

/* What the query asks for: connection, lead, code. */
int api_delivery_filter(struct api_call *call, struct delivery_filter *filter,
			struct error *err);

/* The delivery of call->id; ERR_NOT_FOUND. */
int api_delivery_find(struct api_call *call, struct view *view, struct delivery *delivery,
		      struct error *err);

/* Adds members: link, told, seen, undo, edit, attempts. */
int out_delivery_trail(struct out *out, struct api_call *call, struct view *view,
		       const struct delivery *delivery, struct error *err);

/* Adds "mapped": what the delivery's mapping makes of its lead now, line by line; null when
 * the mapping is gone, cannot work, or the CRM's fields are not known yet. */
int out_mapped(struct out *out, struct api_call *call, struct view *view,
	       const struct delivery *delivery, struct error *err);

/* ---- Leads ---- */

/* The lead of call->id, following merges; ERR_NOT_FOUND. */
int api_lead_find(struct api_call *call, struct view *view, struct lead *lead,
		  struct error *err);

/* The lead that the query's `lead` names, following merges; 0 when it names none. Errors:
 * ERR_NOT_FOUND. */
int api_lead_asked(struct api_call *call, struct view *view, int64_t *id, struct error *err);

/* The key that the query's `email` or `phone` is, normalised like what a source sends, hashed;
 * NULL when it names none. Errors: ERR_INVALID. */
int api_key_asked(struct api_call *call, const struct hash16 **key, struct error *err);

/* Adds "suppressed": the channels and purposes that the lead took back, by any of its keys. */
int out_suppressed(struct out *out, struct api_call *call, struct view *view,
		   const struct lead *lead, struct error *err);

/* The record of a submission's decision; NULL once it was purged or erased. */
json_t *api_record_of(struct api_call *call, const struct kept_submission *submission);

/* Adds what such a record says, for those who ask why. */
void out_decision(struct out *out, struct api_call *call,
		  const struct kept_submission *submission);

/* 429 with Retry-After. */
void api_limited(struct api_call *call, int after_s);

#endif
