/* hubspot_events.c - what is posted to an app, and how it is signed and tried again (fact
 * sheet 7). Threads: under the sandbox's lock.
 *
 * A body is an array of up to 100 events; a property that is subscribed to has an event of
 * its own, when a record is created too. What the body of a merge or an association looks
 * like is not in the sheet: it is the commonest reading. */
#include <string.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/webhooks.h"

/* --- signing --- */

/* The address with those escapes undone that a receiver undoes before it signs. */
static const char *signed_address(struct arena *arena, const char *address)
{
	static const char codes[] = "3A2F3F4021242728292A2C3B", chars[] = ":/?@!$'()*,;";
	char *text = arena_strdup(arena, address), *to = text;

	for (const char *at = text; *at; at++, to++) {
		const char *code = *at == '%' && at[1] && at[2] ? codes : "";
		char upper[2] = { 0, 0 };

		if (*code) {
			upper[0] = at[1];
			upper[1] = (char)(at[2] >= 'a' && at[2] <= 'f' ? at[2] - 32 : at[2]);
		}
		while (*code && (code[0] != upper[0] || code[1] != upper[1]))
			code += 2;
		*to = *code ? chars[(code - codes) / 2] : *at;
		at += *code ? 2 : 0;
	}
	*to = '\0';
	return text;
}

/* hex SHA-256 of secret [+ method + URI] + body. */
static const char *older(struct arena *arena, const struct http_request *request, bool is_second)
{
	const char *text = arena_printf(arena, "%s%s%s%s", HUBSPOT_CLIENT_SECRET,
					is_second ? "POST" : "",
					is_second ? signed_address(arena, request->url) : "",
					request->body);
	unsigned char digest[SHA256_SIZE];

	sha256(text, strlen(text), digest);
	return hex_encode(arena, digest, sizeof(digest));
}

static const char *third(struct arena *arena, const struct http_request *request,
			 const char *timestamp)
{
	const char *text = arena_printf(arena, "POST%s%s%s",
					signed_address(arena, request->url), request->body,
					timestamp);
	unsigned char mac[SHA256_SIZE];

	hmac_sha256(HUBSPOT_CLIENT_SECRET, strlen(HUBSPOT_CLIENT_SECRET), text, strlen(text), mac);
	return base64_encode(arena, mac, sizeof(mac));
}

/* No order is promised: a switch has the last come first. */
static json_t *body_of(const struct sb_hook *hook, int attempt)
{
	json_t *body = json_array();
	size_t count = json_array_size(hook->events);
	bool is_turned = sb_switch(hook->account, "webhooks_shuffle");

	for (size_t i = 0; i < count; i++) {
		json_t *event = json_array_get(hook->events, is_turned ? count - 1 - i : i);

		event = json_copy(event);
		json_object_set_new(event, "attemptNumber", json_integer(attempt));
		json_array_append_new(body, event);
	}
	return body;
}

static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	const char *timestamp = arena_printf(arena, "%lld", (long long)now);
	bool is_second = sb_switch(hook->account, "webhook_signature") == 2;

	request->body = json_text(arena, json_keep(arena, body_of(hook, attempt)));
	http_header_add(&request->headers, "X-HubSpot-Signature",
			older(arena, request, is_second));
	http_header_add(&request->headers, "X-HubSpot-Signature-Version", is_second ? "v2" : "v1");
	http_header_add(&request->headers, "X-HubSpot-Signature-v3",
			third(arena, request, timestamp));
	http_header_add(&request->headers, "X-HubSpot-Request-Timestamp", timestamp);
}

/* Ten times more within a day. */
static const int64_t waits[] = { 60000,	  120000,  300000,   600000,   1800000, 3600000,
				 7200000, 14400000, 21600000, 36000000, 0 };

/* What the app has set, for all accounts together. */
static int at_once(const struct sb_hook *hook)
{
	const struct sb_account *owner = sb_account_find(hook->account->sandbox,
							 hook->account->vendor, "default");
	const json_t *settings = owner ? json_object_get(owner->extra, "hook_settings") : NULL;

	return (int)json_int_of(json_object_get(settings, "throttling"),
				"maxConcurrentRequests", 0);
}

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.at_once = at_once,
	.timeout_ms = 5000,
	.waits_ms = waits,
	.batch_max = 100,
	.batch_ms = 500,
	.sign = sign,
};

/* --- events --- */

static json_t *number_of(const struct sb_record *record)
{
	int64_t number;

	return text_int(record->id, &number) ? json_integer(number) : json_string(record->id);
}

/* What every event says; `about` (the reference is taken) is what this one adds. */
static void queue(struct sb_call *call, const json_t *subscription, json_t *about)
{
	const char *target = json_string_of(hubspot_hook_settings(call), "targetUrl");
	int64_t number = json_int_of(call->account->extra, "hook_events", 100);
	int64_t id = 0;
	json_t *event;

	text_int(json_string_of(subscription, "id"), &id);
	json_object_set_new(call->account->extra, "hook_events", json_integer(number + 1));
	event = json_pack("{sI sI sI si sI sO si ss ss}", "eventId", (json_int_t)number,
			  "subscriptionId", (json_int_t)id, "portalId",
			  (json_int_t)call->account->remote_id, "appId", 54321, "occurredAt",
			  (json_int_t)call->now, "subscriptionType",
			  json_object_get(subscription, "eventType"), "attemptNumber", 0,
			  "changeSource", call->token ? "API" : "CRM_UI", "sourceId",
			  call->token ? HUBSPOT_APP_ID : "userId:9586504");
	if (json_object_get(subscription, "objectTypeId"))
		json_object_set(event, "objectTypeId",
				json_object_get(subscription, "objectTypeId"));
	json_object_update(event, about);
	json_decref(about);
	if (sb_switch(call->account, "webhooks_repeat"))
		sb_hook_queue(call, target, &rules, json_incref(event), NULL);
	sb_hook_queue(call, target, &rules, event, NULL);
}

