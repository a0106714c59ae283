/* idn.h - domain names beyond ASCII. Private to text/. Threads: pure. */
#ifndef TEXT_IDN_H
#define TEXT_IDN_H

#include "base/arena.h"
#include "base/error.h"

/* A domain as A-label in lower case, by UTS 46 non-transitional processing with the STD3
 * rules, the checks of joiners and of direction. ERR_INVALID when it has none. */
int idn_to_ascii(struct arena *arena, const char *domain, const char **ascii,
		 struct error *err);

#endif
