/* shapes.h - what a lead, a delivery, a call look like as JSON: written once, used by every
 * resource that shows one. Private to api/. Threads: pure.
 *
 * Fields of a lead stand under the names that mappings and rules use: "email",
 * "custom.budget". docs/api.md describes the shapes for callers. */
#ifndef API_SHAPES_H
#define API_SHAPES_H

#include "api/out.h"
#include "model/config.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/leads.h"

/* The members of a lead; `is_whole` adds where each value came from, and the keys. */
enum lead_shape { LEAD_SHORT, LEAD_WHOLE };
void out_lead(struct out *out, const char *name, const struct config *config,
	      const struct lead *lead, enum lead_shape shape);

/* Only {"email": "...", ...}. */
void out_lead_fields(struct out *out, const char *name, const struct lead *lead);

void out_enquiry(struct out *out, const char *name, const struct config *config,
		 const struct enquiry *enquiry);

/* The members of a delivery, without brackets: callers add their own. */
void out_delivery_members(struct out *out, const struct config *config,
			  const struct delivery *delivery);

void out_attempt(struct out *out, const char *name, const struct kept_attempt *attempt);

/* With its bodies when `has_bodies`. */
void out_call(struct out *out, const char *name, const struct config *config,
	      const struct kept_call *call, bool has_bodies);

/* The members of what stands in a lead's timeline, without brackets. */
void out_submission_members(struct out *out, const struct config *config,
			    const struct kept_submission *submission);
void out_consent(struct out *out, const struct config *config,
		 const struct kept_consent *consent);
void out_conflict(struct out *out, const struct config *config,
		  const struct kept_conflict *conflict);
void out_duplicate(struct out *out, const struct kept_duplicate *duplicate);
void out_merge(struct out *out, const struct kept_merge *merge);
void out_audit_members(struct out *out, const struct config *config,
		       const struct audit_entry *entry);

void out_link(struct out *out, const char *name, const struct link *link);
void out_problems(struct out *out, const char *name, const struct problems *problems);

/* The name of what an id stands for; null when it is not configured any more. */
void out_source(struct out *out, const char *name, const struct config *config, int64_t id);
void out_connection(struct out *out, const char *name, const struct config *config,
		    int64_t id);

#endif
