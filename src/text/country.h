/* country.h - countries and languages as people write them. Threads: pure. */
#ifndef TEXT_COUNTRY_H
#define TEXT_COUNTRY_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

#define COUNTRY_SIZE 3 /* two letters and NUL */

/* The ISO 3166 code of a country ("IN") that is given as that code or as the one of
 * three letters in any case, by its English name or another usual one ("UK", "U.S.A.",
 * "Bharat", "Deutschland"), or by calling code ("+91", "0091", "91"; of several
 * countries' the main one: +1 is US). Returns whether it was one; else iso2 is "".
 * Codes and usual names take some 100 ns, others up to 0.1 ms. */
bool country_parse(const char *text, char iso2[COUNTRY_SIZE]);

/* country_parse() for a field: ERR_INVALID says what to write. *iso2 is the arena's. */
int country_read(struct arena *arena, const char *text, const char **iso2,
		 struct error *err);

/* The English name, the arena's; NULL when `iso2` is no country's code. */
const char *country_name(struct arena *arena, const char *iso2);

/* 91 of "IN"; 0 when there is none. */
int country_calling_code(const char *iso2);

/* A language as a BCP 47 tag in its usual case ("en", "en-IN", "zh-Hans-CN"), from a tag
 * in any case, with _ for -, from a locale ("en_IN.UTF-8"), from a code of three letters
 * ("hin"), or from an English name of a common language ("Hindi"). The arena's. Fails
 * with ERR_INVALID when the language is not one. */
int language_read(struct arena *arena, const char *text, const char **tag,
		  struct error *err);

#endif
