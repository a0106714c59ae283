/* talk.c - one conversation with a CRM. Threads: the delivery worker. */
#include "deliver/talk.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define KEPT_BODY_MAX (256u << 10) /* of a request or answer in the call log */

static void stand_in_line(struct talk *talk)
{
	struct desk *desk = talk->desk;

	talk->next = NULL;
	*desk->waiting_end = talk;
	desk->waiting_end = &talk->next;
}

static size_t kept_len(size_t len)
{
	return len < KEPT_BODY_MAX ? len : KEPT_BODY_MAX;
}

/* Before signing: what is kept never had a credential. */
static void keep_request(struct talk *talk)
{
	const struct http_request *request = &talk->x.request;
	struct kept_call *call;

	if (talk->ncalls == TALK_CALLS_MAX)
		talk->ncalls--; /* the last of very many is the one that counts */
	call = &talk->calls[talk->ncalls++];
	*call = (struct kept_call){
		.id = id_next(store_ids(deliverer_config(talk->desk->deliverer)->store),
			      clock_now()),
		.connection = talk->desk->connection,
		.at = clock_now(),
		.verb = talk->verb,
		.method = request->method,
		.url = request->url,
		.request = request->body,
		.request_len = kept_len(request->body_len),
		.records = (int)talk->x.nrecords,
		.mapping_version = talk->mapping_version,
		.failure = HTTP_NOT_SENT,
	};
}

static void keep_reply(struct talk *talk, const struct http_reply *reply)
{
	struct kept_call *call = &talk->calls[talk->ncalls - 1];

	call->status = reply->status;
	call->failure = reply->failure;
	call->answer = reply->body;
	call->answer_len = kept_len(reply->body_len);
	call->took_ms = reply->took_ms;
}

/* Asks for the next turn. */
static enum turn next_turn(struct talk *talk)
{
	talk->x.now = clock_now();
	talk->x.bucket = NULL;
	talk->x.hold_ms = 0;
	talk->x.held_bucket = NULL;
	return talk->turn(&talk->x);
}

/* A request stands in line, the end is told. */
static void go_on(struct talk *talk, enum turn turn)
{
	if (turn == TURN_SEND)
		stand_in_line(talk);
	else
		talk->done(talk);
}

/* Nothing was sent after all: neither a call to be kept nor one of the turn's. */
static void stand_in_line_again(struct talk *talk)
{
	talk->is_held_back = false;
	talk->ncalls--;
	deliverer_count(talk->desk->deliverer)->calls--;
	stand_in_line(talk);
}

static void heard(void *context, struct http_reply *reply)
{
	struct talk *talk = context;
	struct desk *desk = talk->desk;
	int64_t now = clock_now();
	bool is_refused = reply->failure == HTTP_REPLIED && reply->status == 401;
	enum turn turn;

	desk->calls--;
	budget_answered(&desk->budget, talk->x.bucket, talk->counted_as, now);
	if (talk->is_held_back && reply->failure == HTTP_NOT_SENT) {
		stand_in_line_again(talk);
		return;
	}
	access_mask(&desk->access, talk->arena, &talk->x.request, &talk->signed_request,
		    reply);
	keep_reply(talk, reply);
	log_debug(&desk->log, "call.done", LOG_WORD("verb", talk->verb),
		  LOG_INT("status", reply->status), LOG_INT("failure", reply->failure),
		  LOG_INT("took_ms", reply->took_ms));
	/* A token may have run out: once, the same request goes again with a fresh one.
	 * A 401 has no effect at the CRM. */
	if (is_refused && !talk->has_fresh_token && access_renew(desk, talk->terms)) {
		talk->has_fresh_token = true;
		stand_in_line(talk);
		return;
	}
	talk->x.reply = reply;
	talk->x.turn++;
	turn = next_turn(talk);
	desk_heard(desk, &talk->x, is_refused, now);
	go_on(talk, turn);
}

static struct http_reply *unsent(struct talk *talk, const char *why)
{
	struct http_reply *reply = arena_alloc(talk->arena, sizeof(*reply));

	*reply = (struct http_reply){ .failure = HTTP_NOT_SENT, .body = "", .why = why };
	return reply;
}

static void give_back(struct talk *talk, const char *why)
{
	talk->x.reply = unsent(talk, why);
	talk->x.turn++;
	go_on(talk, next_turn(talk));
}

/* Asked immediately before the first byte goes: connecting took its time, and the CRM may
 * have asked for some meanwhile. */
static bool may_begin(void *context)
{
	struct talk *talk = context;
	const struct desk *desk = talk->desk;
	int64_t now = clock_now();

	talk->is_held_back = desk_held_until(desk, talk->x.bucket) > now;
	return !talk->is_held_back;
}

static void send(struct talk *talk, int64_t now)
{
	struct desk *desk = talk->desk;
	struct http_limits limits = {
		.total_ms = (int)deliverer_config(desk->deliverer)->call_ms,
		.may_begin = may_begin,
		.may_begin_context = talk,
	};
	struct error err = { 0 };

	if (access_sign(desk, talk->terms, talk->arena, &talk->x.request,
			&talk->signed_request, &err) < 0) {
		log_warn(&desk->log, "call.unsigned", LOG_WORD("verb", talk->verb));
		give_back(talk, arena_strdup(talk->arena, err.message));
		return;
	}
	keep_request(talk);
	talk->counted_as = budget_take(&desk->budget, talk->x.bucket, now);
	deliverer_count(desk->deliverer)->calls++;
	desk->calls++;
	talk->sent_at = now;
	http_client_send(deliverer_client(desk->deliverer), &talk->signed_request, &limits,
			 talk->arena, heard, talk);
}

static struct talk *take_first(struct desk *desk)
{
	struct talk *talk = desk->waiting;

	desk->waiting = talk->next;
	if (!desk->waiting)
		desk->waiting_end = &desk->waiting;
	return talk;
}

int64_t desk_pump(struct desk *desk, int64_t now)
{
	while (desk->waiting) {
		struct talk *talk = desk->waiting;
		int64_t at;

		if (talk->until <= now) {
			give_back(take_first(desk), "no time left for this conversation");
			continue;
		}
		if (desk->circuit.state == CIRCUIT_PAUSED ||
		    (desk->circuit.state != CIRCUIT_CLOSED && !desk->circuit.is_probing)) {
			give_back(take_first(desk), "the connection's circuit is open");
			continue;
		}
		if (desk->calls >= desk_concurrency(desk))
			return 0; /* the next reply calls again */
		at = desk_may_call(desk, talk->x.bucket, now);
		if (at > now)
			return at < talk->until ? at : talk->until;
		if (!access_ready(desk, talk->terms, now))
			return desk->access.is_refreshing ? 0 : now + 1000;
		send(take_first(desk), now);
	}
	return 0;
}

enum turn talk_first_turn(struct talk *talk)
{
	talk->x.turn = 0;
	talk->x.reply = NULL;
	talk->x.connection = talk->terms->connection;
	talk->x.arena = talk->arena;
	return next_turn(talk);
}

void talk_start(struct talk *talk)
{
	go_on(talk, talk_first_turn(talk));
}
