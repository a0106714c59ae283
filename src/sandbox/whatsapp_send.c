/* whatsapp_send.c - sending a message: what is wrong with it (1, 6), and the limits (5).
 * Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/meta.h"
#include "sandbox/whatsapp.h"

#define PAIR_BURST 45 /* messages to one person at once */
#define PAIR_MS 6000  /* then one in this time */

/* --- what is wrong with a message (1, 6) --- */

static bool fail_value(struct sb_call *call, const char *what)
{
	meta_fail_details(call, 400, 131009, "Parameter value is not valid", "%s", what);
	return false;
}

static bool is_within(const json_t *object, const char *name, size_t most)
{
	const char *text = json_string_of(object, name);

	return text && *text && text_length(text) <= most;
}

static bool check_buttons(struct sb_call *call, const json_t *buttons)
{
	const json_t *button;
	size_t i;

	if (json_array_size(buttons) < 1 || json_array_size(buttons) > 3)
		return fail_value(call, "Invalid buttons count. Min allowed buttons: 1, Max allowed "
					"buttons: 3");
	json_array_foreach((json_t *)buttons, i, button) {
		const json_t *reply = json_object_get(button, "reply");

		if (!text_equal(json_string_of(button, "type"), "reply") ||
		    !is_within(reply, "title", 20) || !is_within(reply, "id", 256))
			return fail_value(call, "Button title length invalid. Min length: 1, Max "
						"length: 20");
		for (size_t j = 0; j < i; j++)
			if (text_equal(json_string_of(reply, "id"),
				       json_string_of(json_object_get(json_array_get(buttons, j),
								      "reply"),
						      "id")))
				return fail_value(call, "Duplicate button ids");
	}
	return true;
}

static bool check_list(struct sb_call *call, const json_t *action)
{
	const json_t *sections = json_object_get(action, "sections"), *section, *row;
	size_t rows = 0, i, j;

	if (!is_within(action, "button", 20))
		return fail_value(call, "List button text is 1 to 20 characters");
	if (json_array_size(sections) < 1 || json_array_size(sections) > 10)
		return fail_value(call, "Invalid sections count. 1 to 10");
	json_array_foreach((json_t *)sections, i, section) {
		if (json_array_size(sections) > 1 && !is_within(section, "title", 24))
			return fail_value(call, "Section title is 1 to 24 characters");
		json_array_foreach(json_object_get(section, "rows"), j, row) {
			rows++;
			if (!is_within(row, "id", 200) || !is_within(row, "title", 24))
				return fail_value(call, "Row id is 1 to 200, title 1 to 24 "
							"characters");
			if (json_object_get(row, "description") &&
			    !is_within(row, "description", 72))
				return fail_value(call, "Row description is 1 to 72 characters");
		}
	}
	return rows >= 1 && rows <= 10 ? true :
					 fail_value(call, "Total row count exceed max allowed "
							  "count: 10");
}

static bool check_interactive(struct sb_call *call, const json_t *interactive)
{
	const json_t *body = json_object_get(interactive, "body");
	const json_t *action = json_object_get(interactive, "action");
	bool is_list = text_equal(json_string_of(interactive, "type"), "list");

	if (!is_within(body, "text", is_list ? 4096 : 1024))
		return fail_value(call, is_list ? "Body text is 1 to 4096 characters" :
						  "Body text is 1 to 1024 characters");
	if (is_list)
		return check_list(call, action);
	if (text_equal(json_string_of(interactive, "type"), "button"))
		return check_buttons(call, json_object_get(action, "buttons"));
	return fail_value(call, "interactive.type is button or list");
}

static bool check_content(struct sb_call *call, const char *type, const json_t *content)
{
	if (text_equal(type, "template"))
		return whatsapp_check_template(call, content);
	if (text_equal(type, "interactive"))
		return check_interactive(call, content);
	if (text_equal(type, "text"))
		return is_within(content, "body", 4096) ||
		       fail_value(call, "Text body is 1 to 4096 characters");
	meta_fail_details(call, 400, 131051, "Message type unknown", "Unsupported message type: %s",
			  type);
	return false;
}

/* --- limits (5) --- */

