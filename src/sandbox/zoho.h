/* zoho.h - between the files that imitate Zoho CRM. Threads: under the sandbox's lock.
 *
 * Written from the Zoho fact sheet; numbers in comments are its sections. */
#ifndef SANDBOX_ZOHO_H
#define SANDBOX_ZOHO_H

#include "sandbox/query.h"
#include "sandbox/vendor.h"

enum zoho_field_flag {
	ZOHO_LAYOUT = SB_OF_VENDOR,          /* required by the layout only (3) */
	ZOHO_COMPUTED = SB_OF_VENDOR << 1,   /* a time or user of the record itself */
	ZOHO_DUPLICATE = SB_OF_VENDOR << 2,  /* the module's system duplicate field (5) */
};

struct zoho_module {
	const char *name;     /* "Leads" */
	const char *singular; /* "Lead" */
	const char *number;   /* three digits in the ids of its records */
	const struct sb_field_spec *fields;
	size_t nfields;
	bool is_hidden; /* not a module of records: users */
};

extern const struct zoho_module zoho_modules[];
extern const size_t zoho_nmodules;

/* Writes the 19 digits of an id. */
void zoho_make_id(const struct sb_object *object, uint64_t number, char id[64]);

/* The id of something that is no record: field 3 of module 1. The arena's. */
const char *zoho_meta_id(struct arena *arena, const struct sb_account *account, unsigned kind,
			 unsigned number);
const char *zoho_field_id(struct arena *arena, const struct sb_field *field);
const char *zoho_layout_id(struct arena *arena, const struct sb_object *object);
const char *zoho_rule_id(struct arena *arena, const struct sb_account *account);

/* By API name; NULL for hidden ones. */
struct sb_object *zoho_object_find(const struct sb_account *account, const char *name);

/* Archived and hidden ones are not there. */
struct sb_field *zoho_field_find(const struct sb_object *object, const char *name);

/* Whether the field is computed: which column, for queries. */
enum sb_column zoho_column(const char *name);

/* The first user, who owns and writes what nobody else does. */
const struct sb_record *zoho_user(const struct sb_account *account);

/* --- refusing (9) --- */

struct zoho_refusal {
	int status;       /* of the call, when it is the only one; 0: not refused */
	const char *code; /* "INVALID_DATA" */
	const char *message;
	json_t *details;  /* the arena's; NULL: {} */
};

/* Fill the refusal and return false; `format` makes the details (json_pack). */
bool zoho_refuse(struct sb_call *call, struct zoho_refusal *refusal, const char *code,
		 const char *message, json_t *details);

/* {code, details, message, status}; new. */
json_t *zoho_refusal_json(const struct zoho_refusal *refusal);
void zoho_fail(struct sb_call *call, int status, const char *code, const char *message,
	       json_t *details);
void zoho_problem(struct sb_call *call, enum sb_problem problem, int status);
void zoho_missing_param(struct sb_call *call, const char *name);

/* A list that is one page by itself, under `name`; 204 when it is empty. Keeps a reference
 * of its own. */
void zoho_reply_whole(struct sb_call *call, const char *name, json_t *list);

/* --- reading --- */

/* "2026-02-03T10:00:00+00:00" in the org's offset; new. */
json_t *zoho_time(const struct sb_account *account, int64_t ms);
json_t *zoho_user_json(const struct sb_record *user); /* {name, id, email}; new */

/* A field's value for an answer; new, null if there is none. */
json_t *zoho_value(const struct sb_record *record, const struct sb_field *field);

/* The record with the named fields (NULL: all); new. */
json_t *zoho_record(const struct sb_record *record, struct sb_field *const *fields, size_t nfields);

/* "a,b": unknown names are passed over, as the vendor does; at most 50 of them, or NULL
 * after a reply. */
struct sb_field **zoho_fields_of(struct sb_call *call, const struct sb_object *object,
				 const char *list, size_t *count);

/* Whether a record is shown: live, and converted or not as asked ("true", "both"). */
bool zoho_is_shown(const struct sb_record *record, const char *converted);
bool zoho_is_converted(const struct sb_record *record);

/* The module of the route's first parameter; replies INVALID_MODULE and gives NULL. */
struct sb_object *zoho_module_of_path(struct sb_call *call);

