/* country.c - countries and languages as people write them. Threads: pure. */
#include "text/country.h"

#include <ctype.h>
#include <string.h>
#include <unicode/uloc.h>

#include "base/attributes.h"
#include "base/text.h"
#include "text/phone_lib.h"
#include "text/unicode.h"
#include "text/utf16.h"

#define TEXT_MAX 100

/* Names that are none to ICU, or that are so common that asking it would be slow. All
 * folded, without punctuation and without "the". */
static const struct {
	const char *name, *iso2;
} synonyms[] = {
	{ "america", "US" },
	{ "argentina", "AR" },
	{ "australia", "AU" },
	{ "austria", "AT" },
	{ "bahrain", "BH" },
	{ "bangladesh", "BD" },
	{ "belgie", "BE" },
	{ "belgique", "BE" },
	{ "belgium", "BE" },
	{ "bharat", "IN" },
	{ "bolivia", "BO" },
	{ "brasil", "BR" },
	{ "brazil", "BR" },
	{ "britain", "GB" },
	{ "brunei", "BN" },
	{ "burma", "MM" },
	{ "canada", "CA" },
	{ "cape verde", "CV" },
	{ "china", "CN" },
	{ "congo kinshasa", "CD" },
	{ "czech republic", "CZ" },
	{ "czechia", "CZ" },
	{ "danmark", "DK" },
	{ "denmark", "DK" },
	{ "deutschland", "DE" },
	{ "dubai", "AE" },
	{ "east timor", "TL" },
	{ "egypt", "EG" },
	{ "eire", "IE" },
	{ "emirates", "AE" },
	{ "england", "GB" },
	{ "espana", "ES" },
	{ "espa\u00F1a", "ES" },
	{ "finland", "FI" },
	{ "france", "FR" },
	{ "germany", "DE" },
	{ "great britain", "GB" },
	{ "greece", "GR" },
	{ "hellas", "GR" },
	{ "holland", "NL" },
	{ "hong kong", "HK" },
	{ "hongkong", "HK" },
	{ "hungary", "HU" },
	{ "india", "IN" },
	{ "indonesia", "ID" },
	{ "iran", "IR" },
	{ "ireland", "IE" },
	{ "israel", "IL" },
	{ "italia", "IT" },
	{ "italy", "IT" },
	{ "ivory coast", "CI" },
	{ "japan", "JP" },
	{ "kenya", "KE" },
	{ "kingdom of saudi arabia", "SA" },
	{ "korea", "KR" },
	{ "ksa", "SA" },
	{ "kuwait", "KW" },
	{ "laos", "LA" },
	{ "macau", "MO" },
	{ "macedonia", "MK" },
	{ "magyarorszag", "HU" },
	{ "malaysia", "MY" },
	{ "mexico", "MX" },
	{ "m\u00E9xico", "MX" },
	{ "moldova", "MD" },
	{ "myanmar", "MM" },
	{ "nederland", "NL" },
	{ "nepal", "NP" },
	{ "netherlands", "NL" },
	{ "new zealand", "NZ" },
	{ "nigeria", "NG" },
	{ "norge", "NO" },
	{ "north korea", "KP" },
	{ "northern ireland", "GB" },
	{ "norway", "NO" },
	{ "oesterreich", "AT" },
	{ "oman", "OM" },
	{ "osterreich", "AT" },
	{ "\u00F6sterreich", "AT" },
	{ "pakistan", "PK" },
	{ "palestine", "PS" },
	{ "peoples republic of china", "CN" },
	{ "philippines", "PH" },
	{ "poland", "PL" },
	{ "polska", "PL" },
	{ "portugal", "PT" },
	{ "prc", "CN" },
	{ "qatar", "QA" },
	{ "republic of india", "IN" },
	{ "republic of ireland", "IE" },
	{ "republic of korea", "KR" },
	{ "roc", "TW" },
	{ "romania", "RO" },
	{ "rsa", "ZA" },
	{ "russia", "RU" },
	{ "russian federation", "RU" },
	{ "saudi", "SA" },
	{ "saudi arabia", "SA" },
	{ "schweiz", "CH" },
	{ "scotland", "GB" },
	{ "singapore", "SG" },
	{ "south africa", "ZA" },
	{ "south korea", "KR" },
	{ "spain", "ES" },
	{ "sri lanka", "LK" },
	{ "suisse", "CH" },
	{ "suomi", "FI" },
	{ "sverige", "SE" },
	{ "svizzera", "CH" },
	{ "swaziland", "SZ" },
	{ "sweden", "SE" },
	{ "switzerland", "CH" },
	{ "syria", "SY" },
	{ "taiwan", "TW" },
	{ "tanzania", "TZ" },
	{ "thailand", "TH" },
	{ "trinidad", "TT" },
	{ "turkey", "TR" },
	{ "turkiye", "TR" },
	{ "t\u00FCrkiye", "TR" },
	{ "uae", "AE" },
	{ "uk", "GB" },
	{ "ukraine", "UA" },
	{ "united arab emirates", "AE" },
	{ "united kingdom", "GB" },
	{ "united states", "US" },
	{ "united states of america", "US" },
	{ "us", "US" },
	{ "us of a", "US" },
	{ "usa", "US" },
	{ "vatican", "VA" },
	{ "venezuela", "VE" },
	{ "vietnam", "VN" },
	{ "viet nam", "VN" },
	{ "wales", "GB" },
	{ "\u092D\u093E\u0930\u0924", "IN" },
	{ "\u0627\u0644\u0625\u0645\u0627\u0631\u0627\u062A", "AE" },
	{ "\u0627\u0644\u0633\u0639\u0648\u062F\u064A\u0629", "SA" },
	{ "\u0440\u043E\u0441\u0441\u0438\u044F", "RU" },
	{ "\u4E2D\u56FD", "CN" },
	{ "\u65E5\u672C", "JP" },
	{ "\uD55C\uAD6D", "KR" },
};

