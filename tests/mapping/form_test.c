#include "../support/check.h"

#include "base/arena.h"
#include "mapping/form.h"

#define TEXT(t) { VALUE_TEXT, t }
#define NUMBER(t) { VALUE_NUMBER, t }
#define TRUE { VALUE_BOOL, "true" }
#define FALSE { VALUE_BOOL, "false" }
#define LIST(t) { VALUE_LIST, t }
#define NOTHING { VALUE_NULL, NULL }
#define ABSENT { VALUE_ABSENT, NULL }

static void what_a_crm_says_is_read_in_our_form(void **state)
{
	static const struct {
		enum catalog_type type;
		struct value theirs, ours;
	} values[] = {
		{ CATALOG_TEXT, TEXT(" a b \r\n"), TEXT("a b") },
		{ CATALOG_TEXT, TEXT("   "), NOTHING },
		{ CATALOG_TEXT, TEXT(""), NOTHING },
		{ CATALOG_TEXT, NOTHING, NOTHING },
		{ CATALOG_TEXT, ABSENT, ABSENT },
		{ CATALOG_TEXT, NUMBER("5"), NUMBER("5") },
		{ CATALOG_INTEGER, TEXT("5.0"), NUMBER("5") },
		{ CATALOG_NUMBER, NUMBER("1.50"), NUMBER("1.5") },
		{ CATALOG_NUMBER, TEXT("many"), TEXT("many") },
		{ CATALOG_BOOLEAN, TEXT("TRUE"), TRUE },
		{ CATALOG_BOOLEAN, TEXT("0"), FALSE },
		{ CATALOG_BOOLEAN, FALSE, FALSE },
		{ CATALOG_BOOLEAN, TEXT("perhaps"), TEXT("perhaps") },
		{ CATALOG_DATE, TEXT("2026-03-02"), TEXT("2026-03-02") },
		{ CATALOG_DATE, TEXT("1772409600000"), TEXT("2026-03-02") },
		{ CATALOG_DATE, TEXT("2026-03-02T00:00:00Z"), TEXT("2026-03-02") },
		{ CATALOG_DATE, TEXT("2026-03-02T10:00:00Z"), TEXT("2026-03-02T10:00:00Z") },
		{ CATALOG_DATE, TEXT("2026-02-30"), TEXT("2026-02-30") },
		{ CATALOG_DATETIME, TEXT("2026-02-03T10:00:00.000+0000"),
		  TEXT("2026-02-03T10:00:00.000Z") },
		{ CATALOG_DATETIME, NUMBER("1769000000123"), TEXT("2026-01-21T12:53:20.123Z") },
		{ CATALOG_DATETIME, TEXT("tomorrow"), TEXT("tomorrow") },
		{ CATALOG_TIME, TEXT("10:30:00.000Z"), TEXT("10:30") },
		{ CATALOG_TIME, TEXT("10:30:15"), TEXT("10:30:15") },
		{ CATALOG_MULTI_PICKLIST, TEXT(";a; b;;c "), LIST("[\"a\",\"b\",\"c\"]") },
		{ CATALOG_MULTI_PICKLIST, LIST("[\"a\"]"), LIST("[\"a\"]") },
		{ CATALOG_ANY, TEXT("5.0"), TEXT("5.0") },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct catalog_field field = { .name = "f", .type = values[i].type };
		struct value value = form_read(arena, &field, values[i].theirs);

		if (!value_equal(value, values[i].ours))
			fail_msg("%zu: \"%s\" was read as \"%s\"", i, values[i].theirs.text,
				 value.text);
	}
	arena_free(arena);
}

struct pair {
	enum catalog_type type;
	struct value ours, theirs;
};

static void check_pairs(const struct pair *pairs, size_t count, bool is_same)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		struct catalog_field field = { .name = "f", .type = pairs[i].type };

		if (form_same(arena, pairs[i].type == CATALOG_ANY ? NULL : &field,
			      pairs[i].ours, pairs[i].theirs) != is_same)
			fail_msg("%zu: \"%s\" and \"%s\"", i, pairs[i].ours.text,
				 pairs[i].theirs.text);
	}
	arena_free(arena);
}

