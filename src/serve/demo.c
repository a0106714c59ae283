/* demo.c - the command `fairlead demo`: a server and a sandbox CRM in one process, with a
 * workspace, a messy file and lines to try. Threads: the main thread. */
#include <dirent.h>
#include <errno.h> /* program_invocation_name */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accept/import.h"
#include "base/clock.h"
#include "base/text.h"
#include "http/client.h"
#include "sandbox/sandbox.h"
#include "serve/demo_files.h"
#include "serve/serve.h"
#include "store/configs.h"

#define SERVER_PORT 8080
#define SANDBOX_PORT 8090

struct demo {
	struct arena *arena;
	const char *data, *token, *url, *crm;
	struct sandbox *sandbox;
	struct server *server;
	struct http_client *client;
	bool is_reset;
	int64_t example; /* a lead to ask about, or 0 */
};

/* ---- Speaking to the two ---- */

static struct http_reply *fetch(struct demo *demo, const char *method, const char *url,
				const char *body)
{
	struct http_request *request = arena_alloc(demo->arena, sizeof(*request));

	*request = (struct http_request){ .method = method, .url = url, .body = body,
					  .body_len = body ? strlen(body) : 0 };
	if (text_starts(url, demo->url))
		http_header_add(&request->headers, "Authorization",
				arena_printf(demo->arena, "Bearer %s", demo->token));
	if (body)
		http_header_add(&request->headers, "Content-Type", "application/json");
	return http_client_fetch(demo->client, request, &(struct http_limits){ 0 },
				 demo->arena);
}

static int expect(struct http_reply *reply, const char *what, struct error *err)
{
	if (reply->failure == HTTP_REPLIED && reply->status / 100 == 2)
		return 0;
	return error_set(err, ERR_UNAVAILABLE, "%s: %d %.180s", what, reply->status,
			 reply->body);
}

/* ---- The workspace, and contacts that are in the CRM already ---- */

static int prepare_crm(struct demo *demo, struct error *err)
{
	static const char *const calls[][2] = {
		{ "/_sandbox/accounts/hubspot/default/seed", "{\"count\":50}" },
		{ "/_sandbox/accounts/hubspot/default/records/contacts",
		  "{\"email\":\"jo@north.example\",\"firstname\":\"Jo\","
		  "\"company\":\"North Limited\"}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if (expect(fetch(demo, "POST",
				 arena_printf(demo->arena, "%s%s", demo->crm, calls[i][0]),
				 calls[i][1]),
			   "sandbox", err) < 0)
			return -1;
	return 0;
}

/* The remote key is made the way a person would: with the vendor's own API. */
static int make_remote_key(struct demo *demo, struct error *err)
{
	struct http_request request = {
		.method = "POST",
		.url = arena_printf(demo->arena, "%s/hubspot/crm/properties/2026-09/contacts",
				    demo->crm),
		.body = "{\"name\":\"fairlead_lead_id\",\"label\":\"Fairlead lead id\","
			"\"groupName\":\"contactinformation\",\"type\":\"string\","
			"\"fieldType\":\"text\",\"hasUniqueValue\":true,\"formField\":false}",
	};

	request.body_len = strlen(request.body);
	http_header_add(&request.headers, "Authorization", "Bearer pat-na1-sandbox-default");
	http_header_add(&request.headers, "Content-Type", "application/json");
	return expect(http_client_fetch(demo->client, &request, &(struct http_limits){ 0 },
					demo->arena),
		      "remote key", err);
}

static int apply(struct demo *demo, struct error *err)
{
	struct buf body;

	buf_init(&body, demo->arena, 64u << 10);
	buf_addf(&body, demo_workspace, demo->crm);
	return expect(fetch(demo, "POST", arena_printf(demo->arena, "%s/v1/apply", demo->url),
			    buf_text(&body)),
		      "workspace", err);
}

/* ---- The messy file ---- */

