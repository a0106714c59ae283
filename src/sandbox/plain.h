/* plain.h - what the files of the plain CRM share: a CRM of nobody's, with a REST API as a
 * company writes its own, and a Lead Update endpoint for what a qualification came to.
 * Threads: under the sandbox's lock.
 *
 * There is no sheet: docs/sandbox.md is the description that it follows. */
#ifndef SANDBOX_PLAIN_H
#define SANDBOX_PLAIN_H

#include "base/attributes.h"
#include "sandbox/render.h"
#include "sandbox/vendor.h"

#define PLAIN_TOKEN "plain-crm-token"
#define PLAIN_USER "fairlead"
#define PLAIN_PASSWORD "plain-crm-password"
#define PLAIN_API_KEY "plain-crm-api-key"
#define PLAIN_HMAC_KEY "plain-crm-signing-key"

/* --- refusals: plain.c --- */

/* What is wrong with a request; code NULL: nothing. */
struct plain_refusal {
	int status;
	const char *code;    /* "invalid_value" */
	const char *field;   /* or NULL */
	const char *message; /* the call's */
	const char *id;      /* of the record that is there already, or NULL */
};

/* Sets the refusal, unless there is one. `field` may be NULL. */
void plain_wrong(struct sb_call *call, struct plain_refusal *refusal, int status,
		 const char *code, const char *field, const char *format, ...)
	PRINTF_LIKE(6, 7);

/* {"error":message,"code":...,"field":...,"id":...}; new. */
json_t *plain_refusal_json(const struct plain_refusal *refusal);
void plain_refuse(struct sb_call *call, const struct plain_refusal *refusal);
void plain_fail(struct sb_call *call, int status, const char *code, const char *format, ...)
	PRINTF_LIKE(4, 5);

/* Runs a write once for each Idempotency-Key: the same key with the same body is answered
 * as the first time, with another body 422. */
void plain_once(struct sb_call *call, void (*write)(struct sb_call *call));

/* --- leads: plain_leads.c --- */

void plain_open_leads(struct sb_account *account);
struct sb_object *plain_leads(const struct sb_call *call);
json_t *plain_lead_json(struct sb_call *call, const struct sb_record *lead); /* new */

/* What is to be stored of `body` (the call's), or NULL after setting the refusal. `except`
 * is the lead that is updated, NULL for a new one. */
json_t *plain_values(struct sb_call *call, const json_t *body, const struct sb_record *except,
		     struct plain_refusal *refusal);

void plain_fields(struct sb_call *call);
void plain_list(struct sb_call *call);
void plain_read(struct sb_call *call);
void plain_create(struct sb_call *call);
void plain_update(struct sb_call *call);
void plain_upsert(struct sb_call *call);
void plain_delete(struct sb_call *call);
void plain_batch(struct sb_call *call);
void plain_seed(struct sb_call *call, const struct sb_person *person);

/* --- what a qualification came to: plain_updates.c --- */

void plain_lead_update(struct sb_call *call);
void plain_lead_updates(struct sb_call *call);

#endif
