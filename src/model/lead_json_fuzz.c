/* lead_json_fuzz.c - any JSON as a stored lead: what is read is written the same again,
 * byte for byte. Threads: pure. */
#include <assert.h>
#include <string.h>

#include "base/json.h"
#include "model/lead.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *written(struct arena *arena, const struct lead *lead)
{
	struct buf buf;

	buf_init(&buf, arena, 8u << 20);
	buf_add_lead_fields(&buf, lead);
	return buf_text(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct lead lead = { 0 }, again = { 0 };
	const char *text;
	struct error err;
	json_t *json = json_parse(arena, (const char *)data, size, &json_limits_lead, &err);

	if (json && lead_fields_from_json(arena, json, &lead, &err) == 0) {
		text = written(arena, &lead);
		json = json_parse(arena, text, strlen(text), &json_limits_large, &err);
		assert(json);
		assert(lead_fields_from_json(arena, json, &again, &err) == 0);
		assert(again.nfields == lead.nfields && again.nidentities == lead.nidentities);
		for (size_t i = 0; i < lead.nfields; i++)
			assert(value_equal(lead.fields[i].value, again.fields[i].value));
		assert(strcmp(written(arena, &again), text) == 0);
	}
	arena_free(arena);
	return 0;
}
