#include "prepare_support.h"

#include "base/attributes.h"
#include "base/text.h"
#include "sources/csv_row.h"

/* A file on its way to leads, as text. */
struct import {
	struct arena *arena;
	const struct config *config;
	const char *source;
	struct csv_columns columns;
	struct buf seen, errors;
	char delimiter;
};

static int take(void *context, const struct csv_record *record, struct error *err)
{
	struct import *import = context;
	struct submission s;

	if (record->row == 0) {
		if (csv_columns_read(import->arena, config_source(import->config, import->source),
				     record, &import->columns, err) < 0)
			return -1;
		csv_errors_begin(&import->errors, &import->columns);
		return 0;
	}
	csv_row_prepare(import->arena, &(struct csv_lead){
		.config = import->config, .columns = &import->columns, .record = record,
		.received_at = NOW }, &s);
	buf_addf(&import->seen, "row %d\n%s", (int)record->row, show(import->arena, &s));
	if (s.errors.count > 0)
		csv_errors_add(&import->errors, &import->columns, s.raw, s.raw_len,
			       import->delimiter, &s.errors);
	return 0;
}

static void import(struct arena *arena, const char *source, const char *file, size_t len,
		   struct import *import)
{
	struct error err = { 0 };
	struct csv_reader *reader;

	*import = (struct import){ .arena = arena, .config = workspace(arena),
				   .source = source, .delimiter = ',' };
	buf_init(&import->seen, arena, 1u << 20);
	buf_init(&import->errors, arena, 1u << 20);
	reader = csv_reader_new(take, import, 0);
	if (csv_reader_add(reader, file, len, &err) < 0 || csv_reader_end(reader, &err) < 0)
		buf_addf(&import->seen, "%s: %s\n", error_code_name(err.code), err.message);
	csv_reader_free(reader);
}

static const struct { const char *what, *source, *file, *seen; } files[] = {
	{ "headers as people write them", "sheet",
	  "Full Name;E-Mail;Mobile No.;Lead ID;Which flat?;Notes;Created\r\n"
	  "Asha Rao;asha@x.org;098765 43211;L1;2 BHK;\"line 1\nline 2\";2026-03-01 10:00\r\n",
	  "row 1\nfirst_name=Asha\nlast_name=Rao\nemail=asha@x.org\nphone=+919876543211\n"
	  "custom.which_flat=2 BHK\nkey email=asha@x.org\nkey phone=+919876543211\n"
	  "enquiry L1\nmessage line 1\nline 2\nat 2026-03-01T04:30:00.000Z\n" },
	{ "the source's map", "sheet", "Tel. privat,Name\n9876543211,A\n",
	  "row 1\nfirst_name=A\nphone=+919876543211\nkey phone=+919876543211\n" },
	{ "two columns for one field", "sheet",
	  "Phone,Mobile,Email\n,9876543211,a@x.org\n08030752400,9876543211,b@x.org\n",
	  "row 1\nemail=a@x.org\nphone=+919876543211\nkey email=a@x.org\n"
	  "key phone=+919876543211\n"
	  "row 2\nemail=b@x.org\nphone=+918030752400\ncustom.mobile=9876543211\n"
	  "key email=b@x.org\nkey phone=+918030752400\n" },
	{ "what spreadsheets do", "sheet",
	  "Phone,Email,PIN code,Account,Date\n"
	  "\"=\"\"09876543211\"\"\",\xC2\xA0 a@x.org\xC2\xA0,560001,'0987,46083.385\n"
	  "9.19877E+11,b@x.org,560001,1.5E+10,46083\n"
	  "\"9,19877E+11\",,5.6E+05,1,1\n",
	  "row 1\nemail=a@x.org\nphone=+919876543211\npostal_code=560001\n"
	  "custom.account=0987\nkey email=a@x.org\nkey phone=+919876543211\n"
	  "at 2026-03-02T03:44:24.000Z\n"
	  "row 2\nemail=b@x.org\npostal_code=560001\ncustom.account=1.5E+10\n"
	  "key email=b@x.org\nat 2026-03-01T18:30:00.000Z\n!phone:digits_lost\n"
	  "?custom.account:digits_lost\n"
	  "row 3\ncustom.account=1\n!phone:digits_lost\n!postal_code:digits_lost\n"
	  "?occurred_at:time_invalid\n" },
	{ "Facebook's download", "sheet",
	  "id\tcreated_time\tad_id\tfull_name\tphone_number\temail\twhich_flat?\n"
	  "l:710001112223334\t2026-02-21T04:39:50+0000\tag:66\tAsha Rao\tp:+919876543211\t"
	  "asha@x.org\t2_bhk\n",
	  "row 1\nfirst_name=Asha\nlast_name=Rao\nemail=asha@x.org\nphone=+919876543211\n"
	  "custom.id=710001112223334\ncustom.ad_id=66\ncustom.which_flat=2_bhk\n"
	  "key email=asha@x.org\nkey phone=+919876543211\nat 2026-02-21T04:39:50.000Z\n" },
	{ "rows that cannot be read", "sheet",
	  "Name,Phone\nA,9876543211,x\nB\nC,12\n\"D,9876543212\n",
	  "row 1\n!:ragged_row\nrow 2\n!:ragged_row\n"
	  "row 3\nfirst_name=C\n!phone:phone_invalid\n"
	  "row 4\n!:quote_not_closed\n" },
	{ "columns without a name", "sheet", "Phone,,?\n9876543211,x,y\n",
	  "row 1\nphone=+919876543211\ncustom.column_2=x\nkey phone=+919876543211\n"
	  "??:field_unnamed\n" },
	{ "a formula's guard", "sheet", "Phone,Note,City\n'+919876543211,'=1+1,'s-Graven\n",
	  "row 1\nphone=+919876543211\ncity='s-Graven\nkey phone=+919876543211\n"
	  "message =1+1\n" },
	{ "consent", "sheet", "Email,Consent,Consent channel\na@x.org,Yes,\"sms, phone\"\n"
	  "b@x.org,maybe,\nc@x.org,,\n",
	  "row 1\nemail=a@x.org\nkey email=a@x.org\n"
	  "consent yes sms qualification 2026-03-02T09:14:07.213Z\n"
	  "consent yes voice qualification 2026-03-02T09:14:07.213Z\n"
	  "row 2\nemail=b@x.org\nkey email=b@x.org\n?consent:consent_invalid\n"
	  "row 3\nemail=c@x.org\nkey email=c@x.org\n" },
	{ "no header", "sheet", "Ada,ada@x.org\nBob,bob@x.org\n",
	  "invalid: no column is email or phone: the first line must name the columns, or the "
	  "source must map one; it names Ada, ada@x.org\n" },
};

