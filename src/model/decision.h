/* decision.h - what Fairlead concluded from a submission, and from what. Threads: pure.
 *
 * A decision is a function of its ground: the prepared submission, the case as it is,
 * the configuration version, the time, and facts. The ground is recorded with it, so
 * that it can be made again and compared. `why` reads the same record. */
#ifndef MODEL_DECISION_H
#define MODEL_DECISION_H

#include "model/config.h"
#include "model/lead.h"
#include "model/submission.h"

/* Grows when the same ground leads to another decision. */
#define ENGINE_VERSION 2

#define CANDIDATES_MAX 16
#define ENQUIRIES_MAX 64 /* the latest of a candidate that are loaded */

/* A lead that has one of the submission's identities. */
struct candidate {
	struct lead *lead;
	struct enquiry *enquiries; /* latest first */
	size_t nenquiries;
};

/* A withdrawal in force: of a consent, or a suppression that outlived its lead. */
struct objection {
	const char *channel, *purpose; /* "all" for every one */
	const char *reason;
};

/* The case as it is, loaded inside the transaction. */
struct case_file {
	struct candidate *candidates;
	size_t ncandidates;
	struct objection *objections; /* over all identities of the submission */
	size_t nobjections;
};

/* What the decision needs to know and must not look up itself. */
struct pool_fact {
	const char *pool;
	int64_t position; /* how many were picked from it before */
};

/* What a decision may have to wait for in front of a stage. */
enum gate {
	GATE_NONE,
	GATE_LOOKUP, /* does a CRM have the person, and whose is it there? */
};

/* How a gate was passed: by an answer, or because its time ran out. */
struct passage {
	enum gate gate;          /* GATE_NONE: the decision begins at the first stage */
	const char *answer;      /* "absent", "found", "unconfirmed": nobody said in time */
	const char *connection;  /* the one that has it, or NULL */
	const char *remote_owner; /* the CRM's own id of whose it is there, or NULL */
};

struct facts {
	int64_t lead_id, enquiry_id; /* for new ones; when resumed, those it is about */
	struct pool_fact *pools;
	size_t npools;
	struct passage passage;
};

struct ground {
	const struct submission *submission;
	const struct case_file *file;
	const struct config *config;
	const struct source *source;
	struct facts facts;
	int64_t now; /* ms since 1970 */
	struct arena *arena;
};

enum result {
	RESULT_CREATED,
	RESULT_UPDATED,
	RESULT_UNCHANGED,
	RESULT_IGNORED,    /* by the source's behaviour: kept and listed */
	RESULT_IN_PROCESS, /* refused: the lead is being worked on (S0.14) */
	RESULT_REJECTED,   /* the submission itself is wrong */
};

/* What became of one given value. */
enum change_kind {
	CHANGE_SET,        /* the field was empty */
	CHANGE_REPLACED,   /* by a newer value */
	CHANGE_CLEARED,    /* by an explicit null */
	CHANGE_KEPT_NEWER, /* not taken: what we have is newer */
	CHANGE_KEPT_OWNED, /* not taken: the field is another's */
	CHANGE_KEPT_FILLED, /* not taken: fills only what is empty */
	CHANGE_CONFLICT,   /* not taken: a person decides */
};

struct change {
	const char *field;
	enum change_kind kind;
	struct value before, after; /* `after` is what was given */
};

struct factor {
	const char *name, *reason;
	int points;
};

struct doubt {
	int64_t other;      /* the lead that may be the same */
	const char *reason; /* a word: "phone_only", "keys_disagree" */
};

/* A step of the trace: which stage said what. */
struct note {
	const char *stage, *code;
	const char *text; /* for people; may name fields and keys */
};

#define DECISION_CHANGES_MAX LEAD_FIELDS_MAX
#define DECISION_DOUBTS_MAX CANDIDATES_MAX
#define DECISION_NOTES_MAX 48
#define DECISION_FACTORS_MAX 64

struct decision {
	enum result result;
	const char *reason;         /* a word for ignored and refused, else NULL */
	struct lead *lead;          /* as it shall be; NULL when rejected */
	struct enquiry *enquiry;    /* the one that this belongs to; NULL when none */
	bool is_new_lead, is_new_enquiry;
	bool has_new_message;       /* a known enquiry says something else by now */
	const struct candidate *matched; /* the lead before, or NULL */
	const char *matched_by;     /* kind of the key, or NULL */
	struct change changes[DECISION_CHANGES_MAX];
	size_t nchanges;
	struct doubt doubts[DECISION_DOUBTS_MAX];
	size_t ndoubts;
	struct factor factors[DECISION_FACTORS_MAX];
	size_t nfactors;
	int score;
	const char *route, *pool;   /* the route that picked, and its pool; or NULL */
	const struct person *owner; /* picked now, or NULL */
	struct note notes[DECISION_NOTES_MAX];
	size_t nnotes;
	bool is_done;               /* a stage ended it: those behind are not asked */
	enum gate gate;             /* where it stopped, or GATE_NONE */
	int64_t gate_until;         /* ms since 1970: then it goes on without an answer */
};

void decision_note(struct decision *decision, const char *stage, const char *code,
		   const char *text);
void decision_change(struct decision *decision, const char *field, enum change_kind kind,
		     struct value before, struct value after);
void decision_doubt(struct decision *decision, int64_t other, const char *reason);

/* Sets a field of decision->lead with its provenance; an absent value removes it. */
void decision_set(struct decision *decision, struct arena *arena,
		  const struct lead_field *field);

const char *result_name(enum result result);
const char *change_kind_name(enum change_kind kind);
const char *gate_name(enum gate gate);
bool gate_parse(const char *name, enum gate *gate);

/* The record of a ground and its decision as JSON: {"engine", "config", "now",
 * "facts", "submission", "case", "result"}. */
void buf_add_decision(struct buf *buf, const struct ground *ground,
		      const struct decision *decision);

/* Reads the ground back from such a record, under the configuration of its version.
 * Errors: ERR_INVALID, ERR_CONFLICT when another engine made it. */
int ground_from_json(struct arena *arena, const json_t *record, const struct config *config,
		     struct ground *ground, struct error *err);

#endif
