/* catalogs.c - the CRMs' schemas as last read, and those that mappings were found good for.
 * Threads: see store.h. */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/internal.h"

struct kept {
	const char *doc, *ground;
	int64_t changed_at;
};

static int find(struct view *view, int64_t workspace, int64_t connection, const char *object,
		struct kept *kept, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT doc, ground, changed_at FROM field_catalog WHERE workspace = $1 "
		     "AND connection = $2 AND object = $3",
		     DB_VALUES(db_int(workspace), db_int(connection), db_text(object)), &rows,
		     err) < 0)
		return -1;
	found = db_next(rows, err);
	if (found == 1)
		*kept = (struct kept){
			.doc = db_column_text(rows, 0, view->arena),
			.ground = db_column_text(rows, 1, view->arena),
			.changed_at = db_column_int(rows, 2),
		};
	db_done(rows);
	return found;
}

static int parse(struct arena *arena, const char *text, struct catalog *catalog,
		 struct error *err)
{
	json_t *doc = json_parse(arena, text, strlen(text), &json_limits_large, err);

	return doc ? catalog_from_json(arena, doc, catalog, err) : -1;
}

int catalog_find_kept(struct view *view, int64_t workspace, int64_t connection,
		      const char *object, struct catalog *catalog, struct error *err)
{
	struct kept kept;
	int found = find(view, workspace, connection, object, &kept, err);

	if (found == 1 && parse(view->arena, kept.doc, catalog, err) < 0)
		return -1;
	return found;
}

int catalog_find_ground(struct view *view, int64_t workspace, int64_t connection,
			const char *object, struct catalog *ground, int64_t *changed_at,
			struct error *err)
{
	struct kept kept;
	int found = find(view, workspace, connection, object, &kept, err);

	if (found != 1 || !kept.ground)
		return found < 0 ? -1 : 0;
	*changed_at = kept.changed_at;
	return parse(view->arena, kept.ground, ground, err) < 0 ? -1 : 1;
}

/* A schema as text, whenever it was read. */
static const char *timeless(struct arena *arena, struct catalog catalog)
{
	catalog.read_at = 0;
	return json_canonical(arena, json_keep(arena, catalog_to_json(&catalog)));
}

static bool is_same(struct arena *arena, const char *text, const struct catalog *catalog)
{
	struct catalog other;
	struct error err;

	return text && parse(arena, text, &other, &err) == 0 &&
	       text_equal(timeless(arena, other), timeless(arena, *catalog));
}

static int write_kept(struct tx *tx, const struct actor *actor, int64_t connection,
		      const struct catalog *catalog, const struct kept *kept,
		      struct error *err)
{
	json_t *json = json_keep(tx_arena(tx), catalog_to_json(catalog));

	if (db_write(tx_view(tx)->db,
		     "INSERT INTO field_catalog (workspace, connection, object, doc, read_at, "
		     "ground, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7) "
		     "ON CONFLICT (workspace, connection, object) DO UPDATE SET "
		     "doc = excluded.doc, read_at = excluded.read_at, "
		     "ground = excluded.ground, changed_at = excluded.changed_at",
		     DB_VALUES(db_int(actor->workspace), db_int(connection),
			       db_text(catalog->object), db_text(json_text(tx_arena(tx), json)),
			       db_int(catalog->read_at), db_text(kept->ground),
			       db_int(kept->changed_at)),
		     err) < 0)
		return error_wrap(err, "field catalog");
	return 0;
}

int catalog_keep(struct tx *tx, const struct actor *actor, int64_t connection,
		 const struct catalog *catalog, struct error *err)
{
	struct arena *arena = tx_arena(tx);
	struct kept kept = { 0 };
	int found = find(tx_view(tx), actor->workspace, connection, catalog->object, &kept, err);
	bool is_known;

	if (found < 0)
		return -1;
	is_known = found == 1 && is_same(arena, kept.doc, catalog);
	if (!is_known) {
		kept.changed_at = tx_now(tx);
		if (is_same(arena, kept.ground, catalog))
			kept.ground = NULL; /* it was changed back */
		else if (!kept.ground)
			kept.ground = kept.doc;
	}
	if (write_kept(tx, actor, connection, catalog, &kept, err) < 0)
		return -1;
	if (is_known)
		return 0;
	if (audit_add(tx, actor, "connection.described", "connection", connection,
		      arena_printf(arena, "{\"fields\":%zu}", catalog->nfields), NULL, err) < 0)
		return -1;
	return 1;
}

int catalog_accept(struct tx *tx, const struct actor *actor, int64_t connection,
		   const char *object, struct error *err)
{
	struct kept kept;
	int found = find(tx_view(tx), actor->workspace, connection, object, &kept, err);

	if (found != 1 || !kept.ground)
		return found < 0 ? -1 : 0;
	if (db_write(tx_view(tx)->db,
		     "UPDATE field_catalog SET ground = NULL WHERE workspace = $1 "
		     "AND connection = $2 AND object = $3",
		     DB_VALUES(db_int(actor->workspace), db_int(connection), db_text(object)),
		     err) < 0 ||
	    audit_add(tx, actor, "schema.accepted", "connection", connection, NULL, NULL, err) <
		    0)
		return -1;
	tx_wake(tx, WAKE_DELIVERIES);
	return 1;
}
