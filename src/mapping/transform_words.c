/* transform_words.c - blanks, case, length, and names. Threads: pure. */
#include <string.h>

#include "base/text.h"
#include "mapping/transform_kinds.h"
#include "text/letters.h"
#include "text/name.h"

/* Numbers and booleans have no case and no blanks: they stay what they are. */

static int trim_out(const struct step *step, struct transform_run *run, struct value given,
		    struct value *out, struct problem *why)
{
	(void)step;
	(void)why;
	if (given.type == VALUE_TEXT)
		*out = value_text(text_trim(run->arena, given.text));
	return 0;
}

const struct transform transform_trim = {
	.name = "trim",
	.help = "cuts blanks at both ends",
	.reading = READING_AS_IS,
	.by_item = true,
	.out = trim_out,
};

static int lower_out(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	(void)step;
	(void)why;
	if (given.type == VALUE_TEXT)
		*out = value_text(text_lower(run->arena, given.text));
	return 0;
}

const struct transform transform_lower = {
	.name = "lower",
	.help = "writes text in small letters",
	.reading = READING_AS_IS,
	.by_item = true,
	.out = lower_out,
};

static int upper_out(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	(void)step;
	(void)why;
	if (given.type == VALUE_TEXT)
		*out = value_text(text_upper(run->arena, given.text));
	return 0;
}

const struct transform transform_upper = {
	.name = "upper",
	.help = "writes text in capital letters",
	.reading = READING_AS_IS,
	.by_item = true,
	.out = upper_out,
};

static int title_out(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	(void)step;
	(void)why;
	if (given.type == VALUE_TEXT)
		*out = value_text(text_title(run->arena, given.text));
	return 0;
}

const struct transform transform_title_case = {
	.name = "title_case",
	.help = "writes names that are all in small or all in capital letters as names",
	.reading = READING_AS_IS,
	.by_item = true,
	.out = title_out,
};

/* truncate */

enum { TRUNCATE_LENGTH };

static const struct transform_option truncate_options[] = {
	{ "length", OPTION_COUNT, true, 1, 100000, NULL, "how many characters remain" },
	{ NULL },
};

static int truncate_out(const struct step *step, struct transform_run *run,
			struct value given, struct value *out, struct problem *why)
{
	size_t length = (size_t)step->options[TRUNCATE_LENGTH].number, len;
	const char *cut;

	(void)why;
	if (given.type != VALUE_TEXT)
		return 0;
	cut = text_cut(run->arena, given.text, length);
	if (cut != given.text) {
		/* CRMs drop blanks at the end, or refuse them. */
		for (len = strlen(cut); len > 0 && strchr(" \t\r\n", cut[len - 1]);)
			len--;
		cut = arena_strndup(run->arena, cut, len);
	}
	*out = value_text(cut);
	return 0;
}

const struct transform transform_truncate = {
	.name = "truncate",
	.help = "cuts text to a length, never inside a letter",
	.options = truncate_options,
	.main = "length",
	.reading = READING_AS_IS,
	.by_item = true,
	.out = truncate_out,
};

/* html */

#define HTML_MAX (1u << 20) /* bytes */

static int html_out(const struct step *step, struct transform_run *run, struct value given,
		    struct value *out, struct problem *why)
{
	static const struct {
		char letter;
		const char *html;
	} letters[] = { { '<', "&lt;" },   { '>', "&gt;" },  { '&', "&amp;" },
			{ '"', "&quot;" }, { '\'', "&#39;" }, { '\n', "<br>" } };
	struct buf buf;
	const char *text;

	(void)step;
	if (given.type != VALUE_TEXT)
		return 0;
	buf_init(&buf, run->arena, HTML_MAX);
	for (const char *p = given.text; *p; p++) {
		size_t i = 0;

		while (i < ARRAY_LEN(letters) && letters[i].letter != *p)
			i++;
		if (i < ARRAY_LEN(letters))
			buf_add(&buf, letters[i].html);
		else if (*p != '\r')
			buf_addc(&buf, *p);
	}
	if (buf_end(&buf, &text, NULL) < 0)
		return transform_fails(why, "too_long", "the text is over 1 MiB as HTML",
				       "shorten it, or put truncate before html");
	*out = value_text(text);
	return 0;
}

const struct transform transform_html = {
	.name = "html",
	.help = "writes text as HTML, so that a field which shows HTML shows it as it came",
	.reading = READING_NOT,
	.gives = SHAPE_TEXT,
	.out = html_out,
};

/* split_name */

enum { SPLIT_PART, SPLIT_ONE_WORD };
enum { PART_FIRST, PART_LAST, PART_TITLE, PART_SUFFIX };

static const struct transform_option split_options[] = {
	{ "part", OPTION_WORD, true, 0, 0, "first|last|title|suffix",
	  "which part of the name: first, last, title or suffix" },
	{ "one_word", OPTION_WORD, false, 0, 0, "first|last",
	  "what a name of one word is; without it a first name" },
	{ NULL },
};

static int split_out(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	bool is_last = step->options[SPLIT_ONE_WORD].number == PART_LAST;
	struct name name;

	(void)why;
	name_split(run->arena, given.text, &name);
	if (is_last && !*name.last) {
		name.last = name.first;
		name.first = "";
	}
	switch (step->options[SPLIT_PART].number) {
	case PART_FIRST:
		*out = value_text(name.first);
		break;
	case PART_LAST:
		*out = value_text(name.last);
		break;
	case PART_TITLE:
		*out = value_text(name.title);
		break;
	default:
		*out = value_text(name.suffix);
	}
	return 0;
}

const struct transform transform_split_name = {
	.name = "split_name",
	.help = "takes the first or the last name out of a whole name",
	.options = split_options,
	.main = "part",
	.reading = READING_NOT,
	.gives = SHAPE_TEXT,
	.out = split_out,
};
