/* enrichment.c - a provider that is asked what it knows of a person, and answers fully, in
 * part, later, wrongly or not at all. Threads: under the sandbox's lock.
 *
 * There is no sheet: docs/sandbox.md is the description that it follows. How it answers is
 * chosen by the switch `answers`, else by the person: what their e-mail address begins with. */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/later.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/render.h"
#include "sandbox/state.h"
#include "sandbox/vendor.h"
#include "sandbox/webhooks.h"

#define KEY "enrichment-sandbox-key"

enum manner { BY_PERSON, FULLY, PARTLY, SLOWLY, WRONGLY, NOT_AT_ALL };

/* What a wrong answer is like. */
enum mistake { ANOTHER_PERSON, OTHER_TYPES, PLACEHOLDERS };

#define TEXT(name, label) { name, label, SB_TEXT, 0, 0, NULL, NULL, NULL, NULL }

static const struct sb_field_spec lookup_fields[] = {
	TEXT("email", "E-mail"),
	TEXT("phone", "Phone"),
	TEXT("domain", "Domain"),
	TEXT("status", "Status"),
	TEXT("callback_url", "Address"),
	{ "ready_at", "Ready at", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "answer", "Answer", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

static void lookup_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "lkp_%llu_%06llu",
		 (unsigned long long)sb_object_account(object)->remote_id,
		 (unsigned long long)number);
}

/* --- who is asked for, and how it is answered --- */

struct subject {
	const char *email, *phone, *domain;
	const char *key; /* the first of them that there is */
};

static enum manner manner_of(struct sb_call *call, const struct subject *subject)
{
	static const struct {
		const char *start;
		enum manner manner;
	} people[] = {
		{ "partly", PARTLY },	{ "slowly", SLOWLY },	 { "wrongly", WRONGLY },
		{ "nobody", NOT_AT_ALL },
	};
	int64_t told = sb_switch(call->account, "answers");

	if (told > BY_PERSON && told <= NOT_AT_ALL)
		return (enum manner)told;
	for (size_t i = 0; subject->email && i < ARRAY_LEN(people); i++)
		if (text_starts(subject->email, people[i].start))
			return people[i].manner;
	return FULLY;
}

/* --- what is known: the same of the same person in each run --- */

static void person_of(struct sb_call *call, const char *key, struct sb_person *person)
{
	sb_person_of(call->sandbox->seed, sb_hash(key) % 1000000, person);
}

static json_t *company_json(const struct sb_person *person, uint64_t mark)
{
	static const char *const industries[] = { "real_estate", "education", "insurance",
						  "automotive", "software" };

	return json_pack("{ss ss ss sI ss}", "name", person->company, "domain", person->domain,
			 "industry", industries[mark % ARRAY_LEN(industries)], "employees",
			 (json_int_t)(10 + mark % 5000), "country", person->country);
}

static json_t *person_json(const struct sb_person *person, const char *email)
{
	return json_pack("{ss ss ss ss ss ss ss ss}", "first_name", person->first_name,
			 "last_name", person->last_name, "email", email, "phone", person->phone,
			 "title", person->title, "city", person->city, "postal_code",
			 person->postal_code, "country", person->country);
}

static json_t *full_answer(struct sb_call *call, const struct subject *subject)
{
	struct sb_person person;

	person_of(call, subject->key, &person);
	return json_pack("{ss sf ss so so}", "status", "found", "confidence", 0.94, "matched_on",
			 subject->email ? "email" : subject->phone ? "phone" : "domain", "person",
			 person_json(&person, subject->email ? subject->email : person.email),
			 "company", company_json(&person, sb_hash(subject->key)));
}

/* No company, and of the person a name and a place; less sure. */
static json_t *part_answer(struct sb_call *call, const struct subject *subject)
{
	static const char *const unknown[] = { "phone", "title", "postal_code" };
	json_t *answer = full_answer(call, subject);

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
		json_object_set_new(json_object_get(answer, "person"), unknown[i], json_null());
	json_object_set_new(answer, "status", json_string("partial"));
	json_object_set_new(answer, "confidence", json_real(0.41));
	json_object_set_new(answer, "company", json_null());
	return answer;
}

static json_t *wrong_answer(struct sb_call *call, const struct subject *subject)
{
	json_t *answer = full_answer(call, subject);
	json_t *person = json_object_get(answer, "person");
	json_t *company = json_object_get(answer, "company");
	struct sb_person other;

	switch ((enum mistake)sb_switch(call->account, "mistake")) {
	case OTHER_TYPES:
		json_object_set_new(answer, "confidence", json_string("high"));
		json_object_set_new(person, "first_name", json_pack("[s]", "Ann"));
		json_object_set_new(company, "employees", json_string("many"));
		return answer;
	case PLACEHOLDERS:
		json_object_set_new(person, "first_name", json_string("N/A"));
		json_object_set_new(person, "title", json_string("-"));
		json_object_set_new(company, "name", json_string("unknown"));
		return answer;
	case ANOTHER_PERSON:
		break;
	}
	person_of(call, arena_printf(call->arena, "%s'", subject->key), &other);
	json_object_set_new(answer, "person", person_json(&other, other.email));
	json_object_set_new(answer, "company", company_json(&other, sb_hash(other.email)));
	return answer;
}

