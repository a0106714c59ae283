/* server.h - receives HTTP. Threads: the server's own pool calls the handlers;
 * http_answer() may come from any thread.
 *
 * Behind this header stands libmicrohttpd in poll mode. A call is handed over twice:
 * `begin` when its headers are read, to refuse it or to say how large a body it may
 * have, and `handle` when the body is there. `handle` answers at once or keeps the
 * call and has somebody answer later. */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/http_message.h"

struct http_server;

/* One request and its answer. Everything in it is the arena's, which lives until the
 * answer has been sent (and, for a call that was handed to somebody else, until
 * http_answer() was called, even when the peer has gone). */
struct http_call {
	struct arena *arena;
	const char *method;   /* "POST", upper case */
	/* As they came: printable, without blanks, but bytes over 0x7f may be anything
	 * and "%00" anything too. url_decode() each segment, each value; it refuses NUL
	 * and what is not UTF-8. */
	const char *path;     /* before the "?"; "*" for OPTIONS * */
	const char *query;    /* after the "?"; NULL if none */
	/* In their order, without blanks around; those that are not UTF-8 are left out,
	 * and trailers. */
	struct http_headers headers;
	const char *body;     /* NUL after body_len bytes; "" if none */
	size_t body_len;
	char peer[48];        /* the peer's address as text, without port */
	int64_t received_us;  /* clock_mono_us() when the headers were read */
	void *user;           /* the handler's own, NULL at first */
};

enum http_verdict { HTTP_TAKE, HTTP_REFUSE };

struct http_server_config {
	const char *address;    /* "127.0.0.1" or "::1" or "0.0.0.0" */
	int port;               /* 0 picks one: http_server_port() */
	int threads;            /* of the pool, at least 1 */
	int connections_max;    /* past it new connections wait in the backlog */
	int connections_per_peer; /* 0: no limit of its own */
	int idle_ms;            /* total from connect, or the last answer, to the end of
				   the next request's headers */
	int body_ms;            /* total from the end of headers to the end of the body */
	size_t headers_max;     /* bytes of the request line and headers */
	size_t budget;          /* bytes of all bodies being held at once; past it 503 */

	/* In the three below, `begin` and `problem` answer before they return.
	 *
	 * Decides on a request whose headers are there and whose body is not. To take it,
	 * sets *body_max (bytes) and returns HTTP_TAKE: a longer body, by Content-Length
	 * or as it comes, is answered 413 through `problem`. To refuse it, calls
	 * http_answer() and returns HTTP_REFUSE: the body is not kept. (One of up to
	 * 64 KiB is thrown away and the connection stays; after a longer one it is
	 * closed, gently, so that the peer reads the answer.) */
	enum http_verdict (*begin)(struct http_call *call, void *context,
				   size_t *body_max);

	/* Has the whole request. Somebody calls http_answer() once, now or later. */
	void (*handle)(struct http_call *call, void *context);

	/* Writes the body of an error that the server itself finds (400, 408, 413, 431,
	 * 503): calls http_answer() with `status`. `code` is a word: malformed, timeout,
	 * too_large, headers_too_large, busy; `detail` a sentence without full stop. The
	 * call may be without method, path and headers ("" and none). What the library
	 * cannot even read (a first line or a chunk that is none, headers of twice the
	 * limit) it refuses itself, with the right status and a page of its own. */
	void (*problem)(struct http_call *call, void *context, int status,
			const char *code, const char *detail);

	void *context;          /* given to the three above */
};

/* Starts to listen. Errors: ERR_UNAVAILABLE when the address is taken, ERR_INVALID. */
struct http_server *http_server_start(const struct http_server_config *config,
				      struct error *err);

/* Like http_server_start() on a socket that listens already (socket activation). */
struct http_server *http_server_start_on(int fd, const struct http_server_config *config,
					 struct error *err);

int http_server_port(const struct http_server *server);

/* Stops listening; calls under way may finish. Then, with http_server_stop(), waits
 * until all are answered or `wait_ms` is over, closes the rest and frees. Every call
 * that was handed over must have been answered before http_server_stop(). */
void http_server_quiesce(struct http_server *server);
void http_server_stop(struct http_server *server, int wait_ms);

/* Answers a call, once. `headers` may be NULL; Content-Length, Date and, for statuses
 * that have one, the body's Content-Type "application/json" unless `headers` names
 * another are added. `body` must be the call's arena's or constant. After this the
 * call must not be touched. Threads: any. */
void http_answer(struct http_call *call, int status, const struct http_headers *headers,
		 const void *body, size_t body_len);

/* Answers 200 and sends pieces as `next` gives them, without a Content-Length: long
 * lists and files in constant memory. `next` fills `room` bytes at most and returns
 * how many, 0 at the end, -1 to break the connection (the reader sees a truncated
 * reply). `done` is called once at the end in any case. Threads: `next` and `done`
 * run in the server's pool. */
typedef int64_t http_next(void *state, char *room, size_t len);
void http_answer_stream(struct http_call *call, int status,
			const struct http_headers *headers, http_next *next,
			void (*done)(void *state), void *state);

/* What a test harness does to a peer that asked for faults (the sandbox): breaks the
 * connection instead of answering. Threads: any. */
enum http_break {
	HTTP_BREAK_RESET, /* RST: unread and unsent bytes are lost */
	HTTP_BREAK_CLOSE, /* closes without an answer */
};
void http_answer_break(struct http_call *call, enum http_break how);

/* Answers with `declared_len` as Content-Length, sends `body_len` bytes, spread over
 * `drip_ms` in small pieces, and breaks the connection if that was not all: truncated
 * and dripping replies. Instead of a length, HTTP_CHUNKED sends the body in chunks and
 * ends them; HTTP_CHUNKED_CUT leaves the end out. `body` is constant or the arena's. */
#define HTTP_CHUNKED (-1)
#define HTTP_CHUNKED_CUT (-2)
void http_answer_partly(struct http_call *call, int status,
			const struct http_headers *headers, const void *body,
			size_t body_len, int64_t declared_len, int drip_ms);

/* Figures since the start, for /metrics. Threads: any. */
struct http_server_stats {
	int64_t connections_open, connections_total, requests_total;
	int64_t refused_busy;    /* 503 for the budget */
	int64_t cut_headers, cut_body; /* peers cut by a deadline */
	int64_t body_bytes_held;
};
struct http_server_stats http_server_stats(const struct http_server *server);

#endif
