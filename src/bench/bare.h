/* bare.h - what the sandbox takes by itself: the baseline of the way through, and whether
 * it could be the bottleneck. Private to bench/. Threads: the main thread. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "bench/measure.h"

enum bare_kind {
	BARE_BATCH,  /* upserts of 100 contacts a call */
	BARE_SINGLE, /* creates of one contact a call */
};

struct bare {
	double per_s;    /* records a second, with what cores were free for it */
	double per_core; /* records a second of processor time that the sandbox used */
};

/* Writes to the sandbox's HubSpot as fast as it answers, at most 5 s. A refused write is
 * a fault of the bench. */
int bare_run(struct bench *bench, enum bare_kind kind, struct bare *bare, struct error *err);

#endif
