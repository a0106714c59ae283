/* hubspot.c - imitates HubSpot: its paths, credentials and limits. Threads: under the
 * sandbox's lock.
 *
 * Both families of paths, dated and legacy, are turned into one before routes are looked
 * up: the answers are the same. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/links.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"

/* --- paths (1) --- */

/* `dated` stands before the date, `legacy` is the whole; both become `one`. */
static const struct {
	const char *dated, *legacy, *one;
} families[] = {
	{ "/crm/objects/", "/crm/v3/objects", "/crm/objects" },
	{ NULL, "/crm/v4/objects", "/crm/objects" },
	{ "/crm/properties/", "/crm/v3/properties", "/crm/properties" },
	{ "/crm/associations/", "/crm/v4/associations", "/crm/associations" },
	{ "/crm/owners/", "/crm/v3/owners", "/crm/owners" },
	{ "/crm/pipelines/", "/crm/v3/pipelines", "/crm/pipelines" },
	{ "/crm/imports/", "/crm/v3/imports", "/crm/imports" },
	{ "/account-info/", "/account-info/v3", "/account-info" },
	{ "/oauth/", "/oauth/v1", "/oauth" },
	{ "/app-webhooks/", "/webhooks/v3", "/webhooks" },
	{ "/webhooks/", NULL, "/webhooks" },
};
static const char *const dates[] = { "2026-03", "2026-09" };

static const char *rest_after(const char *path, const char *start)
{
	size_t len = strlen(start);

	if (strncmp(path, start, len) != 0 || (path[len] && path[len] != '/'))
		return NULL;
	return path + len;
}

static const char *rest_after_dated(const char *path, const char *dated)
{
	size_t len = strlen(dated);

	if (strncmp(path, dated, len) != 0)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(dates); i++) {
		const char *rest = rest_after(path + len, dates[i]);

		if (rest)
			return rest;
	}
	return NULL;
}

static const char *rewrite(struct sb_call *call, const char *path)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		const char *rest = families[i].legacy ? rest_after(path, families[i].legacy) :
							NULL;

		if (!rest && families[i].dated)
			rest = rest_after_dated(path, families[i].dated);
		if (rest)
			return arena_printf(call->arena, "%s%s", families[i].one, rest);
	}
	return strcmp(path, "/oauth/authorize") == 0 || text_starts(path, "/webhooks-journal/") ?
		       path :
		       NULL;
}

/* --- credentials (2) --- */

static bool authenticate(struct sb_call *call)
{
	switch (sb_token_check(call, sb_authorization(call, "Bearer"))) {
	case SB_TOKEN_OK:
		return true;
	case SB_TOKEN_EXPIRED:
		hubspot_problem(call, SB_PROBLEM_EXPIRED, 0);
		return false;
	case SB_TOKEN_MISSING:
	case SB_TOKEN_UNKNOWN:
	case SB_TOKEN_REVOKED:
		break;
	}
	hubspot_problem(call, SB_PROBLEM_REVOKED, 0);
	return false;
}

/* --- limits (8) --- */

#define TARGET_MAX 16384 /* bytes of path and query; the sheet tells no number */

static bool is_oauth(const struct sb_call *call)
{
	return call->token && call->token->kind == SB_TOKEN_ACCESS;
}

static struct sb_window *burst_of(struct sb_call *call)
{
	return sb_window_find(call->account,
			      is_oauth(call) ? "oauth_ten_seconds" : "ten_seconds");
}

static void add_headers(struct sb_call *call)
{
	struct sb_window *burst = burst_of(call);
	struct sb_window *daily = sb_window_find(call->account, "daily");

	sb_reply_header_int(call, "X-HubSpot-RateLimit-Max", burst->max);
	sb_reply_header_int(call, "X-HubSpot-RateLimit-Remaining",
			    sb_window_remaining(burst, call->now));
	sb_reply_header_int(call, "X-HubSpot-RateLimit-Interval-Milliseconds", burst->length_ms);
	if (is_oauth(call))
		return;
	sb_reply_header_int(call, "X-HubSpot-RateLimit-Daily", daily->max);
	sb_reply_header_int(call, "X-HubSpot-RateLimit-Daily-Remaining",
			    sb_window_remaining(daily, call->now));
}

