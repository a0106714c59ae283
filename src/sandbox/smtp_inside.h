/* smtp_inside.h - what the files of a session share; not for others. Threads: one at a time. */
#ifndef SANDBOX_SMTP_INSIDE_H
#define SANDBOX_SMTP_INSIDE_H

#include "base/attributes.h"
#include "sandbox/smtp_session.h"

/* --- smtp_session.c --- */

/* Adds a reply; lines are separated by '\n'. After 421 the session is over. */
void smtp_say(struct smtp_session *s, int code, const char *text);

/* A command that is none, or not now. Whoever makes many is no client. */
void smtp_mistake(struct smtp_session *s, int code, const char *text);

/* Asks for a step. False when there is nothing to say any more: the connection breaks. */
bool smtp_ask_for(struct smtp_session *s, struct smtp_step *step, struct smtp_answer *answer);

/* Asks for a step, says the answer, and returns its code; 0 when the connection breaks. */
int smtp_step_with(struct smtp_session *s, struct smtp_step *step);
int smtp_step_ask(struct smtp_session *s, const char *method, const char *target);

/* Whether the answer to EHLO had a line that begins so; in *rest what is behind it (`rest`
 * may be NULL). */
bool smtp_was_offered(const struct smtp_session *s, const char *word, const char **rest);

/* Bytes that a message may have. */
size_t smtp_size_max(const struct smtp_session *s);

/* Forgets the transaction. */
void smtp_envelope_drop(struct smtp_session *s);

/* --- commands; `rest` is what stands behind the word --- */

void smtp_auth(struct smtp_session *s, const char *rest);
void smtp_auth_line(struct smtp_session *s, const char *line); /* within AUTH */
void smtp_mail(struct smtp_session *s, const char *rest);
void smtp_rcpt(struct smtp_session *s, const char *rest);
void smtp_data(struct smtp_session *s, const char *rest);

/* --- messages: smtp_data.c --- */

/* Takes bytes of a message; returns how many. */
size_t smtp_take_data(struct smtp_session *s, const char *bytes, size_t len);
void smtp_message_drop(struct smtp_session *s);

#endif
