/* hubspot_associate.c - the endpoints of associations (fact sheet 6). Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/hubspot.h"
#include "sandbox/links.h"

#define BATCH_MAX 2000
#define READ_MAX 1000

/* The two kinds of a path, and what may be done to them. */
struct pair {
	struct sb_object *from, *to;
};

static struct sb_object *kind_of_param(struct sb_call *call, size_t param, const char *verb)
{
	struct sb_object *object = hubspot_object_type(call, param);

	return object && hubspot_may(call, object, verb) ? object : NULL;
}

static bool pair_read(struct sb_call *call, size_t from, size_t to, const char *verb,
		      struct pair *pair)
{
	pair->from = kind_of_param(call, from, verb);
	pair->to = pair->from ? kind_of_param(call, to, verb) : NULL;
	return pair->to;
}

static struct sb_record *live(struct sb_object *object, const char *id)
{
	bool is_bad;

	return id ? hubspot_object_find(object, id, NULL, &is_bad) : NULL;
}

static json_t *spec_json(int type)
{
	return json_pack("{ss si}", "associationCategory", "HUBSPOT_DEFINED",
			 "associationTypeId", type);
}

/* Default associations are told from both ends. */
static void add_both(json_t *results, const struct sb_record *from, const struct sb_record *to,
		     int type, int back)
{
	json_array_append_new(results,
			      json_pack("{s{ss} s{ss} so}", "from", "id", from->id, "to", "id",
					to->id, "associationSpec", spec_json(type)));
	json_array_append_new(results,
			      json_pack("{s{ss} s{ss} so}", "from", "id", to->id, "to", "id",
					from->id, "associationSpec", spec_json(back)));
}

static void reply_batch(struct sb_call *call, int status, json_t *results, json_t *errors)
{
	json_t *body = json_pack("{ss so so so}", "status", "COMPLETE", "results", results,
				 "startedAt", sb_json_time(call->now), "completedAt",
				 sb_json_time(call->now));
	size_t count = json_array_size(errors);

	if (count) {
		json_object_set_new(body, "numErrors", json_integer((json_int_t)count));
		json_object_set(body, "errors", errors);
	}
	sb_reply_json(call, count ? 207 : status, body);
}

static void no_type(struct sb_call *call, int type)
{
	hubspot_fail(call, 400, "VALIDATION_ERROR",
		     "No association type %d exists between these object types", type);
}

/* --- one association --- */

/* {from}/{id}/associations/...{to}/{toId}; replies when there is none of these. */
static bool ends_of_path(struct sb_call *call, struct pair *pair, struct sb_record *ends[2])
{
	if (!pair_read(call, 0, 2, "write", pair))
		return false;
	ends[0] = live(pair->from, sb_param(call, 1));
	ends[1] = live(pair->to, sb_param(call, 3));
	if (ends[0] && ends[1])
		return true;
	hubspot_not_found(call);
	return false;
}

void hubspot_associate_default(struct sb_call *call)
{
	struct sb_record *ends[2];
	int type = 0, back = 0;
	struct pair pair;
	json_t *results;

	if (!ends_of_path(call, &pair, ends))
		return;
	if (!hubspot_link_type(pair.from, pair.to, &type, &back, NULL)) {
		no_type(call, 0);
		return;
	}
	sb_link_add(call, ends[0], ends[1], type, back);
	results = json_array();
	add_both(results, ends[0], ends[1], type, back);
	reply_batch(call, 200, results, NULL);
}

/* Links by every type of a list; `labels` collects the titles. */
static bool link_all(struct sb_call *call, const struct pair *pair, struct sb_record *ends[2],
		     const json_t *types, json_t *labels)
{
	size_t i;
	json_t *spec;

	json_array_foreach((json_t *)types, i, spec) {
		int type = (int)json_int_of(spec, "associationTypeId", -1), back = 0;
		const char *title = NULL;

		if (type <= 0 ||
		    !hubspot_link_type(pair->from, pair->to, &type, &back, &title))
			return false;
		sb_link_add(call, ends[0], ends[1], type, back);
		if (title)
			json_array_append_new(labels, json_string(title));
	}
	return json_array_size(types) > 0;
}

