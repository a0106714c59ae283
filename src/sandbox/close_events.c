/* close_events.c - what happened, as events: kept, put together, told (7). Threads: under the
 * sandbox's lock.
 *
 * account->extra holds "events", in the order in which they began: {seq, at, updated_at,
 * event}. Changes of one object that follow each other closely become one event, whose
 * date_updated moves: so a reader sees an event again that it knew, and the log is in the
 * order of date_updated. */
#include "sandbox/close_events.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/oauth.h"

static json_t *member(struct sb_account *account, const char *name, json_t *(*make)(void))
{
	json_t *json = json_object_get(account->extra, name);

	if (!json) {
		json = make();
		json_object_set_new(account->extra, name, json);
	}
	return json;
}

json_t *sb_close_events_of(struct sb_account *account)
{
	return member(account, "events", json_array);
}

/* The latest event of each object, by id. */
static json_t *latest_of(struct sb_account *account)
{
	return member(account, "latest_events", json_object);
}

/* --- what happened --- */

static const char *const plain_types[] = { "lead", "contact", "opportunity" };

/* "activity.note", or NULL for what is not told of. */
static const char *type_of(struct sb_call *call, const struct sb_record *record)
{
	const char *name = sb_object_spec(record->object)->name;
	const char *type = sb_field_find(record->object, "_type") ?
				   sb_record_text_of(record, "_type", call->arena) :
				   NULL;

	for (size_t i = 0; i < ARRAY_LEN(plain_types); i++)
		if (strcmp(plain_types[i], name) == 0)
			return plain_types[i];
	if (strcmp(name, "lead_status") == 0)
		return "status.lead";
	if (strcmp(name, "opportunity_status") == 0)
		return "status.opportunity";
	if (strcmp(name, "task") == 0)
		return arena_printf(call->arena, "task.%s", type ? type : "lead");
	if (strcmp(name, "activity") == 0 && sb_close_activity_of(type))
		return sb_close_activity_of(type)->event;
	return NULL;
}

static const char *action_of(const struct sb_change *change)
{
	switch (change->kind) {
	case SB_CREATED:
		return "created";
	case SB_REMOVED:
		return "deleted";
	case SB_JOINED:
		return "merged";
	case SB_UPDATED:
		break;
	}
	return "updated";
}

bool sb_close_is_event(const char *object_type, const char *action)
{
	static const char types[] =
		"lead|contact|opportunity|task.lead|task.outgoing_call|"
		"activity.note|activity.call|activity.email|activity.sms|"
		"activity.lead_status_change|activity.custom_activity|status.lead|status."
		"opportunity";

	return sb_has_word(types, object_type) &&
	       (sb_has_word("created|updated|deleted", action) ||
		(text_equal(object_type, "lead") && text_equal(action, "merged")));
}

static void add_before(const struct sb_field *field, const json_t *before, void *context)
{
	json_object_set(context, field->name, before ? (json_t *)before : json_null());
}

static json_t *before_of(struct sb_call *call, const struct sb_change *change)
{
	json_t *before = json_object();
	const struct sb_delta *delta = sb_change_delta(change);
	const char *status;

	if (delta)
		sb_delta_each(delta, add_before, change->record->object, before);
	status = json_string_of(before, "status_id");
	if (status && strcmp(sb_object_spec(change->record->object)->name, "lead") == 0) {
		const struct sb_record *old =
			sb_record_find(sb_object_find(call->account, "lead_status"),
				       status);
		const char *label =
			old ? sb_record_text_of(old, "label", call->arena) : NULL;

		json_object_set_new(before, "status_label",
				    label ? json_string(label) : json_null());
	}
	return before;
}

static json_t *names_of(const json_t *before)
{
	json_t *names = json_array(), *value;
	const char *name;

	json_object_foreach((json_t *)before, name, value)
		json_array_append_new(names, json_string(name));
	json_array_append_new(names, json_string("date_updated"));
	return names;
}

/* --- who did it --- */

static const char *id_of(struct sb_call *call, const char *prefix, uint64_t number)
{
	char id[64];

	sb_close_id(prefix, call->account->remote_id << 8 | (unsigned char)*prefix, number,
		    id);
	return arena_strdup(call->arena, id);
}

