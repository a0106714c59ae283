/* zone_parse.c - times as they are written, read by a pattern. Threads: a zone is used
 * by one at a time. */
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/text.h"
#include "text/zone.h"
#include "text/zone_pattern.h"

/* What has been read so far. */
struct reading {
	const char *at;
	struct zone_time time;
	int half;          /* 0 none, 1 AM, 2 PM */
	bool has_offset;
	bool has_epoch;
	int64_t epoch_ms;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Reads `least` to `most` digits. */
static bool take_number(struct reading *r, int least, int most, int *number)
{
	int count = 0;

	*number = 0;
	for (; count < most && is_digit(*r->at); count++)
		*number = *number * 10 + (*r->at++ - '0');
	return count >= least;
}

static void skip_blanks(struct reading *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static bool take_literal(struct reading *r, const struct zone_piece *piece)
{
	if (piece->len == 1 && *piece->text == ' ') {
		if (*r->at != ' ' && *r->at != '\t')
			return false;
		skip_blanks(r);
		return true;
	}
	if (strncmp(r->at, piece->text, piece->len) != 0)
		return false;
	r->at += piece->len;
	return true;
}

/* Reads one of the words, whole or its first three letters; which, from 1 on. */
static bool take_word(struct reading *r, const char *const *words, int count, int *which)
{
	for (int i = 0; i < count; i++) {
		size_t len = strlen(words[i]);

		if (strncasecmp(r->at, words[i], len) != 0)
			len = 3;
		if (strncasecmp(r->at, words[i], len) != 0)
			continue;
		r->at += len;
		*which = i + 1;
		return true;
	}
	return false;
}

static bool take_half(struct reading *r)
{
	if (strncasecmp(r->at, "am", 2) != 0 && strncasecmp(r->at, "pm", 2) != 0)
		return false;
	r->half = *r->at == 'a' || *r->at == 'A' ? 1 : 2;
	r->at += 2;
	return true;
}

static bool take_offset(struct reading *r)
{
	int sign = *r->at == '-' ? -1 : 1, hours, minutes = 0;

	r->has_offset = true;
	if (*r->at == 'Z' || *r->at == 'z') {
		r->at++;
		r->time.offset_s = 0;
		return true;
	}
	if (*r->at != '+' && *r->at != '-')
		return false;
	r->at++;
	if (!take_number(r, 2, 2, &hours) || hours > 23)
		return false;
	if (*r->at == ':')
		r->at++;
	if (is_digit(*r->at) && (!take_number(r, 2, 2, &minutes) || minutes > 59))
		return false;
	r->time.offset_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

/* The first three digits of a fraction count. */
static bool take_fraction(struct reading *r)
{
	int count = 0;

	r->time.ms = 0;
	for (; count < 9 && is_digit(*r->at); count++, r->at++)
		if (count < 3)
			r->time.ms = r->time.ms * 10 + (*r->at - '0');
	for (int i = count; i < 3; i++)
		r->time.ms *= 10;
	return count > 0;
}

/* Years 1 to 9999. */
#define EPOCH_FIRST INT64_C(-62135596800000)
#define EPOCH_LAST INT64_C(253402300799999)

static bool take_epoch(struct reading *r, int64_t unit)
{
	size_t len = strspn(r->at, "-0123456789");
	char digits[24];
	int64_t number;

	if (len >= sizeof(digits))
		return false;
	memcpy(digits, r->at, len);
	digits[len] = '\0';
	if (!text_int(digits, &number) ||
	    __builtin_mul_overflow(number, unit, &r->epoch_ms) || r->epoch_ms < EPOCH_FIRST ||
	    r->epoch_ms > EPOCH_LAST)
		return false;
	r->at += len;
	r->has_epoch = true;
	return true;
}

/* `is_tight` is whether a number stands directly before or behind it. */
static bool take_piece(struct reading *r, const struct zone_piece *piece, bool is_tight)
{
	int least = is_tight ? piece->width : 1, unused;
	struct zone_time *t = &r->time;

	switch (piece->kind) {
	case PIECE_LITERAL:
		return take_literal(r, piece);
	case PIECE_YEAR:
		return take_number(r, 4, 4, &t->year);
	case PIECE_YEAR_SHORT:
		if (!take_number(r, 2, 2, &t->year))
			return false;
		t->year += t->year < 70 ? 2000 : 1900;
		return true;
	case PIECE_MONTH:
		return take_number(r, least, 2, &t->month);
	case PIECE_MONTH_SHORT:
	case PIECE_MONTH_NAME:
		return take_word(r, zone_months, 12, &t->month);
	case PIECE_DAY:
		return take_number(r, least, 2, &t->day);
	case PIECE_WEEKDAY_SHORT:
	case PIECE_WEEKDAY_NAME:
		return take_word(r, zone_weekdays, 7, &unused);
	case PIECE_HOUR:
	case PIECE_HOUR_12:
		return take_number(r, least, 2, &t->hour);
	case PIECE_MINUTE:
		return take_number(r, least, 2, &t->minute);
	case PIECE_SECOND:
		return take_number(r, least, 2, &t->second);
	case PIECE_MS:
		return take_fraction(r);
	case PIECE_HALF_UPPER:
	case PIECE_HALF_LOWER:
		return take_half(r);
	case PIECE_OFFSET:
	case PIECE_OFFSET_BARE:
	case PIECE_OFFSET_OR_Z:
		return take_offset(r);
	case PIECE_EPOCH_S:
		return take_epoch(r, 1000);
	case PIECE_EPOCH_MS:
		return take_epoch(r, 1);
	}
	return false;
}

static int take_all(struct reading *r, const char *pattern, struct error *err)
{
	struct zone_pattern cut;

	if (zone_pattern_for(pattern, ZONE_READ, &cut, err) < 0)
		return -1;
	skip_blanks(r);
	for (size_t i = 0; i < cut.count; i++) {
		const struct zone_piece *piece = &cut.pieces[i];
		bool is_tight = (i > 0 && zone_piece_is_number(piece - 1)) ||
				(i + 1 < cut.count && zone_piece_is_number(piece + 1));

		if (!take_piece(r, piece, is_tight))
			return error_set(err, ERR_INVALID,
					 "not a time of the form %.60s: no %.*s where it "
					 "belongs", pattern, (int)piece->len, piece->text);
	}
	skip_blanks(r);
	if (*r->at)
		return error_set(err, ERR_INVALID,
				 "not a time of the form %.60s: more follows", pattern);
	return 0;
}

static int settle_half(struct reading *r, struct error *err)
{
	if (!r->half)
		return 0;
	if (r->time.hour < 1 || r->time.hour > 12)
		return error_set(err, ERR_INVALID, "there is no hour %d in half a day",
				 r->time.hour);
	r->time.hour = r->time.hour % 12 + (r->half == 2 ? 12 : 0);
	return 0;
}

static int read_by(struct zone *zone, const char *text, const char *pattern, int64_t *ms,
		   struct error *err)
{
	struct reading r = { .at = text };
	enum zone_fit fit;
	int64_t in_zone;

	if (take_all(&r, pattern, err) < 0)
		return -1;
	if (r.has_epoch) {
		*ms = r.epoch_ms;
		return 0;
	}
	if (settle_half(&r, err) < 0 || zone_utc(zone, &r.time, &in_zone, &fit, err) < 0)
		return error_wrap(err, "not a time of the form %.60s", pattern);
	*ms = in_zone;
	if (r.has_offset)
		*ms = clock_days_of_date(r.time.year, r.time.month, r.time.day) * CLOCK_DAY +
		      r.time.hour * CLOCK_HOUR + r.time.minute * CLOCK_MINUTE +
		      (r.time.second - r.time.offset_s) * CLOCK_SECOND + r.time.ms;
	return 0;
}

/* How people write ISO times when nobody looks. */
static const char *const iso_forms[] = {
	"YYYY-MM-DD[T]HH:mm:ss.SSSXXX", "YYYY-MM-DD[T]HH:mm:ssXXX", "YYYY-MM-DD[T]HH:mm:ss.SSS",
	"YYYY-MM-DD[T]HH:mm:ss", "YYYY-MM-DD[T]HH:mmXXX", "YYYY-MM-DD[T]HH:mm",
	"YYYY-MM-DD HH:mm:ss.SSSXXX", "YYYY-MM-DD HH:mm:ssXXX", "YYYY-MM-DD HH:mm:ss.SSS",
	"YYYY-MM-DD HH:mm:ss", "YYYY-MM-DD HH:mm", "YYYY-MM-DD",
};

int zone_parse(struct zone *zone, const char *text, const char *pattern, int64_t *ms,
	       struct error *err)
{
	if (read_by(zone, text, pattern, ms, err) == 0)
		return 0;
	if (!text_equal(pattern, "iso") && !text_equal(pattern, "iso_ms"))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(iso_forms); i++)
		if (read_by(zone, text, iso_forms[i], ms, NULL) == 0)
			return 0;
	return -1;
}

int zone_parse_any(struct zone *zone, const char *text, const char *const *patterns,
		   size_t count, int64_t *ms, struct error *err)
{
	struct error other;

	for (size_t i = 0; i < count; i++)
		if (zone_parse(zone, text, patterns[i], ms, i ? &other : err) == 0)
			return 0;
	if (!count)
		return error_set(err, ERR_INVALID, "no pattern to read the time by");
	return -1;
}
