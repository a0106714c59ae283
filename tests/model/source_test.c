/* source_test.c - the words of sources. */
#include "../support/check.h"

#include "model/source.h"

static void words_lead_there_and_back(void **state)
{
	enum source_kind kind;
	enum trust trust;
	enum lane lane;

	(void)state;
	for (int i = SOURCE_API; i <= SOURCE_FILE; i++) {
		assert_true(source_kind_parse(source_kind_name((enum source_kind)i), &kind));
		assert_int_equal(kind, i);
	}
	for (int i = TRUST_TRUSTED; i <= TRUST_PUBLIC; i++) {
		assert_true(trust_parse(trust_name((enum trust)i), &trust));
		assert_int_equal(trust, i);
	}
	for (int i = LANE_HOT; i <= LANE_BULK; i++) {
		assert_true(lane_parse(lane_name((enum lane)i), &lane));
		assert_int_equal(lane, i);
	}
	assert_string_equal(source_kind_name(SOURCE_FORM), "form");
	assert_string_equal(trust_name(TRUST_PUBLIC), "public");
	assert_string_equal(lane_name(LANE_BULK), "bulk");
}

static void other_words_are_refused_and_change_nothing(void **state)
{
	enum source_kind kind = SOURCE_FILE;
	enum trust trust = TRUST_PUBLIC;
	enum lane lane = LANE_BULK;

	(void)state;
	assert_false(source_kind_parse("API", &kind));
	assert_false(source_kind_parse(NULL, &kind));
	assert_false(trust_parse("", &trust));
	assert_false(lane_parse("warm", &lane));
	assert_int_equal(kind, SOURCE_FILE);
	assert_int_equal(trust, TRUST_PUBLIC);
	assert_int_equal(lane, LANE_BULK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_lead_there_and_back),
		cmocka_unit_test(other_words_are_refused_and_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
