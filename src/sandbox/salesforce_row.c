/* salesforce_row.c - one row among many: finds what it names and writes it, for collections
 * and for files (fact sheet 5, 10). Threads: under the sandbox's lock. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/salesforce.h"

static bool refuse(struct sf_refusal *refusal, const char *code, const char *message)
{
	*refusal = (struct sf_refusal){ .status = 400, .code = code, .message = message };
	return false;
}

/* The record that an upsert's row names, NULL for a new one; false when refused. */
static bool find_by_key(struct sf_rows *rows, struct sb_object *object, const json_t *row,
			struct sb_record **record, struct sf_refusal *refusal)
{
	const char *value = json_string_of(row, rows->key);
	struct arena *arena = rows->call->arena;
	char *lower;

	*record = NULL;
	if (text_is_empty(value))
		return refuse(refusal, "MISSING_ARGUMENT",
			      arena_printf(arena, "%s not specified", rows->key));
	lower = text_lower_ascii(arena, value);
	if (json_object_get(rows->seen, lower))
		return refuse(refusal, "DUPLICATE_VALUE",
			      arena_printf(arena, "Duplicate external id specified: %s", value));
	json_object_set_new(rows->seen, lower, json_true());
	*record = sf_record_of_key(rows->call, object, rows->key, value, refusal);
	return !refusal->status;
}

static bool find_by_id(struct sf_rows *rows, struct sb_object *object, const json_t *row,
		       struct sb_record **record, struct sf_refusal *refusal)
{
	struct arena *arena = rows->call->arena;
	const char *id = json_string_of(row, "id");

	if (!id)
		id = json_string_of(row, "Id");
	if (!id)
		return refuse(refusal, "MISSING_ARGUMENT",
			      arena_printf(arena, "Id not specified in %s call",
					   rows->operation == SF_DELETE ? "a delete" :
									  "an update"));
	*record = sf_record_of_id(rows->call, object, id, refusal);
	if (*record || strcmp(refusal->code, "NOT_FOUND") != 0)
		return *record != NULL;
	if (!sf_id(arena, id))
		return refuse(refusal, "MALFORMED_ID", arena_printf(arena, "Malformed ID %s", id));
	return refuse(refusal, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
}

static bool find(struct sf_rows *rows, struct sb_object *object, const json_t *row,
		 struct sb_record **record, struct sf_refusal *refusal)
{
	*record = NULL;
	switch (rows->operation) {
	case SF_INSERT:
		return true;
	case SF_UPSERT:
		return find_by_key(rows, object, row, record, refusal);
	case SF_UPDATE:
	case SF_DELETE:
		break;
	}
	return find_by_id(rows, object, row, record, refusal);
}

struct sb_record *sf_row_write(struct sf_rows *rows, struct sb_object *object,
			       const json_t *row, bool *is_new, struct sf_refusal *refusal)
{
	struct sb_record *record;
	bool is_done;

	if (!find(rows, object, row, &record, refusal))
		return NULL;
	*is_new = !record;
	if (!record)
		return sf_create(rows->call, object, row, refusal);
	is_done = rows->operation == SF_DELETE ? sf_delete(rows->call, record, refusal) :
						 sf_update(rows->call, record, row, refusal);
	return is_done ? record : NULL;
}
