/* salesforce_find.c - looks for people in Lead and Contact, and reads them. Threads: pure.
 *
 * SOQL, not search: its index does not lag. Several queries go in one composite call,
 * which counts as one. A step of the look-up takes each record's strongest key, with all
 * keys behind it that have the same value (an e-mail address in both objects, a number in
 * all their phone fields); those not found take the next. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/salesforce_soql.h"

/* Of the 25 parts of a composite call few may be queries; the sheet does not say how
 * many. */
#define COMPOSITE_QUERIES 5
#define PAGES_MAX 10
#define QUERIES_MAX 200

/* Where the look-up of one record stands. */
struct seeker {
	const struct record_key *keys;
	size_t nkeys;
	size_t from, to;   /* its keys in this step; the next step begins at `to` */
	bool is_open;      /* neither found, nor failed, nor out of keys */
	bool is_in_step;
	bool is_deleted;   /* the record that was read is in the bin */
	const char *doubt; /* why an absence in this step proves nothing, or NULL */
};

struct query {
	const char *object;
	size_t *records;
	size_t nrecords;
	const char *more;  /* path of the next page, or NULL */
	int pages;
};

struct lookup {
	bool is_read;      /* by id, deleted ones too */
	struct seeker *seekers;
	struct query *queries;
	size_t count, room;
	size_t at, in_flight; /* queries[at .. at + in_flight) are being asked */
	struct soql_lacking lacking;
};

/* --- steps --------------------------------------------------------------------------- */

static size_t skip_empty(const struct seeker *seeker, size_t at)
{
	while (at < seeker->nkeys && text_is_empty(seeker->keys[at].value))
		at++;
	return at;
}

static bool take_step(struct seeker *seeker)
{
	size_t at = skip_empty(seeker, seeker->to);

	seeker->doubt = NULL;
	if (!seeker->is_open || at == seeker->nkeys)
		return false;
	seeker->from = at;
	for (seeker->to = at + 1; seeker->to < seeker->nkeys; seeker->to++)
		if (strcmp(seeker->keys[seeker->to].value, seeker->keys[at].value) != 0)
			break;
	return true;
}

static struct query *add_query(struct exchange *x, struct lookup *lookup, const char *object)
{
	struct query *queries;

	if (lookup->count == lookup->room) {
		lookup->room = lookup->room ? lookup->room * 2 : 8;
		queries = arena_array(x->arena, lookup->room, sizeof(*queries));
		if (lookup->count)
			memcpy(queries, lookup->queries, lookup->count * sizeof(*queries));
		lookup->queries = queries;
	}
	queries = &lookup->queries[lookup->count++];
	*queries = (struct query){ .object = object };
	queries->records = arena_array(x->arena, x->nrecords, sizeof(size_t));
	return queries;
}

static size_t bytes_of(const struct seeker *seeker, const char *object)
{
	size_t bytes = 0;

	for (size_t i = seeker->from; i < seeker->to; i++)
		if (strcmp(seeker->keys[i].object, object) == 0)
			bytes += soql_key_bytes(&seeker->keys[i]);
	return bytes;
}

/* As many queries as the URLs take, for all records of the step that are looked for in
 * this object. */
static void plan_object(struct exchange *x, struct lookup *lookup, const char *object)
{
	struct query *query = NULL;
	size_t used = 0;

	for (size_t i = 0; i < x->nrecords; i++) {
		const struct seeker *seeker = &lookup->seekers[i];
		size_t bytes = seeker->is_in_step ? bytes_of(seeker, object) : 0;

		if (!bytes)
			continue;
		if (!query || used + bytes > SOQL_URL_MAX - SOQL_FRAME) {
			query = add_query(x, lookup, object);
			used = 0;
		}
		query->records[query->nrecords++] = i;
		used += bytes;
	}
}

static bool is_planned(const struct lookup *lookup, size_t from, const char *object)
{
	for (size_t i = from; i < lookup->count; i++)
		if (strcmp(lookup->queries[i].object, object) == 0)
			return true;
	return false;
}

static void plan_step(struct exchange *x, struct lookup *lookup)
{
	size_t from = lookup->count;

	for (size_t i = 0; i < x->nrecords; i++)
		lookup->seekers[i].is_in_step = take_step(&lookup->seekers[i]);
	for (size_t i = 0; i < x->nrecords; i++) {
		const struct seeker *seeker = &lookup->seekers[i];

		for (size_t k = seeker->from; seeker->is_in_step && k < seeker->to; k++)
			if (!is_planned(lookup, from, seeker->keys[k].object))
				plan_object(x, lookup, seeker->keys[k].object);
	}
}

