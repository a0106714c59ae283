/* leads.h - leads and what was decided about them. Threads: see store.h. */
#ifndef STORE_LEADS_H
#define STORE_LEADS_H

#include "model/decision.h"
#include "store/store.h"

/* What a request was answered, kept with its idempotency key. */
struct answer {
	int status;
	const char *body; /* JSON */
};

/* An earlier request with the same key. */
struct earlier {
	int64_t lead, submission;
	unsigned char body_hash[SHA256_SIZE];
	struct answer answer;
	bool is_erased; /* its lead was erased: answer 410 */
};

/* Looks a key up. 1 found, 0 not (or it has expired). */
int idempotency_find(struct view *view, const struct actor *actor,
		     const struct submission *submission, int64_t now,
		     struct earlier *earlier, struct error *err);

/* Loads the case of a submission: the leads that have one of its identities, with
 * their latest enquiries, and the objections over all of these. Leads that were merged
 * away are followed. */
int case_load(struct view *view, const struct actor *actor,
	      const struct submission *submission, struct case_file *file,
	      struct error *err);

/* How many were picked from each pool of the configuration. */
int pool_positions_load(struct view *view, const struct actor *actor,
			const struct config *config, struct facts *facts,
			struct error *err);

/* Writes what was decided: submission with its record, lead, identities, enquiry,
 * consents, doubts, conflicts, assignment, deliveries wanted, idempotency key,
 * counters, audit. `answer` is kept under the key when the submission has one. */
int decision_add(struct tx *tx, const struct actor *actor, const struct ground *ground,
		 const struct decision *decision, const struct answer *answer,
		 struct error *err);

/* A lead by id, following merges; 1 found, 0 not. An erased lead is found, empty. */
int lead_find(struct view *view, const struct actor *actor, int64_t id, struct lead *lead,
	      struct error *err);

/* The lead's enquiries, latest first, at most `max`. */
int lead_enquiries(struct view *view, const struct actor *actor, int64_t lead,
		   struct enquiry **enquiries, size_t *count, size_t max,
		   struct error *err);

/* Leads with id < `before` (0: from the newest), newest first, at most `max`. */
int lead_list(struct view *view, const struct actor *actor, int64_t before, size_t max,
	      struct lead **leads, size_t *count, struct error *err);

/* A kept submission; texts are the view's arena's. */
struct kept_submission {
	int64_t id, source, lead, enquiry, received_at;
	enum result result;
	const char *content_type;
	const char *raw;
	size_t raw_len;
	const char *decision; /* its record as JSON; NULL once purged or erased */
};

int submission_find(struct view *view, const struct actor *actor, int64_t id,
		    struct kept_submission *submission, struct error *err);
/* Those of a lead, newest first; of no lead (rejected ones) when `lead` is 0. */
int submission_list(struct view *view, const struct actor *actor, int64_t lead,
		    int64_t before, size_t max, struct kept_submission **submissions,
		    size_t *count, struct error *err);

/* All of the workspace, newest first: to make their decisions again. */
int submission_list_all(struct view *view, const struct actor *actor, int64_t before,
			size_t max, struct kept_submission **submissions, size_t *count,
			struct error *err);

/* Sets fields by a person: an edit in the console or of a dead letter. The values are
 * normalised already. Raises the version and wants deliveries. 1 changed, 0 nothing
 * to change, -1 (ERR_NOT_FOUND). */
int lead_edit(struct tx *tx, const struct actor *actor, const struct config *config,
	      int64_t id, const struct field *fields, size_t count,
	      const struct identity *identities, size_t nidentities, struct error *err);

/* Erases a lead's personal data everywhere: fields, identities, submissions, consents'
 * evidence, deliveries' values, call bodies that carry its records; leaves suppressions
 * for what it objected to and the chain valid. -1 with ERR_NOT_FOUND when absent. */
int lead_erase(struct tx *tx, const struct actor *actor, const struct config *config,
	       int64_t id, struct error *err);

/* Possible duplicates and conflicts: rows for a person. */
struct kept_duplicate {
	int64_t id, lead, other, created_at;
	const char *reason, *state; /* state: "open", "merged", "apart" */
};
int duplicate_list(struct view *view, const struct actor *actor, int64_t before,
		   size_t max, struct kept_duplicate **rows, size_t *count,
		   struct error *err);
int duplicate_decide(struct tx *tx, const struct actor *actor, int64_t id,
		     bool is_same, const struct config *config, struct error *err);

struct kept_conflict {
	int64_t id, lead, writer_id, created_at;
	const char *field, *state; /* "open", "ours", "theirs" */
	struct value ours, theirs;
	const char *writer;
};
int conflict_list(struct view *view, const struct actor *actor, int64_t before,
		  size_t max, struct kept_conflict **rows, size_t *count,
		  struct error *err);
int conflict_decide(struct tx *tx, const struct actor *actor, int64_t id,
		    bool take_theirs, const struct config *config, struct error *err);

/* Merges `other` into `lead` (the older of the two ids stays, whichever is named) and
 * keeps what is needed to undo it. Gives the merge's id. */
int lead_merge(struct tx *tx, const struct actor *actor, const struct config *config,
	       int64_t lead, int64_t other, int64_t *merge, struct error *err);
int lead_unmerge(struct tx *tx, const struct actor *actor, const struct config *config,
		 int64_t merge, struct error *err);

/* Consents of a lead, newest first. */
struct kept_consent {
	int64_t id, lead, source, at, recorded_at;
	const char *channel, *purpose, *doc;
	bool is_granted;
};
int consent_list(struct view *view, const struct actor *actor, int64_t lead,
		 struct kept_consent **rows, size_t *count, struct error *err);

#endif
