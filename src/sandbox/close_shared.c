/* close_shared.c - custom fields that several types of objects share (3). Threads: under the
 * sandbox's lock.
 *
 * A shared field is one of the object "shared", which has no records; where it is associated
 * there is a field of the same name, marked as shared, that follows it. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

static const char *const sharers[] = { "lead", "contact", "opportunity" };

bool sb_close_field_is_shared(const struct sb_field *field)
{
	return json_object_get(field->extra, "is_shared") != NULL;
}

static bool is_associated(const struct sb_field *field)
{
	return field && !(field->flags & SB_ARCHIVED) && sb_close_field_is_shared(field);
}

/* --- following --- */

static void follow(struct sb_field *field, const struct sb_field *shared)
{
	unsigned copied = CLOSE_LIST | SB_INDEXED;

	field->label = shared->label;
	field->kind = shared->kind;
	field->refers_to = shared->refers_to;
	if (field->type != shared->type)
		sb_field_retype(field, shared->type);
	sb_field_set_flags(field, shared->flags & copied, ~shared->flags & copied);
	if (shared->flags & SB_ARCHIVED)
		sb_field_set_flags(field, SB_ARCHIVED, 0);
	field->noptions = 0;
	for (size_t i = 0; i < shared->noptions; i++)
		sb_field_add_option(field, shared->options[i].value, shared->options[i].label,
				    shared->options[i].number, false);
	field->updated_at = shared->updated_at;
}

void sb_close_follow_shared(struct sb_call *call, const struct sb_field *shared)
{
	for (size_t i = 0; i < ARRAY_LEN(sharers); i++) {
		struct sb_field *field = sb_field_find_any(
			sb_object_find(call->account, sharers[i]), shared->name);

		if (is_associated(field))
			follow(field, shared);
	}
}

/* --- associations --- */

static const struct sb_field *shared_of(struct sb_call *call)
{
	const struct sb_field *field =
		sb_field_find(sb_object_find(call->account, "shared"),
			      arena_printf(call->arena, CLOSE_CUSTOM "%s", sb_param(call, 0)));

	if (!field || !(field->flags & SB_CUSTOM))
		sb_close_not_found(call);
	return field && field->flags & SB_CUSTOM ? field : NULL;
}

/* The object of a type; NULL after a reply. */
static struct sb_object *sharer_of(struct sb_call *call, const char *type)
{
	for (size_t i = 0; type && i < ARRAY_LEN(sharers); i++)
		if (strcmp(sharers[i], type) == 0)
			return sb_object_find(call->account, type);
	if (type && sb_has_word("custom_activity_type|custom_object_type", type))
		sb_not_imitated(call, "shared fields of custom activities and objects");
	else
		sb_close_refuse(call, "object_type",
				"Value must be one of: lead, contact, opportunity, "
				"custom_activity_type, custom_object_type.");
	return NULL;
}

static void reply_association(struct sb_call *call, int status, const struct sb_object *object)
{
	sb_reply_json(call, status,
		      json_pack("{ss s[] sb}", "object_type", sb_object_spec(object)->name,
				"editable_with_roles", "required", 0));
}

void sb_close_associate(struct sb_call *call)
{
	const struct sb_field *shared = shared_of(call);
	const json_t *body = shared ? sb_close_body(call) : NULL;
	struct sb_object *object =
		body ? sharer_of(call, json_string_of(body, "object_type")) : NULL;
	struct sb_field_spec spec = { .flags = SB_CUSTOM };
	struct sb_field *field;

	if (!object)
		return;
	field = sb_field_find_any(object, shared->name);
	if (is_associated(field)) {
		sb_close_refuse(call, "object_type", "The field is associated with it already.");
		return;
	}
	spec.name = shared->name;
	spec.label = shared->label;
	spec.type = shared->type;
	if (!field)
		field = sb_field_add(object, &spec);
	field->created_at = call->now;
	sb_field_set_flags(field, 0, SB_ARCHIVED);
	if (!field->extra)
		field->extra = json_pack("{sb}", "is_shared", 1);
	follow(field, shared);
	sb_touch(call);
	reply_association(call, 201, object);
}

/* The field of the association in the path; NULL after a reply. */
static struct sb_field *associated_of(struct sb_call *call)
{
	const struct sb_field *shared = shared_of(call);
	struct sb_object *object = shared ? sharer_of(call, sb_param(call, 1)) : NULL;
	struct sb_field *field = object ? sb_field_find(object, shared->name) : NULL;

	if (object && !is_associated(field))
		sb_close_not_found(call);
	return is_associated(field) ? field : NULL;
}

void sb_close_association(struct sb_call *call)
{
	const struct sb_field *field = associated_of(call);

	if (field)
		reply_association(call, 200, field->object);
}

void sb_close_dissociate(struct sb_call *call)
{
	struct sb_field *field = associated_of(call);

	if (!field)
		return;
	sb_field_set_flags(field, SB_ARCHIVED, 0);
	sb_touch(call);
	sb_close_reply_empty(call);
}
