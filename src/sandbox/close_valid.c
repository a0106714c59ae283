/* close_valid.c - whether a query is one (5). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close_match.h"

static const char *const item_members[] = { "email",   "type",	    "phone",	"country",
					    "url",     "label",	    "city",	"state",
					    "zipcode", "address_1", "address_2" };

bool sb_close_refuse_query(struct sb_close_search *search, const char *why)
{
	if (!search->is_bad)
		sb_close_refuse(search->call, "query", "%s", why);
	search->is_bad = true;
	return false;
}

static bool not_imitated(struct sb_close_search *search, const char *what, const char *word)
{
	if (!search->is_bad)
		sb_not_imitated(search->call,
				arena_printf(search->call->arena, "%s \"%.64s\"", what,
					     word ? word : ""));
	search->is_bad = true;
	return false;
}

bool sb_close_is_field(struct sb_close_search *search, const char *type,
		       const json_t *field)
{
	const char *kind = json_string_of(field, "type");
	const char *name = json_string_of(field, "field_name");

	if (text_equal(kind, "custom_field"))
		return sb_close_field_in(search->call, type, field) ||
		       sb_close_refuse_query(
			       search, "custom_field_id: the Custom Field does not exist.");
	if (!text_equal(kind, "regular_field"))
		return not_imitated(search, "the kind of field", kind);
	if (!text_equal(json_string_of(field, "object_type"), type))
		return sb_close_refuse_query(
			search, "field: object_type is not that of the query.");
	if (sb_close_is_item(type)) {
		for (size_t i = 0; i < ARRAY_LEN(item_members); i++)
			if (text_equal(item_members[i], name))
				return true;
	} else if (sb_close_is_column(name) || sb_close_field_in(search->call, type, field)) {
		return true;
	}
	return sb_close_refuse_query(search, "field_name: there is no such field.");
}

static bool is_moment(struct sb_close_search *search, const json_t *json)
{
	const char *type = json_string_of(json, "type");
	int64_t ms;

	if (!json || json_is_null(json) || sb_close_moment(search, json, &ms))
		return true;
	if (type && !sb_has_word("fixed_utc|fixed_local_date|now", type))
		return not_imitated(search, "the moment", type);
	return sb_close_refuse_query(search, "moment_range: value is not a date.");
}

static bool is_moment_range(struct sb_close_search *search, const json_t *condition)
{
	const json_t *low, *high;

	sb_close_bounds(search, condition, &low, &high);
	if (!low && !high)
		return sb_close_refuse_query(
			search, "moment_range: on_or_after or before is required.");
	return is_moment(search, low) && is_moment(search, high);
}

static bool is_condition(struct sb_close_search *search, const json_t *condition)
{
	const char *type = json_string_of(condition, "type");
	const char *mode = json_string_of(condition, "mode");

	if (text_equal(type, "text")) {
		if (!sb_has_word("full_words|phrase|exact_value|beginning_of_words", mode))
			return sb_close_refuse_query(
				search, "condition: mode is not one of full_words, phrase, "
					"exact_value, beginning_of_words.");
		return json_string_of(condition, "value") ||
		       sb_close_refuse_query(search, "condition: value must be a string.");
	}
	if (text_equal(type, "reference"))
		return json_is_array(json_object_get(condition, "object_ids")) ||
		       sb_close_refuse_query(search,
					     "condition: object_ids must be a list.");
	if (text_equal(type, "term"))
		return json_is_array(json_object_get(condition, "values")) ||
		       sb_close_refuse_query(search, "condition: values must be a list.");
	if (text_equal(type, "boolean"))
		return json_is_boolean(json_object_get(condition, "value")) ||
		       sb_close_refuse_query(search, "condition: value must be a boolean.");
	if (text_equal(type, "moment_range"))
		return is_moment_range(search, condition);
	if (text_equal(type, "exists") || text_equal(type, "number_range"))
		return true;
	return type ? not_imitated(search, "the condition", type) :
		      sb_close_refuse_query(search, "condition: type is required.");
}

static bool is_related(struct sb_close_search *search, const json_t *query,
		       const char *object)
{
	const char *of = json_string_of(query, "this_object_type");
	const char *to = json_string_of(query, "related_object_type");

	if (!text_equal(of, object))
		return sb_close_refuse_query(search,
					     "this_object_type is not that of the query.");
	if (!sb_close_is_relation(of, to))
		return not_imitated(search, "the relation to", to);
	return sb_close_is_query(search, json_object_get(query, "related_query"), to);
}

static bool are_queries(struct sb_close_search *search, const json_t *query,
			const char *object)
{
	const json_t *list = json_object_get(query, "queries");
	size_t i;
	json_t *part;

	if (!json_is_array(list))
		return sb_close_refuse_query(search, "queries must be a list.");
	json_array_foreach((json_t *)list, i, part)
		if (!sb_close_is_query(search, part, object))
			return false;
	return true;
}

bool sb_close_is_query(struct sb_close_search *search, const json_t *query,
		       const char *object)
{
	const char *type = json_string_of(query, "type");

	if (!type)
		return sb_close_refuse_query(search, "type is required.");
	if (strcmp(type, "and") == 0 || strcmp(type, "or") == 0)
		return are_queries(search, query, object);
	if (strcmp(type, "object_type") == 0)
		return text_equal(json_string_of(query, "object_type"), object) ||
		       sb_close_refuse_query(
			       search, "object_type: a query finds one type of object.");
	if (strcmp(type, "id") == 0)
		return json_string_of(query, "value") ||
		       sb_close_refuse_query(search, "id: value must be a string.");
	if (strcmp(type, "match_all") == 0)
		return true;
	if (strcmp(type, "has_related") == 0)
		return is_related(search, query, object);
	if (strcmp(type, "field_condition") == 0)
		return sb_close_is_field(search, object, json_object_get(query, "field")) &&
		       is_condition(search, json_object_get(query, "condition"));
	return not_imitated(search, "the query", type);
}
