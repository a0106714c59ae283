#include "fixture.h"

#include "mapping/versions.h"

static size_t diff(struct arena *arena, const char *old, const char *new,
		   struct mapping_change **changes)
{
	return mapping_diff(arena, mapping_of(arena, old), mapping_of(arena, new), changes);
}

static void lines_come_and_go_and_change(void **state)
{
	static const struct {
		const char *old, *new, *text; /* text NULL: no difference */
	} diffs[] = {
		{ "{\"from\":\"email\",\"to\":\"Email\"}", "{\"from\":\"email\",\"to\":\"Email\"}",
		  NULL },
		/* what a default says anyway */
		{ "{\"from\":\"email\",\"to\":\"Email\"}",
		  "{\"from\":\"email\",\"to\":\"Email\",\"on\":true,\"policy\":\"newest\","
		  "\"direction\":\"out\",\"via\":[]}", NULL },
		{ "", "{\"from\":\"email\",\"to\":\"Email\"}",
		  "Email: added {\"from\":\"email\",\"to\":\"Email\"}" },
		{ "{\"from\":\"email\",\"to\":\"Email\"}", "",
		  "Email: removed {\"from\":\"email\",\"to\":\"Email\"}" },
		{ "{\"from\":\"email\",\"to\":\"Email\"}",
		  "{\"from\":\"email\",\"to\":\"Email\",\"via\":[{\"truncate\":40}]}",
		  "Email: via was none, is [{\"truncate\":40}]" },
		{ "{\"from\":\"email\",\"to\":\"Email\"}", "{\"from\":\"phone\",\"to\":\"Email\"}",
		  "Email: from was \"email\", is \"phone\"" },
		{ "{\"to\":\"Email\",\"default\":5}", "{\"to\":\"Email\",\"default\":\"5\"}",
		  "Email: default was 5, is \"5\"" },
		{ "{\"to\":\"Email\",\"default\":5}",
		  "{\"to\":\"Email\",\"default\":5,\"on\":false}", "Email: on was yes, is no" },
		{ "{\"from\":\"email\",\"to\":\"Email\"}",
		  "{\"from\":\"email\",\"to\":\"Email\",\"policy\":\"manual\"}",
		  "Email: policy was newest, is manual" },
		{ "{\"from\":\"email\",\"to\":\"Email\"}",
		  "{\"from\":\"email\",\"to\":\"Email\",\"every_value\":true}",
		  "Email: every_value was no, is yes" },
		{ "{\"from\":\"email\",\"to\":\"Email\"}",
		  "{\"from\":\"email\",\"to\":\"Email\",\"direction\":\"both\"}",
		  "Email: direction was out, is both" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(diffs); i++) {
		struct mapping_change *changes;
		size_t count = diff(arena, diffs[i].old, diffs[i].new, &changes);

		assert_int_equal(count, diffs[i].text ? 1 : 0);
		if (count)
			assert_string_equal(changes[0].text, diffs[i].text);
	}
	arena_free(arena);
}

static void order_does_not_count(void **state)
{
	struct arena *arena = arena_new();
	struct mapping_change *changes;

	(void)state;
	assert_int_equal(diff(arena,
			      "{\"from\":\"email\",\"to\":\"A\"},{\"from\":\"phone\",\"to\":\"B\"}",
			      "{\"from\":\"phone\",\"to\":\"B\"},{\"from\":\"email\",\"to\":\"A\"}",
			      &changes), 0);
	/* Two lines of one target (out, and one that reads) are compared in turn. */
	assert_int_equal(diff(arena,
			      "{\"from\":\"email\",\"to\":\"A\"},"
			      "{\"from\":\"phone\",\"to\":\"A\",\"direction\":\"in\"}",
			      "{\"from\":\"email\",\"to\":\"A\"},"
			      "{\"from\":\"city\",\"to\":\"A\",\"direction\":\"in\"}",
			      &changes), 1);
	assert_string_equal(changes[0].member, "from");
	assert_string_equal(changes[0].after, "\"city\"");
	arena_free(arena);
}

static void the_mapping_itself_is_compared(void **state)
{
	struct arena *arena = arena_new();
	struct mapping *old = mapping_of(arena, ""), *new = mapping_of(arena, "");
	struct mapping_change *changes;

	(void)state;
	new->owner = "Ada";
	new->object = "Contact";
	assert_int_equal(mapping_diff(arena, old, new, &changes), 2);
	assert_string_equal(changes[0].text, "owner was none, is Ada");
	assert_string_equal(changes[1].text, "object was Lead, is Contact");
	assert_null(changes[0].to);
	arena_free(arena);
}

static void of_nothing_all_is_new(void **state)
{
	struct arena *arena = arena_new();
	struct mapping_change *changes;
	const char *text;
	size_t count = mapping_diff(arena, NULL,
				    mapping_of(arena, "{\"from\":\"email\",\"to\":\"A\"},"
						      "{\"to\":\"B\",\"default\":\"x\"}"),
				    &changes);

	(void)state;
	assert_int_equal(count, 2);
	text = json_text(arena, json_keep(arena, mapping_diff_json(changes, count)));
	assert_string_equal(text,
			    "[{\"change\":\"added\",\"to\":\"A\",\"after\":\"{\\\"from\\\":\\\"email"
			    "\\\",\\\"to\\\":\\\"A\\\"}\",\"text\":\"A: added {\\\"from\\\":\\\"email\\\""
			    ",\\\"to\\\":\\\"A\\\"}\"},{\"change\":\"added\",\"to\":\"B\",\"after\":\""
			    "{\\\"default\\\":\\\"x\\\",\\\"to\\\":\\\"B\\\"}\",\"text\":\"B: added "
			    "{\\\"default\\\":\\\"x\\\",\\\"to\\\":\\\"B\\\"}\"}]");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_come_and_go_and_change),
		cmocka_unit_test(order_does_not_count),
		cmocka_unit_test(the_mapping_itself_is_compared),
		cmocka_unit_test(of_nothing_all_is_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
