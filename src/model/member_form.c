/* member_form.c - what texts of the configuration look like. Threads: pure. */
#include "model/member_form.h"

#include <string.h>

#include "base/clock.h"
#include "base/text.h"

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool form_has_controls(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7F)
			return true;
	return false;
}

bool form_is_name(const char *text)
{
	return strspn(text, DIGITS LOWER UPPER) > 0 &&
	       text[strspn(text, DIGITS LOWER UPPER "._-")] == '\0';
}

static const char countries[] =
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN "
	"BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ "
	"DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL "
	"GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM "
	"JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME "
	"MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP "
	"NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD "
	"SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO "
	"TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

bool form_is_country(const char *text)
{
	const char *at;

	if (strlen(text) != 2 || strspn(text, UPPER) != 2)
		return false;
	at = strstr(countries, text);
	/* Two letters may also be found across a blank: they are not, for none holds one. */
	return at != NULL;
}

bool form_is_zone(const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > 64 || !strchr(UPPER, text[0]) || text[len - 1] == '/' ||
	    strstr(text, "//"))
		return false;
	return text[strspn(text, LOWER UPPER DIGITS "_+-/")] == '\0';
}

bool form_bool(const char *text, bool *is_true)
{
	static const char *const words[] = { "no", "off", "false", "yes", "on", "true" };

	for (size_t i = 0; text && i < ARRAY_LEN(words); i++)
		if (text_equal_nocase(words[i], text)) {
			*is_true = i >= 3;
			return true;
		}
	return false;
}

bool form_duration(const char *text, int64_t *ms)
{
	static const struct { const char *name; int64_t ms; } units[] = {
		{ "ms", 1 },
		{ "s", CLOCK_SECOND },
		{ "m", CLOCK_MINUTE },
		{ "h", CLOCK_HOUR },
		{ "d", CLOCK_DAY },
	};
	size_t digits = text ? strspn(text, DIGITS) : 0;
	int64_t number = 0;

	if (digits == 0 || digits > 12)
		return false;
	for (size_t i = 0; i < digits; i++)
		number = number * 10 + (text[i] - '0');
	for (size_t i = 0; i < ARRAY_LEN(units); i++)
		if (strcmp(units[i].name, text + digits) == 0)
			return !__builtin_mul_overflow(number, units[i].ms, ms);
	return false;
}

bool form_is_origin(const char *text)
{
	const char *host = text_starts(text, "https://") ? text + 8 :
			   text_starts(text, "http://")	 ? text + 7 :
							   NULL;
	size_t len, digits;

	if (!host)
		return false;
	len = strspn(host, LOWER DIGITS ".-");
	if (len == 0 || host[0] == '.' || host[0] == '-')
		return false;
	if (!host[len])
		return true;
	digits = strspn(host + len + 1, DIGITS);
	return host[len] == ':' && digits > 0 && digits <= 5 && !host[len + 1 + digits];
}
