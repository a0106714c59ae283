/* dynamics_schema.c - the tables of a new Dynamics 365 environment and their columns (fact
 * sheet 3, 4, 6). Threads: pure. */
#include <string.h>

#include "sandbox/dynamics.h"

#define SYSTEM (SB_READ_ONLY | DYNAMICS_COMPUTED)
#define KEY (SB_CUSTOM | SB_INDEXED)

#define SOURCES                                                                               \
	"1=Advertisement|2=Employee Referral|3=External Referral|4=Partner|"                  \
	"5=Public Relations|6=Seminar|7=Trade Show|8=Web|9=Word of Mouth|10=Other"
#define INDUSTRIES "1=Accounting|5=Brokers|12=Consulting|26=Manufacturing|33=Retail|36=Other"

#define TYPED(name, label, type, flags, len, kind)                                            \
	{ name, label, type, flags, len, NULL, kind, NULL, NULL }
#define TEXT(name, label, flags, len) TYPED(name, label, SB_TEXT, flags, len, NULL)
#define MEMO(name, label, len) TYPED(name, label, SB_LONG_TEXT, 0, len, NULL)
#define EMAIL(name, label) TYPED(name, label, SB_EMAIL, SB_INDEXED, 100, NULL)
#define PHONE(name, label, len) TYPED(name, label, SB_PHONE, SB_INDEXED, len, NULL)
#define YES_NO(name, label, flags) TYPED(name, label, SB_BOOLEAN, flags, 0, NULL)
#define WHOLE(name, label) TYPED(name, label, SB_INTEGER, 0, 0, NULL)
#define MONEY(name, label) TYPED(name, label, SB_NUMBER, 0, 0, "Money")
#define TIME(name, label, flags) TYPED(name, label, SB_DATETIME, flags, 0, NULL)
#define ID(name, label)                                                                       \
	TYPED(name, label, SB_REFERENCE, DYNAMICS_COMPUTED | DYNAMICS_CREATE_ONLY, 0,         \
	      "Uniqueidentifier")
#define PICK(name, label, options) { name, label, SB_PICKLIST, 0, 0, options, NULL, NULL, NULL }
#define STATE(options)                                                                        \
	{ "statecode", "Status", SB_PICKLIST, DYNAMICS_UPDATE_ONLY | SB_REQUIRED, 0, options, \
	  "State", NULL, NULL }
/* An option's label ends with '@' and its state. */
#define STATUS(options)                                                                       \
	{ "statuscode", "Status Reason", SB_PICKLIST, 0, 0, options, "Status", NULL, NULL }
#define LOOKUP(name, label, flags, kind, links, at)                                           \
	{ name, label, SB_REFERENCE, SB_INDEXED | (flags), 0, NULL, kind, links, at }

/* What every table has. */
#define COMMON(id, label)                                                                     \
	ID(id, label), TIME("createdon", "Created On", SYSTEM),                               \
		TIME("modifiedon", "Modified On", SYSTEM)

/* What the tables of users' own rows have besides; last, as people look for it last. */
#define OWNED                                                                                 \
	LOOKUP("ownerid", "Owner", SB_REQUIRED, "Owner", "ownerid|ownerid",                   \
	       "systemuser|team"),                                                            \
		LOOKUP("createdby", "Created By", SB_READ_ONLY, NULL, "createdby",            \
		       "systemuser"),                                                         \
		LOOKUP("modifiedby", "Modified By", SB_READ_ONLY, NULL, "modifiedby",         \
		       "systemuser"),                                                         \
		TIME("overriddencreatedon", "Record Created On", DYNAMICS_CREATE_ONLY)

#define MERGED(name)                                                                          \
	LOOKUP("masterid", "Master ID", SB_READ_ONLY, NULL, "masterid", name),                \
		YES_NO("merged", "Merged", SB_READ_ONLY)

#define FAIRLEAD                                                                              \
	TYPED("new_fairleadid", "Fairlead Id", SB_TEXT, KEY, 100, NULL),                      \
		TYPED("new_fairleadscore", "Fairlead Score", SB_INTEGER, SB_CUSTOM, 0, NULL)

#define ADDRESS                                                                               \
	TEXT("address1_line1", "Address 1: Street 1", 0, 250),                                \
		TEXT("address1_city", "Address 1: City", 0, 80),                              \
		TEXT("address1_stateorprovince", "Address 1: State/Province", 0, 50),         \
		TEXT("address1_postalcode", "Address 1: ZIP/Postal Code", 0, 20),             \
		TEXT("address1_country", "Address 1: Country/Region", 0, 80)

