#include "fixture.h"

#include "text/unicode.h"

#define TEXT(t) { VALUE_TEXT, t }
#define NUMBER(t) { VALUE_NUMBER, t }
#define TRUE { VALUE_BOOL, "true" }
#define FALSE { VALUE_BOOL, "false" }
#define LIST(t) { VALUE_LIST, t }
#define NONE { VALUE_ABSENT, NULL }

static struct chain chain_of(struct arena *arena, const char *via, bool reads_back)
{
	struct problems problems = { 0 };
	struct chain chain;

	if (chain_compile(arena, json_of(arena, via), "f", reads_back, &chain, &problems) < 0)
		fail_msg("%s: %s: %s", via, problems.items[0].field,
			 problems.items[0].message);
	return chain;
}

static const struct lead_field lead[] = {
	{ .name = "first_name", .value = TEXT("Ada"), .at = 10 },
	{ .name = "last_name", .value = TEXT("Lovelace"), .at = 30, .writer = WRITER_PERSON },
	{ .name = "city", .value = TEXT(""), .at = 90 },
	{ .name = "custom.tags", .value = LIST("[\"a\",\"b\"]"), .at = 20 },
	{ .name = NULL },
};

struct passage {
	const char *via;
	struct value from, to;
	const char *code; /* of the failure, or NULL */
};

/* Runs both ways by the same table. */
static void run_passages(const struct passage *passages, size_t count, bool is_out)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < count; i++) {
		const struct passage *p = &passages[i];
		struct chain chain = chain_of(arena, p->via, !is_out);
		struct transform_run run = { .arena = arena, .value_of = fixture_value_of,
					     .context = (void *)lead };
		struct problem why = { 0 };
		struct value to;
		int rc = is_out ? chain_out(&chain, &run, p->from, &to, &why) :
				  chain_in(&chain, &run, p->from, &to, &why);

		if (rc != (p->code ? -1 : 0))
			fail_msg("%zu %s \"%s\": %s", i, p->via, p->from.text, why.message);
		if (rc == 0 && !value_equal(to, p->to))
			fail_msg("%zu %s \"%s\" became \"%s\" (%d)", i, p->via, p->from.text,
				 to.text, to.type);
		if (rc < 0) {
			assert_string_equal(why.code, p->code);
			assert_true(strlen(why.message) > 5 && strlen(why.instruction) > 5);
		}
	}
	arena_free(arena);
}

