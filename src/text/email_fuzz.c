/* email_fuzz.c - any bytes as an e-mail address. Threads: pure. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/text.h"
#include "text/email.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was taken once is taken again, with the same key. */
static void check(struct arena *arena, const struct email *email)
{
	struct email again;

	assert(strlen(email->local) <= EMAIL_LOCAL_MAX);
	assert(strlen(email->domain) <= EMAIL_DOMAIN_MAX);
	assert(email_parse(arena, email->address, &again, NULL) == 0);
	assert(text_equal(again.key, email->key));
	assert(strchr(email_provider_key(arena, email), '@'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	const char *raw = arena_strndup(arena, (const char *)data, size);
	struct error err = { 0 };
	struct email email;

	if (email_parse(arena, raw, &email, &err) == 0)
		check(arena, &email);
	else
		assert(err.code == ERR_INVALID && *err.message);
	arena_free(arena);
	return 0;
}
