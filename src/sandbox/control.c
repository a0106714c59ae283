/* control.c - /_sandbox/: what a test, or a person, tells the sandbox. Threads: under
 * the sandbox's lock.
 *
 * Described for users in docs/sandbox.md. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/control_inside.h"
#include "sandbox/webhooks_inside.h"

#define NAME_MAX_LEN 63

void sb_control_refuse(struct sb_call *call, int status, const char *format, ...)
{
	va_list args;
	json_t *message;

	va_start(args, format);
	message = sb_json_vprintf(format, args);
	va_end(args);
	sb_reply_json(call, status,
		      json_pack("{ss so}", "error", status == 404 ? "not_found" :
						    status == 409 ? "conflict" :
								    "invalid",
				"message", message));
}

const json_t *sb_control_body(struct sb_call *call)
{
	struct error err = { 0 };
	const json_t *json = call->json;

	if (!json && !call->body_len)
		return json_keep(call->arena, json_object());
	if (!json)
		json = json_parse(call->arena, call->body, call->body_len, &sb_json_limits, &err);
	if (!json)
		sb_control_refuse(call, 400, "the body is not JSON: %s", err.message);
	return json;
}

struct sb_account *sb_control_account(struct sb_call *call)
{
	const struct sb_vendor *vendor = sb_vendor_find(sb_param(call, 0));
	struct sb_account *account =
		vendor ? sb_account_find(call->sandbox, vendor, sb_param(call, 1)) : NULL;

	if (!account) {
		sb_control_refuse(call, 404, "no account \"%s\" of \"%s\"", sb_param(call, 1),
				  sb_param(call, 0));
		return NULL;
	}
	call->vendor = vendor;
	call->account = account;
	return account;
}

bool sb_control_number(struct sb_call *call, const char *name, int64_t otherwise, int64_t low,
		       int64_t high, int64_t *number)
{
	const char *text = sb_query(call, name);

	*number = otherwise;
	if (!text || (text_int(text, number) && *number >= low && *number <= high))
		return true;
	sb_control_refuse(call, 400, "%s: not a whole number from %lld to %lld", name,
			  (long long)low, (long long)high);
	return false;
}

/* --- accounts --- */

static json_t *account_json(struct sb_account *account)
{
	json_t *credentials = json_object(), *counts = json_object();

	account->vendor->credentials(account, credentials);
	for (size_t i = 0; i < account->nobjects; i++)
		json_object_set_new(counts, sb_object_spec(account->objects[i])->name,
				    json_integer((json_int_t)sb_object_live(account->objects[i])));
	return json_pack("{ss ss ss sI so so so}", "vendor", account->vendor->name, "title",
			 account->vendor->title, "name", account->name, "remote_id",
			 (json_int_t)account->remote_id, "created_at",
			 sb_json_time(account->created_at), "credentials", credentials, "records",
			 counts);
}

static void list_accounts(struct sb_call *call)
{
	const char *vendor = sb_query(call, "vendor");
	json_t *list = json_array();

	for (struct sb_account *a = call->sandbox->accounts; a; a = a->next)
		if (!vendor || strcmp(a->vendor->name, vendor) == 0)
			json_array_append_new(list, account_json(a));
	sb_reply_json(call, 200, json_pack("{so}", "accounts", list));
}

static bool is_name(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-_");

	return len > 0 && len <= NAME_MAX_LEN && !text[len];
}

