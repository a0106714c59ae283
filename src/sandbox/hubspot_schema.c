/* hubspot_schema.c - what a new HubSpot account has: properties, groups, pipelines.
 * Threads: pure. */
#include "base/text.h"
#include "sandbox/hubspot.h"

#define INFO "contactinformation"
#define HIST "conversioninformation"
#define READ (SB_READ_ONLY)
#define FORM HUBSPOT_FORM

#define STAGES                                                                                \
	"subscriber=Subscriber|lead=Lead|marketingqualifiedlead=Marketing Qualified Lead|"    \
	"salesqualifiedlead=Sales Qualified Lead|opportunity=Opportunity|customer=Customer|"  \
	"evangelist=Evangelist|other=Other"
#define LEAD_STATUS                                                                           \
	"NEW=New|OPEN=Open|IN_PROGRESS=In Progress|OPEN_DEAL=Open Deal|"                      \
	"UNQUALIFIED=Unqualified|ATTEMPTED_TO_CONTACT=Attempted to Contact|"                  \
	"CONNECTED=Connected|BAD_TIMING=Bad Timing"
#define SOURCES                                                                               \
	"ORGANIC_SEARCH=Organic Search|PAID_SEARCH=Paid Search|EMAIL_MARKETING=Email "        \
	"Marketing|SOCIAL_MEDIA=Organic Social|REFERRALS=Referrals|OTHER_CAMPAIGNS=Other "    \
	"Campaigns|DIRECT_TRAFFIC=Direct Traffic|OFFLINE=Offline Sources|PAID_SOCIAL=Paid "   \
	"Social"

static const struct sb_field_spec contact_fields[] = {
	{ "email", "Email", SB_EMAIL, SB_UNIQUE | FORM, 0, NULL, "text", INFO, NULL },
	{ "hs_additional_emails", "Additional email addresses", SB_MULTI, SB_OPEN, 0, NULL,
	  "checkbox", INFO, NULL },
	{ "firstname", "First Name", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "lastname", "Last Name", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "salutation", "Salutation", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "phone", "Phone Number", SB_PHONE, FORM | SB_INDEXED, 0, NULL, "phonenumber", INFO,
	  NULL },
	{ "mobilephone", "Mobile Phone Number", SB_PHONE, FORM | SB_INDEXED, 0, NULL,
	  "phonenumber", INFO, NULL },
	{ "fax", "Fax Number", SB_PHONE, FORM, 0, NULL, "phonenumber", INFO, NULL },
	{ "company", "Company Name", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "jobtitle", "Job Title", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "website", "Website URL", SB_URL, FORM, 0, NULL, "text", INFO, NULL },
	{ "address", "Street Address", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "city", "City", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "state", "State/Region", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "zip", "Postal Code", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "country", "Country/Region", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "hs_language", "Preferred language", SB_PICKLIST, FORM, 0,
	  "en=English|de=German|es=Spanish|fr=French|hi=Hindi|nl=Dutch|pt=Portuguese", "select",
	  INFO, NULL },
	{ "industry", "Industry", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "message", "Message", SB_LONG_TEXT, FORM, 0, NULL, "textarea", INFO, NULL },
	{ "numemployees", "Number of Employees", SB_PICKLIST, FORM, 0,
	  "1-5|5-25|25-50|50-100|100-500|500-1000|1000+", "select", INFO, NULL },
	{ "annualrevenue", "Annual Revenue", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "lifecyclestage", "Lifecycle Stage", SB_PICKLIST, FORM, 0, STAGES, "radio", INFO,
	  NULL },
	{ "hs_lead_status", "Lead Status", SB_PICKLIST, FORM, 0, LEAD_STATUS, "radio",
	  "sales_properties", NULL },
	{ "hubspot_owner_id", "Contact owner", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL, "select",
	  "sales_properties", "owners" },
	{ "hubspot_owner_assigneddate", "Owner Assigned Date", SB_DATETIME, READ, 0, NULL,
	  "date", "sales_properties", NULL },
	{ "hs_analytics_source", "Original Traffic Source", SB_PICKLIST, READ, 0, SOURCES,
	  "select", "analyticsinformation", NULL },
	{ "hs_email_optout", "Unsubscribed from all email", SB_BOOLEAN, READ, 0, NULL,
	  "booleancheckbox", "emailinformation", NULL },
	{ "date_of_birth", "Date of birth", SB_TEXT, FORM, 0, NULL, "text", INFO, NULL },
	{ "notes_last_contacted", "Last Contacted", SB_DATETIME, READ, 0, NULL, "date",
	  "sales_properties", NULL },
	{ "num_conversion_events", "Number of Form Submissions", SB_NUMBER, READ | SB_CALCULATED,
	  0, NULL, "number", HIST, NULL },
	{ "hs_merged_object_ids", "Merged record IDs", SB_MULTI, READ | SB_OPEN, 0, NULL,
	  "checkbox", INFO, NULL },
	{ "hs_object_id", "Record ID", SB_NUMBER, READ, 0, NULL, "number", INFO, NULL },
	{ "createdate", "Create Date", SB_DATETIME, READ, 0, NULL, "date", INFO, NULL },
	{ "lastmodifieddate", "Last Modified Date", SB_DATETIME, READ, 0, NULL, "date", INFO,
	  NULL },
};

