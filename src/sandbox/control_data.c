/* control_data.c - /_sandbox/: records, seeding, ledger, requests. Threads: under the
 * sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/control_inside.h"
#include "sandbox/links.h"
#include "sandbox/person.h"

#define SEED_MAX 1000000
#define LIST_MAX 10000

static struct sb_object *object_of(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);
	struct sb_object *object;

	if (!account)
		return NULL;
	object = sb_object_find(account, sb_param(call, 2));
	if (!object)
		sb_control_refuse(call, 404, "no object \"%s\"", sb_param(call, 2));
	return object;
}

static struct sb_record *record_of(struct sb_call *call)
{
	struct sb_object *object = object_of(call);
	struct sb_record *record = object ? sb_record_find(object, sb_param(call, 3)) : NULL;

	if (object && !record)
		sb_control_refuse(call, 404, "no record \"%s\"", sb_param(call, 3));
	return record;
}

void sb_control_seed(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);
	const json_t *body = account ? sb_control_body(call) : NULL;
	int64_t count, seed, from;
	uint64_t before;

	if (!body)
		return;
	count = json_int_of(body, "count", 100);
	seed = json_int_of(body, "seed", (int64_t)call->sandbox->seed);
	from = json_int_of(body, "from", 1);
	if (count < 0 || count > SEED_MAX || from < 0) {
		sb_control_refuse(call, 400, "count: 0 to %d; from: at least 0", SEED_MAX);
		return;
	}
	if (!account->vendor->seed) {
		sb_control_refuse(call, 409, "this vendor has nothing to seed");
		return;
	}
	before = account->changes;
	for (int64_t i = 0; i < count; i++) {
		struct sb_person person;

		sb_person_of((uint64_t)seed, (uint64_t)(from + i), &person);
		account->vendor->seed(call, &person);
	}
	sb_reply_json(call, 200,
		      json_pack("{sI}", "written", (json_int_t)(account->changes - before)));
}

void sb_control_objects(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);
	json_t *list = json_array();

	for (size_t i = 0; account && i < account->nobjects; i++) {
		const struct sb_object *object = account->objects[i];
		const struct sb_object_spec *spec = sb_object_spec(object);

		json_array_append_new(
			list, json_pack("{ss ss* sI sI sI}", "name", spec->name, "prefix",
					spec->prefix, "live",
					(json_int_t)sb_object_live(object), "ever",
					(json_int_t)sb_object_count(object), "fields",
					(json_int_t)sb_object_nfields(object)));
	}
	if (account)
		sb_reply_json(call, 200, json_pack("{so}", "objects", list));
	else
		json_decref(list);
}

static json_t *values_json(const struct sb_record *record)
{
	const struct sb_object *object = record->object;
	json_t *values = json_object();

	for (size_t i = 0; i < sb_object_nfields(object); i++) {
		const struct sb_field *field = sb_object_field(object, i);
		json_t *value = sb_record_value(record, field);

		if (value)
			json_object_set_new(values, field->name, value);
	}
	return values;
}

static json_t *record_json(const struct sb_record *record)
{
	static const char *const states[] = { "live", "deleted", "merged", "gone" };

	return json_pack("{ss si ss so so so* ss*}", "id", record->id, "version",
			 (int)record->version, "state", states[record->state], "created_at",
			 sb_json_time(record->created_at), "updated_at",
			 sb_json_time(record->updated_at), "values", values_json(record),
			 "merged_into", record->merged_into ? record->merged_into->id : NULL);
}

void sb_control_records(struct sb_call *call)
{
	struct sb_object *object = object_of(call);
	const char *state = sb_query(call, "state"), *after = sb_query(call, "after");
	json_t *list;
	int64_t limit, skip = 0;
	size_t at;

	if (!object || !sb_control_number(call, "limit", 50, 1, LIST_MAX, &limit) ||
	    !sb_control_number(call, "after", 0, 0, INT64_MAX, &skip))
		return;
	list = json_array();
	at = sb_object_count(object);
	while (at > 0 && json_array_size(list) < (size_t)limit) {
		const struct sb_record *record = sb_object_record(object, --at);

		if (after && record->number >= (uint64_t)skip)
			continue;
		if (record->state == SB_LIVE || (state && record->state != SB_GONE))
			json_array_append_new(list, record_json(record));
	}
	sb_reply_json(call, 200, json_pack("{so sI}", "records", list, "live",
					   (json_int_t)sb_object_live(object)));
}

static void add_before(const struct sb_field *field, const json_t *before, void *context)
{
	json_object_set(context, field->name, before ? (json_t *)before : json_null());
}

static json_t *history_json(const struct sb_record *record)
{
	json_t *list = json_array();

	for (const struct sb_delta *delta = record->history; delta;
	     delta = sb_delta_before(delta)) {
		json_t *before = json_object();

		sb_delta_each(delta, add_before, record->object, before);
		json_array_append_new(list, json_pack("{so sI so}", "at",
						      sb_json_time(sb_delta_at(delta)),
						      "request",
						      (json_int_t)sb_delta_request(delta),
						      "before", before));
	}
	return list;
}

static json_t *links_json(const struct sb_record *record)
{
	json_t *list = json_array();
	const struct sb_link *link = NULL;

	while ((link = sb_link_next(record, NULL, link)))
		json_array_append_new(list, json_pack("{ss ss si}", "object",
						      sb_object_spec(link->to->object)->name,
						      "id", link->to->id, "type", link->type));
	return list;
}

void sb_control_record(struct sb_call *call)
{
	const struct sb_record *record = record_of(call);
	json_t *json;

	if (!record)
		return;
	json = record_json(record);
	json_object_set_new(json, "history", history_json(record));
	json_object_set_new(json, "links", links_json(record));
	sb_reply_json(call, 200, json);
}

static bool names_known(struct sb_call *call, const struct sb_object *object,
			const json_t *values)
{
	const char *name;
	json_t *value;

	if (!json_is_object(values)) {
		sb_control_refuse(call, 400, "the body is an object of field: value");
		return false;
	}
	json_object_foreach((json_t *)values, name, value) {
		if (sb_field_find(object, name))
			continue;
		sb_control_refuse(call, 400, "%.64s: no such field", name);
		return false;
	}
	return true;
}

static void reply_written(struct sb_call *call, int status, const struct sb_record *record,
			  uint64_t before)
{
	sb_tell_changes(call, call->account, before);
	sb_reply_json(call, status, record_json(record));
}

void sb_control_add_record(struct sb_call *call)
{
	struct sb_object *object = object_of(call);
	const json_t *values = object ? sb_control_body(call) : NULL;
	uint64_t before = call->account ? call->account->changes : 0;
	struct sb_record *record;

	if (!values || !names_known(call, object, values))
		return;
	record = sb_record_create(call, object, values, NULL);
	if (record)
		reply_written(call, 201, record, before);
	else
		sb_control_refuse(call, 409, "the sandbox is full");
}

void sb_control_edit_record(struct sb_call *call)
{
	struct sb_record *record = record_of(call);
	const json_t *values = record ? sb_control_body(call) : NULL;
	uint64_t before = call->account ? call->account->changes : 0;

	if (!values || !names_known(call, record->object, values))
		return;
	sb_record_update(call, record, values);
	reply_written(call, 200, record, before);
}

void sb_control_delete_record(struct sb_call *call)
{
	struct sb_record *record = record_of(call);
	uint64_t before = call->account ? call->account->changes : 0;

	if (!record)
		return;
	if (record->state == SB_LIVE)
		sb_record_delete(call, record);
	reply_written(call, 200, record, before);
}

/* The record of the path goes into the one that the body names. */
void sb_control_merge_record(struct sb_call *call)
{
	struct sb_record *loser = record_of(call), *winner;
	const json_t *body = loser ? sb_control_body(call) : NULL;
	uint64_t before = call->account ? call->account->changes : 0;
	const char *into = json_string_of(body, "into");

	if (!body)
		return;
	winner = into ? sb_record_find(loser->object, into) : NULL;
	if (!winner || winner == loser || winner->state != SB_LIVE || loser->state != SB_LIVE) {
		sb_control_refuse(call, 400, "into: must be the id of another live record, and "
					     "this one must be live");
		return;
	}
	sb_record_merge(call, winner, loser);
	reply_written(call, 200, winner, before);
}

