/* start.c - measures the program as it is started by users: time, memory, size. Threads:
 * the main thread. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "bench/measure.h"
#include "cli/client.h"

#define READY_MS 60000
#define IDLE_MS 1000

static void sleep_ms(int ms)
{
	struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&wait, NULL);
}

static int spawn(struct bench *bench, const char *data, pid_t *pid, struct error *err)
{
	const char *args[] = { "fairlead", "serve", "--data", data, "--listen", "127.0.0.1:0",
			       "--log-level", "error", bench->store ? "--store" : NULL,
			       bench->store, NULL };
	posix_spawn_file_actions_t actions;
	int code;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	code = posix_spawn(pid, "/proc/self/exe", &actions, NULL, (char *const *)args, environ);
	posix_spawn_file_actions_destroy(&actions);
	errno = code;
	return code ? error_errno(err, "fairlead serve") : 0;
}

/* Ready is what /readyz says to the first who asks. */
static int wait_ready(struct bench *bench, const char *data, struct error *err)
{
	int64_t until = clock_mono_us() + READY_MS * INT64_C(1000);

	while (clock_mono_us() < until) {
		const char *url = client_address_in(bench->arena, data);

		if (url && bench_ask(bench, "GET", arena_printf(bench->arena, "%s/readyz", url),
				     NULL, NULL, NULL, err) == 0)
			return 0;
		sleep_ms(2);
	}
	return error_set(err, ERR_UNAVAILABLE, "the server was not ready within %d s",
			 READY_MS / 1000);
}

static int64_t resident_of(pid_t pid)
{
	char path[64];
	long long pages = 0, resident = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (fscanf(file, "%lld %lld", &pages, &resident) != 2)
		resident = 0;
	fclose(file);
	return resident * sysconf(_SC_PAGESIZE);
}

int measure_process(struct bench *bench, const char *data, double *start_ms,
		    int64_t *resident_bytes, struct error *err)
{
	int64_t began = clock_mono_us();
	pid_t pid;
	int rc;

	if (spawn(bench, data, &pid, err) < 0)
		return -1;
	rc = wait_ready(bench, data, err);
	*start_ms = (double)(clock_mono_us() - began) / 1e3;
	if (rc == 0)
		sleep_ms(IDLE_MS); /* not a wait for something: this is what idle means */
	*resident_bytes = resident_of(pid);
	kill(pid, SIGTERM);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return rc;
}

int measure_start(struct bench *bench, struct error *err)
{
	const char *data = arena_printf(bench->arena, "%s/%s", bench->folder,
					bench->store ? "server" : "start");
	struct stat program = { 0 };
	double first_ms, again_ms;
	int64_t resident;

	bench_heading(bench, "Starting");
	if (measure_process(bench, data, &first_ms, &resident, err) < 0 ||
	    measure_process(bench, data, &again_ms, &resident, err) < 0)
		return -1;
	stat("/proc/self/exe", &program);
	bench_figure(bench, &(struct figure){ "start.first_ms", "first start, making the store",
					      "ms", first_ms, WISH_AT_MOST, 1000 });
	bench_figure(bench, &(struct figure){ "start.empty_ms", "start with an empty store", "ms",
					      again_ms, WISH_AT_MOST, 1000 });
	bench_figure(bench, &(struct figure){ "start.idle_mib", "memory when idle", "MiB",
					      (double)resident / (1 << 20), WISH_AT_MOST, 60 });
	bench_figure(bench, &(struct figure){ "start.binary_mib", "size of the program", "MiB",
					      (double)program.st_size / (1 << 20), WISH_AT_MOST,
					      15 });
	return 0;
}
