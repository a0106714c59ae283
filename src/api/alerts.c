/* alerts.c - /v1/alerts: what people were told needs them, one per cause. Threads:
 * handlers. */
#include "api/internal.h"
#include "api/shapes.h"

static void out_notify(struct out *out, const struct config *config, int64_t id)
{
	const struct connection *connection = config_connection_by_id(config, id);

	out_text(out, "notify", connection ? connection->notify : NULL);
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_alert *rows;
	size_t count;

	if (alert_list(view, &call->actor, call->page.before, call->page.limit, &rows, &count,
		       err) < 0)
		return -1;
	for (size_t i = 0; i < count && api_row(call, out, rows[i].id); i++) {
		const struct kept_alert *alert = &rows[i];

		out_open(out, NULL, '{');
		out_id(out, "id", alert->id);
		out_text(out, "kind", alert->kind);
		out_text(out, "state", alert->state);
		out_connection(out, "connection", api_config(call), alert->subject);
		out_notify(out, api_config(call), alert->subject);
		out_text(out, "detail", alert->detail);
		out_int(out, "count", alert->count);
		out_time(out, "first_at", alert->first_at);
		out_time(out, "last_at", alert->last_at);
		out_close(out, '}');
	}
	return 0;
}

void api_alerts_list(struct api_call *call)
{
	if (api_config(call))
		api_list(call, list);
}
