/* pipedrive_schema.c - what a new Pipedrive company has: fields, users, pipelines, labels.
 * Threads: under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/opening.h"
#include "sandbox/pipedrive.h"

#define READ SB_READ_ONLY
#define LIST PIPEDRIVE_LIST

static const struct sb_field_spec person_fields[] = {
	{ "name", "Name", SB_TEXT, SB_REQUIRED, 255, NULL, "varchar", NULL, NULL },
	{ "owner_id", "Owner", SB_REFERENCE, 0, 0, NULL, "user", NULL, "users" },
	{ "org_id", "Organization", SB_REFERENCE, 0, 0, NULL, "org", NULL, "organizations" },
	{ "emails", "Email", SB_JSON, LIST, 0, NULL, "contacts", NULL, NULL },
	{ "phones", "Phone", SB_JSON, LIST, 0, NULL, "contacts", NULL, NULL },
	{ "visible_to", "Visible to", SB_INTEGER, 0, 0, NULL, "visible_to", NULL, NULL },
	{ "label_ids", "Labels", SB_JSON, LIST, 0, NULL, "integers", NULL, NULL },
	{ "marketing_status", "Marketing status", SB_PICKLIST, 0, 0,
	  "no_consent|unsubscribed|subscribed|archived", "varchar", NULL, NULL },
	{ "picture_id", "Picture", SB_INTEGER, READ, 0, NULL, "picture", NULL, NULL },
};

static const struct sb_field_spec organization_fields[] = {
	{ "name", "Name", SB_TEXT, SB_REQUIRED, 255, NULL, "varchar", NULL, NULL },
	{ "owner_id", "Owner", SB_REFERENCE, 0, 0, NULL, "user", NULL, "users" },
	{ "visible_to", "Visible to", SB_INTEGER, 0, 0, NULL, "visible_to", NULL, NULL },
	{ "label_ids", "Labels", SB_JSON, LIST, 0, NULL, "integers", NULL, NULL },
	{ "address", "Address", SB_JSON, 0, 0, NULL, "address", NULL, NULL },
	{ "website", "Website", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "linkedin", "LinkedIn profile", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "industry", "Industry", SB_INTEGER, 0, 0, NULL, "enum", NULL, NULL },
	{ "annual_revenue", "Annual revenue", SB_NUMBER, 0, 0, NULL, "double", NULL, NULL },
	{ "employee_count", "Number of employees", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
};

static const struct sb_field_spec deal_fields[] = {
	{ "title", "Title", SB_TEXT, SB_REQUIRED, 255, NULL, "varchar", NULL, NULL },
	{ "creator_user_id", "Creator", SB_REFERENCE, READ, 0, NULL, "user", NULL, "users" },
	{ "owner_id", "Owner", SB_REFERENCE, 0, 0, NULL, "user", NULL, "users" },
	{ "person_id", "Contact person", SB_REFERENCE, 0, 0, NULL, "people", NULL, "persons" },
	{ "org_id", "Organization", SB_REFERENCE, 0, 0, NULL, "org", NULL, "organizations" },
	{ "pipeline_id", "Pipeline", SB_REFERENCE, 0, 0, NULL, "pipeline", NULL, "pipelines" },
	{ "stage_id", "Stage", SB_REFERENCE, 0, 0, NULL, "stage", NULL, "stages" },
	{ "value", "Value", SB_NUMBER, 0, 0, NULL, "monetary", NULL, NULL },
	{ "currency", "Currency", SB_TEXT, 0, 3, NULL, "varchar", NULL, NULL },
	{ "status", "Status", SB_PICKLIST, 0, 0, "open|won|lost", "status", NULL, NULL },
	{ "probability", "Probability", SB_NUMBER, 0, 0, NULL, "double", NULL, NULL },
	{ "lost_reason", "Lost reason", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "visible_to", "Visible to", SB_INTEGER, 0, 0, NULL, "visible_to", NULL, NULL },
	{ "label_ids", "Labels", SB_JSON, LIST, 0, NULL, "integers", NULL, NULL },
	{ "expected_close_date", "Expected close date", SB_DATE, 0, 0, NULL, "date", NULL, NULL },
	{ "is_archived", "Archived", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "origin", "Source origin", SB_TEXT, READ, 0, NULL, "varchar", NULL, NULL },
	{ "origin_id", "Source origin id", SB_TEXT, READ, 255, NULL, "varchar", NULL, NULL },
	{ "source_lead_id", "Source lead", SB_TEXT, READ, 0, NULL, "varchar", NULL, NULL },
};

static const struct sb_field_spec activity_fields[] = {
	{ "subject", "Subject", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "type", "Type", SB_TEXT, 0, 255, NULL, "activity_type", NULL, NULL },
	{ "owner_id", "Assigned to", SB_REFERENCE, 0, 0, NULL, "user", NULL, "users" },
	{ "creator_user_id", "Creator", SB_REFERENCE, READ, 0, NULL, "user", NULL, "users" },
	{ "deal_id", "Deal", SB_REFERENCE, 0, 0, NULL, "deal", NULL, "deals" },
	{ "lead_id", "Lead", SB_REFERENCE, 0, 0, NULL, "lead", NULL, "leads" },
	{ "person_id", "Contact person", SB_REFERENCE, READ, 0, NULL, "people", NULL,
	  "persons" },
	{ "org_id", "Organization", SB_REFERENCE, 0, 0, NULL, "org", NULL, "organizations" },
	{ "due_date", "Due date", SB_DATE, 0, 0, NULL, "date", NULL, NULL },
	{ "due_time", "Due time", SB_TEXT, 0, 8, NULL, "varchar", NULL, NULL },
	{ "duration", "Duration", SB_TEXT, 0, 8, NULL, "varchar", NULL, NULL },
	{ "busy", "Busy", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "done", "Done", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "marked_as_done_time", "Marked as done", SB_TEXT, READ, 0, NULL, "date", NULL, NULL },
	{ "participants", "Participants", SB_JSON, LIST, 0, NULL, "participants", NULL, NULL },
	{ "location", "Location", SB_JSON, 0, 0, NULL, "address", NULL, NULL },
	{ "public_description", "Public description", SB_LONG_TEXT, 0, 65535, NULL, "text",
	  NULL, NULL },
	{ "note", "Note", SB_LONG_TEXT, 0, 65535, NULL, "text", NULL, NULL },
	{ "priority", "Priority", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
};

static const struct sb_field_spec lead_fields[] = {
	{ "title", "Title", SB_TEXT, SB_REQUIRED, 255, NULL, "varchar", NULL, NULL },
	{ "owner_id", "Owner", SB_REFERENCE, 0, 0, NULL, "user", NULL, "users" },
	{ "creator_id", "Creator", SB_REFERENCE, READ, 0, NULL, "user", NULL, "users" },
	{ "label_ids", "Labels", SB_JSON, LIST, 0, NULL, "labels", NULL, NULL },
	{ "person_id", "Person", SB_REFERENCE, 0, 0, NULL, "people", NULL, "persons" },
	{ "organization_id", "Organization", SB_REFERENCE, 0, 0, NULL, "org", NULL,
	  "organizations" },
	{ "source_name", "Source", SB_TEXT, READ, 0, NULL, "varchar", NULL, NULL },
	{ "origin", "Source origin", SB_TEXT, READ, 0, NULL, "varchar", NULL, NULL },
	{ "origin_id", "Source origin id", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "channel", "Source channel", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
	{ "channel_id", "Source channel id", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "is_archived", "Archived", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "was_seen", "Seen", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "value", "Value", SB_JSON, 0, 0, NULL, "amount", NULL, NULL },
	{ "expected_close_date", "Expected close date", SB_DATE, 0, 0, NULL, "date", NULL, NULL },
	{ "next_activity_id", "Next activity", SB_INTEGER, READ, 0, NULL, "int", NULL, NULL },
	{ "visible_to", "Visible to", SB_TEXT, 0, 0, NULL, "visible_text", NULL, NULL },
};

static const struct sb_field_spec note_fields[] = {
	{ "content", "Content", SB_LONG_TEXT, SB_REQUIRED, 100000, NULL, "text", NULL, NULL },
	{ "lead_id", "Lead", SB_REFERENCE, 0, 0, NULL, "lead", NULL, "leads" },
	{ "deal_id", "Deal", SB_REFERENCE, 0, 0, NULL, "deal", NULL, "deals" },
	{ "person_id", "Person", SB_REFERENCE, 0, 0, NULL, "people", NULL, "persons" },
	{ "org_id", "Organization", SB_REFERENCE, 0, 0, NULL, "org", NULL, "organizations" },
	{ "user_id", "User", SB_REFERENCE, 0, 0, NULL, "user", NULL, "users" },
	{ "pinned_to_lead_flag", "Pinned to lead", SB_INTEGER, 0, 0, NULL, "flag", NULL, NULL },
	{ "pinned_to_deal_flag", "Pinned to deal", SB_INTEGER, 0, 0, NULL, "flag", NULL, NULL },
	{ "pinned_to_person_flag", "Pinned to person", SB_INTEGER, 0, 0, NULL, "flag", NULL,
	  NULL },
	{ "pinned_to_organization_flag", "Pinned to organization", SB_INTEGER, 0, 0, NULL, "flag",
	  NULL, NULL },
};

static const struct sb_field_spec user_fields[] = {
	{ "name", "Name", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "email", "Email", SB_EMAIL, SB_INDEXED, 0, NULL, "varchar", NULL, NULL },
	{ "active_flag", "Active", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "role_id", "Role", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
	{ "timezone_name", "Time zone", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "is_admin", "Admin", SB_INTEGER, 0, 0, NULL, "flag", NULL, NULL },
	{ "access", "Access", SB_JSON, LIST, 0, NULL, "json", NULL, NULL },
};

static const struct sb_field_spec pipeline_fields[] = {
	{ "name", "Name", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "order_nr", "Order", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
	{ "is_deal_probability_enabled", "Probability", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL,
	  NULL },
};

static const struct sb_field_spec stage_fields[] = {
	{ "name", "Name", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "order_nr", "Order", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
	{ "pipeline_id", "Pipeline", SB_REFERENCE, 0, 0, NULL, "int", NULL, "pipelines" },
	{ "deal_probability", "Probability", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
	{ "is_deal_rot_enabled", "Rotting", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
};

static const struct sb_field_spec type_fields[] = {
	{ "name", "Name", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "key_string", "Key", SB_TEXT, SB_INDEXED, 0, NULL, "varchar", NULL, NULL },
	{ "icon_key", "Icon", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "active_flag", "Active", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "is_custom_flag", "Custom", SB_BOOLEAN, 0, 0, NULL, "boolean", NULL, NULL },
	{ "order_nr", "Order", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
};

static const struct sb_field_spec label_fields[] = {
	{ "name", "Name", SB_TEXT, SB_REQUIRED, 255, NULL, "varchar", NULL, NULL },
	{ "color", "Color", SB_TEXT, SB_REQUIRED, 0, NULL, "varchar", NULL, NULL },
};

static const struct sb_field_spec webhook_fields[] = {
	{ "subscription_url", "Address", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "event_action", "Action", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "event_object", "Object", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "name", "Name", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "version", "Version", SB_TEXT, 0, 0, NULL, "varchar", NULL, NULL },
	{ "user_id", "User", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
	{ "owner_id", "Owner", SB_INTEGER, 0, 0, NULL, "int", NULL, NULL },
	{ "http_auth_user", "User name", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
	{ "http_auth_password", "Password", SB_TEXT, 0, 255, NULL, "varchar", NULL, NULL },
};

static const char *const person_filters[] = { "owner_id", "org_id", NULL };
static const char *const organization_filters[] = { "owner_id", NULL };
static const char *const deal_filters[] = { "owner_id", "person_id", "org_id", "pipeline_id",
					    "stage_id", "status", NULL };
static const char *const activity_filters[] = { "owner_id", "deal_id", "lead_id", "person_id",
						"org_id", "done", NULL };
static const char *const lead_filters[] = { "owner_id", "person_id", "organization_id", NULL };
static const char *const note_filters[] = { "user_id", "lead_id", "deal_id", "person_id",
					    "org_id", NULL };
static const char *const stage_filters[] = { "pipeline_id", NULL };
static const char *const no_filters[] = { NULL };

#define FIELDS(table) table, ARRAY_LEN(table)

const struct sb_pipedrive_kind sb_pipedrive_kinds[] = {
	{ "persons", "person", "personFields", "name", person_filters, FIELDS(person_fields),
	  false, false },
	{ "organizations", "organization", "organizationFields", "name", organization_filters,
	  FIELDS(organization_fields), false, false },
	{ "deals", "deal", "dealFields", "title", deal_filters, FIELDS(deal_fields), false,
	  false },
	{ "activities", "activity", "activityFields", NULL, activity_filters,
	  FIELDS(activity_fields), false, false },
	{ "leads", "lead", NULL, "title", lead_filters, FIELDS(lead_fields), true, true },
	{ "notes", "note", NULL, "content", note_filters, FIELDS(note_fields), true, false },
	{ "users", "user", NULL, NULL, no_filters, FIELDS(user_fields), true, false },
	{ "pipelines", "pipeline", NULL, NULL, no_filters, FIELDS(pipeline_fields), false,
	  false },
	{ "stages", "stage", NULL, NULL, stage_filters, FIELDS(stage_fields), false, false },
	{ "activityTypes", "activityType", NULL, NULL, no_filters, FIELDS(type_fields), true,
	  false },
	{ "leadLabels", "leadLabel", NULL, "name", no_filters, FIELDS(label_fields), true, true },
	{ "webhooks", "webhook", NULL, NULL, no_filters, FIELDS(webhook_fields), true, false },
};
const size_t sb_pipedrive_nkinds = ARRAY_LEN(sb_pipedrive_kinds);

const struct sb_pipedrive_kind *sb_pipedrive_kind_of(const struct sb_object *object)
{
	size_t i = 0;

	while (strcmp(sb_pipedrive_kinds[i].name, sb_object_spec(object)->name) != 0)
		i++;
	return &sb_pipedrive_kinds[i];
}

static void make_uuid(const struct sb_object *object, uint64_t number, char id[64])
{
	struct sb_rng rng = sb_rng_of(sb_object_account(object)->remote_id,
				      number ^ (uint64_t)sb_object_spec(object)->name[4] << 48);

	sb_rng_uuid(&rng, id);
}

/* --- what is there from the first day --- */

