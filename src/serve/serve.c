/* serve.c - the command `fairlead serve`: runs until it is told to stop. Threads: the main
 * thread. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/clock.h"
#include "serve/serve.h"

extern char **environ;

static void print_help(void)
{
	struct arena *arena = arena_new();
	struct buf buf;

	buf_init(&buf, arena, 64u << 10);
	buf_add(&buf, "usage: fairlead serve [settings]\n\n"
		      "Runs the server in the foreground; logs on standard error. Ends on "
		      "SIGTERM or SIGINT,\nafter answering what is under way.\n\n");
	buf_add_serve_settings_help(&buf);
	fputs(buf_text(&buf), stdout);
	arena_free(arena);
}

/* Memory may hold secrets: it does not go to disk. */
static void harden(void)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
}

static int run(const struct serve_settings *settings)
{
	struct error err = { 0 };
	struct server *server;
	sigset_t signals;
	int signal;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	server = server_start(settings, &err);
	if (!server) {
		fprintf(stderr, "fairlead: %s\n", err.message);
		return 1;
	}
	fprintf(stderr, "fairlead listens on http://%s%s%s:%d, data in %s\n",
		strchr(settings->address, ':') ? "[" : "", settings->address,
		strchr(settings->address, ':') ? "]" : "", server_port(server),
		settings->data);
	log_info(NULL, "server.started", LOG_INT("port", server_port(server)));
	sd_notify(0, "READY=1");
	sigwait(&signals, &signal);
	log_info(NULL, "server.stopping");
	sd_notify(0, "STOPPING=1");
	server_stop(server, (int)settings->stop_ms);
	log_info(NULL, "server.stopped");
	return 0;
}

int serve_command(int argc, char **argv)
{
	struct arena *arena = arena_new();
	struct serve_settings settings;
	struct error err = { 0 };
	int rc = 2;

	if (serve_settings_read(arena, argc - 1, argv + 1, environ, &settings, &err) < 0) {
		fprintf(stderr, "fairlead serve: %s\n", err.message);
		goto out;
	}
	if (settings.wants_help) {
		print_help();
		rc = 0;
		goto out;
	}
	if (settings.nrest > 0) {
		fprintf(stderr, "fairlead serve: \"%s\" is no setting; see fairlead serve --help\n",
			settings.rest[0]);
		goto out;
	}
	log_setup(STDERR_FILENO, (enum log_level)settings.log_level,
		  (enum log_format)settings.log_format);
	harden();
	rc = run(&settings);
out:
	arena_free(arena);
	return rc;
}
