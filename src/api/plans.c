/* plans.c - /v1/mappings/{name}/plan, /v1/syncs/{name}/plan and /v1/plans: what would be written, and writing
 * exactly that. Threads: handlers; those that plan wait for the CRM, about a minute at most. */
#include <string.h>

#include "api/plan_leads.h"
#include "api/shapes.h"
#include "base/attributes.h"
#include "base/text.h"
#include "connectors/registry.h"
#include "mapping/compile.h"

/* ---- Making one ---- */

/* Without the CRM's fields nothing can be said: they are read if they never were, and again
 * when they lacked the one for our key, which somebody may just have made. */
static bool ensure_schema(struct api_call *call, const struct mapping *mapping)
{
	const struct connection *connection =
		config_connection(api_config(call), mapping->connection);
	const struct connector *connector =
		connection ? connector_of(call->arena, connection) : NULL;
	struct catalog catalog;
	const struct mapping_ground ground = { &catalog, connector, connection };
	struct error err = { 0 };
	struct view *view;
	int found;

	if (!connector || !connector->describe)
		return true;
	view = api_view(call);
	if (!view)
		return false;
	found = catalog_find_kept(view, call->actor.workspace, connection->id, mapping->object,
				  &catalog, &err);
	view_close(view);
	if (found == 1 && mapping_lacks_key(call->arena, mapping, &ground))
		found = 0;
	if (found == 0)
		found = deliverer_describe(call->api->config.deliverer, call->actor.workspace,
					   connection->name, mapping->object, call->arena,
					   &catalog, &err);
	if (found < 0)
		api_fail(call, &err);
	return found >= 0;
}

static const struct mapping *asked_mapping(struct api_call *call)
{
	const struct config *config = api_config(call);
	const struct mapping *mapping =
		config ? config_mapping(config, call->params[0]) : NULL;

	if (config && !mapping)
		api_problem(call, 404, "not_found", "there is no mapping \"%s\"",
			    call->params[0]);
	if (mapping && !call->api->config.deliverer) {
		api_problem(call, 503, "unavailable", "this server delivers nothing");
		return NULL;
	}
	return mapping;
}

struct keeping {
	struct api_call *call;
	struct kept_plan plan;
};

static int keep_run(struct tx *tx, void *context, struct error *err)
{
	struct keeping *keeping = context;

	keeping->plan.created_at = tx_now(tx);
	return plan_add(tx, &keeping->call->actor, &keeping->plan, &keeping->plan.id, err);
}

static bool is_written(const struct planned *planned)
{
	return text_equal(planned->action, PLAN_CREATE) ||
	       text_equal(planned->action, PLAN_UPDATE);
}

static bool keep(struct api_call *call, const struct plan *plan, struct kept_plan *kept)
{
	struct keeping keeping = { .call = call };

	keeping.plan = (struct kept_plan){
		.mapping = plan->mapping,
		.mapping_version = plan->mapping_version,
		.schema = plan->schema,
		.leads = arena_array(call->arena, plan->nleads, sizeof(*kept->leads)),
		.nleads = plan->nleads,
	};
	for (size_t i = 0; i < plan->nleads; i++)
		keeping.plan.leads[i] = (struct kept_plan_lead){
			.lead = plan->leads[i].lead,
			.version = plan->leads[i].version,
			.is_written = is_written(&plan->leads[i]),
			.ground = plan->leads[i].ground,
		};
	if (api_write(call, keep_run, &keeping) < 0)
		return false;
	*kept = keeping.plan;
	return true;
}

static void out_counts(struct out *out, const struct plan *plan)
{
	static const char *const actions[] = { PLAN_CREATE, PLAN_UPDATE, PLAN_NONE,
					       PLAN_REFUSED, PLAN_UNKNOWN };

	out_open(out, "counts", '{');
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		int64_t count = 0;

		for (size_t j = 0; j < plan->nleads; j++)
			count += text_equal(plan->leads[j].action, actions[i]);
		out_int(out, actions[i], count);
	}
	out_close(out, '}');
}

static void out_planned(struct out *out, const struct chosen *chosen, size_t at,
			const struct planned *planned)
{
	out_open(out, NULL, '{');
	out_id(out, "lead_id", chosen->new[at] ? 0 : planned->lead);
	if (chosen->is_file)
		out_int(out, "line", chosen->lines[at]);
	out_text(out, "action", planned->action);
	out_text(out, "remote_id", planned->remote_id);
	out_text(out, "code", planned->code);
	out_text(out, "field", planned->field);
	out_text(out, "reason", planned->reason);
	out_text(out, "instruction", planned->instruction);
	out_open(out, "lead", '{');
	out_lead_fields(out, "fields", chosen->as[at]);
	out_close(out, '}');
	out_json(out, "rows", planned->rows);
	out_close(out, '}');
}

