/* conditions.c - the trees of conditions that query.h runs. Threads: pure. */
#include "sandbox/query.h"

struct sb_condition *sb_where_all(struct arena *arena, enum sb_op op,
				  const struct sb_condition *const *parts, size_t nparts)
{
	struct sb_condition *condition = arena_alloc(arena, sizeof(*condition));

	condition->op = op;
	condition->parts = parts;
	condition->nparts = nparts;
	return condition;
}

static struct sb_condition *where(struct arena *arena, enum sb_op op, const char *text)
{
	struct sb_condition *condition = arena_alloc(arena, sizeof(*condition));
	const char **texts = arena_alloc(arena, sizeof(*texts));

	texts[0] = text;
	condition->op = op;
	condition->texts = texts;
	condition->ntexts = text ? 1 : 0;
	return condition;
}

struct sb_condition *sb_where(struct arena *arena, enum sb_op op, const struct sb_field *field,
			      const char *text)
{
	struct sb_condition *condition = where(arena, op, text);

	condition->field = field;
	return condition;
}

struct sb_condition *sb_where_column(struct arena *arena, enum sb_op op,
				     enum sb_column column, const char *text)
{
	struct sb_condition *condition = where(arena, op, text);

	condition->column = column;
	return condition;
}

struct sb_condition *sb_where_not(struct arena *arena, const struct sb_condition *condition)
{
	const struct sb_condition **parts = arena_alloc(arena, sizeof(*parts));

	parts[0] = condition;
	return sb_where_all(arena, SB_NOT, parts, 1);
}

static struct sb_condition *since(struct arena *arena, enum sb_column column, int64_t at)
{
	return sb_where_column(arena, SB_GE, column,
			       arena_printf(arena, "%lld", (long long)at));
}

struct sb_condition *sb_where_second(struct arena *arena, enum sb_op op,
				     enum sb_column column, int64_t at)
{
	int64_t next = at - at % 1000 + 1000;
	struct sb_condition *from = since(arena, column, at % 1000 ? next : at);
	struct sb_condition *past = since(arena, column, next), *within;
	const struct sb_condition **parts;

	if (op == SB_GE)
		return from;
	if (op == SB_GT)
		return past;
	if (op == SB_LT)
		return sb_where_not(arena, from);
	if (op == SB_LE)
		return sb_where_not(arena, past);
	parts = arena_array(arena, 2, sizeof(*parts));
	parts[0] = from;
	parts[1] = sb_where_not(arena, past);
	within = sb_where_all(arena, SB_AND, parts, 2);
	return op == SB_EQ ? within : sb_where_not(arena, within);
}
