/* pipeline.h - decides what a submission means. Threads: pure.
 *
 * A table of stages in order; reading it in pipeline.c is reading the product. A
 * stage reads the ground and adds to the decision; it knows no clock and no store. */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "model/decision.h"

/* Decides. Never fails: whatever was given has a result. The decision is the ground's
 * arena's. */
struct decision *pipeline_decide(const struct ground *ground);

/* The stages. */
typedef void stage(const struct ground *ground, struct decision *decision);
stage stage_match, stage_suppress, stage_merge, stage_enrich, stage_score, stage_qualify,
	stage_route;

#endif
