/* zoho_coql.c - queries in COQL (fact sheet 5): select fields from module where ... Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/lex.h"
#include "sandbox/zoho.h"

#define FIELDS_MAX 50
#define SORTS_MAX 8
#define VALUES_MAX 100
#define DEPTH_MAX 8

struct reader {
	struct sb_call *call;
	const char *text; /* the query */
	struct sb_lexer lex;
	struct sb_object *object;
	const char *names[FIELDS_MAX]; /* selected */
	size_t nnames;
	struct sb_sort sorts[SORTS_MAX];
	size_t nsorts;
	int64_t limit, offset;
};

/* --- refusals --- */

/* The first refusal stands. */
static bool syntax(struct reader *reader)
{
	if (!reader->call->status)
		zoho_fail(reader->call, 400, "SYNTAX_ERROR",
			  "error occured while parsing the query",
			  json_pack("{si si ss}", "line", 1, "column",
				    (int)(reader->lex.before - reader->text) + 1, "near",
				    reader->lex.token.text));
	return false;
}

static bool missing(struct reader *reader, const char *clause)
{
	if (!reader->call->status)
		zoho_fail(reader->call, 400, "SYNTAX_ERROR", "missing clause",
			  json_pack("{ss}", "clause", clause));
	return false;
}

static bool no_column(struct reader *reader, const char *name)
{
	if (!reader->call->status)
		zoho_fail(reader->call, 400, "INVALID_QUERY", "invalid query formed",
			  json_pack("{ss ss}", "column_name", name, "reason",
				    "column given seems to be invalid"));
	return false;
}

/* --- select and from --- */

static bool read_select(struct reader *reader)
{
	if (!sb_lexer_take_word(&reader->lex, "select"))
		return missing(reader, "select");
	do {
		if (reader->lex.token.kind != SB_LEX_WORD)
			return syntax(reader);
		if (reader->nnames == FIELDS_MAX) {
			zoho_fail(reader->call, 400, "LIMIT_EXCEEDED",
				  "number of fields exceeds the limit",
				  json_pack("{ss si}", "clause", "select", "limit", FIELDS_MAX));
			return false;
		}
		reader->names[reader->nnames++] = reader->lex.token.text;
		sb_lexer_advance(&reader->lex);
	} while (sb_lexer_take_sign(&reader->lex, ","));
	if (!sb_lexer_take_word(&reader->lex, "from"))
		return missing(reader, "from");
	if (reader->lex.token.kind != SB_LEX_WORD)
		return syntax(reader);
	reader->object = zoho_object_find(reader->call->account, reader->lex.token.text);
	if (!reader->object) {
		zoho_fail(reader->call, 400, "INVALID_QUERY", "invalid query formed",
			  json_pack("{ss ss}", "module", reader->lex.token.text, "reason",
				    "module given seems to be invalid"));
		return false;
	}
	sb_lexer_advance(&reader->lex);
	for (size_t i = 0; i < reader->nnames; i++)
		if (strcmp(reader->names[i], "id") != 0 &&
		    !zoho_field_find(reader->object, reader->names[i]))
			return no_column(reader, reader->names[i]);
	return true;
}

/* --- where --- */

static const struct sb_condition *read_any(struct reader *reader, int depth);

static bool read_value(struct reader *reader, const char **value)
{
	const struct sb_lex *token = &reader->lex.token;

	if (token->kind != SB_LEX_TEXT && token->kind != SB_LEX_LITERAL &&
	    !sb_lexer_is_word(&reader->lex, "true") && !sb_lexer_is_word(&reader->lex, "false"))
		return syntax(reader);
	*value = token->text;
	sb_lexer_advance(&reader->lex);
	return true;
}

static const struct sb_condition *negated(struct reader *reader,
					  const struct sb_condition *condition)
{
	const struct sb_condition **parts = arena_array(reader->call->arena, 1, sizeof(*parts));

	parts[0] = condition;
	return sb_where_all(reader->call->arena, SB_NOT, parts, 1);
}

static const struct sb_condition *read_in(struct reader *reader, const char *name)
{
	const char **values = arena_array(reader->call->arena, VALUES_MAX, sizeof(*values));
	size_t count = 0;

	if (!sb_lexer_take_sign(&reader->lex, "("))
		return syntax(reader), NULL;
	do {
		if (count == VALUES_MAX || !read_value(reader, &values[count++]))
			return syntax(reader), NULL;
	} while (sb_lexer_take_sign(&reader->lex, ","));
	if (!sb_lexer_take_sign(&reader->lex, ")"))
		return syntax(reader), NULL;
	return zoho_where(reader->call->arena, reader->object, name, SB_IN, values, count);
}

