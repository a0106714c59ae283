/* view.h - what rules see of a decision under way. Private to pipeline/. Threads: pure. */
#ifndef PIPELINE_VIEW_H
#define PIPELINE_VIEW_H

#include "model/decision.h"

struct decision_view {
	const struct ground *ground;
	const struct decision *decision;
};

/* A condition_value_of: the lead's field as it shall be, else the enquiry's. */
struct value decision_view_value(void *view, const char *field);

#endif
