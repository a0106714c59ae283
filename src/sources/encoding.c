/* encoding.c - what the bytes of a file or form are, and making them UTF-8.
 * Threads: one at a time. */
#include "sources/encoding.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

const char *encoding_name(enum encoding encoding)
{
	switch (encoding) {
	case ENCODING_ASCII:
	case ENCODING_UTF8:
		return "UTF-8";
	case ENCODING_UTF16LE:
		return "UTF-16LE";
	case ENCODING_UTF16BE:
		return "UTF-16BE";
	case ENCODING_WINDOWS_1252:
		return "Windows-1252";
	}
	return NULL;
}

static const struct {
	const char *bytes;
	size_t len;
	enum encoding encoding;
} marks[] = {
	{ "\xEF\xBB\xBF", 3, ENCODING_UTF8 },
	{ "\xFF\xFE", 2, ENCODING_UTF16LE },
	{ "\xFE\xFF", 2, ENCODING_UTF16BE },
};

static size_t ascii_len(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len && !((unsigned char)bytes[i] & 0x80))
		i++;
	return i;
}

/* Bytes at the end that may be the begin of a character that goes on later. */
static size_t cut_len(const char *bytes, size_t len)
{
	for (size_t back = 1; back <= 3 && back <= len; back++) {
		unsigned char c = (unsigned char)bytes[len - back];

		if (c >= 0xC0)
			return c >= 0xF0 || (c >= 0xE0 && back < 3) || back < 2 ? back : 0;
		if (c < 0x80)
			return 0;
	}
	return 0;
}

/* Even Hindi in UTF-16 has NULs where the blanks, delimiters and line ends are: at
 * least one byte in fifty. A stray NUL or two in another file is not that. */
static bool guess_utf16(const char *head, size_t len, enum encoding *encoding)
{
	size_t even = 0, odd = 0;

	for (size_t i = 0; i < len; i++)
		if (!head[i])
			(*(i % 2 ? &odd : &even))++;
	*encoding = odd > even ? ENCODING_UTF16LE : ENCODING_UTF16BE;
	if (50 * (odd + even) < len || (odd + even < 8 && 4 * (odd + even) < len))
		return false;
	return odd > 3 * even || even > 3 * odd;
}

/* UTF-8 has no NUL; here it is a broken cell and not what decides. */
static bool is_utf8_but_nul(const char *bytes, size_t len)
{
	while (len > 0) {
		size_t part = strnlen(bytes, len);

		if (!text_is_utf8(bytes, part))
			return false;
		if (part == len)
			return true;
		bytes += part + 1;
		len -= part + 1;
	}
	return true;
}

enum encoding encoding_guess(const char *head, size_t len, size_t *mark_len)
{
	enum encoding encoding;
	size_t sure = len - cut_len(head, len);

	for (size_t i = 0; i < ARRAY_LEN(marks); i++) {
		*mark_len = marks[i].len;
		if (len >= marks[i].len && memcmp(head, marks[i].bytes, marks[i].len) == 0)
			return marks[i].encoding;
	}
	*mark_len = 0;
	if (guess_utf16(head, len, &encoding))
		return encoding;
	if (ascii_len(head, len) >= sure)
		return ENCODING_ASCII;
	return is_utf8_but_nul(head, sure) ? ENCODING_UTF8 : ENCODING_WINDOWS_1252;
}

int decoder_open(struct decoder *decoder, enum encoding encoding, struct error *err)
{
	const char *from = encoding == ENCODING_WINDOWS_1252 ? "CP1252" :
							       encoding_name(encoding);

	*decoder = (struct decoder){ .encoding = encoding };
	if (encoding == ENCODING_ASCII || encoding == ENCODING_UTF8)
		return 0;
	decoder->convert = iconv_open("UTF-8", from);
	if (decoder->convert == (iconv_t)-1)
		return error_set(err, ERR_INTERNAL,
				 "the C library has no conversion from %s", from);
	decoder->is_open = true;
	return 0;
}

void decoder_end(struct decoder *decoder)
{
	if (decoder->is_open)
		iconv_close(decoder->convert);
	decoder->is_open = false;
}

static size_t copy(const char *in, size_t len, char *out, size_t room, size_t *written)
{
	*written = len < room ? len : room;
	memcpy(out, in, *written);
	return *written;
}

/* All was ASCII so far. A file that says nothing about itself is decided by its first
 * other bytes, however late they come: up to there all encodings agree. */
static bool decide(struct decoder *decoder, const char *in, size_t len, bool is_last)
{
	size_t sure = is_last ? len : len - cut_len(in, len);
	enum encoding encoding;

	if (sure == 0)
		return false;
	encoding = is_utf8_but_nul(in, sure) ? ENCODING_UTF8 : ENCODING_WINDOWS_1252;
	/* Without the conversion the bytes pass unchanged and their rows are refused. */
	if (decoder_open(decoder, encoding, NULL) < 0)
		decoder->encoding = ENCODING_UTF8;
	return true;
}