static void values_go_out(void **state)
{
	static const struct passage passages[] = {
		{ "[]", TEXT("a"), TEXT("a"), NULL },
		{ "[\"trim\"]", TEXT(" a b\n"), TEXT("a b"), NULL },
		{ "[\"trim\"]", NUMBER("5"), NUMBER("5"), NULL },
		{ "[\"trim\"]", NONE, NONE, NULL },
		{ "[\"trim\"]", { VALUE_NULL, NULL }, { VALUE_NULL, NULL }, NULL },
		{ "[\"trim\",\"upper\"]", LIST("[\" a\",\"b \"]"), LIST("[\"A\",\"B\"]"), NULL },
		{ "[\"trim\"]", LIST("[\" \",\"b\"]"), LIST("[\"b\"]"), NULL },
		{ "[\"lower\"]", TEXT("ÄB"), TEXT("äb"), NULL },
		{ "[\"title_case\"]", TEXT("ADA BYRON"), TEXT("Ada Byron"), NULL },
		{ "[{\"truncate\":3}]", TEXT("abcdef"), TEXT("abc"), NULL },
		{ "[{\"truncate\":{\"length\":\"3\"}}]", TEXT("ab cd"), TEXT("ab"), NULL },
		{ "[{\"truncate\":3}]", TEXT("ab "), TEXT("ab "), NULL },
		{ "[{\"truncate\":3}]", NUMBER("12345"), NUMBER("12345"), NULL },
		{ "[\"html\"]", TEXT("it's <i>\r\n1 & 2"),
		  TEXT("it&#39;s &lt;i&gt;<br>1 &amp; 2"), NULL },
		{ "[\"html\"]", NUMBER("12345"), NUMBER("12345"), NULL },
		{ "[{\"split_name\":\"first\"}]", TEXT("Ada Byron"), TEXT("Ada"), NULL },
		{ "[{\"split_name\":\"last\"}]", TEXT("Byron, Ada"), TEXT("Byron"), NULL },
		{ "[{\"split_name\":\"last\"}]", TEXT("Ada"), TEXT(""), NULL },
		{ "[{\"split_name\":{\"part\":\"last\",\"one_word\":\"last\"}}]", TEXT("Ada"),
		  TEXT("Ada"), NULL },
		{ "[{\"split_name\":{\"part\":\"first\",\"one_word\":\"last\"}}]", TEXT("Ada"),
		  TEXT(""), NULL },
		{ "[{\"split_name\":\"title\"}]", TEXT("Dr. Ada Byron"), TEXT("Dr."), NULL },
		{ "[{\"split_name\":\"suffix\"}]", TEXT("Sam Byron Jr."), TEXT("Jr."), NULL },
		{ "[{\"join\":[\"first_name\",\"last_name\"]}]", NONE, TEXT("Ada Lovelace"), NULL },
		{ "[{\"join\":{\"fields\":[\"last_name\",\"city\",\"first_name\"],"
		  "\"separator\":\", \"}}]", TEXT("x"), TEXT("Lovelace, Ada"), NULL },
		{ "[{\"join\":[\"city\",\"region\"]}]", NONE, NONE, NULL },
		{ "[{\"join\":\"custom.tags\"}]", NONE, TEXT("a; b"), NULL },
		{ "[{\"template\":\"{first_name} from { city }\"}]", NONE, TEXT("Ada from"), NULL },
		{ "[{\"template\":\"{{{first_name}}}\"}]", NONE, TEXT("{Ada}"), NULL },
		{ "[{\"template\":\"in {city}\"}]", NONE, NONE, NULL },
		{ "[\"e164\"]", TEXT("+919876543210"), TEXT("+919876543210"), NULL },
		{ "[{\"e164\":\"IN\"}]", TEXT("098765 43210"), TEXT("+919876543210"), NULL },
		{ "[\"e164\"]", TEXT("call me"), NONE, "phone_invalid" },
		{ "[\"e164\"]", TEXT("9876543210"), NONE, "phone_invalid" },
		{ "[\"national\"]", TEXT("+14155552671"), TEXT("(415) 555-2671"), NULL },
		{ "[{\"national\":{\"country\":\"IN\",\"form\":\"digits\"}}]",
		  TEXT("+919876543210"), TEXT("9876543210"), NULL },
		{ "[{\"national\":\"IN\"}]", TEXT("+14155552671"), TEXT("+1 415-555-2671"), NULL },
		{ "[{\"national\":\"GB\"}]", TEXT("+447911123456"), TEXT("07911 123456"), NULL },
		{ "[\"national\"]", TEXT("nobody"), NONE, "phone_invalid" },
		{ "[\"date\"]", TEXT("2026-03-02T20:14:07Z"), TEXT("2026-03-02"), NULL },
		{ "[{\"date\":{\"zone\":\"Asia/Kolkata\"}}]", TEXT("2026-03-02T20:14:07Z"),
		  TEXT("2026-03-03"), NULL },
		{ "[{\"date\":\"DD/MM/YYYY\"}]", TEXT("2026-03-02"), TEXT("02/03/2026"), NULL },
		{ "[{\"date\":{\"zone\":\"America/New_York\",\"pattern\":\"D.M.YY\"}}]",
		  TEXT("2026-03-02"), TEXT("2.3.26"), NULL },
		{ "[{\"date\":{\"given\":\"DD/MM/YYYY\"}}]", TEXT("31/12/1990"),
		  TEXT("1990-12-31"), NULL },
		{ "[\"date\"]", TEXT("2026-02-30"), NONE, "not_a_date" },
		{ "[\"date\"]", TEXT("tomorrow"), NONE, "not_a_date" },
		{ "[{\"date\":{\"given\":\"DD/MM/YYYY\"}}]", TEXT("1990-12-31"), NONE,
		  "not_a_date" },
		{ "[\"datetime\"]", TEXT("2026-03-02T20:14:07.213Z"),
		  TEXT("2026-03-02T20:14:07Z"), NULL },
		{ "[{\"datetime\":{\"zone\":\"Asia/Kolkata\"}}]", TEXT("2026-03-02T20:14:07Z"),
		  TEXT("2026-03-03T01:44:07+05:30"), NULL },
		{ "[{\"datetime\":\"epoch_ms\"}]", TEXT("2026-03-02T09:14:07.213Z"),
		  TEXT("1772442847213"), NULL },
		{ "[{\"datetime\":{\"zone\":\"Europe/Berlin\",\"pattern\":\"DD.MM.YYYY HH:mm\"}}]",
		  TEXT("2026-07-01T10:00:00Z"), TEXT("01.07.2026 12:00"), NULL },
		{ "[{\"datetime\":{\"zone\":\"Asia/Kolkata\"}}]", TEXT("2026-03-02"),
		  TEXT("2026-03-02T00:00:00+05:30"), NULL },
		{ "[\"datetime\"]", TEXT("soon"), NONE, "not_a_time" },
		{ "[{\"lookup\":{\"table\":{\"New\":\"NEW\",\"old\":[\"OLD\",\"ANCIENT\"],"
		  "\"x\":null,\"one\":1,\"yes\":true}}}]", TEXT(" new"), TEXT("NEW"), NULL },
		{ "[{\"lookup\":{\"table\":{\"old\":[\"OLD\",\"ANCIENT\"]}}}]", TEXT("OLD"),
		  TEXT("OLD"), NULL },
		{ "[{\"lookup\":{\"table\":{\"x\":null}}}]", TEXT("x"), NONE, NULL },
		{ "[{\"lookup\":{\"table\":{\"one\":1}}}]", TEXT("one"), NUMBER("1"), NULL },
		{ "[{\"lookup\":{\"table\":{\"true\":\"Yes\"}}}]", TRUE, TEXT("Yes"), NULL },
		{ "[{\"lookup\":{\"table\":{\"5\":\"five\"}}}]", NUMBER("5"), TEXT("five"), NULL },
		{ "[{\"lookup\":{\"table\":{\"a\":\"A\"}}}]", TEXT("b"), NONE, "not_in_table" },
		{ "[{\"lookup\":{\"table\":{\"a\":\"A\"},\"otherwise\":\"Z\"}}]", TEXT("b"),
		  TEXT("Z"), NULL },
		{ "[{\"lookup\":{\"table\":{\"a\":\"A\",\"b\":\"B\"}}},\"multi_select\"]",
		  LIST("[\"a\",\"b\"]"), TEXT("A;B"), NULL },
		{ "[\"number\"]", TEXT("1,234.50"), NUMBER("1234.5"), NULL },
		{ "[{\"number\":{\"decimal\":\"comma\"}}]", TEXT("1.234,50"), NUMBER("1234.5"),
		  NULL },
		{ "[{\"number\":{\"decimal\":\"comma\"}}]", NUMBER("1234.5"), NUMBER("1234.5"),
		  NULL },
		{ "[{\"number\":1}]", TEXT("2.25"), NUMBER("2.3"), NULL },
		{ "[\"number\"]", TEXT("many"), NONE, "not_number" },
		{ "[\"number\"]", TRUE, NONE, "not_number" },
		{ "[\"number\"]", LIST("[\"1\"]"), NONE, "not_number" },
		{ "[\"boolean\"]", TEXT("Yes "), TRUE, NULL },
		{ "[\"boolean\"]", TEXT("off"), FALSE, NULL },
		{ "[\"boolean\"]", NUMBER("1"), TRUE, NULL },
		{ "[\"boolean\"]", FALSE, FALSE, NULL },
		{ "[\"boolean\"]", TEXT("perhaps"), NONE, "not_boolean" },
		{ "[{\"boolean\":{\"true_words\":[\"ja\"],\"false_words\":\"nein\"}}]",
		  TEXT("NEIN"), FALSE, NULL },
		{ "[{\"boolean\":[\"ja\"]}]", TEXT("yes"), NONE, "not_boolean" },
		{ "[\"multi_select\"]", LIST("[\"a\",\"b\"]"), TEXT("a;b"), NULL },
		{ "[\"multi_select\"]", TEXT("a"), TEXT("a"), NULL },
		{ "[{\"multi_select\":{\"leading\":true}}]", LIST("[\"a\",\"b\"]"), TEXT(";a;b"),
		  NULL },
		{ "[{\"multi_select\":{\"split\":\",\"}}]", TEXT("a, b,,c "), TEXT("a;b;c"), NULL },
		{ "[{\"multi_select\":\", \"}]", LIST("[\"a\",\"b\"]"), TEXT("a, b"), NULL },
		{ "[\"multi_select\"]", LIST("[\"a;b\"]"), NONE, "separator_in_value" },
	};

	(void)state;
	run_passages(passages, ARRAY_LEN(passages), true);
}

