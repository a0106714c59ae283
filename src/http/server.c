/* server.c - receives HTTP: start, stop, figures. Threads: any one thread. */
#include "http/server_inside.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

static int bind_and_listen(const struct http_server_config *config, struct error *err)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *address = NULL;
	char port[8], what[96];
	int fd, on = 1;

	if (config->port < 0 || config->port > 65535)
		return error_set(err, ERR_INVALID, "port %d: not 0 to 65535", config->port);
	snprintf(port, sizeof(port), "%d", config->port);
	if (!config->address || getaddrinfo(config->address, port, &hints, &address) != 0)
		return error_set(err, ERR_INVALID, "address %.64s: not an IP address",
				 config->address ? config->address : "(none)");
	snprintf(what, sizeof(what), "listen on %.64s port %d", config->address, config->port);
	fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    bind(fd, address->ai_addr, address->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
		error_errno(err, what);
		if (fd >= 0)
			close(fd);
		fd = -1;
	}
	freeaddrinfo(address);
	return fd;
}

static int port_of(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
		return -1;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
	return address.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&address)->sin_port) :
					      0;
}

/* The library's pool of one connection: the request's line and headers, the reply's
 * headers, and room to read a body in passing. Twice the headers' limit, so that it
 * is we who refuse longer ones; up to 32 KiB it is cheap to have. */
static size_t pool_size(const struct http_server_config *config)
{
	size_t size = config->headers_max * 2;

	return size < (32u << 10) ? 32u << 10 : size;
}

static struct MHD_Daemon *start_library(struct http_server *server)
{
	const struct http_server_config *config = &server->config;
	struct MHD_OptionItem pool[] = {
		{ MHD_OPTION_THREAD_POOL_SIZE, config->threads, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (config->threads <= 1) /* a pool of one is no pool */
		pool[0].option = MHD_OPTION_END;
	/* Poll, never epoll: in epoll mode a resume from another thread was seen to be
	 * lost for good. TURBO leaves out the shutdown() before a close(). */
	return MHD_start_daemon(
		MHD_USE_POLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
			MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO,
		0, NULL, NULL, server_call_step, server,
		MHD_OPTION_LISTEN_SOCKET, server->listen_fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)config->connections_max,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)config->connections_per_peer,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, pool_size(config),
		MHD_OPTION_CONNECTION_TIMEOUT, 0u,
		MHD_OPTION_NOTIFY_CONNECTION, server_peer_notify, server,
		MHD_OPTION_URI_LOG_CALLBACK, server_call_line, server,
		MHD_OPTION_NOTIFY_COMPLETED, server_call_end, server,
		MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

static int check_config(const struct http_server_config *config, struct error *err)
{
	if (!config->begin || !config->handle || !config->problem)
		return error_set(err, ERR_INVALID, "server: a handler is missing");
	if (config->threads < 1 || config->threads > 64)
		return error_set(err, ERR_INVALID, "threads: not 1 to 64");
	if (config->connections_max < config->threads)
		return error_set(err, ERR_INVALID, "connections: fewer than threads");
	if (config->idle_ms < 1 || config->body_ms < 1)
		return error_set(err, ERR_INVALID, "idle or body time: not at least 1 ms");
	if (config->headers_max < 512 || config->headers_max > 1u << 20)
		return error_set(err, ERR_INVALID, "headers: not 512 bytes to 1 MiB");
	return 0;
}

static struct http_server *start(int fd, bool owns_port,
				 const struct http_server_config *config, struct error *err)
{
	struct http_server *server = calloc(1, sizeof(*server));

	if (!server)
		abort();
	server->config = *config;
	server->config.address = NULL; /* the caller's; we have the socket */
	server->listen_fd = fd;
	server->owns_port = owns_port;
	server->port = port_of(fd);
	if (server_watch_start(server, err) < 0) {
		close(fd);
		free(server);
		return NULL;
	}
	server->daemon = start_library(server);
	if (!server->daemon) {
		error_set(err, ERR_UNAVAILABLE, "HTTP server: cannot start its threads");
		server_watch_stop(server);
		close(fd);
		free(server);
		return NULL;
	}
	return server;
}

struct http_server *http_server_start(const struct http_server_config *config,
				      struct error *err)
{
	int fd;

	if (check_config(config, err) < 0)
		return NULL;
	fd = bind_and_listen(config, err);
	return fd < 0 ? NULL : start(fd, true, config, err);
}

struct http_server *http_server_start_on(int fd, const struct http_server_config *config,
					 struct error *err)
{
	int listens = 0;
	socklen_t len = sizeof(listens);

	if (check_config(config, err) < 0)
		return NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0 || !listens) {
		error_set(err, ERR_INVALID, "descriptor %d: not a listening socket", fd);
		return NULL;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	return start(fd, false, config, err);
}

int http_server_port(const struct http_server *server)
{
	return server->port;
}

void http_server_quiesce(struct http_server *server)
{
	if (atomic_exchange(&server->is_quiet, true))
		return;
	MHD_quiesce_daemon(server->daemon);
	/* Those who come now are refused at once. A socket that was handed to us stays
	 * open: its next owner finds them in the queue. */
	if (server->owns_port)
		shutdown(server->listen_fd, SHUT_RDWR);
	server_watch_cut(server, false);
}

/* Waits until the counter is 0; returns whether it was in time. */
static bool wait_for_none(_Atomic int64_t *counter, int64_t until_us)
{
	const struct timespec pause = { .tv_nsec = 2 * 1000 * 1000 };

	while (atomic_load(counter) > 0) {
		if (clock_mono_us() >= until_us)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

void http_server_stop(struct http_server *server, int wait_ms)
{
	int64_t until_us = clock_mono_us() + (int64_t)wait_ms * 1000;

	http_server_quiesce(server);
	wait_for_none(&server->calls_open, until_us);
	atomic_store(&server->is_stopping, true);
	server_watch_cut(server, true);
	/* The library cannot end while connections are suspended. If somebody breaks the
	 * promise to answer, keep everything: he still holds the call. */
	if (!wait_for_none(&server->calls_handed, until_us + 1000 * 1000))
		return;
	MHD_stop_daemon(server->daemon);
	server_watch_stop(server);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	free(server);
}

struct http_server_stats http_server_stats(const struct http_server *server)
{
	return (struct http_server_stats){
		.connections_open = atomic_load(&server->connections_open),
		.connections_total = atomic_load(&server->connections_total),
		.requests_total = atomic_load(&server->requests_total),
		.refused_busy = atomic_load(&server->refused_busy),
		.cut_headers = atomic_load(&server->cut_headers),
		.cut_body = atomic_load(&server->cut_body),
		.body_bytes_held = atomic_load(&server->body_bytes_held),
	};
}
