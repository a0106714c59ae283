/* salesforce.c - imitates Salesforce's REST API: its paths, sessions and limits. Threads:
 * under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/render.h"
#include "sandbox/salesforce.h"

/* --- paths (1) --- */

#define TARGET_MAX 16384 /* bytes of path and query (5) */
#define OLDEST 31 /* versions before it are gone */
#define LATEST 68

/* "/services/data/v66.0/query" is looked up as "/data/query". */
static const char *rewrite(struct sb_call *call, const char *path)
{
	const char *rest;
	char *end;
	long version;

	if (!text_starts(path, "/services/data/v"))
		return path;
	version = strtol(path + strlen("/services/data/v"), &end, 10);
	if (strncmp(end, ".0", 2) != 0 || (end[2] && end[2] != '/') || version > LATEST ||
	    version < 1)
		return "/unknown";
	rest = end + 2;
	return version < OLDEST ? "/retired" : arena_printf(call->arena, "/data%s", rest);
}

/* --- sessions (2) --- */

/* A session goes on while it is used: past half of its time the next call renews it. */
static void slide(struct sb_call *call)
{
	struct sb_token *token = call->token;
	int64_t life = sb_switch(call->account, "session_ms");

	if (!token->expires_at || token->expires_at - call->now > life / 2)
		return;
	token->expires_at = call->now + life;
	sb_touch(call);
}

static bool authenticate(struct sb_call *call)
{
	const char *text = sb_authorization(call, "Bearer");

	if (!text)
		text = sb_authorization(call, "OAuth");
	if (sb_token_check(call, text) != SB_TOKEN_OK) {
		sf_problem(call, SB_PROBLEM_EXPIRED, 0);
		return false;
	}
	if (sb_switch(call->account, "session_barred")) {
		sf_fail(call, 401, "INVALID_SESSION_ID",
			"This session is not valid for use with the REST API");
		return false;
	}
	slide(call);
	if (sb_switch(call->account, "api_disabled")) {
		sf_fail(call, 403, "API_DISABLED_FOR_ORG", "API is not enabled for this "
							    "Organization or Partner");
		return false;
	}
	return true;
}

/* --- limits (8) --- */

static bool admit(struct sb_call *call)
{
	if (strlen(call->target) > TARGET_MAX) {
		sf_fail(call, 414, "URI_TOO_LONG", "The request URI is too long.");
		return false;
	}
	return sb_admit(call, "daily", 1);
}

static void finish(struct sb_call *call)
{
	struct sb_window *daily;

	if (call->reply_json)
		sb_reply_header(call, "Content-Type", "application/json;charset=UTF-8");
	if (!call->account || (call->route && call->route->flags & SB_UNLIMITED))
		return;
	daily = sb_window_find(call->account, "daily");
	sb_reply_header(call, "Sforce-Limit-Info",
			arena_printf(call->arena, "api-usage=%lld/%lld",
				     (long long)(daily->max -
						 sb_window_remaining(daily, call->now)),
				     (long long)daily->max));
}

/* --- a new org --- */

static const struct {
	const char *username, *first, *last;
	bool is_active;
} people[] = {
	{ "integration@acme.example", "Ida", "Integration", true },
	{ "rep@acme.example", "Rae", "Rep", true },
	{ "gone@acme.example", "Gus", "Gone", false },
};

static const struct {
	const char *label;
	bool is_default, is_converted;
} statuses[] = {
	{ "Open - Not Contacted", true, false },
	{ "Working - Contacted", false, false },
	{ "Closed - Converted", false, true },
	{ "Closed - Not Converted", false, false },
};

