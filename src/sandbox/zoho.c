/* zoho.c - imitates Zoho CRM's REST API v8: its paths, tokens and credits. Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/render.h"
#include "sandbox/zoho.h"

/* --- tokens (2) --- */

static bool authenticate(struct sb_call *call)
{
	const char *text = sb_authorization(call, "Zoho-oauthtoken");

	if (!text && !sb_header(call, "Authorization")) {
		zoho_fail(call, 401, "AUTHENTICATION_FAILURE", "Authentication failed", NULL);
		return false;
	}
	if (sb_token_check(call, text) == SB_TOKEN_OK && zoho_is_of_centre(call, call->account))
		return true;
	zoho_problem(call, SB_PROBLEM_EXPIRED, 0);
	return false;
}

static const char *operation_of(const struct sb_call *call)
{
	if (strcmp(call->method, "GET") == 0)
		return "READ";
	if (strcmp(call->method, "POST") == 0)
		return "CREATE";
	return strcmp(call->method, "DELETE") == 0 ? "DELETE" : "UPDATE";
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* Whether one scope of a token ("ZohoCRM.modules.leads.READ") covers what is wanted
 * ("modules.leads"): the same words, or fewer of them, and then ALL or the operation. The
 * case of letters does not count. */
static bool scope_covers(const char *scope, size_t len, const char *wanted, const char *operation)
{
	size_t head = strlen("ZohoCRM."), tail;
	const char *last;

	if (len <= head || strncasecmp(scope, "ZohoCRM.", head) != 0)
		return false;
	last = memrchr(scope, '.', len);
	tail = (size_t)(scope + len - last - 1);
	if (!is_word(last + 1, tail, "ALL") && !is_word(last + 1, tail, operation))
		return false;
	if (last < scope + head)
		return true;
	len = (size_t)(last - scope) - head;
	return strncasecmp(scope + head, wanted, len) == 0 && (!wanted[len] || wanted[len] == '.');
}

static bool has_scope(struct sb_call *call)
{
	const char *at = call->token ? call->token->scopes : NULL, *wanted = call->route->tag;

	if (!at || !wanted)
		return true;
	if (strcmp(wanted, "modules") == 0)
		wanted = arena_printf(call->arena, "modules.%s", sb_param(call, 0));
	while (*at) {
		size_t len = strcspn(at, ", ");

		if (scope_covers(at, len, wanted, operation_of(call)))
			return true;
		at += len + (at[len] != '\0');
	}
	return false;
}

/* --- calls at once (8) --- */

#define HEAVY 1u /* counts for the smaller limit too */
#define HEAVY_RECORDS 10

/* The exact list is not said: what reads or writes much. */
static bool is_heavy(struct sb_call *call)
{
	static void (*const heavy[])(struct sb_call *call) = { zoho_search, zoho_coql,
							       zoho_convert };
	void (*handle)(struct sb_call *call) = call->route->handle;

	for (size_t i = 0; i < ARRAY_LEN(heavy); i++)
		if (handle == heavy[i])
			return true;
	if (handle == zoho_insert || handle == zoho_upsert)
		return json_array_size(json_object_get(call->json, "data")) > HEAVY_RECORDS;
	return handle == zoho_list && sb_query(call, "cvid");
}

static bool is_beside_too_many(struct sb_call *call)
{
	int64_t max = sb_switch(call->account, "at_once");
	int64_t heavy_max = sb_switch(call->account, "heavy_at_once");

	call->kinds = is_heavy(call) ? HEAVY : 0;
	if ((!max || sb_under_way(call, 0) < (size_t)max) &&
	    (!call->kinds || !heavy_max || sb_under_way(call, HEAVY) < (size_t)heavy_max))
		return false;
	zoho_problem(call, SB_PROBLEM_RATE, 0);
	return true;
}

/* --- credits (8) --- */

/* One for a call, or for each ten records written. A body that is no JSON has its route's. */
static int64_t cost_of(struct sb_call *call)
{
	const json_t *data;

	if (call->route->cost)
		return call->route->cost;
	if (call->method[0] != 'P' || !call->body_len)
		return sb_query(call, "cvid") ? 3 : 1;
	data = json_object_get(sb_json(call), "data");
	return json_array_size(data) ? (int64_t)(json_array_size(data) + 9) / 10 : 1;
}

static bool admit(struct sb_call *call)
{
	int64_t cost;

	if (!has_scope(call)) {
		zoho_fail(call, 401, "OAUTH_SCOPE_MISMATCH",
			  "invalid oauth scope to access this URL", NULL);
		return false;
	}
	if (sb_switch(call->account, "authorization_fails")) {
		zoho_fail(call, 400, "AUTHORIZATION_FAILED",
			  "User does not have sufficient privilege", NULL);
		return false;
	}
	cost = cost_of(call);
	if (call->status || is_beside_too_many(call))
		return false;
	return sb_admit(call, "credits", cost);
}

/* What is left is told from half of it on. */
static void finish(struct sb_call *call)
{
	struct sb_window *credits;
	int64_t left;

	if (!call->account || (call->route && call->route->flags & SB_UNLIMITED))
		return;
	credits = sb_window_find(call->account, "credits");
	if (!credits || !credits->max)
		return;
	left = sb_window_remaining(credits, call->now);
	if (left <= credits->max / 2)
		sb_reply_header_int(call, "X-API-CREDITS-REMAINING", left);
}

/* --- a new org --- */

/* "New records appear late" (5): by how much is not said. */
#define SEARCH_LAG_MS 10000

static const struct {
	const char *full, *first, *last, *email, *status;
} people[] = {
	{ "Sync", "", "Sync", "sync@acme.example", "active" },
	{ "Rae Rep", "Rae", "Rep", "rep@acme.example", "active" },
	{ "Gus Gone", "Gus", "Gone", "gone@acme.example", "disabled" },
};

static void open_users(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		sb_record_add(&call, "users",
			      json_pack("{ss ss ss ss ss so}", "full_name", people[i].full,
					"first_name", people[i].first, "last_name", people[i].last,
					"email", people[i].email, "status", people[i].status,
					"zuid", sb_json_printf("123456%zu", i + 1)),
			      NULL);
	arena_free(arena);
}

static const struct sb_app app = { ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET, "/zoho/oauth/v2/auth",
				   "/zoho/oauth/v2/token" };

static void open_account(struct sb_account *account)
{
	for (size_t i = 0; i < zoho_nmodules; i++) {
		const struct sb_object_spec spec = { .name = zoho_modules[i].name,
						     .label = zoho_modules[i].singular,
						     .prefix = zoho_modules[i].number,
						     .first = 1,
						     .make_id = zoho_make_id };

		sb_fields_add(sb_object_add(account, &spec), zoho_modules[i].fields,
			      zoho_modules[i].nfields);
	}
	account->search_lag_ms = SEARCH_LAG_MS;
	sb_window_open(account, "credits", SB_ROLLING, 86400000, 100000);
	open_users(account);
	sb_opening_tokens(account, &app, "1000.access.sandbox-", "1000.refresh.sandbox-");
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	json_t *input = json_pack("{ss ss ss ss ss ss ss ss ss ss}", "First_Name",
				  person->first_name, "Last_Name", person->last_name, "Email",
				  person->email, "Phone", person->phone, "Company", person->company,
				  "Designation", person->title, "City", person->city, "Zip_Code",
				  person->postal_code, "Country", person->country_name,
				  "Lead_Source", "Web Download");
	struct zoho_write write = { .call = call,
				    .object = sb_object_find(call->account, "Leads"),
				    .input = json_keep(call->arena, input) };

	zoho_write(&write);
}

/* --- the table --- */

static void no_method(struct sb_call *call)
{
	zoho_fail(call, 400, "INVALID_REQUEST_METHOD",
		  "The http request method type is not a valid one", NULL);
}

static void no_path(struct sb_call *call)
{
	zoho_fail(call, 404, "INVALID_URL_PATTERN",
		  "Please check if the URL trying to access is a correct one", NULL);
}

static const struct sb_switch_spec switches[] = {
	{ "data_centre", 0, "of the org: 0 eu, 1 us, 2 in, 3 au, 4 jp, 5 cn, 6 ca, 7 sa" },
	{ "offset_minutes", 0, "the org's zone: what times are shown in, minutes east of UTC" },
	{ "token_errors_400", 0, "errors of the token endpoint: 0 with 200, 1 with 400" },
	{ "picklists_open", 0, "a value that is no option: 0 INVALID_DATA, 1 is taken" },
	{ "unwritable_fails", 0,
	  "unknown and read-only fields: 0 passed over, 1 INVALID_DATA" },
	{ "duplicate_shape", 0, "DUPLICATE_DATA: 0 duplicate_record, 1 (older) details.id" },
	{ "failed_alone_202", 0, "the only record is refused: 0 its own status, 1 202" },
	{ "missing_record", 0,
	  "a record that is not there, by id: 0 204, 1 404 NOT_FOUND, 2 404 NO_RECORDS_FOUND" },
	{ "record_state", 0,
	  "updates: 1 RECORD_LOCKED, 2 NOT_APPROVED, 3 RECORD_IN_BLUEPRINT, 4 CANNOT_PROCESS, "
	  "5 ALREADY_USED" },
	{ "storage_full", 0, "1 refuses new records with STORAGE_SPACE_EXCEEDED" },
	{ "authorization_fails", 0, "1: every call is AUTHORIZATION_FAILED, 400" },
	{ "pipeline_lacks_lost", 0, "1: the pipeline has no stage Closed Lost" },
	{ "convert_strict", 0, "1: existing records need add_to_existing_record" },
	{ "tags_modify", 0, "tags that change alone move Modified_Time: 0 no, 1 yes" },
	{ "client_credentials", 0,
	  "the grant with soid=ZohoCRM.{zgid}: 0 invalid_grant_type, 1 is taken" },
	{ "token_rows", 100000, "records that page tokens reach" },
	{ "coql_rows", 2000, "rows that one COQL query may ask for; older versions 200" },
	{ "fields_per_call", 5, "fields that one call may create" },
	{ "at_once", 20,
	  "calls under way at once: Free 5, Standard 10, Professional 15, Enterprise 20, "
	  "Ultimate 25; 0: any" },
	{ "heavy_at_once", 10,
	  "of these searches, COQL, conversions, views and writes of over 10 records; 0: any" },
	{ "bulk_ms", 60000, "how long a bulk job takes" },
	{ "bulk_rows", 25000, "rows that a file of a bulk write may have" },
	{ "bulk_read_rows", 200000, "rows of one page of a bulk read" },
	{ "watch_retries", 0, "a callback that fails: 0 is lost, 1 is tried three times more" },
};

#define SETTINGS "/crm/v8/settings"
#define MODULE "/crm/v8/{module}"
#define BULK "/crm/bulk/v8"

static const struct sb_route routes[] = {
	{ "*", "/oauth/v2/auth", zoho_authorize, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "POST", "/oauth/v2/token", zoho_token, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "POST", "/oauth/v2/token/revoke", zoho_revoke, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "GET", SETTINGS "/modules", zoho_modules_list, 0, "settings.modules", 0 },
	{ "GET", SETTINGS "/fields", zoho_fields_list, 0, "settings.fields", 0 },
	{ "POST", SETTINGS "/fields", zoho_fields_create, 0, "settings.fields", 0 },
	{ "GET", SETTINGS "/fields/{id}", zoho_field_get, 0, "settings.fields", 0 },
	{ "GET", SETTINGS "/layouts", zoho_layouts, 0, "settings.layouts", 0 },
	{ "GET", SETTINGS "/automation/assignment_rules", zoho_rules, 0,
	  "settings.assignment_rules", 0 },
	{ "*", SETTINGS "/{*}", NULL, 0, "settings other than modules, fields, layouts, rules", 0 },
	{ "GET", "/crm/v8/users", zoho_users, 0, "users", 0 },
	{ "GET", "/crm/v8/org", zoho_org, 0, "org", 0 },
	{ "POST", "/crm/v8/coql", zoho_coql, 0, "coql", 0 },
	{ "POST", "/crm/v8/upload", zoho_upload, 0, "files", 1 },
	{ "POST", BULK "/write", zoho_bulk_write, 0, "bulk", 500 },
	{ "GET", BULK "/write/{id}", zoho_bulk_write_get, 0, "bulk", 0 },
	{ "GET", BULK "/write/{id}/result", zoho_bulk_write_result, 0, "bulk", 0 },
	{ "POST", BULK "/read", zoho_bulk_read, 0, "bulk", 50 },
	{ "GET", BULK "/read/{id}", zoho_bulk_read_get, 0, "bulk", 0 },
	{ "GET", BULK "/read/{id}/result", zoho_bulk_read_result, 0, "bulk", 0 },
	{ "POST", "/crm/v8/actions/watch", zoho_watch_add, 0, "notifications", 0 },
	{ "GET", "/crm/v8/actions/watch", zoho_watch_list, 0, "notifications", 0 },
	{ "PUT", "/crm/v8/actions/watch", zoho_watch_change, 0, "notifications", 0 },
	{ "PATCH", "/crm/v8/actions/watch", zoho_watch_change, 0, "notifications", 0 },
	{ "DELETE", "/crm/v8/actions/watch", zoho_watch_remove, 0, "notifications", 0 },
	{ "POST", "/crm/v8/Leads/{id}/actions/convert", zoho_convert, 0, "modules.leads", 5 },
	{ "GET", "/crm/v8/Leads/{id}/__conversion_options", zoho_convert_options, 0,
	  "modules.leads", 0 },
	{ "POST", MODULE "/{id}/actions/change_owner", zoho_change_owner, 0, "modules", 0 },
	{ "*", MODULE "/{id}/actions/{*}", NULL, 0, "actions but convert and change_owner", 0 },
	{ "*", MODULE "/actions/{*}", NULL, 0, "actions on many records: send updates", 0 },
	{ "POST", MODULE "/upsert", zoho_upsert, 0, "modules", 0 },
	{ "GET", MODULE "/search", zoho_search, 0, "modules", 0 },
	{ "GET", MODULE "/deleted", zoho_deleted, 0, "modules", 2 },
	{ "GET", MODULE, zoho_list, 0, "modules", 0 },
	{ "POST", MODULE, zoho_insert, 0, "modules", 0 },
	{ "PUT", MODULE, zoho_update_many, 0, "modules", 0 },
	{ "DELETE", MODULE, zoho_delete_many, 0, "modules", 0 },
	{ "GET", MODULE "/{id}", zoho_get, 0, "modules", 0 },
	{ "PUT", MODULE "/{id}", zoho_update_one, 0, "modules", 0 },
	{ "DELETE", MODULE "/{id}", zoho_delete_one, 0, "modules", 0 },
	{ "GET", MODULE "/{id}/{list}", zoho_related, 0, "modules", 0 },
	{ "POST", MODULE "/{id}/{list}", zoho_relate, 0, "modules", 0 },
	{ "*", MODULE, no_method, 0, NULL, 0 },
	{ "*", MODULE "/{id}", no_method, 0, NULL, 0 },
	{ "*", "/{*}", no_path, 0, NULL, 0 },
};

static const char *const hosts[] = {
	".zohoapis.eu", ".zohoapis.com", ".zohoapis.in", ".zohoapis.com.au", ".zohoapis.jp",
	".zohoapis.com.cn", ".zohoapis.ca", ".zohoapis.sa", ".zoho.eu", ".zoho.com", ".zoho.in",
	".zoho.com.au", ".zoho.jp", ".zoho.com.cn", ".zohocloud.ca", ".zoho.sa", NULL,
};

const struct sb_vendor sb_zoho = {
	.name = "zoho",
	.title = "Zoho CRM",
	.hosts = hosts,
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.authenticate = authenticate,
	.admit = admit,
	.problem = zoho_problem,
	.finish = finish,
	.changed = zoho_changed,
	.seed = seed,
	.credentials = credentials,
};
