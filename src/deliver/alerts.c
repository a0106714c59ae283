/* alerts.c - sends alerts to the workspace's webhook. Threads: the delivery worker. */
#include "deliver/alerts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "deliver/talk.h"

#define AGAIN_MIN_MS 10000

struct alerter {
	struct deliverer *deliverer;
	bool is_sending;
};

struct sending {
	struct alerter *alerter;
	struct arena *arena;
	struct http_request request;
	int64_t workspace;
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
	free(alerter);
}

static int note_run(struct tx *tx, void *context, struct error *err)
{
	struct sending *s = context;
	struct actor actor = { .workspace = s->workspace, .kind = ACTOR_SYSTEM };

	return alert_sent(tx, &actor, s->alert.id, s->is_sent, s->next_at, err);
}

static void finish(struct sending *s, bool is_sent)
{
	struct error err = { 0 };
	int64_t wait = AGAIN_MIN_MS;

	for (int i = 0; i < s->alert.tries && wait < CLOCK_HOUR; i++)
		wait *= 2;
	s->is_sent = is_sent;
	s->next_at = clock_now() + (wait < CLOCK_HOUR ? wait : CLOCK_HOUR);
	if (store_run(deliverer_config(s->alerter->deliverer)->store, URGENCY_OUTCOME,
		      s->workspace, note_run, s, &err) < 0)
		log_error(NULL, "alert.unnoted");
	s->alerter->is_sending = false;
	arena_free(s->arena);
}

static void sent(void *context, struct http_reply *reply)
{
	struct sending *s = context;
	bool is_taken = reply->failure == HTTP_REPLIED && reply->status / 100 == 2;

	log_info(NULL, is_taken ? "alert.sent" : "alert.failed",
		 LOG_WORD("kind", s->alert.kind), LOG_INT("status", reply->status));
	finish(s, is_taken);
}

static const char *body_of(struct sending *s)
{
	char id[ID_TEXT_SIZE], first[CLOCK_TEXT_SIZE];
	struct buf buf;

	id_format(s->alert.id, id);
	clock_format(s->alert.first_at, first);
	buf_init(&buf, s->arena, 64u << 10);
	buf_addf(&buf, "{\"type\":\"alert.%s\",\"timestamp\":\"%s\",\"data\":{\"id\":\"%s\","
		       "\"count\":%lld,\"detail\":",
		 s->alert.kind, first, id, (long long)s->alert.count);
	buf_add_json(&buf, s->alert.detail);
	buf_add(&buf, "}}");
	return buf_text(&buf);
}

static void send_alert(struct sending *s, const char *url)
{
	static const struct http_limits limits = { .total_ms = 20000 };
	char id[ID_TEXT_SIZE];

	id_format(s->alert.id, id);
	s->request.method = "POST";
	s->request.url = url;
	s->request.body = body_of(s);
	s->request.body_len = strlen(s->request.body);
	http_header_add(&s->request.headers, "Content-Type", "application/json");
	/* The same for every try; another when the same cause comes again. */
	http_header_add(&s->request.headers, "webhook-id",
			arena_printf(s->arena, "%s-%lld", id, (long long)s->alert.first_at));
	s->alerter->is_sending = true;
	http_client_send(deliverer_client(s->alerter->deliverer), &s->request, &limits,
			 s->arena, sent, s);
}

void alerter_look(struct alerter *alerter, int64_t now)
{
	struct store *store = deliverer_config(alerter->deliverer)->store;
	struct arena *arena;
	struct error err = { 0 };
	struct snapshot *snapshot;
	struct sending *s;
	struct view *view;
	const char *url;
	int found = 0;

	if (alerter->is_sending)
		return;
	arena = arena_new();
	s = arena_alloc(arena, sizeof(*s));
	*s = (struct sending){ .alerter = alerter, .arena = arena };
	view = view_open(store, arena, &err);
	if (view) {
		found = alert_due_any_workspace(view, now, &s->workspace, &s->alert, &err);
		view_close(view);
	}
	snapshot = found == 1 ? snapshot_get(store, s->workspace, &err) : NULL;
	if (!snapshot) {
		arena_free(arena);
		return;
	}
	url = arena_strdup(arena, snapshot_config(snapshot)->settings.webhook_url);
	snapshot_release(snapshot);
	if (url)
		send_alert(s, url);
	else
		finish(s, true); /* listed; nobody asked to be told */
}
