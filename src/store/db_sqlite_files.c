/* db_sqlite_files.c - SQLite's write-ahead log, and copies of the file. Threads: one at a
 * time. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/log.h"
#include "store/db_sqlite.h"

#define FRAME_SIZE (4096 + 24) /* of the log: a page and its header */
#define URGENT_MS 1000         /* no reader lasts longer */
#define BACKUP_PAGES 1024      /* copied at a step */

/* ---- The log ---- */

static int note_log(void *context, sqlite3 *handle, const char *name, int frames)
{
	struct sqlite *sqlite = context;

	(void)handle;
	(void)name;
	sqlite->log_bytes = (int64_t)frames * FRAME_SIZE;
	return SQLITE_OK;
}

void sqlite_watch_log(struct sqlite *sqlite)
{
	sqlite3_wal_hook(sqlite->handle, note_log, sqlite);
}

/* After a failed sync the log in memory may differ from the log on disk, and no later
 * sync tells. So a fresh writer moves the log into the file before it adds to it. When a
 * reader of somebody else's is in the way the log is moved but not cut short; when there
 * is no room it waits, because a store that does not come up records no outcomes. */
int sqlite_move_old_log(struct sqlite *sqlite, struct error *err)
{
	int rc = sqlite3_wal_checkpoint_v2(sqlite->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
					   NULL, NULL);
	enum db_error class;

	if (rc == SQLITE_OK || (rc & 0xFF) == SQLITE_BUSY)
		return 0;
	class = sqlite_class_of(rc, sqlite3_system_errno(sqlite->handle));
	if (class != DB_FULL)
		return sqlite_fail(sqlite, "checkpoint", err);
	log_warn(NULL, "store.refused", LOG_WORD("cause", "full"));
	return 0;
}

static void checkpoint_gently(struct sqlite *sqlite)
{
	int frames = 0, moved = 0;

	if (sqlite3_wal_checkpoint_v2(sqlite->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &frames,
				      &moved) != SQLITE_OK)
		sqlite_fail(sqlite, "checkpoint", NULL);
	else if (frames == moved)
		sqlite->log_bytes = 0; /* the next commit starts it over, or tells */
}

/* A reader that will not end (a backup) keeps the log growing: ask again when it has
 * grown by a quarter, not after every commit. */
static void checkpoint_urgently(struct sqlite *sqlite, int64_t bytes)
{
	int rc;

	if (sqlite->log_bytes < sqlite->urgent_again)
		return;
	sqlite3_busy_timeout(sqlite->handle, URGENT_MS);
	rc = sqlite3_wal_checkpoint_v2(sqlite->handle, NULL, SQLITE_CHECKPOINT_RESTART, NULL,
				       NULL);
	sqlite3_busy_timeout(sqlite->handle, SQLITE_BUSY_MS);
	if (rc == SQLITE_OK) {
		sqlite->log_bytes = 0;
		sqlite->urgent_again = 0;
		return;
	}
	sqlite->urgent_again = sqlite->log_bytes + bytes / 4;
	if ((rc & 0xFF) != SQLITE_BUSY)
		sqlite_fail(sqlite, "checkpoint", NULL);
}

void sqlite_checkpoint(struct db *db, int64_t bytes, bool is_urgent)
{
	struct sqlite *sqlite = (struct sqlite *)db;

	if (sqlite->log_bytes <= bytes)
		return;
	db->failure = DB_OK;
	if (is_urgent)
		checkpoint_urgently(sqlite, bytes);
	else
		checkpoint_gently(sqlite);
}

int64_t sqlite_log_bytes(struct db *db)
{
	return ((struct sqlite *)db)->log_bytes;
}

/* ---- Copies ---- */

/* One snapshot: the read transaction that is open on the source keeps the copy from
 * starting over when somebody commits. */
static int copy_pages(struct sqlite *sqlite, sqlite3 *target, struct error *err)
{
	sqlite3_backup *backup;
	int rc;

	backup = sqlite3_backup_init(target, "main", sqlite->handle, "main");
	if (!backup)
		return error_set(err, ERR_INTERNAL, "backup: %s", sqlite3_errmsg(target));
	do
		rc = sqlite3_backup_step(backup, BACKUP_PAGES);
	while (rc == SQLITE_OK);
	sqlite3_backup_finish(backup);
	if (rc == SQLITE_DONE)
		return 0;
	return error_set(err, sqlite_error_of(sqlite_class_of(rc, sqlite3_system_errno(target))),
			 "backup: %s", sqlite3_errmsg(target));
}

static int sync_file(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = error_errno(err, path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int sqlite_backup(struct db *db, const char *path, struct error *err)
{
	struct sqlite *sqlite = (struct sqlite *)db;
	sqlite3 *target = NULL;
	int fd, rc = -1;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, path);
	close(fd);
	if (sqlite3_open_v2(path, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
	    SQLITE_OK) {
		error_set(err, ERR_INTERNAL, "%s: %s", path, sqlite3_errmsg(target));
		goto out;
	}
	/* Nobody reads the copy before it is whole and synced, so it needs no journal. */
	sqlite3_exec(target, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL,
		     NULL);
	if (sqlite_run(sqlite, "BEGIN; SELECT count(*) FROM sqlite_schema", err) < 0)
		goto out;
	rc = copy_pages(sqlite, target, err);
	sqlite_run(sqlite, "COMMIT", NULL);
out:
	sqlite3_close(target);
	if (rc == 0)
		rc = sync_file(path, err);
	if (rc < 0)
		unlink(path);
	return rc;
}
