/* server_peer.c - the sockets of the server and their deadlines. Threads: the library's
 * own tell of sockets that come and go; the watch, one thread a server, cuts those past
 * their deadline, wakes drips and closes gently. They share the lists under peers_lock.
 *
 * The library's time-out starts again with each byte, so a peer that drips would stay
 * for ever: deadlines here are totals. The watch never closes a socket, it shuts it
 * down, and the library then finds it ended; as a peer leaves the list before the
 * library closes its socket, the number cannot be another's by then. */
#include "http/server_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* A socket that the library has closed after an early answer. While the peer still
 * sends, a plain close() would answer its bytes with a reset, and the reset would
 * destroy our answer before it is read. So a copy of the descriptor stays a while and
 * reads what comes. */
struct farewell {
	struct farewell *next;
	int fd;
	size_t left;      /* bytes that we still read for it */
	int64_t until_us;
};

#define FAREWELL_US (2 * 1000 * 1000)
#define FAREWELL_BYTES (64u << 20)
#define FAREWELL_TICK_US (10 * 1000)
#define FAREWELLS_MAX 256

static void address_text(const struct sockaddr *address, char text[48])
{
	const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

	text[0] = '\0';
	if (!address)
		return;
	if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, 48);
	else if (address->sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
		inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], text, 48);
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &six->sin6_addr, text, 48);
}

static struct peer *peer_new(struct http_server *server, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info;
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		abort();
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	peer->fd = info->connect_fd;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	address_text(info ? info->client_addr : NULL, peer->address);
	server_peer_phase(peer, PEER_FIRST,
			  clock_mono_us() + server->config.idle_ms * INT64_C(1000));

	pthread_mutex_lock(&server->peers_lock);
	peer->next = server->peers;
	peer->link = &server->peers;
	if (peer->next)
		peer->next->link = &peer->next;
	server->peers = peer;
	pthread_mutex_unlock(&server->peers_lock);
	atomic_fetch_add(&server->connections_open, 1);
	atomic_fetch_add(&server->connections_total, 1);
	return peer;
}

static void farewell_start(struct http_server *server, int fd)
{
	struct farewell *farewell;
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (copy < 0)
		return;
	shutdown(copy, SHUT_WR);
	farewell = calloc(1, sizeof(*farewell));
	if (!farewell)
		abort();
	*farewell = (struct farewell){ .next = server->new_farewells,
				   .fd = copy,
				   .left = FAREWELL_BYTES,
				   .until_us = clock_mono_us() + FAREWELL_US };
	server->new_farewells = farewell;
	server->nfarewells++;
	pthread_cond_signal(&server->watch_wake);
}

static void peer_free(struct http_server *server, struct peer *peer)
{
	pthread_mutex_lock(&server->peers_lock);
	*peer->link = peer->next;
	if (peer->next)
		peer->next->link = peer->link;
	if (peer->lingers && server->nfarewells < FAREWELLS_MAX && !server->watch_ends)
		farewell_start(server, peer->fd);
	pthread_mutex_unlock(&server->peers_lock);
	if (peer->is_cut && peer->phase == PEER_FIRST)
		atomic_fetch_add(&server->cut_headers, 1);
	atomic_fetch_sub(&server->connections_open, 1);
	free(peer);
}

void server_peer_notify(void *context, struct MHD_Connection *connection, void **peer,
			enum MHD_ConnectionNotificationCode code)
{
	struct http_server *server = context;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*peer = peer_new(server, connection);
	} else if (*peer) {
		server_call_lost(((struct peer *)*peer)->call);
		peer_free(server, *peer);
		*peer = NULL;
	}
}

struct peer *server_peer_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		->socket_context;
}

void server_peer_phase(struct peer *peer, enum peer_phase phase, int64_t deadline_us)
{
	/* Without a deadline in between, the watch never takes one phase's deadline for
	 * another's. */
	atomic_store(&peer->deadline_us, 0);
	atomic_store(&peer->phase, phase);
	atomic_store(&peer->deadline_us, deadline_us);
}

/* Who is reading our answer is cut both ways. From the others we only stop to read,
 * so that the library's thread can still say why. */
static void cut_if_late(struct peer *peer, int64_t now_us)
{
	int64_t deadline_us = atomic_load(&peer->deadline_us);
	int phase = atomic_load(&peer->phase);

	if (!deadline_us || deadline_us > now_us || atomic_load(&peer->is_cut))
		return;
	if (atomic_load(&peer->deadline_us) != deadline_us)
		return; /* it has just come further: the phase may be the next one's */
	atomic_store(&peer->is_cut, true);
	shutdown(peer->fd, phase == PEER_TAKES ? SHUT_RDWR : SHUT_RD);
}

static void cut_late_peers(struct http_server *server, int64_t now_us)
{
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		cut_if_late(peer, now_us);
}

/* Returns when the next one is due. A drip that is due leaves the list and belongs to
 * the library's thread again. */
