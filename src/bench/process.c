/* process.c - the program as a process of its own. Threads: the main thread. */
#include "bench/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/client.h"

#define READY_MS 60000
#define ARGS_MAX 16

static int spawn(const char *const *args, pid_t *pid, struct error *err)
{
	const char *all[ARGS_MAX + 2] = { "fairlead" };
	posix_spawn_file_actions_t actions;
	int code;

	for (size_t i = 0; i < ARGS_MAX && args[i]; i++)
		all[i + 1] = args[i];
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	code = posix_spawn(pid, "/proc/self/exe", &actions, NULL, (char *const *)all, environ);
	posix_spawn_file_actions_destroy(&actions);
	errno = code;
	return code ? error_errno(err, "fairlead") : 0;
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* Ready is what /readyz says to the first who asks. */
static int wait_ready(struct bench *bench, const char *data, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int64_t until = clock_mono_us() + READY_MS * INT64_C(1000);

	while (clock_mono_us() < until) {
		const char *url = client_address_in(bench->arena, data);

		if (url && bench_ask(bench, "GET", arena_printf(bench->arena, "%s/readyz", url),
				     NULL, NULL, NULL, err) == 0)
			return 0;
		nanosleep(&pause, NULL);
	}
	return error_set(err, ERR_UNAVAILABLE, "the server was not ready within %d s",
			 READY_MS / 1000);
}

int process_serve(struct bench *bench, const char *data, struct process *process,
		  struct error *err)
{
	const char *args[] = { "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level",
			       "error", bench->store ? "--store" : NULL, bench->store, NULL };
	int64_t began = clock_mono_us();

	if (spawn(args, &process->pid, err) < 0)
		return -1;
	if (wait_ready(bench, data, err) < 0) {
		process_stop(process);
		return -1;
	}
	process->start_ms = (double)(clock_mono_us() - began) / 1e3;
	return 0;
}

void process_stop(const struct process *process)
{
	kill(process->pid, SIGTERM);
	wait_for(process->pid);
}

int64_t process_memory(const struct process *process, const char *name)
{
	size_t len = strlen(name);
	long long kib = 0;
	char line[128];
	FILE *file;

	snprintf(line, sizeof(line), "/proc/%d/status", (int)process->pid);
	file = fopen(line, "re");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, name, len) == 0 && line[len] == ':' &&
		    sscanf(line + len + 1, "%lld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib * 1024;
}

int process_run(const char *const *args, struct error *err)
{
	pid_t pid;
	int code;

	if (spawn(args, &pid, err) < 0)
		return -1;
	code = wait_for(pid);
	return code == 0 ? 0 :
			   error_set(err, ERR_INTERNAL, "fairlead %s ended with %d", args[0], code);
}
