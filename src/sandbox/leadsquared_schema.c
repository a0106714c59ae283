/* leadsquared_schema.c - what an account has: the fields of a lead and their metadata,
 * users, types of activities (3, 4, 6). Threads: under the sandbox's lock. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/leadsquared.h"
#include "sandbox/opening.h"
#include "sandbox/state.h"

#define READ SB_READ_ONLY
#define FIELD(name, label, type, flags, len, kind)                                            \
	{ name, label, type, flags, len, NULL, kind, NULL, NULL }
#define TEXT(name, label) FIELD(name, label, SB_TEXT, 0, 200, "Text")
#define FLAG(name, label) FIELD(name, label, SB_BOOLEAN, 0, 0, "Boolean")
#define NUMBER(name, label, flags) FIELD(name, label, SB_NUMBER, flags, 0, "Number")
#define OWN(name, label, kind) FIELD(name, label, SB_TEXT, READ | LSQ_OF_RECORD, 0, kind)
#define SELECT(name, label, flags, options)                                                   \
	{ name, label, SB_PICKLIST, flags, 50, options, "Select", NULL, NULL }

static const struct sb_field_spec lead_fields[] = {
	OWN("ProspectID", "Lead Id", "Text"),
	OWN("ProspectAutoId", "Lead Number", "Number"),
	TEXT("FirstName", "First Name"),
	TEXT("LastName", "Last Name"),
	FIELD("EmailAddress", "Email", SB_EMAIL, SB_UNIQUE, 200, "Email"),
	FIELD("Phone", "Phone Number", SB_PHONE, SB_UNIQUE, 20, "Phone"),
	FIELD("Mobile", "Mobile Number", SB_PHONE, SB_INDEXED, 20, "Phone"),
	TEXT("Company", "Company"),
	TEXT("JobTitle", "Job Title"),
	FIELD("Website", "Website", SB_URL, 0, 200, "Website"),
	SELECT("Source", "Lead Source", SB_OPEN, "Website|Referral Sites|Social Media|Others"),
	TEXT("SourceMedium", "Source Medium"),
	TEXT("SourceCampaign", "Source Campaign"),
	TEXT("SourceContent", "Source Content"),
	FIELD("Origin", "Lead Origin", SB_TEXT, READ, 50, "Text"),
	SELECT("ProspectStage", "Lead Stage", 0,
	       "New Lead|Engaged|Qualified|Unqualified|Customer"),
	FIELD("StatusCode", "Status Code", SB_TEXT, READ, 0, "Text"),
	FIELD("StatusReason", "Status Reason", SB_TEXT, READ, 0, "Text"),
	{ "OwnerId", "Owner", SB_REFERENCE, 0, 0, NULL, "ActiveUsers", NULL, "users" },
	FIELD("OwnerIdName", "Owner", SB_TEXT, READ | LSQ_OF_USER, 0, "Text"),
	FIELD("OwnerIdEmailAddress", "Owner Email", SB_TEXT, READ | LSQ_OF_USER, 0, "Email"),
	NUMBER("Score", "Lead Score", 0),
	NUMBER("EngagementScore", "Engagement Score", READ),
	NUMBER("QualityScore01", "Lead Quality", READ),
	FIELD("Notes", "Notes", SB_LONG_TEXT, 0, 4000, "Text"),
	TEXT("mx_Street1", "Address 1"),
	TEXT("mx_Street2", "Address 2"),
	TEXT("mx_City", "City"),
	TEXT("mx_State", "State"),
	TEXT("mx_Country", "Country"),
	TEXT("mx_Zip", "Zip"),
	/* A set of custom fields: its members are lsq_set_has()'s. */
	FIELD("mx_KYC", "KYC", SB_JSON, SB_CUSTOM, 0, "CustomObject"),
	FLAG("DoNotEmail", "Do Not Email"),
	FLAG("DoNotCall", "Do Not Call"),
	SELECT("LeadType", "Object Type", SB_REQUIRED | SB_DEFAULTED, "OT_0|OT_1"),
	OWN("CreatedOn", "Created On", "Date"),
	FIELD("CreatedBy", "Created By", SB_TEXT, READ, 0, "ActiveUsers"),
	OWN("ModifiedOn", "Modified On", "Date"),
	FIELD("ModifiedBy", "Modified By", SB_TEXT, READ, 0, "ActiveUsers"),
	FIELD("ProspectActivityDate_Max", "Last Activity Date", SB_TEXT, READ, 0, "Date"),
	FIELD("ProspectActivityName_Max", "Last Activity", SB_TEXT, READ, 0, "Text"),
};

