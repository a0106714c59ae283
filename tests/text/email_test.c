#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "text/email.h"
#include "text/unicode.h"

static struct arena *arena;
static struct error err;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	err = (struct error){ 0 };
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const char *times(const char *piece, int count)
{
	const char *text = "";

	while (count--)
		text = arena_printf(arena, "%s%s", text, piece);
	return text;
}

static const struct {
	const char *raw, *address, *key;
} taken[] = {
	{ "ada@example.org", "ada@example.org", "ada@example.org" },
	{ "  Ada@Example.ORG\r\n", "Ada@Example.ORG", "ada@example.org" },
	{ "mailto:ada@example.org", "ada@example.org", "ada@example.org" },
	{ "MAILTO:ada@example.org?subject=Hi", "ada@example.org", "ada@example.org" },
	{ "<ada@example.org>", "ada@example.org", "ada@example.org" },
	{ "< ada@example.org >", "ada@example.org", "ada@example.org" },
	{ "<mailto:ada@example.org>", "ada@example.org", "ada@example.org" },
	{ "Ada Lovelace <ada@example.org>", "ada@example.org", "ada@example.org" },
	{ "ada@example.org.", "ada@example.org", "ada@example.org" },
	{ "ada@example.org,", "ada@example.org", "ada@example.org" },
	{ "ada@example.org;", "ada@example.org", "ada@example.org" },
	{ "ada\uFF20example\uFF0Eorg", "ada@example.org", "ada@example.org" },
	{ "\uFEFFada@example.org\u00A0\u200B", "ada@example.org", "ada@example.org" },
	{ "ada.lovelace+crm@example.co.in", "ada.lovelace+crm@example.co.in",
	  "ada.lovelace+crm@example.co.in" },
	{ "!#$%&'*+-/=?^_`{|}~@example.org", "!#$%&'*+-/=?^_`{|}~@example.org",
	  "!#$%&'*+-/=?^_`{|}~@example.org" },
	{ "o'brien@example.org", "o'brien@example.org", "o'brien@example.org" },
	{ "1@2.com", "1@2.com", "1@2.com" },
	{ "\"ada lovelace\"@example.org", "\"ada lovelace\"@example.org",
	  "\"ada lovelace\"@example.org" },
	{ "\"a@b\"@example.org", "\"a@b\"@example.org", "\"a@b\"@example.org" },
	{ "\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org" },
	{ "\"Ada\"@example.org", "\"Ada\"@example.org", "ada@example.org" },
	{ "ada@b\u00FCcher.example", "ada@b\u00FCcher.example", "ada@xn--bcher-kva.example" },
	{ "ada@B\u00DCCHER.example", "ada@B\u00DCCHER.example", "ada@xn--bcher-kva.example" },
	{ "ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example",
	  "ada@xn--bcher-kva.example" },
	{ "ada@XN--BCHER-KVA.example", "ada@XN--BCHER-KVA.example",
	  "ada@xn--bcher-kva.example" },
	/* Non-transitional: a sharp s stays one. */
	{ "ada@fa\u00DF.de", "ada@fa\u00DF.de", "ada@xn--fa-hia.de" },
	{ "ada@\u4F8B\u5B50\u3002\u4E2D\u56FD", "ada@\u4F8B\u5B50\u3002\u4E2D\u56FD",
	  "ada@xn--fsqu00a.xn--fiqs8s" },
	{ "ada@\u0909\u0926\u093E\u0939\u0930\u0923.\u092D\u093E\u0930\u0924",
	  "ada@\u0909\u0926\u093E\u0939\u0930\u0923.\u092D\u093E\u0930\u0924",
	  "ada@xn--p1b6ci4b4b3a.xn--h2brj9c" },
	{ "J\u00D6RG@example.org", "J\u00D6RG@example.org", "j\u00F6rg@example.org" },
	{ "jo\u0308rg@example.org", "jo\u0308rg@example.org", "j\u00F6rg@example.org" },
};

