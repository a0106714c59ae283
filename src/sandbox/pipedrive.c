/* pipedrive.c - imitates Pipedrive: its paths, credentials, limits and costs. Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/pipedrive.h"

/* --- paths (1) --- */

static const char *rewrite(struct sb_call *call, const char *path)
{
	if (text_starts(path, "/api/v1/") || text_starts(path, "/api/v2/"))
		return path + strlen("/api");
	(void)call;
	return path;
}

/* --- credentials (2) --- */

static bool authenticate(struct sb_call *call)
{
	const char *token = sb_header(call, "x-api-token");

	if (!token)
		token = sb_authorization(call, "Bearer");
	if (sb_token_check(call, token) != SB_TOKEN_OK) {
		sb_pipedrive_problem(call, SB_PROBLEM_REVOKED, 0);
		return false;
	}
	if (!sb_switch(call->account, "account_closed"))
		return true;
	sb_pipedrive_problem(call, SB_PROBLEM_SERVER, 402);
	return false;
}

/* What a path needs of an app's scopes; reading is enough for GET. */
static const struct {
	const char *path, *scope, *other;
} scopes[] = {
	{ "/v2/persons", "contacts", NULL },       { "/v1/persons", "contacts", NULL },
	{ "/v2/organizations", "contacts", NULL }, { "/v1/organizations", "contacts", NULL },
	{ "/v2/deals", "deals", NULL },            { "/v1/deals", "deals", NULL },
	{ "/v1/leads", "leads", NULL },            { "/v2/leads", "leads", NULL },
	{ "/v2/activities", "activities", NULL },  { "/v1/notes", "deals", "contacts" },
	{ "/v1/webhooks", "admin", NULL },         { "/v2/itemSearch", "search", NULL },
	{ "/v1/recents", "recents", NULL },
};

static bool has_scope(const struct sb_call *call, const char *scope)
{
	bool is_read = strcmp(call->method, "GET") == 0;

	if (!scope)
		return false;
	if (strcmp(scope, "admin") == 0)
		return sb_token_may(call->token, "admin");
	return sb_token_may(call->token, arena_printf(call->arena, "%s:full", scope)) ||
	       (is_read && sb_token_may(call->token, arena_printf(call->arena, "%s:read", scope)));
}

static bool may_edit_fields(const struct sb_call *call, const char *path)
{
	const char *scope = text_starts(path, "/v2/deal") ? "deal-fields:full" :
							     "contact-fields:full";

	return !strstr(path, "Fields") || strcmp(call->method, "GET") == 0 ||
	       sb_token_may(call->token, scope) || sb_token_may(call->token, "admin");
}

static bool is_in_scope(struct sb_call *call)
{
	const char *path = rewrite(call, call->path);
	bool may = may_edit_fields(call, path);

	for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
		if (text_starts(path, scopes[i].path) && !strstr(path, "Fields"))
			may = may && (has_scope(call, scopes[i].scope) ||
				      has_scope(call, scopes[i].other));
	if (!may)
		sb_pipedrive_problem(call, SB_PROBLEM_FORBIDDEN, 0);
	return may;
}

/* --- limits (8) --- */

#define BURSTS_MAX 64

/* Two seconds of one token: what the account's window of that name allows counts for each.
 * The token that was heard of last takes the place of the one that was not for longest. */
struct burst {
	const struct sb_token *token; /* NULL: free */
	const char *name;
	struct sb_window window;
	int64_t used_at;
};

static struct sb_window *burst_of(struct sb_call *call)
{
	const char *name = call->route->flags & PIPEDRIVE_SEARCH ? "search" :
			   call->token->kind == SB_TOKEN_ACCESS	 ? "oauth_burst" :
								   "burst";
	const struct sb_window *allowed = sb_window_find(call->account, name);
	struct burst *bursts = call->account->state, *burst = &bursts[0];

	for (size_t i = 0; i < BURSTS_MAX; i++) {
		if (bursts[i].token == call->token && strcmp(bursts[i].name, name) == 0) {
			burst = &bursts[i];
			break;
		}
		if (bursts[i].used_at < burst->used_at)
			burst = &bursts[i];
	}
	if (burst->token != call->token || strcmp(burst->name, name) != 0)
		*burst = (struct burst){ .token = call->token,
					 .name = name,
					 .window = { .name = allowed->name,
						     .kind = allowed->kind,
						     .length_ms = allowed->length_ms } };
	burst->used_at = call->now;
	burst->window.max = allowed->max;
	return &burst->window;
}

