/* nodes_test.c - several processes on one shared store, and connections that go. */
#include "store/box.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/audit.h"
#include "store/node.h"

#define ADD "INSERT INTO counter (workspace, name, value) VALUES ($1, $2, $3)"

/* Not box_meddle(): the dollars of a function's body are not parameters. */
static void postgres_script(struct box *box, const char *sql)
{
	PGconn *connection = PQconnectdb(box->uri);
	PGresult *result = PQexec(connection, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail_msg("%s", PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

static struct store *open_another(struct box *box)
{
	struct store_config config = box_config(box);
	struct store *store = store_open(&config, &box->err);

	if (!store)
		fail_msg("%s", box->err.message);
	return store;
}

/* ---- Lost connections ---- */

struct cut {
	int runs;
	const char *sql;
};

/* And waits until they are gone. */
static const char END_OTHERS[] = "SELECT count(pg_terminate_backend(pid, 10000)) "
				 "FROM pg_stat_activity"
				 " WHERE pid <> pg_backend_pid() AND application_name ="
				 " current_setting('application_name')";
static const char END_OURSELVES[] = "SELECT count(pg_terminate_backend(pg_backend_pid()))";

static int add_and_cut(struct tx *tx, void *context, struct error *err)
{
	struct cut *cut = context;
	struct db *db = tx_view(tx)->db;
	int64_t number;

	cut->runs++;
	if (db_write(db, ADD, DB_VALUES(db_int(9), db_text("row"), db_int(cut->runs)), err) < 0)
		return -1;
	if (cut->runs > 1)
		return 7;
	return db_find_int(db, cut->sql, DB_NONE, &number, err) < 0 ? -1 : 7;
}

static void unit_whose_connection_is_lost_runs_again(struct box *box)
{
	struct cut cut = { 0, END_OURSELVES };

	box_open(box, NULL);
	assert_int_equal(box_do(box, add_and_cut, &cut), 7);
	assert_int_equal(cut.runs, 2);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE workspace = 9"), 2);
}

static void idle_connections_are_made_anew(struct box *box)
{
	struct cut cut = { 1, NULL };
	struct view *view;
	int64_t value;

	box_open(box, NULL);
	box_number(box, END_OTHERS);
	assert_int_equal(box_do(box, add_and_cut, &cut), 7);
	assert_int_equal(cut.runs, 2);
	for (int i = 0; i < 4; i++) {
		view = view_open(box->store, box->arena, &box->err);
		assert_non_null(view);
		if (counter_get(view, 9, "row", &value, &box->err) < 0)
			fail_msg("%s", box->err.message);
		assert_int_equal(value, 2);
		view_close(view);
	}
}

/* Ends its own session at the moment of commit. */
static const char END_AT_COMMIT[] =
	"CREATE FUNCTION end_us() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
	" PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL;"
	"END$$;"
	"CREATE CONSTRAINT TRIGGER t AFTER INSERT ON counter DEFERRABLE INITIALLY DEFERRED"
	" FOR EACH ROW WHEN (new.workspace = 9) EXECUTE FUNCTION end_us()";

/* It may have been kept, so it is not done again. */
static void unit_whose_commit_goes_unanswered_is_not_run_again(struct box *box)
{
	struct cut cut = { 1, NULL };

	box_open(box, NULL);
	postgres_script(box, END_AT_COMMIT);
	assert_int_equal(box_do(box, add_and_cut, &cut), -1);
	assert_int_equal(cut.runs, 2);
	assert_int_equal(box->err.code, ERR_UNAVAILABLE);
	assert_false(store_is_accepting(box->store));
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE workspace = 9"), 0);
	postgres_script(box, "DROP TRIGGER t ON counter");
	assert_int_equal(box_do(box, add_and_cut, &cut), 7);
	assert_true(store_is_accepting(box->store));
}

static const char REFUSE_AT_COMMIT[] =
	"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
	" RAISE EXCEPTION 'not today'; END$$;"
	"CREATE CONSTRAINT TRIGGER t AFTER INSERT ON counter DEFERRABLE INITIALLY DEFERRED"
	" FOR EACH ROW WHEN (new.workspace = 9) EXECUTE FUNCTION refuse()";

static void failed_commit_answers_none(struct box *box)
{
	struct cut cut = { 1, NULL };

	box_open(box, NULL);
	postgres_script(box, REFUSE_AT_COMMIT);
	assert_int_equal(box_do(box, add_and_cut, &cut), -1);
	assert_non_null(strstr(box->err.message, "not today"));
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE workspace = 9"), 0);
	postgres_script(box, "DROP TRIGGER t ON counter");
	assert_int_equal(box_do(box, add_and_cut, &cut), 7);
}

static void absent_server_is_said_so(struct box *box)
{
	struct store_config config = box_config(box);

	config.uri = "postgresql://fairlead@/fairlead?host=/nowhere";
	assert_null(store_open(&config, &box->err));
	assert_int_equal(box->err.code, ERR_UNAVAILABLE);
	assert_non_null(strstr(box->err.message, "/nowhere"));
}

static void commits_are_synchronous(struct box *box)
{
	struct db_rows *rows;
	struct db *db;

	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(db_query(db, "SELECT current_setting('synchronous_commit')", DB_NONE,
				  &rows, &box->err),
			 0);
	assert_int_equal(db_next(rows, &box->err), 1);
	assert_string_equal(db_column_text(rows, 0, box->arena), "on");
	db_done(rows);
	db_close(db);
}

/* ---- Two processes ---- */

#define EACH 300

struct crowd {
	struct store *store;
	int64_t ids[EACH];
	int failed;
};

static int count_and_audit(struct tx *tx, void *context, struct error *err)
{
	const struct actor actor = { .workspace = 1 };
	int64_t *id = context, value = 0;

	*id = tx_id(tx);
	/* Read, then write: without the workspace's lock two nodes would read the same. */
	if (db_find_int(tx_view(tx)->db, "SELECT value FROM counter WHERE name = 'sum'", DB_NONE,
			&value, err) < 0 ||
	    db_write(tx_view(tx)->db,
		     "INSERT INTO counter (workspace, name, value) VALUES (1, 'sum', $1)"
		     " ON CONFLICT (workspace, name) DO UPDATE SET value = excluded.value",
		     DB_VALUES(db_int(value + 1)), err) < 0)
		return -1;
	tx_count(tx, 1, "counted", 1);
	return audit_add(tx, &actor, "thing.counted", "thing", *id, NULL, NULL, err);
}

static void *count_many(void *context)
{
	struct crowd *crowd = context;

	for (int i = 0; i < EACH; i++)
		if (store_run(crowd->store, URGENCY_INTERACTIVE, 1, count_and_audit,
			      &crowd->ids[i], NULL) < 0)
			crowd->failed++;
	return NULL;
}

static int compare(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

static void nodes_of_one_workspace_take_turns(struct box *box)
{
	static struct crowd crowds[6];
	static int64_t ids[6 * EACH];
	struct store *stores[3];
	struct audit_report report;
	pthread_t threads[6];

	for (int i = 0; i < 3; i++)
		stores[i] = open_another(box);
	for (int i = 0; i < 6; i++) {
		crowds[i].store = stores[i % 3];
		pthread_create(&threads[i], NULL, count_many, &crowds[i]);
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(crowds[i].failed, 0);
		memcpy(&ids[i * EACH], crowds[i].ids, sizeof(crowds[i].ids));
	}
	qsort(ids, ARRAY_LEN(ids), sizeof(ids[0]), compare);
	for (size_t i = 1; i < ARRAY_LEN(ids); i++)
		assert_true(ids[i] != ids[i - 1]);
	assert_int_equal(audit_verify(stores[0], 1, NULL, &report, &box->err), 0);
	assert_string_equal(report.what, "");
	assert_int_equal(report.entries, 6 * EACH);
	for (int i = 0; i < 3; i++)
		store_close(stores[i]);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'sum'"), 6 * EACH);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'counted'"),
			 6 * EACH);
}

static void *open_at_once(void *context)
{
	struct store_config config = box_config(context);

	return store_open(&config, NULL);
}

static void new_store_is_opened_by_many_at_once(struct box *box)
{
	struct store *stores[6];
	pthread_t threads[6];

	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, open_at_once, box);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], (void **)&stores[i]);
	for (int i = 0; i < 6; i++) {
		assert_non_null(stores[i]);
		assert_true(store_installation(stores[i]) == store_installation(stores[0]));
	}
	assert_int_equal(box_number(box, "SELECT count(*) FROM node"), 6);
	for (int i = 0; i < 6; i++)
		store_close(stores[i]);
	assert_int_equal(box_number(box, "SELECT count(*) FROM workspace"), 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM installation"), 1);
}

