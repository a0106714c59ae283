/* records.h - objects with their records, indexes, history and change log. Threads:
 * under the sandbox's lock.
 *
 * An account has objects ("contacts"), an object has fields (field.h) and records. A
 * record's values are held by field; a field that was never written or was cleared has
 * no value. Values are JSON of any shape, stored compactly: what they look like is the
 * vendor's. Reading is by name; nothing here checks a value: vendors do, with
 * sb_field_check() and sb_record_clash(), before they write.
 *
 * Every write is in the ledger, in the record's history and in the object's change
 * log, and can be taken back with sb_rollback() until the request ends. */
#ifndef SANDBOX_RECORDS_H
#define SANDBOX_RECORDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "sandbox/field.h"

struct sb_call;
struct sb_account;
struct sb_object;
struct sb_link;

enum sb_state {
	SB_LIVE,
	SB_DELETED, /* in the recycle bin: found by id only */
	SB_MERGED,  /* into `merged_into` */
	SB_GONE,    /* purged or rolled back: found by nothing */
};

struct sb_value; /* one field's value, compact */
struct sb_delta; /* what one write changed */
struct sb_alias; /* a further value that a record is found by */

struct sb_record {
	struct sb_object *object;
	const char *id;      /* the vendor's */
	uint64_t number;     /* grows with creation, unique in the object */
	int64_t created_at, updated_at, deleted_at; /* ms, sandbox time; 0 if not */
	uint32_t version;    /* 1 when created */
	enum sb_state state;
	struct sb_record *merged_into;
	uint64_t change;     /* number of its latest entry in the change log */
	/* The rest is records.c's. */
	struct sb_value *values;
	unsigned nvalues, values_room;
	struct sb_delta *history; /* latest first */
	struct sb_alias *aliases;
	struct sb_link *links;
	struct sb_record *next_of_id;
};

/* What a vendor says of an object. */
struct sb_object_spec {
	const char *name;   /* "contacts" */
	const char *label;
	const char *prefix; /* the vendor's type id ("0-1") or key prefix ("00Q"), or NULL */
	uint64_t first;     /* number of the first record */
	/* Writes the id of record `number` into `id`; NULL: the number in decimal. */
	void (*make_id)(const struct sb_object *object, uint64_t number, char id[64]);
	bool ignores_case;  /* names of fields are found without case */
};

struct sb_object *sb_object_add(struct sb_account *account, const struct sb_object_spec *spec);

/* By name or prefix; NULL if there is none. */
struct sb_object *sb_object_find(const struct sb_account *account, const char *name);
const struct sb_object_spec *sb_object_spec(const struct sb_object *object);
struct sb_account *sb_object_account(const struct sb_object *object);

/* The fields in the order they were added, archived ones too. */
size_t sb_object_nfields(const struct sb_object *object);
struct sb_field *sb_object_field(const struct sb_object *object, size_t index);

/* Live records now, and the high-water mark of `sb_object_record(object, i)`, which
 * gives all records in the order of creation, those of every state too. */
size_t sb_object_live(const struct sb_object *object);
size_t sb_object_count(const struct sb_object *object);
struct sb_record *sb_object_record(const struct sb_object *object, size_t index);

/* The first record with a number greater than `after`, of any state, or NULL: what
 * cursors by id continue from. O(log n). */
struct sb_record *sb_object_after(const struct sb_object *object, uint64_t after);

/* --- writing; `call` says who and when --- */

/* Adds a record with the members of `values` (field name to value; null and unknown
 * names are passed over). `id` is given by vendors that let callers choose it, else
 * NULL. NULL is returned when the sandbox is full (see struct sandbox_config) or the id
 * is taken; answer with the vendor's SB_PROBLEM_FULL. */
struct sb_record *sb_record_create(struct sb_call *call, struct sb_object *object,
				   const json_t *values, const char *id);

/* Writes the members of `values`; null clears. Equal values are no change of the value,
 * but version and updated_at always move, as CRMs do. Returns how many values changed. */
int sb_record_update(struct sb_call *call, struct sb_record *record, const json_t *values);

/* Writes without moving version, updated_at, ledger or change log: what the vendor
 * itself derives (a counter, lastmodifieddate). */
void sb_record_derive(struct sb_call *call, struct sb_record *record, const char *field,
		      json_t *value); /* takes the reference; NULL clears */

