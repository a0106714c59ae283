/* catalog.h - what a CRM says its fields are: the cached schema. Threads: pure. */
#ifndef MODEL_CATALOG_H
#define MODEL_CATALOG_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* One word per kind of field, whatever the vendor calls it. */
enum catalog_type {
	CATALOG_TEXT,
	CATALOG_TEXTAREA,
	CATALOG_EMAIL,
	CATALOG_PHONE,
	CATALOG_URL,
	CATALOG_INTEGER,
	CATALOG_NUMBER,
	CATALOG_BOOLEAN,
	CATALOG_DATE,      /* YYYY-MM-DD */
	CATALOG_DATETIME,  /* RFC 3339 */
	CATALOG_TIME,      /* HH:MM[:SS] */
	CATALOG_PICKLIST,
	CATALOG_MULTI_PICKLIST,
	CATALOG_REFERENCE, /* the id of another record */
	CATALOG_ANY,       /* not checked: structured or unknown */
};

struct catalog_option {
	const char *value; /* as written on the wire */
	const char *label;
	bool is_hidden;    /* kept for old records; not to be written */
};

struct catalog_field {
	const char *name, *label;
	enum catalog_type type;
	int length;           /* characters at most; 0: no limit known */
	int precision, scale; /* digits of a number, and behind the point; 0: unknown */
	bool is_required;     /* to create a record */
	bool is_creatable, is_updatable;
	bool is_unique;       /* the CRM refuses a second record with the value */
	bool is_key;          /* may be upserted or looked up by */
	bool is_write_only;   /* cannot be read back; writing it again is no change */
	bool has_open_options; /* options are hints: other text is taken too */
	const struct catalog_option *options;
	size_t noptions;
};

/* The fields of one object ("contacts", "Lead"). `fingerprint` changes with anything
 * that matters to a mapping: drift compares it. */
struct catalog {
	const char *object;
	const struct catalog_field *fields;
	size_t nfields;
	int64_t read_at; /* ms since 1970 */
};

const char *catalog_type_name(enum catalog_type type);
bool catalog_type_parse(const char *name, enum catalog_type *type);
const struct catalog_field *catalog_find(const struct catalog *catalog, const char *name);

/* To and from the JSON that the store keeps and the API shows. */
json_t *catalog_to_json(const struct catalog *catalog); /* a new reference */
int catalog_from_json(struct arena *arena, const json_t *json, struct catalog *catalog,
		      struct error *err);

#endif
