/* chain_test.c - contact, then deal, then note: what waits for another's record, and for how
 * long. */
#include "store/way.h"

#include <string.h>

#include "store/leads.h"

static struct mapping_field lines[] = { { .from = "email", .to = "Email" } };
/* The children first: the order of a file does not count. */
static struct mapping chain[] = {
	{ .id = 3, .name = "notes", .connection = "crm", .object = "n", .fields = lines,
	  .nfields = 1, .depends_on = "deals" },
	{ .id = 2, .name = "deals", .connection = "crm", .object = "d", .fields = lines,
	  .nfields = 1, .depends_on = "contacts" },
	{ .id = 1, .name = "contacts", .connection = "crm", .object = "c", .fields = lines,
	  .nfields = 1 },
};

static const struct actor somebody = { .workspace = 1, .kind = ACTOR_TOKEN, .id = 3 };

static void begin(struct way *way, struct box *box)
{
	way_open(way, box, chain, ARRAY_LEN(chain));
}

static void claim_only(struct way *way, const char *mapping)
{
	assert_int_equal(way_claim(way), 1);
	assert_string_equal(way->claims[0].delivery.role, mapping);
}

static void tell(struct way *way, const char *mapping, const char *remote_id)
{
	claim_only(way, mapping);
	way_told(way, &way->claims[0], way->lead.version, remote_id);
}

static void end(struct way *way, const char *mapping, enum delivery_state state,
		const char *code)
{
	struct settlement s;

	claim_only(way, mapping);
	s = (struct settlement){ .delivery = &way->claims[0].delivery, .state = state,
				 .code = code, .reason = "why", .outcome = "fix_data" };
	way_settle(way, &s);
}

static void each_waits_for_the_record_before_it(struct box *box)
{
	struct way way;

	begin(&way, box);
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_WAITING);
	assert_int_equal(way_delivery(&way, "notes").state, DELIVERY_WAITING);
	assert_int_equal(way_delivery(&way, "deals").depends_on,
			 way_delivery(&way, "contacts").id);
	tell(&way, "contacts", "c1");
	claim_only(&way, "deals");
	assert_string_equal(way.claims[0].parent->remote_id, "c1");
	way_told(&way, &way.claims[0], 1, "d1");
	claim_only(&way, "notes");
	assert_string_equal(way.claims[0].parent->remote_id, "d1");
	/* It may name all that the lead has there. */
	assert_int_equal(way.claims[0].nlinks, 2);
	assert_string_equal(way.claims[0].links[0].role, "contacts");
	way_told(&way, &way.claims[0], 1, "n1");
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE "
					 "name = 'queue.pending'"), 0);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE "
					 "name = 'queue.at_rest'"), 1);
}

static void what_is_there_waits_for_nobody(struct box *box)
{
	struct way way;

	begin(&way, box);
	tell(&way, "contacts", "c1");
	tell(&way, "deals", "d1");
	tell(&way, "notes", "n1");
	way_change(&way, "email=new@x.org");
	assert_int_equal(way_claim(&way), 3);
}

/* The contact is there, and has already more to say: the deal goes all the same. */
static void record_counts_not_rest(struct box *box)
{
	struct way way;

	begin(&way, box);
	claim_only(&way, "contacts");
	way_change(&way, "email=new@x.org");
	way_told(&way, &way.claims[0], 1, "c1");
	assert_int_equal(way_delivery(&way, "contacts").state, DELIVERY_DUE);
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_DUE);
}

static int run_retry(struct tx *tx, void *context, struct error *err)
{
	return delivery_retry(tx, &somebody, *(int64_t *)context, NULL, false, err);
}

static int run_discard(struct tx *tx, void *context, struct error *err)
{
	return delivery_discard(tx, &somebody, *(int64_t *)context, "enough", err);
}