static void out_request(struct out *out, const struct chosen *chosen,
			const struct planned_request *request)
{
	out_open(out, NULL, '{');
	out_text(out, "method", request->method);
	out_text(out, "url", request->url);
	out_bytes(out, "body", request->body, request->body_len);
	if (!chosen->is_file) {
		out_open(out, "leads", '[');
		for (size_t i = 0; i < request->nleads; i++)
			out_id(out, NULL, request->leads[i]);
		out_close(out, ']');
	}
	out_close(out, '}');
}

static void reply(struct api_call *call, const struct mapping *mapping,
		  const struct chosen *chosen, const struct plan *plan,
		  const struct kept_plan *kept)
{
	struct out out;

	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_id(&out, "id", kept->id);
	out_text(&out, "mapping", mapping->name);
	out_int(&out, "version", plan->mapping_version);
	out_text(&out, "connection", mapping->connection);
	out_text(&out, "object", mapping->object);
	out_time(&out, "expires_at", kept->id ? kept->created_at + PLAN_LIVES_MS : 0);
	if (chosen->is_file) {
		out_int(&out, "rows", chosen->rows);
		out_int(&out, "failed", chosen->failed);
	}
	out_counts(&out, plan);
	out_open(&out, "leads", '[');
	for (size_t i = 0; i < plan->nleads; i++)
		out_planned(&out, chosen, i, &plan->leads[i]);
	out_close(&out, ']');
	out_open(&out, "requests", '[');
	for (size_t i = 0; i < plan->nrequests; i++)
		out_request(&out, chosen, &plan->requests[i]);
	out_close(&out, ']');
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}

static void make(struct api_call *call, const struct mapping *mapping,
		 const struct chosen *chosen)
{
	struct kept_plan kept = { 0 };
	struct error err = { 0 };
	struct plan plan;

	if (!ensure_schema(call, mapping))
		return;
	if (deliverer_plan(call->api->config.deliverer, call->actor.workspace, mapping->name,
			   chosen->leads, chosen->count, call->arena, &plan, &err) < 0) {
		api_fail(call, &err);
		return;
	}
	/* Leads of a file are nobody yet: they are imported, not applied. */
	if (chosen->is_file || keep(call, &plan, &kept))
		reply(call, mapping, chosen, &plan, &kept);
}

void api_mappings_plan(struct api_call *call)
{
	const struct mapping *mapping = asked_mapping(call);
	struct chosen chosen;

	if (mapping && api_plan_leads(call, &chosen))
		make(call, mapping, &chosen);
}

/* What running the sync would write first. */
void api_syncs_plan(struct api_call *call)
{
	const struct mapping *mapping = asked_mapping(call);
	struct chosen chosen;

	if (mapping && api_body_or_none(call, "") &&
	    api_plan_leads_behind(call, mapping, &chosen))
		make(call, mapping, &chosen);
}

/* ---- Looking at one ---- */

static void out_kept(struct out *out, const struct config *config,
		     const struct kept_plan *plan)
{
	const struct mapping *mapping = config_mapping_by_id(config, plan->mapping);

	out_open(out, NULL, '{');
	out_id(out, "id", plan->id);
	out_text(out, "mapping", mapping ? mapping->name : NULL);
	out_int(out, "version", plan->mapping_version);
	out_time(out, "created_at", plan->created_at);
	out_time(out, "expires_at", plan->created_at + PLAN_LIVES_MS);
	out_time(out, "applied_at", plan->applied_at);
	out_open(out, "leads", '[');
	for (size_t i = 0; i < plan->nleads; i++) {
		out_open(out, NULL, '{');
		out_id(out, "lead_id", plan->leads[i].lead);
		out_int(out, "lead_version", plan->leads[i].version);
		out_bool(out, "is_written", plan->leads[i].is_written);
		out_close(out, '}');
	}
	out_close(out, ']');
	out_close(out, '}');
}

