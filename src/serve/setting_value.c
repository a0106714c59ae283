/* setting_value.c - one setting of the server, read from text. Threads: pure. */
#include "serve/setting_value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "model/place.h"
#include "model/member_form.h"

static void *place_in(struct serve_settings *settings, const struct serve_setting *setting)
{
	return (char *)settings + setting->offset;
}

static int read_text(struct arena *arena, const struct serve_setting *setting,
		     const char *text, struct serve_settings *settings, struct error *err)
{
	(void)err;
	*(const char **)place_in(settings, setting) = arena_strdup(arena, text);
	return 0;
}

static bool is_address(const char *text)
{
	unsigned char bytes[16];

	return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* "127.0.0.1:8080", "[::1]:8080", "localhost:0" */
static int read_address(struct arena *arena, const struct serve_setting *setting,
			const char *text, struct serve_settings *settings,
			struct error *err)
{
	const char *colon = strrchr(text, ':');
	const char *address;
	int64_t port;

	(void)setting;
	if (!colon || !text_int(colon + 1, &port) || colon[1] == '+' || port < 0 || port > 65535)
		goto refuse;
	address = arena_strndup(arena, text, (size_t)(colon - text));
	if (strcmp(address, "localhost") == 0)
		address = "127.0.0.1";
	else if (*address == '[' && text_ends(address, "]"))
		address = arena_strndup(arena, address + 1, strlen(address) - 2);
	else if (strchr(address, ':'))
		goto refuse;
	if (!is_address(address))
		goto refuse;
	settings->address = address;
	settings->port = (int)port;
	return 0;
refuse:
	return error_set(err, ERR_INVALID,
			 "must be an address and a port, such as 127.0.0.1:8080 or [::1]:8080");
}

static int read_store(struct arena *arena, const struct serve_setting *setting,
		      const char *text, struct serve_settings *settings, struct error *err)
{
	(void)setting;
	settings->is_sqlite = strcmp(text, "sqlite") == 0;
	if (!settings->is_sqlite && !text_starts(text, "postgres://") &&
	    !text_starts(text, "postgresql://"))
		return error_set(err, ERR_INVALID, "must be sqlite or postgres://...");
	settings->store = arena_strdup(arena, text);
	return 0;
}

static int read_http_url(struct arena *arena, const struct serve_setting *setting,
			 const char *text, struct serve_settings *settings,
			 struct error *err)
{
	size_t len = strlen(text);
	struct url url;

	if (!url_parse(arena, text, &url) || strchr(text, '?'))
		return error_set(err, ERR_INVALID,
				 "must be an address such as https://leads.example.org");
	while (text[len - 1] == '/')
		len--;
	*(const char **)place_in(settings, setting) = arena_strndup(arena, text, len);
	return 0;
}

static int read_network(const char *text, bool has_port, struct http_network *network,
			struct error *err)
{
	if (http_network_parse(text, network, err) < 0)
		return error_wrap(err, "\"%s\"", text);
	if (!has_port && network->port)
		return error_set(err, ERR_INVALID, "\"%s\": a network without a port", text);
	return 0;
}

/* Texts with commas between them. */
static int read_networks(struct arena *arena, const struct serve_setting *setting,
			 const char *text, struct serve_settings *settings,
			 struct error *err)
{
	struct serve_networks *networks = place_in(settings, setting);
	struct http_network *items;
	char *rest = arena_strdup(arena, text), *one;
	size_t count = 1;

	for (const char *p = text; *p; p++)
		count += *p == ',';
	items = arena_array(arena, count, sizeof(*items));
	*networks = (struct serve_networks){ items, 0 };
	while ((one = strsep(&rest, ",")) != NULL) {
		one = text_trim(arena, one);
		if (read_network(one, setting->kind == SERVE_NETWORKS,
				 &items[networks->count], err) < 0)
			return -1;
		networks->count++;
	}
	return 0;
}

static int read_word(struct arena *arena, const struct serve_setting *setting,
		     const char *text, struct serve_settings *settings, struct error *err)
{
	char *rest = arena_strdup(arena, setting->words), *word;
	const char *words[16], *near;
	size_t count = 0;

	while ((word = strsep(&rest, "|")) != NULL && count < ARRAY_LEN(words)) {
		if (strcmp(word, text) == 0) {
			*(int *)place_in(settings, setting) = (int)count;
			return 0;
		}
		words[count++] = word;
	}
	near = text_nearest(text, words, count);
	if (near)
		return error_set(err, ERR_INVALID, "unknown word \"%s\"; did you mean \"%s\"?",
				 place_quoted(arena, text), near);
	return error_set(err, ERR_INVALID, "must be one of %s", setting->words);
}

static int read_count(struct arena *arena, const struct serve_setting *setting,
		      const char *text, struct serve_settings *settings, struct error *err)
{
	int64_t number;

	(void)arena;
	if (!text_int(text, &number) || number < setting->min || number > setting->max)
		return error_set(err, ERR_INVALID,
				 "must be a whole number from %" PRId64 " to %" PRId64,
				 setting->min, setting->max);
	*(int *)place_in(settings, setting) = (int)number;
	return 0;
}

static bool parse_bytes(struct arena *arena, const char *text, int64_t *bytes)
{
	static const struct { const char *name; int shift; } units[] = {
		{ "", 0 }, { "KiB", 10 }, { "MiB", 20 }, { "GiB", 30 },
	};
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 12 ||
	    !text_int(arena_strndup(arena, text, digits), bytes))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(units[i].name, text + digits) == 0)
			return !__builtin_mul_overflow(*bytes, INT64_C(1) << units[i].shift,
						       bytes);
	return false;
}

