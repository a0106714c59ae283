/* purge_test.c - what is kept only for a time goes when its time is over, and the chain
 * holds. The clock is the test's. */
#include "store/box.h"

#include "base/clock.h"
#include "store/audit.h"
#include "store/purge.h"

#define BORN INT64_C(1750000000000) /* when all of it was made */

/* Days after it was made. */
static struct purged purge_after(struct box *box, int days)
{
	struct purge *purge = purge_new(box->store);
	struct purged total;
	int rc;

	while ((rc = purge_step(purge, BORN + days * CLOCK_DAY, &box->err)) == 1)
		;
	if (rc < 0)
		fail_msg("%s", box->err.message);
	total = purge_total(purge);
	purge_free(purge);
	return total;
}

static void meddle(struct box *box, const char *format, ...) PRINTF_LIKE(2, 3);

static void meddle(struct box *box, const char *format, ...)
{
	char sql[2000];
	va_list args;

	va_start(args, format);
	vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	box_meddle(box, sql);
}

static long long id_of(int number)
{
	return (long long)id_first(BORN) + number;
}

static void add_submission(struct box *box, int number, int lead)
{
	meddle(box,
	       "INSERT INTO submission (id, workspace, source, lead, enquiry, result,"
	       " received_at, content_type, raw, salt, decision) VALUES"
	       " (%lld, 1, 1, %d, 0, 0, %lld, 'application/json', 'ada', 'salt', '{}')",
	       id_of(number), lead, (long long)BORN);
}

static void add_call(struct box *box, int number, int delivery)
{
	meddle(box,
	       "INSERT INTO call (id, workspace, connection, verb, method, url, request, status,"
	       " failure, answer, took_ms, records, mapping_version, at) VALUES"
	       " (%lld, 1, 9, 'find', 'GET', 'https://crm/?email=ada', 'ada', 200, 0, 'ada', 1,"
	       " 1, 1, %lld);"
	       "INSERT INTO attempt (id, workspace, delivery, call, version, outcome, action,"
	       " reason, changed, salt, at) VALUES (%lld, 1, %d, %lld, 1, 'fix_data', 'update',"
	       " 'no ada', '{}', 'salt', %lld)",
	       id_of(number), (long long)BORN, id_of(number), delivery, id_of(number),
	       (long long)BORN);
}

static void add_delivery(struct box *box, int id, int state)
{
	meddle(box,
	       "INSERT INTO delivery (id, workspace, subject, connection, object, role, mapping,"
	       " lane, state, due_at, since, wanted, told, tries, setbacks, is_uncertain,"
	       " is_forced, depends_on, fence, worker, lease_until, open_submissions) VALUES"
	       " (%d, 1, %d, 9, 'contacts', 'lead', 1, 0, %d, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0,"
	       " 0)",
	       id, id, state);
}

static void open_box(struct box *box)
{
	box_open(box, NULL);
	box_close(box);
}

static void assert_chain_holds(struct box *box)
{
	struct audit_report report;

	assert_int_equal(audit_verify(box->store, 1, NULL, &report, &box->err), 0);
	assert_string_equal(report.what, "");
}

#define RAW "SELECT count(*) FROM submission WHERE raw IS NOT NULL AND decision IS NOT NULL" \
	    " AND salt IS NOT NULL"
#define EMPTY "SELECT count(*) FROM submission WHERE raw IS NULL AND decision IS NULL" \
	      " AND salt IS NULL"

static void raw_submissions_go_after_90_days_rejected_after_30(struct box *box)
{
	open_box(box);
	for (int i = 0; i < 3; i++)
		add_submission(box, i, 7);
	add_submission(box, 3, 0);
	box_open(box, NULL);
	assert_int_equal(purge_after(box, 29).submissions, 0);
	assert_int_equal(purge_after(box, 31).submissions, 1);
	assert_int_equal(purge_after(box, 89).submissions, 0);
	assert_int_equal(purge_after(box, 91).submissions, 3);
	assert_int_equal(purge_after(box, 92).submissions, 0);
	assert_chain_holds(box);
	box_close(box);
	assert_int_equal(box_number(box, RAW), 0);
	assert_int_equal(box_number(box, EMPTY), 4);
	assert_int_equal(box_number(box, "SELECT count(*) FROM audit WHERE action ="
					 " 'data.purged'"), 2);
}

static void days_are_the_workspaces_own(struct box *box)
{
	open_box(box);
	add_submission(box, 0, 7);
	add_submission(box, 1, 0);
	box_meddle(box, "INSERT INTO config_item (workspace, kind, name, version_from, id, spec,"
			" at) VALUES (1, 'settings', 'settings', 1, 5,"
			" '{\"keep\":{\"raw_days\":10,\"rejected_days\":400}}', 1);"
			"UPDATE workspace SET config_version = 1");
	box_open(box, NULL);
	assert_int_equal(purge_after(box, 9).submissions, 0);
	assert_int_equal(purge_after(box, 11).submissions, 1);
	assert_int_equal(purge_after(box, 399).submissions, 0);
	assert_int_equal(purge_after(box, 401).submissions, 1);
}

