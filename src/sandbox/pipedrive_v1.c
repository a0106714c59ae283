/* pipedrive_v1.c - what v1 still has beside leads and notes: users, lists, merges, the
 * change log (1, 5-7). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/pipedrive.h"
#include "sandbox/query.h"

/* --- users --- */

void sb_pipedrive_users(struct sb_call *call)
{
	const struct sb_object *users = sb_object_find(call->account, "users");
	json_t *data = json_array();

	for (size_t i = 0; i < sb_object_count(users); i++)
		if (sb_object_record(users, i)->state == SB_LIVE)
			json_array_append_new(data,
					      sb_pipedrive_json(call, sb_object_record(users, i)));
	sb_pipedrive_data(call, 200, data, NULL);
}

void sb_pipedrive_me(struct sb_call *call)
{
	const struct sb_record *me = sb_live_find(call->account, "users",
						  PIPEDRIVE_USER);
	json_t *data;

	if (!me) {
		sb_pipedrive_not_found(call);
		return;
	}
	data = sb_pipedrive_json(call, me);
	json_object_set_new(data, "company_id",
			    json_integer((json_int_t)call->account->remote_id));
	json_object_set_new(data, "company_name", json_string("Acme"));
	json_object_set_new(data, "company_domain",
			    sb_json_printf("%s-sandbox", call->account->name));
	sb_pipedrive_data(call, 200, data, NULL);
}

void sb_pipedrive_user_of_id(struct sb_call *call)
{
	const struct sb_record *user = sb_live_find(call->account, "users", sb_param(call, 0));

	if (user)
		sb_pipedrive_data(call, 200, sb_pipedrive_json(call, user), NULL);
	else
		sb_pipedrive_fail(call, 404, NULL, "User not found");
}

void sb_pipedrive_find_users(struct sb_call *call)
{
	const struct sb_object *users = sb_object_find(call->account, "users");
	const char *term = sb_query(call, "term");
	bool by_email = text_equal(sb_query(call, "search_by_email"), "1");
	json_t *data;

	if (text_is_empty(term)) {
		sb_pipedrive_fail(call, 400, NULL, "Bad request: term is required");
		return;
	}
	data = json_array();
	term = text_lower_ascii(call->arena, term);
	for (size_t i = 0; i < sb_object_count(users); i++) {
		const struct sb_record *user = sb_object_record(users, i);
		const char *text = sb_record_text_of(user, by_email ? "email" : "name",
						     call->arena);

		if (user->state == SB_LIVE && text &&
		    strstr(text_lower_ascii(call->arena, text), term))
			json_array_append_new(data, sb_pipedrive_json(call, user));
	}
	sb_pipedrive_data(call, 200, data, NULL);
}

/* --- small lists --- */

void sb_pipedrive_directory(struct sb_call *call)
{
	const struct sb_object *object = sb_object_find(call->account, call->route->tag);
	json_t *data = json_array();

	for (size_t i = 0; i < sb_object_count(object); i++)
		if (sb_object_record(object, i)->state == SB_LIVE)
			json_array_append_new(data, sb_pipedrive_json(
							    call, sb_object_record(object, i)));
	sb_pipedrive_data(call, 200, data, NULL);
}

void sb_pipedrive_add_label(struct sb_call *call)
{
	static const char *const colors[] = { "blue", "brown", "dark-gray", "gray", "green",
					      "orange", "pink", "purple", "red", "yellow" };
	const json_t *body = sb_json(call);
	const char *name = json_string_of(body, "name"), *color = json_string_of(body, "color");
	struct sb_record *label;
	size_t i = 0;

	if (!body)
		return;
	while (color && i < ARRAY_LEN(colors) && strcmp(colors[i], color) != 0)
		i++;
	if (text_is_empty(name) || !color || i == ARRAY_LEN(colors)) {
		sb_pipedrive_fail(call, 400, NULL, "Bad request: name and color are required");
		return;
	}
	label = sb_record_add(call, "leadLabels",
			      json_pack("{ss ss}", "name", name, "color", color), NULL);
	if (label)
		sb_pipedrive_data(call, 200, sb_pipedrive_json(call, label), NULL);
	else
		sb_pipedrive_problem(call, SB_PROBLEM_FULL, 0);
}

