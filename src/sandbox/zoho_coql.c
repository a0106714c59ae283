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
	const char *start, *at, *before; /* of the query; behind and at the token */
	struct sb_lex token;
	struct sb_object *object;
	const char *names[FIELDS_MAX]; /* selected */
	size_t nnames;
	struct sb_sort sorts[SORTS_MAX];
	size_t nsorts;
	int64_t limit, offset;
};

/* --- tokens --- */

static void advance(struct reader *reader)
{
	reader->before = reader->at;
	reader->token = sb_lex_next(reader->call->arena, &reader->at, SB_LEX_BACKSLASH);
}

static bool is_word(const struct reader *reader, const char *word)
{
	return reader->token.kind == SB_LEX_WORD && text_equal_nocase(reader->token.text, word);
}

static bool is_sign(const struct reader *reader, const char *sign)
{
	return reader->token.kind == SB_LEX_SIGN && strcmp(reader->token.text, sign) == 0;
}

static bool take_word(struct reader *reader, const char *word)
{
	if (!is_word(reader, word))
		return false;
	advance(reader);
	return true;
}

static bool take_sign(struct reader *reader, const char *sign)
{
	if (!is_sign(reader, sign))
		return false;
	advance(reader);
	return true;
}

/* The first refusal stands. */
static bool syntax(struct reader *reader)
{
	if (!reader->call->status)
		zoho_fail(reader->call, 400, "SYNTAX_ERROR",
			  "error occured while parsing the query",
			  json_pack("{si si ss}", "line", 1, "column",
				    (int)(reader->before - reader->start) + 1, "near",
				    reader->token.text));
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
	if (!take_word(reader, "select"))
		return missing(reader, "select");
	do {
		if (reader->token.kind != SB_LEX_WORD)
			return syntax(reader);
		if (reader->nnames == FIELDS_MAX) {
			zoho_fail(reader->call, 400, "LIMIT_EXCEEDED",
				  "number of fields exceeds the limit",
				  json_pack("{ss si}", "clause", "select", "limit", FIELDS_MAX));
			return false;
		}
		reader->names[reader->nnames++] = reader->token.text;
		advance(reader);
	} while (take_sign(reader, ","));
	if (!take_word(reader, "from"))
		return missing(reader, "from");
	if (reader->token.kind != SB_LEX_WORD)
		return syntax(reader);
	reader->object = zoho_object_find(reader->call->account, reader->token.text);
	if (!reader->object) {
		zoho_fail(reader->call, 400, "INVALID_QUERY", "invalid query formed",
			  json_pack("{ss ss}", "module", reader->token.text, "reason",
				    "module given seems to be invalid"));
		return false;
	}
	advance(reader);
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
	if (reader->token.kind != SB_LEX_TEXT && reader->token.kind != SB_LEX_LITERAL &&
	    !is_word(reader, "true") && !is_word(reader, "false"))
		return syntax(reader);
	*value = reader->token.text;
	advance(reader);
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

	if (!take_sign(reader, "("))
		return syntax(reader), NULL;
	do {
		if (count == VALUES_MAX || !read_value(reader, &values[count++]))
			return syntax(reader), NULL;
	} while (take_sign(reader, ","));
	if (!take_sign(reader, ")"))
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
	if (!take_word(reader, "and"))
		return syntax(reader), NULL;
	if (!read_value(reader, &values[1]))
		return NULL;
	parts[0] = zoho_where(arena, reader->object, name, SB_GE, values, 1);
	parts[1] = zoho_where(arena, reader->object, name, SB_LE, values + 1, 1);
	return sb_where_all(arena, SB_AND, parts, 2);
}

static const struct {
	const char *sign;
	enum sb_op op;
} comparators[] = {
	{ "=", SB_EQ }, { "!=", SB_NE }, { "<>", SB_NE }, { "<", SB_LT },
	{ "<=", SB_LE }, { ">", SB_GT }, { ">=", SB_GE },
};

static const struct sb_condition *read_comparison(struct reader *reader, const char *name)
{
	const char **value = arena_array(reader->call->arena, 1, sizeof(*value));

	for (size_t i = 0; i < ARRAY_LEN(comparators); i++) {
		if (!take_sign(reader, comparators[i].sign))
			continue;
		return read_value(reader, value) ?
			       zoho_where(reader->call->arena, reader->object, name,
					  comparators[i].op, value, 1) :
			       NULL;
	}
	return syntax(reader), NULL;
}

