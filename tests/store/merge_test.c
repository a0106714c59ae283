/* merge_test.c - two leads become one, with what stands for them at a CRM, and two again. */
#include "store/box.h"

#include <string.h>

#include "store/deliveries.h"
#include "store/leads.h"

enum { OLD = 101, YOUNG = 102, CRM = 501, HUB = 502 };

#define DOC(email, company, at)                                                         \
	"'{\"f\":{\"email\":[\"" email "\",\"source\",1," at "," at "],"                 \
	"\"company\":[\"" company "\",\"source\",1," at "," at "]},"                     \
	"\"k\":[[\"email\",\"" email "\",0,0]]}'"

static const char leads[] =
	"INSERT INTO lead (id, workspace, version, created_at, updated_at, merged_into, "
	"owner_rep, is_test, doc) VALUES "
	"(101, 1, 5, 1, 1, 0, 7, 0, " DOC("old@x.org", "Old", "10") "), "
	"(102, 1, 9, 1, 1, 0, 8, 0, " DOC("young@x.org", "Young", "20") ");"
	"INSERT INTO enquiry (id, workspace, lead, source, occurred_at, received_at, is_open, "
	"doc) VALUES (201, 1, 102, 1, 1, 1, 1, '{\"x\":null,\"m\":null,\"f\":{}}');"
	"INSERT INTO submission (id, workspace, source, lead, enquiry, result, received_at) "
	"VALUES (301, 1, 1, 102, 201, 0, 1), (302, 1, 1, 101, 0, 0, 1);";

/* state, told_doc and open submissions of a delivery; a row of `connection` and lead. */
#define DELIVERY(id, lead, connection, state, told, open)                               \
	"INSERT INTO delivery (id, workspace, subject, connection, object, role, mapping, "   \
	"lane, state, due_at, since, wanted, told, tries, setbacks, is_uncertain, is_forced, " \
	"depends_on, fence, worker, lease_until, open_submissions, told_doc) VALUES (" id     \
	", 1, " lead ", " connection ", 'c', 'm' || " connection ", 1, 0, " state             \
	", 1, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, " open ", " told ");"
#define LINK(id, lead, connection, remote)                                              \
	"INSERT INTO link (id, workspace, subject, connection, role, object, remote_id, "     \
	"state, is_ours, created_at, updated_at) VALUES (" id ", 1, " lead ", " connection    \
	", 'm' || " connection ", 'c', '" remote "', 'live', 1, 1, 1);"
#define COUNTED(pending, dead)                                                          \
	"INSERT INTO counter (workspace, name, value) VALUES (1, 'queue.pending', " pending   \
	"), (1, 'queue.dead', " dead ");"

static struct config *config(struct box *box)
{
	static struct sync syncs[] = { { .mapping = "m501" }, { .mapping = "m502" } };
	static struct mapping mappings[] = {
		{ .id = 1, .name = "m501", .connection = "crm", .object = "c" },
		{ .id = 1, .name = "m502", .connection = "hub", .object = "c" },
	};
	static struct connection connections[] = { { .id = CRM, .name = "crm" },
						   { .id = HUB, .name = "hub" } };
	struct config *config = arena_alloc(box->arena, sizeof(*config));

	*config = (struct config){ .workspace = 1, .syncs = syncs, .nsyncs = 2,
				   .mappings = mappings, .nmappings = 2,
				   .connections = connections, .nconnections = 2 };
	return config;
}

struct act {
	const struct config *config;
	int64_t merge;
};

static const struct actor somebody = { .workspace = 1, .kind = ACTOR_TOKEN, .id = 3 };

static int run_merge(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return lead_merge(tx, &somebody, act->config, YOUNG, OLD, &act->merge, err);
}

static int run_unmerge(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;

	return lead_unmerge(tx, &somebody, act->config, act->merge, err);
}

