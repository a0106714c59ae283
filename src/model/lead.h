/* lead.h - a person who may buy: fields with provenance, enquiries, identities.
 * Threads: pure. */
#ifndef MODEL_LEAD_H
#define MODEL_LEAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "model/value.h"

#define LEAD_FIELDS_MAX 250     /* standard and custom together */
#define LEAD_CUSTOM_MAX 200
#define CUSTOM_PREFIX "custom." /* a custom field's name: "custom.budget" */

/* Who wrote a value. */
enum writer {
	WRITER_SOURCE,     /* id: the source */
	WRITER_CONNECTION, /* id: the connection: a CRM told us */
	WRITER_RULE,       /* Fairlead itself: score, route, defaults */
	WRITER_PERSON,     /* id: the token or user */
};

/* A value, who wrote it, when it happened there, when we learned it (ms since 1970). */
struct lead_field {
	const char *name;
	struct value value;
	enum writer writer;
	int64_t writer_id;
	int64_t at, learned_at;
};

enum identity_state { IDENTITY_CURRENT, IDENTITY_FORMER, IDENTITY_SHARED };

/* A normalised key of a lead: "email", "phone" or a field marked unique. */
struct identity {
	const char *kind;
	const char *key;         /* normalised: what two leads have in common */
	struct hash16 hash;      /* of kind and key under the workspace's key */
	enum identity_state state;
	bool is_weak;            /* a role address (info@): never matches alone */
};

/* One expression of interest. */
struct enquiry {
	int64_t id, lead, source;
	const char *external_id; /* the source's enquiry id, or NULL */
	const char *message;
	int64_t occurred_at, received_at;
	const struct field *fields; /* as given: campaign, page, custom... */
	size_t nfields;
	bool is_open;
};

#define LEAD_VERSION_MAX INT32_MAX

struct lead {
	int64_t id, workspace;
	int64_t version;         /* 1, then one more with every change of a value, at most
				    LEAD_VERSION_MAX: ids are far greater */
	int64_t created_at, updated_at;
	int64_t merged_into;     /* 0, or the older lead that this one is part of */
	int64_t owner_rep;       /* 0, or the rep that a route picked */
	struct lead_field *fields; /* sorted by nothing: few */
	size_t nfields;
	struct identity *identities;
	size_t nidentities;
	bool is_erased, is_test;
};

/* What a standard field is. Custom fields are text of any form. */
enum field_kind {
	FIELD_NAME, FIELD_EMAIL, FIELD_PHONE, FIELD_TEXT, FIELD_COUNTRY, FIELD_POSTAL,
	FIELD_LANGUAGE, FIELD_TIME, FIELD_NUMBER, FIELD_WORD,
};

struct standard_field {
	const char *name;
	const char *title;     /* for people */
	enum field_kind kind;
	size_t max_len;        /* characters */
	bool is_personal;
	bool is_given;         /* a source may send it; the others are concluded */
	const char *synonyms;  /* "e-mail|email address|mail": for headers of files */
};

/* Ends with a NULL name. Concluded ones: status, owner, disqualify_reason,
 * qualification_status, qualification_at, qualification_channel,
 * qualification_attempt, callback_at, score, score_reasons. */
extern const struct standard_field standard_fields[];
const struct standard_field *standard_field_find(const char *name);

/* The standard field that a file's or form's header means ("E-Mail Address",
 * "Mobile No."), compared without case, blanks and punctuation; NULL if none. */
const struct standard_field *standard_field_guess(const char *header);

const struct lead_field *lead_field_find(const struct lead *lead, const char *name);
struct value lead_value(const struct lead *lead, const char *name); /* may be absent */

/* What a mapping, a score rule or a route reads: the lead's field, else the latest
 * enquiry's ("enquiry_id", "message", "source", a custom field as given), else absent.
 * Also "lead_id" (13 letters), "created_at", "updated_at"; times are RFC 3339.
 * `enquiry` and `source_label` may be NULL. */
struct value lead_view(struct arena *arena, const struct lead *lead,
		       const struct enquiry *enquiry, const char *source_label,
		       const char *name);

/* Whether a rule or a mapping may name it: a standard field, a custom one, or one of
 * those that lead_view() adds; and the name that was meant, or NULL. */
bool lead_view_exists(const char *name);
const char *lead_view_nearest(const char *name);

/* "custom." and 1 to CUSTOM_NAME_MAX bytes without control characters, not beginning or
 * ending with a blank. */
#define CUSTOM_NAME_MAX 100
bool custom_name_is_valid(const char *name);

/* The lead's own form in the store and in decisions: fields with provenance, compact.
 *   {"f":{"email":["ada@x.org","source",ID,AT,LEARNED]},"k":[["email","ada@x.org",0,0]]}
 * Reading gives what was written, byte for byte. Fields that are absent are left out;
 * hashes of identities are not in it and are zero after reading: they are made again by
 * lead_hash_identities(). Errors: ERR_INVALID. */
void buf_add_lead_fields(struct buf *buf, const struct lead *lead);
int lead_fields_from_json(struct arena *arena, const json_t *json, struct lead *lead,
			  struct error *err);
void lead_hash_identities(struct lead *lead, const struct hash_key *key);

/* Copies in the arena that share nothing with what was copied. */
struct lead *lead_copy(struct arena *arena, const struct lead *lead);
struct enquiry *enquiry_copy(struct arena *arena, const struct enquiry *enquiry);

const char *writer_name(enum writer writer);
bool writer_parse(const char *name, enum writer *writer);
const char *identity_state_name(enum identity_state state);
bool identity_state_parse(const char *name, enum identity_state *state);

#endif
