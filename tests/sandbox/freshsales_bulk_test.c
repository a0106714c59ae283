/* freshsales_bulk_test.c - tests src/sandbox/freshsales*.c: many contacts in one call. Numbers in parentheses are
 * sections of the fact sheet. */
#include "freshsales_ask.h"

static void a_bulk_is_a_job_and_takes_both_shapes(void **state)
{
	struct asker *asker = *state;
	const char *path;
	struct answer a;

	ask(asker, "PATCH", SETTINGS, "{\"switches\":{\"job_ms\":5000}}");
	a = call(asker, "POST", "/contacts/bulk_upsert",
		 "{\"contacts\":[{\"emails\":\"ann@acme.test\",\"data\":{\"first_name\":\"Ann\"}},"
		 "{\"emails\":\"bob@acme.test\",\"first_name\":\"Bob\"},{\"first_name\":\"C\"}]}");
	assert_status(a, 202);
	path = arena_printf(asker->arena, "/job_statuses/%s", text_at(&a, "$.job_id"));
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "in_progress");
	ask(asker, "POST", "/_sandbox/clock", "{\"step_ms\":6000}");
	a = call(asker, "GET", path, NULL);
	assert_text_at(a, "$.status", "completed");
	assert_int_equal(int_at(&a, "$.failed"), 1);
	a = call(asker, "GET", "/contacts/view/16000111?sort=updated_at&sort_type=desc", NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 2);
	assert_status(call(asker, "POST", "/contacts/bulk_upsert", "{\"contacts\":[]}"), 400);
}

/* The sheet does not know how a job is named, nor which shape the vendor takes. */
static void a_bulk_may_name_its_identifier_once_and_tell_of_its_job_otherwise(void **state)
{
	static const char flat[] =
		"{\"unique_identifier\":\"external_id\",\"contacts\":[{\"external_id\":\"e1\","
		"\"first_name\":\"Ann\",\"emails\":\"ann@acme.test\"}]}";
	struct asker *asker = *state;
	struct answer a;
	int64_t id;

	put_switch(asker, "freshsales", "job_key", 1);
	a = call(asker, "POST", "/contacts/bulk_upsert", flat);
	assert_status(a, 202);
	assert_status(call(asker, "GET",
			   arena_printf(asker->arena, "/job_statuses/%s", text_at(&a, "$.id")),
			   NULL),
		      200);
	a = call(asker, "GET", "/lookup?q=e1&f=external_id&entities=contact", NULL);
	id = int_at(&a, "$.contacts.contacts[0].id");
	assert_status(call(asker, "POST", "/contacts/bulk_upsert",
			   "{\"unique_identifier\":\"job_title\",\"contacts\":[{\"job_title\":\"x\"}"
			   "]}"),
		      400);
	put_switch(asker, "freshsales", "job_key", 2);
	a = call(asker, "POST", "/contacts/bulk_upsert", flat); /* again: the same contact */
	assert_non_null(strstr(text_at(&a, "$.job_status_url"), "/job_statuses/"));
	a = call(asker, "GET", "/contacts/view/16000111", NULL);
	assert_int_equal(int_at(&a, "$.meta.total"), 1);
	assert_int_equal(int_at(&a, "$.contacts[0].id"), id);
}

static void several_contacts_get_an_owner_or_go_at_once(void **state)
{
	struct asker *asker = *state;
	int64_t id = ann(asker);
	const char *ids = arena_printf(asker->arena, "{\"ids\":[%lld,7],\"owner_id\":16000001}",
				       (long long)id);
	struct answer a = call(asker, "POST", "/contacts/bulk_assign_owner", ids);

	assert_status(a, 202);
	a = call(asker, "GET",
		 arena_printf(asker->arena, "/job_statuses/%s", text_at(&a, "$.job_id")), NULL);
	assert_int_equal(int_at(&a, "$.total"), 2);
	assert_int_equal(int_at(&a, "$.failed"), 1);
	a = call(asker, "GET", arena_printf(asker->arena, "/contacts/%lld", (long long)id), NULL);
	assert_int_equal(int_at(&a, "$.contact.owner_id"), 16000001);
	a = call(asker, "POST", "/contacts/bulk_assign_owner",
		 arena_printf(asker->arena, "{\"ids\":[%lld],\"owner_id\":1}", (long long)id));
	assert_text_at(a, "$.errors.message[0]", "Sales owner is invalid");

	ask(asker, "POST", "/_sandbox/faults",
	    "{\"fault\":\"bad_record\",\"index\":0,\"count\":1}");
	a = call(asker, "POST", "/contacts/bulk_destroy", ids);
	a = call(asker, "GET",
		 arena_printf(asker->arena, "/job_statuses/%s", text_at(&a, "$.job_id")), NULL);
	assert_int_equal(int_at(&a, "$.failed"), 2);
	assert_status(call(asker, "GET",
			   arena_printf(asker->arena, "/contacts/%lld", (long long)id), NULL),
		      200);
	a = call(asker, "POST", "/contacts/bulk_destroy",
		 arena_printf(asker->arena, "{\"selected_ids\":[%lld]}", (long long)id));
	assert_status(a, 202);
	assert_status(call(asker, "GET",
			   arena_printf(asker->arena, "/contacts/%lld", (long long)id), NULL),
		      404);
	assert_status(call(asker, "POST", "/contacts/bulk_destroy", "{\"ids\":[]}"), 400);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_bulk_is_a_job_and_takes_both_shapes),
		TEST(a_bulk_may_name_its_identifier_once_and_tell_of_its_job_otherwise),
		TEST(several_contacts_get_an_owner_or_go_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
