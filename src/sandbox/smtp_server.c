/* smtp_server.c - the sockets of mail. Threads: one of its own, which polls; what it asks of
 * the vendor runs under the sandbox's lock. */
#include "sandbox/smtp_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "sandbox/smtp_desk.h"
#include "sandbox/smtp_session.h"
#include "sandbox/smtp_tls.h"
#include "sandbox/state.h"

#define CONNECTIONS_MAX 256
#define BUDGET (192u << 20)
#define IN_ROOM (64u << 10)   /* more than the longest line */
#define OUT_ROOM (128u << 10)
#define OUT_HIGH (32u << 10)  /* said and not sent: nothing more is taken */
#define SIGN_IN_MS 60000
#define LINE_MS 300000
#define MESSAGE_MS 600000
#define WAIT_MS 60000
#define FAREWELL_MS 2000      /* for the peer to close after our last word */

struct conn {
	struct conn *next;
	struct smtp_server *server;
	int fd;
	struct smtp_tls_conn *tls; /* NULL: not (yet) */
	struct smtp_session session;
	char in[IN_ROOM];   /* said by the peer, not taken yet */
	size_t in_len;
	char out[OUT_ROOM]; /* for the socket */
	size_t out_len;
	int64_t accepted_us, line_us, message_us; /* since when it waits for what */
	int64_t held_until_us; /* an answer that is late; 0: none */
	size_t allowed;        /* of session.out while it is held: the answers before it */
	int64_t drip_us;       /* from one byte to the next; 0: does not */
	bool closes_after;     /* ... the hold */
	bool is_cut;           /* half of the answer, and then the end */
	int64_t farewell_us;   /* since when there is nothing more to say; 0: there is */
	bool is_gone;          /* the peer, or we have had enough */
};

struct listener {
	int fd; /* -1: none */
	int port;
	bool is_tls;
};

struct smtp_server {
	struct sandbox *sandbox;
	struct smtp_tls *tls;
	struct smtp_waits waits;
	struct listener listeners[2];
	int wake[2];
	pthread_t thread;
	bool has_thread;
	_Atomic bool is_ending;
	struct conn *conns;
	int nconns;
	size_t budget;
};

/* --- one connection --- */

static void out_flush(struct conn *c)
{
	while (c->out_len) {
		ssize_t n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0) {
			c->is_gone |= errno != EAGAIN && errno != EINTR;
			return;
		}
		memmove(c->out, c->out + n, c->out_len - (size_t)n);
		c->out_len -= (size_t)n;
	}
}

/* Moves what the session says to the socket's buffer: all, or as much as may go. */
static void out_fill(struct conn *c)
{
	struct smtp_session *s = &c->session;
	size_t room = sizeof(c->out) - c->out_len;
	size_t len = c->held_until_us && c->allowed < s->out_len ? c->allowed : s->out_len;

	if (c->tls) {
		/* Records are longer than what they hold. */
		len = len && room > len + 1024 ? smtp_tls_write(c->tls, s->out, len) : 0;
		c->out_len += smtp_tls_get(c->tls, c->out + c->out_len, room);
	} else {
		len = len < room ? len : room;
		memcpy(c->out + c->out_len, s->out, len);
		c->out_len += len;
	}
	c->allowed -= len < c->allowed ? len : c->allowed;
	smtp_session_sent(s, len);
}

static void reset(struct conn *c)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	c->is_gone = true;
}

/* What the latest answer is to suffer; `before` bytes of `out` are of earlier ones. */
static void act_on_trouble(struct conn *c, size_t before, int64_t now_us)
{
	struct smtp_session *s = &c->session;
	size_t len = s->out_len - before;
	int64_t ms = s->trouble_ms;

	c->allowed = before;

	switch (s->trouble) {
	case SMTP_FINE:
		return;
	case SMTP_SLOW:
	case SMTP_HANG:
		c->held_until_us = now_us + ms * 1000;
		c->closes_after = s->trouble == SMTP_HANG;
		break;
	case SMTP_DRIP:
		c->drip_us = ms * 1000 / (int64_t)(len ? len : 1) + 1;
		c->held_until_us = now_us + c->drip_us;
		break;
	case SMTP_TRUNCATED:
		s->out_len = before + len / 2;
		c->is_cut = true;
		break;
	case SMTP_CLOSE:
		c->is_gone = true;
		break;
	case SMTP_RESET:
		reset(c);
		break;
	}
	s->trouble = SMTP_FINE;
}

