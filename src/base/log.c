/* log.c - one line per event, with no room for free text. Threads: shared, under
 * sink_lock. */
#include "base/log.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/id.h"

static pthread_mutex_t sink_lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	int fd;
	enum log_level level;
	enum log_format format;
} sink = { STDERR_FILENO, LOG_INFO, LOG_LOGFMT };

static const char *const level_names[] = { "debug", "info", "warn", "error", "off" };

void log_setup(int fd, enum log_level level, enum log_format format)
{
	pthread_mutex_lock(&sink_lock);
	sink.fd = fd;
	sink.level = level;
	sink.format = format;
	pthread_mutex_unlock(&sink_lock);
}

bool log_level_parse(const char *text, enum log_level *level)
{
	for (size_t i = 0; i < ARRAY_LEN(level_names); i++)
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	return false;
}

struct log log_with(const struct log *log, struct log_field field)
{
	struct log more = { 0 };

	if (log)
		more = *log;
	if (more.count < LOG_BOUND_MAX)
		more.bound[more.count++] = field;
	return more;
}

struct line {
	char text[1024];
	size_t len;
	bool is_full; /* something did not fit */
};

/* Two bytes stay for the line's end. */
static void put(struct line *line, const char *text)
{
	size_t len = strlen(text);

	if (line->is_full || len > sizeof(line->text) - 2 - line->len) {
		line->is_full = true;
		return;
	}
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

static bool is_word(const char *word)
{
	size_t len = word ? strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789_.:/+-") :
			    0;

	return len > 0 && len <= 64 && !word[len];
}

static void put_field(struct line *line, enum log_format format, const struct log_field *field)
{
	char text[32];
	bool is_json = format == LOG_JSON, is_text = field->type != LOG_FIELD_INT;
	size_t before = line->len;

	put(line, is_json ? ",\"" : " ");
	put(line, field->name);
	put(line, is_json ? "\":" : "=");
	put(line, is_json && is_text ? "\"" : "");
	switch (field->type) {
	case LOG_FIELD_INT:
		snprintf(text, sizeof(text), "%lld", (long long)field->number);
		put(line, text);
		break;
	case LOG_FIELD_ID:
		id_format(field->number, text);
		put(line, text);
		break;
	case LOG_FIELD_WORD:
		put(line, is_word(field->word) ? field->word : "?");
		break;
	}
	put(line, is_json && is_text ? "\"" : "");
	if (line->is_full)
		line->len = before; /* a field fits whole or is left out, with those after it */
}

void log_write(enum log_level level, const struct log *log, const char *event,
	       const struct log_field *fields)
{
	struct line line = { .len = 0 };
	char time[CLOCK_TEXT_SIZE];
	enum log_format format;
	ssize_t written;
	int fd;

	/* Read without the lock: set once, before there are threads. */
	if (level < sink.level)
		return;
	format = sink.format;
	fd = sink.fd;
	clock_format(clock_now(), time);
	put(&line, format == LOG_JSON ? "{\"ts\":\"" : "ts=");
	put(&line, time);
	put(&line, format == LOG_JSON ? "\",\"level\":\"" : " level=");
	put(&line, level_names[level]);
	put(&line, format == LOG_JSON ? "\",\"event\":\"" : " event=");
	put(&line, is_word(event) ? event : "?");
	put(&line, format == LOG_JSON ? "\"" : "");
	for (size_t i = 0; log && i < log->count; i++)
		put_field(&line, format, &log->bound[i]);
	for (; fields->name; fields++)
		put_field(&line, format, fields);
	line.text[line.len++] = format == LOG_JSON ? '}' : '\n';
	if (format == LOG_JSON)
		line.text[line.len++] = '\n';

	pthread_mutex_lock(&sink_lock);
	written = write(fd, line.text, line.len);
	pthread_mutex_unlock(&sink_lock);
	(void)written; /* a log that cannot be written must not stop the work */
}
