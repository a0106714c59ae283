/* leadsquared.c - imitates LeadSquared: its paths, keys, regions and limits. Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/leadsquared.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"

/* --- paths (1) --- */

static void no_operation(struct sb_call *call)
{
	static const char page[] = "<html><body>Endpoint not found.</body></html>";

	sb_reply_text(call, 404, "text/html", page, sizeof(page) - 1);
}

/* --- keys and regions (1, 2) --- */

static const struct {
	const char *host, *async_host;
} regions[] = {
	{ "api-in21.leadsquared.com", "asyncapi-in21.leadsquared.com" },
	{ "api-us11.leadsquared.com", "asyncapi-us11.leadsquared.com" },
	{ "api.leadsquared.com", "asyncapi.leadsquared.com" },
};

/* A host that names another region is refused, with the name of the right one; an address
 * that is none of LeadSquared's (loopback) is any region's. */
static bool is_of_region(struct sb_call *call)
{
	int64_t region = sb_switch(call->account, "region");
	const char *header = sb_header(call, "Host"), *host;

	host = header ? arena_strndup(call->arena, header, strcspn(header, ":")) : "";
	region = region >= 0 && (size_t)region < ARRAY_LEN(regions) ? region : 0;
	if (!text_ends(host, ".leadsquared.com") ||
	    text_equal_nocase(host, regions[region].host) ||
	    text_equal_nocase(host, regions[region].async_host))
		return true;
	sb_reply_json(call, 401,
		      json_pack("{ss ss so}", "Status", "Error", "ExceptionType",
				"MXInvalidHostException", "ExceptionMessage",
				sb_json_printf("Invalid API host. Use %s", regions[region].host)));
	return false;
}

static const char *key_of(struct sb_call *call, const char *header, const char *query)
{
	const char *key = sb_header(call, header);

	return key ? key : sb_query(call, query);
}

static const char *kept_key(const struct sb_account *account, const char *name)
{
	return json_string_of(json_object_get(account->extra, "keys"), name);
}

static bool has_async_key(struct sb_call *call)
{
	const char *key = sb_header(call, "x-api-key");

	if (!(call->route && call->route->flags & LSQ_ASYNC) ||
	    (key && text_equal_secret(key, kept_key(call->account, "x_api_key"))))
		return true;
	sb_reply_json(call, 403, json_pack("{ss}", "message", "Forbidden"));
	return false;
}

/* Keys die with their user (2). */
static bool is_employed(const struct sb_call *call)
{
	const struct sb_record *user =
		sb_live_find(call->account, "users", lsq_api_user(call->account));

	return user && !text_equal(sb_text(call, user, "StatusCode"), "1");
}

static bool authenticate(struct sb_call *call)
{
	const char *access = key_of(call, "x-LSQ-AccessKey", "accessKey");
	const char *secret = key_of(call, "x-LSQ-SecretKey", "secretKey");

	if (sb_token_check(call, access) == SB_TOKEN_OK && secret &&
	    text_equal_secret(secret, kept_key(call->account, "secret_key")) && is_employed(call))
		return is_of_region(call) && has_async_key(call);
	lsq_problem(call, SB_PROBLEM_REVOKED, 0);
	return false;
}

/* --- limits (8) --- */

static bool admit(struct sb_call *call)
{
	bool is_bulk = call->route && call->route->flags & LSQ_BULK;

	return (!is_bulk || sb_admit(call, "bulk", 1)) && sb_admit(call, "calls", 1) &&
	       sb_admit(call, "day", 1);
}

/* --- a new account --- */

