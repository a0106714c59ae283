/* dynamics.c - imitates Dynamics 365 Sales by its Dataverse Web API: tokens, limits, what a
 * new environment has, and the table of paths. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/render.h"

/* --- paths (1) --- */

/* "/api/data/v9.2/leads" is looked up as "/data/leads". */
static const char *rewrite(struct sb_call *call, const char *path)
{
	static const char *const versions[] = { "/api/data/v9.2", "/api/data/v9.1",
						"/api/data/v9.0" };

	for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
		size_t len = strlen(versions[i]);

		if (text_starts(path, versions[i]) && (path[len] == '/' || !path[len]))
			return arena_printf(call->arena, "/data%s", path + len);
	}
	return strcmp(path, "/data") == 0 || text_starts(path, "/data/") ||
			       text_starts(path, "/api/") ?
		       "/unknown" :
		       path;
}

/* --- tokens and users (2, 9) --- */

static const struct {
	const char *code, *message;
} user_states[] = {
	{ NULL, NULL },
	{ "0x80072560", "The user is not a member of the organization." },
	{ "0x80040225", "The specified user is disabled. Consider enabling this user." },
	{ "0x80041d1f", "User is disabled." },
	{ "0x80042f09", "SecLib::CheckPrivilege failed. User has no roles." },
};

static bool is_disabled(const struct sb_call *call, const struct sb_record *user)
{
	return text_equal(sb_record_text_of(user, "isdisabled", call->arena), "true");
}

/* Whom CallerObjectId names must be there and not disabled. */
static int64_t state_of_caller(struct sb_call *call)
{
	const struct sb_record *user;

	if (!sb_header(call, "CallerObjectId"))
		return 0;
	user = dynamics_impersonated(call);
	return !user ? 1 : is_disabled(call, user) ? 2 : 0;
}

#define ADDRESS_MAX 32768 /* bytes; twice as many within a batch */

static bool authenticate(struct sb_call *call)
{
	int64_t state;

	if (sb_token_check(call, sb_authorization(call, "Bearer")) != SB_TOKEN_OK) {
		dynamics_problem(call, SB_PROBLEM_EXPIRED, 0);
		return false;
	}
	if (strlen(call->target) > ADDRESS_MAX) {
		dynamics_fail(call, 414, "", "The address of the request is too long.");
		return false;
	}
	if (call->body_len > (size_t)sb_switch(call->account, "body_max")) {
		dynamics_fail(call, 413, "", "The request is too large.");
		return false;
	}
	state = sb_switch(call->account, "user_state");
	if (state <= 0 || (size_t)state >= ARRAY_LEN(user_states))
		state = state_of_caller(call);
	if (!state)
		return true;
	dynamics_fail(call, 403, user_states[state].code, "%s", user_states[state].message);
	return false;
}

static void finish(struct sb_call *call)
{
	char id[SB_UUID_SIZE];

	if (!call->account || !call->route || call->route->flags & SB_UNLIMITED)
		return;
	if (call->reply_json && call->status != 501)
		sb_reply_header(call, "Content-Type", "application/json; odata.metadata=minimal");
	sb_rng_uuid(&call->rng, id);
	sb_reply_header(call, "OData-Version", "4.0");
	sb_reply_header(call, "x-ms-service-request-id", id);
	dynamics_tell_limits(call);
}

/* --- a new environment --- */

static const struct {
	const char *full, *first, *last, *email;
	bool is_disabled, is_app;
} people[] = {
	{ "Fairlead Sync", "Fairlead", "Sync", "sync@acme.example", false, true },
	{ "Rae Rep", "Rae", "Rep", "rep@acme.example", false, false },
	{ "Gus Gone", "Gus", "Gone", "gone@acme.example", true, false },
};

static void open_users(struct sb_account *account)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < ARRAY_LEN(people); i++)
		sb_record_add(&call, "systemusers",
			      json_pack("{ss ss ss ss ss sb ss so}", "fullname", people[i].full,
					"firstname", people[i].first, "lastname", people[i].last,
					"internalemailaddress", people[i].email, "domainname",
					people[i].email, "isdisabled", people[i].is_disabled,
					"azureactivedirectoryobjectid",
					dynamics_meta_id(arena, 'a', account->number, (unsigned)i),
					"applicationid",
					people[i].is_app ? json_string(DYNAMICS_CLIENT_ID) :
							   json_null()),
			      NULL);
	sb_record_add(&call, "teams", json_pack("{ss sb}", "name", "Inbound", "isdefault", 0),
		      NULL);
	dynamics_open_messages(&call);
	arena_free(arena);
}

