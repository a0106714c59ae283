/* salesforce_schema.c - what a new Salesforce org has: objects and their fields (fact
 * sheet 3 and 4). Threads: pure. */
#include <string.h>

#include "base/text.h"
#include "sandbox/salesforce.h"

#define SYSTEM (SB_READ_ONLY | SF_COMPUTED)
#define UNIQUE_KEY (SB_CUSTOM | SB_UNIQUE)
#define OWNER (SB_DEFAULTED | SB_REQUIRED | SB_INDEXED)

#define SOURCES "Web|Phone Inquiry|Partner Referral|Purchased List|Other"
#define LEAD_STATUS                                                                           \
	"Open - Not Contacted|Working - Contacted|Closed - Converted|Closed - Not Converted"
#define STAGES                                                                                \
	"Prospecting|Qualification|Needs Analysis|Value Proposition|Id. Decision Makers|"     \
	"Perception Analysis|Proposal/Price Quote|Negotiation/Review|Closed Won|Closed Lost"
#define INDUSTRIES "Agriculture|Banking|Construction|Education|Energy|Retail|Technology|Other"

/* What every object begins with. */
#define COMMON                                                                                \
	{ "Id", "Record ID", SB_REFERENCE, SYSTEM, 18, NULL, "id", NULL, NULL },              \
	{ "IsDeleted", "Deleted", SB_BOOLEAN, SYSTEM, 0, NULL, NULL, NULL, NULL },            \
	{ "CreatedDate", "Created Date", SB_DATETIME, SYSTEM, 0, NULL, NULL, NULL, NULL },    \
	{ "CreatedById", "Created By ID", SB_REFERENCE, SB_READ_ONLY, 18, NULL, NULL, NULL,   \
	  "User" },                                                                           \
	{ "LastModifiedDate", "Last Modified Date", SB_DATETIME, SYSTEM, 0, NULL, NULL, NULL, \
	  NULL },                                                                             \
	{ "LastModifiedById", "Last Modified By ID", SB_REFERENCE, SB_READ_ONLY, 18, NULL,    \
	  NULL, NULL, "User" },                                                               \
	{ "SystemModstamp", "System Modstamp", SB_DATETIME, SYSTEM, 0, NULL, NULL, NULL, NULL }

#define TEXT(name, label, flags, len)                                                         \
	{ name, label, SB_TEXT, flags, len, NULL, NULL, NULL, NULL }
#define TYPED(name, label, type, flags, len)                                                  \
	{ name, label, type, flags, len, NULL, NULL, NULL, NULL }
#define PICK(name, label, flags, options)                                                     \
	{ name, label, SB_PICKLIST, flags, 255, options, NULL, NULL, NULL }
#define POINTS(name, label, flags, at)                                                        \
	{ name, label, SB_REFERENCE, flags, 18, NULL, NULL, NULL, at }
#define MONEY(name, label) { name, label, SB_NUMBER, 0, 0, NULL, "currency", NULL, NULL }

/* What leads and contacts share. */
#define PERSON                                                                                \
	TEXT("LastName", "Last Name", SB_REQUIRED, 80),                                       \
	TEXT("FirstName", "First Name", 0, 40),                                               \
	PICK("Salutation", "Salutation", SB_OPEN, "Mr.|Ms.|Mrs.|Dr.|Prof."),                  \
	TEXT("Name", "Full Name", SB_READ_ONLY, 121),                                         \
	TEXT("Title", "Title", 0, 128),                                                       \
	TYPED("Email", "Email", SB_EMAIL, SB_INDEXED | SF_LOOKUP, 80),                        \
	TYPED("Phone", "Phone", SB_PHONE, SB_INDEXED, 40),                                    \
	TYPED("MobilePhone", "Mobile Phone", SB_PHONE, SB_INDEXED, 40),                       \
	TYPED("Description", "Description", SB_LONG_TEXT, 0, 32000),                          \
	PICK("LeadSource", "Lead Source", SB_OPEN, SOURCES),                                  \
	POINTS("OwnerId", "Owner ID", OWNER, "Group|User"),                                   \
	TYPED("HasOptedOutOfEmail", "Email Opt Out", SB_BOOLEAN, 0, 0),                       \
	POINTS("MasterRecordId", "Master Record ID", SB_READ_ONLY, NULL),                     \
	TEXT("Fairlead_Id__c", "Fairlead Id", UNIQUE_KEY, 64)

