/* close_match.h - queries as trees: {"type": "and", "queries": [...]} (5). Threads: under the
 * sandbox's lock.
 *
 * A query is checked once, then asked of each record. What it is asked of is a record or an
 * item of a record's list (an address of a contact), as the index saw it a while ago. */
#ifndef SANDBOX_CLOSE_MATCH_H
#define SANDBOX_CLOSE_MATCH_H

#include "sandbox/close.h"

struct sb_close_search {
	struct sb_call *call;
	int64_t at;  /* the index as it was then */
	bool is_bad; /* a reply was made */
};

/* One of `record` and `item`. */
struct sb_close_thing {
	const char *type; /* "contact_email" */
	const struct sb_record *record;
	const json_t *item;
};

/* --- checking; each replies and returns false --- */

bool sb_close_refuse_query(struct sb_close_search *search, const char *why);
bool sb_close_is_field(struct sb_close_search *search, const char *type, const json_t *field);
bool sb_close_is_query(struct sb_close_search *search, const json_t *query, const char *object);

/* --- asking, of what was checked --- */

bool sb_close_was_there(const struct sb_close_search *search, const struct sb_record *record);
bool sb_close_matches(const struct sb_close_search *search, const struct sb_close_thing *thing,
		      const json_t *query);

/* New, or NULL when there is none. Times of records are integers (ms). */
json_t *sb_close_value(const struct sb_close_search *search, const struct sb_close_thing *thing,
		       const json_t *field);

/* --- what a query speaks of --- */

/* Whether what is of type `to` belongs to, or is in a list of, what is of type `of`. */
bool sb_close_is_relation(const char *of, const char *to);

/* What every record has beside its fields: "date_updated". */
bool sb_close_is_column(const char *name);

/* "fixed_utc", "fixed_local_date" (from its start, or its end), "now", or a plain time. */
bool sb_close_moment(const struct sb_close_search *search, const json_t *json, int64_t *ms);

/* The bounds of a range of moments; the sheet's spelling, or the other (5). */
void sb_close_bounds(const struct sb_close_search *search, const json_t *condition,
		     const json_t **low, const json_t **high);

/* Items of lists: "contact_email". */
bool sb_close_is_item(const char *type);

/* The list that items of a contact stand in, or NULL. */
const struct sb_field *sb_close_list_of(struct sb_call *call, const char *type);

/* The field that a query's field names; NULL for columns and what is not there. */
const struct sb_field *sb_close_field_in(struct sb_call *call, const char *type,
					 const json_t *json);

#endif
