#include "../support/check.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/json.h"

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

static void text_grows_piece_by_piece(void **state)
{
	struct buf buf;
	const char *text;
	struct error err;

	buf_init(&buf, *state, 100000);
	assert_string_equal(buf.text, "");
	buf_add(&buf, "a");
	buf_add(&buf, NULL);
	buf_add(&buf, "");
	buf_addc(&buf, 'b');
	buf_addn(&buf, "cd", 1);
	buf_addf(&buf, "%d%s", 4, "e");
	assert_int_equal(buf_end(&buf, &text, &err), 0);
	assert_string_equal(text, "abc4e");
	for (int i = 0; i < 9000; i++)
		buf_addf(&buf, "%09d ", i);
	assert_int_equal(buf.len, 90005);
	assert_string_equal(buf_text(&buf) + 89995, "000008999 ");
	assert_memory_equal(buf_text(&buf), "abc4e000000000 ", 15);
}

static void integers_are_written_whole(void **state)
{
	static const struct {
		int64_t number;
		const char *text;
	} cases[] = { { 0, "0" },
		      { -1, "-1" },
		      { 42, "42" },
		      { INT64_MAX, "9223372036854775807" },
		      { INT64_MIN, "-9223372036854775808" } };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf buf;

		buf_init(&buf, *state, 20);
		buf_add_int(&buf, cases[i].number);
		assert_string_equal(buf_text(&buf), cases[i].text);
	}
}

/* At each maximum: what fits is there, what does not is an error, and nothing is
 * written behind it (the sanitizer looks). */
static void overflow_is_remembered(void **state)
{
	for (size_t max = 0; max < 600; max++) {
		struct buf buf;
		const char *text;
		struct error err = { 0 };

		buf_init(&buf, *state, max);
		for (size_t i = 0; i < max; i++)
			buf_addc(&buf, 'x');
		assert_int_equal(buf_end(&buf, &text, &err), 0);
		assert_int_equal(strlen(text), max);
		buf_addc(&buf, 'y');
		assert_int_equal(buf_end(&buf, &text, &err), -1);
		assert_int_equal(err.code, ERR_LIMIT);
		assert_int_equal(buf.len, max);
		assert_int_equal(strlen(buf.text), max);
	}
}

static void overflow_stays_until_reset(void **state)
{
	struct buf buf;
	const char *text;
	struct error err;

	buf_init(&buf, *state, 5);
	buf_add(&buf, "12345678");
	buf_add(&buf, "1"); /* would fit, but something is missing before it */
	assert_int_equal(buf_end(&buf, &text, &err), -1);
	assert_string_equal(err.message, "longer than 5 bytes");
	buf_reset(&buf);
	buf_addf(&buf, "%s", "12345");
	assert_int_equal(buf_end(&buf, &text, &err), 0);
	assert_string_equal(text, "12345");
	buf_reset(&buf);
	buf_addf(&buf, "%s", "123456");
	assert_int_equal(buf_end(&buf, &text, &err), -1);
	assert_int_equal(buf_end(&buf, &text, NULL), -1);
}

static void json_strings_are_escaped(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *json;
	} cases[] = {
		{ "", 0, "\"\"" },
		{ "lead", 4, "\"lead\"" },
		{ "a\"b\\c/", 6, "\"a\\\"b\\\\c/\"" },
		{ "\b\f\n\r\t", 5, "\"\\u0008\\u000c\\n\\r\\t\"" },
		{ "\0\x1f\x7f", 3, "\"\\u0000\\u001f\x7f\"" },
		{ "\xc3\xa4\xe2\x80\xa8", 5, "\"\xc3\xa4\xe2\x80\xa8\"" },
	};
	struct buf buf;

	buf_init(&buf, *state, 1000);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&buf);
		buf_add_jsonn(&buf, cases[i].bytes, cases[i].len);
		assert_string_equal(buf_text(&buf), cases[i].json);
	}
	buf_reset(&buf);
	buf_add_json(&buf, NULL);
	buf_add_json(&buf, "x");
	assert_string_equal(buf_text(&buf), "null\"x\"");
}

/* Every character comes back through the parser that our peers' answers go through. */
static void escaped_text_reads_back(void **state)
{
	for (int c = 1; c < 0x80; c++) {
		char text[2] = { (char)c, 0 };
		struct buf buf;
		json_t *json;

		buf_init(&buf, *state, 100);
		buf_add_json(&buf, text);
		json = json_parse(*state, buf.text, buf.len, &json_limits_lead, NULL);
		assert_string_equal(json_string_value(json), text);
	}
}

static void urls_are_encoded(void **state)
{
	struct buf buf;

	buf_init(&buf, *state, 1000);
	buf_add_url(&buf, "azAZ09-._~ +/?#[]@!$&'()*,;=%\xc3\xa4\x7f");
	assert_string_equal(buf_text(&buf), "azAZ09-._~%20%2B%2F%3F%23%5B%5D%40%21%24%26%27%28%29"
					    "%2A%2C%3B%3D%25%C3%A4%7F");
	buf_add_url(&buf, NULL);
	buf_add_url(&buf, "");
}

static void overflow_of_our_own_ends_the_process(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		struct buf buf;

		if (!freopen("/dev/null", "w", stderr))
			_exit(1);
		buf_init(&buf, *state, 1);
		buf_add(&buf, "12");
		buf_text(&buf);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_ARENA(text_grows_piece_by_piece),
		WITH_ARENA(integers_are_written_whole),
		WITH_ARENA(overflow_is_remembered),
		WITH_ARENA(overflow_stays_until_reset),
		WITH_ARENA(json_strings_are_escaped),
		WITH_ARENA(escaped_text_reads_back),
		WITH_ARENA(urls_are_encoded),
		WITH_ARENA(overflow_of_our_own_ends_the_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
