/* accept.h - the way in: prepare, decide, commit, answer. Threads: any thread prepares;
 * deciding and writing run in the committer; `answered` is called there.
 *
 * An intake is what came with one request: one lead, or many of a batch, a form post,
 * a piece of a file. Each item has its answer. */
#ifndef ACCEPT_ACCEPT_H
#define ACCEPT_ACCEPT_H

#include "model/submission.h"
#include "store/configs.h"
#include "store/leads.h"
#include "store/store.h"

struct intake_item {
	struct submission *submission; /* prepared; NULL when it could not be read */
	const struct source *source;
	struct answer answer;          /* out; or set already when submission is NULL */
	bool is_replayed;              /* out: the answer is an earlier request's */
	int64_t lead;                  /* out: 0 when none */
	enum result result;            /* out */
	const struct decision *decision; /* out, of a row that is only planned: see
					    import_on_row() */
};

#define INTAKE_UNIT_MAX 32 /* items of one unit: a batch is cut */

struct intake {
	struct store *store;
	struct snapshot *snapshot;  /* held until answered */
	struct actor actor;
	enum urgency urgency;
	bool is_awaited;            /* somebody's connection is open for the answer: see
				       struct unit. Of one unit, else it counts for nothing */
	struct arena *arena;        /* lives until `answered` returns */
	struct intake_item *items;
	size_t nitems;
	/* Called once when all items have their answers and are on disk; or with `err`
	 * when the store failed, or did not begin in time: then nothing of the item's unit
	 * was kept and items without an answer have status 0. Threads: the committer, or
	 * another of the store's. */
	void (*answered)(struct intake *intake, const struct error *err);
	void *context;
	/* Optional. Runs in the transaction of each unit, behind its items (`count` of them
	 * from `first`): what is to be kept with them or not at all. Like a unit's run it may
	 * run twice, and -1 keeps none of the unit. Threads: the committer. */
	int (*also)(struct tx *tx, struct intake *intake, size_t first, size_t count,
		    struct error *err);

	/* The intake's own: */
	struct intake_unit *units;
	size_t nunits;
	_Atomic int left;
	struct error failure;
};

/* Hands the intake to the committer. */
void intake_submit(struct intake *intake);

/* The problem document of a refused item (RFC 9457): 422 with every failing field. */
void answer_problems(struct arena *arena, const struct problems *problems,
		     struct answer *answer);

/* The same with another status, code and sentence. */
void answer_refused(struct arena *arena, int status, const char *code, const char *detail,
		    const struct problems *problems, struct answer *answer);

/* A problem document with one sentence. */
void answer_problem(struct arena *arena, int status, const char *code, const char *detail,
		    struct answer *answer);

#endif
