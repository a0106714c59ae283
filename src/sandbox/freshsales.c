/* freshsales.c - imitates Freshsales, the Suite and the classic generation: paths,
 * credentials, limits. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"

#define OF_CLASSIC SB_OF_ROUTE /* the Suite has no leads */

#define SUITE "/crm/sales/api/"
#define CLASSIC "/api/"

/* --- paths (1) --- */

static const char *rewrite(struct sb_call *call, const char *path)
{
	(void)call;
	if (text_starts(path, "/org/oauth/v2/"))
		return path + strlen("/org");
	return text_starts(path, SUITE)		? path + strlen(SUITE) - 1 :
	       text_starts(path, CLASSIC)	? path + strlen(CLASSIC) - 1 :
	       text_starts(path, "/oauth/v2/") ? path :
						 NULL;
}

/* An account is of one generation: the paths of the other are not there. */
static bool is_of_generation(const struct sb_call *call)
{
	bool is_classic = sb_switch(call->account, "classic");

	return text_starts(call->target + strlen(call->prefix), CLASSIC) == is_classic &&
	       (is_classic || !call->route || !(call->route->flags & OF_CLASSIC));
}

/* --- credentials (2) --- */

static bool authenticate(struct sb_call *call)
{
	const char *key = sb_authorization(call, "Token");
	const char *text = key && text_starts(key, "token=") ? key + strlen("token=") :
							      sb_authorization(call, "Bearer");

	if (sb_token_check(call, text) != SB_TOKEN_OK) {
		sb_fresh_problem(call, SB_PROBLEM_REVOKED, 0);
		return false;
	}
	if (is_of_generation(call))
		return true;
	sb_fresh_not_found(call);
	return false;
}

#define RULES(how)                                                                            \
	{ .code_ms = 600 * 1000, .access_ms = 1800 * 1000, .refresh = (how),                  \
	  .letters = SB_LETTERS }
static const struct sb_oauth_rules rules = RULES(SB_REFRESH_ROTATES);
static const struct sb_oauth_rules staying = RULES(SB_REFRESH_STAYS);

/* State and scope have to be there. */
static void authorize(struct sb_call *call)
{
	if (text_is_empty(sb_form_or_query(call, "state")) ||
	    text_is_empty(sb_form_or_query(call, "scope")))
		sb_reply_json(call, 400,
			      json_pack("{ss ss}", "error", "invalid_request",
					"error_description", "state and scope are required"));
	else
		sb_oauth_authorize(call, &rules, NULL);
}

/* Whose code or refresh token it is, if anybody's. */
static const struct sb_account *account_of(struct sb_call *call, const struct sb_grant *grant)
{
	const char *text = grant->refresh_token ? grant->refresh_token : grant->code;
	const struct sb_token *token =
		text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;

	return token ? token->account : NULL;
}

static void refuse_grant(struct sb_call *call, enum sb_grant_fault fault)
{
	if (fault == SB_GRANT_BAD_CLIENT || fault == SB_GRANT_BAD_SECRET)
		sb_reply_json(call, 401, json_pack("{ss}", "error", "invalid_client"));
	else
		sb_reply_json(call, 400,
			      json_pack("{ss}", "error",
					fault == SB_GRANT_BAD_TYPE || fault == SB_GRANT_NO_TYPE ?
						"unsupported_grant_type" :
						"invalid_grant"));
}

/* The app shows who it is by basic authentication. */
static void token(struct sb_call *call)
{
	const char *user, *password;
	const struct sb_account *account;
	enum sb_grant_fault fault;
	struct sb_granted granted;
	struct sb_grant grant;

	sb_grant_read(call, &grant);
	account = account_of(call, &grant);
	if (!sb_basic(call, &user, &password) &&
	    !(account && sb_switch(account, "form_credentials"))) {
		refuse_grant(call, SB_GRANT_BAD_CLIENT);
		return;
	}
	fault = sb_grant(call, &grant,
			 account && sb_switch(account, "refresh_stays") ? &staying : &rules,
			 &granted);
	if (fault != SB_GRANT_OK) {
		refuse_grant(call, fault);
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{ss ss* ss si ss}", "access_token", granted.access->text,
				"refresh_token", granted.refresh ? granted.refresh->text : NULL,
				"token_type", "Bearer", "expires_in", 1800, "scope",
				granted.access->scopes ? granted.access->scopes : ""));
}

