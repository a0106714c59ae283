/* known.c - a Bloom filter that grows. Threads: one at a time.
 *
 * The hashes are uniform, so their bits are taken as they are: some choose a block of a cache
 * line, others six bits in it. When a filter is full one of twice its size stands beside it. */
#include "store/known.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_WORDS 8 /* of 64 bits: a cache line */
#define BITS_A_KEY 6  /* that are set */
#define KEYS_A_BLOCK 42 /* that is 12 bits for a key */
#define BLOCKS_AT_FIRST 2048
#define FILTERS_MAX 24 /* 1.4 thousand million keys */

struct filter {
	uint64_t (*blocks)[BLOCK_WORDS];
	size_t nblocks; /* a power of two */
	size_t keys;
};

struct known {
	struct filter filters[FILTERS_MAX]; /* the last one is added to */
	size_t nfilters;
	bool is_complete;
};

static void add_filter(struct known *known)
{
	struct filter *filter = &known->filters[known->nfilters];

	filter->nblocks = (size_t)BLOCKS_AT_FIRST << known->nfilters;
	filter->blocks = calloc(filter->nblocks, sizeof(*filter->blocks));
	if (!filter->blocks)
		abort();
	known->nfilters++;
}

struct known *known_new(void)
{
	struct known *known = calloc(1, sizeof(*known));

	if (!known)
		abort();
	add_filter(known);
	return known;
}

void known_free(struct known *known)
{
	if (!known)
		return;
	for (size_t i = 0; i < known->nfilters; i++)
		free(known->filters[i].blocks);
	free(known);
}

static uint64_t half_of(const struct hash16 *hash, size_t at)
{
	uint64_t half;

	memcpy(&half, hash->bytes + at, sizeof(half));
	return half;
}

static uint64_t *block_of(const struct filter *filter, const struct hash16 *hash)
{
	return filter->blocks[half_of(hash, 0) & (filter->nblocks - 1)];
}

static bool has(const struct filter *filter, const struct hash16 *hash)
{
	const uint64_t *block = block_of(filter, hash);
	uint64_t rest = half_of(hash, 8);

	for (int i = 0; i < BITS_A_KEY; i++, rest >>= 9)
		if (!(block[(rest & 511) / 64] >> (rest & 63) & 1))
			return false;
	return true;
}

static bool any_has(const struct known *known, const struct hash16 *hash)
{
	for (size_t i = known->nfilters; i > 0; i--)
		if (has(&known->filters[i - 1], hash))
			return true;
	return false;
}

void known_add(struct known *known, const struct hash16 *hash)
{
	struct filter *filter = &known->filters[known->nfilters - 1];
	uint64_t *block, rest = half_of(hash, 8);

	if (any_has(known, hash))
		return;
	if (filter->keys >= filter->nblocks * KEYS_A_BLOCK && known->nfilters < FILTERS_MAX) {
		add_filter(known);
		filter++;
	}
	block = block_of(filter, hash);
	for (int i = 0; i < BITS_A_KEY; i++, rest >>= 9)
		block[(rest & 511) / 64] |= UINT64_C(1) << (rest & 63);
	filter->keys++;
}

bool known_may_have(const struct known *known, const struct hash16 *hash)
{
	return !known->is_complete || any_has(known, hash);
}

void known_complete(struct known *known)
{
	known->is_complete = true;
}

bool known_is_complete(const struct known *known)
{
	return known->is_complete;
}

size_t known_bytes(const struct known *known)
{
	size_t bytes = sizeof(*known);

	for (size_t i = 0; i < known->nfilters; i++)
		bytes += known->filters[i].nblocks * sizeof(*known->filters[i].blocks);
	return bytes;
}