static size_t run_iconv(struct decoder *decoder, const char *in, size_t len, bool is_last,
			char *out, size_t room, size_t *written)
{
	size_t unit = decoder->encoding == ENCODING_WINDOWS_1252 ? 1 : 2, left = len;
	char *from = (char *)in, *to = out;

	while (left > 0 && room > 0) {
		if (iconv(decoder->convert, &from, &left, &to, &room) != (size_t)-1)
			break;
		if (errno == E2BIG || (errno == EINVAL && !is_last) || room == 0)
			break;
		*to++ = DECODER_BAD;
		room--;
		from += left < unit ? left : unit;
		left -= left < unit ? left : unit;
	}
	*written = (size_t)(to - out);
	return len - left;
}

size_t decoder_run(struct decoder *decoder, const char *in, size_t len, bool is_last,
		   char *out, size_t room, size_t *written)
{
	if (decoder->encoding == ENCODING_ASCII) {
		size_t plain = ascii_len(in, len);

		if (plain > 0 || !decide(decoder, in, len, is_last))
			return copy(in, plain, out, room, written);
	}
	if (decoder->is_open)
		return run_iconv(decoder, in, len, is_last, out, room, written);
	return copy(in, len, out, room, written);
}

/* Labels of the WHATWG Encoding standard that forms and portals really send, and what
 * iconv calls them. Browsers take Latin-1 for Windows-1252, and so do we. */
static const struct {
	const char *label, *iconv;
} charsets[] = {
	{ "utf-8", NULL },		{ "utf8", NULL },
	{ "us-ascii", NULL },		{ "ascii", NULL },
	{ "windows-1252", "CP1252" },	{ "cp1252", "CP1252" },
	{ "iso-8859-1", "CP1252" },	{ "latin1", "CP1252" },
	{ "iso-8859-15", "ISO-8859-15" }, { "iso-8859-2", "ISO-8859-2" },
	{ "windows-1250", "CP1250" },	{ "windows-1251", "CP1251" },
	{ "windows-1253", "CP1253" },	{ "windows-1254", "CP1254" },
	{ "windows-1255", "CP1255" },	{ "windows-1256", "CP1256" },
	{ "koi8-r", "KOI8-R" },		{ "shift_jis", "CP932" },
	{ "euc-jp", "EUC-JP" },		{ "euc-kr", "CP949" },
	{ "gbk", "GB18030" },		{ "gb2312", "GB18030" },
	{ "gb18030", "GB18030" },	{ "big5", "BIG5-HKSCS" },
};

static int convert(struct arena *arena, const char *charset, const char *from,
		   const char *bytes, size_t len, const char **text, struct error *err)
{
	size_t room = 4 * len + 4, left = len;
	char *out = arena_alloc(arena, room + 1), *to = out, *in = (char *)bytes;
	iconv_t conversion = iconv_open("UTF-8", from);
	size_t rc;

	if (conversion == (iconv_t)-1)
		return error_set(err, ERR_INTERNAL, "charset: no conversion from %s", from);
	rc = iconv(conversion, &in, &left, &to, &room);
	if (rc != (size_t)-1)
		rc = iconv(conversion, NULL, NULL, &to, &room);
	iconv_close(conversion);
	if (rc == (size_t)-1 || memchr(out, '\0', (size_t)(to - out)))
		return error_set(err, ERR_INVALID, "not text in %s", charset);
	*to = '\0';
	*text = out;
	return 0;
}

int encoding_convert(struct arena *arena, const char *charset, const char *bytes,
		     size_t len, const char **text, struct error *err)
{
	size_t i = 0;

	if (!charset)
		charset = "utf-8";
	while (i < ARRAY_LEN(charsets) && !text_equal_nocase(charset, charsets[i].label))
		i++;
	if (i == ARRAY_LEN(charsets))
		return error_set(err, ERR_INVALID, "charset: not known; use utf-8");
	if (charsets[i].iconv)
		return convert(arena, charsets[i].label, charsets[i].iconv, bytes, len, text,
			       err);
	if (!text_is_utf8(bytes, len))
		return error_set(err, ERR_INVALID, "not text in UTF-8");
	*text = arena_strndup(arena, bytes, len);
	return 0;
}

void encoding_make_valid(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t n = 1;

		while (n <= 4 && i + n <= len && !text_is_utf8(text + i, n))
			n++;
		if (n > 4 || i + n > len)
			text[i] = '?';
		else
			i += n - 1;
	}
}
