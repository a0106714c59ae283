/* connection.c - one authorised CRM account, as configured. Threads: pure. */
#include "model/connection.h"

#include "base/json.h"
#include "base/text.h"

static const char *const auth_names[] = {
	[AUTH_NONE] = "none",
	[AUTH_BEARER] = "bearer",
	[AUTH_BASIC] = "basic",
	[AUTH_HEADER] = "header",
	[AUTH_HMAC] = "hmac",
	[AUTH_OAUTH2] = "oauth2",
	[AUTH_CLIENT_CREDENTIALS] = "client_credentials",
};

const char *auth_name(enum auth auth)
{
	return auth_names[auth];
}

bool auth_parse(const char *name, enum auth *auth)
{
	for (size_t i = 0; i < ARRAY_LEN(auth_names); i++)
		if (text_equal(auth_names[i], name)) {
			*auth = (enum auth)i;
			return true;
		}
	return false;
}

const char *const *auth_secrets(enum auth auth)
{
	static const char *const none[] = { NULL };
	static const char *const one[] = { "secret", NULL };
	static const char *const client[] = { "client_id", "client_secret", "access_token",
					      NULL };
	static const char *const refresh[] = { "client_id", "client_secret", "refresh_token",
					       "access_token", NULL };

	switch (auth) {
	case AUTH_NONE:
		return none;
	case AUTH_OAUTH2:
		return refresh;
	case AUTH_CLIENT_CREDENTIALS:
		return client;
	default:
		return one;
	}
}

const char *connection_setting(const struct connection *connection, const char *name)
{
	return json_string_of(connection->settings, name);
}

int64_t connection_number(const struct connection *connection, const char *name,
			  int64_t otherwise)
{
	return json_int_of(connection->settings, name, otherwise);
}
