/* twilio_list.c - lists of calls, messages and numbers, newest first. Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/twilio.h"

#define PAGE_SIZE 50
#define PAGE_MAX 1000

static const struct { const char *parameter, *field; } filters[] = {
	{ "To", "to" }, { "From", "from" }, { "Status", "status" },
	{ "ParentCallSid", "parent_call_sid" }, { "PhoneNumber", "phone_number" },
	{ "CallSid", "call_sid" },
};

/* "StartTime>=2026-11-21" comes as a parameter named "StartTime>" with a value, and a plain
 * "StartTime" is that day. */
static const struct { const char *parameter, *field; } times[] = {
	{ "StartTime", "start_time" }, { "EndTime", "end_time" }, { "DateSent", "date_sent" },
	{ "DateCreated", "" }, /* every record's own */
};

static bool time_fits(struct sb_call *call, const struct sb_record *record, const char *name,
		      const char *field)
{
	const char *on = sb_query(call, name);
	const char *from = sb_query(call, arena_printf(call->arena, "%s>", name));
	const char *to = sb_query(call, arena_printf(call->arena, "%s<", name));
	int64_t at, limit;

	if (!on && !from && !to)
		return true;
	/* What has not started is looked for by when it was made. */
	if (!sb_time_parse(sb_text(call, record, arena_printf(call->arena, "_%s", field)),
			   &at))
		at = record->created_at;
	if (on && sb_time_parse(on, &limit) && at / 86400000 != limit / 86400000)
		return false;
	if (from && sb_time_parse(from, &limit) && at < limit)
		return false;
	return !to || !sb_time_parse(to, &limit) || at <= limit + (strlen(to) == 10 ? 86399999 : 0);
}

/* Of a call or a message named in the path there are only its own. */
static bool is_below(struct sb_call *call, const struct sb_record *record)
{
	const char *parent = call->nparams > 1 ? sb_param(call, 1) : NULL;
	const char *field = sb_field_find(record->object, "call_sid") ? "call_sid" : "parent_sid";

	return !parent || text_equal(sb_text(call, record, field), parent);
}

static bool fits(struct sb_call *call, const struct sb_record *record)
{
	if (!is_below(call, record))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
		const char *wanted = sb_query(call, filters[i].parameter);

		if (wanted && *wanted && sb_field_find(record->object, filters[i].field) &&
		    !text_equal(wanted, sb_text(call, record, filters[i].field)))
			return false;
	}
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if ((!*times[i].field || sb_field_find(record->object, times[i].field)) &&
		    !time_fits(call, record, times[i].parameter, times[i].field))
			return false;
	return true;
}

static const char *list_name(const char *object)
{
	return text_equal(object, "Calls")	? "calls" :
	       text_equal(object, "Messages")	? "messages" :
	       text_equal(object, "Recordings") ? "recordings" :
	       text_equal(object, "Media")	? "media_list" :
						  "incoming_phone_numbers";
}

/* The query without what says which page: every page keeps the filters. */
static const char *filters_of(struct sb_call *call)
{
	const char *kept = "";

	for (const char *at = call->query ? call->query : ""; *at;) {
		size_t len = strcspn(at, "&");

		if (!text_starts(at, "Page"))
			kept = arena_printf(call->arena, "%s%.*s&", kept, (int)len, at);
		at += len + (at[len] == '&');
	}
	return kept;
}

static json_t *page_uri(struct sb_call *call, int64_t size, int64_t page)
{
	size_t len = strlen(call->path);

	return sb_json_printf("%.*s.json?%sPageSize=%lld&Page=%lld",
			      (int)(text_ends(call->path, ".json") ? len - 5 : len), call->path,
			      filters_of(call), (long long)size, (long long)page);
}

static bool page_number(struct sb_call *call, const char *name, int64_t otherwise,
			int64_t most, int64_t *number)
{
	const char *text = sb_query(call, name);

	*number = otherwise;
	if (!text || !*text || (text_int(text, number) && *number >= 0))
		return *number = *number > most ? most : *number, true;
	twilio_fail(call, 400, 20001, "%s is not a number", name);
	return false;
}

/* A page of the newest records that match the filters of the query. */
void twilio_list(struct sb_call *call)
{
	const char *object = call->route->tag;
	const struct sb_object *records = sb_object_find(call->account, object);
	json_t *list = json_array();
	int64_t size, page, skip, matched = 0;

	if (!page_number(call, "PageSize", PAGE_SIZE, PAGE_MAX, &size) ||
	    !page_number(call, "Page", 0, INT32_MAX, &page)) {
		json_decref(list);
		return;
	}
	size = size ? size : PAGE_SIZE;
	skip = size * page;
	for (size_t i = sb_object_count(records); i-- > 0;) {
		const struct sb_record *record = sb_object_record(records, i);

		if (record->state != SB_LIVE || !fits(call, record))
			continue;
		if (matched >= skip && matched < skip + size)
			json_array_append_new(list, twilio_json(call, record));
		matched++;
	}
	sb_reply_json(
		call, 200,
		json_pack("{so so so so sI sI sI sI ss}", list_name(object), list,
			  "first_page_uri", page_uri(call, size, 0), "next_page_uri",
			  matched > skip + size ? page_uri(call, size, page + 1) :
						  json_null(),
			  "previous_page_uri",
			  page ? page_uri(call, size, page - 1) : json_null(), "page",
			  (json_int_t)page, "page_size", (json_int_t)size, "start",
			  (json_int_t)skip, "end",
			  (json_int_t)(skip + (int64_t)json_array_size(list) - 1), "uri",
			  call->target + strlen(call->prefix)));
}
