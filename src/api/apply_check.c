/* apply_check.c - what is wrong with a workspace file, and what will wait. Threads:
 * handlers. */
#include "api/apply_check.h"

#include <string.h>

#include "api/mapping_check.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/registry.h"
#include "deliver/deliver.h"

static const struct config_item *find_item(const struct apply_file *file, const char *kind,
					   const char *name)
{
	for (size_t i = 0; i < file->count; i++)
		if (text_equal(file->items[i].kind, kind) &&
		    text_equal(file->items[i].name, name))
			return &file->items[i];
	return NULL;
}

/* ---- What the CRM's fields are ---- */

static bool is_same_schema(const json_t *a, const json_t *b)
{
	return text_equal(json_string_of(a, "connection"), json_string_of(b, "connection")) &&
	       text_equal(json_string_of(a, "object"), json_string_of(b, "object"));
}

/* Reads the fields that a mapping writes to, once a call; -1 when they cannot be. */
static int read_anew(struct api_call *call, struct apply_file *file,
		     const struct config_item *mapping, struct error *err)
{
	struct deliverer *deliverer = call->api->config.deliverer;
	struct catalog catalog;

	for (size_t i = 0; i < file->count; i++)
		if (text_equal(file->items[i].kind, "mapping") &&
		    is_same_schema(file->items[i].spec, mapping->spec))
			file->is_fresh[i] = true;
	if (!deliverer)
		return error_set(err, ERR_UNAVAILABLE, "this server delivers nothing");
	return deliverer_describe(deliverer, call->actor.workspace,
				  json_string_of(mapping->spec, "connection"),
				  json_string_of(mapping->spec, "object"), call->arena, &catalog,
				  err);
}

/* ---- What is wrong ---- */

struct checking {
	struct api_call *call;
	struct view *view;
	const struct apply_file *file;
	struct config *config;           /* as the file would make it */
	struct problems *problems;
	const struct config_item *stale; /* out: one that fields refuse which are not fresh */
};

/* Whether something is wrong with the item by itself: then what it holds is not looked into. */
static bool is_faulty(const struct problems *problems, const struct config_item *item)
{
	size_t len = strlen(item->path);

	for (size_t i = 0; i < problems->count; i++) {
		const char *field = problems->items[i].field;

		if (field && strncmp(field, item->path, len) == 0 &&
		    (field[len] == '\0' || field[len] == '.' || field[len] == '['))
			return true;
	}
	return false;
}

static void add_new(struct problems *problems, const struct problems *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct problem *p = &found->items[i];
		bool is_known = false;

		for (size_t j = 0; j < problems->count; j++)
			is_known = is_known ||
				   text_equal(problems->items[j].message, p->message);
		if (!is_known)
			problem_add(problems, p->field, p->code, p->message, p->instruction);
	}
}

/* Model does not know connectors: what they want is checked here. */
static void check_connections(struct checking *c)
{
	for (size_t i = 0; i < c->config->nconnections; i++) {
		const struct connection *connection = &c->config->connections[i];
		const struct config_item *item =
			find_item(c->file, "connection", connection->name);
		struct error err = { 0 };

		if (item && !is_faulty(c->problems, item) &&
		    connector_check(connection, &err) < 0)
			config_add_error(c->call->arena, item, &err, c->problems);
	}
}

/* The item of a mapping that the file changes and that can be looked into, or NULL. */
static const struct config_item *item_to_check(const struct checking *c,
					       const struct mapping *mapping)
{
	const struct config_item *item = find_item(c->file, "mapping", mapping->name);
	const struct config_item *connection =
		find_item(c->file, "connection", mapping->connection);

	if (!item || mapping->version != c->config->version || is_faulty(c->problems, item) ||
	    (connection && is_faulty(c->problems, connection)))
		return NULL;
	return item;
}

/* Nor does it know the CRM's fields. What the file changes must be able to work; what has
 * become wrong since it was saved stops nothing else. */
static int check_mappings(struct checking *c, struct error *err)
{
	struct arena *arena = c->call->arena;

	for (size_t i = 0; i < c->config->nmappings; i++) {
		const struct mapping *mapping = &c->config->mappings[i];
		const struct config_item *item = item_to_check(c, mapping);
		struct mapping_check *check = arena_alloc(arena, sizeof(*check));

		if (!item)
			continue;
		if (mapping_can_work(arena, c->view, c->config, mapping, check, err) < 0)
			return -1;
		config_add_problems(arena, item, &check->errors, c->problems);
		if (check->errors.count && check->catalog &&
		    !c->file->is_fresh[item - c->file->items])
			c->stale = item;
	}
	return 0;
}

