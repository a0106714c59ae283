/* rates.c - token buckets in a table of fixed size. Threads: any, under its lock.
 *
 * Two keys that share a place share a bucket's fate only in that the older is
 * forgotten: a bucket that was not used for long is full anyway. */
#include <pthread.h>
#include <stdlib.h>

#include "api/internal.h"

#define PLACES 4096

struct bucket {
	int64_t key, at_us;
	double left;
};

struct rates {
	pthread_mutex_t lock;
	struct bucket buckets[PLACES];
};

struct rates *rates_new(void)
{
	struct rates *rates = calloc(1, sizeof(*rates));

	if (!rates)
		abort();
	pthread_mutex_init(&rates->lock, NULL);
	return rates;
}

void rates_free(struct rates *rates)
{
	pthread_mutex_destroy(&rates->lock);
	free(rates);
}

bool rate_take(struct rates *rates, int64_t key, double per_s, int64_t now_us)
{
	struct bucket *bucket = &rates->buckets[(uint64_t)key * 0x9E3779B97F4A7C15u >> 52];
	bool is_there;

	if (per_s <= 0)
		return true;
	pthread_mutex_lock(&rates->lock);
	if (bucket->key != key)
		*bucket = (struct bucket){ key, now_us, per_s * 2 };
	bucket->left += (double)(now_us - bucket->at_us) / 1e6 * per_s;
	if (bucket->left > per_s * 2)
		bucket->left = per_s * 2;
	bucket->at_us = now_us;
	is_there = bucket->left >= 1;
	if (is_there)
		bucket->left -= 1;
	pthread_mutex_unlock(&rates->lock);
	return is_there;
}
