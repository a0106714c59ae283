/* converge_test.c - every transform into every type with values of every kind: what was
 * written is the same when it is looked at again, also in the forms in which CRMs give it
 * back, and is no change that the CRM made. */
#include "fixture.h"

#include "mapping/apply.h"
#include "mapping/form.h"
#include "mapping/take.h"
#include "text/unicode.h"

static const struct catalog_option options[] = {
	{ "A", "First", false }, { "B b", NULL, false }, { "+14155552671", NULL, false },
	{ "5", NULL, false },	 { "true", NULL, false },
};

static const struct catalog_field fields[] = {
	{ .name = "text", .type = CATALOG_TEXT, .length = 30, WRITABLE },
	{ .name = "area", .type = CATALOG_TEXTAREA, WRITABLE },
	{ .name = "email", .type = CATALOG_EMAIL, WRITABLE },
	{ .name = "phone", .type = CATALOG_PHONE, WRITABLE },
	{ .name = "url", .type = CATALOG_URL, WRITABLE },
	{ .name = "integer", .type = CATALOG_INTEGER, WRITABLE },
	{ .name = "number", .type = CATALOG_NUMBER, .precision = 12, .scale = 2, WRITABLE },
	{ .name = "boolean", .type = CATALOG_BOOLEAN, WRITABLE },
	{ .name = "date", .type = CATALOG_DATE, WRITABLE },
	{ .name = "datetime", .type = CATALOG_DATETIME, WRITABLE },
	{ .name = "time", .type = CATALOG_TIME, WRITABLE },
	{ .name = "pick", .type = CATALOG_PICKLIST, .options = options, .noptions = 5, WRITABLE },
	{ .name = "multi", .type = CATALOG_MULTI_PICKLIST, .options = options, .noptions = 5,
	  WRITABLE },
	{ .name = "reference", .type = CATALOG_REFERENCE, WRITABLE },
	{ .name = "any", .type = CATALOG_ANY, WRITABLE },
};

static const struct catalog catalog = { "Lead", fields, ARRAY_LEN(fields), 0 };

static const char *const vias[] = {
	"[]", "[\"trim\"]", "[\"lower\"]", "[\"upper\"]", "[\"title_case\"]",
	"[{\"truncate\":1}]", "[{\"truncate\":7}]", "[\"trim\",\"upper\",{\"truncate\":9}]",
	"[{\"split_name\":\"first\"}]", "[{\"split_name\":{\"part\":\"last\",\"one_word\":\"last\"}}]",
	"[{\"join\":[\"custom.x\",\"custom.x\"]}]", "[{\"template\":\"<{custom.x}>\"}]",
	"[\"e164\"]", "[{\"e164\":\"US\"}]", "[{\"national\":\"US\"}]", "[{\"national\":\"IN\"}]",
	"[{\"national\":{\"country\":\"US\",\"form\":\"digits\"}}]",
	"[\"date\"]", "[{\"date\":{\"zone\":\"Asia/Kolkata\"}}]", "[{\"date\":\"D/M/YYYY\"}]",
	"[{\"date\":{\"given\":\"DD.MM.YYYY\"}}]",
	"[\"datetime\"]", "[{\"datetime\":{\"zone\":\"America/New_York\"}}]",
	"[{\"datetime\":\"epoch_ms\"}]", "[{\"datetime\":\"epoch_s\"}]", "[{\"datetime\":\"iso_ms\"}]",
	"[{\"datetime\":\"DD.MM.YYYY HH:mm\"}]",
	("[{\"lookup\":{\"table\":{\"x\":\"A\",\"Ada\":[\"B b\",\"A\"],\"5\":5,\"true\":true,"
	 "\"no\":null}}}]"),
	"[{\"lookup\":{\"table\":{\"x\":\"A\"},\"otherwise\":\"B b\"}}]",
	"[\"number\"]", "[{\"number\":0}]", "[{\"number\":{\"decimal\":\"comma\",\"scale\":1}}]",
	"[\"boolean\"]", "[{\"boolean\":{\"true_words\":[\"ada\"],\"false_words\":[\"5\"]}}]",
	"[\"multi_select\"]", "[{\"multi_select\":{\"leading\":true}}]",
	"[{\"multi_select\":{\"split\":\",\"}}]", "[{\"multi_select\":\" | \"}]",
};

