/* transform.c - the list of transforms, and chains of them. Threads: pure. */
#include "mapping/transform.h"

#include <string.h>

#include "base/text.h"
#include "mapping/transform_kinds.h"

const struct transform *const transforms[] = {
	&transform_trim,     &transform_lower,    &transform_upper,   &transform_title_case,
	&transform_truncate, &transform_html, &transform_split_name, &transform_join,  &transform_template,
	&transform_e164,     &transform_national, &transform_date,    &transform_datetime,
	&transform_lookup,   &transform_number,   &transform_boolean, &transform_multi_select,
};
const size_t transforms_count = ARRAY_LEN(transforms);

const struct transform *transform_find(const char *name)
{
	for (size_t i = 0; i < transforms_count; i++)
		if (text_equal(transforms[i]->name, name))
			return transforms[i];
	return NULL;
}

const char *transform_name(const struct transform *transform)
{
	return transform->name;
}

const char *transform_help(const struct transform *transform)
{
	return transform->help;
}

enum reading transform_reading(const struct transform *transform)
{
	return transform->reading;
}

const struct transform_option *transform_options(const struct transform *transform)
{
	return transform->options;
}

const char *transform_main_option(const struct transform *transform)
{
	return transform->main;
}

static int unknown_transform(struct preparing *p, const char *name)
{
	const char *names[32], *near;

	for (size_t i = 0; i < transforms_count; i++)
		names[i] = transforms[i]->name;
	near = text_nearest(name, names, transforms_count);
	return prepare_fails(p, NULL, "unknown_transform",
			     near ? arena_printf(p->arena, "did you mean \"%s\"?", near) :
				    "docs/mapping.md lists the transforms",
			     "there is no transform \"%s\"", name);
}

/* "trim", {"trim": {}} or {"truncate": 40}: gives the name and what is behind it. */
static int read_step(struct preparing *p, const json_t *item, const char **name,
		     const json_t **options)
{
	*options = NULL;
	*name = json_string_value(item);
	if (*name)
		return 0;
	if (!json_is_object(item) || json_object_size(item) != 1)
		return prepare_fails(p, NULL, "malformed", "write {trim: {}} or {truncate: 40}",
				     "not a transform: an object with one name is wanted");
	*name = json_object_iter_key(json_object_iter((json_t *)item));
	*options = json_object_get(item, *name);
	return 0;
}

static int compile_step(struct preparing *p, const json_t *item, struct step *step)
{
	const json_t *options;
	const char *name;

	if (read_step(p, item, &name, &options) < 0)
		return -1;
	step->transform = transform_find(name);
	if (!step->transform)
		return unknown_transform(p, name);
	p->path = arena_printf(p->arena, "%s.%s", p->path, name);
	if (prepare_options(p, options, step) < 0)
		return -1;
	if (p->reads_back && step->transform->reading == READING_NOT)
		return prepare_fails(p, NULL, "one_way",
				     "set direction: out, and read the field back by a line "
				     "of its own",
				     "%s cannot be turned back, so the line cannot read", name);
	if (step->transform->prepare)
		return step->transform->prepare(p, step);
	return 0;
}

int chain_compile(struct arena *arena, const json_t *via, const char *path, bool reads_back,
		  struct chain *chain, struct problems *problems)
{
	struct preparing p = { .arena = arena, .problems = problems, .reads_back = reads_back };
	size_t count = json_array_size(via);
	struct step *steps;
	int rc = 0;

	*chain = (struct chain){ 0 };
	p.path = arena_printf(arena, "%s.via", path);
	if (count > CHAIN_MAX)
		return prepare_fails(&p, NULL, "too_many", "use fewer",
				     "more than %d transforms", CHAIN_MAX);
	steps = arena_array(arena, count, sizeof(*steps));
	for (size_t i = 0; i < count; i++) {
		p.path = arena_printf(arena, "%s.via[%zu]", path, i);
		if (compile_step(&p, json_array_get(via, i), &steps[i]) < 0)
			rc = -1;
		else if (i > 0 && steps[i].transform->makes_value)
			rc = prepare_fails(&p, NULL, "not_first", "put it first",
					   "it makes its value itself and would drop what the "
					   "transforms before it made");
	}
	if (rc < 0)
		return -1;
	*chain = (struct chain){ .steps = steps, .nsteps = count };
	return 0;
}

