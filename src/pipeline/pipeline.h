/* pipeline.h - decides what a submission means. Threads: pure.
 *
 * A table of stages in order; reading it in pipeline.c is reading the product. A
 * stage reads the ground and adds to the decision; it knows no clock and no store. */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "model/decision.h"

/* Decides. Never fails: whatever was given has a result. The decision is the ground's
 * arena's.
 *
 * It may stop at a gate (decision->gate): what was decided until then counts, and is to be
 * kept. Once there is an answer, or the time of the gate is over, the same function goes on
 * from there, when the ground's facts tell the passage: then the case holds the one lead it
 * is about, as it is by now, and the submission is empty but for its ids and times. */
struct decision *pipeline_decide(const struct ground *ground);

/* The stages. */
typedef void stage(const struct ground *ground, struct decision *decision);
stage stage_match, stage_suppress, stage_merge, stage_enrich, stage_score, stage_qualify,
	stage_route;

/* What a resumed decision begins with: the lead of the case and the enquiry of the facts. */
stage merge_resume;

/* Whether the decision has to wait at the gate. */
typedef bool gate_test(const struct ground *ground, const struct decision *decision);
gate_test gate_lookup_waits;

#endif
