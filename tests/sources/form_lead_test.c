#include "prepare_support.h"

#include "base/attributes.h"
#include "sources/form_lead.h"

#define URLENCODED "application/x-www-form-urlencoded"

static const struct { const char *what, *source, *type, *body, *seen; } posts[] = {
	{ "a page's form", "website", URLENCODED,
	  "your-name=Ada+Lovelace&Your+Email=ada%40x.org&tel=020+7946+0958&budget%5B%5D=5"
	  "&utm_source=ad&gclid=G1&form_fields%5Bcity%5D=London&comments=Hi"
	  "&g-recaptcha-response=03AGd&consent=on&url2=",
	  "first_name=Ada\nlast_name=Lovelace\nemail=ada@x.org\nphone=+442079460958\n"
	  "city=London\ncustom.budget=5\ncustom.utm_source=ad\ncustom.gclid=G1\n"
	  "key email=ada@x.org\nkey phone=+442079460958\nmessage Hi\n"
	  "consent yes all qualification 2026-03-02T09:14:07.213Z\n" },
	{ "consent in words", "website", URLENCODED,
	  "email=a@x.org&consent=I+agree+to+be+called&consent_channel=voice",
	  "email=a@x.org\nkey email=a@x.org\n"
	  "consent yes voice qualification 2026-03-02T09:14:07.213Z\n" },
	{ "several values", "website", URLENCODED,
	  "email=a@x.org&interest=a&interest=b&city=X&city=Y",
	  "email=a@x.org\ncity=X\ncustom.interest=[\"a\",\"b\"]\nkey email=a@x.org\n"
	  "?city:further_values\n" },
	{ "a robot", "website", URLENCODED, "email=a@x.org&url2=http://spam",
	  "email=a@x.org\nkey email=a@x.org\n!:honeypot\n" },
	{ "Zapier", "website", "application/json",
	  "{\"data__email\":\"a@x.org\",\"answers\":{\"phone_number\":\"020 7946 0958\"},"
	  "\"Custom__Budget\":\"5\",\"created\":\"2026-01-01T00:00:00Z\",\"is_test\":\"true\"}",
	  "email=a@x.org\nphone=+442079460958\ncustom.Budget=5\nkey email=a@x.org\n"
	  "key phone=+442079460958\nat 2026-01-01T00:00:00.000Z\ntest\n" },
	{ "what the API would refuse is a warning", "website", "application/json",
	  "{\"email\":\"a@x.org\",\"city\":true,\"company\":\"a\\u0001\",\"date\":\"soon\","
	  "\"phone\":\"1\"}",
	  "email=a@x.org\nkey email=a@x.org\n?phone:phone_invalid\n?company:not_text\n"
	  "?city:not_text\n?occurred_at:time_invalid\n" },
	{ "mandatory ones", "must", URLENCODED, "email=a@x.org&budget=",
	  "email=a@x.org\nkey email=a@x.org\n!phone:required\n!custom.Budget:required\n" },
	{ "mandatory ones in the form's spelling", "must", URLENCODED,
	  "phone=020+7946+0958&BUDGET=5",
	  "phone=+442079460958\ncustom.Budget=5\nkey phone=+442079460958\n" },
	{ "nobody", "website", URLENCODED, "name=Ada",
	  "first_name=Ada\n!email:identity_required\n" },
	{ "an empty post", "website", URLENCODED, "", "!email:identity_required\n" },
};

static void prepare(struct arena *arena, const char *source, const char *type,
		    const char *body, struct submission *s)
{
	const struct config *config = workspace(arena);
	struct form_lead lead = { .config = config, .source = config_source(config, source),
				  .content_type = type, .body = body, .len = strlen(body),
				  .received_at = NOW };
	struct error err = { 0 };

	if (form_lead_prepare(arena, &lead, s, &err) < 0)
		fail_msg("%s", err.message);
}

static void posts_become_leads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(posts); i++) {
		struct arena *arena = arena_new();
		struct submission s;
		const char *seen;

		prepare(arena, posts[i].source, posts[i].type, posts[i].body, &s);
		seen = show(arena, &s);
		if (strcmp(seen, posts[i].seen) != 0)
			fail_msg("%s: got\n%swanted\n%s", posts[i].what, seen, posts[i].seen);
		arena_free(arena);
	}
}

/* A double click counts once, whatever the browser's boundary or the order. */
static void a_double_click_is_one(void **state)
{
	struct arena *arena = arena_new();
	struct submission a, b;

	(void)state;
	prepare(arena, "website", URLENCODED, "email=a@x.org&city=X", &a);
	prepare(arena, "website", URLENCODED, "city=X&email=a%40x.org", &b);
	assert_memory_equal(&a.idempotency, &b.idempotency, sizeof(a.idempotency));
	assert_true(a.is_short_lived && !a.has_idempotency);
	arena_free(arena);
}

static void long_messages_are_cut(void **state)
{
	struct arena *arena = arena_new();
	struct submission s;
	struct buf buf;

	(void)state;
	buf_init(&buf, arena, 65536);
	buf_add(&buf, "email=a@x.org&message=");
	for (int i = 0; i < 10001; i++)
		buf_add(&buf, "%C3%AB");
	prepare(arena, "website", URLENCODED, buf_text(&buf), &s);
	assert_int_equal(strlen(s.message), 20000);
	assert_int_equal(s.errors.count, 0);
	assert_string_equal(s.warnings.items[0].code, "message_cut");
	arena_free(arena);
}

static void bodies_that_cannot_be_read_fail(void **state)
{
	struct arena *arena = arena_new();
	const struct config *config = workspace(arena);
	struct form_lead lead = { .config = config,
				  .source = config_source(config, "website"),
				  .content_type = "application/json", .body = "{", .len = 1 };
	struct submission s;
	struct error err;

	(void)state;
	assert_int_equal(form_lead_prepare(arena, &lead, &s, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
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
		cmocka_unit_test(posts_become_leads),
		cmocka_unit_test(a_double_click_is_one),
		cmocka_unit_test(long_messages_are_cut),
		cmocka_unit_test(bodies_that_cannot_be_read_fail),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
