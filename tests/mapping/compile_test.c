#include "fixture.h"

/* Compiles and says how many errors and warnings there were. */
static void compile(struct arena *arena, const char *fields,
		    const struct mapping_ground *ground, struct problems *errors,
		    struct problems *warnings)
{
	struct compiled_mapping compiled;
	int rc;

	*errors = *warnings = (struct problems){ 0 };
	rc = mapping_compile(arena, mapping_of(arena, fields), ground, &compiled, errors,
			     warnings);
	assert_int_equal(rc, errors->count > 0 ? -1 : 0);
}

static void a_sound_mapping_compiles(void **state)
{
	struct arena *arena = arena_new();
	struct compiled_mapping *m = compiled_of(
		arena,
		"{\"from\":\"last_name\",\"to\":\"LastName\",\"default\":\"Nobody\"},"
		"{\"from\":\"email\",\"to\":\"Email\",\"direction\":\"both\"},"
		"{\"from\":\"status\",\"to\":\"Status\",\"direction\":\"both\",\"via\":[{\"lookup\":"
		"{\"table\":{\"new\":\"NEW\",\"working\":[\"OPEN\",\"OLD\"],\"lost\":"
		"\"UNQUALIFIED\"}}}]},"
		"{\"from\":\"custom.budget\",\"to\":\"Budget__c\",\"via\":[{\"number\":2}]},"
		"{\"from\":\"email\",\"to\":\"CreatedDate\",\"on\":false},"
		"{\"from\":\"created_at\",\"to\":\"Day__c\",\"via\":[{\"date\":{\"zone\":"
		"\"Asia/Kolkata\"}}]}",
		&crm_ground);

	(void)state;
	assert_int_equal(m->nlines, 6);
	assert_string_equal(m->lines[0].fallback.text, "Nobody");
	assert_true(m->lines[0].is_vital); /* required */
	assert_true(m->lines[1].is_out && m->lines[1].is_in);
	assert_true(m->lines[1].is_vital); /* a key */
	assert_true(m->lines[2].is_unit && m->lines[2].is_vital);
	assert_false(m->lines[3].is_vital);
	assert_false(m->lines[4].is_out || m->lines[4].is_in);
	assert_ptr_equal(m->lines[3].target, &crm_fields[9]);
	arena_free(arena);
}

#define VIA(steps) "{\"from\":\"custom.x\",\"to\":\"Company\",\"via\":[" steps "]}"

