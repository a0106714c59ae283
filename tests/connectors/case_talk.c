/* case_talk.c - the conversation of a case: turns, the calls expected, the replies given.
 * Threads: one at a time. */
#include "case_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

void fail(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->message, sizeof(run->message), format, args);
	va_end(args);
	longjmp(run->failed, 1);
}

struct case_line *indented(struct run *run)
{
	struct case_line *line = case_indented(&run->file);

	if (line)
		run->line = line->number;
	return line;
}

json_t *json_of(struct run *run, const char *text, size_t len)
{
	struct error err;
	json_t *json = json_parse(run->arena, text, len, &json_limits_large, &err);

	if (!json)
		fail(run, "not JSON: %s", err.message);
	return json;
}

static void take_turn(struct run *run)
{
	run->x.request = (struct http_request){ .method = NULL };
	run->x.bucket = run->x.held_bucket = NULL;
	run->x.hold_ms = 0;
	run->stage = run->turn(&run->x) == TURN_SEND ? STAGE_CALLING : STAGE_DONE;
	if (run->stage == STAGE_CALLING && (!run->x.request.method || !run->x.request.url))
		fail(run, "the request has no method or no address");
}

void begin(struct run *run, connector_turn *turn, const char *verb)
{
	if (run->stage == STAGE_CALLING)
		fail(run, "%s %s was not expected", run->x.request.method, run->x.request.url);
	if (!turn)
		fail(run, "the connector has no %s", verb);
	for (size_t i = 0; i < run->x.nrecords; i++) {
		struct record *record = &run->records[i];

		record->outcome = OUTCOME_UNCERTAIN;
		record->field = record->reason = record->version = NULL;
		record->found = NULL;
		record->nfound = 0;
		record->remote_id = run->remote_ids[i];
	}
	run->turn = turn;
	run->x.turn = 0;
	run->x.reply = NULL;
	run->x.state = NULL;
	run->x.wants_token = false;
	run->next_outcome = run->next_found = 0;
	run->report = (struct check_report){ .calls_max = -1, .calls_left = -1 };
	run->catalog = (struct catalog){ .object = NULL };
	take_turn(run);
}

static const char *shown_json(struct run *run, const char *text)
{
	return text ? json_canonical(run->arena, json_of(run, text, strlen(text))) : "nothing";
}

static void expect_header(struct run *run, char *rest)
{
	char *name = case_word(run->arena, &rest);
	size_t len = strlen(name);
	const char *value;

	if (len && name[len - 1] == ':')
		name[len - 1] = '\0';
	rest += strspn(rest, " ");
	value = http_header_find(&run->x.request.headers, name);
	if (strcmp(rest, "absent") == 0 ? value != NULL : !text_equal(value, rest))
		fail(run, "header %s is %s", name, value ? value : "absent");
}

static void expect_body(struct run *run, const char *wanted)
{
	const char *want = shown_json(run, wanted), *got = shown_json(run, run->x.request.body);

	if (strcmp(want, got) != 0)
		fail(run, "the body is\n#   %s\n# and not\n#   %s", got, want);
}

void take_expect(struct run *run, char *rest)
{
	const char *method = case_word(run->arena, &rest), *url = rest + strspn(rest, " ");
	const struct http_request *request = &run->x.request;
	const char *decoded;
	struct case_line *line;
	struct buf body;
	bool is_any = false;

	if (run->stage != STAGE_CALLING)
		fail(run, "no call was made");
	decoded = url_decode(run->arena, request->url, strlen(request->url), false);
	if (!text_equal(request->method, method) ||
	    (!text_equal(request->url, url) && !text_equal(decoded, url)))
		fail(run, "the call is %s %s", request->method, request->url);
	buf_init(&body, run->arena, 1u << 20);
	while ((line = indented(run))) {
		char *at = line->text;

		if (text_starts(at, "header "))
			expect_header(run, at + 7);
		else if (text_starts(at, "bucket "))
			text_equal(run->x.bucket, at + 7) ? (void)0 :
			fail(run, "the bucket is %s", run->x.bucket ? run->x.bucket : "the first");
		else if (strcmp(at, "any body") == 0)
			is_any = true;
		else
			buf_addf(&body, "%s\n", at);
	}
	if (!is_any)
		expect_body(run, body.len ? body.text : NULL);
}

static void read_reply_lines(struct run *run)
{
	struct case_line *line;
	struct buf body;

	buf_init(&body, run->arena, 4u << 20);
	while ((line = indented(run))) {
		char *at = line->text, *name;

		if (!text_starts(at, "header ")) {
			buf_addf(&body, "%s\n", at);
			continue;
		}
		at += 7;
		name = case_word(run->arena, &at);
		name[strlen(name) - 1] = '\0';
		http_header_add(&run->reply.headers, name, at + strspn(at, " "));
	}
	run->reply.body = body.text;
	run->reply.body_len = body.len;
}

static const char page[] = "<!DOCTYPE html><html><body>We will be back soon</body></html>";

/* "reply none", "notsent", "toolarge", or a status, alone or after "html" (the same as a
 * page of a proxy) or "truncated" (the body below, cut in half, as if it were whole). */
void take_reply(struct run *run, char *rest)
{
	static const struct { const char *word; enum http_failure failure; } failures[] = {
		{ "none", HTTP_LOST },
		{ "notsent", HTTP_NOT_SENT },
		{ "toolarge", HTTP_TOO_LARGE },
	};
	const char *word = case_word(run->arena, &rest), *status = case_word(run->arena, &rest);

	if (run->stage != STAGE_CALLING)
		fail(run, "nothing to reply to");
	run->reply = (struct http_reply){ .failure = HTTP_REPLIED, .body = "" };
	run->reply.status = atoi(status ? status : word);
	read_reply_lines(run);
	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (text_equal(word, failures[i].word))
			run->reply.failure = failures[i].failure;
	if (text_equal(word, "html")) {
		run->reply.status = status ? atoi(status) : 200;
		http_header_add(&run->reply.headers, "Content-Type", "text/html; charset=utf-8");
		run->reply.body = page;
		run->reply.body_len = strlen(page);
	}
	if (text_equal(word, "truncated")) {
		run->reply.body_len /= 2;
		run->reply.body = arena_strndup(run->arena, run->reply.body,
						run->reply.body_len);
	}
	if (run->reply.failure == HTTP_REPLIED && run->reply.status < 100)
		fail(run, "reply: no status");
	run->x.reply = &run->reply;
	run->x.turn++;
	take_turn(run);
}

/* The sender gives the conversation up. */
void take_stop(struct run *run, char *rest)
{
	(void)rest;
	run->stage = STAGE_DONE;
}
