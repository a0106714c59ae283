/* csv_reader.c - reading a file of comma-separated values as it comes in.
 * Threads: one at a time.
 *
 * Bytes are collected in `input`, decoded into `window`, and given to libcsv line by
 * line, so that we know where records begin. The window keeps the record that is being
 * read: if its quote turns out never to be closed, reading goes back to its second
 * line. */
#include "sources/csv_reader.h"

#include <csv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"
#include "sources/csv_sniff.h"

#define INPUT_SIZE (64u << 10)
#define DECODED_MAX (3 * INPUT_SIZE + 4) /* UTF-8 of that much Windows-1252 */

/* Going back costs reading up to 1 MiB again. A file that asks for it all the time is
 * no file of somebody's leads: then the whole record is given up instead. */
#define REWINDS_AT_FIRST 64
#define REWIND_EACH (1u << 20)

struct csv_reader {
	struct arena *arena;
	csv_take *take;
	void *context;
	uint64_t done;

	char input[INPUT_SIZE];
	size_t input_len;
	struct decoder decoder;
	bool is_begun;        /* encoding and delimiter are decided */

	char *window;         /* [record, parsed) is with libcsv, [parsed, end) is not */
	size_t room, record, parsed, searched, end;
	size_t second;        /* where the record's second line begins; 0: not known */
	bool is_skipping;     /* the rest of a line that is too long */
	uint64_t line;        /* number of the line at `parsed` */
	uint64_t record_line; /* and at `record` */

	struct csv_parser parser;
	char delimiter;
	bool is_complete;     /* libcsv has seen the record's end */
	char *text;           /* of the cells, each with its NUL */
	size_t text_len, text_room;
	size_t at[CSV_FIELDS_MAX];
	const char *cells[CSV_FIELDS_MAX];
	size_t ncells;        /* seen; beyond the maximum they are not kept */

	bool has_header;
	size_t ncolumns;
	uint64_t row;
	uint64_t taken, rewinds; /* bytes so far; how often we went back */
	char message[160];
};

struct csv_reader *csv_reader_new(csv_take *take, void *context, uint64_t done)
{
	struct arena *arena = arena_new();
	struct csv_reader *reader = arena_alloc(arena, sizeof(*reader));

	reader->arena = arena;
	reader->take = take;
	reader->context = context;
	reader->done = done;
	reader->room = 4 * INPUT_SIZE;
	reader->window = arena_alloc(arena, reader->room);
	reader->text_room = INPUT_SIZE;
	reader->text = arena_alloc(arena, reader->text_room);
	reader->line = reader->record_line = 1;
	csv_init(&reader->parser, 0);
	csv_set_blk_size(&reader->parser, 16u << 10);
	return reader;
}

void csv_reader_free(struct csv_reader *reader)
{
	if (!reader)
		return;
	decoder_end(&reader->decoder);
	csv_free(&reader->parser);
	arena_free(reader->arena);
}

enum encoding csv_reader_encoding(const struct csv_reader *reader)
{
	return reader->decoder.encoding;
}

char csv_reader_delimiter(const struct csv_reader *reader)
{
	return reader->delimiter;
}

/* --- what libcsv tells --- */

static void on_cell(void *bytes, size_t len, void *context)
{
	struct csv_reader *reader = context;

	if (reader->ncells++ >= CSV_FIELDS_MAX)
		return;
	while (reader->text_len + len + 1 > reader->text_room) {
		char *text = arena_alloc(reader->arena, 2 * reader->text_room);

		memcpy(text, reader->text, reader->text_len);
		reader->text = text;
		reader->text_room *= 2;
	}
	reader->at[reader->ncells - 1] = reader->text_len;
	if (len > 0)
		memcpy(reader->text + reader->text_len, bytes, len);
	reader->text[reader->text_len + len] = '\0';
	reader->text_len += len + 1;
}

static void on_record(int c, void *context)
{
	struct csv_reader *reader = context;

	(void)c;
	reader->is_complete = true;
}

