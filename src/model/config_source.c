/* config_source.c - reads the configuration of a source. Threads: pure. */
#include <string.h>

#include "base/text.h"
#include "model/config_items.h"
#include "model/member_form.h"

static void form_read(const struct place *place, void *into);
static void renames_read(const struct place *place, void *into);
static void address_read(const struct place *place, void *into);

#define AT(member) offsetof(struct source, member)

static const struct member members[] = {
	{ "name", MEMBER_NAME, AT(name), .is_required = true },
	{ "kind", MEMBER_WORD, AT(kind), .words = "api|form|file", .is_required = true },
	{ "trust", MEMBER_WORD, AT(trust), .words = "trusted|public" },
	{ "label", MEMBER_LABEL, AT(label) },
	{ "default_country", MEMBER_COUNTRY, AT(default_country) },
	{ "time_zone", MEMBER_ZONE, AT(time_zone) },
	{ "mandatory", MEMBER_GIVENS, AT(mandatory), AT(nmandatory) },
	{ "keys", MEMBER_KEYS, AT(keys), AT(nkeys) },
	{ "unique", MEMBER_KEYS, AT(unique), AT(nunique) },
	{ "behaviour", MEMBER_WORD, AT(behaviour),
	  .words = "capture|create_only|update_only|none" },
	{ "reject_in_process", MEMBER_BOOL, AT(reject_in_process) },
	{ "may_clear", MEMBER_BOOL, AT(may_clear) },
	{ "map", MEMBER_OWN, .read = renames_read },
	{ "ignore", MEMBER_TEXTS, AT(ignored), AT(nignored), .max = 200 },
	{ "form", MEMBER_OWN, .read = form_read },
	{ "lane", MEMBER_WORD, AT(lane), .words = "hot|normal|bulk" },
	{ "address", MEMBER_OWN, .read = address_read },
	{ NULL },
};

static const struct member form_members[] = {
	{ "origins", MEMBER_TEXTS, offsetof(struct form, origins),
	  offsetof(struct form, norigins) },
	{ "thank_you", MEMBER_URL, offsetof(struct form, thank_you) },
	{ "honeypot", MEMBER_LABEL, offsetof(struct form, honeypot) },
	{ NULL },
};

static void form_read(const struct place *place, void *into)
{
	struct source *source = into;
	struct place origins = place_member(place, "origins");

	members_read(place, form_members, &source->form);
	for (size_t i = 0; i < json_array_size(origins.json); i++) {
		struct place origin = place_element(&origins, i);
		const char *text = json_string_value(origin.json);

		if (text && !form_is_origin(text))
			place_fault(&origin, "not_an_origin",
				    "must be scheme and host alone, in lower case, such as "
				    "https://www.example.org");
	}
}

#define FROM_MAX 500 /* bytes: forms name fields after whole questions */

/* An object of names and fields: {"Your phone": phone}. */
static void renames_read(const struct place *place, void *into)
{
	struct source *source = into;
	struct arena *arena = place->reader->arena;
	const char *from;
	json_t *json;

	if (!json_is_object(place->json)) {
		place_fault(place, "not_an_object",
			    "must hold the sender's names and our fields, such as "
			    "{\"Your phone\": phone}");
		return;
	}
	source->renames = arena_array(arena, json_object_size(place->json),
				      sizeof(*source->renames));
	json_object_foreach((json_t *)place->json, from, json) {
		struct place element = { place->reader, place, from, 0, json };
		const char *to = member_given(&element);

		if (!*from || strlen(from) > FROM_MAX)
			place_fault(&element, "too_long",
				    "the sender's name must have 1 to %d bytes", FROM_MAX);
		else if (to)
			source->renames[source->nrenames++] = (struct rename){
				arena_strdup(arena, from), arena_strdup(arena, to) };
	}
}

#define ADDRESS_MIN 16 /* letters of 6 bits: too many to guess */
#define ADDRESS_MAX 64

static void address_read(const struct place *place, void *into)
{
	struct source *source = into;
	const char *text = member_text(place, ADDRESS_MAX);

	if (!text)
		return;
	if (strlen(text) < ADDRESS_MIN || !form_is_name(text)) {
		place_fault(place, "not_an_address",
			    "must be %d to %d letters and digits that nobody can guess",
			    ADDRESS_MIN, ADDRESS_MAX);
		return;
	}
	source->address = arena_strdup(place->reader->arena, text);
}

static bool is_given(const struct place *place, const char *name)
{
	return place_member(place, name).json != NULL;
}

static void fill_in(const struct place *place, struct source *source)
{
	static const char *keys[] = { "email", "phone" };

	if (!source->label)
		source->label = source->name;
	if (!is_given(place, "keys")) {
		source->keys = arena_memdup(place->reader->arena, keys, sizeof(keys));
		source->nkeys = ARRAY_LEN(keys);
	}
	if (!is_given(place, "trust"))
		source->trust = source->kind == SOURCE_FORM ? TRUST_PUBLIC : TRUST_TRUSTED;
	if (!is_given(place, "lane"))
		source->lane = source->kind == SOURCE_FILE ? LANE_BULK : LANE_HOT;
}

/* Members that go together, or do not. */
static void check_together(const struct place *place, const struct source *source)
{
	struct place keys = place_member(place, "keys"), form = place_member(place, "form");
	struct place clear = place_member(place, "may_clear");

	if (keys.json && json_is_array(keys.json) && json_array_size(keys.json) == 0)
		place_fault(&keys, "empty", "must name at least one field");
	if (text_equal(source->name, "api") && source->kind != SOURCE_API)
		place_fault(place, "built_in",
			    "the source \"api\" is there already, of kind api: take another name");
	if (form.json && source->kind != SOURCE_FORM)
		place_fault(&form, "not_a_form", "only a source of kind form has a form");
	if (source->may_clear && source->trust == TRUST_PUBLIC)
		place_fault(&clear, "public",
			    "a public source cannot clear a value: anybody may write to it");
}

void source_read(const struct place *place, const struct config_item *item, void *into)
{
	struct source *source = into;

	members_read(place, members, source);
	source->id = item->id;
	source->name = arena_strdup(place->reader->arena, item->name);
	fill_in(place, source);
	check_together(place, source);
}

void source_read_builtin_api(struct source *source)
{
	static const char *keys[] = { "email", "phone" };

	*source = (struct source){
		.id = CONFIG_SOURCE_API_ID,
		.name = "api",
		.kind = SOURCE_API,
		.trust = TRUST_TRUSTED,
		.label = "API",
		.keys = keys,
		.nkeys = ARRAY_LEN(keys),
		.lane = LANE_HOT,
	};
}