static void open_account(struct sb_account *account)
{
	const char *access = sb_opening_key(account, SB_HEX, "5a4d1ead5a4d1ead5a4d1ead5a4d1ead");
	const char *secret = sb_opening_key(account, SB_HEX,
					    "5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4");
	const char *async = sb_opening_key(account, SB_LETTERS,
					   "sandboxLeadSquaredAsyncKey0123456789abcd");

	lsq_open_objects(account);
	sb_opening_token(account, "access_key", arena_printf(account->arena, "u$r%s", access));
	json_object_set_new(account->extra, "keys",
			    json_pack("{ss ss}", "secret_key", secret, "x_api_key", async));
	json_object_set_new(account->extra, "requests", json_object());
	sb_window_open(account, "calls", SB_ROLLING, 5000, 10);
	sb_window_open(account, "bulk", SB_ROLLING, 5000, 5);
	sb_window_open(account, "day", SB_FIXED, 86400000, 10000);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, NULL, out);
	json_object_update(out, json_object_get(account->extra, "keys"));
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	json_t *attributes = json_array();
	const struct {
		const char *name, *text;
	} values[] = {
		{ "FirstName", person->first_name }, { "LastName", person->last_name },
		{ "EmailAddress", person->email },   { "Phone", person->phone },
		{ "Company", person->company },	     { "JobTitle", person->title },
		{ "Source", "Website" },	     { "mx_City", person->city },
		{ "mx_Country", person->country_name },
	};
	struct lsq_refusal refusal;
	struct lsq_write write;

	for (size_t i = 0; i < ARRAY_LEN(values); i++)
		json_array_append_new(attributes, json_pack("{ss ss}", "Attribute",
							    values[i].name, "Value",
							    values[i].text));
	if (lsq_read_write(call, json_keep(call->arena, attributes), &write, &refusal))
		lsq_create(call, &write, &refusal);
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "region", 0, "of the account, where a host names one: 0 India, 1 USA, 2 Singapore" },
	{ "errors_as", 0, "refusals: 0 are 500, 1 mandatory ones are 400, 2 all are 200" },
	{ "lead_in_related_id", 0, "of a capture: 0 the lead is in Id and RelatedId, 1 in the "
				   "second only" },
	{ "search_by_any", 0, "1: SearchBy takes a field that is not unique too" },
	{ "criteria_as_list", 0, "Leads.Get: 0 answers flat leads, 1 LeadPropertyLists" },
	{ "opportunities_once", 1, "1: a lead has one open opportunity of a type" },
	{ "async_ms", 1000, "how long a request of the async API is in progress" },
	{ "async_system_errors", 0, "how many tries of an async request end in a system error; it "
				    "is tried again 10 times, after 30 s and up to 3 h" },
	{ "webhooks_max", 3, "of the plan: 3 Pro, 30 Super" },
	{ "webhooks_by_http", 0, "1 takes http:// addresses too" },
	{ "webhook_unverified", 0, "1: a webhook is active without HEAD and test post" },
	{ "webhook_failures_max", 10, "failed deliveries in a row that disable a webhook; 0 never" },
};

#define LEAD "/LeadManagement.svc/"
#define ACTIVITY "/ProspectActivity.svc/"

