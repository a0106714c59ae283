/* google.c - imitates Google Ads' lead forms: leads, and test leads, posted to the address
 * that the advertiser pasted (sources 2). Threads: under the sandbox's lock.
 *
 * Google offers no API here but its posts: a form's address and key are set, and a lead is
 * made, by the control, as an advertiser and a person with the form would. */
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/opening.h"
#include "sandbox/render.h"
#include "sandbox/state.h"
#include "sandbox/vendor.h"
#include "sandbox/webhooks.h"

#define KEY "google-sandbox-key"
#define ANSWER_MAX 200

/* --- forms and leads --- */

#define TEXT(name, label) { name, label, SB_TEXT, 0, 0, NULL, NULL, NULL, NULL }
#define WHOLE(name, label) { name, label, SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL }

static const struct sb_field_spec form_fields[] = {
	TEXT("name", "Name"),
	{ "webhook_url", "Webhook URL", SB_URL, 0, 0, NULL, NULL, NULL, NULL },
	TEXT("google_key", "Key"),
	WHOLE("campaign_id", "Campaign"),
	WHOLE("adgroup_id", "Ad group"),
	WHOLE("creative_id", "Ad"),
	WHOLE("asset_group_id", "Asset group: Performance Max only"),
};

static const struct sb_field_spec lead_fields[] = {
	TEXT("form_id", "Form"),
	TEXT("gcl_id", "Click"),
	{ "is_test", "Test", SB_BOOLEAN, 0, 0, NULL, NULL, NULL, NULL },
	TEXT("lead_stage", "Stage"),
	{ "user_column_data", "Answers", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
	WHOLE("webhook_status", "What the address answered"),
	TEXT("webhook_message", "What the address said"),
};

static void form_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "444555%llu%05llu",
		 (unsigned long long)sb_object_account(object)->remote_id,
		 (unsigned long long)number);
}

/* "Cj0KCQiA..." : letters, digits, - and _. */
static void lead_id(const struct sb_object *object, uint64_t number, char id[64])
{
	struct arena *arena = arena_new();
	uint64_t mark[2] = { sb_object_account(object)->remote_id, number };

	snprintf(id, 64, "Cj0KCQiA%s", base64url_encode(arena, mark, sizeof(mark)));
	arena_free(arena);
}

static void open(struct sb_account *account)
{
	const struct sb_object_spec forms = { .name = "forms", .label = "Lead forms", .first = 1,
					      .make_id = form_id };
	const struct sb_object_spec leads = { .name = "leads", .label = "Leads", .first = 1,
					      .make_id = lead_id };
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	sb_fields_add(sb_object_add(account, &forms), form_fields, ARRAY_LEN(form_fields));
	sb_fields_add(sb_object_add(account, &leads), lead_fields, ARRAY_LEN(lead_fields));
	/* Numbers that no double holds. */
	sb_record_add(&call, "forms",
		      json_pack("{ss ss sI sI sI si}", "name", "Enquiry", "google_key", KEY,
				"campaign_id", (json_int_t)22334455660000001, "adgroup_id",
				(json_int_t)77889900110000003, "creative_id",
				(json_int_t)99001122330000005, "asset_group_id", 0),
		      NULL);
	arena_free(arena);
}

static const struct sb_record *form_of(struct sb_call *call, const struct sb_record *lead)
{
	const struct sb_object *forms = sb_object_find(call->account, "forms");
	const char *id = sb_record_text_of(lead, "form_id", call->arena);

	return id ? sb_live_find(call->account, "forms", id) :
	       sb_object_count(forms) ? sb_object_record(forms, 0) :
					NULL;
}

/* --- what is posted --- */

static json_t *column(const char *id, const char *name, const char *text)
{
	return json_pack("{ss ss* ss}", "column_id", id, "column_name", name, "string_value",
			 text);
}

