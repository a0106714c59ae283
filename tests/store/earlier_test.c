/* earlier_test.c - every value of some fields is told, in order; of others the newest. */
#include "store/way.h"

#include <string.h>

static struct mapping_field lines[] = {
	{ .from = "email", .to = "Email" },
	{ .from = "company", .to = "Company" },
	{ .from = "status", .to = "Status", .is_every_value = true },
	{ .from = "qualification_status", .to = "Stage", .is_every_value = true },
	{ .from = "custom.off", .to = "Off", .is_every_value = true, .is_off = true },
};
static struct mapping contacts[] = {
	{ .id = 1, .name = "contacts", .connection = "crm", .object = "c", .fields = lines,
	  .nfields = ARRAY_LEN(lines) },
};

static void begin(struct way *way, struct box *box)
{
	way_open(way, box, contacts, 1);
}

/* Tells what is claimed until nothing is due, and writes down each value of the field as the
 * CRM would hear it: "new,working". `other` is the newest value of every step. */
static const char *tell_all(struct way *way, const char *name)
{
	struct buf heard;

	buf_init(&heard, way->box->arena, 4096);
	while (way_claim(way) == 1) {
		const struct claim *claim = &way->claims[0];
		struct lead as_told = claim->lead;
		int64_t version = claim->lead.version;

		if (claim->earlier) {
			as_told.fields = arena_memdup(way->box->arena, claim->earlier->fields,
						      claim->earlier->nfields *
							      sizeof(*as_told.fields));
			as_told.nfields = claim->earlier->nfields;
			version = claim->earlier->version;
		}
		buf_addf(&heard, heard.len ? ",%s" : "%s", lead_value(&as_told, name).text);
		way_told(way, &way->claims[0], version, "r1");
	}
	return buf_text(&heard);
}

static void values_are_told_each_and_in_order(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "status=new");
	way_change(&way, "status=working");
	way_change(&way, "status=new;company=Old");
	way_change(&way, "status=lost");
	assert_int_equal(way_delivery(&way, "contacts").earlier, 2);
	assert_string_equal(tell_all(&way, "status"), "new,working,new,lost");
	assert_int_equal(way_delivery(&way, "contacts").state, DELIVERY_AT_REST);
	assert_int_equal(way_delivery(&way, "contacts").earlier, 0);
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 0);
}

static void other_fields_keep_no_values(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "status=new;company=A");
	way_change(&way, "company=B;custom.off=1");
	way_change(&way, "company=C;custom.off=2");
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 0);
	assert_int_equal(way_claim(&way), 1);
	assert_null(way.claims[0].earlier);
	assert_string_equal(lead_value(&way.claims[0].lead, "company").text, "C");
}

static void what_was_told_is_not_kept(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "status=new");
	assert_string_equal(tell_all(&way, "status"), "new");
	way_change(&way, "status=working");
	assert_int_equal(way_delivery(&way, "contacts").earlier, 0);
	assert_string_equal(tell_all(&way, "status"), "working");
}

/* What belongs together is told together: the reason of a status is not told a status too
 * early. */
static void fields_of_one_thing_are_told_as_they_were(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "status=working;company=A");
	way_change(&way, "status=lost;disqualify_reason=budget;company=B");
	assert_int_equal(way_claim(&way), 1);
	assert_non_null(way.claims[0].earlier);
	assert_int_equal(way.claims[0].earlier->version, 2);
	assert_int_equal(way.claims[0].earlier->nfields, 1);
	assert_string_equal(way.claims[0].earlier->fields[0].name, "status");
	assert_int_equal(way.claims[0].earlier->fields[0].writer, WRITER_PERSON);
}

/* Claimed with one value, loaded when the lead has another: the first is told first. */
static void value_that_goes_while_it_is_sent_is_told_all_the_same(struct box *box)
{
	struct way way;
	struct claim sent;
	struct view *view;

	begin(&way, box);
	way_change(&way, "status=new");
	assert_int_equal(way_claim(&way), 1);
	sent = way.claims[0];
	way_change(&way, "status=working");
	/* The same claim, whose worker was slow to read the lead. */
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(claim_renew(view, &sent, &box->err), 0);
	view_close(view);
	assert_non_null(sent.earlier);
	assert_int_equal(sent.earlier->version, 2);
	assert_int_equal(sent.lead.version, 3);
	way_told(&way, &sent, 2, "r1");
	assert_string_equal(tell_all(&way, "status"), "working");
}

