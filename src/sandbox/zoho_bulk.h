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

/* {name, id}; new. */
json_t *zoho_bulk_user(const struct sb_account *account);

#endif
