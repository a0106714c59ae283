/* seal.c - secrets at rest, under the installation's master keys. Threads: pure. */
#include "base/seal.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG crypto_aead_xchacha20poly1305_ietf_ABYTES

#define FILE_MAX 4096

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd);
}

/* Has the name itself on disk: a store whose key file is lost cannot be opened. */
static int sync_folder(const char *path)
{
	char *copy = strdup(path);
	int fd, rc;

	if (!copy)
		abort();
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = fd < 0 ? -1 : fsync(fd);
	if (fd >= 0)
		close(fd);
	free(copy);
	return rc;
}

/* Written whole under another name first: half a key file would keep the server from
 * ever starting. */
static int write_new_file(const char *path, struct error *err)
{
	unsigned char key[32];
	char hex[65], line[96], temporary[4096];
	int fd, len, rc = -1;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return error_set(err, ERR_INVALID, "%.200s: too long a name", path);
	randombytes_buf(key, sizeof(key));
	sodium_bin2hex(hex, sizeof(hex), key, sizeof(key));
	len = snprintf(line, sizeof(line), "1 %s\n", hex);
	unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
	if (fd >= 0 && write_all(fd, line, (size_t)len) == 0 && link(temporary, path) == 0 &&
	    unlink(temporary) == 0 && sync_folder(path) == 0)
		rc = 0;
	else
		error_errno(err, path);
	if (fd >= 0)
		close(fd);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(hex, sizeof(hex));
	sodium_memzero(line, sizeof(line));
	return rc;
}

/* Reads "ID HEX64" with one blank. */
static int read_line(struct keyring *keyring, const char *line, size_t len, struct error *err)
{
	struct master_key *key = &keyring->keys[keyring->count];
	size_t id_len = strspn(line, "0123456789");
	unsigned long id = strtoul(line, NULL, 10);
	size_t key_len;

	if (keyring->count == SEAL_KEYS_MAX)
		return error_set(err, ERR_LIMIT, "more than %d keys", SEAL_KEYS_MAX);
	if (id_len < 1 || id_len > 9 || len != id_len + 65 || line[id_len] != ' ' ||
	    strspn(line + id_len + 1, "0123456789abcdefABCDEF") != 64 ||
	    sodium_hex2bin(key->bytes, sizeof(key->bytes), line + id_len + 1, 64, NULL,
			   &key_len, NULL) != 0)
		return error_set(err, ERR_INVALID, "want a number and 64 hex digits");
	for (size_t i = 0; i < keyring->count; i++)
		if (keyring->keys[i].id == id)
			return error_set(err, ERR_INVALID, "number %lu twice", id);
	key->id = (uint32_t)id;
	keyring->count++;
	return 0;
}

/* Reads the lines of the file's text, which it changes. */
static int read_keys(struct keyring *keyring, char *text, const char *path, struct error *err)
{
	int number = 1;

	for (char *line = text; *line; number++) {
		size_t len = strcspn(line, "\n");
		bool is_last = !line[len];

		line[len] = '\0';
		if (len > 0 && line[0] != '#' && read_line(keyring, line, len, err) < 0)
			return error_wrap(err, "%s: line %d", path, number);
		line += len + !is_last;
	}
	if (keyring->count == 0)
		return error_set(err, ERR_INVALID, "%s: holds no key", path);
	return 0;
}

/* Reads the file into `text`, NUL-terminated. */
static int read_file(const char *path, char text[FILE_MAX], struct error *err)
{
	struct stat info;
	size_t len = 0;
	ssize_t n = 0;
	int rc = -1, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &info) < 0) {
		error_errno(err, path);
		goto out;
	}
	if (info.st_mode & 077) {
		error_set(err, ERR_DENIED, "%s: others may read it; chmod 0400 first", path);
		goto out;
	}
	while (len < FILE_MAX && (n = read(fd, text + len, FILE_MAX - len)) > 0)
		len += (size_t)n;
	if (n < 0) {
		error_errno(err, path);
		goto out;
	}
	if (len == FILE_MAX || memchr(text, '\0', len)) {
		error_set(err, ERR_INVALID, "%s: not a key file", path);
		goto out;
	}
	text[len] = '\0';
	rc = 0;
out:
	if (fd >= 0)
		close(fd);
	return rc;
}

