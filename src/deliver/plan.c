/* plan.c - what delivering would write, without writing. Threads: deliverer_plan() waits in
 * any thread; all else runs in the delivery worker.
 *
 * A plan is a batch like any other (batch.c), up to the point where it would send: what the
 * CRM has is looked up and read, the mapping is applied, and the conversations that would
 * write take their first turn. So a plan cannot say anything else than delivering does. What
 * is kept of earlier looks is left aside: a plan is made from the CRM as it is now. */
#include "deliver/deliver.h"

#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "deliver/ask.h"
#include "deliver/batch.h"
#include "deliver/lead_values.h"
#include "mapping/plan.h"

struct planning {
	struct question q; /* first: it is found by its address */
	struct plan_wish wish;
	struct terms_mapping mapping; /* with a sync, whether there is one or not */
	const char *name;
	const struct claim *claims;   /* of all leads; wish.claims: of those to be computed */
	size_t count;
	size_t *places;               /* of wish.claims among `claims` */
	struct arena *arena;
	struct plan *plan;
};

/* ---- What it stands on ---- */

/* The fields that the mapping writes, as the CRM describes them: when one is retyped, or
 * its list changes, the plan is out of date. */
static const char *schema_digest(struct arena *arena, const struct compiled_mapping *compiled)
{
	struct catalog_field *fields = arena_array(arena, compiled->nlines, sizeof(*fields));
	struct catalog used = { .object = compiled->mapping->object, .fields = fields };
	unsigned char digest[SHA256_SIZE];
	const char *text;

	for (size_t i = 0; i < compiled->nlines; i++)
		if (compiled->lines[i].target && compiled->lines[i].is_out)
			fields[used.nfields++] = *compiled->lines[i].target;
	text = json_canonical(arena, json_keep(arena, catalog_to_json(&used)));
	sha256(text, strlen(text), digest);
	return hex_encode(arena, digest, sizeof(digest));
}

static const char *or_none(const char *text)
{
	return text ? text : "";
}

/* What was found and what would become of it. The workspace's key makes it say nothing to
 * who reads it: it is a digest of a person's data. */
static const char *ground_of(const struct work *work, const char *action, struct arena *arena)
{
	const char *text = arena_printf(
		arena, "%s %s %s %s\n%s\n%s", action, or_none(work->remote_id),
		or_none(work->s.link_id), or_none(work->s.code),
		work->applied.compiled ? plan_fingerprint(arena, &work->applied) : "",
		work->need == NEED_WRITE ?
			doc_of_fields(arena, work->fields, work->nfields) :
			"");
	struct hash16 hash = hash16(&work->terms->config->hash_key, "plan", text, strlen(text));

	return hex_encode(arena, hash.bytes, sizeof(hash.bytes));
}

/* ---- What it says ---- */

static const char *action_of(const struct work *work)
{
	if (work->need == NEED_WRITE)
		return work->action == RECORD_CREATE ? PLAN_CREATE : PLAN_UPDATE;
	switch (work->s.state) {
	case DELIVERY_AT_REST:
		return PLAN_NONE;
	case DELIVERY_DEAD:
	case DELIVERY_PARKED:
		return PLAN_REFUSED;
	case DELIVERY_DUE:
	case DELIVERY_WAITING:
	case DELIVERY_CLAIMED:
		return PLAN_UNKNOWN;
	}
	return PLAN_UNKNOWN;
}

static struct planned planned_of(const struct work *work, struct arena *arena)
{
	const char *action = action_of(work);
	bool is_written = work->need == NEED_WRITE;

	/* The terms, and the names in them, are given back before the plan is read. */
	return (struct planned){
		.lead = work->claim->lead.id,
		.version = work->claim->lead.version,
		.action = action,
		.remote_id = work->remote_id ? work->remote_id : work->s.link_id,
		.code = is_written ? NULL : work->s.code,
		.field = is_written ? NULL : arena_strdup(arena, work->s.field),
		.reason = is_written ? NULL : arena_strdup(arena, work->s.reason),
		.instruction = is_written ? NULL : arena_strdup(arena, work->s.instruction),
		.rows = work->applied.compiled ?
				json_keep(arena, plan_rows_json(&work->applied)) :
				NULL,
		.ground = ground_of(work, action, arena),
	};
}

/* A delivery that nothing may be said of: it is being sent, or nobody knows whether it was,
 * or it will tell more than one version of the lead. */
