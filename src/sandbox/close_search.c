/* close_search.c - POST /data/search/: queries as trees, cursors that last half a minute (5).
 * Threads: under the sandbox's lock.
 *
 * A query is checked once, then asked of each record. What it is asked of is a record or an
 * item of a record's list (an address of a contact), as the index saw it a while ago. Where
 * a query needs an exact value that is indexed, only the records with that value are asked,
 * and those that changed since: their old values are in no index any more. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"
#include "sandbox/page.h"

#define CURSOR_MS 30000
#define LIMIT_MAX 200
#define SORTS_MAX 4

struct search {
	struct sb_call *call;
	int64_t at; /* the index as it was then */
	bool is_bad;
};

/* One of `record` and `item`. */
struct thing {
	const char *type; /* "contact_email" */
	const struct sb_record *record;
	const json_t *item;
};

/* --- what is related to what --- */

static const struct {
	const char *of, *to;
	const char *field;  /* the list in the record, or NULL: a record of its own */
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
	{ "task", "lead", NULL },
};

static size_t relation_of(const char *of, const char *to)
{
	size_t i = 0;

	while (i < ARRAY_LEN(relations) && !(text_equal(relations[i].of, of) &&
					     text_equal(relations[i].to, to)))
		i++;
	return i;
}

static bool is_item_type(const char *type)
{
	for (size_t i = 0; i < ARRAY_LEN(relations); i++)
		if (relations[i].field && text_equal(relations[i].to, type))
			return true;
	return false;
}

/* --- fields --- */

static const char *const item_members[] = { "email",   "type",	  "phone",     "country",
					    "url",     "label",	  "city",      "state",
					    "zipcode", "address_1", "address_2" };

static bool is_column(const char *name)
{
	return text_equal(name, "id") || text_equal(name, "date_created") ||
	       text_equal(name, "date_updated") || text_equal(name, "display_name");
}

