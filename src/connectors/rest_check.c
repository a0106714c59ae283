/* rest_check.c - whether a `rest` connection works, and what fields its settings name.
 * Threads: pure. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/rest.h"

/* A search for somebody who cannot be there does no harm. */
static struct record *nobody(struct exchange *x)
{
	static const char *const value = "fairlead-check@example.invalid";
	struct record *record = arena_alloc(x->arena, sizeof(*record));

	record->key = value;
	record->remote_id = value;
	record->fields = NULL;
	return record;
}

struct name_list {
	struct exchange *x;
	struct record_key *keys;
	size_t count;
};

static bool name_nobody(void *context, const char *name)
{
	struct name_list *list = context;

	if (list->count < 8)
		list->keys[list->count++] = (struct record_key){
			.field = arena_strdup(list->x->arena, name),
			.value = "fairlead-check@example.invalid",
		};
	return true;
}

static bool send_check(struct exchange *x)
{
	struct name_list list = { x, arena_array(x->arena, 8, sizeof(*list.keys)), 0 };
	struct record *record = nobody(x);
	struct rest_values values = { .x = x, .record = record, .is_search = true };
	const char *missing;
	struct rest_op op;

	if (!rest_op_read(x->connection, REST_CHECK, &op) &&
	    !rest_op_read(x->connection, REST_FIND, &op))
		return false;
	rest_each_name(op.path, name_nobody, &list);
	record->keys = list.keys;
	record->nkeys = list.count;
	return rest_send(x, &op, &values, &missing);
}

enum turn rest_check(struct exchange *x)
{
	struct rest_op op = { .id = "$.id" };
	enum outcome outcome;
	const json_t *json;
	const char *reason;
	bool is_ruled;

	if (x->turn == 0) {
		if (send_check(x))
			return TURN_SEND;
		x->report->is_ok = true;
		x->report->problem = "not tested: the settings have neither `check` nor `find`";
		return TURN_DONE;
	}
	json = exchange_json(x);
	outcome = rest_outcome(x, json, &is_ruled);
	x->report->is_ok = outcome == OUTCOME_DELIVERED && json;
	x->wants_token = outcome == OUTCOME_REAUTH && x->reply->status == 401;
	if (x->report->is_ok)
		return TURN_DONE;
	if (!rest_op_read(x->connection, REST_CHECK, &op))
		rest_op_read(x->connection, REST_FIND, &op);
	reason = rest_reason(x->arena, &op, json);
	x->report->problem = arena_printf(x->arena, "%s%s%s",
					  outcome == OUTCOME_DELIVERED ?
						  "the answer is not JSON" :
						  answer_lost_reason(x->arena, x->reply),
					  reason ? ": " : "", reason ? reason : "");
	return TURN_DONE;
}

/* What the settings do not forbid is allowed. */
static void allow(struct catalog_field *field, const json_t *json)
{
	if (!json_object_get(json, "creatable"))
		field->is_creatable = true;
	if (!json_object_get(json, "updatable"))
		field->is_updatable = true;
}

/* A field that names no object is of the first. */
static bool is_of_object(const struct exchange *x, const json_t *field)
{
	const char *first = connection_setting(x->connection, "object");
	const char *object = json_string_of(field, "object");

	if (!object)
		object = first ? first : "contacts";
	return text_equal(object, x->object);
}

enum turn rest_describe(struct exchange *x)
{
	const json_t *settings = x->connection->settings;
	const json_t *fields = json_object_get(settings, "fields");
	struct catalog_field *own;
	struct catalog all;
	size_t count = 0;

	*x->catalog = (struct catalog){ .object = x->object, .read_at = x->now };
	if (!fields || catalog_from_json(x->arena, settings, &all, NULL) < 0)
		return TURN_DONE;
	own = arena_array(x->arena, all.nfields, sizeof(*own));
	for (size_t i = 0; i < all.nfields; i++) {
		if (!is_of_object(x, json_array_get(fields, i)))
			continue;
		own[count] = all.fields[i];
		allow(&own[count++], json_array_get(fields, i));
	}
	x->catalog->fields = own;
	x->catalog->nfields = count;
	return TURN_DONE;
}
