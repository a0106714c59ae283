/* node.c - which of the processes of a shared store we are. Threads: one at a time. */
#include "store/node.h"

#include <sodium.h>
#include <time.h>

#define NUMBER_MAX 255
#define TRIES 50

static int64_t boot_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A number whose last holder can make no more ids with it: 1, 0 none, -1. */
static int find_free(struct db *db, int64_t *number, struct error *err)
{
	return db_find_int(db,
			   "SELECT number FROM node WHERE lease_until + $1 < {NOW_MS}"
			   " ORDER BY number LIMIT 1 {SKIP_LOCKED}",
			   DB_VALUES(db_int(NODE_LEASE)), number, err);
}

static int take_free(struct db *db, struct node *node, struct error *err)
{
	return db_write(db,
			"UPDATE node SET holder = $2, lease_until = {NOW_MS} + $3"
			" WHERE number = $1",
			DB_VALUES(db_int(node->number), db_int(node->holder),
				  db_int(NODE_LEASE)),
			err);
}

static int add_new(struct db *db, struct node *node, struct error *err)
{
	if (db_find_int(db,
			"INSERT INTO node (number, holder, lease_until)"
			" SELECT coalesce(max(number), 0) + 1, $1, {NOW_MS} + $2 FROM node"
			" RETURNING number",
			DB_VALUES(db_int(node->holder), db_int(NODE_LEASE)), &node->number,
			err) < 0)
		return -1;
	if (node->number > NUMBER_MAX)
		return error_set(err, ERR_LIMIT,
				 "%d processes have this store open, or had a minute ago",
				 NUMBER_MAX);
	return 0;
}

static int claim(struct db *db, struct node *node, struct error *err)
{
	int rc = find_free(db, &node->number, err);

	if (rc < 0)
		return -1;
	rc = rc == 1 ? take_free(db, node, err) : add_new(db, node, err);
	return rc < 0 ? -1 : db_commit(db, err);
}

int node_claim(struct db *db, struct node *node, struct error *err)
{
	int rc = -1;

	randombytes_buf(&node->holder, sizeof(node->holder));
	node->holder &= INT64_MAX;
	/* Of two that add the same number, one is told to try again. */
	for (int try = 0; rc < 0 && try < TRIES; try++) {
		node->renewed_ms = boot_ms();
		if (db_begin(db, err) < 0)
			return -1;
		rc = claim(db, node, err);
		if (rc < 0)
			db_rollback(db);
		if (rc < 0 && db->failure != DB_AGAIN)
			return -1;
	}
	return rc;
}

static int renew(struct db *db, const struct node *node, struct error *err)
{
	int64_t number;
	int rc = db_find_int(db,
			     "UPDATE node SET lease_until = {NOW_MS} + $3"
			     " WHERE number = $1 AND holder = $2 RETURNING number",
			     DB_VALUES(db_int(node->number), db_int(node->holder),
				       db_int(NODE_LEASE)),
			     &number, err);

	if (rc == 1)
		return db_commit(db, err);
	if (rc == 0) {
		db->failure = DB_FATAL;
		error_set(err, ERR_CONFLICT,
			  "node number %lld went to another process while this one stood still",
			  (long long)node->number);
	}
	return -1;
}

int node_keep(struct db *db, struct node *node, struct error *err)
{
	int64_t now = boot_ms();

	if (node->number == 0 || now - node->renewed_ms < NODE_RENEW)
		return 0;
	if (db_begin(db, err) < 0)
		return -1;
	if (renew(db, node, err) < 0) {
		db_rollback(db);
		return -1;
	}
	node->renewed_ms = now;
	return 0;
}
