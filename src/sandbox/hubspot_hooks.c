/* hubspot_hooks.c - where an app wants its webhooks and which (fact sheet 7). Threads: under
 * the sandbox's lock.
 *
 * Settings and subscriptions belong to the app, which every account of the sandbox has let
 * in: they are kept with the account "default" and go with its reset. A developer key stands
 * in the query. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/render.h"
#include "sandbox/webhooks.h"

#define FIRST_SUBSCRIPTION 12345
#define SUBSCRIPTIONS_MAX 1000

static json_t *member(struct sb_account *account, const char *name, json_t *(*make)(void))
{
	json_t *value = json_object_get(account->extra, name);

	if (!value) {
		value = make();
		json_object_set_new(account->extra, name, value);
	}
	return value;
}

const json_t *hubspot_hook_settings(const struct sb_call *call)
{
	const struct sb_account *owner = sb_account_find(call->sandbox, call->vendor, "default");

	return owner ? json_object_get(owner->extra, "hook_settings") : NULL;
}

const json_t *hubspot_hook_subscriptions(const struct sb_call *call)
{
	const struct sb_account *owner = sb_account_find(call->sandbox, call->vendor, "default");

	return owner ? json_object_get(owner->extra, "hook_subscriptions") : NULL;
}

static json_t *subscriptions(struct sb_call *call)
{
	return member(call->account, "hook_subscriptions", json_array);
}

/* Whether the app's developer asks; chooses the account, or replies. */
static bool is_developer(struct sb_call *call)
{
	if (!text_equal(sb_query(call, "hapikey"), HUBSPOT_DEVELOPER_KEY)) {
		hubspot_problem(call, SB_PROBLEM_REVOKED, 0);
		return false;
	}
	call->account = sb_account_find(call->sandbox, call->vendor, "default");
	if (call->account && strcmp(sb_param(call, 0), HUBSPOT_APP_ID) == 0)
		return true;
	hubspot_not_found(call);
	return false;
}

/* --- settings --- */

void hubspot_read_hook_settings(struct sb_call *call)
{
	const json_t *settings;

	if (!is_developer(call))
		return;
	settings = hubspot_hook_settings(call);
	if (settings)
		sb_reply_json(call, 200, json_copy((json_t *)settings));
	else
		hubspot_not_found(call);
}

void hubspot_set_hook_settings(struct sb_call *call)
{
	const json_t *body = is_developer(call) ? sb_json(call) : NULL, *before;
	int64_t at_once = json_int_of(json_object_get(body, "throttling"), "maxConcurrentRequests",
				      0);
	json_t *settings;

	if (!body)
		return;
	if (!sb_hook_is_secure(call, json_string_of(body, "targetUrl"))) {
		hubspot_fail(call, 400, "VALIDATION_ERROR", "targetUrl must be an https:// address");
		return;
	}
	if (at_once < 1) {
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "throttling.maxConcurrentRequests must be a positive number");
		return;
	}
	before = hubspot_hook_settings(call);
	settings = json_pack("{sO s{sI}}", "targetUrl", json_object_get(body, "targetUrl"),
			     "throttling", "maxConcurrentRequests", (json_int_t)at_once);
	if (before)
		json_object_set(settings, "createdAt", json_object_get(before, "createdAt"));
	else
		json_object_set_new(settings, "createdAt", sb_json_time(call->now));
	json_object_set_new(settings, "updatedAt", sb_json_time(call->now));
	json_object_set_new(call->account->extra, "hook_settings", settings);
	sb_touch(call);
	sb_reply_json(call, 200, json_copy(settings));
}

void hubspot_drop_hook_settings(struct sb_call *call)
{
	if (!is_developer(call))
		return;
	json_object_del(call->account->extra, "hook_settings");
	sb_touch(call);
	sb_reply_empty(call, 204);
}

/* --- subscriptions --- */

static const char *const kinds[] = { "contact", "company", "deal", "ticket", "object", NULL };
static const char *const events[] = { "creation", "deletion",	      "propertyChange",
				      "merge",	  "restore",	      "associationChange",
				      "privacyDeletion", NULL };
static const char *const others[] = { "conversation", "event", "line_item", "product", NULL };

static bool is_one_of(const char *word, size_t len, const char *const *words)
{
	while (*words && (strlen(*words) != len || strncmp(*words, word, len) != 0))
		words++;
	return *words != NULL;
}

static bool refuse(struct sb_call *call, const char *message)
{
	hubspot_fail(call, 400, "VALIDATION_ERROR", "%s", message);
	return false;
}

/* "contact.creation"; privacyDeletion is of contacts alone. */
static bool is_event(struct sb_call *call, const char *type)
{
	size_t len = type ? strcspn(type, ".") : 0;

	if (type && type[len] && is_one_of(type, len, others)) {
		sb_not_imitated(call, "webhooks of conversations, products and line items");
		return false;
	}
	if (!type || !type[len] || !is_one_of(type, len, kinds) ||
	    !is_one_of(type + len + 1, strlen(type + len + 1), events) ||
	    (text_ends(type, ".privacyDeletion") && !text_starts(type, "contact.")))
		return refuse(call, "eventType is not one of those that can be subscribed to");
	return true;
}

