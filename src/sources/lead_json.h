/* lead_json.h - one lead as our API takes it: the body of POST /v1/leads, an item of a
 * batch. Threads: pure.
 *
 *   {"first_name", "last_name" or "name", "email", "phone", "company", "title",
 *    "country", "postal_code", "city", "region", "language",
 *    "enquiry_id", "source", "message", "occurred_at",
 *    "consent": {...} or [...]    as in consent.h,
 *    "custom": {"budget": 5, ...}}
 *
 * and what the source's map names. Everything else is an error with "did you mean". */
#ifndef SOURCES_LEAD_JSON_H
#define SOURCES_LEAD_JSON_H

#include "sources/prepare.h"

struct lead_json {
	const struct config *config;
	const struct source *source; /* when the lead names none; never NULL */
	const char *text;            /* never NULL; kept by reference in the submission */
	size_t len;
	const char *content_type, *key;
	int64_t received_at;
};

/* Parses and prepares. `scratch` holds the tree and may be freed or rewound afterwards;
 * the submission's content is `arena`'s (or the text's); both may be one arena.
 * submission->source is that of the lead's own `source`, which must be configured:
 * whether the caller may use it, the caller asks.
 *
 * Returns 0 with *submission, errors included; -1 with ERR_INVALID when the text is no
 * JSON (400; in a batch's array: the whole array), ERR_LIMIT beyond one lead's size,
 * depth or number (413). A JSON text that is no object is an error of the submission. */
int lead_json_prepare(struct arena *arena, struct arena *scratch,
		      const struct lead_json *lead, struct submission *submission,
		      struct error *err);

#endif