int keyring_open(struct keyring *keyring, const char *path, int may_create,
		 struct error *err)
{
	char text[FILE_MAX] = "";
	int rc = -1;

	memset(keyring, 0, sizeof(*keyring));
	if (sodium_init() < 0)
		return error_set(err, ERR_INTERNAL, "libsodium does not start");
	if (may_create && access(path, F_OK) < 0 && errno == ENOENT &&
	    write_new_file(path, err) < 0)
		return -1;
	if (read_file(path, text, err) == 0 && read_keys(keyring, text, path, err) == 0)
		rc = 0;
	else
		keyring_wipe(keyring);
	sodium_memzero(text, sizeof(text));
	return rc;
}

void keyring_wipe(struct keyring *keyring)
{
	sodium_memzero(keyring, sizeof(*keyring));
}

/* The caller's to free. Never cut: two places with one beginning are two places. */
static char *associated(uint32_t key_id, const char *where)
{
	char *text;

	if (asprintf(&text, "v1|%u|%s", key_id, where) < 0)
		abort();
	return text;
}

void seal_head(const struct keyring *keyring, unsigned char head[SEAL_HEAD_SIZE])
{
	head[0] = 1;
	for (int i = 0; i < 4; i++)
		head[1 + i] = (unsigned char)(keyring->keys[0].id >> (24 - 8 * i));
}

uint32_t seal_key_id(const void *sealed, size_t sealed_len)
{
	const unsigned char *in = sealed;

	if (!in || sealed_len < 5 + NONCE + TAG || in[0] != 1)
		return 0;
	return (uint32_t)in[1] << 24 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 8 | in[4];
}

/* version (1), key id (4, big endian), nonce, ciphertext with tag */
unsigned char *seal(struct arena *arena, const struct keyring *keyring, const char *where,
		    const void *bytes, size_t len, size_t *sealed_len)
{
	const struct master_key *key = &keyring->keys[0];
	unsigned char *out = arena_alloc(arena, 5 + NONCE + len + TAG);
	unsigned long long written;
	char *ad = associated(key->id, where);

	assert(keyring->count > 0); /* else the key is all zeros */
	seal_head(keyring, out);
	randombytes_buf(out + 5, NONCE);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + 5 + NONCE, &written, bytes, len,
						   (unsigned char *)ad, strlen(ad), NULL,
						   out + 5, key->bytes);
	free(ad);
	*sealed_len = 5 + NONCE + (size_t)written;
	return out;
}

static const struct master_key *key_find(const struct keyring *keyring, uint32_t id)
{
	for (size_t i = 0; i < keyring->count; i++)
		if (keyring->keys[i].id == id)
			return &keyring->keys[i];
	return NULL;
}

static bool decrypt(const struct master_key *key, const char *where, const unsigned char *in,
		    size_t in_len, struct secret *secret)
{
	unsigned long long written = 0;
	char *ad = associated(key->id, where);
	int rc;

	secret->text = sodium_malloc(in_len - 5 - NONCE - TAG + 1);
	if (!secret->text)
		abort();
	rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
		(unsigned char *)secret->text, &written, NULL, in + 5 + NONCE,
		in_len - 5 - NONCE, (unsigned char *)ad, strlen(ad), in + 5, key->bytes);
	free(ad);
	if (rc != 0) {
		secret_close(secret);
		return false;
	}
	secret->len = (size_t)written;
	secret->text[written] = '\0';
	return true;
}

int seal_open(const struct keyring *keyring, const char *where, const void *sealed,
	      size_t sealed_len, struct secret *secret, struct error *err)
{
	const unsigned char *in = sealed;
	const struct master_key *key;
	uint32_t id;

	*secret = (struct secret){ 0 };
	if (sealed_len < 5 + NONCE + TAG || in[0] != 1)
		return error_set(err, ERR_INVALID, "not a sealed value");
	id = seal_key_id(sealed, sealed_len);
	key = key_find(keyring, id);
	if (!key)
		return error_set(err, ERR_DENIED,
				 "sealed under master key %u, which is not in the key file", id);
	if (!decrypt(key, where, in, sealed_len, secret))
		return error_set(err, ERR_DENIED,
				 "sealed under another master key %u, or altered, or moved", id);
	return 0;
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
