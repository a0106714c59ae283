/* close.c - imitates Close: its paths, credentials and limits. Threads: under the sandbox's
 * lock. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"

#define LAG_MS 5000
#define WINDOW_MS 5000
#define WINDOW_MAX 100 /* 20 a second; an organization has three times that */

/* --- paths (1) --- */

/* A filter that is too long for an address comes as a POST that means GET. */
static const char *rewrite(struct sb_call *call, const char *path)
{
	const char *method = sb_header(call, "x-http-method-override");

	if (method && strcasecmp(method, "GET") == 0 && strcmp(call->method, "POST") == 0)
		call->method = "GET";
	return text_starts(path, "/api/v1/")	   ? path + strlen("/api/v1") :
	       text_starts(path, "/oauth2/")	   ? path :
	       text_starts(path, "/export_files/") ? path :
						     NULL;
}

static void refuse_method(struct sb_call *call)
{
	sb_close_problem(call, SB_PROBLEM_SERVER, 405);
}

/* --- credentials (2) --- */

static bool is_key(struct sb_call *call)
{
	const char *user, *password;

	return sb_basic(call, &user, &password) && !*password &&
	       sb_token_check(call, user) == SB_TOKEN_OK &&
	       call->token->kind == SB_TOKEN_STATIC;
}

static bool authenticate(struct sb_call *call)
{
	const char *bearer = sb_authorization(call, "Bearer");
	bool is_in = bearer ? sb_token_check(call, bearer) == SB_TOKEN_OK &&
				      call->token->kind == SB_TOKEN_ACCESS :
			      is_key(call);

	if (!is_in)
		sb_close_problem(call, SB_PROBLEM_REVOKED, 0);
	return is_in;
}

/* --- limits (8) --- */

static const char *const groups[] = { "lead.read", "lead.write", "contact", "search",
				      "activity",  "other" };

/* Path and method make a group. */
static const char *group_of(const struct sb_call *call)
{
	const char *tag = call->route && call->route->tag ? call->route->tag : "other";

	if (strcmp(tag, "lead") == 0)
		return strcmp(call->method, "GET") == 0 ? "lead.read" : "lead.write";
	if (call->route && call->route->flags & CLOSE_ACTIVITY)
		return "activity";
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		if (strcmp(groups[i], tag) == 0)
			return tag;
	return "other";
}

/* Seconds, with a fraction. */
static void add_limits(struct sb_call *call, int64_t reset_ms)
{
	struct sb_window *window = sb_window_find(call->account, group_of(call));

	sb_reply_header(call, "RateLimit",
			arena_printf(call->arena, "limit=%lld, remaining=%lld, reset=%.3f",
				     (long long)window->max,
				     (long long)sb_window_remaining(window, call->now),
				     (double)reset_ms / 1000));
}

static bool admit(struct sb_call *call)
{
	return sb_admit(call, group_of(call), 1) && sb_admit(call, "organization", 1);
}

static int64_t longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A 429 always says how long to wait; other answers say what is left, if the organization's
 * endpoints do at all. */
static void finish(struct sb_call *call)
{
	struct sb_window *window;
	int64_t wait_ms;

	if (!call->account || !call->token)
		return;
	window = sb_window_find(call->account, group_of(call));
	if (call->status == 429) {
		wait_ms = longer(sb_window_wait(window, call->now, 1),
				 sb_window_wait(sb_window_find(call->account, "organization"),
						call->now, 1));
		wait_ms = longer(wait_ms, 1);
		sb_reply_header_int(call, "Retry-After", (wait_ms + 999) / 1000);
		add_limits(call, wait_ms);
	} else if (sb_switch(call->account, "ratelimit_header")) {
		add_limits(call, sb_window_wait(window, call->now, window->max));
	}
}

/* --- a new organization --- */

static const struct sb_app app = { "fairlead-sandbox-app", "fairlead-sandbox-secret",
				   "/close/oauth2/authorize/", "/close/oauth2/token/" };

