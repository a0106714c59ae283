/* settings.c - the server's own configuration: its table and its layers. Threads: pure,
 * but for reading the file. */
#include "serve/settings.h"

#include <string.h>

#include "base/http_message.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/yaml.h"
#include "model/place.h"
#include "serve/setting_value.h"

#define AT(member) offsetof(struct serve_settings, member)
#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

#define LISTEN 1 /* its place in the table */

static const struct serve_setting table[] = {
	{ "data", SERVE_TEXT, AT(data), "DIR", NULL,
	  "folder of the store, the master key and the admin token" },
	{ "listen", SERVE_ADDRESS, AT(address), "ADDRESS:PORT", "127.0.0.1:8080",
	  "where to listen; anything but this machine's own addresses needs behind_proxy" },
	{ "behind_proxy", SERVE_CIDRS, AT(proxies), "CIDR,...", NULL,
	  "networks of the reverse proxies that carry TLS: their X-Forwarded-For is "
	  "believed" },
	{ "public_url", SERVE_URL, AT(public_url), "URL", NULL,
	  "address at which the world reaches this server, for the addresses of sources" },
	{ "store", SERVE_STORE, AT(store), "sqlite|URI", "sqlite",
	  "sqlite in the data folder, or a PostgreSQL URI; a password in it belongs in the "
	  "environment or the file, not in a flag" },
	{ "node", SERVE_COUNT, AT(node), "N", "0",
	  "number of this server among those on one store", NULL, 0, 255 },
	{ "allow_networks", SERVE_NETWORKS, AT(allowed), "CIDR[:PORT],...", NULL,
	  "private networks that may be reached, and with plain http" },
	{ "ca_file", SERVE_TEXT, AT(ca_file), "FILE", NULL,
	  "authorities (PEM) that vouch for CRMs, instead of the system's" },
	{ "log_level", SERVE_WORD, AT(log_level), "LEVEL", "info",
	  "least level that is logged: debug, info, warn, error or off",
	  "debug|info|warn|error|off" },
	{ "log_format", SERVE_WORD, AT(log_format), "FORMAT", "logfmt",
	  "logfmt or json", "logfmt|json" },
	{ "threads", SERVE_COUNT, AT(threads), "N", "2", "threads that receive requests",
	  NULL, 1, 64 },
	{ "connections", SERVE_COUNT, AT(connections), "N", "2048",
	  "connections at once; further ones wait", NULL, 1, 65536 },
	{ "connections_per_peer", SERVE_COUNT, AT(connections_per_peer), "N", "0",
	  "connections at once from one address; 0 is no limit", NULL, 0, 65536 },
	{ "idle_time", SERVE_TIME, AT(idle_ms), "TIME", "60s",
	  "how long a connection may take to its next request's end of headers", NULL, 100,
	  3600000 },
	{ "body_time", SERVE_TIME, AT(body_ms), "TIME", "30s",
	  "how long a request's body may take to arrive, in all", NULL, 100, 3600000 },
	{ "stop_time", SERVE_TIME, AT(stop_ms), "TIME", "25s",
	  "how long requests and calls under way may take to end when the server stops",
	  NULL, 0, 600000 },
	{ "lease_time", SERVE_TIME, AT(lease_ms), "TIME", "120s",
	  "how long another server waits for a delivery whose server fell silent", NULL, 1000,
	  3600000 },
	{ "alert_after", SERVE_TIME, AT(alert_after_ms), "TIME", "900s",
	  "how long a CRM may not answer before a person is told", NULL, 1000, 86400000 },
	{ "schema_every", SERVE_TIME, AT(schema_ms), "TIME", "900s",
	  "how old a CRM's schema may get before it is read anew", NULL, 1000, 86400000 },
	{ "memory", SERVE_BYTES, AT(memory), "SIZE", "128MiB",
	  "request bodies held at once; beyond it requests are answered 503", NULL, MIB,
	  64 * GIB },
	{ "free_disk", SERVE_BYTES, AT(free_disk), "SIZE", "64MiB",
	  "free disk below which leads are answered 503", NULL, MIB, 1024 * GIB },
	{ "waiting", SERVE_COUNT, AT(waiting), "N", "20000",
	  "pieces of work that may wait for the store before leads are answered 503", NULL,
	  1, 1000000 },
	{ "commit_units", SERVE_COUNT, AT(commit_units), "N", "128",
	  "pieces of work that one transaction takes", NULL, 1, 128 },
	{ "token_rate", SERVE_COUNT, AT(token_rate), "N", "5000",
	  "requests a second with one token; 0 is no limit", NULL, 0, 1000000 },
	{ "source_rate", SERVE_COUNT, AT(source_rate), "N", "1000",
	  "requests a second to one source's own address; 0 is no limit", NULL, 0, 1000000 },
	{ "peer_rate", SERVE_COUNT, AT(peer_rate), "N", "10",
	  "requests a second from one address to a public source; 0 is no limit", NULL, 0,
	  1000000 },
};

