/* server_answer.c - how a call is answered. Threads: http_answer*() any; the rest the
 * library's.
 *
 * Who answers makes the library's response at once, as the headers may be on his stack,
 * and then publishes it by `answer_state`. Sending is always left to the thread of the
 * connection: on a suspended one the library would let us queue it from here, but it
 * looks at state that its own thread may be changing. */
#include "http/server_inside.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/text.h"

static struct server_call *ours(struct http_call *call)
{
	return (struct server_call *)call;
}

static bool has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static bool is_for_the_server(const char *name)
{
	return text_equal_nocase(name, "Content-Length") ||
	       text_equal_nocase(name, "Transfer-Encoding") ||
	       text_equal_nocase(name, "Connection");
}

static void add_headers(struct server_call *call, struct MHD_Response *response,
			const struct http_headers *headers, bool with_type)
{
	bool has_type = false;

	for (size_t i = 0; headers && i < headers->count; i++) {
		const struct http_header *header = &headers->items[i];

		if (is_for_the_server(header->name))
			continue;
		has_type |= text_equal_nocase(header->name, "Content-Type");
		MHD_add_response_header(response, header->name, header->value);
	}
	if (with_type && !has_type)
		MHD_add_response_header(response, "Content-Type", "application/json");
	if (atomic_load_explicit(&call->server->is_quiet, memory_order_relaxed))
		MHD_add_response_header(response, "Connection", "close");
}

/* Publishes the answer and wakes the connection if it sleeps. After the exchange the
 * call is its thread's, except for what is read before it. */
static void publish(struct server_call *call)
{
	struct http_server *server = call->server;
	struct MHD_Connection *connection = call->connection;
	bool was_handed = call->stage == CALL_HANDED;
	int before = atomic_exchange(&call->answer_state, ANSWER_GIVEN);

	if (before == ANSWER_AWAITED)
		MHD_resume_connection(connection);
	if (before == ANSWER_UNWANTED)
		server_call_free(call);
	/* Last: http_server_stop() waits for it before it frees what we just used. */
	if (was_handed)
		atomic_fetch_sub(&server->calls_handed, 1);
}

/* The whole answer as text to the socket, as much as it takes at once: for the ends of
 * connections at which the library takes no answer any more. */
