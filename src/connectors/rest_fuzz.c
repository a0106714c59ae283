/* rest_fuzz.c - any bytes as the answers of a CRM that settings describe. Threads: pure. */
#include "connectors/answers_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char settings[] =
	"{\"base_url\":\"https://crm.example/api\",\"remote_key\":\"ext\","
	"\"idempotency_header\":\"Idempotency-Key\","
	"\"batch\":{\"path\":\"/bulk\",\"body\":{\"rows\":\"{{records}}\"},\"item\":{\"ref\":"
	"\"{key}\",\"data\":\"{{fields}}\"},\"results\":\"$.rows\",\"key\":\"$.ref\","
	"\"error\":\"$.why\",\"field\":\"$.field\"},"
	"\"update\":{\"path\":\"/people/{id}\",\"version\":\"$.v\",\"duplicate\":\"$.other\"},"
	"\"find\":{\"path\":\"/people?ext={key}\",\"results\":\"$.people\",\"absent\":404},"
	"\"find_more\":[{\"path\":\"/people?mail={email}\",\"results\":\"$.people\","
	"\"fields\":\"$.data\",\"key\":\"$.data.ext\"}],"
	"\"read\":{\"path\":\"/people/{id}\",\"fields\":\"$.data\"},"
	"\"outcomes\":[{\"status\":200,\"where\":{\"$.ok\":true},\"outcome\":\"delivered\"},"
	"{\"status\":\"4xx\",\"where\":{\"$.code\":\"taken\"},\"outcome\":\"duplicate\"}],"
	"\"fields\":[{\"name\":\"email\",\"type\":\"email\"}]}";

static const struct field fields[] = {
	{ "email", { VALUE_TEXT, "jo@north.example" } },
	{ "a", { VALUE_LIST, "[\"x\"]" } },
};

static const struct record_key keys[] = {
	{ "contacts", "ext", "L1" },
	{ "contacts", "email", "ada@example.org" },
};

static const struct record records[FUZZ_RECORDS] = {
	{ .key = "L1", .idempotency_key = "k1", .fields = fields, .nfields = 2, .keys = keys,
	  .nkeys = 2 },
	{ .key = "L2", .idempotency_key = "k2", .fields = fields, .nfields = 1,
	  .keys = keys + 1, .nkeys = 1 },
	{ .key = "L3", .action = RECORD_UPDATE, .remote_id = "p1", .fields = fields,
	  .nfields = 2, .keys = keys, .nkeys = 1 },
	{ .key = "L4", .action = RECORD_UPDATE, .remote_id = "p2", .fields = fields,
	  .nfields = 1 },
	{ .key = "L5", .idempotency_key = "k5" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers("rest", settings, "contacts", records, true, data, size);
}
