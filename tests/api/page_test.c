#include "../support/check.h"

#include "api/page.h"
#include "base/text.h"

static const struct {
	const char *query;
	size_t limit;         /* 0: refused */
	int64_t before;
	const char *code;
} rows[] = {
	{ "", 50, 0, NULL },
	{ "limit=1", 1, 0, NULL },
	{ "limit=1000&other=x", 1000, 0, NULL },
	{ "cursor=0000000000001", 50, 1, NULL },
	{ "cursor=000000000000l", 50, 1, NULL },
	{ "limit=0", 0, 0, "bad_limit" },
	{ "limit=1001", 0, 0, "bad_limit" },
	{ "limit=-5", 0, 0, "bad_limit" },
	{ "limit=", 0, 0, "bad_limit" },
	{ "limit=ten", 0, 0, "bad_limit" },
	{ "limit=99999999999999999999", 0, 0, "bad_limit" },
	{ "cursor=", 0, 0, "bad_cursor" },
	{ "cursor=0000000000000", 0, 0, "bad_cursor" },
	{ "cursor=ZZZZZZZZZZZZZ", 0, 0, "bad_cursor" },
	{ "cursor=00000000000001", 0, 0, "bad_cursor" },
	{ "cursor=%00", 0, 0, "bad_cursor" },
};

static void a_page_is_read_or_refused(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = { 0 };
		const char *code;
		struct page page;
		int rc = page_read(arena, rows[i].query, &page, &code, &err);

		if ((rc == 0) != (rows[i].limit > 0))
			fail_msg("%s: %d %s", rows[i].query, rc, err.message);
		if (rc == 0 && (page.limit != rows[i].limit || page.before != rows[i].before))
			fail_msg("%s: limit %zu before %lld", rows[i].query, page.limit,
				 (long long)page.before);
		if (rc < 0)
			assert_string_equal(code, rows[i].code);
	}
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_read_or_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
