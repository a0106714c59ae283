/* import.c - measures how a file of leads is taken: server and command as processes of
 * their own, as users start them. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "bench/process.h"

#define ROWS_PER_S 6000 /* what is wanted */
#define MEMORY_MIB 256

static const char workspace[] = "version: 1\n"
				"people: [{name: operations, email: operations@example.org}]\n"
				"sources: [{name: bench-file, kind: file, default_country: IN}]\n";

static int write_text(const char *path, const char *text, struct error *err)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		return error_errno(err, path);
	return 0;
}

/* As a spreadsheet gives it: headers in words, a comma in quotes, empty cells. */
static int write_rows(struct bench *bench, const char *path, struct error *err)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return error_errno(err, path);
	fputs("E-Mail Address,First Name,Last Name,Mobile No.,Company,City,Budget\n", file);
	for (int64_t i = 0; i < bench->rows; i++) {
		long long n = bench->next_lead++;

		fprintf(file, "lead%lld@example.org,Ada,Lovelace,098%08lld,\"Acme, Ltd\",Pune,%s\n",
			n, n % 100000000, n % 3 ? "50000" : "");
	}
	return fclose(file) == 0 ? 0 : error_errno(err, path);
}

static void tell(struct bench *bench, double seconds, int64_t peak)
{
	bench_figure(bench,
		     &(struct figure){ "import.rows_per_s",
				       arena_printf(bench->arena, "%lld rows in %.1f s",
						    (long long)bench->rows, seconds),
				       "rows/s", (double)bench->rows / seconds, WISH_AT_LEAST,
				       ROWS_PER_S });
	bench_figure(bench, &(struct figure){ "import.peak_mib", "most memory of the server",
					      "MiB", (double)peak / (1 << 20), WISH_AT_MOST,
					      MEMORY_MIB });
}

int measure_import(struct bench *bench, struct error *err)
{
	const char *data = arena_printf(bench->arena, "%s/%s", bench->folder,
					bench->store ? "server" : "import");
	const char *yaml = arena_printf(bench->arena, "%s/import.yaml", bench->folder);
	const char *rows = arena_printf(bench->arena, "%s/import.csv", bench->folder);
	const char *const apply[] = { "apply", "-f", yaml, "--data", data, NULL };
	const char *const import[] = { "import", rows, "--source", "bench-file", "--data", data,
				       NULL };
	struct process process;
	int64_t began = 0;
	int rc;

	bench_heading(bench, "A file");
	if (write_text(yaml, workspace, err) < 0 || write_rows(bench, rows, err) < 0 ||
	    process_serve(bench, data, &process, err) < 0)
		return -1;
	rc = process_run(apply, err);
	if (rc == 0) {
		began = clock_mono_us();
		rc = process_run(import, err);
	}
	if (rc == 0)
		tell(bench, (double)(clock_mono_us() - began) / 1e6,
		     process_memory(&process, "VmHWM"));
	process_stop(&process);
	return rc;
}
