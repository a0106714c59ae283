/* repeated_test.c - submissions without a key: the same values within a minute are the same
 * request. The time is the caller's, and so is stepped here. */
#include "store/box.h"

#include "base/attributes.h"
#include "base/id.h"
#include "store/leads.h"

#define RECEIVED INT64_C(1000000)
#define MINUTE INT64_C(60000)

/* A lead that one submission made, and later ones of it. */
static const char rows[] =
	"INSERT INTO lead (id, workspace, version, created_at, updated_at, merged_into, "
	"owner_rep, is_test, doc) VALUES (101, 1, 1, 1, 1, 0, 0, 0, '{\"f\":{},\"k\":[]}');"
	"INSERT INTO submission (id, workspace, source, lead, enquiry, result, received_at, "
	"content_type, raw, decision, values_hash) VALUES "
	"(301, 1, 911, 101, 201, 0, 1000000, 'text/plain', CAST('a' AS {BYTES}), '{}', "
	"CAST('0123456789abcdef' AS {BYTES}));";

/* The idempotency row of a submission without a story, as it is kept for a minute. */
static const char refused[] =
	"INSERT INTO idempotency (workspace, hash, body_hash, lead, submission, status, answer, "
	"expires_at) VALUES (1, CAST('0123456789abcdef' AS {BYTES}), CAST('' AS {BYTES}), 0, 302, "
	"200, '{}', 1060000);";

static struct submission submission_of(const char values[HASH16_SIZE + 1], int64_t source)
{
	struct submission s = { .id = 309, .workspace = 1, .source = source,
				.is_short_lived = true };

	memcpy(s.idempotency.bytes, values, HASH16_SIZE);
	return s;
}

static int look(struct box *box, const struct submission *s, int64_t now,
		struct repeated *repeated)
{
	struct lead lead = { .id = 101, .workspace = 1 };
	struct candidate candidate = { .lead = &lead };
	struct case_file file = { .candidates = &candidate, .ncandidates = 1 };
	const struct actor actor = { .workspace = 1 };
	struct view *view = view_open(box->store, box->arena, &box->err);
	int found = repeated_find(view, &actor, s, &file, now, repeated, &box->err);

	view_close(view);
	return found;
}

static void open_with(struct box *box, const char *sql)
{
	box_open(box, NULL);
	box_close(box);
	box_meddle(box, sql);
	box_open(box, NULL);
}

static void the_window_ends_after_a_minute(struct box *box)
{
	static const struct {
		int64_t after;
		int found;
	} steps[] = { { 0, 1 }, { 1, 1 }, { MINUTE - 1, 1 }, { MINUTE, 1 }, { MINUTE + 1, 0 },
		      { 2 * MINUTE, 0 } };
	struct submission s = submission_of("0123456789abcdef", 911);

	open_with(box, rows);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		struct repeated repeated = { 0 };

		assert_int_equal(look(box, &s, RECEIVED + steps[i].after, &repeated),
				 steps[i].found);
		if (!steps[i].found)
			continue;
		assert_int_equal(repeated.submission, 301);
		assert_int_equal(repeated.lead, 101);
		assert_int_equal(repeated.enquiry, 201);
		assert_int_equal(repeated.result, RESULT_CREATED);
	}
}

/* Ids tell when they were made, by the clock of the node that made them. */
static void the_id_of_another_clock_is_found(struct box *box)
{
	static const int64_t behind[] = { 0, MINUTE, 60 * MINUTE };
	const int64_t received = INT64_C(1795000000000);
	struct submission s = submission_of("0123456789abcdef", 911);

	open_with(box, rows);
	for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
		int64_t id = id_first(received - behind[i]);
		struct repeated repeated = { 0 };

		box_close(box);
		box_meddle(box, arena_printf(box->arena, "UPDATE submission SET id = %lld, "
							 "received_at = %lld",
					     (long long)id, (long long)received));
		box_open(box, NULL);
		assert_int_equal(look(box, &s, received + MINUTE, &repeated), 1);
		assert_int_equal(repeated.submission, id);
		assert_int_equal(look(box, &s, received + MINUTE + 1, &repeated), 0);
	}
}

static void other_values_and_other_sources_are_no_repetition(struct box *box)
{
	struct submission values = submission_of("another values!!", 911);
	struct submission source = submission_of("0123456789abcdef", 912);
	struct submission keyed = submission_of("0123456789abcdef", 911);
	struct repeated repeated;

	open_with(box, rows);
	keyed.is_short_lived = false;
	assert_int_equal(look(box, &values, RECEIVED, &repeated), 0);
	assert_int_equal(look(box, &source, RECEIVED, &repeated), 0);
	assert_int_equal(look(box, &keyed, RECEIVED, &repeated), 0);
}

static void what_became_no_story_is_known_for_a_minute_too(struct box *box)
{
	const struct actor actor = { .workspace = 1 };
	struct submission s = submission_of("0123456789abcdef", 911);
	struct earlier earlier;
	struct view *view;

	open_with(box, refused);
	view = view_open(box->store, box->arena, &box->err);
	assert_int_equal(idempotency_find(view, &actor, &s, RECEIVED + MINUTE - 1, &earlier,
					  &box->err), 1);
	assert_int_equal(idempotency_find(view, &actor, &s, RECEIVED + MINUTE + 1, &earlier,
					  &box->err), 0);
	view_close(view);
}

static const struct box_case cases[] = {
	BOX_CASE(the_window_ends_after_a_minute),
	BOX_CASE(the_id_of_another_clock_is_found),
	BOX_CASE(other_values_and_other_sources_are_no_repetition),
	BOX_CASE(what_became_no_story_is_known_for_a_minute_too),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
