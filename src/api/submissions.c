/* submissions.c - what came in: /v1/submissions, /v1/enquiries, /v1/consents. Threads:
 * handlers. */
#include <string.h>

#include "api/internal.h"
#include "api/shapes.h"
#include "base/json.h"
#include "base/text.h"

int api_lead_asked(struct api_call *call, struct view *view, int64_t *id, struct error *err)
{
	const char *text = api_query(call, "lead");
	struct lead lead;
	int found;

	*id = 0;
	if (!text)
		return 0;
	if (!id_parse(text, id))
		return error_set(err, ERR_NOT_FOUND, "lead: no such id");
	found = lead_find(view, &call->actor, *id, &lead, err);
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "lead: no such lead");
	if (found == 1)
		*id = lead.id;
	return found < 0 ? -1 : 0;
}

/* ---- Submissions ---- */

void out_submission_members(struct out *out, const struct config *config,
			    const struct kept_submission *s)
{
	out_id(out, "id", s->id);
	out_id(out, "lead_id", s->lead);
	out_id(out, "enquiry_id", s->enquiry);
	out_source(out, "source", config, s->source);
	out_time(out, "received_at", s->received_at);
	out_text(out, "result", result_name(s->result));
	out_text(out, "content_type", s->content_type);
}

/* The decision's record, as far as it has not been erased or purged. */
json_t *api_record_of(struct api_call *call, const struct kept_submission *s)
{
	static const struct json_limits limits = { 4u << 20, 16, 400000 };

	return s->decision ? json_parse(call->arena, s->decision, strlen(s->decision), &limits,
					NULL) :
			     NULL;
}

/* Why it was not taken: what was wrong with it, or the rule that said so. */
static void out_refusal(struct out *out, struct api_call *call,
			const struct kept_submission *s)
{
	const json_t *record = api_record_of(call, s);

	out_text(out, "reason", json_string_of(json_object_get(record, "result"), "reason"));
	out_json(out, "errors",
		 json_object_get(json_object_get(record, "submission"), "errors"));
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	const char *state = api_query(call, "state");
	struct kept_submission *rows;
	int64_t lead;
	size_t count;
	int rc;

	if (state && !text_equal(state, "rejected"))
		return error_set(err, ERR_INVALID,
				 "state: the only one to ask for is \"rejected\"");
	if (api_lead_asked(call, view, &lead, err) < 0)
		return -1;
	if (state && lead)
		return error_set(err, ERR_INVALID, "what was rejected belongs to no lead");
	rc = lead || state ? submission_list(view, &call->actor, lead, call->page.before,
					     call->page.limit, &rows, &count, err) :
			     submission_list_all(view, &call->actor, call->page.before,
						 call->page.limit, &rows, &count, err);
	if (rc < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		out_open(out, NULL, '{');
		out_submission_members(out, api_config(call), &rows[i]);
		if (rows[i].lead == 0)
			out_refusal(out, call, &rows[i]);
		out_close(out, '}');
	}
	return 0;
}

void api_submissions_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_submission s;
	int found = submission_find(view, &call->actor, call->id, &s, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such submission");
	if (found < 0)
		return -1;
	out_open(out, NULL, '{');
	out_submission_members(out, api_config(call), &s);
	if (s.lead == 0)
		out_refusal(out, call, &s);
	out_bytes(out, "raw", s.raw, s.raw_len);
	out_raw(out, "decision", s.decision);
	out_close(out, '}');
	return 0;
}

void api_submissions_get(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, get);
}

/* ---- Enquiries and consents ---- */

static int list_enquiries(struct api_call *call, struct view *view, struct out *out,
			  struct error *err)
{
	struct enquiry *rows;
	int64_t lead;
	size_t count;

	if (api_lead_asked(call, view, &lead, err) < 0 ||
	    enquiry_list(view, &call->actor, lead, call->page.before, call->page.limit, &rows,
			 &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++)
		out_enquiry(out, NULL, api_config(call), &rows[i]);
	return 0;
}

void api_enquiries_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list_enquiries);
}

void out_consent(struct out *out, const struct config *config, const struct kept_consent *c)
{
	out_id(out, "id", c->id);
	out_id(out, "lead_id", c->lead);
	out_source(out, "source", config, c->source);
	out_text(out, "channel", c->channel);
	out_text(out, "purpose", c->purpose);
	out_bool(out, "is_granted", c->is_granted);
	out_time(out, "at", c->at);
	out_time(out, "recorded_at", c->recorded_at);
	out_raw(out, "evidence", c->doc);
}

static int list_consents(struct api_call *call, struct view *view, struct out *out,
			 struct error *err)
{
	struct kept_consent *rows;
	int64_t lead;
	size_t count;

	if (api_lead_asked(call, view, &lead, err) < 0 ||
	    consent_list(view, &call->actor, lead, call->page.before, call->page.limit, &rows,
			 &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		out_open(out, NULL, '{');
		out_consent(out, api_config(call), &rows[i]);
		out_close(out, '}');
	}
	return 0;
}

void api_consents_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list_consents);
}