void sb_pipedrive_lead_sources(struct sb_call *call)
{
	sb_pipedrive_data(call, 200,
			  json_pack("[{ss} {ss} {ss} {ss}]", "name", "API", "name", "Manually created",
				    "name", "Import", "name", "Web forms"),
			  NULL);
}

void sb_pipedrive_currencies(struct sb_call *call)
{
	static const char *const codes[] = { "EUR", "GBP", "INR", "USD" };
	json_t *data = json_array();

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		json_array_append_new(data,
				      json_pack("{si ss ss si sb sb}", "id", (int)i + 1, "code",
						codes[i], "name", codes[i], "decimal_points", 2,
						"active_flag", 1, "is_custom_flag", 0));
	sb_pipedrive_data(call, 200, data, NULL);
}

/* --- merging --- */

/* Fills what the winner lacks; what both have stays the winner's (5). */
static json_t *fill(const struct sb_call *call, const struct sb_record *winner,
		    const struct sb_record *loser)
{
	json_t *values = json_keep(call->arena, json_object());

	for (size_t i = 0; i < sb_object_nfields(loser->object); i++) {
		const struct sb_field *field = sb_object_field(loser->object, i);
		json_t *own = sb_record_value(winner, field);
		json_t *other = sb_record_value(loser, field);

		if (other && (!own || (json_is_array(own) && !json_array_size(own))))
			json_object_set(values, field->name, other);
		json_decref(own);
		json_decref(other);
	}
	return values;
}

/* The path's record goes, that of merge_with_id stays. */
void sb_pipedrive_merge(struct sb_call *call)
{
	struct sb_record *loser = sb_live_find(call->account, call->route->tag,
					       sb_param(call, 0));
	const json_t *body = sb_json(call);
	const json_t *id = json_object_get(body, "merge_with_id");
	struct sb_record *winner;

	if (!body)
		return;
	winner = json_is_integer(id) ? sb_live_find(call->account, call->route->tag,
						    sb_id_text(call->arena, id)) :
				       NULL;
	if (!loser || (json_is_integer(id) && !winner)) {
		sb_pipedrive_not_found(call);
		return;
	}
	if (!winner || winner == loser) {
		sb_pipedrive_fail(call, 400, NULL, "Bad request: merge_with_id is not valid");
		return;
	}
	sb_record_update(call, winner, fill(call, winner, loser));
	sb_record_merge(call, winner, loser);
	sb_pipedrive_data(call, 200, sb_pipedrive_json(call, winner), NULL);
}

/* --- what changed --- */

/* Rows are told from the newest write back, so what a write replaced is what the one
 * before it had written. */
struct rows {
	struct sb_call *call;
	const struct sb_record *record;
	json_t *list;
	json_t *later; /* by field: the value before the later write */
	int64_t at;
};

static json_t *value_after(const struct rows *rows, const struct sb_field *field)
{
	json_t *later = json_object_get(rows->later, field->name), *now;

	if (later)
		return json_incref(later);
	now = sb_record_value(rows->record, field);
	return now ? now : json_null();
}

static void add_row(const struct sb_field *field, const json_t *before, void *context)
{
	struct rows *rows = context;
	json_t *old = before ? json_incref((json_t *)before) : json_null();

	json_array_append_new(
		rows->list,
		json_pack("{ss sO so sI so ss sn sn sb}", "field_key", field->name, "old_value",
			  old, "new_value", value_after(rows, field), "actor_user_id",
			  (json_int_t)sb_id_number(PIPEDRIVE_USER), "time",
			  sb_render_time(rows->call, rows->at, SB_TIME_BLANK), "change_source",
			  "api", "change_source_user_agent", "import_id", "is_bulk_update_flag",
			  0));
	json_object_set_new(rows->later, field->name, old);
}

