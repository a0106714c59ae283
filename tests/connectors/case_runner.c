/* case_runner.c - holds a connector's conversations as case files tell them. Each file
 * is one test. The form is described in tests/connectors/README.md. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
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

static void fail(struct run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));

static void fail(struct run *run, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run->message, sizeof(run->message), format, args);
	va_end(args);
	longjmp(run->failed, 1);
}

static struct case_line *indented(struct run *run)
{
	struct case_line *line = case_indented(&run->file);

	if (line)
		run->line = line->number;
	return line;
}

/* --- what a case is given -------------------------------------------------------- */

static char *indented_text(struct run *run)
{
	struct case_line *line;
	struct buf buf;

	buf_init(&buf, run->arena, 1u << 20);
	while ((line = indented(run)))
		buf_addf(&buf, "%s\n", line->text);
	return buf.len ? buf_text(&buf) : NULL;
}

static json_t *json_of(struct run *run, const char *text, size_t len)
{
	struct error err;
	json_t *json = json_parse(run->arena, text, len, &json_limits_large, &err);

	if (!json)
		fail(run, "not JSON: %s", err.message);
	return json;
}

/* "settings" with JSON below, or "settings FILE WAY": a file beside the case. */
static void take_settings(struct run *run, char *rest)
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
static void take_refused(struct run *run, char *rest)
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

static void take_record(struct run *run, char *rest)
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

static void take_names(struct run *run, char *rest)
{
	char *name;

	run->x.nnames = 0;
	while ((name = case_word(run->arena, &rest)) && run->x.nnames < MEMBERS_MAX)
		run->names[run->x.nnames++] = name;
}

static void take_assigns(struct run *run, char *rest)
{
	run->connection.assigns = strstr(rest, "crm") ? ASSIGNS_CRM : ASSIGNS_FAIRLEAD;
}

static void take_object(struct run *run, char *rest)
{
	run->x.object = case_word(run->arena, &rest);
}

/* --- the conversation ------------------------------------------------------------ */

static void take_turn(struct run *run)
{
	run->x.request = (struct http_request){ .method = NULL };
	run->x.bucket = NULL;
	run->stage = run->turn(&run->x) == TURN_SEND ? STAGE_CALLING : STAGE_DONE;
	if (run->stage == STAGE_CALLING && (!run->x.request.method || !run->x.request.url))
		fail(run, "the request has no method or no address");
}

static void begin(struct run *run, connector_turn *turn, const char *verb)
{
	if (run->stage == STAGE_CALLING)
		fail(run, "%s %s was not expected", run->x.request.method, run->x.request.url);
	if (!turn)
		fail(run, "the connector has no %s", verb);
	for (size_t i = 0; i < run->x.nrecords; i++) {
		struct record *record = &run->records[i];

		record->outcome = OUTCOME_UNCERTAIN;
		record->field = record->reason = record->version = NULL;
		record->found = NULL;
		record->nfound = 0;
		record->remote_id = run->remote_ids[i];
	}
	run->turn = turn;
	run->x.turn = 0;
	run->x.reply = NULL;
	run->x.state = NULL;
	run->x.wants_token = false;
	run->next_outcome = run->next_found = 0;
	run->report = (struct check_report){ .calls_max = -1, .calls_left = -1 };
	run->catalog = (struct catalog){ .object = NULL };
	take_turn(run);
}

static const char *shown_json(struct run *run, const char *text)
{
	return text ? json_canonical(run->arena, json_of(run, text, strlen(text))) : "nothing";
}

static void expect_header(struct run *run, char *rest)
{
	char *name = case_word(run->arena, &rest);
	size_t len = strlen(name);
	const char *value;

	if (len && name[len - 1] == ':')
		name[len - 1] = '\0';
	rest += strspn(rest, " ");
	value = http_header_find(&run->x.request.headers, name);
	if (strcmp(rest, "absent") == 0 ? value != NULL : !text_equal(value, rest))
		fail(run, "header %s is %s", name, value ? value : "absent");
}

static void expect_body(struct run *run, const char *wanted)
{
	const char *want = shown_json(run, wanted), *got = shown_json(run, run->x.request.body);

	if (strcmp(want, got) != 0)
		fail(run, "the body is\n#   %s\n# and not\n#   %s", got, want);
}

static void take_expect(struct run *run, char *rest)
{
	const char *method = case_word(run->arena, &rest), *url = rest + strspn(rest, " ");
	const struct http_request *request = &run->x.request;
	const char *decoded;
	struct case_line *line;
	struct buf body;
	bool is_any = false;

	if (run->stage != STAGE_CALLING)
		fail(run, "no call was made");
	decoded = url_decode(run->arena, request->url, strlen(request->url), false);
	if (!text_equal(request->method, method) ||
	    (!text_equal(request->url, url) && !text_equal(decoded, url)))
		fail(run, "the call is %s %s", request->method, request->url);
	buf_init(&body, run->arena, 1u << 20);
	while ((line = indented(run))) {
		char *at = line->text;

		if (text_starts(at, "header "))
			expect_header(run, at + 7);
		else if (text_starts(at, "bucket "))
			text_equal(run->x.bucket, at + 7) ? (void)0 :
			fail(run, "the bucket is %s", run->x.bucket ? run->x.bucket : "the first");
		else if (strcmp(at, "any body") == 0)
			is_any = true;
		else
			buf_addf(&body, "%s\n", at);
	}
	if (!is_any)
		expect_body(run, body.len ? body.text : NULL);
}

