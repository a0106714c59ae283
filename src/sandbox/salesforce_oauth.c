/* salesforce_oauth.c - how Salesforce gives and takes tokens (fact sheet 2). Threads:
 * under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/salesforce.h"

static const char *org_of(const struct sb_account *account)
{
	return sb_object_record(sb_object_find(account, "Organization"), 0)->id;
}

static const char *user_of(const struct sb_account *account)
{
	return sb_object_record(sb_object_find(account, "User"), 0)->id;
}

static void make_text(struct sb_call *call, enum sb_token_kind kind, char text[200])
{
	char letters[81];

	sb_rng_text(&call->rng, SB_LETTERS, letters, 80);
	if (kind == SB_TOKEN_ACCESS && call->account)
		snprintf(text, 200, "%.15s!%s", org_of(call->account), letters);
	else
		snprintf(text, 200, "%s%s", kind == SB_TOKEN_CODE ? "aPrx" : "5Aep861", letters);
}

/* The rules of the account that a refresh token or client belongs to; before it is known,
 * of the default one. */
static struct sb_oauth_rules rules_of(struct sb_call *call)
{
	const char *refresh = sb_form_or_query(call, "refresh_token");
	const struct sb_token *token =
		refresh ? sb_token_find(call->sandbox, call->vendor, refresh) : NULL;
	const struct sb_account *account =
		token ? token->account : sb_account_find(call->sandbox, call->vendor, "default");
	struct sb_oauth_rules rules = { .code_ms = 15 * CLOCK_MINUTE,
					.access_ms = 2 * CLOCK_HOUR,
					.kills_family = true,
					.approvals_max = 5,
					.make_text = make_text };

	if (!account)
		return rules;
	rules.access_ms = sb_switch(account, "session_ms");
	rules.refresh_ms = sb_switch(account, "refresh_unused_ms");
	rules.busy_ms = sb_switch(account, "refresh_busy_ms");
	rules.needs_pkce = sb_switch(account, "needs_pkce");
	rules.refresh = sb_switch(account, "refresh_rotates") ? SB_REFRESH_ROTATES :
								SB_REFRESH_STAYS;
	return rules;
}

void sf_authorize(struct sb_call *call)
{
	struct sb_oauth_rules rules = rules_of(call);

	sb_oauth_authorize(call, &rules, NULL);
}

static const struct {
	enum sb_grant_fault fault;
	const char *error, *text;
} faults[] = {
	{ SB_GRANT_NO_TYPE, "unsupported_grant_type", "grant type not supported" },
	{ SB_GRANT_BAD_TYPE, "unsupported_grant_type", "grant type not supported" },
	{ SB_GRANT_BAD_CLIENT, "invalid_client_id", "client identifier invalid" },
	{ SB_GRANT_BAD_SECRET, "invalid_client", "invalid client credentials" },
	{ SB_GRANT_BAD_CODE, "invalid_grant", "invalid authorization code" },
	{ SB_GRANT_OLD_CODE, "invalid_grant", "expired authorization code" },
	{ SB_GRANT_BAD_REDIRECT, "redirect_uri_mismatch",
	  "redirect_uri must match configuration" },
	{ SB_GRANT_BAD_VERIFIER, "invalid_grant", "invalid code verifier" },
	{ SB_GRANT_BAD_REFRESH, "invalid_grant", "expired access/refresh token" },
	{ SB_GRANT_OLD_REFRESH, "invalid_grant", "expired access/refresh token" },
	{ SB_GRANT_REVOKED, "invalid_grant", "expired access/refresh token" },
	{ SB_GRANT_BUSY, "invalid_grant", "token request is already being processed" },
	{ SB_GRANT_BAD_ASSERTION, "invalid_grant", "invalid assertion" },
	{ SB_GRANT_OLD_ASSERTION, "invalid_grant", "assertion expired" },
	{ SB_GRANT_BAD_SCOPE, "invalid_scope", "the requested scope is not allowed" },
};

static void refuse(struct sb_call *call, enum sb_grant_fault fault)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (faults[i].fault == fault)
			sb_reply_json(call, 400,
				      json_pack("{ss ss}", "error", faults[i].error,
						"error_description", faults[i].text));
}

/* What the app asked for; without a refresh token less of it (2). */
static const char *scopes_of(struct sb_call *call, const struct sb_granted *granted)
{
	static const char *const stripped = "full|web|refresh_token";
	const char *at = granted->access->scopes;
	struct buf buf;

	if (granted->refresh)
		return at ? at : "refresh_token api";
	buf_init(&buf, call->arena, 4096);
	for (; at && *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		const char *word = arena_strndup(call->arena, at, len);

		at += len;
		if (!sb_has_word(stripped, word))
			buf_addf(&buf, "%s%s", buf.len ? " " : "", word);
	}
	return buf.len && !buf.is_over ? buf_text(&buf) : "api";
}