/* What leads and contacts share (4). */
#define PERSON                                                                                \
	TEXT("firstname", "First Name", 0, 50),                                               \
		TEXT("lastname", "Last Name", DYNAMICS_FORM, 50),                             \
		TEXT("fullname", "Full Name", SB_READ_ONLY, 160),                             \
		TEXT("jobtitle", "Job Title", 0, 100), EMAIL("emailaddress1", "Email"),       \
		EMAIL("emailaddress2", "Email Address 2"),                                    \
		EMAIL("emailaddress3", "Email Address 3"),                                    \
		PHONE("telephone1", "Business Phone", 50),                                    \
		PHONE("mobilephone", "Mobile Phone", 20),                                     \
		TYPED("websiteurl", "Website", SB_URL, 0, 200, NULL), ADDRESS,                \
		MEMO("description", "Description", 2000),                                     \
		YES_NO("donotemail", "Do not allow Emails", SB_DEFAULTED),                    \
		YES_NO("donotphone", "Do not allow Phone Calls", SB_DEFAULTED)

static const struct sb_field_spec lead_fields[] = {
	COMMON("leadid", "Lead"),
	TEXT("subject", "Topic", DYNAMICS_FORM, 300),
	PERSON,
	TEXT("companyname", "Company Name", 0, 100),
	PICK("leadsourcecode", "Lead Source", SOURCES),
	PICK("leadqualitycode", "Rating", "1=Hot|2=Warm|3=Cold"),
	PICK("industrycode", "Industry", INDUSTRIES),
	{ "new_interests", "Interests", SB_MULTI, SB_CUSTOM, 0, "1=Solar|2=Storage|3=Charging",
	  NULL, NULL, NULL },
	{ "new_region", "Region", SB_PICKLIST, SB_CUSTOM | DYNAMICS_GLOBAL, 0,
	  "100000000=North|100000001=South", NULL, NULL, NULL },
	MONEY("revenue", "Annual Revenue"),
	WHOLE("numberofemployees", "No. of Employees"),
	MEMO("qualificationcomments", "Qualification Comments", 2000),
	STATE("0=Open|1=Qualified|2=Disqualified"),
	STATUS("1=New@0|2=Contacted@0|3=Qualified@1|4=Lost@2|5=Cannot Contact@2|"
	       "6=No Longer Interested@2|7=Canceled@2"),
	LOOKUP("parentaccountid", "Parent Account for lead", 0, NULL, "parentaccountid",
	       "account"),
	LOOKUP("parentcontactid", "Parent Contact for lead", 0, NULL, "parentcontactid",
	       "contact"),
	LOOKUP("customerid", "Customer", 0, "Customer", "customerid_account|customerid_contact",
	       "account|contact"),
	LOOKUP("qualifyingopportunityid", "Qualifying Opportunity", 0, NULL,
	       "qualifyingopportunityid", "opportunity"),
	MERGED("lead"),
	FAIRLEAD,
	OWNED,
};

static const struct sb_field_spec contact_fields[] = {
	COMMON("contactid", "Contact"),
	PERSON,
	LOOKUP("parentcustomerid", "Company Name", 0, "Customer",
	       "parentcustomerid_account|parentcustomerid_contact", "account|contact"),
	LOOKUP("originatingleadid", "Originating Lead", 0, NULL, "originatingleadid", "lead"),
	PICK("leadsourcecode", "Lead Source", "1=Default Value"),
	STATE("0=Active|1=Inactive"),
	STATUS("1=Active@0|2=Inactive@1"),
	MERGED("contact"),
	FAIRLEAD,
	OWNED,
};

static const struct sb_field_spec account_fields[] = {
	COMMON("accountid", "Account"),
	TYPED("name", "Account Name", SB_TEXT, DYNAMICS_FORM | SB_INDEXED, 160, NULL),
	TYPED("accountnumber", "Account Number", SB_TEXT, SB_INDEXED, 20, NULL),
	EMAIL("emailaddress1", "Email"),
	PHONE("telephone1", "Main Phone", 50),
	TYPED("websiteurl", "Website", SB_URL, 0, 200, NULL),
	PICK("industrycode", "Industry", INDUSTRIES),
	MONEY("revenue", "Annual Revenue"),
	WHOLE("numberofemployees", "Number of Employees"),
	ADDRESS,
	MEMO("description", "Description", 2000),
	LOOKUP("primarycontactid", "Primary Contact", 0, NULL, "primarycontactid", "contact"),
	LOOKUP("parentaccountid", "Parent Account", 0, NULL, "parentaccountid", "account"),
	LOOKUP("originatingleadid", "Originating Lead", 0, NULL, "originatingleadid", "lead"),
	STATE("0=Active|1=Inactive"),
	STATUS("1=Active@0|2=Inactive@1"),
	MERGED("account"),
	FAIRLEAD,
	OWNED,
};