static void must(struct box *box, int (*run)(struct tx *, void *, struct error *),
		 struct act *act)
{
	if (box_do(box, run, act) < 0)
		fail_msg("%s", box->err.message);
}

static struct act start(struct box *box, const char *rows)
{
	box_open(box, NULL);
	box_close(box);
	box_meddle(box, leads);
	box_meddle(box, rows);
	box_open(box, NULL);
	return (struct act){ .config = config(box) };
}

#define assert_sql(box, sql, wanted) assert_int_equal(box_number(box, sql), wanted)

static void older_id_stays_and_newer_values_count(struct box *box)
{
	struct act act = start(box, COUNTED("0", "0"));
	struct lead lead;
	struct view *view;

	must(box, run_merge, &act);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(lead_find(view, &somebody, YOUNG, &lead, &box->err), 1);
	view_close(view);
	assert_int_equal(lead.id, OLD);
	assert_int_equal(lead.version, 6);
	assert_int_equal(lead.owner_rep, 7);
	assert_string_equal(lead_value(&lead, "company").text, "Young");
	assert_sql(box, "SELECT count(*) FROM enquiry WHERE lead = 101", 1);
	assert_sql(box, "SELECT count(*) FROM submission WHERE lead = 101", 2);
	assert_sql(box, "SELECT count(*) FROM identity WHERE lead = 101", 2);
	must(box, run_unmerge, &act);
	assert_sql(box, "SELECT count(*) FROM submission WHERE lead = 102", 1);
	assert_sql(box, "SELECT count(*) FROM enquiry WHERE lead = 102", 1);
	assert_sql(box, "SELECT count(*) FROM identity WHERE lead = 101", 1);
	assert_sql(box, "SELECT count(*) FROM identity WHERE lead = 102", 1);
	assert_int_equal(box_do(box, run_unmerge, &act), -1);
	assert_int_equal(box->err.code, ERR_CONFLICT);
}

/* The survivor was never told to this CRM; the other was. */
static void a_link_moves_with_what_is_known_of_its_record(struct box *box)
{
	struct act act = start(box, DELIVERY("401", "101", "501", "0", "NULL", "1")
				    DELIVERY("402", "102", "501", "5", "'{\"a\":1}'", "0")
				    LINK("801", "102", "501", "51") COUNTED("1", "0"));

	must(box, run_merge, &act);
	assert_sql(box, "SELECT subject FROM link WHERE id = 801", OLD);
	assert_sql(box, "SELECT count(*) FROM delivery WHERE id = 401 AND state = 0 "
			"AND told_doc = '{\"a\":1}' AND wanted = 6", 1);
	assert_sql(box, "SELECT count(*) FROM delivery WHERE id = 402 AND subject = 102 "
			"AND state = 5 AND code = 'merged'", 1);
	must(box, run_unmerge, &act);
	assert_sql(box, "SELECT subject FROM link WHERE id = 801", YOUNG);
	assert_sql(box, "SELECT count(*) FROM delivery WHERE id = 401 AND told_doc IS NULL", 1);
	/* Both are told what they are again. */
	assert_sql(box, "SELECT count(*) FROM delivery WHERE state = 0 AND connection = 501", 2);
}

static void two_records_at_one_crm_stay_two(struct box *box)
{
	struct act act = start(box, DELIVERY("401", "101", "501", "5", "'{\"a\":1}'", "0")
				    DELIVERY("402", "102", "501", "5", "'{\"b\":1}'", "0")
				    LINK("800", "101", "501", "50")
				    LINK("801", "102", "501", "51") COUNTED("0", "0"));

	must(box, run_merge, &act);
	assert_sql(box, "SELECT count(*) FROM link WHERE id = 800 AND subject = 101 "
			"AND state = 'live'", 1);
	assert_sql(box, "SELECT count(*) FROM link WHERE id = 801 AND subject = 102 "
			"AND state = 'merged'", 1);
	assert_sql(box, "SELECT count(*) FROM delivery WHERE id = 401 AND state = 0 "
			"AND told_doc = '{\"a\":1}'", 1);
	must(box, run_unmerge, &act);
	assert_sql(box, "SELECT count(*) FROM link WHERE state = 'live'", 2);
}

