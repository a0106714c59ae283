/* server.c - the server: store, API and delivery worker, wired. Threads: the main thread
 * starts and stops it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sodium.h>
#include <sys/file.h>
#include <unistd.h>

#include "api/api.h"
#include "base/seal.h"
#include "base/text.h"
#include "cli/client.h"
#include "deliver/deliver.h"
#include "serve/folder.h"
#include "serve/serve.h"
#include "text/unicode.h"

struct server {
	struct arena *arena;
	struct keyring keyring;
	struct store *store;
	struct deliverer *deliverer;
	struct api *api;
	int lock_fd;
	int64_t worker;
	const char *url;          /* once it listens */
	const char *address_file; /* once it is written */
};

/* ---- The first token ---- */

struct first_token {
	char text[TOKEN_TEXT_SIZE];
};

static int add_first_token(struct tx *tx, void *context, struct error *err)
{
	struct first_token *first = context;
	struct actor actor = { .workspace = 1, .kind = ACTOR_SYSTEM };
	struct token token = { .name = "admin",
			       .scopes = SCOPE_INGEST | SCOPE_READ | SCOPE_ADMIN };
	int64_t id;

	return token_add(tx, &actor, &token, first->text, &id, err);
}

/* A line in a file that only we may read. */
static int write_line(const char *path, const char *text, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	size_t len = strlen(text);
	int rc = -1;

	if (fd < 0)
		return error_errno(err, path);
	if (write(fd, text, len) == (ssize_t)len && write(fd, "\n", 1) == 1 && fsync(fd) == 0)
		rc = 0;
	else
		error_errno(err, path);
	close(fd);
	return rc;
}

/* The commands of this machine find the token in the data folder. */
static int ensure_token(struct server *server, const char *data, struct error *err)
{
	const char *path = arena_printf(server->arena, "%s/" ADMIN_TOKEN_FILE, data);
	struct first_token first;

	if (access(path, F_OK) == 0)
		return 0;
	if (store_run(server->store, URGENCY_INTERACTIVE, 1, add_first_token, &first, err) < 0)
		return error_wrap(err, "admin token");
	return write_line(path, first.text, err);
}

/* ---- Whose folder it is ---- */

/* The file names this server for as long as the folder lives, and its lock keeps a second
 * one out: so claims under that name are an earlier life's. */
static int take_folder(struct server *server, const char *data, struct error *err)
{
	const char *path = arena_printf(server->arena, "%s/" SERVER_FILE, data);
	char text[ID_TEXT_SIZE + 1] = "";
	ssize_t len;

	server->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (server->lock_fd < 0)
		return error_errno(err, path);
	if (flock(server->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return error_set(err, ERR_CONFLICT,
				 "another server runs in %s; stop it, or give --data", data);
	len = read(server->lock_fd, text, ID_TEXT_SIZE - 1);
	if (len == ID_TEXT_SIZE - 1 && id_parse(text, &server->worker))
		return 0;
	server->worker = (int64_t)(randombytes_random() >> 1) << 30 | randombytes_random() >> 2;
	id_format(server->worker, text);
	if (pwrite(server->lock_fd, text, ID_TEXT_SIZE - 1, 0) != ID_TEXT_SIZE - 1 ||
	    fsync(server->lock_fd) < 0)
		return error_errno(err, path);
	return 0;
}

/* ---- Starting ---- */

static int open_store(struct server *server, const struct serve_settings *settings,
		      struct error *err)
{
	struct store_config config = {
		.uri = settings->store,
		.data = settings->data,
		.keyring = &server->keyring,
		.readers = settings->threads + API_WORKERS + 3,
		.free_min = settings->free_disk,
		.batch_units = settings->commit_units,
		.units_max = settings->waiting,
	};

	if (folder_make(settings->data, err) < 0 ||
	    take_folder(server, settings->data, err) < 0 ||
	    keyring_open(&server->keyring,
			 arena_printf(server->arena, "%s/" KEY_FILE, settings->data), 1,
			 err) < 0)
		return -1;
	server->store = store_open(&config, err);
	if (!server->store)
		return -1;
	return ensure_token(server, settings->data, err);
}

static int start_delivering(struct server *server, const struct serve_settings *settings,
			    struct error *err)
{
	struct deliver_config config = {
		.store = server->store,
		.allowed = settings->allowed.items,
		.nallowed = settings->allowed.count,
		.ca_file = settings->ca_file,
		.worker = server->worker,
		.lease_ms = settings->lease_ms,
		.talk_ms = settings->lease_ms / 2,
		.call_ms = settings->lease_ms / 6,
		.alert_after_ms = settings->alert_after_ms,
		.schema_ms = settings->schema_ms,
	};

	server->deliverer = deliverer_start(&config, err);
	return server->deliverer ? 0 : -1;
}

static int start_api(struct server *server, const struct serve_settings *settings, int fd,
		     struct error *err)
{
	struct api_config config = {
		.store = server->store,
		.deliverer = server->deliverer,
		.address = settings->address,
		.port = settings->port,
		.fd = fd,
		.threads = settings->threads,
		.budget = (size_t)settings->memory,
		.idle_ms = (int)settings->idle_ms,
		.body_ms = (int)settings->body_ms,
		.connections_max = settings->connections,
		.token_per_s = settings->token_rate,
		.source_per_s = settings->source_rate,
		.peer_per_s = settings->peer_rate,
	};

	server->api = api_start(&config, err);
	return server->api ? 0 : -1;
}

/* Where this machine's own programs reach it: one cannot connect to "all addresses". */
static const char *url_of(struct server *server, const char *address)
{
	bool is_v6 = strchr(address, ':') != NULL;

	if (text_equal(address, "0.0.0.0"))
		address = "127.0.0.1";
	else if (text_equal(address, "::"))
		address = "::1";
	return arena_printf(server->arena, "http://%s%s%s:%d", is_v6 ? "[" : "", address,
			    is_v6 ? "]" : "", api_port(server->api));
}

/* In one piece: who reads it finds the old one, none or the new one. */
static int publish_address(struct server *server, const char *data, struct error *err)
{
	const char *path = arena_printf(server->arena, "%s/" ADDRESS_FILE, data);
	const char *partial = arena_printf(server->arena, "%s.new", path);

	if (write_line(partial, server->url, err) < 0)
		return -1;
	if (rename(partial, path) < 0)
		return error_errno(err, path);
	server->address_file = path;
	return 0;
}

struct server *server_start(const struct serve_settings *settings, int fd,
			    struct error *err)
{
	struct server *server = calloc(1, sizeof(*server));

	if (!server)
		abort();
	server->lock_fd = -1;
	server->arena = arena_new();
	if (text_init(err) == 0 && open_store(server, settings, err) == 0 &&
	    start_delivering(server, settings, err) == 0 &&
	    start_api(server, settings, fd, err) == 0) {
		server->url = url_of(server, settings->address);
		if (publish_address(server, settings->data, err) == 0)
			return server;
	}
	server_stop(server, 0);
	return NULL;
}

const char *server_url(const struct server *server)
{
	return server->url;
}

int server_port(const struct server *server)
{
	return api_port(server->api);
}

struct store *server_store(struct server *server)
{
	return server->store;
}

void server_stop(struct server *server, int wait_ms)
{
	if (server->address_file)
		unlink(server->address_file);
	if (server->api)
		api_stop(server->api, wait_ms);
	if (server->deliverer)
		deliverer_stop(server->deliverer, wait_ms);
	store_close(server->store);
	if (server->lock_fd >= 0)
		close(server->lock_fd);
	keyring_wipe(&server->keyring);
	arena_free(server->arena);
	free(server);
}
