/* naughty_test.c - strings that break software, as every kind of field.
 *
 * Runs over a few of its own and, if FAIRLEAD_NAUGHTY names a JSON array of strings (the
 * Big List of Naughty Strings), over all of those. What is kept is kept byte for byte;
 * what is refused has a message. */
#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "text/country.h"
#include "text/email.h"
#include "text/name.h"
#include "text/phone.h"
#include "text/postal.h"
#include "text/similar.h"
#include "text/unicode.h"

static const char *const own[] = {
	"", "undefined", "null", "\\", "1E2", "0x0", "-", "' OR 1=1 -- ",
	"\xE2\x80\xAEtest\xE2\x80\xAE", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7",
	"\xCD\xA2\xD2\x89Zalgo\xCC\xB7\xCD\x83", "<script>alert(1)</script>", "../../etc/passwd",
	"\x01\x02\x03", "\xEF\xBB\xBF", "=1+1", "%s%n%d", "\xC2\x85\xC2\xA0\xE1\x9A\x80",
	"\xEF\xBF\xBE", "\xEE\x80\x80",
};

struct tally {
	int kept, refused, phones, emails;
};

static void try_line(struct arena *arena, const char *text, enum text_kind kind,
		     struct tally *tally)
{
	const char *clean = NULL;
	struct error err = { 0 };

	if (text_clean(arena, text, kind, 0, &clean, &err) < 0) {
		assert_int_equal(err.code, ERR_INVALID);
		assert_true(*err.message);
		tally->refused++;
		return;
	}
	assert_string_equal(clean, text_trim(arena, text));
	tally->kept++;
}

static void try_all(struct arena *arena, const char *text, struct tally *tally)
{
	struct similar_person person = { .first = text, .last = text, .company = text,
					 .street = text, .city = text, .postal = text };
	struct similar_keys keys;
	struct phone phone;
	struct email email;
	struct name name;
	struct postal postal;
	struct error err = { 0 };
	char iso2[COUNTRY_SIZE];

	try_line(arena, text, TEXT_LINE, tally);
	try_line(arena, text, TEXT_LINES, tally);
	tally->phones += phone_parse(arena, text, "IN", &phone, &err) == 0;
	tally->emails += email_parse(arena, text, &email, &err) == 0;
	postal_parse(arena, text, "IN", text, &postal, &err);
	country_parse(text, iso2);
	name_split(arena, text, &name);
	assert_true(strlen(name.first) <= strlen(text));
	similar_prepare(arena, &person, &keys);
	similar_judge(&keys, &keys, NULL);
}

static void own_strings_are_kept_or_refused(void **state)
{
	struct arena *arena = arena_new();
	struct tally tally = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		try_all(arena, own[i], &tally);
	assert_int_equal(tally.refused, 2);
	assert_int_equal(tally.kept, 2 * ARRAY_LEN(own) - 2);
	assert_int_equal(tally.emails, 0);
	arena_free(arena);
}

static void strings_of_others_are_kept_or_refused(void **state)
{
	const char *path = getenv("FAIRLEAD_NAUGHTY");
	struct arena *arena = arena_new();
	struct tally tally = { 0 };
	json_t *list, *item;
	json_error_t error;
	size_t i;

	(void)state;
	if (!path) {
		print_message("# skipped: FAIRLEAD_NAUGHTY names no file\n");
		arena_free(arena);
		return;
	}
	list = json_load_file(path, 0, &error);
	assert_non_null(list);
	json_keep(arena, list);
	json_array_foreach(list, i, item)
		try_all(arena, json_string_value(item), &tally);
	print_message("# %zu strings, each as a line and as lines: %d kept byte for byte, %d "
		      "refused; %d read as phones, %d as e-mail\n", json_array_size(list),
		      tally.kept, tally.refused, tally.phones, tally.emails);
	assert_true(tally.kept > (int)json_array_size(list));
	arena_free(arena);
}

static int init(void **state)
{
	(void)state;
	return text_init(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_strings_are_kept_or_refused),
		cmocka_unit_test(strings_of_others_are_kept_or_refused),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
