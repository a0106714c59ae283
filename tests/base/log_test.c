#include "../support/check.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"

/* What was logged since the last look goes through a pipe. */
static int pipe_ends[2];

static int setup(void **state)
{
	(void)state;
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK), 0);
	log_setup(pipe_ends[1], LOG_INFO, LOG_LOGFMT);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	log_setup(STDERR_FILENO, LOG_INFO, LOG_LOGFMT);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	return 0;
}

static const char *logged(void)
{
	static char text[65536];
	ssize_t n = read(pipe_ends[0], text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* The line behind its time, which must be one. */
static const char *logged_after_time(void)
{
	const char *text = logged();
	char time[CLOCK_TEXT_SIZE];
	int64_t ms;

	assert_true(text_starts(text, "ts="));
	snprintf(time, sizeof(time), "%.24s", text + 3);
	assert_true(clock_parse(time, &ms));
	assert_true(clock_now() - ms < 60000);
	return text + 3 + strlen(time);
}

static void line_has_event_and_fields(void **state)
{
	(void)state;
	log_info(NULL, "attempt.done", LOG_WORD("outcome", "delivered"), LOG_INT("status", -200),
		 LOG_ID("lead", 32));
	assert_string_equal(logged_after_time(),
			    " level=info event=attempt.done outcome=delivered status=-200 "
			    "lead=0000000000010\n");
	log_error(NULL, "store.failed");
	assert_string_equal(logged_after_time(), " level=error event=store.failed\n");
}

static void json_line_is_json(void **state)
{
	struct arena *arena = arena_new();
	const char *text;
	json_t *json;

	(void)state;
	log_setup(pipe_ends[1], LOG_INFO, LOG_JSON);
	log_warn(NULL, "attempt.done", LOG_WORD("outcome", "delivered"), LOG_INT("status", 200),
		 LOG_ID("lead", 32));
	text = logged();
	assert_true(text_ends(text, "}\n"));
	json = json_parse(arena, text, strlen(text), &json_limits_lead, NULL);
	assert_string_equal(json_string_of(json, "level"), "warn");
	assert_string_equal(json_string_of(json, "event"), "attempt.done");
	assert_string_equal(json_string_of(json, "outcome"), "delivered");
	assert_int_equal(json_int_of(json, "status", -1), 200);
	assert_string_equal(json_string_of(json, "lead"), "0000000000010");
	arena_free(arena);
}

static void only_words_pass(void **state)
{
	static const struct {
		const char *word, *written;
	} cases[] = {
		{ "delivered", "delivered" },
		{ "AZaz09_.:/+-", "AZaz09_.:/+-" },
		{ "", "?" },
		{ NULL, "?" },
		{ "Ada Lovelace", "?" },
		{ "ada@example.org", "?" },
		{ "a\nlevel=error", "?" },
		{ "a\"b", "?" },
		{ "a=b", "?" },
		{ "\xc3\xa4", "?" },
		{ "1234567890123456789012345678901234567890123456789012345678901234",
		  "1234567890123456789012345678901234567890123456789012345678901234" },
		{ "12345678901234567890123456789012345678901234567890123456789012345", "?" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char expected[128];

		log_info(NULL, "x.y", LOG_WORD("word", cases[i].word));
		snprintf(expected, sizeof(expected), " level=info event=x.y word=%s\n",
			 cases[i].written);
		assert_string_equal(logged_after_time(), expected);
	}
	log_info(NULL, "ada lovelace");
	assert_string_equal(logged_after_time(), " level=info event=?\n");
}

static void bound_fields_come_first(void **state)
{
	struct log request = log_with(NULL, LOG_ID("request", 1));
	struct log lead = log_with(&request, LOG_WORD("lead", "x"));

	(void)state;
	log_info(&lead, "a.b", LOG_INT("n", 1));
	assert_string_equal(logged_after_time(),
			    " level=info event=a.b request=0000000000001 lead=x n=1\n");
	log_info(&request, "a.b");
	assert_string_equal(logged_after_time(), " level=info event=a.b request=0000000000001\n");
}

static void bound_fields_have_a_limit(void **state)
{
	struct log log = { 0 };

	(void)state;
	for (int i = 0; i < LOG_BOUND_MAX + 3; i++)
		log = log_with(&log, LOG_INT("n", i));
	assert_int_equal(log.count, LOG_BOUND_MAX);
	log_info(&log, "a.b");
	assert_string_equal(logged_after_time(), " level=info event=a.b n=0 n=1 n=2 n=3 n=4 n=5\n");
}

static void levels_below_are_left_out(void **state)
{
	enum log_level level;

	(void)state;
	log_debug(NULL, "a.b");
	assert_string_equal(logged(), "");
	log_setup(pipe_ends[1], LOG_DEBUG, LOG_LOGFMT);
	log_debug(NULL, "a.b");
	assert_string_equal(logged_after_time(), " level=debug event=a.b\n");
	log_setup(pipe_ends[1], LOG_OFF, LOG_LOGFMT);
	log_error(NULL, "a.b");
	assert_string_equal(logged(), "");
	assert_true(log_level_parse("warn", &level));
	assert_int_equal(level, LOG_WARN);
	assert_false(log_level_parse("WARN", &level));
	assert_false(log_level_parse("", &level));
}

/* A line that is too long loses whole fields and stays what it is. */
static void long_lines_stay_readable(void **state)
{
	static const char word[] = "1234567890123456789012345678901234567890123456789012345678901234";
	struct log_field fields[40] = { 0 };
	struct arena *arena = arena_new();

	(void)state;
	log_setup(pipe_ends[1], LOG_INFO, LOG_JSON);
	for (size_t count = 0; count < ARRAY_LEN(fields) - 1; count++) {
		const char *text;
		json_t *json;

		fields[count] = LOG_WORD(arena_printf(arena, "f%zu", count), word);
		log_write(LOG_INFO, NULL, "a.b", fields);
		text = logged();
		json = json_parse(arena, text, strlen(text), &json_limits_lead, NULL);
		if (!json)
			fail_msg("%zu fields: %s", count, text);
		assert_string_equal(json_string_of(json, "f0"), word);
		assert_in_range(json_object_size(json), 4, 3 + count + 1);
		assert_true(count < 10 ? json_object_size(json) == 3 + count + 1 :
					 json_object_size(json) > 13);
	}
	arena_free(arena);
}

static void *log_many(void *context)
{
	(void)context;
	for (int i = 0; i < 100; i++)
		log_info(NULL, "a.b", LOG_WORD("word", "whole"));
	return NULL;
}

static void lines_of_threads_do_not_mix(void **state)
{
	pthread_t threads[4];
	const char *text;
	int lines = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_create(&threads[i], NULL, log_many, NULL);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		pthread_join(threads[i], NULL);
	for (text = logged(); *text; text = strchr(text, '\n') + 1, lines++)
		assert_true(text_starts(text + 3 + 24, " level=info event=a.b word=whole\n"));
	assert_int_equal(lines, 400);
}

static void log_that_cannot_be_written_stops_nobody(void **state)
{
	(void)state;
	log_setup(-1, LOG_INFO, LOG_LOGFMT);
	log_error(NULL, "a.b");
}

#define WITH_PIPE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PIPE(line_has_event_and_fields),
		WITH_PIPE(json_line_is_json),
		WITH_PIPE(only_words_pass),
		WITH_PIPE(bound_fields_come_first),
		WITH_PIPE(bound_fields_have_a_limit),
		WITH_PIPE(levels_below_are_left_out),
		WITH_PIPE(long_lines_stay_readable),
		WITH_PIPE(lines_of_threads_do_not_mix),
		WITH_PIPE(log_that_cannot_be_written_stops_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
