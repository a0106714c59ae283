/* plan_leads.h - which leads a plan is for: some by their ids, the latest, or those of a
 * file. Private to api/. Threads: handlers. */
#ifndef API_PLAN_LEADS_H
#define API_PLAN_LEADS_H

#include "api/internal.h"
#include "deliver/deliver.h"
#include "store/plans.h"

struct chosen {
	struct plan_lead *leads;  /* no lead twice */
	const struct lead **as;   /* each as it is, or as the file would make it */
	int64_t *lines;           /* of the file */
	bool *new;                /* nobody in the store: the id is made up */
	size_t count;
	bool is_file;             /* nothing of it is in the store: it cannot be applied */
	int64_t rows, failed;     /* of the file; those that an import would refuse */
};

/* Reads what the call asks for: {"leads": [ID, ...]}, {"sample": N}, or a file as text/csv
 * for the source that the query names. At most PLAN_LEADS_MAX. False when it was answered. */
bool api_plan_leads(struct api_call *call, struct chosen *chosen);

/* The latest that a mapping's CRM is not known to have as they are. */
bool api_plan_leads_behind(struct api_call *call, const struct mapping *mapping,
			   struct chosen *chosen);

#endif
