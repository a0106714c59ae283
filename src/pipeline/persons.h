/* persons.h - do two sets of values speak of the same person? Private to pipeline/.
 * Threads: pure. */
#ifndef PIPELINE_PERSONS_H
#define PIPELINE_PERSONS_H

#include "model/lead.h"

/* Whether what was given, which has a phone in common with the lead, contradicts it: both
 * have names that differ by more than order, initials or sound, and no e-mail in common. */
bool persons_differ(struct arena *arena, const struct field *given, size_t ngiven,
		    const struct lead *lead);

#endif
