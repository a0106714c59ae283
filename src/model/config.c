/* config.c - a workspace's configuration: cut into items, built from items.
 * Threads: pure. */
#include "model/config.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "model/config_items.h"

/* What is known about one kind of item. */
struct kind {
	const char *name, *section; /* "source" stands in the file's "sources" */
	const char *title;          /* the member that names an item */
	size_t size;                /* of the struct */
	size_t array, count;        /* where in struct config */
	config_read *read;
	config_check *check;        /* or NULL */
};

#define KIND(type, field) \
	sizeof(struct type), offsetof(struct config, field), offsetof(struct config, n##field)

/* In an order in which each refers only to those before it (but for people, who may
 * name connections, which may name people). */
static const struct kind kinds[] = {
	{ "settings", "settings", NULL, sizeof(struct settings),
	  offsetof(struct config, settings), 0, settings_read, NULL },
	{ "person", "people", "name", KIND(person, people), person_read, person_check },
	{ "pool", "pools", "name", KIND(pool, pools), pool_read, pool_check },
	{ "source", "sources", "name", KIND(source, sources), source_read, NULL },
	{ "connection", "connections", "name", KIND(connection, connections),
	  connection_read, connection_check },
	{ "mapping", "mappings", "name", KIND(mapping, mappings), mapping_item_read,
	  mapping_check },
	{ "sync", "syncs", "mapping", KIND(sync, syncs), sync_read, sync_check },
	{ "score", "score", "name", KIND(score_rule, score), score_read, NULL },
	{ "route", "routes", "name", KIND(route, routes), route_read, route_check },
};

#define ITEMS_MAX 1000 /* of one kind */

static const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text_equal(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static bool is_single(const struct kind *kind)
{
	return !kind->title;
}

/* How messages name an item: as people find it, in the file or by its name. */
static struct place_reader reader_of(struct arena *arena, const struct config_item *item,
				      struct problems *problems)
{
	bool is_alone = text_equal(item->kind, "settings");
	const char *title = item->path;

	if (!title)
		title = item->kind;
	if (!is_alone && item->name)
		title = arena_printf(arena, "%s %s", title, place_quoted(arena, item->name));
	return (struct place_reader){ arena, title, item->path, problems };
}

static struct place place_of(const struct place_reader *reader,
			     const struct config_item *item)
{
	return (struct place){ reader, NULL, NULL, 0, item->spec };
}

/* ---- building ---- */

struct building {
	struct arena *arena;
	const struct config_item *items;
	size_t count;
	void **slots;              /* what each item was read into, or NULL */
	struct config *config;
	struct problems *problems;
};

static size_t count_kind(const struct building *b, const struct kind *kind)
{
	size_t count = 0;

	for (size_t i = 0; i < b->count; i++)
		count += text_equal(b->items[i].kind, kind->name);
	return count;
}

/* The array of a kind, with room for one more than there are items. */
static void make_arrays(struct building *b)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		void *array;

		if (is_single(&kinds[i]))
			continue;
		array = arena_array(b->arena, count_kind(b, &kinds[i]) + 1, kinds[i].size);
		memcpy((char *)b->config + kinds[i].array, &array, sizeof(array));
	}
}

static void *next_slot(struct building *b, const struct kind *kind)
{
	size_t *count = (size_t *)(void *)((char *)b->config + kind->count);
	char *array;

	if (is_single(kind))
		return (char *)b->config + kind->array;
	memcpy(&array, (char *)b->config + kind->array, sizeof(array));
	return array + kind->size * (*count)++;
}

/* The item before this one of the same kind and name, or NULL. */
static const struct config_item *find_twin(const struct config_item *items, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (text_equal(items[i].kind, items[index].kind) &&
		    text_equal(items[i].name, items[index].name))
			return &items[i];
	return NULL;
}

/* Whether the item can be read at all: its kind, name and spec. */
static const struct kind *check_item(const struct place *place,
				     const struct config_item *item)
{
	const struct kind *kind = kind_find(item->kind);
	const char *name;

	if (!kind || !json_is_object(item->spec)) {
		place_fault(place, "not_an_item", kind ? "must hold names and values" :
							 "is of no kind that there is");
		return NULL;
	}
	if (is_single(kind))
		return kind;
	name = json_string_of(item->spec, kind->title);
	if (!item->name || (name && !text_equal(name, item->name))) {
		place_fault(place, "other_name", "%s: not the name of the item", kind->title);
		return NULL;
	}
	return kind;
}

static void read_items(struct building *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct config_item *item = &b->items[i];
		struct place_reader reader = reader_of(b->arena, item, b->problems);
		struct place place = place_of(&reader, item);
		const struct kind *kind = check_item(&place, item);

		if (!kind)
			continue;
		if (find_twin(b->items, i)) {
			place_fault(&place, "twice", "there is another %s of this name",
				    kind->name);
			continue;
		}
		b->slots[i] = next_slot(b, kind);
		kind->read(&place, item, b->slots[i]);
	}
}

