#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "text/name.h"
#include "text/unicode.h"

static struct arena *arena;

static int begin(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static const struct {
	const char *full, *title, *first, *last, *suffix;
} names[] = {
	{ "Ada Lovelace", "", "Ada", "Lovelace", "" },
	{ "  Ada   Lovelace ", "", "Ada", "Lovelace", "" },
	{ "Ada", "", "Ada", "", "" },
	{ "", "", "", "", "" },
	{ "   ", "", "", "", "" },
	{ "Venkata Rama Rao", "", "Venkata Rama", "Rao", "" },
	{ "Anne-Marie Dupont", "", "Anne-Marie", "Dupont", "" },
	{ "Ludwig van Beethoven", "", "Ludwig", "van Beethoven", "" },
	{ "LUDWIG VAN BEETHOVEN", "", "LUDWIG", "VAN BEETHOVEN", "" },
	{ "Jan van der Berg", "", "Jan", "van der Berg", "" },
	{ "Maria de la Cruz", "", "Maria", "de la Cruz", "" },
	{ "Leonardo da Vinci", "", "Leonardo", "da Vinci", "" },
	{ "Nguyen Da Minh", "", "Nguyen Da", "Minh", "" },
	{ "Mohammed bin Salman Al Saud", "", "Mohammed", "bin Salman Al Saud", "" },
	{ "Van Morrison", "", "Van", "Morrison", "" },
	{ "Dr. Ada Lovelace", "Dr.", "Ada", "Lovelace", "" },
	{ "Mr. Dr. Hans Meier", "Mr. Dr.", "Hans", "Meier", "" },
	{ "Ms Priya", "Ms", "Priya", "", "" },
	{ "Dr", "", "Dr", "", "" },
	{ "Shri Ram Kumar", "Shri", "Ram", "Kumar", "" },
	{ "Smt. Sita Devi", "Smt.", "Sita", "Devi", "" },
	{ "CA Rajesh Gupta", "CA", "Rajesh", "Gupta", "" },
	{ "Er. Suresh", "Er.", "Suresh", "", "" },
	{ "Er Li", "", "Er", "Li", "" },
	{ "Sammy Davis Jr.", "", "Sammy", "Davis", "Jr." },
	{ "Sammy Davis, Jr.", "", "Sammy", "Davis", "Jr." },
	{ "Rahul Sharma, MBA", "", "Rahul", "Sharma", "MBA" },
	{ "Rahul Sharma PhD, MBA", "", "Rahul", "Sharma", "PhD, MBA" },
	{ "Lovelace, Ada", "", "Ada", "Lovelace", "" },
	{ "Lovelace,Ada", "", "Ada", "Lovelace", "" },
	{ "van der Berg, Jan", "", "Jan", "van der Berg", "" },
	{ "Lovelace, Dr. Ada King", "Dr.", "Ada King", "Lovelace", "" },
	{ "Sharma, Rahul, MBA", "", "Rahul", "Sharma", "MBA" },
	{ "Lovelace,", "", "Lovelace", "", "" },
	{ "A. P. J. Abdul Kalam", "", "A. P. J. Abdul", "Kalam", "" },
	{ "O'Brien", "", "O'Brien", "", "" },
	{ "\u5C71\u7530 \u592A\u90CE", "", "\u592A\u90CE", "\u5C71\u7530", "" },
	{ "\u5C71\u7530\u3000\u592A\u90CE", "", "\u592A\u90CE", "\u5C71\u7530", "" },
	{ "\u738B\u5C0F\u660E", "", "\u738B\u5C0F\u660E", "", "" },
	{ "\uAE40 \uCCA0\uC218", "", "\uCCA0\uC218", "\uAE40", "" },
	{ "\u0930\u093E\u091C\u0947\u0936 \u0915\u0941\u092E\u093E\u0930", "",
	  "\u0930\u093E\u091C\u0947\u0936", "\u0915\u0941\u092E\u093E\u0930", "" },
	{ "\u0645\u062D\u0645\u062F \u0639\u0644\u064A", "", "\u0645\u062D\u0645\u062F",
	  "\u0639\u0644\u064A", "" },
	{ "Ada\u00A0Lovelace", "", "Ada", "Lovelace", "" },
	{ "\U0001F600", "", "\U0001F600", "", "" },
	{ ",", "", "", "", "" },
	{ "null", "", "null", "", "" },
};

static void full_names_are_split(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct name name;

		print_message("# %zu\n", i);
		name_split(arena, names[i].full, &name);
		assert_string_equal(name.title, names[i].title);
		assert_string_equal(name.first, names[i].first);
		assert_string_equal(name.last, names[i].last);
		assert_string_equal(name.suffix, names[i].suffix);
	}
}

