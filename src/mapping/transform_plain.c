/* transform_plain.c - numbers, yes and no, and lists. Threads: pure. */
#include <string.h>

#include "base/text.h"
#include "mapping/decimal.h"
#include "mapping/transform_kinds.h"

/* number */

enum { OPT_SCALE, OPT_DECIMAL };

static const struct transform_option number_options[] = {
	{ "scale", OPTION_COUNT, false, 0, 20, NULL,
	  "digits to keep behind the point; halves are rounded away from zero" },
	{ "decimal", OPTION_WORD, false, 0, 0, "point|comma",
	  "how the value is written: 1,234.50 (point, the default) or 1.234,50 (comma)" },
	{ NULL },
};

static int number_out(const struct step *step, struct transform_run *run, struct value given,
		      struct value *out, struct problem *why)
{
	static const struct decimal_style styles[] = { { '.', ", '_" }, { ',', ". '_" } };
	const struct decimal_style *style = &styles[step->options[OPT_DECIMAL].number];
	struct decimal number;

	if (given.type == VALUE_BOOL || given.type == VALUE_LIST ||
	    (!decimal_parse_style(given.text, style, &number) &&
	     !(given.type == VALUE_NUMBER && decimal_parse(given.text, &number))))
		return transform_fails(why, "not_number", "the value is not a number",
				       "correct the value of the lead, or set \"decimal\" to how "
				       "it is written");
	if (step->options[OPT_SCALE].is_set)
		decimal_round(&number, (int)step->options[OPT_SCALE].number);
	*out = (struct value){ VALUE_NUMBER, decimal_text(run->arena, &number) };
	return 0;
}

static int number_in(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	struct decimal number;

	(void)step;
	if (!decimal_parse(given.text, &number))
		return transform_fails(why, "not_number", "the CRM's value is not a number",
				       "correct the value in the CRM");
	*out = (struct value){ VALUE_NUMBER, decimal_text(run->arena, &number) };
	return 0;
}

const struct transform transform_number = {
	.name = "number",
	.help = "reads a number as people write it, and rounds it",
	.options = number_options,
	.main = "scale",
	.reading = READING_BACK,
	.gives = SHAPE_NUMBER,
	.out = number_out,
	.in = number_in,
};

/* boolean */

enum { OPT_TRUE, OPT_FALSE };

static const struct transform_option boolean_options[] = {
	{ "true_words", OPTION_WORDS, false, 0, 0, NULL,
	  "words that mean yes; without it: true, yes, y, 1, on" },
	{ "false_words", OPTION_WORDS, false, 0, 0, NULL,
	  "words that mean no; without it: false, no, n, 0, off" },
	{ NULL },
};

static bool is_among(const struct option *words, const char *const *defaults, size_t count,
		     const char *text)
{
	const char *const *list = words->is_set ? words->words : defaults;

	if (words->is_set)
		count = words->nwords;
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(list[i], text))
			return true;
	return false;
}

static int boolean_both(const struct step *step, struct transform_run *run,
			struct value given, struct value *out, struct problem *why)
{
	static const char *const yes[] = { "true", "yes", "y", "1", "on" };
	static const char *const no[] = { "false", "no", "n", "0", "off" };
	const char *text = text_trim(run->arena, given.text);
	bool is_true;

	*out = given;
	if (given.type == VALUE_BOOL)
		return 0;
	is_true = is_among(&step->options[OPT_TRUE], yes, ARRAY_LEN(yes), text);
	if (!is_true && !is_among(&step->options[OPT_FALSE], no, ARRAY_LEN(no), text))
		return transform_fails(why, "not_boolean", "the value means neither yes nor no",
				       "add its word to true_words or false_words of the mapping");
	*out = value_bool(is_true);
	return 0;
}

const struct transform transform_boolean = {
	.name = "boolean",
	.help = "turns words into true and false",
	.options = boolean_options,
	.main = "true_words",
	.reading = READING_BACK,
	.gives = SHAPE_BOOL,
	.out = boolean_both,
	.in = boolean_both,
};