static const struct sb_field_spec user_fields[] = {
	TEXT("FirstName", "First Name"),
	TEXT("LastName", "Last Name"),
	FIELD("EmailAddress", "Email", SB_EMAIL, SB_UNIQUE, 200, "Email"),
	TEXT("Role", "Role"),
	FIELD("StatusCode", "Status", SB_INTEGER, 0, 0, "Number"),
};

static const struct sb_field_spec type_fields[] = {
	TEXT("ActivityEventName", "Name"),
	FIELD("Score", "Score", SB_INTEGER, 0, 0, "Number"),
	TEXT("Description", "Description"),
	FIELD("Direction", "Direction", SB_INTEGER, 0, 0, "Number"),
	FIELD("Fields", "Fields", SB_JSON, 0, 0, NULL),
};

static const struct sb_field_spec activity_fields[] = {
	FIELD("RelatedProspectId", "Lead", SB_TEXT, SB_INDEXED, 0, "Text"),
	FIELD("ActivityEvent", "Event", SB_INTEGER, 0, 0, "Number"),
	FIELD("ActivityNote", "Note", SB_LONG_TEXT, 0, 0, "Text"),
	FIELD("ActivityDateTime", "Time", SB_TEXT, 0, 0, "Date"),
	FIELD("Owner", "Owner", SB_TEXT, 0, 0, "ActiveUsers"),
	FIELD("Fields", "Fields", SB_JSON, 0, 0, NULL),
};

static const struct sb_field_spec task_fields[] = {
	TEXT("Name", "Name"),
	FIELD("Description", "Description", SB_LONG_TEXT, 0, 0, "Text"),
	FIELD("RelatedEntity", "Related To", SB_INTEGER, 0, 0, "Number"),
	FIELD("RelatedEntityId", "Related Id", SB_TEXT, SB_INDEXED, 0, "Text"),
	FIELD("DueDate", "Due", SB_TEXT, 0, 0, "Date"),
	FIELD("EndDate", "End", SB_TEXT, 0, 0, "Date"),
	FIELD("Reminder", "Reminder", SB_INTEGER, 0, 0, "Number"),
	TEXT("NotifyBy", "Notify By"),
	TEXT("OwnerEmailAddress", "Owner"),
	TEXT("TaskType", "Type"),
	FIELD("StatusCode", "1: completed", SB_INTEGER, 0, 0, "Number"),
};

static const struct sb_field_spec opportunity_fields[] = {
	FIELD("RelatedProspectId", "Lead", SB_TEXT, SB_INDEXED, 0, "Text"),
	FIELD("OpportunityEventCode", "Type", SB_INTEGER, 0, 0, "Number"),
	FIELD("OpportunityNote", "Note", SB_LONG_TEXT, 0, 0, "Text"),
	TEXT("Status", "Status"),
	FIELD("Fields", "Fields", SB_JSON, 0, 0, NULL),
};

static const struct sb_field_spec webhook_fields[] = {
	FIELD("URL", "URL", SB_URL, 0, 0, NULL),
	TEXT("Description", "Description"),
	FIELD("WebhookEvent", "Event", SB_INTEGER, SB_INDEXED, 0, NULL),
	FIELD("CustomHeaders", "Headers", SB_JSON, 0, 0, NULL),
	FIELD("IsActive", "Active", SB_BOOLEAN, 0, 0, NULL),
	FIELD("Failures", "Failures in a row", SB_INTEGER, 0, 0, NULL),
};

/* What is done by itself when something happens: drawn in the browser. */
static const struct sb_field_spec automation_fields[] = {
	TEXT("Name", "Name"),
	FIELD("WebhookEvent", "What sets it off", SB_INTEGER, 0, 0, NULL),
	FIELD("URL", "Where it posts", SB_URL, 0, 0, NULL),
	FIELD("CustomHeaders", "Headers", SB_JSON, 0, 0, NULL),
	FIELD("WaitSeconds", "How long it waits", SB_INTEGER, 0, 0, NULL),
	FIELD("IsActive", "Active", SB_BOOLEAN, 0, 0, NULL),
};

