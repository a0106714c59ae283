#include "../support/check.h"

#include <pthread.h>

#include "base/attributes.h"
#include "base/id.h"

static void ids_are_read_as_they_are_shown(void **state)
{
	static const struct {
		int64_t id;
		const char *text;
	} cases[] = {
		{ 1, "0000000000001" },
		{ 31, "000000000000Z" },
		{ 32, "0000000000010" },
		{ INT64_MAX, "7ZZZZZZZZZZZZ" },
		{ INT64_C(0x123456789abcdef), "028T5CY4TQKFF" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[ID_TEXT_SIZE];
		int64_t id;

		id_format(cases[i].id, text);
		assert_string_equal(text, cases[i].text);
		assert_true(id_parse(text, &id));
		assert_int_equal(id, cases[i].id);
	}
}

static void letters_that_look_alike_are_taken(void **state)
{
	int64_t id, other;

	(void)state;
	assert_true(id_parse("01jnb0oiil1zz", &id));
	assert_true(id_parse("01JNB001111ZZ", &other));
	assert_int_equal(id, other);
}

static void what_is_no_id_is_refused(void **state)
{
	static const char *const texts[] = {
		"",		  "1",		    "000000000001",   "00000000000001",
		"0000000000000",  "8000000000000",  "ZZZZZZZZZZZZZ",  "000000000000U",
		"000000000000u",  "000000000000-",  "000000000000 ",  " 000000000001",
		"00000000000\xc3\xa4", "+000000000001",
	};
	int64_t id;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (id_parse(texts[i], &id))
			fail_msg("%s was read", texts[i]);
	assert_false(id_parse(NULL, &id));
}

static void ids_grow_and_tell_their_time(void **state)
{
	const int64_t now = INT64_C(1772442847213);
	struct id_maker maker;
	int64_t last = 0;
	char last_text[ID_TEXT_SIZE] = "", text[ID_TEXT_SIZE];

	(void)state;
	id_maker_init(&maker, 255);
	/* Past the 8,192 of one ms the next ms is borrowed. */
	for (int i = 0; i < 20000; i++) {
		int64_t id = id_next(&maker, now);

		assert_true(id > last);
		assert_in_range(id_time(id), now, now + 2);
		id_format(id, text);
		assert_true(strcmp(text, last_text) > 0);
		last = id;
		memcpy(last_text, text, sizeof(text));
	}
	/* A clock that goes back does not make ids go back. */
	assert_true(id_next(&maker, now - 100000) > last);
	last = id_next(&maker, now + 1000);
	assert_int_equal(id_time(last), now + 1000);
}

static void nodes_never_make_the_same_id(void **state)
{
	struct id_maker a, b;

	(void)state;
	id_maker_init(&a, 1);
	id_maker_init(&b, 2);
	for (int i = 0; i < 100; i++)
		assert_int_not_equal(id_next(&a, 1000), id_next(&b, 1000));
	assert_int_equal(id_time(id_next(&a, 5000)), id_time(id_next(&b, 5000)));
}

static void last_year_of_ids_is_positive(void **state)
{
	struct id_maker maker;
	int64_t last_ms = (INT64_C(1) << 42) - 1, id;

	(void)state;
	id_maker_init(&maker, 255);
	id = id_next(&maker, last_ms);
	assert_true(id > 0);
	assert_int_equal(id_time(id), last_ms);
}

#define THREADS 4
#define EACH 20000

struct part {
	struct id_maker *maker;
	int64_t ids[EACH];
};

static void *make_many(void *context)
{
	struct part *part = context;

	for (int i = 0; i < EACH; i++)
		part->ids[i] = id_next(part->maker, 1000 + i / 100);
	return NULL;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void threads_never_share_an_id(void **state)
{
	struct part *parts = calloc(THREADS, sizeof(*parts));
	int64_t *all = calloc(THREADS, sizeof(parts->ids));
	struct id_maker maker;
	pthread_t threads[THREADS];

	(void)state;
	id_maker_init(&maker, 7);
	for (int i = 0; i < THREADS; i++) {
		parts[i].maker = &maker;
		assert_int_equal(pthread_create(&threads[i], NULL, make_many, &parts[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		for (int j = 1; j < EACH; j++)
			assert_true(parts[i].ids[j] > parts[i].ids[j - 1]);
		memcpy(all + i * EACH, parts[i].ids, sizeof(parts[i].ids));
	}
	qsort(all, THREADS * EACH, sizeof(*all), by_number);
	for (int i = 1; i < THREADS * EACH; i++)
		assert_true(all[i] != all[i - 1]);
	free(all);
	free(parts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_are_read_as_they_are_shown),
		cmocka_unit_test(letters_that_look_alike_are_taken),
		cmocka_unit_test(what_is_no_id_is_refused),
		cmocka_unit_test(ids_grow_and_tell_their_time),
		cmocka_unit_test(nodes_never_make_the_same_id),
		cmocka_unit_test(last_year_of_ids_is_positive),
		cmocka_unit_test(threads_never_share_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
