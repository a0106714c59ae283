/* backup.c - /v1/backup: a copy of the store, made beside it and streamed. Threads: the
 * copy is made in a worker, sent by the HTTP server's pool.
 *
 * The copy is a file without a name by the time it is sent: whatever happens to the server
 * or the reader, its room comes back. One at a time, or a few readers would fill the disk. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/internal.h"

struct copy {
	struct api *api;
	int fd;
};

static int64_t next_piece(void *state, char *room, size_t len)
{
	struct copy *copy = state;
	ssize_t got;

	do
		got = read(copy->fd, room, len);
	while (got < 0 && errno == EINTR);
	return got;
}

static void copy_end(void *state)
{
	struct copy *copy = state;

	close(copy->fd);
	copy->api->is_copying = false;
	free(copy);
}

/* A descriptor of the copy, or -1. */
static int make_copy(struct api_call *call, struct error *err)
{
	const char *path = arena_printf(call->arena, "%s/backup.tmp", store_data(call->store));
	int fd;

	unlink(path); /* of a server that was killed */
	if (store_backup(call->store, path, err) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		error_errno(err, path);
	unlink(path);
	return fd;
}

void api_backup(struct api_call *call)
{
	struct http_headers headers = { 0 };
	struct error err = { 0 };
	struct copy *copy;

	if (atomic_exchange(&call->api->is_copying, true)) {
		api_problem(call, 409, "busy", "another backup is being made or fetched");
		return;
	}
	copy = calloc(1, sizeof(*copy));
	if (!copy)
		abort();
	*copy = (struct copy){ call->api, make_copy(call, &err) };
	if (copy->fd < 0) {
		copy->api->is_copying = false;
		free(copy);
		api_fail(call, &err);
		return;
	}
	log_info(NULL, "backup.made", LOG_INT("bytes", lseek(copy->fd, 0, SEEK_END)));
	lseek(copy->fd, 0, SEEK_SET);
	http_header_add(&headers, "Content-Type", "application/vnd.sqlite3");
	http_answer_stream(call->http, 200, &headers, next_piece, copy_end, copy);
}
