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

#define EXOTEL_CUSTOM_MAX 128 /* characters of CustomField */

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
bool exotel_time_parse(const struct sb_call *call, const char *text, int64_t *ms);

/* A text, or null for none; new. */
json_t *exotel_text_or_null(const char *text);

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

/* Posts a status so many times. Takes `params`; nested ones (Legs) are flattened where the
 * body needs it. */
void exotel_post(struct sb_call *call, const char *url, enum exotel_body body, int copies,
		 json_t *params);

/* Posts an event of a leg (ExoML) with its headers; `auth` ("user:password") may be NULL.
 * Takes the event. */
void exotel_post_event(struct sb_call *call, const char *url, const char *auth, json_t *event);

/* Asks an applet's address by GET. Takes both: `params` is an object of texts, `doc` is what
 * exotel_told() gets with the answer. */
void exotel_ask(struct sb_call *call, const char *url, bool is_programmable, json_t *params,
		json_t *doc);

/* --- scripts by the last two digits (7): exotel_script.c --- */

enum exotel_scripted {
	EXOTEL_UNSCRIPTED = -1,
	EXOTEL_PRESSES_1 = 0,
	EXOTEL_PRESSES_2 = 1,
	EXOTEL_SILENT = 2,
	EXOTEL_BUSY = 3,
	EXOTEL_NO_ANSWER = 4,
	EXOTEL_FAILED = 5,
	EXOTEL_VOICEMAIL = 6,
	EXOTEL_BREAKS = 7,      /* the API answers 500 and the call is made */
	EXOTEL_LOST = 8,        /* no callback is posted */
	EXOTEL_REVERSED = 9,    /* each is posted twice, the last first */
	EXOTEL_TOO_MANY = 10,   /* the API answers 429 */
	EXOTEL_AGENT_ALONE = 11,
};

/* The script of a number that is called: one of the above. */
int exotel_script(struct sb_call *call, const char *number);
enum sb_pickup exotel_scripted_pickup(int script, enum sb_pickup otherwise);
const char *exotel_scripted_digits(int script); /* NULL: nothing is pressed */

/* How often each status of a call to `number` (NULL: of a message) is posted. */
int exotel_copies(struct sb_call *call, const char *number);

/* --- calls: exotel_call.c --- */

bool exotel_is_over(const struct sb_record *record);

/* As the API shows it, and its legs as callbacks do; new. */
json_t *exotel_call_json(struct sb_call *call, const struct sb_record *record);
json_t *exotel_legs_of(struct sb_call *call, const struct sb_record *record);

/* The number of the prospect: who is rung second, or with a flow. */
const char *exotel_called(struct sb_call *call, const struct sb_record *record);

/* A call that was asked for begins; one that a prospect makes rings at a number of ours. */
void exotel_begin(struct sb_call *call, struct sb_record *record);
void exotel_ring_us(struct sb_call *call, struct sb_record *record);

/* A step's document: {"sid", ...}; takes `more` (an object), which it becomes. */
json_t *exotel_doc(const struct sb_record *record, json_t *more);

/* The call that a document is about, NULL when it is over. */
struct sb_record *exotel_call_of(struct sb_call *call, const json_t *doc);

/* Over, with this status of the call. */
void exotel_end(struct sb_call *call, struct sb_record *record, const char *status);

/* A leg is rung: "completed", "busy", "no-answer" or "failed", and in *ms after how long.
 * `is_called`: it is the prospect, not one of ours. */
const char *exotel_ring(struct sb_call *call, const char *number, bool is_called,
			int64_t timeout_ms, int64_t *ms);

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
void exotel_list_calls(struct sb_call *call);
void exotel_show_recording(struct sb_call *call);
void exotel_send_sms(struct sb_call *call);
void exotel_send_many(struct sb_call *call);
void exotel_show_sms(struct sb_call *call);
void exotel_act(struct sb_call *call); /* exotel_exoml.c */

/* A prospect rings at a number whose events go to an address. */
void exotel_begin_leg(struct sb_call *call, struct sb_record *leg);

/* The number of the account's own that a text means, or NULL. */
struct sb_record *exotel_own_number(struct sb_call *call, const char *text);

/* True when a text is an address to post to, or empty. */
bool exotel_is_url(struct sb_call *call, const char *text);

extern const struct sb_field_spec exotel_call_fields[], exotel_sms_fields[],
	exotel_leg_fields[];
extern const size_t exotel_ncall_fields, exotel_nsms_fields, exotel_nleg_fields;

#endif