/* The GUID of a record: the same in each run, unlike any other object's or account's. */
static void guid(const struct sb_object *object, uint64_t number, char id[64])
{
	const struct sb_account *account = sb_object_account(object);
	uint64_t mark = sb_hash(sb_object_spec(object)->name) ^
			account->remote_id * UINT64_C(0x9e3779b97f4a7c15);

	snprintf(id, 64, "%08x-%04x-4%03x-9%03x-%012llx", (unsigned)(mark & 0xffffffff),
		 (unsigned)(mark >> 32 & 0xffff), (unsigned)(mark >> 48 & 0xfff),
		 (unsigned)(number >> 48 & 0xfff),
		 (unsigned long long)(number & UINT64_C(0xffffffffffff)));
}

#define FIELDS(table) table, ARRAY_LEN(table)
static const struct {
	const char *name;
	const struct sb_field_spec *fields;
	size_t nfields;
	uint64_t first;
	bool has_code; /* its id is its number */
} objects[] = {
	{ "leads", FIELDS(lead_fields), 3142, false },
	{ "users", FIELDS(user_fields), 1, false },
	{ "activity_types", FIELDS(type_fields), 201, true },
	{ "activities", FIELDS(activity_fields), 1, false },
	{ "tasks", FIELDS(task_fields), 1, false },
	{ "opportunities", FIELDS(opportunity_fields), 1, false },
	{ "webhooks", FIELDS(webhook_fields), 1, false },
	{ "automations", FIELDS(automation_fields), 1, false },
};

static void open_users(struct sb_call *call)
{
	sb_record_add(call, "users",
		      json_pack("{ss ss ss ss si}", "FirstName", "Ada", "LastName", "Admin",
				"EmailAddress", "ada@acme.example", "Role", "Administrator",
				"StatusCode", 0),
		      NULL);
	sb_record_add(call, "users",
		      json_pack("{ss ss ss ss si}", "FirstName", "Rae", "LastName", "Rep",
				"EmailAddress", "rep@acme.example", "Role", "Sales_User",
				"StatusCode", 0),
		      NULL);
	sb_record_add(call, "users",
		      json_pack("{ss ss ss ss si}", "FirstName", "Gone", "LastName", "Away",
				"EmailAddress", "gone@acme.example", "Role", "Sales_User",
				"StatusCode", 1),
		      NULL);
}

/* Types with fields are made in the browser; those that the API makes have none. */
static void open_types(struct sb_call *call)
{
	sb_record_add(call, "activity_types",
		      json_pack("{ss si ss si s[{ss ss ss sb} {ss ss ss sb}]}",
				"ActivityEventName", "Form submitted", "Score", 5, "Description", "",
				"Direction", 0, "Fields", "SchemaName", "Status", "DisplayName",
				"Status", "DataType", "String", "IsMandatory", 0, "SchemaName",
				"mx_Custom_1", "DisplayName", "Form", "DataType", "String",
				"IsMandatory", 0),
		      NULL);
	sb_record_add(call, "activity_types",
		      json_pack("{ss si ss si s[{ss ss ss sb} {ss ss ss sb}]}",
				"ActivityEventName", "Site visit", "Score", 20, "Description", "",
				"Direction", 0, "Fields", "SchemaName", "mx_Custom_1",
				"DisplayName", "Site", "DataType", "String", "IsMandatory", 1,
				"SchemaName", "mx_Custom_2", "DisplayName", "Guests", "DataType",
				"Number", "IsMandatory", 0),
		      NULL);
}

void lsq_open_objects(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		const struct sb_object_spec spec = { .name = objects[i].name,
						     .label = objects[i].name,
						     .first = objects[i].first,
						     .make_id = objects[i].has_code ? NULL :
										      guid };

		sb_fields_add(sb_object_add(account, &spec), objects[i].fields,
			      objects[i].nfields);
	}
	open_users(&call);
	open_types(&call);
	arena_free(arena);
}

struct sb_object *lsq_leads(const struct sb_call *call)
{
	return sb_object_find(call->account, "leads");
}

const char *lsq_api_user(const struct sb_account *account)
{
	return sb_object_record(sb_object_find(account, "users"), 0)->id;
}

const char *lsq_other_user(const struct sb_account *account)
{
	return sb_object_record(sb_object_find(account, "users"), 1)->id;
}

bool lsq_set_has(const char *member)
{
	return sb_has_word("Status|Document_Number", member);
}

/* --- metadata (3) --- */

