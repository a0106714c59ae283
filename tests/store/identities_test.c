/* identities_test.c - a lead is found by its keys, whether they are in the list of the latest
 * or in the index, and after whatever became of the transaction that wrote them. */
#include "store/box.h"

#include <stdlib.h>
#include <time.h>

#include "base/attributes.h"
#include "store/identities.h"

#define MANY 3000 /* so many that the list is settled while nothing waits */
#define LOAD 400000
#define PATIENCE_MS 20000

static struct hash16 hash_of(int64_t key)
{
	struct hash16 hash = { { 0 } };
	uint64_t spread = (uint64_t)key * UINT64_C(0x9e3779b97f4a7c15);

	for (size_t i = 0; i < 8; i++)
		hash.bytes[i] = (unsigned char)(spread >> (56 - 8 * i));
	memcpy(hash.bytes + 8, &key, sizeof(key));
	return hash;
}

/* ---- The list by itself ---- */

#define KEYS 200
#define LEADS 3
#define STEPS 200000
#define ROWS 20000

/* What it should say, by looking at every row. */
struct model {
	struct recent_identity rows[ROWS];
	size_t first, end;
};

struct trial {
	struct recent *recent;
	struct model now, kept;
	int64_t seq;
	unsigned seed;
};

static int pick(struct trial *trial, int below)
{
	return rand_r(&trial->seed) % below;
}

static bool is_same(const struct recent_identity *a, const struct recent_identity *b)
{
	return a->lead == b->lead && memcmp(&a->hash, &b->hash, sizeof(a->hash)) == 0;
}

static void settle_in(struct model *model, const struct recent_identity *e)
{
	for (size_t i = model->first; i < model->end; i++)
		if (is_same(&model->rows[i], e))
			model->rows[i].is_settled = true;
}

static void add(struct trial *trial)
{
	struct recent_identity e = {
		.seq = recent_next_seq(trial->recent) + pick(trial, 3), /* rows may lack */
		.workspace = 1, .lead = pick(trial, LEADS), .hash = hash_of(pick(trial, KEYS)),
	};

	if (trial->now.end == ROWS)
		return;
	recent_add(trial->recent, &e);
	settle_in(&trial->now, &e);
	trial->now.rows[trial->now.end++] = e;
}

static void sweep(struct trial *trial)
{
	struct recent_identity *e = recent_sweep(trial->recent);

	if (!e)
		return;
	assert_false(e->is_settled);
	settle_in(&trial->now, e);
	recent_settle(trial->recent, e);
}

static void prune(struct trial *trial)
{
	int64_t until = recent_prune(trial->recent, 7);
	struct model *now = &trial->now;

	for (; now->first < now->end && now->rows[now->first].seq <= until; now->first++)
		assert_true(now->rows[now->first].is_settled);
}

static void end(struct trial *trial, bool is_kept)
{
	if (is_kept) {
		recent_keep(trial->recent);
		trial->kept = trial->now;
	} else {
		recent_undo(trial->recent);
		trial->now = trial->kept;
	}
}

static size_t unsettled_in(const struct model *model, const struct recent_identity *of)
{
	size_t count = 0;

	for (size_t i = model->first; i < model->end; i++)
		count += !model->rows[i].is_settled && (!of || is_same(&model->rows[i], of));
	return count;
}

static void assert_same(struct trial *trial, int64_t key)
{
	struct hash16 hash = hash_of(key);
	size_t found[LEADS] = { 0 };

	for (struct recent_identity *e = recent_newest(trial->recent, 1, &hash); e;
	     e = recent_older(trial->recent, e))
		found[e->lead] += !e->is_settled;
	for (int64_t lead = 0; lead < LEADS; lead++)
		assert_int_equal(found[lead],
				 unsettled_in(&trial->now, &(struct recent_identity){
								   .lead = lead, .hash = hash }));
}

