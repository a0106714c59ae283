/* leadsquared_tasks.c - tasks and opportunities (6). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/leadsquared.h"

#define REMINDER_MAX_MIN (366 * 24 * 60)

/* --- tasks --- */

static void check_task(struct sb_call *call, const json_t *body, struct lsq_refusal *refusal)
{
	int64_t entity = json_int_of(body, "RelatedEntity", 0);
	const char *id = json_string_of(body, "RelatedEntityId");
	const char *notify = json_string_of(body, "NotifyBy");

	if (text_is_empty(json_string_of(body, "Name")))
		lsq_wrong(call, refusal, lsq_mandatory, "'Name' is mandatory");
	if (text_is_empty(json_string_of(body, "DueDate")))
		lsq_wrong(call, refusal, lsq_mandatory, "'DueDate' is mandatory");
	if (entity != 0 && entity != 1 && entity != 5)
		lsq_wrong(call, refusal, lsq_invalid, "'RelatedEntity' is 0, 1 or 5");
	if (entity == 1 && !sb_live_find(call->account, "leads", id))
		lsq_wrong(call, refusal, lsq_gone, "Lead not found");
	if (entity == 5 && !sb_live_find(call->account, "opportunities", id))
		lsq_wrong(call, refusal, lsq_gone, "Opportunity not found");
	if (notify && strcmp(notify, "1000") != 0 && strcmp(notify, "1100") != 0)
		lsq_wrong(call, refusal, lsq_invalid, "'NotifyBy' is 1000 or 1100");
	lsq_time_of(call, body, "DueDate", refusal);
	lsq_time_of(call, body, "EndDate", refusal);
	lsq_owner_of(call, json_string_of(body, "OwnerEmailAddress"), refusal);
}

/* The reminder comes so many minutes before the task is due; of one that is over or was
 * moved there is none. */
static void step_remind(struct sb_call *call, const json_t *doc)
{
	const struct sb_record *task = sb_live_find(call->account, "tasks",
						    json_string_of(doc, "id"));

	if (task && text_equal(sb_record_text_of(task, "DueDate", call->arena),
			       json_string_of(doc, "due")) &&
	    !text_equal(sb_record_text_of(task, "StatusCode", call->arena), "1"))
		lsq_tell_task(call, task, LSQ_TASK_REMINDER);
}

void lsq_plan_reminder(struct sb_call *call, const struct sb_record *task)
{
	const char *due = sb_record_text_of(task, "DueDate", call->arena);
	const char *minutes = sb_record_text_of(task, "Reminder", call->arena);
	int64_t at, before;

	if (!due || !minutes || !lsq_time_parse(due, &at) || !text_int(minutes, &before))
		return;
	if (before < 0 || before > REMINDER_MAX_MIN || at < call->now)
		return;
	at -= before * CLOCK_MINUTE;
	sb_later(call, at > call->now ? at - call->now : 0, step_remind,
		 json_pack("{ss ss}", "id", task->id, "due", due));
}

void lsq_add_task(struct sb_call *call)
{
	const json_t *body = lsq_body(call);
	const char *type = json_string_of(json_object_get(body, "TaskType"), "Name");
	struct lsq_refusal refusal = { NULL, NULL };
	const struct sb_record *task;
	json_t *values;

	if (!body)
		return;
	check_task(call, body, &refusal);
	if (refusal.type) {
		lsq_refuse(call, &refusal);
		return;
	}
	values = json_copy((json_t *)body);
	json_object_set_new(values, "TaskType", type ? json_string(type) : json_null());
	task = sb_record_add(call, "tasks", values, NULL);
	if (task)
		lsq_success(call, json_pack("{ss}", "Id", task->id));
	else
		lsq_problem(call, SB_PROBLEM_FULL, 0);
}

/* --- opportunities --- */

static const char *status_of(const json_t *opportunity)
{
	size_t i;
	json_t *field;

	json_array_foreach(json_object_get(opportunity, "Fields"), i, field)
		if (text_equal(json_string_of(field, "SchemaName"), "Status"))
			return json_string_of(field, "Value");
	return "Open";
}

/* An open one of the same type that the lead has already. */
static const struct sb_record *open_one(struct sb_call *call, const struct sb_record *lead,
					int64_t code)
{
	const struct sb_object *all = sb_object_find(call->account, "opportunities");

	for (size_t i = 0; i < sb_object_count(all); i++) {
		const struct sb_record *one = sb_object_record(all, i);
		json_t *of = json_keep(call->arena,
				       sb_record_value_of(one, "OpportunityEventCode"));

		if (one->state == SB_LIVE && json_integer_value(of) == code &&
		    text_equal(sb_record_text_of(one, "RelatedProspectId", call->arena),
			       lead->id) &&
		    text_equal(sb_record_text_of(one, "Status", call->arena), "Open"))
			return one;
	}
	return NULL;
}

struct lsq_opportunity lsq_add_opportunity(struct sb_call *call, const json_t *body,
					   struct lsq_refusal *refusal)
{
	const json_t *wanted = json_object_get(body, "Opportunity");
	int64_t code = json_int_of(wanted, "OpportunityEventCode", 0);
	struct lsq_opportunity result = { NULL, NULL, NULL };
	struct lsq_write write;

	lsq_read_write(call, json_object_get(body, "LeadDetails"), &write, refusal);
	if (code < 12000)
		lsq_wrong(call, refusal, lsq_invalid, "'OpportunityEventCode' is invalid");
	if (refusal->type)
		return result;
	result.lead = lsq_capture(call, &write, LSQ_UPDATE, refusal).lead;
	if (!result.lead)
		return result;
	if (sb_switch(call->account, "opportunities_once"))
		result.conflict = open_one(call, result.lead, code);
	if (result.conflict)
		return result;
	result.made = sb_record_add(call, "opportunities",
				    json_pack("{ss sI ss* ss* sO*}", "RelatedProspectId",
					      result.lead->id, "OpportunityEventCode",
					      (json_int_t)code, "OpportunityNote",
					      json_string_of(wanted, "OpportunityNote"), "Status",
					      status_of(wanted), "Fields",
					      json_object_get(wanted, "Fields")),
				    NULL);
	if (!result.made)
		lsq_wrong(call, refusal, "MXUnknownException", "the sandbox is full");
	return result;
}

void lsq_capture_opportunity(struct sb_call *call)
{
	const json_t *body = lsq_body(call);
	struct lsq_refusal refusal = { NULL, NULL };
	struct lsq_opportunity one;

	if (!body)
		return;
	one = lsq_add_opportunity(call, body, &refusal);
	if (!one.made && !one.conflict) {
		lsq_refuse(call, &refusal);
		return;
	}
	sb_reply_json(call, 200,
		      json_pack("{ss s{ss} s[{so si so}]}", "Status", "Success", "Message", "Id",
				one.lead->id, "AdditionalDetails", "ActivityId",
				one.made ? json_string(one.made->id) : json_null(),
				"PostDeDupActionPerformed", one.made ? 1 : 3,
				"ConflictedOpportunityId",
				one.conflict ? json_string(one.conflict->id) : json_null()));
}