static const char *lead_of(struct sb_call *call, const struct sb_record *record)
{
	if (strcmp(sb_object_spec(record->object)->name, "lead") == 0)
		return record->id;
	return sb_field_find(record->object, "lead_id") ?
		       sb_record_text_of(record, "lead_id", call->arena) :
		       NULL;
}

static json_t *event_json(struct sb_call *call, const struct sb_change *change,
			  uint64_t number)
{
	const struct sb_record *user = call->token ? sb_close_user(call->account) :
						     sb_close_other_user(call->account);
	bool is_app = call->token && call->token->kind == SB_TOKEN_ACCESS;
	bool is_key = call->token && call->token->kind == SB_TOKEN_STATIC;
	json_t *event =
		json_pack("{ss ss ss ss ss? ss ss ss? ss s{ss ss}}", "id",
			  id_of(call, "ev_", number), "organization_id",
			  sb_close_organization(call), "user_id", user->id, "request_id",
			  id_of(call, "req_", change->request), "api_key_id",
			  is_key ? id_of(call, "api_", 0) : NULL, "object_type",
			  type_of(call, change->record), "object_id", change->record->id,
			  "lead_id", lead_of(call, change->record), "action",
			  action_of(change), "meta", "request_method", call->method,
			  "request_path", call->path);

	if (sb_switch(call->account, "oauth_client_id"))
		json_object_set_new(event, "oauth_client_id",
				    is_app ? json_string(call->token->client->id) :
					     json_null());
	return event;
}

/* What was and what is. A merged lead names the one that it went into. */
static void add_data(struct sb_call *call, const struct sb_change *change, json_t *event)
{
	const struct sb_record *record = change->record;
	json_t *data = sb_close_flat(call, record), *before = json_object();

	if (change->kind == SB_UPDATED) {
		json_decref(before);
		before = before_of(call, change);
		json_object_set_new(event, "changed_fields", names_of(before));
	} else {
		json_object_set_new(event, "changed_fields", json_array());
	}
	if (change->kind == SB_REMOVED || change->kind == SB_JOINED) {
		json_decref(before);
		before = data;
		data = json_object();
	}
	if (record->merged_into) {
		json_t *meta = json_object_get(event, "meta");

		json_object_set_new(meta, "merge_source_lead_id", json_string(record->id));
		json_object_set_new(meta, "merge_destination_lead_id",
				    json_string(record->merged_into->id));
	}
	json_object_set_new(event, "previous_data", before);
	json_object_set_new(event, "data", data);
}

/* --- keeping --- */

json_t *sb_close_event_in(const json_t *kept)
{
	return json_object_get(kept, "event");
}

int64_t sb_close_updated_at(const json_t *kept)
{
	return json_int_of(kept, "updated_at", 0);
}

/* The older half goes when there are too many. */
static void forget_old(struct sb_account *account)
{
	json_t *old = sb_close_events_of(account), *events, *latest, *kept;
	size_t i, count = json_array_size(old);

	if ((int64_t)count < sb_switch(account, "events_kept"))
		return;
	events = json_array();
	latest = json_object();
	for (i = count / 2; i < count; i++) {
		kept = json_array_get(old, i);
		json_array_append(events, kept);
		json_object_set(latest,
				json_string_of(sb_close_event_in(kept), "object_id"), kept);
	}
	json_object_set_new(account->extra, "events", events);
	json_object_set_new(account->extra, "latest_events", latest);
}

static json_t *keep(struct sb_call *call, json_t *event, int64_t at)
{
	struct sb_account *account = call->account;
	int64_t seq = json_int_of(account->extra, "event_seq", 0) + 1;
	json_t *kept =
		json_pack("{sI sI sI so}", "seq", (json_int_t)seq, "at", (json_int_t)at,
			  "updated_at", (json_int_t)at, "event", event);

	json_object_set_new(account->extra, "event_seq", json_integer(seq));
	forget_old(account);
	json_array_append(sb_close_events_of(account), kept);
	json_object_set_new(latest_of(account), json_string_of(event, "object_id"), kept);
	return kept;
}

int64_t sb_close_seq_of(const json_t *kept)
{
	return json_int_of(kept, "seq", 0);
}

