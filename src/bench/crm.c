/* crm.c - the sandbox as the CRM of a measurement. Threads: the main thread. */
#include "bench/crm.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"

#define HUBSPOT_TOKEN "pat-na1-sandbox-default"
#define SEEN_MAX 4096 /* requests that the sandbox remembers */
#define REST_S 600 /* for what an earlier run left in a shared store */

static int ask(struct bench *bench, const struct crm *crm, const char *method,
	       const char *path, const char *body, json_t **answer, struct error *err)
{
	return bench_ask(bench, method, arena_printf(bench->arena, "%s%s", crm->url, path),
			 "Content-Type: application/json\r\n", body, answer, err);
}

/* ---- Starting ---- */

/* The remote key is made the way a person would: with the vendor's own API. */
static int add_hubspot_key(struct bench *bench, const struct crm *crm, struct error *err)
{
	return bench_ask(
		bench, "POST",
		arena_printf(bench->arena, "%s/hubspot/crm/properties/2026-09/contacts", crm->url),
		"Authorization: Bearer " HUBSPOT_TOKEN "\r\nContent-Type: application/json\r\n",
		"{\"name\":\"fairlead_lead_id\",\"label\":\"Fairlead lead id\","
		"\"groupName\":\"contactinformation\",\"type\":\"string\","
		"\"fieldType\":\"text\",\"hasUniqueValue\":true,\"formField\":false}",
		NULL, err);
}

static int find_token(struct bench *bench, struct crm *crm, struct error *err)
{
	json_t *answer, *account;
	size_t i;

	if (ask(bench, crm, "GET", "/_sandbox/accounts", NULL, &answer, err) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "accounts"), i, account) {
		json_t *known = json_object_get(account, "credentials");

		if (text_equal(json_string_of(account, "vendor"), crm->vendor))
			crm->token = json_string_of(known, "access_token");
	}
	if (!crm->token)
		return error_set(err, ERR_INTERNAL, "sandbox: no token for %s", crm->vendor);
	return 0;
}

int crm_start(struct bench *bench, const char *vendor, const char *name, struct crm *crm,
	      struct error *err)
{
	struct sandbox_config config = { .address = "127.0.0.1" };
	bool is_hubspot = text_equal(vendor, "hubspot");
	bool is_salesforce = text_equal(vendor, "salesforce");

	*crm = (struct crm){ .vendor = vendor, .name = name, .object = is_hubspot ? "contacts" : "Lead",
			     .token = HUBSPOT_TOKEN };
	crm->sandbox = sandbox_start(&config, err);
	if (!crm->sandbox)
		return error_wrap(err, "sandbox");
	crm->port = sandbox_port(crm->sandbox);
	crm->url = arena_printf(bench->arena, "http://127.0.0.1:%d", crm->port);
	if (is_salesforce)
		return find_token(bench, crm, err);
	return is_hubspot ? add_hubspot_key(bench, crm, err) : 0;
}

void crm_stop(struct crm *crm)
{
	if (crm->sandbox)
		sandbox_stop(crm->sandbox);
	crm->sandbox = NULL;
}

int crm_limit(struct bench *bench, const struct crm *crm, int calls_per_s, struct error *err)
{
	return ask(bench, crm, "PATCH", "/_sandbox/accounts/hubspot/default/settings",
		   arena_printf(bench->arena,
				"{\"limits\":{\"ten_seconds\":%d,\"search\":%d,\"daily\":0}}",
				calls_per_s * 10, calls_per_s),
		   NULL, err);
}

int crm_unlimit(struct bench *bench, const struct crm *crm, struct error *err)
{
	const char *path = arena_printf(bench->arena, "/_sandbox/accounts/%s/default/settings",
					crm->vendor);
	json_t *settings, *limits, *limit;
	const char *name;

	if (ask(bench, crm, "GET", path, NULL, &settings, err) < 0)
		return -1;
	limits = json_keep(bench->arena, json_object());
	json_object_foreach(json_object_get(settings, "limits"), name, limit)
		json_object_set_new(limits, name, json_integer(0));
	settings = json_keep(bench->arena, json_pack("{sO}", "limits", limits));
	return ask(bench, crm, "PATCH", path, json_text(bench->arena, settings), NULL, err);
}

/* How many are on their way, and how many will not get there without a person. */
static int read_queue(struct bench *bench, const struct target *target, int64_t *left,
		      int64_t *stuck, struct error *err)
{
	const char *url = arena_printf(bench->arena, "http://127.0.0.1:%d/v1/stats/queue",
				       target->port);
	json_t *queue;

	if (bench_ask(bench, "GET", url, target->headers, NULL, &queue, err) < 0)
		return -1;
	*left = json_int_of(queue, "pending", 0);
	*stuck = json_int_of(queue, "dead", 0) + json_int_of(queue, "uncertain", 0);
	return 0;
}

