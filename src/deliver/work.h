/* work.h - one delivery under way: what is known of it, what is to be written. Private
 * to deliver/. Threads: pure. */
#ifndef DELIVER_WORK_H
#define DELIVER_WORK_H

#include "deliver/desk.h"

enum need {
	NEED_FIND,    /* is it there? */
	NEED_READ,    /* what does it hold? */
	NEED_COMPUTE,
	NEED_WRITE,
	NEED_NOTHING, /* settled, or to be settled as `s` says */
};

/* What a look-up told. */
enum look { LOOK_NONE, LOOK_ABSENT, LOOK_FOUND };

struct work {
	const struct claim *claim;
	struct terms *terms;
	struct terms_mapping *m;
	const char *key;          /* ours at the vendor */
	enum need need;
	struct record record;     /* of the conversation it is in */
	enum record_action action;
	const char *remote_id, *remote_version; /* known or found; NULL: to be created */
	bool is_linked, is_unconfirmed, was_read, is_ours;
	bool is_unmarked;         /* it was read, and its field for our key is empty */
	const struct field *seen; /* what the CRM holds, as far as known */
	size_t nseen;
	bool has_seen;
	const struct field *told;
	size_t ntold;
	const struct field *intent; /* of a write whose answer was lost */
	size_t nintent;
	const struct field *undo; /* what it held before our first write, or NULL */
	size_t nundo;
	enum look look;
	const char *remote_owner; /* whose it is there, by the CRM's own id; or NULL */
	int64_t changed_at;
	struct applied applied;
	const struct field *fields; /* to write */
	size_t nfields;
	struct settlement s;
	bool has_settlement;
};

struct work_ground {
	struct store *store;
	struct arena *arena;
	int64_t now;
	double dice;
};

/* Looks at the claim and says what is needed first. */
void work_begin(struct work *work, const struct work_ground *ground);

/* Sets work->record up to be found, and takes what was found. */
void work_ask_find(struct work *work, const struct work_ground *ground);
void work_found(struct work *work, const struct work_ground *ground);
void work_ask_read(struct work *work, const struct work_ground *ground);
void work_read(struct work *work, const struct work_ground *ground);

/* Applies the mapping: what is to be written, or how it is settled without. */
void work_compute(struct work *work, const struct work_ground *ground);
/* What is about to be written, to be kept before it is sent. */
struct intent work_intent(const struct work *work, struct arena *arena);

void work_ask_write(struct work *work, const struct work_ground *ground);
void work_written(struct work *work, const struct work_ground *ground);

/* The record that was found stands for another lead: a person decides. */
void work_taken(struct work *work);

/* Goes on with the lead as it is by now, which the claim was loaded with anew: a decision
 * that waited for the look was made. */
void work_renew(struct work *work, const struct claim *claim, struct arena *arena);

/* The names of the CRM's fields that a look must bring; NULL-ended. */
const char **work_names(struct terms *terms, struct terms_mapping *m, struct arena *arena,
			size_t *count);

#endif
