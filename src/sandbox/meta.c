/* meta.c - imitates Meta's Graph API: versions, tokens, nodes, limits. Threads: under the
 * sandbox's lock. */
#include "sandbox/meta.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/vendor.h"
#include "sandbox/whatsapp.h"

#define OLDEST 19
#define LATEST 26
#define PAGE_SIZE 25
#define PAGE_MAX 500

/* --- errors (sources 1.6) --- */

static json_t *error_json(struct sb_call *call, json_t *message, int code, int subcode)
{
	bool is_oauth = code == 190 || code == 102 || code == 10 || (code >= 200 && code < 300);
	char trace[23] = "A";
	json_t *error;

	sb_rng_text(&call->rng, SB_LETTERS, trace + 1, 21);
	error = json_pack("{so ss si ss}", "message", message, "type",
			  is_oauth || code > 100000 ? "OAuthException" :
			  code == 100 ? "GraphMethodException" :
					"OAuthException",
			  "code", code, "fbtrace_id", trace);
	if (subcode)
		json_object_set_new(error, "error_subcode", json_integer(subcode));
	return error;
}

void meta_fail(struct sb_call *call, int status, int code, int subcode, const char *format, ...)
{
	va_list args;
	json_t *message;

	va_start(args, format);
	message = sb_json_vprintf(format, args);
	va_end(args);
	sb_reply_json(call, status,
		      json_pack("{so}", "error",
				error_json(call, message, code,
					   subcode)));
}

void meta_fail_details(struct sb_call *call, int status, int code, const char *title,
		       const char *format, ...)
{
	va_list args;
	json_t *details, *error;

	va_start(args, format);
	details = sb_json_vprintf(format, args);
	va_end(args);
	error = error_json(call, sb_json_printf("(#%d) %s", code, title), code, 0);
	json_object_set_new(error, "error_data",
			    json_pack("{ss so}", "messaging_product", "whatsapp", "details",
				      details));
	sb_reply_json(call, status, json_pack("{so}", "error", error));
}

/* --- reading --- */

const char *meta_text(struct sb_call *call, const char *name)
{
	const char *text = sb_form_or_query(call, name);

	return text || !call->json ? text : json_string_of(call->json, name);
}

struct sb_record *meta_record(struct sb_call *call, const char *object)
{
	struct sb_record *record =
		sb_record_find(sb_object_find(call->account, object), sb_param(call, 0));

	return record && record->state == SB_LIVE ? record : NULL;
}

json_t *meta_time(int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms, text);
	return sb_json_printf("%.19s+0000", text);
}

/* --- answers --- */

json_t *meta_fields(struct sb_call *call, const json_t *all, const char *otherwise)
{
	const char *wanted = meta_text(call, "fields"), *at;
	json_t *some = json_object();

	at = wanted && *wanted ? wanted : otherwise;
	while (*at) {
		size_t len = strcspn(at, ",{"), end = strcspn(at, ",");
		char *name = arena_strndup(call->arena, at, len);
		json_t *value = json_object_get(all, name);

		if (value && !json_is_null(value))
			json_object_set(some, name, value);
		at += end + (at[end] == ',');
	}
	json_object_set(some, "id", json_object_get(all, "id"));
	return some;
}

static const char *next_url(struct sb_call *call, const char *after, int64_t limit)
{
	const char *kept = "";

	for (const char *at = call->query ? call->query : ""; *at;) {
		size_t len = strcspn(at, "&");

		if (!text_starts(at, "after=") && !text_starts(at, "limit="))
			kept = arena_printf(call->arena, "%s%.*s&", kept, (int)len, at);
		at += len + (at[len] == '&');
	}
	/* The token of the query is in it, as it is in Meta's. */
	return arena_printf(call->arena, "%s%s?%slimit=%lld&after=%s", sb_base_url(call),
			    call->path, kept, (long long)limit, after);
}

static char *cursor(struct sb_call *call, size_t at)
{
	const char *text = arena_printf(call->arena, "c%zu", at);

	return base64url_encode(call->arena, text, strlen(text));
}

static bool read_cursor(struct sb_call *call, const char *text, size_t *at)
{
	unsigned char *bytes;
	int64_t number;
	size_t len;

	if (base64url_decode(call->arena, text, &bytes, &len, NULL) < 0 || len < 2 ||
	    *bytes != 'c' || !text_int((char *)bytes + 1, &number) || number < 0)
		return false;
	*at = (size_t)number;
	return true;
}