static const struct sb_field_spec lead_fields[] = {
	COMMON,
	PERSON,
	TEXT("Company", "Company", SB_REQUIRED, 255),
	TEXT("Street", "Street", 0, 255),
	TEXT("City", "City", 0, 40),
	TEXT("State", "State/Province", 0, 80),
	TEXT("PostalCode", "Zip/Postal Code", 0, 20),
	TEXT("Country", "Country", 0, 80),
	TYPED("Website", "Website", SB_URL, 0, 255),
	PICK("Status", "Status", SB_DEFAULTED | SB_REQUIRED | SB_OPEN, LEAD_STATUS),
	PICK("Rating", "Rating", 0, "Hot|Warm|Cold"),
	PICK("Industry", "Industry", SB_OPEN, INDUSTRIES),
	MONEY("AnnualRevenue", "Annual Revenue"),
	TYPED("NumberOfEmployees", "Employees", SB_INTEGER, 0, 0),
	TYPED("IsConverted", "Converted", SB_BOOLEAN, SB_READ_ONLY, 0),
	TYPED("ConvertedDate", "Converted Date", SB_DATE, SB_READ_ONLY, 0),
	POINTS("ConvertedContactId", "Converted Contact ID", SB_READ_ONLY, "Contact"),
	POINTS("ConvertedAccountId", "Converted Account ID", SB_READ_ONLY, "Account"),
	POINTS("ConvertedOpportunityId", "Converted Opportunity ID", SB_READ_ONLY,
	       "Opportunity"),
	{ "Fairlead_Score__c", "Fairlead Score", SB_NUMBER, SB_CUSTOM, 0, NULL, NULL, NULL,
	  NULL },
};

static const struct sb_field_spec contact_fields[] = {
	COMMON,
	PERSON,
	POINTS("AccountId", "Account ID", SB_INDEXED, "Account"),
	TEXT("Department", "Department", 0, 80),
	TEXT("MailingStreet", "Mailing Street", 0, 255),
	TEXT("MailingCity", "Mailing City", 0, 40),
	TEXT("MailingState", "Mailing State/Province", 0, 80),
	TEXT("MailingPostalCode", "Mailing Zip/Postal Code", 0, 20),
	TEXT("MailingCountry", "Mailing Country", 0, 80),
};

static const struct sb_field_spec account_fields[] = {
	COMMON,
	TEXT("Name", "Account Name", SB_REQUIRED | SB_INDEXED, 255),
	TYPED("Phone", "Account Phone", SB_PHONE, 0, 40),
	TYPED("Website", "Website", SB_URL, SB_INDEXED, 255),
	TEXT("BillingStreet", "Billing Street", 0, 255),
	TEXT("BillingCity", "Billing City", 0, 40),
	TEXT("BillingPostalCode", "Billing Zip/Postal Code", 0, 20),
	TEXT("BillingCountry", "Billing Country", 0, 80),
	PICK("Industry", "Industry", SB_OPEN, INDUSTRIES),
	MONEY("AnnualRevenue", "Annual Revenue"),
	TYPED("NumberOfEmployees", "Employees", SB_INTEGER, 0, 0),
	TYPED("Description", "Account Description", SB_LONG_TEXT, 0, 32000),
	POINTS("OwnerId", "Owner ID", OWNER, "User"),
};

static const struct sb_field_spec opportunity_fields[] = {
	COMMON,
	TEXT("Name", "Name", SB_REQUIRED, 120),
	PICK("StageName", "Stage", SB_REQUIRED | SB_OPEN, STAGES),
	TYPED("CloseDate", "Close Date", SB_DATE, SB_REQUIRED, 0),
	MONEY("Amount", "Amount"),
	POINTS("AccountId", "Account ID", SB_INDEXED, "Account"),
	PICK("LeadSource", "Lead Source", SB_OPEN, SOURCES),
	TYPED("Description", "Description", SB_LONG_TEXT, 0, 32000),
	POINTS("OwnerId", "Owner ID", OWNER, "User"),
};

static const struct sb_field_spec role_fields[] = {
	COMMON,
	POINTS("OpportunityId", "Opportunity ID", SB_REQUIRED | SB_INDEXED, "Opportunity"),
	POINTS("ContactId", "Contact ID", SB_REQUIRED | SB_INDEXED, "Contact"),
	PICK("Role", "Role", SB_OPEN, "Business User|Decision Maker|Economic Buyer|Other"),
	TYPED("IsPrimary", "Primary", SB_BOOLEAN, 0, 0),
};

