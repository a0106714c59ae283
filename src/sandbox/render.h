/* render.h - what several vendors do alike with records and the JSON that they become.
 * Threads: under the sandbox's lock. */
#ifndef SANDBOX_RENDER_H
#define SANDBOX_RENDER_H

#include <jansson.h>
#include <stdint.h>

#include "base/buf.h"
#include "sandbox/account.h"
#include "sandbox/call.h"
#include "sandbox/records.h"

/* How a vendor writes a time. */
enum sb_time_style {
	SB_TIME_ZULU,   /* 2026-02-03T09:00:00Z */
	SB_TIME_BLANK,  /* 2026-02-03 09:00:00 */
	SB_TIME_OFFSET, /* 2026-02-03T09:00:00+00:00 */
	SB_TIME_MICRO,  /* 2026-02-03T09:00:00.120000+00:00 */
	SB_TIME_NAKED,  /* 2026-02-03T09:00:00.120000 */
};

/* The time of an account's clock; new. */
json_t *sb_render_time(const struct sb_call *call, int64_t ms, enum sb_time_style style);

/* Adds to `out` the fields that have all flags of `with` and none of `without`, in the
 * order of the object's table, null where there is no value ([] where the field has a
 * flag of `lists`). Archived and hidden fields are never there. */
void sb_render_fields(const struct sb_record *record, unsigned with, unsigned without,
		      unsigned lists, json_t *out);

/* Adds a record to an object that there is; takes the reference to `values`. NULL when
 * the sandbox is full or the id is taken. */
struct sb_record *sb_record_add(struct sb_call *call, const char *object, json_t *values,
				const char *id);

/* Sets a member that is not there yet; takes the reference to `value`. */
void sb_set_default(json_t *values, const char *name, json_t *value);

/* The text of a field, "" when it has none; a copy that outlives what is written next. */
const char *sb_text(const struct sb_call *call, const struct sb_record *record,
		    const char *field);

/* The live record of an object by id, or NULL. */
struct sb_record *sb_live_find(const struct sb_account *account, const char *object,
			       const char *id);

/* Adds text to HTML or XML: what would be markup is written as entities, and control
 * characters, which XML cannot hold, are left out. */
void sb_add_markup(struct buf *buf, const char *text);

/* A JSON string or integer as an id's text; NULL for anything else. */
const char *sb_id_text(struct arena *arena, const json_t *value);

/* The number of an id that is all digits; 0 if it is not one. */
int64_t sb_id_number(const char *id);

#endif