static void say_row(void *context, int64_t line, const struct intake_item *item)
{
	const struct submission *s = item->submission;
	int64_t *example = context;

	if (item->result == RESULT_CREATED && !*example)
		*example = item->lead;
	printf("  line %2lld  %-9s", (long long)line,
	       item->is_replayed ? "known" : result_name(item->result));
	for (size_t i = 0; i < s->errors.count; i++)
		printf("  %s: %s", s->errors.items[i].field ? s->errors.items[i].field : "row",
		       s->errors.items[i].message);
	for (size_t i = 0; i < s->warnings.count; i++)
		printf("  (%s: %s)",
		       s->warnings.items[i].field ? s->warnings.items[i].field : "row",
		       s->warnings.items[i].message);
	putchar('\n');
}

static int begin_import(struct tx *tx, void *context, struct error *err)
{
	struct import_config *config = context;
	const struct kept_import import = { .source = config->source->id, .name = "demo.csv" };

	return import_add(tx, &config->actor, &import, &config->id, err);
}

static int end_import(struct tx *tx, void *context, struct error *err)
{
	struct import_config *config = context;

	return import_end(tx, &config->actor, config->id, "done", err);
}

/* The same way that `fairlead import` and the API go. */
static int import_file(struct demo *demo, struct error *err)
{
	struct import_config config = {
		.store = server_store(demo->server),
		.actor = { .workspace = 1 },
		.snapshot = snapshot_get(server_store(demo->server), 1, err),
	};
	struct import_counts counts;
	struct import *import;
	int rc = -1;

	if (!config.snapshot)
		return -1;
	config.source = config_source(snapshot_config(config.snapshot), "spreadsheet");
	if (store_run(config.store, URGENCY_INTERACTIVE, 1, begin_import, &config, err) < 0) {
		snapshot_release(config.snapshot);
		return -1;
	}
	puts("\nA messy file (docs/examples/demo.csv), row by row:\n");
	import = import_new(&config);
	import_on_row(import, say_row, &demo->example);
	if (import_take(import, demo_csv, strlen(demo_csv), err) == 0 &&
	    import_finish(import, err) == 0)
		rc = store_run(config.store, URGENCY_INTERACTIVE, 1, end_import, &config, err);
	counts = import_progress(import).counts;
	import_free(import);
	snapshot_release(config.snapshot);
	if (rc >= 0)
		printf("\n  %lld created, %lld merged into one that was known, %lld refused and kept\n",
		       (long long)counts.created, (long long)(counts.updated + counts.unchanged),
		       (long long)counts.failed);
	return rc < 0 ? -1 : 0;
}

/* ---- Starting ---- */

#define JOURNAL "sandbox.journal"

/* A folder that is no demo's is left alone, whoever names it. */
static int drop_folder(struct demo *demo, struct error *err)
{
	const char *path = demo->data;
	const char *journal = arena_printf(demo->arena, "%s/" JOURNAL, path);
	DIR *folder = opendir(path);
	struct dirent *entry;

	if (folder && access(journal, F_OK) != 0) {
		closedir(folder);
		return error_set(err, ERR_INVALID, "%s is not the folder of a demo: nothing in "
				 "it was removed; give another --data", path);
	}
	while (folder && (entry = readdir(folder))) {
		char name[1024];

		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(name);
	}
	if (folder)
		closedir(folder);
	rmdir(path);
	return 0;
}

static int start_sandbox(struct demo *demo, struct error *err)
{
	struct sandbox_config config = {
		.address = "127.0.0.1",
		.port = SANDBOX_PORT,
		.journal = arena_printf(demo->arena, "%s/" JOURNAL, demo->data),
	};

	demo->sandbox = sandbox_start(&config, err);
	if (!demo->sandbox) {
		config.port = 0;
		demo->sandbox = sandbox_start(&config, err);
	}
	if (!demo->sandbox)
		return error_wrap(err, "sandbox");
	demo->crm = arena_printf(demo->arena, "http://127.0.0.1:%d",
				 sandbox_port(demo->sandbox));
	return 0;
}

static int start_server(struct demo *demo, int port, struct error *err)
{
	struct serve_settings settings;
	char *args[] = {
		(char *)"--data", arena_strdup(demo->arena, demo->data), (char *)"--listen",
		arena_printf(demo->arena, "127.0.0.1:%d", port), (char *)"--allow-networks",
		arena_printf(demo->arena, "127.0.0.1/32:%d", sandbox_port(demo->sandbox)),
	};
	char *environment[] = { NULL };

	if (serve_settings_read(demo->arena, ARRAY_LEN(args), args, environment, &settings,
				err) < 0)
		return -1;
	demo->server = server_start(&settings, -1, err);
	if (!demo->server)
		return -1;
	demo->url = arena_printf(demo->arena, "http://127.0.0.1:%d",
				 server_port(demo->server));
	return 0;
}

