/* apply.c - `fairlead apply` and `fairlead export`: a whole workspace as one file.
 * Threads: the main thread. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/commands.h"
#include "cli/difference.h"
#include "cli/faults.h"
#include "cli/print.h"
#include "cli/secrets.h"
#include "cli/yaml_write.h"

#define WAIT_MS (3 * 60 * 1000) /* CRMs may be asked for their fields */

struct file {
	struct yaml *yaml;
	struct config_item *items;
	size_t count;
};

/* ---- What is wrong with the file ---- */

/* A sentence of the server about an item, "route everybody: pool: ..." or "routes[3]
 * everybody: pool: ...": what stands behind the name, or NULL when it is about another
 * item. Its numbers count what the server has, not what stands in the file. */
static const char *sentence_about(const struct config_item *item, const char *message)
{
	size_t section = strcspn(item->path, "["), kind = strlen(item->kind);
	size_t len = strlen(item->name);
	const char *at;

	if (strncmp(message, item->path, section) == 0 && message[section] == '[')
		at = strchr(message, ']');
	else if (strncmp(message, item->kind, kind) == 0)
		at = message + kind - 1;
	else
		return NULL;
	if (!at || at[1] != ' ' || strncmp(at + 2, item->name, len) != 0 ||
	    strncmp(at + 2 + len, ": ", 2) != 0)
		return NULL;
	return at + 2 + len + 2;
}

static void say_sentence(struct cli *cli, const struct file *file, const char *message)
{
	for (size_t i = 0; i < file->count; i++) {
		const struct config_item *item = &file->items[i];
		const char *rest = sentence_about(item, message);

		if (!rest)
			continue;
		fault_say(cli, file->yaml,
		       arena_printf(cli->arena, "%s.%.*s", item->path, (int)strcspn(rest, ":"),
				    rest),
		       arena_printf(cli->arena, "%s %s: %s", item->path, item->name, rest));
		return;
	}
	fault_say(cli, file->yaml, "", message);
}

/* What the server found is said at its place in the file too. */
static int say_refused(struct cli *cli, const struct file *file,
		       const struct http_reply *reply)
{
	const json_t *json = json_parse(cli->arena, reply->body, reply->body_len,
					&json_limits_large, NULL);
	const char *detail = json_string_of(json, "detail");
	const json_t *errors = json_object_get(json, "errors"), *item;
	size_t i;

	if (reply->status != 422 || !detail)
		return client_refused(cli, reply);
	if (cli->is_json)
		print_json(json);
	json_array_foreach((json_t *)errors, i, item)
		say_sentence(cli, file, json_string_of(item, "message"));
	if (json_array_size(errors) == 0)
		say_sentence(cli, file, detail);
	return cli_fail(cli, CLI_PROBLEMS, "the server refused %s; nothing was changed",
			yaml_file(file->yaml));
}

/* ---- What changes ---- */

static const char *sign_of(const char *change)
{
	return text_equal(change, "add") ? "+" : text_equal(change, "remove") ? "-" : "~";
}

static void print_change(struct cli *cli, const json_t *change, bool has_details)
{
	const json_t *before = json_object_get(change, "before");
	const json_t *after = json_object_get(change, "after");
	const char *word = json_string_of(change, "change");
	struct buf buf;

	printf("%s %s %s\n", sign_of(word), shown(cli->arena, json_string_of(change, "kind")),
	       shown(cli->arena, json_string_of(change, "name")));
	if (!has_details || text_equal(word, "remove"))
		return;
	if (text_equal(word, "change")) {
		print_differences(cli->arena, 4, before, after);
		return;
	}
	buf_init(&buf, cli->arena, 4u << 20);
	buf_add_yaml(&buf, after, 4);
	fputs(buf_text(&buf), stdout);
}

static void print_changes(struct cli *cli, const json_t *changes, bool is_plan)
{
	const char *counted =
		shown_number_of(cli->arena, (int64_t)json_array_size(changes), "item");
	const json_t *change;
	size_t i;

	json_array_foreach((json_t *)changes, i, change)
		print_change(cli, change, is_plan);
	if (json_array_size(changes) == 0)
		puts("nothing changes: the workspace is already as the file says");
	else if (is_plan)
		printf("\n%s would change; to do it, leave out --plan\n", counted);
	else
		printf("\n%s changed\n", counted);
}

/* ---- The command ---- */

static json_t *body_of(struct cli *cli, const struct yaml *yaml,
		       const struct secrets *secrets, bool is_plan)
{
	json_t *body = json_keep(cli->arena, json_object());

	json_object_set(body, "workspace", (json_t *)yaml_json(yaml));
	if (secrets->connections)
		json_object_set(body, "secrets", secrets->connections);
	if (secrets->webhook)
		json_object_set_new(body, "webhook_secret", json_string(secrets->webhook));
	json_object_set_new(body, "prune", json_boolean(cli_has(cli, "prune")));
	json_object_set_new(body, "plan", json_boolean(is_plan));
	return body;
}

