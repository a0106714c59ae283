/* alerts.c - sends alerts to the workspace's webhook. Threads: the delivery worker. */
#include "deliver/alerts.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "deliver/origin.h"
#include "deliver/talk.h"
#include "deliver/webhook.h"

/* Waits after the first try, the second ...: about three days in all, then it is given up.
 * Each up to a fifth longer, so that many do not come back at once. */
static const int64_t waits_ms[] = {
	5 * CLOCK_SECOND, 5 * CLOCK_MINUTE, 30 * CLOCK_MINUTE, 2 * CLOCK_HOUR, 5 * CLOCK_HOUR,
	10 * CLOCK_HOUR,  14 * CLOCK_HOUR,  20 * CLOCK_HOUR,   24 * CLOCK_HOUR,
};
#define WAIT_MAX_MS CLOCK_DAY /* whatever the receiver asks for */

/* Receivers that may keep us waiting at once. One for each workspace: its alerts are told in
 * the order in which they fell due, and none of them twice at a time. */
#define SENDING_MAX 16

struct alerter {
	struct deliverer *deliverer;
	struct sending *under_way[SENDING_MAX]; /* NULL: free */
};

struct sending {
	struct alerter *alerter;
	struct arena *arena;
	struct http_request request;
	struct kept_alert alert;
	bool is_sent;
	int64_t next_at;
};

struct alerter *alerter_new(struct deliverer *deliverer)
{
	struct alerter *alerter = calloc(1, sizeof(*alerter));

	if (!alerter)
		abort();
	alerter->deliverer = deliverer;
	return alerter;
}

void alerter_free(struct alerter *alerter)
{
	for (size_t i = 0; i < SENDING_MAX; i++)
		if (alerter->under_way[i])
			arena_free(alerter->under_way[i]->arena);
	free(alerter);
}

static int note_run(struct tx *tx, void *context, struct error *err)
{
	struct sending *s = context;
	struct actor actor = { .workspace = s->alert.workspace, .kind = ACTOR_SYSTEM };

	return alert_sent(tx, &actor, s->alert.id, s->is_sent, s->next_at, err);
}

static void finish(struct sending *s, bool is_sent, int64_t next_at)
{
	struct error err = { 0 };

	s->is_sent = is_sent;
	s->next_at = next_at;
	if (store_run(deliverer_config(s->alerter->deliverer)->store, URGENCY_OUTCOME,
		      s->alert.workspace, note_run, s, &err) < 0)
		log_error(NULL, "alert.unnoted");
	for (size_t i = 0; i < SENDING_MAX; i++)
		if (s->alerter->under_way[i] == s)
			s->alerter->under_way[i] = NULL;
	arena_free(s->arena);
}

/* When to try again, or 0 to give up. */
static int64_t next_try(const struct sending *s, int64_t asked_ms, int64_t now)
{
	int64_t wait;

	if ((size_t)s->alert.tries >= ARRAY_LEN(waits_ms))
		return 0;
	wait = waits_ms[s->alert.tries];
	wait += wait * randombytes_uniform(1000) / 5000;
	if (asked_ms > WAIT_MAX_MS)
		asked_ms = WAIT_MAX_MS;
	return now + (asked_ms > wait ? asked_ms : wait);
}

static void sent(void *context, struct http_reply *reply)
{
	struct sending *s = context;
	bool is_taken = reply->failure == HTTP_REPLIED && reply->status / 100 == 2;
	/* Who says that the address is no more wants none of it. */
	bool is_over = reply->failure == HTTP_REPLIED && reply->status == 410;
	int64_t now = clock_now();

	deliverer_wake(s->alerter->deliverer); /* the workspace's next may go */
	log_info(NULL, is_taken ? "alert.sent" : "alert.failed",
		 LOG_WORD("kind", s->alert.kind), LOG_INT("status", reply->status),
		 LOG_INT("try", s->alert.tries + 1));
	finish(s, is_taken,
	       is_taken || is_over ? 0 :
				     next_try(s, http_retry_after(&reply->headers, now), now));
}

/* Whom the workspace wants to be told of what happens at that connection. */
static void add_person(struct buf *buf, const struct config *config,
		       const struct connection *connection)
{
	const struct person *person =
		connection && connection->notify ? config_person(config, connection->notify) :
						   NULL;

	if (!person) {
		buf_add(buf, "null");
		return;
	}
	buf_add(buf, "{\"name\":");
	buf_add_json(buf, person->name);
	buf_add(buf, ",\"email\":");
	buf_add_json(buf, person->email);
	buf_add(buf, "}");
}

static const char *body_of(struct sending *s, const struct config *config)
{
	const struct connection *connection =
		config_connection_by_id(config, s->alert.subject);
	char id[ID_TEXT_SIZE], first[CLOCK_TEXT_SIZE];
	struct buf buf;

	id_format(s->alert.id, id);
	clock_format(s->alert.first_at, first);
	buf_init(&buf, s->arena, 64u << 10);
	buf_addf(&buf, "{\"type\":\"alert.%s\",\"timestamp\":\"%s\",\"data\":{\"id\":\"%s\","
		       "\"count\":%lld,\"connection\":",
		 s->alert.kind, first, id, (long long)s->alert.count);
	if (connection)
		buf_add_json(&buf, connection->name);
	else
		buf_add(&buf, "null");
	buf_add(&buf, ",\"notify\":");
	add_person(&buf, config, connection);
	buf_add(&buf, ",\"detail\":");
	buf_add_json(&buf, s->alert.detail);
	buf_add(&buf, "}}");
	return buf_text(&buf);
}

