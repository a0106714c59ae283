/* copper.c - imitates Copper: its paths, credentials and limits. Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"

#define SCOPE "developer/v1/all"

static const char *rewrite(struct sb_call *call, const char *path)
{
	(void)call;
	return text_starts(path, "/developer_api/v1/") ? path + strlen("/developer_api/v1") :
	       text_starts(path, "/oauth/")		? path :
							  NULL;
}

/* --- credentials (2) --- */

/* A key counts with the address of its owner, and only as developer_api. */
static bool is_key(struct sb_call *call)
{
	const char *email = sb_header(call, "X-PW-UserEmail");

	return text_equal(sb_header(call, "X-PW-Application"), "developer_api") && email &&
	       sb_token_check(call, sb_header(call, "X-PW-AccessToken")) == SB_TOKEN_OK &&
	       call->token->kind == SB_TOKEN_STATIC && text_equal_nocase(email, COPPER_EMAIL);
}

static bool authenticate(struct sb_call *call)
{
	const char *bearer = sb_authorization(call, "Bearer");
	bool is_in = bearer ? sb_token_check(call, bearer) == SB_TOKEN_OK &&
				      call->token->kind == SB_TOKEN_ACCESS :
			      is_key(call);

	if (!is_in)
		sb_copper_problem(call, SB_PROBLEM_REVOKED, 0);
	return is_in;
}

/* Access tokens never end, and nothing is refreshed. */
static const struct sb_oauth_rules rules = { .code_ms = 600 * 1000, .letters = SB_HEX };

static void authorize(struct sb_call *call)
{
	sb_oauth_authorize(call, &rules, NULL);
}

static void refuse_grant(struct sb_call *call, int status, const char *error)
{
	sb_reply_json(call, status, json_pack("{ss}", "error", error));
}

static void token(struct sb_call *call)
{
	enum sb_grant_fault fault = SB_GRANT_BAD_TYPE;
	struct sb_granted granted;
	struct sb_grant grant;

	sb_grant_read(call, &grant);
	if (text_equal(grant.type, "authorization_code"))
		fault = sb_grant(call, &grant, &rules, &granted);
	if (fault == SB_GRANT_OK)
		sb_reply_json(call, 200, json_pack("{ss ss ss}", "access_token",
						   granted.access->text, "token_type", "Bearer",
						   "scope", SCOPE));
	else if (fault == SB_GRANT_BAD_CLIENT || fault == SB_GRANT_BAD_SECRET)
		refuse_grant(call, 401, "invalid_client");
	else
		refuse_grant(call, 400, fault == SB_GRANT_BAD_TYPE ? "unsupported_grant_type" :
								     "invalid_grant");
}

/* --- limits (8) --- */

/* Where leads are turned off, people must be used (4). */
static bool is_enabled(struct sb_call *call)
{
	if (!text_equal(call->route->tag, "leads") || !sb_switch(call->account, "leads_off"))
		return true;
	sb_copper_fail(call, 403, "Feature not enabled");
	return false;
}

static bool admit(struct sb_call *call)
{
	bool is_bulk = call->route->flags & COPPER_BULK;

	return (!is_bulk || sb_admit(call, "bulk", 1)) && sb_admit(call, "minute", 1) &&
	       is_enabled(call);
}

/* --- a new account --- */

/* As an administrator of the account would make them. */
static void open_definitions(struct sb_account *account)
{
	static const char *const types[] = { "leads", "people" };
	const struct sb_field_spec campaign = { .name = "100764", .label = "Campaign",
						.type = SB_TEXT, .flags = SB_CUSTOM,
						.max_len = 255, .kind = "String" };
	const struct sb_field_spec tier = { .name = "126240", .label = "Tier",
					    .type = SB_INTEGER, .flags = SB_CUSTOM,
					    .kind = "Dropdown" };
	struct sb_field *field;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		field = sb_field_add(sb_object_find(account, types[i]), &campaign);
		field->extra = json_pack("{sb}", "is_filterable", 1);
	}
	field = sb_field_add(sb_object_find(account, "leads"), &tier);
	field->extra = json_pack("{sb}", "is_filterable", 1);
	sb_field_add_option(field, "167776", "Gold", 167776, false);
	sb_field_add_option(field, "167775", "Silver", 167775, false);
	json_object_set_new(
		account->extra, "definitions",
		json_pack("{s{si ss ss ss s[ss] sb} s{si ss ss ss s[s] sb s[{si ss si} {si ss si}]}}",
			  "100764", "id", 100764, "name", "Campaign", "canonical_name",
			  "campaign", "data_type", "String", "available_on", "lead", "person",
			  "is_filterable", 1, "126240", "id", 126240, "name", "Tier",
			  "canonical_name", "tier", "data_type", "Dropdown", "available_on",
			  "lead", "is_filterable", 1, "options", "id", 167776, "name", "Gold",
			  "rank", 0, "id", 167775, "name", "Silver", "rank", 1));
}

static const struct sb_app app = { "fairlead-sandbox-app", "fairlead-sandbox-secret",
				   "/copper/oauth/authorize", "/copper/oauth/token" };

