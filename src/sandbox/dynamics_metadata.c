/* dynamics_metadata.c - EntityDefinitions: tables, columns with their casts, keys and
 * relationships, read (fact sheet 3, 7). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/lex.h"

/* --- $select and $filter over what is described --- */

/* Keeps of an item what $select names, its id, and its type. */
static void cut(struct sb_call *call, json_t *item)
{
	const char *select = sb_query(call, "$select"), *name;
	json_t *kept, *value;

	if (!select)
		return;
	kept = json_object();
	while (*select) {
		size_t len = strcspn(select, ",");

		name = text_trim(call->arena, arena_strndup(call->arena, select, len));
		value = json_object_get(item, name);
		if (value)
			json_object_set(kept, name, value);
		select += len + (select[len] == ',');
	}
	json_object_foreach(item, name, value)
		if (strcmp(name, "MetadataId") == 0 || strcmp(name, "@odata.type") == 0 ||
		    strcmp(name, "OptionSet") == 0 || strcmp(name, "GlobalOptionSet") == 0)
			json_object_set(kept, name, value);
	json_object_clear(item);
	json_object_update(item, kept);
	json_decref(kept);
}

struct condition {
	struct sb_lexer lex;
	bool is_wrong;
};

/* "LogicalName eq 'lead'": true, false, or wrong. */
static bool comparison(struct condition *condition, const json_t *item)
{
	struct sb_lex token = condition->lex.token;
	const json_t *value = json_object_get(item, token.text);
	bool is_negated, is_equal = false;

	sb_lexer_advance(&condition->lex);
	is_negated = sb_lexer_is_word(&condition->lex, "ne");
	if (token.kind != SB_LEX_WORD || !value ||
	    (!is_negated && !sb_lexer_is_word(&condition->lex, "eq"))) {
		condition->is_wrong = true;
		return false;
	}
	sb_lexer_advance(&condition->lex);
	token = condition->lex.token;
	if (json_is_boolean(value))
		is_equal = text_equal(token.text, json_is_true(value) ? "true" : "false");
	else if (json_is_string(value))
		is_equal = text_equal(token.text, json_string_value(value));
	else
		condition->is_wrong = true;
	sb_lexer_advance(&condition->lex);
	return is_equal != is_negated;
}

/* Comparisons joined by "and". */
static bool passes(struct sb_call *call, const char *filter, const json_t *item, bool *is_wrong)
{
	struct condition condition = { .is_wrong = false };
	bool all = true;

	sb_lexer_start(&condition.lex, call->arena, filter, SB_LEX_DOUBLED);
	do
		all &= comparison(&condition, item);
	while (!condition.is_wrong && sb_lexer_take_word(&condition.lex, "and"));
	*is_wrong |= condition.is_wrong || condition.lex.token.kind != SB_LEX_END;
	return all;
}

static void reply_list(struct sb_call *call, const char *context, json_t *items)
{
	const char *filter = sb_query(call, "$filter");
	json_t *kept = json_array(), *item;
	bool is_wrong = false;
	size_t i;

	json_keep(call->arena, items);
	json_array_foreach(items, i, item) {
		if (filter && !passes(call, filter, item, &is_wrong))
			continue;
		cut(call, item);
		json_array_append(kept, item);
	}
	if (is_wrong) {
		json_decref(kept);
		sb_not_imitated(call, "$filter of metadata other than comparisons with eq and ne "
				      "joined by and");
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{so so}", "@odata.context",
				sb_json_printf("%s/$metadata#%s", dynamics_base(call), context),
				"value", kept));
}

static void reply_one(struct sb_call *call, const char *context, json_t *item)
{
	json_t *json = json_pack("{so}", "@odata.context",
				 sb_json_printf("%s/$metadata#%s/$entity", dynamics_base(call),
						context));

	json_keep(call->arena, item);
	cut(call, item);
	json_object_update(json, item);
	sb_reply_json(call, 200, json);
}

/* --- tables --- */

static json_t *table_json(struct sb_call *call, const struct sb_object *object)
{
	const struct dynamics_table *table = dynamics_table_of(object);
	bool is_activity = strcmp(table->id, "activityid") == 0;

	return json_pack(
		"{ss ss ss ss ss ss ss si ss sb sb sb sb so}", "LogicalName", table->name,
		"SchemaName", table->name, "EntitySetName", table->set, "LogicalCollectionName",
		table->set, "PrimaryIdAttribute", table->id, "PrimaryNameAttribute", table->title,
		"MetadataId",
		dynamics_meta_id(call->arena, 't', dynamics_table_number(object), 0),
		"ObjectTypeCode", table->code, "OwnershipType",
		table->flags & DYNAMICS_OWNED ? "UserOwned" : "BusinessOwned", "IsActivity",
		is_activity, "IsCustomEntity", 0, "ChangeTrackingEnabled",
		dynamics_is_tracked(object), "IsOptimisticConcurrencyEnabled", 1, "DisplayName",
		dynamics_label(table->label));
}