static const struct sb_field_spec company_fields[] = {
	{ "name", "Company name", SB_TEXT, FORM, 0, NULL, "text", "companyinformation", NULL },
	{ "domain", "Company Domain Name", SB_TEXT, FORM | SB_INDEXED, 0, NULL, "text",
	  "companyinformation", NULL },
	{ "website", "Website URL", SB_URL, FORM, 0, NULL, "text", "companyinformation", NULL },
	{ "phone", "Phone Number", SB_PHONE, FORM, 0, NULL, "phonenumber", "companyinformation",
	  NULL },
	{ "industry", "Industry", SB_TEXT, FORM, 0, NULL, "text", "companyinformation", NULL },
	{ "city", "City", SB_TEXT, FORM, 0, NULL, "text", "companyinformation", NULL },
	{ "country", "Country/Region", SB_TEXT, FORM, 0, NULL, "text", "companyinformation",
	  NULL },
	{ "numberofemployees", "Number of Employees", SB_NUMBER, FORM, 0, NULL, "number",
	  "companyinformation", NULL },
	{ "annualrevenue", "Annual Revenue", SB_NUMBER, FORM, 0, NULL, "number",
	  "companyinformation", NULL },
	{ "description", "Description", SB_LONG_TEXT, FORM, 0, NULL, "textarea",
	  "companyinformation", NULL },
	{ "lifecyclestage", "Lifecycle Stage", SB_PICKLIST, FORM, 0, STAGES, "radio",
	  "companyinformation", NULL },
	{ "hs_lead_status", "Lead Status", SB_PICKLIST, FORM, 0, LEAD_STATUS, "radio",
	  "companyinformation", NULL },
	{ "hubspot_owner_id", "Company owner", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL, "select",
	  "companyinformation", "owners" },
	{ "hs_merged_object_ids", "Merged record IDs", SB_MULTI, READ | SB_OPEN, 0, NULL,
	  "checkbox", "companyinformation", NULL },
	{ "hs_object_id", "Record ID", SB_NUMBER, READ, 0, NULL, "number", "companyinformation",
	  NULL },
	{ "createdate", "Create Date", SB_DATETIME, READ, 0, NULL, "date", "companyinformation",
	  NULL },
	{ "hs_lastmodifieddate", "Last Modified Date", SB_DATETIME, READ, 0, NULL, "date",
	  "companyinformation", NULL },
};