static void read_reply_lines(struct run *run)
{
	struct case_line *line;
	struct buf body;

	buf_init(&body, run->arena, 4u << 20);
	while ((line = indented(run))) {
		char *at = line->text, *name;

		if (!text_starts(at, "header ")) {
			buf_addf(&body, "%s\n", at);
			continue;
		}
		at += 7;
		name = case_word(run->arena, &at);
		name[strlen(name) - 1] = '\0';
		http_header_add(&run->reply.headers, name, at + strspn(at, " "));
	}
	run->reply.body = body.text;
	run->reply.body_len = body.len;
}

static const char page[] = "<!DOCTYPE html><html><body>We will be back soon</body></html>";

/* "reply none", "notsent", "toolarge", or a status, alone or after "html" (the same as a
 * page of a proxy) or "truncated" (the body below, cut in half, as if it were whole). */
static void take_reply(struct run *run, char *rest)
{
	static const struct { const char *word; enum http_failure failure; } failures[] = {
		{ "none", HTTP_LOST },
		{ "notsent", HTTP_NOT_SENT },
		{ "toolarge", HTTP_TOO_LARGE },
	};
	const char *word = case_word(run->arena, &rest), *status = case_word(run->arena, &rest);

	if (run->stage != STAGE_CALLING)
		fail(run, "nothing to reply to");
	run->reply = (struct http_reply){ .failure = HTTP_REPLIED, .body = "" };
	run->reply.status = atoi(status ? status : word);
	read_reply_lines(run);
	for (size_t i = 0; i < ARRAY_LEN(failures); i++)
		if (text_equal(word, failures[i].word))
			run->reply.failure = failures[i].failure;
	if (text_equal(word, "html")) {
		run->reply.status = status ? atoi(status) : 200;
		http_header_add(&run->reply.headers, "Content-Type", "text/html; charset=utf-8");
		run->reply.body = page;
		run->reply.body_len = strlen(page);
	}
	if (text_equal(word, "truncated")) {
		run->reply.body_len /= 2;
		run->reply.body = arena_strndup(run->arena, run->reply.body,
						run->reply.body_len);
	}
	if (run->reply.failure == HTTP_REPLIED && run->reply.status < 100)
		fail(run, "reply: no status");
	run->x.reply = &run->reply;
	run->x.turn++;
	take_turn(run);
}

/* The sender gives the conversation up. */
static void take_stop(struct run *run, char *rest)
{
	(void)rest;
	run->stage = STAGE_DONE;
}

/* --- what became of it ------------------------------------------------------------- */

static void must_be_done(struct run *run)
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
static void take_outcome(struct run *run, char *rest)
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
static void take_found(struct run *run, char *rest)
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
static void take_matches(struct run *run, char *rest)
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
static void take_report(struct run *run, char *rest)
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
	return arena_printf(run->arena, "%s%s%s%s%s%s", field->is_required ? " required" : "",
			    field->is_creatable ? "" : " not_creatable",
			    field->is_updatable ? "" : " not_updatable",
			    field->is_unique ? " unique" : "", field->is_key ? " key" : "",
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
static void take_catalog_field(struct run *run, char *rest)
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
static void take_catalog(struct run *run, char *rest)
{
	must_be_done(run);
	expect_text(run, "the object", run->catalog.object, case_word(run->arena, &rest));
	if (run->catalog.nfields != (size_t)atoi(rest))
		fail(run, "%zu fields are described", run->catalog.nfields);
}

/* "token wanted" or "token useless" */
static void take_token(struct run *run, char *rest)
{
	must_be_done(run);
	if (run->x.wants_token != (strstr(rest, "wanted") != NULL))
		fail(run, "a fresh token is %s", run->x.wants_token ? "wanted" : "not wanted");
}

/* --- files ------------------------------------------------------------------------- */

static const struct {
	const char *word;
	void (*take)(struct run *run, char *rest);
} directives[] = {
	{ "settings", take_settings }, { "refused", take_refused },
	{ "record", take_record },     { "names", take_names },
	{ "assigns", take_assigns },   { "object", take_object },
	{ "expect", take_expect },     { "reply", take_reply },
	{ "stop", take_stop },	       { "outcome", take_outcome },
	{ "found", take_found },       { "matches", take_matches },
	{ "report", take_report },     { "field", take_catalog_field },
	{ "catalog", take_catalog },   { "token", take_token },
};

static bool begin_verb(struct run *run, const char *word)
{
	const struct connector *c = connector_of(run->arena, &run->connection);
	const struct { const char *word; connector_turn *turn; } verbs[] = {
		{ "write", c->write }, { "find", c->find },	   { "read", c->read },
		{ "check", c->check }, { "describe", c->describe }, { "limits", c->limits },
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
