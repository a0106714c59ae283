/* dynamics_filter.c - reads the part of $filter that is imitated (fact sheet 5): eq ne gt ge
 * lt le, and or not, brackets, contains, startswith, endswith, and Dataverse's In. Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/lex.h"

#define PARTS_MAX 256
#define TEXTS_MAX 4000
#define DEPTH_MAX 16

struct reader {
	struct sb_call *call;
	struct arena *arena;
	struct sb_object *object;
	struct sb_lexer lex;
	const char *text;
	struct dynamics_refusal *refusal;
	int depth;
};

/* --- refusals --- */

static void *refuse(struct reader *reader, const char *message)
{
	if (!reader->refusal->status)
		dynamics_refuse(reader->call, reader->refusal, 400,
				dynamics_query_code(reader->call), "%s", message);
	return NULL;
}

static void *malformed(struct reader *reader)
{
	return refuse(reader, arena_printf(reader->arena, "Syntax error at position %zu in '%s'.",
					   (size_t)(reader->lex.before - reader->text),
					   reader->text));
}

static const struct sb_field *field_named(struct reader *reader, const char *name)
{
	const struct sb_field *field = dynamics_field_find(reader->object, name);

	if (field && field->refers_to)
		return refuse(reader, arena_printf(reader->arena,
						   "A lookup is compared as '_%s_value'.", name));
	if (!field)
		field = dynamics_field_of_value(reader->object, name);
	if (field)
		return field;
	return refuse(reader,
		      arena_printf(reader->arena,
				   "Could not find a property named '%s' on type "
				   "'" DYNAMICS_TYPE "%s'.",
				   name, dynamics_table_of(reader->object)->name));
}

/* --- values --- */

static bool takes_text(const struct sb_field *field)
{
	switch (field->type) {
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
	case SB_MULTI:
		return true;
	case SB_INTEGER:
	case SB_NUMBER:
	case SB_BOOLEAN:
	case SB_DATE:
	case SB_DATETIME:
	case SB_PICKLIST:
	case SB_REFERENCE:
	case SB_JSON:
		break;
	}
	return false;
}

/* Whether a bare literal is one of the column's type; *text becomes as it is stored. */
static bool fits(struct reader *reader, const struct sb_field *field, const char **text)
{
	const char *guid;
	int64_t whole;
	double number;

	switch (field->type) {
	case SB_REFERENCE:
		guid = dynamics_guid(reader->arena, *text);
		*text = guid ? guid : *text;
		return guid;
	case SB_INTEGER:
	case SB_PICKLIST:
		return text_int(*text, &whole);
	case SB_NUMBER:
		return sb_is_number(*text, &number);
	case SB_BOOLEAN:
		return strcmp(*text, "true") == 0 || strcmp(*text, "false") == 0;
	case SB_DATE:
	case SB_DATETIME:
		return !text_int(*text, &whole) && sb_time_parse(*text, &whole);
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
	case SB_MULTI:
	case SB_JSON:
		break;
	}
	return false;
}

/* A literal; NULL after a refusal, or with *is_null. GUIDs may begin like words. */
static const char *value(struct reader *reader, const struct sb_field *field, bool *is_null)
{
	struct sb_lex token = reader->lex.token;

	*is_null = token.kind == SB_LEX_WORD && strcmp(token.text, "null") == 0;
	if (token.kind != SB_LEX_TEXT && token.kind != SB_LEX_LITERAL && token.kind != SB_LEX_WORD)
		return malformed(reader);
	if (!*is_null && (takes_text(field) != (token.kind == SB_LEX_TEXT) ||
			  (!takes_text(field) && !fits(reader, field, &token.text))))
		return refuse(reader,
			      arena_printf(reader->arena,
					   "A binary operator with incompatible types was detected. "
					   "The value does not fit '%s'.",
					   field->name));
	sb_lexer_advance(&reader->lex);
	return *is_null ? NULL : token.text;
}

/* --- conditions --- */

