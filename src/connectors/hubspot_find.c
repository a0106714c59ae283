/* hubspot_find.c - looks for contacts by their keys. Threads: pure.
 *
 * By e-mail and by our own property a hundred are read in one call, strongly consistent;
 * by anything else they are searched for, many values in one call, by an index that lags
 * (fact sheet, section 5). All records take a step by their strongest key, then those not
 * found take the next. */
#include "connectors/hubspot_lookup.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"

#define SEARCH_PAGES 50 /* past 10,000 results HubSpot answers 400 */

/* The sheet names no limit for a search's body; when one is refused, 3,000 characters
 * are what HubSpot's own pages speak of. */
#define SEARCH_BYTES 24000
#define SEARCH_BYTES_SMALL 2700
#define SEARCH_FRAME 400 /* what stands around the values */

static int kind_of_key(const struct record_key *key)
{
	if (strcmp(key->field, "email") == 0)
		return READ_EMAIL;
	return strcmp(key->field, HUBSPOT_KEY) == 0 ? READ_KEY : SEARCH;
}

static size_t skip_empty(const struct record *record, size_t at)
{
	while (at < record->nkeys && text_is_empty(record->keys[at].value))
		at++;
	return at;
}

/* Takes the record's next step: one key to be read by, or several to search by. */
static void take_step(const struct record *record, struct seeker *seeker)
{
	size_t at = skip_empty(record, seeker->to);

	seeker->from = at;
	seeker->to = at + 1;
	if (kind_of_key(&record->keys[at]) != SEARCH)
		return;
	while (seeker->to < record->nkeys && seeker->to - seeker->from < SEARCH_GROUPS &&
	       kind_of_key(&record->keys[seeker->to]) == SEARCH &&
	       !text_is_empty(record->keys[seeker->to].value))
		seeker->to++;
}

static size_t search_bytes_of(const struct record *record, const struct seeker *seeker)
{
	size_t bytes = 0;

	for (size_t i = seeker->from; i < seeker->to; i++)
		bytes += strlen(record->keys[i].value) + 3;
	return bytes;
}

/* A search asks for the same fields for all its records: five at most. */
static bool same_fields(const struct exchange *x, const struct find_state *state, size_t a,
			size_t b)
{
	const struct seeker *sa = &state->seekers[a], *sb = &state->seekers[b];

	if (sa->to - sa->from != sb->to - sb->from)
		return false;
	for (size_t i = 0; i < sa->to - sa->from; i++)
		if (strcmp(x->records[a].keys[sa->from + i].field,
			   x->records[b].keys[sb->from + i].field) != 0)
			return false;
	return true;
}

static void add_search(struct exchange *x, struct find_state *state, size_t index)
{
	struct parts *parts = &state->parts;
	const struct part *last = parts->count ? &parts->items[parts->count - 1] : NULL;
	const struct seeker *seeker = &state->seekers[index];
	size_t bytes = SEARCH_FRAME + search_bytes_of(&x->records[index], seeker);
	size_t fields = seeker->to - seeker->from;

	if (last && last->kind == SEARCH && !last->is_sent) {
		for (size_t i = 0; i < last->nrecords; i++)
			bytes += search_bytes_of(&x->records[last->records[i]],
						 &state->seekers[last->records[i]]);
		if (bytes > state->search_bytes ||
		    !same_fields(x, state, last->records[0], index))
			parts_close(parts);
	}
	parts_add(parts, SEARCH, index, SEARCH_GROUPS / fields * SEARCH_VALUES);
}

/* The kind of the record's next key; -1 when there is none or it is at its end. */
static int next_kind(const struct record *record, const struct seeker *seeker)
{
	size_t at = skip_empty(record, seeker->to);

	return seeker->is_open && at < record->nkeys ? kind_of_key(&record->keys[at]) : -1;
}

static void plan_kind(struct exchange *x, struct find_state *state, int kind)
{
	for (size_t i = 0; i < x->nrecords; i++) {
		if (next_kind(&x->records[i], &state->seekers[i]) != kind)
			continue;
		take_step(&x->records[i], &state->seekers[i]);
		if (kind == SEARCH)
			add_search(x, state, i);
		else
			parts_add(&state->parts, kind, i, HUBSPOT_BATCH);
	}
}

