/* freshsales.h - what the files of the imitated Freshsales (Suite) share. Threads: under
 * the sandbox's lock. Numbers in parentheses are sections of the fact sheet. */
#ifndef SANDBOX_FRESHSALES_H
#define SANDBOX_FRESHSALES_H

#include "base/attributes.h"
#include "sandbox/render.h"
#include "sandbox/vendor.h"

struct sb_fresh_kind {
	const char *name;     /* "contacts": object, path, list in answers */
	const char *one;      /* "contact": the wrapper */
	const char *model;    /* "Contact": base_model, targetable_type */
	const char *const *uniques; /* fields that may be there once; ends with NULL */
	const struct sb_field_spec *fields;
	size_t nfields;
	uint64_t first;
};

extern const struct sb_fresh_kind sb_fresh_kinds[];
extern const size_t sb_fresh_nkinds;
const struct sb_fresh_kind *sb_fresh_kind_of(const struct sb_object *object);
struct sb_object *sb_fresh_object_of_model(struct sb_call *call, const char *model);
void sb_fresh_open_objects(struct sb_account *account);

/* {"errors":{"code":...,"message":[...]}} with one sentence. */
void sb_fresh_fail(struct sb_call *call, int status, const char *format, ...) PRINTF_LIKE(3, 4);
void sb_fresh_not_found(struct sb_call *call);
void sb_fresh_problem(struct sb_call *call, enum sb_problem problem, int status);
json_t *sb_fresh_json(struct sb_call *call, const struct sb_record *record); /* new */

/* The live record with this value in a field ("emails" looks in the address). */
struct sb_record *sb_fresh_find(struct sb_call *call, struct sb_object *object,
				const char *field, const char *text);

void sb_fresh_post(struct sb_call *call);
void sb_fresh_get(struct sb_call *call);
void sb_fresh_put(struct sb_call *call);
void sb_fresh_delete(struct sb_call *call);
void sb_fresh_upsert(struct sb_call *call);
void sb_fresh_bulk_upsert(struct sb_call *call);
void sb_fresh_job(struct sb_call *call);

#endif