static void node_number_rests_before_it_is_given_again(struct box *box)
{
	struct node first, second, third;
	struct db *db;

	box_open(box, NULL);
	box_close(box);
	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(node_claim(db, &first, &box->err), 0);
	assert_int_equal(first.number, 2); /* 1 was the store's that was closed */

	/* Run out a moment ago: may still be in use by a process that stands still. */
	assert_int_equal(db_script(db, "UPDATE node SET lease_until = {NOW_MS} - 1000", &box->err),
			 0);
	assert_int_equal(node_claim(db, &second, &box->err), 0);
	assert_int_equal(second.number, 3);

	assert_int_equal(db_script(db,
				   "UPDATE node SET lease_until = {NOW_MS} - 61000"
				   " WHERE number = 2",
				   &box->err),
			 0);
	assert_int_equal(node_claim(db, &third, &box->err), 0);
	assert_int_equal(third.number, 2);

	/* Its first holder wakes up, and must not go on. */
	first.renewed_ms -= NODE_RENEW;
	assert_int_equal(node_keep(db, &first, &box->err), -1);
	assert_int_equal(db->failure, DB_FATAL);
	third.renewed_ms -= NODE_RENEW;
	assert_int_equal(node_keep(db, &third, &box->err), 0);
	db_close(db);
}

