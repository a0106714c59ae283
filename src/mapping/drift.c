/* drift.c - changes in a CRM's schema that break a mapping, or will for some leads. Threads:
 * pure. */
#include "mapping/drift.h"

#include "base/text.h"

static const char *const names[] = {
	[DRIFT_REMOVED] = "removed",   [DRIFT_RENAMED] = "renamed",
	[DRIFT_RETYPED] = "retyped",   [DRIFT_OPTIONS] = "options",
	[DRIFT_SHORTER] = "shorter",   [DRIFT_REQUIRED] = "required",
	[DRIFT_READ_ONLY] = "read_only",
};

const char *drift_kind_name(enum drift_kind kind)
{
	return names[kind];
}

bool drift_has_field(const struct drift *drifts, size_t count, const char *field)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(drifts[i].field, field))
			return true;
	return false;
}

struct finding {
	struct arena *arena;
	const struct mapping *mapping;
	const struct connector *connector;
	const struct catalog *ground, *now;
	struct drift *drifts;
	size_t count;
};

static void add(struct finding *f, struct drift drift)
{
	f->drifts[f->count++] = drift;
}

/* ---- Gone, or under another name ---- */

/* A field that was not there before and looks like the one that is gone: the same label,
 * or, when it is the only new one of its type, that. */
static const struct catalog_field *successor(const struct finding *f,
					     const struct catalog_field *was)
{
	const struct catalog_field *only = NULL;
	size_t alike = 0;

	for (size_t i = 0; i < f->now->nfields; i++) {
		const struct catalog_field *field = &f->now->fields[i];

		if (catalog_find(f->ground, field->name) || field->type != was->type)
			continue;
		if (was->label && text_equal(field->label, was->label))
			return field;
		only = field;
		alike++;
	}
	return alike == 1 ? only : NULL;
}

static void gone(struct finding *f, const struct mapping_field *line,
		 const struct catalog_field *was)
{
	const struct catalog_field *heir = successor(f, was);
	const char *object = f->mapping->object;

	add(f, (struct drift){
		.kind = heir ? DRIFT_RENAMED : DRIFT_REMOVED,
		.field = line->to,
		.from = line->from,
		.before = line->to,
		.after = heir ? heir->name : NULL,
		.is_breaking = true,
		.message = heir ? arena_printf(f->arena, "%s has no field \"%s\" any more; \"%s\" is "
							 "new and like it",
					       object, line->to, heir->name) :
				  arena_printf(f->arena, "%s has no field \"%s\" any more", object,
					       line->to),
		.instruction =
			heir ? arena_printf(f->arena, "if it was renamed, write to: %s in the "
						      "mapping; else see who changed it",
					    heir->name) :
			       "make it again in the CRM, let the connection's user see it, or "
			       "take the line out of the mapping",
	});
}

/* ---- Another type ---- */

/* Whether whatever the one took the other takes, form and all. */
static bool takes_all_of(enum catalog_type now, enum catalog_type was)
{
	switch (now) {
	case CATALOG_ANY:
	case CATALOG_TEXT:
	case CATALOG_TEXTAREA:
		return was != CATALOG_MULTI_PICKLIST;
	case CATALOG_NUMBER:
		return was == CATALOG_INTEGER;
	case CATALOG_MULTI_PICKLIST:
		return was == CATALOG_PICKLIST;
	case CATALOG_EMAIL:
	case CATALOG_PHONE:
	case CATALOG_URL:
	case CATALOG_INTEGER:
	case CATALOG_BOOLEAN:
	case CATALOG_DATE:
	case CATALOG_DATETIME:
	case CATALOG_TIME:
	case CATALOG_PICKLIST:
	case CATALOG_REFERENCE:
		return false;
	}
	return false;
}

static void retyped(struct finding *f, const struct mapping_field *line,
		    const struct catalog_field *was, const struct catalog_field *now)
{
	if (now->type == was->type || takes_all_of(now->type, was->type))
		return;
	add(f, (struct drift){
		.kind = DRIFT_RETYPED,
		.field = line->to,
		.from = line->from,
		.before = catalog_type_name(was->type),
		.after = catalog_type_name(now->type),
		.is_breaking = true,
		.message = arena_printf(f->arena, "\"%s\" was of type %s and is now of type %s",
					line->to, catalog_type_name(was->type),
					catalog_type_name(now->type)),
		.instruction = "change it back in the CRM, or say in the mapping how the value is "
			       "to be written now",
	});
}

/* ---- Less room ---- */

static bool has_option(const struct catalog_field *field, const char *value)
{
	for (size_t i = 0; i < field->noptions; i++)
		if (!field->options[i].is_hidden && text_equal(field->options[i].value, value))
			return true;
	return false;
}

/* The values that were to be had and are not, for people: "NEW, OPEN and 3 more". */
static const char *lost_options(struct finding *f, const struct catalog_field *was,
				const struct catalog_field *now)
{
	enum { SHOWN = 5 };
	const char *lost = "";
	size_t count = 0;

	for (size_t i = 0; i < was->noptions; i++) {
		if (was->options[i].is_hidden || has_option(now, was->options[i].value))
			continue;
		if (count++ < SHOWN)
			lost = arena_printf(f->arena, "%s%s%s", lost, count > 1 ? ", " : "",
					    was->options[i].value);
	}
	if (count > SHOWN)
		lost = arena_printf(f->arena, "%s and %zu more", lost, count - SHOWN);
	return count ? lost : NULL;
}

