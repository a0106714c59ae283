/* pipedrive_search.c - searches, whose index lags behind what was written (5). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/pipedrive.h"

#define FOUND_MAX 10000

struct search {
	struct sb_call *call;
	const char *term;    /* in lower case unless it is_exact_case */
	const char *fields;  /* "name,email", or NULL for all */
	bool is_exact, is_exact_case;
	int64_t at;          /* the index as it was then */
	int64_t limit, skip;
	struct sb_record **found;
	size_t nfound;
};

/* --- does it match? --- */

static bool text_matches(const struct search *search, const char *text)
{
	if (!text)
		return false;
	if (search->is_exact_case)
		return search->is_exact ? strcmp(text, search->term) == 0 :
					  strstr(text, search->term) != NULL;
	text = text_lower_ascii(search->call->arena, text);
	return search->is_exact ? strcmp(text, search->term) == 0 :
				  strstr(text, search->term) != NULL;
}

/* Texts, numbers, and the "value" of whatever is deeper. */
static bool value_matches(const struct search *search, const json_t *value)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)value, i, item)
		if (value_matches(search, item))
			return true;
	if (json_is_object(value))
		return value_matches(search, json_object_get(value, "value"));
	if (json_is_number(value))
		return text_matches(search,
				    json_text(search->call->arena, value));
	return text_matches(search, json_string_value(value));
}

static bool field_matches(const struct search *search, const struct sb_record *record,
			  const struct sb_field *field)
{
	json_t *value = sb_record_value_at(record, field, search->at);
	bool matches = value_matches(search, value);

	json_decref(value);
	return matches;
}

static bool is_asked(const struct search *search, const char *name)
{
	const char *at = search->fields;
	size_t want = strlen(name);

	if (!at)
		return true;
	while (*at) {
		size_t len = strcspn(at, ",");

		if (len == want && strncmp(at, name, len) == 0)
			return true;
		at += len + (at[len] == ',');
	}
	return false;
}

/* Which of the vendor's words for `fields` a field answers to; NULL for none. */
static const char *word_of(const struct sb_field *field)
{
	static const char *const searchable[] = { "address", "varchar", "text", "varchar_auto",
						  "double", "monetary", "phone" };
	static const struct {
		const char *name, *word;
	} standard[] = {
		{ "name", "name" },     { "title", "title" },     { "emails", "email" },
		{ "phones", "phone" },  { "address", "address" },
	};

	for (size_t i = 0; i < ARRAY_LEN(standard); i++)
		if (strcmp(standard[i].name, field->name) == 0)
			return standard[i].word;
	if (!(field->flags & SB_CUSTOM) || !field->kind)
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(searchable); i++)
		if (strcmp(searchable[i], field->kind) == 0)
			return "custom_fields";
	return NULL;
}

static bool record_matches(const struct search *search, const struct sb_record *record)
{
	const struct sb_object *object = record->object;

	if (record->state != SB_LIVE || !sb_record_was_live(record, search->at))
		return false;
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);
		const char *word = word_of(field);

		if (word && !(field->flags & (SB_ARCHIVED | SB_HIDDEN)) &&
		    is_asked(search, word) && field_matches(search, record, field))
			return true;
	}
	return false;
}

static bool has_reference(const struct search *search, const struct sb_record *record,
			  const char *query, const char *field)
{
	const char *want = sb_query(search->call, query);

	return !want ||
	       text_equal(sb_record_text_of(record, field, search->call->arena), want);
}

static void collect(struct search *search, const struct sb_object *object)
{
	for (size_t i = 0; i < sb_object_count(object) && search->nfound < FOUND_MAX; i++) {
		struct sb_record *record = sb_object_record(object, i);

		if (record_matches(search, record) &&
		    has_reference(search, record, "organization_id",
				  strcmp(sb_object_spec(object)->name, "leads") == 0 ?
					  "organization_id" :
					  "org_id") &&
		    has_reference(search, record, "person_id", "person_id"))
			search->found[search->nfound++] = record;
	}
}

/* --- what was asked --- */

static const char *search_mark(const struct search *search)
{
	return arena_printf(search->call->arena, "search:%s:%s", search->call->path,
			    search->term);
}

