/* zoho_watch.c - notifications: channels that end by themselves, and callbacks without a
 * signature (fact sheet 7). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/render.h"
#include "sandbox/webhooks.h"
#include "sandbox/zoho.h"

#define WEEK (7 * CLOCK_DAY)
#define TOKEN_MAX 50
#define SELECTION_MAX 10

static json_t *channels_of(const struct sb_account *account)
{
	json_t *list = json_object_get(account->extra, "watch");

	if (!list) {
		list = json_array();
		json_object_set_new(account->extra, "watch", list);
	}
	return list;
}

static bool is_over(const json_t *channel, int64_t now)
{
	return json_int_of(channel, "expires_at", 0) <= now;
}

static const char *id_of(struct sb_call *call, const json_t *input)
{
	return sb_id_text(call->arena, json_object_get(input, "channel_id"));
}

/* The place of a channel that lives, or -1. */
static int channel_find(struct sb_call *call, const char *id)
{
	const json_t *list = channels_of(call->account), *channel;
	size_t i;

	json_array_foreach(list, i, channel)
		if (!is_over(channel, call->now) &&
		    text_equal(json_string_of(channel, "channel_id"), id))
			return (int)i;
	return -1;
}

/* --- reading a channel --- */

struct reading {
	struct sb_call *call;
	size_t index;
	struct zoho_refusal refusal;
};

static bool refuse(struct reading *reading, const char *code, const char *name)
{
	return zoho_refuse(reading->call, &reading->refusal, code,
			   strcmp(code, "MANDATORY_NOT_FOUND") == 0 ? "required field not found" :
								      "invalid data",
			   json_pack("{ss so}", "api_name", name, "json_path",
				     sb_json_printf("$.watch[%zu].%s", reading->index, name)));
}

/* "Leads.create" */
static struct sb_object *module_of_event(struct sb_call *call, const char *event)
{
	const char *dot = event ? strchr(event, '.') : NULL;

	if (!dot || (strcmp(dot, ".create") != 0 && strcmp(dot, ".edit") != 0 &&
		     strcmp(dot, ".delete") != 0 && strcmp(dot, ".all") != 0))
		return NULL;
	return zoho_object_find(call->account,
				arena_strndup(call->arena, event, (size_t)(dot - event)));
}

static bool check_events(struct reading *reading, const json_t *events)
{
	const json_t *event;
	size_t i;

	if (!json_array_size(events))
		return refuse(reading, events ? "INVALID_DATA" : "MANDATORY_NOT_FOUND", "events");
	json_array_foreach(events, i, event)
		if (!module_of_event(reading->call, json_string_value(event)))
			return refuse(reading, "INVALID_DATA", "events");
	return true;
}

static bool check_condition(struct reading *reading, const json_t *conditions)
{
	const json_t *condition;
	size_t i;

	json_array_foreach(conditions, i, condition)
		if (!text_equal(json_string_of(condition, "type"), "field_selection") ||
		    json_array_size(json_at(condition, "field_selection.group")) > SELECTION_MAX)
			return refuse(reading, "INVALID_DATA", "notification_condition");
	return true;
}

static bool check_channel(struct reading *reading, const json_t *channel)
{
	const char *token = json_string_of(channel, "token");
	const char *address = json_string_of(channel, "notify_url");

	if (!json_string_of(channel, "channel_id"))
		return refuse(reading, "MANDATORY_NOT_FOUND", "channel_id");
	if (!address)
		return refuse(reading, "MANDATORY_NOT_FOUND", "notify_url");
	if (!sb_hook_is_address(reading->call, address))
		return refuse(reading, "INVALID_DATA", "notify_url");
	if (token && text_length(token) > TOKEN_MAX)
		return refuse(reading, "INVALID_DATA", "token");
	return check_events(reading, json_object_get(channel, "events")) &&
	       check_condition(reading, json_object_get(channel, "notification_condition"));
}

/* A week at most; what is missing or later is an hour, and nothing says so. */
static void set_expiry(struct sb_call *call, json_t *channel)
{
	const char *text = json_string_of(channel, "channel_expiry");
	int64_t at = 0;

	if (!text || !sb_time_parse(text, &at) || at > call->now + WEEK || at <= call->now)
		at = call->now + CLOCK_HOUR;
	json_object_set_new(channel, "expires_at", json_integer(at));
	json_object_set_new(channel, "channel_expiry", zoho_time(call->account, at));
}