static int open_secrets(struct sending *s, int64_t now,
			struct secret secrets[WEBHOOK_SECRETS_MAX], const char **origin)
{
	struct error err = { 0 };
	struct view *view = view_open(deliverer_config(s->alerter->deliverer)->store, s->arena,
				      &err);
	int count = -1;

	if (view) {
		count = webhook_secrets_open(view, s->alert.workspace, now, secrets, origin, &err);
		view_close(view);
	}
	return count;
}

/* Adds the three headers of Standard Webhooks; -1 when it was to be signed and cannot be. */
static int sign(struct sending *s, bool is_signed)
{
	struct http_request *request = &s->request;
	struct secret secrets[WEBHOOK_SECRETS_MAX] = { { 0 } };
	int64_t now_s = clock_now() / CLOCK_SECOND;
	const char *origin = "", *signatures = "", *webhook_id;
	char id[ID_TEXT_SIZE];
	int count = is_signed ? open_secrets(s, now_s * CLOCK_SECOND, secrets, &origin) : 0;

	if (is_signed && (count < 1 || !origin_allowed(s->arena, origin, request->url)))
		count = -1;
	id_format(s->alert.id, id);
	/* The same for every try; another when the same cause comes again. */
	webhook_id = arena_printf(s->arena, "%s-%lld", id, (long long)s->alert.first_at);
	http_header_add(&request->headers, "webhook-id", webhook_id);
	http_header_add(&request->headers, "webhook-timestamp",
			arena_printf(s->arena, "%lld", (long long)now_s));
	for (int i = 0; i < count; i++)
		signatures = arena_printf(s->arena, "%s%s%s", signatures, i > 0 ? " " : "",
					  webhook_signature(s->arena, secrets[i].text,
							    webhook_id, now_s, request->body,
							    request->body_len));
	if (count > 0)
		http_header_add(&request->headers, "webhook-signature", signatures);
	for (int i = 0; i < WEBHOOK_SECRETS_MAX; i++)
		secret_close(&secrets[i]);
	return count < 0 ? -1 : 0;
}

static void send_alert(struct sending *s, const struct config *config)
{
	static const struct http_limits limits = { .total_ms = 20000 };
	int64_t now = clock_now();

	s->request.method = "POST";
	s->request.url = arena_strdup(s->arena, config->settings.webhook_url);
	s->request.body = body_of(s, config);
	s->request.body_len = strlen(s->request.body);
	http_header_add(&s->request.headers, "Content-Type", "application/json");
	http_header_add(&s->request.headers, "User-Agent", "Fairlead-Webhooks/1");
	if (sign(s, config->settings.is_webhook_signed) < 0) {
		/* Whoever verifies would throw it away: the secret has to be given again. */
		log_warn(NULL, "alert.unsigned", LOG_WORD("kind", s->alert.kind));
		finish(s, false, next_try(s, 0, now));
		return;
	}
	http_client_send(deliverer_client(s->alerter->deliverer), &s->request, &limits,
			 s->arena, sent, s);
}

/* Room for one more of that workspace, or NULL. */
static struct sending **room_for(struct alerter *alerter, int64_t workspace)
{
	struct sending **room = NULL;

	for (size_t i = 0; i < SENDING_MAX; i++) {
		if (!alerter->under_way[i])
			room = &alerter->under_way[i];
		else if (alerter->under_way[i]->alert.workspace == workspace)
			return NULL;
	}
	return room;
}

static void begin(struct alerter *alerter, const struct kept_alert *alert)
{
	struct store *store = deliverer_config(alerter->deliverer)->store;
	struct sending **room = room_for(alerter, alert->workspace), *s;
	struct error err = { 0 };
	struct snapshot *snapshot =
		room ? snapshot_get(store, alert->workspace, &err) : NULL;
	struct arena *arena;

	if (!snapshot)
		return;
	arena = arena_new();
	s = arena_alloc(arena, sizeof(*s));
	*s = (struct sending){
		.alerter = alerter,
		.arena = arena,
		.alert = {
			.id = alert->id,
			.workspace = alert->workspace,
			.subject = alert->subject,
			.count = alert->count,
			.first_at = alert->first_at,
			.tries = alert->tries,
			.kind = arena_strdup(arena, alert->kind),
			.detail = arena_strdup(arena, alert->detail),
		},
	};
	*room = s;
	if (snapshot_config(snapshot)->settings.webhook_url)
		send_alert(s, snapshot_config(snapshot));
	else
		finish(s, true, 0); /* listed; nobody asked to be told */
	snapshot_release(snapshot);
}

void alerter_look(struct alerter *alerter, int64_t now)
{
	struct arena *arena = arena_new();
	struct error err = { 0 };
	struct view *view =
		view_open(deliverer_config(alerter->deliverer)->store, arena, &err);
	struct kept_alert *due = NULL;
	size_t count = 0;

	if (view) {
		/* As many again as may be under way: those are due still. */
		if (alert_due_any_workspace(view, now, 2 * SENDING_MAX, &due, &count, &err) < 0)
			count = 0;
		view_close(view);
	}
	for (size_t i = 0; i < count; i++)
		begin(alerter, &due[i]);
	arena_free(arena);
}