/* The live record of an id or, with X-EXTERNAL, of an external value; or NULL. */
struct sb_record *zoho_record_of(struct sb_call *call, struct sb_object *object,
				 const char *text);

/* --- writing (5) --- */

struct zoho_write {
	struct sb_call *call;
	struct sb_object *object;
	struct sb_record *record; /* NULL: a new one; filled on success */
	const json_t *input;
	size_t index;             /* in data[] */
	const char *lar_id;
	json_t *values;
	struct zoho_refusal refusal;
};

/* Checks and writes; false with write->refusal. */
bool zoho_write(struct zoho_write *write);

/* "$.data[1].Email"; the arena's. */
const char *zoho_path(const struct zoho_write *write, const char *name);

/* Refuses a value of the field `name` with INVALID_DATA and one more detail; takes the
 * reference. Returns false. */
bool zoho_refuse_value(struct zoho_write *write, const char *name, const char *more,
		       json_t *value);

/* A list of tags, {name}, into write->values. */
bool zoho_check_tags(struct zoho_write *write, const struct sb_field *field, const json_t *value);

/* The tags of a record that are among `names`; new. */
json_t *zoho_tags_named(const struct sb_record *record, const json_t *names);

/* {code: SUCCESS, details: {id, times, users}, message, status}; new. */
json_t *zoho_success(struct sb_call *call, const struct sb_record *record,
		     const char *message);

/* What became of a list of inputs: data[] and the status that goes with it. */
struct zoho_results {
	json_t *data; /* new */
	size_t ok, failed;
	int failed_status; /* of the last failure, for a lone one */
};
void zoho_results_add(struct zoho_results *results, const struct zoho_refusal *refusal,
		      json_t *success);
void zoho_reply_results(struct sb_call *call, const char *name, struct zoho_results *results,
			int ok_status);

/* --- conditions --- */

/* `field` op text, for fields and for id, Created_Time, Modified_Time. */
const struct sb_condition *zoho_where(struct arena *arena, const struct sb_object *object,
				      const char *name, enum sb_op op,
				      const char *const *texts, size_t ntexts);

/* Tells the watch channels (7). */
void zoho_changed(struct sb_call *call, const struct sb_change *change);

/* --- handlers --- */

void zoho_authorize(struct sb_call *call);
void zoho_token(struct sb_call *call);
void zoho_revoke(struct sb_call *call);
bool zoho_is_of_centre(struct sb_call *call, const struct sb_account *account);

void zoho_list(struct sb_call *call);
void zoho_get(struct sb_call *call);
void zoho_insert(struct sb_call *call);
void zoho_update_many(struct sb_call *call);
void zoho_update_one(struct sb_call *call);
void zoho_upsert(struct sb_call *call);
void zoho_delete_many(struct sb_call *call);
void zoho_delete_one(struct sb_call *call);
void zoho_deleted(struct sb_call *call);
void zoho_related(struct sb_call *call);
void zoho_relate(struct sb_call *call);
void zoho_search(struct sb_call *call);
void zoho_coql(struct sb_call *call);
void zoho_convert(struct sb_call *call);
void zoho_convert_options(struct sb_call *call);
void zoho_change_owner(struct sb_call *call);

void zoho_modules_list(struct sb_call *call);
void zoho_fields_list(struct sb_call *call);
void zoho_field_get(struct sb_call *call);
void zoho_fields_create(struct sb_call *call);
void zoho_layouts(struct sb_call *call);
void zoho_rules(struct sb_call *call);
void zoho_users(struct sb_call *call);
void zoho_org(struct sb_call *call);

void zoho_watch_add(struct sb_call *call);
void zoho_watch_list(struct sb_call *call);
void zoho_watch_change(struct sb_call *call);
void zoho_watch_remove(struct sb_call *call);

void zoho_upload(struct sb_call *call);
void zoho_bulk_write(struct sb_call *call);
void zoho_bulk_write_get(struct sb_call *call);
void zoho_bulk_write_result(struct sb_call *call);
void zoho_bulk_read(struct sb_call *call);
void zoho_bulk_read_get(struct sb_call *call);
void zoho_bulk_read_result(struct sb_call *call);

#define ZOHO_CLIENT_ID "1000.FAIRLEADSANDBOX"
#define ZOHO_CLIENT_SECRET "fairlead-sandbox-secret"
#define ZOHO_DATA_MAX 100

#endif