/* 'x%', '%x', '%x%'. */
static const struct sb_condition *read_like(struct reader *reader, const char *name)
{
	struct arena *arena = reader->call->arena;
	const char **value = arena_array(arena, 1, sizeof(*value));
	bool starts, ends;

	if (!read_value(reader, value))
		return NULL;
	starts = **value == '%';
	ends = text_ends(*value, "%") && strlen(*value) > starts;
	*value = arena_strndup(arena, *value + starts, strlen(*value) - starts - ends);
	return zoho_where(arena, reader->object, name,
			  starts ? (ends ? SB_CONTAINS : SB_ENDS) : ends ? SB_STARTS : SB_EQ,
			  value, 1);
}

static const struct sb_condition *read_between(struct reader *reader, const char *name)
{
	struct arena *arena = reader->call->arena;
	const char **values = arena_array(arena, 2, sizeof(*values));
	const struct sb_condition **parts = arena_array(arena, 2, sizeof(*parts));

	if (!read_value(reader, &values[0]))
		return NULL;
	if (!sb_lexer_take_word(&reader->lex, "and"))
		return syntax(reader), NULL;
	if (!read_value(reader, &values[1]))
		return NULL;
	parts[0] = zoho_where(arena, reader->object, name, SB_GE, values, 1);
	parts[1] = zoho_where(arena, reader->object, name, SB_LE, values + 1, 1);
	return sb_where_all(arena, SB_AND, parts, 2);
}

static const struct sb_condition *read_comparison(struct reader *reader, const char *name)
{
	const char **value = arena_array(reader->call->arena, 1, sizeof(*value));
	enum sb_op op;

	if (!sb_lexer_take_comparison(&reader->lex, &op))
		return syntax(reader), NULL;
	if (!read_value(reader, value))
		return NULL;
	return zoho_where(reader->call->arena, reader->object, name, op, value, 1);
}

static const struct sb_condition *read_null(struct reader *reader, const char *name)
{
	bool is_not = sb_lexer_take_word(&reader->lex, "not");
	const struct sb_condition *has =
		zoho_where(reader->call->arena, reader->object, name, SB_HAS, NULL, 0);

	if (!sb_lexer_take_word(&reader->lex, "null"))
		return syntax(reader), NULL;
	return is_not ? has : negated(reader, has);
}

static const struct sb_condition *read_one(struct reader *reader)
{
	const char *name = reader->lex.token.text;
	const struct sb_condition *condition;
	bool is_not;

	if (reader->lex.token.kind != SB_LEX_WORD)
		return syntax(reader), NULL;
	if (zoho_column(name) == SB_COLUMN_FIELD && !zoho_field_find(reader->object, name))
		return no_column(reader, name), NULL;
	sb_lexer_advance(&reader->lex);
	if (sb_lexer_take_word(&reader->lex, "is"))
		return read_null(reader, name);
	is_not = sb_lexer_take_word(&reader->lex, "not");
	if (sb_lexer_take_word(&reader->lex, "in"))
		condition = read_in(reader, name);
	else if (sb_lexer_take_word(&reader->lex, "like"))
		condition = read_like(reader, name);
	else if (sb_lexer_take_word(&reader->lex, "between"))
		condition = read_between(reader, name);
	else
		return is_not ? (syntax(reader), NULL) : read_comparison(reader, name);
	return condition && is_not ? negated(reader, condition) : condition;
}

static const struct sb_condition *read_part(struct reader *reader, int depth)
{
	const struct sb_condition *condition;

	if (!sb_lexer_take_sign(&reader->lex, "("))
		return read_one(reader);
	condition = depth < DEPTH_MAX ? read_any(reader, depth + 1) : NULL;
	if (!condition || !sb_lexer_take_sign(&reader->lex, ")"))
		return syntax(reader), NULL;
	return condition;
}

static const struct sb_condition *read_joined(struct reader *reader, int depth, enum sb_op op)
{
	const struct sb_condition **parts =
		arena_array(reader->call->arena, VALUES_MAX, sizeof(*parts));
	size_t count = 0;

	do {
		parts[count] = op == SB_OR ? read_joined(reader, depth, SB_AND) :
					     read_part(reader, depth);
		if (!parts[count++])
			return NULL;
		if (count == VALUES_MAX)
			return syntax(reader), NULL;
	} while (sb_lexer_take_word(&reader->lex, op == SB_OR ? "or" : "and"));
	return sb_where_all(reader->call->arena, op, parts, count);
}

static const struct sb_condition *read_any(struct reader *reader, int depth)
{
	return read_joined(reader, depth, SB_OR);
}

/* --- order and limit --- */

