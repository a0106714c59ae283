/* journal.c - the requests that changed something, and the answers to what we posted, kept.
 * Threads: under the sandbox's lock. */
#include "sandbox/journal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "sandbox/webhooks_inside.h"

static const struct json_limits line_limits = { .bytes = 128u << 20, .depth = 8,
						.elements = 1000 };

/* One write per line, so that a crash leaves whole lines and at most one part. Takes the
 * reference. */
static void write_line(FILE *file, json_t *line)
{
	if (!line || json_dumpf(line, file, JSON_COMPACT) < 0 || fputc('\n', file) == EOF ||
	    fflush(file) == EOF)
		log_error(NULL, "sandbox.journal_failed", LOG_INT("errno", errno));
	json_decref(line);
}

static void add_body(json_t *line, struct arena *arena, const char *body, size_t len)
{
	bool is_text = text_is_utf8(body, len);

	json_object_set_new(line, is_text ? "body" : "base64",
			    json_string(is_text ? body : base64_encode(arena, body, len)));
}

void sb_journal_add(const struct sb_call *call)
{
	FILE *file = call->sandbox->journal;
	json_t *headers, *line;

	if (!file)
		return;
	headers = json_array();
	for (size_t i = 0; i < call->headers->count; i++)
		json_array_append_new(headers,
				      json_pack("[ss]", call->headers->items[i].name,
						call->headers->items[i].value));
	line = json_pack("{sI sI ss ss so si}", "n", (json_int_t)call->id, "at",
			 (json_int_t)call->sandbox->real_at, "method", call->method, "target",
			 call->target, "headers", headers, "bad", call->bad_record);
	add_body(line, call->arena, call->body, call->body_len);
	write_line(file, line);
}

void sb_journal_add_answer(struct sandbox *sandbox, uint64_t delivery,
			   const struct sb_hook_answer *answer)
{
	struct arena *arena;
	json_t *line;

	if (!sandbox->journal)
		return;
	arena = arena_new();
	line = json_pack("{sI sI si ss}", "answered", (json_int_t)delivery, "at",
			 (json_int_t)sandbox->real_at, "status", answer->status, "type",
			 text_is_utf8(answer->type, strlen(answer->type)) ? answer->type : "");
	add_body(line, arena, answer->body, answer->body_len);
	write_line(sandbox->journal, line);
	arena_free(arena);
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

static int read_body(const json_t *json, struct arena *arena, const char **body, size_t *len,
		     struct error *err)
{
	const char *text = json_string_of(json, "base64");
	unsigned char *bytes;

	if (text) {
		if (base64_decode(arena, text, &bytes, len, err) < 0)
			return -1;
		*body = (char *)bytes;
		return 0;
	}
	*body = json_string_of(json, "body");
	if (!*body)
		return error_set(err, ERR_INVALID, "body: absent");
	*len = strlen(*body);
	return 0;
}

/* Runs the request as it ran: at its time, with its number, without faults. */
static int replay_request(struct sandbox *sandbox, struct arena *arena, const json_t *json,
			  struct error *err)
{
	struct http_headers headers = { .count = 0 };
	struct sb_call call = { .arena = arena, .headers = &headers };
	struct sb_outcome outcome = { 0 };
	int64_t number = json_int_of(json, "n", -1);

	call.method = json_string_of(json, "method");
	call.target = json_string_of(json, "target");
	if (number < 0 || !call.method || !call.target ||
	    read_headers(json_object_get(json, "headers"), &headers) < 0)
		return error_set(err, ERR_INVALID, "n, method, target, headers: not all there");
	if (read_body(json, arena, &call.body, &call.body_len, err) < 0)
		return -1;
	if (number)
		sandbox->requests = (uint64_t)number - 1;
	sandbox->replay_bad_record = (int)json_int_of(json, "bad", -1);
	sb_read_json(&call);
	sb_dispatch(sandbox, &call, &outcome);
	return 0;
}

static int replay_answer(struct sandbox *sandbox, struct arena *arena, const json_t *json,
			 struct error *err)
{
	struct sb_hook_answer answer = { .status = (int)json_int_of(json, "status", -1),
					 .type = json_string_of(json, "type") };
	int64_t delivery = json_int_of(json, "answered", -1);

	if (delivery < 1 || answer.status < 0 || !answer.type)
		return error_set(err, ERR_INVALID, "answered, status, type: not all there");
	if (read_body(json, arena, &answer.body, &answer.body_len, err) < 0)
		return -1;
	sb_hook_answered(sandbox, (uint64_t)delivery, &answer);
	return 0;
}

static int replay(struct sandbox *sandbox, struct arena *arena, const json_t *json,
		  struct error *err)
{
	int64_t at = json_int_of(json, "at", -1);

	if (at < 1)
		return error_set(err, ERR_INVALID, "at: absent");
	sandbox->clock.pinned_at = at;
	return json_object_get(json, "answered") ? replay_answer(sandbox, arena, json, err) :
						   replay_request(sandbox, arena, json, err);
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
	sb_clock_unpin(sandbox);
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
