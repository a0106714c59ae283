/* form.c - what web forms and simple senders post. Threads: pure. */
#include "sources/form.h"

#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/text.h"
#include "sources/encoding.h"
#include "sources/form_parts.h"
#include "sources/naming.h"

static const struct {
	const char *media;
	enum form_type type;
} types[] = {
	{ "application/x-www-form-urlencoded", FORM_URLENCODED },
	{ "multipart/form-data", FORM_MULTIPART },
	{ "application/json", FORM_JSON },
	{ "text/plain", FORM_JSON },
};

enum form_type form_type_of(const char *content_type)
{
	size_t len = content_type ? strcspn(content_type, "; \t") : 0;

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (len == strlen(types[i].media) &&
		    strncasecmp(content_type, types[i].media, len) == 0)
			return types[i].type;
	return FORM_NONE;
}

/* The fields as they are collected. */
struct collected {
	struct arena *arena;
	struct field *fields;
	size_t count;
};

static int add(struct collected *all, const char *name, struct value value,
	       struct error *err)
{
	if (all->count == FORM_FIELDS_MAX)
		return error_set(err, ERR_LIMIT, "more than %d fields", FORM_FIELDS_MAX);
	all->fields[all->count++] = (struct field){ name, value };
	return 0;
}

/* --- names and values of urlencoded and multipart --- */

/* The charset that the form says of itself, in the field made for that. */
static const char *charset_of(struct arena *arena, const struct form_parts *parts,
			      const char *content_type)
{
	static const char field[] = "_charset_";

	for (size_t i = 0; i < parts->count; i++) {
		const struct form_part *part = &parts->items[i];

		if (part->name_len == sizeof(field) - 1 &&
		    memcmp(part->name, field, part->name_len) == 0 && part->len > 0)
			return arena_strndup(arena, part->bytes, part->len);
	}
	return header_parameter(arena, content_type, "charset");
}

/* "interest[]" is how PHP's forms say that there may be several. */
static const char *plain_name(struct arena *arena, const char *name)
{
	return text_ends(name, "[]") ? arena_strndup(arena, name, strlen(name) - 2) : name;
}

/* A name and value in UTF-8; the name is NULL once its value was taken. */
struct pair {
	const char *name, *text;
};

static int decode_pair(struct arena *arena, const struct form_part *part,
		       const char *charset, struct pair *pair, struct error *err)
{
	const char *own = part->charset ? part->charset : charset;

	if (encoding_convert(arena, charset, part->name, part->name_len, &pair->name, err) < 0)
		return error_wrap(err, "the name of a field");
	if (encoding_convert(arena, own, part->bytes, part->len, &pair->text, err) < 0)
		return error_wrap(err, "field %s", naming_shown(arena, pair->name));
	pair->name = plain_name(arena, pair->name);
	if (!*pair->name || strcmp(pair->name, "_charset_") == 0)
		pair->name = NULL;
	return 0;
}

/* The values of all pairs that have the first one's name: a list when several say
 * something. */
static struct value take_values(struct arena *arena, struct pair *pairs, size_t count)
{
	const char *name = pairs[0].name, **texts = arena_array(arena, count, sizeof(*texts));
	size_t ntexts = 0;

	for (size_t i = 0; i < count; i++) {
		if (!pairs[i].name || strcmp(pairs[i].name, name) != 0)
			continue;
		pairs[i].name = NULL;
		if (*pairs[i].text)
			texts[ntexts++] = pairs[i].text;
	}
	if (ntexts > 1)
		return value_of_items(arena, texts, ntexts);
	return value_text(ntexts == 1 ? texts[0] : "");
}

static int add_parts(struct collected *all, const struct form_parts *parts,
		     const char *charset, struct error *err)
{
	struct pair *pairs = arena_array(all->arena, parts->count, sizeof(*pairs));

	for (size_t i = 0; i < parts->count; i++)
		if (decode_pair(all->arena, &parts->items[i], charset, &pairs[i], err) < 0)
			return -1;
	for (size_t i = 0; i < parts->count; i++) {
		const char *name = pairs[i].name;

		if (name && add(all, name, take_values(all->arena, &pairs[i],
						       parts->count - i), err) < 0)
			return -1;
	}
	return 0;
}

static int read_parts(struct collected *all, const char *content_type, const char *body,
		      size_t len, struct error *err)
{
	struct form_parts *parts = arena_alloc(all->arena, sizeof(*parts));
	int rc = form_type_of(content_type) == FORM_MULTIPART ?
		 form_parts_of_multipart(all->arena, content_type, body, len, parts, err) :
		 form_parts_of_urlencoded(all->arena, body, len, parts, err);

	if (rc < 0)
		return -1;
	return add_parts(all, parts, charset_of(all->arena, parts, content_type), err);
}

/* --- JSON --- */

static int add_json(struct collected *all, const char *name, const json_t *json,
		    struct error *err)
{
	struct value value;
	const char *member;
	json_t *inner;

	if (json_is_object(json)) {
		json_object_foreach((json_t *)json, member, inner)
			if (add_json(all, *name ? arena_printf(all->arena, "%s[%s]", name,
							       member) :
				     arena_strdup(all->arena, member), inner, err) < 0)
				return -1;
		return 0;
	}
	if (!*name)
		return 0;
	if (value_from_json(all->arena, json, &value, NULL) < 0)
		value = value_text(json_text(all->arena, json));
	return add(all, plain_name(all->arena, name), value, err);
}

static int read_json(struct collected *all, const char *body, size_t len, struct error *err)
{
	const json_t *json = json_parse(all->arena, body, len, &json_limits_lead, err);

	if (!json)
		return -1;
	if (!json_is_object(json))
		return error_set(err, ERR_INVALID, "the body must be one JSON object");
	return add_json(all, "", json, err);
}

/* Takes the honeypot out. */
static void check_trap(struct collected *all, const struct form *form,
		       struct form_post *post)
{
	size_t kept = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (form->honeypot && strcmp(all->fields[i].name, form->honeypot) == 0)
			post->is_trapped |= !value_is_empty(all->fields[i].value);
		else
			all->fields[kept++] = all->fields[i];
	}
	all->count = kept;
}

int form_post_read(struct arena *arena, const char *content_type, const char *body, size_t len,
	      const struct form *form, struct form_post *post, struct error *err)
{
	struct collected all = { .arena = arena };
	int rc;

	*post = (struct form_post){ 0 };
	if (len > FORM_BODY_MAX)
		return error_set(err, ERR_LIMIT, "larger than %u bytes", FORM_BODY_MAX);
	all.fields = arena_array(arena, FORM_FIELDS_MAX, sizeof(*all.fields));
	switch (form_type_of(content_type)) {
	case FORM_URLENCODED:
	case FORM_MULTIPART:
		rc = read_parts(&all, content_type, body, len, err);
		break;
	case FORM_JSON:
		rc = read_json(&all, body, len, err);
		break;
	case FORM_NONE:
	default:
		return error_set(err, ERR_INVALID, "content type: not one a form can have");
	}
	if (rc < 0)
		return -1;
	check_trap(&all, form, post);
	post->fields = all.fields;
	post->nfields = all.count;
	return 0;
}