static void renderings_are_the_same(void **state)
{
	static const struct pair pairs[] = {
		{ CATALOG_TEXT, TEXT("a"), TEXT("a ") },
		{ CATALOG_TEXTAREA, TEXT("a\nb"), TEXT("a\r\nb") },
		{ CATALOG_TEXT, ABSENT, TEXT("") },
		{ CATALOG_TEXT, TEXT(" "), NOTHING },
		{ CATALOG_TEXT, TEXT("+919876543210"), TEXT("+91 98765 43210") },
		{ CATALOG_EMAIL, TEXT("Ada@Example.org"), TEXT("ada@example.org") },
		{ CATALOG_PHONE, TEXT("+14155552671"), TEXT("(415) 555-2671") },
		{ CATALOG_PHONE, TEXT("+919876543210"), TEXT("098765 43210") },
		{ CATALOG_PHONE, TEXT("+919876543210"), TEXT("0091 98765-43210") },
		{ CATALOG_PHONE, TEXT("+919876543210"), TEXT("919876543210") },
		{ CATALOG_PHONE, TEXT("98765 43210"), TEXT("9876543210") },
		{ CATALOG_URL, TEXT("https://a.example"), TEXT("https://a.example/") },
		{ CATALOG_INTEGER, NUMBER("5"), TEXT("5.0") },
		{ CATALOG_NUMBER, NUMBER("5"), NUMBER("5.00") },
		{ CATALOG_NUMBER, NUMBER("1000"), TEXT("1e3") },
		{ CATALOG_BOOLEAN, TRUE, TEXT("true") },
		{ CATALOG_BOOLEAN, FALSE, TEXT("FALSE") },
		{ CATALOG_DATE, TEXT("2026-03-02"), TEXT("1772409600000") },
		{ CATALOG_DATETIME, TEXT("2026-03-02T09:14:07.213Z"),
		  TEXT("2026-03-02T09:14:07.000+0000") },
		{ CATALOG_DATETIME, TEXT("2026-03-02T14:44:07+05:30"),
		  TEXT("2026-03-02T09:14:07Z") },
		{ CATALOG_DATETIME, TEXT("2026-01-21T12:53:20.123Z"), TEXT("1769000000123") },
		{ CATALOG_TIME, TEXT("10:30"), TEXT("10:30:00.000Z") },
		{ CATALOG_PICKLIST, TEXT("NEW"), TEXT("NEW") },
		{ CATALOG_MULTI_PICKLIST, LIST("[\"a\",\"b\"]"), TEXT("b;a") },
		{ CATALOG_MULTI_PICKLIST, TEXT("a;b;a"), LIST("[\"b\",\"a\"]") },
		{ CATALOG_MULTI_PICKLIST, TEXT(";b"), TEXT("a;b;c") },
		{ CATALOG_ANY, NUMBER("5"), TEXT("5.0") },
		{ CATALOG_ANY, TRUE, TEXT("true") },
		{ CATALOG_ANY, LIST("[\"a\",\"b\"]"), TEXT("b;a") },
		{ CATALOG_ANY, TEXT("2026-03-02T14:44:07+05:30"), TEXT("2026-03-02T09:14:07Z") },
	};

	(void)state;
	check_pairs(pairs, ARRAY_LEN(pairs), true);
}

