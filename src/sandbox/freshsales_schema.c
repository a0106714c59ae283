/* freshsales_schema.c - what a Freshsales account has (3, 4, 6). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/freshsales.h"
#include "sandbox/opening.h"

#define READ SB_READ_ONLY
#define TEXT(name, label) { name, label, SB_TEXT, 0, 255, NULL, "text", NULL, NULL }
#define SHOWN(name, label) { name, label, SB_TEXT, READ, 255, NULL, "text", NULL, NULL }
#define NEEDED(name, label) { name, label, SB_TEXT, SB_REQUIRED, 255, NULL, "text", NULL, NULL }
#define LONG(name, label, flags)                                                              \
	{ name, label, SB_LONG_TEXT, flags, 0, NULL, "textarea", NULL, NULL }
#define KEY(name, label, kind) { name, label, SB_TEXT, SB_INDEXED, 255, NULL, kind, NULL, NULL }
#define PICK(name, label, to) { name, label, SB_REFERENCE, 0, 0, NULL, "dropdown", NULL, to }
#define JSON(name, label) { name, label, SB_JSON, 0, 0, NULL, "lookup", NULL, NULL }
#define LIST(name, label, kind) { name, label, SB_JSON, FRESH_LIST, 0, NULL, kind, NULL, NULL }
#define TIME(name, label) { name, label, SB_DATETIME, 0, 0, NULL, "date_time", NULL, NULL }
#define WHOLE(name, label, flags)                                                             \
	{ name, label, SB_INTEGER, flags, 0, NULL, "number", NULL, NULL }
#define NAME { "name", "Name", SB_TEXT, SB_REQUIRED | SB_INDEXED, 255, NULL, "text", NULL, NULL }

/* What a contact and a classic lead have alike. */
#define PERSON                                                                                \
	TEXT("first_name", "First name"), TEXT("last_name", "Last name"),                     \
		{ "email", "Email", SB_EMAIL, SB_INDEXED, 255, NULL, "email", NULL, NULL },   \
		LIST("emails", "Emails", "email"), KEY("mobile_number", "Mobile", "phone"),   \
		TEXT("work_number", "Work"), LIST("phone_numbers", "Other phones", "phone"),  \
		KEY("external_id", "External ID", "text"), TEXT("job_title", "Job title"),    \
		PICK("lead_source_id", "Source", "lead_sources"),                             \
		PICK("owner_id", "Sales owner", "owners"),                                    \
		PICK("territory_id", "Territory", "territories"),                             \
		PICK("campaign_id", "Campaign", "campaigns"),                                 \
		WHOLE("lead_score", "Score", READ), TEXT("address", "Address"),               \
		TEXT("city", "City"), TEXT("state", "State"), TEXT("zipcode", "Zipcode"),     \
		TEXT("country", "Country"), TEXT("medium", "Medium"),                         \
		TEXT("keyword", "Keyword"), LIST("tags", "Tags", "auto_complete"),            \
		SHOWN("last_contacted", "Last contacted time"),                               \
		SHOWN("last_contacted_sales_activity_mode", "Last contacted mode")

static const struct sb_field_spec contact_fields[] = {
	PERSON,
	LIST("sales_accounts", "Accounts", "lookup"),
	PICK("lifecycle_stage_id", "Lifecycle stage", "lifecycle_stages"),
	PICK("contact_status_id", "Status", "contact_statuses"),
	WHOLE("lost_reason_id", "Lost reason", 0),
	WHOLE("subscription_status", "Subscription status", 0),
	TEXT("subscription_types", "Subscription types"),
	SHOWN("first_source", "First source"),
	SHOWN("first_medium", "First medium"),
	SHOWN("first_campaign", "First campaign"),
	SHOWN("latest_source", "Latest source"),
	SHOWN("latest_medium", "Latest medium"),
	SHOWN("latest_campaign", "Latest campaign"),
};

