/* apply.c - a whole workspace file at once: plan, apply, export. Threads: handlers. */
#include <string.h>

#include "api/apply_check.h"
#include "api/mapping_check.h"
#include "base/json.h"
#include "base/text.h"
#include "api/shapes.h"
#include "connectors/registry.h"
#include "deliver/deliver.h"
#include "deliver/origin.h"
#include "deliver/webhook.h"

/* Secrets come beside the file, resolved by the command: {"connection": {"name": "text"}}
 * and that of the alerts' webhook. They are sealed and kept, and never shown again. */
struct apply_wish {
	struct api_call *call;
	struct apply_file file;
	const json_t *secrets;
	const char *webhook_secret; /* or NULL */
	int changed;
};

static const char *origins_of(struct arena *arena, const struct connection *connection)
{
	const struct connector *connector = connector_of(arena, connection);

	return connector ? origins_of_connection(arena, connector, connection) : "";
}

static int keep_secrets_of(struct tx *tx, struct apply_wish *wish,
			   const struct connection *connection, const json_t *given,
			   struct error *err)
{
	const char *origins = origins_of(tx_arena(tx), connection), *name;
	json_t *text;

	json_object_foreach((json_t *)given, name, text) {
		if (!json_is_string(text))
			return error_set(err, ERR_INVALID, "secret: %s: want text", name);
		if (connector_check_secret(connection, name, err) < 0 ||
		    secret_keep(tx, &wish->call->actor, connection->id, name,
				json_string_value(text), origins, err) < 0)
			return -1;
	}
	/* What the old ones were exchanged for is not theirs. */
	if (json_object_get(given, "access_token"))
		return 0;
	return secret_drop(tx, &wish->call->actor, connection->id, "access_token", err);
}

static int keep_secrets(struct tx *tx, struct apply_wish *wish, const struct config *config,
			struct error *err)
{
	const char *name;
	json_t *given;

	json_object_foreach((json_t *)wish->secrets, name, given) {
		const struct connection *connection = config_connection(config, name);

		if (!connection)
			return error_set(err, ERR_INVALID,
					 "secrets: there is no connection \"%s\"", name);
		if (keep_secrets_of(tx, wish, connection, given, err) < 0)
			return error_wrap(err, "connections[%zu] %s",
					  (size_t)(connection - config->connections), name);
	}
	return 0;
}

/* A changed address voids the secrets that were given for the old one. */
static int drop_stale_secrets(struct tx *tx, struct apply_wish *wish,
			      const struct config *config, struct error *err)
{
	for (size_t i = 0; i < config->nconnections; i++)
		if (secret_drop_other_origins(tx, &wish->call->actor,
					      config->connections[i].id,
					      origins_of(tx_arena(tx),
							 &config->connections[i]),
					      err) < 0)
			return -1;
	return 0;
}

/* As stale secrets of connections: one that is not named any more goes too. */
static int keep_webhook_secret(struct tx *tx, struct apply_wish *wish,
			       const struct config *config, struct error *err)
{
	const struct settings *settings = &config->settings;
	const char *origin = settings->is_webhook_signed ?
				     origin_of(tx_arena(tx), settings->webhook_url) :
				     "";

	if (webhook_secret_drop_other_origin(tx, &wish->call->actor, origin, err) < 0)
		return -1;
	if (!wish->webhook_secret)
		return 0;
	if (!settings->is_webhook_signed)
		return error_set(err, ERR_INVALID,
				 "webhook_secret: the settings name none (webhook_secret: {env: "
				 "NAME})");
	if (webhook_secret_check(wish->webhook_secret, err) < 0)
		return -1;
	return webhook_secret_keep(tx, &wish->call->actor, wish->webhook_secret, origin, err);
}

/* Whether every mapping of the object can work with its schema; -1 the store failed. */
static int can_all_work(struct tx *tx, const struct config *config, const struct mapping *of,
			struct error *err)
{
	for (size_t i = 0; i < config->nmappings; i++) {
		const struct mapping *mapping = &config->mappings[i];
		struct mapping_check *check = arena_alloc(tx_arena(tx), sizeof(*check));
		int can;

		if (!text_equal(mapping->connection, of->connection) ||
		    !text_equal(mapping->object, of->object))
			continue;
		can = mapping_can_work(tx_arena(tx), tx_view(tx), config, mapping, check, err);
		if (can != 1)
			return can;
	}
	return 1;
}

/* Who saves a mapping that can work with the CRM's schema as it is says that it is good for
 * it. */
static int accept_schemas(struct tx *tx, struct apply_wish *wish, const struct config *config,
			  struct error *err)
{
	for (size_t i = 0; i < config->nmappings; i++) {
		const struct mapping *mapping = &config->mappings[i];
		const struct connection *connection =
			config_connection(config, mapping->connection);
		int can = 0;

		if (connection && mapping->version == config->version)
			can = can_all_work(tx, config, mapping, err);
		if (can < 0 || (can && catalog_accept(tx, &wish->call->actor, connection->id,
						      mapping->object, err) < 0))
			return -1;
	}
	return 0;
}

