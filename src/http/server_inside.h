/* server_inside.h - what the files of the server share; not for others. Threads: see
 * each part.
 *
 * A request's way: libmicrohttpd's thread reads it (server_call.c), `handle` has it,
 * http_answer() makes the reply in whatever thread (server_answer.c) and wakes the
 * library's thread, which sends it. server_peer.c watches the clock over all sockets. */
#ifndef HTTP_SERVER_INSIDE_H
#define HTTP_SERVER_INSIDE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/server.h"

/* A request that we refuse may send this much body, which is thrown away, and keep
 * its connection; with more the connection is closed after the answer. */
#define DISCARD_MAX (64u << 10)

/* A peer that takes an answer more slowly than this is cut. */
#define SLOWEST_BYTES_PER_MS 16

enum peer_phase {
	PEER_FIRST,   /* connected, no request yet */
	PEER_HEADERS, /* between requests, or in the headers of one */
	PEER_BODY,
	PEER_WAITS,   /* for our answer: no deadline */
	PEER_TAKES,   /* our answer */
};

/* One socket. In the server's list, and so open, from connect to close. */
struct peer {
	struct peer *next, **link; /* under peers_lock */
	int fd;
	_Atomic int64_t deadline_us; /* of clock_mono_us(); 0: none */
	_Atomic int phase;
	_Atomic bool is_cut;       /* its deadline passed */
	bool lingers;              /* close it gently: it may be sending still */
	struct server_call *call;  /* the one under way, or NULL; its thread's */
	char address[48];
};

/* Who came first, the library's thread that suspends or the thread that answers. */
enum answer_state {
	ANSWER_NONE,
	ANSWER_AWAITED,  /* the connection is suspended: resume it */
	ANSWER_GIVEN,
	ANSWER_UNWANTED, /* the connection has gone: who answers frees the call */
};

enum call_stage {
	CALL_LINE,    /* the request line is read */
	CALL_BODY,    /* taken; its body is being read */
	CALL_DISCARD, /* answered already; its body is thrown away */
	CALL_HANDED,  /* `handle` has it, or had it */
};

struct drip {
	const char *body;
	size_t len, sent;
	bool is_cut_after;  /* break the connection after the last byte */
	int64_t start_us, drip_us;
	int64_t due_us;     /* under peers_lock: when to go on */
	struct drip *next;  /* under peers_lock */
	struct MHD_Connection *connection;
};

struct server_call {
	struct http_call call; /* first: a struct http_call of ours is one of these */
	struct http_server *server;
	struct MHD_Connection *connection;
	struct peer *peer;
	const char *line;      /* where the target stood in the library's buffer */
	const char *target;    /* and what it was */
	enum call_stage stage;
	bool is_chunked;
	size_t body_max, body_room, body_held;

	_Atomic int answer_state;
	/* Written by http_answer*() before answer_state, read after it. */
	int status;
	struct MHD_Response *response; /* NULL: break */
	enum http_break how;
	int64_t send_us;               /* how long the answer may take, less body_ms */
	bool is_raw; /* answer by writing to the socket ourselves: the library cannot */
	http_next *next;
	void (*done)(void *state);
	void *state;
	struct drip drip;
};

struct http_server {
	struct http_server_config config;
	struct MHD_Daemon *daemon;
	int listen_fd;
	bool owns_port; /* we bound it; else it came from outside */
	int port;

	pthread_t watch;
	pthread_mutex_t peers_lock;
	pthread_cond_t watch_wake;
	struct peer *peers;      /* under peers_lock */
	struct drip *drips;      /* under peers_lock */
	struct farewell *farewells;  /* the watch's own */
	struct farewell *new_farewells; /* under peers_lock */
	int nfarewells;            /* under peers_lock */
	bool watch_ends;         /* under peers_lock */

	_Atomic bool is_quiet;   /* no new connections; answers say "close" */
	_Atomic bool is_stopping; /* no new requests */
	_Atomic int64_t calls_open;  /* from the request line to the answer's end */
	_Atomic int64_t calls_handed; /* `handle` has it and nobody answered */
	_Atomic int64_t connections_open, connections_total, requests_total;
	_Atomic int64_t refused_busy, cut_headers, cut_body, body_bytes_held;
};

/* server_call.c: the library's callbacks. */
void *server_call_line(void *server, const char *line, struct MHD_Connection *connection);
enum MHD_Result server_call_step(void *server, struct MHD_Connection *connection,
				 const char *url, const char *method, const char *version,
				 const char *data, size_t *len, void **call);
void server_call_end(void *server, struct MHD_Connection *connection, void **call,
		     enum MHD_RequestTerminationCode code);
/* The connection goes, and the library has not ended its call. NULL does nothing. */
void server_call_lost(struct server_call *call);
/* Frees it with what its answer left. */
void server_call_free(struct server_call *call);

/* server_answer.c: sends what http_answer*() prepared; the library's thread. */
enum MHD_Result server_answer_send(struct server_call *call);

/* server_peer.c */
void server_peer_notify(void *server, struct MHD_Connection *connection, void **peer,
			enum MHD_ConnectionNotificationCode code);
struct peer *server_peer_of(struct MHD_Connection *connection);
void server_peer_phase(struct peer *peer, enum peer_phase phase, int64_t deadline_us);
int server_watch_start(struct http_server *server, struct error *err);
void server_watch_stop(struct http_server *server);
/* Suspends the connection and has it resumed at drip->due_us; false, and nothing done,
 * when the server stops. */
bool server_watch_drip(struct http_server *server, struct drip *drip);
/* Cuts those between requests (`all`: everybody, and wakes the drips). */
void server_watch_cut(struct http_server *server, bool all);

#endif
