/* leadsquared_activities.c - what happens to leads: activities and their types (3, 6, 7).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/leadsquared.h"
#include "sandbox/query.h"

#define BULK_MAX 25
#define LIST_MAX 1000
#define TYPES_MAX 1000

/* --- types (3) --- */

void lsq_activity_types(struct sb_call *call)
{
	const struct sb_object *types = sb_object_find(call->account, "activity_types");
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(types); i++) {
		const struct sb_record *type = sb_object_record(types, i);

		if (type->state == SB_LIVE)
			json_array_append_new(
				list,
				json_pack("{sI so* so* so* so*}", "ActivityEvent",
					  (json_int_t)type->number, "ActivityEventName",
					  sb_record_value_of(type, "ActivityEventName"),
					  "DisplayName",
					  sb_record_value_of(type, "ActivityEventName"), "Score",
					  sb_record_value_of(type, "Score"), "Direction",
					  sb_record_value_of(type, "Direction")));
	}
	sb_reply_json(call, 200, list);
}

static bool is_type_name(struct sb_call *call, const char *name)
{
	const struct sb_object *types = sb_object_find(call->account, "activity_types");

	for (size_t i = 0; i < sb_object_count(types); i++)
		if (text_equal_nocase(sb_record_text_of(sb_object_record(types, i),
							"ActivityEventName", call->arena),
				      name))
			return true;
	return false;
}

void lsq_add_activity_type(struct sb_call *call)
{
	struct sb_object *types = sb_object_find(call->account, "activity_types");
	const json_t *body = lsq_body(call);
	const char *name = json_string_of(body, "ActivityEventName");
	const struct sb_record *type;

	if (!body)
		return;
	if (text_is_empty(name)) {
		lsq_fail(call, lsq_mandatory, "'ActivityEventName' is mandatory");
		return;
	}
	if (is_type_name(call, name)) {
		lsq_fail(call, lsq_duplicate_name, "An activity '%.64s' already exists", name);
		return;
	}
	if (sb_object_live(types) >= TYPES_MAX) {
		lsq_fail(call, lsq_invalid, "There are too many types of activities");
		return;
	}
	type = sb_record_add(call, "activity_types",
			     json_pack("{ss sI ss sI s[]}", "ActivityEventName", name, "Score",
				       (json_int_t)json_int_of(body, "Score", 0), "Description",
				       json_string_of(body, "Description") ?
					       json_string_of(body, "Description") :
					       "",
				       "Direction", (json_int_t)json_int_of(body, "Direction", 0),
				       "Fields"),
			     NULL);
	if (type)
		lsq_success(call, json_pack("{ss}", "Id", type->id));
	else
		lsq_problem(call, SB_PROBLEM_FULL, 0);
}

/* --- one activity (6) --- */

static const struct sb_record *type_of(struct sb_call *call, const json_t *body)
{
	const char *code = sb_id_text(call->arena, json_object_get(body, "ActivityEvent"));

	return sb_live_find(call->account, "activity_types", code);
}

static const json_t *field_of(const json_t *fields, const char *name)
{
	size_t i;
	json_t *field;

	json_array_foreach((json_t *)fields, i, field)
		if (text_equal(json_string_of(field, "SchemaName"), name))
			return field;
	return NULL;
}

/* The given fields as {name: text}, kept in the call, checked against the type's. */
static json_t *read_fields(struct sb_call *call, const json_t *known, const json_t *given,
			   struct lsq_refusal *refusal)
{
	json_t *values = json_keep(call->arena, json_object()), *item;
	size_t i;

