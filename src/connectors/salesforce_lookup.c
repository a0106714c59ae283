/* salesforce_lookup.c - the queries of a look-up, planned and sent. Threads: pure. */
#include "connectors/salesforce_lookup.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Of the 25 parts of a composite call few may be queries; the sheet does not say how
 * many. */
#define COMPOSITE_QUERIES 5

size_t lookup_skip_empty(const struct seeker *seeker, size_t at)
{
	while (at < seeker->nkeys && text_is_empty(seeker->keys[at].value))
		at++;
	return at;
}

static bool take_step(struct seeker *seeker)
{
	size_t at = lookup_skip_empty(seeker, seeker->to);

	seeker->doubt = NULL;
	if (!seeker->is_open || at == seeker->nkeys)
		return false;
	seeker->from = at;
	for (seeker->to = at + 1; seeker->to < seeker->nkeys; seeker->to++)
		if (strcmp(seeker->keys[seeker->to].value, seeker->keys[at].value) != 0)
			break;
	return true;
}

struct query *lookup_add(struct exchange *x, struct lookup *lookup, const char *object)
{
	struct query *queries;

	if (lookup->count == lookup->room) {
		lookup->room = lookup->room ? lookup->room * 2 : 8;
		queries = arena_array(x->arena, lookup->room, sizeof(*queries));
		if (lookup->count)
			memcpy(queries, lookup->queries, lookup->count * sizeof(*queries));
		lookup->queries = queries;
	}
	queries = &lookup->queries[lookup->count++];
	*queries = (struct query){ .object = object };
	queries->records = arena_array(x->arena, x->nrecords, sizeof(size_t));
	return queries;
}

static size_t bytes_of(const struct seeker *seeker, const char *object)
{
	size_t bytes = 0;

	for (size_t i = seeker->from; i < seeker->to; i++)
		if (strcmp(seeker->keys[i].object, object) == 0)
			bytes += soql_key_bytes(&seeker->keys[i]);
	return bytes;
}

/* As many queries as the URLs take, for all records of the step that are looked for in
 * this object. */
static void plan_object(struct exchange *x, struct lookup *lookup, const char *object)
{
	struct query *query = NULL;
	size_t used = 0;

	for (size_t i = 0; i < x->nrecords; i++) {
		const struct seeker *seeker = &lookup->seekers[i];
		size_t bytes = seeker->is_in_step ? bytes_of(seeker, object) : 0;

		if (!bytes)
			continue;
		if (!query || used + bytes > SOQL_URL_MAX - SOQL_FRAME) {
			query = lookup_add(x, lookup, object);
			used = 0;
		}
		query->records[query->nrecords++] = i;
		used += bytes;
	}
}

static bool is_planned(const struct lookup *lookup, size_t from, const char *object)
{
	for (size_t i = from; i < lookup->count; i++)
		if (strcmp(lookup->queries[i].object, object) == 0)
			return true;
	return false;
}

void lookup_plan(struct exchange *x, struct lookup *lookup)
{
	size_t from = lookup->count;

	for (size_t i = 0; i < x->nrecords; i++)
		lookup->seekers[i].is_in_step = take_step(&lookup->seekers[i]);
	for (size_t i = 0; i < x->nrecords; i++) {
		const struct seeker *seeker = &lookup->seekers[i];

		for (size_t k = seeker->from; seeker->is_in_step && k < seeker->to; k++)
			if (!is_planned(lookup, from, seeker->keys[k].object))
				plan_object(x, lookup, seeker->keys[k].object);
	}
}

static const char *query_path(struct exchange *x, const struct lookup *lookup,
			      const struct query *query)
{
	const struct record_key **keys;
	struct soql_ask ask = {
		.x = x,
		.lacking = &lookup->lacking,
		.object = query->object,
		.with_deleted = lookup->is_read,
	};
	size_t room = 0;

	if (query->more)
		return query->more;
	for (size_t i = 0; i < query->nrecords; i++)
		room += lookup->seekers[query->records[i]].nkeys;
	keys = arena_array(x->arena, room, sizeof(*keys));
	for (size_t i = 0; i < query->nrecords; i++) {
		const struct seeker *seeker = &lookup->seekers[query->records[i]];

		for (size_t k = seeker->from; k < seeker->to; k++)
			if (strcmp(seeker->keys[k].object, query->object) == 0)
				keys[ask.nkeys++] = &seeker->keys[k];
	}
	ask.keys = keys;
	return soql_path(x, &ask);
}

static const char *composite_body(struct exchange *x, const struct lookup *lookup)
{
	struct buf buf;

	buf_init(&buf, x->arena, 1u << 20);
	buf_add(&buf, "{\"allOrNone\":false,\"compositeRequest\":[");
	for (size_t i = 0; i < lookup->in_flight; i++) {
		buf_addf(&buf, "%s{\"method\":\"GET\",\"referenceId\":\"q%zu\",\"url\":",
			 i ? "," : "", i);
		buf_add_json(&buf, query_path(x, lookup, &lookup->queries[lookup->at + i]));
		buf_addc(&buf, '}');
	}
	buf_add(&buf, "]}");
	return buf_text(&buf);
}

static void mark_sent(struct exchange *x, const struct lookup *lookup)
{
	for (size_t i = 0; i < lookup->in_flight; i++) {
		const struct query *query = &lookup->queries[lookup->at + i];

		for (size_t j = 0; j < query->nrecords; j++) {
			x->records[query->records[j]].outcome = OUTCOME_UNCERTAIN;
			x->records[query->records[j]].reason = NULL;
		}
	}
}

enum turn lookup_send(struct exchange *x, struct lookup *lookup)
{
	size_t left = lookup->count - lookup->at;

	lookup->in_flight = left < COMPOSITE_QUERIES ? left : COMPOSITE_QUERIES;
	mark_sent(x, lookup);
	if (lookup->in_flight == 1)
		return salesforce_send(x, "GET",
				       query_path(x, lookup, &lookup->queries[lookup->at]), NULL);
	return salesforce_send(x, "POST", salesforce_path(x, "/composite"),
			       composite_body(x, lookup));
}