static void add_headers(struct sb_call *call)
{
	struct sb_window *burst = burst_of(call);
	struct sb_window *daily = sb_window_find(call->account, "daily");

	sb_reply_header_int(call, "x-ratelimit-limit", burst->max);
	sb_reply_header_int(call, "x-ratelimit-remaining", sb_window_remaining(burst, call->now));
	sb_reply_header_int(call, "x-ratelimit-reset",
			    (sb_window_wait(burst, call->now, burst->max) + 999) / 1000);
	if (!sb_switch(call->account, "daily_headers"))
		return;
	sb_reply_header_int(call, "x-daily-ratelimit-token-limit", daily->max);
	sb_reply_header_int(call, "x-daily-ratelimit-token-remaining",
			    sb_window_remaining(daily, call->now));
}

static const char barred[] = "<!DOCTYPE html>\n<html><head><title>Access denied | "
			     "Cloudflare</title></head><body><h1>Error 1020</h1><p>Access "
			     "denied</p></body></html>\n";

/* Whoever goes on after `ban_after` refusals is barred for a while, in HTML. */
static void limit(struct sb_call *call)
{
	int64_t count = json_int_of(call->account->extra, "limited", 0) + 1;

	json_object_set_new(call->account->extra, "limited", json_integer(count));
	if (count >= sb_switch(call->account, "ban_after"))
		json_object_set_new(call->account->extra, "barred_until",
				    json_integer(call->now +
						 sb_switch(call->account, "ban_ms")));
	add_headers(call);
	sb_pipedrive_problem(call, SB_PROBLEM_RATE, 0);
}

static bool admit(struct sb_call *call)
{
	struct sb_window *daily = sb_window_find(call->account, "daily");
	int cost = call->route->cost ? call->route->cost : 1;

	if (json_int_of(call->account->extra, "barred_until", 0) > call->now) {
		sb_reply_text(call, 403, "text/html; charset=UTF-8", barred, sizeof(barred) - 1);
		return false;
	}
	if (!is_in_scope(call))
		return false;
	if (!sb_window_take(burst_of(call), call->now, 1) ||
	    !sb_window_take(daily, call->now, cost)) {
		limit(call);
		return false;
	}
	json_object_set_new(call->account->extra, "limited", json_integer(0));
	add_headers(call);
	return true;
}

static void finish(struct sb_call *call)
{
	if (call->reply_json)
		sb_reply_header(call, "Content-Type", "application/json; charset=utf-8");
}

/* --- a new company --- */

static const struct sb_app app = { PIPEDRIVE_CLIENT_ID, PIPEDRIVE_CLIENT_SECRET,
				   "/pipedrive/oauth/authorize", "/pipedrive/oauth/token" };

/* 40 hex digits; those of the default company are in the manual. */
static void open_tokens(struct sb_account *account)
{
	const char *key =
		sb_opening_key(account, SB_HEX, "5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a4db");

	sb_opening_token(account, "api_token", key);
	sb_opening_refresh(account, &app, arena_printf(account->arena, "1:1:%s", key));
}

static void open_account(struct sb_account *account)
{
	sb_pipedrive_open_objects(account);
	open_tokens(account);
	json_object_set_new(account->extra, "conversions", json_object());
	account->state = arena_alloc(account->arena, BURSTS_MAX * sizeof(struct burst));
	sb_window_open(account, "burst", SB_ROLLING, 2000, 20);
	sb_window_open(account, "oauth_burst", SB_ROLLING, 2000, 80);
	sb_window_open(account, "search", SB_ROLLING, 2000, 10);
	sb_window_open(account, "daily", SB_FIXED, 86400000, 30000 * 2);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	struct sb_object *persons = sb_object_find(call->account, "persons");
	struct sb_object *leads = sb_object_find(call->account, "leads");
	struct sb_record *company, *record;

	company = sb_pipedrive_create(
		call, sb_object_find(call->account, "organizations"),
		json_keep(call->arena, json_pack("{ss}", "name", person->company)));
	if (!company)
		return;
	record = sb_pipedrive_create(
		call, persons,
		json_keep(call->arena,
			  json_pack("{so so s[{ss sb ss}] s[{ss sb ss}]}", "name",
				    sb_json_printf("%s %s", person->first_name,
						   person->last_name),
				    "org_id", sb_pipedrive_id(company), "emails", "value",
				    person->email, "primary", 1, "label", "work", "phones",
				    "value", person->phone, "primary", 1, "label", "work")));
	if (record)
		sb_pipedrive_create(
			call, leads,
			json_keep(call->arena,
				  json_pack("{so so so}", "title",
					    sb_json_printf("%s lead", person->company),
					    "person_id", sb_pipedrive_id(record),
					    "organization_id", sb_pipedrive_id(company))));
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "deleted_read", 404, "GET of a deleted record: 404, 410, or 200 with is_deleted" },
	{ "unknown_keys_fail", 0, "unknown keys of a body: 0 are passed over, 1 refused" },
	{ "custom_fields_crash", 1, "custom_fields that is no object: 1 gives 500, 0 gives 400" },
	{ "lead_nulls", 0, "keys without a value in leads: 0 are left out, 1 are null" },
	{ "leads_off", 0, "1: the leads feature is off (415)" },
	{ "account_closed", 0, "1: every call is 402" },
	{ "deals_max", 0, "deals that the plan allows, then 403 feature_capping; 0: any number" },
	{ "conversion_ms", 0, "how long a conversion is `running`" },
	{ "conversion_outcome", 0, "conversions: 0 complete, 1 fail, 2 are rejected" },
	{ "daily_headers", 1, "the headers of the daily budget: 1 there, 0 absent" },
	{ "ban_after", 30, "refusals in a row before calls are barred with an HTML 403" },
	{ "ban_ms", 60000, "how long they are barred" },
	{ "webhooks_by_http", 0, "1 takes http:// addresses too, which the vendor refuses" },
	{ "webhook_typed_custom", 0, "custom fields in webhooks: 0 values, 1 {type, value}" },
};

