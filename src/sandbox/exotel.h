/* exotel.h - what exotel's files share. Private to the sandbox's Exotel. Threads: under the
 * sandbox's lock.
 *
 * Calls, text messages, numbers and flows are records of the objects "Calls", "Messages",
 * "ExoPhones" and "Flows". Numbers are kept in E.164 and times in ms: what the API shows of
 * them (a leading 0, a local time without a zone) is made when it answers. */
#ifndef SANDBOX_EXOTEL_H
#define SANDBOX_EXOTEL_H

#include "sandbox/later.h"
#include "sandbox/prospect.h"
#include "sandbox/records.h"
#include "sandbox/render.h"
#include "sandbox/state.h"
#include "sandbox/webhooks.h"

/* The account's own things: account->state. */
struct exotel {
	const char *sid, *key, *token;
};
struct exotel *exotel_of(const struct sb_account *account);

/* What applets get for the time of an end that has not come: always this. */
#define EXOTEL_NO_END "1970-01-01 05:30:00"

/* --- answers: exotel_say.c --- */

/* Replies as the address asks for: JSON behind ".json", else XML. Takes the reference. */
void exotel_reply(struct sb_call *call, int status, json_t *body);

/* {"RestException": {"Status", "Message", "Code"}}. */
void exotel_fail(struct sb_call *call, int status, const char *format, ...) PRINTF_LIKE(3, 4);

/* "2026-11-21 10:30:00" in the account's own time; null for 0. New. */
json_t *exotel_time(const struct sb_call *call, int64_t ms);
const char *exotel_time_text(const struct sb_call *call, int64_t ms);

/* The number of a field, 0 when it has none: beside sb_text(). */
int64_t exotel_int(const struct sb_record *record, const char *field);

/* Writes a field without moving the record's version; text may be NULL: none. */
void exotel_put(struct sb_call *call, struct sb_record *record, const char *field,
		const char *text);
void exotel_put_int(struct sb_call *call, struct sb_record *record, const char *field,
		    int64_t number);

/* --- numbers: exotel_say.c --- */

/* E.164 of a number as callers write it (+91..., 0 and ten digits, ten digits, 91 and
 * ten), or NULL; and as the API shows it: with a leading 0 for India's. */
const char *exotel_number(struct arena *arena, const char *text);
const char *exotel_national(struct arena *arena, const char *number);

/* --- posts and questions: exotel_hooks.c --- */

enum exotel_body { EXOTEL_MULTIPART, EXOTEL_JSON, EXOTEL_FORM };

/* Posts a status. Takes `params`; nested ones (Legs) are flattened where the body needs it. */
void exotel_post(struct sb_call *call, const char *url, enum exotel_body body, json_t *params);

/* Asks an applet's address by GET. Takes both: `params` is an object of texts, `doc` is what
 * exotel_told() gets with the answer. */
void exotel_ask(struct sb_call *call, const char *url, bool is_programmable, json_t *params,
		json_t *doc);

/* --- calls: exotel_call.c --- */

/* A step's document: {"sid", ...}; takes `more` (an object), which it becomes. */
json_t *exotel_doc(const struct sb_record *record, json_t *more);

/* The call that a document is about, NULL when it is over. */
struct sb_record *exotel_call_of(struct sb_call *call, const json_t *doc);

/* Over, with this status of the call. */
void exotel_end(struct sb_call *call, struct sb_record *record, const char *status);

/* A leg is rung: "completed", "busy", "no-answer" or "failed", and in *ms after how long. */
const char *exotel_ring(struct sb_call *call, const char *number, int64_t timeout_ms,
			int64_t *ms);

/* How long two people talk, at most `limit_s`. */
int64_t exotel_talk_s(int64_t limit_s);

/* Where the recording is; NULL when the call is not recorded. */
const char *exotel_recording(struct sb_call *call, const struct sb_record *record);

/* --- flows: exotel_flow.c --- */

/* Goes on with a flow after `ms`; takes `applets` (an array). */
void exotel_flow_go(struct sb_call *call, struct sb_record *record, int64_t ms,
		    json_t *applets);

/* An applet's address answered; status 0: it did not. */
void exotel_told(struct sb_call *call, const json_t *doc, int status, const char *type,
		 const char *body, size_t body_len);

/* The applets of the flow that an address names (new), or NULL. */
json_t *exotel_flow_of(struct sb_call *call, const char *url);

/* --- the routes' handlers --- */

void exotel_connect(struct sb_call *call);
void exotel_show_call(struct sb_call *call);
void exotel_show_recording(struct sb_call *call);
void exotel_send_sms(struct sb_call *call);

/* The number of the account's own that a text means, or NULL. */
struct sb_record *exotel_own_number(struct sb_call *call, const char *text);

/* True when a text is an address to post to, or empty. */
bool exotel_is_url(struct sb_call *call, const char *text);

extern const struct sb_field_spec exotel_call_fields[], exotel_sms_fields[];
extern const size_t exotel_ncall_fields, exotel_nsms_fields;

#endif
