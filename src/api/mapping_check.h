/* mapping_check.h - whether a mapping can work, as far as is known of its CRM. Private to
 * api/. Threads: handlers, and the committer when a workspace is applied. */
#ifndef API_MAPPING_CHECK_H
#define API_MAPPING_CHECK_H

#include "mapping/compile.h"
#include "model/config.h"
#include "model/submission.h"
#include "store/store.h"

struct mapping_check {
	const struct connection *connection; /* NULL: it is not configured */
	const struct connector *connector;   /* NULL: there is none of that name */
	const struct catalog *catalog;       /* NULL: the CRM's fields are not known */
	struct compiled_mapping compiled;    /* when it can work */
	struct problems errors, warnings;    /* their fields are places in the mapping:
						"fields[2].via[0]" */
};

/* Compiles a mapping against the schema that is kept of its CRM. It is kept by reference and
 * so is `config`. 1 it can work, 0 not (`errors`), -1 the store failed. */
int mapping_can_work(struct arena *arena, struct view *view, const struct config *config,
		  const struct mapping *mapping, struct mapping_check *check,
		  struct error *err);

/* Whether nothing is known of the fields although the CRM can tell them. */
bool mapping_check_is_blind(const struct mapping_check *check);

#endif
