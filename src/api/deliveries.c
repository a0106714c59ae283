/* deliveries.c - /v1/deliveries: leads on their way to connections. Threads: handlers. */
#include "api/internal.h"
#include "api/shapes.h"
#include "deliver/deliver.h"

/* The filter that the query asks for: connection, lead, code, state. */
int api_delivery_filter(struct api_call *call, struct delivery_filter *filter,
			struct error *err)
{
	const char *lead = api_query(call, "lead");

	*filter = (struct delivery_filter){
		.code = api_query(call, "code"),
		.before = call->page.before,
		.max = call->page.limit,
	};
	if (lead && !id_parse(lead, &filter->subject))
		return error_set(err, ERR_NOT_FOUND, "lead: no such id");
	return api_connection_asked(call, &filter->connection, err);
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct delivery_filter filter;
	struct delivery *rows;
	size_t count;

	if (api_delivery_filter(call, &filter, err) < 0 ||
	    delivery_list(view, &call->actor, &filter, &rows, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		out_open(out, NULL, '{');
		out_delivery_members(out, api_config(call), &rows[i]);
		out_close(out, '}');
	}
	return 0;
}

void api_deliveries_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}

int api_delivery_find(struct api_call *call, struct view *view, struct delivery *delivery,
		      struct error *err)
{
	int found = delivery_find(view, &call->actor, call->id, delivery, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such delivery");
	return found < 0 ? -1 : 0;
}

int out_delivery_trail(struct out *out, struct api_call *call, struct view *view,
		       const struct delivery *d, struct error *err)
{
	struct kept_attempt *attempts;
	struct link link;
	size_t count;
	int found = link_find(view, &call->actor, d->subject, d->connection, d->role, &link,
			      err);

	if (found < 0 ||
	    attempt_list(view, &call->actor, d->id, &attempts, &count, err) < 0)
		return -1;
	out_link(out, "link", found == 1 ? &link : NULL);
	out_raw(out, "told", d->told_doc);
	out_raw(out, "seen", d->seen_doc);
	out_raw(out, "undo", d->undo_doc);
	out_raw(out, "edit", d->edit_doc);
	out_open(out, "attempts", '[');
	for (size_t i = 0; i < count; i++)
		out_attempt(out, NULL, &attempts[i]);
	out_close(out, ']');
	return 0;
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct delivery delivery;

	if (api_delivery_find(call, view, &delivery, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_delivery_members(out, api_config(call), &delivery);
	if (out_delivery_trail(out, call, view, &delivery, err) < 0)
		return -1;
	out_close(out, '}');
	return 0;
}

void api_deliveries_get(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, get);
}
