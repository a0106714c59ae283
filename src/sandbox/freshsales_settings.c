/* freshsales_settings.c - fields and lists of choices (3). Threads: under the sandbox's
 * lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/freshsales.h"

#define FIRST_FIELD 16000123
#define FIRST_CHOICE 16000999
#define BASIC_GROUP 16000100
#define CUSTOM_GROUP 16000101

static json_t *field_json(const struct sb_field *field, int position)
{
	json_t *choices = json_array();

	for (size_t i = 0; i < field->noptions; i++)
		json_array_append_new(choices, json_pack("{si ss}", "id", FIRST_CHOICE + (int)i,
							 "value", field->options[i].value));
	return json_pack("{si ss ss ss sb sb si ss sb sb so so}", "id", FIRST_FIELD + position,
			 "label", field->label, "name", field->name, "type",
			 field->kind ? field->kind : "text", "default",
			 !(field->flags & SB_CUSTOM), "actionable",
			 !(field->flags & SB_READ_ONLY), "position", position, "base_model",
			 sb_fresh_kind_of(field->object)->model, "required",
			 (field->flags & SB_REQUIRED) != 0, "visible",
			 !(field->flags & SB_HIDDEN), "quick_add_position",
			 position <= 3 ? json_integer(position) : json_null(), "choices",
			 choices);
}

static json_t *group_json(const char *name, const char *label, int id, json_t *fields)
{
	return json_pack("{si ss ss ss so}", "id", id, "label", label, "name", name, "type",
			 "group_field", "fields", fields);
}

/* Flat, or with "include=field_group" nested in two groups. */
void sb_fresh_fields(struct sb_call *call)
{
	const struct sb_object *object = sb_object_find(call->account, call->route->tag);
	json_t *basic = json_array(), *custom = json_array();

	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);

		if (!(field->flags & SB_ARCHIVED))
			json_array_append_new(field->flags & SB_CUSTOM ? custom : basic,
					      field_json(field, (int)i + 1));
	}
	if (text_equal(sb_query(call, "include"), "field_group")) {
		sb_reply_json(call, 200,
			      json_pack("{s[o o]}", "fields",
					group_json("basic_information", "Basic information",
						   BASIC_GROUP, basic),
					group_json("custom_fields", "Custom fields", CUSTOM_GROUP,
						   custom)));
		return;
	}
	json_array_extend(basic, custom);
	json_decref(custom);
	sb_reply_json(call, 200, json_pack("{so}", "fields", basic));
}

/* --- choices --- */

/* Those that belong to `of`, or all of them where it is NULL. */
static json_t *choices_of(struct sb_call *call, const char *name, const char *field,
			  const char *of)
{
	const struct sb_object *object = sb_object_find(call->account, name);
	json_t *list = json_array();

	for (size_t i = 0; i < sb_object_count(object); i++) {
		const struct sb_record *record = sb_object_record(object, i);

		if (record->state == SB_LIVE &&
		    (!of || text_equal(sb_record_text_of(record, field, call->arena), of)))
			json_array_append_new(list, sb_fresh_json(call, record));
	}
	return list;
}

void sb_fresh_selector(struct sb_call *call)
{
	static const char names[] = "owners|contact_statuses|lifecycle_stages|lead_sources|"
				    "deal_pipelines|deal_stages|deal_types|deal_reasons|"
				    "territories|campaigns|currencies|sales_activity_types";
	const char *name = sb_param(call, 0);

	if (sb_has_word(names, name))
		sb_reply_json(call, 200,
			      json_pack("{so}", strcmp(name, "owners") == 0 ? "users" : name,
					choices_of(call, name, NULL, NULL)));
	else
		sb_not_imitated(call, "this selector");
}

void sb_fresh_outcomes(struct sb_call *call)
{
	if (sb_live_find(call->account, "sales_activity_types", sb_param(call, 0)))
		sb_reply_json(call, 200,
			      json_pack("{so}", "sales_activity_outcomes",
					choices_of(call, "sales_activity_outcomes",
						   "sales_activity_type_id",
						   sb_param(call, 0))));
	else
		sb_fresh_not_found(call);
}