static void open_account(struct sb_account *account)
{
	const char *key = sb_opening_key(account, SB_LETTERS, "SandboxCloseKeyOfTheDefault01");

	sb_close_open_objects(account);
	account->search_lag_ms = LAG_MS;
	sb_opening_token(account, "api_key", arena_printf(account->arena, "api_%s", key));
	sb_opening_refresh(account, &app, arena_printf(account->arena, "refresh_%s", key));
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		sb_window_open(account, groups[i], SB_ROLLING, WINDOW_MS, WINDOW_MAX);
	sb_window_open(account, "organization", SB_ROLLING, WINDOW_MS, (int64_t)3 * WINDOW_MAX);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, &app, out);
}

static void seed(struct sb_call *call, const struct sb_person *person)
{
	struct sb_object *leads = sb_object_find(call->account, "lead");
	struct sb_object *contacts = sb_object_find(call->account, "contact");
	const struct sb_record *lead = sb_close_create(
		call, leads,
		json_keep(call->arena,
			  json_pack("{ss so s[{ss ss ss ss}]}", "name", person->company, "url",
				    sb_json_printf("https://%s", person->domain), "addresses",
				    "label", "business", "city", person->city, "zipcode",
				    person->postal_code, "country", person->country)));
	struct sb_close_phone phone = { person->phone, person->phone, NULL };

	sb_close_phone(call->arena, person->phone, &phone);
	if (lead)
		sb_close_create(
			call, contacts,
			json_keep(call->arena,
				  json_pack("{ss so ss s[{ss ss sb}] s[{ss ss ss? ss}]}",
					    "lead_id", lead->id, "name",
					    sb_json_printf("%s %s", person->first_name,
							   person->last_name),
					    "title", person->title, "emails", "email",
					    person->email, "type", "office", "is_unsubscribed", 0,
					    "phones", "phone", phone.e164, "phone_formatted",
					    phone.formatted, "country", phone.country, "type",
					    "mobile")));
}

/* --- the table --- */

static const struct sb_switch_spec switches[] = {
	{ "delete_body", 0, "a deletion or merge answers: 0 {}, 1 nothing" },
	{ "delete_lag_ms", 2000, "how long what was deleted can still be read" },
	{ "errors_mirror_body", 0,
	  "errors in lists: 0 {errors: {\"0\": {field-errors}}}, 1 as the body is nested" },
	{ "types_required", 0, "an address or number without a type: 0 gets office, 1 is refused" },
	{ "bad_phones_kept", 0, "a number that is none: 0 is refused, 1 kept as it is" },
	{ "custom_names", 1, "custom.NAME and the custom dict: 1 still work, 0 are refused" },
	{ "email_prefix", 0, "in queries: 0 email: and email_address:, 1 only the long, 2 the short" },
	{ "moment_spelling", 0, "bounds of a moment_range: 0 on_or_after and before, 1 gte and lt" },
	{ "search_max", 10000, "how many a search reaches; 0: all" },
	{ "consolidate_ms", 5000, "changes of an object within this become one event" },
	{ "events_kept", 10000, "how many events there can be; then the older half goes" },
	{ "events_late_ms", 0, "every third event is seen this much late" },
	{ "backlog_max", 100000, "events that can wait for a webhook; with more it is paused" },
	{ "user_is_admin", 1, "0: events lose their data after an hour" },
	{ "oauth_client_id", 1, "in events: 1 there, 0 absent" },
	{ "export_ms", 1500, "how long an export takes" },
	{ "bulk_ms", 1000, "how long a bulk edit waits before it is done at once" },
	{ "contacts_on_put", 0, "contacts in a lead's PUT: 0 are passed over, 1 refused" },
	{ "fields_have_more", 0, "lists of custom fields: 0 without has_more, 1 with it" },
	{ "plan_is_full", 0, "1: nothing can be created (402)" },
	{ "ratelimit_header", 1, "the header RateLimit: 1 there, 0 only with a 429" },
	{ "redirects_by_http", 0, "1 takes http:// redirect addresses, which the vendor refuses" },
};

