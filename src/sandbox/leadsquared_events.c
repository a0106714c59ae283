/* leadsquared_events.c - what happens in an account, as webhooks and automations tell it (7).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/leadsquared.h"

/* --- leads --- */

struct change {
	struct sb_call *call;
	json_t *before; /* a snapshot, put back field by field */
	bool is_owner, is_stage, is_score;
};

static void put_back(const struct sb_field *field, const json_t *old, void *context)
{
	struct change *change = context;
	const char *text = lsq_shown_text(change->call->arena, old);

	json_object_set_new(change->before, field->name, text ? json_string(text) : json_null());
	change->is_owner |= strcmp(field->name, "OwnerId") == 0;
	change->is_stage |= strcmp(field->name, "ProspectStage") == 0;
	change->is_score |= strcmp(field->name, "Score") == 0;
}

/* The owner's name and address were those of the owner before. */
static void put_back_owner(struct sb_call *call, json_t *before)
{
	static const char *const names[] = { "OwnerIdName", "OwnerIdEmailAddress" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *text =
			lsq_owner_text(call, json_string_of(before, "OwnerId"), names[i]);

		json_object_set_new(before, names[i], text ? json_string(text) : json_null());
	}
}

/* When it was modified before this change. */
static int64_t modified_before(const struct sb_record *lead, const struct sb_delta *delta)
{
	const struct sb_delta *earlier = sb_delta_before(delta);

	return earlier ? sb_delta_at(earlier) : lead->created_at;
}

static bool is_quiet(struct sb_call *call)
{
	return text_equal(sb_query(call, "postUpdatedLead"), "false");
}

static void lead_updated(struct sb_call *call, const struct sb_change *entry)
{
	const struct sb_delta *delta = sb_change_delta(entry);
	struct change change = { .call = call };
	const char *id = entry->record->id;
	json_t *snapshots;

	if (!delta || is_quiet(call))
		return;
	change.before = lsq_flat(call, entry->record, NULL);
	/* A person in the browser: our own writes say so themselves. */
	if (!call->token)
		sb_record_derive(call, entry->record, "ModifiedBy",
				 json_string(lsq_other_user(call->account)));
	sb_delta_each(delta, put_back, entry->record->object, &change);
	put_back_owner(call, change.before);
	json_object_set_new(change.before, "ModifiedOn",
			    lsq_time(call, modified_before(entry->record, delta)));
	snapshots = json_keep(call->arena, json_pack("{so so}", "Before", change.before, "After",
						     lsq_flat(call, entry->record, NULL)));
	lsq_tell(call, LSQ_LEAD_UPDATED, id, json_incref(snapshots));
	lsq_tell(call, LSQ_FIELD_UPDATED, id, json_incref(snapshots));
	if (change.is_owner)
		lsq_tell(call, LSQ_OWNER_CHANGED, id, json_incref(snapshots));
	if (change.is_stage)
		lsq_tell(call, LSQ_STAGE_CHANGED, id, json_incref(snapshots));
	if (change.is_score)
		lsq_tell(call, LSQ_SCORE_CHANGED, id, json_incref(snapshots));
}

/* The values of an activity, and of an opportunity, which is one at the vendor's. */
static json_t *data_of(const struct sb_record *record, const char *status, const char *note)
{
	return json_pack("{ss so* so*}", "Status", status, "Owner",
			 sb_record_value_of(record, "Owner"), "Note",
			 sb_record_value_of(record, note));
}

/* The number of the event is a text here, and a number everywhere else. Takes `data`. */
static void tell_activity(struct sb_call *call, const struct sb_record *record, const char *code,
			  json_t *name, enum lsq_event event, json_t *data)
{
	const char *lead = sb_record_text_of(record, "RelatedProspectId", call->arena);

	lsq_tell(call, event, lead,
		 json_pack("{ss ss* ss so* ss ss so sf so}", "ProspectActivityId", record->id,
			   "RelatedProspectId", lead, "ActivityEvent", code ? code : "",
			   "ActivityEventName", name, "ActivityType", "2", "CreatedBy",
			   lsq_api_user(call->account), "CreatedOn",
			   lsq_time(call, record->created_at), "Score", 0.0, "Data", data));
}

