/* box.c - a store of one's own for each test, on every database. Threads: one at a time. */
#include "store/box.h"

#include <dirent.h>
#include <libpq-fe.h>
#include <sys/stat.h>
#include <unistd.h>

struct given {
	const struct box_case *box_case;
	bool is_sqlite;
};

/* ---- A schema of one's own ---- */

static const char *postgres_uri(void)
{
	return getenv("FAIRLEAD_TEST_POSTGRES");
}

static void postgres_exec(const char *sql)
{
	PGconn *connection = PQconnectdb(postgres_uri());
	PGresult *result;

	assert_string_equal(PQerrorMessage(connection), "");
	result = PQexec(connection, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK &&
	    PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

static const char *schema_of(const struct box *box)
{
	return strrchr(box->folder, '/') + 1;
}

static void open_schema(struct box *box)
{
	const char *uri = postgres_uri();
	char sql[200];

	snprintf(box->uri, sizeof(box->uri), "%s%capplication_name=%s&options=-csearch_path%%3D%%22%s%%22",
		 uri, strchr(uri, '?') ? '&' : '?', schema_of(box), schema_of(box));
	snprintf(sql, sizeof(sql), "CREATE SCHEMA \"%s\"", schema_of(box));
	postgres_exec(sql);
}

/* A test that failed leaves its sessions open, in transactions that would block this. */
static void drop_schema(struct box *box)
{
	char sql[200];

	snprintf(sql, sizeof(sql),
		 "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
		 " WHERE application_name = '%s'",
		 schema_of(box));
	postgres_exec(sql);
	snprintf(sql, sizeof(sql), "SET client_min_messages = error; DROP SCHEMA \"%s\" CASCADE",
		 schema_of(box));
	postgres_exec(sql);
}

/* ---- Setting up ---- */

static void remove_folder(const char *folder)
{
	char path[512];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(dir);
	rmdir(folder);
}

static int set_up(void **state)
{
	struct given *given = *state;
	struct box *box = calloc(1, sizeof(*box));

	assert_non_null(box);
	*state = box;
	box->box_case = given->box_case;
	box->is_sqlite = given->is_sqlite;
	box->arena = arena_new();
	strcpy(box->folder, "/tmp/fairlead-test-XXXXXX");
	assert_non_null(mkdtemp(box->folder));
	snprintf(box->uri, sizeof(box->uri), "%s/fairlead.db", box->folder);
	if (!box->is_sqlite)
		open_schema(box);
	return keyring_open(&box->keyring, box_path(box, "master.key"), 1, NULL);
}

static int tear_down(void **state)
{
	struct box *box = *state;

	box_close(box);
	if (!box->is_sqlite)
		drop_schema(box);
	remove_folder(box->folder);
	arena_free(box->arena);
	keyring_wipe(&box->keyring);
	free(box);
	return 0;
}

static void run_case(void **state)
{
	struct box *box = *state;

	box->box_case->run(box);
}

#define TESTS_MAX 200

int box_run(int argc, char **argv, const struct box_case *cases, size_t count)
{
	bool is_sqlite = argc == 2 && strcmp(argv[1], "sqlite") == 0;
	struct CMUnitTest tests[TESTS_MAX] = { { 0 } };
	struct given given[TESTS_MAX];
	size_t ntests = 0;

	if (!is_sqlite && (argc != 2 || strcmp(argv[1], "postgres") != 0)) {
		fprintf(stderr, "usage: %s sqlite|postgres\n", argv[0]);
		return 2;
	}
	if (!is_sqlite && !postgres_uri()) {
		puts("1..0 # SKIP FAIRLEAD_TEST_POSTGRES is not set");
		return 0;
	}
	if (count > TESTS_MAX)
		abort();
	log_setup(STDERR_FILENO, LOG_OFF, LOG_LOGFMT);
	for (size_t i = 0; i < count; i++) {
		if (cases[i].only && strcmp(cases[i].only, argv[1]) != 0)
			continue;
		given[ntests] = (struct given){ &cases[i], is_sqlite };
		tests[ntests] = (struct CMUnitTest){ .name = cases[i].name,
						     .test_func = run_case,
						     .setup_func = set_up,
						     .teardown_func = tear_down,
						     .initial_state = &given[ntests] };
		ntests++;
	}
	return _cmocka_run_group_tests(argv[0], tests, ntests, NULL, NULL);
}

/* ---- What tests use ---- */

const char *box_path(struct box *box, const char *name)
{
	return arena_printf(box->arena, "%s/%s", box->folder, name);
}

struct store_config box_config(const struct box *box)
{
	return (struct store_config){ .uri = box->uri,
				      .data = box->folder,
				      .keyring = &box->keyring,
				      .readers = 2 };
}

struct store *box_open(struct box *box, const struct store_config *config)
{
	struct store_config usual = box_config(box);

	box->store = store_open(config ? config : &usual, &box->err);
	if (!box->store)
		fail_msg("%s", box->err.message);
	return box->store;
}

void box_close(struct box *box)
{
	store_close(box->store);
	box->store = NULL;
}

int box_do(struct box *box, int (*run)(struct tx *tx, void *context, struct error *err),
	   void *context)
{
	box->err = (struct error){ 0 };
	return store_run(box->store, URGENCY_INTERACTIVE, 1, run, context, &box->err);
}

int64_t box_number(struct box *box, const char *sql)
{
	int64_t number = -1;
	struct db *db;

	if (db_open(&db, box->uri, true, &box->err) < 0 ||
	    db_find_int(db, sql, DB_NONE, &number, &box->err) < 0)
		fail_msg("%s", box->err.message);
	db_close(db);
	return number;
}

void box_meddle(struct box *box, const char *sql)
{
	struct db *db;

	if (db_open(&db, box->uri, false, &box->err) < 0 ||
	    db_script(db, sql, &box->err) < 0)
		fail_msg("%s", box->err.message);
	db_close(db);
}
