#include "../support/check.h"

#include "base/attributes.h"
#include "base/text.h"
#include "sources/encoding.h"

#define BYTES(text) text, sizeof(text) - 1

static void heads_are_told_apart(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		enum encoding is;
		size_t mark;
	} heads[] = {
		{ BYTES(""), ENCODING_ASCII, 0 },
		{ BYTES("abc"), ENCODING_ASCII, 0 },
		{ BYTES("\xEF\xBB\xBF" "abc"), ENCODING_UTF8, 3 },
		{ BYTES("\xFF\xFE" "a\0"), ENCODING_UTF16LE, 2 },
		{ BYTES("\xFE\xFF\0a"), ENCODING_UTF16BE, 2 },
		{ BYTES("a\0b\0c\0"), ENCODING_UTF16LE, 0 },
		{ BYTES("\0a\0b\0c"), ENCODING_UTF16BE, 0 },
		{ BYTES("Zo\xC3\xAB"), ENCODING_UTF8, 0 },
		{ BYTES("Zo\xC3"), ENCODING_ASCII, 0 },         /* cut: not decided yet */
		{ BYTES("Zo\xE2\x82"), ENCODING_ASCII, 0 },
		{ BYTES("Zo\xF0\x9F\x98"), ENCODING_ASCII, 0 },
		{ BYTES("\xC3\xAB\xF0\x9F\x98"), ENCODING_UTF8, 0 },
		{ BYTES("Zo\xEB,"), ENCODING_WINDOWS_1252, 0 },
		{ BYTES("\x80\x80\x80\x80"), ENCODING_WINDOWS_1252, 0 },
		{ BYTES("Zo\xC3\xAB,0123456789012345678901234567890123456789\0x"),
		  ENCODING_UTF8, 0 },                           /* a stray NUL decides nothing */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		size_t mark;
		enum encoding encoding = encoding_guess(heads[i].bytes, heads[i].len, &mark);

		if (encoding != heads[i].is || mark != heads[i].mark)
			fail_msg("%zu: %s", i, encoding_name(encoding));
	}
}

/* The same whatever the pieces and the room. */
static void streams_are_decoded(void **state)
{
	static const struct {
		enum encoding encoding;
		const char *bytes;
		size_t len;
		const char *text;
	} streams[] = {
		{ ENCODING_ASCII, BYTES("abc"), "abc" },
		{ ENCODING_ASCII, BYTES("aZo\xC3\xABz"), "aZo\xC3\xABz" },
		{ ENCODING_ASCII, BYTES("aZo\xEBz"), "aZo\xC3\xABz" },
		{ ENCODING_ASCII, BYTES("aZo\xEB"), "aZo\xC3\xAB" },
		{ ENCODING_UTF8, BYTES("a\xEBz"), "a\xEBz" },
		{ ENCODING_WINDOWS_1252, BYTES("\x80\x81z"), "\xE2\x82\xAC\xFFz" },
		{ ENCODING_UTF16LE, BYTES("a\0\x3D\xD8\x00\xDEz\0"), "a\xF0\x9F\x98\x80z" },
		{ ENCODING_UTF16BE, BYTES("\0a\xD8\x3D\0z"), "a\xFFz" },
		{ ENCODING_UTF16LE, BYTES("a\0b"), "a\xFF" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(streams); i++)
		for (size_t room = 4; room < 12; room++) {
			struct decoder decoder;
			struct error err;
			char out[64];
			size_t at = 0, len = 0, n, written;

			assert_int_equal(decoder_open(&decoder, streams[i].encoding, &err), 0);
			do {
				n = decoder_run(&decoder, streams[i].bytes + at,
						streams[i].len - at, true, out + len, room,
						&written);
				assert_true(written <= room);
				at += n;
				len += written;
			} while (n > 0);
			out[len] = '\0';
			decoder_end(&decoder);
			assert_int_equal(at, streams[i].len);
			assert_string_equal(out, streams[i].text);
		}
}

static void charsets_are_converted(void **state)
{
	static const struct {
		const char *charset, *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{ NULL, BYTES("Zo\xC3\xAB"), "Zo\xC3\xAB" },
		{ "UTF-8", BYTES(""), "" },
		{ "Latin1", BYTES("\x80"), "\xE2\x82\xAC" },
		{ "windows-1251", BYTES("\xC4\xE0"), "\xD0\x94\xD0\xB0" },
		{ "gb2312", BYTES("\xC4\xE3"), "\xE4\xBD\xA0" },
		{ "big5", BYTES("\xA7\x41"), "\xE4\xBD\xA0" },
		{ "euc-kr", BYTES("\xB0\xA1"), "\xEA\xB0\x80" },
		{ NULL, BYTES("\xEB"), NULL },
		{ NULL, BYTES("a\0"), NULL },
		{ "latin1", BYTES("a\0"), NULL },
		{ "shift_jis", BYTES("\x83"), NULL },
		{ "utf-7", BYTES("a"), NULL },
		{ "", BYTES("a"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct arena *arena = arena_new();
		const char *text = NULL;
		struct error err;

		if (encoding_convert(arena, cases[i].charset, cases[i].bytes, cases[i].len,
				     &text, &err) < 0)
			assert_int_equal(err.code, ERR_INVALID);
		if (!text_equal(text, cases[i].text))
			fail_msg("%zu: %s", i, text ? text : err.message);
		arena_free(arena);
	}
}

static void broken_text_can_be_shown(void **state)
{
	char text[] = "a\xFF\xC3\xAB\xE2\x82";

	(void)state;
	encoding_make_valid(text, sizeof(text) - 1);
	assert_string_equal(text, "a?\xC3\xAB??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_are_told_apart),
		cmocka_unit_test(streams_are_decoded),
		cmocka_unit_test(charsets_are_converted),
		cmocka_unit_test(broken_text_can_be_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