/* --- what is asked ------------------------------------------------------------------- */

static const char *query_path(struct exchange *x, const struct lookup *lookup,
			      const struct query *query)
{
	const struct record_key **keys;
	struct soql_ask ask = {
		.x = x,
		.lacking = &lookup->lacking,
		.object = query->object,
		.with_deleted = lookup->is_read,
	};
	size_t room = 0;

	if (query->more)
		return query->more;
	for (size_t i = 0; i < query->nrecords; i++)
		room += lookup->seekers[query->records[i]].nkeys;
	keys = arena_array(x->arena, room, sizeof(*keys));
	for (size_t i = 0; i < query->nrecords; i++) {
		const struct seeker *seeker = &lookup->seekers[query->records[i]];

		for (size_t k = seeker->from; k < seeker->to; k++)
			if (strcmp(seeker->keys[k].object, query->object) == 0)
				keys[ask.nkeys++] = &seeker->keys[k];
	}
	ask.keys = keys;
	return soql_path(x, &ask);
}

static const char *composite_body(struct exchange *x, const struct lookup *lookup)
{
	struct buf buf;

	buf_init(&buf, x->arena, 1u << 20);
	buf_add(&buf, "{\"allOrNone\":false,\"compositeRequest\":[");
	for (size_t i = 0; i < lookup->in_flight; i++) {
		buf_addf(&buf, "%s{\"method\":\"GET\",\"referenceId\":\"q%zu\",\"url\":",
			 i ? "," : "", i);
		buf_add_json(&buf, query_path(x, lookup, &lookup->queries[lookup->at + i]));
		buf_addc(&buf, '}');
	}
	buf_add(&buf, "]}");
	return buf_text(&buf);
}

static void mark_sent(struct exchange *x, const struct lookup *lookup)
{
	for (size_t i = 0; i < lookup->in_flight; i++) {
		const struct query *query = &lookup->queries[lookup->at + i];

		for (size_t j = 0; j < query->nrecords; j++) {
			x->records[query->records[j]].outcome = OUTCOME_UNCERTAIN;
			x->records[query->records[j]].reason = NULL;
		}
	}
}

static enum turn send_queries(struct exchange *x, struct lookup *lookup)
{
	size_t left = lookup->count - lookup->at;

	lookup->in_flight = left < COMPOSITE_QUERIES ? left : COMPOSITE_QUERIES;
	mark_sent(x, lookup);
	if (lookup->in_flight == 1)
		return salesforce_send(x, "GET",
				       query_path(x, lookup, &lookup->queries[lookup->at]), NULL);
	return salesforce_send(x, "POST", salesforce_path(x, "/composite"),
			       composite_body(x, lookup));
}

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
	if (!more || query.pages >= PAGES_MAX || lookup->count >= QUERIES_MAX) {
		set_doubt(lookup, &query, "the query has more results than can be read");
		return;
	}
	next = add_query(x, lookup, query.object);
	memcpy(next->records, query.records, query.nrecords * sizeof(size_t));
	next->nrecords = query.nrecords;
	next->more = more;
	next->pages = query.pages + 1;
}

/* --- failures ------------------------------------------------------------------------- */

static void add_slice(struct exchange *x, struct lookup *lookup, const struct query *query,
		      size_t from, size_t to)
{
	struct query *slice = add_query(x, lookup, query->object);

	memcpy(slice->records, query->records + from, (to - from) * sizeof(size_t));
	slice->nrecords = to - from;
}

/* Asks again without a column that the org lacks, or in halves when the query was too
 * much; false when that is of no use. Without our own key nothing is proved. */
static bool ask_again(struct exchange *x, struct lookup *lookup, const struct query *query,
		      const struct salesforce_error *error)
{
	bool is_key = false;

	if (query->more || lookup->count + 2 > QUERIES_MAX)
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
	bool has_more = skip_empty(seeker, seeker->to) < seeker->nkeys;

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

		seeker->is_open = skip_empty(seeker, 0) < seeker->nkeys;
		x->records[i].outcome = seeker->is_open ? OUTCOME_CONNECTION : OUTCOME_UNCERTAIN;
		x->records[i].reason = seeker->is_open ? "not sent" :
							 "there is nothing to look by";
	}
}

static enum turn go_on(struct exchange *x, struct lookup *lookup)
{
	if (lookup->at == lookup->count)
		plan_step(x, lookup);
	return lookup->at == lookup->count ? TURN_DONE : send_queries(x, lookup);
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