static void values_come_back_in(void **state)
{
	static const struct passage passages[] = {
		{ "[]", TEXT("a"), TEXT("a"), NULL },
		{ "[\"trim\",\"upper\",{\"truncate\":1}]", TEXT(" ab "), TEXT(" ab "), NULL },
		{ "[{\"e164\":\"IN\"}]", TEXT("98765 43210"), TEXT("+919876543210"), NULL },
		{ "[{\"national\":\"US\"}]", TEXT("(415) 555-2671"), TEXT("+14155552671"), NULL },
		{ "[{\"national\":\"US\"}]", TEXT("+91 98765 43210"), TEXT("+919876543210"), NULL },
		{ "[{\"national\":\"US\"}]", TEXT("12"), NONE, "phone_invalid" },
		{ "[{\"date\":\"DD/MM/YYYY\"}]", TEXT("02/03/2026"), TEXT("2026-03-02"), NULL },
		{ "[{\"date\":{\"zone\":\"Asia/Kolkata\"}}]", TEXT("2026-03-03"),
		  TEXT("2026-03-03"), NULL },
		{ "[{\"date\":{\"given\":\"D.M.YYYY\"}}]", TEXT("2026-03-02"), TEXT("2.3.2026"),
		  NULL },
		{ "[\"date\"]", TEXT("March"), NONE, "not_a_date" },
		{ "[{\"datetime\":{\"zone\":\"Asia/Kolkata\",\"pattern\":\"YYYY-MM-DD HH:mm:ss\"}}]",
		  TEXT("2026-03-03 01:44:07"), TEXT("2026-03-02T20:14:07.000Z"), NULL },
		{ "[{\"datetime\":\"epoch_s\"}]", NUMBER("1772442847"),
		  TEXT("2026-03-02T09:14:07.000Z"), NULL },
		{ "[{\"datetime\":\"DD.MM.YYYY HH:mm\"}]", TEXT("2026-03-02T09:14:07Z"),
		  TEXT("2026-03-02T09:14:07.000Z"), NULL },
		{ "[{\"datetime\":{\"given\":\"DD.MM.YYYY HH:mm\"}}]",
		  TEXT("2026-03-02T09:14:07Z"), TEXT("02.03.2026 09:14"), NULL },
		{ "[\"datetime\"]", TEXT("then"), NONE, "not_a_time" },
		{ "[{\"lookup\":{\"table\":{\"new\":\"NEW\",\"old\":[\"OLD\",\"ANCIENT\"]}}}]",
		  TEXT("ancient "), TEXT("old"), NULL },
		{ "[{\"lookup\":{\"table\":{\"a\":\"N\",\"b\":\"N\"},\"back\":{\"N\":\"b\"}}}]",
		  TEXT("N"), TEXT("b"), NULL },
		{ "[{\"lookup\":{\"table\":{\"a\":\"N\"},\"back\":{\"N\":null}}}]", TEXT("N"), NONE,
		  NULL },
		{ "[{\"lookup\":{\"table\":{\"new\":\"NEW\"}}}]", TEXT("ELSE"), NONE,
		  "not_in_table" },
		{ "[{\"lookup\":{\"table\":{\"a\":1}}}]", NUMBER("1"), TEXT("a"), NULL },
		{ "[\"number\"]", TEXT("5.0"), NUMBER("5"), NULL },
		{ "[\"number\"]", TEXT("five"), NONE, "not_number" },
		{ "[\"boolean\"]", TEXT("true"), TRUE, NULL },
		{ "[\"boolean\"]", TEXT("?"), NONE, "not_boolean" },
		{ "[\"multi_select\"]", TEXT(";a; b;"), LIST("[\"a\",\"b\"]"), NULL },
		{ "[\"multi_select\"]", LIST("[\"a\"]"), LIST("[\"a\"]"), NULL },
		{ "[{\"lookup\":{\"table\":{\"a\":\"A\",\"b\":\"B\"}}},\"multi_select\"]",
		  TEXT("B;A"), LIST("[\"b\",\"a\"]"), NULL },
	};

	(void)state;
	run_passages(passages, ARRAY_LEN(passages), false);
}

