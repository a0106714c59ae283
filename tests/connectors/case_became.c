/* case_became.c - what must have become of a case: outcomes, matches, reports, catalogs.
 * Threads: one at a time. */
#include "case_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void must_be_done(struct run *run)
{
	if (run->stage == STAGE_CALLING)
		fail(run, "%s %s was not expected", run->x.request.method, run->x.request.url);
}

static struct record *record_named(struct run *run, const char *key)
{
	for (size_t i = 0; key && i < run->x.nrecords; i++)
		if (strcmp(run->records[i].key, key) == 0)
			return &run->records[i];
	return NULL;
}

static void expect_text(struct run *run, const char *what, const char *got,
			const char *wanted)
{
	if (!text_equal(got, wanted))
		fail(run, "%s is %s, not %s", what, got ? got : "absent",
		     wanted ? wanted : "absent");
}

/* "reason TEXT": the reason holds TEXT. */
static void expect_reason(struct run *run, const struct record *record, const char *rest)
{
	rest += strspn(rest, " ");
	if (!record->reason || !strstr(record->reason, rest))
		fail(run, "the reason is: %s", record->reason ? record->reason : "absent");
}

static void expect_more(struct run *run, struct record *record, char *rest)
{
	const char *id = NULL, *field = NULL;
	char *word;

	while ((word = case_word(run->arena, &rest))) {
		if (strcmp(word, "field") == 0) {
			field = case_word(run->arena, &rest);
		} else if (strcmp(word, "version") == 0) {
			expect_text(run, "the version", record->version,
				    case_word(run->arena, &rest));
		} else if (strcmp(word, "wait") == 0) {
			long wait = atol(case_word(run->arena, &rest));

			if (record->retry_after_ms != wait)
				fail(run, "the wait is %ld ms", (long)record->retry_after_ms);
		} else if (strcmp(word, "reason") == 0) {
			expect_reason(run, record, rest);
			break;
		} else {
			id = word;
		}
	}
	expect_text(run, "the field", record->field, field);
	if (id || record->outcome == OUTCOME_DELIVERED)
		expect_text(run, "the id", record->remote_id, id ? id : record->remote_id);
}

/* "outcome [KEY] NAME [ID] [field F] [version V] [wait MS] [reason TEXT]" */
void take_outcome(struct run *run, char *rest)
{
	char *word = case_word(run->arena, &rest);
	struct record *record = record_named(run, word);
	enum outcome outcome;

	must_be_done(run);
	if (record)
		word = case_word(run->arena, &rest);
	else if (run->next_outcome < run->x.nrecords)
		record = &run->records[run->next_outcome++];
	else
		fail(run, "there are %zu records", run->x.nrecords);
	if (!word || !outcome_parse(word, &outcome))
		fail(run, "no outcome %s", word ? word : "given");
	if (record->outcome != outcome)
		fail(run, "%s is %s: %s", record->key, outcome_name(record->outcome),
		     record->reason ? record->reason : "no reason");
	expect_more(run, record, rest);
}

static void expect_seen(struct run *run, const struct remote *found)
{
	struct case_line *line;
	size_t count = 0;

	while ((line = indented(run))) {
		char *colon = strchr(line->text, ':');
		const struct field *field;

		if (!colon)
			fail(run, "not `name: value`");
		*colon++ = '\0';
		field = field_find(found->seen, found->nseen, line->text);
		if (!field)
			fail(run, "%s was not seen", line->text);
		expect_text(run, line->text, value_shown(run->arena, field->value),
			    colon + strspn(colon, " "));
		count++;
	}
	if (count != found->nseen)
		fail(run, "%zu fields were seen", found->nseen);
}

/* "found [KEY] none" or "found [KEY] OBJECT ID [by N] [key K] [version V] [survivor OBJECT
 * ID]", one line for each match in turn, with the fields seen below. */
void take_found(struct run *run, char *rest)
{
	char *word = case_word(run->arena, &rest);
	struct record *record = record_named(run, word);
	const struct remote *found;
	int by = 0;
	const char *key = NULL, *version = NULL, *object = NULL, *id = NULL;

	must_be_done(run);
	if (record) {
		if (record != &run->records[run->next_outcome])
			run->next_found = 0;
		run->next_outcome = (size_t)(record - run->records);
		word = case_word(run->arena, &rest);
	} else {
		record = &run->records[0];
	}
	if (strcmp(word, "none") == 0) {
		if (record->nfound)
			fail(run, "%s was found: %s", record->key, record->found[0].id);
		return;
	}
	if (run->next_found >= record->nfound)
		fail(run, "%s was found %zu times", record->key, record->nfound);
	found = &record->found[run->next_found++];
	expect_text(run, "the object", found->object, word);
	expect_text(run, "the id", found->id, case_word(run->arena, &rest));
	while ((word = case_word(run->arena, &rest))) {
		if (strcmp(word, "by") == 0)
			by = atoi(case_word(run->arena, &rest));
		else if (strcmp(word, "key") == 0)
			key = case_word(run->arena, &rest);
		else if (strcmp(word, "version") == 0)
			version = case_word(run->arena, &rest);
		else if (strcmp(word, "survivor") == 0) {
			object = case_word(run->arena, &rest);
			id = case_word(run->arena, &rest);
		} else
			fail(run, "what is %s?", word);
	}
	if (found->matched_by != by)
		fail(run, "matched by %d", found->matched_by);
	expect_text(run, "the key", found->key, key);
	if (version)
		expect_text(run, "the version", found->version, version);
	expect_text(run, "the survivor's object", found->survivor_object, object);
	expect_text(run, "the survivor", found->survivor_id, id);
	expect_seen(run, found);
}

