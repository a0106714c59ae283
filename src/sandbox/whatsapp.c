/* whatsapp.c - WhatsApp's Cloud API: messages, the 24 hours, templates, statuses. Threads:
 * under the sandbox's lock. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/ledger.h"
#include "sandbox/meta.h"
#include "sandbox/opening.h"

#define WINDOW_MS (24 * CLOCK_HOUR)
#define PAIR_BURST 45     /* messages to one person at once */
#define PAIR_MS 6000      /* then one in this time */

static void number_id(const struct sb_object *object, uint64_t number, char id[64])
{
	snprintf(id, 64, "30%llu%03llu",
		 (unsigned long long)sb_object_account(object)->remote_id,
		 (unsigned long long)number);
}

static void message_id(const struct sb_object *object, uint64_t number, char id[64])
{
	struct sb_rng rng = sb_rng_of(sb_object_account(object)->remote_id, number);

	snprintf(id, 64, "wamid.HBgM");
	sb_rng_text(&rng, SB_LETTERS, id + 10, 32);
}

static const struct sb_field_spec number_fields[] = {
	{ "display_phone_number", "Number", SB_PHONE, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "verified_name", "Name", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "quality_rating", "Quality", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
};
static const struct sb_field_spec message_fields[] = {
	{ "number", "Number", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "person", "Person", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "direction", "Direction", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "type", "Type", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "error", "Error", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "callback_data", "Callback data", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "content", "Content", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};
static const struct sb_field_spec template_fields[] = {
	{ "name", "Name", SB_TEXT, SB_INDEXED, 0, NULL, NULL, NULL, NULL },
	{ "language", "Language", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "status", "Status", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "category", "Category", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "parameter_format", "Format", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "components", "Components", SB_JSON, 0, 0, NULL, NULL, NULL, NULL },
};

static void add_template(struct sb_call *call, const char *name, const char *components,
			 const char *format)
{
	sb_record_create(
		call, sb_object_find(call->account, "templates"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss so}", "name", name, "language", "en",
				    "status", "APPROVED", "category", "UTILITY",
				    "parameter_format", format, "components",
				    json_loads(components, 0, NULL))),
		NULL);
}

void whatsapp_open(struct sb_account *account)
{
	struct sb_object_spec numbers = { .name = "numbers", .label = "Phone numbers", .first = 1,
					  .make_id = number_id };
	struct sb_object_spec messages = { .name = "messages", .label = "Messages", .first = 1,
					   .make_id = message_id };
	struct sb_object_spec templates = { .name = "templates", .label = "Templates",
					    .first = 700100200300400 };
	struct sb_object *object = sb_object_add(account, &numbers);
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	sb_fields_add(object, number_fields, ARRAY_LEN(number_fields));
	sb_fields_add(sb_object_add(account, &messages), message_fields,
		      ARRAY_LEN(message_fields));
	sb_fields_add(sb_object_add(account, &templates), template_fields,
		      ARRAY_LEN(template_fields));
	sb_record_create(&call, object,
			 json_keep(arena, json_pack("{ss ss ss}", "display_phone_number",
						    "918047180000", "verified_name",
						    "Sea View Homes", "quality_rating", "GREEN")),
			 NULL);
	add_template(&call, "hello", "[{\"type\":\"BODY\",\"text\":\"Hello!\"}]", "POSITIONAL");
	add_template(&call, "enquiry_confirm",
		     "[{\"type\":\"BODY\",\"text\":\"Hi {{first_name}}, did you ask about "
		     "{{project}}?\"},{\"type\":\"FOOTER\",\"text\":\"Reply STOP to opt out\"},"
		     "{\"type\":\"BUTTONS\",\"buttons\":[{\"type\":\"QUICK_REPLY\",\"text\":"
		     "\"Yes\"},{\"type\":\"QUICK_REPLY\",\"text\":\"Stop\"}]}]",
		     "NAMED");
	arena_free(arena);
	sb_window_open(account, "messages", SB_ROLLING, 1000, 80);
	json_object_set_new(account->extra, "windows", json_object());
	json_object_set_new(account->extra, "blocked", json_object());
	json_object_set_new(account->extra, "stopped", json_object());
	json_object_set_new(account->extra, "pairs", json_object());
}

