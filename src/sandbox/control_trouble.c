/* control_trouble.c - /_sandbox/: faults, clock, settings, tokens. Threads: under the
 * sandbox's lock. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "sandbox/control_inside.h"

void sb_control_faults(struct sb_call *call)
{
	json_t *list = json_array();

	for (const struct sb_fault *f = call->sandbox->faults; f; f = f->next)
		json_array_append_new(list, sb_fault_json(f));
	sb_reply_json(call, 200, json_pack("{so}", "faults", list));
}

void sb_control_add_fault(struct sb_call *call)
{
	const json_t *body = sb_control_body(call);
	struct error err = { 0 };
	struct sb_fault fault;

	if (!body)
		return;
	if (sb_fault_parse(body, &fault, &err) < 0) {
		sb_control_refuse(call, 400, "%s", err.message);
		return;
	}
	fault.id = sb_fault_add(call->sandbox, &fault);
	if (fault.id)
		sb_reply_json(call, 201, sb_fault_json(&fault));
	else
		sb_control_refuse(call, 409, "there are too many faults already");
}

void sb_control_clear_faults(struct sb_call *call)
{
	sb_faults_clear(call->sandbox, sb_query(call, "vendor"), sb_query(call, "account"));
	sb_reply_empty(call, 204);
}

void sb_control_remove_fault(struct sb_call *call)
{
	int64_t id;

	if (text_int(sb_param(call, 0), &id) && id > 0 && id <= UINT32_MAX &&
	    sb_fault_remove(call->sandbox, (unsigned)id))
		sb_reply_empty(call, 204);
	else
		sb_control_refuse(call, 404, "no such fault");
}

/* --- clock --- */

void sb_control_clock(struct sb_call *call)
{
	struct sb_vclock *clock = &call->sandbox->clock;

	sb_reply_json(call, 200, json_pack("{so sI sb}", "now",
					   sb_json_time(sb_vclock_now(clock)), "ahead_ms",
					   (json_int_t)clock->ahead_ms, "frozen",
					   clock->is_frozen));
}

void sb_control_set_clock(struct sb_call *call)
{
	struct sb_vclock *clock = &call->sandbox->clock;
	const json_t *body = sb_control_body(call), *freeze = json_object_get(body, "freeze");
	int64_t step = json_int_of(body, "step_ms", 0), at = 0;
	const char *set = json_string_of(body, "set");

	if (!body)
		return;
	if (set && !clock_parse(set, &at)) {
		sb_control_refuse(call, 400, "set: not an RFC 3339 time");
		return;
	}
	if (step < 0 || step > INT64_C(100) * 366 * CLOCK_DAY || (set && !sb_vclock_set(clock, at))) {
		sb_control_refuse(call, 409, "the clock does not go back (nor beyond 100 years)");
		return;
	}
	if (json_is_boolean(freeze))
		sb_vclock_freeze(clock, json_is_true(freeze));
	sb_vclock_step(clock, step);
	call->sandbox->writes++;
	sb_control_clock(call);
}

/* --- settings --- */

void sb_control_settings(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);
	json_t *switches, *limits;

	if (!account)
		return;
	switches = json_object();
	limits = json_object();
	for (size_t i = 0; i < account->vendor->nswitches; i++) {
		const struct sb_switch_spec *spec = &account->vendor->switches[i];

		json_object_set_new(switches, spec->name,
				    json_pack("{sI ss}", "value",
					      (json_int_t)account->switches[i], "help",
					      spec->help));
	}
	for (size_t i = 0; i < account->nwindows; i++) {
		struct sb_window *window = &account->windows[i];

		json_object_set_new(limits, window->name,
				    json_pack("{sI sI sI}", "max", (json_int_t)window->max,
					      "length_ms", (json_int_t)window->length_ms,
					      "remaining",
					      (json_int_t)sb_window_remaining(window, call->now)));
	}
	sb_reply_json(call, 200,
		      json_pack("{sI sI so so}", "search_lag_ms",
				(json_int_t)account->search_lag_ms, "clock_skew_ms",
				(json_int_t)account->skew_ms, "switches", switches, "limits",
				limits));
}

/* Checks, and with `is_set` does: so that a request with one bad member changes nothing. */
static bool each_switch(struct sb_call *call, const json_t *switches, bool is_set)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)switches, name, value) {
		const struct sb_vendor *vendor = call->account->vendor;
		size_t i = 0;

		while (i < vendor->nswitches && strcmp(vendor->switches[i].name, name) != 0)
			i++;
		if (i == vendor->nswitches || !json_is_integer(value)) {
			sb_control_refuse(call, 400, "switches.%.64s: %s", name,
					  i == vendor->nswitches ? "no such switch" :
								   "not a whole number");
			return false;
		}
		if (is_set)
			sb_switch_set(call->account, name, json_integer_value(value));
	}
	return true;
}

