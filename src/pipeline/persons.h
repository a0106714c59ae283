/* persons.h - do two sets of values speak of the same person? Private to pipeline/.
 * Threads: pure. */
#ifndef PIPELINE_PERSONS_H
#define PIPELINE_PERSONS_H

#include "model/lead.h"

/* Whether what was given contradicts the lead: names that are both there and clearly
 * differ, not by order, initials, titles or a typing error. */
bool persons_differ(struct arena *arena, const struct field *given, size_t ngiven,
		    const struct lead *lead);

#endif