/* What an app must have been allowed, as far as the sheet names it: for contacts. */
static const char *scope_of(const struct sb_call *call)
{
	static const struct {
		void (*handle)(struct sb_call *call);
		const char *scope;
	} scopes[] = {
		{ sb_fresh_get, "freshsales.contacts.view" },
		{ sb_fresh_view, "freshsales.contacts.view" },
		{ sb_fresh_filters, "freshsales.contacts.filters.view" },
		{ sb_fresh_fields, "freshsales.contacts.fields.view" },
		{ sb_fresh_timeline, "freshsales.contacts.activities.view" },
		{ sb_fresh_post, "freshsales.contacts.create" },
		{ sb_fresh_put, "freshsales.contacts.edit" },
		{ sb_fresh_upsert, "freshsales.contacts.upsert" },
		{ sb_fresh_bulk_upsert, "freshsales.contacts.upsert" },
	};

	for (size_t i = 0; text_equal(call->route->tag, "contacts") && i < ARRAY_LEN(scopes); i++)
		if (scopes[i].handle == call->route->handle)
			return scopes[i].scope;
	return NULL;
}

/* --- limits (8) --- */

static bool admit(struct sb_call *call)
{
	const char *scope = scope_of(call);

	if (scope && !sb_token_may(call->token, scope)) {
		sb_fresh_problem(call, SB_PROBLEM_FORBIDDEN, 0);
		return false;
	}
	return sb_admit(call, "minute", 1) && sb_admit(call, "hour", 1);
}

/* --- a new account --- */

static const struct sb_app app = { "fairlead-sandbox-app", "fairlead-sandbox-secret",
				   "/freshsales/org/oauth/v2/authorize",
				   "/freshsales/org/oauth/v2/token" };

static void open_account(struct sb_account *account)
{
	sb_fresh_open_objects(account);
	sb_opening_token(account, "api_key",
			 sb_opening_key(account, SB_LETTERS, "sandboxFreshsalesKey01"));
	json_object_set_new(account->extra, "jobs", json_object());
	sb_client_add(account, app.client_id, app.client_secret);
	sb_window_open(account, "hour", SB_FIXED, 3600000, 1000);
	sb_window_open(account, "minute", SB_ROLLING, 60000, 0); /* some tenants have one */
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	sb_record_add(call, "contacts",
		      json_pack("{ss ss ss ss ss si si si}", "first_name", person->first_name,
				"last_name", person->last_name, "email", person->email,
				"mobile_number", person->phone, "job_title", person->title,
				"lifecycle_stage_id", 16002001, "contact_status_id", 16003001,
				"lead_score", 0),
		      NULL);
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "classic", 0, "the account is 0 of the Suite, 1 of the older generation: /api/, leads" },
	{ "created_200", 0, "creating: 0 answers 201, 1 answers 200" },
	{ "needs_identifier", 1, "1: a new person needs an address, a phone or an external id" },
	{ "html_404", 0, "404: 0 has no body, 1 an HTML page" },
	{ "job_ms", 0, "how long a bulk job is in progress" },
	{ "job_key", 0, "a job is told as: 0 job_id, 1 id, 2 job_status_url" },
	{ "limit_json", 0, "429: 0 has a plain text, 1 JSON" },
	{ "retry_after", 1, "429: 1 with Retry-After, 0 without" },
	{ "bad_json_422", 0, "a body that is no JSON: 0 answers 400, 1 answers 422" },
	{ "form_credentials", 0, "1: an app may show its id and secret in the form too" },
	{ "refresh_stays", 0, "a refresh token: 0 is replaced when used, 1 stays" },
};