static void a_delivery_of_the_other_alone_moves(struct box *box)
{
	struct act act = start(box, DELIVERY("401", "101", "501", "5", "'{\"a\":1}'", "0")
				    DELIVERY("402", "102", "502", "5", "'{\"b\":1}'", "0")
				    LINK("801", "102", "502", "51") COUNTED("0", "0"));

	must(box, run_merge, &act);
	assert_sql(box, "SELECT count(*) FROM delivery WHERE id = 402 AND subject = 101 "
			"AND state = 0 AND wanted = 6 AND told_doc = '{\"b\":1}'", 1);
	must(box, run_unmerge, &act);
	assert_sql(box, "SELECT subject FROM delivery WHERE id = 402", YOUNG);
	assert_sql(box, "SELECT subject FROM link WHERE id = 801", YOUNG);
	assert_sql(box, "SELECT wanted FROM delivery WHERE id = 402", 10);
}

/* received = at_rest + pending + dead: nothing is counted twice or forgotten. */
static void what_is_open_is_counted_once(struct box *box)
{
	struct act act = start(box, DELIVERY("401", "101", "501", "0", "NULL", "2")
				    DELIVERY("402", "102", "501", "4", "NULL", "3")
				    COUNTED("2", "3"));

	must(box, run_merge, &act);
	assert_sql(box, "SELECT value FROM counter WHERE name = 'queue.pending'", 5);
	assert_sql(box, "SELECT value FROM counter WHERE name = 'queue.dead'", 0);
	assert_sql(box, "SELECT open_submissions FROM delivery WHERE id = 401", 5);
	assert_sql(box, "SELECT open_submissions FROM delivery WHERE id = 402", 0);
	must(box, run_unmerge, &act);
	assert_sql(box, "SELECT sum(value) FROM counter WHERE name LIKE 'queue.%'", 5);
}

static void a_lead_that_is_being_sent_waits(struct box *box)
{
	struct act act = start(box, DELIVERY("402", "102", "501", "2", "NULL", "0"));

	assert_int_equal(box_do(box, run_merge, &act), -1);
	assert_int_equal(box->err.code, ERR_CONFLICT);
	assert_sql(box, "SELECT count(*) FROM merge", 0);
}

static int edit_company(struct tx *tx, void *context, struct error *err)
{
	struct act *act = context;
	struct field field = { "company", value_text("Mended") };

	return lead_edit(tx, &somebody, act->config, OLD, &field, 1, NULL, 0, err);
}

static void what_came_since_a_merge_outlives_it(struct box *box)
{
	struct act act = start(box, COUNTED("0", "0"));
	struct lead lead;
	struct view *view;

	must(box, run_merge, &act);
	must(box, edit_company, &act);
	must(box, run_unmerge, &act);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(lead_find(view, &somebody, OLD, &lead, &box->err), 1);
	assert_string_equal(lead_value(&lead, "company").text, "Mended");
	assert_string_equal(lead_value(&lead, "email").text, "old@x.org");
	assert_int_equal(lead_find(view, &somebody, YOUNG, &lead, &box->err), 1);
	assert_string_equal(lead_value(&lead, "company").text, "Young");
	view_close(view);
}

static const struct box_case cases[] = {
	BOX_CASE(older_id_stays_and_newer_values_count),
	BOX_CASE(a_link_moves_with_what_is_known_of_its_record),
	BOX_CASE(two_records_at_one_crm_stay_two),
	BOX_CASE(a_delivery_of_the_other_alone_moves),
	BOX_CASE(what_is_open_is_counted_once),
	BOX_CASE(a_lead_that_is_being_sent_waits),
	BOX_CASE(what_came_since_a_merge_outlives_it),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
