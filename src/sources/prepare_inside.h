/* prepare_inside.h - a lead while it is being prepared. Private to prepare*.c.
 * Threads: one at a time. */
#ifndef SOURCES_PREPARE_INSIDE_H
#define SOURCES_PREPARE_INSIDE_H

#include "sources/consent.h"
#include "sources/prepare.h"

/* The standard fields that a source may send, in this order; custom ones follow. */
enum slot_id {
	SLOT_FIRST_NAME, SLOT_LAST_NAME, SLOT_NAME, SLOT_EMAIL, SLOT_PHONE, SLOT_COMPANY,
	SLOT_TITLE, SLOT_COUNTRY, SLOT_POSTAL_CODE, SLOT_CITY, SLOT_REGION, SLOT_LANGUAGE,
	SLOT_ENQUIRY_ID, SLOT_SOURCE, SLOT_MESSAGE, SLOT_OCCURRED_AT,
	SLOTS_STANDARD,
};

#define SLOTS_MAX (SLOTS_STANDARD + LEAD_CUSTOM_MAX)
#define SLOTS_TOLD 4 /* custom fields that others tell: a second phone... */

struct slot {
	const char *name;
	const struct standard_field *field; /* NULL: custom */
	const char *sent;       /* the sender's name; NULL: not sent */
	struct value value;     /* as given, then normalised; absent: nothing was said */
	struct problem fault;   /* why it was not taken; code NULL: no fault */
	bool is_hard;           /* the fault is an error for callers of the API */
	bool is_weak;           /* as an identity */
	const char *key;        /* as an identity, if not the value */
};

struct preparing {
	struct arena *arena;
	const struct given_lead *given;
	struct submission *submission;
	struct slot *slots;     /* as many as there can be: pointers to them stay */
	size_t nslots, room;
	struct consents consents;
	struct consent_fields consent_fields;
	bool is_over;           /* more custom fields than a lead may have */
};

/* prepare_take.c: fills the slots with what was sent. */
void prepare_take(struct preparing *p);
/* The slot of that name, made as a custom one if there is none; NULL past the maximum. */
struct slot *prepare_custom(struct preparing *p, const char *name);

/* prepare_fields.c: makes values normal, or faults. */
void prepare_normalise(struct preparing *p);

/* prepare_keys.c: identities and idempotency of what is left. */
void prepare_identities(struct preparing *p);
void prepare_idempotency(struct preparing *p);

bool prepare_is_strict(const struct preparing *p);
struct slot *prepare_slot(struct preparing *p, const char *name); /* NULL if none */

/* Marks the slot's value as not to be taken. The texts live in the arena. */
void prepare_fault(struct preparing *p, struct slot *slot, bool is_hard, const char *code,
		   const char *message, const char *instruction);
void prepare_warn(struct preparing *p, const struct slot *slot, const char *code,
		  const char *message, const char *instruction);

#endif
