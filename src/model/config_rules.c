/* config_rules.c - reads the configuration of people, pools, scores, routes and
 * settings. Threads: pure. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "model/config_items.h"

void config_fault_reference(const struct place *place, const char *kind, const char *name,
			    const char *const *known, size_t count)
{
	place_fault_near(place, "unknown_reference", text_nearest(name, known, count),
			 "there is no %s \"%s\"", kind,
			 place_quoted(place->reader->arena, name));
}

void config_check_person(const struct place *place, const struct config *config,
			 const char *name)
{
	const char **names;

	if (config_person(config, name))
		return;
	names = arena_array(place->reader->arena, config->npeople, sizeof(*names));
	for (size_t i = 0; i < config->npeople; i++)
		names[i] = config->people[i].name;
	config_fault_reference(place, "person", name, names, config->npeople);
}

/* {connection: user id there}; ids that are written as numbers become text. */
static void users_read(const struct place *place, void *into)
{
	struct person *person = into;
	json_t *users = json_object(), *json;
	const char *name;

	person->users = json_keep(place->reader->arena, users);
	if (!json_is_object(place->json)) {
		place_fault(place, "not_an_object",
			    "must hold connections and the person's user id there");
		return;
	}
	json_object_foreach((json_t *)place->json, name, json) {
		struct place user = { place->reader, place, name, 0, json };

		if (json_is_integer(json))
			json_object_set_new(users, name,
					    json_string(json_text(place->reader->arena, json)));
		else if (member_text(&user, 200))
			json_object_set(users, name, json);
	}
}

void person_read(const struct place *place, const struct config_item *item, void *into)
{
	static const struct member members[] = {
		{ "name", MEMBER_LABEL, offsetof(struct person, name), .is_required = true },
		{ "email", MEMBER_EMAIL, offsetof(struct person, email) },
		{ "users", MEMBER_OWN, .read = users_read },
		{ NULL },
	};
	struct person *person = into;

	members_read(place, members, person);
	person->id = item->id;
	person->name = arena_strdup(place->reader->arena, item->name);
}

void person_check(const struct place *place, const struct config *config, const void *into)
{
	const struct person *person = into;
	struct place users = place_member(place, "users");
	const char *name, **names;
	json_t *json;

	names = arena_array(place->reader->arena, config->nconnections, sizeof(*names));
	for (size_t i = 0; i < config->nconnections; i++)
		names[i] = config->connections[i].name;
	json_object_foreach((json_t *)person->users, name, json) {
		struct place user = place_member(&users, name);

		if (!config_connection(config, name))
			config_fault_reference(&user, "connection", name, names,
					       config->nconnections);
	}
}

void pool_read(const struct place *place, const struct config_item *item, void *into)
{
	static const struct member members[] = {
		{ "name", MEMBER_LABEL, offsetof(struct pool, name), .is_required = true },
		{ "people", MEMBER_TEXTS, offsetof(struct pool, people),
		  offsetof(struct pool, npeople), .max = 100, .is_required = true },
		{ NULL },
	};
	struct pool *pool = into;
	struct place people = place_member(place, "people");

	members_read(place, members, pool);
	if (json_is_array(people.json) && json_array_size(people.json) == 0)
		place_fault(&people, "empty", "must name at least one person");
	pool->id = item->id;
	pool->name = arena_strdup(place->reader->arena, item->name);
}

void pool_check(const struct place *place, const struct config *config, const void *into)
{
	struct place people = place_member(place, "people");

	(void)into;
	for (size_t i = 0; i < json_array_size(people.json); i++) {
		struct place element = place_element(&people, i);

		if (json_is_string(element.json))
			config_check_person(&element, config,
					    json_string_value(element.json));
	}
}

static void score_when_read(const struct place *place, void *into)
{
	struct score_rule *rule = into;

	conditions_read(place, &rule->when, &rule->nwhen);
}