static const struct sb_field_spec task_fields[] = {
	COMMON,
	TEXT("Subject", "Subject", 0, 255),
	POINTS("WhoId", "Name ID", SB_INDEXED, "Contact|Lead"),
	POINTS("WhatId", "Related To ID", SB_INDEXED, "Account|Opportunity"),
	PICK("Status", "Status", SB_DEFAULTED | SB_REQUIRED | SB_OPEN,
	     "Not Started|In Progress|Completed|Waiting on someone else|Deferred"),
	PICK("Priority", "Priority", SB_DEFAULTED | SB_REQUIRED | SB_OPEN, "Normal|High|Low"),
	PICK("TaskSubtype", "Task Subtype", 0, "Task|Email|Call|ListEmail|Cadence"),
	TYPED("ActivityDate", "Due Date Only", SB_DATE, 0, 0),
	TYPED("Description", "Description", SB_LONG_TEXT, 0, 32000),
	POINTS("OwnerId", "Assigned To ID", OWNER, "Group|User"),
};

static const struct sb_field_spec user_fields[] = {
	COMMON,
	TEXT("Username", "Username", SB_INDEXED, 80),
	TEXT("LastName", "Last Name", 0, 80),
	TEXT("FirstName", "First Name", 0, 40),
	TEXT("Name", "Full Name", SB_READ_ONLY, 121),
	TYPED("Email", "Email", SB_EMAIL, SB_INDEXED, 128),
	TYPED("IsActive", "Active", SB_BOOLEAN, 0, 0),
	PICK("UserType", "User Type", 0, "Standard|Guest|AutomatedProcess"),
};

static const struct sb_field_spec organization_fields[] = {
	COMMON,
	TEXT("Name", "Name", 0, 80),
	TEXT("InstanceName", "Instance Name", 0, 5),
	TEXT("OrganizationType", "Edition", 0, 40),
};

static const struct sb_field_spec group_fields[] = {
	COMMON,
	TEXT("Name", "Name", 0, 40),
	TEXT("DeveloperName", "Developer Name", SB_INDEXED, 80),
	PICK("Type", "Type", 0, "Regular|Queue"),
};

static const struct sb_field_spec queue_fields[] = {
	COMMON,
	POINTS("QueueId", "Queue ID", SB_INDEXED, "Group"),
	TEXT("SobjectType", "Object Type", SB_INDEXED, 40),
};

/* Of all that notes hang on. */
#define TARGETS "Account|Contact|Lead|Opportunity"

static const struct sb_field_spec note_fields[] = {
	COMMON,
	POINTS("ParentId", "Parent ID", SB_REQUIRED | SB_INDEXED, TARGETS),
	TEXT("Title", "Title", SB_REQUIRED, 80),
	TYPED("Body", "Body", SB_LONG_TEXT, 0, 32000),
	TYPED("IsPrivate", "Private", SB_BOOLEAN, 0, 0),
	POINTS("OwnerId", "Owner ID", OWNER, "User"),
};

static const struct sb_field_spec content_fields[] = {
	COMMON,
	TEXT("Title", "Title", SB_REQUIRED, 255),
	TYPED("Content", "Content", SB_LONG_TEXT, 0, 0),
	POINTS("OwnerId", "Owner ID", OWNER, "User"),
};

static const struct sb_field_spec content_link_fields[] = {
	COMMON,
	POINTS("ContentDocumentId", "ContentDocument ID", SB_REQUIRED | SB_INDEXED, "ContentNote"),
	POINTS("LinkedEntityId", "Linked Entity ID", SB_REQUIRED | SB_INDEXED, TARGETS),
	PICK("ShareType", "Share Type", SB_REQUIRED, "V|C|I"),
};

static const struct sb_field_spec permission_fields[] = {
	COMMON,
	TEXT("Name", "Name", SB_INDEXED, 80),
	TEXT("Label", "Label", 0, 80),
	TYPED("IsOwnedByProfile", "Is Owned By Profile", SB_BOOLEAN, 0, 0),
};

