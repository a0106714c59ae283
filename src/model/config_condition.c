/* config_condition.c - reads the conditions of score rules and routes. Threads: pure. */
#include "base/text.h"
#include "model/config_items.h"

#define CONDITIONS_MAX 20

static void value_read(const struct place *place, void *into)
{
	struct condition *condition = into;
	struct error err;

	if (value_from_json(place->reader->arena, place->json, &condition->value, &err) < 0)
		place_fault(place, "not_a_value", "%s", err.message);
}

static const struct member members[] = {
	{ "field", MEMBER_FIELD, offsetof(struct condition, field), .is_required = true },
	{ "op", MEMBER_WORD, offsetof(struct condition, op),
	  .words = "is|is_not|in|contains|starts|exists|missing|more|less",
	  .is_required = true },
	{ "value", MEMBER_OWN, .read = value_read },
	{ NULL },
};

/* The value that the operator needs: none, a list, a number, or one of anything. */
static void check_value(const struct place *place, const struct condition *condition)
{
	struct place value = place_member(place, "value");
	const char *op = condition_op_name(condition->op);

	switch (condition->op) {
	case OP_EXISTS:
	case OP_MISSING:
		if (value.json)
			place_fault(&value, "not_wanted", "\"%s\" takes no value", op);
		return;
	case OP_IN:
		if (!json_is_array(value.json) || json_array_size(value.json) == 0)
			place_fault(value.json ? &value : place, "not_a_list",
				    "\"in\" takes a list, such as value: [a, b]");
		return;
	case OP_MORE:
	case OP_LESS:
		if (!json_is_number(value.json))
			place_fault(value.json ? &value : place, "not_a_number",
				    "\"%s\" takes a number", op);
		return;
	case OP_IS:
	case OP_IS_NOT:
	case OP_CONTAINS:
	case OP_STARTS:
		if (!value.json || json_is_array(value.json) ||
		    value_is_empty(condition->value))
			place_fault(value.json ? &value : place, "not_one",
				    "\"%s\" takes one value%s", op,
				    json_is_array(value.json) ? "; of several, any: use \"in\"" :
								"");
		return;
	}
}

static void condition_read(const struct place *place, struct condition *condition)
{
	size_t before = place->reader->problems->count;

	members_read(place, members, condition);
	if (place->reader->problems->count > before)
		return;
	check_value(place, condition);
	if (condition->op == OP_IN)
		condition->nitems = value_items(place->reader->arena, condition->value,
						&condition->items);
}

void conditions_read(const struct place *place, struct condition **when, size_t *count)
{
	size_t size = json_is_array(place->json) ? json_array_size(place->json) : 1;

	if (size > CONDITIONS_MAX) {
		place_fault(place, "too_many", "more than %d conditions", CONDITIONS_MAX);
		return;
	}
	*when = arena_array(place->reader->arena, size, sizeof(**when));
	*count = size;
	if (!json_is_array(place->json)) {
		condition_read(place, &(*when)[0]);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		struct place element = place_element(place, i);

		condition_read(&element, &(*when)[i]);
	}
}
