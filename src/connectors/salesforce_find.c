/* salesforce_find.c - looks for people in Lead and Contact, and reads them. Threads: pure.
 *
 * SOQL, not search: its index does not lag. Reading is looking by the id, deleted records
 * included, so that what was merged or converted can be followed. */
#include "connectors/salesforce_lookup.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"

#define PAGES_MAX 10

/* --- rows ---------------------------------------------------------------------------- */

static const char *text_of(const json_t *row, const char *name)
{
	return json_string_of(row, name);
}

/* The place of the record's key that the row answers, or -1. */
static int key_of_row(const struct seeker *seeker, const char *object, const json_t *row)
{
	for (size_t i = seeker->from; i < seeker->to; i++) {
		const struct record_key *key = &seeker->keys[i];
		const char *seen = text_of(row, key->field);

		if (!seen || strcmp(key->object, object) != 0)
			continue;
		if (strcmp(key->field, "Id") == 0 ? salesforce_same_id(seen, key->value) :
						    answer_same_value(key->value, seen))
			return (int)i;
	}
	return -1;
}

static void add_row(struct exchange *x, const struct lookup *lookup, struct record *record,
		    const char *object, const json_t *row, int key)
{
	const char *contact = salesforce_id(x->arena, json_object_get(row, "ConvertedContactId"));
	const char *master = salesforce_id(x->arena, json_object_get(row, "MasterRecordId"));
	struct remote *found = answer_add_found(x->arena, record);

	if (!found)
		return;
	found->object = object;
	found->id = lookup->is_read ? record->remote_id :
				      salesforce_id(x->arena, json_object_get(row, "Id"));
	found->matched_by = lookup->is_read ? -1 : key;
	found->version = answer_id(x->arena, json_object_get(row, "SystemModstamp"));
	found->key = answer_id(x->arena, json_object_get(row, SALESFORCE_KEY));
	answer_fields(x->arena, row, x->names, x->nnames, found);
	if (master) {
		found->survivor_object = object;
		found->survivor_id = master;
	} else if (contact && json_is_true(json_object_get(row, "IsConverted"))) {
		found->survivor_object = "Contact";
		found->survivor_id = contact;
	}
}

/* Gives the row to every record that it answers; false when there is none. */
static bool place_row(struct exchange *x, struct lookup *lookup, const struct query *query,
		      const json_t *row)
{
	bool is_placed = false;

	if (!salesforce_id(x->arena, json_object_get(row, "Id")))
		return false;
	for (size_t i = 0; i < query->nrecords; i++) {
		struct seeker *seeker = &lookup->seekers[query->records[i]];
		struct record *record = &x->records[query->records[i]];
		int key = key_of_row(seeker, query->object, row);

		if (key < 0)
			continue;
		is_placed = true;
		if (!lookup->is_read || !record->nfound)
			add_row(x, lookup, record, query->object, row, key);
		if (lookup->is_read && json_is_true(json_object_get(row, "IsDeleted")))
			seeker->is_deleted = true;
	}
	return is_placed;
}

static void set_doubt(struct lookup *lookup, const struct query *query, const char *doubt)
{
	for (size_t i = 0; i < query->nrecords; i++)
		if (!lookup->seekers[query->records[i]].doubt)
			lookup->seekers[query->records[i]].doubt = doubt;
}

/* A path of theirs to the next page, and nothing else. */
static const char *next_page(struct exchange *x, const json_t *body)
{
	const char *path = text_of(body, "nextRecordsUrl");

	if (!path || !text_starts(path, "/services/data/") || strlen(path) > 1000 ||
	    strpbrk(path, " \\#\r\n\t") || strstr(path, ".."))
		return NULL;
	return arena_strdup(x->arena, path);
}

