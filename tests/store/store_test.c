/* store_test.c - opening, refusing to open, views, keys, copies. */
#include "store/box.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_not_opened(struct box *box, enum error_code code, const char *message)
{
	struct store_config config = box_config(box);
	struct store *store = store_open(&config, &box->err);

	assert_null(store);
	assert_int_equal(box->err.code, code);
	if (!strstr(box->err.message, message))
		fail_msg("%s", box->err.message);
}

static void new_store_has_one_workspace(struct box *box)
{
	int64_t installation;

	box_open(box, NULL);
	installation = store_installation(box->store);
	assert_true(installation > 0);
	assert_int_equal(store_is_sqlite(box->store), box->is_sqlite);
	box_close(box);
	assert_int_equal(box_number(box, "SELECT count(*) FROM workspace"), 1);
	assert_int_equal(box_number(box, "SELECT id FROM workspace WHERE name = 'default'"), 1);

	box_open(box, NULL);
	assert_true(store_installation(box->store) == installation);
	box_close(box);
	assert_int_equal(box_number(box, "SELECT count(*) FROM workspace"), 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM installation"), 1);
	assert_int_equal(box_number(box, "SELECT max(number) FROM schema_migration"),
			 store_migrations[store_nmigrations - 1].number);
}

static void another_master_key_is_refused(struct box *box)
{
	box_open(box, NULL);
	box_close(box);
	unlink(box_path(box, "master.key"));
	assert_int_equal(keyring_open(&box->keyring, box_path(box, "master.key"), 1, NULL), 0);
	assert_not_opened(box, ERR_DENIED, "the master key is not the one this store was made with");
	assert_int_equal(box_number(box, "SELECT count(*) FROM installation"), 1);
}

static void newer_schema_is_refused(struct box *box)
{
	char message[80];

	box_open(box, NULL);
	box_close(box);
	box_meddle(box, "INSERT INTO schema_migration (number, name, at) VALUES (999, 'x', 0)");
	snprintf(message, sizeof(message), "the store has schema 999, this program knows %d",
		 store_migrations[store_nmigrations - 1].number);
	assert_not_opened(box, ERR_CONFLICT, message);
}

/* Dying inside a migration is rolling it back. */
static void interrupted_migration_starts_again(struct box *box)
{
	struct db *db;

	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(db_begin(db, &box->err), 0);
	assert_int_equal(db_script(db, store_migrations[0].sql, &box->err), 0);
	db_close(db);
	box_open(box, NULL);
	box_close(box);
	assert_int_equal(box_number(box, "SELECT count(*) FROM workspace"), 1);
}

static void do_migration(struct box *box, struct db *db, const struct migration *m)
{
	assert_int_equal(db_begin(db, &box->err), 0);
	assert_int_equal(db_script(db, m->sql, &box->err), 0);
	assert_int_equal(db_write(db, "INSERT INTO schema_migration (number, name, at) "
				      "VALUES ($1, $2, 1)",
				  DB_VALUES(db_int(m->number), db_text(m->name)), &box->err), 0);
	assert_int_equal(db_commit(db, &box->err), 0);
}

/* A store that another program made, which had some of the migrations. */
static void make_store(struct box *box, bool (*has)(size_t migration))
{
	struct db *db;

	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(db_begin(db, &box->err), 0);
	assert_int_equal(db_script(db, "CREATE TABLE schema_migration (number BIGINT PRIMARY "
				       "KEY, name TEXT NOT NULL, at BIGINT NOT NULL)",
				   &box->err), 0);
	assert_int_equal(db_commit(db, &box->err), 0);
	for (size_t i = 0; i < store_nmigrations; i++)
		if (has(i))
			do_migration(box, db, &store_migrations[i]);
	db_close(db);
}

static void assert_all_migrated(struct box *box)
{
	box_open(box, NULL);
	box_close(box);
	assert_int_equal(box_number(box, "SELECT count(*) FROM schema_migration"),
			 store_nmigrations);
}

static bool is_first(size_t migration)
{
	return migration == 0;
}

/* The program of two steps later opens it, with what is in it. */
static void an_older_store_is_brought_up(struct box *box)
{
	make_store(box, is_first);
	box_meddle(box, "INSERT INTO lead (id, workspace, version, created_at, updated_at, "
			"merged_into, owner_rep, is_test) VALUES (7, 1, 1, 1, 1, 0, 0, 0)");
	assert_all_migrated(box);
	assert_int_equal(box_number(box, "SELECT id FROM lead"), 7);
	assert_int_equal(box_number(box, "SELECT count(*) FROM schema_migration WHERE at = 1"),
			 1);
}

static bool is_not_imports(size_t migration)
{
	return store_migrations[migration].number != 4;
}

/* Two were written side by side, and the one with the lower number came later. */
static void a_migration_that_was_left_out_is_done(struct box *box)
{
	make_store(box, is_not_imports);
	assert_int_equal(box_number(box, "SELECT count(*) FROM schema_migration WHERE "
					 "number = 4"), 0);
	assert_all_migrated(box);
	/* What it adds is there, and the others were not done again. */
	assert_int_equal(box_number(box, "SELECT count(ignored) FROM import"), 0);
	assert_int_equal(box_number(box, "SELECT count(*) FROM schema_migration WHERE at > 1"),
			 1);
}

static void second_opener_is_refused(struct box *box)
{
	char message[80];

	box_open(box, NULL);
	snprintf(message, sizeof(message), "is in use by process %d", (int)getpid());
	assert_not_opened(box, ERR_CONFLICT, message);
	box_close(box);
	box_open(box, NULL);
}

static void second_process_is_refused(struct box *box)
{
	int ready[2], status;
	char byte;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct store_config config = box_config(box);

		if (store_open(&config, NULL) && write(ready[1], "y", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_not_opened(box, ERR_CONFLICT, "is in use by process");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	close(ready[0]);
	box_open(box, NULL);
}

static int count_one(struct tx *tx, void *context, struct error *err)
{
	(void)err;
	tx_count(tx, 1, context, 1);
	return 7;
}

static int look_around(struct tx *tx, void *context, struct error *err)
{
	int64_t first = tx_id(tx), second = tx_id(tx);
	struct hash_key key;

	(void)context;
	if (second <= first || id_time(first) != tx_now(tx))
		return error_set(err, ERR_INTERNAL, "ids");
	if (tx_keyring(tx) == NULL || view_arena(tx_view(tx)) != tx_arena(tx))
		return error_set(err, ERR_INTERNAL, "view");
	if (workspace_hash_key(tx_view(tx), 1, &key, err) < 0)
		return -1;
	return 0;
}

static void unit_sees_its_transaction(struct box *box)
{
	box_open(box, NULL);
	if (box_do(box, look_around, NULL) < 0)
		fail_msg("%s", box->err.message);
}

static void view_is_a_snapshot(struct box *box)
{
	struct view *view, *later;
	int64_t value;

	box_open(box, NULL);
	view = view_open(box->store, box->arena, &box->err);
	assert_non_null(view);
	assert_int_equal(counter_get(view, 1, "seen", &value, &box->err), 0);
	assert_int_equal(value, 0);
	assert_int_equal(box_do(box, count_one, (void *)"seen"), 7);
	assert_int_equal(counter_get(view, 1, "seen", &value, &box->err), 0);
	assert_int_equal(value, 0);
	later = view_open(box->store, box->arena, &box->err);
	assert_int_equal(counter_get(later, 1, "seen", &value, &box->err), 0);
	assert_int_equal(value, 1);
	view_close(later);
	view_close(view);
}

static void hash_keys_are_each_workspaces_own(struct box *box)
{
	struct hash_key first, again, second;
	struct view *view;
	struct db *db;

	box_open(box, NULL);
	box_close(box);
	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(workspace_add(db, &box->keyring, 2, "other", 0, &box->err), 1);
	assert_int_equal(workspace_add(db, &box->keyring, 2, "other", 0, &box->err), 0);
	db_close(db);

	box_open(box, NULL);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(workspace_hash_key(view, 1, &first, &box->err), 0);
	assert_int_equal(workspace_hash_key(view, 1, &again, &box->err), 0);
	assert_int_equal(workspace_hash_key(view, 2, &second, &box->err), 0);
	assert_memory_equal(&first, &again, sizeof(first));
	assert_memory_not_equal(&first, &second, sizeof(first));
	assert_int_equal(workspace_hash_key(view, 3, &first, &box->err), -1);
	assert_int_equal(box->err.code, ERR_NOT_FOUND);
	view_close(view);
}

/* Sealed for its place: a row's key put into another row does not open. */
static void moved_hash_key_is_refused(struct box *box)
{
	struct hash_key key;
	struct view *view;
	struct db *db;

	box_open(box, NULL);
	box_close(box);
	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(workspace_add(db, &box->keyring, 2, "other", 0, &box->err), 1);
	db_close(db);
	box_meddle(box, "UPDATE workspace SET hash_key ="
			" (SELECT hash_key FROM workspace WHERE id = 1) WHERE id = 2");
	box_open(box, NULL);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(workspace_hash_key(view, 2, &key, &box->err), -1);
	assert_int_equal(box->err.code, ERR_DENIED);
	view_close(view);
}

static void low_disk_stops_accept(struct box *box)
{
	struct store_config config = box_config(box);

	config.free_min = INT64_MAX;
	box_open(box, &config);
	assert_false(store_is_accepting(box->store));
	assert_true(store_stats(box->store).free_bytes > 0);
	assert_int_equal(box_do(box, count_one, (void *)"outcomes"), 7);
	box_close(box);
	config.free_min = 1;
	box_open(box, &config);
	assert_true(store_is_accepting(box->store));
}

static void backup_opens_elsewhere(struct box *box)
{
	const char *path = box_path(box, "copy.db");
	int64_t installation;

	box_open(box, NULL);
	installation = store_installation(box->store);
	assert_int_equal(box_do(box, count_one, (void *)"before"), 7);
	assert_int_equal(store_backup(box->store, path, &box->err), 0);
	assert_int_equal(box_do(box, count_one, (void *)"after"), 7);
	assert_int_equal(store_backup(box->store, path, &box->err), -1);
	assert_int_equal(box->err.code, ERR_CONFLICT);
	assert_int_equal(access(box_path(box, "copy.db.partial"), F_OK), -1);
	box_close(box);

	strcpy(box->uri, path);
	box_open(box, NULL);
	assert_true(store_installation(box->store) == installation);
	box_close(box);
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter"), 1);
}

static void backup_of_a_server_is_pg_dumps(struct box *box)
{
	box_open(box, NULL);
	assert_int_equal(store_backup(box->store, box_path(box, "copy"), &box->err), -1);
	assert_int_equal(box->err.code, ERR_INVALID);
	assert_non_null(strstr(box->err.message, "pg_dump"));
}

static const struct box_case cases[] = {
	BOX_CASE(new_store_has_one_workspace),
	BOX_CASE(another_master_key_is_refused),
	BOX_CASE(newer_schema_is_refused),
	BOX_CASE(interrupted_migration_starts_again),
	BOX_CASE(an_older_store_is_brought_up),
	BOX_CASE(a_migration_that_was_left_out_is_done),
	BOX_CASE_SQLITE(second_opener_is_refused),
	BOX_CASE_SQLITE(second_process_is_refused),
	BOX_CASE(unit_sees_its_transaction),
	BOX_CASE(view_is_a_snapshot),
	BOX_CASE(hash_keys_are_each_workspaces_own),
	BOX_CASE(moved_hash_key_is_refused),
	BOX_CASE(low_disk_stops_accept),
	BOX_CASE_SQLITE(backup_opens_elsewhere),
	BOX_CASE_POSTGRES(backup_of_a_server_is_pg_dumps),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
