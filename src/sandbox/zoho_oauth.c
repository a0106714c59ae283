/* zoho_oauth.c - how Zoho gives and takes tokens, and its data centres (fact sheet 1, 2).
 * Threads: under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/zoho.h"

/* --- data centres (1) --- */

static const struct {
	const char *location, *domain, *accounts, *api;
} centres[] = {
	{ "eu", "zoho.eu", "accounts.zoho.eu", ".zohoapis.eu" },
	{ "us", "zoho.com", "accounts.zoho.com", ".zohoapis.com" },
	{ "in", "zoho.in", "accounts.zoho.in", ".zohoapis.in" },
	{ "au", "zoho.com.au", "accounts.zoho.com.au", ".zohoapis.com.au" },
	{ "jp", "zoho.jp", "accounts.zoho.jp", ".zohoapis.jp" },
	{ "cn", "zoho.com.cn", "accounts.zoho.com.cn", ".zohoapis.com.cn" },
	{ "ca", "zohocloud.ca", "accounts.zohocloud.ca", ".zohoapis.ca" },
	{ "sa", "zoho.sa", "accounts.zoho.sa", ".zohoapis.sa" },
};

static size_t centre_of(const struct sb_account *account)
{
	int64_t centre = account ? sb_switch(account, "data_centre") : 0;

	return centre >= 0 && (size_t)centre < ARRAY_LEN(centres) ? (size_t)centre : 0;
}

/* A host that names a data centre must be the account's; any other (loopback) is. */
bool zoho_is_of_centre(struct sb_call *call, const struct sb_account *account)
{
	const char *header = sb_header(call, "Host"), *host;

	if (!header)
		return true;
	host = arena_strndup(call->arena, header, strcspn(header, ":"));
	for (size_t i = 0; i < ARRAY_LEN(centres); i++)
		if (text_equal_nocase(host, centres[i].accounts) || text_ends(host, centres[i].api))
			return i == centre_of(account);
	return true;
}

/* --- tokens (2) --- */

#define ACCESS_MS CLOCK_HOUR
#define CODE_MS (2 * CLOCK_MINUTE)
#define REFRESHES_MAX 10
#define REFRESHES_MS (10 * CLOCK_MINUTE)
#define CONSENTS_MAX 5 /* new refresh tokens */
#define CONSENTS_MS CLOCK_MINUTE

static void make_text(struct sb_call *call, enum sb_token_kind kind, char text[200])
{
	char a[33], b[33];

	(void)kind;
	sb_rng_text(&call->rng, SB_HEX, a, 32);
	sb_rng_text(&call->rng, SB_HEX, b, 32);
	snprintf(text, 200, "1000.%s.%s", a, b);
}

static const struct sb_oauth_rules rules = {
	.code_ms = CODE_MS,
	.access_ms = ACCESS_MS,
	.refresh = SB_REFRESH_STAYS,
	.access_max = 30,
	.approvals_max = 20,
	.make_text = make_text,
};

/* Without access_type=offline there will be no refresh token: the code remembers. */
static void remember_access_type(struct sb_call *call)
{
	const char *location = http_header_find(&call->reply_headers, "Location");
	const char *mark = location ? strchr(location, '?') : NULL;
	const char *code = mark ? url_query_find(call->arena, mark + 1, "code") : NULL;
	struct sb_token *token = code ? sb_token_find(call->sandbox, call->vendor, code) : NULL;

	if (token && !text_equal(sb_form_or_query(call, "access_type"), "offline"))
		token->extra = json_pack("{sb}", "online", 1);
}

void zoho_authorize(struct sb_call *call)
{
	const char *name = sb_form_or_query(call, "sandbox_approve");
	const struct sb_account *account =
		name ? sb_account_find(call->sandbox, call->vendor, name) : NULL;
	struct buf more;

	buf_init(&more, call->arena, 4096);
	buf_addf(&more, "&location=%s&accounts-server=", centres[centre_of(account)].location);
	buf_add_url(&more, sb_base_url(call));
	sb_oauth_authorize(call, &rules, buf_text(&more));
	if (call->status == 302)
		remember_access_type(call);
}

static void fail(struct sb_call *call, const struct sb_account *account, const char *error)
{
	bool is_400 = account && sb_switch(account, "token_errors_400");

	sb_reply_json(call, is_400 ? 400 : 200, json_pack("{ss}", "error", error));
}

static const char *error_of(enum sb_grant_fault fault)
{
	switch (fault) {
	case SB_GRANT_BAD_CLIENT:
	case SB_GRANT_BAD_SECRET:
		return fault == SB_GRANT_BAD_CLIENT ? "invalid_client" : "invalid_client_secret";
	case SB_GRANT_BAD_REDIRECT:
		return "invalid_redirect_uri";
	case SB_GRANT_NO_TYPE:
	case SB_GRANT_BAD_TYPE:
		return "invalid_grant_type";
	case SB_GRANT_OK:
	case SB_GRANT_BAD_CODE:
	case SB_GRANT_OLD_CODE:
	case SB_GRANT_BAD_VERIFIER:
	case SB_GRANT_BAD_REFRESH:
	case SB_GRANT_OLD_REFRESH:
	case SB_GRANT_REVOKED:
	case SB_GRANT_BUSY:
	case SB_GRANT_BAD_ASSERTION:
	case SB_GRANT_OLD_ASSERTION:
	case SB_GRANT_BAD_SCOPE:
		break;
	}
	return "invalid_code";
}