static void the_list_says_what_looking_at_all_rows_says(struct box *box)
{
	struct trial *trial = arena_alloc(box->arena, sizeof(*trial));
	size_t most = 0;

	*trial = (struct trial){ .recent = recent_new(), .seed = 7 };
	for (int i = 0; i < STEPS && trial->now.end < ROWS; i++) {
		int what = pick(trial, 100);

		/* By turns more comes than is settled, and less. */
		if (what < (i / 3000 % 2 ? 20 : 60))
			add(trial);
		else if (what < 90)
			sweep(trial);
		else
			assert_same(trial, pick(trial, KEYS));
		if (pick(trial, 40) == 0) {
			prune(trial); /* nothing is added after it */
			end(trial, pick(trial, 4) > 0);
			assert_int_equal(recent_rows(trial->recent),
					 trial->now.end - trial->now.first);
			assert_int_equal(recent_unsettled(trial->recent),
					 unsettled_in(&trial->now, NULL));
		}
		if (recent_rows(trial->recent) > most)
			most = recent_rows(trial->recent);
	}
	assert_true(most > 300); /* the ring grew and went round */
	recent_free(trial->recent);
}

/* ---- In the store ---- */

struct job {
	int64_t from, count, lead; /* keys; lead 0: the key's number is its lead */
	int state;
	bool is_dropped, is_failing;
};

static int run(struct tx *tx, void *context, struct error *err)
{
	const struct job *job = context;

	for (int64_t key = job->from; key < job->from + job->count; key++) {
		struct lead lead = { .id = job->lead ? job->lead : key, .workspace = 1 };
		struct identity identity = { .hash = hash_of(key),
					     .state = (enum identity_state)job->state };

		if ((job->is_dropped ? identity_drop : identity_add)(tx, &lead, &identity, err) < 0)
			return -1;
	}
	return job->is_failing ? error_set(err, ERR_CONFLICT, "on purpose") : 0;
}

static void must(struct box *box, struct job job)
{
	if (box_do(box, run, &job) < 0)
		fail_msg("%s", box->err.message);
}

static void fill(struct box *box, int64_t count)
{
	for (int64_t key = 1; key <= count; key += 50)
		must(box, (struct job){ .from = key, .count = 50 });
}

static size_t look_in(struct box *box, struct view *view, int64_t key, int64_t leads[4])
{
	struct hash16 hash = hash_of(key);
	size_t count;

	if (identity_leads(view, 1, &hash, leads, 4, &count, &box->err) < 0)
		fail_msg("%s", box->err.message);
	return count;
}

static size_t look(struct box *box, int64_t key, int64_t leads[4])
{
	struct view *view = view_open(box->store, box->arena, &box->err);
	size_t count = look_in(box, view, key, leads);

	view_close(view);
	return count;
}

struct wish {
	int64_t key, leads[4];
};

static int find(struct tx *tx, void *context, struct error *err)
{
	struct wish *wish = context;
	struct hash16 hash = hash_of(wish->key);
	size_t count;

	if (identity_leads(tx_view(tx), 1, &hash, wish->leads, 4, &count, err) < 0)
		return -1;
	return (int)count;
}

/* As the one sees it who writes. */
static int look_as_writer(struct box *box, int64_t key, int64_t leads[4])
{
	struct wish wish = { .key = key };
	int count = box_do(box, find, &wish);

	memcpy(leads, wish.leads, sizeof(wish.leads));
	return count;
}

static void assert_all_found(struct box *box, struct view *view, int64_t count)
{
	int64_t leads[4];

	for (int64_t key = 1; key <= count; key++) {
		assert_int_equal(look_in(box, view, key, leads), 1);
		assert_int_equal(leads[0], key);
	}
}

/* Until the list was settled as far as is worth it. */
static void await_settled(struct box *box)
{
	const struct timespec pause = { .tv_nsec = 1000000 };

	for (int i = 0; i < PATIENCE_MS; i++) {
		if (box_number(box, "SELECT count(*) FROM identity_recent") <= 1024)
			return;
		nanosleep(&pause, NULL);
	}
	fail_msg("the list was not settled");
}

static void all_are_found_before_and_after_they_are_settled(struct box *box)
{
	struct view *before, *view;

	box_open(box, NULL);
	fill(box, MANY);
	before = view_open(box->store, box->arena, &box->err);
	assert_all_found(box, before, MANY);
	await_settled(box);
	assert_all_found(box, before, MANY);
	view_close(before);
	view = view_open(box->store, box->arena, &box->err);
	assert_all_found(box, view, MANY);
	view_close(view);
	assert_true(box_number(box, "SELECT count(*) FROM identity") >= MANY - 1024);
}

