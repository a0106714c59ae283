#include "prepare_support.h"

#include "base/attributes.h"
#include "base/text.h"
#include "sources/naming.h"

static const struct {
	const char *source, *sent, *target; /* NULL: none */
} strict[] = {
	{ "plain", "email", "email" },
	{ "plain", "Email", NULL },
	{ "plain", "mobile", NULL },
	{ "plain", "status", NULL },
	{ "plain", "custom.Any thing", "custom.Any thing" },
	{ "plain", "custom.", NULL },
	{ "mapped", "mobile_no", "phone" },
	{ "mapped", " MOBILE_NO ", "phone" },
	{ "mapped", "message", "custom.note" },
	{ "mapped", "junk", "" },
}, lenient[] = {
	{ "website", "email", "email" },
	{ "website", "E-Mail Address", "email" },
	{ "website", "your-name", "name" },
	{ "website", "Mobile No.", "phone" },
	{ "website", "Which flat size?", "custom.which_flat_size" },
	{ "website", "  Budget (EUR) ", "custom.budget_eur" },
	{ "website", "\xE0\xA4\xAC\xE0\xA4\x9C\xE0\xA4\x9F", "custom.\xE0\xA4\xAC\xE0\xA4\x9C"
	  "\xE0\xA4\x9F" },
	{ "website", "STRASSE", "custom.strasse" },
	{ "website", "Stra\xC3\x9F" "e", "custom.strasse" },
	{ "website", "???", NULL },
	{ "website", "", NULL },
	{ "website", "custom[Budget]", "custom.Budget" },
	{ "website", "custom__Budget", "custom.Budget" },
	{ "website", "custom.Budget", "custom.Budget" },
	{ "website", "custom[a][b]", "custom.a_b" },
	{ "website", "custom[]", "custom.custom" },
	{ "website", "form_fields[email]", "email" },
	{ "website", "data__contact__phone", "phone" },
	{ "website", "lead[custom][x]", "custom.x" },
	{ "website", "data[data[data[data[data[email", "custom.data_email" },
	{ "website", "address[city]", "custom.address_city" },
	{ "website", "a__b", "custom.a_b" },
	{ "website", "utm_source", "custom.utm_source" },
	{ "website", "UTM_Campaign", "custom.utm_campaign" },
	{ "website", "gclid", "custom.gclid" },
	{ "website", "Lead Source", "custom.lead_source" },
	{ "website", "source", "custom.source" },
	{ "website", "status", "custom.status" },
	{ "website", "consent", "consent.granted" },
	{ "website", "consent[wording]", "consent.wording" },
	{ "website", "Consent Channel", "consent.channel" },
	{ "website", "is_test", "is_test" },
	{ "website", "g-recaptcha-response", "" },
	{ "website", "_wpnonce", "" },
	{ "sheet", "Tel. privat", "phone" },
	{ "pan", "PAN", "custom.PAN" },
	{ "pan", "pan", "custom.PAN" },
	{ "must", "budget", "custom.Budget" },
	{ "mapped", "data[mobile_no]", "phone" },
};

static void check(enum naming naming, const char *source, const char *sent,
		  const char *wanted)
{
	struct arena *arena = arena_new();
	const char *target = naming_target(arena, config_source(workspace(arena), source),
					   naming, sent);

	if (!text_equal(target, wanted))
		fail_msg("%s: got %s, wanted %s", sent, target ? target : "none",
			 wanted ? wanted : "none");
	if (target && text_starts(target, CUSTOM_PREFIX))
		assert_true(custom_name_is_valid(target));
	arena_free(arena);
}

static void strict_names_are_ours(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(strict); i++)
		check(NAMING_STRICT, strict[i].source, strict[i].sent, strict[i].target);
}

static void lenient_names_are_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lenient); i++)
		check(NAMING_LENIENT, lenient[i].source, lenient[i].sent, lenient[i].target);
}

static void long_names_are_cut_at_a_character(void **state)
{
	struct arena *arena = arena_new();
	struct buf buf;
	const char *name;

	(void)state;
	buf_init(&buf, arena, 1000);
	for (int i = 0; i < 40; i++)
		buf_add(&buf, "ab ");
	name = naming_custom(arena, buf_text(&buf));
	assert_int_equal(strlen(name), 7 + 64);
	buf_reset(&buf);
	for (int i = 0; i < 90; i++)
		buf_add(&buf, "\xE0\xA4\xAC");
	name = naming_custom(arena, buf_text(&buf));
	assert_int_equal(strlen(name), 7 + 99);
	assert_true(custom_name_is_valid(name));
	assert_true(text_is_utf8(name, strlen(name)));
	arena_free(arena);
}

static void every_name_gives_a_valid_one_or_none(void **state)
{
	struct arena *arena = arena_new();
	const struct source *source = config_source(workspace(arena), "website");
	json_t *strings = json_keep(arena,
		json_load_file(arena_printf(arena, "%s/naughty-strings.json",
					    getenv("FAIRLEAD_TEST_DATA")), 0, NULL)), *string;
	size_t i;

	(void)state;
	assert_true(json_array_size(strings) > 480);
	json_array_foreach(strings, i, string) {
		const char *target = naming_target(arena, source, NAMING_LENIENT,
						   json_string_value(string));

		if (target && text_starts(target, CUSTOM_PREFIX))
			assert_true(custom_name_is_valid(target));
	}
	arena_free(arena);
}

static void names_are_shown_short(void **state)
{
	struct arena *arena = arena_new();
	char name[200];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[199] = '\0';
	assert_int_equal(strlen(naming_shown(arena, name)), 63);
	assert_string_equal(naming_shown(arena, "caf\xC3\xA9"), "caf\xC3\xA9");
	assert_string_equal(naming_shown(arena, "\xFF"), "(not text)");
	arena_free(arena);
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
		cmocka_unit_test(strict_names_are_ours),
		cmocka_unit_test(lenient_names_are_guessed),
		cmocka_unit_test(long_names_are_cut_at_a_character),
		cmocka_unit_test(every_name_gives_a_valid_one_or_none),
		cmocka_unit_test(names_are_shown_short),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
