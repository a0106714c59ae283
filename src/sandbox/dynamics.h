/* dynamics.h - between the files that imitate Dynamics 365 Sales (the Dataverse Web API).
 * Threads: under the sandbox's lock.
 *
 * Written from the Dynamics 365 fact sheet; numbers in comments are its sections. A table
 * is an object of the sandbox: its name is the entity set's ("leads"), its prefix the
 * table's logical name ("lead"). */
#ifndef SANDBOX_DYNAMICS_H
#define SANDBOX_DYNAMICS_H

#include "base/attributes.h"
#include "sandbox/query.h"
#include "sandbox/vendor.h"

#define DYNAMICS_TYPE "Microsoft.Dynamics.CRM."
#define DYNAMICS_PAGE_MAX 5000

/* --- tables and columns (3, 4) --- */

enum dynamics_field_flag {
	DYNAMICS_COMPUTED = SB_OF_VENDOR,         /* id or time of the row itself */
	DYNAMICS_CREATE_ONLY = SB_OF_VENDOR << 1, /* not valid for update */
	DYNAMICS_UPDATE_ONLY = SB_OF_VENDOR << 2, /* not valid for create */
	DYNAMICS_FORM = SB_OF_VENDOR << 3,        /* ApplicationRequired: a rule of forms */
	DYNAMICS_SECRET = SB_OF_VENDOR << 4,      /* written, never read */
	DYNAMICS_GLOBAL = SB_OF_VENDOR << 5,      /* its options are a global choice */
};

enum dynamics_table_flag {
	DYNAMICS_OWNED = 1 << 0,   /* has an owner */
	DYNAMICS_CLOSED = 1 << 1,  /* not for writing through the API */
	DYNAMICS_TRACKED = 1 << 2, /* change tracking is on from the start */
	DYNAMICS_BULK = 1 << 3,    /* takes CreateMultiple and the like */
};

struct dynamics_table {
	const char *set, *name; /* "leads", "lead" */
	const char *label;      /* "Lead" */
	const char *id;         /* "leadid": the primary column */
	const char *title;      /* "fullname": what a lookup shows */
	const struct sb_field_spec *fields;
	size_t nfields;
	unsigned flags;
	int code; /* ObjectTypeCode */
};

extern const struct dynamics_table dynamics_tables[];
extern const size_t dynamics_ntables;
const struct dynamics_table *dynamics_table_of(const struct sb_object *object);

/* Writes the GUID of record `number`. */
void dynamics_make_id(const struct sb_object *object, uint64_t number, char id[64]);

/* The GUID of something that is no row: number `number` of kind `kind` ('t' a table, 'c' a
 * column...). The arena's. */
const char *dynamics_meta_id(struct arena *arena, char kind, unsigned table, unsigned number);
const char *dynamics_field_id(struct arena *arena, const struct sb_field *field);
unsigned dynamics_table_number(const struct sb_object *object);

/* A GUID in lower case, from text with or without braces; NULL when it is none. */
const char *dynamics_guid(struct arena *arena, const char *text);

/* The AttributeType of a column ("String"), as its type is now. */
const char *dynamics_kind(const struct sb_field *field);

/* The type of its values in OData ("Edm.String"). */
const char *dynamics_edm(const struct sb_field *field);

/* Columns as callers may name them; hidden and archived ones are not there. */
struct sb_field *dynamics_field_find(const struct sb_object *object, const char *name);

/* The column of "_ownerid_value", or NULL. */
struct sb_field *dynamics_field_of_value(const struct sb_object *object, const char *name);

/* The lookup that a navigation property writes ("parentcustomerid_account"); *target
 * becomes the table it leads to, NULL when it leads to any of the lookup's. */
struct sb_field *dynamics_field_of_link(const struct sb_object *object, const char *name,
					struct sb_object **target);

/* The navigation property by which a lookup leads to `target`. The arena's. */
const char *dynamics_link_of(struct arena *arena, const struct sb_field *field,
			     const struct sb_object *target);

/* The i-th table that a lookup may lead to; NULL behind the last. */
struct sb_object *dynamics_target(const struct sb_field *field, size_t i);

/* The live row that a lookup's value names, or NULL. */
struct sb_record *dynamics_target_row(const struct sb_field *field, const char *id);

/* --- paths --- */

#define DYNAMICS_PAIRS_MAX 8