static int64_t wake_drips(struct http_server *server, int64_t now_us, int64_t next_us)
{
	struct drip **link = &server->drips;

	while (*link) {
		struct drip *drip = *link;

		if (drip->due_us <= now_us) {
			*link = drip->next;
			MHD_resume_connection(drip->connection);
			continue;
		}
		if (drip->due_us < next_us)
			next_us = drip->due_us;
		link = &drip->next;
	}
	return next_us;
}

void server_watch_cut(struct http_server *server, bool all)
{
	pthread_mutex_lock(&server->peers_lock);
	for (struct peer *peer = server->peers; peer; peer = peer->next) {
		int phase = atomic_load(&peer->phase);

		if (all)
			shutdown(peer->fd, SHUT_RDWR);
		else if (phase == PEER_FIRST || phase == PEER_HEADERS)
			shutdown(peer->fd, SHUT_RD);
	}
	if (all)
		wake_drips(server, INT64_MAX, INT64_MAX);
	pthread_mutex_unlock(&server->peers_lock);
}

bool server_watch_drip(struct http_server *server, struct drip *drip)
{
	bool is_stopping;

	pthread_mutex_lock(&server->peers_lock);
	is_stopping = atomic_load(&server->is_stopping);
	if (!is_stopping) {
		MHD_suspend_connection(drip->connection);
		drip->next = server->drips;
		server->drips = drip;
		pthread_cond_signal(&server->watch_wake);
	}
	pthread_mutex_unlock(&server->peers_lock);
	return !is_stopping;
}

/* Returns whether it is over. */
static bool farewell_read(struct farewell *farewell, int64_t now_us)
{
	char bytes[16 << 10];

	while (farewell->left > 0) {
		ssize_t n = recv(farewell->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return now_us >= farewell->until_us;
		if (n <= 0)
			return true;
		farewell->left -= (size_t)n < farewell->left ? (size_t)n : farewell->left;
	}
	return true;
}

/* Returns how many are over. */
static int read_farewells(struct farewell **link, int64_t now_us)
{
	int over = 0;

	while (*link) {
		struct farewell *farewell = *link;

		if (!farewell_read(farewell, now_us)) {
			link = &farewell->next;
			continue;
		}
		*link = farewell->next;
		close(farewell->fd);
		free(farewell);
		over++;
	}
	return over;
}

static void take_new_farewells(struct http_server *server)
{
	while (server->new_farewells) {
		struct farewell *farewell = server->new_farewells;

		server->new_farewells = farewell->next;
		farewell->next = server->farewells;
		server->farewells = farewell;
	}
}

static void wait_until(struct http_server *server, int64_t until_us)
{
	struct timespec until = clock_mono_at(until_us);

	pthread_cond_timedwait(&server->watch_wake, &server->peers_lock, &until);
}

static int64_t tick_us(const struct http_server_config *config)
{
	int64_t shortest = config->idle_ms < config->body_ms ? config->idle_ms :
							       config->body_ms;
	int64_t tick = shortest * 1000 / 8;

	return tick < 5000 ? 5000 : tick > 250000 ? 250000 : tick;
}

static void *watch(void *context)
{
	struct http_server *server = context;
	int64_t tick = tick_us(&server->config), cut_us = 0;

	pthread_mutex_lock(&server->peers_lock);
	while (!server->watch_ends) {
		int64_t now_us = clock_mono_us(), next_us;
		int over;

		if (now_us >= cut_us) {
			cut_late_peers(server, now_us);
			cut_us = now_us + tick;
		}
		next_us = wake_drips(server, now_us, cut_us);
		take_new_farewells(server);
		pthread_mutex_unlock(&server->peers_lock);
		over = read_farewells(&server->farewells, now_us);
		pthread_mutex_lock(&server->peers_lock);
		server->nfarewells -= over;
		if (server->farewells && now_us + FAREWELL_TICK_US < next_us)
			next_us = now_us + FAREWELL_TICK_US;
		if (!server->watch_ends && !server->new_farewells)
			wait_until(server, next_us);
	}
	pthread_mutex_unlock(&server->peers_lock);
	return NULL;
}

int server_watch_start(struct http_server *server, struct error *err)
{
	int failure;

	pthread_mutex_init(&server->peers_lock, NULL);
	clock_cond_init(&server->watch_wake);
	failure = pthread_create(&server->watch, NULL, watch, server);
	if (!failure)
		return 0;
	errno = failure;
	return error_errno(err, "HTTP server: thread");
}

void server_watch_stop(struct http_server *server)
{
	pthread_mutex_lock(&server->peers_lock);
	server->watch_ends = true;
	pthread_cond_signal(&server->watch_wake);
	pthread_mutex_unlock(&server->peers_lock);
	pthread_join(server->watch, NULL);
	take_new_farewells(server);
	for (struct farewell *farewell = server->farewells, *next; farewell; farewell = next) {
		next = farewell->next;
		close(farewell->fd);
		free(farewell);
	}
	pthread_cond_destroy(&server->watch_wake);
	pthread_mutex_destroy(&server->peers_lock);
}
