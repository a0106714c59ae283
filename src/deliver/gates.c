/* gates.c - decisions that wait for what a CRM says. Threads: the committer, but for
 * gates_look(). */
#include "deliver/gates.h"

#include "base/log.h"
#include "base/text.h"
#include "deliver/talk.h"
#include "pipeline/pipeline.h"
#include "store/gates.h"
#include "store/leads.h"

/* The configuration that the decision began under: most often the current one. */
static const struct config *config_of(struct tx *tx, const struct config *current,
				      const struct kept_gate *gate, struct error *err)
{
	struct config *config;

	if (current->version == gate->config)
		return current;
	config = arena_alloc(tx_arena(tx), sizeof(*config));
	return config_at(tx_view(tx), gate->workspace, gate->config, tx_arena(tx), config,
			 err) < 0 ?
		       NULL :
		       config;
}

/* The case of a resumed decision: its lead as it is by now. 0 when there is none to go on
 * with: erased, or part of another by now. */
static int load_case(struct tx *tx, const struct actor *actor, const struct kept_gate *gate,
		     struct case_file *file, struct error *err)
{
	struct candidate *candidate = arena_alloc(tx_arena(tx), sizeof(*candidate));
	int found;

	candidate->lead = arena_alloc(tx_arena(tx), sizeof(*candidate->lead));
	found = lead_find(tx_view(tx), actor, gate->lead, candidate->lead, err);
	if (found != 1)
		return found;
	if (candidate->lead->is_erased || candidate->lead->id != gate->lead)
		return 0;
	if (lead_enquiries(tx_view(tx), actor, gate->lead, &candidate->enquiries,
			   &candidate->nenquiries, ENQUIRIES_MAX, err) < 0)
		return -1;
	*file = (struct case_file){ .candidates = candidate, .ncandidates = 1 };
	return 1;
}

/* Goes on with the decision behind the gate, and closes it. */
static int resume(struct tx *tx, const struct actor *actor, const struct config *current,
		  const struct kept_gate *gate, const struct passage *passage,
		  struct error *err)
{
	struct submission *s = arena_alloc(tx_arena(tx), sizeof(*s));
	struct case_file file = { 0 };
	struct ground ground = {
		.submission = s,
		.file = &file,
		.config = config_of(tx, current, gate, err),
		.facts = { .lead_id = gate->lead, .enquiry_id = gate->enquiry,
			   .passage = *passage },
		.now = tx_now(tx),
		.arena = tx_arena(tx),
	};
	int found;

	if (!ground.config)
		return -1;
	*s = (struct submission){
		.id = tx_id(tx),
		.workspace = gate->workspace,
		.source = gate->source,
		.received_at = ground.now,
		.occurred_at = ground.now,
	};
	ground.source = config_source_by_id(ground.config, gate->source);
	found = ground.source ? load_case(tx, actor, gate, &file, err) : 0;
	if (found < 0 || gate_close(tx, actor, gate, err) < 0)
		return -1;
	if (found == 0)
		return 0;
	if (pool_positions_load(tx_view(tx), actor, ground.config, &ground.facts, err) < 0)
		return -1;
	return decision_add(tx, actor, &ground, pipeline_decide(&ground), NULL, err);
}

static bool has_asked(const struct kept_gate *gate, int64_t connection)
{
	for (size_t i = 0; i < gate->nasked; i++)
		if (gate->asked[i] == connection)
			return true;
	return false;
}

/* Whether a connection other than this one is still to be asked. */
static bool waits_for_others(const struct config *config, const struct kept_gate *gate,
			     int64_t connection)
{
	for (size_t i = 0; i < config->nsyncs; i++) {
		const struct mapping *mapping = config_mapping(config, config->syncs[i].mapping);
		const struct connection *other =
			mapping ? config_connection(config, mapping->connection) : NULL;

		if (other && other->id != connection && sync_looks(&config->syncs[i]) &&
		    !has_asked(gate, other->id))
			return true;
	}
	return false;
}

