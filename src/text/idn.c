/* idn.c - domain names beyond ASCII. Threads: pure. */
#include "text/idn.h"

#include <stdint.h>
#include <string.h>
#include <unicode/uidna.h>

#define ASCII_MAX 512

static int refuse(uint32_t errors, struct error *err)
{
	if (errors & (UIDNA_ERROR_EMPTY_LABEL))
		return error_set(err, ERR_INVALID,
				 "has two dots in a row, or one beside the @: remove it");
	if (errors & (UIDNA_ERROR_LABEL_TOO_LONG | UIDNA_ERROR_DOMAIN_NAME_TOO_LONG))
		return error_set(err, ERR_INVALID,
				 "has a domain that is too long: shorten it");
	if (errors & (UIDNA_ERROR_PUNYCODE | UIDNA_ERROR_INVALID_ACE_LABEL))
		return error_set(err, ERR_INVALID,
				 "has a broken xn-- name in its domain: write it in letters");
	if (errors & UIDNA_ERROR_BIDI)
		return error_set(err, ERR_INVALID, "mixes directions of writing in its "
						   "domain: write it anew");
	return error_set(err, ERR_INVALID,
			 "has a character that no domain can hold: write the domain anew");
}

int idn_to_ascii(struct arena *arena, const char *domain, const char **ascii,
		 struct error *err)
{
	const uint32_t options = UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
				 UIDNA_NONTRANSITIONAL_TO_ASCII;
	UIDNAInfo info = UIDNA_INFO_INITIALIZER;
	UErrorCode status = U_ZERO_ERROR;
	UIDNA *idna = uidna_openUTS46(options, &status);
	char out[ASCII_MAX];
	int32_t len;

	if (U_FAILURE(status))
		return error_set(err, ERR_INTERNAL, "ICU: %s", u_errorName(status));
	len = uidna_nameToASCII_UTF8(idna, domain, (int32_t)strlen(domain), out, sizeof(out),
				     &info, &status);
	uidna_close(idna);
	if (status == U_BUFFER_OVERFLOW_ERROR)
		return refuse(UIDNA_ERROR_DOMAIN_NAME_TOO_LONG, err);
	if (U_FAILURE(status) || info.errors)
		return refuse(info.errors, err);
	*ascii = arena_strndup(arena, out, (size_t)len);
	return 0;
}
