/* close_match.c - whether a query finds a record (5). Threads: under the sandbox's lock. */
#include "sandbox/close_match.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#define MOMENT_MAX (INT64_C(10000) * 366 * CLOCK_DAY)

/* --- what is related to what --- */

static const struct {
	const char *of, *to;
	const char *field; /* the list in the record, or NULL: a record of its own */
} relations[] = {
	{ "lead", "contact", NULL },
	{ "lead", "opportunity", NULL },
	{ "lead", "task", NULL },
	{ "lead", "address", "addresses" },
	{ "contact", "lead", NULL },
	{ "contact", "contact_email", "emails" },
	{ "contact", "contact_phone", "phones" },
	{ "contact", "contact_url", "urls" },
	{ "opportunity", "lead", NULL },
	{ "opportunity", "contact", NULL },
	{ "task", "lead", NULL },
	{ "task", "contact", NULL },
};

static size_t relation_of(const char *of, const char *to)
{
	size_t i = 0;

	while (i < ARRAY_LEN(relations) &&
	       !(text_equal(relations[i].of, of) && text_equal(relations[i].to, to)))
		i++;
	return i;
}

bool sb_close_is_relation(const char *of, const char *to)
{
	return relation_of(of, to) < ARRAY_LEN(relations);
}

bool sb_close_is_item(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(relations); i++)
		if (relations[i].field && text_equal(relations[i].to, type))
			return true;
	return false;
}

const struct sb_field *sb_close_list_of(struct sb_call *call, const char *type)
{
	const struct sb_object *contacts = sb_object_find(call->account, "contact");
	size_t relation = relation_of("contact", type);

	return relation < ARRAY_LEN(relations) && relations[relation].field ?
		       sb_field_find(contacts, relations[relation].field) :
		       NULL;
}

/* --- fields --- */

bool sb_close_is_column(const char *name)
{
	return text_equal(name, "id") || text_equal(name, "date_created") ||
	       text_equal(name, "date_updated") || text_equal(name, "display_name");
}

/* The field of a field's JSON, for an object; NULL for columns and what is not there. */
const struct sb_field *sb_close_field_in(struct sb_call *call, const char *type,
					 const json_t *json)
{
	const struct sb_object *object = sb_object_find(call->account, type);
	const char *id = json_string_of(json, "custom_field_id");
	const char *name = json_string_of(json, "field_name");

	if (!object)
		return NULL;
	if (text_equal(json_string_of(json, "type"), "custom_field"))
		return id ? sb_field_find(object, arena_printf(call->arena,
							       CLOSE_CUSTOM "%s", id)) :
			    NULL;
	return name ? sb_field_find(object, name) : NULL;
}

static json_t *column_value(const struct sb_record *record, const char *name)
{
	if (strcmp(name, "id") == 0)
		return json_string(record->id);
	if (strcmp(name, "date_created") == 0)
		return json_integer(record->created_at);
	if (strcmp(name, "date_updated") == 0)
		return json_integer(record->updated_at);
	return sb_record_value_of(record, "name");
}

/* New, or NULL when there is none. */
json_t *sb_close_value(const struct sb_close_search *search,
		       const struct sb_close_thing *thing, const json_t *field)
{
	const char *name = json_string_of(field, "field_name");
	const struct sb_field *of_record;

	if (thing->item)
		return name ? json_incref(json_object_get(thing->item, name)) : NULL;
	if (sb_close_is_column(name))
		return column_value(thing->record, name);
	of_record = sb_close_field_in(search->call, thing->type, field);
	return of_record ? sb_record_value_at(thing->record, of_record, search->at) : NULL;
}

/* --- moments --- */

/* How far the caller's day is behind UTC's, by "x-tz-offset: -4" (1); 0 when that is odd. */
static int64_t behind_utc(const struct sb_call *call)
{
	const char *text = sb_header(call, "x-tz-offset");
	double hours;

	return text && sb_is_number(text, &hours) && hours >= -14 && hours <= 14 ?
		       (int64_t)(-hours * (double)CLOCK_HOUR) :
		       0;
}

