/* crash_test.c - what was acknowledged is there: after SIGKILL, after a power failure, on a
 * full disk, when a sync fails. */
#include "store/box.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "store/audit.h"

#define ROWS_MAX 2000000

struct child {
	struct box *box;
	pid_t pid;
	FILE *out;
	bool *kept; /* by number; across the children of a test */
	int64_t next, nkept, nrefused;
	rlim_t file_max;  /* bytes of a file when it starts; 0: no limit */
	char last[80]; /* the line read last */
};

/* ---- A child ---- */

static void start(struct child *child, int64_t count, int in_flight, const char *size)
{
	char first[24], how_many[24], flight[24];
	int out[2];

	snprintf(first, sizeof(first), "%lld", (long long)child->next);
	snprintf(how_many, sizeof(how_many), "%lld", (long long)count);
	snprintf(flight, sizeof(flight), "%d", in_flight);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	child->pid = fork();
	assert_true(child->pid >= 0);
	if (child->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(out[1], STDOUT_FILENO);
		setenv("BAD_DISK", child->box->folder, 1);
		setenv("LD_PRELOAD", getenv("FAIRLEAD_TEST_BAD_DISK"), 1);
		signal(SIGXFSZ, SIG_IGN);
		if (child->file_max > 0)
			setrlimit(RLIMIT_FSIZE,
				  &(struct rlimit){ child->file_max, RLIM_INFINITY });
		execl(getenv("FAIRLEAD_TEST_CHILD"), "child", child->box->uri, child->box->folder,
		      first, how_many, flight, size, NULL);
		_exit(9);
	}
	close(out[1]);
	child->out = fdopen(out[0], "r");
	assert_non_null(child->out);
}

/* Reads a line and notes what it says; false at the end. */
static bool read_line(struct child *child)
{
	long long number;

	if (!fgets(child->last, sizeof(child->last), child->out) || !strchr(child->last, '\n'))
		return false;
	if (sscanf(child->last, "+%lld", &number) == 1) {
		assert_in_range(number, 0, ROWS_MAX - 1);
		child->kept[number] = true;
		child->nkept++;
	} else if (sscanf(child->last, "-%lld", &number) == 1) {
		child->nrefused++;
	} else {
		return true;
	}
	if (number >= child->next)
		child->next = number + 1;
	return true;
}

static void read_kept(struct child *child, int64_t count)
{
	int64_t until = child->nkept + count;

	while (child->nkept < until)
		if (!read_line(child))
			fail_msg("the child ended after %lld rows", (long long)child->nkept);
}

static void read_until(struct child *child, const char *line)
{
	while (strcmp(child->last, line) != 0)
		if (!read_line(child))
			fail_msg("the child ended without %s", line);
}

/* Until more than `before` have been refused. A unit may have been spared: each is tried
 * again alone, and the disk may have room by then. */
static void read_refusal(struct child *child, int64_t before)
{
	while (child->nrefused <= before)
		if (!read_line(child))
			fail_msg("the child ended without a refusal");
}

/* Reads what it had still said, and gives the status. */
static int end(struct child *child, int with)
{
	int status;

	if (with)
		kill(child->pid, with);
	while (read_line(child))
		continue;
	fclose(child->out);
	assert_int_equal(waitpid(child->pid, &status, 0), child->pid);
	/* What was on its way is not to be tried again under the same number. */
	child->next += 1000;
	return status;
}