void meta_page(struct sb_call *call, json_t *list)
{
	const char *limit_text = sb_query(call, "limit"), *after = sb_query(call, "after");
	int64_t limit = PAGE_SIZE;
	size_t first = 0, count = json_array_size(list);
	json_t *data = json_array(), *paging = NULL;

	json_keep(call->arena, list);
	if ((limit_text && (!text_int(limit_text, &limit) || limit < 1)) ||
	    (after && *after && !read_cursor(call, after, &first))) {
		json_decref(data);
		meta_fail(call, 400, 100, 0, "(#100) Invalid parameter: limit or cursor");
		return;
	}
	limit = limit > PAGE_MAX ? PAGE_MAX : limit;
	for (size_t i = first; i < count && json_array_size(data) < (size_t)limit; i++)
		json_array_append(data, json_array_get(list, i));
	if (json_array_size(data)) {
		size_t last = first + json_array_size(data);

		paging = json_pack("{s{ss ss}}", "cursors", "before", cursor(call, first),
				   "after", cursor(call, last));
		if (last < count)
			json_object_set_new(paging, "next",
					    json_string(next_url(call, cursor(call, last),
								 limit)));
	}
	sb_reply_json(call, 200, json_pack("{so so*}", "data", data, "paging", paging));
}

/* --- nodes --- */

static json_t *page_json(const struct sb_record *page, bool with_token)
{
	json_t *json = json_pack("{ss so ss so}", "id", page->id, "name",
				 sb_record_value_of(page, "name"), "category", "Real Estate",
				 "tasks", json_pack("[sss]", "ADVERTISE", "MANAGE", "MESSAGING"));

	if (with_token)
		json_object_set_new(json, "access_token", json_string(META_PAGE_TOKEN));
	return json;
}

static json_t *form_json(const struct sb_record *form)
{
	return json_pack("{ss so ss ss so}", "id", form->id, "name",
			 sb_record_value_of(form, "name"), "status", "ACTIVE", "locale", "en_US",
			 "created_time", meta_time(form->created_at));
}

static void not_there(struct sb_call *call, const char *verb)
{
	meta_fail(call, 400, 100, 33,
		  "Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded "
		  "due to missing permissions, or does not support this operation. Please read the "
		  "Graph API documentation at "
		  "https://developers.facebook.com/docs/graph-api",
		  verb, sb_param(call, 0));
}

static void show_node(struct sb_call *call)
{
	struct sb_record *record;
	json_t *all = NULL;
	const char *otherwise = "id,name";

	if ((record = meta_record(call, "leads"))) {
		all = meta_lead_json(record);
		otherwise = "id,created_time,field_data";
	} else if ((record = meta_record(call, "forms"))) {
		all = form_json(record);
		otherwise = "id,name,status,locale";
	} else if ((record = meta_record(call, "pages"))) {
		all = page_json(record, true);
	} else if ((record = meta_record(call, "numbers"))) {
		all = whatsapp_number_json(record);
		otherwise = "id,verified_name,display_phone_number,quality_rating";
	}
	if (!all) {
		not_there(call, "get");
		return;
	}
	sb_reply_json(call, 200, meta_fields(call, json_keep(call->arena, all), otherwise));
}

static void list_accounts(struct sb_call *call)
{
	const struct sb_object *pages = sb_object_find(call->account, "pages");
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(pages); i++)
		json_array_append_new(list, page_json(sb_object_record(pages, i), true));
	meta_page(call, list);
}

static void list_forms(struct sb_call *call)
{
	const struct sb_object *forms = sb_object_find(call->account, "forms");
	json_t *list;

	if (!meta_record(call, "pages")) {
		not_there(call, "get");
		return;
	}
	list = json_array();
	for (size_t i = 0; i < sb_object_count(forms); i++)
		json_array_append_new(list, form_json(sb_object_record(forms, i)));
	meta_page(call, list);
}

static void show_me(struct sb_call *call)
{
	sb_reply_json(call, 200, json_pack("{ss ss}", "id", "100000000000017", "name", "Sandbox"));
}

static void change_node(struct sb_call *call)
{
	not_there(call, "post");
}

/* --- tokens (1.4) --- */

static void make_token(struct sb_call *call, enum sb_token_kind kind, char text[200])
{
	snprintf(text, 4, kind == SB_TOKEN_CODE ? "AQB" : "EAA");
	sb_rng_text(&call->rng, SB_LETTERS, text + 3, 60);
}

