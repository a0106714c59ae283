/* salesforce_fuzz.c - any bytes as Salesforce's answers. Threads: pure. */
#include "connectors/answers_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct field fields[] = {
	{ "LastName", { VALUE_TEXT, "North" } },
	{ "Shoe__c", { VALUE_NUMBER, "44" } },
};

static const struct record_key keys[] = {
	{ "Lead", "Fairlead_Id__c", "L-1" },
	{ "Lead", "Email", "a@x.example" },
	{ "Contact", "Email", "a@x.example" },
	{ "Lead", "Phone", "+4915222222" },
	{ "Lead", "MobilePhone", "+4915222222" },
	{ "Contact", "Phone", "+4915222222" },
};

static const struct record records[FUZZ_RECORDS] = {
	{ .key = "L-1", .fields = fields, .nfields = 2, .keys = keys, .nkeys = 6 },
	{ .key = "L-2", .fields = fields, .nfields = 1, .keys = keys + 1, .nkeys = 5 },
	{ .key = "L-3", .action = RECORD_UPDATE, .remote_id = "00Q5g00000ABCDEEA4",
	  .fields = fields, .nfields = 2, .keys = keys + 3, .nkeys = 3 },
	{ .key = "L-4", .action = RECORD_UPDATE, .remote_id = "0035g00000CONTAAA2",
	  .fields = fields, .nfields = 2, .keys = keys + 1, .nkeys = 1 },
	{ .key = "L-5" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return fuzz_answers("salesforce", "{\"base_url\":\"https://acme.my.salesforce.com\"}",
			    "Lead", records, false, data, size);
}
