/* imports.c - /v1/imports: files of leads, whole or in pieces. Threads: handlers that wait. */
#include "api/imports.h"

#include <string.h>

#include "api/internal.h"
#include "api/shapes.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sources/csv_write.h"

/* ---- What is shown of one ---- */

static void out_counts(struct out *out, const struct import_counts *counts)
{
	out_int(out, "created", counts->created);
	out_int(out, "updated", counts->updated);
	out_int(out, "unchanged", counts->unchanged);
	out_int(out, "ignored", counts->ignored);
	out_int(out, "failed", counts->failed);
}

static void out_kept(struct out *out, const struct config *config,
		     const struct kept_import *import)
{
	out_open(out, NULL, '{');
	out_id(out, "id", import->id);
	out_source(out, "source", config, import->source);
	out_text(out, "name", import->name);
	out_text(out, "state", import->state);
	out_int(out, "rows", import->rows_done);
	out_counts(out, &import->counts);
	out_time(out, "started_at", import->started_at);
	out_time(out, "ended_at", import->ended_at);
	out_raw(out, "file", import->header);
	out_close(out, '}');
}

static json_t *columns_json(const struct import_progress *progress)
{
	json_t *columns = json_array();

	for (size_t i = 0; i < progress->columns->count; i++) {
		const struct csv_column *column = &progress->columns->items[i];

		json_array_append_new(columns,
				      json_pack("{ss ss*}", "header", column->header, "target",
						text_is_empty(column->target) ? NULL :
										column->target));
	}
	return columns;
}

static json_t *header_json(const struct import_progress *progress)
{
	char delimiter[2] = { progress->delimiter, '\0' };

	return json_pack("{ss ss so}", "encoding", progress->encoding, "delimiter", delimiter,
			 "columns", columns_json(progress));
}

static void out_notices(struct out *out, const struct import_progress *progress)
{
	static const char *const names[] = { "warnings", "problems" };

	for (int kind = 1; kind >= 0; kind--) {
		out_open(out, names[kind], '[');
		for (size_t i = 0; i < progress->nnotices; i++) {
			const struct import_notice *notice = &progress->notices[i];

			if (notice->is_refused != (kind == 1))
				continue;
			out_open(out, NULL, '{');
			out_int(out, "line", notice->line);
			out_text(out, "field", notice->field);
			out_text(out, "code", notice->code);
			out_text(out, "message", notice->message);
			out_text(out, "instruction", notice->instruction);
			out_close(out, '}');
		}
		out_close(out, ']');
	}
}

static void out_progress(struct out *out, struct api_call *call, const struct open_import *open,
			 const char *state)
{
	struct import_progress progress = import_progress(open->import);

	out_open(out, NULL, '{');
	out_id(out, "id", open->is_plan ? 0 : open->id);
	out_text(out, "source", open->source);
	out_text(out, "name", open->name);
	out_text(out, "state", state);
	if (text_equal(state, "receiving")) {
		out_id(out, "continue", open->id);
		out_int(out, "next_offset", open->offset);
	}
	out_int(out, "rows", progress.rows);
	out_counts(out, &progress.counts);
	out_json(out, "file",
		 progress.columns ? json_keep(call->arena, header_json(&progress)) : NULL);
	out_notices(out, &progress);
	out_close(out, '}');
}

/* ---- Beginning ---- */

struct beginning {
	struct api_call *call;
	struct kept_import import;
	bool is_again;    /* the same file once more, on purpose */
	bool was_done;    /* out: the file was imported before */
	bool is_resumed;  /* out */
};

static int begin_run(struct tx *tx, void *context, struct error *err)
{
	struct beginning *b = context;
	const struct actor *actor = &b->call->actor;
	struct kept_import before;
	int found = 0;

	b->was_done = b->is_resumed = false;
	if (b->import.has_hash && !b->is_again)
		found = import_find_file(tx_view(tx), actor, b->import.source,
					 b->import.file_hash, &before, err);
	if (found < 0)
		return -1;
	if (found == 1 && text_equal(before.state, "done")) {
		b->import.id = before.id;
		b->import.ended_at = before.ended_at;
		b->was_done = true;
		return 0;
	}
	if (found == 1 && text_equal(before.state, "receiving")) {
		b->import.id = before.id;
		b->import.rows_done = before.rows_done;
		b->import.counts = before.counts;
		b->is_resumed = true;
		return 1;
	}
	return import_add(tx, actor, &b->import, &b->import.id, err);
}

