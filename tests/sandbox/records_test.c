/* records_test.c - tests src/sandbox/records.c and the files beside it. */
#include "../support/check.h"

#include "sandbox/links.h"
#include "sandbox/query.h"
#include "sandbox/records.h"
#include "sandbox/state.h"

#define RECORDS_MAX 1000

/* An account of HubSpot's vendor, for want of a simpler one, with an object of our own. */
struct shelf {
	struct sandbox *sandbox;
	struct arena *arena;
	struct sb_object *books;
	struct sb_call call;
};

static const struct sb_field_spec fields[] = {
	{ "isbn", "ISBN", SB_TEXT, SB_UNIQUE, 13, NULL, NULL, NULL, NULL },
	{ "title", "Title", SB_TEXT, 0, 0, NULL, NULL, NULL, NULL },
	{ "pages", "Pages", SB_INTEGER, 0, 0, NULL, NULL, NULL, NULL },
	{ "genre", "Genre", SB_PICKLIST, SB_INDEXED, 0, "crime|poem=Poetry", NULL, NULL, NULL },
	{ "bought", "Bought", SB_DATE, 0, 0, NULL, NULL, NULL, NULL },
};

static int setup(void **state)
{
	struct shelf *shelf = calloc(1, sizeof(*shelf));
	const struct sandbox_config config = { .records_max = RECORDS_MAX };
	const struct sb_object_spec spec = { .name = "books", .label = "Books", .first = 100 };

	shelf->sandbox = sandbox_start(&config, NULL);
	shelf->arena = arena_new();
	shelf->call = (struct sb_call){ .sandbox = shelf->sandbox,
					.arena = shelf->arena,
					.account = shelf->sandbox->accounts,
					.id = 1,
					.now = 1000 };
	shelf->books = sb_object_add(shelf->sandbox->accounts, &spec);
	sb_fields_add(shelf->books, fields, ARRAY_LEN(fields));
	*state = shelf;
	return 0;
}

static int teardown(void **state)
{
	struct shelf *shelf = *state;

	sandbox_stop(shelf->sandbox);
	arena_free(shelf->arena);
	free(shelf);
	return 0;
}

static json_t *json(struct shelf *shelf, const char *text)
{
	return json_keep(shelf->arena, json_loads(text, 0, NULL));
}

static struct sb_record *add(struct shelf *shelf, const char *values)
{
	return sb_record_create(&shelf->call, shelf->books, json(shelf, values), NULL);
}

static const char *text(struct shelf *shelf, const struct sb_record *record, const char *field)
{
	const char *value = sb_record_text_of(record, field, shelf->arena);

	return value ? value : "(none)";
}

static void values_of_every_type_come_back(void **state)
{
	struct shelf *shelf = *state;
	const struct sb_field_spec any = { .name = "any", .type = SB_JSON };
	static const char *const values[] = { "\"text\"", "12",	 "-1.5",      "true",
					      "false",	  "[1]", "{\"a\":1}", "\"\"" };
	struct sb_record *record = add(shelf, "{}");
	struct sb_field *field = sb_field_add(shelf->books, &any);

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		json_t *value = json_loads(values[i], JSON_DECODE_ANY, NULL), *back;
		json_t *all = json_keep(shelf->arena, json_pack("{so}", "any", value));

		sb_record_update(&shelf->call, record, all);
		back = sb_record_value(record, field);
		assert_true(json_equal(value, back));
		json_decref(back);
	}
	sb_record_update(&shelf->call, record, json(shelf, "{\"any\":null}"));
	assert_null(sb_record_value(record, field));
}

