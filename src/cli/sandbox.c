/* sandbox.c - `fairlead sandbox VERB`: steers a sandbox that runs, by its control API,
 * as the page at /_sandbox/ui does. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/sandbox_show.h"
#include "model/member_form.h"

#define NEEDS (CLI_SANDBOX | CLI_JSON)

/* ---- What is meant ---- */

/* "hubspot" or "hubspot/second" as "/_sandbox/accounts/hubspot/second" and what
 * follows. */
static const char *account_path(struct cli *cli, const char *tail)
{
	const char *text = cli->args[0], *slash = strchr(text, '/');
	const char *vendor =
		slash ? arena_strndup(cli->arena, text, (size_t)(slash - text)) : text;

	return arena_printf(cli->arena, "%s%s",
			    client_path(cli->arena, "/_sandbox/accounts/{}/{}", vendor,
					slash ? slash + 1 : "default"),
			    tail);
}

static const char *object_path(struct cli *cli, const char *kind)
{
	return account_path(cli, client_path(cli->arena, kind, cli->args[1]));
}

static const char *record_path(struct cli *cli)
{
	return account_path(cli, client_path(cli->arena, "/records/{}/{}", cli->args[1],
					     cli->args[2]));
}

/* Adds the flags that were given, and have these names, to the path. */
static const char *with_flags(struct cli *cli, const char *path, const char *const *names)
{
	for (; *names; names++)
		path = client_with(cli->arena, path, *names, cli_flag(cli, *names));
	return path;
}

/* A number, true, false, null, list or object as JSON; any other text as a string. */
static json_t *value_of(struct cli *cli, const char *text)
{
	json_t *value = json_parse(cli->arena, text, strlen(text), &json_limits_lead, NULL);

	return value && !json_is_string(value) ? json_incref(value) : json_string(text);
}

/* The flags that were given, and have these names, as an object: "ms" of --ms. */
static json_t *body_of_flags(struct cli *cli, const char *const *names)
{
	json_t *body = json_keep(cli->arena, json_object());

	for (; *names; names++)
		if (cli_has(cli, *names))
			json_object_set_new(body, *names, value_of(cli, cli_flag(cli, *names)));
	return body;
}

/* NAME=TEXT, or NAME:=JSON for what is no text; NULL after saying what is wrong. */
static json_t *body_of_fields(struct cli *cli, size_t from)
{
	json_t *body = json_keep(cli->arena, json_object());

	for (size_t i = from; i < cli->nargs; i++) {
		const char *arg = cli->args[i], *equal = strchr(arg, '=');
		bool is_json = equal && equal > arg && equal[-1] == ':';
		size_t len = equal ? (size_t)(equal - arg) - is_json : 0;
		json_t *value;

		if (len == 0) {
			cli_fail(cli, CLI_USAGE, "\"%s\": want NAME=TEXT or NAME:=JSON", arg);
			return NULL;
		}
		value = is_json ? json_parse(cli->arena, equal + 1, strlen(equal + 1),
					     &json_limits_lead, NULL)
				: json_keep(cli->arena, json_string(equal + 1));
		if (!value) {
			cli_fail(cli, CLI_USAGE, "\"%s\" is not JSON", equal + 1);
			return NULL;
		}
		json_object_set(body, arena_strndup(cli->arena, arg, len), value);
	}
	return body;
}

/* ---- Accounts ---- */

static int accounts(struct cli *cli)
{
	return answer_get(cli,
			  client_with(cli->arena, "/_sandbox/accounts", "vendor", cli->args[0]),
			  show_accounts);
}

static int account(struct cli *cli)
{
	return answer_get(cli, account_path(cli, ""), show_account);
}

static int add(struct cli *cli)
{
	const char *slash = strchr(cli->args[0], '/');
	json_t *body;

	if (!slash)
		return cli_fail(cli, CLI_USAGE,
				"want VENDOR/NAME: the name is yours to choose");
	body = json_pack("{ss% ss}", "vendor", cli->args[0], (size_t)(slash - cli->args[0]),
			 "name", slash + 1);
	return answer_post(cli, "/_sandbox/accounts", json_keep(cli->arena, body),
			   show_account);
}

