/* pipedrive.h - what the files of the imitated Pipedrive share. Threads: under the
 * sandbox's lock. Numbers in parentheses are sections of the fact sheet.
 *
 * Two generations live side by side: v2 (persons, organizations, deals, activities,
 * fields, search) with cursors, integers and RFC 3339; v1 (leads, notes, users, webhooks)
 * with offsets, flags and times of its own. */
#ifndef SANDBOX_PIPEDRIVE_H
#define SANDBOX_PIPEDRIVE_H

#include "base/attributes.h"
#include "sandbox/render.h"
#include "sandbox/vendor.h"

#define PIPEDRIVE_CLIENT_ID "fairlead-sandbox-app"
#define PIPEDRIVE_CLIENT_SECRET "fairlead-sandbox-secret"
#define PIPEDRIVE_USER "9" /* who acts */

/* Fields whose absence is [] and not null. */
#define PIPEDRIVE_LIST SB_OF_VENDOR

/* Routes that count in the window of searches (8). */
#define PIPEDRIVE_SEARCH SB_OF_ROUTE

struct sb_pipedrive_kind {
	const char *name;     /* "persons": the object, and its path in v2 */
	const char *entity;   /* "person": in searches, webhooks, recents */
	const char *path;     /* "personFields", or NULL */
	const char *required; /* the one field that a new one needs, or NULL */
	const char *const *filters; /* query parameters that a list takes; ends with NULL */
	const struct sb_field_spec *fields;
	size_t nfields;
	bool is_flat;         /* custom values stand at the top: v1 */
	bool is_uuid;
};

extern const struct sb_pipedrive_kind sb_pipedrive_kinds[];
extern const size_t sb_pipedrive_nkinds;
const struct sb_pipedrive_kind *sb_pipedrive_kind_of(const struct sb_object *object);

/* Fills a new account: objects, fields, users, pipelines, labels. */
void sb_pipedrive_open_objects(struct sb_account *account);

/* --- pipedrive_say.c --- */

/* The envelope of a refusal; `info` may be NULL. */
void sb_pipedrive_fail(struct sb_call *call, int status, const char *info, const char *format,
		       ...) PRINTF_LIKE(4, 5);
void sb_pipedrive_not_found(struct sb_call *call);
void sb_pipedrive_problem(struct sb_call *call, enum sb_problem problem, int status);

/* {"success":true,"data":...}; take the references. `more` (may be NULL) becomes
 * additional_data. */
void sb_pipedrive_data(struct sb_call *call, int status, json_t *data, json_t *more);

/* A record in the shape of its kind; new. */
json_t *sb_pipedrive_json(struct sb_call *call, const struct sb_record *record);

/* The id of a record as the kind shows it: a number, or the text of a UUID; new. */
json_t *sb_pipedrive_id(const struct sb_record *record);

/* start and limit of v1 (1); false after refusing. `limit` is 100 unless told. */
bool sb_pipedrive_offset(struct sb_call *call, int64_t *start, int64_t *limit);
json_t *sb_pipedrive_pagination(int64_t start, int64_t limit, size_t total); /* new */

/* --- pipedrive_write.c --- */

/* Checks `body` and gives what is to be stored (the arena's), or refuses it and returns
 * NULL. `record` is NULL for a new one. */
json_t *sb_pipedrive_values(struct sb_call *call, struct sb_object *object,
			    const json_t *body, const struct sb_record *record);

/* Creates with the kind's defaults; NULL after saying that the sandbox is full. */
struct sb_record *sb_pipedrive_create(struct sb_call *call, struct sb_object *object,
				      json_t *values);

/* Puts the primary participant of an activity into person_id. */
void sb_pipedrive_participants(const struct sb_object *object, json_t *values);

/* --- handlers, by file --- */

void sb_pipedrive_list(struct sb_call *call);
void sb_pipedrive_get(struct sb_call *call);
void sb_pipedrive_post(struct sb_call *call);
void sb_pipedrive_patch(struct sb_call *call);
void sb_pipedrive_delete(struct sb_call *call);

void sb_pipedrive_fields(struct sb_call *call);
void sb_pipedrive_field(struct sb_call *call);
void sb_pipedrive_add_field(struct sb_call *call);
void sb_pipedrive_edit_field(struct sb_call *call);
void sb_pipedrive_delete_field(struct sb_call *call);
void sb_pipedrive_add_options(struct sb_call *call);
void sb_pipedrive_v1_fields(struct sb_call *call);

void sb_pipedrive_search(struct sb_call *call);
void sb_pipedrive_item_search(struct sb_call *call);
void sb_pipedrive_field_search(struct sb_call *call);

void sb_pipedrive_leads(struct sb_call *call);
void sb_pipedrive_archived_leads(struct sb_call *call);
void sb_pipedrive_lead(struct sb_call *call);
void sb_pipedrive_add_lead(struct sb_call *call);
void sb_pipedrive_edit_lead(struct sb_call *call);
void sb_pipedrive_delete_lead(struct sb_call *call);
void sb_pipedrive_convert(struct sb_call *call);
void sb_pipedrive_conversion(struct sb_call *call);

void sb_pipedrive_notes(struct sb_call *call);
void sb_pipedrive_note(struct sb_call *call);
void sb_pipedrive_add_note(struct sb_call *call);
void sb_pipedrive_edit_note(struct sb_call *call);
void sb_pipedrive_delete_note(struct sb_call *call);

void sb_pipedrive_users(struct sb_call *call);
void sb_pipedrive_me(struct sb_call *call);
void sb_pipedrive_find_users(struct sb_call *call);
void sb_pipedrive_user_of_id(struct sb_call *call);
void sb_pipedrive_directory(struct sb_call *call);
void sb_pipedrive_add_label(struct sb_call *call);
void sb_pipedrive_lead_sources(struct sb_call *call);
void sb_pipedrive_currencies(struct sb_call *call);

void sb_pipedrive_merge(struct sb_call *call);
void sb_pipedrive_changelog(struct sb_call *call);
void sb_pipedrive_recents(struct sb_call *call);

void sb_pipedrive_webhooks(struct sb_call *call);
void sb_pipedrive_add_webhook(struct sb_call *call);
void sb_pipedrive_delete_webhook(struct sb_call *call);
void sb_pipedrive_changed(struct sb_call *call, const struct sb_change *change);

void sb_pipedrive_authorize(struct sb_call *call);
void sb_pipedrive_token(struct sb_call *call);
void sb_pipedrive_revoke(struct sb_call *call);

#endif
