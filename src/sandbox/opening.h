/* opening.h - what a vendor's open() gives to a new account: a call to make the first
 * records with, and what a user needs to connect. Threads: under the sandbox's lock.
 *
 *     static const struct sb_app app = { "acme-app", "acme-secret", "/acme/oauth/authorize",
 *                                        "/acme/oauth/token" };
 *
 *     in open:         sb_opening_token(account, "api_key", key);
 *                      sb_opening_refresh(account, &app, refresh);
 *     in credentials:  sb_opening_credentials(account, &app, out); */
#ifndef SANDBOX_OPENING_H
#define SANDBOX_OPENING_H

#include <jansson.h>

#include "sandbox/account.h"
#include "sandbox/call.h"

/* A call to make the first records with; `arena` is freed after the last of them. */
struct sb_call sb_opening_call(struct sb_account *account, struct arena *arena);

/* The app that a vendor knows from the start, and the paths (with the vendor's prefix) of
 * its authorize page and its token endpoint. */
struct sb_app {
	const char *client_id, *client_secret;
	const char *authorize, *token;
};

/* What the texts of an account's tokens end with, to be told from another's: "default" for
 * the account of that name, a UUID for any other. New at each call; the account's. */
const char *sb_opening_mark(struct sb_account *account);

/* A key for tokens whose texts are only letters: `of_default` for the account "default",
 * and for any other as many of `letters` (SB_HEX...). New at each call; the account's. */
const char *sb_opening_key(struct sb_account *account, const char *letters,
			   const char *of_default);

/* Adds a static token with all scopes that never ends. `name` ("api_key") is how the user
 * is told of it; both texts are copied. */
void sb_opening_token(struct sb_account *account, const char *name, const char *text);

/* Adds a refresh token of the app, and the app where the vendor has none yet: the user is
 * told of a "refresh_token". Its family is its own, so that revoking it ends what came of
 * it and nothing of another account. The app's own grants speak for "default". */
void sb_opening_refresh(struct sb_account *account, const struct sb_app *app, const char *text);

/* Adds both, "access_token" and "refresh_token": their texts are what is given here and
 * one mark behind it. */
void sb_opening_tokens(struct sb_account *account, const struct sb_app *app,
		       const char *access, const char *refresh);

/* Adds to `out` the tokens that were added above, in that order, then the app's
 * client_id, client_secret, authorize and token; `app` may be NULL. */
void sb_opening_credentials(const struct sb_account *account, const struct sb_app *app,
			    json_t *out);

#endif
