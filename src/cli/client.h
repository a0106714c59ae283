/* client.h - commands as clients of a server: found, spoken to, its refusals told.
 * Threads: the main thread.
 *
 * Where the server is, the first that says so: --url; --data DIR, whose server wrote
 * DIR/address and DIR/admin.token; FAIRLEAD_URL; FAIRLEAD_DATA; the user's own data folder.
 * A sandbox (CLI_SANDBOX): --sandbox, FAIRLEAD_SANDBOX, or SANDBOX_URL; it has no token.
 * The token: --token-file, FAIRLEAD_TOKEN_FILE, FAIRLEAD_TOKEN, or of a data folder its
 * admin.token. Plain http goes to this machine and private networks only. */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include "base/http_message.h"
#include "cli/command.h"

#define SANDBOX_URL "http://127.0.0.1:8090" /* where `fairlead sandbox` listens */
#define ADDRESS_FILE "address"         /* in a data folder: "http://127.0.0.1:8080" */
#define ADMIN_TOKEN_FILE "admin.token"

/* The data folder that the flags, the environment or the user's home name; NULL and err
 * when there is no home. */
const char *client_data_folder(const struct cli *cli, struct error *err);

/* The address of the server that runs on a data folder; NULL when none does. */
const char *client_address_in(struct arena *arena, const char *folder);

/* "/v1/leads/{}/why" with each {} replaced by the next text, percent-encoded. */
const char *client_path(struct arena *arena, const char *pattern, ...);

/* Adds "name=value", percent-encoded, to a path; NULL adds nothing. */
const char *client_with(struct arena *arena, const char *path, const char *name,
			const char *value);

/* The calls below return 0 with the answer's JSON in *answer (an empty object when it had
 * none; the arena's), or an exit code after saying on standard error what was wrong,
 * where, why and what to do. `answer` may be NULL. `body` NULL sends none. */
int client_get(struct cli *cli, const char *path, json_t **answer);
int client_post(struct cli *cli, const char *path, const json_t *body, json_t **answer);
int client_patch(struct cli *cli, const char *path, const json_t *body, json_t **answer);
int client_delete(struct cli *cli, const char *path, json_t **answer);

/* A call with everything that may be said about it. */
struct client_call {
	const char *method, *path;
	const char *content_type;      /* of the body; NULL: JSON */
	const void *body;
	size_t body_len;
	int wait_ms;                   /* for all of it; 0: 60,000 */
	/* Takes a 2xx answer in pieces instead of keeping it; -1 breaks off. */
	int (*sink)(void *context, const char *bytes, size_t len);
	void *context;
};

/* Sends it; the reply is `arena`'s. Returns 0 with *reply for any whole answer, 4xx and 5xx
 * too, or an exit code after saying that nobody answered. */
int client_send(struct cli *cli, const struct client_call *call, struct arena *arena,
		struct http_reply **reply);

/* Sends it and reads the answer, as client_get() does. */
int client_ask(struct cli *cli, const struct client_call *call, json_t **answer);

/* Says what a 4xx or 5xx answer says, and returns its exit code. */
int client_refused(struct cli *cli, const struct http_reply *reply);

/* The answer's body as JSON; 0, or an exit code after saying that it is none. */
int client_json(struct cli *cli, const struct http_reply *reply, json_t **answer);

/* All rows of a list by its cursor, as far as --limit and --all ask: {"items": [...],
 * "next_cursor": ...} in *answer, next_cursor null when nothing is left. */
int client_list(struct cli *cli, const char *path, json_t **answer);

/* For people: says that there are more rows than were shown, if so. */
void client_say_more(const struct cli *cli, const json_t *list);

void client_close(struct cli *cli);

#endif
