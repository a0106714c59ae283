/* vendors.c - the list of all vendors. Threads: pure. */
#include <string.h>

#include "sandbox/vendor.h"

/* One line per vendor, in the order of the page at /_sandbox/ui. */
#define VENDORS(X)                                                                            \
	X(hubspot)                                                                            \
	X(salesforce)                                                                         \
	X(pipedrive)                                                                          \
	X(copper)                                                                             \
	X(freshsales)                                                                         \
	X(leadsquared)                                                                        \
	X(plain)                                                                              \
	X(zoho)                                                                               \
	X(dynamics)                                                                           \
	X(close)                                                                              \
	X(twilio)                                                                             \
	X(exotel)                                                                             \
	X(smtp)                                                                               \
	X(meta)                                                                               \
	X(google)                                                                             \
	X(aggregator)                                                                         \
	X(enrichment)

#define DECLARE(name) extern const struct sb_vendor sb_##name;
VENDORS(DECLARE)

#define LIST(name) &sb_##name,
const struct sb_vendor *const sb_vendors[] = { VENDORS(LIST) NULL };

const struct sb_vendor *sb_vendor_find(const char *name)
{
	for (size_t i = 0; sb_vendors[i]; i++)
		if (strcmp(sb_vendors[i]->name, name) == 0)
			return sb_vendors[i];
	return NULL;
}