static json_t *events_json(struct sb_call *call, const json_t *channel)
{
	json_t *list = json_array();
	const json_t *event;
	const char *last = "";
	size_t i;

	json_array_foreach(json_object_get(channel, "events"), i, event) {
		const struct sb_object *object = module_of_event(call, json_string_value(event));
		const char *name = object ? sb_object_spec(object)->name : "";

		if (strcmp(name, last) == 0)
			continue;
		last = name;
		json_array_append_new(
			list,
			json_pack("{sO so ss ss sO}", "channel_expiry",
				  json_object_get(channel, "channel_expiry"), "resource_uri",
				  sb_json_printf("%s/crm/v8/%s", sb_base_url(call), name),
				  "resource_id", zoho_meta_id(call->arena, call->account, 93, 1),
				  "resource_name", name, "channel_id",
				  json_object_get(channel, "channel_id")));
	}
	return list;
}

static json_t *subscribed(struct sb_call *call, const json_t *channel)
{
	return json_pack("{ss s{so} ss ss}", "code", "SUCCESS", "details", "events",
			 events_json(call, channel), "message",
			 "Successfully subscribed for actions-watch of the given module", "status",
			 "success");
}

/* --- the operations --- */

static const json_t *watch_of(struct sb_call *call)
{
	const json_t *body = sb_json(call), *list;

	if (!body)
		return NULL;
	list = json_object_get(body, "watch");
	if (json_array_size(list))
		return list;
	zoho_fail(call, 400, "MANDATORY_NOT_FOUND", "required field not found",
		  json_pack("{ss ss}", "api_name", "watch", "json_path", "$.watch"));
	return NULL;
}

static json_t *channel_of(struct sb_call *call, const json_t *input)
{
	json_t *channel = json_is_object(input) ? json_copy((json_t *)input) : json_object();
	const char *id = id_of(call, input);

	if (id)
		json_object_set_new(channel, "channel_id", json_string(id));
	return json_keep(call->arena, channel);
}

void zoho_watch_add(struct sb_call *call)
{
	const json_t *list = watch_of(call), *input;
	struct zoho_results results = { 0 };
	size_t i;

	json_array_foreach(list, i, input) {
		struct reading reading = { .call = call, .index = i };
		json_t *channel = channel_of(call, input);
		int place;

		if (!check_channel(&reading, channel)) {
			zoho_results_add(&results, &reading.refusal, NULL);
			continue;
		}
		set_expiry(call, channel);
		place = channel_find(call, json_string_of(channel, "channel_id"));
		if (place >= 0)
			json_array_set(channels_of(call->account), (size_t)place, channel);
		else
			json_array_append(channels_of(call->account), channel);
		sb_touch(call);
		zoho_results_add(&results, NULL, subscribed(call, channel));
	}
	if (results.data)
		zoho_reply_results(call, "watch", &results, 201);
}

static bool not_subscribed(struct reading *reading, const char *id)
{
	return zoho_refuse(reading->call, &reading->refusal, "NOT_SUBSCRIBED",
			   "Not subscribed for actions-watch of the given channel",
			   json_pack("{ss*}", "channel_id", id));
}

/* PUT replaces all keys, PATCH only those that it names. */
void zoho_watch_change(struct sb_call *call)
{
	const json_t *list = watch_of(call), *input;
	struct zoho_results results = { 0 };
	size_t i;

	json_array_foreach(list, i, input) {
		struct reading reading = { .call = call, .index = i };
		json_t *channel = channel_of(call, input), *now;
		const char *id = json_string_of(channel, "channel_id");
		int place = id ? channel_find(call, id) : -1;

		if (place < 0) {
			not_subscribed(&reading, id);
			zoho_results_add(&results, &reading.refusal, NULL);
			continue;
		}
		now = channel;
		if (strcmp(call->method, "PATCH") == 0) {
			now = json_keep(call->arena,
					json_copy(json_array_get(channels_of(call->account),
								 (size_t)place)));
			json_object_update(now, channel);
		}
		if (!check_channel(&reading, now)) {
			zoho_results_add(&results, &reading.refusal, NULL);
			continue;
		}
		if (now == channel || json_object_get(input, "channel_expiry"))
			set_expiry(call, now);
		json_array_set(channels_of(call->account), (size_t)place, now);
		sb_touch(call);
		zoho_results_add(&results, NULL, subscribed(call, now));
	}
	if (results.data)
		zoho_reply_results(call, "watch", &results, 200);
}

void zoho_watch_list(struct sb_call *call)
{
	const char *id = sb_query(call, "channel_id");
	json_t *list = json_keep(call->arena, json_array()), *channel;
	size_t i;

	json_array_foreach(channels_of(call->account), i, channel) {
		json_t *shown;

		if (is_over(channel, call->now) ||
		    (id && !text_equal(json_string_of(channel, "channel_id"), id)))
			continue;
		shown = json_copy(channel);
		json_object_del(shown, "expires_at");
		json_array_append_new(list, shown);
	}
	zoho_reply_whole(call, "watch", list);
}

