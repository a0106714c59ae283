/* dynamics_track.c - change tracking: all rows and a delta link, then what changed since
 * (fact sheet 7). Threads: under the sandbox's lock. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

/* What of it a page tells next: all rows, then of a delta the changed, then the deleted. */
enum phase { PHASE_ALL = 'c', PHASE_CHANGED = 'a', PHASE_DELETED = 'd' };

struct tracking {
	struct sb_call *call;
	const struct dynamics_query *query;
	const struct dynamics_prefer *prefer;
	enum phase phase;
	uint64_t after;        /* number of the row, or of the change, that was told last */
	uint64_t since, until; /* changes behind `since`; what comes behind `until` is for later */
	int64_t page;
	size_t room;           /* rows that this page still takes */
	json_t *rows;
};

/* --- whether a table is tracked --- */

bool dynamics_is_tracked(const struct sb_object *object)
{
	const json_t *tracked = json_object_get(sb_object_account(object)->extra, "tracked");

	return dynamics_table_of(object)->flags & DYNAMICS_TRACKED ||
	       json_object_get(tracked, sb_object_spec(object)->name);
}

void dynamics_track_table(struct sb_object *object)
{
	json_t *extra = sb_object_account(object)->extra;
	json_t *tracked = json_object_get(extra, "tracked");

	if (!tracked) {
		tracked = json_object();
		json_object_set_new(extra, "tracked", tracked);
	}
	json_object_set_new(tracked, sb_object_spec(object)->name, json_true());
}

static bool may_track(struct sb_call *call, const struct sb_object *object)
{
	static const char *const barred[] = { "$filter", "$orderby", "$expand", "$top" };

	for (size_t i = 0; i < ARRAY_LEN(barred); i++) {
		if (!sb_query(call, barred[i]))
			continue;
		dynamics_fail(call, 400, dynamics_query_code(call),
			      "The \"%s\" query parameter isn't supported when Change Tracking is "
			      "enabled.",
			      barred[i] + 1);
		return false;
	}
	if (!dynamics_is_tracked(object)) {
		dynamics_fail(call, 400, dynamics_query_code(call),
			      "Change tracking is not enabled for entity '%s'.",
			      dynamics_table_of(object)->name);
		return false;
	}
	if (sb_switch(call->account, "reads_own_only")) {
		dynamics_fail(call, 403, "0x80040220",
			      "Principal user is missing prvRead%s privilege at organization level",
			      dynamics_table_of(object)->label);
		return false;
	}
	return true;
}

/* --- tokens: "1000123!08/22/2017 08:10:44" --- */

#define TOKEN_BASE 1000000

static const char *token_text(struct sb_call *call, uint64_t since)
{
	char time[CLOCK_TEXT_SIZE];

	clock_format(call->now, time);
	return arena_printf(call->arena, "%llu!%.2s/%.2s/%.4s %.8s",
			    TOKEN_BASE + (unsigned long long)since, time + 5, time + 8, time,
			    time + 11);
}

/* Good for some days, then all has to be read again. */
static bool token_read(struct sb_call *call, const char *text, uint64_t *since)
{
	int month, day, year, hour, minute, second, end = 0;
	unsigned long long number;
	int64_t at;

	if (sscanf(text, "%18llu!%2d/%2d/%4d %2d:%2d:%2d%n", &number, &month, &day, &year, &hour,
		   &minute, &second, &end) != 7 ||
	    text[end] || number < TOKEN_BASE || number - TOKEN_BASE > call->account->changes ||
	    !clock_parse(arena_printf(call->arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", year, month,
				      day, hour, minute, second),
			 &at)) {
		dynamics_fail(call, 400, dynamics_query_code(call), "The delta token is invalid.");
		return false;
	}
	*since = number - TOKEN_BASE;
	if (call->now - at <= sb_switch(call->account, "track_days") * CLOCK_DAY)
		return true;
	dynamics_fail(call, 400, "0x80044352",
		      "Version stamp associated with the client has expired. Please perform a full "
		      "sync.");
	return false;
}

/* --- one page --- */

static bool has_room(const struct tracking *tracking)
{
	return json_array_size(tracking->rows) < tracking->room;
}

static void add_row(struct tracking *tracking, const struct sb_record *record)
{
	json_array_append_new(tracking->rows, dynamics_row(tracking->call, record, tracking->query,
							   tracking->prefer));
}

/* The first reading: rows in the order they were made. False when there are more. */
static bool tell_all(struct tracking *tracking)
{
	const struct sb_record *record;

	while ((record = sb_object_after(tracking->query->object, tracking->after))) {
		if (record->state != SB_LIVE) {
			tracking->after = record->number;
			continue;
		}
		if (!has_room(tracking))
			return false;
		add_row(tracking, record);
		tracking->after = record->number;
	}
	return true;
}

/* A deleted row whose id was taken again is told as the row that has it. */
static bool is_deleted(const struct sb_record *record)
{
	const struct sb_record *now = sb_record_find(record->object, record->id);

	return record->state != SB_LIVE && (!now || now->state != SB_LIVE);
}

static void add_deleted(struct tracking *tracking, const struct sb_record *record)
{
	json_array_append_new(
		tracking->rows,
		json_pack("{so ss ss}", "@odata.context",
			  sb_json_printf("%s/$metadata#%s/$deletedEntity",
					 dynamics_base(tracking->call),
					 sb_object_spec(record->object)->name),
			  "id", record->id, "reason", "deleted"));
}