static const struct sb_condition *leaf(struct reader *reader, enum sb_op op,
				       const struct sb_field *field, const char *text)
{
	struct sb_condition *condition = sb_where(reader->arena, op, field, text);

	condition->column = dynamics_column(field);
	return condition;
}

static const struct sb_condition *not_null(struct reader *reader, const struct sb_field *field)
{
	return field->flags & DYNAMICS_COMPUTED ?
		       sb_where_all(reader->arena, SB_TRUE, NULL, 0) :
		       leaf(reader, SB_HAS, field, NULL);
}

static bool take_operator(struct reader *reader, enum sb_op *op)
{
	static const struct {
		const char *word;
		enum sb_op op;
	} words[] = { { "eq", SB_EQ }, { "ne", SB_NE }, { "gt", SB_GT },
		      { "ge", SB_GE }, { "lt", SB_LT }, { "le", SB_LE } };

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!sb_lexer_take_word(&reader->lex, words[i].word))
			continue;
		*op = words[i].op;
		return true;
	}
	return false;
}

static const struct sb_condition *compare(struct reader *reader, const struct sb_field *field)
{
	const char *text;
	bool is_null;
	enum sb_op op;
	int64_t at;

	if (!take_operator(reader, &op))
		return malformed(reader);
	text = value(reader, field, &is_null);
	if (is_null && op == SB_NE)
		return not_null(reader, field);
	if (is_null)
		return op == SB_EQ ? sb_where_not(reader->arena, not_null(reader, field)) :
				     malformed(reader);
	if (!text)
		return NULL;
	if (field->flags & DYNAMICS_COMPUTED && field->type == SB_DATETIME &&
	    sb_time_parse(text, &at))
		return sb_where_second(reader->arena, op, dynamics_column(field), at);
	return leaf(reader, op, field, text);
}

/* "contains(column,'text')", and "eq true" behind it. */
static const struct sb_condition *text_function(struct reader *reader, enum sb_op op)
{
	const struct sb_field *field;
	const char *text;
	bool is_null;

	if (!sb_lexer_take_sign(&reader->lex, "(") || reader->lex.token.kind != SB_LEX_WORD)
		return malformed(reader);
	field = field_named(reader, reader->lex.token.text);
	if (!field)
		return NULL;
	sb_lexer_advance(&reader->lex);
	if (!takes_text(field) || !sb_lexer_take_sign(&reader->lex, ","))
		return malformed(reader);
	text = value(reader, field, &is_null);
	if (!text)
		return is_null ? malformed(reader) : NULL;
	if (!sb_lexer_take_sign(&reader->lex, ")"))
		return malformed(reader);
	if (sb_lexer_take_word(&reader->lex, "eq") && !sb_lexer_take_word(&reader->lex, "true"))
		return malformed(reader);
	return leaf(reader, op, field, text);
}

/* "PropertyName='emailaddress1'," */
static const struct sb_field *property_name(struct reader *reader)
{
	const struct sb_field *field;

	if (!sb_lexer_take_sign(&reader->lex, "(") ||
	    !sb_lexer_take_word(&reader->lex, "PropertyName") ||
	    !sb_lexer_take_sign(&reader->lex, "=") || reader->lex.token.kind != SB_LEX_TEXT)
		return malformed(reader);
	field = dynamics_field_find(reader->object, reader->lex.token.text);
	if (!field)
		field = field_named(reader, reader->lex.token.text);
	sb_lexer_advance(&reader->lex);
	if (field && (!sb_lexer_take_sign(&reader->lex, ",") ||
		      !sb_lexer_take_word(&reader->lex, "PropertyValues") ||
		      !sb_lexer_take_sign(&reader->lex, "=") ||
		      !sb_lexer_take_sign(&reader->lex, "[")))
		return malformed(reader);
	return field;
}

