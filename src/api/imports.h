/* imports.h - files that are being received. Private to api/. Threads: shared, under its
 * lock; one request at a time has an import. */
#ifndef API_IMPORTS_H
#define API_IMPORTS_H

#include "accept/import.h"
#include "api/api.h"

struct imports;

/* One that waits for its next piece. */
struct open_import {
	int64_t id, workspace;
	struct import *import;
	int64_t offset;     /* of the piece that is wanted next */
	bool is_plan;
	const char *name, *source; /* as long as it is open */

	struct open_import *next;  /* the list's own */
	int64_t used_at;
	bool is_taken;
};

/* The source of the kind file that the query names, or the token's; NULL after answering. */
const struct source *api_file_source(struct api_call *call, const struct config *config);

struct imports *imports_new(void);
void imports_free(struct imports *imports);

/* Adds one, taken, in place of one of the same id that waits: whoever sent that has gone.
 * NULL when a request has the same one, with *is_busy, or when too many are open. Those
 * that nobody has asked for in ten minutes are closed: they go on when their file is sent
 * again. */
struct open_import *imports_add(struct imports *imports, const struct open_import *open,
				int64_t now, bool *is_busy);

/* Takes one; NULL when it is not open, or, with *is_busy, when another request has it. */
struct open_import *imports_take(struct imports *imports, int64_t workspace, int64_t id,
				 bool *is_busy);

/* Gives it back, or closes it and waits for what is under way. */
void imports_give_back(struct imports *imports, struct open_import *open, int64_t now);
void imports_close(struct imports *imports, struct open_import *open);

#endif
