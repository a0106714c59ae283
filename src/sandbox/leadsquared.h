/* leadsquared.h - what the files of the imitated LeadSquared share. Threads: under the
 * sandbox's lock. Numbers in parentheses are sections of the fact sheet.
 *
 * Values are kept as the texts that they come and go as; a lead's id, running number,
 * stamps and the owner's name are shown as fields but are the record's own. */
#ifndef SANDBOX_LEADSQUARED_H
#define SANDBOX_LEADSQUARED_H

#include "base/attributes.h"
#include "sandbox/render.h"
#include "sandbox/vendor.h"

#define LSQ_RENDER_PHONE "Phone"
#define LSQ_BULK SB_OF_ROUTE         /* counted by the window `bulk` too (8) */
#define LSQ_ASYNC (SB_OF_ROUTE << 1) /* needs x-api-key (2) */
#define LSQ_OF_RECORD SB_OF_VENDOR   /* a field that is the record's own */
#define LSQ_OF_USER (SB_OF_VENDOR << 1) /* a field that is read from the owner's user */

/* --- what an account has: leadsquared_schema.c --- */

void lsq_open_objects(struct sb_account *account);
struct sb_object *lsq_leads(const struct sb_call *call);

/* The user whose keys the account's are; and another, who edits in the browser. */
const char *lsq_api_user(const struct sb_account *account);
const char *lsq_other_user(const struct sb_account *account);

/* Whether sets of custom fields, fields of kind "CustomObject", have this member. */
bool lsq_set_has(const char *member);

void lsq_metadata(struct sb_call *call);
void lsq_add_field(struct sb_call *call);
void lsq_users(struct sb_call *call);

/* --- answers: leadsquared_say.c --- */

/* What was wrong with a request or a row of it; type NULL: nothing. */
struct lsq_refusal {
	const char *type; /* "MXDuplicateEntryException" */
	const char *message;
};

extern const char lsq_mandatory[], lsq_unknown_attribute[], lsq_invalid[], lsq_duplicate[],
	lsq_gone[], lsq_duplicate_name[], lsq_activity_fields[], lsq_script[];

/* Sets the refusal, unless there is one; the message is the call's. */
void lsq_wrong(struct sb_call *call, struct lsq_refusal *refusal, const char *type,
	       const char *format, ...) PRINTF_LIKE(4, 5);

/* Answers a refusal: 500, or what the switch `errors_as` says. */
void lsq_refuse(struct sb_call *call, const struct lsq_refusal *refusal);
void lsq_fail(struct sb_call *call, const char *type, const char *format, ...) PRINTF_LIKE(3, 4);
void lsq_problem(struct sb_call *call, enum sb_problem problem, int status);

/* {"Status":"Success","Message":...}; takes the reference. */
void lsq_success(struct sb_call *call, json_t *message);

/* The body, of which the content type must say JSON; NULL after a refusal. */
json_t *lsq_body(struct sb_call *call);

/* A field's text as it is now, the record's own too; NULL when it has none. */
const char *lsq_text(struct sb_call *call, const struct sb_record *record,
		     const struct sb_field *field);

/* What a field of LSQ_OF_USER says of the user of an id. */
const char *lsq_owner_text(struct sb_call *call, const char *id, const char *field);

/* All fields, or those of `columns` (NULL: all), as an object of texts and nulls; new. */
json_t *lsq_flat(struct sb_call *call, const struct sb_record *record, const json_t *columns);

/* {"LeadPropertyList":[{"Attribute","Value"}]}; new. */
json_t *lsq_properties(struct sb_call *call, const struct sb_record *record,
		       const json_t *columns);

json_t *lsq_time(const struct sb_call *call, int64_t ms); /* new */

/* "2026-02-01 10:00:00", with a fraction or without, in UTC. */
bool lsq_time_parse(const char *text, int64_t *ms);

/* A field's value as it is shown: a set of custom fields as the text of its JSON. */
const char *lsq_shown_text(struct arena *arena, const json_t *value);

/* A value as text: numbers and booleans as LeadSquared writes them; NULL for what is no
 * scalar, and for null. */
const char *lsq_value_text(struct arena *arena, const json_t *value);

/* The page that "Paging" asks for: PageIndex and PageSize, or Offset and RowCount. */
struct lsq_page {
	size_t first, size;
};
bool lsq_page_read(struct sb_call *call, int64_t size_max, struct lsq_page *page);

/* --- leads: leadsquared_write.c --- */

/* A write read from its array of attributes. */
struct lsq_write {
	json_t *values;        /* field: text, null, or an object for a set; the call's */
	const char *search_by; /* or NULL */
	const char *id;        /* ProspectID as an attribute, or NULL */
};

/* A custom field that is unique is the ledger's key. */
bool lsq_read_write(struct sb_call *call, const json_t *attributes, struct lsq_write *write,
		    struct lsq_refusal *refusal);