static int answer_one(struct tx *tx, const struct actor *actor, const struct config *config,
		      const struct connection *connection, struct gate_answer *answer,
		      struct error *err)
{
	struct passage passage = {
		.gate = GATE_LOOKUP,
		.answer = answer->is_found ? "found" : "absent",
		.connection = answer->is_found ? connection->name : NULL,
		.remote_owner = answer->remote_owner,
	};
	struct kept_gate gate;
	int found = gate_find(tx_view(tx), actor, answer->lead, &gate, err);

	/* When it waits no more, its time was over or another CRM has answered meanwhile. */
	answer->is_passed = true;
	if (found != 1)
		return found;
	answer->is_passed = answer->is_found ||
			    !waits_for_others(config, &gate, connection->id);
	if (!answer->is_passed)
		return gate_keep_asked(tx, actor, &gate, connection->id, err);
	return resume(tx, actor, config, &gate, &passage, err);
}

int gates_answer(struct tx *tx, const struct config *config,
		 const struct connection *connection, struct gate_answer *answers,
		 size_t count, struct error *err)
{
	struct actor actor = { .workspace = config->workspace, .kind = ACTOR_CONNECTION,
			       .id = connection->id };

	for (size_t i = 0; i < count; i++)
		if (answer_one(tx, &actor, config, connection, &answers[i], err) < 0)
			return error_wrap(err, "gate");
	return 0;
}

/* ---- Gates whose time is over ---- */

struct overdue {
	struct unit unit; /* first: the store hands back its address */
	struct snapshot *snapshot;
	int64_t *leads;
	size_t count;
};

static int overdue_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct overdue *overdue = (struct overdue *)unit;
	struct actor actor = { .workspace = unit->workspace };
	struct passage passage = { .gate = GATE_LOOKUP, .answer = "unconfirmed" };

	for (size_t i = 0; i < overdue->count; i++) {
		struct kept_gate gate;
		int found = gate_find(tx_view(tx), &actor, overdue->leads[i], &gate, err);

		/* Answered meanwhile, perhaps by another server. */
		if (found == 0 || (found == 1 && gate.until > tx_now(tx)))
			continue;
		passage.gate = gate.gate;
		if (found < 0 || resume(tx, &actor, snapshot_config(overdue->snapshot), &gate,
					&passage, err) < 0)
			return error_wrap(err, "gate");
	}
	return 0;
}

static void overdue_done(struct unit *unit, int result, const struct error *err)
{
	struct overdue *overdue = (struct overdue *)unit;

	(void)err;
	/* What failed is still due and is looked at again. */
	if (result < 0)
		log_warn(NULL, "gate.failed", LOG_INT("leads", (int64_t)overdue->count));
	snapshot_release(overdue->snapshot);
	arena_free(unit->arena);
}

static void submit_overdue(struct store *store, const struct kept_gate *gates, size_t count)
{
	struct arena *arena = arena_new();
	struct overdue *overdue = arena_alloc(arena, sizeof(*overdue));

	*overdue = (struct overdue){
		.unit = { .run = overdue_run, .done = overdue_done,
			  .workspace = gates[0].workspace, .arena = arena },
		.snapshot = snapshot_get(store, gates[0].workspace, NULL),
		.leads = arena_array(arena, count, sizeof(*overdue->leads)),
		.count = count,
	};
	if (!overdue->snapshot) {
		arena_free(arena);
		return;
	}
	for (size_t i = 0; i < count; i++)
		overdue->leads[i] = gates[i].lead;
	store_submit(store, URGENCY_BULK, &overdue->unit);
}

void gates_look(struct deliverer *deliverer, int64_t now)
{
	enum { AT_ONCE = 32 * GATE_ANSWERS_MAX };
	struct store *store = deliverer_config(deliverer)->store;
	struct arena *arena = arena_new();
	struct error err = { 0 };
	struct view *view = view_open(store, arena, &err);
	struct kept_gate *gates;
	size_t count = 0, n;

	if (view) {
		if (gate_list_due_any_workspace(view, now, AT_ONCE, &gates, &count, &err) < 0)
			count = 0;
		view_close(view);
	}
	for (size_t i = 0; i < count; i += n) {
		for (n = 1; i + n < count && n < GATE_ANSWERS_MAX &&
			    gates[i + n].workspace == gates[i].workspace;
		     n++)
			;
		submit_overdue(store, &gates[i], n);
	}
	arena_free(arena);
}
