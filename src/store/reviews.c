/* reviews.c - possible duplicates and conflicts: what a person decides. Threads: see
 * store.h. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/lead_writes.h"

/* ---- Possible duplicates ---- */

#define DUPLICATE_COLUMNS "id, lead, other, created_at, decided_at, reason, state"

static struct kept_duplicate duplicate_from_row(struct db_rows *rows, struct arena *arena)
{
	return (struct kept_duplicate){
		.id = db_column_int(rows, 0),
		.lead = db_column_int(rows, 1),
		.other = db_column_int(rows, 2),
		.created_at = db_column_int(rows, 3),
		.decided_at = db_column_int(rows, 4),
		.reason = db_column_text(rows, 5, arena),
		.state = db_column_text(rows, 6, arena),
	};
}

/* The lead that an id stands for by now. */
static int follow(struct view *view, const struct actor *actor, int64_t *id,
		  struct error *err)
{
	struct lead lead;
	int found = lead_find(view, actor, *id, &lead, err);

	if (found == 1)
		*id = lead.id;
	return found < 0 ? -1 : 0;
}

int duplicate_list(struct view *view, const struct actor *actor,
		   const struct review_filter *filter, struct kept_duplicate **rows,
		   size_t *count, struct error *err)
{
	struct db_rows *found;
	int more;

	*rows = arena_array(view->arena, filter->max, sizeof(**rows));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " DUPLICATE_COLUMNS " FROM possible_duplicate "
		     "WHERE workspace = $1 AND id < $2 "
		     "AND (CAST($3 AS BIGINT) = 0 OR lead = $3 OR other = $3) "
		     "AND (CAST($4 AS TEXT) IS NULL OR state = $4) ORDER BY id DESC LIMIT $5",
		     DB_VALUES(db_int(actor->workspace),
			       db_int(filter->before ? filter->before : INT64_MAX),
			       db_int(filter->lead), db_text(filter->state),
			       db_int((int64_t)filter->max)),
		     &found, err) < 0)
		return -1;
	while ((more = db_next(found, err)) == 1)
		(*rows)[(*count)++] = duplicate_from_row(found, view->arena);
	db_done(found);
	for (size_t i = 0; more == 0 && i < *count; i++)
		if (follow(view, actor, &(*rows)[i].lead, err) < 0 ||
		    follow(view, actor, &(*rows)[i].other, err) < 0)
			return -1;
	return more;
}

