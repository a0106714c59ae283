/* compile.c - a mapping made ready to run, or refused with all that is wrong with it.
 * Threads: pure. */
#include "mapping/compile.h"

#include <stdarg.h>
#include <string.h>

#include "base/text.h"
#include "mapping/check.h"
#include "mapping/compile_types.h"

/* What is being compiled. */
struct compiling {
	struct arena *arena;
	struct compiled_mapping *compiled;
	struct problems *errors, *warnings;
	bool is_wrong; /* also when `errors` is full */
	size_t at;     /* the line */
};

static struct mapping_line *line_of(struct compiling *c)
{
	return &c->compiled->lines[c->at];
}

static void add(struct compiling *c, struct problems *problems, const char *member,
		const char *code, const char *instruction, const char *format, va_list args)
{
	const char *message = arena_vprintf(c->arena, format, args);
	const char *field = arena_printf(c->arena, "fields[%zu]%s%s", c->at, member ? "." : "",
					 member ? member : "");

	problem_add(problems, field, code, message, instruction);
}

static void wrong(struct compiling *c, const char *member, const char *code,
		  const char *instruction, const char *format, ...) PRINTF_LIKE(5, 6);
static void doubtful(struct compiling *c, const char *member, const char *code,
		     const char *instruction, const char *format, ...) PRINTF_LIKE(5, 6);

static void wrong(struct compiling *c, const char *member, const char *code,
		  const char *instruction, const char *format, ...)
{
	va_list args;

	c->is_wrong = true;
	va_start(args, format);
	add(c, c->errors, member, code, instruction, format, args);
	va_end(args);
}

static void doubtful(struct compiling *c, const char *member, const char *code,
		     const char *instruction, const char *format, ...)
{
	va_list args;

	if (!c->warnings)
		return;
	va_start(args, format);
	add(c, c->warnings, member, code, instruction, format, args);
	va_end(args);
}

static const char *did_you_mean(struct compiling *c, const char *near,
				const char *otherwise)
{
	return near ? arena_printf(c->arena, "did you mean \"%s\"?", near) : otherwise;
}

static const char *nearest_target(struct compiling *c, const char *name)
{
	const struct catalog *catalog = c->compiled->ground.catalog;
	const char **names = arena_array(c->arena, catalog->nfields, sizeof(*names));

	for (size_t i = 0; i < catalog->nfields; i++) {
		const struct catalog_field *field = &catalog->fields[i];

		if (text_equal_nocase(field->name, name) ||
		    (field->label && text_equal_nocase(field->label, name)))
			return field->name;
		names[i] = field->name;
	}
	return text_nearest(name, names, catalog->nfields);
}

/* Finds the CRM's field and whether it can be written at all. */
static void check_target(struct compiling *c)
{
	const struct mapping_ground *ground = &c->compiled->ground;
	struct mapping_line *line = line_of(c);
	const char *to = line->field->to;

	if (ground->connector && text_equal(ground->connector->remote_key, to) && line->is_out)
		wrong(c, "to", "remote_key", "remove the line",
		      "\"%s\" holds Fairlead's own key and is written by itself", to);
	if (!ground->catalog)
		return;
	line->target = catalog_find(ground->catalog, to);
	if (!line->target) {
		wrong(c, "to", "unknown_target",
		      did_you_mean(c, nearest_target(c, to),
				   "add the field in the CRM, or choose another; if it is there, "
				   "the connection's user may not see it"),
		      "%s has no field \"%s\"", c->compiled->mapping->object, to);
		return;
	}
	if (line->is_out && !line->target->is_creatable && !line->target->is_updatable)
		wrong(c, "to", "not_writable",
		      "choose another field, or set direction: in to read it",
		      "%s cannot be written through the API", check_label(line->target));
}

static void check_twins(struct compiling *c)
{
	const struct mapping_line *line = line_of(c);

	for (size_t i = 0; i < c->at; i++) {
		const struct mapping_line *other = &c->compiled->lines[i];

		if (line->is_out && other->is_out &&
		    strcmp(line->field->to, other->field->to) == 0)
			wrong(c, "to", "twice", "remove one of them, or turn it off",
			      "line %zu writes \"%s\" too", i + 1, line->field->to);
		if (line->is_in && other->is_in &&
		    text_equal(line->field->from, other->field->from))
			wrong(c, "from", "twice", "read it from one field only",
			      "line %zu reads into \"%s\" too", i + 1, line->field->from);
	}
}

static void check_from(struct compiling *c)
{
	const struct mapping_line *line = line_of(c);
	const char *from = line->field->from, *custom;

	if (!from) {
		if (line->is_in)
			wrong(c, "from", "missing", "name the lead's field",
			      "a line that reads needs a field to read into");
		return;
	}
	/* Whether it names one that comes before is the configuration's to check. */
	if ((remote_id_mapping(from) && c->compiled->mapping->depends_on) ||
	    (fact_field_exists(from) && c->compiled->mapping->activities)) {
		if (line->is_in)
			wrong(c, "direction", "not_readable", "set direction: out",
			      "\"%s\" is not read from a CRM", from);
		return;
	}
	if (!lead_view_exists(from)) {
		custom = arena_printf(c->arena,
				      "did you mean \"%s\"? a field of your own is written "
				      "\"custom.%s\"", lead_view_nearest(from), from);
		wrong(c, "from", "unknown_field",
		      lead_view_nearest(from) ? custom :
			      arena_printf(c->arena,
					   "a field of your own is written \"custom.%s\"", from),
		      "a lead has no field \"%s\"", from);
		return;
	}
	if (line->is_in && !types_can_read_into(from))
		wrong(c, "direction", "not_readable", "set direction: out",
		      "\"%s\" is Fairlead's own and is not read from a CRM", from);
}

