/* delivery_rows.h - columns of a delivery in the order they are read. Private to store/.
 * Threads: pure, but for the cursor. */
#ifndef STORE_DELIVERY_ROWS_H
#define STORE_DELIVERY_ROWS_H

#include "store/deliveries.h"
#include "store/internal.h"
#include "store/leads.h"

#define DELIVERY_COLUMNS                                                                \
	"id, workspace, subject, connection, object, role, mapping, lane, state, "       \
	"due_at, since, wanted, told, tries, is_uncertain, is_forced, depends_on, "      \
	"fence, lease_until, open_submissions, code, field, reason, instruction, "       \
	"told_doc, seen_doc, undo_doc, held_doc, edit_doc, intent_doc, setbacks, "          \
	"earlier"

void delivery_from_row(struct db_rows *rows, struct arena *arena, struct delivery *d);

/* The delivery of a lead through a mapping, as it is kept: what a waiting one waits for is
 * not explained. Its texts are the view's arena's. 1 found, 0 none. */
int delivery_of_mapping(struct view *view, const struct actor *actor, int64_t lead,
			int64_t connection, const struct mapping *mapping,
			struct delivery *delivery, struct error *err);

/* Whether other data may let a dead letter of this code through. */
bool delivery_is_mendable(const char *code);

#endif
