#include "../support/check.h"

#include <pthread.h>

#include "base/encode.h"
#include "base/hash.h"

static void sha256_is_that_of_fips_180(void **state)
{
	static const struct {
		const char *text, *digest;
	} vectors[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		unsigned char digest[SHA256_SIZE];

		sha256(vectors[i].text, strlen(vectors[i].text), digest);
		assert_string_equal(hex_encode(arena, digest, sizeof(digest)), vectors[i].digest);
	}
	arena_free(arena);
}

static void hmac_is_that_of_rfc_4231(void **state)
{
	static const struct {
		const char *key, *text, *mac;
	} vectors[] = {
		{ "Jefe", "what do ya want for nothing?",
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
		{ "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b",
		  "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
		unsigned char mac[SHA256_SIZE];

		hmac_sha256(vectors[i].key, strlen(vectors[i].key), vectors[i].text,
			    strlen(vectors[i].text), mac);
		assert_string_equal(hex_encode(arena, mac, sizeof(mac)), vectors[i].mac);
	}
	arena_free(arena);
}

/* Each call has its own key, also none at all. The MAC of nothing is Python's
 * hmac.new(b"", b"", "sha256"). */
static void hmac_forgets_the_key_before(void **state)
{
	static const char of_nothing[] =
		"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
	unsigned char first[SHA256_SIZE], other[SHA256_SIZE], again[SHA256_SIZE];
	struct arena *arena = arena_new();

	(void)state;
	hmac_sha256("one", 3, "text", 4, first);
	hmac_sha256("", 0, "", 0, other);
	assert_string_equal(hex_encode(arena, other, sizeof(other)), of_nothing);
	hmac_sha256(NULL, 0, NULL, 0, other);
	assert_string_equal(hex_encode(arena, other, sizeof(other)), of_nothing);
	hmac_sha256("one", 3, "text", 4, again);
	assert_memory_equal(first, again, sizeof(first));
	hmac_sha256("two", 3, "text", 4, other);
	assert_memory_not_equal(first, other, sizeof(first));
	arena_free(arena);
}

static void *mac_in_a_thread(void *context)
{
	hmac_sha256("one", 3, "text", 4, context);
	return NULL;
}

static void hmac_is_the_same_in_every_thread(void **state)
{
	unsigned char here[SHA256_SIZE], there[8][SHA256_SIZE];
	pthread_t threads[8];

	(void)state;
	hmac_sha256("one", 3, "text", 4, here);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, mac_in_a_thread, there[i]), 0);
	for (size_t i = 0; i < ARRAY_LEN(threads); i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_memory_equal(here, there[i], sizeof(here));
	}
}

/* A key longer than the block is hashed first (RFC 4231, case 6). */
static void long_hmac_key_is_taken(void **state)
{
	static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	unsigned char key[131], mac[SHA256_SIZE];
	struct arena *arena = arena_new();

	(void)state;
	memset(key, 0xaa, sizeof(key));
	hmac_sha256(key, sizeof(key), text, sizeof(text) - 1, mac);
	assert_string_equal(hex_encode(arena, mac, sizeof(mac)),
			    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	arena_free(arena);
}

static bool same(struct hash16 a, struct hash16 b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes)) == 0;
}

static void keyed_hash_depends_on_key_kind_and_bytes(void **state)
{
	struct hash_key key = hash_key_new(), other = hash_key_new();
	struct hash16 hash = hash16(&key, "email", "ada@example.org", 15);

	(void)state;
	assert_true(same(hash, hash16(&key, "email", "ada@example.org", 15)));
	assert_false(same(hash, hash16(&other, "email", "ada@example.org", 15)));
	assert_false(same(hash, hash16(&key, "phone", "ada@example.org", 15)));
	assert_false(same(hash, hash16(&key, "email", "ada@example.or", 14)));
	assert_false(same(hash, hash16(&key, "emaila", "da@example.org", 14)));
	assert_false(same(hash16(&key, "a", "b", 1), hash16(&key, "ab", "", 0)));
	assert_true(same(hash16(&key, "a", NULL, 0), hash16(&key, "a", "", 0)));
}

/* Stored in tables: it must stay what it is. Checked against Python's
 * hashlib.blake2b(b"email\0ada@example.org", key=bytes(range(32)), digest_size=16). */
static void keyed_hash_stays_what_it_is(void **state)
{
	struct arena *arena = arena_new();
	struct hash_key key;
	struct hash16 hash;

	(void)state;
	for (size_t i = 0; i < sizeof(key.bytes); i++)
		key.bytes[i] = (unsigned char)i;
	hash = hash16(&key, "email", "ada@example.org", 15);
	assert_string_equal(hex_encode(arena, hash.bytes, sizeof(hash.bytes)), "b125be379b3969a3afc7538d029e1bff");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_is_that_of_fips_180),
		cmocka_unit_test(hmac_is_that_of_rfc_4231),
		cmocka_unit_test(hmac_forgets_the_key_before),
		cmocka_unit_test(hmac_is_the_same_in_every_thread),
		cmocka_unit_test(long_hmac_key_is_taken),
		cmocka_unit_test(keyed_hash_depends_on_key_kind_and_bytes),
		cmocka_unit_test(keyed_hash_stays_what_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
