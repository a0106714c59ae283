/* enrich.c - what else can be known? Providers are not connected yet: with none
 * configured there is nothing to wait for. Threads: pure. */
#include "pipeline/pipeline.h"

void stage_enrich(const struct ground *ground, struct decision *decision)
{
	(void)ground;
	(void)decision;
}
