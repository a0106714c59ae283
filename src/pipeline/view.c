/* view.c - what rules see of a decision under way. Threads: pure. */
#include "pipeline/view.h"

struct value decision_view_value(void *view, const char *field)
{
	const struct decision_view *of = view;

	return lead_view(of->ground->arena, of->decision->lead, of->decision->enquiry,
			 of->ground->source->label, field);
}
