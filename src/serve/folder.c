/* folder.c - the data folder of a server, seen from outside. Threads: pure, but for looking
 * at files. */
#include "serve/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_make(const char *path, struct error *err)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	if (errno == ENOENT) {
		char *parent = strdup(path), *slash = parent ? strrchr(parent, '/') : NULL;
		int rc = -1;

		if (slash && slash != parent) {
			*slash = '\0';
			rc = folder_make(parent, err);
		}
		free(parent);
		if (rc == 0 && (mkdir(path, 0700) == 0 || errno == EEXIST))
			return 0;
	}
	return error_errno(err, path);
}

bool folder_is_served(struct arena *arena, const char *path)
{
	int fd = open(arena_printf(arena, "%s/" SERVER_FILE, path), O_RDONLY | O_CLOEXEC);
	bool is_served;

	if (fd < 0)
		return false;
	is_served = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
	close(fd);
	return is_served;
}

bool folder_has_store(struct arena *arena, const char *path)
{
	return access(arena_printf(arena, "%s/" STORE_FILE, path), F_OK) == 0;
}

int folder_write(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}
