/* db_test.c - what both databases promise beneath the store. */
#include "store/box.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TABLE "CREATE TABLE t (id BIGINT PRIMARY KEY, name TEXT, body {BYTES}, n BIGINT) {KEYED};"

static const char INSERT[] = "INSERT INTO t (id, name, body, n) VALUES ($1, $2, $3, $4)";

static struct db *open_table(struct box *box)
{
	struct db *db;

	if (db_open(&db, box->uri, false, &box->err) < 0 || db_begin(db, &box->err) < 0 ||
	    db_script(db, TABLE, &box->err) < 0 || db_commit(db, &box->err) < 0)
		fail_msg("%s", box->err.message);
	return db;
}

static void begin(struct box *box, struct db *db)
{
	if (db_begin(db, &box->err) < 0)
		fail_msg("%s", box->err.message);
}

static void commit(struct box *box, struct db *db)
{
	if (db_commit(db, &box->err) < 0)
		fail_msg("%s", box->err.message);
}

static void insert(struct box *box, struct db *db, int64_t id, const char *name)
{
	if (db_write(db, INSERT, DB_VALUES(db_int(id), db_text(name), db_null(), db_null()),
		     &box->err) < 0)
		fail_msg("%s", box->err.message);
}

static int64_t count(struct box *box, struct db *db)
{
	int64_t number;

	if (db_find_int(db, "SELECT count(*) FROM t", DB_NONE, &number, &box->err) != 1)
		fail_msg("%s", box->err.message);
	return number;
}

static void values_come_back_as_they_were(struct box *box)
{
	static const unsigned char body[] = { 0, 1, 0xFF, '\\', '\'', 0 };
	struct db *db = open_table(box);
	struct db_rows *rows;
	const void *bytes;
	size_t len;

	begin(box, db);
	assert_int_equal(db_write(db, INSERT,
				  DB_VALUES(db_int(INT64_MIN), db_text("Żółć \"'{KEYED}"),
					    db_bytes(body, sizeof(body)), db_int(INT64_MAX)),
				  &box->err),
			 0);
	assert_int_equal(db_write(db, INSERT,
				  DB_VALUES(db_int(2), db_text(""), db_bytes("", 0), db_null()),
				  &box->err),
			 0);
	assert_int_equal(db_write(db, INSERT,
				  DB_VALUES(db_int(3), db_text(NULL), db_bytes(NULL, 0),
					    db_int(-1)),
				  &box->err),
			 0);
	assert_int_equal(db_query(db, "SELECT id, name, body, n, sum(n) OVER () FROM t ORDER BY id",
				  DB_NONE, &rows, &box->err),
			 0);

	assert_int_equal(db_next(rows, &box->err), 1);
	assert_int_equal(db_column_int(rows, 0), INT64_MIN);
	assert_string_equal(db_column_text(rows, 1, box->arena), "Żółć \"'{KEYED}");
	bytes = db_column_bytes(rows, 2, box->arena, &len);
	assert_int_equal(len, sizeof(body));
	assert_memory_equal(bytes, body, sizeof(body));
	assert_true(db_column_int(rows, 3) == INT64_MAX);
	assert_true(db_column_int(rows, 4) == INT64_MAX - 1);

	assert_int_equal(db_next(rows, &box->err), 1);
	assert_string_equal(db_column_text(rows, 1, box->arena), "");
	assert_non_null(db_column_bytes(rows, 2, box->arena, &len));
	assert_int_equal(len, 0);
	assert_true(db_column_is_null(rows, 3));
	assert_int_equal(db_column_int(rows, 3), 0);

	assert_int_equal(db_next(rows, &box->err), 1);
	assert_null(db_column_text(rows, 1, box->arena));
	assert_null(db_column_bytes(rows, 2, box->arena, &len));
	assert_int_equal(db_column_int(rows, 3), -1);
	assert_int_equal(db_next(rows, &box->err), 0);
	assert_int_equal(db_next(rows, &box->err), 0);
	db_done(rows);
	commit(box, db);
	db_close(db);
}