static const struct {
	const char *line, *field, *code, *message, *instruction;
} refusals[] = {
	/* fields */
	{ "{\"from\":\"fone\",\"to\":\"Phone\"}", "fields[1].from", "unknown_field",
	  "a lead has no field \"fone\"",
	  "did you mean \"phone\"? a field of your own is written \"custom.fone\"" },
	{ "{\"from\":\"budgetamount\",\"to\":\"Company\"}", "fields[1].from", "unknown_field",
	  "a lead has no field \"budgetamount\"",
	  "a field of your own is written \"custom.budgetamount\"" },
	{ "{\"from\":\"phone\",\"to\":\"Fone\"}", "fields[1].to", "unknown_target",
	  "Lead has no field \"Fone\"", "did you mean \"Phone\"?" },
	{ "{\"from\":\"phone\",\"to\":\"lead status\"}", "fields[1].to", "unknown_target",
	  "Lead has no field \"lead status\"", "did you mean \"Status\"?" },
	{ "{\"from\":\"phone\",\"to\":\"Completely_Else__c\"}", "fields[1].to",
	  "unknown_target", "Lead has no field \"Completely_Else__c\"",
	  "add the field in the CRM, or choose another; if it is there, the connection's user "
	  "may not see it" },
	{ "{\"from\":\"created_at\",\"to\":\"CreatedDate\"}", "fields[1].to", "not_writable",
	  "Created cannot be written through the API",
	  "choose another field, or set direction: in to read it" },
	{ "{\"from\":\"lead_id\",\"to\":\"Fairlead_Id__c\"}", "fields[1].to", "remote_key",
	  "\"Fairlead_Id__c\" holds Fairlead's own key and is written by itself",
	  "remove the line" },
	{ "{\"from\":\"last_name\",\"to\":\"LastName\"}", "fields[1].to", "twice",
	  "line 1 writes \"LastName\" too", "remove one of them, or turn it off" },
	{ "{\"to\":\"Company\"}", "fields[1].from", "nothing_to_send",
	  "\"Company\" would never be given a value",
	  "name the lead's field, or give a default or a template" },
	/* every value */
	{ "{\"from\":\"message\",\"to\":\"Company\",\"every_value\":true}",
	  "fields[1].every_value", "not_kept", "of \"message\" only the latest value is known",
	  "remove every_value" },
	{ "{\"to\":\"Company\",\"via\":[{\"template\":\"{city}\"}],\"every_value\":true}",
	  "fields[1].every_value", "no_field", "a line without a field has no earlier values",
	  "name the lead's field in from, or remove it" },
	/* direction */
	{ "{\"to\":\"Company\",\"direction\":\"in\"}", "fields[1].from", "missing",
	  "a line that reads needs a field to read into", "name the lead's field" },
	{ "{\"from\":\"score\",\"to\":\"Score__c\",\"direction\":\"both\"}",
	  "fields[1].direction", "not_readable",
	  "\"score\" is Fairlead's own and is not read from a CRM", "set direction: out" },
	{ "{\"from\":\"source\",\"to\":\"Company\",\"direction\":\"in\"}",
	  "fields[1].direction", "not_readable", NULL, NULL },
	{ "{\"from\":\"name\",\"to\":\"Company\",\"direction\":\"in\",\"via\":[{\"split_name\":"
	  "\"last\"}]}", "fields[1].via[0].split_name", "one_way",
	  "split_name cannot be turned back, so the line cannot read",
	  "set direction: out, and read the field back by a line of its own" },
	{ "{\"from\":\"phone\",\"to\":\"Phone\",\"direction\":\"both\",\"via\":[\"national\"]}",
	  "fields[1].via[0].national.country", "missing", NULL, NULL },
	/* defaults */
	{ "{\"from\":\"company\",\"to\":\"Company\",\"direction\":\"in\",\"default\":\"x\"}",
	  "fields[1].default", "never_used", NULL, NULL },
	{ "{\"to\":\"Status\",\"default\":\"New\"}", "fields[1].default", "not_in_list",
	  "Lead Status: \"New\" is not one of its values", "correct the default" },
	{ "{\"to\":\"Score__c\",\"default\":\"many\"}", "fields[1].default", "not_number",
	  "Score: not a number", NULL },
	{ "{\"to\":\"Company\",\"default\":\"a default of many words\"}", "fields[1].default",
	  "too_long", "Company: 23 characters, but the field takes 20", NULL },
	/* types */
	{ "{\"from\":\"company\",\"to\":\"Score__c\"}", "fields[1].to", "wrong_type",
	  "Score is of type integer and cannot hold free text",
	  "choose a text field, or add a transform that gives what it holds: number, boolean, "
	  "date, datetime, lookup" },
	{ "{\"from\":\"created_at\",\"to\":\"Day__c\"}", "fields[1].to", "wrong_type",
	  "Day is of type date and cannot hold a date and time",
	  "choose a date and time field, or add {date: {zone: ...}}" },
	{ "{\"from\":\"custom.m\",\"to\":\"Score__c\",\"via\":[\"boolean\"]}", "fields[1].to",
	  "wrong_type", "Score is of type integer and cannot hold yes or no",
	  "choose a yes/no or text field, or use a lookup" },
	{ "{\"from\":\"custom.m\",\"to\":\"Score__c\",\"via\":[\"multi_select\"]}",
	  "fields[1].to", "wrong_type", NULL, NULL },
	{ "{\"from\":\"score\",\"to\":\"Member__c\"}", "fields[1].to", "wrong_type",
	  "Member is of type boolean and cannot hold a number", "choose a number or text field" },
	{ "{\"from\":\"custom.d\",\"to\":\"Qualified__c\",\"via\":[\"date\"]}", "fields[1].to",
	  "wrong_type", "Qualified at is of type datetime and cannot hold a date",
	  "choose a date field, or use datetime for a date and time" },
	/* transforms and their options */
	{ VIA("\"tirm\""), "fields[1].via[0]", "unknown_transform",
	  "there is no transform \"tirm\"", "did you mean \"trim\"?" },
	{ VIA("\"abracadabra\""), "fields[1].via[0]", "unknown_transform", NULL,
	  "docs/mapping.md lists the transforms" },
	{ VIA("7"), "fields[1].via[0]", "malformed",
	  "not a transform: an object with one name is wanted",
	  "write {trim: {}} or {truncate: 40}" },
	{ VIA("{\"trim\":{},\"lower\":{}}"), "fields[1].via[0]", "malformed", NULL, NULL },
	{ VIA("{\"trim\":5}"), "fields[1].via[0].trim", "malformed",
	  "its options must be an object", "write {trim: {}}" },
	{ VIA("{\"trim\":{\"all\":true}}"), "fields[1].via[0].trim", "unknown_option",
	  "trim has no option \"all\"", "it takes no options" },
	{ VIA("{\"truncate\":{\"length\":5,\"lenght\":5}}"), "fields[1].via[0].truncate", "unknown_option",
	  "truncate has no option \"lenght\"", "did you mean \"length\"?" },
	{ VIA("\"trim\",{\"truncate\":{}}"), "fields[1].via[1].truncate.length", "missing",
	  "missing", NULL },
	{ VIA("{\"truncate\":0}"), "fields[1].via[0].truncate.length", "not_a_count",
	  "not a number that it can work with", "give a whole number from 1 to 100000" },
	{ VIA("{\"truncate\":\"long\"}"), "fields[1].via[0].truncate.length", "not_a_count",
	  NULL, NULL },
	{ VIA("{\"split_name\":\"middle\"}"), "fields[1].via[0].split_name.part",
	  "unknown_word", "not one of its words", "write one of first|last|title|suffix" },
	{ VIA("{\"multi_select\":{\"leading\":\"perhaps\"}}"),
	  "fields[1].via[0].multi_select.leading", "not_a_flag", "neither yes nor no",
	  "write yes or no" },
	{ VIA("{\"multi_select\":{\"separator\":\"\"}}"),
	  "fields[1].via[0].multi_select.separator", "not_a_separator", NULL, NULL },
	{ VIA("{\"e164\":\"India\"}"), "fields[1].via[0].e164.country", "not_a_country",
	  "not a country", "write the two capital letters of ISO 3166, \"IN\"" },
	{ VIA("{\"date\":{\"zone\":\"IST\"}}"), "fields[1].via[0].date.zone", "not_a_zone",
	  NULL, "write the full name, \"Asia/Kolkata\"" },
	{ VIA("{\"date\":\"QQQ\"}"), "fields[1].via[0].date.pattern", "not_a_pattern", NULL,
	  NULL },
	{ VIA("{\"join\":{}}"), "fields[1].via[0].join.fields", "missing", NULL, NULL },
	{ VIA("{\"join\":[\"first_nam\"]}"), "fields[1].via[0].join.fields", "unknown_field",
	  "a lead has no field \"first_nam\"", "did you mean \"first_name\"?" },
	{ VIA("\"trim\",{\"join\":[\"first_name\"]}"), "fields[1].via[1].join", "not_first",
	  NULL, "put it first" },
	{ VIA("{\"template\":\"{frst_name}\"}"), "fields[1].via[0].template.text",
	  "unknown_field", "a lead has no field \"frst_name\"", "did you mean \"first_name\"?" },
	{ VIA("{\"template\":\"{first_name\"}"), "fields[1].via[0].template.text", "malformed",
	  "a brace is not closed, or not opened", "write {field}, and {{ or }} for a brace" },
	{ VIA("{\"template\":\"a } b {city}\"}"), "fields[1].via[0].template.text",
	  "malformed", NULL, NULL },
	{ VIA("{\"template\":\"hello\"}"), "fields[1].via[0].template.text", "no_field",
	  "the same for every lead", NULL },
	{ VIA("{\"boolean\":{\"true_words\":[]}}"), "fields[1].via[0].boolean.true_words",
	  "not_words", NULL, NULL },
	{ VIA("{\"number\":{\"decimal\":\"dot\"}}"), "fields[1].via[0].number.decimal",
	  "unknown_word", NULL, "write one of point|comma" },
	/* lookups */
	{ VIA("\"lookup\""), "fields[1].via[0].lookup.table", "missing", NULL, NULL },
	{ VIA("{\"lookup\":{\"table\":\"x\"}}"), "fields[1].via[0].lookup.table",
	  "not_a_table", "not a table", "write {ours: theirs, ...}" },
	{ VIA("{\"lookup\":{\"table\":{\"a\":[]}}}"), "fields[1].via[0].lookup.table",
	  "not_a_value", "\"a\" has an empty list", NULL },
	{ VIA("{\"lookup\":{\"table\":{\"a\":{}}}}"), "fields[1].via[0].lookup.table",
	  "not_a_value", "\"a\" has no single value", NULL },
	{ VIA("{\"lookup\":{\"table\":{\"a\":\"x\",\" A\":\"y\"}}}"),
	  "fields[1].via[0].lookup.table", "twice", NULL, "keep one of them" },
	{ "{\"from\":\"status\",\"to\":\"Status\",\"direction\":\"both\",\"via\":[{\"lookup\":"
	  "{\"table\":{\"a\":\"NEW\",\"b\":\"NEW\"}}}]}",
	  "fields[1].via[0].lookup.table", "ambiguous", NULL, NULL },
	{ "{\"from\":\"status\",\"to\":\"Status\",\"via\":[{\"lookup\":{\"table\":{\"new\":"
	  "\"NEWS\"}}}]}", "fields[1].via", "not_in_list",
	  "what \"new\" becomes: Lead Status: \"NEWS\" is not one of its values", NULL },
	{ "{\"from\":\"status\",\"to\":\"Status\",\"via\":[{\"lookup\":{\"table\":{\"new\":"
	  "\"NEW\"},\"otherwise\":\"OLD\"}}]}", "fields[1].via", "not_in_list",
	  "what \"otherwise\" becomes: Lead Status: \"OLD\" is hidden in the CRM and kept for "
	  "old records only", NULL },
	{ "{\"from\":\"status\",\"to\":\"Score__c\",\"via\":[{\"lookup\":{\"table\":{\"new\":"
	  "\"many\"}}}]}", "fields[1].via", "not_number", NULL, NULL },
};