void score_read(const struct place *place, const struct config_item *item, void *into)
{
	static const struct member members[] = {
		{ "name", MEMBER_LABEL, offsetof(struct score_rule, name), .is_required = true },
		{ "when", MEMBER_OWN, .read = score_when_read },
		{ "points", MEMBER_INT, offsetof(struct score_rule, points), .min = -1000,
		  .max = 1000, .is_required = true },
		{ "reason", MEMBER_TEXT, offsetof(struct score_rule, reason), .max = 200 },
		{ NULL },
	};
	struct score_rule *rule = into;

	members_read(place, members, rule);
	rule->name = arena_strdup(place->reader->arena, item->name);
	if (!rule->reason)
		rule->reason = rule->name;
}

static void route_when_read(const struct place *place, void *into)
{
	struct route *route = into;

	conditions_read(place, &route->when, &route->nwhen);
}

void route_read(const struct place *place, const struct config_item *item, void *into)
{
	static const struct member members[] = {
		{ "name", MEMBER_LABEL, offsetof(struct route, name), .is_required = true },
		{ "when", MEMBER_OWN, .read = route_when_read },
		{ "pool", MEMBER_LABEL, offsetof(struct route, pool) },
		{ "owner", MEMBER_LABEL, offsetof(struct route, owner) },
		{ NULL },
	};
	struct route *route = into;

	members_read(place, members, route);
	if (!place_member(place, "pool").json == !place_member(place, "owner").json)
		place_fault(place, "not_one", "must name either a pool or an owner");
	route->id = item->id;
	route->name = arena_strdup(place->reader->arena, item->name);
}

void route_check(const struct place *place, const struct config *config, const void *into)
{
	const struct route *route = into;
	struct place pool = place_member(place, "pool"), owner = place_member(place, "owner");
	const char **names;

	if (route->owner)
		config_check_person(&owner, config, route->owner);
	if (!route->pool || config_pool(config, route->pool))
		return;
	names = arena_array(place->reader->arena, config->npools, sizeof(*names));
	for (size_t i = 0; i < config->npools; i++)
		names[i] = config->pools[i].name;
	config_fault_reference(&pool, "pool", route->pool, names, config->npools);
}

#define AT(member) offsetof(struct settings, member)

static const struct member keep_members[] = {
	{ "raw_days", MEMBER_INT64, AT(raw_days), .min = 1, .max = 3650 },
	{ "rejected_days", MEMBER_INT64, AT(rejected_days), .min = 1, .max = 3650 },
	{ "body_days", MEMBER_INT64, AT(body_days), .min = 1, .max = 3650 },
	{ NULL },
};

static void webhook_secret_read(const struct place *place, void *into)
{
	struct settings *settings = into;

	settings->is_webhook_signed = true;
	if (json_is_object(place->json))
		config_check_secret_source(place);
	else
		place_fault(place, "not_an_object",
			    "must be {env: NAME} or {file: PATH}: a secret itself is never "
			    "written in this file");
}

static const struct member settings_members[] = {
	{ "enquiry_window_days", MEMBER_INT64, AT(enquiry_window_ms), .min = 0, .max = 3650,
	  .unit = CLOCK_DAY },
	{ "default_country", MEMBER_COUNTRY, AT(default_country) },
	{ "time_zone", MEMBER_ZONE, AT(time_zone) },
	{ "wait_for_lookup", MEMBER_BOOL, AT(wait_for_lookup) },
	{ "webhook", MEMBER_URL, AT(webhook_url) },
	{ "webhook_secret", MEMBER_OWN, .read = webhook_secret_read },
	{ "keep", MEMBER_OBJECT, 0, .members = keep_members },
	{ NULL },
};

const struct settings settings_default = {
	.enquiry_window_ms = 30 * CLOCK_DAY,
	.raw_days = 90,
	.rejected_days = 30,
	.body_days = 30,
	.time_zone = "UTC",
	.wait_for_lookup = true,
};

void settings_read(const struct place *place, const struct config_item *item, void *into)
{
	struct settings *settings = into;
	struct place secret = place_member(place, "webhook_secret");

	(void)item;
	members_read(place, settings_members, settings);
	if (settings->is_webhook_signed && !settings->webhook_url)
		place_fault(&secret, "missing", "says nothing without webhook");
}
