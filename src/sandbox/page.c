/* page.c - cursors that a client cannot make up. Threads: pure. */
#include "sandbox/page.h"

#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "sandbox/state.h"

struct cursor {
	uint64_t mark;
	int64_t numbers[SB_CURSOR_NUMBERS];
};

/* Not against an attacker: it tells a cursor of one list from that of another. */
static uint64_t mark_of(const char *what, const int64_t *numbers, size_t count)
{
	uint64_t mark = sb_hash(what) ^ count;

	for (size_t i = 0; i < count; i++)
		mark = (mark ^ (uint64_t)numbers[i]) * UINT64_C(0x9e3779b97f4a7c15);
	return mark;
}

char *sb_cursor_make(struct arena *arena, const char *what, const int64_t *numbers, size_t count)
{
	struct cursor cursor = { .mark = mark_of(what, numbers, count) };

	memcpy(cursor.numbers, numbers, count * sizeof(*numbers));
	return base64url_encode(arena, &cursor, sizeof(cursor.mark) + count * sizeof(*numbers));
}

bool sb_cursor_read(struct arena *arena, const char *text, const char *what, int64_t *numbers,
		    size_t count)
{
	struct cursor cursor;
	unsigned char *bytes;
	size_t len;

	if (base64url_decode(arena, text, &bytes, &len, NULL) < 0 ||
	    len != sizeof(cursor.mark) + count * sizeof(*numbers))
		return false;
	memcpy(&cursor, bytes, len);
	if (cursor.mark != mark_of(what, cursor.numbers, count))
		return false;
	memcpy(numbers, cursor.numbers, count * sizeof(*numbers));
	return true;
}

bool sb_page_number(const char *text, int64_t otherwise, int64_t low, int64_t high,
		    int64_t *number)
{
	*number = otherwise;
	return !text || (text_int(text, number) && *number >= low && *number <= high);
}
