/* connection_asks.c - /v1/connections/{name}/test, /schema, /limits: what the CRM itself says.
 * Threads: handlers; each waits for the CRM, 30 s at most, and a test as long for each object
 * that it looks at and for each field that it makes. */
#include "api/internal.h"
#include "api/shapes.h"
#include "base/attributes.h"
#include "base/json.h"
#include "base/text.h"
#include "connectors/registry.h"
#include "deliver/deliver.h"

struct asked {
	const struct connection *connection;
	const struct connector *connector;
	const char *objects[16]; /* that its mappings write, else the connector's first */
	size_t nobjects;
};

static void add_object(struct asked *asked, const char *object)
{
	for (size_t i = 0; i < asked->nobjects; i++)
		if (text_equal(asked->objects[i], object))
			return;
	if (object && asked->nobjects < ARRAY_LEN(asked->objects))
		asked->objects[asked->nobjects++] = object;
}

static bool read_asked(struct api_call *call, struct asked *asked)
{
	const struct config *config = api_config(call);

	*asked = (struct asked){ .connection = NULL };
	if (!config)
		return false;
	asked->connection = config_connection(config, call->params[0]);
	if (!asked->connection) {
		api_problem(call, 404, "not_found", "there is no connection \"%s\"",
			    call->params[0]);
		return false;
	}
	asked->connector = connector_of(call->arena, asked->connection);
	if (!asked->connector || !call->api->config.deliverer) {
		api_problem(call, 503, "unavailable", "this server delivers nothing");
		return false;
	}
	for (size_t i = 0; i < config->nmappings; i++)
		if (text_equal(config->mappings[i].connection, asked->connection->name))
			add_object(asked, config->mappings[i].object);
	if (!asked->nobjects && asked->connector->objects)
		add_object(asked, asked->connector->objects[0].name);
	return true;
}

/* ---- Test ---- */

static int check(struct api_call *call, const struct asked *asked, const char *object,
		 struct check_report *report, struct error *err)
{
	return deliverer_check(call->api->config.deliverer, call->actor.workspace,
			       asked->connection->name, object, call->arena, report, err);
}

static int create_key(struct api_call *call, const struct asked *asked, const char *object,
		      struct check_report *report, struct error *err)
{
	return deliverer_create_key(call->api->config.deliverer, call->actor.workspace,
				    asked->connection->name, object, call->arena, report, err);
}

static void out_number(struct out *out, const char *name, int64_t number)
{
	if (number >= 0)
		out_int(out, name, number);
	else
		out_text(out, name, NULL);
}

static void out_report(struct out *out, const struct check_report *report)
{
	out_text(out, "account", report->account);
	out_text(out, "account_name", report->account_name);
	out_number(out, "calls_max", report->calls_max);
	out_number(out, "calls_left", report->calls_left);
}

/* One object: whether it works, whether our field is there, and made if that is wanted.
 * Returns whether all is well. */
static int test_object(struct api_call *call, const struct asked *asked, const char *object,
		       bool may_create, struct check_report *report, struct out *out,
		       struct error *err)
{
	bool wants_key = asked->connector->remote_key && asked->connector->create_key;
	bool is_created = false;
	const char *problem;

	if (check(call, asked, object, report, err) < 0)
		return -1;
	problem = report->problem;
	if (report->is_ok && wants_key && !report->has_remote_key && may_create) {
		struct check_report made;

		if (create_key(call, asked, object, &made, err) < 0)
			return -1;
		is_created = made.is_ok;
		problem = made.problem;
		report->has_remote_key = made.has_remote_key;
	}
	out_open(out, NULL, '{');
	out_text(out, "object", object);
	out_bool(out, "works", report->is_ok);
	out_text(out, "remote_key", wants_key ? asked->connector->remote_key : NULL);
	out_bool(out, "has_remote_key", report->has_remote_key);
	out_bool(out, "created", is_created);
	out_text(out, "problem", problem);
	out_close(out, '}');
	return report->is_ok && (!wants_key || report->has_remote_key);
}

void api_connections_test(struct api_call *call)
{
	json_t *body = api_body_or_none(call, "create_key");
	bool may_create = json_is_true(json_object_get(body, "create_key")), is_well = true;
	struct check_report report = { .calls_max = -1, .calls_left = -1 };
	struct asked asked;
	struct error err = { 0 };
	struct out out;

	if (!body || !read_asked(call, &asked))
		return;
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_text(&out, "name", asked.connection->name);
	out_open(&out, "objects", '[');
	for (size_t i = 0; i < asked.nobjects; i++) {
		int rc = test_object(call, &asked, asked.objects[i], may_create, &report, &out,
				     &err);

		if (rc < 0) {
			api_fail(call, &err);
			return;
		}
		is_well = is_well && rc;
	}
	out_close(&out, ']');
	out_bool(&out, "is_ok", is_well);
	out_report(&out, &report);
	out_close(&out, '}');
	/* Whatever was mended is noticed now, not at the next look. */
	deliverer_renew(call->api->config.deliverer, asked.connection->id);
	api_reply_out(call, 200, &out);
}

/* ---- Schema ---- */

static int kept_catalog(struct api_call *call, const struct asked *asked, const char *object,
			struct catalog *catalog)
{
	struct view *view = api_view(call);
	struct error err = { 0 };
	int found;

	if (!view)
		return -1;
	found = catalog_find_kept(view, call->actor.workspace, asked->connection->id, object,
				  catalog, &err);
	view_close(view);
	if (found < 0)
		api_fail(call, &err);
	return found;
}

void api_connections_schema(struct api_call *call)
{
	const char *object = api_query(call, "object"), *refresh = api_query(call, "refresh");
	struct catalog catalog;
	struct asked asked;
	struct error err = { 0 };
	struct out out;
	int found = 0;

	if (!read_asked(call, &asked))
		return;
	if (!object && asked.nobjects)
		object = asked.objects[0];
	if (!object) {
		api_problem(call, 422, "invalid", "object: which one?");
		return;
	}
	if (!text_equal(refresh, "true"))
		found = kept_catalog(call, &asked, object, &catalog);
	if (found < 0)
		return;
	if (!found &&
	    deliverer_describe(call->api->config.deliverer, call->actor.workspace,
			       asked.connection->name, object, call->arena, &catalog, &err) < 0) {
		api_fail(call, &err);
		return;
	}
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_text(&out, "connection", asked.connection->name);
	out_time(&out, "read_at", catalog.read_at);
	out_json(&out, "schema", json_keep(call->arena, catalog_to_json(&catalog)));
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}

/* ---- Limits ---- */

void api_connections_limits(struct api_call *call)
{
	struct check_report report;
	struct asked asked;
	struct error err = { 0 };
	struct out out;

	if (!read_asked(call, &asked))
		return;
	if (deliverer_limits(call->api->config.deliverer, call->actor.workspace,
			     asked.connection->name, call->arena, &report, &err) < 0) {
		api_fail(call, &err);
		return;
	}
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_text(&out, "name", asked.connection->name);
	out_bool(&out, "is_ok", report.is_ok);
	out_report(&out, &report);
	out_text(&out, "problem", report.problem);
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}