#define OPEN (SB_PUBLIC | SB_UNLIMITED)
#define REFUSED(path, tag) { "*", path, refuse_method, 0, tag, 0 }
#define CRUD(name)                                                                            \
	{ "GET", "/" name, sb_close_list, 0, name, 0 },                                       \
	{ "POST", "/" name, sb_close_post, 0, name, 0 },                                      \
	{ "GET", "/" name "/{id}", sb_close_get, 0, name, 0 },                                \
	{ "PUT", "/" name "/{id}", sb_close_put, 0, name, 0 },                                \
	{ "DELETE", "/" name "/{id}", sb_close_delete, 0, name, 0 },                          \
	REFUSED("/" name, name), REFUSED("/" name "/{id}", name)
#define ACTIVITY(path, type)                                                                  \
	{ "GET", "/activity/" path, sb_close_list, CLOSE_ACTIVITY, type, 0 },                 \
	{ "POST", "/activity/" path, sb_close_add_activity, CLOSE_ACTIVITY, type, 0 },        \
	{ "GET", "/activity/" path "/{id}", sb_close_get_activity, CLOSE_ACTIVITY, type, 0 },     \
	{ "PUT", "/activity/" path "/{id}", sb_close_edit_activity, CLOSE_ACTIVITY, type, 0 },\
	{ "DELETE", "/activity/" path "/{id}", sb_close_delete_activity, CLOSE_ACTIVITY,      \
	  type, 0 },                                                                          \
	REFUSED("/activity/" path, type), REFUSED("/activity/" path "/{id}", type)
#define STATUS(path, name)                                                                    \
	{ "GET", "/status/" path, sb_close_statuses, 0, name, 0 },                            \
	{ "POST", "/status/" path, sb_close_add_status, 0, name, 0 },                         \
	{ "GET", "/status/" path "/{id}", sb_close_status, 0, name, 0 },                      \
	{ "PUT", "/status/" path "/{id}", sb_close_edit_status, 0, name, 0 },                 \
	{ "DELETE", "/status/" path "/{id}", sb_close_delete_status, 0, name, 0 },            \
	REFUSED("/status/" path, name), REFUSED("/status/" path "/{id}", name)
#define FIELDS(name)                                                                          \
	{ "GET", "/custom_field/" name, sb_close_fields, 0, name, 0 },                        \
	{ "POST", "/custom_field/" name, sb_close_add_field, 0, name, 0 },                    \
	{ "GET", "/custom_field/" name "/{id}", sb_close_field, 0, name, 0 },                 \
	{ "PUT", "/custom_field/" name "/{id}", sb_close_edit_field, 0, name, 0 },            \
	{ "DELETE", "/custom_field/" name "/{id}", sb_close_delete_field, 0, name, 0 },       \
	REFUSED("/custom_field/" name, name), REFUSED("/custom_field/" name "/{id}", name)

