/* settings.h - the server's own configuration: flags over environment over file over
 * defaults. Threads: pure, but for reading the file.
 *
 * One table of settings drives all of it. A setting `allow_networks` is the flag
 * --allow-networks, the variable FAIRLEAD_ALLOW_NETWORKS, and the member allow_networks
 * of the YAML file that --config or FAIRLEAD_CONFIG names. What is written in docs/
 * settings.md is held to the table by a test. */
#ifndef SERVE_SETTINGS_H
#define SERVE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "http/client.h"

struct serve_networks {
	const struct http_network *items;
	size_t count;
};

struct serve_settings {
	const char *data;            /* folder of store, keys and tokens; may not be there yet */
	const char *address;         /* to listen on, "127.0.0.1" or "::1" */
	int port;                    /* 0: any free one */
	const char *public_url;      /* where the world reaches the server, or NULL */
	struct serve_networks proxies; /* peers whose X-Forwarded-For is believed */
	const char *store;           /* DATA/fairlead.db, or postgres://... */
	bool is_sqlite;
	int node;                    /* of the ids; one for each server on one store */
	struct serve_networks allowed; /* private networks that may be reached */
	const char *ca_file;         /* of further authorities, or NULL: the system's */
	int log_level, log_format;   /* enum log_level, enum log_format */
	int threads;                 /* that receive requests */
	int connections, connections_per_peer; /* 0 per peer: no limit of its own */
	int64_t idle_ms, body_ms, stop_ms;
	int64_t lease_ms;            /* how long a claim of a delivery holds */
	int64_t alert_after_ms;      /* a CRM's silence before a person is told */
	int64_t schema_ms;           /* the age of a CRM's schema at which it is read anew */
	int64_t memory;              /* bytes of request bodies held at once */
	int64_t free_disk;           /* bytes: below, leads are answered 503 */
	int waiting;                 /* units that may wait before leads are answered 503 */
	int commit_units;            /* units a transaction at most */
	int token_rate, source_rate, peer_rate; /* requests a second; 0: no limit */

	bool wants_help;             /* --help was among the flags */
	const char **rest;           /* the arguments that are no flags, in order */
	size_t nrest;
};

/* Reads the settings. `args` are the command's arguments, without its name; of
 * `environment` ("NAME=VALUE", NULL ends it) those that begin with FAIRLEAD_ count, and
 * HOME and XDG_DATA_HOME. Texts live in the arena. Errors name the flag, the variable, or
 * file, line and column: `fairlead.yaml:3:1: unknown setting "lisen"; did you mean
 * "listen"?`. With --help among the flags nothing is checked. */
int serve_settings_read(struct arena *arena, int count, char *const *args,
			char *const *environment, struct serve_settings *settings,
			struct error *err);

/* The lines of --help, one or two a setting. */
void buf_add_serve_settings_help(struct buf *buf);

/* The names in the table's order, ended by NULL: for completions and tests. */
const char *const *serve_setting_names(struct arena *arena);

#endif
