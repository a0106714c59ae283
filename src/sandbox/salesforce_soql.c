/* salesforce_soql.c - reads the part of SOQL that is imitated (fact sheet 5, 7): SELECT
 * fields or COUNT() FROM object, WHERE with AND, OR, NOT and brackets, = != < > <= >= IN
 * NOT IN LIKE, ORDER BY, LIMIT, OFFSET. What SOQL has beyond that is 501, anything else
 * MALFORMED_QUERY. Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/lex.h"
#include "sandbox/salesforce.h"

#define PARTS_MAX 64
#define TEXTS_MAX 4000
#define DEPTH_MAX 16
#define FIELDS_MAX 500

struct reader {
	struct sb_call *call;
	struct arena *arena;
	struct sb_lexer lex;
	struct sf_soql *soql;
	struct sf_refusal *refusal;
	int depth;
};

/* --- refusals --- */

static void *refuse(struct reader *reader, const char *code, const char *message)
{
	if (!reader->refusal->status)
		*reader->refusal = (struct sf_refusal){ .status = 400,
							.code = code,
							.message = message };
	return NULL;
}

static void *malformed(struct reader *reader)
{
	return refuse(reader, "MALFORMED_QUERY",
		      reader->lex.token.kind == SB_LEX_END ?
			      "unexpected end of query" :
			      arena_printf(reader->arena, "unexpected token: '%s'",
					   reader->lex.token.text));
}

/* What is SOQL and not imitated: the call is answered, the refusal says nothing. */
static void *beyond(struct reader *reader, const char *what)
{
	if (!reader->refusal->status)
		sb_not_imitated(reader->call, what);
	return refuse(reader, "", what);
}

static struct sb_field *field_named(struct reader *reader, const char *name)
{
	struct sb_field *field = sf_field_find(reader->soql->object, name);

	if (field)
		return field;
	if (strchr(name, '.'))
		return beyond(reader, "fields of related objects in SOQL");
	return refuse(reader, "INVALID_FIELD",
		      arena_printf(reader->arena, "No such column '%s' on sobject of type %s", name,
				   sb_object_spec(reader->soql->object)->name));
}

/* --- conditions --- */

static struct sb_condition *leaf(struct reader *reader, enum sb_op op,
				 const struct sb_field *field, const char *const *texts,
				 size_t count)
{
	struct sb_condition *condition = arena_alloc(reader->arena, sizeof(*condition));

	condition->op = op;
	condition->column = strcmp(field->name, "Id") == 0	  ? SB_COLUMN_ID :
			    strcmp(field->name, "IsDeleted") == 0 ? SB_COLUMN_DELETED :
								    SB_COLUMN_FIELD;
	condition->field = field;
	condition->texts = texts;
	condition->ntexts = count;
	return condition;
}

static struct sb_condition *joint(struct reader *reader, enum sb_op op,
				  struct sb_condition **parts, size_t count)
{
	const struct sb_condition **all = arena_array(reader->arena, count, sizeof(*all));

	for (size_t i = 0; i < count; i++)
		all[i] = parts[i];
	return sb_where_all(reader->arena, op, all, count);
}

static struct sb_condition *opposite(struct reader *reader, struct sb_condition *condition)
{
	return joint(reader, SB_NOT, &condition, 1);
}

static struct sb_condition *when(struct reader *reader, enum sb_op op,
				 const struct sb_field *field, const char *text)
{
	int64_t at;

	if (!sb_time_parse(text, &at))
		return malformed(reader);
	return sb_where_second(reader->arena, op,
			       strcmp(field->name, "CreatedDate") == 0 ? SB_COLUMN_CREATED :
									 SB_COLUMN_UPDATED,
			       at);
}