static void what_cannot_work_is_refused(void **state)
{
	struct arena *arena = arena_new();
	struct problems errors, warnings;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		compile(arena, arena_printf(arena, NAME_LINE ",%s", refusals[i].line),
			&crm_ground, &errors, &warnings);
		if (errors.count != 1)
			fail_msg("%s: %zu errors; the last: %s", refusals[i].line, errors.count,
				 errors.count ? errors.items[errors.count - 1].message : "");
		assert_string_equal(errors.items[0].field, refusals[i].field);
		assert_string_equal(errors.items[0].code, refusals[i].code);
		if (refusals[i].message)
			assert_string_equal(errors.items[0].message, refusals[i].message);
		if (refusals[i].instruction)
			assert_string_equal(errors.items[0].instruction,
					    refusals[i].instruction);
		assert_true(strlen(errors.items[0].instruction) > 0);
	}
	arena_free(arena);
}

static void all_errors_are_listed(void **state)
{
	static const struct {
		const char *field, *code;
	} expected[] = {
		{ "fields[0].from", "unknown_field" },
		{ "fields[0].to", "unknown_target" },
		{ "fields[0].via[0]", "unknown_transform" },
		{ "fields[0].via[1].truncate.length", "not_a_count" },
		{ "fields[1].default", "not_in_list" },
		{ "fields[2].to", "twice" },
		{ "fields", "required_missing" },
	};
	struct arena *arena = arena_new();
	struct problems errors, warnings;

	(void)state;
	compile(arena,
		"{\"from\":\"x\",\"to\":\"X\",\"via\":[\"nope\",{\"truncate\":-1}]},"
		"{\"to\":\"Status\",\"default\":\"?\"},"
		"{\"to\":\"Status\",\"default\":\"NEW\"}",
		&crm_ground, &errors, &warnings);
	for (size_t i = 0; i < errors.count && i < ARRAY_LEN(expected); i++) {
		assert_string_equal(errors.items[i].field, expected[i].field);
		assert_string_equal(errors.items[i].code, expected[i].code);
	}
	assert_int_equal(errors.count, ARRAY_LEN(expected));
	assert_string_equal(errors.items[6].message,
			    "Last name (LastName) must be given when a record is created, and no "
			    "line does");
	arena_free(arena);
}

