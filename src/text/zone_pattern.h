/* zone_pattern.h - the pieces that a time's pattern is made of. Private to text/.
 * Threads: pure. */
#ifndef TEXT_ZONE_PATTERN_H
#define TEXT_ZONE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "text/zone.h"

enum zone_piece_kind {
	PIECE_LITERAL, PIECE_YEAR, PIECE_YEAR_SHORT, PIECE_MONTH, PIECE_MONTH_SHORT,
	PIECE_MONTH_NAME, PIECE_DAY, PIECE_WEEKDAY_SHORT, PIECE_WEEKDAY_NAME, PIECE_HOUR,
	PIECE_HOUR_12, PIECE_MINUTE, PIECE_SECOND, PIECE_MS, PIECE_HALF_UPPER,
	PIECE_HALF_LOWER, PIECE_OFFSET, PIECE_OFFSET_BARE, PIECE_OFFSET_OR_Z, PIECE_EPOCH_S,
	PIECE_EPOCH_MS,
};

struct zone_piece {
	enum zone_piece_kind kind;
	int width;        /* digits at least; 0 of what is no number */
	const char *text; /* as in the pattern; of a literal, what it stands for */
	size_t len;       /* bytes of `text` */
};

#define ZONE_PIECES_MAX 48

struct zone_pattern {
	struct zone_piece pieces[ZONE_PIECES_MAX];
	size_t count;
};

/* Cuts a pattern that is to be used so; its pieces point into it, or into constants.
 * Fails like zone_pattern_check(). */
int zone_pattern_for(const char *text, enum zone_use use, struct zone_pattern *pattern,
		     struct error *err);

/* Whether it is read as digits: two such in a row need all their digits. */
bool zone_piece_is_number(const struct zone_piece *piece);

extern const char *const zone_months[12];   /* "January" */
extern const char *const zone_weekdays[7];  /* "Monday" */

#endif
