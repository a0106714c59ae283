/* dynamics_list.c - many rows, page by page, and how many there are (fact sheet 5). Threads:
 * under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

#define COUNT_MAX 5000

/* --- links to the next page --- */

/* Adds the pairs of the call's query but the tokens that it came by. */
static void add_query(struct sb_call *call, struct buf *buf)
{
	const char *at = call->query ? call->query : "";

	while (*at) {
		size_t len = strcspn(at, "&");
		const char *name = url_decode(call->arena, at, strcspn(at, "=&"), true);

		if (len && name && strcmp(name, "$skiptoken") != 0 &&
		    strcmp(name, "$deltatoken") != 0) {
			buf_addn(buf, at, len);
			buf_add(buf, "&");
		}
		at += len + (at[len] == '&');
	}
}

json_t *dynamics_link(struct sb_call *call, const char *set, const char *name, const char *token)
{
	struct buf buf;
	json_t *json;
	const char *text;

	buf_init(&buf, call->arena, 1u << 17);
	buf_addf(&buf, "%s/%s?", dynamics_base(call), set);
	add_query(call, &buf);
	buf_addf(&buf, "%s=", name);
	buf_add_url(&buf, token);
	if (buf_end(&buf, &text, NULL) < 0)
		return json_null();
	json = json_string(text);
	return json ? json : json_null();
}

const char *dynamics_cursor_text(struct arena *arena, const struct dynamics_cursor *cursor)
{
	return arena_printf(arena,
			    "<cookie pagenumber=\"%lld\" pagingcookie=\"%s,%lld,%llu\" "
			    "istracking=\"%s\" />",
			    (long long)cursor->page, cursor->last, (long long)cursor->offset,
			    (unsigned long long)cursor->since,
			    cursor->is_tracking ? "True" : "False");
}

bool dynamics_cursor_read(struct sb_call *call, struct dynamics_cursor *cursor)
{
	const char *text = sb_query(call, "$skiptoken");
	long long page = 1, offset = 0;
	unsigned long long since = 0;
	char last[37] = "", tracking[6] = "";
	int end = 0;

	*cursor = (struct dynamics_cursor){ .page = 1, .last = "" };
	if (!text)
		return true;
	if (sscanf(text,
		   "<cookie pagenumber=\"%9lld\" pagingcookie=\"%36[0-9a-f-],%9lld,%18llu\" "
		   "istracking=\"%5[A-Za-z]\" />%n",
		   &page, last, &offset, &since, tracking, &end) != 5 ||
	    text[end] || page < 1 || offset < 0) {
		dynamics_fail(call, 400, dynamics_query_code(call),
			      "Malformed XML in the Paging Cookie.");
		return false;
	}
	cursor->page = page;
	cursor->offset = offset;
	cursor->since = since;
	cursor->last = arena_strdup(call->arena, last);
	cursor->is_tracking = strcmp(tracking, "True") == 0;
	return true;
}

/* --- a page --- */

static size_t run(struct sb_call *call, const struct dynamics_query *query,
		  struct sb_record ***found)
{
	int64_t lag = call->account->search_lag_ms;
	struct sb_query asked = { .where = query->where,
				  .sorts = query->sorts,
				  .nsorts = query->nsorts,
				  .as_of = lag ? call->now - lag : 0 };

	return sb_query_run(query->object, &asked, call->arena, found);
}

/* How many of `found` stand before the row `last`, which is none of them any more. */
static size_t before_missing(struct sb_call *call, const struct dynamics_query *query,
			     const struct dynamics_cursor *cursor, struct sb_record *const *found,
			     size_t count)
{
	const struct sb_condition *parts[] = {
		query->where,
		sb_where_column(call->arena, SB_EQ, SB_COLUMN_ID, cursor->last),
	};
	struct sb_query asked = { .where = query->where ? sb_where_all(call->arena, SB_OR, parts,
								       2) :
							  NULL,
				  .sorts = query->sorts,
				  .nsorts = query->nsorts,
				  .with_deleted = true };
	struct sb_record **all;
	size_t total = sb_query_run(query->object, &asked, call->arena, &all), before = 0;

	for (size_t i = 0; i < total; i++) {
		if (strcmp(all[i]->id, cursor->last) == 0)
			return before;
		before += before < count && all[i] == found[before];
	}
	return (size_t)cursor->offset < count ? (size_t)cursor->offset : count;
}