static void add_user(struct sb_call *call, const char *id, const char *name, const char *email,
		     bool is_active)
{
	sb_record_add(call, "users",
		      json_pack("{ss ss sb si ss si s[{ss sb ss}]}", "name", name, "email", email,
				"active_flag", is_active, "role_id", 1, "timezone_name",
				"Europe/London", "is_admin", strcmp(id, PIPEDRIVE_USER) == 0,
				"access", "app", "sales", "admin", 1, "permission_set_id",
				"6b5f2a10-4a5e-11ea-9643-03698ef1cfd6"),
		      id);
}

static void add_stage(struct sb_call *call, const char *name, int order, int probability)
{
	sb_record_add(call, "stages",
		      json_pack("{ss si si si sb}", "name", name, "order_nr", order, "pipeline_id",
				1, "deal_probability", probability, "is_deal_rot_enabled", 0),
		      NULL);
}

static void add_type(struct sb_call *call, const char *name, const char *key, int order)
{
	sb_record_add(call, "activityTypes",
		      json_pack("{ss ss ss sb sb si}", "name", name, "key_string", key, "icon_key",
				key, "active_flag", 1, "is_custom_flag", 0, "order_nr", order),
		      NULL);
}

static void add_label(struct sb_call *call, const char *name, const char *color)
{
	sb_record_add(call, "leadLabels", json_pack("{ss ss}", "name", name, "color", color),
		      NULL);
}

