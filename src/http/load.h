/* load.h - asks a server as fast as it answers, or at a rate, and measures. Threads:
 * each run is its caller's, who may set *stop from another.
 *
 * Raw sockets and one epoll, and no more of HTTP than a status, a Content-Length and a
 * body, as it shares the machine with what it measures. */
#ifndef HTTP_LOAD_H
#define HTTP_LOAD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/histogram.h"

/* Writes request `n` (0, 1, 2...) as it goes over the wire into `room`, at most `size`
 * bytes; returns how many, 0 when there are no more. */
typedef size_t http_load_request(void *context, int64_t n, char *room, size_t size);

/* Is told of the reply to request `n`; `body` is there for the call, up to
 * HTTP_LOAD_BODY bytes of it. */
typedef void http_load_reply(void *context, int64_t n, int status, const char *body,
			     size_t body_len);

#define HTTP_LOAD_BODY (32u << 10)

struct http_load_config {
	const char *address;   /* "127.0.0.1" or "::1" */
	int port;
	int connections;       /* each has one request on its way at most */
	int64_t duration_us;   /* then no more are sent; 0: until there are no more */
	int64_t patience_us;   /* for the answers that are due then; 0: 10 s */
	double per_s;          /* 0: each connection asks again when it has its answer */
	size_t request_max;    /* bytes; 0: 16 KiB */
	http_load_request *request;
	http_load_reply *reply; /* or NULL */
	void *context;
	_Atomic bool *stop;    /* no more are sent once it is set; or NULL */
};

struct http_load_result {
	int64_t sent, replied; /* requests begun; those with a whole reply */
	int64_t lost;          /* the connection ended, or the reply was none */
	int64_t unanswered;    /* no reply came in time */
	int64_t statuses[600]; /* replies by status */
	int64_t took_us;       /* from the first request to the last reply */
	int64_t longest_gap_us; /* in which no reply came though one was due */
	int64_t cpu_us;        /* of the run's thread */
	/* From the request, at a rate from when it was due, to the reply's end, in us. */
	struct histogram latency;
};

/* Runs to its end. A connection that is closed is opened again; when the server takes
 * none, it ends with what there is. Errors: ERR_UNAVAILABLE when there was no
 * connection at first, ERR_INVALID. */
int http_load_run(const struct http_load_config *config, struct http_load_result *result,
		  struct error *err);

/* A request for http_load_request: returns its length, 0 if it does not fit. `headers`
 * are whole lines, "Authorization: Bearer x\r\n", or ""; the body is JSON unless one of them
 * says otherwise. */
size_t http_load_post(char *room, size_t size, const char *path, const char *headers,
		      const void *body, size_t body_len);

#endif
