/* aggregator.h - between the files of the aggregator: a portal that sells leads and posts
 * them. Threads: under the sandbox's lock. */
#ifndef SANDBOX_AGGREGATOR_H
#define SANDBOX_AGGREGATOR_H

#include "sandbox/render.h"
#include "sandbox/vendor.h"

#define AGGREGATOR_PULL_KEY "aggregator-sandbox-crm-key"

/* One lead in the shape of a feed ("api", "portal", "indiamart", "justdial"), under an
 * enquiry id; new. */
json_t *aggregator_body(struct sb_call *call, const char *shape, const struct sb_record *lead,
			const char *enquiry);

/* The members of a flat body as a query string. */
const char *aggregator_query(struct arena *arena, const json_t *body);

/* One row of IndiaMART's: the same in its push and in its list; new. */
json_t *aggregator_indiamart_row(struct sb_call *call, const struct sb_record *lead,
				 const char *enquiry);

#endif
