/* client.c - speaks to the server and tells its refusals. Threads: the main thread. */
#include "cli/client.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/client_place.h"
#include "cli/print.h"
#include "http/client.h"

#define WAIT_MS 60000
#define ANSWER_MAX (64u << 20)
#define PAGE_MAX 1000
#define AGENT "fairlead-cli/" FAIRLEAD_VERSION

struct client {
	struct client_place place;
	struct http_client *http;
	struct http_client_config config;
	const char *authorization;
};

/* ---- Opening ---- */

/* 0 with cli->client, or an exit code. */
static int open_client(struct cli *cli)
{
	struct error err = { 0 };
	struct client *client;

	if (cli->client)
		return 0;
	client = arena_alloc(cli->arena, sizeof(*client));
	if (client_place_find(cli, &client->place, &err) < 0)
		return cli_fail(cli, client->place.exit, "%s", err.message);
	client->config.allowed = client_place_networks(&client->config.nallowed);
	client->config.user_agent = AGENT;
	client->config.ca_file = client->place.ca_file;
	if (client->place.token)
		client->authorization =
			arena_printf(cli->arena, "Bearer %s", client->place.token);
	client->http = http_client_new(&client->config);
	cli->client = client;
	return 0;
}

void client_close(struct cli *cli)
{
	if (cli->client)
		http_client_free(cli->client->http);
	cli->client = NULL;
}

/* ---- Sending ---- */

static int say_unreachable(struct cli *cli, const struct http_reply *reply)
{
	const struct client_place *place = &cli->client->place;
	bool is_sandbox = cli->verb->needs & CLI_SANDBOX;
	const char *then = is_sandbox ? "; start one with: fairlead sandbox" :
			   place->folder ?
				   arena_printf(cli->arena,
						"; start one with: fairlead serve --data %s",
						place->folder) :
				   "; check the address, and that the server runs";

	if (reply->failure == HTTP_NOT_SENT)
		return cli_fail(cli, CLI_UNREACHABLE, "no %s answers at %s (%s): %s%s",
				is_sandbox ? "sandbox" : "server", place->url, place->where,
				reply->why, then);
	return cli_fail(cli, CLI_UNREACHABLE,
			"%s did not answer in full: %s; what was asked may have "
			"been done or not: look before you repeat it",
			place->url, reply->why);
}

int client_send(struct cli *cli, const struct client_call *call, struct arena *arena,
		struct http_reply **reply)
{
	struct http_request request = { .method = call->method, .body = call->body,
					.body_len = call->body_len };
	struct http_limits limits = {
		.total_ms = call->wait_ms ? call->wait_ms : WAIT_MS,
		.body_max = ANSWER_MAX,
		.sink = call->sink,
		.sink_context = call->context,
	};
	int rc = open_client(cli);

	if (rc)
		return rc;
	request.url = arena_printf(arena, "%s%s", cli->client->place.url, call->path);
	if (cli->client->authorization)
		http_header_add(&request.headers, "Authorization", cli->client->authorization);
	http_header_add(&request.headers, "Accept", "application/json");
	if (call->body)
		http_header_add(&request.headers, "Content-Type",
				call->content_type ? call->content_type : "application/json");
	*reply = http_client_fetch(cli->client->http, &request, &limits, arena);
	return (*reply)->failure == HTTP_REPLIED ? 0 : say_unreachable(cli, *reply);
}

/* ---- Answers ---- */

static enum cli_exit exit_of_status(int status)
{
	if (status == 401 || status == 403)
		return CLI_DENIED;
	if (status == 429 || status == 502 || status == 503 || status == 504)
		return CLI_UNREACHABLE;
	return CLI_PROBLEMS;
}

static json_t *parse(struct cli *cli, const struct http_reply *reply)
{
	static const struct json_limits limits = { ANSWER_MAX, 64, 16u << 20 };

	return json_parse(cli->arena, reply->body, reply->body_len, &limits, NULL);
}

static void say_problem(struct cli *cli, const json_t *problem)
{
	const char *field = json_string_of(problem, "field");
	const char *instruction = json_string_of(problem, "instruction");

	fprintf(stderr, "  %s%s%s%s%s\n", shown(cli->arena, field), field ? ": " : "",
		shown(cli->arena, json_string_of(problem, "message")), instruction ? "; " : "",
		shown(cli->arena, instruction));
}

int client_refused(struct cli *cli, const struct http_reply *reply)
{
	enum cli_exit code = exit_of_status(reply->status);
	json_t *json = parse(cli, reply), *problem;
	const char *detail = json_string_of(json, "detail");
	const char *request = json_string_of(json, "request_id");
	bool is_sandbox = cli->verb->needs & CLI_SANDBOX;
	size_t i;

	if (is_sandbox)
		detail = json_string_of(json, "message");
	if (!detail)
		return cli_fail(cli, code, "%s answered %d %s, but not like a Fairlead %s",
				cli->client->place.url, reply->status,
				http_reason(reply->status), is_sandbox ? "sandbox" : "server");
	if (cli->is_json)
		print_json(json);
	if (reply->status == 401)
		return cli_fail(cli, code, "the server does not know this token (%s)",
				cli->client->place.token_where);
	cli_fail(cli, code, "%s%s%s%s", shown(cli->arena, detail), request ? " (request " : "",
		 shown(cli->arena, request), request ? ")" : "");
	json_array_foreach(json_object_get(json, "errors"), i, problem)
		say_problem(cli, problem);
	return code;
}