static bool is_yes(struct api_call *call, const char *name)
{
	const char *text = api_query(call, name);

	return text_equal(text, "true") || text_equal(text, "yes") || text_equal(text, "1");
}

static bool read_hash(struct api_call *call, struct kept_import *import)
{
	const char *text = api_query(call, "sha256");
	unsigned char *bytes;
	size_t len;

	if (!text && call->http->body_len && !is_yes(call, "more")) {
		sha256(call->http->body, call->http->body_len, import->file_hash);
		import->has_hash = true;
		return true;
	}
	if (!text)
		return true;
	if (hex_decode(call->arena, text, &bytes, &len, NULL) < 0 || len != SHA256_SIZE) {
		api_problem(call, 400, "bad_sha256", "sha256: want 64 hex digits");
		return false;
	}
	memcpy(import->file_hash, bytes, len);
	import->has_hash = true;
	return true;
}

const struct source *api_file_source(struct api_call *call, const struct config *config)
{
	const char *name = api_query(call, "source");
	const struct source *source;

	if (text_is_empty(name))
		name = call->token.source;
	if (text_is_empty(name)) {
		api_problem(call, 422, "no_source",
			    "source: name a source of the kind file, ?source=NAME");
		return NULL;
	}
	source = config_source(config, name);
	if (source && call->token.source && !text_equal(call->token.source, name)) {
		api_problem(call, 403, "forbidden",
			    "this token may send leads of its own source only");
		return NULL;
	}
	if (source && source->kind == SOURCE_FILE)
		return source;
	api_problem(call, 422, source ? "wrong_kind" : "unknown_source",
		    source ? "source %s is not of the kind file; add one to the workspace: "
			     "{name: spreadsheet, kind: file}" :
			     "there is no source %s; add one to the workspace: {name: %s, kind: "
			     "file}",
		    name, name);
	return NULL;
}

/* Opens the import that the call asks for; NULL after answering. */
static struct open_import *begin(struct api_call *call)
{
	struct import_config config = { .store = call->store, .actor = call->actor,
					.is_plan = is_yes(call, "plan") };
	const char *name = api_query(call, "name");
	struct beginning b = { .call = call, .is_again = is_yes(call, "again") };
	struct open_import open = { .is_plan = config.is_plan }, *added;
	struct error err = { 0 };
	bool is_busy;

	config.snapshot = snapshot_get(call->store, call->actor.workspace, &err);
	if (!config.snapshot) {
		api_fail(call, &err);
		return NULL;
	}
	arena_defer(call->arena, (void (*)(void *))snapshot_release, config.snapshot);
	config.source = api_file_source(call, snapshot_config(config.snapshot));
	if (!config.source || !read_hash(call, &b.import))
		return NULL;
	b.import.source = config.source->id;
	b.import.name = text_is_empty(name) ? "file" : name;
	if (config.is_plan)
		b.import.id = id_next(store_ids(call->store), call->now);
	else if (api_write(call, begin_run, &b) < 0)
		return NULL;
	if (b.was_done) {
		char id[ID_TEXT_SIZE];

		id_format(b.import.id, id);
		api_problem(call, 409, "imported_before",
			    "this file was imported into this source before (import %s); to do "
			    "it again, say so: again=true (with the command: --again)",
			    id);
		return NULL;
	}
	config.id = b.import.id;
	config.rows_done = b.import.rows_done;
	config.counts = b.import.counts;
	open.id = b.import.id;
	open.workspace = call->actor.workspace;
	open.name = b.import.name;
	open.source = config.source->name;
	open.import = import_new(&config);
	added = imports_add(call->api->imports, &open, call->now, &is_busy);
	if (added)
		return added;
	import_free(open.import);
	if (is_busy)
		api_problem(call, 409, "import_is_running", "this file is being imported already");
	else
		api_problem(call, 503, "busy", "too many imports are open; send it again later");
	return NULL;
}

/* ---- Going on ---- */

struct ending {
	struct api_call *call;
	int64_t id;
	const char *state, *header;
};

static int end_run(struct tx *tx, void *context, struct error *err)
{
	struct ending *ending = context;
	const struct actor *actor = &ending->call->actor;

	if (ending->header &&
	    import_set_header(tx, actor, ending->id, ending->header, err) < 0)
		return -1;
	return ending->state ? import_end(tx, actor, ending->id, ending->state, err) : 0;
}

