/* apply_plan_test.c - plans that may be applied (src/store/plans.c; plans_test.c is about a
 * database's own plans). */
#include "store/full.h"

#include <string.h>

#include "store/audit.h"
#include "store/deliveries.h"
#include "store/plans.h"

static const struct actor home = { .workspace = 1, .kind = ACTOR_TOKEN, .id = FULL_TOKEN };

/* The delivery that full.h's lead has is of this mapping; its version is the plan's. */
static struct sync sync_item = { .mapping = "contacts", .mode = SYNC_MANUAL };
static struct mapping mapping_item = { .id = FULL_MAPPING, .version = 4, .name = "contacts",
				       .connection = "crm", .object = "contacts" };
static struct connection connection_item = { .id = FULL_CONNECTION, .name = "crm" };
static const struct config config = { .workspace = 1, .syncs = &sync_item, .nsyncs = 1,
				      .mappings = &mapping_item, .nmappings = 1,
				      .connections = &connection_item, .nconnections = 1 };

struct planning {
	struct kept_plan plan;
	struct kept_plan_lead leads[3];
};

static int add_run(struct tx *tx, void *context, struct error *err)
{
	struct kept_plan *plan = context;

	return plan_add(tx, &home, plan, &plan->id, err);
}

static int apply_run(struct tx *tx, void *context, struct error *err)
{
	const int64_t *id = context;

	return plan_apply(tx, &home, &config, *id, err);
}

/* A plan for FULL_LEAD at `version`, and for others. */
static int64_t plan_of(struct box *box, int64_t version, const struct kept_plan_lead *more,
		       size_t nmore)
{
	struct planning p = { .leads = { { FULL_LEAD, version, true, "aa" } } };

	p.plan = (struct kept_plan){ .mapping = FULL_MAPPING, .mapping_version = 4,
				     .schema = "beef", .leads = p.leads, .nleads = 1 + nmore };
	for (size_t i = 0; i < nmore; i++)
		p.leads[1 + i] = more[i];
	assert_int_equal(box_do(box, add_run, &p.plan), 0);
	return p.plan.id;
}

static void what_was_kept_is_found(struct box *box)
{
	const struct kept_plan_lead more = { FULL_NEIGHBOUR, 1, false, "\"quoted\"" };
	struct kept_plan plan;
	struct view *view;
	int64_t id;

	full_open(box);
	id = plan_of(box, 3, &more, 1);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(plan_find(view, &home, id, &plan, &box->err), 1);
	view_close(view);
	assert_int_equal(plan.mapping, FULL_MAPPING);
	assert_int_equal(plan.mapping_version, 4);
	assert_string_equal(plan.schema, "beef");
	assert_int_equal(plan.applied_at, 0);
	assert_int_equal(plan.nleads, 2);
	assert_int_equal(plan.leads[0].version, 3);
	assert_true(plan.leads[0].is_written);
	assert_string_equal(plan.leads[1].ground, "\"quoted\"");
	assert_false(plan.leads[1].is_written);
}

static void applying_makes_due_and_forgets_what_was_seen(struct box *box)
{
	int64_t id, count;

	full_open(box);
	id = plan_of(box, 3, NULL, 0);
	assert_int_equal(box_do(box, apply_run, &id), 1);
	assert_int_equal(box_do(box, apply_run, &id), -1);
	assert_int_equal(box->err.code, ERR_CONFLICT);
	assert_string_equal(box->err.message, "this plan was applied before");
	box_close(box);
	count = box_number(box, "SELECT count(*) FROM delivery WHERE id = 401 AND state = 0 "
				"AND seen_doc IS NULL AND told_doc IS NOT NULL AND code IS NULL "
				"AND wanted = 3");
	assert_int_equal(count, 1);
	/* What was dead is pending. */
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'queue.dead' "
					 "AND workspace = 1"), 0);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = "
					 "'queue.pending' AND workspace = 1"), 1);
	/* Nobody is told of it any more. */
	assert_int_equal(box_number(box, "SELECT count(*) FROM alert WHERE cause = "
					 "'dead-501-fix_data' AND state = 'closed' "
					 "AND count = 0"), 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM audit WHERE action IN "
					 "('plan.made', 'plan.applied', 'delivery.planned')"), 3);
}

