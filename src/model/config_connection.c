/* config_connection.c - reads the configuration of connections, mappings and syncs.
 * Threads: pure. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "model/config_items.h"

static void auth_read(const struct place *place, void *into);
static void secret_read(const struct place *place, void *into);
static void unset_read(const struct place *place, void *into);
static void limits_read(const struct place *place, void *into);

#define AT(member) offsetof(struct connection, member)

static const struct member connection_members[] = {
	{ "name", MEMBER_NAME, AT(name), .is_required = true },
	{ "connector", MEMBER_NAME, AT(connector), .is_required = true },
	{ "settings", MEMBER_JSON, AT(settings) },
	{ "auth", MEMBER_OWN, .read = auth_read },
	{ "secret", MEMBER_OWN, .read = secret_read },
	{ "assigns", MEMBER_WORD, AT(assigns), .words = "fairlead|crm" },
	{ "unset", MEMBER_OWN, .read = unset_read },
	{ "limits", MEMBER_OWN, .read = limits_read },
	{ "notify", MEMBER_LABEL, AT(notify) },
	{ NULL },
};

static void auth_read(const struct place *place, void *into)
{
	static const struct member word[] = {
		{ "kind", MEMBER_WORD, AT(auth),
		  .words = "none|bearer|basic|header|hmac|oauth2|client_credentials" },
		{ NULL },
	};
	struct connection *connection = into;

	member_read_one(place, word, connection);
	connection->has_auth = true;
}

#define LIMIT(member) offsetof(struct delivery_limits, member)

static const struct member limit_members[] = {
	{ "concurrency", MEMBER_INT, LIMIT(concurrency), .min = 1, .max = 256 },
	{ "calls", MEMBER_INT, LIMIT(calls), .min = 1, .max = 10000000 },
	{ "per_s", MEMBER_INT64, LIMIT(per_ms), .min = 1, .max = 86400, .unit = 1000 },
	{ "hold_ms", MEMBER_INT64, LIMIT(hold_ms), .min = 0, .max = 60000 },
	{ "retries", MEMBER_INT, LIMIT(retry.retries), .min = 0, .max = 20 },
	{ "first_ms", MEMBER_INT64, LIMIT(retry.first_ms), .min = 10, .max = 3600000 },
	{ "max_age", MEMBER_DURATION, LIMIT(max_age_ms), .max = 90 * CLOCK_DAY },
	{ NULL },
};

static void limits_read(const struct place *place, void *into)
{
	struct connection *connection = into;
	struct delivery_limits *limits = &connection->limits;

	members_read(place, limit_members, limits);
	if (limits->per_ms && !limits->calls)
		place_fault(place, "missing", "per_s says nothing without calls");
	if (limits->calls && !limits->per_ms)
		limits->per_ms = 1000;
	/* A first wait above the longest would never be waited for. */
	if (limits->retry.max_ms < limits->retry.first_ms)
		limits->retry.max_ms = limits->retry.first_ms;
}

static void unset_read(const struct place *place, void *into)
{
	static const struct member members[] = {
		{ "owner", MEMBER_TEXTS, AT(unset_owners), AT(nunset_owners) },
		{ "status", MEMBER_TEXTS, AT(unset_statuses), AT(nunset_statuses) },
		{ NULL },
	};

	members_read(place, members, into);
}

void config_check_secret_source(const struct place *place)
{
	static const struct member members[] = {
		{ "env", MEMBER_NAME, 0 },
		{ "file", MEMBER_TEXT, sizeof(const char *) },
		{ NULL },
	};
	const char *texts[2] = { NULL, NULL };
	size_t before = place->reader->problems->count;

	members_read(place, members, texts);
	if (!texts[0] == !texts[1] && place->reader->problems->count == before)
		place_fault(place, "not_one", "must be either {env: NAME} or {file: PATH}");
}