static int drop(struct cli *cli)
{
	return answer_delete(cli, account_path(cli, ""), show_done);
}

static int reset(struct cli *cli)
{
	return cli->nargs ? answer_post(cli, account_path(cli, "/reset"), NULL, show_account)
			  : answer_post(cli, "/_sandbox/reset", NULL, show_done);
}

static int seed(struct cli *cli)
{
	static const char *const names[] = { "count", "seed", "from", NULL };

	return answer_post(cli, account_path(cli, "/seed"), body_of_flags(cli, names),
			   show_written);
}

static int settings(struct cli *cli)
{
	json_t *body = cli->nargs > 1 ? body_of_fields(cli, 1) : NULL;
	json_t *switches, *limits, *change, *value;
	const char *name;

	if (cli->nargs == 1)
		return answer_get(cli, account_path(cli, "/settings"), show_settings);
	if (!body)
		return CLI_USAGE;
	change = json_keep(cli->arena, json_object());
	json_object_set_new(change, "switches", switches = json_object());
	json_object_set_new(change, "limits", limits = json_object());
	json_object_foreach(body, name, value)
	{
		json_t *set = json_is_string(value) ? value_of(cli, json_string_value(value))
						    : json_incref(value);

		if (text_starts(name, "limit."))
			json_object_set_new(limits, name + strlen("limit."), set);
		else if (text_ends(name, "_ms") || text_equal(name, "public_key"))
			json_object_set_new(change, name, set);
		else
			json_object_set_new(switches, name, set);
	}
	return answer_patch(cli, account_path(cli, "/settings"), change, show_settings);
}

static int tokens(struct cli *cli)
{
	static const char *const names[] = { "expire", "revoke", NULL };

	return answer_post(cli, account_path(cli, "/tokens"), body_of_flags(cli, names),
			   show_changed);
}

/* ---- Records and their schema ---- */

static int records(struct cli *cli)
{
	static const char *const names[] = { "limit", "after", "state", NULL };

	if (cli->nargs == 1)
		return answer_get(cli, account_path(cli, "/objects"), show_objects);
	if (cli->nargs == 3)
		return answer_get(cli, record_path(cli), show_record);
	return answer_get(cli, with_flags(cli, object_path(cli, "/records/{}"), names),
			  show_records);
}

static int create(struct cli *cli)
{
	json_t *body = body_of_fields(cli, 2);

	return body ? answer_post(cli, object_path(cli, "/records/{}"), body, show_record)
		    : CLI_USAGE;
}

static int edit(struct cli *cli)
{
	json_t *body = body_of_fields(cli, 3);

	return body ? answer_patch(cli, record_path(cli), body, show_record) : CLI_USAGE;
}

static int delete (struct cli *cli)
{
	return answer_delete(cli, record_path(cli), show_done);
}

static int schema(struct cli *cli)
{
	const char *path = object_path(cli, "/schema/{}");
	json_t *body = json_keep(cli->arena, json_object());

	if (cli->nargs == 2)
		return answer_get(cli, path, show_schema);
	if (cli->nargs < 5)
		return cli_fail(cli, CLI_USAGE,
				"want ACCOUNT OBJECT FIELD CHANGE TO; see --help");
	json_object_set_new(body, "field", json_string(cli->args[2]));
	json_object_set_new(body, "change", json_string(cli->args[3]));
	json_object_set_new(body, "to",
			    text_equal(cli->args[3], "rename") ? json_string(cli->args[4])
							       : value_of(cli, cli->args[4]));
	return answer_post(cli, path, body, show_field);
}

/* ---- What it saw ---- */

static int ledger(struct cli *cli)
{
	static const char *const names[] = { "vendor", "account", "object", "verb", "id",
					     "key",    "after",	  "limit",  NULL };

	return answer_get(cli, with_flags(cli, "/_sandbox/ledger", names), show_ledger);
}

static int summary(struct cli *cli)
{
	static const char *const names[] = { "vendor", "account", "object", NULL };

	return answer_get(cli, with_flags(cli, "/_sandbox/ledger/summary", names),
			  show_summary);
}

