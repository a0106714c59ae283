/* copper_schema.c - what a new Copper account has (3, 4, 6). Threads: under the sandbox's
 * lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/copper.h"
#include "sandbox/opening.h"

#define READ SB_READ_ONLY
#define LIST COPPER_LIST
#define TEXT(name, label, flags) { name, label, SB_TEXT, flags, 255, NULL, NULL, NULL, NULL }
#define LONG(name, label) { name, label, SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL }
#define WHOLE(name, label, flags) { name, label, SB_INTEGER, flags, 0, NULL, NULL, NULL, NULL }
#define JSON(name, label, flags, kind) { name, label, SB_JSON, flags, 0, NULL, kind, NULL, NULL }
#define TO(name, label, object) { name, label, SB_REFERENCE, 0, 0, NULL, NULL, NULL, object }

#define NAMES                                                                                 \
	TEXT("name", "Name", SB_REQUIRED), TEXT("prefix", "Prefix", READ),                    \
		TEXT("first_name", "First Name", READ),                                       \
		TEXT("middle_name", "Middle Name", READ),                                     \
		TEXT("last_name", "Last Name", READ), TEXT("suffix", "Suffix", READ)
#define COMMON                                                                                \
	JSON("address", "Address", 0, "address"), TO("assignee_id", "Assignee Id", "users"),  \
		LONG("details", "Details"), JSON("tags", "Tags", LIST, "tags"),               \
		JSON("socials", "Socials", LIST, "urls"),                                     \
		JSON("websites", "Websites", LIST, "urls"),                                   \
		JSON("phone_numbers", "Phone Numbers", LIST, "phones"),                       \
		WHOLE("interaction_count", "Interaction Count", READ),                        \
		WHOLE("date_last_contacted", "Date Last Contacted", READ)

static const struct sb_field_spec lead_fields[] = {
	NAMES,
	COMMON,
	TEXT("company_name", "Company Name", 0),
	TO("customer_source_id", "Customer Source Id", "customer_sources"),
	JSON("email", "Email", 0, "email"),
	{ "monetary_value", "Monetary Value", SB_NUMBER, 0, 0, NULL, NULL, NULL, NULL },
	TEXT("monetary_unit", "Monetary Unit", 0),
	TEXT("status", "Status", READ),
	TO("status_id", "Status Id", "lead_statuses"),
	TEXT("title", "Title", 0),
};

static const struct sb_field_spec person_fields[] = {
	NAMES,
	COMMON,
	TO("company_id", "Company Id", "companies"),
	TEXT("company_name", "Company Name", READ),
	TO("contact_type_id", "Contact Type Id", "contact_types"),
	JSON("emails", "Emails", LIST | SB_INDEXED, "emails"),
	TEXT("title", "Title", 0),
};

static const struct sb_field_spec company_fields[] = {
	TEXT("name", "Name", SB_REQUIRED),
	COMMON,
	TO("contact_type_id", "Contact Type Id", "contact_types"),
	TEXT("email_domain", "Email Domain", 0),
	TO("primary_contact_id", "Primary Contact Id", "people"),
};

static const struct sb_field_spec opportunity_fields[] = {
	TEXT("name", "Name", SB_REQUIRED),
	TO("assignee_id", "Assignee Id", "users"),
	TO("company_id", "Company Id", "companies"),
	TO("primary_contact_id", "Primary Contact Id", "people"),
	TO("customer_source_id", "Customer Source Id", "customer_sources"),
	TO("loss_reason_id", "Loss Reason Id", "loss_reasons"),
	TO("pipeline_id", "Pipeline Id", "pipelines"),
	TO("pipeline_stage_id", "Pipeline Stage Id", "pipeline_stages"),
	LONG("details", "Details"),
	{ "monetary_value", "Monetary Value", SB_NUMBER, 0, 0, NULL, NULL, NULL, NULL },
	{ "priority", "Priority", SB_PICKLIST, 0, 0, "None|Low|Medium|High", NULL, NULL, NULL },
	{ "status", "Status", SB_PICKLIST, 0, 0, "Open|Won|Lost|Abandoned", NULL, NULL, NULL },
	JSON("tags", "Tags", LIST, "tags"),
	TEXT("close_date", "Close Date", 0),
};

static const struct sb_field_spec task_fields[] = {
	TEXT("name", "Name", SB_REQUIRED),
	JSON("related_resource", "Related Resource", 0, "parent"),
	TO("assignee_id", "Assignee Id", "users"),
	WHOLE("due_date", "Due Date", 0),
	WHOLE("reminder_date", "Reminder Date", 0),
	WHOLE("completed_date", "Completed Date", READ),
	{ "priority", "Priority", SB_PICKLIST, 0, 0, "None|High", NULL, NULL, NULL },
	{ "status", "Status", SB_PICKLIST, 0, 0, "Open|Completed", NULL, NULL, NULL },
	LONG("details", "Details"),
	JSON("tags", "Tags", LIST, "tags"),
};

static const struct sb_field_spec project_fields[] = {
	TEXT("name", "Name", SB_REQUIRED),
	JSON("related_resource", "Related Resource", 0, "parent"),
	TO("assignee_id", "Assignee Id", "users"),
	{ "status", "Status", SB_PICKLIST, 0, 0, "Open|Completed", NULL, NULL, NULL },
	LONG("details", "Details"),
	JSON("tags", "Tags", LIST, "tags"),
};

static const struct sb_field_spec activity_fields[] = {
	JSON("parent", "Parent", SB_REQUIRED, "parent"),
	JSON("type", "Type", SB_REQUIRED, "activity_type"),
	TO("user_id", "User Id", "users"),
	LONG("details", "Details"),
	WHOLE("activity_date", "Activity Date", 0),
	JSON("old_value", "Old Value", READ, NULL),
	JSON("new_value", "New Value", READ, NULL),
};

static const struct sb_field_spec user_fields[] = {
	TEXT("name", "Name", 0),
	TEXT("email", "Email", 0),
};

static const struct sb_field_spec status_fields[] = {
	TEXT("name", "Name", 0),
	WHOLE("order", "Order", 0),
	{ "is_default", "Default", SB_BOOLEAN, 0, 0, NULL, NULL, NULL, NULL },
};

static const struct sb_field_spec name_fields[] = { TEXT("name", "Name", 0) };

static const struct sb_field_spec stage_fields[] = {
	TEXT("name", "Name", 0),
	WHOLE("pipeline_id", "Pipeline Id", 0),
	WHOLE("win_probability", "Win Probability", 0),
};

static const struct sb_field_spec webhook_fields[] = {
	TEXT("target", "Target", 0),
	TEXT("type", "Type", 0),
	TEXT("event", "Event", 0),
	JSON("secret", "Secret", 0, NULL),
	JSON("headers", "Headers", 0, NULL),
	{ "custom_field_computed_values", "Computed Values", SB_BOOLEAN, 0, 0, NULL, NULL, NULL,
	  NULL },
};

#define FIELDS(table) table, ARRAY_LEN(table)

const struct sb_copper_kind sb_copper_kinds[] = {
	{ "leads", "lead", FIELDS(lead_fields), 13244480 },
	{ "people", "person", FIELDS(person_fields), 27140359 },
	{ "companies", "company", FIELDS(company_fields), 9607580 },
	{ "opportunities", "opportunity", FIELDS(opportunity_fields), 2827698 },
	{ "tasks", "task", FIELDS(task_fields), 3716920 },
	{ "projects", "project", FIELDS(project_fields), 144296 },
	{ "activities", "activity", FIELDS(activity_fields), 3064242278 },
	{ "users", NULL, FIELDS(user_fields), COPPER_USER },
	{ "lead_statuses", NULL, FIELDS(status_fields), 208231 },
	{ "customer_sources", NULL, FIELDS(name_fields), 331240 },
	{ "contact_types", NULL, FIELDS(name_fields), 451490 },
	{ "loss_reasons", NULL, FIELDS(name_fields), 308790 },
	{ "pipelines", NULL, FIELDS(name_fields), 213214 },
	{ "pipeline_stages", NULL, FIELDS(stage_fields), 987790 },
	{ "webhooks", NULL, FIELDS(webhook_fields), 17065 },
};
const size_t sb_copper_nkinds = ARRAY_LEN(sb_copper_kinds);

const struct sb_copper_kind *sb_copper_kind_of(const struct sb_object *object)
{
	size_t i = 0;

	while (strcmp(sb_copper_kinds[i].name, sb_object_spec(object)->name) != 0)
		i++;
	return &sb_copper_kinds[i];
}

struct sb_object *sb_copper_object_of_type(struct sb_call *call, const char *type)
{
	for (size_t i = 0; type && i < sb_copper_nkinds; i++)
		if (text_equal(sb_copper_kinds[i].type, type))
			return sb_object_find(call->account, sb_copper_kinds[i].name);
	return NULL;
}

static void add_names(struct sb_call *call, const char *object, const char *const *names)
{
	for (; *names; names++)
		sb_record_add(call, object, json_pack("{ss}", "name", *names), NULL);
}

static void add_pipeline(struct sb_call *call)
{
	static const struct {
		const char *name;
		int win;
	} stages[] = { { "Qualifying", 5 }, { "Proposal", 40 }, { "Negotiation", 80 } };
	const struct sb_record *pipeline =
		sb_record_add(call, "pipelines", json_pack("{ss}", "name", "Sales"), NULL);

	for (size_t i = 0; i < ARRAY_LEN(stages); i++)
		sb_record_add(call, "pipeline_stages",
			      json_pack("{ss sI si}", "name", stages[i].name, "pipeline_id",
					(json_int_t)sb_id_number(pipeline->id), "win_probability",
					stages[i].win),
			      NULL);
}

void sb_copper_open_objects(struct sb_account *account)
{
	static const char *const sources[] = { "Advertising", "Email", "Referral", "Web", NULL };
	static const char *const types[] = { "Potential Customer", "Current Customer", NULL };
	static const char *const reasons[] = { "Price", "Features", "Competitor", NULL };
	static const char *const statuses[] = { "New", "Contacted", "Unqualified" };
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < sb_copper_nkinds; i++) {
		const struct sb_copper_kind *kind = &sb_copper_kinds[i];
		const struct sb_object_spec spec = { .name = kind->name,
						     .label = kind->name,
						     .first = kind->first };

		sb_fields_add(sb_object_add(account, &spec), kind->fields, kind->nfields);
	}
	sb_record_add(&call, "users",
		      json_pack("{ss ss}", "name", "Rae Rep", "email", COPPER_EMAIL), NULL);
	sb_record_add(&call, "users",
		      json_pack("{ss ss}", "name", "Sam Seller", "email", "sam@acme.example"),
		      NULL);
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		sb_record_add(&call, "lead_statuses",
			      json_pack("{ss si sb}", "name", statuses[i], "order", (int)i + 1,
					"is_default", i == 0),
			      NULL);
	add_names(&call, "customer_sources", sources);
	add_names(&call, "contact_types", types);
	add_names(&call, "loss_reasons", reasons);
	add_pipeline(&call);
	arena_free(arena);
}
