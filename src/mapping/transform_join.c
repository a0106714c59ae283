/* transform_join.c - one value made of several fields: join and template. Threads: pure.
 *
 * A template knows names of fields in braces and nothing else: {{ and }} stand for a
 * brace. What it makes is cut at blanks on both sides; of fields that are all empty it
 * makes nothing. */
#include <string.h>

#include "base/text.h"
#include "mapping/transform_kinds.h"

#define MADE_MAX (64u << 10) /* bytes */

/* The field's value as text; remembers the newest of those that were read. */
static const char *field_text(struct transform_run *run, const char *name)
{
	struct lead_field field;

	if (!run->value_of)
		return "";
	field = run->value_of(run->context, name);
	if (value_is_empty(field.value))
		return "";
	if (!run->newest.name || field.at > run->newest.at)
		run->newest = field;
	return value_shown(run->arena, field.value);
}

static int made(struct transform_run *run, struct buf *buf, bool has_value,
		struct value *out, struct problem *why)
{
	*out = (struct value){ VALUE_ABSENT, NULL };
	if (!has_value)
		return 0;
	out->type = VALUE_TEXT;
	if (buf_end(buf, &out->text, NULL) < 0)
		return transform_fails(why, "too_long", "what the fields make is too long",
				       "shorten the values of the lead");
	out->text = text_trim(run->arena, out->text);
	return 0;
}

/* join */

enum { JOIN_FIELDS, JOIN_SEPARATOR };

static const struct transform_option join_options[] = {
	{ "fields", OPTION_FIELDS, true, 0, 0, NULL,
	  "the lead's fields in order: [first_name, last_name]" },
	{ "separator", OPTION_TEXT, false, 0, 0, NULL,
	  "what stands between two values; without it a blank" },
	{ NULL },
};

static int join_out(const struct step *step, struct transform_run *run, struct value given,
		    struct value *out, struct problem *why)
{
	const struct option *fields = &step->options[JOIN_FIELDS];
	const struct option *separator = &step->options[JOIN_SEPARATOR];
	bool has_value = false;
	struct buf buf;

	(void)given;
	buf_init(&buf, run->arena, MADE_MAX);
	for (size_t i = 0; i < fields->nwords; i++) {
		const char *text = field_text(run, fields->words[i]);

		if (!*text)
			continue;
		if (has_value)
			buf_add(&buf, separator->is_set ? separator->text : " ");
		buf_add(&buf, text);
		has_value = true;
	}
	return made(run, &buf, has_value, out, why);
}

const struct transform transform_join = {
	.name = "join",
	.help = "writes several fields as one text, leaving out those that are empty",
	.options = join_options,
	.main = "fields",
	.reading = READING_NOT,
	.makes_value = true,
	.gives = SHAPE_TEXT,
	.out = join_out,
};

/* template */

enum { TEMPLATE_TEXT };

static const struct transform_option template_options[] = {
	{ "text", OPTION_TEXT, true, 0, 0, NULL,
	  "the text with names of fields in braces: \"{city}, {country}\"" },
	{ NULL },
};

struct part {
	const char *literal; /* or NULL */
	const char *field;
};

struct template {
	struct part *parts;
	size_t nparts;
};

/* The text up to the next brace that is not doubled; a doubled one stands for itself. */
static const char *take_literal(struct arena *arena, const char **p)
{
	struct buf buf;

	buf_init(&buf, arena, MADE_MAX);
	while (**p && !(**p == '{' && (*p)[1] != '{') && !(**p == '}' && (*p)[1] != '}')) {
		size_t skip = **p == '{' || **p == '}' ? 2 : 1;

		buf_addc(&buf, **p);
		*p += skip;
	}
	return buf_text(&buf);
}

static int take_field(struct preparing *p, const char **at, const char **name)
{
	const char *end = strpbrk(*at + 1, "{}");

	if (**at == '}' || !end || *end != '}')
		return prepare_fails(p, "text", "malformed",
				     "write {field}, and {{ or }} for a brace",
				     "a brace is not closed, or not opened");
	*name = text_trim(p->arena, arena_strndup(p->arena, *at + 1, (size_t)(end - *at - 1)));
	*at = end + 1;
	return prepare_field_name(p, "text", *name);
}

static int template_prepare(struct preparing *p, struct step *step)
{
	const char *at = step->options[TEMPLATE_TEXT].text;
	struct template *template = arena_alloc(p->arena, sizeof(*template));
	bool has_field = false;
	int rc = 0;

	if (strlen(at) > 4000)
		return prepare_fails(p, "text", "too_long", "shorten it",
				     "longer than 4000 bytes");
	template->parts = arena_array(p->arena, strlen(at) + 1, sizeof(*template->parts));
	while (*at) {
		struct part *part = &template->parts[template->nparts++];

		if ((*at == '{' && at[1] != '{') || (*at == '}' && at[1] != '}')) {
			const char *before = at;

			if (take_field(p, &at, &part->field) < 0)
				rc = -1;
			if (at == before)
				return -1;
			has_field = true;
		} else {
			part->literal = take_literal(p->arena, &at);
		}
	}
	if (!has_field)
		return prepare_fails(p, "text", "no_field",
				     "name a field in braces, or use a default instead",
				     "the same for every lead");
	step->state = template;
	return rc;
}

static int template_out(const struct step *step, struct transform_run *run,
			struct value given, struct value *out, struct problem *why)
{
	const struct template *template = step->state;
	bool has_value = false;
	struct buf buf;

	(void)given;
	buf_init(&buf, run->arena, MADE_MAX);
	for (size_t i = 0; i < template->nparts; i++) {
		const struct part *part = &template->parts[i];
		const char *text = part->literal ? part->literal :
						   field_text(run, part->field);

		has_value |= !part->literal && *text;
		buf_add(&buf, text);
	}
	return made(run, &buf, has_value, out, why);
}

const struct transform transform_template = {
	.name = "template",
	.help = "writes a text with fields of the lead in it",
	.options = template_options,
	.main = "text",
	.reading = READING_NOT,
	.makes_value = true,
	.gives = SHAPE_TEXT,
	.prepare = template_prepare,
	.out = template_out,
};
