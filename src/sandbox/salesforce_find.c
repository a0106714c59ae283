/* salesforce_find.c - what stands between the braces of FIND {...}: words, "phrases", AND,
 * OR, AND NOT and brackets, as a condition on an object's fields. Threads: under the
 * sandbox's lock.
 *
 * A word is found where it is a word of a value; "nor*" begins one. The fact sheet shows
 * only plain words (5); the rest is what SOSL is commonly known for. */
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "sandbox/salesforce.h"

#define TERMS_MAX 64
#define DEPTH_MAX 16

struct finder {
	struct sb_call *call;
	struct sb_object *object;
	enum sf_group group;
	enum sf_reserved reserved;
	const char *at;
	int depth, nterms;
	struct sf_refusal *refusal;
};

static void *refuse(struct finder *finder, const char *code, const char *message)
{
	if (!finder->refusal->status)
		*finder->refusal = (struct sf_refusal){ .status = 400,
							.code = code,
							.message = message };
	return NULL;
}

static void *malformed(struct finder *finder)
{
	return refuse(finder, "MALFORMED_SEARCH",
		      *finder->at ? arena_printf(finder->call->arena,
						 "unexpected token in the search: '%s'",
						 finder->at) :
				    "unexpected end of the search");
}

/* --- which fields --- */

static bool is_name(const struct sb_field *field)
{
	return text_ends(field->name, "Name") || strcmp(field->name, "Company") == 0 ||
	       strcmp(field->name, "Subject") == 0;
}

static bool is_in_group(const struct finder *finder, const struct sb_field *field)
{
	if (field->flags & (SB_HIDDEN | SB_ARCHIVED | SF_COMPUTED))
		return false;
	switch (finder->group) {
	case SF_ALL_FIELDS:
		return field->type == SB_TEXT || field->type == SB_LONG_TEXT ||
		       field->type == SB_EMAIL || field->type == SB_PHONE ||
		       field->type == SB_URL;
	case SF_NAME_FIELDS:
		return field->type == SB_TEXT && is_name(field);
	case SF_EMAIL_FIELDS:
		return field->type == SB_EMAIL;
	case SF_PHONE_FIELDS:
		return field->type == SB_PHONE;
	}
	return false;
}

static struct sb_condition *joint(struct finder *finder, enum sb_op op,
				  const struct sb_condition *a, const struct sb_condition *b)
{
	const struct sb_condition **parts =
		arena_array(finder->call->arena, 2, sizeof(struct sb_condition *));

	parts[0] = a;
	parts[1] = b;
	return sb_where_all(finder->call->arena, op, parts, b ? 2 : 1);
}

/* In any of the fields. */
static struct sb_condition *anywhere(struct finder *finder, const char *term)
{
	size_t nfields = sb_object_nfields(finder->object), count = 0;
	const struct sb_condition **parts =
		arena_array(finder->call->arena, nfields, sizeof(struct sb_condition *));

	for (size_t i = 0; i < nfields; i++) {
		struct sb_field *field = sb_object_field(finder->object, i);

		if (is_in_group(finder, field))
			parts[count++] = sb_where(finder->call->arena, SB_TOKEN, field, term);
	}
	return sb_where_all(finder->call->arena, SB_OR, parts, count);
}

/* --- words --- */

static void skip_blanks(struct finder *finder)
{
	finder->at += strspn(finder->at, " \t\r\n");
}

static bool is_reserved(const struct finder *finder, char c)
{
	return finder->reserved == SF_RESERVED_REFUSED && strchr("&|!{}[]^~:'+-", c);
}

/* Wildcards end a word, or begin it; elsewhere they are not imitated. */
static bool has_inner_wildcard(const char *term)
{
	size_t len = strlen(term);

	for (size_t i = 0; i < len; i++)
		if (term[i] == '?' || (term[i] == '*' && i > 0 && i + 1 < len))
			return true;
	return false;
}

static struct sb_condition *of_term(struct finder *finder, const char *term)
{
	size_t len = strlen(term) - (*term == '*') - (strlen(term) > 1 && text_ends(term, "*"));

