/* timeline.c - /v1/leads/{id}/timeline: all that happened to a lead, newest first; and
 * /v1/leads/{id}/export: all that is kept about a person. Threads: handlers. */
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "api/shapes.h"
#include "store/audit.h"

#define OF_A_KIND_MAX 500 /* the latest of each kind */
#define DELIVERIES_MAX 100 /* one a connection and mapping */

/* ---- Reading all of it ---- */

struct story {
	struct lead lead;
	struct kept_submission *submissions;
	struct enquiry *enquiries;
	struct delivery *deliveries;
	struct kept_attempt **attempts; /* of each delivery */
	size_t *nattempts;
	struct kept_merge *merges;
	struct kept_consent *consents;
	struct kept_conflict *conflicts;
	struct kept_duplicate *duplicates;
	struct audit_entry *entries;
	size_t nsubmissions, nenquiries, ndeliveries, nmerges, nconsents, nconflicts, nduplicates,
		nentries;
};

static int read_deliveries(struct api_call *call, struct view *view, struct story *story,
			   struct error *err)
{
	const struct delivery_filter filter = { .subject = story->lead.id,
						.max = DELIVERIES_MAX };

	if (delivery_list(view, &call->actor, &filter, &story->deliveries, &story->ndeliveries,
			  err) < 0)
		return -1;
	story->attempts = arena_array(call->arena, story->ndeliveries + 1,
				      sizeof(*story->attempts));
	story->nattempts = arena_array(call->arena, story->ndeliveries + 1,
				       sizeof(*story->nattempts));
	for (size_t i = 0; i < story->ndeliveries; i++)
		if (attempt_list(view, &call->actor, story->deliveries[i].id,
				 &story->attempts[i], &story->nattempts[i], err) < 0)
			return -1;
	return 0;
}

static int read_story(struct api_call *call, struct view *view, struct story *story,
		      struct error *err)
{
	const struct actor *actor = &call->actor;
	struct review_filter filter = { .max = OF_A_KIND_MAX };
	int nentries;

	*story = (struct story){ 0 };
	if (api_lead_find(call, view, &story->lead, err) < 0)
		return -1;
	filter.lead = story->lead.id;
	if (submission_list(view, actor, story->lead.id, 0, OF_A_KIND_MAX, &story->submissions,
			    &story->nsubmissions, err) < 0 ||
	    enquiry_list(view, actor, story->lead.id, 0, OF_A_KIND_MAX, &story->enquiries,
			 &story->nenquiries, err) < 0 ||
	    merge_list(view, actor, story->lead.id, 0, OF_A_KIND_MAX, &story->merges,
		       &story->nmerges, err) < 0 ||
	    consent_list(view, actor, story->lead.id, 0, OF_A_KIND_MAX, &story->consents,
			 &story->nconsents, err) < 0 ||
	    conflict_list(view, actor, &filter, &story->conflicts, &story->nconflicts, err) < 0 ||
	    duplicate_list(view, actor, &filter, &story->duplicates, &story->nduplicates,
			   err) < 0 ||
	    read_deliveries(call, view, story, err) < 0)
		return -1;
	nentries = audit_list_of_lead(view, actor, story->lead.id, OF_A_KIND_MAX,
				      &story->entries, err);
	story->nentries = nentries < 0 ? 0 : (size_t)nentries;
	return nentries < 0 ? -1 : 0;
}

/* Whether older rows of a kind may have been left out. */
static bool is_cut(const struct story *story)
{
	const size_t counts[] = { story->nsubmissions, story->nenquiries, story->nmerges,
				  story->nconsents, story->nconflicts, story->nduplicates,
				  story->nentries };

	for (size_t i = 0; i < ARRAY_LEN(counts); i++)
		if (counts[i] >= OF_A_KIND_MAX)
			return true;
	return story->ndeliveries >= DELIVERIES_MAX;
}

/* ---- One after another ---- */

struct event {
	int64_t at;
	size_t order; /* of equals: as they were collected */
	enum { EVENT_SUBMISSION, EVENT_DELIVERY, EVENT_ATTEMPT, EVENT_MERGE, EVENT_CONSENT,
	       EVENT_CONFLICT, EVENT_DUPLICATE, EVENT_AUDIT } kind;
	const void *row;
	const struct delivery *delivery; /* of an attempt */
};

