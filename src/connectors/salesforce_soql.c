/* salesforce_soql.c - builds the queries that look for records. Threads: pure. */
#include "connectors/salesforce_soql.h"

#include <string.h>

#include "base/attributes.h"
#include "base/text.h"

bool soql_lacks(const struct soql_lacking *lacking, const char *object, const char *name)
{
	for (size_t i = 0; i < lacking->count; i++)
		if (strcmp(lacking->columns[i].object, object) == 0 &&
		    strcmp(lacking->columns[i].name, name) == 0)
			return true;
	return false;
}

bool soql_add_lacking(struct soql_lacking *lacking, const char *object, const char *name)
{
	if (lacking->count == SOQL_LACKING_MAX || soql_lacks(lacking, object, name))
		return false;
	lacking->columns[lacking->count++] = (struct soql_column){ object, name };
	return true;
}

/* Percent-encodes for a query string: blanks as +, and what SOQL itself is made of as it
 * is, which keeps the URL short. */
static void add_encoded(struct buf *buf, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		    (*p >= '0' && *p <= '9') || strchr("-._~',()=@:", *p)) {
			buf_addc(buf, (char)*p);
		} else if (*p == ' ') {
			buf_addc(buf, '+');
		} else {
			buf_addc(buf, '%');
			buf_addc(buf, hex[*p >> 4]);
			buf_addc(buf, hex[*p & 15]);
		}
	}
}

/* A literal: ' and \ are escaped with \ (section 5). */
static void add_literal(struct buf *buf, const char *value)
{
	struct buf literal;

	buf_init(&literal, buf->arena, 4096);
	buf_addc(&literal, '\'');
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			buf_addc(&literal, '\\');
		buf_addc(&literal, *value);
	}
	buf_addc(&literal, '\'');
	add_encoded(buf, literal.is_over ? "''" : literal.text);
}

size_t soql_key_bytes(const struct record_key *key)
{
	size_t bytes = 3;

	for (const unsigned char *p = (const unsigned char *)key->value; *p; p++)
		bytes += *p == '\'' || *p == '\\' ? 6 :
			 (*p < 0x80 && strchr("+\"#%&;<>/?[]^`{|}!$*", *p)) || *p >= 0x80 ? 3 : 1;
	return bytes;
}

struct columns {
	struct buf *buf;
	const struct soql_ask *ask;
	const char *names[300];
	size_t count;
};

static void add_column(struct columns *columns, const char *name)
{
	if (columns->count == ARRAY_LEN(columns->names) ||
	    soql_lacks(columns->ask->lacking, columns->ask->object, name))
		return;
	for (size_t i = 0; i < columns->count; i++)
		if (text_equal_nocase(columns->names[i], name))
			return;
	buf_add(columns->buf, columns->count ? "," : "");
	add_encoded(columns->buf, name);
	columns->names[columns->count++] = name;
}

/* What the other object of the two surely has; the object spoken of has all. */
static void add_wanted(struct columns *columns)
{
	const struct exchange *x = columns->ask->x;
	bool is_home = strcmp(columns->ask->object, x->object) == 0;

	for (size_t i = 0; i < x->nnames; i++)
		if (is_home || salesforce_contact_has(x->names[i]))
			add_column(columns, x->names[i]);
	if (is_home)
		add_column(columns, SALESFORCE_KEY);
}

static void add_select(struct buf *buf, const struct soql_ask *ask)
{
	struct columns columns = { .buf = buf, .ask = ask };

	add_encoded(buf, "SELECT ");
	add_column(&columns, "Id");
	add_column(&columns, "SystemModstamp");
	if (strcmp(ask->object, "Lead") == 0) {
		add_column(&columns, "IsConverted");
		add_column(&columns, "ConvertedContactId");
	}
	if (ask->with_deleted) {
		add_column(&columns, "IsDeleted");
		if (strcmp(ask->object, SALESFORCE_TASK) != 0) /* tasks are not merged */
			add_column(&columns, "MasterRecordId");
	}
	add_wanted(&columns);
	for (size_t i = 0; i < ask->nkeys; i++)
		add_column(&columns, ask->keys[i]->field);
	add_encoded(buf, " FROM ");
	add_encoded(buf, ask->object);
}

static bool is_repeated(const struct soql_ask *ask, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(ask->keys[i]->field, ask->keys[at]->field) == 0)
			return true;
	return false;
}

/* Field IN ('a','b') OR Other IN (...) */
static void add_where(struct buf *buf, const struct soql_ask *ask)
{
	size_t groups = 0;

	for (size_t i = 0; i < ask->nkeys; i++) {
		const char *field = ask->keys[i]->field;
		size_t values = 0;

		if (is_repeated(ask, i) || soql_lacks(ask->lacking, ask->object, field))
			continue;
		add_encoded(buf, groups++ ? " OR " : " WHERE ");
		add_encoded(buf, field);
		add_encoded(buf, " IN (");
		for (size_t j = i; j < ask->nkeys; j++) {
			if (strcmp(ask->keys[j]->field, field) != 0)
				continue;
			buf_add(buf, values++ ? "," : "");
			add_literal(buf, ask->keys[j]->value);
		}
		buf_addc(buf, ')');
	}
}

const char *soql_path(struct exchange *x, const struct soql_ask *ask)
{
	struct buf buf;

	buf_init(&buf, x->arena, 1u << 20);
	add_select(&buf, ask);
	add_where(&buf, ask);
	return arena_printf(x->arena, "%s%s",
			    salesforce_path(x, ask->with_deleted ? "/queryAll?q=" : "/query?q="),
			    buf_text(&buf));
}
