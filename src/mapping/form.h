/* form.h - the form that a value has in a CRM's field: reading it, and telling whether
 * two values are one. Threads: pure.
 *
 * Vendors say the same in many ways: HubSpot sends every value as text, times as text or
 * as milliseconds; Salesforce gives 5.0 for 5 and drops the milliseconds of a time; text
 * areas come back with other line ends, phones with other blanks. None of these is a
 * change that anybody made. */
#ifndef MAPPING_FORM_H
#define MAPPING_FORM_H

#include "model/catalog.h"
#include "model/value.h"

/* A CRM's value in our own form: text "true" becomes a boolean, "5.0" the number 5, a time
 * RFC 3339 in UTC with milliseconds, a date YYYY-MM-DD, "a;b" a list, text loses blanks at
 * both ends. What does not have the field's form stays as it is. "" becomes null.
 * `field` may be NULL: nothing is known of it. */
struct value form_read(struct arena *arena, const struct catalog_field *field,
		       struct value theirs);

/* Whether it holds nothing but blanks. */
bool form_is_empty(struct value value);

/* Whether what the CRM holds (`theirs`) says what we want it to hold (`ours`, in the
 * CRM's form). Both empty is the same. A list to be appended (";a;b") is the same as one
 * that holds all of it. */
bool form_same(struct arena *arena, const struct catalog_field *field, struct value ours,
	       struct value theirs);

/* Those of the wanted fields that the CRM does not have: in *changed, the arena's; returns
 * how many. What was not seen counts as changed. `catalog` may be NULL. */
size_t fields_changed(struct arena *arena, const struct catalog *catalog,
		      const struct field *wanted, size_t nwanted, const struct field *seen,
		      size_t nseen, const struct field **changed);

/* Whether both are one phone number, `ours` being E.164 or any other form: "+14155552671",
 * "(415) 555-2671" and "001 415 555 2671" are. A national form is compared without the
 * calling code, as nobody can tell more from it. */
bool form_same_phone(const char *ours, const char *theirs);

/* The items of a multi-select as CRMs write it: "a;b", with blanks or an empty item in
 * front taken off. A list gives its own items. */
size_t form_items(struct arena *arena, struct value value, const char ***items);

/* Whether it is YYYY-MM-DD of a day that exists. */
bool form_is_date(const char *text);

/* Milliseconds of a time: RFC 3339, or a whole number of 10 or more digits that counts
 * milliseconds. */
bool form_time(const char *text, int64_t *ms);

#endif
