/* start.c - measures the program as it is started by users: time, memory, size. Threads:
 * the main thread. */
#include <sys/stat.h>
#include <time.h>

#include "bench/process.h"

#define IDLE_S 1

int measure_process(struct bench *bench, const char *data, double *start_ms,
		    int64_t *resident_bytes, struct error *err)
{
	const struct timespec idle = { .tv_sec = IDLE_S };
	struct process process;

	if (process_serve(bench, data, &process, err) < 0)
		return -1;
	nanosleep(&idle, NULL); /* not a wait for something: this is what idle means */
	*start_ms = process.start_ms;
	*resident_bytes = process_memory(&process, "VmRSS");
	process_stop(&process);
	return 0;
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
