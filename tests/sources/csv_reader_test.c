#include "../support/check.h"

#include <dirent.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "sources/csv_reader.h"
#include "sources/csv_sniff.h"

/* What was read, as text: "row@line-last|cell|cell" and "!code" for a problem. */
struct seen {
	struct buf buf;
	uint64_t stop_at;
};

static int see(void *context, const struct csv_record *record, struct error *err)
{
	struct seen *seen = context;

	if (seen->stop_at && record->row == seen->stop_at)
		return error_set(err, ERR_UNAVAILABLE, "stopped");
	buf_addf(&seen->buf, "%d@%d", (int)record->row, (int)record->line);
	if (record->last_line != record->line)
		buf_addf(&seen->buf, "-%d", (int)record->last_line);
	if (record->problem)
		buf_addf(&seen->buf, "!%s", record->problem->code);
	for (size_t i = 0; i < record->ncells; i++)
		buf_addf(&seen->buf, "|%s", record->cells[i]);
	buf_add(&seen->buf, "\n");
	return 0;
}

/* Reads `bytes` in pieces of `piece` and returns what was seen, or "error: ...". */
static const char *read_pieces(struct arena *arena, const char *bytes, size_t len,
			       size_t piece, uint64_t done)
{
	struct error err = { 0 };
	struct seen seen = { 0 };
	struct csv_reader *reader;
	int rc = 0;

	buf_init(&seen.buf, arena, 64u << 20);
	reader = csv_reader_new(see, &seen, done);
	for (size_t at = 0; at < len && rc == 0; at += piece)
		rc = csv_reader_add(reader, bytes + at, piece < len - at ? piece : len - at,
				    &err);
	if (rc == 0)
		rc = csv_reader_end(reader, &err);
	csv_reader_free(reader);
	return rc < 0 ? arena_printf(arena, "error: %s", err.message) : buf_text(&seen.buf);
}

static const char *read_all(struct arena *arena, const char *bytes, size_t len)
{
	return read_pieces(arena, bytes, len, len ? len : 1, 0);
}

#define BYTES(text) text, sizeof(text) - 1

