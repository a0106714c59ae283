/* openapi.c - the API as OpenAPI 3.1, made from the table of routes, so that the two cannot
 * disagree, and from openapi.json, which the end-to-end tests hold to what is really asked
 * and answered. Threads: pure. */
#include <string.h>

#include "api/internal.h"
#include "api/openapi_parts.h"
#include "api/out.h"
#include "base/text.h"

static const struct described *described(const struct endpoint *endpoint)
{
	static const struct described nothing = { .answers = NULL };

	for (const struct described *d = api_described; d->operation; d++)
		if (text_equal(d->operation, endpoint->id))
			return d;
	return &nothing;
}

/* Those of the path stand in the table of routes, those of the query beside it. */
static void add_parameters(struct out *out, struct arena *arena,
			   const struct endpoint *endpoint)
{
	const char *query = described(endpoint)->query;

	out_open(out, "parameters", '[');
	for (const char *at = strchr(endpoint->path, '{'); at; at = strchr(at + 1, '{')) {
		out_open(out, NULL, '{');
		out_text(out, "name", arena_strndup(arena, at + 1, strcspn(at + 1, "}")));
		out_text(out, "in", "path");
		out_bool(out, "required", true);
		out_open(out, "schema", '{');
		out_text(out, "type", "string");
		out_close(out, '}');
		out_close(out, '}');
	}
	if (query) /* without the brackets: more of the same list */
		out_raw(out, NULL, arena_strndup(arena, query + 1, strlen(query) - 2));
	out_close(out, ']');
}

static void add_body(struct out *out, const struct endpoint *endpoint)
{
	out_open(out, "requestBody", '{');
	if (described(endpoint)->body)
		out_raw(out, "content", described(endpoint)->body);
	else
		out_raw(out, "content", "{\"application/json\":{\"schema\":{}}}");
	out_int(out, "x-max-bytes", (int64_t)endpoint->body_max);
	out_close(out, '}');
}

/* Any of which lets a token in. */
static const struct {
	enum scope scope;
	const char *name;
} scopes[] = { { SCOPE_INGEST, "ingest" }, { SCOPE_READ, "read" }, { SCOPE_ADMIN, "admin" } };

static void add_responses(struct out *out, struct arena *arena,
			  const struct endpoint *endpoint)
{
	const char *answers = described(endpoint)->answers;

	/* Without its closing bracket: the problems stand beside what went well. */
	if (answers)
		out_raw(out, "responses", arena_strndup(arena, answers, strlen(answers) - 1));
	else
		out_open(out, "responses", '{');
	out_open(out, "default", '{');
	out_text(out, "description", "A problem (RFC 9457)");
	out_open(out, "content", '{');
	out_open(out, "application/problem+json", '{');
	out_open(out, "schema", '{');
	out_text(out, "$ref", "#/components/schemas/Problem");
	out_close(out, '}');
	out_close(out, '}');
	out_close(out, '}');
	out_close(out, '}');
	out_close(out, '}');
	out_open(out, "security", '[');
	if (endpoint->scope) {
		out_open(out, NULL, '{');
		out_open(out, "token", '[');
		for (size_t i = 0; i < ARRAY_LEN(scopes); i++)
			if (endpoint->scope & scopes[i].scope)
				out_text(out, NULL, scopes[i].name);
		out_close(out, ']');
		out_close(out, '}');
	}
	out_close(out, ']');
}

static void add_operation(struct out *out, struct arena *arena,
			  const struct endpoint *endpoint)
{
	out_open(out, text_lower_ascii(arena, endpoint->method), '{');
	out_text(out, "operationId", endpoint->id);
	out_text(out, "summary", endpoint->summary);
	add_parameters(out, arena, endpoint);
	if (endpoint->body_max)
		add_body(out, endpoint);
	add_responses(out, arena, endpoint);
	out_close(out, '}');
}

static bool is_first_of_path(const struct endpoint *endpoint)
{
	for (const struct endpoint *e = api_routes; e < endpoint; e++)
		if (text_equal(e->path, endpoint->path))
			return false;
	return true;
}

static void add_paths(struct out *out, struct arena *arena)
{
	out_open(out, "paths", '{');
	for (const struct endpoint *e = api_routes; e->method; e++) {
		if (!is_first_of_path(e))
			continue;
		out_open(out, e->path, '{');
		for (const struct endpoint *same = e; same->method; same++)
			if (text_equal(same->path, e->path))
				add_operation(out, arena, same);
		out_close(out, '}');
	}
	out_close(out, '}');
}

static void add_components(struct out *out)
{
	out_open(out, "components", '{');
	out_raw(out, "securitySchemes",
		"{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\"}}");
	out_raw(out, "schemas", api_schemas);
	out_close(out, '}');
}

void api_openapi(struct api_call *call)
{
	struct out out;

	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_text(&out, "openapi", "3.1.0");
	out_open(&out, "info", '{');
	out_text(&out, "title", "Fairlead");
	out_text(&out, "version", FAIRLEAD_VERSION);
	out_close(&out, '}');
	add_paths(&out, call->arena);
	add_components(&out);
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}
