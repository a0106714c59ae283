/* phone_lib.h - Google's libphonenumber, for C. Private to text/. Threads: pure after
 * phone_lib_init(), which one thread calls first.
 *
 * The only file that is C++ is behind this header. No exception leaves it. */
#ifndef TEXT_PHONE_LIB_H
#define TEXT_PHONE_LIB_H

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is what the library knows nothing about. */
enum phone_lib_type {
	PHONE_LIB_UNKNOWN, PHONE_LIB_FIXED_LINE, PHONE_LIB_MOBILE,
	PHONE_LIB_FIXED_LINE_OR_MOBILE, PHONE_LIB_TOLL_FREE, PHONE_LIB_PREMIUM_RATE,
	PHONE_LIB_SHARED_COST, PHONE_LIB_VOIP, PHONE_LIB_PERSONAL, PHONE_LIB_PAGER,
	PHONE_LIB_UAN, PHONE_LIB_VOICEMAIL,
};

/* Why a text is no number. The first six are errors of parsing: nothing else is set. */
enum phone_lib_result {
	PHONE_LIB_NOT_A_NUMBER, PHONE_LIB_INVALID_COUNTRY_CODE,
	PHONE_LIB_TOO_SHORT_AFTER_IDD, PHONE_LIB_TOO_SHORT_NSN, PHONE_LIB_TOO_LONG_NSN,
	PHONE_LIB_FAILED,
	PHONE_LIB_LOCAL_ONLY, PHONE_LIB_TOO_SHORT, PHONE_LIB_TOO_LONG,
	PHONE_LIB_INVALID_LENGTH, PHONE_LIB_NO_SUCH_COUNTRY,
	PHONE_LIB_POSSIBLE, PHONE_LIB_VALID,
};

struct phone_lib {
	enum phone_lib_result result;
	enum phone_lib_type type;
	int calling_code;       /* 91 */
	char e164[24];          /* set for everything that parses, possible or not */
	char region[4];         /* "IN"; "001" for +800; "" when not known */
	char extension[24];     /* digits, or "" */
};

/* Formatting costs as much as parsing (12 us each): done when somebody asks. */
enum phone_lib_form { PHONE_LIB_NATIONAL, PHONE_LIB_INTERNATIONAL };
#define PHONE_LIB_FORM_SIZE 96

bool phone_lib_init(void);

/* `region` is two upper-case letters, or "ZZ" for none. `text` is UTF-8 of at most 250
 * bytes; longer is not a number. */
void phone_lib_parse(const char *text, const char *region, struct phone_lib *out);

/* Writes a number as people do; `extension` may be NULL. Returns whether `e164` was
 * one. */
bool phone_lib_format(const char *e164, const char *extension, enum phone_lib_form form,
		      char out[PHONE_LIB_FORM_SIZE]);

/* The calling code of a region, 0 if there is none; and the main region of a calling
 * code ("US" of 1), "ZZ" if there is none, "001" for one of the whole world. */
int phone_lib_calling_code(const char *region);
void phone_lib_region(int calling_code, char region[4]);

#ifdef __cplusplus
}
#endif

#endif
