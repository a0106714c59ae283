/* salesforce_schema_test.c - tests src/sandbox/salesforce_tooling.c and _describe.c by
 * section 3 of the fact sheet. */
#include "salesforce_ask.h"

#include "base/clock.h"

#define CUSTOM_FIELD "/tooling/sobjects/CustomField"

/* Whether describe shows a field; *field becomes it. */
static bool is_shown(struct asker *asker, const char *name, const json_t **field)
{
	struct answer a = call(asker, "GET", "/sobjects/Lead/describe", NULL);
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(a.json, "fields"), i, one) {
		if (strcmp(json_string_of(one, "name"), name) != 0)
			continue;
		*field = one;
		return true;
	}
	return false;
}

static struct answer grant(struct asker *asker, const char *field, const char *more)
{
	struct answer a = call(asker, "GET", "/query?q=SELECT+Id+FROM+PermissionSet", NULL);

	return call(asker, "POST", "/sobjects/FieldPermissions",
		    arena_printf(asker->arena,
				 "{\"ParentId\":\"%s\",\"SobjectType\":\"Lead\",\"Field\":"
				 "\"Lead.%s\",%s}", text_at(&a, "$.records[0].Id"), field, more));
}

/* The example of section 3, and the grant without which nobody sees it. */
static void a_new_field_is_seen_once_it_is_granted(void **state)
{
	struct asker *asker = *state;
	const json_t *field;
	struct answer a = call(asker, "POST", CUSTOM_FIELD,
			       "{\"FullName\":\"Lead.Agency_Id__c\",\"Metadata\":{\"label\":"
			       "\"Agency Id\",\"type\":\"Text\",\"length\":64,\"externalId\":true,"
			       "\"unique\":true,\"caseSensitive\":false}}");

	assert_status(a, 201);
	assert_true(json_is_true(json_at(a.json, "$.success")));
	assert_int_equal(strncmp(text_at(&a, "$.id"), "00N", 3), 0);
	assert_int_equal(count_at(&a, "$.warnings"), 0);
	assert_false(is_shown(asker, "Agency_Id__c", &field));
	assert_status(call(asker, "PATCH", "/sobjects/Lead/Agency_Id__c/A-1",
			   "{\"LastName\":\"N\",\"Company\":\"C\"}"), 404);
	a = grant(asker, "Agency_Id__c", "\"PermissionsRead\":true,\"PermissionsEdit\":true");
	assert_status(a, 201);
	assert_true(is_shown(asker, "Agency_Id__c", &field));
	assert_true(json_is_true(json_object_get(field, "externalId")));
	assert_int_equal(json_int_of(field, "length", 0), 64);
	assert_status(call(asker, "PATCH", "/sobjects/Lead/Agency_Id__c/A-1",
			   "{\"LastName\":\"N\",\"Company\":\"C\"}"), 201);
}

static void a_field_granted_for_reading_is_not_written(void **state)
{
	struct asker *asker = *state;
	struct answer a = call(asker, "POST", CUSTOM_FIELD,
			       "{\"FullName\":\"Lead.Tier__c\",\"Metadata\":{\"label\":\"Tier\","
			       "\"type\":\"Picklist\",\"valueSet\":{\"restricted\":true,"
			       "\"valueSetDefinition\":{\"value\":[{\"fullName\":\"Gold\"},"
			       "{\"fullName\":\"Silver\",\"label\":\"Silver plus\"}]}}}}");
	static const char gold[] = "{\"LastName\":\"N\",\"Company\":\"C\",\"Tier__c\":\"Gold\"}";
	const json_t *field;

	assert_status(a, 201);
	a = grant(asker, "Tier__c", "\"PermissionsRead\":true,\"PermissionsEdit\":false");
	assert_status(a, 201);
	assert_true(is_shown(asker, "Tier__c", &field));
	assert_true(json_is_true(json_object_get(field, "restrictedPicklist")));
	assert_int_equal(json_array_size(json_object_get(field, "picklistValues")), 2);
	a = call(asker, "POST", "/sobjects/Lead", gold);
	assert_status(a, 400);
	assert_text_at(a, "$[0].errorCode", "INVALID_FIELD_FOR_INSERT_UPDATE");
	grant(asker, "Tier__c", "\"PermissionsRead\":true,\"PermissionsEdit\":true");
	assert_status(call(asker, "POST", "/sobjects/Lead", gold), 201);
}

static void each_type_is_described_in_its_word(void **state)
{
	static const struct {
		const char *metadata, *type;
	} rows[] = {
		{ "\"type\":\"Text\",\"length\":10", "string" },
		{ "\"type\":\"TextArea\"", "textarea" },
		{ "\"type\":\"LongTextArea\",\"length\":1000", "textarea" },
		{ "\"type\":\"Email\"", "email" },
		{ "\"type\":\"Phone\"", "phone" },
		{ "\"type\":\"Url\"", "url" },
		{ "\"type\":\"Number\",\"precision\":18,\"scale\":2", "double" },
		{ "\"type\":\"Currency\",\"precision\":18,\"scale\":2", "currency" },
		{ "\"type\":\"Percent\",\"precision\":18,\"scale\":2", "percent" },
		{ "\"type\":\"Checkbox\",\"defaultValue\":false", "boolean" },
		{ "\"type\":\"Date\"", "date" },
		{ "\"type\":\"DateTime\"", "datetime" },
	};
	struct asker *asker = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *name = arena_printf(asker->arena, "X%zu__c", i);
		const json_t *field;
		struct answer a = call(asker, "POST", CUSTOM_FIELD,
				       arena_printf(asker->arena,
						    "{\"FullName\":\"Lead.%s\",\"Metadata\":{"
						    "\"label\":\"X\",%s}}", name, rows[i].metadata));

		assert_status(a, 201);
		grant(asker, name, "\"PermissionsRead\":true,\"PermissionsEdit\":true");
		assert_true(is_shown(asker, name, &field));
		assert_string_equal(json_string_of(field, "type"), rows[i].type);
	}
}

