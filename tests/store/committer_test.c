/* committer_test.c - units are kept together, fail alone, and are answered in order. */
#include "store/box.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define ADD "INSERT INTO counter (workspace, name, value) VALUES ($1, $2, $3)"

/* A unit that writes one row and remembers what became of it. */
struct probe {
	struct unit unit;
	struct log_of_probes *log;
	int64_t number;
	int runs, fails; /* how often it has run; how often it is to fail */
	bool is_ignorant; /* goes on although the store has failed */
	int result;      /* what done said; 99 before */
	char why[256];
};

/* The order in which they ran and were done, shared under lock. */
struct log_of_probes {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t ran[1000], done[1000];
	size_t nran, ndone;
	bool is_held; /* the gate waits for it to become false */
};

static void log_init(struct log_of_probes *log)
{
	memset(log, 0, sizeof(*log));
	pthread_mutex_init(&log->lock, NULL);
	pthread_cond_init(&log->changed, NULL);
}

static void note_done(struct unit *unit, int result, const struct error *err)
{
	struct probe *probe = (struct probe *)unit;

	pthread_mutex_lock(&probe->log->lock);
	if (probe->result != 99)
		abort(); /* twice */
	probe->result = result;
	if (err)
		memcpy(probe->why, err->message, sizeof(probe->why));
	probe->log->done[probe->log->ndone++] = probe->number;
	pthread_cond_broadcast(&probe->log->changed);
	pthread_mutex_unlock(&probe->log->lock);
}

static int add_row(struct tx *tx, struct unit *unit, struct error *err)
{
	struct probe *probe = (struct probe *)unit;
	const char *name = arena_printf(tx_arena(tx), "row %lld", (long long)probe->number);
	int64_t number;
	int rc;

	probe->log->ran[probe->log->nran++] = probe->number;
	tx_count(tx, 1, "rows", 1);
	rc = db_write(tx_view(tx)->db, ADD,
		      DB_VALUES(db_int(9), db_text(name), db_int(probe->runs)), err);
	probe->runs++;
	if (rc == 0 && probe->fails > 0) {
		probe->fails--;
		rc = db_write(tx_view(tx)->db, "INSERT INTO nowhere VALUES (1)", DB_NONE, err);
		if (rc == 0) /* a driver that tells later */
			rc = db_find_int(tx_view(tx)->db, "SELECT 1", DB_NONE, &number, err);
		if (probe->is_ignorant)
			rc = 0;
	}
	return rc < 0 ? -1 : (int)probe->number;
}

static struct probe *probe_new(struct box *box, struct log_of_probes *log, int64_t number)
{
	struct probe *probe = arena_alloc(box->arena, sizeof(*probe));

	*probe = (struct probe){ .unit = { .run = add_row, .done = note_done, .workspace = 1 },
				 .log = log,
				 .number = number,
				 .result = 99 };
	return probe;
}

/* A unit that holds the committer until log_let_go(), so that others gather. */
static int hold(struct tx *tx, struct unit *unit, struct error *err)
{
	struct probe *probe = (struct probe *)unit;

	(void)tx;
	(void)err;
	pthread_mutex_lock(&probe->log->lock);
	probe->runs++;
	pthread_cond_broadcast(&probe->log->changed);
	while (probe->log->is_held)
		pthread_cond_wait(&probe->log->changed, &probe->log->lock);
	pthread_mutex_unlock(&probe->log->lock);
	return 0;
}

static struct probe *hold_committer(struct box *box, struct log_of_probes *log)
{
	struct probe *gate = probe_new(box, log, 0);

	log->is_held = true;
	gate->unit.run = hold;
	gate->unit.workspace = 0;
	store_submit(box->store, URGENCY_INTERACTIVE, &gate->unit);
	pthread_mutex_lock(&log->lock);
	while (gate->runs == 0)
		pthread_cond_wait(&log->changed, &log->lock);
	pthread_mutex_unlock(&log->lock);
	return gate;
}

static void let_go(struct log_of_probes *log, size_t until_done)
{
	pthread_mutex_lock(&log->lock);
	log->is_held = false;
	pthread_cond_broadcast(&log->changed);
	while (log->ndone < until_done)
		pthread_cond_wait(&log->changed, &log->lock);
	pthread_mutex_unlock(&log->lock);
}

/* One unit a gate, and all that gathered behind it in one transaction after it. */
static void open_patient(struct box *box)
{
	struct store_config config = box_config(box);

	config.batch_ms = 10000;
	box_open(box, &config);
}