/* Keeps the header once it is known, and the state at the end. */
static int keep(struct api_call *call, const struct open_import *open, const char *state,
		struct error *err)
{
	struct import_progress progress = import_progress(open->import);
	struct ending ending = { .call = call, .id = open->id, .state = state };

	if (progress.columns)
		ending.header = json_text(call->arena, json_keep(call->arena,
								 header_json(&progress)));
	if (open->is_plan || (!state && !ending.header))
		return 0;
	return store_run(call->store, URGENCY_INTERACTIVE, open->workspace, end_run, &ending,
			 err);
}

/* Closes an import that cannot go on, and says why. */
static void fail(struct api_call *call, struct open_import *open, const struct error *err)
{
	struct error ignored = { 0 };

	if (err->code == ERR_INVALID)
		keep(call, open, "failed", &ignored);
	imports_close(call->api->imports, open);
	if (err->code == ERR_CONFLICT)
		api_problem(call, 409, "import_is_running", "%s", err->message);
	else if (err->code == ERR_INVALID)
		api_problem(call, 422, "unreadable_file", "%s", err->message);
	else
		api_problem(call, 503, "not_kept",
			    "the store could not keep all of it; send the file again: it goes on "
			    "behind the last row that was kept");
}

static void take(struct api_call *call, struct open_import *open, bool is_last)
{
	struct error err = { 0 };
	bool is_first = open->offset == 0;
	struct out out;

	if (!store_is_accepting(call->store) && !open->is_plan) {
		imports_give_back(call->api->imports, open, call->now);
		api_problem(call, 503, "not_accepting",
			    "the disk is full or the store is not keeping up; send it again later");
		return;
	}
	if (import_take(open->import, call->http->body, call->http->body_len, &err) < 0 ||
	    (is_last && import_finish(open->import, &err) < 0)) {
		fail(call, open, &err);
		return;
	}
	open->offset += (int64_t)call->http->body_len;
	if ((is_first || is_last) && keep(call, open, is_last ? "done" : NULL, &err) < 0) {
		fail(call, open, &err);
		return;
	}
	out_init(&out, call->arena);
	out_progress(&out, call, open,
		     !is_last ? "receiving" : open->is_plan ? "planned" : "done");
	/* Before the answer: whoever has it may send the next piece at once. */
	if (is_last)
		imports_close(call->api->imports, open);
	else
		imports_give_back(call->api->imports, open, call->now);
	api_reply_out(call, is_last ? 200 : 202, &out);
}

void api_imports_add(struct api_call *call)
{
	bool has_more = is_yes(call, "more");
	struct open_import *open;

	if (!has_more && call->http->body_len == 0) {
		api_problem(call, 422, "empty_file", "the body is the file, and it is empty");
		return;
	}
	open = begin(call);
	if (open)
		take(call, open, !has_more);
}

void api_imports_piece(struct api_call *call)
{
	const char *offset = api_query(call, "offset");
	bool is_busy = false;
	struct open_import *open;
	int64_t at;

	if (!api_id(call))
		return;
	if (!offset || !text_int(offset, &at)) {
		api_problem(call, 400, "bad_offset", "offset: want the number of bytes before "
						     "this piece");
		return;
	}
	open = imports_take(call->api->imports, call->actor.workspace, call->id, &is_busy);
	if (!open) {
		api_problem(call, is_busy ? 409 : 404, is_busy ? "import_is_running" : "not_found",
			    is_busy ? "another piece of it is being taken" :
				      "no such import is being received; begin it again with the "
				      "same file, and it goes on where it stood");
		return;
	}
	if (at != open->offset) {
		long long wanted = open->offset;

		imports_give_back(call->api->imports, open, call->now);
		api_problem(call, 409, "wrong_offset", "offset: want %lld", wanted);
		return;
	}
	take(call, open, is_yes(call, "last"));
}

/* ---- Looking ---- */

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_import *rows;
	size_t count;

	if (import_list(view, &call->actor, call->page.before, call->page.limit, &rows, &count,
			err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++)
		out_kept(out, api_config(call), &rows[i]);
	return 0;
}

void api_imports_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_import import;
	int found = import_find(view, &call->actor, call->id, &import, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such import");
	out_kept(out, api_config(call), &import);
	return 0;
}

void api_imports_get(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, get);
}

/* ---- The rows that were not taken, as a file ---- */

enum { ERRORS_AT_ONCE = 200 };

