#include "fixture.h"

#include "connectors/registry.h"
#include "mapping/propose.h"

static const struct default_field defaults[] = {
	{ "first_name", "FirstName", NULL },
	{ "last_name", "LastName", NULL },
	{ "email", "Email", NULL },
	{ "phone", "Phone", "[{\"e164\":{}}]" },
	{ "status", "Status", NULL },
	{ "title", "Title", NULL }, /* not in this account */
	{ "created_at", "CreatedDate", NULL }, /* not writable */
	{ NULL, NULL, NULL },
};

static const struct connector_object object = {
	.name = "Lead", .title = "Lead", .mapping = defaults,
};

static const struct mapping_field *line_to(const struct mapping *mapping, const char *to)
{
	for (size_t i = 0; i < mapping->nfields; i++)
		if (strcmp(mapping->fields[i].to, to) == 0)
			return &mapping->fields[i];
	return NULL;
}

static const char *noted(const struct problems *notes, const char *field)
{
	for (size_t i = 0; i < notes->count; i++)
		if (strcmp(notes->items[i].field, field) == 0)
			return notes->items[i].code;
	return NULL;
}

static void propose(struct arena *arena, const struct catalog *catalog,
		    struct mapping *mapping, struct problems *notes)
{
	static const char *const custom[] = { "custom.budget", "custom.shoe size" };
	const struct proposal proposal = {
		.name = "leads", .connection = "crm", .object = &object, .catalog = catalog,
		.remote_key = "Fairlead_Id__c", .custom = custom, .ncustom = 2,
	};
	struct error err = { 0 };

	*notes = (struct problems){ 0 };
	if (mapping_propose(arena, &proposal, mapping, notes, &err) < 0)
		fail_msg("%s", err.message);
}

static void a_proposal_compiles(void **state)
{
	struct arena *arena = arena_new();
	struct compiled_mapping compiled;
	struct problems notes, errors = { 0 };
	struct mapping mapping, again;
	struct error err = { 0 };

	(void)state;
	propose(arena, &crm_catalog, &mapping, &notes);
	if (mapping_compile(arena, &mapping, &crm_ground, &compiled, &errors, NULL) < 0)
		fail_msg("%s: %s", errors.items[0].field, errors.items[0].message);
	/* It is a mapping like any other: written, and read again. */
	assert_int_equal(mapping_from_json(arena, json_keep(arena, mapping_to_json(&mapping)),
					   &again, &err), 0);
	assert_int_equal(again.nfields, mapping.nfields);
	arena_free(arena);
}

static void the_default_mapping_comes_first(void **state)
{
	struct arena *arena = arena_new();
	struct problems notes;
	struct mapping mapping;

	(void)state;
	propose(arena, &crm_catalog, &mapping, &notes);
	assert_string_equal(mapping.fields[0].to, "FirstName");
	assert_string_equal(json_text(arena, line_to(&mapping, "Phone")->via),
			    "[{\"e164\":{}}]");
	assert_string_equal(noted(&notes, "Title"), "unknown_target");
	assert_string_equal(noted(&notes, "CreatedDate"), "not_writable");
	assert_string_equal(noted(&notes, "Status"), "needs_lookup");
	assert_null(line_to(&mapping, "Title"));
	arena_free(arena);
}

static void fields_are_found_by_name_label_and_synonym(void **state)
{
	struct arena *arena = arena_new();
	struct problems notes;
	struct mapping mapping;

	(void)state;
	propose(arena, &crm_catalog, &mapping, &notes);
	assert_string_equal(line_to(&mapping, "Company")->from, "company");
	assert_string_equal(line_to(&mapping, "Score__c")->from, "score");
	assert_string_equal(line_to(&mapping, "Budget__c")->from, "custom.budget");
	assert_string_equal(line_to(&mapping, "Qualified__c")->from, "qualification_at");
	assert_string_equal(line_to(&mapping, "Origin__c")->from, "source"); /* a synonym */
	/* Not: the key, what is only like another, what people must decide. */
	assert_null(line_to(&mapping, "Fairlead_Id__c"));
	assert_null(line_to(&mapping, "Member__c"));
	assert_null(line_to(&mapping, "OwnerId"));
	arena_free(arena);
}