/* What stands in the brackets behind a name. */
struct dynamics_key {
	const char *id; /* a GUID in lower case, or NULL */
	struct {
		const char *name, *value; /* value unquoted */
	} pairs[DYNAMICS_PAIRS_MAX];
	size_t npairs;
};

struct dynamics_segment {
	const char *name;
	bool has_key; /* there are brackets */
	struct dynamics_key key;
};

/* Reads one decoded segment; false when it is none. Texts are the arena's. */
bool dynamics_segment_read(struct arena *arena, const char *text,
			   struct dynamics_segment *segment);

/* "accounts(...)" of "/accounts(...)" or of a whole address, decoded; NULL when it cannot be.
 * The arena's. */
const char *dynamics_row_of(struct arena *arena, const char *address);

/* "http://127.0.0.1:8090/dynamics/api/data/v9.2", as the caller asked. */
const char *dynamics_base(const struct sb_call *call);

/* The address of a row, in OData-EntityId. */
const char *dynamics_row_url(const struct sb_call *call, const struct sb_record *record);

/* --- refusing (9) --- */

struct dynamics_refusal {
	int status;       /* 0: not refused */
	const char *code; /* "0x80040217" */
	const char *message;
};

/* Fills the refusal; returns false. */
bool dynamics_refuse(struct sb_call *call, struct dynamics_refusal *refusal, int status,
		     const char *code, const char *format, ...) PRINTF_LIKE(5, 6);
void dynamics_say(struct sb_call *call, const struct dynamics_refusal *refusal);
void dynamics_fail(struct sb_call *call, int status, const char *code, const char *format, ...)
	PRINTF_LIKE(4, 5);
void dynamics_problem(struct sb_call *call, enum sb_problem problem, int status);
void dynamics_no_segment(struct sb_call *call, const char *name);
void dynamics_no_method(struct sb_call *call);

/* The code of a query that names what is not there: "0x0", or what newer versions say. */
const char *dynamics_query_code(const struct sb_call *call);

/* A code that the vendor's samples leave empty, by the switch. */
const char *dynamics_sample_code(const struct sb_call *call, const char *code);

/* --- limits (8) --- */

enum dynamics_limit { DYNAMICS_REQUESTS, DYNAMICS_TIME, DYNAMICS_AT_ONCE };

void dynamics_open_limits(struct sb_account *account);
bool dynamics_admit(struct sb_call *call);

/* 429: by a limit that was met, or by the one that the switch "limit_kind" names. */
void dynamics_limited(struct sb_call *call, enum dynamics_limit limit, int64_t wait_ms);
void dynamics_limited_as_set(struct sb_call *call);

/* The headers of any answer: what is left, and the cookie of the server. */
void dynamics_tell_limits(struct sb_call *call);

/* --- preferences (1) --- */

struct dynamics_prefer {
	bool wants_row, tracks_changes, continues;
	int64_t page;            /* 0: not said */
	const char *annotations; /* "*", or names with commas; NULL: none */
};

void dynamics_prefer_read(const struct sb_call *call, struct dynamics_prefer *prefer);
bool dynamics_prefers_annotation(const struct dynamics_prefer *prefer, const char *name);

/* --- querying (5) --- */

struct dynamics_expand {
	const struct sb_field *field; /* a lookup */
	const char *name;             /* the navigation property */
	struct sb_field **fields;
	size_t nfields;
};

#define DYNAMICS_EXPANDS_MAX 16
#define DYNAMICS_SORTS_MAX 4

struct dynamics_query {
	struct sb_object *object;
	const char *select;       /* as it came, or NULL: all columns */
	struct sb_field **fields; /* NULL: all */
	size_t nfields;
	const struct sb_condition *where;
	struct sb_sort sorts[DYNAMICS_SORTS_MAX];
	size_t nsorts;
	struct dynamics_expand expands[DYNAMICS_EXPANDS_MAX];
	size_t nexpands;
	int64_t top; /* -1: not said */
	bool counts;
};

/* Reads the query options of a call; false after a reply. */
bool dynamics_query_read(struct sb_call *call, struct sb_object *object,
			 struct dynamics_query *query);

/* The columns of "a,b" ("_ownerid_value" too); NULL with the refusal. */
struct sb_field **dynamics_select(struct sb_call *call, const struct sb_object *object,
				  const char *list, size_t *count,
				  struct dynamics_refusal *refusal);

