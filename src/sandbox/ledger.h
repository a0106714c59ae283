/* ledger.h - the append-only list of side effects: what a test counts. Threads: under
 * the sandbox's lock.
 *
 * One entry for each record created, updated, deleted, merged or linked, token issued,
 * message sent. sb_rollback() takes entries away again, before anyone can see them; when
 * it is full (`max`) the older half goes and is counted in `dropped`. */
#ifndef SANDBOX_LEDGER_H
#define SANDBOX_LEDGER_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct sb_account;
struct sb_call;

struct sb_entry {
	uint64_t number;     /* from 1 */
	int64_t at;          /* sandbox time, ms */
	uint64_t request;
	const struct sb_account *account;
	const char *object;  /* "contacts", "token"; constant or the account's */
	char verb[24];       /* "created", "updated", "deleted", a vendor's "in-progress"... */
	char id[64];         /* of the record */
	uint32_t version;    /* of the record after it; 0 if it has none */
	char key[72];        /* idempotency, trace or external key; cut; "" if none */
};

struct sb_ledger {
	struct sb_entry *entries;
	size_t count, room, max;
	uint64_t number;     /* of the latest */
	uint64_t dropped;    /* gone with a reset account, or because it was full */
};

/* The key of an entry is sb_call.key at that time. */
void sb_ledger_add(struct sb_call *call, const char *object, const char *verb, const char *id,
		   uint32_t version);

/* Forgets the entries of an account that is reset. */
void sb_ledger_forget(struct sb_ledger *ledger, const struct sb_account *account);

/* {number, at, request, vendor, account, object, verb, id, version, key}; new. */
json_t *sb_entry_json(const struct sb_entry *entry);

#endif