/* --- ledger and requests --- */

struct filter {
	const char *vendor, *account, *object, *verb, *id, *key;
};

static struct filter filter_of(struct sb_call *call)
{
	return (struct filter){
		.vendor = sb_query(call, "vendor"),
		.account = sb_query(call, "account"),
		.object = sb_query(call, "object"),
		.verb = sb_query(call, "verb"),
		.id = sb_query(call, "id"),
		.key = sb_query(call, "key"),
	};
}

static bool is_any_or(const char *wanted, const char *text)
{
	return !wanted || strcmp(wanted, text) == 0;
}

static bool fits(const struct filter *filter, const struct sb_entry *entry)
{
	return is_any_or(filter->vendor, entry->account->vendor->name) &&
	       is_any_or(filter->account, entry->account->name) &&
	       is_any_or(filter->object, entry->object) &&
	       is_any_or(filter->verb, entry->verb) && is_any_or(filter->id, entry->id) &&
	       is_any_or(filter->key, entry->key);
}

void sb_control_ledger(struct sb_call *call)
{
	const struct sb_ledger *ledger = &call->sandbox->ledger;
	struct filter filter = filter_of(call);
	int64_t limit, after;
	json_t *list;

	if (!sb_control_number(call, "limit", 1000, 1, 100000, &limit) ||
	    !sb_control_number(call, "after", 0, 0, INT64_MAX, &after))
		return;
	list = json_array();
	for (size_t i = 0; i < ledger->count && json_array_size(list) < (size_t)limit; i++)
		if (ledger->entries[i].number > (uint64_t)after &&
		    fits(&filter, &ledger->entries[i]))
			json_array_append_new(list, sb_entry_json(&ledger->entries[i]));
	sb_reply_json(call, 200, json_pack("{so sI sI}", "entries", list, "total",
					   (json_int_t)ledger->count, "dropped",
					   (json_int_t)ledger->dropped));
}

