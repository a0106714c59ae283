/* restore.c - the command `fairlead restore`: a data folder of a backup. Threads: the main
 * thread. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/seal.h"
#include "cli/print.h"
#include "serve/folder.h"
#include "serve/serve.h"
#include "store/store.h"

#define PIECE (256u << 10)

struct taking {
	struct cli *cli;
	const char *file, *folder, *key;    /* key: file of the master key */
	const char *stage, *staged, *store; /* where it is made ready; where it ends */
	bool key_is_ours;                   /* we put it into the folder */
	struct restored restored;
};

static int copy_file(const char *from, const char *to, mode_t mode, struct error *err)
{
	static char piece[PIECE];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1, rc = -1;
	ssize_t got = -1;

	if (in < 0)
		return error_errno(err, from);
	unlink(to);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (out < 0) {
		error_errno(err, to);
		goto out;
	}
	while ((got = read(in, piece, sizeof(piece))) > 0)
		if (folder_write(out, piece, (size_t)got) < 0)
			break;
	if (got == 0 && fsync(out) == 0)
		rc = 0;
	else
		error_errno(err, got < 0 ? from : to);
out:
	explicit_bzero(piece, sizeof(piece)); /* it may have been the key */
	if (out >= 0)
		close(out);
	close(in);
	if (rc < 0 && out >= 0)
		unlink(to);
	return rc;
}

static int place_key(struct taking *t, struct error *err)
{
	const char *own = arena_printf(t->cli->arena, "%s/" KEY_FILE, t->folder);

	if (access(own, F_OK) == 0 && t->key)
		return error_set(err, ERR_CONFLICT,
				 "%s is there already: leave out --key, or take it away", own);
	if (access(own, F_OK) == 0)
		return 0;
	if (!t->key)
		return error_set(err, ERR_NOT_FOUND,
				 "a backup never holds the master key: give the " KEY_FILE
				 " of the server that made it with --key FILE");
	if (copy_file(t->key, own, 0400, err) < 0)
		return -1;
	t->key_is_ours = true;
	return 0;
}

static int open_and_forget(struct taking *t, struct error *err)
{
	struct keyring keyring;
	struct store_config config = { .uri = t->staged, .data = t->stage,
				       .keyring = &keyring };
	struct store *store;
	int rc;

	if (keyring_open(&keyring, arena_printf(t->cli->arena, "%s/" KEY_FILE, t->folder), 0,
			 err) < 0)
		return -1;
	store = store_open(&config, err);
	rc = store ? store_restored(store, &t->restored, err) : -1;
	store_close(store);
	keyring_wipe(&keyring);
	return rc;
}

static void clear_stage(const struct taking *t)
{
	static const char *const names[] = { STORE_FILE, STORE_FILE "-wal", STORE_FILE "-shm",
					     "lock", "audit.heads", "audit.heads.new" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		unlink(arena_printf(t->cli->arena, "%s/%s", t->stage, names[i]));
	rmdir(t->stage);
}

static int sync_folder(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 || fsync(fd) < 0)
		rc = error_errno(err, path);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* It is made ready beside its place and moved there last: a server that starts on what an
 * interrupted restore left finds no store that would deliver. */
static int stage(struct taking *t, struct error *err)
{
	const char *log = arena_printf(t->cli->arena, "%s-wal", t->staged);

	clear_stage(t);
	if (mkdir(t->stage, 0700) < 0)
		return error_errno(err, t->stage);
	if (copy_file(t->file, t->staged, 0600, err) < 0)
		return -1;
	/* The copy and not the file, which may lie where nobody may write. */
	if (store_backup_check(t->staged, err) < 0)
		return error_wrap(err, "%s", t->file);
	if (open_and_forget(t, err) < 0)
		return -1;
	if (access(log, F_OK) == 0)
		return error_set(err, ERR_INTERNAL, "%s was not moved into its file", log);
	if (rename(t->staged, t->store) < 0)
		return error_errno(err, t->store);
	return sync_folder(t->folder, err);
}

static int take_back(struct taking *t, struct error *err)
{
	int rc;

	if (access(t->file, R_OK) < 0)
		return error_errno(err, t->file);
	if (folder_make(t->folder, err) < 0)
		return -1;
	if (folder_is_served(t->cli->arena, t->folder))
		return error_set(err, ERR_CONFLICT, "a server runs in %s: give a fresh folder",
				 t->folder);
	if (folder_has_store(t->cli->arena, t->folder))
		return error_set(err, ERR_CONFLICT,
				 "%s holds a store already: give a fresh folder", t->folder);
	if (place_key(t, err) < 0)
		return -1;
	rc = stage(t, err);
	clear_stage(t);
	if (rc < 0 && t->key_is_ours)
		unlink(arena_printf(t->cli->arena, "%s/" KEY_FILE, t->folder));
	return rc;
}

static int say_restored(const struct taking *t)
{
	struct arena *arena = t->cli->arena;
	const struct restored *r = &t->restored;

	if (t->cli->is_json) {
		print_json(json_keep(arena, json_pack("{s:s, s:I, s:I, s:I}", "data", t->folder,
						      "workspaces", (json_int_t)r->workspaces,
						      "connections",
						      (json_int_t)r->connections, "uncertain",
						      (json_int_t)r->uncertain)));
		return CLI_DONE;
	}
	printf("restored into %s\n"
	       "%s paused: nothing is sent until you resume them\n"
	       "%s may have been sent since the backup: each is looked for before it is sent\n\n"
	       "  fairlead serve --data %s\n"
	       "  fairlead connection list --data %s      # then: connection resume NAME\n",
	       t->folder, shown_number_of(arena, r->connections, "connection"),
	       r->uncertain == 1 ? "1 delivery" :
				   arena_printf(arena, "%lld deliveries",
						(long long)r->uncertain),
	       t->folder, t->folder);
	return CLI_DONE;
}

static int restore(struct cli *cli)
{
	struct taking t = { .cli = cli, .file = cli->args[0], .folder = cli_flag(cli, "data"),
			    .key = cli_flag(cli, "key") };
	struct error err = { 0 };

	if (!t.folder)
		return cli_fail(cli, CLI_USAGE, "into which folder? give --data DIR");
	t.stage = arena_printf(cli->arena, "%s/restoring", t.folder);
	t.staged = arena_printf(cli->arena, "%s/" STORE_FILE, t.stage);
	t.store = arena_printf(cli->arena, "%s/" STORE_FILE, t.folder);
	log_setup(STDERR_FILENO, LOG_ERROR, LOG_LOGFMT);
	if (take_back(&t, &err) < 0) {
		if (err.code == ERR_DENIED)
			return cli_fail(cli, CLI_DENIED, "%s", err.message);
		return cli_fail_error(cli, &err);
	}
	return say_restored(&t);
}

static const struct cli_flag restore_flags[] = {
	{ "data", "DIR", "a fresh data folder to restore into" },
	{ "key", "FILE", "the master key of the server that made the backup; not needed when "
			 "DIR/" KEY_FILE " is there" },
	{ 0 },
};

const struct cli_verb restore_verbs[] = {
	{ "", "FILE --data DIR", "make a data folder of a backup",
	  .more = "All connections come up paused, and what was not at rest when the backup was "
		  "made counts as sent and not answered: it is looked for before it is sent "
		  "again. Stop the server that made the backup, or take care that only one of "
		  "the two delivers.",
	  .examples = "fairlead restore fairlead-2026-03-02.db --data /var/lib/fairlead --key "
		      "master.key",
	  .flags = restore_flags, .min = 1, .max = 1, .needs = CLI_JSON, .run = restore },
	{ 0 },
};