static void addresses_are_kept_for_sending_and_keyed_for_matching(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(taken); i++) {
		struct email email;

		print_message("# taken %zu\n", i);
		if (email_parse(arena, taken[i].raw, &email, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(email.address, taken[i].address);
		assert_string_equal(email.key, taken[i].key);
	}
}

static const struct {
	const char *raw, *message;
} refused[] = {
	{ "", "is empty: write it as name@domain" },
	{ "   ", "is empty: write it as name@domain" },
	{ "<>", "is empty: write it as name@domain" },
	{ "mailto:", "is empty: write it as name@domain" },
	{ "ada", "has no @: write it as name@domain" },
	{ "ada.example.org", "has no @: write it as name@domain" },
	{ "@example.org", "has nothing before the @: add the name" },
	{ "ada@", "has nothing after the @: add the domain" },
	{ "ada@example", "has a domain without a dot: add its ending, as .com" },
	{ "ada@localhost", "has a domain without a dot: add its ending, as .com" },
	{ "ada@@example.org", "has two @: give one address a field" },
	{ "a@b@example.org", "has two @: give one address a field" },
	{ "a@example.org, b@example.org", "holds two addresses: give one address a field" },
	{ "a@example.org;b@example.org", "holds two addresses: give one address a field" },
	{ "a@example.org b@example.org", "holds two addresses: give one address a field" },
	{ "ada lovelace@example.org", "has a blank before the @: remove it" },
	{ "ada@exam ple.org", "has a blank in its domain: remove it" },
	{ "ada@exam_ple.org", "has a _ in its domain: remove it" },
	{ "ada(work)@example.org", "has a ( before the @: remove it" },
	{ "ada\x01@example.org", "has the character 0x01 before the @: remove it" },
	{ "ada\n@example.org", "has the character 0x0A before the @: remove it" },
	{ ".ada@example.org", "begins with a dot: remove it" },
	{ "ada.@example.org", "has a dot before the @: remove it" },
	{ "ada..l@example.org", "has two dots in a row before the @: remove one" },
	{ "ada@example..org", "has two dots in a row, or one beside the @: remove it" },
	{ "ada@.example.org", "has two dots in a row, or one beside the @: remove it" },
	{ "ada@-example.org", "has a hyphen at an edge of its domain's parts: remove it" },
	{ "ada@example-.org", "has a hyphen at an edge of its domain's parts: remove it" },
	{ "ada@192.168.0.1",
	  "ends in a number: write the domain's name, not its IP address" },
	{ "ada@[192.168.0.1]", "has an IP address for a domain: write the domain's name" },
	{ "ada@example.c", "has a domain ending of one letter: complete it" },
	{ "\"ada@example.org", "has an odd quote: write it as name@domain" },
	{ "\"ada\"x@example.org", "has an odd quote: write it as name@domain" },
	{ "\"ada\\\"@example.org", "has an odd quote: write it as name@domain" },
	{ "\"\n\"@example.org", "has an odd quote: write it as name@domain" },
	{ "ada@xn--zzzzzzz999.org",
	  "has a broken xn-- name in its domain: write it in letters" },
	{ "ada@b\u00FCcher..org", "has two dots in a row, or one beside the @: remove it" },
	{ "ada@b\u00FC_cher.org",
	  "has a character that no domain can hold: write the domain anew" },
	{ "ada@b\u00FC\u2028cher.org",
	  "has a character that no domain can hold: write the domain anew" },
	{ "9.88E+09", "has no @: write it as name@domain" },
};

static void what_is_no_address_is_refused_with_what_to_do(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		struct email email;

		print_message("# refused %zu\n", i);
		assert_int_equal(email_parse(arena, refused[i].raw, &email, &err), -1);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, refused[i].message);
	}
}

static void lengths_end_where_the_standard_says(void **state)
{
	const char *a63 = times("a", 63), *d50 = times("d", 50);
	const char *domain = arena_printf(arena, "%s.%s.%s.%s", d50, d50, d50, times("d", 32));
	struct email email;

	(void)state;
	/* 64 octets before the @, no more. */
	assert_int_equal(email_parse(arena, arena_printf(arena, "%sa@b.org", a63), &email,
				     &err), 0);
	assert_int_equal(email_parse(arena, arena_printf(arena, "%saa@b.org", a63), &email,
				     &err), -1);
	assert_string_equal(err.message,
			    "has more than 64 bytes before the @: no mailbox has");
	/* 254 octets in all, no more. */
	assert_int_equal(email_parse(arena, arena_printf(arena, "%sa@%s.or", a63, domain),
				     &email, &err), 0);
	assert_int_equal(strlen(email.address), 253);
	assert_int_equal(email_parse(arena, arena_printf(arena, "%sa@%s.orgs", a63, domain),
				     &email, &err), -1);
	assert_string_equal(err.message, "is longer than 254 bytes: no address is");
	/* 63 between two dots, no more. */
	assert_int_equal(email_parse(arena, arena_printf(arena, "a@%s.org", a63), &email,
				     &err), 0);
	assert_int_equal(email_parse(arena, arena_printf(arena, "a@%sa.org", a63), &email,
				     &err), -1);
	assert_string_equal(err.message, "has more than 63 characters between two dots of its "
					 "domain: no domain has");
	assert_int_equal(email_parse(arena, times("a@b.", 1000), &email, &err), -1);
	assert_string_equal(err.message, "is longer than 254 bytes: no address is");
	assert_int_equal(email_parse(arena, arena_printf(arena, "a@%s.org",
							 times("\u00FC", 100)),
				     &email, &err), -1);
	assert_string_equal(err.message, "has a domain that is too long: shorten it");
}

