/* smtp_fuzz.c - any bytes to an SMTP session: no crash, replies that are replies, and the same
 * ones however the bytes are cut. Threads: pure.
 *
 * With the words of docs/sandbox.md a good beginning gets as far as a message, which is read
 * (headers, parts, links) when the sandbox's time is stepped. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sandbox/sandbox.h"
#include "sandbox/smtp_desk.h"

#define INPUT_MAX (64u << 10)
#define TALK_MAX (4u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct talk {
	char text[TALK_MAX];
	size_t len;
};

static void control(struct sandbox *sandbox, const char *method, const char *url,
		    const char *body)
{
	struct arena *arena = arena_new();
	struct http_request request = { .method = method, .url = url, .body = body,
					.body_len = strlen(body) };

	sandbox_handle(sandbox, arena, &request);
	arena_free(arena);
}

/* Three digits, then a blank or a dash, on every line. */
static void check_replies(const char *text, size_t len)
{
	while (len) {
		const char *end = memchr(text, '\n', len);

		if (!end || end - text < 5 || end[-1] != '\r' || text[0] < '2' || text[0] > '5' ||
		    (text[3] != ' ' && text[3] != '-'))
			abort();
		len -= (size_t)(end + 1 - text);
		text = end + 1;
	}
}

static void keep_replies(struct smtp_session *session, struct talk *talk)
{
	check_replies(session->out, session->out_len);
	if (talk->len + session->out_len > TALK_MAX)
		abort(); /* a reply is never much longer than its command */
	if (session->out_len)
		memcpy(talk->text + talk->len, session->out, session->out_len);
	talk->len += session->out_len;
	smtp_session_sent(session, session->out_len);
}

/* Gives the bytes in pieces of `piece`, and what was not taken again with the next. */
static void talk_through(struct sandbox *sandbox, const uint8_t *data, size_t size,
			 size_t piece, struct talk *talk)
{
	struct smtp_session session;
	size_t budget = 1u << 20, at = 0, given = 0;

	control(sandbox, "POST", "/_sandbox/accounts/smtp/default/reset", "");
	control(sandbox, "PATCH", "/_sandbox/accounts/smtp/default/settings",
		"{\"switches\":{\"tls_required\":0,\"auth_required\":0,\"bare_ends\":1}}");
	control(sandbox, "POST", "/_sandbox/prospects",
		"{\"address\":\"asha@example.in\",\"script\":\"is scanned, reads, replies YES\"}");
	smtp_session_begin(&session, smtp_desk_ask, sandbox, false, &budget);
	keep_replies(&session, talk);
	while (session.state != SMTP_OVER && session.state != SMTP_STARTS_TLS) {
		size_t taken = given > at ? smtp_session_take(&session, (const char *)data + at,
							      given - at) :
					    0;

		if (taken > given - at)
			abort();
		at += taken;
		keep_replies(&session, talk);
		if (!taken && given == size)
			break;
		if (!taken)
			given = size - given < piece ? size : given + piece;
	}
	smtp_session_end(&session);
	if (budget != 1u << 20)
		abort();
	control(sandbox, "POST", "/_sandbox/clock", "{\"step_ms\":100000000}");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sandbox_config config = { .seed = 7, .records_max = 10000,
						     .is_mute = true };
	static struct sandbox *sandbox; /* one for all inputs: its account begins anew */
	static struct talk whole, pieces;

	if (size > INPUT_MAX)
		return 0;
	log_setup(2, LOG_OFF, LOG_LOGFMT);
	if (!sandbox)
		sandbox = sandbox_start(&config, NULL);
	whole.len = pieces.len = 0;
	talk_through(sandbox, data, size, INPUT_MAX, &whole);
	talk_through(sandbox, data, size, 1 + size / 7, &pieces);
	if (whole.len != pieces.len || memcmp(whole.text, pieces.text, whole.len) != 0)
		abort();
	return 0;
}
