#include "../support/check.h"

#include "base/arena.h"
#include "base/text.h"
#include "text/letters.h"

typedef const char *change(struct arena *arena, const char *text);

static void check_changes(change *function, const char *const (*pairs)[2], size_t count)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++)
		assert_string_equal(function(arena, pairs[i][0]), pairs[i][1]);
	arena_free(arena);
}

static void lower_case_is_unicodes(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" },
		{ "ADA 12!", "ada 12!" },
		{ "ÉCOLE", "école" },
		{ "ΟΔΟΣ", "οδος" }, /* a sigma at the end */
		{ "ИВАН", "иван" },
		{ "日本", "日本" },
		{ "TITLE", "title" }, /* I is i, whatever the machine's language */
	};

	(void)state;
	check_changes(text_lower, pairs, ARRAY_LEN(pairs));
}

static void upper_case_is_unicodes(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" }, { "ada 12!", "ADA 12!" }, { "Straße", "STRASSE" },
		{ "école", "ÉCOLE" }, { "ŉ", "ʼN" },
	};

	(void)state;
	check_changes(text_upper, pairs, ARRAY_LEN(pairs));
}

static void title_case_is_that_of_names(void **state)
{
	static const char *const pairs[][2] = {
		{ "", "" },
		{ "ada lovelace", "Ada Lovelace" },
		{ "ADA LOVELACE", "Ada Lovelace" },
		{ "Ada LOVELACE", "Ada LOVELACE" }, /* capitals among others mean something */
		{ "IBM Germany", "IBM Germany" },
		{ "ada McDonald", "Ada McDonald" },
		{ "john mcdonald", "John McDonald" },
		{ "MCDONALD", "McDonald" },
		{ "mcs", "Mcs" },
		{ "o'neil d’arcy", "O'Neil D’Arcy" },
		{ "it's", "It's" },
		{ "anne-marie", "Anne-Marie" },
		{ "ÉMILE ŽIŽEK", "Émile Žižek" },
		{ "иван иванов", "Иван Иванов" },
		{ "राम कुमार", "राम कुमार" },
		{ "3rd floor", "3rd Floor" },
		{ "ǆemal", "ǅemal" },
		{ "𐐨𐐩", "𐐀𐐩" }, /* letters of two code units */
	};

	(void)state;
	check_changes(text_title, pairs, ARRAY_LEN(pairs));
}

static void a_cut_breaks_no_letter(void **state)
{
	static const struct {
		const char *text;
		size_t max;
		const char *cut;
	} cuts[] = {
		{ "hello", 5, "hello" },
		{ "hello", 9, "hello" },
		{ "hello", 4, "hell" },
		{ "hello", 0, "" },
		{ "", 0, "" },
		{ "a\r\nb", 2, "a" },
		{ "a\r\nb", 3, "a\r\n" },
		{ "åäö", 3, "åäö" },
		{ "åäö", 2, "åä" },
		{ "a\xCC\x8A" "b", 2, "a\xCC\x8A" },  /* a and a ring */
		{ "ba\xCC\x8A" "c", 2, "b" },         /* not between them */
		{ "a\xCC\x8A" "b", 1, "" },
		{ "👩‍👩‍👧x", 3, "" },                      /* a family is one letter */
		{ "👩‍👩‍👧x", 5, "👩‍👩‍👧" },
		{ "🇮🇳🇮🇳", 3, "🇮🇳" },
		{ "नमस्ते", 4, "नम" },
		{ "日本語", 2, "日本" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		const char *cut = text_cut(arena, cuts[i].text, cuts[i].max);

		assert_string_equal(cut, cuts[i].cut);
		assert_true(text_length(cut) <= cuts[i].max);
		assert_true(text_is_utf8(cut, strlen(cut)));
	}
	arena_free(arena);
}

static void every_cut_is_a_beginning(void **state)
{
	static const char text[] = "Zoë 👩‍👩‍👧 नमस्ते a\xCC\x8A\r\n🇮🇳 end";
	struct arena *arena = arena_new();

	(void)state;
	for (size_t max = 0; max <= text_length(text); max++) {
		const char *cut = text_cut(arena, text, max);

		assert_true(text_starts(text, cut));
		assert_true(text_length(cut) <= max);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lower_case_is_unicodes),
		cmocka_unit_test(upper_case_is_unicodes),
		cmocka_unit_test(title_case_is_that_of_names),
		cmocka_unit_test(a_cut_breaks_no_letter),
		cmocka_unit_test(every_cut_is_a_beginning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
