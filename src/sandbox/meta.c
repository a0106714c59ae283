/* meta.c - imitates Meta's Graph API: its versions, nodes and limits. Threads: under the
 * sandbox's lock. */
#include "sandbox/meta.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/vendor.h"
#include "sandbox/whatsapp.h"

#define OLDEST 19
#define LATEST 26

/* --- nodes --- */

static json_t *page_json(const struct sb_record *page)
{
	return json_pack("{ss so ss so ss}", "id", page->id, "name",
			 sb_record_value_of(page, "name"), "category", "Real Estate", "tasks",
			 json_pack("[sss]", "ADVERTISE", "MANAGE", "MESSAGING"), "access_token",
			 META_PAGE_TOKEN);
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
		all = page_json(record);
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
		json_array_append_new(list, page_json(sb_object_record(pages, i)));
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

/* --- limits --- */

/* 200 x 24 x the leads of the page's last 90 days, in a day. */
static bool admit(struct sb_call *call)
{
	struct sb_window *window = sb_window_find(call->account, "leadgen");
	int64_t leads = (int64_t)sb_object_live(sb_object_find(call->account, "leads"));

	if (meta_is_refused(call))
		return false;
	if (text_equal(call->route ? call->route->tag : NULL, "waba"))
		return sb_admit(call, "graph", 1);
	if (!text_equal(call->route ? call->route->tag : NULL, "leadgen"))
		return true;
	if (!sb_switch(call->account, "fixed_quota"))
		window->max = 200 * 24 * (leads ? leads : 1);
	return sb_admit(call, "leadgen", 1);
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
	{ "*", "/dialog/oauth", meta_authorize, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "*", "/oauth/access_token", meta_exchange, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
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
	{ "GET", "/{id}/message_templates", whatsapp_templates, 0, "waba", 0 },
	{ "POST", "/{id}/message_templates", whatsapp_add_template, 0, "waba", 0 },
	{ "DELETE", "/{id}/message_templates", whatsapp_drop_template, 0, "waba", 0 },
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
	{ "refuse_code", 0, "calls are refused with this code; -1: with the code 0" },
	{ "refuse_subcode", 0, "... and this error_subcode (190: 458, 460, 463, 467; 100: 33)" },
	{ "fail_code", 0, "messages are accepted, and fail with this code" },
	{ "held", 0, "messages are 0 accepted, 1 held_for_quality_assessment, 2 paused" },
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
	.authenticate = meta_authenticate,
	.admit = admit,
	.problem = meta_problem,
	.finish = finish,
	.changed = changed,
	.seed = meta_seed_lead,
	.write = whatsapp_write,
	.credentials = credentials,
};