/* The open records take their next step. Searches, which are dear, wait until nobody is
 * left to be read, so that they go together. */
static void plan_step(struct exchange *x, struct find_state *state)
{
	plan_kind(x, state, READ_EMAIL);
	if (!parts_now(&state->parts))
		plan_kind(x, state, READ_KEY);
	if (!parts_now(&state->parts))
		plan_kind(x, state, SEARCH);
}

/* --- what was found ----------------------------------------------------------------- */

/* The place of the record's key that the row answers, or -1. */
static int key_of_row(const struct record *record, const struct seeker *seeker,
		      const json_t *row)
{
	for (size_t i = seeker->from; i < seeker->to; i++) {
		const struct record_key *key = &record->keys[i];
		const char *seen = hubspot_property(row, key->field);

		switch (kind_of_key(key)) {
		case READ_EMAIL:
			if (text_equal_nocase(seen, key->value) ||
			    hubspot_list_has(hubspot_property(row, "hs_additional_emails"), key->value))
				return (int)i;
			break;
		case READ_KEY:
			if (text_equal(seen, key->value))
				return (int)i;
			break;
		default:
			if (seen && answer_same_value(key->value, seen))
				return (int)i;
		}
	}
	return -1;
}

/* Gives the row to every record that it answers; false when there is none. */
static bool place_row(struct exchange *x, const struct find_state *state,
		      const struct part *part, const json_t *row)
{
	const char *id = answer_id(x->arena, json_object_get(row, "id"));
	bool is_placed = false;

	for (size_t i = 0; id && i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];
		int key = key_of_row(record, &state->seekers[part->records[i]], row);

		if (key < 0)
			continue;
		hubspot_add_row(x, record, row, id, key);
		is_placed = true;
	}
	/* What a search for one person brings is that person, in whatever form. */
	if (!is_placed && id && part->kind == SEARCH && part->nrecords == 1) {
		hubspot_add_row(x, &x->records[part->records[0]], row, id,
			(int)state->seekers[part->records[0]].from);
		is_placed = true;
	}
	return is_placed;
}

static bool place_rows(struct exchange *x, const struct find_state *state,
		       const struct part *part, const json_t *rows)
{
	bool is_placed = true;

	for (size_t i = 0; i < json_array_size(rows); i++)
		is_placed &= place_row(x, state, part, json_array_get(rows, i));
	return is_placed;
}

/* The step is done for the part's records: found ones, and those without keys left, are
 * at their end; the others wait for the next step. `doubt`: what has no row is not surely
 * absent. */
static void settle_step(struct exchange *x, struct find_state *state,
			const struct part *part, const char *doubt)
{
	for (size_t i = 0; i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];
		struct seeker *seeker = &state->seekers[part->records[i]];
		bool has_more = skip_empty(record, seeker->to) < record->nkeys;

		record->reason = NULL;
		record->retry_after_ms = 0;
		if (record->nfound > 0 || (!doubt && !has_more)) {
			record->outcome = OUTCOME_DELIVERED;
			seeker->is_open = false;
		} else if (doubt) {
			record->outcome = OUTCOME_UNCERTAIN;
			record->reason = doubt;
			seeker->is_open = false;
		} else {
			record->outcome = OUTCOME_CONNECTION;
			record->reason = "not sent";
		}
	}
}

static void forget_found(struct exchange *x, const struct part *part)
{
	for (size_t i = 0; i < part->nrecords; i++)
		x->records[part->records[i]].nfound = 0;
}

/* Whether the search has a page to be read; its place goes to state->after. Pages that
 * will not be read leave *doubt. */
static bool has_next_page(struct exchange *x, struct find_state *state, const json_t *json,
			  const char **doubt)
{
	const char *after = json_string_value(json_at(json, "$.paging.next.after"));

	if (!after)
		return false;
	if (text_equal(after, state->after) || ++state->pages >= SEARCH_PAGES) {
		*doubt = "the search has more results than can be read";
		return false;
	}
	state->after = arena_strdup(x->arena, after);
	return true;
}

