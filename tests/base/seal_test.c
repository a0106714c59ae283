#include "../support/check.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/seal.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "ffeeddccbbaa99887766554433221100FFEEDDCCBBAA99887766554433221100"

struct place {
	struct arena *arena;
	char folder[64], *file;
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	place->arena = arena_new();
	strcpy(place->folder, "/tmp/fairlead-seal-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	place->file = arena_printf(place->arena, "%s/master.key", place->folder);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	struct place *place = *state;

	unlink(place->file);
	assert_int_equal(rmdir(place->folder), 0); /* nothing else was left in it */
	arena_free(place->arena);
	free(place);
	return 0;
}

static void write_file(const struct place *place, const char *text, size_t len, mode_t mode)
{
	int fd;

	unlink(place->file);
	fd = open(place->file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static struct keyring ring_of(const struct place *place, const char *text)
{
	struct keyring ring;
	struct error err;

	write_file(place, text, strlen(text), 0400);
	if (keyring_open(&ring, place->file, 0, &err) < 0)
		fail_msg("%s", err.message);
	return ring;
}

static void new_key_file_is_written_once(void **state)
{
	struct place *place = *state;
	struct keyring first, second;
	struct stat info;
	struct error err;

	assert_int_equal(keyring_open(&first, place->file, 0, &err), -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	assert_int_equal(first.count, 0);
	assert_int_equal(keyring_open(&first, place->file, 1, &err), 0);
	assert_int_equal(first.count, 1);
	assert_int_equal(first.keys[0].id, 1);
	assert_int_equal(stat(place->file, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0400);
	assert_int_equal(keyring_open(&second, place->file, 1, &err), 0);
	assert_memory_equal(&first, &second, sizeof(first));
	unlink(place->file);
	assert_int_equal(keyring_open(&second, place->file, 1, &err), 0);
	assert_memory_not_equal(first.keys[0].bytes, second.keys[0].bytes, 32);
	keyring_wipe(&first);
	assert_int_equal(first.count, 0);
	assert_int_equal(first.keys[0].bytes[0] | first.keys[0].bytes[31], 0);
}

/* A crash may have left the half of one under another name. */
static void new_key_file_takes_the_place_of_a_half_one(void **state)
{
	struct place *place = *state;
	char *half = arena_printf(place->arena, "%s.new", place->file);
	struct keyring ring;
	struct error err;
	int fd = open(half, O_WRONLY | O_CREAT, 0400);

	close(fd);
	assert_int_equal(keyring_open(&ring, place->file, 1, &err), 0);
	assert_int_equal(access(half, F_OK), -1);
}

static void folder_that_is_not_there_is_told(void **state)
{
	struct place *place = *state;
	struct keyring ring;
	struct error err;
	char expected[128];

	assert_int_equal(keyring_open(&ring,
				      arena_printf(place->arena, "%s/no/master.key",
						   place->folder),
				      1, &err),
			 -1);
	assert_int_equal(err.code, ERR_NOT_FOUND);
	snprintf(expected, sizeof(expected), "%s/no/master.key: No such file or directory",
		 place->folder);
	assert_string_equal(err.message, expected);
}

static void several_keys_are_read(void **state)
{
	struct keyring ring = ring_of(*state, "# newest first\n\n12 " KEY_B "\n3 " KEY_A);

	assert_int_equal(ring.count, 2);
	assert_int_equal(ring.keys[0].id, 12);
	assert_int_equal(ring.keys[1].id, 3);
	assert_int_equal(ring.keys[0].bytes[0], 0xff);
	assert_int_equal(ring.keys[1].bytes[31], 0x1f);
}

static const struct {
	const char *text, *message; /* behind the file's name */
	enum error_code code;
} malformed[] = {
	{ "", "holds no key", ERR_INVALID },
	{ "# nothing\n", "holds no key", ERR_INVALID },
	{ "1 " KEY_A "0\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ "# x\n1 " KEY_A "\n2 abc\n", "line 3: want a number and 64 hex digits", ERR_INVALID },
	{ "1 " KEY_A " \n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ "1 " KEY_A "\r\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ "1  " KEY_A "\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ " 1 " KEY_A "\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ "-1 " KEY_A "\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ "4294967297 " KEY_A "\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ KEY_A "\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ "x " KEY_A "\n", "line 1: want a number and 64 hex digits", ERR_INVALID },
	{ "1 " KEY_A "\n1 " KEY_B "\n", "line 2: number 1 twice", ERR_INVALID },
	{ "1 " KEY_A "\n2 " KEY_A "\n3 " KEY_A "\n4 " KEY_A "\n5 " KEY_A "\n6 " KEY_A "\n7 " KEY_A
	  "\n8 " KEY_A "\n9 " KEY_A "\n",
	  "line 9: more than 8 keys", ERR_LIMIT },
};

static void malformed_key_files_are_refused(void **state)
{
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_LEN(malformed); i++) {
		struct keyring ring;
		struct error err = { 0 };

		write_file(place, malformed[i].text, strlen(malformed[i].text), 0400);
		if (keyring_open(&ring, place->file, 1, &err) == 0)
			fail_msg("case %zu was read", i);
		assert_int_equal(err.code, malformed[i].code);
		assert_string_equal(err.message, arena_printf(place->arena, "%s: %s", place->file,
							      malformed[i].message));
		assert_null(strstr(err.message, "0a0b0c"));
		assert_int_equal(ring.count, 0);
	}
}

static void key_file_is_for_its_owner_only(void **state)
{
	static const mode_t modes[] = { 0440, 0404, 0420, 0410, 0644 };
	struct place *place = *state;
	struct keyring ring;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		write_file(place, "1 " KEY_A "\n", 67, modes[i]);
		assert_int_equal(keyring_open(&ring, place->file, 0, &err), -1);
		assert_int_equal(err.code, ERR_DENIED);
		assert_non_null(strstr(err.message, "others may read it; chmod 0400 first"));
	}
	write_file(place, "1 " KEY_A "\n", 67, 0600);
	assert_int_equal(keyring_open(&ring, place->file, 0, &err), 0);
}

static void other_files_are_no_key_files(void **state)
{
	struct place *place = *state;
	char large[5000];
	struct keyring ring;
	struct error err;

	memset(large, '#', sizeof(large));
	write_file(place, large, sizeof(large), 0400);
	assert_int_equal(keyring_open(&ring, place->file, 0, &err), -1);
	assert_non_null(strstr(err.message, "not a key file"));
	write_file(place, "1 \0" KEY_A "\n", 68, 0400);
	assert_int_equal(keyring_open(&ring, place->file, 0, &err), -1);
	assert_non_null(strstr(err.message, "not a key file"));
}

#define WHERE "7|secret|42|value|https://api.example.org"

static void sealed_value_opens_in_its_place(void **state)
{
	static const char *const texts[] = { "", "x", "a token", "\xc3\xa4" };
	struct place *place = *state;
	struct keyring ring = ring_of(place, "1 " KEY_A "\n");

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct secret secret;
		struct error err = { 0 };
		size_t len;
		unsigned char *sealed = seal(place->arena, &ring, WHERE, texts[i],
					     strlen(texts[i]), &len);

		assert_int_equal(len, 5 + 24 + strlen(texts[i]) + 16);
		if (seal_open(&ring, WHERE, sealed, len, &secret, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(secret.text, texts[i]);
		assert_int_equal(secret.len, strlen(texts[i]));
		secret_close(&secret);
		assert_null(secret.text);
		secret_close(&secret);
	}
}

static void same_value_is_never_sealed_alike(void **state)
{
	struct place *place = *state;
	struct keyring ring = ring_of(place, "1 " KEY_A "\n");
	size_t len;
	unsigned char *a = seal(place->arena, &ring, WHERE, "token", 5, &len);
	unsigned char *b = seal(place->arena, &ring, WHERE, "token", 5, &len);

	assert_memory_not_equal(a + 5, b + 5, len - 5);
	for (size_t i = 0; i + 5 <= len; i++)
		assert_memory_not_equal(a + i, "token", 5);
}

static void moved_or_altered_value_does_not_open(void **state)
{
	struct place *place = *state;
	struct keyring ring = ring_of(place, "1 " KEY_A "\n");
	struct secret secret;
	struct error err = { 0 };
	size_t len;
	unsigned char *sealed = seal(place->arena, &ring, WHERE, "token", 5, &len);

	assert_int_equal(seal_open(&ring, WHERE "x", sealed, len, &secret, &err), -1);
	assert_int_equal(err.code, ERR_DENIED);
	assert_string_equal(err.message,
			    "sealed under another master key 1, or altered, or moved");
	assert_null(secret.text);
	assert_int_equal(seal_open(&ring, "", sealed, len, &secret, &err), -1);
	for (size_t i = 0; i < len; i++) {
		sealed[i] ^= 1;
		assert_int_equal(seal_open(&ring, WHERE, sealed, len, &secret, &err), -1);
		sealed[i] ^= 1;
	}
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(seal_open(&ring, WHERE, sealed, cut, &secret, &err), -1);
	assert_int_equal(seal_open(&ring, WHERE, sealed, len, &secret, &err), 0);
	secret_close(&secret);
}

/* Places with a long beginning in common are told apart. */
static void long_place_counts_to_its_end(void **state)
{
	struct place *place = *state;
	struct keyring ring = ring_of(place, "1 " KEY_A "\n");
	char a[2000], b[2000];
	struct secret secret;
	struct error err;
	size_t len;
	unsigned char *sealed;

	memset(a, 'w', sizeof(a));
	a[sizeof(a) - 1] = '\0';
	memcpy(b, a, sizeof(b));
	b[sizeof(b) - 2] = 'x';
	sealed = seal(place->arena, &ring, a, "token", 5, &len);
	assert_int_equal(seal_open(&ring, b, sealed, len, &secret, &err), -1);
	assert_int_equal(seal_open(&ring, a, sealed, len, &secret, &err), 0);
	secret_close(&secret);
}

static void old_keys_open_and_the_first_seals(void **state)
{
	struct place *place = *state;
	struct keyring old = ring_of(place, "1 " KEY_A "\n");
	struct keyring both = ring_of(place, "2 " KEY_B "\n1 " KEY_A "\n");
	struct keyring new = ring_of(place, "2 " KEY_B "\n");
	struct secret secret;
	struct error err;
	size_t len;
	unsigned char *sealed = seal(place->arena, &old, WHERE, "token", 5, &len);

	assert_int_equal(seal_open(&both, WHERE, sealed, len, &secret, &err), 0);
	secret_close(&secret);
	assert_int_equal(seal_open(&new, WHERE, sealed, len, &secret, &err), -1);
	assert_int_equal(err.code, ERR_DENIED);
	assert_string_equal(err.message,
			    "sealed under master key 1, which is not in the key file");
	sealed = seal(place->arena, &both, WHERE, "token", 5, &len);
	assert_int_equal(seal_open(&new, WHERE, sealed, len, &secret, &err), 0);
	secret_close(&secret);
	assert_int_equal(seal_open(&old, WHERE, sealed, len, &secret, &err), -1);
}

static void what_is_not_of_ours_is_told(void **state)
{
	struct keyring ring = ring_of(*state, "1 " KEY_A "\n");
	unsigned char bytes[100] = { 2 };
	struct secret secret;
	struct error err;

	assert_int_equal(seal_open(&ring, WHERE, bytes, sizeof(bytes), &secret, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
	assert_string_equal(err.message, "not a sealed value");
	assert_int_equal(seal_open(&ring, WHERE, NULL, 0, &secret, &err), -1);
	assert_int_equal(err.code, ERR_INVALID);
}

static void derived_keys_differ_by_purpose_and_stay(void **state)
{
	struct place *place = *state;
	struct keyring one = ring_of(place, "3 " KEY_A "\n");
	struct keyring two = ring_of(place, "12 " KEY_B "\n3 " KEY_A "\n");
	struct hash_key a, b;

	keyring_derive(&one, "audit", &a);
	keyring_derive(&one, "heads", &b);
	assert_memory_not_equal(a.bytes, b.bytes, sizeof(a.bytes));
	keyring_derive(&two, "audit", &b);
	assert_memory_equal(a.bytes, b.bytes, sizeof(a.bytes));
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(new_key_file_is_written_once),
		IN_PLACE(new_key_file_takes_the_place_of_a_half_one),
		IN_PLACE(folder_that_is_not_there_is_told),
		IN_PLACE(several_keys_are_read),
		IN_PLACE(malformed_key_files_are_refused),
		IN_PLACE(key_file_is_for_its_owner_only),
		IN_PLACE(other_files_are_no_key_files),
		IN_PLACE(sealed_value_opens_in_its_place),
		IN_PLACE(same_value_is_never_sealed_alike),
		IN_PLACE(moved_or_altered_value_does_not_open),
		IN_PLACE(long_place_counts_to_its_end),
		IN_PLACE(old_keys_open_and_the_first_seals),
		IN_PLACE(what_is_not_of_ours_is_told),
		IN_PLACE(derived_keys_differ_by_purpose_and_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
