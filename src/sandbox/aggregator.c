/* aggregator.c - imitates a portal that sells leads: it posts them to an address, with the
 * habits that portals have (sources 5). Threads: under the sandbox's lock.
 *
 * A feed says where to, in which shape, and what it takes for an answer; a lead is made by
 * the control, as a buyer who asks. IndiaMART's list can be read too. */
#include "sandbox/aggregator.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/oauth.h"
#include "sandbox/opening.h"
#include "sandbox/state.h"
#include "sandbox/webhooks.h"

#define PULL_SPAN (7 * CLOCK_DAY)

/* --- feeds and leads --- */

#define TEXT(name, label) { name, label, SB_TEXT, 0, 0, NULL, NULL, NULL, NULL }

static const struct sb_field_spec feed_fields[] = {
	TEXT("name", "Name"),
	{ "url", "Address", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	{ "shape", "Shape", SB_PICKLIST, 0, 0, "api|portal|indiamart|justdial", NULL, NULL, NULL },
	{ "method", "Method", SB_PICKLIST, 0, 0, "POST|GET", NULL, NULL, NULL },
	TEXT("token", "Bearer token"),
	TEXT("success", "Word that it wants for an answer"),
};

static const struct sb_field_spec lead_fields[] = {
	TEXT("feed_id", "Feed"),
	TEXT("name", "Name"),
	TEXT("phone", "Phone, E.164"),
	TEXT("email", "E-mail"),
	TEXT("company", "Company"),
	TEXT("city", "City"),
	TEXT("pincode", "Pincode"),
	TEXT("product", "What is asked for"),
	{ "message", "Message", SB_LONG_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "do_not_call", "Registered do-not-call", SB_BOOLEAN, 0, 0, NULL, NULL, NULL, NULL },
	{ "answer_status", "What the address answered", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
};

static void open(struct sb_account *account)
{
	const struct sb_object_spec feeds = { .name = "feeds", .label = "Feeds", .first = 1 };
	const struct sb_object_spec leads = { .name = "leads", .label = "Leads", .first = 700001 };
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);
	const char *key = text_equal(account->name, "default") ?
				  AGGREGATOR_PULL_KEY :
				  arena_printf(account->arena, "%s-%s", AGGREGATOR_PULL_KEY,
					       sb_opening_mark(account));

	sb_fields_add(sb_object_add(account, &feeds), feed_fields, ARRAY_LEN(feed_fields));
	sb_fields_add(sb_object_add(account, &leads), lead_fields, ARRAY_LEN(lead_fields));
	sb_record_add(&call, "feeds", json_pack("{ss ss ss}", "name", "Feed", "shape", "api",
						"method", "POST"),
		      NULL);
	sb_opening_token(account, "glusr_crm_key", key);
	sb_window_open(account, "list", SB_ROLLING, 5 * CLOCK_MINUTE, 1);
	arena_free(arena);
}

static const struct sb_record *feed_of(struct sb_call *call, const struct sb_record *lead)
{
	const struct sb_object *feeds = sb_object_find(call->account, "feeds");
	const char *id = sb_record_text_of(lead, "feed_id", call->arena);

	return id ? sb_live_find(call->account, "feeds", id) :
	       sb_object_count(feeds) ? sb_object_record(feeds, 0) :
					NULL;
}

static const char *setting(struct sb_call *call, const struct sb_record *feed, const char *name)
{
	const char *text = sb_record_text_of(feed, name, call->arena);

	return text ? text : "";
}

/* --- posting --- */

/* 200 and, where a word is wanted, nothing but that word. */
static bool is_taken(const struct sb_hook *hook, int status, const char *body, size_t len)
{
	const char *word = json_string_of(hook->extra, "success");
	size_t want = word ? strlen(word) : 0;

	if (!want)
		return status / 100 == 2;
	while (len && (body[len - 1] == '\n' || body[len - 1] == '\r' || body[len - 1] == ' '))
		len--;
	return status == 200 && len == want && memcmp(body, word, len) == 0;
}

/* Whatever is not the answer that is wanted, it comes again: a refusal too. */
static enum sb_hook_verdict judge(const struct sb_hook *hook, int status, const char *body,
				  size_t len)
{
	return is_taken(hook, status, body, len) ? SB_HOOK_TAKEN : SB_HOOK_AGAIN;
}

static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t len)
{
	struct sb_record *lead = sb_live_find(call->account, "leads",
					      json_string_of(hook->extra, "lead"));

	if (!lead)
		return;
	sb_record_derive(call, lead, "answer_status", json_integer(status));
	sb_ledger_add(call, "post", is_taken(hook, status, body, len) ? "taken" : "failed",
		      lead->id, 0);
	sb_touch(call);
}