static void records_are_found_by_id_and_by_indexed_value(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{\"isbn\":\"A1\",\"genre\":\"crime\"}");
	struct sb_record *b = add(shelf, "{\"isbn\":\"B2\",\"genre\":\"crime\"}");
	const struct sb_field *isbn = sb_field_find(shelf->books, "isbn");
	const struct sb_field *genre = sb_field_find(shelf->books, "genre");

	assert_string_equal(a->id, "100");
	assert_ptr_equal(sb_record_find(shelf->books, "101"), b);
	assert_null(sb_record_find(shelf->books, "102"));
	assert_ptr_equal(sb_record_by(isbn, "b2"), b);
	assert_ptr_equal(sb_record_by(genre, "crime"), a);
	sb_record_update(&shelf->call, a, json(shelf, "{\"isbn\":\"C3\"}"));
	assert_null(sb_record_by(isbn, "A1"));
	assert_ptr_equal(sb_record_by(isbn, "C3"), a);
	sb_record_delete(&shelf->call, a);
	assert_null(sb_record_by(isbn, "C3"));
	assert_ptr_equal(sb_record_by(genre, "crime"), b);
	assert_ptr_equal(sb_record_find(shelf->books, "100"), a);
	sb_record_purge(&shelf->call, a);
	assert_null(sb_record_find(shelf->books, "100"));
	sb_record_purge(&shelf->call, b);
	assert_null(sb_record_find(shelf->books, "101"));
	assert_null(sb_record_by(genre, "crime"));
}

static void a_taken_unique_value_clashes_with_others_only(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{\"isbn\":\"A1\"}");
	struct sb_field *field;

	assert_ptr_equal(sb_record_clash(shelf->books, json(shelf, "{\"isbn\":\"a1\"}"), NULL,
					 &field),
			 a);
	assert_string_equal(field->name, "isbn");
	assert_null(sb_record_clash(shelf->books, json(shelf, "{\"isbn\":\"a1\"}"), a, &field));
	assert_null(sb_record_clash(shelf->books, json(shelf, "{\"isbn\":\"\"}"), NULL, &field));
	sb_record_alias(&shelf->call, a, field = sb_field_find(shelf->books, "isbn"), "OLD");
	assert_ptr_equal(sb_record_clash(shelf->books, json(shelf, "{\"isbn\":\"old\"}"), NULL,
					 &field),
			 a);
}

static void rollback_takes_everything_back(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{\"isbn\":\"A1\",\"title\":\"Old\"}");
	struct sb_record *b = add(shelf, "{\"isbn\":\"B2\"}");
	size_t ledger = shelf->sandbox->ledger.count, live = sb_object_live(shelf->books);
	uint64_t change = shelf->call.account->changes;
	const struct sb_change *first;
	const struct sb_field *isbn = sb_field_find(shelf->books, "isbn");

	shelf->call.now = 2000;
	sb_begin(&shelf->call);
	sb_record_update(&shelf->call, a,
			 json(shelf, "{\"isbn\":\"Z9\",\"title\":null,\"pages\":3}"));
	sb_begin(&shelf->call);
	add(shelf, "{\"isbn\":\"N1\"}");
	sb_record_derive(&shelf->call, b, "title", json_string("derived"));
	sb_commit(&shelf->call);
	sb_record_merge(&shelf->call, a, b);
	sb_link_add(&shelf->call, a, add(shelf, "{}"), 1, 2);
	sb_record_delete(&shelf->call, a);
	sb_rollback(&shelf->call);

	assert_string_equal(text(shelf, a, "isbn"), "A1");
	assert_string_equal(text(shelf, a, "title"), "Old");
	assert_string_equal(text(shelf, a, "pages"), "(none)");
	assert_string_equal(text(shelf, b, "title"), "(none)");
	assert_int_equal(a->version, 1);
	assert_int_equal(a->updated_at, 1000);
	assert_int_equal(a->state, SB_LIVE);
	assert_int_equal(b->state, SB_LIVE);
	assert_null(a->links);
	assert_ptr_equal(sb_record_by(isbn, "A1"), a);
	assert_ptr_equal(sb_record_by(isbn, "B2"), b);
	assert_null(sb_record_by(isbn, "Z9"));
	assert_null(sb_record_by(isbn, "N1"));
	assert_int_equal(sb_object_live(shelf->books), live);
	assert_int_equal(shelf->sandbox->ledger.count, ledger);
	assert_int_equal(sb_changes_after(shelf->books, change, &first), 0);
}

