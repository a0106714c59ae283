/* hubspot.h - the parts of the `hubspot` connector. Private to the hubspot*.c files.
 * Threads: pure.
 *
 * Written from the HubSpot fact sheet; its section numbers stand in comments. */
#ifndef CONNECTORS_HUBSPOT_H
#define CONNECTORS_HUBSPOT_H

#include "connectors/parts.h"
#include "model/connector.h"

#define HUBSPOT_VERSION "2026-09"
#define HUBSPOT_OBJECTS "/crm/objects/" HUBSPOT_VERSION "/"
#define HUBSPOT_PROPERTIES "/crm/properties/" HUBSPOT_VERSION "/"
#define HUBSPOT_ASSOCIATIONS "/crm/associations/" HUBSPOT_VERSION "/"
#define HUBSPOT_ACCOUNT "/account-info/" HUBSPOT_VERSION "/"
#define HUBSPOT_TOKEN "/oauth/" HUBSPOT_VERSION "/token"
#define HUBSPOT_KEY "fairlead_lead_id" /* the unique property that holds our id */
#define HUBSPOT_BATCH 100              /* inputs of one batch call (section 5) */

/* The path of x->object with `rest` ("/batch/read") behind it. */
const char *hubspot_path(struct exchange *x, const char *rest);

/* What an error of HubSpot's says, in an answer of its own or in a batch's list. */
struct hubspot_error {
	enum outcome outcome;
	const char *field;      /* the property at fault, or NULL */
	const char *reason;     /* HubSpot's words */
	const char *existing;   /* id of the record that is there already, or NULL */
	int64_t wait_ms;        /* what the kind of limit asks for, or 0 */
	const char *held_bucket; /* the calls that it limits, NULL: all */
	bool is_schema;         /* every record with `field` is at fault */
	bool wants_token;
};

/* Reads an error body. False when it is not HubSpot's: then it says nothing. */
bool hubspot_error_read(struct arena *arena, const json_t *json, int status,
			const struct connection *connection, struct hubspot_error *error);

/* What a reply that is no success means for the whole call. Only HubSpot's own errors
 * are believed; 429 is by its status alone. */
void hubspot_reply_error(struct exchange *x, struct hubspot_error *error);

/* The trace id or record id that an error of a batch is about, or NULL. */
const char *hubspot_error_trace(const json_t *error);
const char *hubspot_error_id(const json_t *error);

/* Gives the record what the error says. */
void hubspot_settle_error(struct record *record, const struct hubspot_error *error);

/* The whole part failed with `error`: settles it, and returns whether the conversation
 * has to end (limits, credentials, no connection). */
bool hubspot_part_failed(struct exchange *x, struct parts *parts,
			 const struct hubspot_error *error);

/* A successful batch answer: an object whose `results` is a list; else NULL. */
const json_t *hubspot_batch(struct exchange *x);

/* --- hubspot_associate.c: fields that say to which other records a record belongs ------- */

#define HUBSPOT_ASSOCIATION "associations." /* the kind follows: "associations.contacts" */
#define HUBSPOT_ASSOCIATE 100               /* kind of the first parts; one more each */
#define HUBSPOT_ASSOCIATIONS_MAX 4          /* of one object */

bool hubspot_is_association(const char *field);
/* The fields that an object has of them; returns how many. */
size_t hubspot_association_fields(const char *object, struct catalog_field *fields);
/* Adds parts of that kind for the records that are DELIVERED and have such a field: they
 * become CONNECTION. False when there are none. */
bool hubspot_plan_associations(struct exchange *x, struct parts *parts, int kind);
enum turn hubspot_send_associations(struct exchange *x, struct part *part);
/* Settles the part at hand by the reply; returns whether the conversation has to end. */
bool hubspot_settle_associations(struct exchange *x, struct parts *parts);

/* Text of a property in a row, or NULL. */
const char *hubspot_property(const json_t *row, const char *name);

connector_turn hubspot_write, hubspot_find, hubspot_read, hubspot_check, hubspot_describe,
	hubspot_limits, hubspot_create_key;

#endif
