/* source.h - where leads come from, as configured. Threads: pure.
 *
 * The form of workspace.yaml's `sources` (docs/workspace.md). */
#ifndef MODEL_SOURCE_H
#define MODEL_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/mapping.h"

enum source_kind { SOURCE_API, SOURCE_FORM, SOURCE_FILE };
enum trust { TRUST_TRUSTED, TRUST_PUBLIC };
enum lane { LANE_HOT, LANE_NORMAL, LANE_BULK };

struct rename {
	const char *from, *to; /* what the sender calls it; our field */
};

struct form {
	const char **origins;    /* exact origins for CORS */
	size_t norigins;
	const char *thank_you;   /* absolute URL to redirect to, or NULL: JSON */
	const char *honeypot;    /* a field that people leave empty, or NULL */
};

struct source {
	int64_t id;
	const char *name;
	enum source_kind kind;
	enum trust trust;
	const char *label;           /* shown on the lead as its source; default: the name */
	const char *default_country; /* ISO 3166 two letters, or NULL; default the workspace's */
	const char *time_zone;       /* IANA name of times without offset; default the
					workspace's, else UTC */
	const char **mandatory;      /* field names; none: at least one identity */
	size_t nmandatory;
	const char **keys;           /* primary, then secondary; default email, phone */
	size_t nkeys;
	const char **unique;         /* further fields that identify a lead */
	size_t nunique;
	enum behaviour behaviour;
	bool reject_in_process;      /* S0.14 */
	bool may_clear;              /* an explicit null clears */
	struct rename *renames;
	size_t nrenames;
	const char **ignored;        /* what the sender calls fields that are not taken */
	size_t nignored;
	struct form form;
	enum lane lane;              /* by kind: api and form hot, file bulk */
	const char *address;         /* the random part of /in/ADDRESS, or NULL */
};

const char *source_kind_name(enum source_kind kind);
bool source_kind_parse(const char *name, enum source_kind *kind);
const char *trust_name(enum trust trust);
bool trust_parse(const char *name, enum trust *trust);
const char *lane_name(enum lane lane);
bool lane_parse(const char *name, enum lane *lane);

#endif