static void parameters_go_by_number(struct box *box)
{
	struct db *db = open_table(box);
	int64_t number;

	assert_int_equal(db_find_int(db,
				     "SELECT CAST($3 AS BIGINT) * 100 + CAST($1 AS BIGINT) * 10 +"
				     " CAST($2 AS BIGINT) + CAST($3 AS BIGINT) -- $9 '",
				     DB_VALUES(db_int(1), db_int(2), db_int(3)), &number,
				     &box->err),
			 1);
	assert_int_equal(number, 315);
	db_close(db);
}

static const struct {
	const char *sql, *message;
	size_t count;
} wrong_statements[] = {
	{ "SELECT $2", "$1 is missing", 2 },
	{ "SELECT $1, $3", "$2 is missing", 3 },
	{ "SELECT $1", "2 values for 1 parameters", 2 },
	{ "SELECT $1::bigint", "want $1 and CAST", 1 },
	{ "SELECT ?", "want $1 and CAST", 1 },
	{ "SELECT $0", "no parameter", 1 },
	{ "SELECT $1x", "no parameter", 1 },
	{ "SELECT 1 {NOBODY}", "unknown word {NOBODY}", 0 },
	{ "SELECT 1 {KEYED", "unknown word {KEYED", 0 },
	{ "SELECT nothing FROM nowhere", "nowhere", 0 },
};

static void wrong_statements_are_refused(struct box *box)
{
	struct db_value values[] = { db_int(1), db_int(2), db_int(3) };
	struct db *db = open_table(box);
	struct db_rows *rows;

	for (size_t i = 0; i < ARRAY_LEN(wrong_statements); i++) {
		begin(box, db);
		assert_int_equal(db_query(db, wrong_statements[i].sql, values,
					  wrong_statements[i].count, &rows, &box->err),
				 -1);
		if (!strstr(box->err.message, wrong_statements[i].message))
			fail_msg("%s: %s", wrong_statements[i].sql, box->err.message);
		assert_int_equal(db->failure, DB_BROKEN);
		db_rollback(db);
	}
	begin(box, db);
	insert(box, db, 1, "still works");
	commit(box, db);
	assert_int_equal(count(box, db), 1);
	db_close(db);
}

static void rolled_back_is_gone(struct box *box)
{
	struct db *db = open_table(box);

	begin(box, db);
	insert(box, db, 1, "a");
	assert_int_equal(count(box, db), 1);
	db_rollback(db);
	assert_int_equal(count(box, db), 0);
	begin(box, db);
	insert(box, db, 2, "b");
	commit(box, db);
	assert_int_equal(count(box, db), 1);
	db_close(db);
}

static void failed_transaction_stays_failed(struct box *box)
{
	struct db *db = open_table(box);
	struct db_rows *rows;

	begin(box, db);
	insert(box, db, 1, "a");
	db_write(db, INSERT, DB_VALUES(db_int(1), db_text("again"), db_null(), db_null()),
		 &box->err);
	assert_int_equal(db_query(db, "SELECT 1", DB_NONE, &rows, &box->err), -1);
	assert_int_equal(db->failure, DB_AGAIN);
	assert_int_equal(db_write(db, INSERT,
				  DB_VALUES(db_int(2), db_text("b"), db_null(), db_null()),
				  &box->err),
			 -1);
	assert_string_equal(box->err.message, "the transaction has failed before");
	assert_int_equal(db_commit(db, &box->err), -1);
	db_rollback(db);
	assert_int_equal(db->failure, DB_AGAIN);
	assert_int_equal(box_number(box, "SELECT count(*) FROM t"), 0);
	db_close(db);
}

