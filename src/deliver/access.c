/* access.c - credentials: opened here, put on requests, never seen elsewhere. Threads: the
 * delivery worker.
 *
 * Secrets of a connection, by name: "secret" (a token, password or key), or for OAuth
 * "client_id", "client_secret", "refresh_token", "access_token". A new pair of tokens is
 * on disk before it is used: providers that rotate void the old ones at once. */
#include "deliver/talk.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "deliver/origin.h"

#define TOKEN_LIFE_MS (30 * CLOCK_MINUTE) /* when the provider does not say */
#define AGAIN_MS 1000                     /* after a token that could not be fetched */

void access_end(struct access *access)
{
	secret_close(&access->token);
	access->is_loaded = false;
}

static bool is_oauth(enum auth auth)
{
	return auth == AUTH_OAUTH2 || auth == AUTH_CLIENT_CREDENTIALS;
}

/* Opens one secret to be sent to `url`; 1 found, 0 not. It must have been given for
 * that origin. */
static int open_secret(struct desk *desk, const char *url, struct arena *arena,
		       const char *name, struct secret *secret, struct error *err)
{
	const char *origins;
	struct view *view = view_open(deliverer_config(desk->deliverer)->store, arena, err);
	int found;

	if (!view)
		return -1;
	found = secret_open(view, desk->workspace, desk->connection, name, secret, &origins,
			    err);
	view_close(view);
	if (found == 1 && !origin_allowed(arena, origins, url)) {
		secret_close(secret);
		return error_set(err, ERR_DENIED,
				 "the secret was given for another address; give it again");
	}
	return found;
}

static bool load_token(struct desk *desk, struct terms *terms)
{
	const char *name = is_oauth(terms->auth) ? "access_token" : "secret";
	struct arena *arena = arena_new();
	struct error err = { 0 };
	int found = open_secret(desk, terms->base_url, arena, name, &desk->access.token, &err);

	arena_free(arena);
	desk->access.is_loaded = true;
	return found == 1;
}

/* ---- Fetching a token ---- */

struct fetch {
	struct desk *desk;
	struct terms *terms;
	struct arena *arena;
	struct http_request request;
	const char *access_token, *refresh_token;
	int64_t expires_at;
};

static void add_form(struct buf *buf, const char *name, const char *value)
{
	buf_addf(buf, "%s%s=", buf->len ? "&" : "", name);
	buf_add_url(buf, value);
}

static int add_secret(struct fetch *fetch, struct buf *form, const char *name,
		      bool is_required)
{
	struct secret secret = { 0 };
	struct error err = { 0 };
	int found = open_secret(fetch->desk, fetch->request.url, fetch->arena, name, &secret,
				&err);

	if (found == 1)
		add_form(form, name, secret.text);
	secret_close(&secret);
	return found == 1 || !is_required ? 0 : -1;
}

static void fetch_end(struct fetch *fetch)
{
	/* The form and the answer held secrets. */
	sodium_memzero((void *)(uintptr_t)fetch->request.body, fetch->request.body_len);
	terms_release(fetch->terms);
	arena_free(fetch->arena);
}

static void fetch_failed(struct fetch *fetch, bool is_refused)
{
	struct desk *desk = fetch->desk;
	int64_t now = clock_now();
	bool changed = is_refused ? circuit_refused(&desk->circuit, now) :
				    circuit_failed(&desk->circuit, now);

	desk->access.is_refreshing = false;
	desk->access.again_at = now + AGAIN_MS;
	log_warn(&desk->log, "token.failed", LOG_INT("refused", is_refused));
	if (changed)
		desk_store_state(desk, is_refused ? "connection.refused" : "connection.open",
				 is_refused ? "the CRM refused to give a token: authorise the "
					      "connection again" :
					      "the CRM's token endpoint does not answer");
	fetch_end(fetch);
	deliverer_wake(desk->deliverer);
}