/* One secret, or several by name. None is ever written here itself. */
static void secret_read(const struct place *place, void *into)
{
	const char *name;
	json_t *json;

	(void)into;
	if (!json_is_object(place->json)) {
		place_fault(place, "not_an_object",
			    "must be {env: NAME} or {file: PATH}: a secret itself is never "
			    "written in this file");
		return;
	}
	json_object_foreach((json_t *)place->json, name, json)
		if (!json_is_object(json)) {
			config_check_secret_source(place);
			return;
		}
	if (json_object_size(place->json) == 0 ||
	    json_object_size(place->json) > CONFIG_SECRETS_MAX)
		place_fault(place, "not_in_range", "must name 1 to %d secrets",
			    CONFIG_SECRETS_MAX);
	json_object_foreach((json_t *)place->json, name, json) {
		struct place part = { place->reader, place, name, 0, json };

		config_check_secret_source(&part);
	}
}

/* What the rest connector's settings say about signing in stands in them. */
static void auth_of_settings(const struct place *place, struct connection *connection)
{
	struct place settings = place_member(place, "settings");
	struct place auth = place_member(&settings, "auth");
	struct place kind = place_member(&auth, "kind");

	if (!connection->has_auth && kind.json)
		auth_read(&kind, connection);
}

void connection_read(const struct place *place, const struct config_item *item, void *into)
{
	struct connection *connection = into;
	struct arena *arena = place->reader->arena;

	connection->limits = (struct delivery_limits){
		.hold_ms = 200,
		.max_age_ms = 72 * CLOCK_HOUR,
		.retry = retry_policy_default,
	};
	members_read(place, connection_members, connection);
	connection->id = item->id;
	connection->name = arena_strdup(arena, item->name);
	if (!connection->settings)
		connection->settings = json_keep(arena, json_object());
	auth_of_settings(place, connection);
}

void connection_check(const struct place *place, const struct config *config,
		      const void *into)
{
	const struct connection *connection = into;
	struct place notify = place_member(place, "notify");

	if (connection->notify)
		config_check_person(&notify, config, connection->notify);
}

size_t config_item_secrets(const struct config_item *item,
			   struct config_secret secrets[CONFIG_SECRETS_MAX])
{
	bool is_settings = text_equal(item->kind, "settings");
	json_t *secret = json_object_get(item->spec,
					 is_settings ? "webhook_secret" : "secret"), *json;
	const char *env = json_string_of(secret, "env"), *file = json_string_of(secret, "file");
	const char *name;
	size_t count = 0;

	if (env || file) {
		secrets[0] = (struct config_secret){ "", env, file };
		return 1;
	}
	json_object_foreach(secret, name, json) {
		env = json_string_of(json, "env");
		file = json_string_of(json, "file");
		if ((env || file) && count < CONFIG_SECRETS_MAX)
			secrets[count++] = (struct config_secret){ name, env, file };
	}
	return count;
}

void mapping_item_read(const struct place *place, const struct config_item *item, void *into)
{
	struct arena *arena = place->reader->arena;
	struct mapping *mapping = into;
	struct error err;

	/* The mapping points into what it is read from. */
	if (mapping_from_json(arena, json_keep(arena, json_deep_copy(place->json)), mapping,
			      &err) < 0) {
		place_fault_error(place, &err);
		*mapping = (struct mapping){ 0 };
	}
	mapping->id = item->id;
	mapping->version = item->version;
	mapping->name = arena_strdup(arena, item->name);
}

/* Two lines that would write one field, there or here. */
static void check_line_once(const struct place *line, const struct mapping *mapping,
			    size_t index)
{
	const struct mapping_field *field = &mapping->fields[index];

	for (size_t i = 0; i < index; i++) {
		const struct mapping_field *other = &mapping->fields[i];

		if (field->is_off || other->is_off)
			continue;
		if (field->direction != DIRECTION_IN && other->direction != DIRECTION_IN &&
		    text_equal(field->to, other->to))
			place_fault(line, "twice", "to: fields[%zu] writes \"%s\" already", i,
				    place_quoted(line->reader->arena, field->to));
		if (field->direction != DIRECTION_OUT && other->direction != DIRECTION_OUT &&
		    text_equal(field->from, other->from))
			place_fault(line, "twice", "from: fields[%zu] reads \"%s\" already", i,
				    field->from);
	}
}