static void late_failure_comes_out_of_commit(struct box *box)
{
	struct db *db = open_table(box);

	begin(box, db);
	insert(box, db, 1, "a");
	if (db_write(db, INSERT, DB_VALUES(db_int(1), db_null(), db_null(), db_null()),
		     &box->err) == 0)
		assert_int_equal(db_commit(db, &box->err), -1);
	assert_int_equal(db->failure, DB_AGAIN);
	assert_int_equal(box->err.code, ERR_UNAVAILABLE);
	db_rollback(db);
	assert_int_equal(box_number(box, "SELECT count(*) FROM t"), 0);
	db_close(db);
}

static void cursor_survives_its_own_statement(struct box *box)
{
	static const char BY_ID[] = "SELECT id FROM t WHERE id >= $1 ORDER BY id";
	struct db_rows *outer, *inner;
	struct db *db = open_table(box);
	int seen = 0;

	begin(box, db);
	for (int i = 1; i <= 3; i++)
		insert(box, db, i, "x");
	assert_int_equal(db_query(db, BY_ID, DB_VALUES(db_int(1)), &outer, &box->err), 0);
	while (db_next(outer, &box->err) == 1) {
		assert_int_equal(db_column_int(outer, 0), ++seen);
		assert_int_equal(db_query(db, BY_ID, DB_VALUES(db_int(3)), &inner, &box->err), 0);
		assert_int_equal(db_next(inner, &box->err), 1);
		assert_int_equal(db_column_int(inner, 0), 3);
		db_done(inner);
	}
	assert_int_equal(seen, 3);
	db_done(outer);
	commit(box, db);
	db_close(db);
}

static void returning_is_done_without_being_read(struct box *box)
{
	struct db *db = open_table(box);
	struct db_rows *rows;

	begin(box, db);
	assert_int_equal(db_query(db, "INSERT INTO t (id) VALUES ($1) RETURNING id",
				  DB_VALUES(db_int(7)), &rows, &box->err),
			 0);
	db_done(rows);
	commit(box, db);
	assert_int_equal(count(box, db), 1);
	db_close(db);
}

static void reader_cannot_write(struct box *box)
{
	struct db *writer = open_table(box), *reader;

	assert_int_equal(db_open(&reader, box->uri, true, &box->err), 0);
	begin(box, reader);
	if (db_write(reader, INSERT, DB_VALUES(db_int(1), db_null(), db_null(), db_null()),
		     &box->err) == 0)
		assert_int_equal(db_commit(reader, &box->err), -1);
	db_rollback(reader);
	db_close(reader);
	assert_int_equal(count(box, writer), 0);
	db_close(writer);
}

static void reader_sees_one_snapshot(struct box *box)
{
	struct db *writer = open_table(box), *reader;

	assert_int_equal(db_open(&reader, box->uri, true, &box->err), 0);
	begin(box, reader);
	assert_int_equal(count(box, reader), 0);
	begin(box, writer);
	insert(box, writer, 1, "a");
	commit(box, writer);
	assert_int_equal(count(box, reader), 0);
	db_rollback(reader);
	begin(box, reader);
	assert_int_equal(count(box, reader), 1);
	db_rollback(reader);
	db_close(reader);
	db_close(writer);
}