static int requests(struct cli *cli)
{
	static const char *const names[] = { "vendor", "account", "limit", NULL };

	return answer_get(cli, with_flags(cli, "/_sandbox/requests", names), show_requests);
}

static int webhooks(struct cli *cli)
{
	static const char *const names[] = { "vendor", "account", NULL };

	return answer_get(cli, with_flags(cli, "/_sandbox/webhooks", names), show_webhooks);
}

/* ---- Trouble and time ---- */

static int faults(struct cli *cli)
{
	return answer_get(cli, "/_sandbox/faults", show_faults);
}

static int fault(struct cli *cli)
{
	static const char *const names[] = { "when", "vendor", "account",     "method",
					     "path", "body",   "probability", "count",
					     "skip", "status", "ms",	      "index",
					     NULL };
	json_t *body = body_of_flags(cli, names);

	json_object_set_new(body, "fault", json_string(cli->args[0]));
	return answer_post(cli, "/_sandbox/faults", body, show_fault);
}

static int heal(struct cli *cli)
{
	static const char *const names[] = { "vendor", "account", NULL };

	return answer_delete(cli,
			     cli->nargs ? client_path(cli->arena, "/_sandbox/faults/{}",
						      cli->args[0])
					: with_flags(cli, "/_sandbox/faults", names),
			     show_done);
}

static int clock_verb(struct cli *cli)
{
	json_t *body = json_keep(cli->arena, json_object());
	const char *step = cli_flag(cli, "step");
	int64_t ms;

	if (step) {
		if (!form_duration(step, &ms))
			return cli_fail(cli, CLI_USAGE, "--step: \"%s\" is no time like 30m",
					step);
		json_object_set_new(body, "step_ms", json_integer(ms));
	}
	if (cli_has(cli, "set"))
		json_object_set_new(body, "set", json_string(cli_flag(cli, "set")));
	if (cli_has(cli, "freeze") || cli_has(cli, "run"))
		json_object_set_new(body, "freeze", json_boolean(cli_has(cli, "freeze")));
	return json_object_size(body) ? answer_post(cli, "/_sandbox/clock", body, show_clock)
				      : answer_get(cli, "/_sandbox/clock", show_clock);
}

/* ---- People ---- */

static int prospects(struct cli *cli)
{
	return answer_get(cli, "/_sandbox/prospects", show_prospects);
}

static int prospect(struct cli *cli)
{
	json_t *body = json_pack("{ss ss}", "address", cli->args[0], "script", cli->args[1]);

	return answer_post(cli, "/_sandbox/prospects", json_keep(cli->arena, body),
			   show_prospect);
}

static int forget(struct cli *cli)
{
	return answer_delete(cli,
			     client_path(cli->arena, "/_sandbox/prospects/{}", cli->args[0]),
			     show_done);
}

static int inbound(struct cli *cli)
{
	json_t *body = json_pack("{ss ss ss}", "from", cli->args[1], "to", cli->args[2], "text",
				 cli->args[3]);

	return answer_post(cli, account_path(cli, "/inbound"), json_keep(cli->arena, body),
			   show_done);
}

/* ---- The tables ---- */

#define ACCOUNT_HELP "ACCOUNT is a vendor's name, for its default account, or VENDOR/NAME."
#define VENDOR_FLAG                                       \
	{                                                 \
		"vendor", "VENDOR", "only of this vendor" \
	}
#define ACCOUNT_FLAG                                      \
	{                                                 \
		"account", "NAME", "only of this account" \
	}
#define LIMIT_FLAG                              \
	{                                       \
		"limit", "N", "at most so many" \
	}

