/* lead_test.c - looking up a lead's fields, and its form in the store. */
#include "../support/check.h"

#include "base/json.h"
#include "base/text.h"
#include "model/lead.h"

#define T(text) { VALUE_TEXT, text }
#define N(text) { VALUE_NUMBER, text }

static struct lead_field fields[] = {
	{ "email", T("ada@x.org"), WRITER_SOURCE, 7, 1000, 2000 },
	{ "name", T("Ada \"the first\" \\ Lovelace\n\x01 \xE2\x82\xAC"), WRITER_PERSON,
	  INT64_MAX, -5, 0 },
	{ "score", N("15"), WRITER_RULE, 0, 1, 2 },
	{ "custom.a", N("1.10"), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.b", N("-0"), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.c", N("007"), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.d", N("1e400"), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.e", N("-999999999999999999"), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.f", N("9999999999999999999999"), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.g", N("0"), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.h", { VALUE_BOOL, "true" }, WRITER_CONNECTION, 9, 1, 2 },
	{ "custom.i", { VALUE_BOOL, "false" }, WRITER_CONNECTION, 9, 1, 2 },
	{ "custom.j", { VALUE_LIST, "[\"a\",\"b \\\"c\\\"\",\"\"]" }, WRITER_SOURCE, 7, 1, 2 },
	{ "custom.k", { VALUE_LIST, "[]" }, WRITER_SOURCE, 7, 1, 2 },
	{ "custom.l", { VALUE_NULL, NULL }, WRITER_SOURCE, 7, 1, 2 },
	{ "custom.m", T(""), WRITER_SOURCE, 7, 1, 2 },
	{ "custom.\"quoted\"", T("x"), WRITER_SOURCE, 7, 1, 2 },
};

static struct identity identities[] = {
	{ "email", "ada@x.org", { { 1 } }, IDENTITY_CURRENT, false },
	{ "phone", "+15550100", { { 2 } }, IDENTITY_SHARED, true },
	{ "custom.pan", "A\"B", { { 3 } }, IDENTITY_FORMER, false },
};

static const char *written(struct arena *arena, const struct lead *lead)
{
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	buf_add_lead_fields(&buf, lead);
	return buf_text(&buf);
}

static int read(struct arena *arena, const char *text, struct lead *lead,
		struct error *err)
{
	json_t *json = json_parse(arena, text, strlen(text), &json_limits_lead, err);

