/* close_log.c - the event log: filters, pages by cursor, latest first (7). Threads: under the
 * sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/close_events.h"
#include "sandbox/page.h"

#define AGE_MAX	  (30 * CLOCK_DAY)
#define LIMIT_MAX 50

struct filter {
	struct sb_call *call;
	const char *object_type, *object_id, *action, *lead_id, *user_id, *request_id;
	int64_t from, to; /* of date_updated */
};

/* The combinations that there are, as letters: t(ype), o(bject), a(ction), l(ead), u(ser),
 * r(equest). */
static bool is_allowed(const struct filter *filter)
{
	static const char allowed[] = "|to|ta|oa|lt|lta|ltu|ltau|lu|ou|oau|tu|tau|l|u|r";
	const char *letters =
		arena_printf(filter->call->arena, "%s%s%s%s%s%s",
			     filter->lead_id ? "l" : "", filter->object_type ? "t" : "",
			     filter->object_id ? "o" : "", filter->action ? "a" : "",
			     filter->user_id ? "u" : "", filter->request_id ? "r" : "");

	return !*letters || sb_has_word(allowed, letters);
}

static bool read_time(struct filter *filter, const char *name, int64_t *ms)
{
	const char *text = sb_close_param(filter->call, name);

	if (!text || sb_time_parse(text, ms))
		return true;
	/* As the log itself writes them: without a zone. */
	if (clock_parse(arena_printf(filter->call->arena, "%sZ", text), ms))
		return true;
	sb_close_refuse(filter->call, name, "Input should be a valid datetime");
	return false;
}

static bool read_filter(struct filter *filter)
{
	struct sb_call *call = filter->call;

	filter->object_type = sb_close_param(call, "object_type");
	filter->object_id = sb_close_param(call, "object_id");
	filter->action = sb_close_param(call, "action");
	filter->lead_id = sb_close_param(call, "lead_id");
	filter->user_id = sb_close_param(call, "user_id");
	filter->request_id = sb_close_param(call, "request_id");
	filter->from = call->now - AGE_MAX;
	filter->to = INT64_MAX;
	if (!is_allowed(filter)) {
		sb_close_fail(call, 400, "This combination of filters is not supported.");
		return false;
	}
	return read_time(filter, "date_updated__gte", &filter->from) &&
	       read_time(filter, "date_updated__lte", &filter->to);
}

static bool is_any_or(const char *wanted, const json_t *event, const char *name)
{
	return !wanted || text_equal(json_string_of(event, name), wanted);
}

/* Some are seen late, and then stand among older ones (7). */
static bool is_visible(struct sb_call *call, const json_t *kept)
{
	return sb_close_seq_of(kept) % 3 != 0 ||
	       sb_close_updated_at(kept) + sb_switch(call->account, "events_late_ms") <=
		       call->now;
}

static bool fits(const struct filter *filter, const json_t *kept)
{
	const json_t *event = sb_close_event_in(kept);

	return sb_close_updated_at(kept) >= filter->from &&
	       sb_close_updated_at(kept) <= filter->to &&
	       sb_close_updated_at(kept) >= filter->call->now - AGE_MAX &&
	       is_visible(filter->call, kept) &&
	       is_any_or(filter->object_type, event, "object_type") &&
	       is_any_or(filter->object_id, event, "object_id") &&
	       is_any_or(filter->action, event, "action") &&
	       is_any_or(filter->lead_id, event, "lead_id") &&
	       is_any_or(filter->user_id, event, "user_id") &&
	       is_any_or(filter->request_id, event, "request_id");
}

/* Latest first. */
static int by_update(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;

	if (sb_close_updated_at(x) != sb_close_updated_at(y))
		return sb_close_updated_at(x) > sb_close_updated_at(y) ? -1 : 1;
	return (sb_close_seq_of(x) < sb_close_seq_of(y)) -
	       (sb_close_seq_of(x) > sb_close_seq_of(y));
}

static json_t *cursor_of(struct sb_call *call, const json_t *kept, bool is_newer)
{
	const int64_t numbers[] = { sb_close_updated_at(kept), sb_close_seq_of(kept),
				    is_newer };

	return json_string(sb_cursor_make(call->arena, "events", numbers, 3));
}

/* Where the page begins: after the event of a cursor, or so that it ends before it. */
static bool first_of(struct sb_call *call, json_t **all, size_t count, size_t limit,
		     size_t *first)
{
	const char *cursor = sb_close_param(call, "_cursor");
	int64_t numbers[3];
	size_t at = 0;

	*first = 0;
	if (text_is_empty(cursor))
		return true;
	if (!sb_cursor_read(call->arena, cursor, "events", numbers, 3)) {
		sb_close_refuse(call, "_cursor", "Invalid cursor");
		return false;
	}
	while (at < count && (sb_close_updated_at(all[at]) > numbers[0] ||
			      (sb_close_updated_at(all[at]) == numbers[0] &&
			       sb_close_seq_of(all[at]) > numbers[1])))
		at++;
	if (numbers[2])
		*first = at > limit ? at - limit : 0;
	else
		*first = at + (at < count && sb_close_updated_at(all[at]) == numbers[0] &&
			       sb_close_seq_of(all[at]) == numbers[1]);
	return true;
}

/* Who is no administrator sees for an hour only what there was (7). */
static json_t *as_seen(struct sb_call *call, const json_t *kept)
{
	json_t *event = sb_close_event_json(call, kept);

	if (!sb_switch(call->account, "user_is_admin") &&
	    call->now - sb_close_updated_at(kept) > CLOCK_HOUR) {
		json_object_del(event, "data");
		json_object_del(event, "previous_data");
	}
	return event;
}

void sb_close_events(struct sb_call *call)
{
	const json_t *events = sb_close_events_of(call->account);
	struct filter filter = { .call = call };
	json_t **all, *kept, *data, *next, *previous;
	size_t count = 0, first, end, i, limit = LIMIT_MAX;
	int64_t asked;

	if (!read_filter(&filter))
		return;
	if (!sb_page_number(sb_close_param(call, "_limit"), LIMIT_MAX, 1, INT32_MAX,
			    &asked)) {
		sb_close_refuse(call, "_limit", "Input should be a valid integer");
		return;
	}
	limit = asked < LIMIT_MAX ? (size_t)asked : LIMIT_MAX; /* capped, not refused */
	all = arena_array(call->arena, json_array_size(events) + 1, sizeof(json_t *));
	json_array_foreach((json_t *)events, i, kept)
		if (fits(&filter, kept))
			all[count++] = kept;
	qsort(all, count, sizeof(json_t *), by_update);
	if (!first_of(call, all, count, limit, &first))
		return;
	end = first + limit < count ? first + limit : count;
	data = json_array();
	for (i = first; i < end; i++)
		json_array_append_new(data, as_seen(call, all[i]));
	next = end < count ? cursor_of(call, all[end - 1], false) : json_null();
	previous = first > 0 && first < count ? cursor_of(call, all[first], true) :
						json_null();
	sb_reply_json(call, 200,
		      json_pack("{so so so}", "data", data, "cursor_next", next,
				"cursor_previous", previous));
}

void sb_close_event(struct sb_call *call)
{
	const json_t *events = sb_close_events_of(call->account);
	size_t i;
	json_t *kept;

	json_array_foreach((json_t *)events, i, kept)
		if (text_equal(json_string_of(sb_close_event_in(kept), "id"),
			       sb_param(call, 0))) {
			sb_reply_json(call, 200, as_seen(call, kept));
			return;
		}
	sb_close_not_found(call);
}