/* What a field looks like on a form. The sheet numbers one of them. */
static const char *render_of(const struct sb_field *field)
{
	switch (field->type) {
	case SB_LONG_TEXT:
		return "TextArea";
	case SB_EMAIL:
		return "Email";
	case SB_PHONE:
		return LSQ_RENDER_PHONE;
	case SB_URL:
		return "URL";
	case SB_BOOLEAN:
		return "CheckBox";
	case SB_PICKLIST:
		return "Dropdown";
	case SB_MULTI:
		return "MultiSelect";
	case SB_DATE:
	case SB_DATETIME:
		return "DateTime";
	case SB_TEXT:
	case SB_INTEGER:
	case SB_NUMBER:
	case SB_REFERENCE:
	case SB_JSON:
		break;
	}
	return text_equal(field->kind, "Date") ? "DateTime" : "Textbox";
}

/* A retyped field goes by its type, another by LeadSquared's own word. */
static const char *data_type_of(const struct sb_field *field)
{
	switch (field->type) {
	case SB_INTEGER:
	case SB_NUMBER:
		return "Number";
	case SB_EMAIL:
		return "Email";
	case SB_PHONE:
		return "Phone";
	case SB_URL:
		return "Website";
	case SB_BOOLEAN:
		return "Boolean";
	case SB_DATE:
	case SB_DATETIME:
		return "Date";
	case SB_PICKLIST:
	case SB_MULTI:
		return "Select";
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_REFERENCE:
	case SB_JSON:
		break;
	}
	return field->kind ? field->kind : "Text";
}

static json_t *options_of(const struct sb_field *field)
{
	json_t *list = json_array();

	for (size_t i = 0; i < field->noptions; i++)
		json_array_append_new(list, json_pack("{ss}", "Value", field->options[i].value));
	return list;
}

static json_t *field_json(const struct sb_field *field, bool with_options)
{
	json_t *json = json_pack("{ss ss ss ss ss sb so ss si sb si sb sb so}", "Entity", "1",
				 "SchemaName", field->name, "Name", field->name, "DisplayName",
				 field->label, "DataType", data_type_of(field), "IsMandatory",
				 (field->flags & SB_REQUIRED) != 0, "MaxLength",
				 field->max_len ? sb_json_printf("%d", field->max_len) :
						  json_null(),
				 "RenderTypeTextValue", render_of(field), "EntityAttributeType",
				 field->flags & SB_CUSTOM ? 2 : 1, "IsLeadIdentifier",
				 (field->flags & SB_UNIQUE) != 0, "LockAfterCreate",
				 text_equal(field->name, "LeadType"), "IsVisible", 1,
				 "ShowInImport", !(field->flags & SB_READ_ONLY), "DefaultValue",
				 text_equal(field->name, "LeadType") ? json_string("OT_0") :
								       json_null());

	if (field->type == SB_PHONE) {
		json_object_set_new(json, "RenderType", json_integer(6));
		json_object_set_new(json, "RangeMin", json_string("10"));
	}
	if (with_options && field->noptions)
		json_object_set_new(json, "Options", options_of(field));
	return json;
}

void lsq_metadata(struct sb_call *call)
{
	const struct sb_object *leads = lsq_leads(call);
	const char *one = sb_query(call, "schemaName");
	bool with_options = !text_equal(sb_query(call, "excludeOptionSets"), "1");
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_nfields(leads); i++) {
		const struct sb_field *field = sb_object_field(leads, i);

		if (!(field->flags & (SB_HIDDEN | SB_ARCHIVED)) &&
		    (!one || text_equal(one, field->name)))
			json_array_append_new(list, field_json(field, with_options));
	}
	sb_reply_json(call, 200, list);
}

/* --- a new field (3) --- */

static const struct {
	const char *data_type, *render;
	enum sb_type type;
} kinds[] = {
	{ "Text", "Textbox", SB_TEXT },	     { "Text", "TextArea", SB_LONG_TEXT },
	{ "Number", "Textbox", SB_NUMBER },  { "Email", "Email", SB_EMAIL },
	{ "Phone", "Phone", SB_PHONE },	     { "Website", "URL", SB_URL },
	{ "Date", "Date", SB_TEXT },	     { "Date", "DateTime", SB_TEXT },
	{ "Time", "Time", SB_TEXT },	     { "Select", "Dropdown", SB_PICKLIST },
	{ "Select", "RadioButton", SB_PICKLIST },
	{ "Select", "SearchableDropdown", SB_PICKLIST },
	{ "Boolean", "CheckBox", SB_BOOLEAN },
};

