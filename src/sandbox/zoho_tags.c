/* zoho_tags.c - the tags of records (fact sheet 4, 6, 7). Threads: under the sandbox's lock. */
#include "base/json.h"
#include "base/text.h"
#include "sandbox/zoho.h"

#define KIND_OF_ID 98
#define NAME_MAX_LEN 25

/* A tag is one of the org's: the same name has the same id. */
static const char *id_of(struct sb_call *call, const char *name)
{
	json_t *extra = call->account->extra, *tags = json_object_get(extra, "tags");
	int64_t number;

	if (!tags) {
		tags = json_object();
		json_object_set_new(extra, "tags", tags);
	}
	number = json_int_of(tags, name, 0);
	if (!number) {
		number = (int64_t)json_object_size(tags) + 1;
		json_object_set_new(tags, name, json_integer(number));
	}
	return zoho_meta_id(call->arena, call->account, KIND_OF_ID, (unsigned)number);
}

bool zoho_check_tags(struct zoho_write *write, const struct sb_field *field, const json_t *value)
{
	json_t *kept = json_keep(write->call->arena, json_array());
	const json_t *item;
	size_t i;

	if (!json_is_array(value))
		return zoho_refuse_value(write, field->name, "expected_data_type",
					 json_string("jsonarray"));
	json_array_foreach(value, i, item) {
		const char *name = json_string_of(item, "name");

		if (text_is_empty(name))
			return zoho_refuse_value(write, field->name, "expected_data_type",
						 json_string("jsonobject"));
		if (text_length(name) > NAME_MAX_LEN)
			return zoho_refuse_value(write, field->name, "maximum_length",
						 json_integer(NAME_MAX_LEN));
		json_array_append_new(kept, json_pack("{ss ss sn}", "name", name, "id",
						      id_of(write->call, name), "color_code"));
	}
	json_object_set(write->values, field->name, kept);
	return true;
}

json_t *zoho_tags_named(const struct sb_record *record, const json_t *names)
{
	json_t *tags = sb_record_value_of(record, "Tag"), *kept = json_array(), *tag, *name;
	size_t i, j;

	json_array_foreach(tags, i, tag)
		json_array_foreach((json_t *)names, j, name)
			if (text_equal(json_string_of(tag, "name"), json_string_value(name)))
				json_array_append(kept, tag);
	json_decref(tags);
	return kept;
}