static json_t *no_answer(void)
{
	return json_pack("{ss}", "status", "not_found");
}

static json_t *answer_in(struct sb_call *call, enum manner manner, const struct subject *subject)
{
	switch (manner) {
	case PARTLY:
		return part_answer(call, subject);
	case WRONGLY:
		return wrong_answer(call, subject);
	case NOT_AT_ALL:
		return no_answer();
	case BY_PERSON:
	case FULLY:
	case SLOWLY: /* in full, in the end */
		break;
	}
	return full_answer(call, subject);
}

/* --- refusals and credentials --- */

static void fail(struct sb_call *call, int status, const char *code, const char *message)
{
	sb_reply_json(call, status, json_pack("{ss ss}", "error", message, "code", code));
}

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		fail(call, 429, "rate_limited", "too many lookups");
		sb_reply_header_int(call, "Retry-After",
				    1 + sb_window_wait(sb_window_find(call->account, "minute"),
						       call->now, 1) / 1000);
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
		fail(call, 401, "unauthorized", "the key is not valid");
		break;
	case SB_PROBLEM_FORBIDDEN:
		fail(call, 403, "forbidden", "the key may not look people up");
		break;
	case SB_PROBLEM_BAD_JSON:
		fail(call, 400, "invalid_json", "the body is not JSON");
		break;
	case SB_PROBLEM_LOCKED:
	case SB_PROBLEM_FULL:
		fail(call, 503, "unavailable", "try again later");
		break;
	case SB_PROBLEM_SERVER:
		fail(call, status, "internal", "something went wrong");
		break;
	}
}

static bool authenticate(struct sb_call *call)
{
	if (sb_token_check(call, sb_authorization(call, "Bearer")) == SB_TOKEN_OK)
		return true;
	problem(call, SB_PROBLEM_REVOKED, 0);
	return false;
}

static bool admit(struct sb_call *call)
{
	return sb_admit(call, "minute", 1);
}

static void finish(struct sb_call *call)
{
	if (call->account)
		sb_reply_header_int(call, "X-Credits-Remaining",
				    sb_window_remaining(sb_window_find(call->account, "credits"),
							call->now));
}

/* --- lookups --- */

static bool read_subject(struct sb_call *call, struct subject *subject)
{
	const json_t *body = sb_json(call);

	*subject = (struct subject){ .email = json_string_of(body, "email"),
				     .phone = json_string_of(body, "phone"),
				     .domain = json_string_of(body, "domain") };
	if (!body)
		return false;
	subject->key = !text_is_empty(subject->email) ? subject->email :
		       !text_is_empty(subject->phone) ? subject->phone :
							subject->domain;
	if (text_is_empty(subject->key))
		fail(call, 422, "required", "one of email, phone and domain is required");
	else if (!text_is_empty(subject->email) && !sb_is_email(subject->email))
		fail(call, 422, "invalid_value", "email: is not an address");
	else
		return true;
	return false;
}

static json_t *with_id(const struct sb_record *lookup, json_t *answer)
{
	json_object_set_new(answer, "id", json_string(lookup->id));
	return answer;
}

/* What was found out; a user of the sandbox may have taken it away. */
static json_t *kept_answer(const struct sb_record *lookup)
{
	json_t *answer = sb_record_value_of(lookup, "answer");

	if (json_is_object(answer))
		return answer;
	json_decref(answer);
	return no_answer();
}

static json_t *pending(struct sb_call *call, const struct sb_record *lookup, int64_t ready_at)
{
	int64_t wait = ready_at > call->now ? ready_at - call->now : 0;

	sb_reply_header_int(call, "Retry-After", (wait + 999) / 1000);
	return json_pack("{ss ss}", "id", lookup->id, "status", "pending");
}

/* Signed as our own `hmac` is: by the key that looked up. */
static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	const char *key = json_string_of(hook->extra, "key");
	unsigned char mac[SHA256_SIZE];

	(void)now;
	(void)attempt;
	hmac_sha256(key, strlen(key), request->body, strlen(request->body), mac);
	http_header_add(&request->headers, "X-Signature-256",
			arena_printf(arena, "sha256=%s", hex_encode(arena, mac, sizeof(mac))));
}

static const int64_t waits[] = { CLOCK_MINUTE, 10 * CLOCK_MINUTE, 0 };

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 10000,
	.waits_ms = waits,
	.batch_max = 1,
	.sign = sign,
};

