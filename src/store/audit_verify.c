/* audit_verify.c - walks a chain and names the first entry that is not as it was written.
 * Threads: any. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "store/audit_chain.h"
#include "store/internal.h"

#define STRIDE 2000 /* entries a view, so that none stays open for long */

struct walk {
	struct store *store;
	struct arena *arena; /* rewound after each view */
	int64_t workspace;
	struct audit_report *report;
	unsigned char mac[SHA256_SIZE]; /* of the last sound entry */
	const struct audit_head *heads; /* by count */
	int nheads, next_head;
};

static int find_fault(struct walk *walk, int64_t seq, const char *format, ...)
	PRINTF_LIKE(3, 4);

/* Always 0: to find a fault is to have looked. */
static int find_fault(struct walk *walk, int64_t seq, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(walk->report->what, sizeof(walk->report->what), format, args);
	va_end(args);
	walk->report->is_intact = false;
	walk->report->bad_seq = seq;
	return 0;
}

/* ---- One entry ---- */

static void read_row(struct db_rows *rows, struct arena *arena, int64_t workspace,
		     struct audit_row *row, const void **mac, size_t *mac_len)
{
	*row = (struct audit_row){
		.workspace = workspace,
		.entry = {
			.seq = db_column_int(rows, 0),
			.at = db_column_int(rows, 1),
			.actor_kind = (enum actor_kind)db_column_int(rows, 2),
			.actor = db_column_int(rows, 3),
			.request = db_column_int(rows, 4),
			.action = db_column_text(rows, 5, arena),
			.object_kind = db_column_text(rows, 6, arena),
			.object = db_column_int(rows, 7),
			.detail = db_column_text(rows, 8, arena),
		},
	};
	row->content_hash = db_column_bytes(rows, 9, arena, &row->content_hash_len);
	*mac = db_column_bytes(rows, 10, arena, mac_len);
}

static void check_heads(struct walk *walk)
{
	for (; walk->next_head < walk->nheads; walk->next_head++) {
		const struct audit_head *head = &walk->heads[walk->next_head];

		if (head->count > walk->report->entries)
			return;
		walk->report->heads++;
		if (memcmp(head->mac, walk->mac, SHA256_SIZE) != 0)
			find_fault(walk, head->count,
				   "entry %lld is sound but not the one that was signed as head",
				   (long long)head->count);
	}
}

/* Whether to go on. */
static bool check_row(struct walk *walk, struct db_rows *rows)
{
	unsigned char want[SHA256_SIZE];
	int64_t expected = walk->report->entries + 1;
	struct audit_row row;
	const void *mac;
	size_t len;

	read_row(rows, walk->arena, walk->workspace, &row, &mac, &len);
	if (row.entry.seq != expected) {
		find_fault(walk, expected, "entry %lld is missing", (long long)expected);
		return false;
	}
	audit_mac(walk->arena, store_audit_key(walk->store), walk->mac, &row, want);
	if (len != sizeof(want) || memcmp(mac, want, sizeof(want)) != 0) {
		find_fault(walk, expected,
			   "entry %lld was altered, or another stands in its place",
			   (long long)expected);
		return false;
	}
	memcpy(walk->mac, want, sizeof(want));
	walk->report->entries = expected;
	check_heads(walk);
	return walk->report->is_intact;
}

/* ---- The whole ---- */

