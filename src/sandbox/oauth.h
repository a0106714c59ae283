/* oauth.h - credentials of every kind: OAuth 2.0 with its grants, static tokens, basic.
 * Threads: under the sandbox's lock.
 *
 * The core keeps clients, codes and tokens and decides; the vendor reads the request,
 * sets the rules, and words answers and errors. */
#ifndef SANDBOX_OAUTH_H
#define SANDBOX_OAUTH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/account.h"
#include "sandbox/call.h"

/* An app that a vendor knows. Belongs to the vendor, not to one account. */
struct sb_client {
	const struct sb_vendor *vendor;
	const char *id, *secret;      /* secret NULL: a public client */
	const char *public_key;       /* PEM, for assertions; NULL: none */
	struct sb_account *account;   /* whose client credentials and assertions speak for */
	struct sb_client *next;
};

enum sb_token_kind { SB_TOKEN_STATIC, SB_TOKEN_ACCESS, SB_TOKEN_REFRESH, SB_TOKEN_CODE };

struct sb_token {
	const char *text;
	enum sb_token_kind kind;
	struct sb_account *account;
	const struct sb_client *client; /* NULL for static ones */
	const char *scopes;             /* separated by blanks; NULL: all */
	uint64_t family;                /* same for all that came of one approval; 0: none */
	int64_t issued_at, expires_at;  /* ms; expires_at 0: never */
	int64_t used_at;
	int64_t busy_until_us;          /* of clock_mono_us(): a refresh is under way */
	bool is_revoked;
	bool is_spent;                  /* a code that was exchanged, a refresh token that
					   was rotated */
	const char *redirect_uri, *challenge, *challenge_method; /* of a code */
	json_t *extra;                  /* the vendor's, or NULL */
	struct sb_token *next;          /* in its chain */
};

/* How a vendor's token endpoint behaves. */
struct sb_oauth_rules {
	int64_t code_ms, access_ms;   /* lives; access 0: never ends */
	int64_t refresh_ms;           /* since last use; 0: never ends */
	bool needs_pkce;              /* a code without a challenge is refused */
	enum { SB_REFRESH_STAYS, SB_REFRESH_ROTATES, SB_REFRESH_ADDS } refresh;
				      /* the same comes back or is left out; a new one and
					 the old is spent; a new one and the old goes on */
	bool kills_family;            /* a spent refresh token used again revokes all */
	int64_t busy_ms;              /* a second refresh within this time (real) after the
					 first, of the same token, is SB_GRANT_BUSY */
	int access_max;               /* live access tokens of one family; older ones are
					 revoked; 0: no limit */
	int approvals_max;            /* live refresh tokens that an app has of one account;
					 the oldest approval ends; 0: no limit */
	/* What a new token's text is: 64 of `letters` (SB_HEX...), or what make_text writes,
	 * at most 200 bytes with its NUL. */
	const char *letters;
	void (*make_text)(struct sb_call *call, enum sb_token_kind kind, char text[200]);
};

/* Why a grant was refused. */
enum sb_grant_fault {
	SB_GRANT_OK,
	SB_GRANT_NO_TYPE,       /* grant_type is missing */
	SB_GRANT_BAD_TYPE,      /* not one we know or the vendor allows */
	SB_GRANT_BAD_CLIENT,    /* unknown id */
	SB_GRANT_BAD_SECRET,
	SB_GRANT_BAD_CODE,      /* unknown, spent, of another client */
	SB_GRANT_OLD_CODE,
	SB_GRANT_BAD_REDIRECT,
	SB_GRANT_BAD_VERIFIER,  /* missing or does not fit the challenge */
	SB_GRANT_BAD_REFRESH,   /* unknown, spent, of another client */
	SB_GRANT_OLD_REFRESH,   /* unused for too long */
	SB_GRANT_REVOKED,
	SB_GRANT_BUSY,          /* the same token is being refreshed by another request */
	SB_GRANT_BAD_ASSERTION, /* unreadable, wrong signature or audience */
	SB_GRANT_OLD_ASSERTION,
	SB_GRANT_BAD_SCOPE,
};

/* What the token endpoint was asked; NULL for what was absent. The vendor fills it from
 * form, query or Authorization. */
struct sb_grant {
	const char *type;         /* "authorization_code", "refresh_token"... */
	const char *client_id, *client_secret;
	const char *code, *redirect_uri, *verifier;
	const char *refresh_token;
	const char *scope;
	const char *assertion;    /* a JWT */
	const char *audience;     /* what its aud must be; NULL: not checked */
};

/* What came of it; both tokens are NULL after a fault, refresh is NULL where none is
 * given. */
struct sb_granted {
	struct sb_token *access, *refresh;
	bool is_new_refresh;
	struct sb_account *account;
};

/* Fills the grant from form (else query) and, where given, HTTP basic. */
void sb_grant_read(struct sb_call *call, struct sb_grant *grant);

/* Does what the grant asks for: authorization_code, refresh_token, client_credentials,
 * urn:ietf:params:oauth:grant-type:jwt-bearer. On success call->account is set and the
 * ledger has an entry. */
enum sb_grant_fault sb_grant(struct sb_call *call, const struct sb_grant *grant,
			     const struct sb_oauth_rules *rules, struct sb_granted *out);

/* The authorize page. GET without a decision shows a page with the vendor's accounts and
 * buttons; GET or POST with sandbox_approve=ACCOUNT (or sandbox_deny=1) redirects with
 * code and state, as the page's form does; it may be to any http(s) address. Extra
 * parameters for the redirect ("&location=eu") may be NULL. */
void sb_oauth_authorize(struct sb_call *call, const struct sb_oauth_rules *rules,
			const char *more);

/* --- tokens --- */

struct sb_token *sb_token_add(struct sb_account *account, enum sb_token_kind kind,
			      const char *text, const char *scopes, int64_t expires_at);
struct sb_token *sb_token_find(struct sandbox *sandbox, const struct sb_vendor *vendor,
			       const char *text);

/* The token of an "Authorization: SCHEME token" header, or NULL. Any case of scheme. */
const char *sb_authorization(const struct sb_call *call, const char *scheme);

/* Cuts "user:password" of an Authorization: Basic header. Returns whether there is one. */
bool sb_basic(const struct sb_call *call, const char **user, const char **password);

enum sb_token_state {
	SB_TOKEN_OK,      /* call->account and call->token are set */
	SB_TOKEN_MISSING, /* `text` is NULL or "" */
	SB_TOKEN_UNKNOWN,
	SB_TOKEN_EXPIRED, /* call->token and call->account are set too */
	SB_TOKEN_REVOKED,
};

/* Static and access tokens only. */
enum sb_token_state sb_token_check(struct sb_call *call, const char *text);

/* Revokes a token; a refresh token with all of its family when `family`. */
void sb_token_revoke(struct sb_call *call, struct sb_token *token, bool family);

/* Whether `scope` is among the token's scopes (true when it has all). */
bool sb_token_may(const struct sb_token *token, const char *scope);

/* --- clients --- */

/* Adds a client of the account's vendor, or finds the one of that id. */
struct sb_client *sb_client_add(struct sb_account *account, const char *id,
				const char *secret);
/* Gives the clients that speak for an account a public key (PEM), by which assertions (JWT,
 * RS256) are checked; copied. False when it is no public key: then nothing changes. */
bool sb_client_set_key(struct sb_account *account, const char *pem);

struct sb_client *sb_client_find(struct sandbox *sandbox, const struct sb_vendor *vendor,
				 const char *id);

/* account.c's: forgets what belongs to an account. */
void sb_oauth_forget(struct sb_account *account);

#endif
