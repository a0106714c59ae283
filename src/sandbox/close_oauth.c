/* close_oauth.c - the authorize page and the token endpoints (2). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/oauth.h"

#define ACCESS_MS (3600 * 1000)
#define CODE_MS (60 * 1000)
#define SCOPES "all.full_access offline_access"

/* Refreshing gives a new refresh token and takes the old one away. */
static const struct sb_oauth_rules rules = {
	.code_ms = CODE_MS,
	.access_ms = ACCESS_MS,
	.refresh = SB_REFRESH_ROTATES,
	.letters = SB_LETTERS,
};

/* To https only, unless the rehearsal says that plain http will do. */
void sb_close_authorize(struct sb_call *call)
{
	const char *uri = sb_form_or_query(call, "redirect_uri");
	const char *name = sb_form_or_query(call, "sandbox_approve");
	const struct sb_account *account =
		sb_account_find(call->sandbox, call->vendor, name ? name : "default");
	bool is_by_http = account && sb_switch(account, "redirects_by_http");
	static const char why[] = "redirect_uri must be an https address (the sandbox's switch "
				  "redirects_by_http takes http too)\n";

	if (uri && text_starts(uri, "http://") && !is_by_http)
		sb_reply_text(call, 400, "text/plain; charset=utf-8", why, sizeof(why) - 1);
	else
		sb_oauth_authorize(call, &rules, NULL);
}

static void refuse(struct sb_call *call, enum sb_grant_fault fault)
{
	const char *error = fault == SB_GRANT_NO_TYPE  ? "invalid_request" :
			    fault == SB_GRANT_BAD_TYPE ? "unsupported_grant_type" :
							 "invalid_grant";

	if (fault == SB_GRANT_BAD_CLIENT || fault == SB_GRANT_BAD_SECRET)
		sb_reply_json(call, 401, json_pack("{ss}", "error", "invalid_client"));
	else
		sb_reply_json(call, 400, json_pack("{ss}", "error", error));
}

void sb_close_token(struct sb_call *call)
{
	enum sb_grant_fault fault = SB_GRANT_BAD_TYPE;
	struct sb_granted granted;
	struct sb_grant grant;

	sb_grant_read(call, &grant);
	if (text_is_empty(grant.type))
		fault = SB_GRANT_NO_TYPE;
	else if (strcmp(grant.type, "refresh_token") == 0 ||
		 strcmp(grant.type, "authorization_code") == 0)
		fault = sb_grant(call, &grant, &rules, &granted);
	if (fault != SB_GRANT_OK) {
		refuse(call, fault);
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{ss ss si ss ss ss ss}", "token_type", "Bearer", "access_token",
				granted.access->text, "expires_in", ACCESS_MS / 1000,
				"refresh_token", granted.refresh->text, "scope", SCOPES,
				"organization_id", sb_close_organization(call), "user_id",
				sb_close_user(call->account)->id));
}

void sb_close_revoke(struct sb_call *call)
{
	const char *id = sb_form(call, "client_id"), *secret = sb_form(call, "client_secret");
	const char *text = sb_form(call, "token");
	const struct sb_client *client =
		id ? sb_client_find(call->sandbox, call->vendor, id) : NULL;
	struct sb_token *token;

	if (!client || !secret || !text_equal_secret(client->secret, secret)) {
		refuse(call, SB_GRANT_BAD_CLIENT);
		return;
	}
	token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;
	if (token && token->client == client) {
		sb_token_revoke(call, token, token->kind == SB_TOKEN_REFRESH);
		sb_touch(call);
	}
	sb_reply_json(call, 200, json_object());
}