static void an_outer_rollback_undoes_what_was_committed_inside(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{\"title\":\"one\"}");

	sb_begin(&shelf->call);
	for (int i = 0; i < 40; i++) { /* more than a record remembers */
		json_t *values = json_pack("{si}", "title", i);

		sb_begin(&shelf->call);
		sb_record_update(&shelf->call, a, json_keep(shelf->arena, values));
		sb_commit(&shelf->call);
	}
	assert_string_equal(text(shelf, a, "title"), "39");
	sb_rollback(&shelf->call);
	assert_string_equal(text(shelf, a, "title"), "one");
	assert_int_equal(a->version, 1);
}

static void merging_moves_keys_and_links(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{\"isbn\":\"A1\"}");
	struct sb_record *b = add(shelf, "{\"isbn\":\"B2\"}");
	struct sb_record *other = add(shelf, "{}");

	sb_link_add(&shelf->call, b, other, 4, 3);
	sb_link_add(&shelf->call, b, a, 9, 9);
	sb_record_merge(&shelf->call, a, b);
	assert_int_equal(b->state, SB_MERGED);
	assert_ptr_equal(b->merged_into, a);
	assert_ptr_equal(sb_record_by(sb_field_find(shelf->books, "isbn"), "B2"), a);
	assert_true(sb_link_has(a, other, 4));
	assert_true(sb_link_has(other, a, 3));
	assert_false(sb_link_has(other, b, 3));
	assert_false(sb_link_has(a, a, 9));
	assert_null(b->links);
}

static void a_lagging_reader_sees_what_was(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{\"title\":\"first\"}");
	const struct sb_field *title = sb_field_find(shelf->books, "title");
	json_t *then;

	shelf->call.now = 2000;
	sb_record_update(&shelf->call, a, json(shelf, "{\"title\":\"second\"}"));
	shelf->call.now = 3000;
	sb_record_delete(&shelf->call, a);
	then = sb_record_value_at(a, title, 1500);
	assert_string_equal(json_string_value(then), "first");
	json_decref(then);
	then = sb_record_value_at(a, title, 2000);
	assert_string_equal(json_string_value(then), "second");
	json_decref(then);
	assert_false(sb_record_was_live(a, 999));
	assert_true(sb_record_was_live(a, 2999));
	assert_false(sb_record_was_live(a, 3000));
}

static void changes_come_in_order_and_the_latest_counts(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{}"), *b;
	uint64_t start = a->change;
	const struct sb_change *change;

	shelf->call.now = 2000;
	b = add(shelf, "{}");
	shelf->call.now = 3000;
	sb_record_update(&shelf->call, a, json(shelf, "{\"title\":\"x\"}"));
	assert_int_equal(sb_changes_after(shelf->books, start, &change), 2);
	assert_ptr_equal(change[0].record, b);
	assert_int_equal(change[0].kind, SB_CREATED);
	assert_ptr_equal(change[1].record, a);
	assert_int_equal(change[1].kind, SB_UPDATED);
	assert_true(a->change == change[1].number);
	assert_non_null(sb_change_delta(&change[1]));
	assert_null(sb_change_delta(&change[0]));
	assert_true(sb_changes_before(shelf->books, 2000) == start);
	assert_true(sb_changes_before(shelf->books, 1000) < start);
}

static void a_full_sandbox_takes_no_more(void **state)
{
	struct shelf *shelf = *state;
	/* What the vendors' own accounts begin with counts too. */
	size_t count = shelf->call.sandbox->nrecords;

	assert_in_range(count, 1, RECORDS_MAX - 100);
	while (add(shelf, "{}"))
		count++;
	assert_int_equal(count, RECORDS_MAX);
}

static size_t find(struct shelf *shelf, const struct sb_query *query, char *ids)
{
	struct sb_record **found;
	size_t count = sb_query_run(shelf->books, query, shelf->arena, &found);

	ids[0] = '\0';
	for (size_t i = 0; i < count; i++)
		sprintf(ids + strlen(ids), "%s ", found[i]->id);
	return count;
}

