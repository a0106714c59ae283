/* node.h - which of the processes of a shared store we are. Private to store/. Threads:
 * one at a time (opening, then the committer).
 *
 * Ids hold a node number, and two processes that had the same could make the same id. So
 * a number is leased in the store for NODE_LEASE and renewed before transactions; one
 * whose lease ran out is left alone for as long again. An embedded store has one process,
 * which is node 0. */
#ifndef STORE_NODE_H
#define STORE_NODE_H

#include "store/db.h"

#define NODE_LEASE 60000 /* ms by the database's clock */
#define NODE_RENEW 20000 /* ms after which to renew */

struct node {
	int64_t number; /* 1 to 255; 0 embedded */
	int64_t holder; /* random: this opening of the store */
	int64_t renewed_ms; /* of a clock that goes on while the machine sleeps */
};

/* Errors: ERR_LIMIT when all numbers are taken. */
int node_claim(struct db *db, struct node *node, struct error *err);

/* Renews when it is time, in a transaction of its own. A number that another process has
 * taken meanwhile is DB_FATAL. */
int node_keep(struct db *db, struct node *node, struct error *err);

#endif
