/* bare.c - what the sandbox takes by itself, CRM by CRM. Threads: the main thread. */
#include "bench/bare.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "bench/crm.h"

#define CONNECTIONS 4
#define REQUEST_MAX (64u << 10)
#define SECONDS_MAX 3
#define BATCH_PER_CORE 5000 /* what is wanted: the sandbox is no bottleneck */
#define SINGLE_PER_CORE 2000

#define JSON "Content-Type: application/json\r\n"
#define MULTIPART "Content-Type: multipart/mixed; boundary=\"batch_x\"\r\n"

/* ---- What is sent ---- */

/* In every text '#' stands for the record's number. */
struct shape {
	const char *path;
	const char *open, *record, *joint, *close;
	int records;      /* a call; 0: the vendor has no such call */
	const char *type; /* a header line; NULL: JSON */
};

static const struct writer {
	const char *vendor, *title, *object;
	const char *figures; /* their names begin so */
	const char *headers; /* credentials, as the default account has them */
	struct shape shapes[2];
} writers[] = {
	{ "hubspot", "HubSpot", "contacts", "sandbox",
	  "Authorization: Bearer pat-na1-sandbox-default\r\n",
	  { [BARE_BATCH] = { "/hubspot/crm/objects/2026-09/contacts/batch/upsert",
			     "{\"inputs\":[",
			     "{\"idProperty\":\"fairlead_lead_id\",\"id\":\"bare-#\","
			     "\"properties\":{\"email\":\"bare#@example.org\","
			     "\"firstname\":\"Ada\",\"lastname\":\"Lovelace\","
			     "\"company\":\"Acme Ltd\",\"fairlead_lead_id\":\"bare-#\"}}",
			     ",", "]}", 100, NULL },
	    [BARE_SINGLE] = { "/hubspot/crm/objects/2026-09/contacts", "",
			      "{\"properties\":{\"email\":\"bare#@example.org\","
			      "\"firstname\":\"Ada\",\"lastname\":\"Lovelace\","
			      "\"company\":\"Acme Ltd\",\"fairlead_lead_id\":\"bare-#\"}}",
			      "", "", 1, NULL } } },
	{ "salesforce", "Salesforce", "Lead", "sandbox.salesforce",
	  "Authorization: Bearer 00D5g-sandbox-default\r\n",
	  { [BARE_BATCH] = { "/salesforce/services/data/v66.0/composite/sobjects",
			     "{\"allOrNone\":false,\"records\":[",
			     "{\"attributes\":{\"type\":\"Lead\"},\"Email\":\"bare#@example.org\","
			     "\"FirstName\":\"Ada\",\"LastName\":\"Lovelace\","
			     "\"Company\":\"Acme Ltd\"}",
			     ",", "]}", 100, NULL },
	    [BARE_SINGLE] = { "/salesforce/services/data/v66.0/sobjects/Lead", "",
			      "{\"Email\":\"bare#@example.org\",\"FirstName\":\"Ada\","
			      "\"LastName\":\"Lovelace\",\"Company\":\"Acme Ltd\"}",
			      "", "", 1, NULL } } },
	{ "dynamics", "Dynamics 365", "leads", "sandbox.dynamics",
	  "Authorization: Bearer eyJ0.sandbox-default\r\n",
	  { [BARE_BATCH] = { "/dynamics/api/data/v9.2/$batch", "",
			     "--batch_x\r\nContent-Type: application/http\r\n"
			     "Content-Transfer-Encoding: binary\r\n\r\n"
			     "POST /api/data/v9.2/leads HTTP/1.1\r\n"
			     "Content-Type: application/json; type=entry\r\n\r\n"
			     "{\"subject\":\"Web form\",\"emailaddress1\":\"bare#@example.org\","
			     "\"firstname\":\"Ada\",\"lastname\":\"Lovelace\","
			     "\"companyname\":\"Acme Ltd\",\"new_fairleadid\":\"bare-#\"}\r\n",
			     "", "--batch_x--\r\n", 100, MULTIPART },
	    [BARE_SINGLE] = { "/dynamics/api/data/v9.2/leads", "",
			      "{\"subject\":\"Web form\",\"emailaddress1\":\"bare#@example.org\","
			      "\"firstname\":\"Ada\",\"lastname\":\"Lovelace\","
			      "\"companyname\":\"Acme Ltd\",\"new_fairleadid\":\"bare-#\"}",
			      "", "", 1, NULL } } },
	{ "zoho", "Zoho CRM", "Leads", "sandbox.zoho",
	  "Authorization: Zoho-oauthtoken 1000.access.sandbox-default\r\n",
	  { [BARE_BATCH] = { "/zoho/crm/v8/Leads", "{\"data\":[",
			     "{\"Email\":\"bare#@example.org\",\"First_Name\":\"Ada\","
			     "\"Last_Name\":\"Lovelace\",\"Company\":\"Acme Ltd\"}",
			     ",", "],\"trigger\":[]}", 100, NULL },
	    [BARE_SINGLE] = { "/zoho/crm/v8/Leads", "{\"data\":[",
			      "{\"Email\":\"bare#@example.org\",\"First_Name\":\"Ada\","
			      "\"Last_Name\":\"Lovelace\",\"Company\":\"Acme Ltd\"}",
			      "", "],\"trigger\":[]}", 1, NULL } } },
	{ "pipedrive", "Pipedrive", "persons", "sandbox.pipedrive",
	  "x-api-token: 5a4db0c5a4db0c5a4db0c5a4db0c5a4db0c5a4db\r\n",
	  { [BARE_SINGLE] = { "/pipedrive/api/v2/persons", "",
			      "{\"name\":\"Ada Lovelace\",\"emails\":[{\"value\":"
			      "\"bare#@example.org\",\"primary\":true,\"label\":\"work\"}]}",
			      "", "", 1, NULL } } },
	{ "copper", "Copper", "leads", "sandbox.copper",
	  "X-PW-AccessToken: 0b5e55ed0b5e55ed0b5e55ed0b5e55ed\r\n"
	  "X-PW-Application: developer_api\r\nX-PW-UserEmail: rep@acme.example\r\n",
	  { [BARE_BATCH] = { "/copper/developer_api/v1/leads/bulk_create", "{\"leads\":[",
			     "{\"name\":\"Ada Lovelace\",\"email\":{\"email\":"
			     "\"bare#@example.org\",\"category\":\"work\"}}",
			     ",", "]}", 10, NULL },
	    [BARE_SINGLE] = { "/copper/developer_api/v1/leads", "",
			      "{\"name\":\"Ada Lovelace\",\"email\":{\"email\":"
			      "\"bare#@example.org\",\"category\":\"work\"}}",
			      "", "", 1, NULL } } },
	/* Its batches are answered before they are written. */
	{ "freshsales", "Freshsales", "contacts", "sandbox.freshsales",
	  "Authorization: Token token=sandboxFreshsalesKey01\r\n",
	  { [BARE_SINGLE] = { "/freshsales/crm/sales/api/contacts", "",
			      "{\"contact\":{\"first_name\":\"Ada\",\"last_name\":\"Lovelace\","
			      "\"email\":\"bare#@example.org\"}}",
			      "", "", 1, NULL } } },
	{ "close", "Close", "lead", "sandbox.close",
	  "Authorization: Basic YXBpX1NhbmRib3hDbG9zZUtleU9mVGhlRGVmYXVsdDAxOg==\r\n",
	  { [BARE_SINGLE] = { "/close/api/v1/lead/", "",
			      "{\"name\":\"Acme Ltd\",\"contacts\":[{\"name\":\"Ada Lovelace\","
			      "\"emails\":[{\"type\":\"office\",\"email\":"
			      "\"bare#@example.org\"}]}]}",
			      "", "", 1, NULL } } },
	{ "leadsquared", "LeadSquared", "leads", "sandbox.leadsquared",
	  "x-LSQ-AccessKey: u$r5a4d1ead5a4d1ead5a4d1ead5a4d1ead\r\n"
	  "x-LSQ-SecretKey: 5ec4e75ec4e75ec4e75ec4e75ec4e75ec4e75ec4\r\n",
	  { [BARE_BATCH] = { "/leadsquared/v2/LeadManagement.svc/Lead/Bulk/Create", "[",
			     "[{\"Attribute\":\"EmailAddress\",\"Value\":\"bare#@example.org\"},"
			     "{\"Attribute\":\"FirstName\",\"Value\":\"Ada\"},"
			     "{\"Attribute\":\"LastName\",\"Value\":\"Lovelace\"}]",
			     ",", "]", 50, NULL },
	    [BARE_SINGLE] = { "/leadsquared/v2/LeadManagement.svc/Lead.Create", "[",
			      "{\"Attribute\":\"EmailAddress\",\"Value\":\"bare#@example.org\"},"
			      "{\"Attribute\":\"FirstName\",\"Value\":\"Ada\"},"
			      "{\"Attribute\":\"LastName\",\"Value\":\"Lovelace\"}",
			      "", "]", 1, NULL } } },
	{ "plain", "A plain CRM", "leads", "sandbox.plain",
	  "Authorization: Bearer plain-crm-token\r\n",
	  { [BARE_BATCH] = { "/plain/leads/batch", "{\"records\":[",
			     "{\"fairlead_id\":\"bare-#\",\"email\":\"bare#@example.org\","
			     "\"first_name\":\"Ada\",\"last_name\":\"Lovelace\"}",
			     ",", "]}", 100, NULL },
	    [BARE_SINGLE] = { "/plain/leads", "",
			      "{\"fairlead_id\":\"bare-#\",\"email\":\"bare#@example.org\","
			      "\"first_name\":\"Ada\",\"last_name\":\"Lovelace\"}",
			      "", "", 1, NULL } } },
};

