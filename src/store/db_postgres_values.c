/* db_postgres_values.c - values on their way to PostgreSQL and back. Threads: pure. */
#include "store/db_postgres_values.h"

#include <stdio.h>

/* Types by their numbers in pg_type, which never change. */
enum { BOOL = 16, BYTEA = 17, INT8 = 20, INT2 = 21, INT4 = 23, NUMERIC = 1700 };

void postgres_parameters_set(struct postgres_parameters *parameters,
			     const struct db_value *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		parameters->lengths[i] = (int)values[i].len;
		parameters->formats[i] = values[i].type == DB_BYTES;
		switch (values[i].type) {
		case DB_NULL:
			parameters->values[i] = NULL;
			break;
		case DB_INT:
			snprintf(parameters->numbers[i], sizeof(parameters->numbers[i]), "%lld",
				 (long long)values[i].number);
			parameters->values[i] = parameters->numbers[i];
			break;
		case DB_TEXT: /* ends with NUL: the length is not looked at */
		case DB_BYTES:
			parameters->values[i] = values[i].bytes;
			break;
		}
	}
}

/* Big endian, of 1 to 8 bytes, signed. */
static int64_t integer_of(const unsigned char *bytes, int len)
{
	uint64_t sum = len > 0 && bytes[0] & 0x80 ? UINT64_MAX : 0;

	for (int i = 0; i < len; i++)
		sum = sum << 8 | bytes[i];
	return (int64_t)sum;
}

/* Digits of base 10,000 after four 16-bit words: how many, weight of the first, sign,
 * scale. A sum of BIGINTs is a NUMERIC. */
static int64_t numeric_of(const unsigned char *bytes, int len)
{
	int digits = (int)integer_of(bytes, 2), weight = (int)integer_of(bytes + 2, 2);
	int64_t sum = 0;

	for (int i = 0; i <= weight; i++)
		sum = sum * 10000 +
		      (i < digits && 8 + 2 * i + 2 <= len ? integer_of(bytes + 8 + 2 * i, 2) : 0);
	return integer_of(bytes + 4, 2) ? -sum : sum;
}

struct db_value postgres_value(const PGresult *result, int row, int column)
{
	const unsigned char *bytes;
	int len;

	if (PQgetisnull(result, row, column))
		return db_null();
	bytes = (const unsigned char *)PQgetvalue(result, row, column);
	len = PQgetlength(result, row, column);
	switch (PQftype(result, column)) {
	case BOOL:
		return db_int(bytes[0]);
	case INT2:
	case INT4:
	case INT8:
		return db_int(integer_of(bytes, len));
	case NUMERIC:
		return db_int(numeric_of(bytes, len));
	case BYTEA:
		return db_bytes(bytes, (size_t)len);
	default:
		return (struct db_value){ .type = DB_TEXT, .bytes = bytes, .len = (size_t)len };
	}
}
