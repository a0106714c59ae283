/* server_fuzz.c - any bytes on a connection: what reaches the handler is what headers
 * promise. Threads: the server's own, and one that sends. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "http/server.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static enum http_verdict begin(struct http_call *call, void *context, size_t *body_max)
{
	(void)context;
	check(call->path[0] == '/' || text_equal(call->path, "*"));
	check(!strpbrk(call->path, " ?\r\n\t"));
	check(strspn(call->method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == strlen(call->method));
	for (size_t i = 0; i < call->headers.count; i++) {
		const struct http_header *header = &call->headers.items[i];

		check(http_header_is_valid(header->name, header->value));
		check(text_is_utf8(header->value, strlen(header->value)));
	}
	*body_max = 1000;
	return HTTP_TAKE;
}

static void handle(struct http_call *call, void *context)
{
	unsigned sum = 0;

	(void)context;
	check(call->body_len <= 1000 && call->body[call->body_len] == '\0');
	for (size_t i = 0; i < call->body_len; i++)
		sum += (unsigned char)call->body[i];
	http_answer(call, sum == 1 ? 201 : 200, NULL, call->body, call->body_len);
}

static void problem(struct http_call *call, void *context, int status, const char *code,
		    const char *detail)
{
	(void)context;
	(void)code;
	http_answer(call, status, NULL, detail, strlen(detail));
}

static int start(void)
{
	const struct http_server_config config = {
		.address = "127.0.0.1",
		.threads = 1,
		.connections_max = 4,
		.idle_ms = 60000,
		.body_ms = 60000,
		.headers_max = 4096,
		.budget = 100000,
		.begin = begin,
		.handle = handle,
		.problem = problem,
	};
	struct http_server *server = http_server_start(&config, NULL);

	check(server != NULL);
	return http_server_port(server);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static int port;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char reply[4096];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (!port)
		port = start();
	address.sin_port = htons((uint16_t)port);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		check(errno == EINTR); /* by the fuzzer's own alarm */
		close(fd);
		return 0;
	}
	/* The end of what is sent ends the connection: there is nothing to wait for. */
	while (size > 0) {
		ssize_t n = send(fd, data, size, MSG_NOSIGNAL);

		if (n < 0)
			break;
		data += n;
		size -= (size_t)n;
	}
	shutdown(fd, SHUT_WR);
	while (recv(fd, reply, sizeof(reply), 0) > 0)
		;
	close(fd);
	return 0;
}
