/* transform_time.c - dates and times in the form and the zone that a CRM wants.
 * Threads: pure. */
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "mapping/form.h"
#include "mapping/transform_kinds.h"
#include "text/zone.h"

enum { OPT_PATTERN, OPT_ZONE, OPT_GIVEN };

static const struct transform_option date_options[] = {
	{ "pattern", OPTION_TEXT, false, 0, 0, NULL,
	  "how the CRM wants it; without it YYYY-MM-DD" },
	{ "zone", OPTION_TEXT, false, 0, 0, NULL,
	  "in whose zone a time falls on a day: \"Asia/Kolkata\"; without it UTC" },
	{ "given", OPTION_TEXT, false, 0, 0, NULL,
	  "how a field of your own is written, \"DD/MM/YYYY\"; without it YYYY-MM-DD or a time" },
	{ NULL },
};

static const struct transform_option datetime_options[] = {
	{ "pattern", OPTION_TEXT, false, 0, 0, NULL,
	  "how the CRM wants it; without it 2026-03-02T14:44:07+05:30" },
	{ "zone", OPTION_TEXT, false, 0, 0, NULL,
	  "the zone to write it in: \"Asia/Kolkata\"; without it UTC" },
	{ "given", OPTION_TEXT, false, 0, 0, NULL,
	  "how a field of your own is written, \"DD/MM/YYYY HH:mm\"; without it RFC 3339" },
	{ NULL },
};

static const char *option_or(const struct step *step, int option, const char *otherwise)
{
	const char *text = step->options[option].text;

	return text ? text : otherwise;
}

static int check_pattern(struct preparing *p, const struct step *step, int option,
			 const char *name, enum zone_use use)
{
	struct error err = { 0 };

	if (!step->options[option].is_set ||
	    zone_pattern_check(step->options[option].text, use, &err) == 0)
		return 0;
	return prepare_fails(p, name, "not_a_pattern",
			     "write it like YYYY-MM-DD HH:mm:ss; docs/mapping.md lists the "
			     "letters", "%s", err.message);
}

static int time_prepare(struct preparing *p, struct step *step)
{
	struct error err = { 0 };
	int rc = 0;

	if (step->options[OPT_ZONE].is_set &&
	    zone_check(step->options[OPT_ZONE].text, &err) < 0)
		rc = prepare_fails(p, "zone", "not_a_zone",
				   "write the full name, \"Asia/Kolkata\"", "%s", err.message);
	if (check_pattern(p, step, OPT_PATTERN, "pattern",
			  p->reads_back ? ZONE_READ : ZONE_WRITE) < 0 ||
	    check_pattern(p, step, OPT_GIVEN, "given", ZONE_READ) < 0)
		rc = -1;
	return rc;
}

/* The zone of a step, opened once in a run. */
static struct zone *zone_of(const struct step *step, struct transform_run *run)
{
	const char *name = option_or(step, OPT_ZONE, "UTC");
	size_t free = 0;

	for (; free < ARRAY_LEN(run->zones) && run->zones[free]; free++)
		if (strcmp(zone_name(run->zones[free]), name) == 0)
			return run->zones[free];
	if (free == ARRAY_LEN(run->zones))
		free--;
	/* time_prepare() has checked the name. */
	if (zone_open(run->arena, name, &run->zones[free], NULL) < 0)
		return NULL;
	return run->zones[free];
}

static int time_fails(struct problem *why, const char *code, const char *wanted)
{
	return transform_fails(why, code, wanted,
			       "correct the value, or say how it is written in \"given\" (of "
			       "ours) or \"pattern\" (of the CRM) of the mapping");
}

static int write_time(const struct step *step, struct transform_run *run, int64_t ms,
		      int option, const char *otherwise, struct value *out,
		      struct problem *why)
{
	struct zone *zone = zone_of(step, run);
	struct error err = { 0 };
	const char *text;

	if (!zone || zone_format(run->arena, zone, ms, option_or(step, option, otherwise),
				 &text, &err) < 0)
		return time_fails(why, "not_a_time", "the time cannot be written");
	*out = value_text(text);
	return 0;
}

