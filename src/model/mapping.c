/* mapping.c - which lead field goes to which CRM field, and how, as configured.
 * Threads: pure. */
#include "model/mapping.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const policy_names[] = {
	[POLICY_NEWEST] = "newest",
	[POLICY_CRM] = "crm",
	[POLICY_FAIRLEAD] = "fairlead",
	[POLICY_FILL_IF_EMPTY] = "fill_if_empty",
	[POLICY_MANUAL] = "manual",
};

static const char *const direction_names[] = {
	[DIRECTION_OUT] = "out",
	[DIRECTION_IN] = "in",
	[DIRECTION_BOTH] = "both",
};

static const char *const behaviour_names[] = {
	[BEHAVIOUR_CAPTURE] = "capture",
	[BEHAVIOUR_CREATE_ONLY] = "create_only",
	[BEHAVIOUR_UPDATE_ONLY] = "update_only",
	[BEHAVIOUR_NONE] = "none",
};

static const char *const sync_mode_names[] = {
	[SYNC_REAL_TIME] = "real_time",
	[SYNC_BATCH] = "batch",
	[SYNC_MANUAL] = "manual",
	[SYNC_SHADOW] = "shadow",
};

/* The index of `name` in `names`, or -1. */
static int index_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], name))
			return (int)i;
	return -1;
}

const char *policy_name(enum policy policy)
{
	return policy_names[policy];
}

bool policy_parse(const char *name, enum policy *policy)
{
	int i = index_of(policy_names, ARRAY_LEN(policy_names), name);

	if (i >= 0)
		*policy = (enum policy)i;
	return i >= 0;
}

const char *direction_name(enum direction direction)
{
	return direction_names[direction];
}

bool direction_parse(const char *name, enum direction *direction)
{
	int i = index_of(direction_names, ARRAY_LEN(direction_names), name);

	if (i >= 0)
		*direction = (enum direction)i;
	return i >= 0;
}

const char *behaviour_name(enum behaviour behaviour)
{
	return behaviour_names[behaviour];
}

bool behaviour_parse(const char *name, enum behaviour *behaviour)
{
	int i = index_of(behaviour_names, ARRAY_LEN(behaviour_names), name);

	if (i >= 0)
		*behaviour = (enum behaviour)i;
	return i >= 0;
}

const char *sync_mode_name(enum sync_mode mode)
{
	return sync_mode_names[mode];
}

bool sync_mode_parse(const char *name, enum sync_mode *mode)
{
	int i = index_of(sync_mode_names, ARRAY_LEN(sync_mode_names), name);

	if (i >= 0)
		*mode = (enum sync_mode)i;
	return i >= 0;
}

bool field_is_crm_owned(const char *name)
{
	return text_equal(name, "status") || text_equal(name, "owner") ||
	       text_equal(name, "disqualify_reason");
}

bool field_is_every_value(const char *name)
{
	return text_equal(name, "status") || text_equal(name, "qualification_status") ||
	       text_equal(name, "callback_at");
}

const char *remote_id_mapping(const char *from)
{
	return from && text_starts(from, REMOTE_ID_PREFIX) ? from + strlen(REMOTE_ID_PREFIX) : NULL;
}

bool mapping_tells_every(const struct mapping_field *line)
{
	return line->is_every_value && line->from && !line->is_off &&
	       line->direction != DIRECTION_IN;
}

/* Fields that say one thing together. */
static bool is_one_with(const char *a, const char *b)
{
	return text_equal(a, b) || (field_is_crm_owned(a) && field_is_crm_owned(b)) ||
	       (text_starts(a, "qualification_") && text_starts(b, "qualification_"));
}

bool mapping_keeps(const struct mapping *mapping, const char *field)
{
	if (mapping->activities)
		return text_starts(field, FACT_PREFIX);
	for (size_t i = 0; i < mapping->nfields; i++)
		if (mapping_tells_every(&mapping->fields[i]) &&
		    is_one_with(mapping->fields[i].from, field))
			return true;
	return false;
}

enum policy policy_of_field(const char *name)
{
	if (!name)
		return POLICY_NEWEST;
	if (field_is_crm_owned(name))
		return POLICY_CRM;
	if (remote_id_mapping(name))
		return POLICY_FILL_IF_EMPTY;
	if (text_starts(name, "qualification_") || text_equal(name, "callback_at") ||
	    text_equal(name, "score") || text_starts(name, "score_"))
		return POLICY_FAIRLEAD;
	return POLICY_NEWEST;
}

/* Fails for a member that is not one of `names`. */
static int check_members(const json_t *object, const char *const *names, size_t count,
			 struct error *err)
{
	const char *key, *near;
	json_t *member;