static void a_full_list_of_errors_is_still_a_refusal(void **state)
{
	struct arena *arena = arena_new();
	struct problems errors = { .count = 0 };
	struct compiled_mapping compiled;

	(void)state;
	for (int i = 0; i < PROBLEMS_MAX; i++)
		problem_add(&errors, "x", "x", "x", "x");
	assert_int_equal(mapping_compile(arena,
					 mapping_of(arena, "{\"from\":\"nope\",\"to\":\"Email\"}"),
					 &crm_ground, &compiled, &errors, NULL), -1);
	assert_int_equal(mapping_compile(arena,
					 mapping_of(arena, NAME_LINE "," VIA("\"tirm\"")),
					 &crm_ground, &compiled, &errors, NULL), -1);
	assert_int_equal(mapping_compile(arena, mapping_of(arena, NAME_LINE), &crm_ground,
					 &compiled, &errors, NULL), 0);
	arena_free(arena);
}

static void doubts_are_warnings(void **state)
{
	struct arena *arena = arena_new();
	struct problems errors, warnings;

	(void)state;
	compile(arena,
		"{\"from\":\"last_name\",\"to\":\"LastName\"},"
		"{\"from\":\"company\",\"to\":\"Company\"}",
		&crm_ground, &errors, &warnings);
	assert_int_equal(errors.count, 0);
	assert_int_equal(warnings.count, 3);
	assert_string_equal(warnings.items[0].code, "may_be_too_long");
	assert_string_equal(warnings.items[1].code, "may_be_missing");
	assert_string_equal(warnings.items[1].message,
			    "Last name must be given when a record is created: leads without "
			    "\"last_name\" become dead letters");
	assert_string_equal(warnings.items[2].field, "fields[1].via");
	assert_string_equal(warnings.items[2].message,
			    "\"company\" may have 200 characters and Company takes 20: longer ones "
			    "are held");
	assert_string_equal(warnings.items[2].instruction, "add {truncate: 20}");

	compile(arena, NAME_LINE ",{\"from\":\"status\",\"to\":\"Status\"}", &crm_ground,
		&errors, &warnings);
	assert_int_equal(warnings.count, 1);
	assert_string_equal(warnings.items[0].code, "may_not_be_in_list");
	assert_string_equal(warnings.items[0].message,
			    "Lead Status takes values of its list only: what else \"status\" may "
			    "hold is held");

	compile(arena,
		"{\"from\":\"last_name\",\"to\":\"LastName\",\"default\":\"-\",\"via\":"
		"[{\"truncate\":80}]},"
		"{\"from\":\"company\",\"to\":\"Company\",\"via\":[\"trim\",{\"truncate\":20}]}",
		&crm_ground, &errors, &warnings);
	assert_int_equal(warnings.count, 0);
	arena_free(arena);
}