/* A literal as the records keep it; NULL after a refusal, or with *is_null. */
static const char *value(struct reader *reader, const struct sb_field *field, bool *is_null)
{
	struct sb_lex token = reader->lex.token;
	bool is_quoted = token.kind == SB_LEX_TEXT;
	bool is_time = field->type == SB_DATE || field->type == SB_DATETIME;
	bool is_bare = is_time || field->type == SB_NUMBER || field->type == SB_INTEGER ||
		       field->type == SB_BOOLEAN;
	const char *id;

	*is_null = sb_lexer_is_word(&reader->lex, "null");
	if (*is_null) {
		sb_lexer_advance(&reader->lex);
		return NULL;
	}
	if (token.kind == SB_LEX_WORD && is_time)
		return beyond(reader, "dates in words (TODAY, LAST_N_DAYS) in SOQL");
	if (token.kind != SB_LEX_TEXT && token.kind != SB_LEX_LITERAL &&
	    !sb_lexer_is_word(&reader->lex, "true") && !sb_lexer_is_word(&reader->lex, "false"))
		return malformed(reader);
	if (is_quoted == is_bare)
		return refuse(reader, "INVALID_FIELD",
			      arena_printf(reader->arena, "value of filter criterion for field "
							  "'%s' must %s enclosed in quotes",
					   field->name, is_bare ? "not be" : "be"));
	sb_lexer_advance(&reader->lex);
	if (field->type != SB_REFERENCE)
		return field->type == SB_BOOLEAN ? text_lower_ascii(reader->arena, token.text) :
						   token.text;
	id = sf_id(reader->arena, token.text);
	return id ? id : token.text;
}

static struct sb_condition *in_list(struct reader *reader, const struct sb_field *field)
{
	const char **texts = arena_array(reader->arena, TEXTS_MAX, sizeof(*texts));
	struct sb_condition *parts[2];
	bool is_null, has_null = false;
	size_t count = 0;

	if (!sb_lexer_take_sign(&reader->lex, "(") ||
	    (field->flags & SF_COMPUTED && strcmp(field->name, "Id") != 0))
		return malformed(reader);
	do {
		if (count == TEXTS_MAX)
			return malformed(reader);
		texts[count] = value(reader, field, &is_null);
		if (!texts[count] && !is_null)
			return NULL;
		count += !is_null;
		has_null |= is_null;
	} while (sb_lexer_take_sign(&reader->lex, ","));
	if (!sb_lexer_take_sign(&reader->lex, ")"))
		return malformed(reader);
	parts[0] = leaf(reader, SB_IN, field, texts, count);
	if (!has_null)
		return parts[0];
	parts[1] = opposite(reader, leaf(reader, SB_HAS, field, NULL, 0));
	return joint(reader, SB_OR, parts, 2);
}

/* '%' at the ends only, and no '_'. */
static struct sb_condition *like(struct reader *reader, const struct sb_field *field)
{
	const char *text = reader->lex.token.text;
	size_t len = strlen(text);
	bool starts = len && text[0] == '%', ends = len > 1 && text[len - 1] == '%';
	enum sb_op op = starts && ends ? SB_CONTAINS : starts ? SB_ENDS : ends ? SB_STARTS : SB_EQ;
	const char **texts = arena_array(reader->arena, 1, sizeof(*texts));

	texts[0] = arena_strndup(reader->arena, text + starts, len - starts - ends);
	if (reader->lex.token.kind != SB_LEX_TEXT || field->flags & SF_COMPUTED)
		return malformed(reader);
	if (strpbrk(texts[0], "%_"))
		return beyond(reader, "wildcards within the text of LIKE");
	sb_lexer_advance(&reader->lex);
	return leaf(reader, op, field, texts, 1);
}

/* A boolean is never without a value: what was not written is false. */
static struct sb_condition *compare(struct reader *reader, const struct sb_field *field,
				    enum sb_op op)
{
	const char **texts = arena_array(reader->arena, 1, sizeof(*texts));
	bool is_null, is_true;

	texts[0] = value(reader, field, &is_null);
	if (is_null && (op == SB_EQ || op == SB_NE)) {
		struct sb_condition *has = leaf(reader, SB_HAS, field, NULL, 0);

		return op == SB_NE ? has : opposite(reader, has);
	}
	if (!texts[0])
		return is_null ? malformed(reader) : NULL;
	if (field->type == SB_DATETIME && field->flags & SF_COMPUTED)
		return when(reader, op, field, texts[0]);
	if (field->type != SB_BOOLEAN)
		return leaf(reader, op, field, texts, 1);
	is_true = (strcmp(texts[0], "true") == 0) == (op == SB_EQ);
	texts[0] = "true";
	return is_true ? leaf(reader, SB_EQ, field, texts, 1) :
			 opposite(reader, leaf(reader, SB_EQ, field, texts, 1));
}

