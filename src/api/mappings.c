/* mappings.c - /v1/mappings: what each is, was, and whether it can work. Threads: handlers. */
#include <string.h>

#include "api/internal.h"
#include "api/mapping_check.h"
#include "api/shapes.h"
#include "base/json.h"
#include "base/text.h"
#include "mapping/versions.h"

/* ---- All ---- */

static void out_sync(struct out *out, const struct sync *sync)
{
	if (!sync) {
		out_raw(out, "sync", NULL);
		return;
	}
	out_open(out, "sync", '{');
	out_text(out, "mode", sync_mode_name(sync->mode));
	out_text(out, "behaviour", behaviour_name(sync->behaviour));
	out_bool(out, "is_paused", sync->is_paused);
	out_close(out, '}');
}

/* The members that every answer about a mapping has. */
static void out_mapping_members(struct out *out, const struct config *config,
				const struct mapping *mapping)
{
	out_text(out, "name", mapping->name);
	out_text(out, "owner", mapping->owner);
	out_text(out, "connection", mapping->connection);
	out_text(out, "object", mapping->object);
	out_int(out, "version", mapping->version);
	out_sync(out, config_sync(config, mapping->name));
}

static int out_checked(struct out *out, struct api_call *call, struct view *view,
		       const struct mapping *mapping, struct error *err)
{
	struct mapping_check *check = arena_alloc(call->arena, sizeof(*check));

	if (mapping_can_work(call->arena, view, api_config(call), mapping, check, err) < 0)
		return -1;
	out_time(out, "schema_read_at", check->catalog ? check->catalog->read_at : 0);
	out_problems(out, "errors", &check->errors);
	out_problems(out, "warnings", &check->warnings);
	return 0;
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const struct config *config = api_config(call);

	for (size_t i = 0; i < config->nmappings; i++) {
		const struct mapping *mapping = &config->mappings[i];

		out_open(out, NULL, '{');
		out_mapping_members(out, config, mapping);
		out_int(out, "lines", (int64_t)mapping->nfields);
		if (out_checked(out, call, view, mapping, err) < 0)
			return -1;
		out_close(out, '}');
	}
	return 0;
}

void api_mappings_list(struct api_call *call)
{
	if (api_config(call))
		api_list_whole(call, list);
}

/* ---- Versions ---- */

struct versions {
	struct kept_version *rows; /* newest first; at least one */
	size_t count;
};

static int find_versions(struct api_call *call, struct view *view, struct versions *v,
			 struct error *err)
{
	if (config_versions(view, &call->actor, "mapping", call->params[0], &v->rows, &v->count,
			    err) < 0)
		return -1;
	if (v->count == 0)
		return error_set(err, ERR_NOT_FOUND, "there is no mapping \"%s\"",
				 call->params[0]);
	return 0;
}

/* The version that the query's `name` asks for; without one rows[`otherwise`]. */
static int asked_version(struct api_call *call, const struct versions *v, const char *name,
			 size_t otherwise, const struct kept_version **row,
			 struct error *err)
{
	const char *text = api_query(call, name);
	int64_t version;

	*row = otherwise < v->count ? &v->rows[otherwise] : NULL;
	if (!text)
		return 0;
	if (!text_int(text, &version))
		return error_set(err, ERR_INVALID, "%s: want the number of a version", name);
	for (size_t i = 0; i < v->count; i++) {
		*row = &v->rows[i];
		if (v->rows[i].version == version)
			return 0;
	}
	return error_set(err, ERR_NOT_FOUND, "%s: this mapping has no version %.20s", name, text);
}

static int read_spec(struct arena *arena, const struct kept_version *row, json_t **spec,
		     struct mapping *mapping, struct error *err)
{
	*spec = json_parse(arena, row->spec, strlen(row->spec), &json_limits_large, err);
	if (!*spec || mapping_from_json(arena, *spec, mapping, err) < 0)
		return error_wrap(err, "version %lld", (long long)row->version);
	mapping->version = row->version;
	return 0;
}

/* What a version changed of an older one; NULL: it was the first. */
static int out_changes(struct out *out, struct arena *arena, const struct kept_version *older,
		       const struct kept_version *newer, struct error *err)
{
	struct mapping before = { 0 }, after = { 0 };
	struct mapping_change *changes;
	json_t *spec;
	size_t count;

	if ((older && read_spec(arena, older, &spec, &before, err) < 0) ||
	    read_spec(arena, newer, &spec, &after, err) < 0)
		return -1;
	count = mapping_diff(arena, older ? &before : NULL, &after, &changes);
	out_json(out, "changes", json_keep(arena, mapping_diff_json(changes, count)));
	return 0;
}

static int list_versions(struct api_call *call, struct view *view, struct out *out,
			 struct error *err)
{
	struct versions v;