static struct sb_object *table_named(struct sb_call *call, const struct dynamics_key *key)
{
	for (size_t i = 0; i < dynamics_ntables; i++) {
		struct sb_object *object =
			sb_object_find(call->account, dynamics_tables[i].set);

		if (key->id ? strcmp(key->id, dynamics_meta_id(call->arena, 't', (unsigned)i, 0)) ==
				      0 :
			      key->npairs == 1 && strcmp(key->pairs[0].name, "LogicalName") == 0 &&
				      strcmp(key->pairs[0].value, dynamics_tables[i].name) == 0)
			return object;
	}
	dynamics_fail(call, 404, "0x80060888", "Could not find an entity with the specified key.");
	return NULL;
}

static void list_tables(struct sb_call *call)
{
	json_t *items = json_array();

	for (size_t i = 0; i < dynamics_ntables; i++)
		json_array_append_new(
			items,
			table_json(call, sb_object_find(call->account, dynamics_tables[i].set)));
	reply_list(call, "EntityDefinitions", items);
}

/* --- columns --- */

/* The type behind "Microsoft.Dynamics.CRM." of a cast; "" when there is none. */
static const char *cast_of(const struct dynamics_path *path, size_t place)
{
	return path->count > place && text_starts(path->at[place].name, DYNAMICS_TYPE) ?
		       path->at[place].name + strlen(DYNAMICS_TYPE) :
		       "";
}

/* $expand=OptionSet,GlobalOptionSet, which only a cast has; false after a reply. */
static bool wants_options(struct sb_call *call, bool has_cast, bool *wanted)
{
	const char *expand = sb_query(call, "$expand");

	*wanted = expand && (text_starts(expand, "OptionSet") ||
			     text_starts(expand, "GlobalOptionSet"));
	if (!expand || (has_cast && *wanted))
		return true;
	if (*wanted)
		dynamics_fail(call, 400, dynamics_query_code(call),
			      "Could not find a property named 'OptionSet' on type "
			      "'" DYNAMICS_TYPE "AttributeMetadata'.");
	else
		sb_not_imitated(call, "$expand of metadata other than OptionSet");
	return false;
}

/* The options are in one of two places: who reads but the first misses those of a global
 * choice. */
static void add_options(struct sb_call *call, const struct sb_field *field, json_t *json)
{
	bool is_global = field->flags & DYNAMICS_GLOBAL;
	json_t *options = dynamics_options_json(call->arena, field);

	json_object_set_new(json, is_global ? "GlobalOptionSet" : "OptionSet", options);
	json_object_set_new(json, is_global ? "OptionSet" : "GlobalOptionSet", json_null());
}

static json_t *column_json(struct sb_call *call, const struct sb_field *field, bool has_cast,
			   bool has_options)
{
	json_t *json = dynamics_field_json(call->arena, field);

	if (has_cast)
		dynamics_add_typed(field, json);
	if (has_options && dynamics_has_options(field))
		add_options(call, field, json);
	return json;
}

static bool is_described(const struct sb_field *field)
{
	return !(field->flags & (SB_HIDDEN | SB_ARCHIVED));
}

static void list_columns(struct sb_call *call, const struct sb_object *object, const char *cast)
{
	json_t *items;
	bool has_options;

	if (!wants_options(call, *cast, &has_options))
		return;
	items = json_array();
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (is_described(field) &&
		    (!*cast || dynamics_is_cast(call->arena, field, cast)))
			json_array_append_new(items,
					      column_json(call, field, *cast, has_options));
	}
	reply_list(call,
		   arena_printf(call->arena, "EntityDefinitions('%s')/Attributes%s%s",
				dynamics_table_of(object)->name, *cast ? "/" DYNAMICS_TYPE : "", cast),
		   items);
}

static const struct sb_field *column_named(struct sb_call *call, const struct sb_object *object,
					   const struct dynamics_key *key)
{
	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (is_described(field) &&
		    (key->id ? strcmp(key->id, dynamics_field_id(call->arena, field)) == 0 :
			       key->npairs == 1 &&
				       strcmp(key->pairs[0].name, "LogicalName") == 0 &&
				       strcmp(key->pairs[0].value, field->name) == 0))
			return field;
	}
	return NULL;
}

