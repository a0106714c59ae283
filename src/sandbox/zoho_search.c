/* zoho_search.c - /search by e-mail, phone, word and criteria, from an index that lags (fact
 * sheet 5). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/zoho.h"

#define PER_PAGE_MAX 200
#define RESULTS_MAX 2000
#define CRITERIA_MAX 15
#define VALUES_MAX 100
#define DEPTH_MAX 8

const struct sb_condition *zoho_where(struct arena *arena, const struct sb_object *object,
				      const char *name, enum sb_op op,
				      const char *const *texts, size_t ntexts)
{
	struct sb_condition *condition = arena_alloc(arena, sizeof(*condition));

	condition->op = op;
	condition->column = zoho_column(name);
	condition->field = zoho_field_find(object, name);
	condition->texts = texts;
	condition->ntexts = ntexts;
	if (condition->column == SB_COLUMN_FIELD && !condition->field)
		return NULL;
	return condition;
}

/* --- criteria: ((Email:equals:a@b.example)and(City:starts_with:Y)) --- */

struct reader {
	struct sb_call *call;
	const struct sb_object *object;
	const char *at;
	size_t count;        /* criteria so far */
	const char *unknown; /* a field that is not there */
	bool is_bad;
};

static const struct sb_condition *bad(struct reader *reader)
{
	reader->is_bad = true;
	return NULL;
}

static const struct {
	const char *word;
	enum sb_op op;
} comparators[] = {
	{ "equals", SB_EQ },	   { "not_equal", SB_NE },	{ "starts_with", SB_STARTS },
	{ "in", SB_IN },	   { "greater_equal", SB_GE },	{ "greater_than", SB_GT },
	{ "less_equal", SB_LE },   { "less_than", SB_LT },	{ "contains", SB_CONTAINS },
};

/* "a,b,c" with "\," for a comma. */
static const char *const *values_of(struct arena *arena, const char *text, size_t *count)
{
	const char **values = arena_array(arena, strlen(text) + 1, sizeof(*values));

	*count = 0;
	while (*text) {
		size_t len = strcspn(text, ",");

		values[(*count)++] = text_trim(arena, arena_strndup(arena, text, len));
		text += len + (text[len] == ',');
	}
	return values;
}

static const struct sb_condition *between(struct reader *reader, const char *name,
					  const char *const *values, size_t count)
{
	struct arena *arena = reader->call->arena;
	const struct sb_condition **parts = arena_array(arena, 2, sizeof(*parts));

	if (count != 2)
		return bad(reader);
	parts[0] = zoho_where(arena, reader->object, name, SB_GE, values, 1);
	parts[1] = zoho_where(arena, reader->object, name, SB_LE, values + 1, 1);
	return parts[0] ? sb_where_all(arena, SB_AND, parts, 2) : NULL;
}

/* "Email:equals:jo@north.example", up to the bracket that closes it. */
static const struct sb_condition *read_one(struct reader *reader)
{
	struct arena *arena = reader->call->arena;
	size_t len = strcspn(reader->at, ")");
	char *text = arena_strndup(arena, reader->at, len), *word, *value;
	const struct sb_condition *condition = NULL;
	const char *const *values;
	size_t count = 1;

	reader->at += len;
	reader->count++;
	word = strchr(text, ':');
	value = word ? strchr(word + 1, ':') : NULL;
	if (!value)
		return bad(reader);
	*word++ = *value++ = '\0';
	values = values_of(arena, value, &count);
	if (!count || count > VALUES_MAX)
		return bad(reader);
	if (strcmp(word, "between") == 0) {
		condition = between(reader, text, values, count);
	} else {
		for (size_t i = 0; i < ARRAY_LEN(comparators); i++)
			if (strcmp(comparators[i].word, word) == 0)
				condition = zoho_where(arena, reader->object, text,
						       comparators[i].op,
						       comparators[i].op == SB_IN ?
							       values :
							       memcpy(arena_array(arena, 1,
										  sizeof(value)),
								      &value, sizeof(value)),
						       comparators[i].op == SB_IN ? count : 1);
	}
	if (!condition && zoho_column(text) == SB_COLUMN_FIELD &&
	    !zoho_field_find(reader->object, text))
		reader->unknown = text;
	return condition ? condition : bad(reader);
}

/* "(" one or several joined by and/or ")". */
static const struct sb_condition *read_group(struct reader *reader, int depth)
{
	const struct sb_condition **parts =
		arena_array(reader->call->arena, CRITERIA_MAX + 1, sizeof(*parts));
	enum sb_op op = SB_AND;
	size_t count = 0;

	if (*reader->at != '(' || depth > DEPTH_MAX)
		return bad(reader);
	reader->at++;
	if (*reader->at != '(')
		parts[count++] = read_one(reader);
	while (!reader->is_bad && *reader->at == '(' && count <= CRITERIA_MAX) {
		parts[count++] = read_group(reader, depth + 1);
		if (text_starts(reader->at, "and") || text_starts(reader->at, "or")) {
			enum sb_op now = *reader->at == 'a' ? SB_AND : SB_OR;

			if (count > 1 && now != op)
				return bad(reader);
			op = now;
			reader->at += now == SB_AND ? 3 : 2;
		}
	}
	if (reader->is_bad || *reader->at != ')')
		return bad(reader);
	reader->at++;
	return sb_where_all(reader->call->arena, op, parts, count);
}

