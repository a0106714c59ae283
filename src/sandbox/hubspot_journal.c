/* hubspot_journal.c - the webhook journal: what changed, for apps that fetch instead of being
 * posted to (fact sheet 7). Threads: under the sandbox's lock.
 *
 * An entry is what one call changed. Entries and subscriptions belong to the app, and so to
 * the account `default`. The sheet has how an entry is asked for and not what its file
 * holds: that is the commonest reading. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/oauth.h"

#define ENTRIES_MAX 1000
#define SUBSCRIPTIONS_MAX 1000
#define URL_MS (5 * CLOCK_MINUTE)
#define READ_SCOPE "webhooks-journal-data-access"
#define LIST_SCOPE "webhooks-journal-subscription-read"
#define SUBSCRIBE_SCOPE "webhooks-journal-subscription-management"

static json_t *list_of(const struct sb_call *call, const char *name)
{
	struct sb_account *owner = sb_account_find(call->sandbox, call->vendor, "default");
	json_t *list = owner ? json_object_get(owner->extra, name) : NULL;

	if (owner && !list) {
		list = json_array();
		json_object_set_new(owner->extra, name, list);
	}
	return list;
}

/* Whether the token is an app's own, with this scope: those of accounts have no journal. */
static bool is_app(struct sb_call *call, const char *scope)
{
	if (call->token && call->token->kind == SB_TOKEN_ACCESS && call->token->scopes)
		return hubspot_may_scope(call, scope);
	hubspot_problem(call, SB_PROBLEM_FORBIDDEN, 0);
	return false;
}

/* --- subscriptions --- */

static bool refuse(struct sb_call *call, const char *message)
{
	hubspot_fail(call, 400, "VALIDATION_ERROR", "%s", message);
	return false;
}

static bool are_actions(const json_t *actions)
{
	static const char words[] = "CREATE|UPDATE|DELETE|MERGE|RESTORE";
	json_t *action;
	size_t i;

	json_array_foreach((json_t *)actions, i, action)
		if (!sb_has_word(words, json_string_value(action)))
			return false;
	return json_array_size(actions) > 0;
}

static bool is_subscription(struct sb_call *call, const json_t *body)
{
	const char *type = json_string_of(body, "subscriptionType");
	const char *object = json_string_of(body, "objectTypeId");

	if (sb_has_word("ASSOCIATION|APP_LIFECYCLE_EVENT|LIST_MEMBERSHIP|GDPR_PRIVACY_DELETION",
			type)) {
		sb_not_imitated(call, "subscriptions of the journal but to objects");
		return false;
	}
	if (!text_equal(type, "OBJECT"))
		return refuse(call, "subscriptionType must be OBJECT");
	if (!object || !sb_object_find(call->account, object))
		return refuse(call, "objectTypeId is not that of an object");
	if (json_int_of(body, "portalId", 0) < 1)
		return refuse(call, "portalId is required");
	if (!are_actions(json_object_get(body, "actions")))
		return refuse(call, "actions must be CREATE, UPDATE, DELETE, MERGE or RESTORE");
	return json_array_size(list_of(call, "journal_subscriptions")) < SUBSCRIPTIONS_MAX ||
	       refuse(call, "an app has 1000 subscriptions at most");
}

static json_t *copy_or_empty(const json_t *body, const char *name)
{
	const json_t *list = json_object_get(body, name);

	return json_is_array(list) ? json_deep_copy(list) : json_array();
}