/* Returns whether the part at hand is done with. */
static bool settle_found(struct exchange *x, struct find_state *state, const json_t *json)
{
	const struct part *part = parts_now(&state->parts);
	bool is_placed = place_rows(x, state, part, json_object_get(json, "results"));
	const char *doubt = hubspot_doubt(x, json);

	if (!is_placed && part->kind == SEARCH) {
		forget_found(x, part);
		state->after = NULL;
		if (parts_cut(&state->parts, x))
			return true;
	}
	if (part->kind == SEARCH && has_next_page(x, state, json, &doubt))
		return false;
	if (!is_placed && !doubt)
		doubt = "the answer has a contact that was not asked for";
	settle_step(x, state, part, doubt);
	return true;
}

/* --- what failed -------------------------------------------------------------------- */

static void close_part(struct find_state *state, const struct part *part)
{
	for (size_t i = 0; i < part->nrecords; i++)
		state->seekers[part->records[i]].is_open = false;
}

/* A search that is too long for HubSpot is asked again in shorter ones. */
static bool shorten(struct exchange *x, struct find_state *state)
{
	const struct part part = *parts_now(&state->parts);

	if (part.kind != SEARCH || part.nrecords < 2 ||
	    state->search_bytes == SEARCH_BYTES_SMALL)
		return false;
	state->search_bytes = SEARCH_BYTES_SMALL;
	part_settle(x, &part, OUTCOME_CONNECTION, "not sent");
	parts_close(&state->parts);
	for (size_t i = 0; i < part.nrecords; i++)
		add_search(x, state, part.records[i]);
	parts_close(&state->parts);
	return true;
}

/* Nothing more is asked: the open records wait like those of the parts not sent. */
static enum turn stop(struct exchange *x, struct find_state *state,
		      const struct hubspot_error *error)
{
	parts_stop(&state->parts, x, error->outcome, error->wait_ms);
	for (size_t i = 0; i < x->nrecords; i++)
		if (state->seekers[i].is_open)
			x->records[i].retry_after_ms = error->wait_ms;
	return TURN_DONE;
}

/* Returns whether the conversation has to end. */
static bool settle_failure(struct exchange *x, struct find_state *state,
			   struct hubspot_error *error)
{
	const struct part *part = parts_now(&state->parts);

	hubspot_reply_error(x, error);
	if (x->reply->failure == HTTP_REPLIED && x->reply->status / 100 == 2 &&
	    !answer_is_page(x->reply))
		error->reason = "the answer is not a list of contacts";
	if (error->outcome == OUTCOME_GONE && part->kind != SEARCH) {
		settle_step(x, state, part, NULL);
		return false;
	}
	if (error->outcome == OUTCOME_FIX_DATA || error->outcome == OUTCOME_GONE) {
		error->outcome = OUTCOME_FIX_DATA;
		forget_found(x, part);
		if (!state->after && (shorten(x, state) || parts_cut(&state->parts, x)))
			return false;
	}
	close_part(state, part);
	return hubspot_part_failed(x, &state->parts, error);
}

static void begin_find(struct exchange *x)
{
	struct find_state *state = x->state = arena_alloc(x->arena, sizeof(*state));

	parts_begin(&state->parts, x);
	state->seekers = arena_array(x->arena, x->nrecords, sizeof(*state->seekers));
	state->search_bytes = SEARCH_BYTES;
	for (size_t i = 0; i < x->nrecords; i++) {
		struct record *record = &x->records[i];

		record->found = NULL;
		record->nfound = 0;
		state->seekers[i].is_open = skip_empty(record, 0) < record->nkeys;
		if (state->seekers[i].is_open)
			continue;
		record->outcome = OUTCOME_UNCERTAIN;
		record->reason = "there is nothing to look by";
	}
}

enum turn hubspot_find(struct exchange *x)
{
	struct find_state *state = x->state;
	struct hubspot_error error;
	const json_t *json;

	if (x->turn == 0) {
		begin_find(x);
		state = x->state;
	} else {
		json = hubspot_batch(x);
		if (json && !settle_found(x, state, json))
			return hubspot_send_lookup(x, state);
		if (!json && settle_failure(x, state, &error))
			return stop(x, state, &error);
		state->after = NULL;
		state->pages = 0;
		state->parts.at++;
	}
	if (!parts_now(&state->parts))
		plan_step(x, state);
	return hubspot_send_lookup(x, state);
}
