/* submissions.c - what sources sent, as kept. Threads: see store.h. */
#include "store/internal.h"
#include "store/leads.h"

#define SUBMISSION_COLUMNS                                                              \
	"id, source, lead, enquiry, received_at, result, content_type, raw, decision"

static void submission_from_row(struct db_rows *rows, struct arena *arena,
				struct kept_submission *s)
{
	*s = (struct kept_submission){
		.id = db_column_int(rows, 0),
		.source = db_column_int(rows, 1),
		.lead = db_column_int(rows, 2),
		.enquiry = db_column_int(rows, 3),
		.received_at = db_column_int(rows, 4),
		.result = (enum result)db_column_int(rows, 5),
		.content_type = db_column_text(rows, 6, arena),
		.decision = db_column_text(rows, 8, arena),
	};
	s->raw = db_column_bytes(rows, 7, arena, &s->raw_len);
}

int submission_find(struct view *view, const struct actor *actor, int64_t id,
		    struct kept_submission *submission, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " SUBMISSION_COLUMNS " FROM submission WHERE id = $1 "
		     "AND workspace = $2",
		     DB_VALUES(db_int(id), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		submission_from_row(rows, view->arena, submission);
	db_done(rows);
	return found;
}

static int list(struct view *view, const char *sql, const struct db_value *values,
		size_t nvalues, size_t max, struct kept_submission **submissions,
		size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*submissions = arena_array(view->arena, max, sizeof(**submissions));
	*count = 0;
	if (db_query(view->db, sql, values, nvalues, &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		submission_from_row(rows, view->arena, &(*submissions)[(*count)++]);
	db_done(rows);
	return more;
}

int submission_list(struct view *view, const struct actor *actor, int64_t lead,
		    int64_t before, size_t max, struct kept_submission **submissions,
		    size_t *count, struct error *err)
{
	return list(view,
		    "SELECT " SUBMISSION_COLUMNS " FROM submission WHERE workspace = $1 "
		    "AND lead = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
		    DB_VALUES(db_int(actor->workspace), db_int(lead),
			      db_int(before ? before : INT64_MAX), db_int((int64_t)max)),
		    max, submissions, count, err);
}

int submission_list_all(struct view *view, const struct actor *actor, int64_t before,
			size_t max, struct kept_submission **submissions, size_t *count,
			struct error *err)
{
	return list(view,
		    "SELECT " SUBMISSION_COLUMNS " FROM submission WHERE workspace = $1 "
		    "AND id < $2 ORDER BY id DESC LIMIT $3",
		    DB_VALUES(db_int(actor->workspace), db_int(before ? before : INT64_MAX),
			      db_int((int64_t)max)),
		    max, submissions, count, err);
}
