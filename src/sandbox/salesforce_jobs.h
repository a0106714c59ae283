/* salesforce_jobs.h - between the files of Bulk API 2.0 (fact sheet 10). Threads: under
 * the sandbox's lock.
 *
 * A job is an object in the account's extra: "kind" ("ingest" or "query"), "info" (what a
 * caller sees) and what the kind keeps. The sheet is silent on how a job that is asked for
 * wrongly is refused: those codes and words are the commonest reading. */
#ifndef SANDBOX_SALESFORCE_JOBS_H
#define SANDBOX_SALESFORCE_JOBS_H

#include "sandbox/csv.h"
#include "sandbox/salesforce.h"

/* --- jobs --- */

/* Adds a job whose info is `about` (the reference is taken) and what all jobs have, and
 * gives it; `body` chooses delimiter and line ending. NULL after a refusal. */
json_t *sf_job_open(struct sb_call *call, const char *kind, json_t *about, const json_t *body);

/* Whether the account's jobs may keep so many bytes more; replies otherwise. */
bool sf_jobs_have_room(struct sb_call *call, size_t bytes);

/* The job of the path's first parameter, NULL after a reply; and one by its id. */
json_t *sf_job_of_path(struct sb_call *call, const char *kind);
json_t *sf_job_find(const struct sb_account *account, const char *id);

json_t *sf_job_info(const json_t *job);
const char *sf_job_state(const json_t *job);
bool sf_job_is_over(const json_t *job);

/* Sets the state, with what went wrong for "Failed" (else NULL), and the time. */
void sf_job_set(struct sb_call *call, json_t *job, const char *state, const char *why);

/* Refuses what the job's state forbids. */
void sf_job_refuse(struct sb_call *call, const char *code, const char *message);

/* Replies with the job's info; removes it when it is over, or aborts it. */
void sf_job_show(struct sb_call *call, const char *kind);
void sf_job_remove(struct sb_call *call, const char *kind);
void sf_job_abort(struct sb_call *call, json_t *job);
void sf_job_list(struct sb_call *call, const char *kind);

/* --- jobs that write --- */

#define SF_RESULTS_MAX (256 << 20) /* bytes of a job's results */

/* "insert", "update", "upsert", "delete"; false for another or NULL. */
bool sf_operation_parse(const char *name, enum sf_operation *operation);

/* Plans the next step of a job whose file is there. */
void sf_ingest_plan(struct sb_call *call, const json_t *job);

/* --- CSV --- */

/* How a job wants its rows. */
struct sb_csv sf_job_csv(const json_t *job);

#endif