/* Whether it is of the record's kind and of this event: "contact.creation", or
 * "object.creation" with the kind's number. */
static bool is_of(const json_t *subscription, const struct hubspot_kind *kind, const char *event)
{
	const char *type = json_string_of(subscription, "eventType");
	size_t len = strcspn(type, ".");

	if (!json_is_true(json_object_get(subscription, "active")) ||
	    strcmp(type + len + 1, event) != 0)
		return false;
	if (text_starts(type, "object."))
		return text_equal(json_string_of(subscription, "objectTypeId"), kind->id);
	return strlen(kind->noun) == len && strncasecmp(kind->noun, type, len) == 0;
}

struct search {
	const char *name;
	bool is_found;
};

static void look(const struct sb_field *field, const json_t *before, void *context)
{
	struct search *search = context;

	(void)before;
	search->is_found |= strcmp(field->name, search->name) == 0;
}

/* Whether the change wrote a property. */
static bool has_changed(struct sb_call *call, const struct sb_change *change, const char *name)
{
	const struct sb_delta *delta = sb_change_delta(change);
	struct search search = { .name = name };

	if (change->kind == SB_CREATED)
		return sb_record_text_of(change->record, name, call->arena) != NULL;
	if (change->kind == SB_UPDATED && delta)
		sb_delta_each(delta, look, change->record->object, &search);
	return search.is_found;
}

static void tell_property(struct sb_call *call, const struct sb_change *change,
			  const json_t *subscription)
{
	const char *name = json_string_of(subscription, "propertyName"), *value;

	if (!has_changed(call, change, name))
		return;
	value = sb_record_text_of(change->record, name, call->arena);
	queue(call, subscription,
	      json_pack("{so ss ss}", "objectId", number_of(change->record), "propertyName", name,
			"propertyValue", value ? value : ""));
}

/* The event of a change that is of the whole record, or NULL. */
static const char *event_of(const struct sb_change *change)
{
	switch (change->kind) {
	case SB_CREATED:
		return "creation";
	case SB_REMOVED:
		return change->record->state == SB_GONE ? "privacyDeletion" : "deletion";
	case SB_JOINED:
		return "merge";
	case SB_UPDATED:
		break;
	}
	return NULL;
}

static json_t *merge_json(const struct sb_record *loser)
{
	const struct sb_record *winner = loser->merged_into, *now = winner;

	while (now->state == SB_MERGED)
		now = now->merged_into;
	return json_pack("{so so s[o] so}", "objectId", number_of(now), "primaryObjectId",
			 number_of(winner), "mergedObjectIds", number_of(loser), "newObjectId",
			 number_of(now));
}

static json_t *whole_json(const struct sb_change *change)
{
	json_t *json;

	if (change->kind == SB_JOINED)
		return merge_json(change->record);
	json = json_pack("{so}", "objectId", number_of(change->record));
	if (change->kind == SB_CREATED)
		json_object_set_new(json, "changeFlag", json_string("NEW"));
	if (change->kind == SB_REMOVED)
		json_object_set_new(json, "changeFlag", json_string("DELETED"));
	return json;
}

/* Owners and the like are no CRM objects. */
static const struct hubspot_kind *kind_of(const struct sb_record *record)
{
	const struct hubspot_kind *kind = hubspot_kind_of(record->object);

	return strcmp(kind->name, sb_object_spec(record->object)->name) == 0 ? kind : NULL;
}

/* The subscriptions when there is an address to post to. */
static const json_t *wanted(const struct sb_call *call)
{
	return hubspot_hook_settings(call) ? hubspot_hook_subscriptions(call) : NULL;
}

void hubspot_changed(struct sb_call *call, const struct sb_change *change)
{
	const struct hubspot_kind *kind = kind_of(change->record);
	const char *event = event_of(change);
	json_t *subscription;
	size_t i;

	if (kind)
		hubspot_journal_changed(call, change);
	json_array_foreach((json_t *)(kind ? wanted(call) : NULL), i, subscription) {
		if (event && is_of(subscription, kind, event))
			queue(call, subscription, whole_json(change));
		else if (is_of(subscription, kind, "propertyChange"))
			tell_property(call, change, subscription);
	}
}

/* --- associations --- */

static json_t *association_json(struct sb_call *call, const struct hubspot_kind *from,
				const struct hubspot_kind *to, const struct sb_record *a,
				const struct sb_record *b, const struct sb_link_change *change)
{
	const char *type = hubspot_upper(call->arena, arena_printf(call->arena, "%s_TO_%s",
								      from->noun, to->noun));

	return json_pack("{ss so so sb sb}", "associationType", type, "fromObjectId", number_of(a),
			 "toObjectId", number_of(b), "associationRemoved", change->is_removed,
			 "isPrimaryAssociation", change->type == 1 || change->type == 2);
}

/* Both ends are told. */
void hubspot_linked(struct sb_call *call, const struct sb_link_change *change)
{
	const struct hubspot_kind *from = kind_of(change->from), *to = kind_of(change->to);
	json_t *subscription;
	size_t i;

	json_array_foreach((json_t *)wanted(call), i, subscription) {
		if (is_of(subscription, from, "associationChange"))
			queue(call, subscription,
			      association_json(call, from, to, change->from, change->to, change));
		if (from != to && is_of(subscription, to, "associationChange"))
			queue(call, subscription,
			      association_json(call, to, from, change->to, change->from, change));
	}
}
