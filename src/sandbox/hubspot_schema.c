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

#define OWNED(group, kind)                                                                    \
	{ "hubspot_owner_id", kind " owner", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL,         \
	  "select", group, "owners" },                                                        \
	{ "hs_object_id", "Record ID", SB_NUMBER, READ, 0, NULL, "number", group, NULL }

#define DATED(group, created)                                                                 \
	{ created, "Create date", SB_DATETIME, READ, 0, NULL, "date", group, NULL },          \
	{ "hs_lastmodifieddate", "Last modified date", SB_DATETIME, READ, 0, NULL, "date",    \
	  group, NULL }

#define PIPELINED(group)                                                                      \
	{ "hs_pipeline", "Pipeline", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL, "select",       \
	  group, "pipelines" },                                                               \
	{ "hs_pipeline_stage", "Pipeline stage", SB_REFERENCE, HUBSPOT_EXTERNAL, 0, NULL,     \
	  "select", group, "stages" }

static const struct sb_field_spec lead_fields[] = {
	{ "hs_lead_name", "Lead name", SB_TEXT, 0, 0, NULL, "text", "lead", NULL },
	{ "hs_lead_type", "Lead type", SB_PICKLIST, 0, 0,
	  "NEW_BUSINESS=New business|UPSELL=Upsell|RE_ATTEMPTING=Re-attempting", "select", "lead",
	  NULL },
	{ "hs_lead_label", "Lead label", SB_PICKLIST, 0, 0, "HOT=Hot|WARM=Warm|COLD=Cold",
	  "select", "lead", NULL },
	PIPELINED("lead"),
	OWNED("lead", "Lead"),
	DATED("lead", "hs_createdate"),
};

static const struct sb_field_spec ticket_fields[] = {
	{ "subject", "Ticket name", SB_TEXT, FORM, 0, NULL, "text", "ticketinformation", NULL },
	{ "content", "Ticket description", SB_LONG_TEXT, FORM, 65536, NULL, "textarea",
	  "ticketinformation", NULL },
	{ "hs_ticket_priority", "Priority", SB_PICKLIST, FORM, 0,
	  "LOW=Low|MEDIUM=Medium|HIGH=High|URGENT=Urgent", "select", "ticketinformation", NULL },
	PIPELINED("ticketinformation"),
	OWNED("ticketinformation", "Ticket"),
	DATED("ticketinformation", "createdate"),
};

#define ENGAGEMENT(group)                                                                     \
	{ "hs_timestamp", "Activity date", SB_DATETIME, 0, 0, NULL, "date", group, NULL },    \
	OWNED(group, "Activity"),                                                             \
	DATED(group, "hs_createdate")

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

/* Of these three the sheet has type ids and associations; the names are the usual ones. */
static const struct sb_field_spec call_fields[] = {
	{ "hs_call_title", "Call title", SB_TEXT, 0, 0, NULL, "text", "call", NULL },
	{ "hs_call_body", "Call notes", SB_LONG_TEXT, 0, 65536, NULL, "html", "call", NULL },
	{ "hs_call_direction", "Call direction", SB_PICKLIST, 0, 0,
	  "INBOUND=Inbound|OUTBOUND=Outbound", "select", "call", NULL },
	{ "hs_call_status", "Call status", SB_PICKLIST, 0, 0,
	  "BUSY=Busy|CALLING_CRM_USER=Calling CRM user|CANCELED=Canceled|COMPLETED=Completed|"
	  "CONNECTING=Connecting|FAILED=Failed|IN_PROGRESS=In progress|NO_ANSWER=No answer|"
	  "QUEUED=Queued|RINGING=Ringing",
	  "select", "call", NULL },
	{ "hs_call_disposition", "Call outcome", SB_TEXT, 0, 0, NULL, "text", "call", NULL },
	{ "hs_call_duration", "Call duration", SB_NUMBER, 0, 0, NULL, "number", "call", NULL },
	{ "hs_call_from_number", "From number", SB_TEXT, 0, 0, NULL, "text", "call", NULL },
	{ "hs_call_to_number", "To number", SB_TEXT, 0, 0, NULL, "text", "call", NULL },
	{ "hs_call_recording_url", "Recording URL", SB_TEXT, 0, 0, NULL, "text", "call", NULL },
	ENGAGEMENT("call"),
};

