/* workspace.c - a workspace's row, and the key of its hashes. Threads: adding by one; keys
 * by any. */
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "store/configs.h"
#include "store/internal.h"

#define HASH_KEYS_MAX 64

/* Hash keys never change, so each is opened once. */
struct hash_keys {
	pthread_mutex_t lock;
	struct {
		int64_t workspace;
		struct hash_key key;
	} kept[HASH_KEYS_MAX];
	size_t count;
};

struct hash_keys *hash_keys_new(void)
{
	struct hash_keys *keys = calloc(1, sizeof(*keys));

	if (!keys)
		abort();
	pthread_mutex_init(&keys->lock, NULL);
	return keys;
}

void hash_keys_free(struct hash_keys *keys)
{
	pthread_mutex_destroy(&keys->lock);
	sodium_memzero(keys, sizeof(*keys));
	free(keys);
}

const char *place_of_hash_key(struct arena *arena, int64_t workspace)
{
	return arena_printf(arena, "%lld|workspace|%lld|hash_key|", (long long)workspace,
			    (long long)workspace);
}

int workspace_add(struct db *db, const struct keyring *keyring, int64_t id,
		  const char *name, int64_t now, struct error *err)
{
	static const unsigned char no_head[32];
	struct arena *arena = arena_new();
	struct hash_key key = hash_key_new();
	unsigned char *sealed;
	int64_t added;
	size_t len;
	int rc;

	sealed = seal(arena, keyring, place_of_hash_key(arena, id), key.bytes, sizeof(key.bytes), &len);
	sodium_memzero(&key, sizeof(key));
	rc = db_find_int(db,
			 "INSERT INTO workspace (id, name, created_at, config_version,"
			 " hash_key, audit_seq, audit_head) VALUES ($1, $2, $3, 0, $4, 0, $5)"
			 " ON CONFLICT DO NOTHING RETURNING id",
			 DB_VALUES(db_int(id), db_text(name), db_int(now), db_bytes(sealed, len),
				   db_bytes(no_head, sizeof(no_head))),
			 &added, err);
	arena_free(arena);
	return rc;
}

static int open_hash_key(struct view *view, int64_t workspace, struct hash_key *key,
			 struct error *err)
{
	struct secret secret;
	struct db_rows *rows;
	const void *sealed = NULL;
	size_t len = 0;
	int rc;

	if (db_query(view->db, "SELECT hash_key FROM workspace WHERE id = $1",
		     DB_VALUES(db_int(workspace)), &rows, err) < 0)
		return -1;
	rc = db_next(rows, err);
	if (rc == 1)
		sealed = db_column_bytes(rows, 0, view->arena, &len);
	db_done(rows);
	if (rc < 0)
		return -1;
	if (rc == 0)
		return error_set(err, ERR_NOT_FOUND, "no such workspace");
	if (seal_open(store_keyring(view->store), place_of_hash_key(view->arena, workspace),
		      sealed, len, &secret, err) < 0)
		return error_wrap(err, "workspace %lld: hash key", (long long)workspace);
	rc = secret.len == sizeof(key->bytes) ? 0 : -1;
	if (rc == 0)
		memcpy(key->bytes, secret.text, sizeof(key->bytes));
	secret_close(&secret);
	return rc < 0 ? error_set(err, ERR_INTERNAL, "the hash key has another length") : 0;
}

static bool find_kept_key(struct hash_keys *keys, int64_t workspace, struct hash_key *key)
{
	bool is_found = false;

	pthread_mutex_lock(&keys->lock);
	for (size_t i = 0; i < keys->count && !is_found; i++) {
		is_found = keys->kept[i].workspace == workspace;
		if (is_found)
			*key = keys->kept[i].key;
	}
	pthread_mutex_unlock(&keys->lock);
	return is_found;
}

static void keep_key(struct hash_keys *keys, int64_t workspace, const struct hash_key *key)
{
	pthread_mutex_lock(&keys->lock);
	if (keys->count < HASH_KEYS_MAX) {
		keys->kept[keys->count].workspace = workspace;
		keys->kept[keys->count++].key = *key;
	}
	pthread_mutex_unlock(&keys->lock);
}

int workspace_hash_key(struct view *view, int64_t workspace, struct hash_key *key,
		       struct error *err)
{
	struct hash_keys *keys = store_hash_keys(view->store);

	if (find_kept_key(keys, workspace, key))
		return 0;
	if (open_hash_key(view, workspace, key, err) < 0)
		return -1;
	keep_key(keys, workspace, key);
	return 0;
}

int workspace_list_any_workspace(struct view *view, int64_t **ids, size_t *count,
				 struct error *err)
{
	enum { WORKSPACES_MAX = 10000 };
	struct db_rows *rows;
	int more;

	*ids = arena_array(view->arena, WORKSPACES_MAX, sizeof(**ids));
	*count = 0;
	if (db_query(view->db, "SELECT id FROM workspace ORDER BY id LIMIT 10000", DB_NONE,
		     &rows, err) < 0)
		return -1;
	while ((more = db_next(rows, err)) == 1)
		(*ids)[(*count)++] = db_column_int(rows, 0);
	db_done(rows);
	return more;
}

int workspace_add_any_workspace(struct tx *tx, const char *name, int64_t *id,
				struct error *err)
{
	int added;

	if (db_find_int(tx_view(tx)->db, "SELECT COALESCE(MAX(id), 0) + 1 FROM workspace",
			DB_NONE, id, err) < 0)
		return -1;
	added = workspace_add(tx_view(tx)->db, tx_keyring(tx), *id, name, tx_now(tx), err);
	if (added == 0)
		return error_set(err, ERR_CONFLICT, "there is a workspace \"%s\" already", name);
	return added < 0 ? -1 : 0;
}
