/* imports.c - files on their way in. Threads: see store.h. */
#include "store/imports.h"

#include <string.h>

#include "store/audit.h"
#include "store/internal.h"

#define IMPORT_COLUMNS                                                                  \
	"id, source, name, file_hash, state, rows_done, bytes_done, created, updated, "  \
	"unchanged, ignored, failed, started_at, ended_at, header"

static void import_from_row(struct db_rows *rows, struct arena *arena,
			    struct kept_import *import)
{
	const void *hash;
	size_t len;

	*import = (struct kept_import){
		.id = db_column_int(rows, 0),
		.source = db_column_int(rows, 1),
		.name = db_column_text(rows, 2, arena),
		.state = db_column_text(rows, 4, arena),
		.rows_done = db_column_int(rows, 5),
		.bytes_done = db_column_int(rows, 6),
		.counts = { db_column_int(rows, 7), db_column_int(rows, 8),
			    db_column_int(rows, 9), db_column_int(rows, 10),
			    db_column_int(rows, 11) },
		.started_at = db_column_int(rows, 12),
		.ended_at = db_column_int(rows, 13),
		.header = db_column_text(rows, 14, arena),
	};
	hash = db_column_bytes(rows, 3, arena, &len);
	import->has_hash = len == SHA256_SIZE;
	if (import->has_hash)
		memcpy(import->file_hash, hash, len);
}

static int find(struct view *view, const char *sql, const struct db_value *values,
		size_t count, struct kept_import *import, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db, sql, values, count, &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		import_from_row(rows, view->arena, import);
	db_done(rows);
	return found;
}

int import_find(struct view *view, const struct actor *actor, int64_t id,
		struct kept_import *import, struct error *err)
{
	return find(view,
		    "SELECT " IMPORT_COLUMNS " FROM import WHERE id = $1 AND workspace = $2",
		    DB_VALUES(db_int(id), db_int(actor->workspace)), import, err);
}

int import_find_file(struct view *view, const struct actor *actor, int64_t source,
		     const unsigned char hash[SHA256_SIZE], struct kept_import *import,
		     struct error *err)
{
	return find(view,
		    "SELECT " IMPORT_COLUMNS " FROM import WHERE workspace = $1 "
		    "AND source = $2 AND file_hash = $3 ORDER BY id DESC LIMIT 1",
		    DB_VALUES(db_int(actor->workspace), db_int(source),
			      db_bytes(hash, SHA256_SIZE)),
		    import, err);
}

int import_list(struct view *view, const struct actor *actor, int64_t before, size_t max,
		struct kept_import **imports, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*imports = arena_array(view->arena, max, sizeof(**imports));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " IMPORT_COLUMNS " FROM import WHERE workspace = $1 AND id < $2 "
		     "ORDER BY id DESC LIMIT $3",
		     DB_VALUES(db_int(actor->workspace), db_int(before ? before : INT64_MAX),
			       db_int((int64_t)max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		import_from_row(rows, view->arena, &(*imports)[(*count)++]);
	db_done(rows);
	return more;
}

int import_add(struct tx *tx, const struct actor *actor, const struct kept_import *import,
	       int64_t *id, struct error *err)
{
	*id = tx_id(tx);
	if (db_write(tx_view(tx)->db,
		     "INSERT INTO import (id, workspace, source, name, file_hash, state, "
		     "rows_done, bytes_done, created, updated, unchanged, failed, started_at) "
		     "VALUES ($1, $2, $3, $4, $5, 'receiving', 0, 0, 0, 0, 0, 0, $6)",
		     DB_VALUES(db_int(*id), db_int(actor->workspace), db_int(import->source),
			       db_text(import->name),
			       import->has_hash ? db_bytes(import->file_hash, SHA256_SIZE) :
						  db_null(),
			       db_int(tx_now(tx))),
		     err) < 0 ||
	    audit_add(tx, actor, "import.started", "import", *id, NULL, NULL, err) < 0)
		return error_wrap(err, "import");
	return 0;
}

int import_set_header(struct tx *tx, const struct actor *actor, int64_t id,
		      const char *header, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"UPDATE import SET header = $1 WHERE id = $2 AND workspace = $3",
			DB_VALUES(db_text(header), db_int(id), db_int(actor->workspace)), err);
}

static const char *problems_doc(struct arena *arena, const struct problems *problems)
{
	struct buf buf;

	buf_init(&buf, arena, 256u << 10);
	buf_addc(&buf, '[');
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		buf_add(&buf, i > 0 ? ",{\"field\":" : "{\"field\":");
		buf_add_json(&buf, p->field);
		buf_add(&buf, ",\"code\":");
		buf_add_json(&buf, p->code);
		buf_add(&buf, ",\"message\":");
		buf_add_json(&buf, p->message);
		buf_add(&buf, ",\"instruction\":");
		buf_add_json(&buf, p->instruction);
		buf_addc(&buf, '}');
	}
	buf_addc(&buf, ']');
	return buf_text(&buf);
}

