/* hubspot_groups.c - groups of properties, and what groups and properties share (fact sheet
 * 3). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/oauth.h"

#define NAME_LEN_MAX 100

/* The scopes of schemas; whoever reads records may see what they are made of too. */
struct sb_object *hubspot_object_of_schema(struct sb_call *call, const char *verb)
{
	struct sb_object *object = hubspot_object_type(call, 0);
	const char *scope, *schema;

	if (!object)
		return NULL;
	scope = hubspot_kind_of(object)->scope;
	schema = arena_printf(call->arena, "crm.schemas.%s.%s",
			      scope + sizeof("crm.objects.") - 1, verb);
	if (strcmp(verb, "read") == 0 && sb_token_may(call->token, schema))
		return object;
	if (strcmp(verb, "read") == 0)
		return hubspot_may(call, object, "read") ? object : NULL;
	return hubspot_may_scope(call, schema) ? object : NULL;
}

static json_t *groups_of(struct sb_call *call, const struct sb_object *object)
{
	return json_object_get(json_object_get(call->account->extra, "groups"),
			       hubspot_kind_of(object)->name);
}

json_t *hubspot_group_find(struct sb_call *call, const struct sb_object *object,
			   const char *name)
{
	size_t i;
	json_t *group;

	json_array_foreach(groups_of(call, object), i, group)
		if (text_equal(json_string_of(group, "name"), name))
			return group;
	return NULL;
}

void hubspot_property_groups(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "read");

	if (object)
		sb_reply_json(call, 200,
			      json_pack("{so}", "results",
					json_deep_copy(groups_of(call, object))));
}

void hubspot_property_group(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "read");
	json_t *group = object ? hubspot_group_find(call, object, sb_param(call, 1)) : NULL;

	if (group)
		sb_reply_json(call, 200, json_copy(group));
	else if (object)
		hubspot_not_found(call);
}

bool hubspot_is_name(const char *text)
{
	size_t len = text ? strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") : 0;

	return len && len <= NAME_LEN_MAX && !text[len] && text[0] >= 'a' && text[0] <= 'z';
}

void hubspot_add_property_group(struct sb_call *call)
{
	struct sb_object *object = hubspot_object_of_schema(call, "write");
	const json_t *body = object ? sb_json(call) : NULL;
	const char *name = json_string_of(body, "name"), *label = json_string_of(body, "label");
	json_t *group;

	if (!body)
		return;
	if (!hubspot_is_name(name) || text_is_empty(label)) {
		hubspot_fail(call, 400, "VALIDATION_ERROR",
			     "Invalid input JSON: name (a-z, 0-9, _) and label are required");
		return;
	}
	if (hubspot_group_find(call, object, name)) {
		hubspot_fail(call, 409, "CONFLICT", "A group named '%s' already exists.", name);
		return;
	}
	group = json_pack("{ss ss sI sb}", "name", name, "label", label, "displayOrder",
			  (json_int_t)json_int_of(body, "displayOrder", -1), "archived", 0);
	json_array_append_new(groups_of(call, object), group);
	sb_touch(call);
	sb_reply_json(call, 201, json_copy(group));
}