/* Reads $filter; NULL with the refusal. */
const struct sb_condition *dynamics_filter(struct sb_call *call, struct sb_object *object,
					   const char *text, struct dynamics_refusal *refusal);

/* The column for conditions and sorting: computed ones are none of the row's values. */
enum sb_column dynamics_column(const struct sb_field *field);

/* --- reading rows --- */

/* "W/\"1000123\"". The arena's. */
const char *dynamics_etag(struct arena *arena, const struct sb_record *record);

/* A value for an answer; new, null if there is none. */
json_t *dynamics_value(const struct sb_call *call, const struct sb_record *record,
		       const struct sb_field *field);

/* What people see of it (a label, a name); the arena's, NULL where there is nothing else. */
const char *dynamics_formatted(const struct sb_call *call, const struct sb_record *record,
			       const struct sb_field *field);

/* The row as a query wants it, without its context; new. */
json_t *dynamics_row(const struct sb_call *call, const struct sb_record *record,
		     const struct dynamics_query *query,
		     const struct dynamics_prefer *prefer);

/* "<base>/$metadata#leads(a,b)"; new. */
json_t *dynamics_context(const struct sb_call *call, const struct dynamics_query *query,
			 const char *tail);

/* Sets the columns that a key names; false when one is none, or its value not of its type. */
bool dynamics_key_values(const struct sb_object *object, const struct dynamics_key *key,
			 json_t *values);

/* Where a page begins. */
struct dynamics_cursor {
	int64_t page;     /* from 1 */
	const char *last; /* id of the last row before it */
	int64_t offset;   /* rows before it */
	uint64_t since;   /* of change tracking: the change at which reading began */
	bool is_tracking;
};

/* Reads $skiptoken, else begins; false after a reply. */
bool dynamics_cursor_read(struct sb_call *call, struct dynamics_cursor *cursor);
const char *dynamics_cursor_text(struct arena *arena, const struct dynamics_cursor *cursor);

/* The address of this call's list again, with `name` of the query as `token`; new. */
json_t *dynamics_link(struct sb_call *call, const char *set, const char *name,
		      const char *token);

/* --- change tracking (7) --- */

bool dynamics_is_tracked(const struct sb_object *object);
void dynamics_track_table(struct sb_object *object);

/* Whether a list is asked for with its changes. */
bool dynamics_wants_tracking(struct sb_call *call, const struct dynamics_prefer *prefer,
			     const struct dynamics_cursor *cursor);
void dynamics_track(struct sb_call *call, const struct dynamics_query *query,
		    const struct dynamics_prefer *prefer, const struct dynamics_cursor *cursor);

/* How many rows changed since the call's token; false after a reply. */
bool dynamics_track_count(struct sb_call *call, const struct dynamics_query *query,
			  size_t *count);

/* The row that a key names; NULL with the refusal. */
struct sb_record *dynamics_find(struct sb_call *call, struct sb_object *object,
				const struct dynamics_key *key,
				struct dynamics_refusal *refusal);

/* --- alternate keys (3) --- */

/* The alternate keys of an account: {id, table, SchemaName, LogicalName, label, columns,
 * status}; the account's. */
json_t *dynamics_keys(struct sb_account *account);

/* Adds one over columns "a" or "a,b". Active at once, or when it was built. */
json_t *dynamics_key_add(struct sb_account *account, struct sb_object *object,
			 const char *schema_name, const char *label, const char *columns,
			 const char *status);

/* The active key of a table over exactly these columns, or NULL. */
const json_t *dynamics_key_find(struct sb_account *account, const struct sb_object *object,
				const struct dynamics_key *key);

/* The live row with these values in the columns of a key; NULL when there is none. */
struct sb_record *dynamics_key_row(struct arena *arena, struct sb_object *object,
				   const json_t *key, const json_t *values);

/* The active key that `values` break, laid over `record` (NULL: a new row), or NULL. */
const json_t *dynamics_key_clash(struct sb_call *call, struct sb_object *object,
				 const json_t *values, const struct sb_record *record);

/* A step that builds a new key's index: {id, to: "InProgress" or "Active"}. */
void dynamics_key_build(struct sb_call *call, const json_t *doc);

/* --- writing (4, 5) --- */

struct dynamics_write {
	struct sb_call *call;
	struct sb_object *object;
	struct sb_record *record; /* NULL: a new one; filled on success */
	const json_t *input;
	const char *id;           /* of a new one, when the caller chose it */
	json_t *values;           /* to store; may be given some beforehand */
	int64_t created_at;       /* overridden, or 0 */
	struct dynamics_refusal refusal;
};