json_t *whatsapp_number_json(struct sb_call *call, const struct sb_record *number)
{
	(void)call;
	return json_pack("{ss so so so s{ss} ss}", "id", number->id, "display_phone_number",
			 sb_record_value_of(number, "display_phone_number"), "verified_name",
			 sb_record_value_of(number, "verified_name"), "quality_rating",
			 sb_record_value_of(number, "quality_rating"), "throughput", "level",
			 "STANDARD", "whatsapp_business_manager_messaging_limit", "TIER_250");
}

/* --- people --- */

static json_t *table_of(struct sb_call *call, const char *name)
{
	return json_object_get(call->account->extra, name);
}

static bool window_is_open(struct sb_call *call, const char *person)
{
	return json_int_of(table_of(call, "windows"), person, 0) > call->now;
}

/* Digits as WhatsApp shows them: a '+', blanks and dashes are left out; NULL when it is no
 * number. */
static const char *digits_of(struct sb_call *call, const char *to)
{
	char *digits = arena_strdup(call->arena, to), *end = digits;

	for (const char *at = to; *at; at++)
		if (*at >= '0' && *at <= '9')
			*end++ = *at;
		else if (!strchr("+ -()", *at))
			return NULL;
	*end = 0;
	return end - digits >= 7 && end - digits <= 15 ? digits : NULL;
}

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

static const struct sb_record *template_of(struct sb_call *call, const char *name,
					   const char *language)
{
	const struct sb_object *templates = sb_object_find(call->account, "templates");

	for (size_t i = 0; i < sb_object_count(templates); i++) {
		const struct sb_record *one = sb_object_record(templates, i);

		if (one->state == SB_LIVE &&
		    text_equal(sb_record_text_of(one, "name", call->arena), name) &&
		    text_equal(sb_record_text_of(one, "language", call->arena), language))
			return one;
	}
	return NULL;
}

static size_t holes_of(const json_t *components)
{
	const json_t *component;
	size_t holes = 0, i;

	json_array_foreach((json_t *)components, i, component) {
		const char *text = json_string_of(component, "text");

		if (!text_equal(json_string_of(component, "type"), "BODY") || !text)
			continue;
		for (const char *at = strstr(text, "{{"); at; at = strstr(at + 2, "{{"))
			holes++;
	}
	return holes;
}

static bool check_parameter(struct sb_call *call, const json_t *parameter, bool is_named)
{
	const char *text = json_string_of(parameter, "text");

	if (text && (strpbrk(text, "\n\t") || strstr(text, "     "))) {
		meta_fail_details(call, 400, 132007, "Template Format Character Policy Violated",
				  "Param text cannot have new-line/tab characters or more than 4 "
				  "consecutive spaces");
		return false;
	}
	if (is_named && !json_string_of(parameter, "parameter_name")) {
		meta_fail_details(call, 400, 132012, "Parameter format does not match format in the "
						     "created template",
				  "body: parameter_name is missing");
		return false;
	}
	return true;
}