/* While there is always something to do, each commit settles about as many as came. */
static void the_list_stays_short_under_load(struct box *box)
{
	int64_t leads[4];

	box_open(box, NULL);
	for (int64_t key = 1; key <= LOAD; key += 1000)
		must(box, (struct job){ .from = key, .count = 1000 });
	assert_true(box_number(box, "SELECT count(*) FROM identity_recent") < 4 * 65536);
	assert_true(box_number(box, "SELECT count(*) FROM identity") > LOAD / 2);
	for (int64_t key = 1; key <= LOAD; key += LOAD / 100) {
		assert_int_equal(look_as_writer(box, key, leads), 1);
		assert_int_equal(leads[0], key);
	}
}

static void a_snapshot_does_not_see_what_came_after(struct box *box)
{
	int64_t leads[4];
	struct view *view;

	box_open(box, NULL);
	must(box, (struct job){ .from = 1, .count = 1 });
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(look_in(box, view, 1, leads), 1);
	must(box, (struct job){ .from = 2, .count = 1 });
	assert_int_equal(look_in(box, view, 2, leads), 0);
	view_close(view);
	assert_int_equal(look(box, 2, leads), 1);
}

static void a_key_of_several_gives_the_lowest_of_them(struct box *box)
{
	int64_t leads[4];

	box_open(box, NULL);
	fill(box, MANY); /* 5 is of lead 5, soon in the index */
	await_settled(box);
	for (int64_t lead = 9; lead > 1; lead--)
		must(box, (struct job){ .from = 5, .count = 1, .lead = lead });
	assert_int_equal(look(box, 5, leads), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(leads[i], 2 + (int64_t)i);
	assert_int_equal(look_as_writer(box, 5, leads), 4);
	assert_int_equal(leads[0], 2);
	assert_int_equal(leads[3], 5);
}

static void they_outlive_the_process(struct box *box)
{
	struct view *view;

	box_open(box, NULL);
	fill(box, 500);
	must(box, (struct job){ .from = 7, .count = 1, .state = IDENTITY_FORMER });
	box_close(box);
	box_open(box, NULL);
	view = view_open(box->store, box->arena, &box->err);
	assert_all_found(box, view, 500);
	view_close(view);
	fill(box, MANY); /* those are settled, the former one too */
	must(box, (struct job){ .from = 7, .count = 1, .state = IDENTITY_FORMER });
	must(box, (struct job){ .from = MANY + 1, .count = 2000 });
	await_settled(box);
	box_close(box);
	box_open(box, NULL);
	view = view_open(box->store, box->arena, &box->err);
	assert_all_found(box, view, MANY + 2000);
	view_close(view);
}

static void what_was_rolled_back_is_not_found(struct box *box)
{
	struct job failing = { .from = 1, .count = 3, .lead = 77, .is_failing = true };
	int64_t leads[4] = { 0 };

	box_open(box, NULL);
	must(box, (struct job){ .from = 1, .count = 2 });
	assert_int_equal(box_do(box, run, &failing), -1);
	failing.is_dropped = true;
	failing.lead = 0;
	assert_int_equal(box_do(box, run, &failing), -1);
	assert_int_equal(look(box, 1, leads), 1);
	assert_int_equal(look_as_writer(box, 1, leads), 1);
	assert_int_equal(leads[0], 1);
	assert_int_equal(look_as_writer(box, 2, leads), 1);
	assert_int_equal(look_as_writer(box, 3, leads), 0);
	must(box, (struct job){ .from = 3, .count = 1 });
	assert_int_equal(look(box, 3, leads), 1);
	box_close(box);
	box_open(box, NULL);
	assert_int_equal(look(box, 1, leads), 1);
	assert_int_equal(look(box, 2, leads), 1);
}

static void what_was_dropped_does_not_come_back(struct box *box)
{
	int64_t leads[4];

	box_open(box, NULL);
	must(box, (struct job){ .from = 1, .count = 1 });
	must(box, (struct job){ .from = 1, .count = 1, .state = IDENTITY_FORMER });
	must(box, (struct job){ .from = 1, .count = 1, .is_dropped = true });
	assert_int_equal(look(box, 1, leads), 0);
	box_close(box);
	box_open(box, NULL);
	assert_int_equal(look(box, 1, leads), 0);
	fill(box, MANY);
	await_settled(box);
	must(box, (struct job){ .from = 1, .count = MANY, .is_dropped = true });
	assert_int_equal(look(box, 1, leads), 0);
	assert_int_equal(look(box, MANY, leads), 0);
	assert_int_equal(box_number(box, "SELECT count(*) FROM identity") +
				 box_number(box, "SELECT count(*) FROM identity_recent "
						 "WHERE hash IS NULL"),
			 0);
}

static void the_newest_state_is_settled(struct box *box)
{
	box_open(box, NULL);
	must(box, (struct job){ .from = 1, .count = 1, .state = IDENTITY_CURRENT });
	must(box, (struct job){ .from = 1, .count = 1, .state = IDENTITY_FORMER });
	box_close(box);
	box_open(box, NULL);
	must(box, (struct job){ .from = 2, .count = MANY });
	await_settled(box);
	assert_int_equal(box_number(box, "SELECT state FROM identity WHERE lead = 1"),
			 IDENTITY_FORMER);
}

/* ---- What is known ---- */

#define KNOWN 300000

static struct hash16 real_hash(const struct hash_key *key, int number)
{
	return hash16(key, "email", &number, sizeof(number));
}

static void what_was_added_is_never_denied(struct box *box)
{
	struct hash_key key = hash_key_new();
	struct known *known = known_new();
	struct hash16 hash;
	int wrong = 0;

	(void)box;
	for (int i = 0; i < KNOWN; i++) {
		hash = real_hash(&key, i);
		known_add(known, &hash);
	}
	hash = real_hash(&key, -1);
	assert_true(known_may_have(known, &hash)); /* nobody has said that this was all */
	known_complete(known);
	for (int i = 0; i < KNOWN; i++) {
		hash = real_hash(&key, i);
		assert_true(known_may_have(known, &hash));
	}
	for (int i = KNOWN; i < 2 * KNOWN; i++) {
		hash = real_hash(&key, i);
		wrong += known_may_have(known, &hash);
	}
	print_message("# %d of %d others may be in it; %zu bytes\n", wrong, KNOWN,
		      known_bytes(known));
	assert_in_range(wrong, 0, KNOWN / 50);
	assert_in_range(known_bytes(known), 0, KNOWN * 4);
	known_free(known);
}

static int ask_whether_complete(struct tx *tx, void *context, struct error *err)
{
	(void)context;
	(void)err;
	return known_is_complete(tx_view(tx)->known);
}

/* More than is learnt at once: the rest comes piece by piece, between other units. */
static void what_the_index_holds_is_learnt_when_it_opens(struct box *box)
{
	const int64_t count = 30000;
	int64_t leads[4];

	box_open(box, NULL);
	for (int64_t key = 1; key <= count; key += 1000)
		must(box, (struct job){ .from = key, .count = 1000 });
	await_settled(box);
	box_close(box);
	assert_true(box_number(box, "SELECT count(*) FROM identity") > count - 1100);
	box_open(box, NULL);
	for (int64_t key = 1; key <= count; key += 100)
		assert_int_equal(look_as_writer(box, key, leads), 1);
	must(box, (struct job){ .from = count + 1, .count = 1 });
	while (box_do(box, ask_whether_complete, NULL) == 0)
		continue;
	for (int64_t key = 1; key <= count + 1; key++)
		assert_int_equal(look_as_writer(box, key, leads), 1);
	for (int64_t key = count + 2; key <= 2 * count; key += 10)
		assert_int_equal(look_as_writer(box, key, leads), 0);
}

static const struct box_case cases[] = {
	BOX_CASE_SQLITE(what_was_added_is_never_denied),
	BOX_CASE_SQLITE(what_the_index_holds_is_learnt_when_it_opens),
	BOX_CASE_SQLITE(the_list_says_what_looking_at_all_rows_says),
	BOX_CASE(all_are_found_before_and_after_they_are_settled),
	BOX_CASE_SQLITE(the_list_stays_short_under_load),
	BOX_CASE(a_snapshot_does_not_see_what_came_after),
	BOX_CASE(a_key_of_several_gives_the_lowest_of_them),
	BOX_CASE(they_outlive_the_process),
	BOX_CASE(what_was_rolled_back_is_not_found),
	BOX_CASE(what_was_dropped_does_not_come_back),
	BOX_CASE(the_newest_state_is_settled),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
