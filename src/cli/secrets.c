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

static const char *read_one(struct arena *arena, const struct yaml *yaml,
			    const struct config_item *item, const struct config_secret *secret,
			    struct error *err)
{
	bool is_settings = text_equal(item->kind, "settings");
	const char *member = is_settings ? "webhook_secret" : "secret";
	const char *path = arena_printf(arena, "%s.%s%s%s", item->path, member,
					*secret->name ? "." : "", secret->name);
	const char *title = is_settings ? item->path :
					  arena_printf(arena, "%s %s", item->path, item->name);
	const char *text;

	text = secret->env ? read_variable(arena, secret->env, err) :
			     read_file(arena, beside(arena, yaml, secret->file), err);
	if (!text)
		error_set(err, err->code, "%s",
			  yaml_message(arena, yaml, path,
				       arena_printf(arena, "%s: %s: %s", title, member,
						    err->message)));
	return text;
}

static int read_connection(struct arena *arena, const struct yaml *yaml,
			   const struct config_item *item, json_t *connections,
			   struct error *err)
{
	struct config_secret named[CONFIG_SECRETS_MAX];
	size_t n = config_item_secrets(item, named);
	json_t *into = n > 0 ? json_object() : NULL;

	if (into)
		json_object_set_new(connections, item->name, into);
	for (size_t i = 0; i < n; i++) {
		const char *text = read_one(arena, yaml, item, &named[i], err);

		if (!text)
			return -1;
		json_object_set_new(into, *named[i].name ? named[i].name : "secret",
				    json_string(text));
	}
	return 0;
}

static int read_settings(struct arena *arena, const struct yaml *yaml,
			 const struct config_item *item, struct secrets *secrets,
			 struct error *err)
{
	struct config_secret named[CONFIG_SECRETS_MAX];

	if (config_item_secrets(item, named) == 0)
		return 0;
	secrets->webhook = read_one(arena, yaml, item, &named[0], err);
	return secrets->webhook ? 0 : -1;
}

int secrets_read(struct arena *arena, const struct yaml *yaml,
		 const struct config_item *items, size_t count, struct secrets *secrets,
		 struct error *err)
{
	*secrets = (struct secrets){ .connections = json_keep(arena, json_object()) };
	for (size_t i = 0; i < count; i++) {
		int rc = 0;

		if (text_equal(items[i].kind, "connection"))
			rc = read_connection(arena, yaml, &items[i], secrets->connections, err);
		else if (text_equal(items[i].kind, "settings"))
			rc = read_settings(arena, yaml, &items[i], secrets, err);
		if (rc < 0)
			return -1;
	}
	return 0;
}
