/* oauth_inside.h - between the files of oauth.h. Threads: under the sandbox's lock. */
#ifndef SANDBOX_OAUTH_INSIDE_H
#define SANDBOX_OAUTH_INSIDE_H

#include "sandbox/oauth.h"

#define SB_GRANT_JWT "urn:ietf:params:oauth:grant-type:jwt-bearer"

/* A new code for what a user approved. Its family is new. */
struct sb_token *sb_code_issue(struct sb_call *call, const struct sb_oauth_rules *rules,
			       const struct sb_client *client, struct sb_account *account,
			       const char *scopes);

/* Reads grant->assertion: RS256 with the public key of the client that is its `iss`,
 * exp not past by more than 3 minutes, aud as grant->audience (a list separated by
 * blanks). The client goes to *client. */
enum sb_grant_fault sb_assertion_check(struct sb_call *call, const struct sb_grant *grant,
				       const struct sb_client **client);

#endif
