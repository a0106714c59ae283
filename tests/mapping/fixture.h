/* fixture.h - a small CRM and a lead for the mapping's tests. */
#ifndef TESTS_MAPPING_FIXTURE_H
#define TESTS_MAPPING_FIXTURE_H

#include "../support/check.h"

#include "base/arena.h"
#include "base/json.h"
#include "base/text.h"
#include "mapping/compile.h"

static const struct catalog_option statuses[] = {
	{ "NEW", "New", false },	       { "OPEN", "Open", false },
	{ "UNQUALIFIED", "Unqualified", false }, { "OLD", "Old", true },
};

#define WRITABLE .is_creatable = true, .is_updatable = true

static const struct catalog_field crm_fields[] = {
	{ .name = "LastName", .label = "Last name", .type = CATALOG_TEXT, .length = 80,
	  .is_required = true, WRITABLE },
	{ .name = "FirstName", .label = "First name", .type = CATALOG_TEXT, .length = 40,
	  WRITABLE },
	{ .name = "Email", .label = "Email", .type = CATALOG_EMAIL, .length = 80,
	  .is_key = true, WRITABLE },
	{ .name = "Phone", .label = "Phone", .type = CATALOG_PHONE, .length = 40, WRITABLE },
	{ .name = "Company", .label = "Company", .type = CATALOG_TEXT, .length = 20,
	  WRITABLE },
	{ .name = "Status", .label = "Lead Status", .type = CATALOG_PICKLIST,
	  .options = statuses, .noptions = 4, WRITABLE },
	{ .name = "OwnerId", .label = "Owner", .type = CATALOG_REFERENCE, .length = 18,
	  WRITABLE },
	{ .name = "Reason__c", .label = "Disqualify reason", .type = CATALOG_TEXT,
	  .length = 30, WRITABLE },
	{ .name = "Score__c", .label = "Score", .type = CATALOG_INTEGER, WRITABLE },
	{ .name = "Budget__c", .label = "Budget", .type = CATALOG_NUMBER, .precision = 10,
	  .scale = 2, WRITABLE },
	{ .name = "Member__c", .label = "Member", .type = CATALOG_BOOLEAN, WRITABLE },
	{ .name = "Qualified__c", .label = "Qualified at", .type = CATALOG_DATETIME,
	  WRITABLE },
	{ .name = "Day__c", .label = "Day", .type = CATALOG_DATE, WRITABLE },
	{ .name = "Interests__c", .label = "Interests", .type = CATALOG_MULTI_PICKLIST,
	  .options = statuses, .noptions = 4, WRITABLE },
	{ .name = "Origin__c", .label = "Origin", .type = CATALOG_TEXT, .length = 40,
	  .is_creatable = true },
	{ .name = "Later__c", .label = "Later", .type = CATALOG_TEXT, .length = 40,
	  .is_updatable = true },
	{ .name = "CreatedDate", .label = "Created", .type = CATALOG_DATETIME },
	{ .name = "Fairlead_Id__c", .label = "Fairlead id", .type = CATALOG_TEXT,
	  .length = 64, .is_required = true, .is_key = true, WRITABLE },
};

static const struct catalog crm_catalog = {
	.object = "Lead",
	.fields = crm_fields,
	.nfields = ARRAY_LEN(crm_fields),
};

static const struct record_key crm_keys[] = {
	{ "Lead", "Email", "email" },
	{ NULL, NULL, NULL },
};

static const struct connector_object crm_objects[] = {
	{ .name = "Lead", .title = "Lead", .keys = crm_keys },
	{ .name = "Contact", .title = "Contact" },
	{ .name = NULL },
};

static const struct connector crm = {
	.name = "crm",
	.title = "The CRM",
	.objects = crm_objects,
	.remote_key = "Fairlead_Id__c",
};

static const char *unset_owners[] = { "queue1" };
static const char *unset_statuses[] = { "NEW" };

static const struct connection crm_connection = {
	.id = 7,
	.name = "crm",
	.connector = "crm",
	.unset_owners = unset_owners,
	.nunset_owners = 1,
	.unset_statuses = unset_statuses,
	.nunset_statuses = 1,
};

static const struct mapping_ground crm_ground = { &crm_catalog, &crm, &crm_connection };

static inline json_t *json_of(struct arena *arena, const char *text)
{
	struct error err = { 0 };
	json_t *json = json_parse(arena, text, strlen(text), &json_limits_large, &err);

	if (!json)
		fail_msg("%s: %s", text, err.message);
	return json;
}

/* A mapping with these lines, as the JSON of `fields` without its brackets. */
static inline struct mapping *mapping_of(struct arena *arena, const char *fields)
{
	struct mapping *mapping = arena_alloc(arena, sizeof(*mapping));
	struct error err = { 0 };
	const char *text = arena_printf(arena,
					"{\"name\":\"m\",\"connection\":\"crm\",\"object\":\"Lead\","
					"\"fields\":[%s]}", fields);

	if (mapping_from_json(arena, json_of(arena, text), mapping, &err) < 0)
		fail_msg("%s: %s", fields, err.message);
	mapping->id = 5;
	mapping->version = 3;
	return mapping;
}

/* A name is required by this CRM: a line for it, so that tests may leave it out. */
#define NAME_LINE "{\"to\":\"LastName\",\"default\":\"Nobody\"}"

static inline struct compiled_mapping *compiled_of(struct arena *arena, const char *fields,
						   const struct mapping_ground *ground)
{
	struct compiled_mapping *compiled = arena_alloc(arena, sizeof(*compiled));
	struct problems *errors = arena_alloc(arena, sizeof(*errors));

	if (mapping_compile(arena, mapping_of(arena, fields), ground, compiled, errors,
			    NULL) < 0)
		fail_msg("%s: %s %s", fields, errors->items[0].field,
			 errors->items[0].message);
	return compiled;
}

/* A lead as a NULL-name-ended list. */
static inline struct lead_field fixture_value_of(void *context, const char *name)
{
	const struct lead_field *field = context;

	for (; field && field->name; field++)
		if (strcmp(field->name, name) == 0)
			return *field;
	return (struct lead_field){ .name = name };
}

#endif