static json_t *labelled_json(const struct pair *pair, struct sb_record *ends[2], json_t *labels)
{
	return json_pack("{ss ss ss ss so}", "fromObjectTypeId",
			 sb_object_spec(pair->from)->prefix, "fromObjectId", ends[0]->id,
			 "toObjectTypeId", sb_object_spec(pair->to)->prefix, "toObjectId",
			 ends[1]->id, "labels", labels);
}

void hubspot_associate_labelled(struct sb_call *call)
{
	struct sb_record *ends[2];
	const json_t *types;
	struct pair pair;
	json_t *labels;

	if (!ends_of_path(call, &pair, ends))
		return;
	types = sb_json(call);
	if (!types)
		return;
	labels = json_array();
	sb_begin(call);
	if (!link_all(call, &pair, ends, types, labels)) {
		sb_rollback(call);
		json_decref(labels);
		no_type(call, (int)json_int_of(json_array_get(types, 0), "associationTypeId", 0));
		return;
	}
	sb_commit(call);
	sb_reply_json(call, 201, labelled_json(&pair, ends, labels));
}

static void unlink_all(struct sb_call *call, struct sb_record *from, struct sb_record *to)
{
	const struct sb_link *link = NULL;

	while ((link = sb_link_next(from, to->object, link))) {
		int type = link->type, back = 0;

		if (link->to != to)
			continue;
		hubspot_link_type(from->object, to->object, &type, &back, NULL);
		sb_link_remove(call, from, to, type, back);
		link = NULL;
	}
}

void hubspot_dissociate(struct sb_call *call)
{
	struct sb_record *ends[2];
	struct pair pair;

	if (!ends_of_path(call, &pair, ends))
		return;
	unlink_all(call, ends[0], ends[1]);
	sb_reply_empty(call, 204);
}

/* --- reading --- */

static json_t *entry_of(json_t *list, const char *id)
{
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry)
		if (text_equal(json_string_of(entry, "toObjectId"), id))
			return entry;
	entry = json_pack("{ss s[]}", "toObjectId", id, "associationTypes");
	json_array_append_new(list, entry);
	return entry;
}

/* One entry per target with all its types. */
static json_t *targets_json(const struct sb_record *record, const struct sb_object *to)
{
	json_t *list = json_array();
	const struct sb_link *link = NULL;

	while ((link = sb_link_next(record, to, link)) && json_array_size(list) < READ_MAX) {
		int type = link->type, back = 0;
		const char *title = NULL;
		json_t *types = json_object_get(entry_of(list, link->to->id), "associationTypes");

		hubspot_link_type(record->object, to, &type, &back, &title);
		json_array_append_new(types, json_pack("{ss si so}", "category",
						       "HUBSPOT_DEFINED", "typeId", type, "label",
						       title ? json_string(title) : json_null()));
	}
	return list;
}

void hubspot_associated(struct sb_call *call)
{
	const struct sb_record *record;
	struct pair pair;

	if (!pair_read(call, 0, 2, "read", &pair))
		return;
	record = live(pair.from, sb_param(call, 1));
	if (record)
		sb_reply_json(call, 200,
			      json_pack("{so}", "results", targets_json(record, pair.to)));
	else
		hubspot_not_found(call);
}

void hubspot_association_labels(struct sb_call *call)
{
	json_t *list;
	struct pair pair;

	if (!pair_read(call, 0, 1, "read", &pair))
		return;
	list = json_array();
	for (int number = 1; number < 500; number++) {
		int type = number, back = 0;
		const char *title = NULL;

		if (hubspot_link_type(pair.from, pair.to, &type, &back, &title))
			json_array_append_new(list,
					      json_pack("{ss si so}", "category",
							"HUBSPOT_DEFINED", "typeId", type,
							"label",
							title ? json_string(title) :
								json_null()));
	}
	sb_reply_json(call, 200, json_pack("{so}", "results", list));
}

/* --- batches --- */

static const char *end_id(const json_t *input, const char *end)
{
	return json_string_of(json_object_get(input, end), "id");
}

