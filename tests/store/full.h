/* full.h - a store with something in every table: what tests of erasing and of foreign ids
 * start from. Threads: one at a time.
 *
 * Workspace 1 has everything; whatever a lead is or said holds the word FULL_MARK. Workspace
 * 2 is empty. */
#ifndef TESTS_STORE_FULL_H
#define TESTS_STORE_FULL_H

#include "store/box.h"

#define FULL_MARK "quagmire"
#define FULL_EMAIL "quagmire@example.org"

/* Ids of workspace 1. */
enum {
	FULL_LEAD = 101,      /* the one that tests erase */
	FULL_NEIGHBOUR,       /* another person; a decision of theirs looked at FULL_LEAD */
	FULL_MERGED,          /* was merged into FULL_LEAD */
	FULL_ENQUIRY = 201,
	FULL_SUBMISSION = 301, FULL_REFUSED, FULL_OF_NEIGHBOUR,
	FULL_DEAD = 401,      /* deliveries */
	FULL_CLAIMED,         /* of FULL_NEIGHBOUR; its lease has run out */
	FULL_CONNECTION = 501,
	FULL_LOOKING = 601,   /* calls of one batch */
	FULL_CALL,
	FULL_ATTEMPT = 701,
	FULL_LINK = 801,
	FULL_DUPLICATE = 901, FULL_CONFLICT, FULL_MERGE, FULL_CONSENT, FULL_TOKEN, FULL_IMPORT,
	FULL_PLAN, FULL_ALERT, FULL_TIMER, FULL_ASSIGNMENT, FULL_SOURCE, FULL_MAPPING,
	FULL_WORKSPACE = 2,   /* the empty one */
};

/* Opens the box's store and fills it. */
void full_open(struct box *box);

/* The key of FULL_LEAD, hashed. */
struct hash16 full_key(struct box *box);

#endif
