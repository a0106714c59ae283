/* restore.c - what a copy of a store has to forget before it may work. Threads: one at a
 * time.
 *
 * Between the copy and now its first life may have sent what the copy still believes to
 * be waiting, and it may go on living. So nothing is sent before a person has looked, and
 * what had not come to rest counts as sent and not answered. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "store/audit.h"
#include "store/configs.h"
#include "store/deliveries.h"
#include "store/internal.h"

/* ---- Is it one of ours, and whole ---- */

static int check_pages(struct db *db, const char *path, struct error *err)
{
	const char *said = NULL;
	struct arena *arena = arena_new();
	struct db_rows *rows;
	int rc;

	rc = db_query(db, "SELECT quick_check FROM pragma_quick_check", DB_NONE, &rows, err);
	if (rc == 0) {
		if (db_next(rows, err) == 1)
			said = db_column_text(rows, 0, arena);
		db_done(rows);
	}
	if (!said || strcmp(said, "ok") != 0)
		rc = error_set(err, ERR_INVALID, "%s is damaged: %s", path,
			       said ? said : "it cannot be read to its end");
	arena_free(arena);
	return rc;
}

static int check_schema(struct db *db, const char *path, struct error *err)
{
	int64_t number;
	struct error ignored;

	if (db_find_int(db,
			"SELECT max(number) FROM schema_migration WHERE EXISTS"
			" (SELECT 1 FROM installation)",
			DB_NONE, &number, &ignored) < 1)
		return error_set(err, ERR_INVALID, "%s is no backup of a Fairlead store", path);
	if (number > store_migrations[store_nmigrations - 1].number)
		return error_set(err, ERR_CONFLICT,
				 "%s has schema %lld, this program knows %d: restore it with the "
				 "newer program that made it",
				 path, (long long)number,
				 store_migrations[store_nmigrations - 1].number);
	return 0;
}

static bool begins_like_sqlite(const char *path)
{
	char head[16] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : pread(fd, head, sizeof(head), 0);

	if (fd >= 0)
		close(fd);
	return len == sizeof(head) && memcmp(head, "SQLite format 3", sizeof(head)) == 0;
}

static int check_whole(const char *path, struct error *err)
{
	struct db *db;
	int rc = -1;

	if (db_open(&db, path, true, err) < 0)
		return error_set(err, ERR_INVALID, "%s cannot be read; it is no whole backup",
				 path);
	if (db_begin(db, err) == 0) {
		rc = check_pages(db, path, err);
		if (rc == 0)
			rc = check_schema(db, path, err);
		db_rollback(db);
	}
	db_close(db);
	return rc;
}

/* Even a reader makes these beside the file. */
static void remove_traces(const char *path)
{
	static const char *const ends[] = { "-wal", "-shm" };
	char name[4096];

	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (snprintf(name, sizeof(name), "%s%s", path, ends[i]) < (int)sizeof(name))
			unlink(name);
}

int store_backup_check(const char *path, struct error *err)
{
	char log[4096];
	bool has_log;
	int rc;

	if (access(path, R_OK) < 0)
		return error_errno(err, path);
	if (!begins_like_sqlite(path))
		return error_set(err, ERR_INVALID, "%s is no backup of a Fairlead store", path);
	snprintf(log, sizeof(log), "%s-wal", path);
	has_log = access(log, F_OK) == 0;
	rc = check_whole(path, err);
	if (!has_log)
		remove_traces(path);
	return rc;
}

/* ---- What it has to forget ---- */

struct forgetting {
	int64_t workspace;
	const char *reason;
	struct restored mine; /* of this workspace */
};

static int pause_connections(struct tx *tx, struct forgetting *f, const struct actor *actor,
			     struct error *err)
{
	struct kept_item *items;
	size_t count;

	if (config_items(tx_view(tx), actor, "connection", &items, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct connection_state state = { .connection = items[i].id,
						  .state = "paused", .reason = f->reason };

		if (connection_state_set(tx, actor, &state, "connection.paused", err) < 0)
			return -1;
	}
	f->mine.connections = (int64_t)count;
	return 0;
}

static int doubt_deliveries(struct tx *tx, struct forgetting *f, struct error *err)
{
	struct db *db = tx_view(tx)->db;

	if (db_find_int(db,
			"SELECT count(*) FROM delivery WHERE workspace = $1"
			" AND state IN (0, 1, 2)",
			DB_VALUES(db_int(f->workspace)), &f->mine.uncertain, err) < 0)
		return -1;
	return db_write(db,
			"UPDATE delivery SET is_uncertain = 1, is_forced = 0, worker = 0,"
			" lease_until = 0, due_at = CASE state WHEN 2 THEN $1 ELSE due_at END,"
			" state = CASE state WHEN 2 THEN 0 ELSE state END"
			" WHERE workspace = $2 AND state IN (0, 1, 2)",
			DB_VALUES(db_int(tx_now(tx)), db_int(f->workspace)), err);
}

static int forget(struct tx *tx, void *context, struct error *err)
{
	struct forgetting *f = context;
	struct actor actor = { .workspace = f->workspace, .kind = ACTOR_SYSTEM };

	f->mine = (struct restored){ 0 };
	if (pause_connections(tx, f, &actor, err) < 0 || doubt_deliveries(tx, f, err) < 0)
		return -1;
	return audit_add(tx, &actor, "store.restored", "workspace", f->workspace,
			 arena_printf(tx_arena(tx), "{\"connections\":%lld,\"uncertain\":%lld}",
				      (long long)f->mine.connections,
				      (long long)f->mine.uncertain),
			 NULL, err);
}

static int note_restored(struct tx *tx, void *context, struct error *err)
{
	(void)context;
	return db_write(tx_view(tx)->db, "UPDATE installation SET restored_at = $1",
			DB_VALUES(db_int(tx_now(tx))), err);
}

static int list_workspaces(struct store *store, struct arena *arena, int64_t **ids,
			   size_t *count, struct error *err)
{
	struct view *view = view_open(store, arena, err);
	int rc;

	if (!view)
		return -1;
	rc = workspace_list_any_workspace(view, ids, count, err);
	view_close(view);
	return rc;
}

int store_restored(struct store *store, struct restored *restored, struct error *err)
{
	struct arena *arena = arena_new();
	struct forgetting f = {
		.reason = "restored from a backup: see what the CRM has by now, then resume",
	};
	int64_t *ids;
	size_t count = 0;
	int rc;

	*restored = (struct restored){ 0 };
	rc = list_workspaces(store, arena, &ids, &count, err);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		f.workspace = ids[i];
		rc = store_run(store, URGENCY_OUTCOME, ids[i], forget, &f, err);
		restored->workspaces++;
		restored->connections += f.mine.connections;
		restored->uncertain += f.mine.uncertain;
	}
	if (rc == 0)
		rc = store_run(store, URGENCY_OUTCOME, 0, note_restored, NULL, err);
	arena_free(arena);
	return rc < 0 ? -1 : 0;
}
