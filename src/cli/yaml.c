/* yaml.c - YAML files as JSON, read strictly, with positions. Threads: pure, but for
 * yaml_read(). */
#include "cli/yaml.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "model/place.h"

/* One value and the way to it. */
struct node {
	size_t parent;    /* of the nodes; the first is its own */
	const char *name; /* of a member, or NULL: */
	size_t index;     /* an element */
	struct yaml_position at;
};

struct yaml {
	const char *file;
	json_t *json;
	struct node *nodes;
	size_t count, room;
};

struct reader {
	struct arena *arena;
	struct yaml *yaml;
	const char *text;
	size_t len;
	yaml_parser_t parser;
	yaml_event_t event; /* the current one; of type 0 before the first */
	int depth;
	struct error *err;
};

static int fail_at(struct reader *r, yaml_mark_t mark, enum error_code code,
		   const char *format, ...) PRINTF_LIKE(4, 5);

static int fail_at(struct reader *r, yaml_mark_t mark, enum error_code code,
		   const char *format, ...)
{
	va_list args;
	const char *what;

	va_start(args, format);
	what = arena_vprintf(r->arena, format, args);
	va_end(args);
	return error_set(r->err, code, "%s:%zu:%zu: %s", r->yaml->file, mark.line + 1,
			 mark.column + 1, what);
}

/* The byte at a mark of libyaml's, which counts characters; NUL past the end. */
static char byte_at(const struct reader *r, yaml_mark_t mark)
{
	const char *at = r->text, *end = r->text + r->len;

	for (size_t line = 0; at < end && line < mark.line; at++)
		line += *at == '\n';
	for (size_t column = 0; at < end && column < mark.column; column++)
		for (at++; at < end && (*at & 0xC0) == 0x80;)
			at++;
	return at < end ? *at : '\0';
}

static int fail_syntax(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "not YAML";

	if (p->error == YAML_READER_ERROR)
		return error_set(r->err, ERR_INVALID, "%s: byte %zu: %s", r->yaml->file,
				 p->problem_offset, problem);
	if (strstr(problem, "tab character") ||
	    (strstr(problem, "cannot start any token") &&
	     byte_at(r, p->problem_mark) == '\t'))
		return fail_at(r, p->problem_mark, ERR_INVALID,
			       "a tab cannot indent: use blanks");
	if (p->context)
		return fail_at(r, p->problem_mark, ERR_INVALID, "%s %s", problem, p->context);
	return fail_at(r, p->problem_mark, ERR_INVALID, "%s", problem);
}

/* Goes on to the next event, which is in r->event until the next call. */
static int next(struct reader *r)
{
	yaml_event_delete(&r->event);
	if (!yaml_parser_parse(&r->parser, &r->event))
		return fail_syntax(r);
	return 0;
}

static int add_node(struct reader *r, size_t parent, const char *name, size_t index)
{
	struct yaml *yaml = r->yaml;
	yaml_mark_t mark = r->event.start_mark;

	if (yaml->count == YAML_ELEMENTS_MAX)
		return fail_at(r, mark, ERR_LIMIT, "more than %d values", YAML_ELEMENTS_MAX);
	if (yaml->count == yaml->room) {
		size_t room = yaml->room ? yaml->room * 2 : 64;
		struct node *nodes = arena_array(r->arena, room, sizeof(*nodes));

		if (yaml->count > 0)
			memcpy(nodes, yaml->nodes, yaml->count * sizeof(*nodes));
		yaml->nodes = nodes;
		yaml->room = room;
	}
	yaml->nodes[yaml->count++] = (struct node){
		parent, name, index, { mark.line + 1, mark.column + 1 }
	};
	return 0;
}

/* Gives a new value to its parent, or to the arena when it is the first. */
static void attach(struct reader *r, json_t *parent, const char *name, json_t *json)
{
	if (!parent)
		r->yaml->json = json_keep(r->arena, json);
	else if (name)
		json_object_set_new(parent, name, json);
	else
		json_array_append_new(parent, json);
}

static bool is_json_number(const char *text)
{
	static const char digits[] = "0123456789";

	text += *text == '-';
	if (*text == '0')
		text++;
	else if (!strspn(text, digits))
		return false;
	else
		text += strspn(text, digits);
	if (*text == '.') {
		if (!strspn(++text, digits))
			return false;
		text += strspn(text, digits);
	}
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '+' || *text == '-';
		if (!strspn(text, digits))
			return false;
		text += strspn(text, digits);
	}
	return !*text;
}

