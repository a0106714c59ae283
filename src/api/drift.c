/* drift.c - /v1/drift: changes in the CRMs' schemas that break a mapping, or will for some
 * leads. Threads: handlers. */
#include "mapping/drift.h"

#include "api/internal.h"
#include "api/mapping_check.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/registry.h"
#include "deliver/deliver.h"

/* One mapping with the schema that it was found good for and the one that is. */
struct drifting {
	const struct mapping *mapping;
	const struct connection *connection;
	const struct connector *connector;
	struct catalog ground, now;
	int64_t changed_at;
};

/* 1 when its schema is another than the one it was found good for, 0 when not, -1. */
static int load(struct view *view, const struct config *config, const struct mapping *mapping,
		struct drifting *d, struct error *err)
{
	int found;

	*d = (struct drifting){ .mapping = mapping };
	d->connection = config_connection(config, mapping->connection);
	if (!d->connection || !config_sync(config, mapping->name))
		return 0;
	d->connector = connector_of(view_arena(view), d->connection);
	found = catalog_find_ground(view, config->workspace, d->connection->id, mapping->object,
				    &d->ground, &d->changed_at, err);
	if (found != 1)
		return found;
	return catalog_find_kept(view, config->workspace, d->connection->id, mapping->object,
				 &d->now, err);
}

/* ---- Showing ---- */

static void out_drift(struct out *out, const struct drifting *d, const struct drift *drift)
{
	out_open(out, NULL, '{');
	out_text(out, "connection", d->connection->name);
	out_text(out, "object", d->mapping->object);
	out_text(out, "mapping", d->mapping->name);
	out_text(out, "kind", drift_kind_name(drift->kind));
	out_text(out, "field", drift->field);
	out_text(out, "from", drift->from);
	out_text(out, "before", drift->before);
	out_text(out, "after", drift->after);
	out_bool(out, "is_breaking", drift->is_breaking);
	out_text(out, "message", drift->message);
	out_text(out, "instruction", drift->instruction);
	out_time(out, "since", d->changed_at);
	out_close(out, '}');
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const struct config *config = api_config(call);

	for (size_t i = 0; i < config->nmappings; i++) {
		const struct drift *drifts;
		struct drifting d;
		int found = load(view, config, &config->mappings[i], &d, err);
		size_t count;

		if (found < 0)
			return -1;
		if (found == 0)
			continue;
		count = drift_find(call->arena, d.mapping, d.connector, &d.ground, &d.now,
				   &drifts);
		for (size_t j = 0; j < count; j++)
			out_drift(out, &d, &drifts[j]);
	}
	return 0;
}

void api_drift_list(struct api_call *call)
{
	if (api_config(call))
		api_list_whole(call, list);
}

/* ---- Accepting ---- */

struct accepting {
	struct api_call *call;
	const struct config *config;
	const struct connection *connection;
};

/* A mapping that cannot work is not good for the schema, whatever a person says. */
static int check(struct tx *tx, const struct config *config, const struct mapping *mapping,
		 struct error *err)
{
	struct mapping_check *check = arena_alloc(tx_arena(tx), sizeof(*check));
	int can = mapping_can_work(tx_arena(tx), tx_view(tx), config, mapping, check, err);

	if (can != 0)
		return can < 0 ? -1 : 0;
	return error_set(err, ERR_CONFLICT,
			 "the mapping %s cannot work with it: %.150s; mend the mapping first",
			 mapping->name, check->errors.items[0].message);
}

static int accept_run(struct tx *tx, void *context, struct error *err)
{
	const struct accepting *a = context;
	const struct actor *actor = &a->call->actor;

	for (size_t i = 0; i < a->config->nmappings; i++) {
		struct drifting d;
		int found;

		if (!text_equal(a->config->mappings[i].connection, a->connection->name))
			continue;
		found = load(tx_view(tx), a->config, &a->config->mappings[i], &d, err);
		if (found < 0 || (found == 1 && check(tx, a->config, d.mapping, err) < 0))
			return -1;
	}
	for (size_t i = 0; i < a->config->nmappings; i++)
		if (text_equal(a->config->mappings[i].connection, a->connection->name) &&
		    catalog_accept(tx, actor, a->connection->id, a->config->mappings[i].object,
				   err) < 0)
			return -1;
	return 0;
}

void api_drift_accept(struct api_call *call)
{
	struct accepting accepting = { .call = call, .config = api_config(call) };
	const char *name;
	json_t *body;

	if (!accepting.config)
		return;
	body = api_body(call, "connection");
	if (!body)
		return;
	name = json_string_of(body, "connection");
	accepting.connection = name ? config_connection(accepting.config, name) : NULL;
	if (!accepting.connection) {
		api_problem(call, 422, "invalid", "connection: %s",
			    name ? "there is none of that name" : "which one?");
		return;
	}
	if (api_write(call, accept_run, &accepting) < 0)
		return;
	if (call->api->config.deliverer)
		deliverer_renew(call->api->config.deliverer, accepting.connection->id);
	api_list_whole(call, list);
}