/* A name is missing from what Google thinks needs none. */
static json_t *answers_of(const struct sb_person *person, bool has_all_names)
{
	json_t *list = json_array();

	json_array_append_new(list, json_pack("{ss ss so}", "column_id", "FULL_NAME",
					      "column_name", "Full Name", "string_value",
					      sb_json_printf("%s %s", person->first_name,
							     person->last_name)));
	json_array_append_new(list, column("PHONE_NUMBER", "User Phone", person->phone));
	json_array_append_new(list, column("EMAIL", has_all_names ? "User Email" : NULL,
					   person->email));
	json_array_append_new(list, column("CITY", has_all_names ? "City" : NULL, person->city));
	json_array_append_new(list, column("which_flat_size", "Which flat size?", "2 BHK"));
	return list;
}

/* The data of the test tool. */
static json_t *test_answers(void)
{
	json_t *list = json_array();

	json_array_append_new(list, column("FULL_NAME", "Full Name", "FirstName LastName"));
	json_array_append_new(list, column("PHONE_NUMBER", "User Phone", "1-650-555-0123"));
	json_array_append_new(list, column("EMAIL", NULL, "test@example.com"));
	return list;
}

static bool is_test(const struct sb_record *lead)
{
	json_t *value = sb_record_value_of(lead, "is_test");
	bool is = json_is_true(value);

	json_decref(value);
	return is;
}

/* The answers of a lead: its own, the test tool's, or those of an invented person. */
static json_t *answers(struct sb_call *call, const struct sb_record *lead)
{
	json_t *given = sb_record_value_of(lead, "user_column_data");
	struct sb_person person;

	if (given)
		return given;
	if (is_test(lead))
		return test_answers();
	sb_person_of(call->sandbox->seed, lead->number, &person);
	return answers_of(&person, sb_switch(call->account, "column_names"));
}

static json_t *id_of_lead(const struct sb_record *lead)
{
	return is_test(lead) ? sb_json_printf("TeSter-123-%s", lead->id) : json_string(lead->id);
}

static void copy_id(json_t *body, const struct sb_record *form, const char *name)
{
	json_t *value = sb_record_value_of(form, name);

	json_object_set_new(body, name, value ? value : json_integer(0));
}

static json_t *text_or_empty(const struct sb_record *record, const char *name)
{
	json_t *value = sb_record_value_of(record, name);

	return value ? value : json_string("");
}

static json_t *body_of(struct sb_call *call, const struct sb_record *lead,
		       const struct sb_record *form)
{
	json_t *body = json_pack("{so ss sI}", "lead_id", id_of_lead(lead), "api_version", "1.0",
				 "form_id", (json_int_t)sb_id_number(form->id));

	copy_id(body, form, "campaign_id");
	copy_id(body, form, "adgroup_id");
	copy_id(body, form, "creative_id");
	copy_id(body, form, "asset_group_id");
	json_object_set_new(body, "gcl_id", text_or_empty(lead, "gcl_id"));
	json_object_set_new(body, "google_key",
			    sb_switch(call->account, "wrong_key") ?
				    json_string("not-the-key") :
				    text_or_empty(form, "google_key"));
	json_object_set_new(body, "is_test", json_boolean(is_test(lead)));
	json_object_set_new(body, "lead_stage", text_or_empty(lead, "lead_stage"));
	json_object_set_new(body, "lead_submit_time",
			    sb_render_time(call, lead->created_at, SB_TIME_ZULU));
	json_object_set_new(body, "user_column_data", answers(call, lead));
	if (sb_switch(call->account, "more_members"))
		json_object_set_new(body, "later_addition", json_pack("{s[i]}", "of", 1));
	return body;
}

/* --- posting it --- */

/* What is refused with 4xx is not sent again; what fails is, unless told otherwise. */
static enum sb_hook_verdict judge(const struct sb_hook *hook, int status, const char *body,
				  size_t body_len)
{
	(void)body;
	(void)body_len;
	if (status / 100 == 2)
		return SB_HOOK_TAKEN;
	if (status / 100 == 4 || !sb_switch(hook->account, "retries"))
		return SB_HOOK_REFUSED;
	return SB_HOOK_AGAIN;
}