static const struct sb_field_spec meeting_fields[] = {
	{ "hs_meeting_title", "Meeting name", SB_TEXT, 0, 0, NULL, "text", "meeting", NULL },
	{ "hs_meeting_body", "Meeting description", SB_LONG_TEXT, 0, 65536, NULL, "html",
	  "meeting", NULL },
	{ "hs_internal_meeting_notes", "Internal notes", SB_LONG_TEXT, 0, 65536, NULL, "html",
	  "meeting", NULL },
	{ "hs_meeting_location", "Location", SB_TEXT, 0, 0, NULL, "text", "meeting", NULL },
	{ "hs_meeting_start_time", "Start time", SB_DATETIME, 0, 0, NULL, "date", "meeting",
	  NULL },
	{ "hs_meeting_end_time", "End time", SB_DATETIME, 0, 0, NULL, "date", "meeting", NULL },
	{ "hs_meeting_outcome", "Outcome", SB_PICKLIST, 0, 0,
	  "SCHEDULED=Scheduled|COMPLETED=Completed|RESCHEDULED=Rescheduled|NO_SHOW=No show|"
	  "CANCELED=Canceled",
	  "select", "meeting", NULL },
	ENGAGEMENT("meeting"),
};

static const struct sb_field_spec email_fields[] = {
	{ "hs_email_subject", "Email subject", SB_TEXT, 0, 0, NULL, "text", "email", NULL },
	{ "hs_email_text", "Text body", SB_LONG_TEXT, 0, 65536, NULL, "textarea", "email", NULL },
	{ "hs_email_html", "HTML body", SB_LONG_TEXT, 0, 65536, NULL, "html", "email", NULL },
	{ "hs_email_direction", "Email direction", SB_PICKLIST, 0, 0,
	  "EMAIL=Sent from the CRM|INCOMING_EMAIL=Incoming|FORWARDED_EMAIL=Forwarded", "select",
	  "email", NULL },
	{ "hs_email_status", "Send status", SB_PICKLIST, 0, 0,
	  "BOUNCED=Bounced|FAILED=Failed|SCHEDULED=Scheduled|SENDING=Sending|SENT=Sent", "select",
	  "email", NULL },
	{ "hs_email_headers", "Email headers", SB_LONG_TEXT, 0, 65536, NULL, "textarea", "email",
	  NULL },
	ENGAGEMENT("email"),
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
static const char *const lead_defaults[] = { "hs_createdate", "hs_lastmodifieddate", "hs_lead_name",
					     "hs_object_id", NULL };
static const char *const ticket_defaults[] = { "content", "createdate", "hs_lastmodifieddate",
					       "hs_object_id", "hs_pipeline",
					       "hs_pipeline_stage", "hs_ticket_priority",
					       "subject", NULL };
static const char *const lead_searched[] = { "hs_lead_name", NULL };
static const char *const ticket_searched[] = { "subject", "content", NULL };
static const char *const note_searched[] = { "hs_note_body", NULL };
static const char *const task_searched[] = { "hs_task_body", "hs_task_subject", NULL };
static const char *const call_searched[] = { "hs_call_title", "hs_call_body", NULL };
static const char *const meeting_searched[] = { "hs_meeting_title", "hs_meeting_body", NULL };
static const char *const email_searched[] = { "hs_email_subject", NULL };

#define FIELDS(list) .fields = list, .nfields = ARRAY_LEN(list)
#define TIMES(at) .created = at, .modified = "hs_lastmodifieddate"

/* Activities use the contacts scopes (2). */
#define ACTIVITY                                                                              \
	TIMES("hs_createdate"), .defaults = engagement_defaults, .required = "hs_timestamp",  \
		.scope = "crm.objects.contacts"

const struct hubspot_kind hubspot_kinds[] = {
	{ .name = "contacts", .id = "0-1", .noun = "Contact", .created = "createdate",
	  .modified = "lastmodifieddate", .defaults = contact_defaults,
	  .scope = "crm.objects.contacts", .first = 501, FIELDS(contact_fields),
	  .searched = contact_searched },
	{ .name = "companies", .id = "0-2", .noun = "Company", TIMES("createdate"),
	  .defaults = company_defaults, .scope = "crm.objects.companies", .first = 3001,
	  FIELDS(company_fields), .searched = company_searched },
	{ .name = "deals", .id = "0-3", .noun = "Deal", TIMES("createdate"),
	  .defaults = deal_defaults, .scope = "crm.objects.deals", .first = 7001,
	  FIELDS(deal_fields), .searched = deal_searched },
	{ .name = "leads", .id = "0-136", .noun = "Lead", TIMES("hs_createdate"),
	  .defaults = lead_defaults, .required = "hs_lead_name", .belongs_to = "contacts",
	  .scope = "crm.objects.leads", .first = 6001, FIELDS(lead_fields),
	  .searched = lead_searched },
	{ .name = "tickets", .id = "0-5", .noun = "Ticket", TIMES("createdate"),
	  .defaults = ticket_defaults, .required = "hs_pipeline_stage", .scope = "tickets",
	  .first = 5001, FIELDS(ticket_fields), .searched = ticket_searched },
	{ .name = "notes", .id = "0-46", .noun = "Note", ACTIVITY, .first = 9001,
	  FIELDS(note_fields), .searched = note_searched },
	{ .name = "tasks", .id = "0-27", .noun = "Task", ACTIVITY, .first = 8001,
	  FIELDS(task_fields), .searched = task_searched },
	{ .name = "calls", .id = "0-48", .noun = "Call", ACTIVITY, .first = 10001,
	  FIELDS(call_fields), .searched = call_searched },
	{ .name = "meetings", .id = "0-47", .noun = "Meeting", ACTIVITY, .first = 11001,
	  FIELDS(meeting_fields), .searched = meeting_searched },
	{ .name = "emails", .id = "0-49", .noun = "Email", ACTIVITY, .first = 12001,
	  FIELDS(email_fields), .searched = email_searched },
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
	{ "leads", "lead", "Lead" },
	{ "tickets", "ticketinformation", "Ticket information" },
	{ "notes", "note", "Note" },
	{ "tasks", "task", "Task" },
	{ "calls", "call", "Call" },
	{ "meetings", "meeting", "Meeting" },
	{ "emails", "email", "Email" },
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

/* --- pipelines --- */

static const struct {
	const char *kind, *id, *label;
} pipelines[] = {
	{ "deals", "default", "Sales Pipeline" },
	{ "leads", "lead-pipeline-id", "Lead pipeline" },
	{ "tickets", "0", "Support Pipeline" },
};

static const struct {
	const char *kind, *id, *label;
	const char *of, *value; /* the metadata beside isClosed */
	bool is_closed;
} stages[] = {
	{ "deals", "appointmentscheduled", "Appointment Scheduled", "probability", "0.2", false },
	{ "deals", "qualifiedtobuy", "Qualified To Buy", "probability", "0.4", false },
	{ "deals", "presentationscheduled", "Presentation Scheduled", "probability", "0.6", false },
	{ "deals", "decisionmakerboughtin", "Decision Maker Bought-In", "probability", "0.8", false },
	{ "deals", "contractsent", "Contract Sent", "probability", "0.9", false },
	{ "deals", "closedwon", "Closed Won", "probability", "1.0", true },
	{ "deals", "closedlost", "Closed Lost", "probability", "0.0", true },
	{ "leads", "new-stage-id", "New", "leadState", "NEW", false },
	{ "leads", "attempting-stage-id", "Attempting", "leadState", "IN_PROGRESS", false },
	{ "leads", "connected-stage-id", "Connected", "leadState", "IN_PROGRESS", false },
	{ "leads", "qualified-stage-id", "Qualified", "leadState", "QUALIFIED", true },
	{ "leads", "unqualified-stage-id", "Disqualified", "leadState", "UNQUALIFIED", true },
	{ "tickets", "1", "New", "ticketState", "OPEN", false },
	{ "tickets", "2", "Waiting on contact", "ticketState", "OPEN", false },
	{ "tickets", "3", "Waiting on us", "ticketState", "OPEN", false },
	{ "tickets", "4", "Closed", "ticketState", "CLOSED", true },
};

static const char made_at[] = "2025-01-02T00:00:00.000Z";

static json_t *stages_of(const char *kind)
{
	json_t *list = json_array();

	for (size_t i = 0; i < ARRAY_LEN(stages); i++)
		if (text_equal(kind, stages[i].kind))
			json_array_append_new(
				list,
				json_pack("{ss ss si s{ss ss} sb ss ss ss}", "id", stages[i].id,
					  "label", stages[i].label, "displayOrder",
					  (int)json_array_size(list), "metadata", "isClosed",
					  stages[i].is_closed ? "true" : "false", stages[i].of,
					  stages[i].value, "archived", 0, "createdAt", made_at,
					  "updatedAt", made_at, "writePermissions",
					  "CRM_PERMISSIONS_ENFORCEMENT"));
	return list;
}

json_t *hubspot_pipelines(void)
{
	json_t *all = json_object();

	for (size_t i = 0; i < ARRAY_LEN(pipelines); i++)
		json_object_set_new(
			all, pipelines[i].kind,
			json_pack("[{ss ss si so sb ss ss}]", "id", pipelines[i].id, "label",
				  pipelines[i].label, "displayOrder", 0, "stages",
				  stages_of(pipelines[i].kind), "archived", 0, "createdAt",
				  made_at, "updatedAt", made_at));
	return all;
}
