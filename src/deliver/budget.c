/* budget.c - how often a connection may be called. Threads: the delivery worker. */
#include "deliver/budget.h"

#include "base/text.h"

/* A wide window is cut into narrower ones of the same rate: 190 calls in 10 s stay as
 * they are, 250,000 a day become 1,000 in 5.8 minutes. */
static void bucket_init(struct bucket *bucket, struct arena *arena, const char *name,
			int calls, int64_t per_ms, int64_t spent_until)
{
	if (calls > BUDGET_CALLS_MAX) {
		per_ms = per_ms * BUDGET_CALLS_MAX / calls;
		calls = BUDGET_CALLS_MAX;
	}
	*bucket = (struct bucket){ .name = name, .calls = calls, .per_ms = per_ms };
	bucket->times = arena_array(arena, (size_t)calls, sizeof(*bucket->times));
	for (int i = 0; i < calls; i++)
		bucket->times[i] = spent_until ? spent_until - per_ms : 0;
}

static size_t count_rules(const struct connector *connector)
{
	size_t count = 0;

	while (connector->rates && connector->rates[count].calls)
		count++;
	return count;
}

void budget_init(struct budget *budget, struct arena *arena,
		 const struct connector *connector, const struct connection *connection,
		 int64_t spent_until)
{
	const struct delivery_limits *own = &connection->limits;
	size_t rules = count_rules(connector);

	budget->count = rules ? rules : (own->calls > 0);
	budget->buckets = arena_array(arena, budget->count + 1, sizeof(*budget->buckets));
	for (size_t i = 0; i < rules; i++)
		bucket_init(&budget->buckets[i], arena, connector->rates[i].bucket,
			    connector->rates[i].calls, connector->rates[i].per_ms,
			    spent_until);
	if (own->calls > 0)
		bucket_init(&budget->buckets[0], arena,
			    rules ? connector->rates[0].bucket : "calls", own->calls,
			    own->per_ms ? own->per_ms : 1000, spent_until);
}

static struct bucket *find_bucket(const struct budget *budget, const char *name)
{
	for (size_t i = 0; i < budget->count; i++)
		if (name && text_equal(budget->buckets[i].name, name))
			return &budget->buckets[i];
	return budget->count ? &budget->buckets[0] : NULL;
}

int64_t budget_next(const struct budget *budget, const char *name, int64_t now)
{
	const struct bucket *bucket = find_bucket(budget, name);
	int64_t oldest;

	if (!bucket || bucket->calls == 0)
		return now;
	oldest = bucket->times[bucket->next];
	return oldest ? oldest + bucket->per_ms : now;
}

void budget_take(struct budget *budget, const char *name, int64_t now)
{
	struct bucket *bucket = find_bucket(budget, name);

	if (!bucket || bucket->calls == 0)
		return;
	bucket->times[bucket->next] = now;
	bucket->next = (bucket->next + 1) % bucket->calls;
}