static const struct sb_field_spec deal_fields[] = {
	{ "dealname", "Deal Name", SB_TEXT, FORM, 0, NULL, "text", "dealinformation", NULL },
	{ "pipeline", "Pipeline", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL, "select",
	  "dealinformation", "pipelines" },
	{ "dealstage", "Deal Stage", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL, "radio",
	  "dealinformation", "stages" },
	{ "amount", "Amount", SB_NUMBER, FORM, 0, NULL, "number", "dealinformation", NULL },
	{ "closedate", "Close Date", SB_DATETIME, FORM, 0, NULL, "date", "dealinformation",
	  NULL },
	{ "dealtype", "Deal Type", SB_PICKLIST, FORM, 0,
	  "newbusiness=New Business|existingbusiness=Existing Business", "radio",
	  "dealinformation", NULL },
	{ "description", "Deal Description", SB_LONG_TEXT, FORM, 0, NULL, "textarea",
	  "dealinformation", NULL },
	{ "hubspot_owner_id", "Deal owner", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL, "select",
	  "dealinformation", "owners" },
	{ "hs_object_id", "Record ID", SB_NUMBER, READ, 0, NULL, "number", "dealinformation",
	  NULL },
	{ "createdate", "Create Date", SB_DATETIME, READ, 0, NULL, "date", "dealinformation",
	  NULL },
	{ "hs_lastmodifieddate", "Last Modified Date", SB_DATETIME, READ, 0, NULL, "date",
	  "dealinformation", NULL },
};

#define ENGAGEMENT(group)                                                                     \
	{ "hs_timestamp", "Activity date", SB_DATETIME, 0, 0, NULL, "date", group, NULL },    \
	{ "hubspot_owner_id", "Activity assigned to", SB_REFERENCE, HUBSPOT_EXTERNAL, 0,      \
	  NULL, "select", group, "owners" },                                                  \
	{ "hs_object_id", "Record ID", SB_NUMBER, READ, 0, NULL, "number", group, NULL },     \
	{ "hs_createdate", "Create date", SB_DATETIME, READ, 0, NULL, "date", group, NULL },  \
	{ "hs_lastmodifieddate", "Last modified date", SB_DATETIME, READ, 0, NULL, "date",    \
	  group, NULL }

static const struct sb_field_spec note_fields[] = {
	{ "hs_note_body", "Note body", SB_LONG_TEXT, 0, 65536, NULL, "html", "note", NULL },
	{ "hs_attachment_ids", "Attached file IDs", SB_MULTI, SB_OPEN, 0, NULL, "checkbox",
	  "note", NULL },
	ENGAGEMENT("note"),
};

static const struct sb_field_spec task_fields[] = {
	{ "hs_task_subject", "Task Title", SB_TEXT, 0, 0, NULL, "text", "task", NULL },
	{ "hs_task_body", "Task Notes", SB_LONG_TEXT, 0, 65536, NULL, "html", "task", NULL },
	{ "hs_task_status", "Task Status", SB_PICKLIST, 0, 0,
	  "COMPLETED=Completed|DEFERRED=Deferred|IN_PROGRESS=In progress|NOT_STARTED=Not "
	  "started|WAITING=Waiting",
	  "select", "task", NULL },
	{ "hs_task_priority", "Priority", SB_PICKLIST, 0, 0,
	  "NONE=None|LOW=Low|MEDIUM=Medium|HIGH=High", "select", "task", NULL },
	{ "hs_task_type", "Task Type", SB_PICKLIST, 0, 0, "EMAIL=Email|CALL=Call|TODO=To-do",
	  "select", "task", NULL },
	{ "hs_task_reminders", "Reminders", SB_TEXT, 0, 0, NULL, "text", "task", NULL },
	ENGAGEMENT("task"),
};

static const char *const contact_defaults[] = { "createdate", "email", "firstname",
						"hs_object_id", "lastmodifieddate", "lastname",
						NULL };
static const char *const company_defaults[] = { "createdate", "domain", "hs_lastmodifieddate",
						"hs_object_id", "name", NULL };
static const char *const deal_defaults[] = { "amount", "closedate", "createdate", "dealname",
					     "dealstage", "hs_lastmodifieddate",
					     "hs_object_id", "pipeline", NULL };
static const char *const engagement_defaults[] = { "hs_createdate", "hs_lastmodifieddate",
						   "hs_object_id", NULL };
static const char *const contact_searched[] = { "firstname", "lastname", "email", "phone",
						"company", NULL };
static const char *const company_searched[] = { "website", "phone", "name", "domain", NULL };
static const char *const deal_searched[] = { "dealname", "pipeline", "dealstage",
					     "description", NULL };
