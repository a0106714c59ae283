/* columns_test.c - the table of columns is the schema, column for column. */
#include "store/box.h"

#include "store/columns.h"

static const char OF_SQLITE[] = "SELECT s.name, c.name FROM sqlite_schema s,"
				" pragma_table_info(s.name) c WHERE s.type = 'table'"
				" AND s.name NOT LIKE 'sqlite_%' ORDER BY 1, 2";
static const char OF_POSTGRES[] = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)"
				  " FROM information_schema.columns"
				  " WHERE table_schema = current_schema() ORDER BY 1, 2";

static void every_column_is_declared(struct box *box)
{
	size_t found = 0;
	struct db_rows *rows;
	struct db *db;

	box_open(box, NULL);
	box_close(box);
	assert_int_equal(db_open(&db, box->uri, true, &box->err), 0);
	assert_int_equal(db_query(db, box->is_sqlite ? OF_SQLITE : OF_POSTGRES, DB_NONE, &rows,
				  &box->err),
			 0);
	for (; db_next(rows, &box->err) == 1; found++) {
		const char *table = db_column_text(rows, 0, box->arena);
		const char *name = db_column_text(rows, 1, box->arena);

		if (!column_find(table, name))
			fail_msg("columns.c does not say what %s.%s is", table, name);
	}
	db_done(rows);
	db_close(db);
	/* As many, and all of them there: so none is declared that is not. */
	assert_int_equal(found, store_ncolumns);
}

static void no_column_is_declared_twice(struct box *box)
{
	(void)box;
	for (size_t i = 0; i < store_ncolumns; i++)
		assert_ptr_equal(column_find(store_columns[i].table, store_columns[i].name),
				 &store_columns[i]);
	assert_null(column_find("lead", "nothing"));
}

/* Rule of the house: what is a document, a body or an answer holds a lead's data, and
 * what is sealed is a secret. A new one that is neither has to be named here. */
static const char *const plain_documents[] = { "field_catalog.doc" };

static bool is_plain_document(const struct column *column)
{
	char name[100];

	snprintf(name, sizeof(name), "%s.%s", column->table, column->name);
	for (size_t i = 0; i < ARRAY_LEN(plain_documents); i++)
		if (strcmp(name, plain_documents[i]) == 0)
			return true;
	return false;
}

static void documents_are_personal(struct box *box)
{
	(void)box;
	for (size_t i = 0; i < store_ncolumns; i++) {
		const struct column *column = &store_columns[i];

		if (strstr(column->name, "doc") || strcmp(column->name, "raw") == 0 ||
		    strcmp(column->name, "answer") == 0 || strcmp(column->name, "request") == 0)
			if (column->kind != COLUMN_PERSONAL && !is_plain_document(column) &&
			    strcmp(column->table, "audit") != 0)
				fail_msg("%s.%s", column->table, column->name);
		if (strcmp(column->name, "sealed") == 0)
			assert_int_equal(column->kind, COLUMN_SECRET);
	}
}

static const struct box_case cases[] = {
	BOX_CASE(every_column_is_declared),
	BOX_CASE(no_column_is_declared_twice),
	BOX_CASE(documents_are_personal),
};

int main(int argc, char **argv)
{
	return box_run(argc, argv, cases, ARRAY_LEN(cases));
}