/* A value as text, and how to call it when it is wrong. */
struct raw {
	const char *text; /* NULL: not given */
	const char *where;
};

struct reading {
	struct arena *arena;
	struct raw values[ARRAY_LEN(table)];
	struct serve_settings *settings;
	const char *config; /* path of the file, or NULL */
	const char *home, *data_home;
};

const char *const *serve_setting_names(struct arena *arena)
{
	const char **names = arena_array(arena, ARRAY_LEN(table) + 1, sizeof(*names));

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		names[i] = table[i].name;
	return names;
}

/* The place of a setting in the table, or -1. */
static int find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* The setting that was meant, or NULL. */
static const char *nearest(struct arena *arena, const char *name, const char *other)
{
	const char *const *settings = serve_setting_names(arena);
	const char **names = arena_array(arena, ARRAY_LEN(table) + 1, sizeof(*names));

	memcpy(names, settings, ARRAY_LEN(table) * sizeof(*names));
	names[ARRAY_LEN(table)] = other;
	return text_nearest(name, names, ARRAY_LEN(table) + (other ? 1 : 0));
}

static char *replaced(struct arena *arena, const char *text, char from, char to)
{
	char *copy = arena_strdup(arena, text);

	for (char *p = copy; *p; p++)
		if (*p == from)
			*p = to;
	return copy;
}

/* ---- flags ---- */

static int give_flag(struct reading *r, const char *name, const char *value,
		     struct error *err)
{
	const char *flag = arena_printf(r->arena, "--%s", replaced(r->arena, name, '_', '-'));
	int i = find(name);

	if (strcmp(name, "config") == 0) {
		r->config = value;
		return 0;
	}
	if (r->values[i].text && setting_is_list(&table[i]))
		value = arena_printf(r->arena, "%s,%s", r->values[i].text, value);
	else if (r->values[i].text)
		return error_set(err, ERR_INVALID, "%s: stands there twice", flag);
	r->values[i] = (struct raw){ value, flag };
	return 0;
}

static int fail_flag(struct reading *r, const char *name, struct error *err)
{
	const char *near = nearest(r->arena, name, "config");

	name = place_quoted(r->arena, replaced(r->arena, name, '_', '-'));
	if (near)
		return error_set(err, ERR_INVALID, "unknown flag --%s; did you mean --%s?", name,
				 replaced(r->arena, near, '_', '-'));
	return error_set(err, ERR_INVALID, "unknown flag --%s; see --help", name);
}

/* Takes "--name VALUE" or "--name=VALUE" at args[*at]. */
static int take_flag(struct reading *r, int count, char *const *args, int *at,
		     struct error *err)
{
	const char *arg = args[*at] + 2, *value = strchr(arg, '=');
	size_t len = value ? (size_t)(value - arg) : strlen(arg);
	const char *name = replaced(r->arena, arena_strndup(r->arena, arg, len), '-', '_');