static void who_waits_for_a_dead_letter_is_told_why(struct box *box)
{
	struct way way;
	struct delivery d;
	int64_t id;

	begin(&way, box);
	end(&way, "contacts", DELIVERY_DEAD, "fix_data");
	for (size_t i = 0; i < 2; i++) {
		d = way_delivery(&way, i ? "notes" : "deals");
		assert_int_equal(d.state, DELIVERY_WAITING);
		assert_string_equal(d.code, "parent_dead");
		assert_string_equal(d.reason, "waits for the record of \"contacts\": it is a "
					      "dead letter: why");
		assert_string_equal(d.instruction, "mend the delivery of \"contacts\"; this one "
						   "follows by itself");
	}
	assert_int_equal(way_claim(&way), 0);
	id = way_delivery(&way, "contacts").id;
	assert_int_equal(box_do(box, run_retry, &id), 0);
	assert_string_equal(way_delivery(&way, "deals").reason,
			    "waits for the record of \"contacts\": it is on its way");
	tell(&way, "contacts", "c1");
	tell(&way, "deals", "d1");
	tell(&way, "notes", "n1");
}

static void change_that_mends_the_first_releases_it(struct box *box)
{
	struct way way;

	begin(&way, box);
	end(&way, "contacts", DELIVERY_DEAD, "fix_data");
	way_change(&way, "email=good@x.org");
	tell(&way, "contacts", "c1");
	tell(&way, "deals", "d1");
}

/* Settles as the worker does for a record whose parent is not there. */
static void give_up(struct way *way, const char *mapping)
{
	struct settlement s;

	claim_only(way, mapping);
	assert_null(way->claims[0].parent);
	assert_true(way->claims[0].is_parent_at_rest);
	s = (struct settlement){ .delivery = &way->claims[0].delivery,
				 .state = DELIVERY_AT_REST, .code = "parent_absent",
				 .told = way->lead.version };
	way_settle(way, &s);
}

static void discarding_the_first_ends_the_others_until_it_is_there(struct box *box)
{
	struct way way;
	int64_t id;

	begin(&way, box);
	end(&way, "contacts", DELIVERY_DEAD, "fix_data");
	id = way_delivery(&way, "contacts").id;
	assert_int_equal(box_do(box, run_discard, &id), 0);
	give_up(&way, "deals");
	give_up(&way, "notes");
	assert_int_equal(way_claim(&way), 0);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE "
					 "name = 'queue.at_rest'"), 1);
	/* A later change makes the contact, and with it the rest. */
	way_change(&way, "email=good@x.org");
	tell(&way, "contacts", "c1");
	tell(&way, "deals", "d1");
	tell(&way, "notes", "n1");
}

/* The worker saw no record; until it says so the record has come. */
static void record_that_comes_meanwhile_is_not_missed(struct box *box)
{
	struct way way;
	struct settlement s;
	struct claim deal;

	begin(&way, box);
	/* As after a mapping learned to depend: the delivery itself does not know yet. */
	box_close(box);
	box_meddle(box, "UPDATE delivery SET depends_on = 0, state = 0 WHERE role = 'deals'");
	box_open(box, NULL);
	assert_int_equal(way_claim(&way), 2);
	deal = *way_claimed(&way, "deals");
	way_told(&way, way_claimed(&way, "contacts"), 1, "c1");
	s = (struct settlement){ .delivery = &deal.delivery, .state = DELIVERY_WAITING,
				 .parent = "contacts" };
	way_settle(&way, &s);
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_DUE);
	tell(&way, "deals", "d1");
}

static void delivery_learns_whom_it_waits_for(struct box *box)
{
	struct way way;
	struct settlement s;

	begin(&way, box);
	box_close(box);
	box_meddle(box, "UPDATE delivery SET depends_on = 0, state = 0 WHERE role = 'deals'");
	box_open(box, NULL);
	assert_int_equal(way_claim(&way), 2);
	s = (struct settlement){ .delivery = &way_claimed(&way, "deals")->delivery,
				 .state = DELIVERY_WAITING, .parent = "contacts" };
	way_settle(&way, &s);
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_WAITING);
	way_told(&way, way_claimed(&way, "contacts"), 1, "c1");
	tell(&way, "deals", "d1");
}

