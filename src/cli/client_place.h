/* client_place.h - where the server is and which token opens it. Private to cli/.
 * Threads: the main thread. */
#ifndef CLI_CLIENT_PLACE_H
#define CLI_CLIENT_PLACE_H

#include "cli/client.h"
#include "http/client.h"

struct client_place {
	const char *url;         /* without a slash at its end */
	const char *where;       /* who says so, for messages: "from --url" */
	const char *folder;      /* the data folder, when that said so, else NULL */
	const char *token;       /* NULL: a sandbox, which has none */
	const char *token_where; /* who gave it, for messages */
	const char *ca_file;     /* or NULL */
	enum cli_exit exit;      /* when there is none: what the command ends with */
};

/* Errors say what to give. */
int client_place_find(const struct cli *cli, struct client_place *place, struct error *err);

/* Networks that plain http may go to: this machine's and private ones. */
const struct http_network *client_place_networks(size_t *count);

#endif