static const struct sb_oauth_rules rules = {
	.code_ms = 10 * CLOCK_MINUTE,
	.access_ms = 2 * CLOCK_HOUR,
	.make_text = make_token,
};

static void authorize(struct sb_call *call)
{
	sb_oauth_authorize(call, &rules, NULL);
}

static bool is_our_app(struct sb_call *call)
{
	const char *id = meta_text(call, "client_id"), *secret = meta_text(call, "client_secret");

	if (!text_equal(id, META_APP))
		meta_fail(call, 400, 101, 0, "Missing or invalid client id.");
	else if (!text_equal(secret, META_APP_SECRET))
		meta_fail(call, 400, 1, 0, "Error validating client secret.");
	else
		return true;
	return false;
}

static void reply_token(struct sb_call *call, const struct sb_token *token)
{
	sb_reply_json(call, 200,
		      json_pack("{ss ss sI}", "access_token", token->text, "token_type", "bearer",
				"expires_in",
				(json_int_t)((token->expires_at - call->now) / 1000)));
}

/* A code becomes a token of two hours, that one of 60 days; there is no refresh token. */
static void exchange(struct sb_call *call)
{
	struct sb_grant grant = { 0 };
	struct sb_granted granted;
	char text[200];
	const char *type = meta_text(call, "grant_type");

	if (!is_our_app(call))
		return;
	if (text_equal(type, "client_credentials")) {
		sb_reply_json(call, 200, json_pack("{ss ss}", "access_token",
						   META_APP "|" META_APP_SECRET, "token_type",
						   "bearer"));
		return;
	}
	if (text_equal(type, "fb_exchange_token")) {
		if (sb_token_check(call, meta_text(call, "fb_exchange_token")) != SB_TOKEN_OK) {
			meta_fail(call, 400, 190, 463, "Error validating access token: Session has "
						       "expired");
			return;
		}
		make_token(call, SB_TOKEN_ACCESS, text);
		reply_token(call, sb_token_add(call->account, SB_TOKEN_ACCESS, text, NULL,
					       call->now + 60 * CLOCK_DAY));
		return;
	}
	sb_grant_read(call, &grant);
	grant.type = "authorization_code";
	if (sb_grant(call, &grant, &rules, &granted) == SB_GRANT_OK)
		reply_token(call, granted.access);
	else
		meta_fail(call, 400, 100, 36009, "This authorization code has been used.");
}

static const char *token_text(struct sb_call *call)
{
	const char *text = sb_authorization(call, "Bearer");

	if (!text)
		text = sb_authorization(call, "OAuth");
	return text ? text : meta_text(call, "access_token");
}

/* appsecret_proof: HMAC-SHA256 of the token under the app's secret. */
static bool proof_fits(struct sb_call *call, const char *token)
{
	const char *given = meta_text(call, "appsecret_proof");
	unsigned char mac[SHA256_SIZE];

	if (!given)
		return !sb_switch(call->account, "needs_proof");
	hmac_sha256(META_APP_SECRET, strlen(META_APP_SECRET), token, strlen(token), mac);
	return text_equal(given, hex_encode(call->arena, mac, sizeof(mac)));
}

/* The app's own token, "{app}|{secret}", speaks for the account "default". */
static bool is_app_token(struct sb_call *call, const char *text)
{
	if (!text_equal(text, META_APP "|" META_APP_SECRET))
		return false;
	call->account = sb_account_find(call->sandbox, call->vendor, "default");
	return call->account != NULL;
}

static bool authenticate(struct sb_call *call)
{
	const char *text = token_text(call);

	if (text_is_empty(text)) {
		meta_fail(call, 400, 2500, 0, "An active access token must be used to query "
					      "information about the current user.");
		return false;
	}
	if (is_app_token(call, text))
		return true;
	switch (sb_token_check(call, text)) {
	case SB_TOKEN_OK:
		break;
	case SB_TOKEN_EXPIRED:
		meta_fail(call, 400, 190, 463, "Error validating access token: Session has expired");
		return false;
	case SB_TOKEN_REVOKED:
		meta_fail(call, 400, 190, 460, "Error validating access token: The session has been "
					       "invalidated because the user changed their password");
		return false;
	case SB_TOKEN_MISSING:
	case SB_TOKEN_UNKNOWN:
		meta_fail(call, 401, 190, 0, "Invalid OAuth access token - Cannot parse access "
					     "token");
		return false;
	}
	if (proof_fits(call, text))
		return true;
	meta_fail(call, 400, 100, 0, "Invalid appsecret_proof provided in the API argument");
	return false;
}

