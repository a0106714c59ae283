/* zoho_bulk.h - between the files of Zoho's bulk API: files, jobs and what came of them (fact
 * sheet 10). Threads: under the sandbox's lock.
 *
 * Files and jobs are items of the account: {kind, id, created_time, and what their kind needs}.
 * They take a bounded room together; the oldest go first. */
#ifndef SANDBOX_ZOHO_BULK_H
#define SANDBOX_ZOHO_BULK_H

#include "sandbox/csv.h"
#include "sandbox/later.h"
#include "sandbox/zoho.h"

#define ZOHO_CSV_MAX (64u << 20) /* bytes of a file unpacked, and of a result */

extern const struct sb_csv zoho_csv;

/* Adds an item; takes the reference to `about`, gives a borrowed one back. */
json_t *zoho_bulk_add(struct sb_call *call, const char *kind, json_t *about);

/* The item of an id, borrowed; NULL when it is none of this kind. */
json_t *zoho_bulk_find(const struct sb_account *account, const char *kind, const char *id);

/* The job that the path names; NULL after a reply. */
json_t *zoho_bulk_of_path(struct sb_call *call, const char *kind);

/* Whether a job's "callback" can be kept to: replies otherwise. */
bool zoho_bulk_check_callback(struct sb_call *call, const json_t *body);

/* Plans what a job does: `step` is called twice, for "IN PROGRESS" and then "COMPLETED",
 * with {id, to}. */
void zoho_bulk_plan(struct sb_call *call, const json_t *job, sb_step *step);

/* Tells the job's callback, if it has one, of `body`; takes the reference. */
void zoho_bulk_call_back(struct sb_call *call, const json_t *job, json_t *body);

/* Replies with an archive of the job's "result". */
void zoho_bulk_download(struct sb_call *call, const char *kind);

/* --- what a bulk write asks for --- */

#define ZOHO_COLUMNS_MAX 200

enum zoho_bulk_operation { BULK_INSERT, BULK_UPDATE, BULK_UPSERT };

/* Where a field's values come from. */
struct zoho_bulk_column {
	const struct sb_field *field; /* NULL: the record's id */
	int index;                    /* -1: always `value` */
	const json_t *value;
};

/* One file and what becomes of it. */
struct zoho_bulk_part {
	struct sb_call *call;
	struct sb_object *object;
	const json_t *csv;
	enum zoho_bulk_operation operation;
	bool ignores_empty;
	const struct sb_field *find_by; /* NULL: the id */
	bool has_find_by;
	struct zoho_bulk_column columns[ZOHO_COLUMNS_MAX];
	size_t ncolumns, width; /* width: columns of the file */
};

/* "insert"; false for another, or NULL. */
bool zoho_bulk_operation_parse(const char *text, enum zoho_bulk_operation *operation);

/* Reads an element of "resource" into a part that has its call, operation and ignores_empty.
 * False after a reply. */
bool zoho_bulk_part_read(struct zoho_bulk_part *part, const json_t *resource);

/* The id of its file, as text; NULL when it has none. */
const char *zoho_bulk_file_of(const struct zoho_bulk_part *part, const json_t *resource);

/* --- people --- */

/* {name, id}; new. */
json_t *zoho_bulk_user(const struct sb_account *account);

#endif