static void settle_rows(struct exchange *x, struct lookup *lookup, size_t at,
			const json_t *body)
{
	const struct query query = lookup->queries[at];
	const json_t *rows = json_object_get(body, "records");
	const char *more = next_page(x, body);
	struct query *next;
	bool is_placed = true;

	for (size_t i = 0; i < json_array_size(rows); i++)
		is_placed &= place_row(x, lookup, &query, json_array_get(rows, i));
	if (!is_placed)
		set_doubt(lookup, &query, "the answer has a record that was not asked for");
	if (!json_is_false(json_object_get(body, "done")))
		return;
	if (!more || query.pages >= PAGES_MAX || lookup->count >= LOOKUP_QUERIES_MAX) {
		set_doubt(lookup, &query, "the query has more results than can be read");
		return;
	}
	next = lookup_add(x, lookup, query.object);
	memcpy(next->records, query.records, query.nrecords * sizeof(size_t));
	next->nrecords = query.nrecords;
	next->more = more;
	next->pages = query.pages + 1;
}

/* --- failures ------------------------------------------------------------------------- */

static void add_slice(struct exchange *x, struct lookup *lookup, const struct query *query,
		      size_t from, size_t to)
{
	struct query *slice = lookup_add(x, lookup, query->object);

	memcpy(slice->records, query->records + from, (to - from) * sizeof(size_t));
	slice->nrecords = to - from;
}

/* Asks again without a column that the org lacks, or in halves when the query was too
 * much; false when that is of no use. Without our own key nothing is proved. */
static bool ask_again(struct exchange *x, struct lookup *lookup, const struct query *query,
		      const struct salesforce_error *error)
{
	bool is_key = false;

	if (query->more || lookup->count + 2 > LOOKUP_QUERIES_MAX)
		return false;
	if (strcmp(error->code, "QUERY_TIMEOUT") == 0 ||
	    strcmp(error->code, "OPERATION_TOO_LARGE") == 0) {
		if (query->nrecords < 2)
			return false;
		add_slice(x, lookup, query, 0, query->nrecords / 2);
		add_slice(x, lookup, query, query->nrecords / 2, query->nrecords);
		return true;
	}
	if (!error->column)
		return false;
	for (size_t i = 0; i < query->nrecords; i++) {
		const struct seeker *seeker = &lookup->seekers[query->records[i]];

		for (size_t k = seeker->from; k < seeker->to; k++)
			is_key |= strcmp(seeker->keys[k].field, error->column) == 0;
	}
	/* A phone field that an org does not show is looked by no more; the others are. */
	if (is_key && strcmp(error->column, "MobilePhone") != 0)
		return false;
	if (!soql_add_lacking(&lookup->lacking, query->object, error->column))
		return false;
	add_slice(x, lookup, query, 0, query->nrecords);
	return true;
}

static void fail_query(struct exchange *x, struct lookup *lookup, const struct query *query,
		       const struct salesforce_error *error)
{
	for (size_t i = 0; i < query->nrecords; i++) {
		struct record *record = &x->records[query->records[i]];
		struct seeker *seeker = &lookup->seekers[query->records[i]];

		seeker->is_open = false;
		record->outcome = error->outcome == OUTCOME_GONE ? OUTCOME_FIX_DATA :
								   error->outcome;
		record->reason = error->reason;
		record->field = error->field;
		record->retry_after_ms = error->wait_ms;
	}
}

/* One query's answer: its body and status. Returns false when all has to end. */
static bool settle_query(struct exchange *x, struct lookup *lookup, size_t at,
			 const json_t *body, int status, struct salesforce_error *error)
{
	const struct query query = lookup->queries[at];

	if (status == 200 && json_is_array(json_object_get(body, "records"))) {
		settle_rows(x, lookup, at, body);
		return true;
	}
	if (status / 100 == 2 || !salesforce_call_error(x->arena, body, status, error))
		*error = (struct salesforce_error){
			.outcome = OUTCOME_UNCERTAIN,
			.reason = "the answer is not a query's",
		};
	else if (ask_again(x, lookup, &query, error))
		return true;
	fail_query(x, lookup, &query, error);
	return error->outcome != OUTCOME_CONNECTION && error->outcome != OUTCOME_REAUTH;
}

