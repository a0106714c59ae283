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

/* Looks up the key of a submission; without one, that of its values, which is kept of what
 * became no lead's story. 1 found, 0 not (or it has expired). */
int idempotency_find(struct view *view, const struct actor *actor,
		     const struct submission *submission, int64_t now,
		     struct earlier *earlier, struct error *err);

/* How long the same values without a key are the same request. */
#define REPEATED_MS 60000

/* What was made of the same values. */
struct repeated {
	int64_t submission, lead, enquiry;
	enum result result;
	const char *reason; /* or NULL */
};

/* Whether a submission without a key repeats one of a lead of its case: the same values from
 * the same source, at most REPEATED_MS ago, and nothing said since has changed the lead (then
 * they take that back, and are no repetition). 1 it does, 0 not. */
int repeated_find(struct view *view, const struct actor *actor,
		  const struct submission *submission, const struct case_file *file,
		  int64_t now, struct repeated *repeated, struct error *err);

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
 * counters, audit. `answer` is kept under the key when the submission has one, or has no
 * place in a lead's story where repeated_find() would meet it. */
int decision_add(struct tx *tx, const struct actor *actor, const struct ground *ground,
		 const struct decision *decision, const struct answer *answer,
		 struct error *err);

/* A lead by id, following merges; 1 found, 0 not. An erased lead is found, empty. */
int lead_find(struct view *view, const struct actor *actor, int64_t id, struct lead *lead,
	      struct error *err);

/* The lead of that very id, merged away or not; 1 found, 0 not. */
int lead_find_unfollowed(struct view *view, const struct actor *actor, int64_t id,
			 struct lead *lead, struct error *err);

/* The lead's enquiries, latest first, at most `max`. */
int lead_enquiries(struct view *view, const struct actor *actor, int64_t lead,
		   struct enquiry **enquiries, size_t *count, size_t max,
		   struct error *err);

/* The enquiries of the workspace, or of one lead (0: of all), newest first. */
int enquiry_list(struct view *view, const struct actor *actor, int64_t lead, int64_t before,
		 size_t max, struct enquiry **enquiries, size_t *count, struct error *err);

/* Which leads a list is to hold; all that is set must hold. */
struct lead_filter {
	const struct hash16 *identity; /* has this key, now or formerly; NULL: any */
	int64_t source;                /* has an enquiry of it; 0: any */
	int64_t since;                 /* was made then or later, ms since 1970; 0: any */
	int64_t before;                /* id below; 0: from the newest */
	size_t max;
};

/* Leads that were not merged away, newest first. Erased ones are among them, empty. */
int lead_list(struct view *view, const struct actor *actor, const struct lead_filter *filter,
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

/* Erases a lead's personal data everywhere, and that of the leads that were merged into
 * it: what columns.c calls personal. Leaves ids and times, suppressions for what it
 * objected to, and the audit chain valid. Rejected submissions, rows of files and plans
 * belong to no lead: those that hold one of its keys are emptied too. Errors: ERR_NOT_FOUND
 * when absent, ERR_CONFLICT when it is being sent at this moment (try again) or was erased
 * before. */
int lead_erase(struct tx *tx, const struct actor *actor, int64_t id, struct error *err);

/* ---- Possible duplicates and conflicts: rows for a person ---- */

struct kept_duplicate {
	int64_t id, lead, other; /* following merges; equal once they are one */
	int64_t created_at, decided_at;
	const char *reason, *state; /* state: "open", "merged", "apart" */
};

/* Which rows a list is to hold. */
struct review_filter {
	int64_t lead;        /* 0: any */
	const char *state;   /* NULL: any */
	int64_t before;      /* id below; 0: from the newest */
	size_t max;
};

int duplicate_list(struct view *view, const struct actor *actor,
		   const struct review_filter *filter, struct kept_duplicate **rows,
		   size_t *count, struct error *err);

/* Decides an open one: they are the same and are merged (*merge is the merge's id), or they
 * are kept apart (*merge is 0). Errors: ERR_NOT_FOUND; ERR_CONFLICT when it is decided. */
int duplicate_decide(struct tx *tx, const struct actor *actor, const struct config *config,
		     int64_t id, bool is_same, int64_t *merge, struct error *err);

struct kept_conflict {
	int64_t id, lead, writer_id, created_at, decided_at;
	const char *field, *state; /* "open", "ours", "theirs", "erased" */
	struct value ours, theirs;
	const char *writer;        /* writer_name() of who said theirs */
};

int conflict_list(struct view *view, const struct actor *actor,
		  const struct review_filter *filter, struct kept_conflict **rows,
		  size_t *count, struct error *err);
int conflict_find(struct view *view, const struct actor *actor, int64_t id,
		  struct kept_conflict *conflict, struct error *err);

/* Decides an open one. `theirs`, in the normal form of lead_edit() with its identities,
 * becomes the lead's value; NULL keeps ours. Errors: ERR_NOT_FOUND; ERR_CONFLICT when it is
 * decided. */
struct conflict_choice {
	const struct field *theirs;
	const struct identity *identities;
	size_t nidentities;
};
int conflict_decide(struct tx *tx, const struct actor *actor, const struct config *config,
		    int64_t id, const struct conflict_choice *choice, struct error *err);

/* ---- Merging ---- */

/* Makes two leads one: the older id stays, whichever is named, and the other answers with
 * it for ever. Per field the newer value counts (what is a CRM's or Fairlead's to say: the
 * older lead's); enquiries, submissions, identities, consents, links and deliveries move; a
 * consent that either withdrew is withdrawn. Idempotency keys stay with the id that they
 * answered with, which leads to the survivor. What is needed to undo it is kept. *merge is
 * its id. Errors: ERR_NOT_FOUND; ERR_CONFLICT when they are one already, or one is erased or
 * being sent at this moment (try again); ERR_LIMIT when their fields are too many. */
int lead_merge(struct tx *tx, const struct actor *actor, const struct config *config,
	       int64_t lead, int64_t other, int64_t *merge, struct error *err);

/* Takes a merge back: what was moved goes back, and each value that is still as the merge
 * left it becomes what it was. What came since stays with the lead that it came to. Both are
 * wanted at the CRMs again, and their pair is kept apart. Errors: ERR_NOT_FOUND;
 * ERR_CONFLICT when it is undone, the lead was erased, or was itself merged on since. */
int lead_unmerge(struct tx *tx, const struct actor *actor, const struct config *config,
		 int64_t merge, struct error *err);

struct kept_merge {
	int64_t id, lead, other, at, undone_at;
};

/* Merges into a lead (0: of all leads), newest first. */
int merge_list(struct view *view, const struct actor *actor, int64_t lead, int64_t before,
	       size_t max, struct kept_merge **rows, size_t *count, struct error *err);

/* ---- Consents ---- */

struct kept_consent {
	int64_t id, lead, source, at, recorded_at;
	const char *channel, *purpose;
	const char *doc; /* {"wording", "evidence"}; NULL once erased */
	bool is_granted;
};

/* Consents of a lead (0: of all), newest first. */
int consent_list(struct view *view, const struct actor *actor, int64_t lead, int64_t before,
		 size_t max, struct kept_consent **rows, size_t *count, struct error *err);

#endif
