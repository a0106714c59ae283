/* dynamics_describe.c - a column, its options and its relationships as metadata (fact sheet
 * 3). Threads: under the sandbox's lock. */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

#define ENGLISH 1033

json_t *dynamics_label(const char *text)
{
	json_t *label = json_pack("{ss si}", "Label", text, "LanguageCode", ENGLISH);

	return json_pack("{s[O] so}", "LocalizedLabels", label, "UserLocalizedLabel", label);
}

/* "First Name" names FirstName, where that is the column. */
static const char *schema_name(struct arena *arena, const struct sb_field *field)
{
	const char *given = json_string_of(field->extra, "SchemaName");
	struct buf buf;

	if (given)
		return given;
	buf_init(&buf, arena, strlen(field->label) + 1);
	for (const char *at = field->label; *at; at++)
		if (isalnum((unsigned char)*at))
			buf_addc(&buf, *at);
	return text_equal_nocase(buf_text(&buf), field->name) ? buf_text(&buf) : field->name;
}

static const char *required_level(const struct sb_field *field)
{
	if (field->flags & (SB_REQUIRED | DYNAMICS_COMPUTED))
		return "SystemRequired";
	return field->flags & DYNAMICS_FORM ? "ApplicationRequired" : "None";
}

/* The name of the type behind "Microsoft.Dynamics.CRM.": it holds what is its own. */
static const char *metadata_type(struct arena *arena, const struct sb_field *field)
{
	const char *kind = dynamics_kind(field);

	if (strcmp(kind, "Virtual") == 0)
		kind = "MultiSelectPicklist";
	else if (strcmp(kind, "Owner") == 0 || strcmp(kind, "Customer") == 0 ||
		 strcmp(kind, "PartyList") == 0)
		kind = "Lookup";
	else if (strcmp(kind, "Uniqueidentifier") == 0)
		kind = "UniqueIdentifier";
	return arena_printf(arena, "%sAttributeMetadata", kind);
}

json_t *dynamics_field_json(struct arena *arena, const struct sb_field *field)
{
	const struct dynamics_table *table = dynamics_table_of(field->object);
	bool is_closed = field->flags & SB_READ_ONLY;
	const char *kind = dynamics_kind(field);
	json_t *json = json_pack(
		"{so ss ss ss ss s{so} ss sb sb sb sb sb sb}", "@odata.type",
		sb_json_printf("#" DYNAMICS_TYPE "%s", metadata_type(arena, field)), "LogicalName",
		field->name, "SchemaName", schema_name(arena, field), "EntityLogicalName",
		table->name, "AttributeType", kind, "AttributeTypeName", "Value",
		strcmp(kind, "Virtual") == 0 ? json_string("MultiSelectPicklistType") :
					       sb_json_printf("%sType", kind),
		"MetadataId", dynamics_field_id(arena, field), "IsCustomAttribute",
		(field->flags & SB_CUSTOM) != 0, "IsValidForRead", 1, "IsValidForCreate",
		!is_closed && !(field->flags & DYNAMICS_UPDATE_ONLY), "IsValidForUpdate",
		!is_closed && !(field->flags & DYNAMICS_CREATE_ONLY), "IsPrimaryId",
		strcmp(field->name, table->id) == 0, "IsPrimaryName",
		strcmp(field->name, table->title) == 0);

	json_object_set_new(json, "RequiredLevel",
			    json_pack("{ss sb ss}", "Value", required_level(field), "CanBeChanged",
				      !(field->flags & (SB_REQUIRED | DYNAMICS_COMPUTED)),
				      "ManagedPropertyLogicalName",
				      "canmodifyrequirementlevelsettings"));
	json_object_set_new(json, "DisplayName", dynamics_label(field->label));
	return json;
}

/* --- options --- */

static json_t *option_json(const struct sb_field *field, const struct sb_option *option)
{
	const char *mark = strchr(option->label, '@');
	json_t *label = json_stringn(option->label, mark ? (size_t)(mark - option->label) :
							   strlen(option->label));
	json_t *json = json_object();
	int64_t number = 0;

	text_int(option->value, &number);
	json_object_set_new(json, "Value", json_integer(number));
	json_object_set_new(json, "Label", dynamics_label(json_string_value(label)));
	if (text_equal(field->kind, "Status"))
		json_object_set_new(json, "State",
				    json_integer(dynamics_state_of(field->object, number)));
	if (text_equal(field->kind, "State"))
		json_object_set_new(json, "DefaultStatus",
				    json_integer(dynamics_first_status(field->object, number)));
	json_decref(label);
	return json;
}

static json_t *yes_or_no(int value, const char *label)
{
	return json_pack("{si so}", "Value", value, "Label", dynamics_label(label));
}