/* What does not stop the file and waits for a person, at its place in it. */
static void say_warnings(struct cli *cli, const struct file *file, const json_t *warnings)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)warnings, i, item)
		fault_say(cli, file->yaml, json_string_of(item, "field"),
			  arena_printf(cli->arena, "warning: %s; %s",
				       json_string_of(item, "message"),
				       json_string_of(item, "instruction")));
}

static int ask(struct cli *cli, const json_t *body, struct http_reply **reply)
{
	const char *text = json_text(cli->arena, body);
	struct client_call call = { .method = "POST", .path = "/v1/apply", .body = text,
				    .body_len = strlen(text), .wait_ms = WAIT_MS };

	return client_send(cli, &call, cli->arena, reply);
}

static int send(struct cli *cli, const struct file *file, const struct secrets *secrets)
{
	bool is_plan = cli_has(cli, "plan");
	struct http_reply *reply;
	const json_t *changes;
	json_t *answer;
	int rc = ask(cli, body_of(cli, file->yaml, secrets, is_plan), &reply);

	if (rc)
		return rc;
	if (reply->status != 200)
		return say_refused(cli, file, reply);
	rc = client_json(cli, reply, &answer);
	if (rc)
		return rc;
	changes = json_object_get(answer, "changes");
	if (cli->is_json)
		print_json(answer);
	else
		print_changes(cli, changes, is_plan);
	say_warnings(cli, file, json_object_get(answer, "warnings"));
	return is_plan && json_array_size(changes) > 0 ? CLI_WOULD_CHANGE : CLI_DONE;
}

/* What the server finds beside what was found here: it plans, and so changes nothing. */
static size_t say_what_else(struct cli *cli, const struct file *file,
			    const struct problems *known)
{
	static const struct secrets none;
	struct http_reply *reply;
	const json_t *item;
	json_t *answer;
	size_t i, count = 0;

	if (ask(cli, body_of(cli, file->yaml, &none, true), &reply) || reply->status != 422 ||
	    client_json(cli, reply, &answer))
		return 0;
	json_array_foreach(json_object_get(answer, "errors"), i, item) {
		const char *message = json_string_of(item, "message");
		bool is_known = false;

		for (size_t j = 0; j < known->count; j++)
			is_known = is_known || text_equal(known->items[j].message, message);
		if (is_known)
			continue;
		say_sentence(cli, file, message);
		count++;
	}
	return count;
}

/* All that is wrong at once: a person mends the file once. */
static int say_wrong(struct cli *cli, const struct file *file, const struct problems *problems)
{
	size_t count = problems->count;

	for (size_t i = 0; i < problems->count; i++)
		fault_say(cli, file->yaml, problems->items[i].field, problems->items[i].message);
	count += say_what_else(cli, file, problems);
	return cli_fail(cli, CLI_PROBLEMS, "%s has %s; nothing was changed", yaml_file(file->yaml),
			shown_number_of(cli->arena, (int64_t)count, "problem"));
}

static int apply(struct cli *cli)
{
	const char *path = cli_flag(cli, "file");
	struct problems problems = { .count = 0 };
	struct error err = { 0 };
	struct secrets secrets = { 0 };
	struct file file;

	if (!path)
		return cli_fail(cli, CLI_USAGE, "which file? give -f workspace.yaml");
	if (yaml_read(cli->arena, path, &file.yaml, &err) < 0)
		return cli_fail_error(cli, &err);
	if (config_split_all(cli->arena, yaml_json(file.yaml), &file.items, &file.count,
			     &problems) < 0)
		return say_wrong(cli, &file, &problems);
	/* A plan is for who reviews a file, and has no secrets. */
	if (!cli_has(cli, "plan") && !cli_has(cli, "keep-secrets") &&
	    secrets_read(cli->arena, file.yaml, file.items, file.count, &secrets, &err) < 0)
		return cli_fail(cli, CLI_PROBLEMS, "%s; nothing was changed", err.message);
	return send(cli, &file, &secrets);
}

static const struct cli_flag apply_flags[] = {
	{ "file", "FILE", "the workspace file; - reads standard input", 'f' },
	{ "plan", NULL, "show what would change and change nothing; exits 2 if anything would" },
	{ "prune", NULL, "remove what is not in the file" },
	{ "keep-secrets", NULL, "send no secrets: those that were given before stay" },
	{ 0 },
};

const struct cli_verb apply_verbs[] = {
	{ "", "-f FILE", "make a workspace be as a file says",
	  .more = "Sources, connections, mappings, syncs, score rules and routes stand in one YAML "
		  "file (docs/workspace.md). Items are known by their names; applying a file twice "
		  "changes nothing; what is not in it stays unless you give --prune. Either all of "
		  "the file is applied or nothing.\n\n"
		  "Secrets are only named in the file, {env: NAME} or {file: PATH}. This command "
		  "reads them here, a path from the file's folder on, and the server seals them.",
	  .examples = "fairlead apply -f workspace.yaml --plan\n"
		      "HUBSPOT_TOKEN=pat-... fairlead apply -f workspace.yaml",
	  .flags = apply_flags, .needs = CLI_SERVER | CLI_JSON, .run = apply },
	{ 0 },
};
