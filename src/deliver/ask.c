/* ask.c - questions to a CRM that deliver nothing. Threads: the delivery worker, but for
 * the functions of deliver.h, which wait in any other. */
#include "deliver/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define ASK_MS 30000
#define SCHEMA_AGAIN_MS 30000 /* after a describe that failed */
#define KEY_AGAIN_MS 60000    /* after one that showed no field for our key */
#define DOUBT_MS 30000        /* between those that a refused value asks for */

/* ---- Reading a missing schema before anything is sent ---- */

struct describing {
	struct talk talk;
	struct mail mail;
	struct unit unit;
	struct catalog catalog;
	unsigned renewals; /* of the desk, when it began */
	bool is_refresh;   /* what is kept serves meanwhile */
	int result;
};

/* Letters that died of a schema are tried again under another. */
static int keep_catalog(struct tx *tx, const struct actor *actor, int64_t connection,
			struct catalog *catalog, struct error *err)
{
	int changed;

	catalog->read_at = tx_now(tx);
	changed = catalog_keep(tx, actor, connection, catalog, err);
	if (changed == 1 && delivery_revive(tx, actor, connection, NULL, err) < 0)
		return -1;
	return changed;
}

static int keep_run(struct tx *tx, struct unit *unit, struct error *err)
{
	struct describing *d =
		(struct describing *)((char *)unit - offsetof(struct describing, unit));
	struct desk *desk = d->talk.desk;
	struct actor actor = { .workspace = desk->workspace,
			       .kind = ACTOR_CONNECTION,
			       .id = desk->connection };

	for (size_t i = 0; i < d->talk.ncalls; i++)
		if (call_add(tx, &actor, &d->talk.calls[i], err) < 0)
			return -1;
	if (d->catalog.nfields == 0)
		return 0;
	return keep_catalog(tx, &actor, desk->connection, &d->catalog, err);
}

/* The status of an answer that refuses this object and nothing else, or 0. */
static int refusal_of(const struct describing *d)
{
	const struct http_reply *reply = d->talk.x.reply;

	if (d->catalog.nfields || !reply || reply->failure != HTTP_REPLIED ||
	    reply->status / 100 != 4 || reply->status == 401 || reply->status == 408 ||
	    reply->status == 429)
		return 0;
	return reply->status;
}

static void kept(struct mail *mail)
{
	struct describing *d =
		(struct describing *)((char *)mail - offsetof(struct describing, mail));
	struct desk *desk = d->talk.desk;
	bool is_unread = d->result < 0 || d->catalog.nfields == 0;
	int64_t now = clock_now();

	if (d->is_refresh) {
		desk->refreshing--;
		desk->refresh_at = is_unread ? now + SCHEMA_AGAIN_MS : 0;
		if (d->renewals != desk->renewals)
			desk->keys_at = 0;
	} else {
		desk->describing--;
		/* What was asked before something changed says nothing of it. */
		if (d->renewals != desk->renewals)
			desk->describe_at = 0;
		else if (is_unread)
			desk->describe_at = now + SCHEMA_AGAIN_MS;
	}
	if (refusal_of(d) || !is_unread)
		desk_note_unread(desk, d->talk.x.object, refusal_of(d));
	desk_swap_terms(desk);
	terms_release(d->talk.terms);
	arena_free(d->unit.arena);
	arena_free(d->talk.arena);
}

static void keep_done(struct unit *unit, int result, const struct error *err)
{
	struct describing *d =
		(struct describing *)((char *)unit - offsetof(struct describing, unit));

	(void)err;
	d->result = result;
	d->mail.open = kept;
	deliverer_post(d->talk.desk->deliverer, &d->mail);
}

static void described(struct talk *talk)
{
	struct describing *d = talk->context;

	d->unit = (struct unit){
		.run = keep_run,
		.done = keep_done,
		.workspace = talk->desk->workspace,
		.arena = arena_new(),
	};
	store_submit(deliverer_config(talk->desk->deliverer)->store, URGENCY_OUTCOME,
		     &d->unit);
}

enum asking_schema { SCHEMA_MISSING, SCHEMA_AGAIN };

static void describe(struct desk *desk, const char *object, enum asking_schema why)
{
	struct arena *arena = arena_new();
	struct describing *d = arena_alloc(arena, sizeof(*d));

	d->talk = (struct talk){
		.desk = desk,
		.terms = terms_hold(desk->terms),
		.arena = arena,
		.verb = "describe",
		.turn = desk->terms->connector->describe,
		.until = clock_now() + ASK_MS,
		.done = described,
		.context = d,
		.x = { .object = object, .catalog = &d->catalog },
	};
	d->catalog.object = object;
	d->renewals = desk->renewals;
	d->is_refresh = why == SCHEMA_AGAIN;
	if (d->is_refresh)
		desk->refreshing++;
	else
		desk->describing++;
	talk_start(&d->talk);
}

