/* salesforce.h - between the files that imitate Salesforce. Threads: under the sandbox's
 * lock.
 *
 * Written from the Salesforce fact sheet; numbers in comments are its sections. */
#ifndef SANDBOX_SALESFORCE_H
#define SANDBOX_SALESFORCE_H

#include "sandbox/query.h"
#include "sandbox/vendor.h"

enum sf_field_flag {
	SF_LOOKUP = SB_OF_VENDOR,       /* idLookup: an upsert may find by it */
	SF_COMPUTED = SB_OF_VENDOR << 1, /* a time or id of the record itself */
};

/* What differs between the kinds of objects. */
struct sf_kind {
	const char *name;   /* "Lead" */
	const char *prefix; /* "00Q" */
	const struct sb_field_spec *fields;
	size_t nfields;
	bool is_read_only;  /* its records are not for writing through the API */
	bool is_searched;   /* by SOSL */
};

extern const struct sf_kind sf_kinds[];
extern const size_t sf_nkinds;
const struct sf_kind *sf_kind_of(const struct sb_object *object);

/* Writes the 18 letters of record `number`'s id. */
void sf_make_id(const struct sb_object *object, uint64_t number, char id[64]);

/* The 18 letters of an id of 15 or 18; NULL when `text` is no id. */
const char *sf_id(struct arena *arena, const char *text);

/* By name without regard to case; hidden ones are not there. */
struct sb_object *sf_object_find(const struct sb_account *account, const char *name);
struct sb_field *sf_field_find(const struct sb_object *object, const char *name);

/* The object whose ids begin as `id` does, or NULL. */
struct sb_object *sf_object_of_id(const struct sb_account *account, const char *id);

/* Whether an upsert may find by this field (5). */
bool sf_field_identifies(const struct sb_field *field);

/* The same without unique e-mail: what describe calls externalId. */
bool sf_field_is_external(const struct sb_field *field);

/* --- refusing (9) --- */

struct sf_refusal {
	int status;           /* 0: not refused */
	const char *code;     /* "REQUIRED_FIELD_MISSING" */
	const char *message;  /* the arena's or constant */
	json_t *fields;       /* array of names, the arena's; NULL: no member */
	json_t *duplicate;    /* "duplicateResut", the arena's, or NULL */
	json_t *urls;         /* of 300: what matched, the arena's */
};

void sf_refuse(struct sb_call *call, const struct sf_refusal *refusal);
void sf_fail(struct sb_call *call, int status, const char *code, const char *format, ...)
	PRINTF_LIKE(4, 5);
void sf_not_found(struct sb_call *call);
void sf_problem(struct sb_call *call, enum sb_problem problem, int status);

/* One of errors[] of a collection's row; new. */
json_t *sf_row_error(const struct sf_refusal *refusal);

/* --- reading --- */

/* "2026-02-03T10:00:00.000+0000": whole seconds, as stamps are. */
json_t *sf_time(int64_t ms);

/* "/services/data/v66.0", as the caller asked. */
const char *sf_base(const struct sb_call *call);
const char *sf_record_url(const struct sb_call *call, const struct sb_record *record);

/* The value of a field for an answer, computed ones too; new, null if there is none. */
json_t *sf_value(const struct sb_record *record, const struct sb_field *field);

/* The record with its attributes and the named fields (NULL: all that are shown); new.
 * Names must exist. */
json_t *sf_record(const struct sb_call *call, const struct sb_record *record,
		  struct sb_field *const *fields, size_t nfields);

/* The object named by the route's parameter; replies 404 and gives NULL otherwise. */
struct sb_object *sf_object_of_path(struct sb_call *call, size_t param);

/* The record for an id of 15 or 18 letters. NULL and *refusal when it is not there, or
 * no longer. */
struct sb_record *sf_record_of_id(struct sb_call *call, struct sb_object *object,
				  const char *id, struct sf_refusal *refusal);

/* The record that an identifying field's value names: NULL with *refusal when the field
 * cannot identify or several match, NULL without when none does. */
struct sb_record *sf_record_of_key(struct sb_call *call, struct sb_object *object,
				   const char *field, const char *value,
				   struct sf_refusal *refusal);

/* Fields of "a,b"; NULL and *refusal when one is not there. */
struct sb_field **sf_fields_of_list(struct sb_call *call, struct sb_object *object,
				    const char *list, size_t *count,
				    struct sf_refusal *refusal);

/* --- writing --- */

/* Checks the members of `input` ("attributes" and ids aside) and creates or updates.
 * NULL or false with *refusal when it was refused. */
struct sb_record *sf_create(struct sb_call *call, struct sb_object *object,
			    const json_t *input, struct sf_refusal *refusal);
bool sf_update(struct sb_call *call, struct sb_record *record, const json_t *input,
	       struct sf_refusal *refusal);
bool sf_delete(struct sb_call *call, struct sb_record *record, struct sf_refusal *refusal);

/* One row of a collection or of a file: what it names is looked up and written. */
enum sf_operation { SF_INSERT, SF_UPDATE, SF_UPSERT, SF_DELETE };

struct sf_rows {
	struct sb_call *call;
	enum sf_operation operation;
	const char *key; /* field that an upsert finds by */
	json_t *seen;    /* of the arena, an object: the keys so far, once each */
};

