/* whatsapp.c - WhatsApp's Cloud API: a new account's numbers, and its people. Threads: under
 * the sandbox's lock. */
#include "sandbox/whatsapp.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/meta.h"
#include "sandbox/opening.h"

/* --- a new account --- */

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

void whatsapp_open(struct sb_account *account)
{
	struct sb_object_spec numbers = { .name = "numbers", .label = "Phone numbers", .first = 1,
					  .make_id = number_id };
	struct sb_object_spec messages = { .name = "messages", .label = "Messages", .first = 1,
					   .make_id = message_id };
	struct sb_object *object = sb_object_add(account, &numbers);
	struct arena *arena = arena_new();
	struct sb_call call = sb_opening_call(account, arena);

	sb_fields_add(object, number_fields, ARRAY_LEN(number_fields));
	sb_fields_add(sb_object_add(account, &messages), message_fields,
		      ARRAY_LEN(message_fields));
	sb_record_create(&call, object,
			 json_keep(arena, json_pack("{ss ss ss}", "display_phone_number",
						    "918047180000", "verified_name",
						    "Sea View Homes", "quality_rating", "GREEN")),
			 NULL);
	whatsapp_open_templates(&call);
	arena_free(arena);
	sb_window_open(account, "messages", SB_ROLLING, 1000, 80);
	sb_window_open(account, "graph", SB_ROLLING, 3600000, 5000);
	json_object_set_new(account->extra, "windows", json_object());
	json_object_set_new(account->extra, "blocked", json_object());
	json_object_set_new(account->extra, "stopped", json_object());
	json_object_set_new(account->extra, "pairs", json_object());
}

json_t *whatsapp_number_json(const struct sb_record *number)
{
	return json_pack("{ss so so so s{ss} ss}", "id", number->id, "display_phone_number",
			 sb_record_value_of(number, "display_phone_number"), "verified_name",
			 sb_record_value_of(number, "verified_name"), "quality_rating",
			 sb_record_value_of(number, "quality_rating"), "throughput", "level",
			 "STANDARD", "whatsapp_business_manager_messaging_limit", "TIER_250");
}

const char *whatsapp_waba(struct sb_call *call)
{
	return arena_printf(call->arena, "20900%llu",
			    (unsigned long long)call->account->remote_id);
}

const char *whatsapp_text(struct sb_call *call, const struct sb_record *record,
			  const char *field)
{
	const char *text = sb_record_text_of(record, field, call->arena);

	return text ? arena_strdup(call->arena, text) : NULL;
}

/* --- people --- */

json_t *whatsapp_table(struct sb_call *call, const char *name)
{
	return json_object_get(call->account->extra, name);
}

bool whatsapp_window_is_open(struct sb_call *call, const char *person)
{
	return json_int_of(whatsapp_table(call, "windows"), person, 0) > call->now;
}

const char *whatsapp_digits(struct sb_call *call, const char *to)
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

#define USER_MARK "IN.15"

const char *whatsapp_user(struct sb_call *call, const char *person)
{
	return arena_printf(call->arena, USER_MARK "%s", person);
}

const char *whatsapp_person_of(struct sb_call *call, const char *user)
{
	return text_starts(user, USER_MARK) ? whatsapp_digits(call, user + strlen(USER_MARK)) :
					      NULL;
}

/* What a person sends in words, or, for what is not words, the message's own JSON:
 * {"type": "location", "location": {...}}. New. */
static json_t *content_of(struct sb_call *call, const char *text)
{
	static const char types[] = "text|button|interactive|reaction|image|audio|video|document|"
				    "sticker|location|contacts|order|unsupported|system";
	json_t *json = *text == '{' ? json_parse(call->arena, text, strlen(text),
						 &json_limits_lead, NULL) :
				      NULL;

	return sb_has_word(types, json_string_of(json, "type")) ?
		       json_deep_copy(json) :
		       whatsapp_content(text, NULL, NULL);
}

bool whatsapp_write(struct sb_call *call, const char *from, const char *to, const char *text)
{
	const struct sb_object *numbers = sb_object_find(call->account, "numbers");
	const char *own = whatsapp_digits(call, to), *person = whatsapp_digits(call, from);
	const struct sb_record *number =
		own ? sb_record_by(sb_field_find(numbers, "display_phone_number"), own) : NULL;

	if (!number || !person)
		return false;
	whatsapp_receive(call, number->id, person, content_of(call, text), NULL);
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
			const char *person = given ? whatsapp_digits(call, given) : NULL;

			if (!person || !whatsapp_window_is_open(call, person))
				continue;
			json_object_set_new(whatsapp_table(call, "blocked"), person, json_true());
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