static const struct sb_app app = { DYNAMICS_CLIENT_ID, DYNAMICS_CLIENT_SECRET,
				   "/dynamics/organizations/oauth2/v2.0/authorize",
				   "/dynamics/organizations/oauth2/v2.0/token" };

static void open_keys(struct sb_account *account)
{
	static const char *const sets[] = { "leads", "contacts", "accounts", "opportunities" };

	for (size_t i = 0; i < ARRAY_LEN(sets); i++)
		dynamics_key_add(account, sb_object_find(account, sets[i]), "new_FairleadKey",
				 "Fairlead key", "new_fairleadid", "Active");
	dynamics_key_add(account, sb_object_find(account, "accounts"), "AccountNumberKey",
			 "Account number", "accountnumber", "Active");
}

static void open_account(struct sb_account *account)
{
	for (size_t i = 0; i < dynamics_ntables; i++) {
		const struct dynamics_table *table = &dynamics_tables[i];
		const struct sb_object_spec spec = { .name = table->set,
						     .label = table->label,
						     .prefix = table->name,
						     .first = 1,
						     .make_id = dynamics_make_id };

		sb_fields_add(sb_object_add(account, &spec), table->fields, table->nfields);
	}
	dynamics_open_limits(account);
	open_keys(account);
	open_users(account);
	sb_opening_tokens(account, &app, "eyJ0.sandbox-", "0.AX0A-sandbox-");
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	json_t *input = json_pack("{ss ss ss ss ss ss ss ss ss ss si}", "subject", "Web form",
				  "firstname", person->first_name, "lastname", person->last_name,
				  "emailaddress1", person->email, "telephone1", person->phone,
				  "companyname", person->company, "jobtitle", person->title,
				  "address1_city", person->city, "address1_postalcode",
				  person->postal_code, "address1_country", person->country_name,
				  "leadsourcecode", 8);
	struct dynamics_write write = { .call = call,
					.object = sb_object_find(call->account, "leads"),
					.input = json_keep(call->arena, input) };

	dynamics_write(&write);
}

/* --- what is of no table --- */

static void who_am_i(struct sb_call *call)
{
	unsigned number = call->account->number;

	sb_reply_json(call, 200,
		      json_pack("{so ss ss ss}", "@odata.context",
				sb_json_printf("%s/$metadata#" DYNAMICS_TYPE "WhoAmIResponse",
					       dynamics_base(call)),
				"BusinessUnitId", dynamics_meta_id(call->arena, 'b', number, 0),
				"UserId", dynamics_caller(call)->id, "OrganizationId",
				dynamics_meta_id(call->arena, 'o', number, 0)));
}

static void wrong_verb(struct sb_call *call)
{
	dynamics_fail(call, 404, "",
		      "No HTTP resource was found that matches the request URI '%s%s'.",
		      sb_base_url(call), call->path);
}

static void service_document(struct sb_call *call)
{
	json_t *sets = json_array();

	for (size_t i = 0; i < dynamics_ntables; i++)
		json_array_append_new(sets, json_pack("{ss ss ss}", "name", dynamics_tables[i].set,
						      "kind", "EntitySet", "url",
						      dynamics_tables[i].set));
	sb_reply_json(call, 200,
		      json_pack("{so so}", "@odata.context",
				sb_json_printf("%s/$metadata", dynamics_base(call)), "value",
				sets));
}

/* New columns are there at once: what is published are forms. */
static void publish(struct sb_call *call)
{
	sb_reply_empty(call, 204);
}

