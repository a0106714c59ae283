/* zoho_list.c - reading: one record, pages of them, what changed, what was deleted (fact
 * sheet 5, 7). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/page.h"
#include "sandbox/zoho.h"

#define PER_PAGE_MAX 200
#define BY_PAGE_MAX 2000 /* beyond it a token is needed */

/* --- one record --- */

/* The sheet has two codes besides, and not when they come. */
static void say_missing(struct sb_call *call)
{
	switch (sb_switch(call->account, "missing_record")) {
	case 1:
		zoho_fail(call, 404, "NOT_FOUND", "There is no data for the ID specified", NULL);
		return;
	case 2:
		zoho_fail(call, 404, "NO_RECORDS_FOUND", "no records found", NULL);
		return;
	default:
		sb_reply_empty(call, 204);
	}
}

void zoho_get(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const char *list = sb_query(call, "fields"), *since = sb_header(call, "If-Modified-Since");
	struct sb_field **fields = NULL;
	const struct sb_record *record;
	size_t count = 0;
	int64_t at;

	if (!object)
		return;
	record = zoho_record_of(call, object, sb_param(call, 1));
	if (!record) {
		say_missing(call);
		return;
	}
	if (since && sb_time_parse(since, &at) && record->updated_at <= at) {
		sb_reply_empty(call, 304);
		return;
	}
	if (list && !(fields = zoho_fields_of(call, object, list, &count)))
		return;
	sb_reply_json(call, 200,
		      json_pack("{s[o]}", "data", zoho_record(record, fields, count)));
}

/* --- pages --- */

struct listing {
	struct sb_call *call;
	struct sb_object *object;
	struct sb_field **fields;
	size_t nfields;
	const char *converted;
	const char *what;    /* the parameters that a token is bound to */
	struct sb_sort sort;
	const char *sort_by;
	int64_t since, per_page, page;
	const char *token;
};

static bool refuse_param(struct sb_call *call, const char *name)
{
	zoho_fail(call, 400, "INVALID_DATA", "invalid data", json_pack("{ss}", "param_name", name));
	return false;
}

static bool read_numbers(struct listing *listing)
{
	struct sb_call *call = listing->call;

	if (!sb_page_number(sb_query(call, "per_page"), PER_PAGE_MAX, 1, PER_PAGE_MAX,
			    &listing->per_page))
		return refuse_param(call, "per_page");
	if (!sb_page_number(sb_query(call, "page"), 1, 1, INT32_MAX, &listing->page))
		return refuse_param(call, "page");
	listing->token = sb_query(call, "page_token");
	if (listing->token && sb_query(call, "page")) {
		zoho_fail(call, 400, "AMBIGUITY_DURING_PROCESSING",
			  "page and page_token cannot be used together",
			  json_pack("{s[ss]}", "ambiguity_due_to", "page", "page_token"));
		return false;
	}
	if (!listing->token && listing->page * listing->per_page > BY_PAGE_MAX) {
		zoho_fail(call, 400, "LIMIT_REACHED", "maximum response iteration limit reached",
			  json_pack("{si ss}", "limit", BY_PAGE_MAX, "param_name", "page"));
		return false;
	}
	return true;
}

static bool read_sort(struct listing *listing)
{
	const char *by = sb_query(listing->call, "sort_by");
	const char *order = sb_query(listing->call, "sort_order");

	listing->sort_by = by ? by : "id";
	listing->sort.column = zoho_column(listing->sort_by);
	if (listing->sort.column == SB_COLUMN_FIELD)
		return refuse_param(listing->call, "sort_by");
	if (order && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0)
		return refuse_param(listing->call, "sort_order");
	listing->sort.is_descending = !order || strcmp(order, "desc") == 0;
	return true;
}

static bool read_listing(struct listing *listing)
{
	struct sb_call *call = listing->call;
	const char *names = sb_query(call, "fields"), *since = sb_header(call, "If-Modified-Since");

	listing->object = zoho_module_of_path(call);
	if (!listing->object)
		return false;
	if (text_is_empty(names)) {
		zoho_missing_param(call, "fields");
		return false;
	}
	listing->fields = zoho_fields_of(call, listing->object, names, &listing->nfields);
	if (!listing->fields || !read_sort(listing) || !read_numbers(listing))
		return false;
	if (since && !sb_time_parse(since, &listing->since)) {
		zoho_fail(call, 400, "INVALID_DATA", "invalid data",
			  json_pack("{ss}", "header", "If-Modified-Since"));
		return false;
	}
	listing->converted = sb_query(call, "converted");
	listing->what = arena_printf(call->arena, "%u %s %s %s %d %s %lld", call->account->number,
				     sb_object_spec(listing->object)->name, names,
				     listing->sort_by, listing->sort.is_descending,
				     listing->converted ? listing->converted : "",
				     (long long)listing->per_page);
	return true;
}