static int duplicate_get(struct tx *tx, const struct actor *actor, int64_t id,
			 struct kept_duplicate *duplicate, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(tx_view(tx)->db,
		     "SELECT " DUPLICATE_COLUMNS " FROM possible_duplicate WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		*duplicate = duplicate_from_row(rows, tx_arena(tx));
	db_done(rows);
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such possible duplicate");
	if (found == 1 && !text_equal(duplicate->state, "open"))
		return error_set(err, ERR_CONFLICT, "this was decided before: %s",
				 duplicate->state);
	return found < 0 ? -1 : 0;
}

int duplicate_decide(struct tx *tx, const struct actor *actor, const struct config *config,
		     int64_t id, bool is_same, int64_t *merge, struct error *err)
{
	struct kept_duplicate duplicate = { 0 };

	*merge = 0;
	if (duplicate_get(tx, actor, id, &duplicate, err) < 0 ||
	    (is_same && lead_merge(tx, actor, config, duplicate.lead, duplicate.other, merge,
				   err) < 0))
		return -1;
	if (db_write(tx_view(tx)->db,
		     "UPDATE possible_duplicate SET state = $1, decided_at = $2 WHERE id = $3 "
		     "AND workspace = $4",
		     DB_VALUES(db_text(is_same ? "merged" : "apart"), db_int(tx_now(tx)),
			       db_int(id), db_int(actor->workspace)),
		     err) < 0)
		return -1;
	return audit_add(tx, actor, "duplicate.decided", "lead", duplicate.lead,
			 arena_printf(tx_arena(tx),
				      "{\"duplicate\":%lld,\"other\":%lld,\"state\":\"%s\"}",
				      (long long)id, (long long)duplicate.other,
				      is_same ? "merged" : "apart"),
			 NULL, err);
}

/* ---- Conflicts ---- */

#define CONFLICT_COLUMNS                                                                \
	"id, lead, field, ours, theirs, writer, writer_id, state, created_at, decided_at"

static int value_of_column(struct db_rows *rows, int column, struct arena *arena,
			   struct value *value, struct error *err)
{
	const char *text = db_column_text(rows, column, arena);
	json_t *json;

	*value = (struct value){ 0 };
	if (!text)
		return 0;
	/* A bare value is no JSON text to every reader: it stands in an array. */
	text = arena_printf(arena, "[%s]", text);
	json = json_parse(arena, text, strlen(text), &json_limits_large, err);
	return json ? value_from_json(arena, json_array_get(json, 0), value, err) : -1;
}

static int conflict_from_row(struct db_rows *rows, struct arena *arena,
			     struct kept_conflict *conflict, struct error *err)
{
	*conflict = (struct kept_conflict){
		.id = db_column_int(rows, 0),
		.lead = db_column_int(rows, 1),
		.field = db_column_text(rows, 2, arena),
		.writer = db_column_text(rows, 5, arena),
		.writer_id = db_column_int(rows, 6),
		.state = db_column_text(rows, 7, arena),
		.created_at = db_column_int(rows, 8),
		.decided_at = db_column_int(rows, 9),
	};
	if (value_of_column(rows, 3, arena, &conflict->ours, err) < 0 ||
	    value_of_column(rows, 4, arena, &conflict->theirs, err) < 0)
		return error_wrap(err, "stored conflict");
	return 0;
}

int conflict_list(struct view *view, const struct actor *actor,
		  const struct review_filter *filter, struct kept_conflict **rows,
		  size_t *count, struct error *err)
{
	struct db_rows *found;
	int more;

	*rows = arena_array(view->arena, filter->max, sizeof(**rows));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " CONFLICT_COLUMNS " FROM conflict WHERE workspace = $1 "
		     "AND id < $2 AND (CAST($3 AS BIGINT) = 0 OR lead = $3) "
		     "AND (CAST($4 AS TEXT) IS NULL OR state = $4) ORDER BY id DESC LIMIT $5",
		     DB_VALUES(db_int(actor->workspace),
			       db_int(filter->before ? filter->before : INT64_MAX),
			       db_int(filter->lead), db_text(filter->state),
			       db_int((int64_t)filter->max)),
		     &found, err) < 0)
		return -1;
	while ((more = db_next(found, err)) == 1)
		if (conflict_from_row(found, view->arena, &(*rows)[(*count)++], err) < 0) {
			more = -1;
			break;
		}
	db_done(found);
	return more;
}

int conflict_find(struct view *view, const struct actor *actor, int64_t id,
		  struct kept_conflict *conflict, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " CONFLICT_COLUMNS " FROM conflict WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1 && conflict_from_row(rows, view->arena, conflict, err) < 0)
		found = -1;
	db_done(rows);
	return found;
}

int conflict_decide(struct tx *tx, const struct actor *actor, const struct config *config,
		    int64_t id, const struct conflict_choice *choice, struct error *err)
{
	const char *state = choice ? "theirs" : "ours";
	struct kept_conflict conflict;
	struct buf detail;
	int found = conflict_find(tx_view(tx), actor, id, &conflict, err);

	if (found < 0)
		return -1;
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such conflict");
	if (!text_equal(conflict.state, "open"))
		return error_set(err, ERR_CONFLICT, "this was decided before: %s",
				 conflict.state);
	if (choice && lead_edit(tx, actor, config, conflict.lead, choice->theirs, 1,
				choice->identities, choice->nidentities, err) < 0)
		return -1;
	if (db_write(tx_view(tx)->db,
		     "UPDATE conflict SET state = $1, decided_at = $2 WHERE id = $3 "
		     "AND workspace = $4",
		     DB_VALUES(db_text(state), db_int(tx_now(tx)), db_int(id),
			       db_int(actor->workspace)),
		     err) < 0)
		return -1;
	buf_init(&detail, tx_arena(tx), 4096);
	buf_addf(&detail, "{\"conflict\":%lld,\"state\":\"%s\",\"fields\":[", (long long)id,
		 state);
	buf_add_json(&detail, conflict.field);
	buf_add(&detail, "]}");
	return audit_add(tx, actor, "conflict.decided", "lead", conflict.lead,
			 buf_text(&detail), NULL, err);
}