static int newest_first(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->at != y->at)
		return x->at > y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

struct events {
	struct event *items;
	size_t count;
};

static void add(struct events *events, int kind, int64_t at, const void *row,
		const struct delivery *delivery)
{
	struct event *event = &events->items[events->count];

	*event = (struct event){ .at = at, .order = events->count, .row = row,
				 .delivery = delivery };
	event->kind = kind;
	events->count++;
}

static void collect(const struct story *story, struct events *events)
{
	for (size_t i = 0; i < story->nentries; i++)
		add(events, EVENT_AUDIT, story->entries[i].at, &story->entries[i], NULL);
	for (size_t i = 0; i < story->ndeliveries; i++) {
		const struct delivery *d = &story->deliveries[i];

		for (size_t j = 0; j < story->nattempts[i]; j++)
			add(events, EVENT_ATTEMPT, story->attempts[i][j].at,
			    &story->attempts[i][j], d);
		add(events, EVENT_DELIVERY, id_time(d->id), d, NULL);
	}
	for (size_t i = 0; i < story->nmerges; i++)
		add(events, EVENT_MERGE, story->merges[i].at, &story->merges[i], NULL);
	for (size_t i = 0; i < story->nconflicts; i++)
		add(events, EVENT_CONFLICT, story->conflicts[i].created_at,
		    &story->conflicts[i], NULL);
	for (size_t i = 0; i < story->nduplicates; i++)
		add(events, EVENT_DUPLICATE, story->duplicates[i].created_at,
		    &story->duplicates[i], NULL);
	for (size_t i = 0; i < story->nconsents; i++)
		add(events, EVENT_CONSENT, story->consents[i].recorded_at, &story->consents[i],
		    NULL);
	for (size_t i = 0; i < story->nsubmissions; i++)
		add(events, EVENT_SUBMISSION, story->submissions[i].received_at,
		    &story->submissions[i], NULL);
}

static size_t events_of(const struct story *story)
{
	size_t count = story->nsubmissions + story->ndeliveries + story->nmerges +
		       story->nconsents + story->nconflicts + story->nduplicates +
		       story->nentries;

	for (size_t i = 0; i < story->ndeliveries; i++)
		count += story->nattempts[i];
	return count;
}

static void out_event(struct out *out, struct api_call *call, const struct event *event)
{
	const struct config *config = api_config(call);

	switch (event->kind) {
	case EVENT_SUBMISSION:
		out_text(out, "kind", "submission");
		out_submission_members(out, config, event->row);
		return;
	case EVENT_DELIVERY:
		out_text(out, "kind", "delivery");
		out_delivery_members(out, config, event->row);
		return;
	case EVENT_ATTEMPT:
		out_text(out, "kind", "attempt");
		out_connection(out, "connection", config, event->delivery->connection);
		out_id(out, "delivery_id", event->delivery->id);
		out_attempt(out, "attempt", event->row);
		return;
	case EVENT_MERGE:
		out_text(out, "kind", "merge");
		out_merge(out, event->row);
		return;
	case EVENT_CONSENT:
		out_text(out, "kind", "consent");
		out_consent(out, config, event->row);
		return;
	case EVENT_CONFLICT:
		out_text(out, "kind", "conflict");
		out_conflict(out, config, event->row);
		return;
	case EVENT_DUPLICATE:
		out_text(out, "kind", "duplicate");
		out_duplicate(out, event->row);
		return;
	case EVENT_AUDIT:
		out_text(out, "kind", "audit");
		out_audit_members(out, config, event->row);
		return;
	}
}

static int timeline(struct api_call *call, struct view *view, struct out *out,
		    struct error *err)
{
	struct events events = { 0 };
	struct story story;

	if (read_story(call, view, &story, err) < 0)
		return -1;
	events.items = arena_array(call->arena, events_of(&story) + 1, sizeof(*events.items));
	collect(&story, &events);
	qsort(events.items, events.count, sizeof(*events.items), newest_first);
	out_open(out, NULL, '{');
	out_id(out, "lead_id", story.lead.id);
	out_open(out, "items", '[');
	for (size_t i = 0; i < events.count; i++) {
		out_open(out, NULL, '{');
		out_time(out, "happened_at", events.items[i].at);
		out_event(out, call, &events.items[i]);
		out_close(out, '}');
	}
	out_close(out, ']');
	out_bool(out, "is_cut", is_cut(&story));
	out_close(out, '}');
	return 0;
}