static bool read_page(struct search *search, int64_t max)
{
	const char *cursor = sb_query(search->call, "cursor");

	if (!sb_page_number(sb_query(search->call, "limit"), 100, 1, max, &search->limit)) {
		sb_pipedrive_fail(search->call, 400, NULL,
				  "Validation failed: limit: Expected 1 to %d", (int)max);
		return false;
	}
	if (!cursor || !*cursor ||
	    sb_cursor_read(search->call->arena, cursor, search_mark(search), &search->skip, 1))
		return true;
	sb_pipedrive_fail(search->call, 400, NULL, "Validation failed: cursor: Invalid cursor");
	return false;
}

static bool read_search(struct search *search, int64_t page_max)
{
	struct sb_call *call = search->call;
	const char *term = sb_query(call, "term");

	search->is_exact = search->is_exact || text_equal(sb_query(call, "exact_match"), "true");
	if (!term || text_length(term) < (search->is_exact ? 1 : 2)) {
		sb_pipedrive_fail(call, 400, NULL, "Validation failed: term: Expected at least %s",
				  search->is_exact ? "1 character" : "2 characters");
		return false;
	}
	search->term = search->is_exact_case ? term : text_lower_ascii(call->arena, term);
	search->fields = sb_query(call, "fields");
	search->at = call->now - call->account->search_lag_ms;
	search->found = arena_array(call->arena, FOUND_MAX, sizeof(struct sb_record *));
	return read_page(search, page_max);
}

/* --- what is answered --- */

static json_t *values_of(const struct sb_record *record, const char *name)
{
	json_t *list = sb_record_value_of(record, name), *values = json_array(), *item;
	size_t i;

	json_array_foreach(list, i, item)
		json_array_append(values, json_object_get(item, "value"));
	json_decref(list);
	return values;
}

static json_t *reference(const struct search *search, const struct sb_record *record,
			 const char *field, const char *object)
{
	const char *id = sb_record_text_of(record, field, search->call->arena);
	const struct sb_record *to = sb_live_find(search->call->account, object, id);

	if (!to)
		return json_null();
	return json_pack("{so so sn}", "id", sb_pipedrive_id(to), "name",
			 sb_record_value_of(to, "name"), "address");
}

static json_t *owner_of(const struct sb_record *record)
{
	json_t *id = sb_record_value_of(record, "owner_id");

	return id ? json_pack("{so}", "id", id) : json_null();
}

static void set_field(json_t *item, const struct sb_record *record, const char *name)
{
	json_t *value = sb_record_value_of(record, name);

	json_object_set_new(item, name, value ? value : json_null());
}

static void add_lead_or_deal(const struct search *search, const struct sb_record *record,
			     json_t *item)
{
	bool is_lead = strcmp(sb_object_spec(record->object)->name, "leads") == 0;

	set_field(item, record, "title");
	json_object_set_new(item, "person", reference(search, record, "person_id", "persons"));
	json_object_set_new(item, "organization",
			    reference(search, record, is_lead ? "organization_id" : "org_id",
				      "organizations"));
	set_field(item, record, "value");
	set_field(item, record, "is_archived");
	if (is_lead)
		return;
	set_field(item, record, "currency");
	set_field(item, record, "status");
}

static json_t *item_json(const struct search *search, const struct sb_record *record)
{
	const char *entity = sb_pipedrive_kind_of(record->object)->entity;
	json_t *item = json_pack("{so ss}", "id", sb_pipedrive_id(record), "type", entity);

	if (strcmp(entity, "person") == 0) {
		set_field(item, record, "name");
		json_object_set_new(item, "phones", values_of(record, "phones"));
		json_object_set_new(item, "emails", values_of(record, "emails"));
		json_object_set_new(item, "organization",
				    reference(search, record, "org_id", "organizations"));
	} else if (strcmp(entity, "organization") == 0) {
		set_field(item, record, "name");
		set_field(item, record, "address");
	} else {
		add_lead_or_deal(search, record, item);
	}
	set_field(item, record, "visible_to");
	json_object_set_new(item, "owner", owner_of(record));
	json_object_set_new(item, "custom_fields", json_array());
	json_object_set_new(item, "notes", json_array());
	return item;
}