	assert_non_null(json);
	return lead_fields_from_json(arena, json, lead, err);
}

static void the_form_in_the_store_is_compact(void **state)
{
	struct arena *arena = arena_new();
	struct lead lead = { .fields = fields, .nfields = 1, .identities = identities,
			     .nidentities = 1 };

	(void)state;
	assert_string_equal(
		written(arena, &lead),
		"{\"f\":{\"email\":[\"ada@x.org\",\"source\",7,1000,2000]},"
		"\"k\":[[\"email\",\"ada@x.org\",0,0]]}");
	arena_free(arena);
}

static void what_was_written_is_read_again(void **state)
{
	struct arena *arena = arena_new();
	struct lead lead = { .fields = fields, .nfields = ARRAY_LEN(fields),
			     .identities = identities,
			     .nidentities = ARRAY_LEN(identities) };
	struct lead back = { .id = 5, .version = 3 };
	const char *text = written(arena, &lead);
	struct error err;

	(void)state;
	assert_int_equal(read(arena, text, &back, &err), 0);
	assert_int_equal(back.id, 5); /* the rest of the lead is left alone */
	assert_int_equal(back.version, 3);
	assert_int_equal(back.nfields, lead.nfields);
	for (size_t i = 0; i < lead.nfields; i++) {
		const struct lead_field *a = &lead.fields[i], *b = &back.fields[i];

		assert_string_equal(a->name, b->name);
		if (!value_equal(a->value, b->value))
			fail_msg("%s: %d %s is %d %s", a->name, a->value.type,
				 a->value.text, b->value.type, b->value.text);
		assert_int_equal(a->writer, b->writer);
		assert_true(a->writer_id == b->writer_id && a->at == b->at &&
			    a->learned_at == b->learned_at);
	}
	assert_int_equal(back.nidentities, lead.nidentities);
	for (size_t i = 0; i < lead.nidentities; i++) {
		assert_string_equal(back.identities[i].kind, identities[i].kind);
		assert_string_equal(back.identities[i].key, identities[i].key);
		assert_int_equal(back.identities[i].state, identities[i].state);
		assert_int_equal(back.identities[i].is_weak, identities[i].is_weak);
	}
	assert_string_equal(written(arena, &back), text);
	arena_free(arena);
}

static void absent_values_are_left_out(void **state)
{
	struct arena *arena = arena_new();
	struct lead_field some[] = {
		{ "a", { VALUE_ABSENT, NULL }, WRITER_RULE, 0, 0, 0 },
		{ "b", T("x"), WRITER_RULE, 0, 0, 0 },
		{ "c", { VALUE_ABSENT, NULL }, WRITER_RULE, 0, 0, 0 },
	};
	struct lead lead = { .fields = some, .nfields = 3 }, none = { 0 };

	(void)state;
	assert_string_equal(written(arena, &lead),
			    "{\"f\":{\"b\":[\"x\",\"rule\",0,0,0]},\"k\":[]}");
	assert_string_equal(written(arena, &none), "{\"f\":{},\"k\":[]}");
	arena_free(arena);
}

static void identities_are_hashed_again_after_reading(void **state)
{
	struct arena *arena = arena_new();
	struct hash_key key = { { 42 } };
	struct lead lead = { .identities = identities, .nidentities = 2 }, back = { 0 };
	struct hash16 email;
	struct error err;

	(void)state;
	assert_int_equal(read(arena, written(arena, &lead), &back, &err), 0);
	lead_hash_identities(&back, &key);
	email = hash16(&key, "email", "ada@x.org", 9);
	assert_memory_equal(&back.identities[0].hash, &email, sizeof(email));
	assert_memory_not_equal(&back.identities[1].hash, &email, sizeof(email));
	arena_free(arena);
}

static const struct { const char *text, *message; } broken[] = {
	{ "[]", "stored lead: no \"f\" or no \"k\"" },
	{ "{\"f\":{}}", "stored lead: no \"f\" or no \"k\"" },
	{ "{\"f\":{\"a\":1},\"k\":[]}",
	  "stored lead: field 1: not a value, its writer, id and two times" },
	{ "{\"f\":{\"a\":[\"x\",\"rule\",0,0,0],\"b\":[\"x\",\"ruler\",0,0,0]},\"k\":[]}",
	  "stored lead: field 2: not a value, its writer, id and two times" },
	{ "{\"f\":{\"a\":[\"x\",\"rule\",0,0]},\"k\":[]}",
	  "stored lead: field 1: not a value, its writer, id and two times" },
	{ "{\"f\":{\"a\":[\"x\",\"rule\",0,0,0,\"q\"]},\"k\":[]}",
	  "stored lead: field 1: unknown mark" },
	{ "{\"f\":{\"a\":[1,\"rule\",0,0,0,\"n\"]},\"k\":[]}",
	  "stored lead: field 1: unknown mark" },
	{ "{\"f\":{\"a\":[{},\"rule\",0,0,0]},\"k\":[]}",
	  "stored lead: field 1: nested objects are not taken; send each member as a field "
	  "of its own" },
	{ "{\"f\":{},\"k\":[[\"email\",\"x\",3,0]]}",
	  "stored lead: identity 1: not a kind, a key, a state and 0 or 1" },
	{ "{\"f\":{},\"k\":[[\"email\",null,0,0]]}",
	  "stored lead: identity 1: not a kind, a key, a state and 0 or 1" },
};

static void a_broken_form_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		struct arena *arena = arena_new();
		struct lead lead = { 0 };
		struct error err;

		assert_int_equal(read(arena, broken[i].text, &lead, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, broken[i].message);
		arena_free(arena);
	}
}

