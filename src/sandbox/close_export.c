/* close_export.c - all that a search finds as one file, made a while later (10). Threads: under
 * the sandbox's lock.
 *
 * The file has an address of its own that needs no credentials, as storage elsewhere has, and
 * comes packed. account->extra holds the latest of them, "export_files": {secret, type, text}. */
#include <csv.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/later.h"

#define FILES_KEPT 8
#define FILE_MAX (64u << 20)
#define COLUMNS_MAX 400

/* --- what is written --- */

static bool is_csv(const json_t *asked)
{
	return text_equal(json_string_of(asked, "format"), "csv");
}

/* The first of a contact's addresses or numbers, for a row that has room for one. */
static void add_primary(json_t *row, const char *list, const char *member, const char *column)
{
	json_t *first = json_array_get(json_object_get(row, list), 0);

	json_object_set_new(row, column, json_incref(json_object_get(first, member)));
	if (!first)
		json_object_set_new(row, column, json_string(""));
}

static json_t *activities_of(struct sb_call *call, const struct sb_record *lead)
{
	struct sb_record **found;
	size_t count = sb_close_of_lead(call, "activity", lead->id, &found);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, sb_close_json(call, found[i]));
	return list;
}

/* One for each lead, or for each contact or opportunity of the leads that were found. */
static void add_rows(struct sb_call *call, const json_t *asked, const struct sb_record *lead,
		     json_t *rows)
{
	bool of_contacts = text_equal(json_string_of(asked, "type"), "contacts");
	struct sb_record **parts;
	json_t *row;
	size_t count;

	if (text_equal(json_string_of(asked, "type"), "leads")) {
		row = sb_close_json(call, lead);
		if (json_is_true(json_object_get(asked, "include_activities")))
			json_object_set_new(row, "activities", activities_of(call, lead));
		json_array_append_new(rows, row);
		return;
	}
	count = sb_close_of_lead(call, of_contacts ? "contact" : "opportunity", lead->id, &parts);
	for (size_t i = 0; i < count; i++) {
		row = sb_close_json(call, parts[i]);
		if (of_contacts && is_csv(asked)) {
			add_primary(row, "emails", "email", "primary_email");
			add_primary(row, "phones", "phone", "primary_phone");
		}
		json_array_append_new(rows, row);
	}
}

/* The names of all members that fit into a cell, in the order that they come. */
static size_t columns_of(const json_t *rows, const char *names[COLUMNS_MAX])
{
	size_t count = 0, i, j;
	json_t *row, *value;
	const char *name;

	json_array_foreach((json_t *)rows, i, row)
		json_object_foreach(row, name, value) {
			for (j = 0; j < count && strcmp(names[j], name) != 0; j++)
				;
			if (j == count && count < COLUMNS_MAX && !json_is_array(value) &&
			    !json_is_object(value))
				names[count++] = name;
		}
	return count;
}

/* "2026-02-03 09:00:00.120000+00:00", or as ISO 8601 has it, without the fraction. */
static const char *date_text(struct arena *arena, const char *text, bool is_iso)
{
	const char *point = strchr(text, '.');
	char *copy = arena_strdup(arena, text);

	if (!point || point - text != 19 || strlen(text) < 26)
		return text; /* a day alone */
	if (is_iso)
		return arena_printf(arena, "%.*s%s", (int)(point - text), text,
				    point + strlen(".120000"));
	copy[10] = ' ';
	return copy;
}

static const char *cell_text(struct arena *arena, const char *name, const json_t *value,
			     bool is_iso)
{
	const char *text = json_string_value(value);

	if (!value || json_is_null(value))
		return "";
	if (!text)
		return json_text(arena, value);
	return text_starts(name, "date_") ? date_text(arena, text, is_iso) : text;
}

static void add_cell(struct arena *arena, struct buf *buf, const char *text, bool is_last)
{
	size_t len = strlen(text), size = 2 * len + 2;
	char *quoted = arena_alloc(arena, size);

	buf_addn(buf, quoted, csv_write(quoted, size, text, len));
	buf_add(buf, is_last ? "\r\n" : ",");
}

