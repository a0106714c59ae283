/* audit_test.c - what is done to a chain behind its back shows. */
#include "store/box.h"

#include <unistd.h>

#include "base/text.h"
#include "store/audit.h"

static const struct actor actor = { .workspace = 1, .kind = ACTOR_TOKEN, .id = 77, .request = 5 };

struct batch {
	int first, count;
	int64_t workspace;
};

static int add_entries(struct tx *tx, void *context, struct error *err)
{
	struct audit_content content = { "Ada", 3, { { 1, 2, 3 } } };
	const struct batch *batch = context;
	struct actor who = actor;

	who.workspace = batch->workspace ? batch->workspace : 1;
	for (int i = batch->first; i < batch->first + batch->count; i++)
		if (audit_add(tx, &who, "lead.updated", "lead", i,
			      i % 2 ? arena_printf(tx_arena(tx), "{\"version\":%d}", i) : NULL,
			      i % 3 ? &content : NULL, err) < 0)
			return -1;
	return 0;
}

static void add(struct box *box, int first, int count)
{
	struct batch batch = { first, count, 0 };

	if (box_do(box, add_entries, &batch) < 0)
		fail_msg("%s", box->err.message);
}

/* Ten entries in two transactions, verified and closed. */
static void open_with_ten(struct box *box)
{
	struct audit_report report;

	box_open(box, NULL);
	add(box, 1, 4);
	add(box, 5, 6);
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_string_equal(report.what, "");
	assert_true(report.is_intact);
	assert_int_equal(report.entries, 10);
	box_close(box);
}

static void assert_found(struct box *box, const char *heads, int64_t bad_seq, const char *what)
{
	struct audit_report report;

	box_open(box, NULL);
	assert_int_equal(audit_verify(box->store, 1, heads, &report, &box->err), 0);
	if (!strstr(report.what, what))
		fail_msg("%s, not %s", report.what, what);
	assert_false(report.is_intact);
	assert_int_equal(report.bad_seq, bad_seq);
	box_close(box);
}

static const struct {
	const char *sql;
	int64_t bad_seq;
	const char *what;
} meddlings[] = {
	{ "UPDATE audit SET actor = 78 WHERE seq = 4", 4, "entry 4 was altered" },
	{ "UPDATE audit SET at = at + 1 WHERE seq = 1", 1, "entry 1 was altered" },
	{ "UPDATE audit SET actor_kind = 0 WHERE seq = 10", 10, "entry 10 was altered" },
	{ "UPDATE audit SET request = 6 WHERE seq = 2", 2, "entry 2 was altered" },
	{ "UPDATE audit SET action = 'lead.seen' WHERE seq = 3", 3, "entry 3 was altered" },
	{ "UPDATE audit SET object_kind = 'rep' WHERE seq = 3", 3, "entry 3 was altered" },
	{ "UPDATE audit SET object = 999 WHERE seq = 3", 3, "entry 3 was altered" },
	{ "UPDATE audit SET detail = NULL WHERE seq = 5", 5, "entry 5 was altered" },
	{ "UPDATE audit SET detail = '' WHERE seq = 6", 6, "entry 6 was altered" },
	{ "UPDATE audit SET content_hash = NULL WHERE seq = 7", 7, "entry 7 was altered" },
	{ "UPDATE audit SET content_hash = mac WHERE seq = 9", 9, "entry 9 was altered" },
	{ "UPDATE audit SET mac = (SELECT mac FROM audit WHERE seq = 1) WHERE seq = 8", 8,
	  "entry 8 was altered" },
	/* The words of one field moved to its neighbour. */
	{ "UPDATE audit SET action = 'lead.update', object_kind = 'dlead' WHERE seq = 2", 2,
	  "entry 2 was altered" },
	{ "DELETE FROM audit WHERE seq = 6", 6, "entry 6 is missing" },
	{ "DELETE FROM audit WHERE seq = 1", 1, "entry 1 is missing" },
	{ "DELETE FROM audit WHERE seq < 5", 1, "entry 1 is missing" },
	{ "DELETE FROM audit", 1, "entry 1 is missing: the workspace counts 10" },
	{ "DELETE FROM audit WHERE seq > 8", 9, "entry 9 is missing: the workspace counts 10" },
	{ "DELETE FROM audit WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 7;"
	  "UPDATE audit SET seq = 7 WHERE seq = 8; UPDATE audit SET seq = 8 WHERE seq = 9;"
	  "UPDATE audit SET seq = 9 WHERE seq = 10; UPDATE workspace SET audit_seq = 9", 6,
	  "entry 6 was altered" },
	{ "UPDATE audit SET seq = 100 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4;"
	  "UPDATE audit SET seq = 4 WHERE seq = 100", 3, "entry 3 was altered" },
	{ "UPDATE audit SET seq = 0 WHERE seq = 1", 1, "entry 1 is missing" },
	{ "INSERT INTO audit SELECT workspace, 11, at, actor_kind, actor, request, action,"
	  " object_kind, object, detail, content_hash, mac FROM audit WHERE seq = 10", 11,
	  "entry 11 was altered" },
	{ "UPDATE workspace SET audit_seq = 9", 10, "the workspace counts 9 entries, there are 10" },
	{ "UPDATE workspace SET audit_head = (SELECT mac FROM audit WHERE seq = 3)", 10,
	  "the workspace's head is not entry 10's" },
};

