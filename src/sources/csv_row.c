/* csv_row.c - rows of a file as leads. Threads: pure. */
#include "sources/csv_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "sources/csv_write.h"

/* --- columns --- */

static bool is_key(const struct source *source, const char *target)
{
	for (size_t i = 0; i < source->nkeys; i++)
		if (strcmp(source->keys[i], target) == 0)
			return true;
	for (size_t i = 0; i < source->nunique; i++)
		if (strcmp(source->unique[i], target) == 0)
			return true;
	return false;
}

static const char *joined(struct arena *arena, const char *const *names, size_t count,
			  const char *between)
{
	struct buf buf;

	buf_init(&buf, arena, 120); /* what of it fits into an error */
	for (size_t i = 0; i < count; i++)
		buf_addf(&buf, "%s%s", i ? between : "", names[i]);
	return buf.text;
}

static int refuse_header(struct arena *arena, const struct source *source,
			 const struct csv_columns *columns, struct error *err)
{
	const char **names = arena_array(arena, columns->count, sizeof(*names));

	for (size_t i = 0; i < columns->count; i++)
		names[i] = columns->items[i].header;
	return error_set(err, ERR_INVALID, "no column is %s: the first line must name the "
			 "columns, or the source must map one; it names %s",
			 joined(arena, source->keys, source->nkeys, " or "),
			 joined(arena, names, columns->count, ", "));
}

static void read_column(struct arena *arena, const struct source *source,
			const char *header, size_t number, struct csv_column *column)
{
	const struct standard_field *field;

	header = csv_cell_mend(arena, header);
	column->header = *header ? arena_strdup(arena, header) :
				   arena_printf(arena, "column %zu", number);
	column->target = text_equal(column->header, CSV_REASON) ?
				 "" :
				 naming_target(arena, source, NAMING_LENIENT, column->header);
	if (!column->target)
		return;
	field = standard_field_find(column->target);
	column->is_time = (field && field->kind == FIELD_TIME) ||
			  strcmp(column->target, "consent.at") == 0;
	column->needs_digits = is_key(source, column->target) ||
			       (field && (field->kind == FIELD_PHONE ||
					  field->kind == FIELD_POSTAL ||
					  strcmp(field->name, "enquiry_id") == 0));
}

int csv_columns_read(struct arena *arena, const struct source *source,
		     const struct csv_record *header, struct csv_columns *columns,
		     struct error *err)
{
	struct csv_column *items = arena_array(arena, header->ncells, sizeof(*items));
	bool has_key = false;

	*columns = (struct csv_columns){ source, items, header->ncells };
	for (size_t i = 0; i < header->ncells; i++) {
		read_column(arena, source, header->cells[i], i + 1, &items[i]);
		has_key |= items[i].target && is_key(source, items[i].target);
	}
	return has_key ? 0 : refuse_header(arena, source, columns, err);
}

/* --- cells --- */

#define NBSP "\xC2\xA0"

static size_t blank_len(const char *text)
{
	if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
		return 1;
	return strncmp(text, NBSP, 2) == 0 ? 2 : 0;
}

/* Cuts blanks of both kinds on both sides. */
static const char *trim(struct arena *arena, const char *cell)
{
	size_t len, n;

	while ((n = blank_len(cell)))
		cell += n;
	len = strlen(cell);
	for (;;) {
		if (len >= 1 && blank_len(cell + len - 1) == 1)
			len--;
		else if (len >= 2 && blank_len(cell + len - 2) == 2)
			len -= 2;
		else
			break;
	}
	return cell[len] ? arena_strndup(arena, cell, len) : cell;
}

/* ="0987": a formula whose only use is to keep the zero. */
static const char *unwrap(struct arena *arena, const char *cell)
{
	size_t len = strlen(cell);

	if (len < 3 || strncmp(cell, "=\"", 2) != 0 || cell[len - 1] != '"' ||
	    memchr(cell + 2, '"', len - 3))
		return cell;
	return arena_strndup(arena, cell + 2, len - 3);
}

/* Facebook's downloads say what kind of id follows. */
static const char *unprefix(const char *cell)
{
	static const char *const prefixes[] = { "l:", "ag:", "as:", "c:", "f:", "p:", "z:" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		const char *rest = cell + strlen(prefixes[i]);

		if (!text_starts(cell, prefixes[i]))
			continue;
		if (*rest == '+')
			rest++;
		if (*rest && rest[strspn(rest, "0123456789 -")] == '\0')
			return cell + strlen(prefixes[i]);
	}
	return cell;
}

