/* raw.h - sockets by hand: what no well-behaved client or server would send. Threads:
 * one at a time each. */
#ifndef TESTS_HTTP_RAW_H
#define TESTS_HTTP_RAW_H

#include <stdbool.h>
#include <stddef.h>

/* A connection to a port of 127.0.0.1; the test fails if there is none. */
int raw_connect(int port);
bool raw_can_connect(int port);
/* A socket that listens on a free port. */
int raw_listen(int *port);

void raw_send(int fd, const char *text);
/* Whether all of it went out: the peer may have closed. */
bool raw_try_send(int fd, const void *bytes, size_t len);

/* How a connection ended while we read from it. */
enum raw_end {
	RAW_CLOSED,
	RAW_RESET,
	RAW_SILENT, /* not within the time */
	RAW_FULL,   /* `size` is used up, or raw_reply() has its reply */
};

/* Reads into `text` (NUL-terminated) until the end, at most `wait_ms`. */
enum raw_end raw_read(int fd, char *text, size_t size, int wait_ms);

/* Reads one reply with its Content-Length and no more. */
enum raw_end raw_reply(int fd, char *text, size_t size, int wait_ms);

/* The status of a reply's first line, 0 if it is none; and its body. */
int raw_status(const char *reply);
const char *raw_body(const char *reply);

/* A server of scripts: for each connection, in turn, the thread runs script(fd, n,
 * context) and closes. Ends with raw_server_stop(). */
struct raw_server;
typedef void raw_script(int fd, int n, void *context);
struct raw_server *raw_server_start(raw_script *script, void *context);
int raw_server_port(const struct raw_server *server);
/* How many connections came. */
int raw_server_count(struct raw_server *server);
void raw_server_stop(struct raw_server *server);

/* Reads one request's headers and body by Content-Length; false when the peer closed
 * before. */
bool raw_read_request(int fd, char *text, size_t size);

/* Has close() send a reset. */
void raw_reset_on_close(int fd);

#endif
