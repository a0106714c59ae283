/* way.c - one lead on its way to a CRM, by the store's own verbs. Threads: one at a time. */
#include "store/way.h"

#include <string.h>

#include "store/lead_writes.h"

static const char lead_row[] =
	"INSERT INTO lead (id, workspace, version, created_at, updated_at, merged_into, "
	"owner_rep, is_test, doc) VALUES (101, 1, 1, 1, 1, 0, 0, 0, "
	"'{\"f\":{\"email\":[\"old@x.org\",\"source\",1,1,1]},\"k\":[]}')";

static const struct actor somebody = { .workspace = 1, .kind = ACTOR_TOKEN, .id = 3 };

static void must(struct way *way, int (*run)(struct tx *, void *, struct error *), void *of)
{
	if (box_do(way->box, run, of) < 0)
		fail_msg("%s", way->box->err.message);
}

/* ---- Wanting ---- */

static int run_want_new(struct tx *tx, void *context, struct error *err)
{
	struct way *way = context;
	const struct want want = { .is_new_lead = true, .submissions = 1 };

	return delivery_want(tx, &somebody, &way->config, &way->lead, &want, err);
}

void way_open(struct way *way, struct box *box, struct mapping *mappings, size_t count)
{
	static struct connection connection = { .id = WAY_CRM, .name = "crm" };
	struct sync *syncs = arena_array(box->arena, count, sizeof(*syncs));
	struct view *view;

	box_open(box, NULL);
	box_close(box);
	box_meddle(box, lead_row);
	box_open(box, NULL);
	for (size_t i = 0; i < count; i++)
		syncs[i] = (struct sync){ .mapping = mappings[i].name };
	*way = (struct way){
		.box = box,
		.config = { .workspace = 1, .mappings = mappings, .nmappings = count,
			    .syncs = syncs, .nsyncs = count, .connections = &connection,
			    .nconnections = 1 },
	};
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(lead_find(view, &somebody, WAY_LEAD, &way->lead, &box->err), 1);
	view_close(view);
	must(way, run_want_new, way);
}

struct changing {
	struct way *way;
	struct lead after;
};

static int run_change(struct tx *tx, void *context, struct error *err)
{
	struct changing *changing = context;
	const struct want want = { .before = &changing->way->lead };

	if (lead_write(tx, &changing->after, err) < 0)
		return -1;
	return delivery_want(tx, &somebody, &changing->way->config, &changing->after, &want,
			     err);
}

void way_change(struct way *way, const char *changes)
{
	struct arena *arena = way->box->arena;
	struct changing changing = { way, way->lead };
	char *save = NULL, *text = arena_strdup(arena, changes);

	changing.after.version++;
	changing.after.fields = arena_memdup(arena, way->lead.fields,
					     way->lead.nfields * sizeof(*way->lead.fields));
	for (char *name = strtok_r(text, ";", &save); name; name = strtok_r(NULL, ";", &save)) {
		char *value = strchr(name, '=');

		*value++ = '\0';
		lead_put(arena, &changing.after,
			 &(struct lead_field){ .name = name,
					       .value = value_text(*value ? value : NULL),
					       .writer = WRITER_PERSON, .writer_id = 3 });
	}
	must(way, run_change, &changing);
	way->lead = changing.after;
}

struct happening {
	struct way *way;
	struct fact fact;
};

static int run_happen(struct tx *tx, void *context, struct error *err)
{
	struct happening *happening = context;
	const struct want want = { .facts = &happening->fact, .nfacts = 1 };

	return delivery_want(tx, &somebody, &happening->way->config, &happening->way->lead,
			     &want, err);
}

void way_happens(struct way *way, enum fact_kind kind, const char *text)
{
	struct happening happening = { way, { .kind = kind, .at = 1, .text = text } };

	must(way, run_happen, &happening);
}

/* ---- Claiming ---- */

static int run_claim(struct tx *tx, void *context, struct error *err)
{
	const struct claim_wish wish = { .workspace = 1, .connection = WAY_CRM, .worker = 1,
					 .lease_ms = 100000, .max = 8 };
	struct way *way = context;
	struct delivery *found;
	bool more;

	way->nclaims = delivery_claim(tx, &wish, &found, &more, err);
	for (int i = 0; i < way->nclaims; i++)
		way->claims[i] = (struct claim){ .delivery = found[i] };
	return way->nclaims;
}

int way_claim(struct way *way)
{
	struct view *view;

	must(way, run_claim, way);
	view = view_open(way->box->store, way->box->arena, &way->box->err);
	/* Texts of the claim were the unit's. */
	for (int i = 0; i < way->nclaims; i++)
		assert_int_equal(delivery_find(view, &somebody, way->claims[i].delivery.id,
					       &way->claims[i].delivery, &way->box->err),
				 1);
	assert_int_equal(claim_load(view, way->claims, (size_t)way->nclaims, &way->box->err), 0);
	view_close(view);
	return way->nclaims;
}

struct claim *way_claimed(struct way *way, const char *mapping)
{
	for (int i = 0; i < way->nclaims; i++)
		if (strcmp(way->claims[i].delivery.role, mapping) == 0)
			return &way->claims[i];
	fail_msg("%s was not claimed", mapping);
	return NULL;
}

/* ---- Settling ---- */

static int run_settle(struct tx *tx, void *context, struct error *err)
{
	struct settlement copy = *(struct settlement *)context;
	bool is_refused;
	int rc = delivery_settle(tx, &somebody, &copy, 1, &is_refused, err);

	return rc == 0 && is_refused ? error_set(err, ERR_CONFLICT, "refused") : rc;
}

void way_settle(struct way *way, struct settlement *settlement)
{
	must(way, run_settle, settlement);
}

void way_told(struct way *way, struct claim *claim, int64_t version, const char *remote_id)
{
	struct settlement s = { .delivery = &claim->delivery, .state = DELIVERY_AT_REST,
				.told = version, .link_object = claim->delivery.object,
				.link_id = remote_id, .link_is_ours = true,
				.outcome = "delivered", .action = "update" };

	way_settle(way, &s);
}

struct delivery way_delivery(struct way *way, const char *mapping)
{
	const struct delivery_filter filter = { .subject = WAY_LEAD, .max = 8 };
	struct view *view = view_open(way->box->store, way->box->arena, &way->box->err);
	struct delivery *rows, found = { 0 };
	size_t count;

	assert_int_equal(delivery_list(view, &somebody, &filter, &rows, &count, &way->box->err),
			 0);
	view_close(view);
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].role, mapping) == 0)
			found = rows[i];
	if (!found.id)
		fail_msg("there is no delivery of %s", mapping);
	return found;
}