static void add_csv(struct arena *arena, struct buf *buf, const json_t *rows, bool is_iso)
{
	const char *names[COLUMNS_MAX];
	size_t count = columns_of(rows, names), i;
	json_t *row;

	for (size_t j = 0; j < count; j++)
		add_cell(arena, buf, names[j], j + 1 == count);
	json_array_foreach((json_t *)rows, i, row) {
		struct arena_mark mark = arena_mark(arena);

		for (size_t j = 0; j < count; j++)
			add_cell(arena, buf,
				 cell_text(arena, names[j], json_object_get(row, names[j]), is_iso),
				 j + 1 == count);
		arena_rewind(arena, mark);
	}
}

/* The file, or NULL when it grows too large. Of an arena of its own: it may be large, and the
 * buffer's memory must not lie among the cells'. */
static json_t *text_of(const json_t *asked, const json_t *rows)
{
	struct arena *arena = arena_new(), *cells = arena_new();
	bool is_iso = text_equal(json_string_of(asked, "date_format"), "iso8601");
	struct buf buf;
	const char *text;
	json_t *json = NULL;

	buf_init(&buf, arena, FILE_MAX);
	if (is_csv(asked))
		add_csv(cells, &buf, rows, is_iso);
	else
		buf_add(&buf, json_text(cells, rows));
	if (buf_end(&buf, &text, NULL) == 0)
		json = json_string(text);
	arena_free(cells);
	arena_free(arena);
	return json;
}

/* --- making it --- */

static void set_status(struct sb_call *call, struct sb_record *export, const char *status)
{
	sb_record_update(call, export,
			 json_keep(call->arena, json_pack("{ss}", "status", status)));
}

static json_t *files_of(struct sb_account *account)
{
	json_t *files = json_object_get(account->extra, "export_files");

	if (!files) {
		files = json_array();
		json_object_set_new(account->extra, "export_files", files);
	}
	return files;
}

static bool keep_file(struct sb_call *call, const struct sb_record *export, const json_t *asked,
		      const json_t *rows)
{
	json_t *files = files_of(call->account), *text = text_of(asked, rows);

	if (!text)
		return false;
	json_array_append_new(files, json_pack("{ss ss so}", "secret",
					       sb_text(call, export, "secret"), "type",
					       is_csv(asked) ? "text/csv" : "application/json",
					       "text", text));
	while (json_array_size(files) > FILES_KEPT)
		json_array_remove(files, 0);
	return true;
}

/* Finds as a search would, at the moment that it is done. */
static void finish(struct sb_call *call, const json_t *doc)
{
	struct sb_record *export =
		sb_live_find(call->account, "export", json_string_of(doc, "id"));
	struct sb_record **leads;
	json_t *asked, *query, *rows;
	size_t count;

	if (!export)
		return;
	asked = json_keep(call->arena, sb_record_value_of(export, "asked"));
	query = json_object_get(asked, "s_query");
	if (!sb_close_find(call, "lead", json_object_get(query, "query"),
			   json_object_get(query, "sort"), &leads, &count)) {
		set_status(call, export, "error"); /* a field went meanwhile */
		return;
	}
	rows = json_keep(call->arena, json_array());
	for (size_t i = 0; i < count; i++)
		if (leads[i]->state == SB_LIVE)
			add_rows(call, asked, leads[i], rows);
	set_status(call, export, keep_file(call, export, asked, rows) ? "done" : "error");
}

static void move_on(struct sb_call *call, const json_t *doc)
{
	struct sb_record *export =
		sb_live_find(call->account, "export", json_string_of(doc, "id"));

	if (export)
		set_status(call, export, json_string_of(doc, "status"));
}

/* --- asking for it --- */

static json_t *export_json(struct sb_call *call, const struct sb_record *export)
{
	json_t *json = sb_close_flat(call, export);
	json_t *asked = json_keep(call->arena, json_incref(json_object_get(json, "asked")));
	const char *secret = sb_text(call, export, "secret");
	bool is_done = text_equal(json_string_of(json, "status"), "done");

	json_object_del(json, "asked");
	json_object_del(json, "secret");
	json_object_update_missing(json, asked);
	json_object_set_new(json, "download_url",
			    is_done ? sb_json_printf("%s/export_files/%s/%s.%s",
						     sb_base_url(call), call->account->name,
						     secret, is_csv(asked) ? "csv" : "json") :
				      json_null());
	return json;
}

