/* facts_test.c - what happened to a lead is told once each, in order, as records of their
 * own. */
#include "store/way.h"

#include <string.h>

#include "store/leads.h"

static struct mapping_field lines[] = { { .from = "email", .to = "Email" } };
static struct mapping_field note_lines[] = { { .from = "activity.text", .to = "Body" } };
static struct mapping mappings[] = {
	{ .id = 2, .name = "notes", .connection = "crm", .object = "n", .fields = note_lines,
	  .nfields = 1, .depends_on = "contacts",
	  .activities = 1u << FACT_STATUS | 1u << FACT_ENQUIRY },
	{ .id = 1, .name = "contacts", .connection = "crm", .object = "c", .fields = lines,
	  .nfields = 1 },
};

static const struct actor somebody = { .workspace = 1, .kind = ACTOR_TOKEN, .id = 3 };

static void begin(struct way *way, struct box *box)
{
	way_open(way, box, mappings, ARRAY_LEN(mappings));
}

static void tell_contact(struct way *way)
{
	assert_int_equal(way_claim(way), 1);
	way_told(way, way_claimed(way, "contacts"), way->lead.version, "c1");
}

static const char *text_of(const struct claim *claim)
{
	assert_non_null(claim->earlier);
	for (size_t i = 0; i < claim->earlier->nfields; i++)
		if (strcmp(claim->earlier->fields[i].name, "activity.text") == 0)
			return claim->earlier->fields[i].value.text;
	fail_msg("the fact says nothing");
	return NULL;
}

/* Tells all facts that are due: "first,second". */
static const char *tell_facts(struct way *way)
{
	struct buf heard;
	char id[16];
	int n = 0;

	buf_init(&heard, way->box->arena, 4096);
	while (way_claim(way) == 1) {
		struct claim *claim = way_claimed(way, "notes");

		buf_addf(&heard, heard.len ? ",%s" : "%s", text_of(claim));
		snprintf(id, sizeof(id), "n%d", ++n);
		way_told(way, claim, claim->earlier->version, id);
	}
	return buf_text(&heard);
}

static void facts_wait_for_the_contact_and_are_told_each(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_happens(&way, FACT_ENQUIRY, "asks");
	way_happens(&way, FACT_STATUS, "new");
	way_happens(&way, FACT_CONSENT, "not of this mapping");
	assert_int_equal(way_delivery(&way, "notes").state, DELIVERY_WAITING);
	tell_contact(&way);
	assert_string_equal(tell_facts(&way), "asks,new");
	assert_int_equal(way_delivery(&way, "notes").state, DELIVERY_AT_REST);
	way_happens(&way, FACT_STATUS, "working");
	assert_string_equal(tell_facts(&way), "working");
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 0);
}

static void leads_without_facts_cost_nothing(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_change(&way, "email=new@x.org");
	way_happens(&way, FACT_CONSENT, "not of this mapping");
	assert_int_equal(box_number(box, "SELECT count(*) FROM delivery"), 1);
	tell_contact(&way);
	way_happens(&way, FACT_STATUS, "new");
	assert_string_equal(tell_facts(&way), "new");
	/* A change of the lead is no fact. */
	way_change(&way, "email=newer@x.org");
	assert_int_equal(way_delivery(&way, "notes").state, DELIVERY_AT_REST);
}

static void lost_answer_is_about_the_same_fact(struct box *box)
{
	struct way way;
	struct settlement lost;
	int64_t version;

	begin(&way, box);
	way_happens(&way, FACT_STATUS, "new");
	tell_contact(&way);
	assert_int_equal(way_claim(&way), 1);
	version = way.claims[0].earlier->version;
	way_happens(&way, FACT_STATUS, "working");
	lost = (struct settlement){ .delivery = &way.claims[0].delivery, .state = DELIVERY_DUE,
				    .is_uncertain = true, .outcome = "uncertain" };
	way_settle(&way, &lost);
	assert_int_equal(way_claim(&way), 1);
	assert_true(way.claims[0].delivery.is_uncertain);
	assert_int_equal(way.claims[0].earlier->version, version);
	way_told(&way, &way.claims[0], version, "n1");
	assert_string_equal(tell_facts(&way), "working");
}

