#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "sources/csv_reader.h"
#include "sources/csv_write.h"

static void formulas_are_guarded(void **state)
{
	static const struct { const char *cell, *guarded; } cells[] = {
		{ "=1+1", "'=1+1" },
		{ "+919876543210", "'+919876543210" },
		{ "-5", "'-5" },
		{ "@SUM(A1)", "'@SUM(A1)" },
		{ "\tx", "'\tx" },
		{ "\rx", "'\rx" },
		{ "'=1", "''=1" },
		{ "''+1", "'''+1" },
		{ "'0987", "''0987" },
		{ "Ada", "Ada" },
		{ "1=1", "1=1" },
		{ "'s-Hertogenbosch", "'s-Hertogenbosch" },
		{ "'", "'" },
		{ "", "" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		const char *guarded = csv_guard(arena, cells[i].cell);

		assert_string_equal(guarded, cells[i].guarded);
		assert_string_equal(csv_unguard(guarded), cells[i].cell);
	}
	arena_free(arena);
}

static void excels_own_mark_is_taken_off(void **state)
{
	(void)state;
	assert_string_equal(csv_unguard("'0987"), "0987");
	assert_string_equal(csv_unguard("'s-Hertogenbosch"), "'s-Hertogenbosch");
}

static void rows_are_quoted(void **state)
{
	static const char *const cells[] = { "a", "", NULL, "x, \"y\"\n", "=1" };
	struct arena *arena = arena_new();
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 1000);
	buf_add_csv_row(&buf, cells, ARRAY_LEN(cells));
	assert_string_equal(buf_text(&buf), "\"a\",\"\",\"\",\"x, \"\"y\"\"\n\",\"'=1\"\r\n");
	arena_free(arena);
}

struct wanted {
	json_t *strings;
	size_t seen;
};

static int compare(void *context, const struct csv_record *record, struct error *err)
{
	struct wanted *wanted = context;
	const char *string;

	(void)err;
	if (record->row == 0)
		return 0;
	assert_null(record->problem);
	assert_int_equal(record->ncells, 2);
	string = json_string_value(json_array_get(wanted->strings, record->row - 1));
	assert_string_equal(csv_unguard(record->cells[1]), string);
	assert_string_equal(record->cells[0], "x");
	wanted->seen++;
	return 0;
}

/* Every one comes back byte for byte, whatever is in it. */
static void naughty_strings_come_back(void **state)
{
	static const char *const header[] = { "id", "name" };
	struct arena *arena = arena_new();
	struct wanted wanted = { 0 };
	struct csv_reader *reader = csv_reader_new(compare, &wanted, 0);
	struct error err = { 0 };
	struct buf buf;
	size_t i;
	json_t *string;

	(void)state;
	wanted.strings = json_keep(arena,
		json_load_file(arena_printf(arena, "%s/naughty-strings.json",
					    getenv("FAIRLEAD_TEST_DATA")), 0, NULL));
	assert_true(json_array_size(wanted.strings) > 480);
	buf_init(&buf, arena, 1u << 20);
	buf_add_csv_row(&buf, header, 2);
	json_array_foreach(wanted.strings, i, string) {
		const char *cells[] = { "x", json_string_value(string) };

		buf_add_csv_row(&buf, cells, 2);
	}
	assert_int_equal(csv_reader_add(reader, buf_text(&buf), buf.len, &err), 0);
	if (csv_reader_end(reader, &err) < 0)
		fail_msg("%s", err.message);
	assert_int_equal(wanted.seen, json_array_size(wanted.strings));
	csv_reader_free(reader);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formulas_are_guarded),
		cmocka_unit_test(excels_own_mark_is_taken_off),
		cmocka_unit_test(rows_are_quoted),
		cmocka_unit_test(naughty_strings_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
