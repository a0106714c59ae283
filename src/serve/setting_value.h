/* setting_value.h - one setting of the server as text, and read. Private to serve/.
 * Threads: pure. */
#ifndef SERVE_SETTING_VALUE_H
#define SERVE_SETTING_VALUE_H

#include "serve/settings.h"

enum setting_kind {
	SERVE_TEXT,     /* const char * */
	SERVE_ADDRESS,  /* address and port of struct serve_settings */
	SERVE_STORE,    /* "sqlite" or a PostgreSQL URI */
	SERVE_URL, /* const char *, without a slash at its end */
	SERVE_CIDRS,    /* struct serve_networks without ports */
	SERVE_NETWORKS, /* struct serve_networks with ports */
	SERVE_WORD,     /* int: the place in `words` */
	SERVE_COUNT,    /* int, from min to max */
	SERVE_BYTES,    /* int64_t: "128MiB", from min to max */
	SERVE_TIME,     /* int64_t ms: "30s", from min to max */
};

struct serve_setting {
	const char *name;     /* NULL ends the table */
	enum setting_kind kind;
	size_t offset;
	const char *argument; /* as --help shows it: "DIR" */
	const char *fallback; /* as text; NULL: left out, or made elsewhere */
	const char *help;     /* one sentence without a full stop */
	const char *words;    /* "a|b|c" */
	int64_t min, max;
};

bool setting_is_list(const struct serve_setting *setting);

/* Reads `text` into its place. The message says what the text must be and does not say
 * which setting it is. Errors: ERR_INVALID. */
int setting_value_read(struct arena *arena, const struct serve_setting *setting,
		       const char *text, struct serve_settings *settings,
		       struct error *err);

#endif
