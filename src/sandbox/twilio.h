/* twilio.h - what twilio's files share. Private to the sandbox's Twilio. Threads: under the
 * sandbox's lock.
 *
 * Calls and messages are records of the objects "Calls" and "Messages"; their fields are the
 * API's own. Fields that begin with '_' are not shown by the API. */
#ifndef SANDBOX_TWILIO_H
#define SANDBOX_TWILIO_H

#include "sandbox/later.h"
#include "sandbox/prospect.h"
#include "sandbox/records.h"
#include "sandbox/render.h"
#include "sandbox/state.h"
#include "sandbox/webhooks.h"

#define TWILIO_SID_SIZE 35 /* two letters, 32 hex digits and a NUL */

/* The account's own things: account->state. */
struct twilio {
	char account_sid[TWILIO_SID_SIZE], key_sid[TWILIO_SID_SIZE];
	char service_sid[TWILIO_SID_SIZE]; /* of its one messaging service */
	char auth_token[33], key_secret[33];
};
struct twilio *twilio_of(const struct sb_account *account);

#define TWILIO_API "/2010-04-01" /* what every path begins with */

/* --- answers: twilio_say.c --- */

/* {"code", "message", "more_info", "status"}. */
void twilio_fail(struct sb_call *call, int status, int code, const char *format, ...)
	PRINTF_LIKE(4, 5);
json_t *twilio_json(struct sb_call *call, const struct sb_record *record); /* new */
void twilio_reply_record(struct sb_call *call, int status, const struct sb_record *record);
/* The record of the path, or NULL after answering 404. */
struct sb_record *twilio_record(struct sb_call *call, const char *object);

/* "Sat, 21 Nov 2026 05:00:00 +0000". */
json_t *twilio_time(int64_t ms);

/* Writes one text field (NULL: null), without moving the record's version. */
void twilio_put(struct sb_call *call, struct sb_record *record, const char *field,
		const char *text);

/* --- lists: twilio_list.c --- */

/* A page of the newest records of the route's tag that match the filters of the query. */
void twilio_list(struct sb_call *call);

/* --- numbers: twilio.c --- */

/* The number of the account's own that an address is ("whatsapp:" passed over), or NULL. */
struct sb_record *twilio_own_number(struct sb_call *call, const char *address);
bool twilio_is_number(const char *text); /* E.164 */

/* --- webhooks: twilio_sign.c --- */

/* Base64 of HMAC-SHA1 over the URL and the sorted parameters (an object of texts). */
const char *twilio_signature(struct arena *arena, const char *token, const char *url,
			     const json_t *params);

/* Posts the parameters as a form, signed. With a `doc`, which it takes over, the answer is
 * instructions for a call: twilio_instructed() gets both. */
void twilio_post(struct sb_call *call, const char *url, json_t *params, json_t *doc);
void twilio_instructed(struct sb_call *call, const json_t *doc, int status, const char *body,
		       size_t body_len);

/* --- calls: twilio_call.c; a document is what a step of a call is planned with --- */

/* The document of the turn that the call is at, with the verbs that are left (taken; NULL
 * for none); new. */
json_t *twilio_turn(struct sb_call *call, const struct sb_record *record, json_t *verbs);

/* The call that a document is about; NULL when it is over, or was told something else
 * since. */
struct sb_record *twilio_call_of(struct sb_call *call, const json_t *doc);

/* After `ms`, goes on with what is left behind the first of `verbs`. */
void twilio_go_on(struct sb_call *call, const struct sb_record *record, const json_t *verbs,
		  int64_t ms);

/* Asks an address for what to do; takes `more`, parameters beside the call's own. */
void twilio_fetch(struct sb_call *call, struct sb_record *record, const char *url,
		  json_t *more);

/* The call is over, with this status. */
void twilio_end(struct sb_call *call, struct sb_record *record, const char *status);

/* Does the first of the verbs and plans the rest: twilio_verbs.c. */
void twilio_run_verbs(struct sb_call *call, struct sb_record *record, const json_t *verbs);

/* --- instructions: twilio_twiml.c --- */

/* The verbs of a document: [{"verb", "text", "attrs": {}, "inside": [...]}]; NULL and a
 * sentence in *problem when it is none. The result is the arena's. */
json_t *twilio_twiml(struct arena *arena, const char *text, size_t len, const char **problem);

/* --- the routes' handlers --- */

void twilio_add_message(struct sb_call *call);
void twilio_change_message(struct sb_call *call);
void twilio_add_call(struct sb_call *call);
void twilio_change_call(struct sb_call *call);

/* A person writes to one of our numbers by themselves, or in answer to a message. */
void twilio_receive(struct sb_call *call, const char *from, const char *to, const char *text,
		    const char *opt_out, const char *button);

extern const struct sb_field_spec twilio_message_fields[], twilio_call_fields[];
extern const size_t twilio_nmessage_fields, twilio_ncall_fields;

#endif
