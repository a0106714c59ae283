/* rng.c - dice that fall the same way again. Threads: one at a time. */
#include "sandbox/rng.h"

#include <stdio.h>
#include <string.h>

/* SplitMix64 (Steele, Lea, Flood 2014): small, and any state is a good one. */
static uint64_t next_of(struct sb_rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

struct sb_rng sb_rng_of(uint64_t seed, uint64_t stream)
{
	struct sb_rng rng = { seed };

	rng.state = next_of(&rng) ^ (stream * UINT64_C(0xd1342543de82ef95));
	next_of(&rng);
	return rng;
}

uint64_t sb_rng_below(struct sb_rng *rng, uint64_t bound)
{
	return next_of(rng) % bound;
}

double sb_rng_unit(struct sb_rng *rng)
{
	return (double)(next_of(rng) >> 11) * 0x1.0p-53;
}

void sb_rng_uuid(struct sb_rng *rng, char text[SB_UUID_SIZE])
{
	uint64_t a = next_of(rng), b = next_of(rng);

	snprintf(text, SB_UUID_SIZE, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
		 (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
		 (unsigned)(b >> 48 & 0x3fff) | 0x8000,
		 (unsigned long long)(b & UINT64_C(0xffffffffffff)));
}

void sb_rng_text(struct sb_rng *rng, const char *alphabet, char *text, size_t len)
{
	size_t letters = strlen(alphabet);

	for (size_t i = 0; i < len; i++)
		text[i] = alphabet[sb_rng_below(rng, letters)];
	text[len] = '\0';
}