/* NULL with *refusal, else the record, and whether it was made. */
struct sb_record *sf_row_write(struct sf_rows *rows, struct sb_object *object,
			       const json_t *row, bool *is_new, struct sf_refusal *refusal);

/* Whether a duplicate rule holds what is about to be written (5). */
bool sf_is_held(struct sb_call *call, struct sb_object *object, const json_t *values,
		const struct sb_record *record, struct sf_refusal *refusal);

/* --- SOQL (5) --- */

struct sf_soql {
	struct sb_object *object;
	struct sb_field **fields;
	size_t nfields;
	bool is_count;            /* SELECT COUNT() */
	const struct sb_condition *where;
	struct sb_sort sorts[8];  /* by field, computed ones too */
	size_t nsorts;
	int64_t limit, offset;    /* limit -1: none */
	bool with_deleted;        /* the caller's to set, as are the next */
	int64_t as_of;            /* ms: as a lagging index saw it then; 0: now */
};

/* Reads a query; false with *refusal, or after a reply. What it makes lives in the call's
 * arena. */
bool sf_soql_parse(struct sb_call *call, const char *text, struct sf_soql *soql,
		   struct sf_refusal *refusal);

/* The same of what stands between the brackets of SOSL's RETURNING Lead(...): "Id, Email
 * WHERE ... ORDER BY ... LIMIT 5"; nothing asks for the Id. */
bool sf_soql_parse_of(struct sb_call *call, struct sb_object *object, const char *text,
		      struct sf_soql *soql, struct sf_refusal *refusal);

/* The records that it asks for, in its order, within its limit, as an array of the call's
 * arena; returns how many. */
size_t sf_soql_run(struct sb_call *call, const struct sf_soql *soql,
		   struct sb_record ***records);

/* --- SOSL (5) --- */

#define SF_SEARCH_MAX 10000 /* bytes of a search */

enum sf_group { SF_ALL_FIELDS, SF_NAME_FIELDS, SF_EMAIL_FIELDS, SF_PHONE_FIELDS };

/* Whether "&|!{}[]^~:'+-" need a backslash, as in SOSL, or are letters. */
enum sf_reserved { SF_RESERVED_REFUSED, SF_RESERVED_TAKEN };

/* What FIND {text} asks of an object's fields; NULL with *refusal, or after a reply. */
const struct sb_condition *sf_find(struct sb_call *call, struct sb_object *object,
				   enum sf_group group, const char *text,
				   enum sf_reserved reserved, struct sf_refusal *refusal);

/* --- outbound messages (7) --- */

/* Adds the object whose records the control API makes: where to post what. */
void sf_open_outbound(struct sb_account *account);
void sf_changed(struct sb_call *call, const struct sb_change *change);

/* --- handlers --- */

void sf_versions(struct sb_call *call);
void sf_resources(struct sb_call *call);
void sf_retired(struct sb_call *call);
void sf_limits(struct sb_call *call);
void sf_sobjects(struct sb_call *call);
void sf_sobject(struct sb_call *call);
void sf_describe(struct sb_call *call);
void sf_add_field(struct sb_call *call);
void sf_grant_field(struct sb_call *call);

void sf_post(struct sb_call *call);
void sf_get(struct sb_call *call);
void sf_patch(struct sb_call *call);
void sf_remove(struct sb_call *call);
void sf_get_by_key(struct sb_call *call);
void sf_upsert(struct sb_call *call);
void sf_remove_by_key(struct sb_call *call);

void sf_collection_create(struct sb_call *call);
void sf_collection_update(struct sb_call *call);
void sf_collection_upsert(struct sb_call *call);
void sf_collection_delete(struct sb_call *call);
void sf_collection_read(struct sb_call *call);

void sf_composite(struct sb_call *call);
void sf_batch(struct sb_call *call);

void sf_query(struct sb_call *call);
void sf_query_all(struct sb_call *call);
void sf_query_more(struct sb_call *call);
void sf_search(struct sb_call *call);
void sf_parameterized_search(struct sb_call *call);
void sf_updated(struct sb_call *call);
void sf_deleted(struct sb_call *call);

/* Bulk API 2.0: salesforce_jobs.h */
void sf_ingest_open(struct sb_call *call);
void sf_ingest_list(struct sb_call *call);
void sf_ingest_show(struct sb_call *call);
void sf_ingest_change(struct sb_call *call);
void sf_ingest_remove(struct sb_call *call);
void sf_ingest_upload(struct sb_call *call);
void sf_ingest_successful(struct sb_call *call);
void sf_ingest_failed(struct sb_call *call);
void sf_ingest_unprocessed(struct sb_call *call);
void sf_export_open(struct sb_call *call);
void sf_export_list(struct sb_call *call);
void sf_export_show(struct sb_call *call);
void sf_export_change(struct sb_call *call);
void sf_export_remove(struct sb_call *call);
void sf_export_results(struct sb_call *call);

void sf_authorize(struct sb_call *call);
void sf_token(struct sb_call *call);
void sf_revoke(struct sb_call *call);
void sf_introspect(struct sb_call *call);
void sf_userinfo(struct sb_call *call);

/* Who every Salesforce account of a sandbox knows. */
#define SF_CLIENT_ID "fairlead-sandbox-consumer-key"
#define SF_CLIENT_SECRET "fairlead-sandbox-consumer-secret"

#endif
