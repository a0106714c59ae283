/* zone_pattern.c - the pieces that a time's pattern is made of. Threads: pure. */
#include "text/zone_pattern.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/zone.h"

const char *const zone_months[12] = { "January", "February", "March", "April", "May",
	"June", "July", "August", "September", "October", "November", "December" };

const char *const zone_weekdays[7] = { "Monday", "Tuesday", "Wednesday", "Thursday",
	"Friday", "Saturday", "Sunday" };

static const struct {
	const char *name, *pattern;
} named[] = {
	{ "iso", "YYYY-MM-DD[T]HH:mm:ssXXX" },
	{ "iso_ms", "YYYY-MM-DD[T]HH:mm:ss.SSSXXX" },
	{ "date", "YYYY-MM-DD" },
};

static const struct {
	const char *letters;
	enum zone_piece_kind kind;
	int width;
} kinds[] = {
	{ "YYYY", PIECE_YEAR, 4 },	   { "yyyy", PIECE_YEAR, 4 },
	{ "YY", PIECE_YEAR_SHORT, 2 },	   { "yy", PIECE_YEAR_SHORT, 2 },
	{ "MMMM", PIECE_MONTH_NAME, 0 },   { "MMM", PIECE_MONTH_SHORT, 0 },
	{ "MM", PIECE_MONTH, 2 },	   { "M", PIECE_MONTH, 1 },
	{ "DD", PIECE_DAY, 2 },		   { "dd", PIECE_DAY, 2 },
	{ "D", PIECE_DAY, 1 },		   { "d", PIECE_DAY, 1 },
	{ "EEEE", PIECE_WEEKDAY_NAME, 0 }, { "EEE", PIECE_WEEKDAY_SHORT, 0 },
	{ "HH", PIECE_HOUR, 2 },	   { "H", PIECE_HOUR, 1 },
	{ "hh", PIECE_HOUR_12, 2 },	   { "h", PIECE_HOUR_12, 1 },
	{ "mm", PIECE_MINUTE, 2 },	   { "m", PIECE_MINUTE, 1 },
	{ "ss", PIECE_SECOND, 2 },	   { "s", PIECE_SECOND, 1 },
	{ "SSS", PIECE_MS, 3 },		   { "A", PIECE_HALF_UPPER, 0 },
	{ "a", PIECE_HALF_LOWER, 0 },	   { "Z", PIECE_OFFSET, 0 },
	{ "ZZ", PIECE_OFFSET_BARE, 0 },	   { "XXX", PIECE_OFFSET_OR_Z, 0 },
	{ "T", PIECE_LITERAL, 0 },
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int cut_letters(const char *p, struct zone_piece *piece, struct error *err)
{
	size_t len = strspn(p, (const char[]){ *p, '\0' });

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strlen(kinds[i].letters) != len || memcmp(kinds[i].letters, p, len) != 0)
			continue;
		*piece = (struct zone_piece){ kinds[i].kind, kinds[i].width, p, len };
		return (int)len;
	}
	return error_set(err, ERR_INVALID,
			 "pattern: \"%.*s\" means nothing: put words in [brackets]",
			 (int)(len < 20 ? len : 20), p);
}

static int cut_words(const char *p, struct zone_piece *piece, struct error *err)
{
	const char *end = strchr(p + 1, *p == '[' ? ']' : '\'');

	if (!end)
		return error_set(err, ERR_INVALID, "pattern: a %c is not closed", *p);
	*piece = (struct zone_piece){ PIECE_LITERAL, 0, p + 1, (size_t)(end - p - 1) };
	return (int)(end + 1 - p);
}

/* Cuts one piece at `p`; returns how many bytes of the pattern it was. */
static int cut_piece(const char *p, struct zone_piece *piece, struct error *err)
{
	if (*p == '[' || *p == '\'')
		return cut_words(p, piece, err);
	if (is_letter(*p))
		return cut_letters(p, piece, err);
	*piece = (struct zone_piece){ PIECE_LITERAL, 0, p, 1 };
	return 1;
}

static const char *resolve(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		if (text_equal(named[i].name, text))
			return named[i].pattern;
	return text;
}

static bool is_epoch(const char *text, struct zone_pattern *pattern)
{
	bool is_s = text_equal(text, "epoch_s");

	if (!is_s && !text_equal(text, "epoch_ms"))
		return false;
	pattern->pieces[0] = (struct zone_piece){ is_s ? PIECE_EPOCH_S : PIECE_EPOCH_MS, 1,
						  text, strlen(text) };
	pattern->count = 1;
	return true;
}

static int cut_all(const char *text, struct zone_pattern *pattern, struct error *err)
{
	pattern->count = 0;
	if (is_epoch(text, pattern))
		return 0;
	if (!*text)
		return error_set(err, ERR_INVALID, "pattern: empty");
	for (const char *p = resolve(text); *p;) {
		int len;

		if (pattern->count == ZONE_PIECES_MAX)
			return error_set(err, ERR_INVALID, "pattern: has more than %d parts",
					 ZONE_PIECES_MAX);
		len = cut_piece(p, &pattern->pieces[pattern->count++], err);
		if (len < 0)
			return -1;
		p += len;
	}
	return 0;
}

bool zone_piece_is_number(const struct zone_piece *piece)
{
	return piece->width > 0;
}

static bool has(const struct zone_pattern *pattern, enum zone_piece_kind kind)
{
	for (size_t i = 0; i < pattern->count; i++)
		if (pattern->pieces[i].kind == kind)
			return true;
	return false;
}

static bool has_date(const struct zone_pattern *pattern)
{
	return has(pattern, PIECE_EPOCH_S) || has(pattern, PIECE_EPOCH_MS) ||
	       ((has(pattern, PIECE_YEAR) || has(pattern, PIECE_YEAR_SHORT)) &&
		(has(pattern, PIECE_MONTH) || has(pattern, PIECE_MONTH_SHORT) ||
		 has(pattern, PIECE_MONTH_NAME)) &&
		has(pattern, PIECE_DAY));
}

static int check_use(const struct zone_pattern *pattern, enum zone_use use,
		     struct error *err)
{
	if (has(pattern, PIECE_HOUR_12) && !has(pattern, PIECE_HALF_UPPER) &&
	    !has(pattern, PIECE_HALF_LOWER))
		return error_set(err, ERR_INVALID,
				 "pattern: hh is half a day: add A for AM or PM, or use HH");
	if (use == ZONE_READ && !has_date(pattern))
		return error_set(err, ERR_INVALID,
				 "pattern: needs year, month and day to be read");
	return 0;
}

int zone_pattern_for(const char *text, enum zone_use use, struct zone_pattern *pattern,
		     struct error *err)
{
	if (cut_all(text, pattern, err) < 0)
		return -1;
	return check_use(pattern, use, err);
}

int zone_pattern_check(const char *pattern, enum zone_use use, struct error *err)
{
	struct zone_pattern cut;

	return zone_pattern_for(pattern, use, &cut, err);
}