#define OPEN (SB_PUBLIC | SB_UNLIMITED)
#define AT(path, name, flags)                                                                 \
	{ "POST", path, sb_fresh_post, flags, name, 0 },                                      \
	{ "GET", path "/{id}", sb_fresh_get, flags, name, 0 },                                \
	{ "PUT", path "/{id}", sb_fresh_put, flags, name, 0 },                                \
	{ "DELETE", path "/{id}", sb_fresh_delete, flags, name, 0 }
#define CRUD(name) AT("/" name, name, 0)
#define MODULE(name, flags)                                                                   \
	{ "GET", "/" name "/filters", sb_fresh_filters, flags, name, 0 },                     \
	{ "GET", "/" name "/view/{id}", sb_fresh_view, flags, name, 0 },                      \
	{ "GET", "/settings/" name "/fields", sb_fresh_fields, flags, name, 0 },              \
	{ "POST", "/" name "/upsert", sb_fresh_upsert, flags, name, 0 },                      \
	AT("/" name, name, flags)

static const struct sb_route routes[] = {
	{ "*", "/oauth/v2/authorize", authorize, OPEN, NULL, 0 },
	{ "POST", "/oauth/v2/token", token, OPEN, NULL, 0 },
	{ "POST", "/contacts/bulk_upsert", sb_fresh_bulk_upsert, 0, "contacts", 0 },
	{ "POST", "/contacts/bulk_destroy", sb_fresh_bulk_destroy, 0, "contacts", 0 },
	{ "POST", "/contacts/bulk_assign_owner", sb_fresh_bulk_assign, 0, "contacts", 0 },
	{ "GET", "/job_statuses/{id}", sb_fresh_job, 0, NULL, 0 },
	{ "GET", "/contacts/{id}/activities", sb_fresh_timeline, 0, "contacts", 0 },
	{ "DELETE", "/contacts/{id}/forget", sb_fresh_forget, 0, "contacts", 0 },
	{ "GET", "/contacts/lists/{id}", sb_fresh_show_list, 0, "contacts", 0 },
	MODULE("contacts", 0),
	MODULE("leads", OF_CLASSIC),
	MODULE("sales_accounts", 0),
	MODULE("deals", 0),
	CRUD("notes"),
	CRUD("tasks"),
	CRUD("appointments"),
	CRUD("sales_activities"),
	CRUD("phone_calls"),
	{ "GET", "/lists", sb_fresh_lists, 0, "lists", 0 },
	{ "POST", "/lists", sb_fresh_post, 0, "lists", 0 },
	{ "PUT", "/lists/{id}/add_contacts", sb_fresh_add_to_list, 0, "lists", 0 },
	AT("/custom_module/cm_visit", "cm_visit", 0),
	{ "*", "/custom_module/{*}", sb_fresh_not_found, 0, NULL, 0 }, /* nobody made it */
	{ "GET", "/selector/sales_activity_types/{id}/sales_activity_outcomes", sb_fresh_outcomes,
	  0, NULL, 0 },
	{ "GET", "/selector/{name}", sb_fresh_selector, 0, NULL, 0 },
	{ "GET", "/lookup", sb_fresh_lookup, 0, NULL, 0 },
	{ "GET", "/search", sb_fresh_search, 0, NULL, 0 },
	{ "POST", "/filtered_search/{entity}", sb_fresh_filtered_search, 0, NULL, 0 },
	{ "POST", "/settings/{module}/fields", sb_fresh_not_found, 0, NULL, 0 }, /* by people */
	{ "GET", "/contacts", sb_fresh_not_found, 0, NULL, 0 }, /* there is no plain list */
	{ "GET", "/selectors/{name}", sb_fresh_not_found, 0, NULL, 0 }, /* tried by some */
};

const struct sb_vendor sb_freshsales = {
	.name = "freshsales",
	.title = "Freshsales",
	.hosts = (const char *const[]){ ".myfreshworks.com", ".freshworks.com", ".freshsales.io",
					NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = sb_fresh_problem,
	.changed = sb_fresh_changed,
	.seed = seed,
	.credentials = credentials,
};
