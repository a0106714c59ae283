/* bench.h - `fairlead bench`: how fast leads are taken, beside baselines from the same
 * run. Threads: the main thread. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "cli/command.h"

extern const struct cli_verb bench_verbs[];

#endif
