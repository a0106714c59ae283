/* audit.h - who changed what, in a chain that nobody can edit unseen. Threads: adding in
 * the committer; reading and verifying by any.
 *
 * Entries of a workspace are numbered from 1 without a gap. Each carries an HMAC, under a
 * key derived from the master key, of the entry before it and of its own fields. How many
 * there are and the last HMAC is also written, signed, to a file and to the log each
 * minute. So edits, gaps and changes of order always show, and a tail that was cut off
 * shows back to the last such head.
 *
 * An entry holds ids, field names, versions and a salted hash, never values. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/store.h"

/* The salt of a content's hash stands in the row that holds the content, so that
 * erasing the row leaves the chain valid and the hash meaningless. */
struct audit_salt {
	unsigned char bytes[16];
};

struct audit_salt audit_salt_new(void);

struct audit_content {
	const void *bytes;
	size_t len;
	struct audit_salt salt; /* store it beside the bytes */
};

/* Adds an entry in the actor's workspace. `action` is "noun.verb" in the past tense
 * ("lead.merged"), `detail` a JSON object of ids, field names and versions or NULL,
 * `content` what was decided on or NULL. */
int audit_add(struct tx *tx, const struct actor *actor, const char *action,
	      const char *object_kind, int64_t object, const char *detail,
	      const struct audit_content *content, struct error *err);

struct audit_entry {
	int64_t seq, at;
	enum actor_kind actor_kind;
	int64_t actor, request;
	const char *action, *object_kind;
	int64_t object;
	const char *detail; /* JSON or NULL */
};

/* Entries of the actor's workspace with numbers below `before` (0: all), newest first,
 * at most `max`. Returns how many; they live in the view's arena. */
int audit_list(struct view *view, const struct actor *actor, int64_t before, int max,
	       struct audit_entry **entries, struct error *err);

/* The entries about one lead, newest first, at most `max`, but for the two that every lead
 * makes and that stand elsewhere too: "lead.decided" (its submission) and
 * "delivery.settled" (its attempt). Returns how many. */
int audit_list_of_lead(struct view *view, const struct actor *actor, int64_t lead, int max,
		       struct audit_entry **entries, struct error *err);

/* The hash that an entry holds of a content, 32 bytes. */
void audit_content_hash(const struct audit_content *content, unsigned char hash[32]);

/* ---- Verifying ---- */

struct audit_report {
	bool is_intact;
	int64_t entries;    /* that are sound, from the first on */
	int64_t bad_seq;    /* the first that is not; 0 when none, or when it is the heads
			       that are wrong */
	int heads;          /* signed heads of this workspace that were compared */
	char what[200];     /* what is wrong, for people; "" when intact */
};

/* Walks the chain of a workspace, in many short views. `heads` names a file of signed
 * heads, ours (DIR/audit.heads) or a log that holds their lines, or is NULL. Returns 0
 * when it could look, whatever it found. Errors: ERR_NOT_FOUND for no such workspace. */
int audit_verify(struct store *store, int64_t workspace, const char *heads,
		 struct audit_report *report, struct error *err);

/* The file of heads that the store itself writes, for audit_verify(); NULL when there is
 * none yet. */
const char *audit_heads_file(struct store *store, struct arena *arena);

/* Calls `each` for every workspace's report, in the order of their ids. Returns how many
 * were not intact. */
typedef void audit_each(void *context, int64_t workspace, const char *name,
			const struct audit_report *report);
int audit_verify_all_workspaces(struct store *store, const char *heads, audit_each *each,
				void *context, struct error *err);

/* Writes the heads of all workspaces to DIR/audit.heads, replacing it, and those that
 * have grown since the last time to the log ("audit.head"). A chain that does not hold
 * the head written before was cut: then the old head stays and the log says so
 * ("audit.cut"). The store does so itself each minute and when it closes. */
int store_audit_heads(struct store *store, struct error *err);

#endif
