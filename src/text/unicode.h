/* unicode.h - normal forms, case folding, and what a field of text may hold.
 * Threads: pure.
 *
 * Everything in text/ takes well-formed UTF-8 without NUL; the edges refuse the rest.
 * Bytes that are not are no danger, but come back as U+FFFD. */
#ifndef TEXT_UNICODE_H
#define TEXT_UNICODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/* Loads what ICU and libphonenumber load on first use (normaliser, metadata: about
 * 10 ms), so that the first lead does not wait for it and no two threads do it at
 * once. Call it once, before threads start. Fails with ERR_INTERNAL when ICU's data is
 * not there. */
int text_init(struct error *err);

/* Unicode normal forms. The text itself when it is ASCII or in that form already, else
 * a copy in the arena. NFC changes no character that a reader can see; NFKC makes
 * full-width letters narrow and ligatures plain: for keys, never for what is kept. */
const char *text_nfc(struct arena *arena, const char *text);
const char *text_nfkc(struct arena *arena, const char *text);

/* Full case folding ("Straße" and "STRASSE" are equal), in NFC: for comparing, never
 * for showing. Does not depend on a language: I folds to i, also in Turkish. */
const char *text_fold(struct arena *arena, const char *text);

/* Whether all bytes are ASCII. */
bool text_is_ascii(const char *text);

/* One field as somebody wrote it. A name, a company, a city is one line; a message or
 * note has several. */
enum text_kind { TEXT_LINE, TEXT_LINES };

/* Takes a field's text: cuts ASCII blanks on both sides and changes nothing else, so
 * that what was written comes back byte for byte. *clean is the arena's, or `raw`.
 *
 * Refused with ERR_INVALID, naming the character, are control characters that no
 * keyboard types and that files, mail headers and CRMs stumble over: U+0001 to U+001F
 * and U+007F. Kept are the tab, and in TEXT_LINES line feed and carriage return.
 * U+0080 to U+009F are kept: they are what a wrongly decoded apostrophe looks like, and
 * no reason to lose a lead. So are marks of direction, joiners, private and unassigned
 * characters. More than `max_len` code points are ERR_LIMIT; 0 means no limit. */
int text_clean(struct arena *arena, const char *raw, enum text_kind kind, size_t max_len,
	       const char **clean, struct error *err);

#endif
