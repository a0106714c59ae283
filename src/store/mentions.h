/* mentions.h - does a text speak of a lead? Private to store/. Threads: pure.
 *
 * For what belongs to no lead by any id: refused submissions, rows of files, plans. Only
 * keys tell a person: an e-mail address in any case (plain, or with %40), a phone number in
 * any way of writing its last eight digits, any other key as it is, and ids. */
#ifndef STORE_MENTIONS_H
#define STORE_MENTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/lead.h"

#define MENTION_KEY_MIN 5 /* a shorter key would be found in anything */

/* Whether the bytes (need not be text; NULL: no) hold a key of the lead, or its id. */
bool lead_is_mentioned(const struct lead *lead, const void *bytes, size_t len);

#endif