/* The matches, sorted; `ids` limits them. */
static size_t matches_of(const struct listing *listing, struct sb_record ***out)
{
	struct sb_call *call = listing->call;
	const char *ids = sb_query(call, "ids");
	struct sb_query query = { .sorts = &listing->sort, .nsorts = 1 };
	struct sb_record **records;
	size_t count, kept = 0;

	if (listing->sort.column == SB_COLUMN_ID) /* ids grow with the number */
		query.nsorts = 0;
	if (listing->since)
		query.where = sb_where_column(call->arena, SB_GT, SB_COLUMN_UPDATED,
					      arena_printf(call->arena, "%lld",
							   (long long)listing->since));
	count = sb_query_run(listing->object, &query, call->arena, &records);
	for (size_t i = 0; i < count; i++) {
		struct sb_record *record = records[i];

		if (zoho_is_shown(record, listing->converted) &&
		    (!ids || strstr(ids, record->id)))
			records[kept++] = record;
	}
	for (size_t i = 0; !query.nsorts && listing->sort.is_descending && i < kept / 2; i++) {
		struct sb_record *record = records[i];

		records[i] = records[kept - 1 - i];
		records[kept - 1 - i] = record;
	}
	*out = records;
	return kept;
}

#define TOKEN_LIFE CLOCK_DAY

/* Where the page begins: by its number, or behind what a token remembers. False after a
 * reply. */
static bool start_of(struct listing *listing, size_t *start)
{
	struct sb_call *call = listing->call;
	int64_t numbers[3], most;

	*start = (size_t)((listing->page - 1) * listing->per_page);
	if (!listing->token)
		return true;
	if (!sb_cursor_read(call->arena, listing->token, listing->what, numbers, 3) ||
	    numbers[1] + TOKEN_LIFE < call->now) {
		zoho_fail(call, 400, "INVALID_DATA", "the page_token given seems to be invalid",
			  json_pack("{ss}", "param_name", "page_token"));
		return false;
	}
	listing->page = numbers[2];
	*start = (size_t)numbers[0];
	most = sb_switch(call->account, "token_rows");
	if (numbers[0] + listing->per_page <= most)
		return true;
	zoho_fail(call, 400, "LIMIT_REACHED", "maximum response iteration limit reached",
		  json_pack("{sI ss}", "limit", (json_int_t)most, "param_name", "page_token"));
	return false;
}

static json_t *token_of(const struct listing *listing, int64_t start, int64_t page)
{
	const int64_t numbers[] = { start, listing->call->now, page };

	return json_string(sb_cursor_make(listing->call->arena, listing->what, numbers, 3));
}

static json_t *info_json(const struct listing *listing, size_t start, size_t count, size_t total)
{
	bool has_more = start + count < total;
	const struct sb_account *account = listing->call->account;

	return json_pack(
		"{sI sI sI ss ss sb so so so}", "per_page", (json_int_t)listing->per_page, "count",
		(json_int_t)count, "page", (json_int_t)listing->page, "sort_by", listing->sort_by,
		"sort_order", listing->sort.is_descending ? "desc" : "asc", "more_records",
		has_more, "next_page_token",
		has_more ? token_of(listing, (int64_t)(start + count), listing->page + 1) :
			   json_null(),
		"previous_page_token",
		start >= (size_t)listing->per_page ?
			token_of(listing, (int64_t)start - listing->per_page, listing->page - 1) :
			json_null(),
		"page_token_expiry",
		has_more || start ? zoho_time(account, listing->call->now + TOKEN_LIFE) :
				    json_null());
}

void zoho_list(struct sb_call *call)
{
	struct listing listing = { .call = call };
	struct sb_record **records;
	size_t total, start, count = 0;
	json_t *data;

	if (!read_listing(&listing) || !start_of(&listing, &start))
		return;
	total = matches_of(&listing, &records);
	if (start >= total) {
		sb_reply_empty(call, listing.since && !total ? 304 : 204);
		return;
	}
	data = json_array();
	while (start + count < total && count < (size_t)listing.per_page)
		json_array_append_new(data, zoho_record(records[start + count++],
							listing.fields, listing.nfields));
	sb_reply_json(call, 200, json_pack("{so so}", "data", data, "info",
					   info_json(&listing, start, count, total)));
}