static void sign(struct sb_hook *hook, struct arena *arena, int64_t now, int attempt,
		 struct http_request *request)
{
	const char *token = json_string_of(hook->extra, "token");
	const char *key = json_string_of(hook->extra, "key"), *query;

	(void)now;
	(void)attempt;
	if (token && http_header_is_valid("Authorization", token))
		http_header_add(&request->headers, "Authorization",
				arena_printf(arena, "Bearer %s", token));
	if (key)
		http_header_add(&request->headers, "Idempotency-Key", arena_strdup(arena, key));
	if (!json_is_true(json_object_get(hook->extra, "in_query")))
		return;
	query = aggregator_query(arena, json_array_get(hook->events, 0));
	request->method = "GET";
	request->body = NULL;
	request->url = arena_printf(arena, "%s%c%s", hook->url, strchr(hook->url, '?') ? '&' : '?',
				    query);
}

static const int64_t waits[] = { CLOCK_MINUTE, 15 * CLOCK_MINUTE, CLOCK_HOUR, 0 };

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 20000,
	.waits_ms = waits,
	.batch_max = 1,
	.sign = sign,
	.judge = judge,
	.replied = replied,
};

static void post_once(struct sb_call *call, const struct sb_record *lead,
		      const struct sb_record *feed, const char *enquiry)
{
	const char *shape = setting(call, feed, "shape"), *token = setting(call, feed, "token");
	bool in_query = text_equal(setting(call, feed, "method"), "GET");
	bool is_api = !text_equal(shape, "portal") && !text_equal(shape, "indiamart") &&
		      !text_equal(shape, "justdial");

	sb_hook_queue(call, setting(call, feed, "url"), &rules,
		      aggregator_body(call, shape, lead, enquiry),
		      json_pack("{ss ss sb ss* ss*}", "lead", lead->id, "success",
				setting(call, feed, "success"), "in_query", in_query, "token",
				*token ? token : NULL, "key", is_api ? enquiry : NULL));
}

static void post(struct sb_call *call, const struct sb_record *lead)
{
	const struct sb_record *feed = feed_of(call, lead);

	if (!feed || !*setting(call, feed, "url"))
		return;
	/* The same buyer, under one enquiry id or several. */
	for (int64_t i = 0; i <= sb_switch(call->account, "more_enquiries"); i++) {
		const char *enquiry =
			i ? arena_printf(call->arena, "AGG-%s-%lld", lead->id, (long long)i) :
			    arena_printf(call->arena, "AGG-%s", lead->id);

		for (int64_t j = 0; j <= sb_switch(call->account, "webhook_repeat"); j++)
			post_once(call, lead, feed, enquiry);
	}
}

static void changed(struct sb_call *call, const struct sb_change *change)
{
	if (change->kind == SB_CREATED &&
	    strcmp(sb_object_spec(change->record->object)->name, "leads") == 0)
		post(call, change->record);
}

/* Somebody asks for something. */
static void seed(struct sb_call *call, const struct sb_person *person)
{
	const struct sb_record *lead = sb_record_add(
		call, "leads",
		json_pack("{so ss ss ss ss ss ss sb}", "name",
			  sb_json_printf("%s %s", person->first_name, person->last_name),
			  "phone", person->phone, "email", person->email, "company",
			  person->company, "city", person->city, "pincode",
			  person->postal_code, "product", "2 BHK", "do_not_call",
			  person->number % 5 == 0),
		NULL);

	if (lead)
		post(call, lead);
}

/* --- IndiaMART's list --- */

/* Errors are in CODE, with 200. */
static void say(struct sb_call *call, int code, const char *status, const char *message)
{
	sb_reply_json(call, 200, json_pack("{si ss ss si s[]}", "CODE", code, "STATUS", status,
					   "MESSAGE", message, "TOTAL_RECORDS", 0, "RESPONSE"));
}

