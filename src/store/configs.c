/* configs.c - the configuration's items and their versions. Threads: see store.h. */
#include "store/configs.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "store/audit.h"
#include "store/deliveries.h"
#include "store/internal.h"

/* The order of a workspace file: each kind refers only to those before it. */
static const char *const kinds[] = { "settings", "person", "source",  "connection", "mapping",
				     "sync",     "score",  "pool",    "route" };

static int rank_of(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (text_equal(kinds[i], kind))
			return (int)i;
	return (int)ARRAY_LEN(kinds);
}

struct item_list {
	struct kept_item *items;
	size_t count, room;
};

static void list_add(struct arena *arena, struct item_list *list, const struct kept_item *item)
{
	if (list->count == list->room) {
		size_t room = list->room ? list->room * 2 : 32;
		struct kept_item *items = arena_array(arena, room, sizeof(*items));

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->room = room;
	}
	list->items[list->count++] = *item;
}

/* By kind in the file's order; within a kind by id, the order in which they came:
 * routes and score rules are asked in turn. */
static int compare(const void *a, const void *b)
{
	const struct kept_item *x = a, *y = b;
	int by_kind = rank_of(x->kind) - rank_of(y->kind);

	if (by_kind)
		return by_kind;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int read_items(struct view *view, const char *sql, const struct db_value *values,
		      size_t nvalues, const char *kind, struct item_list *list,
		      struct error *err)
{
	struct db_rows *rows;
	int more;

	if (db_query(view->db, sql, values, nvalues, &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1) {
		struct kept_item item = {
			.id = db_column_int(rows, 0),
			.version = db_column_int(rows, 1),
			.kind = db_column_text(rows, 2, view->arena),
			.name = db_column_text(rows, 3, view->arena),
			.spec = db_column_text(rows, 4, view->arena),
		};

		if (!kind || text_equal(kind, item.kind))
			list_add(view->arena, list, &item);
	}
	db_done(rows);
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	return more;
}

int config_items(struct view *view, const struct actor *actor, const char *kind,
		 struct kept_item **items, size_t *count, struct error *err)
{
	struct item_list list = { 0 };

	if (read_items(view,
		       "SELECT id, version_from, kind, name, spec FROM config_item "
		       "WHERE workspace = $1 AND version_to IS NULL",
		       DB_VALUES(db_int(actor->workspace)), kind, &list, err) < 0)
		return -1;
	*items = list.items;
	*count = list.count;
	return 0;
}

int config_versions(struct view *view, const struct actor *actor, const char *kind,
		    const char *name, struct kept_version **versions, size_t *count,
		    struct error *err)
{
	struct db_rows *rows;
	int more;

	*versions = arena_array(view->arena, CONFIG_VERSIONS_MAX, sizeof(**versions));
	*count = 0;
	if (db_query(view->db,
		     "SELECT id, version_from, version_to, at, spec FROM config_item "
		     "WHERE workspace = $1 AND kind = $2 AND name = $3 "
		     "ORDER BY version_from DESC LIMIT $4",
		     DB_VALUES(db_int(actor->workspace), db_text(kind), db_text(name),
			       db_int(CONFIG_VERSIONS_MAX)),
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		(*versions)[(*count)++] = (struct kept_version){
			.id = db_column_int(rows, 0),
			.version = db_column_int(rows, 1),
			.until = db_column_int(rows, 2),
			.at = db_column_int(rows, 3),
			.spec = db_column_text(rows, 4, view->arena),
		};
	db_done(rows);
	return more;
}

static int to_config_items(struct arena *arena, const struct item_list *list,
			   struct config_item **items, struct error *err)
{
	*items = arena_array(arena, list->count + 1, sizeof(**items));
	for (size_t i = 0; i < list->count; i++) {
		const struct kept_item *kept = &list->items[i];

		(*items)[i] = (struct config_item){
			.id = kept->id,
			.kind = kept->kind,
			.name = kept->name,
			.version = kept->version,
			.spec = json_parse(arena, kept->spec, strlen(kept->spec),
					   &json_limits_large, err),
		};
		if (!(*items)[i].spec)
			return error_wrap(err, "%s %s", kept->kind, kept->name);
	}
	return 0;
}

int config_at(struct view *view, int64_t workspace, int64_t version, struct arena *arena,
	      struct config *config, struct error *err)
{
	struct item_list list = { 0 };
	struct config_item *items;
	struct hash_key key;

	if (workspace_hash_key(view, workspace, &key, err) < 0 ||
	    read_items(view,
		       "SELECT id, version_from, kind, name, spec FROM config_item "
		       "WHERE workspace = $1 AND version_from <= $2 "
		       "AND (version_to IS NULL OR version_to > $2)",
		       DB_VALUES(db_int(workspace), db_int(version)), NULL, &list, err) < 0 ||
	    to_config_items(arena, &list, &items, err) < 0)
		return error_wrap(err, "configuration");
	return config_build(arena, workspace, version, &key, items, list.count, config, err);
}

static int read_version(struct view *view, int64_t workspace, int64_t *version,
			struct error *err)
{
	int found = db_find_int(view->db,
				"SELECT config_version FROM workspace WHERE id = $1",
				DB_VALUES(db_int(workspace)), version, err);

	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "no such workspace");
	return found < 0 ? -1 : 0;
}

int config_current(struct view *view, int64_t workspace, struct arena *arena,
		   struct config *config, struct error *err)
{
	int64_t version;

	return read_version(view, workspace, &version, err) < 0 ?
		       -1 :
		       config_at(view, workspace, version, arena, config, err);
}

/* ---- Changing ---- */

static const struct kept_item *find_item(const struct item_list *list, const char *kind,
					 const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i].kind, kind) &&
		    text_equal(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

static bool is_given(const struct config_item *items, size_t count, const char *kind,
		     const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(items[i].kind, kind) && text_equal(items[i].name, name))
			return true;
	return false;
}

static const char *canonical(struct arena *arena, const char *spec)
{
	json_t *json = json_parse(arena, spec, strlen(spec), &json_limits_large, NULL);

	return json ? json_canonical(arena, json) : spec;
}

/* What differs between what is kept and what is given. */
static size_t compare_items(struct arena *arena, const struct item_list *kept,
			    const struct config_item *items, size_t count, bool is_prune,
			    struct config_change *changes)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct kept_item *before = find_item(kept, items[i].kind, items[i].name);
		const char *after = json_canonical(arena, items[i].spec);
		const char *was = before ? canonical(arena, before->spec) : NULL;

		if (text_equal(was, after))
			continue;
		changes[n++] = (struct config_change){
			items[i].kind, items[i].name,
			before ? CONFIG_CHANGED : CONFIG_ADDED, was, after,
		};
	}
	for (size_t i = 0; is_prune && i < kept->count; i++)
		if (!is_given(items, count, kept->items[i].kind, kept->items[i].name))
			changes[n++] = (struct config_change){
				kept->items[i].kind, kept->items[i].name, CONFIG_REMOVED,
				canonical(arena, kept->items[i].spec), NULL,
			};
	return n;
}

