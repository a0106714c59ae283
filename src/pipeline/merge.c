/* merge.c - which values count? The rules of "Whose value is it" in the design, field
 * by field. Threads: pure. */
#include "pipeline/pipeline.h"

#include <string.h>

#include "base/text.h"

static void start_lead(const struct ground *ground, struct decision *decision)
{
	const struct submission *s = ground->submission;

	decision->lead = arena_alloc(ground->arena, sizeof(*decision->lead));
	*decision->lead = (struct lead){
		.id = ground->facts.lead_id,
		.workspace = s->workspace,
		.version = 1,
		.created_at = ground->now,
		.updated_at = ground->now,
		.is_test = s->is_test,
	};
	decision->is_new_lead = true;
}

/* The matched lead is left as it was: `why` compares the two. */
static void copy_lead(const struct ground *ground, struct decision *decision)
{
	const struct lead *before = decision->matched->lead;
	size_t room = (before->nfields + 7) / 8 * 8;

	decision->lead = arena_memdup(ground->arena, before, sizeof(*before));
	decision->lead->fields = arena_array(ground->arena, room, sizeof(*before->fields));
	if (before->nfields)
		memcpy(decision->lead->fields, before->fields,
		       before->nfields * sizeof(*before->fields));
	decision->lead->identities =
		arena_memdup(ground->arena, before->identities,
			     before->nidentities * sizeof(*before->identities));
}

static void take(const struct ground *ground, struct decision *decision,
		 const struct field *given, enum change_kind kind)
{
	const struct submission *s = ground->submission;
	struct value before = lead_value(decision->lead, given->name);
	struct value after = given->value;

	decision_set(decision, ground->arena,
		     &(struct lead_field){
			     .name = given->name,
			     .value = kind == CHANGE_CLEARED ? (struct value){ 0 } : after,
			     .writer = WRITER_SOURCE,
			     .writer_id = s->source,
			     .at = s->occurred_at,
			     .learned_at = ground->now,
		     });
	decision_change(decision, given->name, kind, before, after);
}

/* What a source may do to a field that holds another value. */
static enum change_kind verdict(const struct ground *ground, const struct lead_field *ours,
				const struct field *given)
{
	const struct submission *s = ground->submission;

	if (ground->source->trust == TRUST_PUBLIC)
		return CHANGE_CONFLICT;
	switch (policy_of_field(given->name)) {
	case POLICY_CRM:
	case POLICY_FAIRLEAD:
		return CHANGE_KEPT_OWNED;
	case POLICY_FILL_IF_EMPTY:
		return CHANGE_KEPT_FILLED;
	case POLICY_MANUAL:
		return CHANGE_CONFLICT;
	case POLICY_NEWEST:
		break;
	}
	if (ground->source->kind == SOURCE_FILE && !s->has_time)
		return CHANGE_KEPT_FILLED;
	if (s->occurred_at < ours->at)
		return CHANGE_KEPT_NEWER;
	return given->value.type == VALUE_NULL ? CHANGE_CLEARED : CHANGE_REPLACED;
}

/* An address in other letters is the same address. */
static bool says_the_same(struct value ours, const struct field *given)
{
	if (value_equal(ours, given->value))
		return true;
	return text_equal(given->name, "email") && text_equal_nocase(ours.text, given->value.text);
}

static void merge_field(const struct ground *ground, struct decision *decision,
			const struct field *given)
{
	const struct lead_field *ours = lead_field_find(decision->lead, given->name);
	enum change_kind kind;

	if (!ours || value_is_empty(ours->value)) {
		if (!value_is_empty(given->value))
			take(ground, decision, given, CHANGE_SET);
		return;
	}
	if (says_the_same(ours->value, given))
		return;
	if (given->value.type != VALUE_NULL && value_is_empty(given->value))
		return;
	kind = verdict(ground, ours, given);
	if (kind == CHANGE_REPLACED || kind == CHANGE_CLEARED)
		take(ground, decision, given, kind);
	else
		decision_change(decision, given->name, kind, ours->value, given->value);
}

static struct identity *find_identity(struct lead *lead, const struct identity *wanted)
{
	for (size_t i = 0; i < lead->nidentities; i++)
		if (text_equal(lead->identities[i].kind, wanted->kind) &&
		    text_equal(lead->identities[i].key, wanted->key))
			return &lead->identities[i];
	return NULL;
}

/* Which key of the lead is its current one follows the value that counts; the one it
 * replaced stays as a former key. */