static void start_tls(struct conn *c)
{
	/* What came before the handshake was not protected: it is dropped, so that nobody
	 * between can put commands before the client's. */
	c->in_len = 0;
	c->tls = smtp_tls_accept(c->server->tls);
	smtp_session_secured(&c->session);
}

static bool can_talk(const struct conn *c)
{
	return !c->is_gone && !c->held_until_us && !c->is_cut &&
	       c->session.state != SMTP_OVER && c->session.state != SMTP_STARTS_TLS &&
	       c->session.out_len < OUT_HIGH;
}

/* Lets the session take lines until it waits for more, is held, or has much to say: then
 * true. */
static bool talk(struct conn *c, int64_t now_us)
{
	struct smtp_session *s = &c->session;

	while (can_talk(c)) {
		enum smtp_state before = s->state;
		size_t said = s->out_len;
		size_t taken = c->in_len ? smtp_session_take(s, c->in, c->in_len) : 0;

		if (!taken)
			break;
		memmove(c->in, c->in + taken, c->in_len - taken);
		c->in_len -= taken;
		c->line_us = now_us;
		if (s->state == SMTP_DATA && before != SMTP_DATA)
			c->message_us = now_us;
		act_on_trouble(c, said, now_us);
	}
	return s->out_len >= OUT_HIGH;
}

/* Returns whether it read anything. */
static bool read_tls(struct conn *c)
{
	size_t before = c->in_len;
	int n = 1;

	while (n > 0 && c->in_len < sizeof(c->in)) {
		n = smtp_tls_read(c->tls, c->in + c->in_len, sizeof(c->in) - c->in_len);
		c->in_len += n > 0 ? (size_t)n : 0;
	}
	c->is_gone |= n < 0 && c->in_len == 0;
	return c->in_len > before;
}

static void read_socket(struct conn *c)
{
	char bytes[16384];
	size_t room = c->tls ? sizeof(bytes) : sizeof(c->in) - c->in_len;
	ssize_t n = recv(c->fd, bytes, room < sizeof(bytes) ? room : sizeof(bytes), MSG_DONTWAIT);

	if (n <= 0) {
		c->is_gone |= n == 0 || (errno != EAGAIN && errno != EINTR);
		return;
	}
	if (c->farewell_us)
		return;
	if (c->tls) {
		smtp_tls_put(c->tls, bytes, (size_t)n);
		return;
	}
	memcpy(c->in + c->in_len, bytes, (size_t)n);
	c->in_len += (size_t)n;
}

/* An answer that was late may go now; a drip gives its next byte. */
static void hold_moves(struct conn *c, int64_t now_us)
{
	if (!c->held_until_us || c->held_until_us > now_us)
		return;
	c->is_gone |= c->closes_after;
	if (c->drip_us && c->session.out_len > c->allowed) {
		c->allowed++;
		c->held_until_us = now_us + c->drip_us;
	} else {
		c->held_until_us = c->drip_us = 0;
	}
}

static bool is_past(int64_t since_us, int wait_ms, int64_t now_us)
{
	return now_us - since_us > wait_ms * INT64_C(1000);
}

static void deadlines(struct conn *c, int64_t now_us)
{
	struct smtp_session *s = &c->session;
	const struct smtp_waits *waits = &c->server->waits;
	bool is_late = is_past(c->line_us, waits->line_ms, now_us) ||
		       (s->state == SMTP_DATA &&
			is_past(c->message_us, waits->message_ms, now_us)) ||
		       (!s->authorization && !s->has_mailed &&
			is_past(c->accepted_us, waits->sign_in_ms, now_us));

	if (!is_late || c->held_until_us)
		return;
	if (s->state == SMTP_OVER) /* does not read what it was told */
		c->is_gone = true;
	else
		smtp_session_close(s, "4.4.2 Timeout exceeded");
	c->line_us = now_us;
}

static void say(struct conn *c)
{
	size_t before;

	do {
		out_flush(c);
		before = c->session.out_len;
		if (!c->is_gone)
			out_fill(c);
		out_flush(c);
	} while (!c->out_len && c->session.out_len && c->session.out_len < before);
}

/* Nothing more will be said. What the peer still sends is read and dropped: closing at once
 * would take our last words from it. */