static void nodes_are_at_most_255(struct box *box)
{
	struct node node;
	struct db *db;

	box_open(box, NULL);
	box_close(box);
	box_meddle(box, "UPDATE node SET number = 255");
	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(node_claim(db, &node, &box->err), -1);
	assert_int_equal(box->err.code, ERR_LIMIT);
	db_close(db);
}

static int do_nothing(struct tx *tx, void *context, struct error *err)
{
	(void)tx;
	(void)context;
	(void)err;
	return 0;
}

/* In a process of its own, because it ends. */
static void node_that_sees_a_newer_schema_stops(struct box *box)
{
	int status;
	pid_t pid;

	box_open(box, NULL);
	box_close(box);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		box->store = open_another(box);
		box_meddle(box, "INSERT INTO schema_migration (number, name, at)"
				" VALUES (999, 'x', 0)");
		store_run(box->store, URGENCY_INTERACTIVE, 1, do_nothing, NULL, NULL);
		_exit(0); /* it was answered */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
}

static const struct box_case cases[] = {
	BOX_CASE_POSTGRES(unit_whose_connection_is_lost_runs_again),
	BOX_CASE_POSTGRES(idle_connections_are_made_anew),
	BOX_CASE_POSTGRES(unit_whose_commit_goes_unanswered_is_not_run_again),
	BOX_CASE_POSTGRES(failed_commit_answers_none),
	BOX_CASE_POSTGRES(absent_server_is_said_so),
	BOX_CASE_POSTGRES(commits_are_synchronous),
	BOX_CASE_POSTGRES(nodes_of_one_workspace_take_turns),
	BOX_CASE_POSTGRES(new_store_is_opened_by_many_at_once),
	BOX_CASE_POSTGRES(node_number_rests_before_it_is_given_again),
	BOX_CASE_POSTGRES(nodes_are_at_most_255),
	BOX_CASE_POSTGRES(node_that_sees_a_newer_schema_stops),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
