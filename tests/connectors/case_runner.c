/* case_runner.c - holds a connector's conversations as case files tell them. Each file
 * is one test. The form is described in tests/connectors/README.md. */
#include "case_run.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const struct {
	const char *word;
	directive *take;
} directives[] = {
	{ "settings", take_settings }, { "refused", take_refused },
	{ "record", take_record },     { "names", take_names },
	{ "assigns", take_assigns },   { "object", take_object },
	{ "expect", take_expect },     { "reply", take_reply },
	{ "stop", take_stop },	       { "outcome", take_outcome },
	{ "found", take_found },       { "matches", take_matches },
	{ "report", take_report },     { "field", take_catalog_field },
	{ "catalog", take_catalog },   { "token", take_token },
	{ "hold", take_hold },
};

static bool begin_verb(struct run *run, const char *word)
{
	const struct connector *c = connector_of(run->arena, &run->connection);
	const struct { const char *word; connector_turn *turn; } verbs[] = {
		{ "write", c->write }, { "find", c->find },	   { "read", c->read },
		{ "check", c->check }, { "describe", c->describe }, { "limits", c->limits },
		{ "create_key", c->create_key },
	};

	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (strcmp(verbs[i].word, word) == 0) {
			begin(run, verbs[i].turn, word);
			return true;
		}
	return false;
}

static void take_line(struct run *run, struct case_line *line)
{
	char *rest = line->text, *word = case_word(run->arena, &rest);

	run->line = line->number;
	if (line->is_indented)
		fail(run, "belongs to nothing");
	if (begin_verb(run, word))
		return;
	for (size_t i = 0; i < ARRAY_LEN(directives); i++)
		if (strcmp(directives[i].word, word) == 0) {
			directives[i].take(run, rest);
			return;
		}
	fail(run, "what is %s?", word);
}

static void prepare(struct run *run, const char *connector)
{
	run->base = connector_find(connector);
	if (!run->base)
		fail(run, "no connector %s", connector);
	run->connection.connector = connector;
	run->connection.name = connector;
	run->connection.settings = json_keep(run->arena, json_object());
	run->x.connection = &run->connection;
	run->x.object = run->base->objects ? run->base->objects[0].name : "contacts";
	run->x.records = run->records;
	run->x.names = run->names;
	run->x.now = INT64_C(1770112800000); /* 2026-02-03T10:00:00Z */
	run->x.arena = run->arena;
	run->x.catalog = &run->catalog;
	run->x.report = &run->report;
}

static bool run_case(const char *connector, const char *path, struct run *run)
{
	*run = (struct run){ .arena = arena_new() };
	if (setjmp(run->failed) != 0)
		return false;
	prepare(run, connector);
	if (!case_file_read(run->arena, path, &run->file))
		fail(run, "cannot be read");
	while (run->file.at < run->file.count)
		take_line(run, &run->file.lines[run->file.at++]);
	must_be_done(run);
	if (run->stage == STAGE_IDLE && !strstr(path, "settings"))
		fail(run, "holds no conversation");
	return true;
}

static int is_case(const struct dirent *entry)
{
	return text_ends(entry->d_name, ".case");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int main(int argc, char **argv)
{
	static struct run run;
	struct dirent **entries;
	int count, failures = 0;

	if (argc != 3) {
		fprintf(stderr, "usage: case_runner CONNECTOR FOLDER\n");
		return 2;
	}
	count = scandir(argv[2], &entries, is_case, by_name);
	if (count <= 0) {
		fprintf(stderr, "no cases in %s\n", argv[2]);
		return 2;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		char path[1024];
		bool is_ok;

		snprintf(path, sizeof(path), "%s/%s", argv[2], entries[i]->d_name);
		is_ok = run_case(argv[1], path, &run);
		printf("%sok %d - %s: %.*s\n", is_ok ? "" : "not ", i + 1, argv[1],
		       (int)strlen(entries[i]->d_name) - 5, entries[i]->d_name);
		if (!is_ok)
			printf("# %s:%d: %s\n", entries[i]->d_name, run.line, run.message);
		failures += !is_ok;
		arena_free(run.arena);
		free(entries[i]);
	}
	free(entries);
	return failures ? 1 : 0;
}
