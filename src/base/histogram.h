/* histogram.h - how many were how large, in constant memory. Threads: one at a time.
 *
 * Values below 64 are kept exactly, larger ones to 1/32 of themselves, from 2^41 on as
 * 2^41 - 1 (25 days, if they are microseconds). */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 1184

/* Zero it to begin. */
struct histogram {
	int64_t counts[HISTOGRAM_BUCKETS];
	int64_t count, sum, max;
};

/* Counts a value, at least 0. */
void histogram_add(struct histogram *histogram, int64_t value);

/* Adds what another one has counted. */
void histogram_merge(struct histogram *histogram, const struct histogram *other);

/* The value that `share` (0 to 1) of all are not above: 0.99 for p99. 0 if there are
 * none. */
int64_t histogram_at(const struct histogram *histogram, double share);

#endif