#define OPEN (SB_PUBLIC | SB_UNLIMITED)
#define ENTITY(name)                                                                          \
	{ "GET", "/v2/" name, sb_pipedrive_list, 0, name, 10 },                               \
	{ "POST", "/v2/" name, sb_pipedrive_post, 0, name, 5 },                               \
	{ "GET", "/v2/" name "/{id}", sb_pipedrive_get, 0, name, 1 },                         \
	{ "PATCH", "/v2/" name "/{id}", sb_pipedrive_patch, 0, name, 5 },                     \
	{ "DELETE", "/v2/" name "/{id}", sb_pipedrive_delete, 0, name, 3 }
#define FIELDS(path, name)                                                                    \
	{ "GET", "/v2/" path, sb_pipedrive_fields, 0, name, 10 },                             \
	{ "POST", "/v2/" path, sb_pipedrive_add_field, 0, name, 5 },                          \
	{ "GET", "/v2/" path "/{code}", sb_pipedrive_field, 0, name, 1 },                     \
	{ "PATCH", "/v2/" path "/{code}", sb_pipedrive_edit_field, 0, name, 5 },              \
	{ "DELETE", "/v2/" path "/{code}", sb_pipedrive_delete_field, 0, name, 3 },           \
	{ "POST", "/v2/" path "/{code}/options", sb_pipedrive_add_options, 0, name, 5 }
#define SEARCH(name)                                                                          \
	{ "GET", "/v2/" name "/search", sb_pipedrive_search, PIPEDRIVE_SEARCH, name, 20 }
#define RETIRED(name)                                                                         \
	{ "*", "/v1/" name, NULL, 0, "out of support since 2026-08-01: use v2", 0 },          \
	{ "*", "/v1/" name "/{*}", NULL, 0, "out of support since 2026-08-01: use v2", 0 }
#define HISTORY(name)                                                                         \
	{ "PUT", "/v1/" name "/{id}/merge", sb_pipedrive_merge, 0, name, 40 },                \
	{ "GET", "/v1/" name "/{id}/changelog", sb_pipedrive_changelog, 0, name, 20 }