/* --- limits --- */

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		meta_fail(call, 400, text_equal(call->route ? call->route->tag : NULL, "whatsapp") ?
					     130429 : 80005,
			  0, "There have been too many calls to this account. Wait a bit and try "
			     "again.");
		return;
	case SB_PROBLEM_EXPIRED:
		meta_fail(call, 400, 190, 463, "Error validating access token: Session has expired");
		return;
	case SB_PROBLEM_REVOKED:
		meta_fail(call, 400, 190, 460, "Error validating access token: The session has been "
					       "invalidated");
		return;
	case SB_PROBLEM_FORBIDDEN:
		meta_fail(call, 403, 200, 0, "(#200) Requires leads_retrieval permission");
		return;
	case SB_PROBLEM_LOCKED:
		meta_fail(call, 400, 4, 0, "(#4) Application request limit reached");
		return;
	case SB_PROBLEM_BAD_JSON:
		meta_fail(call, 400, 100, 0, "(#100) The parameter is not valid JSON");
		return;
	case SB_PROBLEM_SERVER:
	case SB_PROBLEM_FULL:
		meta_fail(call, status ? status : 500, 2, 0,
			  "Service temporarily unavailable");
		return;
	}
}

/* 200 x 24 x the leads of the page's last 90 days, in a day. */
static bool admit(struct sb_call *call)
{
	struct sb_window *window = sb_window_find(call->account, "leadgen");
	int64_t leads = (int64_t)sb_object_live(sb_object_find(call->account, "leads"));

	if (!text_equal(call->route ? call->route->tag : NULL, "leadgen"))
		return true;
	if (!sb_switch(call->account, "fixed_quota"))
		window->max = 200 * 24 * (leads ? leads : 1);
	if (sb_window_take(window, call->now, 1))
		return true;
	problem(call, SB_PROBLEM_RATE, 0);
	return false;
}

static void finish(struct sb_call *call)
{
	struct sb_window *window;
	int64_t used;

	if (call->reply_json)
		sb_reply_header(call, "Content-Type", "application/json; charset=UTF-8");
	sb_reply_header(call, "facebook-api-version", "v26.0");
	if (!call->account)
		return;
	window = sb_window_find(call->account, "leadgen");
	used = window->max ? 100 - 100 * sb_window_remaining(window, call->now) / window->max : 0;
	sb_reply_header(call, "X-App-Usage",
			arena_printf(call->arena,
				     "{\"call_count\":%lld,\"total_cputime\":1,\"total_time\":1}",
				     (long long)used));
	sb_reply_header(call, "X-Business-Use-Case-Usage",
			arena_printf(call->arena,
				     "{\"%s\":[{\"type\":\"leadgen\",\"call_count\":%lld,"
				     "\"total_cputime\":1,\"total_time\":1,"
				     "\"estimated_time_to_regain_access\":%d}]}",
				     META_APP, (long long)used, used >= 100 ? 60 : 0));
}

/* --- the vendor --- */

/* "/v26.0/710001" is looked up as "/710001". */
static const char *rewrite(struct sb_call *call, const char *path)
{
	char *end;
	long version;

	(void)call;
	if (!text_starts(path, "/v"))
		return path;
	version = strtol(path + 2, &end, 10);
	if (end == path + 2 || strncmp(end, ".0", 2) != 0 || (end[2] && end[2] != '/'))
		return path;
	return version < OLDEST || version > LATEST ? "/unknown_version" : *(end + 2) ? end + 2 : "/";
}

static void unknown_version(struct sb_call *call)
{
	meta_fail(call, 400, 2500, 0, "Unknown path components: use v%d.0 to v%d.0", OLDEST,
		  LATEST);
}