static void more_than_a_stride_is_walked(struct box *box)
{
	open_box(box);
	box_meddle(box, "CREATE TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL"
			" SELECT i + 1 FROM c WHERE i < 2500) SELECT i FROM c");
	meddle(box,
	       "INSERT INTO submission (id, workspace, source, lead, enquiry, result, received_at,"
	       " raw, salt, decision) SELECT %lld + i, 1, 1, 7, 0, 0, 1, 'ada', 's', '{}' FROM n;"
	       "INSERT INTO idempotency (workspace, hash, body_hash, lead, submission, status,"
	       " answer, expires_at) SELECT 1, CAST('0123456789' || (100000 + i) AS %s), 'b', 7, 1,"
	       " 201, '{}', CASE WHEN i < 2000 THEN 5 END FROM n; DROP TABLE n",
	       id_of(0), box->is_sqlite ? "BLOB" : "BYTEA");
	box_open(box, NULL);
	assert_int_equal(purge_after(box, 91).submissions, 2500);
	assert_int_equal(box_number(box, RAW), 0);
	/* The first pass took the keys too; those without an end stay. */
	assert_int_equal(box_number(box, "SELECT count(*) FROM idempotency"), 501);
	assert_chain_holds(box);
}

#define BODIES "SELECT count(*) FROM call WHERE request IS NOT NULL AND answer IS NOT NULL" \
	       " AND url LIKE '%%ada'"
#define REASONS "SELECT count(*) FROM attempt WHERE reason IS NOT NULL AND changed IS NOT NULL"

static void bodies_stay_while_their_dead_letter_is_open(struct box *box)
{
	struct purged purged;

	open_box(box);
	add_delivery(box, 11, 4);
	add_delivery(box, 12, 3);
	add_delivery(box, 13, 5);
	for (int i = 0; i < 3; i++)
		add_call(box, i, 11 + i);
	box_open(box, NULL);
	assert_int_equal(purge_after(box, 29).calls, 0);
	purged = purge_after(box, 31);
	assert_int_equal(purged.calls, 1);
	assert_int_equal(purged.attempts, 1);
	box_close(box);
	assert_int_equal(box_number(box, BODIES), 2);
	assert_int_equal(box_number(box, REASONS), 2);

	/* Settled by a person: now their time is over. */
	box_meddle(box, "UPDATE delivery SET state = 5 WHERE id = 11");
	box_open(box, NULL);
	assert_int_equal(purge_after(box, 32).calls, 1);
	assert_chain_holds(box);
	box_close(box);
	assert_int_equal(box_number(box, BODIES), 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM call WHERE url = ''"), 2);
}

static void errors_of_imports_and_plans_go(struct box *box)
{
	struct purged purged;

	open_box(box);
	meddle(box,
	       "INSERT INTO import_error (import, line, workspace, row_text, problems) VALUES"
	       " (%lld, 2, 1, 'ada', '[]'), (%lld, 3, 1, 'ada', '[]');"
	       "INSERT INTO plan (id, workspace, ground, doc, created_at) VALUES"
	       " (%lld, 1, 'g', '{}', 1)",
	       id_of(0), id_of(0), id_of(1));
	box_open(box, NULL);
	purged = purge_after(box, 1);
	assert_int_equal(purged.import_errors + purged.plans, 0);
	purged = purge_after(box, 29);
	assert_int_equal(purged.import_errors, 0);
	assert_int_equal(purged.plans, 1);
	purged = purge_after(box, 31);
	assert_int_equal(purged.import_errors, 2);
	assert_chain_holds(box);
}

static void another_workspaces_days_are_its_own(struct box *box)
{
	struct db *db;

	open_box(box);
	assert_int_equal(db_open(&db, box->uri, false, &box->err), 0);
	assert_int_equal(workspace_add(db, &box->keyring, 2, "other", 0, &box->err), 1);
	db_close(db);
	add_submission(box, 0, 7);
	add_submission(box, 1, 7);
	meddle(box, "UPDATE submission SET workspace = 2 WHERE id = %lld", id_of(1));
	box_meddle(box, "INSERT INTO config_item (workspace, kind, name, version_from, id, spec,"
			" at) VALUES (2, 'settings', 'settings', 1, 5, '{\"keep\":{\"raw_days\":5}}', 1);"
			"UPDATE workspace SET config_version = 1 WHERE id = 2");
	box_open(box, NULL);
	assert_int_equal(purge_after(box, 6).submissions, 1);
	box_close(box);
	assert_int_equal(box_number(box, "SELECT count(*) FROM submission WHERE workspace = 1"
					 " AND raw IS NOT NULL"), 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM audit WHERE workspace = 2"), 1);
}

int main(int argc, char **argv)
{
	static const struct box_case cases[] = {
		BOX_CASE(raw_submissions_go_after_90_days_rejected_after_30),
		BOX_CASE(days_are_the_workspaces_own),
		BOX_CASE(more_than_a_stride_is_walked),
		BOX_CASE(bodies_stay_while_their_dead_letter_is_open),
		BOX_CASE(errors_of_imports_and_plans_go),
		BOX_CASE(another_workspaces_days_are_its_own),
	};

	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
