/* imports.h - files on their way in, and the rows of them that were not taken. Threads: see
 * store.h.
 *
 * How far an import has come is written in the transaction that keeps its rows, and moves
 * in order: so whatever stops it, it goes on behind the last row that is on disk, and no
 * row is taken twice. */
#ifndef STORE_IMPORTS_H
#define STORE_IMPORTS_H

#include "base/hash.h"
#include "model/submission.h"
#include "store/store.h"

struct import_counts {
	int64_t created, updated, unchanged;
	int64_t ignored; /* by the source's behaviour */
	int64_t failed;  /* could not be read, or were refused */
};

struct kept_import {
	int64_t id, source, started_at, ended_at; /* ended_at 0: it did not */
	const char *name;      /* of the file, for people */
	const char *state;     /* "receiving", "done", "failed" */
	const char *header;    /* JSON: {"delimiter", "encoding", "columns": [{header, target}]};
				  NULL until the header was read */
	unsigned char file_hash[SHA256_SIZE];
	bool has_hash;
	int64_t rows_done;     /* rows of the file that are behind it, empty ones too */
	int64_t bytes_done;
	struct import_counts counts;
};

/* Begins one; its id is given. */
int import_add(struct tx *tx, const struct actor *actor, const struct kept_import *import,
	       int64_t *id, struct error *err);

int import_find(struct view *view, const struct actor *actor, int64_t id,
		struct kept_import *import, struct error *err);

/* The newest import of a file's bytes for a source; 1 found, 0 none. */
int import_find_file(struct view *view, const struct actor *actor, int64_t source,
		     const unsigned char hash[SHA256_SIZE], struct kept_import *import,
		     struct error *err);

/* Those with id < `before` (0: from the newest), newest first, at most `max`. */
int import_list(struct view *view, const struct actor *actor, int64_t before, size_t max,
		struct kept_import **imports, size_t *count, struct error *err);

int import_set_header(struct tx *tx, const struct actor *actor, int64_t id,
		      const char *header, struct error *err);

/* A row that was not taken. */
struct import_error {
	int64_t line;
	const char *row_text; /* as it stood in the file */
	size_t row_len;
	const struct problems *problems;
};

/* Moves an import over the rows (`from`, `to`], whose effects the same transaction has
 * written. Errors: ERR_CONFLICT when it does not stand at `from`: another run of the same
 * import was there first, and nothing of this one may be kept. */
struct import_step {
	int64_t import, from, to;
	int64_t bytes_done;   /* 0: unchanged */
	struct import_counts more;
	const struct import_error *errors;
	size_t nerrors;
};
int import_advance(struct tx *tx, const struct actor *actor, const struct import_step *step,
		   struct error *err);

int import_end(struct tx *tx, const struct actor *actor, int64_t id, const char *state,
	       struct error *err);

/* Rows that were not taken, behind a line, in order. `problems` is JSON: [{field, code,
 * message, instruction}]. */
struct kept_import_error {
	int64_t line;
	const char *row_text, *problems;
};
int import_error_list(struct view *view, const struct actor *actor, int64_t import,
		      int64_t after_line, size_t max, struct kept_import_error **errors,
		      size_t *count, struct error *err);

#endif
