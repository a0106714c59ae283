/* copper.h - what the files of the imitated Copper share. Threads: under the sandbox's
 * lock. Numbers in parentheses are sections of the fact sheet.
 *
 * A custom field definition is kept in account->extra ("definitions"), and as a field in
 * each object that it is available on, under its number as name. */
#ifndef SANDBOX_COPPER_H
#define SANDBOX_COPPER_H

#include "base/attributes.h"
#include "sandbox/render.h"
#include "sandbox/vendor.h"

#define COPPER_USER 137658
#define COPPER_EMAIL "rep@acme.example"

#define COPPER_NOTE 0 /* the type of activity that every account has under this id (6) */

#define COPPER_LIST SB_OF_VENDOR /* absence is [] */
#define COPPER_BULK SB_OF_ROUTE  /* three of them a second (8) */

struct sb_copper_kind {
	const char *name;   /* "leads": object and path */
	const char *type;   /* "lead": in webhooks, definitions, parents */
	const struct sb_field_spec *fields;
	size_t nfields;
	uint64_t first;     /* number of the first record */
};

extern const struct sb_copper_kind sb_copper_kinds[];
extern const size_t sb_copper_nkinds;
const struct sb_copper_kind *sb_copper_kind_of(const struct sb_object *object);

/* The object of a type ("lead"), or NULL. */
struct sb_object *sb_copper_object_of_type(struct sb_call *call, const char *type);

void sb_copper_open_objects(struct sb_account *account);

/* --- copper_say.c --- */

void sb_copper_fail(struct sb_call *call, int status, const char *format, ...)
	PRINTF_LIKE(3, 4);
void sb_copper_not_found(struct sb_call *call);
void sb_copper_problem(struct sb_call *call, enum sb_problem problem, int status);
json_t *sb_copper_json(struct sb_call *call, const struct sb_record *record); /* new */

/* --- copper_write.c --- */

/* What was wrong with one record. */
struct sb_copper_refusal {
	const char *field; /* NULL: nothing */
	const char *label, *why;
};

/* What is to be stored of `body` (the arena's), or NULL and why. `except` is the record being
 * updated, NULL for a new one. */
json_t *sb_copper_values(struct sb_call *call, struct sb_object *object, const json_t *body,
			 const struct sb_record *except, struct sb_copper_refusal *refusal);

/* Says 422 in the words of one call; gives the item of a bulk answer. */
void sb_copper_refuse(struct sb_call *call, const struct sb_copper_refusal *refusal);
json_t *sb_copper_refused_item(const struct sb_copper_refusal *refusal);

/* Creates with defaults; NULL when the sandbox is full. */
struct sb_record *sb_copper_create(struct sb_call *call, struct sb_object *object,
				   json_t *values);

/* --- copper_write.c, copper_records.c, copper_search.c, copper_webhooks.c --- */

/* The live record of the route's object that the path names; NULL after a refusal. */
struct sb_record *sb_copper_record_of(struct sb_call *call);

/* The live person with this address, or NULL; and lets a person be found so. */
struct sb_record *sb_copper_person_by(struct sb_call *call, const char *email);
void sb_copper_index(struct sb_call *call, struct sb_record *person);

/* Writes values that were checked. */
void sb_copper_update(struct sb_call *call, struct sb_record *record, const json_t *values);

/* Whether one can subscribe to what happens to a type ("lead"); false for NULL. */
bool sb_copper_is_told_of(struct sb_call *call, const char *type);

/* --- handlers --- */

void sb_copper_get(struct sb_call *call);
void sb_copper_get_activity(struct sb_call *call);
void sb_copper_post(struct sb_call *call);
void sb_copper_put(struct sb_call *call);
void sb_copper_delete(struct sb_call *call);
void sb_copper_upsert(struct sb_call *call);
void sb_copper_bulk_create(struct sb_call *call);
void sb_copper_bulk_update(struct sb_call *call);
void sb_copper_convert(struct sb_call *call);

void sb_copper_search(struct sb_call *call);
void sb_copper_fetch_by_email(struct sb_call *call);
void sb_copper_related(struct sb_call *call);

void sb_copper_account(struct sb_call *call);
void sb_copper_me(struct sb_call *call);
void sb_copper_list(struct sb_call *call);
void sb_copper_pipelines(struct sb_call *call);
void sb_copper_activity_types(struct sb_call *call);
void sb_copper_definitions(struct sb_call *call);
void sb_copper_definition(struct sb_call *call);
void sb_copper_add_definition(struct sb_call *call);
void sb_copper_edit_definition(struct sb_call *call);

void sb_copper_add_webhook(struct sb_call *call);
void sb_copper_webhook(struct sb_call *call);
void sb_copper_edit_webhook(struct sb_call *call);
void sb_copper_delete_webhook(struct sb_call *call);
void sb_copper_changed(struct sb_call *call, const struct sb_change *change);

#endif
