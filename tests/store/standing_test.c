/* standing_test.c - the counts of the queue, as one lead goes its way. */
#include "store/way.h"

#include "base/attributes.h"
#include "store/standing.h"
#include "store/syncs.h"

static struct mapping mappings[] = {
	{ .id = 911, .version = 1, .name = "contacts", .connection = "crm",
	  .object = "contacts" },
	{ .id = 912, .version = 1, .name = "deals", .connection = "crm", .object = "deals" },
};

/* way.h's lead is wanted, but was not counted as received. */
static void open_way(struct way *way, struct box *box)
{
	way_open(way, box, mappings, ARRAY_LEN(mappings));
}

static void counts_are(struct way *way, int64_t at_rest, int64_t pending, int64_t dead)
{
	struct view *view = view_open(way->box->store, way->box->arena, &way->box->err);
	struct queue_counts counts;

	assert_int_equal(queue_counts(view, 1, &counts, &way->box->err), 0);
	view_close(view);
	assert_int_equal(counts.at_rest, at_rest);
	assert_int_equal(counts.pending, pending);
	assert_int_equal(counts.dead, dead);
}

static void tell_all(struct way *way)
{
	int count = way_claim(way);

	for (int i = 0; i < count; i++)
		way_told(way, &way->claims[i], way->lead.version, i == 0 ? "51" : "61");
}

static void what_is_edited_is_pending_until_it_is_told(struct box *box)
{
	struct way way;

	open_way(&way, box);
	counts_are(&way, 0, 1, 0);
	tell_all(&way);
	counts_are(&way, 1, 0, 0);
	way_change(&way, "company=Engines");
	counts_are(&way, 0, 1, 0);
	way_change(&way, "company=Analytical Engines");
	counts_are(&way, 0, 1, 0);
	tell_all(&way);
	counts_are(&way, 1, 0, 0);
}

static void one_of_two_is_enough_and_a_dead_one_counts_as_dead(struct box *box)
{
	struct settlement dead = { .state = DELIVERY_DEAD, .code = "fix_data" };
	struct way way;

	open_way(&way, box);
	tell_all(&way);
	way_change(&way, "company=Engines");
	assert_int_equal(way_claim(&way), 2);
	way_told(&way, way_claimed(&way, "contacts"), way.lead.version, "51");
	counts_are(&way, 0, 1, 0);
	dead.delivery = &way_claimed(&way, "deals")->delivery;
	way_settle(&way, &dead);
	counts_are(&way, 0, 0, 1);
	way_change(&way, "company=Analytical Engines");
	counts_are(&way, 0, 1, 0);
	tell_all(&way);
	counts_are(&way, 1, 0, 0);
}

static int run_sync(struct tx *tx, void *context, struct error *err)
{
	const struct way *way = context;
	const struct actor actor = { .workspace = 1 };
	int more;

	if (sync_run(tx, &actor, mappings[0].id, err) < 0)
		return -1;
	do {
		more = sync_run_step(tx, &actor, &way->config, &mappings[0], 10, err);
	} while (more == 1);
	return more;
}

static void what_a_run_makes_due_is_pending(struct box *box)
{
	struct way way;

	open_way(&way, box);
	tell_all(&way);
	box_meddle(box, "UPDATE delivery SET told = 0, code = 'create_only' WHERE mapping = 911");
	counts_are(&way, 1, 0, 0);
	assert_int_equal(box_do(box, run_sync, &way), 0);
	counts_are(&way, 0, 1, 0);
	tell_all(&way);
	counts_are(&way, 1, 0, 0);
}

static const struct box_case cases[] = {
	BOX_CASE(what_is_edited_is_pending_until_it_is_told),
	BOX_CASE(one_of_two_is_enough_and_a_dead_one_counts_as_dead),
	BOX_CASE(what_a_run_makes_due_is_pending),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
