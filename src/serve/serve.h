/* serve.h - the server: store, API and delivery worker, wired. Threads: the main thread
 * starts and stops it. */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "cli/command.h"
#include "serve/settings.h"

struct server;

/* Opens or creates the data folder (master key, admin token, store), starts to listen
 * and to deliver, and writes the folder's `address` for the commands of this machine.
 * `fd` is a socket that listens already, or -1. Errors say what is wrong and what to do. */
struct server *server_start(const struct serve_settings *settings, int fd,
			    struct error *err);

int server_port(const struct server *server);
const char *server_url(const struct server *server); /* for this machine: "http://[::1]:8080" */
struct store *server_store(struct server *server);

/* Takes no more requests, answers those under way, lets conversations with CRMs end,
 * closes the store. */
void server_stop(struct server *server, int wait_ms);

/* The command: runs until SIGTERM or SIGINT. Returns the exit code. */
int serve_command(int argc, char **argv);

/* A server and a sandbox CRM in one process, with something to look at. */
int demo_command(int argc, char **argv);

/* Makes every kept decision of a stopped store again and compares. Exit codes 0, 1, 2. */
int replay_command(int argc, char **argv);

/* Commands that are clients of a running server and open a stopped store themselves. */
extern const struct cli_verb audit_verbs[], backup_verbs[], doctor_verbs[], restore_verbs[];

#endif
