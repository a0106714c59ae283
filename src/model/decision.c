/* decision.c - what Fairlead concluded from a submission, and from what.
 * Threads: pure. */
#include "model/decision.h"

#include <string.h>

#include "base/text.h"

static const char *const result_names[] = {
	[RESULT_CREATED] = "created",       [RESULT_UPDATED] = "updated",
	[RESULT_UNCHANGED] = "unchanged",   [RESULT_IGNORED] = "ignored",
	[RESULT_IN_PROCESS] = "in_process", [RESULT_REJECTED] = "rejected",
};

static const char *const change_names[] = {
	[CHANGE_SET] = "set",
	[CHANGE_REPLACED] = "replaced",
	[CHANGE_CLEARED] = "cleared",
	[CHANGE_KEPT_NEWER] = "kept_newer",
	[CHANGE_KEPT_OWNED] = "kept_owned",
	[CHANGE_KEPT_FILLED] = "kept_filled",
	[CHANGE_CONFLICT] = "conflict",
};

static const char *const gate_names[] = { [GATE_NONE] = "none", [GATE_LOOKUP] = "lookup" };

const char *result_name(enum result result)
{
	return result_names[result];
}

const char *change_kind_name(enum change_kind kind)
{
	return change_names[kind];
}

const char *gate_name(enum gate gate)
{
	return gate_names[gate];
}

bool gate_parse(const char *name, enum gate *gate)
{
	for (size_t i = 0; i < ARRAY_LEN(gate_names); i++) {
		if (!text_equal(gate_names[i], name))
			continue;
		*gate = (enum gate)i;
		return true;
	}
	return false;
}

void decision_note(struct decision *decision, const char *stage, const char *code,
		   const char *text)
{
	if (decision->nnotes < DECISION_NOTES_MAX)
		decision->notes[decision->nnotes++] = (struct note){ stage, code, text };
}

void decision_change(struct decision *decision, const char *field, enum change_kind kind,
		     struct value before, struct value after)
{
	if (decision->nchanges < DECISION_CHANGES_MAX)
		decision->changes[decision->nchanges++] =
			(struct change){ field, kind, before, after };
}

void decision_doubt(struct decision *decision, int64_t other, const char *reason)
{
	for (size_t i = 0; i < decision->ndoubts; i++)
		if (decision->doubts[i].other == other)
			return;
	if (decision->ndoubts < DECISION_DOUBTS_MAX)
		decision->doubts[decision->ndoubts++] = (struct doubt){ other, reason };
}

void decision_set(struct decision *decision, struct arena *arena,
		  const struct lead_field *field)
{
	struct lead *lead = decision->lead;
	struct lead_field *more;

	for (size_t i = 0; i < lead->nfields; i++) {
		if (!text_equal(lead->fields[i].name, field->name))
			continue;
		if (field->value.type != VALUE_ABSENT) {
			lead->fields[i] = *field;
			return;
		}
		memmove(&lead->fields[i], &lead->fields[i + 1],
			(lead->nfields - i - 1) * sizeof(*lead->fields));
		lead->nfields--;
		return;
	}
	if (field->value.type == VALUE_ABSENT)
		return;
	/* Room for the few concluded fields is there; a lead with very many grows. */
	if (lead->nfields % 8 == 0) {
		more = arena_array(arena, lead->nfields + 8, sizeof(*more));
		if (lead->nfields)
			memcpy(more, lead->fields, lead->nfields * sizeof(*more));
		lead->fields = more;
	}
	lead->fields[lead->nfields++] = *field;
}