static json_t *next_page(const struct search *search)
{
	int64_t next = search->skip + search->limit;

	if ((size_t)next >= search->nfound)
		return json_null();
	return json_string(sb_cursor_make(search->call->arena, search_mark(search), &next, 1));
}

/* Nearer the front, higher the score; it means nothing beyond that. */
static void reply_items(const struct search *search)
{
	json_t *items = json_array(), *data;

	for (size_t i = (size_t)search->skip;
	     i < search->nfound && i < (size_t)(search->skip + search->limit); i++)
		json_array_append_new(items,
				      json_pack("{sf so}", "result_score",
						0.61 / (double)(1 + i / 10), "item",
						item_json(search, search->found[i])));
	data = json_pack("{so}", "items", items);
	sb_pipedrive_data(search->call, 200, data,
			  json_pack("{so}", "next_cursor", next_page(search)));
}

void sb_pipedrive_search(struct sb_call *call)
{
	struct search search = { .call = call };

	if (!read_search(&search, 500))
		return;
	collect(&search, sb_object_find(call->account, call->route->tag));
	reply_items(&search);
}

/* --- several types; one field --- */

/* The object of "person" and the like; NULL for a type that is not searched. */
static struct sb_object *object_of_entity(struct sb_call *call, const char *entity, size_t len)
{
	static const char *const searched[] = { "persons", "organizations", "deals", "leads" };

	for (size_t i = 0; i < ARRAY_LEN(searched); i++) {
		struct sb_object *object = sb_object_find(call->account, searched[i]);
		const char *name = sb_pipedrive_kind_of(object)->entity;

		if (strlen(name) == len && strncmp(name, entity, len) == 0)
			return object;
	}
	return NULL;
}

void sb_pipedrive_item_search(struct sb_call *call)
{
	const char *types = sb_query(call, "item_types");
	struct search search = { .call = call };

	if (!read_search(&search, 100))
		return;
	if (text_is_empty(types))
		types = "person,organization,deal,lead";
	while (*types) {
		size_t len = strcspn(types, ",");
		const struct sb_object *object = object_of_entity(call, types, len);

		if (!object) {
			sb_pipedrive_fail(call, 400, NULL,
					  "Validation failed: item_types: Invalid enum value");
			return;
		}
		collect(&search, object);
		types += len + (types[len] == ',');
	}
	reply_items(&search);
}

static void reply_ids(const struct search *search, const struct sb_field *field)
{
	json_t *data = json_array();

	for (size_t i = (size_t)search->skip;
	     i < search->nfound && i < (size_t)(search->skip + search->limit); i++)
		json_array_append_new(data,
				      json_pack("{so so}", "id",
						sb_pipedrive_id(search->found[i]), "name",
						sb_record_value(search->found[i], field)));
	sb_pipedrive_data(search->call, 200, data,
			  json_pack("{so}", "next_cursor", next_page(search)));
}

/* With regard to case: for a key of ours in a custom field (5). */
void sb_pipedrive_field_search(struct sb_call *call)
{
	const char *type = sb_query(call, "entity_type"), *name = sb_query(call, "field");
	const char *match = sb_query(call, "match");
	const struct sb_object *object =
		type ? object_of_entity(call, type, strlen(type)) : NULL;
	const struct sb_field *field = object && name ? sb_field_find(object, name) : NULL;
	struct search search = { .call = call, .is_exact_case = true };

	search.is_exact = !match || strcmp(match, "exact") == 0;
	if (!field || field->flags & SB_HIDDEN) {
		sb_pipedrive_fail(call, 400, NULL,
				  "Validation failed: entity_type and field are required");
		return;
	}
	if (!read_search(&search, 500))
		return;
	for (size_t i = 0; i < sb_object_count(object) && search.nfound < FOUND_MAX; i++) {
		struct sb_record *record = sb_object_record(object, i);

		if (record->state == SB_LIVE && sb_record_was_live(record, search.at) &&
		    field_matches(&search, record, field))
			search.found[search.nfound++] = record;
	}
	reply_ids(&search, field);
}
