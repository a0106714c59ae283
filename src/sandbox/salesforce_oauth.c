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
					.make_text = make_text };

	if (!account)
		return rules;
	rules.access_ms = sb_switch(account, "session_ms");
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

/* No expires_in: how long a session lives is the customer's. */
static json_t *token_json(struct sb_call *call, const struct sb_granted *granted)
{
	const char *base = sb_base_url(call), *scopes = granted->access->scopes;
	json_t *json = json_pack(
		"{ss ss ss so ss so}", "access_token", granted->access->text, "instance_url", base,
		"token_type", "Bearer", "id",
		sb_json_printf("%s/id/%s/%s", base, org_of(granted->account),
			       user_of(granted->account)),
		"scope", scopes ? scopes : "refresh_token api", "issued_at",
		sb_json_printf("%lld", (long long)call->now));

	if (granted->is_new_refresh && granted->refresh)
		json_object_set_new(json, "refresh_token", json_string(granted->refresh->text));
	json_object_set_new(json, "signature",
			    json_string(base64_encode(call->arena, granted->access->text, 32)));
	return json;
}

void sf_token(struct sb_call *call)
{
	struct sb_oauth_rules rules = rules_of(call);
	struct sb_granted granted;
	struct sb_grant grant;
	enum sb_grant_fault fault;

	sb_grant_read(call, &grant);
	grant.audience = "https://login.salesforce.com https://test.salesforce.com";
	fault = sb_grant(call, &grant, &rules, &granted);
	if (fault == SB_GRANT_OK)
		sb_reply_json(call, 200, token_json(call, &granted));
	else
		refuse(call, fault);
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
