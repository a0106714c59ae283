/* ask.c - questions to a CRM that deliver nothing. Threads: the delivery worker, but for
 * the functions of deliver.h, which wait in any other. */
#include "deliver/ask.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "deliver/batch.h"
#include "deliver/inbox.h"

#define ASK_MS 30000
#define SCHEMA_AGAIN_MS 30000 /* after a describe that failed */
#define KEY_AGAIN_MS 60000    /* after one that showed no field for our key */

/* ---- Reading a missing schema before anything is sent ---- */

struct describing {
	struct talk talk;
	struct mail mail;
	struct unit unit;
	struct catalog catalog;
	unsigned renewals; /* of the desk, when it began */
	int result;
};

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
	d->catalog.read_at = tx_now(tx);
	return catalog_keep(tx, &actor, desk->connection, &d->catalog, err);
}

static void kept(struct mail *mail)
{
	struct describing *d =
		(struct describing *)((char *)mail - offsetof(struct describing, mail));
	struct desk *desk = d->talk.desk;
	struct error err = { 0 };
	struct terms *fresh;

	desk->describing--;
	/* What was asked before something changed says nothing of it. */
	if (d->renewals != desk->renewals)
		desk->describe_at = 0;
	else if (d->result < 0 || d->catalog.nfields == 0)
		desk->describe_at = clock_now() + SCHEMA_AGAIN_MS;
	else if (desk->is_unready)
		desk->describe_at = clock_now() + KEY_AGAIN_MS;
	fresh = terms_new(deliverer_config(desk->deliverer)->store, desk->workspace,
			  desk->connection, &err);
	if (fresh) {
		terms_release(desk->terms);
		desk->terms = fresh;
	}
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

static void describe(struct desk *desk, const char *object)
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
	desk->describing++;
	talk_start(&d->talk);
}

/* A connection without the field for our key waits for a person, who is told once. */
static void note_key(struct desk *desk, int64_t now)
{
	const char *object = terms_object_without_key(desk->terms);
	char reason[256];

	if ((object != NULL) == desk->is_unready)
		return;
	desk->is_unready = object != NULL;
	/* What is cached may be old: asked again at once, then each minute. */
	desk->describe_at = now;
	snprintf(reason, sizeof(reason),
		 "%.60s has no field %.60s with unique values: create it, or let the test of "
		 "the connection create it",
		 object ? object : "", desk->terms->connector->remote_key);
	desk_store_state(desk, object ? "connection.unready" : "connection.ready",
			 object ? reason : NULL);
}

bool ask_needs_schema(struct desk *desk, int64_t now)
{
	struct terms *terms = desk->terms;
	bool is_missing = false;

	if (desk->describing)
		return true;
	if (!terms->connector->describe)
		return false;
	note_key(desk, now);
	for (size_t i = 0; i < terms->nmappings; i++) {
		struct terms_mapping *m = &terms->mappings[i];

		if ((m->catalog && !desk->is_unready) || !m->sync || m->problem)
			continue;
		is_missing = true;
		if (desk->describe_at > now)
			continue;
		if (desk->circuit.state != CIRCUIT_CLOSED)
			desk->circuit.is_probing = true;
		describe(desk, m->mapping->object);
	}
	return is_missing;
}

/* ---- Asked from other threads ---- */

struct question {
	struct mail mail;
	struct talk talk;
	struct plan_wish wish;
	struct deliverer *deliverer;
	int64_t workspace;
	const char *connection, *object, *mapping;
	enum { ASK_CHECK, ASK_LIMITS, ASK_CREATE_KEY, ASK_DESCRIBE, ASK_PLAN } kind;
	struct check_report *report;
	struct catalog *catalog;
	struct error err;
	pthread_mutex_t lock;
	pthread_cond_t answered;
	bool is_answered;
	int rc;
};

static void answer(struct question *q, int rc)
{
	pthread_mutex_lock(&q->lock);
	q->rc = rc;
	q->is_answered = true;
	pthread_cond_signal(&q->answered);
	pthread_mutex_unlock(&q->lock);
}

static void asked(struct talk *talk)
{
	struct question *q = talk->context;
	const struct http_reply *reply = talk->x.reply;

	terms_release(talk->terms);
	if (q->kind == ASK_DESCRIBE && q->catalog->nfields == 0) {
		error_set(&q->err, ERR_UNAVAILABLE, "the CRM did not describe \"%s\": %s",
			  q->object,
			  reply && reply->why ? reply->why :
			  reply		      ? arena_printf(talk->arena, "status %d",
						     reply->status) :
						"it cannot");
		answer(q, -1);
		return;
	}
	answer(q, 0);
}

static struct desk *desk_of(struct question *q)
{
	struct desk *desk = deliverer_desk(q->deliverer, q->workspace, q->connection);

