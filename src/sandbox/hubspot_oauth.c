/* hubspot_oauth.c - the authorize page and the token endpoints (fact sheet 2). Threads:
 * under the sandbox's lock.
 *
 * The dated endpoints take parameters in the body only; the legacy ones in the query
 * too, and answer with the first four members only. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/oauth.h"

#define ACCESS_MS (1800 * 1000)
#define CODE_MS (600 * 1000)
#define USER_ID 9586504

static const char all_scopes[] =
	"oauth crm.objects.contacts.read crm.objects.contacts.write "
	"crm.schemas.contacts.read crm.schemas.contacts.write crm.objects.companies.read "
	"crm.objects.companies.write crm.schemas.companies.read crm.schemas.companies.write "
	"crm.objects.deals.read crm.objects.deals.write crm.schemas.deals.read "
	"crm.schemas.deals.write crm.objects.leads.read crm.objects.leads.write "
	"crm.objects.owners.read crm.import tickets";

static bool is_legacy(const struct sb_call *call)
{
	return text_starts(call->path, "/oauth/v1/");
}

/* Access tokens are long, as the vendor says they may be (2). */
static void make_text(struct sb_call *call, enum sb_token_kind kind, char text[200])
{
	char id[4][SB_UUID_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(id); i++)
		sb_rng_uuid(&call->rng, id[i]);
	if (kind == SB_TOKEN_ACCESS)
		snprintf(text, 200, "CKDZ%s%s%s%s", id[0], id[1], id[2], id[3]);
	else
		snprintf(text, 200, "%s", id[0]);
}

/* The account whose switches say how this grant behaves. */
static struct sb_account *account_of(struct sb_call *call)
{
	const char *refresh = sb_form_or_query(call, "refresh_token");
	const char *name = sb_form_or_query(call, "sandbox_approve");
	const struct sb_token *token =
		refresh ? sb_token_find(call->sandbox, call->vendor, refresh) : NULL;
	struct sb_account *account =
		name ? sb_account_find(call->sandbox, call->vendor, name) : NULL;

	if (token)
		return token->account;
	return account ? account : sb_account_find(call->sandbox, call->vendor, "default");
}

static struct sb_oauth_rules rules_of(struct sb_call *call)
{
	struct sb_account *account = account_of(call);
	struct sb_oauth_rules rules = {
		.code_ms = CODE_MS,
		.access_ms = ACCESS_MS,
		.needs_pkce = account && sb_switch(account, "needs_pkce"),
		.refresh = SB_REFRESH_STAYS,
		.make_text = make_text,
	};

	if (account && sb_switch(account, "refresh_rotates"))
		rules.refresh = SB_REFRESH_ROTATES;
	return rules;
}

void hubspot_authorize(struct sb_call *call)
{
	struct sb_oauth_rules rules = rules_of(call);

	sb_oauth_authorize(call, &rules, NULL);
}

/* --- the token endpoint --- */

static const struct {
	enum sb_grant_fault fault;
	const char *status, *message;
} faults[] = {
	{ SB_GRANT_NO_TYPE, "BAD_GRANT_TYPE", "missing or unknown grant type" },
	{ SB_GRANT_BAD_TYPE, "BAD_GRANT_TYPE", "missing or unknown grant type" },
	{ SB_GRANT_BAD_CLIENT, "BAD_CLIENT_ID", "missing or unknown client id" },
	{ SB_GRANT_BAD_SECRET, "BAD_CLIENT_SECRET", "missing or invalid client secret" },
	{ SB_GRANT_BAD_CODE, "BAD_AUTH_CODE", "missing or unknown auth code" },
	{ SB_GRANT_OLD_CODE, "EXPIRED_AUTH_CODE", "auth code has expired" },
	{ SB_GRANT_BAD_REDIRECT, "BAD_REDIRECT_URI", "missing or invalid redirect uri" },
	{ SB_GRANT_BAD_VERIFIER, "BAD_CODE_VERIFIER", "missing or invalid code verifier" },
};