/* Our value as a moment: by `given`, as RFC 3339, or as a day, which is its midnight in
 * the zone. */
static bool our_time(const struct step *step, struct transform_run *run, const char *text,
		     int64_t *ms)
{
	if (step->options[OPT_GIVEN].is_set)
		return zone_parse(zone_of(step, run), text, step->options[OPT_GIVEN].text, ms,
				  NULL) == 0;
	if (clock_parse(text, ms))
		return true;
	return form_is_date(text) &&
	       zone_parse(zone_of(step, run), text, "date", ms, NULL) == 0;
}

static int date_out(const struct step *step, struct transform_run *run, struct value given,
		    struct value *out, struct problem *why)
{
	int64_t ms;

	if (!step->options[OPT_GIVEN].is_set && !step->options[OPT_PATTERN].is_set &&
	    form_is_date(given.text)) {
		*out = value_text(given.text);
		return 0;
	}
	if (!our_time(step, run, given.text, &ms))
		return time_fails(why, "not_a_date", "the value is not a date");
	return write_time(step, run, ms, OPT_PATTERN, "date", out, why);
}

static int date_in(const struct step *step, struct transform_run *run, struct value given,
		   struct value *out, struct problem *why)
{
	const char *pattern = option_or(step, OPT_PATTERN, "date");
	int64_t ms;

	if (zone_parse(zone_of(step, run), given.text, pattern, &ms, NULL) < 0)
		return time_fails(why, "not_a_date", "the CRM's value is not such a date");
	return write_time(step, run, ms, OPT_GIVEN, "date", out, why);
}

static enum shape date_shape(const struct step *step)
{
	return step->options[OPT_PATTERN].is_set ? SHAPE_TEXT : SHAPE_DATE;
}

const struct transform transform_date = {
	.name = "date",
	.help = "writes the day of a time, or a date, in the form that the CRM wants",
	.options = date_options,
	.main = "pattern",
	.reading = READING_BACK,
	.by_item = true,
	.shape = date_shape,
	.prepare = time_prepare,
	.out = date_out,
	.in = date_in,
};

static int datetime_out(const struct step *step, struct transform_run *run,
			struct value given, struct value *out, struct problem *why)
{
	int64_t ms;

	if (!our_time(step, run, given.text, &ms))
		return time_fails(why, "not_a_time", "the value is not a date and time");
	return write_time(step, run, ms, OPT_PATTERN, "iso", out, why);
}

/* Back to our own form, which is UTC with milliseconds unless `given` says otherwise. */
static int datetime_in(const struct step *step, struct transform_run *run,
		       struct value given, struct value *out, struct problem *why)
{
	const char *pattern = option_or(step, OPT_PATTERN, "iso");
	char text[CLOCK_TEXT_SIZE];
	int64_t ms;

	if (zone_parse(zone_of(step, run), given.text, pattern, &ms, NULL) < 0 &&
	    !clock_parse(given.text, &ms))
		return time_fails(why, "not_a_time",
				  "the CRM's value is not such a date and time");
	if (step->options[OPT_GIVEN].is_set)
		return write_time(step, run, ms, OPT_GIVEN, "iso", out, why);
	clock_format(ms, text);
	*out = value_text(arena_strdup(run->arena, text));
	return 0;
}

static enum shape datetime_shape(const struct step *step)
{
	const char *pattern = option_or(step, OPT_PATTERN, "iso");

	return text_starts(pattern, "iso") || text_starts(pattern, "epoch") ? SHAPE_TIME :
									      SHAPE_TEXT;
}

const struct transform transform_datetime = {
	.name = "datetime",
	.help = "writes a time in the zone and the form that the CRM wants",
	.options = datetime_options,
	.main = "pattern",
	.reading = READING_BACK,
	.by_item = true,
	.shape = datetime_shape,
	.prepare = time_prepare,
	.out = datetime_out,
	.in = datetime_in,
};
