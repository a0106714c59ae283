/* echo.h - the server under test with handlers that answer by the path. Threads: the
 * server's pool and one that answers later.
 *
 *     /echo         at once: method, path, query, peer and body as lines
 *     /later        the same from another thread
 *     /refuse       403 from `begin`
 *     /held         later, once echo_release() was called
 *     /reset /close breaks the connection; /later-reset, from another thread
 *     /stream?N     N bytes in pieces; /stream-broken?N breaks after them
 *     /part?SENT,DECLARED,MS
 *     /empty?STATUS no body
 */
#ifndef TESTS_HTTP_ECHO_H
#define TESTS_HTTP_ECHO_H

#include "http/server.h"

struct echo;

/* Zero fields mean what a test wants by default. body_max is 64 KiB. */
struct echo *echo_start(const struct http_server_config *config);
/* On a socket that listens already. */
struct echo *echo_start_on(int fd);
const struct http_server_config *echo_config(struct echo *echo);
struct http_server *echo_server(struct echo *echo);
int echo_port(struct echo *echo);
void echo_release(struct echo *echo);
/* Streams that were told that they are over. */
int echo_streams_done(struct echo *echo);
/* Calls that `handle` was given. */
int echo_handled(struct echo *echo);
/* Waits until as many calls are held; the test fails after 5 s. */
void echo_wait_held(struct echo *echo, int count);
void echo_stop(struct echo *echo);
/* Stops with this much patience; the test fails when that takes 2 s more. */
void echo_stop_within(struct echo *echo, int wait_ms);

#endif