static void lost_answer_leaves_all_of_them(struct box *box)
{
	struct way way;
	struct settlement lost;

	begin(&way, box);
	way_change(&way, "status=new");
	way_change(&way, "status=working");
	assert_int_equal(way_claim(&way), 1);
	lost = (struct settlement){ .delivery = &way.claims[0].delivery, .state = DELIVERY_DUE,
				    .is_uncertain = true, .outcome = "uncertain" };
	way_settle(&way, &lost);
	way_change(&way, "status=lost");
	assert_string_equal(tell_all(&way, "status"), "new,working,lost");
}

static void die(struct way *way, const char *field)
{
	struct settlement s;

	assert_int_equal(way_claim(way), 1);
	s = (struct settlement){ .delivery = &way->claims[0].delivery, .state = DELIVERY_DEAD,
				 .code = "fix_data", .field = field, .outcome = "fix_data" };
	way_settle(way, &s);
}

/* Else nothing could follow what the CRM does not take. */
static void refused_value_gives_way_to_the_one_that_mends_it(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "status=nonsense");
	way_change(&way, "status=working");
	die(&way, "Status");
	way_change(&way, "status=lost");
	assert_string_equal(tell_all(&way, "status"), "working,lost");
	way_change(&way, "status=nonsense");
	die(&way, "Status");
	way_change(&way, "status=new");
	assert_string_equal(tell_all(&way, "status"), "new");
}

static void mending_another_field_loses_no_value(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "status=new;company=too long");
	die(&way, "Company");
	way_change(&way, "status=working;company=short");
	assert_string_equal(tell_all(&way, "status"), "new,working");
}

struct act {
	int64_t id;
};

static int run_discard(struct tx *tx, void *context, struct error *err)
{
	static const struct actor somebody = { .workspace = 1, .kind = ACTOR_TOKEN, .id = 3 };

	return delivery_discard(tx, &somebody, ((struct act *)context)->id, "enough", err);
}

static void discard(struct way *way)
{
	struct act act = { way_delivery(way, "contacts").id };

	if (box_do(way->box, run_discard, &act) < 0)
		fail_msg("%s", way->box->err.message);
}

static void what_is_discarded_is_told_no_more(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "status=new");
	way_change(&way, "status=working");
	die(&way, "Company");
	discard(&way);
	/* That write alone: the next value is told. */
	assert_int_equal(way_delivery(&way, "contacts").state, DELIVERY_DUE);
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 0);
	die(&way, "Company");
	discard(&way);
	assert_int_equal(way_delivery(&way, "contacts").state, DELIVERY_AT_REST);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'queue.dead'"),
			 0);
	way_change(&way, "status=lost");
	assert_string_equal(tell_all(&way, "status"), "lost");
}

static void what_was_deleted_there_hears_no_old_values_when_it_is_made_again(struct box *box)
{
	struct way way;
	struct settlement gone;

	begin(&way, box);
	way_change(&way, "status=new");
	way_change(&way, "status=working");
	assert_int_equal(way_claim(&way), 1);
	gone = (struct settlement){ .delivery = &way.claims[0].delivery,
				    .state = DELIVERY_AT_REST, .code = "gone",
				    .outcome = "gone" };
	way_settle(&way, &gone);
	way_change(&way, "status=lost");
	way_change(&way, "status=new");
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 0);
	assert_int_equal(way_delivery(&way, "contacts").earlier, 0);
}

static const struct box_case cases[] = {
	BOX_CASE(values_are_told_each_and_in_order),
	BOX_CASE(other_fields_keep_no_values),
	BOX_CASE(what_was_told_is_not_kept),
	BOX_CASE(fields_of_one_thing_are_told_as_they_were),
	BOX_CASE(value_that_goes_while_it_is_sent_is_told_all_the_same),
	BOX_CASE(lost_answer_leaves_all_of_them),
	BOX_CASE(refused_value_gives_way_to_the_one_that_mends_it),
	BOX_CASE(mending_another_field_loses_no_value),
	BOX_CASE(what_is_discarded_is_told_no_more),
	BOX_CASE(what_was_deleted_there_hears_no_old_values_when_it_is_made_again),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
