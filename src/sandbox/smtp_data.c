/* smtp_data.c - DATA: a message comes in, and its end is found. Threads: one at a time. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "sandbox/smtp_inside.h"

#define TEXT_LINE_MAX 998

/* Where the reader of a message stands in a line. */
enum line_at { LINE_START, LINE_DOT, LINE_DOT_CR, LINE_INSIDE, LINE_CR };

void smtp_message_drop(struct smtp_session *s)
{
	*s->budget += s->room;
	free(s->text);
	s->text = NULL;
	s->len = s->room = s->line_len = 0;
	s->at = LINE_START;
	s->is_too_large = s->is_over_budget = s->has_long_line = s->has_bare_end = false;
}

void smtp_data(struct smtp_session *s, const char *rest)
{
	if (*rest)
		smtp_mistake(s, 501, "5.5.4 DATA has no parameters");
	else if (!s->envelope)
		smtp_mistake(s, 503, "5.5.1 MAIL first");
	else if (!json_array_size(json_object_get(s->envelope, "to")))
		smtp_mistake(s, 554, "5.5.1 There are no valid recipients");
	else if (smtp_step_ask(s, "DATA", "/smtp/messages") == 354)
		s->state = SMTP_DATA;
}

static void text_grow(struct smtp_session *s, size_t len)
{
	size_t room = s->room ? s->room : 4096;

	while (room < s->len + len + 1)
		room *= 2;
	if (room == s->room)
		return;
	if (room - s->room > *s->budget) {
		s->is_over_budget = true;
		return;
	}
	*s->budget -= room - s->room;
	s->text = realloc(s->text, room);
	if (!s->text)
		abort();
	s->room = room;
}

static void text_add(struct smtp_session *s, const char *bytes, size_t len)
{
	if (s->is_too_large || s->is_over_budget)
		return;
	if (s->len + len > smtp_size_max(s)) {
		s->is_too_large = true;
		return;
	}
	text_grow(s, len);
	if (s->is_over_budget)
		return;
	memcpy(s->text + s->len, bytes, len);
	s->len += len;
	s->text[s->len] = '\0';
}

static void letter(struct smtp_session *s, char c)
{
	if (c == '\n')
		s->has_bare_end = true;
	s->line_len += c != '\r';
	s->has_long_line |= s->line_len > TEXT_LINE_MAX;
	s->at = c == '\r' ? LINE_CR : LINE_INSIDE;
	if (c != '\r')
		text_add(s, &c, 1);
}

/* As many plain letters as come in a row: what most of a message is. */
static size_t letters(struct smtp_session *s, const char *bytes, size_t len)
{
	const char *end = memchr(bytes, '\r', len), *bare;

	len = end ? (size_t)(end - bytes) : len;
	bare = memchr(bytes, '\n', len);
	len = bare ? (size_t)(bare - bytes) : len;
	s->line_len += len;
	s->has_long_line |= s->line_len > TEXT_LINE_MAX;
	text_add(s, bytes, len);
	return len;
}

/* Takes one byte; true when the message is whole. Only CR LF ends a line, so that nothing
 * that others take for an end does here. */
static bool take_byte(struct smtp_session *s, char c)
{
	switch (s->at) {
	case LINE_START:
		if (c == '.') {
			s->at = LINE_DOT;
			return false;
		}
		break;
	case LINE_DOT:
		if (c == '\r') {
			s->at = LINE_DOT_CR;
			return false;
		}
		break; /* the dot was stuffing */
	case LINE_DOT_CR:
		if (c == '\n')
			return true;
		s->has_bare_end = true;
		text_add(s, "\r", 1);
		break;
	case LINE_CR:
		if (c == '\n') {
			text_add(s, "\r\n", 2);
			s->line_len = 0;
			s->at = LINE_START;
			return false;
		}
		s->has_bare_end = true;
		text_add(s, "\r", 1);
		break;
	}
	letter(s, c);
	return false;
}

static void message_whole(struct smtp_session *s)
{
	struct smtp_step one = { .method = "MESSAGE", .target = "/smtp/messages",
				 .body = s->text ? s->text : "", .body_len = s->len };

	s->state = SMTP_COMMANDS;
	json_object_set_new(s->envelope, "tls", json_boolean(s->is_tls));
	json_object_set_new(s->envelope, "long_lines", json_boolean(s->has_long_line));
	json_object_set_new(s->envelope, "bare_ends", json_boolean(s->has_bare_end));
	one.envelope = json_text(s->step, s->envelope);
	if (s->is_too_large)
		smtp_say(s, 552, "5.3.4 The message is too large");
	else if (s->is_over_budget)
		smtp_say(s, 452, "4.3.1 There is no room for it now");
	else
		smtp_step_with(s, &one);
	smtp_envelope_drop(s);
}

size_t smtp_take_data(struct smtp_session *s, const char *bytes, size_t len)
{
	size_t taken = 0;

	if (s->cuts_data) {
		s->trouble = SMTP_CLOSE;
		s->state = SMTP_OVER;
		return len;
	}
	while (taken < len) {
		if (s->at == LINE_INSIDE) {
			taken += letters(s, bytes + taken, len - taken);
			if (taken == len)
				break;
		}
		if (take_byte(s, bytes[taken++])) {
			message_whole(s);
			break;
		}
	}
	return taken;
}
