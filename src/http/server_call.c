/* server_call.c - one request, from its first line to the end of its answer. Threads:
 * the library's own; a connection stays with one of them.
 *
 * The library calls server_call_line() with the request line, server_call_step() when
 * the headers are there, for each piece of body, and when all is there (and again after
 * a suspended connection was resumed), and server_call_end() in nearly any case: for the
 * rest there is server_call_lost(). It is lenient
 * where two readings of one request are possible, so the headers are checked here
 * again before anybody trusts them. */
#include "http/server_inside.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

void *server_call_line(void *context, const char *line, struct MHD_Connection *connection)
{
	struct http_server *server = context;
	struct arena *arena = arena_new();
	struct server_call *call = arena_alloc(arena, sizeof(*call));

	call->call.arena = arena;
	call->call.method = "";
	call->call.path = "";
	call->call.body = "";
	call->server = server;
	call->connection = connection;
	call->peer = server_peer_of(connection);
	call->peer->call = call;
	/* The library will decode it where it stands. */
	call->line = line;
	call->target = arena_strdup(arena, line ? line : "");
	memcpy(call->call.peer, call->peer->address, sizeof(call->call.peer));
	atomic_fetch_add(&server->calls_open, 1);
	atomic_fetch_add(&server->requests_total, 1);
	return call;
}

/* One pass over what the library read. The bytes of request line and headers stand in
 * its buffer one after the other: method, target and version, then name and value of
 * each header, each line's CR LF replaced by two NULs. Where they do not, something was
 * hidden: a NUL inside, a bare LF, a value folded onto a second line (which the library
 * would add to the name). */
struct reading {
	struct server_call *call;
	const char *expected; /* where the next name must stand */
	const char *content_length, *transfer_encoding;
	int nhosts, nlengths, nencodings, ntoo_many;
	size_t bytes;
	const char *fault;
};

static bool stands_where_expected(struct reading *r, const char *name, size_t name_len,
				  const char *value, size_t value_len)
{
	const char *p = name + name_len + 1;

	if (name != r->expected || value < p)
		return false;
	while (p < value && (*p == ' ' || *p == '\t'))
		p++;
	r->expected = value + value_len + 2;
	return p == value && !value[value_len] && !value[value_len + 1];
}

static enum MHD_Result read_header(void *context, enum MHD_ValueKind kind, const char *name,
				   size_t name_len, const char *value, size_t value_len)
{
	struct reading *r = context;
	struct http_call *call = &r->call->call;
	bool is_whole = value && stands_where_expected(r, name, name_len, value, value_len);

	(void)kind;
	if (!is_whole || !http_header_is_valid(name, value)) {
		r->fault = "a header line is malformed";
		return MHD_NO;
	}
	while (value_len > 0 && (value[value_len - 1] == ' ' || value[value_len - 1] == '\t'))
		value_len--;
	name = arena_strndup(call->arena, name, name_len);
	value = arena_strndup(call->arena, value, value_len);
	if (text_equal_nocase(name, "Host"))
		r->nhosts++;
	if (text_equal_nocase(name, "Content-Length")) {
		r->content_length = value;
		r->nlengths++;
	}
	if (text_equal_nocase(name, "Transfer-Encoding")) {
		r->transfer_encoding = value;
		r->nencodings++;
	}
	/* All text inside is UTF-8. A header that is not is left out and not refused: some
	 * browsers send such a Referer. */
	if (text_is_utf8(value, value_len) && !http_header_add(&call->headers, name, value))
		r->ntoo_many++;
	return MHD_YES;
}

/* Returns what is wrong with the framing or NULL. What could be read in two ways by us
 * and by a proxy before us is refused. */
static const char *check_framing(const struct reading *r, const char *version)
{
	bool is_1_0 = strcmp(version, "HTTP/1.0") == 0;
	int64_t length;

	if (r->nhosts > 1 || (r->nhosts == 0 && !is_1_0))
		return "exactly one Host header is needed";
	if (r->nlengths + r->nencodings > 1)
		return "more than one Content-Length or Transfer-Encoding";
	if (r->nencodings && (is_1_0 || !text_equal_nocase(r->transfer_encoding, "chunked")))
		return "Transfer-Encoding is not chunked";
	if (r->nlengths && (r->content_length[0] < '0' || r->content_length[0] > '9' ||
			    !text_int(r->content_length, &length)))
		return "Content-Length is not a number";
	return NULL;
}

