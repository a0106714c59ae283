/* connection.h - one authorised CRM account, as configured. Threads: pure.
 *
 * Read from workspace.yaml's `connections` (docs/workspace.md). Never holds a secret:
 * those are in the store, sealed, and opened by deliver/ alone. */
#ifndef MODEL_CONNECTION_H
#define MODEL_CONNECTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/outcome.h"
#include "model/value.h"

enum auth {
	AUTH_NONE,
	AUTH_BEARER,             /* Authorization: Bearer SECRET */
	AUTH_BASIC,              /* user from the settings, SECRET the password */
	AUTH_HEADER,             /* a header named in the settings: SECRET */
	AUTH_HMAC,               /* a header with the HMAC-SHA-256 of the body */
	AUTH_OAUTH2,             /* access token, refreshed with a refresh token */
	AUTH_CLIENT_CREDENTIALS, /* access token from client id and secret */
};

enum assigns { ASSIGNS_FAIRLEAD, ASSIGNS_CRM };

struct delivery_limits {
	int concurrency;      /* calls at once; 0: the connector's */
	int calls;            /* calls per per_ms; 0: the connector's */
	int64_t per_ms;
	int64_t hold_ms;      /* how long a partial batch waits under load; default 200 */
	int64_t max_age_ms;   /* how long a delivery may wait for its connection; 72 h */
	struct retry_policy retry;
};

struct connection {
	int64_t id;
	const char *name;
	const char *connector;     /* "hubspot" */
	const json_t *settings;    /* the connector's own, checked against its list */
	enum auth auth;            /* as configured; AUTH_NONE with has_auth false: */
	bool has_auth;             /* false: take the connector's first */
	enum assigns assigns;
	const char **unset_owners; /* owner values that count as nobody */
	size_t nunset_owners;
	const char **unset_statuses;
	size_t nunset_statuses;
	struct delivery_limits limits;
	const char *notify;        /* name of a person, or NULL */
};

const char *auth_name(enum auth auth);
bool auth_parse(const char *name, enum auth *auth);

/* The names of the secrets that it signs in with; ended by NULL. "secret" alone may be
 * given without a name (docs/workspace.md). */
const char *const *auth_secrets(enum auth auth);

/* A text setting, or NULL; an integer setting, or `otherwise`. */
const char *connection_setting(const struct connection *connection, const char *name);
int64_t connection_number(const struct connection *connection, const char *name,
			  int64_t otherwise);

#endif