struct asking {
	const struct shape *shape;
	const char *headers;
};

static void add_record(struct buf *buf, const char *record, int64_t number)
{
	size_t len;

	for (; *record; record += len + (record[len] == '#')) {
		len = strcspn(record, "#");
		buf_addn(buf, record, len);
		if (record[len])
			buf_addf(buf, "%lld", (long long)number);
	}
}

static size_t next_call(void *context, int64_t n, char *room, size_t size)
{
	const struct asking *asking = context;
	const struct shape *shape = asking->shape;
	struct arena *arena = arena_new();
	struct buf body;
	size_t len;

	buf_init(&body, arena, REQUEST_MAX);
	buf_add(&body, shape->open);
	for (int i = 0; i < shape->records; i++) {
		buf_add(&body, i ? shape->joint : "");
		add_record(&body, shape->record, n * shape->records + i);
	}
	buf_add(&body, shape->close);
	len = http_load_post(room, size, shape->path, asking->headers, body.text, body.len);
	arena_free(arena);
	return len;
}

/* ---- A run ---- */

/* What was answered well is in the ledger, record by record. */
static int check(struct bench *bench, const struct crm *crm, const struct writer *writer,
		 int records, const struct http_load_result *r, struct error *err)
{
	struct crm_counts counts;
	int64_t good = 0;

	for (int status = 200; status < 300; status++)
		good += r->statuses[status];
	if (good != r->sent)
		bench_fault(bench, "%s: %lld of %lld calls were not taken", writer->title,
			    (long long)(r->sent - good), (long long)r->sent);
	if (crm_count(bench, crm, &counts, err) < 0)
		return -1;
	if (counts.created != good * records)
		bench_fault(bench, "%s: %lld records were sent, %lld are there", writer->title,
			    (long long)good * records, (long long)counts.created);
	return 0;
}