static struct sb_condition *predicate(struct reader *reader)
{
	struct sb_condition *condition;
	struct sb_field *field;
	enum sb_op op;

	if (reader->lex.token.kind != SB_LEX_WORD)
		return malformed(reader);
	field = field_named(reader, reader->lex.token.text);
	if (!field)
		return NULL;
	sb_lexer_advance(&reader->lex);
	if (sb_lexer_take_word(&reader->lex, "IN"))
		return in_list(reader, field);
	if (sb_lexer_take_word(&reader->lex, "LIKE"))
		return like(reader, field);
	if (sb_lexer_take_word(&reader->lex, "NOT")) {
		condition = sb_lexer_take_word(&reader->lex, "IN") ? in_list(reader, field) :
								     malformed(reader);
		return condition ? opposite(reader, condition) : NULL;
	}
	if (!sb_lexer_take_comparison(&reader->lex, &op))
		return malformed(reader);
	return compare(reader, field, op);
}

static struct sb_condition *conditions(struct reader *reader);

static struct sb_condition *term(struct reader *reader)
{
	struct sb_condition *condition;

	if (++reader->depth > DEPTH_MAX)
		return malformed(reader);
	if (sb_lexer_take_word(&reader->lex, "NOT")) {
		condition = term(reader);
		condition = condition ? opposite(reader, condition) : NULL;
	} else if (sb_lexer_take_sign(&reader->lex, "(")) {
		condition = conditions(reader);
		if (condition && !sb_lexer_take_sign(&reader->lex, ")"))
			condition = malformed(reader);
	} else {
		condition = predicate(reader);
	}
	reader->depth--;
	return condition;
}

/* AND and OR side by side need brackets, as in SOQL. */
static struct sb_condition *conditions(struct reader *reader)
{
	struct sb_condition *parts[PARTS_MAX];
	const char *word = NULL;
	size_t count = 0;

	do {
		if (count == PARTS_MAX)
			return malformed(reader);
		parts[count] = term(reader);
		if (!parts[count++])
			return NULL;
		if (!word)
			word = sb_lexer_is_word(&reader->lex, "AND") ? "AND" : "OR";
	} while (sb_lexer_take_word(&reader->lex, word));
	if (sb_lexer_is_word(&reader->lex, "AND") || sb_lexer_is_word(&reader->lex, "OR"))
		return malformed(reader);
	if (count == 1)
		return parts[0];
	return joint(reader, strcmp(word, "AND") == 0 ? SB_AND : SB_OR, parts, count);
}

/* --- the rest --- */

static bool read_sorts(struct reader *reader)
{
	struct sf_soql *soql = reader->soql;

	do {
		struct sb_sort *sort = &soql->sorts[soql->nsorts++];

		if (soql->nsorts > sizeof(soql->sorts) / sizeof(soql->sorts[0]) ||
		    reader->lex.token.kind != SB_LEX_WORD)
			return malformed(reader);
		sort->field = field_named(reader, reader->lex.token.text);
		if (!sort->field)
			return false;
		sb_lexer_advance(&reader->lex);
		sort->is_descending = sb_lexer_take_word(&reader->lex, "DESC");
		if (!sort->is_descending)
			sb_lexer_take_word(&reader->lex, "ASC");
		if (sb_lexer_take_word(&reader->lex, "NULLS") &&
		    !sb_lexer_take_word(&reader->lex, "FIRST") &&
		    !sb_lexer_take_word(&reader->lex, "LAST"))
			return malformed(reader);
	} while (sb_lexer_take_sign(&reader->lex, ","));
	return true;
}

static bool read_number(struct reader *reader, int64_t *number)
{
	return sb_lexer_take_number(&reader->lex, number) || malformed(reader);
}

