/* transform_lookup.c - our words and the CRM's: the lookup table. Threads: pure.
 *
 *     {lookup: {table: {ours: theirs, ours: [theirs, also, read, back]},
 *               otherwise: theirs, back: {theirs: ours}}}
 *
 * Per value of ours one value is written; all that are listed read back to it. Words are
 * compared without the case of ASCII letters and without blanks around them. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "mapping/transform_kinds.h"

#define TABLE_MAX 2000

enum { OPT_TABLE, OPT_OTHERWISE, OPT_BACK };

static const struct transform_option lookup_options[] = {
	{ "table", OPTION_TABLE, true, 0, 0, NULL,
	  "{ours: theirs} or {ours: [theirs, others that read back to ours]}" },
	{ "otherwise", OPTION_TEXT, false, 0, 0, NULL,
	  "what to write for a value that is not in the table; without it such a value is "
	  "held" },
	{ "back", OPTION_TABLE, false, 0, 0, NULL,
	  "{theirs: ours} where the table alone would not say what a value reads back to" },
	{ NULL },
};

struct pair {
	const char *from;
	struct value to; /* absent: nothing is written */
};

struct lookup {
	struct pair *out, *in; /* sorted by `from` */
	size_t nout, nin;
	const char **sources;  /* of the written values: ours, then "otherwise" */
	struct value *written;
	size_t nwritten;
};

static int compare_pairs(const void *a, const void *b)
{
	return strcasecmp(((const struct pair *)a)->from, ((const struct pair *)b)->from);
}

static const struct pair *find_pair(const struct pair *pairs, size_t count, const char *from)
{
	struct pair key = { .from = from };

	return bsearch(&key, pairs, count, sizeof(*pairs), compare_pairs);
}

/* A value of the table: text, number, yes or no; null writes nothing. */
static int read_value(struct preparing *p, const char *option, const char *ours,
		      const json_t *json, struct value *value)
{
	*value = (struct value){ VALUE_ABSENT, NULL };
	if (json_is_null(json))
		return 0;
	if (json_is_array(json) || value_from_json(p->arena, json, value, NULL) < 0)
		return prepare_fails(p, option, "not_a_value", "write a text or a number",
				     "\"%s\" has no single value", ours);
	if (value_is_empty(*value))
		*value = (struct value){ VALUE_ABSENT, NULL };
	return 0;
}

static int add_reading(struct preparing *p, struct lookup *lookup, const char *ours,
		       const json_t *json)
{
	struct value theirs;

	if (read_value(p, "table", ours, json, &theirs) < 0)
		return -1;
	if (theirs.text)
		lookup->in[lookup->nin++] = (struct pair){ theirs.text, value_text(ours) };
	return 0;
}

/* One line of the table: the value written, and those that read back. */
static int add_line(struct preparing *p, struct lookup *lookup, const char *ours,
		    const json_t *json)
{
	const json_t *first = json_is_array(json) ? json_array_get(json, 0) : json;
	struct value theirs;

	if (!first)
		return prepare_fails(p, "table", "not_a_value", "name what is written for it",
				     "\"%s\" has an empty list", ours);
	ours = text_trim(p->arena, ours);
	if (read_value(p, "table", ours, first, &theirs) < 0)
		return -1;
	lookup->out[lookup->nout++] = (struct pair){ ours, theirs };
	lookup->sources[lookup->nwritten] = ours;
	lookup->written[lookup->nwritten++] = theirs;
	if (!json_is_array(json))
		return add_reading(p, lookup, ours, json);
	for (size_t i = 0; i < json_array_size(json); i++)
		if (add_reading(p, lookup, ours, json_array_get(json, i)) < 0)
			return -1;
	return 0;
}

static size_t count_readings(const json_t *table)
{
	const char *ours;
	size_t count = 0;
	json_t *item;

	json_object_foreach((json_t *)table, ours, item)
		count += json_is_array(item) ? json_array_size(item) : 1;
	return count;
}

/* Sorts, and complains of two lines for one word of ours. */
static int sort_out(struct preparing *p, struct lookup *lookup)
{
	int rc = 0;

	qsort(lookup->out, lookup->nout, sizeof(*lookup->out), compare_pairs);
	for (size_t i = 1; i < lookup->nout; i++)
		if (compare_pairs(&lookup->out[i - 1], &lookup->out[i]) == 0)
			rc = prepare_fails(p, "table", "twice", "keep one of them",
					   "\"%s\" stands there twice (case does not count)",
					   lookup->out[i].from);
	return rc;
}

/* Sorts, keeps one of each word of theirs; two meanings are no matter as long as nothing
 * is read back. */
