/* condition_test.c - whether the conditions of a rule hold. */
#include "config_support.h"

static const struct {
	struct value given;
	enum condition_op op;
	const char *value; /* JSON with ' for " */
	bool holds;
} cases[] = {
#define T(text) { VALUE_TEXT, text }
#define N(text) { VALUE_NUMBER, text }
#define L(text) { VALUE_LIST, text }
#define NONE { VALUE_ABSENT, NULL }
	{ T("DE"), OP_IS, "'DE'", true },
	{ T("de"), OP_IS, "'DE'", true },
	{ T("DEU"), OP_IS, "'DE'", false },
	{ T("5"), OP_IS, "5", true },
	{ N("5.0"), OP_IS, "5", true },
	{ N("5.1"), OP_IS, "5", false },
	{ { VALUE_BOOL, "true" }, OP_IS, "true", true },
	{ { VALUE_BOOL, "false" }, OP_IS, "true", false },
	{ L("[\"a\",\"B \\\"c\\\"\"]"), OP_IS, "'b \\'c\\''", true },
	{ L("[\"a\",\"b\"]"), OP_IS, "'c'", false },
	{ NONE, OP_IS, "'a'", false },
	{ T(""), OP_IS, "'a'", false },
	{ T("DE"), OP_IS_NOT, "'DE'", false },
	{ T("FR"), OP_IS_NOT, "'DE'", true },
	{ NONE, OP_IS_NOT, "'DE'", true },
	{ L("[\"a\",\"b\"]"), OP_IS_NOT, "'a'", false },
	{ T("at"), OP_IN, "['DE','AT']", true },
	{ T("FR"), OP_IN, "['DE','AT']", false },
	{ N("7.0"), OP_IN, "[6,7]", true },
	{ L("[\"x\",\"at\"]"), OP_IN, "['DE','AT']", true },
	{ NONE, OP_IN, "['DE']", false },
	{ T("Sea View Tower"), OP_CONTAINS, "'view'", true },
	{ T("Sea View Tower"), OP_CONTAINS, "'vue'", false },
	{ L("[\"Sea View\",\"x\"]"), OP_CONTAINS, "'view'", true },
	{ T("+4930123"), OP_STARTS, "'+49'", true },
	{ T("030123"), OP_STARTS, "'+49'", false },
	{ T("+4"), OP_STARTS, "'+49'", false },
	{ T("Berlin"), OP_STARTS, "'bER'", true },
	{ T("x"), OP_EXISTS, NULL, true },
	{ N("0"), OP_EXISTS, NULL, true },
	{ T(""), OP_EXISTS, NULL, false },
	{ NONE, OP_EXISTS, NULL, false },
	{ { VALUE_NULL, NULL }, OP_MISSING, NULL, true },
	{ L("[]"), OP_MISSING, NULL, true },
	{ T("x"), OP_MISSING, NULL, false },
	{ N("10"), OP_MORE, "9.5", true },
	{ T("10"), OP_MORE, "9.5", true },
	{ N("10"), OP_MORE, "10", false },
	{ T("many"), OP_MORE, "1", false },
	{ T("10 years"), OP_MORE, "1", false },
	{ T("infinity"), OP_MORE, "1", false },
	{ T("0x20"), OP_MORE, "1", false },
	{ T(""), OP_LESS, "1", false },
	{ NONE, OP_LESS, "1", false },
	{ N("-3"), OP_LESS, "1", true },
	{ N("1e2"), OP_LESS, "101", true },
};

static struct value value_of(void *context, const char *field)
{
	assert_string_equal(field, "custom.x");
	return *(struct value *)context;
}

static struct condition read_condition(struct arena *arena, enum condition_op op,
				       const char *value)
{
	struct config c;

	build_well(arena,
		   arena_printf(arena,
				"{'version':1,'score':[{'name':'s','points':1,'when':"
				"{'field':'custom.x','op':'%s'%s%s}}]}",
				condition_op_name(op), value ? ",'value':" : "",
				value ? value : ""),
		   &c);
	return c.score[0].when[0];
}

static void a_condition_holds_or_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		struct condition when = read_condition(arena, cases[i].op, cases[i].value);
		struct value given = cases[i].given;

		if (conditions_hold(&when, 1, value_of, &given) != cases[i].holds)
			fail_msg("\"%s\" %s %s must %shold", given.text,
				 condition_op_name(when.op), cases[i].value,
				 cases[i].holds ? "" : "not ");
		arena_free(arena);
	}
}

static void all_conditions_must_hold(void **state)
{
	struct value given = T("abc");
	const struct condition when[] = {
		{ "custom.x", OP_STARTS, value_text("a"), NULL, 0 },
		{ "custom.x", OP_CONTAINS, value_text("c"), NULL, 0 },
		{ "custom.x", OP_CONTAINS, value_text("d"), NULL, 0 },
	};

	(void)state;
	assert_true(conditions_hold(when, 0, value_of, &given));
	assert_true(conditions_hold(when, 2, value_of, &given));
	assert_false(conditions_hold(when, 3, value_of, &given));
}

static void a_list_made_by_hand_is_compared_too(void **state)
{
	struct condition when = { "custom.x", OP_IN, L("[\"a\",\"b\"]"), NULL, 0 };
	struct value given = T("B"), other = T("c");

	(void)state;
	assert_true(conditions_hold(&when, 1, value_of, &given));
	assert_false(conditions_hold(&when, 1, value_of, &other));
}

static void words_lead_there_and_back(void **state)
{
	enum condition_op op;

	(void)state;
	for (int i = OP_IS; i <= OP_LESS; i++) {
		assert_true(condition_op_parse(condition_op_name((enum condition_op)i), &op));
		assert_int_equal(op, i);
	}
	assert_false(condition_op_parse("equals", &op));
	assert_false(condition_op_parse(NULL, &op));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_condition_holds_or_not),
		cmocka_unit_test(all_conditions_must_hold),
		cmocka_unit_test(a_list_made_by_hand_is_compared_too),
		cmocka_unit_test(words_lead_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