static const struct sb_field_spec opportunity_fields[] = {
	COMMON("opportunityid", "Opportunity"),
	TEXT("name", "Topic", DYNAMICS_FORM, 300),
	MONEY("estimatedvalue", "Est. Revenue"),
	TIME("estimatedclosedate", "Est. Close Date", 0),
	MEMO("description", "Description", 2000),
	LOOKUP("parentcontactid", "Contact", 0, NULL, "parentcontactid", "contact"),
	LOOKUP("parentaccountid", "Account", 0, NULL, "parentaccountid", "account"),
	LOOKUP("customerid", "Potential Customer", 0, "Customer",
	       "customerid_account|customerid_contact", "account|contact"),
	LOOKUP("originatingleadid", "Originating Lead", 0, NULL, "originatingleadid", "lead"),
	STATE("0=Open|1=Won|2=Lost"),
	STATUS("1=In Progress@0|2=On Hold@0|3=Won@1|4=Canceled@2|5=Out-Sold@2"),
	FAIRLEAD,
	OWNED,
};

/* The lookup of an activity or note to what it is about. */
#define ABOUT(column, label, end)                                                             \
	LOOKUP(column, label, 0, NULL,                                                        \
	       column "_lead" end "|" column "_contact" end "|" column "_account" end         \
	       "|" column "_opportunity" end,                                                 \
	       "lead|contact|account|opportunity")
#define PRIORITY PICK("prioritycode", "Priority", "0=Low|1=Normal|2=High")

static const struct sb_field_spec task_fields[] = {
	COMMON("activityid", "Task"),
	TEXT("subject", "Subject", DYNAMICS_FORM, 200),
	MEMO("description", "Description", 2000),
	TIME("scheduledend", "Due Date", 0),
	TIME("actualend", "Actual End", 0),
	PRIORITY,
	ABOUT("regardingobjectid", "Regarding", "_task"),
	STATE("0=Open|1=Completed|2=Canceled"),
	STATUS("2=Not Started@0|3=In Progress@0|4=Waiting on someone else@0|7=Deferred@0|"
	       "5=Completed@1|6=Canceled@2"),
	OWNED,
};

static const struct sb_field_spec phonecall_fields[] = {
	COMMON("activityid", "Phone Call"),
	TEXT("subject", "Subject", DYNAMICS_FORM, 200),
	MEMO("description", "Description", 2000),
	PHONE("phonenumber", "Phone Number", 200),
	YES_NO("directioncode", "Direction", SB_DEFAULTED),
	YES_NO("leftvoicemail", "Left Voice Mail", SB_DEFAULTED),
	TIME("scheduledend", "Due", 0),
	TIME("actualstart", "Actual Start", 0),
	TIME("actualend", "Actual End", 0),
	WHOLE("actualdurationminutes", "Duration"),
	PRIORITY,
	ABOUT("regardingobjectid", "Regarding", "_phonecall"),
	TYPED("phonecall_activity_parties", "Activity Parties", SB_JSON, 0, 0, NULL),
	STATE("0=Open|1=Completed|2=Canceled"),
	STATUS("1=Open@0|2=Made@1|4=Received@1|3=Canceled@2"),
	OWNED,
};

static const struct sb_field_spec annotation_fields[] = {
	COMMON("annotationid", "Note"),
	TEXT("subject", "Title", 0, 500),
	MEMO("notetext", "Description", 100000),
	ABOUT("objectid", "Regarding", ""),
	OWNED,
};

static const struct sb_field_spec user_fields[] = {
	COMMON("systemuserid", "User"),
	TEXT("fullname", "Full Name", 0, 200),
	TEXT("firstname", "First Name", 0, 256),
	TEXT("lastname", "Last Name", 0, 256),
	TYPED("internalemailaddress", "Primary Email", SB_EMAIL, SB_INDEXED, 100, NULL),
	TEXT("domainname", "User Name", 0, 1024),
	YES_NO("isdisabled", "Status", 0),
	TYPED("azureactivedirectoryobjectid", "Azure AD Object ID", SB_REFERENCE, SB_INDEXED, 0,
	      "Uniqueidentifier"),
	TYPED("applicationid", "Application ID", SB_REFERENCE, 0, 0, "Uniqueidentifier"),
};

static const struct sb_field_spec team_fields[] = {
	COMMON("teamid", "Team"),
	TEXT("name", "Team Name", 0, 160),
	YES_NO("isdefault", "Is Default", 0),
};

/* Webhooks (7): what there is to be told of, where to, and by which step. */
static const struct sb_field_spec message_fields[] = {
	COMMON("sdkmessageid", "Message"),
	TEXT("name", "Name", 0, 256),
};