void zoho_watch_remove(struct sb_call *call)
{
	const char *ids = sb_query(call, "channel_ids");
	struct zoho_results results = { 0 };

	if (text_is_empty(ids)) {
		zoho_missing_param(call, "channel_ids");
		return;
	}
	while (*ids) {
		size_t len = strcspn(ids, ",");
		const char *id = arena_strndup(call->arena, ids, len);
		struct reading reading = { .call = call };
		int place = channel_find(call, id);

		if (place >= 0) {
			json_array_remove(channels_of(call->account), (size_t)place);
			sb_touch(call);
		} else {
			not_subscribed(&reading, id);
		}
		zoho_results_add(&results, &reading.refusal,
				 place < 0 ? NULL :
					     json_pack("{ss s{ss} ss ss}", "code", "SUCCESS",
						       "details", "channel_id", id, "message",
						       "Successfully un-subscribed", "status",
						       "success"));
		ids += len + (ids[len] == ',');
	}
	zoho_reply_results(call, "watch", &results, 200);
}

/* --- callbacks --- */

/* One body of all ids of a module and operation, instead of a list of events. */
static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	json_t *body = json_keep(arena, json_deep_copy(hook->extra));

	(void)attempt;
	json_object_set_new(body, "server_time", json_integer(now));
	json_object_set(body, "ids", hook->events);
	request->body = json_text(arena, body);
	request->body_len = strlen(request->body);
}

static const int64_t never[] = { 0 };
static const int64_t thrice[] = { 10 * CLOCK_SECOND, CLOCK_MINUTE, 10 * CLOCK_MINUTE, 0 };

static const struct sb_hook_rules once_rules = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.waits_ms = never,
	.batch_max = 100,
	.batch_ms = 200,
	.sign = sign,
};
static const struct sb_hook_rules retry_rules = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.waits_ms = thrice,
	.batch_max = 100,
	.batch_ms = 200,
	.sign = sign,
};

struct selection {
	const json_t *group;
	bool is_hit;
};

static void look_at_field(const struct sb_field *field, const json_t *before, void *context)
{
	struct selection *selection = context;
	const json_t *item;
	size_t i;

	(void)before;
	json_array_foreach(selection->group, i, item) {
		const json_t *name = json_at(item, "field.api_name");

		selection->is_hit |= text_equal(json_string_value(name), field->name);
	}
}

/* Edits of other fields than the selected ones are not told. */
static bool passes_condition(const json_t *channel, const struct sb_change *change)
{
	struct selection selection = {
		.group = json_at(channel, "notification_condition[0].field_selection.group"),
	};
	const struct sb_delta *delta = sb_change_delta(change);

	if (!selection.group || change->kind != SB_UPDATED)
		return true;
	if (delta)
		sb_delta_each(delta, look_at_field, change->record->object, &selection);
	return selection.is_hit;
}

static bool is_told(const json_t *channel, const char *module, const char *event)
{
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(channel, "events"), i, item) {
		const char *text = json_string_value(item);
		size_t len = strlen(module);

		if (strncmp(text, module, len) == 0 && text[len] == '.' &&
		    (strcmp(text + len + 1, event) == 0 || strcmp(text + len + 1, "all") == 0))
			return true;
	}
	return false;
}

static const char *operation_of(enum sb_change_kind kind, const char **event)
{
	switch (kind) {
	case SB_CREATED:
		*event = "create";
		return "insert";
	case SB_UPDATED:
		*event = "edit";
		return "update";
	case SB_REMOVED:
	case SB_JOINED:
		*event = "delete";
		return "delete";
	}
	return NULL;
}

void zoho_changed(struct sb_call *call, const struct sb_change *change)
{
	const char *module = sb_object_spec(change->record->object)->name, *event;
	const char *operation = operation_of(change->kind, &event);
	const struct sb_hook_rules *hook_rules =
		sb_switch(call->account, "watch_retries") ? &retry_rules : &once_rules;
	const json_t *channel;
	size_t i;

	if (!operation || strcmp(module, "users") == 0)
		return;
	json_array_foreach(channels_of(call->account), i, channel) {
		if (is_over(channel, call->now) || !is_told(channel, module, event) ||
		    !passes_condition(channel, change))
			continue;
		sb_hook_queue(call, json_string_of(channel, "notify_url"), hook_rules,
			      json_string(change->record->id),
			      json_pack("{s{} ss so s[] ss sO sO?}", "query_params", "module",
					module, "resource_uri",
					sb_json_printf("%s/crm/v8/%s", sb_base_url(call), module),
					"affected_fields", "operation", operation, "channel_id",
					json_object_get(channel, "channel_id"), "token",
					json_object_get(channel, "token")));
	}
}
