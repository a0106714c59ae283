/* zoho_bulk_read.c - bulk jobs that read a module into a file (fact sheet 10). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/zoho_bulk.h"

#define FIELDS_MAX 200
#define PAGES_MAX 500
#define DEPTH_MAX 8
#define GROUP_MAX 25
#define VALUES_MAX 100

/* --- criteria --- */

static const struct {
	const char *word;
	enum sb_op op;
	bool is_negated;
} comparators[] = {
	{ "equal", SB_EQ, false },	    { "not_equal", SB_NE, false },
	{ "in", SB_IN, false },		    { "not_in", SB_IN, true },
	{ "less_than", SB_LT, false },	    { "greater_than", SB_GT, false },
	{ "less_equal", SB_LE, false },	    { "greater_equal", SB_GE, false },
	{ "contains", SB_CONTAINS, false }, { "not_contains", SB_CONTAINS, true },
	{ "starts_with", SB_STARTS, false }, { "ends_with", SB_ENDS, false },
};

/* Texts of a value or of a list of them; NULL when one is none, or there are too many. */
static const char *const *texts_of(struct arena *arena, const json_t *value, size_t *count)
{
	size_t size = json_is_array(value) ? json_array_size(value) : 1;
	const char **texts = arena_array(arena, size + 1, sizeof(*texts));

	for (*count = 0; *count < size; ++*count) {
		const json_t *item = json_is_array(value) ? json_array_get(value, *count) : value;

		if (json_is_string(item))
			texts[*count] = json_string_value(item);
		else if (json_is_number(item) || json_is_boolean(item))
			texts[*count] = json_text(arena, item);
		else
			return NULL;
	}
	return size && size <= VALUES_MAX ? texts : NULL;
}

static const struct sb_condition *between(struct arena *arena, const struct sb_object *object,
					  const char *name, const char *const *texts, bool is_negated)
{
	const struct sb_condition **parts = arena_array(arena, 2, sizeof(*parts));
	const struct sb_condition *both;

	parts[0] = zoho_where(arena, object, name, SB_GE, texts, 1);
	parts[1] = zoho_where(arena, object, name, SB_LE, texts + 1, 1);
	if (!parts[0])
		return NULL;
	both = sb_where_all(arena, SB_AND, parts, 2);
	return is_negated ? sb_where_not(arena, both) : both;
}

/* {"field": {"api_name": "Email"}, "comparator": "equal", "value": "jo@north.example"} */
static const struct sb_condition *comparison(struct arena *arena, const struct sb_object *object,
					     const json_t *json)
{
	const char *name = json_string_of(json_object_get(json, "field"), "api_name");
	const char *word = json_string_of(json, "comparator");
	const json_t *value = json_object_get(json, "value");
	const struct sb_condition *condition;
	const char *const *texts;
	size_t count;

	if (!name)
		name = json_string_of(json, "api_name");
	texts = texts_of(arena, value, &count);
	if (!name || !word || !texts)
		return NULL;
	if (strcmp(word, "between") == 0 || strcmp(word, "not_between") == 0)
		return count == 2 ? between(arena, object, name, texts, word[0] == 'n') : NULL;
	for (size_t i = 0; i < ARRAY_LEN(comparators); i++) {
		if (strcmp(comparators[i].word, word) != 0)
			continue;
		if (count > 1 && comparators[i].op != SB_IN)
			return NULL;
		condition = zoho_where(arena, object, name, comparators[i].op, texts, count);
		return condition && comparators[i].is_negated ? sb_where_not(arena, condition) :
								condition;
	}
	return NULL;
}

/* {"group_operator": "and", "group": [...]}, or a comparison; NULL when it is neither. */
static const struct sb_condition *criteria(struct arena *arena, const struct sb_object *object,
					   const json_t *json, int depth)
{
	const json_t *group = json_object_get(json, "group"), *item;
	const char *word = json_string_of(json, "group_operator");
	const struct sb_condition **parts;
	size_t i;

	if (!group)
		return comparison(arena, object, json);
	if (!json_array_size(group) || json_array_size(group) > GROUP_MAX || depth == DEPTH_MAX ||
	    (!text_equal_nocase(word, "and") && !text_equal_nocase(word, "or")))
		return NULL;
	parts = arena_array(arena, json_array_size(group), sizeof(*parts));
	json_array_foreach(group, i, item) {
		parts[i] = criteria(arena, object, item, depth + 1);
		if (!parts[i])
			return NULL;
	}
	return sb_where_all(arena, text_equal_nocase(word, "and") ? SB_AND : SB_OR, parts,
			    json_array_size(group));
}

/* --- what is asked for --- */