/* "matches [KEY] N" */
void take_matches(struct run *run, char *rest)
{
	char *word = case_word(run->arena, &rest);
	struct record *record = record_named(run, word);

	must_be_done(run);
	if (record)
		word = case_word(run->arena, &rest);
	else
		record = &run->records[0];
	if (record->nfound != (size_t)atoi(word))
		fail(run, "%s was found %zu times", record->key, record->nfound);
}

/* "report ok|bad [account A] [name N...] [key yes|no] [max N] [left N] [problem TEXT]" */
void take_report(struct run *run, char *rest)
{
	const struct check_report *report = &run->report;
	char *word = case_word(run->arena, &rest);

	must_be_done(run);
	if (report->is_ok != (strcmp(word, "ok") == 0))
		fail(run, "the report is %s: %s", report->is_ok ? "ok" : "bad",
		     report->problem ? report->problem : "no problem");
	while ((word = case_word(run->arena, &rest))) {
		if (strcmp(word, "account") == 0)
			expect_text(run, "account", report->account, case_word(run->arena, &rest));
		else if (strcmp(word, "name") == 0)
			expect_text(run, "name", report->account_name,
				    case_word(run->arena, &rest));
		else if (strcmp(word, "key") == 0)
			expect_text(run, "key", report->has_remote_key ? "yes" : "no",
				    case_word(run->arena, &rest));
		else if (strcmp(word, "max") == 0 || strcmp(word, "left") == 0) {
			int64_t got = *word == 'm' ? report->calls_max : report->calls_left;

			if (got != atoll(case_word(run->arena, &rest)))
				fail(run, "%s is %ld", word, (long)got);
		} else if (strcmp(word, "problem") == 0) {
			rest += strspn(rest, " ");
			if (!report->problem || !strstr(report->problem, rest))
				fail(run, "the problem is: %s",
				     report->problem ? report->problem : "none");
			break;
		}
	}
}

static const char *flags_of(struct run *run, const struct catalog_field *field)
{
	return arena_printf(run->arena, "%s%s%s%s%s%s%s", field->is_required ? " required" : "",
			    field->is_creatable ? "" : " not_creatable",
			    field->is_updatable ? "" : " not_updatable",
			    field->is_unique ? " unique" : "", field->is_key ? " key" : "",
			    field->is_write_only ? " write_only" : "",
			    field->has_open_options ? " open" : "");
}

static const char *options_of(struct run *run, const struct catalog_field *field)
{
	struct buf buf;

	buf_init(&buf, run->arena, 4096);
	for (size_t i = 0; i < field->noptions; i++)
		buf_addf(&buf, "%s%s%s", i ? "|" : " options ", field->options[i].value,
			 field->options[i].is_hidden ? "(hidden)" : "");
	return buf_text(&buf);
}

/* "field NAME TYPE [length N] FLAGS... [options a|b]" as the runner shows it itself. */
void take_catalog_field(struct run *run, char *rest)
{
	char *at = rest, *name = case_word(run->arena, &at);
	const struct catalog_field *field = catalog_find(&run->catalog, name);
	const char *shown;

	must_be_done(run);
	if (!field)
		fail(run, "%s is not described", name);
	shown = arena_printf(run->arena, "%s %s%s%s%s", field->name,
			     catalog_type_name(field->type),
			     field->length ? arena_printf(run->arena, " length %d", field->length) :
					     "",
			     flags_of(run, field), options_of(run, field));
	expect_text(run, "the field", shown, rest + strspn(rest, " "));
}

/* "catalog OBJECT N" */
void take_catalog(struct run *run, char *rest)
{
	must_be_done(run);
	expect_text(run, "the object", run->catalog.object, case_word(run->arena, &rest));
	if (run->catalog.nfields != (size_t)atoi(rest))
		fail(run, "%zu fields are described", run->catalog.nfields);
}

/* "token wanted" or "token useless" */
void take_token(struct run *run, char *rest)
{
	must_be_done(run);
	if (run->x.wants_token != (strstr(rest, "wanted") != NULL))
		fail(run, "a fresh token is %s", run->x.wants_token ? "wanted" : "not wanted");
}

/* "hold MS [BUCKET]": what the last reply asked for */
void take_hold(struct run *run, char *rest)
{
	char *word = case_word(run->arena, &rest);

	if (!word || run->x.hold_ms != atol(word))
		fail(run, "the hold is %ld ms", (long)run->x.hold_ms);
	expect_text(run, "what is held", run->x.held_bucket, case_word(run->arena, &rest));
}