static bool check_template(struct sb_call *call, const json_t *template)
{
	const char *name = json_string_of(template, "name");
	const char *language = json_string_of(json_object_get(template, "language"), "code");
	const struct sb_record *found = template_of(call, name, language);
	const json_t *component, *parameter;
	size_t given = 0, wanted, i, j;
	bool is_named;

	if (!found) {
		meta_fail_details(call, 404, 132001, "Template name does not exist in the translation",
				  "template name (%s) does not exist in %s", name ? name : "",
				  language ? language : "");
		return false;
	}
	if (!text_equal(sb_record_text_of(found, "status", call->arena), "APPROVED")) {
		bool is_paused =
			text_equal(sb_record_text_of(found, "status", call->arena), "PAUSED");

		meta_fail_details(call, 400, is_paused ? 132015 : 132016,
				  is_paused ? "Template is Paused" : "Template is Disabled",
				  "template %s is not approved", name);
		return false;
	}
	is_named = text_equal(sb_record_text_of(found, "parameter_format", call->arena), "NAMED");
	wanted = holes_of(json_keep(call->arena, sb_record_value_of(found, "components")));
	json_array_foreach(json_object_get(template, "components"), i, component) {
		if (!text_equal_nocase(json_string_of(component, "type"), "body"))
			continue;
		json_array_foreach(json_object_get(component, "parameters"), j, parameter) {
			given++;
			if (!check_parameter(call, parameter, is_named))
				return false;
		}
	}
	if (given == wanted)
		return true;
	meta_fail_details(call, 400, 132000, "Number of parameters does not match the expected "
					     "number of params",
			  "body: number of localizable_params (%zu) does not match the expected "
			  "number of params (%zu)",
			  given, wanted);
	return false;
}

static bool check_content(struct sb_call *call, const char *type, const json_t *content)
{
	if (text_equal(type, "template"))
		return check_template(call, content);
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
	json_t *pairs = table_of(call, "pairs");
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

/* --- telling of it (3) --- */

static json_t *metadata(struct sb_call *call, const char *number)
{
	const struct sb_record *own =
		sb_record_find(sb_object_find(call->account, "numbers"), number);

	return json_pack("{so ss}", "display_phone_number",
			 sb_record_value_of(own, "display_phone_number"), "phone_number_id", number);
}

static const char *waba_of(struct sb_call *call)
{
	return arena_printf(call->arena, "20900%llu",
			    (unsigned long long)call->account->remote_id);
}

static void tell(struct sb_call *call, const char *number, const char *member, json_t *item,
		 json_t *contacts)
{
	json_t *value = json_pack("{ss so so* s[o]}", "messaging_product", "whatsapp", "metadata",
				  metadata(call, number), "contacts", contacts, member, item);

	meta_tell(call, "whatsapp_business_account", waba_of(call), "messages", value);
}

static json_t *seconds(struct sb_call *call)
{
	return sb_json_printf("%lld", (long long)(call->now / 1000));
}

static const char *text_of(struct sb_call *call, const struct sb_record *record,
			   const char *field)
{
	const char *text = sb_record_text_of(record, field, call->arena);

	return text ? arena_strdup(call->arena, text) : NULL;
}

static struct sb_record *message_of(struct sb_call *call, const json_t *doc)
{
	return sb_record_find(sb_object_find(call->account, "messages"),
			      json_string_of(doc, "id"));
}

static void step_status(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);
	const char *status = json_string_of(doc, "status");
	int error = (int)json_int_of(doc, "error", 0);
	json_t *item, *values = json_pack("{ss}", "status", status);

	if (error)
		json_object_set_new(values, "error", json_integer(error));
	sb_record_update(call, message, json_keep(call->arena, values));
	sb_ledger_add(call, "message", status, message->id, message->version);
	item = json_pack("{ss ss so ss ss*}", "id", message->id, "status", status, "timestamp",
			 seconds(call), "recipient_id", text_of(call, message, "person"),
			 "biz_opaque_callback_data", text_of(call, message, "callback_data"));
	if (error)
		json_object_set_new(item, "errors",
				    json_pack("[{si ss ss s{ss}}]", "code", error, "title",
					      "Message failed", "message", "Message failed",
					      "error_data", "details", "see the code"));
	else
		json_object_set_new(item, "pricing",
				    json_pack("{sb ss ss}", "billable", 0, "pricing_model", "PMP",
					      "category", "utility"));
	tell(call, text_of(call, message, "number"), "statuses", item, NULL);
}

static void plan(struct sb_call *call, const struct sb_record *message, int64_t ms,
		 const char *status, int error)
{
	if (sb_switch(call->account, "shuffle"))
		ms = 4000 - ms;
	sb_later(call, ms, step_status,
		 json_pack("{ss ss si}", "id", message->id, "status", status, "error", error));
}