static void other_values_are_not_the_same(void **state)
{
	static const struct pair pairs[] = {
		{ CATALOG_TEXT, TEXT("a"), TEXT("A") },
		{ CATALOG_TEXT, TEXT("ab"), TEXT("a b") },
		{ CATALOG_TEXT, TEXT("a"), TEXT("ab") },
		{ CATALOG_TEXT, TEXT("a\nb"), TEXT("a b") },
		{ CATALOG_TEXT, TEXT("a"), NOTHING },
		{ CATALOG_TEXT, NOTHING, TEXT("a") },
		{ CATALOG_TEXT, TEXT("007"), TEXT("7") },
		{ CATALOG_EMAIL, TEXT("ada@example.org"), TEXT("ida@example.org") },
		{ CATALOG_PHONE, TEXT("+14155552671"), TEXT("(415) 555-2672") },
		{ CATALOG_PHONE, TEXT("+14155552671"), TEXT("+444155552671") },
		{ CATALOG_PHONE, TEXT("+14155552671"), TEXT("2671") },
		{ CATALOG_PHONE, TEXT("+14155552671"), TEXT("415-555-2671 ext 5") },
		{ CATALOG_PHONE, TEXT("4155552671"), TEXT("+14155552671") },
		{ CATALOG_PHONE, TEXT("+14155552671"), TEXT("call me") },
		{ CATALOG_URL, TEXT("https://a.example"), TEXT("https://b.example") },
		{ CATALOG_NUMBER, NUMBER("5"), TEXT("5.01") },
		{ CATALOG_NUMBER, NUMBER("5"), TEXT("five") },
		{ CATALOG_BOOLEAN, TRUE, TEXT("false") },
		{ CATALOG_DATE, TEXT("2026-03-02"), TEXT("2026-03-03") },
		{ CATALOG_DATETIME, TEXT("2026-03-02T09:14:07.213Z"),
		  TEXT("2026-03-02T09:14:07.214Z") },
		{ CATALOG_DATETIME, TEXT("2026-03-02T09:14:07Z"), TEXT("2026-03-02T09:14:08Z") },
		{ CATALOG_TIME, TEXT("10:30"), TEXT("10:30:01") },
		{ CATALOG_PICKLIST, TEXT("NEW"), TEXT("New") },
		{ CATALOG_MULTI_PICKLIST, TEXT("a;b"), TEXT("a;b;c") },
		{ CATALOG_MULTI_PICKLIST, TEXT("a;b;c"), TEXT("a;b") },
		{ CATALOG_MULTI_PICKLIST, TEXT(";d"), TEXT("a;b;c") },
		{ CATALOG_MULTI_PICKLIST, TEXT("a;b"), TEXT("a;c") },
		{ CATALOG_ANY, TEXT("5"), TEXT("5.0") },
		{ CATALOG_ANY, TEXT("9876543000"), TEXT("9876543999") },
		{ CATALOG_ANY, TRUE, TEXT("maybe") },
	};

	(void)state;
	check_pairs(pairs, ARRAY_LEN(pairs), false);
}

static void a_long_list_is_compared_quickly(void **state)
{
	struct arena *arena = arena_new();
	const char **items = arena_array(arena, 20000, sizeof(*items));
	struct catalog_field field = { .name = "f", .type = CATALOG_MULTI_PICKLIST };
	struct value up, down;

	(void)state;
	for (int i = 0; i < 20000; i++)
		items[i] = arena_printf(arena, "item%05d", i);
	up = value_of_items(arena, items, 20000);
	for (int i = 0; i < 20000; i++)
		items[19999 - i] = arena_printf(arena, "item%05d", i);
	down = value_of_items(arena, items, 20000);
	assert_true(form_same(arena, &field, up, down));
	items[0] = "other";
	assert_false(form_same(arena, &field, up, value_of_items(arena, items, 20000)));
	arena_free(arena);
}

static void only_what_changed_remains(void **state)
{
	static const struct catalog_field fields[] = {
		{ .name = "n", .type = CATALOG_INTEGER },
		{ .name = "m", .type = CATALOG_MULTI_PICKLIST },
		{ .name = "t", .type = CATALOG_TEXT },
	};
	static const struct catalog catalog = { "o", fields, 3, 0 };
	static const struct field wanted[] = {
		{ "n", NUMBER("5") }, { "m", LIST("[\"a\",\"b\"]") }, { "t", TEXT("x") },
		{ "unknown", TEXT("y") }, { "cleared", NOTHING }, { "unseen", NOTHING },
	};
	static const struct field seen[] = {
		{ "t", TEXT("z") },	  { "m", TEXT("b;a") },	  { "n", TEXT("5.0") },
		{ "unknown", TEXT("y ") }, { "cleared", TEXT("") },
	};
	struct arena *arena = arena_new();
	const struct field *changed;

	(void)state;
	assert_int_equal(fields_changed(arena, &catalog, wanted, 6, seen, 5, &changed), 2);
	assert_string_equal(changed[0].name, "t");
	assert_string_equal(changed[1].name, "unseen");
	/* Without types "5" and 5.0 are still one number, as ours is one. */
	assert_int_equal(fields_changed(arena, NULL, wanted, 2, seen, 5, &changed), 0);
	assert_int_equal(fields_changed(arena, NULL, wanted, 2, NULL, 0, &changed), 2);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_crm_says_is_read_in_our_form),
		cmocka_unit_test(renderings_are_the_same),
		cmocka_unit_test(other_values_are_not_the_same),
		cmocka_unit_test(only_what_changed_remains),
		cmocka_unit_test(a_long_list_is_compared_quickly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
