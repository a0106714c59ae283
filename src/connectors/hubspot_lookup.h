/* hubspot_lookup.h - what looking for contacts and reading them have in common. Private to
 * the hubspot*.c files. Threads: pure. */
#ifndef CONNECTORS_HUBSPOT_LOOKUP_H
#define CONNECTORS_HUBSPOT_LOOKUP_H

#include "connectors/hubspot.h"

#define SEARCH_GROUPS 5   /* filter groups of one search */
#define SEARCH_VALUES 100 /* of one filter */

/* How contacts are asked for: a hundred in one call by e-mail, by our own property or by
 * id, or searched for by anything else. */
enum { READ_EMAIL, READ_KEY, SEARCH, READ_ID };

/* Where the look-up of one record stands. */
struct seeker {
	size_t from, to; /* its keys in this step; the next step begins at `to` */
	bool is_open;    /* neither found, nor failed, nor out of keys */
};

struct find_state {
	struct parts parts;
	struct seeker *seekers;  /* NULL for a read by id */
	size_t search_bytes;
	const char *after; /* where the next page of the search at hand begins, or NULL */
	int pages;
};

/* Hands out the part at hand, or the next that can be; TURN_DONE when there is none. */
enum turn hubspot_send_lookup(struct exchange *x, struct find_state *state);

/* Whether `list`, values with ; between, has `value`, in any case. */
bool hubspot_list_has(const char *list, const char *value);

/* Adds what the row shows to the record's matches; NULL when there are too many. */
struct remote *hubspot_add_row(struct exchange *x, struct record *record, const json_t *row,
			       const char *id, int key);

/* Why what has no row in this batch answer is not surely absent, or NULL: an error other
 * than "not there". */
const char *hubspot_doubt(struct exchange *x, const json_t *json);

#endif
