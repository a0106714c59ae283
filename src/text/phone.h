/* phone.h - a phone number as somebody wrote it. Threads: pure (after text_init()).
 *
 * Behind it stands Google's libphonenumber 8.12.57, whose numbering plans are of
 * October 2022: ranges that opened since are possible to it, but not valid. So only
 * what cannot be a number at all is refused; what is possible and not valid is taken as
 * `suspect`. The fact sheet "phone and identity", section 1, is the reference. */
#ifndef TEXT_PHONE_H
#define TEXT_PHONE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

enum phone_verdict {
	PHONE_INVALID, /* zero: what nobody settled is no number */
	PHONE_SUSPECT, /* has a possible length, but is in no range that we know */
	PHONE_VALID,
};

enum phone_type {
	PHONE_UNKNOWN,    /* also all that are not PHONE_VALID */
	PHONE_FIXED_LINE,
	PHONE_MOBILE,
	PHONE_FIXED_LINE_OR_MOBILE, /* all of +1: cannot be told apart */
	PHONE_TOLL_FREE, PHONE_PREMIUM_RATE, PHONE_SHARED_COST, PHONE_VOIP,
	PHONE_PERSONAL, PHONE_PAGER, PHONE_UAN, PHONE_VOICEMAIL,
};

/* Bits of struct phone's flags. `shared`, `multi_zone` and `learnt_landline` are not
 * seen in a number; whoever learns them sets them. */
#define PHONE_FLAG_DUMMY 0x001       /* 9999999999, 1234567890, 555-0123: nobody's */
#define PHONE_FLAG_SHARED 0x002
#define PHONE_FLAG_PREMIUM 0x004     /* the caller pays more: premium, shared cost */
#define PHONE_FLAG_TOLL_FREE 0x008
#define PHONE_FLAG_EXTENSION 0x010
#define PHONE_FLAG_MULTI_ZONE 0x020
#define PHONE_FLAG_LEARNT_LANDLINE 0x040
#define PHONE_FLAG_SECOND 0x080      /* the field held another number: `second` */
#define PHONE_FLAG_GUESSED_CODE 0x100 /* read as if it began with + */
#define PHONE_FLAG_SPAM 0x200        /* a series of callers, not of people: +91 140 */
#define PHONE_FLAG_REPAIRED 0x400    /* a label or a spreadsheet's ".0" was cut off */

/* Everything is the arena's or constant. Texts are NULL when there are none: of an
 * invalid number all but `raw`, `region_hint`, `reason`, `problem`, `instruction`. */
struct phone {
	const char *raw;           /* as given */
	const char *region_hint;   /* the region it was read for, "ZZ" if none */
	enum phone_verdict verdict;
	const char *reason;        /* word for programs, NULL of a valid one */
	const char *problem;       /* the same for people: "too short for a number" */
	const char *instruction;   /* what to do: "add the missing digits" */

	const char *e164;          /* "+919876543210" */
	const char *region;        /* "IN"; NULL when only the calling code is known */
	int calling_code;          /* 91; 0 of an invalid one */
	enum phone_type type;
	const char *extension;     /* digits */
	unsigned flags;            /* PHONE_FLAG_... */
	const struct phone *second; /* the next number of the same field, at most 3 */
};

/* Reasons of invalid numbers: NOT_A_NUMBER, INVALID_COUNTRY_CODE, TOO_SHORT_AFTER_IDD,
 * TOO_SHORT_NSN, TOO_LONG_NSN (not readable), TOO_SHORT, TOO_LONG, INVALID_LENGTH,
 * LOCAL_ONLY (readable, not possible). Of suspect ones: UNKNOWN_RANGE. */

/* How to read a number that does not say its country. */
struct phone_rules {
	const char *region;         /* "IN", "in"; NULL, "" or "ZZ": none */
	const char *const *markets; /* where the workspace sells: "IN", "US"; may be NULL */
	size_t nmarkets;
	bool is_live;               /* then 9876543210, everybody's example, is a dummy */
};

/* Reads `raw`. Returns 0 when it is valid or suspect. Fails with ERR_INVALID when it is
 * not a number; *phone then has verdict, reason, problem and instruction, and the error
 * says the last two in one line, without the value.
 *
 * Takes what people and files write: "p:", "tel:", blanks, brackets, dots, digits of
 * other scripts, full width, letters ("1-800-FLOWERS"), extensions, "00" and the
 * region's own prefix. Then, only if that gives no valid number:
 *   - a ".0" that a spreadsheet left and a label ("(home)") are cut off;
 *   - if the digits begin with the calling code of one of the markets, they are read as
 *     if a + stood before them;
 *   - the field is split at / , ; | & "or" "and" and line ends, and the first number is
 *     taken, the others hang at `second`.
 * "9.88E+09" is refused: a spreadsheet has thrown digits away. */
int phone_parse(struct arena *arena, const char *raw, const char *region,
		struct phone *phone, struct error *err);
int phone_parse_by(struct arena *arena, const char *raw, const struct phone_rules *rules,
		   struct phone *phone, struct error *err);

/* Whether campaigns may ring it: not premium, shared cost, UAN, pager, voicemail,
 * dummies or spam series; toll-free only if `with_toll_free`. */
bool phone_is_reachable(const struct phone *phone, bool with_toll_free);

/* How a number can be written. The last two are for CRMs that want bare digits: E.164
 * without its +, and the national number without the country's own prefix. */
enum phone_form {
	PHONE_FORM_E164,            /* "+919876543210" */
	PHONE_FORM_NATIONAL,        /* "098765 43210", "(415) 555-2671 ext. 89" */
	PHONE_FORM_INTERNATIONAL,   /* "+91 98765 43210" */
	PHONE_FORM_DIGITS,          /* "919876543210" */
	PHONE_FORM_NATIONAL_DIGITS, /* "9876543210" */
};

/* A number that is not PHONE_INVALID in that form, the arena's; NULL of an invalid one.
 * National and international cost as much as phone_parse() itself. */
const char *phone_text(struct arena *arena, const struct phone *phone,
		       enum phone_form form);

/* For mappings: parses what stands in a field, E.164 or anything that phone_parse()
 * takes for `region`, and writes it in that form. Fails like phone_parse(). */
int phone_format(struct arena *arena, const char *text, const char *region,
		 enum phone_form form, const char **out, struct error *err);

/* phone_format() to E.164 and to the national form; NULL when it is not a number. */
const char *phone_e164(struct arena *arena, const char *text, const char *region);
const char *phone_national(struct arena *arena, const char *text, const char *region);

/* Words as they stand in answers: "valid", "MOBILE", "toll_free". phone_flag_name()
 * takes one bit and gives NULL for one that is none. */
const char *phone_verdict_name(enum phone_verdict verdict);
const char *phone_type_name(enum phone_type type);
const char *phone_flag_name(unsigned flag);
#define PHONE_FLAGS 11 /* bits in use: for (i = 0; i < PHONE_FLAGS; i++) ... 1u << i */

#endif