static void pieces_are_joined(void **state)
{
	(void)state;
	assert_string_equal(name_join(arena, "Ada", "Lovelace"), "Ada Lovelace");
	assert_string_equal(name_join(arena, "Ada", ""), "Ada");
	assert_string_equal(name_join(arena, "Ada", NULL), "Ada");
	assert_string_equal(name_join(arena, NULL, "Lovelace"), "Lovelace");
	assert_string_equal(name_join(arena, "", ""), "");
	assert_string_equal(name_join(arena, NULL, NULL), "");
	assert_string_equal(name_join(arena, "\u592A\u90CE", "\u5C71\u7530"),
			    "\u5C71\u7530 \u592A\u90CE");
	assert_string_equal(name_join(arena, "Taro", "\u5C71\u7530"), "Taro \u5C71\u7530");
}

static void a_name_of_a_thousand_words_is_split(void **state)
{
	char *full = arena_alloc(arena, 4001);
	struct name name;

	(void)state;
	for (int i = 0; i < 1000; i++)
		memcpy(full + 4 * i, "abc ", 4);
	name_split(arena, full, &name);
	assert_true(strlen(name.first) + strlen(name.last) >= 3998);
	assert_true(strlen(name_key(arena, full)) > 3000);
}

static const struct {
	const char *name, *key;
} keys[] = {
	{ "Ada Lovelace", "ada lovelace" },
	{ "Dr. Ada  LOVELACE", "ada lovelace" },
	{ "Mrs Ada Lovelace Jr.", "ada lovelace" },
	{ "Dr", "dr" },
	{ "Anne-Marie", "anne marie" },
	{ "O\u2019Brien", "obrien" },
	{ "D'Souza", "dsouza" },
	{ "A.P.J. Kalam", "a p j kalam" },
	{ "Zo\u00EB M\u00FCller", "zoe muller" },
	{ "Zoe\u0308 Mu\u0308ller", "zoe muller" },
	{ "\u0141ukasz S\u00F8rensen", "lukasz sorensen" },
	{ "Stra\u00DFer", "strasser" },
	{ "\u00C6thelred", "aethelred" },
	{ "\uFF21\uFF44\uFF41", "ada" },
	{ "\u0391\u03B8\u03AE\u03BD\u03B1", "\u03B1\u03B8\u03B7\u03BD\u03B1" },
	/* Vowel signs are no accents. */
	{ "\u0930\u093E\u091C\u0947\u0936", "\u0930\u093E\u091C\u0947\u0936" },
	{ "\u0421\u0435\u0440\u0433\u0435\u0439", "\u0441\u0435\u0440\u0433\u0435\u0439" },
	{ "Ada \U0001F600 Lovelace!", "ada lovelace" },
	{ "Ada\u200BLovelace", "adalovelace" },
	{ "---", "" },
	{ "", "" },
	{ "Louis XIV 2nd", "louis xiv 2nd" },
};

static void names_have_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		print_message("# %zu\n", i);
		assert_string_equal(name_key(arena, keys[i].name), keys[i].key);
	}
	assert_string_equal(name_key_sorted(arena, "lovelace ada king"), "ada king lovelace");
	assert_string_equal(name_key_sorted(arena, "b ab a"), "a ab b");
	assert_string_equal(name_key_sorted(arena, ""), "");
}

