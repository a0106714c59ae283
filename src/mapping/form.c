/* form.c - the form that a value has in a CRM's field. Threads: pure. */
#include "mapping/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/text.h"
#include "mapping/decimal.h"

static enum catalog_type type_of(const struct catalog_field *field)
{
	return field ? field->type : CATALOG_ANY;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The text without blanks at both ends: where it starts, and its length. */
static const char *trimmed(const char *text, size_t *len)
{
	while (is_blank(*text))
		text++;
	*len = strlen(text);
	while (*len > 0 && is_blank(text[*len - 1]))
		(*len)--;
	return text;
}

static bool is_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

bool form_time(const char *text, int64_t *ms)
{
	size_t len = strlen(text);

	if (len >= 10 && len <= 15 && is_digits(text, len))
		return text_int(text, ms);
	return clock_parse(text, ms);
}

static const char *time_text(struct arena *arena, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(ms, text);
	return arena_strdup(arena, text);
}

bool form_is_date(const char *text)
{
	char probe[32];
	int64_t ms;

	if (strlen(text) != 10 || text[4] != '-')
		return false;
	snprintf(probe, sizeof(probe), "%sT00:00:00Z", text);
	return clock_parse(probe, &ms);
}

/* "2026-03-02", or the first ten characters of a midnight in UTC. */
static bool date_text(struct arena *arena, const char *text, const char **date)
{
	int64_t ms;

	*date = text;
	if (form_is_date(text))
		return true;
	if (!form_time(text, &ms) || ms % CLOCK_DAY != 0)
		return false;
	*date = arena_strndup(arena, time_text(arena, ms), 10);
	return true;
}

/* Without seconds that are zero, fraction and Z: "10:30:00.000Z" is "10:30". */
static const char *time_of_day(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && (text[len - 1] == 'Z' || text[len - 1] == 'z'))
		len--;
	if (len > 8 && text[8] == '.' && strspn(text + 9, "0") == len - 9)
		len = 8;
	if (len == 8 && strncmp(text + 5, ":00", 3) == 0)
		len = 5;
	return arena_strndup(arena, text, len);
}

static bool as_bool(const char *text, bool *is_true)
{
	static const char *const words[] = { "false", "no", "0", "true", "yes", "1" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_equal_nocase(text, words[i])) {
			*is_true = i >= 3;
			return true;
		}
	return false;
}

size_t form_items(struct arena *arena, struct value value, const char ***items)
{
	const char *at, *end, *item;
	size_t count = 0, len;

	*items = NULL;
	if (value_is_empty(value))
		return 0;
	if (value.type == VALUE_LIST)
		return value_items(arena, value, items);
	for (at = value.text; (at = strchr(at, ';')); at++)
		count++;
	*items = arena_array(arena, count + 1, sizeof(**items));
	count = 0;
	for (at = value.text; at; at = *end ? end + 1 : NULL) {
		char *copy;

		end = at + strcspn(at, ";");
		copy = arena_strndup(arena, at, (size_t)(end - at));
		item = trimmed(copy, &len);
		if (len == 0)
			continue;
		(*items)[count++] = arena_strndup(arena, item, len);
	}
	return count;
}

static struct value read_number(struct arena *arena, struct value value, const char *text)
{
	struct decimal number;

	if (!decimal_parse(text, &number))
		return value;
	return (struct value){ VALUE_NUMBER, decimal_text(arena, &number) };
}

#define LIST_TEXT_MAX (64u << 10) /* bytes; a longer text is not taken for a list */

/* `text` is the value without blanks around it. */
static struct value read_as(struct arena *arena, enum catalog_type type, struct value value,
			    const char *text)
{
	const char *date, **items;
	bool is_true;
	size_t count;
	int64_t ms;

	switch (type) {
	case CATALOG_INTEGER:
	case CATALOG_NUMBER:
		return read_number(arena, value, text);
	case CATALOG_BOOLEAN:
		return as_bool(text, &is_true) ? value_bool(is_true) : value;
	case CATALOG_DATE:
		return date_text(arena, text, &date) ? value_text(date) : value;
	case CATALOG_DATETIME:
		return form_time(text, &ms) ? value_text(time_text(arena, ms)) : value;
	case CATALOG_TIME:
		return value_text(time_of_day(arena, text));
	case CATALOG_MULTI_PICKLIST:
		if (value.type == VALUE_LIST || strlen(text) > LIST_TEXT_MAX)
			return value;
		count = form_items(arena, value, &items);
		return value_of_items(arena, items, count);
	case CATALOG_TEXT:
	case CATALOG_TEXTAREA:
	case CATALOG_EMAIL:
	case CATALOG_PHONE:
	case CATALOG_URL:
	case CATALOG_PICKLIST:
	case CATALOG_REFERENCE:
	case CATALOG_ANY:
		break;
	}
	return value.type == VALUE_TEXT ? value_text(text) : value;
}