static void add_account(struct sb_call *call)
{
	const json_t *body = sb_control_body(call);
	const char *name = json_string_of(body, "name");
	const char *vendor_name = json_string_of(body, "vendor");
	const struct sb_vendor *vendor = vendor_name ? sb_vendor_find(vendor_name) : NULL;

	if (!body)
		return;
	if (!vendor)
		sb_control_refuse(call, 400, "vendor: not one of the sandbox's");
	else if (!name || !is_name(name))
		sb_control_refuse(call, 400, "name: 1 to %d of a-z 0-9 - _", NAME_MAX_LEN);
	else if (sb_account_find(call->sandbox, vendor, name))
		sb_control_refuse(call, 409, "name: there is an account \"%s\"", name);
	else if (call->sandbox->naccounts >= 10000)
		sb_control_refuse(call, 409, "there are 10000 accounts already");
	else
		sb_reply_json(call, 201,
			      account_json(sb_account_open(call->sandbox, vendor, name)));
}

static void show_account(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);

	if (account)
		sb_reply_json(call, 200, account_json(account));
}

static void reset_account(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);

	if (account)
		sb_reply_json(call, 200, account_json(sb_account_reset(account)));
}

static void drop_account(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);

	if (!account)
		return;
	sb_account_drop(account);
	call->account = NULL;
	sb_reply_empty(call, 204);
}

static void reset_all(struct sb_call *call)
{
	struct sandbox *sandbox = call->sandbox;
	struct sb_account *next;

	for (struct sb_account *a = sandbox->accounts; a; a = next) {
		next = a->next;
		if (strcmp(a->name, "default") == 0)
			sb_account_reset(a);
		else
			sb_account_drop(a);
	}
	sb_faults_clear(sandbox, NULL, NULL);
	sb_prospects_free(sandbox);
	sb_reply_empty(call, 204);
}

static void list_webhooks(struct sb_call *call)
{
	const char *vendor_name = sb_query(call, "vendor"), *name = sb_query(call, "account");
	const struct sb_vendor *vendor = vendor_name ? sb_vendor_find(vendor_name) : NULL;
	struct sb_account *account =
		vendor ? sb_account_find(call->sandbox, vendor, name ? name : "default") : NULL;

	if (vendor_name && !account)
		sb_control_refuse(call, 404, "no such account");
	else
		sb_reply_json(call, 200, json_pack("{so}", "webhooks",
						   sb_hooks_json(call->sandbox, account)));
}

static void show_page(struct sb_call *call)
{
	sb_reply_text(call, 200, "text/html; charset=utf-8", sb_ui_page, strlen(sb_ui_page));
	sb_reply_header(call, "Cache-Control", "no-store");
	sb_reply_header(call, "Content-Security-Policy",
			"default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "
			"'none'");
}

static void show_index(struct sb_call *call);

#define ACCOUNT "/accounts/{vendor}/{name}"