static void farewell(struct conn *c, int64_t now_us)
{
	if (!c->farewell_us) {
		c->farewell_us = now_us;
		if (c->tls) {
			smtp_tls_bye(c->tls);
			c->out_len += smtp_tls_get(c->tls, c->out, sizeof(c->out));
			out_flush(c);
		}
		shutdown(c->fd, SHUT_WR);
	}
	c->is_gone |= is_past(c->farewell_us, FAREWELL_MS, now_us);
}

static void conn_move(struct conn *c, int64_t now_us)
{
	bool is_read, is_full;

	hold_moves(c, now_us);
	do {
		is_read = c->tls && !c->is_gone && !c->farewell_us && read_tls(c);
		is_full = talk(c, now_us);
		deadlines(c, now_us);
		say(c);
	} while (is_read || (is_full && can_talk(c)));
	if (c->is_gone || c->held_until_us || c->session.out_len || c->out_len)
		return;
	if (c->session.state == SMTP_STARTS_TLS)
		start_tls(c);
	else if (c->is_cut)
		c->is_gone = true;
	else if (c->session.state == SMTP_OVER)
		farewell(c, now_us);
}

static void conn_add(struct smtp_server *server, int fd, bool is_tls, int64_t now_us)
{
	struct conn *c = sb_alloc(sizeof(*c));

	c->server = server;
	c->fd = fd;
	c->accepted_us = c->line_us = now_us;
	if (is_tls)
		c->tls = smtp_tls_accept(server->tls);
	smtp_session_begin(&c->session, smtp_desk_ask, server->sandbox, is_tls,
			   &server->budget);
	act_on_trouble(c, 0, now_us);
	c->next = server->conns;
	server->conns = c;
	server->nconns++;
	conn_move(c, now_us);
}

static void conn_free(struct conn *c)
{
	smtp_session_end(&c->session);
	smtp_tls_conn_free(c->tls);
	close(c->fd);
	c->server->nconns--;
	free(c);
}

/* --- the loop --- */

static void accept_one(struct smtp_server *server, const struct listener *listener,
		       int64_t now_us)
{
	int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0)
		conn_add(server, fd, listener->is_tls, now_us);
}

static short wanted(const struct conn *c)
{
	bool reads = c->farewell_us || (c->in_len < sizeof(c->in) && !c->held_until_us &&
					!c->is_cut && c->session.state != SMTP_OVER);

	return (short)((reads ? POLLIN : 0) | (c->out_len ? POLLOUT : 0));
}

/* The time to the nearest thing that time alone brings. */
static int wait_ms(const struct smtp_server *server, int64_t now_us)
{
	int64_t ms = WAIT_MS;

	for (const struct conn *c = server->conns; c; c = c->next) {
		int64_t left = c->held_until_us ? (c->held_until_us - now_us + 999) / 1000 : 1000;

		left = c->is_gone ? 0 : left;
		if (left < ms)
			ms = left > 0 ? left : 0;
	}
	return (int)ms;
}

static size_t prepare(struct smtp_server *server, struct pollfd *fds)
{
	bool is_full = server->nconns >= CONNECTIONS_MAX; /* the others wait in the backlog */
	size_t n = 0;

	fds[n++] = (struct pollfd){ .fd = server->wake[0], .events = POLLIN };
	for (size_t i = 0; i < ARRAY_LEN(server->listeners); i++)
		fds[n++] = (struct pollfd){ .fd = is_full ? -1 : server->listeners[i].fd,
					    .events = POLLIN };
	for (const struct conn *c = server->conns; c; c = c->next)
		fds[n++] = (struct pollfd){ .fd = c->fd, .events = wanted(c) };
	return n;
}

static void move_all(struct smtp_server *server, const struct pollfd *fds, int64_t now_us)
{
	struct conn **at = &server->conns;
	const struct pollfd *fd = fds;

	while (*at) {
		struct conn *c = *at;

		if (fd->revents & POLLIN)
			read_socket(c);
		else if (fd->revents & (POLLHUP | POLLERR))
			c->is_gone = true;
		fd++;
		if (!c->is_gone)
			conn_move(c, now_us);
		if (c->is_gone) {
			*at = c->next;
			conn_free(c);
		} else {
			at = &c->next;
		}
	}
}