void hubspot_journal_subscribe(struct sb_call *call)
{
	const json_t *body = is_app(call, SUBSCRIBE_SCOPE) ? sb_json(call) : NULL;
	json_t *list, *made;
	int64_t number;

	if (!body || !is_subscription(call, body))
		return;
	list = list_of(call, "journal_subscriptions");
	number = 1 + json_int_of(json_array_get(list, json_array_size(list) - 1), "id", 0);
	made = json_pack("{sI si ss sO sO so so so so so}", "id", (json_int_t)number, "appId", 54321,
			 "subscriptionType", "OBJECT", "objectTypeId",
			 json_object_get(body, "objectTypeId"), "portalId",
			 json_object_get(body, "portalId"), "actions",
			 copy_or_empty(body, "actions"), "properties",
			 copy_or_empty(body, "properties"), "objectIds",
			 copy_or_empty(body, "objectIds"), "createdAt", sb_json_time(call->now),
			 "updatedAt", sb_json_time(call->now));
	json_array_append_new(list, made);
	sb_touch(call);
	sb_reply_json(call, 200, json_deep_copy(made));
}

void hubspot_journal_subscriptions(struct sb_call *call)
{
	if (is_app(call, LIST_SCOPE))
		sb_reply_json(call, 200,
			      json_pack("{so}", "results",
					json_deep_copy(list_of(call, "journal_subscriptions"))));
}

void hubspot_journal_unsubscribe(struct sb_call *call)
{
	json_t *list = list_of(call, "journal_subscriptions"), *subscription;
	int64_t id = 0;
	size_t i;

	if (!is_app(call, SUBSCRIBE_SCOPE))
		return;
	text_int(sb_param(call, 0), &id);
	json_array_foreach(list, i, subscription) {
		if (json_int_of(subscription, "id", -1) != id)
			continue;
		json_array_remove(list, i);
		sb_touch(call);
		sb_reply_empty(call, 204);
		return;
	}
	hubspot_not_found(call);
}

/* --- what changed --- */

static const char *action_of(const struct sb_change *change)
{
	switch (change->kind) {
	case SB_CREATED:
		return "CREATE";
	case SB_UPDATED:
		return "UPDATE";
	case SB_REMOVED:
		return "DELETE";
	case SB_JOINED:
		break;
	}
	return "MERGE";
}

static bool has_text(const json_t *list, const char *text)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (text_equal(json_string_value(item), text))
			return true;
	return false;
}

static bool has_number(const json_t *list, int64_t number)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (json_is_integer(item) && json_integer_value(item) == number)
			return true;
	return false;
}

struct changed {
	const struct sb_call *call;
	const struct sb_record *record;
	const json_t *wanted; /* names; none: all */
	json_t *values;
};

static void add_value(const struct sb_field *field, const json_t *before, void *context)
{
	struct changed *changed = context;
	const char *text = sb_record_text(changed->record, field, changed->call->arena);

	(void)before;
	if (!json_array_size(changed->wanted) || has_text(changed->wanted, field->name))
		json_object_set_new(changed->values, field->name, json_string(text ? text : ""));
}

/* The values that the change wrote, of those that the subscription names; the arena's. */
static json_t *values_of(struct sb_call *call, const struct sb_change *change,
			 const json_t *subscription)
{
	const struct sb_delta *delta = sb_change_delta(change);
	struct changed changed = { .call = call,
				   .record = change->record,
				   .wanted = json_object_get(subscription, "properties"),
				   .values = json_keep(call->arena, json_object()) };
	const struct sb_object *object = change->record->object;

	if (change->kind == SB_UPDATED && delta)
		sb_delta_each(delta, add_value, object, &changed);
	for (size_t i = 0; change->kind == SB_CREATED && i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (sb_record_text(change->record, field, call->arena))
			add_value(field, NULL, &changed);
	}
	return changed.values;
}

static bool is_wanted(const struct sb_call *call, const struct sb_change *change,
		      const json_t *subscription)
{
	const json_t *ids = json_object_get(subscription, "objectIds");
	int64_t id = 0;

	text_int(change->record->id, &id);
	return json_int_of(subscription, "portalId", 0) == (int64_t)call->account->remote_id &&
	       text_equal(json_string_of(subscription, "objectTypeId"),
			  sb_object_spec(change->record->object)->prefix) &&
	       has_text(json_object_get(subscription, "actions"), action_of(change)) &&
	       (!json_array_size(ids) || has_number(ids, id));
}

