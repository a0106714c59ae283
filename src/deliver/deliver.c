/* deliver.c - the delivery worker: its thread and its inbox. Threads: the worker
 * owns all but the inbox, which is shared under its lock. */
#include "deliver/deliver.h"

#include <stdlib.h>

#include "base/clock.h"
#include "deliver/alerts.h"
#include "deliver/deliver_inside.h"
#include "deliver/gates.h"
#include "deliver/talk.h"

#define LEASE_MS 120000
#define TALK_MS 60000
#define CALL_MS 20000
#define ALERT_AFTER_MS (15 * CLOCK_MINUTE)
#define SCHEMA_MS (15 * CLOCK_MINUTE)
#define LOOK_MS 1000     /* how often the store is asked without a hint */
#define LOOK_WOKEN_MS 250

struct http_client *deliverer_client(struct deliverer *deliverer)
{
	return deliverer->client;
}

const struct deliver_config *deliverer_config(struct deliverer *deliverer)
{
	return &deliverer->config;
}

struct deliver_stats *deliverer_count(struct deliverer *deliverer)
{
	return &deliverer->stats;
}

/* ---- The inbox ---- */

void deliverer_post(struct deliverer *deliverer, struct mail *mail)
{
	mail->next = NULL;
	mail->at = 0;
	pthread_mutex_lock(&deliverer->lock);
	*deliverer->inbox_end = mail;
	deliverer->inbox_end = &mail->next;
	pthread_mutex_unlock(&deliverer->lock);
	http_client_wake(deliverer->client);
}

void deliverer_post_later(struct deliverer *deliverer, struct mail *mail, int64_t at)
{
	mail->at = at;
	mail->next = deliverer->later;
	deliverer->later = mail;
}

static void open_mail(struct deliverer *deliverer, int64_t now)
{
	struct mail *mail, *later = deliverer->later;

	deliverer->later = NULL;
	while (later) {
		struct mail *next = later->next;

		if (later->at <= now)
			deliverer_post(deliverer, later);
		else
			deliverer_post_later(deliverer, later, later->at);
		later = next;
	}
	pthread_mutex_lock(&deliverer->lock);
	mail = deliverer->inbox;
	deliverer->inbox = NULL;
	deliverer->inbox_end = &deliverer->inbox;
	pthread_mutex_unlock(&deliverer->lock);
	while (mail) {
		struct mail *next = mail->next;

		mail->open(mail);
		mail = next;
	}
}

void deliverer_wake(struct deliverer *deliverer)
{
	atomic_store(&deliverer->is_woken, true);
	http_client_wake(deliverer->client);
}

/* ---- The loop ---- */

static int64_t earlier(int64_t a, int64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

static int64_t serve_all(struct deliverer *deliverer, int64_t now, bool is_stopping)
{
	int64_t next = now + LOOK_MS;

	for (struct desk *desk = deliverer->desks; desk; desk = desk->next) {
		next = earlier(next, desk_pump(desk, now));
		if (!is_stopping) {
			desk_step(desk, now);
			desk_serve(desk, now);
		}
		next = earlier(next, desk_pump(desk, now));
		next = earlier(next, circuit_next(&desk->circuit, now));
		if (desk->held_until > now)
			next = earlier(next, desk->held_until);
		if (desk->next_due > now)
			next = earlier(next, desk->next_due);
	}
	for (struct mail *mail = deliverer->later; mail; mail = mail->next)
		next = earlier(next, mail->at);
	return next;
}

static bool is_idle(struct deliverer *deliverer)
{
	for (struct desk *desk = deliverer->desks; desk; desk = desk->next)
		if (desk->works || desk->is_claiming || desk->is_stepping || desk->calls ||
		    desk->waiting || desk->describing || desk->refreshing)
			return false;
	return deliverer->later == NULL;
}

static void *work_thread(void *context)
{
	struct deliverer *deliverer = context;

	for (;;) {
		bool is_stopping = atomic_load(&deliverer->is_stopping);
		int64_t now = clock_now(), next, look_at;

		open_mail(deliverer, now);
		if (is_stopping && is_idle(deliverer))
			return NULL;
		/* Under load a wake-up comes with each commit: then once in a while is enough. */
		look_at = deliverer->looked_at +
			  (atomic_load(&deliverer->is_woken) ? LOOK_WOKEN_MS : LOOK_MS);
		if (now >= look_at) {
			atomic_store(&deliverer->is_woken, false);
			desks_look(deliverer);
			gates_look(deliverer, now);
			alerter_look(deliverer->alerter, now);
			deliverer->looked_at = now;
			deliverer->stats.looks++;
			look_at = now + LOOK_MS;
		}
		next = earlier(look_at, serve_all(deliverer, now, is_stopping));
		http_client_poll(deliverer->client, next > now ? (int)(next - now) : 0);
	}
}

static void wake_from_store(void *context)
{
	deliverer_wake(context);
}

struct deliverer *deliverer_start(const struct deliver_config *config, struct error *err)
{
	struct deliverer *deliverer = calloc(1, sizeof(*deliverer));

	if (!deliverer)
		abort();
	deliverer->config = *config;
	if (!deliverer->config.lease_ms)
		deliverer->config.lease_ms = LEASE_MS;
	if (!deliverer->config.talk_ms)
		deliverer->config.talk_ms = TALK_MS;
	if (!deliverer->config.call_ms)
		deliverer->config.call_ms = CALL_MS;
	if (!deliverer->config.alert_after_ms)
		deliverer->config.alert_after_ms = ALERT_AFTER_MS;
	if (!deliverer->config.schema_ms)
		deliverer->config.schema_ms = SCHEMA_MS;
	deliverer->client_config = (struct http_client_config){
		.allowed = config->allowed,
		.nallowed = config->nallowed,
		.user_agent = "Fairlead/" FAIRLEAD_VERSION,
		.ca_file = config->ca_file,
	};
	deliverer->client = http_client_new(&deliverer->client_config);
	deliverer->inbox_end = &deliverer->inbox;
	deliverer->alerter = alerter_new(deliverer);
	pthread_mutex_init(&deliverer->lock, NULL);
	store_on_wake(config->store, WAKE_DELIVERIES, wake_from_store, deliverer);
	store_on_wake(config->store, WAKE_ALERTS, wake_from_store, deliverer);
	if (pthread_create(&deliverer->thread, NULL, work_thread, deliverer) != 0) {
		http_client_free(deliverer->client);
		free(deliverer);
		error_set(err, ERR_INTERNAL, "the delivery worker did not start");
		return NULL;
	}
	return deliverer;
}

void deliverer_stop(struct deliverer *deliverer, int wait_ms)
{
	(void)wait_ms; /* every conversation has a hard end of its own */
	atomic_store(&deliverer->is_stopping, true);
	deliverer_wake(deliverer);
	pthread_join(deliverer->thread, NULL);
	http_client_free(deliverer->client);
	while (deliverer->desks) {
		struct desk *desk = deliverer->desks;

		deliverer->desks = desk->next;
		desk_end(desk);
	}
	alerter_free(deliverer->alerter);
	pthread_mutex_destroy(&deliverer->lock);
	free(deliverer);
}

struct deliver_stats deliverer_stats(struct deliverer *deliverer)
{
	struct deliver_stats stats = deliverer->stats;

	for (struct desk *desk = deliverer->desks; desk; desk = desk->next)
		stats.circuits_open += desk->circuit.state == CIRCUIT_OPEN ||
				       desk->circuit.state == CIRCUIT_REAUTH;
	return stats;
}
