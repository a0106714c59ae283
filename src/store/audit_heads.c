/* audit_heads.c - how far each chain has come, signed, kept outside the store. Threads:
 * writing by one at a time (the keeper, or who closes); reading by any. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/text.h"
#include "store/audit_chain.h"
#include "store/internal.h"

#define LINE_MAX 4096

/* ---- A line ---- */

static const char *sign(struct arena *arena, const struct hash_key *key,
			const struct audit_head *head)
{
	unsigned char signature[SHA256_SIZE];
	const char *text = arena_printf(arena, "head|%lld|%lld|%s", (long long)head->workspace,
					(long long)head->count,
					hex_encode(arena, head->mac, sizeof(head->mac)));

	hmac_sha256(key->bytes, sizeof(key->bytes), text, strlen(text), signature);
	return hex_encode(arena, signature, sizeof(signature));
}

const char *audit_head_line(struct arena *arena, const struct hash_key *key,
			    const struct audit_head *head, const char **signature)
{
	*signature = sign(arena, key, head);
	return arena_printf(arena, "workspace=%lld count=%lld head=%s signature=%s",
			    (long long)head->workspace, (long long)head->count,
			    hex_encode(arena, head->mac, sizeof(head->mac)), *signature);
}

/* The value after " name=" (or at the start) up to the next blank, or NULL. */
static const char *word_of(struct arena *arena, const char *line, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = line; (at = strstr(at, name)); at += len)
		if ((at == line || at[-1] == ' ') && at[len] == '=')
			return arena_strndup(arena, at + len + 1, strcspn(at + len + 1, " \r\n"));
	return NULL;
}

/* 1 a head, 0 another line, -1 a wrong signature. */
static int read_line(struct arena *arena, const struct hash_key *key, const char *line,
		     struct audit_head *head)
{
	const char *workspace = word_of(arena, line, "workspace");
	const char *count = word_of(arena, line, "count");
	const char *mac = word_of(arena, line, "head");
	const char *signature = word_of(arena, line, "signature");
	unsigned char *bytes;
	size_t len;

	if (!workspace || !count || !mac || !signature)
		return 0;
	if (!text_int(workspace, &head->workspace) || !text_int(count, &head->count) ||
	    hex_decode(arena, mac, &bytes, &len, NULL) < 0 || len != sizeof(head->mac))
		return -1;
	memcpy(head->mac, bytes, len);
	return text_equal_secret(signature, sign(arena, key, head)) ? 1 : -1;
}

/* ---- Reading a file ---- */

static int compare(const void *a, const void *b)
{
	const struct audit_head *left = a, *right = b;

	if (left->workspace != right->workspace)
		return left->workspace < right->workspace ? -1 : 1;
	return (left->count > right->count) - (left->count < right->count);
}

struct heads {
	struct audit_head *items;
	size_t count, room;
};

static void keep(struct heads *heads, const struct audit_head *head)
{
	if (heads->count == heads->room) {
		heads->room = heads->room ? heads->room * 2 : 16;
		heads->items = realloc(heads->items, heads->room * sizeof(*heads->items));
		if (!heads->items)
			abort();
	}
	heads->items[heads->count++] = *head;
}

static int read_all(FILE *file, const struct hash_key *key, int64_t workspace,
		    struct heads *heads, struct error *err)
{
	struct arena *arena = arena_new();
	struct arena_mark mark = arena_mark(arena);
	struct audit_head head;
	char line[LINE_MAX];
	int number = 0, rc = 0;

	while (rc >= 0 && fgets(line, sizeof(line), file)) {
		number++;
		rc = read_line(arena, key, line, &head);
		if (rc == 1 && (workspace == 0 || head.workspace == workspace))
			keep(heads, &head);
		arena_rewind(arena, mark);
	}
	arena_free(arena);
	if (rc < 0)
		return error_set(err, ERR_DENIED,
				 "line %d: the head is not signed by this installation", number);
	return 0;
}

int audit_heads_read(struct arena *arena, const struct hash_key *key, const char *path,
		     int64_t workspace, struct audit_head **out, struct error *err)
{
	struct heads heads = { 0 };
	FILE *file = fopen(path, "re");
	int rc;

	*out = NULL;
	if (!file)
		return error_errno(err, path);
	rc = read_all(file, key, workspace, &heads, err);
	fclose(file);
	if (rc == 0 && heads.count > 0) {
		qsort(heads.items, heads.count, sizeof(*heads.items), compare);
		*out = arena_memdup(arena, heads.items, heads.count * sizeof(*heads.items));
		rc = (int)heads.count;
	}
	free(heads.items);
	return rc < 0 ? error_wrap(err, "%s", path) : rc;
}

/* ---- Writing ours ---- */

