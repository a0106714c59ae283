/* clock.c - the time, and times as text. Threads: pure, but for the two that look. */
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_mono_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

struct timespec clock_mono_at(int64_t us)
{
	return (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
}

void clock_cond_init(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

/* Both directions count from 1 March, so that the leap day is the last of a year. */
int64_t clock_days_of_date(int year, int month, int day)
{
	int64_t y = year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void clock_date_of_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t of_era = z - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100), m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2));
}

/* 0000-01-01T00:00:00.000Z and 9999-12-31T23:59:59.999Z */
#define FIRST_MS INT64_C(-62167219200000)
#define LAST_MS INT64_C(253402300799999)

static char *put_digits(char *p, int number, int width)
{
	for (int i = width - 1; i >= 0; i--, number /= 10)
		p[i] = (char)('0' + number % 10);
	return p + width;
}

void clock_format(int64_t ms, char text[CLOCK_TEXT_SIZE])
{
	int64_t days;
	int rest, year, month, day;
	char *p = text;

	ms = ms < FIRST_MS ? FIRST_MS : ms > LAST_MS ? LAST_MS : ms;
	days = ms >= 0 ? ms / CLOCK_DAY : -((-ms + CLOCK_DAY - 1) / CLOCK_DAY);
	rest = (int)(ms - days * CLOCK_DAY);
	clock_date_of_days(days, &year, &month, &day);
	p = put_digits(p, year, 4);
	*p++ = '-';
	p = put_digits(p, month, 2);
	*p++ = '-';
	p = put_digits(p, day, 2);
	*p++ = 'T';
	p = put_digits(p, rest / 3600000, 2);
	*p++ = ':';
	p = put_digits(p, rest / 60000 % 60, 2);
	*p++ = ':';
	p = put_digits(p, rest / 1000 % 60, 2);
	*p++ = '.';
	p = put_digits(p, rest % 1000, 3);
	*p++ = 'Z';
	*p = '\0';
}

/* Reads exactly `width` digits at *p and moves behind them; -1 if they are not there. */
static int take_digits(const char **p, int width)
{
	int number = 0;

	for (int i = 0; i < width; i++, (*p)++) {
		if (!isdigit((unsigned char)**p))
			return -1;
		number = number * 10 + (**p - '0');
	}
	return number;
}

static bool take_char(const char **p, const char *any_of)
{
	if (!**p || !strchr(any_of, **p))
		return false;
	(*p)++;
	return true;
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && is_leap ? 29 : days[month - 1];
}

static bool take_offset(const char **p, int *minutes)
{
	int sign, h, m;

	*minutes = 0;
	if (take_char(p, "Zz"))
		return true;
	sign = **p == '-' ? -1 : 1;
	if (!take_char(p, "+-"))
		return false;
	h = take_digits(p, 2);
	take_char(p, ":");
	m = take_digits(p, 2);
	*minutes = sign * (h * 60 + m);
	return h >= 0 && h < 24 && m >= 0 && m < 60;
}

bool clock_parse(const char *text, int64_t *ms)
{
	const char *p = text;
	int year, month, day, h, m, s, offset, fraction = 0;

	year = take_digits(&p, 4);
	if (year < 0 || !take_char(&p, "-"))
		return false;
	month = take_digits(&p, 2);
	if (month < 1 || month > 12 || !take_char(&p, "-"))
		return false;
	day = take_digits(&p, 2);
	if (day < 1 || day > days_in_month(year, month) || !take_char(&p, "Tt "))
		return false;
	h = take_digits(&p, 2);
	if (h < 0 || h > 23 || !take_char(&p, ":"))
		return false;
	m = take_digits(&p, 2);
	if (m < 0 || m > 59 || !take_char(&p, ":"))
		return false;
	s = take_digits(&p, 2);
	if (s < 0 || s > 60)
		return false;
	if (take_char(&p, ".")) {
		int digits = 0;

		for (; isdigit((unsigned char)*p); p++, digits++)
			if (digits < 3)
				fraction = fraction * 10 + (*p - '0');
		if (digits < 1 || digits > 9)
			return false;
		for (; digits < 3; digits++)
			fraction *= 10;
	}
	if (!take_offset(&p, &offset) || *p)
		return false;
	*ms = clock_days_of_date(year, month, day) * CLOCK_DAY + h * CLOCK_HOUR +
	      (m - offset) * CLOCK_MINUTE + s * CLOCK_SECOND + fraction;
	return true;
}