static const struct value values[] = {
	{ VALUE_ABSENT, NULL }, { VALUE_NULL, NULL }, { VALUE_TEXT, "" }, { VALUE_TEXT, "  " },
	{ VALUE_TEXT, "x" }, { VALUE_TEXT, "Ada" }, { VALUE_TEXT, " Ada  Byron " },
	{ VALUE_TEXT, "Dr. Ada Byron, MBA" }, { VALUE_TEXT, "ada@example.org" },
	{ VALUE_TEXT, "Ada@EXAMPLE.org" }, { VALUE_TEXT, "Zoë 👩‍👩‍👧 नमस्ते" },
	{ VALUE_TEXT, "one\r\ntwo\n" }, { VALUE_TEXT, "a;b" }, { VALUE_TEXT, "A,B b" },
	{ VALUE_TEXT, ";A;B b" }, { VALUE_TEXT, ";" }, { VALUE_TEXT, "A" },
	{ VALUE_TEXT, "https://x.example/" }, { VALUE_TEXT, "+14155552671" },
	{ VALUE_TEXT, "(415) 555-2671" }, { VALUE_TEXT, "+919876543210" },
	{ VALUE_TEXT, "415 555 2671 ext. 89" }, { VALUE_TEXT, "9876543210" },
	{ VALUE_TEXT, "5" }, { VALUE_TEXT, "005" }, { VALUE_TEXT, "5.0" }, { VALUE_TEXT, "-0" },
	{ VALUE_TEXT, "1,234.505" }, { VALUE_TEXT, "1.234,505" }, { VALUE_TEXT, "1e3" },
	{ VALUE_TEXT, "99999999999999999999999999" }, { VALUE_NUMBER, "5" },
	{ VALUE_NUMBER, "5.250" }, { VALUE_NUMBER, "-12.5e-1" }, { VALUE_NUMBER, "1772442847213" },
	{ VALUE_BOOL, "true" }, { VALUE_BOOL, "false" }, { VALUE_TEXT, "true" },
	{ VALUE_TEXT, "no" }, { VALUE_TEXT, "Yes" },
	{ VALUE_TEXT, "2026-03-02" }, { VALUE_TEXT, "2024-02-29" }, { VALUE_TEXT, "31.12.1990" },
	{ VALUE_TEXT, "2026-03-02T20:14:07.213Z" }, { VALUE_TEXT, "2026-03-02T20:14:07+05:30" },
	{ VALUE_TEXT, "2026-03-29T01:30:00Z" }, { VALUE_TEXT, "2026-11-01T05:30:00Z" },
	{ VALUE_TEXT, "1969-12-31T23:59:59.999Z" }, { VALUE_TEXT, "10:30" },
	{ VALUE_TEXT, "10:30:00.000Z" },
	{ VALUE_LIST, "[]" }, { VALUE_LIST, "[\"A\"]" }, { VALUE_LIST, "[\"A\",\"B b\"]" },
	{ VALUE_LIST, "[\"B b\",\"A\",\"B b\"]" }, { VALUE_LIST, "[\" \",\"x\",\"Ada\"]" },
	{ VALUE_LIST, "[\"+14155552671\",\"(415) 555-2671\"]" },
};

/* The forms in which a CRM gives back what it was given. */
static size_t renderings(struct arena *arena, const struct catalog_field *field,
			 struct value value, struct value forms[4])
{
	const char **items;
	size_t count = 0, nitems;
	struct buf buf;

