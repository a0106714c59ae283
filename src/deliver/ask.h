/* ask.h - questions to a CRM that deliver nothing: does it work, what fields does it
 * have, what would be written. Private to deliver/; what others call stands in deliver.h.
 * Threads: the delivery worker. */
#ifndef DELIVER_ASK_H
#define DELIVER_ASK_H

#include "deliver/talk.h"

/* Whether the desk must wait for a schema that is being read; starts to read those of its
 * mappings that are missing. */
bool ask_needs_schema(struct desk *desk, int64_t now);

#endif
