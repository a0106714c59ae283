/* freshsales_say.c - what an account has, how refusals are worded and records rendered
 * (3-5, 9). Threads: under the sandbox's lock. */
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"
#include "sandbox/opening.h"

#define READ SB_READ_ONLY
#define TEXT(name, label) { name, label, SB_TEXT, 0, 255, NULL, "text", NULL, NULL }
#define KEY(name, label, kind) { name, label, SB_TEXT, SB_INDEXED, 255, NULL, kind, NULL, NULL }
#define PICK(name, label, to) { name, label, SB_REFERENCE, 0, 0, NULL, "dropdown", NULL, to }
#define JSON(name, label) { name, label, SB_JSON, 0, 0, NULL, "lookup", NULL, NULL }

static const struct sb_field_spec contact_fields[] = {
	TEXT("first_name", "First name"),
	TEXT("last_name", "Last name"),
	{ "email", "Email", SB_EMAIL, SB_INDEXED, 255, NULL, "email", NULL, NULL },
	KEY("mobile_number", "Mobile", "phone"),
	TEXT("work_number", "Work"),
	KEY("external_id", "External ID", "text"),
	TEXT("job_title", "Job title"),
	JSON("sales_accounts", "Accounts"),
	PICK("lead_source_id", "Source", "lead_sources"),
	PICK("lifecycle_stage_id", "Lifecycle stage", "lifecycle_stages"),
	PICK("contact_status_id", "Status", "contact_statuses"),
	PICK("owner_id", "Sales owner", "owners"),
	{ "lead_score", "Score", SB_INTEGER, READ, 0, NULL, "number", NULL, NULL },
	TEXT("address", "Address"),
	TEXT("city", "City"),
	TEXT("state", "State"),
	TEXT("zipcode", "Zipcode"),
	TEXT("country", "Country"),
	TEXT("medium", "Medium"),
	TEXT("keyword", "Keyword"),
	JSON("tags", "Tags"),
};

static const struct sb_field_spec account_fields[] = {
	{ "name", "Name", SB_TEXT, SB_REQUIRED | SB_INDEXED, 255, NULL, "text", NULL, NULL },
	TEXT("website", "Website"),
	TEXT("phone", "Phone"),
	TEXT("city", "City"),
	TEXT("country", "Country"),
	PICK("owner_id", "Sales owner", "owners"),
};

static const struct sb_field_spec deal_fields[] = {
	{ "name", "Name", SB_TEXT, SB_REQUIRED | SB_INDEXED, 255, NULL, "text", NULL, NULL },
	{ "amount", "Deal value", SB_NUMBER, 0, 0, NULL, "number", NULL, NULL },
	PICK("sales_account_id", "Account", "sales_accounts"),
	JSON("contacts_added_list", "Contacts"),
	PICK("deal_pipeline_id", "Pipeline", "deal_pipelines"),
	PICK("deal_stage_id", "Stage", "deal_stages"),
	PICK("owner_id", "Sales owner", "owners"),
};

#define TARGET                                                                                \
	{ "targetable_type", "Type", SB_TEXT, SB_REQUIRED, 0, NULL, "text", NULL, NULL },     \
		{ "targetable_id", "Id", SB_INTEGER, SB_REQUIRED, 0, NULL, "number", NULL, NULL }

static const struct sb_field_spec note_fields[] = {
	{ "description", "Description", SB_LONG_TEXT, SB_REQUIRED, 0, NULL, "textarea", NULL,
	  NULL },
	TARGET,
};

static const struct sb_field_spec task_fields[] = {
	{ "title", "Title", SB_TEXT, SB_REQUIRED, 255, NULL, "text", NULL, NULL },
	{ "description", "Description", SB_LONG_TEXT, 0, 0, NULL, "textarea", NULL, NULL },
	{ "due_date", "Due date", SB_DATETIME, 0, 0, NULL, "date_time", NULL, NULL },
	{ "status", "Status", SB_INTEGER, 0, 0, NULL, "number", NULL, NULL },
	PICK("owner_id", "Owner", "owners"),
	TARGET,
};

