/* hubspot.h - between the files that imitate HubSpot. Threads: under the sandbox's lock.
 *
 * Written from the HubSpot fact sheet; numbers in comments are its sections. */
#ifndef SANDBOX_HUBSPOT_H
#define SANDBOX_HUBSPOT_H

#include "sandbox/vendor.h"

enum hubspot_field_flag {
	HUBSPOT_EXTERNAL = SB_OF_VENDOR,       /* externalOptions: an empty list is shown */
	HUBSPOT_FORM = SB_OF_VENDOR << 1,      /* formField */
};

enum hubspot_route_flag {
	HUBSPOT_SEARCH = SB_OF_ROUTE, /* counts against the search limit, has no headers */
};

/* What differs between the kinds of objects. */
struct hubspot_kind {
	const char *name;     /* "contacts" */
	const char *id;       /* "0-1" */
	const char *noun;     /* "Contact", as in messages */
	const char *created, *modified; /* names of the computed times */
	const char *const *defaults;    /* returned when `properties` is omitted; ends NULL */
	const char *required; /* property that a create must have, or NULL */
	const char *belongs_to; /* kind that a create must be associated with, or NULL */
	const char *scope;    /* "crm.objects.contacts"; "tickets" is the whole of it */
	uint64_t first;       /* id of the first record */
	const struct sb_field_spec *fields;
	size_t nfields;
	const char *const *searched; /* properties that `query` looks at; ends NULL */
};

extern const struct hubspot_kind hubspot_kinds[];
extern const size_t hubspot_nkinds;
const struct hubspot_kind *hubspot_kind_of(const struct sb_object *object);

/* "CONTACT", as some answers name a kind; of the arena. */
const char *hubspot_upper(struct arena *arena, const char *noun);

/* Groups and pipelines as a new account has them; new. */
json_t *hubspot_groups(void);
json_t *hubspot_pipelines(void);

/* --- refusing (9) --- */

/* Why an input was refused: what is common to single answers and batch items. */
struct hubspot_refusal {
	int status;           /* 0: not refused */
	const char *category; /* "VALIDATION_ERROR" */
	const char *message;  /* the arena's */
	json_t *errors;       /* the arena's, or NULL */
	json_t *context;      /* the arena's, or NULL */
};

void hubspot_refuse(struct sb_call *call, const struct hubspot_refusal *refusal);
void hubspot_fail(struct sb_call *call, int status, const char *category,
		  const char *format, ...) PRINTF_LIKE(4, 5);
void hubspot_not_found(struct sb_call *call);
void hubspot_problem(struct sb_call *call, enum sb_problem problem, int status);

/* An item of errors[] of a 207; `trace` may be NULL. New. */
json_t *hubspot_error_item(const struct hubspot_refusal *refusal, const char *trace);

/* --- reading (5) --- */

/* Which properties an answer holds. */
struct hubspot_shape {
	const char **names;   /* asked for, or written; the arena's */
	size_t count;
	bool is_default;      /* nothing was asked for: the kind's default ones */
	const char **history; /* propertiesWithHistory */
	size_t nhistory;
	int64_t as_of;        /* of a lagging index; 0: now */
};

/* Names from the query ("a,b", repeated too) or from arrays of a body. */
struct hubspot_shape hubspot_shape_of_query(struct sb_call *call);
struct hubspot_shape hubspot_shape_of_body(struct sb_call *call, const json_t *body);
struct hubspot_shape hubspot_shape_of_written(struct sb_call *call, const json_t *properties);

/* A SimplePublicObject; new. */
json_t *hubspot_object(const struct sb_call *call, const struct sb_record *record,
		       const struct hubspot_shape *shape);

/* The object of the route's first parameter; replies 400 and gives NULL when there is
 * none of that name. */
struct sb_object *hubspot_object_type(struct sb_call *call, size_t param);

/* The live record for an id or a value of `id_property` (NULL, "hs_object_id": the id);
 * merged ones lead to the survivor. NULL when there is none. *is_bad_property is set
 * when id_property cannot identify. */
struct sb_record *hubspot_object_find(struct sb_object *object, const char *id,
				      const char *id_property, bool *is_bad_property);

/* Whether the token has "<scope of the kind>.read" or ".write"; replies 403 if not. */
bool hubspot_may(struct sb_call *call, const struct sb_object *object, const char *verb);
bool hubspot_may_scope(struct sb_call *call, const char *scope);

/* --- schemas (3) --- */

/* The object of the route's first parameter for who may "read" or "write" its schema; NULL
 * after a reply. */
struct sb_object *hubspot_object_of_schema(struct sb_call *call, const char *verb);

/* The group of a name among an object's, or NULL. */
json_t *hubspot_group_find(struct sb_call *call, const struct sb_object *object,
			   const char *name);

/* Whether a property or a group may have this name; NULL may not. */
bool hubspot_is_name(const char *text);

/* --- writing (5, 6) --- */

/* Checks and writes one input. NULL and *refusal when it was refused. */
struct sb_record *hubspot_create(struct sb_call *call, struct sb_object *object,
				 const json_t *input, struct hubspot_refusal *refusal);
bool hubspot_update(struct sb_call *call, struct sb_record *record, const json_t *properties,
		    struct hubspot_refusal *refusal);

/* --- associations (6) --- */

