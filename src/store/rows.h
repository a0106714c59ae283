/* rows.h - rows to structs and back, as several of store/'s files need them. Private to
 * store/. Threads: pure, but for the cursor they read. */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "model/lead.h"
#include "store/db.h"

/* The columns that lead_from_row() reads, in its order. */
#define LEAD_COLUMNS                                                                    \
	"id, workspace, version, created_at, updated_at, merged_into, owner_rep, "       \
	"is_test, erased_at, doc"
int lead_from_row(struct db_rows *rows, struct arena *arena, struct lead *lead,
		  struct error *err);

#define ENQUIRY_COLUMNS "id, lead, source, occurred_at, received_at, is_open, doc"
int enquiry_from_row(struct db_rows *rows, struct arena *arena, struct enquiry *enquiry,
		     struct error *err);

/* The parts of a lead and an enquiry that stand in their `doc` column. */
const char *lead_doc(struct arena *arena, const struct lead *lead);
const char *enquiry_doc(struct arena *arena, const struct enquiry *enquiry);

#endif