static void send_raw(struct server_call *call, int status, const struct http_headers *headers,
		     const char *body, size_t body_len)
{
	char date[HTTP_DATE_SIZE];
	struct buf buf;
	bool has_type = false;

	http_date_format(clock_now(), date);
	buf_init(&buf, call->call.arena, (64u << 10) + body_len);
	buf_addf(&buf, "HTTP/1.1 %d %s\r\nDate: %s\r\nConnection: close\r\n", status,
		 http_reason(status), date);
	for (size_t i = 0; headers && i < headers->count; i++) {
		const struct http_header *header = &headers->items[i];

		has_type |= text_equal_nocase(header->name, "Content-Type");
		if (!is_for_the_server(header->name))
			buf_addf(&buf, "%s: %s\r\n", header->name, header->value);
	}
	if (!has_type)
		buf_add(&buf, "Content-Type: application/json\r\n");
	buf_addf(&buf, "Content-Length: %zu\r\n\r\n", body_len);
	buf_addn(&buf, body, body_len);
	if (!buf.is_over)
		send(call->peer->fd, buf.text, buf.len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void http_answer(struct http_call *public, int status, const struct http_headers *headers,
		 const void *body, size_t body_len)
{
	struct server_call *call = ours(public);
	struct MHD_Response *response;

	if (call->is_raw) {
		send_raw(call, status, headers, body, body_len);
		atomic_store(&call->answer_state, ANSWER_GIVEN);
		return;
	}
	response = MHD_create_response_from_buffer(body_len, (void *)body,
						   MHD_RESPMEM_PERSISTENT);
	if (!response)
		abort();
	add_headers(call, response, headers, body_len > 0 && has_body(status));
	call->status = status;
	call->response = response;
	call->send_us = (int64_t)body_len / SLOWEST_BYTES_PER_MS * 1000;
	publish(call);
}

static struct MHD_Response *new_response(struct server_call *call, uint64_t size,
					 MHD_ContentReaderCallback piece)
{
	struct MHD_Response *response;

	response = MHD_create_response_from_callback(size, 16u << 10, piece, call, NULL);
	if (!response)
		abort();
	/* The library would end the chunks that the answer to a HEAD does not have. */
	if (size == MHD_SIZE_UNKNOWN && strcmp(call->call.method, "HEAD") == 0)
		MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
	return response;
}

/* A call that nobody reads on is not cut while each piece is taken in time. */
static void extend_deadline(struct server_call *call, size_t len)
{
	const struct http_server_config *config = &call->server->config;

	server_peer_phase(call->peer, PEER_TAKES,
			  clock_mono_us() + config->body_ms * INT64_C(1000) +
				  (int64_t)len / SLOWEST_BYTES_PER_MS * 1000);
}

static ssize_t stream_piece(void *context, uint64_t at, char *room, size_t len)
{
	struct server_call *call = context;
	int64_t n = call->next(call->state, room, len);

	(void)at;
	if (n < 0 || (size_t)n > len)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	extend_deadline(call, len);
	return n == 0 ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)n;
}

void http_answer_stream(struct http_call *public, int status,
			const struct http_headers *headers, http_next *next,
			void (*done)(void *state), void *state)
{
	struct server_call *call = ours(public);
	struct MHD_Response *response;

	response = new_response(call, MHD_SIZE_UNKNOWN, stream_piece);
	add_headers(call, response, headers, has_body(status));
	call->next = next;
	call->done = done;
	call->state = state;
	call->status = status;
	call->response = response;
	publish(call);
}

void http_answer_break(struct http_call *public, enum http_break how)
{
	struct server_call *call = ours(public);

	call->how = how;
	call->response = NULL;
	publish(call);
}

/* How many of the drip's bytes may have been sent by now. */
static size_t drip_allows(const struct drip *drip, int64_t now_us)
{
	int64_t since_us = now_us - drip->start_us;

	if (since_us >= drip->drip_us)
		return drip->len;
	return (size_t)((double)drip->len * (double)since_us / (double)drip->drip_us) + 1;
}

static ssize_t drip_piece(void *context, uint64_t at, char *room, size_t len)
{
	struct server_call *call = context;
	struct drip *drip = &call->drip;
	int64_t now_us = clock_mono_us();
	size_t allowed, n;

	(void)at;
	if (!drip->start_us)
		drip->start_us = now_us;
	if (drip->sent == drip->len)
		return drip->is_cut_after ? MHD_CONTENT_READER_END_WITH_ERROR :
					    MHD_CONTENT_READER_END_OF_STREAM;
	allowed = drip_allows(drip, now_us);
	if (allowed > drip->len)
		allowed = drip->len;
	n = allowed - drip->sent;
	if (n == 0) {
		drip->due_us = drip->start_us + 1 +
			       (int64_t)((double)drip->sent / (double)drip->len *
					 (double)drip->drip_us);
		server_peer_phase(call->peer, PEER_WAITS, 0);
		return server_watch_drip(call->server, drip) ?
			       0 :
			       MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (n > len)
		n = len;
	memcpy(room, drip->body + drip->sent, n);
	drip->sent += n;
	extend_deadline(call, n);
	return (ssize_t)n;
}

void http_answer_partly(struct http_call *public, int status,
			const struct http_headers *headers, const void *body, size_t body_len,
			int64_t declared_len, int drip_ms)
{
	struct server_call *call = ours(public);
	uint64_t size = declared_len < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)declared_len;
	struct MHD_Response *response;

	if (declared_len >= 0 && body_len > (size_t)declared_len)
		body_len = (size_t)declared_len;
	call->drip = (struct drip){
		.body = body,
		.len = body_len,
		.is_cut_after = declared_len == HTTP_CHUNKED_CUT ||
				(declared_len >= 0 && body_len < (size_t)declared_len),
		.drip_us = drip_ms * INT64_C(1000),
		.connection = call->connection,
	};
	response = new_response(call, size, drip_piece);
	add_headers(call, response, headers, has_body(status));
	call->status = status;
	call->response = response;
	publish(call);
}

static enum MHD_Result break_connection(struct server_call *call)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	if (call->how == HTTP_BREAK_RESET)
		setsockopt(call->peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	return MHD_NO; /* closes */
}

enum MHD_Result server_answer_send(struct server_call *call)
{
	struct MHD_Response *response = call->response;
	enum MHD_Result result;

	if (call->answer_state != ANSWER_GIVEN)
		return MHD_NO; /* `begin` or `problem` did not answer: our bug, closes */
	if (!response)
		return break_connection(call);
	server_peer_phase(call->peer, PEER_TAKES,
			  clock_mono_us() + call->server->config.body_ms * INT64_C(1000) +
				  call->send_us);
	call->response = NULL;
	result = MHD_queue_response(call->connection, (unsigned)call->status, response);
	MHD_destroy_response(response);
	return result;
}