static bool is_beyond(struct reader *reader)
{
	static const char *const words[] = { "GROUP", "HAVING", "FOR", "WITH", "USING" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (sb_lexer_is_word(&reader->lex, words[i]))
			return true;
	return false;
}

static bool read_ends(struct reader *reader)
{
	struct sb_lexer *lex = &reader->lex;

	if (sb_lexer_take_word(lex, "WHERE")) {
		reader->soql->where = conditions(reader);
		if (!reader->soql->where)
			return false;
	}
	if (sb_lexer_take_word(lex, "ORDER") &&
	    (!sb_lexer_take_word(lex, "BY") ? malformed(reader) != NULL : !read_sorts(reader)))
		return false;
	if (sb_lexer_take_word(lex, "LIMIT") && !read_number(reader, &reader->soql->limit))
		return false;
	if (sb_lexer_take_word(lex, "OFFSET") && !read_number(reader, &reader->soql->offset))
		return false;
	if (reader->lex.token.kind == SB_LEX_END && !reader->refusal->status)
		return true;
	return is_beyond(reader) ? beyond(reader, "GROUP BY, HAVING, FOR, WITH and USING in SOQL") :
				   malformed(reader);
}

/* The names after SELECT are resolved when the object is known. */
static bool read_names(struct reader *reader, const char **names, size_t *count)
{
	do {
		if (reader->lex.token.kind == SB_LEX_SIGN &&
		    strcmp(reader->lex.token.text, "(") == 0)
			return beyond(reader, "queries within SOQL");
		if (reader->lex.token.kind != SB_LEX_WORD || *count == FIELDS_MAX)
			return malformed(reader);
		names[(*count)++] = reader->lex.token.text;
		sb_lexer_advance(&reader->lex);
		if (*count == 1 && text_equal_nocase(names[0], "COUNT") &&
		    sb_lexer_take_sign(&reader->lex, "(")) {
			reader->soql->is_count = true;
			*count = 0;
			return sb_lexer_take_sign(&reader->lex, ")") ||
			       beyond(reader, "COUNT of a field");
		}
		if (sb_lexer_take_sign(&reader->lex, "("))
			return beyond(reader, "functions in SOQL");
	} while (sb_lexer_take_sign(&reader->lex, ","));
	return true;
}

static bool read_object(struct reader *reader)
{
	const char *name = reader->lex.token.text;

	if (reader->lex.token.kind != SB_LEX_WORD)
		return malformed(reader);
	reader->soql->object = sf_object_find(reader->call->account, name);
	if (!reader->soql->object)
		return refuse(reader, "INVALID_TYPE",
			      arena_printf(reader->arena, "sObject type '%s' is not supported.",
					   name));
	sb_lexer_advance(&reader->lex);
	return true;
}

/* The names are those of fields of the object, which is known now. */
static bool resolve(struct reader *reader, const char *const *names, size_t count)
{
	struct sf_soql *soql = reader->soql;

	soql->fields = arena_array(reader->arena, count, sizeof(struct sb_field *));
	for (size_t i = 0; i < count; i++) {
		soql->fields[i] = field_named(reader, names[i]);
		if (!soql->fields[i])
			return false;
	}
	soql->nfields = count;
	return true;
}

static struct reader start(struct sb_call *call, const char *text, struct sf_soql *soql,
			   struct sf_refusal *refusal)
{
	struct reader reader = {
		.call = call, .arena = call->arena, .soql = soql, .refusal = refusal
	};

	*soql = (struct sf_soql){ .limit = -1 };
	sb_lexer_start(&reader.lex, call->arena, text, SB_LEX_BACKSLASH);
	return reader;
}

bool sf_soql_parse(struct sb_call *call, const char *text, struct sf_soql *soql,
		   struct sf_refusal *refusal)
{
	const char **names = arena_array(call->arena, FIELDS_MAX, sizeof(*names));
	struct reader reader = start(call, text, soql, refusal);
	size_t count = 0;

	if (!sb_lexer_take_word(&reader.lex, "SELECT"))
		return malformed(&reader);
	if (!read_names(&reader, names, &count))
		return false;
	if (!sb_lexer_take_word(&reader.lex, "FROM"))
		return malformed(&reader);
	return read_object(&reader) && resolve(&reader, names, count) && read_ends(&reader);
}

bool sf_soql_parse_of(struct sb_call *call, struct sb_object *object, const char *text,
		      struct sf_soql *soql, struct sf_refusal *refusal)
{
	static const char *const id[] = { "Id" };
	const char **names = arena_array(call->arena, FIELDS_MAX, sizeof(*names));
	struct reader reader = start(call, text, soql, refusal);
	size_t count = 0;

	soql->object = object;
	if (reader.lex.token.kind == SB_LEX_END)
		return resolve(&reader, id, 1);
	return read_names(&reader, names, &count) && resolve(&reader, names, count) &&
	       read_ends(&reader);
}