/* All values are quoted, whatever the column. */
static const struct sb_condition *in_list(struct reader *reader)
{
	const struct sb_field *field = property_name(reader);
	const char **texts = arena_array(reader->arena, TEXTS_MAX, sizeof(*texts));
	struct sb_condition *condition;
	size_t count = 0;

	if (!field)
		return NULL;
	do {
		const char *text = reader->lex.token.text;

		if (reader->lex.token.kind != SB_LEX_TEXT || count == TEXTS_MAX)
			return malformed(reader);
		if (!takes_text(field) && !fits(reader, field, &text))
			return refuse(reader, arena_printf(reader->arena,
							   "A value does not fit '%s'.",
							   field->name));
		texts[count++] = text;
		sb_lexer_advance(&reader->lex);
	} while (sb_lexer_take_sign(&reader->lex, ","));
	if (!sb_lexer_take_sign(&reader->lex, "]") || !sb_lexer_take_sign(&reader->lex, ")"))
		return malformed(reader);
	condition = sb_where(reader->arena, SB_IN, field, NULL);
	condition->column = dynamics_column(field);
	condition->texts = texts;
	condition->ntexts = count;
	return condition;
}

static const struct sb_condition *predicate(struct reader *reader)
{
	const struct sb_field *field;
	const char *name = reader->lex.token.text;

	if (reader->lex.token.kind != SB_LEX_WORD)
		return malformed(reader);
	if (sb_lexer_take_word(&reader->lex, "contains"))
		return text_function(reader, SB_CONTAINS);
	if (sb_lexer_take_word(&reader->lex, "startswith"))
		return text_function(reader, SB_STARTS);
	if (sb_lexer_take_word(&reader->lex, "endswith"))
		return text_function(reader, SB_ENDS);
	if (sb_lexer_take_word(&reader->lex, DYNAMICS_TYPE "In"))
		return in_list(reader);
	if (*reader->lex.at == '/' || *reader->lex.at == '(') {
		sb_not_imitated(reader->call, "functions and related tables in $filter");
		return NULL;
	}
	field = field_named(reader, name);
	if (!field)
		return NULL;
	sb_lexer_advance(&reader->lex);
	return compare(reader, field);
}

static const struct sb_condition *disjunction(struct reader *reader);

static const struct sb_condition *term(struct reader *reader)
{
	const struct sb_condition *condition;

	if (++reader->depth > DEPTH_MAX)
		return malformed(reader);
	if (sb_lexer_take_word(&reader->lex, "not")) {
		condition = term(reader);
		condition = condition ? sb_where_not(reader->arena, condition) : NULL;
	} else if (sb_lexer_take_sign(&reader->lex, "(")) {
		condition = disjunction(reader);
		if (condition && !sb_lexer_take_sign(&reader->lex, ")"))
			condition = malformed(reader);
	} else {
		condition = predicate(reader);
	}
	reader->depth--;
	return condition;
}

/* What `part` reads, joined by a word. */
static const struct sb_condition *
joined(struct reader *reader, const char *word, enum sb_op op,
       const struct sb_condition *(*part)(struct reader *reader))
{
	const struct sb_condition **parts =
		arena_array(reader->arena, PARTS_MAX, sizeof(*parts));
	size_t count = 0;

	do {
		if (count == PARTS_MAX)
			return malformed(reader);
		parts[count] = part(reader);
		if (!parts[count++])
			return NULL;
	} while (sb_lexer_take_word(&reader->lex, word));
	return count == 1 ? parts[0] : sb_where_all(reader->arena, op, parts, count);
}

static const struct sb_condition *conjunction(struct reader *reader)
{
	return joined(reader, "and", SB_AND, term);
}

static const struct sb_condition *disjunction(struct reader *reader)
{
	return joined(reader, "or", SB_OR, conjunction);
}

const struct sb_condition *dynamics_filter(struct sb_call *call, struct sb_object *object,
					   const char *text, struct dynamics_refusal *refusal)
{
	struct reader reader = { .call = call,
				 .arena = call->arena,
				 .object = object,
				 .text = text,
				 .refusal = refusal };
	const struct sb_condition *condition;

	sb_lexer_start(&reader.lex, call->arena, text, SB_LEX_DOUBLED);
	condition = disjunction(&reader);
	if (condition && reader.lex.token.kind != SB_LEX_END)
		return malformed(&reader);
	return condition;
}
