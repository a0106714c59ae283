/* batch_plan.c - what delivering would write, without writing it. Threads: the delivery
 * worker. */
#include "base/json.h"
#include "deliver/batch_inside.h"

static json_t *plan_lines(const struct work *work, struct arena *arena)
{
	json_t *lines = json_keep(arena, json_array());

	for (size_t i = 0; i < work->applied.nlines; i++) {
		const struct applied_line *line = &work->applied.lines[i];

		json_array_append_new(
			lines,
			json_pack("{s:s, s:s*, s:o, s:o, s:o, s:s, s:s*, s:s*}", "field",
				  line->line->field->to, "from", line->line->field->from,
				  "current", value_to_json(line->seen), "given",
				  value_to_json(line->given), "wanted",
				  value_to_json(line->wanted), "state",
				  line_verdict_name(line->verdict), "reason", line->reason,
				  "instruction", line->instruction));
	}
	return lines;
}

/* The request that a write of this lead alone would send: the connector's own words. */
static const char *plan_request(struct batch *batch, struct work *work)
{
	struct work_ground ground = batch_ground(batch);
	struct exchange x = {
		.connection = batch->terms->connection,
		.object = batch->m->mapping->object,
		.records = &work->record,
		.nrecords = 1,
		.now = ground.now,
		.arena = batch->arena,
	};

	work_ask_write(work, &ground);
	if (batch->terms->connector->write(&x) != TURN_SEND)
		return NULL;
	return arena_printf(batch->arena, "%s %s\n%s", x.request.method, x.request.url,
			    x.request.body ? x.request.body : "");
}

static void plan_one(struct batch *batch, struct work *work, struct planned *planned)
{
	*planned = (struct planned){
		.lead = work->claim->lead.id,
		.remote_id = work->remote_id,
		.action = "none",
		.code = work->s.code,
		.reason = work->s.reason,
		.fields = plan_lines(work, batch->arena),
	};
	if (work->need == NEED_WRITE) {
		planned->action = work->action == RECORD_CREATE ? "create" : "update";
		planned->request = plan_request(batch, work);
	} else if (work->s.state == DELIVERY_DEAD) {
		planned->action = "refused";
	} else if (work->s.state != DELIVERY_AT_REST) {
		planned->action = "held";
	}
}

void batch_plan_end(struct batch *batch)
{
	struct plan_wish *wish = batch->plan;

	for (size_t i = 0; i < batch->count; i++)
		plan_one(batch, &batch->works[i], &wish->planned[i]);
	terms_release(batch->terms);
	wish->done(wish, NULL);
}

void batch_plan(struct plan_wish *wish)
{
	struct batch_home *home = arena_alloc(wish->arena, sizeof(*home));
	struct batch *batch;
	struct work_ground ground;

	*home = (struct batch_home){ .arena = wish->arena };
	batch = batch_new(wish->desk, home, wish->mapping, wish->count);
	batch->plan = wish;
	ground = batch_ground(batch);
	for (size_t i = 0; i < wish->count; i++)
		batch_add(batch, &wish->claims[i], &ground);
	batch_advance(batch);
}
