/* hubspot_read.c - reads contacts by their ids, and where they went. Threads: pure. */
#include "connectors/hubspot_lookup.h"

#include <string.h>

#include "base/json.h"
#include "connectors/answer.h"

/* The row is the record itself, or the one that it was merged into. */
static bool read_row(struct exchange *x, struct record *record, const json_t *row,
		     const char *id)
{
	bool is_it = strcmp(id, record->remote_id) == 0;
	struct remote *found;

	if (!is_it && !hubspot_list_has(hubspot_property(row, "hs_merged_object_ids"),
				record->remote_id))
		return false;
	if (record->nfound)
		return true;
	found = hubspot_add_row(x, record, row, id, -1);
	found->id = record->remote_id;
	record->outcome = is_it ? OUTCOME_DELIVERED : OUTCOME_GONE;
	record->reason = is_it ? NULL : "merged into another contact";
	if (!is_it) {
		found->survivor_object = x->object;
		found->survivor_id = id;
	}
	return true;
}

static bool read_for_all(struct exchange *x, const struct part *part, const json_t *row,
			 const char *id)
{
	bool is_asked = false;

	for (size_t i = 0; id && i < part->nrecords; i++)
		is_asked |= read_row(x, &x->records[part->records[i]], row, id);
	return is_asked;
}

/* A row under an id that nobody asked for, when one record alone has none and no error
 * tells of it, is what became of that record. */
static void read_stranger(struct exchange *x, const struct part *part, const json_t *row,
			  const char *id)
{
	struct record *missing = NULL;
	struct remote *found;

	for (size_t i = 0; i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];

		if (record->nfound)
			continue;
		if (missing)
			return;
		missing = record;
	}
	if (!missing)
		return;
	found = hubspot_add_row(x, missing, row, id, -1);
	found->id = missing->remote_id;
	found->survivor_object = x->object;
	found->survivor_id = id;
	missing->reason = "answered by another contact: merged";
}

static void settle_read(struct exchange *x, const struct part *part, const json_t *json)
{
	const json_t *rows = json_object_get(json, "results"), *stranger = NULL;
	const char *doubt = hubspot_doubt(x, json), *strange_id = NULL;
	size_t strangers = 0;

	part_settle(x, part, doubt ? OUTCOME_UNCERTAIN : OUTCOME_GONE,
		    doubt ? doubt : "resource not found");
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const char *id = answer_id(x->arena, json_object_get(row, "id"));

		if (read_for_all(x, part, row, id) || !id)
			continue;
		strangers++;
		stranger = row;
		strange_id = id;
	}
	if (strangers == 1 && !doubt && !json_array_size(json_object_get(json, "errors")))
		read_stranger(x, part, stranger, strange_id);
}

static enum turn begin_read(struct exchange *x)
{
	struct find_state *state = x->state = arena_alloc(x->arena, sizeof(*state));

	parts_begin(&state->parts, x);
	for (size_t i = 0; i < x->nrecords; i++) {
		x->records[i].found = NULL;
		x->records[i].nfound = 0;
		if (x->records[i].remote_id)
			parts_add(&state->parts, READ_ID, i, HUBSPOT_BATCH);
	}
	return hubspot_send_lookup(x, state);
}

enum turn hubspot_read(struct exchange *x)
{
	struct find_state *state = x->state;
	struct hubspot_error error;
	const json_t *json;

	if (x->turn == 0)
		return begin_read(x);
	json = hubspot_batch(x);
	if (json) {
		settle_read(x, parts_now(&state->parts), json);
	} else {
		hubspot_reply_error(x, &error);
		if (error.outcome == OUTCOME_FIX_DATA && parts_cut(&state->parts, x)) {
			state->parts.at++;
			return hubspot_send_lookup(x, state);
		}
		if (hubspot_part_failed(x, &state->parts, &error))
			return parts_stop(&state->parts, x, error.outcome, error.wait_ms);
	}
	state->parts.at++;
	return hubspot_send_lookup(x, state);
}