static int sort_in(struct preparing *p, struct lookup *lookup)
{
	size_t kept = 0;
	int rc = 0;

	qsort(lookup->in, lookup->nin, sizeof(*lookup->in), compare_pairs);
	for (size_t i = 0; i < lookup->nin; i++) {
		const struct pair *last = kept ? &lookup->in[kept - 1] : NULL;

		if (!last || compare_pairs(last, &lookup->in[i]) != 0) {
			lookup->in[kept++] = lookup->in[i];
			continue;
		}
		if (p->reads_back && !value_equal(last->to, lookup->in[i].to))
			rc = prepare_fails(p, "table", "ambiguous",
					   arena_printf(p->arena,
							"say which: back: {%s: %s}",
							last->from, last->to.text),
					   "\"%s\" could read back to \"%s\" or to \"%s\"",
					   last->from, last->to.text, lookup->in[i].to.text);
	}
	lookup->nin = kept;
	return rc;
}

/* What `back` says wins over the table. */
static int apply_back(struct preparing *p, struct lookup *lookup, const json_t *back)
{
	const char *theirs;
	json_t *item;

	json_object_foreach((json_t *)back, theirs, item) {
		struct pair pair = { text_trim(p->arena, theirs), { VALUE_ABSENT, NULL } };
		size_t kept = 0;

		if (read_value(p, "back", theirs, item, &pair.to) < 0)
			return -1;
		for (size_t i = 0; i < lookup->nin; i++)
			if (compare_pairs(&lookup->in[i], &pair) != 0)
				lookup->in[kept++] = lookup->in[i];
		lookup->in[kept++] = pair;
		lookup->nin = kept;
	}
	return 0;
}

static int lookup_prepare(struct preparing *p, struct step *step)
{
	const json_t *table = step->options[OPT_TABLE].table;
	const json_t *back = step->options[OPT_BACK].table;
	size_t nout = json_object_size(table), nin = count_readings(table);
	struct lookup *lookup = arena_alloc(p->arena, sizeof(*lookup));
	const char *ours;
	json_t *item;
	int rc = 0;

	if (nin > TABLE_MAX || json_object_size(back) > TABLE_MAX)
		return prepare_fails(p, "table", "too_many", "use a smaller table",
				     "more than %d values", TABLE_MAX);
	lookup->out = arena_array(p->arena, nout, sizeof(*lookup->out));
	lookup->in = arena_array(p->arena, nin + json_object_size(back), sizeof(*lookup->in));
	lookup->sources = arena_array(p->arena, nout + 1, sizeof(*lookup->sources));
	lookup->written = arena_array(p->arena, nout + 1, sizeof(*lookup->written));
	json_object_foreach((json_t *)table, ours, item)
		if (add_line(p, lookup, ours, item) < 0)
			rc = -1;
	if (step->options[OPT_OTHERWISE].is_set) {
		lookup->sources[lookup->nwritten] = "otherwise";
		lookup->written[lookup->nwritten++] =
			value_text(step->options[OPT_OTHERWISE].text);
	}
	if (sort_out(p, lookup) < 0 || apply_back(p, lookup, back) < 0 ||
	    sort_in(p, lookup) < 0 || rc < 0)
		return -1;
	step->state = lookup;
	return 0;
}

/* The pair of a value, blanks around it not counting. */
static const struct pair *find_value(struct arena *arena, const struct pair *pairs,
				     size_t count, const char *text)
{
	const struct pair *pair = find_pair(pairs, count, text);

	return pair ? pair : find_pair(pairs, count, text_trim(arena, text));
}

static const char *quoted(struct arena *arena, const char *text, const char *rest)
{
	if (text_length(text) > 60)
		return arena_printf(arena, "the value %s", rest);
	return arena_printf(arena, "\"%s\" %s", text, rest);
}

static int lookup_out(const struct step *step, struct transform_run *run, struct value given,
		      struct value *out, struct problem *why)
{
	const struct lookup *lookup = step->state;
	const struct pair *pair = find_value(run->arena, lookup->out, lookup->nout, given.text);

	if (pair) {
		*out = pair->to;
		return 0;
	}
	if (step->options[OPT_OTHERWISE].is_set) {
		*out = value_text(step->options[OPT_OTHERWISE].text);
		return 0;
	}
	return transform_fails(why, "not_in_table",
			       quoted(run->arena, given.text, "is not in the lookup's table"),
			       "add it to the table of the mapping, or give the lookup an "
			       "\"otherwise\"");
}

static int lookup_in(const struct step *step, struct transform_run *run, struct value given,
		     struct value *out, struct problem *why)
{
	const struct lookup *lookup = step->state;
	const struct pair *pair = find_value(run->arena, lookup->in, lookup->nin, given.text);

	if (!pair)
		return transform_fails(why, "not_in_table",
				       quoted(run->arena, given.text,
					      "of the CRM is not in the lookup's table"),
				       "add it to the list of the value that it reads back to");
	*out = pair->to;
	return 0;
}

size_t lookup_written(const struct step *step, const char *const **sources,
		      const struct value **values)
{
	const struct lookup *lookup = step->state;

	*sources = lookup->sources;
	*values = lookup->written;
	return lookup->nwritten;
}

const struct transform transform_lookup = {
	.name = "lookup",
	.help = "turns each of our values into the CRM's word for it, and back",
	.options = lookup_options,
	.reading = READING_BACK,
	.by_item = true,
	.forgets = true,
	.prepare = lookup_prepare,
	.out = lookup_out,
	.in = lookup_in,
};
