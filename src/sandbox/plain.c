/* plain.c - a plain CRM with a REST API: credentials of five kinds, errors, idempotency
 * keys, limits. Threads: under the sandbox's lock. */
#include "sandbox/plain.h"

#include <stdarg.h>
#include <string.h>

#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"

#define KEYS_MAX 10000 /* idempotency keys that are remembered */

/* --- refusals --- */

void plain_wrong(struct sb_call *call, struct plain_refusal *refusal, int status,
		 const char *code, const char *field, const char *format, ...)
{
	va_list args;

	if (refusal->code)
		return;
	va_start(args, format);
	*refusal = (struct plain_refusal){ .status = status,
					   .code = code,
					   .field = field,
					   .message = arena_vprintf(call->arena, format, args) };
	va_end(args);
}

json_t *plain_refusal_json(const struct plain_refusal *refusal)
{
	return json_pack("{ss ss ss* ss*}", "error", refusal->message, "code", refusal->code,
			 "field", refusal->field, "id", refusal->id);
}

/* With the switch `errors_in_200` a refusal is a success that says ok: false. */
void plain_refuse(struct sb_call *call, const struct plain_refusal *refusal)
{
	json_t *json = plain_refusal_json(refusal);
	bool is_hidden = call->account && sb_switch(call->account, "errors_in_200");

	if (is_hidden)
		json_object_set_new(json, "ok", json_false());
	sb_reply_json(call, is_hidden ? 200 : refusal->status, json);
}

void plain_fail(struct sb_call *call, int status, const char *code, const char *format, ...)
{
	struct plain_refusal refusal = { .status = status, .code = code };
	va_list args;

	va_start(args, format);
	refusal.message = arena_vprintf(call->arena, format, args);
	va_end(args);
	plain_refuse(call, &refusal);
}

static void say(struct sb_call *call, int status, const char *code, const char *message)
{
	sb_reply_json(call, status, json_pack("{ss ss}", "error", message, "code", code));
}

static void say_limited(struct sb_call *call)
{
	int64_t wait = 0;

	if (call->account) /* the token endpoint speaks for none yet */
		wait = sb_window_wait(sb_window_find(call->account, "second"), call->now, 1);
	say(call, 429, "rate_limited", "too many requests");
	sb_reply_header_int(call, "Retry-After", wait > 1000 ? (wait + 999) / 1000 : 1);
}

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		say_limited(call);
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		say(call, 401, "unauthorized", "who are you?");
		break;
	case SB_PROBLEM_FORBIDDEN:
		say(call, 403, "forbidden", "you may not do that");
		break;
	case SB_PROBLEM_LOCKED:
		say(call, 423, "locked", "the lead is being edited");
		break;
	case SB_PROBLEM_BAD_JSON:
		say(call, 400, "invalid_json", "the body is not JSON");
		break;
	case SB_PROBLEM_FULL:
		say(call, 507, "full", "the store is full");
		break;
	case SB_PROBLEM_SERVER:
		say(call, status, "internal", "something went wrong");
		break;
	}
}

/* --- credentials --- */

enum auth { AUTH_ANY, AUTH_BEARER, AUTH_BASIC, AUTH_HEADER, AUTH_HMAC };

static const char *kept(const struct sb_account *account, const char *name)
{
	return json_string_of(json_object_get(account->extra, "secrets"), name);
}

static bool is_bearer(struct sb_call *call)
{
	return sb_token_check(call, sb_authorization(call, "Bearer")) == SB_TOKEN_OK;
}

/* The accounts share the user's name: the password tells them apart, as a key does. */
static bool is_secret(struct sb_call *call, const char *secret)
{
	return sb_token_check(call, secret) == SB_TOKEN_OK &&
	       call->token->kind == SB_TOKEN_STATIC;
}

static bool is_basic(struct sb_call *call)
{
	const char *user, *password;

	return sb_basic(call, &user, &password) && text_equal(user, PLAIN_USER) &&
	       is_secret(call, password);
}

/* "sha256=" and the HMAC of the body, as Fairlead's `hmac` signs. It names no account: the
 * one whose key made it is meant. */