int client_json(struct cli *cli, const struct http_reply *reply, json_t **answer)
{
	*answer = reply->body_len ? parse(cli, reply) : json_keep(cli->arena, json_object());
	if (*answer)
		return 0;
	return cli_fail(cli, CLI_PROBLEMS, "%s answered %d with something that is not JSON",
			cli->client->place.url, reply->status);
}

int client_ask(struct cli *cli, const struct client_call *call, json_t **answer)
{
	struct http_reply *reply;
	json_t *ignored;
	int rc = client_send(cli, call, cli->arena, &reply);

	if (rc)
		return rc;
	if (reply->status < 200 || reply->status > 299)
		return client_refused(cli, reply);
	return client_json(cli, reply, answer ? answer : &ignored);
}

int client_get(struct cli *cli, const char *path, json_t **answer)
{
	return client_ask(cli, &(struct client_call){ .method = "GET", .path = path }, answer);
}

int client_delete(struct cli *cli, const char *path, json_t **answer)
{
	return client_ask(cli, &(struct client_call){ .method = "DELETE", .path = path }, answer);
}

static int ask_with(struct cli *cli, const char *method, const char *path, const json_t *body,
		    json_t **answer)
{
	const char *text = body ? json_text(cli->arena, body) : NULL;

	return client_ask(cli,
		   &(struct client_call){ .method = method, .path = path, .body = text,
					  .body_len = text ? strlen(text) : 0 },
		   answer);
}

int client_post(struct cli *cli, const char *path, const json_t *body, json_t **answer)
{
	return ask_with(cli, "POST", path, body, answer);
}

int client_patch(struct cli *cli, const char *path, const json_t *body, json_t **answer)
{
	return ask_with(cli, "PATCH", path, body, answer);
}

/* ---- Paths ---- */

const char *client_path(struct arena *arena, const char *pattern, ...)
{
	struct buf buf;
	va_list args;

	buf_init(&buf, arena, 1u << 20);
	va_start(args, pattern);
	for (const char *hole; (hole = strstr(pattern, "{}")); pattern = hole + 2) {
		buf_addn(&buf, pattern, (size_t)(hole - pattern));
		buf_add_url(&buf, va_arg(args, const char *));
	}
	va_end(args);
	buf_add(&buf, pattern);
	return buf_text(&buf);
}

const char *client_with(struct arena *arena, const char *path, const char *name,
			const char *value)
{
	struct buf buf;

	if (!value)
		return path;
	buf_init(&buf, arena, 1u << 20);
	buf_add(&buf, path);
	buf_addc(&buf, strchr(path, '?') ? '&' : '?');
	buf_add(&buf, name);
	buf_addc(&buf, '=');
	buf_add_url(&buf, value);
	return buf_text(&buf);
}

/* ---- Lists ---- */

/* One page more; 1 when there is another. */
static int add_page(struct cli *cli, const char *path, json_t *items, int64_t wanted,
		    const char **cursor)
{
	json_t *answer, *rows;
	int64_t limit = wanted - (int64_t)json_array_size(items);
	int rc;

	limit = limit < PAGE_MAX ? limit : PAGE_MAX;
	path = client_with(cli->arena, path, "limit",
			   arena_printf(cli->arena, "%" PRId64, limit));
	rc = client_get(cli, client_with(cli->arena, path, "cursor", *cursor), &answer);
	if (rc)
		return rc;
	rows = json_object_get(answer, "items");
	if (!json_is_array(rows))
		return cli_fail(cli, CLI_PROBLEMS, "the server's answer has no items");
	json_array_extend(items, rows);
	*cursor = json_string_of(answer, "next_cursor");
	return 0;
}

int client_list(struct cli *cli, const char *path, json_t **answer)
{
	json_t *list = json_keep(cli->arena, json_object()), *items = json_array();
	int64_t wanted = cli_has(cli, "all") ? INT32_MAX : 50;
	const char *cursor = NULL;
	int rc;

	json_object_set_new(list, "items", items);
	if (!cli_number(cli, "limit", 1, INT32_MAX, &wanted))
		return CLI_USAGE;
	do {
		rc = add_page(cli, path, items, wanted, &cursor);
		if (rc)
			return rc;
	} while (cursor && (int64_t)json_array_size(items) < wanted);
	json_object_set_new(list, "next_cursor", cursor ? json_string(cursor) : json_null());
	*answer = list;
	return 0;
}

void client_say_more(const struct cli *cli, const json_t *list)
{
	size_t count = json_array_size(json_object_get(list, "items"));

	(void)cli;
	if (json_string_of(list, "next_cursor"))
		printf("\nThese are the newest %zu. For more: --limit N or --all\n", count);
}
