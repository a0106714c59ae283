/* oauth.c - clients, tokens, grants. Threads: under the sandbox's lock. */
#include "sandbox/oauth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/text.h"
#include "sandbox/oauth_inside.h"
#include "sandbox/state.h"

/* --- clients --- */

struct sb_client *sb_client_find(struct sandbox *sandbox, const struct sb_vendor *vendor,
				 const char *id)
{
	struct sb_client *client = sandbox->clients;

	while (client && (client->vendor != vendor || strcmp(client->id, id) != 0))
		client = client->next;
	return client;
}

struct sb_client *sb_client_add(struct sb_account *account, const char *id,
				const char *secret)
{
	struct sandbox *sandbox = account->sandbox;
	struct sb_client *client = sb_client_find(sandbox, account->vendor, id);

	if (client) {
		if (!client->account)
			client->account = account;
		return client;
	}
	client = arena_alloc(sandbox->arena, sizeof(*client));
	client->vendor = account->vendor;
	client->id = arena_strdup(sandbox->arena, id);
	client->secret = arena_strdup(sandbox->arena, secret);
	client->account = account;
	client->next = sandbox->clients;
	sandbox->clients = client;
	return client;
}

/* --- tokens --- */

static struct sb_token **chain_of(struct sandbox *sandbox, const char *text)
{
	return &sandbox->tokens[sb_hash(text) % SB_TOKEN_CHAINS];
}

struct sb_token *sb_token_add(struct sb_account *account, enum sb_token_kind kind,
			      const char *text, const char *scopes, int64_t expires_at)
{
	struct sb_token *token = sb_alloc(sizeof(*token)), **chain;

	token->text = sb_copy(text);
	token->kind = kind;
	token->account = account;
	token->scopes = scopes ? sb_copy(scopes) : NULL;
	token->issued_at = token->used_at = sb_vclock_now(&account->sandbox->clock);
	token->expires_at = expires_at;
	chain = chain_of(account->sandbox, text);
	token->next = *chain;
	*chain = token;
	account->sandbox->writes++;
	return token;
}

struct sb_token *sb_token_find(struct sandbox *sandbox, const struct sb_vendor *vendor,
			       const char *text)
{
	struct sb_token *token = *chain_of(sandbox, text);

	while (token &&
	       (token->account->vendor != vendor || strcmp(token->text, text) != 0))
		token = token->next;
	return token;
}

static void token_free(struct sb_token *token)
{
	free((char *)token->text);
	free((char *)token->scopes);
	free((char *)token->redirect_uri);
	free((char *)token->challenge);
	free((char *)token->challenge_method);
	json_decref(token->extra);
	free(token);
}

void sb_oauth_forget(struct sb_account *account)
{
	struct sandbox *sandbox = account->sandbox;

	for (size_t i = 0; i < SB_TOKEN_CHAINS; i++) {
		struct sb_token **at = &sandbox->tokens[i];

		while (*at) {
			struct sb_token *token = *at;

			if (token->account != account) {
				at = &token->next;
				continue;
			}
			*at = token->next;
			token_free(token);
		}
	}
	for (struct sb_client *client = sandbox->clients; client; client = client->next)
		if (client->account == account)
			client->account = NULL;
}

const char *sb_authorization(const struct sb_call *call, const char *scheme)
{
	const char *value = sb_header(call, "Authorization");
	size_t len = strlen(scheme);

	if (!value || strncasecmp(value, scheme, len) != 0 || value[len] != ' ')
		return NULL;
	value += len;
	return value + strspn(value, " ");
}

bool sb_basic(const struct sb_call *call, const char **user, const char **password)
{
	const char *text = sb_authorization(call, "Basic");
	unsigned char *bytes;
	size_t len;
	char *colon;

	if (!text || base64_decode(call->arena, text, &bytes, &len, NULL) < 0 ||
	    !text_is_utf8((char *)bytes, len))
		return false;
	colon = strchr((char *)bytes, ':');
	if (!colon)
		return false;
	*colon = '\0';
	*user = (char *)bytes;
	*password = colon + 1;
	return true;
}

enum sb_token_state sb_token_check(struct sb_call *call, const char *text)
{
	struct sb_token *token;

	if (text_is_empty(text))
		return SB_TOKEN_MISSING;
	token = sb_token_find(call->sandbox, call->vendor, text);
	if (!token || (token->kind != SB_TOKEN_STATIC && token->kind != SB_TOKEN_ACCESS))
		return SB_TOKEN_UNKNOWN;
	call->account = token->account;
	call->token = token;
	if (token->is_revoked)
		return SB_TOKEN_REVOKED;
	if (token->expires_at && token->expires_at <= call->now)
		return SB_TOKEN_EXPIRED;
	token->used_at = call->now;
	return SB_TOKEN_OK;
}

static void revoke_family(struct sandbox *sandbox, uint64_t family)
{
	for (size_t i = 0; i < SB_TOKEN_CHAINS; i++)
		for (struct sb_token *token = sandbox->tokens[i]; token; token = token->next)
			if (token->family == family)
				token->is_revoked = true;
}

