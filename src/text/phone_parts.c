/* phone_parts.c - what phone.c looks at besides the number's plan: splitting, repairs,
 * dummies. Threads: pure. */
#include "text/phone_parts.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const char *skip_digits(const char *p)
{
	while (is_digit(*p))
		p++;
	return p;
}

bool phone_is_damaged(const char *text)
{
	const char *p = text, *end;

	while (*p && !is_digit(*p))
		p++;
	end = skip_digits(p);
	if (end == p)
		return false;
	if (*end == '.' || *end == ',')
		end = skip_digits(end + 1);
	if (*end != 'E' && *end != 'e')
		return false;
	p = end + 1;
	if (*p == '+')
		p++;
	end = skip_digits(p);
	if (end == p || end - p > 2)
		return false;
	while (*end && strchr(" \t\"'", *end))
		end++;
	return !*end;
}

const char *phone_digits(struct arena *arena, const char *text)
{
	char *digits, *out;

	while (*text == ' ' || *text == '\t')
		text++;
	if (!is_digit(*text))
		return NULL;
	out = digits = arena_alloc(arena, strlen(text) + 1);
	for (; *text; text++) {
		if (is_digit(*text))
			*out++ = *text;
		else if (!strchr(" \t-.()/", *text))
			return NULL;
	}
	return digits;
}

/* Where "9876543210.0" ends without its fraction; `end` if it has none. */
static size_t cut_fraction(const char *text, size_t end)
{
	size_t dot = end;

	while (dot > 0 && text[dot - 1] == '0')
		dot--;
	if (dot == end || dot < 8 || text[dot - 1] != '.')
		return end;
	dot--;
	for (size_t i = text[0] == '+'; i < dot; i++)
		if (!is_digit(text[i]))
			return end;
	return dot;
}

static const char *const labels[] = {
	"home", "work", "office", "mobile", "cell", "whatsapp", "landline", "main", "res",
	"resi", "residence", "off", "mob", "tel", "phone", "primary", "personal", "direct",
	"fax", "business",
};

/* Where the text ends without a label behind the number; `end` if it has none. */
static size_t cut_label(const char *text, size_t end)
{
	bool has_bracket = end > 0 && text[end - 1] == ')';
	size_t stop = has_bracket ? end - 1 : end, start = stop;
	char word[16] = { 0 };

	while (start > 0 && is_letter(text[start - 1]))
		start--;
	if (stop == start || stop - start >= sizeof(word))
		return end;
	memcpy(word, text + start, stop - start);
	if (has_bracket && (start == 0 || text[start - 1] != '('))
		return end;
	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		if (text_equal_nocase(word, labels[i]))
			return has_bracket ? start - 1 : start;
	return end;
}

const char *phone_repair(struct arena *arena, const char *text)
{
	const char *trimmed = text_trim(arena, text);
	size_t len = strlen(trimmed), end = cut_label(trimmed, len);

	if (end == len)
		end = cut_fraction(trimmed, len);
	return end == len ? NULL : arena_strndup(arena, trimmed, end);
}

/* Length of the separator at `p`, 0 if there is none. */
static size_t separator_at(const char *p)
{
	static const char *const words[] = { " or ", " OR ", " Or ", " and ", " AND " };

	if (strchr("/,;|&\n\r", *p))
		return 1;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (text_starts(p, words[i]))
			return strlen(words[i]);
	return 0;
}

/* Whether there is a digit in it: of ASCII, or perhaps of another script. */
static bool may_be_number(const char *text)
{
	for (; *text; text++)
		if (is_digit(*text) || (unsigned char)*text >= 0x80)
			return true;
	return false;
}

size_t phone_split(struct arena *arena, const char *text, const char **parts, size_t max)
{
	const char *start = text;
	size_t count = 0;

	for (const char *p = text;; p++) {
		size_t len = *p ? separator_at(p) : 0;
		const char *part;

		if (*p && !len)
			continue;
		part = text_trim(arena, arena_strndup(arena, start, (size_t)(p - start)));
		if (may_be_number(part) && count < max)
			parts[count++] = part;
		if (!*p)
			return count;
		start = p + len;
		p = start - 1;
	}
}

const char *phone_subscriber(const char *e164, int calling_code)
{
	const char *p = e164 + 1;

	for (int rest = calling_code; rest > 0 && *p; rest /= 10)
		p++;
	return p;
}

/* Whether each digit from the second on differs by `step` from the one before it,
 * 9 and 0 being neighbours. */
static bool is_sequence(const char *digits, int step)
{
	for (const char *p = digits + 1; *p; p++)
		if ((p[-1] - '0' + step + 10) % 10 != *p - '0')
			return false;
	return true;
}

/* 555-0100 to 555-0199 of any area are kept for films. */
static bool is_film_number(const char *digits, int calling_code)
{
	return calling_code == 1 && strlen(digits) == 10 && text_starts(digits + 3, "55501");
}

bool phone_is_dummy(const char *e164, int calling_code, bool is_live)
{
	const char *digits = phone_subscriber(e164, calling_code);

	if (strlen(digits) < 6)
		return false;
	if (is_live && text_equal(digits, "9876543210"))
		return true;
	return is_sequence(digits, 0) || is_sequence(digits + 1, 0) ||
	       (is_sequence(digits, 1)) ||
	       (is_sequence(digits, -1) && !text_equal(digits, "9876543210")) ||
	       is_film_number(digits, calling_code);
}

bool phone_is_spam_series(const char *e164, int calling_code)
{
	const char *digits = phone_subscriber(e164, calling_code);

	return calling_code == 91 && (text_starts(digits, "140") || text_starts(digits, "1600"));
}
