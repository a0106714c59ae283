/* dynamics_path.c - reads the segments of Dataverse's paths, "leads(new_key='a''b')", and
 * writes addresses (fact sheet 1, 5). Threads: under the sandbox's lock. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/dynamics.h"

/* A value in a key: 'text' with doubled quotes, or bare up to a comma; *at moves behind
 * it. NULL when a quote is not closed. */
static const char *read_value(struct arena *arena, const char **at)
{
	const char *end;
	struct buf buf;

	if (**at != '\'') {
		size_t len = strcspn(*at, ",");

		end = arena_strndup(arena, *at, len);
		*at += len;
		return end;
	}
	buf_init(&buf, arena, strlen(*at) + 1);
	for ((*at)++; **at; (*at)++) {
		if (**at == '\'' && (*at)[1] != '\'')
			break;
		if (**at == '\'')
			(*at)++;
		buf_addc(&buf, **at);
	}
	if (!**at)
		return NULL;
	(*at)++;
	return buf_text(&buf);
}

/* "a='x',b=2" */
static bool read_pairs(struct arena *arena, const char *at, struct dynamics_key *key)
{
	while (*at) {
		size_t len = strcspn(at, "=,'");
		const char *name = text_trim(arena, arena_strndup(arena, at, len));

		if (at[len] != '=' || !*name || key->npairs == DYNAMICS_PAIRS_MAX)
			return false;
		at += len + 1;
		key->pairs[key->npairs].name = name;
		key->pairs[key->npairs].value = read_value(arena, &at);
		if (!key->pairs[key->npairs++].value || (*at && *at != ','))
			return false;
		at += *at == ',';
	}
	return true;
}

bool dynamics_segment_read(struct arena *arena, const char *text,
			   struct dynamics_segment *segment)
{
	size_t len = strcspn(text, "("), all = strlen(text);
	const char *inner;

	*segment = (struct dynamics_segment){ .name = arena_strndup(arena, text, len) };
	if (!text[len])
		return true;
	if (!len || text[all - 1] != ')')
		return false;
	segment->has_key = true;
	inner = arena_strndup(arena, text + len + 1, all - len - 2);
	segment->key.id = dynamics_guid(arena, inner);
	return segment->key.id || read_pairs(arena, inner, &segment->key);
}

const char *dynamics_row_of(struct arena *arena, const char *address)
{
	const char *at = strstr(address, "/api/data/v");

	if (at) {
		at += strlen("/api/data/v");
		at += strcspn(at, "/");
		address = *at ? at : address;
	}
	address += *address == '/';
	return url_decode(arena, address, strlen(address), false);
}

const char *dynamics_base(const struct sb_call *call)
{
	size_t head = strlen("/api/data/");
	const char *path = call->path;

	if (!text_starts(path, "/api/data/v"))
		return arena_printf(call->arena, "%s/api/data/v9.2", sb_base_url(call));
	return arena_printf(call->arena, "%s%.*s", sb_base_url(call),
			    (int)(head + strcspn(path + head, "/")), path);
}

const char *dynamics_row_url(const struct sb_call *call, const struct sb_record *record)
{
	return arena_printf(call->arena, "%s/%s(%s)", dynamics_base(call),
			    sb_object_spec(record->object)->name, record->id);
}
