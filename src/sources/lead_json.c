/* lead_json.c - one lead as our API takes it. Threads: pure. */
#include "sources/lead_json.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sources/consent.h"

/* A lead while it is being read. */
struct reading {
	struct arena *arena;
	const struct lead_json *lead;
	const struct source *source;
	struct given *items;
	size_t nitems;
	struct consents consents;
	struct problems errors;
};

static void add(struct reading *r, const char *name, const json_t *json)
{
	struct given *item = &r->items[r->nitems++];
	struct error why;

	item->name = name;
	if (value_from_json(r->arena, json, &item->value, &why) < 0) {
		problem_add(&r->errors, name, "not_a_value",
			    arena_strdup(r->arena, why.message),
			    "send text, a number, true, false, null or a list of those");
		r->nitems--;
	}
}

static void add_custom(struct reading *r, const json_t *custom)
{
	const char *name;
	json_t *json;

	if (!json_is_object(custom)) {
		problem_add(&r->errors, "custom", "not_an_object", "not an object",
			    "send {\"name\": value, ...}");
		return;
	}
	json_object_foreach((json_t *)custom, name, json)
		add(r, arena_printf(r->arena, CUSTOM_PREFIX "%s", name), json);
}

static const char *nearest_source(const struct reading *r, const char *name)
{
	const struct config *config = r->lead->config;
	const char **names = arena_array(r->arena, config->nsources, sizeof(*names));

	for (size_t i = 0; i < config->nsources; i++)
		names[i] = config->sources[i].name;
	return text_nearest(name, names, config->nsources);
}

/* The source is known before all else: its map says what the other names mean. */
static void choose_source(struct reading *r, const json_t *object)
{
	const json_t *member = json_object_get(object, "source");
	const char *name = json_string_value(member), *near;
	const struct source *source;

	if (!member || json_is_null(member) || (name && !*name))
		return;
	source = name ? config_source(r->lead->config, name) : NULL;
	if (source) {
		r->source = source;
		return;
	}
	near = name ? nearest_source(r, name) : NULL;
	problem_add(&r->errors, "source", "source_unknown",
		    "no source of that name is configured",
		    near ? arena_printf(r->arena, "did you mean \"%s\"?", near) :
			   "send the name of a source, or leave it out");
}

/* Whether the source's map says what `name` means: then ours does not count. */
static bool is_mapped(const struct reading *r, const char *name)
{
	for (size_t i = 0; i < r->source->nrenames; i++)
		if (strcmp(r->source->renames[i].from, name) == 0)
			return true;
	return false;
}

static void read_object(struct reading *r, const json_t *object)
{
	const char *name;
	json_t *json;

	choose_source(r, object);
	json_object_foreach((json_t *)object, name, json) {
		if (is_mapped(r, name))
			add(r, arena_strdup(r->arena, name), json);
		else if (strcmp(name, "custom") == 0)
			add_custom(r, json);
		else if (strcmp(name, "consent") == 0 && !json_is_null(json))
			consent_from_json(r->arena, json, r->source->time_zone, &r->consents,
					  &r->errors);
		else if (strcmp(name, "source") != 0 && strcmp(name, "consent") != 0)
			add(r, arena_strdup(r->arena, name), json);
	}
}

/* How many values there may be. */
static size_t size_of(const json_t *object)
{
	return json_object_size(object) + json_object_size(json_object_get(object, "custom"));
}

int lead_json_prepare(struct arena *arena, struct arena *scratch,
		      const struct lead_json *lead, struct submission *submission,
		      struct error *err)
{
	const json_t *json = json_parse(scratch, lead->text, lead->len, &json_limits_lead,
					err);
	struct reading r = { .arena = arena, .lead = lead, .source = lead->source };
	struct given_lead given = {
		.config = lead->config,
		.naming = NAMING_STRICT,
		.received_at = lead->received_at,
		.raw = lead->text,
		.raw_len = lead->len,
		.content_type = lead->content_type,
		.key = lead->key,
		.errors = &r.errors,
	};

	if (!json)
		return -1;
	r.items = arena_array(arena, size_of(json), sizeof(*r.items));
	if (json_is_object(json))
		read_object(&r, json);
	else
		problem_add(&r.errors, NULL, "not_an_object",
			    "a lead is a JSON object, and this is something else",
			    "send {\"email\": ...}");
	given.source = r.source;
	given.items = r.items;
	given.nitems = r.nitems;
	given.consents = r.consents.items;
	given.nconsents = r.consents.count;
	prepare_submission(arena, &given, submission);
	return 0;
}
