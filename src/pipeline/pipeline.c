/* pipeline.c - decides what a submission means. Threads: pure. */
#include "pipeline/pipeline.h"

static const struct {
	const char *name;
	stage *run;
} stages[] = {
	{ "match", stage_match },       /* who is it? before any owner is picked */
	{ "suppress", stage_suppress }, /* how may they be reached? refuses nobody */
	{ "merge", stage_merge },       /* which values count? */
	{ "enrich", stage_enrich },     /* what else can be known? */
	{ "score", stage_score },       /* how promising, and why? */
	{ "qualify", stage_qualify },   /* what was found out by asking? */
	{ "route", stage_route },       /* whose is it? */
};

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
	for (size_t i = 0; i < ARRAY_LEN(stages) && !decision->is_done; i++)
		stages[i].run(ground, decision);
	if (!decision->is_done)
		finish(ground, decision);
	return decision;
}
