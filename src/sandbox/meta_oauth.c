/* meta_oauth.c - how Meta gives and takes tokens (sources 1.4). Threads: under the sandbox's
 * lock. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/meta.h"
#include "sandbox/oauth.h"

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

void meta_authorize(struct sb_call *call)
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
void meta_exchange(struct sb_call *call)
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

bool meta_authenticate(struct sb_call *call)
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