	forms[count++] = value;
	if (value.type == VALUE_NUMBER || value.type == VALUE_BOOL)
		forms[count++] = value_text(value.text);
	if (value.type == VALUE_NUMBER && !strchr(value.text, '.'))
		forms[count++] = value_text(arena_printf(arena, "%s.00", value.text));
	if (value.type == VALUE_TEXT && field->type == CATALOG_TEXTAREA)
		forms[count++] = value_text(arena_printf(arena, "%s \r\n", value.text));
	if (value.type == VALUE_NULL)
		forms[count++] = value_text("");
	if (field->type == CATALOG_MULTI_PICKLIST) {
		nitems = form_items(arena, value, &items);
		buf_init(&buf, arena, 1000);
		for (size_t i = nitems; i-- > 0;)
			buf_addf(&buf, "%s%s", items[i], i > 0 ? ";" : "");
		forms[count++] = value_text(buf_text(&buf));
	}
	return count;
}

static void check_settled(struct arena *arena, const struct compiled_mapping *m,
			  struct lead_field *lead, const char *via, struct value now)
{
	struct field there_field = { m->lines[0].field->to, now };
	struct there there = { .seen = &there_field, .nseen = 1, .changed_at = 200 };
	struct applied again;
	struct taken *taken;

	mapping_apply(arena, m, fixture_value_of, lead, RECORD_UPDATE, &there, &again);
	if (again.lines[0].verdict != LINE_SAME)
		fail_msg("%s into %s of \"%s\": \"%s\" there, \"%s\" wanted: %s", via,
			 m->lines[0].field->to, lead->value.text, now.text,
			 again.lines[0].wanted.text,
			 line_verdict_name(again.lines[0].verdict));
	if (mapping_take(arena, m, fixture_value_of, lead, &there_field, 1, NULL, 0, 200,
			 &taken) > 0 &&
	    taken->verdict != TAKE_UNCHANGED)
		fail_msg("%s into %s of \"%s\": \"%s\" there is taken for a change", via,
			 m->lines[0].field->to, lead->value.text, now.text);
}

static int check_value_of(struct arena *arena, const struct compiled_mapping *m,
			  const char *via, struct value value)
{
	struct lead_field lead[] = { { .name = "custom.x", .value = value, .at = 100 },
				     { .name = NULL } };
	struct field empty = { m->lines[0].field->to, { VALUE_TEXT, "something else" } };
	struct there there = { .seen = &empty, .nseen = 1, .changed_at = 1 };
	struct value forms[4];
	struct applied applied;
	size_t count;

	mapping_apply(arena, m, fixture_value_of, lead, RECORD_UPDATE, &there, &applied);
	if (applied.lines[0].verdict != LINE_WRITE)
		return 0;
	count = renderings(arena, m->lines[0].target, applied.lines[0].wanted, forms);
	for (size_t i = 0; i < count; i++)
		check_settled(arena, m, lead, via, forms[i]);
	return 1;
}

static void what_was_written_is_the_same_when_seen_again(void **state)
{
	struct mapping_ground ground = { .catalog = &catalog };
	int mappings = 0, written = 0;

	(void)state;
	for (size_t v = 0; v < ARRAY_LEN(vias); v++)
		for (size_t f = 0; f < ARRAY_LEN(fields); f++) {
			struct arena *arena = arena_new();
			struct compiled_mapping m;
			struct problems errors = { .count = 0 };
			struct mapping *mapping = mapping_of(
				arena, arena_printf(arena, "{\"from\":\"custom.x\",\"to\":\"%s\","
							   "\"via\":%s}", fields[f].name, vias[v]));

			/* Read too, where that can be. */
			mapping->fields[0].direction = DIRECTION_BOTH;
			if (mapping_compile(arena, mapping, &ground, &m, &errors, NULL) < 0) {
				mapping->fields[0].direction = DIRECTION_OUT;
				errors.count = 0;
			}
			if (mapping_compile(arena, mapping, &ground, &m, &errors, NULL) == 0) {
				mappings++;
				for (size_t i = 0; i < ARRAY_LEN(values); i++)
					written += check_value_of(arena, &m, vias[v], values[i]);
			}
			arena_free(arena);
		}
	assert_true(mappings > 200);
	assert_true(written > 3000);
}

static int start(void **state)
{
	struct error err;

	(void)state;
	return text_init(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_the_same_when_seen_again),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
