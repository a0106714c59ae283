/* zip.c - archives of one file, by libzip. Threads: pure. */
#include "sandbox/zip.h"

#include <stdbool.h>
#include <string.h>
#include <zip.h>

#include "base/buf.h"

/* --- reading --- */

static bool is_folder(const char *name)
{
	size_t len = strlen(name);

	return len && name[len - 1] == '/';
}

/* The place of the only file among an archive's entries; -1 when there is not one. */
static zip_int64_t only_file(zip_t *archive)
{
	zip_int64_t count = zip_get_num_entries(archive, 0), found = -1;

	for (zip_int64_t i = 0; i < count; i++) {
		const char *name = zip_get_name(archive, (zip_uint64_t)i, ZIP_FL_ENC_GUESS);

		if (!name || is_folder(name))
			continue;
		if (found >= 0)
			return -1;
		found = i;
	}
	return found;
}

/* What the archive says of a size is only a claim: what comes is counted. */
static enum zip_verdict unpack(struct arena *arena, zip_file_t *file, size_t max,
			       const char **text, size_t *text_len)
{
	struct buf buf;
	char piece[16384];
	zip_int64_t got;

	buf_init(&buf, arena, max);
	while ((got = zip_fread(file, piece, sizeof(piece))) > 0 && !buf.is_over)
		buf_addn(&buf, piece, (size_t)got);
	if (got < 0)
		return ZIP_IS_NONE;
	if (buf.is_over)
		return ZIP_TOO_LARGE;
	*text = buf_text(&buf);
	*text_len = buf.len;
	return ZIP_READ;
}

static enum zip_verdict read_archive(struct arena *arena, zip_t *archive, size_t max,
				     const char **name, const char **text, size_t *text_len)
{
	zip_int64_t at = only_file(archive);
	enum zip_verdict verdict;
	const char *slash;
	zip_file_t *file;

	if (at < 0)
		return ZIP_NOT_ALONE;
	*name = arena_strdup(arena, zip_get_name(archive, (zip_uint64_t)at, ZIP_FL_ENC_GUESS));
	slash = strrchr(*name, '/');
	*name = slash ? slash + 1 : *name;
	file = zip_fopen_index(archive, (zip_uint64_t)at, 0);
	if (!file)
		return ZIP_IS_NONE;
	verdict = unpack(arena, file, max, text, text_len);
	/* Closing tells whether the checksum was right. */
	if (zip_fclose(file) != 0 && verdict == ZIP_READ)
		return ZIP_IS_NONE;
	return verdict;
}

enum zip_verdict zip_read(struct arena *arena, const void *bytes, size_t len, size_t max,
			  const char **name, const char **text, size_t *text_len)
{
	zip_source_t *source = zip_source_buffer_create(bytes, len, 0, NULL);
	zip_t *archive = source ? zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, NULL) :
				  NULL;
	enum zip_verdict verdict;

	if (!archive) {
		zip_source_free(source);
		return ZIP_IS_NONE;
	}
	verdict = read_archive(arena, archive, max, name, text, text_len);
	zip_discard(archive); /* and the source with it */
	return verdict;
}

/* --- writing --- */

/* Adds the file and writes the archive into `source`, which stays open to be read. */
static bool write_archive(zip_source_t *source, const char *name, const void *text,
			  size_t text_len)
{
	zip_t *archive = zip_open_from_source(source, ZIP_CREATE | ZIP_TRUNCATE, NULL);
	zip_source_t *file;

	if (!archive)
		return false;
	zip_source_keep(source); /* closing the archive would free it */
	file = zip_source_buffer(archive, text, text_len, 0);
	if (file && zip_file_add(archive, name, file, ZIP_FL_ENC_UTF_8) >= 0) {
		/* The same rows make the same bytes, whenever it is. */
		zip_file_set_dostime(archive, 0, 0, 0x21, 0);
		if (zip_close(archive) == 0)
			return true;
	} else {
		zip_source_free(file);
	}
	zip_discard(archive);
	return false;
}

static const void *bytes_of(struct arena *arena, zip_source_t *source, size_t *len)
{
	zip_stat_t stat;
	void *bytes;

	zip_stat_init(&stat);
	if (zip_source_stat(source, &stat) < 0 || !(stat.valid & ZIP_STAT_SIZE) ||
	    zip_source_open(source) < 0)
		return NULL;
	bytes = arena_alloc(arena, stat.size ? stat.size : 1);
	*len = stat.size;
	if (zip_source_read(source, bytes, stat.size) != (zip_int64_t)stat.size)
		bytes = NULL;
	zip_source_close(source);
	return bytes;
}

const void *zip_write(struct arena *arena, const char *name, const void *text, size_t text_len,
		      size_t *len)
{
	zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, NULL);
	const void *bytes = NULL;

	if (!source)
		return NULL;
	if (write_archive(source, name, text, text_len))
		bytes = bytes_of(arena, source, len);
	zip_source_free(source);
	return bytes;
}