static const struct {
	const char *what, *bytes;
	size_t len;
	const char *seen;
} files[] = {
	{ "plain", BYTES("a,b\n1,2\n3,4\n"), "0@1|a|b\n1@2|1|2\n2@3|3|4\n" },
	{ "no line end at the end", BYTES("a,b\n1,2"), "0@1|a|b\n1@2|1|2\n" },
	{ "CR LF", BYTES("a,b\r\n1,2\r\n"), "0@1|a|b\n1@2|1|2\n" },
	{ "lone CR", BYTES("a,b\r1,2\r3,4"), "0@1|a|b\n1@2|1|2\n2@3|3|4\n" },
	{ "mixed line ends", BYTES("a,b\r\n1,2\r3,4\n5,6"),
	  "0@1|a|b\n1@2|1|2\n2@3|3|4\n3@4|5|6\n" },
	{ "line ends in quotes", BYTES("a,b\n\"1\n\r\nx\",2\n3,4\n"),
	  "0@1|a|b\n1@2-4|1\n\r\nx|2\n2@5|3|4\n" },
	{ "blank lines count as lines", BYTES("\n\na,b\n\n  \n1,2\n\n3,4\n\n"),
	  "0@3|a|b\n1@6|1|2\n2@8|3|4\n" },
	{ "rows of empty cells count as rows", BYTES("a,b\n,\n\"\",\n1,2\n"),
	  "0@1|a|b\n3@4|1|2\n" },
	{ "doubled quotes", BYTES("a\n\"x \"\"y\"\" z\"\n"), "0@1|a\n1@2|x \"y\" z\n" },
	{ "quote inside a plain cell", BYTES("a,b\n5\" pipe,2\n3,4\n"),
	  "0@1|a|b\n1@2|5\" pipe|2\n2@3|3|4\n" },
	{ "blanks around", BYTES("a, b\n 1 , \" 2 \" \n"), "0@1|a|b\n1@2|1| 2 \n" },
	{ "UTF-8 with mark", BYTES("\xEF\xBB\xBFname,b\nZo\xC3\xAB,2\n"),
	  "0@1|name|b\n1@2|Zo\xC3\xAB|2\n" },
	{ "Windows-1252", BYTES("name;b\nZo\xEB;\x80 5\n"),
	  "0@1|name|b\n1@2|Zo\xC3\xAB|\xE2\x82\xAC 5\n" },
	{ "Windows-1252 in the last byte", BYTES("name\nZo\xEB"),
	  "0@1|name\n1@2|Zo\xC3\xAB\n" },
	{ "UTF-16LE with mark, tabs",
	  BYTES("\xFF\xFEi\0d\0\t\0n\0\r\0\n\0l\0:\0\t\0\x05\x09\r\0\n\0"),
	  "0@1|id|n\n1@2|l:|\xE0\xA4\x85\n" },
	{ "UTF-16BE with mark", BYTES("\xFE\xFF\0a\0,\0b\0\n\0" "1\0,\xD8\x3D\xDE\x00"),
	  "0@1|a|b\n1@2|1|\xF0\x9F\x98\x80\n" },
	{ "UTF-16LE without mark", BYTES("a\0,\0b\0\n\0" "1\0,\0" "2\0\n\0"),
	  "0@1|a|b\n1@2|1|2\n" },
	{ "UTF-16BE without mark", BYTES("\0a\0,\0b\0\n\0" "1\0,\0" "2\0\n"),
	  "0@1|a|b\n1@2|1|2\n" },
	{ "half a unit of UTF-16", BYTES("\xFF\xFE" "a\0,\0b\0\n\0" "1\0,\0" "2\0\n\0x"),
	  "0@1|a|b\n1@2|1|2\n2@3!not_text|?\n" },
	{ "lone surrogate", BYTES("\xFF\xFE" "a\0\n\0\x3D\xD8x\0\n\0y\0\n\0"),
	  "0@1|a\n1@2!not_text|?x\n2@3|y\n" },
	{ "a byte that is no UTF-8", BYTES("a,b\n\xC3\xAB,1\n\xEBx,2\n3,4\n"),
	  "0@1|a|b\n1@2|\xC3\x83\xC2\xAB|1\n2@3|\xC3\xABx|2\n3@4|3|4\n" },
	{ "a byte that is no Windows-1252", BYTES("a,b\n\xEB,1\n\x81,2\n3,4\n"),
	  "0@1|a|b\n1@2|\xC3\xAB|1\n2@3!not_text|?|2\n3@4|3|4\n" },
	{ "a NUL", BYTES("a,b\n1\0x,2\n3,4\n"),
	  "0@1|a|b\n1@2!not_text|1?x|2\n2@3|3|4\n" },
	{ "a mark makes UTF-8 of it", BYTES("\xEF\xBB\xBF" "a,b\n\xEBx,2\n3,4\n"),
	  "0@1|a|b\n1@2!not_text|?x|2\n2@3|3|4\n" },
	{ "sep line", BYTES("sep=|\r\na|b,c\r\n1|2;3\r\n"), "0@2|a|b,c\n1@3|1|2;3\n" },
	{ "quoted sep line", BYTES("\"SEP=;\"\na;b\n1;2\n"), "0@2|a|b\n1@3|1|2\n" },
	{ "a header that only looks like a sep line", BYTES("sep=x,b\n1,2\n"),
	  "0@1|sep=x|b\n1@2|1|2\n" },
	{ "too few values", BYTES("a,b,c\n1,2\n3,4,5\n"),
	  "0@1|a|b|c\n1@2!ragged_row|1|2\n2@3|3|4|5\n" },
	{ "too many values", BYTES("a,b\n1,2,3\n3,4\n"),
	  "0@1|a|b\n1@2!ragged_row|1|2|3\n2@3|3|4\n" },
	{ "empty columns behind the last", BYTES("a,b,,\n1,2,,\n3,4\n5,6,,,,\n7,8,,9\n"),
	  "0@1|a|b\n1@2|1|2\n2@3|3|4\n3@4|5|6\n4@5!ragged_row|7|8||9\n" },
	{ "a quote that is never closed", BYTES("a,b\n1,2\n\"3,4\n5,6\n7,8\n"),
	  "0@1|a|b\n1@2|1|2\n2@3!quote_not_closed\n3@4|5|6\n4@5|7|8\n" },
	{ "a quote that opens in the last line", BYTES("a,b\n1,2\n\"3,4"),
	  "0@1|a|b\n1@2|1|2\n2@3!quote_not_closed\n" },
	{ "an empty file", BYTES(""), "error: the file is empty" },
	{ "nothing but blank lines", BYTES("\n \r\n,,\n"), "error: the file is empty" },
	{ "nothing but a mark", BYTES("\xEF\xBB\xBF"), "error: the file is empty" },
	{ "a header that is no text", BYTES("\xEF\xBB\xBF\xEB\n1\n"),
	  "error: line 1, the header: the record holds bytes that are no text in the file's "
	  "encoding" },
};