static int apply_run(struct tx *tx, void *context, struct error *err)
{
	struct apply_wish *wish = context;
	struct config *config = arena_alloc(tx_arena(tx), sizeof(*config));
	int64_t workspace = wish->call->actor.workspace;

	wish->changed = config_apply(tx, &wish->call->actor, wish->file.items, wish->file.count,
				     wish->file.is_prune, err);
	if (wish->changed < 0 ||
	    config_current(tx_view(tx), workspace, tx_arena(tx), config, err) < 0 ||
	    drop_stale_secrets(tx, wish, config, err) < 0 ||
	    keep_secrets(tx, wish, config, err) < 0 ||
	    keep_webhook_secret(tx, wish, config, err) < 0)
		return -1;
	if (wish->changed > 0 && accept_schemas(tx, wish, config, err) < 0)
		return -1;
	/* What a mapping or a value held up may go now. */
	for (size_t i = 0; wish->changed > 0 && i < config->nconnections; i++)
		if (delivery_revive(tx, &wish->call->actor, config->connections[i].id, NULL,
				    err) < 0)
			return -1;
	tx_wake(tx, WAKE_DELIVERIES);
	return wish->changed;
}

static void out_changes(struct out *out, const struct config_change *changes, size_t count)
{
	static const char *const words[] = { "add", "change", "remove" };

	out_open(out, NULL, '{');
	out_open(out, "changes", '[');
	for (size_t i = 0; i < count; i++) {
		out_open(out, NULL, '{');
		out_text(out, "kind", changes[i].kind);
		out_text(out, "name", changes[i].name);
		out_text(out, "change", words[changes[i].what]);
		out_raw(out, "before", changes[i].before);
		out_raw(out, "after", changes[i].after);
		out_close(out, '}');
	}
	out_close(out, ']');
}

static int plan(struct api_call *call, const struct apply_wish *wish, struct out *out)
{
	struct view *view = api_view(call);
	struct config_change *changes;
	struct error err = { 0 };
	size_t count;
	int rc;

	if (!view)
		return -1;
	rc = config_plan(view, &call->actor, wish->file.items, wish->file.count,
			 wish->file.is_prune, &changes, &count, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return -1;
	}
	out_init(out, call->arena);
	out_changes(out, changes, count);
	return 0;
}

/* Secrets are no part of the configuration's version: the worker has to be told. */
static void tell_of_secrets(struct api_call *call, const json_t *secrets)
{
	struct deliverer *deliverer = call->api->config.deliverer;
	struct snapshot *snapshot = snapshot_get(call->store, call->actor.workspace, NULL);
	const char *name;
	json_t *given;

	if (!snapshot)
		return;
	json_object_foreach((json_t *)secrets, name, given) {
		const struct connection *connection =
			config_connection(snapshot_config(snapshot), name);

		if (connection)
			deliverer_renew(deliverer, connection->id);
	}
	snapshot_release(snapshot);
}

/* All that is wrong, with the first of it as the sentence. */
static void refuse(struct api_call *call, const struct problems *problems)
{
	const char *first = problems->items[0].message;
	struct answer answer;

	answer_refused(call->arena, 422, "invalid",
		       problems->count == 1 ?
			       first :
			       arena_printf(call->arena, "%s; and %zu more", first,
					    problems->count - 1),
		       problems, &answer);
	api_answer_problem(call, &answer, NULL);
}

static bool apply(struct api_call *call, struct apply_wish *wish)
{
	struct error err = { 0 };

	if (store_run(call->store, URGENCY_INTERACTIVE, call->actor.workspace, apply_run, wish,
		      &err) < 0) {
		api_fail(call, &err);
		return false;
	}
	snapshot_expire(call->store);
	if (call->api->config.deliverer) {
		deliverer_wake(call->api->config.deliverer);
		tell_of_secrets(call, wish->secrets);
	}
	return true;
}

/* Whether the file may be applied, after answering what is wrong with it. */
static bool check(struct api_call *call, struct apply_wish *wish, const json_t *workspace)
{
	struct problems *problems = arena_alloc(call->arena, sizeof(*problems));
	struct config_item *items;

	config_split_all(call->arena, workspace, &items, &wish->file.count, problems);
	wish->file.items = items;
	wish->file.is_fresh =
		arena_array(call->arena, wish->file.count + 1, sizeof(*wish->file.is_fresh));
	if (apply_check(call, &wish->file, problems) < 0)
		return false;
	if (problems->count)
		refuse(call, problems);
	return problems->count == 0;
}

/* {"workspace": {...}, "secrets": {...}, "webhook_secret": "whsec_...", "prune": false,
 * "plan": false} */
void api_apply(struct api_call *call)
{
	json_t *body = api_body(call, "workspace secrets webhook_secret prune plan");
	struct apply_wish wish = { .call = call };
	struct problems *warnings = arena_alloc(call->arena, sizeof(*warnings));
	struct out out;

	if (!body)
		return;
	wish.file.is_prune = json_is_true(json_object_get(body, "prune"));
	wish.secrets = json_object_get(body, "secrets");
	wish.webhook_secret = json_string_of(body, "webhook_secret");
	if (!check(call, &wish, json_object_get(body, "workspace")) ||
	    plan(call, &wish, &out) < 0)
		return;
	if (!json_is_true(json_object_get(body, "plan"))) {
		if (!apply(call, &wish))
			return;
		/* It is applied: what is not known about it stops nothing. */
		if (wish.changed > 0 && apply_warn(call, &wish.file, warnings) < 0)
			warnings->count = 0;
	}
	out_problems(&out, "warnings", warnings);
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}
