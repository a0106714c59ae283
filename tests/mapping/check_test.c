#include "../support/check.h"

#include "base/arena.h"
#include "mapping/check.h"

#define TEXT(t) { VALUE_TEXT, t }
#define NUMBER(t) { VALUE_NUMBER, t }
#define TRUE { VALUE_BOOL, "true" }
#define LIST(t) { VALUE_LIST, t }

static const struct catalog_option colours[] = {
	{ "RED", "Red", false },
	{ "GREEN", "Green leaf", false },
	{ "GREY", "Grey", true },
};

static struct catalog_field field_of(enum catalog_type type)
{
	return (struct catalog_field){
		.name = "f__c",
		.label = "Field",
		.type = type,
		.length = 12,
		.precision = 5,
		.scale = 2,
		.options = colours,
		.noptions = type == CATALOG_PICKLIST || type == CATALOG_MULTI_PICKLIST ? 3 : 0,
	};
}

/* One value that passes and at least one that is held, for every word of describe. */
static const struct {
	enum catalog_type type;
	struct value given, passed; /* passed absent: held */
	const char *code;
} values[] = {
	{ CATALOG_TEXT, TEXT("twelve chars"), TEXT("twelve chars"), NULL },
	{ CATALOG_TEXT, TEXT("thirteen char"), { 0 }, "too_long" },
	{ CATALOG_TEXT, TEXT("åäöåäöåäöåäö"), TEXT("åäöåäöåäöåäö"), NULL },
	{ CATALOG_TEXT, NUMBER("5"), TEXT("5"), NULL },
	{ CATALOG_TEXT, TRUE, TEXT("true"), NULL },
	{ CATALOG_TEXT, LIST("[\"a\"]"), TEXT("a"), NULL },
	{ CATALOG_TEXT, LIST("[\"a\",\"b\"]"), { 0 }, "several_values" },
	{ CATALOG_TEXTAREA, TEXT("a\nb"), TEXT("a\nb"), NULL },
	{ CATALOG_TEXTAREA, TEXT("one\ntwo\nthree"), { 0 }, "too_long" },
	{ CATALOG_EMAIL, TEXT("ada@x.org"), TEXT("ada@x.org"), NULL },
	{ CATALOG_EMAIL, TEXT("ada at x.org"), { 0 }, "not_email" },
	{ CATALOG_EMAIL, TEXT("ada@xorg"), { 0 }, "not_email" },
	{ CATALOG_EMAIL, TEXT("adaada@xx.org"), { 0 }, "too_long" },
	{ CATALOG_PHONE, TEXT("+14155552671"), TEXT("+14155552671"), NULL },
	{ CATALOG_PHONE, TEXT("call me"), { 0 }, "not_phone" },
	{ CATALOG_PHONE, NUMBER("14155552671"), TEXT("14155552671"), NULL },
	{ CATALOG_PHONE, TRUE, { 0 }, "not_phone" },
	{ CATALOG_URL, TEXT("x.example"), TEXT("x.example"), NULL },
	{ CATALOG_URL, TEXT("my page"), { 0 }, "not_url" },
	{ CATALOG_URL, TEXT("page"), { 0 }, "not_url" },
	{ CATALOG_INTEGER, TEXT("5"), NUMBER("5"), NULL },
	{ CATALOG_INTEGER, NUMBER("5.0"), NUMBER("5"), NULL },
	{ CATALOG_INTEGER, TRUE, { 0 }, "not_number" },
	{ CATALOG_INTEGER, NUMBER("5.5"), { 0 }, "not_whole" },
	{ CATALOG_INTEGER, TEXT("five"), { 0 }, "not_number" },
	{ CATALOG_INTEGER, NUMBER("1234567890123456789"), { 0 }, "too_many_digits" },
	{ CATALOG_INTEGER, LIST("[\"1\",\"2\"]"), { 0 }, "several_values" },
	{ CATALOG_NUMBER, TEXT("123.45"), NUMBER("123.45"), NULL },
	{ CATALOG_NUMBER, NUMBER("1234"), { 0 }, "too_many_digits" },
	{ CATALOG_NUMBER, NUMBER("1.234"), { 0 }, "too_many_decimals" },
	{ CATALOG_NUMBER, TEXT("1,5"), { 0 }, "not_number" },
	{ CATALOG_BOOLEAN, TRUE, TRUE, NULL },
	{ CATALOG_BOOLEAN, TEXT("True"), TRUE, NULL },
	{ CATALOG_BOOLEAN, TEXT("yes"), { 0 }, "not_boolean" },
	{ CATALOG_BOOLEAN, NUMBER("1"), { 0 }, "not_boolean" },
	{ CATALOG_DATE, TEXT("2026-03-02"), TEXT("2026-03-02"), NULL },
	{ CATALOG_DATE, TEXT("2026-02-30"), { 0 }, "not_date" },
	{ CATALOG_DATE, TEXT("2026-03-02T09:14:07Z"), { 0 }, "not_date" },
	{ CATALOG_DATE, TEXT("02/03/2026"), { 0 }, "not_date" },
	{ CATALOG_DATETIME, TEXT("2026-03-02T14:44:07+05:30"),
	  TEXT("2026-03-02T14:44:07+05:30"), NULL },
	{ CATALOG_DATETIME, TEXT("1769000000123"), TEXT("2026-01-21T12:53:20.123Z"), NULL },
	{ CATALOG_DATETIME, TEXT("2026-03-02"), { 0 }, "not_datetime" },
	{ CATALOG_TIME, TEXT("10:30"), TEXT("10:30"), NULL },
	{ CATALOG_TIME, TEXT("10:30:15.123Z"), TEXT("10:30:15.123Z"), NULL },
	{ CATALOG_TIME, TEXT("25:00"), { 0 }, "not_time" },
	{ CATALOG_TIME, TEXT("half past ten"), { 0 }, "not_time" },
	{ CATALOG_PICKLIST, TEXT("RED"), TEXT("RED"), NULL },
	{ CATALOG_PICKLIST, TEXT("red"), { 0 }, "not_in_list" },
	{ CATALOG_PICKLIST, TEXT("BLUE"), { 0 }, "not_in_list" },
	{ CATALOG_PICKLIST, TEXT("GREY"), { 0 }, "not_in_list" },
	{ CATALOG_PICKLIST, LIST("[\"RED\",\"GREEN\"]"), { 0 }, "several_values" },
	{ CATALOG_MULTI_PICKLIST, LIST("[\"RED\",\"GREEN\"]"), LIST("[\"RED\",\"GREEN\"]"), NULL },
	{ CATALOG_MULTI_PICKLIST, TEXT(";RED;GREEN"), TEXT(";RED;GREEN"), NULL },
	{ CATALOG_MULTI_PICKLIST, TEXT("RED;BLUE"), { 0 }, "not_in_list" },
	{ CATALOG_MULTI_PICKLIST, LIST("[\"RED\",\"GREEN\",\"RED\"]"), { 0 }, "too_long" },
	{ CATALOG_REFERENCE, TEXT("0055g00AAA"), TEXT("0055g00AAA"), NULL },
	{ CATALOG_REFERENCE, TEXT("Ada Byron"), { 0 }, "not_reference" },
	{ CATALOG_REFERENCE, TEXT("0055g0000000AAA"), { 0 }, "too_long" },
	{ CATALOG_ANY, TEXT("anything"), TEXT("anything"), NULL },
	{ CATALOG_ANY, LIST("[\"a\",\"b\"]"), LIST("[\"a\",\"b\"]"), NULL },
	{ CATALOG_ANY, TEXT("anything long"), { 0 }, "too_long" },
};