static void merge_identities(const struct ground *ground, struct decision *decision)
{
	const struct submission *s = ground->submission;
	struct lead *lead = decision->lead;
	struct identity *all = arena_array(ground->arena, lead->nidentities + s->nidentities,
					   sizeof(*all));

	if (lead->nidentities)
		memcpy(all, lead->identities, lead->nidentities * sizeof(*all));
	lead->identities = all;
	for (size_t i = 0; i < s->nidentities; i++) {
		struct identity *known = find_identity(lead, &s->identities[i]);
		bool was_taken = false;

		for (size_t j = 0; j < decision->nchanges; j++)
			if (text_equal(decision->changes[j].field, s->identities[i].kind))
				was_taken = decision->changes[j].kind == CHANGE_SET ||
					    decision->changes[j].kind == CHANGE_REPLACED;
		if (!known && !was_taken && !decision->is_new_lead)
			continue;
		for (size_t j = 0; was_taken && j < lead->nidentities; j++)
			if (text_equal(lead->identities[j].kind, s->identities[i].kind) &&
			    lead->identities[j].state == IDENTITY_CURRENT)
				lead->identities[j].state = IDENTITY_FORMER;
		if (known) {
			if (was_taken && known->state == IDENTITY_FORMER)
				known->state = IDENTITY_CURRENT;
			continue;
		}
		all[lead->nidentities] = s->identities[i];
		all[lead->nidentities++].state = IDENTITY_CURRENT;
	}
}

void merge_resume(const struct ground *ground, struct decision *decision)
{
	const struct candidate *candidate = &ground->file->candidates[0];

	decision->matched = candidate;
	copy_lead(ground, decision);
	for (size_t i = 0; i < candidate->nenquiries; i++)
		if (candidate->enquiries[i].id == ground->facts.enquiry_id)
			decision->enquiry = &candidate->enquiries[i];
}

static bool is_same_enquiry(const struct ground *ground, const struct enquiry *enquiry)
{
	const struct submission *s = ground->submission;

	if (enquiry->source != s->source)
		return false;
	if (s->enquiry_id)
		return text_equal(enquiry->external_id, s->enquiry_id);
	/* Without an id: the same source within the window is the same enquiry. */
	return !enquiry->external_id && s->occurred_at - enquiry->occurred_at <
						ground->config->settings.enquiry_window_ms;
}

/* The message and the fields as given are the enquiry's, whatever the lead keeps. */
static struct enquiry *start_enquiry(const struct ground *ground, struct decision *decision)
{
	const struct submission *s = ground->submission;
	struct enquiry *enquiry = arena_alloc(ground->arena, sizeof(*enquiry));

	*enquiry = (struct enquiry){
		.id = ground->facts.enquiry_id,
		.lead = decision->lead->id,
		.source = s->source,
		.external_id = s->enquiry_id,
		.message = s->message,
		.occurred_at = s->occurred_at,
		.received_at = s->received_at,
		.fields = s->fields,
		.nfields = s->nfields,
		.is_open = true,
	};
	decision->is_new_enquiry = true;
	return enquiry;
}

static void merge_enquiry(const struct ground *ground, struct decision *decision)
{
	const struct candidate *matched = decision->matched;
	struct enquiry *enquiry;

	for (size_t i = 0; matched && i < matched->nenquiries; i++) {
		if (!is_same_enquiry(ground, &matched->enquiries[i]))
			continue;
		enquiry = arena_memdup(ground->arena, &matched->enquiries[i], sizeof(*enquiry));
		decision->enquiry = enquiry;
		if (ground->submission->message &&
		    !text_equal(enquiry->message, ground->submission->message)) {
			decision_change(decision, "message", CHANGE_REPLACED,
					value_text(enquiry->message),
					value_text(ground->submission->message));
			enquiry->message = ground->submission->message;
			decision->has_new_message = true;
		}
		return;
	}
	decision->enquiry = start_enquiry(ground, decision);
	if (matched)
		decision_note(decision, "merge", "new_enquiry",
			      "another expression of interest of a known lead");
}

void stage_merge(const struct ground *ground, struct decision *decision)
{
	const struct submission *s = ground->submission;

	if (decision->matched)
		copy_lead(ground, decision);
	else
		start_lead(ground, decision);
	for (size_t i = 0; i < s->nfields; i++)
		merge_field(ground, decision, &s->fields[i]);
	merge_identities(ground, decision);
	merge_enquiry(ground, decision);
}
