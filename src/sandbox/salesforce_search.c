/* salesforce_search.c - SOSL and parameterized search (fact sheet 5): one search over
 * several objects, by an index that lags. Threads: under the sandbox's lock. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/lex.h"
#include "sandbox/salesforce.h"

#define OBJECTS_MAX 20
#define ROWS_MAX 2000

struct search {
	struct sb_call *call;
	const char *text;              /* of FIND {text} */
	enum sf_group group;
	enum sf_reserved reserved;
	struct sf_soql asked[OBJECTS_MAX]; /* of RETURNING */
	size_t nasked;
	int64_t limit;
	struct sf_refusal *refusal;
};

static bool refuse(struct search *search, const char *code, const char *message)
{
	if (!search->refusal->status)
		*search->refusal = (struct sf_refusal){ .status = 400,
							.code = code,
							.message = message };
	return false;
}

static const struct {
	const char *name;
	enum sf_group group;
} groups[] = { { "ALL", SF_ALL_FIELDS },
	       { "NAME", SF_NAME_FIELDS },
	       { "EMAIL", SF_EMAIL_FIELDS },
	       { "PHONE", SF_PHONE_FIELDS } };

static bool set_group(struct search *search, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (!text_equal_nocase(groups[i].name, name))
			continue;
		search->group = groups[i].group;
		return true;
	}
	return refuse(search, "MALFORMED_SEARCH",
		      arena_printf(search->call->arena, "unexpected search group: %s", name));
}

/* One more object to return; `text` is what stands in its brackets. */
static bool add_object(struct search *search, const char *name, const char *text)
{
	struct sb_object *object = sf_object_find(search->call->account, name);

	if (!object || !sf_kind_of(object)->is_searched)
		return refuse(search, "INVALID_TYPE",
			      arena_printf(search->call->arena,
					   "sObject type '%s' is not supported.", name));
	if (search->nasked == OBJECTS_MAX)
		return refuse(search, "MALFORMED_SEARCH", "too many objects to return");
	return sf_soql_parse_of(search->call, object, text, &search->asked[search->nasked++],
				search->refusal);
}

/* --- finding --- */

static bool add_rows(struct search *search, struct sf_soql *soql, json_t *rows)
{
	struct sb_call *call = search->call;
	const struct sb_condition **parts =
		arena_array(call->arena, 2, sizeof(struct sb_condition *));
	struct sb_record **records;
	size_t count;

	parts[0] = sf_find(call, soql->object, search->group, search->text, search->reserved,
			   search->refusal);
	if (!parts[0])
		return false;
	parts[1] = soql->where;
	soql->where = sb_where_all(call->arena, SB_AND, parts, soql->where ? 2 : 1);
	if (call->account->search_lag_ms)
		soql->as_of = call->now - call->account->search_lag_ms;
	count = sf_soql_run(call, soql, &records);
	for (size_t i = 0; i < count && (int64_t)json_array_size(rows) < search->limit; i++)
		json_array_append_new(rows, sf_record(call, records[i], soql->fields,
						      soql->nfields));
	return true;
}

/* The Ids of everything that can be searched. */
static bool ask_for_all(struct search *search)
{
	for (size_t i = 0; i < sf_nkinds; i++)
		if (sf_kinds[i].is_searched && !add_object(search, sf_kinds[i].name, ""))
			return false;
	return true;
}

static bool run(struct search *search, json_t *rows)
{
	if (!search->nasked && !ask_for_all(search))
		return false;
	for (size_t i = 0; i < search->nasked; i++)
		if (!add_rows(search, &search->asked[i], rows))
			return false;
	return true;
}

static void reply(struct search *search, bool is_read)
{
	json_t *rows = json_keep(search->call->arena, json_array());

	if (is_read && run(search, rows))
		sb_reply_json(search->call, 200, json_pack("{sO}", "searchRecords", rows));
	else if (!search->call->status) /* else it was said to be not imitated */
		sf_refuse(search->call, search->refusal);
}

/* --- SOSL --- */

/* The text of "FIND {text}" and, in *rest, what follows; NULL after a refusal. */
static const char *braced(struct search *search, const char *sosl, const char **rest)
{
	const char *start = sosl + strspn(sosl, " \t\r\n"), *end;
	bool is_find = strncasecmp(start, "FIND", strlen("FIND")) == 0;

	start += is_find ? strlen("FIND") : 0;
	start += strspn(start, " \t\r\n");
	for (end = start; *end && *end != '}'; end++)
		end += *end == '\\' && end[1];
	if (is_find && *start == '{' && *end) {
		*rest = end + 1;
		return arena_strndup(search->call->arena, start + 1, (size_t)(end - start) - 1);
	}
	refuse(search, "MALFORMED_SEARCH",
	       "No search term found. The search term must be enclosed in braces.");
	return NULL;
}

static bool unexpected(struct search *search, const struct sb_lexer *lex)
{
	return refuse(search, "MALFORMED_SEARCH",
		      lex->token.kind == SB_LEX_END ?
			      "unexpected end of the search" :
			      arena_printf(search->call->arena, "unexpected token: '%s'",
					   lex->token.text));
}