/* Nothing more is asked. */
static enum turn stop(struct exchange *x, struct lookup *lookup,
		      const struct salesforce_error *error)
{
	bool is_known = error->outcome == OUTCOME_CONNECTION || error->outcome == OUTCOME_REAUTH;

	for (size_t i = 0; i < x->nrecords; i++) {
		if (!lookup->seekers[i].is_open)
			continue;
		x->records[i].outcome = is_known ? error->outcome : OUTCOME_UNCERTAIN;
		x->records[i].reason = error->reason;
		x->records[i].retry_after_ms = error->wait_ms;
	}
	x->wants_token = error->wants_token;
	return TURN_DONE;
}

static const json_t *part_of_composite(const json_t *answer, size_t place)
{
	const json_t *list = json_object_get(answer, "compositeResponse");
	char id[24];

	snprintf(id, sizeof(id), "q%zu", place);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (text_equal(text_of(json_array_get(list, i), "referenceId"), id))
			return json_array_get(list, i);
	return NULL;
}

static bool settle_composite(struct exchange *x, struct lookup *lookup, const json_t *answer,
			     struct salesforce_error *error)
{
	bool goes_on = true;

	for (size_t i = 0; i < lookup->in_flight; i++) {
		const json_t *part = part_of_composite(answer, i);

		goes_on &= settle_query(x, lookup, lookup->at + i, json_object_get(part, "body"),
					(int)json_int_of(part, "httpStatusCode", 200), error);
	}
	return goes_on;
}

/* Returns false when all has to end, with *error saying why. */
static bool settle_reply(struct exchange *x, struct lookup *lookup,
			 struct salesforce_error *error)
{
	const struct http_reply *reply = x->reply;
	const json_t *json = reply->failure == HTTP_REPLIED && !answer_is_page(reply) ?
				     exchange_json(x) : NULL;

	if (json && lookup->in_flight > 1 && reply->status == 200)
		return settle_composite(x, lookup, json, error);
	if (json && lookup->in_flight == 1 && reply->status < 500 && reply->status != 401 &&
	    reply->status != 403 && reply->status != 429)
		return settle_query(x, lookup, lookup->at, json, reply->status, error);
	salesforce_reply_error(x, error);
	if (reply->failure == HTTP_REPLIED && reply->status / 100 == 2 && !answer_is_page(reply))
		error->reason = "the answer is not a query's";
	for (size_t i = 0; i < lookup->in_flight; i++)
		fail_query(x, lookup, &lookup->queries[lookup->at + i], error);
	return !answer_stops(reply, error->outcome);
}

/* --- the ends of steps ---------------------------------------------------------------- */

/* A converted lead and the contact that it became are one person. */
static void drop_converted(struct record *record)
{
	size_t kept = 0;

	for (size_t i = 0; i < record->nfound; i++) {
		const struct remote *found = &record->found[i];
		bool is_there = false;

		for (size_t j = 0; found->survivor_id && j < record->nfound; j++)
			is_there |= j != i && salesforce_same_id(record->found[j].id,
								 found->survivor_id);
		if (!is_there)
			record->found[kept++] = *found;
	}
	record->nfound = kept;
}

/* A record whose keys were all looked by in this step is at its end if it was found, or
 * has none left; else it waits for the next. */
static void finish_found(struct record *record, struct seeker *seeker)
{
	bool has_more = lookup_skip_empty(seeker, seeker->to) < seeker->nkeys;

	drop_converted(record);
	record->reason = NULL;
	record->retry_after_ms = 0;
	if (record->nfound > 0 || (!seeker->doubt && !has_more)) {
		record->outcome = OUTCOME_DELIVERED;
		seeker->is_open = false;
	} else if (seeker->doubt) {
		record->outcome = OUTCOME_UNCERTAIN;
		record->reason = seeker->doubt;
		seeker->is_open = false;
	} else {
		record->outcome = OUTCOME_CONNECTION;
		record->reason = "not sent";
	}
}

