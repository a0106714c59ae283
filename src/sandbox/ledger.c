/* ledger.c - the append-only list of side effects. Threads: under the sandbox's lock. */
#include "sandbox/ledger.h"

#include <stdio.h>
#include <string.h>

#include "sandbox/state.h"

/* The oldest half goes when the ledger is full: what is new is what tests look at, and
 * `dropped` says that the beginning is missing. */
static void make_room(struct sb_ledger *ledger)
{
	size_t half = ledger->count / 2;

	memmove(ledger->entries, ledger->entries + half,
		(ledger->count - half) * sizeof(*ledger->entries));
	ledger->count -= half;
	ledger->dropped += half;
}

void sb_ledger_add(struct sb_call *call, const char *object, const char *verb, const char *id,
		   uint32_t version)
{
	struct sb_ledger *ledger = &call->sandbox->ledger;
	struct sb_entry *entry;

	if (ledger->count == ledger->max && (!call->account || !call->account->undo_depth))
		make_room(ledger);
	ledger->entries = sb_grow(ledger->entries, ledger->count, &ledger->room,
				  sizeof(*ledger->entries));
	entry = &ledger->entries[ledger->count++];
	*entry = (struct sb_entry){
		.number = ++ledger->number,
		.at = call->now,
		.request = call->id,
		.account = call->account,
		.object = object,
		.version = version,
	};
	snprintf(entry->verb, sizeof(entry->verb), "%s", verb);
	snprintf(entry->id, sizeof(entry->id), "%s", id);
	snprintf(entry->key, sizeof(entry->key), "%s", call->key ? call->key : "");
	call->sandbox->writes++;
}

void sb_ledger_forget(struct sb_ledger *ledger, const struct sb_account *account)
{
	size_t kept = 0;

	for (size_t i = 0; i < ledger->count; i++) {
		if (ledger->entries[i].account == account)
			ledger->dropped++;
		else
			ledger->entries[kept++] = ledger->entries[i];
	}
	ledger->count = kept;
}

json_t *sb_entry_json(const struct sb_entry *entry)
{
	return json_pack("{sI so sI ss ss ss ss ss si ss}", "number", (json_int_t)entry->number,
			 "at", sb_json_time(entry->at), "request", (json_int_t)entry->request,
			 "vendor", entry->account->vendor->name, "account",
			 entry->account->name, "object", entry->object, "verb", entry->verb,
			 "id", entry->id, "version", (int)entry->version, "key", entry->key);
}
