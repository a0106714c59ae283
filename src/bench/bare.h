/* bare.h - what the sandbox takes by itself: the baseline of the way through, and whether
 * it could be the bottleneck. Private to bench/. Threads: the main thread. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "bench/measure.h"

enum bare_kind {
	BARE_BATCH,  /* as many records a call as the vendor takes, at most 100 */
	BARE_SINGLE, /* creates of one record a call */
};

struct bare {
	double per_s;    /* records a second, with what cores were free for it */
	double per_core; /* records a second of processor time that the sandbox used */
};

/* Writes to the sandbox's `vendor` ("hubspot") as fast as it answers, at most 3 s, its limits
 * lifted. 1, or 0 when the vendor has no such call; a write that was refused or is not in the
 * ledger is a fault of the bench. */
int bare_run(struct bench *bench, const char *vendor, enum bare_kind kind, struct bare *bare,
	     struct error *err);

#endif
