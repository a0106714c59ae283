/* close.h - what the files of the imitated Close share. Threads: under the sandbox's lock.
 * Numbers in parentheses are sections of the fact sheet.
 *
 * A lead is a company that contains contacts, opportunities, tasks and activities. Custom
 * fields are fields named "custom.cf_..." as they stand in a record; activities of every
 * type are records of one object, told apart by "_type". What happened is kept as events in
 * account->extra, from which the event log and the webhooks are made. */
#ifndef SANDBOX_CLOSE_H
#define SANDBOX_CLOSE_H

#include "base/attributes.h"
#include "sandbox/render.h"
#include "sandbox/vendor.h"

/* A field whose value is an array; absence is []. */
#define CLOSE_LIST SB_OF_VENDOR

/* A field that is never without a value: it has a default, and null cannot clear it. */
#define CLOSE_ALWAYS (SB_OF_VENDOR << 1)

/* Activities are limited together (8). */
#define CLOSE_ACTIVITY SB_OF_ROUTE

#define CLOSE_CUSTOM "custom."
#define CLOSE_NAME_MAX 100 /* of a custom field's and a status's name */
#define CLOSE_VALUE_MAX 999999999999 /* of an opportunity, in cents */

struct sb_close_kind {
	const char *name;  /* "lead": the object, and its path */
	const char *label; /* "Lead" */
	const char *prefix;
	const struct sb_field_spec *fields;
	size_t nfields;
	const char *filters; /* the parameters of a list that name a field, "a|b" */
	int64_t limit_max, skip_max;
};

extern const struct sb_close_kind sb_close_kinds[];
extern const size_t sb_close_nkinds;
const struct sb_close_kind *sb_close_kind_of(const struct sb_object *object);

/* The types of activities: what each has beside what all have, and what it may be. */
struct sb_close_activity {
	const char *type;     /* "Note" */
	const char *event;    /* "activity.note" */
	const char *fields;   /* "note|note_html": what can be written */
	const char *unset;    /* what is shown and never has a value here */
	const char *statuses; /* or NULL when it has none; the first is the default */
	bool needs_status;
};

/* NULL when there is none of that type. */
const struct sb_close_activity *sb_close_activity_of(const char *type);

/* Fills a new account: objects, users, statuses, a pipeline. */
void sb_close_open_objects(struct sb_account *account);

/* The user of the keys and tokens, and another one, who works in the app itself (what the
 * control API does is done by them). */
const struct sb_record *sb_close_user(const struct sb_account *account);
const struct sb_record *sb_close_other_user(const struct sb_account *account);
const char *sb_close_organization(const struct sb_call *call);

/* The first live record of an object, or NULL. */
struct sb_record *sb_close_first(const struct sb_account *account, const char *object);

/* Of the vendor's shape: `prefix` and 43 letters made of two numbers. */
void sb_close_id(const char *prefix, uint64_t of, uint64_t number, char id[64]);

/* --- close_say.c --- */

/* {"error": ...} */
void sb_close_fail(struct sb_call *call, int status, const char *format, ...)
	PRINTF_LIKE(3, 4);
void sb_close_not_found(struct sb_call *call);
void sb_close_problem(struct sb_call *call, enum sb_problem problem, int status);