/* A value that another replaced is known of the lead's own fields only. */
static void check_every_value(struct compiling *c)
{
	const struct mapping_line *line = line_of(c);
	const char *from = line->field->from;

	if (!line->is_out || !line->field->is_every_value)
		return;
	if (!from)
		wrong(c, "every_value", "no_field", "name the lead's field in from, or remove it",
		      "a line without a field has no earlier values");
	else if (!types_is_leads_own(from))
		wrong(c, "every_value", "not_kept", "remove every_value",
		      "of \"%s\" only the latest value is known", from);
}

/* The default in the CRM's form; whether it fits. */
static void check_default(struct compiling *c)
{
	struct mapping_line *line = line_of(c);
	struct value fallback = line->field->fallback;
	struct problem why = { 0 };

	if (value_is_empty(fallback))
		return;
	if (!line->is_out) {
		wrong(c, "default", "never_used", "remove it, or set direction: both",
		      "a line that only reads never writes its default");
		return;
	}
	line->fallback = fallback;
	if (line->target &&
	    check_value(c->arena, line->target, fallback, &line->fallback, &why) < 0)
		wrong(c, "default", why.code, "correct the default", "%s", why.message);
}

static void check_has_value(struct compiling *c)
{
	const struct mapping_line *line = line_of(c);

	if (!line->is_out || line->field->from || chain_makes_value(&line->chain) ||
	    !value_is_empty(line->field->fallback))
		return;
	wrong(c, "from", "nothing_to_send",
	      "name the lead's field, or give a default or a template",
	      "\"%s\" would never be given a value", line->field->to);
}

/* One value that a lookup writes. */
static void check_written(void *context, const char *source, struct value written,
			  const struct problem *why)
{
	struct compiling *c = context;
	const struct mapping_line *line = line_of(c);
	struct problem refusal = { 0 };
	struct value out;

	if (!why && line->target &&
	    check_value(c->arena, line->target, written, &out, &refusal) < 0)
		why = &refusal;
	if (why)
		wrong(c, "via", why->code, why->instruction, "what \"%s\" becomes: %s", source,
		      why->message);
}

static enum shape shape_of(const struct mapping_line *line)
{
	enum shape shape = line->field->from ? types_shape_of(line->field->from) : SHAPE_ANY;

	return chain_shape(&line->chain, shape);
}

static void check_types(struct compiling *c)
{
	struct mapping_line *line = line_of(c);
	const char *instruction;

	if (line->is_out)
		chain_written_values(&line->chain, c->arena, check_written, c);
	if (!line->is_out || !line->target)
		return;
	instruction = types_refuse(shape_of(line), line->target->type);
	if (instruction)
		wrong(c, "to", "wrong_type", instruction, "%s is of type %s and cannot hold %s",
		      check_label(line->target), catalog_type_name(line->target->type),
		      types_shape_name(shape_of(line)));
}

/* What will be held for some leads, as far as it can be known. */
static void check_doubts(struct compiling *c)
{
	const struct mapping_line *line = line_of(c);
	const struct catalog_field *target = line->target;
	size_t longest;

	if (!line->is_out || !target)
		return;
	longest = types_longest(line);
	if (target->length > 0 && longest > (size_t)target->length)
		doubtful(c, "via", "may_be_too_long",
			 arena_printf(c->arena, "add {truncate: %d}", target->length),
			 "\"%s\" may have %zu characters and %s takes %d: longer ones are held",
			 line->field->from, longest, check_label(target), target->length);
	if (types_is_closed_list(target) && !chain_has_lookup(&line->chain) &&
	    line->field->from)
		doubtful(c, "via", "may_not_be_in_list",
			 "add a lookup from your words to the CRM's",
			 "%s takes values of its list only: what else \"%s\" may hold is held",
			 check_label(target), line->field->from);
	if (target->is_required && value_is_empty(line->fallback))
		doubtful(c, "default", "may_be_missing", "give it a default",
			 "%s must be given when a record is created: leads without \"%s\" "
			 "become dead letters",
			 check_label(target), line->field->from ? line->field->from : "a value");
}

static bool is_key(struct compiling *c, const struct mapping_line *line)
{
	const struct connector *connector = c->compiled->ground.connector;
	const struct connector_object *object = connector ? connector->objects : NULL;

	if (line->target && (line->target->is_key || line->target->is_unique))
		return true;
	/* Without a schema: the strongest key that the connector looks by. */
	for (; object && object->name; object++)
		if (!line->target && object->keys && object->keys[0].object &&
		    text_equal(object->name, c->compiled->mapping->object) &&
		    text_equal(object->keys[0].object, object->name) &&
		    text_equal(object->keys[0].field, line->field->to))
			return true;
	return false;
}