static void what_is_made_has_the_newest_origin(void **state)
{
	struct arena *arena = arena_new();
	struct chain chain = chain_of(
		arena, "[{\"template\":\"{first_name}{city}{last_name}{custom.tags}\"}]", false);
	struct transform_run run = { .arena = arena, .value_of = fixture_value_of,
				     .context = (void *)lead };
	struct problem why;
	struct value out;

	(void)state;
	assert_int_equal(chain_out(&chain, &run, value_text(NULL), &out, &why), 0);
	assert_string_equal(run.newest.name, "last_name"); /* the city is empty */
	assert_int_equal(run.newest.at, 30);
	assert_int_equal(run.newest.writer, WRITER_PERSON);
	arena_free(arena);
}

static void shapes_are_known_beforehand(void **state)
{
	static const struct {
		const char *via;
		enum shape in, out;
	} shapes[] = {
		{ "[]", SHAPE_TIME, SHAPE_TIME },
		{ "[\"trim\"]", SHAPE_TEXT, SHAPE_TEXT },
		{ "[\"trim\"]", SHAPE_ANY, SHAPE_ANY },
		{ "[\"number\"]", SHAPE_TEXT, SHAPE_NUMBER },
		{ "[\"boolean\"]", SHAPE_TEXT, SHAPE_BOOL },
		{ "[\"date\"]", SHAPE_TIME, SHAPE_DATE },
		{ "[{\"date\":\"DD/MM/YYYY\"}]", SHAPE_TIME, SHAPE_TEXT },
		{ "[\"datetime\"]", SHAPE_ANY, SHAPE_TIME },
		{ "[{\"datetime\":\"DD/MM/YYYY\"}]", SHAPE_ANY, SHAPE_TEXT },
		{ "[{\"datetime\":\"epoch_ms\"}]", SHAPE_ANY, SHAPE_TIME },
		{ "[{\"lookup\":{\"table\":{\"a\":1}}}]", SHAPE_TEXT, SHAPE_ANY },
		{ "[\"national\"]", SHAPE_TEXT, SHAPE_TEXT },
		{ "[{\"national\":{\"form\":\"digits\"}}]", SHAPE_TEXT, SHAPE_ANY },
		{ "[\"multi_select\"]", SHAPE_ANY, SHAPE_TEXT },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++) {
		struct chain chain = chain_of(arena, shapes[i].via, false);

		if (chain_shape(&chain, shapes[i].in) != shapes[i].out)
			fail_msg("%s", shapes[i].via);
	}
	arena_free(arena);
}

