/* twilio.c - imitates Twilio's REST API: its paths, accounts and numbers. Threads: under the
 * sandbox's lock. */
#include "sandbox/twilio.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/vendor.h"

#define ACCOUNT TWILIO_API "/Accounts/{account}"

struct twilio *twilio_of(const struct sb_account *account)
{
	return account->state;
}

/* --- one record --- */

static void show_record(struct sb_call *call)
{
	const struct sb_record *record = twilio_record(call, call->route->tag);

	if (record)
		twilio_reply_record(call, 200, record);
}

static void drop_record(struct sb_call *call)
{
	struct sb_record *record = twilio_record(call, call->route->tag);

	if (!record)
		return;
	sb_record_delete(call, record);
	sb_reply_empty(call, 204);
}

/* --- numbers --- */

bool twilio_is_number(const char *text)
{
	size_t digits = *text == '+' ? strspn(text + 1, "0123456789") : 0;

	return digits >= 7 && digits <= 15 && !text[digits + 1] && text[1] != '0';
}

struct sb_record *twilio_own_number(struct sb_call *call, const char *address)
{
	const struct sb_object *numbers = sb_object_find(call->account, "IncomingPhoneNumbers");

	if (text_starts(address, "whatsapp:"))
		address += 9;
	return sb_record_by(sb_field_find(numbers, "phone_number"), address);
}

static const char *const number_settings[][2] = {
	{ "SmsUrl", "sms_url" },     { "SmsMethod", "sms_method" },
	{ "VoiceUrl", "voice_url" }, { "VoiceMethod", "voice_method" },
	{ "StatusCallback", "status_callback" }, { "FriendlyName", "friendly_name" },
};

static void change_number(struct sb_call *call)
{
	struct sb_record *record = twilio_record(call, "IncomingPhoneNumbers");
	json_t *values;

	if (!record)
		return;
	values = json_keep(call->arena, json_object());
	for (size_t i = 0; i < ARRAY_LEN(number_settings); i++) {
		const char *text = sb_form(call, number_settings[i][0]);

		if (text)
			json_object_set_new(values, number_settings[i][1], json_string(text));
	}
	sb_record_update(call, record, values);
	twilio_reply_record(call, 200, record);
}

static void show_account(struct sb_call *call)
{
	const struct twilio *twilio = twilio_of(call->account);

	sb_reply_json(call, 200,
		      json_pack("{ss ss ss ss so so so ss}", "sid", twilio->account_sid,
				"friendly_name", "Sandbox", "status", "active", "type", "Full",
				"auth_token", json_string(twilio->auth_token), "date_created",
				twilio_time(call->account->created_at), "date_updated",
				twilio_time(call->account->created_at), "owner_account_sid",
				twilio->account_sid));
}

/* --- the vendor --- */

/* The tags are the objects. */
static const struct sb_route routes[] = {
	{ "GET", TWILIO_API "/Accounts/{account}", show_account, 0, NULL, 0 },
	{ "GET", ACCOUNT "/Calls", twilio_list, 0, "Calls", 0 },
	{ "POST", ACCOUNT "/Calls", twilio_add_call, 0, NULL, 0 },
	{ "GET", ACCOUNT "/Calls/{sid}", show_record, 0, "Calls", 0 },
	{ "POST", ACCOUNT "/Calls/{sid}", twilio_change_call, 0, NULL, 0 },
	{ "DELETE", ACCOUNT "/Calls/{sid}", drop_record, 0, "Calls", 0 },
	{ "GET", ACCOUNT "/Messages", twilio_list, 0, "Messages", 0 },
	{ "POST", ACCOUNT "/Messages", twilio_add_message, 0, NULL, 0 },
	{ "GET", ACCOUNT "/Messages/{sid}", show_record, 0, "Messages", 0 },
	{ "POST", ACCOUNT "/Messages/{sid}", twilio_change_message, 0, NULL, 0 },
	{ "DELETE", ACCOUNT "/Messages/{sid}", drop_record, 0, "Messages", 0 },
	{ "GET", ACCOUNT "/Messages/{sid}/Media", twilio_list, 0, "Media", 0 },
	{ "GET", ACCOUNT "/Messages/{sid}/Media/{media}", twilio_show_media, 0, NULL, 0 },
	{ "DELETE", ACCOUNT "/Messages/{sid}/Media/{media}", drop_record, 0, "Media", 0 },
	{ "GET", ACCOUNT "/Recordings", twilio_list, 0, "Recordings", 0 },
	{ "GET", ACCOUNT "/Recordings/{recording}", twilio_show_recording, 0, NULL, 0 },
	{ "DELETE", ACCOUNT "/Recordings/{recording}", drop_record, 0, "Recordings", 0 },
	{ "GET", ACCOUNT "/Calls/{sid}/Recordings", twilio_list, 0, "Recordings", 0 },
	{ "GET", ACCOUNT "/Calls/{sid}/Recordings/{recording}", twilio_show_recording, 0, NULL, 0 },
	{ "DELETE", ACCOUNT "/Calls/{sid}/Recordings/{recording}", drop_record, 0, "Recordings",
	  0 },
	{ "GET", ACCOUNT "/IncomingPhoneNumbers", twilio_list, 0, "IncomingPhoneNumbers", 0 },
	{ "GET", ACCOUNT "/IncomingPhoneNumbers/{sid}", show_record, 0, "IncomingPhoneNumbers", 0 },
	{ "POST", ACCOUNT "/IncomingPhoneNumbers/{sid}", change_number, 0, NULL, 0 },
	{ "*", ACCOUNT "/{*}", NULL, 0, "only calls, messages, what is recorded of them and the "
					"account's numbers", 0 },
};