static void check_word(const json_t *body, const char *name, const char *words, bool is_needed,
		       json_t *errors)
{
	const json_t *value = json_object_get(body, name);

	if (!value && is_needed)
		json_object_set_new(errors, name, json_string("This field is required."));
	else if (value && !sb_has_word(words, json_string_value(value)))
		json_object_set_new(errors, name,
				    sb_json_printf("Value must be one of: %s.", words));
}

/* What is kept of a body: whatever else is in it is passed over. */
static json_t *kept_of(struct sb_call *call, const json_t *body)
{
	static const char *const names[] = { "format", "type", "date_format",
					     "include_activities", "send_done_email" };
	json_t *kept = json_keep(call->arena, json_object());
	json_t *query = json_object_get(body, "s_query");

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_object_set(kept, names[i], json_object_get(body, names[i]));
	if (json_is_object(query))
		json_object_set(kept, "s_query", query);
	else
		json_object_set_new(kept, "s_query",
				    json_pack("{s{ss}}", "query", "type", "match_all"));
	return kept;
}

void sb_close_add_export(struct sb_call *call)
{
	const json_t *body = sb_close_body(call);
	int64_t third = sb_switch(call->account, "export_ms") / 3;
	json_t *errors = json_keep(call->arena, json_object()), *kept, *query;
	struct sb_record **leads;
	const struct sb_record *export;
	char secret[44];
	size_t count;

	if (!body)
		return;
	check_word(body, "format", "csv|json", true, errors);
	check_word(body, "type", "leads|contacts|lead_opps", true, errors);
	check_word(body, "date_format", "original|iso8601|excel", false, errors);
	if (sb_close_refused(call, errors))
		return;
	if (text_equal(json_string_of(body, "date_format"), "excel")) {
		sb_not_imitated(call, "exports with dates for Excel");
		return;
	}
	kept = kept_of(call, body);
	query = json_object_get(kept, "s_query");
	if (!sb_close_find(call, "lead", json_object_get(query, "query"),
			   json_object_get(query, "sort"), &leads, &count))
		return;
	sb_rng_text(&call->rng, SB_LETTERS, secret, 43);
	export = sb_close_create(call, sb_object_find(call->account, "export"),
				 json_keep(call->arena,
					   json_pack("{ss ss sO}", "status", "created", "secret",
						     secret, "asked", kept)));
	if (!export)
		return;
	sb_later(call, third, move_on, json_pack("{ss ss}", "id", export->id, "status", "started"));
	sb_later(call, 2 * third, move_on,
		 json_pack("{ss ss}", "id", export->id, "status", "in_progress"));
	sb_later(call, 3 * third, finish, json_pack("{ss}", "id", export->id));
	sb_reply_json(call, 200, export_json(call, export));
}

void sb_close_export(struct sb_call *call)
{
	const struct sb_record *export = sb_close_live(call, "export", sb_param(call, 0));

	if (export)
		sb_close_reply(call, export_json(call, export));
}

/* --- the file --- */

/* Packed as gzip does it; the arena's. */
static const char *packed(struct arena *arena, const char *text, size_t *len)
{
	enum { GZIP = 16 };
	z_stream stream = { .next_in = (Bytef *)text, .avail_in = (uInt)strlen(text) };
	size_t room;
	char *out;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	room = deflateBound(&stream, stream.avail_in);
	out = arena_alloc(arena, room);
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)room;
	*len = deflate(&stream, Z_FINISH) == Z_STREAM_END ? room - stream.avail_out : 0;
	deflateEnd(&stream);
	return *len ? out : NULL;
}

void sb_close_export_file(struct sb_call *call)
{
	struct sb_account *account = sb_account_find(call->sandbox, call->vendor,
						     sb_param(call, 0));
	const char *name = sb_param(call, 1), *bytes = NULL;
	size_t secret = strcspn(name, "."), len = 0, i;
	json_t *file;

	json_array_foreach(account ? files_of(account) : NULL, i, file) {
		const char *wanted = json_string_of(file, "secret");

		if (strlen(wanted) != secret || strncmp(wanted, name, secret) != 0)
			continue;
		bytes = packed(call->arena, json_string_of(file, "text"), &len);
		break;
	}
	if (!bytes) {
		sb_close_not_found(call);
		return;
	}
	sb_reply_text(call, 200, json_string_of(file, "type"), bytes, len);
	sb_reply_header(call, "Content-Encoding", "gzip");
}