/* Refuses that a second connection owns a field: whose word would count? */
static void check_ownership(const struct place *line, const struct config *config,
			    const struct mapping *mapping, const struct mapping_field *field)
{
	if (field->policy != POLICY_CRM || field->is_off || !field->from)
		return;
	for (const struct mapping *m = config->mappings; m != mapping; m++) {
		if (text_equal(m->connection, mapping->connection))
			continue;
		for (size_t i = 0; i < m->nfields; i++) {
			const struct mapping_field *other = &m->fields[i];

			if (other->policy != POLICY_CRM || other->is_off ||
			    !text_equal(other->from, field->from))
				continue;
			place_fault(line, "second_owner",
				    "connection \"%s\" owns \"%s\" already (mapping \"%s\"): "
				    "only one can; give this line another policy",
				    m->connection, field->from, m->name);
			return;
		}
	}
}

/* Whether the record of mapping `name` is there before this mapping's: it depends on it, or on
 * one that does. */
static bool is_ancestor(const struct config *config, const struct mapping *mapping,
			const char *name)
{
	for (size_t i = 0; i < config->nmappings && mapping && mapping->depends_on; i++) {
		if (text_equal(mapping->depends_on, name))
			return true;
		mapping = config_mapping(config, mapping->depends_on);
	}
	return false;
}

/* Whether one of those that it depends on is missing: that is said there. */
static bool is_cut(const struct config *config, const struct mapping *mapping)
{
	for (size_t i = 0; i < config->nmappings && mapping && mapping->depends_on; i++)
		mapping = config_mapping(config, mapping->depends_on);
	return !mapping;
}

static void check_from(const struct place *from, const struct config *config,
		       const struct mapping *mapping, const char *name)
{
	const char *parent = remote_id_mapping(name);

	if (mapping->activities && fact_field_exists(name))
		return;
	if (parent && (is_ancestor(config, mapping, parent) || is_cut(config, mapping)))
		return;
	if (parent)
		place_fault(from, "unknown_parent",
			    "\"%s\": the mapping does not depend on \"%s\"; write "
			    "depends_on: %s",
			    place_quoted(from->reader->arena, name),
			    place_quoted(from->reader->arena, parent),
			    place_quoted(from->reader->arena, parent));
	else if (fact_field_exists(name))
		place_fault(from, "no_activity",
			    "\"%s\" is of an activity: say which in activities: of the mapping",
			    name);
	else if (!lead_view_exists(name))
		place_fault_near(from, "unknown_field", lead_view_nearest(name),
				 "unknown field \"%s\"",
				 place_quoted(from->reader->arena, name));
}

static void check_line(const struct place *line, const struct config *config,
		       const struct mapping *mapping, size_t index)
{
	const struct mapping_field *field = &mapping->fields[index];
	struct place from = place_member(line, "from");

	if (!field->from && field->direction != DIRECTION_OUT)
		place_fault(line, "missing", "from: missing: what is read must go somewhere");
	if (field->from)
		check_from(&from, config, mapping, field->from);
	check_line_once(line, mapping, index);
	check_ownership(line, config, mapping, field);
}

static const char **mapping_names(struct arena *arena, const struct config *config)
{
	const char **names = arena_array(arena, config->nmappings, sizeof(*names));

	for (size_t i = 0; i < config->nmappings; i++)
		names[i] = config->mappings[i].name;
	return names;
}