/* Search has a limit of its own, and no headers. */
static bool admit(struct sb_call *call)
{
	if (strlen(call->target) > TARGET_MAX) {
		hubspot_fail(call, 414, "URI_TOO_LONG", "The request URI is too long.");
		return false;
	}
	if (call->route->flags & HUBSPOT_SEARCH)
		return sb_admit(call, "search", 1);
	if (!sb_window_take(burst_of(call), call->now, 1)) {
		add_headers(call);
		hubspot_problem(call, SB_PROBLEM_RATE, 0);
		return false;
	}
	if (!is_oauth(call) &&
	    !sb_window_take(sb_window_find(call->account, "daily"), call->now, 1)) {
		add_headers(call);
		hubspot_problem(call, SB_PROBLEM_RATE, 1);
		return false;
	}
	add_headers(call);
	return true;
}

static void finish(struct sb_call *call)
{
	char id[SB_UUID_SIZE];
	const json_t *own = call->reply_json ? json_object_get(call->reply_json, "correlationId") :
					       NULL;

	sb_rng_uuid(&call->rng, id);
	sb_reply_header(call, "X-HubSpot-Correlation-Id", own ? json_string_value(own) : id);
	if (call->reply_json)
		sb_reply_header(call, "Content-Type", "application/json;charset=utf-8");
}

/* --- a new account --- */

static const struct {
	const char *id, *email, *first, *last;
	int user;
} people[] = {
	{ "41629779", "rep@acme.example", "Rae", "Rep", 9586504 },
	{ "41629780", "sam@acme.example", "Sam", "Seller", 9586505 },
	{ "41629781", "lee@acme.example", "Lee", "Lead", 9586506 },
};

