/* submission.h - what a source sent, prepared: parsed, normalised, checked.
 * Threads: pure.
 *
 * Preparing needs no store and runs in the thread that received it. What is here is
 * recorded with the decision, so that the decision can be made again. */
#ifndef MODEL_SUBMISSION_H
#define MODEL_SUBMISSION_H

#include "model/source.h"

/* Something wrong (or odd) with what was given. */
struct problem {
	const char *field;       /* "phone", "custom.budget", or NULL for the whole */
	const char *code;        /* "phone_invalid": a word that stays */
	const char *message;     /* what is wrong, for people */
	const char *instruction; /* what to do */
};

#define PROBLEMS_MAX 32

struct problems {
	struct problem items[PROBLEMS_MAX];
	size_t count;            /* further ones are dropped */
};

void problem_add(struct problems *problems, const char *field, const char *code,
		 const char *message, const char *instruction);

/* Consent given or withdrawn for a channel and purpose. */
struct consent {
	const char *channel;  /* "email", "sms", "whatsapp", "voice", "all" */
	const char *purpose;  /* "qualification", "marketing", "transactional" */
	bool is_granted;
	const char *wording, *evidence; /* may be NULL */
	int64_t at;
};

#define CONSENTS_MAX 16

struct submission {
	int64_t id, workspace, source;
	int64_t received_at;     /* ms since 1970 */
	int64_t occurred_at;     /* as the sender says, else received_at; never later */
	bool has_time;           /* the sender said when */
	bool is_test;

	const char *raw;         /* as it came */
	size_t raw_len;
	const char *content_type;

	const struct field *fields; /* normalised; VALUE_NULL is an explicit null */
	size_t nfields;
	const struct identity *identities; /* in the order of the source's keys */
	size_t nidentities;
	const char *enquiry_id, *message;
	const struct consent *consents;
	size_t nconsents;
	struct problems errors;  /* any: it is rejected */
	struct problems warnings;

	bool has_idempotency;    /* a key was given, or the source's own id stands for it */
	bool is_short_lived;     /* no key: equal values are the same request for 60 s */
	struct hash16 idempotency; /* of workspace, source and key (or values) */
	unsigned char body_hash[SHA256_SIZE];
};

#endif