static void files_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *arena = arena_new();
		const char *seen = read_all(arena, files[i].bytes, files[i].len);

		if (strcmp(seen, files[i].seen) != 0)
			fail_msg("%s: got\n%swanted\n%s", files[i].what, seen, files[i].seen);
		arena_free(arena);
	}
}

static void pieces_do_not_matter(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		for (size_t piece = 1; piece < 8; piece++) {
			struct arena *arena = arena_new();
			const char *seen = read_pieces(arena, files[i].bytes, files[i].len,
						       piece, 0);

			if (strcmp(seen, files[i].seen) != 0)
				fail_msg("%s, by %zu: got\n%swanted\n%s", files[i].what,
					 piece, seen, files[i].seen);
			arena_free(arena);
		}
}

/* A file longer than the reader's input, so that every kind of thing is cut somewhere. */
static void long_files_are_cut_anywhere(void **state)
{
	static const char *const ends[] = { "\n", "\r\n", "\r" };

	(void)state;
	for (size_t e = 0; e < ARRAY_LEN(ends); e++) {
		struct arena *arena = arena_new();
		const char *in, *out, *seen;
		struct buf file, wanted;

		buf_init(&file, arena, 8u << 20);
		buf_init(&wanted, arena, 8u << 20);
		buf_addf(&file, "name;note%s", ends[e]);
		buf_add(&wanted, "0@1|name|note\n");
		for (int i = 1; i < 9000; i++) {
			buf_addf(&file, "Zo\xC3\xAB %d;\"x%s%d\"\"\"%s", i, ends[e], i, ends[e]);
			buf_addf(&wanted, "%d@%d-%d|Zo\xC3\xAB %d|x%s%d\"\n", i, 2 * i,
				 2 * i + 1, i, ends[e], i);
		}
		in = buf_text(&file);
		out = buf_text(&wanted);
		seen = read_pieces(arena, in, file.len, 4097, 0);
		assert_string_equal(seen, out);
		seen = read_pieces(arena, in, file.len, file.len, 0);
		assert_string_equal(seen, out);
		arena_free(arena);
	}
}