	if (strcmp(name, "help") == 0 && !value) {
		r->settings->wants_help = true;
		return 0;
	}
	if (find(name) < 0 && strcmp(name, "config") != 0)
		return fail_flag(r, name, err);
	if (value)
		return give_flag(r, name, value + 1, err);
	if (*at + 1 >= count)
		return error_set(err, ERR_INVALID, "%s: needs a value", args[*at]);
	(*at)++;
	return give_flag(r, name, args[*at], err);
}

static int read_flags(struct reading *r, int count, char *const *args, struct error *err)
{
	struct serve_settings *settings = r->settings;
	bool only_rest = false;

	settings->rest = arena_array(r->arena, (size_t)count, sizeof(*settings->rest));
	for (int i = 0; i < count; i++) {
		if (!only_rest && strcmp(args[i], "--") == 0)
			only_rest = true;
		else if (only_rest || !text_starts(args[i], "--"))
			settings->rest[settings->nrest++] = arena_strdup(r->arena, args[i]);
		else if (take_flag(r, count, args, &i, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- environment ---- */

/* What the commands that are clients read: no setting of the server's. */
static const char *const others[] = { "url", "token", "token_file" };

static const char *upper(struct arena *arena, const char *name)
{
	char *copy = arena_strdup(arena, name);

	for (char *p = copy; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - ('a' - 'A'));
	return copy;
}

static int fail_variable(struct reading *r, const char *name, struct error *err)
{
	const char *near = nearest(r->arena, name, "config");

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strcmp(others[i], name) == 0)
			return 0;
	if (!near)
		return 0; /* nothing of ours: a variable of the same prefix may stand there */
	return error_set(err, ERR_INVALID,
			 "unknown variable in the environment; did you mean FAIRLEAD_%s?",
			 upper(r->arena, near));
}

static int take_variable(struct reading *r, const char *variable, struct error *err)
{
	const char *value = strchr(variable, '=');
	const char *name, *where;
	int i;

	if (!value || !value[1])
		return 0; /* empty is as good as not there */
	where = arena_strndup(r->arena, variable, (size_t)(value - variable));
	if (strcmp(where, "HOME") == 0)
		r->home = value + 1;
	else if (strcmp(where, "XDG_DATA_HOME") == 0)
		r->data_home = value + 1;
	if (!text_starts(where, "FAIRLEAD_"))
		return 0;
	name = text_lower_ascii(r->arena, where + strlen("FAIRLEAD_"));
	i = find(name);
	if (strcmp(name, "config") == 0)
		r->config = r->config ? r->config : value + 1;
	else if (i < 0 && fail_variable(r, name, err) < 0)
		return error_wrap(err, "%s", place_quoted(r->arena, where));
	else if (i >= 0 && !r->values[i].text)
		r->values[i] = (struct raw){ value + 1, where };
	return 0;
}

/* ---- file ---- */

static int fail_file(struct reading *r, const struct yaml *yaml, const char *name,
		     const char *message, struct error *err)
{
	return error_set(err, ERR_INVALID, "%s",
			 yaml_message(r->arena, yaml, name, message));
}

/* A member of the file as text; lists with commas. NULL when it is none. */
static const char *text_of(struct arena *arena, const json_t *json)
{
	struct buf buf;
	json_t *item;
	size_t i;

	if (json_is_string(json))
		return json_string_value(json);
	if (json_is_number(json))
		return json_text(arena, json);
	if (!json_is_array(json))
		return NULL;
	buf_init(&buf, arena, YAML_BYTES_MAX);
	json_array_foreach((json_t *)json, i, item) {
		if (!json_is_string(item))
			return NULL;
		buf_addf(&buf, "%s%s", i > 0 ? "," : "", json_string_value(item));
	}
	return buf_text(&buf);
}

static int take_member(struct reading *r, const struct yaml *yaml, const char *name,
		       const json_t *json, struct error *err)
{
	int i = find(name);
	const char *near, *text;

	if (i < 0) {
		near = nearest(r->arena, name, NULL);
		return fail_file(r, yaml, name,
				 arena_printf(r->arena, "unknown setting \"%s\"%s%s%s",
					      place_quoted(r->arena, name),
					      near ? "; did you mean \"" : "",
					      near ? near : "", near ? "\"?" : ""),
				 err);
	}
	if (json_is_null(json) || r->values[i].text)
		return 0;
	text = text_of(r->arena, json);
	if (!text || (json_is_array(json) && !setting_is_list(&table[i])))
		return fail_file(r, yaml, name,
				 arena_printf(r->arena, "%s: must be %s", name,
					      setting_is_list(&table[i]) ? "a list of texts" :
									   "one value"),
				 err);
	if (json_is_array(json) && json_array_size(json) == 0)
		return 0;
	r->values[i] = (struct raw){ text, yaml_message(r->arena, yaml, name, name) };
	return 0;
}

static int read_file(struct reading *r, struct error *err)
{
	struct yaml *yaml;
	const char *name;
	json_t *json;

	if (yaml_read(r->arena, r->config, &yaml, err) < 0)
		return -1;
	if (!json_is_object(yaml_json(yaml)))
		return fail_file(r, yaml, "", "must hold settings and their values", err);
	json_object_foreach((json_t *)yaml_json(yaml), name, json)
		if (take_member(r, yaml, name, json, err) < 0)
			return -1;
	return 0;
}

/* ---- all together ---- */

/* The XDG Base Directory's folder of the current user. */
static int find_data(struct reading *r, struct error *err)
{
	struct serve_settings *settings = r->settings;

	if (settings->data)
		return 0;
	if (r->data_home && *r->data_home == '/')
		settings->data = arena_printf(r->arena, "%s/fairlead", r->data_home);
	else if (r->home)
		settings->data = arena_printf(r->arena, "%s/.local/share/fairlead", r->home);
	else
		return error_set(err, ERR_INVALID,
				 "data: there is no HOME to put it in: give --data DIR");
	return 0;
}

static bool is_loopback(const char *address)
{
	return text_starts(address, "127.") || strcmp(address, "::1") == 0;
}

static int check_together(struct reading *r, struct error *err)
{
	struct serve_settings *settings = r->settings;
	const char *where = r->values[LISTEN].where; /* the default is this machine's own */

	if (!is_loopback(settings->address) && settings->proxies.count == 0)
		return error_set(err, ERR_INVALID,
				 "%s: other machines would reach %s without TLS: put a reverse "
				 "proxy in front and name its network with --behind-proxy CIDR",
				 where, settings->address);
	if (settings->is_sqlite)
		settings->store = arena_printf(r->arena, "%s/fairlead.db", settings->data);
	return 0;
}

static int read_values(struct reading *r, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const char *text = r->values[i].text ? r->values[i].text : table[i].fallback;

		if (!r->values[i].where)
			r->values[i].where = table[i].name;
		if (text && setting_value_read(r->arena, &table[i], text, r->settings, err) < 0)
			return error_wrap(err, "%s", r->values[i].where);
	}
	return 0;
}

int serve_settings_read(struct arena *arena, int count, char *const *args,
			char *const *environment, struct serve_settings *settings,
			struct error *err)
{
	struct reading r = { .arena = arena, .settings = settings };

	*settings = (struct serve_settings){ .data = NULL };
	if (read_flags(&r, count, args, err) < 0)
		return -1;
	if (settings->wants_help)
		return 0;
	for (; *environment; environment++)
		if (take_variable(&r, *environment, err) < 0)
			return -1;
	if (r.config && read_file(&r, err) < 0)
		return -1;
	if (read_values(&r, err) < 0 || find_data(&r, err) < 0)
		return -1;
	return check_together(&r, err);
}

void buf_add_serve_settings_help(struct buf *buf)
{
	buf_add(buf, "  --config FILE\n      YAML file of these settings (names with _ for -)\n");
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct serve_setting *s = &table[i];

		buf_addf(buf, "  --%s %s\n      %s", replaced(buf->arena, s->name, '_', '-'),
			 s->argument, s->help);
		if (s->fallback)
			buf_addf(buf, " (%s)", s->fallback);
		buf_addc(buf, '\n');
	}
}