static void spellings_of_one_sound_are_one(void **state)
{
	static const struct {
		const char *a, *b;
	} pairs[] = {
		{ "deepak choudhary", "dipak chaudhari" },
		{ "sheela", "shila" },	       { "pooja", "puja" },
		{ "vishwanath", "visvanat" },  { "aakash", "akash" },
		{ "zakir", "jakir" },	       { "bhavna", "bavna" },
		{ "rama", "ram" },	       { "kumar rajesh", "rajesh kumaar" },
		{ "phillip", "filip" },	       { "singh", "sing" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++)
		assert_string_equal(name_key_sound(arena, pairs[i].a),
				    name_key_sound(arena, pairs[i].b));
	assert_string_not_equal(name_key_sound(arena, "ravi"), name_key_sound(arena, "rani"));
	assert_string_equal(name_key_sound(arena, "aa"), "a");
	assert_string_equal(name_key_sound(arena, "\u0930\u093E\u091C"), "\u0930\u093E\u091C");
}

static const struct {
	const char *a, *b;
	bool is_match;
} initials[] = {
	{ "rajesh kumar", "r kumar", true },	 { "rajesh kumar", "kumar rajesh", true },
	{ "rajesh kumar", "k rajesh", true },	 { "rajesh kumar", "rajesh", true },
	{ "a p j kalam", "kalam abdul", true },	 { "rajesh kumar", "s kumar", false },
	{ "rajesh kumar", "r k", false },	 { "rajesh kumar", "suresh kumar", false },
	{ "rajesh kumar", "", false },		 { "", "", false },
	{ "r", "r", true },			 { "ada", "ada", true },
	{ "venkata rama rao", "v r rao", true }, { "venkata rama rao", "v s rao", false },
};

static void initials_match_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(initials); i++) {
		print_message("# %s, %s\n", initials[i].a, initials[i].b);
		assert_int_equal(name_initials_match(initials[i].a, initials[i].b),
				 initials[i].is_match);
		assert_int_equal(name_initials_match(initials[i].b, initials[i].a),
				 initials[i].is_match);
	}
}

static void misspelt_names_are_alike(void **state)
{
	static const struct {
		const char *a, *b;
		bool is_alike;
	} pairs[] = {
		{ "kumar rajesh", "rajseh kumar", true },
		{ "kumar rajesh", "r kumar", true },
		{ "kumar rajesh", "rajesh", true },
		{ "kumar rajesh", "kumar suresh", false },
		{ "kumar rajesh", "k r", false },
		{ "kumar rajesh", "kumar", true },
		{ "ada lovelace", "ada lovelase", true },
		{ "ada lovelace", "ada king", false },
		{ "ada king lovelace", "adda lovelace", true },
		{ "", "ada", false },
		{ "", "", false },
		{ "a", "a", true },
		{ "\u0930\u093E\u091C\u0947\u0936", "\u0930\u093E\u091C\u0947\u0936", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
		print_message("# %s, %s\n", pairs[i].a, pairs[i].b);
		assert_int_equal(name_is_alike(pairs[i].a, pairs[i].b), pairs[i].is_alike);
		assert_int_equal(name_is_alike(pairs[i].b, pairs[i].a), pairs[i].is_alike);
	}
}

static const struct {
	const char *company, *key;
} companies[] = {
	{ "Acme Pvt. Ltd.", "acme" },
	{ "ACME PRIVATE LIMITED", "acme" },
	{ "The Acme Company", "acme" },
	{ "Acme, Inc.", "acme" },
	{ "Acme L.L.C.", "acme" },
	{ "Acme LLP", "acme" },
	{ "Acme GmbH & Co. KG", "acme" },
	{ "Johnson & Johnson", "johnson johnson" },
	{ "Johnson and Johnson", "johnson johnson" },
	{ "M/s. Sharma Traders", "sharma traders" },
	{ "M/s Sharma Traders", "sharma traders" },
	{ "Soci\u00E9t\u00E9 G\u00E9n\u00E9rale S.A.", "societe generale" },
	{ "Limited", "limited" },
	{ "The Company", "the company" },
	{ "Booking.com B.V.", "booking com" },
	{ "", "" },
	{ "\u682A\u5F0F\u4F1A\u793E", "\u682A\u5F0F\u4F1A\u793E" },
};

static void companies_have_a_key_without_their_legal_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(companies); i++) {
		print_message("# %zu\n", i);
		assert_string_equal(company_key(arena, companies[i].company), companies[i].key);
	}
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
		TEST(full_names_are_split),
		TEST(pieces_are_joined),
		TEST(a_name_of_a_thousand_words_is_split),
		TEST(names_have_a_key),
		TEST(spellings_of_one_sound_are_one),
		TEST(initials_match_names),
		TEST(misspelt_names_are_alike),
		TEST(companies_have_a_key_without_their_legal_form),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