/* The entry of this call, else a new one; the oldest goes when there are too many. */
static json_t *entry_of(struct sb_call *call)
{
	json_t *entries = list_of(call, "journal"), *last;
	size_t count = json_array_size(entries);
	char offset[SB_UUID_SIZE];

	last = json_array_get(entries, count - 1);
	if (last && json_int_of(last, "call", -1) == (int64_t)call->id &&
	    json_int_of(last, "at", 0) == call->now)
		return last;
	if (count == ENTRIES_MAX)
		json_array_remove(entries, 0);
	sb_rng_uuid(&call->rng, offset);
	last = json_pack("{ss sI sI s[]}", "offset", offset, "call", (json_int_t)call->id, "at",
			 (json_int_t)call->now, "events");
	json_array_append_new(entries, last);
	return last;
}

void hubspot_journal_changed(struct sb_call *call, const struct sb_change *change)
{
	json_t *subscription, *values;
	int64_t id = 0;
	size_t i;

	text_int(change->record->id, &id);
	json_array_foreach(list_of(call, "journal_subscriptions"), i, subscription) {
		if (!is_wanted(call, change, subscription))
			continue;
		values = values_of(call, change, subscription);
		if (change->kind == SB_UPDATED && !json_object_size(values))
			continue;
		json_array_append_new(
			json_object_get(entry_of(call), "events"),
			json_pack("{ss ss sI so sI sO}", "type", "object", "action",
				  action_of(change), "portalId",
				  (json_int_t)call->account->remote_id, "objectTypeId",
				  json_incref(json_object_get(subscription, "objectTypeId")),
				  "objectId", (json_int_t)id, "properties", values));
		break; /* two that want it make one event */
	}
}

/* --- reading --- */

static void reply_entry(struct sb_call *call, size_t place)
{
	const json_t *entry = json_array_get(list_of(call, "journal"), place);
	const char *offset = json_string_of(entry, "offset");
	int64_t until = call->now + URL_MS;

	if (!entry) { /* nothing yet */
		sb_reply_empty(call, 204);
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{ss so so}", "currentOffset", offset, "url",
				sb_json_printf("%s/webhooks-journal/files/%s?until=%lld",
					       sb_base_url(call), offset, (long long)until),
				"expiresAt", sb_json_time(until)));
}

void hubspot_journal_earliest(struct sb_call *call)
{
	if (is_app(call, READ_SCOPE))
		reply_entry(call, 0);
}

void hubspot_journal_latest(struct sb_call *call)
{
	if (is_app(call, READ_SCOPE))
		reply_entry(call, json_array_size(list_of(call, "journal")) - 1);
}

static const json_t *find(struct sb_call *call, const char *offset, size_t *place)
{
	const json_t *entries = list_of(call, "journal"), *entry;

	for (*place = 0; (entry = json_array_get(entries, *place)); (*place)++)
		if (text_equal(json_string_of(entry, "offset"), offset))
			return entry;
	return NULL;
}

void hubspot_journal_next(struct sb_call *call)
{
	size_t place;

	if (!is_app(call, READ_SCOPE))
		return;
	if (find(call, sb_param(call, 0), &place))
		reply_entry(call, place + 1);
	else
		hubspot_not_found(call);
}

/* The address is the secret, and is good for a while. */
void hubspot_journal_file(struct sb_call *call)
{
	const char *text = sb_query(call, "until");
	const json_t *entry;
	int64_t until = 0;
	size_t place;

	entry = find(call, sb_param(call, 0), &place);
	if (!entry || !text || !text_int(text, &until) || until < call->now) {
		hubspot_fail(call, 403, "FORBIDDEN", "The address has expired");
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{sO so so}", "offset", json_object_get(entry, "offset"),
				"publishedAt", sb_json_time(json_int_of(entry, "at", 0)),
				"journalEvents",
				json_deep_copy(json_object_get(entry, "events"))));
}