/* About one message in 6 s to one person; a burst of 45 is lent. */
static bool pair_allows(struct sb_call *call, const char *person)
{
	json_t *pairs = whatsapp_table(call, "pairs");
	int64_t owed = json_int_of(pairs, person, 0);

	if (owed < call->now)
		owed = call->now;
	if (owed - call->now > PAIR_BURST * PAIR_MS)
		return false;
	json_object_set_new(pairs, person, json_integer(owed + PAIR_MS));
	return true;
}

static bool check_limits(struct sb_call *call, const char *person)
{
	if (!sb_window_take(sb_window_find(call->account, "messages"), call->now, 1)) {
		meta_fail_details(call, 400, 130429, "Rate limit hit",
				  "Message failed to send because there were too many messages "
				  "sent from this phone number in a short period of time");
		return false;
	}
	if (!pair_allows(call, person)) {
		meta_fail_details(call, 400, 131056, "(Business Account, Consumer Account) pair "
						     "rate limit hit",
				  "Too many messages sent to the same person");
		return false;
	}
	return true;
}

/* --- sending (1) --- */

static bool mark_read(struct sb_call *call, const json_t *body)
{
	if (!text_equal(json_string_of(body, "status"), "read"))
		return false;
	if (sb_record_find(sb_object_find(call->account, "messages"),
			   json_string_of(body, "message_id")))
		sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
	else
		meta_fail_details(call, 400, 131009, "Parameter value is not valid",
				  "message_id is not known");
	return true;
}

static void reply_accepted(struct sb_call *call, const struct sb_record *message,
			   const char *input, const char *kind, const char *id)
{
	static const char *const words[] = { "accepted", "held_for_quality_assessment", "paused" };
	int64_t held = sb_switch(call->account, "held");

	sb_reply_json(call, 200,
		      json_pack("{ss s[{ss ss}] s[{ss ss}]}", "messaging_product", "whatsapp",
				"contacts", "input", input, kind, id, "messages", "id",
				message->id, "message_status",
				words[held < 0 || held > 2 ? 0 : held]));
}

void whatsapp_send(struct sb_call *call)
{
	const struct sb_record *number = meta_record(call, "numbers");
	const json_t *body = sb_json(call), *content;
	const char *to, *user, *person, *type, *data;
	struct sb_record *message;

	if (!body || (number && mark_read(call, body)))
		return;
	to = json_string_of(body, "to");
	type = json_string_of(body, "type");
	type = type ? type : "text";
	data = json_string_of(body, "biz_opaque_callback_data");
	content = json_object_get(body, type);
	user = to ? NULL : json_string_of(body, "recipient");
	person = to ? whatsapp_digits(call, to) : user ? whatsapp_person_of(call, user) : NULL;
	if (!number) {
		meta_fail(call, 400, 100, 33, "Unsupported post request. Object with ID '%s' does "
					      "not exist",
			  sb_param(call, 0));
	} else if (!text_equal(json_string_of(body, "messaging_product"), "whatsapp")) {
		meta_fail(call, 400, 100, 0, "(#100) The parameter messaging_product is required.");
	} else if ((!to && !user) || !content) {
		meta_fail_details(call, 400, 131008, "Required parameter is missing",
				  "Parameter '%s' is required", to || user ? type : "to");
	} else if (!person) {
		meta_fail_details(call, 400, 131009, "Parameter value is not valid", "%s",
				  to ? "'to' is not a phone number" : "'recipient' is not known");
	} else if (text_equal(person, whatsapp_text(call, number, "display_phone_number"))) {
		meta_fail_details(call, 400, 131021, "Recipient cannot be sender",
				  "Recipient cannot be sender");
	} else if (data && strlen(data) > 512) {
		fail_value(call, "biz_opaque_callback_data is over 512 characters");
	} else if (check_content(call, type, content) && check_limits(call, person)) {
		message = sb_record_create(
			call, sb_object_find(call->account, "messages"),
			json_keep(call->arena,
				  json_pack("{ss ss ss ss ss ss* sO}", "number", number->id,
					    "person", person, "direction", "out", "type", type,
					    "status", "accepted", "callback_data", data, "content",
					    content)),
			NULL);
		if (!message) {
			call->vendor->problem(call, SB_PROBLEM_FULL, 500);
			return;
		}
		if (sb_switch(call->account, "held") != 2)
			whatsapp_plan_fate(call, message, type, content);
		reply_accepted(call, message, to ? to : user, to ? "wa_id" : "user_id",
			       to ? person : user);
	}
}