void sb_token_revoke(struct sb_call *call, struct sb_token *token, bool family)
{
	token->is_revoked = true;
	if (family && token->family)
		revoke_family(call->sandbox, token->family);
	call->account = token->account;
	sb_ledger_add(call, "token", "revoked", "", 0);
}

bool sb_token_may(const struct sb_token *token, const char *scope)
{
	size_t len = strlen(scope);

	if (!token || !token->scopes)
		return true;
	for (const char *at = token->scopes; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, scope, len) == 0 && (at[len] == ' ' || !at[len]))
			return true;
	}
	return false;
}

/* --- grants --- */

void sb_grant_read(struct sb_call *call, struct sb_grant *grant)
{
	*grant = (struct sb_grant){
		.type = sb_form_or_query(call, "grant_type"),
		.client_id = sb_form_or_query(call, "client_id"),
		.client_secret = sb_form_or_query(call, "client_secret"),
		.code = sb_form_or_query(call, "code"),
		.redirect_uri = sb_form_or_query(call, "redirect_uri"),
		.verifier = sb_form_or_query(call, "code_verifier"),
		.refresh_token = sb_form_or_query(call, "refresh_token"),
		.scope = sb_form_or_query(call, "scope"),
		.assertion = sb_form_or_query(call, "assertion"),
	};
	sb_basic(call, &grant->client_id, &grant->client_secret);
}

static struct sb_token *issue(struct sb_call *call, const struct sb_oauth_rules *rules,
			      enum sb_token_kind kind, const struct sb_token *like)
{
	int64_t life = kind == SB_TOKEN_ACCESS ? rules->access_ms :
		       kind == SB_TOKEN_CODE   ? rules->code_ms :
						 0;
	char text[200];
	struct sb_token *token;

	if (rules->make_text)
		rules->make_text(call, kind, text);
	else
		sb_rng_text(&call->rng, rules->letters, text, 64);
	token = sb_token_add(like->account, kind, text, like->scopes,
			     life ? call->now + life : 0);
	token->client = like->client;
	token->family = like->family;
	if (kind != SB_TOKEN_CODE)
		sb_ledger_add(call, "token",
			      kind == SB_TOKEN_ACCESS ? "issued" : "issued_refresh", "", 0);
	return token;
}

struct sb_token *sb_code_issue(struct sb_call *call, const struct sb_oauth_rules *rules,
			       const struct sb_client *client, struct sb_account *account,
			       const char *scopes)
{
	struct sb_token like = {
		.account = account,
		.client = client,
		.scopes = scopes,
		.family = call->id,
	};

	call->account = account;
	return issue(call, rules, SB_TOKEN_CODE, &like);
}

/* Access tokens are counted by family, refresh tokens by app and account. */
static bool is_alike(const struct sb_token *a, const struct sb_token *b)
{
	if (a->kind != b->kind || b->is_revoked || b->is_spent)
		return false;
	return a->kind == SB_TOKEN_ACCESS ? a->family == b->family :
					    a->client == b->client && a->account == b->account;
}

/* Ends the oldest of the live tokens like this one when there are more than `max`. */
static void hold_max(struct sb_call *call, const struct sb_token *like, int max)
{
	struct sb_token *oldest = NULL;
	int live = 0;

	if (!max || !like->family)
		return;
	for (size_t i = 0; i < SB_TOKEN_CHAINS; i++)
		for (struct sb_token *t = call->sandbox->tokens[i]; t; t = t->next) {
			if (!is_alike(like, t))
				continue;
			live++;
			if (!oldest || t->issued_at < oldest->issued_at)
				oldest = t;
		}
	if (live <= max)
		return;
	if (like->kind == SB_TOKEN_REFRESH)
		revoke_family(call->sandbox, oldest->family);
	oldest->is_revoked = true;
}

static bool verifier_fits(struct sb_call *call, const struct sb_token *code,
			  const char *verifier)
{
	unsigned char digest[SHA256_SIZE];

	if (!code->challenge)
		return true;
	if (!verifier)
		return false;
	if (text_equal(code->challenge_method, "plain"))
		return strcmp(verifier, code->challenge) == 0;
	sha256(verifier, strlen(verifier), digest);
	return strcmp(base64url_encode(call->arena, digest, sizeof(digest)),
		      code->challenge) == 0;
}

static enum sb_grant_fault exchange_code(struct sb_call *call, const struct sb_grant *grant,
					 const struct sb_client *client,
					 const struct sb_oauth_rules *rules,
					 struct sb_granted *out)
{
	struct sb_token *code = grant->code ? sb_token_find(call->sandbox, call->vendor,
							    grant->code) :
					      NULL;