static const struct sb_field_spec status_fields[] = {
	COMMON,
	TEXT("ApiName", "API Name", 0, 255),
	TEXT("MasterLabel", "Master Label", 0, 255),
	TYPED("SortOrder", "Sort Order", SB_INTEGER, 0, 0),
	TYPED("IsDefault", "Is Default", SB_BOOLEAN, 0, 0),
	TYPED("IsConverted", "Is Converted", SB_BOOLEAN, 0, 0),
};

#define KIND(name, prefix, fields, is_read_only, is_searched)                                 \
	{ name, prefix, fields, ARRAY_LEN(fields), is_read_only, is_searched }

const struct sf_kind sf_kinds[] = {
	KIND("User", "005", user_fields, true, true),
	KIND("Organization", "00D", organization_fields, true, false),
	KIND("Group", "00G", group_fields, true, false),
	KIND("PermissionSet", "0PS", permission_fields, true, false),
	KIND("LeadStatus", "01J", status_fields, true, false),
	KIND("Lead", "00Q", lead_fields, false, true),
	KIND("Contact", "003", contact_fields, false, true),
	KIND("Account", "001", account_fields, false, true),
	KIND("Opportunity", "006", opportunity_fields, false, true),
	KIND("OpportunityContactRole", "00K", role_fields, false, false),
	KIND("Note", "002", note_fields, false, false),
	KIND("ContentNote", "069", content_fields, false, false),
	KIND("ContentDocumentLink", "06A", content_link_fields, false, false),
	KIND("QueueSobject", "03g", queue_fields, true, false),
	KIND("Task", "00T", task_fields, false, true),
};
const size_t sf_nkinds = ARRAY_LEN(sf_kinds);

const struct sf_kind *sf_kind_of(const struct sb_object *object)
{
	const char *name = sb_object_spec(object)->name;

	for (size_t i = 0; i < sf_nkinds; i++)
		if (strcmp(sf_kinds[i].name, name) == 0)
			return &sf_kinds[i];
	return &sf_kinds[0];
}

struct sb_object *sf_object_find(const struct sb_account *account, const char *name)
{
	for (size_t i = 0; i < sf_nkinds; i++)
		if (text_equal_nocase(sf_kinds[i].name, name))
			return sb_object_find(account, sf_kinds[i].name);
	return NULL;
}

struct sb_object *sf_object_of_id(const struct sb_account *account, const char *id)
{
	for (size_t i = 0; i < sf_nkinds; i++)
		if (strncmp(sf_kinds[i].prefix, id, 3) == 0)
			return sb_object_find(account, sf_kinds[i].name);
	return NULL;
}

struct sb_field *sf_field_find(const struct sb_object *object, const char *name)
{
	struct sb_field *field = sb_field_find(object, name);

	return field && !(field->flags & SB_HIDDEN) ? field : NULL;
}

bool sf_field_is_external(const struct sb_field *field)
{
	return field->flags & SB_CUSTOM && field->flags & SB_INDEXED;
}

bool sf_field_identifies(const struct sb_field *field)
{
	return sf_field_is_external(field) || field->flags & SF_LOOKUP;
}

/* --- ids (1) --- */

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* Three letters say which of each five are upper case. */
static void add_checksum(char id[64])
{
	for (int block = 0; block < 3; block++) {
		int bits = 0;

		for (int i = 0; i < 5; i++)
			if (id[block * 5 + i] >= 'A' && id[block * 5 + i] <= 'Z')
				bits |= 1 << i;
		id[15 + block] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits];
	}
	id[18] = '\0';
}

void sf_make_id(const struct sb_object *object, uint64_t number, char id[64])
{
	unsigned org = 41 + sb_object_account(object)->number; /* the first is "5g" */

	memcpy(id, sb_object_spec(object)->prefix, 3);
	memcpy(id + 3, "5g000000000000", 12);
	id[4] = digits[org % 62];
	id[5] = digits[org / 62 % 62];
	for (int i = 14; i > 6 && number; i--, number /= 62)
		id[i] = digits[number % 62];
	add_checksum(id);
}

const char *sf_id(struct arena *arena, const char *text)
{
	size_t len = strlen(text);
	char id[64];

	if ((len != 15 && len != 18) || strspn(text, digits) != len)
		return NULL;
	memcpy(id, text, 15);
	add_checksum(id);
	return len == 15 || strcmp(id, text) == 0 ? arena_strdup(arena, id) : NULL;
}
