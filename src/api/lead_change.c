/* lead_change.c - what a person writes into a lead. Threads: pure. */
#include "api/lead_change.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sources/prepare.h"

struct reading {
	struct arena *arena;
	const struct config *config;
	struct lead_change *change;
	struct given *items;      /* what a source could send */
	size_t nitems;
	struct field *concluded;  /* what only people and CRMs say */
	size_t nconcluded;
};

/* ---- Fields that no source sends ---- */

static void refuse(struct reading *r, const char *field, const char *code,
		   const char *message, const char *instruction)
{
	problem_add(&r->change->problems, field, code, message, instruction);
}

static bool owner_is_known(struct reading *r, struct value *value)
{
	if (config_person(r->config, value->text))
		return true;
	refuse(r, "owner", "owner_unknown", "no person of that name is configured",
	       "send the name of one of the workspace's people");
	return false;
}

static bool time_is_read(struct reading *r, struct value *value)
{
	char text[CLOCK_TEXT_SIZE];
	int64_t at;

	if (!clock_parse(value->text, &at)) {
		refuse(r, "callback_at", "time_invalid", "not a time",
		       "send it as 2026-03-02T09:30:00+01:00");
		return false;
	}
	clock_format(at, text);
	*value = value_text(arena_strdup(r->arena, text));
	return true;
}

static const struct {
	const char *name;
	bool (*check)(struct reading *r, struct value *value);
} concluded[] = {
	{ "status", NULL },
	{ "owner", owner_is_known },
	{ "disqualify_reason", NULL },
	{ "qualification_status", NULL },
	{ "callback_at", time_is_read },
};

static bool text_is_fit(struct reading *r, const char *name, struct value value)
{
	const struct standard_field *field = standard_field_find(name);

	for (const char *p = value.text; *p; p++)
		if ((unsigned char)*p < ' ') {
			refuse(r, name, "control_character", "has a control character",
			       "send plain text");
			return false;
		}
	if (field && text_length(value.text) > field->max_len) {
		refuse(r, name, "too_long", "is too long", "shorten it");
		return false;
	}
	return true;
}

/* Whether the name is one of these; then its value is taken or refused. */
static bool take_concluded(struct reading *r, const char *name, const json_t *json)
{
	struct value value;
	size_t i;

	for (i = 0; i < ARRAY_LEN(concluded); i++)
		if (strcmp(concluded[i].name, name) == 0)
			break;
	if (i == ARRAY_LEN(concluded))
		return false;
	if (!json_is_string(json) && !json_is_null(json)) {
		refuse(r, concluded[i].name, "not_text", "not text", "send text, or null to clear");
		return true;
	}
	value = json_is_null(json) ? value_null() : value_text(json_string_value(json));
	if (value.type == VALUE_TEXT &&
	    (!text_is_fit(r, concluded[i].name, value) ||
	     (concluded[i].check && !concluded[i].check(r, &value))))
		return true;
	r->concluded[r->nconcluded++] = (struct field){ concluded[i].name, value };
	return true;
}

/* ---- Fields that sources send ---- */

static const char *const of_enquiry[] = { "message", "source", "enquiry_id", "occurred_at",
					  "consent", "is_test" };

static bool is_of_enquiry(struct reading *r, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(of_enquiry); i++)
		if (strcmp(of_enquiry[i], name) == 0) {
			refuse(r, of_enquiry[i], "not_of_lead",
			       "belongs to an enquiry, not to the lead",
			       "send a new submission instead");
			return true;
		}
	return false;
}

static void take(struct reading *r, const char *name, const json_t *json)
{
	struct given *item = &r->items[r->nitems];
	struct error why;

	if (is_of_enquiry(r, name) || take_concluded(r, name, json))
		return;
	item->name = name;
	if (value_from_json(r->arena, json, &item->value, &why) < 0)
		refuse(r, name, "not_a_value", arena_strdup(r->arena, why.message),
		       "send text, a number, true, false, null or a list of those");
	else
		r->nitems++;
}