static void finish_read(struct record *record, struct seeker *seeker)
{
	const struct remote *found = record->nfound ? &record->found[0] : NULL;

	seeker->is_open = false;
	record->reason = NULL;
	record->retry_after_ms = 0;
	if (!found && seeker->doubt) {
		record->outcome = OUTCOME_UNCERTAIN;
		record->reason = seeker->doubt;
	} else if (!found || seeker->is_deleted || found->survivor_id) {
		record->outcome = OUTCOME_GONE;
		record->reason = !found || !found->survivor_id ? "deleted" :
				 seeker->is_deleted ? "merged into another record" :
						      "converted to a contact";
	} else {
		record->outcome = OUTCOME_DELIVERED;
	}
}

static void finish_step(struct exchange *x, struct lookup *lookup)
{
	for (size_t i = 0; i < x->nrecords; i++) {
		struct seeker *seeker = &lookup->seekers[i];

		if (!seeker->is_in_step || !seeker->is_open)
			continue;
		if (lookup->is_read)
			finish_read(&x->records[i], seeker);
		else
			finish_found(&x->records[i], seeker);
	}
}

static struct lookup *begin(struct exchange *x, bool is_read)
{
	struct lookup *lookup = x->state = arena_alloc(x->arena, sizeof(*lookup));

	lookup->is_read = is_read;
	lookup->seekers = arena_array(x->arena, x->nrecords, sizeof(*lookup->seekers));
	for (size_t i = 0; i < x->nrecords; i++) {
		struct record *record = &x->records[i];
		struct seeker *seeker = &lookup->seekers[i];

		record->found = NULL;
		record->nfound = 0;
		record->field = NULL;
		seeker->keys = record->keys;
		seeker->nkeys = record->nkeys;
	}
	return lookup;
}

/* What every record says before anything is sent. */
static void open_seekers(struct exchange *x, struct lookup *lookup)
{
	for (size_t i = 0; i < x->nrecords; i++) {
		struct seeker *seeker = &lookup->seekers[i];

		seeker->is_open = lookup_skip_empty(seeker, 0) < seeker->nkeys;
		x->records[i].outcome = seeker->is_open ? OUTCOME_CONNECTION : OUTCOME_UNCERTAIN;
		x->records[i].reason = seeker->is_open ? "not sent" :
							 "there is nothing to look by";
	}
}

static enum turn go_on(struct exchange *x, struct lookup *lookup)
{
	if (lookup->at == lookup->count)
		lookup_plan(x, lookup);
	return lookup->at == lookup->count ? TURN_DONE : lookup_send(x, lookup);
}

static enum turn take_reply(struct exchange *x)
{
	struct lookup *lookup = x->state;
	struct salesforce_error error = { .outcome = OUTCOME_UNCERTAIN };

	if (!settle_reply(x, lookup, &error))
		return stop(x, lookup, &error);
	lookup->at += lookup->in_flight;
	if (lookup->at == lookup->count)
		finish_step(x, lookup);
	return go_on(x, lookup);
}

enum turn salesforce_find(struct exchange *x)
{
	struct lookup *lookup;

	if (x->turn > 0)
		return take_reply(x);
	lookup = begin(x, false);
	open_seekers(x, lookup);
	return go_on(x, lookup);
}

/* Reading is looking by the id, in the object that the id is of. */
enum turn salesforce_read(struct exchange *x)
{
	struct lookup *lookup;

	if (x->turn > 0)
		return take_reply(x);
	lookup = begin(x, true);
	for (size_t i = 0; i < x->nrecords; i++) {
		const char *id = x->records[i].remote_id;
		struct record_key *key = arena_alloc(x->arena, sizeof(*key));

		*key = (struct record_key){ salesforce_object_of(id ? id : "", x->object), "Id",
					    id };
		lookup->seekers[i].keys = key;
		lookup->seekers[i].nkeys = 1;
	}
	open_seekers(x, lookup);
	return go_on(x, lookup);
}
