/* links.c - which remote record stands for which lead. Threads: the committer. */
#include "store/links.h"

int link_is_taken(struct tx *tx, const struct delivery *d, const struct link *link,
		  struct error *err)
{
	int64_t subject;
	int found = db_find_int(tx_view(tx)->db,
				"SELECT subject FROM link WHERE workspace = $1 "
				"AND connection = $2 AND object = $3 AND remote_id = $4",
				DB_VALUES(db_int(d->workspace), db_int(d->connection),
					  db_text(link->object), db_text(link->remote_id)),
				&subject, err);

	return found == 1 ? subject != d->subject : found;
}

int link_write(struct tx *tx, const struct delivery *d, const struct link *link,
	       struct error *err)
{
	return db_write(
		tx_view(tx)->db,
		"INSERT INTO link (id, workspace, subject, connection, role, object, "
		"remote_id, remote_version, state, is_ours, created_at, updated_at) "
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) "
		"ON CONFLICT (subject, connection, role) DO UPDATE SET "
		"object = excluded.object, remote_id = excluded.remote_id, "
		"remote_version = excluded.remote_version, state = excluded.state, "
		"updated_at = excluded.updated_at",
		DB_VALUES(db_int(tx_id(tx)), db_int(d->workspace), db_int(d->subject),
			  db_int(d->connection), db_text(d->role), db_text(link->object),
			  db_text(link->remote_id), db_text(link->remote_version),
			  db_text(link->state ? link->state : "live"),
			  db_int(link->is_ours), db_int(tx_now(tx))),
		err);
}