/* No expires_in: how long a session lives is the customer's. */
static json_t *token_json(struct sb_call *call, const struct sb_granted *granted)
{
	const char *base = sb_base_url(call);
	json_t *json = json_pack(
		"{ss ss ss so ss so}", "access_token", granted->access->text, "instance_url", base,
		"token_type", "Bearer", "id",
		sb_json_printf("%s/id/%s/%s", base, org_of(granted->account),
			       user_of(granted->account)),
		"scope", scopes_of(call, granted), "issued_at",
		sb_json_printf("%lld", (long long)call->now));

	if (granted->is_new_refresh && granted->refresh)
		json_object_set_new(json, "refresh_token", json_string(granted->refresh->text));
	json_object_set_new(json, "signature",
			    json_string(base64_encode(call->arena, granted->access->text, 32)));
	return json;
}

/* Who is let in is the first user: the one that integrates. */
static bool is_active_user(struct sb_call *call, const struct sb_account *account)
{
	const struct sb_record *user = sb_object_record(sb_object_find(account, "User"), 0);

	return !text_equal(sb_record_text_of(user, "IsActive", call->arena), "false");
}

/* A customer may end refresh tokens a while after they were given, or at once (2). */
static bool is_over(struct sb_call *call, const struct sb_grant *grant)
{
	const struct sb_token *token =
		grant->refresh_token ?
			sb_token_find(call->sandbox, call->vendor, grant->refresh_token) :
			NULL;
	int64_t life = token ? sb_switch(token->account, "refresh_life_ms") : 0;

	return life && token->issued_at + life <= call->now;
}

void sf_token(struct sb_call *call)
{
	struct sb_oauth_rules rules = rules_of(call);
	struct sb_granted granted;
	struct sb_grant grant;
	enum sb_grant_fault fault;

	sb_grant_read(call, &grant);
	grant.audience = "https://login.salesforce.com https://test.salesforce.com";
	fault = is_over(call, &grant) ? SB_GRANT_OLD_REFRESH :
					sb_grant(call, &grant, &rules, &granted);
	if (fault != SB_GRANT_OK)
		refuse(call, fault);
	else if (!is_active_user(call, granted.account))
		sb_reply_json(call, 400,
			      json_pack("{ss ss}", "error", "inactive_user", "error_description",
					"user is inactive"));
	else
		sb_reply_json(call, 200, token_json(call, &granted));
}

static bool is_live(const struct sb_call *call, const struct sb_token *token)
{
	return token && token->kind != SB_TOKEN_CODE && !token->is_revoked && !token->is_spent &&
	       (!token->expires_at || token->expires_at > call->now);
}

/* RFC 7662: the sheet has the address alone. */
void sf_introspect(struct sb_call *call)
{
	const char *id = sb_form(call, "client_id"), *secret = sb_form(call, "client_secret");
	const char *text = sb_form(call, "token");
	const struct sb_token *token;
	const struct sb_client *client;
	json_t *json;

	sb_basic(call, &id, &secret);
	client = id ? sb_client_find(call->sandbox, call->vendor, id) : NULL;
	if (!client || !secret || !text_equal_secret(client->secret, secret)) {
		refuse(call, client ? SB_GRANT_BAD_SECRET : SB_GRANT_BAD_CLIENT);
		return;
	}
	token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;
	if (!is_live(call, token)) {
		sb_reply_json(call, 200, json_pack("{sb}", "active", 0));
		return;
	}
	json = json_pack("{sb ss ss ss ss sI sI}", "active", 1, "scope",
			 token->scopes ? token->scopes : "refresh_token api", "client_id", id,
			 "sub", user_of(token->account), "token_type",
			 token->kind == SB_TOKEN_REFRESH ? "refresh_token" : "access_token", "iat",
			 (json_int_t)(token->issued_at / 1000), "nbf",
			 (json_int_t)(token->issued_at / 1000));
	if (token->expires_at)
		json_object_set_new(json, "exp",
				    json_integer((json_int_t)(token->expires_at / 1000)));
	sb_reply_json(call, 200, json);
}

void sf_revoke(struct sb_call *call)
{
	const char *text = sb_form_or_query(call, "token");
	struct sb_token *token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;

	if (!token || token->is_revoked) {
		sb_reply_json(call, 400,
			      json_pack("{ss ss}", "error", "unsupported_token_type",
					"error_description", "this token type is not supported"));
		return;
	}
	sb_token_revoke(call, token, token->kind == SB_TOKEN_REFRESH);
	sb_reply_empty(call, 200);
}

void sf_userinfo(struct sb_call *call)
{
	const struct sb_record *user =
		sb_object_record(sb_object_find(call->account, "User"), 0);

	sb_reply_json(call, 200,
		      json_pack("{ss ss ss ss* ss* ss* sb}", "user_id", user->id, "sub", user->id,
				"organization_id", org_of(call->account), "username",
				sb_record_text_of(user, "Username", call->arena), "display_name",
				sb_record_text_of(user, "Name", call->arena), "email",
				sb_record_text_of(user, "Email", call->arena), "active", 1));
}
