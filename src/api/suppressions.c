/* suppressions.c - /v1/suppressions: what people took back, by lead or by key. Threads:
 * handlers. */
#include "store/suppressions.h"

#include "api/internal.h"
#include "api/shapes.h"

static void out_rows(struct out *out, const struct suppression *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		out_open(out, NULL, '{');
		out_text(out, "channel", rows[i].channel);
		out_text(out, "purpose", rows[i].purpose);
		out_text(out, "reason", rows[i].reason);
		out_time(out, "at", rows[i].at);
		out_close(out, '}');
	}
}

int out_suppressed(struct out *out, struct api_call *call, struct view *view,
		   const struct lead *lead, struct error *err)
{
	struct suppression *rows;
	size_t count;

	if (suppression_of_lead(view, &call->actor, lead, &rows, &count, err) < 0)
		return -1;
	out_open(out, "suppressed", '[');
	out_rows(out, rows, count);
	out_close(out, ']');
	return 0;
}

/* Keys are kept hashed: they can be asked for, and not listed. */
static int find(struct api_call *call, struct view *view, struct suppression **rows,
		size_t *count, struct error *err)
{
	const struct hash16 *key;
	struct lead lead;
	int64_t id;
	int found;

	if (api_lead_asked(call, view, &id, err) < 0 || api_key_asked(call, &key, err) < 0)
		return -1;
	if (key)
		return suppression_of_key(view, &call->actor, key, rows, count, err);
	if (!id)
		return error_set(err, ERR_INVALID,
				 "whose? give lead, email or phone: what was taken back is kept "
				 "under hashes, and cannot be listed");
	found = lead_find(view, &call->actor, id, &lead, err);
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such lead");
	return found < 0 ? -1 : suppression_of_lead(view, &call->actor, &lead, rows, count, err);
}

static int list(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct suppression *rows;
	size_t count;

	if (find(call, view, &rows, &count, err) < 0)
		return -1;
	out_rows(out, rows, count);
	return 0;
}

void api_suppressions_list(struct api_call *call)
{
	if (api_config(call))
		api_list_whole(call, list);
}
