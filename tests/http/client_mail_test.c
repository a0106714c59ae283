/* client_mail_test.c - mail goes out whole, once, and its fate is told exactly. */
#include "../support/check.h"
#include "raw.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/text.h"
#include "http/client.h"

struct bench {
	struct http_network loopback;
	struct http_client_config config;
	struct http_client *client;
	struct arena *arena;
	struct raw_server *server;
	pthread_mutex_t lock;          /* of what follows: the server has a thread of its own */
	const char *fails_at, *answer; /* what the server says to a word; NULL: fine */
	char body[4096];               /* as it came, dots and all */
	char path[256];                /* MAIL and RCPT */
};

/* One line without its end; false when the peer closed. */
static bool read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	while (len + 1 < size && read(fd, line + len, 1) == 1 && line[len] != '\n')
		len++;
	line[len] = '\0';
	if (len && line[len - 1] == '\r')
		line[len - 1] = '\0';
	return len > 0;
}

static void read_body(int fd, char *body, size_t size)
{
	size_t len = 0;

	while (len + 1 < size && read(fd, body + len, 1) == 1) {
		body[++len] = '\0';
		if (text_ends(body, "\r\n.\r\n"))
			return;
	}
}

static void add_path(struct bench *bench, const char *line)
{
	size_t len;

	pthread_mutex_lock(&bench->lock);
	len = strlen(bench->path);
	snprintf(bench->path + len, sizeof(bench->path) - len, "%s;", line);
	pthread_mutex_unlock(&bench->lock);
}

static void keep_body(struct bench *bench, const char *body)
{
	pthread_mutex_lock(&bench->lock);
	snprintf(bench->body, sizeof(bench->body), "%s", body);
	pthread_mutex_unlock(&bench->lock);
}

static void fail_at(struct bench *bench, const char *word, const char *answer)
{
	pthread_mutex_lock(&bench->lock);
	bench->fails_at = word;
	bench->answer = answer;
	pthread_mutex_unlock(&bench->lock);
}

static const char *seen(struct bench *bench, const char *text)
{
	pthread_mutex_lock(&bench->lock);
	text = arena_strdup(bench->arena, text);
	pthread_mutex_unlock(&bench->lock);
	return text;
}

/* A server that fails at a word: with `answer`, or by closing when there is none. */
static void serve(int fd, int n, void *context)
{
	struct bench *bench = context;
	const char *fails_at, *answer;
	char line[512], body[4096] = "";

	(void)n;
	pthread_mutex_lock(&bench->lock);
	fails_at = bench->fails_at;
	answer = bench->answer;
	pthread_mutex_unlock(&bench->lock);
	raw_send(fd, "220 ours\r\n");
	while (read_line(fd, line, sizeof(line))) {
		bool is_data = text_starts(line, "DATA");

		if (text_starts(line, "MAIL") || text_starts(line, "RCPT"))
			add_path(bench, line);
		if (fails_at && text_starts(line, fails_at)) {
			if (!answer)
				return;
			raw_send(fd, answer);
			continue;
		}
		raw_send(fd, is_data ? "354 go on\r\n" : text_starts(line, "QUIT") ? "221 bye\r\n" :
										       "250 ok\r\n");
		if (!is_data)
			continue;
		read_body(fd, body, sizeof(body));
		keep_body(bench, body);
		if (text_equal(fails_at, ".") && !answer)
			return;
		raw_send(fd, text_equal(fails_at, ".") ? answer : "250 queued\r\n");
	}
}

static int setup(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	pthread_mutex_init(&bench->lock, NULL);
	assert_int_equal(http_network_parse("127.0.0.0/8", &bench->loopback, NULL), 0);
	bench->config = (struct http_client_config){ .allowed = &bench->loopback,
						     .nallowed = 1 };
	bench->client = http_client_new(&bench->config);
	bench->arena = arena_new();
	bench->server = raw_server_start(serve, bench);
	*state = bench;
	return 0;
}

static int teardown(void **state)
{
	struct bench *bench = *state;

	raw_server_stop(bench->server);
	http_client_free(bench->client);
	arena_free(bench->arena);
	pthread_mutex_destroy(&bench->lock);
	free(bench);
	return 0;
}

static void keep_reply(void *context, struct http_reply *reply)
{
	*(struct http_reply **)context = reply;
}

