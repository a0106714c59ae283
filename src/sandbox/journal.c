/* journal.c - the requests that changed something, kept. Threads: under the sandbox's
 * lock. */
#include "sandbox/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "sandbox/state.h"

static const struct json_limits line_limits = { .bytes = 128u << 20, .depth = 8,
						.elements = 1000 };

void sb_journal_add(const struct sb_call *call)
{
	FILE *file = call->sandbox->journal;
	json_t *headers, *line;
	bool is_text = text_is_utf8(call->body, call->body_len);

	if (!file)
		return;
	headers = json_array();
	for (size_t i = 0; i < call->headers->count; i++)
		json_array_append_new(headers,
				      json_pack("[ss]", call->headers->items[i].name,
						call->headers->items[i].value));
	line = json_pack("{sI sI ss ss so ss si}", "n", (json_int_t)call->id, "at",
			 (json_int_t)call->sandbox->real_at, "method", call->method, "target", call->target,
			 "headers", headers, is_text ? "body" : "base64",
			 is_text ? call->body :
				   base64_encode(call->arena, call->body, call->body_len),
			 "bad", call->bad_record);
	/* One write per line, so that a crash leaves whole lines and at most one part. */
	if (!line || json_dumpf(line, file, JSON_COMPACT) < 0 || fputc('\n', file) == EOF ||
	    fflush(file) == EOF)
		log_error(NULL, "sandbox.journal_failed", LOG_INT("errno", errno));
	json_decref(line);
}

static int read_headers(const json_t *json, struct http_headers *headers)
{
	size_t i;
	json_t *pair;

	json_array_foreach((json_t *)json, i, pair)
		if (!http_header_add(headers, json_string_value(json_array_get(pair, 0)),
				     json_string_value(json_array_get(pair, 1))))
			return -1;
	return 0;
}

static int read_body(const json_t *json, struct sb_call *call, struct error *err)
{
	const char *text = json_string_of(json, "base64");
	unsigned char *bytes;

	if (text) {
		if (base64_decode(call->arena, text, &bytes, &call->body_len, err) < 0)
			return -1;
		call->body = (char *)bytes;
		return 0;
	}
	call->body = json_string_of(json, "body");
	if (!call->body)
		return error_set(err, ERR_INVALID, "body: absent");
	call->body_len = strlen(call->body);
	return 0;
}

/* Runs the request as it ran: at its time, with its number, without faults. */
static int replay(struct sandbox *sandbox, struct arena *arena, const json_t *json,
		  struct error *err)
{
	struct http_headers headers = { .count = 0 };
	struct sb_call call = { .arena = arena, .headers = &headers };
	struct sb_outcome outcome = { 0 };
	int64_t number = json_int_of(json, "n", -1), at = json_int_of(json, "at", -1);

	call.method = json_string_of(json, "method");
	call.target = json_string_of(json, "target");
	if (number < 0 || at < 1 || !call.method || !call.target ||
	    read_headers(json_object_get(json, "headers"), &headers) < 0)
		return error_set(err, ERR_INVALID, "n, at, method, target, headers: not all there");
	if (read_body(json, &call, err) < 0)
		return -1;
	sandbox->clock.replay_at = at;
	if (number)
		sandbox->requests = (uint64_t)number - 1;
	sandbox->replay_bad_record = (int)json_int_of(json, "bad", -1);
	sb_read_json(&call);
	sb_dispatch(sandbox, &call, &outcome);
	return 0;
}

static int replay_line(struct sandbox *sandbox, const char *line, size_t len,
		       struct error *err)
{
	struct arena *arena = arena_new();
	json_t *json = json_parse(arena, line, len, &line_limits, err);
	int rc = json ? replay(sandbox, arena, json, err) : -1;

	arena_free(arena);
	return rc;
}

static int replay_file(struct sandbox *sandbox, FILE *file, struct error *err)
{
	char *line = NULL;
	size_t room = 0;
	long long number = 0, whole = 0;
	ssize_t len;
	int rc = 0;

	/* Making the accounts looked at the clock, and it never goes back: what is replayed
	 * was earlier. */
	sandbox->clock.latest = 0;
	sandbox->is_replaying = true;
	while (rc == 0 && (len = getline(&line, &room, file)) > 0 && line[len - 1] == '\n') {
		number++;
		rc = replay_line(sandbox, line, (size_t)len - 1, err);
		whole += len;
	}
	sandbox->is_replaying = false;
	sandbox->clock.replay_at = 0;
	sb_faults_clear(sandbox, NULL, NULL);
	free(line);
	if (rc < 0)
		return error_wrap(err, "journal line %lld", number);
	/* What a crash cut off was never whole: write on from where it began. */
	if (fseeko(file, whole, SEEK_SET) < 0 || ftruncate(fileno(file), whole) < 0)
		return error_errno(err, "journal");
	log_info(NULL, "sandbox.replayed", LOG_INT("requests", number));
	return 0;
}

int sb_journal_open(struct sandbox *sandbox, const char *path, struct error *err)
{
	FILE *file = fopen(path, "a+");

	if (!file) {
		error_errno(err, "journal");
		return -1;
	}
	rewind(file);
	if (replay_file(sandbox, file, err) < 0) {
		fclose(file);
		return -1;
	}
	sandbox->journal = file;
	return 0;
}

void sb_journal_close(struct sandbox *sandbox)
{
	if (sandbox->journal)
		fclose(sandbox->journal);
	sandbox->journal = NULL;
}