/* --- people who answer --- */

/* What they send, as the webhook has it, without from and id. */
static json_t *content_in(const char *text, const char *payload, const char *kind)
{
	if (!kind)
		return json_pack("{ss s{ss}}", "type", "text", "text", "body", text);
	if (text_equal(kind, "template"))
		return json_pack("{ss s{ss ss}}", "type", "button", "button", "payload", payload,
				 "text", text);
	return json_pack("{ss s{ss s{ss ss}}}", "type", "interactive", "interactive", "type", kind,
			 kind, "id", payload, "title", text);
}

static void receive(struct sb_call *call, const char *number, const char *person,
		    json_t *content, const char *answers)
{
	bool is_hidden = sb_switch(call->account, "hides_phones") != 0;
	const char *user = arena_printf(call->arena, "IN.15%s", person);
	struct sb_record *message;
	json_t *contact;

	json_object_set_new(table_of(call, "windows"), person,
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
	json_object_set_new(content, "timestamp", seconds(call));
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
	tell(call, number, "messages", content, json_pack("[o]", contact));
}

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
	const struct sb_record *found =
		template_of(call, json_string_of(template, "name"),
			    json_string_of(json_object_get(template, "language"), "code"));
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
			return content_in(title, payload ? payload : title, "template");
		}
		return NULL;
	}
	if (tapped(json_object_get(action, "buttons"), wanted, "reply", &title, &payload))
		return content_in(title, payload, "button_reply");
	sections = json_object_get(action, "sections");
	json_array_foreach((json_t *)sections, i, section)
		if (tapped(json_object_get(section, "rows"), wanted, NULL, &title, &payload))
			return content_in(title, payload, "list_reply");
	return NULL;
}

static void step_answer(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);
	const char *person = text_of(call, message, "person");
	const char *text = json_string_of(doc, "text");
	json_t *content = NULL;

	if (json_is_true(json_object_get(doc, "is_tap")))
		content = tap(call, json_keep(call->arena, sb_record_value_of(message, "content")),
			      text_of(call, message, "type"), text);
	if (!content)
		content = content_in(text, NULL, NULL);
	receive(call, text_of(call, message, "number"), person, content, message->id);
}

/* The person stops marketing messages in the app: no message of theirs. */
static void step_stop(struct sb_call *call, const json_t *doc)
{
	struct sb_record *message = message_of(call, doc);
	const char *person = text_of(call, message, "person");

	json_object_set_new(table_of(call, "stopped"), person, json_true());
	sb_touch(call);
	meta_tell(call, "whatsapp_business_account", waba_of(call), "user_preferences",
		  json_pack("{ss so s[{ss ss ss ss so}]}", "messaging_product", "whatsapp",
			    "metadata", metadata(call, text_of(call, message, "number")),
			    "user_preferences", "wa_id", person, "detail",
			    "User requested to stop marketing messages", "category",
			    "marketing_messages", "value", "stop", "timestamp", seconds(call)));
}