/* Notes one more of the `times` if fewer than `max` were in the last `ms`; else refuses. */
static bool takes_one(struct sb_call *call, json_t *times, size_t max, int64_t ms)
{
	while (json_array_size(times) &&
	       json_integer_value(json_array_get(times, 0)) <= call->now - ms)
		json_array_remove(times, 0);
	if (json_array_size(times) < max) {
		json_array_append_new(times, json_integer(call->now));
		sb_touch(call);
		return true;
	}
	sb_reply_json(call, 400,
		      json_pack("{ss ss ss}", "error_description",
				"You have made too many requests continuously. Please try again "
				"after some time.",
				"error", "Access Denied", "status", "failure"));
	return false;
}

/* Ten access tokens of one refresh token in ten minutes, then none until they are past. */
static bool may_refresh(struct sb_call *call, struct sb_token *token)
{
	if (!token->extra)
		token->extra = json_pack("{s[]}", "times");
	return takes_one(call, json_object_get(token->extra, "times"), REFRESHES_MAX,
			 REFRESHES_MS);
}

/* Five refresh tokens of a user in a minute. */
static bool may_consent(struct sb_call *call, const struct sb_account *account)
{
	json_t *times = json_object_get(account->extra, "consents");

	if (!times) {
		times = json_array();
		json_object_set_new(account->extra, "consents", times);
	}
	return takes_one(call, times, CONSENTS_MAX, CONSENTS_MS);
}

/* A code that will give a refresh token. */
static bool is_offline_code(const struct sb_token *token)
{
	return token && token->kind == SB_TOKEN_CODE && !token->extra && !token->is_spent;
}

/* The token that the grant presents, of either kind, or NULL. */
static struct sb_token *presented(struct sb_call *call, const struct sb_grant *grant)
{
	const char *text = grant->refresh_token ? grant->refresh_token : grant->code;

	return text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;
}

/* Client credentials are for one org, and not for CRM unless the switch says so. */
static bool is_taken(struct sb_call *call, const struct sb_grant *grant,
		     const struct sb_account *account)
{
	const char *own = arena_printf(call->arena, "ZohoCRM.%llu",
				       (unsigned long long)(account ? account->remote_id : 0));

	if (text_equal(grant->type, "client_credentials"))
		return account && sb_switch(account, "client_credentials") &&
		       text_equal(sb_form_or_query(call, "soid"), own);
	return text_equal(grant->type, "authorization_code") ||
	       text_equal(grant->type, "refresh_token");
}

void zoho_token(struct sb_call *call)
{
	struct sb_granted granted;
	struct sb_grant grant;
	struct sb_token *token;
	const struct sb_account *account;
	enum sb_grant_fault fault;
	bool is_online;
	json_t *json;

	sb_grant_read(call, &grant);
	token = presented(call, &grant);
	account = token ? token->account : sb_account_find(call->sandbox, call->vendor, "default");
	if (!zoho_is_of_centre(call, account)) {
		fail(call, account, "invalid_client");
		return;
	}
	if (token && token->kind == SB_TOKEN_REFRESH && !token->is_revoked &&
	    !may_refresh(call, token))
		return;
	if (is_offline_code(token) && !may_consent(call, account))
		return;
	is_online = token && token->kind == SB_TOKEN_CODE && token->extra;
	fault = is_taken(call, &grant, account) ? sb_grant(call, &grant, &rules, &granted) :
						  SB_GRANT_BAD_TYPE;
	if (fault != SB_GRANT_OK) {
		fail(call, account, error_of(fault));
		return;
	}
	json = json_pack("{ss ss ss si}", "access_token", granted.access->text, "api_domain",
			 sb_base_url(call), "token_type", "Bearer", "expires_in",
			 (int)(ACCESS_MS / 1000));
	if (granted.is_new_refresh && granted.refresh && !is_online)
		json_object_set_new(json, "refresh_token", json_string(granted.refresh->text));
	sb_reply_json(call, 200, json);
}

void zoho_revoke(struct sb_call *call)
{
	const char *text = sb_form_or_query(call, "token");
	struct sb_token *token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;

	if (!token || token->is_revoked) {
		sb_reply_json(call, 400, json_pack("{ss ss}", "error", "invalid_code", "status",
						   "failure"));
		return;
	}
	sb_token_revoke(call, token, token->kind == SB_TOKEN_REFRESH);
	sb_touch(call);
	sb_reply_json(call, 200, json_pack("{ss}", "status", "success"));
}
