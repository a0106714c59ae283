/* similar_test.c - the decision ladder, rung by rung.
 *
 * With FAIRLEAD_FEBRL naming a FEBRL data set (dataset1.csv of the record linkage
 * toolkit), also how many of its pairs are found, as a figure. */
#include "../support/check.h"

#include "base/arena.h"
#include "base/attributes.h"
#include "base/text.h"
#include "text/similar.h"
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

#define ADA .first = "Ada", .last = "Lovelace"
#define HOME .postal = "560001", .street = "12 MG Road", .city = "Bengaluru"

static const struct {
	struct similar_person a, b;
	enum similar verdict;
	const char *why;
} judged[] = {
	/* 1: phones */
	{ { ADA, .phone = "+919811122233" }, { ADA, .phone = "+919811122233" }, SIMILAR_SAME,
	  "same phone" },
	{ { .phone = "+919811122233" }, { ADA, .phone = "+919811122233" }, SIMILAR_SAME,
	  "same phone" },
	{ { ADA, .phone = "+919811122233" }, { .first = "A Lovelace", .phone = "+919811122233" },
	  SIMILAR_SAME, "same phone" },
	{ { ADA, .phone = "+919811122233", .email = "ada@x.org" },
	  { ADA, .phone = "+919811122233", .email = "al@y.org" }, SIMILAR_SAME, "same phone" },
	{ { ADA, .phone = "+919811122233", .email = "ada@x.org" },
	  { .first = "Byron", .last = "King", .phone = "+919811122233", .email = "b@x.org" },
	  SIMILAR_REVIEW, "same phone, another name" },
	{ { .first = "Rajesh", .last = "Kumar", .phone = "+919811122233" },
	  { .first = "Suresh", .last = "Kumar", .phone = "+919811122233" }, SIMILAR_REVIEW,
	  "same phone, another name" },
	{ { .first = "Rajesh", .last = "Kumar", .phone = "+919811122233" },
	  { .first = "Ramesh", .last = "Kumar", .phone = "+919811122233" }, SIMILAR_REVIEW,
	  "same phone, another name" },
	{ { ADA, .phone = "+919811122233" },
	  { .first = "Ada Lovelase", .phone = "+919811122233" }, SIMILAR_SAME, "same phone" },
	{ { ADA, .phone = "+919811122233" },
	  { .first = "Lovelase", .last = "Ada", .phone = "+919811122233" }, SIMILAR_SAME,
	  "same phone" },
	{ { .first = "Rajesh", .last = "Kumar", .phone = "+919811122233", .email = "k@x.org" },
	  { .first = "Suresh", .last = "Kumar", .phone = "+919811122233", .email = "k@x.org" },
	  SIMILAR_SAME, "same phone" },
	{ { ADA, .phone = "+919811122233", .is_phone_shared = true },
	  { .first = "Byron", .phone = "+919811122233" }, SIMILAR_DIFFERENT, "" },
	{ { ADA, .phone = "+919811122233" },
	  { ADA, .phone = "+919811122233", .is_phone_shared = true }, SIMILAR_DIFFERENT, "" },
	{ { ADA, .postal = "560001", .phone = "+919811122233", .is_phone_shared = true },
	  { ADA, .postal = "560001", .phone = "+919811122233" }, SIMILAR_REVIEW,
	  "names alike, two more things agree" },
	/* 2: e-mail */
	{ { ADA, .email = "ada@x.org" }, { ADA, .email = "ada@x.org" }, SIMILAR_SAME,
	  "same e-mail" },
	{ { ADA, .email = "ada@x.org" }, { .first = "Bo", .email = "ada@x.org" }, SIMILAR_SAME,
	  "same e-mail" },
	{ { ADA, .email = "info@x.org", .is_email_role = true },
	  { .first = "Bo", .email = "info@x.org", .is_email_role = true }, SIMILAR_DIFFERENT,
	  "" },
	{ { ADA, .email = "info@x.org", .is_email_role = true, .company = "X Ltd" },
	  { ADA, .email = "info@x.org", .is_email_role = true, .company = "x limited" },
	  SIMILAR_REVIEW, "names alike, two more things agree" },
	/* 3: a digit */
	{ { ADA, .phone = "+919811122233" }, { ADA, .phone = "+919811122234" }, SIMILAR_REVIEW,
	  "phones one digit apart, names alike" },
	{ { ADA, .phone = "+919811122233" }, { .first = "Lovelace Ada", .phone = "+919811122323" },
	  SIMILAR_REVIEW, "phones one digit apart, names alike" },
	{ { ADA, .phone = "+919811122233" }, { .first = "Bo", .phone = "+919811122234" },
	  SIMILAR_DIFFERENT, "" },
	{ { ADA, .phone = "+919811122233" }, { ADA, .phone = "+919811122244" },
	  SIMILAR_DIFFERENT, "" },
	{ { .phone = "+919811122233" }, { .phone = "+919811122234" }, SIMILAR_DIFFERENT, "" },
	/* 4: name and more */
	{ { ADA, HOME }, { ADA, HOME }, SIMILAR_REVIEW, "names alike, two more things agree" },
	{ { ADA, HOME }, { .first = "Lovelace", .last = "Ada", HOME }, SIMILAR_REVIEW,
	  "names alike, two more things agree" },
	{ { ADA, HOME }, { .first = "A.", .last = "Lovelase", HOME }, SIMILAR_REVIEW,
	  "names alike, two more things agree" },
	{ { ADA, HOME }, { ADA, .postal = "560001", .street = "MG Road" }, SIMILAR_REVIEW,
	  "names alike, two more things agree" },
	{ { ADA, .postal = "560001", .company = "Acme Pvt Ltd" },
	  { ADA, .postal = "560 001", .company = "ACME" }, SIMILAR_REVIEW,
	  "names alike, two more things agree" },
	{ { ADA, .birth_date = "1815-12-10" }, { ADA, .birth_date = "1815-12-10" },
	  SIMILAR_REVIEW, "names alike, two more things agree" },
	{ { ADA, .birth_date = "1815-12-10" }, { ADA, .birth_date = "1815-12-11" },
	  SIMILAR_DIFFERENT, "" },
	{ { ADA, HOME, .birth_date = "1815-12-10" },
	  { .first = "Ada", .last = "King", HOME, .birth_date = "1815-12-10" }, SIMILAR_REVIEW,
	  "part of the name alike, three more things agree" },
	/* Hard ones: the same name and postal code; a family in one house. */
	{ { ADA, .postal = "560001" }, { ADA, .postal = "560001" }, SIMILAR_DIFFERENT, "" },
	{ { ADA, .postal = "560001", .city = "Bengaluru" },
	  { ADA, .postal = "560001", .city = "Bengaluru" }, SIMILAR_DIFFERENT, "" },
	{ { ADA, HOME }, { .first = "Byron", .last = "Lovelace", HOME }, SIMILAR_DIFFERENT, "" },
	{ { .first = "Rajesh", .last = "Kumar", HOME }, { .first = "Suresh", .last = "Kumar", HOME },
	  SIMILAR_DIFFERENT, "" },
	/* Nothing to go by. */
	{ { 0 }, { 0 }, SIMILAR_DIFFERENT, "" },
	{ { ADA }, { ADA }, SIMILAR_DIFFERENT, "" },
	{ { HOME }, { HOME }, SIMILAR_DIFFERENT, "" },
};