static const struct sb_route routes[] = {
	{ "GET", "/", show_index, 0, "this list", 0 },
	{ "GET", "/ui", show_page, 0, "a page for people", 0 },
	{ "GET", "/accounts", list_accounts, 0, "?vendor=", 0 },
	{ "POST", "/accounts", add_account, 0, "{vendor, name}", 0 },
	{ "GET", ACCOUNT, show_account, 0, "with credentials", 0 },
	{ "DELETE", ACCOUNT, drop_account, 0, "", 0 },
	{ "POST", ACCOUNT "/reset", reset_account, 0, "as new", 0 },
	{ "POST", "/reset", reset_all, 0, "default accounts as new, others gone", 0 },
	{ "POST", ACCOUNT "/seed", sb_control_seed, 0, "{count, seed, from}", 0 },
	{ "GET", ACCOUNT "/objects", sb_control_objects, 0, "with counts", 0 },
	{ "GET", ACCOUNT "/records/{object}", sb_control_records, 0,
	  "?limit=&after=&state=all, newest first", 0 },
	{ "POST", ACCOUNT "/records/{object}", sb_control_add_record, 0,
	  "{field: value}: as a user of the CRM", 0 },
	{ "GET", ACCOUNT "/records/{object}/{id}", sb_control_record, 0, "with history", 0 },
	{ "PATCH", ACCOUNT "/records/{object}/{id}", sb_control_edit_record, 0,
	  "{field: value}: as a user of the CRM", 0 },
	{ "DELETE", ACCOUNT "/records/{object}/{id}", sb_control_delete_record, 0,
	  "as a user of the CRM", 0 },
	{ "POST", ACCOUNT "/records/{object}/{id}/merge", sb_control_merge_record, 0,
	  "{into: id}: as a user of the CRM", 0 },
	{ "GET", ACCOUNT "/settings", sb_control_settings, 0, "switches, limits, lag", 0 },
	{ "PATCH", ACCOUNT "/settings", sb_control_set_settings, 0,
	  "{search_lag_ms, clock_skew_ms, switches: {}, limits: {}, public_key}", 0 },
	{ "GET", ACCOUNT "/schema/{object}", sb_control_schema, 0, "", 0 },
	{ "POST", ACCOUNT "/schema/{object}", sb_control_change_schema, 0,
	  "{field, change, to}", 0 },
	{ "POST", ACCOUNT "/tokens", sb_control_tokens, 0,
	  "{expire: TOKEN or *, revoke: TOKEN or *, add: {token, scopes, expires_in_s}}", 0 },
	{ "GET", "/ledger", sb_control_ledger, 0,
	  "?vendor=&account=&object=&verb=&id=&key=&after=&limit=", 0 },
	{ "GET", "/ledger/summary", sb_control_ledger_summary, 0,
	  "counts, and keys created more than once; ?vendor=&account=", 0 },
	{ "GET", "/requests", sb_control_requests, 0,
	  "newest first, and counts by status; ?vendor=&account=&limit=", 0 },
	{ "GET", "/faults", sb_control_faults, 0, "", 0 },
	{ "POST", "/faults", sb_control_add_fault, 0,
	  "{fault, when, vendor, account, method, path, body, probability, count, skip, status, "
	  "ms, index}",
	  0 },
	{ "DELETE", "/faults", sb_control_clear_faults, 0, "?vendor=&account=", 0 },
	{ "DELETE", "/faults/{id}", sb_control_remove_fault, 0, "", 0 },
	{ "GET", "/clock", sb_control_clock, 0, "", 0 },
	{ "POST", "/clock", sb_control_set_clock, 0, "{step_ms} or {set} or {freeze}", 0 },
	{ "GET", "/prospects", sb_control_prospects, 0, "who was told of, and what they do", 0 },
	{ "POST", "/prospects", sb_control_add_prospect, 0, "{address, script}", 0 },
	{ "POST", ACCOUNT "/inbound", sb_control_inbound, 0,
	  "{from, to, text}: a person writes by themselves", 0 },
	{ "DELETE", "/prospects/{address}", sb_control_drop_prospect, 0, "", 0 },
	{ "GET", "/webhooks", list_webhooks, 0, "queued and sent; ?vendor=&account=", 0 },
};

static void show_index(struct sb_call *call)
{
	json_t *list = json_array(), *vendors = json_array();

	for (size_t i = 0; i < ARRAY_LEN(routes); i++)
		json_array_append_new(list, json_pack("[sss]", routes[i].method,
						      routes[i].pattern, routes[i].tag));
	for (size_t i = 0; sb_vendors[i]; i++)
		json_array_append_new(vendors, json_string(sb_vendors[i]->name));
	sb_reply_json(call, 200,
		      json_pack("{ss sI so so}", "version", FAIRLEAD_VERSION, "seed",
				(json_int_t)call->sandbox->seed, "vendors", vendors, "control",
				list));
}

void sb_control(struct sb_call *call)
{
	static const size_t prefix_len = sizeof("/_sandbox") - 1;

	call->path = call->path[prefix_len] ? call->path + prefix_len : "/";
	call->route = sb_route_find(call, routes, ARRAY_LEN(routes));
	if (call->route)
		call->route->handle(call);
	else
		sb_control_refuse(call, 404, "no %s %s: see GET /_sandbox/", call->method,
				  call->path);
}