static bool is_signed(struct sb_call *call)
{
	const char *given = sb_header(call, "X-Signature-256");
	unsigned char mac[SHA256_SIZE];
	const char *name = sb_header(call, "X-Account");
	const char *key, *made;
	struct sb_account *account;

	account = sb_account_find(call->sandbox, call->vendor, name ? name : "default");
	if (!given || !account)
		return false;
	key = kept(account, "hmac_key");
	hmac_sha256(key, strlen(key), call->body, call->body_len, mac);
	made = arena_printf(call->arena, "sha256=%s", hex_encode(call->arena, mac, sizeof(mac)));
	if (!text_equal_secret(given, made))
		return false;
	call->account = account;
	return true;
}

/* By which kind the call came, of those that the account takes. */
static bool is_in(struct sb_call *call)
{
	enum auth by = is_signed(call)					? AUTH_HMAC :
		       is_bearer(call)					? AUTH_BEARER :
		       is_basic(call)					? AUTH_BASIC :
		       is_secret(call, sb_header(call, "X-Api-Key")) ? AUTH_HEADER :
									  AUTH_ANY;
	int64_t wanted;

	if (by == AUTH_ANY)
		return false;
	wanted = sb_switch(call->account, "auth");
	return wanted == AUTH_ANY || wanted == (int64_t)by;
}

static bool authenticate(struct sb_call *call)
{
	if (is_in(call))
		return true;
	problem(call, SB_PROBLEM_REVOKED, 0);
	return false;
}

static const struct sb_oauth_rules rules = { .access_ms = 3600 * 1000, .letters = SB_HEX };

/* Client credentials only. */
static void token(struct sb_call *call)
{
	enum sb_grant_fault fault = SB_GRANT_BAD_TYPE;
	struct sb_granted granted;
	struct sb_grant grant;

	sb_grant_read(call, &grant);
	if (text_equal(grant.type, "client_credentials"))
		fault = sb_grant(call, &grant, &rules, &granted);
	if (fault == SB_GRANT_OK)
		sb_reply_json(call, 200, json_pack("{ss ss si}", "access_token",
						   granted.access->text, "token_type", "Bearer",
						   "expires_in", 3600));
	else if (fault == SB_GRANT_BAD_CLIENT || fault == SB_GRANT_BAD_SECRET)
		sb_reply_json(call, 401, json_pack("{ss}", "error", "invalid_client"));
	else
		sb_reply_json(call, 400, json_pack("{ss}", "error",
						   fault == SB_GRANT_BAD_TYPE ?
							   "unsupported_grant_type" :
							   "invalid_grant"));
}

static bool admit(struct sb_call *call)
{
	return sb_admit(call, "second", 1);
}

/* --- once for each key --- */

static json_t *keys_of(const struct sb_call *call)
{
	return json_object_get(call->account->extra, "idempotency");
}

/* What was asked, to tell another request under the same key. */
static const char *print_of(struct sb_call *call)
{
	unsigned char digest[SHA256_SIZE];
	const char *all = arena_printf(call->arena, "%s %s\n%s", call->method, call->path,
				       call->body);

	sha256(all, strlen(all), digest);
	return hex_encode(call->arena, digest, sizeof(digest));
}

static void remember(struct sb_call *call, const char *key)
{
	size_t len;
	const char *body = sb_reply_body(call, &len);

	if (call->status >= 300)
		return; /* what was refused may be sent again, mended */
	if (json_object_size(keys_of(call)) >= KEYS_MAX)
		json_object_clear(keys_of(call));
	json_object_set_new(keys_of(call), key,
			    json_pack("{ss si ss}", "print", print_of(call), "status",
				      call->status, "body", body));
	sb_touch(call);
}

static void replay(struct sb_call *call, const json_t *kept_answer)
{
	const char *body = arena_strdup(call->arena, json_string_of(kept_answer, "body"));

	if (!text_equal(json_string_of(kept_answer, "print"), print_of(call))) {
		plain_fail(call, 422, "idempotency_conflict",
			   "the Idempotency-Key was used with another request");
		return;
	}
	sb_reply_text(call, (int)json_int_of(kept_answer, "status", 200), "application/json",
		      body, strlen(body));
	sb_reply_header(call, "Idempotent-Replayed", "true");
}

void plain_once(struct sb_call *call, void (*write)(struct sb_call *call))
{
	const char *key = sb_header(call, "Idempotency-Key");
	const json_t *earlier;

	if (!key || !*key || strlen(key) > 255 || !text_is_utf8(key, strlen(key)) ||
	    !sb_switch(call->account, "idempotency")) {
		write(call);
		return;
	}
	earlier = json_object_get(keys_of(call), key);
	if (earlier) {
		replay(call, earlier);
		return;
	}
	call->key = key;
	write(call);
	remember(call, key);
}

