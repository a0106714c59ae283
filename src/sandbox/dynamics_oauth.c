/* dynamics_oauth.c - how Microsoft Entra ID gives tokens for Dataverse (fact sheet 2).
 * Threads: under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/oauth.h"

#define IDLE_MS (90 * CLOCK_DAY)

static void make_text(struct sb_call *call, enum sb_token_kind kind, char text[200])
{
	char letters[121];

	sb_rng_text(&call->rng, SB_LETTERS, letters, 120);
	if (kind == SB_TOKEN_ACCESS)
		snprintf(text, 200, "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.%.80s.%s", letters,
			 letters + 80);
	else
		snprintf(text, 200, "%s%s", kind == SB_TOKEN_CODE ? "1.AXkA" : "0.AX0A", letters);
}

/* The account that what is presented belongs to; before it is known, the default one. */
static const struct sb_account *account_of(struct sb_call *call)
{
	const char *text = sb_form_or_query(call, "refresh_token");
	const struct sb_token *token;

	if (!text)
		text = sb_form_or_query(call, "code");
	token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;
	return token ? token->account :
		       sb_account_find(call->sandbox, call->vendor, "default");
}

static struct sb_oauth_rules rules_of(const struct sb_account *account)
{
	struct sb_oauth_rules rules = { .code_ms = 10 * CLOCK_MINUTE,
					.access_ms = 4599 * CLOCK_SECOND,
					.refresh_ms = IDLE_MS,
					.refresh = SB_REFRESH_ADDS,
					.make_text = make_text };

	if (!account)
		return rules;
	rules.access_ms = sb_switch(account, "access_ms");
	rules.needs_pkce = sb_switch(account, "needs_pkce");
	return rules;
}

/* The older endpoints ask for a resource where the newer ask for a scope. */
static bool is_older(const struct sb_call *call)
{
	return !strstr(call->path, "/v2.0/");
}

void dynamics_authorize(struct sb_call *call)
{
	struct sb_oauth_rules rules = rules_of(account_of(call));
	char session[SB_UUID_SIZE];

	sb_rng_uuid(&call->rng, session);
	sb_oauth_authorize(call, &rules,
			   arena_printf(call->arena, "&session_state=%s", session));
}

/* --- refusals --- */

static const struct failure {
	enum sb_grant_fault fault;
	int status;
	const char *error;
	int code;
	const char *text;
} failures[] = {
	{ SB_GRANT_NO_TYPE, 400, "invalid_request", 900144,
	  "The request body must contain the following parameter: 'grant_type'." },
	{ SB_GRANT_BAD_TYPE, 400, "unsupported_grant_type", 70003,
	  "The app requested an unsupported grant type." },
	{ SB_GRANT_BAD_CLIENT, 400, "unauthorized_client", 700016,
	  "Application with this identifier was not found in the directory." },
	{ SB_GRANT_BAD_SECRET, 401, "invalid_client", 7000215,
	  "Invalid client secret provided." },
	{ SB_GRANT_BAD_CODE, 400, "invalid_grant", 9002313,
	  "Invalid request. Request is malformed or invalid." },
	{ SB_GRANT_OLD_CODE, 400, "invalid_grant", 70008,
	  "The provided authorization code or refresh token has expired due to inactivity." },
	{ SB_GRANT_BAD_REDIRECT, 400, "invalid_grant", 500112,
	  "The reply address does not match the reply address provided when requesting "
	  "authorization code." },
	{ SB_GRANT_BAD_VERIFIER, 400, "invalid_grant", 501481,
	  "The Code_Verifier does not match the code_challenge supplied in the authorization "
	  "request." },
	{ SB_GRANT_BAD_REFRESH, 400, "invalid_grant", 9002313,
	  "Invalid request. Request is malformed or invalid." },
	{ SB_GRANT_OLD_REFRESH, 400, "invalid_grant", 700082,
	  "The refresh token has expired due to inactivity." },
	{ SB_GRANT_REVOKED, 400, "invalid_grant", 50173,
	  "The provided grant has expired due to it being revoked." },
	{ SB_GRANT_BUSY, 400, "invalid_grant", 50196, "The server ended the request." },
	{ SB_GRANT_BAD_ASSERTION, 401, "invalid_client", 700027,
	  "The certificate of the client assertion is not known." },
	{ SB_GRANT_OLD_ASSERTION, 401, "invalid_client", 700024,
	  "Client assertion is not within its valid time range." },
	{ SB_GRANT_BAD_SCOPE, 400, "invalid_scope", 1002012,
	  "The provided value for scope is not valid. Client credential flows must have a scope "
	  "value with /.default suffixed to the resource identifier." },
};

