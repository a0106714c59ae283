/* in.c - /in/ADDRESS: what forms and simple senders post to a source's own address.
 * Threads: the handler prepares; the committer answers.
 *
 * A public source gets one answer, without ids, whatever became of it: new, known,
 * rejected and spam look alike. Redirects go to the configured address only. */
#include <string.h>

#include "api/internal.h"
#include "base/clock.h"
#include "base/text.h"
#include "sources/form_lead.h"

struct arrival {
	struct api_call *call;
	const struct source *source;
};

/* The caller's origin when the source lists it, else NULL. */
static const char *allowed_origin(struct api_call *call, const struct source *source)
{
	const char *origin = http_header_find(&call->http->headers, "Origin");

	for (size_t i = 0; origin && i < source->form.norigins; i++)
		if (text_equal(source->form.origins[i], origin))
			return arena_strdup(call->arena, origin);
	return NULL;
}

/* Whose script may read the answer, good or bad: without this a page cannot show its
 * visitors why they were refused. */
static void add_cors(struct api_call *call, const struct source *source)
{
	struct http_headers *headers = arena_alloc(call->arena, sizeof(*headers));
	const char *origin = allowed_origin(call, source);

	http_header_add(headers, "Vary", "Origin");
	if (origin)
		http_header_add(headers, "Access-Control-Allow-Origin", origin);
	call->more = headers;
}

/* The source behind the address; answers 404 when there is none. From here on all
 * answers begin with call->more. */
static struct snapshot *find_source(struct api_call *call, const struct source **source)
{
	struct error err = { 0 };
	struct view *view = api_view(call);
	struct snapshot *snapshot = NULL;
	int64_t workspace, id;
	int found;

	if (!view)
		return NULL;
	found = source_find_any_workspace(view, call->params[0], &workspace, &id, &err);
	view_close(view);
	if (found == 1)
		snapshot = snapshot_get(call->store, workspace, &err);
	*source = snapshot ? config_source_by_id(snapshot_config(snapshot), id) : NULL;
	if (*source) {
		call->actor = (struct actor){ .workspace = workspace,
					      .kind = ACTOR_SOURCE,
					      .id = id };
		add_cors(call, *source);
		return snapshot;
	}
	snapshot_release(snapshot);
	if (err.code && err.code != ERR_NOT_FOUND)
		api_fail(call, &err);
	else
		api_problem(call, 404, "not_found", "no source has this address");
	return NULL;
}

void api_in_options(struct api_call *call)
{
	struct http_headers headers;
	const struct source *source;
	struct snapshot *snapshot = find_source(call, &source);

	if (!snapshot)
		return;
	headers = *call->more;
	if (allowed_origin(call, source)) {
		http_header_add(&headers, "Access-Control-Allow-Methods", "POST");
		http_header_add(&headers, "Access-Control-Allow-Headers", "content-type");
		http_header_add(&headers, "Access-Control-Max-Age", "600");
	}
	snapshot_release(snapshot);
	http_answer(call->http, 204, &headers, "", 0);
}

/* A browser that posted a form goes on to the thank-you page; a script reads JSON. */
static bool wants_page(struct api_call *call)
{
	const char *accept = http_header_find(&call->http->headers, "Accept");

	return accept && strstr(accept, "text/html");
}

static bool goes_on(const struct arrival *arrival)
{
	return arrival->source->form.thank_you && wants_page(arrival->call);
}

static void send_on(const struct arrival *arrival)
{
	struct api_call *call = arrival->call;
	struct http_headers headers = *call->more;

	http_header_add(&headers, "Location",
			arena_strdup(call->arena, arrival->source->form.thank_you));
	http_answer(call->http, 303, &headers, "", 0);
}

static void reply_public(const struct arrival *arrival)
{
	if (goes_on(arrival))
		send_on(arrival);
	else
		http_answer(arrival->call->http, 202, arrival->call->more,
			    "{\"result\":\"received\"}", 21);
}