	json_object_foreach((json_t *)object, key, member) {
		if (index_of(names, count, key) >= 0)
			continue;
		near = text_nearest(key, names, count);
		if (near)
			return error_set(err, ERR_INVALID,
					 "unknown member \"%s\"; did you mean \"%s\"?", key,
					 near);
		return error_set(err, ERR_INVALID, "unknown member \"%s\"", key);
	}
	return 0;
}

static int read_text(struct arena *arena, const json_t *object, const char *name,
		     bool is_required, const char **text, struct error *err)
{
	const json_t *member = json_object_get(object, name);

	*text = NULL;
	if (!member || json_is_null(member)) {
		if (is_required)
			return error_set(err, ERR_INVALID, "%s: missing", name);
		return 0;
	}
	if (!json_is_string(member))
		return error_set(err, ERR_INVALID, "%s: must be text", name);
	if (!*json_string_value(member))
		return error_set(err, ERR_INVALID, "%s: must not be empty", name);
	*text = arena_strdup(arena, json_string_value(member));
	return 0;
}

/* A word of `names` as its index in *at, which stays as it is when absent. */
static int read_word(const json_t *object, const char *name, const char *const *names,
		     size_t count, int *at, struct error *err)
{
	const json_t *member = json_object_get(object, name);
	const char *word = json_string_value(member), *near;
	int found = index_of(names, count, word);

	if (!member)
		return 0;
	if (!word)
		return error_set(err, ERR_INVALID, "%s: must be a word", name);
	if (found >= 0) {
		*at = found;
		return 0;
	}
	near = text_nearest(word, names, count);
	if (!near)
		return error_set(err, ERR_INVALID, "%s: unknown word \"%s\"", name, word);
	return error_set(err, ERR_INVALID, "%s: unknown word \"%s\"; did you mean \"%s\"?",
			 name, word, near);
}

/* YAML's yes and no may come as words or as booleans. */
static int read_flag(const json_t *object, const char *name, bool *flag,
		     struct error *err)
{
	static const char *const words[] = { "no", "off", "false", "yes", "on", "true" };
	const json_t *member = json_object_get(object, name);
	int at = index_of(words, ARRAY_LEN(words), json_string_value(member));

	if (!member)
		return 0;
	if (json_is_boolean(member))
		*flag = json_is_true(member);
	else if (at >= 0)
		*flag = at >= 3;
	else
		return error_set(err, ERR_INVALID, "%s: must be yes or no", name);
	return 0;
}

static const char *const field_members[] = { "from", "to", "via", "default", "direction",
					     "on", "policy", "every_value" };

static int field_from_json(struct arena *arena, const json_t *json,
			   struct mapping_field *field, struct error *err)
{
	const json_t *fallback = json_object_get(json, "default");
	int direction = DIRECTION_OUT, policy;
	bool is_on = true;

	if (!json_is_object(json))
		return error_set(err, ERR_INVALID, "must be an object {from, to, ...}");
	if (check_members(json, field_members, ARRAY_LEN(field_members), err) < 0 ||
	    read_text(arena, json, "from", false, &field->from, err) < 0 ||
	    read_text(arena, json, "to", true, &field->to, err) < 0)
		return -1;
	policy = (int)policy_of_field(field->from);
	field->is_every_value = field_is_every_value(field->from);
	if (read_word(json, "direction", direction_names, ARRAY_LEN(direction_names),
		      &direction, err) < 0 ||
	    read_word(json, "policy", policy_names, ARRAY_LEN(policy_names), &policy,
		      err) < 0 ||
	    read_flag(json, "on", &is_on, err) < 0 ||
	    read_flag(json, "every_value", &field->is_every_value, err) < 0)
		return -1;
	if (fallback && value_from_json(arena, fallback, &field->fallback, err) < 0)
		return error_wrap(err, "default");
	field->via = json_object_get(json, "via");
	if (field->via && !json_is_array(field->via))
		return error_set(err, ERR_INVALID,
				 "via: must be a list of transforms [{name: {...}}, ...]");
	field->direction = (enum direction)direction;
	field->policy = (enum policy)policy;
	field->is_off = !is_on;
	return 0;
}

static int fields_from_json(struct arena *arena, const json_t *list,
			    struct mapping *mapping, struct error *err)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list))
		return error_set(err, ERR_INVALID, "fields: must be a list");
	if (count > MAPPING_FIELDS_MAX)
		return error_set(err, ERR_LIMIT, "fields: more than %d", MAPPING_FIELDS_MAX);
	mapping->fields = arena_array(arena, count, sizeof(*mapping->fields));
	mapping->nfields = count;
	for (size_t i = 0; i < count; i++)
		if (field_from_json(arena, json_array_get(list, i), &mapping->fields[i],
				    err) < 0)
			return error_wrap(err, "fields[%zu]", i);
	return 0;
}

