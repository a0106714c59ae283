#include "../support/check.h"

#include "base/arena.h"
#include "base/json.h"
#include "model/mapping.h"

static const char whole[] =
	"{\"name\":\"m\",\"owner\":\"Ada\",\"connection\":\"hub\",\"object\":\"contacts\","
	"\"fields\":["
	"{\"from\":\"phone\",\"to\":\"phone\",\"via\":[{\"e164\":{}}],\"default\":\"x\","
	"\"direction\":\"both\",\"policy\":\"fill_if_empty\",\"on\":false,"
	"\"every_value\":true},"
	"{\"from\":\"status\",\"to\":\"hs_lead_status\"},"
	"{\"to\":\"source\",\"default\":7},"
	"{\"from\":\"score\",\"to\":\"score\"}]}";

static json_t *parsed(struct arena *arena, const char *text)
{
	struct error err = { 0 };
	json_t *json = json_parse(arena, text, strlen(text), &json_limits_large, &err);

	if (!json)
		fail_msg("%s: %s", text, err.message);
	return json;
}

static void read_whole(struct arena *arena, const char *text, struct mapping *mapping)
{
	struct error err = { 0 };

	if (mapping_from_json(arena, parsed(arena, text), mapping, &err) < 0)
		fail_msg("%s", err.message);
}

static void names_are_read_back(void **state)
{
	enum policy policy;
	enum direction direction;
	enum behaviour behaviour;
	enum sync_mode mode;

	(void)state;
	for (int i = POLICY_NEWEST; i <= POLICY_MANUAL; i++) {
		assert_true(policy_parse(policy_name((enum policy)i), &policy));
		assert_int_equal(policy, i);
	}
	for (int i = DIRECTION_OUT; i <= DIRECTION_BOTH; i++) {
		assert_true(direction_parse(direction_name((enum direction)i), &direction));
		assert_int_equal(direction, i);
	}
	for (int i = BEHAVIOUR_CAPTURE; i <= BEHAVIOUR_NONE; i++) {
		assert_true(behaviour_parse(behaviour_name((enum behaviour)i), &behaviour));
		assert_int_equal(behaviour, i);
	}
	for (int i = SYNC_REAL_TIME; i <= SYNC_SHADOW; i++) {
		assert_true(sync_mode_parse(sync_mode_name((enum sync_mode)i), &mode));
		assert_int_equal(mode, i);
	}
}

static void other_words_are_no_names(void **state)
{
	enum policy policy = POLICY_MANUAL;
	enum direction direction = DIRECTION_BOTH;

	(void)state;
	assert_false(policy_parse("Newest", &policy));
	assert_false(policy_parse(NULL, &policy));
	assert_int_equal(policy, POLICY_MANUAL);
	assert_false(direction_parse("", &direction));
	assert_int_equal(direction, DIRECTION_BOTH);
}