static int run_discard(struct tx *tx, void *context, struct error *err)
{
	return delivery_discard(tx, &somebody, *(int64_t *)context, "enough", err);
}

static void discarded_fact_leaves_those_behind_it(struct box *box)
{
	struct way way;
	struct settlement dead;
	int64_t id;

	begin(&way, box);
	way_happens(&way, FACT_STATUS, "nonsense");
	way_happens(&way, FACT_STATUS, "working");
	tell_contact(&way);
	assert_int_equal(way_claim(&way), 1);
	dead = (struct settlement){ .delivery = &way.claims[0].delivery, .state = DELIVERY_DEAD,
				    .code = "fix_data", .outcome = "fix_data" };
	way_settle(&way, &dead);
	id = way.claims[0].delivery.id;
	assert_int_equal(box_do(box, run_discard, &id), 0);
	assert_string_equal(tell_facts(&way), "working");
}

static int run_point(struct tx *tx, void *context, struct error *err)
{
	return delivery_point(tx, &somebody, *(int64_t *)context, "n7", err);
}

static void fact_that_a_person_found_is_not_told_again(struct box *box)
{
	struct way way;
	struct settlement parked;
	int64_t id;

	begin(&way, box);
	way_happens(&way, FACT_STATUS, "new");
	way_happens(&way, FACT_STATUS, "working");
	tell_contact(&way);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(way_claim(&way), 1);
		parked = (struct settlement){ .delivery = &way.claims[0].delivery,
					      .state = DELIVERY_PARKED, .code = "uncertain",
					      .is_uncertain = true, .outcome = "uncertain" };
		way_settle(&way, &parked);
		id = way.claims[0].delivery.id;
		assert_int_equal(box_do(box, run_point, &id), 0);
	}
	assert_int_equal(way_delivery(&way, "notes").state, DELIVERY_AT_REST);
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 0);
}

/* A mapping that tells the lead instead begins with it as it is. */
static void mapping_may_stop_telling_facts(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_happens(&way, FACT_STATUS, "new");
	tell_contact(&way);
	mappings[0].activities = 0;
	way_change(&way, "email=new@x.org");
	mappings[0].activities = 1u << FACT_STATUS | 1u << FACT_ENQUIRY;
	assert_int_equal(way_delivery(&way, "notes").wanted, way.lead.version);
	assert_int_equal(way_claim(&way), 2);
	assert_null(way_claimed(&way, "notes")->earlier);
}

/* The contact does not come, and comes after all. */
static void facts_outlast_an_absent_contact(struct box *box)
{
	struct way way;
	struct settlement s;

	begin(&way, box);
	way_happens(&way, FACT_STATUS, "new");
	assert_int_equal(way_claim(&way), 1);
	s = (struct settlement){ .delivery = &way.claims[0].delivery, .state = DELIVERY_AT_REST,
				 .code = "update_only", .told = 1 };
	way_settle(&way, &s);
	assert_int_equal(way_claim(&way), 1);
	s = (struct settlement){ .delivery = &way_claimed(&way, "notes")->delivery,
				 .state = DELIVERY_AT_REST, .code = "parent_absent" };
	way_settle(&way, &s);
	way_happens(&way, FACT_STATUS, "working");
	assert_int_equal(way_claim(&way), 0);
	way_change(&way, "email=new@x.org");
	tell_contact(&way);
	assert_string_equal(tell_facts(&way), "new,working");
}

