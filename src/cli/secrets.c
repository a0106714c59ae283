/* secrets.c - reads the secrets that a workspace file names. Threads: the main thread. */
#include "cli/secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/text.h"

/* Paths are those of who wrote the file: they begin where it stands. */
static const char *beside(struct arena *arena, const struct yaml *yaml, const char *path)
{
	const char *file = yaml_file(yaml), *slash = strrchr(file, '/');

	if (*path == '/' || !slash)
		return path;
	return arena_printf(arena, "%.*s/%s", (int)(slash - file), file, path);
}

static const char *read_file(struct arena *arena, const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = arena_alloc(arena, SECRET_MAX + 2);
	size_t len = 0;
	ssize_t got = 1;

	if (fd < 0) {
		error_errno(err, path);
		return NULL;
	}
	while (len <= SECRET_MAX && (got = read(fd, text + len, SECRET_MAX + 1 - len)) > 0)
		len += (size_t)got;
	if (got < 0)
		error_errno(err, path);
	close(fd);
	if (got < 0)
		return NULL;
	if (len > SECRET_MAX) {
		error_set(err, ERR_LIMIT, "%s: longer than %d bytes", path, SECRET_MAX);
		return NULL;
	}
	if (len > 0 && text[len - 1] == '\n')
		len--;
	if (len > 0 && text[len - 1] == '\r')
		len--;
	text[len] = '\0';
	if (len > 0 && text_is_utf8(text, len))
		return text;
	error_set(err, ERR_INVALID, "%s: %s", path, len ? "is not text" : "is empty");
	return NULL;
}

static const char *read_variable(struct arena *arena, const char *name, struct error *err)
{
	const char *text = getenv(name);

	if (!text || !*text) {
		error_set(err, ERR_NOT_FOUND, "the environment has no %s", name);
		return NULL;
	}
	if (text_is_utf8(text, strlen(text)) && strlen(text) <= SECRET_MAX)
		return arena_strdup(arena, text);
	error_set(err, ERR_INVALID, "%s in the environment is not text, or too long", name);
	return NULL;
}

static int add_one(struct arena *arena, const struct yaml *yaml,
		   const struct config_item *item, const struct config_secret *secret,
		   json_t *into, struct error *err)
{
	const char *path = arena_printf(arena, "%s.secret%s%s", item->path,
					*secret->name ? "." : "", secret->name);
	const char *text;

	text = secret->env ? read_variable(arena, secret->env, err) :
			     read_file(arena, beside(arena, yaml, secret->file), err);
	if (!text)
		return error_set(err, err->code, "%s",
				 yaml_message(arena, yaml, path,
					      arena_printf(arena, "%s %s: secret: %s", item->path,
							   item->name, err->message)));
	json_object_set_new(into, *secret->name ? secret->name : "secret", json_string(text));
	return 0;
}

int secrets_read(struct arena *arena, const struct yaml *yaml,
		 const struct config_item *items, size_t count, json_t **secrets,
		 struct error *err)
{
	json_t *all = json_keep(arena, json_object());

	for (size_t i = 0; i < count; i++) {
		struct config_secret named[CONFIG_SECRETS_MAX];
		size_t n = text_equal(items[i].kind, "connection") ?
				   config_item_secrets(&items[i], named) :
				   0;
		json_t *into = n > 0 ? json_object() : NULL;

		if (into)
			json_object_set_new(all, items[i].name, into);
		for (size_t j = 0; j < n; j++)
			if (add_one(arena, yaml, &items[i], &named[j], into, err) < 0)
				return -1;
	}
	*secrets = all;
	return 0;
}