static void each_field_has_its_owner(void **state)
{
	static const struct {
		const char *name;
		enum policy policy;
	} fields[] = {
		{ "status", POLICY_CRM },
		{ "owner", POLICY_CRM },
		{ "disqualify_reason", POLICY_CRM },
		{ "qualification_status", POLICY_FAIRLEAD },
		{ "qualification_at", POLICY_FAIRLEAD },
		{ "callback_at", POLICY_FAIRLEAD },
		{ "score", POLICY_FAIRLEAD },
		{ "score_reasons", POLICY_FAIRLEAD },
		{ "scorecard", POLICY_NEWEST },
		{ "email", POLICY_NEWEST },
		{ "custom.status", POLICY_NEWEST },
		{ NULL, POLICY_NEWEST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		assert_int_equal(policy_of_field(fields[i].name), fields[i].policy);
	assert_true(field_is_crm_owned("owner"));
	assert_false(field_is_crm_owned("score"));
	assert_false(field_is_crm_owned(NULL));
}

static void a_mapping_is_read_whole(void **state)
{
	struct arena *arena = arena_new();
	struct mapping m;

	(void)state;
	read_whole(arena, whole, &m);
	assert_string_equal(m.name, "m");
	assert_string_equal(m.owner, "Ada");
	assert_string_equal(m.connection, "hub");
	assert_string_equal(m.object, "contacts");
	assert_int_equal(m.nfields, 4);
	assert_string_equal(m.fields[0].from, "phone");
	assert_string_equal(m.fields[0].fallback.text, "x");
	assert_int_equal(json_array_size(m.fields[0].via), 1);
	assert_int_equal(m.fields[0].direction, DIRECTION_BOTH);
	assert_int_equal(m.fields[0].policy, POLICY_FILL_IF_EMPTY);
	assert_true(m.fields[0].is_off);
	assert_true(m.fields[0].is_every_value);
	arena_free(arena);
}

static void what_a_line_leaves_out_is_filled_in(void **state)
{
	struct arena *arena = arena_new();
	struct mapping m;

	(void)state;
	read_whole(arena, whole, &m);
	assert_int_equal(m.fields[1].policy, POLICY_CRM);
	assert_int_equal(m.fields[1].direction, DIRECTION_OUT);
	assert_true(m.fields[1].is_every_value);
	assert_false(m.fields[1].is_off);
	assert_int_equal(m.fields[1].fallback.type, VALUE_ABSENT);
	assert_null(m.fields[2].from);
	assert_int_equal(m.fields[2].fallback.type, VALUE_NUMBER);
	assert_int_equal(m.fields[3].policy, POLICY_FAIRLEAD);
	assert_false(m.fields[3].is_every_value);
	arena_free(arena);
}

static void a_mapping_may_depend_on_another(void **state)
{
	struct arena *arena = arena_new();
	struct mapping m;
	json_t *json;

	(void)state;
	read_whole(arena,
		   "{\"name\":\"deals\",\"connection\":\"hub\",\"object\":\"deals\","
		   "\"depends_on\":\"contacts\",\"fields\":[{\"from\":"
		   "\"remote_id.contacts\",\"to\":\"associations.contacts\"}]}",
		   &m);
	assert_string_equal(m.depends_on, "contacts");
	assert_int_equal(m.fields[0].policy, POLICY_FILL_IF_EMPTY);
	assert_string_equal(remote_id_mapping(m.fields[0].from), "contacts");
	assert_null(remote_id_mapping("email"));
	assert_null(remote_id_mapping(NULL));
	json = json_keep(arena, mapping_to_json(&m));
	assert_string_equal(json_string_of(json, "depends_on"), "contacts");
	arena_free(arena);
}

static void fields_of_one_thing_are_kept_together(void **state)
{
	struct mapping_field lines[] = {
		{ .from = "status", .to = "s", .is_every_value = true },
		{ .from = "callback_at", .to = "c", .is_every_value = true, .is_off = true },
		{ .from = "email", .to = "e" },
	};
	const struct mapping m = { .fields = lines, .nfields = ARRAY_LEN(lines) };

	(void)state;
	assert_true(mapping_keeps(&m, "status"));
	assert_true(mapping_keeps(&m, "disqualify_reason"));
	assert_false(mapping_keeps(&m, "callback_at"));
	assert_false(mapping_keeps(&m, "email"));
	assert_false(mapping_keeps(&m, "qualification_channel"));
	lines[0].from = "qualification_status";
	assert_true(mapping_keeps(&m, "qualification_channel"));
	lines[0].direction = DIRECTION_IN;
	assert_false(mapping_keeps(&m, "qualification_status"));
}

static void written_again_it_is_the_same(void **state)
{
	struct arena *arena = arena_new();
	struct mapping m, again;
	json_t *json;

	(void)state;
	read_whole(arena, whole, &m);
	json = json_keep(arena, mapping_to_json(&m));
	assert_string_equal(json_canonical(arena, json),
			    json_canonical(arena, parsed(arena, whole)));
	read_whole(arena, json_text(arena, json), &again);
	assert_int_equal(again.nfields, m.nfields);
	arena_free(arena);
}

static void words_for_on_are_taken(void **state)
{
	static const struct {
		const char *on;
		bool is_off;
	} words[] = {
		{ "true", false }, { "\"yes\"", false }, { "\"on\"", false },
		{ "false", true }, { "\"no\"", true },   { "\"off\"", true },
	};
	struct arena *arena = arena_new();
	struct mapping m;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		read_whole(arena,
			   arena_printf(arena,
					"{\"name\":\"m\",\"connection\":\"c\",\"object\":\"o\","
					"\"fields\":[{\"to\":\"a\",\"on\":%s}]}",
					words[i].on),
			   &m);
		assert_int_equal(m.fields[0].is_off, words[i].is_off);
	}
	arena_free(arena);
}

#define LINE(members)                                                                   \
	"{\"name\":\"m\",\"connection\":\"c\",\"object\":\"o\",\"fields\":[{\"to\":\"a\"},{" members \
	"}]}"

static void a_wrong_form_is_refused_by_name(void **state)
{
	static const struct {
		const char *text, *message;
	} wrong[] = {
		{ "[]", "must be an object" },
		{ "{\"connection\":\"c\",\"object\":\"o\",\"fields\":[]}", "name: missing" },
		{ "{\"name\":\"m\",\"object\":\"o\",\"fields\":[]}", "connection: missing" },
		{ "{\"name\":\"m\",\"connection\":\"c\",\"fields\":[]}", "object: missing" },
		{ "{\"name\":\"m\",\"connection\":\"c\",\"object\":\"o\"}",
		  "fields: must be a list" },
		{ "{\"name\":7,\"connection\":\"c\",\"object\":\"o\",\"fields\":[]}",
		  "name: must be text" },
		{ "{\"nmae\":\"m\"}", "unknown member \"nmae\"; did you mean \"name\"?" },
		{ "{\"zzzzzzzzzz\":\"m\"}", "unknown member \"zzzzzzzzzz\"" },
		{ LINE("\"form\":\"x\",\"to\":\"b\""),
		  "fields[1]: unknown member \"form\"; did you mean \"from\"?" },
		{ LINE("\"from\":\"x\""), "fields[1]: to: missing" },
		{ LINE("\"to\":\"\""), "fields[1]: to: must not be empty" },
		{ LINE("\"to\":\"b\",\"policy\":\"newst\""),
		  "fields[1]: policy: unknown word \"newst\"; did you mean \"newest\"?" },
		{ LINE("\"to\":\"b\",\"policy\":5"), "fields[1]: policy: must be a word" },
		{ LINE("\"to\":\"b\",\"direction\":\"sideways\""),
		  "fields[1]: direction: unknown word \"sideways\"" },
		{ LINE("\"to\":\"b\",\"on\":\"maybe\""), "fields[1]: on: must be yes or no" },
		{ LINE("\"to\":\"b\",\"via\":{\"trim\":{}}"),
		  "fields[1]: via: must be a list of transforms [{name: {...}}, ...]" },
		{ LINE("\"to\":\"b\",\"default\":{\"a\":1}"),
		  "fields[1]: default: nested objects are not taken; send each member as a "
		  "field of its own" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct error err = { 0 };
		struct mapping m;

		assert_int_equal(mapping_from_json(arena, parsed(arena, wrong[i].text), &m,
						   &err), -1);
		assert_string_equal(err.message, wrong[i].message);
		assert_int_equal(err.code, ERR_INVALID);
	}
	arena_free(arena);
}

static void too_many_lines_are_refused(void **state)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	struct mapping m;
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 1u << 20);
	buf_add(&buf, "{\"name\":\"m\",\"connection\":\"c\",\"object\":\"o\",\"fields\":[");
	for (int i = 0; i <= MAPPING_FIELDS_MAX; i++)
		buf_addf(&buf, "%s{\"to\":\"f%d\"}", i ? "," : "", i);
	buf_add(&buf, "]}");
	assert_int_equal(mapping_from_json(arena, parsed(arena, buf_text(&buf)), &m, &err),
			 -1);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_string_equal(err.message, "fields: more than 250");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_back),
		cmocka_unit_test(other_words_are_no_names),
		cmocka_unit_test(each_field_has_its_owner),
		cmocka_unit_test(a_mapping_is_read_whole),
		cmocka_unit_test(what_a_line_leaves_out_is_filled_in),
		cmocka_unit_test(a_mapping_may_depend_on_another),
		cmocka_unit_test(fields_of_one_thing_are_kept_together),
		cmocka_unit_test(written_again_it_is_the_same),
		cmocka_unit_test(words_for_on_are_taken),
		cmocka_unit_test(a_wrong_form_is_refused_by_name),
		cmocka_unit_test(too_many_lines_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