static void count_up(json_t *counts, const char *name)
{
	json_object_set_new(counts, name,
			    json_integer(json_integer_value(json_object_get(counts, name)) + 1));
}

/* Keys under which more than one record was created: what must never happen to a client
 * that sends each lead once. */
static json_t *repeated(const json_t *keys)
{
	json_t *list = json_array(), *count;
	const char *key;

	json_object_foreach((json_t *)keys, key, count) {
		if (json_integer_value(count) > 1)
			json_array_append_new(list, json_pack("{ss sO}", "key", key, "created",
							      count));
	}
	return list;
}

void sb_control_ledger_summary(struct sb_call *call)
{
	const struct sb_ledger *ledger = &call->sandbox->ledger;
	struct filter filter = filter_of(call);
	json_t *counts = json_object(), *keys = json_object();

	for (size_t i = 0; i < ledger->count; i++) {
		const struct sb_entry *entry = &ledger->entries[i];
		char name[160];

		if (!fits(&filter, entry))
			continue;
		snprintf(name, sizeof(name), "%s.%s", entry->object, entry->verb);
		count_up(counts, name);
		if (entry->key[0] && strcmp(entry->verb, "created") == 0) {
			snprintf(name, sizeof(name), "%s:%s", entry->object, entry->key);
			count_up(keys, name);
		}
	}
	sb_reply_json(call, 200,
		      json_pack("{so sI so sI}", "counts", counts, "keys",
				(json_int_t)json_object_size(keys), "repeated", repeated(keys),
				"dropped", (json_int_t)ledger->dropped));
	json_decref(keys);
}

void sb_control_requests(struct sb_call *call)
{
	const struct sb_seen *seen = &call->sandbox->seen;
	int64_t limit;

	if (!sb_control_number(call, "limit", 100, 1, SB_SEEN_MAX, &limit))
		return;
	sb_reply_json(call, 200,
		      json_pack("{so sI so}", "requests",
				sb_seen_json(seen, sb_query(call, "vendor"),
					     sb_query(call, "account"), (size_t)limit),
				"total", (json_int_t)seen->total, "by_status",
				sb_seen_statuses(seen)));
}
