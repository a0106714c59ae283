/* config.h - a workspace's configuration as one immutable snapshot. Threads: pure;
 * a snapshot is shared between threads by reference count and never changes.
 *
 * Built from configuration items, the same JSON that workspace.yaml holds: one
 * object per item, by kind and name. Every item is checked when it is read, so that
 * nothing later has to ask whether it makes sense. */
#ifndef MODEL_CONFIG_H
#define MODEL_CONFIG_H

#include "model/connection.h"
#include "model/mapping.h"
#include "model/source.h"
#include "model/submission.h"

enum condition_op { OP_IS, OP_IS_NOT, OP_IN, OP_CONTAINS, OP_STARTS, OP_EXISTS, OP_MISSING,
		    OP_MORE, OP_LESS };

struct condition {
	const char *field;
	enum condition_op op;
	struct value value;   /* a list for OP_IN; a number for more and less */
	const char **items;   /* of OP_IN: the list's, ready to compare; may be NULL */
	size_t nitems;
};

struct score_rule {
	const char *name;
	struct condition *when; /* all must hold; none: always */
	size_t nwhen;
	int points;
	const char *reason;     /* for people */
};

struct person {
	int64_t id;
	const char *name, *email;
	const json_t *users;    /* {connection: user id there}, or NULL */
};

struct pool {
	int64_t id;
	const char *name;
	const char **people;    /* in turn */
	size_t npeople;
};

struct route {
	int64_t id;
	const char *name;
	struct condition *when;
	size_t nwhen;
	const char *pool, *owner; /* one of them: a pool in turn, or a fixed person */
};

struct settings {
	int64_t enquiry_window_ms;  /* 30 days */
	int64_t raw_days, rejected_days, body_days; /* 90, 30, 30 */
	const char *default_country;
	const char *time_zone;
	const char *webhook_url;    /* where alerts go, or NULL */
	bool is_webhook_signed;     /* a secret is named for it */
	bool wait_for_lookup;       /* owner and alerts wait for the CRM; default on, 5 s */
};

struct config {
	int64_t workspace, version;
	struct hash_key hash_key;
	struct settings settings;
	struct person *people;
	size_t npeople;
	struct source *sources;
	size_t nsources;
	struct connection *connections;
	size_t nconnections;
	struct mapping *mappings;
	size_t nmappings;
	struct sync *syncs;
	size_t nsyncs;
	struct score_rule *score;
	size_t nscore;
	struct pool *pools;
	size_t npools;
	struct route *routes;
	size_t nroutes;
};

/* One stored item. */
struct config_item {
	int64_t id;
	const char *kind;    /* "source", "connection", "mapping", "sync", "score", "route",
				"pool", "person", "settings" */
	const char *name;
	int64_t version;     /* the configuration version it came with */
	const json_t *spec;
	const char *path;    /* where it stands in the file, "sources[0]"; NULL from the store */
};

/* The id of the source `api`, which is there without being configured. When an item
 * configures it, config_source_by_id() finds that under this id too. Ids that the store
 * makes are far greater. */
#define CONFIG_SOURCE_API_ID 1

/* Builds a snapshot in `arena` and checks it whole: every member of every item, every
 * name that an item refers to, and that no two connections own one field. Everything is
 * copied; the items may go. Errors (ERR_INVALID) name the item and the member:
 * `source website: keys[1]: unknown field "fone"; did you mean "phone"?`, and with the
 * item's path `sources[0] website: keys[1]: ...`. The order of items is free; of two
 * connections that own a field the later item's is refused.
 *
 * Not checked, since the model cannot know: whether there is such a connector, whether
 * its settings suffice, transforms, and whether a time zone exists. */
int config_build(struct arena *arena, int64_t workspace, int64_t version,
		 const struct hash_key *hash_key, const struct config_item *items,
		 size_t count, struct config *config, struct error *err);

/* The same, saying all that is wrong (up to PROBLEMS_MAX): each problem's `field` is the
 * JSON path in the file ("sources[0].keys[1]"; from a store's item "keys[1]"), `code` a
 * constant word, `message` the whole sentence as above. Returns -1 when there are any. */
int config_build_all(struct arena *arena, int64_t workspace, int64_t version,
		     const struct hash_key *hash_key, const struct config_item *items,
		     size_t count, struct config *config, struct problems *problems);

/* Cuts a whole workspace file (as JSON) into items, in an order in which each refers
 * only to those before it. Unknown members are errors with "did you mean". The items'
 * specs are what is stored (parts of `file`, not copied); `id` and `version` are 0. Each
 * item is checked by itself; what it refers to is config_build()'s, for it may be in the
 * store. Secrets stay in it only as {env: NAME} or {file: PATH}: the command resolves
 * them. */
int config_split(struct arena *arena, const json_t *file, struct config_item **items,
		 size_t *count, struct error *err);
int config_split_all(struct arena *arena, const json_t *file, struct config_item **items,
		     size_t *count, struct problems *problems);

/* The other way: puts items (of the store, by kind in the order of a file) together to the
 * JSON of a workspace file that config_split() cuts into the same. The caller's to
 * json_decref(); the specs are shared, not copied. */
json_t *config_join(const struct config_item *items, size_t count);

/* Adds what others find wrong with an item (a connector with its settings, mapping/ with
 * its transforms), with the item's path and title like config_build_all(). An error's
 * message may begin with members, "settings.find: unknown ..."; the fields of problems are
 * places in the item, "fields[2].via[0]", or NULL. */
void config_add_error(struct arena *arena, const struct config_item *item,
		      const struct error *err, struct problems *problems);
void config_add_problems(struct arena *arena, const struct config_item *item,
			 const struct problems *found, struct problems *problems);

/* Where a connection's secrets come from: `secret: {env: NAME}` is one without a name,
 * `secret: {client_secret: {env: A}, refresh_token: {file: B}}` are two. */
struct config_secret {
	const char *name; /* "" for the only one */
	const char *env, *file; /* one of them; the other is NULL */
};

#define CONFIG_SECRETS_MAX 8

/* The secrets that an item names, a connection or the settings (their webhook's), at most
 * CONFIG_SECRETS_MAX; texts are the item's. */
size_t config_item_secrets(const struct config_item *item,
			   struct config_secret secrets[CONFIG_SECRETS_MAX]);

const struct source *config_source(const struct config *config, const char *name);
const struct source *config_source_by_id(const struct config *config, int64_t id);
const struct connection *config_connection(const struct config *config, const char *name);
const struct connection *config_connection_by_id(const struct config *config, int64_t id);
const struct mapping *config_mapping(const struct config *config, const char *name);
const struct mapping *config_mapping_by_id(const struct config *config, int64_t id);
const struct sync *config_sync(const struct config *config, const char *mapping);
const struct person *config_person(const struct config *config, const char *name);
const struct pool *config_pool(const struct config *config, const char *name);

const char *condition_op_name(enum condition_op op);
bool condition_op_parse(const char *name, enum condition_op *op);

/* Whether all conditions hold; `value_of` looks a field up. Texts are compared without
 * regard to the case of ASCII letters, two numbers by their size; of a list (several
 * choices) any item may be meant. An absent or empty value is, contains and starts with
 * nothing, is neither more nor less, and `is_not` whatever it is compared with. */
typedef struct value condition_value_of(void *context, const char *field);
bool conditions_hold(const struct condition *when, size_t count,
		     condition_value_of *value_of, void *context);

#endif