void api_leads_timeline(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, timeline);
}

/* ---- Everything about the person ---- */

static void out_submissions_whole(struct out *out, struct api_call *call,
				  const struct story *story)
{
	out_open(out, "submissions", '[');
	for (size_t i = 0; i < story->nsubmissions; i++) {
		const struct kept_submission *s = &story->submissions[i];

		out_open(out, NULL, '{');
		out_submission_members(out, api_config(call), s);
		out_bytes(out, "raw", s->raw, s->raw_len);
		out_close(out, '}');
	}
	out_close(out, ']');
	out_open(out, "decisions", '[');
	for (size_t i = 0; i < story->nsubmissions; i++)
		out_decision(out, call, &story->submissions[i]);
	out_close(out, ']');
}

static int out_deliveries_whole(struct out *out, struct api_call *call, struct view *view,
				const struct story *story, struct error *err)
{
	out_open(out, "deliveries", '[');
	for (size_t i = 0; i < story->ndeliveries; i++) {
		const struct delivery *d = &story->deliveries[i];

		out_open(out, NULL, '{');
		out_delivery_members(out, api_config(call), d);
		out_raw(out, "intent", d->intent_doc);
		if (out_delivery_trail(out, call, view, d, err) < 0)
			return -1;
		out_close(out, '}');
	}
	out_close(out, ']');
	return 0;
}

/* What the leads that were merged into it held, for values that did not survive. */
static int out_merged_leads(struct out *out, struct api_call *call, struct view *view,
			    const struct story *story, struct error *err)
{
	out_open(out, "merged_leads", '[');
	for (size_t i = 0; i < story->nmerges; i++) {
		struct lead other;
		int found = story->merges[i].undone_at ?
				    0 :
				    lead_find_unfollowed(view, &call->actor,
							 story->merges[i].other, &other, err);

		if (found < 0)
			return -1;
		if (found == 1)
			out_lead(out, NULL, api_config(call), &other, LEAD_WHOLE);
	}
	out_close(out, ']');
	return 0;
}

static void out_rest(struct out *out, struct api_call *call, const struct story *story)
{
	const struct config *config = api_config(call);

	out_open(out, "enquiries", '[');
	for (size_t i = 0; i < story->nenquiries; i++)
		out_enquiry(out, NULL, config, &story->enquiries[i]);
	out_close(out, ']');
	out_open(out, "consents", '[');
	for (size_t i = 0; i < story->nconsents; i++) {
		out_open(out, NULL, '{');
		out_consent(out, config, &story->consents[i]);
		out_close(out, '}');
	}
	out_close(out, ']');
	out_open(out, "conflicts", '[');
	for (size_t i = 0; i < story->nconflicts; i++) {
		out_open(out, NULL, '{');
		out_conflict(out, config, &story->conflicts[i]);
		out_close(out, '}');
	}
	out_close(out, ']');
	out_open(out, "audit", '[');
	for (size_t i = 0; i < story->nentries; i++) {
		out_open(out, NULL, '{');
		out_audit_members(out, config, &story->entries[i]);
		out_close(out, '}');
	}
	out_close(out, ']');
}

static int export(struct api_call *call, struct view *view, struct out *out,
		  struct error *err)
{
	struct story story;

	if (read_story(call, view, &story, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_time(out, "exported_at", call->now);
	out_lead(out, "lead", api_config(call), &story.lead, LEAD_WHOLE);
	if (out_merged_leads(out, call, view, &story, err) < 0 ||
	    out_suppressed(out, call, view, &story.lead, err) < 0)
		return -1;
	out_submissions_whole(out, call, &story);
	if (out_deliveries_whole(out, call, view, &story, err) < 0)
		return -1;
	out_rest(out, call, &story);
	out_bool(out, "is_cut", is_cut(&story));
	out_close(out, '}');
	return 0;
}

void api_leads_export(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, export);
}