static int read_bytes(struct arena *arena, const struct serve_setting *setting,
		      const char *text, struct serve_settings *settings, struct error *err)
{
	int64_t bytes;

	if (!parse_bytes(arena, text, &bytes) || bytes < setting->min || bytes > setting->max)
		return error_set(err, ERR_INVALID,
				 "must be a size such as 128MiB, from %" PRId64 "KiB to %" PRId64
				 "GiB", setting->min >> 10, setting->max >> 30);
	*(int64_t *)place_in(settings, setting) = bytes;
	return 0;
}

static int read_time(struct arena *arena, const struct serve_setting *setting,
		     const char *text, struct serve_settings *settings, struct error *err)
{
	int64_t ms;

	(void)arena;
	if (!form_duration(text, &ms) || ms < setting->min || ms > setting->max)
		return error_set(err, ERR_INVALID,
				 "must be a time such as 30s, from %" PRId64 "ms to %" PRId64
				 "s", setting->min, setting->max / 1000);
	*(int64_t *)place_in(settings, setting) = ms;
	return 0;
}

typedef int setting_read(struct arena *arena, const struct serve_setting *setting,
			 const char *text, struct serve_settings *settings,
			 struct error *err);

static setting_read *const readers[] = {
	[SERVE_TEXT] = read_text,
	[SERVE_ADDRESS] = read_address,
	[SERVE_STORE] = read_store,
	[SERVE_URL] = read_http_url,
	[SERVE_CIDRS] = read_networks,
	[SERVE_NETWORKS] = read_networks,
	[SERVE_WORD] = read_word,
	[SERVE_COUNT] = read_count,
	[SERVE_BYTES] = read_bytes,
	[SERVE_TIME] = read_time,
};

bool setting_is_list(const struct serve_setting *setting)
{
	return setting->kind == SERVE_CIDRS || setting->kind == SERVE_NETWORKS;
}

int setting_value_read(struct arena *arena, const struct serve_setting *setting,
		       const char *text, struct serve_settings *settings,
		       struct error *err)
{
	if (!*text)
		return error_set(err, ERR_INVALID, "must not be empty");
	return readers[setting->kind](arena, setting, text, settings, err);
}
