/* parts.c - a write or a search that takes several calls. Threads: pure. */
#include "connectors/parts.h"

#include <string.h>

void parts_begin(struct parts *parts, struct exchange *x)
{
	*parts = (struct parts){ .arena = x->arena };
	parts->known = arena_array(x->arena, x->nrecords, sizeof(*parts->known));
	for (size_t i = 0; i < x->nrecords; i++) {
		parts->known[i] = x->records[i].remote_id;
		x->records[i].outcome = OUTCOME_CONNECTION;
		x->records[i].reason = "not sent";
		x->records[i].field = NULL;
		x->records[i].retry_after_ms = 0;
	}
}

static struct part *add_part(struct parts *parts, int kind, size_t room)
{
	struct part *items;

	if (parts->count == parts->room) {
		parts->room = parts->room ? parts->room * 2 : 4;
		items = arena_array(parts->arena, parts->room, sizeof(*items));
		if (parts->count)
			memcpy(items, parts->items, parts->count * sizeof(*items));
		parts->items = items;
	}
	parts->items[parts->count] = (struct part){
		.kind = kind,
		.records = arena_array(parts->arena, room, sizeof(size_t)),
	};
	return &parts->items[parts->count++];
}

void parts_add(struct parts *parts, int kind, size_t index, size_t max)
{
	struct part *part = parts->count ? &parts->items[parts->count - 1] : NULL;

	if (!part || parts->is_closed || part->is_sent || part->kind != kind ||
	    part->nrecords >= max)
		part = add_part(parts, kind, max);
	parts->is_closed = false;
	part->records[part->nrecords++] = index;
}

void parts_add_slice(struct parts *parts, const struct part *part, size_t from, size_t to)
{
	const struct part whole = *part;
	struct part *slice = add_part(parts, whole.kind, to - from);

	memcpy(slice->records, whole.records + from, (to - from) * sizeof(size_t));
	slice->nrecords = to - from;
}

void parts_close(struct parts *parts)
{
	parts->is_closed = true;
}

/* Enough to find a few bad records among a thousand; more are a matter of the mapping. */
#define PARTS_MAX 40

bool parts_cut(struct parts *parts, struct exchange *x)
{
	const struct part whole = *parts_now(parts);

	if (whole.nrecords < 2 || parts->count >= PARTS_MAX)
		return false;
	part_settle(x, &whole, OUTCOME_CONNECTION, "not sent");
	parts_add_slice(parts, &whole, 0, whole.nrecords / 2);
	parts_add_slice(parts, &whole, whole.nrecords / 2, whole.nrecords);
	parts_close(parts);
	return true;
}

struct part *parts_now(const struct parts *parts)
{
	return parts->at < parts->count ? &parts->items[parts->at] : NULL;
}

void part_sent(struct exchange *x, struct part *part)
{
	part->is_sent = true;
	for (size_t i = 0; i < part->nrecords; i++) {
		x->records[part->records[i]].outcome = OUTCOME_UNCERTAIN;
		x->records[part->records[i]].reason = NULL;
	}
}

static void settle(struct exchange *x, struct record *record, enum outcome outcome,
		   const char *reason)
{
	record->outcome = outcome;
	record->reason = reason;
	record->field = NULL;
	record->retry_after_ms = x->reply ? http_retry_after(&x->reply->headers, x->now) : 0;
}

void part_settle(struct exchange *x, const struct part *part, enum outcome outcome,
		 const char *reason)
{
	for (size_t i = 0; i < part->nrecords; i++)
		settle(x, &x->records[part->records[i]], outcome, reason);
}

void part_settle_rest(struct exchange *x, const struct part *part, enum outcome outcome,
		      const char *reason)
{
	for (size_t i = 0; i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];

		if (record->outcome == OUTCOME_UNCERTAIN)
			settle(x, record, outcome, reason);
	}
}

void parts_doubt(const struct parts *parts, struct exchange *x, struct record *record,
		 const char *reason)
{
	settle(x, record, OUTCOME_UNCERTAIN, reason);
	record->remote_id = parts->known[record - x->records];
	record->version = NULL;
}

enum turn parts_stop(struct parts *parts, struct exchange *x, enum outcome why,
		     int64_t wait_ms)
{
	enum outcome outcome = why == OUTCOME_REAUTH ? why : OUTCOME_CONNECTION;

	for (size_t i = parts->at + 1; i < parts->count; i++) {
		const struct part *part = &parts->items[i];

		part_settle(x, part, outcome, "not sent: the call before failed");
		for (size_t j = 0; j < part->nrecords; j++)
			x->records[part->records[j]].retry_after_ms = wait_ms;
	}
	parts->at = parts->count;
	return TURN_DONE;
}