static void what_no_field_can_be_is_refused(void **state)
{
	static const struct {
		const char *full, *metadata, *code;
		int status;
	} rows[] = {
		{ "Nope.X__c", "\"label\":\"X\",\"type\":\"Date\"", "INVALID_TYPE", 400 },
		{ "User.X__c", "\"label\":\"X\",\"type\":\"Date\"", "INVALID_TYPE", 400 },
		{ "Lead.X", "\"label\":\"X\",\"type\":\"Date\"", "FIELD_INTEGRITY_EXCEPTION", 400 },
		{ "Lead.1X__c", "\"label\":\"X\",\"type\":\"Date\"", "FIELD_INTEGRITY_EXCEPTION",
		  400 },
		{ "Lead.X-Y__c", "\"label\":\"X\",\"type\":\"Date\"", "FIELD_INTEGRITY_EXCEPTION",
		  400 },
		{ "Lead.X__c", "\"type\":\"Date\"", "FIELD_INTEGRITY_EXCEPTION", 400 },
		{ "Lead.X__c", "\"label\":\"X\",\"type\":\"Wish\"", "FIELD_INTEGRITY_EXCEPTION",
		  400 },
		{ "Lead.X__c", "\"label\":\"X\",\"type\":\"Text\"", "FIELD_INTEGRITY_EXCEPTION",
		  400 },
		{ "Lead.X__c", "\"label\":\"X\",\"type\":\"Text\",\"length\":256",
		  "FIELD_INTEGRITY_EXCEPTION", 400 },
		{ "Lead.X__c", "\"label\":\"X\",\"type\":\"Number\"", "FIELD_INTEGRITY_EXCEPTION",
		  400 },
		{ "Lead.X__c", "\"label\":\"X\",\"type\":\"Picklist\"",
		  "FIELD_INTEGRITY_EXCEPTION", 400 },
		{ "Lead.Fairlead_Id__c", "\"label\":\"X\",\"type\":\"Date\"",
		  "DUPLICATE_DEVELOPER_NAME", 400 },
		{ "Lead.X__c", "\"label\":\"X\",\"type\":\"Lookup\"", NULL, 501 },
	};
	struct asker *asker = *state;
	struct answer a;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		a = call(asker, "POST", CUSTOM_FIELD,
			 arena_printf(asker->arena, "{\"FullName\":\"%s\",\"Metadata\":{%s}}",
				      rows[i].full, rows[i].metadata));
		assert_status(a, rows[i].status);
		if (rows[i].code)
			assert_text_at(a, "$[0].errorCode", rows[i].code);
	}
	assert_status(grant(asker, "Nope__c", "\"PermissionsRead\":true"), 400);
	assert_status(grant(asker, "LastName", "\"PermissionsRead\":true"), 400);
	a = call(asker, "POST", "/sobjects/FieldPermissions",
		 "{\"ParentId\":\"0PS5g0000000009\",\"Field\":\"Lead.Fairlead_Id__c\"}");
	assert_status(a, 400);
	assert_status(call(asker, "GET", "/tooling/query?q=SELECT+Id+FROM+CustomField", NULL), 501);
}

static struct answer describe_since(struct asker *asker, const char *since)
{
	struct http_request request = { .method = "GET" };

	request.url = "/salesforce" VERSION "/sobjects/Lead/describe";
	http_header_add(&request.headers, "Host", "sandbox.example");
	http_header_add(&request.headers, "Authorization", "Bearer 00D5g-sandbox-default");
	http_header_add(&request.headers, "If-Modified-Since", since);
	return send_request(asker, &request);
}

static void what_was_not_modified_is_304(void **state)
{
	struct asker *asker = *state;
	char since[HTTP_DATE_SIZE];
	struct answer a;

	http_date_format(clock_now() + 60000, since);
	pass(asker, 120000);
	a = describe_since(asker, since);
	assert_status(a, 304);
	assert_string_equal(a.text, "");
	assert_status(describe_since(asker, "Tue, 03 Feb 2026 10:00:00 GMT"), 200);
	assert_status(describe_since(asker, "yesterday"), 200);
	a = call(asker, "POST", CUSTOM_FIELD,
		 "{\"FullName\":\"Lead.X__c\",\"Metadata\":{\"label\":\"X\",\"type\":\"Date\"}}");
	assert_status(a, 201);
	assert_status(describe_since(asker, since), 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_field_is_seen_once_it_is_granted),
		TEST(a_field_granted_for_reading_is_not_written),
		TEST(each_type_is_described_in_its_word),
		TEST(what_no_field_can_be_is_refused),
		TEST(what_was_not_modified_is_304),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
