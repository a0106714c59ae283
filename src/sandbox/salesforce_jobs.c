/* salesforce_jobs.c - the life of a bulk job: opened, shown, aborted, removed (fact sheet
 * 10). Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce_jobs.h"

#define KEPT_MS (7 * CLOCK_DAY)
#define JOB_BYTES 2048         /* of a job itself, about */
#define ID_BYTES 64            /* of an id that a query keeps, about */

/* --- where they are --- */

/* Jobs are deleted after seven days. */
static void drop_old(struct sb_call *call, json_t *jobs)
{
	const char *id;
	json_t *job;
	void *next;

	json_object_foreach_safe(jobs, next, id, job)
		if (json_int_of(job, "opened_at", 0) + KEPT_MS <= call->now)
			json_object_del(jobs, id);
}

static json_t *jobs_of(struct sb_call *call)
{
	json_t *jobs = json_object_get(call->account->extra, "jobs");

	if (!jobs) {
		jobs = json_object();
		json_object_set_new(call->account->extra, "jobs", jobs);
	}
	drop_old(call, jobs);
	return jobs;
}

bool sf_jobs_have_room(struct sb_call *call, size_t bytes)
{
	const char *id;
	json_t *job;

	json_object_foreach(jobs_of(call), id, job)
		bytes += JOB_BYTES + json_string_length(json_object_get(job, "data")) +
			 (size_t)json_int_of(job, "bytes", 0) +
			 ID_BYTES * json_array_size(json_object_get(job, "ids"));
	if (bytes >> 20 < (size_t)sb_switch(call->account, "bulk_mib"))
		return true;
	sf_problem(call, SB_PROBLEM_FULL, 0);
	return false;
}

json_t *sf_job_find(const struct sb_account *account, const char *id)
{
	return json_object_get(json_object_get(account->extra, "jobs"), id);
}

json_t *sf_job_of_path(struct sb_call *call, const char *kind)
{
	const char *id = sf_id(call->arena, sb_param(call, 0));
	json_t *job = id ? json_object_get(jobs_of(call), id) : NULL;

	if (job && strcmp(json_string_of(job, "kind"), kind) == 0)
		return job;
	sf_not_found(call);
	return NULL;
}

json_t *sf_job_info(const json_t *job)
{
	return json_object_get(job, "info");
}

const char *sf_job_state(const json_t *job)
{
	return json_string_of(sf_job_info(job), "state");
}

bool sf_job_is_over(const json_t *job)
{
	const char *state = sf_job_state(job);

	return strcmp(state, "JobComplete") == 0 || strcmp(state, "Failed") == 0 ||
	       strcmp(state, "Aborted") == 0;
}

/* --- opening --- */

void sf_job_refuse(struct sb_call *call, const char *code, const char *message)
{
	sf_fail(call, 400, code, "%s", message);
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

/* A member that must be one of some words; its first is the default. NULL after a reply. */
static const char *choice(struct sb_call *call, const json_t *body, const char *name,
			  const char *const *words)
{
	const char *word = json_string_of(body, name);

	if (!json_object_get(body, name) || json_is_null(json_object_get(body, name)))
		return words[0];
	if (word && is_one_of(word, words))
		return word;
	sf_fail(call, 400, "INVALIDJOB", "InvalidJob : %s is not one of those that are allowed",
		name);
	return NULL;
}

static const char *new_id(struct sb_call *call)
{
	int64_t number = json_int_of(call->account->extra, "jobs_made", 0) + 1;

	json_object_set_new(call->account->extra, "jobs_made", json_integer(number));
	return sf_id(call->arena,
		     arena_printf(call->arena, "7505g%010lld", (long long)number));
}

static double version_of(const struct sb_call *call)
{
	return strtod(sf_base(call) + strlen("/services/data/v"), NULL);
}

json_t *sf_job_open(struct sb_call *call, const char *kind, json_t *about, const json_t *body)
{
	static const char *const delimiters[] = { "COMMA", "TAB", "SEMICOLON", "PIPE",
						  "CARET", "BACKQUOTE", NULL };
	static const char *const ends[] = { "LF", "CRLF", NULL };
	static const char *const types[] = { "CSV", NULL };
	const char *delimiter = choice(call, body, "columnDelimiter", delimiters), *id;
	const char *end = delimiter ? choice(call, body, "lineEnding", ends) : NULL;
	const char *type = end ? choice(call, body, "contentType", types) : NULL;
	json_t *info, *job;

	if (!type || !sf_jobs_have_room(call, JOB_BYTES)) {
		json_decref(about);
		return NULL;
	}
	id = new_id(call);
	info = json_pack("{ss ss so so ss ss ss ss sf}", "id", id, "createdById",
			 sb_object_record(sb_object_find(call->account, "User"), 0)->id,
			 "createdDate", sf_time(call->now), "systemModstamp", sf_time(call->now),
			 "concurrencyMode", "Parallel", "contentType", type, "lineEnding", end,
			 "columnDelimiter", delimiter, "apiVersion", version_of(call));
	json_object_update(info, about);
	json_decref(about);
	job = json_pack("{ss sI so}", "kind", kind, "opened_at", (json_int_t)call->now, "info",
			info);
	json_object_set_new(jobs_of(call), id, job);
	sb_touch(call);
	return job;
}

/* --- living --- */

void sf_job_set(struct sb_call *call, json_t *job, const char *state, const char *why)
{
	json_t *info = sf_job_info(job);

	json_object_set_new(info, "state", json_string(state));
	json_object_set_new(info, "systemModstamp", sf_time(call->now));
	if (why)
		json_object_set_new(info, "errorMessage", json_string(why));
	sb_touch(call);
}

void sf_job_show(struct sb_call *call, const char *kind)
{
	const json_t *job = sf_job_of_path(call, kind);

	if (job)
		sb_reply_json(call, 200, json_copy(sf_job_info(job)));
}

void sf_job_abort(struct sb_call *call, json_t *job)
{
	if (sf_job_is_over(job)) {
		sf_job_refuse(call, "INVALIDJOBSTATE",
			      "InvalidJobState : Aborting already Completed Job not allowed");
		return;
	}
	sf_job_set(call, job, "Aborted", NULL);
	sb_reply_json(call, 200, json_copy(sf_job_info(job)));
}

void sf_job_remove(struct sb_call *call, const char *kind)
{
	const json_t *job = sf_job_of_path(call, kind);

	if (!job)
		return;
	if (!sf_job_is_over(job)) {
		sf_job_refuse(call, "INVALIDJOBSTATE",
			      "InvalidJobState : only a job that is over can be deleted");
		return;
	}
	json_object_del(jobs_of(call), json_string_of(sf_job_info(job), "id"));
	sb_touch(call);
	sb_reply_empty(call, 204);
}

void sf_job_list(struct sb_call *call, const char *kind)
{
	json_t *records = json_array(), *job;
	const char *id;

	json_object_foreach(jobs_of(call), id, job)
		if (strcmp(json_string_of(job, "kind"), kind) == 0)
			json_array_append_new(records, json_copy(sf_job_info(job)));
	sb_reply_json(call, 200,
		      json_pack("{sb so sn}", "done", 1, "records", records, "nextRecordsUrl"));
}
