/* earlier.c - values that a newer one must not overtake. Threads: the committer, but for
 * earlier_find(). */
#include "store/earlier.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Whether a value that has to be told gives way to another. */
static bool is_overtaken(const struct mapping *mapping, const struct lead *before,
			 const struct lead *after)
{
	for (size_t i = 0; i < mapping->nfields; i++) {
		const struct mapping_field *line = &mapping->fields[i];
		struct value value;

		if (!mapping_tells_every(line))
			continue;
		value = lead_value(before, line->from);
		if (!value_is_empty(value) && !value_equal(value, lead_value(after, line->from)))
			return true;
	}
	return false;
}

/* Whether the dead letter is about a field whose every value is told. */
static bool is_refused(const struct mapping *mapping, const struct overtaken *row)
{
	for (size_t i = 0; i < mapping->nfields; i++)
		if (text_equal(mapping->fields[i].to, row->field) && mapping->fields[i].from)
			return mapping_keeps(mapping, mapping->fields[i].from);
	return false;
}

static const char *doc_of(struct arena *arena, const struct mapping *mapping,
			  const struct lead *lead)
{
	struct lead kept = { .fields = arena_array(arena, lead->nfields, sizeof(*kept.fields)) };
	struct buf buf;

	for (size_t i = 0; i < lead->nfields; i++)
		if (mapping_keeps(mapping, lead->fields[i].name))
			kept.fields[kept.nfields++] = lead->fields[i];
	buf_init(&buf, arena, 1u << 20);
	buf_add_lead_fields(&buf, &kept);
	return buf_text(&buf);
}

static int add(struct tx *tx, const struct mapping *mapping, int64_t delivery,
	       const struct lead *before, struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO earlier_value (delivery, version, workspace, doc) "
		     "VALUES ($1, $2, $3, $4) ON CONFLICT (delivery, version) DO NOTHING",
		     DB_VALUES(db_int(delivery), db_int(before->version),
			       db_int(before->workspace),
			       db_text(doc_of(tx_arena(tx), mapping, before))),
		     err) < 0)
		return -1;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET earlier = $1 WHERE id = $2 AND earlier = 0",
			DB_VALUES(db_int(before->version), db_int(delivery)), err);
}

int earlier_keep(struct tx *tx, const struct mapping *mapping, const struct overtaken *row,
		 const struct lead *before, const struct lead *after, struct error *err)
{
	bool is_mended = row->state == DELIVERY_DEAD && is_refused(mapping, row);

	if (row->told >= before->version || !is_overtaken(mapping, before, after))
		return 0;
	if (is_mended && row->earlier == 0)
		return 0;
	if (is_mended && earlier_drop(tx, row->delivery, row->earlier, err) < 0)
		return -1;
	return add(tx, mapping, row->delivery, before, err);
}

int earlier_drop(struct tx *tx, int64_t delivery, int64_t version, struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "DELETE FROM earlier_value WHERE delivery = $1 AND version <= $2",
		     DB_VALUES(db_int(delivery), db_int(version)), err) < 0)
		return -1;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET earlier = COALESCE((SELECT min(version) "
			"FROM earlier_value WHERE delivery = $1), 0) WHERE id = $1",
			DB_VALUES(db_int(delivery)), err);
}

int earlier_drop_all(struct tx *tx, int64_t workspace, int64_t lead, enum earlier_what what,
		     struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "DELETE FROM earlier_value WHERE workspace = $1 AND is_fact <= $3 "
		     "AND delivery IN (SELECT id FROM delivery WHERE subject = $2 "
		     "AND earlier > 0)",
		     DB_VALUES(db_int(workspace), db_int(lead), db_int(what)), err) < 0)
		return -1;
	return db_write(tx_view(tx)->db,
			"UPDATE delivery SET earlier = COALESCE((SELECT min(v.version) "
			"FROM earlier_value v WHERE v.delivery = delivery.id), 0) "
			"WHERE subject = $2 AND workspace = $1 AND earlier > 0",
			DB_VALUES(db_int(workspace), db_int(lead)), err);
}

static int read_values(struct arena *arena, const char *doc, struct earlier_values *values,
		       struct error *err)
{
	struct lead kept = { 0 };
	json_t *json = json_parse(arena, doc, strlen(doc), &json_limits_large, err);

	if (!json || lead_fields_from_json(arena, json, &kept, err) < 0)
		return error_wrap(err, "earlier values");
	values->fields = kept.fields;
	values->nfields = kept.nfields;
	return 0;
}

int earlier_find(struct view *view, const struct delivery *delivery,
		 struct earlier_values *values, struct error *err)
{
	struct db_rows *rows;
	const char *doc = NULL;
	int found;

	if (db_query(view->db,
		     "SELECT version, doc FROM earlier_value WHERE delivery = $1 "
		     "AND (version > $2 OR is_fact = 1) AND workspace = $3 "
		     "ORDER BY version LIMIT 1",
		     DB_VALUES(db_int(delivery->id), db_int(delivery->told),
			       db_int(delivery->workspace)),
		     &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1) {
		values->version = db_column_int(rows, 0);
		doc = db_column_text(rows, 1, view->arena);
	}
	db_done(rows);
	if (found == 1 && read_values(view->arena, doc, values, err) < 0)
		return -1;
	return found;
}
