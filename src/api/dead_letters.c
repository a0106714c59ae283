/* dead_letters.c - /v1/dead-letters: deliveries that need a person. Those whose outcome is
 * unknown and cannot be looked up are among them. Threads: handlers. */
#include "api/internal.h"
#include "api/shapes.h"
#include "base/text.h"

/* Each carries its lead, so that who looks for a person or a reference finds the letter. */
static int out_letter(struct out *out, struct api_call *call, struct view *view,
		      const struct delivery *d, struct error *err)
{
	struct lead lead;
	int found = lead_find(view, &call->actor, d->subject, &lead, err);

	if (found < 0)
		return -1;
	out_delivery_members(out, api_config(call), d);
	if (found == 1)
		out_lead(out, "lead", api_config(call), &lead, LEAD_SHORT);
	return 0;
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct delivery_filter filter;
	struct delivery *rows;
	size_t count;

	if (api_delivery_filter(call, &filter, err) < 0)
		return -1;
	filter.is_dead_only = true;
	if (delivery_list(view, &call->actor, &filter, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		out_open(out, NULL, '{');
		if (out_letter(out, call, view, &rows[i], err) < 0)
			return -1;
		out_close(out, '}');
	}
	return 0;
}

void api_dead_letters_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}

/* The exchange that its last attempt was part of. */
static int out_last_call(struct out *out, struct api_call *call, struct view *view,
			 const struct delivery *d, struct error *err)
{
	struct kept_attempt *attempts;
	struct kept_call kept;
	size_t count;
	int found = 0;

	if (attempt_list(view, &call->actor, d->id, &attempts, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && found == 0; i++)
		if (attempts[i].call)
			found = call_find(view, &call->actor, attempts[i].call, &kept, err);
	if (found == 1)
		out_call(out, "last_call", api_config(call), &kept, true);
	else
		out_raw(out, "last_call", NULL);
	return found < 0 ? -1 : 0;
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct delivery d;

	if (api_delivery_find(call, view, &d, err) < 0)
		return -1;
	if (d.state != DELIVERY_DEAD && d.state != DELIVERY_PARKED)
		return error_set(err, ERR_NOT_FOUND, "this delivery is %s, not a dead letter",
				 delivery_state_name(d.state));
	out_open(out, NULL, '{');
	if (out_letter(out, call, view, &d, err) < 0 ||
	    out_mapped(out, call, view, &d, err) < 0 ||
	    out_delivery_trail(out, call, view, &d, err) < 0 ||
	    out_last_call(out, call, view, &d, err) < 0)
		return -1;
	out_close(out, '}');
	return 0;
}

void api_dead_letters_get(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, get);
}
