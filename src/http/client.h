/* client.h - sends HTTP. Threads: one at a time; each client has one thread that owns
 * it, and http_client_wake() may come from any.
 *
 * Behind this header stands libcurl multi. It follows no redirects, knows no proxy
 * from the environment, no netrc, no cookies; TLS is always verified. The address of
 * every socket is checked when it is connected, after resolution: private ones (RFC
 * 6890) only if an allowed network names them. The first client has SIGPIPE ignored
 * if nobody handles it. */
#ifndef HTTP_CLIENT_H
#define HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/http_message.h"

struct http_client;

/* A network that may be reached though it is private, with port (0: any). Plain http
 * is sent to these only. */
struct http_network {
	unsigned char address[16]; /* IPv6, or IPv4-mapped */
	int prefix;                /* bits of the 128 */
	int port;
};

/* Reads "127.0.0.1/32:9191", "10.1.0.0/16", "[fd00::]/8:443", "127.0.0.1:8090" (one
 * address). Errors: ERR_INVALID. */
int http_network_parse(const char *text, struct http_network *network, struct error *err);

struct http_client_config {
	const struct http_network *allowed; /* kept by reference */
	size_t nallowed;
	const char *user_agent;             /* "Fairlead/0.1.0" */
	const char *ca_file;                /* NULL: the system's; tests bring their own */
	int connections_per_host;           /* 0: libcurl's default */
};

struct http_client *http_client_new(const struct http_client_config *config);
/* Cancels what is under way, without calling `done`. */
void http_client_free(struct http_client *client);

/* What one exchange may take. Zero means the default beside it. */
struct http_limits {
	int connect_ms;   /* 5,000 */
	int total_ms;     /* 20,000: the hard limit of the whole exchange */
	size_t body_max;  /* 4 MiB of reply body */
	size_t headers_max; /* 16 KiB */

	/* Takes the body of a 2xx reply piece by piece instead of keeping it, within
	 * http_client_poll(); body_max does not count then. -1 breaks the exchange off:
	 * HTTP_LOST. NULL: the body is kept. */
	int (*sink)(void *context, const char *bytes, size_t len);
	void *sink_context;

	/* Asked when the connection stands and nothing was sent, which may be long after
	 * http_client_send(): false sends nothing, and the exchange is HTTP_NOT_SENT. NULL:
	 * it may. */
	bool (*may_begin)(void *context);
	void *may_begin_context;
};

typedef void http_done(void *context, struct http_reply *reply);

/* Sends `request` (absolute URL) and calls done(context, reply) from a later
 * http_client_poll(), also for failures: reply->failure tells how far it came. What a
 * connection refused to send, an address that is not allowed, an unreadable URL are
 * HTTP_NOT_SENT. `request`, its texts and `arena` live until `done`; the reply is the
 * arena's.
 *
 * GET and HEAD are sent once more, on a fresh connection, when a kept one dies before
 * the reply; nothing else is ever sent twice. Interim replies (1xx) and trailers are
 * left out, as are headers past the 64th and those that are not UTF-8. The body is as
 * it came, not decompressed. A reply without a length ends where its connection does,
 * which cannot be told from one that was cut: what reads the body must notice.
 *
 * Host, the lengths, Transfer-Encoding are not for `request` to set. */
void http_client_send(struct http_client *client, const struct http_request *request,
		      const struct http_limits *limits, struct arena *arena,
		      http_done *done, void *context);

/* A message for a mail server: "smtp://127.0.0.1:2525", which must be an allowed network, as
 * plain http must. `from` may be "": the null path of a bounce. */
struct http_mail {
	const char *url;
	const char *from, *to;
	const char *message; /* lines end with CR LF; dots are stuffed here */
	size_t len;
};

/* Hands the message over in a session of its own. The reply has the server's last code as
 * its status (250 when it took the message) and no headers; a server that was reached and
 * broke off is HTTP_LOST. Ownership and `done` as with http_client_send(). */
void http_client_mail(struct http_client *client, const struct http_mail *mail,
		      const struct http_limits *limits, struct arena *arena, http_done *done,
		      void *context);

/* Moves all exchanges on, waiting up to `timeout_ms` for something to happen (or for
 * http_client_wake()). Returns how many are still under way. */
int http_client_poll(struct http_client *client, int timeout_ms);
void http_client_wake(struct http_client *client);

/* One exchange from beginning to end, for commands and tests: sends and polls until
 * it is done. */
struct http_reply *http_client_fetch(struct http_client *client,
				     const struct http_request *request,
				     const struct http_limits *limits, struct arena *arena);

/* Whether an address may be connected to; `sockaddr` is a struct sockaddr_in or _in6.
 * For tests and for checks when settings are saved. */
bool http_address_allowed(const struct http_client_config *config, const void *sockaddr,
			  int port);

#endif
