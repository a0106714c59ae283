/* serve.c - the command `fairlead serve`: runs until it is told to stop. Threads: the main
 * thread. */
#include <pthread.h>
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

/* The socket that whoever started us listens on already (LISTEN_FDS), -1 for none, -2
 * when there are too many to know which. */
static int find_socket(struct error *err)
{
	int count = sd_listen_fds(1);

	if (count <= 0)
		return -1;
	if (count == 1)
		return SD_LISTEN_FDS_START;
	error_set(err, ERR_INVALID, "%d sockets were handed over (LISTEN_FDS): want one", count);
	return -2;
}

/* For the person at the terminal; the log, on standard error, has no room for a path. */
static void announce(const struct server *server, const struct serve_settings *settings)
{
	printf("fairlead listens on %s, data in %s\n", server_url(server), settings->data);
	fflush(stdout);
	log_info(NULL, "server.started", LOG_INT("port", server_port(server)));
	sd_notifyf(0, "READY=1\nSTATUS=listening on %s", server_url(server));
}

/* Whoever asks a second time does not want to wait: nothing is lost. */
static void end_at_once_next_time(const sigset_t *signals)
{
	pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

static int run(const struct serve_settings *settings)
{
	struct error err = { 0 };
	struct server *server = NULL;
	sigset_t signals;
	int signal, fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	fd = find_socket(&err);
	if (fd != -2)
		server = server_start(settings, fd, &err);
	if (!server) {
		fprintf(stderr, "fairlead serve: %s\n", err.message);
		return 1;
	}
	announce(server, settings);
	sigwait(&signals, &signal);
	log_info(NULL, "server.stopping");
	sd_notify(0, "STOPPING=1\nSTATUS=answering what is under way");
	end_at_once_next_time(&signals);
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
