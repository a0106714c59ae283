/* form_lead.h - one lead as a form or a simple sender posts it. Threads: pure.
 *
 * What arrives at a source's own address /in/{source-token}: form.h reads it, names are
 * guessed (NAMING_LENIENT), prepare.h does the rest. */
#ifndef SOURCES_FORM_LEAD_H
#define SOURCES_FORM_LEAD_H

#include "sources/form.h"
#include "sources/prepare.h"

struct form_lead {
	const struct config *config;
	const struct source *source;
	const char *content_type; /* or NULL */
	const char *body;         /* never NULL; kept by reference in the submission */
	size_t len;
	const char *key;          /* the Idempotency-Key, or NULL */
	int64_t received_at;
};

/* Reads and prepares. A filled honeypot is an error of the submission, code "honeypot":
 * it is kept and listed, and the robot gets the answer that everybody gets.
 * Returns 0; -1 as form_post_read(). */
int form_lead_prepare(struct arena *arena, const struct form_lead *lead,
		      struct submission *submission, struct error *err);

#endif
