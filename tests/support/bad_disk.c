/* bad_disk.c - a disk that fails when told to. Loaded into a program with LD_PRELOAD.
 * Threads: any.
 *
 * BAD_DISK names a folder. While it holds a file "full", nothing can be written to regular
 * files (ENOSPC); while it holds "nosync", no sync succeeds (EIO); while it holds
 * "nosync-main", only those of files whose names end with ".db" do not. While it holds a
 * folder "synced", what each sync brings onto the disk is copied there, under the file's
 * name, before the sync returns: what a power failure surely leaves. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static int is_told(const char *what)
{
	const char *folder = getenv("BAD_DISK");
	char path[4096];

	if (!folder)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", folder, what);
	return access(path, F_OK) == 0;
}

static int is_regular(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

/* Whether it has a name; `path` gets it. */
static int find_path(int fd, char *path, size_t size)
{
	char link[64];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, size - 1);
	path[len < 0 ? 0 : len] = '\0';
	return len > 0 && path[0] == '/';
}

static int is_main_file(int fd)
{
	char path[4096];
	size_t len;

	if (!find_path(fd, path, sizeof(path)))
		return 0;
	len = strlen(path);
	return len > 3 && strcmp(path + len - 3, ".db") == 0;
}

static int refuse_write(int fd)
{
	int number = errno;

	if (is_regular(fd) && is_told("full")) {
		errno = ENOSPC;
		return 1;
	}
	errno = number;
	return 0;
}

static int refuse_sync(int fd)
{
	int number = errno;

	if (is_told("nosync") || (is_told("nosync-main") && is_main_file(fd))) {
		errno = EIO;
		return 1;
	}
	errno = number;
	return 0;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t len)
{
	return refuse_write(fd) ? -1 : NEXT(write)(fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t at)
{
	return refuse_write(fd) ? -1 : NEXT(pwrite)(fd, bytes, len, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t at)
{
	return refuse_write(fd) ? -1 : NEXT(pwrite64)(fd, bytes, len, at);
}

/* ---- What a power failure leaves ---- */

static pthread_mutex_t syncing = PTHREAD_MUTEX_INITIALIZER;

static void copy(int from, int to)
{
	char bytes[65536];
	off_t at = 0;
	ssize_t len;

	while ((len = pread(from, bytes, sizeof(bytes), at)) > 0)
		if (write(to, bytes, (size_t)len) == len)
			at += len;
		else
			abort();
}

/* What has been written when a sync begins is on the disk when it has ended. */
static int sync_and_keep(int fd, int (*sync)(int fd))
{
	char path[4096], kept[8192], copied[8200];
	int rc, to;

	if (!is_told("synced") || !is_regular(fd) || !find_path(fd, path, sizeof(path)))
		return sync(fd);
	snprintf(kept, sizeof(kept), "%s/synced%s", getenv("BAD_DISK"), strrchr(path, '/'));
	snprintf(copied, sizeof(copied), "%s.new", kept);
	pthread_mutex_lock(&syncing);
	to = open(copied, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (to < 0)
		abort();
	copy(fd, to);
	close(to);
	rc = sync(fd);
	if (rc == 0 && rename(copied, kept) < 0)
		abort();
	pthread_mutex_unlock(&syncing);
	return rc;
}

int fsync(int fd)
{
	return refuse_sync(fd) ? -1 : sync_and_keep(fd, NEXT(fsync));
}

int fdatasync(int fd)
{
	return refuse_sync(fd) ? -1 : sync_and_keep(fd, NEXT(fdatasync));
}