static void get_column(struct sb_call *call, const struct sb_object *object,
		       const struct dynamics_key *key, const char *cast)
{
	const struct sb_field *field = column_named(call, object, key);
	bool has_options;

	if (!field || (*cast && !dynamics_is_cast(call->arena, field, cast)))
		dynamics_fail(call, 404, "0x80060888",
			      "Could not find an attribute with the specified key.");
	else if (wants_options(call, *cast, &has_options))
		reply_one(call,
			  arena_printf(call->arena, "EntityDefinitions('%s')/Attributes",
				       dynamics_table_of(object)->name),
			  column_json(call, field, *cast, has_options));
}

/* --- keys and relationships --- */

static json_t *key_json(const json_t *key, const struct sb_object *object)
{
	return json_pack("{sO sO sO ss sO sO so}", "MetadataId", json_object_get(key, "id"),
			 "LogicalName", json_object_get(key, "LogicalName"), "SchemaName",
			 json_object_get(key, "SchemaName"), "EntityLogicalName",
			 dynamics_table_of(object)->name, "KeyAttributes",
			 json_object_get(key, "columns"), "EntityKeyIndexStatus",
			 json_object_get(key, "status"), "DisplayName",
			 dynamics_label(json_string_of(key, "label")));
}

static void list_keys(struct sb_call *call, const struct sb_object *object)
{
	json_t *items = json_array();
	const json_t *key;
	size_t i;

	json_array_foreach(dynamics_keys(call->account), i, key)
		if (text_equal(json_string_of(key, "table"), sb_object_spec(object)->name))
			json_array_append_new(items, key_json(key, object));
	reply_list(call,
		   arena_printf(call->arena, "EntityDefinitions('%s')/Keys",
				dynamics_table_of(object)->name),
		   items);
}

static void list_relationships(struct sb_call *call, const struct sb_object *object)
{
	json_t *items = json_array();

	for (size_t i = 0; i < sb_object_nfields(object); i++)
		if (is_described(sb_object_field(object, i)))
			dynamics_add_relationships(call->arena, sb_object_field(object, i), items);
	reply_list(call,
		   arena_printf(call->arena, "EntityDefinitions('%s')/ManyToOneRelationships",
				dynamics_table_of(object)->name),
		   items);
}

/* --- the paths --- */

static void read_part(struct sb_call *call, const struct dynamics_path *path,
		      const struct sb_object *object)
{
	const struct dynamics_segment *part = &path->at[1];

	if (strcmp(part->name, "Attributes") == 0 && part->has_key)
		get_column(call, object, &part->key, cast_of(path, 2));
	else if (strcmp(part->name, "Attributes") == 0)
		list_columns(call, object, cast_of(path, 2));
	else if (strcmp(part->name, "Keys") == 0 && !part->has_key)
		list_keys(call, object);
	else if (strcmp(part->name, "ManyToOneRelationships") == 0)
		list_relationships(call, object);
	else
		sb_not_imitated(call, "metadata other than columns, keys and relationships of "
				      "lookups");
}

static void read_metadata(struct sb_call *call, const struct dynamics_path *path,
			  struct sb_object *object)
{
	if (!object)
		list_tables(call);
	else if (path->count > 1)
		read_part(call, path, object);
	else if (sb_query(call, "$expand"))
		sb_not_imitated(call, "$expand of a table");
	else
		reply_one(call, "EntityDefinitions", table_json(call, object));
}

static bool is_part(const struct dynamics_path *path, const char *name)
{
	return path->count == 2 && !path->at[1].has_key && strcmp(path->at[1].name, name) == 0;
}

void dynamics_metadata(struct sb_call *call, const struct dynamics_path *path)
{
	struct sb_object *object = NULL;

	if (path->at[0].has_key) {
		object = table_named(call, &path->at[0].key);
		if (!object)
			return;
	}
	if (strcmp(call->method, "GET") == 0)
		read_metadata(call, path, object);
	else if (object && strcmp(call->method, "POST") == 0 && is_part(path, "Attributes"))
		dynamics_add_column(call, object);
	else if (object && strcmp(call->method, "POST") == 0 && is_part(path, "Keys"))
		dynamics_add_key(call, object);
	else if (object && strcmp(call->method, "PUT") == 0 && path->count == 1)
		dynamics_change_table(call, object);
	else
		sb_not_imitated(call, "customizing other than new columns, new keys and change "
				      "tracking");
}
