/* mapping_fuzz.c - any JSON as a mapping, a lead and what a CRM holds. Threads: pure.
 *
 *     {"mapping": {...}, "lead": {"phone": ...}, "seen": {"Phone": ...}}
 *
 * What is refused must be refused in words. What compiles must converge: what was written
 * is the same when it is looked at again, and is no change that the CRM made. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "mapping/check.h"
#include "mapping/plan.h"
#include "mapping/take.h"
#include "mapping/versions.h"
#include "text/unicode.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct catalog_option options[] = {
	{ "A", "First", false }, { "B", NULL, false }, { "C", "Gone", true },
};

#define FIELD(n, t, more...)                                                            \
	{ .name = n, .type = t, .is_creatable = true, .is_updatable = true, more }

static const struct catalog_field fields[] = {
	FIELD("text", CATALOG_TEXT, .length = 12),
	FIELD("area", CATALOG_TEXTAREA),
	FIELD("email", CATALOG_EMAIL, .is_key = true),
	FIELD("phone", CATALOG_PHONE),
	FIELD("url", CATALOG_URL),
	FIELD("integer", CATALOG_INTEGER),
	FIELD("number", CATALOG_NUMBER, .precision = 8, .scale = 2),
	FIELD("boolean", CATALOG_BOOLEAN),
	FIELD("date", CATALOG_DATE),
	FIELD("datetime", CATALOG_DATETIME),
	FIELD("time", CATALOG_TIME),
	FIELD("pick", CATALOG_PICKLIST, .options = options, .noptions = 3),
	FIELD("multi", CATALOG_MULTI_PICKLIST, .options = options, .noptions = 3),
	FIELD("owner", CATALOG_REFERENCE, .length = 18),
	FIELD("any", CATALOG_ANY),
};

static const struct catalog catalog = { "lead", fields, ARRAY_LEN(fields), 0 };
static const char *unset[] = { "A", "queue" };
static const struct connection connection = {
	.id = 1, .name = "crm", .unset_owners = unset, .nunset_owners = 2,
	.unset_statuses = unset, .nunset_statuses = 2,
};

/* The members of an object as named values. */
static size_t read_fields(struct arena *arena, const json_t *json, struct field **out)
{
	size_t count = 0;
	const char *name;
	json_t *member;

	*out = arena_array(arena, json_object_size(json), sizeof(**out));
	json_object_foreach((json_t *)json, name, member) {
		struct field *field = &(*out)[count];

		field->name = name;
		if (value_from_json(arena, member, &field->value, NULL) == 0)
			count++;
	}
	return count;
}

struct fuzz_lead {
	const struct field *fields;
	size_t nfields;
};

static struct lead_field value_of(void *context, const char *name)
{
	const struct fuzz_lead *lead = context;
	const struct field *field = field_find(lead->fields, lead->nfields, name);

	return (struct lead_field){ .name = name,
				    .value = field ? field->value : value_text(NULL),
				    .writer = WRITER_RULE, .at = 50 };
}

static void check_words(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		assert(p->field && *p->field && p->code && *p->code);
		assert(p->message && text_is_utf8(p->message, strlen(p->message)));
		assert(p->instruction && *p->instruction);
	}
}

static void check_line(struct arena *arena, const struct applied_line *line)
{
	struct problem why;
	struct value again;

	if (line->verdict == LINE_HELD)
		assert(line->code && line->reason && line->instruction);
	if (line->verdict != LINE_WRITE || !line->line->target)
		return;
	assert(check_value(arena, line->line->target, line->wanted, &again, &why) == 0);
	assert(value_equal(again, line->wanted));
}

/* The record after the write: what was seen, and what was written over it. */
static size_t after(struct arena *arena, const struct applied *applied,
		    const struct field **now)
{
	return applied_whole(arena, applied, now);
}

static void check_settled(struct arena *arena, const struct compiled_mapping *compiled,
			  struct fuzz_lead *lead, const struct applied *first)
{
	const struct field *now;
	struct there there = { .changed_at = 60 };
	struct applied second;
	struct taken *taken;
	size_t count;

	there.nseen = after(arena, first, &now);
	there.seen = now;
	mapping_apply(arena, compiled, value_of, lead, RECORD_UPDATE, &there, &second);
	for (size_t i = 0; i < first->nlines; i++)
		if (first->lines[i].verdict == LINE_WRITE)
			assert(second.lines[i].verdict == LINE_SAME ||
			       (first->lines[i].is_default &&
				second.lines[i].verdict == LINE_NOTHING));
	count = mapping_take(arena, compiled, value_of, lead, now, there.nseen, NULL, 0, 60,
			     &taken);
	for (size_t i = 0; i < count; i++)
		if (first->lines[taken[i].line - compiled->lines].verdict == LINE_WRITE)
			assert(taken[i].verdict == TAKE_UNCHANGED);
}

static void try_lead(struct arena *arena, const struct compiled_mapping *compiled,
		     const json_t *json)
{
	struct field *given, *seen;
	struct fuzz_lead lead;
	struct there there = { .changed_at = 40 };
	struct applied applied;
	struct taken *taken;

	lead.nfields = read_fields(arena, json_object_get(json, "lead"), &given);
	lead.fields = given;
	there.nseen = read_fields(arena, json_object_get(json, "seen"), &seen);
	there.seen = seen;
	for (int action = RECORD_CREATE; action <= RECORD_UPDATE; action++) {
		mapping_apply(arena, compiled, value_of, &lead, (enum record_action)action,
			      &there, &applied);
		for (size_t i = 0; i < applied.nlines; i++)
			check_line(arena, &applied.lines[i]);
		json_keep(arena, plan_rows_json(&applied));
		plan_fingerprint(arena, &applied);
		check_settled(arena, compiled, &lead, &applied);
	}
	mapping_take(arena, compiled, value_of, &lead, seen, there.nseen, NULL, 0, 60, &taken);
}

static void try_mapping(struct arena *arena, const json_t *json)
{
	const struct mapping_ground ground = { .catalog = &catalog, .connection = &connection };
	static const struct mapping_ground nothing;
	struct problems errors = { .count = 0 }, warnings = { .count = 0 };
	struct compiled_mapping compiled;
	struct mapping_change *changes;
	struct mapping mapping;
	struct error err;

	if (mapping_from_json(arena, json_object_get(json, "mapping"), &mapping, &err) < 0)
		return;
	assert(mapping_diff(arena, &mapping, &mapping, &changes) == 0);
	mapping_diff(arena, NULL, &mapping, &changes);
	if (mapping_compile(arena, &mapping, &ground, &compiled, &errors, &warnings) == 0)
		try_lead(arena, &compiled, json);
	check_words(&errors);
	check_words(&warnings);
	errors.count = 0;
	if (mapping_compile(arena, &mapping, &nothing, &compiled, &errors, NULL) == 0)
		try_lead(arena, &compiled, json);
	check_words(&errors);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct error err;

	(void)argc;
	(void)argv;
	return text_init(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct error err;
	json_t *json = json_parse(arena, (const char *)data, size, &json_limits_lead, &err);

	if (json)
		try_mapping(arena, json);
	arena_free(arena);
	return 0;
}
