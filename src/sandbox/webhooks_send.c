/* webhooks_send.c - sending the deliveries that are due. Threads: one of its own; the
 * queue is under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/client.h"
#include "sandbox/later.h"
#include "sandbox/webhooks_inside.h"

#define IDLE_MS 60000
#define UNDER_WAY_MAX 64

struct sb_sender {
	struct sandbox *sandbox;
	struct http_client *client;
	pthread_t thread;
	_Atomic bool is_ending;
	struct sending *under_way;
	int nunder_way;
};

struct sending {
	struct sending *next;
	struct sb_sender *sender;
	struct arena *arena;
	struct http_request request;
	struct http_mail mail; /* instead, when it has an address */
	struct http_limits limits;
	uint64_t hook;
};

/* Every address: whoever runs a sandbox tells it where to send. */
static const struct http_network anywhere[] = { { .prefix = 0 } };

static void done(void *context, struct http_reply *reply)
{
	struct sending *sending = context;
	struct sb_sender *sender = sending->sender;
	struct sending **at = &sender->under_way;
	struct sb_hook_answer answer = { 0, "", "", 0 };
	const char *type = http_header_find(&reply->headers, "Content-Type");

	if (reply->failure == HTTP_REPLIED)
		answer = (struct sb_hook_answer){ reply->status, type ? type : "", reply->body,
						  reply->body_len };
	pthread_mutex_lock(&sender->sandbox->lock);
	sb_hook_answered(sender->sandbox, sending->hook, &answer);
	pthread_mutex_unlock(&sender->sandbox->lock);
	while (*at != sending)
		at = &(*at)->next;
	*at = sending->next;
	sender->nunder_way--;
	arena_free(sending->arena);
}

static void prepare_mail(struct sending *sending, const struct sb_hook *hook)
{
	const json_t *event = json_array_get(hook->events, 0);
	struct arena *arena = sending->arena;
	const char *message = json_string_of(event, "message");

	sending->mail = (struct http_mail){
		.url = arena_strdup(arena, hook->url),
		.from = arena_strdup(arena, json_string_of(event, "from")),
		.to = arena_strdup(arena, json_string_of(event, "to")),
		.message = arena_strdup(arena, message),
		.len = strlen(message),
	};
}

static void prepare_request(struct sending *sending, struct sb_hook *hook, int64_t now)
{
	const struct sb_hook_rules *rules = hook->rules;
	const json_t *body = rules->batch_max > 1 ? hook->events : json_array_get(hook->events, 0);
	struct http_request *request = &sending->request;

	request->method = "POST";
	request->url = arena_strdup(sending->arena, hook->url);
	request->body = json_text(sending->arena, body);
	if (rules->content_type)
		http_header_add(&request->headers, "Content-Type", rules->content_type);
	if (rules->sign)
		rules->sign(hook, sending->arena, now, hook->attempt, request);
	if (request->body)
		request->body_len = strlen(request->body);
}

/* Under the lock. */
static struct sending *prepare(struct sb_sender *sender, struct sb_hook *hook, int64_t now)
{
	struct arena *arena = arena_new();
	struct sending *sending = arena_alloc(arena, sizeof(*sending));

	sending->sender = sender;
	sending->arena = arena;
	sending->hook = hook->id;
	sending->limits.total_ms = hook->rules->timeout_ms;
	if (text_starts(hook->url, "smtp://"))
		prepare_mail(sending, hook);
	else
		prepare_request(sending, hook, now);
	hook->state = SB_HOOK_SENDING;
	return sending;
}

/* Whether its address is being sent all that it takes at once. */
static bool is_held(const struct sandbox *sandbox, const struct sb_hook *hook)
{
	int max = hook->rules->at_once ? hook->rules->at_once(hook) : 0, count = 0;

	for (const struct sb_hook *other = sandbox->hooks; max && other; other = other->next)
		count += other->state == SB_HOOK_SENDING && other->rules == hook->rules &&
			 strcmp(other->url, hook->url) == 0;
	return max && count >= max;
}

/* Gives the next delivery that is due, or NULL and in *wait_ms until when to wait. */
static struct sending *next_due(struct sb_sender *sender, int *wait_ms)
{
	struct sandbox *sandbox = sender->sandbox;
	struct sending *sending = NULL;
	int64_t now;

	*wait_ms = IDLE_MS;
	if (!atomic_load(&sandbox->hooks_waiting) && !atomic_load(&sandbox->steps_waiting))
		return NULL;
	pthread_mutex_lock(&sandbox->lock);
	now = sb_vclock_now(&sandbox->clock);
	sb_later_run(sandbox, now, wait_ms);
	if (sender->nunder_way >= UNDER_WAY_MAX) {
		pthread_mutex_unlock(&sandbox->lock);
		return NULL;
	}
	for (struct sb_hook *hook = sandbox->hooks; hook && !sending; hook = hook->next) {
		if (hook->state != SB_HOOK_DUE && hook->state != SB_HOOK_OPEN)
			continue;
		if (hook->next_at <= now && is_held(sandbox, hook))
			continue; /* until an answer comes, which wakes the sender */
		if (hook->next_at <= now)
			sending = prepare(sender, hook, now);
		else if (hook->next_at - now < *wait_ms)
			*wait_ms = (int)(hook->next_at - now);
	}
	pthread_mutex_unlock(&sandbox->lock);
	return sending;
}

static void *run(void *context)
{
	struct sb_sender *sender = context;

	while (!atomic_load(&sender->is_ending)) {
		int wait_ms;
		struct sending *sending = next_due(sender, &wait_ms);

		if (sending) {
			sending->next = sender->under_way;
			sender->under_way = sending;
			sender->nunder_way++;
			if (sending->mail.url)
				http_client_mail(sender->client, &sending->mail,
						 &sending->limits, sending->arena, done,
						 sending);
			else
				http_client_send(sender->client, &sending->request,
						 &sending->limits, sending->arena, done,
						 sending);
			wait_ms = 0;
		}
		http_client_poll(sender->client, wait_ms);
	}
	return NULL;
}

struct sb_sender *sb_sender_start(struct sandbox *sandbox)
{
	struct sb_sender *sender = sb_alloc(sizeof(*sender));
	const struct http_client_config config = {
		.allowed = anywhere,
		.nallowed = 1,
		.user_agent = "Fairlead-Sandbox/" FAIRLEAD_VERSION,
	};

	sender->sandbox = sandbox;
	sender->client = http_client_new(&config);
	if (pthread_create(&sender->thread, NULL, run, sender) != 0)
		abort();
	return sender;
}

void sb_sender_stop(struct sb_sender *sender)
{
	atomic_store(&sender->is_ending, true);
	http_client_wake(sender->client);
	pthread_join(sender->thread, NULL);
	http_client_free(sender->client); /* cancels: nobody calls done() any more */
	while (sender->under_way) {
		struct sending *sending = sender->under_way;

		sender->under_way = sending->next;
		arena_free(sending->arena);
	}
	free(sender);
}

void sb_sender_wake(struct sandbox *sandbox)
{
	if (sandbox->sender && (atomic_load(&sandbox->hooks_waiting) ||
				atomic_load(&sandbox->steps_waiting)))
		http_client_wake(sandbox->sender->client);
}
