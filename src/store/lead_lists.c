/* lead_lists.c - leads and enquiries by filter, newest first. Threads: see store.h. */
#include <string.h>

#include "store/internal.h"
#include "store/leads.h"
#include "store/rows.h"

static int64_t below(int64_t before)
{
	return before ? before : INT64_MAX;
}

/* ---- Leads ---- */

static int read_leads(struct view *view, struct db_rows *rows, struct lead *leads,
		      size_t *count, struct error *err)
{
	int more;

	while ((more = db_next(rows, err)) == 1)
		if (lead_from_row(rows, view->arena, &leads[(*count)++], err) < 0) {
			more = -1;
			break;
		}
	db_done(rows);
	return more;
}

#define OF_LIST                                                                         \
	"SELECT " LEAD_COLUMNS " FROM lead WHERE workspace = $1 AND id < $2 "            \
	"AND created_at >= $3 AND merged_into = 0 "

/* Walking by id ends soon after the first lead that is too old: ids grow with time. */
static struct db_value first_id(const struct lead_filter *filter)
{
	return db_int(id_first(filter->since - ID_SKEW_MS));
}

static int list_by_id(struct view *view, const struct actor *actor,
		      const struct lead_filter *filter, struct db_rows **rows,
		      struct error *err)
{
	if (filter->source)
		return db_query(view->db,
				OF_LIST "AND id >= $4 AND EXISTS (SELECT 1 FROM enquiry e "
					"WHERE e.lead = lead.id AND e.source = $5) "
					"ORDER BY id DESC LIMIT $6",
				DB_VALUES(db_int(actor->workspace),
					  db_int(below(filter->before)),
					  db_int(filter->since),
					  first_id(filter),
					  db_int(filter->source),
					  db_int((int64_t)filter->max)),
				rows, err);
	return db_query(view->db, OF_LIST "AND id >= $4 ORDER BY id DESC LIMIT $5",
			DB_VALUES(db_int(actor->workspace), db_int(below(filter->before)),
				  db_int(filter->since), first_id(filter),
				  db_int((int64_t)filter->max)),
			rows, err);
}

/* Few leads share a key: they are found by it, and then held against the rest. */
static int list_by_key(struct view *view, const struct actor *actor,
		       const struct lead_filter *filter, struct db_rows **rows,
		       struct error *err)
{
	return db_query(view->db,
			OF_LIST "AND id IN (SELECT lead FROM identity WHERE workspace = $1 "
				"AND hash = $4 UNION ALL SELECT lead FROM identity_recent "
				"WHERE workspace = $1 AND hash = $4) AND (CAST($5 AS BIGINT) = 0 OR EXISTS "
				"(SELECT 1 FROM enquiry e WHERE e.lead = lead.id "
				"AND e.source = $5)) ORDER BY id DESC LIMIT $6",
			DB_VALUES(db_int(actor->workspace), db_int(below(filter->before)),
				  db_int(filter->since),
				  db_bytes(filter->identity->bytes, HASH16_SIZE),
				  db_int(filter->source), db_int((int64_t)filter->max)),
			rows, err);
}

int lead_list(struct view *view, const struct actor *actor, const struct lead_filter *filter,
	      struct lead **leads, size_t *count, struct error *err)
{
	struct db_rows *rows;

	*leads = arena_array(view->arena, filter->max, sizeof(**leads));
	*count = 0;
	if ((filter->identity ? list_by_key : list_by_id)(view, actor, filter, &rows, err) < 0)
		return -1;
	return read_leads(view, rows, *leads, count, err);
}

/* ---- Enquiries ---- */

int enquiry_list(struct view *view, const struct actor *actor, int64_t lead, int64_t before,
		 size_t max, struct enquiry **enquiries, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*enquiries = arena_array(view->arena, max, sizeof(**enquiries));
	*count = 0;
	if (lead ? db_query(view->db,
			    "SELECT " ENQUIRY_COLUMNS " FROM enquiry WHERE lead = $1 "
			    "AND workspace = $2 AND id < $3 ORDER BY id DESC LIMIT $4",
			    DB_VALUES(db_int(lead), db_int(actor->workspace),
				      db_int(below(before)), db_int((int64_t)max)),
			    &rows, err) < 0 :
		   db_query(view->db,
			    "SELECT " ENQUIRY_COLUMNS " FROM enquiry WHERE workspace = $1 "
			    "AND id < $2 ORDER BY id DESC LIMIT $3",
			    DB_VALUES(db_int(actor->workspace), db_int(below(before)),
				      db_int((int64_t)max)),
			    &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		if (enquiry_from_row(rows, view->arena, &(*enquiries)[(*count)++], err) < 0) {
			more = -1;
			break;
		}
	db_done(rows);
	return more;
}
