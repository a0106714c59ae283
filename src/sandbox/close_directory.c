/* close_directory.c - users, the organization, statuses, pipelines (2, 3, 6). Threads: under
 * the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/close.h"

/* --- who --- */

/* Who asks: with the organizations that they are in. */
void sb_close_me(struct sb_call *call)
{
	json_t *json = sb_close_flat(call, sb_close_user(call->account));

	json_object_set_new(json, "organizations",
			    json_pack("[{ss ss}]", "id", sb_close_organization(call), "name",
				      "Acme"));
	sb_close_reply(call, json);
}

static struct sb_record **all_of(struct sb_call *call, const char *name, size_t *count)
{
	const struct sb_object *object = sb_object_find(call->account, name);
	struct sb_record **found =
		arena_array(call->arena, sb_object_count(object) + 1, sizeof(*found));

	*count = 0;
	for (size_t i = 0; i < sb_object_count(object); i++)
		if (sb_object_record(object, i)->state == SB_LIVE)
			found[(*count)++] = sb_object_record(object, i);
	return found;
}

void sb_close_users(struct sb_call *call)
{
	struct sb_record **found;
	struct sb_close_page page;
	size_t count;

	if (!sb_close_read_page(call, 100, 35000, &page))
		return;
	found = all_of(call, "user", &count);
	sb_close_reply_page(call, found, count, &page);
}

void sb_close_show_user(struct sb_call *call)
{
	const struct sb_record *user = sb_close_live(call, "user", sb_param(call, 0));

	if (user)
		sb_close_reply(call, sb_close_flat(call, user));
}

void sb_close_show_organization(struct sb_call *call)
{
	if (strcmp(sb_param(call, 0), sb_close_organization(call)) != 0) {
		sb_close_not_found(call);
		return;
	}
	sb_close_reply(call, json_pack("{ss ss ss}", "id", sb_close_organization(call), "name",
				       "Acme", "currency", "USD"));
}

/* --- statuses: few, so never in pages --- */

static json_t *list_of(struct sb_call *call, const char *object)
{
	json_t *data = json_array();
	struct sb_record **found;
	size_t count;

	found = all_of(call, object, &count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(data, sb_close_flat(call, found[i]));
	return data;
}

void sb_close_statuses(struct sb_call *call)
{
	sb_reply_json(call, 200, json_pack("{so}", "data", list_of(call, call->route->tag)));
}

void sb_close_status(struct sb_call *call)
{
	const struct sb_record *status = sb_close_live(call, call->route->tag, sb_param(call, 0));

	if (status)
		sb_close_reply(call, sb_close_flat(call, status));
}

static bool is_taken(struct sb_call *call, const char *label, const struct sb_record *except)
{
	const struct sb_object *object = sb_object_find(call->account, call->route->tag);

	for (size_t i = 0; label && i < sb_object_count(object); i++) {
		const struct sb_record *status = sb_object_record(object, i);

		if (status->state == SB_LIVE && status != except &&
		    text_equal(sb_record_text_of(status, "label", call->arena), label))
			return true;
	}
	return false;
}

/* What is to be stored of a status, or NULL after refusing it. */
static json_t *status_values(struct sb_call *call, const struct sb_record *record)
{
	json_t *errors = json_keep(call->arena, json_object()), *values;
	const json_t *body = sb_close_body(call);
	const char *label = json_string_of(body, "label");

	if (!body)
		return NULL;
	values = sb_close_values(call, sb_object_find(call->account, call->route->tag), body,
				 record, errors);
	if (!record && text_is_empty(label))
		json_object_set_new(errors, "label", json_string("This field is required."));
	else if (label && (!*label || text_length(label) > CLOSE_NAME_MAX))
		json_object_set_new(errors, "label",
				    json_string("Value must be 1 to 100 characters long."));
	else if (is_taken(call, label, record))
		json_object_set_new(errors, "label",
				    json_string("A status with this label exists already."));
	return sb_close_refused(call, errors) ? NULL : values;
}

void sb_close_add_status(struct sb_call *call)
{
	json_t *values = status_values(call, NULL);
	const struct sb_record *status;

	if (!values)
		return;
	if (strcmp(call->route->tag, "opportunity_status") == 0) {
		sb_set_default(values, "type", json_string("active"));
		sb_set_default(values, "pipeline_id",
			       json_string(sb_close_first(call->account, "pipeline")->id));
	}
	status = sb_close_create(call, sb_object_find(call->account, call->route->tag), values);
	if (status)
		sb_close_reply(call, sb_close_flat(call, status));
}

void sb_close_edit_status(struct sb_call *call)
{
	struct sb_record *status = sb_close_live(call, call->route->tag, sb_param(call, 0));
	json_t *values = status ? status_values(call, status) : NULL;

	if (!values)
		return;
	sb_record_update(call, status, values);
	sb_close_reply(call, sb_close_flat(call, status));
}

static bool is_used(struct sb_call *call, const struct sb_record *status)
{
	bool is_of_leads = strcmp(call->route->tag, "lead_status") == 0;
	const struct sb_object *object =
		sb_object_find(call->account, is_of_leads ? "lead" : "opportunity");

	for (size_t i = 0; i < sb_object_count(object); i++) {
		const struct sb_record *record = sb_object_record(object, i);

		if (record->state == SB_LIVE &&
		    text_equal(sb_record_text_of(record, "status_id", call->arena), status->id))
			return true;
	}
	return false;
}

/* Never one that is used, never the last. */
void sb_close_delete_status(struct sb_call *call)
{
	struct sb_record *status = sb_close_live(call, call->route->tag, sb_param(call, 0));

	if (!status)
		return;
	if (sb_object_live(status->object) == 1 || is_used(call, status)) {
		sb_close_fail(call, 400, "This status is in use and cannot be deleted.");
		return;
	}
	sb_record_delete(call, status);
	sb_close_reply_empty(call);
}

/* --- pipelines --- */

static json_t *pipeline_json(struct sb_call *call, const struct sb_record *pipeline)
{
	json_t *json = sb_close_flat(call, pipeline), *statuses = json_array(), *all, *status;
	size_t i;

	all = json_keep(call->arena, list_of(call, "opportunity_status"));
	json_array_foreach(all, i, status)
		if (text_equal(json_string_of(status, "pipeline_id"), pipeline->id))
			json_array_append(statuses, status);
	json_object_set_new(json, "statuses", statuses);
	return json;
}

void sb_close_pipelines(struct sb_call *call)
{
	json_t *data = json_array();
	struct sb_record **found;
	size_t count;

	found = all_of(call, "pipeline", &count);
	for (size_t i = 0; i < count; i++)
		json_array_append_new(data, pipeline_json(call, found[i]));
	sb_reply_json(call, 200, json_pack("{so}", "data", data));
}