static void post_lead(struct sb_call *call)
{
	plain_once(call, plain_create);
}

static void put_lead(struct sb_call *call)
{
	plain_once(call, plain_upsert);
}

static void post_batch(struct sb_call *call)
{
	plain_once(call, plain_batch);
}

static void post_lead_update(struct sb_call *call)
{
	plain_once(call, plain_lead_update);
}

static void show_me(struct sb_call *call)
{
	sb_reply_json(call, 200, json_pack("{ss ss}", "account", call->account->name, "user",
					   PLAIN_USER));
}

/* --- a new account --- */

static const struct sb_app app = { "fairlead-sandbox-app", "fairlead-sandbox-secret", NULL,
				   "/plain/oauth/token" };

static const char *secret_of(struct sb_account *account, const char *of_default)
{
	return text_equal(account->name, "default") ?
		       of_default :
		       arena_printf(account->arena, "%s-%s", of_default,
				    sb_opening_mark(account));
}

static void open_account(struct sb_account *account)
{
	struct sb_client *client = sb_client_add(account, app.client_id, app.client_secret);

	if (text_equal(account->name, "default"))
		client->account = account;
	sb_opening_token(account, "token", secret_of(account, PLAIN_TOKEN));
	sb_opening_token(account, "password", secret_of(account, PLAIN_PASSWORD));
	sb_opening_token(account, "api_key", secret_of(account, PLAIN_API_KEY));
	json_object_set_new(account->extra, "secrets",
			    json_pack("{ss}", "hmac_key", secret_of(account, PLAIN_HMAC_KEY)));
	json_object_set_new(account->extra, "idempotency", json_object());
	plain_open_leads(account);
	sb_window_open(account, "second", SB_ROLLING, 1000, 100);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, NULL, out);
	json_object_set_new(out, "user", json_string(PLAIN_USER));
	json_object_update(out, json_object_get(account->extra, "secrets"));
	json_object_set_new(out, "client_id", json_string(app.client_id));
	json_object_set_new(out, "client_secret", json_string(app.client_secret));
	json_object_set_new(out, "token_url", json_string(app.token));
}

static const struct sb_switch_spec switches[] = {
	{ "auth", AUTH_ANY, "what is taken: 0 any, 1 bearer, 2 basic, 3 X-Api-Key, 4 hmac" },
	{ "idempotency", 1, "0: Idempotency-Key is passed over" },
	{ "errors_in_200", 0, "1: refusals are 200 with ok: false" },
	{ "unique_email", 0, "1: a second lead of an address is 409 with the id of the first" },
	{ "update_creates", 0, "1: a lead update of an unknown enquiry makes a lead" },
	{ "time_zone", 0, "of times in lead updates: 0 any offset, 1 UTC, 2 IST (+05:30)" },
};

static const struct sb_route routes[] = {
	{ "POST", "/oauth/token", token, SB_PUBLIC | SB_UNLIMITED, NULL, 0 },
	{ "GET", "/me", show_me, 0, NULL, 0 },
	{ "GET", "/fields", plain_fields, 0, NULL, 0 },
	{ "GET", "/leads", plain_list, 0, NULL, 0 },
	{ "POST", "/leads", post_lead, 0, NULL, 0 },
	{ "POST", "/leads/batch", post_batch, 0, NULL, 0 },
	{ "PUT", "/leads/by/{field}/{value}", put_lead, 0, NULL, 0 },
	{ "GET", "/leads/{id}", plain_read, 0, NULL, 0 },
	{ "PATCH", "/leads/{id}", plain_update, 0, NULL, 0 },
	{ "DELETE", "/leads/{id}", plain_delete, 0, NULL, 0 },
	{ "POST", "/lead-updates", post_lead_update, 0, NULL, 0 },
	{ "GET", "/lead-updates", plain_lead_updates, 0, NULL, 0 },
};

const struct sb_vendor sb_plain = {
	.name = "plain",
	.title = "Plain CRM",
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open_account,
	.authenticate = authenticate,
	.admit = admit,
	.problem = problem,
	.seed = plain_seed,
	.credentials = credentials,
};
