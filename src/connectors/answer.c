/* answer.c - reads what a CRM answered, believing little. Threads: pure. */
#include "connectors/answer.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

bool answer_is_page(const struct http_reply *reply)
{
	const char *type = http_header_find(&reply->headers, "Content-Type");
	size_t i = 0;

	if (type && (text_starts(type, "text/html") || text_starts(type, "application/xhtml")))
		return true;
	while (i < reply->body_len && strchr(" \t\r\n", reply->body[i]))
		i++;
	return i < reply->body_len && reply->body[i] == '<';
}

enum outcome answer_outcome(const struct http_reply *reply)
{
	if (reply->failure == HTTP_REPLIED && reply->status != 429 && answer_is_page(reply))
		return OUTCOME_UNCERTAIN;
	return outcome_of_reply(reply);
}

bool answer_stops(const struct http_reply *reply, enum outcome outcome)
{
	return outcome == OUTCOME_CONNECTION || outcome == OUTCOME_REAUTH ||
	       reply_fails_connection(reply) || answer_is_page(reply);
}

const char *answer_lost_reason(struct arena *arena, const struct http_reply *reply)
{
	switch (reply->failure) {
	case HTTP_REPLIED:
		if (answer_is_page(reply))
			return "answered by a web page, not by the CRM";
		return arena_printf(arena, "answered %d %s", reply->status,
				    http_reason(reply->status));
	case HTTP_NOT_SENT:
		return arena_printf(arena, "not sent: %s", reply->why ? reply->why : "no connection");
	case HTTP_LOST:
		return arena_printf(arena, "no answer: %s", reply->why ? reply->why : "cut off");
	case HTTP_TOO_LARGE:
		return "the answer is larger than we take";
	}
	return NULL;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}

const char *answer_id(struct arena *arena, const json_t *json)
{
	const char *text;

	if (json_is_integer(json))
		return json_text(arena, json);
	text = json_string_value(json);
	if (text_is_empty(text) || strlen(text) > ANSWER_ID_MAX || has_control(text))
		return NULL;
	return arena_strdup(arena, text);
}

const char *answer_text(struct arena *arena, const json_t *json)
{
	const char *text = json_string_value(json);
	size_t len;

	if (!json || json_is_null(json))
		return NULL;
	if (!text)
		text = json_text(arena, json);
	len = strlen(text);
	if (len == 0)
		return NULL;
	if (len > ANSWER_TEXT_MAX)
		for (len = ANSWER_TEXT_MAX; len > 0 && (text[len] & 0xC0) == 0x80; len--)
			;
	return arena_strndup(arena, text, len);
}

struct value answer_value(struct arena *arena, const json_t *json)
{
	struct value value;

	if (value_from_json(arena, json, &value, NULL) == 0)
		return value;
	return value_text(json_text(arena, json));
}

void answer_fields(struct arena *arena, const json_t *object, const char *const *names,
		   size_t nnames, struct remote *remote)
{
	struct field *seen = arena_array(arena, nnames, sizeof(*seen));

	remote->seen = seen;
	for (size_t i = 0; i < nnames; i++) {
		const json_t *member = json_object_get(object, names[i]);

		if (!member)
			continue;
		seen[remote->nseen++] = (struct field){
			.name = names[i],
			.value = answer_value(arena, member),
		};
	}
}

struct remote *answer_add_found(struct arena *arena, struct record *record)
{
	struct remote *found;

	if (record->nfound == ANSWER_FOUND_MAX)
		return NULL;
	found = arena_array(arena, record->nfound + 1, sizeof(*found));
	if (record->nfound)
		memcpy(found, record->found, record->nfound * sizeof(*found));
	record->found = found;
	return &found[record->nfound++];
}

static size_t digits_of(const char *text, char digits[32])
{
	size_t count = 0;

	for (; *text; text++)
		if (*text >= '0' && *text <= '9' && count < 31)
			digits[count++] = *text;
	digits[count] = '\0';
	return count;
}

#define PHONE_DIGITS_MIN 7

bool answer_same_value(const char *sought, const char *seen)
{
	char a[32], b[32];
	size_t na, nb;

	if (text_equal_nocase(sought, seen))
		return true;
	if (strchr(sought, '@') || strchr(seen, '@'))
		return false;
	na = digits_of(sought, a);
	nb = digits_of(seen, b);
	if (na < PHONE_DIGITS_MIN || nb < PHONE_DIGITS_MIN)
		return false;
	/* One may lack the country: the shorter must end the longer. */
	return na >= nb ? strcmp(a + na - nb, b) == 0 : strcmp(b + nb - na, a) == 0;
}
