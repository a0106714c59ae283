/* rows.c - rows to structs and back. Threads: pure, but for the cursor they read. */
#include "store/rows.h"

#include <string.h>

#include "base/json.h"

#define DOC_MAX (1u << 20)

static const struct json_limits doc_limits = { DOC_MAX, 16, 100000 };

static json_t *doc_of(struct db_rows *rows, int column, struct arena *arena,
		      struct error *err)
{
	const char *text = db_column_text(rows, column, arena);
	json_t *doc = text ? json_parse(arena, text, strlen(text), &doc_limits, err) : NULL;

	if (text && !doc)
		error_wrap(err, "stored row");
	return doc;
}

int lead_from_row(struct db_rows *rows, struct arena *arena, struct lead *lead,
		  struct error *err)
{
	json_t *doc;

	*lead = (struct lead){
		.id = db_column_int(rows, 0),
		.workspace = db_column_int(rows, 1),
		.version = db_column_int(rows, 2),
		.created_at = db_column_int(rows, 3),
		.updated_at = db_column_int(rows, 4),
		.merged_into = db_column_int(rows, 5),
		.owner_rep = db_column_int(rows, 6),
		.is_test = db_column_int(rows, 7) != 0,
		.is_erased = !db_column_is_null(rows, 8),
	};
	if (lead->is_erased)
		return 0;
	doc = doc_of(rows, 9, arena, err);
	return doc ? lead_fields_from_json(arena, doc, lead, err) : -1;
}

static int enquiry_fields(struct arena *arena, json_t *json, struct enquiry *enquiry,
			  struct error *err)
{
	struct field *fields = arena_array(arena, json_object_size(json), sizeof(*fields));
	const char *name;
	json_t *value;

	enquiry->fields = fields;
	json_object_foreach(json, name, value) {
		fields[enquiry->nfields].name = name;
		if (value_from_json(arena, value, &fields[enquiry->nfields++].value, err) < 0)
			return error_wrap(err, "stored enquiry");
	}
	return 0;
}

int enquiry_from_row(struct db_rows *rows, struct arena *arena, struct enquiry *enquiry,
		     struct error *err)
{
	json_t *doc;

	*enquiry = (struct enquiry){
		.id = db_column_int(rows, 0),
		.lead = db_column_int(rows, 1),
		.source = db_column_int(rows, 2),
		.occurred_at = db_column_int(rows, 3),
		.received_at = db_column_int(rows, 4),
		.is_open = db_column_int(rows, 5) != 0,
	};
	if (db_column_is_null(rows, 6))
		return 0;
	doc = doc_of(rows, 6, arena, err);
	if (!doc)
		return -1;
	enquiry->external_id = json_string_of(doc, "x");
	enquiry->message = json_string_of(doc, "m");
	return enquiry_fields(arena, json_object_get(doc, "f"), enquiry, err);
}

const char *lead_doc(struct arena *arena, const struct lead *lead)
{
	struct buf buf;

	buf_init(&buf, arena, DOC_MAX);
	buf_add_lead_fields(&buf, lead);
	return buf_text(&buf);
}

const char *enquiry_doc(struct arena *arena, const struct enquiry *enquiry)
{
	struct buf buf;

	buf_init(&buf, arena, DOC_MAX);
	buf_add(&buf, "{\"x\":");
	buf_add_json(&buf, enquiry->external_id);
	buf_add(&buf, ",\"m\":");
	buf_add_json(&buf, enquiry->message);
	buf_add(&buf, ",\"f\":{");
	for (size_t i = 0; i < enquiry->nfields; i++) {
		if (i > 0)
			buf_addc(&buf, ',');
		buf_add_json(&buf, enquiry->fields[i].name);
		buf_addc(&buf, ':');
		buf_add_value(&buf, enquiry->fields[i].value);
	}
	buf_add(&buf, "}}");
	return buf_text(&buf);
}