void sb_pipedrive_changelog(struct sb_call *call)
{
	const struct sb_record *record = sb_live_find(call->account, call->route->tag,
						      sb_param(call, 0));
	struct rows rows = { .call = call, .record = record };

	if (!record) {
		sb_pipedrive_not_found(call);
		return;
	}
	rows.list = json_array();
	rows.later = json_keep(call->arena, json_object());
	for (const struct sb_delta *delta = record->history; delta;
	     delta = sb_delta_before(delta)) {
		rows.at = sb_delta_at(delta);
		sb_delta_each(delta, add_row, record->object, &rows);
	}
	sb_pipedrive_data(call, 200, rows.list, json_pack("{sn}", "next_cursor"));
}

static bool is_item(const char *items, const char *entity)
{
	size_t want = strlen(entity);

	while (items && *items) {
		size_t len = strcspn(items, ",");

		if (len == want && strncmp(items, entity, len) == 0)
			return true;
		items += len + (items[len] == ',');
	}
	return !items;
}

static json_t *recent_json(struct sb_call *call, const struct sb_record *record)
{
	const char *entity = sb_pipedrive_kind_of(record->object)->entity;
	json_t *data = sb_pipedrive_json(call, record);

	json_object_set_new(data, "active_flag", json_boolean(record->state == SB_LIVE));
	json_object_set_new(data, "add_time",
			    sb_render_time(call, record->created_at, SB_TIME_BLANK));
	json_object_set_new(data, "update_time",
			    sb_render_time(call, record->updated_at, SB_TIME_BLANK));
	return json_pack("{ss so so}", "item", entity, "id", sb_pipedrive_id(record), "data",
			 data);
}

/* Deleted ones are there with active_flag false; leads are not (7). */
void sb_pipedrive_recents(struct sb_call *call)
{
	static const char *const objects[] = { "persons", "organizations", "deals", "activities",
					       "notes" };
	const char *since = sb_query(call, "since_timestamp"), *items = sb_query(call, "items");
	int64_t start, limit, ms, at = 0;
	json_t *data;
	size_t total = 0;

	if (!since || strlen(since) != 19 ||
	    !clock_parse(arena_printf(call->arena, "%sZ", since), &ms)) {
		sb_pipedrive_fail(call, 400, NULL,
				  "Bad request: since_timestamp is YYYY-MM-DD HH:MM:SS");
		return;
	}
	if (!sb_pipedrive_offset(call, &start, &limit))
		return;
	data = json_array();
	for (size_t i = 0; i < ARRAY_LEN(objects); i++) {
		const struct sb_object *object = sb_object_find(call->account, objects[i]);
		const struct sb_change *changes;
		size_t count = sb_changes_after(object, sb_changes_before(object, ms), &changes);

		if (!is_item(items, sb_pipedrive_kind_of(object)->entity))
			continue;
		for (size_t j = 0; j < count; j++) {
			const struct sb_record *record = changes[j].record;

			if (changes[j].number != record->change || record->state == SB_GONE)
				continue;
			at = changes[j].at > at ? changes[j].at : at;
			if (total >= (size_t)start && total < (size_t)(start + limit))
				json_array_append_new(data, recent_json(call, record));
			total++;
		}
	}
	sb_pipedrive_data(call, 200, data,
			  json_pack("{ss so so}", "since_timestamp", since,
				    "last_timestamp_on_page",
				    at ? sb_render_time(call, at, SB_TIME_BLANK) : json_null(),
				    "pagination",
				    json_incref(json_object_get(
					    json_keep(call->arena, sb_pipedrive_pagination(
									   start, limit, total)),
					    "pagination"))));
}