static int check(struct checking *c, struct error *err)
{
	struct problems *whole = arena_alloc(c->call->arena, sizeof(*whole));

	if (config_try(c->view, &c->call->actor, c->file->items, c->file->count,
		       c->file->is_prune, c->config, whole, err) < 0)
		return -1;
	add_new(c->problems, whole);
	check_connections(c);
	return check_mappings(c, err);
}

int apply_check(struct api_call *call, struct apply_file *file, struct problems *problems)
{
	struct arena *arena = call->arena;
	const struct problems given = *problems;
	struct checking c = { .call = call, .file = file, .problems = problems };
	struct error err = { 0 }, unread = { 0 };
	int rc;

	do {
		*problems = given;
		c.stale = NULL;
		c.config = arena_alloc(arena, sizeof(*c.config));
		c.view = api_view(call);
		if (!c.view)
			return -1;
		rc = check(&c, &err);
		view_close(c.view);
		if (rc < 0) {
			api_fail(call, &err);
			return -1;
		}
		/* Somebody may just have made the field that is missing. */
	} while (c.stale && read_anew(call, file, c.stale, &unread) == 0);
	return 0;
}

/* ---- What will wait ---- */

static bool is_key_wanted(const struct mapping_check *check)
{
	const struct connector *connector = check->connector;

	return connector && connector->describe && connector->remote_key &&
	       connector->create_key;
}

static void add_unread(struct arena *arena, const struct config_item *item,
		       const struct error *err, struct problems *warnings)
{
	struct problems *found = arena_alloc(arena, sizeof(*found));

	problem_add(found, "object", "unknown_schema",
		    arena_printf(arena, "its fields are not known yet, and nothing is written "
					"until they are: %s", err->message),
		    arena_printf(arena, "fairlead connection test %s says what is wrong",
				 json_string_of(item->spec, "connection")));
	config_add_problems(arena, item, found, warnings);
}

/* Answers nothing: the file is applied, whatever becomes of this. */
static int look_into(struct api_call *call, const struct config *config,
		     const struct mapping *mapping, struct mapping_check *check)
{
	struct error err = { 0 };
	struct view *view = view_open(call->store, call->arena, &err);
	int rc;

	if (!view)
		return -1;
	rc = mapping_can_work(call->arena, view, config, mapping, check, &err);
	view_close(view);
	return rc < 0 ? -1 : 0;
}

static bool lacks_key(const struct problems *warnings)
{
	for (size_t i = 0; i < warnings->count; i++)
		if (text_equal(warnings->items[i].code, "no_key_field"))
			return true;
	return false;
}

/* What is kept may be old, or nothing. */
static int warn_of(struct api_call *call, struct apply_file *file, const struct config *config,
		   const struct config_item *item, const struct mapping *mapping,
		   struct problems *warnings)
{
	struct mapping_check *before = arena_alloc(call->arena, sizeof(*before));
	struct mapping_check *after = arena_alloc(call->arena, sizeof(*after));
	struct error err = { 0 };

	if (look_into(call, config, mapping, before) < 0)
		return -1;
	if (!is_key_wanted(before) || (before->catalog && !lacks_key(&before->warnings)))
		return 0;
	if (!file->is_fresh[item - file->items] && read_anew(call, file, item, &err) < 0 &&
	    !before->catalog) {
		add_unread(call->arena, item, &err, warnings);
		return 0;
	}
	if (look_into(call, config, mapping, after) < 0)
		return -1;
	for (size_t i = 0; i < after->warnings.count; i++)
		if (text_equal(after->warnings.items[i].code, "no_key_field"))
			config_add_problems(call->arena, item,
					    &(struct problems){
						    .items = { after->warnings.items[i] },
						    .count = 1 },
					    warnings);
	return 0;
}

int apply_warn(struct api_call *call, struct apply_file *file, struct problems *warnings)
{
	struct error err = { 0 };
	struct snapshot *snapshot = snapshot_get(call->store, call->actor.workspace, &err);
	const struct config *config = snapshot ? snapshot_config(snapshot) : NULL;
	int rc = config ? 0 : -1;

	for (size_t i = 0; rc == 0 && i < config->nmappings; i++) {
		const struct mapping *mapping = &config->mappings[i];
		const struct config_item *item = find_item(file, "mapping", mapping->name);

		if (item && mapping->version == config->version &&
		    config_sync(config, mapping->name))
			rc = warn_of(call, file, config, item, mapping, warnings);
	}
	snapshot_release(snapshot);
	return rc;
}