static void take_object(struct reading *r, const json_t *object)
{
	const json_t *custom = json_object_get(object, "custom");
	const char *name;
	json_t *json;

	json_object_foreach((json_t *)object, name, json)
		if (strcmp(name, "custom") != 0)
			take(r, arena_strdup(r->arena, name), json);
	if (custom && !json_is_object(custom))
		refuse(r, "custom", "not_an_object", "not an object",
		       "send {\"name\": value, ...}");
	json_object_foreach((json_t *)custom, name, json)
		take(r, arena_printf(r->arena, CUSTOM_PREFIX "%s", name), json);
}

/* ---- A person as a source ---- */

static void add_key(const char **keys, size_t *count, const char *key)
{
	for (size_t i = 0; i < *count; i++)
		if (text_equal(keys[i], key))
			return;
	keys[(*count)++] = key;
}

/* A person's values are known by whatever any source knows leads by. */
static void collect_keys(struct arena *arena, const struct config *config,
			 struct source *source)
{
	size_t room = 2;

	for (size_t i = 0; i < config->nsources; i++)
		room += config->sources[i].nkeys + config->sources[i].nunique;
	source->keys = arena_array(arena, room, sizeof(*source->keys));
	add_key(source->keys, &source->nkeys, "email");
	add_key(source->keys, &source->nkeys, "phone");
	for (size_t i = 0; i < config->nsources; i++) {
		const struct source *other = &config->sources[i];

		for (size_t j = 0; j < other->nkeys; j++)
			add_key(source->keys, &source->nkeys, other->keys[j]);
		for (size_t j = 0; j < other->nunique; j++)
			add_key(source->keys, &source->nkeys, other->unique[j]);
	}
}

static struct source person_source(struct arena *arena, const struct config *config,
				   const struct lead *lead)
{
	struct value country = lead_value(lead, "country");
	struct source source = {
		.name = "person",
		.kind = SOURCE_API,
		.trust = TRUST_TRUSTED,
		.label = "person",
		.may_clear = true,
		.default_country = country.type == VALUE_TEXT ?
					   country.text :
					   config->settings.default_country,
		.time_zone = config->settings.time_zone,
	};

	collect_keys(arena, config, &source);
	return source;
}

/* A change says nothing of what it leaves out: it need not say who the lead is. A value
 * that was not taken is no mere warning here: it was what the person wanted. */
static void take_problems(struct reading *r, const struct submission *s)
{
	for (size_t i = 0; i < s->errors.count; i++) {
		const struct problem *p = &s->errors.items[i];

		if (!text_equal(p->code, "identity_required"))
			refuse(r, p->field, p->code, p->message, p->instruction);
	}
	for (size_t i = 0; i < s->warnings.count; i++) {
		const struct problem *p = &s->warnings.items[i];

		if (p->field && !field_find(s->fields, s->nfields, p->field))
			refuse(r, p->field, p->code, p->message, p->instruction);
	}
}

void lead_change_read(struct arena *arena, const struct config *config,
		      const struct lead *lead, const json_t *object, int64_t now,
		      struct lead_change *change)
{
	size_t room = json_object_size(object) +
		      json_object_size(json_object_get(object, "custom"));
	struct submission *s = arena_alloc(arena, sizeof(*s));
	struct source source = person_source(arena, config, lead);
	struct reading r = { .arena = arena, .config = config, .change = change };
	struct field *fields;

	*change = (struct lead_change){ 0 };
	r.items = arena_array(arena, room, sizeof(*r.items));
	r.concluded = arena_array(arena, room, sizeof(*r.concluded));
	take_object(&r, object);
	prepare_submission(arena, &(struct given_lead){
		.config = config,
		.source = &source,
		.naming = NAMING_STRICT,
		.items = r.items,
		.nitems = r.nitems,
		.received_at = now,
		.raw = "",
	}, s);
	take_problems(&r, s);
	fields = arena_array(arena, s->nfields + r.nconcluded, sizeof(*fields));
	for (size_t i = 0; i < s->nfields; i++)
		fields[change->nfields++] = s->fields[i];
	for (size_t i = 0; i < r.nconcluded; i++)
		fields[change->nfields++] = r.concluded[i];
	change->fields = fields;
	change->identities = s->identities;
	change->nidentities = s->nidentities;
	if (change->nfields == 0 && change->problems.count == 0)
		refuse(&r, NULL, "empty", "nothing to change", "send at least one field");
}