	json_array_foreach((json_t *)given, i, item) {
		const char *name = json_string_of(item, "SchemaName"), *text;
		const json_t *field = name ? field_of(known, name) : NULL;
		double number;

		text = lsq_value_text(call->arena, json_object_get(item, "Value"));
		if (!field)
			lsq_wrong(call, refusal, lsq_activity_fields,
				  "Field name : '%.64s' does not exist", name ? name : "");
		else if (!text_is_empty(text) &&
			 text_equal(json_string_of(field, "DataType"), "Number") &&
			 !sb_is_number(text, &number))
			lsq_wrong(call, refusal, lsq_activity_fields,
				  "Field name : '%s' of datatype : 'Number' is invalid.", name);
		else if (text)
			json_object_set_new(values, name, json_string(text));
	}
	return values;
}

static void check_mandatory(struct sb_call *call, const json_t *known, const json_t *values,
			    struct lsq_refusal *refusal)
{
	size_t i;
	json_t *field;

	json_array_foreach((json_t *)known, i, field)
		if (json_is_true(json_object_get(field, "IsMandatory")) &&
		    text_is_empty(json_string_of(values, json_string_of(field, "SchemaName"))))
			lsq_wrong(call, refusal, lsq_activity_fields,
				  "Field name : '%s' of datatype : '%s' is mandatory.",
				  json_string_of(field, "SchemaName"),
				  json_string_of(field, "DataType"));
}

const char *lsq_owner_of(struct sb_call *call, const char *email, struct lsq_refusal *refusal)
{
	const struct sb_object *users = sb_object_find(call->account, "users");
	const struct sb_record *user;

	if (text_is_empty(email))
		return NULL;
	user = sb_record_by(sb_field_find(users, "EmailAddress"), email);
	if (user)
		return user->id;
	lsq_wrong(call, refusal, lsq_invalid, "The owner is not a user");
	return NULL;
}

/* The lead of an activity: by id, or captured by address. */
static struct sb_record *lead_of(struct sb_call *call, const json_t *body,
				 struct lsq_refusal *refusal)
{
	static const char *const names[] = { "EmailAddress", "FirstName", "LastName", "Phone" };
	json_t *attributes = json_keep(call->arena, json_array());
	const char *id = json_string_of(body, "RelatedProspectId");
	struct sb_record *lead;
	struct lsq_write write;

	if (id) {
		lead = sb_live_find(call->account, "leads", id);
		if (!lead)
			lsq_wrong(call, refusal, lsq_gone, "Lead not found");
		return lead;
	}
	if (!json_string_of(body, "EmailAddress")) {
		lsq_wrong(call, refusal, lsq_mandatory,
			  "'RelatedProspectId' or 'EmailAddress' is mandatory");
		return NULL;
	}
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_object_get(body, names[i]))
			json_array_append_new(attributes,
					      json_pack("{ss sO}", "Attribute", names[i], "Value",
							json_object_get(body, names[i])));
	if (!lsq_read_write(call, attributes, &write, refusal))
		return NULL;
	return lsq_capture(call, &write, LSQ_UPDATE, refusal).lead;
}

const char *lsq_time_of(struct sb_call *call, const json_t *body, const char *name,
			struct lsq_refusal *refusal)
{
	const char *text = json_string_of(body, name);
	int64_t ms;

	if (text_is_empty(text))
		return json_string_value(json_keep(call->arena, lsq_time(call, call->now)));
	if (!lsq_time_parse(text, &ms))
		lsq_wrong(call, refusal, lsq_invalid, "'%s' is not a date", name);
	return text;
}

static void tell_lead(struct sb_call *call, struct sb_record *lead, const char *at,
		      const struct sb_record *type)
{
	sb_record_derive(call, lead, "ProspectActivityDate_Max", json_string(at));
	sb_record_derive(call, lead, "ProspectActivityName_Max",
			 sb_record_value_of(type, "ActivityEventName"));
}

struct sb_record *lsq_add_activity(struct sb_call *call, const json_t *body,
				   struct lsq_refusal *refusal)
{
	const struct sb_record *type = type_of(call, body);
	const char *owner = lsq_owner_of(call, json_string_of(body, "ActivityOwnerEmail"), refusal);
	const char *at = lsq_time_of(call, body, "ActivityDateTime", refusal);
	const char *note = json_string_of(body, "ActivityNote");
	struct sb_record *lead, *activity;
	json_t *known, *values;