bool sb_close_moment(const struct sb_close_search *search, const json_t *json, int64_t *ms)
{
	const char *type = json_string_of(json, "type");
	const char *value = json_is_string(json) ? json_string_value(json) :
						   json_string_of(json, "value");

	*ms = search->call->now;
	if (text_equal(type, "now"))
		return true;
	if (type && !sb_has_word("fixed_utc|fixed_local_date", type))
		return false;
	if (!value || !sb_time_parse(value, ms) || *ms < -MOMENT_MAX || *ms > MOMENT_MAX)
		return false;
	if (text_equal(type, "fixed_local_date"))
		*ms += behind_utc(search->call) +
		       (text_equal(json_string_of(json, "which"), "end") ? CLOCK_DAY : 0);
	return true;
}

void sb_close_bounds(const struct sb_close_search *search, const json_t *condition,
		      const json_t **low, const json_t **high)
{
	bool is_other = sb_switch(search->call->account, "moment_spelling");

	*low = json_object_get(condition, is_other ? "gte" : "on_or_after");
	*high = json_object_get(condition, is_other ? "lt" : "before");
}

/* --- text --- */

static bool is_letter(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (unsigned char)c & 0x80;
}

/* Whether `word` stands in the text as words of their own (or at their beginning). */
static bool has_words(const char *text, const char *word, bool may_go_on)
{
	size_t len = strlen(word);

	if (!len)
		return false;
	for (const char *at = strcasestr(text, word); at; at = strcasestr(at + 1, word))
		if ((at == text || !is_letter(at[-1])) &&
		    (may_go_on || !at[len] || !is_letter(at[len])))
			return true;
	return false;
}

static bool has_each_word(struct arena *arena, const char *text, const char *words,
			  bool may_go_on)
{
	bool has_any = false;

	while (*words) {
		size_t len = 0;

		while (*words && !is_letter(*words))
			words++;
		while (is_letter(words[len]))
			len++;
		if (len && !has_words(text, arena_strndup(arena, words, len), may_go_on))
			return false;
		has_any = has_any || len;
		words += len;
	}
	return has_any;
}

static bool text_fits(const struct sb_close_search *search, const char *text,
		      const json_t *condition)
{
	const char *mode = json_string_of(condition, "mode");
	const char *wanted = json_string_of(condition, "value");
	struct arena *arena = search->call->arena;

	if (strcmp(mode, "exact_value") == 0)
		return strcasecmp(text, wanted) == 0;
	if (strcmp(mode, "phrase") == 0)
		return has_words(text, wanted, false);
	return has_each_word(arena, text, wanted, strcmp(mode, "beginning_of_words") == 0);
}

/* --- conditions --- */

static bool is_among(const json_t *list, const json_t *value)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

static bool number_fits(double number, const json_t *condition)
{
	static const char *const names[] = { "gt", "gte", "lt", "lte" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const json_t *bound = json_object_get(condition, names[i]);
		double limit = json_number_value(bound);

		if (!json_is_number(bound))
			continue;
		if ((i == 0 && !(number > limit)) || (i == 1 && !(number >= limit)) ||
		    (i == 2 && !(number < limit)) || (i == 3 && !(number <= limit)))
			return false;
	}
	return true;
}

static bool moment_fits(const struct sb_close_search *search, const json_t *value,
			const json_t *condition)
{
	const json_t *low, *high;
	int64_t ms = json_integer_value(value), bound;

	if (json_is_string(value) && !sb_time_parse(json_string_value(value), &ms))
		return false;
	sb_close_bounds(search, condition, &low, &high);
	return (!low || json_is_null(low) ||
		(sb_close_moment(search, low, &bound) && ms >= bound)) &&
	       (!high || json_is_null(high) ||
		(sb_close_moment(search, high, &bound) && ms < bound));
}

static bool value_fits(const struct sb_close_search *search, const json_t *value,
		       const json_t *condition)
{
	const char *type = json_string_of(condition, "type");
	const char *text = sb_id_text(search->call->arena, value);

	if (strcmp(type, "text") == 0)
		return text && text_fits(search, text, condition);
	if (strcmp(type, "reference") == 0)
		return is_among(json_object_get(condition, "object_ids"), value);
	if (strcmp(type, "term") == 0)
		return is_among(json_object_get(condition, "values"), value);
	if (strcmp(type, "boolean") == 0)
		return json_equal(json_object_get(condition, "value"), value);
	if (strcmp(type, "number_range") == 0)
		return json_is_number(value) &&
		       number_fits(json_number_value(value), condition);
	if (strcmp(type, "moment_range") == 0)
		return moment_fits(search, value, condition);
	return text ? *text : true; /* exists */
}