static void many_writes_make_one_transaction(struct box *box)
{
	struct db *db = open_table(box);
	char name[2000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	begin(box, db);
	for (int i = 0; i < 3000; i++)
		insert(box, db, i, name);
	assert_int_equal(count(box, db), 3000);
	commit(box, db);
	assert_int_equal(box_number(box, "SELECT count(*) FROM t"), 3000);
	db_close(db);
}

static void clock_is_the_databases(struct box *box)
{
	struct db *db = open_table(box);
	int64_t ours = (int64_t)time(NULL) * 1000, now;

	assert_int_equal(db_find_int(db, "SELECT {NOW_MS}", DB_NONE, &now, &box->err), 1);
	assert_in_range(now, ours - 5000, ours + 5000);
	db_close(db);
}

/* ---- SQLite's files ---- */

static int64_t size_of(struct box *box, const char *name)
{
	struct stat info;

	return stat(box_path(box, name), &info) < 0 ? -1 : (int64_t)info.st_size;
}

static void files_are_private(struct box *box)
{
	struct stat info;

	db_close(open_table(box));
	assert_int_equal(stat(box->uri, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
}

static void only_the_writer_moves_the_log(struct box *box)
{
	struct db *writer = open_table(box), *reader;
	char name[2000];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	begin(box, writer);
	for (int i = 0; i < 3000; i++)
		insert(box, writer, i, name);
	commit(box, writer);
	/* Neither SQLite by itself at 1,000 pages, nor a reader that closes. */
	assert_int_equal(db_open(&reader, box->uri, true, &box->err), 0);
	assert_int_equal(count(box, reader), 3000);
	db_close(reader);
	assert_in_range(size_of(box, "fairlead.db-wal"), 6000000, 16000000);
	assert_in_range(size_of(box, "fairlead.db"), 0, 100000);
	assert_in_range(writer->driver->log_bytes(writer), 6000000, 16000000);

	writer->driver->checkpoint(writer, 100000000, true);
	assert_in_range(size_of(box, "fairlead.db"), 0, 100000);
	writer->driver->checkpoint(writer, 1000000, false);
	assert_in_range(size_of(box, "fairlead.db"), 6000000, 16000000);
	assert_int_equal(writer->driver->log_bytes(writer), 0);
	db_close(writer);
}

static void copy_is_whole_and_of_one_moment(struct box *box)
{
	struct db *db = open_table(box), *copy;
	const char *path = box_path(box, "copy.db");

	begin(box, db);
	for (int i = 0; i < 1000; i++)
		insert(box, db, i, "row");
	commit(box, db);
	assert_int_equal(db->driver->backup(db, path, &box->err), 0);
	begin(box, db);
	insert(box, db, 5000, "later");
	commit(box, db);
	assert_int_equal(db_open(&copy, path, false, &box->err), 0);
	assert_int_equal(count(box, copy), 1000);
	db_close(copy);

	assert_int_equal(db->driver->backup(db, path, &box->err), -1);
	assert_int_equal(box->err.code, ERR_CONFLICT);
	assert_int_equal(db->driver->backup(db, "/nowhere/copy.db", &box->err), -1);
	assert_string_equal(box->err.message, "/nowhere/copy.db: No such file or directory");
	db_close(db);
}

static void what_is_no_database_is_not_opened(struct box *box)
{
	FILE *file = fopen(box->uri, "w");
	struct db *db;

	assert_non_null(file);
	for (int i = 0; i < 1000; i++)
		fputs("name,email,phone\n", file);
	fclose(file);
	assert_int_equal(db_open(&db, box->uri, false, &box->err), -1);
	assert_non_null(strstr(box->err.message, "file is not a database"));
	assert_int_equal(db_open(&db, "/nowhere/fairlead.db", false, &box->err), -1);
	assert_string_equal(box->err.message, "/nowhere/fairlead.db: No such file or directory");
}

static const struct box_case cases[] = {
	BOX_CASE(values_come_back_as_they_were),
	BOX_CASE(parameters_go_by_number),
	BOX_CASE(wrong_statements_are_refused),
	BOX_CASE(rolled_back_is_gone),
	BOX_CASE(failed_transaction_stays_failed),
	BOX_CASE(late_failure_comes_out_of_commit),
	BOX_CASE(cursor_survives_its_own_statement),
	BOX_CASE(returning_is_done_without_being_read),
	BOX_CASE(reader_cannot_write),
	BOX_CASE(reader_sees_one_snapshot),
	BOX_CASE(many_writes_make_one_transaction),
	BOX_CASE(clock_is_the_databases),
	BOX_CASE_SQLITE(files_are_private),
	BOX_CASE_SQLITE(only_the_writer_moves_the_log),
	BOX_CASE_SQLITE(copy_is_whole_and_of_one_moment),
	BOX_CASE_SQLITE(what_is_no_database_is_not_opened),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
