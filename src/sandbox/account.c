/* account.c - accounts of vendors. Threads: under the sandbox's lock. */
#include "sandbox/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/later.h"
#include "sandbox/state.h"
#include "sandbox/webhooks_inside.h"

struct sb_account *sb_account_find(struct sandbox *sandbox, const struct sb_vendor *vendor,
				   const char *name)
{
	struct sb_account *account = sandbox->accounts;

	while (account && (account->vendor != vendor || strcmp(account->name, name) != 0))
		account = account->next;
	return account;
}

/* What reset must bring back: everything but name and number. */
static void account_fill(struct sb_account *account)
{
	struct sandbox *sandbox = account->sandbox;
	const struct sb_vendor *vendor = account->vendor;
	size_t count = sandbox->ledger.count;
	uint64_t number = sandbox->ledger.number;

	account->arena = arena_new();
	account->created_at = sb_vclock_now(&sandbox->clock);
	account->rng = sb_rng_of(sandbox->seed,
				 sb_hash(vendor->name) ^ sb_hash(account->name));
	account->remote_id = 62514 + account->number;
	account->extra = json_object();
	for (size_t i = 0; i < vendor->nswitches; i++)
		account->switches[i] = vendor->switches[i].initial;
	vendor->open(account);
	/* What an account begins with is nobody's doing. */
	sandbox->ledger.count = count;
	sandbox->ledger.number = number;
	sandbox->writes++;
}

static void account_empty(struct sb_account *account)
{
	sb_hooks_forget(account);
	sb_later_forget(account);
	sb_oauth_forget(account);
	sb_faults_clear(account->sandbox, account->vendor->name, account->name);
	sb_ledger_forget(&account->sandbox->ledger, account);
	sb_objects_free(account);
	json_decref(account->extra);
	arena_free(account->arena);
	account->extra = NULL;
	account->state = NULL;
	account->nwindows = 0;
	account->changes = 0;
	account->search_lag_ms = account->skew_ms = 0;
	account->sandbox->writes++;
}

static unsigned next_number(const struct sandbox *sandbox, const struct sb_vendor *vendor)
{
	unsigned number = 0;

	for (const struct sb_account *a = sandbox->accounts; a; a = a->next)
		if (a->vendor == vendor && a->number > number)
			number = a->number;
	return number + 1;
}

struct sb_account *sb_account_open(struct sandbox *sandbox, const struct sb_vendor *vendor,
				   const char *name)
{
	struct sb_account *account = sb_alloc(sizeof(*account)), **end = &sandbox->accounts;

	if (vendor->nswitches > SB_SWITCHES_MAX)
		abort(); /* a vendor's table is our own */
	account->sandbox = sandbox;
	account->vendor = vendor;
	account->name = sb_copy(name);
	account->number = next_number(sandbox, vendor);
	while (*end)
		end = &(*end)->next;
	*end = account;
	sandbox->naccounts++;
	account_fill(account);
	return account;
}

struct sb_account *sb_account_reset(struct sb_account *account)
{
	account_empty(account);
	account_fill(account);
	return account;
}

void sb_account_drop(struct sb_account *account)
{
	struct sb_account **at = &account->sandbox->accounts;

	account_empty(account);
	while (*at != account)
		at = &(*at)->next;
	*at = account->next;
	account->sandbox->naccounts--;
	free((char *)account->name);
	free(account);
}

static size_t switch_place(const struct sb_account *account, const char *name)
{
	size_t i = 0;

	while (i < account->vendor->nswitches &&
	       strcmp(account->vendor->switches[i].name, name) != 0)
		i++;
	return i;
}

int64_t sb_switch(const struct sb_account *account, const char *name)
{
	size_t place = switch_place(account, name);

	if (place == account->vendor->nswitches) {
		fprintf(stderr, "sandbox: no switch \"%s\"\n", name);
		abort();
	}
	return account->switches[place];
}

bool sb_switch_set(struct sb_account *account, const char *name, int64_t value)
{
	size_t place = switch_place(account, name);

	if (place == account->vendor->nswitches)
		return false;
	account->switches[place] = value;
	account->sandbox->writes++;
	return true;
}
