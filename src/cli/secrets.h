/* secrets.h - the secrets that a workspace file names, read on this machine. Private to
 * cli/. Threads: the main thread. */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

#include "cli/yaml.h"
#include "model/config.h"

#define SECRET_MAX 16384 /* bytes of one */

/* Reads what the items' `secret` members name: {env: NAME} from the environment, {file:
 * PATH} from a file, relative to the workspace file's folder, without the line end behind
 * it. Gives {connection: {name: text}} for the API, "secret" being the name of the only
 * one. Errors name file, line and column. */
int secrets_read(struct arena *arena, const struct yaml *yaml,
		 const struct config_item *items, size_t count, json_t **secrets,
		 struct error *err);

#endif
