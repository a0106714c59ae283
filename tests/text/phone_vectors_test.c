/* phone_vectors_test.c - our numbers against those of another port of the library.
 *
 * Runs over phone_vectors.json beside it, or over the file that FAIRLEAD_PHONE_VECTORS
 * names, and prints how many rows agree. A row agrees when both have the same E.164, or
 * when the other port calls it not possible (or cannot read it) and we refuse it. At
 * least 99 % must. Two rows differ on purpose: we cut a field of two numbers in two, and
 * a "(home)" off. The other port's metadata is some years younger. */
#include "../support/check.h"

#include "base/arena.h"
#include "base/json.h"
#include "text/phone.h"
#include "text/unicode.h"

static json_t *load(struct arena *arena)
{
	const char *path = getenv("FAIRLEAD_PHONE_VECTORS");
	json_error_t error;
	json_t *json;

	if (!path)
		path = arena_printf(arena, "%s/phone_vectors.json",
				    getenv("FAIRLEAD_TEST_DATA"));
	json = json_load_file(path, 0, &error);
	if (!json)
		fail_msg("%s: %s", path, error.text);
	return json_keep(arena, json);
}

static bool same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static bool agrees(struct arena *arena, const json_t *row)
{
	struct phone phone;
	struct error err = { 0 };
	bool is_possible = json_is_true(json_object_get(row, "possible"));
	int rc = phone_parse(arena, json_string_of(row, "input"), json_string_of(row, "region"),
			     &phone, &err);

	if (rc < 0)
		return !is_possible;
	return same(phone.e164, json_string_of(row, "e164"));
}

/* How many rows that both take agree on another member. */
static bool agrees_on(struct arena *arena, const json_t *row, const char *member)
{
	const char *theirs = json_string_of(row, member), *ours;
	struct phone phone;
	struct error err = { 0 };

	if (phone_parse(arena, json_string_of(row, "input"), json_string_of(row, "region"),
			&phone, &err) < 0)
		return false;
	if (strcmp(member, "valid") == 0)
		return json_is_true(json_object_get(row, member)) ==
		       (phone.verdict == PHONE_VALID);
	ours = strcmp(member, "type") == 0    ? phone_type_name(phone.type) :
	       strcmp(member, "country") == 0 ? phone.region :
	       strcmp(member, "ext") == 0     ? phone.extension :
	       strcmp(member, "national") == 0 ?
						phone_text(arena, &phone, PHONE_FORM_NATIONAL) :
						phone_text(arena, &phone, PHONE_FORM_INTERNATIONAL);
	return ours && theirs ? strcmp(ours, theirs) == 0 : ours == theirs;
}

static void numbers_agree_on_e164(void **state)
{
	struct arena *arena = arena_new();
	json_t *rows = json_object_get(load(arena), "rows"), *row;
	size_t i, agreed = 0, total = json_array_size(rows);

	(void)state;
	assert_true(total >= 100);
	json_array_foreach(rows, i, row) {
		if (agrees(arena, row))
			agreed++;
		else
			print_message("# differs: %s for %s, theirs %s\n",
				      json_string_of(row, "input"),
				      json_string_of(row, "region"),
				      json_string_of(row, "e164"));
	}
	print_message("# E.164: %zu of %zu rows agree, %.2f %%\n", agreed, total,
		      100.0 * agreed / total);
	assert_true(agreed * 100 >= total * 99);
	arena_free(arena);
}

static void numbers_agree_on_everything_else(void **state)
{
	static const char *const members[] = { "valid", "type", "country", "ext", "national",
					       "international" };
	struct arena *arena = arena_new();
	json_t *rows = json_object_get(load(arena), "rows"), *row;

	(void)state;
	for (size_t m = 0; m < sizeof(members) / sizeof(members[0]); m++) {
		size_t i, agreed = 0, total = 0;

		json_array_foreach(rows, i, row) {
			if (!json_is_true(json_object_get(row, "possible")))
				continue;
			total++;
			agreed += agrees_on(arena, row, members[m]);
		}
		print_message("# %s: %zu of %zu rows agree, %.2f %%\n", members[m], agreed,
			      total, 100.0 * agreed / total);
		/* The metadata of the two ports are years apart. */
		assert_true(agreed * 100 >= total * 93);
	}
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
		cmocka_unit_test(numbers_agree_on_e164),
		cmocka_unit_test(numbers_agree_on_everything_else),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
