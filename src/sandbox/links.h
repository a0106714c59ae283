/* links.h - associations between records of one account. Threads: under the sandbox's
 * lock.
 *
 * A link has a type, a number of the vendor's (0 when it has none). It is seen from both
 * ends: a link a->b of type t is seen from b with the type that the vendor gave as
 * `back`. Links to records that are not live are passed over. */
#ifndef SANDBOX_LINKS_H
#define SANDBOX_LINKS_H

#include <stdbool.h>
#include <stddef.h>

#include "sandbox/records.h"

struct sb_link {
	struct sb_record *to;
	int type;
	struct sb_link *next; /* latest first */
};

/* Returns false when it was there already, or from and to are the same. */
bool sb_link_add(struct sb_call *call, struct sb_record *from, struct sb_record *to, int type,
		 int back);

/* Returns false when it was not there. */
bool sb_link_remove(struct sb_call *call, struct sb_record *from, struct sb_record *to,
		    int type, int back);

/* What a call did to the links, latest first, for the vendor's linked(): one entry for each
 * of the above that returned true and was not rolled back. */
struct sb_link_change {
	struct sb_record *from, *to;
	int type;
	bool is_removed;
	struct sb_link_change *next;
};

bool sb_link_has(const struct sb_record *from, const struct sb_record *to, int type);

/* The next link of `from` to a live record of `object` (NULL: any) after `after` (NULL:
 * the first), or NULL. */
const struct sb_link *sb_link_next(const struct sb_record *from,
				   const struct sb_object *object,
				   const struct sb_link *after);

#endif