static void each_type_passes_some_and_holds_others(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		struct catalog_field field = field_of(values[i].type);
		struct problem why = { 0 };
		struct value out;
		int rc = check_value(arena, &field, values[i].given, &out, &why);

		if (rc != (values[i].code ? -1 : 0))
			fail_msg("%s \"%s\": %d %s", catalog_type_name(values[i].type),
				 values[i].given.text, rc, why.message);
		if (rc == 0 && !value_equal(out, values[i].passed))
			fail_msg("%s \"%s\" became \"%s\"", catalog_type_name(values[i].type),
				 values[i].given.text, out.text);
		if (rc < 0) {
			assert_string_equal(why.code, values[i].code);
			assert_string_equal(why.field, "f__c");
			assert_memory_equal(why.message, "Field: ", 7);
			assert_true(strlen(why.instruction) > 10);
		}
	}
	arena_free(arena);
}

static void every_type_word_is_in_the_table(void **state)
{
	(void)state;
	for (int type = CATALOG_TEXT; type <= CATALOG_ANY; type++) {
		int passed = 0, held = 0;

		for (size_t i = 0; i < ARRAY_LEN(values); i++) {
			passed += values[i].type == (enum catalog_type)type && !values[i].code;
			held += values[i].type == (enum catalog_type)type && values[i].code;
		}
		if (!passed || !held)
			fail_msg("%s", catalog_type_name((enum catalog_type)type));
	}
}