static const struct { const char *name, *shown; } views[] = {
	{ "email", "ada@x.org" },
	{ "custom.budget", "500" },     /* the lead's comes before the enquiry's */
	{ "custom.project", "Sea View" },
	{ "enquiry_id", "E-1" },
	{ "message", "call me" },
	{ "source", "Website" },
	{ "occurred_at", "1970-01-01T00:00:01.000Z" },
	{ "created_at", "2026-03-02T09:14:07.213Z" },
	{ "updated_at", "" },
	{ "lead_id", "0000000000001" },
	{ "phone", "" },
	{ "custom.none", "" },
};

static void a_view_reads_lead_then_enquiry(void **state)
{
	struct arena *arena = arena_new();
	struct lead_field own[] = {
		{ "email", T("ada@x.org"), WRITER_SOURCE, 1, 1, 1 },
		{ "custom.budget", N("500"), WRITER_SOURCE, 1, 1, 1 },
	};
	const struct field given[] = { { "custom.budget", T("400") },
				       { "custom.project", T("Sea View") } };
	struct enquiry enquiry = { .external_id = "E-1", .message = "call me",
				   .occurred_at = 1000, .fields = given, .nfields = 2 };
	struct lead lead = { .id = 1, .fields = own, .nfields = 2,
			     .created_at = INT64_C(1772442847213) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(views); i++)
		assert_string_equal(value_shown(arena, lead_view(arena, &lead, &enquiry,
								 "Website", views[i].name)),
				    views[i].shown);
	assert_int_equal(lead_view(arena, &lead, NULL, NULL, "message").type, VALUE_ABSENT);
	assert_int_equal(lead_view(arena, &lead, NULL, NULL, "source").type, VALUE_ABSENT);
	assert_int_equal(lead_value(&lead, "email").type, VALUE_TEXT);
	assert_int_equal(lead_value(&lead, "phone").type, VALUE_ABSENT);
	arena_free(arena);
}

static void words_lead_there_and_back(void **state)
{
	enum identity_state identity;
	enum writer writer;

	(void)state;
	for (int i = WRITER_SOURCE; i <= WRITER_PERSON; i++) {
		assert_true(writer_parse(writer_name((enum writer)i), &writer));
		assert_int_equal(writer, i);
	}
	for (int i = IDENTITY_CURRENT; i <= IDENTITY_SHARED; i++) {
		assert_true(identity_state_parse(identity_state_name((enum identity_state)i),
						 &identity));
		assert_int_equal(identity, i);
	}
	assert_false(writer_parse("nobody", &writer));
	assert_false(identity_state_parse(NULL, &identity));
}

static void a_copy_shares_nothing(void **state)
{
	struct arena *arena = arena_new(), *own = arena_new();
	struct lead lead = { .id = 5, .version = 3, .fields = fields, .nfields = ARRAY_LEN(fields),
			     .identities = identities, .nidentities = ARRAY_LEN(identities) };
	struct field given[] = { { "custom.x", T("y") }, { "custom.z", { VALUE_NULL, NULL } } };
	struct enquiry enquiry = { .id = 7, .message = "hello", .fields = given, .nfields = 2 };
	const char *before = written(arena, &lead);
	struct lead *copy;
	struct enquiry *other;

	(void)state;
	/* What is copied is freed: a sanitizer sees what still points there. */
	copy = lead_copy(arena, lead_copy(own, &lead));
	other = enquiry_copy(arena, enquiry_copy(own, &enquiry));
	arena_free(own);
	assert_string_equal(written(arena, copy), before);
	assert_int_equal(copy->version, 3);
	assert_memory_equal(&copy->identities[1].hash, &identities[1].hash, HASH16_SIZE);
	assert_int_equal(other->id, 7);
	assert_string_equal(other->message, "hello");
	assert_null(other->external_id);
	assert_string_equal(other->fields[0].value.text, "y");
	assert_int_equal(other->fields[1].value.type, VALUE_NULL);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_in_the_store_is_compact),
		cmocka_unit_test(what_was_written_is_read_again),
		cmocka_unit_test(absent_values_are_left_out),
		cmocka_unit_test(identities_are_hashed_again_after_reading),
		cmocka_unit_test(a_broken_form_is_refused),
		cmocka_unit_test(a_view_reads_lead_then_enquiry),
		cmocka_unit_test(words_lead_there_and_back),
		cmocka_unit_test(a_copy_shares_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