/* NULL when it was forgotten. */
static json_t *kept_of(struct sb_account *account, int64_t seq)
{
	const json_t *events = sb_close_events_of(account);
	int64_t first = sb_close_seq_of(json_array_get(events, 0));

	return first && seq >= first ? json_array_get(events, (size_t)(seq - first)) : NULL;
}

/* Whether this change goes into the latest event of its object. */
static json_t *to_consolidate(struct sb_call *call, const struct sb_change *change,
			      const json_t *event)
{
	json_t *kept = json_object_get(latest_of(call->account), change->record->id);
	const json_t *last = sb_close_event_in(kept);
	int64_t window = sb_switch(call->account, "consolidate_ms");

	return kept && change->kind == SB_UPDATED &&
			       text_equal(json_string_of(last, "action"), "updated") &&
			       text_equal(json_string_of(last, "user_id"),
					  json_string_of(event, "user_id")) &&
			       change->at - sb_close_updated_at(kept) < window ?
		       kept :
		       NULL;
}

static void consolidate(json_t *kept, const json_t *event, int64_t at)
{
	json_t *last = sb_close_event_in(kept),
	       *previous = json_object_get(last, "previous_data");

	json_object_update_missing(previous, json_object_get(event, "previous_data"));
	json_object_set_new(last, "changed_fields", names_of(previous));
	json_object_set(last, "data", json_object_get(event, "data"));
	json_object_set(last, "request_id", json_object_get(event, "request_id"));
	json_object_set_new(kept, "updated_at", json_integer(at));
}

/* --- telling --- */

/* As it is shown: with its times. New. */
json_t *sb_close_event_json(struct sb_call *call, const json_t *kept)
{
	json_t *event = json_deep_copy(sb_close_event_in(kept));

	json_object_set_new(event, "date_created",
			    sb_render_time(call, json_int_of(kept, "at", 0),
					   SB_TIME_NAKED));
	json_object_set_new(event, "date_updated",
			    sb_render_time(call, sb_close_updated_at(kept), SB_TIME_NAKED));
	return event;
}

static void send(struct sb_call *call, const json_t *kept)
{
	sb_close_send(call, json_keep(call->arena, sb_close_event_json(call, kept)));
}

/* Once nothing more comes together with it. */
static void send_settled(struct sb_call *call, const json_t *doc)
{
	json_t *kept = kept_of(call->account, json_int_of(doc, "seq", 0));
	int64_t due;

	if (!kept)
		return;
	due = sb_close_updated_at(kept) + sb_switch(call->account, "consolidate_ms");
	if (due > call->now)
		sb_later(call, due - call->now, send_settled, json_incref((json_t *)doc));
	else
		send(call, kept);
}

/* Updates and deletions are told late, the log shows them at once (7). */
static void tell(struct sb_call *call, const json_t *kept)
{
	const char *action = json_string_of(sb_close_event_in(kept), "action");
	int64_t wait_ms = sb_switch(call->account, "consolidate_ms");

	if (sb_has_word("updated|deleted", action) && wait_ms > 0)
		sb_later(call, wait_ms, send_settled,
			 json_pack("{sI}", "seq", (json_int_t)sb_close_seq_of(kept)));
	else
		send(call, kept);
}

static bool is_nothing(const struct sb_change *change, const json_t *event)
{
	return change->kind == SB_UPDATED &&
	       !json_object_size(json_object_get(event, "previous_data"));
}

void sb_close_changed(struct sb_call *call, const struct sb_change *change)
{
	json_t *event, *kept;

	if (strcmp(sb_object_spec(change->record->object)->name, "contact") == 0)
		sb_close_index(call, change->record); /* whoever wrote it */
	if (!type_of(call, change->record))
		return;
	event = event_json(call, change,
			   (uint64_t)json_int_of(call->account->extra, "event_seq", 0) + 1);
	add_data(call, change, event);
	kept = to_consolidate(call, change, event);
	if (is_nothing(change, event)) {
		json_decref(event);
	} else if (kept) {
		consolidate(kept, event, change->at);
		json_decref(event);
	} else {
		tell(call, keep(call, event, change->at));
	}
}
