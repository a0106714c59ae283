/* standard_field_test.c - the table of fields and what headers mean. */
#include "../support/check.h"

#include "base/arena.h"
#include "base/text.h"
#include "model/lead.h"

static const struct { const char *header, *field; } headers[] = {
	{ "email", "email" },
	{ "E-Mail Address", "email" },
	{ "  E_MAIL  ", "email" },
	{ "\xEF\xBB\xBF" "Email", "email" }, /* a byte order mark that was left */
	{ "Work Email", "email" },
	{ "Correo Electrónico", "email" },
	{ "SENDER_EMAIL", "email" },
	{ "Your e-mail", "email" },
	{ "メールアドレス", "email" },
	{ "Mobile No.", "phone" },
	{ "Phone 1 - Value", "phone" },
	{ "Téléphone", "phone" },
	{ "Te\xCC\x81le\xCC\x81phone", "phone" }, /* accents that combine */
	{ "Ｐｈｏｎｅ", "phone" },
	{ "मोबाइल नंबर", "phone" },
	{ "ТЕЛЕФОН", "phone" },
	{ "Contact Number", "phone" },
	{ "phone_number", "phone" },
	{ "First Name", "first_name" },
	{ "Vorname", "first_name" },
	{ "PRÉNOM", "first_name" },
	{ "Surname", "last_name" },
	{ "Nachname", "last_name" },
	{ "Full Name", "name" },
	{ "Lead Name", "name" },
	{ "SENDER_NAME", "name" },
	{ "Company / Organisation", NULL },
	{ "Organisation", "company" },
	{ "Unternehmen", "company" },
	{ "Designation", "title" },
	{ "PIN Code", "postal_code" },
	{ "ZIP/Postal Code", "postal_code" },
	{ "PLZ", "postal_code" },
	{ "Bundesland", "region" },
	{ "State/Province", "region" },
	{ "Ville", "city" },
	{ "Lead Source", "source" },
	{ "UNIQUE_QUERY_ID", "enquiry_id" },
	{ "enquiry id", "enquiry_id" },
	{ "Created On", "occurred_at" },
	{ "Nachricht", "message" },
	{ "Status", NULL }, /* concluded: a file does not set it */
	{ "Score", NULL },
	{ "id", NULL },     /* a row's number is no enquiry id */
	{ "lead", NULL },
	{ "Budget", NULL },
	{ "", NULL },
	{ "---", NULL },
	{ "email email email email email email email email email email email email email "
	  "email email email email email email email email", NULL },
};

static void a_header_means_its_field(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		const struct standard_field *field = standard_field_guess(headers[i].header);

		if (!text_equal(field ? field->name : NULL, headers[i].field))
			fail_msg("\"%s\" means %s, not %s", headers[i].header,
				 field ? field->name : "nothing",
				 headers[i].field ? headers[i].field : "nothing");
	}
}

/* Each name and synonym must lead back to its own field: none stands twice, and none
 * is hidden behind another field's. */
static void every_synonym_leads_to_its_own_field(void **state)
{
	struct arena *arena = arena_new();
	size_t count = 0;

	(void)state;
	for (const struct standard_field *f = standard_fields; f->name; f++) {
		char *synonyms = arena_strdup(arena, f->synonyms), *rest = synonyms, *word;

		if (!f->is_given) {
			assert_string_equal(f->synonyms, "");
			continue;
		}
		assert_ptr_equal(standard_field_guess(f->name), f);
		while ((word = strsep(&rest, "|")) != NULL) {
			const struct standard_field *found = standard_field_guess(word);

			if (found != f)
				fail_msg("%s: \"%s\" means %s", f->name, word,
					 found ? found->name : "nothing");
			count++;
		}
	}
	assert_true(count > 300);
	arena_free(arena);
}

static void fields_are_found_by_name(void **state)
{
	(void)state;
	assert_string_equal(standard_field_find("email")->title, "E-mail");
	assert_int_equal(standard_field_find("phone")->kind, FIELD_PHONE);
	assert_false(standard_field_find("status")->is_given);
	assert_true(standard_field_find("message")->is_given);
	assert_null(standard_field_find("Email"));
	assert_null(standard_field_find("custom.budget"));
	assert_null(standard_field_find(""));
}

static void names_of_fields_are_checked(void **state)
{
	char longest[7 + CUSTOM_NAME_MAX + 2] = "custom.";

	(void)state;
	assert_true(lead_view_exists("email"));
	assert_true(lead_view_exists("score"));
	assert_true(lead_view_exists("lead_id"));
	assert_true(lead_view_exists("custom.Größe der Wohnung?"));
	assert_false(lead_view_exists("fone"));
	assert_false(lead_view_exists("custom."));
	assert_false(lead_view_exists("custom.\n"));
	assert_false(lead_view_exists("custom. a"));
	assert_false(lead_view_exists("custom.a "));
	assert_string_equal(lead_view_nearest("fone"), "phone");
	assert_string_equal(lead_view_nearest("craeted_at"), "created_at");
	assert_null(lead_view_nearest("zzzzzzzz"));

	memset(longest + 7, 'x', CUSTOM_NAME_MAX);
	assert_true(custom_name_is_valid(longest));
	longest[7 + CUSTOM_NAME_MAX] = 'x';
	assert_false(custom_name_is_valid(longest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_header_means_its_field),
		cmocka_unit_test(every_synonym_leads_to_its_own_field),
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(names_of_fields_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