static const struct sb_route routes[] = {
	{ "GET", LEAD "LeadsMetaData.Get", lsq_metadata, 0, NULL, 0 },
	{ "POST", LEAD "CreateLeadField", lsq_add_field, 0, NULL, 0 },
	{ "POST", LEAD "Lead.Create", lsq_post_create, 0, NULL, 0 },
	{ "POST", LEAD "Lead.Update", lsq_post_update, 0, NULL, 0 },
	{ "POST", LEAD "Lead.CreateOrUpdate", lsq_post_create_or_update, 0, NULL, 0 },
	{ "POST", LEAD "Lead.Capture", lsq_post_capture, 0, NULL, 0 },
	{ "GET", LEAD "Leads.GetByEmailaddress", lsq_by_email, 0, NULL, 0 },
	{ "GET", LEAD "RetrieveLeadByPhoneNumber", lsq_by_phone, 0, NULL, 0 },
	{ "GET", LEAD "Leads.GetById", lsq_by_id, 0, NULL, 0 },
	{ "POST", LEAD "Leads/Retrieve/ByIds", lsq_by_ids, 0, NULL, 0 },
	{ "GET", LEAD "Leads.GetByQuickSearch", lsq_quick_search, 0, NULL, 0 },
	{ "POST", LEAD "Leads.Get", lsq_criteria, 0, NULL, 0 },
	{ "POST", LEAD "Leads.RecentlyModified", lsq_recently_modified, 0, NULL, 0 },
	{ "POST", LEAD "Lead/Bulk/Create", lsq_bulk_create, LSQ_BULK, NULL, 0 },
	{ "POST", LEAD "Lead/Bulk/CreateOrUpdate", lsq_bulk_create_or_update, LSQ_BULK, NULL, 0 },
	{ "POST", LEAD "Lead/Bulk/Update", lsq_bulk_update, LSQ_BULK, NULL, 0 },
	{ "POST", LEAD "Leads/Retrieve/BySearchParameter", NULL, 0,
	  "members of lists: the sheet does not give their form", 0 },
	{ "GET", ACTIVITY "ActivityTypes.Get", lsq_activity_types, 0, NULL, 0 },
	{ "POST", ACTIVITY "CreateType", lsq_add_activity_type, 0, NULL, 0 },
	{ "POST", ACTIVITY "Create", lsq_post_activity, 0, NULL, 0 },
	{ "POST", ACTIVITY "CustomActivity/Update", lsq_update_activity, 0, NULL, 0 },
	{ "POST", ACTIVITY "Bulk/CustomActivity/Add/ByLeadId", lsq_bulk_activities, LSQ_BULK, NULL,
	  0 },
	{ "POST", ACTIVITY "Retrieve", lsq_activities_of_lead, 0, NULL, 0 },
	{ "POST", ACTIVITY "RetrieveRecentlyModified", lsq_recent_activities, 0, NULL, 0 },
	{ "POST", "/Task.svc/Create", lsq_add_task, 0, NULL, 0 },
	{ "POST", "/OpportunityManagement.svc/Capture", lsq_capture_opportunity, 0, NULL, 0 },
	{ "GET", "/UserManagement.svc/Users.Get", lsq_users, 0, NULL, 0 },
	{ "POST", "/Webhook.svc/Create", lsq_add_webhook, 0, NULL, 0 },
	{ "POST", "/lead/capture", lsq_async_capture, LSQ_ASYNC, NULL, 0 },
	{ "POST", "/activity/create", lsq_async_activity, LSQ_ASYNC, NULL, 0 },
	{ "GET", "/lead/status", lsq_async_status, LSQ_ASYNC, NULL, 0 },
	{ "POST", "/opportunity/capture", lsq_async_opportunity, LSQ_ASYNC, NULL, 0 },
	{ "*", LEAD "{*}", NULL, 0, "the sheet does not describe it", 0 },
	{ "*", ACTIVITY "{*}", NULL, 0, "the sheet does not describe it", 0 },
	{ "*", "/Task.svc/{*}", NULL, 0, "the sheet gives the form of creating one task only", 0 },
	{ "*", "/OpportunityManagement.svc/{*}", NULL, 0, "the sheet describes capturing only", 0 },
	{ "*", "/UserManagement.svc/{*}", NULL, 0, "the sheet describes the list of users", 0 },
	{ "*", "/Webhook.svc/{*}", NULL, 0, "the sheet does not give its form", 0 },
	{ "*", "/LeadSegmentation.svc/{*}", NULL, 0,
	  "lists: the sheet does not give their form", 0 },
	{ "*", "/CompanyManagement.svc/{*}", NULL, 0,
	  "companies: the sheet does not give their form", 0 },
	{ "*", "/{*}", no_operation, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
};

/* Names of operations are taken in any case of their letters. */
static const char *rewrite(struct sb_call *call, const char *path)
{
	(void)call;
	if (text_starts(path, "/v2/"))
		path += strlen("/v2");
	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		if (text_equal_nocase(routes[i].pattern, path))
			return routes[i].pattern;
	return path;
}

const struct sb_vendor sb_leadsquared = {
	.name = "leadsquared",
	.title = "LeadSquared",
	.hosts = (const char *const[]){ ".leadsquared.com", NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = lsq_problem,
	.changed = lsq_changed,
	.seed = seed,
	.credentials = credentials,
};