/* "Fairlead Id" becomes mx_Fairlead_Id. */
static const char *schema_name(struct arena *arena, const char *label)
{
	char *name = arena_printf(arena, "mx_%s", label), *to = name + 3;

	for (const char *from = to; *from; from++)
		if (isalnum((unsigned char)*from))
			*to++ = *from;
		else if (*from == ' ' || *from == '_')
			*to++ = '_';
	*to = '\0';
	return name;
}

/* OptionsJson: a list of texts or of {"Value"}, written as JSON in a text. The sheet does
 * not know its form. False when it is neither. */
static bool add_options(struct sb_field *field, const json_t *options)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)options, i, item) {
		const char *value = json_is_object(item) ? json_string_of(item, "Value") :
							   json_string_value(item);

		if (text_is_empty(value))
			return false;
		if (field)
			sb_field_add_option(field, value, value, (int)i, false);
	}
	return json_array_size(options) > 0;
}

static int kind_of(const json_t *body)
{
	const char *type = json_string_of(body, "DataType");
	const char *render = json_string_of(body, "RenderTypeTextValue");

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text_equal(kinds[i].data_type, type) && text_equal(kinds[i].render, render))
			return (int)i;
	return -1;
}

/* The digits of MaxLength; 0 when it is not given, -1 when it is no length. */
static int64_t length_of(struct sb_call *call, const json_t *body)
{
	const char *text = sb_id_text(call->arena, json_object_get(body, "MaxLength"));
	int64_t len;

	if (text_is_empty(text))
		return 0;
	return text_int(text, &len) && len > 0 && len <= 100000 ? len : -1;
}

void lsq_add_field(struct sb_call *call)
{
	const json_t *body = lsq_body(call), *options;
	const char *label = json_string_of(body, "DisplayName"), *name, *json;
	struct sb_field_spec spec = { .flags = SB_CUSTOM };
	struct sb_field *field;
	int64_t max_len;
	int kind;

	if (!body)
		return;
	kind = kind_of(body);
	max_len = length_of(call, body);
	name = label ? schema_name(call->arena, label) : "mx_";
	json = json_string_of(body, "OptionsJson");
	options = json && *json ? json_parse(call->arena, json, strlen(json), &json_limits_lead,
					     NULL) :
				  NULL;
	if (!name[3] || strlen(name) > 100)
		lsq_fail(call, lsq_mandatory, "'DisplayName' is mandatory, letters and digits");
	else if (kind < 0)
		lsq_fail(call, lsq_invalid, "DataType and RenderTypeTextValue do not go together");
	else if (max_len < 0)
		lsq_fail(call, lsq_invalid, "MaxLength is invalid");
	else if (kinds[kind].type == SB_PHONE && !json_object_get(body, "Range_Min"))
		lsq_fail(call, lsq_mandatory, "'Range_Min' is mandatory for a phone");
	else if (kinds[kind].type == SB_PICKLIST && !add_options(NULL, options))
		lsq_fail(call, lsq_invalid, "OptionsJson is invalid");
	else if (sb_field_find_any(lsq_leads(call), name))
		lsq_fail(call, lsq_duplicate_name, "A field with the name '%s' already exists",
			 label);
	else {
		char id[SB_UUID_SIZE];

		spec.name = name;
		spec.label = label;
		spec.type = kinds[kind].type;
		spec.kind = kinds[kind].data_type;
		spec.max_len = (int)max_len;
		if (json_is_true(json_object_get(body, "IsMandatory")))
			spec.flags |= SB_REQUIRED;
		field = sb_field_add(lsq_leads(call), &spec);
		if (spec.type == SB_PICKLIST)
			add_options(field, options);
		sb_rng_uuid(&call->rng, id);
		lsq_success(call, json_pack("{ss}", "Id", id));
	}
}

/* --- users (6) --- */

void lsq_users(struct sb_call *call)
{
	const struct sb_object *users = sb_object_find(call->account, "users");
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(users); i++) {
		const struct sb_record *user = sb_object_record(users, i);
		json_t *json;

		if (user->state != SB_LIVE)
			continue;
		json = json_pack("{ss}", "ID", user->id);
		sb_render_fields(user, 0, 0, 0, json);
		json_array_append_new(list, json);
	}
	sb_reply_json(call, 200, list);
}
