/* transform_options.c - reading what a transform is told. Threads: pure. */
#include <stdarg.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "mapping/transform_kinds.h"

#define WORDS_MAX 200

int prepare_fails(struct preparing *p, const char *option, const char *code,
		  const char *instruction, const char *format, ...)
{
	const char *field = p->path, *message;
	va_list args;

	va_start(args, format);
	message = arena_vprintf(p->arena, format, args);
	va_end(args);
	if (option)
		field = arena_printf(p->arena, "%s.%s", p->path, option);
	problem_add(p->problems, field, code, message, instruction);
	return -1;
}

int prepare_field_name(struct preparing *p, const char *option, const char *name)
{
	const char *near;

	if (lead_view_exists(name))
		return 0;
	near = lead_view_nearest(name);
	return prepare_fails(p, option, "unknown_field",
			     near ? arena_printf(p->arena, "did you mean \"%s\"?", near) :
				    "a field of your own is written \"custom.name\"",
			     "a lead has no field \"%s\"", name);
}

static int unknown_option(struct preparing *p, const struct transform *transform,
			  const char *name)
{
	const char *names[OPTIONS_MAX], *near;
	size_t count = 0;

	for (const struct transform_option *o = transform->options; o && o->name; o++)
		names[count++] = o->name;
	near = text_nearest(name, names, count);
	if (near)
		near = arena_printf(p->arena, "did you mean \"%s\"?", near);
	else
		near = count ? "docs/mapping.md lists its options" : "it takes no options";
	return prepare_fails(p, NULL, "unknown_option", near, "%s has no option \"%s\"",
			     transform->name, name);
}

static int read_word(struct preparing *p, const struct transform_option *option,
		     const char *text, struct option *out)
{
	const char *at = option->choices;

	for (int64_t i = 0; text && *at; i++) {
		size_t len = strcspn(at, "|");

		if (strlen(text) == len && strncmp(at, text, len) == 0) {
			out->text = arena_strdup(p->arena, text);
			out->number = i;
			return 0;
		}
		at += at[len] ? len + 1 : len;
	}
	return prepare_fails(p, option->name, "unknown_word",
			     arena_printf(p->arena, "write one of %s", option->choices),
			     "not one of its words");
}

static int read_count(struct preparing *p, const struct transform_option *option,
		      const json_t *json, struct option *out)
{
	out->number = json_integer_value(json);
	if (json_is_string(json) && !text_int(json_string_value(json), &out->number))
		out->number = option->least - 1;
	if ((json_is_integer(json) || json_is_string(json)) && out->number >= option->least &&
	    out->number <= option->most)
		return 0;
	return prepare_fails(p, option->name, "not_a_count",
			     arena_printf(p->arena, "give a whole number from %d to %d",
					  (int)option->least, (int)option->most),
			     "not a number that it can work with");
}

static int read_flag(struct preparing *p, const struct transform_option *option,
		     const json_t *json, struct option *out)
{
	const char *text = json_string_value(json);

	out->flag = json_is_true(json) || text_equal(text, "yes") || text_equal(text, "true");
	if (json_is_boolean(json) || out->flag || text_equal(text, "no") ||
	    text_equal(text, "false"))
		return 0;
	return prepare_fails(p, option->name, "not_a_flag", "write yes or no",
			     "neither yes nor no");
}

/* A text, or a list of them; numbers and booleans count as their text. */
static int read_words(struct preparing *p, const struct transform_option *option,
		      const json_t *json, struct option *out)
{
	struct value value;

	if (json_is_object(json) || json_is_null(json) ||
	    value_from_json(p->arena, json, &value, NULL) < 0)
		return prepare_fails(p, option->name, "not_words", "write a list: [a, b]",
				     "neither a word nor a list of words");
	out->nwords = value_items(p->arena, value, &out->words);
	if (out->nwords == 0 || out->nwords > WORDS_MAX)
		return prepare_fails(p, option->name, "not_words", "write a list: [a, b]",
				     "empty, or more than %d words", WORDS_MAX);
	return 0;
}

static int read_fields(struct preparing *p, const struct transform_option *option,
		       const json_t *json, struct option *out)
{
	int rc = read_words(p, option, json, out);

	for (size_t i = 0; rc == 0 && i < out->nwords; i++)
		if (prepare_field_name(p, option->name, out->words[i]) < 0)
			rc = -1;
	return rc;
}

static int read_text(struct preparing *p, const struct transform_option *option,
		     const json_t *json, struct option *out)
{
	struct value value;

	if (json_is_array(json) || value_from_json(p->arena, json, &value, NULL) < 0 ||
	    !value.text)
		return prepare_fails(p, option->name, "not_text", "write a text",
				     "not a text");
	out->text = value.text;
	return 0;
}

static int read_option(struct preparing *p, const struct transform_option *option,
		       const json_t *json, struct option *out)
{
	out->is_set = true;
	switch (option->type) {
	case OPTION_TEXT:
		return read_text(p, option, json, out);
	case OPTION_WORD:
		return read_word(p, option, json_string_value(json), out);
	case OPTION_COUNT:
		return read_count(p, option, json, out);
	case OPTION_FLAG:
		return read_flag(p, option, json, out);
	case OPTION_FIELDS:
		return read_fields(p, option, json, out);
	case OPTION_WORDS:
		return read_words(p, option, json, out);
	case OPTION_TABLE:
		out->table = json;
		if (json_is_object(json) && json_object_size(json) > 0)
			return 0;
		return prepare_fails(p, option->name, "not_a_table",
				     "write {ours: theirs, ...}", "not a table");
	}
	return 0;
}

static bool is_known(const struct transform *transform, const char *name)
{
	for (const struct transform_option *o = transform->options; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return true;
	return false;
}

/* {name: x} as {name: {main: x}}; NULL when the transform has no main option. */
static const json_t *of_main_option(struct preparing *p, const struct transform *transform,
				    const json_t *json)
{
	json_t *object;

	if (!transform->main) {
		prepare_fails(p, NULL, "malformed",
			      arena_printf(p->arena, "write {%s: {}}", transform->name),
			      "its options must be an object");
		return NULL;
	}
	object = json_keep(p->arena, json_object());
	json_object_set(object, transform->main, (json_t *)json);
	return object;
}

int prepare_options(struct preparing *p, const json_t *json, struct step *step)
{
	const struct transform *transform = step->transform;
	json_t *member;
	const char *name;
	int rc = 0, i = 0;

	if (json && !json_is_null(json) && !json_is_object(json)) {
		json = of_main_option(p, transform, json);
		if (!json)
			return -1;
	}
	json_object_foreach((json_t *)json, name, member)
		if (!is_known(transform, name))
			rc = unknown_option(p, transform, name);
	for (const struct transform_option *o = transform->options; o && o->name; o++, i++) {
		const json_t *given = json_object_get(json, o->name);

		if (given && !json_is_null(given)) {
			if (read_option(p, o, given, &step->options[i]) < 0)
				rc = -1;
		} else if (o->is_required) {
			rc = prepare_fails(p, o->name, "missing", o->help, "missing");
		}
	}
	return rc;
}