struct error_file {
	struct arena *arena;     /* as long as the file */
	struct store *store;
	struct actor actor;
	int64_t import, line;
	struct csv_columns columns;
	char delimiter;
	struct arena *page;      /* of the text below */
	const char *text;
	size_t len, at;
	bool is_begun, is_over;
};

static void problems_read(struct arena *arena, const char *text, struct problems *problems)
{
	json_t *list = json_parse(arena, text, strlen(text), &json_limits_large, NULL);

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);

		problem_add(problems, json_string_of(item, "field"), json_string_of(item, "code"),
			    json_string_of(item, "message"),
			    json_string_of(item, "instruction"));
	}
}

static int fill(struct error_file *file, struct buf *buf, struct error *err)
{
	struct view *view = view_open(file->store, file->page, err);
	struct kept_import_error *rows;
	size_t count = 0;
	int rc;

	if (!view)
		return -1;
	rc = import_error_list(view, &file->actor, file->import, file->line, ERRORS_AT_ONCE,
			       &rows, &count, err);
	view_close(view);
	for (size_t i = 0; rc >= 0 && i < count; i++) {
		struct problems *problems = arena_alloc(file->page, sizeof(*problems));

		/* Erased: what stood there is not there any more. */
		if (rows[i].row_text && rows[i].problems) {
			problems_read(file->page, rows[i].problems, problems);
			csv_errors_add(buf, &file->columns, rows[i].row_text,
				       strlen(rows[i].row_text), file->delimiter, problems);
		}
		file->line = rows[i].line;
	}
	file->is_over = count < ERRORS_AT_ONCE;
	return rc < 0 ? -1 : 0;
}

static int next_page(struct error_file *file)
{
	struct error err = { 0 };
	struct buf buf;

	arena_free(file->page);
	file->page = arena_new();
	buf_init(&buf, file->page, 64u << 20);
	if (!file->is_begun) {
		buf_add(&buf, CSV_MARK);
		csv_errors_begin(&buf, &file->columns);
		file->is_begun = true;
	}
	if (fill(file, &buf, &err) < 0)
		return -1;
	file->text = buf_text(&buf);
	file->len = buf.len;
	file->at = 0;
	return 0;
}

static int64_t next_bytes(void *state, char *room, size_t len)
{
	struct error_file *file = state;
	size_t n;

	while (file->at == file->len) {
		if (file->is_over)
			return 0;
		if (next_page(file) < 0)
			return -1;
	}
	n = file->len - file->at < len ? file->len - file->at : len;
	memcpy(room, file->text + file->at, n);
	file->at += n;
	return (int64_t)n;
}

static void end_file(void *state)
{
	struct error_file *file = state;

	arena_free(file->page);
	arena_free(file->arena);
}

static void read_columns(struct error_file *file, const char *header)
{
	json_t *json = header ? json_parse(file->arena, header, strlen(header),
					   &json_limits_large, NULL) :
				NULL;
	const json_t *columns = json_object_get(json, "columns");
	const char *delimiter = json_string_of(json, "delimiter");
	struct csv_column *items =
		arena_array(file->arena, json_array_size(columns) + 1, sizeof(*items));

	for (size_t i = 0; i < json_array_size(columns); i++)
		items[i].header = json_string_of(json_array_get(columns, i), "header");
	file->columns = (struct csv_columns){ .items = items,
					      .count = json_array_size(columns) };
	file->delimiter = delimiter ? *delimiter : ',';
}

void api_imports_errors(struct api_call *call)
{
	struct arena *arena = arena_new();
	struct error_file *file = arena_alloc(arena, sizeof(*file));
	struct http_headers *headers = arena_alloc(call->arena, sizeof(*headers));
	struct kept_import import;
	struct error err = { 0 };
	struct view *view;
	int found;

	view = api_id(call) ? api_view(call) : NULL;
	if (!view) {
		arena_free(arena);
		return;
	}
	found = import_find(view, &call->actor, call->id, &import, &err);
	view_close(view);
	if (found != 1) {
		if (found == 0)
			error_set(&err, ERR_NOT_FOUND, "no such import");
		api_fail(call, &err);
		arena_free(arena);
		return;
	}
	*file = (struct error_file){ .arena = arena, .store = call->store, .actor = call->actor,
				     .import = call->id };
	read_columns(file, import.header);
	http_header_add(headers, "Content-Type", "text/csv; charset=utf-8");
	http_header_add(headers, "Content-Disposition",
			"attachment; filename=\"rows-not-taken.csv\"");
	http_answer_stream(call->http, 200, headers, next_bytes, end_file, file);
}
