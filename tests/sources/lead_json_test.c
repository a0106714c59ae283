#include "prepare_support.h"

#include <dirent.h>

#include "base/attributes.h"
#include "base/text.h"

static const struct {
	const char *what, *source, *json, *seen;
} leads[] = {
	{ "all there is", "india",
	  "{\"first_name\":\" Asha \",\"last_name\":\"Rao\",\"email\":\"Asha.Rao@Example.IN\","
	  "\"phone\":\"098765 43211\",\"company\":\"Acme\",\"title\":\"CTO\","
	  "\"country\":\"india\",\"postal_code\":\"560 001\",\"city\":\"Bengaluru\","
	  "\"region\":\"Karnataka\",\"language\":\"EN_in\",\"enquiry_id\":\"E-1\","
	  "\"source\":\"plain\",\"message\":\"Hi\\nthere\","
	  "\"occurred_at\":\"2026-03-01T10:00:00+05:30\","
	  "\"consent\":{\"granted\":true,\"channel\":[\"sms\",\"call\"]},"
	  "\"custom\":{\"budget\":5.50,\"Rooms wanted\":[\"2\",3],\"pool\":true}}",
	  "first_name=Asha\nlast_name=Rao\nemail=Asha.Rao@Example.IN\nphone=+919876543211\n"
	  "company=Acme\ntitle=CTO\ncountry=IN\npostal_code=560001\ncity=Bengaluru\n"
	  "region=Karnataka\nlanguage=en-IN\ncustom.budget=5.5\n"
	  "custom.Rooms wanted=[\"2\",\"3\"]\ncustom.pool=true\n"
	  "key email=asha.rao@example.in\nkey phone=+919876543211\nenquiry E-1\n"
	  "message Hi\nthere\nat 2026-03-01T04:30:00.000Z\n"
	  "consent yes sms qualification 2026-03-01T04:30:00.000Z\n"
	  "consent yes voice qualification 2026-03-01T04:30:00.000Z\n" },
	{ "the least", "plain", "{\"email\":\"a@x.org\"}",
	  "email=a@x.org\nkey email=a@x.org\n" },
	{ "a full name is split", "plain",
	  "{\"name\":\"Dr. Ludwig van Beethoven\",\"email\":\"l@x.org\"}",
	  "first_name=Ludwig\nlast_name=van Beethoven\nemail=l@x.org\n"
	  "custom.salutation=Dr.\nkey email=l@x.org\n" },
	{ "a full name beside its parts", "plain",
	  "{\"name\":\"Ada King\",\"first_name\":\"Ada\",\"last_name\":\"Lovelace\","
	  "\"email\":\"l@x.org\"}",
	  "first_name=Ada\nlast_name=Lovelace\nemail=l@x.org\nkey email=l@x.org\n" },
	{ "a full name gives the missing part", "plain",
	  "{\"name\":\"Ada Lovelace\",\"first_name\":\"Ada\",\"email\":\"l@x.org\"}",
	  "first_name=Ada\nlast_name=Lovelace\nemail=l@x.org\nkey email=l@x.org\n" },
	{ "a full name that says otherwise gives nothing", "plain",
	  "{\"name\":\"A. Lovelace\",\"first_name\":\"Ada\",\"email\":\"l@x.org\"}",
	  "first_name=Ada\nemail=l@x.org\nkey email=l@x.org\n" },

	{ "unknown fields, all of them", "plain",
	  "{\"emial\":\"a@x.org\",\"zzzzzz\":1,\"mobile\":\"1\",\"email\":\"a@x.org\","
	  "\"status\":\"x\"}",
	  "email=a@x.org\nkey email=a@x.org\n!emial:unknown_field\n!zzzzzz:unknown_field\n"
	  "!mobile:unknown_field\n!status:unknown_field\n" },
	{ "wrong types", "plain",
	  "{\"email\":\"a@x.org\",\"city\":true,\"custom\":[],\"consent\":5,\"phone\":{},"
	  "\"company\":[1,2]}",
	  "email=a@x.org\ncompany=1\nkey email=a@x.org\n!custom:not_an_object\n"
	  "!consent:consent_invalid\n!phone:not_a_value\n!city:not_text\n"
	  "?company:further_values\n" },
	{ "not an object", "plain", "[1]", "!:not_an_object\n" },
	{ "nobody", "plain", "{\"name\":\"Ada\"}", "first_name=Ada\n!email:identity_required\n" },
	{ "nothing", "plain", "{}", "!email:identity_required\n" },

	{ "a bad phone beside an e-mail is a warning", "india",
	  "{\"email\":\"a@x.org\",\"phone\":\"12345\"}",
	  "email=a@x.org\nkey email=a@x.org\n?phone:phone_invalid\n" },
	{ "a bad phone alone is an error", "india", "{\"phone\":\"12345\"}",
	  "!phone:phone_invalid\n" },
	{ "all bad identities are listed", "india", "{\"phone\":\"abc\",\"email\":\"x\"}",
	  "!email:email_invalid\n!phone:phone_invalid\n" },
	{ "a number of a range opened since is taken", "plain",
	  "{\"phone\":\"+1 324 555 2671\"}",
	  "phone=+13245552671\nkey phone=+13245552671\n?phone:phone_suspect\n" },
	{ "a number as a JSON number", "india", "{\"phone\":919876543211}",
	  "phone=+919876543211\nkey phone=+919876543211\n" },
	{ "the lead's own country where the source's does not fit", "india",
	  "{\"phone\":\"6521 8000\",\"country\":\"SG\"}",
	  "phone=+6565218000\ncountry=SG\nkey phone=+6565218000\n" },
	{ "the lead's country before the workspace's", "plain",
	  "{\"phone\":\"098765 43211\",\"country\":\"IN\"}",
	  "phone=+919876543211\ncountry=IN\nkey phone=+919876543211\n" },
	{ "the workspace's country", "plain", "{\"phone\":\"020 7946 0958\"}",
	  "phone=+442079460958\nkey phone=+442079460958\n" },
	{ "two numbers and an extension", "india",
	  "{\"phone\":\"080-3075 2400 / 98765 43211\"}",
	  "phone=+918030752400\ncustom.phone_2=+919876543211\nkey phone=+918030752400\n" },
	{ "a dummy number is a weak identity", "india", "{\"phone\":\"9999999999\"}",
	  "phone=+919999999999\nkey phone=+919999999999 weak\n?phone:phone_dummy\n" },
	{ "a role address is a weak identity", "plain", "{\"email\":\"info@x.org\"}",
	  "email=info@x.org\nkey email=info@x.org weak\n" },
	{ "a mistyped domain is kept", "plain", "{\"email\":\"ada@gmial.com\"}",
	  "email=ada@gmial.com\nkey email=ada@gmial.com\n?email:email_suggestion\n" },
	{ "IDN", "plain", "{\"email\":\"Ada@B\xC3\xBC" "cher.example\"}",
	  "email=Ada@B\xC3\xBC" "cher.example\nkey email=ada@xn--bcher-kva.example\n" },

	{ "bad but not needed", "plain",
	  "{\"email\":\"a@x.org\",\"country\":\"Atlantis\",\"language\":\"???x\","
	  "\"postal_code\":\"!!\"}",
	  "email=a@x.org\nkey email=a@x.org\n?country:country_unknown\n"
	  "?postal_code:postal_code_invalid\n?language:language_unknown\n" },
	{ "mandatory ones", "strict", "{\"phone\":\"98765 43211\",\"postal_code\":\"12\"}",
	  "phone=+919876543211\nkey phone=+919876543211\n!postal_code:postal_code_invalid\n"
	  "!name:required\n!enquiry_id:required\n" },
	{ "mandatory ones that are there", "strict",
	  "{\"phone\":\"98765 43211\",\"postal_code\":\"560001\",\"last_name\":\"Rao\","
	  "\"enquiry_id\":7}",
	  "last_name=Rao\nphone=+919876543211\npostal_code=560001\nkey phone=+919876543211\n"
	  "enquiry 7\n" },
	{ "no postal code where there are none", "strict",
	  "{\"phone\":\"+971 50 123 4567\",\"country\":\"AE\",\"name\":\"Rao\","
	  "\"enquiry_id\":7}",
	  "first_name=Rao\nphone=+971501234567\ncountry=AE\nkey phone=+971501234567\n"
	  "enquiry 7\n" },

	{ "placeholders", "plain",
	  "{\"email\":\"a@x.org\",\"first_name\":\"N/A\",\"last_name\":\"Null\","
	  "\"company\":\"-\",\"city\":\"\",\"country\":\"NA\",\"custom\":{\"a\":\"none\","
	  "\"b\":\" \"},\"message\":\"n/a\"}",
	  "last_name=Null\nemail=a@x.org\ncountry=NA\nkey email=a@x.org\nmessage n/a\n"
	  "?first_name:placeholder_ignored\n?company:placeholder_ignored\n"
	  "?custom.a:placeholder_ignored\n" },
	{ "a placeholder is no identity", "plain", "{\"email\":\"test@test.com\"}",
	  "!email:identity_required\n?email:placeholder_ignored\n" },
	{ "null does not clear", "plain", "{\"email\":\"a@x.org\",\"city\":null}",
	  "email=a@x.org\nkey email=a@x.org\n?city:null_ignored\n" },
	{ "null clears where it may", "clearing",
	  "{\"email\":\"a@x.org\",\"city\":null,\"name\":null,\"custom\":{\"a\":null}}",
	  "first_name=null\nlast_name=null\nemail=a@x.org\ncity=null\ncustom.a=null\n"
	  "key email=a@x.org\n" },
	{ "empty does not clear even there", "clearing", "{\"email\":\"a@x.org\",\"city\":\"\"}",
	  "email=a@x.org\nkey email=a@x.org\n" },

	{ "control characters", "plain",
	  "{\"email\":\"a@x.org\",\"city\":\"a\\u0007b\",\"company\":\"a\\nb\","
	  "\"custom\":{\"x\":\"a\\nb\",\"y\":[\"\\u0001\"]}}",
	  "email=a@x.org\ncustom.x=a\nb\nkey email=a@x.org\n!company:not_text\n"
	  "!city:not_text\n!custom.y:not_text\n" },
	{ "names of custom fields", "plain",
	  "{\"email\":\"a@x.org\",\"custom\":{\"\":1,\" x\":1,\"ok\":1}}",
	  "email=a@x.org\ncustom.ok=1\nkey email=a@x.org\n!custom.:custom_name_invalid\n"
	  "!custom. x:custom_name_invalid\n" },

	{ "the source's map", "mapped",
	  "{\"mobile_no\":\"+919876543211\",\"Budget\":5,\"message\":\"hi\",\"junk\":{}}",
	  "phone=+919876543211\ncustom.budget=5\ncustom.note=hi\nkey phone=+919876543211\n"
	  "!junk:not_a_value\n" },
	{ "a mapped name beside the real one", "mapped",
	  "{\"phone\":\"+442079460958\",\"mobile_no\":\"+919876543211\"}",
	  "phone=+442079460958\ncustom.mobile_no=+919876543211\nkey phone=+442079460958\n" },
	{ "the lead's source", "plain", "{\"source\":\"mapped\",\"mobile_no\":\"+442079460958\"}",
	  "phone=+442079460958\nkey phone=+442079460958\n" },
	{ "a source that is none", "plain", "{\"source\":\"maped\",\"email\":\"a@x.org\"}",
	  "email=a@x.org\nkey email=a@x.org\n!source:source_unknown\n" },
	{ "a source that is no name", "plain", "{\"source\":7,\"email\":\"a@x.org\"}",
	  "email=a@x.org\nkey email=a@x.org\n!source:source_unknown\n" },
	{ "keys in the source's order", "pan",
	  "{\"email\":\"a@x.org\",\"phone\":\"+442079460958\",\"enquiry_id\":\"E1\","
	  "\"custom\":{\"PAN\":\" AbCdE1234f \"}}",
	  "email=a@x.org\nphone=+442079460958\ncustom.PAN=AbCdE1234f\n"
	  "key custom.PAN=abcde1234f\nkey phone=+442079460958\nkey enquiry_id=E1\n"
	  "key email=a@x.org\nenquiry E1\n" },

	{ "a time in the source's zone", "india",
	  "{\"email\":\"a@x.org\",\"occurred_at\":\"2026-03-01 10:00\"}",
	  "email=a@x.org\nkey email=a@x.org\nat 2026-03-01T04:30:00.000Z\n" },
	{ "a time in the future", "plain",
	  "{\"email\":\"a@x.org\",\"occurred_at\":\"2027-01-01T00:00:00Z\"}",
	  "email=a@x.org\nkey email=a@x.org\nat 2026-03-02T09:14:07.213Z\n"
	  "?occurred_at:time_in_future\n" },
	{ "no time", "plain", "{\"email\":\"a@x.org\",\"occurred_at\":\"yesterday\"}",
	  "email=a@x.org\nkey email=a@x.org\n!occurred_at:time_invalid\n" },
	{ "consents", "plain",
	  "{\"email\":\"a@x.org\",\"consent\":[{\"granted\":false,\"at\":"
	  "\"2026-01-01T00:00:00Z\"},{\"granted\":true,\"channel\":\"email\",\"purpose\":"
	  "\"marketing\",\"at\":\"2030-01-01T00:00:00Z\"}]}",
	  "email=a@x.org\nkey email=a@x.org\n"
	  "consent no all qualification 2026-01-01T00:00:00.000Z\n"
	  "consent yes email marketing 2026-03-02T09:14:07.213Z\n" },
	{ "consents that are not clear", "plain",
	  "{\"email\":\"a@x.org\",\"consent\":{\"granted\":\"yes\",\"channel\":\"fax\","
	  "\"chanel\":1,\"at\":\"?\"}}",
	  "email=a@x.org\nkey email=a@x.org\n!consent.granted:consent_invalid\n"
	  "!consent.channel:consent_invalid\n!consent.chanel:consent_invalid\n"
	  "!consent.at:consent_invalid\n" },
	{ "consent without a yes or no", "plain",
	  "{\"email\":\"a@x.org\",\"consent\":{\"channel\":\"sms\"}}",
	  "email=a@x.org\nkey email=a@x.org\n!consent.granted:consent_invalid\n" },
	{ "a platform's test lead", "plain",
	  "{\"email\":\"test@fb.com\",\"company\":\"<test lead: dummy data for company>\"}",
	  "email=test@fb.com\ncompany=<test lead: dummy data for company>\n"
	  "key email=test@fb.com\ntest\n" },
};

