/* backup.c - a copy of the store while it works on. Threads: any. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/internal.h"

static int sync_folder_of(const char *path, struct error *err)
{
	char folder[4096];
	int fd, rc = 0;

	snprintf(folder, sizeof(folder), "%s", path);
	fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		rc = error_errno(err, path);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* link() instead of rename(): it does not replace what is there. */
static int put_in_place(const char *partial, const char *path, struct error *err)
{
	int rc = 0;

	if (link(partial, path) < 0)
		rc = error_errno(err, path);
	unlink(partial);
	return rc < 0 ? -1 : sync_folder_of(path, err);
}

int store_backup_stopped(const char *uri, const char *path, struct error *err)
{
	char partial[4096];
	struct db *db;
	int rc;

	if (snprintf(partial, sizeof(partial), "%s.partial", path) >= (int)sizeof(partial))
		return error_set(err, ERR_INVALID, "%s: too long", path);
	if (access(path, F_OK) == 0)
		return error_set(err, ERR_CONFLICT, "%s: File exists", path);
	if (db_open(&db, uri, true, err) < 0)
		return -1;
	unlink(partial); /* of one that was interrupted */
	rc = db->driver->backup(db, partial, err);
	db_close(db);
	return rc < 0 ? -1 : put_in_place(partial, path, err);
}

int store_backup(struct store *store, const char *path, struct error *err)
{
	return store_backup_stopped(store_uri(store), path, err);
}
