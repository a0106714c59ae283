/* removed.c - what connections that were removed leave behind. Threads: the committer. */
#include "store/deliveries.h"
#include "store/internal.h"
#include "store/standing.h"

#define REMOVED_MAX 100 /* connections of a workspace that are looked at */

static int removed_connections(struct tx *tx, const struct actor *actor, int64_t *ids,
			       size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*count = 0;
	if (db_query(tx_view(tx)->db,
		     "SELECT DISTINCT id FROM config_item AS c WHERE workspace = $1 "
		     "AND kind = 'connection' AND NOT EXISTS (SELECT 1 FROM config_item AS d "
		     "WHERE d.workspace = $1 AND d.kind = 'connection' AND d.id = c.id "
		     "AND d.version_to IS NULL) ORDER BY id DESC LIMIT $2",
		     DB_VALUES(db_int(actor->workspace), db_int(REMOVED_MAX)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		ids[(*count)++] = db_column_int(rows, 0);
	db_done(rows);
	return more;
}

struct left {
	int64_t id, lead;
};

/* Each state has an index of its own, and so a query; all of them have the same parameters, also
 * those that do not ask for the time. */
#define LEFT_IN(state)                                                                  \
	"SELECT id, subject FROM delivery WHERE " state " AND connection = $1 "          \
	"AND workspace = $2 AND CAST($4 AS BIGINT) > 0 LIMIT $3"

static int left_of(struct tx *tx, const struct actor *actor, int64_t connection, int max,
		   struct left *left, size_t *count, struct error *err)
{
	static const char *const queries[] = {
		LEFT_IN("state = 0"),
		LEFT_IN("state = 1"),
		LEFT_IN("state IN (3, 4)"),
		LEFT_IN("state = 2 AND lease_until > 0 AND lease_until < $4"),
	};

	*count = 0;
	for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
		struct db_rows *rows;
		int more;

		if (db_query(tx_view(tx)->db, queries[i],
			     DB_VALUES(db_int(connection), db_int(actor->workspace),
				       db_int(max - (int64_t)*count), db_int(tx_now(tx))),
			     &rows, err) < 0)
			return -1;
		while ((more = db_next(rows, err)) == 1)
			left[(*count)++] = (struct left){ db_column_int(rows, 0),
							  db_column_int(rows, 1) };
		db_done(rows);
		if (more < 0)
			return -1;
	}
	return 0;
}

static int bring_to_rest(struct tx *tx, const struct actor *actor, const struct left *left,
			 struct error *err)
{
	struct standing before, after;

	if (standing_load(tx, actor->workspace, left->lead, &before, err) < 0)
		return -1;
	after = before;
	standing_set(&after, left->id, DELIVERY_AT_REST);
	if (db_write(tx_view(tx)->db,
		     "UPDATE delivery SET state = $1, lease_until = 0, code = 'unmapped', "
		     "field = NULL, reason = 'its connection was removed', instruction = NULL "
		     "WHERE id = $2",
		     DB_VALUES(db_int(DELIVERY_AT_REST), db_int(left->id)), err) < 0)
		return -1;
	return standing_count(tx, actor->workspace, left->lead, &before, &after, 0, err);
}

int delivery_rest_removed(struct tx *tx, const struct actor *actor, int max,
			  struct error *err)
{
	struct left *left = arena_array(tx_arena(tx), (size_t)max, sizeof(*left));
	int64_t ids[REMOVED_MAX];
	size_t nids, count;
	int done = 0;

	if (removed_connections(tx, actor, ids, &nids, err) < 0)
		return error_wrap(err, "removed connections");
	for (size_t i = 0; i < nids && done < max; i++) {
		if (left_of(tx, actor, ids[i], max - done, left, &count, err) < 0)
			return error_wrap(err, "removed connections");
		for (size_t j = 0; j < count; j++)
			if (bring_to_rest(tx, actor, &left[j], err) < 0)
				return error_wrap(err, "removed connections");
		done += (int)count;
	}
	return done;
}