/* Rows whose latest change is behind `after`; false when there are more. */
static bool tell_changes(struct tracking *tracking, bool wants_deleted)
{
	const struct sb_change *changes;
	size_t count = sb_changes_after(tracking->query->object, tracking->after, &changes);

	for (size_t i = 0; i < count; i++) {
		const struct sb_record *record = changes[i].record;

		if (changes[i].number != record->change)
			continue;
		if (wants_deleted ? !is_deleted(record) : record->state != SB_LIVE)
			continue;
		if (!has_room(tracking))
			return false;
		if (wants_deleted)
			add_deleted(tracking, record);
		else
			add_row(tracking, record);
		tracking->after = changes[i].number;
	}
	return true;
}

static bool tell(struct tracking *tracking)
{
	if (tracking->phase == PHASE_ALL)
		return tell_all(tracking);
	if (tracking->phase == PHASE_CHANGED) {
		if (!tell_changes(tracking, false))
			return false;
		tracking->phase = PHASE_DELETED;
		tracking->after = tracking->since;
	}
	return tell_changes(tracking, true);
}

static json_t *next_link(struct tracking *tracking)
{
	struct dynamics_cursor next = {
		.page = tracking->page + 1,
		.last = arena_printf(tracking->call->arena, "%c%llu", tracking->phase,
				     (unsigned long long)tracking->after),
		.offset = (int64_t)tracking->until,
		.since = tracking->since,
		.is_tracking = true,
	};

	return dynamics_link(tracking->call, sb_object_spec(tracking->query->object)->name,
			     "$skiptoken", dynamics_cursor_text(tracking->call->arena, &next));
}

static void reply(struct tracking *tracking)
{
	bool is_all = tracking->phase == PHASE_ALL, is_done = tell(tracking);
	json_t *json = json_object();

	json_object_set_new(json, "@odata.context",
			    dynamics_context(tracking->call, tracking->query,
					     is_all ? "" : "/$delta"));
	if (is_done)
		json_object_set_new(json, "@odata.deltaLink",
				    dynamics_link(tracking->call,
						  sb_object_spec(tracking->query->object)->name,
						  "$deltatoken",
						  token_text(tracking->call, tracking->until)));
	else
		json_object_set_new(json, "@odata.nextLink", next_link(tracking));
	json_object_set(json, "value", tracking->rows);
	sb_reply_json(tracking->call, 200, json);
	if (is_all)
		sb_reply_header(tracking->call, "Preference-Applied", "odata.track-changes");
}

/* --- where to begin --- */

static bool go_on(struct tracking *tracking, const struct dynamics_cursor *cursor)
{
	static const char phases[] = { PHASE_ALL, PHASE_CHANGED, PHASE_DELETED };
	int64_t after;

	if (!*cursor->last || !memchr(phases, cursor->last[0], sizeof(phases)) ||
	    !text_int(cursor->last + 1, &after) || after < 0) {
		dynamics_fail(tracking->call, 400, dynamics_query_code(tracking->call),
			      "Malformed XML in the Paging Cookie.");
		return false;
	}
	tracking->phase = (enum phase)cursor->last[0];
	tracking->after = (uint64_t)after;
	tracking->since = cursor->since;
	tracking->until = (uint64_t)cursor->offset;
	return true;
}

static bool begin(struct tracking *tracking)
{
	const char *token = sb_query(tracking->call, "$deltatoken");

	tracking->phase = token ? PHASE_CHANGED : PHASE_ALL;
	tracking->until = tracking->call->account->changes;
	if (!token)
		return true;
	if (!token_read(tracking->call, token, &tracking->since))
		return false;
	tracking->after = tracking->since;
	return true;
}

bool dynamics_wants_tracking(struct sb_call *call, const struct dynamics_prefer *prefer,
			     const struct dynamics_cursor *cursor)
{
	return prefer->tracks_changes || cursor->is_tracking || sb_query(call, "$deltatoken");
}

void dynamics_track(struct sb_call *call, const struct dynamics_query *query,
		    const struct dynamics_prefer *prefer, const struct dynamics_cursor *cursor)
{
	struct tracking tracking = { .call = call,
				     .query = query,
				     .prefer = prefer,
				     .page = cursor->page,
				     .room = prefer->page ? (size_t)prefer->page :
							    DYNAMICS_PAGE_MAX,
				     .rows = json_keep(call->arena, json_array()) };

	if (!may_track(call, query->object))
		return;
	if (cursor->is_tracking ? go_on(&tracking, cursor) : begin(&tracking))
		reply(&tracking);
}

/* How many rows changed since a token; false after a reply. */
bool dynamics_track_count(struct sb_call *call, const struct dynamics_query *query, size_t *count)
{
	struct dynamics_prefer prefer = { 0 };
	struct tracking tracking = { .call = call,
				     .query = query,
				     .prefer = &prefer,
				     .room = SIZE_MAX,
				     .rows = json_keep(call->arena, json_array()) };

	if (!may_track(call, query->object) || !begin(&tracking))
		return false;
	tell(&tracking);
	*count = json_array_size(tracking.rows);
	return true;
}
