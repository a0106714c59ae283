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
#include "sandbox/verbs.h"
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

/* The same with the words and status that the catalogue (8) has for a code; `to` is named
 * where they name the recipient. */
void twilio_refuse(struct sb_call *call, int code, const char *to);

/* What an error code means, for people: "%s" where the recipient stands. */
const char *twilio_words(int code);

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

/* Posts the parameters as a form, signed; with the method "GET" they are the query. With a
 * `doc`, which it takes over, the answer is instructions: for a call, twilio_instructed()
 * gets both, for a message that was received ("message" in the document) twilio_answered(). */
void twilio_ask(struct sb_call *call, const char *method, const char *url, json_t *params,
		json_t *doc);
void twilio_instructed(struct sb_call *call, const json_t *doc, int status, const char *body,
		       size_t body_len);
void twilio_answered(struct sb_call *call, const json_t *doc, int status, const char *body,
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

/* Asks an address for what to do, now the call's own one; method NULL: POST. Takes `more`,
 * parameters beside the call's own. */
void twilio_fetch(struct sb_call *call, struct sb_record *record, const char *method,
		  const char *url, json_t *more);

/* The call is over, with this status, and so are those that it was connected to. */
void twilio_end(struct sb_call *call, struct sb_record *record, const char *status);
bool twilio_is_over(struct sb_call *call, const struct sb_record *record);

/* A call that was asked for begins; one that a prospect makes rings at a number of ours. */
void twilio_begin(struct sb_call *call, struct sb_record *record);
void twilio_ring_us(struct sb_call *call, struct sb_record *record);

/* Somebody has picked up: status, time, and "answered" is told. */
void twilio_pick_up(struct sb_call *call, struct sb_record *record);

/* Sets a status of a call, and tells its callback of an event if it wants it. */
void twilio_set_status(struct sb_call *call, struct sb_record *record, const char *status);
void twilio_tell(struct sb_call *call, struct sb_record *record, const char *event,
		 const char *status);

/* The person in the call: who was called, or who calls us. */
struct sb_prospect *twilio_person(struct sb_call *call, const struct sb_record *record);

/* Numbers are kept as the texts that the API shows. */
int twilio_number_of(struct sb_call *call, const struct sb_record *record, const char *field);
void twilio_put_number(struct sb_call *call, struct sb_record *record, const char *field,
		       int number);

/* Connects the call to others, as the first of the verbs says: twilio_dial.c. */
void twilio_dial(struct sb_call *call, struct sb_record *record, const json_t *verbs);

/* --- recordings: twilio_record.c --- */

/* Begins one of a call: `source` is "OutboundAPI", "RecordVerb" or "DialVerb", and the
 * callback is of that origin. Returns its id. */
struct twilio_recording {
	const char *source, *channels, *track, *callback, *method, *events;
};
const char *twilio_record_begin(struct sb_call *call, const struct sb_record *of,
				const struct twilio_recording *wanted);

/* Ends those of a call that run. */
void twilio_record_end(struct sb_call *call, const struct sb_record *of);

/* {"RecordingUrl", "RecordingSid", "RecordingDuration"} of the call's latest, added to the
 * parameters; false when it has none. */
bool twilio_add_recording(struct sb_call *call, const struct sb_record *of, json_t *params);

void twilio_show_recording(struct sb_call *call);

/* Does the first of the verbs and plans the rest: twilio_verbs.c. */
void twilio_run_verbs(struct sb_call *call, struct sb_record *record, const json_t *verbs);

/* An attribute of a verb, or `otherwise`; and the address that one means. */
const char *twilio_attr(const json_t *verb, const char *name, const char *otherwise);
const char *twilio_url_of(struct sb_call *call, const struct sb_record *record, const char *url);

/* --- the routes' handlers --- */

void twilio_add_message(struct sb_call *call);
void twilio_change_message(struct sb_call *call);
void twilio_show_media(struct sb_call *call);
void twilio_add_call(struct sb_call *call);
void twilio_change_call(struct sb_call *call);

/* A text of at most ten media is sent: `values` is the message (the call's, without its
 * fate). NULL when the sandbox is full. The addresses of the media are kept as "Media". */
struct sb_record *twilio_send(struct sb_call *call, json_t *values, const char *const *media,
			      size_t nmedia);
void twilio_plan_fate(struct sb_call *call, const struct sb_record *message);
int twilio_segments(const char *text);
bool twilio_is_whatsapp(const char *address);
const char *twilio_pair(struct sb_call *call, const char *from, const char *to);
bool twilio_has_opted_out(struct sb_call *call, const char *from, const char *to);

/* True when a text is an address to post to. */
bool twilio_is_url(struct sb_call *call, const char *text);

/* Whether the switch `refuse_with` refuses whatever is created; then it is answered. */
bool twilio_is_refused(struct sb_call *call);

/* A person writes to one of our numbers by themselves, or in answer to a message. */
struct twilio_written {
	const char *from, *to, *text;
	const char *opt_out; /* the word's type, when it is known to be one; or NULL */
	const char *button;  /* that was tapped, or NULL */
	const char *answers; /* the id of the message that it answers, or NULL */
};
void twilio_receive(struct sb_call *call, const struct twilio_written *written);

extern const struct sb_field_spec twilio_message_fields[], twilio_call_fields[],
	twilio_recording_fields[], twilio_media_fields[];
extern const size_t twilio_nmessage_fields, twilio_ncall_fields, twilio_nrecording_fields,
	twilio_nmedia_fields;

#endif