/* Checks and writes; false with write->refusal. */
bool dynamics_write(struct dynamics_write *write);

/* Deletes for good; false with the refusal. */
bool dynamics_delete(struct sb_call *call, struct sb_record *record,
		     struct dynamics_refusal *refusal);

/* One value of the body, as it is stored, into write->values. */
bool dynamics_check_value(struct dynamics_write *write, const struct sb_field *field,
			  json_t *value);

/* "parentaccountid@odata.bind": "/accounts(...)", or null. */
bool dynamics_bind(struct dynamics_write *write, const char *name, const json_t *value);

/* Whether the caller may write at all, by the switches. */
bool dynamics_may_write(struct sb_call *call, const struct sb_object *object,
			const char *verb, struct dynamics_refusal *refusal);

/* The value that a column will have, or has: 0 and NULL when there is none. */
int64_t dynamics_number_of(const struct dynamics_write *write, const char *name);
const char *dynamics_text_of(const struct dynamics_write *write, const char *name);

/* The user that CallerObjectId names (1); NULL when it names none. */
const struct sb_record *dynamics_impersonated(const struct sb_call *call);

/* The user that a call speaks for. */
const struct sb_record *dynamics_caller(const struct sb_call *call);

/* The status that a state begins with; -1 when the table has none. */
int64_t dynamics_first_status(const struct sb_object *object, int64_t state);

/* The state that a status belongs to; -1 when it is none. */
int64_t dynamics_state_of(const struct sb_object *object, int64_t status);

/* --- webhooks (7) --- */

/* Adds what there is to be told of: messages, and their filters by table. */
void dynamics_open_messages(struct sb_call *call);

/* Whether an endpoint or a step may be as it is written; false with write->refusal, or after
 * a reply. */
bool dynamics_check_hook(struct dynamics_write *write);

/* Keeps which columns an update sent, for the steps that will be told of it. */
void dynamics_note_sent(struct sb_call *call, const struct sb_record *record,
			const json_t *values);
void dynamics_changed(struct sb_call *call, const struct sb_change *change);

/* --- metadata (3): all new --- */

json_t *dynamics_label(const char *text);

/* What every column shows, what only a cast to its type adds, and its options. */
json_t *dynamics_field_json(struct arena *arena, const struct sb_field *field);
void dynamics_add_typed(const struct sb_field *field, json_t *json);
json_t *dynamics_options_json(struct arena *arena, const struct sb_field *field);
bool dynamics_has_options(const struct sb_field *field);

/* Whether "StringAttributeMetadata" is the column's type. */
bool dynamics_is_cast(struct arena *arena, const struct sb_field *field, const char *type);
void dynamics_add_relationships(struct arena *arena, const struct sb_field *field,
				json_t *list);

void dynamics_add_column(struct sb_call *call, struct sb_object *object);
void dynamics_add_key(struct sb_call *call, struct sb_object *object);
void dynamics_change_table(struct sb_call *call, struct sb_object *object);

/* --- handlers: the path is read --- */

struct dynamics_path {
	struct dynamics_segment at[4];
	size_t count;
	struct sb_object *object; /* of the first, or NULL */
};

typedef void dynamics_handler(struct sb_call *call, const struct dynamics_path *path);

void dynamics_serve(struct sb_call *call);
dynamics_handler dynamics_list, dynamics_get, dynamics_create, dynamics_upsert,
	dynamics_remove, dynamics_count, dynamics_property_get, dynamics_property_put,
	dynamics_property_clear, dynamics_ref_get, dynamics_ref_put, dynamics_ref_clear;
dynamics_handler dynamics_create_many, dynamics_update_many, dynamics_upsert_many;
dynamics_handler dynamics_metadata, dynamics_qualify;

void dynamics_batch(struct sb_call *call);
void dynamics_csdl(struct sb_call *call);
void dynamics_merge(struct sb_call *call);

void dynamics_authorize(struct sb_call *call);
void dynamics_token(struct sb_call *call);

/* Who every Dynamics account of a sandbox knows. */
#define DYNAMICS_CLIENT_ID "5f1c0d52-6f0f-4b8d-9b0a-0e6c7b4f7a11"
#define DYNAMICS_CLIENT_SECRET "fairlead-sandbox-secret"

#endif
