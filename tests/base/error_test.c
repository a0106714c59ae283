#include "../support/check.h"

#include <errno.h>

#include "base/error.h"
#include "base/text.h"

static void failures_are_described(void **state)
{
	struct error err = { 0 };

	(void)state;
	assert_int_equal(error_set(&err, ERR_LIMIT, "score: over %d", 100), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "score: over 100");
	assert_int_equal(error_wrap(&err, "campaign %s", "solar.yaml"), -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "campaign solar.yaml: score: over 100");
}

static void nobody_has_to_listen(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, ERR_LIMIT, "x"), -1);
	assert_int_equal(error_wrap(NULL, "x"), -1);
	errno = ENOENT;
	assert_int_equal(error_errno(NULL, "x"), -1);
}

static void message_may_be_its_own_argument(void **state)
{
	struct error err = { 0 };

	(void)state;
	error_set(&err, ERR_INVALID, "inner");
	error_set(&err, ERR_DENIED, "outer %s %s", err.message, err.message);
	assert_string_equal(err.message, "outer inner inner");
}

static void errno_is_translated(void **state)
{
	static const struct {
		int number;
		enum error_code code;
		const char *message;
	} cases[] = {
		{ ENOENT, ERR_NOT_FOUND, "file: No such file or directory" },
		{ EEXIST, ERR_CONFLICT, "file: File exists" },
		{ EACCES, ERR_DENIED, "file: Permission denied" },
		{ ENOSPC, ERR_UNAVAILABLE, "file: No space left on device" },
		{ EADDRINUSE, ERR_UNAVAILABLE, "file: Address already in use" },
		{ EINVAL, ERR_INVALID, "file: Invalid argument" },
		{ EIO, ERR_INTERNAL, "file: Input/output error" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = { 0 };

		errno = cases[i].number;
		assert_int_equal(error_errno(&err, "file"), -1);
		assert_int_equal(err.code, cases[i].code);
		assert_string_equal(err.message, cases[i].message);
	}
}

/* Whatever the length and wherever the cut falls, the message is UTF-8 that ends. */
static void long_messages_are_cut_at_a_character(void **state)
{
	static const char *const letters[] = { "a", "\xc3\xa4", "\xe2\x82\xac",
					       "\xf0\x9f\x98\x80" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(letters); i++) {
		for (size_t before = 0; before < 8; before++) {
			struct error err = { 0 };
			char text[1000] = "";

			memset(text, 'x', before);
			for (int n = 0; n < 100; n++)
				strcat(text, letters[i]);
			error_set(&err, ERR_INVALID, "%s%s%s", text, text, text);
			assert_true(text_is_utf8(err.message, strlen(err.message)));
			assert_in_range(strlen(err.message), sizeof(err.message) - 5,
					sizeof(err.message) - 1);
			error_wrap(&err, "%s", text);
			assert_true(text_is_utf8(err.message, strlen(err.message)));
		}
	}
}

static void codes_have_names(void **state)
{
	static const char *const names[] = { "none",   "invalid", "not_found",	 "conflict",
					     "denied", "limit",	  "unavailable", "internal" };

	(void)state;
	for (int code = ERR_NONE; code <= ERR_INTERNAL; code++)
		assert_string_equal(error_code_name((enum error_code)code), names[code]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_are_described),
		cmocka_unit_test(nobody_has_to_listen),
		cmocka_unit_test(message_may_be_its_own_argument),
		cmocka_unit_test(errno_is_translated),
		cmocka_unit_test(long_messages_are_cut_at_a_character),
		cmocka_unit_test(codes_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
