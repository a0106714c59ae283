/* fuzz_support.h - what the fuzz targets of this folder share. Threads: one at a time. */
#ifndef SOURCES_FUZZ_SUPPORT_H
#define SOURCES_FUZZ_SUPPORT_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "model/config.h"
#include "model/submission.h"
#include "text/unicode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_NOW INT64_C(1772442847213)

/* A workspace with a source of each kind, built once. */
static inline const struct config *fuzz_workspace(void)
{
	static const char text[] =
		"{\"version\":1,\"settings\":{\"default_country\":\"IN\"},\"sources\":["
		"{\"name\":\"mapped\",\"kind\":\"api\",\"may_clear\":true,"
		" \"time_zone\":\"Asia/Kolkata\",\"keys\":[\"custom.PAN\",\"phone\",\"email\"],"
		" \"unique\":[\"enquiry_id\"],\"mandatory\":[\"postal_code\",\"name\"],"
		" \"map\":{\"a\":\"phone\",\"b\":\"custom.b\",\"c\":\"occurred_at\"}},"
		"{\"name\":\"form\",\"kind\":\"form\",\"form\":{\"honeypot\":\"h\"}},"
		"{\"name\":\"file\",\"kind\":\"file\"}]}";
	static const struct hash_key key = { { 1 } };
	static struct config config;
	static struct arena *arena;
	struct config_item *items;
	struct error err;
	size_t count;
	json_t *json;

	if (arena)
		return &config;
	arena = arena_new();
	if (text_init(&err) < 0)
		abort();
	json = json_parse(arena, text, sizeof(text) - 1, &json_limits_large, &err);
	if (!json || config_split(arena, json, &items, &count, &err) < 0 ||
	    config_build(arena, 1, 1, &key, items, count, &config, &err) < 0)
		abort();
	return &config;
}

static inline void fuzz_check_text(const char *text)
{
	assert(text_is_utf8(text, strlen(text)));
}

static inline void fuzz_check_problems(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		assert(problems->items[i].code && problems->items[i].instruction);
		fuzz_check_text(problems->items[i].message);
		fuzz_check_text(problems->items[i].instruction);
		if (problems->items[i].field)
			fuzz_check_text(problems->items[i].field);
	}
}

/* What holds of every submission, whatever came. */
static inline void fuzz_check(const struct submission *s)
{
	assert(s->nfields <= LEAD_FIELDS_MAX);
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *field = &s->fields[i];

		assert(standard_field_find(field->name) || custom_name_is_valid(field->name));
		assert(field->value.type != VALUE_ABSENT);
		if (field->value.text)
			fuzz_check_text(field->value.text);
		for (size_t k = 0; k < i; k++)
			assert(strcmp(s->fields[k].name, field->name) != 0);
	}
	for (size_t i = 0; i < s->nidentities; i++)
		assert(*s->identities[i].key);
	assert(s->nidentities > 0 || s->errors.count > 0);
	assert(s->occurred_at <= s->received_at);
	assert(s->has_idempotency != s->is_short_lived);
	for (size_t i = 0; i < s->nconsents; i++)
		assert(s->consents[i].at <= s->received_at && s->consents[i].at > 0);
	fuzz_check_problems(&s->errors);
	fuzz_check_problems(&s->warnings);
}

#endif
