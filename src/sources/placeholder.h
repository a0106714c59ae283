/* placeholder.h - what people and programs write for "nothing". Threads: pure. */
#ifndef SOURCES_PLACEHOLDER_H
#define SOURCES_PLACEHOLDER_H

#include <stdbool.h>

/* Whether `text` (without blanks around it) in the field `name` ("country",
 * "custom.budget") says nothing: "", "n/a", "-", "null", "test@test.com". Such a value
 * never clears a field and never is one.
 *
 * Not in a message, which is whatever was written. "NA" is Namibia in a country; "Null"
 * and "Na", so written, are families' names. */
bool placeholder_is(const char *name, const char *text);

/* Whether the text is what an advertising platform's test tool sends: Meta's
 * "<test lead: dummy data for email>" and test@fb.com. */
bool placeholder_is_test(const char *text);

#endif