/* {"errors": [], "field-errors": {name: ...}} */
void sb_close_refuse(struct sb_call *call, const char *name, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Refuses with all of `errors` (name to text); false when there are none. */
bool sb_close_refused(struct sb_call *call, const json_t *errors);

/* A parameter of the query, or of "_params" where a long filter is posted (1). */
const char *sb_close_param(struct sb_call *call, const char *name);

/* The body, which must be an object sent as JSON; NULL after refusing it. */
const json_t *sb_close_body(struct sb_call *call);

/* Replies with a record's JSON, cut to the "_fields" that were asked for; takes it. */
void sb_close_reply(struct sb_call *call, json_t *json);
void sb_close_cut(struct sb_call *call, json_t *json);

/* What a deletion says. */
void sb_close_reply_empty(struct sb_call *call);

/* --- close_render.c --- */

/* A record as its kind shows it; new. _flat() has no lists of other records: events. */
json_t *sb_close_json(struct sb_call *call, const struct sb_record *record);
json_t *sb_close_flat(struct sb_call *call, const struct sb_record *record);

/* --- close_check.c --- */

/* What is to be stored of `body` (the arena's). What is wrong with it is added to `errors`,
 * name to text. `record` is NULL for a new one. */
json_t *sb_close_values(struct sb_call *call, struct sb_object *object, const json_t *body,
			const struct sb_record *record, json_t *errors);

/* Adds to `errors` what is wrong with item `index` of the list `name`, in the way that the
 * vendor nests; nothing when `inner` is empty. */
void sb_close_nest(struct sb_call *call, json_t *errors, const char *name, size_t index,
		   json_t *inner);

/* The custom field of a key without "custom.": an id, or a name while names still work. */
struct sb_field *sb_close_custom(struct sb_call *call, const struct sb_object *object,
				 const char *key);

/* --- close_phone.c --- */

struct sb_close_phone {
	const char *e164, *formatted;
	const char *country; /* or NULL */
};

/* Reads a number with its country's code, or one of the organization's (US). */
bool sb_close_phone(struct arena *arena, const char *text, struct sb_close_phone *phone);

/* --- close_records.c --- */

/* Creates with defaults; NULL after saying that the sandbox is full. */
struct sb_record *sb_close_create(struct sb_call *call, struct sb_object *object,
				  json_t *values);

/* Writes values that were checked, and what follows from them. */
void sb_close_update(struct sb_call *call, struct sb_record *record, json_t *values);

/* Lets a contact be found by its addresses and numbers. */
void sb_close_index(struct sb_call *call, struct sb_record *record);

/* The records of `object` that belong to a lead, in order of creation; returns how many. */
size_t sb_close_of_lead(struct sb_call *call, const char *object, const char *lead,
			struct sb_record ***out);

/* A record by the id in the path: live, or deleted a moment ago; NULL after 404. The second
 * takes live ones only. */
struct sb_record *sb_close_shown(struct sb_call *call, const char *object, const char *id);
struct sb_record *sb_close_live(struct sb_call *call, const char *object, const char *id);

void sb_close_get(struct sb_call *call);
void sb_close_post(struct sb_call *call);
void sb_close_put(struct sb_call *call);
void sb_close_delete(struct sb_call *call);
void sb_close_merge(struct sb_call *call);

/* --- close_list.c --- */

struct sb_close_page {
	int64_t skip, limit;
};

/* _skip and _limit; false after refusing. */
bool sb_close_read_page(struct sb_call *call, int64_t limit_max, int64_t skip_max,
		   struct sb_close_page *page);

/* Replies with a page of records, and whether there are more. */
void sb_close_reply_page(struct sb_call *call, struct sb_record **found, size_t count,
			 const struct sb_close_page *page);

void sb_close_list(struct sb_call *call);

/* --- close_activities.c --- */

void sb_close_get_activity(struct sb_call *call);
void sb_close_add_activity(struct sb_call *call);
void sb_close_edit_activity(struct sb_call *call);
void sb_close_delete_activity(struct sb_call *call);

/* The note of a change of a lead's status. */
void sb_close_note_status(struct sb_call *call, const struct sb_record *lead,
			  const char *old_status);

/* --- close_directory.c --- */

void sb_close_me(struct sb_call *call);
void sb_close_users(struct sb_call *call);
void sb_close_show_user(struct sb_call *call);
void sb_close_show_organization(struct sb_call *call);
void sb_close_statuses(struct sb_call *call);
void sb_close_status(struct sb_call *call);
void sb_close_add_status(struct sb_call *call);
void sb_close_edit_status(struct sb_call *call);
void sb_close_delete_status(struct sb_call *call);
void sb_close_pipelines(struct sb_call *call);

/* --- close_bulk.c --- */

void sb_close_bulk(struct sb_call *call);
void sb_close_add_bulk(struct sb_call *call);

/* --- close_export.c --- */

void sb_close_export(struct sb_call *call);
void sb_close_add_export(struct sb_call *call);
void sb_close_export_file(struct sb_call *call);

/* --- close_fields.c --- */

/* The type of custom activities that a custom field is of, or NULL. */
const char *sb_close_field_owner(const struct sb_field *field);
bool sb_close_field_is_needed(const struct sb_field *field);

void sb_close_fields(struct sb_call *call);
void sb_close_field(struct sb_call *call);
void sb_close_add_field(struct sb_call *call);
void sb_close_edit_field(struct sb_call *call);
void sb_close_delete_field(struct sb_call *call);
void sb_close_field_schema(struct sb_call *call);
void sb_close_order_fields(struct sb_call *call);

/* --- close_shared.c --- */

/* Whether a field of leads, contacts or opportunities is one that is shared. */
bool sb_close_field_is_shared(const struct sb_field *field);

/* Lets those that are associated with a shared field be as it is now. */
void sb_close_follow_shared(struct sb_call *call, const struct sb_field *shared);

void sb_close_associate(struct sb_call *call);
void sb_close_association(struct sb_call *call);
void sb_close_dissociate(struct sb_call *call);

/* --- close_query.c, close_search.c --- */

/* Turns the query language into a query of the search, and its sort into *sort (both the
 * arena's); NULL after a reply. */
const json_t *sb_close_query(struct sb_call *call, const char *text, const json_t **sort);

/* Those of `type` that `query` finds as the index sees them now; false after a reply. */
bool sb_close_find(struct sb_call *call, const char *type, const json_t *query,
		   const json_t *sort, struct sb_record ***out, size_t *count);

/* What a query says that it finds ("contact"); NULL when it does not. */
const char *sb_close_type_in(const json_t *query);
void sb_close_search(struct sb_call *call);

/* --- close_events.c, close_webhooks.c --- */

void sb_close_changed(struct sb_call *call, const struct sb_change *change);
void sb_close_events(struct sb_call *call);
void sb_close_event(struct sb_call *call);

/* Whether there is such a pair: for subscriptions. */
bool sb_close_is_event(const char *object_type, const char *action);

/* Sends an event (borrowed) to all who subscribed to it. */
void sb_close_send(struct sb_call *call, const json_t *event);

void sb_close_webhooks(struct sb_call *call);
void sb_close_webhook(struct sb_call *call);
void sb_close_add_webhook(struct sb_call *call);
void sb_close_edit_webhook(struct sb_call *call);
void sb_close_delete_webhook(struct sb_call *call);

/* --- close_oauth.c --- */

void sb_close_authorize(struct sb_call *call);
void sb_close_token(struct sb_call *call);
void sb_close_revoke(struct sb_call *call);

#endif