	if (!type) {
		lsq_wrong(call, refusal, lsq_invalid, "'ActivityEvent' is not a type of activities");
		return NULL;
	}
	known = json_keep(call->arena, sb_record_value_of(type, "Fields"));
	values = read_fields(call, known, json_object_get(body, "Fields"), refusal);
	check_mandatory(call, known, values, refusal);
	if (refusal->type)
		return NULL;
	lead = lead_of(call, body, refusal);
	if (!lead)
		return NULL;
	activity = sb_record_add(call, "activities",
				 json_pack("{ss sI ss ss ss sO}", "RelatedProspectId", lead->id,
					   "ActivityEvent", (json_int_t)type->number,
					   "ActivityNote", note ? note : "", "ActivityDateTime",
					   at, "Owner",
					   owner ? owner : lsq_api_user(call->account), "Fields",
					   values),
				 NULL);
	if (activity)
		tell_lead(call, lead, at, type);
	else
		lsq_wrong(call, refusal, "MXUnknownException", "the sandbox is full");
	return activity;
}

void lsq_post_activity(struct sb_call *call)
{
	const json_t *body = lsq_body(call);
	struct lsq_refusal refusal = { NULL, NULL };
	const struct sb_record *activity;

	if (!body)
		return;
	activity = lsq_add_activity(call, body, &refusal);
	if (activity)
		lsq_success(call, json_pack("{ss}", "Id", activity->id));
	else
		lsq_refuse(call, &refusal);
}

void lsq_update_activity(struct sb_call *call)
{
	const json_t *body = lsq_body(call);
	const char *id = json_string_of(body, "ProspectActivityId");
	const char *note = json_string_of(body, "ActivityNote");
	struct sb_record *activity = sb_live_find(call->account, "activities", id);
	struct lsq_refusal refusal = { NULL, NULL };
	json_t *known, *values, *all;

	if (!body)
		return;
	if (!activity) {
		lsq_fail(call, lsq_gone, "Activity not found");
		return;
	}
	if (!type_of(call, body) ||
	    !text_equal(type_of(call, body)->id,
			sb_record_text_of(activity, "ActivityEvent", call->arena))) {
		lsq_fail(call, lsq_invalid, "'ActivityEvent' is not the activity's");
		return;
	}
	known = json_keep(call->arena, sb_record_value_of(type_of(call, body), "Fields"));
	values = read_fields(call, known, json_object_get(body, "Fields"), &refusal);
	if (refusal.type) {
		lsq_refuse(call, &refusal);
		return;
	}
	all = json_keep(call->arena, sb_record_value_of(activity, "Fields"));
	json_object_update_missing(values, all);
	sb_record_update(call, activity,
			 json_keep(call->arena, json_pack("{sO ss*}", "Fields", values,
							  "ActivityNote", note)));
	lsq_success(call, json_pack("{ss}", "Id", activity->id));
}

void lsq_bulk_activities(struct sb_call *call)
{
	const json_t *body = lsq_body(call);
	json_t *rows, *item;
	size_t i;

	if (!body)
		return;
	if (!json_is_array(body) || !json_array_size(body) || json_array_size(body) > BULK_MAX) {
		lsq_fail(call, lsq_invalid, "The body must be an array of 1 to %d activities",
			 BULK_MAX);
		return;
	}
	rows = json_array();
	json_array_foreach((json_t *)body, i, item) {
		struct lsq_refusal refusal = { NULL, NULL };
		const struct sb_record *activity = NULL;

		if (sb_bad_record(call, i))
			lsq_wrong(call, &refusal, lsq_activity_fields, "The fields are invalid.");
		else
			activity = lsq_add_activity(call, item, &refusal);
		json_array_append_new(
			rows, activity ? json_pack("{si ss}", "RowNumber", (int)i + 1,
						   "ProspectActivityId", activity->id) :
					 json_pack("{si ss ss ss}", "RowNumber", (int)i + 1,
						   "ProspectActivityId", "", "ExceptionType",
						   refusal.type, "ErrorMessage",
						   refusal.message));
	}
	sb_reply_json(call, 200, json_pack("{so}", "Response", rows));
}

