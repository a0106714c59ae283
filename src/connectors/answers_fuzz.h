/* answers_fuzz.h - any bytes as a CRM's answers, for the fuzz targets of connectors: a
 * header so that each target is one file. Threads: pure.
 *
 * Input: one byte for the verb, then answers with 0x1E between: a byte for what kind of
 * answer it is, a byte for headers, and the body. When they end, answers are lost. What
 * must hold: every conversation ends, and nothing is DELIVERED without an id that an
 * answer gave. */
#ifndef CONNECTORS_ANSWERS_FUZZ_H
#define CONNECTORS_ANSWERS_FUZZ_H

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/registry.h"

#define FUZZ_RECORDS 5
#define FUZZ_TURNS_MAX 400
#define FUZZ_SEPARATOR 0x1E

struct answers {
	const uint8_t *data;
	size_t size;
	const json_t *seen[FUZZ_TURNS_MAX]; /* what was answered, as JSON */
	size_t nseen;
};

static const int fuzz_statuses[] = { 200, 201, 204, 207, 300, 302, 400, 401, 403, 404, 405,
				     409, 410, 414, 422, 423, 429, 477, 500, 502, 503 };

/* Takes the next answer; the body ends at the separator. */
static void next_answer(struct answers *answers, struct arena *arena,
			struct http_reply *reply)
{
	const uint8_t *end;
	size_t len;

	*reply = (struct http_reply){ .failure = HTTP_LOST, .body = "" };
	if (answers->size < 2)
		return;
	if (answers->data[0] < 250) {
		reply->failure = HTTP_REPLIED;
		reply->status = fuzz_statuses[answers->data[0] % ARRAY_LEN(fuzz_statuses)];
	} else {
		reply->failure = (enum http_failure)(answers->data[0] % 4);
		reply->status = reply->failure == HTTP_REPLIED ? 200 : 0;
	}
	if (answers->data[1] & 1)
		http_header_add(&reply->headers, "Content-Type", "text/html");
	if (answers->data[1] & 2)
		http_header_add(&reply->headers, "Retry-After", "7");
	answers->data += 2;
	answers->size -= 2;
	end = memchr(answers->data, FUZZ_SEPARATOR, answers->size);
	len = end ? (size_t)(end - answers->data) : answers->size;
	reply->body = arena_strndup(arena, (const char *)answers->data, len);
	reply->body_len = len;
	answers->data += len + (end != NULL);
	answers->size -= len + (end != NULL);
	if (answers->nseen < FUZZ_TURNS_MAX)
		answers->seen[answers->nseen++] = json_parse(arena, reply->body, len,
							     &json_limits_large, NULL);
}

static bool holds_text(struct arena *arena, const json_t *json, const char *text)
{
	const char *name;
	json_t *member;

	if (json_is_integer(json))
		return strcmp(json_text(arena, json), text) == 0;
	if (json_is_string(json))
		return strcmp(json_string_value(json), text) == 0;
	for (size_t i = 0; i < json_array_size(json); i++)
		if (holds_text(arena, json_array_get(json, i), text))
			return true;
	json_object_foreach((json_t *)json, name, member)
		if (holds_text(arena, member, text))
			return true;
	return false;
}

static bool was_answered(struct arena *arena, const struct answers *answers, const char *id)
{
	for (size_t i = 0; i < answers->nseen; i++)
		if (holds_text(arena, answers->seen[i], id))
			return true;
	return false;
}

static void check_text(const char *text)
{
	assert(!text || text_is_utf8(text, strlen(text)));
}

static void check_record(struct arena *arena, const struct answers *answers,
			 const struct record *record, const char *known)
{
	check_text(record->reason);
	check_text(record->field);
	check_text(record->remote_id);
	assert(record->outcome <= OUTCOME_CONNECTION);
	assert(record->retry_after_ms >= 0);
	if (record->remote_id && !text_equal(record->remote_id, known))
		assert(record->outcome == OUTCOME_DELIVERED ||
		       record->outcome == OUTCOME_DUPLICATE);
	for (size_t i = 0; i < record->nfound; i++) {
		const struct remote *found = &record->found[i];

		assert(found->id && found->object);
		assert(text_equal(found->id, known) || was_answered(arena, answers, found->id));
		assert(found->matched_by < (int)record->nkeys);
		check_text(found->key);
		check_text(found->version);
		check_text(found->survivor_id);
		for (size_t j = 0; j < found->nseen; j++)
			check_text(found->seen[j].value.text);
	}
}

/* Under `is_silent_ok` an update may be ruled delivered by an answer without its id. */
static void check_written(struct arena *arena, const struct answers *answers,
			  const struct record *record, const char *known, bool is_silent_ok)
{
	if (record->outcome != OUTCOME_DELIVERED)
		return;
	assert(record->remote_id);
	if (is_silent_ok && known && strcmp(record->remote_id, known) == 0)
		return;
	assert(was_answered(arena, answers, record->remote_id));
}

static void hold(struct exchange *x, connector_turn *turn, struct answers *answers)
{
	struct http_reply reply;

	while (turn(x) == TURN_SEND) {
		assert(x->request.method && x->request.url && *x->request.url == '/');
		assert(!x->request.body || strlen(x->request.body) == x->request.body_len);
		next_answer(answers, x->arena, &reply);
		x->reply = arena_memdup(x->arena, &reply, sizeof(reply));
		x->turn++;
		assert(x->turn < FUZZ_TURNS_MAX);
	}
}

/* Holds one conversation of the connector with the input as its answers. */
static int fuzz_answers(const char *name, const char *settings, const char *object,
			const struct record *records, bool is_silent_ok, const uint8_t *data,
			size_t size)
{
	static const char *const names[] = { "email", "Email", "firstname", "LastName", "a" };
	struct arena *arena = arena_new();
	struct record mine[FUZZ_RECORDS];
	struct catalog catalog = { .object = NULL };
	struct check_report report = { .calls_max = -1, .calls_left = -1 };
	struct connection connection = { .connector = name };
	struct answers answers = { .data = data + 1, .size = size ? size - 1 : 0 };
	const struct connector *c;
	struct exchange x = {
		.connection = &connection, .object = object, .records = mine,
		.nrecords = FUZZ_RECORDS, .names = names, .nnames = ARRAY_LEN(names),
		.now = INT64_C(1770112800000), .arena = arena, .catalog = &catalog,
		.report = &report,
	};
	connector_turn *verbs[6];

	connection.settings = json_parse(arena, settings, strlen(settings), &json_limits_lead,
					 NULL);
	c = connector_of(arena, &connection);
	verbs[0] = c->write, verbs[1] = c->find, verbs[2] = c->read;
	verbs[3] = c->describe, verbs[4] = c->check, verbs[5] = c->limits;
	memcpy(mine, records, sizeof(mine));
	if (size && verbs[data[0] % 6]) {
		hold(&x, verbs[data[0] % 6], &answers);
		for (size_t i = 0; i < FUZZ_RECORDS; i++) {
			check_record(arena, &answers, &mine[i], records[i].remote_id);
			if (data[0] % 6 == 0)
				check_written(arena, &answers, &mine[i], records[i].remote_id,
					      is_silent_ok);
		}
		for (size_t i = 0; i < catalog.nfields; i++)
			assert(catalog.fields[i].name && *catalog.fields[i].name);
		check_text(report.problem);
	}
	arena_free(arena);
	return 0;
}

#endif
