/* match.c - who is it? Runs before any owner is picked (S3.33, S3.49). Threads: pure.
 *
 * Only the source's keys match, in their order: the primary wins. Shared and role keys
 * never match alone; a phone that agrees while name and e-mail do not is another
 * person with the same phone; when keys find different leads nothing is moved. Every
 * such doubt becomes a possible duplicate for a person. */
#include "pipeline/pipeline.h"

#include "base/text.h"
#include "pipeline/persons.h"

static const struct identity *identity_of(const struct lead *lead,
					  const struct identity *wanted)
{
	for (size_t i = 0; i < lead->nidentities; i++)
		if (text_equal(lead->identities[i].kind, wanted->kind) &&
		    text_equal(lead->identities[i].key, wanted->key))
			return &lead->identities[i];
	return NULL;
}

static bool shares_another(const struct submission *s, const struct lead *lead,
			   const struct identity *than)
{
	for (size_t i = 0; i < s->nidentities; i++) {
		const struct identity *theirs = identity_of(lead, &s->identities[i]);

		if (&s->identities[i] != than && theirs && !s->identities[i].is_weak &&
		    theirs->state == IDENTITY_CURRENT)
			return true;
	}
	return false;
}

/* Why this key does not make them the same person, or NULL when it does. */
static const char *why_not(const struct ground *ground, const struct candidate *candidate,
			   const struct identity *key)
{
	const struct submission *s = ground->submission;
	const struct identity *theirs = identity_of(candidate->lead, key);

	if (!theirs)
		return "";
	if (shares_another(s, candidate->lead, key))
		return NULL;
	if (key->is_weak)
		return "role_key";
	if (theirs->state == IDENTITY_SHARED)
		return "shared_key";
	if (theirs->state == IDENTITY_FORMER)
		return "former_key";
	if (text_equal(key->kind, "phone") &&
	    persons_differ(ground->arena, s->fields, s->nfields, candidate->lead))
		return "phone_only";
	return NULL;
}

static void match_key(const struct ground *ground, struct decision *decision,
		      const struct identity *key)
{
	for (size_t i = 0; i < ground->file->ncandidates; i++) {
		const struct candidate *candidate = &ground->file->candidates[i];
		const char *why = why_not(ground, candidate, key);

		if (why && !*why)
			continue;
		if (why) {
			decision_doubt(decision, candidate->lead->id, why);
		} else if (!decision->matched) {
			decision->matched = candidate;
			decision->matched_by = key->kind;
		} else if (decision->matched != candidate) {
			decision_doubt(decision, candidate->lead->id, "keys_disagree");
		}
	}
}

/* The doubt about the lead that matched in the end is none. */
static void drop_doubts_of_match(struct decision *decision)
{
	size_t kept = 0;

	for (size_t i = 0; i < decision->ndoubts; i++)
		if (!decision->matched ||
		    decision->doubts[i].other != decision->matched->lead->id)
			decision->doubts[kept++] = decision->doubts[i];
	decision->ndoubts = kept;
}

static void end(const struct ground *ground, struct decision *decision, enum result result,
		const char *reason)
{
	decision->result = result;
	decision->reason = reason;
	decision->lead = decision->matched ? decision->matched->lead : NULL;
	decision->is_done = true;
	decision_note(decision, "match", result_name(result),
		      arena_printf(ground->arena, "%s",
				   result == RESULT_IN_PROCESS ?
					   "the lead is in process and this source rejects those" :
					   "the source's behaviour is not to do this"));
}

static bool is_in_process(const struct ground *ground, const struct candidate *candidate)
{
	int64_t window = ground->config->settings.enquiry_window_ms;

	for (size_t i = 0; i < candidate->nenquiries; i++)
		if (candidate->enquiries[i].is_open &&
		    ground->now - candidate->enquiries[i].received_at < window)
			return true;
	return false;
}

static void check_behaviour(const struct ground *ground, struct decision *decision)
{
	const struct source *source = ground->source;

	if (source->behaviour == BEHAVIOUR_NONE)
		end(ground, decision, RESULT_IGNORED, "none");
	else if (source->behaviour == BEHAVIOUR_CREATE_ONLY && decision->matched)
		end(ground, decision, RESULT_IGNORED, "create_only");
	else if (source->behaviour == BEHAVIOUR_UPDATE_ONLY && !decision->matched)
		end(ground, decision, RESULT_IGNORED, "update_only");
	else if (source->reject_in_process && decision->matched &&
		 is_in_process(ground, decision->matched))
		end(ground, decision, RESULT_IN_PROCESS, "duplicate_in_process");
}

void stage_match(const struct ground *ground, struct decision *decision)
{
	const struct submission *s = ground->submission;

	for (size_t i = 0; i < s->nidentities; i++)
		match_key(ground, decision, &s->identities[i]);
	drop_doubts_of_match(decision);
	if (decision->matched)
		decision_note(decision, "match", "known",
			      arena_printf(ground->arena, "known by %s",
					   decision->matched_by));
	else
		decision_note(decision, "match", "new", "no key of it is known");
	for (size_t i = 0; i < decision->ndoubts; i++)
		decision_note(decision, "match", decision->doubts[i].reason,
			      "may be another lead: a person decides");
	check_behaviour(ground, decision);
}