	if (find_versions(call, view, &v, err) < 0)
		return -1;
	for (size_t i = 0; i < v.count; i++) {
		struct mapping mapping = { 0 };
		json_t *spec;

		if (read_spec(call->arena, &v.rows[i], &spec, &mapping, err) < 0)
			return -1;
		out_open(out, NULL, '{');
		out_int(out, "version", v.rows[i].version);
		out_time(out, "at", v.rows[i].at);
		out_bool(out, "is_current", v.rows[i].until == 0);
		out_text(out, "owner", mapping.owner);
		if (out_changes(out, call->arena, i + 1 < v.count ? &v.rows[i + 1] : NULL,
				&v.rows[i], err) < 0)
			return -1;
		out_close(out, '}');
	}
	return 0;
}

void api_mappings_versions(struct api_call *call)
{
	api_list_whole(call, list_versions);
}

static int diff(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const struct kept_version *to, *from;
	struct versions v;

	if (find_versions(call, view, &v, err) < 0 ||
	    asked_version(call, &v, "to", 0, &to, err) < 0 ||
	    asked_version(call, &v, "from", (size_t)(to - v.rows) + 1, &from, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_text(out, "name", call->params[0]);
	if (from)
		out_int(out, "from", from->version);
	else
		out_raw(out, "from", NULL);
	out_int(out, "to", to->version);
	if (out_changes(out, call->arena, from, to, err) < 0)
		return -1;
	out_close(out, '}');
	return 0;
}

void api_mappings_diff(struct api_call *call)
{
	api_read(call, diff);
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const struct config *config = api_config(call);
	const struct kept_version *row;
	struct mapping mapping = { 0 };
	struct versions v;
	json_t *spec;

	if (find_versions(call, view, &v, err) < 0 ||
	    asked_version(call, &v, "version", 0, &row, err) < 0 ||
	    read_spec(call->arena, row, &spec, &mapping, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_mapping_members(out, config, &mapping);
	out_time(out, "at", row->at);
	out_bool(out, "is_current", row->until == 0);
	out_json(out, "mapping", spec);
	if (out_checked(out, call, view, &mapping, err) < 0)
		return -1;
	out_close(out, '}');
	return 0;
}

void api_mappings_get(struct api_call *call)
{
	if (api_config(call))
		api_read(call, get);
}

/* ---- Can it work? ---- */

struct validating {
	const json_t *given; /* a mapping that is not kept, or NULL */
	struct mapping mapping;
	struct problems form;
};

/* What is wrong with its form is said like all else. */
static void read_given(struct api_call *call, struct validating *v)
{
	struct config_item item = { .kind = "mapping", .name = call->params[0],
				    .spec = v->given };
	struct error err = { 0 };

	if (mapping_from_json(call->arena, v->given, &v->mapping, &err) < 0)
		config_add_error(call->arena, &item, &err, &v->form);
}

static int out_verdict(struct api_call *call, struct view *view, const struct validating *v,
		       struct out *out, struct error *err)
{
	struct mapping_check *check = arena_alloc(call->arena, sizeof(*check));
	int works = 0;

	if (v->form.count == 0)
		works = mapping_can_work(call->arena, view, api_config(call), &v->mapping, check,
				      err);
	if (works < 0)
		return -1;
	if (v->form.count == 0 && !check->connection)
		problem_add(&check->warnings, "connection", "unknown_connection",
			    "the workspace has no connection of that name: only the form was "
			    "checked",
			    "apply the connection first, then validate again");
	else if (v->form.count == 0 && mapping_check_is_blind(check))
		problem_add(&check->warnings, "object", "unknown_schema",
			    "the CRM's fields are not known: only the form was checked",
			    "ask for the connection's schema, then validate again");
	out_open(out, NULL, '{');
	out_text(out, "name", call->params[0]);
	out_bool(out, "is_valid", works == 1);
	out_time(out, "schema_read_at", check->catalog ? check->catalog->read_at : 0);
	out_problems(out, "errors", v->form.count ? &v->form : &check->errors);
	out_problems(out, "warnings", &check->warnings);
	out_close(out, '}');
	return 0;
}

static int find_kept(struct api_call *call, struct view *view, struct validating *v,
		     struct error *err)
{
	struct versions versions;
	json_t *spec;

	if (v->given)
		return 0;
	return find_versions(call, view, &versions, err) < 0 ?
		       -1 :
		       read_spec(call->arena, &versions.rows[0], &spec, &v->mapping, err);
}

/* {"mapping": {...}}, a line of a workspace file; or nothing: the one that is kept. */
void api_mappings_validate(struct api_call *call)
{
	struct validating v = { 0 };
	struct error err = { 0 };
	struct view *view;
	struct out out;
	json_t *body;
	int rc;

	body = api_body_or_none(call, "mapping");
	if (!body || !api_config(call))
		return;
	v.given = json_object_get(body, "mapping");
	if (v.given)
		read_given(call, &v);
	view = api_view(call);
	if (!view)
		return;
	out_init(&out, call->arena);
	rc = find_kept(call, view, &v, &err);
	if (rc == 0)
		rc = out_verdict(call, view, &v, &out, &err);
	view_close(view);
	if (rc < 0)
		api_fail(call, &err);
	else
		api_reply_out(call, 200, &out);
}