static int read_token(struct demo *demo, struct error *err)
{
	const char *path = arena_printf(demo->arena, "%s/admin.token", demo->data);
	char line[128] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return error_errno(err, path);
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	demo->token = text_trim(demo->arena, line);
	return 0;
}

static int start(struct demo *demo, struct http_network *network, struct error *err)
{
	static struct http_client_config config = { .nallowed = 1, .user_agent = "fairlead" };
	bool is_new;

	if (demo->is_reset && drop_folder(demo, err) < 0)
		return -1;
	is_new = access(demo->data, F_OK) != 0;
	if (is_new && mkdir(demo->data, 0700) < 0)
		return error_errno(err, demo->data);
	if (http_network_parse("127.0.0.1/32", network, err) < 0)
		return -1;
	config.allowed = network;
	demo->client = http_client_new(&config);
	if (start_sandbox(demo, err) < 0 ||
	    (start_server(demo, SERVER_PORT, err) < 0 && start_server(demo, 0, err) < 0) ||
	    read_token(demo, err) < 0)
		return -1;
	if (!is_new) {
		puts("\nThe leads of the first start are still here, and what you made of them.");
		return apply(demo, err);
	}
	if (prepare_crm(demo, err) < 0 || make_remote_key(demo, err) < 0 || apply(demo, err) < 0)
		return -1;
	return import_file(demo, err);
}

static void say_addresses(const struct demo *demo)
{
	printf("\nThe server        %s\nThe sandbox CRM   %s/_sandbox/ui\nThe folder        %s "
	       "(kept; --reset begins anew)\n\nTry, in another terminal:\n\n"
	       "  T=$(cat %s/admin.token)\n"
	       "  curl -s %s/v1/leads -H \"Authorization: Bearer $T\" \\\n"
	       "    -H 'Content-Type: application/json' -d '{\"email\":\"ada@example.org\"}'\n"
	       "  curl -s %s/_sandbox/accounts/hubspot/default/records/contacts\n"
	       "  curl -s %s/_sandbox/faults -d '{\"fault\":\"rate_limit\",\"vendor\":\"hubspot\","
	       "\"count\":5}'   # break it\n",
	       demo->url, demo->crm, demo->data, demo->data, demo->url, demo->crm, demo->crm);
	if (demo->example) {
		char id[ID_TEXT_SIZE];

		id_format(demo->example, id);
		printf("\nWhy is a lead as it is?\n\n  %s lead why %s --data %s\n",
		       program_invocation_name, id, demo->data);
	}
	puts("\nCtrl-C ends it.");
	fflush(stdout);
}

static int run(struct demo *demo)
{
	struct http_network network;
	struct error err = { 0 };
	sigset_t signals;
	int signal, rc = 1;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	log_setup(STDERR_FILENO, LOG_WARN, LOG_LOGFMT);
	if (start(demo, &network, &err) == 0) {
		say_addresses(demo);
		sigwait(&signals, &signal);
		rc = 0;
	} else {
		fprintf(stderr, "fairlead demo: %s\n", err.message);
	}
	if (demo->server)
		server_stop(demo->server, 5000);
	if (demo->sandbox)
		sandbox_stop(demo->sandbox);
	if (demo->client)
		http_client_free(demo->client);
	return rc;
}

int demo_command(int argc, char **argv)
{
	struct demo demo = { .arena = arena_new(), .data = "demo-data" };
	int rc = -1;

	for (int i = 1; i < argc && rc < 0; i++) {
		if (text_equal(argv[i], "--data") && i + 1 < argc) {
			demo.data = argv[++i];
		} else if (text_equal(argv[i], "--reset")) {
			demo.is_reset = true;
		} else {
			puts("usage: fairlead demo [--data DIR] [--reset]\n\nA server and a "
			     "sandbox CRM with a workspace, a messy file and lines to try.");
			rc = text_equal(argv[i], "--help") ? 0 : 2;
		}
	}
	if (rc < 0)
		rc = run(&demo);
	arena_free(demo.arena);
	return rc;
}