static void files_become_leads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct arena *arena = arena_new();
		struct import result;
		const char *seen;

		import(arena, files[i].source, files[i].file, strlen(files[i].file), &result);
		seen = buf_text(&result.seen);
		if (strcmp(seen, files[i].seen) != 0)
			fail_msg("%s: got\n%swanted\n%s", files[i].what, seen, files[i].seen);
		arena_free(arena);
	}
}

static void errors_can_be_corrected_and_imported(void **state)
{
	static const char file[] =
		"Name,Phone,Note\n"
		"\"A, B\",12,\"=\"\"1\"\"\"\n"
		"C,'+91,'=x,,\n"
		"D,1\n"
		"\xFF,1,2\n";
	static const char wanted[] =
		"\"Name\",\"Phone\",\"Note\",\"not_taken_because\"\r\n"
		"\"A, B\",\"12\",\"1\",\"phone: too short for a number of its country (sent as "
		"\"\"Phone\"\"): add the missing digits, or correct the country\"\r\n"
		"\"C\",\"'+91\",\"'=x\",\"phone: not a phone number (sent as \"\"Phone\"\"): ";
	struct arena *arena = arena_new();
	struct import result;
	const char *errors;

	(void)state;
	import(arena, "sheet", file, sizeof(file) - 1, &result);
	errors = buf_text(&result.errors);
	if (!text_starts(errors, wanted))
		fail_msg("got\n%swanted\n%s", errors, wanted);
	assert_non_null(strstr(errors, "\r\n\"D,1\",\"\",\"\",\"the record has 2 values and the "
			       "header names 3 columns: quote the values"));
	assert_true(text_is_utf8(errors, strlen(errors)));
	arena_free(arena);
}

static void cells_are_mended(void **state)
{
	static const struct { const char *cell, *mended; } cells[] = {
		{ "x", "x" },			    { "", "" },
		{ "\xC2\xA0 \t\xC2\xA0", "" },	    { "\xC2\xA0x y\xC2\xA0", "x y" },
		{ "=\"007\"", "007" },		    { "=\"\"", "" },
		{ "=A1", "=A1" },		    { "=\"a\"&\"b\"", "=\"a\"&\"b\"" },
		{ "p:+91 98765-43211", "+91 98765-43211" },
		{ "l:12", "12" },		    { "c: hello", "c: hello" },
		{ "p:", "p:" },			    { "x:12", "x:12" },
		{ "'0987", "0987" },		    { "\xC3\xA0", "\xC3\xA0" },
	};
	struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cells); i++)
		assert_string_equal(csv_cell_mend(arena, cells[i].cell), cells[i].mended);
	arena_free(arena);
}

static int init(void **state)
{
	struct error err;

	(void)state;
	return text_init(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_become_leads),
		cmocka_unit_test(errors_can_be_corrected_and_imported),
		cmocka_unit_test(cells_are_mended),
	};

	return cmocka_run_group_tests(tests, init, NULL);
}