static const struct sb_field_spec filter_fields[] = {
	COMMON("sdkmessagefilterid", "Message Filter"),
	TEXT("primaryobjecttypecode", "Primary Object Type Code", 0, 64),
	LOOKUP("sdkmessageid", "Message", 0, NULL, "sdkmessageid", "sdkmessage"),
};

static const struct sb_field_spec endpoint_fields[] = {
	COMMON("serviceendpointid", "Service Endpoint"),
	TEXT("name", "Name", 0, 100),
	PICK("contract", "Contract", "1=OneWay|2=Queue|3=Rest|4=TwoWay|5=Topic|7=EventHub|"
				     "8=Webhook|9=EventGrid"),
	TYPED("url", "URL", SB_URL, 0, 2000, NULL),
	PICK("authtype", "Authentication Type", "1=ACS|2=SASKey|3=SASToken|4=WebhookKey|"
						"5=HttpHeader|6=HttpQueryString"),
	TEXT("authvalue", "Authentication Value", DYNAMICS_SECRET, 2000),
};

static const struct sb_field_spec step_fields[] = {
	COMMON("sdkmessageprocessingstepid", "Processing Step"),
	TEXT("name", "Name", 0, 256),
	PICK("stage", "Stage", "10=Pre-validation|20=Pre-operation|40=Post-operation"),
	PICK("mode", "Mode", "0=Synchronous|1=Asynchronous"),
	WHOLE("rank", "Rank"),
	TEXT("filteringattributes", "Filtering Attributes", 0, 4000),
	LOOKUP("sdkmessageid", "Message", 0, NULL, "sdkmessageid", "sdkmessage"),
	LOOKUP("sdkmessagefilterid", "Message Filter", 0, NULL, "sdkmessagefilterid",
	       "sdkmessagefilter"),
	LOOKUP("eventhandler", "Event Handler", 0, NULL, "eventhandler_serviceendpoint",
	       "serviceendpoint"),
	STATE("0=Enabled|1=Disabled"),
	STATUS("1=Enabled@0|2=Disabled@1"),
};

#define TABLE(set, name, label, id, title, fields, flags, code)                               \
	{ set, name, label, id, title, fields, sizeof(fields) / sizeof((fields)[0]), flags, code }
#define SALES (DYNAMICS_OWNED | DYNAMICS_TRACKED | DYNAMICS_BULK)

const struct dynamics_table dynamics_tables[] = {
	TABLE("systemusers", "systemuser", "User", "systemuserid", "fullname", user_fields,
	      DYNAMICS_CLOSED, 8),
	TABLE("teams", "team", "Team", "teamid", "name", team_fields, DYNAMICS_CLOSED, 9),
	TABLE("leads", "lead", "Lead", "leadid", "fullname", lead_fields, SALES, 4),
	TABLE("contacts", "contact", "Contact", "contactid", "fullname", contact_fields, SALES,
	      2),
	TABLE("accounts", "account", "Account", "accountid", "name", account_fields, SALES, 1),
	TABLE("opportunities", "opportunity", "Opportunity", "opportunityid", "name",
	      opportunity_fields, SALES, 3),
	TABLE("tasks", "task", "Task", "activityid", "subject", task_fields, SALES, 4212),
	TABLE("phonecalls", "phonecall", "Phone Call", "activityid", "subject",
	      phonecall_fields, SALES, 4210),
	TABLE("annotations", "annotation", "Note", "annotationid", "subject", annotation_fields,
	      DYNAMICS_OWNED, 5),
	TABLE("sdkmessages", "sdkmessage", "Message", "sdkmessageid", "name", message_fields,
	      DYNAMICS_CLOSED, 4606),
	TABLE("sdkmessagefilters", "sdkmessagefilter", "Message Filter", "sdkmessagefilterid",
	      "primaryobjecttypecode", filter_fields, DYNAMICS_CLOSED, 4607),
	TABLE("serviceendpoints", "serviceendpoint", "Service Endpoint", "serviceendpointid",
	      "name", endpoint_fields, 0, 4618),
	TABLE("sdkmessageprocessingsteps", "sdkmessageprocessingstep", "Processing Step",
	      "sdkmessageprocessingstepid", "name", step_fields, 0, 4608),
};
const size_t dynamics_ntables = sizeof(dynamics_tables) / sizeof(dynamics_tables[0]);

unsigned dynamics_table_number(const struct sb_object *object)
{
	const char *set = sb_object_spec(object)->name;
	unsigned i = 0;

	while (strcmp(dynamics_tables[i].set, set) != 0)
		i++;
	return i;
}

const struct dynamics_table *dynamics_table_of(const struct sb_object *object)
{
	return &dynamics_tables[dynamics_table_number(object)];
}