/* --- reading them (6, 7) --- */

static json_t *activity_json(struct sb_call *call, const struct sb_record *activity)
{
	const char *code = sb_record_text_of(activity, "ActivityEvent", call->arena);
	const struct sb_record *type = sb_live_find(call->account, "activity_types", code);
	json_t *fields = sb_record_value_of(activity, "Fields"), *data = json_array(), *value;
	json_t *note = sb_record_value_of(activity, "ActivityNote");
	const char *name;

	if (!fields)
		fields = json_object();
	json_object_foreach(fields, name, value)
		json_array_append_new(data, json_pack("{ss sO}", "Key", name, "Value", value));
	json_array_append_new(data, json_pack("{ss so}", "Key", "NotableEventDescription", "Value",
					      note ? note : json_string("")));
	return json_pack("{ss sI so* sO* so ss* so so}", "Id", activity->id, "EventCode",
			 (json_int_t)sb_id_number(code ? code : ""), "EventName",
			 type ? sb_record_value_of(type, "ActivityEventName") : NULL,
			 "ActivityScore",
			 type ? json_keep(call->arena, sb_record_value_of(type, "Score")) : NULL,
			 "CreatedOn", lsq_time(call, activity->created_at), "RelatedProspectId",
			 sb_record_text_of(activity, "RelatedProspectId", call->arena),
			 "ActivityFields", fields, "Data", data);
}

/* Newest first, of one type when Parameter.ActivityEvent names it. */
static void reply_activities(struct sb_call *call, const char *lead, int64_t from, int64_t to)
{
	const struct sb_object *all = sb_object_find(call->account, "activities");
	const char *code = sb_id_text(call->arena, json_at(call->json, "$.Parameter.ActivityEvent"));
	json_t *list, *entry;
	struct lsq_page page;
	size_t total = 0;

	if (!lsq_page_read(call, LIST_MAX, &page))
		return;
	list = json_array();
	for (size_t i = sb_object_count(all); i-- > 0;) {
		const struct sb_record *one = sb_object_record(all, i);
		const char *of = sb_record_text_of(one, "RelatedProspectId", call->arena);

		if (one->state != SB_LIVE || one->updated_at < from || one->updated_at > to ||
		    (lead && !text_equal(of, lead)) ||
		    (code && !text_equal(sb_record_text_of(one, "ActivityEvent", call->arena),
					 code)))
			continue;
		if (total >= page.first && total < page.first + page.size) {
			entry = activity_json(call, one);
			json_array_append_new(list, entry);
		}
		total++;
	}
	sb_reply_json(call, 200, json_pack("{sI so}", "RecordCount", (json_int_t)total,
					   "ProspectActivities", list));
}

void lsq_activities_of_lead(struct sb_call *call)
{
	const char *lead = sb_query(call, "leadId");

	if (!lsq_body(call))
		return;
	if (sb_live_find(call->account, "leads", lead))
		reply_activities(call, lead, 0, INT64_MAX);
	else
		lsq_fail(call, lsq_gone, "Lead not found");
}

void lsq_recent_activities(struct sb_call *call)
{
	const json_t *body = lsq_body(call), *parameter = json_object_get(body, "Parameter");
	const char *first = json_string_of(parameter, "FromDate");
	const char *last = json_string_of(parameter, "ToDate");
	int64_t from, to;

	if (!body)
		return;
	if (first && last && lsq_time_parse(first, &from) && lsq_time_parse(last, &to))
		reply_activities(call, NULL, from, to + CLOCK_SECOND - 1);
	else
		lsq_fail(call, lsq_mandatory, "'FromDate' and 'ToDate' are mandatory");
}
