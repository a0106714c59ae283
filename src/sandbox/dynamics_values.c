/* dynamics_values.c - rows and values as Dataverse shows them (fact sheet 3, 5). Threads:
 * under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"
#include "sandbox/render.h"

#define FORMATTED "OData.Community.Display.V1.FormattedValue"
#define LOOKUP_NAME DYNAMICS_TYPE "lookuplogicalname"
#define LOOKUP_LINK DYNAMICS_TYPE "associatednavigationproperty"

/* --- versions --- */

/* Versions are numbers of the environment, as the change log's are. */
const char *dynamics_etag(struct arena *arena, const struct sb_record *record)
{
	return arena_printf(arena, "W/\"%llu\"", 1000000 + (unsigned long long)record->change);
}

json_t *dynamics_context(const struct sb_call *call, const struct dynamics_query *query,
			 const char *tail)
{
	const char *set = sb_object_spec(query->object)->name;

	if (query->select)
		return sb_json_printf("%s/$metadata#%s(%s)%s", dynamics_base(call), set,
				      query->select, tail);
	return sb_json_printf("%s/$metadata#%s%s", dynamics_base(call), set, tail);
}

/* --- values --- */

static json_t *computed(const struct sb_call *call, const struct sb_record *record,
			const struct sb_field *field)
{
	if (field->type == SB_REFERENCE)
		return json_string(record->id);
	return sb_render_time(call,
			      strcmp(field->name, "createdon") == 0 ? record->created_at :
								       record->updated_at,
			      SB_TIME_ZULU);
}

json_t *dynamics_value(const struct sb_call *call, const struct sb_record *record,
		       const struct sb_field *field)
{
	json_t *value;
	int64_t ms;

	if (field->flags & DYNAMICS_COMPUTED)
		return computed(call, record, field);
	if (field->flags & DYNAMICS_SECRET)
		return json_null();
	value = sb_record_value(record, field);
	if (!value)
		return json_null();
	if (field->type == SB_DATETIME && json_is_string(value) &&
	    sb_time_parse(json_string_value(value), &ms)) {
		json_decref(value);
		return sb_render_time(call, ms, SB_TIME_ZULU);
	}
	return value;
}

static const char *title_of(const struct sb_call *call, const struct sb_record *record)
{
	return sb_record_text_of(record, dynamics_table_of(record->object)->title, call->arena);
}

static const char *label_of(const struct sb_call *call, const struct sb_field *field,
			    const char *value)
{
	const struct sb_option *option = sb_field_option(field, value);

	return option ? arena_strndup(call->arena, option->label, strcspn(option->label, "@")) :
			NULL;
}

/* "1,3" becomes "Solar; Charging". */
static const char *labels_of(const struct sb_call *call, const struct sb_field *field,
			     const char *values)
{
	struct buf buf;

	buf_init(&buf, call->arena, 65536);
	while (*values) {
		size_t len = strcspn(values, ",");
		const char *label =
			label_of(call, field, arena_strndup(call->arena, values, len));

		buf_addf(&buf, "%s%s", buf.len ? "; " : "", label ? label : "?");
		values += len + (values[len] == ',');
	}
	return buf_text(&buf);
}

const char *dynamics_formatted(const struct sb_call *call, const struct sb_record *record,
			       const struct sb_field *field)
{
	const char *text = sb_record_text(record, field, call->arena);
	const struct sb_record *target;

	if (!text)
		return NULL;
	switch (field->type) {
	case SB_PICKLIST:
		return label_of(call, field, text);
	case SB_MULTI:
		return labels_of(call, field, text);
	case SB_BOOLEAN:
		return strcmp(text, "true") == 0 ? "Yes" : "No";
	case SB_REFERENCE:
		target = dynamics_target_row(field, text);
		return target ? title_of(call, target) : NULL;
	case SB_INTEGER:
	case SB_NUMBER:
		return text;
	case SB_TEXT:
	case SB_LONG_TEXT:
	case SB_EMAIL:
	case SB_PHONE:
	case SB_URL:
	case SB_DATE:
	case SB_DATETIME:
	case SB_JSON:
		break;
	}
	return NULL;
}