/* Folded, with single blanks, "&" as "and", without other punctuation, without "the". */
static const char *fold_name(struct arena *arena, const char *text)
{
	const char *folded = text_fold(arena, text);
	char *out = arena_alloc(arena, strlen(folded) * 4 + 1), *p = out;

	for (const char *q = folded; *q; q++) {
		unsigned char c = (unsigned char)*q;

		if (isalnum(c) || c >= 0x80) {
			*p++ = *q;
		} else if (c == '&') {
			p = stpcpy(p, p > out && p[-1] != ' ' ? " and " : "and ");
		} else if (strchr(" -/,\t", c) && p > out && p[-1] != ' ') {
			*p++ = ' ';
		}
	}
	while (p > out && p[-1] == ' ')
		p--;
	*p = '\0';
	return text_starts(out, "the ") ? out + 4 : out;
}

static bool take(const char *code, char iso2[COUNTRY_SIZE])
{
	memcpy(iso2, code, COUNTRY_SIZE);
	return true;
}

static bool by_iso2(const char *text, char iso2[COUNTRY_SIZE])
{
	for (const char *const *code = uloc_getISOCountries(); *code; code++)
		if (text_equal_nocase(*code, text))
			return take(*code, iso2);
	return false;
}

static bool by_iso3(const char *text, char iso2[COUNTRY_SIZE])
{
	for (const char *const *code = uloc_getISOCountries(); *code; code++) {
		char locale[4] = { '_', (*code)[0], (*code)[1], '\0' };

		if (text_equal_nocase(uloc_getISO3Country(locale), text))
			return take(*code, iso2);
	}
	return false;
}

static bool by_synonym(const char *folded, char iso2[COUNTRY_SIZE])
{
	for (size_t i = 0; i < ARRAY_LEN(synonyms); i++)
		if (text_equal(synonyms[i].name, folded))
			return take(synonyms[i].iso2, iso2);
	return false;
}

const char *country_name(struct arena *arena, const char *iso2)
{
	char code[COUNTRY_SIZE], locale[8];
	UErrorCode status = U_ZERO_ERROR;
	UChar name[128];
	int32_t len;

	if (strlen(iso2) != 2 || !by_iso2(iso2, code))
		return NULL;
	memcpy(locale, (const char[]){ '_', code[0], code[1], '\0' }, 4);
	len = uloc_getDisplayCountry(locale, "en", name, ARRAY_LEN(name), &status);
	return U_SUCCESS(status) && len < (int32_t)ARRAY_LEN(name) ?
		       utf8_of(arena, name, len) :
		       arena_strdup(arena, code);
}

static bool by_name(struct arena *arena, const char *folded, char iso2[COUNTRY_SIZE])
{
	for (const char *const *code = uloc_getISOCountries(); *code; code++)
		if (text_equal(fold_name(arena, country_name(arena, *code)), folded))
			return take(*code, iso2);
	return false;
}

/* "+91", "0091", "91". */
static bool by_calling_code(const char *text, char iso2[COUNTRY_SIZE])
{
	const char *p = text_starts(text, "+")	? text + 1 :
			text_starts(text, "00") ? text + 2 :
						  text;
	char region[4];
	int code = 0;

	if (!*p || strlen(p) > 3 || strspn(p, "0123456789") != strlen(p))
		return false;
	for (; *p; p++)
		code = code * 10 + (*p - '0');
	phone_lib_region(code, region);
	return strlen(region) == 2 && !text_equal(region, "ZZ") && take(region, iso2);
}

