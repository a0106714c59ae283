/* versions.c - how two versions of a mapping differ. Threads: pure. */
#include "mapping/versions.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

static const char *const kind_names[] = {
	[MAPPING_ADDED] = "added",
	[MAPPING_REMOVED] = "removed",
	[MAPPING_CHANGED] = "changed",
};

struct diffing {
	struct arena *arena;
	struct mapping_change *changes;
	size_t count;
};

static const char *shown(const char *json)
{
	return json ? json : "none";
}

static void add_member(struct diffing *d, const char *to, const char *member,
		       const char *before, const char *after)
{
	if (text_equal(before, after))
		return;
	d->changes[d->count++] = (struct mapping_change){
		.kind = MAPPING_CHANGED,
		.to = to,
		.member = member,
		.before = before,
		.after = after,
		.text = arena_printf(d->arena, "%s%s%s was %s, is %s", to ? to : "",
				     to ? ": " : "", member, shown(before), shown(after)),
	};
}

static void add_line(struct diffing *d, enum mapping_change_kind kind, const char *to,
		     const char *line)
{
	d->changes[d->count++] = (struct mapping_change){
		.kind = kind,
		.to = to,
		.before = kind == MAPPING_REMOVED ? line : NULL,
		.after = kind == MAPPING_ADDED ? line : NULL,
		.text = arena_printf(d->arena, "%s: %s %s", to, kind_names[kind], line),
	};
}

/* Every member of a line as JSON, defaults filled in, so that a default that is spelt out
 * is no change. */
#define MEMBERS 7
static const char *const members[MEMBERS] = { "from",	   "via", "default",	"direction",
					      "policy", "on",  "every_value" };

static void texts_of(struct arena *arena, const struct mapping_field *field,
		     const char *texts[MEMBERS])
{
	struct buf buf;

	texts[0] = NULL;
	if (field->from) {
		buf_init(&buf, arena, 64u << 10);
		buf_add_json(&buf, field->from);
		texts[0] = buf_text(&buf);
	}
	texts[1] = json_array_size(field->via) > 0 ? json_canonical(arena, field->via) : NULL;
	texts[2] = NULL;
	if (field->fallback.type != VALUE_ABSENT) {
		buf_init(&buf, arena, 1u << 20);
		buf_add_value(&buf, field->fallback);
		texts[2] = buf_text(&buf);
	}
	texts[3] = direction_name(field->direction);
	texts[4] = policy_name(field->policy);
	texts[5] = field->is_off ? "no" : "yes";
	texts[6] = field->is_every_value ? "yes" : "no";
}

static const char *line_text(struct arena *arena, const struct mapping_field *field)
{
	struct mapping one = { .name = "", .connection = "", .object = "",
			       .fields = (struct mapping_field *)field, .nfields = 1 };
	json_t *json = json_keep(arena, mapping_to_json(&one));

	return json_canonical(arena, json_array_get(json_object_get(json, "fields"), 0));
}

static void compare_fields(struct diffing *d, const struct mapping_field *old,
			   const struct mapping_field *new)
{
	const char *before[MEMBERS], *after[MEMBERS];

	texts_of(d->arena, old, before);
	texts_of(d->arena, new, after);
	for (int i = 0; i < MEMBERS; i++)
		add_member(d, new->to, members[i], before[i], after[i]);
}

/* The line of `mapping` that is what `fields[at]` is in its own: the same target, the same
 * place among those of that target. */
static const struct mapping_field *twin_of(const struct mapping *mapping,
					   const struct mapping_field *fields, size_t at)
{
	size_t nth = 0;

	for (size_t i = 0; i < at; i++)
		nth += strcmp(fields[i].to, fields[at].to) == 0;
	for (size_t i = 0; mapping && i < mapping->nfields; i++)
		if (strcmp(mapping->fields[i].to, fields[at].to) == 0 && nth-- == 0)
			return &mapping->fields[i];
	return NULL;
}

static const char *activities_text(struct arena *arena, const struct mapping *mapping)
{
	const char *text = NULL;

	for (int i = 0; i < FACT_KINDS; i++)
		if (mapping->activities & 1u << i)
			text = arena_printf(arena, "%s%s%s", text ? text : "", text ? ", " : "",
					    fact_kind_name((enum fact_kind)i));
	return text;
}

size_t mapping_diff(struct arena *arena, const struct mapping *old,
		    const struct mapping *new, struct mapping_change **changes)
{
	size_t lines = new->nfields + (old ? old->nfields : 0);
	struct diffing d = { .arena = arena };

	d.changes = arena_array(arena, lines * MEMBERS + 6, sizeof(*d.changes));
	*changes = d.changes;
	if (old) {
		add_member(&d, NULL, "name", old->name, new->name);
		add_member(&d, NULL, "owner", old->owner, new->owner);
		add_member(&d, NULL, "connection", old->connection, new->connection);
		add_member(&d, NULL, "object", old->object, new->object);
		add_member(&d, NULL, "depends_on", old->depends_on, new->depends_on);
		add_member(&d, NULL, "activities", activities_text(arena, old),
			   activities_text(arena, new));
	}
	for (size_t i = 0; i < new->nfields; i++) {
		const struct mapping_field *twin = twin_of(old, new->fields, i);

		if (twin)
			compare_fields(&d, twin, &new->fields[i]);
		else
			add_line(&d, MAPPING_ADDED, new->fields[i].to,
				 line_text(arena, &new->fields[i]));
	}
	for (size_t i = 0; old && i < old->nfields; i++)
		if (!twin_of(new, old->fields, i))
			add_line(&d, MAPPING_REMOVED, old->fields[i].to,
				 line_text(arena, &old->fields[i]));
	return d.count;
}

json_t *mapping_diff_json(const struct mapping_change *changes, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s}", "change",
					kind_names[changes[i].kind], "to", changes[i].to,
					"member", changes[i].member, "before",
					changes[i].before, "after", changes[i].after, "text",
					changes[i].text));
	return list;
}