static void unknown_path(struct sb_call *call)
{
	dynamics_no_segment(call, call->path);
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "access_ms", 4599000, "life of an access token" },
	{ "needs_pkce", 0, "authorize: 1 refuses an app without code_challenge" },
	{ "secret_expired", 0, "1: the token endpoint says invalid_client, AADSTS7000222" },
	{ "unauthorized_body", 0, "a 401 of the API: 0 has no body, 1 a line of HTML" },
	{ "user_state", 0,
	  "403 for the caller: 1 0x80072560 no member, 2 0x80040225 and 3 0x80041d1f disabled, "
	  "4 0x80042f09 no roles" },
	{ "privilege", 0, "writes: 1 0x80040220 lacks a privilege, 2 0x80048306 no access right" },
	{ "plugin_fails", 0, "1: a plug-in refuses writes with 0x80040265" },
	{ "duplicate_500", 0, "0x80040333 comes with: 0 412, 1 500" },
	{ "unknown_property_0x0", 0, "an unknown column in a body: 0 0x80048d19, 1 0x0" },
	{ "newer_codes", 0, "queries that name what is not there: 0 0x0, 1 0x80060888" },
	{ "sample_codes", 0,
	  "no such row, another version: 0 0x80040217 and 0x80060882, 1 \"\" as in samples" },
	{ "create_state_fails", 0, "statecode on create: 0 passed over, 1 0x80048408" },
	{ "upsert_many_ids", 0, "UpsertMultiple: 0 gives 204, 1 200 with Ids" },
	{ "no_customizer", 0, "1: 403 for new columns and keys" },
	{ "key_build_ms", 2000, "how long the index of a new alternate key takes" },
	{ "reads_own_only", 0, "1: 403 for change tracking, which needs the whole table" },
	{ "track_days", 7, "life of a delta token" },
	{ "limit_kind", 0,
	  "what a limit (a fault) says: 0 0x80072322 requests, 1 0x80072321 time, "
	  "2 0x80072326 at once" },
	{ "body_max", 32 << 20, "bytes of a request; a larger one is 413" },
	{ "servers", 1, "web servers that share the calls, 1 to 3; the cookie pins to one" },
	{ "at_once", 52, "calls under way at once on one server; 0: any" },
	{ "call_ms", 20, "execution time that each row or request of a call is counted with" },
};

#define TENANT "/{tenant}/oauth2"
#define OPEN (SB_PUBLIC | SB_UNLIMITED)

static const struct sb_route routes[] = {
	{ "*", TENANT "/v2.0/authorize", dynamics_authorize, OPEN, NULL, 0 },
	{ "*", TENANT "/authorize", dynamics_authorize, OPEN, NULL, 0 },
	{ "POST", TENANT "/v2.0/token", dynamics_token, OPEN, NULL, 0 },
	{ "POST", TENANT "/token", dynamics_token, OPEN, NULL, 0 },
	{ "*", "/unknown", unknown_path, 0, NULL, 0 },
	{ "GET", "/data", service_document, 0, NULL, 0 },
	{ "GET", "/data/$metadata", dynamics_csdl, 0, NULL, 0 },
	{ "GET", "/data/%24metadata", dynamics_csdl, 0, NULL, 0 },
	{ "GET", "/data/WhoAmI", who_am_i, 0, NULL, 0 },
	{ "GET", "/data/WhoAmI()", who_am_i, 0, NULL, 0 },
	{ "*", "/data/WhoAmI", wrong_verb, 0, NULL, 0 },
	{ "POST", "/data/$batch", dynamics_batch, 0, NULL, 0 },
	{ "POST", "/data/%24batch", dynamics_batch, 0, NULL, 0 },
	{ "POST", "/data/Merge", dynamics_merge, 0, NULL, 0 },
	{ "POST", "/data/PublishAllXml", publish, 0, NULL, 0 },
	{ "POST", "/data/PublishXml", publish, 0, NULL, 0 },
	{ "*", "/data/{resource}", dynamics_serve, 0, NULL, 0 },
	{ "*", "/data/{resource}/{sub}", dynamics_serve, 0, NULL, 0 },
	{ "*", "/data/{resource}/{sub}/{sub}", dynamics_serve, 0, NULL, 0 },
	{ "*", "/data/{resource}/{sub}/{sub}/{sub}", dynamics_serve, 0, NULL, 0 },
};

/* Fixed hosts, for clients that are told of nothing else. */
static const char *const hosts[] = { "login.microsoftonline.com", ".dynamics.com", NULL };

const struct sb_vendor sb_dynamics = {
	.name = "dynamics",
	.title = "Dynamics 365",
	.hosts = hosts,
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = dynamics_admit,
	.problem = dynamics_problem,
	.finish = finish,
	.changed = dynamics_changed,
	.seed = seed,
	.credentials = credentials,
};
