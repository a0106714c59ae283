/* pipedrive_oauth.c - the authorize page and the token endpoints (2). Threads: under the
 * sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/pipedrive.h"

#define ACCESS_MS (3599 * 1000)
#define CODE_MS (300 * 1000)
#define REFRESH_MS (60LL * 86400000)

static const char all_scopes[] =
	"base,contacts:full,leads:full,deals:full,activities:full,users:read,search:read,"
	"recents:read,contact-fields:full,deal-fields:full,admin";

static void make_text(struct sb_call *call, enum sb_token_kind kind, char text[200])
{
	char letters[181];

	if (kind == SB_TOKEN_ACCESS) {
		sb_rng_text(&call->rng, SB_LETTERS, letters, 180);
		snprintf(text, 200, "v1u:%s", letters);
		return;
	}
	sb_rng_text(&call->rng, SB_HEX, letters, 40);
	snprintf(text, 200, kind == SB_TOKEN_REFRESH ? "1:1:%s" : "%s", letters);
}

static const struct sb_oauth_rules rules = {
	.code_ms = CODE_MS,
	.access_ms = ACCESS_MS,
	.refresh_ms = REFRESH_MS,
	.refresh = SB_REFRESH_ROTATES,
	.make_text = make_text,
};

void sb_pipedrive_authorize(struct sb_call *call)
{
	sb_oauth_authorize(call, &rules, NULL);
}

static const struct {
	enum sb_grant_fault fault;
	const char *error, *message;
} faults[] = {
	{ SB_GRANT_NO_TYPE, "invalid_request", "Missing parameter: grant_type" },
	{ SB_GRANT_BAD_TYPE, "unsupported_grant_type",
	  "Unsupported grant type: grant_type is invalid" },
	{ SB_GRANT_BAD_CLIENT, "invalid_client", "Invalid client: client is invalid" },
	{ SB_GRANT_BAD_SECRET, "invalid_client", "Invalid client: client is invalid" },
	{ SB_GRANT_BAD_CODE, "invalid_grant", "Invalid grant: authorization_code is invalid" },
	{ SB_GRANT_OLD_CODE, "invalid_grant", "Invalid grant: authorization_code has expired" },
	{ SB_GRANT_BAD_REDIRECT, "invalid_request",
	  "Invalid request: redirect_uri does not match" },
};

static void refuse(struct sb_call *call, enum sb_grant_fault fault, bool has_client)
{
	const char *error = "invalid_grant", *message = "Invalid grant: refresh_token is invalid";

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (faults[i].fault != fault)
			continue;
		error = faults[i].error;
		message = faults[i].message;
	}
	if (!has_client) {
		error = "invalid_client";
		message = "Invalid client: cannot retrieve client credentials";
	}
	sb_reply_json(call, 400, json_pack("{sb ss ss}", "success", 0, "message", message,
					   "error", error));
}

void sb_pipedrive_token(struct sb_call *call)
{
	const char *user, *password;
	bool has_client = sb_basic(call, &user, &password);
	enum sb_grant_fault fault = SB_GRANT_BAD_CLIENT;
	struct sb_granted granted;
	struct sb_grant grant;

	sb_grant_read(call, &grant);
	if (text_is_empty(grant.type))
		fault = SB_GRANT_NO_TYPE;
	else if (strcmp(grant.type, "refresh_token") != 0 &&
		 strcmp(grant.type, "authorization_code") != 0)
		fault = SB_GRANT_BAD_TYPE;
	else if (has_client)
		fault = sb_grant(call, &grant, &rules, &granted);
	if (fault != SB_GRANT_OK) {
		refuse(call, fault, has_client || fault != SB_GRANT_BAD_CLIENT);
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{ss ss sI ss ss ss}", "access_token", granted.access->text,
				"token_type", "Bearer", "expires_in",
				(json_int_t)((granted.access->expires_at - call->now) / 1000),
				"refresh_token", granted.refresh->text, "scope",
				granted.access->scopes ? granted.access->scopes : all_scopes,
				"api_domain", sb_base_url(call)));
}

/* The refresh token takes all that came of it along: the app is uninstalled. */
void sb_pipedrive_revoke(struct sb_call *call)
{
	const char *id, *secret, *text = sb_form(call, "token");
	const struct sb_client *client =
		sb_basic(call, &id, &secret) ?
			sb_client_find(call->sandbox, call->vendor, id) :
			NULL;
	struct sb_token *token;

	if (!client || !text_equal_secret(client->secret, secret)) {
		refuse(call, SB_GRANT_BAD_CLIENT, client != NULL);
		return;
	}
	token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;
	if (token && token->client == client) {
		sb_token_revoke(call, token, token->kind == SB_TOKEN_REFRESH);
		sb_touch(call);
	}
	sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
}
