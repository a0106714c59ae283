/* meta.h - what meta's files share: Graph errors, nodes, webhooks. Private to the sandbox's
 * Meta; its part WhatsApp's Cloud API has whatsapp.h. Threads: under the sandbox's lock. */
#ifndef SANDBOX_META_H
#define SANDBOX_META_H

#include "sandbox/later.h"
#include "sandbox/prospect.h"
#include "sandbox/records.h"
#include "sandbox/state.h"
#include "sandbox/vendor.h"
#include "sandbox/webhooks.h"

/* What a new account has; ids are texts of digits. */
#define META_APP "1234500067890"
#define META_APP_SECRET "meta-sandbox-app-secret"
#define META_PAGE_TOKEN "EAAsandboxPageTokenDefault"
#define META_SYSTEM_TOKEN "EAAsandboxSystemUserTokenDefault"

/* --- answers, and what is asked: meta_say.c --- */

/* {"error": {message, type, code, error_subcode, fbtrace_id}}; `subcode` 0: none. */
void meta_fail(struct sb_call *call, int status, int code, int subcode, const char *format, ...)
	PRINTF_LIKE(5, 6);

/* WhatsApp's errors say what is wrong in error_data.details. */
void meta_fail_details(struct sb_call *call, int status, int code, const char *title,
		       const char *format, ...) PRINTF_LIKE(5, 6);

void meta_problem(struct sb_call *call, enum sb_problem problem, int status);

/* A text of the form, the JSON body or the query; NULL. */
const char *meta_text(struct sb_call *call, const char *name);

/* The record of the path's first id among an object's; NULL (nothing is said). */
struct sb_record *meta_record(struct sb_call *call, const char *object);

/* "2026-11-21T04:39:50+0000": an offset without a colon. */
json_t *meta_time(int64_t ms);

/* The members of `all` that the query's `fields` names, and the id; without `fields` those
 * of `otherwise` ("id,created_time,field_data"). */
json_t *meta_fields(struct sb_call *call, const json_t *all, const char *otherwise);

/* {"data": [...], "paging": {...}} of a list, by `limit` and `after`. Takes `list`. */
void meta_page(struct sb_call *call, json_t *list);

/* --- tokens: meta_oauth.c --- */

void meta_authorize(struct sb_call *call);
void meta_exchange(struct sb_call *call);
bool meta_authenticate(struct sb_call *call);

/* --- webhooks: meta_hooks.c --- */

/* POST /{app}/subscriptions: the address is asked for its challenge; only then it gets
 * anything. */
void meta_subscribe_app(struct sb_call *call);
void meta_list_subscriptions(struct sb_call *call);
void meta_drop_subscription(struct sb_call *call);

/* POST, GET, DELETE /{page or WABA}/subscribed_apps. */
void meta_subscribe_node(struct sb_call *call);
void meta_list_subscribed(struct sb_call *call);
void meta_unsubscribe_node(struct sb_call *call);

/* Tells the app's subscription to `object` ("page") that `field` ("leadgen") of a node
 * changed, if the node is subscribed. Takes `value`. */
void meta_tell(struct sb_call *call, const char *object, const char *node, const char *field,
	       json_t *value);

/* --- Lead Ads: meta_leads.c --- */

void meta_open_leads(struct sb_account *account);
json_t *meta_lead_json(const struct sb_record *lead);
void meta_list_form_leads(struct sb_call *call);
void meta_lead_created(struct sb_call *call, const struct sb_record *lead);
void meta_seed_lead(struct sb_call *call, const struct sb_person *person);

/* --- every code (meta_errors.c) --- */

struct meta_error {
	int code;
	const char *title;
	bool is_transient;
};

/* Never NULL: codes in a range share their words, others are "Authentication failed". */
const struct meta_error *meta_error_of(int code);

/* Whether the switch refuse_code refuses this call: then it has its answer. */
bool meta_is_refused(struct sb_call *call);

#endif
