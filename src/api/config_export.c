/* config_export.c - /v1/config: the workspace as the file that would make it so. Secrets
 * stand in it as they were named, never themselves. Threads: handlers. */
#include <string.h>

#include "api/internal.h"
#include "base/json.h"

static int read_items(struct view *view, const struct actor *actor,
		      struct config_item **items, size_t *count, struct error *err)
{
	struct arena *arena = view_arena(view);
	struct kept_item *kept;

	if (config_items(view, actor, NULL, &kept, count, err) < 0)
		return -1;
	*items = arena_array(arena, *count + 1, sizeof(**items));
	for (size_t i = 0; i < *count; i++) {
		json_t *spec = json_parse(arena, kept[i].spec, strlen(kept[i].spec),
					  &json_limits_large, err);

		if (!spec)
			return error_wrap(err, "%s %s", kept[i].kind, kept[i].name);
		(*items)[i] = (struct config_item){ .kind = kept[i].kind,
						    .name = kept[i].name, .spec = spec };
	}
	return 0;
}

static int export(struct api_call *call, struct view *view, struct out *out,
		  struct error *err)
{
	struct config_item *items;
	size_t count;

	if (read_items(view, &call->actor, &items, &count, err) < 0)
		return -1;
	out_open(out, NULL, '{');
	out_int(out, "config_version", api_config(call)->version);
	out_json(out, "workspace", json_keep(call->arena, config_join(items, count)));
	out_close(out, '}');
	return 0;
}

void api_config_export(struct api_call *call)
{
	if (api_config(call))
		api_read(call, export);
}
