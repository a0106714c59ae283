/* bad_disk.c - a disk that fails when told to. Loaded into a program with LD_PRELOAD.
 * Threads: any.
 *
 * BAD_DISK names a folder. While it holds a file "full", nothing can be written to regular
 * files (ENOSPC); while it holds "nosync", no sync succeeds (EIO); while it holds
 * "nosync-main", only those of files whose names end with ".db" do not. */
#include <dlfcn.h>
#include <errno.h>
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

static int is_main_file(int fd)
{
	char link[64], path[4096];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 3)
		return 0;
	path[len] = '\0';
	return strcmp(path + len - 3, ".db") == 0;
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

int fsync(int fd)
{
	return refuse_sync(fd) ? -1 : NEXT(fsync)(fd);
}

int fdatasync(int fd)
{
	return refuse_sync(fd) ? -1 : NEXT(fdatasync)(fd);
}