/* The message of a refusal is what the test tool shows. */
static void replied(struct sb_call *call, struct sb_hook *hook, int status, const char *body,
		    size_t body_len)
{
	struct sb_record *lead = sb_live_find(call->account, "leads",
					      json_string_of(hook->extra, "lead"));
	const json_t *json = json_parse(call->arena, body, body_len, &json_limits_lead, NULL);
	const char *message = json_string_of(json, "message");

	if (!lead)
		return;
	sb_record_derive(call, lead, "webhook_status", json_integer(status));
	sb_record_derive(call, lead, "webhook_message",
			 message && text_length(message) <= ANSWER_MAX ? json_string(message) :
									 NULL);
	sb_ledger_add(call, "post",
		      status / 100 == 2 ? "taken" : status / 100 == 4 ? "refused" : "failed",
		      lead->id, 0);
	sb_touch(call);
}

static const int64_t waits[] = { CLOCK_MINUTE, 10 * CLOCK_MINUTE, CLOCK_HOUR, 6 * CLOCK_HOUR,
				 CLOCK_DAY, 0 };

static const struct sb_hook_rules rules = {
	.content_type = "application/json",
	.timeout_ms = 20000,
	.waits_ms = waits,
	.batch_max = 1,
	.judge = judge,
	.replied = replied,
};

static void post(struct sb_call *call, const struct sb_record *lead)
{
	const struct sb_record *form = form_of(call, lead);
	const char *url = form ? sb_record_text_of(form, "webhook_url", call->arena) : NULL;

	if (!url)
		return; /* no webhook: the advertiser downloads a file */
	for (int64_t i = 0; i <= sb_switch(call->account, "webhook_repeat"); i++)
		sb_hook_queue(call, url, &rules, body_of(call, lead, form),
			      json_pack("{ss}", "lead", lead->id));
}

static void changed(struct sb_call *call, const struct sb_change *change)
{
	if (change->kind == SB_CREATED &&
	    strcmp(sb_object_spec(change->record->object)->name, "leads") == 0)
		post(call, change->record);
}

/* Somebody fills in the form. */
static void seed(struct sb_call *call, const struct sb_person *person)
{
	const struct sb_record *lead = sb_record_add(
		call, "leads",
		json_pack("{ss so}", "gcl_id", "EAIaIQob", "user_column_data",
			  answers_of(person, sb_switch(call->account, "column_names"))),
		NULL);

	if (lead)
		post(call, lead);
}

/* --- the vendor --- */

static bool authenticate(struct sb_call *call)
{
	call->account = sb_account_find(call->sandbox, call->vendor, "default");
	return true;
}

static void problem(struct sb_call *call, enum sb_problem problem, int status)
{
	(void)problem;
	sb_reply_json(call, status ? status : 403,
		      json_pack("{s{si ss}}", "error", "code", status ? status : 403, "message",
				"the sandbox's Google posts leads and answers nothing"));
}

static void credentials(struct sb_account *account, json_t *out)
{
	const struct sb_object *forms = sb_object_find(account, "forms");
	json_t *ids = json_array();

	for (size_t i = 0; i < sb_object_count(forms); i++)
		json_array_append_new(ids, json_string(sb_object_record(forms, i)->id));
	json_object_set_new(out, "google_key", json_string(KEY));
	json_object_set_new(out, "form_ids", ids);
}

static const struct sb_switch_spec switches[] = {
	{ "retries", 1, "what fails (5xx, no answer) is posted again: 0 never" },
	{ "webhook_repeat", 0, "1: every lead is posted twice" },
	{ "wrong_key", 0, "1: leads come with another google_key" },
	{ "column_names", 0, "1: every column has its column_name" },
	{ "more_members", 0, "1: leads have a member that nobody knows" },
};

static const struct sb_route routes[] = {
	{ "*", "/{*}", NULL, 0, "Google Ads' API: it wants OAuth and a developer token", 0 },
};

const struct sb_vendor sb_google = {
	.name = "google",
	.title = "Google lead forms",
	.routes = routes,
	.nroutes = ARRAY_LEN(routes),
	.switches = switches,
	.nswitches = ARRAY_LEN(switches),
	.open = open,
	.authenticate = authenticate,
	.problem = problem,
	.changed = changed,
	.seed = seed,
	.credentials = credentials,
};
