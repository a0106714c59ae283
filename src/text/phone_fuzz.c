/* phone_fuzz.c - any bytes as a phone number, with and without a region. Threads: pure.
 * The first byte picks the region. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/phone.h"
#include "text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct arena *arena, const struct phone *phone, const char *region)
{
	struct phone again;

	if (phone->verdict == PHONE_INVALID) {
		assert(phone->reason && phone->problem && phone->instruction && !phone->e164);
		return;
	}
	assert(phone->e164[0] == '+' && strspn(phone->e164 + 1, "0123456789") >= 3);
	assert(phone_text(arena, phone, PHONE_FORM_NATIONAL));
	if (phone->verdict == PHONE_VALID && !phone->extension) {
		assert(phone_parse(arena, phone->e164, region, &again, NULL) == 0);
		assert(text_equal(again.e164, phone->e164));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const regions[] = { NULL, "IN", "US", "GB", "DE", "MX", "AR", "ZZ" };
	static const char *const markets[] = { "IN", "US", "DE" };
	struct phone_rules rules = { .markets = markets, .nmarkets = ARRAY_LEN(markets) };
	struct arena *arena;
	struct phone phone;
	int count = 0;

	if (size < 1)
		return 0;
	arena = arena_new();
	rules.region = regions[data[0] % ARRAY_LEN(regions)];
	phone_parse_by(arena, arena_strndup(arena, (const char *)data + 1, size - 1), &rules,
		       &phone, NULL);
	for (const struct phone *p = &phone; p; p = p->second, count++)
		check(arena, p, rules.region);
	assert(count <= 4);
	arena_free(arena);
	return 0;
}
