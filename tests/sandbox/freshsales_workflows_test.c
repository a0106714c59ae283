/* freshsales_workflows_test.c - tests src/sandbox/freshsales*.c: the webhooks of workflows. Numbers in parentheses are
 * sections of the fact sheet. */
#include "freshsales_ask.h"

/* What an administrator sets up in the product, control does here (7). */
static void add_workflow(struct asker *asker, const char *workflow)
{
	assert_status(ask(asker, "POST", "/_sandbox/accounts/freshsales/default/records/workflows",
			  workflow),
		      201);
}

/* What was queued, newest last: the body of the i-th. */
static const char *queued(struct asker *asker, int i)
{
	struct answer a = ask(asker, "GET", "/_sandbox/webhooks?vendor=freshsales&account=default",
			      NULL);

	return text_at(&a, arena_printf(asker->arena, "$.webhooks[%d].events[0].body", i));
}

static size_t count_queued(struct asker *asker)
{
	struct answer a = ask(asker, "GET", "/_sandbox/webhooks?vendor=freshsales&account=default",
			      NULL);

	return count_at(&a, "$.webhooks");
}

static void a_workflow_sends_the_body_that_the_customer_wrote(void **state)
{
	struct asker *asker = *state;
	int64_t id;

	add_workflow(asker, "{\"url\":\"https://f.invalid/h\",\"module\":\"contacts\",\"event\":"
			    "\"both\",\"encoding\":\"JSON\",\"body\":\"{\\\"id\\\":\\\"{{contact.id}}"
			    "\\\",\\\"name\\\":\\\"{{ contact.first_name }}\\\",\\\"tier\\\":\\\"{{"
			    "contact.cf_tier}}{{deal.name}}\\\"}\"}");
	id = ann(asker);
	assert_string_equal(queued(asker, 0),
			    arena_printf(asker->arena,
					 "{\"id\":\"%lld\",\"name\":\"Ann\",\"tier\":\"\"}",
					 (long long)id));
	call(asker, "PUT", arena_printf(asker->arena, "/contacts/%lld", (long long)id),
	     "{\"contact\":{\"first_name\":\"A\\\"n\",\"custom_field\":{\"cf_tier\":\"Gold\"}}}");
	assert_string_equal(queued(asker, 1),
			    arena_printf(asker->arena,
					 "{\"id\":\"%lld\",\"name\":\"A\\\"n\",\"tier\":"
					 "\"Gold\"}",
					 (long long)id));
}

static void a_simple_body_has_the_fields_that_were_ticked(void **state)
{
	static const struct {
		const char *encoding, *body;
	} rows[] = {
		{ "JSON", "{\"first_name\":\"Ann\",\"email\":\"ann@acme.test\"}" },
		{ "XML", "<contact><first_name>Ann</first_name><email>ann@acme.test</email>"
			 "</contact>" },
		{ "form", "first_name=Ann&email=ann%40acme.test" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		add_workflow(asker, arena_printf(asker->arena,
						 "{\"url\":\"https://f.invalid/%zu\",\"module\":"
						 "\"contacts\",\"event\":\"created\",\"encoding\":"
						 "\"%s\",\"fields\":[\"first_name\",\"email\"]}",
						 i, rows[i].encoding));
	ann(asker);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(queued(asker, (int)i), rows[i].body);
}

static void a_workflow_waits_for_its_module_its_event_and_its_conditions(void **state)
{
	struct asker *asker = *state;
	const char *path;

	add_workflow(asker, "{\"url\":\"https://f.invalid/h\",\"module\":\"contacts\",\"event\":"
			    "\"updated\",\"fields\":[\"id\"],\"conditions\":{\"city\":\"York\","
			    "\"cf_tier\":\"Gold\"}}");
	add_workflow(asker, "{\"url\":\"https://f.invalid/d\",\"module\":\"deals\",\"event\":"
			    "\"created\",\"fields\":[\"name\"]}");
	path = arena_printf(asker->arena, "/contacts/%lld", (long long)ann(asker));
	call(asker, "PUT", path, "{\"contact\":{\"city\":\"York\"}}");
	assert_int_equal(count_queued(asker), 0);
	call(asker, "PUT", path, "{\"contact\":{\"custom_field\":{\"cf_tier\":\"Gold\"}}}");
	assert_int_equal(count_queued(asker), 1);
	call(asker, "DELETE", path, NULL);
	assert_int_equal(count_queued(asker), 1);
	call(asker, "POST", "/deals", "{\"deal\":{\"name\":\"Big\"}}");
	assert_string_equal(queued(asker, 1), "{\"name\":\"Big\"}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, asker_setup, asker_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_workflow_sends_the_body_that_the_customer_wrote),
		TEST(a_simple_body_has_the_fields_that_were_ticked),
		TEST(a_workflow_waits_for_its_module_its_event_and_its_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