static void compile_line(struct compiling *c)
{
	struct mapping_line *line = line_of(c);
	const struct mapping_field *field = line->field;
	const char *path = arena_printf(c->arena, "fields[%zu]", c->at);

	if (field->is_off)
		return;
	line->is_out = field->direction != DIRECTION_IN;
	line->is_in = field->direction != DIRECTION_OUT;
	check_from(c);
	check_target(c);
	check_twins(c);
	check_every_value(c);
	check_default(c);
	if (chain_compile(c->arena, field->via, path, line->is_in, &line->chain,
			  c->errors) < 0) {
		c->is_wrong = true;
		return;
	}
	check_has_value(c);
	check_types(c);
	check_doubts(c);
	line->is_unit = field_is_crm_owned(field->from) && field->policy == POLICY_CRM;
	line->is_vital = line->is_unit || field_is_crm_owned(field->from) || is_key(c, line) ||
			 (line->target && line->target->is_required);
}

/* The mapping's object must be one that the connector knows. */
static void check_object(struct compiling *c)
{
	const struct connector *connector = c->compiled->ground.connector;
	const char *name = c->compiled->mapping->object, *names[32];
	size_t count = 0;

	if (!connector || !connector->objects || !connector->objects[0].name)
		return;
	for (const struct connector_object *o = connector->objects; o->name; o++) {
		if (text_equal(o->name, name))
			return;
		if (count < ARRAY_LEN(names))
			names[count++] = o->name;
	}
	c->is_wrong = true;
	problem_add(c->errors, "object", "unknown_object",
		    arena_printf(c->arena, "%s has no object \"%s\"", connector->title, name),
		    did_you_mean(c, text_nearest(name, names, count),
				 arena_printf(c->arena, "write \"%s\"", names[0])));
}

/* Fields that a new record must have, and that nothing gives. */
static void check_required(struct compiling *c)
{
	const struct mapping_ground *ground = &c->compiled->ground;

	for (size_t i = 0; ground->catalog && i < ground->catalog->nfields; i++) {
		const struct catalog_field *field = &ground->catalog->fields[i];
		bool is_given = !field->is_required || !field->is_creatable ||
				(ground->connector &&
				 text_equal(ground->connector->remote_key, field->name));

		for (size_t j = 0; !is_given && j < c->compiled->nlines; j++)
			is_given = c->compiled->lines[j].is_out &&
				   strcmp(c->compiled->lines[j].field->to, field->name) == 0;
		if (is_given)
			continue;
		c->is_wrong = true;
		problem_add(c->errors, "fields", "required_missing",
			    arena_printf(c->arena,
					 "%s (%s) must be given when a record is created, and no "
					 "line does", check_label(field), field->name),
			    "add a line for it, or a line with a default alone");
	}
}

/* ---- The field for our key ---- */

const char *mapping_lacks_key(struct arena *arena, const struct mapping *mapping,
			      const struct mapping_ground *ground)
{
	const struct connector *connector = ground->connector;
	const struct catalog_field *field;

	if (!ground->catalog || !connector || !connector->remote_key || !connector->create_key)
		return NULL;
	field = catalog_find(ground->catalog, connector->remote_key);
	if (field && field->is_unique && field->is_creatable)
		return NULL;
	return arena_printf(arena, "%s has no field %s with unique values", mapping->object,
			    connector->remote_key);
}

const char *mapping_key_instruction(struct arena *arena, const struct mapping *mapping)
{
	return arena_printf(arena,
			    "create it in the CRM, or let fairlead connection test %s "
			    "--create-key create it",
			    mapping->connection);
}

static void check_key_field(struct compiling *c)
{
	const struct mapping *mapping = c->compiled->mapping;
	const char *lack = mapping_lacks_key(c->arena, mapping, &c->compiled->ground);

	if (lack && c->warnings)
		problem_add(c->warnings, "object", "no_key_field",
			    arena_printf(c->arena, "%s: its deliveries wait", lack),
			    mapping_key_instruction(c->arena, mapping));
}

int mapping_compile(struct arena *arena, const struct mapping *mapping,
		    const struct mapping_ground *ground, struct compiled_mapping *compiled,
		    struct problems *errors, struct problems *warnings)
{
	struct compiling c = { .arena = arena, .compiled = compiled, .errors = errors,
			       .warnings = warnings };

	*compiled = (struct compiled_mapping){
		.mapping = mapping,
		.ground = *ground,
		.lines = arena_array(arena, mapping->nfields, sizeof(*compiled->lines)),
		.nlines = mapping->nfields,
	};
	check_object(&c);
	check_key_field(&c);
	for (c.at = 0; c.at < mapping->nfields; c.at++) {
		line_of(&c)->field = &mapping->fields[c.at];
		compile_line(&c);
	}
	check_required(&c);
	return c.is_wrong ? -1 : 0;
}
