/* field.h - the metadata of an object's fields, and whether a value fits one. Threads:
 * under the sandbox's lock.
 *
 * A vendor lists its standard fields as a table of struct sb_field_spec. Everything a
 * schema change does (rename, retype, require, shorten, edit options, lose permission)
 * is an edit of the struct sb_field; so a vendor that describes and checks from these
 * alone imitates all of them. */
#ifndef SANDBOX_FIELD_H
#define SANDBOX_FIELD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sb_object;
struct sb_account;

enum sb_type {
	SB_TEXT,
	SB_LONG_TEXT,
	SB_EMAIL,
	SB_PHONE,
	SB_URL,
	SB_INTEGER,
	SB_NUMBER,
	SB_BOOLEAN,
	SB_DATE,      /* "2026-03-02", or what the vendor takes for it */
	SB_DATETIME,
	SB_PICKLIST,
	SB_MULTI,     /* several options, "a;b" or an array: the vendor's check */
	SB_REFERENCE, /* the id of a record of `refers_to` */
	SB_JSON,      /* whatever the vendor keeps there */
};

enum sb_field_flag {
	SB_REQUIRED = 1 << 0,
	SB_READ_ONLY = 1 << 1,
	SB_UNIQUE = 1 << 2,     /* implies SB_INDEXED */
	SB_INDEXED = 1 << 3,    /* sb_record_by() and equality queries need no scan */
	SB_CUSTOM = 1 << 4,
	SB_OPEN = 1 << 5,       /* a picklist that takes any text */
	SB_HIDDEN = 1 << 6,     /* lost permission: as if it were not there */
	SB_CALCULATED = 1 << 7, /* read-only because computed */
	SB_ARCHIVED = 1 << 8,
	SB_DEFAULTED = 1 << 9,  /* the vendor fills it on create */
	SB_OF_VENDOR = 1 << 10, /* first of the bits that are the vendor's own */
};

struct sb_option {
	const char *value, *label; /* the account's */
	int number;                /* place in the list, or the vendor's own number */
	bool is_hidden;
};

struct sb_field {
	const char *name;  /* the vendor's API name */
	const char *label;
	enum sb_type type;
	const char *kind;  /* the vendor's own word for it ("radio"), or NULL */
	const char *group; /* or NULL */
	const char *refers_to; /* object of SB_REFERENCE, several as "a|b"; or NULL */
	unsigned flags;        /* enum sb_field_flag */
	int max_len;           /* characters, 0: no limit of its own */
	struct sb_option *options;
	size_t noptions;
	json_t *extra;         /* the vendor's further metadata, or NULL */
	int64_t created_at, updated_at;
	unsigned slot;         /* place in the object's table; never changes */
	struct sb_object *object;
};

/* One line of a vendor's table of standard fields. `options` are "value" or
 * "value=label", separated by '|'. */
struct sb_field_spec {
	const char *name, *label;
	enum sb_type type;
	unsigned flags;
	int max_len;
	const char *options, *kind, *group, *refers_to;
};

/* Adds a field; a field of that name must not be there. Texts are copied. */
struct sb_field *sb_field_add(struct sb_object *object, const struct sb_field_spec *spec);
void sb_fields_add(struct sb_object *object, const struct sb_field_spec *specs, size_t count);

/* By API name (exact, or without case when the object says so); NULL when there is none
 * or it is SB_ARCHIVED. Hidden ones are found: ask flags. */
struct sb_field *sb_field_find(const struct sb_object *object, const char *name);

/* Also the archived ones. */
struct sb_field *sb_field_find_any(const struct sb_object *object, const char *name);

/* Whether a list of words ("a|b|c") has the word, in the same case; false when either is
 * NULL. */
bool sb_has_word(const char *words, const char *word);

/* Edits of metadata, for vendors and for the control's schema changes. Renaming keeps
 * the values; it returns false when the new name is taken. Options as in the spec.
 * Making a field unique or indexed builds its index from what is stored. */
bool sb_field_rename(struct sb_field *field, const char *name);
void sb_field_retype(struct sb_field *field, enum sb_type type);
void sb_field_set_options(struct sb_field *field, const char *options);
void sb_field_add_option(struct sb_field *field, const char *value, const char *label,
			 int number, bool is_hidden);
void sb_field_set_flags(struct sb_field *field, unsigned set, unsigned clear);

/* What is wrong with a value for a field; SB_FITS when nothing. null and "" fit any
 * field (they clear it); whether a required one may be cleared is the vendor's. */
enum sb_misfit {
	SB_FITS,
	SB_NOT_TEXT,
	SB_NOT_NUMBER,
	SB_NOT_INTEGER,
	SB_NOT_BOOLEAN,
	SB_NOT_DATE,
	SB_NOT_DATETIME,
	SB_NOT_EMAIL,
	SB_NOT_OPTION,
	SB_TOO_LONG,
};

/* With SB_WIRE_TEXT numbers, booleans and dates come as text ("12", "true", epoch ms),
 * as HubSpot's do; with SB_WIRE_JSON numbers and booleans must be JSON's own. */
enum sb_wire { SB_WIRE_JSON, SB_WIRE_TEXT };
enum sb_misfit sb_field_check(const struct sb_field *field, const json_t *value,
			      enum sb_wire wire);

const struct sb_option *sb_field_option(const struct sb_field *field, const char *value);

/* The type's name in the control API ("picklist"), and back. */
const char *sb_type_name(enum sb_type type);
bool sb_type_parse(const char *name, enum sb_type *type);

/* A plain address: local@domain.tld, ASCII or UTF-8, at most 254 bytes. */
bool sb_is_email(const char *text);

/* A number of the vendor's text ("12.50", "-3"); whole decimal, no blanks. */
bool sb_is_number(const char *text, double *number);

/* The ms of a date or datetime as vendors write it: RFC 3339, "2026-02-03", epoch ms
 * as text. */
bool sb_time_parse(const char *text, int64_t *ms);

#endif