static const struct sb_switch_spec switches[] = {
	{ "shuffle", 0, "1: status callbacks of a message or call come in another order" },
	{ "answer_twice", 0, "1: every status callback is posted twice" },
	{ "geo_off", 0, "1: no call or message to other countries than the sender's: 21215, 21408" },
	{ "optout_in_webhook", 1, "0: OptOutType is left out (no Advanced Opt-Out)" },
	{ "optout_words_2025", 0, "1: REVOKE and OPTOUT are words that block too" },
	{ "machine", 0, "what a voicemail is taken for: 0 machine_start, or the end of a message "
			"by a beep; 1 by silence; 2 by something else; 3 a fax" },
	{ "sip_response", 404, "SipResponseCode of a call that failed: 404, 484 a bad number; 408, "
			       "503 try again" },
	{ "refuse_with", 0, "a code of the catalogue, 21635: every new call and message is refused "
			    "with it" },
	{ "fail_with", 0, "a code of the catalogue, 30007: every message that was taken fails with "
			  "it" },
};

/* ".json" is how a client says that it wants JSON: the sandbox speaks nothing else. */
static const char *rewrite(struct sb_call *call, const char *path)
{
	size_t len = strlen(path);

	return len > 5 && text_equal(path + len - 5, ".json") ?
		       arena_strndup(call->arena, path, len - 5) :
		       path;
}

static struct sb_account *account_of(struct sb_call *call, const char *user,
				     const char *password)
{
	for (struct sb_account *a = call->sandbox->accounts; a; a = a->next) {
		const struct twilio *twilio = twilio_of(a);

		if (a->vendor != call->vendor)
			continue;
		if ((text_equal(user, twilio->account_sid) &&
		     text_equal(password, twilio->auth_token)) ||
		    (text_equal(user, twilio->key_sid) &&
		     text_equal(password, twilio->key_secret)))
			return a;
	}
	return NULL;
}

static bool authenticate(struct sb_call *call)
{
	const char *user, *password;

	call->account = sb_basic(call, &user, &password) ? account_of(call, user, password) :
							   NULL;
	if (call->account && call->nparams > 0 &&
	    !text_equal(sb_param(call, 0), twilio_of(call->account)->account_sid))
		call->account = NULL;
	if (call->account)
		return true;
	sb_reply_header(call, "WWW-Authenticate", "Basic realm=\"Twilio API\"");
	twilio_fail(call, 401, 20003, "Authenticate");
	return false;
}

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		twilio_fail(call, 429, 20429, "Too Many Requests");
		return;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		twilio_fail(call, 401, 20003, "Authenticate");
		return;
	case SB_PROBLEM_FORBIDDEN:
		twilio_fail(call, 403, 20005, "Account is not active");
		return;
	case SB_PROBLEM_LOCKED:
		twilio_fail(call, 429, 20429, "Too Many Requests: concurrency");
		return;
	case SB_PROBLEM_BAD_JSON:
		twilio_fail(call, 400, 20001, "The request could not be read");
		return;
	case SB_PROBLEM_SERVER:
	case SB_PROBLEM_FULL:
		twilio_fail(call, status ? status : 503, status == 503 ? 20503 : 20500,
			    "An internal server error has occurred");
		return;
	}
}

static bool admit(struct sb_call *call)
{
	return sb_admit(call, "requests", 1);
}

static void make_sid(const char *letters, const struct sb_object *object, uint64_t number,
		     char id[64])
{
	const struct sb_account *account = sb_object_account(object);
	struct sb_rng rng = sb_rng_of(account->remote_id ^ sb_hash(letters), number);

	snprintf(id, 64, "%s", letters);
	sb_rng_text(&rng, SB_HEX, id + 2, 32);
}

static void call_sid(const struct sb_object *object, uint64_t number, char id[64])
{
	make_sid("CA", object, number, id);
}

static void message_sid(const struct sb_object *object, uint64_t number, char id[64])
{
	make_sid("SM", object, number, id);
}

static void recording_sid(const struct sb_object *object, uint64_t number, char id[64])
{
	make_sid("RE", object, number, id);
}

static void media_sid(const struct sb_object *object, uint64_t number, char id[64])
{
	make_sid("ME", object, number, id);
}

static void number_sid(const struct sb_object *object, uint64_t number, char id[64])
{
	make_sid("PN", object, number, id);
}

