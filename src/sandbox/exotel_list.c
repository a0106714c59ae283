/* exotel_list.c - reading calls (2.4): one, a list, what was recorded. Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/exotel.h"
#include "sandbox/silence.h"

#define PAGE_SIZE 50
#define PAGE_MAX 100

/* --- one --- */

static struct sb_record *call_at(struct sb_call *call, const char *sid)
{
	struct sb_record *record = sb_record_find(sb_object_find(call->account, "Calls"), sid);

	if (record && record->state == SB_LIVE)
		return record;
	exotel_fail(call, 404, "Call %s was not found", sid);
	return NULL;
}

static json_t *details_of(struct sb_call *call, const struct sb_record *record)
{
	json_t *legs = exotel_legs_of(call, record), *numbered = json_array(), *leg;
	size_t i;

	json_array_foreach(legs, i, leg)
		json_array_append_new(
			numbered,
			json_pack("{s{si sO}}", "Leg", "Id", (int)i + 1, "OnCallDuration",
				  json_object_get(leg, "OnCallDuration")));
	json_decref(legs);
	return json_pack("{sI so so so}", "ConversationDuration",
			 (json_int_t)exotel_int(record, "talk_s"), "Leg1Status",
			 exotel_text_or_null(sb_text(call, record, "leg1")), "Leg2Status",
			 exotel_text_or_null(sb_text(call, record, "leg2")), "Legs", numbered);
}

void exotel_show_call(struct sb_call *call)
{
	struct sb_record *record = call_at(call, sb_param(call, 1));
	json_t *json;

	if (!record)
		return;
	json = exotel_call_json(call, record);
	if (text_equal(sb_query(call, "details"), "true"))
		json_object_set_new(json, "Details", details_of(call, record));
	exotel_reply(call, 200, json_pack("{so}", "Call", json));
}

void exotel_show_recording(struct sb_call *call)
{
	const char *name = sb_param(call, 1);
	size_t len = strlen(name);
	struct sb_record *record;

	if (text_ends(name, ".mp3"))
		name = arena_strndup(call->arena, name, len - 4);
	record = call_at(call, name);
	if (!record)
		return;
	if (!exotel_is_over(record) || !exotel_recording(call, record)) {
		exotel_fail(call, 404, "Call %s has no recording", name);
		return;
	}
	sb_reply_silence(call, SB_SILENCE_MP3);
}

/* --- a list: how a lost answer is looked for (1, rule 4) --- */

struct range {
	int64_t from, to; /* ms, both included */
};

/* "gte:2026-11-21 10:00:00;lte:2026-11-21 10:05:00", either alone too, in the account's own
 * time. False after refusing. */
static bool read_range(struct sb_call *call, const char *name, struct range *range)
{
	const char *text = sb_query(call, name), *at = text;

	*range = (struct range){ 0, INT64_MAX };
	while (at && *at) {
		size_t len = strcspn(at, ";");
		const char *part = arena_strndup(call->arena, at, len);
		bool is_from = text_starts(part, "gte:"), is_to = text_starts(part, "lte:");
		int64_t ms;

		if ((!is_from && !is_to) || !exotel_time_parse(call, part + 4, &ms)) {
			exotel_fail(call, 400, "%s is invalid: gte:TIME;lte:TIME", name);
			return false;
		}
		if (is_from)
			range->from = ms;
		else
			range->to = ms + 999;
		at += len + (at[len] == ';');
	}
	return true;
}

static bool is_value(struct sb_call *call, const struct sb_record *record, const char *name,
		     const char *field, bool is_number)
{
	const char *wanted = sb_query(call, name);

	if (text_is_empty(wanted))
		return true;
	if (is_number)
		wanted = exotel_number(call->arena, wanted);
	return text_equal(wanted, sb_text(call, record, field));
}

static bool fits(struct sb_call *call, const struct sb_record *record, const struct range *made,
		 const struct range *started)
{
	bool is_flow = *sb_text(call, record, "flow_id") != '\0';
	int64_t start = exotel_int(record, "started_at");

	start = start ? start : record->created_at;
	return record->state == SB_LIVE && record->created_at >= made->from &&
	       record->created_at <= made->to && start >= started->from && start <= started->to &&
	       is_value(call, record, "To", is_flow ? "phone" : "to", true) &&
	       is_value(call, record, "From", "from", true) &&
	       is_value(call, record, "PhoneNumber", "phone", true) &&
	       is_value(call, record, "Status", "status", false) &&
	       is_value(call, record, "Direction", "direction", false) &&
	       is_value(call, record, "CustomField", "custom", false);
}

static bool read_count(struct sb_call *call, const char *name, int64_t otherwise, int64_t most,
		       int64_t *count)
{
	const char *text = sb_query(call, name);

	*count = otherwise;
	if (text_is_empty(text) || (text_int(text, count) && *count >= 0 && *count <= most))
		return true;
	exotel_fail(call, 400, "%s must be a number up to %lld", name, (long long)most);
	return false;
}

/* The query with another page. */
static json_t *page_uri(struct sb_call *call, int64_t page)
{
	const char *kept = "";

	for (const char *at = call->query ? call->query : ""; *at;) {
		size_t len = strcspn(at, "&");

		if (!text_starts(at, "Page="))
			kept = arena_printf(call->arena, "%s%.*s&", kept, (int)len, at);
		at += len + (at[len] == '&');
	}
	return sb_json_printf("%s?%sPage=%lld", call->path, kept, (long long)page);
}

static void reply_list(struct sb_call *call, json_t *list, size_t total, int64_t size,
		       int64_t page)
{
	bool has_next = (int64_t)total > size * (page + 1);

	exotel_reply(call, 200,
		     json_pack("{s{sI sI so so so} so}", "Metadata", "Total", (json_int_t)total,
			       "PageSize", (json_int_t)size, "FirstPageUri", page_uri(call, 0),
			       "PrevPageUri", page ? page_uri(call, page - 1) : json_null(),
			       "NextPageUri", has_next ? page_uri(call, page + 1) : json_null(),
			       "Calls", list));
}

void exotel_list_calls(struct sb_call *call)
{
	const struct sb_object *calls = sb_object_find(call->account, "Calls");
	const char *order = sb_query(call, "SortBy");
	size_t count = sb_object_count(calls), total = 0;
	struct range made, started;
	int64_t size, page;
	json_t *list;

	if (!read_range(call, "DateCreated", &made) || !read_range(call, "StartTime", &started) ||
	    !read_count(call, "PageSize", PAGE_SIZE, PAGE_MAX, &size) ||
	    !read_count(call, "Page", 0, INT32_MAX, &page))
		return;
	if (order && !sb_has_word("DateCreated:asc|DateCreated:desc", order)) {
		exotel_fail(call, 400, "SortBy is DateCreated:asc or DateCreated:desc");
		return;
	}
	size = size ? size : PAGE_SIZE;
	list = json_array();
	for (size_t i = 0; i < count; i++) {
		bool is_oldest_first = text_equal(order, "DateCreated:asc");
		const struct sb_record *record =
			sb_object_record(calls, is_oldest_first ? i : count - 1 - i);

		if (!fits(call, record, &made, &started))
			continue;
		if ((int64_t)total >= size * page && (int64_t)json_array_size(list) < size)
			json_array_append_new(list, exotel_call_json(call, record));
		total++;
	}
	reply_list(call, list, total, size, page);
}