/* multi_select */

#define MULTI_MAX (64u << 10) /* bytes */

enum { OPT_SEPARATOR, OPT_LEADING, OPT_SPLIT };

static const struct transform_option multi_options[] = {
	{ "separator", OPTION_TEXT, false, 0, 0, NULL,
	  "what the CRM has between two values; without it a semicolon" },
	{ "leading", OPTION_FLAG, false, 0, 0, NULL,
	  "write one in front too: HubSpot then adds the values to those it has" },
	{ "split", OPTION_TEXT, false, 0, 0, NULL,
	  "what parts the values when a source gives them as one text: \", \"" },
	{ NULL },
};

static const char *separator_of(const struct step *step)
{
	const struct option *option = &step->options[OPT_SEPARATOR];

	return option->is_set ? option->text : ";";
}

static int multi_prepare(struct preparing *p, struct step *step)
{
	static const char *const names[] = { "separator", "leading", "split" };

	for (int i = OPT_SEPARATOR; i <= OPT_SPLIT; i++) {
		const struct option *option = &step->options[i];

		if (option->is_set && i != OPT_LEADING &&
		    (!*option->text || strlen(option->text) > 8))
			return prepare_fails(p, names[i], "not_a_separator",
					     "give one or a few characters, \";\"",
					     "empty or longer than 8 bytes");
	}
	return 0;
}

/* Cuts at `separator`; blanks around items and empty items go. */
static size_t split(struct arena *arena, const char *text, const char *separator,
		    const char ***items)
{
	size_t count = 1, len = strlen(separator);
	const char *at, *end;

	for (at = text; (at = strstr(at, separator)); at += len)
		count++;
	*items = arena_array(arena, count, sizeof(**items));
	count = 0;
	for (at = text; at; at = end ? end + len : NULL) {
		const char *item;

		end = strstr(at, separator);
		item = arena_strndup(arena, at, end ? (size_t)(end - at) : strlen(at));
		item = text_trim(arena, item);
		if (*item)
			(*items)[count++] = item;
	}
	return count;
}

static int multi_out(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	const char *separator = separator_of(step), **items;
	size_t count;
	struct buf buf;

	if (given.type == VALUE_TEXT && step->options[OPT_SPLIT].is_set)
		count = split(run->arena, given.text, step->options[OPT_SPLIT].text, &items);
	else
		count = value_items(run->arena, given, &items);
	buf_init(&buf, run->arena, MULTI_MAX);
	for (size_t i = 0; i < count; i++) {
		if (strstr(items[i], separator))
			return transform_fails(why, "separator_in_value",
					       "one of the values holds the separator itself",
					       "choose another separator, or turn the value into "
					       "the CRM's by a lookup before");
		if (i > 0 || step->options[OPT_LEADING].flag)
			buf_add(&buf, separator);
		buf_add(&buf, items[i]);
	}
	out->type = VALUE_TEXT;
	if (buf_end(&buf, &out->text, NULL) < 0)
		return transform_fails(why, "too_long", "the list is too long",
				       "shorten the value of the lead");
	return 0;
}

static int multi_in(const struct step *step, struct transform_run *run, struct value given,
		    struct value *out, struct problem *why)
{
	const char **items;
	size_t count;

	*out = given;
	if (given.type == VALUE_LIST)
		return 0;
	if (strlen(given.text) > MULTI_MAX)
		return transform_fails(why, "too_long", "the CRM's list is too long",
				       "shorten it in the CRM");
	count = split(run->arena, given.text, separator_of(step), &items);
	*out = value_of_items(run->arena, items, count);
	return 0;
}

const struct transform transform_multi_select = {
	.name = "multi_select",
	.help = "writes several values as one text, and reads them back as a list",
	.options = multi_options,
	.main = "separator",
	.reading = READING_BACK,
	.gives = SHAPE_TEXT,
	.prepare = multi_prepare,
	.out = multi_out,
	.in = multi_in,
};