	if (!desk)
		error_set(&q->err, ERR_NOT_FOUND, "no connection \"%s\"", q->connection);
	return desk;
}

static void planned(struct plan_wish *wish, const struct error *err)
{
	struct question *q = wish->context;

	if (err)
		q->err = *err;
	answer(q, err ? -1 : 0);
}

static void begin_plan(struct question *q, struct desk *desk)
{
	for (size_t i = 0; i < desk->terms->nmappings; i++)
		if (text_equal(desk->terms->mappings[i].mapping->name, q->mapping))
			q->wish.mapping = &desk->terms->mappings[i];
	q->wish.desk = desk;
	q->wish.done = planned;
	q->wish.context = q;
	if (!q->wish.mapping) {
		error_set(&q->err, ERR_NOT_FOUND, "no mapping \"%s\"", q->mapping);
		answer(q, -1);
	} else if (!q->wish.mapping->compiled) {
		error_set(&q->err, ERR_INVALID, "%s",
			  q->wish.mapping->problem ? q->wish.mapping->problem :
						     "the CRM's fields are not known yet: "
						     "describe the connection first");
		answer(q, -1);
	} else {
		batch_plan(&q->wish);
	}
}

static void begin_question(struct mail *mail)
{
	struct question *q = (struct question *)((char *)mail - offsetof(struct question, mail));
	struct desk *desk = desk_of(q);
	const struct connector *connector;
	connector_turn *turn;

	if (!desk) {
		answer(q, -1);
		return;
	}
	if (q->kind == ASK_PLAN) {
		begin_plan(q, desk);
		return;
	}
	connector = desk->terms->connector;
	turn = q->kind == ASK_CHECK	 ? connector->check :
	       q->kind == ASK_LIMITS	 ? connector->limits :
	       q->kind == ASK_CREATE_KEY ? connector->create_key :
					   connector->describe;
	if (!turn) {
		error_set(&q->err, ERR_INVALID, "this connector cannot be asked that");
		answer(q, -1);
		return;
	}
	/* A person asks: the circuit may be open, and this is the probe. */
	if (desk->circuit.state == CIRCUIT_OPEN || desk->circuit.state == CIRCUIT_REAUTH)
		desk->circuit.is_probing = true;
	q->talk.desk = desk;
	q->talk.terms = terms_hold(desk->terms);
	q->talk.turn = turn;
	talk_start(&q->talk);
}

static int ask(struct deliverer *deliverer, struct question *q, struct error *err)
{
	q->deliverer = deliverer;
	q->mail.open = begin_question;
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->answered, NULL);
	deliverer_post(deliverer, &q->mail);
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

static int ask_report(struct deliverer *deliverer, struct question *q, const char *verb,
		      struct arena *arena, struct check_report *report, struct error *err)
{
	*report = (struct check_report){ .calls_max = -1, .calls_left = -1 };
	q->talk = (struct talk){
		.arena = arena,
		.verb = verb,
		.until = clock_now() + ASK_MS,
		.done = asked,
		.context = q,
		.x = { .object = q->object, .report = report },
	};
	return ask(deliverer, q, err);
}

int deliverer_check(struct deliverer *deliverer, int64_t workspace, const char *connection,
		    const char *object, struct arena *arena, struct check_report *report,
		    struct error *err)
{
	struct question q = { .kind = ASK_CHECK, .workspace = workspace,
			      .connection = connection, .object = object };

	return ask_report(deliverer, &q, "check", arena, report, err);
}

int deliverer_create_key(struct deliverer *deliverer, int64_t workspace,
			 const char *connection, const char *object, struct arena *arena,
			 struct check_report *report, struct error *err)
{
	struct question q = { .kind = ASK_CREATE_KEY, .workspace = workspace,
			      .connection = connection, .object = object };

	return ask_report(deliverer, &q, "create_key", arena, report, err);
}

int deliverer_limits(struct deliverer *deliverer, int64_t workspace,
		     const char *connection, struct arena *arena,
		     struct check_report *report, struct error *err)
{
	struct question q = { .kind = ASK_LIMITS, .workspace = workspace,
			      .connection = connection };

	return ask_report(deliverer, &q, "limits", arena, report, err);
}

struct keep_wish {
	int64_t workspace, connection;
	struct catalog *catalog;
};

static int keep_catalog(struct tx *tx, void *context, struct error *err)
{
	struct keep_wish *wish = context;
	struct actor actor = { .workspace = wish->workspace,
			       .kind = ACTOR_CONNECTION,
			       .id = wish->connection };

	wish->catalog->read_at = tx_now(tx);
	if (catalog_keep(tx, &actor, wish->connection, wish->catalog, err) < 0)
		return -1;
	return delivery_revive(tx, &actor, wish->connection, NULL, err);
}

