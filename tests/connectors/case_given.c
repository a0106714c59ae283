/* case_given.c - what a case is given: settings, records, names. Threads: one at a time. */
#include "case_run.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static char *indented_text(struct run *run)
{
	struct case_line *line;
	struct buf buf;

	buf_init(&buf, run->arena, 1u << 20);
	while ((line = indented(run)))
		buf_addf(&buf, "%s\n", line->text);
	return buf.len ? buf_text(&buf) : NULL;
}

/* "settings" with JSON below, or "settings FILE WAY": a file beside the case. */
void take_settings(struct run *run, char *rest)
{
	const char *name = case_word(run->arena, &rest), *way = case_word(run->arena, &rest);
	struct error err;
	size_t len;
	char *text;

	if (name) {
		const char *slash = strrchr(run->file.path, '/');

		text = case_file_bytes(run->arena,
				       arena_printf(run->arena, "%.*s/%s",
						    (int)(slash - run->file.path),
						    run->file.path, name), &len);
		if (!text)
			fail(run, "no file %s", name);
		run->connection.settings = json_at(json_of(run, text, len), way ? way : "$");
	} else {
		text = indented_text(run);
		if (!text)
			fail(run, "settings: nothing below");
		run->connection.settings = json_of(run, text, strlen(text));
	}
	if (connector_settings_check(run->base, run->connection.settings, &err) < 0)
		fail(run, "%s", err.message);
}

/* "refused MESSAGE" with settings below. */
void take_refused(struct run *run, char *rest)
{
	struct error err = { ERR_NONE, "" };
	char *text = indented_text(run);

	rest += strspn(rest, " ");
	if (!text)
		fail(run, "refused: nothing below");
	if (connector_settings_check(run->base, json_of(run, text, strlen(text)), &err) == 0)
		fail(run, "the settings were taken");
	if (!strstr(err.message, rest))
		fail(run, "refused, but with: %s", err.message);
}

static void take_field(struct run *run, struct record *record, char *text)
{
	struct field *fields = (struct field *)record->fields;
	char *colon = strchr(text, ':');
	struct field *field;

	if (!colon || record->nfields == MEMBERS_MAX)
		fail(run, "not `name: value`: %s", text);
	if (!fields)
		record->fields = fields = arena_array(run->arena, MEMBERS_MAX, sizeof(*fields));
	field = &fields[record->nfields++];
	*colon++ = '\0';
	field->name = text;
	if (*colon == '=') {
		colon++;
		value_from_json(run->arena, json_of(run, colon, strlen(colon)), &field->value,
				NULL);
	} else {
		field->value = value_text(colon + strspn(colon, " "));
	}
}

/* "key OBJECT.FIELD VALUE" */
static void take_key(struct run *run, struct record *record, char *rest)
{
	struct record_key *keys = (struct record_key *)record->keys;
	char *name = case_word(run->arena, &rest), *dot = name ? strchr(name, '.') : NULL;

	if (!dot || record->nkeys == MEMBERS_MAX)
		fail(run, "not `key OBJECT.FIELD VALUE`");
	if (!keys)
		record->keys = keys = arena_array(run->arena, MEMBERS_MAX, sizeof(*keys));
	*dot = '\0';
	keys[record->nkeys++] = (struct record_key){ name, dot + 1, rest + strspn(rest, " ") };
}

static void take_record_line(struct run *run, struct record *record, char *text)
{
	char *rest = text, *word = case_word(run->arena, &rest);

	if (strcmp(word, "known") == 0) {
		record->remote_id = case_word(run->arena, &rest);
		record->action = RECORD_UPDATE;
	} else if (strcmp(word, "idempotency") == 0) {
		record->idempotency_key = case_word(run->arena, &rest);
	} else if (strcmp(word, "key") == 0) {
		take_key(run, record, rest);
	} else {
		take_field(run, record, text);
	}
}

void take_record(struct run *run, char *rest)
{
	struct record *record = &run->records[run->x.nrecords];
	struct case_line *line;

	if (run->x.nrecords == RECORDS_MAX)
		fail(run, "more than %d records", RECORDS_MAX);
	*record = (struct record){ .key = case_word(run->arena, &rest) };
	record->idempotency_key = arena_printf(run->arena, "idem-%s", record->key);
	while ((line = indented(run)))
		take_record_line(run, record, line->text);
	run->remote_ids[run->x.nrecords++] = record->remote_id;
}

void take_names(struct run *run, char *rest)
{
	char *name;

	run->x.nnames = 0;
	while ((name = case_word(run->arena, &rest)) && run->x.nnames < MEMBERS_MAX)
		run->names[run->x.nnames++] = name;
}

void take_assigns(struct run *run, char *rest)
{
	run->connection.assigns = strstr(rest, "crm") ? ASSIGNS_CRM : ASSIGNS_FAIRLEAD;
}

void take_object(struct run *run, char *rest)
{
	run->x.object = case_word(run->arena, &rest);
}
