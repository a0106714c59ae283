/* mapping.h - which lead field goes to which CRM field, and how, as configured.
 * Threads: pure.
 *
 * The form of workspace.yaml's `mappings` (docs/workspace.md). What is done with it is
 * mapping/'s. */
#ifndef MODEL_MAPPING_H
#define MODEL_MAPPING_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/fact.h"

/* Who may overwrite a field. */
enum policy {
	POLICY_NEWEST,
	POLICY_CRM,
	POLICY_FAIRLEAD,
	POLICY_FILL_IF_EMPTY,
	POLICY_MANUAL,
};

enum direction { DIRECTION_OUT, DIRECTION_IN, DIRECTION_BOTH };

struct mapping_field {
	const char *from;      /* lead field: "phone", "custom.budget"; or the id that
				  another record has there: "remote_id.contacts", by the
				  mapping that made it; or what a fact says:
				  "activity.text"; NULL: only default */
	const char *to;        /* the CRM's field */
	const json_t *via;     /* array of transforms [{"e164":{}},...], or NULL */
	struct value fallback; /* `default`: when nothing is sent and the target is empty */
	enum direction direction;
	enum policy policy;
	bool is_off;
	bool is_every_value;   /* every value must be delivered, in order */
};

#define MAPPING_FIELDS_MAX 250

struct mapping {
	int64_t id;
	const char *name;
	int64_t version;       /* grows with every change; stands in calls and audit */
	const char *owner;     /* the person who answers for it */
	const char *connection, *object;
	const char *depends_on; /* a mapping of the same connection whose record must be
				   there first (contact, then deal), or NULL */
	unsigned activities;   /* bits of fact kinds: one record for each such fact, instead
				  of one for the lead; 0: none */
	struct mapping_field *fields;
	size_t nfields;
};

enum sync_mode { SYNC_REAL_TIME, SYNC_BATCH, SYNC_MANUAL, SYNC_SHADOW };
enum behaviour { BEHAVIOUR_CAPTURE, BEHAVIOUR_CREATE_ONLY, BEHAVIOUR_UPDATE_ONLY,
		 BEHAVIOUR_NONE };

struct sync {
	int64_t id;
	const char *mapping;   /* by name */
	enum sync_mode mode;
	enum behaviour behaviour;
	bool is_paused;
};

/* Whether a new lead is looked for at the sync's connection at once. */
bool sync_looks(const struct sync *sync);

/* Reads one item of workspace.yaml's `mappings`; id and version stay 0. Checks the form
 * alone: whether the lines can work is mapping/compile.h's. What a line leaves out is
 * filled in: direction out, on, the policy of its lead field, every value for status,
 * qualification_status and callback_at. Texts are copied; `via` points into `json`, which
 * must live as long as the mapping. Errors name line and member:
 * `fields[2]: policy: unknown word "newst"; did you mean "newest"?`. */
int mapping_from_json(struct arena *arena, const json_t *json, struct mapping *mapping,
		      struct error *err);

/* The same form back, without what the defaults say: a new reference. Reading it again
 * gives the same mapping. */
json_t *mapping_to_json(const struct mapping *mapping);

const char *policy_name(enum policy policy);
bool policy_parse(const char *name, enum policy *policy);
/* The policy of a lead field when a mapping names none: status, owner,
 * disqualify_reason CRM; qualification_*, callback_at, score* FAIRLEAD; remote_id.*
 * FILL_IF_EMPTY: people move records; else NEWEST. */
enum policy policy_of_field(const char *name);
/* Whether the field is one of the unit status, owner, disqualify_reason. */
bool field_is_crm_owned(const char *name);
/* Whether every value of the field is delivered when a mapping does not say. */
bool field_is_every_value(const char *name);

/* The mapping whose record's id in the CRM a line sends: "contacts" of
 * "remote_id.contacts"; NULL when the name is a lead's field. */
#define REMOTE_ID_PREFIX "remote_id."
const char *remote_id_mapping(const char *from);

/* Whether every value of the line's field is told: the line is on, writes, and says so. */
bool mapping_tells_every(const struct mapping_field *line);
/* Whether a value of the lead's field is kept until it is told: it is a fact's, or one of
 * the lines tells its every value, or that of a field that it belongs to: status, owner and disqualify_reason
 * are one thing, and so are the qualification_... fields. */
bool mapping_keeps(const struct mapping *mapping, const char *field);

const char *direction_name(enum direction direction);
bool direction_parse(const char *name, enum direction *direction);
const char *behaviour_name(enum behaviour behaviour);
bool behaviour_parse(const char *name, enum behaviour *behaviour);
const char *sync_mode_name(enum sync_mode mode);
bool sync_mode_parse(const char *name, enum sync_mode *mode);

#endif
