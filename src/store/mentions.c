/* mentions.c - does a text speak of a lead? Threads: pure. */
#include "store/mentions.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/text.h"

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static bool starts_with(const unsigned char *at, size_t left, const char *key)
{
	size_t i;

	for (i = 0; key[i]; i++)
		if (i == left || lower(at[i]) != lower((unsigned char)key[i]))
			return false;
	return true;
}

static bool holds(const unsigned char *bytes, size_t len, const char *key)
{
	for (size_t i = 0; i < len; i++)
		if (starts_with(&bytes[i], len - i, key))
			return true;
	return false;
}

/* ada@example.org as it stands in forms and addresses: ada%40example.org. */
static bool holds_email(const unsigned char *bytes, size_t len, const char *key)
{
	const char *at = strchr(key, '@');
	char encoded[400];

	if (holds(bytes, len, key))
		return true;
	if (!at || strlen(key) > sizeof(encoded) - 3)
		return false;
	snprintf(encoded, sizeof(encoded), "%.*s%%40%s", (int)(at - key), key, at + 1);
	return holds(bytes, len, encoded);
}

#define TAIL_DIGITS 8

static bool is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

/* What may stand between the digits of a number; "+49 (0) 151-23" and "%2B49%20151". */
static bool is_between(unsigned char c)
{
	return c == ' ' || c == '-' || c == '.' || c == '/' || c == '(' || c == ')' || c == '+';
}

static bool tail_starts(const unsigned char *at, size_t left, const char *tail)
{
	size_t i = 0;

	for (size_t n = 0; n < TAIL_DIGITS; i++) {
		if (i == left)
			return false;
		if (at[i] == (unsigned char)tail[n])
			n++;
		else if (n == 0 || !is_between(at[i]))
			return false;
	}
	/* The number ends here: a longer one is another. */
	return i == left || !is_digit(at[i]);
}

static bool holds_phone(const unsigned char *bytes, size_t len, const char *key)
{
	size_t digits = strlen(key);

	if (digits <= TAIL_DIGITS)
		return holds(bytes, len, key);
	for (size_t i = 0; i < len; i++)
		if (tail_starts(&bytes[i], len - i, key + digits - TAIL_DIGITS))
			return true;
	return false;
}

bool lead_is_mentioned(const struct lead *lead, const void *bytes, size_t len)
{
	char shown[ID_TEXT_SIZE], number[24];

	if (!bytes)
		return false;
	id_format(lead->id, shown);
	snprintf(number, sizeof(number), "%" PRId64, lead->id);
	if (holds(bytes, len, shown) || holds(bytes, len, number))
		return true;
	for (size_t i = 0; i < lead->nidentities; i++) {
		const struct identity *identity = &lead->identities[i];

		if (strlen(identity->key) < MENTION_KEY_MIN)
			continue;
		if (text_equal(identity->kind, "phone") ? holds_phone(bytes, len, identity->key) :
							  holds_email(bytes, len, identity->key))
			return true;
	}
	return false;
}