/* Far behind the first block comes the first byte that is not ASCII. */
static void encoding_is_decided_late(void **state)
{
	static const struct { const char *last, *seen; } ends[] = {
		{ "Zo\xEB\n", "|Zo\xC3\xAB\n" },
		{ "Zo\xC3\xAB\n", "|Zo\xC3\xAB\n" },
		{ "Zo\xEB", "|Zo\xC3\xAB\n" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct arena *arena = arena_new();
		struct buf file;
		const char *seen;

		buf_init(&file, arena, 4u << 20);
		buf_add(&file, "name\n");
		for (int k = 0; k < 40000; k++)
			buf_add(&file, "Ada\n");
		buf_add(&file, ends[i].last);
		seen = read_pieces(arena, buf_text(&file), file.len, 1000, 39999);
		assert_non_null(strstr(seen, "40000@40001|Ada\n40001@40002|Zo"));
		assert_true(text_ends(seen, ends[i].seen));
		arena_free(arena);
	}
}

static void rows_that_are_done_are_left_out(void **state)
{
	struct arena *arena = arena_new();

	(void)state;
	assert_string_equal(read_pieces(arena, BYTES("a\n1\n2\n\n3\n"), 100, 2),
			    "0@1|a\n3@5|3\n");
	assert_string_equal(read_pieces(arena, BYTES("a\n1\n"), 100, 9), "0@1|a\n");
	arena_free(arena);
}

static void a_taker_that_fails_ends_it(void **state)
{
	struct arena *arena = arena_new();
	struct seen seen = { .stop_at = 2 };
	struct csv_reader *reader = csv_reader_new(see, &seen, 0);
	struct error err = { 0 };

	(void)state;
	buf_init(&seen.buf, arena, 1000);
	assert_int_equal(csv_reader_add(reader, "a\n1\n2\n3\n", 8, &err), 0);
	assert_int_equal(csv_reader_end(reader, &err), -1);
	assert_string_equal(err.message, "stopped");
	assert_int_equal(err.code, ERR_UNAVAILABLE);
	assert_string_equal(buf_text(&seen.buf), "0@1|a\n1@2|1\n");
	csv_reader_free(reader);
	arena_free(arena);
}

/* An unclosed quote in a large file costs its own row and no other. */
static void a_record_is_capped(void **state)
{
	struct arena *arena = arena_new();
	struct buf file, wanted;

	(void)state;
	buf_init(&file, arena, 16u << 20);
	buf_init(&wanted, arena, 16u << 20);
	buf_add(&file, "a,b\n1,2\n\"oops,3\n");
	buf_add(&wanted, "0@1|a|b\n1@2|1|2\n2@3!record_too_large\n");
	for (int i = 3; i < 200000; i++) {
		buf_addf(&file, "%d,x\n", i);
		buf_addf(&wanted, "%d@%d|%d|x\n", i, i + 1, i);
	}
	assert_string_equal(read_pieces(arena, buf_text(&file), file.len, 10000, 0),
			    buf_text(&wanted));
	arena_free(arena);
}

static void a_long_line_is_one_row(void **state)
{
	struct arena *arena = arena_new();
	size_t len = 3u << 20;
	char *file = arena_alloc(arena, len);

	(void)state;
	memset(file, 'x', len);
	memcpy(file, "a,b\n", 4);
	memcpy(file + len - 9, "\n1,2\n3,4\n", 9);
	assert_string_equal(read_pieces(arena, file, len, 5000, 0),
			    "0@1|a|b\n1@2!record_too_large\n2@3|1|2\n3@4|3|4\n");
	assert_string_equal(read_pieces(arena, file, len, len, 0),
			    "0@1|a|b\n1@2!record_too_large\n2@3|1|2\n3@4|3|4\n");
	file[3] = ',';
	assert_string_equal(read_all(arena, file, len),
			    "error: line 1, the header: the record is longer than 1 MiB, or a "
			    "quote in it is never closed");
	arena_free(arena);
}

static void fields_are_capped(void **state)
{
	struct arena *arena = arena_new();
	struct buf file;
	const char *seen;

	(void)state;
	buf_init(&file, arena, 1u << 20);
	buf_add(&file, "a,b\n");
	for (int i = 0; i < 2000; i++)
		buf_add(&file, "x,");
	buf_add(&file, "\n1,2\n");
	seen = read_all(arena, buf_text(&file), file.len);
	assert_true(text_starts(seen, "0@1|a|b\n1@2!too_many_fields|x|x|"));
	assert_true(text_ends(seen, "|x\n2@3|1|2\n"));
	arena_free(arena);
}

/* Every line opens a quote that the next does not close. Going back each time would
 * read the rest 1 MiB again for each three bytes. */
static void going_back_has_an_end(void **state)
{
	struct arena *arena = arena_new();
	size_t len = 6u << 20;
	char *file = arena_alloc(arena, len);
	const char *seen;
	int rows = 0;

	(void)state;
	memcpy(file, "ab\n", 3);
	for (size_t i = 3; i < len; i++)
		file[i] = "\"a\n"[i % 3];
	seen = read_pieces(arena, file, len, 65536, 0);
	assert_true(text_starts(seen, "0@1|ab\n1@2!record_too_large\n2@3!record_too_large\n"));
	assert_non_null(strchr(seen, '-')); /* lines given up together */
	for (const char *p = seen; *p; p++)
		rows += *p == '\n';
	assert_in_range(rows, 66, 100);
	arena_free(arena);
}

static void delimiters_are_found(void **state)
{
	static const struct { const char *head; char delimiter; } heads[] = {
		{ "a,b\n1,2\n", ',' },
		{ "a;b\n\"1,2,3\";2\n", ';' },
		{ "a\tb\tc\n1,2\t3,4\t5\n", '\t' },
		{ "a|b\n1|2\n", '|' },
		{ "name;note\nAda;hello, world\nBob;a, b, c\nEve;x\n", ';' },
		{ "name,note\nAda,hello; world\nBob,x\n", ',' },
		{ "only\none\n", ',' },
		{ "a;b,c\n1;2,3\n4;5\n6;7\n", ';' },
		{ "a,b\n\"x;\n;\",2\n", ',' },
		{ "a,b\n5\" pipe;,2\n6;,3\n", ',' },
		{ "", ',' },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct csv_look look = csv_sniff(heads[i].head, strlen(heads[i].head), true);

		if (look.delimiter != heads[i].delimiter)
			fail_msg("%s: %c", heads[i].head, look.delimiter);
	}
}

/* --- csv-spectrum --- */

static const char *file_text(struct arena *arena, const char *path, size_t *len)
{
	FILE *file = fopen(path, "rb");
	char *text = arena_alloc(arena, 65536);

	assert_non_null(file);
	*len = fread(text, 1, 65535, file);
	fclose(file);
	return text;
}

struct table {
	struct arena *arena;
	json_t *rows;
	const char *columns[16];
	size_t ncolumns;
};

static int add_to_table(void *context, const struct csv_record *record, struct error *err)
{
	struct table *table = context;
	json_t *row = json_object();

	(void)err;
	assert_null(record->problem);
	for (size_t i = 0; i < record->ncells; i++)
		if (record->row == 0)
			table->columns[table->ncolumns++] =
				arena_strdup(table->arena, record->cells[i]);
		else
			json_object_set_new(row, table->columns[i],
					    json_string(record->cells[i]));
	if (record->row == 0)
		json_decref(row);
	else
		json_array_append_new(table->rows, row);
	return 0;
}

static void check_spectrum(const char *folder, const char *name)
{
	struct arena *arena = arena_new();
	struct table table = { .arena = arena, .rows = json_keep(arena, json_array()) };
	struct csv_reader *reader = csv_reader_new(add_to_table, &table, 0);
	struct error err = { 0 };
	size_t len;
	const char *bytes;
	json_t *wanted;

	bytes = file_text(arena, arena_printf(arena, "%s/csvs/%s.csv", folder, name), &len);
	assert_int_equal(csv_reader_add(reader, bytes, len, &err), 0);
	assert_int_equal(csv_reader_end(reader, &err), 0);
	csv_reader_free(reader);
	bytes = file_text(arena, arena_printf(arena, "%s/json/%s.json", folder, name), &len);
	wanted = json_parse(arena, bytes, len, &json_limits_large, &err);
	assert_non_null(wanted);
	if (strcmp(name, "location_coordinates") == 0) {
		/* As published: one object, and a phone that is not the file's. */
		json_object_set_new(wanted, "Contact Phone Number", json_string("2095257564"));
		wanted = json_keep(arena, json_pack("[O]", wanted));
	}
	if (!json_equal(wanted, table.rows))
		fail_msg("%s: %s", name, json_text(arena, table.rows));
	arena_free(arena);
}

static void csv_spectrum_decodes_exactly(void **state)
{
	struct arena *arena = arena_new();
	const char *data = getenv("FAIRLEAD_TEST_DATA"), *folder;
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	(void)state;
	assert_non_null(data);
	folder = arena_printf(arena, "%s/csv-spectrum", data);
	dir = opendir(arena_printf(arena, "%s/csvs", folder));
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (!text_ends(entry->d_name, ".csv"))
			continue;
		check_spectrum(folder, arena_strndup(arena, entry->d_name, len - 4));
		count++;
	}
	closedir(dir);
	assert_int_equal(count, 12);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(long_files_are_cut_anywhere),
		cmocka_unit_test(encoding_is_decided_late),
		cmocka_unit_test(rows_that_are_done_are_left_out),
		cmocka_unit_test(a_taker_that_fails_ends_it),
		cmocka_unit_test(a_record_is_capped),
		cmocka_unit_test(a_long_line_is_one_row),
		cmocka_unit_test(fields_are_capped),
		cmocka_unit_test(going_back_has_an_end),
		cmocka_unit_test(delimiters_are_found),
		cmocka_unit_test(csv_spectrum_decodes_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