static void text_is_made_to_fit(void **state)
{
	struct arena *arena = arena_new();
	struct problems notes;
	struct mapping mapping;

	(void)state;
	propose(arena, &crm_catalog, &mapping, &notes);
	assert_string_equal(json_text(arena, line_to(&mapping, "FirstName")->via),
			    "[{\"truncate\":40}]");
	assert_string_equal(json_text(arena, line_to(&mapping, "Company")->via),
			    "[{\"truncate\":20}]");
	assert_string_equal(line_to(&mapping, "LastName")->fallback.text, "[not provided]");
	assert_null(line_to(&mapping, "FirstName")->fallback.text);
	arena_free(arena);
}

static void a_day_field_gets_the_day(void **state)
{
	static const struct catalog_field fields[] = {
		{ .name = "Callback_At__c", .type = CATALOG_DATE, WRITABLE },
		{ .name = "Country", .type = CATALOG_PICKLIST, .options = statuses,
		  .noptions = 4, WRITABLE },
		{ .name = "Stage", .label = "Stage", .type = CATALOG_PICKLIST,
		  .is_required = true, .options = statuses, .noptions = 4, WRITABLE },
		{ .name = "Code", .label = "Code", .type = CATALOG_TEXT, .length = 5,
		  .is_required = true, WRITABLE },
	};
	const struct catalog catalog = { "Lead", fields, ARRAY_LEN(fields), 0 };
	struct arena *arena = arena_new();
	struct problems notes;
	struct mapping mapping;

	(void)state;
	propose(arena, &catalog, &mapping, &notes);
	assert_string_equal(json_text(arena, line_to(&mapping, "Callback_At__c")->via),
			    "[{\"date\":{}}]");
	assert_null(line_to(&mapping, "Country"));
	assert_string_equal(noted(&notes, "Country"), "needs_lookup");
	assert_string_equal(noted(&notes, "Stage"), "required_missing");
	assert_string_equal(line_to(&mapping, "Code")->fallback.text, "-");
	assert_null(line_to(&mapping, "Code")->from);
	arena_free(arena);
}

static void without_a_schema_it_is_the_default_mapping(void **state)
{
	struct arena *arena = arena_new();
	struct problems notes;
	struct mapping mapping;

	(void)state;
	propose(arena, NULL, &mapping, &notes);
	assert_int_equal(mapping.nfields, 7);
	assert_int_equal(notes.count, 0);
	assert_string_equal(mapping.object, "Lead");
	arena_free(arena);
}

/* What every connector ships must be a mapping that can be saved. */
static void every_connectors_default_mapping_compiles(void **state)
{
	struct arena *arena = arena_new();
	int objects = 0;

	(void)state;
	for (size_t i = 0; connectors[i]; i++)
		for (const struct connector_object *o = connectors[i]->objects; o && o->name; o++) {
			const struct mapping_ground ground = { .connector = connectors[i] };
			const struct proposal proposal = { .name = "m", .connection = "c",
							   .object = o };
			struct problems notes = { 0 }, errors = { 0 };
			struct compiled_mapping compiled;
			struct mapping mapping;
			struct error err = { 0 };

			if (mapping_propose(arena, &proposal, &mapping, &notes, &err) < 0)
				fail_msg("%s %s: %s", connectors[i]->name, o->name, err.message);
			if (mapping_compile(arena, &mapping, &ground, &compiled, &errors,
					    NULL) < 0)
				fail_msg("%s %s: %s: %s", connectors[i]->name, o->name,
					 errors.items[0].field, errors.items[0].message);
			objects++;
		}
	assert_true(objects >= 3);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proposal_compiles),
		cmocka_unit_test(the_default_mapping_comes_first),
		cmocka_unit_test(fields_are_found_by_name_label_and_synonym),
		cmocka_unit_test(text_is_made_to_fit),
		cmocka_unit_test(a_day_field_gets_the_day),
		cmocka_unit_test(every_connectors_default_mapping_compiles),
		cmocka_unit_test(without_a_schema_it_is_the_default_mapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
