/* member.c - reads a JSON object by a table of its members. Threads: pure. */
#include "model/member.h"

#include <inttypes.h>
#include <string.h>

#include "base/http_message.h"
#include "base/json.h"
#include "base/text.h"
#include "model/member_form.h"

const char *member_text(const struct place *place, size_t max)
{
	const char *text = json_string_value(place->json);

	if (!text && (json_is_number(place->json) || json_is_boolean(place->json)))
		place_fault(place, "not_text", "must be text: put it in quotes");
	else if (!text)
		place_fault(place, "not_text", "must be text");
	else if (!*text)
		place_fault(place, "empty", "must not be empty");
	else if (strlen(text) > max)
		place_fault(place, "too_long", "longer than %zu bytes", max);
	else if (form_has_controls(text))
		place_fault(place, "control_character", "holds a control character");
	else
		return text;
	return NULL;
}

#define TEXT_MAX 1000
#define LABEL_MAX 100
#define NAME_MAX_LEN 64

static const char *label_at(const struct place *place)
{
	const char *text = member_text(place, LABEL_MAX);

	if (text && (*text == ' ' || text[strlen(text) - 1] == ' ')) {
		place_fault(place, "blank", "begins or ends with a blank");
		return NULL;
	}
	return text;
}

static const char *name_at(const struct place *place)
{
	const char *text = member_text(place, NAME_MAX_LEN);

	if (text && !form_is_name(text)) {
		place_fault(place, "not_a_name",
			    "\"%s\" is no name: letters, digits, \".\", \"_\" and \"-\", "
			    "beginning with a letter or digit", text);
		return NULL;
	}
	return text;
}

static const char *url_at(const struct place *place)
{
	const char *text = member_text(place, TEXT_MAX);
	struct url url;

	if (text && !url_parse(place->reader->arena, text, &url)) {
		place_fault(place, "not_an_address",
			    "must be a whole address, such as https://example.org/thanks");
		return NULL;
	}
	return text;
}

static const char *email_at(const struct place *place)
{
	const char *text = member_text(place, 254), *sign = text ? strchr(text, '@') : NULL;

	if (text && (!sign || sign == text || !sign[1] || strchr(text, ' '))) {
		place_fault(place, "not_an_email", "must be an e-mail address");
		return NULL;
	}
	return text;
}

static const char *country_at(const struct place *place)
{
	const char *text = member_text(place, TEXT_MAX);

	if (text && !form_is_country(text)) {
		place_fault_near(place, "unknown_country",
				 text_equal_nocase(text, "UK") ? "GB" : NULL,
				 "unknown country \"%s\": two capital letters of ISO 3166, "
				 "such as IN or DE",
				 place_quoted(place->reader->arena, text));
		return NULL;
	}
	return text;
}

static const char *zone_at(const struct place *place)
{
	const char *text = member_text(place, 64);

	if (text && !form_is_zone(text)) {
		place_fault(place, "unknown_time_zone",
			    "\"%s\" is no time zone: such as Asia/Kolkata or UTC", text);
		return NULL;
	}
	return text;
}

static void fault_field(const struct place *place, const char *name)
{
	place_fault_near(place, "unknown_field", lead_view_nearest(name),
			 "unknown field \"%s\"", place_quoted(place->reader->arena, name));
}

static const char *field_at(const struct place *place)
{
	const char *text = member_text(place, TEXT_MAX);

	if (text && !lead_view_exists(text)) {
		fault_field(place, text);
		return NULL;
	}
	return text;
}

const char *member_given(const struct place *place)
{
	const struct standard_field *field;
	const char *text = field_at(place);

	if (!text || text_starts(text, CUSTOM_PREFIX))
		return text;
	field = standard_field_find(text);
	if (field && field->is_given)
		return text;
	place_fault(place, "not_given", "\"%s\" is concluded by Fairlead: no source sends it",
		    text);
	return NULL;
}

