/* client_fuzz.c - any bytes as a server's reply: what is called whole is. Threads: the
 * client's, and one that plays the server. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "http/client.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static struct {
	int fd, port;
	const unsigned char *data;
	size_t size;
	struct http_network loopback;
	struct http_client *client;
} peer;

#define check(x) check_((x), #x)
static void check_(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "%s does not hold\n", what);
		abort();
	}
}

/* For each connection: reads something of the request, says the bytes, closes. */
static void *play_server(void *unused)
{
	static unsigned char reply[1u << 20];
	char request[4096];

	for (;;) {
		int fd = accept(peer.fd, NULL, NULL);

		check(fd >= 0);
		if (recv(fd, request, sizeof(request), 0) > 0 && peer.size <= sizeof(reply)) {
			/* When it has the reply the input may be gone before send() ends. */
			size_t size = peer.size;

			memcpy(reply, peer.data, size);
			send(fd, reply, size, MSG_NOSIGNAL);
		}
		shutdown(fd, SHUT_WR);
		while (recv(fd, request, sizeof(request), 0) > 0)
			;
		close(fd);
	}
	return unused;
}

static void start(void)
{
	static struct http_client_config config;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	pthread_t thread;

	peer.fd = socket(AF_INET, SOCK_STREAM, 0);
	check(bind(peer.fd, (struct sockaddr *)&address, len) == 0 && listen(peer.fd, 16) == 0);
	check(getsockname(peer.fd, (struct sockaddr *)&address, &len) == 0);
	peer.port = ntohs(address.sin_port);
	check(http_network_parse("127.0.0.1", &peer.loopback, NULL) == 0);
	config = (struct http_client_config){ .allowed = &peer.loopback, .nallowed = 1 };
	peer.client = http_client_new(&config);
	check(pthread_create(&thread, NULL, play_server, NULL) == 0);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const struct http_limits limits = { .body_max = 1000, .headers_max = 2000 };
	struct http_request request = { .method = "POST", .body = "x", .body_len = 1 };
	struct arena *arena = arena_new();
	struct http_reply *reply;

	if (!peer.client)
		start();
	peer.data = data;
	peer.size = size;
	request.url = arena_printf(arena, "http://127.0.0.1:%d/", peer.port);
	http_header_add(&request.headers, "Connection", "close");
	reply = http_client_fetch(peer.client, &request, &limits, arena);
	check(reply->failure != HTTP_NOT_SENT);
	check(reply->body_len <= 1000 && reply->body[reply->body_len] == '\0');
	check((reply->why == NULL) == (reply->failure == HTTP_REPLIED));
	if (reply->failure == HTTP_REPLIED)
		check(reply->status >= 100 && reply->status <= 599 && size > 12);
	for (size_t i = 0; i < reply->headers.count; i++) {
		const struct http_header *header = &reply->headers.items[i];

		check(http_header_is_valid(header->name, header->value));
		check(text_is_utf8(header->value, strlen(header->value)));
	}
	arena_free(arena);
	return 0;
}