struct asked {
	struct sb_call *call;
	const json_t *query;
	struct sb_object *object;
	const struct sb_field *fields[FIELDS_MAX]; /* NULL: the id */
	const char *names[FIELDS_MAX];
	size_t nfields;
	const struct sb_condition *where;
	int64_t page; /* from 1 */
	const char *what; /* what a token is bound to */
};

static bool refuse(struct asked *asked, const char *code, const char *message, json_t *details)
{
	zoho_fail(asked->call, 400, code, message, details);
	return false;
}

static bool add_field(struct asked *asked, const char *name)
{
	const struct sb_field *field = name ? zoho_field_find(asked->object, name) : NULL;

	if (!name || (!field && strcmp(name, "id") != 0) || asked->nfields == FIELDS_MAX)
		return refuse(asked, "FIELD_NOT_AVAILABLE", "the field is not available",
			      json_pack("{ss*}", "api_name", name));
	asked->names[asked->nfields] = name;
	asked->fields[asked->nfields++] = field;
	return true;
}

/* Without a list: the id, and every field. */
static bool read_fields(struct asked *asked)
{
	const json_t *list = json_object_get(asked->query, "fields"), *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (!add_field(asked, json_string_value(item)))
			return false;
	if (asked->nfields)
		return true;
	add_field(asked, "id");
	for (i = 0; i < sb_object_nfields(asked->object); i++) {
		const struct sb_field *field = sb_object_field(asked->object, i);

		if (!(field->flags & (SB_HIDDEN | SB_ARCHIVED)) && !add_field(asked, field->name))
			return false;
	}
	return true;
}

static bool read_page(struct asked *asked)
{
	const char *token = json_string_of(asked->query, "page_token");
	int64_t number;

	asked->page = json_int_of(asked->query, "page", 1);
	if (asked->page < 1 || asked->page > PAGES_MAX)
		return refuse(asked, "PAGE_RANGE_EXCEEDED", "the page is out of its range",
			      json_pack("{si}", "max_limit", PAGES_MAX));
	if (!token)
		return true;
	if (!sb_cursor_read(asked->call->arena, token, asked->what, &number, 1))
		return refuse(asked, "INVALID_REQUEST", "the page_token given seems to be invalid",
			      json_pack("{ss}", "param_name", "page_token"));
	asked->page = number;
	return true;
}

static bool read_query(struct asked *asked)
{
	struct arena *arena = asked->call->arena;
	const char *module = json_string_of(json_object_get(asked->query, "module"), "api_name");
	const json_t *conditions = json_object_get(asked->query, "criteria");

	asked->object = module ? zoho_object_find(asked->call->account, module) : NULL;
	if (!asked->object)
		return refuse(asked, "MODULE_NOT_AVAILABLE",
			      arena_printf(arena, "Requested module '%s' is not available.",
					   module ? module : ""),
			      NULL);
	if (json_object_get(asked->query, "cvid") || json_object_get(asked->query, "file_type")) {
		sb_not_imitated(asked->call, "custom views and calendars of a bulk read");
		return false;
	}
	if (conditions) {
		asked->where = criteria(arena, asked->object, conditions, 0);
		if (!asked->where)
			return refuse(asked, "INVALID_CRITERIA", "the criteria given is invalid",
				      NULL);
	}
	asked->what = arena_printf(arena, "bulk %u %s %s", asked->call->account->number, module,
				   conditions ? json_text(arena, conditions) : "");
	return read_fields(asked) && read_page(asked);
}

/* --- the rows --- */

/* "a;b" of several options or tags, the id of a record. */
static const char *cell_text(struct arena *arena, const json_t *value)
{
	const json_t *item;
	struct buf buf;
	size_t i;

	if (json_is_null(value))
		return "";
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_object(value))
		return json_string_of(value, "id") ? json_string_of(value, "id") : "";
	if (!json_is_array(value))
		return json_text(arena, value);
	buf_init(&buf, arena, 1u << 16);
	json_array_foreach(value, i, item) {
		buf_add(&buf, i ? ";" : "");
		buf_add(&buf, json_is_string(item) ? json_string_value(item) :
						     json_string_of(item, "name"));
	}
	return buf_text(&buf);
}

static void add_row(const struct asked *asked, const struct sb_record *record, struct buf *out)
{
	struct arena *arena = arena_new();

	for (size_t i = 0; i < asked->nfields; i++) {
		const struct sb_field *field = asked->fields[i];

		sb_csv_add(&zoho_csv, out,
			   field ? cell_text(arena, json_keep(arena, zoho_value(record, field))) :
				   record->id,
			   i == 0);
	}
	buf_add(out, zoho_csv.line_end);
	arena_free(arena);
}

