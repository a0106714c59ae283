#include "../support/check.h"

#include "base/clock.h"
#include "base/http_message.h"
#include "base/text.h"

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

static void headers_are_found_in_any_case(void **state)
{
	struct http_headers headers = { 0 };

	(void)state;
	assert_true(http_header_add(&headers, "X-A", "1"));
	assert_true(http_header_add(&headers, "x-a", "2"));
	assert_true(http_header_add(&headers, "X-Empty", ""));
	assert_string_equal(http_header_find(&headers, "x-A"), "1");
	assert_string_equal(http_header_find(&headers, "X-EMPTY"), "");
	assert_null(http_header_find(&headers, "X"));
	assert_int_equal(headers.count, 3);
}

static void headers_that_would_break_lines_are_refused(void **state)
{
	static const struct {
		const char *name, *value;
		bool is_valid;
	} cases[] = {
		{ "X-A", "a b\tc", true },
		{ "!#$%&'*+-.^_`|~09azAZ", "x", true },
		{ "X-A", "\xc3\xa4", true },
		{ "", "x", false },
		{ NULL, "x", false },
		{ "X-A", NULL, false },
		{ "X A", "x", false },
		{ "X:A", "x", false },
		{ "X\r\nB", "x", false },
		{ "X\xc3\xa4", "x", false },
		{ "X-A", "a\r\nX-B: c", false },
		{ "X-A", "a\nb", false },
		{ "X-A", "a\rb", false },
		{ "X-A", "a\x01", false },
		{ "X-A", "a\x7f", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_headers headers = { 0 };

		if (http_header_is_valid(cases[i].name, cases[i].value) != cases[i].is_valid ||
		    http_header_add(&headers, cases[i].name, cases[i].value) !=
			    cases[i].is_valid)
			fail_msg("case %zu", i);
		assert_int_equal(headers.count, cases[i].is_valid);
	}
}

static void headers_have_a_limit(void **state)
{
	struct http_headers headers = { 0 };

	(void)state;
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		assert_true(http_header_add(&headers, "X", "1"));
	assert_false(http_header_add(&headers, "X", "1"));
	assert_int_equal(headers.count, HTTP_HEADERS_MAX);
}

#define TUESDAY INT64_C(1770112800000) /* 2026-02-03T10:00:00Z */

static void retry_after_is_read_in_both_forms(void **state)
{
	static const struct {
		const char *value;
		int64_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "1", 1000 },
		{ "120", 120000 },
		{ "86400", CLOCK_DAY },
		{ "86401", CLOCK_DAY },
		{ "99999999999999999999999", CLOCK_DAY },
		{ "-1", 0 },
		{ "-9223372036854775808", 0 },
		{ "+5", 0 },
		{ "1.5", 0 },
		{ "", 0 },
		{ "soon", 0 },
		{ "Tue, 03 Feb 2026 10:00:30 GMT", 30000 },
		{ "Tue, 03 Feb 2026 10:00:00 GMT", 0 },
		{ "Mon, 02 Feb 2026 10:00:00 GMT", 0 },
		{ "Thu, 05 Feb 2026 10:00:00 GMT", CLOCK_DAY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_headers headers = { 0 };
		int64_t ms;

		http_header_add(&headers, "retry-after", cases[i].value);
		ms = http_retry_after(&headers, TUESDAY);
		if (ms != cases[i].ms)
			fail_msg("%s: %lld", cases[i].value, (long long)ms);
	}
	assert_int_equal(http_retry_after(&(struct http_headers){ 0 }, TUESDAY), 0);
}

static void dates_are_read_and_written(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "Tue, 03 Feb 2026 10:00:00 GMT", TUESDAY },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", 0 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", INT64_C(784111777000) },
		{ "Wed, 31 Dec 1969 23:59:59 GMT", -1000 },
		{ "Thu, 29 Feb 2024 23:59:59 GMT", INT64_C(1709251199000) },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", INT64_C(253402300799000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[HTTP_DATE_SIZE];
		int64_t ms;

		assert_true(http_date_parse(cases[i].text, &ms));
		assert_int_equal(ms, cases[i].ms);
		http_date_format(cases[i].ms + 999, text);
		assert_string_equal(text, cases[i].text);
	}
}