static const char *const note_searched[] = { "hs_note_body", NULL };
static const char *const task_searched[] = { "hs_task_body", "hs_task_subject", NULL };

#define FIELDS(list) list, ARRAY_LEN(list)

/* Notes and tasks use the contacts scopes (2). */
const struct hubspot_kind hubspot_kinds[] = {
	{ "contacts", "0-1", "Contact", "createdate", "lastmodifieddate", contact_defaults, NULL,
	  "crm.objects.contacts", 501, FIELDS(contact_fields), contact_searched },
	{ "companies", "0-2", "Company", "createdate", "hs_lastmodifieddate", company_defaults,
	  NULL, "crm.objects.companies", 3001, FIELDS(company_fields), company_searched },
	{ "deals", "0-3", "Deal", "createdate", "hs_lastmodifieddate", deal_defaults, NULL,
	  "crm.objects.deals", 7001, FIELDS(deal_fields), deal_searched },
	{ "notes", "0-46", "Note", "hs_createdate", "hs_lastmodifieddate", engagement_defaults,
	  "hs_timestamp", "crm.objects.contacts", 9001, FIELDS(note_fields), note_searched },
	{ "tasks", "0-27", "Task", "hs_createdate", "hs_lastmodifieddate", engagement_defaults,
	  "hs_timestamp", "crm.objects.contacts", 8001, FIELDS(task_fields), task_searched },
};
const size_t hubspot_nkinds = ARRAY_LEN(hubspot_kinds);

static const struct {
	const char *kind, *name, *label;
} groups[] = {
	{ "contacts", INFO, "Contact information" },
	{ "contacts", "sales_properties", "Sales properties" },
	{ "contacts", "emailinformation", "Email information" },
	{ "contacts", "analyticsinformation", "Web analytics history" },
	{ "contacts", HIST, "Conversion information" },
	{ "companies", "companyinformation", "Company information" },
	{ "deals", "dealinformation", "Deal information" },
	{ "notes", "note", "Note" },
	{ "tasks", "task", "Task" },
};

json_t *hubspot_groups(void)
{
	json_t *kinds = json_object();

	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		json_t *list = json_object_get(kinds, groups[i].kind);

		if (!list) {
			list = json_array();
			json_object_set_new(kinds, groups[i].kind, list);
		}
		json_array_append_new(list, json_pack("{ss ss si sb}", "name", groups[i].name,
						      "label", groups[i].label, "displayOrder",
						      (int)json_array_size(list), "archived", 0));
	}
	return kinds;
}

static const struct {
	const char *id, *label, *probability;
} stages[] = {
	{ "appointmentscheduled", "Appointment Scheduled", "0.2" },
	{ "qualifiedtobuy", "Qualified To Buy", "0.4" },
	{ "presentationscheduled", "Presentation Scheduled", "0.6" },
	{ "decisionmakerboughtin", "Decision Maker Bought-In", "0.8" },
	{ "contractsent", "Contract Sent", "0.9" },
	{ "closedwon", "Closed Won", "1.0" },
	{ "closedlost", "Closed Lost", "0.0" },
};

json_t *hubspot_pipelines(const char *kind)
{
	json_t *list = json_array();
	const char *at = "2025-01-02T00:00:00.000Z";

	if (text_equal(kind, "deals"))
		for (size_t i = 0; i < ARRAY_LEN(stages); i++)
			json_array_append_new(
				list,
				json_pack("{ss ss si s{ss ss} sb ss ss ss}", "id", stages[i].id,
					  "label", stages[i].label, "displayOrder", (int)i,
					  "metadata", "isClosed", i >= 5 ? "true" : "false",
					  "probability", stages[i].probability, "archived", 0,
					  "createdAt", at, "updatedAt", at, "writePermissions",
					  "CRM_PERMISSIONS_ENFORCEMENT"));
	if (!json_array_size(list)) {
		json_decref(list);
		return json_array();
	}
	return json_pack("[{ss ss si so sb ss ss}]", "id", "default", "label",
			 "Sales Pipeline", "displayOrder", 0, "stages", list, "archived", 0,
			 "createdAt", at, "updatedAt", at);
}