static void refusals_say_what_to_do(void **state)
{
	static const struct {
		enum catalog_type type;
		struct value value;
		const char *message, *instruction;
	} refusals[] = {
		{ CATALOG_TEXT, TEXT("thirteen char"),
		  "Field: 13 characters, but the field takes 12",
		  "shorten it, or add {truncate: 12} to the line of the mapping" },
		{ CATALOG_PICKLIST, TEXT("Green Leaf"),
		  "Field: \"Green Leaf\" is not one of its values",
		  "did you mean \"GREEN\"? add a lookup to the line of the mapping, or the value "
		  "to the list in the CRM" },
		{ CATALOG_PICKLIST, TEXT("something else"),
		  "Field: \"something else\" is not one of its values",
		  "add a lookup to the line of the mapping, or the value to the list in the CRM" },
		{ CATALOG_PICKLIST, TEXT("GREY"),
		  "Field: \"GREY\" is hidden in the CRM and kept for old records only",
		  "give another value in a lookup, or show this one again in the CRM" },
		{ CATALOG_NUMBER, NUMBER("1.234"),
		  "Field: 3 digits behind the point, but the field takes 2",
		  "add {number: {scale: 2}} to the line of the mapping to round it" },
		{ CATALOG_INTEGER, TRUE, "Field: a number, but yes or no was given",
		  "choose a yes/no field of the CRM, or add a lookup {table: {\"true\": 1, "
		  "\"false\": 0}}" },
		{ CATALOG_TEXT, LIST("[\"a\",\"b\"]"),
		  "Field: holds one value, but 2 were given",
		  "add {multi_select: {}} or {join: ...} to the line of the mapping, or choose a "
		  "field of the CRM that takes several values" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct catalog_field field = field_of(refusals[i].type);
		struct problem why;
		struct value out;

		assert_int_equal(check_value(arena, &field, refusals[i].value, &out, &why), -1);
		assert_string_equal(why.message, refusals[i].message);
		assert_string_equal(why.instruction, refusals[i].instruction);
	}
	arena_free(arena);
}

static void personal_values_are_not_quoted(void **state)
{
	static const enum catalog_type types[] = {
		CATALOG_TEXT, CATALOG_EMAIL, CATALOG_PHONE, CATALOG_URL, CATALOG_INTEGER,
		CATALOG_NUMBER, CATALOG_BOOLEAN, CATALOG_DATE, CATALOG_DATETIME, CATALOG_TIME,
		CATALOG_REFERENCE, CATALOG_ANY,
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct catalog_field field = field_of(types[i]);
		struct problem why;
		struct value out;

		assert_int_equal(check_value(arena, &field, value_text("Zaphod Beeblebrox"),
					     &out, &why), -1);
		assert_null(strstr(why.message, "Zaphod"));
		assert_null(strstr(why.instruction, "Zaphod"));
	}
	arena_free(arena);
}

static void open_and_unknown_lists_take_any_text(void **state)
{
	struct arena *arena = arena_new();
	struct catalog_field field = field_of(CATALOG_PICKLIST);
	struct problem why;
	struct value out;

	(void)state;
	field.has_open_options = true;
	assert_int_equal(check_value(arena, &field, value_text("BLUE"), &out, &why), 0);
	field.has_open_options = false;
	field.noptions = 0;
	assert_int_equal(check_value(arena, &field, value_text("BLUE"), &out, &why), 0);
	assert_string_equal(out.text, "BLUE");
	arena_free(arena);
}

static void nothing_passes_as_null(void **state)
{
	static const struct value nothing[] = { { 0 }, { VALUE_NULL, NULL }, TEXT(""),
						TEXT(" "), LIST("[]") };
	struct arena *arena = arena_new();

	(void)state;
	for (int type = CATALOG_TEXT; type <= CATALOG_ANY; type++)
		for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
			struct catalog_field field = field_of((enum catalog_type)type);
			struct problem why;
			struct value out;

			assert_int_equal(check_value(arena, &field, nothing[i], &out, &why), 0);
			assert_int_equal(out.type, VALUE_NULL);
		}
	arena_free(arena);
}

static void without_figures_nothing_is_counted(void **state)
{
	struct arena *arena = arena_new();
	struct catalog_field field = { .name = "f", .type = CATALOG_NUMBER };
	struct problem why;
	struct value out;

	(void)state;
	assert_int_equal(check_value(arena, &field, value_text("123456789.123456"), &out, &why),
			 0);
	assert_string_equal(out.text, "123456789.123456");
	field.type = CATALOG_TEXT;
	assert_int_equal(check_value(arena, &field,
				     value_text("as long as it pleases anybody to write"), &out,
				     &why), 0);
	assert_string_equal(check_label(&field), "f");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_passes_some_and_holds_others),
		cmocka_unit_test(every_type_word_is_in_the_table),
		cmocka_unit_test(refusals_say_what_to_do),
		cmocka_unit_test(personal_values_are_not_quoted),
		cmocka_unit_test(open_and_unknown_lists_take_any_text),
		cmocka_unit_test(nothing_passes_as_null),
		cmocka_unit_test(without_figures_nothing_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