static void refused(struct box *box, int64_t id, const char *why)
{
	assert_int_equal(box_do(box, apply_run, &id), -1);
	assert_int_equal(box->err.code, ERR_CONFLICT);
	if (!strstr(box->err.message, why))
		fail_msg("\"%s\" does not say \"%s\"", box->err.message, why);
}

static void all_of_it_or_nothing(struct box *box)
{
	const struct kept_plan_lead stale = { FULL_NEIGHBOUR, 9, true, "bb" };
	const struct kept_plan_lead claimed = { FULL_NEIGHBOUR, 1, true, "bb" };
	const struct kept_plan_lead gone = { FULL_MERGED, 1, true, "bb" };

	full_open(box);
	refused(box, plan_of(box, 3, &stale, 1), "has changed since");
	refused(box, plan_of(box, 3, &gone, 1), "has changed since");
	refused(box, plan_of(box, 3, &claimed, 1), "is on its way already");
	refused(box, plan_of(box, 2, NULL, 0), "has changed since");
	box_close(box);
	assert_int_equal(box_number(box, "SELECT count(*) FROM delivery WHERE id = 401 "
					 "AND state = 4 AND seen_doc IS NOT NULL"), 1);
	assert_int_equal(box_number(box, "SELECT count FROM alert WHERE state = 'waiting'"), 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM plan WHERE applied_at IS NOT "
					 "NULL"), 0);
	assert_int_equal(box_number(box, "SELECT count(*) FROM audit WHERE action IN "
					 "('plan.applied', 'delivery.planned')"), 0);
}

static size_t behind(struct box *box, int64_t *first)
{
	struct view *view = view_open(box->store, box->arena, &box->err);
	int64_t *leads;
	size_t count;

	assert_int_equal(plan_leads_behind(view, &home, &connection_item, &mapping_item, 9,
					   &leads, &count, &box->err),
			 0);
	view_close(view);
	*first = count ? leads[0] : 0;
	return count;
}

static void those_behind_are_found_newest_first(struct box *box)
{
	int64_t first;

	/* A dead letter needs a person; its neighbour is being sent; one was merged away. */
	full_open(box);
	assert_int_equal(behind(box, &first), 1);
	assert_int_equal(first, FULL_NEIGHBOUR);
	box_close(box);
	box_meddle(box, "UPDATE delivery SET state = 5; UPDATE delivery SET told = 1 "
			"WHERE id = 402");
	box_open(box, NULL);
	assert_int_equal(behind(box, &first), 1); /* told version 2 of 3 */
	assert_int_equal(first, FULL_LEAD);
	box_close(box);
	box_meddle(box, "DELETE FROM delivery");
	box_open(box, NULL);
	assert_int_equal(behind(box, &first), 2);
	assert_int_equal(first, FULL_NEIGHBOUR);
}

static void a_changed_ground_refuses(struct box *box)
{
	int64_t id;

	full_open(box);
	id = plan_of(box, 3, NULL, 0);
	mapping_item.version = 5;
	refused(box, id, "the mapping has changed since");
	mapping_item.version = 4;
	sync_item.is_paused = true;
	refused(box, id, "its sync is paused");
	sync_item.is_paused = false;
	sync_item.behaviour = BEHAVIOUR_NONE;
	refused(box, id, "its sync writes nothing");
	sync_item.behaviour = BEHAVIOUR_CAPTURE;
	sync_item.mapping = "another";
	refused(box, id, "no sync lets this mapping write");
	sync_item.mapping = "contacts";
	box_close(box);
	box_meddle(box, "UPDATE plan SET created_at = created_at - 86400000");
	box_open(box, NULL);
	refused(box, id, "older than a day");
}

int main(int argc, char **argv)
{
	static const struct box_case cases[] = {
		BOX_CASE(what_was_kept_is_found),
		BOX_CASE(applying_makes_due_and_forgets_what_was_seen),
		BOX_CASE(all_of_it_or_nothing),
		BOX_CASE(those_behind_are_found_newest_first),
		BOX_CASE(a_changed_ground_refuses),
	};

	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