/* Another node's clock was ahead when it wrote the last one. */
static void later_fact_is_told_later_whatever_the_clocks_say(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_happens(&way, FACT_STATUS, "new");
	box_close(box);
	box_meddle(box, "UPDATE earlier_value SET version = 4611686018427387904");
	box_meddle(box, "UPDATE delivery SET earlier = 4611686018427387904, "
			"wanted = 4611686018427387904 WHERE role = 'notes'");
	box_open(box, NULL);
	way_happens(&way, FACT_STATUS, "working");
	tell_contact(&way);
	assert_string_equal(tell_facts(&way), "new,working");
}

static const char other_lead[] =
	"INSERT INTO lead (id, workspace, version, created_at, updated_at, merged_into, "
	"owner_rep, is_test, doc) VALUES (102, 1, 1, 2, 2, 0, 0, 0, "
	"'{\"f\":{\"email\":[\"young@x.org\",\"source\",1,2,2]},\"k\":[]}')";

struct merge_act {
	struct way *way;
	int64_t merge;
};

static int run_merge(struct tx *tx, void *context, struct error *err)
{
	struct merge_act *act = context;

	return lead_merge(tx, &somebody, &act->way->config, WAY_LEAD, 102, &act->merge, err);
}

static int run_unmerge(struct tx *tx, void *context, struct error *err)
{
	struct merge_act *act = context;

	return lead_unmerge(tx, &somebody, &act->way->config, act->merge, err);
}

static int run_other_happens(struct tx *tx, void *context, struct error *err)
{
	const struct way *way = context;
	const struct fact fact = { .kind = FACT_STATUS, .at = 1, .text = "theirs" };
	const struct want want = { .is_new_lead = true, .facts = &fact, .nfacts = 1 };
	struct lead lead = way->lead;

	lead.id = 102;
	lead.version = 1;
	return delivery_want(tx, &somebody, &way->config, &lead, &want, err);
}

static void facts_of_two_leads_that_are_one_are_all_told(struct box *box)
{
	struct way way;
	struct merge_act act = { &way, 0 };

	begin(&way, box);
	box_close(box);
	box_meddle(box, other_lead);
	box_open(box, NULL);
	tell_contact(&way);
	way_happens(&way, FACT_STATUS, "ours");
	assert_int_equal(box_do(box, run_other_happens, &way), 0);
	if (box_do(box, run_merge, &act) < 0)
		fail_msg("%s", box->err.message);
	way.lead.version = box_number(box, "SELECT version FROM lead WHERE id = 101");
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 2);
	assert_int_equal(way_claim(&way), 2);
	way_told(&way, way_claimed(&way, "contacts"), way.lead.version, "c1");
	way_told(&way, way_claimed(&way, "notes"), way_claimed(&way, "notes")->earlier->version,
		 "n0");
	assert_string_equal(tell_facts(&way), "theirs");
	if (box_do(box, run_unmerge, &act) < 0)
		fail_msg("%s", box->err.message);
}

static int run_erase(struct tx *tx, void *context, struct error *err)
{
	(void)context;
	return lead_erase(tx, &somebody, WAY_LEAD, err);
}

static void erasing_forgets_facts(struct box *box)
{
	struct way way;

	begin(&way, box);
	way_happens(&way, FACT_STATUS, "new");
	if (box_do(box, run_erase, NULL) < 0)
		fail_msg("%s", box->err.message);
	assert_int_equal(box_number(box, "SELECT count(*) FROM earlier_value"), 0);
}

static const struct box_case cases[] = {
	BOX_CASE(facts_wait_for_the_contact_and_are_told_each),
	BOX_CASE(leads_without_facts_cost_nothing),
	BOX_CASE(lost_answer_is_about_the_same_fact),
	BOX_CASE(discarded_fact_leaves_those_behind_it),
	BOX_CASE(fact_that_a_person_found_is_not_told_again),
	BOX_CASE(mapping_may_stop_telling_facts),
	BOX_CASE(facts_outlast_an_absent_contact),
	BOX_CASE(later_fact_is_told_later_whatever_the_clocks_say),
	BOX_CASE(facts_of_two_leads_that_are_one_are_all_told),
	BOX_CASE(erasing_forgets_facts),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
