/* gates.c - decisions that wait. Threads: see store.h.
 *
 * A gate is a timer of the kind "gate": its subject is the lead, and it falls due when its
 * time is over. */
#include "store/gates.h"

#include <string.h>

#include "base/json.h"
#include "store/internal.h"

#define GATE_COLUMNS "id, workspace, subject, due_at, doc"

static const char *doc_of(struct arena *arena, const struct kept_gate *gate)
{
	struct buf buf;

	buf_init(&buf, arena, 16u << 10);
	buf_addf(&buf, "{\"gate\":\"%s\",\"config\":%lld,\"source\":%lld,\"enquiry\":%lld,"
		       "\"asked\":[",
		 gate_name(gate->gate), (long long)gate->config, (long long)gate->source,
		 (long long)gate->enquiry);
	for (size_t i = 0; i < gate->nasked; i++)
		buf_addf(&buf, "%s%lld", i > 0 ? "," : "", (long long)gate->asked[i]);
	buf_add(&buf, "]}");
	return buf_text(&buf);
}

static int gate_from_row(struct db_rows *rows, struct arena *arena, struct kept_gate *gate,
			 struct error *err)
{
	const char *doc = db_column_text(rows, 4, arena);
	const json_t *json = doc ? json_parse(arena, doc, strlen(doc), &json_limits_large, err) :
				   NULL;
	const json_t *asked = json_object_get(json, "asked");

	*gate = (struct kept_gate){
		.id = db_column_int(rows, 0),
		.workspace = db_column_int(rows, 1),
		.lead = db_column_int(rows, 2),
		.until = db_column_int(rows, 3),
		.config = json_int_of(json, "config", 0),
		.source = json_int_of(json, "source", 0),
		.enquiry = json_int_of(json, "enquiry", 0),
		.asked = arena_array(arena, json_array_size(asked) + 1, sizeof(*gate->asked)),
		.nasked = json_array_size(asked),
	};
	for (size_t i = 0; i < gate->nasked; i++)
		gate->asked[i] = json_integer_value(json_array_get(asked, i));
	if (gate_parse(json_string_of(json, "gate"), &gate->gate) && gate->gate)
		return 0;
	return error_set(err, ERR_INTERNAL, "a gate cannot be read");
}

int gate_open(struct tx *tx, const struct ground *ground, const struct decision *decision,
	      struct error *err)
{
	struct kept_gate gate = {
		.gate = decision->gate,
		.config = ground->config->version,
		.source = ground->source->id,
		.enquiry = decision->enquiry ? decision->enquiry->id : 0,
	};

	return db_write(tx_view(tx)->db,
			"INSERT INTO timer (id, workspace, kind, subject, due_at, doc) "
			"VALUES ($1, $2, 'gate', $3, $4, $5)",
			DB_VALUES(db_int(tx_id(tx)), db_int(decision->lead->workspace),
				  db_int(decision->lead->id), db_int(decision->gate_until),
				  db_text(doc_of(tx_arena(tx), &gate))),
			err);
}

int gate_find(struct view *view, const struct actor *actor, int64_t lead,
	      struct kept_gate *gate, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT " GATE_COLUMNS " FROM timer WHERE subject = $1 "
		     "AND kind = 'gate' AND workspace = $2 LIMIT 1",
		     DB_VALUES(db_int(lead), db_int(actor->workspace)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1 && gate_from_row(rows, view->arena, gate, err) < 0)
		found = -1;
	db_done(rows);
	return found;
}

int gate_keep_asked(struct tx *tx, const struct actor *actor, const struct kept_gate *gate,
		    int64_t connection, struct error *err)
{
	struct kept_gate more = *gate;

	more.asked = arena_array(tx_arena(tx), gate->nasked + 1, sizeof(*more.asked));
	if (gate->nasked)
		memcpy(more.asked, gate->asked, gate->nasked * sizeof(*more.asked));
	more.asked[more.nasked++] = connection;
	return db_write(tx_view(tx)->db,
			"UPDATE timer SET doc = $1 WHERE id = $2 AND workspace = $3",
			DB_VALUES(db_text(doc_of(tx_arena(tx), &more)), db_int(gate->id),
				  db_int(actor->workspace)),
			err);
}

int gate_close(struct tx *tx, const struct actor *actor, const struct kept_gate *gate,
	       struct error *err)
{
	return db_write(tx_view(tx)->db, "DELETE FROM timer WHERE id = $1 AND workspace = $2",
			DB_VALUES(db_int(gate->id), db_int(actor->workspace)), err);
}

int gate_list_due_any_workspace(struct view *view, int64_t now, size_t max,
				struct kept_gate **gates, size_t *count, struct error *err)
{
	struct db_rows *rows;
	int more;

	*gates = arena_array(view->arena, max, sizeof(**gates));
	*count = 0;
	if (db_query(view->db,
		     "SELECT " GATE_COLUMNS " FROM timer WHERE due_at <= $1 "
		     "AND kind = 'gate' ORDER BY due_at LIMIT $2",
		     DB_VALUES(db_int(now), db_int((int64_t)max)), &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		if (gate_from_row(rows, view->arena, &(*gates)[*count], err) < 0) {
			more = -1;
			break;
		}
		(*count)++;
	}
	db_done(rows);
	return more;
}
