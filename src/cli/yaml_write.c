/* yaml_write.c - JSON as YAML that a person would write. Threads: pure. */
#include "cli/yaml_write.h"

#include <string.h>

#include "base/json.h"
#include "base/text.h"

#define LINE_MAX_COLUMNS 84

/* ---- Scalars ---- */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Words that some reader of YAML takes for something else than text. Members that want
 * yes or no are written that way. */
static bool is_taken_word(const char *text)
{
	static const char *const words[] = { "true", "false", "null", "yes", "no",
					     "on",   "off",   "y",    "n" };
	static const char *const ours[] = { "yes", "no", "on", "off" };

	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		if (text_equal(text, ours[i]))
			return false;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_equal_nocase(text, words[i]))
			return true;
	return false;
}

static bool is_plain(const char *text)
{
	size_t len = strlen(text);

	if (!is_name_byte(text[0]) || text[len - 1] == ' ' || len > 200 || is_taken_word(text))
		return false;
	return strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			    "_-./@+() ") == len;
}

static void add_text(struct buf *buf, const char *text)
{
	if (is_plain(text))
		buf_add(buf, text);
	else
		buf_add_json(buf, text);
}

/* Member names of ours read as text even where a value would not: "on: yes". */
static void add_name(struct buf *buf, const char *name)
{
	if (*name && strspn(name, "abcdefghijklmnopqrstuvwxyz_") == strlen(name) &&
	    !text_equal(name, "true") && !text_equal(name, "false") && !text_equal(name, "null"))
		buf_add(buf, name);
	else
		add_text(buf, name);
}

static void add_scalar(struct buf *buf, const json_t *json)
{
	if (json_is_string(json))
		add_text(buf, json_string_value(json));
	else
		buf_add(buf, json_text(buf->arena, json));
}

/* ---- Order ---- */

/* What a person writes first. */
static const char *const firsts[] = { "version",    "name",   "kind",  "connector", "mapping",
				      "owner",      "connection", "object", "from", "to",
				      "via",        "field",  "op",    "value",     "email",
				      "trust",      "label",  "mode",  "when",      "points" };

/* The names of an object's members in the order to write them, ended by NULL. */
static const char **names_of(struct arena *arena, const json_t *object)
{
	const char **names = arena_array(arena, json_object_size(object) + 1, sizeof(*names));
	const char *name;
	json_t *value;
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_LEN(firsts); i++)
		if (json_object_get(object, firsts[i]))
			names[count++] = firsts[i];
	json_object_foreach((json_t *)object, name, value) {
		size_t i = 0;

		while (i < ARRAY_LEN(firsts) && !text_equal(firsts[i], name))
			i++;
		if (i == ARRAY_LEN(firsts))
			names[count++] = name;
	}
	return names;
}

/* ---- On one line ---- */

void buf_add_yaml_flow(struct buf *buf, const json_t *json)
{
	json_t *value;
	size_t i;

	if (json_is_array(json)) {
		buf_addc(buf, '[');
		json_array_foreach((json_t *)json, i, value) {
			buf_add(buf, i > 0 ? ", " : "");
			buf_add_yaml_flow(buf, value);
		}
		buf_addc(buf, ']');
	} else if (json_is_object(json)) {
		buf_addc(buf, '{');
		for (const char **name = names_of(buf->arena, json); *name; name++) {
			add_name(buf, *name);
			buf_add(buf, ": ");
			buf_add_yaml_flow(buf, json_object_get(json, *name));
			buf_add(buf, name[1] ? ", " : "");
		}
		buf_addc(buf, '}');
	} else {
		add_scalar(buf, json);
	}
}

static bool has_many_objects(const json_t *json)
{
	return json_array_size(json) > 1 && json_is_object(json_array_get(json, 0));
}

/* Whether a value stands better on the line of its name: what fits and is no list of
 * things, of which each has a line of its own. */
static bool fits(const struct buf *buf, const json_t *json, size_t column)
{
	struct buf line;

	if (!json_is_object(json) && !json_is_array(json))
		return true;
	if (has_many_objects(json))
		return false;
	buf_init(&line, buf->arena, LINE_MAX_COLUMNS * 4);
	buf_add_yaml_flow(&line, json);
	return !line.is_over && column + text_length(line.text) <= LINE_MAX_COLUMNS;
}

/* ---- In lines ---- */

static void add_blanks(struct buf *buf, size_t count)
{
	while (count-- > 0)
		buf_addc(buf, ' ');
}

/* The value behind "name:" or "-": on the line, or on lines below it. */
static void add_behind(struct buf *buf, const json_t *json, size_t column, size_t indent)
{
	if (fits(buf, json, column)) {
		buf_addc(buf, ' ');
		buf_add_yaml_flow(buf, json);
		buf_addc(buf, '\n');
		return;
	}
	buf_addc(buf, '\n');
	buf_add_yaml(buf, json, indent);
}

static void add_members(struct buf *buf, const json_t *object, size_t indent, bool is_begun)
{
	for (const char **name = names_of(buf->arena, object); *name; name++) {
		if (!is_begun)
			add_blanks(buf, indent);
		is_begun = false;
		add_name(buf, *name);
		buf_addc(buf, ':');
		add_behind(buf, json_object_get(object, *name), indent + strlen(*name) + 2,
			   indent + 2);
	}
}

void buf_add_yaml(struct buf *buf, const json_t *json, size_t indent)
{
	json_t *value;
	size_t i;

	if (json_is_object(json) && json_object_size(json) > 0) {
		add_members(buf, json, indent, false);
		return;
	}
	if (!json_is_array(json) || json_array_size(json) == 0) {
		add_blanks(buf, indent);
		buf_add_yaml_flow(buf, json);
		buf_addc(buf, '\n');
		return;
	}
	json_array_foreach((json_t *)json, i, value) {
		add_blanks(buf, indent);
		buf_addc(buf, '-');
		if (json_is_object(value) && !fits(buf, value, indent + 2)) {
			buf_addc(buf, ' ');
			add_members(buf, value, indent + 2, true);
		} else {
			add_behind(buf, value, indent + 2, indent + 2);
		}
	}
}