static size_t count_criteria(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += text[0] == '(' && text[1] != '(';
	return count;
}

static const struct sb_condition *read_criteria(struct sb_call *call,
						const struct sb_object *object, const char *text)
{
	struct reader reader = { .call = call, .object = object };
	const struct sb_condition *condition;

	if (count_criteria(text) > CRITERIA_MAX) {
		zoho_fail(call, 400, "CRITERIA_LIMIT_EXCEEDED",
			  "no of criterium that can be given exceed the limit 15",
			  json_pack("{si}", "limit", CRITERIA_MAX));
		return NULL;
	}
	/* "(A)and(B)" needs no brackets around. */
	reader.at = arena_printf(call->arena, "(%s)", text);
	condition = read_group(&reader, 0);
	if (condition && !*reader.at)
		return condition;
	zoho_fail(call, 400, "INVALID_QUERY", "Invalid query formed",
		  json_pack("{ss ss*}", "reason",
			    reader.unknown ? "the field is not available for search" :
					     "the criteria given seems to be invalid",
			    "api_name", reader.unknown));
	return NULL;
}

/* --- one text in several fields --- */

static const struct sb_condition *any_field(struct sb_call *call, const struct sb_object *object,
					    const char *text, enum sb_op op, unsigned types)
{
	size_t nfields = sb_object_nfields(object), count = 0;
	const struct sb_condition **parts = arena_array(call->arena, nfields + 1, sizeof(*parts));

	for (size_t i = 0; i < nfields; i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (types & 1u << field->type && !(field->flags & (SB_HIDDEN | SB_ARCHIVED)))
			parts[count++] = sb_where(call->arena, op, field, text);
	}
	return sb_where_all(call->arena, SB_OR, parts, count);
}

#define OF(type) (1u << (type))

/* NULL after a reply. */
static const struct sb_condition *condition_of(struct sb_call *call,
					       const struct sb_object *object)
{
	const char *text;

	if ((text = sb_query(call, "criteria")))
		return read_criteria(call, object, text);
	if ((text = sb_query(call, "email")))
		return any_field(call, object, text, SB_EQ, OF(SB_EMAIL));
	if ((text = sb_query(call, "phone")))
		return any_field(call, object, text, SB_EQ, OF(SB_PHONE));
	if ((text = sb_query(call, "word")))
		return any_field(call, object, text, SB_CONTAINS,
				 OF(SB_TEXT) | OF(SB_EMAIL) | OF(SB_PHONE) | OF(SB_URL));
	zoho_fail(call, 400, "EXPECTED_PARAM_MISSING", "One of the expected parameter is missing",
		  json_pack("{s[ssss]}", "param_names", "criteria", "email", "phone", "word"));
	return NULL;
}

/* --- the answer --- */

static void reply_found(struct sb_call *call, struct sb_record **records, size_t count,
			int64_t page, int64_t per_page)
{
	size_t start = (size_t)((page - 1) * per_page), nfields = 0;
	const char *list = sb_query(call, "fields");
	struct sb_field **fields = NULL;
	json_t *data;

	if (start >= count) {
		sb_reply_empty(call, 204);
		return;
	}
	if (list && !(fields = zoho_fields_of(call, records[0]->object, list, &nfields)))
		return;
	data = json_array();
	for (size_t i = start; i < count && i < start + (size_t)per_page; i++)
		json_array_append_new(data, zoho_record(records[i], fields, nfields));
	sb_reply_json(call, 200,
		      json_pack("{so s{sI sI sI sb}}", "data", data, "info", "per_page",
				(json_int_t)per_page, "count", (json_int_t)json_array_size(data),
				"page", (json_int_t)page, "more_records",
				start + json_array_size(data) < count));
}

void zoho_search(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const char *converted = sb_query(call, "converted");
	struct sb_query query = { 0 };
	struct sb_record **records;
	int64_t per_page, page;
	size_t count, kept = 0;

	if (!object)
		return;
	if (!sb_page_number(sb_query(call, "per_page"), PER_PAGE_MAX, 1, PER_PAGE_MAX, &per_page) ||
	    !sb_page_number(sb_query(call, "page"), 1, 1, INT32_MAX, &page)) {
		zoho_fail(call, 400, "INVALID_DATA", "invalid data",
			  json_pack("{ss}", "param_name", "per_page"));
		return;
	}
	if (page * per_page > RESULTS_MAX) {
		zoho_fail(call, 400, "LIMIT_REACHED", "maximum response iteration limit reached",
			  json_pack("{si}", "limit", RESULTS_MAX));
		return;
	}
	query.where = condition_of(call, object);
	if (!query.where)
		return;
	if (call->account->search_lag_ms)
		query.as_of = call->now - call->account->search_lag_ms;
	count = sb_query_run(object, &query, call->arena, &records);
	for (size_t i = 0; i < count; i++)
		if (zoho_is_shown(records[i], converted))
			records[kept++] = records[i];
	reply_found(call, records, kept, page, per_page);
}
