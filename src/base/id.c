/* id.c - 63-bit ids that grow with time. Threads: the generator is shared, lock-free. */
#include "base/id.h"

#include <stdatomic.h>
#include <string.h>

#define SEQUENCE_BITS 13
#define NODE_BITS 8

static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void id_maker_init(struct id_maker *maker, unsigned node)
{
	atomic_init(&maker->last, 0);
	maker->node = node & 0xFF;
}

int64_t id_next(struct id_maker *maker, int64_t now)
{
	uint64_t last = atomic_load(&maker->last), next;

	do {
		next = (uint64_t)now << SEQUENCE_BITS;
		if (next <= last)
			next = last + 1;
	} while (!atomic_compare_exchange_weak(&maker->last, &last, next));
	return (int64_t)((next >> SEQUENCE_BITS) << (SEQUENCE_BITS + NODE_BITS) |
			 (uint64_t)maker->node << SEQUENCE_BITS |
			 (next & ((1u << SEQUENCE_BITS) - 1)));
}

int64_t id_time(int64_t id)
{
	return id >> (SEQUENCE_BITS + NODE_BITS);
}

int64_t id_first(int64_t ms)
{
	return ms > 0 ? ms << (SEQUENCE_BITS + NODE_BITS) : 0;
}

void id_format(int64_t id, char text[ID_TEXT_SIZE])
{
	uint64_t rest = (uint64_t)id;

	for (int i = ID_TEXT_SIZE - 2; i >= 0; i--, rest >>= 5)
		text[i] = letters[rest & 31];
	text[ID_TEXT_SIZE - 1] = '\0';
}

static int value_of_letter(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	at = c ? strchr(letters, c) : NULL;
	return at ? (int)(at - letters) : -1;
}

bool id_parse(const char *text, int64_t *id)
{
	uint64_t sum = 0;

	if (!text || strlen(text) != ID_TEXT_SIZE - 1)
		return false;
	for (int i = 0; i < ID_TEXT_SIZE - 1; i++) {
		int value = value_of_letter(text[i]);

		if (value < 0 || sum >> 58)
			return false;
		sum = sum << 5 | (unsigned)value;
	}
	*id = (int64_t)sum;
	return sum > 0;
}