/* When a schema is to be read anew: at intervals, and soon when the CRM refuses what fitted
 * the one that is kept. */
static int64_t refresh_at(const struct desk *desk, const struct catalog *catalog)
{
	int64_t every_ms = deliverer_config(desk->deliverer)->schema_ms;

	if (desk->doubted_at > catalog->read_at && DOUBT_MS < every_ms)
		every_ms = DOUBT_MS;
	return catalog->read_at + every_ms;
}

/* Reads one old schema anew, if there is one: the next has its turn when that is done. */
static void refresh(struct desk *desk, int64_t now)
{
	if (desk->refreshing || desk->refresh_at > now ||
	    desk->circuit.state != CIRCUIT_CLOSED)
		return;
	for (size_t i = 0; i < desk->terms->nmappings; i++) {
		const struct terms_mapping *m = &desk->terms->mappings[i];

		if (!m->catalog || !m->sync || refresh_at(desk, m->catalog) > now)
			continue;
		describe(desk, m->mapping->object, SCHEMA_AGAIN);
		return;
	}
}

/* A field that was missing may be there by now: what is kept says nothing of it. */
static void look_for_keys(struct desk *desk, int64_t now)
{
	if (desk->refreshing || desk->keys_at > now || desk->circuit.state != CIRCUIT_CLOSED)
		return;
	for (size_t i = 0; i < desk->terms->nmappings; i++) {
		const struct terms_mapping *m = &desk->terms->mappings[i];

		if (m->lack && m->catalog && m->sync)
			describe(desk, m->mapping->object, SCHEMA_AGAIN);
	}
	if (desk->refreshing)
		desk->keys_at = now + KEY_AGAIN_MS;
}

bool ask_needs_schema(struct desk *desk, int64_t now)
{
	struct terms *terms = desk->terms;
	bool is_missing = false;

	if (desk->describing)
		return true;
	if (!terms->connector->describe)
		return false;
	for (size_t i = 0; i < terms->nmappings; i++) {
		struct terms_mapping *m = &terms->mappings[i];

		if (m->catalog || !m->sync || m->problem)
			continue;
		/* What the CRM refuses to tell holds its own deliveries and no others. */
		is_missing = is_missing || !m->lack;
		if (desk->describe_at > now)
			continue;
		if (desk->circuit.state != CIRCUIT_CLOSED)
			desk->circuit.is_probing = true;
		describe(desk, m->mapping->object, SCHEMA_MISSING);
	}
	keys_note(desk);
	look_for_keys(desk, now);
	refresh(desk, now);
	drift_note(desk);
	return is_missing;
}

/* ---- Asked from other threads ---- */

void question_answer(struct question *q, int rc)
{
	pthread_mutex_lock(&q->lock);
	q->rc = rc;
	q->is_answered = true;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
}

static void open_question(struct mail *mail)
{
	struct question *q = (struct question *)((char *)mail - offsetof(struct question, mail));
	struct desk *desk = deliverer_desk(q->deliverer, q->workspace, q->connection);

	if (desk) {
		q->begin(q, desk);
		return;
	}
	error_set(&q->err, ERR_NOT_FOUND, "no connection \"%s\"", q->connection);
	question_answer(q, -1);
}

int question_ask(struct question *q, struct error *err)
{
	q->mail.open = open_question;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->answered, NULL);
	deliverer_post(q->deliverer, &q->mail);
	pthread_mutex_lock(&q->lock);
	while (!q->is_answered)
		pthread_cond_wait(&q->answered, &q->lock);
	pthread_mutex_unlock(&q->lock);
	pthread_cond_destroy(&q->answered);
	pthread_mutex_destroy(&q->lock);
	if (q->rc < 0 && err)
		*err = q->err;
	return q->rc;
}

struct asking {
	struct question q; /* first: it is found by its address */
	struct talk talk;
	enum { ASK_CHECK, ASK_LIMITS, ASK_CREATE_KEY, ASK_DESCRIBE } kind;
	const char *object;
	struct catalog *catalog;
};

