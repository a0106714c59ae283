/* zoho_tags_test.c - tests src/sandbox/zoho_tags.c (4, 6, 7), and who gets what of a lead that
 * is converted. */
#include "zoho_ask.h"

#define TAGGED LEAD(",\"Tag\":[{\"name\":\"solar\"},{\"name\":\"hot\"}]")

static struct answer lead(struct asker *asker, const char *id)
{
	struct answer a = call(asker, "GET", arena_printf(asker->arena, "/Leads/%s", id), NULL);

	assert_status(a, 200);
	return a;
}

static void a_tag_is_the_same_on_every_record(void **state)
{
	struct asker *asker = *state;
	struct answer one = lead(asker, add(asker, "/Leads", TAGGED)), two;

	assert_int_equal(count_at(&one, "$.data[0].Tag"), 2);
	assert_text_at(one, "$.data[0].Tag[1].name", "hot");
	two = lead(asker, add(asker, "/Leads", LEAD(",\"Tag\":[{\"name\":\"hot\"}]")));
	assert_string_equal(text_at(&two, "$.data[0].Tag[0].id"),
			    text_at(&one, "$.data[0].Tag[1].id"));
	one = lead(asker, add(asker, "/Leads", LEAD("")));
	assert_int_equal(count_at(&one, "$.data[0].Tag"), 0);
}

static void tags_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *tags, *detail;
	} cases[] = {
		{ "\"solar\"", "$.data[0].details.expected_data_type" },
		{ "[\"solar\"]", "$.data[0].details.expected_data_type" },
		{ "[{\"name\":\"\"}]", "$.data[0].details.expected_data_type" },
		{ "[{\"name\":\"abcdefghijklmnopqrstuvwxyz\"}]",
		  "$.data[0].details.maximum_length" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct answer a = call(asker, "POST", "/Leads",
				       arena_printf(asker->arena,
						    "{\"data\":[{\"Last_Name\":\"N\",\"Tag\":%s}]}",
						    cases[i].tags));

		assert_status(a, 400);
		assert_text_at(a, "$.data[0].code", "INVALID_DATA");
		assert_text_at(a, "$.data[0].details.json_path", "$.data[0].Tag");
		assert_non_null(json_at(a.json, cases[i].detail));
	}
}

/* Whoever reads what changed since by Modified_Time does not see them. */
static void tags_that_change_alone_do_not_move_the_modified_time(void **state)
{
	struct asker *asker = *state;
	const char *id = add(asker, "/Leads", TAGGED), *before;
	const char *path = arena_printf(asker->arena, "/Leads/%s", id);
	struct answer a = lead(asker, id);

	before = text_at(&a, "$.data[0].Modified_Time");
	pass_time(asker, 60000);
	assert_status(call(asker, "PUT", path, "{\"data\":[{\"Tag\":[{\"name\":\"cold\"}]}]}"), 200);
	a = lead(asker, id);
	assert_text_at(a, "$.data[0].Tag[0].name", "cold");
	assert_text_at(a, "$.data[0].Modified_Time", before);
	set_switch(asker, "tags_modify", 1);
	assert_status(call(asker, "PUT", path, "{\"data\":[{\"Tag\":[]}]}"), 200);
	a = lead(asker, id);
	assert_int_equal(count_at(&a, "$.data[0].Tag"), 0);
	assert_string_not_equal(text_at(&a, "$.data[0].Modified_Time"), before);
}

static void a_conversion_carries_tags_over_and_hands_over(void **state)
{
	struct asker *asker = *state;
	struct answer users = call(asker, "GET", "/users?type=ActiveUsers", NULL), a;
	const char *rep = text_at(&users, "$.users[1].id");

	a = call(asker, "POST",
		 arena_printf(asker->arena, "/Leads/%s/actions/convert",
			      add(asker, "/Leads", TAGGED)),
		 arena_printf(asker->arena,
			      "{\"data\":[{\"assign_to\":{\"id\":\"%s\"},\"carry_over_tags\":"
			      "{\"Contacts\":[\"hot\",\"none\"]}}]}",
			      rep));
	assert_status(a, 200);
	users = call(asker, "GET", arena_printf(asker->arena, "/Contacts/%s",
						text_at(&a, "$.data[0].details.Contacts.id")),
		     NULL);
	assert_text_at(users, "$.data[0].Owner.id", rep);
	assert_int_equal(count_at(&users, "$.data[0].Tag"), 1);
	assert_text_at(users, "$.data[0].Tag[0].name", "hot");
	users = call(asker, "GET", arena_printf(asker->arena, "/Accounts/%s",
						text_at(&a, "$.data[0].details.Accounts.id")),
		     NULL);
	assert_text_at(users, "$.data[0].Owner.id", rep);
	assert_int_equal(count_at(&users, "$.data[0].Tag"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_tag_is_the_same_on_every_record),
		TEST(tags_that_are_none_are_refused),
		TEST(tags_that_change_alone_do_not_move_the_modified_time),
		TEST(a_conversion_carries_tags_over_and_hands_over),
	};

	return cmocka_run_group_tests_name("sandbox/zoho_tags", tests, NULL, NULL);
}