static void persons_are_judged_by_the_ladder(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
		struct similar_keys a, b;
		const char *why = NULL;

		print_message("# %zu\n", i);
		similar_prepare(arena, &judged[i].a, &a);
		similar_prepare(arena, &judged[i].b, &b);
		assert_int_equal(similar_judge(&a, &b, &why), judged[i].verdict);
		assert_string_equal(why, judged[i].why);
		assert_int_equal(similar_judge(&b, &a, NULL), judged[i].verdict);
	}
}

static bool share_a_block(const struct similar_person *p, const struct similar_person *q)
{
	const char *of_a[SIMILAR_BLOCKS_MAX], *of_b[SIMILAR_BLOCKS_MAX];
	struct similar_keys a, b;
	size_t na, nb;

	similar_prepare(arena, p, &a);
	similar_prepare(arena, q, &b);
	na = similar_blocks(arena, &a, of_a);
	nb = similar_blocks(arena, &b, of_b);
	assert_true(na <= SIMILAR_BLOCKS_MAX && nb <= SIMILAR_BLOCKS_MAX);
	for (size_t i = 0; i < na; i++)
		for (size_t j = 0; j < nb; j++)
			if (strcmp(of_a[i], of_b[j]) == 0)
				return true;
	return false;
}

/* All but those whose postal code or city would have to be known. */
static void similar_persons_share_a_block(void **state)
{
	size_t same = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(judged); i++) {
		bool has_place = judged[i].a.postal || judged[i].a.phone || judged[i].a.email ||
				 judged[i].a.birth_date;

		if (judged[i].verdict == SIMILAR_DIFFERENT || !has_place)
			continue;
		print_message("# %zu\n", i);
		assert_true(share_a_block(&judged[i].a, &judged[i].b));
		same++;
	}
	assert_true(same > 15);
}

static void strangers_share_no_block(void **state)
{
	const struct similar_person a = { ADA, HOME, .phone = "+919811122233" };
	const struct similar_person b = { .first = "Byron", .last = "King", .postal = "110001",
					  .phone = "+919911122299" };
	const struct similar_person nobody = { 0 };

	(void)state;
	assert_false(share_a_block(&a, &b));
	assert_false(share_a_block(&nobody, &nobody));
}

/* --- FEBRL: synthetic people with typing errors, from outside ----------------------- */

#define ROWS_MAX 20000

struct row {
	const char *id;
	struct similar_keys keys;
};

