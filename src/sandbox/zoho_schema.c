/* zoho_schema.c - what a new Zoho CRM org has: modules and their fields (fact sheet 3 and
 * 4). Threads: pure. */
#include <stdio.h>
#include <string.h>

#include "sandbox/zoho.h"

#define SYSTEM (SB_READ_ONLY | ZOHO_COMPUTED)

#define SOURCES                                                                               \
	"-None-|Advertisement|Cold Call|Employee Referral|External Referral|Online Store|"    \
	"Partner|Public Relations|Seminar Partner|Trade Show|Web Download|Web Research|Chat"
#define LEAD_STATUS                                                                           \
	"-None-|Attempted to Contact|Contact in Future|Contacted|Junk Lead|Lost Lead|"        \
	"Not Contacted|Pre-Qualified|Not Qualified"
#define STAGES                                                                                \
	"Qualification|Needs Analysis|Value Proposition|Identify Decision Makers|"            \
	"Proposal/Price Quote|Negotiation/Review|Closed Won|Closed Lost"
#define INDUSTRIES "-None-|ASP|Data/Telecom OEM|ERP|Government/Military|Large Enterprise|Other"

#define TEXT(name, label, flags, len)                                                         \
	{ name, label, SB_TEXT, flags, len, NULL, "text", NULL, NULL }
#define AREA(name, label, flags)                                                              \
	{ name, label, SB_LONG_TEXT, flags, 32000, NULL, "textarea", NULL, NULL }
#define PICK(name, label, flags, options)                                                     \
	{ name, label, SB_PICKLIST, flags, 120, options, "picklist", NULL, NULL }
#define EMAIL(name, label, flags)                                                             \
	{ name, label, SB_EMAIL, flags, 100, NULL, "email", NULL, NULL }
#define PHONE(name, label, flags)                                                             \
	{ name, label, SB_PHONE, flags, 30, NULL, "phone", NULL, NULL }
#define LOOKUP(name, label, flags, at)                                                        \
	{ name, label, SB_REFERENCE, flags, 120, NULL, "lookup", NULL, at }
#define TYPED(name, label, type, flags, len, kind)                                            \
	{ name, label, type, flags, len, NULL, kind, NULL, NULL }
#define YES_NO(name, label, flags) TYPED(name, label, SB_BOOLEAN, flags, 5, "boolean")

/* What every module begins with. */
#define COMMON                                                                                \
	{ "Owner", "Owner", SB_REFERENCE, SB_INDEXED, 120, NULL, "ownerlookup", NULL,         \
	  "users" },                                                                          \
	{ "Created_By", "Created By", SB_REFERENCE, SB_READ_ONLY, 120, NULL, "ownerlookup",   \
	  NULL, "users" },                                                                    \
	{ "Modified_By", "Modified By", SB_REFERENCE, SB_READ_ONLY, 120, NULL, "ownerlookup", \
	  NULL, "users" },                                                                    \
	TYPED("Created_Time", "Created Time", SB_DATETIME, SYSTEM, 120, "datetime"),          \
	TYPED("Modified_Time", "Modified Time", SB_DATETIME, SYSTEM, 120, "datetime")

#define PERSON                                                                                \
	PICK("Salutation", "Salutation", SB_OPEN, "-None-|Mr.|Mrs.|Ms.|Dr.|Prof."),           \
	TEXT("First_Name", "First Name", 0, 40),                                              \
	TEXT("Last_Name", "Last Name", SB_REQUIRED, 80),                                      \
	TEXT("Full_Name", "Full Name", SB_READ_ONLY, 120),                                    \
	EMAIL("Email", "Email", SB_INDEXED | ZOHO_DUPLICATE),                                 \
	EMAIL("Secondary_Email", "Secondary Email", SB_INDEXED),                              \
	PHONE("Phone", "Phone", SB_INDEXED),                                                  \
	PHONE("Mobile", "Mobile", SB_INDEXED),                                                \
	TYPED("Fax", "Fax", SB_TEXT, 0, 30, "text"),                                          \
	PICK("Lead_Source", "Lead Source", 0, SOURCES),                                       \
	YES_NO("Email_Opt_Out", "Email Opt Out", 0),                                          \
	AREA("Description", "Description", 0),                                                \
	YES_NO("Locked__s", "Locked", SB_READ_ONLY),                                          \
	TEXT("Record_Status__s", "Record Status", SB_READ_ONLY, 20)

#define TAGS TYPED("Tag", "Tag", SB_JSON, 0, 2000, "text")