static int add_error(struct tx *tx, const struct actor *actor, int64_t import,
		     const struct import_error *error, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"INSERT INTO import_error (import, line, workspace, row_text, problems) "
			"VALUES ($1, $2, $3, $4, $5)",
			DB_VALUES(db_int(import), db_int(error->line), db_int(actor->workspace),
				  db_text(arena_strndup(tx_arena(tx), error->row_text,
							error->row_len)),
				  db_text(problems_doc(tx_arena(tx), error->problems))),
			err);
}

int import_advance(struct tx *tx, const struct actor *actor, const struct import_step *step,
		   struct error *err)
{
	const struct import_counts *more = &step->more;
	int64_t id;
	int moved = db_find_int(
		tx_view(tx)->db,
		"UPDATE import SET rows_done = $1, created = created + $2, "
		"updated = updated + $3, unchanged = unchanged + $4, ignored = ignored + $5, "
		"failed = failed + $6, bytes_done = CASE WHEN $7 > 0 THEN $7 ELSE bytes_done END "
		"WHERE id = $8 AND workspace = $9 AND rows_done = $10 RETURNING id",
		DB_VALUES(db_int(step->to), db_int(more->created), db_int(more->updated),
			  db_int(more->unchanged), db_int(more->ignored), db_int(more->failed),
			  db_int(step->bytes_done), db_int(step->import),
			  db_int(actor->workspace), db_int(step->from)),
		&id, err);

	if (moved < 0)
		return error_wrap(err, "import");
	if (moved == 0)
		return error_set(err, ERR_CONFLICT, "import: another run of it was here first");
	for (size_t i = 0; i < step->nerrors; i++)
		if (add_error(tx, actor, step->import, &step->errors[i], err) < 0)
			return error_wrap(err, "import");
	return 0;
}

int import_end(struct tx *tx, const struct actor *actor, int64_t id, const char *state,
	       struct error *err)
{
	if (db_write(tx_view(tx)->db,
		     "UPDATE import SET state = $1, ended_at = $2 WHERE id = $3 "
		     "AND workspace = $4",
		     DB_VALUES(db_text(state), db_int(tx_now(tx)), db_int(id),
			       db_int(actor->workspace)),
		     err) < 0)
		return error_wrap(err, "import");
	return audit_add(tx, actor, "import.ended", "import", id, NULL, NULL, err);
}

int import_error_list(struct view *view, const struct actor *actor, int64_t import,
		      int64_t after_line, size_t max, struct kept_import_error **errors,
		      size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*errors = arena_array(view->arena, max, sizeof(**errors));
	*count = 0;
	if (db_query(view->db,
		     "SELECT line, row_text, problems FROM import_error WHERE import = $1 "
		     "AND workspace = $2 AND line > $3 ORDER BY line LIMIT $4",
		     DB_VALUES(db_int(import), db_int(actor->workspace), db_int(after_line),
			       db_int((int64_t)max)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		(*errors)[(*count)++] = (struct kept_import_error){
			.line = db_column_int(rows, 0),
			.row_text = db_column_text(rows, 1, view->arena),
			.problems = db_column_text(rows, 2, view->arena),
		};
	db_done(rows);
	return more;
}
