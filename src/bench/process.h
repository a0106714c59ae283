/* process.h - the program as a process of its own, as users start it: for time and memory.
 * Private to bench/. Threads: the main thread. */
#ifndef BENCH_PROCESS_H
#define BENCH_PROCESS_H

#include <sys/types.h>

#include "bench/measure.h"

struct process {
	pid_t pid;
	double start_ms; /* until it was ready */
};

/* Starts `fairlead serve` on a folder and waits until it is ready. */
int process_serve(struct bench *bench, const char *data, struct process *process,
		  struct error *err);
void process_stop(const struct process *process);

/* Bytes of a line of /proc/PID/status: "VmRSS" is what it holds now, "VmHWM" the most it
 * ever held. */
int64_t process_memory(const struct process *process, const char *line);

/* Runs a command of the program to its end, its output thrown away; `args` ends with NULL
 * and begins after "fairlead". Fails unless it exits with 0. */
int process_run(const char *const *args, struct error *err);

#endif