struct block {
	const char *text;
	int row;
};

static struct row rows[ROWS_MAX];
static int nrows;

static const char *cell(char **line)
{
	char *start = *line, *end = strchr(start, ',');

	if (end) {
		*end = '\0';
		*line = end + 1;
	} else {
		*line = start + strlen(start);
	}
	return text_trim(arena, start);
}

/* `has_id`: whether the number that each person has counts as a key, as a field that is
 * marked unique would. */
static void load(const char *path, bool has_id)
{
	FILE *file = fopen(path, "r");
	char line[4096], *p;

	if (!file || !fgets(line, sizeof(line), file))
		fail_msg("%s: cannot be read", path);
	for (nrows = 0; nrows < ROWS_MAX && fgets(p = line, sizeof(line), file); nrows++) {
		struct similar_person person = { 0 };
		const char *number;

		rows[nrows].id = cell(&p);
		person.first = cell(&p);
		person.last = cell(&p);
		number = cell(&p);
		person.street = arena_printf(arena, "%s %s", number, cell(&p));
		cell(&p);
		person.city = cell(&p);
		person.postal = cell(&p);
		cell(&p);
		person.birth_date = cell(&p);
		if (has_id)
			person.email = cell(&p);
		similar_prepare(arena, &person, &rows[nrows].keys);
	}
	fclose(file);
}

/* "rec-12-org" and "rec-12-dup-0" are one person. */
static bool is_one_person(const struct row *a, const struct row *b)
{
	return atoi(a->id + 4) == atoi(b->id + 4);
}

static int compare_blocks(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	return order ? order : x->row - y->row;
}

struct figures {
	size_t pairs, right, found, candidates, candidates_right, blocks;
};

/* Judges all pairs (few rows) and says which of them share a block. */
static void measure(struct figures *f)
{
	struct block *blocks = arena_array(arena, ROWS_MAX * SIMILAR_BLOCKS_MAX, sizeof(*blocks));
	char *shared = arena_alloc(arena, (size_t)nrows * (size_t)nrows);

	for (int i = 0; i < nrows; i++) {
		const char *texts[SIMILAR_BLOCKS_MAX];
		size_t count = similar_blocks(arena, &rows[i].keys, texts);

		for (size_t k = 0; k < count; k++)
			blocks[f->blocks++] = (struct block){ texts[k], i };
	}
	qsort(blocks, f->blocks, sizeof(*blocks), compare_blocks);
	for (size_t i = 0; i < f->blocks; i++)
		for (size_t j = i + 1; j < f->blocks && strcmp(blocks[i].text, blocks[j].text) == 0;
		     j++)
			shared[blocks[i].row * nrows + blocks[j].row] =
				shared[blocks[j].row * nrows + blocks[i].row] = 1;
	for (int i = 0; i < nrows; i++)
		for (int j = i + 1; j < nrows; j++) {
			bool is_one = is_one_person(&rows[i], &rows[j]);

			f->pairs += is_one;
			f->candidates += shared[i * nrows + j];
			f->candidates_right += is_one && shared[i * nrows + j];
			if (!shared[i * nrows + j] ||
			    similar_judge(&rows[i].keys, &rows[j].keys, NULL) == SIMILAR_DIFFERENT)
				continue;
			f->found++;
			f->right += is_one;
		}
}

static void find_pairs(bool has_id, double least_recall)
{
	const char *path = getenv("FAIRLEAD_FEBRL");
	struct figures f = { 0 };
	double precision, recall;

	if (!path) { /* cmocka's skip() is a failure to the test runner */
		print_message("# skipped: FAIRLEAD_FEBRL names no file\n");
		return;
	}
	load(path, has_id);
	measure(&f);
	precision = 100.0 * (double)f.right / (double)f.found;
	recall = 100.0 * (double)f.right / (double)f.pairs;
	print_message("# rows %d, true pairs %zu; blocks a row %.1f, candidate pairs %zu, of the "
		      "true ones among them %.1f %%\n", nrows, f.pairs,
		      (double)f.blocks / nrows, f.candidates,
		      100.0 * (double)f.candidates_right / (double)f.pairs);
	print_message("# found %zu, right %zu: precision %.2f %%, recall %.2f %%\n", f.found,
		      f.right, precision, recall);
	assert_true(precision >= 99);
	assert_true(recall >= least_recall);
}

static void pairs_of_febrl_are_found_by_name_address_and_birth_date(void **state)
{
	(void)state;
	find_pairs(false, 95);
}

static void pairs_of_febrl_are_found_with_a_unique_number(void **state)
{
	(void)state;
	find_pairs(true, 99);
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
		TEST(persons_are_judged_by_the_ladder),
		TEST(similar_persons_share_a_block),
		TEST(strangers_share_no_block),
		TEST(pairs_of_febrl_are_found_by_name_address_and_birth_date),
		TEST(pairs_of_febrl_are_found_with_a_unique_number),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
