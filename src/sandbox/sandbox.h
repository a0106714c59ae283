/* sandbox.h - `fairlead sandbox`: imitates the vendors in one process. Threads: any may
 * start and stop one; the rest is inside.
 *
 * For tests it runs in their process: sandbox_start() with port 0, sandbox_port(). For
 * tests of one vendor's handlers without a socket there is sandbox_handle(). */
#ifndef SANDBOX_SANDBOX_H
#define SANDBOX_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/http_message.h"

struct sandbox;

/* How long mail waits for its peers, in ms; 0 is the default beside it. */
struct smtp_waits {
	int sign_in_ms; /* 60,000: for AUTH, from the connection on */
	int line_ms;    /* 300,000: for the next line */
	int message_ms; /* 600,000: for the end of a message */
};

struct sandbox_config {
	const char *address;  /* "127.0.0.1"; NULL: no server, sandbox_handle() only */
	int port;             /* 0 picks one */
	const char *smtp_address;  /* where mail is listened for; NULL: nowhere */
	int smtp_port;             /* 0 picks one */
	const char *smtps_address; /* the same, with TLS from the start */
	int smtps_port;
	struct smtp_waits smtp_waits;
	uint64_t seed;        /* 0: 1 */
	const char *journal;  /* a file, or NULL */
	size_t records_max;   /* in all accounts; 0: 2,000,000 */
	int threads;          /* of the server; 0: 4 */
	bool is_mute;         /* webhooks are queued and never sent: for fuzzing */
};

/* Opens the default account of every vendor and listens. Errors: ERR_UNAVAILABLE when
 * the address is taken, ERR_INVALID for the address or the journal. */
struct sandbox *sandbox_start(const struct sandbox_config *config, struct error *err);
int sandbox_port(const struct sandbox *sandbox);
int sandbox_smtp_port(const struct sandbox *sandbox, bool is_tls); /* 0: not listening */
void sandbox_stop(struct sandbox *sandbox);

/* One request without a socket: everything but the breaking of connections (a broken
 * answer has failure HTTP_LOST, delays are left out). request->url is "/path?query".
 * The reply is the arena's. Threads: any. */
struct http_reply *sandbox_handle(struct sandbox *sandbox, struct arena *arena,
				  const struct http_request *request);

/* The command: fairlead sandbox --listen HOST:PORT [--seed N] [--journal FILE]. */
int sandbox_command(int argc, char **argv);

#endif
