/* apply.c - what is to be written to a record, field by field, and why. Threads: pure. */
#include "mapping/apply.h"

#include <string.h>

#include "base/text.h"
#include "mapping/apply_policy.h"
#include "mapping/check.h"
#include "mapping/form.h"

static const char *const line_verdict_names[] = {
	[LINE_WRITE] = "write",	      [LINE_SAME] = "same", [LINE_NOTHING] = "nothing",
	[LINE_OFF] = "off",	      [LINE_KEPT] = "kept", [LINE_CONFLICT] = "conflict",
	[LINE_HELD] = "held",	      [LINE_UNREAD] = "unread",
};

static const char *const applied_verdict_names[] = {
	[APPLIED_WRITE] = "write",
	[APPLIED_NOTHING] = "nothing",
	[APPLIED_UNREAD] = "unread",
	[APPLIED_FAILED] = "failed",
};

const char *line_verdict_name(enum line_verdict verdict)
{
	return line_verdict_names[verdict];
}

const char *applied_verdict_name(enum applied_verdict verdict)
{
	return applied_verdict_names[verdict];
}

void applied_say(struct applied_line *line, enum line_verdict verdict, const char *code,
		 const char *reason, const char *instruction)
{
	line->verdict = verdict;
	line->code = code;
	line->reason = reason;
	line->instruction = instruction;
}

static void hold(struct applied_line *line, const struct problem *why)
{
	applied_say(line, LINE_HELD, why->code, why->message, why->instruction);
}

/* The lead's value through the chain, with its provenance. */
static int make_value(struct applying *a, struct applied_line *line, struct problem *why)
{
	const struct mapping_field *field = line->line->field;
	struct lead_field *origin = &a->origins[line - a->applied->lines];

	if (field->from)
		*origin = a->run.value_of(a->run.context, field->from);
	line->given = origin->value;
	a->run.newest = (struct lead_field){ 0 };
	if (chain_out(&line->line->chain, &a->run, line->given, &line->wanted, why) < 0)
		return -1;
	if (chain_makes_value(&line->line->chain)) {
		*origin = a->run.newest;
		line->given = line->wanted;
	}
	return 0;
}

static bool is_required(const struct applied_line *line)
{
	return line->line->target && line->line->target->is_required;
}

/* The default is for when nothing is sent and the target is empty. A required field cannot
 * be cleared: an explicit null counts as nothing sent. */
static void fill_default(struct applying *a, struct applied_line *line)
{
	bool is_cleared = line->wanted.type == VALUE_NULL && !is_required(line);

	if (!form_is_empty(line->wanted))
		return;
	if (is_cleared && a->applied->action == RECORD_UPDATE)
		return;
	if (!is_cleared)
		line->wanted = (struct value){ VALUE_ABSENT, NULL };
	if (is_cleared || form_is_empty(line->line->fallback))
		return;
	if (a->applied->action == RECORD_UPDATE &&
	    (!line->is_seen || !form_is_empty(line->seen))) {
		/* Whether it is empty there must be known first. */
		if (!line->is_seen)
			applied_say(line, LINE_UNREAD, "unread",
				    "the default is used if the field is empty there", NULL);
		return;
	}
	line->wanted = line->line->fallback;
	line->is_default = true;
}

static void missing(struct applying *a, struct applied_line *line)
{
	if (!is_required(line) || a->applied->action != RECORD_CREATE) {
		applied_say(line, LINE_NOTHING, "nothing",
			    line->wanted.type == VALUE_NULL ? "there is nothing to clear" :
							      "the lead has no value for it",
			    NULL);
		return;
	}
	applied_say(line, LINE_HELD, "required_missing",
		    arena_printf(a->run.arena, "%s: must be given when a record is created, "
				 "and the lead has no value for it",
				 check_label(line->line->target)),
		    "add the value to the lead, or a default to the line of the mapping");
}

/* A field that can only be set when a record is created, or only later. */
static bool is_writable(struct applying *a, struct applied_line *line)
{
	const struct catalog_field *target = line->line->target;

	if (!target)
		return true;
	if (a->applied->action == RECORD_CREATE && !target->is_creatable) {
		applied_say(line, LINE_KEPT, "not_creatable",
			    "the CRM takes it only once the record is there", NULL);
		return false;
	}
	if (a->applied->action == RECORD_UPDATE && !target->is_updatable) {
		applied_say(line, LINE_KEPT, "not_updatable",
			    "the CRM takes it only when a record is created", NULL);
		return false;
	}
	return true;
}