static int parse(struct csv_reader *reader, const char *bytes, size_t len,
		 struct error *err)
{
	if (csv_parse(&reader->parser, bytes, len, on_cell, on_record, reader) != len)
		return error_set(err, ERR_INTERNAL, "csv: %s",
				 csv_strerror(csv_error(&reader->parser)));
	return 0;
}

/* Drops what libcsv holds of a record. */
static void forget(struct csv_reader *reader)
{
	csv_fini(&reader->parser, NULL, NULL, NULL);
	reader->is_complete = false;
	reader->text_len = reader->ncells = 0;
}

/* --- records --- */

static const struct problem too_large = {
	.code = "record_too_large",
	.message = "the record is longer than 1 MiB, or a quote in it is never closed",
	.instruction = "close or double the quote in this line; what follows it was read on "
		       "its own",
};

static const struct problem not_closed = {
	.code = "quote_not_closed",
	.message = "a quote opens in this line and is never closed",
	.instruction = "close or double the quote; the lines after it were read on their own",
};

static const struct problem given_up = {
	.code = "quote_not_closed",
	.message = "a quote opens in this line and is never closed; the lines up to the one "
		   "named were not read, because this file has too many of them",
	.instruction = "double each quote that is part of a text, as in \"5\"\" pipe\", and "
		       "import the file again",
};

static const struct problem too_many = {
	.code = "too_many_fields",
	.message = "the record has more than 1,000 fields",
	.instruction = "remove columns, or check the delimiter",
};

static const struct problem not_text = {
	.code = "not_text",
	.message = "the record holds bytes that are no text in the file's encoding",
	.instruction = "save the file as \"CSV UTF-8\" and import it again",
};

static int hand_over(struct csv_reader *reader, const struct problem *problem,
		     size_t ncells, uint64_t last_line, size_t text_len, struct error *err)
{
	struct csv_record record = {
		.row = reader->has_header ? reader->row : 0,
		.line = reader->record_line,
		.last_line = last_line,
		.cells = reader->cells,
		.ncells = ncells,
		.text = reader->window + reader->record,
		.text_len = text_len,
		.problem = problem,
	};

	if (!reader->has_header && problem)
		return error_set(err, ERR_INVALID, "line %" PRIu64 ", the header: %s",
				 record.line, problem->message);
	if (!reader->has_header) {
		reader->has_header = true;
		reader->ncolumns = ncells;
	} else if (record.row <= reader->done) {
		return 0;
	}
	return reader->take(reader->context, &record, err);
}

static size_t cells_of_record(struct csv_reader *reader, bool is_text)
{
	size_t kept = reader->ncells < CSV_FIELDS_MAX ? reader->ncells : CSV_FIELDS_MAX;

	for (size_t i = 0; i < kept; i++) {
		size_t next = i + 1 < kept ? reader->at[i + 1] : reader->text_len;

		reader->cells[i] = reader->text + reader->at[i];
		if (!is_text)
			encoding_make_valid(reader->text + reader->at[i], next - reader->at[i] - 1);
	}
	return kept;
}

static const struct problem *ragged(struct csv_reader *reader, size_t ncells,
				    struct problem *problem)
{
	if (!reader->has_header || ncells == reader->ncolumns)
		return NULL;
	snprintf(reader->message, sizeof(reader->message),
		 "the record has %zu values and the header names %zu columns", ncells,
		 reader->ncolumns);
	*problem = (struct problem){
		.code = "ragged_row",
		.message = reader->message,
		.instruction = "quote the values that hold the delimiter or a quote, and give "
			       "each column a value, if only an empty one",
	};
	return problem;
}

static size_t line_len(const char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	return len;
}