static void activity_told(struct sb_call *call, const struct sb_record *activity,
			  enum lsq_event event)
{
	const char *code = sb_record_text_of(activity, "ActivityEvent", call->arena);
	const struct sb_record *type = sb_live_find(call->account, "activity_types", code);
	json_t *data = data_of(activity, "Active", "ActivityNote");

	json_object_update(data, json_keep(call->arena, sb_record_value_of(activity, "Fields")));
	tell_activity(call, activity, code,
		      type ? sb_record_value_of(type, "ActivityEventName") : NULL, event, data);
}

/* --- tasks and opportunities: the sheet numbers their events and gives no body --- */

/* As it was made, all values texts. */
void lsq_tell_task(struct sb_call *call, const struct sb_record *task, enum lsq_event event)
{
	const char *entity = sb_record_text_of(task, "RelatedEntity", call->arena);
	const char *lead = sb_record_text_of(task, "RelatedEntityId", call->arena);
	json_t *body = json_pack("{ss}", "UserTaskId", task->id);

	for (size_t i = 0; i < sb_object_nfields(task->object); i++) {
		const struct sb_field *field = sb_object_field(task->object, i);
		const char *text = sb_record_text(task, field, call->arena);

		json_object_set_new(body, field->name, text ? json_string(text) : json_null());
	}
	json_object_set_new(body, "CreatedOn", lsq_time(call, task->created_at));
	json_object_set_new(body, "ModifiedOn", lsq_time(call, task->updated_at));
	lsq_tell(call, event, text_equal(entity, "1") ? lead : NULL, body);
}

struct task_change {
	bool is_status, is_time;
};

static void note_field(const struct sb_field *field, const json_t *old, void *context)
{
	struct task_change *change = context;

	(void)old;
	change->is_status |= text_equal(field->name, "StatusCode");
	change->is_time |= sb_has_word("DueDate|Reminder", field->name);
}

static void task_told(struct sb_call *call, const struct sb_change *change)
{
	const struct sb_record *task = change->record;
	const struct sb_delta *delta = sb_change_delta(change);
	struct task_change what = { false, false };
	bool is_done;

	if (delta)
		sb_delta_each(delta, note_field, task->object, &what);
	if (change->kind == SB_CREATED || what.is_time)
		lsq_plan_reminder(call, task);
	is_done = what.is_status &&
		  text_equal(sb_record_text_of(task, "StatusCode", call->arena), "1");
	lsq_tell_task(call, task,
		      change->kind == SB_CREATED ? LSQ_TASK_CREATED :
		      is_done			 ? LSQ_TASK_COMPLETED :
						   LSQ_TASK_UPDATED);
}

static void opportunity_told(struct sb_call *call, const struct sb_record *one,
			     enum lsq_event event)
{
	const char *status = sb_record_text_of(one, "Status", call->arena);
	json_t *fields = json_keep(call->arena, sb_record_value_of(one, "Fields")), *field;
	json_t *data = data_of(one, status ? status : "", "OpportunityNote");
	size_t i;

	json_array_foreach(fields, i, field) {
		const char *name = json_string_of(field, "SchemaName");
		const char *text = lsq_value_text(call->arena, json_object_get(field, "Value"));

		if (name && text)
			sb_set_default(data, name, json_string(text));
	}
	tell_activity(call, one, sb_record_text_of(one, "OpportunityEventCode", call->arena), NULL,
		      event, data);
}

void lsq_changed(struct sb_call *call, const struct sb_change *change)
{
	const char *name = sb_object_spec(change->record->object)->name;
	struct sb_record *record = change->record;
	bool is_new = change->kind == SB_CREATED;

	if (!is_new && change->kind != SB_UPDATED)
		return;
	if (strcmp(name, "leads") == 0 && is_new) {
		lsq_complete(call, record);
		lsq_tell(call, LSQ_LEAD_CREATED, record->id, lsq_flat(call, record, NULL));
	} else if (strcmp(name, "leads") == 0) {
		lead_updated(call, change);
	} else if (strcmp(name, "activities") == 0) {
		activity_told(call, record, is_new ? LSQ_ACTIVITY_CREATED : LSQ_ACTIVITY_UPDATED);
	} else if (strcmp(name, "tasks") == 0) {
		task_told(call, change);
	} else if (strcmp(name, "opportunities") == 0) {
		opportunity_told(call, record,
				 is_new ? LSQ_OPPORTUNITY_CREATED : LSQ_OPPORTUNITY_UPDATED);
	}
}
