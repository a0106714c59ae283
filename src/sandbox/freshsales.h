/* freshsales.h - what the files of the imitated Freshsales share. Threads: under the
 * sandbox's lock. Numbers in parentheses are sections of the fact sheet.
 *
 * An account is of the Suite, or, by the switch `classic`, of the older generation with a
 * lead module; each has paths of its own, and the other's are not found. What an
 * administrator sets up and the API does not (workflows, custom modules, unique fields) is
 * there from the start or made with the control API. */
#ifndef SANDBOX_FRESHSALES_H
#define SANDBOX_FRESHSALES_H

#include "base/attributes.h"
#include "sandbox/render.h"
#include "sandbox/vendor.h"

/* A field whose value is an array; absence is []. */
#define FRESH_LIST SB_OF_VENDOR

struct sb_fresh_kind {
	const char *name;     /* "contacts": object, path, list in answers */
	const char *one;      /* "contact": the wrapper; NULL for a list of choices */
	const char *model;    /* "Contact": base_model, targetable_type; NULL: nothing hangs on it */
	const char *uniques;  /* standard fields that may be there once, "a|b" */
	const struct sb_field_spec *fields;
	size_t nfields;
	uint64_t first;
};

extern const struct sb_fresh_kind sb_fresh_kinds[];
extern const size_t sb_fresh_nkinds;
const struct sb_fresh_kind *sb_fresh_kind_of(const struct sb_object *object);
struct sb_object *sb_fresh_object_of_model(struct sb_call *call, const char *model);
void sb_fresh_open_objects(struct sb_account *account);

/* Whether the record is a person: a contact, or a lead of the classic generation. */
bool sb_fresh_is_person(const struct sb_object *object);

/* --- freshsales_say.c --- */

/* {"errors":{"code":...,"message":[...]}} with one sentence. */
void sb_fresh_fail(struct sb_call *call, int status, const char *format, ...) PRINTF_LIKE(3, 4);
void sb_fresh_not_found(struct sb_call *call);
void sb_fresh_problem(struct sb_call *call, enum sb_problem problem, int status);
json_t *sb_fresh_json(struct sb_call *call, const struct sb_record *record); /* new */

/* The addresses of a person, the first of them primary: [{id, value, is_primary, label}];
 * new. */
json_t *sb_fresh_emails(const struct sb_record *person);

/* "Ann Lee", or the name or title of what is no person; "" when it has none. */
const char *sb_fresh_name(struct sb_call *call, const struct sb_record *record);

/* --- freshsales_write.c --- */

/* What is to be stored of `body` (the arena's), or NULL and the sentence. `except` is the
 * record being updated, NULL for a new one. */
json_t *sb_fresh_values(struct sb_call *call, struct sb_object *object, const json_t *body,
			const struct sb_record *except, const char **sentence);

/* Creates with defaults, NULL when the sandbox is full; and changes. */
struct sb_record *sb_fresh_create(struct sb_call *call, struct sb_object *object,
				  json_t *values);
void sb_fresh_update(struct sb_call *call, struct sb_record *record, json_t *values);

/* The live record with this value in an indexed field, any of the addresses of "emails",
 * or of this "id". */
struct sb_record *sb_fresh_find(struct sb_call *call, struct sb_object *object,
				const char *field, const char *text);

/* --- freshsales_records.c --- */

/* The live record of the route's object that the path names; NULL after 404. */
struct sb_record *sb_fresh_record_of(struct sb_call *call);

/* Whether one of `object` is looked up by the field in upserts. */
bool sb_fresh_is_identifier(const struct sb_object *object, const char *field);

void sb_fresh_post(struct sb_call *call);
void sb_fresh_get(struct sb_call *call);
void sb_fresh_put(struct sb_call *call);
void sb_fresh_delete(struct sb_call *call);
void sb_fresh_forget(struct sb_call *call);
void sb_fresh_upsert(struct sb_call *call);

/* --- freshsales_bulk.c --- */

void sb_fresh_bulk_upsert(struct sb_call *call);
void sb_fresh_bulk_destroy(struct sb_call *call);
void sb_fresh_bulk_assign(struct sb_call *call);
void sb_fresh_job(struct sb_call *call);

/* --- freshsales_find.c --- */

void sb_fresh_lookup(struct sb_call *call);
void sb_fresh_search(struct sb_call *call);
void sb_fresh_filtered_search(struct sb_call *call);
void sb_fresh_filters(struct sb_call *call);
void sb_fresh_view(struct sb_call *call);

/* Which page is wanted: 25 on one unless told, 100 at most; false after refusing. */
bool sb_fresh_read_page(struct sb_call *call, int64_t *page, int64_t *size);

/* Replies with the page of `list`, which it takes, under `name`, and how many there are. */
void sb_fresh_reply_page(struct sb_call *call, const char *name, json_t *list, int64_t page,
			 int64_t size);

/* --- freshsales_related.c --- */

/* Adds to an answer what "include" asks for beside the record, each once however often it is
 * asked for; false after a reply. */
bool sb_fresh_include(struct sb_call *call, const struct sb_record *record, json_t *answer);
void sb_fresh_timeline(struct sb_call *call);

void sb_fresh_lists(struct sb_call *call);
void sb_fresh_add_to_list(struct sb_call *call);
void sb_fresh_show_list(struct sb_call *call);

/* --- freshsales_settings.c --- */

void sb_fresh_fields(struct sb_call *call);
void sb_fresh_selector(struct sb_call *call);
void sb_fresh_outcomes(struct sb_call *call);

/* --- freshsales_workflows.c --- */

void sb_fresh_changed(struct sb_call *call, const struct sb_change *change);

#endif