int config_plan(struct view *view, const struct actor *actor,
		const struct config_item *items, size_t count, bool is_prune,
		struct config_change **changes, size_t *nchanges, struct error *err)
{
	struct item_list kept = { 0 };

	if (config_items(view, actor, NULL, &kept.items, &kept.count, err) < 0)
		return -1;
	*changes = arena_array(view->arena, count + kept.count + 1, sizeof(**changes));
	*nchanges = compare_items(view->arena, &kept, items, count, is_prune, *changes);
	return 0;
}

static bool is_among(const struct config_change *changes, size_t count,
		     const struct config_item *item)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(changes[i].kind, item->kind) &&
		    text_equal(changes[i].name, item->name))
			return true;
	return false;
}

/* The given items, then those that are kept beside them. */
static size_t join_items(const struct item_list *kept, const struct config_item *old,
			 const struct config_item *items, size_t count, bool is_prune,
			 struct config_item *all)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct kept_item *before = find_item(kept, items[i].kind, items[i].name);

		all[n] = items[i];
		all[n++].id = before ? before->id : 0;
	}
	for (size_t i = 0; !is_prune && i < kept->count; i++)
		if (!is_given(items, count, old[i].kind, old[i].name))
			all[n++] = old[i];
	return n;
}

int config_try(struct view *view, const struct actor *actor, const struct config_item *items,
	       size_t count, bool is_prune, struct config *config, struct problems *problems,
	       struct error *err)
{
	static const struct hash_key nothing_is_hashed;
	struct arena *arena = view->arena;
	struct item_list kept = { 0 };
	struct config_item *old, *all;
	struct config_change *changes;
	int64_t version;
	size_t n, nchanges;

	if (config_items(view, actor, NULL, &kept.items, &kept.count, err) < 0 ||
	    to_config_items(arena, &kept, &old, err) < 0 ||
	    read_version(view, actor->workspace, &version, err) < 0)
		return -1;
	changes = arena_array(arena, count + kept.count + 1, sizeof(*changes));
	nchanges = compare_items(arena, &kept, items, count, is_prune, changes);
	all = arena_array(arena, count + kept.count + 1, sizeof(*all));
	n = join_items(&kept, old, items, count, is_prune, all);
	for (size_t i = 0; i < n; i++)
		all[i].version = is_among(changes, nchanges, &all[i]) ? version + 1 : version;
	config_build_all(arena, actor->workspace, version + 1, &nothing_is_hashed, all, n,
			 config, problems);
	return 0;
}

/* The address that the file gives, or a new random one. */
static const char *address_of(struct arena *arena, const char *spec)
{
	json_t *json = json_parse(arena, spec, strlen(spec), &json_limits_large, NULL);
	const char *own = json_string_of(json, "address");
	unsigned char random[18];

	if (own)
		return own;
	randombytes_buf(random, sizeof(random));
	return base64url_encode(arena, random, sizeof(random));
}

