/* twilio_segments.c - how many parts a text takes on its way (5). Threads: pure. */
#include <string.h>

#include "sandbox/twilio.h"

/* GSM 03.38 beyond ASCII; those of the extension table count twice. */
static const char gsm_more[] = "£¥èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà¤¡";
static const char gsm_twice[] = "^{}\\[~]|€";

int twilio_segments(const char *text)
{
	int gsm = 0, ucs2 = 0;
	bool is_gsm = true;

	while (*text) {
		unsigned char lead = (unsigned char)*text;
		size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
		char letter[5] = { 0 };

		memcpy(letter, text, strnlen(text, len));
		ucs2 += len == 4 ? 2 : 1;
		if (strstr(gsm_twice, letter))
			gsm += 2;
		else if ((len == 1 && lead != '`') || strstr(gsm_more, letter))
			gsm++;
		else
			is_gsm = false;
		text += strnlen(text, len);
	}
	if (is_gsm)
		return gsm <= 160 ? 1 : (gsm + 152) / 153;
	return ucs2 <= 70 ? 1 : (ucs2 + 66) / 67;
}