static void leads_are_prepared(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		struct arena *arena = arena_new();
		struct submission s;
		const char *seen;

		prepare_json(arena, leads[i].source, leads[i].json, &s);
		seen = show(arena, &s);
		if (strcmp(seen, leads[i].seen) != 0)
			fail_msg("%s: got\n%swanted\n%s", leads[i].what, seen, leads[i].seen);
		arena_free(arena);
	}
}

static const struct problem *find_problem(const struct problems *problems, const char *field)
{
	for (size_t i = 0; i < problems->count; i++)
		if (text_equal(problems->items[i].field, field))
			return &problems->items[i];
	fail_msg("no problem of %s", field);
	return NULL;
}

static void problems_say_what_to_do(void **state)
{
	static const struct {
		const char *source, *json, *field, *message, *instruction;
		bool is_warning;
	} cases[] = {
		{ "plain", "{\"emial\":1}", "emial", "unknown field",
		  "did you mean \"email\"? Your own fields go under \"custom\"", false },
		{ "plain", "{\"budget_range\":1}", "budget_range", "unknown field",
		  "put your own fields under \"custom\"", false },
		{ "plain", "{\"source\":\"indai\"}", "source",
		  "no source of that name is configured", "did you mean \"india\"?", false },
		{ "strict", "{}", "enquiry_id", "Enquiry id is missing",
		  "send a value; the source asks for this field", false },
		{ "plain", "{}", "email", "nothing says who the lead is",
		  "send email or phone", false },
		{ "mapped", "{\"email\":\"a@x.org\",\"mobile_no\":\"12\"}", "phone",
		  "too short for a number of its country (sent as \"mobile_no\"); the value was not taken",
		  NULL, true },
		{ "plain", "{\"email\":\"ada@gmial.com\"}", "email",
		  "the domain looks mistyped; the address was kept as it is",
		  "ask whether \"ada@gmail.com\" was meant", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		struct submission s;
		const struct problem *problem;

		prepare_json(arena, cases[i].source, cases[i].json, &s);
		problem = find_problem(cases[i].is_warning ? &s.warnings : &s.errors,
				       cases[i].field);
		assert_string_equal(problem->message, cases[i].message);
		if (cases[i].instruction)
			assert_string_equal(problem->instruction, cases[i].instruction);
		arena_free(arena);
	}
}

static void repeated(struct arena *arena, const char *source, const char *key,
		     const char *text, struct submission *s)
{
	const struct config *config = workspace(arena);
	struct lead_json lead = { .config = config, .source = config_source(config, source),
				  .text = text, .len = strlen(text), .key = key,
				  .received_at = NOW };
	struct error err;

	assert_int_equal(lead_json_prepare(arena, arena, &lead, s, &err), 0);
}

#define BODY_1 "{\"email\":\"a@x.org\",\"city\":\"Ulm\"}"
#define BODY_1_AGAIN "{ \"city\":\"Ulm\" , \"email\":\"a@x.org\", \"occurred_at\":1700000000 }"
#define BODY_2 "{\"email\":\"a@x.org\",\"city\":\"Bonn\"}"
#define ENQUIRY_1 "{\"email\":\"a@x.org\",\"enquiry_id\":\"E1\"}"
#define ENQUIRY_1_NEWS "{\"email\":\"a@x.org\",\"enquiry_id\":\"E1\",\"city\":\"Ulm\"}"
#define ENQUIRY_2 "{\"email\":\"a@x.org\",\"enquiry_id\":\"E2\"}"

static void repetitions_are_known(void **state)
{
	static const struct {
		const char *source_a, *key_a, *a, *source_b, *key_b, *b;
		bool is_same;
	} pairs[] = {
		{ "plain", "k", BODY_1, "plain", "k", BODY_2, true },
		{ "plain", "k", BODY_1, "plain", "l", BODY_1, false },
		{ "plain", "k", BODY_1, "india", "k", BODY_1, false },
		{ "plain", "k", ENQUIRY_1, "plain", NULL, ENQUIRY_1, false },
		{ "plain", NULL, ENQUIRY_1, "plain", NULL, ENQUIRY_1, true },
		{ "plain", NULL, ENQUIRY_1, "plain", NULL, ENQUIRY_1_NEWS, false },
		{ "plain", NULL, ENQUIRY_1, "plain", NULL, ENQUIRY_2, false },
		{ "plain", NULL, BODY_1, "plain", NULL, BODY_1_AGAIN, true },
		{ "plain", NULL, BODY_1, "plain", NULL, BODY_2, false },
		{ "plain", NULL, BODY_1, "india", NULL, BODY_1, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		struct arena *arena = arena_new();
		struct submission a, b;

		repeated(arena, pairs[i].source_a, pairs[i].key_a, pairs[i].a, &a);
		repeated(arena, pairs[i].source_b, pairs[i].key_b, pairs[i].b, &b);
		if ((memcmp(&a.idempotency, &b.idempotency, sizeof(a.idempotency)) == 0) !=
		    pairs[i].is_same)
			fail_msg("pair %zu", i);
		assert_true(a.has_idempotency != a.is_short_lived);
		assert_int_equal(a.is_short_lived, !pairs[i].key_a && !a.enquiry_id);
		arena_free(arena);
	}
}

static void identities_are_hashed_by_kind(void **state)
{
	struct arena *arena = arena_new();
	const struct config *config = workspace(arena);
	struct submission s;
	struct hash16 hash = hash16(&config->hash_key, "email", "a@x.org", 7);
	unsigned char digest[SHA256_SIZE];

	(void)state;
	prepare_json(arena, "plain", "{\"email\":\"A@x.org\"}", &s);
	assert_memory_equal(&s.identities[0].hash, &hash, sizeof(hash));
	assert_int_equal(s.identities[0].state, IDENTITY_CURRENT);
	sha256("{\"email\":\"A@x.org\"}", 19, digest);
	assert_memory_equal(s.body_hash, digest, sizeof(digest));
	assert_int_equal(s.workspace, 5);
	assert_int_equal(s.source, config_source(config, "plain")->id);
	assert_string_equal(s.content_type, "application/json");
	arena_free(arena);
}

static void sizes_are_bounded(void **state)
{
	struct arena *arena = arena_new();
	struct submission s;
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 100000);
	buf_add(&buf, "{\"email\":\"a@x.org\",\"custom\":{\"n0\":0");
	for (int i = 1; i < 300; i++)
		buf_addf(&buf, ",\"n%d\":%d", i, i);
	buf_add(&buf, "}}");
	prepare_json(arena, "plain", buf_text(&buf), &s);
	assert_int_equal(s.nfields, 201);
	assert_string_equal(s.errors.items[0].code, "too_many_fields");

	buf_reset(&buf);
	buf_add(&buf, "{\"email\":\"a@x.org\",\"city\":\"");
	for (int i = 0; i < 101; i++)
		buf_add(&buf, "\xC3\xAB");
	buf_add(&buf, "\"}");
	prepare_json(arena, "plain", buf_text(&buf), &s);
	assert_int_equal(s.errors.count, 1);
	assert_string_equal(s.errors.items[0].message, "longer than 100 characters");
	arena_free(arena);
}

/* Not JSON at all, or too much of it, is not a lead with errors. */
static void bodies_that_are_no_json_fail(void **state)
{
	static const struct { const char *text; enum error_code code; } bodies[] = {
		{ "", ERR_INVALID },
		{ "{", ERR_INVALID },
		{ "{\"email\":\"a@x.org\"} x", ERR_INVALID },
		{ "{\"email\":\"a@x.org\",\"email\":\"b@x.org\"}", ERR_INVALID },
		{ "{\"email\":\"\xFF\"}", ERR_INVALID },
		{ "{\"email\":\"\\u0000\"}", ERR_INVALID },
		{ "{\"email\":\"\\ud800\"}", ERR_INVALID },
		{ "{\"n\":1e999}", ERR_INVALID },
		{ "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", ERR_LIMIT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		struct arena *arena = arena_new();
		const struct config *config = workspace(arena);
		struct lead_json lead = { .config = config, .source = config->sources,
					  .text = bodies[i].text,
					  .len = strlen(bodies[i].text) };
		struct submission s;
		struct error err;

		assert_int_equal(lead_json_prepare(arena, arena, &lead, &s, &err), -1);
		if (err.code != bodies[i].code)
			fail_msg("%s: %s", bodies[i].text, err.message);
		arena_free(arena);
	}
}

static const char *trimmed(struct arena *arena, const char *text)
{
	return text_trim(arena, text);
}

/* As name, message and custom field each comes back byte for byte, but for blanks
 * around it, or is refused with a word why. */
static void naughty_strings_come_back(void **state)
{
	struct arena *all = arena_new();
	json_t *strings = json_keep(all,
		json_load_file(arena_printf(all, "%s/naughty-strings.json",
					    getenv("FAIRLEAD_TEST_DATA")), 0, NULL)), *string;
	size_t i, kept = 0, refused = 0, nothing = 0;

	(void)state;
	assert_true(json_array_size(strings) > 480);
	json_array_foreach(strings, i, string) {
		struct arena *arena = arena_new();
		const char *text = json_string_value(string), *wanted = trimmed(arena, text);
		const struct field *name, *custom;
		struct submission s;
		struct buf buf;

		buf_init(&buf, arena, 1u << 20);
		buf_add(&buf, "{\"email\":\"a@x.org\",\"company\":");
		buf_add_json(&buf, text);
		buf_add(&buf, ",\"message\":");
		buf_add_json(&buf, text);
		buf_add(&buf, ",\"custom\":{\"x\":");
		buf_add_json(&buf, text);
		buf_add(&buf, "}}");
		prepare_json(arena, "plain", buf_text(&buf), &s);
		name = field_find(s.fields, s.nfields, "company");
		custom = field_find(s.fields, s.nfields, "custom.x");
		if (s.errors.count > 0)
			refused++;
		else if (!name || !custom)
			nothing++;
		else
			kept++;
		if (name)
			assert_string_equal(name->value.text, wanted);
		if (custom)
			assert_string_equal(custom->value.text, wanted);
		if (s.message)
			assert_string_equal(s.message, wanted);
		if (!name && *wanted && s.errors.count == 0)
			assert_string_equal(s.warnings.items[0].code, "placeholder_ignored");
		arena_free(arena);
	}
	assert_in_range(refused, 1, 10);
	assert_in_range(nothing, 1, 40);
	assert_true(kept > 430);
	arena_free(all);
}

/* --- JSONTestSuite --- */

static int parses(const char *text, size_t len)
{
	struct arena *arena = arena_new();
	const struct config *config = workspace(arena);
	struct lead_json lead = { .config = config, .source = config->sources, .text = text,
				  .len = len, .received_at = NOW };
	struct submission s;
	struct error err;
	int rc = lead_json_prepare(arena, arena, &lead, &s, &err);

	/* What parses and is no lead says so. */
	if (rc == 0 && strncmp(text, "{\"email\"", 8) != 0)
		assert_true(s.errors.count > 0);
	arena_free(arena);
	return rc == 0;
}

#define CASE(text) text, sizeof(text) - 1

/* The suite in small: what it is most about, in our own words. */
static const struct { const char *text; size_t len; bool is_json; } texts[] = {
	{ CASE("[]"), true },		     { CASE("{}"), true },
	{ CASE("null"), true },		     { CASE("\"x\""), true },
	{ CASE(" [1]\n"), true },	     { CASE("[-0]"), true },
	{ CASE("[1e5]"), true },	     { CASE("[1E-2]"), true },
	{ CASE("[\"\\u0041\\n\\/\"]"), true }, { CASE("[\"\\ud83d\\ude00\"]"), true },
	{ CASE("[\"\x7F\"]"), true },	     { CASE("{\"a\":{\"a\":1}}"), true },
	{ CASE("{\"\":0}"), true },	     { CASE("[true,false,null]"), true },
	{ CASE("[\"\xE2\x80\xA8\"]"), true },
	{ CASE(""), false },		     { CASE(" "), false },
	{ CASE("["), false },		     { CASE("[1,]"), false },
	{ CASE("[,1]"), false },	     { CASE("[1 2]"), false },
	{ CASE("[01]"), false },	     { CASE("[+1]"), false },
	{ CASE("[.5]"), false },	     { CASE("[1.]"), false },
	{ CASE("[0x1]"), false },	     { CASE("[NaN]"), false },
	{ CASE("[Infinity]"), false },	     { CASE("['x']"), false },
	{ CASE("[\"\\x\"]"), false },	     { CASE("[\"\\u12\"]"), false },
	{ CASE("[\"a\nb\"]"), false },	     { CASE("[\"\t\"]"), false },
	{ CASE("[\"a\0b\"]"), false },	     { CASE("[\"\\ud800\"]"), false },
	{ CASE("{a:1}"), false },	     { CASE("{\"a\" 1}"), false },
	{ CASE("{\"a\":1,}"), false },	     { CASE("{\"a\":1}}"), false },
	{ CASE("[1]x"), false },	     { CASE("[1]\0"), false },
	{ CASE("123\0"), false },
	{ CASE("/**/[]"), false },	     { CASE("\xEF\xBB\xBF{}"), false },
	{ CASE("[\"\xC0\xAF\"]"), false },   { CASE("[\"\xED\xA0\x80\"]"), false },
	{ CASE("\xFF\xFE[\0]\0"), false },
};

static void json_is_read_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (parses(texts[i].text, texts[i].len) != texts[i].is_json)
			fail_msg("%s", texts[i].text);
}

/* The suite's files: y_ must be read, n_ must not, i_ may be either. */
static void json_test_suite_agrees(void **state)
{
	char folder[4096];
	static char text[1 << 20];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	(void)state;
	snprintf(folder, sizeof(folder), "%s/jsontestsuite", getenv("FAIRLEAD_TEST_DATA"));
	dir = opendir(folder);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char path[4096 + 512];
		FILE *file;
		size_t len;
		int is_json;

		if (!text_ends(entry->d_name, ".json"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		file = fopen(path, "rb");
		assert_non_null(file);
		len = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
		text[len] = '\0';
		is_json = parses(text, len);
		count++;
		/* JSON, but not what we take: a name twice in one object, a NUL in a text. */
		if (text_starts(entry->d_name, "y_object_duplicated_key") ||
		    text_starts(entry->d_name, "y_string_null_escape") ||
		    text_starts(entry->d_name, "y_object_escaped_null"))
			continue;
		if ((entry->d_name[0] == 'y' && !is_json) ||
		    (entry->d_name[0] == 'n' && is_json))
			fail_msg("%s", entry->d_name);
	}
	closedir(dir);
	assert_int_equal(count, 318);
}

static int init(void **state)
{
	struct error err;

	(void)state;
	return text_init(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leads_are_prepared),
		cmocka_unit_test(problems_say_what_to_do),
		cmocka_unit_test(repetitions_are_known),
		cmocka_unit_test(identities_are_hashed_by_kind),
		cmocka_unit_test(sizes_are_bounded),
		cmocka_unit_test(bodies_that_are_no_json_fail),
		cmocka_unit_test(naughty_strings_come_back),
		cmocka_unit_test(json_is_read_strictly),
		cmocka_unit_test(json_test_suite_agrees),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