/* The number that the text is, or NULL when it must stay text. */
static json_t *number_of(const char *text)
{
	int64_t integer;
	double real;

	if (!is_json_number(text))
		return NULL;
	if (text_int(text, &integer))
		return json_integer(integer);
	if (!strpbrk(text, ".eE"))
		return NULL;
	real = strtod(text, NULL);
	return isfinite(real) ? json_real(real) : NULL;
}

static json_t *plain_value(const char *text)
{
	json_t *number = number_of(text);

	if (number)
		return number;
	if (!*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0)
		return json_null();
	if (strcmp(text, "true") == 0)
		return json_true();
	if (strcmp(text, "false") == 0)
		return json_false();
	return json_string(text);
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Refuses what makes one place of a file mean another. */
static int check_plainness(struct reader *r)
{
	const yaml_event_t *e = &r->event;
	const unsigned char *anchor = NULL, *tag = NULL;

	if (e->type == YAML_SCALAR_EVENT) {
		anchor = e->data.scalar.anchor;
		tag = e->data.scalar.tag;
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = e->data.sequence_start.anchor;
		tag = e->data.sequence_start.tag;
	} else if (e->type == YAML_MAPPING_START_EVENT) {
		anchor = e->data.mapping_start.anchor;
		tag = e->data.mapping_start.tag;
	}
	if (anchor || e->type == YAML_ALIAS_EVENT)
		return fail_at(r, e->start_mark, ERR_INVALID,
			       "anchors and aliases (&, *) are not taken: write it out, or put "
			       "the text in quotes");
	if (tag)
		return fail_at(r, e->start_mark, ERR_INVALID,
			       "tags (!) are not taken; put the text in quotes");
	return 0;
}

static int check_text(struct reader *r)
{
	const char *text = (const char *)r->event.data.scalar.value;

	if (!text_is_utf8(text, r->event.data.scalar.length))
		return fail_at(r, r->event.start_mark, ERR_INVALID, "holds a NUL");
	return 0;
}

static int read_value(struct reader *r, json_t *parent, const char *name, size_t node);

static int read_scalar(struct reader *r, json_t *parent, const char *name)
{
	const char *text = (const char *)r->event.data.scalar.value;

	if (check_text(r) < 0)
		return -1;
	attach(r, parent, name, is_plain(&r->event) ? plain_value(text) : json_string(text));
	return 0;
}

static int read_list(struct reader *r, json_t *list, size_t node)
{
	for (size_t i = 0;; i++) {
		if (next(r) < 0)
			return -1;
		if (r->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (add_node(r, node, NULL, i) < 0 ||
		    read_value(r, list, NULL, r->yaml->count - 1) < 0)
			return -1;
	}
}

/* The key that the current event is, or NULL. */
static const char *read_key(struct reader *r, const json_t *object)
{
	const char *text = (const char *)r->event.data.scalar.value;
	yaml_mark_t mark = r->event.start_mark;
	json_t *value;
	bool is_text;

	if (check_plainness(r) < 0)
		return NULL;
	if (r->event.type != YAML_SCALAR_EVENT) {
		fail_at(r, mark, ERR_INVALID, "a name must be text");
		return NULL;
	}
	if (check_text(r) < 0)
		return NULL;
	value = is_plain(&r->event) ? plain_value(text) : json_string(text);
	is_text = json_is_string(value);
	json_decref(value);
	if (!is_text) {
		fail_at(r, mark, ERR_INVALID, "a name must be text: put %s in quotes",
			*text ? place_quoted(r->arena, text) : "it");
		return NULL;
	}
	if (json_object_get(object, text)) {
		fail_at(r, mark, ERR_INVALID, "\"%s\" stands there twice",
			place_quoted(r->arena, text));
		return NULL;
	}
	return arena_strdup(r->arena, text);
}

static int read_members(struct reader *r, json_t *object, size_t node)
{
	for (;;) {
		const char *name;

		if (next(r) < 0)
			return -1;
		if (r->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		name = read_key(r, object);
		if (!name || add_node(r, node, name, 0) < 0)
			return -1;
		if (next(r) < 0 || read_value(r, object, name, r->yaml->count - 1) < 0)
			return -1;
	}
}

/* Reads the value that begins with the current event. */
static int read_value(struct reader *r, json_t *parent, const char *name, size_t node)
{
	json_t *json;
	int rc;

	if (check_plainness(r) < 0)
		return -1;
	if (r->event.type == YAML_SCALAR_EVENT)
		return read_scalar(r, parent, name);
	if (r->depth == YAML_DEPTH_MAX)
		return fail_at(r, r->event.start_mark, ERR_LIMIT, "nested deeper than %d levels",
			       YAML_DEPTH_MAX);
	r->depth++;
	json = r->event.type == YAML_SEQUENCE_START_EVENT ? json_array() : json_object();
	attach(r, parent, name, json);
	rc = json_is_array(json) ? read_list(r, json, node) : read_members(r, json, node);
	r->depth--;
	return rc;
}

/* Reads the one document of the stream. */
static int read_document(struct reader *r)
{
	if (next(r) < 0 || next(r) < 0) /* the stream's start, then the document's */
		return -1;
	if (r->event.type != YAML_DOCUMENT_START_EVENT)
		return error_set(r->err, ERR_INVALID, "%s: is empty", r->yaml->file);
	if (next(r) < 0 || add_node(r, 0, NULL, 0) < 0 || read_value(r, NULL, NULL, 0) < 0 ||
	    next(r) < 0 || next(r) < 0) /* the document's end, then the stream's */
		return -1;
	if (r->event.type != YAML_STREAM_END_EVENT)
		return fail_at(r, r->event.start_mark, ERR_INVALID,
			       "a second document: a file holds one");
	return 0;
}

int yaml_parse(struct arena *arena, const char *file, const char *text, size_t len,
	       struct yaml **yaml, struct error *err)
{
	struct reader r = { .arena = arena, .text = text, .len = len, .err = err };
	int rc;

	if (len > YAML_BYTES_MAX)
		return error_set(err, ERR_LIMIT, "%s: larger than %u bytes", file,
				 YAML_BYTES_MAX);
	r.yaml = arena_alloc(arena, sizeof(*r.yaml));
	r.yaml->file = arena_strdup(arena, file);
	if (!yaml_parser_initialize(&r.parser))
		return error_set(err, ERR_INTERNAL, "%s: no memory for the parser", file);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	rc = read_document(&r);
	yaml_event_delete(&r.event);
	yaml_parser_delete(&r.parser);
	*yaml = rc < 0 ? NULL : r.yaml;
	return rc;
}

int yaml_read(struct arena *arena, const char *path, struct yaml **yaml, struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	FILE *file = is_input ? stdin : fopen(path, "re");
	char *text = arena_alloc(arena, YAML_BYTES_MAX + 1);
	size_t len;
	int failed;

	if (!file)
		return error_errno(err, path);
	errno = 0;
	len = fread(text, 1, YAML_BYTES_MAX + 1, file);
	failed = ferror(file) ? errno : 0;
	if (!is_input)
		fclose(file);
	if (failed) {
		errno = failed;
		return error_errno(err, path);
	}
	return yaml_parse(arena, is_input ? "standard input" : path, text, len, yaml, err);
}

const json_t *yaml_json(const struct yaml *yaml)
{
	return yaml->json;
}

const char *yaml_file(const struct yaml *yaml)
{
	return yaml->file;
}

/* Whether `path` is the way to the node, or ends with it: how many of its bytes the way
 * takes, or -1 when it goes elsewhere. */
static ptrdiff_t follow(const struct yaml *yaml, size_t index, const char *path)
{
	const struct node *node = &yaml->nodes[index];
	char step[32];
	ptrdiff_t len;
	size_t size;

	if (index == 0)
		return 0;
	len = follow(yaml, node->parent, path);
	if (len < 0)
		return -1;
	if (!node->name) {
		size = (size_t)snprintf(step, sizeof(step), "[%zu]", node->index);
		return strncmp(path + len, step, size) == 0 ? len + (ptrdiff_t)size : -1;
	}
	if (len > 0 && path[len++] != '.')
		return -1;
	size = strlen(node->name);
	return strncmp(path + len, node->name, size) == 0 ? len + (ptrdiff_t)size : -1;
}

struct yaml_position yaml_position(const struct yaml *yaml, const char *path)
{
	size_t best = 0;
	ptrdiff_t longest = 0;

	for (size_t i = 1; i < yaml->count; i++) {
		ptrdiff_t len = follow(yaml, i, path);

		/* Only whole names: "keys" is not around "keysize". */
		if (len > longest && (!path[len] || path[len] == '.' || path[len] == '[')) {
			longest = len;
			best = i;
		}
	}
	return yaml->nodes[best].at;
}

const char *yaml_message(struct arena *arena, const struct yaml *yaml, const char *path,
			 const char *message)
{
	struct yaml_position at = yaml_position(yaml, path);

	return arena_printf(arena, "%s:%zu:%zu: %s", yaml->file, at.line, at.column, message);
}
