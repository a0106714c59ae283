/* records_inside.h - what the files behind records.h, field.h and links.h share. Threads:
 * under the sandbox's lock. */
#ifndef SANDBOX_RECORDS_INSIDE_H
#define SANDBOX_RECORDS_INSIDE_H

#include "sandbox/call.h"
#include "sandbox/links.h"
#include "sandbox/records.h"
#include "sandbox/state.h"

/* --- values.c: one field's value in 24 bytes and its text --- */

enum sb_value_kind { SB_NONE, SB_STRING, SB_WHOLE, SB_REAL, SB_FALSE, SB_YES, SB_TREE };

struct sb_value {
	unsigned slot;
	enum sb_value_kind kind;
	union {
		char *text; /* SB_STRING, and SB_TREE as compact JSON */
		int64_t whole;
		double real;
	};
};

struct sb_value sb_value_of(unsigned slot, const json_t *json); /* null is SB_NONE */
json_t *sb_value_json(const struct sb_value *value);            /* NULL for SB_NONE */
const char *sb_value_text(const struct sb_value *value, struct arena *arena);
bool sb_value_equal(const struct sb_value *a, const struct sb_value *b);
void sb_value_free(struct sb_value *value);

const struct sb_value *sb_record_slot(const struct sb_record *record, unsigned slot);

/* Puts a value in its place and gives what was there (kind SB_NONE if nothing); the
 * caller owns that. Keeps the index. */
struct sb_value sb_record_put(struct sb_record *record, struct sb_value value);

/* --- history.c --- */

#define SB_HISTORY_MAX 16

struct sb_delta {
	struct sb_delta *before;
	int64_t at;
	uint64_t request, change;
	int64_t updated_before;  /* what the record had */
	uint64_t change_before;
	unsigned count;
	struct sb_value old[];
};

/* Puts a delta of `old` (owned from now on) at the head of the record's history. */
void sb_history_add(struct sb_call *call, struct sb_record *record,
		    const struct sb_value *old, unsigned count);

/* Takes the head off and gives it to the caller. */
struct sb_delta *sb_history_pop(struct sb_record *record);
void sb_delta_free(struct sb_delta *delta);

/* Adds an entry to the change log and makes it the record's latest. */
void sb_change_add(struct sb_call *call, struct sb_record *record, enum sb_change_kind kind);

/* --- index.c --- */

struct sb_key {
	struct sb_key *next;
	uint64_t hash;
	const struct sb_field *field;
	struct sb_record *record;
	char text[];
};

struct sb_keys {
	struct sb_key **chains;
	size_t nchains, count;
};

struct sb_ids {
	struct sb_record **chains;
	size_t nchains, count;
};

void sb_keys_add(struct sb_keys *keys, const struct sb_field *field, const char *text,
		 struct sb_record *record);
void sb_keys_remove(struct sb_keys *keys, const struct sb_field *field, const char *text,
		    struct sb_record *record);
void sb_keys_remove_field(struct sb_keys *keys, const struct sb_field *field);
void sb_keys_free(struct sb_keys *keys);
void sb_ids_add(struct sb_ids *ids, struct sb_record *record);
void sb_ids_remove(struct sb_ids *ids, struct sb_record *record);
struct sb_record *sb_ids_find(const struct sb_ids *ids, const char *id);

/* All keys of a record, aliases too: when it comes to life, and when it goes. */
void sb_record_index(struct sb_record *record);
void sb_record_unindex(struct sb_record *record);

struct sb_alias {
	struct sb_alias *next;
	const struct sb_field *field;
	char text[];
};

/* --- objects.c --- */

struct sb_object {
	struct sb_account *account;
	struct sb_object_spec spec;
	struct sb_field **fields;
	size_t nfields, fields_room;
	struct sb_record **records; /* by number */
	size_t nrecords, records_room, nlive;
	uint64_t next_number;
	struct sb_ids ids;
	struct sb_keys keys;
	struct sb_change *changes;
	size_t nchanges, changes_room;
};

void sb_record_free(struct sb_record *record);

/* --- undo.c --- */

/* Each remembers how to take one step back; nothing outside sb_begin(). */
void sb_undo_create(struct sb_record *record);
void sb_undo_update(struct sb_record *record);
void sb_undo_state(struct sb_record *record);
void sb_undo_derive(struct sb_record *record, struct sb_value old); /* owns old */
void sb_undo_link(struct sb_record *from, struct sb_record *to, int type, bool is_added);
void sb_undo_alias(struct sb_record *record);
void sb_undo_free(struct sb_account *account);

/* links.c */
bool sb_link_put(struct sb_record *from, struct sb_record *to, int type);
bool sb_link_take(struct sb_record *from, const struct sb_record *to, int type);
void sb_links_free(struct sb_record *record);

#endif