static void open_account(struct sb_account *account)
{
	sb_copper_open_objects(account);
	open_definitions(account);
	sb_opening_token(account, "api_key",
			 sb_opening_key(account, SB_HEX, "0b5e55ed0b5e55ed0b5e55ed0b5e55ed"));
	sb_client_add(account, app.client_id, app.client_secret);
	sb_window_open(account, "minute", SB_ROLLING, 60000, 180);
	sb_window_open(account, "bulk", SB_ROLLING, 1000, 3);
	sb_window_open(account, "notifications_minute", SB_ROLLING, 60000, 600);
	sb_window_open(account, "notifications_ten_minutes", SB_ROLLING, 600000, 1800);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
	json_object_set_new(out, "user_email", json_string(COPPER_EMAIL));
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	sb_copper_create(
		call, sb_object_find(call->account, "leads"),
		json_keep(call->arena,
			  json_pack("{so s{ss ss} s[{ss ss}] ss ss}", "name",
				    sb_json_printf("%s %s", person->first_name,
						   person->last_name),
				    "email", "email", person->email, "category", "work",
				    "phone_numbers", "number", person->phone, "category", "work",
				    "company_name", person->company, "title", person->title)));
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "leads_off", 0, "1: the leads feature is off (403); people must be used" },
	{ "upsert_ids_in_text", 0, "ids of several matches: 0 in `ids` too, 1 in the message only" },
	{ "secret_prefix", 0, "1 puts secret_field_ before the names of webhook secrets" },
	{ "webhook_lag_ms", 0, "how much later than at once webhooks tell, up to 15 minutes there" },
	{ "activity_log", 0, "1: activity_log webhooks, which only one page of the vendor's names" },
	{ "unique_emails", 1, "an address of two people: 1 is refused, 0 taken" },
	{ "search_strings", 1, "custom fields of type String in searches: 1 can be, 0 are refused" },
	{ "total_header", 1, "X-PW-TOTAL with what a search found: 1 there, 0 absent" },
	{ "full_result_repeats", 0, "1: pages with full_result repeat a row of the page before" },
	{ "webhooks_by_http", 0, "1 takes http:// targets too, which the vendor refuses" },
};

#define OPEN (SB_PUBLIC | SB_UNLIMITED)
#define CRUD(name)                                                                            \
	{ "POST", "/" name, sb_copper_post, 0, name, 0 },                                     \
	{ "GET", "/" name "/{id}", sb_copper_get, 0, name, 0 },                               \
	{ "PUT", "/" name "/{id}", sb_copper_put, 0, name, 0 },                               \
	{ "DELETE", "/" name "/{id}", sb_copper_delete, 0, name, 0 },                         \
	{ "POST", "/" name "/search", sb_copper_search, 0, name, 0 }
#define BULK(name)                                                                            \
	{ "POST", "/" name "/bulk_create", sb_copper_bulk_create, COPPER_BULK, name, 0 },     \
	{ "POST", "/" name "/bulk_update", sb_copper_bulk_update, COPPER_BULK, name, 0 }
#define UPSERT(name) { "PUT", "/" name "/upsert", sb_copper_upsert, 0, name, 0 }
#define LISTED(name) { "GET", "/" name, sb_copper_list, 0, name, 0 }

static const struct sb_route routes[] = {
	{ "*", "/oauth/authorize", authorize, OPEN, NULL, 0 },
	{ "POST", "/oauth/token", token, OPEN, NULL, 0 },
	{ "GET", "/account", sb_copper_account, 0, NULL, 0 },
	{ "GET", "/users/me", sb_copper_me, 0, NULL, 0 },
	{ "POST", "/users/search", sb_copper_search, 0, "users", 0 },
	UPSERT("leads"),
	UPSERT("people"),
	BULK("leads"),
	BULK("people"),
	BULK("activities"),
	CRUD("leads"),
	CRUD("people"),
	CRUD("companies"),
	CRUD("opportunities"),
	CRUD("tasks"),
	CRUD("projects"),
	{ "GET", "/activities/{id}", sb_copper_get_activity, 0, "activities", 0 },
	CRUD("activities"),
	{ "POST", "/leads/{id}/convert", sb_copper_convert, 0, "leads", 0 },
	{ "GET", "/leads/{id}/related", sb_copper_related, 0, "leads", 0 },
	{ "GET", "/leads/{id}/related/tasks", sb_copper_related, 0, "leads", 0 },
	{ "POST", "/people/fetch_by_email", sb_copper_fetch_by_email, 0, NULL, 0 },
	LISTED("lead_statuses"),
	LISTED("customer_sources"),
	LISTED("contact_types"),
	LISTED("loss_reasons"),
	{ "GET", "/pipelines", sb_copper_pipelines, 0, NULL, 0 },
	{ "GET", "/activity_types", sb_copper_activity_types, 0, NULL, 0 },
	{ "GET", "/custom_field_definitions", sb_copper_definitions, 0, NULL, 0 },
	{ "POST", "/custom_field_definitions", sb_copper_add_definition, 0, NULL, 0 },
	{ "GET", "/custom_field_definitions/{id}", sb_copper_definition, 0, NULL, 0 },
	{ "PUT", "/custom_field_definitions/{id}", sb_copper_edit_definition, 0, NULL, 0 },
	LISTED("webhooks"),
	{ "POST", "/webhooks", sb_copper_add_webhook, 0, NULL, 0 },
	{ "GET", "/webhooks/{id}", sb_copper_webhook, 0, NULL, 0 },
	{ "PUT", "/webhooks/{id}", sb_copper_edit_webhook, 0, NULL, 0 },
	{ "DELETE", "/webhooks/{id}", sb_copper_delete_webhook, 0, NULL, 0 },
	{ "*", "/files/{*}", NULL, 0, "files", 0 },
};

const struct sb_vendor sb_copper = {
	.name = "copper",
	.title = "Copper",
	.hosts = (const char *const[]){ "api.copper.com", "app.copper.com", NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = sb_copper_problem,
	.changed = sb_copper_changed,
	.seed = seed,
	.credentials = credentials,
};
