/* mapped.c - what a mapping makes of a lead at the moment, without asking the CRM.
 * Threads: handlers. */
#include "api/internal.h"
#include "api/mapping_check.h"
#include "api/shapes.h"
#include "base/json.h"
#include "deliver/lead_values.h"
#include "mapping/plan.h"

static void apply(struct api_call *call, const struct delivery *d,
		  const struct compiled_mapping *compiled, struct lead_values *values,
		  struct out *out)
{
	struct applied applied;
	struct there there = { 0 };
	/* A fact becomes a record of its own, whatever was seen of the last one. */
	bool is_there = d->seen_doc && !compiled->mapping->activities;

	there.nseen = doc_fields(call->arena, d->seen_doc, &there.seen);
	there.ntold = doc_fields(call->arena, d->told_doc, &there.told);
	mapping_apply(call->arena, compiled, lead_values_get, values,
		      is_there ? RECORD_UPDATE : RECORD_CREATE, is_there ? &there : NULL,
		      &applied);
	out_json(out, "mapped", json_keep(call->arena, plan_rows_json(&applied)));
}

int out_mapped(struct out *out, struct api_call *call, struct view *view,
	       const struct delivery *d, struct error *err)
{
	const struct config *config = api_config(call);
	const struct mapping *mapping = config_mapping_by_id(config, d->mapping);
	const struct connection *connection = config_connection_by_id(config, d->connection);
	struct mapping_check *check = arena_alloc(call->arena, sizeof(*check));
	struct claim claim = { .delivery = *d };
	struct lead lead = { 0 };
	struct enquiry *enquiry;
	struct lead_values values = { .lead = &lead, .config = config,
				      .connection = connection, .arena = call->arena };
	struct link *links = NULL;
	size_t count;
	int able = mapping && connection ?
			   mapping_can_work(call->arena, view, config, mapping, check, err) :
			   0;

	if (able == 1 && mapping_check_is_blind(check))
		able = 0;
	if (able == 1 && claim_renew(view, &claim, err) < 0)
		able = -1;
	if (able == 1)
		lead = lead_as_told(call->arena, mapping, &claim.lead, claim.earlier);
	if (able == 1 && lead_enquiries(view, &call->actor, lead.id, &enquiry, &count, 1,
					err) < 0)
		able = -1;
	if (able == 1 && link_list(view, &call->actor, d->subject, d->connection, &links,
				   &values.nlinks, err) < 0)
		able = -1;
	if (able < 0)
		return -1;
	values.links = links;
	if (able == 0) {
		out_raw(out, "mapped", NULL);
		return 0;
	}
	values.enquiry = count ? enquiry : NULL;
	apply(call, d, &check->compiled, &values, out);
	return 0;
}