static void what_is_no_date_is_not_read(void **state)
{
	static const char *const texts[] = {
		"",
		"Tue",
		"Tue, 03 Feb 2026 10:00:00",
		"Tue, 03 Feb 2026 10:00:00 UTC",
		"Tue, 03 Feb 2026 10:00:00 GMT ",
		" Tue, 03 Feb 2026 10:00:00 GMT",
		"Tue, 3 Feb 2026 10:00:00 GMT",
		"Tue,  3 Feb 2026 10:00:00 GMT",
		"Tue, -3 Feb 2026 10:00:00 GMT",
		"Tue, 30 Feb 2026 10:00:00 GMT",
		"Tue, 29 Feb 2025 10:00:00 GMT",
		"Tue, 00 Feb 2026 10:00:00 GMT",
		"Tue, 32 Jan 2026 10:00:00 GMT",
		"Tue, 03 Fub 2026 10:00:00 GMT",
		"Tue, 03 anF 2026 10:00:00 GMT",
		"Tue, 03 Feb +026 10:00:00 GMT",
		"Tue, 03 Feb 2026 24:00:00 GMT",
		"Tue, 03 Feb 2026 10:60:00 GMT",
		"Tue, 03 Feb 2026 10:00:61 GMT",
		"Tue, 03 Feb 2026 10:00 00 GMT",
		"Tuesday, 03-Feb-26 10:00:00 GMT",
		"Tue Feb  3 10:00:00 2026",
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (http_date_parse(texts[i], &ms))
			fail_msg("%s was read", texts[i]);
}

static void escapes_are_decoded(void **state)
{
	static const struct {
		const char *text;
		bool plus_is_blank;
		const char *decoded; /* NULL: refused */
	} cases[] = {
		{ "", false, "" },
		{ "a%20b", false, "a b" },
		{ "a+b", false, "a+b" },
		{ "a+b%2B", true, "a b+" },
		{ "%41%5a%5A", false, "AZZ" },
		{ "%c3%A4", false, "\xc3\xa4" },
		{ "%", false, NULL },
		{ "%4", false, NULL },
		{ "%4g", false, NULL },
		{ "%g4", false, NULL },
		{ "a%00b", false, NULL },
		{ "%ff", false, NULL },
		{ "\xff", false, NULL },
		{ "%c3", false, NULL },
		{ "%25%32%35", false, "%25" }, /* once */
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *decoded = url_decode(*state, cases[i].text, strlen(cases[i].text),
					   cases[i].plus_is_blank);

		if (!text_equal(decoded, cases[i].decoded))
			fail_msg("%s: %s", cases[i].text, decoded ? decoded : "refused");
	}
	assert_string_equal(url_decode(*state, "a%20b%20c", 5, false), "a b");
	assert_null(url_decode(*state, "a%20", 3, false));
}

static void query_values_are_found(void **state)
{
	static const struct {
		const char *query, *name, *value;
	} cases[] = {
		{ "a=1&b=2", "a", "1" },
		{ "a=1&b=2", "b", "2" },
		{ "a=1&b=2", "c", NULL },
		{ "a=1&a=2", "a", "1" },
		{ "aa=1&a=2", "a", "2" },
		{ "a", "a", "" },
		{ "a=", "a", "" },
		{ "a=b=c", "a", "b=c" },
		{ "&&a=1&", "a", "1" },
		{ "x%20y=1+2%2b", "x y", "1 2+" },
		{ "a=%zz&b=1", "a", NULL },
		{ "a=%zz&b=1", "b", "1" },
		{ "%zz=1&b=1", "b", "1" },
		{ "", "a", NULL },
		{ NULL, "a", NULL },
		{ "=1", "", "1" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *value = url_query_find(*state, cases[i].query, cases[i].name);

		if (!text_equal(value, cases[i].value))
			fail_msg("%s of %s: %s", cases[i].name,
				 cases[i].query ? cases[i].query : "-", value ? value : "none");
	}
}

static void urls_are_cut(void **state)
{
	static const struct {
		const char *text, *scheme, *host, *target;
		int port;
	} cases[] = {
		{ "https://api.example.org", "https", "api.example.org", "/", 443 },
		{ "HTTP://API.Example.Org/A?b=C", "http", "api.example.org", "/A?b=C", 80 },
		{ "https://x:8443/", "https", "x", "/", 8443 },
		{ "https://x?q=1", "https", "x", "/?q=1", 443 },
		{ "https://x:1?q=/", "https", "x", "/?q=/", 1 },
		{ "https://x:65535/a:b@c", "https", "x", "/a:b@c", 65535 },
		{ "http://[::1]", "http", "[::1]", "/", 80 },
		{ "http://[FE80::1]:81/x", "http", "[fe80::1]", "/x", 81 },
		{ "http://[::ffff:10.0.0.1]/", "http", "[::ffff:10.0.0.1]", "/", 80 },
		{ "http://127.1/", "http", "127.1", "/", 80 },
		{ "https://a_b-c.example./", "https", "a_b-c.example.", "/", 443 },
		{ "https://x/http://y", "https", "x", "/http://y", 443 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct url url;

		if (!url_parse(*state, cases[i].text, &url))
			fail_msg("%s was not read", cases[i].text);
		assert_string_equal(url.scheme, cases[i].scheme);
		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.target, cases[i].target);
		assert_int_equal(url.port, cases[i].port);
	}
}

static void what_could_be_read_in_two_ways_is_no_url(void **state)
{
	static const char *const texts[] = {
		"",
		"x",
		"/x",
		"//x/",
		"x://y",
		"ftp://x/",
		"https:/x",
		"https://",
		"https:///x",
		"https://?x",
		"https://:80/",
		"https://x:/",
		"https://x:0/",
		"https://x:65536/",
		"https://x:-1/",
		"https://x:+80/",
		"https://x:8 0/",
		"https://x:80:80/",
		"https://x:000080/",
		"https://u@x/",
		"https://u:p@x/",
		"https://x#f",
		"https://x/#f",
		"https://x/a b",
		"https://x/\t",
		"https://x/\n",
		"https://x\\@y/",
		"https://x/\\y",
		"https://x/\xc3\xa4",
		"https://\xc3\xa4.example/",
		"https://x%2ey/",
		"https://x,y/",
		"https://[::1/",
		"https://[]/",
		"https://[::1]x/",
		"https://[::1]:/",
		"https://[fe80::1%25lo]/",
		"https://[x]/",
		"https://::1/",
		" https://x/",
		"https ://x/",
		"foo?https://x/",
	};
	struct url url;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (url_parse(*state, texts[i], &url))
			fail_msg("%s was read", texts[i]);
}

static void host_has_a_limit(void **state)
{
	char text[400] = "https://";
	struct url url;

	memset(text + 8, 'x', 253);
	assert_true(url_parse(*state, text, &url));
	assert_int_equal(strlen(url.host), 253);
	memset(text + 8, 'x', 254);
	assert_false(url_parse(*state, text, &url));
}

static void statuses_have_reasons(void **state)
{
	(void)state;
	assert_string_equal(http_reason(200), "OK");
	assert_string_equal(http_reason(422), "Unprocessable Content");
	assert_string_equal(http_reason(503), "Service Unavailable");
	assert_string_equal(http_reason(299), "Unknown");
	assert_string_equal(http_reason(-1), "Unknown");
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_found_in_any_case),
		cmocka_unit_test(headers_that_would_break_lines_are_refused),
		cmocka_unit_test(headers_have_a_limit),
		cmocka_unit_test(retry_after_is_read_in_both_forms),
		cmocka_unit_test(dates_are_read_and_written),
		cmocka_unit_test(what_is_no_date_is_not_read),
		WITH_ARENA(escapes_are_decoded),
		WITH_ARENA(query_values_are_found),
		WITH_ARENA(urls_are_cut),
		WITH_ARENA(what_could_be_read_in_two_ways_is_no_url),
		WITH_ARENA(host_has_a_limit),
		cmocka_unit_test(statuses_have_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