static const struct {
	const char *raw;
	bool is_role, is_free, is_disposable, is_international;
} marked[] = {
	{ "ada@example.org", false, false, false, false },
	{ "Info@example.org", true, false, false, false },
	{ "sales@example.org", true, false, false, false },
	{ "sales+web@example.org", true, false, false, false },
	{ "no-reply@example.org", true, false, false, false },
	{ "salesman@example.org", false, false, false, false },
	{ "inf@example.org", false, false, false, false },
	{ "ada@gmail.com", false, true, false, false },
	{ "ada@Yahoo.co.in", false, true, false, false },
	{ "ada@mailinator.com", false, false, true, false },
	{ "j\u00F6rg@example.org", false, false, false, true },
	{ "jorg@b\u00FCcher.example", false, false, false, false },
};

static void weak_addresses_are_marked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(marked); i++) {
		struct email email;

		print_message("# %s\n", marked[i].raw);
		assert_int_equal(email_parse(arena, marked[i].raw, &email, &err), 0);
		assert_int_equal(email.is_role, marked[i].is_role);
		assert_int_equal(email.is_free, marked[i].is_free);
		assert_int_equal(email.is_disposable, marked[i].is_disposable);
		assert_int_equal(email.is_international, marked[i].is_international);
	}
}

static const struct {
	const char *raw, *suggestion;
} mistyped[] = {
	{ "Ada@gmial.com", "Ada@gmail.com" },	 { "ada@gmail.con", "ada@gmail.com" },
	{ "ada@yaho.in", "ada@yahoo.in" },	 { "ada@hotmial.com", "ada@hotmail.com" },
	{ "ada@gmail.co", "ada@gmail.com" },	 { "ada@gamil.com", "ada@gmail.com" },
	{ "ada@gmai.com", "ada@gmail.com" },	 { "ada@yahooo.com", "ada@yahoo.com" },
	{ "ada@outlok.com", "ada@outlook.com" }, { "ada@iclod.com", "ada@icloud.com" },
	{ "ada@redifmail.com", "ada@rediffmail.com" },
	{ "ada@gmail.com", NULL },		 { "ada@ymail.com", NULL },
	{ "ada@mail.com", NULL },		 { "ada@email.com", NULL },
	{ "ada@cloud.com", NULL },		 { "ada@yahoo.in", NULL },
	{ "ada@example.org", NULL },		 { "ada@hotmail.de", NULL },
	{ "ada@mycompany.com", NULL },
};

static void a_mistyped_provider_is_suggested_and_not_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(mistyped); i++) {
		struct email email;

		print_message("# %s\n", mistyped[i].raw);
		assert_int_equal(email_parse(arena, mistyped[i].raw, &email, &err), 0);
		assert_string_equal(email.address, mistyped[i].raw);
		if (mistyped[i].suggestion)
			assert_string_equal(email.suggestion, mistyped[i].suggestion);
		else
			assert_null(email.suggestion);
	}
}

static const struct {
	const char *raw, *key;
} ruled[] = {
	{ "A.d.a+crm@gmail.com", "ada@gmail.com" },
	{ "a.da@googlemail.com", "ada@gmail.com" },
	{ "ada+x@outlook.com", "ada@outlook.com" },
	{ "a.da+x@outlook.com", "a.da@outlook.com" },
	{ "ada+x@proton.me", "ada@proton.me" },
	{ "ada-x@yahoo.com", "ada@yahoo.com" },
	{ "ada+x@example.org", "ada+x@example.org" },
	{ "+ada@gmail.com", "+ada@gmail.com" },
	{ "\"a.da+x y\"@gmail.com", "\"a.da+x y\"@gmail.com" },
};

static void provider_rules_make_another_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ruled); i++) {
		struct email email;

		assert_int_equal(email_parse(arena, ruled[i].raw, &email, &err), 0);
		assert_string_equal(email_provider_key(arena, &email), ruled[i].key);
	}
	assert_true(email_domain_is_free("gmail.com"));
	assert_false(email_domain_is_free("example.org"));
}

static int init(void **state)
{
	(void)state;
	return text_init(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(addresses_are_kept_for_sending_and_keyed_for_matching),
		TEST(what_is_no_address_is_refused_with_what_to_do),
		TEST(lengths_end_where_the_standard_says),
		TEST(weak_addresses_are_marked),
		TEST(a_mistyped_provider_is_suggested_and_not_changed),
		TEST(provider_rules_make_another_key),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
