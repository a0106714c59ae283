/* budget.c - how often a connection may be called. Threads: the delivery worker. */
#include "deliver/budget.h"

#include <string.h>

#include "base/json.h"
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
	*bucket = (struct bucket){
		.name = name,
		.calls = calls,
		.per_ms = per_ms,
		.taken = calls,
	};
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

static int64_t *place(const struct bucket *bucket, int64_t call)
{
	return &bucket->times[call % bucket->calls];
}

int64_t budget_next(const struct budget *budget, const char *name, int64_t now)
{
	const struct bucket *bucket = find_bucket(budget, name);
	int64_t oldest, next = now;

	if (!bucket || bucket->calls == 0)
		return now;
	oldest = *place(bucket, bucket->taken);
	if (oldest)
		next = oldest + bucket->per_ms;
	return bucket->held_until > next ? bucket->held_until : next;
}

int64_t budget_take(struct budget *budget, const char *name, int64_t now)
{
	struct bucket *bucket = find_bucket(budget, name);

	if (!bucket || bucket->calls == 0)
		return 0;
	*place(bucket, bucket->taken) = now + bucket->per_ms / 4;
	return bucket->taken++;
}

void budget_answered(struct budget *budget, const char *name, int64_t call, int64_t now)
{
	struct bucket *bucket = find_bucket(budget, name);

	if (!bucket || bucket->calls == 0 || call < bucket->taken - bucket->calls)
		return;
	if (*place(bucket, call) > now)
		*place(bucket, call) = now;
}

static struct bucket *named_bucket(const struct budget *budget, const char *name)
{
	struct bucket *bucket = name ? find_bucket(budget, name) : NULL;

	return bucket && text_equal(bucket->name, name) ? bucket : NULL;
}

int budget_hold(struct budget *budget, const char *name, int64_t until)
{
	struct bucket *bucket = named_bucket(budget, name);

	if (!bucket)
		return -1;
	if (until <= bucket->held_until)
		return 0;
	bucket->held_until = until;
	return 1;
}

int64_t budget_held_until(const struct budget *budget, const char *name)
{
	const struct bucket *bucket = find_bucket(budget, name);

	return bucket ? bucket->held_until : 0;
}

/* Of the calls counted, those that the ring has room for; they keep their numbers. */
static void carry_times(struct bucket *bucket, const struct bucket *old)
{
	bucket->taken = old->taken;
	for (int64_t call = old->taken - old->calls; call < old->taken; call++)
		*place(bucket, call) = *place(old, call);
}

void budget_carry(struct budget *budget, const struct budget *old)
{
	for (size_t i = 0; i < old->count; i++) {
		struct bucket *bucket = named_bucket(budget, old->buckets[i].name);

		if (!bucket || bucket->calls == 0 || old->buckets[i].calls == 0)
			continue;
		bucket->held_until = old->buckets[i].held_until;
		carry_times(bucket, &old->buckets[i]);
	}
}

const char *budget_holds(const struct budget *budget, struct arena *arena, int64_t now)
{
	json_t *holds = json_keep(arena, json_object());

	for (size_t i = 0; i < budget->count; i++)
		if (budget->buckets[i].held_until > now)
			json_object_set_new(holds, budget->buckets[i].name,
					    json_integer(budget->buckets[i].held_until));
	return json_object_size(holds) ? json_text(arena, holds) : NULL;
}

void budget_set_holds(struct budget *budget, struct arena *arena, const char *text)
{
	json_t *holds = text ? json_parse(arena, text, strlen(text), &json_limits_lead, NULL) :
			       NULL;
	const char *name;
	json_t *until;

	json_object_foreach(holds, name, until)
		budget_hold(budget, name, json_integer_value(until));
}

static int used_of(const struct bucket *bucket, int64_t now)
{
	int used = 0;

	for (; used < bucket->calls; used++) {
		int64_t at = *place(bucket, bucket->taken - used - 1);

		if (!at || at + bucket->per_ms <= now)
			break;
	}
	return used;
}

/* Evenly from a quarter on; and when fewer are left than were used, so much wider apart. */
static int64_t pace_of(const struct bucket *bucket, int64_t now)
{
	int used = used_of(bucket, now), left = bucket->calls - used;

	if (used == 0 || used < bucket->calls / 4)
		return 0;
	if (left == 0)
		return INT64_MAX;
	return bucket->per_ms * (used > left ? used : left) / left / bucket->calls;
}

int64_t budget_pace(const struct budget *budget, int64_t now)
{
	int64_t most = 0;

	for (size_t i = 0; i < budget->count; i++) {
		int64_t pace = pace_of(&budget->buckets[i], now);

		if (pace > most)
			most = pace;
	}
	return most;
}