static const struct sb_field_spec lead_fields[] = { PERSON, JSON("company", "Company") };

static const struct sb_field_spec account_fields[] = {
	NAME,
	TEXT("website", "Website"),
	TEXT("phone", "Phone"),
	TEXT("address", "Address"),
	TEXT("city", "City"),
	TEXT("state", "State"),
	TEXT("zipcode", "Zipcode"),
	TEXT("country", "Country"),
	PICK("owner_id", "Sales owner", "owners"),
	PICK("territory_id", "Territory", "territories"),
};

static const struct sb_field_spec deal_fields[] = {
	NAME,
	{ "amount", "Deal value", SB_NUMBER, 0, 0, NULL, "number", NULL, NULL },
	PICK("currency_id", "Currency", "currencies"),
	PICK("sales_account_id", "Account", "sales_accounts"),
	LIST("contacts_added_list", "Contacts", "lookup"),
	PICK("deal_pipeline_id", "Pipeline", "deal_pipelines"),
	PICK("deal_stage_id", "Stage", "deal_stages"),
	PICK("deal_type_id", "Type", "deal_types"),
	PICK("deal_reason_id", "Lost reason", "deal_reasons"),
	PICK("lead_source_id", "Source", "lead_sources"),
	PICK("owner_id", "Sales owner", "owners"),
};

#define TARGET                                                                                \
	{ "targetable_type", "Type", SB_TEXT, SB_REQUIRED, 0, NULL, "text", NULL, NULL },     \
		WHOLE("targetable_id", "Id", SB_REQUIRED)

static const struct sb_field_spec note_fields[] = {
	LONG("description", "Description", SB_REQUIRED),
	TARGET,
};

static const struct sb_field_spec task_fields[] = {
	NEEDED("title", "Title"),	LONG("description", "Description", 0),
	TIME("due_date", "Due date"),	WHOLE("status", "Status", 0),
	PICK("owner_id", "Owner", "owners"), TARGET,
};

static const struct sb_field_spec appointment_fields[] = {
	NEEDED("title", "Title"),
	LONG("description", "Description", 0),
	{ "from_date", "From", SB_DATETIME, SB_REQUIRED, 0, NULL, "date_time", NULL, NULL },
	{ "end_date", "To", SB_DATETIME, SB_REQUIRED, 0, NULL, "date_time", NULL, NULL },
	TEXT("time_zone", "Time zone"),
	TEXT("location", "Location"),
	LIST("appointment_attendees_attributes", "Attendees", "lookup"),
	TARGET,
};

static const struct sb_field_spec activity_fields[] = {
	NEEDED("title", "Title"),
	LONG("notes", "Notes", 0),
	PICK("sales_activity_type_id", "Type", "sales_activity_types"),
	PICK("sales_activity_outcome_id", "Outcome", "sales_activity_outcomes"),
	TIME("start_date", "Start"),
	TIME("end_date", "End"),
	PICK("owner_id", "Owner", "owners"),
	TARGET,
};

/* "true" is incoming. The sheet names the path and nothing else (6). */
static const struct sb_field_spec call_fields[] = {
	{ "call_direction", "Incoming", SB_BOOLEAN, 0, 0, NULL, "checkbox", NULL, NULL },
	WHOLE("call_duration", "Duration", 0),
	LONG("note", "Note", 0),
	PICK("owner_id", "Owner", "owners"),
	TARGET,
};

static const struct sb_field_spec list_fields[] = { NEEDED("name", "Name") };

/* What the account's administrator made: a custom module. */
static const struct sb_field_spec visit_fields[] = {
	NAME,
	PICK("owner_id", "Owner", "owners"),
};