static const struct sb_field_spec activity_fields[] = {
	{ "title", "Title", SB_TEXT, SB_REQUIRED, 255, NULL, "text", NULL, NULL },
	{ "notes", "Notes", SB_LONG_TEXT, 0, 0, NULL, "textarea", NULL, NULL },
	PICK("sales_activity_type_id", "Type", "sales_activity_types"),
	{ "start_date", "Start", SB_DATETIME, 0, 0, NULL, "date_time", NULL, NULL },
	{ "end_date", "End", SB_DATETIME, 0, 0, NULL, "date_time", NULL, NULL },
	PICK("owner_id", "Owner", "owners"),
	TARGET,
};

static const struct sb_field_spec name_fields[] = { TEXT("name", "Name") };
static const struct sb_field_spec owner_fields[] = { TEXT("display_name", "Name"),
						     TEXT("email", "Email") };

static const char *const contact_uniques[] = { "email", "mobile_number", "external_id", NULL };
static const char *const name_uniques[] = { "name", NULL };
static const char *const no_uniques[] = { NULL };

#define FIELDS(table) table, ARRAY_LEN(table)
#define SELECTOR(name, first) { name, NULL, NULL, no_uniques, FIELDS(name_fields), first }

const struct sb_fresh_kind sb_fresh_kinds[] = {
	{ "contacts", "contact", "Contact", contact_uniques, FIELDS(contact_fields),
	  16008123456 },
	{ "sales_accounts", "sales_account", "SalesAccount", name_uniques,
	  FIELDS(account_fields), 16007000001 },
	{ "deals", "deal", "Deal", no_uniques, FIELDS(deal_fields), 16006000001 },
	{ "notes", "note", NULL, no_uniques, FIELDS(note_fields), 16005000001 },
	{ "tasks", "task", NULL, no_uniques, FIELDS(task_fields), 16004000001 },
	{ "sales_activities", "sales_activity", NULL, no_uniques, FIELDS(activity_fields),
	  16003000001 },
	{ "owners", NULL, NULL, no_uniques, FIELDS(owner_fields), 16000001 },
	SELECTOR("contact_statuses", 16003001),
	SELECTOR("lifecycle_stages", 16002001),
	SELECTOR("lead_sources", 16001001),
	SELECTOR("deal_pipelines", 16010001),
	SELECTOR("deal_stages", 16011001),
	SELECTOR("sales_activity_types", 16012001),
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

/* What an administrator has set up: lists, and one custom field of contacts. */
void sb_fresh_open_objects(struct sb_account *account)
{
	static const struct {
		const char *object, *name;
	} names[] = {
		{ "contact_statuses", "New" },	      { "contact_statuses", "Contacted" },
		{ "contact_statuses", "Unqualified" }, { "lifecycle_stages", "Lead" },
		{ "lifecycle_stages", "Customer" },   { "lead_sources", "Web" },
		{ "lead_sources", "Organic Search" }, { "deal_pipelines", "Default Pipeline" },
		{ "deal_stages", "New" },	      { "deal_stages", "Won" },
		{ "sales_activity_types", "Webinar" },
	};
	const struct sb_field_spec tier = { .name = "cf_tier", .label = "Tier",
					    .type = SB_PICKLIST, .flags = SB_CUSTOM,
					    .options = "Gold|Silver", .kind = "dropdown" };
	const struct sb_field_spec campaign = { .name = "cf_campaign", .label = "Campaign",
						.type = SB_TEXT, .flags = SB_CUSTOM,
						.max_len = 255, .kind = "text" };
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < sb_fresh_nkinds; i++) {
		const struct sb_fresh_kind *kind = &sb_fresh_kinds[i];
		const struct sb_object_spec spec = { .name = kind->name,
						     .label = kind->name,
						     .first = kind->first };

		sb_fields_add(sb_object_add(account, &spec), kind->fields, kind->nfields);
	}
	sb_field_add(sb_object_find(account, "contacts"), &tier);
	sb_field_add(sb_object_find(account, "contacts"), &campaign);
	sb_record_add(&call, "owners",
		      json_pack("{ss ss}", "display_name", "Rae Rep", "email",
				"rep@acme.example"),
		      NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		sb_record_add(&call, names[i].object, json_pack("{ss}", "name", names[i].name),
			      NULL);
	arena_free(arena);
}

/* --- refusals (9) --- */

void sb_fresh_fail(struct sb_call *call, int status, const char *format, ...)
{
	va_list args;
	char *message;

	va_start(args, format);
	message = arena_vprintf(call->arena, format, args);
	va_end(args);
	sb_reply_json(call, status, json_pack("{s{si s[s]}}", "errors", "code", status,
					      "message", message));
}

/* With an empty body, or an HTML page where the switch says so. */
void sb_fresh_not_found(struct sb_call *call)
{
	static const char page[] = "<html><body>The page you were looking for doesn't "
				   "exist</body></html>";

	if (sb_switch(call->account, "html_404"))
		sb_reply_text(call, 404, "text/html", page, sizeof(page) - 1);
	else
		sb_reply_empty(call, 404);
}

void sb_fresh_problem(struct sb_call *call, enum sb_problem problem, int status)
{
	static const char limited[] = "You have exceeded the limit of requests per hour";

	switch (problem) {
	case SB_PROBLEM_RATE:
		sb_reply_text(call, 429, "text/plain", limited, sizeof(limited) - 1);
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		sb_reply_json(call, 401, json_pack("{ss ss}", "login", "failed", "message",
						   "Incorrect username or password"));
		break;
	case SB_PROBLEM_FORBIDDEN:
		sb_reply_json(call, 403, json_pack("{s{si ss}}", "errors", "code", 403, "message",
						   "You are not authorized to perform this "
						   "action"));
		break;
	case SB_PROBLEM_BAD_JSON:
		sb_fresh_fail(call, 400, "The request body is not valid JSON");
		break;
	case SB_PROBLEM_LOCKED:
	case SB_PROBLEM_FULL:
		sb_fresh_fail(call, 503, "Service unavailable");
		break;
	case SB_PROBLEM_SERVER:
		sb_fresh_fail(call, status, "Something went wrong");
		break;
	}
}

/* --- records (4) --- */

static void add_contact(struct sb_call *call, const struct sb_record *record, json_t *json)
{
	const char *first = sb_record_text_of(record, "first_name", call->arena);
	const char *last = sb_record_text_of(record, "last_name", call->arena);
	const char *email = sb_record_text_of(record, "email", call->arena);

	json_object_set_new(json, "display_name",
			    sb_json_printf("%s%s%s", first ? first : "",
					   first && last ? " " : "", last ? last : ""));
	json_object_set_new(json, "emails",
			    email ? json_pack("[{sI ss sb sn}]", "id",
					      (json_int_t)record->number, "value", email,
					      "is_primary", 1, "label") :
				    json_array());
}

json_t *sb_fresh_json(struct sb_call *call, const struct sb_record *record)
{
	const struct sb_fresh_kind *kind = sb_fresh_kind_of(record->object);
	json_t *json = json_pack("{sI}", "id", (json_int_t)sb_id_number(record->id)), *custom;

	sb_render_fields(record, 0, SB_CUSTOM, 0, json);
	if (!kind->one)
		return json;
	if (strcmp(kind->name, "contacts") == 0)
		add_contact(call, record, json);
	custom = json_object();
	sb_render_fields(record, SB_CUSTOM, 0, 0, custom);
	json_object_set_new(json, "custom_field", custom);
	json_object_set_new(json, "created_at",
			    sb_render_time(call, record->created_at, SB_TIME_OFFSET));
	json_object_set_new(json, "updated_at",
			    sb_render_time(call, record->updated_at, SB_TIME_OFFSET));
	return json;
}