json_t *dynamics_options_json(struct arena *arena, const struct sb_field *field)
{
	bool is_global = field->flags & DYNAMICS_GLOBAL;
	json_t *json = json_pack(
		"{so ss sb ss}", "Name",
		is_global ? json_string(field->name) :
			    sb_json_printf("%s_%s", dynamics_table_of(field->object)->name,
					   field->name),
		"MetadataId",
		dynamics_meta_id(arena, 's', dynamics_table_number(field->object), field->slot),
		"IsGlobal", is_global, "OptionSetType",
		field->type == SB_MULTI ? "Picklist" : dynamics_kind(field));
	json_t *options;

	if (field->type == SB_BOOLEAN) {
		json_object_set_new(json, "TrueOption", yes_or_no(1, "Yes"));
		json_object_set_new(json, "FalseOption", yes_or_no(0, "No"));
		return json;
	}
	options = json_array();
	for (size_t i = 0; i < field->noptions; i++)
		json_array_append_new(options, option_json(field, &field->options[i]));
	json_object_set_new(json, "Options", options);
	return json;
}

bool dynamics_has_options(const struct sb_field *field)
{
	return field->type == SB_PICKLIST || field->type == SB_MULTI || field->type == SB_BOOLEAN;
}

/* --- what only a cast shows --- */

bool dynamics_is_cast(struct arena *arena, const struct sb_field *field, const char *type)
{
	return strcmp(metadata_type(arena, field), type) == 0;
}

static void add_format(const struct sb_field *field, json_t *json)
{
	const char *format = field->type == SB_EMAIL ? "Email" :
			     field->type == SB_PHONE ? "Phone" :
			     field->type == SB_URL   ? "Url" :
			     field->type == SB_TEXT  ? "Text" :
						       "TextArea";

	json_object_set_new(json, "MaxLength", json_integer(field->max_len));
	json_object_set_new(json, "Format", json_string(format));
	json_object_set_new(json, "FormatName", json_pack("{ss}", "Value", format));
}

static void add_range(double low, double high, json_t *json)
{
	json_object_set_new(json, "MinValue", json_real(low));
	json_object_set_new(json, "MaxValue", json_real(high));
	json_object_set_new(json, "Precision", json_integer(2));
}

static void add_targets(const struct sb_field *field, json_t *json)
{
	json_t *targets = json_array();
	struct sb_object *target;

	for (size_t i = 0; (target = dynamics_target(field, i)); i++)
		json_array_append_new(targets, json_string(dynamics_table_of(target)->name));
	json_object_set_new(json, "Targets", targets);
}

void dynamics_add_typed(const struct sb_field *field, json_t *json)
{
	switch (field->type) {
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
		add_format(field, json);
		break;
	case SB_INTEGER:
		json_object_set_new(json, "MinValue", json_integer(INT32_MIN));
		json_object_set_new(json, "MaxValue", json_integer(INT32_MAX));
		json_object_set_new(json, "Format", json_string("None"));
		break;
	case SB_NUMBER:
		add_range(-100000000000.0, 100000000000.0, json);
		break;
	case SB_DATE:
	case SB_DATETIME:
		json_object_set_new(json, "Format",
				    json_string(field->type == SB_DATE ? "DateOnly" :
									 "DateAndTime"));
		json_object_set_new(json, "DateTimeBehavior",
				    json_pack("{ss}", "Value", "UserLocal"));
		break;
	case SB_REFERENCE:
		if (field->refers_to)
			add_targets(field, json);
		break;
	case SB_BOOLEAN:
	case SB_PICKLIST:
	case SB_MULTI:
	case SB_JSON:
		break;
	}
}

/* --- relationships --- */

/* One for each table that the lookup may lead to. */
void dynamics_add_relationships(struct arena *arena, const struct sb_field *field, json_t *list)
{
	const struct dynamics_table *table = dynamics_table_of(field->object);
	struct sb_object *target;

	for (size_t i = 0; field->refers_to && (target = dynamics_target(field, i)); i++) {
		const struct dynamics_table *to = dynamics_table_of(target);

		json_array_append_new(
			list,
			json_pack("{so ss ss ss ss ss ss ss}", "SchemaName",
				  sb_json_printf("%s_%s_%s", to->name, table->set, field->name),
				  "RelationshipType", "OneToManyRelationship", "ReferencingEntity",
				  table->name, "ReferencingAttribute", field->name,
				  "ReferencedEntity", to->name, "ReferencedAttribute", to->id,
				  "ReferencingEntityNavigationPropertyName",
				  dynamics_link_of(arena, field, target), "MetadataId",
				  dynamics_meta_id(arena, 'r', dynamics_table_number(field->object),
						   field->slot * 8 + (unsigned)i)));
	}
}
