/* threads_test.c - everything at once from several threads gives what one gives. */
#include "../support/check.h"

#include <pthread.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "text/country.h"
#include "text/email.h"
#include "text/name.h"
#include "text/phone.h"
#include "text/postal.h"
#include "text/unicode.h"
#include "text/zone.h"

#define THREADS 4
#define ROUNDS 150

static const struct {
	const char *phone, *region, *email, *postal, *country, *name, *zone;
} inputs[] = {
	{ "098765 43210", "IN", "Ada@b\u00FCcher.example", "560 001", "India", "Dr. Zo\u00EB M\u00FCller",
	  "Asia/Kolkata" },
	{ "(415) 555-2671 x9", "US", "a.b+c@gmail.com", "941051234", "USA", "van der Berg, Jan",
	  "America/New_York" },
	{ "020 7946 0958", "GB", "x@fa\u00DF.de", "sw1a1aa", "United Kingdom", "\u5C71\u7530 \u592A\u90CE",
	  "Europe/London" },
	{ "030/901820", "DE", "jo\u0308rg@example.org", "D-10115", "Deutschland", "JO\u0308RG STRA\u00DFER",
	  "Europe/Berlin" },
	{ "12345", "IN", "nobody", "0", "Iceland", "", "Australia/Lord_Howe" },
};

/* All answers to one row in one line. */
static const char *answers(struct arena *arena, size_t i)
{
	struct error err = { 0 };
	struct phone phone;
	struct email email = { .key = "" };
	struct postal postal = { .code = "" };
	struct zone *zone;
	const char *time = "";
	char iso2[COUNTRY_SIZE];

	phone_parse(arena, inputs[i].phone, inputs[i].region, &phone, &err);
	email_parse(arena, inputs[i].email, &email, &err);
	country_parse(inputs[i].country, iso2);
	postal_parse(arena, inputs[i].postal, iso2, NULL, &postal, &err);
	if (zone_open(arena, inputs[i].zone, &zone, &err) == 0)
		zone_format(arena, zone, INT64_C(1772442247213) + (int64_t)i * 10000000000,
			    "iso", &time, &err);
	return arena_printf(arena, "%s %s %s %s %s %s %s", phone.e164 ? phone.e164 : phone.reason,
			    phone_type_name(phone.type), email.key ? email.key : "-", iso2,
			    postal.code ? postal.code : "-", name_key(arena, inputs[i].name), time);
}

static const char *expected[ARRAY_LEN(inputs)];

static void *work(void *context)
{
	int *wrong = context;

	for (int round = 0; round < ROUNDS; round++) {
		struct arena *arena = arena_new();

		for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
			*wrong += strcmp(answers(arena, i), expected[i]) != 0;
		arena_free(arena);
	}
	return NULL;
}

static void threads_get_the_answers_that_one_gets(void **state)
{
	struct arena *arena = arena_new();
	pthread_t threads[THREADS];
	int wrong[THREADS] = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(inputs); i++)
		expected[i] = answers(arena, i);
	assert_string_equal(expected[0], "+919876543210 MOBILE ada@xn--bcher-kva.example IN 560001 "
					 "zoe muller 2026-03-02T14:34:07+05:30");
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, &wrong[i]), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(wrong[i], 0);
	arena_free(arena);
}

static int init(void **state)
{
	(void)state;
	return text_init(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_get_the_answers_that_one_gets),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
