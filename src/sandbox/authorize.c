/* authorize.c - the page on which a user lets an app in. Threads: under the sandbox's
 * lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/oauth_inside.h"
#include "sandbox/render.h"
#include "sandbox/state.h"

#define PAGE_MAX 65536

static void reply_page(struct sb_call *call, int status, struct buf *buf)
{
	const char *text;

	if (buf_end(buf, &text, NULL) < 0)
		text = "<!doctype html><title>Too long</title>";
	sb_reply_text(call, status, "text/html; charset=utf-8", text, strlen(text));
	sb_reply_header(call, "Cache-Control", "no-store");
}

static void add_head(struct buf *buf, const char *title)
{
	buf_add(buf, "<!doctype html><html lang=en><meta charset=utf-8>"
		     "<meta name=viewport content='width=device-width'><title>");
	sb_add_markup(buf, title);
	buf_add(buf, "</title><style>body{font:16px/1.5 system-ui;max-width:32rem;margin:4rem "
		     "auto;padding:0 1rem}button,select{font:inherit;padding:.4rem 1rem;"
		     "margin:.5rem .5rem 0 0}code{background:#eee;padding:0 .2rem}</style><h1>");
	sb_add_markup(buf, title);
	buf_add(buf, "</h1>");
}

static void refuse(struct sb_call *call, const char *why)
{
	struct buf buf;

	buf_init(&buf, call->arena, PAGE_MAX);
	add_head(&buf, "This app cannot be let in");
	buf_add(&buf, "<p>");
	sb_add_markup(&buf, why);
	reply_page(call, 400, &buf);
}

static bool is_web_address(const char *text)
{
	struct arena *arena = arena_new();
	struct url url;
	bool is_one = url_parse(arena, text, &url);

	arena_free(arena);
	return is_one;
}

static void redirect(struct sb_call *call, const char *uri, const char *name, const char *value,
		     const char *more)
{
	const char *state = sb_form_or_query(call, "state");
	struct buf buf;
	const char *text;

	buf_init(&buf, call->arena, 8192);
	buf_add(&buf, uri);
	buf_add(&buf, strchr(uri, '?') ? "&" : "?");
	buf_add(&buf, name);
	buf_add(&buf, "=");
	buf_add_url(&buf, value);
	if (state) {
		buf_add(&buf, "&state=");
		buf_add_url(&buf, state);
	}
	buf_add(&buf, more);
	if (buf_end(&buf, &text, NULL) < 0) {
		refuse(call, "state is too long");
		return;
	}
	sb_reply_empty(call, 302);
	sb_reply_header(call, "Location", text);
}

static void show_page(struct sb_call *call, const struct sb_client *client, const char *scopes)
{
	struct buf buf;
	const char *pair = call->query ? call->query : "";

	buf_init(&buf, call->arena, PAGE_MAX);
	add_head(&buf, arena_printf(call->arena, "%s (sandbox)", call->vendor->title));
	buf_add(&buf, "<p>The app <code>");
	sb_add_markup(&buf, client->id);
	buf_add(&buf, "</code> asks for: <code>");
	sb_add_markup(&buf, scopes ? scopes : "everything");
	buf_add(&buf, "</code></p><form method=post>");
	while (*pair) {
		size_t len = strcspn(pair, "&"), name = strcspn(pair, "=&");
		const char *key = url_decode(call->arena, pair, name, true);
		const char *value = name < len ? url_decode(call->arena, pair + name + 1,
							    len - name - 1, true) :
						 "";

		buf_add(&buf, "<input type=hidden name=\"");
		sb_add_markup(&buf, key ? key : "");
		buf_add(&buf, "\" value=\"");
		sb_add_markup(&buf, value ? value : "");
		buf_add(&buf, "\">");
		pair += len + (pair[len] == '&');
	}
	buf_add(&buf, "<label>Account <select name=sandbox_approve>");
	for (const struct sb_account *a = call->sandbox->accounts; a; a = a->next) {
		if (a->vendor != call->vendor)
			continue;
		buf_add(&buf, "<option>");
		sb_add_markup(&buf, a->name);
	}
	buf_add(&buf, "</select></label><br><button>Approve</button>"
		      "<button name=sandbox_deny value=1>Deny</button></form>");
	reply_page(call, 200, &buf);
}

static void approve(struct sb_call *call, const struct sb_oauth_rules *rules,
		    const struct sb_client *client, const char *account_name,
		    const char *scopes, const char *uri, const char *more)
{
	struct sb_account *account = sb_account_find(call->sandbox, call->vendor, account_name);
	const char *challenge = sb_form_or_query(call, "code_challenge");
	const char *method = sb_form_or_query(call, "code_challenge_method");
	struct sb_token *code;

	if (!account) {
		refuse(call, "there is no such account");
		return;
	}
	if (rules->needs_pkce && !challenge) {
		redirect(call, uri, "error", "invalid_request", more);
		return;
	}
	code = sb_code_issue(call, rules, client, account, scopes);
	code->redirect_uri = sb_copy(uri);
	code->challenge = challenge ? sb_copy(challenge) : NULL;
	code->challenge_method = method ? sb_copy(method) : NULL;
	redirect(call, uri, "code", code->text, more);
}

void sb_oauth_authorize(struct sb_call *call, const struct sb_oauth_rules *rules,
			const char *more)
{
	const char *id = sb_form_or_query(call, "client_id");
	const char *uri = sb_form_or_query(call, "redirect_uri");
	const char *account = sb_form_or_query(call, "sandbox_approve");
	const char *scopes = sb_form_or_query(call, "scope");
	const struct sb_client *client =
		id ? sb_client_find(call->sandbox, call->vendor, id) : NULL;

	if (!client) {
		refuse(call, "client_id is not that of an app");
		return;
	}
	if (!uri || !is_web_address(uri)) {
		refuse(call, "redirect_uri is not the app's");
		return;
	}
	if (sb_form_or_query(call, "sandbox_deny"))
		redirect(call, uri, "error", "access_denied", more);
	else if (account)
		approve(call, rules, client, account, scopes, uri, more);
	else
		show_page(call, client, scopes);
}
