#include "prepare_support.h"

#include "base/attributes.h"
#include "sources/consent.h"

static const char *shown(struct arena *arena, const struct consents *consents,
			 const struct problems *problems)
{
	struct buf buf;

	buf_init(&buf, arena, 10000);
	for (size_t i = 0; i < consents->count; i++) {
		const struct consent *c = &consents->items[i];

		buf_addf(&buf, "%s %s %s", c->is_granted ? "yes" : "no", c->channel, c->purpose);
		if (c->wording)
			buf_addf(&buf, " \"%s\"", c->wording);
		if (c->evidence)
			buf_addf(&buf, " (%s)", c->evidence);
		if (c->at)
			buf_addf(&buf, " at %d", (int)(c->at / 1000));
		buf_add(&buf, "\n");
	}
	show_problems(&buf, '!', problems);
	return buf_text(&buf);
}

static void json_is_read(void **state)
{
	static const struct { const char *json, *seen; } cases[] = {
		{ "{\"granted\":true}", "yes all qualification\n" },
		{ "{\"granted\":false,\"channel\":\"WhatsApp\",\"purpose\":[\"marketing\","
		  "\"transactional\"]}", "no whatsapp marketing\nno whatsapp transactional\n" },
		{ "{\"granted\":true,\"channel\":[\"sms\",\"call\"],\"wording\":\" I agree \","
		  "\"evidence\":\"form 7\",\"at\":\"1970-01-02 00:00\"}",
		  "yes sms qualification \"I agree\" (form 7) at 86400\n"
		  "yes voice qualification \"I agree\" (form 7) at 86400\n" },
		{ "[{\"granted\":true},{\"granted\":false,\"channel\":\"sms\"}]",
		  "yes all qualification\nno sms qualification\n" },
		{ "[]", "" },
		{ "{\"granted\":true,\"wording\":null,\"at\":null}", "yes all qualification\n" },
		{ "{}", "!consent.granted:consent_invalid\n" },
		{ "true", "!consent:consent_invalid\n" },
		{ "{\"granted\":1}", "!consent.granted:consent_invalid\n" },
		{ "{\"granted\":true,\"channel\":\"fax\"}", "!consent.channel:consent_invalid\n" },
		{ "{\"granted\":true,\"channel\":[]}", "!consent.channel:consent_invalid\n" },
		{ "{\"granted\":true,\"channel\":[7]}", "!consent.channel:consent_invalid\n" },
		{ "{\"granted\":true,\"purpose\":\"spam\"}", "!consent.purpose:consent_invalid\n" },
		{ "{\"granted\":true,\"at\":\"soon\"}", "!consent.at:consent_invalid\n" },
		{ "{\"granted\":true,\"at\":5}", "!consent.at:consent_invalid\n" },
		{ "{\"granted\":true,\"wording\":\"\\u0001\"}",
		  "!consent.wording:consent_invalid\n" },
		{ "{\"granted\":true,\"grantd\":1}", "!consent.grantd:consent_invalid\n" },
		{ "{\"granted\":true,\"channel\":[\"sms\",\"email\",\"voice\",\"whatsapp\",\"all\","
		  "\"any\"],\"purpose\":[\"marketing\",\"qualification\",\"transactional\"]}",
		  "!consent:consent_invalid\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		struct consents consents = { 0 };
		struct problems problems = { 0 };
		struct error err;
		json_t *json = json_parse(arena, cases[i].json, strlen(cases[i].json),
					  &json_limits_lead, &err);
		const char *seen;

		assert_non_null(json);
		consent_from_json(arena, json, NULL, &consents, &problems);
		seen = shown(arena, &consents, &problems);
		if (strcmp(seen, cases[i].seen) != 0)
			fail_msg("%s: got\n%s", cases[i].json, seen);
		arena_free(arena);
	}
}

static void fields_are_read(void **state)
{
	static const struct { struct consent_fields fields; const char *seen; } cases[] = {
		{ { .granted = "on" }, "yes all qualification\n" },
		{ { .granted = "NO", .channel = "sms; e-mail" },
		  "no sms qualification\nno email qualification\n" },
		{ { .granted = "I agree to be called" },
		  "yes all qualification \"I agree to be called\"\n" },
		{ { .granted = "1", .wording = "x", .evidence = "y", .at = "1970-01-02",
		    .purpose = "marketing" }, "yes all marketing \"x\" (y) at 86400\n" },
		{ { .channel = "sms" }, "" },
		{ { .granted = "" }, "" },
		{ { .granted = "perhaps" }, "!consent:consent_invalid\n" },
		{ { .granted = "yes", .channel = "pigeon" },
		  "!consent.channel:consent_invalid\n" },
		{ { .granted = "yes", .at = "soon" }, "!consent.at:consent_invalid\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		struct consents consents = { 0 };
		struct problems problems = { 0 };

		consent_from_fields(arena, &cases[i].fields, NULL, &consents, &problems);
		assert_string_equal(shown(arena, &consents, &problems), cases[i].seen);
		arena_free(arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_read),
		cmocka_unit_test(fields_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
