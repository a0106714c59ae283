#include "../support/check.h"

#include "base/encode.h"

static int setup(void **state)
{
	*state = arena_new();
	return 0;
}

static int teardown(void **state)
{
	arena_free(*state);
	return 0;
}

/* RFC 4648, section 10, and the bytes that tell the two alphabets apart. */
static const struct {
	const char *bytes;
	size_t len;
	const char *hex, *base64, *base64url;
} vectors[] = {
	{ "", 0, "", "", "" },
	{ "f", 1, "66", "Zg==", "Zg" },
	{ "fo", 2, "666f", "Zm8=", "Zm8" },
	{ "foo", 3, "666f6f", "Zm9v", "Zm9v" },
	{ "foob", 4, "666f6f62", "Zm9vYg==", "Zm9vYg" },
	{ "fooba", 5, "666f6f6261", "Zm9vYmE=", "Zm9vYmE" },
	{ "foobar", 6, "666f6f626172", "Zm9vYmFy", "Zm9vYmFy" },
	{ "\0\xff\xfb\xef", 4, "00fffbef", "AP/77w==", "AP_77w" },
};

typedef int decoder(struct arena *arena, const char *text, unsigned char **bytes, size_t *len,
		    struct error *err);

static void reads_back(decoder *decode, const char *text, const char *bytes, size_t len,
		       struct arena *arena)
{
	unsigned char *got;
	size_t got_len;

	assert_int_equal(decode(arena, text, &got, &got_len, NULL), 0);
	assert_int_equal(got_len, len);
	assert_memory_equal(got, bytes, len);
	assert_int_equal(got[len], 0);
}

static void bytes_become_text_and_come_back(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		const char *bytes = vectors[i].bytes;
		size_t len = vectors[i].len;

		assert_string_equal(hex_encode(*state, bytes, len), vectors[i].hex);
		assert_string_equal(base64_encode(*state, bytes, len), vectors[i].base64);
		assert_string_equal(base64url_encode(*state, bytes, len), vectors[i].base64url);
		reads_back(hex_decode, vectors[i].hex, bytes, len, *state);
		reads_back(base64_decode, vectors[i].base64, bytes, len, *state);
		reads_back(base64url_decode, vectors[i].base64url, bytes, len, *state);
	}
	reads_back(hex_decode, "00FFfbEF", "\0\xff\xfb\xef", 4, *state);
}

static void every_length_comes_back(void **state)
{
	unsigned char bytes[300];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		const char *as_bytes = (const char *)bytes;

		reads_back(hex_decode, hex_encode(*state, bytes, len), as_bytes, len, *state);
		reads_back(base64_decode, base64_encode(*state, bytes, len), as_bytes, len,
			   *state);
		reads_back(base64url_decode, base64url_encode(*state, bytes, len), as_bytes, len,
			   *state);
	}
}

static const struct {
	decoder *decode;
	const char *text, *message;
} refusals[] = {
	{ hex_decode, "0", "not hexadecimal" },
	{ hex_decode, "0g", "not hexadecimal" },
	{ hex_decode, "00 ", "not hexadecimal" },
	{ hex_decode, "00:11", "not hexadecimal" },
	{ hex_decode, "0x00", "not hexadecimal" },
	{ base64_decode, "Zg", "not base64" },
	{ base64_decode, "Zg=", "not base64" },
	{ base64_decode, "Zg===", "not base64" },
	{ base64_decode, "Zh==", "not base64" }, /* bits behind the byte */
	{ base64_decode, "Z", "not base64" },
	{ base64_decode, "Zm9v\n", "not base64" },
	{ base64_decode, " Zm9v", "not base64" },
	{ base64_decode, "AP_7", "not base64" },
	{ base64_decode, "Zg==Zg==", "not base64" },
	{ base64_decode, "====", "not base64" },
	{ base64url_decode, "Zg==", "not base64" },
	{ base64url_decode, "AP/7", "not base64" },
	{ base64url_decode, "Z", "not base64" },
	{ base64url_decode, "Zh", "not base64" },
};

static void what_is_not_encoded_is_refused(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		struct error err = { 0 };
		unsigned char *bytes;
		size_t len;

		if (refusals[i].decode(*state, refusals[i].text, &bytes, &len, &err) != -1)
			fail_msg("case %zu: %s was read", i, refusals[i].text);
		assert_int_equal(err.code, ERR_INVALID);
		assert_string_equal(err.message, refusals[i].message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(bytes_become_text_and_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(every_length_comes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_encoded_is_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
