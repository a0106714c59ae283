/* hubspot_fuzz.c - any bytes as HubSpot's answers. Threads: pure. */
#include "connectors/answers_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field fields[] = {
	{ "email", { VALUE_TEXT, "jo@north.example" } },
	{ "hs_lead_status", { VALUE_TEXT, "Nope" } },
};

static const struct record_key keys[] = {
	{ "contacts", "fairlead_lead_id", "L1" },
	{ "contacts", "email", "ada@example.org" },
	{ "contacts", "phone", "+14155550102" },
	{ "contacts", "mobilephone", "+14155550102" },
};

static const struct record records[FUZZ_RECORDS] = {
	{ .key = "L1", .fields = fields, .nfields = 2, .keys = keys, .nkeys = 4 },
	{ .key = "L2", .fields = fields, .nfields = 1, .keys = keys + 1, .nkeys = 3 },
	{ .key = "L3", .action = RECORD_UPDATE, .remote_id = "101", .fields = fields,
	  .nfields = 2, .keys = keys + 2, .nkeys = 2 },
	{ .key = "L4", .action = RECORD_UPDATE, .remote_id = "102", .fields = fields,
	  .nfields = 1, .keys = keys + 1, .nkeys = 1 },
	{ .key = "L5" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers("hubspot", "{}", "contacts", records, false, data, size);
}