/* Where the bracket that was opened before `at` is closed; quoted ones do not count. */
static const char *closing(const char *at)
{
	int depth = 1;
	bool is_quoted = false;

	for (; *at; at++) {
		if (*at == '\\' && at[1])
			at++;
		else if (*at == '\'')
			is_quoted = !is_quoted;
		else if (!is_quoted && (*at == '(' || *at == ')'))
			depth += *at == '(' ? 1 : -1;
		if (!depth)
			return at;
	}
	return NULL;
}

static bool read_object(struct search *search, struct sb_lexer *lex)
{
	const char *name = lex->token.text, *inside = "", *end;

	if (lex->token.kind != SB_LEX_WORD)
		return unexpected(search, lex);
	sb_lexer_advance(lex);
	if (lex->token.kind == SB_LEX_SIGN && strcmp(lex->token.text, "(") == 0) {
		end = closing(lex->at);
		if (!end)
			return refuse(search, "MALFORMED_SEARCH", "a bracket is not closed");
		inside = arena_strndup(search->call->arena, lex->at, (size_t)(end - lex->at));
		sb_lexer_start(lex, search->call->arena, end + 1, SB_LEX_BACKSLASH);
	}
	return add_object(search, name, inside);
}

static bool read_returning(struct search *search, struct sb_lexer *lex)
{
	do {
		if (!read_object(search, lex))
			return false;
	} while (sb_lexer_take_sign(lex, ","));
	return true;
}

static bool read_group(struct search *search, struct sb_lexer *lex)
{
	const char *name = lex->token.text;

	if (lex->token.kind != SB_LEX_WORD)
		return unexpected(search, lex);
	sb_lexer_advance(lex);
	if (!sb_lexer_take_word(lex, "FIELDS"))
		return unexpected(search, lex);
	return set_group(search, name);
}

static bool read_sosl(struct search *search, const char *sosl)
{
	struct sb_lexer lex;
	const char *rest;
	int64_t limit;

	search->text = braced(search, sosl, &rest);
	if (!search->text)
		return false;
	sb_lexer_start(&lex, search->call->arena, rest, SB_LEX_BACKSLASH);
	if (sb_lexer_take_word(&lex, "IN") && !read_group(search, &lex))
		return false;
	if (sb_lexer_take_word(&lex, "RETURNING") && !read_returning(search, &lex))
		return false;
	if (sb_lexer_is_word(&lex, "WITH") || sb_lexer_is_word(&lex, "USING")) {
		sb_not_imitated(search->call, "SOSL's WITH and USING");
		return false;
	}
	if (sb_lexer_take_word(&lex, "LIMIT")) {
		if (!sb_lexer_take_number(&lex, &limit))
			return unexpected(search, &lex);
		search->limit = limit < ROWS_MAX ? limit : ROWS_MAX;
	}
	return lex.token.kind == SB_LEX_END || unexpected(search, &lex);
}

void sf_search(struct sb_call *call)
{
	struct sf_refusal refusal = { 0 };
	struct search search = { .call = call, .limit = ROWS_MAX, .refusal = &refusal };
	const char *sosl = sb_query(call, "q");

	reply(&search, read_sosl(&search, sosl ? sosl : ""));
}

/* --- parameterized --- */

/* {"name": "Lead", "fields": ["Id", "Email"], "where": "City = 'Leeds'", "limit": 5} as
 * it would stand in SOSL. */
static const char *inside_of(struct search *search, const json_t *object, const json_t *others)
{
	const json_t *fields = json_object_get(object, "fields"), *field;
	const char *where = json_string_of(object, "where");
	struct buf buf;
	size_t i;

	if (!json_array_size(fields))
		fields = others;
	buf_init(&buf, search->call->arena, 1u << 16);
	json_array_foreach((json_t *)fields, i, field)
		buf_addf(&buf, "%s%s", i ? "," : "", json_is_string(field) ?
							     json_string_value(field) : "?");
	if (!buf.len && (where || json_object_get(object, "limit")))
		buf_add(&buf, "Id");
	if (where)
		buf_addf(&buf, " WHERE %s", where);
	if (json_object_get(object, "limit"))
		buf_addf(&buf, " LIMIT %lld", (long long)json_int_of(object, "limit", -1));
	return buf.is_over ? "?" : buf_text(&buf);
}

static bool read_parameters(struct search *search, const json_t *body)
{
	const json_t *objects = json_object_get(body, "sobjects"), *object;
	const json_t *fields = json_object_get(body, "fields");
	const char *group = json_string_of(body, "in");
	int64_t limit = json_int_of(body, "overallLimit", ROWS_MAX);
	size_t i;

	search->text = json_string_of(body, "q");
	search->limit = limit >= 0 && limit < ROWS_MAX ? limit : ROWS_MAX;
	if (text_is_empty(search->text))
		return refuse(search, "MISSING_ARGUMENT", "Missing a required parameter: q");
	if (group && !set_group(search, group))
		return false;
	json_array_foreach((json_t *)objects, i, object) {
		const char *name = json_string_of(object, "name");

		if (!add_object(search, name ? name : "", inside_of(search, object, fields)))
			return false;
	}
	return true;
}

void sf_parameterized_search(struct sb_call *call)
{
	struct sf_refusal refusal = { 0 };
	struct search search = { .call = call,
				 .reserved = SF_RESERVED_TAKEN,
				 .limit = ROWS_MAX,
				 .refusal = &refusal };
	const json_t *body = sb_json(call);

	if (body)
		reply(&search, read_parameters(&search, body));
}
