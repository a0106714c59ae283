/* exotel.c - imitates Exotel's voice and SMS API (v1): its paths, accounts and numbers.
 * Threads: under the sandbox's lock. */
#include "sandbox/exotel.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/vendor.h"

#define ACCOUNT "/v1/Accounts/{account}"

struct exotel *exotel_of(const struct sb_account *account)
{
	return account->state;
}

struct sb_record *exotel_own_number(struct sb_call *call, const char *text)
{
	const struct sb_object *phones = sb_object_find(call->account, "ExoPhones");
	const char *number = exotel_number(call->arena, text);

	return number ? sb_record_by(sb_field_find(phones, "number"), number) : NULL;
}

static const struct sb_route routes[] = {
	{ "GET", ACCOUNT "/Calls", exotel_list_calls, 0, NULL, 0 },
	{ "POST", ACCOUNT "/Calls/connect", exotel_connect, 0, NULL, 0 },
	{ "GET", ACCOUNT "/Calls/{sid}", exotel_show_call, 0, NULL, 0 },
	{ "POST", ACCOUNT "/Sms/send", exotel_send_sms, 0, NULL, 0 },
	{ "GET", "/recordings/{account}/{call}", exotel_show_recording, SB_UNLIMITED, NULL, 0 },
	{ "POST", ACCOUNT "/Sms/bulksend", exotel_send_many, 0, NULL, 0 },
	{ "GET", ACCOUNT "/SMS/Messages/{sid}", exotel_show_sms, 0, NULL, 0 },
	{ "*", ACCOUNT "/{*}", NULL, 0, "only calls and text messages", 0 },
	{ "POST", "/v2/accounts/{account}/legs/{leg}/actions", exotel_act, 0, NULL, 0 },
	{ "*", "/v2/accounts/{account}/{*}", NULL, 0, "of ExoML the sheet describes what a leg is "
						      "told and tells", 0 },
	{ "*", "/v3/accounts/{account}/{*}", NULL, 0, "a beta, given on request, whose answers the "
						      "sheet does not have: call details are in v1",
	  0 },
};

static const struct sb_switch_spec switches[] = {
	{ "cluster", 0, "by host name: 0: an account of Mumbai (api.in.exotel.com), 1: of "
			"Singapore (api.exotel.com), 2: both hosts know it" },
	{ "utc", 0, "1: times are UTC, not India's" },
	{ "code_numbers", 0, "1: the Code of an error is a number" },
	{ "answered_by_both", 0, "1: \"answered\" is told when the second leg picks up, not the "
				 "first" },
	{ "legs_as_json", 0, "1: Legs is one text of JSON, not Legs[0][Status]" },
	{ "callbacks_lost", 0, "1: status callbacks are never posted" },
	{ "answer_twice", 0, "1: every status callback is posted twice" },
	{ "shuffle", 0, "1: \"answered\" comes after \"terminal\"" },
	{ "balance_spent", 0, "1: 402 for calls and messages" },
	{ "suspended", 0, "1: 403 for everything: no KYC" },
	{ "by_digits", 0, "1: the last two digits of the number called make the script: 00 presses "
			  "1, 01 presses 2, 02 nothing, 03 busy, 04 no answer, 05 failed, 06 "
			  "voicemail, 07 500 and it rings, 08 no callback, 09 twice and reversed, "
			  "10 429, 11 the agent alone" },
	{ "dlt_at_once", 0, "1: a message to India without DltEntityId is refused, not failed "
			    "later" },
	{ "sms_ends_with", 0, "a code, 23082: every message comes to it; 21020: it expires" },
	{ "sms_other_codes", 0, "1: codes of the vendor's other page (2000x, 300xx)" },
};

/* ".json" says how to answer: exotel_reply(). */
static const char *rewrite(struct sb_call *call, const char *path)
{
	size_t len = strlen(path);

	return text_ends(path, ".json") ? arena_strndup(call->arena, path, len - 5) : path;
}

static struct sb_account *account_of(struct sb_call *call, const char *key, const char *token)
{
	for (struct sb_account *a = call->sandbox->accounts; a; a = a->next)
		if (a->vendor == call->vendor && text_equal(exotel_of(a)->key, key) &&
		    text_equal(exotel_of(a)->token, token))
			return a;
	return NULL;
}

/* An account lives in one cluster, and the other one's host has never heard of it. */
static bool is_at_home(struct sb_call *call, const struct sb_account *account)
{
	const char *host = sb_header(call, "Host");
	int64_t cluster = sb_switch(account, "cluster");
	bool is_mumbai = host && strstr(host, ".in.exotel.com");

	return *call->prefix || cluster == 2 || is_mumbai == (cluster == 0);
}

static bool authenticate(struct sb_call *call)
{
	const char *key, *token;
	struct sb_account *account =
		sb_basic(call, &key, &token) ? account_of(call, key, token) : NULL;

	if (account && is_at_home(call, account) && call->route &&
	    text_equal(sb_param(call, 0), exotel_of(account)->sid)) {
		call->account = account;
		return true;
	}
	sb_reply_header(call, "WWW-Authenticate", "Basic realm=\"Exotel API\"");
	exotel_fail(call, 401, "Authentication failed: check the API key, token, account SID and "
			       "the host of its cluster");
	return false;
}

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		exotel_fail(call, 429, "Too many requests");
		return;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		exotel_fail(call, 401, "Authentication failed");
		return;
	case SB_PROBLEM_FORBIDDEN:
		exotel_fail(call, 403, "The account is suspended or its KYC is not complete");
		return;
	case SB_PROBLEM_LOCKED:
		exotel_fail(call, 409, "The resource is being changed");
		return;
	case SB_PROBLEM_BAD_JSON:
		exotel_fail(call, 400, "The request could not be read");
		return;
	case SB_PROBLEM_SERVER:
	case SB_PROBLEM_FULL:
		exotel_fail(call, status ? status : 503, "The server failed: try again later");
		return;
	}
}