static void refuse(struct sb_call *call, enum sb_grant_fault fault)
{
	const char *status = "BAD_REFRESH_TOKEN", *message = "missing or invalid refresh token";
	char id[SB_UUID_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
		if (faults[i].fault != fault)
			continue;
		status = faults[i].status;
		message = faults[i].message;
	}
	sb_rng_uuid(&call->rng, id);
	sb_reply_json(call, 400, json_pack("{ss ss ss}", "status", status, "message", message,
					   "correlationId", id));
}

static json_t *scopes_json(const struct sb_token *token)
{
	const char *at = token->scopes ? token->scopes : all_scopes;
	json_t *list = json_array();

	while (*at) {
		size_t len = strcspn(at, " ");

		if (len)
			json_array_append_new(list, json_stringn(at, len));
		at += len + (at[len] == ' ');
	}
	return list;
}

static int64_t seconds_left(const struct sb_call *call, const struct sb_token *token)
{
	return token->expires_at > call->now ? (token->expires_at - call->now) / 1000 : 0;
}

static json_t *granted_json(const struct sb_call *call, const struct sb_granted *granted)
{
	json_t *json = json_pack("{ss ss* sI ss}", "access_token", granted->access->text,
				 "refresh_token", granted->refresh ? granted->refresh->text : NULL,
				 "expires_in", (json_int_t)seconds_left(call, granted->access),
				 "token_type", "bearer");

	if (is_legacy(call))
		return json;
	json_object_set_new(json, "token_use", json_string("access_token"));
	json_object_set_new(json, "hub_id",
			    json_integer((json_int_t)granted->account->remote_id));
	json_object_set_new(json, "user_id", json_integer(USER_ID));
	json_object_set_new(json, "scopes", scopes_json(granted->access));
	return json;
}

static void read_body(const struct sb_call *call, struct sb_grant *grant)
{
	*grant = (struct sb_grant){
		.type = sb_form(call, "grant_type"),
		.client_id = sb_form(call, "client_id"),
		.client_secret = sb_form(call, "client_secret"),
		.code = sb_form(call, "code"),
		.redirect_uri = sb_form(call, "redirect_uri"),
		.verifier = sb_form(call, "code_verifier"),
		.refresh_token = sb_form(call, "refresh_token"),
		.scope = sb_form(call, "scope"),
	};
}