static int run(struct bench *bench, const struct writer *writer, enum bare_kind kind,
	       struct bare *bare, struct error *err)
{
	const struct shape *shape = &writer->shapes[kind];
	int64_t seconds = bench->seconds > SECONDS_MAX ? SECONDS_MAX : bench->seconds;
	struct asking asking = {
		.shape = shape,
		.headers = arena_printf(bench->arena, "%s%s", shape->type ? shape->type : JSON,
					writer->headers),
	};
	struct http_load_result *r = arena_alloc(bench->arena, sizeof(*r));
	struct http_load_config config = { .address = "127.0.0.1", .connections = CONNECTIONS,
					   .request_max = REQUEST_MAX + 4096,
					   .duration_us = seconds * 1000000,
					   .request = next_call, .context = &asking };
	struct crm crm;
	double records, cpu_us = 0;
	int rc = crm_start(bench, writer->vendor, "bare", &crm, err);

	crm.object = writer->object;
	config.port = crm.port;
	if (rc == 0)
		rc = crm_unlimit(bench, &crm, err);
	if (rc == 0) {
		cpu_us = (double)bench_cpu_us();
		rc = http_load_run(&config, r, err);
		cpu_us = (double)bench_cpu_us() - cpu_us;
	}
	if (rc == 0)
		rc = check(bench, &crm, writer, shape->records, r, err);
	crm_stop(&crm);
	if (rc < 0)
		return -1;
	records = (double)r->replied * shape->records * 1e6;
	cpu_us -= (double)r->cpu_us; /* the rest of the process sleeps */
	bare->per_s = records / (double)(r->took_us ? r->took_us : 1);
	bare->per_core = records / (cpu_us > 1 ? cpu_us : 1);
	return 1;
}

