/* hubspot_directory.c - owners, pipelines and the account itself (fact sheet 1, 6, 8).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/page.h"

#define OWNERS_MAX 500

/* --- owners --- */

static json_t *owner_json(struct sb_call *call, const struct sb_record *owner)
{
	const char *user = sb_record_text_of(owner, "userId", call->arena);
	int64_t id = 0;

	if (user)
		text_int(user, &id);
	return json_pack("{ss ss* ss* ss* ss sI s[] sb so so}", "id", owner->id, "email",
			 sb_record_text_of(owner, "email", call->arena), "firstName",
			 sb_record_text_of(owner, "firstName", call->arena), "lastName",
			 sb_record_text_of(owner, "lastName", call->arena), "type", "PERSON",
			 "userId", (json_int_t)id, "teams", "archived",
			 owner->state == SB_DELETED, "createdAt",
			 sb_json_time(owner->created_at), "updatedAt",
			 sb_json_time(owner->updated_at));
}

static bool owner_fits(struct sb_call *call, const struct sb_record *owner, enum sb_state state)
{
	const char *email = sb_query(call, "email");

	return owner->state == state &&
	       (text_is_empty(email) ||
		text_equal_nocase(email, sb_record_text_of(owner, "email", call->arena)));
}

void hubspot_owners(struct sb_call *call)
{
	struct sb_object *owners = sb_object_find(call->account, "owners");
	enum sb_state state = text_equal(sb_query(call, "archived"), "true") ? SB_DELETED :
									       SB_LIVE;
	int64_t limit, after;
	struct sb_record *owner;
	json_t *results, *body;
	uint64_t last;

	if (!hubspot_may_scope(call, "crm.objects.owners.read"))
		return;
	if (!sb_page_number(sb_query(call, "limit"), 100, 1, OWNERS_MAX, &limit) ||
	    !sb_page_number(sb_query(call, "after"), 0, 0, INT64_MAX, &after)) {
		hubspot_fail(call, 400, "VALIDATION_ERROR", "Invalid paging: limit is 1 to %d",
			     OWNERS_MAX);
		return;
	}
	results = json_array();
	last = (uint64_t)after;
	while ((owner = sb_object_after(owners, last)) &&
	       json_array_size(results) < (size_t)limit) {
		last = owner->number;
		if (owner_fits(call, owner, state))
			json_array_append_new(results, owner_json(call, owner));
	}
	while (owner && !owner_fits(call, owner, state))
		owner = sb_object_after(owners, owner->number);
	body = json_pack("{so}", "results", results);
	if (owner)
		json_object_set_new(body, "paging",
				    json_pack("{s{so}}", "next", "after",
					      sb_json_printf("%llu", (unsigned long long)last)));
	sb_reply_json(call, 200, body);
}

void hubspot_owner(struct sb_call *call)
{
	struct sb_object *owners = sb_object_find(call->account, "owners");
	bool by_user = text_equal(sb_query(call, "idProperty"), "userId");
	enum sb_state state = text_equal(sb_query(call, "archived"), "true") ? SB_DELETED :
									       SB_LIVE;

	if (!hubspot_may_scope(call, "crm.objects.owners.read"))
		return;
	for (size_t i = 0; i < sb_object_count(owners); i++) {
		const struct sb_record *owner = sb_object_record(owners, i);
		const char *id = by_user ? sb_record_text_of(owner, "userId", call->arena) :
					   owner->id;

		if (owner->state != state || !text_equal(id, sb_param(call, 0)))
			continue;
		sb_reply_json(call, 200, owner_json(call, owner));
		return;
	}
	hubspot_not_found(call);
}

/* --- pipelines --- */

static const json_t *pipelines_of(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	const json_t *all = json_object_get(call->account->extra, "pipelines");

	if (!object || !hubspot_may(call, object, "read"))
		return NULL;
	return json_object_get(all, hubspot_kind_of(object)->name);
}

static const json_t *by_id(const json_t *list, const char *id)
{
	size_t i;
	json_t *item;

	json_array_foreach((json_t *)list, i, item)
		if (text_equal(json_string_of(item, "id"), id))
			return item;
	return NULL;
}

static void reply_list(struct sb_call *call, const json_t *list)
{
	sb_reply_json(call, 200,
		      json_pack("{so}", "results",
				list ? json_incref((json_t *)list) : json_array()));
}

static void reply_one(struct sb_call *call, const json_t *one)
{
	if (call->status)
		return;
	if (one)
		sb_reply_json(call, 200, json_incref((json_t *)one));
	else
		hubspot_not_found(call);
}

void hubspot_all_pipelines(struct sb_call *call)
{
	const json_t *list = pipelines_of(call);

	if (!call->status)
		reply_list(call, list);
}

void hubspot_pipeline(struct sb_call *call)
{
	reply_one(call, by_id(pipelines_of(call), sb_param(call, 1)));
}

void hubspot_stages(struct sb_call *call)
{
	const json_t *pipeline = by_id(pipelines_of(call), sb_param(call, 1));

	if (pipeline)
		reply_list(call, json_object_get(pipeline, "stages"));
	else
		reply_one(call, NULL);
}

void hubspot_stage(struct sb_call *call)
{
	const json_t *pipeline = by_id(pipelines_of(call), sb_param(call, 1));

	reply_one(call, by_id(json_object_get(pipeline, "stages"), sb_param(call, 2)));
}

/* --- the account --- */

void hubspot_account_details(struct sb_call *call)
{
	sb_reply_json(call, 200,
		      json_pack("{sI ss ss ss s[] ss si ss ss}", "portalId",
				(json_int_t)call->account->remote_id, "accountType", "STANDARD",
				"timeZone", "UTC", "companyCurrency", "USD",
				"additionalCurrencies", "utcOffset", "+00:00",
				"utcOffsetMilliseconds", 0, "uiDomain", "app.hubspot.com",
				"dataHostingLocation", "na1"));
}

/* The call that asks has been counted already. */
void hubspot_account_usage(struct sb_call *call)
{
	struct sb_window *daily = sb_window_find(call->account, "daily");
	int64_t left = sb_window_remaining(daily, call->now);

	sb_reply_json(
		call, 200,
		json_pack("{s[{ss sI sI so ss so}]}", "results", "name",
			  "private-apps-api-calls-daily", "usageLimit", (json_int_t)daily->max,
			  "currentUsage", (json_int_t)(daily->max ? daily->max - left : 0),
			  "collectedAt", sb_json_time(call->now), "fetchStatus", "SUCCESS",
			  "resetsAt",
			  sb_json_time((call->now / daily->length_ms + 1) * daily->length_ms)));
}