static const struct sb_field_spec lead_fields[] = {
	COMMON,
	PERSON,
	TEXT("Company", "Company", ZOHO_LAYOUT, 200),
	TEXT("Designation", "Title", 0, 100),
	PICK("Lead_Status", "Lead Status", 0, LEAD_STATUS),
	PICK("Rating", "Rating", 0, "-None-|Acquired|Active|Market Failed|Project Cancelled|"
				    "Shut Down"),
	PICK("Industry", "Industry", 0, INDUSTRIES),
	TYPED("Website", "Website", SB_URL, 0, 255, "website"),
	TYPED("Annual_Revenue", "Annual Revenue", SB_NUMBER, 0, 16, "currency"),
	TYPED("No_of_Employees", "No. of Employees", SB_INTEGER, 0, 9, "integer"),
	TEXT("Street", "Street", 0, 250),
	TEXT("City", "City", 0, 100),
	TEXT("State", "State", 0, 100),
	TEXT("Zip_Code", "Zip Code", 0, 30),
	TEXT("Country", "Country", 0, 100),
	YES_NO("Converted__s", "Is Converted", SB_READ_ONLY),
	TYPED("Converted_Date_Time", "Converted Date Time", SB_DATETIME, SB_READ_ONLY, 120,
	      "datetime"),
	TYPED("Lead_Conversion_Time", "Lead Conversion Time", SB_INTEGER, SB_READ_ONLY, 9,
	      "integer"),
	LOOKUP("Converted_Contact", "Converted Contact", SB_READ_ONLY, "Contacts"),
	LOOKUP("Converted_Account", "Converted Account", SB_READ_ONLY, "Accounts"),
	LOOKUP("Converted_Deal", "Converted Deal", SB_READ_ONLY, "Deals"),
	TAGS,
};

static const struct sb_field_spec contact_fields[] = {
	COMMON,
	PERSON,
	LOOKUP("Account_Name", "Account Name", SB_INDEXED, "Accounts"),
	TEXT("Title", "Title", 0, 100),
	TEXT("Department", "Department", 0, 50),
	TEXT("Mailing_Street", "Mailing Street", 0, 250),
	TEXT("Mailing_City", "Mailing City", 0, 100),
	TEXT("Mailing_Zip", "Mailing Zip", 0, 30),
	TEXT("Mailing_Country", "Mailing Country", 0, 100),
	TAGS,
};

static const struct sb_field_spec account_fields[] = {
	COMMON,
	TEXT("Account_Name", "Account Name", SB_REQUIRED | SB_INDEXED | ZOHO_DUPLICATE, 200),
	PHONE("Phone", "Phone", 0),
	TYPED("Website", "Website", SB_URL, 0, 255, "website"),
	PICK("Industry", "Industry", 0, INDUSTRIES),
	TYPED("Annual_Revenue", "Annual Revenue", SB_NUMBER, 0, 16, "currency"),
	TYPED("Employees", "Employees", SB_INTEGER, 0, 9, "integer"),
	TEXT("Billing_City", "Billing City", 0, 100),
	TEXT("Billing_Country", "Billing Country", 0, 100),
	AREA("Description", "Description", 0),
	TAGS,
};

static const struct sb_field_spec deal_fields[] = {
	COMMON,
	TEXT("Deal_Name", "Deal Name", SB_REQUIRED | SB_INDEXED | ZOHO_DUPLICATE, 120),
	PICK("Stage", "Stage", SB_REQUIRED, STAGES),
	PICK("Pipeline", "Pipeline", 0, "Standard (Standard)"),
	TYPED("Closing_Date", "Closing Date", SB_DATE, 0, 20, "date"),
	TYPED("Amount", "Amount", SB_NUMBER, 0, 16, "currency"),
	LOOKUP("Account_Name", "Account Name", SB_INDEXED, "Accounts"),
	LOOKUP("Contact_Name", "Contact Name", SB_INDEXED, "Contacts"),
	PICK("Lead_Source", "Lead Source", 0, SOURCES),
	AREA("Description", "Description", 0),
	TAGS,
};

#define RELATED                                                                               \
	LOOKUP("What_Id", "Related To", SB_INDEXED, "Leads|Accounts|Deals"),                  \
	LOOKUP("Who_Id", "Contact Name", SB_INDEXED, "Contacts")

static const struct sb_field_spec task_fields[] = {
	COMMON,
	TEXT("Subject", "Subject", SB_REQUIRED, 255),
	PICK("Status", "Status", 0, "Not Started|Deferred|In Progress|Completed|"
				    "Waiting for input"),
	PICK("Priority", "Priority", 0, "High|Highest|Low|Lowest|Normal"),
	TYPED("Due_Date", "Due Date", SB_DATE, 0, 20, "date"),
	RELATED,
	AREA("Description", "Description", 0),
};