static void failing_unit_fails_alone(struct box *box)
{
	struct probe *probes[64];
	struct log_of_probes log;

	log_init(&log);
	open_patient(box);
	hold_committer(box, &log);
	for (int i = 0; i < 64; i++) {
		probes[i] = probe_new(box, &log, i + 1);
		store_submit(box->store, URGENCY_INTERACTIVE, &probes[i]->unit);
	}
	probes[30]->fails = 100;
	let_go(&log, 65);
	for (int i = 0; i < 64; i++)
		assert_int_equal(probes[i]->result, i == 30 ? -1 : i + 1);
	assert_non_null(strstr(probes[30]->why, "nowhere"));
	for (size_t i = 0; i < 65; i++)
		assert_int_equal(log.done[i], i);
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE workspace = 9"), 63);
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE name = 'row 31'"), 0);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'rows'"), 63);
}

static void second_run_finds_no_trace_of_the_first(struct box *box)
{
	struct log_of_probes log;
	struct probe *first, *second;
	struct arena *arena = arena_new();
	struct arena_mark before, after;

	log_init(&log);
	open_patient(box);
	hold_committer(box, &log);
	first = probe_new(box, &log, 1);
	first->unit.arena = arena;
	second = probe_new(box, &log, 2);
	second->fails = 1; /* the first time: so both run again, and both are kept */
	before = arena_mark(arena);
	store_submit(box->store, URGENCY_INTERACTIVE, &first->unit);
	store_submit(box->store, URGENCY_INTERACTIVE, &second->unit);
	let_go(&log, 3);
	after = arena_mark(arena);
	assert_int_equal(first->runs, 2);
	assert_int_equal(first->result, 1);
	assert_int_equal(second->result, 2);
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE workspace = 9"), 2);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'row 1'"), 1);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'rows'"), 2);
	/* One "row 1", not two. */
	(void)before;
	assert_true(after.used <= 64);
	arena_free(arena);
}