static void touch(struct box *box, const char *name)
{
	int fd = open(box_path(box, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* ---- What must be true afterwards ---- */

static void assert_all_there(struct child *child)
{
	struct box *box = child->box;
	bool *found = calloc(ROWS_MAX, sizeof(*found));
	struct audit_report report;
	struct db_rows *rows;
	int64_t count = 0;
	struct db *db;

	box_open(box, NULL);
	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_string_equal(report.what, "");
	box_close(box);
	assert_int_equal(db_open(&db, box->uri, true, &box->err), 0);
	assert_int_equal(db_begin(db, &box->err), 0);
	assert_int_equal(db_query(db, "SELECT value FROM counter WHERE workspace = 9", DB_NONE,
				  &rows, &box->err),
			 0);
	for (; db_next(rows, &box->err) == 1; count++)
		found[db_column_int(rows, 0)] = true;
	db_done(rows);
	db_rollback(db);
	db_close(db);
	for (int64_t i = 0; i < ROWS_MAX; i++)
		if (child->kept[i] && !found[i])
			fail_msg("row %lld was acknowledged and is not there", (long long)i);
	free(found);
	/* Rows, their counter and their audit entries are of one transaction. */
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'rows'"), count);
	assert_int_equal(report.entries, count);
	assert_true(count >= child->nkept);
}

static struct child child_of(struct box *box)
{
	struct child child = { .box = box, .kept = calloc(ROWS_MAX, sizeof(bool)) };

	assert_non_null(child.kept);
	return child;
}

/* ---- SIGKILL ---- */

#define KILLS 50

static void acknowledged_rows_survive_sigkill(struct box *box)
{
	struct child child = child_of(box);
	unsigned seed = (unsigned)time(NULL);

	print_message("# seed %u\n", seed);
	for (int i = 0; i < KILLS; i++) {
		start(&child, 0, 1 + rand_r(&seed) % 64, "100");
		read_kept(&child, 1 + rand_r(&seed) % 200);
		end(&child, SIGKILL);
	}
	assert_true(child.nkept >= KILLS);
	assert_all_there(&child);
	free(child.kept);
}

/* ---- A power failure ---- */

#define FAILURES 10

static void put_back(struct box *box, const char *name)
{
	const char *from = box_path(box, arena_printf(box->arena, "synced/%s", name));
	const char *to = box_path(box, name);
	char bytes[65536];
	size_t len;
	FILE *in, *out;

	assert_true(unlink(to) == 0 || errno == ENOENT);
	in = fopen(from, "re");
	if (!in)
		return;
	out = fopen(to, "we");
	assert_non_null(out);
	while ((len = fread(bytes, 1, sizeof(bytes), in)) > 0)
		assert_int_equal(fwrite(bytes, 1, len, out), len);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* Of each file only what has been synced is left, and nothing of what was in memory. */
static void fail_power(struct child *child)
{
	end(child, SIGKILL);
	put_back(child->box, "fairlead.db");
	put_back(child->box, "fairlead.db-wal");
	unlink(box_path(child->box, "fairlead.db-shm"));
}

static void acknowledged_rows_survive_a_power_failure(struct box *box)
{
	struct child child = child_of(box);
	unsigned seed = (unsigned)time(NULL);

	print_message("# seed %u\n", seed);
	assert_int_equal(mkdir(box_path(box, "synced"), 0700), 0);
	for (int i = 0; i < FAILURES; i++) {
		start(&child, 0, 1 + rand_r(&seed) % 64, "400");
		read_kept(&child, 1 + rand_r(&seed) % 400);
		fail_power(&child);
	}
	assert_all_there(&child);
	free(child.kept);
}

/* ---- Failing syncs ---- */

static void failed_sync_ends_the_process(struct box *box)
{
	struct child child = child_of(box);
	int status;

	for (int i = 0; i < 5; i++) {
		start(&child, 0, 16, "100");
		read_kept(&child, 20 * i + 1);
		touch(box, "nosync");
		status = end(&child, 0);
		unlink(box_path(box, "nosync"));
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 2);
		assert_int_equal(child.nrefused, 0); /* nobody was told anything */
	}
	assert_all_there(&child);
	free(child.kept);
}

/* A log of 6 MB is moved when the store is idle; that sync counts as much. */
static void failed_sync_of_a_checkpoint_ends_the_process(struct box *box)
{
	struct child child = child_of(box);
	int status;

	start(&child, 3000, 64, "2000");
	read_kept(&child, 1);
	touch(box, "nosync-main");
	status = end(&child, 0);
	unlink(box_path(box, "nosync-main"));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
	assert_string_equal(child.last, ".\n");
	assert_int_equal(child.nkept, 3000);
	assert_all_there(&child);
	free(child.kept);
}

/* ---- A full disk ---- */

static void fill_by_fault(struct child *child, bool is_full)
{
	if (is_full)
		touch(child->box, "full");
	else
		unlink(box_path(child->box, "full"));
}

/* The kernel's own refusal: no file may grow past 4 KiB. */
static void fill_by_limit(struct child *child, bool is_full)
{
	struct rlimit limit = { is_full ? 4096 : RLIM_INFINITY, RLIM_INFINITY };

	assert_int_equal(prlimit(child->pid, RLIMIT_FSIZE, &limit, NULL), 0);
}

static void refuse_and_recover(struct box *box, void (*fill)(struct child *child, bool is_full))
{
	struct child child = child_of(box);

	start(&child, 0, 16, "100");
	for (int i = 1; i <= 3; i++) {
		int64_t refused = child.nrefused;

		read_kept(&child, 100);
		fill(&child, true);
		read_until(&child, "n\n");
		read_refusal(&child, refused);
		fill(&child, false);
		read_until(&child, "y\n");
	}
	read_kept(&child, 100);
	end(&child, SIGKILL);
	assert_all_there(&child);
	free(child.kept);
}

static void full_disk_refuses_and_recovers(struct box *box)
{
	refuse_and_recover(box, fill_by_fault);
}

static void file_limit_refuses_and_recovers(struct box *box)
{
	refuse_and_recover(box, fill_by_limit);
}

/* A log of some MB, and no room to move it to. */
static void store_comes_up_on_a_full_disk(struct box *box)
{
	struct child child = child_of(box);

	start(&child, 0, 64, "2000");
	read_kept(&child, 1000);
	end(&child, SIGKILL);
	child.file_max = 1 << 20;
	start(&child, 0, 4, "100");
	read_until(&child, "n\n");
	read_refusal(&child, 0);
	fill_by_limit(&child, false);
	read_until(&child, "y\n");
	read_kept(&child, 100);
	end(&child, SIGKILL);
	assert_all_there(&child);
	free(child.kept);
}

static void refusals_on_a_full_disk_are_for_later(struct box *box)
{
	struct child child = child_of(box);

	start(&child, 0, 4, "100");
	read_kept(&child, 10);
	touch(box, "full");
	read_refusal(&child, 0);
	assert_non_null(strstr(child.last, "unavailable"));
	end(&child, SIGKILL);
	unlink(box_path(box, "full"));
	assert_all_there(&child);
	free(child.kept);
}

static const struct box_case cases[] = {
	BOX_CASE(acknowledged_rows_survive_sigkill),
	BOX_CASE_SQLITE(acknowledged_rows_survive_a_power_failure),
	BOX_CASE_SQLITE(failed_sync_ends_the_process),
	BOX_CASE_SQLITE(failed_sync_of_a_checkpoint_ends_the_process),
	BOX_CASE_SQLITE(full_disk_refuses_and_recovers),
	BOX_CASE_SQLITE(file_limit_refuses_and_recovers),
	BOX_CASE_SQLITE(store_comes_up_on_a_full_disk),
	BOX_CASE_SQLITE(refusals_on_a_full_disk_are_for_later),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