/* An action "Trigger webhook" of a workflow: made in the product, here by control (7). */
static const struct sb_field_spec workflow_fields[] = {
	NEEDED("url", "Callback URL"),
	{ "module", "Module", SB_PICKLIST, 0, 0, "contacts|leads|sales_accounts|deals", "dropdown",
	  NULL, NULL },
	{ "event", "Trigger", SB_PICKLIST, 0, 0, "created|updated|both", "dropdown", NULL, NULL },
	{ "method", "Request type", SB_PICKLIST, 0, 0, "POST|GET|PUT|DELETE", "dropdown", NULL,
	  NULL },
	{ "encoding", "Encoding", SB_PICKLIST, 0, 0, "JSON|XML|form", "dropdown", NULL, NULL },
	JSON("headers", "Custom headers"),
	JSON("conditions", "Conditions"),
	JSON("fields", "Fields of a simple body"),
	LONG("body", "Advanced body", 0),
};

static const struct sb_field_spec name_fields[] = { TEXT("name", "Name") };
static const struct sb_field_spec status_fields[] = {
	TEXT("name", "Name"),
	WHOLE("lifecycle_stage_id", "Lifecycle stage", 0),
};
static const struct sb_field_spec outcome_fields[] = {
	TEXT("name", "Name"),
	WHOLE("sales_activity_type_id", "Type", 0),
};
static const struct sb_field_spec owner_fields[] = {
	TEXT("display_name", "Name"),
	TEXT("email", "Email"),
	{ "is_active", "Active", SB_BOOLEAN, 0, 0, NULL, "checkbox", NULL, NULL },
};

#define FIELDS(table) table, ARRAY_LEN(table)
#define SELECTOR(name, first) { name, NULL, NULL, "", FIELDS(name_fields), first }

#define UNIQUES "mobile_number|external_id" /* and addresses */

const struct sb_fresh_kind sb_fresh_kinds[] = {
	{ "contacts", "contact", "Contact", UNIQUES, FIELDS(contact_fields), 16008123456 },
	{ "leads", "lead", "Lead", UNIQUES, FIELDS(lead_fields), 16009000001 },
	{ "sales_accounts", "sales_account", "SalesAccount", "name", FIELDS(account_fields),
	  16007000001 },
	{ "deals", "deal", "Deal", "", FIELDS(deal_fields), 16006000001 },
	{ "notes", "note", NULL, "", FIELDS(note_fields), 16005000001 },
	{ "tasks", "task", NULL, "", FIELDS(task_fields), 16004000001 },
	{ "appointments", "appointment", NULL, "", FIELDS(appointment_fields), 16014000001 },
	{ "sales_activities", "sales_activity", NULL, "", FIELDS(activity_fields), 16003000001 },
	{ "phone_calls", "phone_call", NULL, "", FIELDS(call_fields), 16015000001 },
	{ "lists", "list", NULL, "", FIELDS(list_fields), 16016000001 },
	{ "cm_visit", "cm_visit", "cm_visit", "", FIELDS(visit_fields), 16017000001 },
	{ "workflows", NULL, NULL, "", FIELDS(workflow_fields), 1 },
	{ "owners", NULL, NULL, "", FIELDS(owner_fields), 16000001 },
	{ "contact_statuses", NULL, NULL, "", FIELDS(status_fields), 16003001 },
	SELECTOR("lifecycle_stages", 16002001),
	SELECTOR("lead_sources", 16001001),
	SELECTOR("deal_pipelines", 16010001),
	SELECTOR("deal_stages", 16011001),
	SELECTOR("deal_types", 16018001),
	SELECTOR("deal_reasons", 16019001),
	SELECTOR("territories", 16020001),
	SELECTOR("campaigns", 16021001),
	SELECTOR("currencies", 16022001),
	SELECTOR("sales_activity_types", 16012001),
	{ "sales_activity_outcomes", NULL, NULL, "", FIELDS(outcome_fields), 16013001 },
};
const size_t sb_fresh_nkinds = ARRAY_LEN(sb_fresh_kinds);

