/* faults.c - choosing what goes wrong. Threads: under the sandbox's lock. */
#include "sandbox/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "sandbox/state.h"

#define HANG_MS 600000
#define FAULTS_MAX 1000

static const struct {
	const char *name;
	bool before, after; /* when it may strike */
	int status;         /* by default */
	int64_t ms;
} kinds[] = {
	[SB_FAULT_RATE] = { "rate_limit", true, false, 0, 0 },
	[SB_FAULT_STATUS] = { "status", true, true, 500, 0 },
	[SB_FAULT_RESET] = { "reset", true, true, 0, 0 },
	[SB_FAULT_CLOSE] = { "close", true, true, 0, 0 },
	[SB_FAULT_SLOW] = { "slow", false, true, 0, 1000 },
	[SB_FAULT_HANG] = { "hang", true, true, 0, HANG_MS },
	[SB_FAULT_TRUNCATED] = { "truncated", false, true, 0, 0 },
	[SB_FAULT_DRIP] = { "drip", false, true, 0, 5000 },
	[SB_FAULT_HTML] = { "html", true, true, 502, 0 },
	[SB_FAULT_EXPIRED] = { "expired_token", true, false, 0, 0 },
	[SB_FAULT_REVOKED] = { "revoked_token", true, false, 0, 0 },
	[SB_FAULT_FORBIDDEN] = { "forbidden", true, false, 0, 0 },
	[SB_FAULT_LOCKED] = { "locked", true, false, 0, 0 },
	[SB_FAULT_BAD_RECORD] = { "bad_record", true, false, 0, 0 },
};

const char *sb_fault_kind_name(enum sb_fault_kind kind)
{
	return kinds[kind].name;
}

/* "*" stands for any letters. */
static bool glob_fits(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* --- reading a fault --- */

enum member_type { MEMBER_TEXT, MEMBER_COUNT, MEMBER_REAL, MEMBER_INT };

static const struct member {
	const char *name;
	enum member_type type;
	size_t offset, size;
	int64_t low, high;
} members[] = {
#define AT(member) offsetof(struct sb_fault, member), sizeof(((struct sb_fault *)0)->member)
	{ "vendor", MEMBER_TEXT, AT(vendor), 0, 0 },
	{ "account", MEMBER_TEXT, AT(account), 0, 0 },
	{ "method", MEMBER_TEXT, AT(method), 0, 0 },
	{ "path", MEMBER_TEXT, AT(path), 0, 0 },
	{ "body", MEMBER_TEXT, AT(body), 0, 0 },
	{ "probability", MEMBER_REAL, AT(probability), 0, 1 },
	{ "count", MEMBER_COUNT, AT(count), 0, INT64_MAX },
	{ "skip", MEMBER_COUNT, AT(skip), 0, INT64_MAX },
	{ "ms", MEMBER_COUNT, AT(ms), 0, 24 * 3600 * 1000 },
	{ "status", MEMBER_INT, AT(status), 400, 599 },
	{ "index", MEMBER_INT, AT(index), 0, 1000000 },
#undef AT
};

static int read_member(const struct member *member, const json_t *value, struct sb_fault *fault,
		       struct error *err)
{
	char *at = (char *)fault + member->offset;
	const char *text = json_string_value(value);
	int64_t number = json_integer_value(value);

	if (member->type == MEMBER_TEXT) {
		if (!text || strlen(text) >= member->size)
			return error_set(err, ERR_INVALID, "%s: not a text below %zu bytes",
					 member->name, member->size);
		strcpy(at, text);
		return 0;
	}
	if (member->type == MEMBER_REAL) {
		double real = json_number_value(value);

		if (!json_is_number(value) || !(real >= 0 && real <= 1))
			return error_set(err, ERR_INVALID, "%s: not a number from 0 to 1",
					 member->name);
		memcpy(at, &real, sizeof(real));
		return 0;
	}
	if (!json_is_integer(value) || number < member->low || number > member->high)
		return error_set(err, ERR_INVALID, "%s: not a whole number from %lld to %lld",
				 member->name, (long long)member->low, (long long)member->high);
	if (member->type == MEMBER_INT)
		*(int *)at = (int)number;
	else
		*(int64_t *)at = number;
	return 0;
}

static int read_kind(const json_t *json, struct sb_fault *fault, struct error *err)
{
	const char *name = json_string_of(json, "fault"), *when = json_string_of(json, "when");
	size_t i = 0;

	while (i < ARRAY_LEN(kinds) && !text_equal(kinds[i].name, name))
		i++;
	if (i == ARRAY_LEN(kinds))
		return error_set(err, ERR_INVALID, "fault: none of rate_limit, status, reset, "
						   "close, slow, hang, truncated, drip, html, "
						   "expired_token, revoked_token, forbidden, "
						   "locked, bad_record");
	if (when && strcmp(when, "before") != 0 && strcmp(when, "after") != 0)
		return error_set(err, ERR_INVALID, "when: neither before nor after");
	fault->kind = (enum sb_fault_kind)i;
	fault->is_after = when ? strcmp(when, "after") == 0 : !kinds[i].before;
	if (fault->is_after ? !kinds[i].after : !kinds[i].before)
		return error_set(err, ERR_INVALID, "when: %s cannot strike %s the effect", name,
				 when);
	fault->status = kinds[i].status;
	fault->ms = kinds[i].ms;
	return 0;
}

int sb_fault_parse(const json_t *json, struct sb_fault *fault, struct error *err)
{
	const char *name;
	json_t *value;

	*fault = (struct sb_fault){ .probability = 1, .index = -1 };
	if (!json_is_object(json))
		return error_set(err, ERR_INVALID, "a fault is an object");
	if (read_kind(json, fault, err) < 0)
		return -1;
	json_object_foreach((json_t *)json, name, value) {
		size_t i = 0;

		if (strcmp(name, "fault") == 0 || strcmp(name, "when") == 0)
			continue;
		while (i < ARRAY_LEN(members) && strcmp(members[i].name, name) != 0)
			i++;
		if (i == ARRAY_LEN(members))
			return error_set(err, ERR_INVALID, "%.40s: unknown", name);
		if (read_member(&members[i], value, fault, err) < 0)
			return -1;
	}
	if (fault->vendor[0] && !sb_vendor_find(fault->vendor))
		return error_set(err, ERR_INVALID, "vendor: no \"%s\"", fault->vendor);
	return 0;
}

json_t *sb_fault_json(const struct sb_fault *fault)
{
	json_t *json = json_pack("{si ss ss sf sI sI sI sI si sI}", "id", (int)fault->id,
				 "fault", kinds[fault->kind].name, "when",
				 fault->is_after ? "after" : "before", "probability",
				 fault->probability, "count", (json_int_t)fault->count, "skip",
				 (json_int_t)fault->skip, "matched", (json_int_t)fault->matched,
				 "fired", (json_int_t)fault->fired, "status", fault->status,
				 "ms", (json_int_t)fault->ms);

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const char *text = (const char *)fault + members[i].offset;

		if (members[i].type == MEMBER_TEXT && *text)
			json_object_set_new(json, members[i].name, json_string(text));
	}
	if (fault->index >= 0)
		json_object_set_new(json, "index", json_integer(fault->index));
	return json;
}