static void plan_answer(struct sb_call *call, const struct sb_record *message,
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

static bool is_marketing(struct sb_call *call, const char *type, const json_t *content)
{
	const struct sb_record *template =
		text_equal(type, "template") ?
			template_of(call, json_string_of(content, "name"),
				    json_string_of(json_object_get(content, "language"), "code")) :
			NULL;

	return template &&
	       text_equal(sb_record_text_of(template, "category", call->arena), "MARKETING");
}

static void plan_fate(struct sb_call *call, const struct sb_record *message, const char *type,
		      const json_t *content)
{
	const char *person = text_of(call, message, "person");
	struct sb_prospect *prospect = sb_prospect_of(call->sandbox, person);
	int error = !text_equal(type, "template") && !window_is_open(call, person) ? 131047 :
		    prospect->is_unknown || prospect->pickup == SB_UNREACHABLE	   ? 131026 :
		    is_marketing(call, type, content) &&
				    (prospect->blocks ||
				     json_object_get(table_of(call, "stopped"), person)) ?
										     131050 :
										     0;

	if (error) {
		plan(call, message, 800, "failed", error);
		return;
	}
	plan(call, message, 500, "sent", 0);
	if (!prospect->reads || !sb_switch(call->account, "read_only_says_read"))
		plan(call, message, 1500, "delivered", 0);
	if (prospect->reads)
		plan(call, message, 2500, "read", 0);
	plan_answer(call, message, prospect);
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

void whatsapp_send(struct sb_call *call)
{
	const struct sb_record *number = meta_record(call, "numbers");
	const json_t *body = sb_json(call), *content;
	const char *to, *person, *type, *data;
	struct sb_record *message;

	if (!body || (number && mark_read(call, body)))
		return;
	to = json_string_of(body, "to");
	type = json_string_of(body, "type");
	type = type ? type : "text";
	data = json_string_of(body, "biz_opaque_callback_data");
	content = json_object_get(body, type);
	person = to ? digits_of(call, to) : NULL;
	if (!number) {
		meta_fail(call, 400, 100, 33, "Unsupported post request. Object with ID '%s' does "
					      "not exist",
			  sb_param(call, 0));
	} else if (!text_equal(json_string_of(body, "messaging_product"), "whatsapp")) {
		meta_fail(call, 400, 100, 0, "(#100) The parameter messaging_product is required.");
	} else if (!to || !content) {
		meta_fail_details(call, 400, 131008, "Required parameter is missing",
				  "Parameter '%s' is required", to ? type : "to");
	} else if (!person) {
		meta_fail_details(call, 400, 131009, "Parameter value is not valid",
				  "'to' is not a phone number");
	} else if (text_equal(person, text_of(call, number, "display_phone_number"))) {
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
		plan_fate(call, message, type, content);
		sb_reply_json(call, 200,
			      json_pack("{ss s[{ss ss}] s[{ss}]}", "messaging_product", "whatsapp",
					"contacts", "input", to, "wa_id", person, "messages", "id",
					message->id));
	}
}

bool whatsapp_write(struct sb_call *call, const char *from, const char *to, const char *text)
{
	const struct sb_object *numbers = sb_object_find(call->account, "numbers");
	const char *own = digits_of(call, to), *person = digits_of(call, from);
	const struct sb_record *number =
		own ? sb_record_by(sb_field_find(numbers, "display_phone_number"), own) : NULL;

	if (!number || !person)
		return false;
	receive(call, number->id, person, content_in(text, NULL, NULL), NULL);
	return true;
}

void whatsapp_block(struct sb_call *call)
{
	const json_t *body = sb_json(call), *user;
	json_t *added = json_array();
	size_t i;

	if (body && meta_record(call, "numbers"))
		json_array_foreach(json_object_get(body, "block_users"), i, user) {
			const char *given = json_string_of(user, "user");
			const char *person = given ? digits_of(call, given) : NULL;

			if (!person || !window_is_open(call, person))
				continue;
			json_object_set_new(table_of(call, "blocked"), person, json_true());
			json_array_append_new(added, json_pack("{ss ss}", "input", given, "wa_id",
							       person));
		}
	sb_touch(call);
	if (body)
		sb_reply_json(call, 200,
			      json_pack("{ss s{so}}", "messaging_product", "whatsapp",
					"block_users", "added_users", added));
	else
		json_decref(added);
}

/* --- templates (8) --- */

static bool is_waba(struct sb_call *call)
{
	if (text_equal(sb_param(call, 0), waba_of(call)))
		return true;
	meta_fail(call, 400, 100, 33, "Unsupported request. Object with ID '%s' does not exist",
		  sb_param(call, 0));
	return false;
}

void whatsapp_templates(struct sb_call *call)
{
	const struct sb_object *templates = sb_object_find(call->account, "templates");
	const char *name = sb_query(call, "name"), *status = sb_query(call, "status");
	json_t *list;

	if (!is_waba(call))
		return;
	list = json_array();
	for (size_t i = 0; i < sb_object_count(templates); i++) {
		const struct sb_record *one = sb_object_record(templates, i);
		json_t *all;

		if (one->state != SB_LIVE ||
		    (name && !text_equal(name, sb_record_text_of(one, "name", call->arena))) ||
		    (status && !text_equal(status, sb_record_text_of(one, "status", call->arena))))
			continue;
		all = json_pack("{ss}", "id", one->id);
		for (size_t j = 0; j < ARRAY_LEN(template_fields); j++)
			json_object_set_new(all, template_fields[j].name,
					    sb_record_value_of(one, template_fields[j].name));
		json_array_append_new(list,
				      meta_fields(call, json_keep(call->arena, all),
						  "name,parameter_format,components,language,"
						  "status,category"));
	}
	meta_page(call, list);
}

static bool is_template_name(const char *name)
{
	return name && *name && strlen(name) <= 512 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

/* A template is looked at for a minute before it may be used. */
static void step_approve(struct sb_call *call, const json_t *doc)
{
	struct sb_record *one = sb_record_find(sb_object_find(call->account, "templates"),
					       json_string_of(doc, "id"));

	if (!one || one->state != SB_LIVE)
		return;
	sb_record_update(call, one, json_keep(call->arena, json_pack("{ss}", "status", "APPROVED")));
	meta_tell(call, "whatsapp_business_account", waba_of(call),
		  "message_template_status_update",
		  json_pack("{ss ss ss ss}", "event", "APPROVED", "message_template_id", one->id,
			    "message_template_name", text_of(call, one, "name"),
			    "message_template_language", text_of(call, one, "language")));
}

void whatsapp_add_template(struct sb_call *call)
{
	const json_t *body = sb_json(call);
	const char *name = json_string_of(body, "name"), *language = json_string_of(body, "language");
	const char *category = json_string_of(body, "category");
	const char *format = json_string_of(body, "parameter_format");
	struct sb_record *one;

	if (!body || !is_waba(call))
		return;
	if (!is_template_name(name) || text_is_empty(language) ||
	    (!text_equal(category, "UTILITY") && !text_equal(category, "MARKETING") &&
	     !text_equal(category, "AUTHENTICATION")) ||
	    json_array_size(json_object_get(body, "components")) == 0) {
		meta_fail(call, 400, 100, 0, "(#100) Invalid parameter: name, language, category "
					     "or components");
		return;
	}
	if (template_of(call, name, language)) {
		meta_fail(call, 400, 100, 2388024, "Content in this language already exists");
		return;
	}
	one = sb_record_create(
		call, sb_object_find(call->account, "templates"),
		json_keep(call->arena,
			  json_pack("{ss ss ss ss ss sO}", "name", name, "language", language,
				    "status", "PENDING", "category", category, "parameter_format",
				    format ? format : "POSITIONAL", "components",
				    json_object_get(body, "components"))),
		NULL);
	if (!one) {
		call->vendor->problem(call, SB_PROBLEM_FULL, 500);
		return;
	}
	sb_later(call, CLOCK_MINUTE, step_approve, json_pack("{ss}", "id", one->id));
	sb_reply_json(call, 200, json_pack("{ss ss ss}", "id", one->id, "status", "PENDING",
					   "category", category));
}

void whatsapp_drop_template(struct sb_call *call)
{
	const struct sb_object *templates = sb_object_find(call->account, "templates");
	const char *name = meta_text(call, "name");
	bool is_found = false;

	if (!is_waba(call))
		return;
	for (size_t i = 0; name && i < sb_object_count(templates); i++) {
		struct sb_record *one = sb_object_record(templates, i);

		if (one->state != SB_LIVE || !text_equal(text_of(call, one, "name"), name))
			continue;
		sb_record_delete(call, one);
		is_found = true;
	}
	if (is_found)
		sb_reply_json(call, 200, json_pack("{sb}", "success", 1));
	else
		meta_fail(call, 404, 100, 2593002, "Message template was not found");
}
