/* known.h - which hashes are surely not in the index of identities. Private to store/.
 * Threads: one at a time.
 *
 * Most leads are new, and for each of their keys the index was searched in vain: a tenth of
 * the committer's time. A Bloom filter (CACM 13, 1970) answers that from memory: one and a
 * half to three bytes a key, and one time in a hundred it does not know. Nothing is ever taken
 * out of it, so after a rollback or an erasure it is only less sharp. It says nothing before
 * all of the index has been added. */
#ifndef STORE_KNOWN_H
#define STORE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"

struct known;

struct known *known_new(void);
void known_free(struct known *known); /* NULL does nothing */

void known_add(struct known *known, const struct hash16 *hash);

/* False: it was never added. */
bool known_may_have(const struct known *known, const struct hash16 *hash);

/* All that was in the index has been added. */
void known_complete(struct known *known);
bool known_is_complete(const struct known *known);

size_t known_bytes(const struct known *known);

#endif