static int keep_tokens(struct tx *tx, void *context, struct error *err)
{
	struct fetch *fetch = context;
	struct actor actor = { .workspace = fetch->desk->workspace,
			       .kind = ACTOR_CONNECTION,
			       .id = fetch->desk->connection };
	/* For the same origins as the secrets that were given: a refresh token that went to
	 * a login host goes there again. */
	const char *origins = origins_of_connection(fetch->arena, fetch->terms->connector,
						    fetch->terms->connection);

	if (secret_keep(tx, &actor, fetch->desk->connection, "access_token",
			fetch->access_token, origins, err) < 0)
		return -1;
	if (fetch->refresh_token &&
	    secret_keep(tx, &actor, fetch->desk->connection, "refresh_token",
			fetch->refresh_token, origins, err) < 0)
		return -1;
	return 0;
}

static void fetched(void *context, struct http_reply *reply)
{
	struct fetch *fetch = context;
	struct desk *desk = fetch->desk;
	struct error err = { 0 };
	json_t *json = NULL;
	int64_t life;

	if (reply->failure == HTTP_REPLIED)
		json = json_parse(fetch->arena, reply->body, reply->body_len,
				  &json_limits_lead, NULL);
	fetch->access_token = json_string_of(json, "access_token");
	fetch->refresh_token = json_string_of(json, "refresh_token");
	if (reply->status != 200 || text_is_empty(fetch->access_token)) {
		/* Salesforce answers a second request at the same time like this: later. */
		const char *why = json_string_of(json, "error_description");
		bool is_busy = why && strstr(why, "already being processed");

		fetch_failed(fetch, reply->status >= 400 && reply->status < 500 &&
					    reply->status != 429 && !is_busy);
		return;
	}
	life = json_int_of(json, "expires_in", 0) * 1000;
	if (store_run(deliverer_config(desk->deliverer)->store, URGENCY_OUTCOME,
		      desk->workspace, keep_tokens, fetch, &err) < 0) {
		fetch_failed(fetch, false);
		return;
	}
	desk->access.is_refreshing = false;
	desk->access.expires_at = clock_now() + (life > 0 ? life : TOKEN_LIFE_MS) * 4 / 5;
	desk->access.is_dead = false;
	access_end(&desk->access);
	load_token(desk, fetch->terms);
	log_info(&desk->log, "token.renewed");
	fetch_end(fetch);
	deliverer_wake(desk->deliverer);
}

static bool build_form(struct fetch *fetch, struct buf *form)
{
	bool is_refresh = fetch->terms->auth == AUTH_OAUTH2;

	buf_init(form, fetch->arena, 16u << 10);
	add_form(form, "grant_type", is_refresh ? "refresh_token" : "client_credentials");
	return add_secret(fetch, form, "client_id", true) == 0 &&
	       add_secret(fetch, form, "client_secret", true) == 0 &&
	       (!is_refresh || add_secret(fetch, form, "refresh_token", true) == 0);
}

static void fetch_token(struct desk *desk, struct terms *terms)
{
	struct http_limits limits = {
		.total_ms = (int)deliverer_config(desk->deliverer)->call_ms,
	};
	struct arena *arena = arena_new();
	struct fetch *fetch = arena_alloc(arena, sizeof(*fetch));
	struct buf form;

	*fetch = (struct fetch){ .desk = desk, .terms = terms_hold(terms), .arena = arena };
	desk->access.is_refreshing = true;
	fetch->request.method = "POST";
	fetch->request.url = connector_token_url(arena, terms->connector, terms->connection);
	if (!fetch->request.url || !build_form(fetch, &form)) {
		fetch->request.body_len = 0;
		fetch_failed(fetch, true);
		return;
	}
	fetch->request.body = buf_text(&form);
	fetch->request.body_len = form.len;
	http_header_add(&fetch->request.headers, "Content-Type",
			"application/x-www-form-urlencoded");
	http_header_add(&fetch->request.headers, "Accept", "application/json");
	http_client_send(deliverer_client(desk->deliverer), &fetch->request, &limits, arena,
			 fetched, fetch);
}

bool access_ready(struct desk *desk, struct terms *terms, int64_t now)
{
	struct access *access = &desk->access;

	if (terms->auth == AUTH_NONE)
		return true;
	if (access->is_refreshing)
		return false;
	if (!access->is_loaded)
		load_token(desk, terms);
	if (is_oauth(terms->auth) &&
	    (!access->token.text || access->is_dead ||
	     (access->expires_at && access->expires_at <= now))) {
		if (access->again_at <= now)
			fetch_token(desk, terms);
		return false;
	}
	if (access->token.text)
		return true;
	if (circuit_refused(&desk->circuit, now))
		desk_store_state(desk, "connection.refused",
				 "no secret was given for this connection");
	return false;
}