static void failures_speak_to_people(void **state)
{
	static const struct {
		const char *via;
		struct value value;
		const char *message, *instruction;
	} failures[] = {
		{ "[{\"lookup\":{\"table\":{\"a\":\"A\"}}}]", TEXT("hot"),
		  "\"hot\" is not in the lookup's table",
		  "add it to the table of the mapping, or give the lookup an \"otherwise\"" },
		{ "[\"boolean\"]", TEXT("Ada Byron"), "the value means neither yes nor no",
		  "add its word to true_words or false_words of the mapping" },
		{ "[\"number\"]", TEXT("Ada Byron"), "the value is not a number",
		  "correct the value of the lead, or set \"decimal\" to how it is written" },
		{ "[\"date\"]", TEXT("Ada Byron"), "the value is not a date",
		  "correct the value, or say how it is written in \"given\" (of ours) or "
		  "\"pattern\" (of the CRM) of the mapping" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		struct chain chain = chain_of(arena, failures[i].via, false);
		struct transform_run run = { .arena = arena };
		struct problem why;
		struct value out;

		assert_int_equal(chain_out(&chain, &run, failures[i].value, &out, &why), -1);
		assert_string_equal(why.message, failures[i].message);
		assert_string_equal(why.instruction, failures[i].instruction);
	}
	arena_free(arena);
}

static void every_transform_is_described(void **state)
{
	(void)state;
	assert_true(transforms_count >= 16);
	for (size_t i = 0; i < transforms_count; i++) {
		const struct transform *t = transforms[i];
		const char *main = transform_main_option(t);
		bool has_main = !main;

		assert_ptr_equal(transform_find(transform_name(t)), t);
		assert_true(strlen(transform_help(t)) > 10);
		for (const struct transform_option *o = transform_options(t); o && o->name; o++) {
			assert_true(strlen(o->help) > 10);
			has_main |= main && strcmp(o->name, main) == 0;
		}
		assert_true(has_main);
	}
	assert_null(transform_find("no such"));
}

static void a_huge_list_fails_and_does_no_harm(void **state)
{
	struct arena *arena = arena_new();
	struct chain chain = chain_of(
		arena, "[{\"lookup\":{\"table\":{\"a\":\"A long word that many times is too much "
		       "for anybody to read\"}}},\"multi_select\"]", false);
	const char **items = arena_array(arena, 30000, sizeof(*items));
	struct transform_run run = { .arena = arena };
	struct problem why;
	struct value out;

	(void)state;
	for (int i = 0; i < 30000; i++)
		items[i] = "a";
	assert_int_equal(chain_out(&chain, &run, value_of_items(arena, items, 30000), &out,
				   &why), -1);
	assert_string_equal(why.code, "too_long");
	assert_int_equal(chain_out(&chain, &run, value_of_items(arena, items, 100), &out,
				   &why), 0);
	arena_free(arena);
}

static int start(void **state)
{
	struct error err;

	(void)state;
	return text_init(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_go_out),
		cmocka_unit_test(values_come_back_in),
		cmocka_unit_test(what_is_made_has_the_newest_origin),
		cmocka_unit_test(shapes_are_known_beforehand),
		cmocka_unit_test(failures_speak_to_people),
		cmocka_unit_test(every_transform_is_described),
		cmocka_unit_test(a_huge_list_fails_and_does_no_harm),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