/* "contacts -> deals -> contacts", said by the first of them in the file; NULL: by another. */
static const char *ring_of(struct arena *arena, const struct config *config,
			   const struct mapping *mapping)
{
	const struct mapping *at = mapping;
	struct buf buf;

	buf_init(&buf, arena, 8192);
	buf_add(&buf, mapping->name);
	do {
		at = config_mapping(config, at->depends_on);
		buf_addf(&buf, " -> %s", at->name);
		if (at < mapping)
			return NULL;
	} while (at != mapping);
	return buf.is_over ? mapping->name : buf_text(&buf);
}

static void check_depends_on(const struct place *place, const struct config *config,
			     const struct mapping *mapping)
{
	struct place depends_on = place_member(place, "depends_on");
	const struct mapping *parent;
	struct arena *arena = place->reader->arena;
	const char *ring;

	if (!mapping->depends_on)
		return;
	parent = config_mapping(config, mapping->depends_on);
	if (!parent)
		config_fault_reference(&depends_on, "mapping", mapping->depends_on,
				       mapping_names(arena, config), config->nmappings);
	else if (!text_equal(parent->connection, mapping->connection))
		place_fault(&depends_on, "other_connection",
			    "mapping \"%s\" is of connection \"%s\": only a record of the "
			    "same connection can be waited for",
			    parent->name, parent->connection ? parent->connection : "");
	else if (parent->activities)
		place_fault(&depends_on, "many_records",
			    "mapping \"%s\" makes a record of each activity: none of them is the "
			    "one to wait for",
			    parent->name);
	else if (is_ancestor(config, mapping, mapping->name) &&
		 (ring = ring_of(arena, config, mapping)))
		place_fault(&depends_on, "ring", "each would wait for the other: %s", ring);
}

void mapping_check(const struct place *place, const struct config *config, const void *into)
{
	const struct mapping *mapping = into;
	struct place owner = place_member(place, "owner");
	struct place connection = place_member(place, "connection");
	struct place lines = place_member(place, "fields");

	if (mapping->owner)
		config_check_person(&owner, config, mapping->owner);
	if (mapping->connection && !config_connection(config, mapping->connection)) {
		const char **names = arena_array(place->reader->arena, config->nconnections,
						 sizeof(*names));

		for (size_t i = 0; i < config->nconnections; i++)
			names[i] = config->connections[i].name;
		config_fault_reference(&connection, "connection", mapping->connection, names,
				       config->nconnections);
	}
	check_depends_on(place, config, mapping);
	for (size_t i = 0; i < mapping->nfields; i++) {
		struct place line = place_element(&lines, i);

		check_line(&line, config, mapping, i);
	}
}

void sync_read(const struct place *place, const struct config_item *item, void *into)
{
	static const struct member members[] = {
		{ "mapping", MEMBER_NAME, offsetof(struct sync, mapping), .is_required = true },
		{ "mode", MEMBER_WORD, offsetof(struct sync, mode),
		  .words = "real_time|batch|manual|shadow" },
		{ "behaviour", MEMBER_WORD, offsetof(struct sync, behaviour),
		  .words = "capture|create_only|update_only|none" },
		{ "paused", MEMBER_BOOL, offsetof(struct sync, is_paused) },
		{ NULL },
	};
	struct sync *sync = into;

	members_read(place, members, sync);
	sync->id = item->id;
}

void sync_check(const struct place *place, const struct config *config, const void *into)
{
	const struct sync *sync = into;
	struct place name = place_member(place, "mapping");
	const struct mapping *mapping = sync->mapping ? config_mapping(config, sync->mapping) :
							NULL;

	if (!sync->mapping)
		return;
	if (!mapping)
		config_fault_reference(&name, "mapping", sync->mapping,
				       mapping_names(place->reader->arena, config),
				       config->nmappings);
	else if (mapping->depends_on && config_mapping(config, mapping->depends_on) &&
		 !config_sync(config, mapping->depends_on))
		place_fault(&name, "parent_not_synced",
			    "\"%s\" depends on \"%s\", which no sync delivers: add a sync "
			    "for that mapping too",
			    mapping->name, mapping->depends_on);
}