static bool parse(struct arena *arena, const char *text, char iso2[COUNTRY_SIZE])
{
	const char *trimmed, *folded;

	if (strlen(text) > TEXT_MAX)
		return false;
	trimmed = text_trim(arena, text_nfkc(arena, text));
	if (strlen(trimmed) == 2 && by_iso2(trimmed, iso2))
		return true;
	if (by_calling_code(trimmed, iso2))
		return true;
	folded = fold_name(arena, trimmed);
	if (!*folded)
		return false;
	return by_synonym(folded, iso2) || (strlen(folded) == 3 && by_iso3(folded, iso2)) ||
	       (strlen(folded) > 3 && by_name(arena, folded, iso2));
}

bool country_parse(const char *text, char iso2[COUNTRY_SIZE])
{
	struct arena *arena = arena_new();
	bool is_country;

	iso2[0] = '\0';
	is_country = parse(arena, text, iso2);
	arena_free(arena);
	return is_country;
}

int country_read(struct arena *arena, const char *text, const char **iso2,
		 struct error *err)
{
	char code[COUNTRY_SIZE];

	if (!country_parse(text, code))
		return error_set(err, ERR_INVALID, "not a country that is known: write its "
						   "English name or its code, as India or IN");
	*iso2 = arena_strdup(arena, code);
	return 0;
}

int country_calling_code(const char *iso2)
{
	return phone_lib_calling_code(iso2);
}

static const struct {
	const char *name, *tag;
} languages[] = {
	{ "arabic", "ar" },	{ "assamese", "as" },	{ "bahasa indonesia", "id" },
	{ "bengali", "bn" },	{ "chinese", "zh" },	{ "czech", "cs" },
	{ "danish", "da" },	{ "deutsch", "de" },	{ "dutch", "nl" },
	{ "english", "en" },	{ "espa\u00F1ol", "es" }, { "finnish", "fi" },
	{ "fran\u00E7ais", "fr" }, { "french", "fr" },	{ "german", "de" },
	{ "greek", "el" },	{ "gujarati", "gu" },	{ "hebrew", "he" },
	{ "hindi", "hi" },	{ "hungarian", "hu" },	{ "indonesian", "id" },
	{ "italian", "it" },	{ "japanese", "ja" },	{ "kannada", "kn" },
	{ "korean", "ko" },	{ "malay", "ms" },	{ "malayalam", "ml" },
	{ "mandarin", "zh" },	{ "marathi", "mr" },	{ "nepali", "ne" },
	{ "norwegian", "no" },	{ "odia", "or" },	{ "persian", "fa" },
	{ "polish", "pl" },	{ "portuguese", "pt" }, { "punjabi", "pa" },
	{ "romanian", "ro" },	{ "russian", "ru" },	{ "sinhala", "si" },
	{ "spanish", "es" },	{ "swahili", "sw" },	{ "swedish", "sv" },
	{ "tamil", "ta" },	{ "telugu", "te" },	{ "thai", "th" },
	{ "turkish", "tr" },	{ "ukrainian", "uk" },	{ "urdu", "ur" },
	{ "vietnamese", "vi" },
};

static const char *language_by_name(const char *folded)
{
	for (size_t i = 0; i < ARRAY_LEN(languages); i++)
		if (text_equal(languages[i].name, folded))
			return languages[i].tag;
	return NULL;
}

/* Whether `text` is a tag of a language that ICU knows; its usual form into `tag`. */
static bool canonical_tag(const char *text, char *tag, int32_t room)
{
	UErrorCode status = U_ZERO_ERROR;
	char locale[ULOC_FULLNAME_CAPACITY];
	int32_t read = 0;

	uloc_forLanguageTag(text, locale, sizeof(locale), &read, &status);
	if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING ||
	    read != (int32_t)strlen(text) || !*uloc_getISO3Language(locale))
		return false;
	uloc_toLanguageTag(locale, tag, room, true, &status);
	return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING;
}

int language_read(struct arena *arena, const char *text, const char **tag,
		  struct error *err)
{
	char *trimmed = text_trim(arena, text), out[64];
	const char *known;

	if (strlen(trimmed) <= 50) {
		known = language_by_name(text_fold(arena, trimmed));
		if (known) {
			*tag = known;
			return 0;
		}
		trimmed[strcspn(trimmed, ".@")] = '\0';
		for (char *p = trimmed; *p; p++)
			if (*p == '_')
				*p = '-';
		if (*trimmed && canonical_tag(trimmed, out, sizeof(out))) {
			*tag = arena_strdup(arena, out);
			return 0;
		}
	}
	return error_set(err, ERR_INVALID,
			 "not a language that is known: write its code, as en or en-IN");
}