static bool is_clean(const char *target)
{
	for (const char *p = target; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return false;
	return true;
}

static bool is_method(const char *method)
{
	size_t len = strspn(method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_");

	return len > 0 && len <= 32 && !method[len];
}

/* Cuts the target into path and query. The path is as it came, percent-encoded; bytes
 * over 0x7f in it may be anything and are for url_decode() to judge. */
static const char *read_target(struct server_call *call, const char *version)
{
	const char *target = call->target;
	size_t len = strlen(target);

	if (!call->line || call->line + len + 1 != version || !is_clean(target))
		return "the request line is malformed";
	if (strncasecmp(target, "http://", 7) == 0 || strncasecmp(target, "https://", 8) == 0)
		target = strchrnul(strchr(target, ':') + 3, '/');
	if (*target != '/' && strcmp(target, "*") != 0)
		return "the request's target is not a path";
	len = strcspn(target, "?");
	if (target[len])
		call->call.query = target + len + 1;
	call->call.path = arena_strndup(call->call.arena, target, len);
	return NULL;
}

struct verdict {
	int status;
	const char *code, *detail;
};

/* Reads the headers into the call; returns status 0 if there is nothing to say. */
static struct verdict read_headers(struct server_call *call, const char *method,
				   const char *version, int64_t *content_length)
{
	struct reading r = { .call = call, .expected = version + strlen(version) + 2 };
	const union MHD_ConnectionInfo *info;

	*content_length = 0;
	r.fault = is_method(method) ? read_target(call, version) : "the method is malformed";
	if (r.fault)
		return (struct verdict){ 400, "malformed", r.fault };
	call->call.method = arena_strdup(call->call.arena, method);
	info = MHD_get_connection_info(call->connection,
				       MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	if (info && info->header_size > call->server->config.headers_max)
		return (struct verdict){ 431, "headers_too_large", "the headers are too large" };
	MHD_get_connection_values_n(call->connection, MHD_HEADER_KIND, read_header, &r);
	if (!r.fault && (!info || r.expected + 2 != method + info->header_size))
		r.fault = "a header line is malformed";
	if (!r.fault)
		r.fault = check_framing(&r, version);
	if (r.fault)
		return (struct verdict){ 400, "malformed", r.fault };
	if (r.ntoo_many)
		return (struct verdict){ 431, "headers_too_large", "there are too many headers" };
	call->is_chunked = r.nencodings > 0;
	if (r.content_length)
		text_int(r.content_length, content_length);
	return (struct verdict){ 0 };
}

/* Takes `len` more bytes of the common budget; false when they are not to be had. */
static bool hold(struct server_call *call, size_t len)
{
	struct http_server *server = call->server;
	int64_t held = atomic_fetch_add(&server->body_bytes_held, (int64_t)len) + (int64_t)len;

	if (held > (int64_t)server->config.budget) {
		atomic_fetch_sub(&server->body_bytes_held, (int64_t)len);
		return false;
	}
	call->body_held += len;
	return true;
}

static void problem(struct server_call *call, struct verdict verdict)
{
	const struct http_server_config *config = &call->server->config;

	if (verdict.status == 503)
		atomic_fetch_add(&call->server->refused_busy, 1);
	config->problem(&call->call, config->context, verdict.status, verdict.code,
			verdict.detail);
}

static const struct verdict too_large = { 413, "too_large", "the body is too large" };
static const struct verdict busy = { 503, "busy", "too much is being received already" };

/* Asks `begin`. Returns whether the call is taken; if not, it is answered. */
static bool ask_begin(struct server_call *call, int64_t content_length)
{
	const struct http_server_config *config = &call->server->config;
	size_t body_max = 0;

	if (config->begin(&call->call, config->context, &body_max) == HTTP_REFUSE)
		return false;
	call->body_max = body_max;
	if ((uint64_t)content_length > body_max) {
		problem(call, too_large);
		return false;
	}
	if (content_length > 0 && !hold(call, (size_t)content_length)) {
		problem(call, busy);
		return false;
	}
	if (content_length > 0) {
		call->body_room = (size_t)content_length;
		call->call.body = arena_alloc(call->call.arena, (size_t)content_length + 1);
	}
	return true;
}

/* The call is answered before its body. A small one is read and thrown away, so that
 * the connection can be kept; else the answer goes out now and the library closes the
 * connection after it. */
static enum MHD_Result refuse(struct server_call *call, int64_t content_length)
{
	bool expects = http_header_find(&call->call.headers, "Expect") != NULL;

	call->stage = CALL_DISCARD;
	if (!call->is_chunked && (content_length == 0 ||
				  (content_length <= DISCARD_MAX && !expects)))
		return MHD_YES;
	call->peer->lingers = true;
	return server_answer_send(call);
}

/* What follows a request that can be read in two ways is not to be read at all. */
static enum MHD_Result refuse_for_good(struct server_call *call, struct verdict verdict)
{
	problem(call, verdict);
	call->stage = CALL_DISCARD;
	call->peer->lingers = true;
	return server_answer_send(call);
}

static enum MHD_Result begin(struct server_call *call, const char *method,
			     const char *version)
{
	int64_t length;
	struct verdict verdict;

	call->call.received_us = clock_mono_us();
	server_peer_phase(call->peer, PEER_BODY,
			  call->call.received_us + call->server->config.body_ms * INT64_C(1000));
	verdict = read_headers(call, method, version, &length);
	if (verdict.status)
		return refuse_for_good(call, verdict);
	if (!ask_begin(call, length))
		return refuse(call, length);
	call->stage = CALL_BODY;
	return MHD_YES;
}

/* Says what is wrong with a body that is still coming. The library takes no answer now,
 * so this one is written to the socket as it is. */
static bool give_up(struct server_call *call, struct verdict verdict)
{
	call->is_raw = true;
	call->peer->lingers = true;
	problem(call, verdict);
	return false;
}

/* Makes room for `len` more bytes of a body of unknown length; false, and answered,
 * when it may not be longer. */
static bool grow(struct server_call *call, size_t len)
{
	size_t room = call->body_room ? call->body_room : 4096, need = call->call.body_len + len;
	char *body;

	if (need > call->body_max)
		return give_up(call, too_large);
	while (room < need)
		room *= 2;
	if (room > call->body_max)
		room = call->body_max;
	if (!hold(call, room))
		return give_up(call, busy);
	body = arena_alloc(call->call.arena, room + 1);
	memcpy(body, call->call.body, call->call.body_len);
	call->call.body = body;
	call->body_room = room;
	return true;
}

static enum MHD_Result take_body(struct server_call *call, const char *data, size_t len)
{
	if (atomic_load(&call->peer->is_cut))
		return MHD_NO;
	if (call->stage == CALL_DISCARD)
		return MHD_YES;
	if (len > call->body_room - call->call.body_len && !grow(call, len))
		return MHD_NO;
	/* Ours: it came from arena_alloc() here or in ask_begin(). */
	memcpy((char *)call->call.body + call->call.body_len, data, len);
	call->call.body_len += len;
	return MHD_YES;
}

/* Hands the call to `handle`, which answers at once or later, here or in another
 * thread: whoever comes second of us and the answer sees what the first has left. */
static enum MHD_Result hand_over(struct server_call *call)
{
	struct http_server *server = call->server;
	int none = ANSWER_NONE;

	atomic_fetch_add(&server->calls_handed, 1);
	if (atomic_load(&server->is_stopping)) {
		atomic_fetch_sub(&server->calls_handed, 1);
		return MHD_NO;
	}
	call->stage = CALL_HANDED;
	server_peer_phase(call->peer, PEER_WAITS, 0);
	server->config.handle(&call->call, server->config.context);
	if (atomic_load(&call->answer_state) == ANSWER_GIVEN)
		return server_answer_send(call);

	MHD_suspend_connection(call->connection);
	if (!atomic_compare_exchange_strong(&call->answer_state, &none, ANSWER_AWAITED))
		MHD_resume_connection(call->connection);
	return MHD_YES;
}

enum MHD_Result server_call_step(void *server, struct MHD_Connection *connection,
				 const char *url, const char *method, const char *version,
				 const char *data, size_t *len, void **context)
{
	struct server_call *call = *context;
	size_t got = *len;

	(void)server;
	(void)connection;
	(void)url;
	if (call->stage == CALL_LINE)
		return begin(call, method, version);
	if (got > 0) {
		*len = 0;
		return take_body(call, data, got);
	}
	return call->stage == CALL_BODY ? hand_over(call) : server_answer_send(call);
}

/* A peer that was cut in its request is told so, if it still listens. */
static void say_timeout(struct server_call *call)
{
	struct http_server *server = call->server;

	if (call->stage != CALL_LINE && call->stage != CALL_BODY)
		return;
	atomic_fetch_add(call->stage == CALL_LINE ? &server->cut_headers : &server->cut_body, 1);
	give_up(call, (struct verdict){ 408, "timeout", "the request came too slowly" });
}

void server_call_free(struct server_call *call)
{
	if (call->response)
		MHD_destroy_response(call->response);
	if (call->done)
		call->done(call->state);
	arena_free(call->call.arena);
}

static void end_call(struct server_call *call)
{
	struct http_server *server = call->server;

	call->peer->call = NULL;
	server_peer_phase(call->peer, PEER_HEADERS,
			  clock_mono_us() + server->config.idle_ms * INT64_C(1000));
	atomic_fetch_sub(&server->body_bytes_held, (int64_t)call->body_held);
	/* A call that somebody still holds is his to free: see publish(). */
	if (call->stage != CALL_HANDED ||
	    atomic_exchange(&call->answer_state, ANSWER_UNWANTED) == ANSWER_GIVEN)
		server_call_free(call);
	atomic_fetch_sub(&server->calls_open, 1);
}

void server_call_end(void *context, struct MHD_Connection *connection, void **slot,
		     enum MHD_RequestTerminationCode code)
{
	struct http_server *server = context;
	struct server_call *call = *slot;

	(void)connection;
	(void)code;
	*slot = NULL;
	if (!call)
		return;
	if (atomic_load(&call->peer->is_cut) && !atomic_load(&server->is_stopping))
		say_timeout(call);
	end_call(call);
}

/* libmicrohttpd 0.9.75 closes a connection without a word when it finds a second fault in a
 * request (a malformed cookie and a malformed Content-Length). */
void server_call_lost(struct server_call *call)
{
	if (call)
		end_call(call);
}
