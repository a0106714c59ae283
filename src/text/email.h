/* email.h - an e-mail address as somebody wrote it. Threads: pure (after text_init()).
 *
 * Whether an address can exist, not whether it does. The grammar is RFC 5321's, as mail
 * servers take it today: dot-atom or quoted local part, a domain with at least one dot,
 * no comments, no address literals. Beyond ASCII: local parts of RFC 6531 are taken and
 * marked, domains become A-labels by UTS 46 (non-transitional). An address of plain
 * ASCII never touches ICU. The fact sheet "phone and identity", section 3. */
#ifndef TEXT_EMAIL_H
#define TEXT_EMAIL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

#define EMAIL_MAX 254        /* octets of the whole address, domain as A-label */
#define EMAIL_LOCAL_MAX 64   /* octets */
#define EMAIL_DOMAIN_MAX 253 /* octets, as A-label */

/* Everything is the arena's or constant. */
struct email {
	const char *address;    /* for sending and showing: as typed, without wrapping */
	const char *key;        /* for matching: NFC, lower case, domain as A-label */
	const char *local;      /* as typed, with its quotes */
	const char *domain;     /* A-label, lower case: "xn--bcher-kva.example" */
	const char *suggestion; /* "ada@gmail.com" of "ada@gmial.com", else NULL */
	bool is_role;           /* info@, sales@: a mailbox, not a person: a weak key */
	bool is_free;           /* gmail.com, yahoo.in: says nothing about the company */
	bool is_disposable;     /* mailinator.com: made to be thrown away; a short list */
	bool is_international;  /* local part beyond ASCII: many systems refuse it */
};

/* Reads `raw`, cutting what wraps an address: blanks, "mailto:" with its "?subject=",
 * a name before <angle brackets>, the brackets, a dot at the end; full-width @ and dots
 * become plain. Nothing else is corrected: a domain that looks mistyped gets a
 * suggestion and is kept. Fails with ERR_INVALID, saying what is wrong and what to do,
 * without the address. */
int email_parse(struct arena *arena, const char *raw, struct email *email,
		struct error *err);

/* The key of a workspace that has "provider rules" on, for finding duplicates only:
 * Gmail without dots and +tag and googlemail.com as gmail.com; Outlook, iCloud, Fastmail
 * and Proton without +tag, Yahoo without -tag. email->key where no rule applies. */
const char *email_provider_key(struct arena *arena, const struct email *email);

/* Whether a domain (lower case) is a provider's that anybody gets a mailbox at. */
bool email_domain_is_free(const char *domain);

#endif