	if (!code || code->kind != SB_TOKEN_CODE || code->client != client || code->is_revoked)
		return SB_GRANT_BAD_CODE;
	if (code->is_spent) {
		/* RFC 6749 4.1.2: used twice, so what it gave may be in wrong hands. */
		revoke_family(call->sandbox, code->family);
		call->sandbox->writes++;
		return SB_GRANT_BAD_CODE;
	}
	if (code->expires_at && code->expires_at <= call->now)
		return SB_GRANT_OLD_CODE;
	if (!text_equal(code->redirect_uri, grant->redirect_uri))
		return SB_GRANT_BAD_REDIRECT;
	if (!verifier_fits(call, code, grant->verifier))
		return SB_GRANT_BAD_VERIFIER;
	code->is_spent = true;
	call->account = code->account;
	out->access = issue(call, rules, SB_TOKEN_ACCESS, code);
	out->refresh = issue(call, rules, SB_TOKEN_REFRESH, code);
	out->is_new_refresh = true;
	hold_max(call, out->refresh, rules->approvals_max);
	return SB_GRANT_OK;
}

static enum sb_grant_fault check_refresh(struct sb_call *call, struct sb_token *refresh,
					 const struct sb_client *client,
					 const struct sb_oauth_rules *rules)
{
	if (!refresh || refresh->kind != SB_TOKEN_REFRESH || refresh->client != client)
		return SB_GRANT_BAD_REFRESH;
	if (refresh->is_revoked)
		return SB_GRANT_REVOKED;
	if (refresh->is_spent) {
		if (rules->kills_family)
			sb_token_revoke(call, refresh, true);
		return SB_GRANT_BAD_REFRESH;
	}
	if (rules->refresh_ms && refresh->used_at + rules->refresh_ms <= call->now)
		return SB_GRANT_OLD_REFRESH;
	if (rules->busy_ms && refresh->busy_until_us > clock_mono_us())
		return SB_GRANT_BUSY;
	return SB_GRANT_OK;
}

static enum sb_grant_fault refresh_token(struct sb_call *call, const struct sb_grant *grant,
					 const struct sb_client *client,
					 const struct sb_oauth_rules *rules,
					 struct sb_granted *out)
{
	struct sb_token *refresh = grant->refresh_token ?
					   sb_token_find(call->sandbox, call->vendor,
							 grant->refresh_token) :
					   NULL;
	enum sb_grant_fault fault = check_refresh(call, refresh, client, rules);

	if (fault != SB_GRANT_OK)
		return fault;
	refresh->used_at = call->now;
	refresh->busy_until_us = clock_mono_us() + rules->busy_ms * 1000;
	call->account = refresh->account;
	out->access = issue(call, rules, SB_TOKEN_ACCESS, refresh);
	out->refresh = refresh;
	if (rules->refresh != SB_REFRESH_STAYS) {
		out->refresh = issue(call, rules, SB_TOKEN_REFRESH, refresh);
		out->is_new_refresh = true;
		refresh->is_spent = rules->refresh == SB_REFRESH_ROTATES;
	}
	hold_max(call, out->access, rules->access_max);
	return SB_GRANT_OK;
}

static enum sb_grant_fault own_token(struct sb_call *call, const struct sb_grant *grant,
				     const struct sb_client *client,
				     const struct sb_oauth_rules *rules,
				     struct sb_granted *out)
{
	struct sb_token like = {
		.account = client->account,
		.client = client,
		.scopes = grant->scope,
	};

	if (!client->account)
		return SB_GRANT_BAD_CLIENT;
	call->account = client->account;
	out->access = issue(call, rules, SB_TOKEN_ACCESS, &like);
	return SB_GRANT_OK;
}

static enum sb_grant_fault assertion(struct sb_call *call, const struct sb_grant *grant,
				     const struct sb_oauth_rules *rules,
				     struct sb_granted *out)
{
	const struct sb_client *client = NULL;
	enum sb_grant_fault fault = sb_assertion_check(call, grant, &client);

	return fault == SB_GRANT_OK ? own_token(call, grant, client, rules, out) : fault;
}

enum sb_grant_fault sb_grant(struct sb_call *call, const struct sb_grant *grant,
			     const struct sb_oauth_rules *rules, struct sb_granted *out)
{
	const struct sb_client *client = NULL;
	enum sb_grant_fault fault = SB_GRANT_BAD_TYPE;

	*out = (struct sb_granted){ 0 };
	if (text_is_empty(grant->type))
		return SB_GRANT_NO_TYPE;
	if (strcmp(grant->type, SB_GRANT_JWT) == 0) {
		fault = assertion(call, grant, rules, out);
	} else {
		client = grant->client_id ? sb_client_find(call->sandbox, call->vendor,
							   grant->client_id) :
					    NULL;
		if (!client)
			return SB_GRANT_BAD_CLIENT;
		if (client->secret && (!grant->client_secret ||
				       !text_equal_secret(client->secret, grant->client_secret)))
			return SB_GRANT_BAD_SECRET;
		if (strcmp(grant->type, "authorization_code") == 0)
			fault = exchange_code(call, grant, client, rules, out);
		else if (strcmp(grant->type, "refresh_token") == 0)
			fault = refresh_token(call, grant, client, rules, out);
		else if (strcmp(grant->type, "client_credentials") == 0)
			fault = own_token(call, grant, client, rules, out);
	}
	out->account = call->account;
	return fault;
}
