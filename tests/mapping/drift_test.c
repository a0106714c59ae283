#include "fixture.h"

#include "mapping/drift.h"

static const char lines[] =
	"{\"name\":\"leads\",\"connection\":\"crm\",\"object\":\"Lead\",\"fields\":["
	"{\"from\":\"last_name\",\"to\":\"LastName\"},{\"from\":\"email\",\"to\":\"Email\"},"
	"{\"from\":\"company\",\"to\":\"Company\"},{\"from\":\"status\",\"to\":\"Status\"},"
	"{\"from\":\"custom.members\",\"to\":\"Member__c\"},"
	"{\"from\":\"custom.origin\",\"to\":\"Origin__c\",\"on\":\"no\"},"
	"{\"from\":\"custom.made\",\"to\":\"CreatedDate\",\"direction\":\"in\"}]}";

struct fixture {
	struct arena *arena;
	struct mapping mapping;
	struct catalog_field fields[ARRAY_LEN(crm_fields) + 1];
	struct catalog now;
	const struct drift *drifts;
	size_t count;
};

static void begin(struct fixture *f)
{
	struct error err;

	f->arena = arena_new();
	assert_int_equal(mapping_from_json(f->arena, json_of(f->arena, lines), &f->mapping,
					   &err), 0);
	memcpy(f->fields, crm_fields, sizeof(crm_fields));
	f->now = (struct catalog){ "Lead", f->fields, ARRAY_LEN(crm_fields), 0 };
}

static struct catalog_field *field(struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->now.nfields; i++)
		if (text_equal(f->fields[i].name, name))
			return &f->fields[i];
	fail_msg("no %s", name);
	return NULL;
}

static void find(struct fixture *f)
{
	static const struct connector connector = { .remote_key = "Fairlead_Id__c" };

	f->count = drift_find(f->arena, &f->mapping, &connector, &crm_catalog, &f->now,
			      &f->drifts);
}

/* Finds one change, and ends. */
static void assert_one(struct fixture *f, enum drift_kind kind, const char *name,
		       bool is_breaking, const char *message)
{
	find(f);
	assert_int_equal(f->count, 1);
	assert_string_equal(drift_kind_name(f->drifts[0].kind), drift_kind_name(kind));
	assert_string_equal(f->drifts[0].field, name);
	assert_int_equal(f->drifts[0].is_breaking, is_breaking);
	assert_string_equal(f->drifts[0].message, message);
	assert_true(f->drifts[0].instruction && *f->drifts[0].instruction);
	assert_true(drift_has_field(f->drifts, f->count, name));
	assert_false(drift_has_field(f->drifts, f->count, "FirstName"));
	arena_free(f->arena);
}

static void nothing_changed_is_no_drift(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	find(&f);
	assert_int_equal(f.count, 0);
	arena_free(f.arena);
}

static void a_field_that_is_gone_breaks(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	*field(&f, "Member__c") = f.fields[f.now.nfields - 1];
	assert_one(&f, DRIFT_REMOVED, "Member__c", true,
		   "Lead has no field \"Member__c\" any more");
}

static void a_new_field_like_it_is_named(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	field(&f, "Company")->name = "Firm__c"; /* the label is the same */
	assert_one(&f, DRIFT_RENAMED, "Company", true,
		   "Lead has no field \"Company\" any more; \"Firm__c\" is new and like it");
	begin(&f);
	*field(&f, "Member__c") = (struct catalog_field){ .name = "Club__c", .label = "Club",
							  .type = CATALOG_BOOLEAN, WRITABLE };
	assert_one(&f, DRIFT_RENAMED, "Member__c", true,
		   "Lead has no field \"Member__c\" any more; \"Club__c\" is new and like it");
}

static void another_type_breaks_unless_it_takes_all(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	field(&f, "Company")->type = CATALOG_NUMBER;
	assert_one(&f, DRIFT_RETYPED, "Company", true,
		   "\"Company\" was of type text and is now of type number");
	begin(&f);
	field(&f, "Company")->type = CATALOG_TEXTAREA;
	field(&f, "Status")->type = CATALOG_TEXT;
	find(&f);
	assert_int_equal(f.count, 0);
	arena_free(f.arena);
}

static void values_that_left_a_list_are_named(void **state)
{
	static const struct catalog_option fewer[] = { { "NEW", "New", false },
						       { "OPEN", "Open", true } };
	struct fixture f;

	(void)state;
	begin(&f);
	field(&f, "Status")->options = fewer;
	field(&f, "Status")->noptions = 2;
	assert_one(&f, DRIFT_OPTIONS, "Status", false,
		   "\"Status\" does not take OPEN, UNQUALIFIED any more");
	begin(&f);
	field(&f, "Status")->noptions = 3; /* the fourth was hidden already */
	find(&f);
	assert_int_equal(f.count, 0);
	arena_free(f.arena);
}

static void less_room_is_drift_and_more_is_not(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	field(&f, "Company")->length = 5;
	assert_one(&f, DRIFT_SHORTER, "Company", false, "\"Company\" takes 5 characters now");
	begin(&f);
	field(&f, "Company")->length = 50;
	field(&f, "LastName")->length = 0;
	find(&f);
	assert_int_equal(f.count, 0);
	arena_free(f.arena);
}

static void what_is_required_now_breaks_when_no_line_gives_it(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	field(&f, "Score__c")->is_required = true;
	assert_one(&f, DRIFT_REQUIRED, "Score__c", true,
		   "Score__c must be given now when a record of Lead is created, and no line does");
	begin(&f);
	field(&f, "Company")->is_required = true;
	assert_one(&f, DRIFT_REQUIRED, "Company", false,
		   "Company must be given now when a record of Lead is created");
}

static void a_permission_that_is_lost_is_drift(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	field(&f, "Company")->is_creatable = field(&f, "Company")->is_updatable = false;
	assert_one(&f, DRIFT_READ_ONLY, "Company", true,
		   "\"Company\" may not be written any more");
	begin(&f);
	field(&f, "Company")->is_updatable = false;
	assert_one(&f, DRIFT_READ_ONLY, "Company", false,
		   "\"Company\" may not be written any more once the record is there");
}

static void what_the_mapping_does_not_use_may_change(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	field(&f, "Phone")->type = CATALOG_NUMBER;
	field(&f, "FirstName")->length = 1;
	field(&f, "Origin__c")->name = "Other__c"; /* its line is off */
	find(&f);
	assert_int_equal(f.count, 0);
	arena_free(f.arena);
}

static void a_line_that_reads_breaks_when_its_field_is_gone(void **state)
{
	struct fixture f;

	(void)state;
	begin(&f);
	*field(&f, "CreatedDate") = f.fields[f.now.nfields - 1];
	assert_one(&f, DRIFT_REMOVED, "CreatedDate", true,
		   "Lead has no field \"CreatedDate\" any more");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_changed_is_no_drift),
		cmocka_unit_test(a_field_that_is_gone_breaks),
		cmocka_unit_test(a_new_field_like_it_is_named),
		cmocka_unit_test(another_type_breaks_unless_it_takes_all),
		cmocka_unit_test(values_that_left_a_list_are_named),
		cmocka_unit_test(less_room_is_drift_and_more_is_not),
		cmocka_unit_test(what_is_required_now_breaks_when_no_line_gives_it),
		cmocka_unit_test(a_permission_that_is_lost_is_drift),
		cmocka_unit_test(what_the_mapping_does_not_use_may_change),
		cmocka_unit_test(a_line_that_reads_breaks_when_its_field_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