static int find(struct api_call *call, struct view *view, struct kept_plan *plan,
		struct error *err)
{
	int found = plan_find(view, &call->actor, call->id, plan, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such plan");
	return found < 0 ? -1 : 0;
}

static int get(struct api_call *call, struct view *view, struct out *out, struct error *err)
{
	struct kept_plan plan;

	if (find(call, view, &plan, err) < 0)
		return -1;
	out_kept(out, api_config(call), &plan);
	return 0;
}

void api_plans_get(struct api_call *call)
{
	if (api_id(call) && api_config(call))
		api_read(call, get);
}

/* ---- Applying one ---- */

static void add_moved(struct problems *problems, struct arena *arena,
		      const struct kept_plan_lead *was, const struct planned *is)
{
	char id[ID_TEXT_SIZE];

	if (text_equal(was->ground, is->ground) && was->version == is->version)
		return;
	id_format(was->lead, id);
	if (is->version == 0) /* it was not looked at: it is being sent */
		problem_add(problems, arena_strdup(arena, id), is->code, is->reason,
			    is->instruction);
	else if (is->lead != was->lead || is->version != was->version)
		problem_add(problems, arena_strdup(arena, id), "lead_changed",
			    "the lead has changed since", "make the plan again");
	else
		problem_add(problems, arena_strdup(arena, id), "record_changed",
			    "what the CRM has of the lead is not what it was",
			    "make the plan again");
}

/* 409 with all that is not as it was. */
static void refuse(struct api_call *call, const struct problems *problems)
{
	struct answer answer;

	answer_refused(call->arena, 409, problems->items[0].code,
		       "the ground of this plan has changed: make it again, and look at it", problems,
		       &answer);
	api_answer_problem(call, &answer, NULL);
}

/* Makes the plan again, as far as it writes: false, and answered, when it is another by
 * now. */
static bool is_as_it_was(struct api_call *call, const struct kept_plan *kept,
			 const struct mapping *mapping)
{
	struct plan_lead *leads = arena_array(call->arena, kept->nleads, sizeof(*leads));
	const struct kept_plan_lead **was =
		arena_array(call->arena, kept->nleads, sizeof(*was));
	struct problems problems = { 0 };
	struct error err = { 0 };
	struct plan plan;
	size_t count = 0;
	bool has_moved;

	for (size_t i = 0; i < kept->nleads; i++) {
		if (!kept->leads[i].is_written)
			continue;
		leads[count].id = kept->leads[i].lead;
		was[count++] = &kept->leads[i];
	}
	if (deliverer_plan(call->api->config.deliverer, call->actor.workspace, mapping->name,
			   leads, count, call->arena, &plan, &err) < 0) {
		api_fail(call, &err);
		return false;
	}
	if (plan.mapping_version != kept->mapping_version)
		problem_add(&problems, "mapping", "mapping_changed",
			    "the mapping has changed since", "make the plan again");
	if (!text_equal(plan.schema, kept->schema))
		problem_add(&problems, "schema", "schema_changed",
			    "the CRM describes its fields otherwise by now",
			    "make the plan again");
	has_moved = problems.count > 0;
	/* Another mapping or schema moves them all. */
	for (size_t i = 0; !has_moved && i < count; i++)
		add_moved(&problems, call->arena, was[i], &plan.leads[i]);
	if (problems.count)
		refuse(call, &problems);
	return problems.count == 0;
}

static int apply_run(struct tx *tx, void *context, struct error *err)
{
	struct api_call *call = context;
	struct config *config = arena_alloc(tx_arena(tx), sizeof(*config));

	if (config_current(tx_view(tx), call->actor.workspace, tx_arena(tx), config, err) < 0)
		return -1;
	return plan_apply(tx, &call->actor, config, call->id, err);
}

/* What can be said without the CRM: whether it is there, not applied and not too old. */
static const struct mapping *mapping_of(struct api_call *call, struct kept_plan *kept)
{
	const struct config *config = api_config(call);
	struct view *view = config ? api_view(call) : NULL;
	const struct mapping *mapping;
	struct error err = { 0 };
	int rc;

	if (!view)
		return NULL;
	rc = find(call, view, kept, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return NULL;
	}
	if (kept->applied_at || kept->created_at + PLAN_LIVES_MS <= call->now) {
		api_problem(call, 409, kept->applied_at ? "plan_applied" : "plan_expired",
			    kept->applied_at ? "this plan was applied before" :
					       "this plan is older than a day: make it again");
		return NULL;
	}
	mapping = config_mapping_by_id(config, kept->mapping);
	if (!mapping)
		api_problem(call, 409, "mapping_changed", "the mapping is not there any more");
	return mapping;
}

void api_plans_apply(struct api_call *call)
{
	const struct mapping *mapping;
	struct kept_plan kept;
	struct out out;
	int due;

	if (!api_id(call) || !api_body_or_none(call, ""))
		return;
	mapping = mapping_of(call, &kept);
	if (!mapping)
		return;
	if (!call->api->config.deliverer) {
		api_problem(call, 503, "unavailable", "this server delivers nothing");
		return;
	}
	if (!is_as_it_was(call, &kept, mapping))
		return;
	due = api_write(call, apply_run, call);
	if (due < 0)
		return;
	deliverer_wake(call->api->config.deliverer);
	out_init(&out, call->arena);
	out_open(&out, NULL, '{');
	out_id(&out, "id", kept.id);
	out_text(&out, "mapping", mapping->name);
	out_int(&out, "deliveries", due);
	out_close(&out, '}');
	api_reply_out(call, 200, &out);
}