static const char *key_at(const struct place *place)
{
	const struct standard_field *field;
	const char *text = member_given(place);

	if (!text || text_starts(text, CUSTOM_PREFIX))
		return text;
	field = standard_field_find(text);
	if (field->kind == FIELD_EMAIL || field->kind == FIELD_PHONE ||
	    text_equal(text, "enquiry_id"))
		return text;
	place_fault(place, "not_a_key",
		    "\"%s\" does not tell persons apart: email, phone, enquiry_id or a custom "
		    "field do", text);
	return NULL;
}

static const char *one_text_at(const struct place *place, const struct member *member)
{
	switch (member->type) {
	case MEMBER_LABEL:
		return label_at(place);
	case MEMBER_NAME:
		return name_at(place);
	case MEMBER_URL:
		return url_at(place);
	case MEMBER_EMAIL:
		return email_at(place);
	case MEMBER_COUNTRY:
		return country_at(place);
	case MEMBER_ZONE:
		return zone_at(place);
	case MEMBER_FIELD:
		return field_at(place);
	case MEMBER_GIVENS:
		return member_given(place);
	case MEMBER_KEYS:
		return key_at(place);
	default:
		return member_text(place, member->max ? (size_t)member->max : TEXT_MAX);
	}
}

static void read_text(const struct place *place, const struct member *member, char *into)
{
	const char *text = one_text_at(place, member);

	if (text)
		*(const char **)(void *)(into + member->offset) =
			arena_strdup(place->reader->arena, text);
}

#define TEXTS_MAX 1000