static const struct {
	enum sb_op op;
	const char *field, *text, *ids;
} lookups[] = {
	{ SB_EQ, "isbn", "b2", "101 " },
	{ SB_EQ, "title", "red dawn", "101 " },
	{ SB_NE, "genre", "crime", "102 103 " },
	{ SB_GT, "pages", "90", "100 101 " },
	{ SB_LE, "pages", "90", "102 " },
	{ SB_LT, "bought", "2026-01-02", "100 " },
	{ SB_GE, "bought", "1767312000000", "101 " },
	{ SB_CONTAINS, "title", "DAWN", "101 102 " },
	{ SB_STARTS, "title", "red", "101 " },
	{ SB_ENDS, "title", "dawn", "101 " },
	{ SB_TOKEN, "title", "dawn", "101 " },
	{ SB_TOKEN, "title", "dawn*", "101 102 " },
	{ SB_TOKEN, "title", "*ue", "100 " },
	{ SB_HAS, "pages", NULL, "100 101 102 " },
};

static void queries_find_what_they_say(void **state)
{
	struct shelf *shelf = *state;
	char ids[64];

	add(shelf, "{\"isbn\":\"A1\",\"title\":\"Blue\",\"pages\":1000,\"genre\":\"crime\","
		   "\"bought\":\"2026-01-01\"}");
	add(shelf, "{\"isbn\":\"B2\",\"title\":\"Red Dawn\",\"pages\":91,\"genre\":\"crime\","
		   "\"bought\":\"2026-01-02\"}");
	add(shelf, "{\"isbn\":\"C3\",\"title\":\"Dawning\",\"pages\":90,\"genre\":\"poem\"}");
	add(shelf, "{}");
	for (size_t i = 0; i < ARRAY_LEN(lookups); i++) {
		const struct sb_query query = {
			.where = sb_where(shelf->arena, lookups[i].op,
					  sb_field_find(shelf->books, lookups[i].field),
					  lookups[i].text),
		};

		find(shelf, &query, ids);
		if (strcmp(ids, lookups[i].ids) != 0)
			fail_msg("%s %d %s: %s, not %s", lookups[i].field, lookups[i].op,
				 lookups[i].text, ids, lookups[i].ids);
	}
}

static void a_lagging_query_finds_what_was(void **state)
{
	struct shelf *shelf = *state;
	struct sb_record *a = add(shelf, "{\"isbn\":\"A1\"}");
	const struct sb_field *isbn = sb_field_find(shelf->books, "isbn");
	struct sb_query query = { .where = sb_where(shelf->arena, SB_EQ, isbn, "A1") };
	char ids[64];

	shelf->call.now = 2000;
	sb_record_update(&shelf->call, a, json(shelf, "{\"isbn\":\"Z9\"}"));
	add(shelf, "{\"isbn\":\"A1\"}");
	assert_int_equal(find(shelf, &query, ids), 1);
	assert_string_equal(ids, "101 ");
	query.as_of = 1500;
	assert_int_equal(find(shelf, &query, ids), 1);
	assert_string_equal(ids, "100 ");
}

static void sorting_is_by_type_and_then_by_number(void **state)
{
	struct shelf *shelf = *state;
	struct sb_sort sort = { .field = sb_field_find(shelf->books, "pages") };
	struct sb_query query = { .sorts = &sort, .nsorts = 1 };
	char ids[64];

	add(shelf, "{\"pages\":9}");
	add(shelf, "{\"pages\":10}");
	add(shelf, "{}");
	add(shelf, "{\"pages\":9}");
	find(shelf, &query, ids);
	assert_string_equal(ids, "100 103 101 102 ");
	sort.is_descending = true;
	find(shelf, &query, ids);
	assert_string_equal(ids, "101 100 103 102 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_of_every_type_come_back),
		TEST(records_are_found_by_id_and_by_indexed_value),
		TEST(a_taken_unique_value_clashes_with_others_only),
		TEST(rollback_takes_everything_back),
		TEST(an_outer_rollback_undoes_what_was_committed_inside),
		TEST(merging_moves_keys_and_links),
		TEST(a_lagging_reader_sees_what_was),
		TEST(changes_come_in_order_and_the_latest_counts),
		TEST(a_full_sandbox_takes_no_more),
		TEST(queries_find_what_they_say),
		TEST(a_lagging_query_finds_what_was),
		TEST(sorting_is_by_type_and_then_by_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
