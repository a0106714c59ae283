/* route.c - whose is it? The first route whose conditions hold picks: a fixed owner, or
 * the next of a pool in turn. A known lead keeps its active owner. Threads: pure. */
#include "pipeline/pipeline.h"

#include "base/json.h"
#include "base/text.h"
#include "pipeline/view.h"

static const struct pool *find_pool(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->npools; i++)
		if (text_equal(config->pools[i].name, name))
			return &config->pools[i];
	return NULL;
}

static int64_t position_of(const struct facts *facts, const char *pool)
{
	for (size_t i = 0; i < facts->npools; i++)
		if (text_equal(facts->pools[i].pool, pool))
			return facts->pools[i].position;
	return 0;
}

static const struct person *pick(const struct ground *ground, const struct route *route)
{
	const struct pool *pool;

	if (route->owner)
		return config_person(ground->config, route->owner);
	pool = find_pool(ground->config, route->pool);
	if (!pool || pool->npeople == 0)
		return NULL;
	return config_person(ground->config,
			     pool->people[position_of(&ground->facts, pool->name) %
					  (int64_t)pool->npeople]);
}

static void assign(const struct ground *ground, struct decision *decision,
		   const struct route *route, const struct person *person)
{
	struct value before = lead_value(decision->lead, "owner");

	decision->route = route->name;
	decision->pool = route->pool;
	decision->owner = person;
	decision->lead->owner_rep = person->id;
	decision_set(decision, ground->arena,
		     &(struct lead_field){
			     .name = "owner",
			     .value = value_text(person->name),
			     .writer = WRITER_RULE,
			     .writer_id = route->id,
			     .at = ground->now,
			     .learned_at = ground->now,
		     });
	decision_change(decision, "owner", CHANGE_SET, before, value_text(person->name));
	decision_note(decision, "route", "assigned",
		      arena_printf(ground->arena, "route \"%s\"%s%s picked %s", route->name,
				   route->pool ? ", pool " : "",
				   route->pool ? route->pool : "", person->name));
}

/* ---- What a CRM said, before anybody is picked ---- */

/* A new lead waits until the CRMs that will have it were asked whether they know the
 * person. A known one was looked for when it was new, and keeps its owner. */
bool gate_lookup_waits(const struct ground *ground, const struct decision *decision)
{
	const struct config *config = ground->config;

	if (!config->settings.wait_for_lookup || config->nroutes == 0 ||
	    !decision->is_new_lead || !value_is_empty(lead_value(decision->lead, "owner")))
		return false;
	for (size_t i = 0; i < config->nsyncs; i++)
		if (sync_looks(&config->syncs[i]) &&
		    config_mapping(config, config->syncs[i].mapping))
			return true;
	return false;
}

static const struct person *person_there(const struct config *config,
					 const struct passage *passage)
{
	for (size_t i = 0; i < config->npeople; i++)
		if (text_equal(json_string_of(config->people[i].users, passage->connection),
			       passage->remote_owner))
			return &config->people[i];
	return NULL;
}

static void take_owner_there(const struct ground *ground, struct decision *decision,
			     const struct person *person)
{
	const struct connection *connection =
		config_connection(ground->config, ground->facts.passage.connection);
	struct value before = lead_value(decision->lead, "owner");

	decision->lead->owner_rep = person->id;
	decision_set(decision, ground->arena,
		     &(struct lead_field){
			     .name = "owner",
			     .value = value_text(person->name),
			     .writer = WRITER_CONNECTION,
			     .writer_id = connection ? connection->id : 0,
			     .at = ground->now,
			     .learned_at = ground->now,
		     });
	decision_change(decision, "owner", CHANGE_SET, before, value_text(person->name));
}

/* True when the person has an owner at a CRM: who that is is the CRM's to say. */
static bool is_owned_there(const struct ground *ground, struct decision *decision)
{
	const struct passage *passage = &ground->facts.passage;
	const struct person *person;

	if (passage->gate != GATE_LOOKUP)
		return false;
	if (text_equal(passage->answer, "unconfirmed"))
		decision_note(decision, "route", "unconfirmed",
			      "no CRM said in time whether it has the person");
	else if (!text_equal(passage->answer, "found"))
		decision_note(decision, "route", "absent", "no CRM has the person yet");
	if (!text_equal(passage->answer, "found") || !passage->remote_owner)
		return false;
	person = person_there(ground->config, passage);
	if (person)
		take_owner_there(ground, decision, person);
	decision_note(decision, "route", "owned_there",
		      person ? arena_printf(ground->arena, "%s has the person already: %s's",
					    passage->connection, person->name) :
			       arena_printf(ground->arena,
					    "%s has the person already, of user %s, who is "
					    "none of the people of this workspace",
					    passage->connection, passage->remote_owner));
	return true;
}

void stage_route(const struct ground *ground, struct decision *decision)
{
	const struct config *config = ground->config;
	struct decision_view view = { ground, decision };

	if (config->nroutes == 0)
		return;
	if (!value_is_empty(lead_value(decision->lead, "owner"))) {
		decision_note(decision, "route", "kept", "keeps its owner");
		return;
	}
	if (is_owned_there(ground, decision))
		return;
	for (size_t i = 0; i < config->nroutes; i++) {
		const struct route *route = &config->routes[i];
		const struct person *person;

		if (!conditions_hold(route->when, route->nwhen, decision_view_value, &view))
			continue;
		person = pick(ground, route);
		if (!person) {
			decision_note(decision, "route", "empty",
				      arena_printf(ground->arena,
						   "route \"%s\" matched and its pool is empty",
						   route->name));
			continue;
		}
		assign(ground, decision, route, person);
		return;
	}
	decision_note(decision, "route", "none", "no route matched: the lead has no owner");
}