static const struct sb_route routes[] = {
	{ "*", "/unknown_version", unknown_version, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "*", "/dialog/oauth", authorize, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "*", "/oauth/access_token", exchange, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "POST", "/", NULL, 0, "batches of requests", 0 },
	{ "GET", "/me", show_me, 0, NULL, 0 },
	{ "GET", "/me/accounts", list_accounts, 0, NULL, 0 },
	{ "GET", "/{id}/leads", meta_list_form_leads, 0, "leadgen", 0 },
	{ "GET", "/{id}/leadgen_forms", list_forms, 0, "leadgen", 0 },
	{ "POST", "/{id}/subscriptions", meta_subscribe_app, 0, NULL, 0 },
	{ "GET", "/{id}/subscriptions", meta_list_subscriptions, 0, NULL, 0 },
	{ "DELETE", "/{id}/subscriptions", meta_drop_subscription, 0, NULL, 0 },
	{ "POST", "/{id}/subscribed_apps", meta_subscribe_node, 0, NULL, 0 },
	{ "GET", "/{id}/subscribed_apps", meta_list_subscribed, 0, NULL, 0 },
	{ "DELETE", "/{id}/subscribed_apps", meta_unsubscribe_node, 0, NULL, 0 },
	{ "POST", "/{id}/messages", whatsapp_send, 0, "whatsapp", 0 },
	{ "GET", "/{id}/message_templates", whatsapp_templates, 0, "whatsapp", 0 },
	{ "POST", "/{id}/message_templates", whatsapp_add_template, 0, "whatsapp", 0 },
	{ "DELETE", "/{id}/message_templates", whatsapp_drop_template, 0, "whatsapp", 0 },
	{ "POST", "/{id}/block_users", whatsapp_block, 0, "whatsapp", 0 },
	{ "GET", "/{id}", show_node, 0, "leadgen", 0 },
	{ "POST", "/{id}", change_node, 0, NULL, 0 },
	{ "*", "/{*}", NULL, 0, "ads, posts and media", 0 },
};

static const struct sb_switch_spec switches[] = {
	{ "needs_proof", 0, "1: calls without appsecret_proof are refused" },
	{ "fixed_quota", 0, "1: the limit `leadgen` stays as it was set, whatever leads there are" },
	{ "numeric_ids", 0, "1: ids in webhooks are JSON numbers, 0: texts" },
	{ "webhook_repeat", 0, "1: every webhook is posted twice" },
	{ "shuffle", 0, "1: statuses of a message come in another order" },
	{ "read_only_says_read", 0, "1: a message that is read is never told as delivered" },
	{ "hides_phones", 0, "1: people who write have a username and no phone: ids like IN.150" },
};

/* The tokens of accounts but the default one end with their number. */
static void open_token(struct sb_account *account, const char *name, const char *text)
{
	if (!text_equal(account->name, "default"))
		text = arena_printf(account->arena, "%s%u", text, account->number);
	sb_opening_token(account, name, text);
}

static void open(struct sb_account *account)
{
	open_token(account, "page_token", META_PAGE_TOKEN);
	open_token(account, "system_user_token", META_SYSTEM_TOKEN);
	sb_client_add(account, META_APP, META_APP_SECRET);
	sb_window_open(account, "leadgen", SB_ROLLING, CLOCK_DAY, 0);
	json_object_set_new(account->extra, "subscriptions", json_object());
	json_object_set_new(account->extra, "subscribed", json_object());
	meta_open_leads(account);
	whatsapp_open(account);
}

static void changed(struct sb_call *call, const struct sb_change *change)
{
	if (change->kind == SB_CREATED &&
	    text_equal(sb_object_spec(change->record->object)->name, "leads"))
		meta_lead_created(call, change->record);
}

static json_t *ids_of(struct sb_account *account, const char *object)
{
	const struct sb_object *records = sb_object_find(account, object);
	json_t *ids = json_array();

	for (size_t i = 0; i < sb_object_count(records); i++)
		json_array_append_new(ids, json_string(sb_object_record(records, i)->id));
	return ids;
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, NULL, out);
	json_object_set_new(out, "app_id", json_string(META_APP));
	json_object_set_new(out, "app_secret", json_string(META_APP_SECRET));
	json_object_set_new(out, "page_ids", ids_of(account, "pages"));
	json_object_set_new(out, "form_ids", ids_of(account, "forms"));
	json_object_set_new(out, "phone_number_ids", ids_of(account, "numbers"));
	json_object_set_new(out, "waba_id", sb_json_printf("20900%llu",
							   (unsigned long long)account->remote_id));
	json_object_set_new(out, "authorize", json_string("/meta/dialog/oauth"));
	json_object_set_new(out, "token", json_string("/meta/v26.0/oauth/access_token"));
}

static const char *const hosts[] = { "graph.facebook.com", "www.facebook.com", NULL };

const struct sb_vendor sb_meta = {
	.name = "meta",
	.title = "Meta",
	.hosts = hosts,
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = problem,
	.finish = finish,
	.changed = changed,
	.seed = meta_seed_lead,
	.write = whatsapp_write,
	.credentials = credentials,
};