static const struct cli_flag seed_flags[] = {
	{ "count", "N", "how many people (20)" },
	{ "seed", "N", "which people: the same number gives the same ones" },
	{ "from", "N", "the first one's number, to go on from earlier ones" },
	{ 0 },
};
static const struct cli_flag token_flags[] = {
	{ "expire", "TOKEN", "let this access token be over, or all with '*'" },
	{ "revoke", "TOKEN", "withdraw this token, or all access tokens with '*'" },
	{ 0 },
};
static const struct cli_flag record_flags[] = {
	LIMIT_FLAG,
	{ "after", "ID", "those before this one" },
	{ "state", "all", "deleted and merged ones too" },
	{ 0 },
};
static const struct cli_flag ledger_flags[] = {
	VENDOR_FLAG,
	ACCOUNT_FLAG,
	{ "object", "OBJECT", "only of this kind" },
	{ "verb", "VERB", "created, updated, deleted, ..." },
	{ "id", "ID", "of one record" },
	{ "key", "KEY", "of one idempotency or external key" },
	{ "after", "NUMBER", "what came after this entry" },
	LIMIT_FLAG,
	{ 0 },
};
static const struct cli_flag summary_flags[] = {
	VENDOR_FLAG,
	ACCOUNT_FLAG,
	{ "object", "OBJECT", "only of this kind" },
	{ 0 },
};
static const struct cli_flag request_flags[] = { VENDOR_FLAG, ACCOUNT_FLAG, LIMIT_FLAG, { 0 } };
static const struct cli_flag vendor_flags[] = { VENDOR_FLAG, ACCOUNT_FLAG, { 0 } };
static const struct cli_flag fault_flags[] = {
	VENDOR_FLAG,
	ACCOUNT_FLAG,
	{ "method", "METHOD", "only requests by this method" },
	{ "path", "PATTERN", "only these paths; * stands for anything" },
	{ "body", "TEXT", "only requests whose body holds this" },
	{ "when", "before|after", "before the effect (default) or after it" },
	{ "probability", "P", "0 to 1 (1)" },
	{ "count", "N", "strike so often, then no more" },
	{ "skip", "N", "let so many pass first" },
	{ "status", "N", "which status, for the fault \"status\"" },
	{ "ms", "N", "how long, for \"slow\", \"drip\" and \"hang\"" },
	{ "index", "N", "which record, for \"bad_record\"" },
	{ 0 },
};
static const struct cli_flag clock_flags[] = {
	{ "step", "TIME", "so much later: 90s, 30m, 2h, 1d" },
	{ "set", "TIME", "to this moment (RFC 3339)" },
	{ "freeze", NULL, "stand still from now on" },
	{ "run", NULL, "go on again" },
	{ 0 },
};