static int activities_from_json(const json_t *list, struct mapping *mapping,
				struct error *err)
{
	const char *names[FACT_KINDS], *near;
	enum fact_kind kind;

	if (list && (!json_is_array(list) || json_array_size(list) == 0))
		return error_set(err, ERR_INVALID, "activities: must be a list of kinds");
	for (int i = 0; i < FACT_KINDS; i++)
		names[i] = fact_kind_name((enum fact_kind)i);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (!name)
			return error_set(err, ERR_INVALID, "activities[%zu]: must be a word", i);
		if (fact_kind_parse(name, &kind)) {
			mapping->activities |= 1u << kind;
			continue;
		}
		near = text_nearest(name, names, FACT_KINDS);
		return error_set(err, ERR_INVALID,
				 "activities[%zu]: unknown word \"%.40s\"%s%s%s", i, name,
				 near ? "; did you mean \"" : "", near ? near : "",
				 near ? "\"?" : "");
	}
	return 0;
}

int mapping_from_json(struct arena *arena, const json_t *json, struct mapping *mapping,
		      struct error *err)
{
	static const char *const members[] = { "name", "owner", "connection", "object",
					       "depends_on", "activities", "fields" };

	*mapping = (struct mapping){ 0 };
	if (!json_is_object(json))
		return error_set(err, ERR_INVALID, "must be an object");
	if (check_members(json, members, ARRAY_LEN(members), err) < 0 ||
	    read_text(arena, json, "name", true, &mapping->name, err) < 0 ||
	    read_text(arena, json, "owner", false, &mapping->owner, err) < 0 ||
	    read_text(arena, json, "connection", true, &mapping->connection, err) < 0 ||
	    read_text(arena, json, "object", true, &mapping->object, err) < 0 ||
	    read_text(arena, json, "depends_on", false, &mapping->depends_on, err) < 0 ||
	    activities_from_json(json_object_get(json, "activities"), mapping, err) < 0)
		return -1;
	return fields_from_json(arena, json_object_get(json, "fields"), mapping, err);
}

static json_t *field_to_json(const struct mapping_field *field)
{
	json_t *json = json_object();

	if (field->from)
		json_object_set_new(json, "from", json_string(field->from));
	json_object_set_new(json, "to", json_string(field->to));
	if (field->via)
		json_object_set(json, "via", (json_t *)field->via);
	if (field->fallback.type != VALUE_ABSENT)
		json_object_set_new(json, "default", value_to_json(field->fallback));
	if (field->direction != DIRECTION_OUT)
		json_object_set_new(json, "direction",
				    json_string(direction_name(field->direction)));
	if (field->policy != policy_of_field(field->from))
		json_object_set_new(json, "policy", json_string(policy_name(field->policy)));
	if (field->is_off)
		json_object_set_new(json, "on", json_false());
	if (field->is_every_value != field_is_every_value(field->from))
		json_object_set_new(json, "every_value",
				    json_boolean(field->is_every_value));
	return json;
}

static json_t *activities_to_json(const struct mapping *mapping)
{
	json_t *list = json_array();

	for (int i = 0; i < FACT_KINDS; i++)
		if (mapping->activities & 1u << i)
			json_array_append_new(list, json_string(fact_kind_name((enum fact_kind)i)));
	return list;
}

json_t *mapping_to_json(const struct mapping *mapping)
{
	json_t *json = json_object(), *fields = json_array();

	json_object_set_new(json, "name", json_string(mapping->name));
	if (mapping->owner)
		json_object_set_new(json, "owner", json_string(mapping->owner));
	json_object_set_new(json, "connection", json_string(mapping->connection));
	json_object_set_new(json, "object", json_string(mapping->object));
	if (mapping->depends_on)
		json_object_set_new(json, "depends_on", json_string(mapping->depends_on));
	if (mapping->activities)
		json_object_set_new(json, "activities", activities_to_json(mapping));
	for (size_t i = 0; i < mapping->nfields; i++)
		json_array_append_new(fields, field_to_json(&mapping->fields[i]));
	json_object_set_new(json, "fields", fields);
	return json;
}

bool sync_looks(const struct sync *sync)
{
	return sync->mode == SYNC_REAL_TIME && !sync->is_paused &&
	       sync->behaviour != BEHAVIOUR_NONE;
}