static bool is_out_of_hand(const struct claim *claim, struct planned *planned)
{
	const struct delivery *d = &claim->delivery;

	*planned = (struct planned){ .lead = d->subject, .ground = "" };
	if (d->state == DELIVERY_PARKED) {
		planned->action = PLAN_REFUSED;
		planned->code = "uncertain";
		planned->reason = "it was sent, and nobody knows whether it arrived";
		planned->instruction = "see the dead letter, and say whether it is there";
		return true;
	}
	if (d->state != DELIVERY_CLAIMED && !d->is_uncertain && !claim->earlier)
		return false;
	planned->action = PLAN_UNKNOWN;
	planned->code = "under_way";
	planned->reason = claim->earlier ? "earlier values of it are being told, one by one" :
					   "it is being sent at this moment";
	planned->instruction = "plan it again when that has ended";
	return true;
}

static void would_send(struct plan_wish *wish, struct talk *talk, struct work **works,
		       size_t count)
{
	struct planning *p = (struct planning *)wish->context;
	struct plan *plan = p->plan;
	struct planned_request *request = &plan->requests[plan->nrequests];
	int64_t *leads = arena_array(p->arena, count, sizeof(*leads));

	if (talk_first_turn(talk) != TURN_SEND)
		return;
	for (size_t i = 0; i < count; i++)
		leads[i] = works[i]->claim->lead.id;
	*request = (struct planned_request){
		.method = arena_strdup(p->arena, talk->x.request.method),
		.url = arena_strdup(p->arena, talk->x.request.url),
		.body = arena_strndup(p->arena, talk->x.request.body,
				      talk->x.request.body_len),
		.body_len = talk->x.request.body_len,
		.leads = leads,
		.nleads = count,
	};
	plan->nrequests++;
}

static void end(struct planning *p, int rc)
{
	p->wish.desk->is_planning = false;
	question_answer(&p->q, rc);
}

static void computed(struct plan_wish *wish, struct work *works)
{
	struct planning *p = (struct planning *)wish->context;

	for (size_t i = 0; i < wish->count; i++)
		p->plan->leads[p->places[i]] = planned_of(&works[i], p->arena);
	p->plan->mapping = p->mapping.mapping->id;
	p->plan->mapping_version = p->mapping.mapping->version;
	p->plan->schema = schema_digest(p->arena, p->mapping.compiled);
	end(p, 0);
}

/* ---- Beginning ---- */

/* Leads whose fate is known without looking are left out of the batch. */
static void choose(struct planning *p)
{
	p->wish.claims = arena_array(p->arena, p->count, sizeof(*p->wish.claims));
	p->places = arena_array(p->arena, p->count, sizeof(*p->places));
	for (size_t i = 0; i < p->count; i++) {
		if (is_out_of_hand(&p->claims[i], &p->plan->leads[i]))
			continue;
		p->places[p->wish.count] = i;
		p->wish.claims[p->wish.count] = p->claims[i];
		/* What is known of the record may be old: it is read. */
		p->wish.claims[p->wish.count++].delivery.seen_doc = NULL;
	}
}

static int check_desk(struct desk *desk, const struct terms_mapping *m, const char *name,
		      struct error *err)
{
	if (!m)
		return error_set(err, ERR_NOT_FOUND, "no mapping \"%s\"", name);
	if (!m->compiled)
		return error_set(err, ERR_INVALID, "%s",
				 m->problem ? m->problem :
					      "the CRM's fields are not known yet: ask for the "
					      "connection's schema first");
	if (desk->circuit.state == CIRCUIT_PAUSED)
		return error_set(err, ERR_CONFLICT,
				 "the connection is paused, and so not asked either; resume it");
	if (m->lack)
		return error_set(err, ERR_CONFLICT,
				 "%s: create it, or let the test of the connection create it",
				 m->lack);
	if (desk->is_planning)
		return error_set(err, ERR_UNAVAILABLE,
				 "another plan is being made for this connection; try again");
	return 0;
}

static struct terms_mapping *find_mapping(struct terms *terms, const char *name)
{
	for (size_t i = 0; i < terms->nmappings; i++)
		if (text_equal(terms->mappings[i].mapping->name, name))
			return &terms->mappings[i];
	return NULL;
}