static void record_that_was_deleted_there_is_waited_for_again(struct box *box)
{
	struct way way;
	struct settlement gone;

	begin(&way, box);
	tell(&way, "contacts", "c1");
	end(&way, "deals", DELIVERY_DEAD, "fix_data");
	way_change(&way, "email=new@x.org");
	assert_int_equal(way_claim(&way), 2);
	gone = (struct settlement){ .delivery = &way_claimed(&way, "contacts")->delivery,
				    .state = DELIVERY_AT_REST, .code = "gone",
				    .link_object = "c", .link_id = "c1", .link_state = "gone",
				    .outcome = "gone" };
	way_settle(&way, &gone);
	gone = (struct settlement){ .delivery = &way_claimed(&way, "deals")->delivery,
				    .state = DELIVERY_DEAD, .code = "fix_data",
				    .outcome = "fix_data" };
	way_settle(&way, &gone);
	/* Its contact rests for good, until the lead asks again. */
	way_change(&way, "email=newer@x.org");
	assert_int_equal(way_claim(&way), 0);
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_AT_REST);
	assert_string_equal(way_delivery(&way, "deals").code, "parent_absent");
}

static void a_paused_first_is_waited_for(struct box *box)
{
	struct way way;

	begin(&way, box);
	box_close(box);
	box_meddle(box, "DELETE FROM delivery");
	box_open(box, NULL);
	way.config.syncs[2].is_paused = true;
	way_change(&way, "email=new@x.org");
	assert_int_equal(way_delivery(&way, "contacts").state, DELIVERY_DUE);
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_WAITING);
}

static void a_first_that_does_nothing_is_no_first(struct box *box)
{
	struct way way;

	begin(&way, box);
	box_close(box);
	box_meddle(box, "DELETE FROM delivery");
	box_open(box, NULL);
	way.config.syncs[2].behaviour = BEHAVIOUR_NONE;
	way_change(&way, "email=new@x.org");
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_AT_REST);
	assert_string_equal(way_delivery(&way, "deals").code, "parent_absent");
	way.config.syncs[2].behaviour = BEHAVIOUR_CAPTURE;
	way_change(&way, "email=newer@x.org");
	assert_int_equal(way_delivery(&way, "deals").state, DELIVERY_WAITING);
	tell(&way, "contacts", "c1");
	tell(&way, "deals", "d1");
	tell(&way, "notes", "n1");
}

static int run_erase(struct tx *tx, void *context, struct error *err)
{
	(void)context;
	return lead_erase(tx, &somebody, WAY_LEAD, err);
}

static void erasing_lets_nothing_wait(struct box *box)
{
	struct way way;

	begin(&way, box);
	tell(&way, "contacts", "c1");
	if (box_do(box, run_erase, NULL) < 0)
		fail_msg("%s", box->err.message);
	assert_int_equal(way_claim(&way), 0);
	assert_int_equal(way_delivery(&way, "notes").state, DELIVERY_AT_REST);
	assert_string_equal(way_delivery(&way, "notes").code, "erased");
}

static const struct box_case cases[] = {
	BOX_CASE(each_waits_for_the_record_before_it),
	BOX_CASE(what_is_there_waits_for_nobody),
	BOX_CASE(record_counts_not_rest),
	BOX_CASE(who_waits_for_a_dead_letter_is_told_why),
	BOX_CASE(change_that_mends_the_first_releases_it),
	BOX_CASE(discarding_the_first_ends_the_others_until_it_is_there),
	BOX_CASE(record_that_comes_meanwhile_is_not_missed),
	BOX_CASE(delivery_learns_whom_it_waits_for),
	BOX_CASE(record_that_was_deleted_there_is_waited_for_again),
	BOX_CASE(a_paused_first_is_waited_for),
	BOX_CASE(a_first_that_does_nothing_is_no_first),
	BOX_CASE(erasing_lets_nothing_wait),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