/* The answer that took its time is ready. */
static void ready(struct sb_call *call, const json_t *doc)
{
	struct sb_record *lookup =
		sb_live_find(call->account, "lookups", json_string_of(doc, "id"));
	const char *url, *status;
	json_t *answer;

	if (!lookup)
		return;
	answer = kept_answer(lookup);
	status = json_string_of(answer, "status");
	sb_record_derive(call, lookup, "status", json_string(status ? status : "found"));
	url = sb_record_text_of(lookup, "callback_url", call->arena);
	if (url)
		sb_hook_queue(call, url, &rules, with_id(lookup, answer),
			      json_pack("{ss}", "key", json_string_of(doc, "key")));
	else
		json_decref(answer);
}

static struct sb_record *keep(struct sb_call *call, const struct subject *subject,
			      const json_t *answer, int64_t ready_at)
{
	const char *url = json_string_of(call->json, "callback_url");

	return sb_record_add(call, "lookups",
			     json_pack("{ss* ss* ss* ss ss* sI sO}", "email", subject->email,
				       "phone", subject->phone, "domain", subject->domain, "status",
				       ready_at > call->now ? "pending" :
							      json_string_of(answer, "status"),
				       "callback_url", url, "ready_at", (json_int_t)ready_at,
				       "answer", answer),
			     NULL);
}

static void look_up(struct sb_call *call)
{
	struct subject subject;
	enum manner manner;
	int64_t ready_at = call->now;
	struct sb_record *lookup;
	json_t *answer;

	if (!read_subject(call, &subject))
		return;
	if (!sb_window_take(sb_window_find(call->account, "credits"), call->now, 1)) {
		fail(call, 402, "no_credits", "the credits of this day are spent");
		return;
	}
	manner = manner_of(call, &subject);
	if (manner == SLOWLY)
		ready_at += sb_switch(call->account, "slow_ms");
	answer = json_keep(call->arena, answer_in(call, manner, &subject));
	lookup = keep(call, &subject, answer, ready_at);
	if (!lookup) {
		problem(call, SB_PROBLEM_FULL, 0);
		return;
	}
	if (ready_at > call->now) {
		sb_later(call, ready_at - call->now, ready,
			 json_pack("{ss ss}", "id", lookup->id, "key", call->token->text));
		sb_reply_json(call, 202, pending(call, lookup, ready_at));
		return;
	}
	sb_reply_json(call, manner == NOT_AT_ALL ? 404 : 200,
		      with_id(lookup, json_deep_copy(answer)));
}

static void show_lookup(struct sb_call *call)
{
	const struct sb_record *lookup =
		sb_live_find(call->account, "lookups", sb_param(call, 0));
	json_t *at;
	int64_t ready_at;

	if (!lookup) {
		fail(call, 404, "not_found", "there is no such lookup");
		return;
	}
	at = sb_record_value_of(lookup, "ready_at");
	ready_at = json_integer_value(at);
	json_decref(at);
	if (ready_at > call->now)
		sb_reply_json(call, 202, pending(call, lookup, ready_at));
	else
		sb_reply_json(call, 200,
			      with_id(lookup, kept_answer(lookup)));
}

/* --- the vendor --- */

static void open(struct sb_account *account)
{
	const struct sb_object_spec lookups = { .name = "lookups", .label = "Lookups",
						.first = 1, .make_id = lookup_id };

	sb_fields_add(sb_object_add(account, &lookups), lookup_fields, ARRAY_LEN(lookup_fields));
	sb_opening_token(account, "api_key",
			 text_equal(account->name, "default") ?
				 KEY :
				 arena_printf(account->arena, "%s-%s", KEY,
					      sb_opening_mark(account)));
	sb_window_open(account, "minute", SB_ROLLING, CLOCK_MINUTE, 60);
	sb_window_open(account, "credits", SB_FIXED, CLOCK_DAY, 1000);
}

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, NULL, out);
}

static const struct sb_switch_spec switches[] = {
	{ "answers", BY_PERSON, "0 by the person, 1 fully, 2 partly, 3 slowly, 4 wrongly, 5 not" },
	{ "mistake", ANOTHER_PERSON,
	  "of wrong answers: 0 another person, 1 other types, 2 placeholders" },
	{ "slow_ms", 5000, "how long a slow answer takes" },
};

static const struct sb_route routes[] = {
	{ "POST", "/v1/lookups", look_up, 0, NULL, 0 },
	{ "GET", "/v1/lookups/{id}", show_lookup, 0, NULL, 0 },
};

const struct sb_vendor sb_enrichment = {
	.name = "enrichment",
	.title = "Enrichment provider",
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open,
	.authenticate = authenticate,
	.admit = admit,
	.problem = problem,
	.finish = finish,
	.credentials = credentials,
};
