/* copper_notify.c - notifications (7). Threads: under the sandbox's lock.
 *
 * Not signed, sent once, never retried. One has up to thirty ids: what happens alike within a
 * moment is told together. Those that wait stand in account->extra, "notifications": {n,
 * webhook, headers, body}. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/copper.h"
#include "sandbox/later.h"
#include "sandbox/webhooks.h"

#define IDS_MAX 30
#define TOGETHER_MS 500
#define LATEST 50 /* how many are looked at to join one */

static void add_headers(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
			struct http_request *request)
{
	const char *name;
	json_t *value;

	(void)now;
	(void)attempt;
	json_object_foreach(hook->extra, name, value)
		if (http_header_is_valid(name, json_string_value(value)))
			http_header_add(&request->headers, arena_strdup(arena, name),
					arena_strdup(arena, json_string_value(value)));
}

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.batch_max = 1,
	.sign = add_headers,
};

/* --- what waits --- */

static json_t *waiting(struct sb_call *call)
{
	json_t *list = json_object_get(call->account->extra, "notifications");

	if (!list) {
		list = json_array();
		json_object_set_new(call->account->extra, "notifications", list);
	}
	return list;
}

/* The one that tells the same of others, among the latest, or NULL. */
static json_t *joined(struct sb_call *call, const char *webhook, const json_t *attributes)
{
	json_t *list = waiting(call);
	size_t count = json_array_size(list);

	for (size_t i = 0; i < count && i < LATEST; i++) {
		json_t *item = json_array_get(list, count - 1 - i);
		const json_t *body = json_object_get(item, "body");
		const json_t *told = json_object_get(body, "updated_attributes");

		if (text_equal(json_string_of(item, "webhook"), webhook) &&
		    (told == attributes || json_equal(told, attributes)) &&
		    json_array_size(json_object_get(body, "ids")) < IDS_MAX)
			return item;
	}
	return NULL;
}

/* The account's caps on what it is told, of which nothing is told a second time. */
static bool is_within_caps(struct sb_call *call)
{
	struct sb_window *minute = sb_window_find(call->account, "notifications_minute");
	struct sb_window *ten = sb_window_find(call->account, "notifications_ten_minutes");

	return sb_window_take(minute, call->now, 1) && sb_window_take(ten, call->now, 1);
}

static void send(struct sb_call *call, const json_t *doc)
{
	json_t *list = waiting(call), *item = NULL;
	const struct sb_record *webhook;
	size_t i = 0;

	while (i < json_array_size(list) &&
	       json_int_of(json_array_get(list, i), "n", 0) != json_int_of(doc, "n", -1))
		i++;
	item = json_keep(call->arena, json_incref(json_array_get(list, i)));
	json_array_remove(list, i);
	webhook = sb_live_find(call->account, "webhooks", json_string_of(item, "webhook"));
	if (webhook && is_within_caps(call))
		sb_hook_queue(call, sb_record_text_of(webhook, "target", call->arena), &rules,
			      json_incref(json_object_get(item, "body")),
			      json_incref(json_object_get(item, "headers")));
}

/* --- what is told --- */

static const char *event_of(const struct sb_change *change)
{
	switch (change->kind) {
	case SB_CREATED:
		return "new";
	case SB_UPDATED:
		return "update";
	case SB_REMOVED:
		return "delete";
	case SB_JOINED:
		break;
	}
	return NULL;
}

struct changed {
	const struct sb_record *record;
	json_t *attributes;
};

/* [old, new]; custom fields by number below "custom_fields". */
static void add_attribute(const struct sb_field *field, const json_t *before, void *context)
{
	struct changed *changed = context;
	json_t *into = changed->attributes, *now = sb_record_value(changed->record, field);
	json_t *pair = json_pack("[o o]", before ? json_incref((json_t *)before) : json_null(),
				 now ? now : json_null());

	if (field->flags & SB_CUSTOM) {
		into = json_object_get(changed->attributes, "custom_fields");
		if (!into) {
			into = json_object();
			json_object_set_new(changed->attributes, "custom_fields", into);
		}
	}
	json_object_set_new(into, field->name, pair);
}

/* What an update changed; NULL for what is no update. The arena's. */
static json_t *attributes_of(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_delta *delta = sb_change_delta(change);
	struct changed changed = { .record = change->record };

	if (change->kind != SB_UPDATED)
		return NULL;
	changed.attributes = json_keep(call->arena, json_object());
	if (delta)
		sb_delta_each(delta, add_attribute, change->record->object, &changed);
	return changed.attributes;
}

static void add_secrets(struct sb_call *call, const struct sb_record *webhook, json_t *body)
{
	json_t *secrets = sb_record_value_of(webhook, "secret"), *value;
	const char *name;

	json_object_foreach(secrets, name, value)
		json_object_set(body,
				sb_switch(call->account, "secret_prefix") ?
					arena_printf(call->arena, "secret_field_%s", name) :
					name,
				value);
	json_decref(secrets);
}

struct told {
	const struct sb_change *change;
	const char *type, *event;
	json_t *attributes;
};

static json_t *body_of(struct sb_call *call, const struct told *told,
		       const struct sb_record *webhook)
{
	json_t *body = json_pack("{s[I] ss ss sI so sO*}", "ids",
				 (json_int_t)sb_id_number(told->change->record->id), "type",
				 told->type, "event", told->event, "subscription_id",
				 (json_int_t)sb_id_number(webhook->id), "timestamp",
				 sb_json_time(told->change->at), "updated_attributes",
				 told->attributes);

	add_secrets(call, webhook, body);
	return body;
}

static void tell(struct sb_call *call, const struct told *told, const struct sb_record *webhook)
{
	json_t *item = joined(call, webhook->id, told->attributes);
	int64_t n = json_int_of(call->account->extra, "notification", 0) + 1;

	if (item) {
		json_array_append_new(
			json_object_get(json_object_get(item, "body"), "ids"),
			json_integer(sb_id_number(told->change->record->id)));
		return;
	}
	json_object_set_new(call->account->extra, "notification", json_integer(n));
	json_array_append_new(waiting(call),
			      json_pack("{sI ss so* so}", "n", (json_int_t)n, "webhook",
					webhook->id, "headers",
					sb_record_value_of(webhook, "headers"), "body",
					body_of(call, told, webhook)));
	sb_later(call, TOGETHER_MS + sb_switch(call->account, "webhook_lag_ms"), send,
		 json_pack("{sI}", "n", (json_int_t)n));
}

/* Relations, activities and what is derived are not told of: an update must change a
 * value. */
void sb_copper_changed(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_object *webhooks = sb_object_find(call->account, "webhooks");
	const char *type = sb_copper_kind_of(change->record->object)->type;
	struct told told = { .change = change, .event = event_of(change) };

	if (strcmp(sb_object_spec(change->record->object)->name, "people") == 0)
		sb_copper_index(call, change->record); /* whoever wrote it */
	if (!sb_object_live(webhooks) || !type || !told.event)
		return;
	told.type = strcmp(type, "activity") == 0 ? "activity_log" : type;
	told.attributes = attributes_of(call, change);
	if (told.attributes && !json_object_size(told.attributes))
		return;
	for (size_t i = 0; i < sb_object_count(webhooks); i++) {
		const struct sb_record *webhook = sb_object_record(webhooks, i);

		if (webhook->state == SB_LIVE && sb_copper_is_told_of(call, told.type) &&
		    text_equal(sb_record_text_of(webhook, "type", call->arena), told.type) &&
		    text_equal(sb_record_text_of(webhook, "event", call->arena), told.event))
			tell(call, &told, webhook);
	}
}
