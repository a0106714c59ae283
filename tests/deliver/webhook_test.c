#include "../support/check.h"

#include "deliver/webhook.h"

/* The specification's own example. */
static void the_published_vector_is_signed_alike(void **state)
{
	static const char body[] = "{\"test\": 2432232314}";
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(webhook_signature(arena, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
					      "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
					      strlen(body)),
			    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	arena_free(arena);
}

static const struct {
	const char *text;
	bool is_secret;
} rows[] = {
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true },
	{ "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false },
	{ "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", false },
	{ "whsec_", false },
	{ "whsec_c2hvcnQ=", false },
	{ "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", false },
	{ "whsec_MfKQ9r8GKYqr TwjUPD8ILPZIo2LaLaSw", false },
	{ "", false },
};

static void only_secrets_of_the_scheme_are_taken(void **state)
{
	struct error err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int rc = webhook_secret_check(rows[i].text, &err);

		if ((rc == 0) != rows[i].is_secret)
			fail_msg("row %zu: %s", i, rows[i].text);
		if (rc < 0 && *rows[i].text && strlen(rows[i].text) > 8)
			assert_null(strstr(err.message, rows[i].text + 7));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_published_vector_is_signed_alike),
		cmocka_unit_test(only_secrets_of_the_scheme_are_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
