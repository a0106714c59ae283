/* mapping_check.c - whether a mapping can work. Threads: pure, but for the view. */
#include "api/mapping_check.h"

#include "base/text.h"
#include "connectors/registry.h"
#include "store/deliveries.h"

static int find_catalog(struct arena *arena, struct view *view, const struct config *config,
			const struct mapping *mapping, struct mapping_check *check,
			struct error *err)
{
	struct catalog *catalog = arena_alloc(arena, sizeof(*catalog));
	int found = 0;

	if (check->connector && check->connector->describe)
		found = catalog_find_kept(view, config->workspace, check->connection->id,
					  mapping->object, catalog, err);
	check->catalog = found == 1 ? catalog : NULL;
	return found < 0 ? -1 : 0;
}

int mapping_can_work(struct arena *arena, struct view *view, const struct config *config,
		  const struct mapping *mapping, struct mapping_check *check,
		  struct error *err)
{
	struct mapping_ground ground;

	*check = (struct mapping_check){
		.connection = config_connection(config, mapping->connection),
	};
	if (check->connection)
		check->connector = connector_of(arena, check->connection);
	if (find_catalog(arena, view, config, mapping, check, err) < 0)
		return -1;
	ground = (struct mapping_ground){ check->catalog, check->connector,
					  check->connection };
	return mapping_compile(arena, mapping, &ground, &check->compiled, &check->errors,
			       &check->warnings) == 0;
}

bool mapping_check_is_blind(const struct mapping_check *check)
{
	return !check->connector || (check->connector->describe && !check->catalog);
}