static bool is_subscription(struct sb_call *call, const json_t *body)
{
	const char *type = json_string_of(body, "eventType");
	const char *property = json_string_of(body, "propertyName");
	const char *object = json_string_of(body, "objectTypeId");
	const json_t *active = json_object_get(body, "active");

	if (!is_event(call, type))
		return false;
	if (text_ends(type, ".propertyChange") == text_is_empty(property))
		return refuse(call, property ? "propertyName is of propertyChange alone" :
					       "propertyName is required for propertyChange");
	if (text_starts(type, "object.") == text_is_empty(object))
		return refuse(call, object ? "objectTypeId is of object.* alone" :
					     "objectTypeId is required for object.*");
	if (object && !sb_object_find(call->account, object))
		return refuse(call, "objectTypeId is not that of an object");
	if (json_array_size(subscriptions(call)) >= SUBSCRIPTIONS_MAX)
		return refuse(call, "an app has 1000 subscriptions at most");
	if (active ? !json_is_boolean(active) : !text_starts(call->path, "/webhooks/v3/"))
		return refuse(call, "active must be true or false");
	return true;
}

void hubspot_add_subscription(struct sb_call *call)
{
	const json_t *body = is_developer(call) ? sb_json(call) : NULL;
	int64_t number;
	json_t *made;

	if (!body || !is_subscription(call, body))
		return;
	number = json_int_of(call->account->extra, "hooks_made", 0);
	json_object_set_new(call->account->extra, "hooks_made", json_integer(number + 1));
	made = json_pack("{so sO sO* sO* sb so so}", "id",
			 sb_json_printf("%lld", (long long)(FIRST_SUBSCRIPTION + number)),
			 "eventType", json_object_get(body, "eventType"), "propertyName",
			 json_object_get(body, "propertyName"), "objectTypeId",
			 json_object_get(body, "objectTypeId"), "active",
			 json_is_true(json_object_get(body, "active")), "createdAt",
			 sb_json_time(call->now), "updatedAt", sb_json_time(call->now));
	json_array_append_new(subscriptions(call), made);
	sb_touch(call);
	sb_reply_json(call, 201, json_copy(made));
}

void hubspot_list_subscriptions(struct sb_call *call)
{
	if (is_developer(call))
		sb_reply_json(call, 200,
			      json_pack("{so}", "results", json_deep_copy(subscriptions(call))));
}

/* The subscription of an id and its place; NULL when there is none. */
static json_t *find(struct sb_call *call, const char *id, size_t *place)
{
	json_t *all = subscriptions(call);

	for (*place = 0; *place < json_array_size(all); (*place)++) {
		json_t *subscription = json_array_get(all, *place);

		if (text_equal(json_string_of(subscription, "id"), id))
			return subscription;
	}
	return NULL;
}

/* The one of the path, or NULL after a reply. */
static json_t *subscription_of_path(struct sb_call *call, size_t *place)
{
	json_t *subscription;

	if (!is_developer(call))
		return NULL;
	subscription = find(call, sb_param(call, 1), place);
	if (!subscription)
		hubspot_not_found(call);
	return subscription;
}

void hubspot_read_subscription(struct sb_call *call)
{
	size_t place;
	const json_t *subscription = subscription_of_path(call, &place);

	if (subscription)
		sb_reply_json(call, 200, json_copy((json_t *)subscription));
}

static void set_active(struct sb_call *call, json_t *subscription, json_t *active)
{
	json_object_set(subscription, "active", active);
	json_object_set_new(subscription, "updatedAt", sb_json_time(call->now));
	sb_touch(call);
}

void hubspot_edit_subscription(struct sb_call *call)
{
	size_t place;
	json_t *subscription = subscription_of_path(call, &place), *active;
	const json_t *body = subscription ? sb_json(call) : NULL;

	if (!body)
		return;
	active = json_object_get(body, "active");
	if (!json_is_boolean(active)) {
		refuse(call, "active must be true or false");
		return;
	}
	set_active(call, subscription, active);
	sb_reply_json(call, 200, json_copy(subscription));
}

void hubspot_drop_subscription(struct sb_call *call)
{
	size_t place;

	if (!subscription_of_path(call, &place))
		return;
	json_array_remove(subscriptions(call), place);
	sb_touch(call);
	sb_reply_empty(call, 204);
}

static json_t *missing(const json_t *id)
{
	return json_pack("{ss ss ss s{s[O]} s[] s{}}", "status", "error", "category",
			 "OBJECT_NOT_FOUND", "message", "subscription not found", "context", "id",
			 id, "errors", "links");
}

/* Ids are numbers here, and texts in answers. */
void hubspot_edit_subscriptions(struct sb_call *call)
{
	const json_t *body = is_developer(call) ? sb_json(call) : NULL;
	const json_t *inputs = json_object_get(body, "inputs"), *input;
	json_t *results, *errors, *answer;
	size_t i, place;

	if (!body)
		return;
	json_array_foreach((json_t *)inputs, i, input)
		if (!json_object_get(input, "id") ||
		    !json_is_boolean(json_object_get(input, "active"))) {
			refuse(call, "each input has an id and active, true or false");
			return;
		}
	results = json_array();
	errors = json_array();
	json_array_foreach((json_t *)inputs, i, input) {
		const json_t *id = json_object_get(input, "id");
		const char *text = sb_id_text(call->arena, id);
		json_t *found = text ? find(call, text, &place) : NULL;

		if (found)
			set_active(call, found, json_object_get(input, "active"));
		json_array_append_new(found ? results : errors,
				      found ? json_copy(found) : missing(id));
	}
	answer = json_pack("{ss so so so}", "status", "COMPLETE", "results", results, "startedAt",
			   sb_json_time(call->now), "completedAt", sb_json_time(call->now));
	if (json_array_size(errors)) {
		json_object_set_new(answer, "numErrors",
				    json_integer((json_int_t)json_array_size(errors)));
		json_object_set(answer, "errors", errors);
	}
	sb_reply_json(call, json_array_size(errors) ? 207 : 200, answer);
	json_decref(errors);
}
