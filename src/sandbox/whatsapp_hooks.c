/* whatsapp_hooks.c - what is told by webhooks (3): what becomes of a message, and what
 * people write. Threads: under the sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/meta.h"
#include "sandbox/whatsapp.h"

#define WINDOW_MS (24 * CLOCK_HOUR)

json_t *whatsapp_metadata(struct sb_call *call, const char *number)
{
	const struct sb_record *own =
		sb_record_find(sb_object_find(call->account, "numbers"), number);

	return json_pack("{so ss}", "display_phone_number",
			 sb_record_value_of(own, "display_phone_number"), "phone_number_id", number);
}

void whatsapp_tell(struct sb_call *call, const char *number, const char *member, json_t *item,
		   json_t *contacts)
{
	json_t *value = json_pack("{ss so so* s[o]}", "messaging_product", "whatsapp", "metadata",
				  whatsapp_metadata(call, number), "contacts", contacts, member,
				  item);

	meta_tell(call, "whatsapp_business_account", whatsapp_waba(call), "messages", value);
}

json_t *whatsapp_seconds(struct sb_call *call)
{
	return sb_json_printf("%lld", (long long)(call->now / 1000));
}

struct sb_record *whatsapp_message(struct sb_call *call, const json_t *doc)
{
	return sb_record_find(sb_object_find(call->account, "messages"),
			      json_string_of(doc, "id"));
}

/* --- statuses --- */

static void step_status(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = whatsapp_message(call, doc);
	const char *status = json_string_of(doc, "status");
	const char *person = whatsapp_text(call, message, "person");
	int error = (int)json_int_of(doc, "error", 0);
	json_t *item, *values = json_pack("{ss}", "status", status);

	if (error)
		json_object_set_new(values, "error", json_integer(error));
	sb_record_update(call, message, json_keep(call->arena, values));
	sb_ledger_add(call, "message", status, message->id, message->version);
	item = json_pack("{ss ss so ss*}", "id", message->id, "status", status, "timestamp",
			 whatsapp_seconds(call), "biz_opaque_callback_data",
			 whatsapp_text(call, message, "callback_data"));
	if (sb_switch(call->account, "hides_phones"))
		json_object_set_new(item, "recipient_user_id",
				    json_string(whatsapp_user(call, person)));
	else
		json_object_set_new(item, "recipient_id", json_string(person));
	if (error)
		json_object_set_new(item, "errors",
				    json_pack("[{si ss ss s{ss}}]", "code", error, "title",
					      meta_error_of(error)->title, "message",
					      meta_error_of(error)->title, "error_data",
					      "details", meta_error_of(error)->title));
	else
		json_object_set_new(item, "pricing",
				    json_pack("{sb ss ss}", "billable", 0, "pricing_model", "PMP",
					      "category", "utility"));
	whatsapp_tell(call, whatsapp_text(call, message, "number"), "statuses", item, NULL);
}

static void plan(struct sb_call *call, const struct sb_record *message, int64_t ms,
		 const char *status, int error)
{
	if (sb_switch(call->account, "shuffle"))
		ms = 4000 - ms;
	sb_later(call, ms, step_status,
		 json_pack("{ss ss si}", "id", message->id, "status", status, "error", error));
}

static bool is_marketing(struct sb_call *call, const char *type, const json_t *content)
{
	const struct sb_record *template =
		text_equal(type, "template") ? whatsapp_template(call, content) : NULL;

	return template &&
	       text_equal(sb_record_text_of(template, "category", call->arena), "MARKETING");
}

/* The code that a message fails with; 0 when it arrives. */
static int error_of(struct sb_call *call, const char *person, const char *type,
		    const json_t *content)
{
	const struct sb_prospect *prospect = sb_prospect_of(call->sandbox, person);
	int code = (int)sb_switch(call->account, "fail_code");

	if (code)
		return code;
	if (!text_equal(type, "template") && !whatsapp_window_is_open(call, person))
		return 131047;
	if (prospect->is_unknown || prospect->pickup == SB_UNREACHABLE)
		return 131026;
	if (!is_marketing(call, type, content))
		return 0;
	return prospect->blocks || json_object_get(whatsapp_table(call, "stopped"), person) ?
		       131050 :
		       0;
}

void whatsapp_plan_fate(struct sb_call *call, const struct sb_record *message, const char *type,
			const json_t *content)
{
	const char *person = whatsapp_text(call, message, "person");
	struct sb_prospect *prospect = sb_prospect_of(call->sandbox, person);
	int error = error_of(call, person, type, content);

	if (error) {
		plan(call, message, 800, "failed", error);
		return;
	}
	plan(call, message, 500, "sent", 0);
	if (!prospect->reads || !sb_switch(call->account, "read_only_says_read"))
		plan(call, message, 1500, "delivered", 0);
	if (prospect->reads)
		plan(call, message, 2500, "read", 0);
	whatsapp_plan_answer(call, message, prospect);
}

/* --- messages that come in --- */

void whatsapp_receive(struct sb_call *call, const char *number, const char *person,
		      json_t *content, const char *answers)
{
	bool is_hidden = sb_switch(call->account, "hides_phones") != 0;
	const char *user = whatsapp_user(call, person);
	struct sb_record *message;
	json_t *contact;

	if (json_object_get(whatsapp_table(call, "blocked"), person)) {
		json_decref(content);
		return;
	}
	json_object_set_new(whatsapp_table(call, "windows"), person,
			    json_integer(call->now + WINDOW_MS));
	message = sb_record_create(
		call, sb_object_find(call->account, "messages"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss sO}", "number", number, "person", person,
				    "direction", "in", "type", json_string_of(content, "type"),
				    "status", "received", "content", content)),
		NULL);
	if (!message) {
		json_decref(content);
		return;
	}
	json_object_set_new(content, "id", json_string(message->id));
	json_object_set_new(content, "timestamp", whatsapp_seconds(call));
	json_object_set_new(content, "from_user_id", json_string(user));
	if (!is_hidden)
		json_object_set_new(content, "from", json_string(person));
	if (answers)
		json_object_set_new(content, "context", json_pack("{ss}", "id", answers));
	contact = json_pack("{s{ss} ss}", "profile", "name", "Prospect", "user_id", user);
	if (is_hidden)
		json_object_set_new(json_object_get(contact, "profile"), "username",
				    sb_json_printf("user%s", person + strlen(person) - 4));
	else
		json_object_set_new(contact, "wa_id", json_string(person));
	whatsapp_tell(call, number, "messages", content, json_pack("[o]", contact));
}
