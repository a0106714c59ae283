/* rng.h - dice that fall the same way again. Threads: one at a time.
 *
 * Every request has its own stream, made of the sandbox's seed and the request's
 * number, so that tokens, correlation ids and faults are the same in a second run. */
#ifndef SANDBOX_RNG_H
#define SANDBOX_RNG_H

#include <stddef.h>
#include <stdint.h>

struct sb_rng {
	uint64_t state;
};

struct sb_rng sb_rng_of(uint64_t seed, uint64_t stream);

/* A number in [0, bound); `bound` at least 1. */
uint64_t sb_rng_below(struct sb_rng *rng, uint64_t bound);

/* In [0, 1). */
double sb_rng_unit(struct sb_rng *rng);

/* "5f1c0d52-6f0f-4b8d-9b0a-0e6c7b4f7a11" (version 4). */
#define SB_UUID_SIZE 37
void sb_rng_uuid(struct sb_rng *rng, char text[SB_UUID_SIZE]);

/* `len` letters of `alphabet` and a NUL into `text`; hex and base64url letters are the
 * usual alphabets of tokens. */
#define SB_HEX "0123456789abcdef"
#define SB_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
void sb_rng_text(struct sb_rng *rng, const char *alphabet, char *text, size_t len);

#endif
