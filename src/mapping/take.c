/* take.c - what a CRM has changed, and what of it the lead takes over. Threads: pure. */
#include "mapping/take.h"

#include "base/text.h"
#include "mapping/check.h"
#include "mapping/form.h"

static const char *const verdict_names[] = {
	[TAKE_UNCHANGED] = "unchanged", [TAKE_SET] = "set",	      [TAKE_CLEAR] = "clear",
	[TAKE_KEPT] = "kept",		[TAKE_CONFLICT] = "conflict", [TAKE_HELD] = "held",
};

const char *take_verdict_name(enum take_verdict verdict)
{
	return verdict_names[verdict];
}

static struct lead_field ours_of(const struct mapping_line *line, struct transform_run *run)
{
	if (!line->field->from)
		return (struct lead_field){ 0 };
	return run->value_of(run->context, line->field->from);
}

bool line_renders(const struct mapping_line *line, struct transform_run *run,
		  struct value seen)
{
	struct lead_field ours = ours_of(line, run);
	struct value written;
	struct problem why;

	/* A value that cannot be written is rendered by nothing. */
	if (chain_out(&line->chain, run, ours.value, &written, &why) < 0 ||
	    (line->target &&
	     check_value(run->arena, line->target, written, &written, &why) < 0))
		return false;
	if (form_is_empty(written) && line->fallback.type != VALUE_ABSENT &&
	    form_same(run->arena, line->target, line->fallback, seen))
		return true;
	return form_same(run->arena, line->target, written, seen);
}

static void say(struct taken *taken, enum take_verdict verdict, const char *code,
		const char *reason, const char *instruction)
{
	taken->verdict = verdict;
	taken->code = code;
	taken->reason = reason;
	taken->instruction = instruction;
}

static void conflict(struct taken *taken, const char *code, const char *reason)
{
	say(taken, TAKE_CONFLICT, code, reason,
	    "choose one of the two values in the list of conflicts");
}

/* An empty field clears the lead's only where the CRM owns it. */
static void take_nothing(struct taken *taken, const struct lead_field *ours)
{
	if (value_is_empty(ours->value))
		say(taken, TAKE_UNCHANGED, NULL, NULL, NULL);
	else if (taken->line->field->policy == POLICY_CRM)
		say(taken, TAKE_CLEAR, NULL, NULL, NULL);
	else
		say(taken, TAKE_KEPT, "empty", "an empty field clears nothing", NULL);
}

static void take_value(struct taken *taken, const struct lead_field *ours,
		       int64_t changed_at)
{
	bool is_empty = value_is_empty(ours->value);

	say(taken, TAKE_SET, NULL, NULL, NULL);
	switch (taken->line->field->policy) {
	case POLICY_CRM:
		return;
	case POLICY_FAIRLEAD:
		say(taken, TAKE_KEPT, "fairlead_owned", "the field is Fairlead's", NULL);
		return;
	case POLICY_FILL_IF_EMPTY:
		if (!is_empty)
			say(taken, TAKE_KEPT, "not_empty",
			    "it is filled only where it is empty", NULL);
		return;
	case POLICY_MANUAL:
		if (!is_empty)
			conflict(taken, "manual",
				 "the values differ, and a person decides this field");
		return;
	case POLICY_NEWEST:
		if (is_empty || (changed_at > 0 && changed_at >= ours->at))
			return;
		if (changed_at > 0)
			say(taken, TAKE_KEPT, "older", "the lead's value is newer", NULL);
		else
			conflict(taken, "unknown_age",
				 "the values differ, and nobody knows when the CRM's was "
				 "written");
		return;
	}
}

static void take_line(struct taken *taken, struct transform_run *run, struct value now,
		      const struct field *before, int64_t changed_at)
{
	const struct mapping_line *line = taken->line;
	struct lead_field ours = ours_of(line, run);
	struct problem why;

	if ((before && form_same(run->arena, line->target, before->value, now)) ||
	    line_renders(line, run, now))
		return;
	if (form_is_empty(now)) {
		take_nothing(taken, &ours);
		return;
	}
	if (chain_in(&line->chain, run, form_read(run->arena, line->target, now),
		     &taken->value, &why) < 0) {
		say(taken, TAKE_HELD, why.code, why.message, why.instruction);
		return;
	}
	if (form_is_empty(taken->value))
		say(taken, TAKE_KEPT, "empty", "it reads back to nothing", NULL);
	else if (value_equal(taken->value, ours.value))
		return;
	else
		take_value(taken, &ours, changed_at);
}

size_t mapping_take(struct arena *arena, const struct compiled_mapping *compiled,
		    mapping_value_of *value_of, void *context, const struct field *now,
		    size_t nnow, const struct field *before, size_t nbefore,
		    int64_t changed_at, struct taken **taken)
{
	struct transform_run run = { .arena = arena, .value_of = value_of, .context = context };
	size_t count = 0;

	*taken = arena_array(arena, compiled->nlines, sizeof(**taken));
	for (size_t i = 0; i < compiled->nlines; i++) {
		const struct mapping_line *line = &compiled->lines[i];
		const struct field *field = field_find(now, nnow, line->field->to);

		if (!line->is_in || !field)
			continue;
		(*taken)[count].line = line;
		take_line(&(*taken)[count++], &run, field->value,
			  field_find(before, nbefore, line->field->to), changed_at);
	}
	return count;
}