int bare_run(struct bench *bench, const char *vendor, enum bare_kind kind, struct bare *bare,
	     struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
		if (strcmp(writers[i].vendor, vendor) != 0)
			continue;
		if (!writers[i].shapes[kind].records)
			return 0;
		if (run(bench, &writers[i], kind, bare, err) < 0)
			return error_wrap(err, "%s", vendor);
		return 1;
	}
	return error_set(err, ERR_INVALID, "bench: no writer for %s", vendor);
}

/* ---- The table ---- */

static const struct {
	const char *name, *text;
	double wanted;
} kinds[] = {
	[BARE_BATCH] = { "batch_per_core", "in batches of", BATCH_PER_CORE },
	[BARE_SINGLE] = { "single_per_core", "one a call", SINGLE_PER_CORE },
};

static int measure(struct bench *bench, const struct writer *writer, enum bare_kind kind,
		   struct error *err)
{
	int records = writer->shapes[kind].records;
	struct bare bare;
	int rc = bare_run(bench, writer->vendor, kind, &bare, err);
	const char *text;

	if (rc <= 0)
		return rc;
	text = kind == BARE_BATCH ? arena_printf(bench->arena, "%s, %s %d", writer->title,
						 kinds[kind].text, records) :
				    arena_printf(bench->arena, "%s, %s", writer->title,
						 kinds[kind].text);
	bench_figure(bench, &(struct figure){ arena_printf(bench->arena, "%s.%s", writer->figures,
							   kinds[kind].name),
					      text, "rec/s", bare.per_core, WISH_AT_LEAST,
					      kinds[kind].wanted });
	return 0;
}

int measure_sandbox(struct bench *bench, struct error *err)
{
	bench_heading(bench, "The sandbox by itself: records written, per core that it uses");
	for (size_t i = 0; i < ARRAY_LEN(writers); i++)
		if (measure(bench, &writers[i], BARE_BATCH, err) < 0 ||
		    measure(bench, &writers[i], BARE_SINGLE, err) < 0)
			return -1;
	return 0;
}