static bool authenticate(struct sb_call *call)
{
	if (sb_token_check(call, sb_query(call, "glusr_crm_key")) == SB_TOKEN_OK)
		return true;
	say(call, 401, "FAILURE", "The CRM key is not valid");
	return false;
}

static bool admit(struct sb_call *call)
{
	return sb_admit(call, "list", 1);
}

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	switch (problem) {
	case SB_PROBLEM_RATE:
		say(call, 429, "FAILURE",
		    "It is advised to hit this API once in every 5 minutes");
		break;
	case SB_PROBLEM_EXPIRED:
	case SB_PROBLEM_REVOKED:
	case SB_PROBLEM_FORBIDDEN:
		say(call, 401, "FAILURE", "The CRM key is not valid");
		break;
	case SB_PROBLEM_LOCKED:
	case SB_PROBLEM_BAD_JSON:
	case SB_PROBLEM_FULL:
	case SB_PROBLEM_SERVER:
		sb_reply_json(call, status ? status : 500,
			      json_pack("{si ss}", "CODE", status ? status : 500, "STATUS",
					"FAILURE"));
		break;
	}
}

/* "2026-02-01 10:00:00" or "01-02-2026 10:00:00", of India. */
static bool read_time(struct sb_call *call, const char *text, int64_t *ms)
{
	const char *iso = text;

	if (text && strlen(text) == 19 && text[2] == '-')
		iso = arena_printf(call->arena, "%.4s-%.2s-%.2s%s", text + 6, text + 3, text,
				   text + 10);
	return iso && strlen(iso) == 19 &&
	       clock_parse(arena_printf(call->arena, "%s+05:30", iso), ms);
}

static void list(struct sb_call *call)
{
	const struct sb_object *leads = sb_object_find(call->account, "leads");
	int64_t from, to;
	json_t *rows;

	if (!read_time(call, sb_query(call, "start_time"), &from) ||
	    !read_time(call, sb_query(call, "end_time"), &to) || to < from) {
		say(call, 400, "FAILURE", "start_time or end_time is not valid");
		return;
	}
	if (to - from > PULL_SPAN) {
		say(call, 400, "FAILURE", "start_time and end_time may be 7 days apart at most");
		return;
	}
	rows = json_array();
	for (size_t i = 0; i < sb_object_count(leads); i++) {
		const struct sb_record *lead = sb_object_record(leads, i);

		if (lead->state == SB_LIVE && lead->created_at >= from &&
		    lead->created_at < to + CLOCK_SECOND)
			json_array_append_new(rows,
					      aggregator_indiamart_row(
						      call, lead,
						      arena_printf(call->arena, "AGG-%s",
								   lead->id)));
	}
	sb_reply_json(call, 200,
		      json_pack("{si ss ss sI so}", "CODE", 200, "STATUS", "SUCCESS", "MESSAGE", "",
				"TOTAL_RECORDS", (json_int_t)json_array_size(rows), "RESPONSE",
				rows));
}

/* --- the vendor --- */

static void credentials(struct sb_account *account, json_t *out)
{
	sb_opening_credentials(account, NULL, out);
	json_object_set_new(out, "feed_id",
			    json_string(sb_object_record(sb_object_find(account, "feeds"), 0)->id));
}

static const struct sb_switch_spec switches[] = {
	{ "webhook_repeat", 0, "1: every lead is posted twice" },
	{ "more_enquiries", 0, "under so many further enquiry ids the same buyer comes" },
};

static const struct sb_route routes[] = {
	{ "GET", "/wservce/crm/crmListing/v2", list, 0, NULL, 0 },
	{ "*", "/{*}", NULL, SB_UNLIMITED, "an aggregator posts; only IndiaMART's list can be read", 0 },
};

const struct sb_vendor sb_aggregator = {
	.name = "aggregator",
	.title = "Aggregator",
	.hosts = (const char *const[]){ "mapi.indiamart.com", NULL },
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open,
	.authenticate = authenticate,
	.admit = admit,
	.problem = problem,
	.changed = changed,
	.seed = seed,
	.credentials = credentials,
};
