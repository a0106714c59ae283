/* csv_reader_fuzz.c - any bytes as a file: read the same in pieces of any size, and each
 * row a submission that holds together. Threads: pure. */
#include "sources/csv_row.h"
#include "sources/fuzz_support.h"

struct seen {
	struct arena *arena;
	struct csv_columns columns;
	unsigned char digest[SHA256_SIZE]; /* of all rows so far */
	uint64_t line;
	bool is_prepared;
};

static void digest(struct seen *seen, const struct csv_record *record)
{
	struct buf buf;

	buf_init(&buf, seen->arena, 8u << 20);
	buf_addn(&buf, seen->digest, sizeof(seen->digest));
	buf_addf(&buf, "%d %d %d %s", (int)record->row, (int)record->line,
		 (int)record->last_line, record->problem ? record->problem->code : "");
	for (size_t i = 0; i < record->ncells; i++) {
		fuzz_check_text(record->cells[i]);
		buf_addf(&buf, "|%s", record->cells[i]);
	}
	buf_addn(&buf, record->text, record->text_len);
	sha256(buf.text, buf.len, seen->digest);
}

static void prepare_row(struct seen *seen, const struct csv_record *record)
{
	struct submission submission;
	struct buf buf;

	csv_row_prepare(seen->arena, &(struct csv_lead){
		.config = fuzz_workspace(), .columns = &seen->columns, .record = record,
		.received_at = FUZZ_NOW }, &submission);
	fuzz_check(&submission);
	buf_init(&buf, seen->arena, 8u << 20);
	csv_errors_add(&buf, &seen->columns, submission.raw, submission.raw_len, ',',
		       &submission.errors);
	fuzz_check_text(buf.text);
}

static int take(void *context, const struct csv_record *record, struct error *err)
{
	struct seen *seen = context;
	struct arena_mark mark;

	assert(record->line > seen->line && record->last_line >= record->line);
	seen->line = record->line;
	if (record->row == 0 && seen->is_prepared)
		return csv_columns_read(seen->arena, config_source(fuzz_workspace(), "file"),
					record, &seen->columns, err);
	mark = arena_mark(seen->arena);
	if (!seen->is_prepared)
		digest(seen, record);
	else
		prepare_row(seen, record);
	arena_rewind(seen->arena, mark);
	return 0;
}

static int read_in(struct seen *seen, const char *bytes, size_t len, size_t piece)
{
	struct csv_reader *reader = csv_reader_new(take, seen, 0);
	struct error err;
	int rc = 0;

	for (size_t at = 0; at < len && rc == 0; at += piece)
		rc = csv_reader_add(reader, bytes + at, piece < len - at ? piece : len - at,
				    &err);
	if (rc == 0)
		rc = csv_reader_end(reader, &err);
	if (rc < 0)
		fuzz_check_text(err.message);
	csv_reader_free(reader);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = { .arena = arena_new() }, pieces = { .arena = whole.arena },
		    leads = { .arena = whole.arena, .is_prepared = true };
	size_t piece = size > 0 && data[0] ? data[0] : 1;
	const char *bytes = (const char *)data;
	int rc = read_in(&whole, bytes, size, size ? size : 1);

	assert(read_in(&pieces, bytes, size, piece) == rc);
	assert(memcmp(whole.digest, pieces.digest, sizeof(whole.digest)) == 0);
	read_in(&leads, bytes, size, size ? size : 1);
	arena_free(whole.arena);
	return 0;
}