const struct cli_verb sandbox_verbs[] = {
	{ "accounts", "[VENDOR]", "accounts and how much is in them", .max = 1, .needs = NEEDS,
	  .run = accounts },
	{ "account", "ACCOUNT", "one account, with its credentials", ACCOUNT_HELP, .min = 1,
	  .max = 1, .needs = NEEDS, .run = account },
	{ "add", "VENDOR/NAME", "add an account, with credentials of its own",
	  .examples = "fairlead sandbox add hubspot/second", .min = 1, .max = 1, .needs = NEEDS,
	  .run = add },
	{ "drop", "ACCOUNT", "remove an account", ACCOUNT_HELP, .min = 1, .max = 1,
	  .needs = NEEDS, .run = drop },
	{ "reset", "[ACCOUNT]", "make an account as new; without one, everything", ACCOUNT_HELP,
	  .max = 1, .needs = NEEDS, .run = reset },
	{ "seed", "ACCOUNT", "add invented people", ACCOUNT_HELP,
	  "fairlead sandbox seed hubspot --count 20 --seed 5", seed_flags, 1, 1, NEEDS, seed },
	{ "settings", "ACCOUNT [NAME=VALUE...]", "show or change switches, limits and lag",
	  ACCOUNT_HELP " A limit's name begins with \"limit.\"; 0 takes it away.",
	  "fairlead sandbox settings hubspot\n"
	  "fairlead sandbox settings hubspot search_lag_ms=60000 "
	  "limit.ten_seconds=10 "
	  "refresh_rotates=1",
	  NULL, 1, 100, NEEDS, settings },
	{ "tokens", "ACCOUNT", "end access tokens", ACCOUNT_HELP,
	  "fairlead sandbox tokens salesforce --expire '*'", token_flags, 1, 1, NEEDS, tokens },

	{ "records", "ACCOUNT [OBJECT [ID]]",
	  "what is in an account; of one record its history", ACCOUNT_HELP,
	  "fairlead sandbox records hubspot contacts --limit 5", record_flags, 1, 3, NEEDS,
	  records },
	{ "create", "ACCOUNT OBJECT FIELD=TEXT...", "add a record, as a user of the CRM would",
	  ACCOUNT_HELP " FIELD:=JSON gives a number, true, false or null.",
	  "fairlead sandbox create hubspot contacts email=ada@example.org "
	  "firstname=Ada",
	  NULL, 3, 1000, NEEDS, create },
	{ "edit", "ACCOUNT OBJECT ID FIELD=TEXT...",
	  "change a record, as a user of the CRM would",
	  ACCOUNT_HELP " FIELD:=JSON gives a number, true, false or null.",
	  "fairlead sandbox edit hubspot contacts 501 city=York", NULL, 4, 1000, NEEDS, edit },
	{ "delete", "ACCOUNT OBJECT ID", "delete a record, as a user of the CRM would",
	  ACCOUNT_HELP, NULL, NULL, 3, 3, NEEDS, delete },
	{ "schema", "ACCOUNT OBJECT [FIELD CHANGE TO]",
	  "fields; or change one, as an administrator would",
	  ACCOUNT_HELP " CHANGE and TO are: rename NAME, retype TYPE, length N, options "
		       "'[\"A\", \"B\"]', add TYPE, or one of required, read_only, unique, "
		       "hidden, "
		       "archived, open with true or false.",
	  "fairlead sandbox schema hubspot contacts\n"
	  "fairlead sandbox schema hubspot contacts city length 10\n"
	  "fairlead sandbox schema hubspot contacts city required true",
	  NULL, 2, 5, NEEDS, schema },

	{ "ledger", "", "every effect, in order", .flags = ledger_flags, .needs = NEEDS,
	  .run = ledger },
	{ "summary", "", "effects counted, and keys that were created more than once",
	  .flags = summary_flags, .needs = NEEDS, .run = summary },
	{ "requests", "", "what was asked, newest first", .flags = request_flags,
	  .needs = NEEDS, .run = requests },
	{ "webhooks", "", "what is queued for and was sent to others", .flags = vendor_flags,
	  .needs = NEEDS, .run = webhooks },

	{ "fault", "KIND", "make trouble",
	  "KIND is rate_limit, status, reset, close, slow, hang, truncated, drip, "
	  "html, "
	  "expired_token, revoked_token, forbidden, locked or bad_record.",
	  "fairlead sandbox fault rate_limit --vendor hubspot --count 5\n"
	  "fairlead sandbox fault close --when after --path '*/batch/upsert' "
	  "--count 1",
	  fault_flags, 1, 1, NEEDS, fault },
	{ "faults", "", "the trouble that is made, and how often it struck", .needs = NEEDS,
	  .run = faults },
	{ "heal", "[ID]", "end one fault, or all", .flags = vendor_flags, .max = 1,
	  .needs = NEEDS, .run = heal },
	{ "clock", "", "show or step the sandbox's time",
	  .examples = "fairlead sandbox clock --step 30m", .flags = clock_flags, .needs = NEEDS,
	  .run = clock_verb },

	{ "prospects", "", "people at the other end, and what they do", .needs = NEEDS,
	  .run = prospects },
	{ "prospect", "ADDRESS SCRIPT", "tell a person what to do",
	  .examples = "fairlead sandbox prospect +919876543210 "
		      "\"answers on the second ring and presses 1\"",
	  .min = 2, .max = 2, .needs = NEEDS, .run = prospect },
	{ "forget", "ADDRESS", "let a person be like anybody", .min = 1, .max = 1,
	  .needs = NEEDS, .run = forget },
	{ "inbound", "ACCOUNT FROM TO TEXT", "a person writes by themselves", ACCOUNT_HELP,
	  "fairlead sandbox inbound twilio +919876543210 +15005550006 \"2 bhk?\"", NULL, 4, 4,
	  NEEDS, inbound },
	{ 0 },
};
