/* registry.c - the connectors there are. Threads: pure. */
#include "connectors/registry.h"

#include "base/text.h"
#include "connectors/settings.h"

/* To add a connector, add its name here and its files to meson.build. */
#define CONNECTORS(X) X(hubspot) X(salesforce) X(rest)

#define DECLARE(name) extern const struct connector connector_##name;
#define ADDRESS(name) &connector_##name,

CONNECTORS(DECLARE)

const struct connector *const connectors[] = { CONNECTORS(ADDRESS) NULL };

const struct connector *connector_find(const char *name)
{
	for (size_t i = 0; connectors[i]; i++)
		if (text_equal(connectors[i]->name, name))
			return connectors[i];
	return NULL;
}

const struct connector *connector_of(struct arena *arena,
				     const struct connection *connection)
{
	const struct connector *connector = connector_find(connection->connector);
	struct connector *mine;

	if (!connector || !connector->adjust)
		return connector;
	mine = arena_memdup(arena, connector, sizeof(*mine));
	connector->adjust(arena, connection, mine);
	return mine;
}

const char *connector_base_url(const struct connector *connector,
			       const struct connection *connection)
{
	const char *own = connection_setting(connection, "base_url");

	return own ? own : connector->base_url;
}

const char *connector_token_url(struct arena *arena, const struct connector *connector,
				const struct connection *connection)
{
	const char *own = connection_setting(connection, "token_url");
	const char *path = connector->token_path;
	const char *base = connector_base_url(connector, connection);

	if (own || !path || *path != '/')
		return own ? own : path;
	return base ? arena_printf(arena, "%s%s", base, path) : NULL;
}

enum auth connector_auth(const struct connector *connector,
			 const struct connection *connection)
{
	for (size_t i = 0; connection->has_auth && i < connector->nauths; i++)
		if (connector->auths[i] == connection->auth)
			return connection->auth;
	return connector->auths[0];
}

int connector_settings_check(const struct connector *connector, const json_t *settings,
			     struct error *err)
{
	const struct connection connection = {
		.name = connector->name,
		.connector = connector->name,
		.settings = settings,
	};

	if (settings && !json_is_object(settings))
		return error_set(err, ERR_INVALID, "settings: not an object");
	if (settings_check(connector->settings, settings, "settings", err) < 0)
		return -1;
	return connector->validate ? connector->validate(&connection, err) : 0;
}

static int check_auth(const struct connector *connector,
		      const struct connection *connection, struct error *err)
{
	const char *words[16];
	size_t count = 0;

	if (!connection->has_auth || connector_auth(connector, connection) == connection->auth)
		return 0;
	for (; count < connector->nauths && count < ARRAY_LEN(words); count++)
		words[count] = auth_name(connector->auths[count]);
	return settings_unknown(err, "auth", auth_name(connection->auth), words, count);
}

int connector_check(const struct connection *connection, struct error *err)
{
	const struct connector *connector = connector_find(connection->connector);
	const char *words[32];
	size_t count = 0;

	if (connector)
		return check_auth(connector, connection, err) < 0 ?
			       -1 :
			       connector_settings_check(connector, connection->settings, err);
	for (; connectors[count] && count < ARRAY_LEN(words); count++)
		words[count] = connectors[count]->name;
	return settings_unknown(err, "connector", connection->connector, words, count);
}

int connector_check_secret(const struct connection *connection, const char *name,
			   struct error *err)
{
	const struct connector *connector = connector_find(connection->connector);
	enum auth auth = connector ? connector_auth(connector, connection) : AUTH_NONE;
	const char *const *names = auth_secrets(auth);
	size_t count = 0;

	for (; names[count]; count++)
		if (text_equal(names[count], name))
			return 0;
	if (count == 0)
		return error_set(err, ERR_INVALID, "secret: auth %s takes none", auth_name(auth));
	return settings_unknown(err, "secret", name, names, count);
}