enum lsq_behaviour { LSQ_UPDATE, LSQ_DO_NOT_UPDATE, LSQ_ONLY_EMPTY, LSQ_NOT_UNIQUE };

/* What became of a lead. */
struct lsq_written {
	struct sb_record *lead; /* NULL: refused */
	bool is_created, is_updated;
};

struct lsq_written lsq_create(struct sb_call *call, struct lsq_write *write,
			      struct lsq_refusal *refusal);
struct lsq_written lsq_update(struct sb_call *call, struct sb_record *lead,
			      struct lsq_write *write, struct lsq_refusal *refusal);
struct lsq_written lsq_create_or_update(struct sb_call *call, struct lsq_write *write,
					struct lsq_refusal *refusal);
struct lsq_written lsq_capture(struct sb_call *call, struct lsq_write *write,
			       enum lsq_behaviour behaviour, struct lsq_refusal *refusal);

/* Gives a new lead what LeadSquared fills in: owner, stage, scores, running number. */
void lsq_complete(struct sb_call *call, struct sb_record *lead);

void lsq_post_create(struct sb_call *call);
void lsq_post_update(struct sb_call *call);
void lsq_post_create_or_update(struct sb_call *call);
void lsq_post_capture(struct sb_call *call);

/* --- many: leadsquared_bulk.c --- */

void lsq_bulk_create(struct sb_call *call);
void lsq_bulk_create_or_update(struct sb_call *call);
void lsq_bulk_update(struct sb_call *call);
void lsq_async_capture(struct sb_call *call);
void lsq_async_activity(struct sb_call *call);
void lsq_async_opportunity(struct sb_call *call);
void lsq_async_status(struct sb_call *call);

/* --- finding: leadsquared_search.c --- */

void lsq_by_email(struct sb_call *call);
void lsq_by_phone(struct sb_call *call);
void lsq_by_id(struct sb_call *call);
void lsq_by_ids(struct sb_call *call);
void lsq_quick_search(struct sb_call *call);
void lsq_criteria(struct sb_call *call);
void lsq_recently_modified(struct sb_call *call);

/* --- what happens to leads: leadsquared_activities.c --- */

void lsq_activity_types(struct sb_call *call);
void lsq_add_activity_type(struct sb_call *call);

/* Adds an activity, and its lead where there is none; NULL after a refusal. */
struct sb_record *lsq_add_activity(struct sb_call *call, const json_t *body,
				   struct lsq_refusal *refusal);

/* The user of an address; NULL when nobody was named, or after a refusal. */
const char *lsq_owner_of(struct sb_call *call, const char *email, struct lsq_refusal *refusal);

/* The time of a member, now when it has none; refused when it is no date. */
const char *lsq_time_of(struct sb_call *call, const json_t *body, const char *name,
			struct lsq_refusal *refusal);
void lsq_post_activity(struct sb_call *call);
void lsq_update_activity(struct sb_call *call);
void lsq_bulk_activities(struct sb_call *call);
void lsq_activities_of_lead(struct sb_call *call);
void lsq_recent_activities(struct sb_call *call);

/* --- tasks and opportunities: leadsquared_tasks.c --- */

void lsq_add_task(struct sb_call *call);

/* Plans the webhook that reminds of a task. */
void lsq_plan_reminder(struct sb_call *call, const struct sb_record *task);

/* What came of capturing one: `lead` NULL, or neither of the others, after a refusal. */
struct lsq_opportunity {
	const struct sb_record *lead, *made, *conflict;
};
struct lsq_opportunity lsq_add_opportunity(struct sb_call *call, const json_t *body,
					   struct lsq_refusal *refusal);
void lsq_capture_opportunity(struct sb_call *call);

/* --- webhooks and automations (7): what happened in leadsquared_events.c, how it is told in
 * leadsquared_webhooks.c --- */

enum lsq_event {
	LSQ_ACTIVITY_CREATED = 2,
	LSQ_LEAD_CREATED = 3,
	LSQ_OWNER_CHANGED = 4,
	LSQ_STAGE_CHANGED = 5,
	LSQ_LEAD_UPDATED = 6,
	LSQ_TASK_CREATED = 7,
	LSQ_TASK_REMINDER = 8,
	LSQ_SCORE_CHANGED = 9,
	LSQ_ACTIVITY_UPDATED = 15,
	LSQ_TASK_COMPLETED = 16,
	LSQ_TASK_UPDATED = 17,
	LSQ_FIELD_UPDATED = 26,
	LSQ_OPPORTUNITY_CREATED = 31,
	LSQ_OPPORTUNITY_UPDATED = 32,
};

/* Tells each active webhook and automation of the event, which happened to a lead (by id; may
 * be NULL); takes `body`. */
void lsq_tell(struct sb_call *call, enum lsq_event event, const char *lead, json_t *body);
void lsq_tell_task(struct sb_call *call, const struct sb_record *task, enum lsq_event event);

void lsq_add_webhook(struct sb_call *call);
void lsq_changed(struct sb_call *call, const struct sb_change *change);

#endif