/* --- rows --- */

struct rendering {
	const struct sb_call *call;
	const struct sb_record *record;
	const struct dynamics_prefer *prefer; /* NULL: without annotations */
	json_t *json;
};

static void annotate(struct rendering *rendering, const char *name, const char *annotation,
		     const char *value)
{
	if (value && rendering->prefer &&
	    dynamics_prefers_annotation(rendering->prefer, annotation))
		json_object_set_new(rendering->json,
				    arena_printf(rendering->call->arena, "%s@%s", name, annotation),
				    json_string(value));
}

static void add_annotations(struct rendering *rendering, const struct sb_field *field,
			    const char *name)
{
	const struct sb_record *target;

	if (!rendering->prefer || !rendering->prefer->annotations)
		return;
	annotate(rendering, name, FORMATTED,
		 dynamics_formatted(rendering->call, rendering->record, field));
	if (!field->refers_to)
		return;
	target = dynamics_target_row(field, sb_record_text(rendering->record, field,
							   rendering->call->arena));
	if (!target)
		return;
	annotate(rendering, name, LOOKUP_NAME, dynamics_table_of(target->object)->name);
	annotate(rendering, name, LOOKUP_LINK,
		 dynamics_link_of(rendering->call->arena, field, target->object));
}

static void add_column(struct rendering *rendering, const struct sb_field *field)
{
	const char *name = field->refers_to ?
				   arena_printf(rendering->call->arena, "_%s_value", field->name) :
				   field->name;

	json_object_set_new(rendering->json, name,
			    dynamics_value(rendering->call, rendering->record, field));
	add_annotations(rendering, field, name);
}

static void add_columns(struct rendering *rendering, struct sb_field *const *fields,
			size_t nfields)
{
	const struct sb_object *object = rendering->record->object;
	size_t count = fields ? nfields : sb_object_nfields(object);

	json_object_set_new(rendering->json, "@odata.etag",
			    json_string(dynamics_etag(rendering->call->arena, rendering->record)));
	for (size_t i = 0; i < count; i++) {
		const struct sb_field *field = fields ? fields[i] : sb_object_field(object, i);

		if (field->flags & (SB_HIDDEN | SB_ARCHIVED) ||
		    (!fields && field->type == SB_JSON))
			continue;
		add_column(rendering, field);
	}
	json_object_set_new(rendering->json, dynamics_table_of(object)->id,
			    json_string(rendering->record->id));
}

/* The row that a lookup leads to by this navigation property; null when it leads nowhere,
 * or to another table. */
static json_t *expanded(const struct rendering *rendering, const struct dynamics_expand *expand)
{
	struct rendering inner = { .call = rendering->call, .prefer = rendering->prefer };
	struct sb_object *target = NULL;
	json_t *value;

	if (!expand->field->refers_to) {
		value = sb_record_value(rendering->record, expand->field);
		return value ? value : json_array();
	}
	dynamics_field_of_link(rendering->record->object, expand->name, &target);
	inner.record = dynamics_target_row(
		expand->field,
		sb_record_text(rendering->record, expand->field, rendering->call->arena));
	if (!inner.record || (target && inner.record->object != target))
		return json_null();
	inner.json = json_object();
	if (!expand->fields || inner.record->object == expand->fields[0]->object)
		add_columns(&inner, expand->fields, expand->nfields);
	return inner.json;
}

json_t *dynamics_row(const struct sb_call *call, const struct sb_record *record,
		     const struct dynamics_query *query, const struct dynamics_prefer *prefer)
{
	struct rendering rendering = {
		.call = call, .record = record, .prefer = prefer, .json = json_object()
	};

	add_columns(&rendering, query->fields, query->nfields);
	for (size_t i = 0; i < query->nexpands; i++)
		json_object_set_new(rendering.json, query->expands[i].name,
				    expanded(&rendering, &query->expands[i]));
	return rendering.json;
}