enum shape chain_shape(const struct chain *chain, enum shape shape)
{
	for (size_t i = 0; i < chain->nsteps; i++) {
		const struct step *step = &chain->steps[i];
		const struct transform *t = step->transform;
		enum shape gives = t->shape ? t->shape(step) : t->gives;

		if (gives != SHAPE_ANY || t->forgets)
			shape = gives;
	}
	return shape;
}

bool chain_makes_value(const struct chain *chain)
{
	return chain->nsteps > 0 && chain->steps[0].transform->makes_value;
}

bool chain_has_lookup(const struct chain *chain)
{
	for (size_t i = 0; i < chain->nsteps; i++)
		if (chain->steps[i].transform == &transform_lookup)
			return true;
	return false;
}

int transform_fails(struct problem *why, const char *code, const char *message,
		    const char *instruction)
{
	*why = (struct problem){ .code = code, .message = message,
				 .instruction = instruction };
	return -1;
}

#define LIST_MAX (128u << 10) /* bytes of a list's items */

/* Runs `function` over the items of a list; what gives nothing is left out. */
static int run_items(const struct step *step, transform_run_function *function,
		     struct transform_run *run, struct value *value, struct problem *why)
{
	const char **items;
	size_t count = value_items(run->arena, *value, &items), kept = 0, len = 0;

	for (size_t i = 0; i < count; i++) {
		struct value item = value_text(items[i]);

		if (function(step, run, item, &item, why) < 0)
			return -1;
		if (value_is_empty(item))
			continue;
		items[kept++] = item.text;
		len += strlen(item.text) + 1;
		if (len > LIST_MAX)
			return transform_fails(why, "too_long", "the list is too long",
					       "shorten the value of the lead");
	}
	*value = value_of_items(run->arena, items, kept);
	return 0;
}

static int run_step(const struct step *step, transform_run_function *function,
		    struct transform_run *run, struct value *value, struct problem *why)
{
	if (value_is_empty(*value) && !step->transform->makes_value)
		return 0;
	if (value->type == VALUE_LIST && step->transform->by_item)
		return run_items(step, function, run, value, why);
	return function(step, run, *value, value, why);
}

int chain_out(const struct chain *chain, struct transform_run *run, struct value given,
	      struct value *out, struct problem *why)
{
	*out = given;
	for (size_t i = 0; i < chain->nsteps; i++)
		if (run_step(&chain->steps[i], chain->steps[i].transform->out, run, out,
			     why) < 0)
			return -1;
	return 0;
}

int chain_in(const struct chain *chain, struct transform_run *run, struct value theirs,
	     struct value *ours, struct problem *why)
{
	*ours = theirs;
	for (size_t i = chain->nsteps; i-- > 0;) {
		const struct step *step = &chain->steps[i];

		if (step->transform->reading != READING_BACK)
			continue;
		if (run_step(step, step->transform->in, run, ours, why) < 0)
			return -1;
	}
	return 0;
}

void chain_written_values(const struct chain *chain, struct arena *arena, chain_each *each,
			  void *context)
{
	struct transform_run run = { .arena = arena };
	const char *const *sources;
	const struct value *values;
	size_t at = chain->nsteps, count;

	while (at > 0 && chain->steps[at - 1].transform != &transform_lookup)
		at--;
	if (at == 0)
		return;
	count = lookup_written(&chain->steps[at - 1], &sources, &values);
	for (size_t i = 0; i < count; i++) {
		struct chain rest = { chain->steps + at, chain->nsteps - at };
		struct problem why = { 0 };
		struct value written;
		int rc = chain_out(&rest, &run, values[i], &written, &why);

		each(context, sources[i], written, rc < 0 ? &why : NULL);
	}
}
