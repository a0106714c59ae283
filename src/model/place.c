/* place.c - a value within an item of the configuration, and what is wrong there.
 * Threads: pure. */
#include "model/place.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "model/member_form.h"

struct place place_member(const struct place *parent, const char *name)
{
	const json_t *json = json_object_get(parent->json, name);

	return (struct place){ parent->reader, parent, name, 0,
			       json_is_null(json) ? NULL : json };
}

struct place place_element(const struct place *parent, size_t index)
{
	return (struct place){ parent->reader, parent, NULL, index,
			       json_array_get(parent->json, index) };
}

static void add_way(struct buf *buf, const struct place *place)
{
	if (!place->parent)
		return;
	add_way(buf, place->parent);
	if (!place->name)
		buf_addf(buf, "[%zu]", place->index);
	else
		buf_addf(buf, "%s%s", buf->len > 0 ? "." : "",
			 place_quoted(place->reader->arena, place->name));
}

static const char *way_to(const struct place *place)
{
	struct buf buf;

	buf_init(&buf, place->reader->arena, 4096);
	add_way(&buf, place);
	return buf_text(&buf);
}

/* Joins the item's path in the file and a way within the item. */
static const char *path_of(const struct place_reader *reader, const char *way)
{
	if (!reader->path)
		return way;
	if (!*way)
		return reader->path;
	return arena_printf(reader->arena, "%s%s%s", reader->path, *way == '[' ? "" : ".", way);
}

/* A problem at `place`, told about `about`: that or the object around it. */
static void add_fault(const struct place *place, const struct place *about,
		      const char *code, const char *what)
{
	const struct place_reader *reader = place->reader;
	const char *way = way_to(about);

	problem_add(reader->problems, path_of(reader, way_to(place)), code,
		    arena_printf(reader->arena, "%s: %s%s%s", reader->title, way,
				 *way ? ": " : "", what),
		    NULL);
}

void place_fault(const struct place *place, const char *code, const char *format, ...)
{
	const char *what;
	va_list args;

	va_start(args, format);
	what = arena_vprintf(place->reader->arena, format, args);
	va_end(args);
	add_fault(place, place, code, what);
}

void place_fault_near(const struct place *place, const char *code, const char *near,
		      const char *format, ...)
{
	struct arena *arena = place->reader->arena;
	const char *what;
	va_list args;

	va_start(args, format);
	what = arena_vprintf(arena, format, args);
	va_end(args);
	if (near)
		what = arena_printf(arena, "%s; did you mean \"%s\"?", what, near);
	add_fault(place, place, code, what);
}

#define PLAIN_MAX 64 /* bytes of a name that may stand in a path */

void place_fault_unknown(const struct place *object, const char *name,
			  const char *const *known, size_t count)
{
	struct place member = place_member(object, name);
	const char *near = text_nearest(name, known, count);
	struct arena *arena = object->reader->arena;
	const char *what = arena_printf(arena, "unknown member \"%s\"",
					place_quoted(arena, name));

	if (near)
		what = arena_printf(arena, "%s; did you mean \"%s\"?", what, near);
	/* A name of any length and letters may come: only a plain one is a path. */
	add_fault(form_is_name(name) && strlen(name) <= PLAIN_MAX ? &member : object,
		  object, "unknown_member", what);
}

void place_fault_error(const struct place *place, const struct error *err)
{
	const struct place_reader *reader = place->reader;
	const char *at = err->message;
	struct buf way;

	buf_init(&way, reader->arena, 4096);
	add_way(&way, place);
	for (;;) {
		size_t len = strspn(at, "abcdefghijklmnopqrstuvwxyz_0123456789[].");

		if (len == 0 || strncmp(at + len, ": ", 2) != 0)
			break;
		if (way.len > 0)
			buf_addc(&way, '.');
		buf_addn(&way, at, len);
		at += len + 2;
	}
	problem_add(reader->problems, path_of(reader, buf_text(&way)), "invalid",
		    arena_printf(reader->arena, "%s: %s", reader->title, err->message), NULL);
}

void place_fault_problem(const struct place *place, const struct problem *problem)
{
	const struct place_reader *reader = place->reader;
	const char *way = way_to(place), *rest = problem->field ? problem->field : "";

	if (*way && *rest)
		way = arena_printf(reader->arena, "%s%s%s", way, *rest == '[' ? "" : ".", rest);
	else if (*rest)
		way = arena_strdup(reader->arena, rest);
	problem_add(reader->problems, path_of(reader, way), problem->code,
		    arena_printf(reader->arena, "%s: %s%s%s", reader->title, way,
				 *way ? ": " : "", problem->message),
		    problem->instruction);
}

const char *place_quoted(struct arena *arena, const char *text)
{
	size_t len = 60;

	if (strlen(text) <= len)
		return text;
	while (((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	return arena_printf(arena, "%.*s...", (int)len, text);
}
