/* prospect.h - people at the other end of a channel, and what they do when they are called
 * or written to. Threads: under the sandbox's lock; parsing is pure.
 *
 * A person has an address (a phone number in E.164, an e-mail address) and a script, told
 * through the control API, in words:
 *
 *     answers on the second ring and presses 1
 *     replies LATER at 18:00
 *     never
 *     reads, taps 2 after 30 s, then opts out
 *
 * Clauses are separated by commas, "and" or "then", in any order but for what is done
 * several times (presses, says, replies, taps), which happens in the order written. */
#ifndef SANDBOX_PROSPECT_H
#define SANDBOX_PROSPECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct sandbox;
struct sb_call;

/* What becomes of a call to them. */
enum sb_pickup {
	SB_ANSWERS,
	SB_NO_ANSWER,
	SB_BUSY,
	SB_UNREACHABLE, /* the number cannot be called: failed */
	SB_VOICEMAIL,   /* a machine answers */
};

/* What they do when they are asked something: once each, in order. */
enum sb_deed {
	SB_PRESSES, /* `text`: digits, in a call */
	SB_SAYS,    /* `text`, in a call */
	SB_SILENT,  /* nothing, in a call */
	SB_REPLIES, /* `text`, to a message */
	SB_TAPS,    /* a button (in e-mail a link): `text` is its title, or its number from 1 */
};

struct sb_reaction {
	enum sb_deed deed;
	const char *text;
	int64_t after_ms;  /* a message: how long they take; -1: at `minute` */
	int minute;        /* of the day in UTC, for after_ms -1 */
};

#define SB_REACTIONS_MAX 16
#define SB_RING_MS 6000     /* from one ring to the next */

struct sb_prospect {
	const char *address;
	const char *script;   /* as it was told */
	enum sb_pickup pickup;
	int rings;            /* before they answer, at least 1 */
	bool hangs_up;        /* when all reactions of a call are spent; else they wait */
	bool reads;           /* messages become read, not only delivered */
	bool is_unknown;      /* no such person on this channel: not on WhatsApp */
	bool blocks;          /* has opted out before anything is sent */
	bool opts_out;        /* answers the first message with STOP */
	bool is_full;         /* e-mail: there is no room in the mailbox */
	bool is_away;         /* e-mail: a machine answers that they are */
	bool complains;       /* e-mail: calls the first message spam */
	bool is_scanned;      /* e-mail: a filter opens every link before they do */
	struct sb_reaction reactions[SB_REACTIONS_MAX];
	size_t nreactions;
	size_t used_in_calls, used_in_messages; /* reactions that are spent */
};

/* Reads a script; what it says is the arena's. Returns NULL, or what is wrong, for people. */
const char *sb_prospect_parse(struct arena *arena, const char *script,
			      struct sb_prospect *prospect);

/* The person at an address; whoever was not told of answers on the first ring and stays
 * silent, and gets messages without reading them. Never NULL; valid until the next
 * request of the control. "whatsapp:" before a number is passed over, and so is a missing
 * '+'. */
struct sb_prospect *sb_prospect_of(struct sandbox *sandbox, const char *address);

/* The next reaction to a question in a call, or to a message; NULL when all are spent. */
const struct sb_reaction *sb_prospect_in_call(struct sb_prospect *prospect);
const struct sb_reaction *sb_prospect_to_message(struct sb_prospect *prospect);

/* How long a text is spoken, in ms. */
int64_t sb_spoken_ms(const char *text);

/* When a reaction to a message comes, in ms after `now` (sandbox time). */
int64_t sb_reaction_wait(const struct sb_reaction *reaction, int64_t now);

/* The control's: GET, POST {address, script}, DELETE /prospects/{address}; and POST
 * {from, to, text} to an account's /inbound. */
void sb_control_prospects(struct sb_call *call);
void sb_control_add_prospect(struct sb_call *call);
void sb_control_inbound(struct sb_call *call);
void sb_control_drop_prospect(struct sb_call *call);
void sb_prospects_free(struct sandbox *sandbox);

#endif
