/* secrets.h - the secrets that a workspace file names, read on this machine. Private to
 * cli/. Threads: the main thread. */
#ifndef CLI_SECRETS_H
#define CLI_SECRETS_H

#include "cli/yaml.h"
#include "model/config.h"

#define SECRET_MAX 16384 /* bytes of one */

struct secrets {
	json_t *connections; /* {connection: {name: text}}, "secret" the name of the only one */
	const char *webhook; /* of the settings; NULL when the file names none */
};

/* Reads what the items' `secret` members and the settings' `webhook_secret` name: {env:
 * NAME} from the environment, {file: PATH} from a file, relative to the workspace file's
 * folder, without the line end behind it. Errors name file, line and column. */
int secrets_read(struct arena *arena, const struct yaml *yaml,
		 const struct config_item *items, size_t count, struct secrets *secrets,
		 struct error *err);

#endif
