/* close_search.c - POST /data/search/: whom to ask, in which order, cursors that last half a
 * minute (5). Threads: under the sandbox's lock.
 *
 * Where a query needs an exact value that is indexed, only the records with that value are
 * asked, and those that changed since the index was as it is: their old values are in no
 * index any more. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close_match.h"
#include "sandbox/page.h"

#define CURSOR_MS 30000
#define LIMIT_MAX 200
#define SORTS_MAX 4

/* --- whom to ask --- */

struct found {
	struct sb_close_search *search;
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
			memcpy(more, found->items,
			       found->count * sizeof(struct sb_record *));
		found->items = more;
	}
	found->items[found->count++] = record;
}

static bool ask(struct sb_record *record, void *context)
{
	struct found *found = context;
	struct arena *arena = found->search->call->arena;
	struct sb_close_thing thing = { found->type, record, NULL };
	struct arena_mark mark;
	bool is_match;

	if (!sb_close_was_there(found->search, record) || is_found(found, record))
		return true;
	mark = arena_mark(arena);
	is_match = sb_close_matches(found->search, &thing, found->query);
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

static bool is_exact(const struct sb_close_search *search, const json_t *query,
		     const char *type, struct hint *hint)
{
	const json_t *condition = json_object_get(query, "condition");
	const struct sb_field *field;

	if (!text_equal(json_string_of(condition, "mode"), "exact_value"))
		return false;
	hint->text = json_string_of(condition, "value");
	if (sb_close_is_item(type)) /* the field is that of the list: it is known already */
		return hint->text && *hint->text;
	field = sb_close_field_in(search->call, type, json_object_get(query, "field"));
	hint->field =
		field && field->flags & SB_INDEXED && field->type == SB_TEXT ? field : NULL;
	return hint->field && hint->text && *hint->text;
}

static bool find_hint(const struct sb_close_search *search, const json_t *query,
		      const char *type, struct hint *hint)
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
		if (!sb_has_word("lead|contact", type))
			return false; /* only leads and contacts are reached from there */
		if (sb_has_word("contact_email|contact_phone", to))
			hint->field = sb_close_list_of(search->call, to);
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
	bool (*visit)(struct sb_record * record, void *context) =
		is_of_contacts ? ask_lead_of : ask;
	const struct sb_change *change;
	size_t count =
		sb_changes_after(object, sb_changes_before(object, found->search->at),
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
	return (x->record->number > y->record->number) -
	       (x->record->number < y->record->number);
}

static bool is_sort(struct sb_close_search *search, const json_t *sort, const char *type)
{
	size_t i;
	json_t *key;

	if (sort && !json_is_null(sort) && !json_is_array(sort))
		return sb_close_refuse_query(search, "sort must be a list.");
	if (json_array_size(sort) > SORTS_MAX)
		return sb_close_refuse_query(search, "sort: 4 keys at most.");
	json_array_foreach((json_t *)sort, i, key)
		if (!sb_has_word("asc|desc", json_string_of(key, "direction")))
			return sb_close_refuse_query(search,
						     "sort: direction is asc or desc.");
		else if (!sb_close_is_field(search, type, json_object_get(key, "field")))
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
		is_descending[j] =
			text_equal(json_string_of(json_array_get(sort, j), "direction"),
				   "desc");
	for (size_t i = 0; i < found->count; i++) {
		struct sb_close_thing thing = { found->type, found->items[i], NULL };

		all[i] = (struct sorted){ .record = found->items[i],
					  .is_descending = is_descending,
					  .nkeys = nkeys };
		for (size_t j = 0; j < nkeys; j++)
			all[i].keys[j] =
				sb_close_value(found->search, &thing,
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
static bool find(struct sb_close_search *search, const json_t *query, const json_t *sort,
		 const char *type, struct found *found)
{
	const struct sb_object *object = sb_object_find(search->call->account, type);
	struct hint hint = { NULL, NULL };

	*found = (struct found){ .search = search, .query = query, .type = type };
	if (!sb_close_is_query(search, query, type) || !is_sort(search, sort, type))
		return false;
	if (find_hint(search, query, type, &hint) && hint.field)
		ask_hinted(found, &hint);
	else
		for (size_t i = 0; i < sb_object_count(object); i++)
			ask(sb_object_record(object, i), found);
	put_in_order(found, sort);
	return true;
}

bool sb_close_find(struct sb_call *call, const char *type, const json_t *query,
		   const json_t *sort, struct sb_record ***out, size_t *count)
{
	struct sb_close_search search = { .call = call,
					  .at = call->now - call->account->search_lag_ms };
	struct found found;

	if (!find(&search, query, sort, type, &found))
		return false;
	*out = found.items;
	*count = found.count;
	return true;
}

/* --- POST /data/search/ --- */

const char *sb_close_type_in(const json_t *query)
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
			type = sb_close_type_in(part);
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
	sb_reply_json(call, 400,
		      json_pack("{s{ss}}", "field-errors", "cursor", "Expired cursor"));
	return false;
}

static const char *next_cursor(struct sb_call *call, const char *what,
			       const struct place *place, int64_t skip)
{
	const int64_t numbers[] = { skip, call->now, place->at };

	return sb_cursor_make(call->arena, what, numbers, 3);
}

/* The members that were asked for; without any the id alone. */
static json_t *item_json(struct sb_call *call, const struct sb_record *record,
			 const char *type, const json_t *fields)
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
	const json_t *fields =
		json_object_get(json_object_get(body, "_fields"), found->type);
	int64_t max = sb_switch(call->account, "search_max");
	size_t reach = max > 0 ? smaller(found->count, (size_t)max) : found->count;
	size_t end = smaller(reach, (size_t)(place->skip + limit));
	json_t *data = json_array(), *json;

	for (size_t i = (size_t)place->skip; i < end; i++)
		json_array_append_new(data, item_json(call, found->items[i], found->type,
						      fields));
	json = json_pack("{so ss?}", "data", data, "cursor",
			 end < reach ? next_cursor(call, what, place, (int64_t)end) : NULL);
	if (json_is_true(json_object_get(body, "include_counts")))
		json_object_set_new(json, "count",
				    json_pack("{sI sI}", "limited", (json_int_t)reach,
					      "total", (json_int_t)found->count));
	sb_reply_json(call, 200, json);
}

static bool is_searchable(struct sb_call *call, const char *type)
{
	if (!type)
		sb_close_refuse(call, "query", "object_type is required.");
	else if (sb_has_word("lead|contact|opportunity|task", type))
		return true;
	else
		sb_not_imitated(call, "a search for this type of object");
	return false;
}

void sb_close_search(struct sb_call *call)
{
	const json_t *body = sb_close_body(call), *query = json_object_get(body, "query");
	const json_t *sort = json_object_get(body, "sort");
	const json_t *asked = json_object_get(body, "_limit");
	int64_t limit = json_int_of(body, "_limit", 100);
	const char *type, *what;
	struct sb_close_search search = { .call = call };
	struct found found;
	struct place place;

	if (!body)
		return;
	type = sb_close_type_in(query);
	if (!is_searchable(call, type))
		return;
	if (asked && !json_is_null(asked) && !json_is_integer(asked)) {
		sb_close_refuse(call, "_limit", "Input should be a valid integer");
		return;
	}
	if (limit < 1 || limit > LIMIT_MAX) {
		sb_close_refuse(call, "_limit",
				limit < 1 ? "Input should be greater than or equal to 1" :
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
