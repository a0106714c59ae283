/* difference.c - what two JSON values differ in. Threads: the main thread. */
#include "cli/difference.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/print.h"
#include "cli/yaml_write.h"

#define VALUE_MAX (1u << 20)

struct difference {
	struct arena *arena;
	size_t indent;
};

static const char *flow(struct arena *arena, const json_t *json)
{
	struct buf buf;

	buf_init(&buf, arena, VALUE_MAX);
	buf_add_yaml_flow(&buf, json);
	return shown(arena, buf.text);
}

static void print_one(const struct difference *d, const char *path, const json_t *before,
		      const json_t *after)
{
	printf("%*s%s", (int)d->indent, "", before && after ? "~ " : after ? "+ " : "- ");
	if (*path)
		printf("%s: ", shown(d->arena, path));
	if (before)
		fputs(flow(d->arena, before), stdout);
	if (before && after)
		fputs(" -> ", stdout);
	if (after)
		fputs(flow(d->arena, after), stdout);
	putchar('\n');
}

static void compare(const struct difference *d, const char *path, const json_t *before,
		    const json_t *after);

static const char *member_path(struct arena *arena, const char *path, const char *name)
{
	return arena_printf(arena, "%s%s%s", path, *path ? "." : "", name);
}

static void compare_objects(const struct difference *d, const char *path,
			    const json_t *before, const json_t *after)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)before, name, value)
		compare(d, member_path(d->arena, path, name), value,
			json_object_get(after, name));
	json_object_foreach((json_t *)after, name, value)
		if (!json_object_get(before, name))
			compare(d, member_path(d->arena, path, name), NULL, value);
}

/* What an element of a list is known by, or NULL. */
static const char *name_of(const json_t *item)
{
	const char *name = json_string_of(item, "name");

	return name ? name : json_string_of(item, "to");
}

static const json_t *find_named(const json_t *list, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (text_equal(name_of(item), name))
			return item;
	return NULL;
}

static bool has_names(const json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (!name_of(item) || find_named(list, name_of(item)) != item)
			return false;
	return true;
}

static void compare_named(const struct difference *d, const char *path, const json_t *before,
			  const json_t *after)
{
	json_t *item;
	size_t i;

	json_array_foreach((json_t *)before, i, item)
		compare(d, arena_printf(d->arena, "%s[%s]", path, name_of(item)), item,
			find_named(after, name_of(item)));
	json_array_foreach((json_t *)after, i, item)
		if (!find_named(before, name_of(item)))
			compare(d, arena_printf(d->arena, "%s[%s]", path, name_of(item)), NULL,
				item);
}

static void compare_lists(const struct difference *d, const char *path, const json_t *before,
			  const json_t *after)
{
	size_t nbefore = json_array_size(before), nafter = json_array_size(after);

	if (!json_is_object(json_array_get(before, 0)) &&
	    !json_is_object(json_array_get(after, 0))) {
		print_one(d, path, before, after); /* short words: whole */
		return;
	}
	if (has_names(before) && has_names(after)) {
		compare_named(d, path, before, after);
		return;
	}
	for (size_t i = 0; i < nbefore || i < nafter; i++)
		compare(d, arena_printf(d->arena, "%s[%zu]", path, i),
			json_array_get(before, i), json_array_get(after, i));
}

static void compare(const struct difference *d, const char *path, const json_t *before,
		    const json_t *after)
{
	if (before && after && json_equal(before, after))
		return;
	if (json_is_object(before) && json_is_object(after))
		compare_objects(d, path, before, after);
	else if (json_is_array(before) && json_is_array(after))
		compare_lists(d, path, before, after);
	else
		print_one(d, path, before, after);
}

void print_differences(struct arena *arena, size_t indent, const json_t *before,
		       const json_t *after)
{
	struct difference d = { arena, indent };

	compare(&d, "", json_is_null(before) ? NULL : before,
		json_is_null(after) ? NULL : after);
}