static void meddling_shows(struct box *box)
{
	open_with_ten(box);
	box_meddle(box, "CREATE TABLE kept AS SELECT * FROM audit");
	box_meddle(box, "CREATE TABLE kept_head AS SELECT * FROM workspace");
	for (size_t i = 0; i < ARRAY_LEN(meddlings); i++) {
		box_meddle(box, meddlings[i].sql);
		assert_found(box, NULL, meddlings[i].bad_seq, meddlings[i].what);
		box_meddle(box, "DELETE FROM audit; INSERT INTO audit SELECT * FROM kept;"
				"DELETE FROM workspace; INSERT INTO workspace SELECT * FROM kept_head");
	}
}

/* Who cuts the tail and puts the count back leaves a chain that is sound in itself. */
#define CUT                                                                             \
	"DELETE FROM audit WHERE seq > 8;"                                               \
	"UPDATE workspace SET audit_seq = 8, audit_head = (SELECT mac FROM audit WHERE seq = 8)"

static void cut_tail_shows_back_to_the_last_head(struct box *box)
{
	const char *heads = box_path(box, "audit.heads"), *kept = box_path(box, "kept.heads");
	struct audit_report report;

	open_with_ten(box);
	assert_int_equal(rename(heads, kept), 0);
	box_open(box, NULL);
	assert_int_equal(audit_verify(box->store, 1, kept, &report, &box->err), 0);
	assert_true(report.is_intact);
	assert_int_equal(report.heads, 1);
	box_close(box);

	box_meddle(box, CUT);
	assert_found(box, kept, 9, "entry 9 is missing: a signed head counts 10");
	box_open(box, NULL);
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_true(report.is_intact); /* this is all that is promised without a head */

	/* Grown again to the same count, by other entries. */
	add(box, 9, 5);
	box_close(box);
	assert_found(box, kept, 10, "not the one that was signed as head");
}

static void chain_may_have_grown_past_its_head(struct box *box)
{
	const char *heads = box_path(box, "audit.heads");
	struct audit_report report;

	open_with_ten(box);
	box_open(box, NULL);
	add(box, 11, 3);
	assert_int_equal(audit_verify(box->store, 1, heads, &report, &box->err), 0);
	assert_true(report.is_intact);
	assert_int_equal(report.entries, 13);
	assert_int_equal(report.heads, 1);
	assert_int_equal(store_audit_heads(box->store, &box->err), 0);
	assert_int_equal(audit_verify(box->store, 1, heads, &report, &box->err), 0);
	assert_int_equal(report.heads, 1);
}