struct value form_read(struct arena *arena, const struct catalog_field *field,
		       struct value theirs)
{
	const char *text;
	size_t len;

	if (theirs.type == VALUE_ABSENT || theirs.type == VALUE_NULL)
		return theirs;
	text = trimmed(theirs.text, &len);
	if (len == 0)
		return value_null();
	if (text[len])
		text = arena_strndup(arena, text, len);
	return read_as(arena, type_of(field), theirs, text);
}

/* Letters mean an extension or a word: then only equal texts are the same number. */
static bool phone_digits(const char *text, char digits[24], bool *is_international)
{
	size_t count = 0;

	*is_international = false;
	for (; *text; text++) {
		if (*text >= '0' && *text <= '9') {
			if (count == 20)
				return false;
			digits[count++] = *text;
		} else if (*text == '+' && count == 0) {
			*is_international = true;
		} else if (((unsigned char)*text < 0x80 && !strchr(" ()-./", *text))) {
			return false;
		}
	}
	digits[count] = '\0';
	return count >= 7;
}

bool form_same_phone(const char *ours, const char *theirs)
{
	char a[24], b[24], *national;
	bool is_a_whole, is_b_whole;
	size_t la, lb;

	if (!phone_digits(ours, a, &is_a_whole) || !phone_digits(theirs, b, &is_b_whole))
		return false;
	if (strcmp(a, b) == 0)
		return true;
	if (!is_a_whole || is_b_whole)
		return false;
	/* "0091 ...", "091 ...", "098765..." and "98765...": drop the zeros, and what is
	 * then missing in front is at most a calling code. */
	for (national = b; *national == '0'; national++)
		continue;
	la = strlen(a);
	lb = strlen(national);
	return lb >= 6 && lb <= la && la - lb <= 3 && strcmp(a + la - lb, national) == 0;
}

static bool looks_like_e164(const char *text)
{
	return text[0] == '+' && strlen(text) >= 8 && strlen(text) <= 16 &&
	       is_digits(text + 1, strlen(text + 1));
}

/* Equal but for the kind of line end and blanks at both ends. */
static bool same_text(const char *a, const char *b)
{
	size_t la, lb, i = 0, j = 0;

	a = trimmed(a, &la);
	b = trimmed(b, &lb);
	while (i < la && j < lb) {
		if (a[i] == '\r' && i + 1 < la && a[i + 1] == '\n')
			i++;
		if (b[j] == '\r' && j + 1 < lb && b[j + 1] == '\n')
			j++;
		if (a[i++] != b[j++])
			return false;
	}
	return i == la && j == lb;
}

static bool same_nocase(const char *a, const char *b)
{
	size_t la, lb;

	a = trimmed(a, &la);
	b = trimmed(b, &lb);
	return la == lb && strncasecmp(a, b, la) == 0;
}

static bool same_url(const char *a, const char *b)
{
	size_t la, lb;

	a = trimmed(a, &la);
	b = trimmed(b, &lb);
	la -= la > 0 && a[la - 1] == '/';
	lb -= lb > 0 && b[lb - 1] == '/';
	return la == lb && strncmp(a, b, la) == 0;
}

/* To the second when one of them has no milliseconds. Digits alone are a time only
 * beside a time that is written out. */
static bool same_time(const char *a, const char *b)
{
	int64_t ta, tb;

	if (!form_time(a, &ta) || !form_time(b, &tb) ||
	    (is_digits(a, strlen(a)) && is_digits(b, strlen(b))))
		return same_text(a, b);
	if (ta % 1000 == 0 || tb % 1000 == 0)
		return ta / 1000 == tb / 1000;
	return ta == tb;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t sorted_once(const char **items, size_t count)
{
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(items, count, sizeof(*items), compare_texts);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || strcmp(items[kept - 1], items[i]) != 0)
			items[kept++] = items[i];
	return kept;
}