struct writing {
	struct store *store;
	struct arena *arena;
	struct view *view;
	FILE *file;
	struct audit_head *old; /* as in the file that is replaced, by workspace */
	int nold;
};

/* The head with the highest count that the file held of the workspace, or NULL. */
static const struct audit_head *old_head(const struct writing *w, int64_t workspace)
{
	const struct audit_head *found = NULL;

	for (int i = 0; i < w->nold && w->old[i].workspace <= workspace; i++)
		if (w->old[i].workspace == workspace)
			found = &w->old[i];
	return found;
}

/* Whether the chain still goes through the head: 1, 0, -1. */
static int holds(struct writing *w, const struct audit_head *head, struct error *err)
{
	struct db_rows *rows;
	struct db_value mac;
	int rc;

	if (db_query(w->view->db, "SELECT mac FROM audit WHERE workspace = $1 AND seq = $2",
		     DB_VALUES(db_int(head->workspace), db_int(head->count)), &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1) {
		mac = rows->db->driver->column(rows, 0);
		rc = mac.len == sizeof(head->mac) &&
		     memcmp(mac.bytes, head->mac, sizeof(head->mac)) == 0;
	}
	db_done(rows);
	return rc;
}

static int write_line(struct writing *w, const struct audit_head *head, struct error *err)
{
	const char *signature, *line;

	line = audit_head_line(w->arena, store_heads_key(w->store), head, &signature);
	if (store_note_head(w->store, head->workspace, head->count))
		log_info(NULL, "audit.head", LOG_INT("workspace", head->workspace),
			 LOG_INT("count", head->count),
			 LOG_WORD("head", hex_encode(w->arena, head->mac, sizeof(head->mac))),
			 LOG_WORD("signature", signature));
	return fprintf(w->file, "%s\n", line) < 0 ? error_errno(err, "audit.heads") : 0;
}

static int write_head(struct writing *w, struct db_rows *rows, struct error *err)
{
	struct db_value mac = rows->db->driver->column(rows, 2);
	struct audit_head head = { db_column_int(rows, 0), db_column_int(rows, 1), { 0 } };
	const struct audit_head *old = old_head(w, head.workspace);
	int rc;

	if (mac.len == sizeof(head.mac))
		memcpy(head.mac, mac.bytes, sizeof(head.mac));
	rc = old ? holds(w, old, err) : 1;
	if (rc < 0)
		return -1;
	if (rc == 0) {
		log_error(NULL, "audit.cut", LOG_INT("workspace", head.workspace),
			  LOG_INT("count", head.count), LOG_INT("signed", old->count));
		return write_line(w, old, err);
	}
	return head.count > 0 ? write_line(w, &head, err) : 0;
}

static int write_heads(struct writing *w, struct error *err)
{
	struct db_rows *rows = NULL;
	int rc = -1;

	w->view = view_open(w->store, w->arena, err);
	if (!w->view)
		return -1;
	if (db_query(w->view->db, "SELECT id, audit_seq, audit_head FROM workspace ORDER BY id",
		     DB_NONE, &rows, err) < 0)
		goto out;
	while ((rc = db_next(rows, err)) == 1)
		if (write_head(w, rows, err) < 0) {
			rc = -1;
			break;
		}
out:
	db_done(rows);
	view_close(w->view);
	return rc;
}

static void read_old(struct writing *w, const char *path)
{
	struct error why = { 0 };

	w->nold = audit_heads_read(w->arena, store_heads_key(w->store), path, 0, &w->old, &why);
	if (w->nold < 0 && why.code != ERR_NOT_FOUND)
		log_error(NULL, "audit.heads", LOG_WORD("result", "old_file_unreadable"));
}

static int sync_and_rename(FILE *file, const char *from, const char *to, struct error *err)
{
	if (fflush(file) != 0 || fsync(fileno(file)) < 0 || rename(from, to) < 0)
		return error_errno(err, to);
	return 0;
}

const char *audit_heads_file(struct store *store, struct arena *arena)
{
	const char *path = arena_printf(arena, "%s/audit.heads", store_data(store));

	return access(path, R_OK) == 0 ? path : NULL;
}

int store_audit_heads(struct store *store, struct error *err)
{
	struct writing w = { .store = store, .arena = arena_new() };
	const char *path = arena_printf(w.arena, "%s/audit.heads", store_data(store));
	const char *fresh = arena_printf(w.arena, "%s.new", path);
	int fd, rc = -1;

	read_old(&w, path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	w.file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!w.file) {
		error_errno(err, fresh);
		goto out;
	}
	rc = write_heads(&w, err);
	if (rc == 0)
		rc = sync_and_rename(w.file, fresh, path, err);
	fclose(w.file);
out:
	arena_free(w.arena);
	return rc;
}
