#include "fixture.h"

#include "mapping/plan.h"

#define TEXT(t) { VALUE_TEXT, t }

static const char fields[] =
	"{\"from\":\"last_name\",\"to\":\"LastName\",\"default\":\"-\"},"
	"{\"from\":\"company\",\"to\":\"Company\"},"
	"{\"from\":\"score\",\"to\":\"Score__c\"},"
	"{\"from\":\"phone\",\"to\":\"Phone\",\"direction\":\"in\"},"
	"{\"from\":\"city\",\"to\":\"FirstName\",\"policy\":\"fill_if_empty\"}";

static const struct lead_field lead[] = {
	{ .name = "last_name", .value = TEXT("Byron"), .at = 100 },
	{ .name = "company", .value = TEXT("A company of a very long name"), .at = 100 },
	{ .name = "score", .value = { VALUE_NUMBER, "80" }, .at = 100 },
	{ .name = "city", .value = TEXT("London"), .at = 100 },
	{ .name = NULL },
};

static struct applied planned(struct arena *arena, const char *company)
{
	struct field *seen = arena_array(arena, 4, sizeof(*seen));
	struct there there = { .seen = seen, .nseen = 4, .changed_at = 1 };
	struct applied applied;

	seen[0] = (struct field){ "LastName", value_text("Byron") };
	seen[1] = (struct field){ "Company", value_text(company) };
	seen[2] = (struct field){ "Score__c", value_text("5") };
	seen[3] = (struct field){ "FirstName", value_text("Ada") };
	mapping_apply(arena, compiled_of(arena, fields, &crm_ground), fixture_value_of,
		      (void *)lead, RECORD_UPDATE, &there, &applied);
	return applied;
}

static const char *text_at(const json_t *rows, const char *path)
{
	return json_string_value(json_at(rows, path));
}

static void rows_say_what_would_be(void **state)
{
	struct arena *arena = arena_new();
	struct applied applied = planned(arena, "Old");
	json_t *rows = json_keep(arena, plan_rows_json(&applied));

	(void)state;
	assert_int_equal(json_array_size(rows), 4);
	assert_string_equal(text_at(rows, "$[0].state"), "same");
	assert_null(json_at(rows, "$[0].reason"));
	assert_string_equal(text_at(rows, "$[1].label"), "Company");
	assert_string_equal(text_at(rows, "$[1].state"), "held");
	assert_string_equal(text_at(rows, "$[1].current"), "Old");
	assert_string_equal(text_at(rows, "$[1].wanted"), "A company of a very long name");
	assert_string_equal(text_at(rows, "$[1].given"), "A company of a very long name");
	assert_string_equal(text_at(rows, "$[1].code"), "too_long");
	assert_string_equal(text_at(rows, "$[1].reason"),
			    "Company: 29 characters, but the field takes 20");
	assert_string_equal(text_at(rows, "$[1].instruction"),
			    "shorten it, or add {truncate: 20} to the line of the mapping");
	assert_string_equal(text_at(rows, "$[2].current"), "5");
	assert_int_equal(json_integer_value(json_at(rows, "$[2].wanted")), 80);
	assert_string_equal(text_at(rows, "$[2].state"), "write");
	assert_string_equal(text_at(rows, "$[3].state"), "kept");
	assert_string_equal(text_at(rows, "$[3].reason"),
			    "it is filled only where it is empty");
	arena_free(arena);
}

static void what_would_be_emptied_is_called_so(void **state)
{
	static const struct lead_field cleared[] = {
		{ .name = "company", .value = { VALUE_NULL, NULL }, .at = 100 },
		{ .name = NULL },
	};
	static const struct field seen[] = { { "LastName", TEXT("x") },
					     { "Company", TEXT("Old") } };
	static const struct there there = { .seen = seen, .nseen = 2, .changed_at = 1 };
	struct arena *arena = arena_new();
	struct applied applied;
	json_t *rows;

	(void)state;
	mapping_apply(arena,
		      compiled_of(arena, NAME_LINE ",{\"from\":\"company\",\"to\":\"Company\"}",
				  &crm_ground),
		      fixture_value_of, (void *)cleared, RECORD_UPDATE, &there, &applied);
	rows = json_keep(arena, plan_rows_json(&applied));
	assert_int_equal(json_array_size(rows), 2);
	assert_string_equal(text_at(rows, "$[1].state"), "clear");
	assert_true(json_is_null(json_at(rows, "$[1].wanted")));
	arena_free(arena);
}

static void the_fingerprint_tells_when_the_ground_moved(void **state)
{
	struct arena *arena = arena_new();
	struct applied one = planned(arena, "Old"), same = planned(arena, "Old"),
		       other = planned(arena, "New");
	struct mapping *mapping = (struct mapping *)same.compiled->mapping;

	(void)state;
	assert_int_equal(strlen(plan_fingerprint(arena, &one)), 64);
	assert_string_equal(plan_fingerprint(arena, &one), plan_fingerprint(arena, &same));
	assert_string_not_equal(plan_fingerprint(arena, &one), plan_fingerprint(arena, &other));
	mapping->version++;
	assert_string_not_equal(plan_fingerprint(arena, &one), plan_fingerprint(arena, &same));
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_say_what_would_be),
		cmocka_unit_test(what_would_be_emptied_is_called_so),
		cmocka_unit_test(the_fingerprint_tells_when_the_ground_moved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