#define MESSAGE "Subject: Hi\r\n\r\nHello\r\n.dot\r\n..two\r\n"

static struct http_reply *send_to(struct bench *bench, const char *url, const char *from,
				  const char *to)
{
	struct http_mail mail = { .url = url, .from = from, .to = to, .message = MESSAGE,
				  .len = sizeof(MESSAGE) - 1 };
	struct http_reply *reply = NULL;

	http_client_mail(bench->client, &mail, NULL, bench->arena, keep_reply, &reply);
	while (!reply)
		http_client_poll(bench->client, 1000);
	return reply;
}

static struct http_reply *send_mail(struct bench *bench, const char *from)
{
	return send_to(bench,
		       arena_printf(bench->arena, "smtp://127.0.0.1:%d",
				    raw_server_port(bench->server)),
		       from, "asha@example.in");
}

static void a_message_arrives_with_its_dots_stuffed(void **state)
{
	struct bench *bench = *state;
	struct http_reply *reply = send_mail(bench, "b@bounce.example");

	assert_int_equal(reply->failure, HTTP_REPLIED);
	assert_int_equal(reply->status, 250);
	assert_string_equal(seen(bench, bench->body),
			    "Subject: Hi\r\n\r\nHello\r\n..dot\r\n...two\r\n.\r\n");
	assert_non_null(strstr(seen(bench, bench->path), "MAIL FROM:<b@bounce.example>"));
	assert_non_null(strstr(seen(bench, bench->path), "RCPT TO:<asha@example.in>"));
}

static void a_bounce_has_the_null_path(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(send_mail(bench, "")->status, 250);
	assert_non_null(strstr(seen(bench, bench->path), "MAIL FROM:<>"));
}

static void what_the_server_says_is_told(void **state)
{
	static const struct { const char *at, *answer; int status; } ways[] = {
		{ "MAIL", "451 4.3.0 later\r\n", 451 },
		{ "RCPT", "550 5.1.1 no such user\r\n", 550 },
		{ "DATA", "554 5.5.1 no\r\n", 554 },
		{ ".", "452 4.3.1 full\r\n", 452 },
		{ ".", "554 5.7.1 spam\r\n", 554 },
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct http_reply *reply;

		fail_at(bench, ways[i].at, ways[i].answer);
		reply = send_mail(bench, "b@bounce.example");
		assert_int_equal(reply->failure, HTTP_REPLIED);
		assert_int_equal(reply->status, ways[i].status);
	}
}

/* Behind the dot nobody knows: it must not look as if it had not been sent. */
static void a_server_that_breaks_off_is_lost(void **state)
{
	static const char *const words[] = { "MAIL", "RCPT", "DATA", "." };
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct http_reply *reply;
		int before = raw_server_count(bench->server);

		fail_at(bench, words[i], NULL);
		reply = send_mail(bench, "b@bounce.example");
		assert_int_equal(reply->failure, HTTP_LOST);
		assert_non_null(reply->why);
		assert_int_equal(raw_server_count(bench->server), before + 1); /* not again */
	}
}

static void what_is_malformed_is_not_sent(void **state)
{
	static const struct { const char *url, *from, *to; } ways[] = {
		{ "smtp://127.0.0.1:1/x", "a@b", "c@d" },
		{ "smtps://127.0.0.1:1", "a@b", "c@d" },
		{ "http://127.0.0.1:1", "a@b", "c@d" },
		{ "smtp://a:b@127.0.0.1:1", "a@b", "c@d" },
		{ "smtp://127.0.0.1:1", "a@b>\r\nDATA", "c@d" },
		{ "smtp://127.0.0.1:1", "a@b", "c@d>\r\nRCPT TO:<e@f" },
		{ "smtp://127.0.0.1:1", "a@b", "" },
		{ "smtp://192.0.2.1:25", "a@b", "c@d" }, /* nobody named that network */
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		assert_int_equal(send_to(bench, ways[i].url, ways[i].from, ways[i].to)->failure,
				 HTTP_NOT_SENT);
	assert_int_equal(raw_server_count(bench->server), 0);
}

#define IN_BENCH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BENCH(a_message_arrives_with_its_dots_stuffed),
		IN_BENCH(a_bounce_has_the_null_path),
		IN_BENCH(what_the_server_says_is_told),
		IN_BENCH(a_server_that_breaks_off_is_lost),
		IN_BENCH(what_is_malformed_is_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