static void the_object_must_be_the_connectors(void **state)
{
	struct arena *arena = arena_new();
	struct mapping *mapping = mapping_of(arena, NAME_LINE);
	struct compiled_mapping compiled;
	struct problems errors = { 0 };

	(void)state;
	mapping->object = "Leads";
	assert_int_equal(mapping_compile(arena, mapping, &crm_ground, &compiled, &errors, NULL),
			 -1);
	assert_string_equal(errors.items[0].field, "object");
	assert_string_equal(errors.items[0].message, "The CRM has no object \"Leads\"");
	assert_string_equal(errors.items[0].instruction, "did you mean \"Lead\"?");
	mapping->object = "Zebra";
	errors.count = 0;
	assert_int_equal(mapping_compile(arena, mapping, &crm_ground, &compiled, &errors, NULL),
			 -1);
	assert_string_equal(errors.items[0].instruction, "write \"Lead\"");
	arena_free(arena);
}

static void without_a_schema_only_the_mapping_is_checked(void **state)
{
	static const struct mapping_ground nothing;
	static const struct mapping_ground connector_only = { .connector = &crm };
	struct arena *arena = arena_new();
	struct compiled_mapping *m;

	(void)state;
	m = compiled_of(arena, "{\"from\":\"company\",\"to\":\"Anything\",\"default\":\"x\"}",
			&nothing);
	assert_null(m->lines[0].target);
	assert_string_equal(m->lines[0].fallback.text, "x");
	assert_false(m->lines[0].is_vital);
	m = compiled_of(arena, "{\"from\":\"email\",\"to\":\"Email\"}", &connector_only);
	assert_true(m->lines[0].is_vital); /* the connector looks by it */
	arena_free(arena);
}