static void answered(struct intake *intake, const struct error *err)
{
	const struct arrival *arrival = intake->context;
	const struct intake_item *item = &intake->items[0];
	struct api_call *call = arrival->call;
	struct http_headers headers = *call->more;

	if (err) {
		api_problem(call, 503, "not_kept",
			    "the store could not keep it; nothing was taken, send it again");
		return;
	}
	if (arrival->source->trust == TRUST_PUBLIC) {
		reply_public(arrival);
		return;
	}
	if (item->answer.status < 400 && goes_on(arrival)) {
		send_on(arrival);
		return;
	}
	if (item->answer.status >= 400)
		http_header_add(&headers, "Content-Type", "application/problem+json");
	if (item->is_replayed)
		http_header_add(&headers, "Idempotent-Replayed", "true");
	http_answer(call->http, item->answer.status, &headers, item->answer.body,
		    strlen(item->answer.body));
}

static bool may_send(struct api_call *call, const struct source *source)
{
	const struct api_config *config = &call->api->config;
	struct hash_key none = { { 0 } };
	struct hash16 hash = hash16(&none, "peer", call->http->peer, strlen(call->http->peer));
	int64_t peer, now = clock_mono_us();

	memcpy(&peer, hash.bytes, sizeof(peer));
	if (rate_take(call->api->rates, source->id, config->source_per_s, now) &&
	    (source->trust != TRUST_PUBLIC ||
	     rate_take(call->api->rates, peer, config->peer_per_s, now)))
		return true;
	api_limited(call, 1);
	return false;
}

static int prepare(struct api_call *call, struct snapshot *snapshot,
		   const struct source *source, struct submission *submission,
		   struct error *err)
{
	struct form_lead lead = {
		.config = snapshot_config(snapshot),
		.source = source,
		.content_type = http_header_find(&call->http->headers, "Content-Type"),
		.body = call->http->body,
		.len = call->http->body_len,
		.key = http_header_find(&call->http->headers, "Idempotency-Key"),
		.received_at = call->now,
	};

	if (form_lead_prepare(call->arena, &lead, submission, err) < 0)
		return -1;
	submission->workspace = call->actor.workspace;
	return 0;
}

static void release(void *snapshot)
{
	snapshot_release(snapshot);
}

static void take(struct api_call *call, struct snapshot *snapshot, const struct source *source,
		 struct submission *submission)
{
	struct intake *intake = arena_alloc(call->arena, sizeof(*intake));
	struct arrival *arrival = arena_alloc(call->arena, sizeof(*arrival));

	*arrival = (struct arrival){ call, source };
	*intake = (struct intake){
		.store = call->store,
		.snapshot = snapshot,
		.actor = call->actor,
		.urgency = URGENCY_INTERACTIVE,
		.is_awaited = true,
		.arena = call->arena,
		.items = arena_alloc(call->arena, sizeof(*intake->items)),
		.nitems = 1,
		.answered = answered,
		.context = arrival,
	};
	intake->items[0] = (struct intake_item){ .submission = submission, .source = source };
	/* The source is read in `answered`, after the intake gave its snapshot back. */
	arena_defer(call->arena, release, snapshot_hold(snapshot));
	intake_submit(intake);
}

void api_in_post(struct api_call *call)
{
	struct submission *submission = arena_alloc(call->arena, sizeof(*submission));
	const char *type = http_header_find(&call->http->headers, "Content-Type");
	const struct source *source;
	struct snapshot *snapshot;
	struct error err = { 0 };

	snapshot = find_source(call, &source);
	if (!snapshot)
		return;
	if (form_type_of(type) == FORM_NONE) {
		snapshot_release(snapshot);
		api_problem(call, 415, "content_type",
			    "send a form (urlencoded or multipart) or JSON");
	} else if (!store_is_accepting(call->store)) {
		snapshot_release(snapshot);
		api_problem(call, 503, "not_accepting",
			    "nothing was taken, send it again later");
	} else if (!may_send(call, source)) {
		snapshot_release(snapshot);
	} else if (prepare(call, snapshot, source, submission, &err) < 0) {
		snapshot_release(snapshot);
		api_problem(call, err.code == ERR_LIMIT ? 413 : 400,
			    err.code == ERR_LIMIT ? "too_large" : "malformed", "body: %s",
			    err.message);
	} else {
		take(call, snapshot, source, submission);
	}
}
