/* whatsapp_people.c - people who answer a message: in words, by tapping a button, or by
 * stopping. Threads: under the sandbox's lock. */
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/meta.h"
#include "sandbox/whatsapp.h"

/* What they send, as the webhook has it, without from and id. */
json_t *whatsapp_content(const char *text, const char *payload, const char *kind)
{
	if (!kind)
		return json_pack("{ss s{ss}}", "type", "text", "text", "body", text);
	if (text_equal(kind, "template"))
		return json_pack("{ss s{ss ss}}", "type", "button", "button", "payload", payload,
				 "text", text);
	return json_pack("{ss s{ss s{ss ss}}}", "type", "interactive", "interactive", "type", kind,
			 kind, "id", payload, "title", text);
}

/* --- what they tap --- */

/* The title and payload of what is tapped: by number from 1, or by title. */
static bool tapped(const json_t *buttons, const char *wanted, const char *member,
		   const char **title, const char **payload)
{
	const json_t *button;
	int64_t number = 0;
	size_t i;

	text_int(wanted, &number);
	json_array_foreach((json_t *)buttons, i, button) {
		const json_t *one = member ? json_object_get(button, member) : button;
		const char *text = json_string_of(one, "title");

		if (!text)
			text = json_string_of(one, "text");
		if ((int64_t)i + 1 != number && !text_equal_nocase(text, wanted))
			continue;
		*title = text;
		*payload = json_string_of(one, "id");
		if (!*payload)
			*payload = text;
		return true;
	}
	return false;
}

/* The buttons that a template was made with. */
static const json_t *template_buttons(struct sb_call *call, const json_t *template)
{
	const struct sb_record *found = whatsapp_template(call, template);
	const json_t *components =
		found ? json_keep(call->arena, sb_record_value_of(found, "components")) : NULL;
	const json_t *component;
	size_t i;

	json_array_foreach((json_t *)components, i, component)
		if (text_equal(json_string_of(component, "type"), "BUTTONS"))
			return json_object_get(component, "buttons");
	return NULL;
}

/* The payload that the sending gave to a template's button. */
static const char *given_payload(const json_t *template, size_t index)
{
	const json_t *component;
	size_t i;
	char at[24];

	snprintf(at, sizeof(at), "%zu", index);
	json_array_foreach(json_object_get(template, "components"), i, component) {
		const json_t *number = json_object_get(component, "index");
		bool is_it = json_is_integer(number) ?
				     json_integer_value(number) == (json_int_t)index :
				     text_equal(json_string_value(number), at);

		if (text_equal(json_string_of(component, "sub_type"), "quick_reply") && is_it)
			return json_string_of(json_array_get(json_object_get(component,
									     "parameters"),
							     0),
					      "payload");
	}
	return NULL;
}

static json_t *tap(struct sb_call *call, const json_t *content, const char *type,
		   const char *wanted)
{
	const json_t *action = json_object_get(content, "action"), *sections, *section;
	const char *title = NULL, *payload = NULL;
	size_t i;

	if (text_equal(type, "template")) {
		const json_t *buttons = template_buttons(call, content);

		for (i = 0; i < json_array_size(buttons); i++) {
			json_t *one = json_pack("[O]", json_array_get(buttons, i));
			bool is_it = tapped(json_keep(call->arena, one), wanted, NULL, &title,
					    &payload);
			int64_t number;

			if (!is_it && !(text_int(wanted, &number) && number == (int64_t)i + 1))
				continue;
			title = json_string_of(json_array_get(buttons, i), "text");
			payload = given_payload(content, i);
			return whatsapp_content(title, payload ? payload : title, "template");
		}
		return NULL;
	}
	if (tapped(json_object_get(action, "buttons"), wanted, "reply", &title, &payload))
		return whatsapp_content(title, payload, "button_reply");
	sections = json_object_get(action, "sections");
	json_array_foreach((json_t *)sections, i, section)
		if (tapped(json_object_get(section, "rows"), wanted, NULL, &title, &payload))
			return whatsapp_content(title, payload, "list_reply");
	return NULL;
}

/* --- what they do --- */

static void step_answer(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = whatsapp_message(call, doc);
	const char *person = whatsapp_text(call, message, "person");
	const char *text = json_string_of(doc, "text");
	json_t *content = NULL;

	if (json_is_true(json_object_get(doc, "is_tap")))
		content = tap(call, json_keep(call->arena, sb_record_value_of(message, "content")),
			      whatsapp_text(call, message, "type"), text);
	if (!content)
		content = whatsapp_content(text, NULL, NULL);
	whatsapp_receive(call, whatsapp_text(call, message, "number"), person, content,
			 message->id);
}

/* The person stops marketing messages in the app: no message of theirs. */
static void step_stop(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = whatsapp_message(call, doc);
	const char *person = whatsapp_text(call, message, "person");
	const char *number = whatsapp_text(call, message, "number");

	json_object_set_new(whatsapp_table(call, "stopped"), person, json_true());
	sb_touch(call);
	meta_tell(call, "whatsapp_business_account", whatsapp_waba(call), "user_preferences",
		  json_pack("{ss so s[{ss ss ss ss so}]}", "messaging_product", "whatsapp",
			    "metadata", whatsapp_metadata(call, number), "user_preferences",
			    "wa_id", person, "detail",
			    "User requested to stop marketing messages", "category",
			    "marketing_messages", "value", "stop", "timestamp",
			    whatsapp_seconds(call)));
}

void whatsapp_plan_answer(struct sb_call *call, const struct sb_record *message,
			  struct sb_prospect *prospect)
{
	const struct sb_reaction *reaction = sb_prospect_to_message(prospect);

	if (prospect->opts_out) {
		prospect->opts_out = false;
		sb_later(call, 4000, step_answer,
			 json_pack("{ss ss}", "id", message->id, "text", "STOP"));
		sb_later(call, 5000, step_stop, json_pack("{ss}", "id", message->id));
		return;
	}
	if (reaction)
		sb_later(call, 3000 + sb_reaction_wait(reaction, call->now), step_answer,
			 json_pack("{ss ss sb}", "id", message->id, "text", reaction->text,
				   "is_tap", reaction->deed == SB_TAPS));
}