static bool read_order(struct reader *reader)
{
	if (!sb_lexer_take_word(&reader->lex, "order"))
		return true;
	if (!sb_lexer_take_word(&reader->lex, "by"))
		return syntax(reader);
	do {
		struct sb_sort *sort = &reader->sorts[reader->nsorts];
		const char *name = reader->lex.token.text;

		if (reader->lex.token.kind != SB_LEX_WORD || reader->nsorts == SORTS_MAX)
			return syntax(reader);
		sort->column = zoho_column(name);
		sort->field = zoho_field_find(reader->object, name);
		if (sort->column == SB_COLUMN_FIELD && !sort->field)
			return no_column(reader, name);
		sb_lexer_advance(&reader->lex);
		sort->is_descending = sb_lexer_take_word(&reader->lex, "desc");
		if (!sort->is_descending)
			sb_lexer_take_word(&reader->lex, "asc");
		reader->nsorts++;
	} while (sb_lexer_take_sign(&reader->lex, ","));
	return true;
}

static bool read_number(struct reader *reader, int64_t *number)
{
	return sb_lexer_take_number(&reader->lex, number) || syntax(reader);
}

/* "limit 200", "limit 0, 200" (from, count), "limit 200 offset 400". */
static bool read_limit(struct reader *reader)
{
	int64_t most = sb_switch(reader->call->account, "coql_rows");

	reader->limit = 200;
	if (sb_lexer_take_word(&reader->lex, "limit")) {
		if (!read_number(reader, &reader->limit))
			return false;
		if (sb_lexer_take_sign(&reader->lex, ",")) {
			reader->offset = reader->limit;
			if (!read_number(reader, &reader->limit))
				return false;
		} else if (sb_lexer_take_word(&reader->lex, "offset") &&
			   !read_number(reader, &reader->offset)) {
			return false;
		}
	}
	if (reader->lex.token.kind != SB_LEX_END)
		return syntax(reader);
	if (reader->limit <= most)
		return true;
	zoho_fail(reader->call, 400, "LIMIT_EXCEEDED", "limit exceeded",
		  json_pack("{ss sI}", "clause", "limit", "limit", (json_int_t)most));
	return false;
}

/* --- the answer --- */

static json_t *row_json(const struct reader *reader, const struct sb_record *record)
{
	json_t *row = json_object();

	for (size_t i = 0; i < reader->nnames; i++) {
		const struct sb_field *field = zoho_field_find(reader->object, reader->names[i]);
		json_t *value = field ? zoho_value(record, field) : NULL;

		/* Lookups are ids alone here. */
		if (json_is_object(value))
			json_object_del(value, "email");
		if (value)
			json_object_set_new(row, field->name, value);
	}
	json_object_set_new(row, "id", json_string(record->id));
	return row;
}

static void reply_rows(struct reader *reader, const struct sb_condition *where)
{
	const struct sb_query query = { .where = where,
					.sorts = reader->sorts,
					.nsorts = reader->nsorts };
	struct sb_record **records;
	size_t found = sb_query_run(reader->object, &query, reader->call->arena, &records);
	size_t shown = 0;
	json_t *data = json_keep(reader->call->arena, json_array());

	for (size_t i = 0; i < found; i++) {
		if (!zoho_is_shown(records[i], NULL))
			continue;
		if (shown >= (size_t)reader->offset &&
		    json_array_size(data) < (size_t)reader->limit)
			json_array_append_new(data, row_json(reader, records[i]));
		shown++;
	}
	if (!json_array_size(data))
		sb_reply_empty(reader->call, 204);
	else
		sb_reply_json(reader->call, 200,
			      json_pack("{sO s{sI sb}}", "data", data, "info", "count",
					(json_int_t)json_array_size(data), "more_records",
					shown > (size_t)reader->offset + json_array_size(data)));
}

void zoho_coql(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const char *text = json_string_of(body, "select_query");
	struct reader reader = { .call = call, .text = text };
	const struct sb_condition *where;

	if (!body)
		return;
	if (!text) {
		zoho_fail(call, 400, "MANDATORY_NOT_FOUND", "required field not found",
			  json_pack("{ss ss}", "api_name", "select_query", "json_path",
				    "$.select_query"));
		return;
	}
	sb_lexer_start(&reader.lex, call->arena, text, SB_LEX_BACKSLASH);
	if (!read_select(&reader))
		return;
	if (!sb_lexer_take_word(&reader.lex, "where")) {
		missing(&reader, "where");
		return;
	}
	where = read_any(&reader, 0);
	if (where && read_order(&reader) && read_limit(&reader))
		reply_rows(&reader, where);
	else if (!call->status)
		syntax(&reader);
}