static bool admit(struct sb_call *call)
{
	if (sb_switch(call->account, "suspended")) {
		problem(call, SB_PROBLEM_FORBIDDEN, 0);
		return false;
	}
	if (!sb_admit(call, "requests", 1))
		return false;
	if (text_equal(call->method, "POST") && sb_switch(call->account, "balance_spent")) {
		exotel_fail(call, 402, "The account has no balance left");
		return false;
	}
	return true;
}

static void make_sid(const struct sb_object *object, uint64_t number, char id[64])
{
	const struct sb_account *account = sb_object_account(object);
	struct sb_rng rng = sb_rng_of(account->remote_id ^ sb_hash(sb_object_spec(object)->name),
				      number);

	sb_rng_text(&rng, SB_HEX, id, 32);
}

static const struct sb_field_spec phone_fields[] = {
	{ "number", "Number", SB_PHONE, SB_UNIQUE, 0, NULL, NULL, NULL, NULL },
	{ "flow_id", "The flow of calls to it", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "event_url", "Where events of its legs go", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "event_auth", "user:password of that", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};

static const struct sb_field_spec flow_fields[] = {
	{ "name", "Name", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "applets", "Applets", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

static const char *const own_numbers[] = { "+918047180000", "+918047180001" };

static void open_records(struct sb_account *account, struct sb_object *phones,
			 struct sb_object *flows)
{
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	for (size_t i = 0; i < ARRAY_LEN(own_numbers); i++)
		sb_record_create(&call, phones,
				 json_keep(arena, json_pack("{ss}", "number", own_numbers[i])),
				 NULL);
	sb_record_create(&call, flows,
			 json_keep(arena, json_pack("{ss s[{ss ss}]}", "name", "Greeting",
						    "applets", "applet", "greeting", "text",
						    "Thank you for your interest.")),
			 NULL);
	arena_free(arena);
}

static void open(struct sb_account *account)
{
	const struct sb_object_spec calls = { .name = "Calls", .label = "Calls", .first = 1,
					      .make_id = make_sid };
	const struct sb_object_spec messages = { .name = "Messages", .label = "Messages",
						 .first = 1, .make_id = make_sid };
	const struct sb_object_spec legs = { .name = "Legs", .label = "Legs", .first = 1,
					     .make_id = make_sid };
	const struct sb_object_spec phones = { .name = "ExoPhones", .label = "Numbers",
					       .first = 1 };
	const struct sb_object_spec flows = { .name = "Flows", .label = "Flows", .first = 1001 };
	struct exotel *exotel = arena_alloc(account->arena, sizeof(*exotel));
	struct sb_object *phone_object, *flow_object;

	account->state = exotel;
	exotel->sid = account->number == 1 ?
			      "sandbox1" :
			      arena_printf(account->arena, "sandbox%u", account->number);
	exotel->key = sb_opening_key(account, SB_HEX, "e807e15a11dbe0c4a3f6d9528b7c1e40");
	exotel->token = sb_opening_key(account, SB_HEX, "70ce5a11dbe0c4a3f6d9528b7c1e40f2");
	sb_fields_add(sb_object_add(account, &calls), exotel_call_fields, exotel_ncall_fields);
	sb_fields_add(sb_object_add(account, &messages), exotel_sms_fields, exotel_nsms_fields);
	sb_fields_add(sb_object_add(account, &legs), exotel_leg_fields, exotel_nleg_fields);
	phone_object = sb_object_add(account, &phones);
	sb_fields_add(phone_object, phone_fields, ARRAY_LEN(phone_fields));
	flow_object = sb_object_add(account, &flows);
	sb_fields_add(flow_object, flow_fields, ARRAY_LEN(flow_fields));
	open_records(account, phone_object, flow_object);
	sb_window_open(account, "requests", SB_ROLLING, CLOCK_MINUTE, 200);
}

/* A prospect rings: a call, or a leg, that nobody asked the API for. */
static void changed(struct sb_call *call, const struct sb_change *change)
{
	const char *object = sb_object_spec(change->record->object)->name;

	if (change->kind != SB_CREATED)
		return;
	if (text_equal(object, "Legs"))
		exotel_begin_leg(call, change->record);
	else if (text_equal(object, "Calls") && !*sb_text(call, change->record, "direction"))
		exotel_ring_us(call, change->record);
}

static void credentials(struct sb_account *account, json_t *out)
{
	const struct exotel *exotel = exotel_of(account);

	json_object_set_new(out, "account_sid", json_string(exotel->sid));
	json_object_set_new(out, "api_key", json_string(exotel->key));
	json_object_set_new(out, "api_token", json_string(exotel->token));
	json_object_set_new(out, "caller_id", json_string(own_numbers[0]));
	json_object_set_new(out, "flow",
			    sb_json_printf("http://my.exotel.com/%s/exoml/start_voice/1001",
					   exotel->sid));
}

static const char *const hosts[] = { "api.exotel.com",	       "api.in.exotel.com",
				     "ccm-api.exotel.com",     "ccm-api.in.exotel.com",
				     "cpaas-api.in.exotel.com", NULL };

const struct sb_vendor sb_exotel = {
	.name = "exotel",
	.title = "Exotel",
	.hosts = hosts,
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open,
	.rewrite = rewrite,
	.authenticate = authenticate,
	.admit = admit,
	.problem = problem,
	.changed = changed,
	.credentials = credentials,
};