/* A whole record is there: lines record_line to `last_line`. */
static int finish_record(struct csv_reader *reader, uint64_t last_line, struct error *err)
{
	const char *text = reader->window + reader->record;
	size_t len = line_len(text, reader->parsed - reader->record), ncells, used;
	const struct problem *problem;
	struct problem space;
	bool is_text = text_is_utf8(text, len);

	ncells = used = cells_of_record(reader, is_text);
	while (used > 0 && !*reader->cells[used - 1])
		used--;
	if (used == 0) {
		reader->row += reader->has_header;
		return 0;
	}
	/* Spreadsheets add empty columns behind the last. */
	if (!reader->has_header)
		ncells = used;
	else if (ncells > reader->ncolumns)
		ncells = used > reader->ncolumns ? used : reader->ncolumns;
	problem = !is_text ? &not_text : reader->ncells > CSV_FIELDS_MAX ? &too_many :
		  ragged(reader, ncells, &space);
	reader->row += reader->has_header;
	return hand_over(reader, problem, ncells, last_line, len, err);
}

static void next_record(struct csv_reader *reader)
{
	forget(reader);
	reader->record = reader->parsed;
	reader->record_line = reader->line;
	reader->second = 0;
}

/* The record cannot be ended. Goes back to its second line if there is one. */
static int give_up(struct csv_reader *reader, const struct problem *problem,
		   struct error *err)
{
	size_t text_end = reader->second ? reader->second : reader->searched;
	bool may_rewind = reader->rewinds < REWINDS_AT_FIRST + reader->taken / REWIND_EACH;
	uint64_t last_line = reader->record_line;

	if (reader->second && !may_rewind) {
		problem = &given_up;
		last_line = reader->line - (reader->line > reader->record_line);
	}
	reader->row += reader->has_header;
	if (hand_over(reader, problem, 0, last_line,
		      line_len(reader->window + reader->record, text_end - reader->record),
		      err) < 0)
		return -1;
	if (reader->second && may_rewind) {
		reader->rewinds++;
		reader->parsed = reader->searched = reader->second;
		reader->line = reader->record_line + 1;
	}
	next_record(reader);
	return 0;
}

/* --- lines --- */

/* The end of the line at `parsed`, past its CR LF; 0 if it is not there yet. */
static size_t line_end(struct csv_reader *reader, bool is_last)
{
	const char *text = reader->window;
	size_t i = reader->searched, end = reader->end;

	while (i < end && text[i] != '\n' && text[i] != '\r')
		i++;
	reader->searched = i;
	if (i == end)
		return is_last && i > reader->parsed ? i : 0;
	if (text[i] == '\n')
		return i + 1;
	if (i + 1 == end)
		return is_last ? i + 1 : 0;
	return text[i + 1] == '\n' ? i + 2 : i + 1;
}

static bool is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr(" \t\r\n", text[i]) || !text[i])
			return false;
	return true;
}

/* Lets go of a line that is longer than any record may be. */
static void skip_line(struct csv_reader *reader, size_t end)
{
	reader->is_skipping = end == 0;
	reader->parsed = reader->searched = end ? end : reader->end;
	reader->line += end != 0;
	next_record(reader);
}

static int take_line(struct csv_reader *reader, size_t end, struct error *err)
{
	size_t begin = reader->parsed;
	bool is_first = begin == reader->record;

	if (parse(reader, reader->window + begin, end - begin, err) < 0)
		return -1;
	reader->parsed = reader->searched = end;
	reader->line++;
	if (is_first)
		reader->second = end;
	if (reader->is_complete) {
		if (finish_record(reader, reader->line - 1, err) < 0)
			return -1;
		next_record(reader);
	} else if (is_first && is_blank(reader->window + begin, end - begin)) {
		next_record(reader);
	}
	return 0;
}

/* At the end of the file: is the record whole, or is a quote open? */
static int last_record(struct csv_reader *reader, struct error *err)
{
	if (parse(reader, "\n", 1, err) < 0)
		return -1;
	if (!reader->is_complete)
		return give_up(reader, &not_closed, err);
	if (finish_record(reader, reader->line - 1, err) < 0)
		return -1;
	next_record(reader);
	return 0;
}

