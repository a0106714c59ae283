/* pipeline.c - decides what a submission means. Threads: pure. */
#include "pipeline/pipeline.h"

#define LOOKUP_MS 5000 /* how long an owner waits for a CRM's answer */

static const struct {
	const char *name;
	stage *run;
	enum gate gate;   /* in front of the stage, or none */
	gate_test *waits; /* is it closed for this lead? */
	int64_t wait_ms;  /* at most; then it goes on without an answer */
} stages[] = {
	{ "match", stage_match },       /* who is it? before any owner is picked */
	{ "suppress", stage_suppress }, /* how may they be reached? refuses nobody */
	{ "merge", stage_merge },       /* which values count? */
	{ "enrich", stage_enrich },     /* what else can be known? */
	{ "score", stage_score },       /* how promising, and why? */
	{ "qualify", stage_qualify },   /* what was found out by asking? */
	{ "route", stage_route,         /* whose is it? not before the CRMs were asked */
	  GATE_LOOKUP, gate_lookup_waits, LOOKUP_MS },
};

/* The stage behind the gate that was passed; the first one when none was. */
static size_t first_stage(const struct passage *passage)
{
	for (size_t i = 0; passage->gate && i < ARRAY_LEN(stages); i++)
		if (stages[i].gate == passage->gate)
			return i;
	return 0;
}

static bool stops_at(size_t i, const struct ground *ground, struct decision *decision)
{
	if (!stages[i].gate || stages[i].gate == ground->facts.passage.gate ||
	    !stages[i].waits(ground, decision))
		return false;
	decision->gate = stages[i].gate;
	decision->gate_until = ground->now + stages[i].wait_ms;
	decision_note(decision, stages[i].name, "waits",
		      arena_printf(ground->arena, "waits for the %s, %lld s at most",
				   gate_name(decision->gate),
				   (long long)(stages[i].wait_ms / 1000)));
	return true;
}

static bool has_changed(const struct decision *decision)
{
	if (decision->is_new_enquiry)
		return true;
	for (size_t i = 0; i < decision->nchanges; i++)
		if (decision->changes[i].kind <= CHANGE_CLEARED)
			return true;
	return false;
}

/* A version stands for one set of values: it grows when any stage changed one. */
static void finish(const struct ground *ground, struct decision *decision)
{
	if (decision->is_new_lead) {
		decision->result = RESULT_CREATED;
	} else if (has_changed(decision)) {
		decision->result = RESULT_UPDATED;
		decision->lead->version++;
		decision->lead->updated_at = ground->now;
	} else {
		decision->result = RESULT_UNCHANGED;
	}
}

struct decision *pipeline_decide(const struct ground *ground)
{
	struct decision *decision = arena_alloc(ground->arena, sizeof(*decision));

	if (ground->submission->errors.count > 0) {
		decision->result = RESULT_REJECTED;
		return decision;
	}
	if (ground->facts.passage.gate)
		merge_resume(ground, decision);
	for (size_t i = first_stage(&ground->facts.passage);
	     i < ARRAY_LEN(stages) && !decision->is_done && !stops_at(i, ground, decision); i++)
		stages[i].run(ground, decision);
	if (!decision->is_done)
		finish(ground, decision);
	return decision;
}
