/* utf16.h - between our UTF-8 and ICU's UTF-16. Private to text/. Threads: pure. */
#ifndef TEXT_UTF16_H
#define TEXT_UTF16_H

#include <stddef.h>
#include <unicode/utypes.h>

#include "base/arena.h"

/* The arena's; *len counts code units, without the NUL. Text that is not well-formed
 * UTF-8 comes with U+FFFD for what is not. */
UChar *utf16_of(struct arena *arena, const char *text, int32_t *len);

/* The arena's. Lone surrogates become U+FFFD. */
char *utf8_of(struct arena *arena, const UChar *units, int32_t len);

#endif