static const struct sb_route routes[] = {
	{ "*", "/oauth2/authorize", sb_close_authorize, OPEN, NULL, 0 },
	{ "POST", "/oauth2/token", sb_close_token, OPEN, NULL, 0 },
	{ "POST", "/oauth2/revoke", sb_close_revoke, OPEN, NULL, 0 },
	{ "GET", "/export_files/{account}/{file}", sb_close_export_file, OPEN, NULL, 0 },
	{ "POST", "/export/lead", sb_close_add_export, 0, NULL, 0 },
	{ "GET", "/export/{id}", sb_close_export, 0, NULL, 0 },
	{ "GET", "/me", sb_close_me, 0, NULL, 0 },
	{ "GET", "/user", sb_close_users, 0, NULL, 0 },
	{ "GET", "/user/{id}", sb_close_show_user, 0, NULL, 0 },
	{ "GET", "/organization/{id}", sb_close_show_organization, 0, NULL, 0 },
	{ "POST", "/lead/merge", sb_close_merge, 0, "lead", 0 },
	CRUD("lead"),
	CRUD("contact"),
	CRUD("opportunity"),
	CRUD("task"),
	{ "GET", "/activity", sb_close_list, CLOSE_ACTIVITY, "activity", 0 },
	ACTIVITY("note", "Note"),
	ACTIVITY("call", "Call"),
	ACTIVITY("email", "Email"),
	ACTIVITY("sms", "SMS"),
	ACTIVITY("custom", "Custom"),
	CRUD("custom_activity"),
	CRUD("integration_link"),
	{ "POST", "/bulk_action/edit", sb_close_add_bulk, 0, NULL, 0 },
	{ "GET", "/bulk_action/edit/{id}", sb_close_bulk, 0, NULL, 0 },
	{ "GET", "/activity/status_change/lead", sb_close_list, CLOSE_ACTIVITY,
	  "LeadStatusChange", 0 },
	{ "GET", "/activity/status_change/lead/{id}", sb_close_get_activity, CLOSE_ACTIVITY,
	  "LeadStatusChange", 0 },
	STATUS("lead", "lead_status"),
	STATUS("opportunity", "opportunity_status"),
	{ "GET", "/pipeline", sb_close_pipelines, 0, NULL, 0 },
	FIELDS("lead"),
	FIELDS("contact"),
	FIELDS("opportunity"),
	FIELDS("activity"),
	{ "GET", "/custom_field/custom_object_type", sb_close_fields, 0, "custom_object", 0 },
	FIELDS("shared"),
	{ "POST", "/custom_field/shared/{id}/association", sb_close_associate, 0, NULL, 0 },
	{ "GET", "/custom_field/shared/{id}/association/{type}", sb_close_association, 0, NULL, 0 },
	{ "DELETE", "/custom_field/shared/{id}/association/{type}", sb_close_dissociate, 0, NULL,
	  0 },
	{ "GET", "/custom_field_schema/{type}", sb_close_field_schema, 0, NULL, 0 },
	{ "PUT", "/custom_field_schema/{type}", sb_close_order_fields, 0, NULL, 0 },
	{ "GET", "/custom_field_schema/{type}/{id}", sb_close_field_schema, 0, NULL, 0 },
	{ "PUT", "/custom_field_schema/{type}/{id}", sb_close_order_fields, 0, NULL, 0 },
	{ "POST", "/data/search", sb_close_search, 0, "search", 0 },
	REFUSED("/data/search", "search"),
	{ "GET", "/event", sb_close_events, 0, NULL, 0 },
	{ "GET", "/event/{id}", sb_close_event, 0, NULL, 0 },
	{ "GET", "/webhook", sb_close_webhooks, 0, NULL, 0 },
	{ "POST", "/webhook", sb_close_add_webhook, 0, NULL, 0 },
	{ "GET", "/webhook/{id}", sb_close_webhook, 0, NULL, 0 },
	{ "PUT", "/webhook/{id}", sb_close_edit_webhook, 0, NULL, 0 },
	{ "DELETE", "/webhook/{id}", sb_close_delete_webhook, 0, NULL, 0 },
	REFUSED("/event", NULL),
	REFUSED("/webhook", NULL),
	REFUSED("/webhook/{id}", NULL),
	REFUSED("/me", NULL),
	REFUSED("/user", NULL),
	{ "*", "/custom_field/{*}", NULL, 0, "fields of custom objects", 0 },
	{ "*", "/activity/{*}", NULL, 0, "this type of activity", 0 },
	{ "*", "/bulk_action/{*}", NULL, 0, "bulk actions other than edits", 0 },
	{ "*", "/export/{*}", NULL, 0, "exports but those of leads", 0 },
};

const struct sb_vendor sb_close = {
	.name = "close",
	.title = "Close",
	.hosts = (const char *const[]){ "api.close.com", "app.close.com", NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = sb_close_problem,
	.finish = finish,
	.changed = sb_close_changed,
	.seed = seed,
	.credentials = credentials,
};