/* Brings the value into the CRM's form and drops it if the CRM has it. What does not fit
 * but is there nevertheless is no matter. */
static void compare(struct applying *a, struct applied_line *line)
{
	const struct catalog_field *target = line->line->target;
	struct problem why = { 0 };
	bool is_held = target && !line->is_default &&
		       check_value(a->run.arena, target, line->wanted, &line->wanted, &why) < 0;

	if (line->is_seen && form_same(a->run.arena, target, line->wanted, line->seen))
		line->verdict = LINE_SAME;
	else if (is_writable(a, line) && is_held)
		hold(line, &why);
}

/* What is wanted, before anybody asks whether it may. Lines that are through have their
 * verdict; the others have LINE_WRITE. */
static void want(struct applying *a, struct applied_line *line)
{
	const struct field *seen = field_find(a->there->seen, a->there->nseen,
					      line->line->field->to);
	struct problem why = { 0 };

	line->verdict = LINE_WRITE;
	line->is_seen = seen != NULL;
	line->seen = seen ? seen->value : (struct value){ VALUE_ABSENT, NULL };
	if (!line->line->is_out) {
		applied_say(line, LINE_OFF, line->line->is_in ? "read_only" : "off",
			    line->line->is_in ? "it is only read from the CRM" :
						"the line is off", NULL);
		return;
	}
	if (make_value(a, line, &why) < 0) {
		hold(line, &why);
		return;
	}
	fill_default(a, line);
	if (line->verdict != LINE_WRITE)
		return;
	if (line->wanted.type == VALUE_ABSENT ||
	    (line->wanted.type == VALUE_NULL && a->applied->action == RECORD_CREATE))
		missing(a, line);
	else
		compare(a, line);
}

static void conclude(struct applying *a)
{
	struct applied *applied = a->applied;
	struct field *fields = arena_array(a->run.arena, applied->nlines, sizeof(*fields));

	applied->unread = arena_array(a->run.arena, applied->nlines, sizeof(*applied->unread));
	applied->fields = fields;
	for (size_t i = 0; i < applied->nlines; i++) {
		struct applied_line *line = &applied->lines[i];
		const char *to = line->line->field->to;

		if (line->verdict == LINE_WRITE)
			fields[applied->nfields++] = (struct field){ to, line->wanted };
		if (line->verdict == LINE_UNREAD)
			applied->unread[applied->nunread++] = to;
		if (line->verdict == LINE_HELD && line->line->is_vital && !applied->failed)
			applied->failed = line;
	}
	if (applied->failed)
		applied->verdict = APPLIED_FAILED;
	else if (applied->nunread > 0)
		applied->verdict = APPLIED_UNREAD;
	else
		applied->verdict = applied->nfields > 0 ? APPLIED_WRITE : APPLIED_NOTHING;
}

void mapping_apply(struct arena *arena, const struct compiled_mapping *compiled,
		   mapping_value_of *value_of, void *context, enum record_action action,
		   const struct there *there, struct applied *applied)
{
	static const struct there nothing;
	struct applying a = {
		.run = { .arena = arena, .value_of = value_of, .context = context },
		.applied = applied,
		.there = there && action == RECORD_UPDATE ? there : &nothing,
		.connection = compiled->ground.connection,
	};

	*applied = (struct applied){
		.compiled = compiled,
		.action = action,
		.nlines = compiled->nlines,
		.lines = arena_array(arena, compiled->nlines, sizeof(*applied->lines)),
	};
	a.origins = arena_array(arena, compiled->nlines, sizeof(*a.origins));
	for (size_t i = 0; i < applied->nlines; i++) {
		applied->lines[i].line = &compiled->lines[i];
		want(&a, &applied->lines[i]);
	}
	policy_apply(&a);
	conclude(&a);
}

size_t applied_whole(struct arena *arena, const struct applied *applied,
		     const struct field **fields)
{
	struct field *whole = arena_array(arena, applied->nlines, sizeof(*whole));
	size_t count = 0;

	for (size_t i = 0; i < applied->nlines; i++) {
		const struct applied_line *line = &applied->lines[i];
		struct value value = line->verdict == LINE_WRITE ? line->wanted : line->seen;

		if (line->line->is_out && value.type != VALUE_ABSENT)
			whole[count++] = (struct field){ line->line->field->to, value };
	}
	*fields = whole;
	return count;
}
