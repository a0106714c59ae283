/* restore_test.c - what a restored store has forgotten, and what a copy must be. */
#include "store/box.h"

#include <fcntl.h>
#include <unistd.h>

#include "store/audit.h"
#include "store/configs.h"
#include "store/deliveries.h"

#define DELIVERY(id, state)                                                                 \
	"INSERT INTO delivery (id, workspace, subject, connection, object, role, mapping,"   \
	" lane, state, due_at, since, wanted, told, tries, setbacks, is_uncertain,"           \
	" is_forced, depends_on, fence, worker, lease_until, open_submissions) VALUES (" #id \
	", 1, " #id ", 9, 'contacts', 'lead', 1, 0, " #state ", 5000, 1, 1, 0, 2, 0, 0, 1,"   \
	" 0, 3, 77, 6000, 0);"

static void fill(struct box *box)
{
	box_open(box, NULL);
	box_close(box);
	box_meddle(box,
		   "INSERT INTO config_item (workspace, kind, name, version_from, id, spec, at)"
		   " VALUES (1, 'connection', 'crm', 1, 9, '{}', 1);"
		   "INSERT INTO config_item (workspace, kind, name, version_from, version_to, id,"
		   " spec, at) VALUES (1, 'connection', 'gone', 1, 2, 8, '{}', 1);"
		   DELIVERY(10, 0) DELIVERY(11, 1) DELIVERY(12, 2) DELIVERY(13, 3)
		   DELIVERY(14, 4) DELIVERY(15, 5));
}

static void nothing_is_sent_before_a_person_looked(struct box *box)
{
	struct connection_state state;
	struct restored restored;
	struct audit_report report;
	struct view *view;

	fill(box);
	box_open(box, NULL);
	assert_int_equal(store_restored(box->store, &restored, &box->err), 0);
	assert_int_equal(restored.workspaces, 1);
	assert_int_equal(restored.connections, 1);
	assert_int_equal(restored.uncertain, 3);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(connection_state_find(view, 1, 9, &state, &box->err), 1);
	assert_string_equal(state.state, "paused");
	assert_non_null(strstr(state.reason, "restored from a backup"));
	view_close(view);
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_string_equal(report.what, "");
	box_close(box);

	/* Claimed ones are nobody's claims any more; what was at rest or a person's stays. */
	assert_int_equal(box_number(box, "SELECT count(*) FROM delivery WHERE state = 0"), 2);
	assert_int_equal(box_number(box, "SELECT count(*) FROM delivery WHERE is_uncertain = 1"
					 " AND is_forced = 0 AND worker = 0 AND id < 13"), 3);
	assert_int_equal(box_number(box, "SELECT count(*) FROM delivery WHERE is_uncertain = 0"
					 " AND is_forced = 1 AND state = id - 10"), 3);
	assert_true(box_number(box, "SELECT restored_at FROM installation") > 0);
	assert_int_equal(box_number(box, "SELECT count(*) FROM audit WHERE action ="
					 " 'store.restored'"), 1);
}

static void doing_it_twice_does_no_harm(struct box *box)
{
	struct restored restored;

	fill(box);
	box_open(box, NULL);
	assert_int_equal(store_restored(box->store, &restored, &box->err), 0);
	assert_int_equal(store_restored(box->store, &restored, &box->err), 0);
	assert_int_equal(restored.uncertain, 3);
	box_close(box);
}

static void assert_checked(struct box *box, const char *path, int rc, const char *message)
{
	assert_int_equal(store_backup_check(path, &box->err), rc);
	if (message && !strstr(box->err.message, message))
		fail_msg("%s", box->err.message);
}

static void damage(const char *path, off_t at)
{
	unsigned char bytes[600];
	int fd = open(path, O_WRONLY);

	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(pwrite(fd, bytes, sizeof(bytes), at), sizeof(bytes));
	close(fd);
}

static void a_copy_is_checked_whole(struct box *box)
{
	const char *copy = box_path(box, "copy");

	fill(box);
	assert_int_equal(store_backup_stopped(box->uri, copy, &box->err), 0);
	assert_checked(box, copy, 0, NULL);
	assert_true(access(box_path(box, "copy-wal"), F_OK) < 0);
	assert_true(access(box_path(box, "copy-shm"), F_OK) < 0);
	assert_checked(box, box_path(box, "nothing"), -1, "No such file");
	damage(copy, 8 * 4096);
	assert_checked(box, copy, -1, "damaged");
}

int main(int argc, char **argv)
{
	static const struct box_case cases[] = {
		BOX_CASE(nothing_is_sent_before_a_person_looked),
		BOX_CASE(doing_it_twice_does_no_harm),
		BOX_CASE_SQLITE(a_copy_is_checked_whole),
	};

	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