static void asked(struct talk *talk)
{
	struct asking *asking = talk->context;
	const struct http_reply *reply = talk->x.reply;

	terms_release(talk->terms);
	if (asking->kind == ASK_DESCRIBE && asking->catalog->nfields == 0) {
		error_set(&asking->q.err, ERR_UNAVAILABLE,
			  "the CRM did not describe \"%s\": %s", asking->object,
			  reply && reply->why ? reply->why :
			  reply		      ? arena_printf(talk->arena, "status %d",
						     reply->status) :
						"it cannot");
		question_answer(&asking->q, -1);
		return;
	}
	question_answer(&asking->q, 0);
}

void ask_probe(struct desk *desk)
{
	if (desk->circuit.state == CIRCUIT_OPEN || desk->circuit.state == CIRCUIT_REAUTH)
		desk->circuit.is_probing = true;
}

static void begin_asking(struct question *q, struct desk *desk)
{
	struct asking *asking = (struct asking *)q;
	const struct connector *connector = desk->terms->connector;
	connector_turn *turn = asking->kind == ASK_CHECK      ? connector->check :
			       asking->kind == ASK_LIMITS     ? connector->limits :
			       asking->kind == ASK_CREATE_KEY ? connector->create_key :
								connector->describe;

	if (!turn) {
		error_set(&q->err, ERR_INVALID, "this connector cannot be asked that");
		question_answer(q, -1);
		return;
	}
	ask_probe(desk);
	asking->talk.desk = desk;
	asking->talk.terms = terms_hold(desk->terms);
	asking->talk.turn = turn;
	talk_start(&asking->talk);
}

static int ask(struct deliverer *deliverer, int64_t workspace, const char *connection,
	       struct asking *asking, const char *verb, struct arena *arena,
	       struct error *err)
{
	asking->q.deliverer = deliverer;
	asking->q.workspace = workspace;
	asking->q.connection = connection;
	asking->q.begin = begin_asking;
	asking->talk.arena = arena;
	asking->talk.verb = verb;
	asking->talk.until = clock_now() + ASK_MS;
	asking->talk.done = asked;
	asking->talk.context = asking;
	asking->talk.x.object = asking->object;
	return question_ask(&asking->q, err);
}

static int ask_report(struct deliverer *deliverer, int64_t workspace, const char *connection,
		      struct asking *asking, const char *verb, struct arena *arena,
		      struct check_report *report, struct error *err)
{
	*report = (struct check_report){ .calls_max = -1, .calls_left = -1 };
	asking->talk.x.report = report;
	return ask(deliverer, workspace, connection, asking, verb, arena, err);
}

int deliverer_check(struct deliverer *deliverer, int64_t workspace, const char *connection,
		    const char *object, struct arena *arena, struct check_report *report,
		    struct error *err)
{
	struct asking asking = { .kind = ASK_CHECK, .object = object };

	return ask_report(deliverer, workspace, connection, &asking, "check", arena, report,
			  err);
}

int deliverer_create_key(struct deliverer *deliverer, int64_t workspace,
			 const char *connection, const char *object, struct arena *arena,
			 struct check_report *report, struct error *err)
{
	struct asking asking = { .kind = ASK_CREATE_KEY, .object = object };

	return ask_report(deliverer, workspace, connection, &asking, "create_key", arena,
			  report, err);
}

int deliverer_limits(struct deliverer *deliverer, int64_t workspace,
		     const char *connection, struct arena *arena,
		     struct check_report *report, struct error *err)
{
	struct asking asking = { .kind = ASK_LIMITS };

	return ask_report(deliverer, workspace, connection, &asking, "limits", arena, report,
			  err);
}

struct keep_wish {
	int64_t workspace, connection;
	struct catalog *catalog;
};

static int keep_wished(struct tx *tx, void *context, struct error *err)
{
	struct keep_wish *wish = context;
	struct actor actor = { .workspace = wish->workspace,
			       .kind = ACTOR_CONNECTION,
			       .id = wish->connection };

	return keep_catalog(tx, &actor, wish->connection, wish->catalog, err);
}

int deliverer_describe(struct deliverer *deliverer, int64_t workspace,
		       const char *connection, const char *object, struct arena *arena,
		       struct catalog *catalog, struct error *err)
{
	struct asking asking = { .kind = ASK_DESCRIBE, .object = object, .catalog = catalog };
	struct keep_wish wish = { .workspace = workspace, .catalog = catalog };

	*catalog = (struct catalog){ .object = object };
	asking.talk.x.catalog = catalog;
	if (ask(deliverer, workspace, connection, &asking, "describe", arena, err) < 0)
		return -1;
	wish.connection = asking.talk.desk->connection;
	if (store_run(deliverer_config(deliverer)->store, URGENCY_INTERACTIVE, workspace,
		      keep_wished, &wish, err) < 0)
		return -1;
	deliverer_renew(deliverer, wish.connection);
	return 0;
}