const char *csv_cell_mend(struct arena *arena, const char *cell)
{
	return unprefix(csv_unguard(unwrap(arena, trim(arena, cell))));
}

/* "9.19877E+11", with a point or a comma. */
static bool has_lost_digits(const char *cell)
{
	size_t n = strspn(cell, "0123456789");

	if (n == 0)
		return false;
	cell += n;
	if (*cell == '.' || *cell == ',')
		cell += 1 + strspn(cell + 1, "0123456789");
	if ((*cell != 'E' && *cell != 'e') || cell[1] != '+')
		return false;
	cell += 2;
	n = strspn(cell, "0123456789");
	return n >= 1 && n <= 3 && !cell[n];
}

#define SERIAL_MIN 20000 /* 1954: a smaller number is no day that a lead came on */
#define SERIAL_MAX 80000 /* 2119 */
#define SERIAL_1970 25569

/* Days since 1900 as spreadsheets count them, as the time on the wall that they show. */
static const char *from_serial(struct arena *arena, const char *cell)
{
	size_t digits = strspn(cell, "0123456789");
	char text[CLOCK_TEXT_SIZE], *end;
	double days;

	if (digits != 5 || (cell[5] && cell[5] != '.' && cell[5] != ','))
		return cell;
	if (cell[5] && cell[6 + strspn(cell + 6, "0123456789")])
		return cell;
	days = strtod(cell, &end);
	if (*end == ',') /* a comma's fraction, digit for digit */
		days += strtod(arena_printf(arena, "0.%s", end + 1), NULL);
	if (days < SERIAL_MIN || days > SERIAL_MAX)
		return cell;
	/* Excel keeps 15 digits: to the second is as exact as it is. */
	clock_format((int64_t)((days - SERIAL_1970) * 86400 + 0.5) * CLOCK_SECOND, text);
	text[19] = '\0';
	return arena_strdup(arena, text);
}

/* --- rows --- */

static const char *mend(struct arena *arena, const struct csv_column *column,
			const char *cell, struct problems *errors,
			struct problems *warnings)
{
	static const char message[] = "a spreadsheet has made 9.19877E+11 of a number: "
				      "its digits are lost",
			  instruction[] = "format the column as text in the spreadsheet, "
					  "enter the number again and export the file";

	cell = csv_cell_mend(arena, cell);
	if (column->is_time)
		return from_serial(arena, cell);
	if (!has_lost_digits(cell))
		return cell;
	problem_add(column->needs_digits ? errors : warnings, column->target, "digits_lost",
		    arena_printf(arena, "%s (column \"%s\")", message,
				 naming_shown(arena, column->header)), instruction);
	return column->needs_digits ? "" : cell;
}

static void prepare_cells(struct arena *arena, const struct csv_lead *lead,
			  struct given_lead *given, struct problems *errors,
			  struct problems *warnings)
{
	const struct csv_columns *columns = lead->columns;
	struct given *items = arena_array(arena, columns->count, sizeof(*items));

	for (size_t i = 0; i < columns->count && i < lead->record->ncells; i++) {
		const struct csv_column *column = &columns->items[i];
		const char *cell = mend(arena, column, lead->record->cells[i], errors,
					warnings);

		if (!*cell)
			continue;
		/* The reader's cells are gone after the call. */
		items[given->nitems++] = (struct given){
			.name = column->header,
			.target = column->target,
			.value = value_text(arena_strdup(arena, cell)),
		};
	}
	given->items = items;
}

void csv_row_prepare(struct arena *arena, const struct csv_lead *lead,
		     struct submission *submission)
{
	const struct csv_record *record = lead->record;
	struct problems errors = { 0 }, warnings = { 0 };
	struct given_lead given = {
		.config = lead->config,
		.source = lead->columns->source,
		.naming = NAMING_LENIENT,
		.errors = &errors,
		.warnings = &warnings,
		.received_at = lead->received_at,
		.raw = arena_strndup(arena, record->text, record->text_len),
		.raw_len = record->text_len,
		.content_type = "text/csv",
		.key = lead->key,
	};

	if (record->problem)
		problem_add(&errors, NULL, record->problem->code,
			    arena_strdup(arena, record->problem->message),
			    record->problem->instruction);
	else
		prepare_cells(arena, lead, &given, &errors, &warnings);
	prepare_submission(arena, &given, submission);
}