static void check_items(struct building *b)
{
	for (size_t i = 0; i < b->count; i++) {
		const struct config_item *item = &b->items[i];
		struct place_reader reader = reader_of(b->arena, item, b->problems);
		struct place place = place_of(&reader, item);
		const struct kind *kind = kind_find(item->kind);

		if (b->slots[i] && kind->check)
			kind->check(&place, b->config, b->slots[i]);
	}
}

/* What a source leaves out is the workspace's. */
static void fill_in_sources(struct config *config)
{
	if (!config_source(config, "api"))
		source_read_builtin_api(&config->sources[config->nsources++]);
	for (size_t i = 0; i < config->nsources; i++) {
		struct source *source = &config->sources[i];

		if (!source->default_country)
			source->default_country = config->settings.default_country;
		if (!source->time_zone)
			source->time_zone = config->settings.time_zone;
	}
}

int config_build_all(struct arena *arena, int64_t workspace, int64_t version,
		     const struct hash_key *hash_key, const struct config_item *items,
		     size_t count, struct config *config, struct problems *problems)
{
	struct building b = {
		.arena = arena,
		.items = items,
		.count = count,
		.slots = arena_array(arena, count, sizeof(void *)),
		.config = config,
		.problems = problems,
	};

	*config = (struct config){
		.workspace = workspace,
		.version = version,
		.hash_key = *hash_key,
		.settings = settings_default,
	};
	make_arrays(&b);
	read_items(&b);
	fill_in_sources(config);
	check_items(&b);
	return problems->count > 0 ? -1 : 0;
}

/* The first problem as an error. */
static int first_problem(const struct problems *problems, struct error *err)
{
	if (problems->count == 0)
		return 0;
	return error_set(err, ERR_INVALID, "%s", problems->items[0].message);
}

int config_build(struct arena *arena, int64_t workspace, int64_t version,
		 const struct hash_key *hash_key, const struct config_item *items,
		 size_t count, struct config *config, struct error *err)
{
	struct problems problems = { .count = 0 };

	config_build_all(arena, workspace, version, hash_key, items, count, config, &problems);
	return first_problem(&problems, err);
}

void config_add_error(struct arena *arena, const struct config_item *item,
		      const struct error *err, struct problems *problems)
{
	struct place_reader reader = reader_of(arena, item, problems);
	struct place place = place_of(&reader, item);

	place_fault_error(&place, err);
}

void config_add_problems(struct arena *arena, const struct config_item *item,
			 const struct problems *found, struct problems *problems)
{
	struct place_reader reader = reader_of(arena, item, problems);
	struct place place = place_of(&reader, item);

	for (size_t i = 0; i < found->count; i++)
		place_fault_problem(&place, &found->items[i]);
}

/* ---- cutting a file ---- */

struct cutting {
	struct arena *arena;
	struct config_item *items;
	size_t count;
	struct problems *problems;
};

static const struct kind *section_kind(const char *section)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (strcmp(kinds[i].section, section) == 0)
			return &kinds[i];
	return NULL;
}

static void check_version(const struct place *file)
{
	struct place version = place_member(file, "version");

	if (!version.json)
		place_fault(file, "missing", "version: missing; write version: 1 at the top");
	else if (!json_is_integer(version.json) || json_integer_value(version.json) != 1)
		place_fault(&version, "not_in_range", "must be 1: other forms are not known");
}

static void check_sections(const struct place *file)
{
	const char *names[ARRAY_LEN(kinds) + 1] = { "version" }, *name;
	json_t *json;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		names[i + 1] = kinds[i].section;
	json_object_foreach((json_t *)file->json, name, json)
		if (strcmp(name, "version") != 0 && !section_kind(name))
			place_fault_unknown(file, name, names, ARRAY_LEN(names));
}

/* Reads the item for its problems alone: what is kept is its spec. */
static void try_item(struct cutting *c, const struct kind *kind,
		     const struct config_item *item)
{
	struct place_reader reader = reader_of(c->arena, item, c->problems);
	struct place place = place_of(&reader, item);
	void *scratch = arena_alloc(c->arena, kind->size);

	kind->read(&place, item, scratch);
	if (find_twin(c->items, c->count))
		place_fault(&place, "twice", "there is another %s of this name", kind->name);
}

/* What the item is called, or NULL after a fault. */
static const char *title_of(const struct place *place, const struct kind *kind)
{
	struct place title = place_member(place, kind->title);

	if (title.json)
		return member_text(&title, 100);
	place_fault(place, "missing", "%s: missing", kind->title);
	return NULL;
}