static const json_t *inputs_of(struct sb_call *call, size_t max)
{
	const json_t *body = sb_json(call), *inputs = json_object_get(body, "inputs");
	size_t count = json_array_size(inputs);

	if (!body || (count && count <= max))
		return inputs;
	hubspot_fail(call, 400, "VALIDATION_ERROR", "inputs: 1 to %zu", max);
	return NULL;
}

static void add_error(json_t *errors, int status, const char *category, const char *message)
{
	const struct hubspot_refusal refusal = { .status = status,
						 .category = category,
						 .message = message };

	json_array_append_new(errors, hubspot_error_item(&refusal, NULL));
}

static void associate_one(struct sb_call *call, const struct pair *pair, const json_t *input,
			  bool is_default, json_t *results, json_t *errors)
{
	struct sb_record *ends[2] = { live(pair->from, end_id(input, "from")),
				      live(pair->to, end_id(input, "to")) };
	int type = 0, back = 0;
	json_t *labels;

	if (!ends[0] || !ends[1]) {
		add_error(errors, 404, "OBJECT_NOT_FOUND", "resource not found");
		return;
	}
	if (is_default) {
		if (!hubspot_link_type(pair->from, pair->to, &type, &back, NULL))
			return;
		sb_link_add(call, ends[0], ends[1], type, back);
		add_both(results, ends[0], ends[1], type, back);
		return;
	}
	labels = json_array();
	if (link_all(call, pair, ends, json_object_get(input, "types"), labels)) {
		json_array_append_new(results, labelled_json(pair, ends, labels));
		return;
	}
	json_decref(labels);
	add_error(errors, 400, "VALIDATION_ERROR",
		  "No such association type exists between these object types");
}

static void batch_associate(struct sb_call *call, bool is_default)
{
	struct pair pair;
	const json_t *inputs;
	json_t *results, *errors, *input;
	size_t i;

	if (!pair_read(call, 0, 1, "write", &pair))
		return;
	inputs = inputs_of(call, BATCH_MAX);
	if (!inputs)
		return;
	results = json_array();
	errors = json_keep(call->arena, json_array());
	json_array_foreach((json_t *)inputs, i, input)
		associate_one(call, &pair, input, is_default, results, errors);
	reply_batch(call, is_default ? 200 : 201, results, errors);
}

void hubspot_batch_associate(struct sb_call *call)
{
	batch_associate(call, false);
}

void hubspot_batch_associate_default(struct sb_call *call)
{
	batch_associate(call, true);
}

void hubspot_batch_associated(struct sb_call *call)
{
	struct pair pair;
	const json_t *inputs;
	json_t *results, *errors, *input;
	size_t i;

	if (!pair_read(call, 0, 1, "read", &pair))
		return;
	inputs = inputs_of(call, READ_MAX);
	if (!inputs)
		return;
	results = json_array();
	errors = json_keep(call->arena, json_array());
	json_array_foreach((json_t *)inputs, i, input) {
		const struct sb_record *record = live(pair.from,
						      json_string_of(input, "id"));

		if (record)
			json_array_append_new(results, json_pack("{s{ss} so}", "from", "id",
								 record->id, "to",
								 targets_json(record, pair.to)));
		else
			add_error(errors, 404, "OBJECT_NOT_FOUND", "resource not found");
	}
	reply_batch(call, 200, results, errors);
}

/* Inputs are {"from":{"id"},"to":[{"id"}]}. */
void hubspot_batch_dissociate(struct sb_call *call)
{
	struct pair pair;
	const json_t *inputs;
	json_t *input, *to;
	size_t i, j;

	if (!pair_read(call, 0, 1, "write", &pair))
		return;
	inputs = inputs_of(call, BATCH_MAX);
	if (!inputs)
		return;
	json_array_foreach((json_t *)inputs, i, input) {
		struct sb_record *from = live(pair.from, end_id(input, "from"));

		json_array_foreach(json_object_get(input, "to"), j, to) {
			struct sb_record *other = live(pair.to, json_string_of(to, "id"));

			if (from && other)
				unlink_all(call, from, other);
		}
	}
	sb_reply_empty(call, 204);
}
