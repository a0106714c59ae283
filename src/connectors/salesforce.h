/* salesforce.h - the parts of the `salesforce` connector. Private to the salesforce*.c
 * files. Threads: pure.
 *
 * Written from the Salesforce fact sheet; its section numbers stand in comments. */
#ifndef CONNECTORS_SALESFORCE_H
#define CONNECTORS_SALESFORCE_H

#include "connectors/parts.h"
#include "model/connector.h"

#define SALESFORCE_VERSION "66.0"        /* unless the setting api_version says another */
#define SALESFORCE_KEY "Fairlead_Id__c"  /* the external id that holds our id */
#define SALESFORCE_COLLECTION 200        /* records of one collection (section 5) */
#define SALESFORCE_TASK "Task"           /* an activity (section 6) */

/* What an error of Salesforce's says, in an answer of its own or in a row. */
struct salesforce_error {
	enum outcome outcome;
	const char *code;       /* errorCode or statusCode, or NULL when it is not theirs */
	const char *field;
	const char *reason;
	const char *existing;   /* id of the record that is there already, or NULL */
	const char *column;     /* INVALID_FIELD: the column that does not exist, or NULL */
	int64_t wait_ms;
	bool wants_token;
};

/* Reads one error object of a row (HTTP 200): what concerns the connection when a whole
 * call fails concerns this record only. False when it is not an error of theirs. */
bool salesforce_row_error(struct arena *arena, const json_t *json,
			  struct salesforce_error *error);

/* Reads what a call, or a part of a composite one, was refused with: `json` is its body
 * (an array of errors), `status` its status. False when it is not theirs. */
bool salesforce_call_error(struct arena *arena, const json_t *json, int status,
			   struct salesforce_error *error);

/* The same of the whole reply, lost ones and pages included. Sets x->wants_token. */
void salesforce_reply_error(struct exchange *x, struct salesforce_error *error);

/* A Salesforce id: 15 letters and digits, or up to 18 with a checksum; else NULL. */
const char *salesforce_id(struct arena *arena, const json_t *json);

/* Whether both name one record: 18 characters are 15 and a checksum. */
bool salesforce_same_id(const char *a, const char *b);

/* The object of an id by its prefix, `otherwise` when the prefix is none that we know. */
const char *salesforce_object_of(const char *id, const char *otherwise);

/* Whether a contact has that field as a lead has: what may be written and read when a
 * lead's mapping meets a contact. */
bool salesforce_contact_has(const char *field);

/* Whether a field is one that our id may stand in: an external id, unique and writable. The
 * sheet does not say that an activity's field can be made unique: there an external id will
 * do, for Fairlead gives each id once. */
bool salesforce_holds_key(const char *object, const json_t *field);

/* "/services/data/v66.0" and the rest, formatted by the caller. */
const char *salesforce_path(struct exchange *x, const char *rest);

/* exchange_send() with the headers that every call has. */
enum turn salesforce_send(struct exchange *x, const char *method, const char *path,
			  const char *body);

connector_turn salesforce_write, salesforce_find, salesforce_read, salesforce_check,
	salesforce_describe, salesforce_limits, salesforce_create_key;

#endif
