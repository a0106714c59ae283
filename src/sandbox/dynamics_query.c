/* dynamics_query.c - reads OData's query options: $select, $filter, $orderby, $top, $count,
 * $expand of lookups (fact sheet 5). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/text.h"
#include "sandbox/dynamics.h"

#define SELECT_MAX 500

enum sb_column dynamics_column(const struct sb_field *field)
{
	if (!(field->flags & DYNAMICS_COMPUTED))
		return SB_COLUMN_FIELD;
	if (strcmp(field->name, "createdon") == 0)
		return SB_COLUMN_CREATED;
	return field->type == SB_REFERENCE ? SB_COLUMN_ID : SB_COLUMN_UPDATED;
}

static bool unknown_column(struct sb_call *call, const struct sb_object *object,
			   const char *name, struct dynamics_refusal *refusal)
{
	return dynamics_refuse(call, refusal, 400, dynamics_query_code(call),
			       "Could not find a property named '%s' on type "
			       "'" DYNAMICS_TYPE "%s'.",
			       name, dynamics_table_of(object)->name);
}

/* A column as queries name it: a lookup by "_name_value". */
static struct sb_field *column_named(struct sb_call *call, const struct sb_object *object,
				     const char *name, struct dynamics_refusal *refusal)
{
	struct sb_field *field = dynamics_field_find(object, name);

	if (field && !field->refers_to)
		return field;
	field = dynamics_field_of_value(object, name);
	if (!field)
		unknown_column(call, object, name, refusal);
	return field;
}

/* The next item of a list with commas; *at moves behind it. */
static const char *next_item(struct arena *arena, const char **at)
{
	size_t len = strcspn(*at, ",");
	const char *text = text_trim(arena, arena_strndup(arena, *at, len));

	*at += len + ((*at)[len] == ',');
	return text;
}

struct sb_field **dynamics_select(struct sb_call *call, const struct sb_object *object,
				  const char *list, size_t *count,
				  struct dynamics_refusal *refusal)
{
	struct sb_field **fields = arena_array(call->arena, SELECT_MAX, sizeof(struct sb_field *));

	*count = 0;
	while (*list) {
		const char *name = next_item(call->arena, &list);
		struct sb_object *target;
		struct sb_field *field = dynamics_field_of_link(object, name, &target);

		if (!field)
			field = column_named(call, object, name, refusal);
		if (!field)
			return NULL;
		if (*count == SELECT_MAX) {
			dynamics_refuse(call, refusal, 400, dynamics_query_code(call),
					"$select names more than %d columns.", SELECT_MAX);
			return NULL;
		}
		fields[(*count)++] = field;
	}
	return fields;
}

/* --- $orderby --- */

static bool read_sort(struct sb_call *call, const char *text, struct dynamics_query *query,
		      struct dynamics_refusal *refusal)
{
	size_t len = strcspn(text, " ");
	const char *name = arena_strndup(call->arena, text, len);
	const char *way = text + len + strspn(text + len, " ");
	const struct sb_field *field;

	if (*way && strcmp(way, "asc") != 0 && strcmp(way, "desc") != 0)
		return dynamics_refuse(call, refusal, 400, dynamics_query_code(call),
				       "Syntax error at position %zu in '%s'.", strlen(text), text);
	if (query->nsorts == DYNAMICS_SORTS_MAX) {
		sb_not_imitated(call, "more than four columns in $orderby");
		return false;
	}
	field = column_named(call, query->object, name, refusal);
	if (!field)
		return false;
	query->sorts[query->nsorts++] = (struct sb_sort){
		.column = dynamics_column(field),
		.field = field,
		.is_descending = strcmp(way, "desc") == 0,
	};
	return true;
}

/* --- $expand --- */

/* Up to a comma or semicolon that is in no brackets. */
static size_t length_of_item(const char *at, char divider)
{
	int depth = 0;
	size_t len = 0;

	for (; at[len] && (depth || at[len] != divider); len++) {
		depth += at[len] == '(';
		depth -= at[len] == ')';
	}
	return len;
}

/* "$select=name;$top=1" behind the navigation property: $select is taken. */
static bool read_expand_options(struct sb_call *call, struct sb_object *target, const char *text,
				struct dynamics_expand *expand, struct dynamics_refusal *refusal)
{
	while (*text) {
		size_t len = length_of_item(text, ';');
		const char *option = arena_strndup(call->arena, text, len);

		if (!text_starts(option, "$select=")) {
			sb_not_imitated(call, "options of $expand other than $select");
			return false;
		}
		expand->fields = dynamics_select(call, target, option + strlen("$select="),
						 &expand->nfields, refusal);
		if (!expand->fields)
			return false;
		text += len + (text[len] == ';');
	}
	return true;
}