int crm_connect(struct bench *bench, const struct crm *crm, struct target *target,
		int calls, int per_s, struct error *err)
{
	bool is_hubspot = text_equal(crm->vendor, "hubspot");
	const char *fields =
		is_hubspot ? "{\"from\":\"email\",\"to\":\"email\"},"
			     "{\"from\":\"first_name\",\"to\":\"firstname\"},"
			     "{\"from\":\"last_name\",\"to\":\"lastname\"},"
			     "{\"from\":\"phone\",\"to\":\"phone\"},"
			     "{\"from\":\"company\",\"to\":\"company\"}" :
			     "{\"from\":\"email\",\"to\":\"Email\"},"
			     "{\"from\":\"first_name\",\"to\":\"FirstName\"},"
			     "{\"from\":\"last_name\",\"to\":\"LastName\"},"
			     "{\"from\":\"phone\",\"to\":\"Phone\"},"
			     "{\"from\":\"company\",\"to\":\"Company\"}";
	const char *limits = "", *body;
	int64_t left;

	if (calls)
		limits = arena_printf(bench->arena, "\"limits\":{\"calls\":%d,\"per_s\":%d},",
				      calls, per_s);
	body = arena_printf(
		bench->arena,
		"{\"prune\":true,\"workspace\":{\"version\":1,"
		"\"people\":[{\"name\":\"operations\",\"email\":\"operations@example.org\"}],"
		"\"connections\":[{\"name\":\"%s\",\"connector\":\"%s\","
		"\"auth\":\"bearer\",%s\"settings\":{\"base_url\":\"%s/%s\"}}],"
		"\"mappings\":[{\"name\":\"%s\",\"owner\":\"operations\","
		"\"connection\":\"%s\",\"object\":\"%s\",\"fields\":[%s]}],"
		"\"syncs\":[{\"mapping\":\"%s\",\"mode\":\"real_time\","
		"\"behaviour\":\"capture\"}]},\"secrets\":{\"%s\":{\"secret\":\"%s\"}}}",
		crm->name, crm->vendor, limits, crm->url, crm->vendor, crm->name, crm->name,
		crm->object, fields, crm->name, crm->name, crm->token);
	if (bench_apply(bench, target, body, err) < 0)
		return -1;
	/* What earlier runs left in a shared store comes to rest: its connection is gone. */
	if (crm_wait_delivered(bench, target, REST_S, &left, err) < 0)
		return -1;
	return left <= 0 ? 0 :
			   error_set(err, ERR_UNAVAILABLE,
				     "what %lld leads of earlier runs had to send did not come "
				     "to rest in %d s", (long long)left, REST_S);
}

int crm_add_person(struct bench *bench, const struct crm *crm, int64_t n, struct error *err)
{
	bool is_hubspot = text_equal(crm->vendor, "hubspot");

	return ask(bench, crm, "POST",
		   arena_printf(bench->arena, "/_sandbox/accounts/%s/default/records/%s",
				crm->vendor, crm->object),
		   arena_printf(bench->arena,
				is_hubspot ? "{\"email\":\"lead%lld@example.org\"}" :
					     "{\"Email\":\"lead%lld@example.org\","
					     "\"LastName\":\"Lovelace\",\"Company\":\"Acme\"}",
				(long long)n),
		   NULL, err);
}

/* ---- What it saw ---- */

int crm_count(struct bench *bench, const struct crm *crm, struct crm_counts *counts,
	      struct error *err)
{
	json_t *answer;

	if (ask(bench, crm, "GET",
		arena_printf(bench->arena, "/_sandbox/ledger/summary?vendor=%s&object=%s",
			     crm->vendor, crm->object),
		NULL, &answer, err) < 0)
		return -1;
	counts->created = json_int_of(json_object_get(answer, "counts"),
				      arena_printf(bench->arena, "%s.created", crm->object), 0);
	counts->repeated = (int64_t)json_array_size(json_object_get(answer, "repeated"));
	return 0;
}

static int read_requests(struct bench *bench, const struct crm *crm, int limit,
			 json_t **requests, struct error *err)
{
	json_t *answer;

	if (ask(bench, crm, "GET",
		arena_printf(bench->arena, "/_sandbox/requests?vendor=%s&limit=%d", crm->vendor,
			     limit),
		NULL, &answer, err) < 0)
		return -1;
	*requests = json_object_get(answer, "requests");
	return 0;
}

int crm_mark(struct bench *bench, const struct crm *crm, int64_t *mark, struct error *err)
{
	json_t *requests;

	if (read_requests(bench, crm, 1, &requests, err) < 0)
		return -1;
	*mark = json_int_of(json_array_get(requests, 0), "request", 0);
	return 0;
}

/* Tokens and descriptions are not counted: they are asked for once an hour. */
static bool is_data(const char *target)
{
	return !strstr(target, "/oauth") && !strstr(target, "/properties/") &&
	       !strstr(target, "/describe") && !strstr(target, "/account-info");
}

int crm_calls_since(struct bench *bench, const struct crm *crm, int64_t mark, int64_t *calls,
		    struct error *err)
{
	json_t *requests, *request;
	size_t i;

	*calls = 0;
	if (read_requests(bench, crm, SEEN_MAX, &requests, err) < 0)
		return -1;
	json_array_foreach(requests, i, request) {
		if (json_int_of(request, "request", 0) > mark)
			*calls += is_data(json_string_of(request, "target"));
	}
	return 0;
}

int crm_limited(struct bench *bench, const struct crm *crm, int64_t *limited,
		struct error *err)
{
	json_t *answer;

	if (ask(bench, crm, "GET", "/_sandbox/requests?limit=1", NULL, &answer, err) < 0)
		return -1;
	*limited = json_int_of(json_object_get(answer, "by_status"), "429", 0);
	return 0;
}

int crm_wait_delivered(struct bench *bench, const struct target *target, double seconds,
		       int64_t *left, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000000 };
	int64_t until = clock_mono_us() + (int64_t)(seconds * 1e6), stuck = 0;
	struct arena *whole = bench->arena;
	int rc;

	for (;;) {
		bench->arena = arena_new(); /* asked often: its answers are not kept */
		rc = read_queue(bench, target, left, &stuck, err);
		arena_free(bench->arena);
		bench->arena = whole;
		if (rc < 0 || *left <= 0 || clock_mono_us() > until)
			break;
		nanosleep(&pause, NULL);
	}
	if (rc == 0 && stuck)
		bench_fault(bench, "%lld leads were refused by the CRM", (long long)stuck);
	return rc;
}