/* Whether both hold the same items, or theirs all of ours when ours is to be added. */
static bool same_items(struct arena *arena, struct value ours, struct value theirs)
{
	bool is_append = ours.type == VALUE_TEXT && ours.text[0] == ';';
	const char **a, **b;
	size_t na = form_items(arena, ours, &a), nb = form_items(arena, theirs, &b), j = 0;

	na = sorted_once(a, na);
	nb = sorted_once(b, nb);
	if (!is_append && na != nb)
		return false;
	for (size_t i = 0; i < na; i++, j++) {
		while (is_append && j < nb && strcmp(b[j], a[i]) < 0)
			j++;
		if (j == nb || strcmp(a[i], b[j]) != 0)
			return false;
	}
	return true;
}

/* Nothing is known of the field: the types of the values decide. */
static bool same_any(struct arena *arena, struct value ours, struct value theirs)
{
	struct decimal a, b;
	bool x, y;

	if (ours.type == VALUE_LIST || theirs.type == VALUE_LIST)
		return same_items(arena, ours, theirs);
	if (ours.type == VALUE_NUMBER || theirs.type == VALUE_NUMBER)
		return decimal_parse(ours.text, &a) && decimal_parse(theirs.text, &b) ?
			       decimal_equal(&a, &b) :
			       same_time(ours.text, theirs.text);
	if (ours.type == VALUE_BOOL || theirs.type == VALUE_BOOL)
		return as_bool(ours.text, &x) && as_bool(theirs.text, &y) && x == y;
	return same_time(ours.text, theirs.text);
}

bool form_is_empty(struct value value)
{
	size_t len;

	if (value_is_empty(value))
		return true;
	if (value.type != VALUE_TEXT)
		return false;
	trimmed(value.text, &len);
	return len == 0;
}

bool form_same(struct arena *arena, const struct catalog_field *field, struct value ours,
	       struct value theirs)
{
	if (form_is_empty(ours) || form_is_empty(theirs))
		return form_is_empty(ours) && form_is_empty(theirs);
	if (value_equal(ours, theirs))
		return true;
	if (ours.type == VALUE_TEXT && looks_like_e164(ours.text) &&
	    form_same_phone(ours.text, theirs.text))
		return true;
	switch (type_of(field)) {
	case CATALOG_EMAIL:
		return same_nocase(ours.text, theirs.text);
	case CATALOG_PHONE:
		return same_text(ours.text, theirs.text) ||
		       form_same_phone(ours.text, theirs.text);
	case CATALOG_URL:
		return same_url(ours.text, theirs.text);
	case CATALOG_DATETIME:
		return same_time(ours.text, theirs.text);
	case CATALOG_MULTI_PICKLIST:
		return same_items(arena, ours, theirs);
	case CATALOG_ANY:
		return same_any(arena, ours, theirs);
	case CATALOG_INTEGER:
	case CATALOG_NUMBER:
	case CATALOG_BOOLEAN:
	case CATALOG_DATE:
	case CATALOG_TIME:
		return value_equal(form_read(arena, field, ours),
				   form_read(arena, field, theirs));
	case CATALOG_TEXT:
	case CATALOG_TEXTAREA:
	case CATALOG_PICKLIST:
	case CATALOG_REFERENCE:
		break;
	}
	return same_text(ours.text, theirs.text);
}

size_t fields_changed(struct arena *arena, const struct catalog *catalog,
		      const struct field *wanted, size_t nwanted, const struct field *seen,
		      size_t nseen, const struct field **changed)
{
	struct field *kept = arena_array(arena, nwanted, sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; i < nwanted; i++) {
		const struct field *there = field_find(seen, nseen, wanted[i].name);
		const struct catalog_field *field =
			catalog ? catalog_find(catalog, wanted[i].name) : NULL;

		if (!there || !form_same(arena, field, wanted[i].value, there->value))
			kept[count++] = wanted[i];
	}
	*changed = kept;
	return count;
}
