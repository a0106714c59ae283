/* consents.c - what leads agreed to and took back; append-only. Threads: see store.h. */
#include "base/text.h"
#include "store/lead_writes.h"

#define CONSENT_COLUMNS                                                                 \
	"id, lead, source, at, recorded_at, channel, purpose, is_granted, doc"

int consent_list(struct view *view, const struct actor *actor, int64_t lead, int64_t before,
		 size_t max, struct kept_consent **rows, size_t *count, struct error *err)
{
	struct db_rows *found;
	int more;

	*rows = arena_array(view->arena, max, sizeof(**rows));
	*count = 0;
	before = before ? before : INT64_MAX;
	if (lead ? db_query(view->db,
			    "SELECT " CONSENT_COLUMNS " FROM consent WHERE lead = $1 "
			    "AND workspace = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
			    DB_VALUES(db_int(lead), db_int(actor->workspace), db_int(before),
				      db_int((int64_t)max)),
			    &found, err) < 0 :
		   db_query(view->db,
			    "SELECT " CONSENT_COLUMNS " FROM consent WHERE workspace = $1 "
			    "AND id < $2 ORDER BY id DESC LIMIT $3",
			    DB_VALUES(db_int(actor->workspace), db_int(before),
				      db_int((int64_t)max)),
			    &found, err) < 0)
		return -1;
	while ((more = db_next(found, err)) == 1)
		(*rows)[(*count)++] = (struct kept_consent){
			.id = db_column_int(found, 0),
			.lead = db_column_int(found, 1),
			.source = db_column_int(found, 2),
			.at = db_column_int(found, 3),
			.recorded_at = db_column_int(found, 4),
			.channel = db_column_text(found, 5, view->arena),
			.purpose = db_column_text(found, 6, view->arena),
			.is_granted = db_column_int(found, 7) != 0,
			.doc = db_column_text(found, 8, view->arena),
		};
	db_done(found);
	return more;
}

/* What was said later counts; of two at one time, what we learned later. */
static bool is_later(const struct kept_consent *a, const struct kept_consent *b)
{
	return a->at != b->at ? a->at > b->at : a->id > b->id;
}

bool consent_is_objection(const struct kept_consent *rows, size_t count, size_t i)
{
	for (size_t j = 0; j < count; j++)
		if (j != i && text_equal(rows[j].channel, rows[i].channel) &&
		    text_equal(rows[j].purpose, rows[i].purpose) && is_later(&rows[j], &rows[i]))
			return false;
	return !rows[i].is_granted;
}