static const struct sb_field_spec owner_fields[] = {
	{ "email", "Email", SB_EMAIL, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "firstName", "First name", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "lastName", "Last name", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "userId", "User id", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
};

static void open_owners(struct sb_account *account, struct sb_call *call)
{
	const struct sb_object_spec spec = { .name = "owners", .label = "Owners" };
	struct sb_object *owners = sb_object_add(account, &spec);

	sb_fields_add(owners, owner_fields, ARRAY_LEN(owner_fields));
	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		sb_record_create(call, owners,
				 json_keep(call->arena,
					   json_pack("{ss ss ss si}", "email", people[i].email,
						     "firstName", people[i].first, "lastName",
						     people[i].last, "userId", people[i].user)),
				 people[i].id);
}

static const struct sb_app app = { HUBSPOT_CLIENT_ID, HUBSPOT_CLIENT_SECRET,
				   "/hubspot/oauth/authorize",
				   "/hubspot/oauth/2026-09/token" };

static void open_tokens(struct sb_account *account)
{
	struct arena *arena = account->arena;
	const char *mark = sb_opening_mark(account);

	sb_opening_token(account, "private_app_token",
			 arena_printf(arena, "pat-na1-sandbox-%s", mark));
	sb_opening_token(account, "service_key",
			 arena_printf(arena, "pat-na1-service-%s", mark));
	sb_opening_refresh(account, &app, arena_printf(arena, "refresh-sandbox-%s", mark));
}

static void open_account(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < hubspot_nkinds; i++) {
		const struct hubspot_kind *kind = &hubspot_kinds[i];
		const struct sb_object_spec spec = { .name = kind->name,
						     .label = kind->noun,
						     .prefix = kind->id,
						     .first = kind->first };

		sb_fields_add(sb_object_add(account, &spec), kind->fields, kind->nfields);
	}
	open_owners(account, &call);
	open_tokens(account);
	json_object_set_new(account->extra, "groups", hubspot_groups());
	json_object_set_new(account->extra, "pipelines", hubspot_pipelines());
	json_object_set_new(account->extra, "blocked", json_object());
	sb_window_open(account, "ten_seconds", SB_ROLLING, 10000, 190);
	sb_window_open(account, "oauth_ten_seconds", SB_ROLLING, 10000, 110);
	sb_window_open(account, "daily", SB_FIXED, 86400000, 650000);
	sb_window_open(account, "search", SB_ROLLING, 1000, 5);
	arena_free(arena);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
	json_object_set_new(out, "app_id", json_string(HUBSPOT_APP_ID));
	json_object_set_new(out, "developer_api_key", json_string(HUBSPOT_DEVELOPER_KEY));
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	struct sb_object *contacts = sb_object_find(call->account, "contacts");
	struct sb_object *companies = sb_object_find(call->account, "companies");
	struct sb_record *contact, *company;
	static const char *const statuses[] = { "NEW", "OPEN", "IN_PROGRESS", "CONNECTED" };

	company = sb_record_by(sb_field_find(companies, "domain"), person->domain);
	if (!company)
		company = sb_record_create(
			call, companies,
			json_keep(call->arena,
				  json_pack("{ss ss ss}", "name", person->company, "domain",
					    person->domain, "country", person->country_name)),
			NULL);
	contact = sb_record_create(
		call, contacts,
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss ss ss ss ss ss ss}", "email", person->email,
				    "firstname", person->first_name, "lastname",
				    person->last_name, "phone", person->phone, "company",
				    person->company, "jobtitle", person->title, "city",
				    person->city, "zip", person->postal_code, "country",
				    person->country_name, "lifecyclestage", "lead",
				    "hs_lead_status", statuses[person->number % 4])),
		NULL);
	if (contact && company)
		sb_link_add(call, contact, company, 279, 280);
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "upsert_email_clears", 0,
	  "batch upsert by email: 0 keeps omitted properties, 1 clears them" },
	{ "merge_new_id", 0, "merge: 0 the primary keeps its id, 1 a new record takes over" },
	{ "unique_taken", 400, "a taken custom unique value is answered 400 or 409" },
	{ "lifecycle_backward", 0,
	  "lifecyclestage backwards: 0 is passed over, 1 is refused with 400" },
	{ "batch_missing_fails", 0,
	  "batch update of a missing id without trace ids: 0 gives 207, 1 fails the batch" },
	{ "upsert_traces", 1, "batch upsert: 1 trace ids let each input stand alone, 0 they do not" },
	{ "batch_turned", 0, "results of a batch: 1 has the last first" },
	{ "refresh_rotates", 0, "refresh: 0 gives the same refresh token, 1 a new one" },
	{ "needs_pkce", 0, "authorize: 1 refuses an app without code_challenge" },
	{ "scopes_in_words", 0, "a scope that lacks: 0 MISSING_SCOPES with its name, 1 a sentence" },
	{ "webhooks_by_http", 0, "1 lets webhooks be posted to http:// addresses too" },
	{ "webhook_signature", 1, "X-HubSpot-Signature is v1 or v2; v3 is always there" },
	{ "webhooks_shuffle", 0, "events of a body: 1 has the last first" },
	{ "webhooks_repeat", 0, "1 sends every event twice" },
	{ "import_ms", 1000, "how long a step of an import takes" },
	{ "search_groups", 5, "filterGroups that a search may have (2026-09 says 6 somewhere)" },
};

#define OBJECTS "/crm/objects/{type}"
#define PROPERTIES "/crm/properties/{type}"
#define ASSOCIATIONS "/crm/associations/{from}/{to}"
#define TOKENS (SB_PUBLIC | SB_UNLIMITED)
#define PIPELINES "/crm/pipelines/{type}"
#define HOOKS "/webhooks/{app}"
#define JOURNAL "/webhooks-journal/journal/2026-03"
#define JOURNALED "/webhooks-journal/subscriptions/2026-03"