static void an_unset_policy_frees_the_unit(void **state)
{
	struct arena *arena = arena_new();
	struct compiled_mapping *m = compiled_of(
		arena, NAME_LINE ",{\"from\":\"owner\",\"to\":\"OwnerId\",\"policy\":\"fairlead\"}",
		&crm_ground);

	(void)state;
	assert_false(m->lines[1].is_unit);
	assert_true(m->lines[1].is_vital);
	arena_free(arena);
}

static void lines_that_are_off_are_not_checked(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	compiled_of(arena,
		    NAME_LINE ",{\"from\":\"nope\",\"to\":\"Nope\",\"via\":[\"nope\"],"
			      "\"on\":false}",
		    &crm_ground);
	arena_free(arena);
}

static void back_settles_what_is_ambiguous(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	compiled_of(arena,
		    NAME_LINE ",{\"from\":\"status\",\"to\":\"Status\",\"direction\":\"both\","
			      "\"via\":[{\"lookup\":{\"table\":{\"a\":\"NEW\",\"b\":\"NEW\"},"
			      "\"back\":{\"NEW\":\"a\"}}}]}",
		    &crm_ground);
	arena_free(arena);
}

static void a_chain_has_a_limit(void **state)
{
	struct arena *arena = arena_new();
	struct problems errors, warnings;

	(void)state;
	compile(arena,
		NAME_LINE "," VIA("\"trim\",\"trim\",\"trim\",\"trim\",\"trim\",\"trim\","
				  "\"trim\",\"trim\",\"trim\",\"trim\",\"trim\",\"trim\","
				  "\"trim\",\"trim\",\"trim\",\"trim\",\"trim\""),
		&crm_ground, &errors, &warnings);
	assert_int_equal(errors.count, 1);
	assert_string_equal(errors.items[0].message, "more than 16 transforms");
	arena_free(arena);
}

static enum turn nothing_is_made(struct exchange *x)
{
	(void)x;
	return TURN_DONE;
}

static void an_object_without_the_field_for_our_key_is_a_warning(void **state)
{
	struct arena *arena = arena_new();
	struct connector maker = crm;
	struct catalog catalog = crm_catalog;
	struct catalog_field *fields =
		arena_memdup(arena, crm_fields, crm_catalog.nfields * sizeof(*fields)),
			     *key = NULL;
	struct mapping_ground ground = { &catalog, &crm, &crm_connection };
	struct problems errors, warnings;

	(void)state;
	catalog.fields = fields;
	for (size_t i = 0; i < catalog.nfields; i++)
		if (strcmp(fields[i].name, crm.remote_key) == 0)
			key = &fields[i];
	assert_non_null(key);
	key->is_unique = false;
	/* A connector that cannot make it does not ask for it. */
	compile(arena, NAME_LINE, &ground, &errors, &warnings);
	assert_int_equal(warnings.count, 0);
	maker.create_key = nothing_is_made;
	ground.connector = &maker;
	compile(arena, NAME_LINE, &ground, &errors, &warnings);
	assert_int_equal(errors.count, 0);
	assert_int_equal(warnings.count, 1);
	assert_string_equal(warnings.items[0].field, "object");
	assert_string_equal(warnings.items[0].code, "no_key_field");
	assert_string_equal(warnings.items[0].message,
			    "Lead has no field Fairlead_Id__c with unique values: its deliveries "
			    "wait");
	key->is_unique = key->is_creatable = true;
	compile(arena, NAME_LINE, &ground, &errors, &warnings);
	assert_int_equal(warnings.count, 0);
	ground.catalog = NULL; /* nothing is known */
	compile(arena, NAME_LINE, &ground, &errors, &warnings);
	assert_int_equal(warnings.count, 0);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_mapping_compiles),
		cmocka_unit_test(what_cannot_work_is_refused),
		cmocka_unit_test(all_errors_are_listed),
		cmocka_unit_test(a_full_list_of_errors_is_still_a_refusal),
		cmocka_unit_test(doubts_are_warnings),
		cmocka_unit_test(the_object_must_be_the_connectors),
		cmocka_unit_test(without_a_schema_only_the_mapping_is_checked),
		cmocka_unit_test(an_unset_policy_frees_the_unit),
		cmocka_unit_test(lines_that_are_off_are_not_checked),
		cmocka_unit_test(back_settles_what_is_ambiguous),
		cmocka_unit_test(a_chain_has_a_limit),
		cmocka_unit_test(an_object_without_the_field_for_our_key_is_a_warning),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
