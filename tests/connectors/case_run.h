/* case_run.h - one case file being run: what it was given, the conversation, and what must
 * have become of it. Threads: one at a time. */
#ifndef TESTS_CASE_RUN_H
#define TESTS_CASE_RUN_H

#include <setjmp.h>

#include "case_file.h"
#include "connectors/registry.h"

#define RECORDS_MAX 300
#define MEMBERS_MAX 40

enum stage { STAGE_IDLE, STAGE_CALLING, STAGE_DONE };

struct run {
	struct arena *arena;
	struct case_file file;
	const struct connector *base;
	struct connection connection;
	const struct connector *connector;
	struct exchange x;
	struct http_reply reply;
	struct record records[RECORDS_MAX];
	const char *remote_ids[RECORDS_MAX]; /* as given: writes change them */
	const char *names[MEMBERS_MAX];
	struct catalog catalog;
	struct check_report report;
	connector_turn *turn;
	enum stage stage;
	size_t next_outcome, next_found;
	int line;
	char message[4096];
	jmp_buf failed;
};

/* Ends the case as failed, with a message for people. */
void fail(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

/* The next line that belongs to the one before, or NULL; failures then name its place. */
struct case_line *indented(struct run *run);

/* The text as JSON; fails when it is none. */
json_t *json_of(struct run *run, const char *text, size_t len);

/* A directive: takes the rest of its line and what is indented below. */
typedef void directive(struct run *run, char *rest);

directive take_settings, take_refused, take_record, take_names, take_assigns, take_object;
directive take_expect, take_reply, take_stop;
directive take_outcome, take_found, take_matches, take_report, take_catalog_field,
	take_catalog, take_token, take_hold;

/* Begins a conversation: the records forget what the last one left. */
void begin(struct run *run, connector_turn *turn, const char *verb);

/* Fails when a call was made that the case does not expect. */
void must_be_done(struct run *run);

#endif