const struct sb_fresh_kind *sb_fresh_kind_of(const struct sb_object *object)
{
	size_t i = 0;

	while (strcmp(sb_fresh_kinds[i].name, sb_object_spec(object)->name) != 0)
		i++;
	return &sb_fresh_kinds[i];
}

struct sb_object *sb_fresh_object_of_model(struct sb_call *call, const char *model)
{
	for (size_t i = 0; model && i < sb_fresh_nkinds; i++)
		if (text_equal(sb_fresh_kinds[i].model, model))
			return sb_object_find(call->account, sb_fresh_kinds[i].name);
	return NULL;
}

bool sb_fresh_is_person(const struct sb_object *object)
{
	return sb_has_word("contacts|leads", sb_object_spec(object)->name);
}

/* What an administrator has set up: lists of choices, custom fields of contacts. */
static void add_custom_fields(struct sb_account *account)
{
	static const struct sb_field_spec specs[] = {
		{ "cf_tier", "Tier", SB_PICKLIST, SB_CUSTOM, 0, "Gold|Silver", "dropdown", NULL,
		  NULL },
		{ "cf_campaign", "Campaign", SB_TEXT, SB_CUSTOM, 255, NULL, "text", NULL, NULL },
		{ "cf_customer_key", "Customer key", SB_TEXT, SB_CUSTOM | SB_UNIQUE, 255, NULL,
		  "text", NULL, NULL },
	};

	sb_fields_add(sb_object_find(account, "contacts"), specs, ARRAY_LEN(specs));
	sb_fields_add(sb_object_find(account, "leads"), specs, ARRAY_LEN(specs));
}

static void add_names(struct sb_call *call)
{
	static const struct {
		const char *object, *name;
		int of; /* what it belongs to, or 0 */
	} names[] = {
		{ "lifecycle_stages", "Lead", 0 },
		{ "lifecycle_stages", "Customer", 0 },
		{ "contact_statuses", "New", 16002001 },
		{ "contact_statuses", "Contacted", 16002001 },
		{ "contact_statuses", "Unqualified", 16002001 },
		{ "contact_statuses", "Won", 16002002 },
		{ "lead_sources", "Web", 0 },
		{ "lead_sources", "Organic Search", 0 },
		{ "deal_pipelines", "Default Pipeline", 0 },
		{ "deal_stages", "New", 0 },
		{ "deal_stages", "Won", 0 },
		{ "deal_types", "New Business", 0 },
		{ "deal_reasons", "Price", 0 },
		{ "territories", "Europe", 0 },
		{ "campaigns", "Spring", 0 },
		{ "currencies", "USD", 0 },
		{ "sales_activity_types", "Webinar", 0 },
		{ "sales_activity_types", "Phone", 0 },
		{ "sales_activity_outcomes", "Attended", 16012001 },
		{ "sales_activity_outcomes", "Interested", 16012002 },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		sb_record_add(call, names[i].object,
			      json_pack("{ss si si}", "name", names[i].name, "lifecycle_stage_id",
					names[i].of, "sales_activity_type_id", names[i].of),
			      NULL);
}

void sb_fresh_open_objects(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < sb_fresh_nkinds; i++) {
		const struct sb_fresh_kind *kind = &sb_fresh_kinds[i];
		const struct sb_object_spec spec = { .name = kind->name,
						     .label = kind->name,
						     .first = kind->first };

		sb_fields_add(sb_object_add(account, &spec), kind->fields, kind->nfields);
	}
	add_custom_fields(account);
	sb_record_add(&call, "owners",
		      json_pack("{ss ss sb}", "display_name", "Rae Rep", "email",
				"rep@acme.example", "is_active", 1),
		      NULL);
	sb_record_add(&call, "owners",
		      json_pack("{ss ss sb}", "display_name", "Gil Gone", "email",
				"gone@acme.example", "is_active", 0),
		      NULL);
	add_names(&call);
	arena_free(arena);
}