static const struct sb_route routes[] = {
	{ "*", "/oauth/authorize", sb_pipedrive_authorize, OPEN, NULL, 0 },
	{ "POST", "/oauth/token", sb_pipedrive_token, OPEN, NULL, 0 },
	{ "POST", "/oauth/revoke", sb_pipedrive_revoke, OPEN, NULL, 0 },
	SEARCH("persons"),
	SEARCH("organizations"),
	SEARCH("deals"),
	SEARCH("leads"),
	{ "GET", "/v2/itemSearch", sb_pipedrive_item_search, PIPEDRIVE_SEARCH, NULL, 20 },
	{ "GET", "/v2/itemSearch/field", sb_pipedrive_field_search, PIPEDRIVE_SEARCH, NULL, 20 },
	ENTITY("persons"), ENTITY("organizations"), ENTITY("deals"), ENTITY("activities"),
	{ "GET", "/v2/pipelines", sb_pipedrive_list, 0, "pipelines", 5 },
	{ "GET", "/v2/pipelines/{id}", sb_pipedrive_get, 0, "pipelines", 1 },
	{ "GET", "/v2/stages", sb_pipedrive_list, 0, "stages", 5 },
	{ "GET", "/v2/stages/{id}", sb_pipedrive_get, 0, "stages", 1 },
	FIELDS("personFields", "persons"), FIELDS("organizationFields", "organizations"),
	FIELDS("dealFields", "deals"),
	{ "GET", "/v2/activityFields", sb_pipedrive_fields, 0, "activities", 10 },
	{ "GET", "/v2/activityFields/{code}", sb_pipedrive_field, 0, "activities", 1 },
	{ "POST", "/v2/leads/{id}/convert/deal", sb_pipedrive_convert, 0, NULL, 40 },
	{ "GET", "/v2/leads/{id}/convert/status/{job}", sb_pipedrive_conversion, 0, NULL, 1 },
	{ "GET", "/v1/leads", sb_pipedrive_leads, 0, NULL, 20 },
	{ "POST", "/v1/leads", sb_pipedrive_add_lead, 0, NULL, 10 },
	{ "GET", "/v1/leads/archived", sb_pipedrive_archived_leads, 0, NULL, 40 },
	{ "GET", "/v1/leads/{id}", sb_pipedrive_lead, 0, NULL, 2 },
	{ "PATCH", "/v1/leads/{id}", sb_pipedrive_edit_lead, 0, NULL, 10 },
	{ "DELETE", "/v1/leads/{id}", sb_pipedrive_delete_lead, 0, NULL, 6 },
	{ "GET", "/v1/leadFields", sb_pipedrive_v1_fields, 0, "leads", 20 },
	{ "GET", "/v1/noteFields", sb_pipedrive_v1_fields, 0, "notes", 20 },
	{ "GET", "/v1/leadLabels", sb_pipedrive_directory, 0, "leadLabels", 10 },
	{ "POST", "/v1/leadLabels", sb_pipedrive_add_label, 0, NULL, 10 },
	{ "GET", "/v1/leadSources", sb_pipedrive_lead_sources, 0, NULL, 2 },
	{ "GET", "/v1/notes", sb_pipedrive_notes, 0, NULL, 20 },
	{ "POST", "/v1/notes", sb_pipedrive_add_note, 0, NULL, 10 },
	{ "GET", "/v1/notes/{id}", sb_pipedrive_note, 0, NULL, 2 },
	{ "PUT", "/v1/notes/{id}", sb_pipedrive_edit_note, 0, NULL, 10 },
	{ "DELETE", "/v1/notes/{id}", sb_pipedrive_delete_note, 0, NULL, 6 },
	{ "GET", "/v1/users", sb_pipedrive_users, 0, NULL, 20 },
	{ "GET", "/v1/users/me", sb_pipedrive_me, 0, NULL, 2 },
	{ "GET", "/v1/users/find", sb_pipedrive_find_users, PIPEDRIVE_SEARCH, NULL, 40 },
	{ "GET", "/v1/users/{id}", sb_pipedrive_user_of_id, 0, NULL, 2 },
	{ "GET", "/v1/activityTypes", sb_pipedrive_directory, 0, "activityTypes", 20 },
	{ "GET", "/v1/currencies", sb_pipedrive_currencies, 0, NULL, 20 },
	{ "GET", "/v1/recents", sb_pipedrive_recents, 0, NULL, 20 },
	{ "GET", "/v1/webhooks", sb_pipedrive_webhooks, 0, NULL, 10 },
	{ "POST", "/v1/webhooks", sb_pipedrive_add_webhook, 0, NULL, 10 },
	{ "DELETE", "/v1/webhooks/{id}", sb_pipedrive_delete_webhook, 0, NULL, 6 },
	HISTORY("persons"), HISTORY("organizations"), HISTORY("deals"),
	RETIRED("persons"), RETIRED("organizations"), RETIRED("deals"), RETIRED("activities"),
	{ "*", "/v2/deals/{id}/products/{*}", NULL, 0, "products", 0 },
	{ "*", "/v1/files/{*}", NULL, 0, "files", 0 },
	{ "*", "/v1/filters/{*}", NULL, 0, "saved filters", 0 },
};

const struct sb_vendor sb_pipedrive = {
	.name = "pipedrive",
	.title = "Pipedrive",
	.hosts = (const char *const[]){ ".pipedrive.com", NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = sb_pipedrive_problem,
	.finish = finish,
	.changed = sb_pipedrive_changed,
	.seed = seed,
	.credentials = credentials,
};