static const struct sb_field_spec call_fields[] = {
	COMMON,
	TEXT("Subject", "Subject", SB_REQUIRED, 255),
	PICK("Call_Type", "Call Type", 0, "Outbound|Inbound|Missed"),
	TYPED("Call_Start_Time", "Call Start Time", SB_DATETIME, 0, 120, "datetime"),
	TEXT("Call_Duration", "Call Duration", 0, 20),
	RELATED,
	AREA("Description", "Description", 0),
};

static const struct sb_field_spec event_fields[] = {
	COMMON,
	TEXT("Event_Title", "Title", SB_REQUIRED, 255),
	TYPED("Start_DateTime", "From", SB_DATETIME, SB_REQUIRED, 120, "datetime"),
	TYPED("End_DateTime", "To", SB_DATETIME, SB_REQUIRED, 120, "datetime"),
	RELATED,
	AREA("Description", "Description", 0),
};

static const struct sb_field_spec note_fields[] = {
	COMMON,
	TEXT("Note_Title", "Note Title", 0, 120),
	AREA("Note_Content", "Note Content", SB_REQUIRED),
	LOOKUP("Parent_Id", "Parent ID", SB_REQUIRED | SB_INDEXED,
	       "Leads|Contacts|Accounts|Deals"),
};

static const struct sb_field_spec user_fields[] = {
	TEXT("full_name", "Full Name", 0, 100), TEXT("first_name", "First Name", 0, 40),
	TEXT("last_name", "Last Name", 0, 80),	EMAIL("email", "Email", SB_INDEXED),
	TEXT("status", "Status", 0, 20),	TEXT("zuid", "ZUID", 0, 20),
};

#define MODULE(name, singular, number, fields, is_hidden)                                     \
	{ name, singular, number, fields, ARRAY_LEN(fields), is_hidden }

const struct zoho_module zoho_modules[] = {
	MODULE("users", "User", "001", user_fields, true),
	MODULE("Leads", "Lead", "003", lead_fields, false),
	MODULE("Contacts", "Contact", "004", contact_fields, false),
	MODULE("Accounts", "Account", "005", account_fields, false),
	MODULE("Deals", "Deal", "006", deal_fields, false),
	MODULE("Tasks", "Task", "007", task_fields, false),
	MODULE("Calls", "Call", "008", call_fields, false),
	MODULE("Events", "Meeting", "009", event_fields, false),
	MODULE("Notes", "Note", "010", note_fields, false),
};
const size_t zoho_nmodules = ARRAY_LEN(zoho_modules);

static unsigned org_number(const struct sb_account *account)
{
	return 5725766 + account->number;
}

void zoho_make_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "%07u%.3s%09llu", org_number(sb_object_account(object)),
		 sb_object_spec(object)->prefix, (unsigned long long)number % 1000000000);
}

const char *zoho_meta_id(struct arena *arena, const struct sb_account *account, unsigned kind,
			 unsigned number)
{
	return arena_printf(arena, "%07u000%03u%06u", org_number(account), kind, number);
}

static unsigned place_of(const struct sb_object *object)
{
	unsigned i = 0;

	while (strcmp(zoho_modules[i].name, sb_object_spec(object)->name) != 0)
		i++;
	return i;
}

const char *zoho_field_id(struct arena *arena, const struct sb_field *field)
{
	return zoho_meta_id(arena, sb_object_account(field->object),
			    100 + place_of(field->object), field->slot + 1);
}

const char *zoho_layout_id(struct arena *arena, const struct sb_object *object)
{
	return zoho_meta_id(arena, sb_object_account(object), 90, place_of(object));
}

const char *zoho_rule_id(struct arena *arena, const struct sb_account *account)
{
	return zoho_meta_id(arena, account, 91, 1);
}

struct sb_object *zoho_object_find(const struct sb_account *account, const char *name)
{
	for (size_t i = 0; i < zoho_nmodules; i++)
		if (!zoho_modules[i].is_hidden && strcmp(zoho_modules[i].name, name) == 0)
			return sb_object_find(account, name);
	return NULL;
}

struct sb_field *zoho_field_find(const struct sb_object *object, const char *name)
{
	struct sb_field *field = sb_field_find(object, name);

	return field && !(field->flags & SB_HIDDEN) ? field : NULL;
}

enum sb_column zoho_column(const char *name)
{
	if (strcmp(name, "id") == 0)
		return SB_COLUMN_ID;
	if (strcmp(name, "Created_Time") == 0)
		return SB_COLUMN_CREATED;
	return strcmp(name, "Modified_Time") == 0 ? SB_COLUMN_UPDATED : SB_COLUMN_FIELD;
}

const struct sb_record *zoho_user(const struct sb_account *account)
{
	return sb_object_record(sb_object_find(account, "users"), 0);
}
