/* consent.h - consent as senders say it. Threads: pure.
 *
 * In JSON one object, or a list of up to 16:
 *
 *   {"granted": true,              required; false withdraws
 *    "channel": "whatsapp",        email, sms, whatsapp, voice, all; or a list of them;
 *                                  absent: all
 *    "purpose": "marketing",       qualification, marketing, transactional; or a list;
 *                                  absent: qualification
 *    "wording": "Call me about...", what the person saw and agreed to, up to 4,000
 *                                  characters
 *    "at": "2026-03-02T09:14:07Z", absent: when the lead occurred
 *    "evidence": "form 7, IP ..."} how it can be shown, up to 1,000 characters
 *
 * Forms and files say the same in fields: consent (yes, no, on, the wording itself),
 * consent_channel, consent_purpose, consent_wording, consent_at, consent_evidence. */
#ifndef SOURCES_CONSENT_H
#define SOURCES_CONSENT_H

#include <jansson.h>

#include "model/submission.h"

/* Consents as they are collected: one for each channel and purpose. `at` is 0 where
 * none was said. */
struct consents {
	struct consent items[CONSENTS_MAX];
	size_t count;
};

/* Reads the JSON form; what is wrong is added to `problems`, with fields such as
 * "consent.channel". `time_zone` is that of times without offset. Everything is copied
 * to the arena. */
void consent_from_json(struct arena *arena, const json_t *json, const char *time_zone,
		       struct consents *consents, struct problems *problems);

/* The fields of a form or file; NULL: not sent. */
struct consent_fields {
	const char *granted, *channel, *purpose, *wording, *at, *evidence;
};

/* Reads the fields; channel and purpose may hold several with commas between. Without
 * `granted` there is no consent. What is wrong is a problem, and no consent then: nobody
 * is taken to have agreed to what was not said clearly. */
void consent_from_fields(struct arena *arena, const struct consent_fields *fields,
			 const char *time_zone, struct consents *consents,
			 struct problems *problems);

/* Whether a field means yes or no: "on", "1", "agreed", "no", "unchecked"... */
enum consent_word { CONSENT_UNCLEAR, CONSENT_YES, CONSENT_NO };
enum consent_word consent_word_of(const char *text);

#endif
