/* terms.c - what a connection is at one configuration version. Threads: the delivery
 * worker. */
#include "deliver/desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/syncs.h"

/* The catalog is kept by object; a connector without describe has none. */
static int load_catalog(struct terms *terms, struct view *view, struct terms_mapping *m,
			struct error *err)
{
	struct catalog *catalog = arena_alloc(terms->arena, sizeof(*catalog));
	int found;

	if (!terms->connector->describe)
		return 0;
	found = catalog_find_kept(view, terms->config->workspace, terms->connection->id,
				  m->mapping->object, catalog, err);
	if (found < 0)
		return -1;
	m->catalog = found == 1 ? catalog : NULL;
	return 0;
}

/* How the schema has changed since the mapping was found good for it; what that breaks
 * waits instead of dying of it. */
static int load_drift(struct terms *terms, struct view *view, struct terms_mapping *m,
		      struct error *err)
{
	struct catalog ground;
	int64_t changed_at;
	int found = m->catalog ? catalog_find_ground(view, terms->config->workspace,
						     terms->connection->id, m->mapping->object,
						     &ground, &changed_at, err) :
				 0;

	if (found != 1)
		return found;
	m->ndrifts = drift_find(terms->arena, m->mapping, terms->connector, &ground, m->catalog,
				&m->drifts);
	for (size_t i = 0; i < m->ndrifts && !m->hold; i++) {
		if (!m->drifts[i].is_breaking && !m->problem)
			continue;
		m->hold = m->drifts[i].message;
		m->hold_instruction = m->drifts[i].instruction;
	}
	return 0;
}

static void compile(struct terms *terms, struct terms_mapping *m)
{
	struct problems *errors = arena_alloc(terms->arena, sizeof(*errors));
	struct compiled_mapping *compiled = arena_alloc(terms->arena, sizeof(*compiled));
	struct mapping_ground ground = { m->catalog, terms->connector, terms->connection };

	m->lack = mapping_lacks_key(terms->arena, m->mapping, &ground);
	if (m->lack) {
		m->lack_code = SYNC_KEY;
		m->lack_instruction = mapping_key_instruction(terms->arena, m->mapping);
	}
	if (mapping_compile(terms->arena, m->mapping, &ground, compiled, errors, NULL) == 0)
		m->compiled = compiled;
	else
		m->problem = arena_printf(terms->arena, "mapping %s: %s: %s", m->mapping->name,
					  errors->items[0].field ? errors->items[0].field : "",
					  errors->items[0].message);
}

/* The file may pause a sync, and so may a person. */
static int load_pause(struct terms *terms, struct view *view, struct terms_mapping *m,
		      struct error *err)
{
	struct actor actor = { .workspace = terms->config->workspace };
	struct sync_state state;

	if (!m->sync)
		return 0;
	if (sync_state_find(view, &actor, m->mapping->id, &state, err) < 0)
		return -1;
	if (m->sync->is_paused)
		m->pause = "the workspace file pauses its sync";
	else if (state.paused_at)
		m->pause = state.reason ? state.reason : "a person paused its sync";
	return 0;
}

static int load_mappings(struct terms *terms, struct view *view, struct error *err)
{
	const struct config *config = terms->config;

	terms->mappings = arena_array(terms->arena, config->nmappings + 1,
				      sizeof(*terms->mappings));
	for (size_t i = 0; i < config->nmappings; i++) {
		struct terms_mapping *m;

		if (!text_equal(config->mappings[i].connection, terms->connection->name))
			continue;
		m = &terms->mappings[terms->nmappings++];
		m->mapping = &config->mappings[i];
		m->sync = config_sync(config, m->mapping->name);
		if (load_catalog(terms, view, m, err) < 0 || load_pause(terms, view, m, err) < 0)
			return -1;
		/* Without its schema nothing is sent: describe comes first. */
		if (m->catalog || !terms->connector->describe)
			compile(terms, m);
		if (load_drift(terms, view, m, err) < 0)
			return -1;
	}
	return 0;
}

static int fill(struct terms *terms, struct store *store, int64_t connection,
		struct error *err)
{
	struct view *view;
	int rc;

	terms->config = snapshot_config(terms->snapshot);
	terms->connection = config_connection_by_id(terms->config, connection);
	if (!terms->connection)
		return error_set(err, ERR_NOT_FOUND, "the connection is not configured");
	terms->connector = connector_of(terms->arena, terms->connection);
	if (!terms->connector)
		return error_set(err, ERR_INVALID, "there is no connector \"%s\"",
				 terms->connection->connector);
	terms->auth = connector_auth(terms->connector, terms->connection);
	terms->base_url = connector_base_url(terms->connector, terms->connection);
	view = view_open(store, terms->arena, err);
	if (!view)
		return -1;
	rc = load_mappings(terms, view, err);
	view_close(view);
	return rc;
}

struct terms *terms_new(struct store *store, int64_t workspace, int64_t connection,
			struct error *err)
{
	struct terms *terms = calloc(1, sizeof(*terms));

	if (!terms)
		abort();
	terms->references = 1;
	terms->arena = arena_new();
	terms->snapshot = snapshot_get(store, workspace, err);
	if (!terms->snapshot || fill(terms, store, connection, err) < 0) {
		terms_release(terms);
		return NULL;
	}
	return terms;
}

struct terms *terms_hold(struct terms *terms)
{
	terms->references++;
	return terms;
}

void terms_release(struct terms *terms)
{
	if (!terms || --terms->references > 0)
		return;
	snapshot_release(terms->snapshot);
	arena_free(terms->arena);
	free(terms);
}

struct terms_mapping *terms_mapping_of(struct terms *terms, int64_t mapping)
{
	for (size_t i = 0; i < terms->nmappings; i++)
		if (terms->mappings[i].mapping->id == mapping)
			return &terms->mappings[i];
	return NULL;
}
