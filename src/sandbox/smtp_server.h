/* smtp_server.h - listens for mail. Threads: one of its own moves all connections on; start
 * and stop are for the one that has the sandbox.
 *
 * At most 256 connections and 192 MiB of messages that are not whole yet; a connection has a
 * minute to sign in, five for each line (RFC 5321 4.5.3.2) and ten for a message, or what
 * `waits` says. */
#ifndef SANDBOX_SMTP_SERVER_H
#define SANDBOX_SMTP_SERVER_H

#include <stdbool.h>

#include "base/error.h"

struct sandbox;
struct smtp_server;
struct smtp_waits;

struct smtp_place {
	const char *address; /* "127.0.0.1"; NULL: does not listen */
	int port;            /* 0 picks one */
};

/* `plain` may be turned to TLS by STARTTLS; `tls` begins with it. At least one has an
 * address. Errors: ERR_UNAVAILABLE, ERR_INVALID. */
struct smtp_server *smtp_server_start(struct sandbox *sandbox, const struct smtp_place *plain,
				      const struct smtp_place *tls,
				      const struct smtp_waits *waits, struct error *err);

/* Ends the thread and all connections: nothing is asked of the sandbox any more. What is told
 * below stays true until smtp_server_free(). */
void smtp_server_stop(struct smtp_server *server);
void smtp_server_free(struct smtp_server *server);

/* 0: does not listen there. */
int smtp_server_port(const struct smtp_server *server, bool is_tls);

/* What a client must trust, as PEM. */
const char *smtp_server_certificate(const struct smtp_server *server);

#endif