static bool read_expand(struct sb_call *call, const char *text, struct dynamics_query *query,
			struct dynamics_refusal *refusal)
{
	size_t len = strcspn(text, "("), all = strlen(text);
	struct dynamics_expand *expand = &query->expands[query->nexpands];
	struct sb_object *target;

	expand->name = arena_strndup(call->arena, text, len);
	expand->field = dynamics_field_of_link(query->object, expand->name, &target);
	if (!expand->field)
		expand->field = dynamics_field_find(query->object, expand->name);
	if (!expand->field || (!expand->field->refers_to && expand->field->type != SB_JSON))
		return unknown_column(call, query->object, expand->name, refusal);
	if (query->nexpands++ == DYNAMICS_EXPANDS_MAX - 1)
		return dynamics_refuse(call, refusal, 400, dynamics_query_code(call),
				       "Number of expands is more than %d.",
				       DYNAMICS_EXPANDS_MAX - 1);
	if (!text[len] || !expand->field->refers_to)
		return true;
	if (text[all - 1] != ')')
		return dynamics_refuse(call, refusal, 400, dynamics_query_code(call),
				       "Found an unbalanced bracket expression.");
	if (!target)
		target = dynamics_target(expand->field, 0);
	return read_expand_options(call, target,
				   arena_strndup(call->arena, text + len + 1, all - len - 2), expand,
				   refusal);
}

/* --- all of them --- */

static bool refuse_option(struct sb_call *call, const char *name, struct dynamics_refusal *refusal)
{
	static const char *const known[] = { "$select", "$filter", "$orderby", "$top", "$count",
					     "$expand", "$skiptoken", "$deltatoken" };

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(known[i], name) == 0)
			return false;
	if (strcmp(name, "$skip") == 0) {
		dynamics_refuse(call, refusal, 400, "0x80060888",
				"Skip Clause is not supported in CRM");
		return true;
	}
	if (name[0] == '$' || strcmp(name, "fetchXml") == 0 || strcmp(name, "savedQuery") == 0 ||
	    strcmp(name, "userQuery") == 0) {
		sb_not_imitated(call, "query options other than $select, $filter, $orderby, $top, "
				      "$count and $expand");
		return true;
	}
	return false;
}

static bool knows_options(struct sb_call *call, struct dynamics_refusal *refusal)
{
	const char *at = call->query ? call->query : "";

	while (*at) {
		size_t len = strcspn(at, "&");
		const char *name = url_decode(call->arena, at, strcspn(at, "=&"), true);

		if (name && refuse_option(call, name, refusal))
			return false;
		at += len + (at[len] == '&');
	}
	return true;
}

static bool read_number(struct sb_call *call, struct dynamics_query *query,
			struct dynamics_refusal *refusal)
{
	const char *top = sb_query(call, "$top"), *count = sb_query(call, "$count");

	query->counts = text_equal(count, "true");
	query->top = -1;
	if (top && (!text_int(top, &query->top) || query->top < 0))
		return dynamics_refuse(call, refusal, 400, dynamics_query_code(call),
				       "Invalid value '%s' for $top query option found. The $top "
				       "query option requires a non-negative integer value.",
				       top);
	return true;
}

static bool read_lists(struct sb_call *call, struct dynamics_query *query,
		       struct dynamics_refusal *refusal)
{
	const char *order = sb_query(call, "$orderby"), *expand = sb_query(call, "$expand");

	query->select = sb_query(call, "$select");
	if (query->select) {
		query->fields = dynamics_select(call, query->object, query->select,
						&query->nfields, refusal);
		if (!query->fields)
			return false;
	}
	while (order && *order)
		if (!read_sort(call, next_item(call->arena, &order), query, refusal))
			return false;
	while (expand && *expand) {
		size_t len = length_of_item(expand, ',');

		if (!read_expand(call, arena_strndup(call->arena, expand, len), query, refusal))
			return false;
		expand += len + (expand[len] == ',');
	}
	return true;
}

bool dynamics_query_read(struct sb_call *call, struct sb_object *object,
			 struct dynamics_query *query)
{
	const char *filter = sb_query(call, "$filter");
	struct dynamics_refusal refusal = { 0 };

	*query = (struct dynamics_query){ .object = object };
	if (knows_options(call, &refusal) && read_number(call, query, &refusal) &&
	    read_lists(call, query, &refusal)) {
		if (!filter)
			return true;
		query->where = dynamics_filter(call, object, filter, &refusal);
		if (query->where)
			return true;
	}
	if (!call->status)
		dynamics_say(call, &refusal);
	return false;
}
