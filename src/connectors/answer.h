/* answer.h - reads what a CRM answered, believing little. Threads: pure.
 *
 * Answers are hostile input: what is not surely the vendor's settles nothing. */
#ifndef CONNECTORS_ANSWER_H
#define CONNECTORS_ANSWER_H

#include "model/exchange.h"

#define ANSWER_ID_MAX 255   /* bytes of a record's id */
#define ANSWER_TEXT_MAX 500 /* bytes of a reason */

/* outcome_of_reply(), but a page of HTML is not the vendor's: UNCERTAIN, whatever its
 * status, but for 429. */
enum outcome answer_outcome(const struct http_reply *reply);

/* Whether the whole body is a page and not data. */
bool answer_is_page(const struct http_reply *reply);

/* Whether going on with this conversation is of no use: the credentials, a limit or the
 * connection failed. */
bool answer_stops(const struct http_reply *reply, enum outcome outcome);

/* Why there was no answer, in words: "no answer: timed out". */
const char *answer_lost_reason(struct arena *arena, const struct http_reply *reply);

/* A record's id from a text or whole number; NULL when it is neither, empty, longer
 * than ANSWER_ID_MAX or has a control character. */
const char *answer_id(struct arena *arena, const json_t *json);

/* A text as it is, anything else as compact JSON, cut to ANSWER_TEXT_MAX at a character;
 * NULL when absent, null or empty. */
const char *answer_text(struct arena *arena, const json_t *json);

/* A field's value in the CRM's own form; structured ones as JSON text. */
struct value answer_value(struct arena *arena, const json_t *json);

/* The members of `object` that `names` lists, absent ones left out. */
void answer_fields(struct arena *arena, const json_t *object, const char *const *names,
		   size_t nnames, struct remote *remote);

/* Adds a zeroed match to the record's and returns it; NULL past ANSWER_FOUND_MAX: that
 * many already need a person. */
#define ANSWER_FOUND_MAX 20
struct remote *answer_add_found(struct arena *arena, struct record *record);

/* Whether what the CRM shows in a field is the value that was looked for: e-mail
 * addresses without case, phone numbers by their digits, the rest without case. */
bool answer_same_value(const char *sought, const char *seen);

#endif