static const struct sb_condition *read_null(struct reader *reader, const char *name)
{
	bool is_not = take_word(reader, "not");
	const struct sb_condition *has =
		zoho_where(reader->call->arena, reader->object, name, SB_HAS, NULL, 0);

	if (!take_word(reader, "null"))
		return syntax(reader), NULL;
	return is_not ? has : negated(reader, has);
}

static const struct sb_condition *read_one(struct reader *reader)
{
	const char *name = reader->token.text;
	const struct sb_condition *condition;
	bool is_not;

	if (reader->token.kind != SB_LEX_WORD)
		return syntax(reader), NULL;
	if (zoho_column(name) == SB_COLUMN_FIELD && !zoho_field_find(reader->object, name))
		return no_column(reader, name), NULL;
	advance(reader);
	if (take_word(reader, "is"))
		return read_null(reader, name);
	is_not = take_word(reader, "not");
	if (take_word(reader, "in"))
		condition = read_in(reader, name);
	else if (take_word(reader, "like"))
		condition = read_like(reader, name);
	else if (take_word(reader, "between"))
		condition = read_between(reader, name);
	else
		return is_not ? (syntax(reader), NULL) : read_comparison(reader, name);
	return condition && is_not ? negated(reader, condition) : condition;
}

static const struct sb_condition *read_part(struct reader *reader, int depth)
{
	const struct sb_condition *condition;

	if (!take_sign(reader, "("))
		return read_one(reader);
	condition = depth < DEPTH_MAX ? read_any(reader, depth + 1) : NULL;
	if (!condition || !take_sign(reader, ")"))
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
	} while (take_word(reader, op == SB_OR ? "or" : "and"));
	return sb_where_all(reader->call->arena, op, parts, count);
}

static const struct sb_condition *read_any(struct reader *reader, int depth)
{
	return read_joined(reader, depth, SB_OR);
}

/* --- order and limit --- */

static bool read_order(struct reader *reader)
{
	if (!take_word(reader, "order"))
		return true;
	if (!take_word(reader, "by"))
		return syntax(reader);
	do {
		struct sb_sort *sort = &reader->sorts[reader->nsorts];
		const char *name = reader->token.text;

		if (reader->token.kind != SB_LEX_WORD || reader->nsorts == SORTS_MAX)
			return syntax(reader);
		sort->column = zoho_column(name);
		sort->field = zoho_field_find(reader->object, name);
		if (sort->column == SB_COLUMN_FIELD && !sort->field)
			return no_column(reader, name);
		advance(reader);
		sort->is_descending = take_word(reader, "desc");
		if (!sort->is_descending)
			take_word(reader, "asc");
		reader->nsorts++;
	} while (take_sign(reader, ","));
	return true;
}

static bool read_number(struct reader *reader, int64_t *number)
{
	if (reader->token.kind != SB_LEX_LITERAL || !text_int(reader->token.text, number) ||
	    *number < 0)
		return syntax(reader);
	advance(reader);
	return true;
}

/* "limit 200", "limit 0, 200" (from, count), "limit 200 offset 400". */
static bool read_limit(struct reader *reader)
{
	int64_t most = sb_switch(reader->call->account, "coql_rows");

	reader->limit = 200;
	if (take_word(reader, "limit")) {
		if (!read_number(reader, &reader->limit))
			return false;
		if (take_sign(reader, ",")) {
			reader->offset = reader->limit;
			if (!read_number(reader, &reader->limit))
				return false;
		} else if (take_word(reader, "offset") && !read_number(reader, &reader->offset)) {
			return false;
		}
	}
	if (reader->token.kind != SB_LEX_END)
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
	struct reader reader = { .call = call, .start = text, .at = text };
	const struct sb_condition *where;

	if (!body)
		return;
	if (!text) {
		zoho_fail(call, 400, "MANDATORY_NOT_FOUND", "required field not found",
			  json_pack("{ss ss}", "api_name", "select_query", "json_path",
				    "$.select_query"));
		return;
	}
	advance(&reader);
	if (!read_select(&reader))
		return;
	if (!take_word(&reader, "where")) {
		missing(&reader, "where");
		return;
	}
	where = read_any(&reader, 0);
	if (where && read_order(&reader) && read_limit(&reader))
		reply_rows(&reader, where);
	else if (!call->status)
		syntax(&reader);
}