static void open_records(struct sb_call *call)
{
	const struct sb_record *queue;

	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		sb_record_add(
			call, "User",
			json_pack("{ss ss ss ss so sb ss}", "Username", people[i].username,
				  "Email", people[i].username, "FirstName", people[i].first,
				  "LastName", people[i].last, "Name",
				  sb_json_printf("%s %s", people[i].first, people[i].last),
				  "IsActive", people[i].is_active, "UserType", "Standard"),
			NULL);
	sb_record_add(call, "Organization",
		      json_pack("{ss ss ss}", "Name", "Acme", "InstanceName", "SBX1",
				"OrganizationType", "Enterprise Edition"),
		      NULL);
	queue = sb_record_add(call, "Group",
			      json_pack("{ss ss ss}", "Name", "Inbound", "DeveloperName", "Inbound",
					"Type", "Queue"),
			      NULL);
	sb_record_add(call, "QueueSobject",
		      json_pack("{ss ss}", "QueueId", queue->id, "SobjectType", "Lead"), NULL);
	sb_record_add(call, "PermissionSet",
		      json_pack("{ss ss sb}", "Name", "Fairlead", "Label", "Fairlead",
				"IsOwnedByProfile", 0),
		      NULL);
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		sb_record_add(call, "LeadStatus",
			      json_pack("{ss ss si sb sb}", "ApiName", statuses[i].label,
					"MasterLabel", statuses[i].label, "SortOrder", (int)i + 1,
					"IsDefault", statuses[i].is_default, "IsConverted",
					statuses[i].is_converted),
			      NULL);
}

static const struct sb_app app = { SF_CLIENT_ID, SF_CLIENT_SECRET,
				   "/salesforce/services/oauth2/authorize",
				   "/salesforce/services/oauth2/token" };

static void open_account(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < sf_nkinds; i++) {
		const struct sb_object_spec spec = { .name = sf_kinds[i].name,
						     .label = sf_kinds[i].name,
						     .prefix = sf_kinds[i].prefix,
						     .first = 1,
						     .make_id = sf_make_id,
						     .ignores_case = true };

		sb_fields_add(sb_object_add(account, &spec), sf_kinds[i].fields,
			      sf_kinds[i].nfields);
	}
	sf_open_outbound(account);
	sb_window_open(account, "daily", SB_ROLLING, 86400000, 100000);
	sb_window_open(account, "bulk_batches", SB_ROLLING, 86400000, 15000);
	sb_window_open(account, "bulk_queries", SB_ROLLING, 86400000, 10000);
	open_records(&call);
	sb_opening_tokens(account, &app, "00D5g-sandbox-", "5Aep861-sandbox-");
	arena_free(arena);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	struct sf_refusal refusal = { 0 };
	json_t *input = json_pack(
		"{ss ss ss ss ss ss ss ss ss ss}", "FirstName", person->first_name, "LastName",
		person->last_name, "Email", person->email, "Phone", person->phone, "Company",
		person->company, "Title", person->title, "City", person->city, "PostalCode",
		person->postal_code, "Country", person->country_name, "LeadSource", "Web");

	sf_create(call, sb_object_find(call->account, "Lead"), json_keep(call->arena, input),
		  &refusal);
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "duplicate_rule", 0, "same e-mail address: 0 is saved, 1 alerts, 2 blocks" },
	{ "assignment_rule", 0,
	  "1: new leads go to the queue unless Sforce-Auto-Assign is FALSE" },
	{ "validation_rule", 0, "1 refuses a phone without digits" },
	{ "automation_fails", 0, "writes: 1 a flow fails, 2 a trigger fails" },
	{ "access", 0, "writes: 1 INSUFFICIENT_ACCESS_OR_READONLY, 2 INSUFFICIENT_ACCESS, "
		       "3 INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY where a record is named, "
		       "4 FUNCTIONALITY_NOT_ENABLED" },
	{ "storage_full", 0, "1 refuses new records with STORAGE_LIMIT_EXCEEDED" },
	{ "query_trouble", 0, "queries: 1 QUERY_TIMEOUT, 2 OPERATION_TOO_LARGE" },
	{ "bulk_mib", 512, "what files and results of bulk jobs may hold before one is refused" },
	{ "bulk_ms", 500, "how long a step of a bulk job takes" },
	{ "unknown_column_fails", 0,
	  "a column that is not there: 0 fails its row, 1 the whole collection" },
	{ "deleted_status", 404, "ENTITY_IS_DELETED comes with 404 or 400" },
	{ "upsert_says_204", 0, "upsert of a known record: 0 gives 200, 1 (older) 204" },
	{ "late_commit_ms", 0, "queries see every other record so much later than its stamp says" },
	{ "updated_max", 600000, "ids that /updated gives; more are EXCEEDED_ID_LIMIT" },
	{ "limit_is_concurrent", 0, "what rate_limit says: 0 the day's end, 1 too many at once" },
	{ "session_ms", 7200000, "life of an access token" },
	{ "session_barred", 0, "1: a 401 that no refresh cures" },
	{ "api_disabled", 0, "1: 403 API_DISABLED_FOR_ORG" },
	{ "jwt_tokens", 0, "1: an expired token is INVALID_AUTH_HEADER" },
	{ "refresh_rotates", 0, "refresh: 0 gives no new refresh token, 1 rotates" },
	{ "refresh_unused_ms", 0, "a refresh token ends when it is not used so long; 0: never" },
	{ "refresh_life_ms", 0, "... so long after it was given; 0: never, 1: at once" },
	{ "refresh_busy_ms", 0, "a second refresh so soon is 'already being processed'" },
	{ "needs_pkce", 0, "authorize: 1 refuses an app without code_challenge" },
};

