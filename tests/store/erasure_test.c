/* erasure_test.c - erasing a lead empties every personal column. */
#include "store/full.h"

#include <string.h>

#include "store/audit.h"
#include "store/columns.h"
#include "store/erasure.h"

/* ---- The table ---- */

static bool names(const struct erasure *erasure, const char *column)
{
	size_t len = strlen(column);

	for (const char *at = strstr(erasure->columns, column); at;
	     at = strstr(at + 1, column))
		if ((at == erasure->columns || at[-1] == ' ') &&
		    (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

static const struct erasure *erasure_of(const char *table)
{
	for (size_t i = 0; i < store_nerasures; i++)
		if (strcmp(store_erasures[i].table, table) == 0)
			return &store_erasures[i];
	return NULL;
}

static void every_personal_column_has_an_erasure(struct box *box)
{
	(void)box;
	for (size_t i = 0; i < store_ncolumns; i++) {
		const struct column *column = &store_columns[i];
		const struct erasure *erasure = erasure_of(column->table);
		bool is_named = erasure && names(erasure, column->name);

		if (is_named != (column->kind == COLUMN_PERSONAL))
			fail_msg("erasure.c and columns.c disagree about %s.%s", column->table,
				 column->name);
	}
}

/* ---- The rows ---- */

struct found {
	size_t filled, marked; /* rows with a value, with the lead's */
};

static bool holds(const void *bytes, size_t len, const char *word)
{
	return bytes && memmem(bytes, len, word, strlen(word));
}

static struct found look(struct box *box, const struct column *column)
{
	struct found found = { 0, 0 };
	struct db_rows *rows;
	struct db *db;
	int more;

	assert_int_equal(db_open(&db, box->uri, true, &box->err), 0);
	assert_int_equal(db_query(db,
				  arena_printf(box->arena, "SELECT %s FROM %s WHERE workspace = 1",
					       column->name, column->table),
				  DB_NONE, &rows, &box->err),
			 0);
	while ((more = db_next(rows, &box->err)) == 1) {
		size_t len;
		const void *bytes = db_column_bytes(rows, 0, box->arena, &len);

		found.filled += bytes && len > 0;
		found.marked += holds(bytes, len, FULL_MARK) || holds(bytes, len, "Quagmire");
	}
	assert_int_equal(more, 0);
	db_done(rows);
	db_close(db);
	return found;
}

static int erase(struct tx *tx, void *context, struct error *err)
{
	const struct actor actor = { .workspace = 1 };

	return lead_erase(tx, &actor, *(int64_t *)context, err);
}

static void erase_lead(struct box *box, int64_t id)
{
	if (box_do(box, erase, &id) < 0)
		fail_msg("%s", box->err.message);
}

/* PostgreSQL has no list of identities beside their index. */
static bool is_used(const struct box *box, const struct column *column)
{
	return box->is_sqlite || strcmp(column->table, "identity_recent") != 0;
}

static void every_personal_column_is_emptied(struct box *box)
{
	struct audit_report report;

	full_open(box);
	for (size_t i = 0; i < store_ncolumns; i++)
		if (store_columns[i].kind == COLUMN_PERSONAL &&
		    is_used(box, &store_columns[i]) && look(box, &store_columns[i]).filled == 0)
			fail_msg("full.c puts nothing into %s.%s: this test would not see it left",
				 store_columns[i].table, store_columns[i].name);
	erase_lead(box, FULL_MERGED); /* the id of either leads to both */
	for (size_t i = 0; i < store_ncolumns; i++)
		if (strcmp(store_columns[i].name, "ground") != 0 &&
		    column_find(store_columns[i].table, "workspace") &&
		    strcmp(store_columns[i].table, "idempotency") != 0 &&
		    look(box, &store_columns[i]).marked)
			fail_msg("%s.%s still holds the lead", store_columns[i].table,
				 store_columns[i].name);
	/* The hash of a key is no value: there it is the row's name. */
	assert_int_equal(look(box, column_find("idempotency", "answer")).filled, 0);
	assert_int_equal(look(box, column_find("idempotency", "body_hash")).filled, 0);
	assert_int_equal(look(box, column_find("identity", "hash")).filled, 0);
	assert_int_equal(look(box, column_find("identity_recent", "hash")).filled, 0);
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_true(report.is_intact);
}

static void what_was_objected_to_is_remembered(struct box *box)
{
	struct hash16 key;
	const struct actor actor = { .workspace = 1 };
	struct identity identity = { .kind = "email", .key = FULL_EMAIL };
	struct submission submission = { .workspace = 1, .identities = &identity,
					 .nidentities = 1 };
	struct case_file file;
	struct view *view;

	full_open(box);
	key = full_key(box);
	erase_lead(box, FULL_LEAD);
	identity.hash = key;
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(case_load(view, &actor, &submission, &file, &box->err), 0);
	assert_int_equal(file.ncandidates, 0);
	assert_int_equal(file.nobjections, 1);
	assert_string_equal(file.objections[0].channel, "sms");
	view_close(view);
}

static void others_keep_what_is_theirs(struct box *box)
{
	full_open(box);
	erase_lead(box, FULL_LEAD);
	assert_int_equal(box_number(box, "SELECT count(*) FROM lead WHERE id = 102 "
					 "AND erased_at IS NULL AND doc IS NOT NULL"),
			 1);
	/* What was concluded stays; what it looked at does not. */
	assert_int_equal(box_number(box, "SELECT count(*) FROM submission WHERE id = 303 AND "
					 "decision LIKE '%\"score\":5%' AND decision NOT LIKE "
					 "'%candidates%'"),
			 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM delivery WHERE id = 401 "
					 "AND state = 5 AND code = 'erased'"),
			 1);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE workspace = 1 "
					 "AND name = 'queue.erased'"),
			 1);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE workspace = 1 "
					 "AND name = 'queue.dead'"),
			 0);
}

static void refused(struct box *box, int64_t id, enum error_code code, const char *message)
{
	assert_int_equal(box_do(box, erase, &id), -1);
	assert_int_equal(box->err.code, code);
	if (!strstr(box->err.message, message))
		fail_msg("%s", box->err.message);
}

static void what_is_being_sent_or_is_gone_is_not_erased(struct box *box)
{
	full_open(box);
	refused(box, 999, ERR_NOT_FOUND, "no such lead");
	refused(box, FULL_NEIGHBOUR, ERR_CONFLICT, "is being sent");
	erase_lead(box, FULL_LEAD);
	refused(box, FULL_LEAD, ERR_CONFLICT, "was erased");
}

static const struct box_case cases[] = {
	BOX_CASE(every_personal_column_has_an_erasure),
	BOX_CASE(every_personal_column_is_emptied),
	BOX_CASE(what_was_objected_to_is_remembered),
	BOX_CASE(others_keep_what_is_theirs),
	BOX_CASE(what_is_being_sent_or_is_gone_is_not_erased),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
