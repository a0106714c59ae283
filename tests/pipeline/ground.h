/* ground.h - a case to decide on, in few words, for the tests of pipeline/. */
#ifndef TESTS_PIPELINE_GROUND_H
#define TESTS_PIPELINE_GROUND_H

#include "../support/check.h"

#include "base/json.h"
#include "model/config.h"
#include "pipeline/pipeline.h"
#include "sources/lead_json.h"
#include "text/unicode.h"

#define NOW INT64_C(1790000000000)

struct stage_test {
	struct arena *arena;
	struct config config;
	struct submission submission;
	struct case_file file;
	struct ground ground;
};

/* `workspace` is a workspace file as JSON; the builtin source is "api". */
static inline void begin(struct stage_test *test, const char *workspace)
{
	struct config_item *items;
	struct error err = { 0 };
	struct hash_key key = { { 7 } };
	json_t *json;
	size_t count;

	memset(test, 0, sizeof(*test));
	test->arena = arena_new();
	json = json_parse(test->arena, workspace, strlen(workspace), &json_limits_large, &err);
	assert_non_null(json);
	if (config_split(test->arena, json, &items, &count, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < count; i++)
		items[i].id = 100 + (int64_t)i;
	if (config_build(test->arena, 1, 1, &key, items, count, &test->config, &err) < 0)
		fail_msg("%s", err.message);
	test->file.candidates = arena_array(test->arena, CANDIDATES_MAX,
					    sizeof(*test->file.candidates));
}

static inline void end(struct stage_test *test)
{
	arena_free(test->arena);
}

/* Decides on a lead as JSON, against the candidates there are. */
static inline struct decision *decide(struct stage_test *test, const char *source,
				      const char *lead)
{
	static int64_t ids = 1000;
	struct lead_json in = {
		.config = &test->config,
		.source = config_source(&test->config, source),
		.text = lead,
		.len = strlen(lead),
		.content_type = "application/json",
		.received_at = NOW,
	};
	struct submission *submission = arena_alloc(test->arena, sizeof(*submission));
	struct error err = { 0 };

	assert_non_null(in.source);
	if (lead_json_prepare(test->arena, test->arena, &in, submission, &err) < 0)
		fail_msg("%s", err.message);
	submission->workspace = 1;
	submission->id = ids;
	ids += 3;
	test->ground = (struct ground){
		.submission = submission,
		.file = &test->file,
		.config = &test->config,
		.source = config_source_by_id(&test->config, submission->source),
		.facts = { .lead_id = ids - 2, .enquiry_id = ids - 1,
			   .pools = test->ground.facts.pools,
			   .npools = test->ground.facts.npools },
		.now = NOW,
		.arena = test->arena,
	};
	return pipeline_decide(&test->ground);
}

/* Makes what was decided a candidate for what comes next. */
static inline struct lead *keep(struct stage_test *test, const struct decision *decision)
{
	struct candidate *candidate = NULL;

	for (size_t i = 0; i < test->file.ncandidates; i++)
		if (test->file.candidates[i].lead->id == decision->lead->id)
			candidate = &test->file.candidates[i];
	if (!candidate) {
		candidate = &test->file.candidates[test->file.ncandidates++];
		candidate->enquiries = arena_array(test->arena, 16, sizeof(struct enquiry));
	}
	candidate->lead = decision->lead;
	if (decision->is_new_enquiry)
		candidate->enquiries[candidate->nenquiries++] = *decision->enquiry;
	return decision->lead;
}

static inline const struct change *change_of(const struct decision *decision, const char *field)
{
	for (size_t i = 0; i < decision->nchanges; i++)
		if (strcmp(decision->changes[i].field, field) == 0)
			return &decision->changes[i];
	return NULL;
}

#endif
