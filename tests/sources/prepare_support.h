/* prepare_support.h - a workspace to prepare leads in, and submissions as text. */
#ifndef SOURCES_PREPARE_SUPPORT_H
#define SOURCES_PREPARE_SUPPORT_H

#include "../support/check.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "model/config.h"
#include "sources/lead_json.h"
#include "text/unicode.h"

/* 2026-03-02T09:14:07.213Z */
#define NOW INT64_C(1772442847213)

static const char workspace_json[] =
	"{\"version\":1,"
	"\"settings\":{\"default_country\":\"GB\"},"
	"\"sources\":["
	"{\"name\":\"plain\",\"kind\":\"api\"},"
	"{\"name\":\"india\",\"kind\":\"api\",\"default_country\":\"IN\","
	" \"time_zone\":\"Asia/Kolkata\"},"
	"{\"name\":\"strict\",\"kind\":\"api\",\"default_country\":\"IN\","
	" \"mandatory\":[\"name\",\"phone\",\"source\",\"enquiry_id\",\"postal_code\"]},"
	"{\"name\":\"mapped\",\"kind\":\"api\",\"map\":{\"mobile_no\":\"phone\","
	" \"Budget\":\"custom.budget\",\"message\":\"custom.note\"},\"ignore\":[\"junk\"]},"
	"{\"name\":\"clearing\",\"kind\":\"api\",\"may_clear\":true},"
	"{\"name\":\"pan\",\"kind\":\"api\",\"keys\":[\"custom.PAN\",\"phone\"],"
	" \"unique\":[\"enquiry_id\",\"email\"]},"
	"{\"name\":\"website\",\"kind\":\"form\",\"form\":{\"honeypot\":\"url2\"}},"
	"{\"name\":\"must\",\"kind\":\"form\",\"mandatory\":[\"phone\",\"custom.Budget\"]},"
	"{\"name\":\"sheet\",\"kind\":\"file\",\"default_country\":\"IN\","
	" \"time_zone\":\"Asia/Kolkata\",\"map\":{\"Tel. privat\":\"phone\"}}"
	"]}";

static inline const struct config *workspace(struct arena *arena)
{
	static const struct hash_key key = { { 7 } };
	struct config *config = arena_alloc(arena, sizeof(*config));
	struct config_item *items;
	struct error err = { 0 };
	json_t *json = json_parse(arena, workspace_json, strlen(workspace_json),
				  &json_limits_large, &err);
	size_t count = 0;

	if (!json || config_split(arena, json, &items, &count, &err) < 0)
		fail_msg("%s", err.message);
	for (size_t i = 0; i < count; i++)
		items[i].id = 100 + (int64_t)i;
	if (config_build(arena, 5, 1, &key, items, count, config, &err) < 0)
		fail_msg("%s", err.message);
	return config;
}

static inline void show_problems(struct buf *buf, char mark, const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *p = &problems->items[i];

		buf_addf(buf, "%c%s:%s\n", mark, p->field ? p->field : "", p->code);
		assert_true(p->message && *p->message);
		assert_true(p->instruction && *p->instruction);
	}
}

/* "name=value" for fields, "key kind=key", "enquiry", "message", "at", "consent",
 * "!field:code" for errors, "?field:code" for warnings, "test". */
static inline const char *show(struct arena *arena, const struct submission *s)
{
	char at[CLOCK_TEXT_SIZE];
	struct buf buf;

	buf_init(&buf, arena, 1u << 20);
	for (size_t i = 0; i < s->nfields; i++) {
		buf_addf(&buf, "%s=", s->fields[i].name);
		if (s->fields[i].value.type == VALUE_TEXT)
			buf_add(&buf, s->fields[i].value.text);
		else
			buf_add_value(&buf, s->fields[i].value);
		buf_add(&buf, "\n");
	}
	for (size_t i = 0; i < s->nidentities; i++)
		buf_addf(&buf, "key %s=%s%s\n", s->identities[i].kind, s->identities[i].key,
			 s->identities[i].is_weak ? " weak" : "");
	if (s->enquiry_id)
		buf_addf(&buf, "enquiry %s\n", s->enquiry_id);
	if (s->message)
		buf_addf(&buf, "message %s\n", s->message);
	if (s->has_time) {
		clock_format(s->occurred_at, at);
		buf_addf(&buf, "at %s\n", at);
	}
	for (size_t i = 0; i < s->nconsents; i++) {
		clock_format(s->consents[i].at, at);
		buf_addf(&buf, "consent %s %s %s %s\n", s->consents[i].is_granted ? "yes" : "no",
			 s->consents[i].channel, s->consents[i].purpose, at);
	}
	show_problems(&buf, '!', &s->errors);
	show_problems(&buf, '?', &s->warnings);
	if (s->is_test)
		buf_add(&buf, "test\n");
	return buf_text(&buf);
}

static inline void prepare_json(struct arena *arena, const char *source, const char *text,
				struct submission *submission)
{
	const struct config *config = workspace(arena);
	struct lead_json lead = {
		.config = config,
		.source = config_source(config, source),
		.text = text,
		.len = strlen(text),
		.content_type = "application/json",
		.received_at = NOW,
	};
	struct error err = { 0 };

	assert_non_null(lead.source);
	if (lead_json_prepare(arena, arena, &lead, submission, &err) < 0)
		fail_msg("%s: %s", text, err.message);
}

#endif
