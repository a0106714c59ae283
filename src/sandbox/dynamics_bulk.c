/* dynamics_bulk.c - CreateMultiple, UpdateMultiple, UpsertMultiple: all rows or none (fact
 * sheet 5, Multi-row messages). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/dynamics.h"

enum bulk_verb { BULK_CREATE, BULK_UPDATE, BULK_UPSERT };

struct bulk {
	struct sb_call *call;
	struct sb_object *object;
	enum bulk_verb verb;
	json_t *ids; /* of the rows, in order */
	struct dynamics_refusal refusal;
};

static bool refuse(struct bulk *bulk, const char *message)
{
	return dynamics_refuse(bulk->call, &bulk->refusal, 400, "0x80048d19",
			       "Error identified in Payload provided by the user: %s", message);
}

/* The key of a target: "@odata.id" names a row, or the primary column does. */
static bool read_key(struct bulk *bulk, const json_t *target, struct dynamics_segment *row)
{
	struct arena *arena = bulk->call->arena;
	const char *set = sb_object_spec(bulk->object)->name;
	const char *address = json_string_of(target, "@odata.id");
	const char *id = json_string_of(target, dynamics_table_of(bulk->object)->id);

	*row = (struct dynamics_segment){ .name = set };
	if (address) {
		address = dynamics_row_of(arena, address);
		return address && dynamics_segment_read(arena, address, row) && row->has_key &&
		       strcmp(row->name, set) == 0;
	}
	if (!id)
		return true;
	row->key.id = dynamics_guid(arena, id);
	row->has_key = row->key.id;
	return row->has_key;
}

static bool find(struct bulk *bulk, const json_t *target, struct dynamics_write *write)
{
	struct dynamics_segment row;

	if (bulk->verb == BULK_CREATE)
		return true;
	if (!read_key(bulk, target, &row))
		return refuse(bulk, "a target's key is none.");
	if (!row.has_key)
		return bulk->verb == BULK_UPSERT || refuse(bulk, "a target has no key.");
	write->record = dynamics_find(bulk->call, bulk->object, &row.key, &bulk->refusal);
	if (write->record)
		return true;
	if (bulk->verb == BULK_UPDATE || bulk->refusal.status != 404)
		return false;
	bulk->refusal = (struct dynamics_refusal){ 0 };
	write->id = row.key.id;
	return dynamics_key_values(bulk->object, &row.key, write->values);
}

static bool do_one(struct bulk *bulk, size_t index, const json_t *target)
{
	struct dynamics_write write = { .call = bulk->call,
					.object = bulk->object,
					.input = target,
					.values = json_keep(bulk->call->arena, json_object()) };

	if (!json_string_of(target, "@odata.type"))
		return refuse(bulk, "each target needs its @odata.type.");
	if (sb_bad_record(bulk->call, index))
		return dynamics_refuse(bulk->call, &bulk->refusal, 400, "0x80040265",
				       "The plug-in refused this row.");
	if (!find(bulk, target, &write))
		return false;
	if (!dynamics_write(&write)) {
		bulk->refusal = write.refusal;
		return false;
	}
	json_array_append_new(bulk->ids, json_string(write.record->id));
	return true;
}

static bool do_all(struct bulk *bulk)
{
	const json_t *body = sb_json(bulk->call), *targets, *target;
	size_t i;

	if (!body)
		return false;
	targets = json_object_get(body, "Targets");
	if (!json_array_size(targets))
		return refuse(bulk, "'Targets' is an array of rows.");
	json_array_foreach(targets, i, target)
		if (!do_one(bulk, i, target))
			return false;
	return true;
}

/* All is taken back on any error. */
static bool run(struct bulk *bulk)
{
	bool is_done = false;

	if (!(dynamics_table_of(bulk->object)->flags & DYNAMICS_BULK)) {
		dynamics_fail(bulk->call, 400, "0x80060888",
			      "The message does not support table '%s'.",
			      dynamics_table_of(bulk->object)->name);
		return false;
	}
	bulk->ids = json_keep(bulk->call->arena, json_array());
	sb_begin(bulk->call);
	is_done = do_all(bulk);
	if (is_done)
		sb_commit(bulk->call);
	else
		sb_rollback(bulk->call);
	if (!is_done && !bulk->call->status)
		dynamics_say(bulk->call, &bulk->refusal);
	return is_done;
}

static void reply_ids(struct bulk *bulk, const char *name)
{
	sb_reply_json(bulk->call, 200,
		      json_pack("{so sO}", "@odata.context",
				sb_json_printf("%s/$metadata#" DYNAMICS_TYPE "%sResponse",
					       dynamics_base(bulk->call), name),
				"Ids", bulk->ids));
}

void dynamics_create_many(struct sb_call *call, const struct dynamics_path *path)
{
	struct bulk bulk = { .call = call, .object = path->object, .verb = BULK_CREATE };

	if (run(&bulk))
		reply_ids(&bulk, "CreateMultiple");
}

void dynamics_update_many(struct sb_call *call, const struct dynamics_path *path)
{
	struct bulk bulk = { .call = call, .object = path->object, .verb = BULK_UPDATE };

	if (run(&bulk))
		sb_reply_empty(call, 204);
}

void dynamics_upsert_many(struct sb_call *call, const struct dynamics_path *path)
{
	struct bulk bulk = { .call = call, .object = path->object, .verb = BULK_UPSERT };

	if (!run(&bulk))
		return;
	if (sb_switch(call->account, "upsert_many_ids"))
		reply_ids(&bulk, "UpsertMultiple");
	else
		sb_reply_empty(call, 204);
}