/* The field of a field's JSON, for an object; NULL for columns and what is not there. */
static const struct sb_field *field_of(struct sb_call *call, const char *type,
				       const json_t *json)
{
	const struct sb_object *object = sb_object_find(call->account, type);
	const char *id = json_string_of(json, "custom_field_id");
	const char *name = json_string_of(json, "field_name");

	if (!object)
		return NULL;
	if (text_equal(json_string_of(json, "type"), "custom_field"))
		return id ? sb_field_find(object, arena_printf(call->arena, CLOSE_CUSTOM "%s", id)) :
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
static json_t *value_of(const struct search *search, const struct thing *thing,
			const json_t *field)
{
	const char *name = json_string_of(field, "field_name");
	const struct sb_field *of_record;

	if (thing->item)
		return name ? json_incref(json_object_get(thing->item, name)) : NULL;
	if (is_column(name))
		return column_value(thing->record, name);
	of_record = field_of(search->call, thing->type, field);
	return of_record ? sb_record_value_at(thing->record, of_record, search->at) : NULL;
}

/* --- checking a query --- */

static bool refuse(struct search *search, const char *why)
{
	if (!search->is_bad)
		sb_close_refuse(search->call, "query", "%s", why);
	search->is_bad = true;
	return false;
}

static bool not_imitated(struct search *search, const char *what, const char *word)
{
	if (!search->is_bad)
		sb_not_imitated(search->call, arena_printf(search->call->arena, "%s \"%.64s\"",
							   what, word ? word : ""));
	search->is_bad = true;
	return false;
}

static bool is_known_field(struct search *search, const char *type, const json_t *field)
{
	const char *kind = json_string_of(field, "type");
	const char *name = json_string_of(field, "field_name");

	if (text_equal(kind, "custom_field"))
		return field_of(search->call, type, field) ||
		       refuse(search, "custom_field_id: the Custom Field does not exist.");
	if (!text_equal(kind, "regular_field"))
		return not_imitated(search, "the kind of field", kind);
	if (!text_equal(json_string_of(field, "object_type"), type))
		return refuse(search, "field: object_type is not that of the query.");
	if (is_item_type(type)) {
		for (size_t i = 0; i < ARRAY_LEN(item_members); i++)
			if (text_equal(item_members[i], name))
				return true;
	} else if (is_column(name) || field_of(search->call, type, field)) {
		return true;
	}
	return refuse(search, "field_name: there is no such field.");
}

/* "fixed_utc", "fixed_local_date", "now", or a plain time. */
static bool moment_of(const struct search *search, const json_t *json, int64_t *ms)
{
	const char *type = json_string_of(json, "type");
	const char *value = json_is_string(json) ? json_string_value(json) :
						   json_string_of(json, "value");

	*ms = search->call->now;
	if (text_equal(type, "now"))
		return true;
	return (!type || strcmp(type, "fixed_utc") == 0 || strcmp(type, "fixed_local_date") == 0) &&
	       value && sb_time_parse(value, ms);
}

/* The bounds of a range of moments; the sheet's spelling, or the other (5). */
static void bounds_of(const struct search *search, const json_t *condition, const json_t **low,
		      const json_t **high)
{
	bool is_other = sb_switch(search->call->account, "moment_spelling");

	*low = json_object_get(condition, is_other ? "gte" : "on_or_after");
	*high = json_object_get(condition, is_other ? "lt" : "before");
}

static bool is_moment(struct search *search, const json_t *json)
{
	const char *type = json_string_of(json, "type");
	int64_t ms;

	if (!json || json_is_null(json) || moment_of(search, json, &ms))
		return true;
	if (type && !sb_close_has_word("fixed_utc|fixed_local_date|now", type))
		return not_imitated(search, "the moment", type);
	return refuse(search, "moment_range: value is not a date.");
}

static bool is_moment_range(struct search *search, const json_t *condition)
{
	const json_t *low, *high;

	bounds_of(search, condition, &low, &high);
	if (!low && !high)
		return refuse(search, "moment_range: on_or_after or before is required.");
	return is_moment(search, low) && is_moment(search, high);
}

static bool is_condition(struct search *search, const json_t *condition)
{
	const char *type = json_string_of(condition, "type");
	const char *mode = json_string_of(condition, "mode");

	if (text_equal(type, "text")) {
		if (!sb_close_has_word("full_words|phrase|exact_value|beginning_of_words", mode))
			return refuse(search, "condition: mode is not one of full_words, phrase, "
					      "exact_value, beginning_of_words.");
		return json_string_of(condition, "value") ||
		       refuse(search, "condition: value must be a string.");
	}
	if (text_equal(type, "reference"))
		return json_is_array(json_object_get(condition, "object_ids")) ||
		       refuse(search, "condition: object_ids must be a list.");
	if (text_equal(type, "term"))
		return json_is_array(json_object_get(condition, "values")) ||
		       refuse(search, "condition: values must be a list.");
	if (text_equal(type, "boolean"))
		return json_is_boolean(json_object_get(condition, "value")) ||
		       refuse(search, "condition: value must be a boolean.");
	if (text_equal(type, "moment_range"))
		return is_moment_range(search, condition);
	if (text_equal(type, "exists") || text_equal(type, "number_range"))
		return true;
	return type ? not_imitated(search, "the condition", type) :
		      refuse(search, "condition: type is required.");
}

static bool is_query(struct search *search, const json_t *query, const char *object);

static bool is_related(struct search *search, const json_t *query, const char *object)
{
	const char *of = json_string_of(query, "this_object_type");
	const char *to = json_string_of(query, "related_object_type");

	if (!text_equal(of, object))
		return refuse(search, "this_object_type is not that of the query.");
	if (relation_of(of, to) == ARRAY_LEN(relations))
		return not_imitated(search, "the relation to", to);
	return is_query(search, json_object_get(query, "related_query"), to);
}

static bool are_queries(struct search *search, const json_t *query, const char *object)
{
	const json_t *list = json_object_get(query, "queries");
	size_t i;
	json_t *part;

	if (!json_is_array(list))
		return refuse(search, "queries must be a list.");
	json_array_foreach((json_t *)list, i, part)
		if (!is_query(search, part, object))
			return false;
	return true;
}

static bool is_query(struct search *search, const json_t *query, const char *object)
{
	const char *type = json_string_of(query, "type");

	if (!type)
		return refuse(search, "type is required.");
	if (strcmp(type, "and") == 0 || strcmp(type, "or") == 0)
		return are_queries(search, query, object);
	if (strcmp(type, "object_type") == 0)
		return text_equal(json_string_of(query, "object_type"), object) ||
		       refuse(search, "object_type: a query finds one type of object.");
	if (strcmp(type, "id") == 0)
		return json_string_of(query, "value") ||
		       refuse(search, "id: value must be a string.");
	if (strcmp(type, "match_all") == 0)
		return true;
	if (strcmp(type, "has_related") == 0)
		return is_related(search, query, object);
	if (strcmp(type, "field_condition") == 0)
		return is_known_field(search, object, json_object_get(query, "field")) &&
		       is_condition(search, json_object_get(query, "condition"));
	return not_imitated(search, "the query", type);
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

static bool text_fits(const struct search *search, const char *text, const json_t *condition)
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

static bool moment_fits(const struct search *search, const json_t *value,
			const json_t *condition)
{
	const json_t *low, *high;
	int64_t ms = json_integer_value(value), bound;

	if (json_is_string(value) && !sb_time_parse(json_string_value(value), &ms))
		return false;
	bounds_of(search, condition, &low, &high);
	return (!low || json_is_null(low) || (moment_of(search, low, &bound) && ms >= bound)) &&
	       (!high || json_is_null(high) || (moment_of(search, high, &bound) && ms < bound));
}

static bool value_fits(const struct search *search, const json_t *value, const json_t *condition)
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
		return json_is_number(value) && number_fits(json_number_value(value), condition);
	if (strcmp(type, "moment_range") == 0)
		return moment_fits(search, value, condition);
	return text ? *text : true; /* exists */
}

/* Of several values one is enough. */
static bool field_fits(const struct search *search, const struct thing *thing,
		       const json_t *query)
{
	const json_t *condition = json_object_get(query, "condition");
	json_t *value = value_of(search, thing, json_object_get(query, "field")), *item;
	bool fits = value && !json_is_array(value) && !json_is_null(value) &&
		    value_fits(search, value, condition);
	size_t i;

	json_array_foreach(value, i, item)
		fits = fits || value_fits(search, item, condition);
	json_decref(value);
	return fits;
}

/* --- asking --- */

static bool matches(const struct search *search, const struct thing *thing, const json_t *query);

static bool was_there(const struct search *search, const struct sb_record *record)
{
	return record && sb_record_was_live(record, search->at);
}

/* The lead of a contact, an opportunity, a task. */
static bool lead_matches(const struct search *search, const struct thing *thing,
			 const json_t *query)
{
	const struct sb_field *field = sb_field_find(thing->record->object, "lead_id");
	json_t *id = field ? sb_record_value_at(thing->record, field, search->at) : NULL;
	const struct sb_object *leads = sb_object_find(search->call->account, "lead");
	const struct sb_record *lead =
		json_is_string(id) ? sb_record_find(leads, json_string_value(id)) : NULL;
	struct thing of_lead = { "lead", lead, NULL };

	json_decref(id);
	return was_there(search, lead) && matches(search, &of_lead, query);
}

static bool items_match(const struct search *search, const struct thing *thing, size_t relation,
			const json_t *query)
{
	const struct sb_field *field =
		sb_field_find(thing->record->object, relations[relation].field);
	json_t *list = field ? sb_record_value_at(thing->record, field, search->at) : NULL, *item;
	bool matched = false;
	size_t i;

	json_array_foreach(list, i, item) {
		struct thing of_item = { relations[relation].to, NULL, item };

		matched = matched ||
			  (json_is_object(item) && matches(search, &of_item, query));
	}
	json_decref(list);
	return matched;
}

static bool parts_match(const struct search *search, const struct thing *thing, const char *to,
			const json_t *query)
{
	struct sb_record **found;
	size_t count = sb_close_of_lead(search->call, to, thing->record->id, &found);

	for (size_t i = 0; i < count; i++) {
		struct thing part = { to, found[i], NULL };

		if (was_there(search, found[i]) && matches(search, &part, query))
			return true;
	}
	return false;
}

static bool related_matches(const struct search *search, const struct thing *thing,
			    const json_t *query)
{
	const char *to = json_string_of(query, "related_object_type");
	const json_t *about = json_object_get(query, "related_query");
	size_t relation = relation_of(thing->type, to);

	if (relations[relation].field)
		return items_match(search, thing, relation, about);
	return strcmp(to, "lead") == 0 ? lead_matches(search, thing, about) :
					 parts_match(search, thing, to, about);
}

static bool list_matches(const struct search *search, const struct thing *thing,
			 const json_t *query, bool is_and)
{
	size_t i;
	json_t *part;

	json_array_foreach(json_object_get(query, "queries"), i, part)
		if (matches(search, thing, part) != is_and)
			return !is_and;
	return is_and;
}

static bool matches(const struct search *search, const struct thing *thing, const json_t *query)
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

/* --- whom to ask --- */

struct found {
	struct search *search;
	const json_t *query;
	const char *type;
	bool may_repeat; /* the same record may be asked twice */
	struct sb_record **items;
	size_t count, room;
};

static bool is_found(const struct found *found, const struct sb_record *record)
{
	for (size_t i = 0; found->may_repeat && i < found->count; i++)
		if (found->items[i] == record)
			return true;
	return false;
}

static void keep(struct found *found, struct sb_record *record)
{
	struct sb_record **more;

	if (found->count == found->room) {
		found->room = found->room ? found->room * 2 : 64;
		more = arena_array(found->search->call->arena, found->room,
				   sizeof(struct sb_record *));
		if (found->count)
			memcpy(more, found->items, found->count * sizeof(struct sb_record *));
		found->items = more;
	}
	found->items[found->count++] = record;
}

static bool ask(struct sb_record *record, void *context)
{
	struct found *found = context;
	struct arena *arena = found->search->call->arena;
	struct thing thing = { found->type, record, NULL };
	struct arena_mark mark;
	bool is_match;

	if (!was_there(found->search, record) || is_found(found, record))
		return true;
	mark = arena_mark(arena);
	is_match = matches(found->search, &thing, found->query);
	arena_rewind(arena, mark);
	if (is_match)
		keep(found, record);
	return true;
}

/* The leads of a contact, now and as the index saw it. */
static bool ask_lead_of(struct sb_record *contact, void *context)
{
	struct found *found = context;
	struct sb_call *call = found->search->call;
	const struct sb_object *leads = sb_object_find(call->account, "lead");
	const struct sb_field *field = sb_field_find(contact->object, "lead_id");
	const char *now = sb_record_text(contact, field, call->arena);
	json_t *then = sb_record_value_at(contact, field, found->search->at);
	struct sb_record *lead = now ? sb_record_find(leads, now) : NULL;

	if (lead)
		ask(lead, found);
	lead = json_is_string(then) ? sb_record_find(leads, json_string_value(then)) : NULL;
	if (lead)
		ask(lead, found);
	json_decref(then);
	return true;
}

/* An exact value that every match must have. */
struct hint {
	const struct sb_field *field;
	const char *text;
};

static bool is_exact(const struct search *search, const json_t *query, const char *type,
		     struct hint *hint)
{
	const json_t *condition = json_object_get(query, "condition");
	const struct sb_field *field;

	if (!text_equal(json_string_of(condition, "mode"), "exact_value"))
		return false;
	hint->text = json_string_of(condition, "value");
	if (is_item_type(type)) /* the field is that of the list: it is known already */
		return hint->text && *hint->text;
	field = field_of(search->call, type, json_object_get(query, "field"));
	hint->field = field && field->flags & SB_INDEXED && field->type == SB_TEXT ? field : NULL;
	return hint->field && hint->text && *hint->text;
}

static bool find_hint(const struct search *search, const json_t *query, const char *type,
		      struct hint *hint)
{
	const json_t *list = json_object_get(query, "queries");
	const char *kind = json_string_of(query, "type");
	const char *to = json_string_of(query, "related_object_type");
	size_t i;
	json_t *part;

	if (json_is_true(json_object_get(query, "negate")))
		return false;
	if (strcmp(kind, "field_condition") == 0)
		return is_exact(search, query, type, hint);
	if (strcmp(kind, "has_related") == 0) {
		if (sb_close_has_word("contact_email|contact_phone", to))
			hint->field = sb_field_find(
				sb_object_find(search->call->account, "contact"),
				relations[relation_of("contact", to)].field);
		else if (!text_equal(to, "contact"))
			return false;
		return find_hint(search, json_object_get(query, "related_query"), to, hint);
	}
	if (strcmp(kind, "and") != 0 && json_array_size(list) != 1)
		return false;
	json_array_foreach((json_t *)list, i, part)
		if (find_hint(search, part, type, hint))
			return true;
	return false;
}

/* Those with the value, and those that changed since the index was as it is. */
static void ask_hinted(struct found *found, const struct hint *hint)
{
	struct sb_object *object = hint->field->object;
	bool is_of_contacts = strcmp(sb_object_spec(object)->name, found->type) != 0;
	bool (*visit)(struct sb_record *record, void *context) =
		is_of_contacts ? ask_lead_of : ask;
	const struct sb_change *change;
	size_t count = sb_changes_after(object, sb_changes_before(object, found->search->at),
					&change);

	found->may_repeat = true;
	sb_record_each(hint->field, hint->text, visit, found);
	for (size_t i = 0; i < count; i++)
		visit(change[i].record, found);
}

/* --- order --- */

struct sorted {
	struct sb_record *record;
	json_t *keys[SORTS_MAX];
	const bool *is_descending;
	size_t nkeys;
};

static int compare_values(const json_t *a, const json_t *b)
{
	const char *x = json_string_value(a), *y = json_string_value(b);

	if (json_is_number(a) && json_is_number(b))
		return (json_number_value(a) > json_number_value(b)) -
		       (json_number_value(a) < json_number_value(b));
	if (x && y)
		return strcasecmp(x, y);
	return (b == NULL) - (a == NULL); /* what has no value comes last */
}

static int by_keys(const void *a, const void *b)
{
	const struct sorted *x = a, *y = b;

	for (size_t i = 0; i < x->nkeys; i++) {
		int order = compare_values(x->keys[i], y->keys[i]);

		if (order)
			return x->is_descending[i] ? -order : order;
	}
	return (x->record->number > y->record->number) - (x->record->number < y->record->number);
}

static bool is_sort(struct search *search, const json_t *sort, const char *type)
{
	size_t i;
	json_t *key;

	if (sort && !json_is_null(sort) && !json_is_array(sort))
		return refuse(search, "sort must be a list.");
	if (json_array_size(sort) > SORTS_MAX)
		return refuse(search, "sort: 4 keys at most.");
	json_array_foreach((json_t *)sort, i, key)
		if (!sb_close_has_word("asc|desc", json_string_of(key, "direction")))
			return refuse(search, "sort: direction is asc or desc.");
		else if (!is_known_field(search, type, json_object_get(key, "field")))
			return false;
	return true;
}

static void put_in_order(struct found *found, const json_t *sort)
{
	struct arena *arena = found->search->call->arena;
	struct sorted *all = arena_array(arena, found->count + 1, sizeof(*all));
	size_t nkeys = json_array_size(sort);
	bool is_descending[SORTS_MAX] = { false };

	for (size_t j = 0; j < nkeys; j++)
		is_descending[j] = text_equal(json_string_of(json_array_get(sort, j), "direction"),
					      "desc");
	for (size_t i = 0; i < found->count; i++) {
		struct thing thing = { found->type, found->items[i], NULL };

		all[i] = (struct sorted){ .record = found->items[i],
					  .is_descending = is_descending,
					  .nkeys = nkeys };
		for (size_t j = 0; j < nkeys; j++)
			all[i].keys[j] = value_of(found->search, &thing,
						  json_object_get(json_array_get(sort, j),
								  "field"));
	}
	qsort(all, found->count, sizeof(*all), by_keys);
	for (size_t i = 0; i < found->count; i++) {
		found->items[i] = all[i].record;
		for (size_t j = 0; j < nkeys; j++)
			json_decref(all[i].keys[j]);
	}
}

/* --- finding --- */

/* False after a reply. */
static bool find(struct search *search, const json_t *query, const json_t *sort,
		 const char *type, struct found *found)
{
	const struct sb_object *object = sb_object_find(search->call->account, type);
	struct hint hint = { NULL, NULL };

	*found = (struct found){ .search = search, .query = query, .type = type };
	if (!is_query(search, query, type) || !is_sort(search, sort, type))
		return false;
	if (find_hint(search, query, type, &hint) && hint.field)
		ask_hinted(found, &hint);
	else
		for (size_t i = 0; i < sb_object_count(object); i++)
			ask(sb_object_record(object, i), found);
	put_in_order(found, sort);
	return true;
}

bool sb_close_find_leads(struct sb_call *call, const json_t *query, const json_t *sort,
			 struct sb_record ***out, size_t *count)
{
	struct search search = { .call = call,
				 .at = call->now - call->account->search_lag_ms };
	struct found found;

	if (!find(&search, query, sort, "lead", &found))
		return false;
	*out = found.items;
	*count = found.count;
	return true;
}

/* --- POST /data/search/ --- */

/* What a query says that it finds; NULL when it does not. */
static const char *type_in(const json_t *query)
{
	size_t i;
	json_t *part;
	const char *type = NULL;

	if (text_equal(json_string_of(query, "type"), "object_type"))
		return json_string_of(query, "object_type");
	if (!text_equal(json_string_of(query, "type"), "and"))
		return NULL;
	json_array_foreach(json_object_get(query, "queries"), i, part)
		if (!type)
			type = type_in(part);
	return type;
}

/* A cursor belongs to its query and its order, and keeps the index as it was. */
struct place {
	int64_t skip, issued_at, at;
};

static bool read_cursor(struct sb_call *call, const char *cursor, const char *what,
			struct place *place)
{
	int64_t numbers[3];

	*place = (struct place){ 0, call->now, call->now - call->account->search_lag_ms };
	if (text_is_empty(cursor))
		return true;
	if (!sb_cursor_read(call->arena, cursor, what, numbers, 3)) {
		sb_close_refuse(call, "cursor", "Invalid cursor");
		return false;
	}
	*place = (struct place){ numbers[0], numbers[1], numbers[2] };
	if (call->now - place->issued_at <= CURSOR_MS)
		return true;
	sb_reply_json(call, 400, json_pack("{s{ss}}", "field-errors", "cursor", "Expired cursor"));
	return false;
}

static const char *next_cursor(struct sb_call *call, const char *what,
			       const struct place *place, int64_t skip)
{
	const int64_t numbers[] = { skip, call->now, place->at };

	return sb_cursor_make(call->arena, what, numbers, 3);
}

/* The members that were asked for; without any the id alone. */
static json_t *item_json(struct sb_call *call, const struct sb_record *record, const char *type,
			 const json_t *fields)
{
	json_t *out = json_pack("{ss ss}", "__object_type", type, "id", record->id);
	json_t *whole, *name;
	size_t i;

	if (!json_array_size(fields))
		return out;
	json_object_del(out, "id");
	whole = json_keep(call->arena, sb_close_json(call, record));
	json_array_foreach((json_t *)fields, i, name) {
		const char *text = json_string_value(name), *member;
		json_t *value;

		if (text && strcmp(text, "custom") == 0) {
			json_object_foreach(whole, member, value)
				if (text_starts(member, CLOSE_CUSTOM))
					json_object_set(out, member, value);
		} else if (text && json_object_get(whole, text)) {
			json_object_set(out, text, json_object_get(whole, text));
		}
	}
	return out;
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void reply_found(struct sb_call *call, const struct found *found, const json_t *body,
			const char *what, const struct place *place, int64_t limit)
{
	const json_t *fields = json_object_get(json_object_get(body, "_fields"), found->type);
	int64_t max = sb_switch(call->account, "search_max");
	size_t reach = max > 0 ? smaller(found->count, (size_t)max) : found->count;
	size_t end = smaller(reach, (size_t)(place->skip + limit));
	json_t *data = json_array(), *json;

	for (size_t i = (size_t)place->skip; i < end; i++)
		json_array_append_new(data, item_json(call, found->items[i], found->type, fields));
	json = json_pack("{so ss?}", "data", data, "cursor",
			 end < reach ? next_cursor(call, what, place, (int64_t)end) : NULL);
	if (json_is_true(json_object_get(body, "include_counts")))
		json_object_set_new(json, "count",
				    json_pack("{sI sI}", "limited", (json_int_t)reach, "total",
					      (json_int_t)found->count));
	sb_reply_json(call, 200, json);
}

static bool is_searchable(struct sb_call *call, const char *type)
{
	if (!type)
		sb_close_refuse(call, "query", "object_type is required.");
	else if (sb_close_has_word("lead|contact", type))
		return true;
	else
		sb_not_imitated(call, "a search for anything but leads and contacts");
	return false;
}

void sb_close_search(struct sb_call *call)
{
	const json_t *body = sb_close_body(call), *query = json_object_get(body, "query");
	const json_t *sort = json_object_get(body, "sort");
	int64_t limit = json_int_of(body, "_limit", 100);
	const char *type, *what;
	struct search search = { .call = call };
	struct found found;
	struct place place;

	if (!body)
		return;
	type = type_in(query);
	if (!is_searchable(call, type))
		return;
	if (limit < 1 || limit > LIMIT_MAX) {
		sb_close_refuse(call, "_limit", limit < 1 ?
				"Input should be greater than or equal to 1" :
				"Input should be less than or equal to 200");
		return;
	}
	what = arena_printf(call->arena, "%s %s", json_canonical(call->arena, query),
			    sort ? json_canonical(call->arena, sort) : "");
	if (!read_cursor(call, json_string_of(body, "cursor"), what, &place))
		return;
	search.at = place.at;
	if (find(&search, query, sort, type, &found))
		reply_found(call, &found, body, what, &place, limit);
}
