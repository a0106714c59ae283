/* multipart_test.c - cutting bodies into parts, queries into words. */
#include "../support/check.h"

#include <string.h>

#include "base/arena.h"
#include "sandbox/lex.h"
#include "sandbox/multipart.h"

#define TYPE "multipart/form-data; boundary=\"b1\""
#define PART(name, value)                                                                     \
	"--b1\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n" value "\r\n"

static int count(struct arena *arena, const char *type, const char *body)
{
	struct multipart multipart;
	struct multipart_part part;
	int parts = 0, rc;

	if (!multipart_begin(&multipart, arena, type, body, strlen(body)))
		return -2;
	while ((rc = multipart_next(&multipart, arena, &part)) > 0)
		parts++;
	return rc < 0 ? -1 : parts;
}

static void parts_come_with_headers_and_bytes(void **state)
{
	const char body[] = PART("a", "1") PART("b", "x\r\ny") "--b1--\r\n";
	struct arena *arena = arena_new();
	struct multipart multipart;
	struct multipart_part part;

	(void)state;
	assert_true(multipart_begin(&multipart, arena, TYPE, body, strlen(body)));
	assert_int_equal(multipart_next(&multipart, arena, &part), 1);
	assert_int_equal(part.len, 1);
	assert_int_equal(multipart_next(&multipart, arena, &part), 1);
	assert_memory_equal(part.body, "x\r\ny", 4);
	assert_string_equal(
		multipart_parameter(arena, http_header_find(&part.headers,
							    "content-disposition"), "name"),
		"b");
	assert_int_equal(multipart_next(&multipart, arena, &part), 0);
	arena_free(arena);
}

static void what_is_cut_short_is_refused(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_int_equal(count(arena, TYPE, PART("a", "1") "--b1--"), 1);
	assert_int_equal(count(arena, TYPE, PART("a", "1")), -1);
	assert_int_equal(count(arena, TYPE, "--b1\r\nno header\r\n\r\n--b1--"), -1);
	assert_int_equal(count(arena, TYPE, "--b1\nname: x\n\n--b1--"), -2);
	assert_int_equal(count(arena, TYPE, "nothing"), -2);
	assert_int_equal(count(arena, "multipart/mixed", PART("a", "1")), -2);
	assert_int_equal(count(arena, "text/plain", PART("a", "1")), -2);
	arena_free(arena);
}

static const struct {
	const char *text;
	enum sb_lex_quote quote;
	enum sb_lex_kind kind;
	const char *is;
} words[] = {
	{ "'O\\'Neil'", SB_LEX_BACKSLASH, SB_LEX_TEXT, "O'Neil" },
	{ "'O''Neil'", SB_LEX_DOUBLED, SB_LEX_TEXT, "O'Neil" },
	{ "'a\\'", SB_LEX_DOUBLED, SB_LEX_TEXT, "a\\" },
	{ "'open", SB_LEX_DOUBLED, SB_LEX_BAD, "" },
	{ "'open\\", SB_LEX_BACKSLASH, SB_LEX_BAD, "" },
	{ " >= 1", SB_LEX_DOUBLED, SB_LEX_SIGN, ">=" },
	{ "2026-02-03T10:00:00+00:00)", SB_LEX_DOUBLED, SB_LEX_LITERAL,
	  "2026-02-03T10:00:00+00:00" },
	{ "Last_Name,", SB_LEX_BACKSLASH, SB_LEX_WORD, "Last_Name" },
	{ ";", SB_LEX_BACKSLASH, SB_LEX_BAD, "" },
	{ "  ", SB_LEX_BACKSLASH, SB_LEX_END, "" },
};

static void queries_are_cut_into_words(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const char *at = words[i].text;
		struct sb_lex lex = sb_lex_next(arena, &at, words[i].quote);

		assert_int_equal(lex.kind, words[i].kind);
		assert_string_equal(lex.text, words[i].is);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_come_with_headers_and_bytes),
		cmocka_unit_test(what_is_cut_short_is_refused),
		cmocka_unit_test(queries_are_cut_into_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