/* Notes of a record. */
void zoho_related(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call), *notes;
	const char *list = sb_query(call, "fields");
	struct sb_query query = { 0 };
	struct sb_record **records;
	struct sb_field **fields;
	size_t count, nfields;
	json_t *data;

	if (!object)
		return;
	if (strcmp(sb_param(call, 2), "Notes") != 0) {
		sb_not_imitated(call, "related lists other than Notes");
		return;
	}
	if (text_is_empty(list)) {
		zoho_missing_param(call, "fields");
		return;
	}
	notes = sb_object_find(call->account, "Notes");
	fields = zoho_fields_of(call, notes, list, &nfields);
	if (!fields)
		return;
	query.where = sb_where(call->arena, SB_EQ, sb_field_find(notes, "Parent_Id"),
			       sb_param(call, 1));
	count = sb_query_run(notes, &query, call->arena, &records);
	if (!count) {
		sb_reply_empty(call, 204);
		return;
	}
	data = json_array();
	for (size_t i = 0; i < count && i < PER_PAGE_MAX; i++)
		json_array_append_new(data, zoho_record(records[i], fields, nfields));
	sb_reply_json(call, 200, json_pack("{so s{si sI si sb}}", "data", data, "info", "per_page",
					   PER_PAGE_MAX, "count",
					   (json_int_t)json_array_size(data), "page", 1,
					   "more_records", count > PER_PAGE_MAX));
}

/* --- deleted --- */

/* "recycle", "permanent", or NULL for what is not deleted. */
static const char *fate_of(const struct sb_record *record)
{
	if (record->state == SB_DELETED)
		return "recycle";
	if (record->state == SB_MERGED || (record->state == SB_GONE && record->deleted_at))
		return "permanent";
	return NULL;
}

static json_t *deleted_json(struct sb_call *call, const struct sb_record *record,
			    const char *fate)
{
	json_t *user = zoho_user_json(zoho_user(call->account));
	json_t *name = sb_record_value_of(record, "Full_Name");

	json_object_del(user, "email");
	return json_pack("{ss so* ss sO so so}", "id", record->id, "display_name", name, "type",
			 fate, "deleted_by", user, "deleted_time",
			 zoho_time(call->account, record->deleted_at), "created_by", user);
}

void zoho_deleted(struct sb_call *call)
{
	struct sb_object *object = zoho_module_of_path(call);
	const char *type = sb_query(call, "type"), *since = sb_header(call, "If-Modified-Since");
	int64_t per_page, page, from = 0, found = 0;
	json_t *data;

	if (!object)
		return;
	if (!type)
		type = "all";
	if (strcmp(type, "all") != 0 && strcmp(type, "recycle") != 0 &&
	    strcmp(type, "permanent") != 0)
		refuse_param(call, "type");
	else if (!sb_page_number(sb_query(call, "per_page"), PER_PAGE_MAX, 1, PER_PAGE_MAX,
				 &per_page))
		refuse_param(call, "per_page");
	else if (!sb_page_number(sb_query(call, "page"), 1, 1, INT32_MAX, &page))
		refuse_param(call, "page");
	if (call->status)
		return;
	if (since)
		sb_time_parse(since, &from);
	data = json_keep(call->arena, json_array());
	for (size_t i = sb_object_count(object); i > 0; i--) {
		const struct sb_record *record = sb_object_record(object, i - 1);
		const char *fate = fate_of(record);

		if (!fate || (strcmp(type, "all") != 0 && strcmp(type, fate) != 0) ||
		    record->deleted_at < from)
			continue;
		found++;
		if (found > (page - 1) * per_page && found <= page * per_page)
			json_array_append_new(data, deleted_json(call, record, fate));
	}
	if (!json_array_size(data))
		sb_reply_empty(call, since && !found ? 304 : 204);
	else
		sb_reply_json(call, 200,
			      json_pack("{sO s{sI sI sI sb}}", "data", data, "info", "per_page",
					(json_int_t)per_page, "count",
					(json_int_t)json_array_size(data), "page",
					(json_int_t)page, "more_records", found > page * per_page));
}
