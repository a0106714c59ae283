/* tokens.c - who may speak to the API: made, listed, revoked. Threads: workers. */
#include "api/internal.h"
#include "base/clock.h"
#include "base/json.h"

struct token_wish {
	struct api_call *call;
	struct token token;
	char text[TOKEN_TEXT_SIZE];
	int64_t id;
};

static int add_run(struct tx *tx, void *context, struct error *err)
{
	struct token_wish *wish = context;

	return token_add(tx, &wish->call->actor, &wish->token, wish->text, &wish->id, err);
}

/* Reads {"name", "scopes": "ingest,read", "source", "expires_at"}; answers and returns
 * false when it is wrong. */
static bool read_token(struct api_call *call, const json_t *body, struct token *token)
{
	const char *scopes = json_string_of(body, "scopes");
	const char *expires = json_string_of(body, "expires_at");

	token->name = json_string_of(body, "name");
	token->source = json_string_of(body, "source");
	if (!token->name || !*token->name) {
		api_problem(call, 422, "invalid", "name: give the token a name");
		return false;
	}
	if (!scopes || !scopes_parse(scopes, &token->scopes)) {
		api_problem(call, 422, "invalid",
			    "scopes: want ingest, read and admin, with commas between");
		return false;
	}
	if (expires && (!clock_parse(expires, &token->expires_at) ||
			token->expires_at <= call->now)) {
		api_problem(call, 422, "invalid",
			    "expires_at: want a time to come, 2027-01-31T00:00:00Z");
		return false;
	}
	return true;
}

void api_tokens_add(struct api_call *call)
{
	json_t *body = api_body(call, "name scopes source expires_at");
	struct token_wish wish = { .call = call };
	const struct config *config;
	char id[ID_TEXT_SIZE];

	if (!body || !read_token(call, body, &wish.token))
		return;
	config = api_config(call);
	if (!config)
		return;
	if (wish.token.source && !config_source(config, wish.token.source)) {
		api_problem(call, 422, "unknown_source", "source: there is no source \"%s\"",
			    wish.token.source);
		return;
	}
	if (api_write(call, add_run, &wish) < 0)
		return;
	id_format(wish.id, id);
	api_reply(call, 201,
		  arena_printf(call->arena, "{\"id\":\"%s\",\"token\":\"%s\"}", id, wish.text));
}

static const char *time_or_null(struct arena *arena, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE];

	if (!ms)
		return "null";
	clock_format(ms, text);
	return arena_printf(arena, "\"%s\"", text);
}

static void add_token(struct buf *buf, struct arena *arena, const struct token *token)
{
	char id[ID_TEXT_SIZE];

	id_format(token->id, id);
	buf_addf(buf, "{\"id\":\"%s\",\"name\":", id);
	buf_add_json(buf, token->name);
	buf_addf(buf, ",\"scopes\":\"%s\",\"source\":", scopes_text(token->scopes, arena));
	buf_add_json(buf, token->source);
	buf_addf(buf, ",\"created_at\":%s,\"expires_at\":%s,\"revoked_at\":%s}",
		 time_or_null(arena, token->created_at), time_or_null(arena, token->expires_at),
		 time_or_null(arena, token->revoked_at));
}

void api_tokens_list(struct api_call *call)
{
	struct view *view = api_view(call);
	struct error err = { 0 };
	struct token *tokens;
	struct buf buf;
	size_t count;
	int rc;

	if (!view)
		return;
	rc = token_list(view, &call->actor, &tokens, &count, &err);
	view_close(view);
	if (rc < 0) {
		api_fail(call, &err);
		return;
	}
	buf_init(&buf, call->arena, 4u << 20);
	buf_add(&buf, "{\"items\":[");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buf_addc(&buf, ',');
		add_token(&buf, call->arena, &tokens[i]);
	}
	buf_add(&buf, "],\"next_cursor\":null}");
	api_reply(call, 200, buf_text(&buf));
}

static int revoke_run(struct tx *tx, void *context, struct error *err)
{
	struct api_call *call = context;

	return token_revoke(tx, &call->actor, call->id, err);
}

void api_tokens_revoke(struct api_call *call)
{
	if (!api_id(call) || api_write(call, revoke_run, call) < 0)
		return;
	api_reply(call, 200, "{\"revoked\":true}");
}
