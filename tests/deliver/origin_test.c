#include "../support/check.h"

#include "deliver/origin.h"

static const struct {
	const char *origins, *url;
	bool is_allowed;
} rows[] = {
	{ "https://api.x.org:443", "https://api.x.org/v1", true },
	{ "https://api.x.org:443", "https://API.x.org:443/v1", true },
	{ "https://a.org:443 https://b.org:443", "https://b.org/", true },
	{ "https://api.x.org:443", "http://api.x.org/v1", false },
	{ "https://api.x.org:443", "https://api.x.org:8443/v1", false },
	{ "https://api.x.org:443", "https://api.x.org.evil.org/", false },
	{ "https://api.x.org:443", "https://evil.org/?https://api.x.org:443", false },
	{ "https://api.x.org:443", "https://user@api.x.org/", false },
	{ "https://api.x.org:443", "nonsense", false },
	{ "", "https://api.x.org/", false },
	{ "", "nonsense", false },
};

static void a_secret_goes_only_where_it_was_given_for(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (origin_allowed(arena, rows[i].origins, rows[i].url) != rows[i].is_allowed)
			fail_msg("row %zu: %s", i, rows[i].url);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_goes_only_where_it_was_given_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
