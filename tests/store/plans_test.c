/* plans_test.c - what PostgreSQL reads to answer statements of every lead, on tables whose
 * statistics say nothing, or what was true an hour ago.
 *
 * Counted is how many rows it looked at, in the transaction that runs the store's own
 * statements: often enough that it settles on one plan for all values. */
#include "store/box.h"

#include "store/deliveries.h"
#include "store/leads.h"

#define TIMES 12

static const struct actor somebody = { .workspace = 1, .kind = ACTOR_SYSTEM };

/* Rows of a table that this transaction has looked at. */
static int rows_read(struct tx *tx, const char *table, int64_t *count, struct error *err)
{
	return db_find_int(tx_view(tx)->db,
			   "SELECT CAST(seq_tup_read + idx_tup_fetch AS BIGINT)"
			   " FROM pg_stat_xact_user_tables"
			   " WHERE relid = CAST(CAST($1 AS TEXT) AS REGCLASS)",
			   DB_VALUES(db_text(table)), count, err);
}

/* ---- The newest enquiries of a lead ---- */

/* As large as makes an unknown table look: 30,000 leads, each with one enquiry. */
static const char UNKNOWN_ENQUIRIES[] =
	"ALTER TABLE enquiry SET (autovacuum_enabled = off);"
	"INSERT INTO enquiry (id, workspace, lead, source, occurred_at, received_at, is_open, doc)"
	" SELECT i, 1, i, 1, i, i, 1, '{\"message\":\"' || repeat('x', 1900) || '\"}'"
	" FROM generate_series(1, 30000) i";

static int read_enquiries(struct tx *tx, void *context, struct error *err)
{
	int64_t *count = context;

	for (int i = 0; i < TIMES; i++) {
		struct enquiry *enquiries;
		size_t found;

		if (lead_enquiries(tx_view(tx), &somebody, 100 + i, &enquiries, &found, 64,
				   err) < 0)
			return -1;
		if (found != 1)
			return error_set(err, ERR_INTERNAL, "%zu enquiries", found);
	}
	return rows_read(tx, "enquiry", count, err);
}

static void enquiries_of_a_lead_are_read_alone(struct box *box)
{
	int64_t count;

	box_open(box, NULL);
	box_meddle(box, UNKNOWN_ENQUIRIES);
	if (box_do(box, read_enquiries, &count) < 0)
		fail_msg("%s", box->err.message);
	assert_int_equal(count, TIMES);
}

/* ---- One of many claimed deliveries ---- */

/* Counted while none was claimed; then all are. */
static const char CLAIMED_DELIVERIES[] =
	"ALTER TABLE delivery SET (autovacuum_enabled = off);"
	"INSERT INTO delivery (id, workspace, subject, connection, object, role, mapping, lane,"
	" state, due_at, since, wanted, told, tries, setbacks, is_uncertain, is_forced,"
	" depends_on, fence, worker, lease_until, open_submissions)"
	" SELECT i, 1, i, 1, 'contacts', 'people', 1, 0, 0, i, i, 1, 0, 0, 0, 0, 0, 0, 7, 0, 0, 1"
	" FROM generate_series(1, 5000) i;"
	"ANALYZE delivery;"
	"UPDATE delivery SET state = 2, worker = 1, lease_until = 1000 + id";

static int intend(struct tx *tx, void *context, struct error *err)
{
	int64_t *count = context;

	for (int i = 0; i < TIMES; i++) {
		struct delivery delivery = { .id = 100 + i, .fence = 7 };
		struct intent intent = { .delivery = &delivery, .doc = "{}" };

		if (delivery_intend(tx, &intent, 1, 9000, err) < 0)
			return -1;
		if (intent.is_refused)
			return error_set(err, ERR_INTERNAL, "refused");
	}
	return rows_read(tx, "delivery", count, err);
}

static void intent_is_kept_without_reading_other_claims(struct box *box)
{
	int64_t count;

	box_open(box, NULL);
	box_meddle(box, CLAIMED_DELIVERIES);
	if (box_do(box, intend, &count) < 0)
		fail_msg("%s", box->err.message);
	assert_int_equal(count, TIMES);
}

static const struct box_case cases[] = {
	BOX_CASE_POSTGRES(enquiries_of_a_lead_are_read_alone),
	BOX_CASE_POSTGRES(intent_is_kept_without_reading_other_claims),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