static int add_address(struct tx *tx, int64_t workspace, int64_t source, const char *spec,
		       struct error *err)
{
	return db_write(tx_view(tx)->db,
			"INSERT INTO source_address (address, workspace, source) "
			"VALUES ($1, $2, $3)",
			DB_VALUES(db_text(address_of(tx_arena(tx), spec)),
				  db_int(workspace), db_int(source)),
			err);
}

static int drop_address(struct tx *tx, int64_t workspace, int64_t source, struct error *err)
{
	return db_write(tx_view(tx)->db,
			"DELETE FROM source_address WHERE workspace = $1 AND source = $2",
			DB_VALUES(db_int(workspace), db_int(source)), err);
}

int source_address_find(struct view *view, const struct actor *actor, int64_t source,
			const char **address, struct error *err)
{
	struct db_rows *rows;
	int found;

	if (db_query(view->db,
		     "SELECT address FROM source_address WHERE workspace = $1 "
		     "AND source = $2",
		     DB_VALUES(db_int(actor->workspace), db_int(source)), &rows, err) < 0)
		return -1;
	found = db_next(rows, err);
	*address = found == 1 ? db_column_text(rows, 0, view->arena) : NULL;
	db_done(rows);
	return found;
}

/* A configuration is nobody's personal data: its digest needs no salt. */
static const char *change_detail(struct arena *arena, int64_t version,
				 const struct config_change *change)
{
	unsigned char digest[SHA256_SIZE];
	const char *spec = change->after ? change->after : "";

	sha256(spec, strlen(spec), digest);
	return arena_printf(arena, "{\"version\":%lld,\"sha256\":\"%s\"}", (long long)version,
			    hex_encode(arena, digest, sizeof(digest)));
}

static int write_change(struct tx *tx, const struct actor *actor, int64_t version,
			const struct config_change *change, int64_t id, struct error *err)
{
	static const char *const actions[] = { "config.added", "config.changed",
					       "config.removed" };
	struct db *db = tx_view(tx)->db;

	if (change->what != CONFIG_ADDED &&
	    db_write(db,
		     "UPDATE config_item SET version_to = $1 WHERE workspace = $2 "
		     "AND kind = $3 AND name = $4 AND version_to IS NULL",
		     DB_VALUES(db_int(version), db_int(actor->workspace),
			       db_text(change->kind), db_text(change->name)),
		     err) < 0)
		return -1;
	if (change->what != CONFIG_REMOVED &&
	    db_write(db,
		     "INSERT INTO config_item (workspace, kind, name, version_from, id, spec, "
		     "at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		     DB_VALUES(db_int(actor->workspace), db_text(change->kind),
			       db_text(change->name), db_int(version), db_int(id),
			       db_text(change->after), db_int(tx_now(tx))),
		     err) < 0)
		return -1;
	if (text_equal(change->kind, "source") && change->what == CONFIG_ADDED &&
	    add_address(tx, actor->workspace, id, change->after, err) < 0)
		return -1;
	if (text_equal(change->kind, "source") && change->what == CONFIG_REMOVED &&
	    drop_address(tx, actor->workspace, id, err) < 0)
		return -1;
	if (text_equal(change->kind, "connection") && change->what == CONFIG_REMOVED &&
	    alert_close_removed(tx, actor, id, change->name, err) < 0)
		return -1;
	return audit_add(tx, actor, actions[change->what], change->kind, id,
			 change_detail(tx_arena(tx), version, change), NULL, err);
}

int config_apply(struct tx *tx, const struct actor *actor, const struct config_item *items,
		 size_t count, bool is_prune, struct error *err)
{
	struct arena *arena = tx_arena(tx);
	struct item_list kept = { 0 };
	struct config_change *changes;
	struct config *config = arena_alloc(arena, sizeof(*config));
	int64_t version;
	size_t n;

	if (config_items(tx_view(tx), actor, NULL, &kept.items, &kept.count, err) < 0 ||
	    read_version(tx_view(tx), actor->workspace, &version, err) < 0)
		return -1;
	changes = arena_array(arena, count + kept.count + 1, sizeof(*changes));
	n = compare_items(arena, &kept, items, count, is_prune, changes);
	if (n == 0)
		return 0;
	version++;
	for (size_t i = 0; i < n; i++) {
		const struct kept_item *before =
			find_item(&kept, changes[i].kind, changes[i].name);

		if (write_change(tx, actor, version, &changes[i],
				 before ? before->id : tx_id(tx), err) < 0)
			return error_wrap(err, "%s %s", changes[i].kind, changes[i].name);
	}
	if (db_write(tx_view(tx)->db,
		     "UPDATE workspace SET config_version = $1 WHERE id = $2",
		     DB_VALUES(db_int(version), db_int(actor->workspace)), err) < 0)
		return -1;
	/* The whole that results must make sense, or nothing is written. */
	if (config_at(tx_view(tx), actor->workspace, version, arena, config, err) < 0)
		return -1;
	return (int)n;
}
