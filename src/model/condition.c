/* condition.c - whether the conditions of a rule hold. Threads: pure. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model/config.h"

static const char *const op_names[] = {
	[OP_IS] = "is",
	[OP_IS_NOT] = "is_not",
	[OP_IN] = "in",
	[OP_CONTAINS] = "contains",
	[OP_STARTS] = "starts",
	[OP_EXISTS] = "exists",
	[OP_MISSING] = "missing",
	[OP_MORE] = "more",
	[OP_LESS] = "less",
};

const char *condition_op_name(enum condition_op op)
{
	return op_names[op];
}

bool condition_op_parse(const char *name, enum condition_op *op)
{
	for (size_t i = 0; i < ARRAY_LEN(op_names); i++)
		if (text_equal(op_names[i], name)) {
			*op = (enum condition_op)i;
			return true;
		}
	return false;
}

/* Numbers come as numbers from JSON and as text from forms and files. */
static bool number_of(const char *text, double *number)
{
	char *end;

	if (!*text || text[strspn(text, "0123456789.+-eE")])
		return false;
	*number = strtod(text, &end);
	return !*end;
}

typedef bool match(const char *text, const struct condition *condition);

static bool same(const char *a, const char *b)
{
	double x, y;

	if (text_equal_nocase(a, b))
		return true;
	return number_of(a, &x) && number_of(b, &y) && x == y;
}

static bool is_it(const char *text, const struct condition *condition)
{
	return same(text, condition->value.text);
}

static bool list_has(const char *list, const struct condition *condition, match *matches)
{
	json_t *json = json_loads(list, 0, NULL), *item;
	bool found = false;
	size_t i;

	json_array_foreach(json, i, item)
		if (json_is_string(item) && matches(json_string_value(item), condition))
			found = true;
	json_decref(json);
	return found;
}

static bool is_among(const char *text, const struct condition *condition)
{
	for (size_t i = 0; i < condition->nitems; i++)
		if (same(text, condition->items[i]))
			return true;
	if (condition->items || condition->value.type != VALUE_LIST)
		return false;
	/* Made by hand, not by config_build(). */
	return list_has(condition->value.text,
			&(struct condition){ .value = value_text(text) }, is_it);
}

static bool contains(const char *text, const struct condition *condition)
{
	return strcasestr(text, condition->value.text) != NULL;
}

static bool starts(const char *text, const struct condition *condition)
{
	return strncasecmp(text, condition->value.text, strlen(condition->value.text)) == 0;
}

static bool is_more(const char *text, const struct condition *condition)
{
	double a, b;

	return number_of(text, &a) && number_of(condition->value.text, &b) && a > b;
}

static bool is_less(const char *text, const struct condition *condition)
{
	double a, b;

	return number_of(text, &a) && number_of(condition->value.text, &b) && a < b;
}

/* Whether the value, or any item of it, matches. */
static bool any(struct value value, const struct condition *condition, match *matches)
{
	if (value_is_empty(value))
		return false;
	if (value.type == VALUE_LIST)
		return list_has(value.text, condition, matches);
	return matches(value.text, condition);
}

static bool holds(const struct condition *condition, struct value value)
{
	switch (condition->op) {
	case OP_IS:
		return any(value, condition, is_it);
	case OP_IS_NOT:
		return !any(value, condition, is_it);
	case OP_IN:
		return any(value, condition, is_among);
	case OP_CONTAINS:
		return any(value, condition, contains);
	case OP_STARTS:
		return any(value, condition, starts);
	case OP_EXISTS:
		return !value_is_empty(value);
	case OP_MISSING:
		return value_is_empty(value);
	case OP_MORE:
		return any(value, condition, is_more);
	case OP_LESS:
		return any(value, condition, is_less);
	}
	return false;
}

bool conditions_hold(const struct condition *when, size_t count,
		     condition_value_of *value_of, void *context)
{
	for (size_t i = 0; i < count; i++)
		if (!holds(&when[i], value_of(context, when[i].field)))
			return false;
	return true;
}