int deliverer_describe(struct deliverer *deliverer, int64_t workspace,
		       const char *connection, const char *object, struct arena *arena,
		       struct catalog *catalog, struct error *err)
{
	struct question q = { .kind = ASK_DESCRIBE, .workspace = workspace,
			      .connection = connection, .object = object,
			      .catalog = catalog };
	struct keep_wish wish = { .workspace = workspace, .catalog = catalog };

	*catalog = (struct catalog){ .object = object };
	q.talk = (struct talk){
		.arena = arena,
		.verb = "describe",
		.until = clock_now() + ASK_MS,
		.done = asked,
		.context = &q,
		.x = { .object = object, .catalog = catalog },
	};
	if (ask(deliverer, &q, err) < 0)
		return -1;
	wish.connection = q.talk.desk->connection;
	if (store_run(deliverer_config(deliverer)->store, URGENCY_INTERACTIVE, workspace,
		      keep_catalog, &wish, err) < 0)
		return -1;
	deliverer_renew(deliverer, wish.connection);
	return 0;
}

/* The delivery of a lead through a mapping as it is, or as it would begin. */
static int claim_of(struct view *view, struct actor *actor, const struct config *config,
		    const struct mapping *mapping, int64_t lead, struct claim *claim,
		    struct error *err)
{
	const struct connection *connection = config_connection(config, mapping->connection);
	struct delivery_filter filter = { .subject = lead, .max = 32 };
	struct delivery *rows;
	size_t count;

	if (!connection)
		return error_set(err, ERR_NOT_FOUND, "no connection \"%s\"",
				 mapping->connection);
	if (delivery_list(view, actor, &filter, &rows, &count, err) < 0)
		return -1;
	claim->delivery = (struct delivery){
		.workspace = actor->workspace,
		.subject = lead,
		.connection = connection->id,
		.object = mapping->object,
		.role = mapping->name,
		.mapping = mapping->id,
	};
	for (size_t i = 0; i < count; i++)
		if (rows[i].mapping == mapping->id && rows[i].connection == connection->id)
			claim->delivery = rows[i];
	return 0;
}

static int load_claims(struct deliverer *deliverer, int64_t workspace, const char *mapping,
		       const int64_t *leads, size_t count, struct arena *arena,
		       struct claim *claims, struct error *err)
{
	struct store *store = deliverer_config(deliverer)->store;
	struct actor actor = { .workspace = workspace };
	struct snapshot *snapshot = snapshot_get(store, workspace, err);
	const struct mapping *m;
	struct view *view;
	int rc = 0;

	if (!snapshot)
		return -1;
	m = config_mapping(snapshot_config(snapshot), mapping);
	view = m ? view_open(store, arena, err) : NULL;
	if (!m)
		rc = error_set(err, ERR_NOT_FOUND, "no mapping \"%s\"", mapping);
	if (!view) {
		snapshot_release(snapshot);
		return -1;
	}
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = claim_of(view, &actor, snapshot_config(snapshot), m, leads[i], &claims[i],
			      err);
	if (rc == 0)
		rc = claim_load(view, claims, count, err);
	view_close(view);
	/* The claims' texts of the mapping live as long as the snapshot: keep copies. */
	for (size_t i = 0; i < count; i++) {
		claims[i].delivery.object = arena_strdup(arena, claims[i].delivery.object);
		claims[i].delivery.role = arena_strdup(arena, claims[i].delivery.role);
	}
	snapshot_release(snapshot);
	return rc;
}

static const char *connection_of_mapping(struct deliverer *deliverer, int64_t workspace,
					 const char *mapping, struct arena *arena)
{
	struct snapshot *snapshot =
		snapshot_get(deliverer_config(deliverer)->store, workspace, NULL);
	const struct mapping *m;
	const char *name = NULL;

	if (!snapshot)
		return NULL;
	m = config_mapping(snapshot_config(snapshot), mapping);
	if (m)
		name = arena_strdup(arena, m->connection);
	snapshot_release(snapshot);
	return name;
}

int deliverer_plan(struct deliverer *deliverer, int64_t workspace, const char *mapping,
		   const int64_t *leads, size_t count, struct arena *arena,
		   struct planned **out, struct error *err)
{
	struct question q = { .kind = ASK_PLAN, .workspace = workspace, .mapping = mapping };

	*out = arena_array(arena, count, sizeof(**out));
	q.connection = connection_of_mapping(deliverer, workspace, mapping, arena);
	if (!q.connection)
		return error_set(err, ERR_NOT_FOUND, "no mapping \"%s\"", mapping);
	q.wish = (struct plan_wish){
		.claims = arena_array(arena, count, sizeof(*q.wish.claims)),
		.count = count,
		.arena = arena,
		.planned = *out,
	};
	if (load_claims(deliverer, workspace, mapping, leads, count, arena, q.wish.claims,
			err) < 0)
		return -1;
	return ask(deliverer, &q, err);
}
