/* hubspot_ask.h - requests to the sandbox's HubSpot. */
#ifndef TESTS_SANDBOX_HUBSPOT_ASK_H
#define TESTS_SANDBOX_HUBSPOT_ASK_H

#include "ask.h"

#define PROPERTIES "/crm/properties/2026-09/contacts"
#define CONTACTS "/crm/objects/2026-09/contacts"
#define LEAD_ID                                                                               \
	"{\"name\":\"fairlead_lead_id\",\"label\":\"Fairlead lead id\",\"groupName\":"         \
	"\"contactinformation\",\"type\":\"string\",\"fieldType\":\"text\","                   \
	"\"hasUniqueValue\":true,\"formField\":false}"

static inline int hubspot_setup(void **state)
{
	int rc = asker_setup(state);

	((struct asker *)*state)->base = "/hubspot";
	return rc;
}

#endif