/* The file is not brought into line with a chain that was cut. */
static void head_of_a_cut_chain_stays(struct box *box)
{
	const char *heads = box_path(box, "audit.heads");

	open_with_ten(box);
	box_meddle(box, CUT);
	box_open(box, NULL);
	add(box, 9, 20);
	assert_int_equal(store_audit_heads(box->store, &box->err), 0);
	box_close(box);
	assert_found(box, heads, 10, "not the one that was signed as head");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static char *read_file(struct box *box, const char *path)
{
	char *text = arena_alloc(box->arena, 10000);
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	text[fread(text, 1, 9999, file)] = '\0';
	fclose(file);
	return text;
}

static void forged_head_shows(struct box *box)
{
	const char *heads = box_path(box, "audit.heads"), *forged = box_path(box, "forged");
	char *text, *count;

	open_with_ten(box);
	text = read_file(box, heads);
	count = strstr(text, "count=10");
	assert_non_null(count);
	memcpy(count, "count=08", 8);
	write_file(forged, text);
	assert_found(box, forged, 0, "line 1: the head is not signed by this installation");
}

static void log_lines_serve_as_heads(struct box *box)
{
	const char *path = box_path(box, "fairlead.log"), *line;
	struct audit_report report;

	open_with_ten(box);
	line = text_trim(box->arena, read_file(box, box_path(box, "audit.heads")));
	write_file(path, arena_printf(box->arena,
				      "ts=2026-03-02T09:14:07.213Z level=info event=server.started\n"
				      "ts=2026-03-02T09:15:07.213Z level=info event=audit.head %s\n"
				      "not a line of ours\n",
				      line));
	box_open(box, NULL);
	assert_int_equal(audit_verify(box->store, 1, path, &report, &box->err), 0);
	assert_string_equal(report.what, "");
	assert_int_equal(report.heads, 1);
	assert_int_equal(audit_verify(box->store, 1, "/nowhere/heads", &report, &box->err), -1);
	assert_int_equal(box->err.code, ERR_NOT_FOUND);
	box_close(box);
	box_meddle(box, CUT);
	assert_found(box, path, 9, "a signed head counts 10");
}

static void long_chains_are_walked_in_strides(struct box *box)
{
	struct audit_report report;

	box_open(box, NULL);
	add(box, 1, 4000); /* two strides to the row */
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_true(report.is_intact);
	assert_int_equal(report.entries, 4000);
	add(box, 4001, 1);
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_int_equal(report.entries, 4001);
	box_close(box);
	box_meddle(box, "UPDATE audit SET object = 0 WHERE seq = 3000");
	assert_found(box, NULL, 3000, "entry 3000 was altered");
}

static int add_and_fail(struct tx *tx, void *context, struct error *err)
{
	if (add_entries(tx, context, err) < 0)
		return -1;
	return error_set(err, ERR_INTERNAL, "on purpose");
}

static void failed_unit_leaves_no_gap(struct box *box)
{
	struct batch batch = { 1, 3, 0 };
	struct audit_report report;

	box_open(box, NULL);
	add(box, 1, 2);
	assert_int_equal(box_do(box, add_and_fail, &batch), -1);
	add(box, 3, 2);
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_true(report.is_intact);
	assert_int_equal(report.entries, 4);
}

struct seen {
	int count;
	int64_t entries[4];
	bool is_intact[4];
};

static void note_report(void *context, int64_t workspace, const char *name,
			const struct audit_report *report)
{
	struct seen *seen = context;

	assert_non_null(name);
	assert_int_equal(workspace, seen->count + 1);
	seen->entries[seen->count] = report->entries;
	seen->is_intact[seen->count++] = report->is_intact;
}

static void chains_are_each_workspaces_own(struct box *box)
{
	struct batch other = { 1, 3, 2 };
	struct seen seen = { 0 };
	struct db *db;

	open_with_ten(box);
	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(workspace_add(db, &box->keyring, 2, "other", 0, &box->err), 1);
	db_close(db);
	box_open(box, NULL);
	assert_int_equal(box_do(box, add_entries, &other), 0);
	assert_int_equal(audit_verify_all_workspaces(box->store, NULL, note_report, &seen,
						     &box->err),
			 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.entries[0], 10);
	assert_int_equal(seen.entries[1], 3);
	box_close(box);

	/* A chain copied from another workspace is not this one's. */
	box_meddle(box, "DELETE FROM audit WHERE workspace = 2;"
			"INSERT INTO audit SELECT 2, seq, at, actor_kind, actor, request, action,"
			" object_kind, object, detail, content_hash, mac FROM audit"
			" WHERE workspace = 1 AND seq <= 3");
	box_open(box, NULL);
	seen = (struct seen){ 0 };
	assert_int_equal(audit_verify_all_workspaces(box->store, NULL, note_report, &seen,
						     &box->err),
			 1);
	assert_true(seen.is_intact[0]);
	assert_false(seen.is_intact[1]);
}

static int add_nowhere(struct tx *tx, void *context, struct error *err)
{
	struct actor stranger = { .workspace = 55 };

	(void)context;
	return audit_add(tx, &stranger, "lead.updated", "lead", 1, NULL, NULL, err);
}

static void unknown_workspace_has_no_chain(struct box *box)
{
	struct audit_report report;

	box_open(box, NULL);
	assert_int_equal(box_do(box, add_nowhere, NULL), -1);
	assert_string_equal(box->err.message, "audit: no such workspace");
	assert_int_equal(audit_verify(box->store, 55, NULL, &report, &box->err), -1);
	assert_int_equal(box->err.code, ERR_NOT_FOUND);
}

static void lists_are_newest_first_and_ones_own(struct box *box)
{
	const struct actor stranger = { .workspace = 2, .kind = ACTOR_TOKEN };
	struct audit_entry *entries;
	struct view *view;

	open_with_ten(box);
	box_open(box, NULL);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(audit_list(view, &actor, 0, 3, &entries, &box->err), 3);
	assert_int_equal(entries[0].seq, 10);
	assert_int_equal(entries[2].seq, 8);
	assert_int_equal(entries[0].actor, 77);
	assert_int_equal(entries[0].actor_kind, ACTOR_TOKEN);
	assert_string_equal(entries[0].action, "lead.updated");
	assert_int_equal(audit_list(view, &actor, 3, 10, &entries, &box->err), 2);
	assert_int_equal(entries[0].seq, 2);
	assert_null(entries[0].detail);
	assert_string_equal(entries[1].detail, "{\"version\":1}");
	assert_int_equal(audit_list(view, &stranger, 0, 10, &entries, &box->err), 0);
	view_close(view);
}

static void content_is_hashed_with_its_salt(struct box *box)
{
	struct audit_content first = { "Ada", 3, audit_salt_new() }, second = first;
	unsigned char one[32], other[32];

	(void)box;
	audit_content_hash(&first, one);
	audit_content_hash(&second, other);
	assert_memory_equal(one, other, 32);
	second.salt = audit_salt_new();
	audit_content_hash(&second, other);
	assert_memory_not_equal(one, other, 32);
}

static const struct box_case cases[] = {
	BOX_CASE(meddling_shows),
	BOX_CASE(cut_tail_shows_back_to_the_last_head),
	BOX_CASE(chain_may_have_grown_past_its_head),
	BOX_CASE(head_of_a_cut_chain_stays),
	BOX_CASE(forged_head_shows),
	BOX_CASE(log_lines_serve_as_heads),
	BOX_CASE(long_chains_are_walked_in_strides),
	BOX_CASE(failed_unit_leaves_no_gap),
	BOX_CASE(chains_are_each_workspaces_own),
	BOX_CASE(unknown_workspace_has_no_chain),
	BOX_CASE(lists_are_newest_first_and_ones_own),
	BOX_CASE(content_is_hashed_with_its_salt),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