/* An app signs in for itself for the webhook journal alone (2, 7). */
static bool is_for_journal(struct sb_call *call, const struct sb_grant *grant)
{
	const char *at = grant->scope;

	if (is_legacy(call) || text_is_empty(at) || !text_equal(grant->type, "client_credentials"))
		return false;
	while (*at) {
		if (!text_starts(at, "webhooks-journal-"))
			return false;
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	return true;
}

void hubspot_token(struct sb_call *call)
{
	struct sb_oauth_rules rules = rules_of(call);
	enum sb_grant_fault fault = SB_GRANT_BAD_TYPE;
	struct sb_granted granted;
	struct sb_grant grant;

	if (is_legacy(call))
		sb_grant_read(call, &grant);
	else
		read_body(call, &grant);
	if (text_is_empty(grant.type) || strcmp(grant.type, "refresh_token") == 0 ||
	    strcmp(grant.type, "authorization_code") == 0 || is_for_journal(call, &grant))
		fault = sb_grant(call, &grant, &rules, &granted);
	if (fault == SB_GRANT_OK)
		sb_reply_json(call, 200, granted_json(call, &granted));
	else
		refuse(call, fault);
}

/* --- looking at tokens, and ending them --- */

static bool is_client(struct sb_call *call)
{
	const char *id = sb_form(call, "client_id"), *secret = sb_form(call, "client_secret");
	const struct sb_client *client =
		id ? sb_client_find(call->sandbox, call->vendor, id) : NULL;

	if (!client)
		refuse(call, SB_GRANT_BAD_CLIENT);
	else if (!secret || !text_equal_secret(client->secret, secret))
		refuse(call, SB_GRANT_BAD_SECRET);
	else
		return true;
	return false;
}

static bool is_active(const struct sb_call *call, const struct sb_token *token)
{
	return token && token->kind != SB_TOKEN_CODE && token->kind != SB_TOKEN_STATIC &&
	       !token->is_revoked && !token->is_spent &&
	       (!token->expires_at || token->expires_at > call->now);
}

static json_t *token_json(struct sb_call *call, const struct sb_token *token)
{
	json_t *json = json_pack("{sI so ss sI ss so}", "hub_id",
				 (json_int_t)token->account->remote_id, "hub_domain",
				 sb_json_printf("%s.sandbox.example", token->account->name),
				 "user", "rep@acme.example", "user_id", (json_int_t)USER_ID,
				 "client_id", token->client ? token->client->id : "", "scopes",
				 scopes_json(token));

	if (token->expires_at)
		json_object_set_new(json, "expires_in",
				    json_integer((json_int_t)seconds_left(call, token)));
	return json;
}

void hubspot_introspect(struct sb_call *call)
{
	const char *text = sb_form(call, "token");
	const struct sb_token *token;
	json_t *json;

	if (!is_client(call))
		return;
	token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;
	if (!is_active(call, token)) {
		sb_reply_json(call, 200, json_pack("{sb}", "active", 0));
		return;
	}
	json = token_json(call, token);
	json_object_set_new(json, "active", json_true());
	json_object_set_new(json, "token_use",
			    json_string(token->kind == SB_TOKEN_ACCESS ? "access_token" :
									 "refresh_token"));
	sb_reply_json(call, 200, json);
}

/* Only refresh tokens can be ended; the access tokens they gave live on (2). */
void hubspot_revoke(struct sb_call *call)
{
	const char *text = sb_form(call, "token");
	struct sb_token *token;

	if (!is_client(call))
		return;
	token = text ? sb_token_find(call->sandbox, call->vendor, text) : NULL;
	if (!token || token->kind != SB_TOKEN_REFRESH) {
		refuse(call, SB_GRANT_BAD_REFRESH);
		return;
	}
	sb_token_revoke(call, token, false);
	sb_touch(call);
	sb_reply_empty(call, 204);
}

static struct sb_token *token_of_path(struct sb_call *call, enum sb_token_kind kind)
{
	struct sb_token *token = sb_token_find(call->sandbox, call->vendor, sb_param(call, 0));

	if (is_active(call, token) && token->kind == kind)
		return token;
	hubspot_not_found(call);
	return NULL;
}

void hubspot_access_token_info(struct sb_call *call)
{
	const struct sb_token *token = token_of_path(call, SB_TOKEN_ACCESS);
	json_t *json = token ? token_json(call, token) : NULL;

	if (!json)
		return;
	json_object_set_new(json, "token", json_string(token->text));
	json_object_set_new(json, "token_type", json_string("access"));
	json_object_set_new(json, "app_id", json_integer(54321));
	sb_reply_json(call, 200, json);
}

void hubspot_refresh_token_info(struct sb_call *call)
{
	const struct sb_token *token = token_of_path(call, SB_TOKEN_REFRESH);
	json_t *json = token ? token_json(call, token) : NULL;

	if (!json)
		return;
	json_object_set_new(json, "token", json_string(token->text));
	json_object_set_new(json, "token_type", json_string("refresh"));
	sb_reply_json(call, 200, json);
}

void hubspot_delete_refresh_token(struct sb_call *call)
{
	struct sb_token *token = token_of_path(call, SB_TOKEN_REFRESH);

	if (!token)
		return;
	sb_token_revoke(call, token, false);
	sb_touch(call);
	sb_reply_empty(call, 204);
}