static void ignorant_unit_keeps_nothing(struct box *box)
{
	struct log_of_probes log;
	struct probe *probe;

	log_init(&log);
	open_patient(box);
	probe = probe_new(box, &log, 1);
	probe->fails = 100;
	probe->is_ignorant = true;
	store_submit(box->store, URGENCY_INTERACTIVE, &probe->unit);
	let_go(&log, 1);
	assert_int_equal(probe->result, -1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE workspace = 9"), 0);
}

static void outcomes_go_first_and_bulk_last(struct box *box)
{
	static const struct {
		enum urgency urgency;
		int64_t number;
	} given[] = { { URGENCY_BULK, 5 },        { URGENCY_INTERACTIVE, 3 },
		      { URGENCY_BULK, 6 },        { URGENCY_OUTCOME, 1 },
		      { URGENCY_INTERACTIVE, 4 }, { URGENCY_OUTCOME, 2 } };
	struct log_of_probes log;

	log_init(&log);
	open_patient(box);
	hold_committer(box, &log);
	for (size_t i = 0; i < ARRAY_LEN(given); i++)
		store_submit(box->store, given[i].urgency,
			     &probe_new(box, &log, given[i].number)->unit);
	let_go(&log, 7);
	for (int i = 0; i < 6; i++)
		assert_int_equal(log.ran[i], i + 1);
	for (int i = 0; i < 7; i++)
		assert_int_equal(log.done[i], i);
}

/* A unit that comes again as soon as it is done: with some of them the queue never runs
 * out of that urgency. */
struct eager {
	struct unit unit;
	struct store *store;
	enum urgency urgency;
	_Atomic bool *is_over;
	_Atomic int *ended;
};

static int run_eager(struct tx *tx, struct unit *unit, struct error *err)
{
	(void)unit;
	(void)err;
	tx_count(tx, 1, "eager", 1);
	return 0;
}

static void come_again(struct unit *unit, int result, const struct error *err)
{
	struct eager *eager = (struct eager *)unit;

	(void)result;
	(void)err;
	if (*eager->is_over)
		(*eager->ended)++;
	else
		store_submit(eager->store, eager->urgency, unit);
}

/* While units of the one urgency pour in, one of the other comes on. */
static void comes_on(struct box *box, enum urgency poured, enum urgency other)
{
	struct store_config config = box_config(box);
	struct eager eager[64];
	_Atomic bool is_over = false;
	_Atomic int ended = 0;
	struct log_of_probes log;
	struct timespec until;
	int rc = 0;

	log_init(&log);
	config.batch_units = 8;
	box_open(box, &config);
	for (size_t i = 0; i < ARRAY_LEN(eager); i++) {
		eager[i] = (struct eager){
			{ .run = run_eager, .done = come_again, .workspace = 1 }, box->store,
			poured, &is_over, &ended
		};
		store_submit(box->store, poured, &eager[i].unit);
	}
	store_submit(box->store, other, &probe_new(box, &log, 1)->unit);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 30;
	pthread_mutex_lock(&log.lock);
	while (log.ndone == 0 && rc == 0)
		rc = pthread_cond_timedwait(&log.changed, &log.lock, &until);
	pthread_mutex_unlock(&log.lock);
	is_over = true;
	box_close(box);
	assert_int_equal(rc, 0);
	assert_int_equal(ended, ARRAY_LEN(eager));
}

static void bulk_comes_on_while_leads_pour_in(struct box *box)
{
	comes_on(box, URGENCY_INTERACTIVE, URGENCY_BULK);
}

static void leads_come_on_while_outcomes_pour_in(struct box *box)
{
	comes_on(box, URGENCY_OUTCOME, URGENCY_INTERACTIVE);
}

static void awaited_unit_is_refused_when_it_waits_too_long(struct box *box)
{
	struct store_config config = box_config(box);
	struct log_of_probes log;
	struct probe *awaited, *patient;

	log_init(&log);
	config.patience_ms = 50;
	box_open(box, &config);
	hold_committer(box, &log);
	patient = probe_new(box, &log, 1);
	awaited = probe_new(box, &log, 2);
	awaited->unit.is_awaited = true;
	store_submit(box->store, URGENCY_INTERACTIVE, &patient->unit);
	store_submit(box->store, URGENCY_BULK, &awaited->unit);
	pthread_mutex_lock(&log.lock);
	while (log.ndone == 0) /* though the committer is still held */
		pthread_cond_wait(&log.changed, &log.lock);
	assert_true(log.is_held);
	pthread_mutex_unlock(&log.lock);
	assert_int_equal(awaited->result, -1);
	assert_string_equal(awaited->why, "not begun in 50 ms");
	assert_int_equal(store_stats(box->store).waiting, 1);
	let_go(&log, 3);
	assert_int_equal(awaited->runs, 0);
	assert_int_equal(patient->result, 1);
}

static void refusal_is_a_result(struct box *box)
{
	struct log_of_probes log;
	struct probe *probe;

	log_init(&log);
	box_open(box, NULL);
	probe = probe_new(box, &log, 409);
	store_submit(box->store, URGENCY_INTERACTIVE, &probe->unit);
	let_go(&log, 1);
	assert_int_equal(probe->result, 409);
	assert_string_equal(probe->why, "");
}

static void too_many_waiting_stop_accept(struct box *box)
{
	struct store_config config = box_config(box);
	struct log_of_probes log;

	log_init(&log);
	config.units_max = 3;
	box_open(box, &config);
	hold_committer(box, &log);
	for (int i = 1; i <= 3; i++) {
		assert_true(store_is_accepting(box->store));
		store_submit(box->store, URGENCY_INTERACTIVE, &probe_new(box, &log, i)->unit);
	}
	assert_false(store_is_accepting(box->store));
	let_go(&log, 4);
	assert_true(store_is_accepting(box->store));
}

static void closing_runs_what_waits(struct box *box)
{
	struct probe *probes[200];
	struct log_of_probes log;

	log_init(&log);
	box_open(box, NULL);
	for (int i = 0; i < 200; i++) {
		probes[i] = probe_new(box, &log, i + 1);
		store_submit(box->store, URGENCY_BULK, &probes[i]->unit);
	}
	box_close(box);
	for (int i = 0; i < 200; i++)
		assert_int_equal(probes[i]->result, i + 1);
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE workspace = 9"), 200);
}

static void count_wake(void *context)
{
	(*(_Atomic int *)context)++;
}

static int wake_two(struct tx *tx, void *context, struct error *err)
{
	tx_wake(tx, WAKE_ALERTS);
	tx_wake(tx, WAKE_ALERTS);
	return context ? error_set(err, ERR_INTERNAL, "no") : 0;
}

static void wakes_come_once_after_a_commit(struct box *box)
{
	_Atomic int alerts = 0, deliveries = 0;
	int is_failing = 1;

	box_open(box, NULL);
	store_on_wake(box->store, WAKE_ALERTS, count_wake, (void *)&alerts);
	store_on_wake(box->store, WAKE_DELIVERIES, count_wake, (void *)&deliveries);
	assert_int_equal(box_do(box, wake_two, &is_failing), -1);
	assert_string_equal(box->err.message, "no");
	assert_int_equal(box_do(box, wake_two, NULL), 0);
	box_close(box);
	assert_int_equal(alerts, 1);
	assert_int_equal(deliveries, 0);
}

/* ---- Many threads ---- */

#define THREADS 8
#define EACH 2000

struct crowd {
	struct box *box;
	int number;
	_Atomic int failed, kept;
};

static int add_numbered(struct tx *tx, void *context, struct error *err)
{
	int64_t *number = context;

	tx_count(tx, 1, "kept", 1);
	return db_write(tx_view(tx)->db, ADD,
			DB_VALUES(db_int(10), db_text(arena_printf(tx_arena(tx), "%lld",
								   (long long)*number)),
				  db_int(*number)),
			err);
}

struct loose {
	struct unit unit;
	struct crowd *crowd;
	int64_t number;
};

static int add_loose(struct tx *tx, struct unit *unit, struct error *err)
{
	return add_numbered(tx, &((struct loose *)unit)->number, err);
}

static void free_loose(struct unit *unit, int result, const struct error *err)
{
	struct loose *loose = (struct loose *)unit;

	(void)err;
	if (result < 0)
		loose->crowd->failed++;
	else
		loose->crowd->kept++;
	arena_free(unit->arena);
	free(loose);
}

static void *submit_many(void *context)
{
	struct crowd *crowd = context;

	for (int i = 0; i < EACH; i++) {
		struct loose *loose = calloc(1, sizeof(*loose));

		loose->unit = (struct unit){ .run = add_loose,
					     .done = free_loose,
					     .workspace = 1,
					     .arena = arena_new() };
		loose->crowd = crowd;
		loose->number = (int64_t)crowd->number * EACH + i;
		if (i % 3 == 0) {
			/* Not ours any more once submitted: only the last may be touched. */
			int64_t number = loose->number + 1000000;

			if (store_run(crowd->box->store, URGENCY_OUTCOME, 1, add_numbered,
				      &number, NULL) < 0)
				crowd->failed++;
			else
				crowd->kept++;
		}
		store_submit(crowd->box->store, (enum urgency)(i % 3), &loose->unit);
	}
	return NULL;
}

static void many_threads_lose_nothing(struct box *box)
{
	struct crowd crowds[THREADS];
	pthread_t threads[THREADS];
	int kept = 0;
	struct store_stats stats;

	box_open(box, NULL);
	for (int i = 0; i < THREADS; i++) {
		crowds[i] = (struct crowd){ .box = box, .number = i };
		pthread_create(&threads[i], NULL, submit_many, &crowds[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	while (store_stats(box->store).waiting > 0)
		usleep(1000);
	stats = store_stats(box->store);
	assert_true(stats.transactions > 0);
	box_close(box);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(crowds[i].failed, 0);
		kept += crowds[i].kept;
	}
	assert_int_equal(kept, THREADS * (EACH + (EACH + 2) / 3));
	assert_int_equal(box_number(box, "SELECT count(*) FROM counter WHERE workspace = 10"),
			 kept);
	assert_int_equal(box_number(box, "SELECT value FROM counter WHERE name = 'kept'"), kept);
}

static int do_nothing(struct tx *tx, void *context, struct error *err)
{
	(void)tx;
	(void)context;
	(void)err;
	return 0;
}

static int run_made(struct tx *tx, void *context, struct error *err)
{
	const char *sql = arena_printf(tx_arena(tx), "SELECT %d", *(int *)context);
	int64_t number;

	return db_find_int(tx_view(tx)->db, sql, DB_NONE, &number, err) < 0 ? -1 : 0;
}

static void sql_that_is_made_at_run_time_is_refused(struct box *box)
{
	int number = 7;

	box_open(box, NULL);
	assert_int_equal(box_do(box, run_made, &number), -1);
	assert_string_equal(box->err.message, "sql: made at run time: SELECT 7");
	assert_int_equal(box_do(box, do_nothing, NULL), 0);
}

static const struct box_case cases[] = {
	BOX_CASE(failing_unit_fails_alone),
	BOX_CASE(sql_that_is_made_at_run_time_is_refused),
	BOX_CASE(second_run_finds_no_trace_of_the_first),
	BOX_CASE(ignorant_unit_keeps_nothing),
	BOX_CASE(outcomes_go_first_and_bulk_last),
	BOX_CASE(bulk_comes_on_while_leads_pour_in),
	BOX_CASE(leads_come_on_while_outcomes_pour_in),
	BOX_CASE(awaited_unit_is_refused_when_it_waits_too_long),
	BOX_CASE(refusal_is_a_result),
	BOX_CASE(too_many_waiting_stop_accept),
	BOX_CASE(closing_runs_what_waits),
	BOX_CASE(wakes_come_once_after_a_commit),
	BOX_CASE(many_threads_lose_nothing),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
