/* hubspot_associate.c - to which other records a record belongs. Threads: pure.
 *
 * A mapping names it as a field, "associations.contacts"; HubSpot takes it in calls of their
 * own, when the record is there (fact sheet, section 6). Telling it again changes nothing,
 * so that after a lost answer it is told again. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "connectors/answer.h"
#include "connectors/hubspot.h"

static const struct {
	const char *object, *field, *label;
} associations[] = {
	{ "deals", "associations.contacts", "Contact of the deal" },
	{ "notes", "associations.contacts", "Contact of the note" },
	{ "notes", "associations.deals", "Deal of the note" },
	{ "tasks", "associations.contacts", "Contact of the task" },
	{ "tasks", "associations.deals", "Deal of the task" },
};

/* Which kinds of other records there are; each has its calls. */
static const char *const targets[] = { "contacts", "deals" };

bool hubspot_is_association(const char *field)
{
	return text_starts(field, HUBSPOT_ASSOCIATION);
}

size_t hubspot_association_fields(const char *object, struct catalog_field *fields)
{
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(associations); i++) {
		if (!text_equal(associations[i].object, object))
			continue;
		fields[count++] = (struct catalog_field){
			.name = associations[i].field,
			.label = associations[i].label,
			.type = CATALOG_REFERENCE,
			.is_creatable = true,
			.is_updatable = true,
			.is_write_only = true,
		};
	}
	return count;
}

/* --- what is said ----------------------------------------------------------------------- */

/* The id of the record of that kind that this one is to belong to, or NULL. */
static const char *target_of(const struct record *record, const char *target)
{
	for (size_t i = 0; i < record->nfields; i++) {
		const struct field *field = &record->fields[i];

		if (hubspot_is_association(field->name) && !value_is_empty(field->value) &&
		    strcmp(field->name + strlen(HUBSPOT_ASSOCIATION), target) == 0)
			return field->value.text;
	}
	return NULL;
}

bool hubspot_plan_associations(struct exchange *x, struct parts *parts, int kind)
{
	const char *target;
	bool is_any = false;

	if ((size_t)(kind - HUBSPOT_ASSOCIATE) >= ARRAY_LEN(targets))
		return false;
	target = targets[kind - HUBSPOT_ASSOCIATE];
	parts_close(parts);
	for (size_t i = 0; i < x->nrecords; i++) {
		struct record *record = &x->records[i];

		if (record->outcome != OUTCOME_DELIVERED || !target_of(record, target))
			continue;
		record->outcome = OUTCOME_CONNECTION;
		record->reason = "not sent";
		parts_add(parts, kind, i, HUBSPOT_BATCH);
		is_any = true;
	}
	parts_close(parts);
	return is_any;
}

enum turn hubspot_send_associations(struct exchange *x, struct part *part)
{
	const char *target = targets[part->kind - HUBSPOT_ASSOCIATE];
	struct buf path, body;

	buf_init(&path, x->arena, 4096);
	buf_add(&path, HUBSPOT_ASSOCIATIONS);
	buf_add_url(&path, x->object);
	buf_addf(&path, "/%s/batch/associate/default", target);
	buf_init(&body, x->arena, 1u << 20);
	buf_add(&body, "{\"inputs\":[");
	for (size_t i = 0; i < part->nrecords; i++) {
		const struct record *record = &x->records[part->records[i]];

		buf_add(&body, i ? ",{\"from\":{\"id\":" : "{\"from\":{\"id\":");
		buf_add_json(&body, record->remote_id);
		buf_add(&body, "},\"to\":{\"id\":");
		buf_add_json(&body, target_of(record, target));
		buf_add(&body, "}}");
	}
	buf_add(&body, "]}");
	part_sent(x, part);
	return exchange_send(x, "POST", buf_text(&path), buf_text(&body));
}

/* --- what came back ---------------------------------------------------------------------- */

static const char *end_id(struct exchange *x, const json_t *row, const char *end)
{
	return answer_id(x->arena, json_object_get(json_object_get(row, end), "id"));
}

/* An association is told from both its ends. */
static bool is_told(struct exchange *x, const struct record *record, const char *target,
		    const json_t *rows)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);

		if (text_equal(end_id(x, row, "from"), record->remote_id) &&
		    text_equal(end_id(x, row, "to"), target_of(record, target)))
			return true;
	}
	return false;
}

/* What is missing is the other record, and no trouble of this one's. */
static void settle_refused(struct record *record, const char *field,
			   struct hubspot_error error)
{
	if (error.outcome == OUTCOME_GONE || error.outcome == OUTCOME_DUPLICATE)
		error.outcome = OUTCOME_FIX_DATA;
	hubspot_settle_error(record, &error);
	record->field = error.outcome == OUTCOME_FIX_DATA ? field : NULL;
}

/* Errors do not say whose they are: records that have no row are asked one by one. */
static void settle_untold(struct exchange *x, struct parts *parts, const struct part *part,
			  const char *field, const json_t *errors)
{
	for (size_t i = 0; i < part->nrecords; i++) {
		struct record *record = &x->records[part->records[i]];
		struct hubspot_error error;

		if (record->outcome != OUTCOME_UNCERTAIN)
			continue;
		if (!json_array_size(errors)) {
			record->reason = "the answer has no row for this record";
		} else if (part->nrecords > 1) {
			record->outcome = OUTCOME_CONNECTION;
			record->reason = "not sent";
			parts_close(parts);
			parts_add(parts, part->kind, part->records[i], 1);
		} else if (hubspot_error_read(x->arena, json_array_get(errors, 0), 400,
					      x->connection, &error)) {
			settle_refused(record, field, error);
		}
	}
	parts_close(parts);
}

static void settle_rows(struct exchange *x, struct parts *parts, const json_t *json)
{
	const struct part part = *parts_now(parts);
	const char *target = targets[part.kind - HUBSPOT_ASSOCIATE];
	const json_t *rows = json_object_get(json, "results");

	for (size_t i = 0; i < part.nrecords; i++) {
		struct record *record = &x->records[part.records[i]];

		record->reason = NULL;
		if (is_told(x, record, target, rows))
			record->outcome = OUTCOME_DELIVERED;
	}
	settle_untold(x, parts, &part,
		      arena_printf(x->arena, HUBSPOT_ASSOCIATION "%s", target),
		      json_object_get(json, "errors"));
}

bool hubspot_settle_associations(struct exchange *x, struct parts *parts)
{
	const struct part *part = parts_now(parts);
	const char *target = targets[part->kind - HUBSPOT_ASSOCIATE];
	const json_t *json = hubspot_batch(x);
	struct hubspot_error error;

	if (json) {
		settle_rows(x, parts, json);
		return false;
	}
	hubspot_reply_error(x, &error);
	if (x->reply->failure == HTTP_REPLIED && x->reply->status / 100 == 2 &&
	    !answer_is_page(x->reply))
		error.reason = "the answer is not a batch's";
	if (part->nrecords > 1 && (error.outcome == OUTCOME_FIX_DATA ||
				   error.outcome == OUTCOME_GONE) && parts_cut(parts, x))
		return false;
	for (size_t i = 0; i < part->nrecords; i++)
		settle_refused(&x->records[part->records[i]],
			       arena_printf(x->arena, HUBSPOT_ASSOCIATION "%s", target), error);
	return answer_stops(x->reply, error.outcome);
}