static bool is_among(const char **texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

static void read_texts(const struct place *place, const struct member *member, char *into)
{
	size_t size = json_array_size(place->json), count = 0;
	struct arena *arena = place->reader->arena;
	const char **texts;

	if (!json_is_array(place->json) || size > TEXTS_MAX) {
		place_fault(place, "not_a_list", "must be a list%s, such as [a, b]",
			    size > TEXTS_MAX ? " of at most 1,000" : "");
		return;
	}
	texts = arena_array(arena, size, sizeof(*texts));
	for (size_t i = 0; i < size; i++) {
		struct place element = place_element(place, i);
		const char *text = one_text_at(&element, member);

		if (text && is_among(texts, count, text))
			place_fault(&element, "twice", "\"%s\" stands there twice",
				    place_quoted(arena, text));
		else if (text)
			texts[count++] = arena_strdup(arena, text);
	}
	*(const char ***)(void *)(into + member->offset) = texts;
	*(size_t *)(void *)(into + member->count) = count;
}

#define WORDS_MAX 32

static size_t words_of(struct arena *arena, const char *words, const char *list[WORDS_MAX])
{
	char *rest = arena_strdup(arena, words);
	size_t count = 0;

	while (rest && count < WORDS_MAX)
		list[count++] = strsep(&rest, "|");
	return count;
}

/* "a, b or c" */
static const char *words_shown(struct arena *arena, const char *const *list, size_t count)
{
	struct buf buf;

	buf_init(&buf, arena, 4096);
	for (size_t i = 0; i < count; i++)
		buf_addf(&buf, "%s%s", i == 0 ? "" : i + 1 < count ? ", " : " or ", list[i]);
	return buf_text(&buf);
}

static void read_word(const struct place *place, const struct member *member, char *into)
{
	struct arena *arena = place->reader->arena;
	const char *list[WORDS_MAX], *text = json_string_value(place->json), *near;
	size_t count = words_of(arena, member->words, list);
	char *word = arena_strdup(arena, text);

	for (char *p = word; p && *p; p++)
		if (*p == '-')
			*p = '_';
	for (size_t i = 0; word && i < count; i++)
		if (strcmp(list[i], word) == 0) {
			*(int *)(void *)(into + member->offset) = (int)i;
			return;
		}
	near = word ? text_nearest(word, list, count) : NULL;
	if (near)
		place_fault_near(place, "unknown_word", near, "unknown word \"%s\"",
				 place_quoted(arena, text));
	else
		place_fault(place, "unknown_word", "must be %s",
			    words_shown(arena, list, count));
}

static void read_bool(const struct place *place, const struct member *member, char *into)
{
	bool *is_true = (bool *)(void *)(into + member->offset);

	if (json_is_boolean(place->json))
		*is_true = json_is_true(place->json);
	else if (!form_bool(json_string_value(place->json), is_true))
		place_fault(place, "not_yes_or_no", "must be yes or no");
}

/* The number at the place, or false after a fault. */
static bool number_at(const struct place *place, const struct member *member,
		      int64_t *number)
{
	*number = json_integer_value(place->json);
	if (json_is_integer(place->json) && *number >= member->min && *number <= member->max)
		return true;
	place_fault(place, "not_in_range",
		    "must be a whole number from %" JSON_INTEGER_FORMAT
		    " to %" JSON_INTEGER_FORMAT,
		    (json_int_t)member->min, (json_int_t)member->max);
	return false;
}

static void read_int(const struct place *place, const struct member *member, char *into)
{
	int64_t number;

	if (number_at(place, member, &number))
		*(int *)(void *)(into + member->offset) = (int)number;
}

static void read_int64(const struct place *place, const struct member *member, char *into)
{
	int64_t number;

	if (number_at(place, member, &number))
		*(int64_t *)(void *)(into + member->offset) =
			number * (member->unit ? member->unit : 1);
}

static void read_duration(const struct place *place, const struct member *member, char *into)
{
	int64_t ms;

	if (form_duration(json_string_value(place->json), &ms) && ms <= member->max)
		*(int64_t *)(void *)(into + member->offset) = ms;
	else
		place_fault(place, "not_a_time",
			    "must be a time such as 90s, 30m, 72h or 3d, at most %" PRId64 "h",
			    member->max / 3600000);
}

static void read_json(const struct place *place, const struct member *member, char *into)
{
	if (!json_is_object(place->json)) {
		place_fault(place, "not_an_object", "must hold names and values");
		return;
	}
	*(const json_t **)(void *)(into + member->offset) =
		json_keep(place->reader->arena, json_deep_copy(place->json));
}

static void read_object(const struct place *place, const struct member *member, char *into)
{
	members_read(place, member->members, into + member->offset);
}

static void read_own(const struct place *place, const struct member *member, char *into)
{
	member->read(place, into);
}

typedef void member_read(const struct place *place, const struct member *member, char *into);

static member_read *const readers[] = {
	[MEMBER_TEXT] = read_text,     [MEMBER_LABEL] = read_text,
	[MEMBER_NAME] = read_text,     [MEMBER_URL] = read_text,
	[MEMBER_EMAIL] = read_text,    [MEMBER_COUNTRY] = read_text,
	[MEMBER_ZONE] = read_text,     [MEMBER_FIELD] = read_text,
	[MEMBER_TEXTS] = read_texts,   [MEMBER_GIVENS] = read_texts,
	[MEMBER_KEYS] = read_texts,    [MEMBER_WORD] = read_word,
	[MEMBER_BOOL] = read_bool,     [MEMBER_INT] = read_int,
	[MEMBER_INT64] = read_int64,   [MEMBER_DURATION] = read_duration,
	[MEMBER_JSON] = read_json,     [MEMBER_OBJECT] = read_object,
	[MEMBER_OWN] = read_own,
};

void member_read_one(const struct place *place, const struct member *member, void *into)
{
	readers[member->type](place, member, into);
}

#define MEMBERS_MAX 32

static void refuse_others(const struct place *place, const struct member *members)
{
	const char *names[MEMBERS_MAX], *name;
	size_t count = 0;
	json_t *json;

	for (const struct member *m = members; m->name && count < MEMBERS_MAX; m++)
		names[count++] = m->name;
	json_object_foreach((json_t *)place->json, name, json)
		if (!is_among(names, count, name))
			place_fault_unknown(place, name, names, count);
}

void members_read(const struct place *place, const struct member *members, void *into)
{
	if (!json_is_object(place->json)) {
		place_fault(place, "not_an_object", "must hold names and values");
		return;
	}
	refuse_others(place, members);
	for (const struct member *m = members; m->name; m++) {
		struct place member = place_member(place, m->name);

		if (member.json)
			readers[m->type](&member, m, into);
		else if (m->is_required)
			place_fault(place, "missing", "%s: missing", m->name);
	}
}