bool access_renew(struct desk *desk, struct terms *terms)
{
	if (!is_oauth(terms->auth))
		return false;
	/* Refused once, it is not shown again, whatever becomes of fetching another. */
	desk->access.is_dead = true;
	if (!desk->access.is_refreshing)
		fetch_token(desk, terms);
	return true;
}

/* ---- Signing ---- */

static void sign_basic(struct terms *terms, struct arena *arena, const char *secret,
		       struct http_headers *headers)
{
	const char *user = json_string_of(
		json_object_get(terms->connection->settings, "auth"), "user");
	char *pair = arena_printf(arena, "%s:%s", user ? user : "", secret);

	http_header_add(headers, "Authorization",
			arena_printf(arena, "Basic %s",
				     base64_encode(arena, pair, strlen(pair))));
	sodium_memzero(pair, strlen(pair));
}

static void sign_hmac(struct terms *terms, struct arena *arena, const struct secret *secret,
		      const struct http_request *request, struct http_headers *headers)
{
	const char *name = json_string_of(
		json_object_get(terms->connection->settings, "auth"), "header");
	unsigned char mac[SHA256_SIZE];

	hmac_sha256(secret->text, secret->len, request->body ? request->body : "",
		    request->body_len, mac);
	http_header_add(headers, name ? name : "X-Signature-256",
			arena_printf(arena, "sha256=%s", hex_encode(arena, mac, sizeof(mac))));
}

int access_sign(struct desk *desk, struct terms *terms, struct arena *arena,
		const struct http_request *request, struct http_request *out,
		struct error *err)
{
	const struct secret *secret = &desk->access.token;
	const char *name;

	*out = *request;
	if (request->url[0] == '/') {
		if (!terms->base_url)
			return error_set(err, ERR_INVALID, "the connection has no base_url");
		out->url = arena_printf(arena, "%s%s", terms->base_url, request->url);
	} else if (!origin_allowed(arena, origin_of(arena, terms->base_url), request->url)) {
		return error_set(err, ERR_DENIED, "this address is not the connection's");
	}
	switch (terms->auth) {
	case AUTH_NONE:
		return 0;
	case AUTH_BEARER:
	case AUTH_OAUTH2:
	case AUTH_CLIENT_CREDENTIALS:
		http_header_add(&out->headers, "Authorization",
				arena_printf(arena, "Bearer %s", secret->text));
		return 0;
	case AUTH_BASIC:
		sign_basic(terms, arena, secret->text, &out->headers);
		return 0;
	case AUTH_HEADER:
		name = json_string_of(json_object_get(terms->connection->settings, "auth"),
				      "header");
		http_header_add(&out->headers, name ? name : "X-Api-Key",
				arena_strdup(arena, secret->text));
		return 0;
	case AUTH_HMAC:
		sign_hmac(terms, arena, secret, request, &out->headers);
		return 0;
	}
	return 0;
}

/* ---- What comes back ---- */

#define MASKED_MIN 8 /* bytes: what is shorter stands in any text */

static void mask(struct arena *arena, struct http_reply *reply, const char *word)
{
	size_t len = word ? strlen(word) : 0;
	char *body, *end, *at;

	if (len < MASKED_MIN || !memmem(reply->body, reply->body_len, word, len))
		return;
	body = arena_alloc(arena, reply->body_len + 1);
	memcpy(body, reply->body, reply->body_len);
	end = body + reply->body_len;
	for (at = body; (at = memmem(at, (size_t)(end - at), word, len)); at += len)
		memset(at, '*', len);
	reply->body = body;
}

void access_mask(const struct access *access, struct arena *arena,
		 const struct http_request *plain, const struct http_request *sent,
		 struct http_reply *reply)
{
	for (size_t i = plain->headers.count; i < sent->headers.count; i++) {
		const char *value = sent->headers.items[i].value,
			   *word = strrchr(value, ' ');

		/* "Bearer TOKEN": the scheme is no secret. */
		mask(arena, reply, word ? word + 1 : value);
	}
	/* Basic's password, in clear. */
	mask(arena, reply, access->token.text);
}