static const struct sb_field_spec number_fields[] = {
	{ "phone_number", "Number", SB_PHONE, SB_UNIQUE, 0, NULL, NULL, NULL, NULL },
	{ "friendly_name", "Name", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "sms_url", "Where messages go", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "sms_method", "How", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "voice_url", "Where calls go", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "voice_method", "How", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status_callback", "Status callback", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
};

/* Twilio's own number for tests, and two that look like others. */
static const char *const own_numbers[] = { "+15005550006", "+14155550100", "+918047180000" };

static void open_numbers(struct sb_account *account)
{
	struct sb_object_spec spec = { .name = "IncomingPhoneNumbers", .label = "Numbers",
				       .first = 1, .make_id = number_sid };
	struct sb_object *object = sb_object_add(account, &spec);
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	sb_fields_add(object, number_fields, ARRAY_LEN(number_fields));
	for (size_t i = 0; i < ARRAY_LEN(own_numbers); i++)
		sb_record_create(&call, object,
				 json_keep(arena, json_pack("{ss ss ss ss}", "phone_number",
							    own_numbers[i], "friendly_name",
							    own_numbers[i], "sms_method", "POST",
							    "voice_method", "POST")),
				 NULL);
	arena_free(arena);
}

static void open_objects(struct sb_account *account)
{
	const struct {
		const char *name;
		const struct sb_field_spec *fields;
		size_t nfields;
		void (*make_id)(const struct sb_object *object, uint64_t number, char id[64]);
	} all[] = {
		{ "Calls", twilio_call_fields, twilio_ncall_fields, call_sid },
		{ "Messages", twilio_message_fields, twilio_nmessage_fields, message_sid },
		{ "Recordings", twilio_recording_fields, twilio_nrecording_fields, recording_sid },
		{ "Media", twilio_media_fields, twilio_nmedia_fields, media_sid },
	};

	for (size_t i = 0; i < ARRAY_LEN(all); i++) {
		const struct sb_object_spec spec = { .name = all[i].name, .label = all[i].name,
						     .first = 1, .make_id = all[i].make_id };

		sb_fields_add(sb_object_add(account, &spec), all[i].fields, all[i].nfields);
	}
}

static void open(struct sb_account *account)
{
	struct twilio *twilio = arena_alloc(account->arena, sizeof(*twilio));
	struct sb_rng *rng = &account->rng;

	account->state = twilio;
	snprintf(twilio->account_sid, 3, "AC");
	sb_rng_text(rng, SB_HEX, twilio->account_sid + 2, 32);
	snprintf(twilio->key_sid, 3, "SK");
	sb_rng_text(rng, SB_HEX, twilio->key_sid + 2, 32);
	snprintf(twilio->service_sid, 3, "MG");
	sb_rng_text(rng, SB_HEX, twilio->service_sid + 2, 32);
	sb_rng_text(rng, SB_HEX, twilio->auth_token, 32);
	sb_rng_text(rng, SB_HEX, twilio->key_secret, 32);
	open_objects(account);
	open_numbers(account);
	sb_window_open(account, "requests", SB_ROLLING, 1000, 100);
	sb_window_open(account, "calls_per_second", SB_ROLLING, 1000, 1);
	json_object_set_new(account->extra, "opted_out", json_object());
	json_object_set_new(account->extra, "whatsapp_until", json_object());
}

/* A call that nobody asked the API for: a prospect rings (a record made by the control). */
static void changed(struct sb_call *call, const struct sb_change *change)
{
	struct sb_record *record = change->record;

	if (change->kind == SB_CREATED && !*sb_text(call, record, "direction") &&
	    text_equal(sb_object_spec(record->object)->name, "Calls"))
		twilio_ring_us(call, record);
}

static bool write_in(struct sb_call *call, const char *from, const char *to, const char *text)
{
	if (!twilio_own_number(call, to))
		return false;
	twilio_receive(call, &(struct twilio_written){ .from = from, .to = to, .text = text });
	return true;
}

static void credentials(struct sb_account *account, json_t *out)
{
	const struct twilio *twilio = twilio_of(account);

	json_object_set_new(out, "account_sid", json_string(twilio->account_sid));
	json_object_set_new(out, "auth_token", json_string(twilio->auth_token));
	json_object_set_new(out, "api_key_sid", json_string(twilio->key_sid));
	json_object_set_new(out, "api_key_secret", json_string(twilio->key_secret));
	json_object_set_new(out, "messaging_service_sid", json_string(twilio->service_sid));
	json_object_set_new(out, "from", json_string(own_numbers[0]));
	json_object_set_new(out, "whatsapp_from", json_string("whatsapp:+14155550100"));
}

/* Regional ones too: api.dublin.ie1.twilio.com. */
static const char *const hosts[] = { ".twilio.com", NULL };

const struct sb_vendor sb_twilio = {
	.name = "twilio",
	.title = "Twilio",
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
	.write = write_in,
	.credentials = credentials,
};
