/* seal.c - secrets at rest, under the installation's master keys. Threads: pure. */
#include "base/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

static int write_new_file(const char *path, struct error *err)
{
	unsigned char key[32];
	char hex[65], line[96];
	int fd, len, rc = -1;

	randombytes_buf(key, sizeof(key));
	sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
	len = snprintf(line, sizeof(line), "1 %s\n", hex);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd < 0) {
		error_errno(err, path);
		goto out;
	}
	if (write(fd, line, (size_t)len) != len || fsync(fd) < 0) {
		error_errno(err, path);
		goto out;
	}
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(line, sizeof(line));
	return rc;
}

static int read_line(struct keyring *keyring, const char *line, struct error *err)
{
	struct master_key *key = &keyring->keys[keyring->count];
	char hex[65];
	unsigned id;
	size_t len;

	if (keyring->count == SEAL_KEYS_MAX)
		return error_set(err, ERR_LIMIT, "more than %d keys", SEAL_KEYS_MAX);
	if (sscanf(line, "%u %64[0-9a-fA-F]", &id, hex) != 2 ||
	    sodium_hex2bin(key->bytes, sizeof(key->bytes), hex, strlen(hex), NULL, &len,
			   NULL) != 0 ||
	    len != sizeof(key->bytes))
		return error_set(err, ERR_INVALID, "want a number and 64 hex digits");
	key->id = id;
	keyring->count++;
	sodium_memzero(hex, sizeof(hex));
	return 0;
}

int keyring_open(struct keyring *keyring, const char *path, int may_create,
		 struct error *err)
{
	char line[256];
	struct stat info;
	int number = 0, rc = -1;
	FILE *file;

	memset(keyring, 0, sizeof(*keyring));
	if (may_create && access(path, F_OK) < 0 && errno == ENOENT &&
	    write_new_file(path, err) < 0)
		return -1;
	file = fopen(path, "re");
	if (!file)
		return error_errno(err, path);
	if (fstat(fileno(file), &info) < 0) {
		error_errno(err, path);
		goto out;
	}
	if (info.st_mode & 077) {
		error_set(err, ERR_DENIED, "%s: others may read it; chmod 0400 first", path);
		goto out;
	}
	while (fgets(line, sizeof(line), file)) {
		number++;
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (read_line(keyring, line, err) < 0) {
			error_wrap(err, "%s: line %d", path, number);
			goto out;
		}
	}
	if (keyring->count == 0) {
		error_set(err, ERR_INVALID, "%s: holds no key", path);
		goto out;
	}
	rc = 0;
out:
	sodium_memzero(line, sizeof(line));
	fclose(file);
	return rc;
}

void keyring_wipe(struct keyring *keyring)
{
	sodium_memzero(keyring, sizeof(*keyring));
}

static char *associated(char *text, size_t size, uint32_t key_id, const char *where)
{
	snprintf(text, size, "v1|%u|%s", key_id, where);
	return text;
}

/* version (1), key id (4, big endian), nonce, ciphertext with tag */
unsigned char *seal(struct arena *arena, const struct keyring *keyring, const char *where,
		    const void *bytes, size_t len, size_t *sealed_len)
{
	const struct master_key *key = &keyring->keys[0];
	unsigned char *out = arena_alloc(arena, 5 + NONCE + len + TAG);
	unsigned long long written;
	char ad[512];

	out[0] = 1;
	for (int i = 0; i < 4; i++)
		out[1 + i] = (unsigned char)(key->id >> (24 - 8 * i));
	randombytes_buf(out + 5, NONCE);
	associated(ad, sizeof(ad), key->id, where);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + 5 + NONCE, &written, bytes, len,
						   (unsigned char *)ad, strlen(ad), NULL,
						   out + 5, key->bytes);
	*sealed_len = 5 + NONCE + (size_t)written;
	return out;
}

int seal_open(const struct keyring *keyring, const char *where, const void *sealed,
	      size_t sealed_len, struct secret *secret, struct error *err)
{
	const unsigned char *in = sealed;
	unsigned long long written;
	uint32_t id;
	char ad[512];

	*secret = (struct secret){ 0 };
	if (sealed_len < 5 + NONCE + TAG || in[0] != 1)
		return error_set(err, ERR_INVALID, "not a sealed value");
	id = (uint32_t)in[1] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 8 | in[4];
	for (size_t i = 0; i < keyring->count; i++) {
		if (keyring->keys[i].id != id)
			continue;
		secret->text = sodium_malloc(sealed_len - 5 - NONCE - TAG + 1);
		if (!secret->text)
			abort();
		associated(ad, sizeof(ad), id, where);
		if (crypto_aead_xchacha20poly1305_ietf_decrypt(
			    (unsigned char *)secret->text, &written, NULL, in + 5 + NONCE,
			    sealed_len - 5 - NONCE, (unsigned char *)ad, strlen(ad), in + 5,
			    keyring->keys[i].bytes) == 0) {
			secret->len = (size_t)written;
			secret->text[written] = '\0';
			return 0;
		}
		secret_close(secret);
		break;
	}
	return error_set(err, ERR_DENIED,
			 "sealed under master key %u, which is not in the key file or not this value's",
			 id);
}

void secret_close(struct secret *secret)
{
	if (secret->text)
		sodium_free(secret->text); /* wipes */
	*secret = (struct secret){ 0 };
}

void keyring_derive(const struct keyring *keyring, const char *purpose,
		    struct hash_key *key)
{
	const struct master_key *oldest = &keyring->keys[0];

	for (size_t i = 1; i < keyring->count; i++)
		if (keyring->keys[i].id < oldest->id)
			oldest = &keyring->keys[i];
	crypto_generichash(key->bytes, sizeof(key->bytes), (const unsigned char *)purpose,
			   strlen(purpose), oldest->bytes, sizeof(oldest->bytes));
}