/* --- the list --- */

unsigned sb_fault_add(struct sandbox *sandbox, const struct sb_fault *fault)
{
	struct sb_fault *copy = sb_alloc(sizeof(*copy)), **end = &sandbox->faults;
	unsigned count = 0;

	for (; *end; end = &(*end)->next)
		count++;
	if (count >= FAULTS_MAX) {
		free(copy);
		return 0;
	}
	*copy = *fault;
	copy->id = ++sandbox->fault_ids;
	copy->next = NULL;
	*end = copy;
	return copy->id;
}

bool sb_fault_remove(struct sandbox *sandbox, unsigned id)
{
	for (struct sb_fault **at = &sandbox->faults; *at; at = &(*at)->next) {
		struct sb_fault *fault = *at;

		if (fault->id != id)
			continue;
		*at = fault->next;
		free(fault);
		return true;
	}
	return false;
}

void sb_faults_clear(struct sandbox *sandbox, const char *vendor, const char *account)
{
	struct sb_fault **at = &sandbox->faults;

	while (*at) {
		struct sb_fault *fault = *at;

		if ((vendor && strcmp(fault->vendor, vendor) != 0) ||
		    (account && strcmp(fault->account, account) != 0)) {
			at = &fault->next;
			continue;
		}
		*at = fault->next;
		free(fault);
	}
}

/* --- choosing --- */

static bool looks_at(const struct sb_fault *fault, const struct sb_call *call)
{
	if (fault->vendor[0] && strcmp(fault->vendor, call->vendor->name) != 0)
		return false;
	if (fault->account[0] &&
	    (!call->account || strcmp(fault->account, call->account->name) != 0))
		return false;
	if (fault->method[0] && strcmp(fault->method, call->method) != 0)
		return false;
	if (fault->path[0] && !glob_fits(fault->path, call->path))
		return false;
	return !fault->body[0] ||
	       memmem(call->body, call->body_len, fault->body, strlen(fault->body));
}

/* A roll per request and fault: adding a fault does not change what the others do. */
static bool strikes(struct sb_fault *fault, const struct sb_call *call)
{
	struct sb_rng dice;

	if (!looks_at(fault, call))
		return false;
	fault->matched++;
	if (fault->matched <= fault->skip || (fault->count && fault->fired >= fault->count))
		return false;
	dice = sb_rng_of(call->sandbox->seed ^ (UINT64_C(0xfa17) << 32 ^ fault->id), call->id);
	if (sb_rng_unit(&dice) >= fault->probability)
		return false;
	fault->fired++;
	return true;
}

struct sb_trouble sb_faults_choose(struct sb_call *call)
{
	struct sb_trouble trouble = { NULL, NULL };

	for (struct sb_fault *fault = call->sandbox->faults; fault; fault = fault->next) {
		struct sb_rng dice;

		if (fault->is_after ? trouble.after != NULL :
				      trouble.before && fault->kind != SB_FAULT_BAD_RECORD)
			continue;
		if (!strikes(fault, call))
			continue;
		if (fault->is_after) {
			trouble.after = fault;
		} else if (fault->kind != SB_FAULT_BAD_RECORD) {
			trouble.before = fault;
		} else {
			dice = sb_rng_of(call->sandbox->seed ^ fault->id, call->id);
			call->bad_record = fault->index >= 0 ? fault->index :
							       (int)sb_rng_below(&dice, 100);
		}
	}
	return trouble;
}