/* The page that a job reads; its "result" and "info". */
static void read_rows(struct asked *asked, json_t *job)
{
	struct sb_query query = { .where = asked->where };
	int64_t per_page = sb_switch(asked->call->account, "bulk_read_rows"), next = asked->page + 1;
	struct sb_record **records;
	size_t total = sb_query_run(asked->object, &query, asked->call->arena, &records), kept = 0;
	size_t start, count = 0;
	struct buf out;

	for (size_t i = 0; i < total; i++)
		if (zoho_is_shown(records[i], NULL))
			records[kept++] = records[i];
	start = (size_t)((asked->page - 1) * per_page);
	buf_init(&out, asked->call->arena, ZOHO_CSV_MAX);
	for (size_t i = 0; i < asked->nfields; i++)
		sb_csv_add(&zoho_csv, &out, asked->names[i], i == 0);
	buf_add(&out, zoho_csv.line_end);
	for (size_t i = start; i < kept && count < (size_t)per_page; i++, count++)
		add_row(asked, records[i], &out);
	json_object_set_new(job, "state", json_string(out.is_over ? "FAILURE" : "COMPLETED"));
	if (out.is_over)
		return;
	json_object_set_new(job, "result", json_stringn(buf_text(&out), out.len));
	json_object_set_new(
		job, "info",
		json_pack("{sI sI sI so sb so}", "page", (json_int_t)asked->page, "count",
			  (json_int_t)count, "per_page", (json_int_t)per_page, "download_url",
			  sb_json_printf("/crm/bulk/v8/read/%s/result", json_string_of(job, "id")),
			  "more_records", start + count < kept, "next_page_token",
			  start + count < kept ? json_string(sb_cursor_make(asked->call->arena,
									    asked->what, &next, 1)) :
						 json_null()));
}

/* --- the job --- */

static json_t *job_json(struct sb_call *call, const json_t *job)
{
	json_t *json = json_pack("{sO ss sO sO so sO ss}", "id", json_object_get(job, "id"),
				 "operation", "read", "state", json_object_get(job, "state"),
				 "query", json_object_get(job, "query"), "created_by",
				 zoho_bulk_user(call->account), "created_time",
				 json_object_get(job, "created_time"), "file_type", "csv");

	if (json_object_get(job, "info"))
		json_object_set(json, "result", json_object_get(job, "info"));
	return json;
}

/* What was asked for is read anew: fields may be gone by now. */
static void run(struct sb_call *call, json_t *job)
{
	struct asked *asked = arena_alloc(call->arena, sizeof(*asked));

	asked->call = call;
	asked->query = json_object_get(job, "query");
	if (read_query(asked))
		read_rows(asked, job);
	else
		json_object_set_new(job, "state", json_string("FAILURE"));
	zoho_bulk_call_back(call, job, job_json(call, job));
}

static void step(struct sb_call *call, const json_t *doc)
{
	json_t *job = zoho_bulk_find(call->account, "read", json_string_of(doc, "id"));
	const char *to = json_string_of(doc, "to");

	if (!job)
		return;
	if (text_equal(to, "COMPLETED"))
		run(call, job);
	else
		json_object_set_new(job, "state", json_string(to));
	sb_touch(call);
}

void zoho_bulk_read(struct sb_call *call)
{
	const json_t *body = sb_json(call), *job;
	struct asked *asked = arena_alloc(call->arena, sizeof(*asked));
	json_t *about;

	if (!body || !zoho_bulk_check_callback(call, body))
		return;
	asked->call = call;
	asked->query = json_object_get(body, "query");
	if (!read_query(asked))
		return;
	about = json_pack("{ss sO}", "state", "ADDED", "query", json_object_get(body, "query"));
	if (json_object_get(body, "callback"))
		json_object_set(about, "callback", json_object_get(body, "callback"));
	job = zoho_bulk_add(call, "read", about);
	zoho_bulk_plan(call, job, step);
	sb_reply_json(call, 201,
		      json_pack("{s[{ss ss ss s{sO ss ss so sO}}]}", "data", "status", "success",
				"code", "ADDED_SUCCESSFULLY", "message", "Added successfully.",
				"details", "id", json_object_get(job, "id"), "operation", "read",
				"state", "ADDED", "created_by", zoho_bulk_user(call->account),
				"created_time", json_object_get(job, "created_time")));
}

void zoho_bulk_read_get(struct sb_call *call)
{
	const json_t *job = zoho_bulk_of_path(call, "read");

	if (job)
		sb_reply_json(call, 200, json_pack("{s[o]}", "data", job_json(call, job)));
}

void zoho_bulk_read_result(struct sb_call *call)
{
	zoho_bulk_download(call, "read");
}
