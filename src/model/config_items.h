/* config_items.h - reads each kind of configuration item. Private to config*.c.
 * Threads: pure.
 *
 * Each _read fills a struct from an item's spec and records what is wrong with it by
 * itself; each _check, when all are read, what it refers to. `into` is the struct of the
 * kind; `place` the item. */
#ifndef MODEL_CONFIG_ITEMS_H
#define MODEL_CONFIG_ITEMS_H

#include "model/config.h"
#include "model/member.h"

typedef void config_read(const struct place *place, const struct config_item *item,
			 void *into);
typedef void config_check(const struct place *place, const struct config *config,
			  const void *into);

config_read settings_read, person_read, pool_read, source_read, connection_read,
	mapping_item_read, sync_read, score_read, route_read;
config_check person_check, pool_check, connection_check, mapping_check, sync_check,
	route_check;

/* Reads `when`, one condition or a list of them, into *when and *count. */
void conditions_read(const struct place *place, struct condition **when, size_t *count);

extern const struct settings settings_default;

/* The source that every workspace has. Country and time zone of a source are filled in
 * from the settings when all is read. */
void source_read_builtin_api(struct source *source);

/* Checks that the place is {env: NAME} or {file: PATH}. */
void config_check_secret_source(const struct place *place);

/* Records that `name`, found at the place, is no `kind` of the workspace. */
void config_fault_reference(const struct place *place, const char *kind, const char *name,
			    const char *const *known, size_t count);
void config_check_person(const struct place *place, const struct config *config,
			 const char *name);

#endif