static void begin(struct question *q, struct desk *desk)
{
	static const struct sync as_usual = { .mode = SYNC_MANUAL,
					      .behaviour = BEHAVIOUR_CAPTURE };
	struct planning *p = (struct planning *)q;
	const struct terms_mapping *m;

	desk_catch_up(desk);
	m = find_mapping(desk->terms, p->name);
	if (check_desk(desk, m, p->name, &q->err) < 0) {
		question_answer(q, -1);
		return;
	}
	/* A mapping is planned before a sync makes it write, and while it is paused. */
	p->mapping = *m;
	p->mapping.pause = NULL;
	if (!p->mapping.sync)
		p->mapping.sync = &as_usual;
	choose(p);
	p->wish.desk = desk;
	p->wish.mapping = &p->mapping;
	desk->is_planning = true;
	ask_probe(desk);
	batch_plan(&p->wish);
}

/* ---- What is known of the leads ---- */

/* The delivery of a lead through a mapping as it is, or as it would begin. */
static int claim_of(struct view *view, const struct actor *actor,
		    const struct connection *connection, const struct mapping *mapping,
		    int64_t lead, struct claim *claim, struct error *err)
{
	struct delivery_filter filter = { .subject = lead, .connection = connection->id,
					  .max = MAPPING_FIELDS_MAX };
	struct delivery *rows;
	size_t count;

	if (delivery_list(view, actor, &filter, &rows, &count, err) < 0)
		return -1;
	claim->delivery = (struct delivery){
		.workspace = actor->workspace,
		.subject = lead,
		.connection = connection->id,
		.object = arena_strdup(view_arena(view), mapping->object),
		.role = arena_strdup(view_arena(view), mapping->name),
		.mapping = mapping->id,
	};
	for (size_t i = 0; i < count; i++) {
		/* A record that belongs to another waits for that one's delivery. */
		if (text_equal(rows[i].role, mapping->depends_on))
			claim->delivery.depends_on = rows[i].id;
	}
	for (size_t i = 0; i < count; i++)
		if (rows[i].mapping == mapping->id)
			claim->delivery = rows[i];
	return 0;
}

static int load(struct view *view, const struct actor *actor, const struct config *config,
		const struct mapping *mapping, const struct plan_lead *leads,
		struct claim *claims, size_t count, struct error *err)
{
	const struct connection *connection = config_connection(config, mapping->connection);

	if (!connection)
		return error_set(err, ERR_NOT_FOUND, "no connection \"%s\"",
				 mapping->connection);
	for (size_t i = 0; i < count; i++)
		if (claim_of(view, actor, connection, mapping, leads[i].id, &claims[i], err) <
		    0)
			return -1;
	if (claim_load(view, claims, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (!leads[i].lead)
			continue;
		claims[i].lead = *leads[i].lead;
		claims[i].enquiry = (struct enquiry *)leads[i].enquiry;
	}
	return 0;
}

int deliverer_plan(struct deliverer *deliverer, int64_t workspace, const char *mapping,
		   const struct plan_lead *leads, size_t count, struct arena *arena,
		   struct plan *plan, struct error *err)
{
	struct store *store = deliverer_config(deliverer)->store;
	struct actor actor = { .workspace = workspace };
	struct planning p = { .name = mapping, .count = count, .arena = arena, .plan = plan };
	struct snapshot *snapshot = snapshot_get(store, workspace, err);
	struct claim *claims = arena_array(arena, count, sizeof(*claims));
	const struct mapping *m;
	struct view *view;
	int rc = -1;

	if (!snapshot)
		return -1;
	*plan = (struct plan){ .leads = arena_array(arena, count, sizeof(*plan->leads)),
			       .requests = arena_array(arena, count, sizeof(*plan->requests)),
			       .nleads = count };
	m = config_mapping(snapshot_config(snapshot), mapping);
	view = m ? view_open(store, arena, err) : NULL;
	if (!m)
		error_set(err, ERR_NOT_FOUND, "no mapping \"%s\"", mapping);
	if (view) {
		rc = load(view, &actor, snapshot_config(snapshot), m, leads, claims, count, err);
		p.q.connection = arena_strdup(arena, m->connection);
		view_close(view);
	}
	snapshot_release(snapshot);
	if (rc < 0)
		return -1;
	p.claims = claims;
	p.q.deliverer = deliverer;
	p.q.workspace = workspace;
	p.q.begin = begin;
	p.wish.arena = arena;
	p.wish.would_send = would_send;
	p.wish.done = computed;
	p.wish.context = &p;
	return question_ask(&p.q, err);
}