static void *run(void *context)
{
	struct smtp_server *server = context;
	struct pollfd fds[CONNECTIONS_MAX + 3];

	while (!atomic_load(&server->is_ending)) {
		size_t n = prepare(server, fds);
		int64_t now_us;

		if (poll(fds, (nfds_t)n, wait_ms(server, clock_mono_us())) < 0 && errno != EINTR)
			abort();
		now_us = clock_mono_us();
		move_all(server, fds + 3, now_us);
		for (size_t i = 0; i < ARRAY_LEN(server->listeners); i++)
			if (fds[i + 1].revents & POLLIN)
				accept_one(server, &server->listeners[i], now_us);
	}
	return NULL;
}

/* --- starting and stopping --- */

static bool address_of(const struct smtp_place *place, struct sockaddr_storage *address,
		       socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)address;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, place->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)place->port);
		*len = sizeof(*v4);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)place->port);
	*len = sizeof(*v6);
	return inet_pton(AF_INET6, place->address, &v6->sin6_addr) == 1;
}

static int listen_on(struct listener *listener, const struct smtp_place *place,
		     struct error *err)
{
	struct sockaddr_storage address;
	socklen_t len;
	const int yes = 1;

	if (!address_of(place, &address, &len))
		return error_set(err, ERR_INVALID, "mail: not an address: %s", place->address);
	listener->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener->fd < 0)
		return error_errno(err, "mail: socket");
	setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(listener->fd, (struct sockaddr *)&address, len) < 0 ||
	    listen(listener->fd, 128) < 0)
		return error_set(err, ERR_UNAVAILABLE, "mail: %s port %d: %s", place->address,
				 place->port, strerror(errno));
	getsockname(listener->fd, (struct sockaddr *)&address, &len);
	listener->port = ntohs(address.ss_family == AF_INET ?
				       ((struct sockaddr_in *)&address)->sin_port :
				       ((struct sockaddr_in6 *)&address)->sin6_port);
	return 0;
}

static int open_all(struct smtp_server *server, const struct smtp_place *plain,
		    const struct smtp_place *tls, struct error *err)
{
	if (pipe2(server->wake, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_errno(err, "mail: pipe");
	server->tls = smtp_tls_new(err);
	if (!server->tls)
		return -1;
	if (plain->address && listen_on(&server->listeners[0], plain, err) < 0)
		return -1;
	return tls->address ? listen_on(&server->listeners[1], tls, err) : 0;
}

struct smtp_server *smtp_server_start(struct sandbox *sandbox, const struct smtp_place *plain,
				      const struct smtp_place *tls,
				      const struct smtp_waits *waits, struct error *err)
{
	struct smtp_server *server = sb_alloc(sizeof(*server));

	server->sandbox = sandbox;
	server->budget = BUDGET;
	server->waits.sign_in_ms = waits->sign_in_ms ? waits->sign_in_ms : SIGN_IN_MS;
	server->waits.line_ms = waits->line_ms ? waits->line_ms : LINE_MS;
	server->waits.message_ms = waits->message_ms ? waits->message_ms : MESSAGE_MS;
	server->wake[0] = server->wake[1] = -1;
	server->listeners[0] = (struct listener){ .fd = -1 };
	server->listeners[1] = (struct listener){ .fd = -1, .is_tls = true };
	if (open_all(server, plain, tls, err) < 0) {
		smtp_server_free(server);
		return NULL;
	}
	if (pthread_create(&server->thread, NULL, run, server) != 0)
		abort();
	server->has_thread = true;
	return server;
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void smtp_server_stop(struct smtp_server *server)
{
	atomic_store(&server->is_ending, true);
	if (server->has_thread) {
		if (write(server->wake[1], "", 1) < 0)
			log_warn(NULL, "sandbox.wake_failed", LOG_INT("errno", errno));
		pthread_join(server->thread, NULL);
	}
	while (server->conns) {
		struct conn *c = server->conns;

		server->conns = c->next;
		conn_free(c);
	}
}

void smtp_server_free(struct smtp_server *server)
{
	const int fds[] = { server->wake[0], server->wake[1], server->listeners[0].fd,
			    server->listeners[1].fd };

	close_all(fds, ARRAY_LEN(fds));
	smtp_tls_free(server->tls);
	free(server);
}

int smtp_server_port(const struct smtp_server *server, bool is_tls)
{
	return server->listeners[is_tls].port;
}

const char *smtp_server_certificate(const struct smtp_server *server)
{
	return smtp_tls_pem(server->tls);
}
