/* compile_types.h - what a lead's fields are, and which CRM fields can hold that. Private
 * to mapping/. Threads: pure. */
#ifndef MAPPING_COMPILE_TYPES_H
#define MAPPING_COMPILE_TYPES_H

#include "mapping/compile.h"

/* What a lead's field holds before any transform. */
enum shape types_shape_of(const char *lead_field);
/* For people: "a date", "yes or no". */
const char *types_shape_name(enum shape shape);

/* What to do about a value of this shape in a field of this type, or NULL when it may
 * fit. */
const char *types_refuse(enum shape shape, enum catalog_type type);

/* How many characters a line may write; 0 when that is not known. */
size_t types_longest(const struct mapping_line *line);

/* Whether the field takes the values of its list only. */
bool types_is_closed_list(const struct catalog_field *target);

/* Whether the field is the lead's own, of which there are newer and older values; not what
 * is known of one enquiry or of the record itself. */
bool types_is_leads_own(const char *lead_field);

/* Whether a CRM may tell us the field. */
bool types_can_read_into(const char *lead_field);

#endif