struct hubspot_link_type {
	const char *from, *to; /* names of kinds */
	int type, back;        /* numbers seen from either end */
	const char *label;     /* "contact_to_company" */
	const char *title;     /* a label's text, or NULL for the unlabelled one */
};

/* The type by number, as it is seen from `from`; or the default one (`type` 0). *back is
 * the number from the other end. Returns false when there is none. */
bool hubspot_link_type(const struct sb_object *from, const struct sb_object *to, int *type,
		       int *back, const char **title);

/* Adds what `associations` of a create asks for. */
bool hubspot_associate(struct sb_call *call, struct sb_record *record,
		       const json_t *associations, struct hubspot_refusal *refusal);

/* The member "associations" of an answer for the kinds asked for; new, NULL if none. */
json_t *hubspot_associations(struct sb_call *call, const struct sb_record *record,
			     const char *kinds);

/* --- webhooks (7) --- */

/* Of the app, whatever account the call is of; NULL when there is none. */
const json_t *hubspot_hook_settings(const struct sb_call *call);
const json_t *hubspot_hook_subscriptions(const struct sb_call *call);

void hubspot_changed(struct sb_call *call, const struct sb_change *change);
void hubspot_linked(struct sb_call *call, const struct sb_link_change *change);

void hubspot_journal_changed(struct sb_call *call, const struct sb_change *change);

/* --- handlers --- */

void hubspot_list(struct sb_call *call);
void hubspot_object_read(struct sb_call *call);
void hubspot_post(struct sb_call *call);
void hubspot_patch(struct sb_call *call);
void hubspot_archive(struct sb_call *call);
void hubspot_merge(struct sb_call *call);
void hubspot_gdpr_delete(struct sb_call *call);
void hubspot_search(struct sb_call *call);

void hubspot_batch_create(struct sb_call *call);
void hubspot_batch_read(struct sb_call *call);
void hubspot_batch_update(struct sb_call *call);
void hubspot_batch_upsert(struct sb_call *call);
void hubspot_batch_archive(struct sb_call *call);

void hubspot_properties(struct sb_call *call);
void hubspot_property_read(struct sb_call *call);
void hubspot_add_property(struct sb_call *call);
void hubspot_edit_property(struct sb_call *call);
void hubspot_archive_property(struct sb_call *call);
void hubspot_batch_read_properties(struct sb_call *call);
void hubspot_batch_create_properties(struct sb_call *call);
void hubspot_batch_archive_properties(struct sb_call *call);
void hubspot_property_groups(struct sb_call *call);
void hubspot_property_group(struct sb_call *call);
void hubspot_add_property_group(struct sb_call *call);

void hubspot_import(struct sb_call *call);
void hubspot_import_list(struct sb_call *call);
void hubspot_import_show(struct sb_call *call);
void hubspot_import_errors(struct sb_call *call);
void hubspot_import_cancel(struct sb_call *call);

void hubspot_owners(struct sb_call *call);
void hubspot_owner(struct sb_call *call);
void hubspot_all_pipelines(struct sb_call *call);
void hubspot_pipeline(struct sb_call *call);
void hubspot_stages(struct sb_call *call);
void hubspot_stage(struct sb_call *call);
void hubspot_account_details(struct sb_call *call);
void hubspot_account_usage(struct sb_call *call);

void hubspot_associate_default(struct sb_call *call);
void hubspot_associate_labelled(struct sb_call *call);
void hubspot_dissociate(struct sb_call *call);
void hubspot_associated(struct sb_call *call);
void hubspot_batch_associate(struct sb_call *call);
void hubspot_batch_associate_default(struct sb_call *call);
void hubspot_batch_associated(struct sb_call *call);
void hubspot_batch_dissociate(struct sb_call *call);
void hubspot_association_labels(struct sb_call *call);

void hubspot_read_hook_settings(struct sb_call *call);
void hubspot_set_hook_settings(struct sb_call *call);
void hubspot_drop_hook_settings(struct sb_call *call);
void hubspot_list_subscriptions(struct sb_call *call);
void hubspot_add_subscription(struct sb_call *call);
void hubspot_read_subscription(struct sb_call *call);
void hubspot_edit_subscription(struct sb_call *call);
void hubspot_drop_subscription(struct sb_call *call);
void hubspot_edit_subscriptions(struct sb_call *call);

void hubspot_journal_subscribe(struct sb_call *call);
void hubspot_journal_subscriptions(struct sb_call *call);
void hubspot_journal_unsubscribe(struct sb_call *call);
void hubspot_journal_earliest(struct sb_call *call);
void hubspot_journal_latest(struct sb_call *call);
void hubspot_journal_next(struct sb_call *call);
void hubspot_journal_file(struct sb_call *call);

void hubspot_authorize(struct sb_call *call);
void hubspot_token(struct sb_call *call);
void hubspot_introspect(struct sb_call *call);
void hubspot_revoke(struct sb_call *call);
void hubspot_access_token_info(struct sb_call *call);
void hubspot_refresh_token_info(struct sb_call *call);
void hubspot_delete_refresh_token(struct sb_call *call);

/* Client id, app id and keys that every HubSpot account of a sandbox shares. */
#define HUBSPOT_CLIENT_ID "fairlead-sandbox-app"
#define HUBSPOT_CLIENT_SECRET "fairlead-sandbox-secret"
#define HUBSPOT_APP_ID "54321"
#define HUBSPOT_DEVELOPER_KEY "fairlead-sandbox-hapikey"

#endif