/* In the view in which the entries ran out. */
static int check_end(struct walk *walk, struct view *view, struct error *err)
{
	int64_t entries = walk->report->entries;
	struct db_rows *rows;
	struct db_value head;
	int64_t counted;
	int rc;

	if (db_query(view->db, "SELECT audit_seq, audit_head FROM workspace WHERE id = $1",
		     DB_VALUES(db_int(walk->workspace)), &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc != 1) {
		db_done(rows);
		return rc < 0 ? -1 : error_set(err, ERR_NOT_FOUND, "no such workspace");
	}
	counted = db_column_int(rows, 0);
	head = rows->db->driver->column(rows, 1);
	if (counted > entries)
		find_fault(walk, entries + 1, "entry %lld is missing: the workspace counts %lld",
			   (long long)entries + 1, (long long)counted);
	else if (counted < entries)
		find_fault(walk, counted + 1, "the workspace counts %lld entries, there are %lld",
			   (long long)counted, (long long)entries);
	else if (head.len != SHA256_SIZE || memcmp(head.bytes, walk->mac, SHA256_SIZE) != 0)
		find_fault(walk, entries, "the workspace's head is not entry %lld's",
			   (long long)entries);
	else if (walk->next_head < walk->nheads)
		find_fault(walk, entries + 1,
			   "entry %lld is missing: a signed head counts %lld", (long long)entries + 1,
			   (long long)walk->heads[walk->nheads - 1].count);
	db_done(rows);
	return 0;
}

/* 1 there may be more, 0 the end (or a fault), -1. */
static int walk_stride(struct walk *walk, struct error *err)
{
	struct view *view = view_open(walk->store, walk->arena, err);
	int64_t first = walk->report->entries;
	struct db_rows *rows;
	int rc = -1;

	if (!view)
		return -1;
	if (db_query(view->db,
		     "SELECT seq, at, actor_kind, actor, request, action, object_kind, object,"
		     " detail, content_hash, mac FROM audit"
		     " WHERE workspace = $1 AND seq > $2 ORDER BY seq LIMIT $3",
		     DB_VALUES(db_int(walk->workspace), db_int(first == 0 ? INT64_MIN : first),
			       db_int(STRIDE)),
		     &rows, err) < 0)
		goto out;
	while ((rc = db_next(rows, err)) == 1)
		if (!check_row(walk, rows))
			break;
	db_done(rows);
	if (rc == 0 && walk->report->entries - first == STRIDE)
		rc = 1;
	else if (rc == 0)
		rc = check_end(walk, view, err);
	else if (rc == 1)
		rc = 0;
out:
	view_close(view);
	return rc;
}

static int walk_chain(struct walk *walk, struct error *err)
{
	struct arena_mark mark = arena_mark(walk->arena);
	int rc;

	do {
		rc = walk_stride(walk, err);
		arena_rewind(walk->arena, mark);
	} while (rc == 1);
	return rc;
}

int audit_verify(struct store *store, int64_t workspace, const char *heads,
		 struct audit_report *report, struct error *err)
{
	struct walk walk = { .store = store,
			     .arena = arena_new(),
			     .workspace = workspace,
			     .report = report };
	struct audit_head *signed_heads = NULL;
	struct error why;
	int rc = 0;

	*report = (struct audit_report){ .is_intact = true };
	if (heads)
		rc = audit_heads_read(walk.arena, store_heads_key(store), heads, workspace,
				      &signed_heads, &why);
	walk.heads = signed_heads;
	walk.nheads = rc > 0 ? rc : 0;
	if (rc < 0 && why.code == ERR_DENIED)
		rc = find_fault(&walk, 0, "%s", why.message);
	else if (rc < 0)
		error_set(err, why.code, "%s", why.message);
	else
		rc = walk_chain(&walk, err);
	arena_free(walk.arena);
	return rc;
}

/* ---- All workspaces ---- */

struct named {
	int64_t id;
	const char *name;
};

static int list_workspaces(struct store *store, struct arena *arena, struct named *out,
			   size_t max, int64_t after, struct error *err)
{
	struct view *view = view_open(store, arena, err);
	struct db_rows *rows;
	int count = 0, rc = -1;

	if (!view)
		return -1;
	if (db_query(view->db, "SELECT id, name FROM workspace WHERE id > $1 ORDER BY id LIMIT $2",
		     DB_VALUES(db_int(after), db_int((int64_t)max)), &rows, err) == 0) {
		while ((rc = db_next(rows, err)) == 1)
			out[count++] = (struct named){ db_column_int(rows, 0),
						       db_column_text(rows, 1, arena) };
		db_done(rows);
	}
	view_close(view);
	return rc < 0 ? -1 : count;
}

int audit_verify_all_workspaces(struct store *store, const char *heads, audit_each *each,
				void *context, struct error *err)
{
	struct arena *arena = arena_new();
	struct audit_report report;
	struct named workspaces[64];
	int64_t after = INT64_MIN;
	int bad = 0, count, rc = 0;

	do {
		count = list_workspaces(store, arena, workspaces, ARRAY_LEN(workspaces), after,
					err);
		rc = count < 0 ? -1 : 0;
		for (int i = 0; i < count && rc == 0; i++) {
			rc = audit_verify(store, workspaces[i].id, heads, &report, err);
			if (rc < 0)
				break;
			bad += !report.is_intact;
			each(context, workspaces[i].id, workspaces[i].name, &report);
			after = workspaces[i].id;
		}
	} while (rc == 0 && count == ARRAY_LEN(workspaces));
	arena_free(arena);
	return rc < 0 ? -1 : bad;
}