static int take_lines(struct csv_reader *reader, bool is_last, struct error *err)
{
	for (;;) {
		size_t end = line_end(reader, is_last);
		size_t size = (end ? end : reader->end) - reader->record;
		int rc = 0;

		if (reader->is_skipping)
			skip_line(reader, end);
		else if (size > CSV_RECORD_MAX && reader->second)
			rc = give_up(reader, &too_large, err);
		else if (size > CSV_RECORD_MAX) {
			rc = give_up(reader, &too_large, err);
			skip_line(reader, end);
		} else if (end)
			rc = take_line(reader, end, err);
		else if (is_last && reader->parsed > reader->record)
			rc = last_record(reader, err);
		else
			return 0;
		if (rc < 0)
			return -1;
		if (reader->is_skipping)
			return 0;
	}
}

/* --- bytes --- */

/* Makes room for what INPUT_SIZE bytes can become. */
static void make_room(struct csv_reader *reader)
{
	size_t kept = reader->end - reader->record;
	char *window = reader->window;

	if (reader->end + DECODED_MAX <= reader->room)
		return;
	if (kept + DECODED_MAX > reader->room) {
		reader->room *= 2;
		window = arena_alloc(reader->arena, reader->room);
	}
	memmove(window, reader->window + reader->record, kept);
	reader->window = window;
	reader->parsed -= reader->record;
	reader->searched -= reader->record;
	if (reader->second)
		reader->second -= reader->record;
	reader->end = kept;
	reader->record = 0;
}

static void decode(struct csv_reader *reader, bool is_last)
{
	size_t used = 0, written;

	make_room(reader);
	do {
		size_t n = decoder_run(&reader->decoder, reader->input + used,
				       reader->input_len - used, is_last,
				       reader->window + reader->end,
				       reader->room - reader->end, &written);

		used += n;
		reader->end += written;
		if (n == 0 && written == 0)
			break;
	} while (used < reader->input_len);
	reader->input_len -= used;
	memmove(reader->input, reader->input + used, reader->input_len);
}

static int begin(struct csv_reader *reader, bool is_last, struct error *err)
{
	size_t mark_len;
	enum encoding encoding = encoding_guess(reader->input, reader->input_len, &mark_len);
	struct csv_look look;

	if (decoder_open(&reader->decoder, encoding, err) < 0)
		return -1;
	reader->is_begun = true;
	reader->input_len -= mark_len;
	memmove(reader->input, reader->input + mark_len, reader->input_len);
	decode(reader, is_last);

	look = csv_sniff(reader->window, reader->end, is_last);
	reader->delimiter = look.delimiter;
	csv_set_delim(&reader->parser, (unsigned char)look.delimiter);
	reader->parsed = reader->searched = look.hint_len;
	reader->line += look.hint_len > 0;
	next_record(reader);
	return 0;
}

static int pump(struct csv_reader *reader, bool is_last, struct error *err)
{
	if (!reader->is_begun) {
		if (begin(reader, is_last, err) < 0)
			return -1;
	} else {
		decode(reader, is_last);
	}
	return take_lines(reader, is_last, err);
}

int csv_reader_add(struct csv_reader *reader, const char *bytes, size_t len,
		   struct error *err)
{
	while (len > 0) {
		size_t part = INPUT_SIZE - reader->input_len;

		if (part > len)
			part = len;
		memcpy(reader->input + reader->input_len, bytes, part);
		reader->input_len += part;
		bytes += part;
		len -= part;
		reader->taken += part;
		if (reader->input_len < INPUT_SIZE)
			return 0;
		if (pump(reader, false, err) < 0)
			return -1;
	}
	return 0;
}

int csv_reader_end(struct csv_reader *reader, struct error *err)
{
	if (pump(reader, true, err) < 0)
		return -1;
	if (!reader->has_header)
		return error_set(err, ERR_INVALID, "the file is empty");
	return 0;
}