#define OBJECT "/data/sobjects/{type}"
#define COLLECTION "/data/composite/sobjects"
#define INGEST "/data/jobs/ingest"
#define EXPORT "/data/jobs/query"

static const struct sb_route routes[] = {
	{ "*", "/services/oauth2/authorize", sf_authorize, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "POST", "/services/oauth2/token", sf_token, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "*", "/services/oauth2/revoke", sf_revoke, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "POST", "/services/oauth2/introspect", sf_introspect, SB_PUBLIC | SB_UNLIMITED, NULL,
	  0 },
	{ "GET", "/services/oauth2/userinfo", sf_userinfo, SB_UNLIMITED, NULL, 0 },
	{ "GET", "/id/{org}/{user}", sf_userinfo, SB_UNLIMITED, NULL, 0 },
	{ "GET", "/services/data", sf_versions, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "*", "/retired", sf_retired, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "*", "/unknown", sf_not_found, 0, NULL, 0 },
	{ "GET", "/data", sf_resources, 0, NULL, 0 },
	{ "GET", "/data/limits", sf_limits, 0, NULL, 0 },
	{ "GET", "/data/query", sf_query, 0, NULL, 0 },
	{ "GET", "/data/queryAll", sf_query_all, 0, NULL, 0 },
	{ "GET", "/data/query/{locator}", sf_query_more, 0, NULL, 0 },
	{ "GET", "/data/queryAll/{locator}", sf_query_more, 0, NULL, 0 },
	{ "GET", "/data/search", sf_search, 0, NULL, 0 },
	{ "POST", "/data/parameterizedSearch", sf_parameterized_search, 0, NULL, 0 },
	{ "POST", "/data/composite", sf_composite, 0, NULL, 0 },
	{ "POST", "/data/composite/batch", sf_batch, 0, NULL, 0 },
	{ "POST", COLLECTION, sf_collection_create, 0, NULL, 0 },
	{ "PATCH", COLLECTION, sf_collection_update, 0, NULL, 0 },
	{ "DELETE", COLLECTION, sf_collection_delete, 0, NULL, 0 },
	{ "POST", COLLECTION "/{type}", sf_collection_read, 0, NULL, 0 },
	{ "PATCH", COLLECTION "/{type}/{field}", sf_collection_upsert, 0, NULL, 0 },
	{ "GET", "/data/sobjects", sf_sobjects, 0, NULL, 0 },
	{ "GET", OBJECT, sf_sobject, 0, NULL, 0 },
	{ "POST", "/data/tooling/sobjects/CustomField", sf_add_field, 0, NULL, 0 },
	{ "POST", "/data/sobjects/FieldPermissions", sf_grant_field, 0, NULL, 0 },
	{ "POST", OBJECT, sf_post, 0, NULL, 0 },
	{ "GET", OBJECT "/describe", sf_describe, 0, NULL, 0 },
	{ "GET", OBJECT "/updated", sf_updated, 0, NULL, 0 },
	{ "GET", OBJECT "/deleted", sf_deleted, 0, NULL, 0 },
	{ "GET", OBJECT "/{id}", sf_get, 0, NULL, 0 },
	{ "PATCH", OBJECT "/{id}", sf_patch, 0, NULL, 0 },
	{ "DELETE", OBJECT "/{id}", sf_remove, 0, NULL, 0 },
	{ "GET", OBJECT "/{field}/{value}", sf_get_by_key, 0, NULL, 0 },
	{ "PATCH", OBJECT "/{field}/{value}", sf_upsert, 0, NULL, 0 },
	{ "DELETE", OBJECT "/{field}/{value}", sf_remove_by_key, 0, NULL, 0 },
	{ "POST", INGEST, sf_ingest_open, 0, NULL, 0 },
	{ "GET", INGEST, sf_ingest_list, 0, NULL, 0 },
	{ "GET", INGEST "/{id}", sf_ingest_show, 0, NULL, 0 },
	{ "PATCH", INGEST "/{id}", sf_ingest_change, 0, NULL, 0 },
	{ "DELETE", INGEST "/{id}", sf_ingest_remove, 0, NULL, 0 },
	{ "PUT", INGEST "/{id}/batches", sf_ingest_upload, 0, NULL, 0 },
	{ "GET", INGEST "/{id}/successfulResults", sf_ingest_successful, 0, NULL, 0 },
	{ "GET", INGEST "/{id}/failedResults", sf_ingest_failed, 0, NULL, 0 },
	{ "GET", INGEST "/{id}/unprocessedrecords", sf_ingest_unprocessed, 0, NULL, 0 },
	{ "POST", EXPORT, sf_export_open, 0, NULL, 0 },
	{ "GET", EXPORT, sf_export_list, 0, NULL, 0 },
	{ "GET", EXPORT "/{id}", sf_export_show, 0, NULL, 0 },
	{ "PATCH", EXPORT "/{id}", sf_export_change, 0, NULL, 0 },
	{ "DELETE", EXPORT "/{id}", sf_export_remove, 0, NULL, 0 },
	{ "GET", EXPORT "/{id}/results", sf_export_results, 0, NULL, 0 },
	{ "*", "/data/jobs/{*}", NULL, 0, "other parts of Bulk API 2.0", 0 },
	{ "*", "/data/composite/tree/{*}", NULL, 0, "trees: send a composite instead", 0 },
	{ "*", "/data/composite/graph", NULL, 0, "graphs: send a composite instead", 0 },
	{ "*", "/data/parameterizedSearch", NULL, 0, "searches by GET: post them", 0 },
	{ "*", "/data/tooling/{*}", NULL, 0, "the rest of the Tooling API: see /_sandbox schema", 0 },
	{ "*", "/services/Soap/{*}", NULL, SB_PUBLIC, "the SOAP API", 0 },
};

const struct sb_vendor sb_salesforce = {
	.name = "salesforce",
	.title = "Salesforce",
	.hosts = (const char *const[]){ ".my.salesforce.com", "login.salesforce.com",
					"test.salesforce.com", NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = sf_problem,
	.finish = finish,
	.changed = sf_changed,
	.seed = seed,
	.credentials = credentials,
};