void sb_pipedrive_open_objects(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < sb_pipedrive_nkinds; i++) {
		const struct sb_pipedrive_kind *kind = &sb_pipedrive_kinds[i];
		const struct sb_object_spec spec = { .name = kind->name,
						     .label = kind->name,
						     .first = 1,
						     .make_id = kind->is_uuid ? make_uuid :
										NULL };

		sb_fields_add(sb_object_add(account, &spec), kind->fields, kind->nfields);
	}
	add_user(&call, PIPEDRIVE_USER, "Rae Rep", "rep@acme.example", true);
	add_user(&call, "11", "Sam Seller", "sam@acme.example", true);
	add_user(&call, "12", "Gus Gone", "gone@acme.example", false);
	sb_record_add(&call, "pipelines",
		      json_pack("{ss si sb}", "name", "Pipeline", "order_nr", 0,
				"is_deal_probability_enabled", 1),
		      NULL);
	add_stage(&call, "Qualified", 1, 20);
	add_stage(&call, "Contact made", 2, 40);
	add_stage(&call, "Negotiations started", 3, 80);
	add_type(&call, "Call", "call", 1);
	add_type(&call, "Meeting", "meeting", 2);
	add_type(&call, "Task", "task", 3);
	add_type(&call, "Email", "email", 4);
	add_label(&call, "Hot", "red");
	add_label(&call, "Warm", "yellow");
	add_label(&call, "Cold", "blue");
	arena_free(arena);
}