	if (len < 2)
		return refuse(finder, "INVALID_SEARCH",
			      arena_printf(finder->call->arena,
					   "search term must be longer than one character: %s",
					   term));
	if (++finder->nterms > TERMS_MAX)
		return refuse(finder, "MALFORMED_SEARCH", "the search has too many terms");
	if (!has_inner_wildcard(term))
		return anywhere(finder, term);
	sb_not_imitated(finder->call, "wildcards within a word");
	return refuse(finder, "", "");
}

/* Up to a blank or bracket, or of a phrase to its closing quote; a backslash takes what
 * follows. */
static struct sb_condition *term(struct finder *finder)
{
	bool is_phrase = *finder->at == '"';
	struct buf buf;

	buf_init(&buf, finder->call->arena, SF_SEARCH_MAX + 1);
	for (finder->at += is_phrase; *finder->at; finder->at++) {
		if (is_phrase ? *finder->at == '"' : strchr(" \t\r\n()\"", *finder->at) != NULL)
			break;
		if (!is_phrase && is_reserved(finder, *finder->at))
			return malformed(finder);
		if (*finder->at == '\\' && finder->at[1])
			finder->at++;
		buf_addc(&buf, *finder->at);
	}
	if (is_phrase && *finder->at != '"')
		return malformed(finder);
	finder->at += is_phrase;
	return of_term(finder, buf_text(&buf));
}

/* --- operators --- */

static bool take(struct finder *finder, const char *word)
{
	size_t len = strlen(word);

	skip_blanks(finder);
	if (strncasecmp(finder->at, word, len) != 0 || !strchr(" \t\r\n(", finder->at[len]))
		return false;
	finder->at += len;
	return true;
}

static struct sb_condition *either(struct finder *finder);

static struct sb_condition *one(struct finder *finder)
{
	struct sb_condition *condition;

	skip_blanks(finder);
	if (!*finder->at || *finder->at == ')')
		return malformed(finder);
	if (*finder->at != '(')
		return term(finder);
	if (++finder->depth > DEPTH_MAX)
		return malformed(finder);
	finder->at++;
	condition = either(finder);
	if (!condition)
		return NULL;
	skip_blanks(finder);
	if (*finder->at != ')')
		return malformed(finder);
	finder->at++;
	finder->depth--;
	return condition;
}

static bool is_at_or(struct finder *finder)
{
	const char *at = finder->at;
	bool is_it = take(finder, "OR");

	finder->at = at;
	return is_it;
}

/* Words side by side must all be there. */
static struct sb_condition *all(struct finder *finder)
{
	struct sb_condition *condition = one(finder), *next;

	while (condition) {
		bool is_opposite;

		skip_blanks(finder);
		if (!*finder->at || *finder->at == ')' || is_at_or(finder))
			break;
		is_opposite = take(finder, "AND") && take(finder, "NOT");
		next = one(finder);
		if (!next)
			return NULL;
		if (is_opposite)
			next = joint(finder, SB_NOT, next, NULL);
		condition = joint(finder, SB_AND, condition, next);
	}
	return condition;
}

static struct sb_condition *either(struct finder *finder)
{
	struct sb_condition *condition = all(finder), *next;

	while (condition && take(finder, "OR")) {
		next = all(finder);
		condition = next ? joint(finder, SB_OR, condition, next) : NULL;
	}
	return condition;
}

const struct sb_condition *sf_find(struct sb_call *call, struct sb_object *object,
				   enum sf_group group, const char *text,
				   enum sf_reserved reserved, struct sf_refusal *refusal)
{
	struct finder finder = { .call = call,
				 .object = object,
				 .group = group,
				 .reserved = reserved,
				 .at = text,
				 .refusal = refusal };
	struct sb_condition *condition;

	if (strlen(text) > SF_SEARCH_MAX)
		return refuse(&finder, "MALFORMED_SEARCH", "the search is too long");
	condition = either(&finder);
	return condition && *finder.at ? malformed(&finder) : condition;
}