static void cut_item(struct cutting *c, const struct kind *kind, const char *path,
		     const json_t *spec)
{
	struct config_item *item = &c->items[c->count];
	struct place_reader reader = { c->arena, path, path, c->problems };
	struct place place = { &reader, NULL, NULL, 0, spec };

	if (!json_is_object(spec)) {
		place_fault(&place, "not_an_object", "must hold names and values");
		return;
	}
	*item = (struct config_item){ .kind = kind->name, .spec = spec, .path = path };
	item->name = is_single(kind) ? kind->name : title_of(&place, kind);
	if (!item->name)
		return;
	try_item(c, kind, item);
	c->count++;
}

static void cut_section(struct cutting *c, const struct place *file, const struct kind *kind)
{
	struct place section = place_member(file, kind->section);
	size_t size = json_array_size(section.json);

	if (!section.json)
		return;
	if (is_single(kind)) {
		cut_item(c, kind, kind->section, section.json);
		return;
	}
	if (!json_is_array(section.json) || size > ITEMS_MAX) {
		place_fault(&section, "not_a_list", "must be a list%s",
			    size > ITEMS_MAX ? " of at most 1,000" : "");
		return;
	}
	for (size_t i = 0; i < size; i++)
		cut_item(c, kind, arena_printf(c->arena, "%s[%zu]", kind->section, i),
			 json_array_get(section.json, i));
}

static size_t count_items(const json_t *file)
{
	size_t count = 1;

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		count += json_array_size(json_object_get(file, kinds[i].section));
	return count;
}

int config_split_all(struct arena *arena, const json_t *file, struct config_item **items,
		     size_t *count, struct problems *problems)
{
	struct place_reader reader = { arena, "workspace", NULL, problems };
	struct place place = { &reader, NULL, NULL, 0, file };
	struct cutting c = { .arena = arena, .problems = problems };

	*items = NULL;
	*count = 0;
	if (!json_is_object(file)) {
		place_fault(&place, "not_an_object",
			    "must hold version and sections such as sources");
		return -1;
	}
	check_version(&place);
	check_sections(&place);
	c.items = arena_array(arena, count_items(file), sizeof(*c.items));
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		cut_section(&c, &place, &kinds[i]);
	*items = c.items;
	*count = c.count;
	return problems->count > 0 ? -1 : 0;
}

int config_split(struct arena *arena, const json_t *file, struct config_item **items,
		 size_t *count, struct error *err)
{
	struct problems problems = { .count = 0 };

	config_split_all(arena, file, items, count, &problems);
	return first_problem(&problems, err);
}

/* ---- joining ---- */

json_t *config_join(const struct config_item *items, size_t count)
{
	json_t *file = json_pack("{s:i}", "version", 1);

	for (size_t i = 0; i < count; i++) {
		const struct kind *kind = kind_find(items[i].kind);
		json_t *spec = (json_t *)items[i].spec, *section;

		if (!kind)
			continue; /* of a later version of the program */
		if (is_single(kind)) {
			json_object_set(file, kind->section, spec);
			continue;
		}
		section = json_object_get(file, kind->section);
		if (!section) {
			section = json_array();
			json_object_set_new(file, kind->section, section);
		}
		json_array_append(section, spec);
	}
	return file;
}

/* ---- looking up ---- */

const struct source *config_source(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->nsources; i++)
		if (text_equal(config->sources[i].name, name))
			return &config->sources[i];
	return NULL;
}

const struct source *config_source_by_id(const struct config *config, int64_t id)
{
	for (size_t i = 0; i < config->nsources; i++)
		if (config->sources[i].id == id)
			return &config->sources[i];
	return id == CONFIG_SOURCE_API_ID ? config_source(config, "api") : NULL;
}

const struct connection *config_connection(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->nconnections; i++)
		if (text_equal(config->connections[i].name, name))
			return &config->connections[i];
	return NULL;
}

const struct connection *config_connection_by_id(const struct config *config, int64_t id)
{
	for (size_t i = 0; i < config->nconnections; i++)
		if (config->connections[i].id == id)
			return &config->connections[i];
	return NULL;
}

const struct mapping *config_mapping(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->nmappings; i++)
		if (text_equal(config->mappings[i].name, name))
			return &config->mappings[i];
	return NULL;
}

const struct mapping *config_mapping_by_id(const struct config *config, int64_t id)
{
	for (size_t i = 0; i < config->nmappings; i++)
		if (config->mappings[i].id == id)
			return &config->mappings[i];
	return NULL;
}

const struct sync *config_sync(const struct config *config, const char *mapping)
{
	for (size_t i = 0; i < config->nsyncs; i++)
		if (text_equal(config->syncs[i].mapping, mapping))
			return &config->syncs[i];
	return NULL;
}

const struct person *config_person(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->npeople; i++)
		if (text_equal(config->people[i].name, name))
			return &config->people[i];
	return NULL;
}

const struct pool *config_pool(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->npools; i++)
		if (text_equal(config->pools[i].name, name))
			return &config->pools[i];
	return NULL;
}