static bool each_limit(struct sb_call *call, const json_t *limits, bool is_set)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)limits, name, value) {
		struct sb_window *window = sb_window_find(call->account, name);

		if (!window || !json_is_integer(value) || json_integer_value(value) < 0) {
			sb_control_refuse(call, 400, "limits.%.64s: %s", name,
					  window ? "not a whole number, at least 0 (none)" :
						   "no such limit");
			return false;
		}
		if (is_set)
			window->max = json_integer_value(value);
	}
	return true;
}

static bool names_known(struct sb_call *call, const json_t *body)
{
	static const struct {
		const char *name;
		json_type type;
	} known[] = {
		{ "search_lag_ms", JSON_INTEGER }, { "clock_skew_ms", JSON_INTEGER },
		{ "switches", JSON_OBJECT },	   { "limits", JSON_OBJECT },
		{ "public_key", JSON_STRING },
	};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)body, name, value) {
		size_t i = 0;

		while (i < ARRAY_LEN(known) && strcmp(known[i].name, name) != 0)
			i++;
		if (i == ARRAY_LEN(known) || json_typeof(value) != known[i].type) {
			sb_control_refuse(call, 400, "%.64s: %s", name,
					  i == ARRAY_LEN(known) ? "unknown" : "of another type");
			return false;
		}
	}
	return true;
}

void sb_control_set_settings(struct sb_call *call)
{
	struct sb_account *account = sb_control_account(call);
	const json_t *body = account ? sb_control_body(call) : NULL, *switches, *limits;
	const char *key;

	if (!body || !names_known(call, body))
		return;
	key = json_string_of(body, "public_key");
	switches = json_object_get(body, "switches");
	limits = json_object_get(body, "limits");
	if (!each_switch(call, switches, false) || !each_limit(call, limits, false))
		return;
	if (key && !sb_client_set_key(account, key)) {
		sb_control_refuse(call, 400, "public_key: not a public key in PEM");
		return;
	}
	each_switch(call, switches, true);
	each_limit(call, limits, true);
	account->search_lag_ms = json_int_of(body, "search_lag_ms", account->search_lag_ms);
	account->skew_ms = json_int_of(body, "clock_skew_ms", account->skew_ms);
	call->sandbox->writes++;
	sb_control_settings(call);
}

/* --- tokens --- */

static int change_tokens(struct sb_call *call, const char *which, bool is_revoke)
{
	int changed = 0;

	for (size_t i = 0; i < SB_TOKEN_CHAINS; i++)
		for (struct sb_token *t = call->sandbox->tokens[i]; t; t = t->next) {
			bool is_meant = strcmp(which, "*") == 0 ? t->kind == SB_TOKEN_ACCESS :
								  strcmp(which, t->text) == 0;

			if (t->account != call->account || !is_meant)
				continue;
			if (is_revoke)
				t->is_revoked = true;
			else
				t->expires_at = call->now;
			changed++;
		}
	return changed;
}

static void add_token(struct sb_call *call, const json_t *add)
{
	const char *text = json_string_of(add, "token");
	int64_t life_s = json_int_of(add, "expires_in_s", 0);

	if (!text || strlen(text) < 8 || strlen(text) > 1000 ||
	    sb_token_find(call->sandbox, call->vendor, text) || life_s < 0 ||
	    life_s > INT32_MAX) {
		sb_control_refuse(call, 400, "add: token is a new text of 8 to 1000 bytes, "
					     "expires_in_s at least 0");
		return;
	}
	sb_token_add(call->account, SB_TOKEN_STATIC, text, json_string_of(add, "scopes"),
		     life_s ? call->now + life_s * 1000 : 0);
	sb_reply_json(call, 201, json_pack("{ss}", "token", text));
}

void sb_control_tokens(struct sb_call *call)
{
	const json_t *body = sb_control_account(call) ? sb_control_body(call) : NULL;
	const char *expire = json_string_of(body, "expire");
	const char *revoke = json_string_of(body, "revoke");

	if (!body)
		return;
	if (json_object_get(body, "add")) {
		add_token(call, json_object_get(body, "add"));
		return;
	}
	if (!expire == !revoke) {
		sb_control_refuse(call, 400, "one of expire, revoke, add");
		return;
	}
	call->sandbox->writes++;
	sb_reply_json(call, 200,
		      json_pack("{si}", "changed",
				change_tokens(call, expire ? expire : revoke, revoke != NULL)));
}
