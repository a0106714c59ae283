/* prototype.h - the least that takes a lead: HTTP, parse, one row, group commit. What the
 * server's rate is held against. Threads: started and stopped by one; works in its own. */
#ifndef BENCH_PROTOTYPE_H
#define BENCH_PROTOTYPE_H

#include <stdint.h>

#include "base/error.h"

struct prototype;

/* Listens on a free port of loopback and keeps rows in a new SQLite file at `path`, as
 * durable as the store's: WAL, synchronous FULL, at most 128 rows a commit. */
struct prototype *prototype_start(const char *path, struct error *err);

int prototype_port(const struct prototype *prototype);
int64_t prototype_commits(const struct prototype *prototype); /* so far */
int64_t prototype_rows(const struct prototype *prototype);

/* Every request must have been answered. */
void prototype_stop(struct prototype *prototype);

#endif