/* Behind the last row of the page before, or where it stood. */
static size_t start_of(struct sb_call *call, const struct dynamics_query *query,
		       const struct dynamics_cursor *cursor, struct sb_record *const *found,
		       size_t count)
{
	if (cursor->page == 1)
		return 0;
	for (size_t i = 0; i < count; i++)
		if (strcmp(found[i]->id, cursor->last) == 0)
			return i + 1;
	return before_missing(call, query, cursor, found, count);
}

static void add_count(const struct dynamics_query *query, const struct dynamics_prefer *prefer,
		      size_t count, json_t *json)
{
	bool is_over = count > COUNT_MAX;

	if (!query->counts)
		return;
	json_object_set_new(json, "@odata.count",
			    json_integer(is_over ? COUNT_MAX : (json_int_t)count));
	if (dynamics_prefers_annotation(prefer, DYNAMICS_TYPE "totalrecordcount"))
		json_object_set_new(json, "@" DYNAMICS_TYPE "totalrecordcount",
				    json_integer(is_over ? COUNT_MAX : (json_int_t)count));
	if (dynamics_prefers_annotation(prefer, DYNAMICS_TYPE "totalrecordcountlimitexceeded"))
		json_object_set_new(json, "@" DYNAMICS_TYPE "totalrecordcountlimitexceeded",
				    json_boolean(is_over));
}

/* $top comes without pages: a preferred page size is then passed over. */
static size_t size_of(const struct dynamics_query *query, const struct dynamics_prefer *prefer)
{
	if (query->top >= 0)
		return query->top > DYNAMICS_PAGE_MAX ? DYNAMICS_PAGE_MAX : (size_t)query->top;
	return prefer->page ? (size_t)prefer->page : DYNAMICS_PAGE_MAX;
}

static void reply_page(struct sb_call *call, const struct dynamics_query *query,
		       const struct dynamics_prefer *prefer, const struct dynamics_cursor *cursor)
{
	json_t *json = json_object(), *rows = json_array();
	struct sb_record **found;
	size_t count = run(call, query, &found);
	size_t start = start_of(call, query, cursor, found, count);
	size_t end = start + size_of(query, prefer);

	if (end > count)
		end = count;
	for (size_t i = start; i < end; i++)
		json_array_append_new(rows, dynamics_row(call, found[i], query, prefer));
	json_object_set_new(json, "@odata.context", dynamics_context(call, query, ""));
	add_count(query, prefer, count, json);
	json_object_set_new(json, "value", rows);
	if (end < count && end > start && query->top < 0) {
		struct dynamics_cursor next = { .page = cursor->page + 1,
						.last = found[end - 1]->id,
						.offset = (int64_t)end };

		json_object_set_new(json, "@odata.nextLink",
				    dynamics_link(call, sb_object_spec(query->object)->name,
						  "$skiptoken",
						  dynamics_cursor_text(call->arena, &next)));
	}
	sb_reply_json(call, 200, json);
	if (prefer->page && query->top < 0)
		sb_reply_header(call, "Preference-Applied",
				arena_printf(call->arena, "odata.maxpagesize=%lld",
					     (long long)prefer->page));
}

void dynamics_list(struct sb_call *call, const struct dynamics_path *path)
{
	struct dynamics_prefer prefer;
	struct dynamics_query query;
	struct dynamics_cursor cursor;

	dynamics_prefer_read(call, &prefer);
	if (!dynamics_query_read(call, path->object, &query) ||
	    !dynamics_cursor_read(call, &cursor))
		return;
	if (dynamics_wants_tracking(call, &prefer, &cursor))
		dynamics_track(call, &query, &prefer, &cursor);
	else
		reply_page(call, &query, &prefer, &cursor);
}

void dynamics_count(struct sb_call *call, const struct dynamics_path *path)
{
	struct dynamics_query query;
	struct sb_record **found;
	const char *text;
	size_t count;

	if (!dynamics_query_read(call, path->object, &query))
		return;
	if (!sb_query(call, "$deltatoken"))
		count = run(call, &query, &found);
	else if (!dynamics_track_count(call, &query, &count))
		return;
	text = arena_printf(call->arena, "%zu", count > COUNT_MAX ? COUNT_MAX : count);
	sb_reply_text(call, 200, "text/plain", text, strlen(text));
}
