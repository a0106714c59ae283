/* configs.h - the configuration's items, versions and snapshots; tokens; workspaces.
 * Threads: see store.h; a snapshot may be held by any. */
#ifndef STORE_CONFIGS_H
#define STORE_CONFIGS_H

#include "model/config.h"
#include "store/store.h"

/* ---- Snapshots ---- */

/* A reference to the workspace's current configuration; give it back with
 * snapshot_release(). NULL and `err` when the workspace is not there or the store
 * fails. Cheap: no store access while nothing has changed. */
struct snapshot;
struct snapshot *snapshot_get(struct store *store, int64_t workspace, struct error *err);
const struct config *snapshot_config(const struct snapshot *snapshot);
struct snapshot *snapshot_hold(struct snapshot *snapshot); /* one more reference */
void snapshot_release(struct snapshot *snapshot);

/* Makes the next snapshot_get() look at the version again. Called when a configuration
 * unit has committed, and each second for what other processes changed. */
void snapshot_expire(struct store *store);

/* The configuration as it was at a version, in `arena`: to make a decision again. */
int config_at(struct view *view, int64_t workspace, int64_t version, struct arena *arena,
	      struct config *config, struct error *err);

/* The same as it is now, inside a transaction too. */
int config_current(struct view *view, int64_t workspace, struct arena *arena,
		   struct config *config, struct error *err);

/* ---- Items ---- */

struct kept_item {
	int64_t id, version;
	const char *kind, *name, *spec;
};

/* The current items, by kind in the order of a workspace file; kind NULL: all. */
int config_items(struct view *view, const struct actor *actor, const char *kind,
		 struct kept_item **items, size_t *count, struct error *err);

/* One version of an item; they are numbered by the configuration's. */
struct kept_version {
	int64_t id, version, at; /* at: when it was saved, ms since 1970 */
	int64_t until;           /* the version that replaced or removed it; 0: it is current */
	const char *spec;
};

#define CONFIG_VERSIONS_MAX 1000

/* The versions of an item, newest first, also of one that was removed; the latest
 * CONFIG_VERSIONS_MAX. */
int config_versions(struct view *view, const struct actor *actor, const char *kind,
		    const char *name, struct kept_version **versions, size_t *count,
		    struct error *err);

struct config_change {
	const char *kind, *name;
	enum { CONFIG_ADDED, CONFIG_CHANGED, CONFIG_REMOVED } what;
	const char *before, *after; /* canonical JSON of the specs, or NULL */
};

/* What applying `items` would change; with is_prune what is absent is removed. */
int config_plan(struct view *view, const struct actor *actor,
		const struct config_item *items, size_t count, bool is_prune,
		struct config_change **changes, size_t *nchanges, struct error *err);

/* The configuration that applying `items` would give, in `view`'s arena: all that is wrong with
 * it goes to `problems`, as config_build_all() says it; what was refused is left out of
 * `config` or half there. Items that would change have the version config->version. 0 also
 * with problems; -1 the store failed. */
int config_try(struct view *view, const struct actor *actor, const struct config_item *items,
	       size_t count, bool is_prune, struct config *config, struct problems *problems,
	       struct error *err);

/* Applies them: checks the whole configuration that results (config_build), writes the
 * new versions, one audit entry per item. Returns how many changed; with none the
 * version stays. New items get ids; a form source gets an address. */
int config_apply(struct tx *tx, const struct actor *actor, const struct config_item *items,
		 size_t count, bool is_prune, struct error *err);

/* ---- Tokens ---- */

#define TOKEN_TEXT_SIZE 64

enum scope { SCOPE_INGEST = 1, SCOPE_READ = 2, SCOPE_ADMIN = 4 };

struct token {
	int64_t id, workspace, created_at, expires_at, revoked_at;
	const char *name;
	unsigned scopes;
	const char *source; /* the source that its leads come from unless they say, or NULL */
};

bool scopes_parse(const char *text, unsigned *scopes); /* "ingest,read,admin" */
const char *scopes_text(unsigned scopes, struct arena *arena);

/* Makes a token; its text, shown once, goes to `text`. */
int token_add(struct tx *tx, const struct actor *actor, const struct token *token,
	      char text[TOKEN_TEXT_SIZE], int64_t *id, struct error *err);
int token_revoke(struct tx *tx, const struct actor *actor, int64_t id, struct error *err);
int token_list(struct view *view, const struct actor *actor, struct token **tokens,
	       size_t *count, struct error *err);

/* The token that a text is, whatever its workspace; 1 found and usable, 0 not. */
int token_find_any_workspace(struct view *view, const char *text, int64_t now,
			     struct token *token, struct error *err);

/* The workspace and source behind /in/ADDRESS; 1 found, 0 not. */
int source_find_any_workspace(struct view *view, const char *address, int64_t *workspace,
			      int64_t *source, struct error *err);

/* The address that was made for a source; 1 found, 0 not. */
int source_address_find(struct view *view, const struct actor *actor, int64_t source,
			const char **address, struct error *err);

/* ---- Workspaces ---- */

int workspace_add_any_workspace(struct tx *tx, const char *name, int64_t *id,
				struct error *err);
int workspace_list_any_workspace(struct view *view, int64_t **ids, size_t *count,
				 struct error *err);

#endif