/* Of several values one is enough. */
static bool field_fits(const struct sb_close_search *search,
		       const struct sb_close_thing *thing, const json_t *query)
{
	const json_t *condition = json_object_get(query, "condition");
	json_t *value = sb_close_value(search, thing, json_object_get(query, "field")),
	       *item;
	bool fits = value && !json_is_array(value) && !json_is_null(value) &&
		    value_fits(search, value, condition);
	size_t i;

	json_array_foreach(value, i, item)
		fits = fits || value_fits(search, item, condition);
	json_decref(value);
	return fits;
}

/* --- asking --- */

bool sb_close_was_there(const struct sb_close_search *search,
			const struct sb_record *record)
{
	return record && sb_record_was_live(record, search->at);
}

/* The lead of a contact, an opportunity, a task; the contact of the latter two. */
static bool owner_matches(const struct sb_close_search *search,
			  const struct sb_close_thing *thing, const char *to,
			  const json_t *query)
{
	const struct sb_field *field =
		sb_field_find(thing->record->object,
			      strcmp(to, "lead") == 0 ? "lead_id" : "contact_id");
	json_t *id = field ? sb_record_value_at(thing->record, field, search->at) : NULL;
	const struct sb_object *owners = sb_object_find(search->call->account, to);
	const struct sb_record *owner =
		json_is_string(id) ? sb_record_find(owners, json_string_value(id)) : NULL;
	struct sb_close_thing of_owner = { to, owner, NULL };

	json_decref(id);
	return sb_close_was_there(search, owner) &&
	       sb_close_matches(search, &of_owner, query);
}

static bool items_match(const struct sb_close_search *search,
			const struct sb_close_thing *thing, size_t relation,
			const json_t *query)
{
	const struct sb_field *field =
		sb_field_find(thing->record->object, relations[relation].field);
	json_t *list = field ? sb_record_value_at(thing->record, field, search->at) : NULL,
	       *item;
	bool matched = false;
	size_t i;

	json_array_foreach(list, i, item) {
		struct sb_close_thing of_item = { relations[relation].to, NULL, item };

		matched = matched || (json_is_object(item) &&
				      sb_close_matches(search, &of_item, query));
	}
	json_decref(list);
	return matched;
}

static bool parts_match(const struct sb_close_search *search,
			const struct sb_close_thing *thing, const char *to,
			const json_t *query)
{
	struct sb_record **found;
	size_t count = sb_close_of_lead(search->call, to, thing->record->id, &found);

	for (size_t i = 0; i < count; i++) {
		struct sb_close_thing part = { to, found[i], NULL };

		if (sb_close_was_there(search, found[i]) &&
		    sb_close_matches(search, &part, query))
			return true;
	}
	return false;
}

static bool related_matches(const struct sb_close_search *search,
			    const struct sb_close_thing *thing, const json_t *query)
{
	const char *to = json_string_of(query, "related_object_type");
	const json_t *about = json_object_get(query, "related_query");
	size_t relation = relation_of(thing->type, to);

	if (relations[relation].field)
		return items_match(search, thing, relation, about);
	return strcmp(thing->type, "lead") == 0 ? parts_match(search, thing, to, about) :
						  owner_matches(search, thing, to, about);
}

static bool list_matches(const struct sb_close_search *search,
			 const struct sb_close_thing *thing, const json_t *query,
			 bool is_and)
{
	size_t i;
	json_t *part;

	json_array_foreach(json_object_get(query, "queries"), i, part)
		if (sb_close_matches(search, thing, part) != is_and)
			return !is_and;
	return is_and;
}

bool sb_close_matches(const struct sb_close_search *search,
		      const struct sb_close_thing *thing, const json_t *query)
{
	const char *type = json_string_of(query, "type");
	bool is_it = true; /* object_type, match_all: it was checked */

	if (strcmp(type, "and") == 0 || strcmp(type, "or") == 0)
		is_it = list_matches(search, thing, query, strcmp(type, "and") == 0);
	else if (strcmp(type, "id") == 0)
		is_it = thing->record &&
			text_equal(thing->record->id, json_string_of(query, "value"));
	else if (strcmp(type, "has_related") == 0)
		is_it = thing->record && related_matches(search, thing, query);
	else if (strcmp(type, "field_condition") == 0)
		is_it = field_fits(search, thing, query);
	return is_it != json_is_true(json_object_get(query, "negate"));
}