void sb_record_delete(struct sb_call *call, struct sb_record *record);
void sb_record_purge(struct sb_call *call, struct sb_record *record);

/* Marks `loser` as merged into `winner`, moves its links and its index keys (as
 * aliases). What becomes of the values is the vendor's: update the winner first. */
void sb_record_merge(struct sb_call *call, struct sb_record *winner, struct sb_record *loser);

/* Lets `record` be found by a further value of an indexed field (an additional e-mail), if
 * it is not yet. Counts for uniqueness. Dropped with the record. */
void sb_record_alias(struct sb_call *call, struct sb_record *record,
		     const struct sb_field *field, const char *text);

/* --- finding and reading: a field that is not there (NULL, or a name that is none: an
 * administrator may rename any) has no value and finds nothing --- */

/* Of any state but SB_GONE; NULL if there is none. */
struct sb_record *sb_record_find(const struct sb_object *object, const char *id);

/* The live record (the oldest of several) whose indexed field has this value, without
 * regard to ASCII case; NULL for a field that is not there (NULL). */
struct sb_record *sb_record_by(const struct sb_field *field, const char *text);

/* Calls visit(record, context) for all such live records until it returns false. */
void sb_record_each(const struct sb_field *field, const char *text,
		    bool (*visit)(struct sb_record *record, void *context), void *context);

/* The live record, other than `except`, that holds a value of `values` in a unique
 * field; the field goes to *field. NULL when `values` clash with nothing. */
struct sb_record *sb_record_clash(struct sb_object *object, const json_t *values,
				  const struct sb_record *except, struct sb_field **field);

/* The text of a value (numbers and booleans as text), or NULL when it has none. Text
 * lives until the field is written; others are the arena's. */
const char *sb_record_text(const struct sb_record *record, const struct sb_field *field,
			   struct arena *arena);
const char *sb_record_text_of(const struct sb_record *record, const char *field,
			      struct arena *arena);

/* A new reference, or NULL when it has no value. */
json_t *sb_record_value(const struct sb_record *record, const struct sb_field *field);
json_t *sb_record_value_of(const struct sb_record *record, const char *field);

/* As they were at `at` (ms): for searches whose index lags, and histories. Falls back
 * to the oldest known value. _at() also says, in *existed, whether the record was there
 * and not deleted then. */
json_t *sb_record_value_at(const struct sb_record *record, const struct sb_field *field,
			   int64_t at);
bool sb_record_was_live(const struct sb_record *record, int64_t at);

/* --- history and change log --- */

enum sb_change_kind { SB_CREATED, SB_UPDATED, SB_REMOVED, SB_JOINED };

/* One entry of the change log; numbers grow by one over the whole account. */
struct sb_change {
	uint64_t number;
	int64_t at;
	struct sb_record *record;
	enum sb_change_kind kind;
	uint64_t request;
};

/* What it changed: NULL when it changed no value, or when that is forgotten (a record
 * remembers its latest 16 writes). */
const struct sb_delta *sb_change_delta(const struct sb_change *change);

/* The entries of an object are in the order of number and of time. `after` is a number
 * (0 from the start); returns how many there are after it, *first the first of them.
 * Valid until the next write. An entry whose number is not its record's `change` has
 * been overtaken by a later one. */
size_t sb_changes_after(const struct sb_object *object, uint64_t after,
			const struct sb_change **first);

/* The number of the last entry before `at` (ms), 0 if there is none. */
uint64_t sb_changes_before(const struct sb_object *object, int64_t at);

/* Calls visit() for each field of `object` that a delta of one of its records changed,
 * with the value before (NULL: none). */
void sb_delta_each(const struct sb_delta *delta,
		   void (*visit)(const struct sb_field *field, const json_t *before,
				 void *context),
		   const struct sb_object *object, void *context);
int64_t sb_delta_at(const struct sb_delta *delta);
uint64_t sb_delta_request(const struct sb_delta *delta);
const struct sb_delta *sb_delta_before(const struct sb_delta *delta); /* or NULL */

/* --- all or nothing --- */

/* Everything written to the account between sb_begin() and sb_rollback() is undone,
 * ledger and change log too; sb_commit() keeps it. They nest; each begin has one end. */
void sb_begin(struct sb_call *call);
void sb_commit(struct sb_call *call);
void sb_rollback(struct sb_call *call);

/* account.c's: frees an account's objects with all they hold. */
void sb_objects_free(struct sb_account *account);

#endif
