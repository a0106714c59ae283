/* backup.c - the command `fairlead backup`. Threads: the main thread. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "cli/client.h"
#include "cli/print.h"
#include "serve/folder.h"
#include "serve/serve.h"
#include "store/store.h"

#define WAIT_MS (24 * 60 * 60 * 1000) /* for a large store and a slow line */

/* ---- Files ---- */

struct target {
	const char *path, *partial;
	int fd;
	int64_t bytes;
	int64_t said_us; /* when progress was last said */
	struct error err;
};

static int target_open(struct cli *cli, struct target *target, const char *path,
		       struct error *err)
{
	*target = (struct target){ .path = path,
				   .partial = arena_printf(cli->arena, "%s.partial", path),
				   .fd = -1 };
	if (access(path, F_OK) == 0)
		return error_set(err, ERR_CONFLICT, "%s is there already; name another file",
				 path);
	target->fd = open(target->partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return target->fd < 0 ? error_errno(err, target->partial) : 0;
}

static void say_progress(struct target *target)
{
	int64_t now = clock_mono_us();

	if (!isatty(STDERR_FILENO) || now - target->said_us < 250000)
		return;
	target->said_us = now;
	fprintf(stderr, "\r%lld MiB ", (long long)(target->bytes >> 20));
}

/* An http sink. */
static int take_piece(void *context, const char *bytes, size_t len)
{
	struct target *target = context;

	if (folder_write(target->fd, bytes, len) < 0)
		return error_errno(&target->err, target->partial);
	target->bytes += (int64_t)len;
	say_progress(target);
	return 0;
}

/* link() instead of rename(): it does not replace what has come meanwhile. */
static int target_keep(struct target *target, struct error *err)
{
	if (fsync(target->fd) < 0 || link(target->partial, target->path) < 0)
		return error_errno(err, target->path);
	return 0;
}

static void target_end(struct target *target)
{
	if (target->said_us)
		fputs("\r            \r", stderr);
	if (target->fd < 0)
		return;
	close(target->fd);
	unlink(target->partial);
}

/* ---- Making one ---- */

static int fetch(struct cli *cli, struct target *target)
{
	struct client_call call = { .method = "GET", .path = "/v1/backup", .wait_ms = WAIT_MS,
				    .sink = take_piece, .context = target };
	struct http_reply *reply;
	int rc = client_send(cli, &call, cli->arena, &reply);

	if (rc)
		return target->err.code ? cli_fail_error(cli, &target->err) : rc;
	return reply->status == 200 ? 0 : client_refused(cli, reply);
}

static int backup_from_server(struct cli *cli, const char *path, int64_t *bytes)
{
	struct error err = { 0 };
	struct target target;
	int rc;

	if (target_open(cli, &target, path, &err) < 0)
		return cli_fail_error(cli, &err);
	rc = fetch(cli, &target);
	if (rc == 0 && (store_backup_check(target.partial, &err) < 0 ||
			target_keep(&target, &err) < 0))
		rc = cli_fail_error(cli, &err);
	*bytes = target.bytes;
	target_end(&target);
	return rc;
}

static int backup_from_folder(struct cli *cli, const char *folder, const char *path,
			      int64_t *bytes)
{
	const char *uri = arena_printf(cli->arena, "%s/" STORE_FILE, folder);
	struct error err = { 0 };
	struct stat info;

	if (!folder_has_store(cli->arena, folder))
		return cli_fail(cli, CLI_UNREACHABLE,
				"no server runs on %s and it holds no store; if the store is a "
				"PostgreSQL, back it up with pg_dump --format=custom",
				folder);
	if (store_backup_stopped(uri, path, &err) < 0)
		return cli_fail_error(cli, &err);
	*bytes = stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
	return 0;
}

static int backup(struct cli *cli)
{
	const char *path = cli->args[0], *folder = NULL;
	struct error err = { 0 };
	int64_t bytes = 0;
	int rc;

	if (!cli_has(cli, "url")) {
		folder = client_data_folder(cli, &err);
		if (!folder)
			return cli_fail_error(cli, &err);
	}
	if (folder && folder_has_store(cli->arena, folder) &&
	    !folder_is_served(cli->arena, folder))
		rc = backup_from_folder(cli, folder, path, &bytes);
	else
		rc = backup_from_server(cli, path, &bytes);
	if (rc)
		return rc;
	if (cli->is_json)
		print_json(json_keep(cli->arena, json_pack("{s:s, s:I}", "file", path, "bytes",
							   (json_int_t)bytes)));
	else
		printf("%s: %s\nThe master key is not in it: keep a copy of " KEY_FILE
		       " apart.\n",
		       path, shown_bytes(cli->arena, bytes));
	return CLI_DONE;
}

static const struct cli_flag no_flags[] = { { 0 } };

const struct cli_verb backup_verbs[] = {
	{ "", "FILE", "write a copy of the store to a file, while it works on",
	  .more = "One snapshot of everything but the master key. With --data DIR, a store whose "
		  "server does not run is copied too. A store in PostgreSQL is backed up with "
		  "pg_dump.",
	  .examples = "fairlead backup /var/backups/fairlead-$(date +%F).db",
	  .flags = no_flags, .min = 1, .max = 1, .needs = CLI_SERVER | CLI_JSON,
	  .run = backup },
	{ 0 },
};