static const struct sb_route routes[] = {
	{ "POST", OBJECTS "/batch/create", hubspot_batch_create, 0, NULL, 0 },
	{ "POST", OBJECTS "/batch/read", hubspot_batch_read, 0, NULL, 0 },
	{ "POST", OBJECTS "/batch/update", hubspot_batch_update, 0, NULL, 0 },
	{ "POST", OBJECTS "/batch/upsert", hubspot_batch_upsert, 0, NULL, 0 },
	{ "POST", OBJECTS "/batch/archive", hubspot_batch_archive, 0, NULL, 0 },
	{ "POST", OBJECTS "/merge", hubspot_merge, 0, NULL, 0 },
	{ "POST", OBJECTS "/gdpr-delete", hubspot_gdpr_delete, 0, NULL, 0 },
	{ "POST", OBJECTS "/search", hubspot_search, HUBSPOT_SEARCH, NULL, 0 },
	{ "GET", OBJECTS, hubspot_list, 0, NULL, 0 },
	{ "POST", OBJECTS, hubspot_post, 0, NULL, 0 },
	{ "GET", OBJECTS "/{id}", hubspot_object_read, 0, NULL, 0 },
	{ "PATCH", OBJECTS "/{id}", hubspot_patch, 0, NULL, 0 },
	{ "DELETE", OBJECTS "/{id}", hubspot_archive, 0, NULL, 0 },
	{ "PUT", OBJECTS "/{id}/associations/default/{to}/{to_id}", hubspot_associate_default, 0,
	  NULL, 0 },
	{ "PUT", OBJECTS "/{id}/associations/{to}/{to_id}", hubspot_associate_labelled, 0, NULL,
	  0 },
	{ "DELETE", OBJECTS "/{id}/associations/{to}/{to_id}", hubspot_dissociate, 0, NULL, 0 },
	{ "GET", OBJECTS "/{id}/associations/{to}", hubspot_associated, 0, NULL, 0 },
	{ "POST", ASSOCIATIONS "/batch/create", hubspot_batch_associate, 0, NULL, 0 },
	{ "POST", ASSOCIATIONS "/batch/associate/default", hubspot_batch_associate_default, 0,
	  NULL, 0 },
	{ "POST", ASSOCIATIONS "/batch/read", hubspot_batch_associated, 0, NULL, 0 },
	{ "POST", ASSOCIATIONS "/batch/archive", hubspot_batch_dissociate, 0, NULL, 0 },
	{ "GET", ASSOCIATIONS "/labels", hubspot_association_labels, 0, NULL, 0 },
	{ "GET", PROPERTIES, hubspot_properties, 0, NULL, 0 },
	{ "POST", PROPERTIES, hubspot_add_property, 0, NULL, 0 },
	{ "GET", PROPERTIES "/groups", hubspot_property_groups, 0, NULL, 0 },
	{ "POST", PROPERTIES "/groups", hubspot_add_property_group, 0, NULL, 0 },
	{ "GET", PROPERTIES "/groups/{name}", hubspot_property_group, 0, NULL, 0 },
	{ "POST", PROPERTIES "/batch/read", hubspot_batch_read_properties, 0, NULL, 0 },
	{ "POST", PROPERTIES "/batch/create", hubspot_batch_create_properties, 0, NULL, 0 },
	{ "POST", PROPERTIES "/batch/archive", hubspot_batch_archive_properties, 0, NULL, 0 },
	{ "GET", PROPERTIES "/{name}", hubspot_property_read, 0, NULL, 0 },
	{ "PATCH", PROPERTIES "/{name}", hubspot_edit_property, 0, NULL, 0 },
	{ "DELETE", PROPERTIES "/{name}", hubspot_archive_property, 0, NULL, 0 },
	{ "GET", "/crm/owners", hubspot_owners, 0, NULL, 0 },
	{ "GET", "/crm/owners/{id}", hubspot_owner, 0, NULL, 0 },
	{ "GET", PIPELINES, hubspot_all_pipelines, 0, NULL, 0 },
	{ "GET", PIPELINES "/{id}", hubspot_pipeline, 0, NULL, 0 },
	{ "GET", PIPELINES "/{id}/stages", hubspot_stages, 0, NULL, 0 },
	{ "GET", PIPELINES "/{id}/stages/{stage}", hubspot_stage, 0, NULL, 0 },
	{ "GET", "/account-info/details", hubspot_account_details, 0, NULL, 0 },
	{ "GET", "/account-info/api-usage/daily/private-apps", hubspot_account_usage, 0, NULL,
	  0 },
	{ "*", "/oauth/authorize", hubspot_authorize, TOKENS, NULL, 0 },
	{ "POST", "/oauth/token", hubspot_token, TOKENS, NULL, 0 },
	{ "POST", "/oauth/token/introspect", hubspot_introspect, TOKENS, NULL, 0 },
	{ "POST", "/oauth/token/revoke", hubspot_revoke, TOKENS, NULL, 0 },
	{ "GET", "/oauth/access-tokens/{token}", hubspot_access_token_info, TOKENS, NULL, 0 },
	{ "GET", "/oauth/refresh-tokens/{token}", hubspot_refresh_token_info, TOKENS, NULL, 0 },
	{ "DELETE", "/oauth/refresh-tokens/{token}", hubspot_delete_refresh_token, TOKENS, NULL,
	  0 },
	{ "GET", HOOKS "/settings", hubspot_read_hook_settings, TOKENS, NULL, 0 },
	{ "PUT", HOOKS "/settings", hubspot_set_hook_settings, TOKENS, NULL, 0 },
	{ "DELETE", HOOKS "/settings", hubspot_drop_hook_settings, TOKENS, NULL, 0 },
	{ "GET", HOOKS "/subscriptions", hubspot_list_subscriptions, TOKENS, NULL, 0 },
	{ "POST", HOOKS "/subscriptions", hubspot_add_subscription, TOKENS, NULL, 0 },
	{ "POST", HOOKS "/subscriptions/batch/update", hubspot_edit_subscriptions, TOKENS, NULL,
	  0 },
	{ "GET", HOOKS "/subscriptions/{id}", hubspot_read_subscription, TOKENS, NULL, 0 },
	{ "PATCH", HOOKS "/subscriptions/{id}", hubspot_edit_subscription, TOKENS, NULL, 0 },
	{ "DELETE", HOOKS "/subscriptions/{id}", hubspot_drop_subscription, TOKENS, NULL, 0 },
	{ "*", "/webhooks/{*}", NULL, TOKENS, "the rest of webhooks", 0 },
	{ "GET", JOURNAL "/earliest", hubspot_journal_earliest, SB_UNLIMITED, NULL, 0 },
	{ "GET", JOURNAL "/latest", hubspot_journal_latest, SB_UNLIMITED, NULL, 0 },
	{ "GET", JOURNAL "/offset/{offset}/next", hubspot_journal_next, SB_UNLIMITED, NULL, 0 },
	{ "GET", "/webhooks-journal/files/{offset}", hubspot_journal_file, TOKENS, NULL, 0 },
	{ "GET", JOURNALED, hubspot_journal_subscriptions, SB_UNLIMITED, NULL, 0 },
	{ "POST", JOURNALED, hubspot_journal_subscribe, SB_UNLIMITED, NULL, 0 },
	{ "DELETE", JOURNALED "/{id}", hubspot_journal_unsubscribe, SB_UNLIMITED, NULL, 0 },
	{ "*", "/webhooks-journal/{*}", NULL, TOKENS, "the rest of the journal", 0 },
	{ "GET", "/crm/imports", hubspot_import_list, 0, NULL, 0 },
	{ "POST", "/crm/imports", hubspot_import, 0, NULL, 0 },
	{ "GET", "/crm/imports/{id}", hubspot_import_show, 0, NULL, 0 },
	{ "POST", "/crm/imports/{id}/cancel", hubspot_import_cancel, 0, NULL, 0 },
	{ "GET", "/crm/imports/{id}/errors", hubspot_import_errors, 0, NULL, 0 },
};

const struct sb_vendor sb_hubspot = {
	.name = "hubspot",
	.title = "HubSpot",
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = hubspot_problem,
	.finish = finish,
	.changed = hubspot_changed,
	.linked = hubspot_linked,
	.seed = seed,
	.credentials = credentials,
};
