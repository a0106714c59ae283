/* opening.c - what a vendor's open() gives to a new account. Threads: under the sandbox's
 * lock. */
#include "sandbox/opening.h"

#include <string.h>

#include "sandbox/oauth.h"
#include "sandbox/state.h"

struct sb_call sb_opening_call(struct sb_account *account, struct arena *arena)
{
	return (struct sb_call){
		.sandbox = account->sandbox,
		.arena = arena,
		.vendor = account->vendor,
		.account = account,
		.now = account->created_at,
	};
}

static bool is_default(const struct sb_account *account)
{
	return strcmp(account->name, "default") == 0;
}

const char *sb_opening_mark(struct sb_account *account)
{
	char id[SB_UUID_SIZE];

	if (is_default(account))
		return account->name;
	sb_rng_uuid(&account->rng, id);
	return arena_strdup(account->arena, id);
}

const char *sb_opening_key(struct sb_account *account, const char *letters,
			   const char *of_default)
{
	char *key = arena_strdup(account->arena, of_default);

	if (!is_default(account))
		sb_rng_text(&account->rng, letters, key, strlen(of_default));
	return key;
}

/* Where credentials() finds the token. */
static void keep(struct sb_account *account, const char *name, const char *text)
{
	json_t *kept = json_object_get(account->extra, "credentials");

	if (!kept) {
		kept = json_object();
		json_object_set_new(account->extra, "credentials", kept);
	}
	json_object_set_new(kept, name, json_string(text));
}

void sb_opening_token(struct sb_account *account, const char *name, const char *text)
{
	sb_token_add(account, SB_TOKEN_STATIC, text, NULL, 0);
	keep(account, name, text);
}

void sb_opening_refresh(struct sb_account *account, const struct sb_app *app, const char *text)
{
	struct sb_client *client =
		sb_client_add(account, app->client_id, app->client_secret);
	struct sb_token *refresh = sb_token_add(account, SB_TOKEN_REFRESH, text, NULL, 0);

	if (is_default(account))
		client->account = account;
	refresh->client = client;
	refresh->family = sb_hash(account->vendor->name) + account->number;
	keep(account, "refresh_token", text);
}

void sb_opening_tokens(struct sb_account *account, const struct sb_app *app,
		       const char *access, const char *refresh)
{
	const char *mark = sb_opening_mark(account);

	sb_opening_token(account, "access_token",
			 arena_printf(account->arena, "%s%s", access, mark));
	sb_opening_refresh(account, app,
			   arena_printf(account->arena, "%s%s", refresh, mark));
}

void sb_opening_credentials(const struct sb_account *account, const struct sb_app *app,
			    json_t *out)
{
	json_object_update(out, json_object_get(account->extra, "credentials"));
	if (!app)
		return;
	json_object_set_new(out, "client_id", json_string(app->client_id));
	json_object_set_new(out, "client_secret", json_string(app->client_secret));
	json_object_set_new(out, "authorize", json_string(app->authorize));
	json_object_set_new(out, "token", json_string(app->token));
}