static const struct failure expired_secret = {
	SB_GRANT_BAD_SECRET, 401, "invalid_client", 7000222,
	"The provided client secret keys are expired."
};
static const struct failure no_resource = {
	SB_GRANT_BAD_SCOPE, 400, "invalid_request", 900144,
	"The request body must contain the following parameter: 'resource'."
};
static const struct failure no_scope = {
	SB_GRANT_BAD_SCOPE, 400, "invalid_request", 900144,
	"The request body must contain the following parameter: 'scope'."
};

static void refuse(struct sb_call *call, const struct failure *failure)
{
	char trace[SB_UUID_SIZE], correlation[SB_UUID_SIZE], time[CLOCK_TEXT_SIZE];

	sb_rng_uuid(&call->rng, trace);
	sb_rng_uuid(&call->rng, correlation);
	clock_format(call->now, time);
	sb_reply_json(call, failure->status,
		      json_pack("{ss so s[i] so ss ss}", "error", failure->error,
				"error_description",
				sb_json_printf("AADSTS%d: %s Trace ID: %s Correlation ID: %s "
					       "Timestamp: %.10s %.8sZ",
					       failure->code, failure->text, trace, correlation,
					       time, time + 11),
				"error_codes", failure->code, "timestamp",
				sb_json_printf("%.10s %.8sZ", time, time + 11), "trace_id", trace,
				"correlation_id", correlation));
}

static const struct failure *failure_of(enum sb_grant_fault fault)
{
	size_t i = 0;

	while (failures[i].fault != fault)
		i++;
	return &failures[i];
}

/* An app that asks for itself says for which environment: its host and "/.default". */
static const struct failure *scope_failure(struct sb_call *call, const struct sb_grant *grant)
{
	if (!text_equal(grant->type, "client_credentials"))
		return NULL;
	if (is_older(call))
		return text_is_empty(sb_form_or_query(call, "resource")) ? &no_resource : NULL;
	if (text_is_empty(grant->scope))
		return &no_scope;
	return text_ends(grant->scope, "/.default") ? NULL : failure_of(SB_GRANT_BAD_SCOPE);
}

/* --- answers --- */

static bool is_offline(const struct sb_call *call, const struct sb_token *token)
{
	return is_older(call) || sb_token_may(token, "offline_access");
}

/* What was asked for, without offline_access. */
static const char *scope_shown(struct sb_call *call, const struct sb_token *token)
{
	const char *at = token->scopes;
	struct buf buf;

	if (!at)
		return arena_printf(call->arena, "%s/user_impersonation", sb_base_url(call));
	buf_init(&buf, call->arena, strlen(at) + 1);
	while (*at) {
		size_t len = strcspn(at, " ");

		if (len && strncmp(at, "offline_access", len) != 0)
			buf_addf(&buf, "%s%.*s", buf.len ? " " : "", (int)len, at);
		at += len + (at[len] == ' ');
	}
	return buf_text(&buf);
}

/* The older endpoint gives numbers as text. */
static void add_life(struct sb_call *call, int64_t seconds, json_t *json)
{
	const char *names[] = { "expires_in", "ext_expires_in" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_object_set_new(json, names[i],
				    is_older(call) ? sb_json_printf("%lld", (long long)seconds) :
						     json_integer(seconds));
	if (!is_older(call))
		return;
	json_object_set_new(json, "expires_on",
			    sb_json_printf("%lld", (long long)(call->now / 1000 + seconds)));
	json_object_set_new(json, "resource", sb_json_printf("%s/", sb_base_url(call)));
}

static void reply_tokens(struct sb_call *call, const struct sb_granted *granted)
{
	json_t *json = json_pack("{ss}", "token_type", "Bearer");

	if (granted->refresh)
		json_object_set_new(json, "scope",
				    json_string(scope_shown(call, granted->access)));
	add_life(call, (granted->access->expires_at - call->now) / 1000, json);
	json_object_set_new(json, "access_token", json_string(granted->access->text));
	if (granted->refresh && is_offline(call, granted->access))
		json_object_set_new(json, "refresh_token", json_string(granted->refresh->text));
	sb_reply_json(call, 200, json);
}

void dynamics_token(struct sb_call *call)
{
	const struct sb_account *account = account_of(call);
	struct sb_oauth_rules rules = rules_of(account);
	const struct failure *failure;
	struct sb_granted granted;
	struct sb_grant grant;
	enum sb_grant_fault fault;

	sb_grant_read(call, &grant);
	failure = scope_failure(call, &grant);
	if (!failure && account && sb_switch(account, "secret_expired"))
		failure = &expired_secret;
	if (failure) {
		refuse(call, failure);
		return;
	}
	fault = sb_grant(call, &grant, &rules, &granted);
	if (fault == SB_GRANT_OK)
		reply_tokens(call, &granted);
	else
		refuse(call, failure_of(fault));
}
