/* bare.c - what the sandbox takes by itself. Threads: the main thread. */
#include "bench/bare.h"

#include <stdio.h>

#include "bench/crm.h"

#define BATCH 100
#define SECONDS_MAX 5
#define CONNECTIONS 4
#define RECORD_MAX 256
#define BATCH_PER_CORE 5000 /* what is wanted: the sandbox is no bottleneck */
#define SINGLE_PER_CORE 2000

static size_t next_upsert(void *context, int64_t n, char *room, size_t size)
{
	char body[BATCH * RECORD_MAX];
	size_t len = (size_t)snprintf(body, sizeof(body), "{\"inputs\":[");

	for (int i = 0; i < BATCH; i++)
		len += (size_t)snprintf(
			body + len, sizeof(body) - len,
			"%s{\"idProperty\":\"fairlead_lead_id\",\"id\":\"bare-%lld\","
			"\"properties\":{\"email\":\"bare%lld@example.org\","
			"\"firstname\":\"Ada\",\"lastname\":\"Lovelace\","
			"\"company\":\"Acme Ltd\",\"fairlead_lead_id\":\"bare-%lld\"}}",
			i ? "," : "", (long long)(n * BATCH + i), (long long)(n * BATCH + i),
			(long long)(n * BATCH + i));
	len += (size_t)snprintf(body + len, sizeof(body) - len, "]}");
	return http_load_post(room, size, "/hubspot/crm/objects/2026-09/contacts/batch/upsert",
			      context, body, len);
}

static size_t next_create(void *context, int64_t n, char *room, size_t size)
{
	char body[RECORD_MAX];
	int len = snprintf(body, sizeof(body),
			   "{\"properties\":{\"email\":\"bare%lld@example.org\","
			   "\"firstname\":\"Ada\",\"lastname\":\"Lovelace\","
			   "\"company\":\"Acme Ltd\",\"fairlead_lead_id\":\"bare-%lld\"}}",
			   (long long)n, (long long)n);

	return http_load_post(room, size, "/hubspot/crm/objects/2026-09/contacts", context, body,
			      (size_t)len);
}

static const struct {
	http_load_request *request;
	const char *name;
	int records; /* a call */
} kinds[] = {
	[BARE_BATCH] = { next_upsert, "bare batches", BATCH },
	[BARE_SINGLE] = { next_create, "bare creates", 1 },
};

int bare_run(struct bench *bench, enum bare_kind kind, struct bare *bare, struct error *err)
{
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));
	struct http_load_config config = {
		.address = "127.0.0.1", .connections = CONNECTIONS,
		.request_max = BATCH * RECORD_MAX + 1024,
		.duration_us = (bench->seconds > SECONDS_MAX ? SECONDS_MAX : bench->seconds) *
			       1000000,
		.request = kinds[kind].request,
	};
	struct crm crm;
	double records, cpu_us = 0;
	int rc = crm_start(bench, "hubspot", "bare", &crm, err);

	if (rc == 0)
		rc = crm_limit(bench, &crm, 0, err);
	config.port = crm.port;
	config.context = arena_printf(bench->arena,
				      "Authorization: Bearer %s\r\n"
				      "Content-Type: application/json\r\n",
				      crm.token);
	if (rc == 0) {
		cpu_us = (double)bench_cpu_us();
		rc = http_load_run(&config, r, err);
		cpu_us = (double)bench_cpu_us() - cpu_us;
	}
	crm_stop(&crm);
	if (rc < 0)
		return -1;
	if (r->statuses[200] + r->statuses[201] != r->sent)
		bench_fault(bench, "%s: not every one was taken", kinds[kind].name);
	records = (double)r->replied * kinds[kind].records * 1e6;
	cpu_us -= (double)r->cpu_us; /* the rest of the process sleeps */
	bare->per_s = records / (double)(r->took_us ? r->took_us : 1);
	bare->per_core = records / (cpu_us > 1 ? cpu_us : 1);
	return 0;
}

int measure_sandbox(struct bench *bench, struct error *err)
{
	struct bare batch, single;

	bench_heading(bench, "The sandbox by itself (HubSpot's contacts)");
	if (bare_run(bench, BARE_BATCH, &batch, err) < 0 ||
	    bare_run(bench, BARE_SINGLE, &single, err) < 0)
		return -1;
	bench_figure(bench, &(struct figure){ "sandbox.batch_per_core",
					      "batches of 100, per core that it uses", "records/s",
					      batch.per_core, WISH_AT_LEAST, BATCH_PER_CORE });
	bench_figure(bench, &(struct figure){ "sandbox.single_per_core",
					      "one record a call, per core that it uses",
					      "records/s", single.per_core, WISH_AT_LEAST,
					      SINGLE_PER_CORE });
	bench_figure(bench, &(struct figure){ "sandbox.single_per_s",
					      "one record a call, over 4 connections", "records/s",
					      single.per_s, WISH_NONE, 0 });
	return 0;
}
