/* box.h - a store of one's own for each test, on every database. Threads: one at a time.
 *
 * A suite lists its cases once; its program is run with "sqlite" and with "postgres".
 * Without FAIRLEAD_TEST_POSTGRES in the environment (a libpq URI of a throw-away server,
 * see tests/support/postgres.py) the latter is skipped, visibly. */
#ifndef TESTS_STORE_BOX_H
#define TESTS_STORE_BOX_H

#include "support/check.h"

#include "base/arena.h"
#include "base/seal.h"
#include "store/db.h"
#include "store/internal.h"
#include "store/store.h"

struct box_case;

struct box {
	const struct box_case *box_case;
	bool is_sqlite;
	char folder[64];  /* empty at first; gone after the test */
	char uri[512];    /* of a database, or schema, without tables */
	struct keyring keyring;
	struct arena *arena;
	struct store *store; /* box_open() sets it; closed after the test */
	struct error err;
};

struct box_case {
	const char *name;
	void (*run)(struct box *box);
	const char *only; /* "sqlite", "postgres", or NULL for both */
};

#define BOX_CASE(function) { #function, function, NULL }
#define BOX_CASE_SQLITE(function) { #function, function, "sqlite" }
#define BOX_CASE_POSTGRES(function) { #function, function, "postgres" }

/* Runs the cases on the database that the first argument names; for main(). */
int box_run(int argc, char **argv, const struct box_case *cases, size_t count);

/* Opens the box's store with defaults, or the given changes; fails the test if it does
 * not open. `config` may be NULL. */
struct store *box_open(struct box *box, const struct store_config *config);
struct store_config box_config(const struct box *box);
void box_close(struct box *box);

/* Runs one unit in workspace 1 and gives its result; sets box->err. */
int box_do(struct box *box, int (*run)(struct tx *tx, void *context, struct error *err),
	   void *context);

/* The number that a query without parameters gives, by a handle of its own; -1 when it
 * gives no row. */
int64_t box_number(struct box *box, const char *sql);

/* Runs statements by a handle of its own, as somebody with the file and a shell would. */
void box_meddle(struct box *box, const char *sql);

/* A path in the box's folder. */
const char *box_path(struct box *box, const char *name);

#endif
