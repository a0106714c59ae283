/* whatsapp.h - what the files of WhatsApp's Cloud API share. It is a part of Meta: errors,
 * tokens and subscriptions are meta.h's. Threads: under the sandbox's lock.
 *
 *     whatsapp.c           a new account, its numbers and people
 *     whatsapp_send.c      a message is sent: what is wrong with it, limits
 *     whatsapp_template.c  templates, and messages made of them
 *     whatsapp_hooks.c     what is told: statuses, messages that come in
 *     whatsapp_people.c    people who answer
 *
 * A person is the digits of their number. What is known of people is kept in four tables
 * of the account, person to value: "windows" (ms until which anything may be sent),
 * "blocked", "stopped" (true), "pairs" (ms up to which the limit of one person is used). */
#ifndef SANDBOX_WHATSAPP_H
#define SANDBOX_WHATSAPP_H

#include "sandbox/call.h"
#include "sandbox/prospect.h"
#include "sandbox/records.h"

/* --- for the table of meta.c --- */

void whatsapp_open(struct sb_account *account);
void whatsapp_send(struct sb_call *call);
void whatsapp_templates(struct sb_call *call);
void whatsapp_add_template(struct sb_call *call);
void whatsapp_drop_template(struct sb_call *call);
void whatsapp_block(struct sb_call *call);
json_t *whatsapp_number_json(const struct sb_record *number); /* new */

/* A person writes by themselves to one of the account's numbers; false: not one of them. */
bool whatsapp_write(struct sb_call *call, const char *from, const char *to, const char *text);

/* --- whatsapp.c --- */

/* The id of the business account, which templates belong to; the call's arena's. */
const char *whatsapp_waba(struct sb_call *call);

/* The text of a record's field; the call's arena's, so it outlives an update. Or NULL. */
const char *whatsapp_text(struct sb_call *call, const struct sb_record *record,
			  const char *field);

/* One of the tables of people, the account's. */
json_t *whatsapp_table(struct sb_call *call, const char *name);

/* Whether the 24 hours after the person's latest message are not over. */
bool whatsapp_window_is_open(struct sb_call *call, const char *person);

/* The person of a number as it was given: '+', blanks, dashes and brackets are left out.
 * The call's arena's; NULL when it is no number. */
const char *whatsapp_digits(struct sb_call *call, const char *to);

/* Who hides their number has an id of the business's own, "IN.15...", made of the number
 * here; NULL when `user` is no such id. Both are the call's arena's. */
const char *whatsapp_user(struct sb_call *call, const char *person);
const char *whatsapp_person_of(struct sb_call *call, const char *user);

/* --- whatsapp_template.c --- */

/* The object of templates and those that every account has. */
void whatsapp_open_templates(struct sb_call *call);

/* The live template that the `template` of a message names, or NULL. */
const struct sb_record *whatsapp_template(struct sb_call *call, const json_t *sent);

/* Whether the `template` of a message fits one; or refuses. */
bool whatsapp_check_template(struct sb_call *call, const json_t *template);

/* --- whatsapp_hooks.c --- */

/* Tells of one `item` as the only one of `member` ("statuses", "messages"). Takes item and
 * contacts; contacts may be NULL. `number` is the id of the account's. */
void whatsapp_tell(struct sb_call *call, const char *number, const char *member, json_t *item,
		   json_t *contacts);

/* {display_phone_number, phone_number_id} of the account's number of this id; new. */
json_t *whatsapp_metadata(struct sb_call *call, const char *number);

/* The time as a text of seconds; new. */
json_t *whatsapp_seconds(struct sb_call *call);

/* The message whose id a step's `doc` has. */
struct sb_record *whatsapp_message(struct sb_call *call, const json_t *doc);

/* Plans what becomes of a message that was accepted: its statuses, and an answer. */
void whatsapp_plan_fate(struct sb_call *call, const struct sb_record *message, const char *type,
			const json_t *content);

/* A message comes in from a person: it is kept and told of, and opens the 24 hours; from one
 * whom the business has blocked nothing comes in. Takes
 * `content` (see below). `answers` is the id of the message that it answers, or NULL. */
void whatsapp_receive(struct sb_call *call, const char *number, const char *person,
		      json_t *content, const char *answers);

/* --- whatsapp_people.c --- */

/* What a person sends as the webhook has it, without from and id; new. `kind` is NULL for
 * text, "template" for a template's button, else "button_reply" or "list_reply": then
 * `payload` is what was tapped. */
json_t *whatsapp_content(const char *text, const char *payload, const char *kind);

/* Plans the person's next reaction to this message, if there is one. */
void whatsapp_plan_answer(struct sb_call *call, const struct sb_record *message,
			  struct sb_prospect *prospect);

#endif
