/* dead_letter.c - `fairlead dead-letter`: deliveries that need a person, and what a person
 * does with them. Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/answer.h"
#include "cli/commands.h"
#include "cli/delivery.h"
#include "cli/print.h"

static int list(struct cli *cli)
{
	return delivery_get_list(cli, "/v1/dead-letters", "no dead letters: nothing needs you");
}

static int show(struct cli *cli)
{
	return answer_get(cli, client_path(cli->arena, "/v1/dead-letters/{}", cli->args[0]),
			  delivery_tell);
}

/* ---- Mending ---- */

/* "custom.budget" goes below "custom". */
static void set_member(json_t *object, const char *name, json_t *value)
{
	json_t *custom;

	if (strncmp(name, "custom.", 7) != 0) {
		json_object_set_new(object, name, value);
		return;
	}
	custom = json_object_get(object, "custom");
	if (!custom) {
		custom = json_object();
		json_object_set_new(object, "custom", custom);
	}
	json_object_set_new(custom, name + 7, value);
}

/* Reads the values of a flag that stands as often as needed, each NAME=VALUE or NAME:=JSON,
 * into an object; NULL when there are none, or, with *rc set, after saying what is wrong. */
static json_t *values_of(struct cli *cli, const char *flag, int *rc)
{
	static const struct json_limits limits = { 64u << 10, 4, 1000 };
	json_t *values = NULL, *value;

	for (const char *text = cli_flag_next(cli, flag, NULL); text;
	     text = cli_flag_next(cli, flag, text)) {
		const char *equals = strchr(text, '=');
		size_t len = equals ? (size_t)(equals - text) : 0;
		bool is_json = len > 1 && equals[-1] == ':';

		if (len <= (size_t)is_json) {
			*rc = cli_fail(cli, CLI_USAGE, "--%s %s: want NAME=VALUE", flag, text);
			return NULL;
		}
		value = is_json ? json_parse(cli->arena, equals + 1, strlen(equals + 1),
					     &limits, NULL) :
				  json_keep(cli->arena, json_string(equals + 1));
		if (!value) {
			*rc = cli_fail(cli, CLI_USAGE, "--%s %s: what stands behind := is not JSON",
				       flag, text);
			return NULL;
		}
		if (!values)
			values = json_keep(cli->arena, json_object());
		set_member(values, arena_strndup(cli->arena, text, len - is_json),
			   json_incref(value));
	}
	return values;
}

/* ---- Acting ---- */

static int say_what_became(struct cli *cli, const json_t *answer, const char *words)
{
	if (cli->is_json)
		print_json(answer);
	else
		printf("%s: %s (it is %s now)\n",
		       shown(cli->arena, json_string_of(answer, "id")), words,
		       shown(cli->arena, json_string_of(answer, "state")));
	return CLI_DONE;
}

static int act(struct cli *cli, const char *verb, const json_t *body, const char *words)
{
	const char *path = client_path(cli->arena, "/v1/dead-letters/{}/{}", cli->args[0],
				       verb);
	json_t *answer;
	int rc = client_post(cli, path, body, &answer);

	return rc ? rc : say_what_became(cli, answer, words);
}

static int retry_all(struct cli *cli)
{
	json_t *answer;
	int rc = client_post(cli, delivery_path(cli, "/v1/dead-letters/retry"), NULL, &answer);

	if (rc)
		return rc;
	if (cli->is_json)
		print_json(answer);
	else
		printf("%s will be tried again\n",
		       shown_number_of(cli->arena, json_int_of(answer, "retried", 0),
				       "dead letter"));
	return CLI_DONE;
}

static int retry(struct cli *cli)
{
	bool is_filtered = cli_has(cli, "connection") || cli_has(cli, "lead") ||
			   cli_has(cli, "code");
	json_t *body, *fields, *lead;
	int rc = 0;

	fields = values_of(cli, "field", &rc);
	lead = rc ? NULL : values_of(cli, "lead-field", &rc);
	if (rc)
		return rc;
	if (cli->nargs == 0 && (fields || lead))
		return cli_fail(cli, CLI_USAGE, "which one shall be mended? give its ID");
	if (cli->nargs == 0)
		return is_filtered || cli_has(cli, "every") ?
			       retry_all(cli) :
			       cli_fail(cli, CLI_USAGE,
					"which? give an ID, or --connection, --lead or --code, "
					"or --every for all");
	if (is_filtered || cli_has(cli, "every"))
		return cli_fail(cli, CLI_USAGE, "give an ID or a filter, not both");
	if (fields && lead)
		return cli_fail(cli, CLI_USAGE, "give --field or --lead-field, not both");
	body = json_keep(cli->arena, json_object());
	if (fields)
		json_object_set(body, "fields", fields);
	if (lead)
		json_object_set(body, "lead", lead);
	return act(cli, "retry", body, "will be tried again");
}

static int send_again(struct cli *cli)
{
	return act(cli, "send-again", NULL, "will be sent without looking first");
}

static int with_text(struct cli *cli, const char *verb, const char *member, const char *text,
		     const char *words)
{
	json_t *body = json_keep(cli->arena, json_object());

	json_object_set_new(body, member, json_string(text));
	return act(cli, verb, body, words);
}

static int discard(struct cli *cli)
{
	const char *reason = cli_flag(cli, "reason");

	if (!reason)
		return cli_fail(cli, CLI_USAGE, "why? give --reason: it is kept");
	return with_text(cli, "discard", "reason", reason, "let go");
}

static int point(struct cli *cli)
{
	return with_text(cli, "point", "remote_id", cli->args[1],
			 "linked; the record is read before anything is written");
}

static const struct cli_flag filter_flags[] = { DELIVERY_FILTER_FLAGS, { 0 } };
static const struct cli_flag retry_flags[] = {
	DELIVERY_FILTER_FLAGS,
	{ "every", NULL, "all dead letters, up to 1,000" },
	{ "field", "NAME=VALUE", "a value of the CRM's field for this write only; NAME:=JSON "
				 "for what is not text" },
	{ "lead-field", "NAME=VALUE", "mend the lead itself first: email, custom.budget" },
	{ 0 },
};
static const struct cli_flag discard_flags[] = {
	{ "reason", "TEXT", "why it shall not be sent" },
	{ 0 },
};

const struct cli_verb dead_letter_verbs[] = {
	{ "list", "", "what needs a person, newest first", .flags = filter_flags,
	  .needs = CLI_SERVER | CLI_JSON | CLI_PAGES, .run = list },
	{ "show", "ID", "one with request, answer and what to do", .min = 1, .max = 1,
	  .needs = CLI_SERVER | CLI_JSON, .run = show },
	{ "retry", "[ID]", "try again, as it is or mended",
	  .more = "With an ID that one, else all of a filter, up to 1,000 at once. What was "
		  "sent and not answered is looked for first, as always.",
	  .examples = "fairlead dead-letter retry 38FWE2A400004 --lead-field phone=+4930123456\n"
		      "fairlead dead-letter retry --connection crm --code fix_data",
	  .flags = retry_flags, .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = retry },
	{ "send-again", "ID", "send it without looking first whether it is there", .min = 1,
	  .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = send_again },
	{ "discard", "ID --reason TEXT", "let it go", .flags = discard_flags, .min = 1,
	  .max = 1, .needs = CLI_SERVER | CLI_JSON, .run = discard },
	{ "point", "ID REMOTE_ID", "say under which id the CRM has it", .min = 2, .max = 2,
	  .needs = CLI_SERVER | CLI_JSON, .run = point },
	{ 0 },
};
