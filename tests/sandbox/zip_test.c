/* zip_test.c - tests src/sandbox/zip.c. */
#include "../support/check.h"

#include "base/arena.h"
#include "base/encode.h"
#include "sandbox/zip.h"

struct unpacked {
	enum zip_verdict verdict;
	const char *name, *text;
	size_t len;
};

static struct unpacked unpack(struct arena *arena, const void *bytes, size_t len, size_t max)
{
	struct unpacked unpacked = { 0 };

	unpacked.verdict = zip_read(arena, bytes, len, max, &unpacked.name, &unpacked.text,
				    &unpacked.len);
	return unpacked;
}

static void what_was_packed_is_unpacked(void **state)
{
	struct arena *arena = arena_new();
	struct unpacked unpacked;
	const void *bytes;
	size_t len;

	(void)state;
	bytes = zip_write(arena, "rows.csv", "a,b\n1,2\n", 8, &len);
	assert_non_null(bytes);
	unpacked = unpack(arena, bytes, len, 8);
	assert_int_equal(unpacked.verdict, ZIP_READ);
	assert_string_equal(unpacked.name, "rows.csv");
	assert_string_equal(unpacked.text, "a,b\n1,2\n");
	assert_int_equal(unpacked.len, 8);
	bytes = zip_write(arena, "none.csv", "", 0, &len);
	assert_int_equal(unpack(arena, bytes, len, 8).verdict, ZIP_READ);
	arena_free(arena);
}

/* However small the archive, what comes out of it is counted. */
static void more_than_the_maximum_is_not_unpacked(void **state)
{
	struct arena *arena = arena_new();
	size_t size = 4u << 20, len;
	char *zeros = arena_alloc(arena, size);
	const void *bytes;

	(void)state;
	bytes = zip_write(arena, "zeros.csv", zeros, size, &len);
	assert_true(len < 8192);
	assert_int_equal(unpack(arena, bytes, len, size - 1).verdict, ZIP_TOO_LARGE);
	assert_int_equal(unpack(arena, bytes, len, size).verdict, ZIP_READ);
	arena_free(arena);
}

static void what_is_cut_or_changed_is_none(void **state)
{
	struct arena *arena = arena_new();
	const char text[] = "first,second\none,two\n";
	size_t len;
	const unsigned char *bytes = zip_write(arena, "rows.csv", text, sizeof(text) - 1, &len);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_not_equal(unpack(arena, bytes, cut, 100).verdict, ZIP_READ);
	/* A bit of the file itself: its checksum tells. */
	for (size_t at = 38; at < 38 + 8; at++) {
		unsigned char *changed = arena_memdup(arena, bytes, len);

		changed[at] ^= 0x10;
		assert_int_not_equal(unpack(arena, changed, len, 100).verdict, ZIP_READ);
	}
	assert_int_equal(unpack(arena, "name,city\n", 10, 100).verdict, ZIP_IS_NONE);
	arena_free(arena);
}

/* Made by another program: two files, and one in a folder. */
static void the_file_is_the_only_one(void **state)
{
	static const char two[] =
		"UEsDBBQAAAAAAAAAIQAHoerdAgAAAAIAAAAFAAAAYS5jc3ZhClBLAwQUAAAAAAAAACEAxPLH9gIAAAACAAAA"
		"BQAAAGIuY3N2YgpQSwECFAMUAAAAAAAAACEAB6Hq3QIAAAACAAAABQAAAAAAAAAAAAAAgAEAAAAAYS5jc3ZQ"
		"SwECFAMUAAAAAAAAACEAxPLH9gIAAAACAAAABQAAAAAAAAAAAAAAgAElAAAAYi5jc3ZQSwUGAAAAAAIAAgBm"
		"AAAASgAAAAAA";
	struct arena *arena = arena_new();
	unsigned char *bytes;
	const void *folder;
	size_t len;

	(void)state;
	assert_int_equal(base64_decode(arena, two, &bytes, &len, NULL), 0);
	assert_int_equal(unpack(arena, bytes, len, 100).verdict, ZIP_NOT_ALONE);
	folder = zip_write(arena, "in/a.csv", "a\n", 2, &len);
	assert_string_equal(unpack(arena, folder, len, 100).name, "a.csv");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_is_unpacked),
		cmocka_unit_test(more_than_the_maximum_is_not_unpacked),
		cmocka_unit_test(what_is_cut_or_changed_is_none),
		cmocka_unit_test(the_file_is_the_only_one),
	};

	return cmocka_run_group_tests_name("sandbox/zip", tests, NULL, NULL);
}
