/* registry.h - the connectors there are, and whether a connection's settings suit one.
 * Threads: pure. */
#ifndef CONNECTORS_REGISTRY_H
#define CONNECTORS_REGISTRY_H

#include "model/connector.h"

/* Every connector, in the order in which they are shown; ends with NULL. */
extern const struct connector *const connectors[];

/* The connector of that name, or NULL. */
const struct connector *connector_find(const char *name);

/* The connector of a connection with what its settings change: batch sizes, index lag,
 * objects, token endpoint. NULL when there is no connector of that name. The result is
 * the arena's and refers to the connection's settings; make it once per snapshot. */
const struct connector *connector_of(struct arena *arena,
				     const struct connection *connection);

/* Checks a connection's settings, an object or NULL, strictly: unknown names (with "did
 * you mean"), types, choices, what is required, and what the connector itself asks for.
 * `err` names the setting: `settings: unknown "base_ulr"; did you mean "base_url"?`. */
int connector_settings_check(const struct connector *connector, const json_t *settings,
			     struct error *err);

/* Where the API is: the setting base_url, else the connector's own; NULL when neither. */
const char *connector_base_url(const struct connector *connector,
			       const struct connection *connection);

/* Where access tokens come from: the setting token_url, else the connector's own path,
 * behind the base URL unless it is whole; NULL when nobody says. */
const char *connector_token_url(struct arena *arena, const struct connector *connector,
				const struct connection *connection);

/* How calls are signed: as the connection says if the connector knows that, else the
 * connector's first. */
enum auth connector_auth(const struct connector *connector,
			 const struct connection *connection);

/* Checks a whole connection when it is saved: that there is such a connector, that it
 * can be signed in to that way, and the settings. */
int connector_check(const struct connection *connection, struct error *err);

/* Checks the name of a secret that is given for a connection: whether it signs in with
 * such a one. */
int connector_check_secret(const struct connection *connection, const char *name,
			   struct error *err);

#endif
