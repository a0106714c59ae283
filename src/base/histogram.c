/* histogram.c - how many were how large, in constant memory. Threads: one at a time. */
#include "base/histogram.h"

#include <stddef.h>

#define EXACT 64 /* values below have a bucket each */
#define PARTS 32 /* buckets between a power of two and the next */
#define LARGEST ((INT64_C(1) << 41) - 1)

static size_t bucket_of(int64_t value)
{
	int shift;

	if (value < EXACT)
		return (size_t)value;
	shift = 63 - __builtin_clzll((unsigned long long)value) - 5;
	return EXACT + (size_t)(shift - 1) * PARTS + (size_t)(value >> shift) - PARTS;
}

/* The largest value that falls into the bucket. */
static int64_t top_of(size_t bucket)
{
	size_t shift;

	if (bucket < EXACT)
		return (int64_t)bucket;
	shift = (bucket - EXACT) / PARTS + 1;
	return ((int64_t)((bucket - EXACT) % PARTS + PARTS + 1) << shift) - 1;
}

void histogram_add(struct histogram *histogram, int64_t value)
{
	value = value < 0 ? 0 : value > LARGEST ? LARGEST : value;
	histogram->counts[bucket_of(value)]++;
	histogram->count++;
	histogram->sum += value;
	if (value > histogram->max)
		histogram->max = value;
}

void histogram_merge(struct histogram *histogram, const struct histogram *other)
{
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		histogram->counts[i] += other->counts[i];
	histogram->count += other->count;
	histogram->sum += other->sum;
	if (other->max > histogram->max)
		histogram->max = other->max;
}

int64_t histogram_at(const struct histogram *histogram, double share)
{
	double wanted = share * (double)histogram->count;
	int64_t seen = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		seen += histogram->counts[i];
		if (seen > 0 && (double)seen >= wanted)
			return top_of(i) < histogram->max ? top_of(i) : histogram->max;
	}
	return histogram->max;
}