static void other_options(struct finding *f, const struct mapping_field *line,
			  const struct catalog_field *was, const struct catalog_field *now)
{
	const char *lost;

	if (was->type != now->type || now->has_open_options)
		return;
	lost = lost_options(f, was, now);
	if (!lost)
		return;
	add(f, (struct drift){
		.kind = DRIFT_OPTIONS,
		.field = line->to,
		.from = line->from,
		.before = lost,
		.message = arena_printf(f->arena, "\"%s\" does not take %s any more", line->to,
					lost),
		.instruction = "put the value back in the CRM's list, or map what leads bring to "
			       "one that is there ({lookup: ...}); leads without it go on",
	});
}

static void shorter(struct finding *f, const struct mapping_field *line,
		    const struct catalog_field *was, const struct catalog_field *now)
{
	if (was->type != now->type || !now->length ||
	    (was->length && was->length <= now->length))
		return;
	add(f, (struct drift){
		.kind = DRIFT_SHORTER,
		.field = line->to,
		.from = line->from,
		.before = was->length ? arena_printf(f->arena, "%d", was->length) : NULL,
		.after = arena_printf(f->arena, "%d", now->length),
		.message = arena_printf(f->arena, "\"%s\" takes %d characters now", line->to,
					now->length),
		.instruction = arena_printf(f->arena, "make it longer again in the CRM, or add "
						      "{truncate: %d} to the line; shorter values "
						      "go on",
					    now->length),
	});
}

/* ---- Other rules ---- */

static void read_only(struct finding *f, const struct mapping_field *line,
		      const struct catalog_field *was, const struct catalog_field *now)
{
	bool may_nothing = !now->is_creatable && !now->is_updatable;

	if (line->direction == DIRECTION_IN ||
	    ((!was->is_creatable || now->is_creatable) &&
	     (!was->is_updatable || now->is_updatable)))
		return;
	add(f, (struct drift){
		.kind = DRIFT_READ_ONLY,
		.field = line->to,
		.from = line->from,
		.before = "writable",
		.after = may_nothing ? "read only" :
			 now->is_creatable ? "writable when new" :
					     "writable later",
		.is_breaking = may_nothing,
		.message = arena_printf(f->arena, "\"%s\" may not be written any more%s", line->to,
					may_nothing	  ? "" :
					now->is_creatable ? " once the record is there" :
							    " when a record is created"),
		.instruction = "give the connection's user the permission again, or set direction: "
			       "in in the mapping",
	});
}

static bool is_written(const struct mapping *mapping, const char *field)
{
	for (size_t i = 0; i < mapping->nfields; i++)
		if (!mapping->fields[i].is_off &&
		    mapping->fields[i].direction != DIRECTION_IN &&
		    text_equal(mapping->fields[i].to, field))
			return true;
	return false;
}

static const char *source_of(const struct mapping *mapping, const char *field)
{
	for (size_t i = 0; i < mapping->nfields; i++)
		if (!mapping->fields[i].is_off && text_equal(mapping->fields[i].to, field))
			return mapping->fields[i].from;
	return NULL;
}

/* Those that no line writes break every creation; those that one writes, leads without the
 * value. */
static void required(struct finding *f)
{
	for (size_t i = 0; i < f->now->nfields; i++) {
		const struct catalog_field *now = &f->now->fields[i];
		const struct catalog_field *was = catalog_find(f->ground, now->name);
		bool is_given = is_written(f->mapping, now->name);

		if (!now->is_required || !now->is_creatable || (was && was->is_required) ||
		    (f->connector && text_equal(f->connector->remote_key, now->name)))
			continue;
		add(f, (struct drift){
			.kind = DRIFT_REQUIRED,
			.field = now->name,
			.from = source_of(f->mapping, now->name),
			.before = was ? "optional" : NULL,
			.after = "required",
			.is_breaking = !is_given,
			.message = arena_printf(f->arena,
						"%s must be given now when a record of %s is "
						"created%s",
						now->name, f->mapping->object,
						is_given ? "" : ", and no line does"),
			.instruction = is_given ? "give the line a default" :
						  "add a line for it, or one with a default alone",
		});
	}
}

static void look_at(struct finding *f, const struct mapping_field *line)
{
	const struct catalog_field *was = catalog_find(f->ground, line->to);
	const struct catalog_field *now = catalog_find(f->now, line->to);

	if (!was)
		return; /* it was never there: no change */
	if (!now) {
		gone(f, line, was);
		return;
	}
	retyped(f, line, was, now);
	other_options(f, line, was, now);
	shorter(f, line, was, now);
	read_only(f, line, was, now);
}

size_t drift_find(struct arena *arena, const struct mapping *mapping,
		  const struct connector *connector, const struct catalog *ground,
		  const struct catalog *now, const struct drift **drifts)
{
	struct finding f = {
		.arena = arena,
		.mapping = mapping,
		.connector = connector,
		.ground = ground,
		.now = now,
		/* At most three of a line, for a type excludes a list or a length. */
		.drifts = arena_array(arena, mapping->nfields * 3 + now->nfields,
				      sizeof(*f.drifts)),
	};

	for (size_t i = 0; i < mapping->nfields; i++)
		if (!mapping->fields[i].is_off)
			look_at(&f, &mapping->fields[i]);
	required(&f);
	*drifts = f.drifts;
	return f.count;
}
